"""Terms of a model of a spectrum: peaks and backgrounds, with their derivatives.

    lorentz, gauss     centre, height, fwhm               pseudo_voigt   centre, height, fwhm, eta
    bwf                centre, height, fwhm, inverse_q
    line               level + slope (x - anchor)         parabola       level + slope (x - anchor) + bend (x - anchor)^2
    tail               amplitude exp(-decay (x - anchor)) + constant

The shapes are those of ``shapes``; each derivative is the analytic one, so that a fit of many parameters takes few evaluations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Shape = Literal["lorentz", "gauss", "pseudo_voigt", "bwf", "line", "tail", "parabola"]

_PEAK = ("centre", "height", "fwhm")
#: Names of the parameters of each shape, in order.
PARAMETERS: Mapping[Shape, tuple[str, ...]] = MappingProxyType(
    {
        "lorentz": _PEAK,
        "gauss": _PEAK,
        "pseudo_voigt": (*_PEAK, "eta"),
        "bwf": (*_PEAK, "inverse_q"),
        "line": ("level", "slope"),
        "tail": ("amplitude", "decay", "constant"),
        "parabola": ("level", "slope", "bend"),
    }
)
_FOUR_LN2 = 4 * math.log(2)


@dataclass(frozen=True, slots=True)
class Term:
    """A peak or a background of a model, with the start values and bounds of its parameters.

    Parameters
    ----------
    name : str
        Such as ``"G"``.
    shape : str
        One of ``PARAMETERS``.
    start, low, high : tuple of float
        In the [unit] of each parameter, in the order of ``PARAMETERS``.
    anchor : float
        In the unit of x, where a line has its level and a tail its amplitude.
    """

    name: str
    shape: Shape
    start: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    anchor: float = 0.0


def evaluated(term: Term, x: Array, values: Array) -> tuple[Array, Array]:
    """A term and its derivatives.

    Parameters
    ----------
    term : Term
    x : ndarray, shape (n,)
        In any [unit].
    values : ndarray, shape (k,)
        In the [unit] of each parameter.

    Returns
    -------
    tuple of ndarray, shapes (n,) and (k, n)
    """
    return _SHAPES[term.shape](x, values, term.anchor)


def _lorentz(x: Array, values: Array, anchor: float) -> tuple[Array, Array]:
    centre, height, width = values
    t = (x - centre) / width
    unit = 1 / (1 + 4 * t * t)
    by_t = 8 * height * t * unit * unit / width
    return height * unit, np.stack([by_t, unit, by_t * t])


def _gauss(x: Array, values: Array, anchor: float) -> tuple[Array, Array]:
    centre, height, width = values
    t = (x - centre) / width
    unit = np.exp(-_FOUR_LN2 * t * t)
    by_t = 2 * _FOUR_LN2 * height * t * unit / width
    return height * unit, np.stack([by_t, unit, by_t * t])


def _pseudo_voigt(x: Array, values: Array, anchor: float) -> tuple[Array, Array]:
    *sides, eta = values
    both = np.array(sides)
    one, by_one = _lorentz(x, both, anchor)
    other, by_other = _gauss(x, both, anchor)
    return eta * one + (1 - eta) * other, np.vstack([eta * by_one + (1 - eta) * by_other, one - other])


def _bwf(x: Array, values: Array, anchor: float) -> tuple[Array, Array]:
    centre, height, width, inverse_q = values
    s = 2 * (x - centre) / width
    below, lean = 1 / (1 + s * s), 1 + s * inverse_q
    unit = lean * lean * below
    by_s = height * 2 * (inverse_q * lean * below - s * unit * below)
    return height * unit, np.stack([-2 * by_s / width, unit, -by_s * s / width, 2 * height * s * lean * below])


def _line(x: Array, values: Array, anchor: float) -> tuple[Array, Array]:
    from_anchor = x - anchor
    return values[0] + values[1] * from_anchor, np.stack([np.ones_like(x), from_anchor])


def _tail(x: Array, values: Array, anchor: float) -> tuple[Array, Array]:
    amplitude, decay, constant = values
    from_anchor = x - anchor
    fallen = np.exp(-decay * from_anchor)
    return amplitude * fallen + constant, np.stack([fallen, -amplitude * from_anchor * fallen, np.ones_like(x)])


def _parabola(x: Array, values: Array, anchor: float) -> tuple[Array, Array]:
    from_anchor = x - anchor
    slopes = np.stack([np.ones_like(x), from_anchor, from_anchor**2])
    return np.asarray(values @ slopes), slopes


_SHAPES: Mapping[Shape, Callable[[Array, Array, float], tuple[Array, Array]]] = {
    "lorentz": _lorentz,
    "gauss": _gauss,
    "pseudo_voigt": _pseudo_voigt,
    "bwf": _bwf,
    "line": _line,
    "tail": _tail,
    "parabola": _parabola,
}
