"""Galvanostatic cycling: what each cycle stores and gives back, at which voltages, and with which efficiency.

    Q = sum of the steps' net capacity                  from the counter of the instrument; otherwise int |I| dt, flagged ``integrated``
    CE = second half of a cycle / its first half        half cell of an anode material: desodiation / sodiation; others: discharge / charge
    mean voltage E / Q, median voltage U(Q/2), plateau voltage: charge-weighted mean within 0.1 V of the largest |dQ/dU|
    hysteresis = mean voltage of charge - mean voltage of discharge            energy efficiency = E_discharge / E_charge

Cycles are those that the instrument counts, where it counts, or our own (option ``cycles``); the result says which. Half cells of anode
materials start with a discharge, and our own count pairs half cycles accordingly. "Reversible" is the second half of a cycle (the
desodiation of a hard carbon), of the first ordinary cycle after the first one: complete, and not diagnostic, that is with charge and
discharge within 50-150 % of the rolling median of 11 cycles.

Uncertainty. Charges have u(Q)/Q = a I_fs/|I| with the accuracy a of the current as a share of its full scale I_fs, the last digit r of the
counter as r/sqrt(12), and for specific ones u(m)/m. For charge and discharge on ranges that err independently

    u(CE)/CE = sqrt(2) u(I)/I

so that 0.05 % of full scale leaves a coulombic efficiency uncertain by 0.07 %: over many cycles the instrument, not the cell, sets the
limit (Smith et al. 2010), and a median over cycles does not lower it. Valid for constant currents; drive profiles are no cycles.
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
from dualion.numerics.cycling.cycle_columns import cycle_columns, half_cycle_columns, thinned
from dualion.numerics.cycling.cycle_findings import cycle_findings, record_findings, unresolved
from dualion.numerics.cycling.cycle_table import CHARGE, DISCHARGE, Cycles, cycles_of
from dualion.numerics.cycling.half_cycles import HalfCycles, half_cycles
from dualion.numerics.cycling.masks import diagnostic
from dualion.numerics.cycling.plateau_voltage import PLATEAU_HALF_WIDTH
from dualion.numerics.cycling.segments import MIN_HALF_CYCLE, Array, Mask
from dualion.numerics.cycling.step_table import step_table
from dualion.numerics.cycling.synthetic_cycles import half_cell
from dualion.records.cell_record import CellRecord, Role
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.checks import not_positive
from dualion.techniques.row import Technique, Truth, carried_flags, check_input, provenance

_MILLI, _PERCENT, _HOUR, _AH_MG = 1e3, 100.0, 3600.0, 1e6  # the last one from Ah/mg to mAh/g
_LEAST_ROWS = 2  # [1] of a half cycle
_CURVE_POINTS, _DRAWN_CYCLES = 120, 600  # [1]
_NO_ERROR = "no standard error: "


@dataclass(frozen=True, slots=True)
class Options:
    """How cycles are counted, and what their capacities refer to."""

    cycles: Literal["instrument", "own"] = "instrument"  # whose count; our own where the instrument counts none
    counter: Literal["instrument", "integrated"] = "instrument"  # where the charge is from
    basis: Literal["", "anode", "cathode"] = ""  # mass that capacities refer to; that of the working electrode where empty
    accuracy_fs: float | None = None  # [1] of the current, a share of its full scale; as the measurement says, or 0.0005
    full_scale: float | None = None  # [A] of the current; the largest current where not given
    accuracy_voltage: float | None = None  # [V]; as the measurement says, or 0.001
    plateau_half_width: float = PLATEAU_HALF_WIDTH  # [V] half of the window of the plateau voltage
    min_half_cycle: float = MIN_HALF_CYCLE  # [s] below which a half cycle may be part of a drive profile

    def __post_init__(self) -> None:
        problems = []
        for name, known in (
            ("cycles", ("instrument", "own")),
            ("counter", ("instrument", "integrated")),
            ("basis", ("", "anode", "cathode")),
        ):
            if getattr(self, name) not in known:
                problems.append(f'{name}: "{getattr(self, name)}" is unknown. Write one of {", ".join(repr(word) for word in known)}.')
        problems += not_positive(self, "accuracy_fs", "full_scale", "accuracy_voltage", "plateau_half_width")
        if not 0 <= self.min_half_cycle < math.inf:
            problems.append(f"min_half_cycle: {self.min_half_cycle} is not a time. Give it in s, 0 or more.")
        if problems:
            raise SpecError(problems)


_WORDS = {"cycles": ("instrument", "own"), "counter": ("instrument", "integrated"), "basis": ("", "anode", "cathode")}


@dataclass(frozen=True, slots=True)
class _Seen:
    """A measurement cut into cycles, with what its numbers rest on.

    ``words`` of discharge and charge; ``second`` the column of the half that gives back; ``errors`` [1] of the charges, relative; ``digit``
    [mAh] of the counter; ``accuracy`` [V]; ``mass`` [mg] with its role, or None.
    """

    cell: CellRecord
    whole: HalfCycles
    cycles: Cycles
    words: tuple[str, str]
    second: int
    errors: Array
    digit: float
    accuracy: float
    mass: tuple[Role, Quantity] | None
    diagnostic: Mask


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Capacities, voltages and efficiencies of every cycle.

    Parameters
    ----------
    measurements : sequence of Measurement
        One.
    options : Options

    Returns
    -------
    Result
        Values of the cell's first, of its second ordinary and of all ordinary cycles; the tables ``cycles``, ``half_cycles`` and ``steps``.

    Raises
    ------
    SpecError
        A mass is asked for and not known.
    CoverageError
        No current flows, or none in a cycle.
    InputError
        A column is missing, or there are several measurements.
    """
    check_input(TECHNIQUE, measurements, rows=_LEAST_ROWS)
    if len(measurements) > 1:
        raise InputError(f"cycling: {len(measurements)} measurements were given. Analyse one after the other; join their tables first.")
    measured = measurements[0]
    frame, dropped = rows_of.finite_rows(measured.table, TECHNIQUE.needs)
    seen, flags = _seen(measured, frame, options)
    if dropped:
        flags.append(Flag("missing_values", "warning", f"{dropped} rows hold no number of time, voltage or current and are left out."))
    values, more = _values(seen)
    mass = None if seen.mass is None else seen.mass[1].value
    one_c = rows_of.one_c_current(seen.cell, seen.cell.working_role)
    table = cycle_columns(seen.cycles, words=seen.words, second=seen.second, mass=mass, one_c=one_c)
    marked = table.with_columns(pl.Series("complete", seen.cycles.complete), pl.Series("diagnostic", seen.diagnostic))
    tables = {"cycles": marked, "half_cycles": half_cycle_columns(seen.whole)}
    steps = step_table(seen.whole, frame)
    tables |= {} if steps is None else {"steps": steps}
    carried = carried_flags(measurements)
    known = {flag.code for flag in carried}
    return Result(
        technique=TECHNIQUE.name,
        values=values,
        curves=_curves(seen),
        flags=(*carried, *(flag for flag in (*flags, *more) if flag.code not in known)),
        provenance=provenance(TECHNIQUE, measurements, options),
        tables=tables,
    )


