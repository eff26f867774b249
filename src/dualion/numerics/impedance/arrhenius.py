"""Activation energy from resistances at several temperatures, in two conventions, with its pre-factor, covariance and curvature.

    inverse_r    ln(1/R) = ln A - E_a / (R_gas T)
    t_over_r     ln(T/R) = ln A - E_a / (R_gas T)

The second follows from an exchange current, R = R_gas T / (n F i_0), and from ln(sigma T); E_a is larger in it by R_gas times the mean
temperature. The line is a least-squares one with weights w, uniform or 1 / u^2(ln R). Three errors of its slope are known:

    scatter      s^2 (X^T W X)^-1,  s^2 = sum w r^2 / (n - 2)
    resistance   H diag(u^2(ln R)) H^T,  H the linear map from y to the parameters
    temperature  the covariance of refits with temperatures drawn from N(T_k, u(T))

The scatter of the points holds the errors of R and T already, as far as they are independent; so they are never all added. Where u(R) is
known, the standard error is the sum in quadrature of the last two, and the scatter is only its test: where chi^2 with n - 2 degrees of
freedom, of residuals over what u(R) and u(T) make of them, is beyond its 95 % point, the error is the scatter. Where u(R) is not known, it
is the larger of the scatter and of what u(T) makes. The 95 % interval is normal where the error is that of known errors, Student's with
n - 2 degrees of freedom where it is the scatter. A quadratic in 1 / T tests for curvature (t-test, n - 3 degrees of freedom).

References: arrhenius1889, jcgm2008 (uncertainty).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, stdtr, stdtrit

from dualion.errors import CoverageError, SpecError

Array = NDArray[np.float64]
Form = Literal["inverse_r", "t_over_r"]
FORMS: tuple[Form, ...] = ("inverse_r", "t_over_r")

GAS_CONSTANT = 8.31446261815324  # [J/(mol K)], exact
#: Fewest temperatures of a line with an error, and of a test for curvature.
FEWEST, FEWEST_CURVED = 3, 4
_BOTH_TAILS = 0.975
#: Probability up to which a chi^2 is explained by known errors.
_CHI_SQUARED = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line through ln k against 1 / T.

    Parameters
    ----------
    form : {"inverse_r", "t_over_r"}
    kelvin, ordinate, fitted : ndarray, shape (n,)
        [K], and ln(1/R) or ln(T/R) [1] with R in ohm.
    energy, log_prefactor : float
        [J/mol], and ln A [1] with A in 1/ohm or K/ohm.
    covariance : ndarray, shape (2, 2)
        Of energy [J/mol] and ln A [1].
    from_scatter : bool
        Whether the error is that of the scatter.
    scatter, of_resistance, of_temperature : float
        [J/mol] the three errors of the energy.
    quantile : float
        [1] standard errors from the energy to an end of its 95 % interval.
    correlation : float
        [1] of ln k and 1 / T.
    curvature : float or None
        [1] probability of as large a curvature by chance; None with fewer than 4 temperatures.
    without_one : tuple of float
        [J/mol] least and greatest energy when one point is left out.
    """

    form: Form
    kelvin: Array
    ordinate: Array
    fitted: Array
    energy: float
    log_prefactor: float
    covariance: Array
    from_scatter: bool
    scatter: float
    of_resistance: float
    of_temperature: float
    quantile: float
    correlation: float
    curvature: float | None
    without_one: tuple[float, float]

    @property
    def stderr(self) -> float:
        """[J/mol] of the energy."""
        return float(np.sqrt(self.covariance[0, 0]))


def line(
    kelvin: Array,
    resistance: Array,
    *,
    form: Form = "inverse_r",
    relative_error: Array | None = None,
    weighted: bool = False,
    temperature_stderr: float = 1.0,
    draws: int = 2000,
    seed: int = 0,
) -> Line:
    """Fit ln k against 1 / T.

    Parameters
    ----------
    kelvin : ndarray, shape (n,)
        [K]
    resistance : ndarray, shape (n,)
        [ohm]
    form : {"inverse_r", "t_over_r"}
    relative_error : ndarray, shape (n,), optional
        [1] standard error of ln R.
    weighted : bool
        Whether the weights are 1 / u^2(ln R), which must then be known.
    temperature_stderr : float
        [K] of each temperature.
    draws : int
        [1] of temperatures.
    seed : int
        [1] of the draws.

    Returns
    -------
    Line

    Raises
    ------
    CoverageError
        Fewer than 3 different temperatures.
    SpecError
        A number is not usable, or weights are asked for without errors.
    """
    kelvin, resistance = _checked(kelvin, resistance, relative_error, weighted)
    weights = np.ones(kelvin.size) if not weighted or relative_error is None else relative_error**-2.0
    y = _ordinate(kelvin, resistance, form)
    map_ = _linear_map(kelvin, weights)
    energy, log_prefactor = map_ @ y
    fitted = log_prefactor - energy / (GAS_CONSTANT * kelvin)
    scatter = _scatter(kelvin, y - fitted, weights)
    known_r = np.zeros((2, 2)) if relative_error is None else (map_ * relative_error**2) @ map_.T
    known_t = _temperature_covariance(kelvin, resistance, weights, form, temperature_stderr, draws, seed)
    covariance, freedom, from_scatter = known_r + known_t, np.inf, known_t[0, 0] <= scatter[0, 0]
    if relative_error is not None:
        spread = relative_error**2 + (temperature_stderr * _steepness(energy, kelvin, form)) ** 2
        from_scatter = not _explained(y - fitted, spread)
    if from_scatter:
        covariance, freedom = scatter, float(kelvin.size - 2)
    left = [float((_linear_map(kelvin[kept], weights[kept]) @ y[kept])[0]) for kept in _without_one(kelvin)]
    return Line(
        form, kelvin, y, fitted, float(energy), float(log_prefactor), covariance,
        from_scatter=bool(from_scatter), scatter=float(np.sqrt(scatter[0, 0])),
        of_resistance=float(np.sqrt(known_r[0, 0])), of_temperature=float(np.sqrt(known_t[0, 0])),
        quantile=float(stdtrit(freedom, _BOTH_TAILS)), correlation=float(np.corrcoef(1 / kelvin, y)[0, 1]) if np.ptp(y) > 0 else 0.0,
        curvature=_curvature(kelvin, y, weights) if np.unique(kelvin).size >= FEWEST_CURVED else None, without_one=(min(left), max(left)),
    )  # fmt: skip


