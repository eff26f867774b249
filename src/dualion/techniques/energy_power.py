"""Energy and power of the discharge, on every mass basis of the cell, and the salt that a dual-ion cell needs.

    energy           E = (1/M) int V dQ over the discharge             from the instrument's counter of energy where there is one
    power            P = E / t                                         mean over the discharge, t the time that it took
    mean voltage     E / Q                                             never a "working" voltage: 97 mAh/g x 4.05 V overstates the integral
    N/P              q_- m_- / (q_+ m_+)                               at matching rates (option ``anode_capacity``)
    salt             n = Q / F, least volume n / c, mean depletion n / (c V_fill)

M is one of five masses (``numerics.masses.cell_masses``): ``cathode``, ``actives``, ``actives+salt``, ``actives+electrolyte-min``,
``actives+electrolyte``. In a dual-ion cell the ions come out of the electrolyte, so the first three leave out what the cell cannot do
without; all five are always tabulated, and one whose mass is not known is withheld, with what is missing. A half cell has the mass of its
working material alone, and its energy is against a sodium electrode.

Each block of cycles at one current gives one point of the Ragone curve, the mean of its last stable cycles (``cycling.rate_blocks``); a
block without stable cycles gives its last one, flagged ``single_cycle``. The values are those of the block at the lowest or the highest
current.

Uncertainty: u(M) of the cell record, u(V) 0.1 %, u(Q) 0.05 %, scatter of the cycles, added in quadrature. Flags:

    salt_not_counted         a dual-ion cell without a basis that holds its electrolyte
    depletion                the salt in the cell sinks by more than 30 % on average
    rate_beyond_anode_data   the current on the anode is beyond that of its half-cell data (option ``anode_rate_end``)
    basis_inferred           a printed energy (option ``printed_energy``) agrees on these bases; the source does not say

Validity. Constant-current discharges; a mean over a block assumes that its cycles are alike. References: Tang et al. 2026.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.arrays import numbers
from dualion.numerics.cycling.cycle_pairs import CycleRule, check_cycle_rule, cycles_of
from dualion.numerics.cycling.cycler_rows import CURRENT_ACCURACY
from dualion.numerics.cycling.rate_blocks import MOST_SPREAD, STABLE_CYCLES, rate_blocks
from dualion.numerics.cycling.synthetic_energy import synthesise
from dualion.numerics.masses.cell_masses import WITH_ELECTROLYTE, BasisMass, bases_of, basis_mass
from dualion.numerics.masses.dual_ion_balance import capacity_ratio, least_volume, mean_depletion
from dualion.numerics.masses.mass_bases import MAH_PER_MOL, agreeing_bases
from dualion.numerics.student import interval, welch
from dualion.records.cell_record import CellRecord
from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Flag, Quantity
from dualion.techniques.row import Technique, check_input, provenance

Array = NDArray[np.float64]

_MILLI, _HOUR, _PERCENT = 1e3, 3600.0, 100.0
_MMOL_TO_UMOL = 1e3
#: Relative accuracy of the voltage [1].
VOLTAGE_ACCURACY = 1e-3
#: Mean depletion [1] beyond which the concentration of the salt is no constant of the cell.
MOST_DEPLETION = 0.3
#: Share of a printed energy [1] within which a basis agrees with it.
PRINTED_TOLERANCE = 0.005


@dataclass(frozen=True, slots=True)
class Options:
    """Options of energy and power."""

    at: Literal["lowest_rate", "highest_rate"] = "lowest_rate"  # block whose values are stated
    salt_at: Literal["discharge", "charge"] = "discharge"  # charge that the salt is sized for
    k_stable: int = STABLE_CYCLES  # [1] cycles of a mean
    max_spread: float = MOST_SPREAD  # [1] of the cycles of a mean
    cycles: CycleRule = "instrument"  # whose count; own where the instrument has none
    voltage_accuracy: float = VOLTAGE_ACCURACY  # [1] of the instrument, relative
    charge_accuracy: float = CURRENT_ACCURACY  # [1] of the instrument, relative
    anode_capacity: float | None = None  # [mAh/g] of the anode at a matching rate, for N/P
    anode_capacity_stderr: float = 0.0  # [mAh/g] its standard error
    anode_rate_end: float | None = None  # [mA/g] of the anode, up to which its half-cell data go
    printed_energy: float | None = None  # [Wh/kg] of a source that does not name its mass basis

    def __post_init__(self) -> None:
        if self.at not in ("lowest_rate", "highest_rate"):
            raise SpecError(f'energy_power.at: "{self.at}" is unknown. Write "lowest_rate" or "highest_rate".')
        if self.salt_at not in ("discharge", "charge"):
            raise SpecError(f'energy_power.salt_at: "{self.salt_at}" is unknown. Write "discharge" or "charge".')
        if self.k_stable < 2:
            raise SpecError(f"energy_power.k_stable: {self.k_stable} cycles have no spread. Give 2 or more.")
        for name in ("max_spread", "anode_capacity", "anode_rate_end", "printed_energy"):
            given = getattr(self, name)
            if given is not None and not (math.isfinite(given) and given > 0):
                raise SpecError(f"energy_power.{name}: {given} is not a positive number. Give one, or leave the key out.")
        for name in ("voltage_accuracy", "charge_accuracy", "anode_capacity_stderr"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise SpecError(f"energy_power.{name}: {getattr(self, name)} is negative or not finite. Give a number from 0.")
        check_cycle_rule("energy_power.cycles", self.cycles)


@dataclass(frozen=True, slots=True)
class _Point:
    """One point of the Ragone curve: means over the cycles of a block, and its masses.

    Charge and stored charge in mAh, energy in mWh, time in h, current in mA; ``scatter`` is the relative error of the mean energy.
    """

    cycles: tuple[int, int]
    current: float
    charge: float
    stored: float
    energy: float
    hours: float
    scatter: float
    freedom: float
    stable: bool
    masses: tuple[BasisMass, ...]

    def valued(self, mass: BasisMass, options: Options) -> tuple[float, float, float] | None:
        """Energy [Wh/kg], its relative error and the degrees of freedom, on a basis; None where its mass is not known."""
        if mass.value is None:
            return None
        parts = [(mass.relative_error(options.voltage_accuracy, options.charge_accuracy), math.inf), (self.scatter, self.freedom)]
        relative, freedom = welch(parts)
        return _MILLI * self.energy / mass.value, relative, freedom

    def quantities(self, options: Options, rule: str) -> dict[str, Quantity]:
        """Energy and power on every basis."""
        found = {}
        for mass in self.masses:
            on = f"mass basis {mass.basis}; {rule}"
            valued = self.valued(mass, options)
            for name, unit, per in (("energy", "Wh/kg", 1.0), ("power", "W/kg", self.hours)):
                if valued is None:
                    found[f"{name}_{mass.name}"] = Quantity(None, unit, rule=on)
                    continue
                value, stderr = valued[0] / per, valued[0] / per * valued[1]
                count = self.cycles[1] - self.cycles[0] + 1
                found[f"{name}_{mass.name}"] = Quantity(value, unit, stderr, count, on, interval(value, stderr, valued[2]))
        return found


def analyse(measurements: Sequence[Measurement], options: Options) -> Result:
    """Energy and power of the discharges of one cell.

    Parameters
    ----------
    measurements : sequence of Measurement
        One.
    options : Options

    Returns
    -------
    Result
        Values of one block, and the table ``ragone`` with one row a block.

    Raises
    ------
    SpecError
        The kind of the cell is not known, or no mass at all.
    CoverageError
        There is no discharge with an energy.
    """
    check_input(TECHNIQUE, measurements)
    if len(measurements) > 1:
        raise InputError(f"energy_power takes one record of a cell and has {len(measurements)}. Analyse them one by one.")
    measured = measurements[0]
    cell = measured.cell
    bases = bases_of(cell)
    if all(basis_mass(cell, basis, 1.0).value is None for basis in bases):
        cell.working_mass()  # names the mass that is missing
    cycles, counted, known = cycles_of(measured, options.cycles)
    points = _points(cycles, cell, bases, options, measured.source.file)
    chosen = (min if options.at == "lowest_rate" else max)(points, key=lambda point: point.current)
    span = f"cycle {chosen.cycles[0]}" + (f" to {chosen.cycles[1]}" if chosen.cycles[1] != chosen.cycles[0] else "")
    rule = f"discharge, {span}, {chosen.current:.4g} mA, {counted}"
    values = chosen.quantities(options, rule) | _sums(chosen, options, rule) | _balance(chosen, points, cell, options, rule)
    flags = (*known, *_flags(points, chosen, values, cell, options))
    origin = provenance(TECHNIQUE, measurements, options)
    return Result("energy_power", values, {}, flags, origin, {"ragone": _table(points, options)})


def _points(cycles: pl.DataFrame, cell: CellRecord, bases: Sequence[str], options: Options, file: str) -> list[_Point]:
    """One point for each block of discharges at one current."""
    usable = cycles.filter(
        (pl.col("discharge_charge_ah") > 0) & (pl.col("discharge_energy_wh") > 0) & (pl.col("discharge_duration_second") > 0)
    )
    if usable.height == 0:
        raise CoverageError(f"{file}: energy_power, in discharges with a voltage,", 1, 0)
    names = ("charge_ah", "energy_wh", "duration_second", "current_ampere")
    charge, energy, lasts, current = (numbers(usable, f"discharge_{name}") for name in names)
    charged, number = numbers(usable, "charge_charge_ah"), usable["cycle"].to_numpy()
    points = []
    for block in rate_blocks(current, charge, k=options.k_stable, spread=options.max_spread):
        first, last = block.value or (block.last, block.last)
        rows = slice(first, last + 1)
        mean = float(energy[rows].mean())
        count = last - first + 1
        scatter = float(energy[rows].std(ddof=1)) / mean / math.sqrt(count) if count > 1 else 0.0
        stored = float(charge[rows].mean())
        if options.salt_at == "charge" and np.isfinite(charged[rows]).any():
            stored = float(np.nanmean(charged[rows]))
        masses = tuple(basis_mass(cell, basis, _MILLI * stored) for basis in bases)
        points.append(
            _Point(
                (int(number[first]), int(number[last])), _MILLI * block.current, _MILLI * float(charge[rows].mean()), _MILLI * stored,
                _MILLI * mean, float(lasts[rows].mean()) / _HOUR, scatter, max(count - 1.0, 1.0), block.value is not None, masses,
            )
        )  # fmt: skip
    return points


def _sums(point: _Point, options: Options, rule: str) -> dict[str, Quantity]:
    """What needs no mass."""
    found = {}
    common = {"charge": options.charge_accuracy, "energy": math.hypot(options.charge_accuracy, options.voltage_accuracy)}
    for (name, accuracy), value, unit in zip(common.items(), (point.charge, point.energy), ("mAh", "mWh"), strict=True):
        relative, freedom = welch([(accuracy, math.inf), (point.scatter, point.freedom)])
        stderr = relative * value
        found[f"discharged_{name}"] = Quantity(value, unit, stderr=stderr, rule=rule, interval=interval(value, stderr, freedom))
    voltage = point.energy / point.charge
    return found | {
        "mean_voltage": Quantity(voltage, "V", stderr=options.voltage_accuracy * voltage, rule=f"E/Q; {rule}"),
    }


def _balance(point: _Point, points: Sequence[_Point], cell: CellRecord, options: Options, rule: str) -> dict[str, Quantity]:
    """N/P and the salt, as far as they are known."""
    found = {}
    if options.anode_capacity is not None and cell.kind != "half":
        anode, cathode = cell.mass_of("anode"), cell.mass_of("cathode")
        light, heavy = anode.value or math.nan, cathode.value or math.nan
        ratio = capacity_ratio(options.anode_capacity, light, point.charge / heavy * _MILLI, heavy)
        parts = (
            (anode.stderr or 0.0) / light,
            options.anode_capacity_stderr / options.anode_capacity,
            options.charge_accuracy,
            point.scatter,
        )
        relative = math.hypot(*parts)
        text = f"anode {options.anode_capacity:g} mAh/g over the discharge of the cell; {rule}"
        found["n_p_ratio"] = Quantity(ratio, "1", stderr=relative * ratio, rule=text)
    if cell.kind != "dual-ion":
        return found
    largest = max(points, key=lambda one: one.stored)
    most, error = largest.stored, math.hypot(options.charge_accuracy, largest.scatter)
    amount = _MMOL_TO_UMOL * most / MAH_PER_MOL * _MILLI
    found["salt_inventory"] = Quantity(amount, "umol", stderr=error * amount, rule=f"Q/F of the largest {options.salt_at}")
    concentration, volume = cell.salt_concentration, cell.electrolyte_volume
    if concentration is not None and concentration.value:
        error = math.hypot(error, (concentration.stderr or 0.0) / concentration.value)
        least = least_volume(most, concentration.value)
        found["least_electrolyte_volume"] = Quantity(least, "uL", stderr=error * least, rule="all salt used, at the largest charge")
        if volume is not None and volume.value:
            share = _PERCENT * mean_depletion(most, concentration.value, volume.value)
            error = math.hypot(error, (volume.stderr or 0.0) / volume.value)
            found["salt_depletion"] = Quantity(share, "%", stderr=error * share, rule="mean over the electrolyte, at the largest charge")
    return found


def _flags(
    points: Sequence[_Point], chosen: _Point, values: Mapping[str, Quantity], cell: CellRecord, options: Options
) -> tuple[Flag, ...]:
    flags = []
    for mass in chosen.masses:
        if mass.value is None:
            text = f"Energy and power on {mass.basis} are withheld: {', '.join(mass.missing)} missing. Give it in the cell record."
            flags.append(Flag("missing_mass", "refusal", text))
    known = {mass.basis for mass in chosen.masses if mass.value is not None}
    if cell.kind == "dual-ion" and not known & set(WITH_ELECTROLYTE):
        text = "No basis holds the electrolyte, which is an active material of a dual-ion cell: the other energies overstate the cell."
        flags.append(Flag("salt_not_counted", "warning", text))
    share = values.get("salt_depletion")
    if share is not None and share.value is not None and share.value > _PERCENT * MOST_DEPLETION:
        text = f"The salt sinks by {share.value:.0f} % on average at the largest charge, more than {_PERCENT * MOST_DEPLETION:.0f} %."
        flags.append(Flag("depletion", "warning", text))
    single = [str(point.cycles[1]) for point in points if not point.stable]
    if single:
        text = f"No {options.k_stable} stable cycles in the block that ends with cycle {', '.join(single)}: its last cycle stands for it."
        flags.append(Flag("single_cycle", "note", text))
    return (*flags, *_beyond(points, cell, options), *_inferred(chosen, values, options))


def _beyond(points: Sequence[_Point], cell: CellRecord, options: Options) -> tuple[Flag, ...]:
    if options.anode_rate_end is None or cell.anode_mass is None or not cell.anode_mass.value:
        return ()
    fastest = max(point.current for point in points) * _MILLI / cell.anode_mass.value
    if fastest <= options.anode_rate_end:
        return ()
    text = f"The highest current is {fastest:.0f} mA/g on the anode; its half-cell data end at {options.anode_rate_end:g} mA/g."
    return (Flag("rate_beyond_anode_data", "warning", text),)


def _inferred(chosen: _Point, values: Mapping[str, Quantity], options: Options) -> tuple[Flag, ...]:
    if options.printed_energy is None:
        return ()
    energies = {mass.basis: values[f"energy_{mass.name}"] for mass in chosen.masses}
    agree = agreeing_bases((options.printed_energy, 0.0, PRINTED_TOLERANCE * options.printed_energy), energies)
    found = f"agrees with this cell on {', '.join(agree)}" if agree else "agrees with this cell on no known basis"
    return (Flag("basis_inferred", "note", f"The printed {options.printed_energy:g} Wh/kg {found}; the basis is inferred, not stated."),)


def _table(points: Sequence[_Point], options: Options) -> pl.DataFrame:
    """One row a block, energies and powers on every basis; null where a mass is not known."""
    rows = []
    for point in points:
        row: dict[str, float | int | None] = {
            "first_cycle": point.cycles[0],
            "last_cycle": point.cycles[1],
            "current [mA]": point.current,
            "true_rate [1/h]": 1 / point.hours,
            "charge [mAh]": point.charge,
            "energy [mWh]": point.energy,
            "mean_voltage [V]": point.energy / point.charge,
            "duration [h]": point.hours,
        }
        for mass in point.masses:
            valued = point.valued(mass, options)
            row[f"energy_{mass.name} [Wh/kg]"] = None if valued is None else valued[0]
            row[f"energy_{mass.name}_stderr [Wh/kg]"] = None if valued is None else valued[0] * valued[1]
            row[f"power_{mass.name} [W/kg]"] = None if valued is None else valued[0] / point.hours
        rows.append(row)
    counts = ("first_cycle", "last_cycle")
    return pl.DataFrame(rows, schema={name: pl.Int64 if name in counts else pl.Float64 for name in rows[0]})


def draw(result: Result) -> Figure:
    """Ragone curve on every basis whose mass is known.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Figure
    """
    table = result.tables["ragone"]
    axes = (Axis("Specific power", "W/kg", scale="log"), Axis("Specific energy", "Wh/kg", scale="log"))
    series = []
    for name in table.columns:
        if not (name.startswith("energy_") and name.endswith("[Wh/kg]")) or "_stderr" in name:
            continue
        basis = name.removeprefix("energy_").removesuffix(" [Wh/kg]")
        part = table.drop_nulls(name).sort(f"power_{basis} [W/kg]")
        if part.height:
            label = basis.replace("_min", "-min").replace("_", "+")
            series.append(Series(label, "measured", tuple(part[f"power_{basis} [W/kg]"]), tuple(part[name]), "analysis"))
    stated = {name: q for name, q in result.values.items() if name.startswith("energy_") and q.value is not None}
    listed = ", ".join(f"{q.value:.4g} Wh/kg on {str(q.rule).split(';')[0].removeprefix('mass basis ')}" for q in stated.values())
    return Figure("energy-power", "Energy and power", f"The discharge gives {listed}.", (Panel(*axes, tuple(series)),))


TECHNIQUE = Technique(
    name="energy_power",
    title="Energy and power",
    measurement="gcd",
    needs=("test_time_second", "voltage_volt", "current_ampere"),
    options=Options,
    analyse=analyse,
    draw=draw,
    synthesise=synthesise,
    references=("tang2026",),
)