def _seen(measured: Measurement, frame: pl.DataFrame, options: Options) -> tuple[_Seen, list[Flag]]:
    """The cycles of a measurement, and what there is to say of them."""
    cell, flags = measured.cell, []
    mass = None
    if options.basis:
        mass = (options.basis, cell.mass_of(options.basis))
    else:
        try:
            mass = cell.working_mass()
        except SpecError as problem:
            flags.append(Flag("missing_mass", "warning", f"No capacity per gram: {problem.problems[0]}"))
    first = None if cell.kind is None else -1 if cell.kind == "half" and cell.working == "anode" else 1
    whole = half_cycles(frame, first=first, counter=options.counter, min_half_cycle=options.min_half_cycle)
    counts = "cycle_count" in frame.columns and frame["cycle_count"].null_count() < frame.height
    rule: Literal["instrument", "own"] = "instrument" if options.cycles == "instrument" and counts else "own"
    cycles = cycles_of(whole, frame, rule=rule, half_width=options.plateau_half_width)
    if cycles.number.size == 0:
        raise CoverageError(f"{measured.source.file}: cycling, in cycles with current,", 1, 0)
    known = whole.segments.sign[~whole.segments.profile]
    begins = first or (int(known[0]) if known.size else 1)
    full_scale = options.full_scale or float(np.abs(whole.current).max())
    share, volts = rows_of.accuracies(measured.conditions, share=options.accuracy_fs, volts=options.accuracy_voltage)
    counted = options.counter == "instrument" and "step_net_capacity_ah" in frame.columns
    positive, negative = cell.directions()
    seen = _Seen(
        cell, whole, cycles, (negative, positive), CHARGE if begins < 0 else DISCHARGE, share * full_scale / cycles.current,
        rows_of.counter_resolution(frame["step_net_capacity_ah"].to_numpy()) if counted else 0.0,
        volts, mass, diagnostic(cycles.charge[:, DISCHARGE], cycles.charge[:, CHARGE]),
    )  # fmt: skip
    flags += record_findings(whole, frame)
    flags += cycle_findings(cycles, cycles.efficiency(seen.second), cycles.complete & ~seen.diagnostic)
    return seen, flags


