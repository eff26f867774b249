"""The Hessian that a structure roughly has: stretches of all pairs, bends and torsions of bound atoms.

A shell of solvents at a flake is stiff along its bonds and nearly free along everything else, a range of four decades that a minimiser
without a model of it crosses only slowly: it stops where the forces look small and the energy still falls by tenths of an electron
volt. With r_ij the distance, rho_ij = exp(a_ij (r0_ij^2 - r_ij^2)) the strength of a contact,

    k_stretch = 0.45 rho_ij,  k_bend = 0.15 rho_ij rho_jk,  k_torsion = 0.005 rho_ij rho_jk rho_kl   (atomic units)

and a floor for what none of them holds.

Reference: Lindh, Bernhardsson, Karlstroem & Malmqvist 1995.
"""

from __future__ import annotations

import numpy as np

from dualion.atoms.engines.base import BOHR, HARTREE
from dualion.atoms.structure import Floats, Integers

_STRETCH, _BEND, _TORSION = 0.45, 0.15, 0.005  # [hartree/bohr2], [hartree/rad2], [hartree/rad2]
_DECAY = np.array([[1.0, 0.3949, 0.3949], [0.3949, 0.28, 0.28], [0.3949, 0.28, 0.28]])  # [1/bohr2] by rows of the periodic table
_LENGTH = np.array([[1.35, 2.10, 2.53], [2.10, 2.87, 3.40], [2.53, 3.40, 3.40]])  # [bohr] by rows of the periodic table
_FIRST_ROW, _SECOND_ROW = 2, 10  # last atomic numbers of the rows
_CONTACT = 0.03  # [1] contacts weaker than this take part in no bend
_BOUND = 0.3  # [1] contacts weaker than this take part in no torsion
_STRAIGHT = 0.1  # [1] sine of an angle below which its bend, or a torsion about it, has no direction
FLOOR = 0.1  # [eV/angstrom2]


def model_hessian(numbers: Integers, positions: Floats) -> Floats:
    """Rough Hessian of a structure, positive definite, shape (3n, 3n) [eV/angstrom2].

    Parameters
    ----------
    numbers : array of int, shape (n,)
        Atomic numbers [1].
    positions : array of float, shape (n, 3)
        [angstrom]

    Returns
    -------
    array of float, shape (3n, 3n)
    """
    x = positions / BOHR
    count = len(x)
    row = np.where(numbers <= _FIRST_ROW, 0, np.where(numbers <= _SECOND_ROW, 1, 2))
    apart = x[:, None, :] - x[None, :, :]
    distance = np.linalg.norm(apart, axis=2)
    np.fill_diagonal(distance, np.inf)
    strength = np.exp(_DECAY[row[:, None], row[None, :]] * (_LENGTH[row[:, None], row[None, :]] ** 2 - distance**2))
    hessian = _stretches(apart / distance[:, :, None], strength)
    rows = [*_bends(x, distance, strength), *_torsions(x, distance, strength)]
    if rows:
        weighted = np.array(rows)
        hessian += weighted.T @ weighted
    result: Floats = hessian * HARTREE / BOHR**2 + FLOOR * np.eye(3 * count)
    return result


def _stretches(direction: Floats, strength: Floats) -> Floats:
    count = len(strength)
    blocks = _STRETCH * strength[:, :, None, None] * direction[:, :, :, None] * direction[:, :, None, :]
    hessian = -blocks
    hessian[np.arange(count), np.arange(count)] = blocks.sum(axis=1)
    stretched: Floats = hessian.transpose(0, 2, 1, 3).reshape(3 * count, 3 * count)
    return stretched


def _bends(x: Floats, distance: Floats, strength: Floats) -> list[Floats]:
    """Rows sqrt(k) d(angle)/dx of the bends i-j-k."""
    rows = []
    for j in range(len(x)):
        beside = np.flatnonzero(strength[j] > _CONTACT)
        for first, i in enumerate(beside):
            for k in beside[first + 1 :]:
                one, two = (x[i] - x[j]) / distance[i, j], (x[k] - x[j]) / distance[j, k]
                cosine = float(one @ two)
                sine = np.sqrt(max(1.0 - cosine**2, 0.0))
                if sine < _STRAIGHT:
                    continue
                row = np.zeros((len(x), 3))
                row[i] = (cosine * one - two) / (distance[i, j] * sine)
                row[k] = (cosine * two - one) / (distance[j, k] * sine)
                row[j] = -row[i] - row[k]
                rows.append(np.sqrt(_BEND * strength[i, j] * strength[j, k]) * row.ravel())
    return rows


def _torsions(x: Floats, distance: Floats, strength: Floats) -> list[Floats]:
    """Rows sqrt(k) d(torsion)/dx of the torsions i-j-k-l."""
    rows = []
    beside = [np.flatnonzero(line > _BOUND) for line in strength]
    for j, k in np.argwhere(np.triu(strength > _BOUND)):
        for i in beside[j]:
            for last in beside[k]:
                if i in (k, last) or last == j:
                    continue
                row = _torsion(x, (i, j, k, last), distance[j, k])
                if row is not None:
                    rows.append(np.sqrt(_TORSION * strength[i, j] * strength[j, k] * strength[k, last]) * row)
    return rows


def _torsion(x: Floats, quad: tuple[int, int, int, int], length: float) -> Floats | None:
    """Derivative of one torsion, shape (3n,) [rad/bohr]; None where an angle is straight."""
    i, j, k, last = quad
    before, axis, after = x[j] - x[i], x[k] - x[j], x[last] - x[k]
    left, right = np.cross(before, axis), np.cross(axis, after)
    if np.linalg.norm(left) < _STRAIGHT * length * np.linalg.norm(before) or np.linalg.norm(right) < _STRAIGHT * length * np.linalg.norm(
        after
    ):
        return None
    row = np.zeros((len(x), 3))
    row[i] = -length * left / (left @ left)
    row[last] = length * right / (right @ right)
    share, other = (before @ axis) / length**2, (after @ axis) / length**2
    row[j] = -(1.0 + share) * row[i] + other * row[last]
    row[k] = -(1.0 + other) * row[last] + share * row[i]
    flat: Floats = row.ravel()
    return flat
