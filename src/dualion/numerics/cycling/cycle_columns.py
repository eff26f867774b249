"""Tables of cycles and half cycles in the units of a report, and curves of half cycles with a bounded number of points."""

from __future__ import annotations

import numpy as np
import polars as pl

from dualion.numerics.cycling.cycle_table import CHARGE, DISCHARGE, Cycles
from dualion.numerics.cycling.half_cycles import HalfCycles
from dualion.numerics.cycling.segments import Array

_MILLI, _PERCENT, _HOUR, _AH_MG = 1e3, 100.0, 3600.0, 1e6  # the last one from Ah/mg to mAh/g


def cycle_columns(
    cycles: Cycles,
    *,
    words: tuple[str, str],
    second: int,
    mass: float | None,
    one_c: float | None,
) -> pl.DataFrame:
    """One row for each cycle.

    Parameters
    ----------
    cycles : Cycles
    words : tuple of two str
        Of discharge and charge: ``("sodiation", "desodiation")`` in a half cell of an anode material.
    second : int
        [1] position of the half that gives back.
    mass : float or None
        [mg] to which capacities refer.
    one_c : float or None
        [A] the current called 1 C.

    Returns
    -------
    polars.DataFrame
        With headings such as ``"sodiation_capacity [mAh/g]"``; what cannot be told is null.
    """
    columns: dict[str, Array] = {"start [h]": cycles.start / _HOUR, "duration [h]": cycles.lasts / _HOUR}
    pairs = list(zip(words, (DISCHARGE, CHARGE), strict=True))
    for word, k in pairs:
        columns[f"{word}_capacity [mAh]"] = _MILLI * cycles.charge[:, k]
        if mass is not None:
            columns[f"{word}_capacity [mAh/g]"] = _AH_MG / mass * cycles.charge[:, k]
    columns["coulombic_efficiency [%]"] = _PERCENT * cycles.efficiency(second)
    for name, array in (("mean", cycles.mean), ("median", cycles.median), ("plateau", cycles.plateau)):
        columns |= {f"{name}_{word}_voltage [V]": array[:, k] for word, k in pairs}
    columns["hysteresis [V]"] = cycles.hysteresis
    columns |= {f"{word}_energy [mWh]": _MILLI * cycles.energy[:, k] for word, k in pairs}
    columns["energy_efficiency [%]"] = _PERCENT * cycles.energy_efficiency
    current = cycles.current
    with np.errstate(divide="ignore"):
        rates = np.where(cycles.time > 0, _HOUR / cycles.time, np.nan)
    for word, k in pairs:
        columns[f"{word}_current [mA]"] = _MILLI * current[:, k]
        columns[f"{word}_true_rate [h-1]"] = rates[:, k]
        if one_c is not None:
            columns[f"{word}_nominal_rate [1]"] = current[:, k] / one_c
    return pl.DataFrame({"cycle": pl.Series(cycles.number)} | {name: null_for_nan(name, values) for name, values in columns.items()})


def half_cycle_columns(whole: HalfCycles) -> pl.DataFrame:
    """One row for each half cycle, by our own rule.

    Parameters
    ----------
    whole : HalfCycles
    """
    return whole.table.select(
        "half_cycle", "cycle", "cycle_count", "sign", "profile", "from_counter",
        (pl.col("start_time_second") / _HOUR).alias("start [h]"),
        (pl.col("duration_second") / _HOUR).alias("duration [h]"),
        (_MILLI * pl.col("charge_ah")).alias("charge [mAh]"),
        (_MILLI * pl.col("integrated_charge_ah")).alias("integrated_charge [mAh]"),
        (_MILLI * pl.col("energy_wh")).alias("energy [mWh]"),
        (_MILLI * pl.col("mean_current_ampere")).alias("mean_current [mA]"),
        pl.col("start_voltage_volt").alias("start_voltage [V]"),
        pl.col("end_voltage_volt").alias("end_voltage [V]"),
        pl.col("mean_voltage_volt").alias("mean_voltage [V]"),
        pl.col("median_voltage_volt").alias("median_voltage [V]"),
    )  # fmt: skip


def thinned(whole: HalfCycles, half: int, *, scale: float, points: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Charge, times a scale, and voltage [V] of a half cycle, of as many rows as asked for at most.

    Parameters
    ----------
    whole : HalfCycles
    half : int
        [1] its position.
    scale : float
        From [Ah] to the unit of the charge.
    points : int
        [1]
    """
    first, last = int(whole.segments.first_row[half]), int(whole.segments.last_row[half])
    rows = np.unique(np.linspace(first, last, min(last - first + 1, points)).astype(np.int64))
    x = scale * (whole.gained[rows] - whole.base[half])
    return tuple(x.tolist()), tuple(whole.voltage[rows].tolist())


def null_for_nan(name: str, values: Array) -> pl.Series:
    """A column that is null where a value is no number.

    Parameters
    ----------
    name : str
    values : array, shape (n,)
        In any [unit].
    """
    absent = ~np.isfinite(values)
    column = pl.Series(name, values)
    return column.set(pl.Series(absent), None) if absent.any() else column
