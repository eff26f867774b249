"""Small-angle X-ray scattering of carbons: pores by a model that describes the curve, and no pores by one that does not.

    m1              I = A Q^-n + B a^4 / (1 + a^2 Q^2)^2 + D,   n = 4, D >= 0
    saurel          with n between 3 and 4, and b Q^-2 of layers
    teubner_strey   A Q^-n + B / [(k^2 + 1/xi^2)^2 + 2 (1/xi^2 - k^2) Q^2 + Q^4] + D,   k = 2 pi / d
    beaucage        A Q^-n + G exp(-Q^2 R_g^2 / 3) + K [erf(Q R_g / sqrt 6)^3 / Q]^P + D
    spheres         A Q^-n + polydisperse spheres x structure factor of hard spheres (Percus & Yevick; sasmodels) + D

    B a = 8 pi Delta_rho^2 phi (1 - phi) / 1e21,   S / V = 4 phi (1 - phi) / a,   Q* = pi B a / 4,   R_g = sqrt(6) a,   R = sqrt(10) a
    V_p = phi / [rho_skel (1 - phi)],   S_m = (S / V) / [rho_skel (1 - phi)]

Q in nm-1, I and A in cm-1 (A is the power law at 1 nm-1), B in cm-1 nm-4, lengths in nm, contrast Delta_rho = rho_skel N_A (Z/A) r_e in
cm-2. One density of the walls gives contrast and mass, so that the two cannot contradict each other. The closed-pore parameter is B a:
amplitude and length are nearly one number in the fit (their correlation is about -0.98), their product is known to a per cent. It is our
reading of the parameter that the study prints without its equation, and no claim to reproduce that table.

Fits are least squares with the errors of the file between bounds; errors come from the covariance, and a seeded bootstrap stands beside
them. The absolute quantities carry the error of the scale and of the density of the walls. A model is refused, with the reason, where
chi^2 / nu exceeds its limit (``poor_fit``) or phi (1 - phi) exceeds 1/4 (``inconsistent_invariant``); ``compare`` fits all of them and
lists chi^2 / nu, the criterion BIC, accepted or not, and why, in the table ``models``; ``model="auto"`` takes the accepted one of the
lowest BIC.

Scattering does not know whether a pore is open: N2 sorption and density do. Valid below about 8 nm-1, where the 002 reflection begins.

References: Debye, Anderson & Brumberger 1957; Gibaud, Xue & Dahn 1996; Stevens & Dahn 2000; Saurel et al. 2019; Teubner & Strey 1987;
Beaucage 1995; Percus & Yevick 1958; Guinier 1939; Porod 1951; Ruland 1971; Allen et al. 2017.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from dualion.errors import CoverageError, FitError, MissingDependency, ModelError, SpecError
from dualion.numerics.scattering import two_phases
from dualion.numerics.scattering.choice import LENGTHS, Candidate, best, model_table, reasons
from dualion.numerics.scattering.contrast import CARBON_ELECTRONS, GRAPHITE_DENSITY
from dualion.numerics.scattering.curve_fit import CurveFit, bootstrap, fit_curve
from dualion.numerics.scattering.curves import ABSOLUTE, WEIGHTS, Q, ScatteringCurve, Weights, curve_of
from dualion.numerics.scattering.findings import choice_flags, fit_flags, open_pore_flags, scale_flags
from dualion.numerics.scattering.fit_curves import Q_AXIS, fit_curves, invariant_quantities, measured_curve
from dualion.numerics.scattering.fit_tables import covariance_table, parameter_table
from dualion.numerics.scattering.models import CLOSED, Exponent, Model, build, spheres_term
from dualion.numerics.scattering.pore_quantities import (
    INTERPRETED,
    Walls,
    absolute_quantities,
    composition_quantity,
    parameter_quantities,
    pore_quantities,
)
from dualion.numerics.scattering.synthetic import Carbon, measured_columns
from dualion.numerics.simulated import simulated_source
from dualion.records.figure import Figure, Panel, Series
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.checks import unknown_words
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

MODELS = (*CLOSED, "spheres")
_FEWEST = 6  # points of a curve


@dataclass(frozen=True, slots=True)
class Options:
    """How a curve is analysed."""

    q_min: float = 0.4  # [nm-1] beginning of the window
    q_max: float = 6.0  # [nm-1] its end
    model: Literal["m1", "saurel", "teubner_strey", "beaucage", "spheres", "auto"] = "m1"  # whose values are given; "auto" by BIC
    compare: bool = False  # fit all models and list them in the table "models"
    exponent: Exponent = "fixed"  # of the power law: "fixed" to n, "porod" between 3 and 4, or "free"
    n: float = 4.0  # [1] the exponent where it is fixed
    absolute: bool | None = None  # whether the intensity is in cm-1; as the file says where absent
    rho_skel: float | None = None  # [g/cm3] density of the walls; 2.26 of graphite where absent, with a flag
    rho_skel_error: float = 0.02  # [1] its relative standard error
    electrons: float = CARBON_ELECTRONS  # [mol/g] electrons per mass of the walls; of carbon by default
    scale_error: float = 0.05  # [1] relative standard error of the absolute intensity: thickness, transmission, calibration
    background: Literal["constant", "none"] = "constant"
    d_bound: float | None = 0.0  # [cm-1] lower bound of the background, or in the arbitrary unit; none where absent
    weights: Weights = "stated"  # errors of the file, a share of the intensity ("relative"), or alike ("unit")
    relative_error: float = 0.03  # [1] error over intensity, where none is stated
    chi2_limit: float = 3.0  # [1] of chi^2 per degree of freedom, above which a model is refused
    invariant: bool = False  # also the invariant of the curve itself, with the tails of Guinier and Porod
    bootstrap: int = 200  # [1] samples; 0 for none
    seed: int = 0  # [1] of the bootstrap

    def __post_init__(self) -> None:
        problems = [
            f"{name}: {value} is not a positive number. Write it in {unit}."
            for name, value, unit in (
                ("q_min", self.q_min, "nm-1"), ("q_max", self.q_max, "nm-1"), ("rho_skel", self.rho_skel, "g/cm3"), ("n", self.n, "1"),
                ("electrons", self.electrons, "mol/g"), ("relative_error", self.relative_error, "1"), ("chi2_limit", self.chi2_limit, "1"),
            )
            if value is not None and not 0 < value < math.inf
        ]  # fmt: skip
        if not problems and not self.q_min < self.q_max:
            problems.append(f"q_min: {self.q_min} is not below q_max {self.q_max}. Give the lower end first, in nm-1.")
        for name, share in (("rho_skel_error", self.rho_skel_error), ("scale_error", self.scale_error)):
            if not 0 <= share < 1:
                problems.append(f"{name}: {share} is not a relative error. Write a share such as 0.02.")
        if self.d_bound is not None and not math.isfinite(self.d_bound):
            problems.append(f"d_bound: {self.d_bound} is not a bound. Write a number in cm-1, or leave it out for none.")
        problems += unknown_words((
            ("model", self.model, (*MODELS, "auto")), ("exponent", self.exponent, ("fixed", "porod", "free")),
            ("weights", self.weights, WEIGHTS), ("background", self.background, ("constant", "none")),
        ))  # fmt: skip
        if self.bootstrap < 0 or self.bootstrap == 1:
            problems.append(f"bootstrap: {self.bootstrap} is not a number of samples. Write 0, or 2 and more.")
        if problems:
            raise SpecError(problems)

    @property
    def walls(self) -> Walls:
        """Density and contrast of the walls with their errors."""
        return Walls(self.rho_skel or GRAPHITE_DENSITY, self.rho_skel_error, self.scale_error, self.electrons)


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Fit one curve.

    Parameters
    ----------
    measurements : sequence of Measurement
        One.
    options : Options

    Returns
    -------
    Result

    Raises
    ------
    CoverageError, InputError, SpecError
        No or several measurements, a missing column, too few points in the window.
    MissingDependency
        The model of spheres is asked for, and sasmodels is not installed.
    """
    check_input(TECHNIQUE, measurements, rows=_FEWEST)
    if len(measurements) > 1:
        raise SpecError(f"saxs: {len(measurements)} curves were given. Analyse each alone, or use sodiation_contrast.")
    measured = measurements[0]
    whole, curve = _points(measured, options)
    delta = options.walls.contrast if curve.absolute and not _neutrons(measured) else None
    candidates = _candidates(curve, options, delta)
    chosen = _chosen(candidates, options)
    if chosen.fit is None:
        raise FitError(f"{measured.source.file}: {chosen.name}: {'; '.join(chosen.reasons)}.")
    values, flags = _values(chosen.fit, curve, options, delta)
    if options.invariant:
        more, refused = invariant_quantities(whole, chosen.fit)
        values |= more
        flags += refused
    flags = [*whole.flags, *_scale(measured, curve, options), *flags, *choice_flags(candidates, chosen)]
    if not any(one.accepted for one in candidates) and options.model == "auto":
        flags.append(Flag("poor_fit", "refusal", "No model describes the curve; the values are those of the best of them."))
    samples = bootstrap(chosen.fit, options.bootstrap, options.seed) if options.bootstrap and chosen.fit.model.batch else None
    return Result(
        technique=TECHNIQUE.name,
        values=values,
        curves={"measured": measured_curve(whole)} | fit_curves(whole, chosen.fit),
        flags=tuple(dict.fromkeys((*carried_flags(measurements), *flags))),
        provenance=provenance(TECHNIQUE, measurements, options, seed=options.seed if samples is not None else None),
        tables={
            "models": model_table(candidates, chosen.name, delta),
            "parameters": parameter_table(chosen.fit, curve.unit, samples),
            "covariance": covariance_table(chosen.fit, curve.unit),
        },
    )


