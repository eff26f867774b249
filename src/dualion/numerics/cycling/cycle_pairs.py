"""Half cycles to cycles: charge, energy, duration and current of the charge and the discharge of each, by a stated rule of counting.

    instrument   half cycles are gathered by the instrument's own count at their first row
    own          by the order of the half cycles, a cycle from the first sign to the next one of that sign

Drive profiles are left out. A cycle may hold several half cycles of one sign, as a capacity check does: their charges, energies and
durations are added. The current of a branch is that by which its charge flowed,

    i = sum Q_h |I_h| / sum Q_h
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.errors import CoverageError, SpecError
from dualion.numerics.cycling.cycler_rows import finite_rows
from dualion.numerics.cycling.half_cycles import half_cycle_table
from dualion.numerics.simulated import simulated_source
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag

Array = NDArray[np.float64]
CycleRule = Literal["instrument", "own"]

CYCLE_RULES = ("instrument", "own")
BRANCHES = ("charge", "discharge")
SECONDS_PER_HOUR = 3600.0

_NEEDED = ("test_time_second", "voltage_volt", "current_ampere")
_COUNTERS = ("step_net_capacity_ah", "step_net_energy_wh")
#: Larger numbers are none that an instrument wrote, in s, V, A, Ah and Wh: a day is 1e5 s, a century 3e9 s.
LARGEST = 1e12
_SUMS = {"charge_ah": "charge_ah", "energy_wh": "energy_wh", "duration_second": "duration_second"}


def first_sign(cell: CellRecord) -> int | None:
    """Sign [1] of the current with which a cycle begins: a half cell of an anode material begins with a discharge; None where not known.

    Parameters
    ----------
    cell : CellRecord
    """
    if cell.kind is None:
        return None
    return -1 if cell.kind == "half" and cell.working == "anode" else 1


def reversible_branch(cell: CellRecord) -> str:
    """Branch whose charge is the reversible capacity: the charge of a half cell of an anode material (desodiation), else the discharge.

    Parameters
    ----------
    cell : CellRecord
    """
    return "charge" if cell.kind == "half" and cell.working == "anode" else "discharge"


def check_cycle_rule(name: str, rule: str) -> None:
    """Refuse a rule of counting that there is not; ``name`` is the option, for the message.

    Raises
    ------
    SpecError
        It is unknown.
    """
    if rule not in CYCLE_RULES:
        raise SpecError(f'{name}: "{rule}" is unknown. Write "instrument" or "own".')


def cycles_of(measured: Measurement, rule: CycleRule) -> tuple[pl.DataFrame, str, tuple[Flag, ...]]:
    """Cycles of a measurement, the rule by which they were counted, and its flags with what was found here.

    Parameters
    ----------
    measured : Measurement
    rule : {"instrument", "own"}
        ``"own"`` is taken where the instrument counted nothing.

    Returns
    -------
    tuple of polars.DataFrame, str, tuple of Flag
        The frame of ``paired``, the rule in words, and the flags.

    Raises
    ------
    CoverageError
        There is no whole half cycle.
    SpecError
        Time runs backwards where charge would be integrated.
    """
    _, halves, flags = half_cycles_of(measured)
    counted = rule if halves["cycle_count"].null_count() < halves.height else "own"
    cycles = paired(halves, rule="instrument" if counted == "instrument" else "own")
    if cycles.height == 0:
        raise CoverageError(f"{measured.source.file}: cycling, in half cycles that are no drive profile,", 1, 0)
    return cycles, "cycles by the instrument's count" if counted == "instrument" else "cycles by own count", flags


def half_cycles_of(measured: Measurement) -> tuple[pl.DataFrame, pl.DataFrame, tuple[Flag, ...]]:
    """Rows of a measurement with numbers, their half cycles, and its flags.

    Parameters
    ----------
    measured : Measurement

    Raises
    ------
    SpecError
        Time runs backwards where charge would be integrated.
    """
    frame, flags = rows_with_numbers(measured)
    with np.errstate(all="ignore"):
        halves = half_cycle_table(frame, first=first_sign(measured.cell))
    refuse_reversed(frame, halves, measured.source.file)
    return frame, halves, flags


def rows_with_numbers(measured: Measurement) -> tuple[pl.DataFrame, tuple[Flag, ...]]:
    """Rows of a measurement with a time, a voltage and a current, and its flags: one of them says how many rows were left out.

    Parameters
    ----------
    measured : Measurement
    """
    frame, dropped = finite_rows(measured.table, _NEEDED)
    for name in (*_NEEDED, *_COUNTERS):
        if name in frame.columns:
            large = np.abs(frame[name].to_numpy()) > LARGEST
            if large.any():
                frame, dropped = frame.filter(~large), dropped + int(large.sum())
    flags = tuple(dict.fromkeys(measured.flags))
    if dropped and all(flag.code != "missing_values" for flag in flags):
        text = f"{dropped} rows hold no number of time, voltage or current, or one beyond {LARGEST:g}, and are left out."
        flags += (Flag("missing_values", "warning", text),)
    return frame, flags


def refuse_reversed(frame: pl.DataFrame, halves: pl.DataFrame, file: str) -> None:
    """Refuse to integrate over time that runs backwards.

    Parameters
    ----------
    frame : polars.DataFrame
        Of which the half cycles are.
    halves : polars.DataFrame
        Of ``half_cycle_table``.
    file : str
        For the message.

    Raises
    ------
    SpecError
        Time runs backwards, and the charge of a half cycle is not from a counter.
    """
    if bool(halves["from_counter"].all()):
        return
    time = frame["test_time_second"].to_numpy()
    falls = np.flatnonzero(np.diff(time) < 0)
    if falls.size:
        raise SpecError(
            f"{file}: time runs backwards {falls.size} times, first in row {int(falls[0]) + 2}, and no counter of charge stands beside it: "
            'no charge can be integrated. Ask for the repair "mend_time", "unwrap_time" or "sort_time" that the flag time_reversed names.'
        )


def paired(halves: pl.DataFrame, *, rule: CycleRule) -> pl.DataFrame:
    """Cycles from half cycles.

    Parameters
    ----------
    halves : polars.DataFrame
        Of ``half_cycle_table``.
    rule : {"instrument", "own"}

    Returns
    -------
    polars.DataFrame
        One row a cycle in order: ``cycle``, 0 for what comes before the first one; of each branch ``charge_ah``, ``energy_wh``,
        ``duration_second`` and ``current_ampere`` under the names ``charge_charge_ah``, ``discharge_charge_ah``, ..., null where the branch
        is missing; ``start_second`` of the cycle.
    """
    number = "cycle_count" if rule == "instrument" else "cycle"
    used = halves.filter(~pl.col("profile") & pl.col(number).is_not_null() & (pl.col("charge_ah") > 0))
    parts = []
    for branch, sign in zip(BRANCHES, (1, -1), strict=True):
        one = pl.col("sign") == sign
        weight = pl.col("charge_ah").filter(one)
        flow = (pl.col("mean_current_ampere").abs() * pl.col("charge_ah")).filter(one).sum() / weight.sum()
        parts += [pl.when(one.any()).then(pl.col(source).filter(one).sum()).alias(f"{branch}_{to}") for source, to in _SUMS.items()]
        parts.append(pl.when(one.any()).then(flow).alias(f"{branch}_current_ampere"))
    started = pl.col("start_time_second").min().alias("start_second")
    return used.group_by(pl.col(number).alias("cycle"), maintain_order=True).agg(*parts, started).sort("cycle")


def simulated_cycling(
    charge: Array, current: Array, voltage: Array, *, cycle: NDArray[np.int64], name: str, truth: Mapping[str, float], cell: CellRecord
) -> Measurement:
    """Half cycles of constant current as the measurement that a reader would return, for data whose truth is known.

    Parameters
    ----------
    charge : array, shape (h,)
        [Ah] of each half cycle, above 0.
    current : array, shape (h,)
        [A] signed.
    voltage : array, shape (h, r)
        [V] at r rows evenly spread over the charge of each half cycle.
    cycle : int array, shape (h,)
        [1] the count that an instrument would write.
    name : str
        Of the technique.
    truth : mapping of str to float
    cell : CellRecord

    Returns
    -------
    Measurement
    """
    count, rows = voltage.shape
    share = np.linspace(0.0, 1.0, rows)
    sign = np.sign(current)[:, None]
    lasts = charge / np.abs(current) * SECONDS_PER_HOUR
    begins = np.concatenate([[0.0], np.cumsum(lasts + 1.0)[:-1]])[:, None]
    capacity = charge[:, None] * share
    middle = 0.5 * (voltage[:, 1:] + voltage[:, :-1]) * np.diff(capacity, axis=1)
    energy = np.concatenate([np.zeros((count, 1)), np.cumsum(middle, axis=1)], axis=1)
    table = pl.DataFrame(
        {
            "record_index": np.arange(1, count * rows + 1),
            "test_time_second": (begins + lasts[:, None] * share).ravel(),
            "voltage_volt": voltage.ravel(),
            "current_ampere": np.repeat(current, rows),
            "cycle_count": np.repeat(cycle, rows),
            "step_count": np.repeat(np.arange(1, count + 1), rows),
            "step_net_capacity_ah": (sign * capacity).ravel(),
            "step_net_energy_wh": (sign * energy).ravel(),
        }
    )
    source = simulated_source(name, f"synthetic-{name}.csv", voltage, charge, truth=truth)
    return Measurement("gcd", table, {}, "synthetic", source, cell=cell)
