"""Straight lines through points with errors in y, or in both coordinates.

y = a + b x

Ordinary least squares takes x as exact. Deming's line (Deming 1943; Adcock 1878) minimises

    S = sum_i W_i (y_i - a - b x_i)^2,        W_i = 1 / (u_y^2 + b^2 u_x^2 - 2 b r u_x u_y)

with errors that are independent (r = 0), and York's line with errors of each point that may be correlated. Both are solved by the unified
equations of York et al. 2004, whose standard errors are those of maximum likelihood:

    b = sum W beta V / sum W beta U,     U = x - x_mean,  V = y - y_mean,  beta = W [u_y^2 U + b u_x^2 V - (b U + V) r u_x u_y]
    u(b)^2 = 1 / sum W (xi - xi_mean)^2,  u(a)^2 = 1 / sum W + xi_mean^2 u(b)^2,  cov(a, b) = -xi_mean u(b)^2,  xi = x_mean + beta

Where only the ratio of the errors is known, they are scaled such that S = n - 2, and the intervals are those of Student's t at n - 2
degrees of freedom (``errors="residuals"``). Where the errors themselves are known, they are taken as they are, and the intervals are normal
(``errors="stated"``); S, which is chi squared then, says whether they fit the scatter.

References: Deming 1943; York et al. 2004.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dualion.errors import CoverageError, FitError, InputError
from dualion.numerics.student import interval

Array = NDArray[np.float64]
Errors = Literal["residuals", "stated"]

#: Fewest points of a line whose errors follow from its residuals, and of one whose errors are stated.
_LEAST: dict[Errors, int] = {"residuals": 3, "stated": 2}
#: Relative change of the slope at which the iteration has ended, and the steps after which it has failed.
_CLOSE, _MOST_STEPS = 1e-13, 1000
#: Relative change of the slope that is accepted where rounding keeps the iteration from ending.
_NEAR = 1e-9


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its errors.

    Parameters
    ----------
    slope, intercept : float
        In the [unit] of y for that of x, and in the [unit] of y.
    slope_stderr, intercept_stderr : float
        In the same [unit].
    covariance : float
        Of intercept and slope, in the product of their [unit].
    chi2 : float
        [1] weighted sum of the squared residuals, with the errors as they were given; in the squared unit of y for ordinary least squares.
    n : int
        [1] points.
    freedom : float
        Degrees of freedom [1] behind the errors: n - 2 where they follow from the residuals, infinite where they were stated.
    """

    slope: float
    intercept: float
    slope_stderr: float
    intercept_stderr: float
    covariance: float
    chi2: float
    n: int
    freedom: float

    @property
    def slope_interval(self) -> tuple[float, float]:
        """The 95 % interval of the slope, in its unit."""
        return interval(self.slope, self.slope_stderr, self.freedom)

    @property
    def intercept_interval(self) -> tuple[float, float]:
        """The 95 % interval of the intercept, in its unit."""
        return interval(self.intercept, self.intercept_stderr, self.freedom)

    def at(self, x: float) -> tuple[float, float]:
        """Value of the line at a place, and its standard error, both in the unit of y.

        Parameters
        ----------
        x : float
            In the [unit] of x.
        """
        variance = self.intercept_stderr**2 + x * x * self.slope_stderr**2 + 2 * x * self.covariance
        return self.intercept + self.slope * x, math.sqrt(max(variance, 0.0))


def ols_line(x: ArrayLike, y: ArrayLike) -> Line:
    """Ordinary least squares of y on x: x is exact, and all y are equally uncertain.

    Parameters
    ----------
    x, y : array, shape (n,)
        In any [unit].

    Returns
    -------
    Line

    Raises
    ------
    CoverageError
        Fewer than three points.
    InputError
        A number is not finite, or all x are equal.

    Examples
    --------
    >>> line = ols_line([0, 1, 2, 3], [1.0, 3.1, 4.9, 7.0])
    >>> round(line.slope, 2), round(line.intercept, 2)
    (1.98, 1.03)
    """
    across, up = _points("Ordinary least squares, in points,", x, y, _LEAST["residuals"])
    middle = float(across.mean())
    away = across - middle
    spread = float(away @ away)
    slope = float(away @ up) / spread
    intercept = float(up.mean()) - slope * middle
    residuals = up - intercept - slope * across
    rest, freedom = float(residuals @ residuals), across.size - 2
    variance = rest / freedom / spread
    return Line(
        slope,
        intercept,
        math.sqrt(variance),
        math.sqrt(rest / freedom / across.size + middle**2 * variance),
        -middle * variance,
        rest,
        across.size,
        freedom,
    )


