"""Infrared bands: position, width, height and area, the shift between two samples, and the coordinated share of ethylene carbonate.

    A = -log10(T / 100),   T in %;   every band is measured in absorbance, above the line through both ends of its window
    centroid            sum x (A - h/2) / sum (A - h/2)           over the part above half of the height h
    second derivative   vertex of the parabola through the lowest points of d2A/dx2 (cubic Savitzky-Golay polynomials)
    u^2 = u_noise^2 + max(res / (2 sqrt(SNR)), 0.5 cm-1)^2        res: resolution; SNR: height over noise
    shift = position(sample) - position(pair)

ATR shifts bands to lower wavenumbers against transmission; ``atr_correction`` takes out the depth of penetration, which goes with 1 / nu,
and not the dispersion of the refractive index. Ethylene carbonate: pairs of Lorentz bands of fixed splitting (1800 and 1773 cm-1), free and
10-25 cm-1 lower when coordinated; the share is that of areas and takes both to absorb alike.

Recipe ``figure-s1``: the N-H and O-H stretch (3349 cm-1 in MEC0, 3386 in MEC3), the N-H bend (1561) and the O-H bend of carbons.

Valid for bands that do not saturate: below 2 % transmittance stray light and the detector set the shape (``saturated``). The stretch of
water lies at 3300-3400 cm-1: a broad maximum there moves with the water content (``water_overlap``), and a shift below 0.5 cm-1 is none
(``shift_below_resolution``). Heights of two samples are comparable only over a normalisation band (``not_normalised``).

References: cameron1982, savitzky1964, harrick1967, angell1956.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.arrays import curve_from, numbers
from dualion.numerics.bands.doublet import Doublet, doublet, pairs
from dualion.numerics.bands.position import FEWEST, LEAST_ERROR, Band, Baseline, Estimator, absorbance_of, atr_corrected, strongest
from dualion.numerics.bands.quantities import Absorbance, Way, band_quantities, band_row, measure, position_error
from dualion.numerics.simulated import simulated_source
from dualion.numerics.student import interval
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.checks import unknown_words
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, finding_of, prefixes, provenance

#: Bands of a recipe by name: window [cm-1].
RECIPES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "none": {},
    "figure-s1": {"nh_oh_stretch": (3100.0, 3640.0), "nh_bend": (1510.0, 1612.0), "oh_bend": (1330.0, 1450.0)},
}
#: [cm-1] half of the window about the strongest band.
_HALF_WINDOW = 60.0
#: No spectrum has such numbers; the inverse is nothing.
_LARGEST = 1e50
_ORDINATES = ("absorbance", "transmittance_percent", "intensity_arbitrary")
_X, _A, _ARBITRARY = Axis("Wavenumber", "cm-1", falling=True), Axis("Absorbance", "1"), Axis("Absorption, arbitrary scale", "1")
_NOISE = 0.002  # of synthetic absorbance


@dataclass(frozen=True, slots=True)
class Options:
    """Which bands are measured, and how."""

    band: tuple[float, float] | None = None  # [cm-1] window; the strongest band where absent
    recipe: str = "none"  # or "figure-s1": three bands of nitrogen and oxygen groups in place of one
    estimator: Estimator = "centroid"  # or "second_derivative"
    baseline: Baseline = "linear"  # through both ends of the window, or "none"
    smoothing: float | None = None  # [cm-1] width of the Savitzky-Golay polynomials; that of the band where absent
    atr_correction: bool = False  # absorbance times wavenumber over 1000 cm-1
    pair: str | None = None  # sample of the reference spectrum for a shift
    normalise: tuple[float, float] | None = None  # [cm-1] band by whose area heights and areas are divided
    carbonate: bool = False  # fit free and coordinated ethylene carbonate
    resolution: float | None = None  # [cm-1] where the file does not state it; twice the distance of points where absent

    def __post_init__(self) -> None:
        problems = []
        for name, window in (("band", self.band), ("normalise", self.normalise)):
            if window is not None and not (len(window) == 2 and 0 <= window[0] < window[1] < math.inf):
                problems.append(f"{name}: {window} is not a window. Give its lower and its upper end in cm-1, such as [1520, 1600].")
        words = (("recipe", self.recipe, tuple(RECIPES)), ("estimator", self.estimator, ("centroid", "second_derivative")))
        problems += unknown_words((*words, ("baseline", self.baseline, ("linear", "none"))))
        for name, value in (("smoothing", self.smoothing), ("resolution", self.resolution)):
            if value is not None and not 0 < value < math.inf:
                problems.append(f"{name}: {value} is not positive. Give it in cm-1.")
        if self.band is not None and self.recipe != "none":
            problems.append("recipe: it names its bands itself. Give either band or recipe.")
        if problems:
            raise SpecError(problems)


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Measure bands of one or more samples.

    Parameters
    ----------
    measurements : sequence of Measurement
        One spectrum each; one of them is the reference where ``pair`` names its sample.
    options : Options

    Returns
    -------
    Result
        ``band_position`` [cm-1] and its like; of a recipe with the name of the band, of several samples with that of the sample before it.

    Raises
    ------
    CoverageError, InputError, SpecError
        Too few points, no ordinate, or no spectrum of the sample that ``pair`` names.
    """
    check_input(TECHNIQUE, measurements, rows=FEWEST)
    ordered = sorted(measurements, key=lambda one: (one.sample, one.region, one.source.sha256))
    flags = [*carried_flags(measurements)]
    spectra = [_spectrum(one, options, flags) for one in ordered]
    partner, spectra = _partner(spectra, options)
    names = prefixes([one.name for one in spectra])
    way = _way(options)
    values: dict[str, Quantity] = {}
    curves: dict[str, Curve] = {}
    rows: list[dict[str, object]] = []
    for prefix, one in zip(names, spectra, strict=True):
        windows = _windows(one, options)
        for label, window in windows.items():
            found = measure(one, window, way)
            mark = f"{prefix}{label}_" if options.recipe != "none" else f"{prefix}band_"
            values |= band_quantities(mark, found, one, way, flags)
            axis = _ARBITRARY if one.column == "intensity_arbitrary" else _A
            curves[f"{mark}absorbance"] = curve_from(_X, axis, found.x, found.y + found.baseline)
            curves[f"{mark}baseline"] = curve_from(_X, axis, found.x, found.baseline)
            rows.append(band_row(one.name, label, found, one))
            if partner is not None:
                values |= _shift(mark, found, one, partner, window, way, flags)
        if partner is not None:
            curves[f"{prefix}difference"] = _difference(one, partner)
            flags += _pair_flags(one, partner, options)
        if options.carbonate:
            values |= _carbonate(prefix, one, curves, flags)
    return Result(
        technique=TECHNIQUE.name,
        values=values,
        curves=curves,
        flags=tuple(dict.fromkeys(flags)),
        provenance=provenance(TECHNIQUE, measurements, options),
        tables={"bands": pl.DataFrame(rows)},
    )


