"""Solvents of the package: what they are, where they bind, and how a user names them."""

from __future__ import annotations

import numpy as np
import pytest

from dualion.atoms.building.species import IONS, Solvent, bundled, counted, ion_structure, solvent_named, solvents_written
from dualion.atoms.engines.check import single_point
from dualion.atoms.engines.tblite import Tblite
from dualion.errors import SpecError

FORMULAS = {"EC": "C3H4O3", "DMC": "C3H6O3", "EMC": "C4H8O3", "DEC": "C5H10O3", "PC": "C4H6O3"}
CONFORMERS = [(name, index) for name, solvent in bundled().items() for index in range(len(solvent.conformers))]


def _torsion(positions: np.ndarray, a: int, b: int, c: int, d: int) -> float:
    """Torsion a-b-c-d, from 0 to 180 [degree]."""
    axis = positions[c] - positions[b]
    first, second = (np.cross(axis, positions[end] - positions[middle]) for end, middle in ((a, b), (d, c)))
    cosine = first @ second / (np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def test_five_solvents_have_their_formulas() -> None:
    assert {name: solvent.structure().formula for name, solvent in bundled().items()} == FORMULAS


@pytest.mark.parametrize(("name", "index"), CONFORMERS)
def test_shipped_geometries_are_gfn1_minima(name: str, index: int) -> None:
    found = single_point(bundled()[name].structure(index), Tblite("gfn1"), forces=True)
    assert found.forces is not None
    assert np.linalg.norm(found.forces, axis=1).max() < 0.015  # 0.005 and the fourth decimal of the coordinates [eV/angstrom]


def test_ec_has_the_energy_of_the_specification() -> None:
    assert single_point(bundled()["EC"].structure(), Tblite("gfn1")).energy == pytest.approx(-615.7721, abs=1e-3)


@pytest.mark.parametrize(("method", "energy"), [("gfn1", 3.34575), ("gfn2", 5.31943)])
def test_sodium_ion_has_the_energy_of_the_specification(method: str, energy: float) -> None:
    assert single_point(ion_structure("Na", np.zeros(3)), Tblite(method)).energy == pytest.approx(energy, abs=1e-4)


def test_dmc_comes_cis_cis_and_cis_trans_the_first_the_lower() -> None:
    dmc = bundled()["DMC"]
    torsions = []
    for conformer in dmc.conformers:
        positions = np.array(conformer)
        # methyl C0 and C5 at the ester oxygens O1 and O4 of the carbonate C2=O3
        torsions.append(sorted((_torsion(positions, 3, 2, 1, 0), _torsion(positions, 3, 2, 4, 5))))
    assert torsions[0] == pytest.approx([0.0, 0.0], abs=3.0)
    assert torsions[1] == pytest.approx([0.0, 180.0], abs=3.0)
    lower, higher = (single_point(dmc.structure(index), Tblite("gfn1")).energy for index in (0, 1))
    assert 0.02 < higher - lower < 0.2  # [eV] 0.1 eV in experiment and in ab initio calculations


@pytest.mark.parametrize("name", FORMULAS)
def test_donor_is_the_carbonyl_oxygen_and_the_axis_points_along_its_bond(name: str) -> None:
    solvent = bundled()[name]
    for index in range(len(solvent.conformers)):
        positions = np.array(solvent.conformers[index])
        distance = np.linalg.norm(positions - positions[solvent.donor], axis=1)
        distance[solvent.donor] = np.inf
        carbon = int(np.argmin(distance))
        assert (solvent.symbols[solvent.donor], solvent.symbols[carbon]) == ("O", "C")
        assert distance[carbon] < 1.25
        assert solvent.axis(index) @ (positions[carbon] - positions[solvent.donor]) == pytest.approx(distance[carbon], rel=1e-9)


def test_axis_of_an_alcohol_lies_between_its_hydrogen_and_its_carbon() -> None:
    places = ((0.0, 0.0, 0.0), (0.96, 0.0, 0.0), (-0.45, 1.35, 0.0))
    axis = Solvent("OH", "CO", ("O", "H", "C"), (places,), 0).axis()
    middle = (np.array(places[1]) + np.array(places[2])) / 2.0
    assert axis == pytest.approx(middle / np.linalg.norm(middle), abs=1e-12)


def test_densities_give_the_molarity_of_the_pure_liquids() -> None:
    assert {name: solvent.density for name, solvent in bundled().items()} == {
        "EC": 1.321, "DMC": 1.063, "EMC": 1.006, "DEC": 0.969, "PC": 1.200
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "means"), [("ec", 'Did you mean "EC"?'), ("DMCC", 'Did you mean "DMC"?'), ("water", "such as THF:C1CCOC1")]
)
def test_an_unknown_solvent_is_answered_with_what_to_write(written: str, means: str) -> None:
    with pytest.raises(SpecError, match="is not a solvent of this package") as problem:
        solvent_named(written)
    assert means in str(problem.value)


@pytest.mark.parametrize("written", ["Na:CO", "carbon:CO", "2x:CO", ":CO", "a b:CO"])
def test_a_name_that_means_something_else_is_refused(written: str) -> None:
    with pytest.raises(SpecError, match="cannot be the name of a solvent"):
        solvent_named(written)


def test_a_smiles_for_a_solvent_of_the_package_is_refused() -> None:
    with pytest.raises(SpecError, match="Write EC without a SMILES"):
        solvent_named("EC:C1COC(=O)O1")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("EC", ("EC", None)),
        (" EC = 4 ", ("EC", 4)),
        ("THF:C1CCOC1=2", ("THF:C1CCOC1", 2)),
        ("acetone:CC(C)=O", ("acetone:CC(C)=O", None)),
        ("acetone:CC(C)=O=3", ("acetone:CC(C)=O", 3)),
    ],
)
def test_a_number_stands_after_the_last_equals_sign(written: str, expected: tuple[str, int | None]) -> None:
    assert counted(written) == expected


@pytest.mark.parametrize("written", ["EC=0", "EC=7", "EC=x", "EC=", "EC=-1", "EC=1.5", "EC=" + "9" * 50])
def test_a_number_of_solvents_out_of_range_is_refused(written: str) -> None:
    with pytest.raises(SpecError, match=r"is not a number of solvents\. Write 1 to 6"):
        counted(written)


def test_solvents_keep_their_order_and_a_name_given_twice_is_refused() -> None:
    assert [(solvent.name, count) for solvent, count in solvents_written(["EC=4", "DMC=2"])] == [("EC", 4), ("DMC", 2)]
    with pytest.raises(SpecError, match='"EC" is given twice'):
        solvents_written(["EC=4", "EC=2"])


def test_an_unknown_ion_is_refused() -> None:
    assert set(IONS) == {"Li", "Na", "K"}
    with pytest.raises(SpecError, match="Write one of Li, Na, K"):
        ion_structure("Mg", np.zeros(3))