def deming_line(x: ArrayLike, y: ArrayLike, u_x: ArrayLike, u_y: ArrayLike, *, errors: Errors = "residuals") -> Line:
    """Line through points with independent errors in both coordinates.

    Parameters
    ----------
    x, y : array, shape (n,)
        In any [unit].
    u_x, u_y : float or array, shape (n,)
        Standard errors in the [unit] of x and of y; with ``errors="residuals"`` only their ratios matter.
    errors : {"residuals", "stated"}
        What the errors of the line follow from.

    Returns
    -------
    Line

    Raises
    ------
    CoverageError
        Fewer points than a line with errors needs.
    InputError
        A number is not finite, an error is negative, a point has none, or all x are equal.
    FitError
        The iteration does not end.
    """
    return york_line(x, y, u_x, u_y, 0.0, errors=errors)


def york_line(
    x: ArrayLike, y: ArrayLike, u_x: ArrayLike, u_y: ArrayLike, correlation: ArrayLike = 0.0, *, errors: Errors = "residuals"
) -> Line:
    """Line through points with errors in both coordinates that may be correlated.

    Parameters
    ----------
    x, y : array, shape (n,)
        In any [unit].
    u_x, u_y : float or array, shape (n,)
        Standard errors in the [unit] of x and of y.
    correlation : float or array, shape (n,)
        [1] of the two errors of a point.
    errors : {"residuals", "stated"}
        What the errors of the line follow from.

    Returns
    -------
    Line

    Raises
    ------
    CoverageError
        Fewer points than a line with errors needs: three, or two with stated errors.
    InputError
        A number is not finite, an error is negative, a point has none, or all x are equal.
    FitError
        The iteration does not end.

    Examples
    --------
    >>> line = york_line([0, 1, 2, 3], [1.0, 3.1, 4.9, 7.0], 0.1, 0.1)
    >>> round(line.slope, 2)
    1.98
    """
    across, up = _points("A line with errors, in points,", x, y, _LEAST[errors])
    ex, ey = (_errors(name, given, across.size) for name, given in (("u_x", u_x), ("u_y", u_y)))
    both = np.broadcast_to(np.asarray(correlation, dtype=np.float64), across.shape)
    if not np.all(np.abs(both) < 1):
        raise InputError("correlation: not between -1 and 1. Give the correlation of the two errors of each point.")
    if not np.all(ex**2 + ey**2 > 0):
        raise InputError("u_x, u_y: a point has no error in x and none in y. Give one, or use ordinary least squares.")
    slope, weights, beta = _unified(across, up, ex, ey, both * ex * ey)
    total = float(weights.sum())
    middle, height = float(weights @ across) / total, float(weights @ up) / total
    intercept = height - slope * middle
    adjusted = middle + beta
    centre = float(weights @ adjusted) / total
    information = float(weights @ (adjusted - centre) ** 2)
    if not information > 0:
        raise InputError("x: all points stand at one place, so that there is no line. Give points at different x.")
    chi2 = float(weights @ (up - intercept - slope * across) ** 2)
    freedom = across.size - 2
    scale = chi2 / freedom if errors == "residuals" else 1.0
    variance = scale / information
    return Line(
        slope,
        intercept,
        math.sqrt(variance),
        math.sqrt(scale / total + centre**2 * variance),
        -centre * variance,
        chi2,
        across.size,
        freedom if errors == "residuals" else math.inf,
    )


