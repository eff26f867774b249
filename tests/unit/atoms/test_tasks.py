from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from atoms_landscape import Landscape
from atoms_molecules import ethylene_carbonate, molecule, solvated_sodium
from dualion.atoms.engines.base import Energy, Level
from dualion.atoms.relax import VERSION, relax
from dualion.atoms.structure import Site, Structure
from dualion.atoms.tasks import MemoryCache, SinglePoint, Task, perform, record_of, relaxed_from, structure_document, structure_from
from dualion.errors import ConvergenceError, SpecError

#: Keys of the first version, which finished tasks are found by: a change of one loses every record that was ever computed.
RELAX_KEY = "b97f85e2d52e6b6769f285fe971400ef357bbe513ea1556289725c0488a21e15"
SINGLE_KEY = "b6759cd4d4a5450a2b8d19d53720d4587d80bdae98805e0bfc68ad1b9fb32a93"

START = molecule("Na 0 0 0; O 2.6 0 0; C 3.8 0 0; O 0 2.6 0; C 0 3.8 0", 1, 1, ("Na", "CO", "CO"), (1, 2, 2))


@dataclass(frozen=True)
class Silent:
    """An engine that gives a number, or none."""

    energy: float | None

    @property
    def level(self) -> Level:
        return Level("silent", "1", "silent")

    def session(self, structure: Structure) -> Callable[..., Energy]:
        def session(positions: np.ndarray, *, forces: bool = True) -> Energy:
            if self.energy is None:
                raise ConvergenceError("not converged")
            return Energy(self.energy)

        return session


def _task(structure: Structure = START, **settings: float) -> Task:
    return Task(structure, Landscape(), **settings)  # type: ignore[arg-type]


def test_keys_are_those_of_the_records_that_exist() -> None:
    assert VERSION == 1
    assert _task().key == RELAX_KEY
    assert SinglePoint(START, Landscape()).key == SINGLE_KEY


def test_the_key_does_not_depend_on_the_order_of_solvents_and_atoms() -> None:
    positions = START.positions[[0, 3, 4, 1, 2]]  # the two solvents change places
    swapped = replace(START, positions=positions)
    within = Structure(START.numbers[[0, 2, 1, 3, 4]], START.positions[[0, 2, 1, 3, 4]], 1, 1, START.labels, START.parts)
    relabelled = Structure(
        START.numbers[[1, 2, 0, 3, 4]], START.positions[[1, 2, 0, 3, 4]], 1, 1, ("CO", "Na", "CO"), np.array([0, 0, 1, 2, 2])
    )
    for same in (swapped, within, relabelled):
        assert _task(same).key == _task().key
        assert SinglePoint(same, Landscape()).key == SinglePoint(START, Landscape()).key


def test_the_key_rounds_positions_and_knows_no_minus_zero() -> None:
    nudged = START.moved(START.positions + 2e-5)
    assert _task(nudged).key == _task().key
    assert _task(START.moved(START.positions - 1e-9)).key == _task().key  # -0.0000 is 0.0000
    assert _task(START.moved(START.positions + 2e-4)).key != _task().key


@pytest.mark.parametrize(
    "other",
    [
        _task(fmax=0.05),
        _task(max_steps=100),
        Task(START, Landscape(depth=0.2)),
        _task(replace(START, charge=-1)),
        _task(replace(START, multiplicity=3)),
        _task(replace(START, labels=("Na", "CO", "N2"))),
        _task(replace(START, numbers=np.array([11, 8, 6, 8, 7]))),
        SinglePoint(START, Landscape()),
    ],
    ids=["fmax", "steps", "level", "charge", "multiplicity", "name", "element", "kind"],
)
def test_whatever_the_outcome_depends_on_is_in_the_key(other: Task | SinglePoint) -> None:
    assert other.key != _task().key
    assert len(other.key) == 64
    int(other.key, 16)


def test_atoms_of_different_solvents_are_not_mixed() -> None:
    # the same atoms in the same places, with the tails given to the other donor
    crossed = replace(START, parts=np.array([0, 1, 2, 2, 1]))
    assert _task(crossed).key != _task().key


def test_a_record_says_after_reading_what_it_said_before() -> None:
    record = perform(_task())
    read = json.loads(json.dumps(record))
    assert read == record
    first, second = relaxed_from(record), relaxed_from(read)
    assert first.outcome == second.outcome == "accepted"
    assert (first.energy, first.gap, first.fmax, first.steps) == (second.energy, second.gap, second.fmax, second.steps)
    assert np.array_equal(first.structure.positions, second.structure.positions)
    assert record_of(second) == {key: value for key, value in record.items() if key != "cpu_s"}


def test_a_record_is_what_the_relaxation_found() -> None:
    record, found = perform(_task()), relax(START, Landscape())
    assert record["energy_eV"] == pytest.approx(found.energy, abs=1e-8)
    assert np.array_equal(relaxed_from(record).structure.positions, found.structure.positions)
    assert set(record) == {
        "outcome", "energy_eV", "gap_eV", "fmax", "steps", "charge", "multiplicity", "labels", "parts", "numbers", "positions", "site",
        "cpu_s",
    }  # fmt: skip


def test_a_structure_survives_its_document() -> None:
    structure = replace(solvated_sodium(), site=Site(3, (0.0, 0.6, 0.8), "edge"))
    document = json.loads(json.dumps(structure_document(structure)))
    again = structure_from(document)
    assert np.array_equal(again.positions, structure.positions)  # four decimals
    assert (again.charge, again.multiplicity, again.labels, again.site) == (1, 1, ("Na", "EC"), structure.site)
    assert np.array_equal(again.parts, structure.parts)
    assert structure_from(structure_document(ethylene_carbonate())).site is None


def test_a_single_point_is_the_energy_as_it_stands() -> None:
    session = Landscape().session(START)
    record = perform(SinglePoint(START, Landscape()))
    found = relaxed_from(record)
    assert (found.outcome, found.steps, found.fmax) == ("accepted", 1, None)
    assert found.energy == pytest.approx(session(START.positions).energy, abs=1e-8)
    assert np.array_equal(found.structure.positions, START.positions)


@pytest.mark.parametrize("energy", [np.nan, np.inf, None], ids=["nan", "inf", "scf"])
def test_a_single_point_without_a_finite_energy_is_an_outcome(energy: float | None) -> None:
    record = json.loads(json.dumps(perform(SinglePoint(START, Silent(energy)))))
    found = relaxed_from(record)
    assert (found.outcome, found.energy, found.accepted) == ("scf", None, False)


def test_trap_an_overlap_is_refused_before_the_engine_is_called() -> None:
    with pytest.raises(SpecError, match="overlap"):
        perform(SinglePoint(START.moved(0.1 * START.positions), Silent(0.0)))


def test_the_cache_in_memory_keeps_what_it_is_given() -> None:
    cache, key = MemoryCache(), "a" * 64
    assert cache.get(key) is None
    assert cache.claim(key)
    record = {"outcome": "accepted"}
    cache.put(key, record)
    record["outcome"] = "changed later"
    assert cache.get(key) == {"outcome": "accepted"}
    assert not cache.claim(key)  # done
    cache.release(key)
    assert cache.get(key) is not None