def _spectrum(measured: Measurement, options: Options, flags: list[Flag]) -> Absorbance:
    """Absorbance of a measurement over rising wavenumbers; rows that cannot be used are left out with a word."""
    table = measured.table
    column = next((name for name in _ORDINATES if name in table.columns), None)
    if column is None:
        raise InputError(f"{measured.source.file}: no column {', '.join(_ORDINATES[:-1])} or {_ORDINATES[-1]}, of which ftir needs one.")
    x, raw = (numbers(table, name) for name in ("wavenumber_per_centimetre", column))
    name = measured.sample or measured.region or measured.source.file
    y = absorbance_of(raw) if column == "transmittance_percent" else raw
    dark = np.isfinite(raw) & (raw <= 0) if column == "transmittance_percent" else np.zeros(raw.size, dtype=bool)
    y = np.where(dark, math.inf, y)  # nothing comes through; told apart from a missing number
    good = (x > 0) & (x < _LARGEST) & (np.abs(raw) < _LARGEST)
    y = np.where(np.abs(y) < 1 / _LARGEST, 0.0, y)
    if int((~good).sum()):
        flags.append(Flag("missing_values", "warning", f"{name}: {int((~good).sum())} rows without a number are left out."))
    rising, first = np.unique(x[good], return_index=True)
    if rising.size < FEWEST:
        raise CoverageError(f"{measured.source.file}: ftir, in different wavenumbers with a number,", FEWEST, int(rising.size))
    y = y[good][first]
    y = atr_corrected(rising, y) if options.atr_correction else y
    stated = measured.conditions.get("resolution")
    if isinstance(stated, Quantity) and stated.value is not None and stated.value > 0:
        resolution, source = stated.value, "of the file"
    elif options.resolution is not None:
        resolution, source = options.resolution, "as given"
    else:
        resolution, source = 2 * float(np.median(np.diff(rising))), "twice the distance of points"
    geometry = str(measured.conditions.get("geometry", ""))
    return Absorbance(name, rising, y, resolution, source, column, geometry)


