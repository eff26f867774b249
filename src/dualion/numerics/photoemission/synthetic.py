"""Synthetic regions: lines on a background, and the noise of counting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dualion.numerics.photoemission.backgrounds import linear, running
from dualion.numerics.photoemission.model import NORMAL, Component, line_of

Array = NDArray[np.float64]

_SLOPE = 0.02  # [1/eV] step of the background over the area of the lines


def lines(energy: Array, peaks: Sequence[tuple[float, float, float]], *, shape: str = "gl30") -> Array:
    """Lines of given area, position and width.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV]
    peaks : sequence of tuple of three floats
        Area in any [unit] times eV, position and width [eV].
    shape : str

    Returns
    -------
    ndarray, shape (n,)
    """
    line = line_of(shape)
    total = np.zeros_like(energy)
    for area, place, fwhm in peaks:
        total += area / (line.area * fwhm) * line.curve((energy - place) / fwhm)[0]
    return total


def spectrum(energy: Array, peaks: Array, *, level: float, straight: float, slope: float = _SLOPE) -> Array:
    """Lines on a Shirley background, of which a share is a straight line.

    Parameters
    ----------
    energy, peaks : ndarray, shape (n,)
        [eV], and intensities in any [unit].
    level : float
        Of the background at the lower end, in the [unit] of the intensity.
    straight : float
        [1] share of the straight line.
    slope : float
        [1/eV] step over the area of the lines.

    Returns
    -------
    ndarray, shape (n,)
    """
    step = slope * running(energy, peaks)
    return np.asarray(level + peaks + (1 - straight) * step + straight * linear(energy, step[None])[0])


def counted(rng: np.random.Generator, clean: Array, *, sigma: float) -> Array:
    """Intensities with noise that goes with their root.

    Parameters
    ----------
    rng : numpy.random.Generator
    clean : ndarray, shape (n,)
        Positive, in any [unit].
    sigma : float
        Standard error of a row of mean intensity, in that [unit].

    Returns
    -------
    ndarray, shape (n,)
    """
    return np.asarray(clean + sigma * np.sqrt(clean / clean.mean()) * rng.standard_normal(clean.size))


def drawn_places(rng: np.random.Generator, components: Sequence[Component], *, scale: float) -> Array:
    """Positions drawn within the tolerances of components, and again until all lie in their ranges.

    Parameters
    ----------
    rng : numpy.random.Generator
    components : sequence of Component
    scale : float
        [1] share of the tolerances, at most 1.

    Returns
    -------
    ndarray, shape (m,)
        [eV]
    """
    expected, low, high = (np.array([getattr(one, name) for one in components]) for name in ("position", "low", "high"))
    spread = scale / NORMAL * np.array([one.tolerance or 0.0 for one in components])
    follows = np.array([k > 0 and one.tolerance is not None for k, one in enumerate(components)])
    while True:
        drawn = spread * rng.standard_normal(spread.size)
        places = expected + drawn + follows * drawn[0]
        if np.all((places >= low) & (places <= high)):
            return np.asarray(places)
