"""Angles to distances, widths to sizes, and the factors that turn an intensity into structure.

    d = lambda / (2 sin theta)                                 Bragg
    L = K lambda / (beta cos theta),   beta in radians         Scherrer; K = 0.89 for (002), 1.84 for the two-dimensional (10) (Warren 1941)
    beta^2 = B^2 - b^2  or  beta = B - b                       instrument of width b: Gauss or Lorentz
    LP = (1 + cos^2 2 theta) / (sin^2 theta cos theta)         Lorentz and polarisation factor of a powder, no monochromator
    f(s) = sum a_i exp(-b_i s^2) + c,   s = sin theta / lambda in 1/angstrom, carbon

Angles are the full 2 theta in degrees. Wavelengths and distances share any one unit of length, but for f, whose constants hold in angstrom.

References: warren1941, klug1974, brown2006 (f), maire1970 (degree of graphitisation).
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Instrument = Literal["gauss", "lorentz"]

#: [angstrom] copper: K-alpha 1, and the mean of both lines weighted two to one.
CU_KALPHA1, CU_MEAN = 1.5406, 1.5418
#: [nm] interlayer distances of turbostratic carbon and of graphite.
TURBOSTRATIC, GRAPHITE = 0.3440, 0.3354
_CARBON = ((2.3100, 20.8439), (1.0200, 10.2075), (1.5886, 0.5687), (0.8650, 51.6512))  # [1], [angstrom2]
_CARBON_REST = 0.2156  # [1]


def spacing(two_theta: float, wavelength: float) -> float:
    """Distance d of lattice planes, in the unit of the wavelength.

    Parameters
    ----------
    two_theta : float
        [deg]
    wavelength : float
        In any [unit] of length.

    Examples
    --------
    >>> round(spacing(26.5, 1.5418), 3)
    3.363
    """
    return wavelength / (2 * math.sin(math.radians(two_theta) / 2))


def angle(d: float, wavelength: float) -> float:
    """Angle 2 theta [deg] of a distance of lattice planes.

    Parameters
    ----------
    d, wavelength : float
        In one [unit] of length.
    """
    return 2 * math.degrees(math.asin(wavelength / (2 * d)))


def size(two_theta: float, width: float, *, wavelength: float, factor: float) -> float:
    """Size of coherent domains after Scherrer, in the unit of the wavelength.

    Parameters
    ----------
    two_theta, width : float
        [deg] position, and full width of the sample alone.
    wavelength : float
        In any [unit] of length.
    factor : float
        [1] K.

    Examples
    --------
    >>> round(size(24.1, 8.2, wavelength=1.5418, factor=0.89), 2)
    9.8
    """
    return factor * wavelength / (math.radians(width) * math.cos(math.radians(two_theta) / 2))


def width_of(two_theta: float, length: float, *, wavelength: float, factor: float) -> float:
    """Full width [deg] that domains of a size make: the inverse of ``size``.

    Parameters
    ----------
    two_theta : float
        [deg]
    length, wavelength : float
        In one [unit] of length.
    factor : float
        [1] K.
    """
    return math.degrees(factor * wavelength / (length * math.cos(math.radians(two_theta) / 2)))


def without_instrument(measured: float, instrument: float, shape: Instrument) -> float | None:
    """Full width [deg] of the sample alone; None where the instrument is as wide as what was measured.

    Parameters
    ----------
    measured, instrument : float
        Full widths [deg].
    shape : {"gauss", "lorentz"}
        Of both.

    Examples
    --------
    >>> without_instrument(5.0, 3.0, "gauss"), without_instrument(5.0, 3.0, "lorentz"), without_instrument(0.1, 0.1, "gauss")
    (4.0, 2.0, None)
    """
    if measured <= instrument:
        return None
    return math.sqrt(measured**2 - instrument**2) if shape == "gauss" else measured - instrument


def lorentz_polarisation(two_theta: Array) -> Array:
    """Lorentz and polarisation factor of a powder [1], shape (n,).

    Parameters
    ----------
    two_theta : ndarray, shape (n,)
        [deg]
    """
    theta = np.radians(two_theta) / 2
    return np.asarray((1 + np.cos(2 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta)))


def carbon_form_factor(two_theta: Array, wavelength: float) -> Array:
    """Scattering of a carbon atom [1] in electrons, shape (n,).

    Parameters
    ----------
    two_theta : ndarray, shape (n,)
        [deg]
    wavelength : float
        [angstrom]

    Examples
    --------
    >>> round(float(carbon_form_factor(np.array([0.0]), 1.5418)[0]), 1)
    6.0
    """
    s = np.sin(np.radians(two_theta) / 2) / wavelength
    return np.asarray(_CARBON_REST + sum(a * np.exp(-b * s * s) for a, b in _CARBON))


def graphitisation(d002: float) -> float | None:
    """Degree of graphitisation [1] of a distance of layers; None where it is wider than turbostratic, and the degree would be negative.

    Parameters
    ----------
    d002 : float
        [nm]
    """
    return (TURBOSTRATIC - d002) / (TURBOSTRATIC - GRAPHITE) if d002 <= TURBOSTRATIC else None
