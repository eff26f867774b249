"""Absorption spectra put in order, and synthetic ones whose edge, edge step and first shell are known.

    mu(E) = a + b E + J {[1 + erf((E - E0) / g)] / 2 + w exp(-(E - E0 - s)^2 / (2 s^2)) + chi(k)},     k = sqrt((E - E0) / 3.81 eV A^2)
    chi(k) = A exp(-2 d^2 k^2) cos(2 k R) T(k) / k

The white line stands one of its widths s above E0, so that its own inflection is at E0 too, and E0 is the inflection of the whole. chi has
one shell whose amplitude is positive and whose phase is 2 k R, so that |chi(R)| is highest at R; T switches it on above the edge. The edge
has no tails, so that the step is J.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: [eV angstrom2] hbar^2 / (2 m_e), CODATA 2018.
KINETIC = 3.80998212


@dataclass(frozen=True, slots=True)
class Ordered:
    """A spectrum whose energies rise, each once.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV]
    mu : ndarray, shape (n,)
        In any [unit].
    missing, repeated : int
        [1] rows left out because a number is missing, and rows merged with another one of the same energy.
    """

    energy: Array
    mu: Array
    missing: int
    repeated: int


def ordered(energy: pl.Series, mu: pl.Series) -> Ordered:
    """Rows in rising order, without those that lack a number; rows of one energy are averaged.

    Parameters
    ----------
    energy : polars.Series of float64, shape (n,)
        [eV]
    mu : polars.Series of float64, shape (n,)
        In any [unit].
    """
    x, y = (one.to_numpy().astype(np.float64) for one in (energy, mu))
    good = np.isfinite(x) & np.isfinite(y)
    places, where, counts = np.unique(x[good], return_inverse=True, return_counts=True)
    means = np.bincount(where, weights=y[good], minlength=places.size) / np.maximum(counts, 1)
    return Ordered(places, means, int((~good).sum()), int(good.sum()) - places.size)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a synthetic spectrum is made of.

    Parameters
    ----------
    edge : float
        [eV]
    step : float
        [1] height of the edge.
    shell : float
        [angstrom] at which |chi(R)| is highest.
    white_line : float
        [1] height of the white line over the edge step.
    amplitude : float
        [angstrom-1] of the fine structure.
    disorder : float
        [angstrom] width of the distribution of distances.
    """

    edge: float = 9662.0
    step: float = 0.85
    shell: float = 1.53
    white_line: float = 0.35
    amplitude: float = 0.3
    disorder: float = 0.06


#: [eV] widths of the edge and of its white line.
_EDGE_WIDTH, _WHITE_WIDTH = 3.0, 3.0
#: [angstrom-1] at which the fine structure is switched on, and over which range.
_ON, _ON_WIDTH = 3.3, 0.4
#: [1], [1/eV] absorption before the edge, and its slope.
_BEFORE, _SLOPE = 0.4, -1e-4


def scan(edge: float, *, last: float = 13.5) -> Array:
    """Energies of a usual scan: coarse before the edge, fine on it, even in k behind it.

    Parameters
    ----------
    edge : float
        [eV]
    last : float
        [angstrom-1] of the end.

    Returns
    -------
    ndarray, shape (n,)
        [eV]
    """
    k = np.arange(2.75, last + 1e-9, 0.05)
    return np.concatenate([edge + np.arange(-150.0, -20.0, 5.0), edge + np.arange(-20.0, 28.0, 0.25), edge + KINETIC * k**2])


def absorption(energy: Array, recipe: Recipe) -> Array:
    """Absorption of a recipe at some energies.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV]
    recipe : Recipe

    Returns
    -------
    ndarray, shape (n,)
        [1]
    """
    x = energy - recipe.edge
    rise = 0.5 * (1 + np.array([math.erf(one) for one in x / _EDGE_WIDTH]))
    line = recipe.white_line * np.exp(-0.5 * ((x - _WHITE_WIDTH) / _WHITE_WIDTH) ** 2)
    k = np.sqrt(np.maximum(x, 1e-6) / KINETIC)
    on = 0.5 * (1 + np.tanh((k - _ON) / _ON_WIDTH)) * (x > 0)
    chi = recipe.amplitude * np.exp(-2 * (recipe.disorder * k) ** 2) * np.cos(2 * k * recipe.shell) * on / np.maximum(k, 1.0)
    return np.asarray(_BEFORE + _SLOPE * x + recipe.step * (rise + line + chi), dtype=np.float64)
