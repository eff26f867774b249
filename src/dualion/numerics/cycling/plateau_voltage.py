"""Plateau voltage: the mean over charge near the voltage at which most charge flows.

    U_p = int U dQ / int dQ over |U - U*| <= w,      U* where |dQ/dU| is largest

|dQ/dU| is the charge that flows while the voltage crosses an interval of 10 mV, divided by its width. Rows with less than half of the
largest current of their range do not count: while a voltage is held, dQ/dU has no bound, and says nothing of the electrode.
"""

from __future__ import annotations

import numpy as np

from dualion.numerics.cycling.half_cycles import HalfCycles
from dualion.numerics.cycling.segments import Array, Counts

#: [V] half of the window of the mean, and the interval over which dQ/dU is formed.
PLATEAU_HALF_WIDTH, PLATEAU_INTERVAL = 0.1, 0.01
#: Share of the largest current above which a row is none of a hold at constant voltage.
FULL_CURRENT = 0.5


def plateau_voltages(whole: HalfCycles, first_row: Counts, *, half_width: float = PLATEAU_HALF_WIDTH) -> Array:
    """Plateau voltage [V] of each range of rows; shape (h,), NaN where nothing flows.

    Parameters
    ----------
    whole : HalfCycles
    first_row : int array, shape (h,)
        [1] where the ranges begin, in ascending order; each goes to the next, within which no more than one half cycle lies.
    half_width : float
        [V] half of the window.
    """
    if first_row.size == 0:
        return np.zeros(0)
    starts = first_row.copy()
    starts[0] = 0  # what lies before carries nothing
    lengths = np.diff(starts, append=whole.time.size)
    size = np.abs(whole.current)
    flow = whole.flow * (size >= np.repeat(FULL_CURRENT * np.maximum.reduceat(size, starts), lengths))
    middle = whole.voltage.copy()
    middle[1:] += whole.voltage[:-1]
    middle *= 0.5
    middle[0] = whole.voltage[0]
    middle[first_row] = whole.voltage[first_row]
    if not np.isfinite(middle.sum()):
        bad = ~np.isfinite(middle)
        middle[bad] = 0.0
        flow[bad] = 0.0
    best = _largest(middle, flow, starts)
    flow *= np.abs(middle - np.repeat(best, lengths)) <= half_width
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.add.reduceat(middle * flow, starts) / np.add.reduceat(flow, starts))


def _largest(middle: Array, flow: Array, starts: Counts) -> Array:
    """Voltage [V] at the middle of the interval in which most charge flows, of each range; shape (h,)."""
    interval = middle * (1 / PLATEAU_INTERVAL)
    np.floor(interval, out=interval)
    turns = np.ones(interval.size, dtype=bool)
    np.not_equal(interval[1:], interval[:-1], out=turns[1:])
    turns[starts] = True
    begins = np.flatnonzero(turns)
    carried = np.add.reduceat(flow, begins)
    own = np.searchsorted(begins, starts)  # the first interval of each range
    most = np.maximum.reduceat(carried, own)
    at = np.flatnonzero(carried == np.repeat(most, np.diff(own, append=carried.size)))
    chosen = begins[at[np.searchsorted(at, own)]]
    return np.asarray((interval[chosen] + 0.5) * PLATEAU_INTERVAL)
