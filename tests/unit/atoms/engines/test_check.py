from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from atoms_molecules import ethylene_carbonate, molecule, pair, solvated_sodium
from dualion.atoms.engines.base import Energy, Level
from dualion.atoms.engines.check import OVERLAP, overlapping, single_point
from dualion.atoms.engines.tblite import Tblite
from dualion.atoms.structure import Floats, Structure
from dualion.errors import ModelError, SpecError

SODIUM = 1.66  # [angstrom] covalent radius, Cordero et al. 2008


@dataclass(frozen=True)
class Answering:
    """An engine that says what it is told to say, and counts how often it was asked."""

    answer: Energy
    asked: list[Structure]

    @property
    def level(self) -> Level:
        return Level("answering", "1", "none")

    def session(self, structure: Structure) -> Answering:
        self.asked.append(structure)
        return self

    def __call__(self, positions: Floats, *, forces: bool = True) -> Energy:
        return self.answer


def answering(energy: float, charges: list[float] | None = None) -> Answering:
    return Answering(Energy(energy, charges=None if charges is None else np.array(charges)), [])


def test_a_sound_structure_gets_its_energy() -> None:
    pytest.importorskip("tblite", reason="the extra [atoms] is not installed")
    found = single_point(solvated_sodium(), Tblite(), forces=True)
    assert found.energy == pytest.approx(-614.1370, abs=1e-3)
    assert found.forces is not None
    assert np.abs(found.forces).max() < 0.05


@pytest.mark.parametrize(
    ("charge", "multiplicity", "allowed"), [(0, 2, "1, 3, 5"), (1, 1, "2, 4, 6"), (0, 0, "1, 3, 5"), (1, 3, "2, 4, 6")]
)
def test_the_wrong_parity_is_refused_before_the_engine_is_asked(charge: int, multiplicity: int, allowed: str) -> None:
    engine = answering(-1.0)
    with pytest.raises(SpecError, match=f"multiplicity: {multiplicity} does not go with .* Write one of {allowed}"):
        single_point(replace(ethylene_carbonate(), charge=charge, multiplicity=multiplicity), engine)
    assert engine.asked == []


def test_a_charge_that_is_missing_is_refused_by_its_parity() -> None:
    with pytest.raises(SpecError, match="57 electrons"):
        single_point(replace(solvated_sodium(), charge=0), answering(-1.0))


def test_overlapping_atoms_are_refused_before_the_engine_is_asked() -> None:
    engine = answering(7778.9)
    with pytest.raises(SpecError, match=r"atoms 1 \(Na\) and 2 \(Na\) overlap at 0.05 angstrom"):
        single_point(pair(0.05), engine)
    assert engine.asked == []


def test_the_limit_of_an_overlap_is_half_the_sum_of_the_radii() -> None:
    limit = OVERLAP * 2.0 * SODIUM
    assert overlapping(pair(limit - 0.01)) == (0, 1)
    assert overlapping(pair(limit + 0.01)) is None
    assert overlapping(ethylene_carbonate()) is None


def test_no_atom_is_refused() -> None:
    empty = Structure(np.zeros(0, dtype=np.int64), np.zeros((0, 3)), 0, 1, (), np.zeros(0, dtype=np.int64))
    with pytest.raises(SpecError, match="holds no atom"):
        single_point(empty, answering(0.0))


def test_charges_that_do_not_add_up_are_refused() -> None:
    hydrogen = molecule("H 0 0 0; H 0 0 0.74", labels=("H2",))
    assert single_point(hydrogen, answering(-1.0, [0.0004, 0.0005])).energy == -1.0
    with pytest.raises(ModelError, match=r"add up to \+0.0020 and not to \+0"):
        single_point(hydrogen, answering(-1.0, [0.001, 0.001]))


@pytest.mark.parametrize("energy", [np.nan, np.inf, -np.inf])
def test_an_energy_that_is_no_number_is_refused(energy: float) -> None:
    with pytest.raises(ModelError, match="no finite energy"):
        single_point(ethylene_carbonate(), answering(energy))
