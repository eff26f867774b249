"""The level part of a profile: behind the transient at the surface, before anything else changes.

A window is level where the slope of a straight line through it is within two standard errors of zero, or where the line changes by less
than ``TOLERANCE`` of the mean over it, which no profile resolves. The first level window of a quarter of the profile is taken, and made as
long as it stays level. Where no window is level, the second half is taken, and that is said.

Neighbouring points are alike where the detector is slow. With their correlation r, n points count as n (1 - r) / (1 + r) for the error of a
mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.numerics.lines import ols_line

Array = NDArray[np.float64]

#: Fewest points [1] of a window, and its least share [1] of the profile.
LEAST_POINTS, _LEAST_SHARE = 10, 0.25
#: Standard errors [1] within which a slope is zero, and the change [1] over a window, relative to its mean, that no profile resolves.
_ZERO, TOLERANCE = 2.0, 0.002
#: Places [1] at which a window may begin and end.
_STARTS, _ENDS = 60, 30
_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Window:
    """A range of a profile.

    Parameters
    ----------
    start, end : float
        In the [unit] of the abscissa.
    level : bool
        Whether the profile is level in it.
    """

    start: float
    end: float
    level: bool


@dataclass(frozen=True, slots=True)
class Level:
    """A profile in a window.

    Parameters
    ----------
    mean, stderr : float
        In the [unit] of the profile; the error of the mean from the scatter about it.
    variation : float
        [%] coefficient of variation along the depth.
    drift, drift_stderr : float
        [%] change of a straight line over the window, relative to the mean.
    n : int
        [1] points.
    """

    mean: float
    stderr: float
    variation: float
    drift: float
    drift_stderr: float
    n: int

    @property
    def is_level(self) -> bool:
        """Whether the drift is within two standard errors of zero, or below what a profile resolves."""
        return abs(self.drift) <= max(_ZERO * self.drift_stderr, _PERCENT * TOLERANCE)


def level(x: Array, y: Array, start: float, end: float) -> Level | None:
    """A profile in a window; None where too few points or a mean of zero leave nothing to say.

    Parameters
    ----------
    x : ndarray, shape (n,)
        In any [unit], rising.
    y : ndarray, shape (n,)
        In any [unit].
    start, end : float
        In the [unit] of x.
    """
    inside = (x >= start) & (x <= end)
    if int(inside.sum()) < LEAST_POINTS or not np.ptp(x[inside]) > 0:
        return None
    return _level(x[inside], y[inside])


def _level(x: Array, y: Array) -> Level | None:
    mean = float(y.mean())
    if mean == 0:
        return None
    line = ols_line(x, y)
    span = float(x[-1] - x[0])
    drift, error = (_PERCENT * one * span / abs(mean) for one in (line.slope, line.slope_stderr))
    spread = float(y.std(ddof=1))
    residuals = y - line.intercept - line.slope * x
    power = float(residuals @ residuals)
    r = float(residuals[1:] @ residuals[:-1]) / power if power > 0 else 0.0
    r = min(max(r, 0.0), 0.95)
    counted = max(y.size * (1 - r) / (1 + r), 2.0)
    return Level(mean, spread / math.sqrt(counted), _PERCENT * spread / abs(mean), drift, error, y.size)


def plateau(x: Array, y: Array) -> Window:
    """The first level part of a profile.

    Parameters
    ----------
    x : ndarray, shape (n,)
        In any [unit], rising; at least ``LEAST_POINTS`` points.
    y : ndarray, shape (n,)
        In any [unit].

    Returns
    -------
    Window
    """
    size = x.size
    length = max(LEAST_POINTS, math.ceil(_LEAST_SHARE * size))
    for start in np.unique(np.linspace(0, max(size - length, 0), _STARTS).astype(int)):
        if _is_level(x[start : start + length], y[start : start + length]):
            for end in np.unique(np.linspace(start + length, size, _ENDS).astype(int))[::-1]:
                if _is_level(x[start:end], y[start:end]):
                    return Window(float(x[start]), float(x[end - 1]), level=True)
    return Window(float(x[size // 2]), float(x[-1]), level=False)


def _is_level(x: Array, y: Array) -> bool:
    found = _level(x, y)
    return found is not None and found.is_level
