"""Least squares from many starts, with what a reader must know of the result: errors, correlations, bounds, identifiability.

    minimise sum_k r_k(p)^2,   r_k = (model_k(p) - datum_k) / sigma_k

Starts are scrambled Sobol points of the box, each first relaxed on a cheap limit of the model; the best distinct ends are refined on
the full one. With J the Jacobian of r at the minimum, in coordinates of the unit box between the bounds, the covariance is

    C = (J^T J + 12 I)^-1

The bounds count as what is known beforehand: a flat prior over a unit interval has the variance 1/12. So errors also exist where the
data alone leave a direction open, and never exceed the box. The sigma_k are taken as given, not rescaled by the residuals.

A parameter counts as identified when it is off its bounds and the data have narrowed it to less than half of what the bounds alone say.

Reference: Levenberg 1944, Marquardt 1963; trust region as in scipy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.stats import qmc

from dualion.errors import CoverageError, DualionError, FitError

Array = NDArray[np.float64]
Residual = Callable[[Array], Array]

#: Central difference step, relative to the scale of a parameter: capacities at a cut-off are event times and are noisy below it with an
#: adaptive solver. The fast engine is smooth to 1e-6, yet steps of 1e-3 to 1e-4 lower its minima by less than 0.001 in the sum of squares.
DIFFERENCE_STEP = 3e-3
#: How many times the least cost an end of the screening may have and still be refined.
FAR = 10.0
#: Steps of one least-squares descent.
MOST_STEPS = 100
#: Decimals to which costs are compared: ends of one minimum differ below them, by the order of summation.
COST_DECIMALS = 3
#: Inverse variance of a flat prior over the unit interval.
PRIOR = 12.0
#: Share of the prior's standard error below which a parameter counts as identified.
NARROWED = 0.5
#: Correlation beyond which a pair is named.
STRONG_CORRELATION = 0.95
#: Two ends are the same when every parameter agrees within this share of its range.
SAME_END = 0.02


@dataclass(frozen=True, slots=True)
class FreeParameter:
    """A parameter to fit: its name, unit, bounds, and whether it acts by differences or by factors.

    Parameters
    ----------
    name, unit : str
    low, high : float
        Bounds, in ``unit``.
    scale : {"linear", "log"}
        ``"log"`` for a parameter that is known to an order of magnitude; ``low`` is then positive.
    """

    name: str
    unit: str
    low: float
    high: float
    scale: Literal["linear", "log"] = "linear"

    def inside(self, value: float) -> float:
        """Coordinate [1] of a value, in its ``unit``, in the interval from 0 to 1 between the bounds."""
        low, high, value = self._transformed(self.low), self._transformed(self.high), self._transformed(value)
        return (value - low) / (high - low)

    def value(self, coordinate: float) -> float:
        """Value, in its ``unit``, at a coordinate [1] of the interval from 0 to 1 between the bounds."""
        low, high = self._transformed(self.low), self._transformed(self.high)
        at = low + coordinate * (high - low)
        return float(np.exp(at)) if self.scale == "log" else float(at)

    def slope(self, coordinate: float) -> float:
        """Derivative of the value, in its ``unit``, with respect to the coordinate [1]."""
        width = self._transformed(self.high) - self._transformed(self.low)
        return self.value(coordinate) * width if self.scale == "log" else width

    def _transformed(self, value: float) -> float:
        return float(np.log(value)) if self.scale == "log" else value


@dataclass(frozen=True, slots=True)
class Start:
    """One start: where it began, where it ended, its cost there, and how it ended."""

    begin: tuple[float, ...]
    end: tuple[float, ...]
    cost: float
    status: str


@dataclass(frozen=True, slots=True)
class Fit:
    """The outcome of a fit.

    Parameters
    ----------
    parameters : tuple of FreeParameter, length p
    values : tuple of float, length p
        In the units of the parameters.
    stderr : tuple of float, length p
        In the units of the parameters; the bounds count as prior knowledge.
    covariance, correlation : tuple of tuple of float, shape (p, p)
        Of the values: in the units of the parameters, and [1].
    residuals : tuple of float, length n
        In units of sigma.
    singular_values : tuple of float
        [1] of the Jacobian in coordinates of the unit box.
    at_bound, identified : tuple of bool, length p
    starts : tuple of Start
        Every start on the cheap limit, then every refinement.
    evaluations : int
        Evaluations of the full model.
    """

    parameters: tuple[FreeParameter, ...]
    values: tuple[float, ...]
    stderr: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    correlation: tuple[tuple[float, ...], ...]
    residuals: tuple[float, ...]
    singular_values: tuple[float, ...]
    at_bound: tuple[bool, ...]
    identified: tuple[bool, ...]
    starts: tuple[Start, ...]
    evaluations: int

    @property
    def degrees_of_freedom(self) -> int:
        """Data minus parameters."""
        return len(self.residuals) - len(self.values)

    @property
    def cost(self) -> float:
        """Sum of the squared residuals [1], in units of sigma."""
        return float(sum(r * r for r in self.residuals))

    @property
    def error_scale(self) -> float | None:
        """Factor [1] by which the errors of the data must be multiplied for the residuals to be as large as they are; None without
        degrees of freedom.
        """
        return None if self.degrees_of_freedom <= 0 else float(np.sqrt(self.cost / self.degrees_of_freedom))

    @property
    def aicc(self) -> float | None:
        """Akaike's criterion [1] with its correction for few data, chi^2 + 2 p + 2 p (p + 1) / (n - p - 1); None where n < p + 2."""
        n, p = len(self.residuals), len(self.values)
        return None if n < p + 2 else self.cost + 2 * p + 2 * p * (p + 1) / (n - p - 1)

    def strong_correlations(self) -> tuple[tuple[str, str, float], ...]:
        """Pairs of parameters whose correlation exceeds 0.95 in size."""
        pairs = combinations(enumerate(self.parameters), 2)
        found = ((first.name, other.name, self.correlation[i][j]) for (i, first), (j, other) in pairs)
        return tuple((one, two, r) for one, two, r in found if abs(r) > STRONG_CORRELATION)


