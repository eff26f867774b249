"""Protocols as plain data: half cycles at constant current to a voltage.

Currents are absolute, in ampere, and positive as they charge the cell; C-rates exist only through a cell's own definition of 1 C
(``Cell.current``). In a half cell the carbon is sodiated while the cell discharges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dualion.records.cell import Cell

Direction = Literal["charge", "discharge", "sodiation", "desodiation"]

#: Cycles in one block of a rate test where a source does not state it.
CYCLES_PER_BLOCK = 5


@dataclass(frozen=True, slots=True)
class HalfCycle:
    """One half cycle.

    Parameters
    ----------
    direction : {"charge", "discharge", "sodiation", "desodiation"}
        The first two for a full cell, the others for a half cell.
    current : float
        [A] positive where it charges the cell (``charge``, ``desodiation``).
    cutoff : float
        [V] at which it ends.
    """

    direction: Direction
    current: float
    cutoff: float


@dataclass(frozen=True, slots=True)
class Protocol:
    """Half cycles in order, from one state to the next; ``specific_currents`` [mA/g] name each one's rate."""

    name: str
    steps: tuple[HalfCycle, ...]
    specific_currents: tuple[float, ...]


def cycle(cell: Cell, specific_current: float) -> Protocol:
    """One full cycle at one specific current, from the state in which the cell was built.

    Parameters
    ----------
    cell : Cell
    specific_current : float
        [mA/g] on the mass that defines 1 C.

    Returns
    -------
    Protocol
    """
    return rate_blocks(cell, [specific_current], cycles=1)


def rate_blocks(cell: Cell, specific_currents: Sequence[float], *, cycles: int = CYCLES_PER_BLOCK) -> Protocol:
    """A rate test: one continuous sequence of blocks, the state carried over.

    Parameters
    ----------
    cell : Cell
    specific_currents : sequence of float
        [mA/g] one block each.
    cycles : int
        Cycles in each block.

    Returns
    -------
    Protocol
    """
    steps: list[HalfCycle] = []
    named: list[float] = []
    for specific_current in specific_currents:
        pair = _pair(cell, cell.current_of(specific_current))
        steps += list(pair) * cycles
        named += [specific_current] * (2 * cycles)
    label = "cycle" if len(specific_currents) == cycles == 1 else "rate test"
    return Protocol(label, tuple(steps), tuple(named))


def _pair(cell: Cell, current: float) -> tuple[HalfCycle, HalfCycle]:
    low, high = cell.window[0].value, cell.window[1].value
    if cell.kind == "half":
        return HalfCycle("sodiation", -current, low), HalfCycle("desodiation", current, high)
    return HalfCycle("charge", current, high), HalfCycle("discharge", -current, low)
