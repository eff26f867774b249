"""Differential capacity dQ/dV of one cycle: peaks of charge and discharge, and the hysteresis between them.

    dQ/dV     on a grid of equal steps of charge or voltage, smoothed by a moving polynomial    (``numerics.cycling.differential``)
    peak      inflection of V(Q): potential V(q*), height 1/|V'(q*)|, area between the half heights
    hysteresis = potential of the highest peak of the charge - that of the discharge

A plateau of the voltage is a peak of dQ/dV: what is stored at one potential. Smoothing lowers and widens a peak that is narrower than its
window (21 of 400 points, 5 % of the charge), so position and height come from a polynomial through the rows themselves, between the half
heights. Holds at constant voltage are left out: there dQ/dV says nothing of the electrode.

Uncertainty: noise of the rows by least squares; the accuracy of the voltage (1 mV) in each potential, which cancels in the hysteresis; the
accuracy of the charge and u(m)/m in heights and areas.

Validity. Currents so low that the overpotential hardly changes over a peak: it shifts a peak by I R and the hysteresis by 2 I R, and
widens both. Flags: ``no_peak`` and ``plateau_too_flat`` (a height is withheld), ``peak_not_resolved`` (too few rows), ``peak_at_edge``
(dQ/dV is largest at a cut-off, where no peak can be told), ``peaks_do_not_pair``, ``one_branch``.

References: Savitzky & Golay 1964; Bloom et al. 2005.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.arrays import curve_from
from dualion.numerics.cycling.capacity_scale import Basis, CapacityScale, capacity_scale, check_basis
from dualion.numerics.cycling.cycle_pairs import (
    BRANCHES,
    CycleRule,
    check_cycle_rule,
    half_cycles_of,
    simulated_cycling,
)
from dualion.numerics.cycling.cycler_rows import CURRENT_ACCURACY, VOLTAGE_ACCURACY, counter_resolution
from dualion.numerics.cycling.differential import Differential, Grid, Peak, differential
from dualion.numerics.cycling.half_cycles import running_charge
from dualion.numerics.cycling.masks import diagnostic
from dualion.records.cell_record import CellRecord
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Curve, Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.row import Technique, Truth, check_input, provenance

Array = NDArray[np.float64]

_MILLI = 1e3
#: Share of the largest current below which a row belongs to a hold at constant voltage [1].
_FULL_CURRENT = 0.5
_SQRT_12 = math.sqrt(12.0)  # of an even distribution over one digit


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the differential capacity."""

    cycle: int | None = None  # [1] number of the cycle; None: the last complete one that is not diagnostic
    grid: Grid = "charge"  # of what the steps are equal
    points: int = 400  # [1] of the grid
    window: int = 21  # [1] odd number of points of the moving polynomial
    order: int = 3  # [1] of the moving polynomial
    basis: Basis = ""  # mass of the capacities: "" working electrode, "anode", "cathode"; "cell": mAh, without a mass
    cycles: CycleRule = "instrument"  # whose count; own where the instrument has none
    voltage_accuracy: float = VOLTAGE_ACCURACY  # [V] of the instrument
    charge_accuracy: float = CURRENT_ACCURACY  # [1] of the instrument, relative

    def __post_init__(self) -> None:
        if self.grid not in ("charge", "voltage"):
            raise SpecError(f'differential_capacity.grid: "{self.grid}" is unknown. Write "charge" or "voltage".')
        if self.window % 2 == 0 or not 2 <= self.order < self.window <= self.points:
            raise SpecError(
                f"differential_capacity.window: {self.window} points of {self.points}, order {self.order}. "
                "Give an odd window above the order, at most as long as the grid, and an order of 2 or more."
            )
        for name in ("voltage_accuracy", "charge_accuracy"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise SpecError(f"differential_capacity.{name}: {getattr(self, name)} is negative or not finite. Give a number from 0.")
        check_basis("differential_capacity.basis", self.basis)
        check_cycle_rule("differential_capacity.cycles", self.cycles)


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Differential capacity of one cycle.

    Parameters
    ----------
    measurements : sequence of Measurement
        One.
    options : Options

    Returns
    -------
    Result
        Values of the highest peak of each branch, the table ``peaks``, and dQ/dV of each branch as a curve.

    Raises
    ------
    SpecError
        A mass is asked for and is not known, or the cycle that was named is not there.
    CoverageError
        No half cycle has enough rows.
    """
    check_input(TECHNIQUE, measurements)
    if len(measurements) > 1:
        raise InputError(f"differential_capacity takes one record and has {len(measurements)}. Analyse them one by one.")
    measured = measurements[0]
    scale = capacity_scale(measured.cell, options.basis)
    frame, halves, known = half_cycles_of(measured)
    chosen, counted = _chosen(halves, options, measured.source.file)
    found = _branches(frame, chosen, options, measured.source.file)
    rule = (
        f"cycle {chosen['number'][0]} by {counted}; {options.points} equal steps of {options.grid}, polynomial of order {options.order} "
        f"through {options.window} points; highest peak; {scale.rule}"
    )
    words = dict(zip(BRANCHES, measured.cell.directions(), strict=True))
    table = pl.DataFrame(
        [row for name, one in found.items() for row in _rows(name, words[name], one, scale, options)], schema=_schema(scale.unit)
    )
    values = {key: quantity for name, one in found.items() for key, quantity in _values(name, one, scale, options, rule).items()}
    values |= _hysteresis(found, rule)
    flags = (*known, *_flags(found, values))
    return Result(
        "differential_capacity", values, _curves(found, scale), flags, provenance(TECHNIQUE, measurements, options), {"peaks": table}
    )


def _chosen(halves: pl.DataFrame, options: Options, file: str) -> tuple[pl.DataFrame, str]:
    """The largest half cycle of each sign of the cycle that is analysed."""
    instrument = options.cycles == "instrument" and halves["cycle_count"].null_count() < halves.height
    number = (pl.col("cycle_count") if instrument else pl.col("cycle")).alias("number")
    used = halves.filter(~pl.col("profile") & (pl.col("charge_ah") > 0)).with_columns(number).drop_nulls("number")
    if used.height == 0:
        raise CoverageError(f"{file}: differential_capacity, in half cycles that are no drive profile,", 1, 0)
    largest = used.sort("charge_ah", descending=True, maintain_order=True).unique(["number", "sign"], keep="first", maintain_order=True)
    wanted = options.cycle if options.cycle is not None else _last_ordinary(largest)
    chosen = largest.filter(pl.col("number") == wanted).sort("sign", descending=True)
    if chosen.height == 0:
        raise SpecError(
            f"differential_capacity.cycle: there is no half cycle of cycle {wanted}. "
            f"Cycles go from {min(used['number'].to_list())} to {max(used['number'].to_list())}."
        )
    return chosen, "the instrument's count" if instrument else "own count"


def _last_ordinary(largest: pl.DataFrame) -> int:
    """Number of the last cycle with both branches that is not diagnostic; of the last one where there is none."""
    wide = largest.pivot(on="sign", index="number", values="charge_ah").sort("number")
    sides = [wide[name].fill_null(np.nan).to_numpy() for name in ("1", "-1") if name in wide.columns]
    ordinary = np.flatnonzero(~diagnostic(*sides)) if len(sides) == len(BRANCHES) else np.zeros(0, dtype=np.int64)
    return int(wide["number"][int(ordinary[-1])] if ordinary.size else wide["number"][-1])


def _branches(frame: pl.DataFrame, chosen: pl.DataFrame, options: Options, file: str) -> dict[str, Differential]:
    """dQ/dV of the half cycles that have enough rows."""
    with np.errstate(all="ignore"):
        running = running_charge(frame, chosen.sort("half_cycle"))
    voltage, current = frame["voltage_volt"].to_numpy(), np.abs(frame["current_ampere"].to_numpy())
    found, most = {}, 0
    for half in chosen.iter_rows(named=True):
        rows = np.arange(half["first_row"], half["last_row"] + 1)
        rows = rows[(current[rows] >= _FULL_CURRENT * current[rows].max()) & np.isfinite(running[rows])]
        most = max(most, rows.size)
        if rows.size < options.window:
            continue
        floor = counter_resolution(voltage[rows]) / _MILLI / _SQRT_12
        name = BRANCHES[0] if half["sign"] > 0 else BRANCHES[1]
        try:
            found[name] = differential(
                running[rows],
                voltage[rows],
                grid=options.grid,
                points=options.points,
                window=options.window,
                order=options.order,
                floor=floor,
            )
        except CoverageError as problem:
            most = problem.found
    if not found:
        raise CoverageError(f"{file}: differential_capacity, in rows of a half cycle at constant current,", options.window, most)
    return found


def _highest(one: Differential) -> Peak | None:
    """The highest peak; one that is too flat for a height is higher than any other."""
    return max(one.peaks, key=lambda peak: math.inf if peak.height is None else peak.height, default=None)


def _errors(peak: Peak, scale: CapacityScale, options: Options) -> tuple[float, float | None, float]:
    """Standard errors of potential [V], height and area [of the scale], accuracies included."""
    common = math.hypot(options.charge_accuracy, scale.relative)
    potential = math.hypot(peak.potential_stderr, options.voltage_accuracy)
    area = scale.factor * math.hypot(peak.area_stderr, common * peak.area)
    if peak.height is None or peak.height_stderr is None:
        return potential, None, area
    return potential, scale.factor * math.hypot(peak.height_stderr, common * peak.height), area


def _values(name: str, one: Differential, scale: CapacityScale, options: Options, rule: str) -> dict[str, Quantity]:
    peak = _highest(one)
    units = {"potential": "V", "height": f"{scale.unit}/V", "area": scale.unit}
    found = {f"{name}_peaks": Quantity(float(len(one.peaks)), "1", rule="a count")}
    if peak is None:
        return found | {f"{name}_peak_{what}": Quantity(None, unit, rule=rule) for what, unit in units.items()}
    numbers = (peak.potential, None if peak.height is None else scale.factor * peak.height, scale.factor * peak.area)
    text = f"{rule}; {peak.rows} rows between the half heights"
    for (what, unit), value, stderr in zip(units.items(), numbers, _errors(peak, scale, options), strict=True):
        found[f"{name}_peak_{what}"] = Quantity(value, unit, stderr=stderr, n=peak.rows, rule=text)
    return found


def _hysteresis(found: Mapping[str, Differential], rule: str) -> dict[str, Quantity]:
    """Between the highest peaks of both branches, where there are both."""
    if len(found) < len(BRANCHES):
        return {}
    up, down = (_highest(found[name]) for name in BRANCHES)
    if up is None or down is None:
        return {"hysteresis": Quantity(None, "mV", rule=rule)}
    stderr = _MILLI * math.hypot(up.potential_stderr, down.potential_stderr)
    text = f"highest peak of the charge minus that of the discharge; the accuracy of the voltage cancels; {rule}"
    return {"hysteresis": Quantity(_MILLI * (up.potential - down.potential), "mV", stderr=stderr, rule=text)}


def _schema(unit: str) -> dict[str, type[pl.DataType]]:
    numbers = ("potential [V]", "potential_stderr [V]", f"height [{unit}/V]", f"height_stderr [{unit}/V]", f"area [{unit}]")
    more = (f"area_stderr [{unit}]", "width [V]", f"capacity_at_peak [{unit}]")
    return (
        {"branch": pl.String, "direction": pl.String, "peak": pl.Int64} | dict.fromkeys((*numbers, *more), pl.Float64) | {"rows": pl.Int64}
    )


def _rows(name: str, direction: str, one: Differential, scale: CapacityScale, options: Options) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for place, peak in enumerate(one.peaks, start=1):
        potential, height, area = _errors(peak, scale, options)
        numbers = (
            peak.potential, potential, None if peak.height is None else scale.factor * peak.height, height, scale.factor * peak.area, area,
            peak.width, scale.factor * peak.at,
        )  # fmt: skip
        rows.append(dict(zip(_schema(scale.unit), (name, direction, place, *numbers, peak.rows), strict=True)))
    return rows


def _flags(found: Mapping[str, Differential], values: Mapping[str, Quantity]) -> tuple[Flag, ...]:
    flags = []
    for name, one in found.items():
        if not one.peaks:
            flags.append(Flag("no_peak", "refusal", f"dQ/dV of the {name} has no peak above its noise inside the range of voltage."))
        elif values[f"{name}_peak_height"].value is None:
            text = f"V(Q) of the {name} is flat within its noise at the peak: the potential stands, the height has no bound."
            flags.append(Flag("plateau_too_flat", "refusal", text))
        if one.unresolved:
            text = f"{one.unresolved} peaks of the {name} have too few rows between their half heights, and are left out."
            flags.append(Flag("peak_not_resolved", "warning", text))
        if one.edge:
            text = f"dQ/dV of the {name} is largest at a cut-off, where no peak can be told."
            flags.append(Flag("peak_at_edge", "note", text))
    if len(found) < len(BRANCHES):
        flags.append(Flag("one_branch", "note", f"The cycle has only a {next(iter(found))} with enough rows: no hysteresis."))
    elif len({len(one.peaks) for one in found.values()}) > 1:
        counts = " and ".join(f"{len(one.peaks)} in the {name}" for name, one in found.items())
        flags.append(Flag("peaks_do_not_pair", "note", f"There are {counts}: the hysteresis is that of the highest ones."))
    return tuple(flags)


_VOLTAGE = Axis("Voltage", "V")


def _curves(found: Mapping[str, Differential], scale: CapacityScale) -> dict[str, Curve]:
    axis = Axis("Differential capacity", f"{scale.unit}/V")
    return {name: curve_from(_VOLTAGE, axis, one.voltage, scale.factor * one.capacity) for name, one in found.items()}


def draw(result: Result) -> Figure:
    """dQ/dV against voltage, the discharge downwards, with the peaks.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    axis = next(iter(result.curves.values())).y_axis
    series = []
    for name, curve in result.curves.items():
        sign = 1.0 if name == BRANCHES[0] else -1.0
        series.append(Series(name, "fitted", curve.x, tuple(sign * y for y in curve.y), "analysis"))
        peaks = result.tables["peaks"].filter(pl.col("branch") == name).drop_nulls(f"height [{axis.unit}]")
        if peaks.height:
            heights = tuple((sign * peaks[f"height [{axis.unit}]"]).to_list())
            series.append(Series(f"peaks of the {name}", "measured", tuple(peaks["potential [V]"]), heights, "analysis"))
    apart = result.values.get("hysteresis")
    finding = "dQ/dV has no pair of peaks."
    if apart is not None and apart.value is not None and apart.stderr is not None:
        finding = (
            f"The highest peaks of charge and discharge lie {apart.value:.1f} mV apart, with a standard error of {apart.stderr:.1g} mV."
        )
    return Figure("differential-capacity", "Differential capacity", finding, (Panel(_VOLTAGE, axis, tuple(series)),))


#: Simulated cell: sloping capacity [mAh/g/V], capacity of the plateau [mAh/g], its width [V], range [V], rows of a half cycle [1].
_SLOPING, _PLATEAU, _WIDTH, _LOW, _HIGH, _ROWS = 20.0, 70.0, 0.08, 3.2, 5.0, 600
#: Noise of a voltage [V], accuracy of the voltage [V] and of the charge [1], mass [mg] and its relative error [1], current [A], cycles [1].
_NOISE, _OFFSET, _GAIN, _MASS, _MASS_ERROR, _CURRENT, _CYCLES = 1e-3, VOLTAGE_ACCURACY, CURRENT_ACCURACY, 2.0, 0.01, 2e-5, 2


def synthesise(
    rng: Generator, *, noise: float = 1.0, charge_peak_potential: float = 4.25, hysteresis: float = 150.0
) -> tuple[tuple[Measurement, ...], Truth]:
    """Cycles of a dual-ion cell with one plateau, Q = b V + A/2 tanh((V - V_p)/w), voltages with 1 mV of noise, and a mass known to 1 %.

    Parameters
    ----------
    rng : Generator
    noise : float
        [1] scale of all errors.
    charge_peak_potential : float
        [V] of the charge.
    hysteresis : float
        [mV] by which the peak of the discharge lies lower.

    Returns
    -------
    tuple of Measurement, Truth
    """
    levels = np.linspace(_LOW, _HIGH, 20_001)
    height = _SLOPING + _PLATEAU / (2 * _WIDTH)
    peaks = {"charge": charge_peak_potential, "discharge": charge_peak_potential - hysteresis / _MILLI}
    truth = {f"{name}_peak_potential": potential for name, potential in peaks.items()} | {"hysteresis": hysteresis}
    truth |= {f"{name}_peak_height": height for name in peaks}
    halves, charges = [], []
    for name, potential in peaks.items():
        passed = _SLOPING * (levels - _LOW) + _PLATEAU / 2 * np.tanh((levels - potential) / _WIDTH)
        passed -= passed[0]
        at = np.linspace(0, passed[-1], _ROWS)
        rising = np.interp(at, passed, levels)
        halves.append(rising if name == "charge" else rising[::-1])
        charges.append(passed[-1] * _MASS / _MILLI**2)
    clean = np.tile(np.stack(halves), (_CYCLES, 1))
    voltage = clean + noise * (_NOISE * rng.standard_normal(clean.shape) + _OFFSET * rng.standard_normal())
    stated = _MASS * (1 + noise * _MASS_ERROR * rng.standard_normal())
    gain = 1 + noise * _GAIN * rng.standard_normal()
    cell = CellRecord(kind="dual-ion", cathode_mass=Quantity(stated, "mg", stderr=noise * _MASS_ERROR * stated))
    number = np.repeat(np.arange(1, _CYCLES + 1), 2)
    measured = simulated_cycling(
        np.tile(charges, _CYCLES) * gain, np.tile([_CURRENT, -_CURRENT], _CYCLES) * gain, voltage, cycle=number,
        name="differential_capacity", truth=truth, cell=cell,
    )  # fmt: skip
    return (measured,), truth


TECHNIQUE = Technique(
    name="differential_capacity",
    title="Differential capacity",
    measurement="gcd",
    needs=("test_time_second", "voltage_volt", "current_ampere"),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("savitzky1964", "bloom2005"),
)
