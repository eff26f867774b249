"""Raman spectra of carbons: D and G bands, the ratio of both with its range over models and baselines, and L_a where a relation is chosen.

    I(nu) = baseline + sum of bands        lorentz2: D, G;  bwf2: G Breit-Wigner-Fano;  lorentz4: D4, D, D3, G;  lorentz5: D2 as well
    ratio = I_D / I_G                      of heights, or of areas A_D / A_G: about half of, and twice the other

Spikes of one or two points are replaced by the median of their neighbours first, and listed. The baseline is a straight line of the fit, or
one of pybaselines (asls, arpls, snip). A ratio hangs on both choices by tens of per cent and on noise by one, so it never comes alone: the
standard grid of four baselines and two models is fitted as well, and its least and greatest value stand beside the ratio. The error of each
quantity joins the fit, half of that range, and the calibration of the axis; that of the fit alone is never given.

The axis is shifted by 520.5 cm-1 less the position where silicon was found (``calibration``). A spectrum of silicon gives that position.

L_a is given only by a relation that was named, with the wavelength of the laser, and by the kind of ratio that the relation was made for.
Above 2 nm the ratio falls with L_a (Tuinstra & Koenig 1970; Knight & White 1989 with C of Matthews et al. 1999; Cançado et al. 2006 for
areas), below it rises (Ferrari & Robertson 2000): a ratio alone does not tell the branch. The error of L_a is that of the ratio; the
relations hold within some ten per cent.

Valid for first-order spectra of disordered carbons between 800 and 2000 cm-1. D moves with the laser by about 50 cm-1/eV. G and D2 merge in
a disordered carbon, so G moves with the number of peaks.

References: Ferrari & Robertson 2000; Sadezky et al. 2005; Eilers 2003; Baek et al. 2015; Ryan et al. 1988; Itoh et al. 2019 (silicon).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import polars as pl

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.arrays import curve_from
from dualion.numerics.simulated import simulated_source
from dualion.numerics.spectra.baselines import BASELINES, Baseline
from dualion.numerics.spectra.carbon_bands import MODELS, Measure, Model, fit_bands, standard_grid
from dualion.numerics.spectra.carbon_errors import QUANTITIES
from dualion.numerics.spectra.carbon_quantities import (
    band_flags,
    band_quantities,
    band_table,
    curves_of,
    sensitivity_table,
    without_bands,
)
from dualion.numerics.spectra.carbon_synthesis import CarbonBands, Made, erring, spectrum_of
from dualion.numerics.spectra.lateral_size import TAKES, Relation, branch_of, lateral_quantity
from dualion.numerics.spectra.lines import SILICON, SILICON_WINDOW, Line, line_in
from dualion.numerics.spectra.preparation import finite_rising
from dualion.numerics.spectra.spikes import despiked
from dualion.numerics.spectra.terms import Array
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.checks import not_positive
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

#: Fewest points in the window, and share of it that they must span.
FEWEST, SPANNED = 40, 0.6
#: How far above the scatter of its surroundings the line of silicon stands [1], and the standard error of its vertex [cm-1].
_SILICON_ABOVE, _SILICON_ERROR = 5.0, 0.15
_X, _Y = "raman_shift_per_centimetre", "intensity_arbitrary"
_SHIFT, _INTENSITY = Axis("Raman shift", "cm-1"), Axis("Intensity, arbitrary scale", "1")
_SHOWN = 5  # places of spikes that a message lists
_RAYLEIGH = 100.0  # [cm-1] below which the laser may shine through


@dataclass(frozen=True, slots=True)
class Options:
    """How the bands are fitted, and what is made of their ratio."""

    model: Model = "lorentz2"  # "lorentz2", "bwf2", "lorentz4" or "lorentz5"
    baseline: Baseline = "arpls"  # "linear", "asls", "arpls" or "snip"
    window: tuple[float, float] = (800.0, 2000.0)  # [cm-1] that is fitted
    measure: Measure = "height"  # of the bands whose ratio is meant, or "area"
    la_relation: Relation | None = None  # "tuinstra-koenig", "cancado2006", "ferrari-robertson" or "width"; no L_a without it
    laser_nm: float | None = None  # [nm] of the laser; that of the file where absent
    calibration: float | None = None  # [cm-1] where the line of silicon was found
    sensitivity_grid: bool = True  # whether the standard grid is fitted; without it the range of a reference spectrum is taken
    despike: float | None = 8.0  # [1] standard deviations of the noise above its neighbours from which a point is a spike; None leaves all
    scherrer_la: float | None = None  # [nm] of the same sample by X-ray diffraction
    width_constants: tuple[float, float] | None = None  # [cm-1] and [cm-1 nm] of the relation "width", from its paper

    def __post_init__(self) -> None:
        words = (
            ("model", self.model, tuple(MODELS)),
            ("baseline", self.baseline, BASELINES),
            ("measure", self.measure, get_args(Measure)),
            ("la_relation", self.la_relation, (None, *TAKES)),
        )
        problems = [
            f'{name}: "{word}" is not known. Write one of {", ".join(map(str, filter(None, known)))}.'
            for name, word, known in words
            if word not in known
        ]
        if not (all(map(math.isfinite, self.window)) and self.window[0] < self.window[1]):
            problems.append(f"window: {self.window} does not rise. Give it in cm-1, its lower end first.")
        problems += not_positive(self, "laser_nm", "despike", "scherrer_la")
        low, high = SILICON_WINDOW
        if self.calibration is not None and not low <= self.calibration <= high:
            problems.append(f"calibration: {self.calibration} is not where silicon is found, {low:g} to {high:g} cm-1.")
        if self.la_relation == "width" and self.width_constants is None:
            problems.append("width_constants: the relation of the width has no constants of its own. Give a in cm-1 and b in cm-1 nm.")
        if problems:
            raise SpecError(problems)


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Fit D and G, and say how far their ratio hangs on the choices.

    Parameters
    ----------
    measurements : sequence of Measurement
        One spectrum.
    options : Options

    Returns
    -------
    Result
        ``d_position``, ``g_position``, ``d_fwhm``, ``g_fwhm`` [cm-1], ``id_ig_height``, ``id_ig_area`` [1] with the ends of their ranges,
        ``l_a`` [nm] where a relation is named; of silicon ``silicon_position`` [cm-1] alone. Tables ``bands`` and ``sensitivity``.

    Raises
    ------
    CoverageError, InputError
        No measurement or more than one, a missing column, too few points in the window.
    """
    check_input(TECHNIQUE, measurements)
    if len(measurements) > 1:
        raise InputError(f"raman takes one spectrum and has {len(measurements)}. Analyse them one by one.")
    (x, y), flags = finite_rising(*(measurements[0].table[name].to_numpy() for name in (_X, _Y)))
    line = _silicon_line(x, y)
    values, found, curves, tables = _silicon(x, y, line) if line else _carbon(measurements[0], x, y, options)
    return Result(
        technique=TECHNIQUE.name,
        values=values,
        curves={name: curve_from(_SHIFT, _INTENSITY, one, other) for name, (one, other) in curves.items()},
        flags=tuple(dict.fromkeys((*carried_flags(measurements), *flags, *found))),
        provenance=provenance(TECHNIQUE, measurements, options),
        tables=tables,
    )


