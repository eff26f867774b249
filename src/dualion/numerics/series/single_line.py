"""One line on a straight background, followed over frames: position, height or area of a band that stands alone in its window.

    y = a + b (x - x_m) + h / (1 + ((x - x_0) / w)^2)

Least squares by Levenberg and Marquardt with the analytic Jacobian; errors from the scatter of the residuals. It is the fit of a
reference line (silicon, the metal of a current collector) and of bands for which no recipe of their own exists. Height is above the
background.

References: Levenberg 1944; Marquardt 1963.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from dualion.errors import CoverageError, FitError
from dualion.numerics.series.frame import FrameFit

Array = NDArray[np.float64]

#: Quantities of a single line.
QUANTITIES = ("line_position", "line_height", "line_area")
#: Fewest points in a window: five parameters and some that are left.
FEWEST = 8
#: Most steps, the relative change of the sum of squares that ends them, and the factors of damping.
_STEPS, _CLOSE, _DAMPED, _FREED = 60, 1e-10, 4.0, 0.25
#: Narrowest and widest line, in steps of the abscissa and in windows; damping beyond which no step helps.
_NARROW, _WIDE, _STUCK = 0.5, 2.0, 1e12
#: Highest line, in ranges of the ordinate.
_HIGHEST = 100.0
#: Height in standard errors below which there is no line.
_SEEN = 3.0


@dataclass(frozen=True, slots=True)
class Window:
    """Where the line is looked for.

    Parameters
    ----------
    low, high : float
        In the [unit] of x.
    """

    low: float
    high: float


def track(x: Array, y: Array, *, quantity: str, seed: tuple[float, ...], window: Window | None = None) -> FrameFit:
    """Fit one line to a frame.

    Parameters
    ----------
    x, y : array, shape (n,)
        In any [unit]; points that are not finite are left out.
    quantity : {"line_position", "line_height", "line_area"}
    seed : tuple of float
        a, b, h, x_0, w [1] of the fit of a neighbouring frame; empty to begin afresh.
    window : Window, optional
        All x where absent.

    Returns
    -------
    FrameFit

    Raises
    ------
    CoverageError
        Fewer than eight points.
    FitError
        No line is there, or it lies outside the window.
    """
    inside = np.isfinite(x) & np.isfinite(y)
    if window is not None:
        inside &= (x >= window.low) & (x <= window.high)
    if np.unique(x[inside]).size < FEWEST:
        raise CoverageError("A line in a window, in points,", FEWEST, int(np.unique(x[inside]).size))
    order = np.argsort(x[inside], kind="stable")
    across, up = x[inside][order], y[inside][order]
    found, covariance = _fit(across, up, np.array(seed) if len(seed) == 5 else _start(across, up))
    _, _, h, x0, w = (float(one) for one in found)
    error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if not across[0] < x0 < across[-1]:
        raise FitError(f"The line lies at {x0:.6g}, outside of its window.")
    if not abs(h) > _SEEN * error[2]:
        raise FitError("No line stands out of the noise in its window.")
    next_seed = tuple(float(one) for one in found)
    if quantity == "line_position":
        return FrameFit(x0, float(error[3]), next_seed)
    if quantity == "line_height":
        return FrameFit(h, float(error[2]), next_seed)
    both = h * h * covariance[4, 4] + w * w * covariance[2, 2] + 2 * h * w * covariance[2, 4]
    return FrameFit(pi * h * w, pi * sqrt(max(float(both), 0.0)), next_seed)


def _start(x: Array, y: Array) -> Array:
    """Parameters to begin with: the point furthest above the straight line between the ends of the window."""
    edge = max(2, x.size // 10)
    left, right = float(np.median(y[:edge])), float(np.median(y[-edge:]))
    slope = (right - left) / float(x[-1] - x[0])
    width = max(3, x.size // 15)
    above = y - left - slope * (x - x[0])
    smooth = np.convolve(above, np.ones(width) / width, mode="same")
    top = int(np.argmax(np.abs(smooth)))
    half = np.abs(smooth) > abs(smooth[top]) / 2
    wide = max(float(half.sum()) / x.size * float(x[-1] - x[0]) / 2, float(x[-1] - x[0]) / x.size)
    return np.array([(left + right) / 2, slope, smooth[top], x[top], wide])


def _fit(x: Array, y: Array, start: Array) -> tuple[Array, Array]:
    """Parameters and covariance of the least squares."""
    middle, span = (x[0] + x[-1]) / 2, float(x[-1] - x[0])
    low, high = _NARROW * span / x.size, _WIDE * span
    p, damping = start.copy(), 1e-3
    p = _inside(p, x, y, low, high)
    model, jacobian = _model(x, middle, p)
    cost = float((y - model) @ (y - model))
    for _ in range(_STEPS):
        normal, gradient = jacobian.T @ jacobian, jacobian.T @ (y - model)
        try:
            step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), gradient)
        except np.linalg.LinAlgError as problem:
            raise FitError("The fit of a line is singular: its window holds no line.") from problem
        tried = _inside(p + step, x, y, low, high)
        model_there, jacobian_there = _model(x, middle, tried)
        new = float((y - model_there) @ (y - model_there))
        if new <= cost:
            ended = cost - new <= _CLOSE * cost
            p, model, jacobian, cost, damping = tried, model_there, jacobian_there, new, damping * _FREED
            if ended:
                break
        else:
            damping *= _DAMPED
            if damping > _STUCK:
                break
    variance = cost / max(x.size - p.size, 1)
    return p, np.asarray(variance * np.linalg.pinv(jacobian.T @ jacobian), dtype=np.float64)


def _inside(p: Array, x: Array, y: Array, low: float, high: float) -> Array:
    """Parameters within what any line in the window can have."""
    span, most = float(x[-1] - x[0]), _HIGHEST * max(float(np.ptp(y)), np.finfo(float).tiny)
    a, b, h, x0, w = np.nan_to_num(p)
    place = np.clip(x0, x[0] - span / 2, x[-1] + span / 2)
    return np.array([a, b, np.clip(h, -most, most), place, np.clip(abs(w), low, high)])


def _model(x: Array, middle: float, p: Array) -> tuple[Array, Array]:
    a, b, h, x0, w = p
    u = (x - x0) / w
    shape = 1 / (1 + u * u)
    steep = 2 * h * u * shape * shape / w
    model = a + b * (x - middle) + h * shape
    return model, np.column_stack([np.ones_like(x), x - middle, shape, steep, steep * u])