def _points(measured: Measurement, options: Options) -> tuple[ScatteringCurve, ScatteringCurve]:
    """All points of a curve, and those of the window."""
    file = measured.source.file
    whole = curve_of(measured.table, where=file, absolute=options.absolute, weights=options.weights, relative_error=options.relative_error)
    curve = whole.within(options.q_min, options.q_max)
    found = int(np.unique(curve.q).size)
    if found < _FEWEST:
        raise CoverageError(f"{file}: the window {options.q_min:g} to {options.q_max:g} nm-1, in different q,", _FEWEST, found)
    return whole, curve


def _neutrons(measured: Measurement) -> bool:
    return "neutron" in str(measured.conditions.get("radiation", "")).casefold()


def _scale(measured: Measurement, curve: ScatteringCurve, options: Options) -> list[Flag]:
    flags = scale_flags(absolute=curve.absolute, assumed_density=options.rho_skel is None, q_max=float(curve.q[-1]))
    if curve.absolute and _neutrons(measured):
        message = "The file names neutrons, and the contrast here is that of X-rays: no porosity is given."
        flags = [*(one for one in flags if one.code != "rho_skel_assumed"), Flag("neutron_contrast", "warning", message)]
    return flags


def _candidates(curve: ScatteringCurve, options: Options, delta: float | None) -> list[Candidate]:
    """The models that are asked for, each fitted and judged; the chosen one first."""
    every = options.compare or options.model == "auto"
    names = [one for one in MODELS if every or one == options.model]
    found = []
    for name in names:
        try:
            fit = fit_curve(_model(name, curve, options), curve.q, curve.intensity, curve.error, stated=curve.stated)
        except (CoverageError, ModelError, MissingDependency) as problem:
            if name == options.model:
                raise
            found.append(Candidate(name, None, (f"not fitted: {problem}",)))
            continue
        found.append(Candidate(name, fit, reasons(fit, limit=options.chi2_limit, contrast=delta)))
    return found


