"""Densities of states: weights, integrals, refusals, and the reference of the specification."""

from __future__ import annotations

import numpy as np
import pytest

from atoms_pyscf import n_oxide, solved
from dualion.atoms.electronic.dos import dos
from dualion.atoms.electronic.example import OXYGEN
from dualion.atoms.electronic.field import Orbitals
from dualion.errors import SpecError


@pytest.mark.parametrize("name", ["HOH", "OH"])
def test_weights_of_every_orbital_sum_to_one(name: str) -> None:
    orbitals = solved(name)[1].orbitals()
    assert np.abs(orbitals.weights.sum(axis=(1, 2)) - 1.0).max() < 1e-6
    assert orbitals.weights.min() >= 0.0
    assert np.all(np.diff(orbitals.energies) >= 0.0)


@pytest.mark.parametrize(("name", "electrons"), [("HOH", 10), ("OH", 9)])
def test_the_integral_up_to_the_gap_is_the_number_of_electrons(name: str, electrons: int) -> None:
    orbitals = solved(name)[1].orbitals()
    found = dos(orbitals, broadening=0.02)
    empty = orbitals.energies[orbitals.occupations == 0.0].min() - found.reference
    assert found.electrons_below(empty / 2.0) == pytest.approx(electrons, abs=1e-6)
    assert orbitals.occupations.sum() == pytest.approx(electrons, abs=1e-9)


def test_projections_sum_to_the_total_and_the_curve_to_its_integral() -> None:
    found = dos(solved("HOH")[1].orbitals(), window=(-20.0, 10.0))
    assert found.projected.sum(axis=(1, 2)) == pytest.approx(found.total, abs=1e-9)
    area = float(np.trapezoid(found.total, found.energies))
    assert area == pytest.approx(found.electrons_below(10.0) - found.electrons_below(-20.0), abs=1e-3)


def test_lone_pair_of_water_is_a_pure_p_orbital_of_its_oxygen() -> None:
    orbitals = solved("HOH")[1].orbitals()
    assert orbitals.weight(orbitals.homo, 0, "p") > 0.9
    assert orbitals.weight(orbitals.homo, 1, "s") < 1e-6  # its plane is a plane of symmetry
    assert orbitals.weight(orbitals.homo, 0, "f") == 0.0


def test_one_level_is_a_gaussian_of_its_width() -> None:
    made = Orbitals(np.array([-5.0, 3.0]), np.array([2.0, 0.0]), np.array([0, 0]), np.ones((2, 1, 1)))
    found = dos(made, broadening=0.2, window=(-1.0, 1.0))
    assert found.total.max() == pytest.approx(2.0 / (0.2 * np.sqrt(2.0 * np.pi)), rel=1e-6)
    assert found.electrons_below(0.2) == pytest.approx(2.0 * 0.8413447, abs=1e-6)  # one standard deviation
    assert found.channel(0, "s") == pytest.approx(found.total)
    assert not found.channel(0, "p").any()


@pytest.mark.parametrize(("broadening", "window"), [(0.0, (-5.0, 5.0)), (0.1, (5.0, -5.0)), (1e-6, (-5.0, 5.0))])
def test_a_curve_that_cannot_be_drawn_is_refused(broadening: float, window: tuple[float, float]) -> None:
    made = Orbitals(np.array([-5.0]), np.array([2.0]), np.array([0]), np.ones((1, 1, 1)))
    with pytest.raises(SpecError, match="dos: a broadening"):
        dos(made, broadening=broadening, window=window)


@pytest.mark.slow
def test_the_highest_orbital_of_the_complex_is_that_of_the_oxygen() -> None:
    orbitals = n_oxide()[0].orbitals()
    assert orbitals.weight(orbitals.homo, OXYGEN, "p") == pytest.approx(0.53, abs=0.03)
    assert np.abs(orbitals.weights.sum(axis=(1, 2)) - 1.0).max() < 1e-6
    assert dos(orbitals).electrons_below(0.75) == pytest.approx(106.0, abs=1e-6)