def _values(seen: _Seen) -> tuple[dict[str, Quantity], list[Flag]]:
    """Headline quantities, and the flags that go with those that are withheld or too uncertain."""
    cycles = seen.cycles
    counted = f"cycles by the {'instrument' if cycles.rule == 'instrument' else 'own rule'}"
    lasts = float(seen.whole.time[-1] - seen.whole.time[0]) / _HOUR
    values = {
        "cycles": Quantity(float(cycles.number.size), "1", rule=f"{counted}; {_NO_ERROR}a count"),
        "duration": Quantity(lasts, "h", rule=f"from the first row to the last; {_NO_ERROR}the clock's is below the digits shown"),
    }
    flags: list[Flag] = []
    whole = bool(cycles.complete[0])
    values["initial_coulombic_efficiency"] = _efficiency(seen, 0, counted) if whole else Quantity(None, "%", rule="a half is lacking")
    ordinary = np.flatnonzero(seen.cycles.complete & ~seen.diagnostic)
    later = ordinary[ordinary > 0]
    if later.size:
        values["coulombic_efficiency"] = _median_efficiency(seen, later, counted)
        found = values["coulombic_efficiency"]
        flags += unresolved(found.value or 0.0, found.stderr or 0.0)
    complete = np.flatnonzero(seen.cycles.complete)
    if not whole:
        which = "The first cycle" if complete.size else "Every cycle"
        flags.append(Flag("incomplete_cycle", "refusal", f"{which} lacks a half: its coulombic efficiency is withheld."))
    chosen = int(later[0]) if later.size else int(complete[0]) if complete.size else 0
    return values | _of_cycle(seen, chosen, counted), flags


def _efficiency(seen: _Seen, at: int, counted: str) -> Quantity:
    value = _PERCENT * float(seen.cycles.efficiency(seen.second)[at])
    words = f"{seen.words[seen.second]} / {seen.words[1 - seen.second]}"
    return Quantity(value, "%", value * _efficiency_error(seen, at), rule=f"{words} of cycle {seen.cycles.number[at]}, {counted}")


def _efficiency_error(seen: _Seen, at: int) -> float:
    """Relative standard error [1] of a coulombic efficiency."""
    digit = seen.digit / math.sqrt(12) / (_MILLI * seen.cycles.charge[at])
    return float(np.sqrt(np.sum(seen.errors[at] ** 2 + digit**2)))


def _median_efficiency(seen: _Seen, later: np.ndarray[tuple[int], np.dtype[np.int64]], counted: str) -> Quantity:
    value = _PERCENT * float(np.median(seen.cycles.efficiency(seen.second)[later]))
    typical = int(later[np.argsort(np.abs(_PERCENT * seen.cycles.efficiency(seen.second)[later] - value), kind="stable")[0]])
    rule = f"median of {later.size} complete cycles after the first that are not diagnostic, {counted}"
    return Quantity(value, "%", value * _efficiency_error(seen, typical), n=int(later.size), rule=rule)


