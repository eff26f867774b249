"""The (002) reflection of one frame of a series: one pseudo-Voigt peak on a parabola, begun where the fit of the frame before ended."""

from __future__ import annotations

import math

from dualion.errors import CoverageError
from dualion.numerics.diffraction.geometry import CU_MEAN, Array
from dualion.numerics.diffraction.pattern import fit_interlayer
from dualion.numerics.diffraction.stack_quantities import missing
from dualion.numerics.series.frame import FrameFit
from dualion.numerics.spectra.preparation import finite_rising

#: [deg] of 2 theta from which a pattern is fitted.
FROM = 14.0
#: What can be followed: the position [deg], and the height of the reflection above its background, on the scale of the intensity.
QUANTITIES = ("position_002", "intensity_002")


def track(x: Array, y: Array, *, quantity: str, seed: tuple[float, ...] = (), wavelength: float = CU_MEAN) -> FrameFit:
    """One quantity of one frame.

    Parameters
    ----------
    x : ndarray, shape (n,)
        2 theta [deg].
    y : ndarray, shape (n,)
        Intensity, in any [unit].
    quantity : {"position_002", "intensity_002"}
    seed : tuple of float
        Parameters of the frame before, in the [unit] of each; the usual ones where empty.
    wavelength : float
        [angstrom]

    Returns
    -------
    FrameFit
        NaN where no reflection stands out.
    """
    (x, y), _ = finite_rising(x, y)
    inside = x >= FROM
    try:
        pattern = fit_interlayer(x[inside], y[inside], wavelength=wavelength, start=seed)
    except (CoverageError, ValueError):
        return FrameFit(math.nan, math.nan)
    fit = pattern.fit
    if missing(pattern, "002"):
        return FrameFit(math.nan, math.nan)
    values = tuple(float(one) for one in fit.values)
    if quantity == "position_002":
        return FrameFit(fit.value("002", "centre"), fit.stderr("002", "centre"), values)
    return FrameFit(fit.value("002", "height"), fit.stderr("002", "height"), values)
