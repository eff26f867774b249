"""Limited-memory BFGS whose first guess of the Hessian is the model of the structure.

The two-loop recursion of Nocedal (1980) with the inverse of the model Hessian in its middle, the model made anew every few steps. A step
longer than 0.3 angstrom for any atom is shortened. There is no search along the line: a step costs one energy.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dualion.atoms.engines.base import Energy, Session
from dualion.atoms.relaxation.model_hessian import model_hessian
from dualion.atoms.structure import Floats, Structure
from dualion.errors import ConvergenceError

LONGEST = 0.3  # [angstrom] of an atom in one step
_MEMORY = 100  # [1] steps that are remembered
_ANEW = 5  # [1] steps after which the model Hessian is made again
_CURVED = 1e-4  # [1] a step along which the force does not rise by this cosine teaches nothing


@dataclass(frozen=True, slots=True, eq=False)
class Minimised:
    """Where a minimiser stopped.

    Parameters
    ----------
    positions : array of float, shape (n, 3)
        [angstrom]
    energy : Energy
        There, with forces [eV].
    fmax : float
        Largest force on an atom there [eV/angstrom].
    steps : int
        Energies that were computed [1].
    converged : bool
        Whether the largest force met the threshold.
    """

    positions: Floats
    energy: Energy
    fmax: float
    steps: int
    converged: bool


def minimise(structure: Structure, session: Session, *, fmax: float, max_steps: int) -> Minimised:
    """Go downhill until no force is large.

    Parameters
    ----------
    structure : Structure
        Where to begin.
    session : Session
    fmax : float
        Largest force on an atom of a minimum [eV/angstrom].
    max_steps : int
        Energies to compute at most [1].

    Returns
    -------
    Minimised

    Raises
    ------
    ConvergenceError
        The field did not become self-consistent, or the energy or a force is not finite.
    """
    from scipy.linalg import cho_factor, cho_solve

    positions = structure.positions.copy()
    history: deque[tuple[Floats, Floats, float]] = deque(maxlen=_MEMORY)
    found, forces = _at(session, positions)
    factor = None
    for step in range(1, max_steps + 1):
        largest = float(np.linalg.norm(forces, axis=1).max())
        if largest < fmax or step == max_steps:
            return Minimised(positions, found, largest, step, largest < fmax)
        if (step - 1) % _ANEW == 0:
            factor = cho_factor(model_hessian(structure.numbers, positions))
        direction = _direction(-forces.ravel(), history, lambda vector: cho_solve(factor, vector))  # noqa: B023 - called at once
        move = direction.reshape(-1, 3)
        move = move * min(1.0, LONGEST / float(np.linalg.norm(move, axis=1).max()))
        found, after = _at(session, positions + move)
        positions = positions + move
        along, rise = move.ravel(), (forces - after).ravel()
        if along @ rise > _CURVED * np.linalg.norm(along) * np.linalg.norm(rise):
            history.append((along, rise, 1.0 / float(along @ rise)))
        forces = after
    raise AssertionError("max_steps is at least 1")


def _at(session: Session, positions: Floats) -> tuple[Energy, Floats]:
    found = session(positions)
    assert found.forces is not None
    if not (np.isfinite(found.energy) and np.all(np.isfinite(found.forces))):
        raise ConvergenceError("the engine gave an energy or a force that is not finite. Start from another geometry.")
    return found, found.forces


def _direction(gradient: Floats, history: deque[tuple[Floats, Floats, float]], solve: Callable[[Floats], Floats]) -> Floats:
    """Minus the inverse Hessian times the gradient, shape (3n,) [angstrom]."""
    q = gradient.copy()
    weights = []
    for along, rise, inverse in reversed(history):
        weight = inverse * float(along @ q)
        q -= weight * rise
        weights.append(weight)
    z = solve(q)
    for (along, rise, inverse), weight in zip(history, reversed(weights), strict=True):
        z += along * (weight - inverse * float(rise @ z))
    return -z
