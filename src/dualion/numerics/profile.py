"""Profile likelihoods: what the data say of one parameter when all others may follow it.

    P_k(v) = min over p with p_k = v of sum_j r_j(p)^2 - minimum

With Gaussian errors the 95 % interval of p_k holds every v with P_k(v) <= s^2 * 3.84, the 95 % quantile of chi^2 with one degree of
freedom; s is 1 where the errors of the data are taken as given, and sqrt(minimum / degrees of freedom) where the residuals themselves say
how large they are. Unlike a standard error it follows a curved valley, and says plainly where the data put no end: an interval that meets a
bound leaves its parameter unidentified, for the bound and not the data ends it. A profile that falls below the minimum of the
fit shows that the fit was in a local one, and says where it is lower.

Each profile is walked from the minimum outwards on both sides, every point refined from its neighbour; then gaps are halved until there are
as many points as asked for. A point at which the model fails is a failed point with its message, and ends the walk on its side.

Reference: Raue et al., Bioinformatics 25 (2009) 1923.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy.optimize import least_squares
from scipy.stats import chi2

from dualion.errors import DualionError
from dualion.numerics.fit import Array, Fit, FreeParameter, Residual, derivatives

#: Share of seeds in whose interval the truth lies.
LEVEL = 0.95
#: Points of a profile, at least.
LEAST_POINTS = 15
#: How far beyond the end of the interval a walk goes, in units of the rise that ends it.
_BEYOND = 1.5
#: First step of a walk as a share of the standard error, how much a step may grow, and the shortest and longest in the unit interval.
_FIRST_STEP, _GROWTH, _SHORTEST_STEP, _LONGEST_STEP = 0.7, 1.6, 2e-4, 0.15
#: Points of a walk on one side, at most.
_MOST_WALKED = 20
#: How far a profile must fall below the minimum of the fit to count as lower [1].
_LOWER = 0.01
_MOST_STEPS = 60
#: Points by which the end of an interval is approached, at most, and the share of the threshold to which it is met.
_MOST_SHARPENED, _NEAR_END = 8, 0.02


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a profile.

    The ``value`` held, the ``rise`` [1] of the sum of squares above the minimum, all parameters there, and how it ended. A failed point has
    an infinite rise, and the message of what failed as its status.
    """

    value: float
    rise: float
    values: tuple[float, ...]
    status: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What the data say of one parameter.

    Parameters
    ----------
    parameter : FreeParameter
    points : tuple of Point
        In the order of the values; failed ones included.
    low, high : float or None
        Ends of the interval, in the unit of the parameter; None where it meets the bound, or where the model fails, before it ends.
    threshold : float
        [1] rise at which the interval ends.
    verdict : {"identified", "unidentified"}
    """

    parameter: FreeParameter
    points: tuple[Point, ...]
    low: float | None
    high: float | None
    threshold: float
    verdict: Literal["identified", "unidentified"]

    @property
    def lower_end(self) -> tuple[float, ...] | None:
        """All parameters where the profile lies below the minimum of the fit, which was then a local one; None where it does not."""
        best = min(self.points, key=lambda point: point.rise)
        return best.values if best.rise < -_LOWER else None


def threshold(level: float = LEVEL, *, scale: float = 1.0) -> float:
    """Rise of the sum of squares [1] at which an interval ends.

    Parameters
    ----------
    level : float
        [1] share of cases in which the truth shall lie inside.
    scale : float
        [1] by which the errors of the data are multiplied.

    Returns
    -------
    float
    """
    return float(chi2.ppf(level, 1)) * scale**2


def constrained(residual: Residual, parameters: Sequence[FreeParameter], held: int, value: float, start: Sequence[float]) -> Point:
    """The best fit with one parameter held, from a start; its rise is the whole sum of squares.

    Parameters
    ----------
    residual : callable
        Values of the parameters, shape (p,), to residuals in units of sigma, shape (n,).
    parameters : sequence of FreeParameter, length p
    held : int
        [1] position of the parameter that is held.
    value : float
        In the unit of that parameter.
    start : sequence of float, length p
        In the units of the parameters.

    Returns
    -------
    Point
    """
    others = [k for k in range(len(parameters)) if k != held]

    def values(free: Array) -> Array:
        found = np.empty(len(parameters))
        found[held] = value
        for k, coordinate in zip(others, free, strict=True):
            found[k] = parameters[k].value(float(coordinate))
        return found

    def scaled(free: Array) -> Array:
        return residual(values(free))

    begin = np.clip([parameters[k].inside(start[k]) for k in others], 1e-3, 1 - 1e-3)
    try:
        if not others:
            return Point(value, float(np.sum(scaled(begin) ** 2)), (value,), "minimum")
        found = least_squares(
            scaled, begin, jac=lambda at: derivatives(scaled, at), bounds=(0.0, 1.0), ftol=1e-5, xtol=1e-5, gtol=1e-8, max_nfev=_MOST_STEPS
        )
    except DualionError as error:
        return Point(value, float("inf"), tuple(map(float, values(begin))), str(error))
    status = "minimum" if found.status > 0 else f"stopped after {_MOST_STEPS} steps"
    return Point(value, float(2 * found.cost), tuple(float(v) for v in values(found.x)), status)


def profile(residual: Residual, fit: Fit, held: int, *, level: float = LEVEL, points: int = LEAST_POINTS, scale: float = 1.0) -> Profile:
    """The profile of one parameter of a fit.

    Parameters
    ----------
    residual : callable
        That of the fit.
    fit : Fit
    held : int
        [1] position of the parameter.
    level : float
        [1] of the interval.
    points : int
        [1] at least; more where the walk to the ends of the interval takes more.
    scale : float
        [1] by which the errors of the data are multiplied.

    Returns
    -------
    Profile
    """
    walk = _Walk(residual, fit, held, threshold(level, scale=scale))
    for sign in (-1.0, 1.0):
        walk.outwards(sign)
        walk.sharpen(sign)
    walk.densify(points)
    ordered = [walk.found[at] for at in sorted(walk.found)]
    low, high = walk.end(-1.0), walk.end(1.0)
    verdict: Literal["identified", "unidentified"] = "unidentified" if low is None or high is None else "identified"
    return Profile(fit.parameters[held], tuple(ordered), low, high, walk.threshold, verdict)


class _Walk:
    """The points of one profile, by the coordinate of the parameter in the unit interval."""

    def __init__(self, residual: Residual, fit: Fit, held: int, threshold: float) -> None:
        self.residual, self.fit, self.held, self.threshold = residual, fit, held, threshold
        self.free = fit.parameters[held]
        self.minimum = fit.cost
        self.best = min(max(self.free.inside(fit.values[held]), 0.0), 1.0)
        self.found = {self.best: Point(fit.values[held], 0.0, fit.values, "minimum")}
        slope = self.free.slope(self.best)
        self.step = min(max(_FIRST_STEP * fit.stderr[held] / slope, _SHORTEST_STEP), _LONGEST_STEP)

    def at(self, coordinate: float, start: Point) -> Point:
        """The point at a coordinate, refined from another."""
        point = constrained(self.residual, self.fit.parameters, self.held, self.free.value(coordinate), start.values)
        point = Point(point.value, point.rise - self.minimum, point.values, point.status)
        self.found[coordinate] = point
        return point

    def outwards(self, sign: float) -> None:
        """Walk to one side until the interval has ended, the bound is met, or the model fails."""
        at, step, point = self.best, self.step, self.found[self.best]
        for _ in range(_MOST_WALKED):
            following = min(max(at + sign * step, 0.0), 1.0)
            if following == at:
                return
            before, point = point, self.at(following, point)
            at = following
            if not np.isfinite(point.rise) or point.rise > _BEYOND * self.threshold:
                return
            risen = point.rise - before.rise
            step = min(step * _GROWTH, _LONGEST_STEP) if risen < 0.25 * self.threshold else step
        if point.rise < self.threshold:
            self.at(0.0 if sign < 0 else 1.0, point)

    def sharpen(self, sign: float) -> None:
        """Come nearer to the end of the interval, by secants on the root of the rise and by halves."""
        for turn in range(_MOST_SHARPENED):
            pair = self.around_end(sign)
            if pair is None:
                return
            # a secant from one side creeps where the rise is steep, so that every other time the middle is taken
            point = self.at(self.crossing(*pair) if turn % 2 == 0 else 0.5 * sum(pair), self.found[pair[0]])
            if abs(point.rise - self.threshold) <= _NEAR_END * self.threshold:
                return

    def densify(self, points: int) -> None:
        """Halve the widest gaps between points that were found, until there are enough."""
        while len(self.found) < points:
            known = sorted(at for at, point in self.found.items() if np.isfinite(point.rise))
            gaps = [(right - left, left, right) for left, right in pairwise(known)]
            if not gaps or max(gaps)[0] < 1e-9:
                return
            _, left, right = max(gaps)
            self.at(0.5 * (left + right), self.found[left if abs(left - self.best) < abs(right - self.best) else right])

    def end(self, sign: float) -> float | None:
        """Value at which the interval ends on one side; None where it meets the bound or the model fails before."""
        pair = self.around_end(sign)
        return None if pair is None else self.free.value(self.crossing(*pair))

    def around_end(self, sign: float) -> tuple[float, float] | None:
        """Coordinates of the last point inside the interval and of the first one outside; None where there is no end."""
        side = sorted((at for at in self.found if sign * (at - self.best) >= 0.0), key=lambda at: sign * at)
        for inner, outer in pairwise(side):
            rise, next_rise = self.found[inner].rise, self.found[outer].rise
            if not np.isfinite(next_rise):
                return None
            if rise <= self.threshold < next_rise:
                return inner, outer
        return None

    def crossing(self, inner: float, outer: float) -> float:
        """Coordinate between two at which a rise that grows as a square passes the threshold."""
        first, last = (np.sqrt(max(self.found[at].rise, 0.0)) for at in (inner, outer))
        return float(inner + (np.sqrt(self.threshold) - first) / (last - first) * (outer - inner))
