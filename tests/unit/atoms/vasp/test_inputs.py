"""Inputs of VASP: electrons, tags, order of the atoms, cost, and the state that is found again in them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from atoms_vasp import built, folder_of, small
from dualion.atoms.building.flake import flake
from dualion.atoms.building.motifs import motif
from dualion.atoms.structure import SYMBOLS, Structure
from dualion.atoms.vasp.inputs import Inputs, inputs_of
from dualion.atoms.vasp.poscar import read_poscar
from dualion.atoms.vasp.potentials import ORDER, VALENCE, chosen
from dualion.atoms.vasp.settings import Settings, bands_of, cost, plane_waves, valence_electrons
from dualion.atoms.vasp.state_file import read_state
from dualion.errors import ReadError, SpecError

NAME = "oxN_zz + Na+(EC)3"


@pytest.fixture(scope="module")
def start() -> Structure:
    return built("oxN_zz", 3, 1)


@pytest.fixture(scope="module")
def inputs(start: Structure) -> Inputs:
    return inputs_of(NAME, start)


def incar(inputs: Inputs) -> dict[str, str]:
    return dict(line.split(" = ", 1) for line in inputs.files["INCAR"].decode().splitlines())


@pytest.mark.parametrize(("potential", "charge", "electrons"), [("Na", 1, 326), ("Na", 0, 327), ("Na_pv", 1, 332), ("Na_sv", 1, 334)])
def test_electrons_of_the_reference_state(start: Structure, potential: str, charge: int, electrons: int) -> None:
    state = replace(start, charge=charge, multiplicity=1 + (1 - charge))
    assert state.formula == "C58H29NNaO10"
    written = inputs_of(NAME, state, Settings(potentials={"Na": potential}))
    assert written.state.electrons == electrons
    assert incar(written)["NELECT"] == str(electrons)
    assert incar(written)["NUPDOWN"] == str(1 - charge)


def test_tags_are_those_of_the_study(inputs: Inputs) -> None:
    stated = {
        "ENCUT": "450",
        "PREC": "Accurate",
        "GGA": "PE",
        "ISPIN": "2",
        "EDIFF": "1E-5",
        "EDIFFG": "-0.01",
        "IBRION": "2",
        "NSW": "300",
    }
    assumed = {
        "ISMEAR": "0",
        "SIGMA": "0.05",
        "ISYM": "0",
        "LASPH": ".TRUE.",
        "LREAL": "Auto",
        "IDIPOL": "4",
        "LDIPOL": ".TRUE.",
    }
    written = {
        "IDIPOL": "4",
        "LDIPOL": ".TRUE.",
        "LAECHG": ".TRUE.",
        "LORBIT": "11",
        "LWAVE": ".FALSE.",
        "NELECT": "332",
        "NUPDOWN": "0",
        "SYSTEM": NAME,
    }
    assert incar(inputs) == stated | assumed | written
    assert "IVDW" not in incar(inputs)


def test_variants_change_one_tag_each(start: Structure, inputs: Inputs) -> None:
    d3 = incar(inputs_of(NAME, start, Settings(variant="d3bj")))
    free = incar(inputs_of(NAME, start, Settings(spin="free")))
    assert d3.items() - incar(inputs).items() == {("IVDW", "12")}
    assert incar(inputs).items() - free.items() == {("NUPDOWN", "0")}


def test_no_potential_is_written(inputs: Inputs) -> None:
    assert list(inputs.files) == ["INCAR", "KPOINTS", "POSCAR", "POTCAR.spec", "dualion.json"]
    assert inputs.files["POTCAR.spec"].decode().split() == ["C", "H", "N", "O", "Na_pv"]
    assert inputs.files["KPOINTS"].decode().splitlines()[1:] == ["0", "Gamma", "1 1 1", "0 0 0"]


def test_poscar_holds_the_state_in_blocks_and_in_the_middle(start: Structure, inputs: Inputs) -> None:
    cell = read_poscar(iter(inputs.files["POSCAR"].decode().splitlines()), "POSCAR")
    np.testing.assert_array_equal(cell.lattice, 30.0 * np.eye(3))
    assert list(dict.fromkeys(cell.symbols)) == ["C", "H", "N", "O", "Na"]
    np.testing.assert_allclose((cell.positions.min(axis=0) + cell.positions.max(axis=0)) / 2.0, 15.0, atol=1e-9)
    back = inputs.state.restored(cell.positions)
    np.testing.assert_array_equal([SYMBOLS.index(symbol) for symbol in back.symbols], start.numbers)
    np.testing.assert_allclose(back.positions, start.positions, atol=1e-12)


def test_state_file_gives_the_state_back(start: Structure, inputs: Inputs, tmp_path: Path) -> None:
    state = read_state(folder_of(tmp_path, inputs))
    assert state is not None
    np.testing.assert_array_equal(state.structure.positions, start.positions)
    np.testing.assert_array_equal(state.structure.parts, start.parts)
    assert (state.structure.charge, state.structure.multiplicity, state.structure.labels) == (1, 1, ("carbon", "Na", "EC", "EC", "EC"))
    assert state.structure.site == start.site
    assert (state.order, state.electrons, state.key) == (inputs.state.order, 332, inputs.state.key)
    assert state.sha256["POSCAR"] == hashlib.sha256((tmp_path / "POSCAR").read_bytes()).hexdigest()


def test_atoms_that_left_the_cell_on_one_side_come_back(start: Structure, inputs: Inputs) -> None:
    state, rng = inputs.state, np.random.default_rng(3)
    moved = start.positions + rng.uniform(-0.5, 0.5, start.positions.shape)
    wrapped = (moved + state.shift)[list(state.order)] + 30.0 * rng.integers(-1, 2, start.positions.shape)
    np.testing.assert_allclose(state.restored(wrapped).positions, moved, atol=1e-10)


def test_same_state_gives_the_same_bytes(start: Structure, inputs: Inputs) -> None:
    assert inputs_of(NAME, start).files == inputs.files


@pytest.mark.parametrize(("kind", "solvents"), [("pristine", 6), ("graphitic", 1), ("pyrrolic", 0), ("NH_ac", 2), (None, 4)])
def test_every_state_is_found_again(kind: str | None, solvents: int) -> None:
    structure = built(kind, solvents, 1)
    state = inputs_of("state", structure).state
    assert sorted(state.order) == list(range(len(structure)))
    np.testing.assert_allclose(state.restored(state.in_cell()).positions, structure.positions, atol=1e-12)


def test_plane_waves_as_vasp_counts_them() -> None:
    # an OUTCAR of a public set (water dimer, klimes/wirt_paper1): 35 angstrom, 1000 eV, 1539209 plane waves in the half of the Γ point
    assert plane_waves(35.0, 1000.0) / 2 == pytest.approx(1539209, rel=2e-4)
    assert plane_waves(30.0, 450.0) == pytest.approx(5.9e5, rel=0.01)


@pytest.mark.parametrize(("electrons", "atoms", "bands"), [(16, 6, 12), (8, 2, 8)])
def test_bands_as_vasp_chooses_them(electrons: int, atoms: int, bands: int) -> None:
    assert bands_of(electrons, atoms) == bands  # of the water dimer of that set, and of the diamond file of ASE


def test_memory_of_the_reference_state(start: Structure) -> None:
    assert cost(start, Settings(potentials={"Na": "Na"})).gigabytes == pytest.approx(2.0, abs=0.05)


def test_small_cells_are_flagged_and_too_small_ones_refused(start: Structure) -> None:
    extent = float(np.max(np.ptp(start.positions, axis=0)))
    assert [flag.code for flag in inputs_of(NAME, start, Settings(box=extent + 7.9)).flags] == ["thin_vacuum"]
    assert not inputs_of(NAME, start, Settings(box=extent + 8.1)).flags
    with pytest.raises(SpecError, match=r"--box: .* Write an edge"):
        inputs_of(NAME, start, Settings(box=extent - 0.1))


def test_wrong_parity_and_overlap_are_refused(start: Structure) -> None:
    with pytest.raises(SpecError, match="does not go with"):
        inputs_of(NAME, replace(start, multiplicity=2))
    near = start.positions.copy()
    near[1] = near[0] + 0.05
    with pytest.raises(SpecError, match="overlap"):
        inputs_of(NAME, start.moved(near))


def test_elements_without_potential_are_refused() -> None:
    argon = Structure(np.array([18]), np.zeros((1, 3)), 0, 1, ("Ar",), np.zeros(1, dtype=np.int64))
    with pytest.raises(SpecError, match="Ar has none"):
        inputs_of("Ar", argon)


def test_valence_of_a_motif_adds_up() -> None:
    assert valence_electrons(motif(flake(), "pyridinic_zz"), {}) == 49 * 4 + 17 + 5
    assert {name: count for table in VALENCE.values() for name, count in table.items()}["Zn"] == 12
    assert set(ORDER) == set(VALENCE)


@pytest.mark.parametrize(
    ("given", "said"), [("Na", "not an element and its"), ("Na=Na_xx", "Na, Na_pv, Na_sv"), ("Xe=Xe", "Xe has none"), ("=Na", "potential:")]
)
def test_potentials_are_checked(given: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        chosen([given])


def test_an_element_has_one_potential() -> None:
    assert chosen(["Na=Na", "Na = Na"]) == {"Na": "Na"}
    with pytest.raises(SpecError, match="named twice"):
        chosen(["Na=Na", "Na=Na_pv"])


@pytest.mark.parametrize(
    "given", [{"box": 0.0}, {"box": 1e9}, {"cutoff": -1.0}, {"variant": "d4"}, {"spin": "high"}, {"box": float("nan")}]
)
def test_settings_are_checked(given: dict[str, float | str]) -> None:
    with pytest.raises(SpecError, match=f"--{next(iter(given))}"):
        Settings(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "a\x00b", "x" * 81])
def test_names_are_one_short_line(name: str) -> None:
    with pytest.raises(SpecError, match="name:"):
        small(1, name=name or " ")


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:100],
        lambda text: text.replace("vasp-state/1", "vasp-state/9"),
        lambda text: text.replace('"permutation": [', '"permutation": [0, '),
        lambda text: text.replace('"box_angstrom": 30.0', '"box_angstrom": NaN'),
        lambda text: text.replace('"charge": 1', '"charge": "x"'),
        lambda text: text.replace('"EDIFFG": "-0.01"', '"EDIFFG": "small"'),
        lambda text: text.replace('"ENCUT"', '"CUT"'),
        lambda text: "[" * 100_000,
        lambda text: "[]",
    ],
)
def test_a_damaged_state_file_is_refused(inputs: Inputs, tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    folder_of(tmp_path, inputs)
    (tmp_path / "dualion.json").write_text(damage(inputs.files["dualion.json"].decode()))
    with pytest.raises(ReadError, match=r"dualion\.json"):
        read_state(tmp_path)


def test_a_folder_of_others_has_no_state(tmp_path: Path) -> None:
    assert read_state(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [("a\n1.0\n1 0 0\n", "is cut"), ("a\n1.0\n1 0 0\n0 1 0\n0 0 1\nXx\n1\nDirect\n0 0 0\n", "no element"), ("a\nb\n", "cannot be read")],
)
def test_a_damaged_poscar_is_refused(text: str, said: str) -> None:
    with pytest.raises(ReadError, match=said):
        read_poscar(iter(text.splitlines()), "POSCAR")


def test_poscar_in_fractions_with_a_scale_and_selective_dynamics() -> None:
    text = "a\n2.0\n1 0 0\n0 2 0\n0 0 3\nNa_pv Cl\n1 1\nSelective dynamics\nDirect\n0 0 0 T T F\n0.5 0.5 0.5 T T T\n"
    cell = read_poscar(iter(text.splitlines()), "POSCAR")
    assert cell.symbols == ("Na", "Cl")
    np.testing.assert_allclose(cell.positions, [[0, 0, 0], [1, 2, 3]])
    volume = read_poscar(iter(text.replace("\n2.0\n", "\n-48.0\n").splitlines()), "POSCAR")
    np.testing.assert_allclose(volume.lattice, cell.lattice)
