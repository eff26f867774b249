"""Lines of photoelectrons, scaled to unit area, with their derivatives.

    s(E) = f(t) / (c w),   t = (E - p) / w,   c = integral of f over t          E, p, w: binding energy, position, width

    GL(m)       f = exp(-a t^2) / (1 + b t^2),  a = 4 (1 - m) ln2,  b = 4 m     (product form; w is nominal, see numerics.spectra.shapes)
    SGL(m)      f = m Lorentz + (1 - m) Gauss, both of the width w
    Voigt(m)    Lorentz of the width m w, convolved with the Gauss that makes the full width w
    tail        f + (1 - f) tau exp(-d t) for t > 0 (higher binding energy): the asymmetry of conducting carbon, with share tau and decay d

The area of a line with a tail is counted to twenty widths on both sides.

References: Fairley et al. 2021 (GL, SGL); Olivero & Longbothum 1977 (width of the Voigt profile).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import wofz

from dualion.numerics.spectra.shapes import gl_area

Array = NDArray[np.float64]
Kind = Literal["gl", "sgl", "voigt"]

_FOUR_LN2 = 4 * math.log(2)
_PERCENT = 100.0
_SPAN = 20.0  # widths on either side to which the area of a line with a tail is counted
_STEPS = 40_001
#: Constants of the width of a Voigt profile, f = k1 fL + sqrt(k2 fL^2 + fG^2) (Olivero & Longbothum 1977).
_K1, _K2 = 0.5346, 0.2166


@dataclass(frozen=True, slots=True)
class Line:
    """The form of a line.

    Parameters
    ----------
    kind : {"gl", "sgl", "voigt"}
    mixing : float
        [%] Lorentz share: of the exponent and denominator, of the height, or of the width.
    tail : float
        [1] share of the tail, 0 for none.
    decay : float
        [1] of the tail with each width.
    """

    kind: Kind = "gl"
    mixing: float = 30.0
    tail: float = 0.0
    decay: float = 0.0

    def curve(self, t: Array) -> tuple[Array, Array]:
        """Height [1] and its slope [1] at reduced energies ``t`` [1], both of the shape of ``t``."""
        m = self.mixing / _PERCENT
        if self.kind == "voigt" and m > 0:
            f, slope = _voigt(t, m)
        elif self.kind == "sgl":
            gauss, lorentz = np.exp(-_FOUR_LN2 * t * t), 1 / (1 + 4 * t * t)
            f = m * lorentz + (1 - m) * gauss
            slope = -8 * t * m * lorentz**2 - 2 * _FOUR_LN2 * t * (1 - m) * gauss
        else:
            a, b = (_FOUR_LN2 * (1 - m), 4 * m) if self.kind == "gl" else (_FOUR_LN2, 0.0)
            f = np.exp(-a * t * t) / (1 + b * t * t)
            slope = -2 * t * f * (a + b / (1 + b * t * t))
        if self.tail == 0:
            return f, slope
        tail = np.where(t > 0, self.tail * np.exp(-self.decay * np.clip(t, 0, None)), 0.0)
        return f + (1 - f) * tail, slope * (1 - tail) - (1 - f) * self.decay * tail

    @property
    def area(self) -> float:
        """Area [1] of a line of unit height and width."""
        return _area(self)


@lru_cache(maxsize=64)
def _area(line: Line) -> float:
    if line.tail == 0 and line.kind in ("gl", "sgl"):
        return gl_area(1.0, 1.0, line.mixing, "product" if line.kind == "gl" else "sum")
    if line.tail == 0 and line.mixing > 0:
        return 1 / float(_voigt_density(np.zeros(1), line.mixing / _PERCENT)[0][0])
    t = np.linspace(-_SPAN, _SPAN, _STEPS)
    return float(np.trapezoid(line.curve(t)[0], t))


def _voigt(t: Array, m: float) -> tuple[Array, Array]:
    """A Voigt profile of unit height and width, and its slope."""
    top = float(_voigt_density(np.zeros(1), m)[0][0])
    density, slope = _voigt_density(t, m)
    return density / top, slope / top


def _voigt_density(t: Array, m: float) -> tuple[Array, Array]:
    """A Voigt profile of unit area and width, and its slope."""
    if m >= 1:
        lorentz = 1 / (1 + 4 * t * t)
        return 2 / math.pi * lorentz, -16 / math.pi * t * lorentz**2
    gauss = math.sqrt((1 - _K1 * m) ** 2 - _K2 * m * m)  # solves f = 1 for the width of the Gauss
    sigma = gauss / math.sqrt(2 * _FOUR_LN2)
    z = (t + 0.5j * m) / (sigma * math.sqrt(2))
    w = wofz(z)
    scale = sigma * math.sqrt(2 * math.pi)
    slope = (-2 * z * w + 2j / math.sqrt(math.pi)) / (sigma * math.sqrt(2))
    return w.real / scale, slope.real / scale