def _unified(x: Array, y: Array, ex: Array, ey: Array, shared: Array) -> tuple[float, Array, Array]:
    """Slope, weights and beta of the unified equations, by iteration on the slope; ``shared`` is r u_x u_y."""
    slope = _first_slope(x, y, float(np.mean(ex**2)), float(np.mean(ey**2)))
    change = math.inf
    for _ in range(_MOST_STEPS):
        weights, beta, right, above = _step(x, y, ex, ey, shared, slope)
        if not abs(right) > 0:
            raise FitError("The points have no line: their slope is not defined. Give points at different x.")
        new = above / right
        change = abs(new - slope) / max(abs(new), abs(slope), np.finfo(float).tiny)
        slope = new
        if change <= _CLOSE or not math.isfinite(slope):
            break
    if not (math.isfinite(slope) and change <= _NEAR):
        raise FitError(f"The slope of the line does not settle in {_MOST_STEPS} steps. Check the errors of the points.")
    weights, beta, _, _ = _step(x, y, ex, ey, shared, slope)
    return slope, weights, beta


def _step(x: Array, y: Array, ex: Array, ey: Array, shared: Array, slope: float) -> tuple[Array, Array, float, float]:
    """Weights and beta at a slope, and the two sums whose ratio is the next slope."""
    variance = ey**2 + slope**2 * ex**2 - 2 * slope * shared
    if not np.all(variance > 0):
        raise FitError("A point has no error across the line, so that its weight is infinite. Give its errors in x and y.")
    weights = 1 / variance
    total = float(weights.sum())
    away, up = x - float(weights @ x) / total, y - float(weights @ y) / total
    beta = weights * (ey**2 * away + slope * ex**2 * up - (slope * away + up) * shared)
    return weights, beta, float(weights @ (beta * away)), float(weights @ (beta * up))


def _first_slope(x: Array, y: Array, vx: float, vy: float) -> float:
    """Deming's slope for one ratio of the variances, with which the iteration begins."""
    away, up = x - x.mean(), y - y.mean()
    sxx, syy, sxy = float(away @ away), float(up @ up), float(away @ up)
    if vx == 0 or sxy == 0:
        return sxy / sxx
    difference = vx * syy - vy * sxx
    return (difference + math.sqrt(difference**2 + 4 * vx * vy * sxy**2)) / (2 * vx * sxy)


def paired(what: str, x: ArrayLike, y: ArrayLike, least: int, *, one: str = "point") -> tuple[Array, Array]:
    """Two arrays of one length, finite and long enough.

    Parameters
    ----------
    what : str
        What needs them, for the message, such as ``"A line, in points,"``.
    x, y : array, shape (n,)
        In any [unit].
    least : int
        [1] fewest numbers of each.
    one : str
        Word for what a pair of numbers belongs to.

    Raises
    ------
    CoverageError
        They are too short.
    InputError
        Their shapes differ, or a number is not finite.
    """
    across, up = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if across.ndim != 1 or across.shape != up.shape:
        raise InputError(f"x, y: their shapes are {across.shape} and {up.shape}. Give two arrays of one length.")
    if across.size < least:
        raise CoverageError(what, least, across.size)
    if not (np.isfinite(across).all() and np.isfinite(up).all()):
        raise InputError(f"x, y: a number is not finite. Leave its {one} out.")
    return across, up


def _points(what: str, x: ArrayLike, y: ArrayLike, least: int) -> tuple[Array, Array]:
    across, up = paired(what, x, y, least)
    if np.ptp(across) == 0:
        raise InputError("x: all points stand at one place, so that there is no line. Give points at different x.")
    return across, up


def _errors(name: str, given: ArrayLike, size: int) -> Array:
    wide = np.asarray(given, dtype=np.float64)
    if wide.ndim > 1 or wide.size not in (1, size):
        raise InputError(f"{name}: its shape is {wide.shape}. Give one number, or one for each of the {size} points.")
    if not (np.isfinite(wide).all() and np.all(wide >= 0)):
        raise InputError(f"{name}: not a standard error. Give finite numbers of 0 or more.")
    return np.broadcast_to(wide.reshape(-1) if wide.size > 1 or size == 1 else wide.reshape(()), (size,)).astype(np.float64)