def fit(
    residual: Residual,
    parameters: Sequence[FreeParameter],
    *,
    cheap: Residual | None = None,
    begin: Sequence[Sequence[float]] = (),
    starts: int = 16,
    refine: int = 2,
    seed: int = 0,
) -> Fit:
    """Fit from many starts.

    Parameters
    ----------
    residual : callable
        Values of the parameters, shape (p,), to residuals in units of sigma, shape (n,). May raise a ``DualionError`` at a point.
    parameters : sequence of FreeParameter, length p
    cheap : callable, optional
        A cheap limit of ``residual`` of the same shape on which the starts are relaxed; the full one where absent.
    begin : sequence of sequence of float
        Further starts, in the units of the parameters, refined before all others.
    starts : int
        [1] scrambled starts, a power of two.
    refine : int
        [1] distinct ends to refine on the full model.
    seed : int
        [1] of the scrambling.

    Returns
    -------
    Fit

    Raises
    ------
    CoverageError
        Fewer data than parameters.
    FitError
        No start reached a minimum.
    """
    parameters = tuple(parameters)
    kept: list[Start] = []
    screened = _screen(cheap or residual, parameters, starts, seed) if starts else []
    candidates = [_coordinates(parameters, values) for values in begin]
    ranked = sorted(screened, key=lambda start: round(start.cost, COST_DECIMALS))  # equal costs stay in the order of the starts
    near = [start for start in ranked if start.cost <= FAR * (ranked[0].cost + len(parameters))]
    candidates += _distinct([_coordinates(parameters, start.end) for start in near], refine)
    count = _Counter(residual)
    best: tuple[float, Array, Array] | None = None
    for candidate in candidates:
        outcome = _relax(count, parameters, candidate)
        kept.append(outcome[0])
        if (
            outcome[0].status == "minimum"
            and outcome[1] is not None
            and (best is None or round(outcome[0].cost - best[0], COST_DECIMALS) < 0)
        ):
            best = (outcome[0].cost, outcome[1], outcome[2])
    if best is None:
        raise FitError("No start reached a minimum: " + "; ".join(start.status for start in (*screened, *kept)) + ".")
    return _report(parameters, best[1], best[2], count, (*screened, *kept))


class _Counter:
    """The residual with a count of its calls."""

    def __init__(self, residual: Residual) -> None:
        self.residual, self.calls = residual, 0

    def __call__(self, values: Array) -> Array:
        self.calls += 1
        return self.residual(values)


def _coordinates(parameters: Sequence[FreeParameter], values: Sequence[float]) -> Array:
    return np.array([p.inside(v) for p, v in zip(parameters, values, strict=True)])


