"""What is wrong with the rows of a record: time that runs backwards, rows that are missing, charge that disagrees.

A row whose time is b > 0 before that of the row above it is one of three:

    stray      the next row goes on where the row above was, and this one does not fit between the two rows above it
    disorder   a later row jumps forwards by b/2 or more, or this row and the next fit between two rows above: another order than taken
    restart    nothing undoes the fall, and nothing above leaves room: the clock began anew

Each has another repair: a stray row takes the mean of its neighbours, disorder is sorted, and what stood before a restart is added.

Charge within a step by trapezoids, beside the step's own counter Q,

    dQ_integral = sum_k (I_k + I_k+1)/2 (t_k+1 - t_k) / 3600,      dQ_counter = Q_last - Q_first

both over the rows that were written, so that what the instrument counted before the first of them is in neither.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]

SECONDS_PER_HOUR = 3600.0

#: A forward jump of this share of the fall before it undoes the fall [1].
_UNDOES = 0.5
#: Where more than this share of the rows falls, the whole record stands in another order [1].
_MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class Reversals:
    """Rows at which time runs backwards.

    Parameters
    ----------
    rows : ndarray, shape (k,)
        Positions [1] of the rows that are earlier than the row above them.
    stray, restart : ndarray of bool, shape (k,)
        [1] which of them are single wrong rows, and which begin a new clock. The others are disorder.
    largest : float
        [s] the largest jump there: backwards negative, or forwards again behind a stray row.
    """

    rows: Places
    stray: Mask
    restart: Mask
    largest: float

    @property
    def disorder(self) -> Mask:
        """Which of the rows stand in another order than they were taken, shape (k,)."""
        return ~(self.stray | self.restart)


def reversals(time: Array) -> Reversals:
    """Find the rows at which time runs backwards, and what kind each is.

    Parameters
    ----------
    time : ndarray, shape (n,)
        [s], finite.

    Returns
    -------
    Reversals

    Examples
    --------
    >>> found = reversals(np.array([10.0, 20.0, 0.0, 20.5, 30.0]))
    >>> found.rows.tolist(), found.stray.tolist(), found.largest
    ([2], [True], 20.5)
    """
    steps = np.diff(time)
    rows = np.flatnonzero(steps < 0) + 1
    nothing = np.zeros(rows.size, dtype=bool)
    if rows.size == 0:
        return Reversals(rows, nothing, nothing, 0.0)
    falls = -steps[rows - 1]
    if rows.size > _MOSTLY * steps.size:
        return Reversals(rows, nothing, nothing, float(-falls.max()))
    padded = np.append(steps, 0.0)  # step k leads from row k to row k + 1; none leads on from the last row
    behind = padded[rows]
    highest = np.maximum.reduceat(padded, rows)
    fits = (rows > 1) & (time[rows] > time[np.maximum(rows - 2, 0)])
    stray = (rows < time.size - 1) & (behind >= falls) & ~fits
    restart = ~stray & (highest < _UNDOES * falls) & ~_fill_holes(time, rows)
    jumps = np.concatenate([-falls, behind[stray]])
    return Reversals(rows, stray, restart, float(jumps[np.argmax(np.abs(jumps))]))


def _fill_holes(time: Array, rows: Places) -> Mask:
    """Whether each row and the one below it lie in time between two neighbouring rows of the run above, shape (k,)."""
    span = float(np.ptp(time)) + 1.0
    run = np.zeros(time.size)
    run[rows] = span
    ascending = time + np.cumsum(run)  # one run above the other
    above = np.searchsorted(ascending, time[rows] + span * np.arange(rows.size))
    first = np.concatenate([[0], rows[:-1]])
    below = np.minimum(rows + 1, time.size - 1)
    inside: Mask = (above > first) & (above < rows) & (time[below] <= time[np.minimum(above, time.size - 1)])
    return inside


def mended(time: Array, found: Reversals) -> Array:
    """Time [s] with each stray row at the mean of its neighbours, shape (n,)."""
    fixed = time.copy()
    rows = found.rows[found.stray]
    fixed[rows] = 0.5 * (time[rows - 1] + time[rows + 1])
    return fixed


def unwrapped(time: Array, found: Reversals) -> Array:
    """Time [s] that goes on at each restart from the row above it, shape (n,)."""
    offset = np.zeros(time.size)
    rows = found.rows[found.restart]
    offset[rows] = time[rows - 1] - time[rows]
    return time + np.cumsum(offset)


def missing(index: Places) -> tuple[int, int]:
    """Rows that a counter of rows leaves out.

    Parameters
    ----------
    index : ndarray of int, shape (n,)
        [1] the counter; a fall begins a new count.

    Returns
    -------
    tuple of two int
        How many are missing [1], and the position of the first row behind a gap [1], -1 where nothing is missing.
    """
    steps = np.diff(index)
    behind = np.flatnonzero(steps > 1)
    if behind.size == 0:
        return 0, -1
    return int(np.sum(steps[behind] - 1)), int(behind[0]) + 1


def run_starts(values: Places) -> Places:
    """Positions [1] of the first row of every run of equal values, shape (k,)."""
    return np.concatenate([[0], np.flatnonzero(values[1:] != values[:-1]) + 1])


@dataclass(frozen=True, slots=True)
class StepCharges:
    """Charge of each step by two ways, both signed, shape (k,) each.

    Parameters
    ----------
    first : ndarray
        Position [1] of the first row of the step.
    counted, integrated : ndarray
        [Ah] by the step's counter, and by trapezoids over the same rows.
    """

    first: Places
    counted: Array
    integrated: Array

    def deviation(self) -> Array:
        """|integral - counter| of each step as a share of its counter [1]; 0 where neither moved, infinite where only one did."""
        size = np.abs(self.counted)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.abs(self.integrated - self.counted) / size
        return np.where(np.isnan(share), 0.0, share)


def step_charges(time: Array, current: Array, counter: Array, first: Places) -> StepCharges:
    """Charge of each step by its counter and by trapezoids.

    Parameters
    ----------
    time : ndarray, shape (n,)
        [s], finite.
    current : ndarray, shape (n,)
        [A], finite, positive where it charges the cell.
    counter : ndarray, shape (n,)
        [Ah] of the step, finite, signed as the current.
    first : ndarray of int, shape (k,)
        [1] first row of each step, increasing from 0.

    Returns
    -------
    StepCharges
    """
    last = np.append(first[1:], time.size) - 1
    pieces = np.empty(time.size)
    np.add(current[1:], current[:-1], out=pieces[:-1])
    pieces[:-1] *= np.diff(time)
    pieces[last] = 0.0  # what flows between two steps is in neither
    return StepCharges(first, counter[last] - counter[first], np.add.reduceat(pieces, first) * (0.5 / SECONDS_PER_HOUR))
