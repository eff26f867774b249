"""X-ray diffraction of disordered carbons: distance and number of layers, sizes of stacks, as measured and after correction.

    d002 = lambda / (2 sin theta)            L_c = K lambda / (beta cos theta),  K = 0.89 (002)
    N = L_c / d002                           L_a = K lambda / (beta cos theta),  K = 1.84 (100)
    beta = sqrt(B^2 - b^2) or B - b          beta, B and the width b of the instrument in radians
    R = (peak + background) / background at (002)

The pattern between 14 and 60 deg is the sum of two pseudo-Voigt reflections, an exponential tail of small-angle scattering and a constant.
Intensities of a powder fall by the Lorentz-polarisation factor LP and by the square of the form factor f of carbon; that pulls the maximum
of a broad reflection to low angles, so d002 as measured is 0.12 to 0.19 angstrom too wide. Beside it stand d002 of the pattern divided by
LP (``d002_lp``) and by LP f^2 (``d002_corrected``), each fitted alone between the lower end of the window and d = 2.495 angstrom.

The errors are those of the fit, and of what backgrounds and conventions change: 0.05 angstrom for d002, 10 % for L_c, 25 % for L_a.
The (100) reflection of turbostratic carbon is the asymmetric band of single layers; a symmetric peak gives a nominal L_a. Without the width
of the instrument all sizes are lower bounds. Above 50 nm Scherrer's equation holds no longer.

Valid for carbons without (100)/(101) doublet. A model in reciprocal space (Ruland & Smarsly 2002) has other parameters: it finds layers
closer by 0.2 angstrom and is not matched. R is that of Liu et al. 1996; the definition of its background is inferred.

References: Warren 1941; Klug & Alexander 1974; Brown et al. 2006 (f); Maire & Méring 1970; Liu et al. 1996; Ruland & Smarsly 2002.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import polars as pl

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.arrays import curve_from
from dualion.numerics.diffraction.geometry import CU_MEAN, Array, Instrument
from dualion.numerics.diffraction.pattern import Correction, Pattern, Profile, fit_corrected, fit_pattern
from dualion.numerics.diffraction.stack_quantities import (
    Sizing,
    corrected_quantities,
    graphitisation_quantity,
    layer_quantities,
    shift_flags,
)
from dualion.numerics.diffraction.synthesis import Stack, erring, pattern_of
from dualion.numerics.simulated import simulated_source
from dualion.numerics.spectra.preparation import finite_rising
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.checks import not_positive, unknown_words
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

Correct = Literal["raw", "lp", "lpf2", "both"]

#: Fewest rows in the window.
FEWEST = 40
#: Names of the corrections in the values and in the rules.
_CORRECTIONS: tuple[tuple[Correction, str, str], ...] = (("lp", "lp", "LP"), ("lpf2", "corrected", "LP f^2"))
_X = "two_theta_degree"
#: Columns of intensity, in the order in which they are taken.
INTENSITIES = ("intensity_count", "intensity_count_per_second", "intensity_arbitrary")
_ANGLE = Axis("2 theta", "deg")
_LONGEST = 10.0  # [angstrom] of a wavelength
_PER_NANOMETRE = 10.0  # angstrom


@dataclass(frozen=True, slots=True)
class Options:
    """How a pattern is fitted."""

    window: tuple[float, float] = (14.0, 60.0)  # [deg] of 2 theta that is fitted
    correct: Correct = "both"  # corrections beside the raw values: "lp", "lpf2", "both", or none for "raw"
    K002: float = 0.89  # [1] Scherrer constant of (002)
    K100: float = 1.84  # [1] Scherrer constant of (100)
    instrument_fwhm_deg: float | None = None  # [deg] that the instrument adds to every width
    instrument_shape: Instrument = "gauss"  # of that width, or "lorentz"
    profile: Profile = "pseudo_voigt"  # of the reflections, "lorentz" or "gauss"
    wavelength: float | None = None  # [angstrom]; that of the file where absent: 1.5406 is Cu K-alpha 1, 1.5418 the mean of both lines
    graphitisation: bool = False  # whether a degree of graphitisation is asked for where it has no meaning

    def __post_init__(self) -> None:
        words = (
            ("correct", self.correct, get_args(Correct)),
            ("instrument_shape", self.instrument_shape, get_args(Instrument)),
            ("profile", self.profile, get_args(Profile)),
        )
        problems = unknown_words(words)
        if not (all(map(math.isfinite, self.window)) and 0 <= self.window[0] < self.window[1] <= _STRAIGHT):
            problems.append(f"window: {self.window} does not rise between 0 and 180 deg. Give its lower end first.")
        problems += not_positive(self, "K002", "K100", "instrument_fwhm_deg")
        if self.wavelength is not None and not 0 < self.wavelength < _LONGEST:
            problems.append(f"wavelength: {self.wavelength} is not a wavelength of X-rays in angstrom. Write such as 1.5418.")
        if problems:
            raise SpecError(problems)


_STRAIGHT = 180.0  # [deg]


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Fit (002) and (100), and say what they mean as measured and after correction.

    Parameters
    ----------
    measurements : sequence of Measurement
        One pattern.
    options : Options

    Returns
    -------
    Result
        ``d002``, ``d002_lp``, ``d002_corrected``, ``l_c``, ``l_a`` [angstrom], ``stacked_layers``, ``r_ratio`` [1], positions and widths
        [deg]; the table ``parameters``.

    Raises
    ------
    CoverageError, InputError
        No measurement or more than one, a missing column, or a window without the reflections.
    """
    check_input(TECHNIQUE, measurements)
    if len(measurements) > 1:
        raise InputError(f"xrd takes one pattern and has {len(measurements)}. Analyse them one by one.")
    x, y, weights, flags = _window(measurements[0], options)
    wavelength, assumed = _wavelength(measurements[0], options)
    flags += assumed
    low, high = options.window
    basis = f"{options.profile}, {low:g} to {high:g} deg, {wavelength:g} angstrom"
    pattern = fit_pattern(x, y, wavelength=wavelength, profile=options.profile, weights=weights)
    sizing = Sizing(options.K002, options.K100, options.instrument_fwhm_deg, options.instrument_shape)
    values, found = layer_quantities(pattern, sizing, basis=f"raw intensities, {basis}, exponential tail and constant")
    flags += found
    for correction, suffix, which in _CORRECTIONS:
        if options.correct in (correction, "both"):
            corrected = fit_corrected(x, y, wavelength=wavelength, correction=correction, profile=options.profile)
            on = f"{options.profile} on a parabola, {wavelength:g} angstrom"
            more, found = corrected_quantities(corrected, sizing, which=which, suffix=suffix, basis=on)
            values |= more
            flags += found
    degree, found = graphitisation_quantity(values["d002"], asked=options.graphitisation)
    return Result(
        technique=TECHNIQUE.name,
        values=values | degree,
        curves=_curves(pattern),
        flags=tuple(dict.fromkeys((*carried_flags(measurements), *flags, *shift_flags(values), *found))),
        provenance=provenance(TECHNIQUE, measurements, options),
        tables={"parameters": _parameters(pattern)},
    )


