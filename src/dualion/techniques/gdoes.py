"""Depth profiles by glow discharge optical emission: sodium in carbon along the depth, and against the charge that put it there.

    q = mean(I_Na) / mean(I_C)       in a window behind the transient at the surface, for each state
    n_Na / n_C = q / K,              x = 6 n_Na / n_C in NaxC6,            c = 1000 (n_Na / n_C) / M_C  [mmol/g of carbon]
    c = a + b (Q - Q_irr) / F        by Deming's line, errors in both; b = 1 by Faraday's law

K, the signal ratio of equal numbers of Na and C, is from a standard (``calibration``). Without it intensities are no concentrations, and
only the ratio and its line over the charge are given. That c is linear in Q follows from Faraday's law wherever the sodium is; it does not
tell pore filling from adsorption. Sodium of the surface film adds an intercept (``sei_sodium``); a slope whose interval leaves 1 out is
``faraday_mismatch``.

The window is the one given, or the first in which the ratio is level: a slope within two standard errors of zero. Its coefficient of
variation and its drift say how uniform the sodium is along the depth. Time becomes depth only with a sputter rate (``no_sputter_rate``).
A carbon line that changes by more than 20 % in a window or between states is a ``matrix_effect``.

Profiles with equal conditions are craters of one state. With three or more craters, errors are those of their scatter, pooled over the
states; otherwise of the points of a window and a matrix term of 10 %, added in squares. Errors of the lines follow from the residuals, with
Student's t at n - 2 degrees of freedom.

References: Payling, Jones & Bengtson 1997; Deming 1943; York et al. 2004; Tang et al. 2026.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.columns import ELEMENTS
from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.arrays import curve_from
from dualion.numerics.atomic_weights import symbol
from dualion.numerics.depth_profile.plateaus import LEAST_POINTS
from dualion.numerics.depth_profile.sodium import content_of_charge, content_of_ratio, x_of_charge
from dualion.numerics.depth_profile.states import Crater, State, crater_of, crater_rows, line_rows, lines_of, state_rows, states_of
from dualion.numerics.depth_profile.synthetic import synthetic_crater
from dualion.numerics.lines import Line
from dualion.numerics.simulated import simulated_source
from dualion.numerics.student import interval
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

Array = NDArray[np.float64]

#: Fewest points [1] of a profile: a quarter of them are a window.
_LEAST_ROWS = 2 * LEAST_POINTS
#: Change of the carbon line [%] beyond which the matrix is not the same.
_MATRIX_CHANGE = 20.0
#: Drift [%] over a window that is too large for the transient to be over.
_TRANSIENT = 1.0
_LINES = ("deming", "ols")
_PERCENT, _CARBON_IN_C6 = 100.0, 6.0
_TIME, _DEPTH, _CHARGE = Axis("Sputter time", "s"), Axis("Depth", "nm"), Axis("Charge", "mAh/g")
#: Conditions that tell one state from another.
_MAY_BE_NULL = {"charge [mAh/g]": pl.Float64, "x_ratio_from_charge": pl.Float64, "sodium_of_the_charge [mmol/g]": pl.Float64}
_STATE = ("charge", "state_of_charge", "potential", "cycles")


@dataclass(frozen=True, slots=True)
class Options:
    """What is taken for the level part, and what the signals and charges mean."""

    window: tuple[float, float] | None = None  # [s] of sputter time; the first level part where None
    normalise_to: str = "C"  # element whose line divides that of sodium
    calibration: float | None = None  # [1] signal ratio of equal numbers of atoms, from a standard
    calibration_error: float = 0.0  # [1] its relative standard error
    irreversible_mah_g: float | None = None  # [mAh/g] charge that left no sodium in the carbon; none taken off where None
    capacity_mah_g: float | None = None  # [mAh/g] charge at a state of charge of 100 %
    charge_error: float = 0.01  # [1] relative standard error of a charge
    matrix_error: float = 0.10  # [1] relative standard error of a ratio of one or two craters
    sputter_rate: float | None = None  # [nm/s] where the files do not say it
    line: str = "deming"  # or "ols": whose slope is the result

    def __post_init__(self) -> None:
        problems = []
        if self.window is not None and not (all(map(math.isfinite, self.window)) and self.window[0] < self.window[1]):
            problems.append(f"window: {self.window} is not a range. Give two times in s, the earlier first.")
        for name in ("calibration", "capacity_mah_g", "sputter_rate"):
            given = getattr(self, name)
            if given is not None and not 0 < given < math.inf:
                problems.append(f"{name}: {given} is not a positive number. Give one.")
        errors = {name: getattr(self, name) for name in ("calibration_error", "charge_error", "matrix_error")}
        problems += [f"{name}: {one} is not a relative error. Give 0 or more." for name, one in errors.items() if not 0 <= one < math.inf]
        if self.irreversible_mah_g is not None and not 0 <= self.irreversible_mah_g < math.inf:
            problems.append(f"irreversible_mah_g: {self.irreversible_mah_g} is not a charge. Give it in mAh/g, 0 or more.")
        if _column(self.normalise_to) not in {f"{name}_signal" for name in ELEMENTS} - {"sodium_signal"}:
            problems.append(f'normalise_to: "{self.normalise_to}" is not an element with a line. Give one such as "C".')
        if self.line not in _LINES:
            problems.append(f'line: "{self.line}" is not known. Give one of {", ".join(_LINES)}.')
        if problems:
            raise SpecError(problems)

    @property
    def per_carbon(self) -> float | None:
        """The calibration [1], where sodium is divided by carbon."""
        return self.calibration if _column(self.normalise_to) == "carbon_signal" else None


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Signal ratio and uniformity of each state, and the line of sodium over charge.

    Parameters
    ----------
    measurements : sequence of Measurement
        One for each crater.
    options : Options

    Returns
    -------
    Result
        ``sodium_ratio`` [1], ``depth_variation`` [%], ``drift`` [%] of the state of the largest charge; ``x_in_naxc6`` [1],
        ``faraday_slope`` [1] and ``faraday_intercept`` [mmol/g] with a calibration, ``ratio_slope`` [g/mAh] and ``ratio_intercept`` [1]
        without; the tables ``states``, ``craters`` and, with three charges, ``lines``.

    Raises
    ------
    CoverageError
        A profile has too few points.
    InputError
        A profile has no abscissa, or no signal in its window.
    """
    check_input(TECHNIQUE, measurements)
    flags = list(carried_flags(measurements))
    ordered = sorted(measurements, key=lambda one: (_charge(one, options) or 0.0, _key(one), one.source.sha256))
    by_time = {"time_second" in one.table.columns for one in ordered}
    if len(by_time) > 1:
        raise InputError("time_second: some profiles have it and some have only a depth. Give profiles of one kind.")
    craters = [_crater(one, options, flags) for one in ordered]
    states = states_of(craters, matrix_error=options.matrix_error)
    irreversible, calibration = options.irreversible_mah_g or 0.0, options.per_carbon
    lines = lines_of(states, calibration=calibration, irreversible=irreversible, charge_error=options.charge_error)
    rates = [options.sputter_rate or _number(one, "sputter_rate") for one in ordered]
    if by_time == {True} and not all(rates):
        flags.append(Flag("no_sputter_rate", "note", "No sputter rate is stated: profiles are over time, not over depth."))
    flags += _flags(craters, lines, measurements, options)
    depths = [rate or 0.0 for rate in rates] if by_time == {True} and all(rates) else None
    return Result(
        technique=TECHNIQUE.name,
        values=_values(states, lines, options),
        curves=_curves(craters, lines, options, rates=depths, axis=_TIME if by_time == {True} else _DEPTH),
        flags=tuple(dict.fromkeys(flags)),
        provenance=provenance(TECHNIQUE, measurements, options),
        tables={
            "states": pl.DataFrame(state_rows(states, irreversible=irreversible, calibration=calibration), schema_overrides=_MAY_BE_NULL),
            "craters": pl.DataFrame(crater_rows(craters, "s" if by_time == {True} else "nm")),
            **({"lines": pl.DataFrame(line_rows(lines))} if lines else {}),
        },
    )


