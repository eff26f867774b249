"""Spikes of cosmic rays in a spectrum: one or two points that stand far above the median of their neighbours.

A point is a spike where it exceeds the median of the seven points around it by more than a number of standard deviations of the noise
(1.4826 times the median size of second differences, over sqrt 6), and by more than three times what the other points around it differ from
that median but for the two that differ most: the top of a sharp band differs no more than its flanks. Its value becomes the median.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dualion.numerics.spectra.terms import Array

#: Points [1] of the running median.
WINDOW = 7
#: Standard deviation of a normal distribution over its median absolute deviation.
_ROBUST = 1.4826
#: Standard deviation of a second difference over that of one point.
_SECOND = math.sqrt(6)
#: How many times [1] a spike differs from the median of its neighbours as these do, and how many of them it may take along.
_SHARP, _TOGETHER = 3.0, 2


def despiked(y: Array, threshold: float) -> tuple[Array, NDArray[np.intp]]:
    """A spectrum without spikes.

    Parameters
    ----------
    y : ndarray, shape (n,)
        In any [unit].
    threshold : float
        [1] standard deviations of the noise above the running median from which a point is a spike.

    Returns
    -------
    tuple of ndarray, shapes (n,) and (m,)
        The spectrum, and the rows [1] that were replaced.
    """
    if y.size < WINDOW:
        return y, np.zeros(0, dtype=np.intp)
    half = WINDOW // 2
    padded = np.pad(y, half, mode="reflect")
    around = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)
    middle = np.median(around, axis=1)
    others = np.sort(np.abs(around - middle[:, None]), axis=1)[:, -1 - _TOGETHER]
    above = y - middle
    noise = _ROBUST * float(np.median(np.abs(np.diff(y, 2)))) / _SECOND
    rows = np.flatnonzero((above > threshold * noise) & (above > _SHARP * others)) if noise > 0 else np.zeros(0, dtype=np.intp)
    if not rows.size:
        return y, rows
    mended = y.copy()
    mended[rows] = middle[rows]
    return mended, rows