def _window(measured: Measurement, options: Options) -> tuple[Array, Array, Array | None, list[Flag]]:
    """Angles, intensities and weights of the window, by rising angle."""
    name = next((one for one in INTENSITIES if one in measured.table.columns), None)
    if name is None:
        raise InputError(f"{measured.source.file}: no column of intensity, which xrd needs. Give one of {', '.join(INTENSITIES)}.")
    table = measured.table
    errors = table["intensity_error"].to_numpy() if "intensity_error" in table.columns else np.ones(table.height)
    (x, y, errors), flags = finite_rising(table[_X].to_numpy(), table[name].to_numpy(), errors)
    low, high = options.window
    inside = (x >= low) & (x <= high)
    x, y, errors = x[inside], y[inside], errors[inside]
    if x.size < FEWEST:
        raise CoverageError(f"{measured.source.file}: xrd, in rows between {low:g} and {high:g} deg,", FEWEST, int(x.size))
    known = "intensity_error" in table.columns and bool(np.all(np.isfinite(errors) & (errors > 0)))
    return x, y, float(np.median(errors)) / errors if known else None, list(flags)


def _wavelength(measured: Measurement, options: Options) -> tuple[float, list[Flag]]:
    """Wavelength [angstrom], and a warning where nobody gave it."""
    if options.wavelength is not None:
        return options.wavelength, []
    stated = measured.conditions.get("wavelength")
    if isinstance(stated, Quantity) and stated.value is not None:
        return _PER_NANOMETRE * stated.value, []
    message = f"Neither the file nor the options give a wavelength: {CU_MEAN} angstrom, the mean of Cu K-alpha, was taken. Give wavelength."
    return CU_MEAN, [Flag("wavelength_assumed", "warning", message)]