def _values(parameters: Sequence[FreeParameter], coordinates: Array) -> Array:
    return np.array([p.value(c) for p, c in zip(parameters, coordinates, strict=True)])


def _screen(residual: Residual, parameters: tuple[FreeParameter, ...], starts: int, seed: int) -> list[Start]:
    points = qmc.Sobol(len(parameters), scramble=True, rng=np.random.default_rng(seed)).random(starts)
    return [_relax(residual, parameters, point)[0] for point in points]


def _distinct(ends: list[Array], most: int) -> list[Array]:
    chosen: list[Array] = []
    for end in ends:
        if all(np.max(np.abs(end - other)) > SAME_END for other in chosen):
            chosen.append(end)
        if len(chosen) == most:
            break
    return chosen


def _relax(residual: Residual, parameters: tuple[FreeParameter, ...], start: Array) -> tuple[Start, Array | None, Array]:
    """Trust-region least squares in the unit box from one start."""
    begin = tuple(_values(parameters, start))

    def scaled(coordinates: Array) -> Array:
        return residual(_values(parameters, coordinates))

    try:
        found = least_squares(
            scaled,
            np.clip(start, 1e-3, 1 - 1e-3),
            jac=lambda at: derivatives(scaled, at),
            bounds=(0.0, 1.0),
            x_scale=1.0,
            ftol=1e-6,
            xtol=1e-5,
            gtol=1e-8,
            max_nfev=MOST_STEPS,
        )
    except DualionError as error:
        return Start(begin, begin, float("inf"), str(error)), None, np.zeros(0)
    status = "minimum" if found.status > 0 else f"stopped after {MOST_STEPS} steps"
    if found.fun.size < len(parameters):
        raise CoverageError("A fit with as many parameters", len(parameters), int(found.fun.size))
    return Start(begin, tuple(_values(parameters, found.x)), float(2 * found.cost), status), found.x, found.fun


def derivatives(scaled: Residual, at: Array) -> Array:
    """Derivatives of residuals by central differences, one-sided at a bound.

    Parameters
    ----------
    scaled : callable
        Coordinates in the unit box, shape (p,), to residuals, shape (n,).
    at : ndarray, shape (p,)
        [1] where to differentiate.

    Returns
    -------
    ndarray, shape (n, p)
    """
    columns = []
    for k in range(at.size):
        up, down = at.copy(), at.copy()
        up[k], down[k] = min(at[k] + DIFFERENCE_STEP, 1.0), max(at[k] - DIFFERENCE_STEP, 0.0)
        columns.append((scaled(up) - scaled(down)) / (up[k] - down[k]))
    return np.stack(columns, axis=1)


def _report(parameters: tuple[FreeParameter, ...], at: Array, residuals: Array, count: _Counter, starts: tuple[Start, ...]) -> Fit:
    def scaled(coordinates: Array) -> Array:
        return count(_values(parameters, coordinates))

    jacobian = derivatives(scaled, at)
    inverse = np.linalg.inv(jacobian.T @ jacobian + PRIOR * np.eye(at.size))
    slopes = np.array([p.slope(c) for p, c in zip(parameters, at, strict=True)])
    spread = np.sqrt(np.diag(inverse))
    at_bound = tuple(bool(c < 1e-3 or c > 1 - 1e-3) for c in at)
    narrowed = spread < NARROWED / np.sqrt(PRIOR)
    return Fit(
        parameters,
        tuple(float(v) for v in _values(parameters, at)),
        tuple(float(s * k) for s, k in zip(spread, slopes, strict=True)),
        tuple(tuple(float(c) for c in row) for row in inverse * np.outer(slopes, slopes)),
        tuple(tuple(float(c) for c in row) for row in inverse / np.outer(spread, spread)),
        tuple(float(r) for r in residuals),
        tuple(float(s) for s in np.linalg.svd(jacobian, compute_uv=False)),
        at_bound,
        tuple(bool(n and not b) for n, b in zip(narrowed, at_bound, strict=True)),
        starts,
        count.calls,
    )


def propagated(gradient: Array, covariance: Sequence[Sequence[float]]) -> float:
    """Standard error of a prediction with gradient g [shape (p,)] over parameters of covariance C: sqrt(g C g)."""
    return float(np.sqrt(max(gradient @ np.asarray(covariance) @ gradient, 0.0)))
