"""D and G bands of a carbon: sets of peaks, their fit on a baseline, and how much the ratios hang on both choices.

    lorentz2   D, G Lorentz                       bwf2       D Lorentz, G Breit-Wigner-Fano
    lorentz4   D4, D, G Lorentz, D3 Gauss         lorentz5   the same and D2 Lorentz

The ratio of D to G is one of heights or of areas; it is no property of a spectrum alone. So it is fitted over a standard grid, four
baselines times two and four peaks, and the least and the greatest ratio stand beside the chosen one. D2 lies within the width of G in a
disordered carbon, which is why G moves by several cm-1 with the number of peaks.

References: ferrari2000 (BWF), sadezky2005 (the five bands and their shapes).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from dualion.numerics.spectra.baselines import BASELINES, Baseline, baseline_of
from dualion.numerics.spectra.fitting import TermFit, fit_terms
from dualion.numerics.spectra.shapes import GAUSS_AREA, LORENTZ_AREA
from dualion.numerics.spectra.terms import Array, Shape, Term

Model = Literal["lorentz2", "bwf2", "lorentz4", "lorentz5"]
Measure = Literal["height", "area"]

#: Bands of each model with their shapes.
MODELS: Mapping[Model, tuple[tuple[str, Shape], ...]] = MappingProxyType(
    {
        "lorentz2": (("D", "lorentz"), ("G", "lorentz")),
        "bwf2": (("D", "lorentz"), ("G", "bwf")),
        "lorentz4": (("D4", "lorentz"), ("D", "lorentz"), ("D3", "gauss"), ("G", "lorentz")),
        "lorentz5": (("D4", "lorentz"), ("D", "lorentz"), ("D3", "gauss"), ("G", "lorentz"), ("D2", "lorentz")),
    }
)
#: The standard grid: every baseline with two and with four peaks.
GRID: tuple[tuple[Model, Baseline], ...] = tuple((model, baseline) for model in ("lorentz2", "lorentz4") for baseline in BASELINES)

# band -> start, lowest and highest centre; start, lowest and highest full width [cm-1]: bands of carbons between 457 and 785 nm
_CENTRES = {"D4": (1200, 1150, 1250), "D": (1345, 1290, 1400), "D3": (1500, 1480, 1540), "G": (1585, 1540, 1625), "D2": (1615, 1605, 1640)}
_WIDTHS = {"D4": (100, 20, 300), "D": (140, 15, 400), "D3": (100, 20, 300), "G": (75, 8, 300), "D2": (30, 8, 80)}
#: Start of the height of a band over the highest point, and bounds of 1/Q.
_HEIGHTS = {"D4": 0.15, "D": 0.9, "D3": 0.2, "G": 0.9, "D2": 0.3}
_HIGHEST = 5.0  # [1] over the highest point
_LEAN = (-0.1, -0.6, 0.3)  # [1] 1/Q: start, lowest, highest
_STEEPEST = 1.0  # [1] level and rise of a straight line over the highest point


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """Fitted bands.

    Parameters
    ----------
    model, baseline : str
    fit : TermFit
        Of the intensity above the background that was taken off.
    background : ndarray, shape (n,)
        The baseline below the bands, in the unit of the intensity.
    """

    model: Model
    baseline: Baseline
    fit: TermFit
    background: Array

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the bands."""
        return tuple(name for name, _ in MODELS[self.model])

    def position(self, name: str) -> tuple[float, float]:
        """Where a band is highest, and the statistical standard error of it [cm-1]."""
        centre, width = self.fit.value(name, "centre"), self.fit.value(name, "fwhm")
        lean = self._lean(name)
        slopes = [(name, "centre", 1.0)]
        if lean is not None:
            slopes += [(name, "fwhm", lean / 2), (name, "inverse_q", width / 2)]
        return centre + width * (lean or 0.0) / 2, math.sqrt(self.fit.variance(slopes))

    def width(self, name: str) -> tuple[float, float]:
        """Full width at half of the height, and its statistical standard error [cm-1]."""
        return self.fit.value(name, "fwhm"), self.fit.stderr(name, "fwhm")

    def size(self, name: str, measure: Measure) -> tuple[float, float]:
        """Height or area of a band in the unit of the intensity (times cm-1), and its statistical standard error."""
        value = self._size(name, measure)
        return value, abs(value) * math.sqrt(self.fit.variance(self._logarithm(name, measure, 1.0)))

    def ratio(self, measure: Measure) -> tuple[float, float]:
        """Ratio [1] of D to G, and the statistical standard error of its logarithm; infinite where a band has no height."""
        d, g = (self._size(name, measure) for name in ("D", "G"))
        if d <= 0 or g <= 0:
            return (d / g if g > 0 else math.inf), math.inf
        return d / g, math.sqrt(self.fit.variance([*self._logarithm("D", measure, 1.0), *self._logarithm("G", measure, -1.0)]))

    def _lean(self, name: str) -> float | None:
        return self.fit.value(name, "inverse_q") if dict(MODELS[self.model])[name] == "bwf" else None

    def _size(self, name: str, measure: Measure) -> float:
        height, lean = self.fit.value(name, "height"), self._lean(name) or 0.0
        if measure == "height":
            return height * (1 + lean**2)
        factor = GAUSS_AREA if dict(MODELS[self.model])[name] == "gauss" else LORENTZ_AREA
        return factor * height * self.fit.value(name, "fwhm") * (1 - lean**2)

    def _logarithm(self, name: str, measure: Measure, power: float) -> list[tuple[str, str, float]]:
        """Derivatives of the logarithm of a size."""
        lean, height = self._lean(name), self.fit.value(name, "height")
        slopes = [(name, "height", power / height if height > 0 else 0.0)]
        if measure == "area":
            slopes.append((name, "fwhm", power / self.fit.value(name, "fwhm")))
        if lean is not None:
            slopes.append((name, "inverse_q", power * (2 * lean / (1 + lean**2) if measure == "height" else -2 * lean / (1 - lean**2))))
        return slopes


