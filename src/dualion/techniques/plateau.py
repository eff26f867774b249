"""Plateau and slope of a hard carbon: how much of its charge is stored below a boundary of the potential, by three rules.

    fixed          Q(U < U_c), U_c = 0.15 V against Na+/Na, with 0.10 V beside it
    ir_corrected   U_c - |I| R on sodiation, U_c + |I| R on desodiation: the boundary as the carbon itself sees it
    inflection     the boundary where |dQ/dU| is least between the peak of the plateau and the sloping region
    slope = whole charge - plateau          spread of the rules = half the range of those that can be applied

The crossing of the boundary is linear between rows, on the monotone envelope of the curve. R is given (from impedance), or read from the
step of the potential where a current sets in after a rest; the result says which. The error of a plateau is

    u(Q_p) = u(U) |dQ/dU|_{U_c}  +  Q_p u(m)/m  +  Q_p u(I)/I       (in quadrature; the last two not for fractions)

The plateau below about 0.1 V is the filling of pores, the slope above it the storage between layers (Stevens & Dahn 2000). The fixed rule
moves charge between the two where the current makes the potential drop by more than some 20 mV (flag ``rate_limited``); with some 90 mV the
whole plateau lies beyond the cut-off. The headline is the second half cycle at the lowest rate on the branch of the option ``branch``: the
first one forms the interphase. Valid for half cells of anode materials; a sodium counter electrode adds its own polarisation (flag
``two_electrode_na``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.cycling import cycler_rows as rows_of
from dualion.numerics.cycling import plateau as numerics
from dualion.numerics.cycling.cycle_columns import thinned
from dualion.numerics.cycling.half_cycles import HalfCycles, half_cycles
from dualion.numerics.cycling.plateau_findings import BRANCHES, Found, findings, half_cycle_rows
from dualion.numerics.cycling.segments import Array
from dualion.numerics.cycling.synthetic_cycles import half_cell
from dualion.records.cell_record import WHERE, CellRecord, Role
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

_MILLI, _PERCENT, _AH_MG = 1e3, 100.0, 1e6  # the last one from Ah/mg to mAh/g
_LEAST_ROWS = 3  # [1]
_SAME_RATE = 1.05  # [1] times the lowest current that still is the same rate
_SLOPE_WITHIN = 5e-3  # [V] around the boundary from which |dQ/dU| is formed
_CURVE_POINTS, _DRAWN = 240, 600  # [1]
_NO_ERROR = "no standard error: "
RULES = ("fixed", "lower", "ir_corrected", "inflection")


@dataclass(frozen=True, slots=True)
class Options:
    """Where the plateau ends, and which half cycle stands for the rest."""

    boundary: float = 0.15  # [V] against Na+/Na
    lower_boundary: float = 0.10  # [V] reported beside it
    branch: Literal["desodiation", "sodiation"] = "desodiation"  # of the headline
    resistance: float | None = None  # [ohm] in series, from impedance; read from the steps of the current where not given
    cycle: int | None = None  # [1] own count, of the headline; the second at the lowest rate where not given
    counter: Literal["instrument", "integrated"] = "instrument"  # where the charge is from
    basis: Literal["", "anode"] = ""  # mass that capacities refer to; that of the working electrode where empty and known
    accuracy_voltage: float | None = None  # [V]; as the measurement says, or 0.001
    accuracy_fs: float | None = None  # [1] of the current, a share of its largest value; as the measurement says, or 0.0005
    most_inflections: int = 50  # [1] half cycles up to which the rule of inflection is applied to all; only to the headline beyond

    def __post_init__(self) -> None:
        problems = []
        for name, known in (("branch", BRANCHES), ("counter", ("instrument", "integrated")), ("basis", ("", "anode"))):
            if getattr(self, name) not in known:
                problems.append(f'{name}: "{getattr(self, name)}" is unknown. Write one of {", ".join(repr(word) for word in known)}.')
        potentials = {"boundary": self.boundary, "lower_boundary": self.lower_boundary}
        problems += [f"{name}: {value} is not a potential. Give it in V." for name, value in potentials.items() if not math.isfinite(value)]
        for name in ("resistance", "accuracy_voltage", "accuracy_fs"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < math.inf:
                problems.append(f"{name}: {value} is not a number of 0 or more.")
        if self.cycle is not None and self.cycle < 1:
            problems.append(f"cycle: {self.cycle} is not the number of a cycle. Give 1 or more.")
        if self.most_inflections < 0:
            problems.append(f"most_inflections: {self.most_inflections} is not a number of half cycles.")
        if problems:
            raise SpecError(problems)


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Plateau and slope of every half cycle, and of the headline by every rule.

    Parameters
    ----------
    measurements : sequence of Measurement
        One.
    options : Options

    Returns
    -------
    Result
        ``plateau_charge``, ``slope_charge``, ``total_charge`` [mAh], the same as ``_capacity`` [mAh/g], ``plateau_fraction`` [1], by the
        other rules with their name behind it, ``plateau_fraction_spread`` [1]; the tables ``half_cycles`` and ``rules``.

    Raises
    ------
    SpecError
        The cell is not known to be a half cell of an anode material, or a mass is asked for and not known.
    CoverageError
        No half cycle on the branch of the headline.
    InputError
        A column is missing, or there are several measurements.
    """
    check_input(TECHNIQUE, measurements, rows=_LEAST_ROWS)
    if len(measurements) > 1:
        raise InputError(f"plateau: {len(measurements)} measurements were given. Analyse one after the other; join their tables first.")
    measured = measurements[0]
    _check_cell(measured.cell)
    frame, dropped = rows_of.finite_rows(measured.table, TECHNIQUE.needs)
    flags = []
    if dropped:
        flags.append(Flag("missing_values", "warning", f"{dropped} rows hold no number of time, voltage or current and are left out."))
    mass = measured.cell.mass_of("anode") if options.basis else measured.cell.anode_mass
    if mass is None:
        flags.append(Flag("missing_mass", "warning", f"No capacity per gram: anode_mass is missing. {WHERE}."))
    whole = half_cycles(frame, first=-1, counter=options.counter)
    found = _found(whole, options, measured)
    headline = _headline(found, options, measured)
    values, rules = _values(found, headline, options, measured, mass)
    flags += findings(found, headline)
    carried = carried_flags(measurements)
    known = {flag.code for flag in carried}
    return Result(
        technique=TECHNIQUE.name,
        values=values,
        curves=_curves(found, headline, mass),
        flags=(*carried, *(flag for flag in flags if flag.code not in known)),
        provenance=provenance(TECHNIQUE, measurements, options),
        tables={"half_cycles": half_cycle_rows(found, headline, None if mass is None else mass.value), "rules": rules},
    )


