"""Solvents by SMILES: the donor, the refusals, and geometries that an engine takes to minima."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from dualion.atoms.building.smiles import MOST_CONFORMERS, from_smiles, relaxed
from dualion.atoms.building.species import bundled
from dualion.atoms.engines.base import Energy
from dualion.atoms.engines.tblite import Tblite, TbliteSession
from dualion.atoms.structure import Floats, Structure
from dualion.errors import MissingDependency, PlacementError, SpecError

pytest.importorskip("rdkit", reason="needs RDKit, which the extra [atoms] brings")


@pytest.mark.parametrize(
    ("smiles", "donor", "neighbours"),
    [
        ("COC(=O)OC", "O", {"C": 1}),  # the carbonyl, not the ester oxygen
        ("CS(C)=O", "O", {"S": 1}),
        ("COP(=O)(OC)OC", "O", {"P": 1}),
        ("CN(C)C=O", "O", {"C": 1}),
        ("C[N+](=O)[O-]", "O", {"N": 1}),
        ("C1CCOC1", "O", {"C": 2}),
        ("CCO", "O", {"C": 1, "H": 1}),
        ("NCCO", "O", {"C": 1, "H": 1}),  # oxygen before nitrogen
        ("CC#N", "N", {"C": 1}),
        ("c1ccncc1", "N", {"C": 2}),
        ("c1ccsc1", "S", {"C": 2}),
    ],
)
def test_donor_is_carbonyl_then_oxygen_then_nitrogen_then_sulphur(smiles: str, donor: str, neighbours: dict[str, int]) -> None:
    solvent = from_smiles(smiles, "X")
    positions = np.array(solvent.conformers[0])
    near = np.linalg.norm(positions - positions[solvent.donor], axis=1)
    bound = Counter(
        symbol for symbol, distance in zip(solvent.symbols, near, strict=True) if 0.1 < distance < (1.3 if symbol == "H" else 1.9)
    )
    assert solvent.symbols[solvent.donor] == donor
    assert bound == neighbours


@pytest.mark.parametrize("name", bundled())
def test_smiles_of_the_package_are_those_of_their_geometries(name: str) -> None:
    shipped = bundled()[name]
    assert from_smiles(shipped.smiles, name).structure().formula == shipped.structure().formula


@pytest.mark.parametrize(
    ("smiles", "says"),
    [
        ("C1CC", "is not a SMILES that can be read"),
        ("CC(=O", "is not a SMILES that can be read"),
        ("c1ccc1x", "is not a SMILES that can be read"),
        ("C(C)(C)(C)(C)C", "is not a SMILES that can be read"),
        ("CCO name", "is not a SMILES that can be read"),
        ("", "0 characters are not a SMILES"),
        ("C" * 301, "301 characters are not a SMILES"),
        ("CCC", "no oxygen, nitrogen or sulphur"),
        ("CC(=O)[O-]", "has the charge -1. Write the neutral molecule"),
        ("C[O]", "has unpaired electrons"),
        ("CCO.CCO", "is more than one molecule"),
        ("CCCCCCCCCCO", "has 33 atoms. Write a solvent of at most 30"),
        ("CO[Na]", "holds Na. Write a molecule of H, B, C"),
        ("*O", "holds *"),
    ],
)
def test_what_cannot_be_a_solvent_is_refused_with_a_reason(smiles: str, says: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SpecError) as problem:
        from_smiles(smiles, "X")
    assert says in str(problem.value)
    assert str(problem.value).startswith("solvent X: ")
    assert capfd.readouterr() == ("", "")  # RDKit writes its own errors unless it is told not to


def test_thirty_atoms_are_taken() -> None:
    assert len(from_smiles("CCCCCCCCCO", "X").symbols) == 30


def test_the_same_smiles_gives_the_same_geometries() -> None:
    first, second = from_smiles("COCCOC", "DME"), from_smiles("COCCOC", "DME")
    assert first == second
    assert 2 <= len(first.conformers) <= MOST_CONFORMERS


def test_without_rdkit_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rdkit.Chem", None)
    with pytest.raises(MissingDependency, match=r"dualion\[atoms\]"):
        from_smiles("CO", "X")


def test_relaxed_dimethyl_carbonate_is_the_shipped_one() -> None:
    shipped = bundled()["DMC"].structure()
    found = relaxed(from_smiles("COC(=O)OC", "X"), Tblite("gfn1")).structure()

    def distances(structure: Structure) -> Floats:
        heavy = structure.positions[structure.numbers > 1]
        first, second = np.triu_indices(len(heavy), k=1)
        return np.sort(np.linalg.norm(heavy[first] - heavy[second], axis=1))

    assert distances(found) == pytest.approx(distances(shipped), abs=0.01)


def test_equal_conformers_count_once() -> None:
    ec = bundled()["EC"]
    found = relaxed(replace(ec, conformers=ec.conformers * 2), Tblite("gfn1"))
    assert len(found.conformers) == 1
    assert found.conformers[0][found.donor] == (0.0, 0.0, 0.0)


class _Repelling:
    """Pushes all atoms away from their middle, so that every molecule falls apart."""

    level = Tblite("gfn1").level

    def session(self, structure: Structure) -> TbliteSession:
        def push(positions: Floats, *, forces: bool = True) -> Energy:
            away = positions - positions.mean(axis=0)
            return Energy(-float(np.sum(away**2)), 2.0 * away, np.zeros(len(positions)), 10.0)

        return push  # type: ignore[return-value]


def test_a_solvent_that_falls_apart_is_no_solvent() -> None:
    with pytest.raises(PlacementError, match="no conformer of O relaxed to a minimum"):
        relaxed(from_smiles("O", "W"), _Repelling())
