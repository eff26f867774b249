"""Blocks of cycles at one current, and the value of each.

    block    cycles in a row whose current differs from that of the cycle before by at most 2 %
    value    mean of the last k cycles in a row, the first cycle of the block left out, with (max - min) / mean < 2 %

The first cycle of a block still carries the rate before it, and is never part of the value. A block without k such cycles has none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Change of the current from cycle to cycle that begins a block [1], cycles of a value [1], and their largest spread [1].
SAME_CURRENT, STABLE_CYCLES, MOST_SPREAD = 0.02, 3, 0.02


@dataclass(frozen=True, slots=True)
class Block:
    """Cycles at one current.

    Parameters
    ----------
    first, last : int
        Positions [1] of its first and last cycle, both inclusive.
    current : float
        [A] median, above 0.
    value : tuple of two int, or None
        Positions [1] of the first and last cycle of its value, both inclusive; None where no cycles are stable.
    """

    first: int
    last: int
    current: float
    value: tuple[int, int] | None

    @property
    def cycles(self) -> int:
        """Number of its cycles."""
        return self.last - self.first + 1

    def of_value(self, values: Array) -> Array:
        """The values [of their unit] of the cycles of the block's value, shape (k,); empty where it has none."""
        return np.zeros(0) if self.value is None else values[self.value[0] : self.value[1] + 1]


def rate_blocks(
    current: Array, capacity: Array, *, k: int = STABLE_CYCLES, spread: float = MOST_SPREAD, same: float = SAME_CURRENT
) -> tuple[Block, ...]:
    """Blocks of cycles at one current.

    Parameters
    ----------
    current : array, shape (n,)
        [A] of each cycle, of either sign.
    capacity : array, shape (n,)
        In any [unit], above 0.
    k : int
        Cycles [1] of a value.
    spread : float
        [1] largest (max - min) / mean of them.
    same : float
        [1] largest change of the current within a block, from cycle to cycle.

    Returns
    -------
    tuple of Block

    Examples
    --------
    >>> found = rate_blocks(np.array([1.0, 1, 1, 1, 2, 2]), np.array([9.0, 8.0, 8.0, 8.1, 7.0, 6.9]))
    >>> [(block.first, block.last, block.value) for block in found]
    [(0, 3, (1, 3)), (4, 5, None)]
    """
    if current.size == 0:
        return ()
    size = np.abs(current)
    with np.errstate(divide="ignore", invalid="ignore"):
        changes = ~(np.abs(size[1:] / size[:-1] - 1) <= same)
    begins = np.concatenate([[0], np.flatnonzero(changes) + 1])
    ends = np.append(begins[1:], size.size) - 1
    return tuple(
        Block(int(first), int(last), float(np.median(size[first : last + 1])), _value(capacity, int(first), int(last), k, spread))
        for first, last in zip(begins, ends, strict=True)
    )


def _value(capacity: Array, first: int, last: int, k: int, spread: float) -> tuple[int, int] | None:
    """The last k stable cycles behind the first."""
    for end in range(last, first + k - 1, -1):
        window = capacity[end - k + 1 : end + 1]
        if np.ptp(window) < spread * window.mean():
            return end - k + 1, end
    return None
