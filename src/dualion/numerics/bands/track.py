"""Bands in the frames of a series: the position in one frame, from where it was in the frame before."""

from __future__ import annotations

import numpy as np

from dualion.errors import InputError
from dualion.numerics.bands.position import Array, band
from dualion.numerics.series.frame import FrameFit

#: [cm-1] carbonyl stretch of ethylene carbonate, free and coordinated.
CARBONYL = (1730.0, 1830.0)
QUANTITIES = ("band_position",)


def track(x: Array, y: Array, *, quantity: str = "band_position", seed: tuple[float, ...] = ()) -> FrameFit:
    """Position of a band in one frame.

    Parameters
    ----------
    x : ndarray, shape (n,)
        [cm-1] wavenumbers in any order.
    y : ndarray, shape (n,)
        [1] absorbance.
    quantity : str
        ``"band_position"`` [cm-1].
    seed : tuple of float
        [cm-1] lower and upper end of the window, and the position in the frame before, where there is one; the carbonyl stretch of ethylene
        carbonate where empty.

    Returns
    -------
    FrameFit
        NaN where no band stands out of the noise. The standard error is that of the noise: calibration is common to the frames of a series.

    Raises
    ------
    InputError
        Another quantity.
    """
    if quantity not in QUANTITIES:
        raise InputError(f'"{quantity}" is not followed in infrared spectra. Write one of {", ".join(QUANTITIES)}.')
    low, high = seed[:2] if len(seed) > 1 else CARBONYL
    good = np.isfinite(x) & np.isfinite(y)
    rising, first = np.unique(x[good], return_index=True)
    found = band(rising, y[good][first], window=(low, high), near=seed[2] if len(seed) > 2 else None)
    if not found.seen or found.at_edge:
        return FrameFit(float("nan"), float("nan"), (low, high, *seed[2:3]))
    return FrameFit(found.position, found.noise_error, (low, high, found.position))