def _column(element: str) -> str:
    """Column of the line of an element."""
    known = symbol(element)
    return next((f"{name}_signal" for name in ELEMENTS if symbol(name) == known and known), "")


def _number(measured: Measurement, name: str) -> float | None:
    given = measured.conditions.get(name)
    return given.value if isinstance(given, Quantity) else None


def _charge(measured: Measurement, options: Options) -> float | None:
    """Charge [mAh/g] that a state holds, stated or from its state of charge."""
    stated, share = _number(measured, "charge"), _number(measured, "state_of_charge")
    if stated is not None:
        return stated
    return None if share is None or options.capacity_mah_g is None else share / _PERCENT * options.capacity_mah_g


def _key(measured: Measurement) -> tuple[str, ...]:
    """What tells a state from another; a measurement of which nothing is known is a state of its own."""
    parts = ["" if _number(measured, name) is None else str(_number(measured, name)) for name in _STATE]
    said = measured.conditions.get("state", "")
    parts.append(said if isinstance(said, str) else "")
    return (measured.sample, *parts) if any(parts) else (measured.sample, measured.source.sha256, measured.region)


def _crater(measured: Measurement, options: Options, flags: list[Flag]) -> Crater:
    """A crater with its window."""
    table, name, file = measured.table, measured.region or measured.source.file, measured.source.file
    divisor = _column(options.normalise_to)
    if divisor not in table.columns:
        raise InputError(f"{file}: no column {divisor}, by which sodium is divided. Set normalise_to to a line that is there.")
    abscissa = next((one for one in ("time_second", "depth_nanometre") if one in table.columns), None)
    if abscissa is None:
        raise InputError(f"{file}: no column time_second and no depth_nanometre. Give a profile with one of them.")
    x, sodium, carbon = (table[column].to_numpy().astype(np.float64) for column in (abscissa, "sodium_signal", divisor))
    good = np.isfinite(x) & np.isfinite(sodium) & np.isfinite(carbon) & (carbon > 0)
    if not good.all() and "missing_values" not in {flag.code for flag in measured.flags}:
        message = f"{name}: {int((~good).sum())} rows have no number, or no signal of {options.normalise_to}, and were left out."
        flags.append(Flag("missing_values", "warning", message))
    order = np.argsort(x[good], kind="stable")
    x, sodium, carbon = (one[good][order] for one in (x, sodium, carbon))
    count = int(np.unique(x).size)
    if count < _LEAST_ROWS:
        raise CoverageError(f"{name}: {TECHNIQUE.name}, in different times,", _LEAST_ROWS, count)
    found = crater_of(x, sodium, carbon, key=_key(measured), name=name, charge=_charge(measured, options), window=options.window)
    if found is None:
        raise InputError(f"{name}: its window holds fewer than {LEAST_POINTS} points, or no sodium. Give another window.")
    return found