def _check_cell(cell: CellRecord) -> None:
    """Refuse cells whose voltage is not the potential of a carbon."""
    if cell.kind is None:
        raise SpecError(f'kind: missing. A plateau belongs to one electrode; write "half". {WHERE}.')
    if cell.kind != "half":
        raise SpecError(f"kind: the voltage of a {cell.kind} cell is not the potential of its carbon. Analyse a half cell. {WHERE}.")
    if cell.working is None:
        raise SpecError(f'working: missing. Write "anode", the role of the working material. {WHERE}.')
    if cell.working != "anode" or cell.ion != "sodium":
        raise SpecError(f"working: plateau and slope are those of a sodium anode material, and this is none. {WHERE}.")


def _found(whole: HalfCycles, options: Options, measured: Measurement) -> Found:
    """Every half cycle split by every rule that can be applied to all of them."""
    curves = numerics.curves_of(whole)
    fixed = numerics.split(curves, options.boundary)
    lower = numerics.split(curves, options.lower_boundary)
    current = np.abs(whole.table["mean_current_ampere"].to_numpy())
    resistance, source = options.resistance, "as given"
    if resistance is None:
        onsets = numerics.onset_resistances(whole)
        read = onsets[np.isfinite(onsets)]
        if read.size:
            resistance, source = float(np.median(read)), f"median of {read.size} steps where a current sets in after a rest"
    corrected = None
    if resistance is not None:
        boundaries = options.boundary + curves.direction * current * resistance
        corrected = numerics.split(curves, boundaries).below
    chosen = range(curves.first.size) if curves.first.size <= options.most_inflections else ()
    inflections = {half: numerics.inflection(curves, half) for half in chosen}
    return Found(
        whole=whole, curves=curves, fixed=fixed, lower=lower.below, corrected=corrected, inflections=inflections,
        returning=numerics.returns(curves, options.boundary, fixed), current=current, resistance=resistance, source=source,
        rate=_rates(whole, measured.cell), nominal=rows_of.one_c_current(measured.cell, "anode") is not None, boundary=options.boundary,
        two_electrodes="working_electrode_potential_vs_reference_volt" not in measured.table.columns,
    )  # fmt: skip


def _rates(whole: HalfCycles, cell: CellRecord) -> Array:
    """Multiple of 1 C of each half cycle [1], or where that is not known its reciprocal time [h-1]; shape (h,)."""
    one_c = rows_of.one_c_current(cell, "anode")
    current = np.abs(whole.table["mean_current_ampere"].to_numpy())
    if one_c is not None:
        return np.asarray(current / one_c)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(current / whole.charge)


