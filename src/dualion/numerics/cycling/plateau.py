"""Charge of each half cycle below a boundary of the voltage, and the boundary that the curve itself suggests.

    falling voltage:  Q(U < U_c) = Q - Q_c       rising voltage:  Q(U < U_c) = Q_c

Q_c is where the monotone envelope of the curve (the running minimum of a falling voltage, the running maximum of a rising one) first
crosses U_c, linear between rows. The envelope is formed only up to its crossing: a running extreme first passes a level where the curve
itself does.

    inflection: U at the minimum of |dQ/dU| between the peak of the plateau and the sloping region

with dU/dQ by a polynomial of third order through 21 of 400 points at equal steps of charge (Savitzky & Golay 1964).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_coeffs

from dualion.numerics.cycling.half_cycles import HalfCycles
from dualion.numerics.cycling.segments import Array, Counts, Mask

#: Points of the curve at equal steps of charge, and window and order of the polynomial through them.
GRID, WINDOW, ORDER = 400, 21, 3
#: Share [1] of the peak of |dQ/dU| below which a curve has left its plateau, by how much |dQ/dU| must rise again after its minimum, as a
#: share [1] of it (less is the ringing of the polynomial at a knee), and how far above the peak [V] the minimum may lie: beyond, what rises
#: again is another plateau.
OUTSIDE, PROMINENCE, REACH = 0.2, 0.25, 0.4
#: [V] by which a voltage that has crossed the boundary may return without being called nonmonotonic.
EXCURSION = 5e-3
#: [s] between the last row of a rest and the first of a current from which a resistance is read.
ONSET = 10.0
_STEEPEST = 1e-12


@dataclass(frozen=True, slots=True)
class Curves:
    """Rows of some half cycles.

    Parameters
    ----------
    voltage, gained : array, shape (n,)
        [V], and [Ah] of charge, which never falls.
    sign : int array, shape (n,)
        [1] 1, -1, or 0 where there is no current.
    first, last : int array, shape (h,)
        [1] rows of each half cycle, both inclusive.
    direction : int array, shape (h,)
        [1] 1 where the voltage rises, -1 where it falls.
    base : array, shape (h,)
        [Ah] of ``gained`` at its start.
    """

    voltage: Array
    gained: Array
    sign: NDArray[np.int8]
    first: Counts
    last: Counts
    direction: Counts
    base: Array

    @property
    def charge(self) -> Array:
        """[Ah] of each half cycle; shape (h,)."""
        return np.asarray(self.gained[self.last] - self.base)

    def one(self, half: int) -> Curves:
        """One half cycle alone.

        Parameters
        ----------
        half : int
            [1] its position.
        """
        rows = slice(int(self.first[half]), int(self.last[half]) + 1)
        count = np.array([rows.stop - rows.start - 1])
        this = slice(half, half + 1)
        none = np.zeros(1, dtype=np.int64)
        return Curves(self.voltage[rows], self.gained[rows], self.sign[rows], none, count, self.direction[this], self.base[this])


@dataclass(frozen=True, slots=True)
class Split:
    """Charge below a boundary.

    Parameters
    ----------
    below : array, shape (h,)
        [Ah]
    crossed : bool array, shape (h,)
        [1] whether the curve crosses the boundary; else all or nothing is below it.
    row : int array, shape (h,)
        [1] first row beyond the boundary; after the last one where there is none.
    """

    below: Array
    crossed: Mask
    row: Counts


def curves_of(whole: HalfCycles) -> Curves:
    """All half cycles of a measurement."""
    found = whole.segments
    return Curves(whole.voltage, whole.gained, whole.sign, found.first_row, found.last_row, found.sign, whole.base)


def split(curves: Curves, boundary: float | Array) -> Split:
    """Charge of each half cycle below a boundary.

    Parameters
    ----------
    curves : Curves
    boundary : float or array, shape (h,)
        [V]

    Returns
    -------
    Split
    """
    first, last, voltage = curves.first, curves.last, curves.voltage
    if first.size == 0:
        return Split(np.zeros(0), np.zeros(0, dtype=bool), first)
    level = np.broadcast_to(np.asarray(boundary, dtype=float), first.shape)
    row = _next_row(curves, beyond(curves, boundary), first)
    crossed = (row > first) & (row <= last)
    falling = curves.direction < 0
    charge = curves.charge
    # a falling curve that never comes below has nothing there, one that begins below has all; a rising one the other way round
    below = np.where((row <= first) == falling, charge, 0.0)
    at = np.flatnonzero(crossed)
    if at.size:
        begins, ends, turned = first[at], row[at], falling[at]
        pairs = np.column_stack([begins, ends]).ravel()
        extreme = np.where(turned, np.minimum.reduceat(voltage, pairs)[::2], np.maximum.reduceat(voltage, pairs)[::2])
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.nan_to_num(np.clip((level[at] - extreme) / (voltage[ends] - extreme), 0.0, 1.0), nan=1.0)
        before = curves.gained[ends - 1]
        passed = before + share * (curves.gained[ends] - before) - curves.base[at]
        below[at] = np.where(turned, charge[at] - passed, passed)
    return Split(below, crossed, row)


def beyond(curves: Curves, boundary: float | Array, by: float = 0.0) -> Counts:
    """Rows with current that lie beyond the boundary in the direction of their half cycle, or by ``-by`` behind it; ascending.

    Parameters
    ----------
    curves : Curves
    boundary : float or array, shape (h,)
        [V]
    by : float
        [V] above 0 for rows that lie at least this far behind the boundary instead.
    """
    level: float | Array
    if isinstance(boundary, np.ndarray):
        lengths = np.diff(curves.first, append=curves.voltage.size)
        level = np.repeat(boundary, lengths) if curves.first[0] == 0 else np.concatenate(
            [np.full(curves.first[0], np.nan), np.repeat(boundary, lengths)]
        )  # fmt: skip
    else:
        level = boundary
    with np.errstate(invalid="ignore"):
        if by:
            found = ((curves.voltage > level + by) & (curves.sign < 0)) | ((curves.voltage < level - by) & (curves.sign > 0))
        else:
            found = ((curves.voltage < level) & (curves.sign < 0)) | ((curves.voltage > level) & (curves.sign > 0))
    return np.flatnonzero(found)


def returns(curves: Curves, boundary: float | Array, found: Split) -> Mask:
    """Whether a curve that has crossed a boundary comes back by more than 5 mV; shape (h,).

    Parameters
    ----------
    curves : Curves
    boundary : float or array, shape (h,)
        [V]
    found : Split
    """
    if curves.first.size == 0:
        return np.zeros(0, dtype=bool)
    again = _next_row(curves, beyond(curves, boundary, EXCURSION), np.minimum(found.row, curves.voltage.size))
    return np.asarray(found.crossed & (again <= curves.last))


def _next_row(curves: Curves, rows: Counts, start: Counts) -> Counts:
    """First of some ascending rows at or after each start; the number of all rows where there is none."""
    return np.append(rows, curves.voltage.size)[np.searchsorted(rows, start)]


def slope_at(curves: Curves, half: int, boundary: float, by: float) -> float:
    """|dQ/dU| [Ah/V] of a half cycle at a boundary, from the charge within ``by`` of it.

    Parameters
    ----------
    curves : Curves
    half : int
        [1] position of the half cycle.
    boundary, by : float
        [V]
    """
    one = curves.one(half)
    return float(abs(split(one, boundary + by).below[0] - split(one, boundary - by).below[0])) / (2 * by)


def onset_resistances(whole: HalfCycles) -> Array:
    """Resistance [ohm] from the step of the voltage where a current sets in after a rest; shape (h,), NaN where none can be read.

    Parameters
    ----------
    whole : HalfCycles
    """
    first = whole.segments.first_row
    before = np.maximum(first - 1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        resistance = (whole.voltage[first] - whole.voltage[before]) / whole.current[first]
    rested = (first > 0) & (whole.sign[before] == 0) & (whole.time[first] - whole.time[before] <= ONSET)
    return np.where(rested & (resistance > 0), resistance, np.nan)


def inflection(curves: Curves, half: int) -> tuple[float, float] | None:
    """Boundary [V] that a half cycle itself suggests, and its charge [Ah] below it; None where |dQ/dU| has no minimum there.

    Parameters
    ----------
    curves : Curves
    half : int
        [1] position of the half cycle.
    """
    one = curves.one(half)
    charge = float(one.charge[0])
    running = one.gained - one.base[0]
    envelope = np.maximum.accumulate(one.voltage * one.direction[0]) * one.direction[0]
    if running.size < ORDER + 2 or not charge > 0 or not np.isfinite(envelope).all():
        return None
    grid = np.linspace(0.0, charge, GRID)
    voltage = np.interp(grid, running, envelope)
    steepness = np.abs(np.convolve(voltage, _slope_weights(), mode="same")) * ((GRID - 1) / charge)
    upwards = slice(None, None, -1) if one.direction[0] < 0 else slice(None)
    density = (1 / np.maximum(steepness, _STEEPEST))[upwards][WINDOW:-WINDOW]  # without the ends, which the window overlaps
    rising = voltage[upwards][WINDOW:-WINDOW]
    at = _valley(density[rising <= rising[np.argmax(density)] + REACH])
    if at is None:
        return None
    return float(rising[at]), float(grid[at + WINDOW])  # the grid counted from the end of low voltage


@lru_cache(maxsize=1)
def _slope_weights() -> Array:
    """Weights [1] of the derivative in the middle of the window, for steps of one."""
    return np.asarray(savgol_coeffs(WINDOW, ORDER, deriv=1))


def _valley(density: Array) -> int | None:
    """Position of the minimum between the highest peak and what rises again after it; None where nothing does."""
    peak = int(np.argmax(density))
    after = density[peak:]
    if after.size == 0:
        return None
    lowest = np.minimum.accumulate(after)
    rise = np.where(lowest <= OUTSIDE * after[0], (after - lowest) / lowest, 0.0)
    top = int(np.argmax(rise))
    return peak + int(np.argmin(after[: top + 1])) if rise[top] > PROMINENCE else None