def _of_cycle(seen: _Seen, at: int, counted: str) -> dict[str, Quantity]:
    """Quantities of one cycle."""
    cycles, given = seen.cycles, seen.second
    where = f"cycle {cycles.number[at]}, {counted}"
    values: dict[str, Quantity] = {}
    charge = float(cycles.charge[at, given])
    if charge > 0:
        error = math.hypot(charge * float(seen.errors[at, given]), seen.digit / _MILLI / math.sqrt(12))
        values |= rows_of.charge_quantities("reversible", charge, error, seen.mass, f"{seen.words[given]} of {where}")
    for column, word in enumerate(seen.words):
        for name, array in (("mean", cycles.mean), ("median", cycles.median), ("plateau", cycles.plateau)):
            if np.isfinite(array[at, column]):
                values[f"{name}_{word}_voltage"] = Quantity(
                    float(array[at, column]), "V", seen.accuracy, rule=f"{_VOLTAGES[name]}, {where}"
                )
        energy = _MILLI * float(cycles.energy[at, column])
        if energy > 0:
            relative = math.hypot(float(seen.errors[at, column]), seen.accuracy / float(cycles.mean[at, column]))
            values[f"{word}_energy"] = Quantity(energy, "mWh", energy * relative, rule=where)
        if cycles.time[at, column] > 0:
            rule = f"reciprocal time of the {word} of {where}; {_NO_ERROR}the clock's is below the digits shown"
            values[f"{word}_rate"] = Quantity(_HOUR / float(cycles.time[at, column]), "h-1", rule=rule)
    if seen.cycles.complete[at] and np.isfinite(cycles.hysteresis[at]):
        values["hysteresis"] = Quantity(float(cycles.hysteresis[at]), "V", math.sqrt(2) * seen.accuracy, rule=f"of mean voltages, {where}")
        efficiency = float(cycles.energy_efficiency[at])
        relative = math.hypot(_efficiency_error(seen, at), *(seen.accuracy / cycles.mean[at]).tolist())
        if np.isfinite(efficiency * relative):
            values["energy_efficiency"] = Quantity(_PERCENT * efficiency, "%", _PERCENT * efficiency * relative, rule=where)
    return values


_VOLTAGES = {"mean": "E/Q", "median": "at half of the charge", "plateau": "charge-weighted near the largest |dQ/dU|"}


def _curves(seen: _Seen) -> dict[str, Curve]:
    """Voltage against charge of the first, of an early and of the last complete cycle."""
    complete = np.flatnonzero(seen.cycles.complete)
    if complete.size == 0:
        return {}
    scale = _MILLI if seen.mass is None else _AH_MG / (seen.mass[1].value or math.nan)
    axis = Axis("Charge", "mAh") if seen.mass is None else Axis("Specific capacity", "mAh/g")
    voltage = Axis("Potential" if seen.cell.kind == "half" else "Voltage", "V")
    begins = np.append(seen.cycles.first_row, seen.whole.time.size)
    found, curves = seen.whole.segments, {}
    for at in dict.fromkeys((int(complete[0]), int(complete[min(1, complete.size - 1)]), int(complete[-1]))):
        for word, sign in zip(seen.words, (-1, 1), strict=True):
            inside = np.flatnonzero((found.first_row >= begins[at]) & (found.first_row < begins[at + 1]) & (found.sign == sign))
            if inside.size:
                x, y = thinned(seen.whole, int(inside[np.argmax(seen.whole.charge[inside])]), scale=scale, points=_CURVE_POINTS)
                curves[f"cycle_{seen.cycles.number[at]}_{word}"] = Curve(axis, voltage, x, y)
    return curves