_Found = tuple[dict[str, Quantity], list[Flag], dict[str, tuple[Array, Array]], dict[str, pl.DataFrame]]


def _carbon(measured: Measurement, x: Array, y: Array, options: Options) -> _Found:
    """Values, flags, curves and tables of a carbon."""
    x, y, flags = _window(measured, x, y, options)
    fitted = fit_bands(x, y, model=options.model, baseline=options.baseline)
    grid = standard_grid(x, y) if options.sensitivity_grid else ()
    calibrated = options.calibration is not None
    curves = {"measured": (x, y)} | {name: (x, curve) for name, curve in curves_of(fitted).items()}
    flags += [*branch_of(options.scherrer_la)]
    refused = without_bands(fitted)
    if refused:
        withheld = {name: Quantity(None, "cm-1" if name.endswith(("position", "fwhm", "area")) else "1") for name in QUANTITIES}
        return withheld, [*flags, *refused], {"measured": (x, y)}, {"bands": pl.DataFrame(), "sensitivity": sensitivity_table(())}
    values = band_quantities(fitted, grid, window=options.window, calibrated=calibrated)
    flags += band_flags(fitted, grid, calibrated=calibrated)
    if options.la_relation is not None:
        stated = measured.conditions.get("laser_wavelength")
        laser = options.laser_nm or (stated.value if isinstance(stated, Quantity) else None)
        values["l_a"], more = lateral_quantity(
            options.la_relation, values, measure=options.measure, laser=laser, constants=options.width_constants
        )
        flags += more
    return values, flags, curves, {"bands": band_table(fitted), "sensitivity": sensitivity_table(grid)}