def _partner(spectra: list[Absorbance], options: Options) -> tuple[Absorbance | None, list[Absorbance]]:
    """The reference spectrum, and the others."""
    if options.pair is None:
        return None, spectra
    found = [one for one in spectra if one.name == options.pair]
    others = [one for one in spectra if one.name != options.pair]
    if len(found) != 1 or not others:
        known = ", ".join(f'"{one.name}"' for one in spectra)
        raise SpecError(f'pair: "{options.pair}" must name the sample of one of two or more spectra; those given are {known}.')
    return found[0], others


def _way(options: Options) -> Way:
    return Way(options.estimator, options.baseline, options.smoothing, options.normalise, options.atr_correction)


def _windows(one: Absorbance, options: Options) -> Mapping[str, tuple[float, float]]:
    if options.recipe != "none":
        return RECIPES[options.recipe]
    finite = np.isfinite(one.y)
    if options.band is None and int(finite.sum()) < FEWEST:
        raise CoverageError(f"{one.name}: ftir, in points that let light through,", FEWEST, int(finite.sum()))
    return {"band": options.band or strongest(one.x[finite], one.y[finite], half_width=_HALF_WINDOW)}


def _shift(
    mark: str, found: Band, one: Absorbance, partner: Absorbance, window: tuple[float, float], way: Way, flags: list[Flag]
) -> dict[str, Quantity]:
    """Shift of a band against the reference spectrum."""
    other = measure(partner, window, way)
    rule = f"against {partner.name}, {way.estimator.replace('_', ' ')}"
    if not (found.seen and other.seen) or found.at_edge or other.at_edge:
        flags.append(Flag("no_band", "refusal", f"{mark}shift: {one.name} or {partner.name} has no band within the window."))
        return {f"{mark}shift": Quantity(None, "cm-1", rule=rule)}
    shift, error = found.position - other.position, math.hypot(position_error(found, one), position_error(other, partner))
    if abs(shift) < LEAST_ERROR:
        message = f"{mark}shift: {shift:.2g} cm-1 lies below the {LEAST_ERROR:g} cm-1 that calibration and resolution leave."
        flags.append(Flag("shift_below_resolution", "warning", message))
    reference = Quantity(
        other.position, "cm-1", position_error(other, partner), rule=f"of {partner.name}, {way.estimator.replace('_', ' ')}"
    )
    return {
        f"{mark}shift": Quantity(shift, "cm-1", error, rule=rule, interval=interval(shift, error, math.inf)),
        f"{mark}reference": reference,
    }


def _pair_flags(one: Absorbance, partner: Absorbance, options: Options) -> list[Flag]:
    flags = []
    if options.normalise is None:
        message = f"Heights and areas of {one.name} and {partner.name} are not over a normalisation band; only positions compare."
        flags.append(Flag("not_normalised", "note", message))
    if (one.geometry == "ATR") != (partner.geometry == "ATR"):
        message = f"One of {one.name} and {partner.name} is ATR: against transmission its bands lie lower by themselves."
        flags.append(Flag("atr_against_transmission", "warning", message))
    return flags


def _difference(one: Absorbance, partner: Absorbance) -> Curve:
    """Sample minus reference, where both have points that let light through."""
    finite = np.isfinite(partner.y)
    inside = np.isfinite(one.y) & (one.x >= partner.x[finite][0]) & (one.x <= partner.x[finite][-1])
    y = one.y[inside] - np.interp(one.x[inside], partner.x[finite], partner.y[finite])
    return curve_from(_X, Axis("Difference of absorbance", "1"), one.x[inside], y)


