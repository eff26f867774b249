"""Vibrations of a minimum: second derivatives from forces, wavenumbers, and the rotor that the molecule is.

    H_ij = [F_i(x_j - h) - F_i(x_j + h)] / 2h,    H = (H + H^T) / 2,    (2 pi c wavenumber)^2 = eigenvalue of M^-1/2 H M^-1/2

Translations and rotations about the principal axes are projected out of the mass-weighted Hessian; a linear molecule has no rotation
about its axis, an atom has none at all. The error is of second order in h.

Reference: McQuarrie & Simon 1999.
"""

from __future__ import annotations

import math

import numpy as np

from dualion.atoms.engines.base import Session
from dualion.atoms.engines.libraries import library
from dualion.atoms.structure import Floats, Integers
from dualion.errors import ModelError, SpecError

STEP = 0.01  # [angstrom] of the central differences
PLANCK = 4.135667696923859e-15  # [eV s] SI 2019
LIGHT = 2.99792458e10  # [cm/s] SI 2019
DALTON = 1.66053906660e-27 / 1.602176634e-19 * 1e-20  # [eV s2/angstrom2] of one g/mol, CODATA 2018
_LINEAR = 1e-4  # [1] share of the largest moment of inertia below which another one is zero


def hessian(session: Session, positions: Floats, *, step: float = STEP) -> Floats:
    """Second derivatives of the energy by central differences of the forces.

    Parameters
    ----------
    session : Session
    positions : array of float, shape (n, 3)
        [angstrom]
    step : float
        [angstrom]

    Returns
    -------
    array of float, shape (3 n, 3 n)
        Symmetric [eV/angstrom2].

    Raises
    ------
    SpecError
        The step is not above zero.
    ConvergenceError
        A field did not become self-consistent.
    """
    if not step > 0.0:
        raise SpecError(f"step: {step} angstrom is not above zero. Write {STEP}.")
    rows = []
    for index in range(positions.size):
        pulls = []
        for sign in (1.0, -1.0):
            moved = np.array(positions, dtype=np.float64)
            moved.flat[index] += sign * step
            pulls.append(forces_of(session, moved).ravel())
        rows.append((pulls[1] - pulls[0]) / (2.0 * step))
    matrix = np.array(rows)
    symmetric: Floats = (matrix + matrix.T) / 2.0
    return symmetric


def wavenumbers_of(hessian: Floats, masses: Floats, positions: Floats) -> Floats:
    """Wavenumbers of the vibrations, translations and rotations projected out.

    Parameters
    ----------
    hessian : array of float, shape (3 n, 3 n)
        [eV/angstrom2]
    masses : array of float, shape (n,)
        [g/mol]
    positions : array of float, shape (n, 3)
        [angstrom]

    Returns
    -------
    array of float, shape (3 n - 6,)
        Rising, imaginary ones negative [cm-1]; 3 n - 5 for a linear molecule, none for an atom.
    """
    root = np.repeat(np.sqrt(masses), 3)
    rigid = _rigid(masses, positions)
    basis = np.linalg.svd(rigid, full_matrices=True)[2][len(rigid) :]
    squares = np.linalg.eigvalsh(basis @ (hessian / np.outer(root, root)) @ basis.T) / DALTON
    found: Floats = np.sign(squares) * np.sqrt(np.abs(squares)) / (2.0 * math.pi * LIGHT)
    return found


def moments_of_inertia(masses: Floats, positions: Floats) -> Floats:
    """Principal moments of inertia, zero about the axis of a linear molecule.

    Parameters
    ----------
    masses : array of float, shape (n,)
        [g/mol]
    positions : array of float, shape (n, 3)
        [angstrom]

    Returns
    -------
    array of float, shape (3,)
        Rising [g/mol angstrom2].
    """
    return _principal(masses, positions)[0]


def _principal(masses: Floats, positions: Floats) -> tuple[Floats, Floats]:
    """Principal moments [g/mol angstrom2], those that are noise set to zero, and the axes as columns."""
    centred = positions - np.average(positions, axis=0, weights=masses)
    second = np.einsum("i,ij,ik->jk", masses, centred, centred)
    moments, axes = np.linalg.eigh(np.eye(3) * np.trace(second) - second)
    return np.where(moments > _LINEAR * moments[-1], moments, 0.0), axes


def _rigid(masses: Floats, positions: Floats) -> Floats:
    """Translations and rotations in mass-weighted coordinates, orthonormal, shape (6, 3 n); 5 for a linear molecule, 3 for an atom."""
    root = np.sqrt(masses)[:, None]
    centred = positions - np.average(positions, axis=0, weights=masses)
    moments, axes = _principal(masses, positions)
    rows = [(root * axis).ravel() for axis in np.eye(3)]
    rows += [(root * np.cross(axis, centred)).ravel() for axis, moment in zip(axes.T, moments, strict=True) if moment > 0.0]
    return np.array([row / np.linalg.norm(row) for row in rows])


def forces_of(session: Session, positions: Floats) -> Floats:
    """Forces at some positions [angstrom], shape (n, 3) [eV/angstrom]; ModelError where the engine has none."""
    found = session(positions, forces=True).forces
    if found is None:
        raise ModelError("the engine gave no forces, from which a Hessian is made. Use another engine.")
    return found


def standard_masses(numbers: Integers) -> Floats:
    """Standard atomic weights [g/mol]."""
    masses: Floats = np.asarray(library("ase.data").atomic_masses)[numbers]
    return masses
