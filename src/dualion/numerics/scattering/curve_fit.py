"""Weighted least squares of a scattering model between bounds, for one curve or for many at once.

    chi^2 = sum_i [(I_i - I(Q_i)) / u_i]^2,      C = s^2 (J^T J)^-1,      J = dI/dp / u

Steps are those of Marquardt (1963), with the parameters kept between their bounds: one at a bound that would leave it is held for the
step. Several starts run side by side, and so do the samples of a bootstrap. The covariance is that of the parameters that lie between
their bounds; a parameter at a bound, or without influence on the curve, has no error.

The factor s^2 is chi^2 / (N - p) where the errors u were assumed, and the larger of it and 1 where they are stated (Birge 1932): an error
that the file states is never made smaller. Models are compared by N ln(chi^2 / N) + p ln N (Schwarz 1978), which needs no scale of the
errors.

References: Marquardt 1963; Birge 1932; Schwarz 1978.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.errors import CoverageError, FitError
from dualion.numerics.scattering.laws import Array
from dualion.numerics.scattering.models import Model

Mask = NDArray[np.bool_]

_MOST_STEPS = 200
_MOST_BOOTSTRAP_STEPS = 60
_DAMPING, _EASIER, _HARDER = 1e-3, 0.2, 6.0
_MOST_DAMPING = 1e12
#: Relative decrease of chi^2, and size of a step over that of a parameter, at which the search has ended.
_FLAT, _STILL = 1e-12, 1e-10
_SAMPLE_FLAT = 1e-8
_AT_BOUND = 1e-9  # distance from a bound, over the value
_SMALLEST_MISFIT = 1e-30  # chi^2 / N below which it is rounding
_FEWEST_FREE = 2  # [1] degrees of freedom


@dataclass(frozen=True, slots=True)
class CurveFit:
    """A fitted model.

    Parameters
    ----------
    model : Model
    q, intensity, error : ndarray, shape (m,)
        [nm-1]; intensity and its standard error in their [unit].
    values : ndarray, shape (p,)
        In the [unit] of each parameter.
    covariance : ndarray, shape (p, p)
        In the product of their [unit]; zero where a parameter is fixed, at a bound or without influence.
    varied : ndarray of bool, shape (p,)
        [1] which parameters have an error.
    at_bound : tuple of str
        Free parameters that lie at a bound.
    chi2 : float
        [1]
    scale : float
        s [1], by which the errors of the parameters are multiplied.
    """

    model: Model
    q: Array
    intensity: Array
    error: Array
    values: Array
    covariance: Array
    varied: Mask
    at_bound: tuple[str, ...]
    chi2: float
    scale: float

    @property
    def free(self) -> int:
        """Free parameters [1]."""
        return sum(not one.fixed for one in self.model.parameters)

    @property
    def freedom(self) -> int:
        """Degrees of freedom [1]."""
        return self.q.size - self.free

    @property
    def reduced(self) -> float:
        """chi^2 over the degrees of freedom [1]."""
        return self.chi2 / self.freedom

    @property
    def bic(self) -> float:
        """Bayesian information criterion [1], of an unknown scale of the errors."""
        n = self.q.size
        return n * math.log(max(self.chi2 / n, _SMALLEST_MISFIT)) + self.free * math.log(n)

    @property
    def fitted(self) -> Array:
        """The curve, shape (m,)."""
        return self.model.intensity(self.q, self.values)

    def value(self, name: str) -> float:
        """A parameter, in its [unit]."""
        return float(self.values[self.model.place(name)])

    def stderr(self, name: str) -> float | None:
        """Its standard error, in its [unit]; None where it has none."""
        at = self.model.place(name)
        return float(math.sqrt(self.covariance[at, at])) if self.varied[at] else None

    def correlation(self, first: str, second: str) -> float | None:
        """Correlation [1] of two parameters; None where one has no error."""
        i, j = self.model.place(first), self.model.place(second)
        both = float(self.covariance[i, i] * self.covariance[j, j])
        return float(self.covariance[i, j] / math.sqrt(both)) if both > 0 else None

    def of_product(self, first: str, second: str) -> tuple[float, float | None]:
        """The product of two parameters and its standard error from the full covariance, in the product of their [unit]."""
        i, j = self.model.place(first), self.model.place(second)
        product = float(self.values[i] * self.values[j])
        if not (self.varied[i] or self.varied[j]):
            return product, None
        gradient = np.zeros(self.values.size)
        gradient[i] += self.values[j]
        gradient[j] += self.values[i]
        return product, math.sqrt(max(float(gradient @ self.covariance @ gradient), 0.0))


def fit_curve(
    model: Model, q: Array, intensity: Array, error: Array, *, stated: bool = True, begin: Array | None = None, flat: float = _FLAT
) -> CurveFit:
    """Fit a model to a curve.

    Parameters
    ----------
    model : Model
    q, intensity, error : ndarray, shape (m,)
        [nm-1], positive; intensity and its standard error, positive, in their [unit].
    stated : bool
        Whether the errors are known, rather than assumed up to a common factor.
    begin : ndarray, shape (p,), optional
        One start, in the [unit] of each parameter, in place of those of the model.
    flat : float
        [1] relative decrease of chi^2 at which the search ends.

    Returns
    -------
    CurveFit

    Raises
    ------
    CoverageError
        Fewer points than parameters and two more.
    FitError
        No start gives a finite curve.
    """
    free = sum(not one.fixed for one in model.parameters)
    if np.unique(q).size < free + _FEWEST_FREE:
        raise CoverageError(f"The model {model.name}, in different Q within the window,", free + _FEWEST_FREE, int(np.unique(q).size))
    largest = float(np.max(np.abs(intensity)))
    starts = model.starts(q, intensity, error) if begin is None else model.inside(np.atleast_2d(begin), largest)
    data = np.broadcast_to(intensity, (starts.shape[0], q.size))
    values, chi2 = minimise(model, q, data, error, starts, flat=flat)
    if not np.isfinite(chi2).any():
        raise FitError(f"The model {model.name} gives no finite curve from any start. Narrow the window, or choose another model.")
    best = int(np.nanargmin(chi2))
    return _reported(model, q, intensity, error, values[best], float(chi2[best]), stated=stated)


def bootstrap(fit: CurveFit, samples: int, seed: int) -> Array:
    """Parameters of curves drawn from the fit with its errors, each fitted again.

    Parameters
    ----------
    fit : CurveFit
    samples : int
        [1]
    seed : int
        [1] of the draws.

    Returns
    -------
    ndarray, shape (samples, p)
        In the [unit] of each parameter.
    """
    rng = np.random.default_rng(seed)
    data = fit.fitted + fit.scale * fit.error * rng.standard_normal((samples, fit.q.size))
    starts = np.broadcast_to(fit.values, (samples, fit.values.size)).copy()
    return minimise(fit.model, fit.q, data, fit.error, starts, steps=_MOST_BOOTSTRAP_STEPS, flat=_SAMPLE_FLAT)[0]


def minimise(
    model: Model, q: Array, data: Array, error: Array, starts: Array, *, steps: int = _MOST_STEPS, flat: float = _FLAT
) -> tuple[Array, Array]:
    """Least squares of many curves, each from its start.

    Parameters
    ----------
    model : Model
    q, error : ndarray, shape (m,)
        [nm-1], and the standard error in the [unit] of the intensity.
    data : ndarray, shape (b, m)
        In the [unit] of the intensity.
    starts : ndarray, shape (b, p)
        In the [unit] of each parameter.
    steps : int
        [1] most steps.
    flat : float
        [1] relative decrease of chi^2 at which a curve is done.

    Returns
    -------
    ndarray, shape (b, p), and ndarray, shape (b,)
        Values, and chi^2 [1].
    """
    free = np.array([not one.fixed for one in model.parameters])
    log = np.array([one.log for one in model.parameters])
    low, high = (np.array([getattr(one, end) for one in model.parameters], dtype=float) for end in ("low", "high"))
    values, damping = np.array(starts, dtype=float), np.full(starts.shape[0], _DAMPING)
    residuals, slopes = _residuals(model, q, data, error, values, log)
    chi2 = np.einsum("bm,bm->b", residuals, residuals)
    open_ = np.isfinite(chi2)
    for _ in range(steps):
        at = np.flatnonzero(open_)
        if not at.size:
            break
        tried = _step(values[at], residuals[at], slopes[at], damping[at], free=free, log=log, low=low, high=high)
        new, newer = _residuals(model, q, data[at], error, tried, log)
        cost = np.einsum("bm,bm->b", new, new)
        better = cost <= chi2[at]
        moved = np.abs(tried - values[at]).max(axis=1, initial=0.0) > _STILL * np.abs(values[at]).max(axis=1, initial=0.0)
        done = better & ((chi2[at] - cost <= flat * chi2[at]) | ~moved)
        taken = at[better]
        values[taken], residuals[taken], slopes[taken], chi2[taken] = tried[better], new[better], newer[better], cost[better]
        damping[at] *= np.where(better, _EASIER, _HARDER)
        open_[at] &= ~done & (damping[at] < _MOST_DAMPING)
    return values, np.where(np.isfinite(chi2), chi2, np.inf)


def _residuals(model: Model, q: Array, data: Array, error: Array, values: Array, log: Mask) -> tuple[Array, Array]:
    """Residuals, shape (b, m), and their derivatives in the coordinates of the search, shape (b, m, p)."""
    with np.errstate(all="ignore"):
        intensity, slopes = model.evaluate(q, values)
        slopes = np.where(log, slopes * values[:, None, :], slopes) / error[:, None]
    residuals = (intensity - data) / error
    residuals = np.where(np.isfinite(residuals), residuals, np.inf)
    return residuals, np.nan_to_num(slopes, nan=0.0, posinf=0.0, neginf=0.0)


def _step(values: Array, residuals: Array, slopes: Array, damping: Array, *, free: Mask, log: Mask, low: Array, high: Array) -> Array:
    """Values after one damped step, within the bounds."""
    gradient = np.einsum("bmp,bm->bp", slopes, residuals)
    held = ~free | ((values <= low) & (gradient > 0)) | ((values >= high) & (gradient < 0))
    curvature = np.matmul(slopes.transpose(0, 2, 1), slopes)
    norms = np.sqrt(np.maximum(np.einsum("bpp->bp", curvature), 0.0))
    held |= norms == 0
    norms = np.where(held, 1.0, norms)
    loose = ~held
    scaled = curvature / (norms[:, :, None] * norms[:, None, :]) * (loose[:, :, None] & loose[:, None, :])
    eye = np.eye(values.shape[1])
    scaled = scaled + eye * (held[:, :, None] + damping[:, None, None])
    step = -np.linalg.solve(scaled, (np.where(held, 0.0, gradient) / norms)[..., None])[..., 0] / norms
    with np.errstate(over="ignore"):
        moved = np.where(log, values * np.exp(np.clip(step, -2.0, 2.0)), values + step)
    stepped: Array = np.clip(np.where(held, values, moved), low, high)
    return stepped


def _reported(model: Model, q: Array, intensity: Array, error: Array, values: Array, chi2: float, *, stated: bool) -> CurveFit:
    """The fit with its covariance."""
    parameters = model.parameters
    free = np.array([not one.fixed for one in parameters])
    bound = np.array([_touches(one.low, value) or _touches(one.high, value) for one, value in zip(parameters, values, strict=True)])
    _, slopes = model.evaluate(q, values)
    slopes = slopes / error[:, None]
    norms = np.linalg.norm(slopes, axis=0)
    varied = free & ~bound & (norms > 0) & np.isfinite(norms)
    covariance = np.zeros((values.size, values.size))
    reduced = chi2 / max(q.size - int(free.sum()), 1)
    scale = math.sqrt(max(float(reduced), 1.0) if stated else float(reduced))
    inverse, sound = _inverse(slopes[:, varied] / norms[varied])
    if sound:
        covariance[np.ix_(varied, varied)] = scale**2 * inverse / np.outer(norms[varied], norms[varied])
    else:
        varied = np.zeros_like(varied)
    names = tuple(one.name for one, is_free, is_bound in zip(parameters, free, bound, strict=True) if is_free and is_bound)
    return CurveFit(model, q, intensity, error, values, covariance, varied, names, chi2, scale)


def _touches(bound: float, value: float) -> bool:
    return math.isfinite(bound) and abs(value - bound) <= _AT_BOUND * max(abs(value), abs(bound))


def _inverse(scaled: Array) -> tuple[Array, bool]:
    """Inverse of the normal matrix of scaled derivatives, and whether it has one."""
    normal = scaled.T @ scaled
    if not normal.size:
        return normal, True
    spectrum, vectors = np.linalg.eigh(normal)
    if spectrum[0] <= np.finfo(float).eps * spectrum[-1]:
        return normal, False
    return (vectors / spectrum) @ vectors.T, True
