"""What an engine offers to a run of many cycles: go on for some cycles from a state, and move a state to where the slow changes will be.

The slow state is that of ``fast.cycling``: share of sites left, film factor, charge bound in the interphase and lost at the cathode
[coulomb/m2], cycles; and behind these the plated charge [coulomb/m2]. Rows are those of ``fast.cycling`` too, on one square metre of
electrode, whatever the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dualion.models.fast import cycling
from dualion.models.outputs import Array
from dualion.records.cell import Cell

#: Place of the plated charge, and length of the slow state.
PLATED, SLOW = cycling.SLOW, cycling.SLOW + 1


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """All that the next cycle goes on from, exactly.

    Parameters
    ----------
    slow : ndarray, shape (SLOW,)
        In the units of ``fast.cycling``, and plated charge [coulomb/m2].
    fast : mapping of str to ndarray
        State of the engine, in its own units.
    """

    slow: Array
    fast: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a state is to be moved.

    Parameters
    ----------
    cycles : float
        [1] done.
    sites : float
        [1] share left.
    bound, lost, plated : float
        [coulomb/m2]
    salt : float
        [mol/m2] in the electrolyte at the end of a discharge, a guess; hosts hold the rest of sodium and PF6.
    """

    cycles: float
    sites: float
    bound: float
    lost: float
    plated: float
    salt: float


class Inner(Protocol):
    """A dual-ion cell on an engine, cycled at one current under one set of mechanisms."""

    @property
    def cell(self) -> Cell:
        """The cell."""

    @property
    def engine(self) -> str:
        """Name of the engine."""

    @property
    def block(self) -> int:
        """Most cycles that are run before what they gave is kept."""

    @property
    def trouble(self) -> str:
        """What the last cycle that failed has said; empty where it could not."""

    def begin(self) -> Snapshot:
        """The state of assembly."""

    def totals(self) -> tuple[float, float]:
        """Sodium and PF6 of the cell at assembly [coulomb/m2]."""

    def run(self, snapshot: Snapshot, cycles: int, *, ageing: bool = True) -> tuple[Array, Snapshot]:
        """Go on for some cycles; a table of the cycles that ended on their voltages, perhaps fewer, and the state after them.

        Without ``ageing`` nothing slow changes, what was plated is undone, and the cycles are not counted.
        """

    def moved(self, snapshot: Snapshot, target: Target) -> Snapshot | None:
        """The state with its slow part at a target, sodium and PF6 conserved; None where a host or the salt would be used up."""

    def curve(self, snapshot: Snapshot) -> dict[str, Array]:
        """Curves of the cycle that follows a state: ``charge`` and ``discharge``, shape (2, n), capacity [mAh/g] and voltage [V]."""


def first_slow() -> Array:
    """The slow state of a new cell, shape (SLOW,)."""
    found = np.zeros(SLOW)
    found[cycling.SITES] = found[cycling.FILM_FACTOR] = 1.0
    return found