def _headline(found: Found, options: Options, measured: Measurement) -> int:
    """Position of the half cycle that stands for the rest."""
    segments = found.whole.segments
    branch = (segments.sign == (1 if options.branch == "desodiation" else -1)) & ~segments.profile & (found.curves.charge > 0)
    where = f"{measured.source.file}: plateau, in half cycles of {options.branch}"
    if options.cycle is not None:
        at = np.flatnonzero(branch & (segments.cycle == options.cycle))
        if at.size == 0:
            raise CoverageError(f"{where} of cycle {options.cycle},", 1, 0)
        return int(at[0])
    at = np.flatnonzero(branch)
    if at.size == 0:
        raise CoverageError(f"{where},", 1, 0)
    slow = at[found.current[at] <= _SAME_RATE * found.current[at].min()]
    return int(slow[min(1, slow.size - 1)])


def _values(
    found: Found, headline: int, options: Options, measured: Measurement, mass: Quantity | None
) -> tuple[dict[str, Quantity], pl.DataFrame]:
    """Quantities of the headline, and the table of its rules."""
    curves, segments = found.curves, found.whole.segments
    share, volts = rows_of.accuracies(measured.conditions, share=options.accuracy_fs, volts=options.accuracy_voltage)
    relative = share * float(np.abs(found.whole.current).max()) / float(found.current[headline])
    total = float(curves.charge[headline])
    where = f"{options.branch} of cycle {segments.cycle[headline]} by own rule"
    weighed: tuple[Role, Quantity] | None = None if mass is None else ("anode", mass)
    values = rows_of.charge_quantities("total", total, total * relative, weighed, where)
    found_rules = _rules(found, headline, options)
    for rule, (boundary, below, said) in found_rules.items():
        suffix = "" if rule == "fixed" else f"_{rule}"
        slope = 0.0 if rule == "inflection" else numerics.slope_at(curves, headline, boundary, _SLOPE_WITHIN)
        error, text = volts * slope, f"{rule}: below {boundary:.4g} V, {said}; {where}"
        if rule == "inflection":
            error, text = _grid_error(total), f"{text}; standard error: half a window of the polynomial"
        both = math.hypot(error, below * relative)
        values |= {name + suffix: value for name, value in rows_of.charge_quantities("plateau", below, both, weighed, text).items()}
        values[f"plateau_fraction{suffix}"] = Quantity(below / total, "1", error / total, rule=text)
        if rule == "fixed":
            both = math.hypot(error, (total - below) * relative)
            values |= rows_of.charge_quantities("slope", total - below, both, weighed, text)
    if "inflection" in found_rules:
        rule = f"least |dQ/dU| beside the plateau; {where}"
        values["boundary_inflection"] = Quantity(found_rules["inflection"][0], "V", volts, rule=rule)
    spread = [below / total for rule, (_, below, _) in found_rules.items() if rule != "lower"]
    if len(spread) > 1:
        names = ", ".join(rule for rule in found_rules if rule != "lower")
        text = f"half the range of {names}; {_NO_ERROR}it is one of the rule"
        values["plateau_fraction_spread"] = Quantity(0.5 * (max(spread) - min(spread)), "1", n=len(spread), rule=text)
    if found.resistance is not None:
        text = f"{found.source}; {_NO_ERROR}it serves as a correction only"
        values["series_resistance"] = Quantity(found.resistance, "ohm", rule=text)
    return values, _rule_table(found_rules, total, mass)


def _grid_error(total: float) -> float:
    """[Ah] standard error of a boundary on the grid of equal steps of charge: half a window of the polynomial, as of a uniform spread."""
    return total * numerics.WINDOW / (numerics.GRID - 1) / math.sqrt(12)


def _rules(found: Found, headline: int, options: Options) -> dict[str, tuple[float, float, str]]:
    """Boundary [V], charge below it [Ah] and words of each rule that can be applied."""
    rules = {
        "fixed": (options.boundary, float(found.fixed.below[headline]), "as given"),
        "lower": (options.lower_boundary, float(found.lower[headline]), "as given"),
    }
    if found.corrected is not None and found.resistance is not None:
        drop = float(found.current[headline]) * found.resistance
        boundary = options.boundary + float(found.curves.direction[headline]) * drop
        said = f"{options.boundary:g} V corrected by |I|R = {_MILLI * drop:.3g} mV, R {found.source}"
        rules["ir_corrected"] = (boundary, float(found.corrected[headline]), said)
    suggested = found.inflections[headline] if headline in found.inflections else numerics.inflection(found.curves, headline)
    if suggested is not None:
        rules["inflection"] = (*suggested, "least |dQ/dU|")
    return rules


def _rule_table(rules: dict[str, tuple[float, float, str]], total: float, mass: Quantity | None) -> pl.DataFrame:
    columns: dict[str, list[object]] = {
        "rule": list(rules),
        "boundary [V]": [boundary for boundary, _, _ in rules.values()],
        "plateau_capacity [mAh]": [_MILLI * below for _, below, _ in rules.values()],
        "plateau_fraction [1]": [below / total for _, below, _ in rules.values()],
    }
    if mass is not None and mass.value:
        columns["plateau_capacity [mAh/g]"] = [_AH_MG * below / mass.value for _, below, _ in rules.values()]
    return pl.DataFrame(columns | {"source": [said for _, _, said in rules.values()]})


