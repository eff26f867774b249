from __future__ import annotations

import numpy as np
import pytest

from dualion.atoms.engines.base import Energy
from dualion.atoms.structure import Floats
from dualion.atoms.vibrations import DALTON, LIGHT, hessian, moments_of_inertia, wavenumbers_of
from dualion.errors import ModelError, SpecError

SPRING = 30.0  # [eV/angstrom2]
LENGTH = 1.1  # [angstrom]


class Spring:
    """Two atoms on a spring that stiffens: E = k x^2 / 2 + c x^3, x the change of length."""

    def __init__(self, cubic: float = 0.0, *, forces: bool = True) -> None:
        self.cubic, self.forces = cubic, forces

    def __call__(self, positions: Floats, *, forces: bool = True) -> Energy:
        bond = positions[1] - positions[0]
        length = float(np.linalg.norm(bond))
        change = length - LENGTH
        pull = (SPRING * change + 3.0 * self.cubic * change**2) * bond / length
        energy = 0.5 * SPRING * change**2 + self.cubic * change**3
        return Energy(energy, forces=np.array([pull, -pull]) if self.forces else None)


def diatomic() -> Floats:
    return np.array([[0.3, 0.2, 0.1], [0.3 + LENGTH, 0.2, 0.1]])


def test_a_diatomic_has_the_wavenumber_of_its_reduced_mass() -> None:
    masses = np.array([12.0, 15.999])
    found = wavenumbers_of(hessian(Spring(), diatomic()), masses, diatomic())
    reduced = masses.prod() / masses.sum()
    assert found == pytest.approx([np.sqrt(SPRING / (reduced * DALTON)) / (2.0 * np.pi * LIGHT)], rel=1e-4)


def test_constants_make_the_known_ratio() -> None:
    # 1 eV/angstrom2 and 1 g/mol are 521.471 cm-1, by the constants of SI 2019 and CODATA 2018
    expected = np.sqrt(1.602176634e-19 / 1e-20 / 1.66053906660e-27) / (2.0 * np.pi * 299792458.0) / 100.0
    assert np.sqrt(1.0 / DALTON) / (2.0 * np.pi * LIGHT) == pytest.approx(expected, rel=1e-12)
    assert expected == pytest.approx(521.471, abs=1e-3)


def test_central_differences_are_of_second_order() -> None:
    errors = []
    for step in (0.04, 0.02):
        matrix = hessian(Spring(cubic=-40.0), diatomic(), step=step)
        errors.append(abs(matrix[1, 1]))  # across the bond the true derivative is zero
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.1)
    assert hessian(Spring(cubic=-40.0), diatomic(), step=0.01)[0, 0] == pytest.approx(SPRING, abs=1e-9)


def test_the_hessian_is_symmetric_and_knows_no_translation() -> None:
    matrix = hessian(Spring(cubic=-40.0), diatomic())
    assert matrix == pytest.approx(matrix.T, abs=0.0)
    assert np.abs(matrix.reshape(2, 3, 2, 3).sum(axis=2)).max() < 1e-9


@pytest.mark.parametrize(("positions", "modes", "moments"), [("atom", 0, 0), ("linear", 4, 2), ("bent", 3, 3)])
def test_rigid_motions_are_projected_out(positions: str, modes: int, moments: int) -> None:
    places = {
        "atom": np.zeros((1, 3)),
        "linear": np.array([[-1.16, 0, 0], [0, 1e-5, 0], [1.16, 0, 0]]) @ np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0],
        "bent": np.array([[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]]),
    }[positions]
    masses = np.full(len(places), 16.0)
    size = places.size
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(size, size))
    found = wavenumbers_of(matrix @ matrix.T, masses, places)
    assert len(found) == modes
    assert np.count_nonzero(moments_of_inertia(masses, places)) == moments
    assert np.all(np.diff(found) >= 0.0)
    assert np.all(found > 0.0)


def test_an_imaginary_mode_is_negative() -> None:
    masses = np.array([12.0, 16.0])
    up = hessian(Spring(), diatomic())
    assert wavenumbers_of(-up, masses, diatomic()) == pytest.approx(-wavenumbers_of(up, masses, diatomic()))


def test_moments_of_a_diatomic() -> None:
    masses = np.array([1.0, 35.0])
    expected = 35.0 / 36.0 * LENGTH**2
    assert moments_of_inertia(masses, diatomic()) == pytest.approx([0.0, expected, expected])


def test_bad_input_is_refused() -> None:
    with pytest.raises(SpecError, match=r"step: 0.0 angstrom is not above zero"):
        hessian(Spring(), diatomic(), step=0.0)
    with pytest.raises(ModelError, match="the engine gave no forces"):
        hessian(Spring(forces=False), diatomic())
