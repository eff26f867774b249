"""Where one sharp line of a spectrum stands: its highest point, and the vertex of a parabola through it and its neighbours.

The first-order line of silicon is taken to be at 520.5 cm-1 at room temperature (Itoh et al. 2019 have 520.45 +- 0.28 cm-1); what a
spectrometer finds there, less 520.5, is its offset, which is taken off every shift.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualion.errors import CoverageError
from dualion.numerics.spectra.terms import Array

#: [cm-1] position of the line of silicon, and where it is sought.
SILICON, SILICON_WINDOW = 520.5, (505.0, 536.0)
_THREE = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line.

    Parameters
    ----------
    highest : float
        In the unit of x, where its highest point is.
    position : float
        In the unit of x, of the vertex of the parabola.
    height : float
        Of the highest point above the median of the window, in any [unit].
    above_noise : float
        [1] that height over the robust scatter of the window.
    """

    highest: float
    position: float
    height: float
    above_noise: float


def line_in(x: Array, y: Array, window: tuple[float, float]) -> Line:
    """The highest line in a window.

    Parameters
    ----------
    x : ndarray, shape (n,)
        In any [unit], rising.
    y : ndarray, shape (n,)
        In any [unit].
    window : tuple of two floats
        In the unit of x.

    Returns
    -------
    Line

    Raises
    ------
    CoverageError
        Fewer than three points lie in the window.
    """
    inside = (x >= window[0]) & (x <= window[1])
    near, values = x[inside], y[inside]
    if near.size < _THREE:
        raise CoverageError(f"A line between {window[0]:g} and {window[1]:g}, in points,", _THREE, int(near.size))
    top = min(max(int(np.argmax(values)), 1), near.size - 2)
    bend, slope, _ = np.polyfit(near[top - 1 : top + 2] - near[top], values[top - 1 : top + 2], 2)
    vertex = -slope / (2 * bend) if bend < 0 else 0.0
    step = float(near[top + 1] - near[top - 1]) / 2
    median = float(np.median(values))
    scatter = float(np.median(np.abs(values - median)))
    height = float(values.max()) - median
    above = height / scatter if scatter > 0 else (np.inf if height > 0 else 0.0)
    return Line(float(near[np.argmax(values)]), float(near[top] + np.clip(vertex, -step, step)), height, float(above))