def _chosen(lines: Mapping[str, Line], options: Options) -> Line | None:
    return lines.get(options.line) or lines.get("ols")


def _faraday(line: Line, options: Options) -> tuple[Quantity, Quantity]:
    """Slope and intercept of a Faraday line, with the common error of the calibration."""
    found = []
    for value, stderr, unit in ((line.slope, line.slope_stderr, "1"), (line.intercept, line.intercept_stderr, "mmol/g")):
        u = math.hypot(stderr, options.calibration_error * abs(value))
        rule = f"{options.line} line of sodium over that of the charge; t at {line.freedom:g} degrees of freedom"
        found.append(Quantity(value, unit, u, line.n, rule, interval(value, u, line.freedom)))
    return found[0], found[1]


def _values(states: Sequence[State], lines: Mapping[str, Line], options: Options) -> dict[str, Quantity]:
    top = states[-1]
    craters, n, charge = top.craters, len(top.craters), top.charge
    where = "" if len(states) == 1 else f" of the state of {charge:g} mAh/g" if charge is not None else " of the last state"
    ends = interval(top.q, top.stderr, top.freedom)
    values = {"sodium_ratio": Quantity(top.q, "1", top.stderr, n, f"Na over {options.normalise_to}{where}; {top.rule}", ends)}
    worst, drifting = max(craters, key=lambda one: one.level.variation), max(craters, key=lambda one: abs(one.level.drift))
    rule = f"coefficient of variation along the depth{where}; no standard error: it is a scatter itself"
    values["depth_variation"] = Quantity(worst.level.variation, "%", rule=rule)
    values["drift"] = Quantity(drifting.level.drift, "%", drifting.level.drift_stderr, rule=f"change of a line over the window{where}")
    if options.per_carbon is not None:
        atoms = top.q / options.per_carbon
        u = math.hypot(top.stderr, options.calibration_error * top.q) / options.per_carbon
        values["sodium_per_carbon"] = Quantity(atoms, "1", u, n, f"atoms of Na for one of C, calibrated{where}")
        values["x_in_naxc6"] = Quantity(_CARBON_IN_C6 * atoms, "1", _CARBON_IN_C6 * u, n, f"6 Na/C{where}")
    if charge is not None:
        x = x_of_charge(charge - (options.irreversible_mah_g or 0.0))
        values["x_from_charge"] = Quantity(x, "1", abs(x_of_charge(charge)) * options.charge_error, rule=f"Q / 372 mAh/g{where}")
    line = _chosen(lines, options)
    if line is not None and options.per_carbon is not None:
        values["faraday_slope"], values["faraday_intercept"] = _faraday(line, options)
    elif line is not None:
        rule = f"{options.line} line of the signal ratio over the charge; t at {line.freedom:g} degrees of freedom"
        values["ratio_slope"] = Quantity(line.slope, "g/mAh", line.slope_stderr, line.n, rule, line.slope_interval)
        values["ratio_intercept"] = Quantity(line.intercept, "1", line.intercept_stderr, line.n, rule, line.intercept_interval)
    return values


