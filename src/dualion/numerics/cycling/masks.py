"""Which cycles of a life test are none of its cycling: checks of the capacity, broken cycles, starts and ends.

    cycle n is diagnostic where, for its charge or its discharge,   Q_n < 0.5 M_n   or   Q_n > 1.5 M_n

M_n is the median of the 11 cycles around it, of as many as there are near the ends. The median follows fading and does not follow a check
every few cycles. A cycle without a charge or a discharge is diagnostic as well.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dualion.errors import InputError

Array = NDArray[np.float64]

#: Cycles of the rolling median, and the shares of it between which a cycle is an ordinary one.
MASK_WINDOW, MASK_LOW, MASK_HIGH = 11, 0.5, 1.5


def rolling_median(values: Array, window: int = MASK_WINDOW) -> Array:
    """Median of the values around each; shape (n,), in their unit. Near the ends of those that there are.

    Parameters
    ----------
    values : array, shape (n,)
        In any [unit]; NaN where there is none.
    window : int
        Odd number [1] of values.

    Raises
    ------
    InputError
        The window is even or not positive.
    """
    if window < 1 or window % 2 == 0:
        raise InputError(f"window: {window} cycles have no middle. Give an odd number.")
    if values.size == 0:
        return np.zeros(0)
    half = window // 2
    padded = np.concatenate([np.full(half, np.nan), values, np.full(half, np.nan)])
    around = np.sort(sliding_window_view(padded, window), axis=1)  # NaN goes last
    count = window - np.isnan(around).sum(axis=1)
    low, high = np.maximum(count - 1, 0) // 2, np.maximum(count, 1) // 2
    rows = np.arange(values.size)
    return np.asarray(0.5 * (around[rows, low] + around[rows, high]))


def diagnostic(*capacities: Array, window: int = MASK_WINDOW, low: float = MASK_LOW, high: float = MASK_HIGH) -> NDArray[np.bool_]:
    """Which cycles are diagnostic; shape (n,).

    Parameters
    ----------
    *capacities : array, shape (n,) each
        Of charge and of discharge of each cycle, in one [unit]; NaN or 0 where there is none.
    window : int
        Odd number [1] of cycles of the rolling median.
    low, high : float
        Shares [1] of it between which a cycle is an ordinary one.

    Raises
    ------
    InputError
        The window is even, or ``low`` is not below ``high``.
    """
    if not 0 <= low < high:
        raise InputError(f"mask: {low} is not below {high}. Give two shares of the rolling median, such as {MASK_LOW} and {MASK_HIGH}.")
    outside = np.zeros(capacities[0].size if capacities else 0, dtype=bool)
    for values in capacities:
        known = np.where(values > 0, values, np.nan)
        middle = rolling_median(known, window)
        outside |= ~((known >= low * middle) & (known <= high * middle))
    return outside