def _window(measured: Measurement, x: Array, y: Array, options: Options) -> tuple[Array, Array, list[Flag]]:
    """The rows that are fitted, calibrated and without spikes."""
    low, high = options.window
    if options.calibration is not None:
        x = x + SILICON - options.calibration
    inside = (x >= low) & (x <= high)
    x, y = x[inside], y[inside]
    if x.size < FEWEST:
        raise CoverageError(f"{measured.source.file}: raman, in rows between {low:g} and {high:g} cm-1,", FEWEST, int(x.size))
    if x[-1] - x[0] < SPANNED * (high - low):
        message = f"{measured.source.file}: raman: the rows span {x[0]:.0f} to {x[-1]:.0f} cm-1 of the window {low:g} to {high:g} cm-1."
        raise InputError(f"{message} Narrow the window, or give a spectrum that fills it.")
    if options.despike is None:
        return x, y, []
    y, rows = despiked(y, options.despike)
    if not rows.size:
        return x, y, []
    places = ", ".join(f"{x[row]:.1f}" for row in rows[:_SHOWN])
    message = f"{rows.size} points were spikes and became the median of their neighbours, at {places} cm-1 (despike)."
    return x, y, [Flag("despiked", "warning", message)]


def _silicon_line(x: Array, y: Array) -> Line | None:
    """The line of silicon, where it is the highest of the whole spectrum and sharp."""
    low, high = SILICON_WINDOW
    x, y = x[x > _RAYLEIGH], y[x > _RAYLEIGH]
    if x.size < FEWEST or np.ptp(y) == 0 or not low <= x[np.argmax(y)] <= high:
        return None
    line = line_in(x, y, SILICON_WINDOW)
    return line if line.above_noise > _SILICON_ABOVE else None


def _silicon(x: Array, y: Array, line: Line) -> _Found:
    """Values and curves of a spectrum of silicon, which calibrates others."""
    values = {
        "silicon_maximum": Quantity(line.highest, "cm-1", rule="highest point; no standard error: a row of the file"),
        "silicon_position": Quantity(line.position, "cm-1", _SILICON_ERROR, rule="vertex of the parabola through the three highest points"),
        "axis_shift": Quantity(SILICON - line.position, "cm-1", _SILICON_ERROR, rule=f"to add to every shift; {SILICON} cm-1 is silicon"),
    }
    message = f"This is silicon: it calibrates spectra of the same session by calibration = {line.position:.2f}; it has no D and G."
    inside = (x >= SILICON_WINDOW[0]) & (x <= SILICON_WINDOW[1])
    return values, [Flag("silicon", "note", message)], {"measured": (x[inside], y[inside])}, {}