def _curves(pattern: Pattern) -> dict[str, Curve]:
    intensity = Axis("Intensity", "1")
    fit = pattern.fit
    lines = {
        "measured": fit.y,
        "fitted": fit.model,
        "background": pattern.background,
        "reflection_002": pattern.background + fit.curve("002"),
        "reflection_100": pattern.background + fit.curve("100"),
        "residual": fit.y - fit.model,
    }
    return {name: curve_from(_ANGLE, intensity, fit.x, line) for name, line in lines.items()}


def _parameters(pattern: Pattern) -> pl.DataFrame:
    """One row for each reflection of the pattern as measured, with the errors of the fit alone."""
    fit = pattern.fit
    shaped = any(term.shape == "pseudo_voigt" for term in fit.terms)
    rows = [
        {
            "reflection": name,
            "position [deg]": fit.value(name, "centre"),
            "position_stderr [deg]": fit.stderr(name, "centre"),
            "fwhm [deg]": fit.value(name, "fwhm"),
            "fwhm_stderr [deg]": fit.stderr(name, "fwhm"),
            "height": fit.value(name, "height"),
            "height_stderr": fit.stderr(name, "height"),
            "lorentz_fraction": fit.value(name, "eta") if shaped else None,
        }
        for name in ("002", "100")
    ]
    return pl.DataFrame(rows, schema_overrides={"lorentz_fraction": pl.Float64})


def draw(result: Result) -> Figure:
    """The pattern with its fit, and the residuals.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    curves = result.curves
    labels = {"fitted": "Fit", "background": "Background", "reflection_002": "(002)", "reflection_100": "(100)"}
    lines = [Series("Measured", "measured", curves["measured"].x, curves["measured"].y, "raw-file")]
    lines += [Series(label, "fitted", curves[name].x, curves[name].y, "analysis", sample=label) for name, label in labels.items()]
    rest = Series("Measured less fit", "measured", curves["residual"].x, curves["residual"].y, "analysis")
    angles = Axis(_ANGLE.quantity, _ANGLE.unit, limits=(curves["measured"].x[0], curves["measured"].x[-1]))
    panels = (Panel(angles, Axis("Intensity", "1"), tuple(lines)), Panel(angles, Axis("Residual", "1"), (rest,)))
    return Figure("xrd", "X-ray diffraction pattern and its fit", _finding(result), panels, width=183)


def _finding(result: Result) -> str:
    d, height, across = (result.values[name] for name in ("d002", "l_c", "l_a"))
    if d.value is None:
        return "The distance of the layers is withheld: no (002) reflection is found."
    parts = [f"Layers stand {d.value:.2f} ± {d.stderr or 0:.2f} angstrom apart"]
    corrected = result.values.get("d002_corrected")
    if corrected is not None and corrected.value is not None:
        parts[0] += f" as measured and {corrected.value:.2f} after correction"
    parts += [
        f"{name} is {'withheld' if one.value is None else f'{one.value:.1f} angstrom'}" for name, one in (("L_c", height), ("L_a", across))
    ]
    return f"{', '.join(parts)}."


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 1.0,
    d002: float = 3.75,
    l_c: float = 14.0,
    l_a: float = 36.0,
) -> tuple[tuple[Measurement, ...], Truth]:
    """A pattern of Cu K-alpha of stacks with known distance and sizes, erring as the method does.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        [1] multiple of the noise of counting and of the errors of the method.
    d002, l_c, l_a : float
        [angstrom] distance of layers, as measured; height and width of stacks.
    """
    true = Stack(d002, l_c, l_a)
    factors = (Options().K002, Options().K100)
    x, y = pattern_of(rng, erring(rng, true, noise), wavelength=CU_MEAN, factors=factors, noise=noise)
    table = pl.DataFrame({_X: x, "intensity_count": y})
    source = simulated_source("xrd", "synthetic-xrd.xy", y)
    conditions = {"wavelength": Quantity(CU_MEAN / _PER_NANOMETRE, "nm")}
    truth = {"d002": d002, "l_c": l_c, "l_a": l_a, "stacked_layers": l_c / d002}
    return (Measurement("xrd", table, conditions, "synthetic", source),), truth


TECHNIQUE = Technique(
    name="xrd",
    title="X-ray diffraction of carbons",
    measurement="xrd",
    needs=(_X,),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("warren1941", "klug1974", "brown2006", "maire1970", "liu1996", "ruland2002", "thompson1987"),
    libraries=("numpy", "scipy", "polars"),
)
