"""Potentials of frames from an electrochemical record by their time stamps, with the offset between the two clocks.

    V_i = V_record(t_i + offset),        offset minimises sum_i [V_record(t_i + offset) - V_frame,i]^2

The offset can be fitted where the frames carry a potential of their own; its standard error follows from the curvature of the sum and the
scatter that is left. Frames outside the record have no potential. A frame that was collected over a time holds a span of potentials,
|dV/dt| times that time, which is its horizontal error.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from dualion.errors import CoverageError, FitError

Array = NDArray[np.float64]

#: Fewest frames with a potential for the fit of an offset.
FEWEST = 4
#: Offsets of the first scan and of each round of its refinement, their number, and the factor by which each narrows the range.
_SCAN, _AROUND, _ROUNDS, _NARROWER = 401, 21, 9, 0.15
#: Steps of the first scan that the first refinement reaches to each side.
_FIRST = 2.0
#: Share of the frames that must stay inside the record for an offset to be looked at.
_INSIDE = 0.5


@dataclass(frozen=True, slots=True)
class Offset:
    """What has to be added to the clock of the frames to give that of the record.

    Parameters
    ----------
    value, stderr : float
        [s]
    scatter : float
        [V] standard deviation of the potentials about the record.
    """

    value: float
    stderr: float
    scatter: float


def clock_offset(frame_time: Array, frame_potential: Array, time: Array, potential: Array, *, reach: float | None = None) -> Offset:
    """Fit the offset of the clock.

    Parameters
    ----------
    frame_time, frame_potential : array, shape (n,)
        [s] and [V]; a NaN potential is left out.
    time, potential : array, shape (m,)
        [s] and [V] of the record, in rising order of time.
    reach : float, optional
        [s] largest offset that is looked at; half the length of the record where absent.

    Returns
    -------
    Offset

    Raises
    ------
    CoverageError
        Fewer than four frames have a potential.
    FitError
        The potentials do not tell the offset: the record is flat, or too few frames lie inside it.
    """
    known = np.isfinite(frame_time) & np.isfinite(frame_potential)
    if int(known.sum()) < FEWEST:
        raise CoverageError("A clock offset, in frames with a potential of their own,", FEWEST, int(known.sum()))
    t, V = frame_time[known], frame_potential[known]
    width = reach if reach is not None else 0.5 * float(time[-1] - time[0])
    centre = 0.0
    for step in range(_ROUNDS):
        tried = centre + width * np.linspace(-1, 1, _AROUND if step else _SCAN)
        costs = np.array([_cost(t + offset, V, time, potential) for offset in tried])
        if not np.isfinite(costs).any():
            raise FitError("clock offset: too few frames lie inside the record at any offset. Give clock_offset [s].")
        centre = float(tried[int(np.nanargmin(costs))])
        width *= _NARROWER if step else 2.0 / _SCAN * _FIRST
    slope = np.interp(t + centre + _step(time), time, potential) - np.interp(t + centre - _step(time), time, potential)
    steepness = float((slope / (2 * _step(time))) @ (slope / (2 * _step(time))))
    if not steepness > 0:
        raise FitError("clock offset: the record is flat where the frames are, so that it tells no time. Give clock_offset [s].")
    scatter = sqrt(_cost(t + centre, V, time, potential) * t.size / max(t.size - 1, 1))
    return Offset(centre, scatter / sqrt(steepness), scatter)


def potentials_at(frame_time: Array, offset: float, time: Array, potential: Array) -> Array:
    """Potential [V] of every frame; NaN outside the record.

    Parameters
    ----------
    frame_time : array, shape (n,)
        [s]
    offset : float
        [s]
    time, potential : array, shape (m,)
        [s] and [V], in rising order of time.
    """
    at = frame_time + offset
    return np.where((at >= time[0]) & (at <= time[-1]), np.interp(at, time, potential), np.nan)


def spans(frame_time: Array, potential: Array, acquisition_time: float, scan_rate: float | None) -> Array:
    """Span of potentials [V] that every frame was averaged over.

    Parameters
    ----------
    frame_time, potential : array, shape (n,)
        [s] and [V]; not looked at where the rate is given.
    acquisition_time : float
        [s]
    scan_rate : float or None
        [V/s]; from the frames themselves where None.
    """
    if scan_rate is not None:
        return np.full(potential.size, abs(scan_rate) * acquisition_time)
    known = np.isfinite(frame_time) & np.isfinite(potential)
    found = np.zeros(potential.size)
    if int(known.sum()) >= 2 and np.all(np.diff(frame_time[known]) > 0):
        found[known] = np.abs(np.gradient(potential[known], frame_time[known])) * acquisition_time
    return found


def _cost(at: Array, V: Array, time: Array, potential: Array) -> float:
    """Mean squared difference [V^2] over the frames inside the record; NaN where they are too few."""
    inside = (at >= time[0]) & (at <= time[-1])
    if int(inside.sum()) < max(FEWEST, _INSIDE * at.size):
        return float("nan")
    return float(np.mean((np.interp(at[inside], time, potential) - V[inside]) ** 2))


def _step(time: Array) -> float:
    """Half-width [s] of a derivative of the record."""
    return float(np.median(np.diff(time)))