def _model(name: str, curve: ScatteringCurve, options: Options) -> Model:
    term = None
    if name == "spheres":
        from dualion.techniques.engines.scattering import hard_spheres

        term = spheres_term(hard_spheres(curve.q), curve.q)
    constant = options.background == "constant"
    return build(name, curve.q, exponent=options.exponent, n=options.n, d_bound=options.d_bound, background=constant, term=term)


def _chosen(candidates: Sequence[Candidate], options: Options) -> Candidate:
    if options.model != "auto":
        return next(one for one in candidates if one.name == options.model)
    found = best(candidates)
    if found is not None:
        return found
    fitted = [one for one in candidates if one.fit is not None]
    return min(fitted, key=lambda one: one.fit.bic if one.fit else math.inf) if fitted else candidates[0]


def _values(fit: CurveFit, curve: ScatteringCurve, options: Options, delta: float | None) -> tuple[dict[str, Quantity], list[Flag]]:
    """Quantities of the chosen fit, with what is withheld, and its flags."""
    rule = f"{fit.model.name}, {curve.q[0]:.3g} to {curve.q[-1]:.3g} nm-1"
    values = parameter_quantities(fit, curve.unit, rule) | pore_quantities(fit, curve.unit, rule)
    if delta is not None and fit.model.name in LENGTHS:
        values["composition_product"] = composition_quantity(fit, options.walls, rule)
        values |= absolute_quantities(fit, options.walls, rule)
    values["reduced_chi_squared"] = Quantity(fit.reduced, "1", n=fit.q.size, rule=f"{rule}; no standard error: a property of the fit")
    shared = fit.correlation("B", LENGTHS[fit.model.name]) if fit.model.name in LENGTHS else None
    if shared is not None:
        values["amplitude_length_correlation"] = Quantity(
            shared, "1", n=fit.q.size, rule=f"{rule}; no standard error: a property of the fit"
        )
    flags = fit_flags(fit, limit=options.chi2_limit, contrast=delta)
    constant = options.background == "constant"
    flags += open_pore_flags(fit, curve, d_bound=options.d_bound, background=constant, limit=options.chi2_limit)
    if any(one.code == "poor_fit" for one in flags):
        values |= {name: Quantity(None, one.unit, rule=one.rule) for name, one in values.items() if name in INTERPRETED}
    return values, flags