def draw(result: Result) -> Figure:
    """The spectrum with its bands, and the ratios over the standard grid.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    lines = [Series("Measured", "measured", result.curves["measured"].x, result.curves["measured"].y, "raw-file")]
    for name, curve in result.curves.items():
        if name != "measured":
            said = name.removeprefix("band_")
            label = f"Band {said.upper()}" if name.startswith("band_") else {"fitted": "Sum", "baseline": "Baseline"}[name]
            lines.append(Series(label, "fitted", curve.x, curve.y, "analysis", sample=label))
    panels = [Panel(_SHIFT, _INTENSITY, tuple(lines))]
    grid = result.tables.get("sensitivity")
    if grid is not None and grid.height:
        ratios = Panel(Axis("Ratio D to G of heights", "1"), Axis("Ratio D to G of areas", "1"), tuple(_grid_series(grid)))
        panels.append(ratios)
    return Figure("raman", "Raman spectrum and its bands", _finding(result), tuple(panels), width=183 if len(panels) > 1 else 89)


def _grid_series(grid: pl.DataFrame) -> list[Series]:
    found = []
    for model in grid["model"].unique(maintain_order=True):
        rows = grid.filter((pl.col("model") == model) & pl.col("height_ratio").is_finite() & pl.col("area_ratio").is_finite())
        labels = tuple(rows["baseline"])
        found.append(
            Series(model, "measured", tuple(rows["height_ratio"]), tuple(rows["area_ratio"]), "analysis", sample=model, labels=labels)
        )
    return found


def _finding(result: Result) -> str:
    silicon = result.values.get("silicon_position")
    if silicon is not None:
        return f"The line of silicon stands at {silicon.value:.1f} cm-1."
    measure = str(result.provenance.options["measure"])
    ratio, g = result.values[f"id_ig_{measure}"], result.values["g_position"]
    if ratio.value is None or g.value is None:
        return "The bands are withheld: no D and G stand out of the noise."
    low, high = (result.values.get(f"id_ig_{measure}_{end}") for end in ("lowest", "highest"))
    over = f", and {low.value:.2f} to {high.value:.2f} over baselines and models" if low and high else ""
    return f"G stands at {g.value:.0f} cm-1, and the ratio of {measure}s D to G is {ratio.value:.2f}{over}."


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 1.0,
    d_position: float = 1344.5,
    g_position: float = 1591.5,
    d_fwhm: float = 180.0,
    g_fwhm: float = 85.0,
    id_ig_height: float = 1.03,
    d2_height: float = 0.0,
    d3_height: float = 0.0,
    d4_height: float = 0.0,
    slope: float = 0.3,
    laser_nm: float = 532.0,
) -> tuple[tuple[Measurement, ...], Truth]:
    """A spectrum of D and G on a sloping line, 700 to 2100 cm-1, erring as the method does.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        [1] multiple of noise of 1 % of G, of the error of the method, and of that of the calibration.
    d_position, g_position, d_fwhm, g_fwhm : float
        [cm-1]
    id_ig_height : float
        Ratio of heights D to G [1].
    d2_height, d3_height, d4_height : float
        Of further bands, over the height of G [1]; with them, two bands no longer find the truth.
    slope : float
        Rise of the baseline over the spectrum, over the height of G [1].
    laser_nm : float
        Wavelength of the laser [nm].
    """
    bands = CarbonBands(d_position, g_position, d_fwhm, g_fwhm, id_ig_height)
    made = Made(bands, d4_height=d4_height, d3_height=d3_height, d2_height=d2_height, slope=slope)
    x, y = spectrum_of(rng, erring(rng, made, noise=noise), noise=noise)
    source = simulated_source("raman", "synthetic-raman.txt", y)
    conditions = {"laser_wavelength": Quantity(laser_nm, "nm")}
    return (Measurement("raman", pl.DataFrame({_X: x, _Y: y}), conditions, "synthetic", source),), bands.truth


TECHNIQUE = Technique(
    name="raman",
    title="Raman spectroscopy of carbons",
    measurement="raman",
    needs=(_X, _Y),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=(
        "ferrari2000",
        "sadezky2005",
        "tuinstra1970",
        "knight1989",
        "matthews1999",
        "cancado2006",
        "eilers2003",
        "baek2015",
        "ryan1988",
        "itoh2019",
    ),
    example=Options(baseline="linear", calibration=SILICON),
    libraries=("numpy", "scipy", "polars", "pybaselines"),
)
