"""Pulses, rests and interruptions of a titration, found from the sign of the current, and the straight lines drawn through them.

A run is a maximal series of rows with one sign of the current, rest being a sign of its own. A pulse is a run with current between two
rests; an interruption is a rest between two runs of the same sign. A run begins when the row before it was taken, unless that lies further
back than the rows of the run lie apart; where the instrument gives the time within the step, that is used instead.

    sqrt line     E = E_0 + k sqrt(t - t_0)         over a window of t - t_0, by ordinary least squares
    end of a rest E = E_end + E' (t - t_end)        over the last tenth of the rest, and the spread about that line

Residuals of a curve that is not quite straight follow each other. With their correlation r from row to row, n rows are worth
n (1 - r)/(1 + r) independent ones, and standard errors grow by sqrt((1 + r)/(1 - r)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.errors import InputError
from dualion.numerics.cycling.segments import no_current, signs

Array = NDArray[np.float64]
Places = NDArray[np.int64]

_SECONDS_PER_HOUR = 3600.0
#: Part of a rest that counts as its end, and the rows it holds at least.
END_OF_REST, LEAST_END_ROWS = 0.1, 3
#: Rows of a line, at least, that a slope with an error is drawn through.
LEAST_POINTS = 5
#: Correlation from row to row beyond which it is not believed: with finite rows it is not told from 1.
_MOST_CORRELATED = 0.99
#: Size [s], [V], [A] from which a number is no measurement; not a number is none either.
_LARGEST = 1e100
#: Share of a time [1] by which it may fall: sums of durations round.
_ROUNDING = 1e-12
#: How many times the errors are drawn for the error of a median.
DRAWS = 1000
#: 97.5 % quantile of the normal distribution.
_TWO_SIDED = 1.959964


@dataclass(frozen=True, slots=True)
class Record:
    """Rows of a titration whose numbers are all finite.

    Parameters
    ----------
    time, voltage, current : ndarray, shape (n,)
        [s], [V], [A]
    step_time : ndarray, shape (n,), or None
        [s] since the step began, where the instrument gives it.
    left_out : int
        Rows [1] with a number that is missing or not finite.
    """

    time: Array
    voltage: Array
    current: Array
    step_time: Array | None
    left_out: int


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of one sign of the current, in the order of the rows.

    Parameters
    ----------
    first, last : ndarray of int, shape (m,)
        Positions [1] of their first and last rows, both inclusive.
    sign : ndarray of int, shape (m,)
        [1] 1 where the current charges the cell, -1 where it discharges it, 0 at rest.
    begin : ndarray, shape (m,)
        [s] when the run began.
    duration : ndarray, shape (m,)
        [s] from there to its last row.
    charge : ndarray, shape (m,)
        [Ah] that flowed in it, positive on charge.
    """

    first: Places
    last: Places
    sign: Places
    begin: Array
    duration: Array
    charge: Array

    def pulses(self) -> Places:
        """Which runs are pulses with a rest before and after; shape (p,)."""
        return np.flatnonzero((self.sign[1:-1] != 0) & (self.sign[:-2] == 0) & (self.sign[2:] == 0)).astype(np.int64) + 1

    def interruptions(self) -> Places:
        """Which runs are rests between two runs of one sign; shape (p,)."""
        return np.flatnonzero((self.sign[1:-1] == 0) & (self.sign[:-2] != 0) & (self.sign[:-2] == self.sign[2:])).astype(np.int64) + 1


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line y = intercept + slope x.

    Parameters
    ----------
    slope, intercept : float
        In the units of y/x and of y.
    slope_stderr, intercept_stderr : float
        One standard error each, in the units of y/x and of y, grown by the correlation of the residuals.
    r2 : float
        [1] Share of the variance of y.
    points : int
        [1]
    """

    slope: float
    intercept: float
    slope_stderr: float
    intercept_stderr: float
    r2: float
    points: int


@dataclass(frozen=True, slots=True)
class RestEnd:
    """Where a rest ends.

    Parameters
    ----------
    voltage : float
        [V] of the line at the last row.
    spread : float
        [V] standard deviation about the line.
    drift : float or None
        [V/h] slope of the line; None where one row is all there is.
    """

    voltage: float
    spread: float
    drift: float | None


@dataclass(frozen=True, slots=True)
class Median:
    """A median of positive values with its error.

    Parameters
    ----------
    value, stderr : float
        In the unit of the values.
    interval : tuple of two floats
        95 %, in the unit of the values; wider upwards than downwards, because the errors are factors.
    n : int
        Values [1] behind it.
    """

    value: float
    stderr: float
    interval: tuple[float, float]
    n: int


def record(table: pl.DataFrame, *, file: str) -> Record:
    """The rows of a measurement that can be used.

    Parameters
    ----------
    table : polars.DataFrame
        With ``test_time_second``, ``voltage_volt`` and ``current_ampere``.
    file : str
        For messages.

    Returns
    -------
    Record

    Raises
    ------
    InputError
        Time runs backwards.
    """
    names = ["test_time_second", "voltage_volt", "current_ampere"] + ["step_time_second"] * ("step_time_second" in table.columns)
    columns = [table[name].to_numpy() for name in names]
    good = (np.abs(columns[0]) < _LARGEST) & (np.abs(columns[1]) < _LARGEST) & (np.abs(columns[2]) < _LARGEST)
    left_out = int(good.size - np.count_nonzero(good))
    if left_out:
        columns = [column[good] for column in columns]
    time = columns[0]
    back = np.flatnonzero(time[1:] < time[:-1] - _ROUNDING * (1 + np.abs(time[:-1])))
    if back.size:
        raise InputError(
            f"{file}: test_time_second falls from {time[back[0]]:g} s to {time[back[0] + 1]:g} s, and {back.size} times in all. "
            "Pulses need time that runs forwards: have the reader repair it first."
        )
    return Record(time, columns[1], columns[2], columns[3] if len(columns) > len(names[:3]) else None, left_out)


def runs(rows: Record) -> Runs:
    """Split a titration into runs of one sign of the current.

    Parameters
    ----------
    rows : Record

    Returns
    -------
    Runs
    """
    time, current = rows.time, rows.current
    if time.size == 0:
        none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
        return Runs(none, none, none, nothing, nothing, nothing)
    sign = signs(current, no_current(current))
    first = np.concatenate(([0], np.flatnonzero(sign[1:] != sign[:-1]) + 1))
    last = np.append(first[1:] - 1, time.size - 1)
    begin = _begin(rows, first, last)
    passed = np.concatenate(([0.0], np.cumsum(0.5 * (current[1:] + current[:-1]) * np.diff(time))))
    charge = (passed[last] - passed[first] + current[first] * (time[first] - begin)) / _SECONDS_PER_HOUR
    of = sign[first].astype(np.int64)
    return Runs(first, last, of, begin, time[last] - begin, np.where(of == 0, 0.0, charge))


def _begin(rows: Record, first: Places, last: Places) -> Array:
    """When each run began [s], shape (m,)."""
    time = rows.time
    begin = time[first].copy()
    if first.size < 2:
        return begin
    before, apart = time[last[:-1]], time[np.minimum(first[1:] + 1, last[1:])] - time[first[1:]]
    gap = begin[1:] - before
    alone = first[1:] == last[1:]
    begin[1:] = np.where((gap <= apart) | alone, before, begin[1:])
    if rows.step_time is not None:
        since = rows.step_time[first[1:]]
        counted = np.isfinite(since) & (since >= 0) & (since <= gap)
        begin[1:] = np.where(counted, time[first[1:]] - since, begin[1:])
    return begin


def line(x: Array, y: Array) -> Line | None:
    """A straight line by ordinary least squares, with errors that follow the correlation of the residuals.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        [1], or any units.

    Returns
    -------
    Line or None
        None below 5 points, or where x does not vary.
    """
    n = x.size
    if n < LEAST_POINTS:
        return None
    mean_x, mean_y = x.mean(), y.mean()
    dx, dy = x - mean_x, y - mean_y
    variance = float(dx @ dx)
    if variance <= 0:
        return None
    slope = float(dx @ dy) / variance
    residuals = dy - slope * dx
    squares, total = float(residuals @ residuals), float(dy @ dy)
    followed = float(residuals[1:] @ residuals[:-1]) / squares if squares > 0 else 0.0
    followed = min(max(followed, 0.0), _MOST_CORRELATED)
    sigma = np.sqrt(squares / (n - 2) * (1 + followed) / (1 - followed))
    return Line(
        slope,
        float(mean_y - slope * mean_x),
        float(sigma / np.sqrt(variance)),
        float(sigma * np.sqrt(1 / n + mean_x**2 / variance)),
        1 - squares / total if total > 0 else 0.0,
        int(n),
    )


def sqrt_line(rows: Record, found: Runs, at: int, window: tuple[float, float]) -> Line | None:
    """The line of the voltage against the square root of the time since a run began.

    Parameters
    ----------
    rows : Record
    found : Runs
    at : int
        [1] which run.
    window : tuple of two floats
        [s] since the run began, both ends inclusive.

    Returns
    -------
    Line or None
        Slope in V/s^0.5 and intercept in V; None below 5 points in the window.
    """
    first, stop, begin = int(found.first[at]), int(found.last[at]) + 1, found.begin[at]
    time = rows.time[first:stop]
    low, high = np.searchsorted(time, begin + window[0], side="left"), np.searchsorted(time, begin + window[1], side="right")
    chosen = slice(first + int(low), first + int(high))
    return line(np.sqrt(rows.time[chosen] - begin), rows.voltage[chosen])


def rest_end(rows: Record, found: Runs, at: int) -> RestEnd:
    """Where a rest ends, by the line through its last tenth.

    Parameters
    ----------
    rows : Record
    found : Runs
    at : int
        [1] which run.

    Returns
    -------
    RestEnd
    """
    first, last = int(found.first[at]), int(found.last[at])
    time, voltage = rows.time[first : last + 1], rows.voltage[first : last + 1]
    from_row = min(int(np.searchsorted(time, time[-1] - END_OF_REST * found.duration[at])), max(time.size - LEAST_END_ROWS, 0))
    t, v = time[from_row:] - time[-1], voltage[from_row:]
    centred = t - t.mean()
    variance = float(centred @ centred)
    if variance <= 0:
        return RestEnd(float(v[-1]), float(v.std()), None)
    slope = float(centred @ v) / variance
    at_end = float(v.mean() - slope * t.mean())
    squares = float(np.sum((v - at_end - slope * t) ** 2))
    spread = np.sqrt(squares / (t.size - 2)) if t.size >= LEAST_END_ROWS else 0.0
    return RestEnd(at_end, float(spread), slope * _SECONDS_PER_HOUR)


def median(values: Sequence[float], relative: Sequence[float], *, common: float, seed: int = 0) -> Median | None:
    """The median of positive values whose errors are factors, some of their own and one in common.

    The errors of the values are drawn a thousand times; the common one is added in quadrature. The spread between the values does not
    count: they belong to different states and need not agree.

    Parameters
    ----------
    values : sequence of float, length n
        [1] or any unit, positive.
    relative : sequence of float, length n
        [1] standard error of each, without the common part.
    common : float
        [1] standard error that all values share.
    seed : int
        [1] of the draws.

    Returns
    -------
    Median or None
        None without values.
    """
    if not values:
        return None
    logs, errors = np.log(np.asarray(values)), np.asarray(relative)
    drawn = logs + errors * np.random.default_rng(seed).standard_normal((DRAWS, logs.size))
    total = float(np.hypot(np.median(drawn, axis=1).std(), common))
    middle = float(np.exp(np.median(logs)))
    reach = float(np.exp(_TWO_SIDED * total))
    return Median(middle, middle * total, (middle / reach, middle * reach), logs.size)
