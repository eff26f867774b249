"""Shapes of peaks, each with its height at the centre and its area in closed form.

    t = (x - x0) / w                            w: full width at half of the height
    Lorentz        h / (1 + 4 t^2)              area  (pi / 2) h w
    Gauss          h exp(-4 ln2 t^2)            area  sqrt(pi / ln2) h w / 2
    pseudo-Voigt   eta Lorentz + (1 - eta) Gauss, both of the width w
    GL, sum        m Lorentz + (1 - m) Gauss    m is given in %
    GL, product    h exp(-a t^2) / (1 + b t^2)  area  h w (pi / sqrt(b)) erfcx(sqrt(a / b)),  a = 4 (1 - m) ln2,  b = 4 m
    BWF            h (1 + s/Q)^2 / (1 + s^2)    area  (pi / 2) h w (1 - 1/Q^2),  s = 2 t

m = 0 is a Gauss and m = 100 % a Lorentz peak. Of the product form w is nominal: its full width at half of the height is up to
5 % less. The maximum of a Breit-Wigner-Fano (BWF) peak is not at x0 but at x0 + w / (2 Q), with the height h (1 + 1/Q^2); far away the peak
tends to h / Q^2, so its area is the one above that constant (its principal value). 1/Q = 0 is a Lorentz peak.

References: Thompson, Cox & Hastings 1987 (pseudo-Voigt); Fano 1961 and Ferrari & Robertson 2000 (BWF); Fairley et al. 2021 (GL).
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx

Array = NDArray[np.float64]

#: How a GL peak mixes its factors: as sum or as product.
Form = Literal["product", "sum"]

_FOUR_LN2 = 4 * math.log(2)
_PERCENT = 100.0
#: Areas [1] of peaks of unit height and width.
LORENTZ_AREA, GAUSS_AREA = math.pi / 2, math.sqrt(math.pi / math.log(2)) / 2


def lorentzian(x: Array, *, centre: float, height: float, fwhm: float) -> Array:
    """A Lorentz peak.

    Parameters
    ----------
    x : ndarray, shape (n,)
        In any [unit].
    centre, fwhm : float
        In the unit of x.
    height : float
        In any [unit].

    Returns
    -------
    ndarray, shape (n,)
        In the unit of the height.
    """
    t = (x - centre) / fwhm
    return np.asarray(height / (1 + 4 * t * t))


def gaussian(x: Array, *, centre: float, height: float, fwhm: float) -> Array:
    """A Gauss peak.

    Parameters
    ----------
    x : ndarray, shape (n,)
        In any [unit].
    centre, fwhm : float
        In the unit of x.
    height : float
        In any [unit].

    Returns
    -------
    ndarray, shape (n,)
        In the unit of the height.
    """
    t = (x - centre) / fwhm
    return np.asarray(height * np.exp(-_FOUR_LN2 * t * t))


def pseudo_voigt(x: Array, *, centre: float, height: float, fwhm: float, eta: float) -> Array:
    """A sum of a Lorentz and a Gauss peak of one width.

    Parameters
    ----------
    x : ndarray, shape (n,)
        In any [unit].
    centre, fwhm : float
        In the unit of x.
    height : float
        In any [unit].
    eta : float
        [1] share of the Lorentz peak in the height.

    Returns
    -------
    ndarray, shape (n,)
        In the unit of the height.
    """
    sides = {"centre": centre, "height": height, "fwhm": fwhm}
    return np.asarray(eta * lorentzian(x, **sides) + (1 - eta) * gaussian(x, **sides))


def gl(x: Array, *, centre: float, height: float, fwhm: float, mixing: float, form: Form = "product") -> Array:
    """A peak between Gauss and Lorentz, as product or as sum.

    Parameters
    ----------
    x : ndarray, shape (n,)
        In any [unit].
    centre, fwhm : float
        In the unit of x.
    height : float
        In any [unit].
    mixing : float
        [%] share m of the Lorentz peak; 0 is a Gauss, 100 a Lorentz peak.
    form : {"product", "sum"}

    Returns
    -------
    ndarray, shape (n,)
        In the unit of the height.
    """
    m = mixing / _PERCENT
    if form == "sum":
        return pseudo_voigt(x, centre=centre, height=height, fwhm=fwhm, eta=m)
    t = (x - centre) / fwhm
    return np.asarray(height * np.exp(-_FOUR_LN2 * (1 - m) * t * t) / (1 + 4 * m * t * t))


def bwf(x: Array, *, centre: float, height: float, fwhm: float, inverse_q: float) -> Array:
    """A Breit-Wigner-Fano peak.

    Parameters
    ----------
    x : ndarray, shape (n,)
        In any [unit].
    centre, fwhm : float
        In the unit of x.
    height : float
        At the centre, in any [unit].
    inverse_q : float
        [1] 1/Q of the coupling; negative where the peak leans to lower x.

    Returns
    -------
    ndarray, shape (n,)
        In the unit of the height.
    """
    s = 2 * (x - centre) / fwhm
    return np.asarray(height * (1 + s * inverse_q) ** 2 / (1 + s * s))


def lorentzian_area(height: float, fwhm: float) -> float:
    """Area of a Lorentz peak.

    Parameters
    ----------
    height, fwhm : float
        In any [unit] each.

    Returns
    -------
    float
        In the product of both units.
    """
    return LORENTZ_AREA * height * fwhm


def gaussian_area(height: float, fwhm: float) -> float:
    """Area of a Gauss peak.

    Parameters
    ----------
    height, fwhm : float
        In any [unit] each.

    Returns
    -------
    float
        In the product of both units.
    """
    return GAUSS_AREA * height * fwhm


def pseudo_voigt_area(height: float, fwhm: float, eta: float) -> float:
    """Area of a pseudo-Voigt peak.

    Parameters
    ----------
    height, fwhm : float
        In any [unit] each.
    eta : float
        [1] share of the Lorentz peak.

    Returns
    -------
    float
        In the product of both units.
    """
    return (eta * LORENTZ_AREA + (1 - eta) * GAUSS_AREA) * height * fwhm


def gl_area(height: float, fwhm: float, mixing: float, form: Form = "product") -> float:
    """Area of a GL peak.

    Parameters
    ----------
    height, fwhm : float
        In any [unit] each.
    mixing : float
        [%] share of the Lorentz peak.
    form : {"product", "sum"}

    Returns
    -------
    float
        In the product of both units.
    """
    m = mixing / _PERCENT
    if form == "sum" or m <= 0:
        return pseudo_voigt_area(height, fwhm, m)
    a, b = _FOUR_LN2 * (1 - m), 4 * m
    return height * fwhm * math.pi / math.sqrt(b) * float(erfcx(math.sqrt(a / b)))


def bwf_area(height: float, fwhm: float, inverse_q: float) -> float:
    """Area of a Breit-Wigner-Fano peak above the constant that it tends to.

    Parameters
    ----------
    height, fwhm : float
        In any [unit] each.
    inverse_q : float
        [1] 1/Q of the coupling.

    Returns
    -------
    float
        In the product of both units.
    """
    return LORENTZ_AREA * height * fwhm * (1 - inverse_q**2)


def bwf_maximum(centre: float, height: float, fwhm: float, inverse_q: float) -> tuple[float, float]:
    """Where a Breit-Wigner-Fano peak has its maximum, and how high it is.

    Parameters
    ----------
    centre, fwhm : float
        In any [unit].
    height : float
        At the centre, in any [unit].
    inverse_q : float
        [1] 1/Q of the coupling.

    Returns
    -------
    tuple of two floats
        In the units of the centre and of the height.
    """
    return centre + fwhm * inverse_q / 2, height * (1 + inverse_q**2)
