"""Position of an absorption edge, its white line, and what two spectra differ by.

The edge is the inflection of its rise. In a window of half-width h about it, mu is a cubic in x = E - E_centre,

    mu = c0 + c1 x + c2 x^2 + c3 x^3,        E0 = E_centre - c2 / (3 c3)

by least squares, centred anew until it stays. h is the smoothing: one that is wider than the rise moves E0 by 1 to 2 eV towards the white
line, which is a maximum of mu and another energy. The standard error is that of the fit.

An edge between those of two references stands at the share (E - E1) / (E2 - E1) of the way; errors add to first order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Fewest points [1] of a cubic with an error.
_LEAST = 6
_MOST_STEPS = 20
_SETTLED = 1e-4  # [eV]


@dataclass(frozen=True, slots=True)
class Inflection:
    """The inflection of an edge.

    Parameters
    ----------
    energy, stderr : float
        [eV]
    half_width : float
        [eV] of the window of the cubic.
    n : int
        [1] points in it.
    """

    energy: float
    stderr: float
    half_width: float
    n: int


@dataclass(frozen=True, slots=True)
class WhiteLine:
    """The first maximum above an edge.

    Parameters
    ----------
    energy : float
        [eV]
    height : float
        [1] of the normalised absorption.
    step : float
        [eV] between the points about it.
    """

    energy: float
    height: float
    step: float


def inflection(energy: Array, mu: Array, *, start: float, half_width: float) -> Inflection | None:
    """The inflection nearest to a first guess.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV], rising.
    mu : ndarray, shape (n,)
        In any [unit].
    start : float
        [eV]
    half_width : float
        [eV] of the window; widened until it holds enough points.

    Returns
    -------
    Inflection or None
        None where the window does not hold a rise with an inflection in it.
    """
    centre, width = start, half_width
    fitted: tuple[float, float, int] | None = None
    for _ in range(_MOST_STEPS):
        inside = np.abs(energy - centre) <= width
        if int(inside.sum()) < _LEAST:
            width *= 1.5
            continue
        fitted = _cubic(energy[inside] - centre, mu[inside])
        if fitted is None or abs(fitted[0]) > 2 * width:
            return None
        centre += fitted[0]
        if abs(fitted[0]) < _SETTLED:
            break
    return None if fitted is None else Inflection(centre, fitted[1], width, fitted[2])


def _cubic(x: Array, y: Array) -> tuple[float, float, int] | None:
    """Place of the inflection of a cubic, its standard error, and the number of points; None where it does not rise there."""
    scale = float(np.abs(x).max())
    design = np.vander(x / scale, 4, increasing=True)
    c, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    if rank < 4 or not c[3] < 0:
        return None
    place = -c[2] / (3 * c[3])
    if not c[1] - c[2] ** 2 / (3 * c[3]) > 0:
        return None
    residuals = y - design @ c
    covariance = np.linalg.inv(design.T @ design) * float(residuals @ residuals) / max(x.size - 4, 1)
    gradient = np.array([0.0, 0.0, -1 / (3 * c[3]), c[2] / (3 * c[3] ** 2)])
    return float(place * scale), math.sqrt(max(float(gradient @ covariance @ gradient), 0.0)) * scale, x.size


def white_line(energy: Array, norm: Array, *, edge: float, reach: float) -> WhiteLine | None:
    """The first maximum above the edge that is higher than everything up to ``reach``.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV], rising.
    norm : ndarray, shape (n,)
        [1] normalised absorption.
    edge, reach : float
        [eV] the edge, and how far above it.

    Returns
    -------
    WhiteLine or None
        None where the absorption has no maximum there.
    """
    inside = np.flatnonzero((energy >= edge) & (energy <= edge + reach))
    if inside.size < 3:
        return None
    top = int(inside[np.argmax(norm[inside])])
    if top in (inside[0], inside[-1]) or top + 1 >= energy.size:
        return None
    x, height = vertex(energy[top - 1 : top + 2], norm[top - 1 : top + 2])
    return WhiteLine(x, height, float(energy[top + 1] - energy[top - 1]) / 2)


def vertex(x: Array, y: Array) -> tuple[float, float]:
    """Place and height of the parabola through three points, in their units.

    Parameters
    ----------
    x, y : ndarray, shape (3,)
        In any [unit].
    """
    middle = float(x[1])
    a, b, c = np.polyfit(x - middle, y, 2)
    if a >= 0:
        return middle, float(y[1])
    place = float(np.clip(-b / (2 * a), x[0] - middle, x[2] - middle))
    return middle + place, float(c + b * place + a * place**2)


def place_between(value: float, stderr: float, *, low: tuple[float, float], high: tuple[float, float]) -> tuple[float, float] | None:
    """Where a value stands between two others, 0 at the first and 1 at the second, and its standard error [1]; None where they are equal.

    Parameters
    ----------
    value, stderr : float
        In any [unit].
    low, high : tuple of two floats
        The two others with their standard errors, in the same [unit].

    Examples
    --------
    >>> place_between(3.0, 0.1, low=(2.0, 0.0), high=(4.0, 0.0))
    (0.5, 0.05)
    """
    width = high[0] - low[0]
    if width == 0:
        return None
    place = (value - low[0]) / width
    return place, math.hypot(stderr, (1 - place) * low[1], place * high[1]) / abs(width)


def difference(energy: Array, norm: Array, other_energy: Array, other: Array, grid: Array) -> tuple[Array, float]:
    """Difference of two normalised spectra at common energies, and the area [eV] of its size.

    Parameters
    ----------
    energy, other_energy : ndarray, shape (n,), (m,)
        [eV], rising.
    norm, other : ndarray, shape (n,), (m,)
        [1]
    grid : ndarray, shape (l,)
        [eV]
    """
    found = np.interp(grid, energy, norm) - np.interp(grid, other_energy, other)
    return found, float(np.trapezoid(np.abs(found), grid))
