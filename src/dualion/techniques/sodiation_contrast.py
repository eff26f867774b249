"""Sodium in the pores, from scattering before and after: how far the contrast fell, and which filling says so.

    f0 = [(rho_C - rho_Na) / rho_C]^2                 0.348 for walls of 2.26 g/cm3, 0.288 for 2.00 (bulk sodium 0.968 g/cm3)
    V' / V = 1 - f (1 - f0)                           (i) a share f of the pores is full of sodium, the others are empty
    V' / V = (1 - c x)^2,   c = rho_Na / rho_C        (ii) every pore is filled to the share x

V is the closed-pore parameter B a of the model m1 in a common window (Debye, Anderson & Brumberger 1957), or the integral of Q^2 I over
it; rho are scattering length densities. Scattering cannot tell the two fillings apart: both are given, and the interval that they span
with their errors. A ratio below f0, or above 1, is no filling but loss or another normalisation.

The curves must share thickness, transmission and range of Q. Intensities in cm-1 do; others only where ``same_normalisation`` says so.
The charge of a plateau needs a pore volume of at least Q / 1128 mAh per cm3 of bulk sodium; a larger need than there are pores says that
filling is not all. Sodium metal reacts in air: a sample that was moved through air is flagged.

References: Stevens & Dahn 2000; Saurel et al. 2019; Debye, Anderson & Brumberger 1957.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from dualion.errors import CoverageError, SpecError
from dualion.numerics.scattering.contrast import CARBON_ELECTRONS, GRAPHITE_DENSITY
from dualion.numerics.scattering.curve_fit import CurveFit, fit_curve
from dualion.numerics.scattering.curves import ABSOLUTE, WEIGHTS, Q, ScatteringCurve, Weights, curve_of
from dualion.numerics.scattering.filling_quantities import filling_quantities, full_pore_quantity, needed_volume, withheld_fillings
from dualion.numerics.scattering.findings import fit_flags
from dualion.numerics.scattering.fit_curves import Q_AXIS, fit_curves, measured_curve
from dualion.numerics.scattering.models import build
from dualion.numerics.scattering.pore_quantities import Walls, absolute_quantities
from dualion.numerics.scattering.sodium_filling import contrast_share, filled_fraction, ratio_of_fraction, uniform_filling
from dualion.numerics.scattering.synthetic import Carbon, measured_columns
from dualion.numerics.simulated import simulated_source
from dualion.records.figure import Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.checks import unknown_words
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

_PRISTINE = "pristine"
_FEWEST = 8  # points of a curve in the window
_SHORT = 0.1  # of the end of the window that a curve may lack


@dataclass(frozen=True, slots=True)
class Options:
    """How two states are compared."""

    q_min: float = 0.6  # [nm-1] beginning of the common window
    q_max: float = 5.0  # [nm-1] its end
    quantity: Literal["closed_pore_parameter", "window_invariant"] = "closed_pore_parameter"  # V: B a, or the integral of Q^2 I
    before: str | None = None  # name of the file of the empty state; the one with state "pristine" where absent
    rho_skel: float | None = None  # [g/cm3] density of the walls; 2.26 of graphite where absent, with a flag
    rho_skel_error: float = 0.02  # [1] its relative standard error
    electrons: float = CARBON_ELECTRONS  # [mol/g] electrons per mass of the walls
    normalisation_error: float = 0.02  # [1] relative standard error of the ratio of the scales: thickness, transmission
    scale_error: float = 0.05  # [1] relative standard error of the absolute intensity, for the pore volume
    same_normalisation: bool = False  # whether arbitrary intensities share thickness, transmission and scale
    plateau_capacity: float | None = None  # [mAh/g] charge that the pores would have to hold
    closed_volume: float | None = None  # [cm3/g] closed pores by another method
    weights: Weights = "stated"  # errors of the file, a share of the intensity ("relative"), or alike ("unit")
    relative_error: float = 0.03  # [1] error over intensity, where none is stated
    chi2_limit: float = 3.0  # [1] of chi^2 per degree of freedom, above which the model is refused

    def __post_init__(self) -> None:
        problems = [
            f"{name}: {value} is not a positive number. Write it in {unit}."
            for name, value, unit in (
                ("q_min", self.q_min, "nm-1"), ("q_max", self.q_max, "nm-1"), ("rho_skel", self.rho_skel, "g/cm3"),
                ("electrons", self.electrons, "mol/g"), ("plateau_capacity", self.plateau_capacity, "mAh/g"),
                ("closed_volume", self.closed_volume, "cm3/g"), ("relative_error", self.relative_error, "1"),
                ("chi2_limit", self.chi2_limit, "1"),
            )
            if value is not None and not 0 < value < math.inf
        ]  # fmt: skip
        if not problems and not self.q_min < self.q_max:
            problems.append(f"q_min: {self.q_min} is not below q_max {self.q_max}. Give the lower end first, in nm-1.")
        shares = {name: getattr(self, name) for name in ("rho_skel_error", "normalisation_error", "scale_error")}
        problems += [
            f"{name}: {share} is not a relative error. Write a share such as 0.02." for name, share in shares.items() if not 0 <= share < 1
        ]
        known = ("closed_pore_parameter", "window_invariant")
        problems += unknown_words((("quantity", self.quantity, known), ("weights", self.weights, WEIGHTS)))
        if problems:
            raise SpecError(problems)

    @property
    def walls(self) -> Walls:
        """Density and contrast of the walls with their errors."""
        return Walls(self.rho_skel or GRAPHITE_DENSITY, self.rho_skel_error, self.scale_error, self.electrons)


@dataclass(frozen=True, slots=True)
class _State:
    """One state: its name, its curve in the common window, V with its error, and the fit behind it."""

    name: str
    transfer: str
    curve: ScatteringCurve
    amount: float
    stderr: float
    fit: CurveFit | None


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Compare one empty state with one or more others.

    Parameters
    ----------
    measurements : sequence of Measurement
        One with the condition ``state`` of "pristine" (or named by ``before``), and at least one other.
    options : Options

    Returns
    -------
    Result
        Of the state whose V fell most; all of them in the table ``states``.

    Raises
    ------
    CoverageError, InputError, SpecError
        Fewer than two curves, no single empty one, a missing column, too few points in the window.
    """
    check_input(TECHNIQUE, measurements, rows=_FEWEST)
    if len(measurements) < 2:
        raise CoverageError("The contrast of sodium, in states of one sample,", 2, len(measurements))
    first, others = _told_apart(measurements, options)
    curves, flags = _common([first, *others], options)
    empty, *filled = (_state(one, curve, options) for one, curve in zip((first, *others), curves, strict=True))
    flags += [flag for one in (empty, *filled) for flag in _state_flags(one, options)]
    if options.rho_skel is None:
        flags.append(Flag("rho_skel_assumed", "warning", f"The density of the walls was not given; {GRAPHITE_DENSITY} g/cm3 was taken."))
    filled = sorted(filled, key=lambda one: (one.amount / empty.amount if empty.amount > 0 else math.inf, one.name))
    shared = options.same_normalisation or all(one.curve.absolute for one in (empty, *filled))
    refused = any(flag.severity == "refusal" for flag in flags) or not empty.amount > 0
    if not empty.amount > 0:
        flags.append(Flag("poor_fit", "refusal", "The empty state has no pore scattering: there is nothing to compare with."))
    values, more = _filling(empty, filled[0], options, shared=shared, refused=refused)
    volumes, needs = _volumes(empty, options)
    return Result(
        technique=TECHNIQUE.name,
        values=values | volumes,
        curves={name: curve for at, one in enumerate((empty, *filled)) for name, curve in _curves(one, at).items()},
        flags=tuple(dict.fromkeys((*carried_flags(measurements), *flags, *more, *needs))),
        provenance=provenance(TECHNIQUE, measurements, options),
        tables={"states": _table(empty, filled, options)},
    )


