"""Bands of one spectrum as quantities, with what spoils them: saturation, water, no band within the window.

u^2 = u_noise^2 + max(res / (2 sqrt(SNR)), 0.5 cm-1)^2
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dualion.errors import SpecError
from dualion.numerics.bands.position import LEAST_ERROR, Array, Band, Baseline, Estimator, band, floor
from dualion.records.quantity import Flag, Quantity

#: Transmittance [%] below which a band is saturated, and the absorbance [1] that is.
SATURATED = 2.0
_SATURATED_ABSORBANCE = -math.log10(SATURATED / 100)
#: [cm-1] where water absorbs.
WATER = (3300.0, 3400.0)


@dataclass(frozen=True, slots=True)
class Absorbance:
    """A spectrum over rising wavenumbers.

    Parameters
    ----------
    name : str
        Of the sample.
    x, y : ndarray, shape (n,)
        [cm-1], [1]; infinite where nothing comes through.
    resolution : float
        [cm-1]
    stated : str
        Where the resolution is from.
    column : str
        Of the ordinate.
    geometry : str
        ``"ATR"``, or empty.
    """

    name: str
    x: Array
    y: Array
    resolution: float
    stated: str
    column: str
    geometry: str


@dataclass(frozen=True, slots=True)
class Way:
    """How bands are measured.

    Parameters
    ----------
    estimator : {"centroid", "second_derivative"}
    baseline : {"linear", "none"}
    smoothing : float or None
        [cm-1]; the width of the band where None.
    normalise : tuple of two floats or None
        [cm-1] band by whose area heights and areas are divided.
    atr_correction : bool
    """

    estimator: Estimator
    baseline: Baseline
    smoothing: float | None
    normalise: tuple[float, float] | None
    atr_correction: bool


def measure(one: Absorbance, window: tuple[float, float], way: Way) -> Band:
    """The band in a window.

    Parameters
    ----------
    one : Absorbance
    window : tuple of two floats
        [cm-1]
    way : Way
    """
    finite = np.isfinite(one.y)
    x, y = one.x[finite], one.y[finite]
    found = band(x, y, window=window, baseline=way.baseline)
    if way.estimator == "centroid":
        return found
    width = way.smoothing or max(found.width, one.resolution)
    return band(x, y, window=window, estimator=way.estimator, baseline=way.baseline, smoothing=width)


def position_error(found: Band, one: Absorbance) -> float:
    """Standard error [cm-1] of the position of a band in a spectrum."""
    return math.hypot(found.noise_error, floor(one.resolution, found.signal_to_noise))


def band_quantities(mark: str, found: Band, one: Absorbance, way: Way, flags: list[Flag]) -> dict[str, Quantity]:
    """Quantities of a band; withheld where none stands out.

    Parameters
    ----------
    mark : str
        What stands before their names.
    found : Band
    one : Absorbance
    way : Way
    flags : list of Flag
        To which is added what spoils the band.
    """
    low, high = found.x[0], found.x[-1]
    where = f"{one.name}, {low:.0f} to {high:.0f} cm-1"
    ground = "line through both ends" if way.baseline == "linear" else "no baseline"
    rule = f"{way.estimator.replace('_', ' ')}, {ground}, {low:.0f} to {high:.0f} cm-1, resolution {one.resolution:g} cm-1 {one.stated}"
    if way.atr_correction:
        rule += ", ATR corrected"
    if not found.seen or found.at_edge:
        code, why = (
            ("band_at_edge", "the band does not end within the window") if found.seen else ("no_band", "no band stands out of the noise")
        )
        flags.append(Flag(code, "refusal", f"{where}: {why}. Give another band."))
        units = {"position": "cm-1", "maximum": "cm-1", "width": "cm-1", "height": "1", "area": "cm-1"}
        return {f"{mark}{name}": Quantity(None, unit, rule=rule) for name, unit in units.items()}
    flags += _overlap_flags(found, one, where)
    error = position_error(found, one)
    highest = math.hypot(found.maximum_error, floor(one.resolution, found.signal_to_noise))
    scale, scaled = _scale(one, way)
    scale_error = scaled * scale
    values = {
        f"{mark}position": Quantity(found.position, "cm-1", error, rule=rule),
        f"{mark}maximum": Quantity(found.maximum, "cm-1", highest, rule=f"parabola through the top tenth, {ground}"),
        f"{mark}width": Quantity(found.width, "cm-1", math.hypot(found.width_error, LEAST_ERROR), rule=f"at half of the height, {ground}"),
    }
    unit = "arbitrary scale" if one.column == "intensity_arbitrary" else "absorbance"
    over = f", over the area of {way.normalise[0]:g} to {way.normalise[1]:g} cm-1" if way.normalise else ""
    for name, value, spread, dimension in (
        ("height", found.height, found.height_error, "1"),
        ("area", found.area, found.area_error, "cm-1"),
    ):
        total = math.hypot(spread / scale, value / scale**2 * scale_error)
        dimension = dimension if way.normalise is None else ("cm" if name == "height" else "1")
        values[f"{mark}{name}"] = Quantity(value / scale, dimension, total, rule=f"{unit}, {ground}{over}")
    return values


def _scale(one: Absorbance, way: Way) -> tuple[float, float]:
    """Area [cm-1] of the normalisation band and its relative standard error [1]."""
    if way.normalise is None:
        return 1.0, 0.0
    finite = np.isfinite(one.y)
    found = band(one.x[finite], one.y[finite], window=way.normalise, baseline=way.baseline)
    if not found.seen or found.area <= 0:
        raise SpecError(f"normalise: {one.name} has no band between {way.normalise[0]:g} and {way.normalise[1]:g} cm-1. Give another.")
    return found.area, found.area_error / found.area


def _overlap_flags(found: Band, one: Absorbance, where: str) -> list[Flag]:
    """What spoils a band."""
    flags = []
    inside = (one.x >= found.x[0]) & (one.x <= found.x[-1])
    highest = float(one.y[inside].max())
    if one.column != "intensity_arbitrary" and highest > _SATURATED_ABSORBANCE:
        least = 100 * 10**-highest if math.isfinite(highest) else 0.0
        message = f"{where}: the transmittance falls to {least:.2g} %, and below {SATURATED:g} % the shape of a band is not its own."
        flags.append(Flag("saturated", "warning", message))
    if WATER[0] <= found.position <= WATER[1]:
        message = f"{where}: water absorbs at {WATER[0]:.0f} to {WATER[1]:.0f} cm-1; the band moves with the water content of the sample."
        flags.append(Flag("water_overlap", "warning", message))
    return flags


def band_row(name: str, label: str, found: Band, one: Absorbance) -> dict[str, object]:
    """Row of the table of bands: its sample, name and numbers."""
    good = found.seen and not found.at_edge
    return {
        "sample": name,
        "band": label,
        "position [cm-1]": found.position if good else None,
        "position_stderr [cm-1]": position_error(found, one) if good else None,
        "maximum [cm-1]": found.maximum if good else None,
        "width [cm-1]": found.width if good else None,
        "height [1]": found.height,
        "area [cm-1]": found.area,
        "noise [1]": found.noise,
    }
