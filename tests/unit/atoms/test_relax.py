"""Relaxations: the minima of the specification, and each outcome that is none provoked by an engine made for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from atoms_landscape import DEPTH, Landscape
from atoms_molecules import ethylene_carbonate, ion, molecule, oxide_complex, pair, solvated_sodium
from dualion.atoms.engines.base import Energy, Level
from dualion.atoms.engines.check import single_point
from dualion.atoms.engines.tblite import Tblite
from dualion.atoms.relax import OUTCOMES, relax
from dualion.atoms.structure import Structure
from dualion.errors import ConvergenceError, SpecError

WITH_TBLITE = ("gfn1", "gfn2")


def needs_tblite() -> None:
    pytest.importorskip("tblite", reason="the extra [atoms] is not installed")


@dataclass(frozen=True)
class Towards:
    """An engine that pulls every atom to a place of its own, as springs do."""

    goal: np.ndarray
    spoil: Callable[[Energy, int], Energy] = lambda energy, call: energy

    @property
    def level(self) -> Level:
        return Level("springs", "1", "springs")

    def session(self, structure: Structure) -> Callable[..., Energy]:
        calls = [0]

        def session(positions: np.ndarray, *, forces: bool = True) -> Energy:
            away = positions - self.goal
            calls[0] += 1
            return self.spoil(Energy(float(5.0 * np.sum(away**2)), -10.0 * away, None, 3.0), calls[0])

        return session


# --- outcomes -----------------------------------------------------------------------------------------------------------------


def test_a_minimum_is_accepted_with_all_that_is_said_of_it() -> None:
    structure = solvated_sodium()
    found = relax(structure, Towards(structure.positions + 0.1))
    assert (found.outcome, found.accepted, found.gap) == ("accepted", True, 3.0)
    assert found.fmax is not None
    assert found.fmax < 0.02
    assert np.abs(found.structure.positions - structure.positions - 0.1).max() < 0.01
    assert found.structure.labels == structure.labels


def test_trap_too_few_steps_is_unconverged_and_keeps_the_frame() -> None:
    structure = solvated_sodium()
    found = relax(structure, Towards(structure.positions + 3.0), max_steps=3)
    assert (found.outcome, found.accepted, found.steps) == ("unconverged", False, 3)
    assert np.abs(found.structure.positions - structure.positions).max() > 0.1


def test_a_ring_that_opened_has_reacted() -> None:
    structure = ethylene_carbonate()
    goal = structure.positions.copy()
    goal[[3, 6, 7]] += 1.2 * np.array([-1.0, 0.0, 0.0])  # one CH2 leaves
    assert relax(structure, Towards(goal)).outcome == "reacted"


def test_a_hydrogen_that_moved_has_reacted() -> None:
    structure = ethylene_carbonate()
    goal = structure.positions.copy()
    goal[9] = goal[0] + np.array([0.96, 0.0, 0.0])  # from carbon to the carbonyl oxygen
    found = relax(structure, Towards(goal))
    assert found.outcome == "reacted"
    assert found.energy is not None  # a finding keeps its energy, and is no minimum
    assert not found.accepted


def test_a_bond_between_two_parts_is_a_reaction() -> None:
    structure = molecule("Na 0 0 0; O 2.3 0 0; C 3.5 0 0; O 0 2.3 0; C 0 3.5 0", 1, 1, ("Na", "CO", "CO"), (1, 2, 2))
    goal = structure.positions.copy()
    goal[3:] = [[3.0, 2.4, 0.0], [3.5, 1.4, 0.0]]  # carbon at carbon
    assert relax(structure, Towards(goal)).outcome == "reacted"


def test_a_solvent_that_left_is_detached() -> None:
    structure = solvated_sodium()
    goal = structure.positions.copy()
    goal[1:] += np.array([3.0, 5.0, 2.0])
    assert relax(structure, Towards(goal)).outcome == "detached"


def test_an_ion_that_left_its_carbon_with_its_solvent_is_detached() -> None:
    structure = oxide_complex()
    goal = structure.positions.copy()
    goal[structure.parts > 0] += np.array([6.0, 4.0, 2.0])
    assert relax(structure, Towards(goal)).outcome == "detached"


def test_atoms_that_ran_into_each_other_clash() -> None:
    structure = solvated_sodium()
    goal = structure.positions.copy()
    goal[0] = goal[1] + 0.3
    assert relax(structure, Towards(goal)).outcome == "clash"


def test_a_reaction_counts_before_a_threshold_that_was_not_met() -> None:
    structure = ethylene_carbonate()
    goal = structure.positions.copy()
    goal[[3, 6, 7]] -= np.array([1.2, 0.0, 0.0])
    assert relax(structure, Towards(goal), max_steps=10, fmax=1e-12).outcome == "reacted"


def _fails(call: int) -> Callable[[Energy, int], Energy]:
    def spoil(energy: Energy, now: int) -> Energy:
        if now == call:
            raise ConvergenceError("Self consistent charge iterator did not converge")
        return energy

    return spoil


def _value(value: float) -> Callable[[Energy, int], Energy]:
    return lambda energy, now: replace(energy, energy=value) if now == 2 else energy


@pytest.mark.parametrize("spoil", [_fails(1), _fails(4), _value(np.nan), _value(np.inf)], ids=["first", "fourth", "nan", "inf"])
def test_trap_a_field_that_does_not_converge_is_an_outcome(spoil: Callable[[Energy, int], Energy]) -> None:
    structure = solvated_sodium()
    found = relax(structure, Towards(structure.positions + 2.0, spoil))
    assert (found.outcome, found.energy, found.gap, found.accepted) == ("scf", None, None, False)
    assert np.array_equal(found.structure.numbers, structure.numbers)


def test_an_engine_that_lost_charge_is_not_believed() -> None:
    structure = solvated_sodium()
    charges = np.full(len(structure), 0.5 / len(structure))
    found = relax(structure, Towards(structure.positions + 0.1, lambda energy, _: replace(energy, charges=charges)))
    assert found.outcome == "scf"


def test_outcomes_are_all_that_were_provoked() -> None:
    assert set(OUTCOMES) == {"accepted", "unconverged", "scf", "reacted", "detached", "clash"}


@pytest.mark.parametrize(
    ("structure", "settings", "words"),
    [
        (replace(ethylene_carbonate(), multiplicity=2), {}, "multiplicity: 2 does not go with 46 electrons"),
        (replace(solvated_sodium(), charge=0), {}, "multiplicity: 1 does not go with 57 electrons"),
        (pair(0.05), {}, r"\(Na\) and 2 \(Na\) overlap at 0.05 angstrom"),
        (ethylene_carbonate(), {"fmax": 0.0}, "fmax: 0 is not a threshold"),
        (ethylene_carbonate(), {"fmax": np.nan}, "fmax: nan is not a threshold"),
        (ethylene_carbonate(), {"max_steps": 0}, "max_steps: 0 is not a number of steps"),
    ],
)
def test_trap_what_an_engine_would_compute_without_a_word_is_refused(structure: Structure, settings: dict[str, float], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        relax(structure, Towards(structure.positions), **settings)


# --- minima of the specification ----------------------------------------------------------------------------------------------


def test_a_model_pair_meets_its_minimum() -> None:
    start = molecule("Na 0 0 0; O 3.1 0.3 0; C 4.3 0.4 0", 1, 1, ("Na", "CO"), (1, 2))
    found = relax(start, Landscape())
    assert found.accepted
    assert found.energy == pytest.approx(-DEPTH, abs=1e-4)


def test_fixture_geometries_are_minima() -> None:
    needs_tblite()
    for structure, total in ((ethylene_carbonate(), -615.7721), (solvated_sodium(), -614.1370)):
        assert single_point(structure, Tblite()).energy == pytest.approx(total, abs=1e-3)
        found = relax(structure, Tblite(), fmax=0.02)
        assert found.accepted
        assert found.energy == pytest.approx(total, abs=1e-3)
        assert np.sqrt(np.mean((_distances(found.structure) - _distances(structure)) ** 2)) < 0.05


def _distances(structure: Structure) -> np.ndarray:
    first, second = np.triu_indices(len(structure), k=1)
    return np.linalg.norm(structure.positions[first] - structure.positions[second], axis=1)


@pytest.mark.slow
def test_second_method_from_the_fixtures() -> None:
    needs_tblite()
    for structure, total in ((ethylene_carbonate(), -562.9062), (solvated_sodium(), -559.5597)):
        found = relax(structure, Tblite("gfn2"))
        assert found.accepted
        assert found.energy == pytest.approx(total, abs=1e-3)


def test_first_step_of_both_methods() -> None:
    needs_tblite()
    for method, step in (("gfn1", 1.711), ("gfn2", 1.973)):
        engine = Tblite(method)
        bare, solvent, shell = (relax(one, engine).energy for one in (ion(), ethylene_carbonate(), solvated_sodium()))
        assert bare is not None
        assert solvent is not None
        assert shell is not None
        assert bare + solvent - shell == pytest.approx(step, abs=0.01)


def test_the_minimum_does_not_depend_on_place_turn_or_order() -> None:
    needs_tblite()
    structure, rng = solvated_sodium(), np.random.default_rng(3)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    order = rng.permutation(len(structure))
    moved = replace(
        structure, numbers=structure.numbers[order], positions=(structure.positions @ turn.T + 4.0)[order], parts=structure.parts[order]
    )
    engine = Tblite(accuracy=0.01)
    assert single_point(moved, engine).energy == pytest.approx(single_point(structure, engine).energy, abs=1e-6)
    energies = [relax(one, engine, fmax=0.002).energy for one in (structure, moved)]
    assert energies[0] is not None
    assert energies[1] == pytest.approx(energies[0], abs=1e-5)


# --- far apart ----------------------------------------------------------------------------------------------------------------


MASSES = {1: 1.008, 6: 12.011, 8: 15.999}  # [g/mol]


def _far(carbonate: Structure, distance: float, *, flipped: bool) -> Structure:
    """A sodium ion at a distance from the centre of mass of a carbonate, on the side of its carbonyl or on the other."""
    axis = carbonate.positions[0] - carbonate.positions[[3, 4]].mean(axis=0)
    axis /= np.linalg.norm(axis)
    mass = np.array([MASSES[int(number)] for number in carbonate.numbers])
    where = mass @ carbonate.positions / mass.sum() + (-distance if flipped else distance) * axis
    parts = np.repeat([0, 1], [1, len(carbonate)])
    positions = np.vstack([where, carbonate.positions])
    return Structure(np.concatenate([[11], carbonate.numbers]), positions, 1, 1, ("Na", "EC"), parts)


def _interaction(distance: float, *, flipped: bool) -> float:
    engine, carbonate = Tblite(), ethylene_carbonate()
    apart = single_point(ion(), engine).energy + single_point(carbonate, engine).energy
    return single_point(_far(carbonate, distance, flipped=flipped), engine).energy - apart


def test_a_carbonate_far_from_an_ion_feels_a_dipole_and_nothing_else() -> None:
    needs_tblite()
    for distance, size in ((20.0, 0.044), (40.0, 0.011), (80.0, 0.003)):
        towards, away = (_interaction(distance, flipped=flipped) for flipped in (False, True))
        assert towards == pytest.approx(-size, abs=1e-3)
        assert away == pytest.approx(size, abs=2e-3)
        assert abs(towards + away) <= 5e-3
    assert abs(towards) <= 3e-3  # at 80 angstrom


@pytest.mark.slow
@pytest.mark.parametrize("shift", [(0.0, 0.0, 20.0), (25.0, 0.0, 0.0)], ids=["above", "beside"])
def test_a_carbonate_far_from_a_flake_feels_nothing(shift: tuple[float, float, float]) -> None:
    needs_tblite()
    from dualion.atoms.building.flake import Cut, flake
    from dualion.atoms.structure import joined

    carbon, engine = flake(Cut(10.0, 11.5, "ring")), Tblite()
    carbonate = ethylene_carbonate()
    carbonate = carbonate.moved(carbonate.positions - carbonate.positions.mean(axis=0) + carbon.positions.mean(axis=0) + np.array(shift))
    both = joined(carbon, carbonate, charge=0, multiplicity=1)
    apart = single_point(carbon, engine).energy + single_point(carbonate, engine).energy
    assert carbon.formula == "C50H18"
    assert abs(single_point(both, engine).energy - apart) <= 1e-3
