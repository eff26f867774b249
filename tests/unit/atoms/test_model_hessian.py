from __future__ import annotations

import numpy as np
import pytest

from atoms_molecules import ethylene_carbonate, molecule, oxide_complex, pair, solvated_sodium
from dualion.atoms.relaxation.model_hessian import FLOOR, _torsion, model_hessian
from dualion.atoms.structure import Structure

MOLECULES = (ethylene_carbonate(), solvated_sodium(), oxide_complex())


def _rigid(positions: np.ndarray) -> np.ndarray:
    """The six motions of a body as a whole, shape (6, 3n)."""
    shifts = [np.tile(axis, (len(positions), 1)) for axis in np.eye(3)]
    turns = [np.cross(axis, positions - positions.mean(axis=0)) for axis in np.eye(3)]
    rows = np.array([motion.ravel() for motion in (*shifts, *turns)])
    return rows / np.linalg.norm(rows, axis=1)[:, None]


@pytest.mark.parametrize("structure", MOLECULES, ids=lambda one: one.formula)
def test_symmetric_and_positive_definite(structure: Structure) -> None:
    hessian = model_hessian(structure.numbers, structure.positions)
    assert np.abs(hessian - hessian.T).max() < 1e-10
    assert np.linalg.eigvalsh(hessian).min() > FLOOR * (1.0 - 1e-6)


@pytest.mark.parametrize("structure", MOLECULES, ids=lambda one: one.formula)
def test_the_body_as_a_whole_meets_the_floor_alone(structure: Structure) -> None:
    hessian = model_hessian(structure.numbers, structure.positions)
    for motion in _rigid(structure.positions):
        assert np.abs(hessian @ motion - FLOOR * motion).max() < 1e-8
    lowest = np.linalg.eigvalsh(hessian)
    assert lowest[5] == pytest.approx(FLOOR, abs=1e-8)
    if "Na" not in structure.labels:  # an ion may turn about its carbonyl
        assert lowest[6] > 2.0 * FLOOR


def test_it_turns_with_the_molecule() -> None:
    structure = solvated_sodium()
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    block = np.kron(np.eye(len(structure)), turn)
    turned = model_hessian(structure.numbers, structure.positions @ turn.T + 3.0)
    assert np.abs(turned - block @ model_hessian(structure.numbers, structure.positions) @ block.T).max() < 1e-8


def test_bonds_are_stiffer_than_contacts() -> None:
    structure = solvated_sodium()
    hessian = model_hessian(structure.numbers, structure.positions)

    def along(moved: int, towards: int) -> float:
        axis = structure.positions[moved] - structure.positions[towards]
        axis /= np.linalg.norm(axis)
        return float(axis @ hessian[3 * moved : 3 * moved + 3, 3 * moved : 3 * moved + 3] @ axis)

    assert along(2, 1) > 50.0  # the carbonyl [eV/angstrom2]
    assert 1.0 < along(0, 1) < 0.5 * along(2, 1)  # sodium to its donor


def test_stretch_of_a_pair_is_the_formula() -> None:
    structure = pair(3.0)
    hessian = model_hessian(structure.numbers, structure.positions)
    bohr = 0.529177210903
    expected = 0.45 * np.exp(0.28 * (3.40**2 - (3.0 / bohr) ** 2)) * 27.211386 / bohr**2
    assert hessian[2, 2] - FLOOR == pytest.approx(expected, rel=1e-9)
    assert hessian[2, 5] == pytest.approx(-expected, rel=1e-9)
    assert hessian[0, 0] == pytest.approx(FLOOR, abs=1e-12)


def _angle(x: np.ndarray) -> float:
    before, axis, after = x[1] - x[0], x[2] - x[1], x[3] - x[2]
    left, right = np.cross(before, axis), np.cross(axis, after)
    return float(np.arctan2(np.cross(left, right) @ axis / np.linalg.norm(axis), left @ right))


@pytest.mark.parametrize("seed", range(5))
def test_derivative_of_a_torsion_against_differences(seed: int) -> None:
    x = np.array([[0.0, 1.0, 0.2], [0.0, 0.0, 0.0], [1.5, 0.0, 0.0], [1.9, 0.8, 1.0]]) + 0.2 * np.random.default_rng(seed).normal(
        size=(4, 3)
    )
    row = _torsion(x, (0, 1, 2, 3), float(np.linalg.norm(x[1] - x[2])))
    assert row is not None
    step = 1e-6
    for index in range(12):
        up, down = x.copy(), x.copy()
        up.flat[index] += step
        down.flat[index] -= step
        difference = (_angle(up) - _angle(down)) / (2.0 * step)
        assert abs(row[index]) == pytest.approx(abs(difference), abs=1e-7)
    assert abs(row.reshape(4, 3).sum(axis=0)).max() < 1e-12


def test_bends_against_differences_of_the_angle() -> None:
    # what is left of the Hessian of water without its stretches is its one bend
    structure = molecule("O 0 0 0; H 0.96 0 0; H -0.24 0.93 0")
    hessian = model_hessian(structure.numbers, structure.positions)
    from dualion.atoms.relaxation import model_hessian as module

    bohr = module.BOHR
    x = structure.positions / bohr

    def angle(moved: np.ndarray) -> float:
        one, two = moved[1] - moved[0], moved[2] - moved[0]
        return float(np.arccos(one @ two / np.linalg.norm(one) / np.linalg.norm(two)))

    step, gradient = 1e-6, np.zeros(9)
    for index in range(9):
        up, down = x.copy(), x.copy()
        up.flat[index] += step
        down.flat[index] -= step
        gradient[index] = (angle(up) - angle(down)) / (2.0 * step)

    def strength(i: int, j: int) -> float:
        row = [int(number > 2) for number in structure.numbers]
        a, r = module._DECAY[row[i], row[j]], module._LENGTH[row[i], row[j]]
        return float(np.exp(a * (r**2 - np.sum((x[i] - x[j]) ** 2))))

    expected = FLOOR * np.eye(9)
    unit = 27.211386 / bohr**2
    for i, j in ((0, 1), (0, 2), (1, 2)):
        axis = np.zeros((3, 3))
        axis[i], axis[j] = x[i] - x[j], x[j] - x[i]
        axis /= np.linalg.norm(x[i] - x[j])
        expected += 0.45 * strength(i, j) * unit * np.outer(axis.ravel(), axis.ravel())
    bend = 0.15 * strength(0, 1) * strength(0, 2) * unit * np.outer(gradient, gradient)
    assert np.abs(hessian - expected - bend).max() < 1e-6
    assert np.abs(bend).max() > 1.0


def test_a_straight_chain_has_no_bend_that_points_nowhere() -> None:
    chain = molecule("O 0 0 0; C 1.2 0 0; O 2.4 0 0; Na 4.6 0 0")
    hessian = model_hessian(chain.numbers, chain.positions)
    assert np.all(np.isfinite(hessian))
    assert np.linalg.eigvalsh(hessian).min() > FLOOR * (1.0 - 1e-6)


def test_a_single_atom_has_the_floor() -> None:
    assert np.array_equal(model_hessian(np.array([11]), np.zeros((1, 3))), FLOOR * np.eye(3))
