"""Thickness of an adsorbed layer, and the line of the t-plot.

    Harkins-Jura     t = (0.1399 / (0.034 - log10 x))^(1/2)                             (Harkins & Jura 1944; de Boer et al. 1966)
    Halsey           t = 0.354 (-5 / ln x)^(1/3)                                        (Halsey 1948)
    carbon black     t = 0.088 x^2 + 0.645 x + 0.298,  0.2 < x < 0.5                    (Magee 1995; ASTM D6556)

t in nm, x = p/p0, nitrogen at 77 K. A standard isotherm of a surface without pores gives t = 0.354 nm n/n_m (Kruk, Jaroniec & Gadkaree
1997). Within limits of t that the user states, V = V_micro + S_ext t: the slope is the area outside the micropores, the intercept their
volume. Which section of the plot is taken decides the answer, so the limits are never sought.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.numerics.sorption.straight import LEAST_POINTS, straight

Array = NDArray[np.float64]

#: [nm] thickness of one layer of nitrogen.
LAYER = 0.354
#: [m2/g] of 1 cm3/g divided by 1 nm.
AREA_OF_SLOPE = 1e3
THICKNESSES = ("carbon-black", "harkins-jura", "halsey")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the t-plot.

    Parameters
    ----------
    area, area_stderr : float
        [m2/g] from the slope.
    volume, volume_stderr : float
        [cm3/g] intercept.
    points : int
        [1]
    correlation : float
        r [1].
    """

    area: float
    area_stderr: float
    volume: float
    volume_stderr: float
    points: int
    correlation: float


def thickness(name: str, x: Array) -> Array:
    """Thickness of the adsorbed layer.

    Parameters
    ----------
    name : str
        One of ``THICKNESSES``.
    x : ndarray, shape (n,)
        [1] relative pressures between 0 and 1.

    Returns
    -------
    ndarray, shape (n,)
        [nm]
    """
    inside = np.clip(x, np.finfo(float).tiny, 1 - np.finfo(float).eps)
    if name == "harkins-jura":
        return np.asarray(np.sqrt(0.1399 / (0.034 - np.log10(inside))))
    if name == "halsey":
        return np.asarray(LAYER * (-5 / np.log(inside)) ** (1 / 3))
    return np.asarray(0.088 * inside**2 + 0.645 * inside + 0.298)


def t_line(t: Array, volume: Array, limits: tuple[float, float]) -> Line | None:
    """The line through a section of a t-plot.

    Parameters
    ----------
    t : ndarray, shape (n,)
        [nm]
    volume : ndarray, shape (n,)
        [cm3/g] of liquid.
    limits : tuple of two floats
        [nm] of the section.

    Returns
    -------
    Line or None
        None where the section has fewer than three points, or no width.
    """
    inside = (t >= limits[0]) & (t <= limits[1])
    x, y = t[inside], volume[inside]
    if x.size < LEAST_POINTS or np.ptp(x) <= 0:
        return None
    line = straight(x, y)
    return Line(
        area=AREA_OF_SLOPE * line.slope,
        area_stderr=AREA_OF_SLOPE * line.slope_stderr,
        volume=line.level,
        volume_stderr=line.level_stderr,
        points=int(x.size),
        correlation=line.correlation,
    )
