from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from atoms_landscape import CO, DEPTH, LENGTH, Landscape
from atoms_molecules import ethylene_carbonate, ion, molecule
from dualion.atoms.engines.base import Energy
from dualion.atoms.relaxation.minimise import LONGEST, minimise
from dualion.atoms.structure import Structure
from dualion.errors import ConvergenceError

Surface = Callable[[np.ndarray], tuple[float, np.ndarray]]


class Recorded:
    """A session over a surface that keeps where it was asked."""

    def __init__(self, surface: Surface) -> None:
        self.surface, self.asked = surface, list[np.ndarray]()

    def __call__(self, positions: np.ndarray, *, forces: bool = True) -> Energy:
        self.asked.append(positions.copy())
        energy, gradient = self.surface(positions)
        return Energy(energy, -gradient)


def _bowl(centre: np.ndarray, stiffness: np.ndarray) -> Surface:
    def surface(x: np.ndarray) -> tuple[float, np.ndarray]:
        away = (x - centre).ravel()
        return float(0.5 * away @ stiffness @ away), (stiffness @ away).reshape(-1, 3)

    return surface


def _valley(x: np.ndarray) -> tuple[float, np.ndarray]:
    """Rosenbrock's function of the first two coordinates, a bowl of the rest; minimum 0 at (1, 1, 0, ...)."""
    flat = x.ravel()
    a, b, rest = flat[0], flat[1], flat[2:]
    gradient = np.concatenate([[-2.0 * (1.0 - a) - 400.0 * a * (b - a * a), 200.0 * (b - a * a)], rest])
    return float((1.0 - a) ** 2 + 100.0 * (b - a * a) ** 2 + 0.5 * rest @ rest), gradient.reshape(x.shape)


@pytest.mark.parametrize("seed", range(4))
def test_minimum_of_a_bowl(seed: int) -> None:
    structure, rng = ethylene_carbonate(), np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(30, 30)))[0]
    stiffness = turn @ np.diag(np.geomspace(0.5, 50.0, 30)) @ turn.T  # two decades, as those of a shell at a flake
    centre = structure.positions + 0.2 * rng.normal(size=(10, 3))
    session = Recorded(_bowl(centre, stiffness))
    found = minimise(structure, session, fmax=1e-4, max_steps=300)
    assert found.converged
    assert found.fmax < 1e-4
    assert np.abs(found.positions - centre).max() < 1e-3
    assert found.energy.energy < 1e-6
    assert found.steps == len(session.asked)


def test_end_of_a_curved_valley() -> None:
    structure = ion().moved(np.array([[-1.2, 1.0, 0.3]]))  # the classic start
    found = minimise(structure, Recorded(_valley), fmax=1e-5, max_steps=500)
    assert found.converged
    assert found.positions[0] == pytest.approx([1.0, 1.0, 0.0], abs=1e-4)


def test_no_step_is_longer_than_its_limit() -> None:
    structure = ethylene_carbonate()
    session = Recorded(_bowl(structure.positions + 3.0, 0.5 * np.eye(30)))
    minimise(structure, session, fmax=0.01, max_steps=40)
    moved = [np.linalg.norm(after - before, axis=1).max() for before, after in zip(session.asked, session.asked[1:], strict=False)]
    assert max(moved) == pytest.approx(LONGEST, abs=1e-9)


def test_a_minimum_takes_one_energy_and_stays() -> None:
    structure = ethylene_carbonate()
    found = minimise(structure, Recorded(_bowl(structure.positions, np.eye(30))), fmax=0.02, max_steps=10)
    assert (found.steps, found.converged) == (1, True)
    assert np.array_equal(found.positions, structure.positions)


@pytest.mark.parametrize("most", [1, 2, 7])
def test_it_stops_at_the_number_of_energies_and_says_so(most: int) -> None:
    structure = ethylene_carbonate()
    session = Recorded(_bowl(structure.positions + 5.0, np.eye(30)))
    found = minimise(structure, session, fmax=0.02, max_steps=most)
    assert (found.steps, len(session.asked), found.converged) == (most, most, False)
    assert np.array_equal(found.positions, session.asked[-1])


def test_the_start_is_not_changed() -> None:
    structure = ethylene_carbonate()
    before = structure.positions.copy()
    minimise(structure, Recorded(_bowl(before + 1.0, np.eye(30))), fmax=0.02, max_steps=5)
    assert np.array_equal(structure.positions, before)


@pytest.mark.parametrize("broken", ["energy", "force"])
@pytest.mark.parametrize("call", [0, 3])
def test_what_is_not_finite_is_an_error_with_a_name(broken: str, call: int) -> None:
    structure = ethylene_carbonate()
    surface, calls = _bowl(structure.positions + 5.0, np.eye(30)), [0]

    def breaking(x: np.ndarray) -> tuple[float, np.ndarray]:
        energy, gradient = surface(x)
        if calls[0] == call:
            energy, gradient = (
                (np.nan, gradient) if broken == "energy" else (energy, np.where(gradient == gradient.max(), np.inf, gradient))
            )
        calls[0] += 1
        return energy, gradient

    with pytest.raises(ConvergenceError, match=r"not finite. Start from another geometry"):
        minimise(structure, Recorded(breaking), fmax=0.02, max_steps=10)


def test_minimum_of_a_lennard_jones_pair() -> None:
    solvent = CO.structure()
    pair = molecule("Na 0 0 0; O 3.2 0 0; C 4.4 0.1 0", 1, 1, ("Na", "CO"), (1, 2))
    found = minimise(pair, Landscape().session(pair), fmax=1e-4, max_steps=200)
    assert found.energy.energy == pytest.approx(-DEPTH, abs=1e-6)
    assert np.linalg.norm(found.positions[1] - found.positions[0]) == pytest.approx(LENGTH, abs=1e-3)
    alone: Structure = solvent
    assert minimise(alone, Landscape().session(alone), fmax=1e-4, max_steps=9).energy.energy == pytest.approx(0.0, abs=1e-12)
