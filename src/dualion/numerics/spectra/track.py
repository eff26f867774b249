"""D and G of one frame of a series: two Lorentz bands on a straight line, begun where the fit of the frame before ended."""

from __future__ import annotations

import math

import numpy as np

from dualion.errors import CoverageError
from dualion.numerics.series.frame import FrameFit
from dualion.numerics.spectra.carbon_bands import fit_bands
from dualion.numerics.spectra.carbon_quantities import without_bands
from dualion.numerics.spectra.preparation import finite_rising
from dualion.numerics.spectra.terms import Array

#: [cm-1] that is fitted.
WINDOW = (800.0, 2000.0)
#: What can be followed; positions [cm-1], and the height of G on the scale of the intensity.
QUANTITIES = ("d_position", "g_position", "g_intensity")


def track(x: Array, y: Array, *, quantity: str, seed: tuple[float, ...] = ()) -> FrameFit:
    """One quantity of one frame.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Raman shift [cm-1].
    y : ndarray, shape (n,)
        Intensity, in any [unit].
    quantity : {"d_position", "g_position", "g_intensity"}
    seed : tuple of float
        Parameters of the frame before, in the [unit] of each; the usual ones where empty.

    Returns
    -------
    FrameFit
        NaN where no bands stand out.
    """
    (x, y), _ = finite_rising(x, y)
    inside = (x >= WINDOW[0]) & (x <= WINDOW[1])
    try:
        fitted = fit_bands(x[inside], y[inside], model="lorentz2", baseline="linear", start=seed)
    except (CoverageError, ValueError):
        return FrameFit(math.nan, math.nan)
    if without_bands(fitted):
        return FrameFit(math.nan, math.nan)
    value, stderr = fitted.size("G", "height") if quantity == "g_intensity" else fitted.position(quantity[0].upper())
    return FrameFit(value, stderr, tuple(float(one) for one in np.asarray(fitted.fit.values)))
