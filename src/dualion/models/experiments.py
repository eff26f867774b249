"""Protocols as plain data: half cycles at constant current, rests, holds and sweeps, in order, from one state to the next.

Currents are absolute, in ampere, and positive as they charge the cell; C-rates exist only through a cell's own definition of 1 C
(``Cell.current``). In a half cell the carbon is sodiated while the cell discharges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dualion.errors import SpecError
from dualion.models.states import equilibrium_voltage, initial_fractions
from dualion.records.cell import Cell

Direction = Literal["charge", "discharge", "sodiation", "desodiation"]

#: Cycles in one block of a rate test where a source does not state it.
CYCLES_PER_BLOCK = 5


@dataclass(frozen=True, slots=True)
class HalfCycle:
    """Constant current to a voltage; with a ``duration`` a pulse, which ends after it; if the voltage is met before, the protocol ends.

    Parameters
    ----------
    direction : {"charge", "discharge", "sodiation", "desodiation"}
        The first two for a full cell, the others for a half cell.
    current : float
        [A] positive where it charges the cell (``charge``, ``desodiation``).
    cutoff : float
        [V] at which it ends.
    duration : float or None
        [s]
    """

    direction: Direction
    current: float
    cutoff: float
    duration: float | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """No current for a ``duration`` [s]."""

    duration: float


@dataclass(frozen=True, slots=True)
class Hold:
    """A constant ``voltage`` [V] for a ``duration`` [s]."""

    voltage: float
    duration: float


@dataclass(frozen=True, slots=True)
class Sweep:
    """A voltage that moves from ``start`` to ``end`` [V] at ``rate`` [V/s], positive."""

    start: float
    end: float
    rate: float

    @property
    def duration(self) -> float:
        """[s]"""
        return abs(self.end - self.start) / self.rate


Step = HalfCycle | Rest | Hold | Sweep


@dataclass(frozen=True, slots=True)
class Protocol:
    """Steps in order, from one state to the next.

    Parameters
    ----------
    name : str
        Such as ``"rate test"``.
    steps : tuple of HalfCycle, Rest, Hold or Sweep
    specific_currents : tuple of float
        [mA/g] of each step, on the mass that defines 1 C; 0 where the current is not given.
    cycles : tuple of int
        [1] cycle to which each step belongs, from 1; empty where the steps are not cycles.
    """

    name: str
    steps: tuple[Step, ...]
    specific_currents: tuple[float, ...]
    cycles: tuple[int, ...] = ()


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
        pair = pair_of(cell, cell.current_of(specific_current))
        steps += list(pair) * cycles
        named += [specific_current] * (2 * cycles)
    label = "cycle" if len(specific_currents) == cycles == 1 else "rate test"
    return Protocol(label, tuple(steps), tuple(named), tuple(1 + n // 2 for n in range(len(steps))))


def voltammetry(cell: Cell, rate: float, *, low: float | None = None, high: float | None = None, cycles: int = 2) -> Protocol:
    """Triangular sweeps between two voltages, from the equilibrium at the first.

    A full cell sweeps up first, from its voltage at assembly; one that is charged at assembly sweeps down first, from there; a half cell
    sweeps down first, from the top of its window.

    Parameters
    ----------
    cell : Cell
    rate : float
        [V/s] positive.
    low, high : float, optional
        [V] where absent, the window of the cell, but for the end at which a full cell stands at assembly.
    cycles : int
        [1]

    Returns
    -------
    Protocol

    Raises
    ------
    SpecError
        A rate that is not positive, or an empty window.
    """
    lowest, highest, falls = _natural_sweep(cell)
    bottom, top = lowest if low is None else low, highest if high is None else high
    if not rate > 0:
        raise SpecError(f"rate: {rate:g} V/s is not positive. Write a sweep rate such as 1e-4 V/s (0.1 mV/s).")
    if not bottom < top:
        raise SpecError(f"window: {bottom:g} V is not below {top:g} V. Write the lower voltage first.")
    down, up = Sweep(top, bottom, rate), Sweep(bottom, top, rate)
    pair = (down, up) if falls else (up, down)
    steps = pair * cycles
    return Protocol("voltammetry", steps, (0.0,) * len(steps), tuple(1 + n // 2 for n in range(len(steps))))


def _natural_sweep(cell: Cell) -> tuple[float, float, bool]:
    """Ends [V] of a sweep that begins where the cell stands at assembly, and whether it falls first."""
    low, high = cell.window[0].value, cell.window[1].value
    if cell.kind == "half":
        return low, high, True
    stands = min(max(equilibrium_voltage(cell, initial_fractions(cell, {})), low), high)
    if _is_charged(cell):
        return low, stands, True
    return stands, high, False


def _is_charged(cell: Cell) -> bool:
    """Whether a rocking-chair cell stands in the upper half of its window at assembly."""
    middle = 0.5 * (cell.window[0].value + cell.window[1].value)
    return cell.kind == "rocking-chair" and equilibrium_voltage(cell, initial_fractions(cell, {})) > middle


def titration(
    cell: Cell, specific_current: float, *, pulse: float, rest: float, pulses: int, direction: Direction | None = None
) -> Protocol:
    """Galvanostatic intermittent titration: pulses, each followed by a rest.

    Parameters
    ----------
    cell : Cell
    specific_current : float
        [mA/g] of a pulse, positive, on the mass that defines 1 C.
    pulse, rest : float
        [s]
    pulses : int
        [1] at most; the titration ends with the pulse that meets the cut-off.
    direction : {"charge", "discharge", "sodiation", "desodiation"}, optional
        The first half cycle of this kind of cell where absent.

    Returns
    -------
    Protocol

    Raises
    ------
    SpecError
        A duration, current or number of pulses that is not positive.
    """
    for name, value in (("current", specific_current), ("pulse", pulse), ("rest", rest), ("pulses", pulses)):
        if not value > 0:
            raise SpecError(f"{name}: {value:g} is not positive. A titration needs a current, a pulse, a rest and a number of pulses.")
    first, second = pair_of(cell, cell.current_of(specific_current))
    half = second if direction == second.direction else first
    one = (HalfCycle(half.direction, half.current, half.cutoff, float(pulse)), Rest(float(rest)))
    return Protocol("titration", one * pulses, (float(specific_current), 0.0) * pulses, ())


def pair_of(cell: Cell, current: float) -> tuple[HalfCycle, HalfCycle]:
    """The two half cycles of a cycle at a current [A], in the order in which a new cell runs them.

    A rocking-chair cell that stands in the upper half of its window at assembly is discharged first.
    """
    low, high = cell.window[0].value, cell.window[1].value
    if cell.kind == "half":
        return HalfCycle("sodiation", -current, low), HalfCycle("desodiation", current, high)
    charge, discharge = HalfCycle("charge", current, high), HalfCycle("discharge", -current, low)
    return (discharge, charge) if _is_charged(cell) else (charge, discharge)
