"""A carbon edge with a known share of pi*: step and resonances as they are fitted."""

from __future__ import annotations

import math

import numpy as np

from dualion.numerics.near_edge.resonances import model
from dualion.numerics.near_edge.spectrum import Array

#: [eV] width of pi*.
WIDTH = 1.5
#: Height [1], centre [eV] and width [eV] of the other resonances, then height [1], energy [eV] and width [eV] of the step.
_REST = (0.15, 286.5, 1.2, 0.15, 287.6, 1.2, 0.25, 288.6, 1.4, 0.35, 293.5, 4.0, 0.4, 297.0, 7.0, 0.15, 302.0, 9.0, 1.0, 290.4, 1.2)
_STEP_OF_GRID = 0.01  # [eV]


def carbon_edge(energy: Array, *, height: float, position: float, shift: float = 0.0) -> Array:
    """Normalised absorption.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV]
    height : float
        [1] of pi*.
    position, shift : float
        [eV] of pi*, and of the whole energy scale.

    Returns
    -------
    ndarray, shape (n,)
        [1]
    """
    return model(energy - shift, np.array([height, position, WIDTH, *_REST]))


def height_of_raw(share: float, *, position: float, pi_range: tuple[float, float], sigma_range: tuple[float, float]) -> float:
    """Height of pi* whose area is a share of the integral over both ranges.

    Parameters
    ----------
    share : float
        [1]
    position : float
        [eV]
    pi_range, sigma_range : tuple of two floats
        [eV]

    Returns
    -------
    float
        [1]
    """
    rest, inside = _integrals(position, pi_range[0], sigma_range[1])
    return share * rest / (_area() - share * inside)


def over_sigma(height: float, *, position: float, sigma_range: tuple[float, float]) -> float:
    """Area of pi* over the integral of the sigma* range.

    Parameters
    ----------
    height : float
        [1]
    position : float
        [eV]
    sigma_range : tuple of two floats
        [eV]

    Returns
    -------
    float
        [1]
    """
    rest, inside = _integrals(position, *sigma_range)
    return height * _area() / (rest + height * inside)


def height_of_over_sigma(value: float, *, position: float, sigma_range: tuple[float, float]) -> float:
    """Height [1] of pi* with a given area over the integral of the sigma* range.

    Parameters
    ----------
    value : float
        [1]
    position : float
        [eV]
    sigma_range : tuple of two floats
        [eV]
    """
    rest, inside = _integrals(position, *sigma_range)
    return value * rest / (_area() - value * inside)


def _area() -> float:
    """Area [eV] of pi* of unit height."""
    return WIDTH * math.sqrt(math.pi / math.log(2)) / 2


def _integrals(position: float, low: float, high: float) -> tuple[float, float]:
    """Integrals [eV] of everything else, and of pi* of unit height."""
    grid = np.linspace(low, high, round((high - low) / _STEP_OF_GRID) + 1)
    rest = carbon_edge(grid, height=0.0, position=position)
    return float(np.trapezoid(rest, grid)), float(np.trapezoid(carbon_edge(grid, height=1.0, position=position) - rest, grid))