def draw(result: Result) -> Figure:
    """The curve with its fit, and the residuals.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    measured, fitted, pores, rest = (result.curves[name] for name in ("measured", "fitted", "pores", "residuals"))
    series = [Series("Measured", "measured", measured.x, measured.y, "raw-file", sample="curve")]
    for name, colour, curve in (("Fit", "curve", fitted), ("Pores alone", "pores", pores)):
        points = [(x, y) for x, y in zip(curve.x, curve.y, strict=True) if y > 0]
        if points:
            x, y = (tuple(one) for one in zip(*points, strict=True))
            series.append(Series(name, "fitted", x, y, "analysis", sample=colour))
    panels = (
        Panel(Q_AXIS, measured.y_axis, tuple(series)),
        Panel(Q_AXIS, rest.y_axis, (Series("Data minus fit", "measured", rest.x, rest.y, "analysis", sample="curve"),)),
    )
    return Figure("saxs", "Small-angle scattering and the fitted model", _finding(result), panels, width=183)


def _finding(result: Result) -> str:
    """One sentence: the pores, or why there are none."""
    refused = [flag.code for flag in result.flags if flag.severity == "refusal"]
    product, length = result.values.get("closed_pore_parameter"), result.values.get("correlation_length")
    chi = result.values["reduced_chi_squared"].value
    if product is None or product.value is None:
        model = result.tables["models"].filter(pl.col("chosen") == "yes")["model"][0]
        why = f", refused: {', '.join(dict.fromkeys(refused))}" if refused else ""
        return f"Model {model} with chi-squared {chi:.2g} per degree of freedom{why}."
    said = f"Closed-pore parameter {product.value:.4g} {product.unit}"
    if length is not None and length.value is not None:
        said += f", correlation length {length.value:.3g} nm"
    porosity = result.values.get("porosity")
    if porosity is not None:
        said += f", porosity {'withheld' if porosity.value is None else format(porosity.value, '.3f')}"
    return f"{said}; chi-squared {chi:.2g} per degree of freedom."


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 0.03,
    porosity: float = 0.15,
    pore_radius: float = 1.2,
    outer_area: float = 5.0,
    background: float = 0.02,
    skeleton_density: float = GRAPHITE_DENSITY,
    mesopore_fraction: float = 0.0,
    mesopore_radius: float = 6.0,
    points: int = 120,
    q_range: tuple[float, float] = (0.3, 6.5),
    scale_error: float = 0.01,
    density_error: float = 0.005,
) -> tuple[tuple[Measurement, ...], Truth]:
    """A curve of two phases on an absolute scale, with an outer surface and a background.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        Relative standard deviation [1] of a point. The errors of the scale and of the density of the walls, drawn once, grow with it.
    porosity : float
        Volume fraction of the pores [1], at most a half.
    pore_radius : float
        sqrt(10) a [nm].
    outer_area : float
        Of grains and large pores, which gives the power law [m2/g].
    background : float
        [cm-1]
    skeleton_density : float
        Density of the walls that is stated [g/cm3].
    mesopore_fraction : float
        Volume fraction [1] of a second population of pores.
    mesopore_radius : float
        sqrt(10) times its correlation length [nm].
    points : int
        [1]
    q_range : tuple of two floats
        [nm-1]
    scale_error, density_error : float
        Relative standard deviations [1] of the absolute scale and of the density of the walls, at 3 % noise.

    Returns
    -------
    measurements : tuple of Measurement
        One.
    truth : mapping
        ``porosity`` [1], ``pore_volume`` [cm3/g], ``saxs_area`` [m2/g], ``correlation_length`` and ``pore_radius`` [nm], and
        ``closed_pore_parameter`` [cm-1 nm-3] of the curve as it is calibrated.
    """
    part = noise / _NOISE
    scale, turned = (1 + part * share * rng.standard_normal() for share in (scale_error, density_error))
    density = skeleton_density * turned
    carbon = Carbon(porosity, pore_radius, outer_area, background, density, mesopore_fraction, mesopore_radius)
    q = np.geomspace(*q_range, points)
    columns = measured_columns(rng, q, carbon.intensity(q, scale=scale), noise)
    source = simulated_source("saxs", "saxs.dat", columns[ABSOLUTE])
    truth = {
        "porosity": porosity,
        "pore_volume": two_phases.pore_volume(porosity, density),
        "saxs_area": two_phases.specific_area(two_phases.surface_per_volume(porosity, carbon.length), porosity, density),
        "correlation_length": carbon.length,
        "pore_radius": pore_radius,
        "closed_pore_parameter": scale * carbon.amplitude_length,
    }
    return (Measurement("saxs", pl.DataFrame(columns), {}, "synthetic", source),), truth


#: Relative noise of synthetic curves.
_NOISE = 0.03

TECHNIQUE = Technique(
    name="saxs",
    title="Small-angle X-ray scattering",
    measurement="saxs",
    needs=(Q,),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=(
        "debye1957", "gibaud1996", "stevens2000", "saurel2019", "teubner1987", "beaucage1995", "percus1958", "guinier1939", "porod1951",
        "ruland1971", "allen2017",
    ),
    example=Options(rho_skel=GRAPHITE_DENSITY, rho_skel_error=0.005, scale_error=0.01, bootstrap=50),
)  # fmt: skip
