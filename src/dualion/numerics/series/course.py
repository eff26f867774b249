"""The course of a quantity over a series: its branches with their change points, what comes back, and what differs between the branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray

from dualion.errors import CoverageError
from dualion.numerics.correlation.coefficients import FEWEST_FISHER, Pearson, pearson
from dualion.numerics.series.branches import Branch, Hysteresis, branches, hysteresis, reversibility
from dualion.numerics.series.change_points import ChangePoint, Piecewise, change_points
from dualion.numerics.series.tracking import Array, Tracked

Places = NDArray[np.intp]

#: Fewest states of a series.
FEWEST_STATES = 4
_NORMAL = 1.959964  # [1] half-width of a 95 % interval in standard errors
_HOUR = 3600.0  # [s]
_UNIFORM = sqrt(12.0)  # span over standard deviation of a uniform distribution


@dataclass(frozen=True, slots=True)
class Found:
    """One branch.

    Parameters
    ----------
    name : str
        ``"falling"``, ``"rising"``, with a number from the second on; ``"all"`` where the series is not split.
    frames : array of int, shape (m,)
        Places [1] of its frames in the series.
    x : array, shape (m,)
        Their places on the axis, in its [unit].
    lines : Piecewise or None
        None where there are too few places.
    sign : float
        [1] 1 where the branch runs towards larger x, else -1.
    """

    name: str
    frames: Places
    x: Array
    lines: Piecewise | None
    sign: float


@dataclass(frozen=True, slots=True)
class Course:
    """The course of a quantity over a series.

    Parameters
    ----------
    usable : array of int, shape (m,)
        Places [1] of the frames with a value and a place on the axis.
    found : tuple of Found
    hysteresis : Hysteresis or None
    reversibility : tuple of two floats, or None
        Index [1] and its standard error.
    one_electrode : bool
        Whether the frames are of one electrode.
    branch_of : tuple of str, shape (n,)
        Name of the branch of every frame; empty where it has none.
    """

    usable: Places
    found: tuple[Found, ...]
    hysteresis: Hysteresis | None
    reversibility: tuple[float, float] | None
    one_electrode: bool
    branch_of: tuple[str, ...]

    @property
    def too_few(self) -> bool:
        """Whether there are fewer states than a series needs."""
        return self.usable.size < FEWEST_STATES


def course(axis: Array, tracked: Tracked, *, span: Array, split: bool, most: int, one_electrode: bool, turns: bool) -> Course:
    """Branches, change points and what comes back.

    Parameters
    ----------
    axis : array, shape (n,)
        In its [unit]; NaN where a frame has no place.
    tracked : Tracked
    span : array, shape (n,)
        Horizontal extent of every frame, in the [unit] of the axis.
    split : bool
        Whether every branch stands for itself.
    most : int
        Most change points [1] of a branch.
    one_electrode : bool
        Whether the frames are of one electrode.
    turns : bool
        Whether the axis can turn; time and index do not.
    """
    usable = np.flatnonzero(np.isfinite(axis) & np.isfinite(tracked.value))
    x, y, u = axis[usable], tracked.value[usable], tracked.stderr[usable]
    branch_of = [""] * axis.size
    if usable.size < FEWEST_STATES:
        return Course(usable, (), None, None, one_electrode, tuple(branch_of))
    own = branches(x) if turns and one_electrode else ()
    parts = _parts(own, split=split, size=usable.size)
    found = []
    for name, frames, sign in parts:
        lines = _lines(x[frames], y[frames], u[frames], most)
        if lines is not None:
            lines = replace(lines, points=tuple(_widened(one, x[frames], span[usable][frames]) for one in lines.points))
        found.append(Found(name, usable[frames], x[frames], lines, sign if sign else np.sign(x[frames][-1] - x[frames][0]) or 1.0))
        for place in usable[frames]:
            branch_of[int(place)] = branch_of[int(place)] or name
    falling, rising = (next((one for one in own if one.direction == way), None) for way in ("falling", "rising"))
    apart = hysteresis(x, y, u, falling, rising) if falling and rising else None
    back = reversibility(y, u) if one_electrode else None
    return Course(usable, tuple(found), apart, back, one_electrode, tuple(branch_of))


def _parts(own: Sequence[Branch], *, split: bool, size: int) -> list[tuple[str, Places, float]]:
    """Name, frames and direction of every part of a series."""
    if not (split and own):
        return [("all", np.arange(size), 0.0)]
    counted: dict[str, int] = {}
    parts = []
    for one in own:
        counted[one.direction] = counted.get(one.direction, 0) + 1
        name = one.direction if counted[one.direction] == 1 else f"{one.direction}_{counted[one.direction]}"
        parts.append((name, np.arange(one.first, one.last + 1), 1.0 if one.direction == "rising" else -1.0))
    return parts


def _lines(x: Array, y: Array, u: Array, most: int) -> Piecewise | None:
    try:
        return change_points(x, y, u, most=most)
    except CoverageError:
        return None


def _widened(one: ChangePoint, x: Array, span: Array) -> ChangePoint:
    """A change point whose interval holds the span of the frame next to it."""
    extra = float(span[int(np.argmin(np.abs(x - one.place)))]) / _UNIFORM
    if extra == 0:
        return one
    low, high = one.interval
    ends = one.place - hypot(one.place - low, _NORMAL * extra), one.place + hypot(high - one.place, _NORMAL * extra)
    return replace(one, stderr=hypot(one.stderr, extra), interval=ends)


def charge_correlation(course: Course, tracked: Tracked, charge: Array, axis: Array) -> Pearson | None:
    """Correlation of |dy/dV| of the quantity with the differential capacity |dQ/dV|, between neighbouring frames of a branch.

    Parameters
    ----------
    course : Course
    tracked : Tracked
    charge : array, shape (n,)
        [Ah] that had passed at every frame.
    axis : array, shape (n,)
        [V]

    Returns
    -------
    Pearson or None
        None where there are fewer than four pairs of frames, or nothing varies.
    """
    slope, capacity = [], []
    for one in course.found:
        for first, second in pairwise(one.frames):
            width = float(axis[second] - axis[first])
            if width != 0:
                slope.append(abs(float(tracked.value[second] - tracked.value[first]) / width))
                capacity.append(abs(float(charge[second] - charge[first]) / width))
    if len(slope) < FEWEST_FISHER or np.ptp(slope) == 0 or np.ptp(capacity) == 0:
        return None
    return pearson(slope, capacity)


def passed_charge(time: Array, clock: Array, current: Array) -> Array:
    """Charge [Ah] that a record had passed at given times.

    Parameters
    ----------
    time : array, shape (n,)
        [s] by the clock of the record.
    clock, current : array, shape (m,)
        [s] and [A], in rising order of time.
    """
    passed = np.concatenate([[0.0], np.cumsum((current[1:] + current[:-1]) / 2 * np.diff(clock))]) / _HOUR
    return np.interp(time, clock, passed)
