"""Quantities of the D and G bands, each with its unit, all parts of its error, and the choices it hangs on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl

from dualion.numerics.spectra.carbon_bands import Bands
from dualion.numerics.spectra.carbon_errors import QUANTITIES, half_range, range_over, standard_error
from dualion.numerics.spectra.intervals import factor_interval
from dualion.numerics.spectra.terms import Array
from dualion.records.quantity import Flag, Quantity

_UNITS = {"position": "cm-1", "fwhm": "cm-1", "height": "1", "area": "cm-1"}
_END = "no standard error: an end of the range over the standard grid"
#: Range of a ratio over its value beyond which it is called sensitive.
SENSITIVE = 0.15
#: Height of G over the residuals, and of both bands over their standard errors, below which there is no band.
_LEAST_SIGNAL, _LEAST_SIGNIFICANCE = 1.0, 3.0
#: Rise and fall of the background over the height of G that fluorescence makes.
_FLUORESCENT = 3.0
_ROUNDING = 1e-9  # [1] of the background, below which a spectrum is flat


def band_quantities(fitted: Bands, grid: Sequence[Bands], *, window: tuple[float, float], calibrated: bool) -> dict[str, Quantity]:
    """Positions, widths, heights, areas and ratios.

    Parameters
    ----------
    fitted : Bands
        By the chosen model and baseline.
    grid : sequence of Bands
        The standard grid; empty where it was not fitted.
    window : tuple of two floats
        [cm-1] that was fitted.
    calibrated : bool
        Whether the axis was calibrated.
    """
    basis = f"{fitted.model}, {fitted.baseline} baseline, {window[0]:g} to {window[1]:g} cm-1"
    found: dict[str, Quantity] = {}
    for name, of in QUANTITIES.items():
        value, statistical = of(fitted)
        error = standard_error(name, statistical, half_range(grid, name, value), calibrated=calibrated)
        kind = name.rpartition("_")[2]
        if kind == "position":
            found[name] = Quantity(value, "cm-1", error, rule=basis)
        elif name.startswith("id_ig"):
            found |= _ratio(name, kind, value, error, grid, basis)
        else:
            rule = f"{basis}, arbitrary scale" if kind in ("height", "area") else basis
            found[name] = Quantity(value, _UNITS[kind], value * error, rule=rule, interval=factor_interval(value, error))
    return found


def _ratio(name: str, kind: str, value: float, error: float, grid: Sequence[Bands], basis: str) -> dict[str, Quantity]:
    """A ratio, and the ends of its range where the grid was fitted."""
    if grid:
        low, high = range_over(grid, name)
        rule = f"ratio of {kind}s, {basis}; {low:.2f} to {high:.2f} over 4 baselines and 2 models"
        ends = {f"{name}_{end}": Quantity(one, "1", rule=f"ratio of {kind}s; {_END}") for end, one in (("lowest", low), ("highest", high))}
    else:
        rule, ends = f"ratio of {kind}s, {basis}; range over models and baselines as of a reference spectrum", {}
    return {name: Quantity(value, "1", value * error, rule=rule, interval=factor_interval(value, error)), **ends}


def without_bands(fitted: Bands) -> tuple[Flag, ...]:
    """The refusal of a spectrum that does not show both bands, or of a fit that did not end; empty where all is well."""
    if not fitted.fit.converged:
        return (
            Flag("not_converged", "refusal", f"The fit of {fitted.model} did not reach a minimum: narrow the window, or take fewer bands."),
        )
    sizes = [fitted.size(name, "height") for name in ("D", "G")]
    flat = float(np.ptp(fitted.fit.y)) <= _ROUNDING * float(np.abs(fitted.background).max())
    errors = [QUANTITIES[name](fitted)[1] for name in QUANTITIES]
    shown = all(value > _LEAST_SIGNIFICANCE * error and value > _LEAST_SIGNAL * fitted.fit.rms for value, error in sizes)
    if shown and not flat and all(map(math.isfinite, errors)):
        return ()
    message = "No D and G bands stand out of the noise in the window: check the window, and that this is a carbon."
    return (Flag("no_bands", "refusal", message),)


def band_flags(fitted: Bands, grid: Sequence[Bands], *, calibrated: bool) -> list[Flag]:
    """What to know about the bands.

    Parameters
    ----------
    fitted : Bands
    grid : sequence of Bands
    calibrated : bool
    """
    flags = []
    for name in ("id_ig_height", "id_ig_area") if grid else ():
        value, (low, high) = QUANTITIES[name](fitted)[0], range_over(grid, name)
        if high - low > SENSITIVE * value:
            message = f"{name}: {value:.2f}, and {low:.2f} to {high:.2f} over 4 baselines and 2 models. Compare only what was fitted alike."
            flags.append(Flag("ratio_sensitive", "warning", message))
    if not calibrated:
        flags.append(Flag("no_calibration", "warning", "The axis was not calibrated: give where silicon was found (calibration)."))
    held = [name for name in fitted.fit.at_bound if not name.startswith("baseline")]
    if held:
        flags.append(Flag("peak_at_bound", "warning", f"{', '.join(held)} ended on a bound: take another model or window."))
    rise, height = float(fitted.background.max() - fitted.background.min()), fitted.size("G", "height")[0]
    if rise > _FLUORESCENT * height:
        message = f"The background changes by {rise / height:.1f} times the height of G over the window; the baseline decides the ratio."
        flags.append(Flag("fluorescence", "warning", message))
    return flags


def band_table(fitted: Bands) -> pl.DataFrame:
    """One row for each band: position, width, height and area with their statistical standard errors."""
    rows = []
    for name in fitted.names:
        row: dict[str, object] = {"band": name}
        numbers = {
            "position [cm-1]": fitted.position(name),
            "fwhm [cm-1]": fitted.width(name),
            "height_ratio_to_g": tuple(one / fitted.size("G", "height")[0] for one in fitted.size(name, "height")),
            "area_ratio_to_g": tuple(one / fitted.size("G", "area")[0] for one in fitted.size(name, "area")),
        }
        for heading, (value, stderr) in numbers.items():
            said, _, unit = heading.partition(" ")
            row |= {heading: value, f"{said}_stderr {unit}".strip(): stderr}
        rows.append(row)
    return pl.DataFrame(rows)


def sensitivity_table(grid: Sequence[Bands]) -> pl.DataFrame:
    """One row for each fit of the standard grid."""
    return pl.DataFrame(
        {
            "model": [one.model for one in grid],
            "baseline": [one.baseline for one in grid],
            "d_position [cm-1]": [one.position("D")[0] for one in grid],
            "g_position [cm-1]": [one.position("G")[0] for one in grid],
            "d_fwhm [cm-1]": [one.width("D")[0] for one in grid],
            "g_fwhm [cm-1]": [one.width("G")[0] for one in grid],
            "height_ratio": [one.ratio("height")[0] for one in grid],
            "area_ratio": [one.ratio("area")[0] for one in grid],
            "residual_relative_to_g": [one.fit.rms / one.size("G", "height")[0] for one in grid],
            "at_bound": [", ".join(one.fit.at_bound) for one in grid],
        },
        schema_overrides={"model": pl.String, "baseline": pl.String, "at_bound": pl.String},
    )


def curves_of(fitted: Bands) -> dict[str, Array]:
    """The background, the sum and each band above the background, shape (n,), in the unit of the intensity."""
    above = {name: fitted.background + fitted.fit.curve(name) for name in fitted.names}
    total = fitted.background + sum(fitted.fit.curve(name) for name in fitted.names)
    return {"baseline": fitted.background, "fitted": total, **{f"band_{name.lower()}": curve for name, curve in above.items()}}