def _flags(craters: Sequence[Crater], lines: Mapping[str, Line], measurements: Sequence[Measurement], options: Options) -> list[Flag]:
    flags = []
    restless = [one.name for one in craters if not (one.level.is_level or abs(one.level.drift) <= _TRANSIENT)]
    if restless:
        message = f"{', '.join(restless[:4])}: the ratio is not level in its window; the transient of the surface may be in it."
        flags.append(Flag("transient_in_window", "warning", message))
    signals = np.array([one.divisor.mean for one in craters])
    apart, drifting = _PERCENT * float(np.abs(signals / np.median(signals) - 1).max()), max(abs(one.divisor.drift) for one in craters)
    if max(apart, drifting) > _MATRIX_CHANGE:
        message = f"The line of {options.normalise_to} changes by {drifting:.0f} % in a window and by {apart:.0f} % between craters."
        flags.append(Flag("matrix_effect", "warning", f"{message} Signals are no longer comparable."))
    if any(one.conditions.get("transfer") == "air" for one in measurements):
        flags.append(Flag("exposed_sample", "warning", "A sample was in air, in which stored sodium reacts."))
    line = _chosen(lines, options)
    if line is None:
        return flags
    low, high = line.intercept_interval
    if options.per_carbon is None:
        flags.append(Flag("not_calibrated", "note", "Without a calibration the ratio is no concentration; Faraday's law is not tested."))
    else:
        slope, intercept = _faraday(line, options)
        (low, high), ends = intercept.interval or (low, high), slope.interval or line.slope_interval
        if not ends[0] <= 1 <= ends[1]:
            message = f"Sodium over charge has the slope {slope.value:.3f}, {ends[0]:.3f} to {ends[1]:.3f}; Faraday's law asks for 1."
            flags.append(Flag("faraday_mismatch", "warning", message))
    if low > 0:
        message = f"The line leaves sodium without charge ({low:.3g} to {high:.3g}): sodium of the surface film, as a rule."
        flags.append(Flag("sei_sodium", "warning", message))
    return flags


def _curves(
    craters: Sequence[Crater], lines: Mapping[str, Line], options: Options, *, rates: Sequence[float] | None, axis: Axis
) -> dict[str, Curve]:
    """Profiles, over depth where the rates [nm/s] are known, and the line over charge."""
    up = Axis(f"Signal ratio Na/{options.normalise_to}", "1")
    curves = {}
    for number, one in enumerate(craters, start=1):
        x = one.x if rates is None else one.x * rates[number - 1]
        curves[f"profile_{number}"] = curve_from(axis if rates is None else _DEPTH, up, x, one.ratio)
    line = _chosen(lines, options)
    if line is not None:
        ends = np.array(sorted(one.charge for one in craters if one.charge is not None))[[0, -1]]
        scale = 1.0 if options.per_carbon is None else content_of_charge(1.0)
        y = line.intercept + line.slope * scale * (ends - (options.irreversible_mah_g or 0.0))
        sodium = up if options.per_carbon is None else Axis("Sodium", "mmol/g")
        curves["line"] = curve_from(_CHARGE, sodium, ends, y)
    return curves


