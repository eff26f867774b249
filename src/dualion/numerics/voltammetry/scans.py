"""Cyclic voltammograms as arrays: sweeps by the sign of dE/dt, their rate, the cycle that counts, currents on a common grid.

A sweep is a maximal run of rows over which the potential moves one way; it ends where the potential turns back by more than ``REVERSAL``
of its span, so that neither noise nor the steps of a staircase end it. ``anodic`` sweeps go up, ``cathodic`` ones down. Rows in which the
potential is held at an end of a sweep belong to none. The rate of a sweep is

    v = median |E(k + s) - E(k)| / (t(k + s) - t(k)),      s = rows / 40

the stride s because noise of the potential adds up in differences of neighbouring rows: at steps of 0.5 mV, noise of 0.2 mV makes their
median 2 % too large. A run of rows whose rate is not constant (constant current, holds) is no sweep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dualion.errors import CoverageError, InputError

Array = NDArray[np.float64]
Direction = Literal["anodic", "cathodic"]
DIRECTIONS: tuple[Direction, Direction] = ("anodic", "cathodic")

#: The potential has turned when it has gone back by this share of its whole span, and by this much at least.
REVERSAL, LEAST_REVERSAL = 0.02, 5e-3  # [1], [V]
#: Spans below this hold no sweep.
LEAST_SPAN = 0.03  # [V]
#: A sweep begins and ends this far from its ends: rows in which the potential is held belong to none.
HELD = 1e-3  # [V]
#: Rows that a sweep must have, and strides over which its rate is measured.
LEAST_ROWS, STRIDES = 20, 40
#: Spread (10th to 90th percentile) of the local rate of a sweep, relative to its median.
STEADY = 0.3
#: A sweep is complete when it covers this share of the longest one of its measurement at its rate.
COMPLETE = 0.95
#: Rates that agree within this are one rate.
SAME_RATE = 0.05
#: Cycles of one rate from which on the last but one is taken: the last one may have been cut.
SEVERAL = 3


@dataclass(frozen=True, slots=True)
class Sweep:
    """One sweep of the potential.

    Parameters
    ----------
    direction : {"anodic", "cathodic"}
        Up or down.
    place : int
        Number [1] of the sweep in its measurement, from 0.
    rate : float
        [V/s], positive.
    voltage, current : array, shape (n,)
        [V] and [A] in the order of time.
    """

    direction: Direction
    place: int
    rate: float
    voltage: Array
    current: Array

    @property
    def sign(self) -> int:
        """+1 of an anodic sweep, -1 of a cathodic one."""
        return 1 if self.direction == "anodic" else -1

    @property
    def span(self) -> float:
        """[V] between its ends."""
        return float(np.ptp(self.voltage))


@dataclass(frozen=True, slots=True)
class Scan:
    """The cycle that stands for a rate.

    Parameters
    ----------
    anodic, cathodic : Sweep
    cycle, cycles : int
        Its number [1] among the complete cycles of its rate, from 1, and how many [1] there are.
    """

    anodic: Sweep
    cathodic: Sweep
    cycle: int
    cycles: int

    @property
    def rate(self) -> float:
        """[V/s], the mean of its sweeps."""
        return 0.5 * (self.anodic.rate + self.cathodic.rate)

    def sweep(self, direction: Direction) -> Sweep:
        """Its sweep of a direction."""
        return self.anodic if direction == "anodic" else self.cathodic


def sweeps(time: Array, voltage: Array, current: Array, *, where: str = "") -> tuple[Sweep, ...]:
    """The sweeps of a voltammogram, in the order of time.

    Parameters
    ----------
    time, voltage, current : array, shape (n,)
        [s], [V], [A].
    where : str
        For messages, such as the name of a file.

    Returns
    -------
    tuple of Sweep
        Runs of rows of constant rate; others are left out.

    Raises
    ------
    InputError
        A number is not finite, time does not increase, or the potential hardly changes.
    """
    problem = _unusable(time, voltage, current)
    if problem:
        raise InputError(f"{where}: {problem}" if where else problem)
    if time.size < LEAST_ROWS:
        raise CoverageError(f"{where or 'A voltammogram'}: sweeps of the potential, in rows,", LEAST_ROWS, time.size)
    span = float(np.ptp(voltage))
    turns = _turning_points(voltage, max(REVERSAL * span, LEAST_REVERSAL))
    found = []
    for place, (first, last) in enumerate(pairwise(turns)):
        one = _sweep(time[first : last + 1], voltage[first : last + 1], current[first : last + 1], place)
        if one is not None:
            found.append(one)
    return tuple(found)


def _unusable(time: Array, voltage: Array, current: Array) -> str:
    """What makes rows unusable; empty where nothing does."""
    for name, column in (("test_time_second", time), ("voltage_volt", voltage), ("current_ampere", current)):
        bad = np.flatnonzero(~np.isfinite(column))
        if bad.size:
            return f"{name}: row {bad[0]} is not a number ({bad.size} of {column.size} rows). Leave such rows out."
    back = np.flatnonzero(np.diff(time) < 0)
    if back.size:
        return f"test_time_second: it goes back at row {back[0] + 1}. Sort or repair the rows first."
    if time.size >= LEAST_ROWS and np.ptp(voltage) < LEAST_SPAN:
        return f"voltage_volt: it changes by {np.ptp(voltage):.3g} V, and a sweep by {LEAST_SPAN} V at least. Give a voltammogram."
    return ""


def _turning_points(voltage: Array, reversal: float) -> list[int]:
    """Rows at which the potential turns back by more than ``reversal`` [V], its first and its last extremum included."""
    low = high = 0
    going = 0
    turns: list[int] = []
    values = voltage.tolist()
    for row, value in enumerate(values):
        if value > values[high]:
            high = row
        if value < values[low]:
            low = row
        if going >= 0 and values[high] - value > reversal:
            turns.append(high)
            going, low = -1, row
        elif going <= 0 and value - values[low] > reversal:
            turns.append(low)
            going, high = 1, row
        # the other extremum is sought anew from here on
        if going > 0:
            low = high
        elif going < 0:
            high = low
    return [*turns, high if going > 0 else low]


def _sweep(time: Array, voltage: Array, current: Array, place: int) -> Sweep | None:
    """One run of rows as a sweep without its holds; None where its rate is not constant."""
    up = bool(voltage[-1] > voltage[0])
    sign = 1.0 if up else -1.0
    first = int(np.flatnonzero(sign * (voltage - voltage[0]) <= HELD)[-1])
    last = first + int(np.flatnonzero(sign * (voltage[-1] - voltage[first:]) <= HELD)[0])
    time, voltage, current = time[first : last + 1], voltage[first : last + 1], current[first : last + 1]
    if voltage.size < LEAST_ROWS:
        return None
    stride = max(1, voltage.size // STRIDES)
    steps = time[stride:] - time[:-stride]
    if not (steps > 0).all():
        return None
    local = sign * (voltage[stride:] - voltage[:-stride]) / steps
    low, rate, high = np.percentile(local, (10, 50, 90))
    if not rate > 0 or high - low > STEADY * rate:
        return None
    return Sweep("anodic" if up else "cathodic", place, float(rate), voltage, current)


def scans(found: Sequence[Sweep], *, cycle: int | None = None) -> tuple[Scan, ...]:
    """The cycle that counts for each rate: the last complete one, or the last but one where there are three or more.

    Parameters
    ----------
    found : sequence of Sweep
        Of one measurement, in the order of time; it may hold several rates one after the other.
    cycle : int or None
        Take this one [1] of each rate instead, from 1.

    Returns
    -------
    tuple of Scan
        In the order of time; empty where no cycle is complete.

    Raises
    ------
    CoverageError
        A rate has fewer cycles than ``cycle``.
    """
    chosen = []
    for block in _blocks(_cycles(found)):
        count = len(block)
        if cycle is not None and cycle > count:
            raise CoverageError(f"Cycle {cycle} at {1e3 * block[0][0].rate:.4g} mV/s, in complete cycles,", cycle, count)
        place = cycle - 1 if cycle is not None else count - 2 if count >= SEVERAL else count - 1
        pair = {one.direction: one for one in block[place]}
        chosen.append(Scan(pair["anodic"], pair["cathodic"], place + 1, count))
    return tuple(chosen)


def _cycles(found: Sequence[Sweep]) -> list[tuple[Sweep, Sweep]]:
    """Pairs of complete sweeps that follow each other at one rate."""
    complete = [one for one in found if one.span >= COMPLETE * max(other.span for other in found if same_rate(one.rate, other.rate))]
    pairs, place = [], 0
    while place + 1 < len(complete):
        first, second = complete[place], complete[place + 1]
        if second.place == first.place + 1 and same_rate(first.rate, second.rate):
            pairs.append((first, second))
            place += 2
        else:
            place += 1
    return pairs


def _blocks(cycles: Sequence[tuple[Sweep, Sweep]]) -> list[list[tuple[Sweep, Sweep]]]:
    """Cycles that follow each other at one rate, together."""
    blocks: list[list[tuple[Sweep, Sweep]]] = []
    for pair in cycles:
        if blocks and same_rate(blocks[-1][-1][0].rate, pair[0].rate):
            blocks[-1].append(pair)
        else:
            blocks.append([pair])
    return blocks


def same_rate(first: float, second: float) -> bool:
    """Whether two rates [V/s] are one."""
    return abs(first - second) <= SAME_RATE * max(first, second)


def distinct_rates(rates: Sequence[float]) -> int:
    """How many different rates [1] there are among ``rates`` [V/s]."""
    ordered = sorted(rates)
    return sum(1 for place, rate in enumerate(ordered) if place == 0 or not same_rate(ordered[place - 1], rate))


def without_ohmic_drop(sweep: Sweep, resistance: float) -> Sweep:
    """A sweep on the potential E - i R.

    Parameters
    ----------
    sweep : Sweep
    resistance : float
        [ohm] in series with the electrode.
    """
    return replace(sweep, voltage=sweep.voltage - resistance * sweep.current)


def common_grid(found: Sequence[Sweep], *, points: int = 500, trim: float = 0.010, window: tuple[float, float] | None = None) -> Array:
    """Potentials that all sweeps cover, evenly spaced.

    Parameters
    ----------
    found : sequence of Sweep
    points : int
        [1]
    trim : float
        [V] that is left out at each end of what they share.
    window : tuple of two floats or None
        [V] outside of which nothing is taken.

    Returns
    -------
    array, shape (points,)
        [V]

    Raises
    ------
    InputError
        They share too little, or nothing of the window.
    """
    low = max(float(one.voltage.min()) for one in found) + trim
    high = min(float(one.voltage.max()) for one in found) - trim
    asked = (low, high) if window is None else (max(low, window[0]), min(high, window[1]))
    if not asked[1] - asked[0] > trim:
        where = "" if window is None else f"; the window is {window[0]:.4g} to {window[1]:.4g} V"
        raise InputError(f"window: the sweeps share {low:.4g} to {high:.4g} V{where}. Give sweeps or a window that overlap.")
    return np.linspace(*asked, points)


def on_grid(sweep: Sweep, grid: Array) -> Array:
    """Current [A] of a sweep at potentials ``grid`` [V], by linear interpolation; rows of the same potential are averaged."""
    potentials, index = np.unique(sweep.voltage, return_inverse=True)
    means = np.bincount(index, weights=sweep.current) / np.bincount(index)
    return np.interp(grid, potentials, means)


def triangle(rate: float, *, low: float, high: float, rows: int, cycles: int) -> tuple[Array, Array, NDArray[np.bool_]]:
    """The potential of a voltammogram that begins at its lower end.

    Parameters
    ----------
    rate : float
        [V/s]
    low, high : float
        [V]
    rows, cycles : int
        Rows [1] of each sweep, and cycles [1] of two sweeps.

    Returns
    -------
    time, voltage : array, shape (2 cycles rows,)
        [s], [V]
    up : array of bool, shape (2 cycles rows,)
        Whether the row belongs to a sweep that goes up.
    """
    place = np.arange(2 * cycles * rows, dtype=np.float64)
    phase = (place % (2 * rows)) / rows
    voltage: Array = low + (high - low) * np.where(phase <= 1, phase, 2 - phase)
    time: Array = place * float((high - low) / (rate * rows))
    return time, voltage, phase < 1