def _curves(found: Found, headline: int, mass: Quantity | None) -> dict[str, Curve]:
    """Potential against charge of both half cycles of the headline's cycle."""
    segments = found.whole.segments
    x_axis, scale = (
        (Axis("Charge", "mAh"), _MILLI) if mass is None or not mass.value else (Axis("Specific capacity", "mAh/g"), _AH_MG / mass.value)
    )
    curves = {}
    same = np.flatnonzero((segments.cycle == segments.cycle[headline]) & ~segments.profile)
    for half in same.tolist():
        name = BRANCHES[0] if segments.sign[half] > 0 else BRANCHES[1]
        if name in curves:
            continue
        curves[name] = Curve(x_axis, Axis("Potential", "V"), *thinned(found.whole, half, scale=scale, points=_CURVE_POINTS))
    return curves


def draw(result: Result) -> Figure:
    """Curves of the headline's cycle with the boundary, and plateau and slope of every half cycle of its branch.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    options = result.provenance.options
    panels = []
    if result.curves:
        some = next(iter(result.curves.values()))
        series = [Series(name, "measured", curve.x, curve.y, "analysis", sample=name) for name, curve in result.curves.items()]
        ends = (0.0, max(max(curve.x) for curve in result.curves.values()))
        series.append(Series(f"{options['boundary']:g} V", "limit", ends, (float(options["boundary"]),) * 2, "analysis"))
        panels.append(Panel(some.x_axis, some.y_axis, tuple(series)))
    table = result.tables["half_cycles"].filter((pl.col("branch") == options["branch"]) & ~pl.col("profile"))
    table = table.gather_every(max(1, table.height // _DRAWN))
    per_gram = "plateau_capacity [mAh/g]" in table.columns
    unit = "mAh/g" if per_gram else "mAh"
    x = tuple(table["cycle"].cast(pl.Float64))
    parts = tuple(
        Series(f"{part}, {options['branch']}", "measured", x, tuple(table[f"{part}_capacity [{unit}]"]), "analysis", sample=part)
        for part in ("plateau", "slope")
    )
    panels.append(Panel(Axis("Cycle", "1"), Axis("Specific capacity" if per_gram else "Capacity", unit), parts))
    value = result.values.get("plateau_capacity", result.values["plateau_charge"])
    fraction = result.values["plateau_fraction"].value or 0.0
    said = f"Below {options['boundary']:g} V lie {value.value:.4g} {value.unit}, {_PERCENT * fraction:.1f} % of the {options['branch']}."
    return Figure("plateau", "Plateau and slope", said, tuple(panels), 183 if len(panels) > 1 else 89)


def synthesise(
    rng: np.random.Generator, *, noise: float = 1.0, total_capacity: float = 400.0, knee: float = 0.40, resistance: float = 100.0
) -> tuple[tuple[Measurement, ...], Truth]:
    """A hard carbon half cell with a sloping region, a plateau and a series resistance, cycled three times at constant current.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        Scale [1] of all errors: 0.05 % of the current and 1 mV, for each direction anew, and 0.5 % of the mass.
    total_capacity : float
        [mAh/g]
    knee : float
        Share [1] of the charge above the knee of the curve, at 0.15 V.
    resistance : float
        [ohm]

    Returns
    -------
    measurements, truth
        One measurement, and values of its result.
    """
    filling = np.array([0.0, knee - 0.05, knee + 0.05, 1.0])
    potential = np.array([1.1, 0.20, 0.10, 0.02])
    grid = np.linspace(0.0, 1.0, 600)
    curve = np.interp(grid, filling, potential)
    current = 30.0
    measured = half_cell(
        rng,
        noise,
        [(total_capacity, curve, total_capacity, curve[::-1])] * 3,
        name="plateau",
        specific_current=current,
        resistance=resistance,
    )
    drop = current * 1.5e-6 * resistance  # 1.5 mg of carbon
    fraction = 1 - float(np.interp(-(0.15 - drop), -potential, filling))
    truth = {
        "total_capacity": total_capacity,
        "plateau_capacity": fraction * total_capacity,
        "slope_capacity": (1 - fraction) * total_capacity,
        "plateau_fraction": fraction,
        "plateau_fraction_ir_corrected": 1 - knee,
    }
    return (measured,), truth


TECHNIQUE = Technique(
    name="plateau",
    title="Plateau and slope of a hard carbon",
    measurement="gcd",
    needs=("test_time_second", "voltage_volt", "current_ampere"),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("stevens2000", "savitzky1964", "tang2026"),
    example=Options(resistance=100.0),
)
