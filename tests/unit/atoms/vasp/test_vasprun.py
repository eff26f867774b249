"""vasprun.xml: written energies found again, files that are cut, damaged or made to do harm."""

from __future__ import annotations

import random
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from atoms_vasp import Output, run_of, small, vasprun
from dualion.atoms.vasp.refusals import refusals
from dualion.atoms.vasp.vasprun import read_vasprun
from dualion.errors import ReadError

ENERGY = -614.13701234
MEGABYTE = 1024**2


@pytest.fixture(scope="module")
def output() -> Output:
    inputs = small(1)
    moved = inputs.state.structure.positions + np.random.default_rng(0).normal(0.0, 0.1, (11, 3))
    return run_of(inputs, ENERGY, steps=3, moved=moved)


def written(folder: Path, text: str) -> Path:
    path = folder / "vasprun.xml"
    path.write_text(text, encoding="latin-1")
    return path


def test_the_written_energy_is_read(output: Output, tmp_path: Path) -> None:
    run = read_vasprun(written(tmp_path, vasprun(output)))
    assert run.energy == pytest.approx(ENERGY, abs=1e-8)
    assert (run.complete, run.program, run.ionic_steps, run.electronic_steps) == (True, "6.4.2", 3, 3)
    assert (run.number("ENCUT"), run.number("NELECT"), run.number("NSW")) == (450.0, 40.0, 300.0)
    assert run.titles[-1] == ("Na", "PAW_PBE Na_pv 08Apr2002")


def test_geometry_and_forces_are_those_of_the_last_step(output: Output, tmp_path: Path) -> None:
    run = read_vasprun(written(tmp_path, vasprun(output)))
    np.testing.assert_allclose(run.positions, output.steps[-1].positions, atol=1e-9)
    np.testing.assert_allclose(run.lattice, 30.0 * np.eye(3))
    np.testing.assert_array_equal(run.kpoints, [[0.0, 0.0, 0.0, 1.0]])
    assert run.largest_force == pytest.approx(0.001 * np.sqrt(3.0), rel=1e-6)


def test_the_permutation_is_undone(tmp_path: Path) -> None:
    inputs = small(3)
    structure = inputs.state.structure
    moved = structure.positions + np.random.default_rng(5).normal(0.0, 0.2, structure.positions.shape)
    run = read_vasprun(written(tmp_path, vasprun(run_of(inputs, ENERGY, moved=moved))))
    back = inputs.state.restored(run.positions)
    assert run.symbols != structure.symbols
    assert back.symbols == structure.symbols
    np.testing.assert_allclose(back.positions, moved, atol=1e-9)


def test_a_cut_file_gives_its_last_complete_step_and_is_marked(output: Output, tmp_path: Path) -> None:
    text = vasprun(output)
    cut = text[: text.rindex("</calculation>")]
    run = read_vasprun(written(tmp_path, cut))
    assert (run.complete, run.ionic_steps) == (False, 2)
    assert run.energy == pytest.approx(output.steps[1].electronic[-1][1], abs=1e-8)
    np.testing.assert_allclose(run.positions, output.steps[1].positions, atol=1e-9)
    assert "truncated" in {flag.code for flag in refusals(run, small(1).state)}


def test_a_file_cut_anywhere_gives_a_step_that_was_written_or_is_refused(output: Output, tmp_path: Path) -> None:
    text = vasprun(output)
    written_energies = {round(step.electronic[-1][1], 8) for step in output.steps}
    outcomes = set()
    for end in range(0, len(text) - len("</modeling>\n"), 397):
        try:
            run = read_vasprun(written(tmp_path, text[:end]))
        except ReadError:
            outcomes.add("refused")
            continue
        assert not run.complete
        assert run.energy is not None
        assert round(run.energy, 8) in written_energies
        outcomes.add(str(run.ionic_steps))
    assert outcomes == {"refused", "1", "2", "3"}


@pytest.mark.parametrize("change", [lambda text: text + "<modeling/>", lambda text: text.replace("modeling>", "model>")])
def test_a_file_with_more_or_another_root_is_marked(output: Output, tmp_path: Path, change) -> None:  # type: ignore[no-untyped-def]
    run = read_vasprun(written(tmp_path, change(vasprun(output))))
    assert (run.complete, run.ionic_steps) == (False, 3)