def _told_apart(measurements: Sequence[Measurement], options: Options) -> tuple[Measurement, list[Measurement]]:
    """The empty state, and the others."""
    if options.before is not None:
        empty = [one for one in measurements if one.source.file == options.before]
    else:
        empty = [one for one in measurements if str(one.conditions.get("state", "")).casefold() == _PRISTINE]
    if len(empty) != 1:
        raise SpecError(
            f'state: {len(empty)} of {len(measurements)} curves are of the empty carbon. Write state = "pristine" for one of them in '
            "dualion.toml, or name its file with the option before."
        )
    return empty[0], [one for one in measurements if one is not empty[0]]


def _common(measurements: Sequence[Measurement], options: Options) -> tuple[list[ScatteringCurve], list[Flag]]:
    """Every curve in the window that all of them have."""
    wholes = [
        curve_of(one.table, where=one.source.file, weights=options.weights, relative_error=options.relative_error) for one in measurements
    ]
    flags = [flag for one in wholes for flag in one.flags]
    low, high = max(options.q_min, *(float(one.q[0]) for one in wholes)), min(options.q_max, *(float(one.q[-1]) for one in wholes))
    curves = [one.within(low, high) for one in wholes]
    for one, curve in zip(measurements, curves, strict=True):
        if np.unique(curve.q).size < _FEWEST:
            where = f"{one.source.file}: the common window {low:.3g} to {high:.3g} nm-1, in different q,"
            raise CoverageError(where, _FEWEST, int(np.unique(curve.q).size))
    scales = {one.absolute for one in curves}
    if scales != {True} and (len(scales) > 1 or not options.same_normalisation):
        message = "The intensities are not on one absolute scale, so that thickness and transmission are in the ratio. State"
        flags.append(Flag("arbitrary_scale", "refusal", f"{message} same_normalisation where they are equal; the filling is withheld."))
    elif low > options.q_min * (1 + _SHORT) or high < options.q_max * (1 - _SHORT):
        message = f"The curves share {low:.3g} to {high:.3g} nm-1 of the {options.q_min:g} to {options.q_max:g} nm-1 that are asked for."
        flags.append(Flag("arbitrary_scale", "warning", f"{message} Ratios of other ranges do not compare with this one."))
    return curves, flags