def fit_bands(x: Array, y: Array, *, model: Model, baseline: Baseline, start: Sequence[float] = ()) -> Bands:
    """Fit the bands of a model on a baseline.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Raman shift [cm-1], rising, of the window.
    y : ndarray, shape (n,)
        Intensity, in any [unit].
    model, baseline : str
    start : sequence of float, length k
        Parameters of an earlier fit of the same model and baseline, in the [unit] of each; the usual ones where empty.

    Returns
    -------
    Bands

    Raises
    ------
    CoverageError
        Too few points.
    """
    below = baseline_of(x, y, baseline)
    above = y - (float(y.min()) if below is None else below)
    highest = float(above.max()) or 1.0
    terms = [_band(name, shape, highest) for name, shape in MODELS[model]]
    if below is None:
        middle, half = float(x[0] + x[-1]) / 2, float(x[-1] - x[0]) / 2
        steep = _STEEPEST * highest
        terms.append(Term("baseline", "line", (0.0, 0.0), (-steep, -steep / half), (steep, steep / half), anchor=middle))
    found = fit_terms(x, above, terms, start=start)
    background = float(y.min()) + found.curve("baseline") if below is None else below
    return Bands(model, baseline, found, background)


def _band(name: str, shape: Shape, highest: float) -> Term:
    heights = (_HEIGHTS[name] * highest, 0.0, _HIGHEST * highest)
    rows = [_CENTRES[name], heights, _WIDTHS[name], *([_LEAN] if shape == "bwf" else [])]
    start, low, high = (tuple(float(row[k]) for row in rows) for k in range(3))
    return Term(name, shape, start, low, high)


def standard_grid(x: Array, y: Array) -> tuple[Bands, ...]:
    """Fits over the standard grid of four baselines times two and four peaks.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Raman shift [cm-1], rising, of the window.
    y : ndarray, shape (n,)
        Intensity, in any [unit].

    Returns
    -------
    tuple of Bands, length 8
    """
    return tuple(fit_bands(x, y, model=model, baseline=baseline) for model, baseline in GRID)


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Least and greatest of some values, in their unit; those that are not finite are left out.

    Parameters
    ----------
    values : sequence of float
        In any [unit].
    """
    finite = np.array([one for one in values if math.isfinite(one)])
    return (float(finite.min()), float(finite.max())) if finite.size else (math.nan, math.nan)