def _carbonate(prefix: str, one: Absorbance, curves: dict[str, Curve], flags: list[Flag]) -> dict[str, Quantity]:
    """Coordinated share of ethylene carbonate."""
    finite = np.isfinite(one.y)
    found: Doublet = doublet(one.x[finite], one.y[finite])
    rule = "areas of two pairs of Lorentz bands with fixed splitting; both taken to absorb alike"
    curves[f"{prefix}carbonate_absorbance"] = curve_from(_X, _A, found.x, found.y)
    curves[f"{prefix}carbonate_fitted"] = curve_from(_X, _A, found.x, found.fitted)
    if found.at_bound:
        flags.append(Flag("fit_at_bound", "warning", f"{one.name}: the carbonate fit ended at a bound of {', '.join(found.at_bound)}."))
    if not found.separable:
        flags.append(Flag("not_separable", "refusal", f"{one.name}: free and coordinated carbonate cannot be told apart."))
        return {f"{prefix}coordinated_fraction": Quantity(None, "1", rule=rule)}
    low, high = interval(found.fraction, found.stderr, found.freedom)
    shift = Quantity(-found.shift, "cm-1", found.shift_error, rule="of the coordinated pair against the free one")
    return {
        f"{prefix}coordinated_fraction": Quantity(found.fraction, "1", found.stderr, rule=rule, interval=(max(low, 0.0), min(high, 1.0))),
        f"{prefix}coordination_shift": shift,
    }


def draw(result: Result) -> Figure:
    """Bands with their baselines, and the difference spectrum where there is one.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    panels = []
    for name, curve in result.curves.items():
        if not name.endswith("_absorbance"):
            continue
        mark = name.removesuffix("absorbance")
        series = [Series("Measured", "measured", curve.x, curve.y, "raw-file")]
        for other, label in (("baseline", "Baseline"), ("fitted", "Fit")):
            line = result.curves.get(f"{mark}{other}")
            if line is not None:
                series.append(Series(label, "fitted", line.x, line.y, "analysis"))
        panels.append(Panel(curve.x_axis, curve.y_axis, tuple(series), title=mark.strip("_").replace("_", " ")))
    for name, curve in result.curves.items():
        if name.endswith("difference"):
            difference = Series("Sample minus reference", "fitted", curve.x, curve.y, "analysis")
            panels.append(Panel(curve.x_axis, curve.y_axis, (difference,), title="difference"))
    finding = finding_of(result.values, ("position", "shift", "fraction"), otherwise="no band was measured")
    return Figure("ftir", "Infrared bands", finding, tuple(panels), width=183 if len(panels) > 1 else 89)


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 1.0,
    band_position: float = 3386.0,
    reference_position: float = 3349.0,
    band_width: float = 120.0,
    band_height: float = 0.3,
    coordinated_fraction: float = 0.3,
    resolution: float = 4.0,
) -> tuple[tuple[Measurement, ...], Truth]:
    """Two spectra of absorbance with the N-H and O-H stretch and wet ethylene carbonate, of a sample and of its reference.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        [1] multiple of the noise of absorbance of 0.002 and of the error of calibration of 0.5 cm-1.
    band_position, reference_position : float
        [cm-1] of the stretch in the sample and in its reference.
    band_width : float
        [cm-1] full width at half of the height.
    band_height : float
        [1]
    coordinated_fraction : float
        [1] of the carbonate of the sample.
    resolution : float
        [cm-1]

    Returns
    -------
    measurements : tuple of Measurement
        Samples ``"synthetic"`` and ``"reference"``.
    truth : mapping
        ``band_position``, ``band_shift``, ``coordinated_fraction``.
    """
    made = []
    x = np.arange(1200.0, 3800.0, resolution / 2)
    for sample, position, share in (("synthetic", band_position, coordinated_fraction), ("reference", reference_position, 0.1)):
        off = noise * LEAST_ERROR * rng.standard_normal()
        y = 0.05 + 1e-5 * (x - x[0]) + band_height * np.exp(-4 * math.log(2) * ((x - position - off) / band_width) ** 2)
        y += pairs(x - off, np.array([1800.0, 18.0, 12.0, 0.8]))[:, :2] @ np.array([0.4 * (1 - share), 0.4 * share])
        y += noise * _NOISE * rng.standard_normal(x.size)
        table = pl.DataFrame({"wavenumber_per_centimetre": x, "absorbance": y})
        source = simulated_source("ftir", f"{sample}-ftir.csv", y)
        made.append(Measurement("ftir", table, {"resolution": Quantity(resolution, "cm-1")}, sample, source))
    truth = {"band_position": band_position, "band_shift": band_position - reference_position, "coordinated_fraction": coordinated_fraction}
    return tuple(made), truth


TECHNIQUE = Technique(
    name="ftir",
    title="Infrared spectroscopy",
    measurement="ftir",
    needs=("wavenumber_per_centimetre",),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("cameron1982", "savitzky1964", "harrick1967", "angell1956"),
    several=True,
    example=Options(band=(3100.0, 3640.0), pair="reference", carbonate=True),
)
