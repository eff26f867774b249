"""The straight line through the points of a plot, by least squares with equal errors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Fewest points [1] of a line with an error.
LEAST_POINTS = 3


@dataclass(frozen=True, slots=True)
class Straight:
    """Slope and level of a line, with their standard errors.

    Parameters
    ----------
    slope, slope_stderr : float
        In the [unit] of y for that of x.
    level, level_stderr : float
        In the [unit] of y.
    correlation : float
        r [1]; zero where all y are alike.
    """

    slope: float
    slope_stderr: float
    level: float
    level_stderr: float
    correlation: float


def straight(x: Array, y: Array) -> Straight:
    """The line through points that do not all stand at one x.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        In any [unit]; ``LEAST_POINTS`` or more.
    """
    centre, spread = x.mean(), float(((x - x.mean()) ** 2).sum())
    slope = float(((x - centre) * (y - y.mean())).sum()) / spread
    level = float(y.mean() - slope * centre)
    noise = float(((y - level - slope * x) ** 2).sum()) / (x.size - 2)
    vertical = float(((y - y.mean()) ** 2).sum())
    correlation = slope * math.sqrt(spread / vertical) if vertical > 0 else 0.0
    return Straight(slope, math.sqrt(noise / spread), level, math.sqrt(noise * (1 / x.size + centre**2 / spread)), correlation)
