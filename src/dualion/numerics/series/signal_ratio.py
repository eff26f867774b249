"""Ratio of two signals of a depth profile in one frame of a series: its mean where the profile is level."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dualion.errors import InputError
from dualion.numerics.depth_profile.plateaus import LEAST_POINTS, level, plateau
from dualion.numerics.series.frame import FrameFit

Array = NDArray[np.float64]

QUANTITIES = ("sodium_ratio",)


def track(x: Array, y: Array, *, quantity: str = "sodium_ratio", seed: tuple[float, ...] = ()) -> FrameFit:
    """Mean of a ratio over the level stretch of its profile.

    Parameters
    ----------
    x : array, shape (n,)
        Time or depth, in any [unit].
    y : array, shape (n,)
        [1]
    quantity : str
        ``"sodium_ratio"``.
    seed : tuple of float
        Not used: the stretch of every profile is found by itself, in the [unit] of x.

    Returns
    -------
    FrameFit
        NaN where there are too few points.

    Raises
    ------
    InputError
        Another quantity.
    """
    if quantity not in QUANTITIES:
        raise InputError(f'"{quantity}" is not followed in depth profiles. Write {", ".join(QUANTITIES)}.')
    good = np.isfinite(x) & np.isfinite(y)
    across, first = np.unique(x[good], return_index=True)
    ratio = y[good][first]
    if across.size < LEAST_POINTS:
        return FrameFit(math.nan, math.nan)
    window = plateau(across, ratio)
    found = level(across, ratio, window.start, window.end)
    return FrameFit(math.nan, math.nan) if found is None else FrameFit(found.mean, found.stderr)
