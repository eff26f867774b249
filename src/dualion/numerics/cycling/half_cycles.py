"""Charge, energy and voltages of every half cycle, from the counters of the instrument where there are some.

    Q = sum of the steps' net capacity Q_step                  (counter)         Q = int |I| dt      (integrated)
    E = sum of the steps' net energy E_step, or int U dQ
    mean voltage U_m = E / Q           median voltage U(Q/2)

Logged current is sparse where nothing happens and coarse where much does: its integral is a check on the counter, never its substitute.
What flows between two rows of a step is the difference of the counter there, so that partial charges add up to the counter. A counter that
a step does not reset is continued across it: where a step begins, what the counter has gained is its new value or its difference, whichever
is nearer to the current times the time between the rows.

Techniques ask for the half cycles of one frame in turn: those of the last frame are kept as long as it lives.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.errors import InputError
from dualion.numerics.cycling.segments import (
    MIN_HALF_CYCLE,
    OF_NO_CYCLE,
    Array,
    Counts,
    Mask,
    Segments,
    integrated,
    segment,
    signs,
    step_starts,
    sums,
)

Counter = Literal["instrument", "integrated"]

#: Columns by whose change a step begins, the most certain first.
STEP_COLUMNS = ("step_count", "step_id", "step_index")

_SECONDS_PER_HOUR = 3600.0
_NEEDED = ("test_time_second", "voltage_volt", "current_ampere")


@dataclass(frozen=True, slots=True)
class HalfCycles:
    """Half cycles of a measurement, row by row and as a table.

    Parameters
    ----------
    table : polars.DataFrame
        One row a half cycle, as ``half_cycle_table`` gives it.
    segments : Segments
    time, voltage, current : array, shape (n,)
        [s], [V] and [A] of every row of the measurement.
    sign : int array, shape (n,)
        [1] 1, -1, or 0 where there is no current.
    flow, work : array, shape (n,)
        [Ah] and [Wh] since the row before, in the direction of the current: never below 0.
    gained : array, shape (n,)
        [Ah] of ``flow`` since the first row.
    base : array, shape (h,)
        [Ah] of it at the start of each half cycle.
    """

    table: pl.DataFrame
    segments: Segments
    time: Array
    voltage: Array
    current: Array
    sign: NDArray[np.int8]
    flow: Array
    work: Array
    gained: Array
    base: Array

    @property
    def charge(self) -> Array:
        """[Ah] charge of each half cycle; shape (h,)."""
        return self.table["charge_ah"].to_numpy()

    def running(self) -> Array:
        """[Ah] charge since the start of the half cycle, 0 at its start and its whole charge at its end, NaN outside; shape (n,)."""
        return self.gained - self.spread(self.base, outside=np.nan)

    def spread(self, values: Array, *, outside: float) -> Array:
        """A value of each half cycle set on all of its rows; shape (n,).

        Parameters
        ----------
        values : array, shape (h,)
            In any [unit].
        outside : float
            In the [unit] of the values, on rows of no half cycle.
        """
        first, last = self.segments.first_row, self.segments.last_row
        lengths = np.empty(2 * first.size + 1, dtype=np.int64)
        lengths[1::2] = last - first + 1
        lengths[0:-1:2] = np.diff(first, prepend=0)
        lengths[2:-1:2] -= lengths[1:-2:2]
        lengths[-1] = self.time.size - (last[-1] + 1 if last.size else 0)
        between = np.full(lengths.size, outside)
        between[1::2] = values
        return np.repeat(between, lengths)


def half_cycle_table(frame: pl.DataFrame, *, first: int | None = None, counter: Counter = "instrument") -> pl.DataFrame:
    """Table of the half cycles of a measurement, one row each.

    Parameters
    ----------
    frame : polars.DataFrame
        Canonical columns: ``test_time_second``, ``voltage_volt``, ``current_ampere``; counters of steps, cycles, charge and energy are used
        where they are there.
    first : {1, -1}, optional
        Sign [1] of the current with which a cycle begins.
    counter : {"instrument", "integrated"}
        Where the charge is from.

    Returns
    -------
    polars.DataFrame
        ``half_cycle`` from 1; ``cycle`` by own count, 0 before the first one and null in a drive profile; ``cycle_count`` of the
        instrument at the first row; ``sign``; ``profile``; ``first_row`` and ``last_row``, positions in the frame, both inclusive;
        ``start_time_second``; ``duration_second``; ``charge_ah`` and ``integrated_charge_ah``, above 0; ``from_counter``; ``energy_wh``;
        ``mean_current_ampere`` with its sign, over the time with current; ``start_voltage_volt``, ``end_voltage_volt``,
        ``mean_voltage_volt``, ``median_voltage_volt``. What cannot be told is null.

    Raises
    ------
    InputError
        A column is missing, or ``counter`` is unknown.
    """
    return half_cycles(frame, first=first, counter=counter).table


def running_charge(frame: pl.DataFrame, table: pl.DataFrame) -> Array:
    """Charge [Ah] since the start of the half cycle, scaled to its charge in the table; shape (n,).

    Parameters
    ----------
    frame : polars.DataFrame
        A measurement.
    table : polars.DataFrame
        Its half cycles, or some of them.

    Returns
    -------
    array, shape (n,)
        [Ah], 0 at the start of a half cycle, NaN outside of those of the table.
    """
    found = half_cycles(frame, counter="instrument" if bool(table["from_counter"].any()) else "integrated")
    running = found.running()
    whole = found.charge
    asked = table["half_cycle"].to_numpy() - 1
    scale = np.full(whole.size, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = table["charge_ah"].to_numpy() / whole[asked]
    scale[asked] = np.where(np.isfinite(ratio), ratio, 1.0)
    return running if np.array_equal(scale, np.ones(whole.size)) else running * found.spread(scale, outside=np.nan)


def half_cycles(
    frame: pl.DataFrame, *, first: int | None = None, counter: Counter = "instrument", min_half_cycle: float = MIN_HALF_CYCLE
) -> HalfCycles:
    """Half cycles of a measurement, row by row and as a table.

    Parameters
    ----------
    frame : polars.DataFrame
        As for ``half_cycle_table``.
    first : {1, -1}, optional
        Sign [1] of the current with which a cycle begins.
    counter : {"instrument", "integrated"}
    min_half_cycle : float
        [s] below which a half cycle may be part of a drive profile.

    Returns
    -------
    HalfCycles

    Raises
    ------
    InputError
        A column is missing, or ``counter`` is unknown.
    """
    absent = [name for name in _NEEDED if name not in frame.columns]
    if absent:
        raise InputError(f"half cycles: no column {absent[0]}. Give a table with {', '.join(_NEEDED)}.")
    if counter not in ("instrument", "integrated"):
        raise InputError(f'counter: "{counter}" is unknown. Write "instrument" or "integrated".')
    asked = (first, counter, min_half_cycle)
    kept = _kept.get(asked)
    if kept is not None and kept[0]() is frame:
        return kept[1]
    found = _half_cycles(frame, first, counter, min_half_cycle)
    _kept.clear()
    _kept[asked] = (weakref.ref(frame, lambda _: _kept.clear()), found)
    return found


_kept: dict[tuple[int | None, str, float], tuple[weakref.ref[pl.DataFrame], HalfCycles]] = {}


def _half_cycles(frame: pl.DataFrame, first: int | None, counter: Counter, min_half_cycle: float) -> HalfCycles:
    time, voltage, current = (frame[name].to_numpy() for name in _NEEDED)
    step = step_numbers(frame)
    starts = None if step is None else step_starts(step)
    by_integral = integrated(time, current, starts)
    begins = None if starts is None else np.flatnonzero(starts)[1:]
    charge = _counted(frame, "step_net_capacity_ah", time, current, begins) if counter == "instrument" else None
    found = segment(time, current, step=step, min_half_cycle=min_half_cycle, first=first, charge=by_integral if charge is None else charge)
    sign = signs(current, found.threshold)
    by_integral *= sign
    np.maximum(by_integral, 0.0, out=by_integral)
    flow, from_counter = _flow(charge, sign, by_integral, found)
    energy = _counted(frame, "step_net_energy_wh", time, current * voltage, begins) if counter == "instrument" else None
    work = _work(energy, sign, flow, voltage, starts)
    gained = np.cumsum(flow)
    base = gained[found.first_row] - flow[found.first_row]
    none = pl.DataFrame()
    whole = HalfCycles(none, found, time, voltage, current, sign, flow, work, gained, base)
    return replace(whole, table=_table(frame, whole, by_integral, from_counter))


def step_numbers(frame: pl.DataFrame) -> NDArray[np.generic] | None:
    """Counter by whose change a step begins; shape (n,), None where the frame has none. A missing number continues the one before.

    Parameters
    ----------
    frame : polars.DataFrame
    """
    for name in STEP_COLUMNS:
        if name in frame.columns and frame[name].null_count() < frame.height:
            column = frame[name]
            return (column.forward_fill().fill_null(-1) if column.null_count() else column).to_numpy()
    return None


def _counted(frame: pl.DataFrame, name: str, time: Array, flow: Array, begins: Counts | None) -> Array | None:
    """What a counter that steps reset has gained in each row; None where there is no such counter, or it never moves."""
    if name not in frame.columns or frame.height == 0:
        return None
    counter = frame[name].to_numpy()
    if not np.isfinite(counter.sum()):
        counter = np.nan_to_num(counter, nan=0.0, posinf=0.0, neginf=0.0)
    gained = np.empty(counter.size)
    gained[0] = counter[0]
    np.subtract(counter[1:], counter[:-1], out=gained[1:])
    rows = begins
    if rows is None:
        falls = np.abs(counter[1:]) < 0.5 * np.abs(counter[:-1])
        turns = np.sign(flow[1:]) != np.sign(flow[:-1])
        rows = np.flatnonzero(falls | turns) + 1
    at, step = counter[rows], gained[rows]
    with np.errstate(invalid="ignore"):
        expected = flow[rows] * (time[rows] - time[rows - 1]) / _SECONDS_PER_HOUR
    expected[~np.isfinite(expected)] = 0.0
    gained[rows] = np.where(np.abs(at - expected) <= np.abs(step - expected), at, step)
    return gained if gained.any() else None


def _flow(charge: Array | None, sign: NDArray[np.int8], by_integral: Array, found: Segments) -> tuple[Array, Mask]:
    """Charge [Ah] of each row in the direction of its current, and which half cycles have it from the counter."""
    if charge is None:
        return by_integral, np.zeros(found.count, dtype=bool)
    flow = charge * sign
    np.maximum(flow, 0.0, out=flow)
    from_counter = sums(flow, found.first_row, found.last_row) > 0
    for h in np.flatnonzero(~from_counter):  # few: a counter that stands still while current flows
        rows = slice(found.first_row[h], found.last_row[h] + 1)
        flow[rows] = by_integral[rows]
    return flow, from_counter


def _work(energy: Array | None, sign: NDArray[np.int8], flow: Array, voltage: Array, starts: Mask | None) -> Array:
    """Energy [Wh] of each row in the direction of its current."""
    if energy is not None:
        energy *= sign
        return np.maximum(energy, 0.0, out=energy)
    middle = voltage.copy()
    middle[1:] += voltage[:-1]
    middle[1:] *= 0.5
    if starts is not None:
        middle[starts] = voltage[starts]
    return middle * flow


def _table(frame: pl.DataFrame, whole: HalfCycles, by_integral: Array, from_counter: Mask) -> pl.DataFrame:
    """The table of ``half_cycle_table``."""
    found, time, voltage = whole.segments, whole.time, whole.voltage
    first, last = found.first_row, found.last_row
    charge = whole.gained[last] - whole.base
    energy = sums(whole.work, first, last)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_voltage = energy / charge
        mean_current = found.sign * charge * _SECONDS_PER_HOUR / time_with_current(whole, first, last)
    alone = ~(np.isfinite(mean_current) & (mean_current != 0))
    mean_current[alone] = whole.current[first][alone]
    numbers = {
        "start_time_second": time[first],
        "duration_second": time[last] - time[first],
        "charge_ah": charge,
        "integrated_charge_ah": sums(by_integral, first, last),
        "energy_wh": energy,
        "mean_current_ampere": mean_current,
        "start_voltage_volt": voltage[first],
        "end_voltage_volt": voltage[last],
        "mean_voltage_volt": mean_voltage,
        "median_voltage_volt": voltage_at(whole, whole.base + 0.5 * charge, first, last),
    }
    columns = {
        "half_cycle": pl.Series(np.arange(1, found.count + 1)),
        "cycle": _missing(found.cycle, found.cycle == OF_NO_CYCLE),
        "cycle_count": frame["cycle_count"].gather(first)
        if "cycle_count" in frame.columns
        else pl.Series([None] * found.count, dtype=pl.Int64),
        "sign": pl.Series(found.sign),
        "profile": pl.Series(found.profile),
        "first_row": pl.Series(first.astype(np.int64)),
        "last_row": pl.Series(last.astype(np.int64)),
        "from_counter": pl.Series(from_counter),
    }
    return pl.DataFrame(columns | {name: _missing(values, ~np.isfinite(values)) for name, values in numbers.items()})


def _missing(values: NDArray[np.generic], absent: Mask) -> pl.Series:
    """A column that is null where a value is absent."""
    column = pl.Series(values)
    return column.set(pl.Series(absent), None) if absent.any() else column


def time_with_current(whole: HalfCycles, first_row: Counts, last_row: Counts) -> Array:
    """Time [s] during which current flowed, in each range of rows; shape (h,).

    Parameters
    ----------
    whole : HalfCycles
    first_row, last_row : int array, shape (h,)
        [1] of the ranges, both inclusive.
    """
    passed = np.zeros(whole.time.size)
    np.subtract(whole.time[1:], whole.time[:-1], out=passed[1:])
    np.maximum(passed, 0.0, out=passed)
    passed *= np.abs(whole.sign)
    passed[first_row] = 0.0
    return sums(passed, first_row, last_row)


def voltage_at(whole: HalfCycles, wanted: Array, first_row: Counts, last_row: Counts) -> Array:
    """Voltage [V] at which each range of rows has reached a charge, linear between rows; shape (h,).

    Parameters
    ----------
    whole : HalfCycles
    wanted : array, shape (h,)
        [Ah] of ``gained``, between its values at the first and the last row of the range.
    first_row, last_row : int array, shape (h,)
        [1] of the ranges, both inclusive.
    """
    if wanted.size == 0:
        return np.zeros(0)
    gained, voltage = whole.gained, whole.voltage
    after = np.clip(np.searchsorted(gained, wanted, side="left"), first_row, last_row)
    before = np.maximum(after - 1, first_row)
    step = gained[after] - gained[before]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(step > 0, (wanted - gained[before]) / step, 1.0)
    return np.asarray(voltage[before] + np.clip(share, 0.0, 1.0) * (voltage[after] - voltage[before]))
