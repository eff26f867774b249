"""Peaks of a voltammogram, and which peaks of several rates belong together.

A peak is a local maximum of the current in the direction of its sweep; it is found in each sweep anew, and its height and potential are
those of the vertex of a parabola through the rows around it. Peaks of several rates belong together when their potentials move least.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.optimize import linear_sum_assignment
from scipy.signal import find_peaks

from dualion.numerics.voltammetry.scans import LEAST_ROWS, Array, Sweep

#: Half-widths [V] of the moving mean in which a peak is sought, and of the parabola that places it.
SMOOTHED, PARABOLA = 5e-3, 10e-3
#: Height of a peak above its surroundings, relative to the largest current of the sweep, below which it is none.
PROMINENCE = 0.05
#: Height of a peak in standard deviations of the smoothed noise.
ABOVE_NOISE = 6.0
_PARABOLA_ROWS = 5


@dataclass(frozen=True, slots=True)
class Peak:
    """A peak of a sweep.

    Parameters
    ----------
    voltage : float
        [V]
    current : float
        [A] in the direction of the sweep: positive in both.
    at_edge : bool
        Whether it is only the largest current of the sweep, and no maximum inside it.
    """

    voltage: float
    current: float
    at_edge: bool


def peaks(sweep: Sweep, *, trim: float = 0.010, window: tuple[float, float] | None = None) -> tuple[Peak, ...]:
    """Peaks of a sweep, the most prominent first.

    Parameters
    ----------
    sweep : Sweep
    trim : float
        [V] at each end in which no peak is sought: there the current still reverses.
    window : tuple of two floats or None
        [V] outside of which none is sought.

    Returns
    -------
    tuple of Peak
        Where the current has no maximum inside, its largest value there, marked ``at_edge``; empty where no current flows that way.
    """
    low, high = float(sweep.voltage.min()) + trim, float(sweep.voltage.max()) - trim
    if window is not None:
        low, high = max(low, window[0]), min(high, window[1])
    inside = (sweep.voltage >= low) & (sweep.voltage <= high)
    voltage, height = sweep.voltage[inside], sweep.sign * sweep.current[inside]
    if voltage.size < LEAST_ROWS:
        return ()
    rows = max(1, round(2 * SMOOTHED * voltage.size / (high - low)))
    smooth = uniform_filter1d(height, rows, mode="nearest")
    largest = float(smooth.max())
    if largest <= 0:
        return ()
    noise = float(np.std(height - smooth)) / math.sqrt(rows)
    places, found = find_peaks(smooth, prominence=max(PROMINENCE * largest, ABOVE_NOISE * noise))
    order = [int(place) for place in places[np.argsort(-found["prominences"], kind="stable")] if smooth[place] > 0]
    if not order:
        top = int(np.argmax(smooth))
        return (Peak(float(voltage[top]), largest, at_edge=True),)
    return tuple(_vertex(voltage, height, smooth, place) for place in order)


def _vertex(voltage: Array, height: Array, smooth: Array, top: int) -> Peak:
    """The peak at row ``top`` by a parabola through the rows around it."""
    offset = voltage - voltage[top]
    near = np.abs(offset) <= PARABOLA
    if np.count_nonzero(near) >= _PARABOLA_ROWS:
        scaled = offset[near] / PARABOLA
        bend, slope, level = np.polyfit(scaled, height[near], 2)
        if bend < 0 and abs(slope) <= -2 * bend:  # the vertex lies among the rows
            return Peak(float(voltage[top] - PARABOLA * slope / (2 * bend)), float(level - slope**2 / (4 * bend)), at_edge=False)
    return Peak(float(voltage[top]), float(smooth[top]), at_edge=False)


def tracked(found: Sequence[Sequence[Peak]], count: int) -> tuple[tuple[Peak | None, ...], ...]:
    """Peaks of several rates that belong together: those whose potentials move least from each rate to the next.

    Parameters
    ----------
    found : sequence of sequence of Peak
        Of each rate, from the slowest to the fastest, the most prominent first.
    count : int
        How many [1] are followed: the most prominent ones of the slowest rate that has any.

    Returns
    -------
    tuple of tuple of Peak or None, shape (at most count, rates)
        By rising potential; None where a rate lacks the peak.
    """
    first = next((place for place, some in enumerate(found) if some), None)
    if first is None:
        return ()
    last = sorted(found[first][:count], key=lambda peak: peak.voltage)
    tracks: list[list[Peak | None]] = [[None] * len(found) for _ in last]
    for place in range(first, len(found)):
        some = found[place]
        if not some:
            continue
        distance = np.array([[abs(one.voltage - before.voltage) for one in some] for before in last])
        for track, peak in zip(*linear_sum_assignment(distance), strict=True):
            tracks[track][place] = last[track] = some[peak]
    return tuple(tuple(track) for track in tracks)