def _state(measured: Measurement, curve: ScatteringCurve, options: Options) -> _State:
    name = str(measured.conditions.get("state", "")) or measured.source.file
    transfer = str(measured.conditions.get("transfer", ""))
    if options.quantity == "window_invariant":
        weights = np.gradient(curve.q) * curve.q**2
        stderr = math.sqrt(float(((weights * curve.error) ** 2).sum()))
        return _State(name, transfer, curve, float(np.trapezoid(curve.q**2 * curve.intensity, curve.q)), stderr, None)
    fit = fit_curve(build("m1", curve.q), curve.q, curve.intensity, curve.error, stated=curve.stated)
    product, spread = fit.of_product("B", "a")
    return _State(name, transfer, curve, product, math.inf if spread is None else spread, fit)


def _state_flags(state: _State, options: Options) -> list[Flag]:
    found = []
    if state.fit is not None:
        found = [
            replace(flag, message=f"{state.name}: {flag.message}") for flag in fit_flags(state.fit, limit=options.chi2_limit, contrast=None)
        ]
    if state.transfer.casefold() == "air":
        message = f"{state.name}: the sample was moved through air, in which sodium metal reacts: its filling is a lower bound."
        found.append(Flag("exposed_sample", "warning", message))
    return found


def _ratio(empty: _State, state: _State, options: Options) -> tuple[float, float]:
    """V' / V and its standard error."""
    ratio = state.amount / empty.amount
    parts = (state.stderr / state.amount if state.amount > 0 else 0.0, empty.stderr / empty.amount, options.normalisation_error)
    spread = ratio * math.hypot(*parts)
    return ratio, spread if math.isfinite(spread) else abs(ratio)


def _filling(empty: _State, state: _State, options: Options, *, shared: bool, refused: bool) -> tuple[dict[str, Quantity], list[Flag]]:
    """Ratio and both fillings of one state."""
    rule = f"{options.quantity}, {state.curve.q[0]:.3g} to {state.curve.q[-1]:.3g} nm-1, {state.name} over {empty.name}"
    values = {"full_pore_ratio": full_pore_quantity(options.walls)}
    if refused or not shared:
        return values | withheld_fillings(rule), []
    ratio, stderr = _ratio(empty, state, options)
    more, flags = filling_quantities(ratio, stderr, options.walls, n=state.curve.q.size, rule=rule)
    return values | more, flags


def _volumes(empty: _State, options: Options) -> tuple[dict[str, Quantity], list[Flag]]:
    """The pore volume that the charge needs, and those that there are."""
    values: dict[str, Quantity] = {}
    have: list[tuple[str, float]] = []
    if empty.curve.absolute and empty.fit is not None and empty.fit.reduced <= options.chi2_limit:
        volume = absolute_quantities(empty.fit, options.walls, f"m1 of {empty.name}")["pore_volume"]
        if volume.value is not None:
            values["pore_volume"] = volume
            have.append(("all pores by scattering", volume.value))
    if options.closed_volume is not None:
        have.append(("closed pores", options.closed_volume))
    needed, flags = needed_volume(options.plateau_capacity, have)
    return values | needed, flags


def _table(empty: _State, filled: Sequence[_State], options: Options) -> pl.DataFrame:
    """One row for each state, the empty one first."""
    share = contrast_share(options.walls.density, options.walls.electrons)
    rows = []
    for one in (empty, *filled):
        known = empty.amount > 0 and one.amount >= 0 and math.isfinite(one.stderr)
        ratio, stderr = _ratio(empty, one, options) if known else (None, None)
        rows.append(
            {
                "state": one.name, "transfer": one.transfer,
                f"{options.quantity} [{empty.curve.unit} nm-3]": one.amount, "pore_ratio": ratio,
                "ratio_stderr": None if one is empty else stderr,
                "filled_fraction": None if ratio is None else filled_fraction(ratio, share),
                "uniform_filling_ratio": None if ratio is None else uniform_filling(ratio, share),
                "chi2r": None if one.fit is None else one.fit.reduced,
            }
        )  # fmt: skip
    kinds = dict.fromkeys(("pore_ratio", "ratio_stderr", "filled_fraction", "uniform_filling_ratio", "chi2r"), pl.Float64)
    return pl.DataFrame(rows, schema_overrides=kinds)


