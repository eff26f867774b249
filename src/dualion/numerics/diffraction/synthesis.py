"""A made pattern of a disordered carbon: two reflections, a tail and a constant, with counting noise and with what the method errs by."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dualion.numerics.diffraction.geometry import Array, angle, width_of
from dualion.numerics.spectra.shapes import pseudo_voigt

#: What the background makes the method err by: d002 [angstrom], and L_c and L_a relative [1].
D002_ERROR, LC_ERROR, LA_ERROR = 0.05, 0.10, 0.25
_D100 = 2.06  # [angstrom]
_COUNTS_002, _COUNTS_100, _ETA = 4000.0, 1500.0, 0.5
_TAIL, _DECAY, _CONSTANT = 3000.0, 0.25, 600.0  # [1] counts, [1/deg], [1] counts
_FIRST, _LAST, _STEP = 10.0, 70.0, 0.05  # [deg]


@dataclass(frozen=True, slots=True)
class Stack:
    """Stacks of layers.

    Parameters
    ----------
    d002, l_c, l_a : float
        [angstrom]
    """

    d002: float
    l_c: float
    l_a: float


def erring(rng: np.random.Generator, true: Stack, noise: float) -> Stack:
    """The stack that a background which is not quite right lets one see.

    Parameters
    ----------
    rng : numpy.random.Generator
    true : Stack
    noise : float
        [1] multiple of the errors of the method.
    """
    d, _, _, _, height, across = noise * rng.standard_normal(6)
    return Stack(true.d002 + D002_ERROR * d, true.l_c * math.exp(LC_ERROR * height), true.l_a * math.exp(LA_ERROR * across))


def pattern_of(
    rng: np.random.Generator, stack: Stack, *, wavelength: float, factors: tuple[float, float], noise: float
) -> tuple[Array, Array]:
    """2 theta [deg] and counts [1].

    Parameters
    ----------
    rng : numpy.random.Generator
    stack : Stack
    wavelength : float
        [angstrom]
    factors : tuple of two floats
        [1] K of (002) and of (100).
    noise : float
        [1] multiple of the noise of counting.

    Returns
    -------
    tuple of ndarray, shape (n,)
    """
    x = np.arange(_FIRST, _LAST + _STEP / 2, _STEP)
    y = _CONSTANT + _TAIL * np.exp(-_DECAY * (x - _FIRST))
    reflections = ((stack.d002, stack.l_c, factors[0], _COUNTS_002), (_D100, stack.l_a, factors[1], _COUNTS_100))
    for d, length, factor, height in reflections:
        centre = angle(d, wavelength)
        width = width_of(centre, length, wavelength=wavelength, factor=factor)
        y = y + pseudo_voigt(x, centre=centre, height=height, fwhm=width, eta=_ETA)
    return x, y + noise * np.sqrt(y) * rng.standard_normal(x.size)
