"""A structure relaxed, and looked at before its energy is believed.

A minimum is accepted only where the forces and the field converged, every part kept its bonds, no hydrogen moved, and the parts still
form one cluster with the ion at the carbon. Everything else is an outcome with a name: a structure that reacted is a finding, not an
energy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from dualion.atoms.bonds import bonds, connected
from dualion.atoms.engines.base import Engine
from dualion.atoms.engines.check import check_energy, check_structure, overlapping
from dualion.atoms.relaxation.minimise import minimise
from dualion.atoms.structure import Structure
from dualion.errors import ConvergenceError, ModelError, SpecError

FMAX: Final = 0.02  # [eV/angstrom] of a reported minimum
MAX_STEPS: Final = 500  # [1]
OUTCOMES: Final = ("accepted", "unconverged", "scf", "reacted", "detached", "clash")
#: Version of the minimiser and of the checks: a change of either is another task.
VERSION: Final = 1


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """Where a start led.

    Parameters
    ----------
    outcome : str
        One of `OUTCOMES`; only ``"accepted"`` is a minimum.
    structure : Structure
        The last geometry.
    energy : float or None
        Total energy [eV]; None where the field did not converge.
    gap : float or None
        Between the highest occupied and the lowest empty orbital [eV].
    fmax : float or None
        Largest force on an atom [eV/angstrom].
    steps : int
        Energies that were computed [1].
    """

    outcome: str
    structure: Structure
    energy: float | None
    gap: float | None
    fmax: float | None
    steps: int

    @property
    def accepted(self) -> bool:
        """Whether it is a minimum."""
        return self.outcome == "accepted"


def relax(structure: Structure, engine: Engine, *, fmax: float = FMAX, max_steps: int = MAX_STEPS) -> Relaxed:
    """Relax a structure.

    Parameters
    ----------
    structure : Structure
    engine : Engine
    fmax : float
        Largest force on an atom of a minimum [eV/angstrom].
    max_steps : int
        Energies to compute at most [1].

    Returns
    -------
    Relaxed

    Raises
    ------
    SpecError
        Wrong parity, overlapping atoms, or a threshold that cannot be met.
    """
    if not 0.0 < fmax <= 1.0:
        raise SpecError(f"fmax: {fmax:g} is not a threshold. Write a force above 0 and up to 1 eV/angstrom, such as 0.02.")
    if max_steps < 1:
        raise SpecError(f"max_steps: {max_steps} is not a number of steps. Write 1 or more.")
    check_structure(structure)
    try:
        ended = minimise(structure, engine.session(structure), fmax=fmax, max_steps=max_steps)
    except ConvergenceError:
        return Relaxed("scf", structure, None, None, None, 0)
    last = structure.moved(np.round(ended.positions, 6))
    try:
        check_energy(last, ended.energy)
        outcome = _outcome(structure, last, converged=ended.converged)
    except ModelError:
        outcome = "scf"
    return Relaxed(outcome, last, ended.energy.energy, ended.energy.gap, ended.fmax, ended.steps)


def _outcome(start: Structure, last: Structure, *, converged: bool) -> str:
    if overlapping(last) is not None:
        return "clash"
    if not np.array_equal(bonds(start), bonds(last)):
        return "reacted"
    if not connected(last):
        return "detached"
    return "accepted" if converged else "unconverged"