def _curves(state: _State, at: int) -> dict[str, Curve]:
    """Points and fit of a state."""
    found = {f"measured_{at}": measured_curve(state.curve)}
    if state.fit is not None:
        found[f"fitted_{at}"] = fit_curves(state.curve, state.fit)["fitted"]
    return found


def draw(result: Result) -> Figure:
    """The curves of all states with their fits.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    series = []
    names = result.tables["states"]["state"].to_list()
    for at, name in enumerate(names):
        measured = result.curves[f"measured_{at}"]
        series.append(Series(name, "measured", measured.x, measured.y, "raw-file", sample=f"state {at}"))
        fitted = result.curves.get(f"fitted_{at}")
        points = [] if fitted is None else [(x, y) for x, y in zip(fitted.x, fitted.y, strict=True) if y > 0]
        if points:
            x, y = (tuple(one) for one in zip(*points, strict=True))
            series.append(Series(f"{name}, m1", "fitted", x, y, "analysis", sample=f"state {at}"))
    ratio, filling = result.values["pore_ratio"], result.values["filling"]
    if ratio.value is None:
        said = "The change of contrast is withheld."
    elif filling.value is None or filling.interval is None:
        said = f"The pore scattering falls to {ratio.value:.2f} of that of the empty carbon, which is no filling."
    else:
        low, high = filling.interval
        said = f"The pore scattering falls to {ratio.value:.2f}, as with {low:.2f} to {high:.2f} of the pore volume filled by sodium."
    panel = Panel(Q_AXIS, result.curves["measured_0"].y_axis, tuple(series))
    return Figure("sodiation-contrast", "Scattering before and after sodiation", said, (panel,))


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 0.02,
    filled_share: float = 0.5,
    porosity: float = 0.15,
    pore_radius: float = 1.2,
    outer_area: float = 5.0,
    background: float = 0.02,
    skeleton_density: float = GRAPHITE_DENSITY,
    points: int = 100,
) -> tuple[tuple[Measurement, ...], Truth]:
    """Curves of an empty carbon, and of one in which a share of the pores is full of sodium.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        Relative standard deviation [1] of a point. With it grow the errors of the normalisation (2 % at 2 % noise) and of the density of
        the walls (2 %), which are drawn once.
    filled_share : float
        Share of the pores [1] that are full.
    porosity : float
        Volume fraction of the pores [1].
    pore_radius : float
        sqrt(10) a [nm].
    outer_area : float
        [m2/g]
    background : float
        [cm-1]
    skeleton_density : float
        Density of the walls that is stated [g/cm3].
    points : int
        Of each curve [1].

    Returns
    -------
    measurements : tuple of Measurement
        Two, in cm-1.
    truth : mapping
        ``pore_ratio``, ``filled_fraction``, and the ``uniform_filling`` that gives the same ratio [1].
    """
    part = noise / _NOISE
    density = skeleton_density * (1 + part * _DENSITY_ERROR * rng.standard_normal())
    gain = 1 + part * _NORMALISATION_ERROR * rng.standard_normal()
    share = contrast_share(density)
    ratio = ratio_of_fraction(filled_share, share)
    carbon, q = Carbon(porosity, pore_radius, outer_area, background, density), np.geomspace(*_SYNTHETIC_RANGE, points)
    made = []
    for name, factor, turned in (("pristine", 1.0, 1.0), ("sodiated", ratio, gain)):
        columns = measured_columns(rng, q, turned * carbon.intensity(q, pores=factor), noise)
        source = simulated_source("sodiation_contrast", f"{name}.dat", columns[ABSOLUTE])
        conditions: dict[str, Quantity | str] = {"state": name, "transfer": "inert"}
        made.append(Measurement("saxs", pl.DataFrame(columns), conditions, "synthetic", source))
    return tuple(made), {"pore_ratio": ratio, "filled_fraction": filled_share, "uniform_filling": uniform_filling(ratio, share)}


#: Relative noise of synthetic curves, and the errors of the normalisation and of the density that go with it.
_NOISE, _NORMALISATION_ERROR, _DENSITY_ERROR = 0.02, 0.02, 0.02
_SYNTHETIC_RANGE = (0.4, 6.0)  # [nm-1]

TECHNIQUE = Technique(
    name="sodiation_contrast",
    title="Sodium in pores by scattering contrast",
    measurement="saxs",
    needs=(Q,),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("stevens2000", "saurel2019", "debye1957"),
    several=True,
    example=Options(rho_skel=GRAPHITE_DENSITY),
)