def draw(result: Result) -> Figure:
    """Profiles, and sodium over charge where there is a line.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    states = result.tables["states"]
    first, series = result.curves["profile_1"], []
    for row in states.iter_rows(named=True):
        one, charge = result.curves[f"profile_{row['first_profile']}"], row["charge [mAh/g]"]
        series.append(Series(row["state"] if charge is None else f"{charge:.0f} mAh/g", "measured", one.x, one.y, "analysis"))
    panels = [Panel(first.x_axis, first.y_axis, tuple(series))]
    line, ratio = result.curves.get("line"), result.values["sodium_ratio"]
    said = f"{first.y_axis.quantity} is {ratio.value:.3g}{' at the largest charge' if line is not None else ''}"
    if line is not None:
        table = states.drop_nulls("charge [mAh/g]")
        column = "sodium_content [mmol/g]" if "sodium_content [mmol/g]" in table.columns else "sodium_ratio"
        points = Series("states", "measured", tuple(table["charge [mAh/g]"]), tuple(table[column]), "analysis")
        panels.append(Panel(line.x_axis, line.y_axis, (points, Series("line", "fitted", line.x, line.y, "analysis"))))
    slope = result.values.get("faraday_slope")
    if slope is not None and slope.value is not None:
        said += f", and its slope over the charge is {slope.value:.2f} of that of Faraday's law"
    return Figure("gdoes", "Depth profiles", f"{said}.", tuple(panels), width=183 if len(panels) > 1 else 89)


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 0.02,
    charges: Sequence[float] = (40.0, 100.0, 170.0, 250.0, 338.0),
    sei_sodium: float = 0.5,
    sensitivity: float = 0.8,
    faraday_slope: float = 1.0,
    craters: int = 3,
    rows: int = 120,
) -> tuple[tuple[Measurement, ...], Truth]:
    """Craters at several charges, with a transient at the surface and level sodium behind it.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        Relative standard deviation [1] between craters, and half of it that of a point; a fifth of it is that of a charge.
    charges : sequence of float
        [mAh/g]
    sei_sodium : float
        [mmol/g] of the surface film.
    sensitivity : float
        Ratio [1] of the signals of equal numbers of atoms.
    faraday_slope : float
        [1] of the sodium over that of the charge.
    craters : int
        [1] of each state.
    rows : int
        [1] of a profile.

    Returns
    -------
    measurements : tuple of Measurement
    truth : mapping
        ``sodium_ratio`` of the largest charge, ``faraday_slope``, ``faraday_intercept``.
    """
    made: list[Measurement] = []
    ratio = 0.0
    for charge in charges:
        atoms = (faraday_slope * content_of_charge(charge) + sei_sodium) / content_of_ratio(1.0)
        ratio = sensitivity * atoms
        conditions: dict[str, Quantity | str] = {
            "charge": Quantity(charge * (1 + noise / 5 * float(rng.standard_normal())), "mAh/g"),
            "pressure": Quantity(200.0, "Pa"),
            "power": Quantity(20.0, "W"),
            "transfer": "inert",
        }
        for crater in range(craters):
            time, sodium, carbon = synthetic_crater(rng, ratio, rows=rows, scatter=noise, point=noise / 2)
            table = pl.DataFrame({"time_second": time, "sodium_signal": sodium, "carbon_signal": carbon})
            drawn = (sodium, carbon, np.array([crater], dtype=np.uint8))
            source = simulated_source("gdoes", f"gdoes-{charge:g}-mAh-g-{crater + 1}.csv", *drawn)
            made.append(Measurement("gdoes", table, conditions, "synthetic", source))
    return tuple(made), {"sodium_ratio": ratio, "faraday_slope": faraday_slope, "faraday_intercept": sei_sodium}


TECHNIQUE = Technique(
    name="gdoes",
    title="Depth profiles by glow discharge",
    measurement="gdoes",
    needs=("sodium_signal", "carbon_signal"),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("payling1997", "deming1943", "york2004", "tang2026"),
    several=True,
    example=Options(calibration=0.8, charge_error=0.004),
)