def _checked(kelvin: Array, resistance: Array, relative_error: Array | None, weighted: bool) -> tuple[Array, Array]:
    kelvin, resistance = np.asarray(kelvin, dtype=float), np.asarray(resistance, dtype=float)
    distinct = int(np.unique(kelvin).size)
    if distinct < FEWEST:
        raise CoverageError("An activation energy, in different temperatures,", FEWEST, distinct)
    if not (np.isfinite(kelvin).all() and np.isfinite(resistance).all() and kelvin.min() > 0 and resistance.min() > 0):
        raise SpecError("temperature, resistance: one is not a positive number. Leave such points out.")
    if weighted and (relative_error is None or not (np.isfinite(relative_error).all() and np.min(relative_error) > 0)):
        raise SpecError('weights: "errors" needs a standard error of every resistance. Give resistance_stderr_ohm, or write "uniform".')
    return kelvin, resistance


def _steepness(energy: float, kelvin: Array, form: Form) -> Array:
    """Change of the ordinate, against the line, for each kelvin."""
    return np.asarray(energy / (GAS_CONSTANT * kelvin**2) - (1 / kelvin if form == "t_over_r" else 0.0))


def _explained(residuals: Array, variance: Array) -> bool:
    """Whether known variances explain the residuals of a line: chi^2 within its 95 % point."""
    with np.errstate(divide="ignore", invalid="ignore"):
        chi_squared = float(np.nansum(residuals**2 / variance))
    return chi_squared <= float(chdtri(residuals.size - 2, 1 - _CHI_SQUARED))


def _ordinate(kelvin: Array, resistance: Array, form: Form) -> Array:
    return np.asarray(np.log(kelvin / resistance) if form == "t_over_r" else -np.log(resistance))


def _design(kelvin: Array) -> Array:
    return np.stack([-1 / (GAS_CONSTANT * kelvin), np.ones(kelvin.size)], axis=1)


def _linear_map(kelvin: Array, weights: Array) -> Array:
    """From the ordinates to energy and ln A, shape (2, n); about the mean, so that nothing cancels."""
    share = weights / weights.sum()
    x = _design(kelvin)[:, 0]
    mean = share @ x
    slope = share * (x - mean) / (share @ (x - mean) ** 2)
    return np.stack([slope, share - mean * slope])


def _scatter(kelvin: Array, residuals: Array, weights: Array) -> Array:
    X = _design(kelvin)
    variance = float(weights @ residuals**2) / (kelvin.size - 2)
    scale = np.abs(X).max(axis=0)
    return np.asarray(variance * np.linalg.inv((X / scale).T @ ((X / scale) * weights[:, None])) / np.outer(scale, scale))


def _temperature_covariance(
    kelvin: Array, resistance: Array, weights: Array, form: Form, temperature_stderr: float, draws: int, seed: int
) -> Array:
    """Covariance of energy and ln A over drawn temperatures."""
    if not temperature_stderr > 0:
        return np.zeros((2, 2))
    drawn = kelvin + temperature_stderr * np.random.default_rng(seed).standard_normal((draws, kelvin.size))
    share = weights / weights.sum()
    x = -1 / (GAS_CONSTANT * drawn)
    y = np.log(drawn / resistance) if form == "t_over_r" else np.broadcast_to(-np.log(resistance), drawn.shape)
    from_mean = x - (x @ share)[:, None]
    slopes = ((from_mean * y) @ share) / (from_mean**2 @ share)
    return np.asarray(np.cov(np.stack([slopes, y @ share - slopes * (x @ share)])))


def _without_one(kelvin: Array) -> list[NDArray[np.bool_]]:
    """Masks that leave out one point each, where two different temperatures remain."""
    masks = [np.arange(kelvin.size) != place for place in range(kelvin.size)]
    return [mask for mask in masks if np.ptp(kelvin[mask]) > 0]


def _curvature(kelvin: Array, y: Array, weights: Array) -> float | None:
    """Probability of as large a quadratic term by chance."""
    x = 1 / kelvin
    x = (x - x.mean()) / np.ptp(x)
    root = np.sqrt(weights / weights.mean())
    X = np.stack([np.ones_like(x), x, x**2], axis=1) * root[:, None]
    freedom = kelvin.size - X.shape[1]
    if freedom < 1:
        return None
    found, *_ = np.linalg.lstsq(X, y * root, rcond=None)
    variance = float(np.sum((y * root - X @ found) ** 2)) / freedom
    error = float(np.sqrt(variance * np.linalg.inv(X.T @ X)[2, 2]))
    if error <= np.finfo(float).eps * np.ptp(y):
        return 1.0 if abs(found[2]) <= np.sqrt(np.finfo(float).eps) * np.ptp(y) else 0.0
    return float(2 * stdtr(freedom, -abs(found[2]) / error))
