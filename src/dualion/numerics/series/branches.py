"""Branches of a series along a potential or a charge: where it turns, what differs between them, and whether it comes back.

    hysteresis(V)    = y(rising, V) - y(falling, V)                  at equal potential, or at equal charge
    reversibility    = 1 - |y_end - y_0| / |y_max - y_0|             y_max the value furthest from the first

A series turns where it comes back by more than a twentieth of its range, so that noise of the potential is no branch.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Direction = Literal["falling", "rising"]

#: Share of the range by which a series comes back before it has turned.
TURNS = 0.05
#: Standard errors that the largest shift must exceed for a reversibility index.
SHIFTED = 2.0


@dataclass(frozen=True, slots=True)
class Branch:
    """Frames between two turns.

    Parameters
    ----------
    direction : {"falling", "rising"}
    first, last : int
        Places [1] of its frames; the frame at which the series turns belongs to both branches.
    """

    direction: Direction
    first: int
    last: int

    @property
    def frames(self) -> slice:
        """Its frames."""
        return slice(self.first, self.last + 1)


@dataclass(frozen=True, slots=True)
class Hysteresis:
    """Difference of two branches at equal places.

    Parameters
    ----------
    place : array, shape (m,)
        In the [unit] of the axis.
    difference, stderr : array, shape (m,)
        In the [unit] of the quantity.
    mean, mean_stderr : float
        In the same [unit].
    """

    place: Array
    difference: Array
    stderr: Array
    mean: float
    mean_stderr: float


def branches(axis: Array) -> tuple[Branch, ...]:
    """Branches of a series, in its order.

    Parameters
    ----------
    axis : array, shape (n,)
        Potential or charge of every frame, in any [unit]; finite.
    """
    if axis.size < 2 or np.ptp(axis) == 0:
        return ()
    least = TURNS * float(np.ptp(axis))
    turns, low, high, direction = [0], 0, 0, 0
    for place in range(1, axis.size):
        low = place if axis[place] < axis[low] else low
        high = place if axis[place] > axis[high] else high
        if direction <= 0 and axis[place] - axis[low] > least:
            if direction < 0:
                turns.append(low)
            direction, high = 1, place
        elif direction >= 0 and axis[high] - axis[place] > least:
            if direction > 0:
                turns.append(high)
            direction, low = -1, place
    turns.append(axis.size - 1)
    return tuple(
        Branch("rising" if axis[last] > axis[first] else "falling", first, last) for first, last in pairwise(turns) if last > first
    )


def hysteresis(axis: Array, value: Array, stderr: Array, falling: Branch, rising: Branch) -> Hysteresis | None:
    """Value on the rising branch minus that on the falling one, at the places of the rising one; None where they do not overlap.

    Parameters
    ----------
    axis : array, shape (n,)
        In its [unit].
    value, stderr : array, shape (n,)
        In the [unit] of the quantity.
    falling, rising : Branch
    """
    x, y, u = (one[falling.frames] for one in (axis, value, stderr))
    order = np.argsort(x, kind="stable")
    x, y, u = x[order], y[order], u[order]
    here, up, error = (one[rising.frames] for one in (axis, value, stderr))
    place = np.arange(rising.first, rising.last + 1)
    on_both = (place >= falling.first) & (place <= falling.last)  # the frame of the turn
    inside = (here >= x[0]) & (here <= x[-1]) & ~on_both
    if not inside.any():
        return None
    here, up, error = here[inside], up[inside], error[inside]
    after = np.clip(np.searchsorted(x, here), 1, x.size - 1)
    width = x[after] - x[after - 1]
    share = np.where(width > 0, (here - x[after - 1]) / np.where(width > 0, width, 1.0), 0.5)
    across = (1 - share) * y[after - 1] + share * y[after]
    spread = np.sqrt(((1 - share) * u[after - 1]) ** 2 + (share * u[after]) ** 2 + error**2)
    difference = up - across
    return Hysteresis(here, difference, spread, float(difference.mean()), float(np.sqrt((spread**2).sum())) / here.size)


def reversibility(value: Array, stderr: Array) -> tuple[float, float] | None:
    """Index [1] and its standard error; None where no value differs from the first by more than twice their errors.

    Parameters
    ----------
    value, stderr : array, shape (n,)
        In the [unit] of the quantity, in the order of the series.
    """
    away = value - value[0]
    furthest = int(np.argmax(np.abs(away)))
    most, rest = abs(float(away[furthest])), abs(float(away[-1]))
    if most <= SHIFTED * hypot(float(stderr[furthest]), float(stderr[0])):
        return None
    ratio = rest / most
    ends = 0.0 if furthest == value.size - 1 else hypot(float(stderr[-1]), ratio * float(stderr[furthest]))
    same_side = 1.0 if float(away[-1]) * float(away[furthest]) >= 0 else -1.0
    return 1 - ratio, hypot(ends, (1 - same_side * ratio) * float(stderr[0])) / most