def draw(result: Result) -> Figure:
    """Capacity and coulombic efficiency of each cycle that is not diagnostic, and the voltage of the first and the last complete one.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    table = result.tables["cycles"]
    table = table.filter(~pl.col("diagnostic") | pl.col("diagnostic").all())
    table = table.gather_every(max(1, table.height // _DRAWN_CYCLES))
    headings = [name for name in table.columns if "_capacity [mAh/g]" in name] or [
        name for name in table.columns if "_capacity [mAh]" in name
    ]
    unit = headings[0].split("[")[1][:-1]
    number = Axis("Cycle", "1")
    capacities = tuple(_series(table, name, name.split("_capacity")[0].replace("_", " ")) for name in headings)
    panels = [Panel(number, Axis("Capacity" if unit == "mAh" else "Specific capacity", unit), capacities)]
    if table["coulombic_efficiency [%]"].null_count() < table.height:
        efficiencies = (_series(table, "coulombic_efficiency [%]", "coulombic efficiency"),)
        panels.append(Panel(number, Axis("Coulombic efficiency", "%"), efficiencies))
    if result.curves:
        some, shown = next(iter(result.curves.values())), [name.split("_")[1] for name in result.curves]
        lines = tuple(
            Series(name.replace("_", " "), "measured", curve.x, curve.y, "analysis", sample=name.rsplit("_", 1)[0])
            for name, curve in result.curves.items()
            if name.split("_")[1] in (shown[0], shown[-1])
        )
        panels.append(Panel(some.x_axis, some.y_axis, lines))
    found = result.values.get("reversible_capacity", result.values.get("reversible_charge"))
    said = "No cycle is complete." if found is None else f"Reversible are {found.value:.4g} {found.unit} ({found.rule})."
    return Figure("cycling", "Cycling", said, tuple(panels), 183 if len(panels) > 1 else 89)


def _series(table: pl.DataFrame, heading: str, name: str) -> Series:
    shown = table.select("cycle", heading).drop_nulls()
    return Series(name, "measured", tuple(shown["cycle"].cast(pl.Float64)), tuple(shown[heading]), "analysis", sample=name)


def synthesise(
    rng: np.random.Generator,
    *,
    noise: float = 1.0,
    reversible_capacity: float = 300.0,
    initial_coulombic_efficiency: float = 88.0,
    coulombic_efficiency: float = 99.6,
    mean_sodiation_voltage: float = 0.30,
    mean_desodiation_voltage: float = 0.38,
) -> tuple[tuple[Measurement, ...], Truth]:
    """A half cell of an anode material, cycled at constant current with an instrument and a balance that err.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        Scale [1] of all errors, those of ``numerics.cycling.synthetic_cycles``.
    reversible_capacity : float
        [mAh/g]
    initial_coulombic_efficiency, coulombic_efficiency : float
        [%] of the first and of all other cycles.
    mean_sodiation_voltage, mean_desodiation_voltage : float
        [V]

    Returns
    -------
    measurements, truth
        One measurement, and values of its result.
    """
    shape = np.linspace(0.25, -0.25, 80)  # [V] around the mean
    charges = [reversible_capacity / (one / _PERCENT) for one in (initial_coulombic_efficiency, *[coulombic_efficiency] * 4)]
    measured = half_cell(
        rng, noise, [(charge, mean_sodiation_voltage + shape, reversible_capacity, mean_desodiation_voltage - shape) for charge in charges],
        name="cycling",
    )  # fmt: skip
    first = reversible_capacity * _PERCENT / coulombic_efficiency
    truth = {
        "reversible_capacity": reversible_capacity,
        "initial_coulombic_efficiency": initial_coulombic_efficiency,
        "coulombic_efficiency": coulombic_efficiency,
        "mean_sodiation_voltage": mean_sodiation_voltage,
        "mean_desodiation_voltage": mean_desodiation_voltage,
        "median_desodiation_voltage": mean_desodiation_voltage,
        "hysteresis": mean_desodiation_voltage - mean_sodiation_voltage,
        "energy_efficiency": _PERCENT * first * mean_sodiation_voltage / (reversible_capacity * mean_desodiation_voltage),
    }
    return (measured,), truth


TECHNIQUE = Technique(
    name="cycling",
    title="Galvanostatic cycling",
    measurement="gcd",
    needs=("test_time_second", "voltage_volt", "current_ampere"),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("smith2010", "tang2026"),
    libraries=("numpy", "polars"),
)
