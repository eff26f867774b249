"""Synthetic records of a cycler: half cycles at constant current, as an instrument with errors of its own would write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dualion.numerics.cycling.cycler_rows import CURRENT_ACCURACY, CURRENT_CONDITION, VOLTAGE_ACCURACY, VOLTAGE_CONDITION, Array
from dualion.numerics.simulated import simulated_source
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity

_SECONDS_PER_HOUR = 3600.0
# standard errors at noise 1: of current and mass [1], of voltage [V]
_CURRENT_ERROR, _VOLTAGE_ERROR, _MASS_ERROR = CURRENT_ACCURACY, VOLTAGE_ACCURACY, 5e-3


@dataclass(frozen=True, slots=True)
class HalfCycle:
    """A half cycle as it truly is, and how the instrument errs in it.

    Parameters
    ----------
    current : float
        [A] with its sign.
    charge : float
        [Ah] above 0.
    voltage : array, shape (n,)
        [V] at equal steps of charge, from the start to the end.
    cycle : int
        [1] as the instrument counts it.
    gain : float
        [1] relative error of the current and of the counters.
    offset : float
        [V] error of the voltage.
    """

    current: float
    charge: float
    voltage: Array
    cycle: int
    gain: float = 0.0
    offset: float = 0.0


def record(parts: Sequence[HalfCycle]) -> pl.DataFrame:
    """Canonical columns of half cycles that follow each other without a rest.

    Parameters
    ----------
    parts : sequence of HalfCycle

    Returns
    -------
    polars.DataFrame
    """
    columns: dict[str, list[Array]] = {}
    begun = 0.0
    for number, part in enumerate(parts, start=1):
        count = part.voltage.size
        share = np.linspace(0.0, 1.0, count)
        lasts = part.charge / abs(part.current) * _SECONDS_PER_HOUR
        sign, gain = np.sign(part.current), 1 + part.gain
        logged = part.voltage + part.offset
        passed = sign * part.charge * share * gain
        energy = np.concatenate([[0.0], np.cumsum(0.5 * (logged[1:] + logged[:-1]) * np.diff(passed))])
        made = {
            "test_time_second": begun + lasts * share,
            "voltage_volt": logged,
            "current_ampere": np.full(count, part.current * gain),
            "step_net_capacity_ah": passed,
            "step_net_energy_wh": energy,
            "cycle_count": np.full(count, part.cycle),
            "step_count": np.full(count, number),
        }
        for name, values in made.items():
            columns.setdefault(name, []).append(values)
        begun += lasts
    return pl.DataFrame({name: np.concatenate(values) for name, values in columns.items()}).with_columns(
        pl.col("cycle_count", "step_count").cast(pl.Int64)
    )


def half_cell(
    rng: np.random.Generator,
    noise: float,
    cycles: Sequence[tuple[float, Array, float, Array]],
    *,
    name: str,
    specific_current: float = 30.0,
    resistance: float = 0.0,
) -> Measurement:
    """A half cell of an anode material of 1.5 mg, measured with errors of the current, the voltage and the mass.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        Scale [1] of all errors: 0.05 % of the current and 1 mV, for each direction anew, and 0.5 % of the mass.
    cycles : sequence of tuple
        Capacity of the sodiation [mAh/g] with its potential [V], shape (n,), and the same of the desodiation.
    name : str
        Of the technique.
    specific_current : float
        [mA/g]
    resistance : float
        [ohm] in series.

    Returns
    -------
    Measurement
    """
    mass = 1.5  # [mg]
    current = specific_current * mass * 1e-6  # [A]
    gains, offsets = noise * _CURRENT_ERROR * rng.standard_normal(2), noise * _VOLTAGE_ERROR * rng.standard_normal(2)
    parts = []
    for number, (sodiation, falling, desodiation, rising) in enumerate(cycles, start=1):
        for sign, capacity, voltage in ((-1, sodiation, falling), (1, desodiation, rising)):
            at = (sign + 1) // 2
            logged = voltage + sign * current * resistance
            parts.append(HalfCycle(sign * current, capacity * mass * 1e-6, logged, number, float(gains[at]), float(offsets[at])))
    table = record(parts)
    weighed = mass * (1 + noise * _MASS_ERROR * float(rng.standard_normal()))
    cell = CellRecord(
        kind="half", working="anode", anode_mass=Quantity(weighed, "mg", noise * _MASS_ERROR * mass), one_c=Quantity(300.0, "mA/g"),
        one_c_mass="anode", reference_electrode="Na+/Na",
    )  # fmt: skip
    conditions: dict[str, Quantity | str] = {
        CURRENT_CONDITION: Quantity(noise * _CURRENT_ERROR * 100, "%"),
        VOLTAGE_CONDITION: Quantity(noise * _VOLTAGE_ERROR * 1e3, "mV"),
    }
    source = simulated_source(name, f"{name.replace('_', '-')}.csv", *(one.to_numpy() for one in table))
    return Measurement("gcd", table, conditions, "synthetic", source, cell=cell)
