"""A made Raman spectrum of a carbon: up to five bands on a sloping line, with noise, and with what the method errs by.

What the method errs by is what an analysis states: half of the range of each quantity over the standard grid, found on the same spectrum
without noise, and the error of the calibration. The spectrum is made of bands that differ from the true ones by draws from these errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from dualion.numerics.spectra.carbon_bands import fit_bands, standard_grid
from dualion.numerics.spectra.carbon_errors import CALIBRATED, QUANTITIES, half_range
from dualion.numerics.spectra.shapes import gaussian, lorentzian
from dualion.numerics.spectra.terms import Array

#: Where D4, D3 and D2 are and how wide [cm-1].
_OTHERS = {"D4": (1200.0, 120.0), "D3": (1500.0, 110.0), "D2": (1615.0, 30.0)}
#: Standard deviation [1] of the noise over the height of G.
_NOISE = 0.01
_STEP = 2.0  # [cm-1]
_SPAN = (700.0, 2100.0)  # [cm-1]
_COUNTS = 1000.0  # height of G
_TOGETHER = 0.95  # largest correlation


@dataclass(frozen=True, slots=True)
class CarbonBands:
    """What a spectrum is made of.

    Parameters
    ----------
    d_position, g_position, d_fwhm, g_fwhm : float
        [cm-1]
    id_ig_height : float
        [1]
    """

    d_position: float
    g_position: float
    d_fwhm: float
    g_fwhm: float
    id_ig_height: float

    @property
    def truth(self) -> dict[str, float]:
        """Values that an analysis is to find: positions and widths [cm-1], ratios [1]."""
        return {
            "d_position": self.d_position,
            "g_position": self.g_position,
            "d_fwhm": self.d_fwhm,
            "g_fwhm": self.g_fwhm,
            "id_ig_height": self.id_ig_height,
            "id_ig_area": self.id_ig_height * self.d_fwhm / self.g_fwhm,
        }


@dataclass(frozen=True, slots=True)
class Made:
    """A spectrum to make.

    Parameters
    ----------
    bands : CarbonBands
    d4_height, d3_height, d2_height : float
        Of further bands, over the height of G [1].
    slope : float
        Rise of the baseline over the spectrum, over the height of G [1].
    """

    bands: CarbonBands
    d4_height: float = 0.0
    d3_height: float = 0.0
    d2_height: float = 0.0
    slope: float = 0.0

    def intensity(self, x: Array) -> Array:
        """Intensity over the height of G, shape (n,), at x [cm-1]."""
        bands = self.bands
        y = 0.5 + self.slope * (x - _SPAN[0]) / (_SPAN[1] - _SPAN[0])
        y = y + lorentzian(x, centre=bands.d_position, height=bands.id_ig_height, fwhm=bands.d_fwhm)
        y = y + lorentzian(x, centre=bands.g_position, height=1.0, fwhm=bands.g_fwhm)
        for name, share in (("D4", self.d4_height), ("D3", self.d3_height), ("D2", self.d2_height)):
            centre, fwhm = _OTHERS[name]
            y = y + (gaussian if name == "D3" else lorentzian)(x, centre=centre, height=share, fwhm=fwhm)
        return np.asarray(y)


@lru_cache(maxsize=64)
def method_errors(made: Made, window: tuple[float, float]) -> dict[str, float]:
    """Errors to draw, of positions [cm-1] and of the logarithms [1] of the others: half-ranges over the standard grid, without noise.

    Parameters
    ----------
    made : Made
    window : tuple of two floats
        [cm-1] that is fitted.
    """
    x = np.arange(window[0], window[1] + _STEP / 2, _STEP)
    y = made.intensity(x)
    grid, truth = standard_grid(x, y), fit_bands(x, y, model="lorentz2", baseline="linear")
    return {name: half_range(grid, name, QUANTITIES[name](truth)[0]) for name in made.bands.truth}


def erring(rng: np.random.Generator, made: Made, *, noise: float, window: tuple[float, float] = (800.0, 2000.0)) -> Made:
    """The spectrum whose bands differ from the true ones by what the method errs by.

    Parameters
    ----------
    rng : numpy.random.Generator
    made : Made
    noise : float
        [1] multiple of these errors.
    window : tuple of two floats
        [cm-1] that will be fitted.
    """
    true, h = made.bands, method_errors(made, window)
    g_draw, d_place, axis, g_place, height, d_draw = (noise * float(one) for one in rng.standard_normal(6))
    both = _correlation(h)
    g_width = both * d_draw + math.sqrt(1 - both**2) * g_draw
    bands = CarbonBands(
        d_position=true.d_position + h["d_position"] * d_place + CALIBRATED * axis,
        g_position=true.g_position + h["g_position"] * g_place + CALIBRATED * axis,
        d_fwhm=true.d_fwhm * math.exp(h["d_fwhm"] * d_draw),
        g_fwhm=true.g_fwhm * math.exp(h["g_fwhm"] * g_width),
        id_ig_height=true.id_ig_height * math.exp(h["id_ig_height"] * height),
    )
    return replace(made, bands=bands)


def _correlation(h: dict[str, float]) -> float:
    """Correlation [1] of the errors of both widths with which the ratio of areas errs by as much as it is said to: a baseline that is too
    low widens both bands.
    """
    parts = h["id_ig_height"] ** 2 + h["d_fwhm"] ** 2 + h["g_fwhm"] ** 2
    product = 2 * h["d_fwhm"] * h["g_fwhm"]
    return float(np.clip((parts - h["id_ig_area"] ** 2) / product if product > 0 else 0.0, -_TOGETHER, _TOGETHER))


def spectrum_of(rng: np.random.Generator, made: Made, *, noise: float) -> tuple[Array, Array]:
    """Raman shift [cm-1] and intensity, on an arbitrary scale.

    Parameters
    ----------
    rng : numpy.random.Generator
    made : Made
    noise : float
        [1] multiple of noise of 1 % of the height of G.

    Returns
    -------
    tuple of ndarray, shape (n,)
    """
    x = np.arange(_SPAN[0], _SPAN[1] + _STEP / 2, _STEP)
    return x, _COUNTS * (made.intensity(x) + noise * _NOISE * rng.standard_normal(x.size))