def test_damage_is_read_or_refused_and_never_breaks(output: Output, tmp_path: Path) -> None:
    data, rng = vasprun(output).encode(), random.Random(7)
    outcomes = {"read": 0, "refused": 0}
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(rng.choice((1, 4, 30))):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        (tmp_path / "vasprun.xml").write_bytes(damaged)
        try:
            refusals(read_vasprun(tmp_path / "vasprun.xml"), None)
            outcomes["read"] += 1
        except ReadError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<!DOCTYPE a [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><modeling>&b;</modeling>', "document type or an entity"),
        ('<!DOCTYPE modeling SYSTEM "file:///etc/hostname"><modeling/>', "document type or an entity"),
        ("<modeling>&a;</modeling>", "no complete ionic step"),
        ("<a>" * 100, "elements within each other"),
        ("<modeling><calculation><dos>" + "<a>" * 100, "elements within each other"),
        ("<modeling><!--" + "x" * 10 * MEGABYTE, "a piece of markup is longer"),
        ('<modeling><i name="' + "x" * 10 * MEGABYTE, "a piece of markup is longer"),
        ("<modeling><i>" + "x" * 3 * MEGABYTE, "one value is longer"),
        ("<modeling><incar>" + "".join(f'<i name="{n}">1</i>' for n in range(10_002)), "more than 10000 tags"),
        ("INCAR of a run", "no complete ionic step"),
        ("", "no complete ionic step"),
        ("<modeling><calculation></calculation></modeling>", "lists no atoms"),
    ],
)
def test_hostile_and_foreign_files_are_refused(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=said):
        read_vasprun(written(tmp_path, text))


def test_a_file_beyond_the_limit_is_not_opened_further(output: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dualion.atoms.vasp.vasprun.LARGEST", 1000)
    with pytest.raises(ReadError, match="larger than 1000 bytes"):
        read_vasprun(written(tmp_path, vasprun(output)))


def test_asterisks_in_place_of_numbers(output: Output, tmp_path: Path) -> None:
    last = output.steps[-1]
    text = vasprun(output)
    force = f"{last.forces[0, 0]:16.8f}"
    run = read_vasprun(written(tmp_path, text.replace(force, "*" * 16)))
    assert run.forces is None
    assert "ionic_unconverged" in {flag.code for flag in refusals(run, None)}
    run = read_vasprun(written(tmp_path, text.replace(f"{ENERGY:16.8f}", "*" * 16)))
    assert run.energy is None
    assert "energy_missing" in {flag.code for flag in refusals(run, None)}


def test_held_atoms_do_not_count_among_the_forces(output: Output, tmp_path: Path) -> None:
    step = output.steps[-1]
    forces = step.forces.copy()
    forces[0] = 5.0
    text = vasprun(replace(output, steps=(*output.steps[:-1], replace(step, forces=forces))))
    held = "\n".join(["   <v type='logical'> F F F </v>", *["   <v type='logical'> T T T </v>"] * (len(forces) - 1)])
    selective = f'  <varray type="logical" name="selective">\n{held}\n  </varray>\n </structure>'
    run = read_vasprun(written(tmp_path, text.replace(" </structure>", selective, 1)))
    assert run.largest_force == pytest.approx(0.001 * np.sqrt(3.0), rel=1e-6)


def of_ase(name: str) -> Path:
    """A file of ASE's own tests; the test is skipped where ASE is absent or brings none."""
    found = find_spec("ase")
    path = Path(str(found.origin)).parent / "test" / "testdata" / "vasp" / name if found else Path(name)
    if not path.is_file():
        pytest.skip(f"ASE is absent, or comes without {name}")
    return path


def test_a_real_file_of_diamond_under_pressure() -> None:
    run = read_vasprun(of_ase("vasprun_pstress.xml"))
    assert (run.program, run.symbols, run.complete) == ("6.3.0", ("C", "C"), True)
    assert (run.number("NELECT"), run.number("ENCUT"), run.electronic_steps, len(run.kpoints)) == (8.0, 400.0, 9, 10)
    assert run.kpoints[:, 3].sum() == pytest.approx(1.0, abs=1e-6)
    assert run.energy == -20.24720095
    # p V of 1 kbar: the ionic step holds an enthalpy, which is no energy of Eq. (1)
    assert run.added == pytest.approx(0.1 * 11.37482325 / 160.21766, abs=1e-6)
    assert {flag.code for flag in refusals(run, None)} == {"energy_mismatch", "not_relaxed", "no_state"}


def test_a_real_file_whose_last_electronic_steps_are_of_another_kind() -> None:
    run = read_vasprun(of_ase("vasprun_dfpt.xml"))
    assert (run.symbols, run.titles[0]) == (("Na", "Cl"), ("Na", "PAW_PBE Na 08Apr2002"))
    assert run.ionic_free == -6.74587304
    assert "energy_mismatch" in {flag.code for flag in refusals(run, None)}
