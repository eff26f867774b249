"""The carbonyl doublet of ethylene carbonate, free and coordinated to sodium.

    A = sum_k h_k [ L(nu_k) + r L(nu_k - s) ] + a + b nu,        k = free, coordinated;  nu_coordinated = nu_free - d
    L = 1 / (1 + 4 ((nu - nu_k) / w)^2)

The splitting s = 27 cm-1 between the carbonyl stretch near 1800 cm-1 and its partner in Fermi resonance near 1773 cm-1 is fixed (Angell
1956); both pairs share the ratio r and the width w, and the shift d lies between 10 and 25 cm-1. The coordinated fraction is the share
of the coordinated pair in the area: it takes both species to absorb alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.errors import CoverageError

Array = NDArray[np.float64]

#: [cm-1] window of the fit, splitting of a pair, and where the free pair may lie.
WINDOW, SPLITTING, FREE = (1700.0, 1860.0), 27.0, (1790.0, 1812.0)
#: [cm-1] shift of the coordinated pair, and full width at half of the height.
SHIFT, WIDTH = (10.0, 25.0), (3.0, 40.0)
#: [1] second of a pair over its first.
_RATIO = (0.0, 5.0)
FEWEST = 20
_NAMES = ("free_position", "shift", "width", "ratio")
_AT_BOUND = 1e-3  # of the range
_MOST_EVALUATIONS = 200
#: Residuals of the fit over those of a line, and of a line over the ordinates, below which there are bands.
_BETTER, _ROUNDING = 0.5, 1e-9


@dataclass(frozen=True, slots=True)
class Doublet:
    """A fitted doublet.

    Parameters
    ----------
    fraction, stderr : float
        [1] coordinated fraction and its standard error.
    freedom : int
        Degrees of freedom [1].
    free_position, shift, shift_error, width : float
        [cm-1]
    at_bound : tuple of str
        Names of parameters that ended at a bound.
    separable : bool
        Whether the data tell both pairs apart.
    x, y, fitted : ndarray, shape (n,)
        [cm-1], [1], [1]
    """

    fraction: float
    stderr: float
    freedom: int
    free_position: float
    shift: float
    shift_error: float
    width: float
    at_bound: tuple[str, ...]
    separable: bool
    x: Array
    y: Array
    fitted: Array


def pairs(x: Array, parameters: Array) -> Array:
    """Both pairs with unit height of their first bands, and a line.

    Parameters
    ----------
    x : ndarray, shape (n,)
        [cm-1]
    parameters : ndarray, shape (4,)
        Position of the free pair [cm-1], shift [cm-1], width [cm-1], ratio [1].

    Returns
    -------
    ndarray, shape (n, 4)
        [1] free pair, coordinated pair, constant, line from -1 to 1.
    """
    free, shift, width, ratio = parameters

    def pair(at: float) -> Array:
        return np.asarray(1 / (1 + 4 * ((x - at) / width) ** 2) + ratio / (1 + 4 * ((x - at + SPLITTING) / width) ** 2))

    line = 2 * (x - x[0]) / (x[-1] - x[0]) - 1
    return np.column_stack((pair(free), pair(free - shift), np.ones(x.size), line))


def doublet(x: Array, y: Array) -> Doublet:
    """Fit free and coordinated carbonate.

    Parameters
    ----------
    x : ndarray, shape (n,)
        [cm-1] rising.
    y : ndarray, shape (n,)
        [1] absorbance.

    Returns
    -------
    Doublet

    Raises
    ------
    CoverageError
        Fewer than twenty points between 1700 and 1860 cm-1.
    """
    from scipy.optimize import least_squares  # a third of a second that other bands do not need

    inside = (x >= WINDOW[0]) & (x <= WINDOW[1])
    if int(inside.sum()) < FEWEST:
        raise CoverageError(f"The carbonyl doublet between {WINDOW[0]:g} and {WINDOW[1]:g} cm-1, in points,", FEWEST, int(inside.sum()))
    x, y = x[inside], y[inside]
    scale = float(np.ptp(y)) or 1.0
    low = np.array([FREE[0], SHIFT[0], WIDTH[0], _RATIO[0], 0.0, 0.0, -np.inf, -np.inf])
    high = np.array([FREE[1], SHIFT[1], WIDTH[1], _RATIO[1], np.inf, np.inf, np.inf, np.inf])

    def residual(p: Array) -> Array:
        return np.asarray(pairs(x, p[:4]) @ p[4:] - y / scale)

    best = None
    for shift in (13.0, 20.0):
        start = np.array([1800.0, shift, 12.0, 0.8, 0.5, 0.3, float(y.min()) / scale, 0.0])
        found = least_squares(residual, start, bounds=(low, high), x_scale="jac", max_nfev=_MOST_EVALUATIONS, ftol=1e-12, xtol=1e-12)
        if best is None or found.cost < best.cost * (1 - 1e-9):
            best = found
    assert best is not None
    return _report(x, y, scale, np.asarray(best.x), np.asarray(best.jac), np.asarray(best.fun), low, high)


def _report(x: Array, y: Array, scale: float, p: Array, jacobian: Array, rest: Array, low: Array, high: Array) -> Doublet:
    freedom = x.size - p.size
    covariance = np.linalg.pinv(jacobian.T @ jacobian) * float(rest @ rest) / freedom
    free, coordinated = float(p[4]), float(p[5])
    total = free + coordinated
    gradient = np.array([-coordinated, free]) / total**2 if total > 0 else np.zeros(2)
    error = math.sqrt(max(float(gradient @ covariance[4:6, 4:6] @ gradient), 0.0))
    ranges = high[:4] - low[:4]
    bound = tuple(
        name for name, value, a, b, r in zip(_NAMES, p, low, high, ranges, strict=False) if min(value - a, b - value) < _AT_BOUND * r
    )
    spread = math.sqrt(max(float(covariance[1, 1]), 0.0))
    return Doublet(
        fraction=coordinated / total if total > 0 else 0.0,
        stderr=error,
        freedom=freedom,
        free_position=float(p[0]),
        shift=float(p[1]),
        shift_error=spread,
        width=float(p[2]),
        at_bound=bound,
        separable=total > 0 and spread < (SHIFT[1] - SHIFT[0]) / 2 and _there(x, y, scale * rest),
        x=x,
        y=y,
        fitted=y + scale * rest,
    )


def _there(x: Array, y: Array, rest: Array) -> bool:
    """Whether bands describe the ordinates better than a line does, beyond rounding."""
    design = np.column_stack((np.ones(x.size), x - x.mean()))
    line = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    plain = math.sqrt(float(np.mean(line**2)))
    return plain > _ROUNDING * float(np.abs(y).max()) and math.sqrt(float(np.mean(rest**2))) < _BETTER * plain
