"""The diffusion rate D/R^2 of one pulse, by least squares of the solution for a sphere on the whole pulse.

    E(t) - E_before = b + A h(t),      h = g(D t / R^2) / (3 D tau / R^2)

with g of ``sphere``, A the change of the voltage at rest by the pulse and b an offset for ohmic drop and kinetics. A enters as
an unknown with a datum of its own, the difference of the two rests and its error. b and A are linear, so only ln(D/R^2) is searched. Its
profile

    P(ln(D/R^2)) = min over b, A of  sum ((E - model)/s)^2 + ((A - dE_s)/u)^2

is taken over every rate that a pulse can tell, then finer about its minimum. s is the scatter of the residuals, grown by their
correlation from row to row. The 95 % interval holds every rate with P below its minimum plus 3.84; the rate is identified where the
interval ends on both sides, and its ends lie within a factor of ten.

Rows are averaged beforehand over equal parts of sqrt(t), in which the voltage is nearly straight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.numerics.titration.sphere import surface_response

Array = NDArray[np.float64]

#: Parts of sqrt(t) into which a pulse is averaged, at most, and the fewest that are fitted.
PARTS, LEAST_PARTS = 100, 8
#: D tau / R^2 between which a pulse is searched: at the lower end the front is 0.001 R deep, at the upper one the profile has long stood.
SEARCHED = (1e-6, 30.0)
#: Rise of the profile at the end of the 95 % interval: quantile of chi^2 with one degree of freedom.
RISE = 3.841
#: Ratio of the ends of the interval beyond which a rate is not identified.
WIDEST = 10.0

_COARSE, _FINE, _MOST_ZOOMS = 61, 41, 10
#: How often the scatter is taken anew, at most, and to which share [1] it settles.
_MOST_WEIGHTED, _SETTLED = 8, 0.02
#: Points of a profile that lie below its rise, at least, for its ends to be interpolated.
_LEAST_INSIDE = 9
_TWO_SIDED = 1.959964
_MOST_CORRELATED = 0.99
_DIFFERENCE = 1e-4  # [1] of ln(D/R^2)


@dataclass(frozen=True, slots=True)
class PulseFit:
    """What one pulse says of D/R^2.

    Parameters
    ----------
    rate : float
        [s-1] D/R^2 at the minimum of the profile.
    relative : float
        [1] standard error of ln(D/R^2): half the width of the interval over 1.96.
    interval : tuple of two floats, or None
        [s-1] 95 %; None where it does not end on both sides.
    offset, offset_stderr : float
        [V] ohmic and kinetic.
    change, change_stderr : float
        [V] of the voltage at rest, as fitted.
    scatter : float
        [V] root mean square of the residuals.
    r2 : float
        [1] share of the variance of the voltage.
    covariance : tuple of tuple of float, shape (3, 3)
        Of ln(D/R^2) [1], offset [V] and change [V].
    identified : bool
    """

    rate: float
    relative: float
    interval: tuple[float, float] | None
    offset: float
    offset_stderr: float
    change: float
    change_stderr: float
    scatter: float
    r2: float
    covariance: tuple[tuple[float, ...], ...]
    identified: bool


@dataclass(frozen=True, slots=True)
class _Problem:
    """The averaged rows of a pulse, the datum of its change, and the errors."""

    time: Array  # [s]
    rise: Array  # [V] above the rest before
    tau: float  # [s]
    change: float  # [V]
    change_error: float  # [V]
    error: float  # [V] of a row

    def shape(self, logs: Array) -> Array:
        """H [1] at rates exp(logs) [s-1], shape (m, n)."""
        rates = np.exp(logs)[:, None]
        return surface_response(rates * self.time) / (3 * rates * self.tau)

    def solved(self, logs: Array) -> tuple[Array, Array, Array]:
        """P [1], b [V] and A [V] at each rate; shape (m,)."""
        h = self.shape(logs)
        weight, datum = self.error**-2, self.change_error**-2
        mean_h, mean_rise = h.mean(axis=1), self.rise.mean()
        dh = h - mean_h[:, None]
        change = (weight * dh @ (self.rise - mean_rise) + datum * self.change) / (weight * (dh**2).sum(axis=1) + datum)
        offset = mean_rise - change * mean_h
        residuals = self.rise - offset[:, None] - change[:, None] * h
        return weight * (residuals**2).sum(axis=1) + datum * (change - self.change) ** 2, offset, change


def fit_pulse(time: Array, voltage: Array, *, duration: float, before: float, change: float, change_error: float) -> PulseFit | None:
    """Fit one pulse.

    Parameters
    ----------
    time, voltage : ndarray, shape (n,)
        [s] since the pulse began, without the first instants in which the double layer charges, and [V].
    duration : float
        [s] of the pulse.
    before : float
        [V] at rest before it.
    change, change_error : float
        [V] of the voltage at rest by the pulse, and its standard error.

    Returns
    -------
    PulseFit or None
        None with fewer than 8 distinct parts of the square root of time.
    """
    averaged = _averaged(time, voltage - before)
    if averaged is None or duration <= 0 or change == 0:
        return None
    at, rise = averaged
    coarse = np.log(np.geomspace(*SEARCHED, _COARSE) / duration)
    scatter, error = _scatter(_Problem(at, rise, duration, change, change_error, error=float(rise.std()) or 1.0), coarse)
    logs = coarse
    for _ in range(_MOST_WEIGHTED):
        problem = _Problem(at, rise, duration, change, change_error, error)
        logs, _ = _zoomed(problem, logs, coarse)
        scatter, following = _scatter(problem, logs)
        settled, error = abs(following / error - 1) < _SETTLED, following
        if settled:
            break
    problem = _Problem(at, rise, duration, change, change_error, error)
    logs, profile = _zoomed(problem, logs, coarse)
    return _reported(problem, logs, profile, int(np.argmin(profile)), scatter)


def _averaged(time: Array, rise: Array) -> tuple[Array, Array] | None:
    """Means over equal parts of sqrt(t): time [s] and rise [V]; None where there are too few parts."""
    if time.size < LEAST_PARTS or time[-1] <= time[0]:
        return None
    root = np.sqrt(time)
    part = np.minimum(((root - root[0]) / (root[-1] - root[0]) * PARTS).astype(np.int64), PARTS - 1)
    counts = np.bincount(part, minlength=PARTS)
    filled = counts > 0
    if np.count_nonzero(filled) < LEAST_PARTS:
        return None
    mean_root = np.bincount(part, root, PARTS)[filled] / counts[filled]
    return mean_root**2, np.bincount(part, rise, PARTS)[filled] / counts[filled]


def _scatter(problem: _Problem, logs: Array) -> tuple[float, float]:
    """Root mean square of the residuals at the best of some rates [V], and the error of a row that it stands for [V]."""
    profile, offset, change = problem.solved(logs)
    best = int(np.argmin(profile))
    residuals = problem.rise - offset[best] - change[best] * problem.shape(logs[[best]])[0]
    squares = float(residuals @ residuals)
    followed = float(residuals[1:] @ residuals[:-1]) / squares if squares > 0 else 0.0
    followed = min(max(followed, 0.0), _MOST_CORRELATED)
    sigma = math.sqrt(squares / (residuals.size - 2))
    resolution = float(np.spacing(np.abs(problem.rise).max())) + 1e-12  # [V] so that a perfect record has an error too
    return math.sqrt(squares / residuals.size), max(sigma * math.sqrt((1 + followed) / (1 - followed)), resolution)


def _zoomed(problem: _Problem, logs: Array, coarse: Array) -> tuple[Array, Array]:
    """The profile over some rates, or over all where these do not hold its rise, drawn finer about its minimum until that is resolved."""
    profile = problem.solved(logs)[0]
    if min(profile[0], profile[-1]) < profile.min() + 2 * RISE:
        logs, profile = coarse, problem.solved(coarse)[0]
    for _ in range(_MOST_ZOOMS):
        best = int(np.argmin(profile))
        inside = np.flatnonzero(profile <= profile[best] + 4 * RISE)
        low, high = max(int(inside[0]) - 1, 0), min(int(inside[-1]) + 1, logs.size - 1)
        if np.count_nonzero(profile <= profile[best] + RISE) >= _LEAST_INSIDE:
            break
        logs = np.linspace(logs[low], logs[high], _FINE)
        profile = problem.solved(logs)[0]
    return logs, profile


def _ends(logs: Array, profile: Array, best: int, bounds: tuple[float, float]) -> tuple[float, float] | None:
    """Ends of the 95 % interval of ln(D/R^2) by linear interpolation; None where one is not met."""
    limit = profile[best] + RISE
    above_left, above_right = np.flatnonzero(profile[:best] > limit), np.flatnonzero(profile[best:] > limit)
    if not above_left.size or not above_right.size:
        return None
    i, j = int(above_left[-1]), best + int(above_right[0])
    low = np.interp(limit, (profile[i + 1], profile[i]), (logs[i + 1], logs[i]))
    high = np.interp(limit, (profile[j - 1], profile[j]), (logs[j - 1], logs[j]))
    return (float(low), float(high)) if bounds[0] < low and high < bounds[1] else None


def _reported(problem: _Problem, logs: Array, profile: Array, best: int, scatter: float) -> PulseFit:
    """What the profile and its minimum say."""
    bounds = (math.log(SEARCHED[0] / problem.tau), math.log(SEARCHED[1] / problem.tau))
    ends = _ends(logs, profile, best, bounds)
    at = float(_vertex(logs, profile, best))
    _, offsets, changes = problem.solved(np.array([at]))
    offset, change = float(offsets[0]), float(changes[0])
    covariance = _covariance(problem, at, change)
    relative = math.sqrt(covariance[0][0]) if ends is None else (ends[1] - ends[0]) / 2 / _TWO_SIDED
    total = float(np.sum((problem.rise - problem.rise.mean()) ** 2))
    return PulseFit(
        rate=math.exp(at),
        relative=relative,
        interval=None if ends is None else (math.exp(ends[0]), math.exp(ends[1])),
        offset=offset,
        offset_stderr=math.sqrt(covariance[1][1]),
        change=change,
        change_stderr=math.sqrt(covariance[2][2]),
        scatter=scatter,
        r2=1 - scatter**2 * problem.rise.size / total if total > 0 else 0.0,
        covariance=covariance,
        identified=ends is not None and ends[1] - ends[0] < math.log(WIDEST),
    )


def _vertex(logs: Array, profile: Array, best: int) -> float:
    """Minimum of the parabola through the lowest point of the profile and its neighbours."""
    if not 0 < best < logs.size - 1:
        return float(logs[best])
    left, middle, right = profile[best - 1 : best + 2]
    curvature = left - 2 * middle + right
    shift = 0.5 * (left - right) / curvature if curvature > 0 else 0.0
    return float(logs[best] + shift * (logs[best + 1] - logs[best]))


def _covariance(problem: _Problem, at: float, change: float) -> tuple[tuple[float, ...], ...]:
    """Covariance of ln(D/R^2), offset and change by the Jacobian at the minimum; pseudo-inverse where a direction is open."""
    low, middle, high = problem.shape(np.array([at - _DIFFERENCE, at, at + _DIFFERENCE]))
    columns = np.column_stack((change * (high - low) / (2 * _DIFFERENCE), np.ones(middle.size), middle)) / problem.error
    jacobian = np.vstack((columns, (0.0, 0.0, 1 / problem.change_error)))
    inverse = np.linalg.pinv(jacobian.T @ jacobian, rcond=1e-15, hermitian=True)
    return tuple(tuple(float(value) for value in row) for row in inverse)
