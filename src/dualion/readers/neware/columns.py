"""The columns of Neware's exports by the many names they have had, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.errors import ReadError
from dualion.readers.battery_format import ignored
from dualion.readers.format import Given
from dualion.readers.tables import measured
from dualion.readers.texts.clock import CLOCKS, looks_like_clock, seconds
from dualion.readers.texts.decoding import Marks
from dualion.readers.texts.delimited import Cells
from dualion.readers.texts.headings import Heading, converted
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

#: Bare names of what is read, in English (BTS 5 to 8) and Chinese.
ROLES: Mapping[str, tuple[str, ...]] = {
    "record": ("datapoint", "recordid", "recordindex", "recordnumber", "record", "数据序号", "记录序号", "记录号"),
    "cycle": ("cycleindex", "cycleid", "cycle", "循环号"),
    "step": ("stepindex", "stepid", "step", "steps", "工步号"),
    "number": ("stepnumber", "工步序号"),
    "type": ("steptype", "stepname", "status", "statue", "state", "工步类型", "工步名称"),
    "time": ("steptime", "relativetime", "time", "时间", "相对时间"),
    "total": ("totaltime", "cumulativetime", "testtime", "总时间", "累计时间"),
    "date": ("date", "realtime", "absolutetime", "datetime", "systemtime", "绝对时间", "系统时间"),
    "current": ("current", "cur", "电流"),
    "voltage": ("voltage", "电压"),
    "capacity": ("capacity", "容量"),
    "charge": ("chgcap", "capacitancechg", "capacitychg", "chgcapacity", "充电容量"),
    "discharge": ("dchgcap", "capacitancedchg", "capacitydchg", "dchgcapacity", "放电容量"),
    "specific": ("speccap", "capacitydensity", "specificcapacity", "比容量"),
    "energy": ("energy", "能量"),
    "charge_energy": ("chgenergy", "engychg", "充电能量"),
    "discharge_energy": ("dchgenergy", "engydchg", "放电能量"),
}
_AMOUNTS = {
    "current": ("A", "Current(A)"), "voltage": ("V", "Voltage(V)"), "capacity": ("Ah", "Capacity(mAh)"), "charge": ("Ah", "Chg. Cap.(mAh)"),
    "discharge": ("Ah", "DChg. Cap.(mAh)"), "energy": ("Wh", "Energy(mWh)"), "charge_energy": ("Wh", "Chg. Energy(mWh)"),
    "discharge_energy": ("Wh", "DChg. Energy(mWh)"),
}  # fmt: skip
_COUNTERS = ("record", "cycle", "step", "number")
_TIMES = ("time", "total")

_DISCHARGING, _CHARGING = r"(?i)dch|disch|放电", r"(?i)chg|charge|充电"
_RESET = 0.05  # share of a step's capacity that its first record may have
_MOST_STEPS_WITHOUT_RESET = 0.01
_UNSET_MASS, _MASS_ROUNDING = 1.0, 1e-3  # [mg] the vendor's default; relative
_MOST_WORDS = 1000
_EXACT = 2.0**53  # largest integer that float64 counts to
_AGAIN = "Copy or export the file anew."


@dataclass(frozen=True, slots=True)
class Export:
    """One table of an export.

    Parameters
    ----------
    table : Cells
    headings : tuple of Heading
        Of its columns.
    beside : mapping of str to polars.Series, shape (n,) each
        What each row takes from the rows of its cycle and its step, by role.
    cycle : int or None
        [1] of all rows, where neither has it.
    """

    table: Cells
    headings: tuple[Heading, ...]
    beside: Mapping[str, pl.Series] = field(default_factory=dict)
    cycle: int | None = None


def roles(headings: Sequence[Heading]) -> dict[str, int]:
    """The column of each role: the first with the surest of its names."""
    found: dict[str, int] = {}
    for role, names in ROLES.items():
        for name in names:
            places = [index for index, one in enumerate(headings) if one.name == name]
            if places:
                found[role] = places[0]
                break
    return found


def measurement_of(given: Given, exports: Sequence[Export], *, reader: str, version: int) -> Measurement:
    """A measurement from the tables of an export.

    Parameters
    ----------
    given : Given
    exports : sequence of Export
        In the order in which they stand in the file.
    reader : str
        Name of the format.
    version : int
        [1] of the reader.

    Returns
    -------
    Measurement

    Raises
    ------
    ReadError
        A field is no number, a unit is not known, or there are no rows.
    """
    tables = [_numbers(given, one) for one in exports]
    tables = _in_order(tables)
    frame = pl.concat(tables, how="diagonal").rechunk()
    step = _steps(frame)
    columns: dict[str, pl.Series] = {}
    columns["test_time_second"], flags = _test_time(given, frame, step, sheets=[one.height for one in tables])
    for ours, role in (
        ("voltage_volt", "voltage"),
        ("current_ampere", "current"),
        ("step_time_second", "time"),
        ("record_index", "record"),
    ):
        if role in frame.columns:
            columns[ours] = frame[role]
    columns |= {ours: frame[role] for ours, role in (("cycle_count", "cycle"), ("step_index", "step")) if role in frame.columns}
    columns["step_count"] = frame["number"] if "number" in frame.columns else pl.Series(step + 1)
    if "type" in frame.columns:
        columns["step_type"] = _words(given, frame["type"])
    columns |= _amounts(frame, step)
    flags += tuple(flag for one in exports for flag in (*one.table.flags, *_left_out(given, one)))
    unique = tuple(dict.fromkeys(flags))
    made = pl.DataFrame({name: values.alias(name) for name, values in columns.items()})
    return measured(given, made, technique="gcd", reader=reader, version=version, conditions=_conditions(exports, frame), flags=unique)


def _left_out(given: Given, one: Export) -> tuple[Flag, ...]:
    used = set(roles(one.headings).values())
    return ignored(given, [name for index, name in enumerate(one.table.names) if index not in used])


def _numbers(given: Given, one: Export) -> pl.DataFrame:
    """The columns of one table by their roles, as numbers in our units and as words."""
    place, table = roles(one.headings), one.table
    amounts = [place[role] for role in (*_AMOUNTS, "specific") if role in place]
    marks = table.marks(amounts)
    columns: dict[str, pl.Series] = dict(one.beside)
    for role, index in place.items():
        _check_twin(given, one, role, index)
        if role in _AMOUNTS:
            unit, example = _AMOUNTS[role]
            values = table.numbers(index, marks)
            columns[role] = converted(given, values, one.headings[index], unit, line=table.first_line - 1, example=example)
        elif role in _TIMES:
            columns[role] = _time(given, one, index, marks)
        elif role in _COUNTERS:
            columns[role] = _counter(given, table, index)
        elif role == "specific":
            columns[role] = table.numbers(index, marks)
        else:
            columns[role] = table.text(index)
    if one.cycle is not None and "cycle" not in columns:
        columns["cycle"] = pl.repeat(one.cycle, table.height, dtype=pl.Int64, eager=True)
    return pl.DataFrame({role: values.alias(role) for role, values in columns.items()})


def _check_twin(given: Given, one: Export, role: str, index: int) -> None:
    """Two columns of one name must say the same."""
    for other in range(index + 1, len(one.headings)):
        if one.headings[other].name == one.headings[index].name and not one.table.text(other).equals(one.table.text(index)):
            name = one.headings[index].text[:40]
            raise ReadError(given.name, "line of names", f'two columns are called "{name}" and differ ({role})', "Keep one of them.")


def _time(given: Given, one: Export, index: int, marks: Marks) -> pl.Series:
    """A time as a clock or with a unit, in seconds."""
    table, named = one.table, one.headings[index]
    if (not named.written or named.written.casefold() in CLOCKS) and looks_like_clock(table.frame[str(index)]):
        return seconds(given, table.text(index), where=lambda row: table.where(index, row))
    values = table.numbers(index, marks)
    return converted(given, values, named, "s", line=table.first_line - 1, example="Time(s)")


def _counter(given: Given, table: Cells, index: int) -> pl.Series:
    values = table.numbers(index, Marks())
    bad = np.flatnonzero(~((values == values.round()) & (values.abs() < _EXACT)).fill_null(value=True).to_numpy())
    if bad.size:
        raise ReadError(given.name, table.where(index, int(bad[0])), f"{values[int(bad[0])]} is no integer, as a counter is", _AGAIN)
    return values.cast(pl.Int64)


def _in_order(tables: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """Tables by their first record, where the records count through all of them; else as they stand in the file."""
    firsts = [one["record"][0] for one in tables]
    if any(first is None for first in firsts) or len(set(firsts)) < len(firsts):
        return tables
    return [one for _, one in sorted(zip(firsts, tables, strict=True), key=lambda pair: pair[0])]


def _steps(frame: pl.DataFrame) -> NDArray[np.int64]:
    """Number of the step of each row, from 0: a new one where a counter or the kind changes, or the time of the step runs back."""
    begins = np.zeros(frame.height, dtype=bool)
    for role in ("cycle", "step", "number", "type"):
        if role in frame.columns:
            begins |= frame[role].ne_missing(frame[role].shift(1)).to_numpy()
    if "time" in frame.columns:
        begins |= (frame["time"].diff() < 0).fill_null(value=False).to_numpy()
    begins[:1] = False
    return np.cumsum(begins).astype(np.int64)


def _test_time(given: Given, frame: pl.DataFrame, step: NDArray[np.int64], *, sheets: Sequence[int]) -> tuple[pl.Series, tuple[Flag, ...]]:
    """The time of the test, or the times of the steps one after the other."""
    if "total" in frame.columns and not _starts_anew(frame["total"].to_numpy(), sheets):
        return frame["total"], ()
    if "time" not in frame.columns:
        raise ReadError(given.name, "line of names", "no column has the time of the test or of the step", "Export the column Total Time.")
    time = frame["time"].fill_null(strategy="forward").fill_null(0.0).to_numpy()
    last = np.append(np.flatnonzero(np.diff(step)), len(step) - 1)
    before = np.concatenate(([0.0], np.cumsum(time[last])[:-1]))
    message = f"{given.name}: no column has the time of the test; the times of its {len(last)} steps follow each other without pauses."
    joined = pl.Series(before[step]) + frame["time"]
    return joined, (Flag("time_from_steps", "note", message),)


def _starts_anew(total: NDArray[np.float64], sheets: Sequence[int]) -> bool:
    """Whether the time of the test begins again in another sheet."""
    edges = np.cumsum(sheets)[:-1]
    return bool(np.any(total[edges] < total[edges - 1]))


def _words(given: Given, values: pl.Series) -> pl.Series:
    if values.n_unique() > _MOST_WORDS:
        raise ReadError(given.name, "column of the kind of step", f"it has more than {_MOST_WORDS} different words", _AGAIN)
    return values


def _amounts(frame: pl.DataFrame, step: NDArray[np.int64]) -> dict[str, pl.Series]:
    """Charge and energy since the step began, positive where the cell is charged."""
    columns: dict[str, pl.Series] = {}
    for ours, both, put_in, taken in (
        ("step_net_capacity_ah", "capacity", "charge", "discharge"),
        ("step_net_energy_wh", "energy", "charge_energy", "discharge_energy"),
    ):
        net = _net(frame, both, put_in, taken)
        if net is not None and _begins_anew(net, step):
            columns[ours] = net
    return {ours: net + 0.0 for ours, net in columns.items()}  # no negative zeros


def _net(frame: pl.DataFrame, both: str, put_in: str, taken: str) -> pl.Series | None:
    """A signed counter of the step; None where nothing gives the sign."""
    if both in frame.columns and "type" in frame.columns and not (frame[both] < 0).any():
        words = frame["type"].fill_null("")
        sign = pl.select(pl.when(words.str.contains(_DISCHARGING)).then(-1.0).when(words.str.contains(_CHARGING)).then(1.0)).to_series()
        by_current = frame["current"].sign()
        return frame[both] * sign.zip_with(sign.is_not_null(), by_current)
    if put_in in frame.columns and taken in frame.columns:
        return frame[put_in] - frame[taken]
    return None


def _begins_anew(net: pl.Series, step: NDArray[np.int64]) -> bool:
    """Whether a counter is near zero where a step begins: one that runs through a cycle is none of ours."""
    amount = net.fill_null(0.0).to_numpy()
    first = np.concatenate(([0], np.flatnonzero(np.diff(step)) + 1))
    last = np.append(first[1:] - 1, len(step) - 1)
    largest = np.maximum.reduceat(np.abs(amount), first)
    judged = (largest > 0) & (last > first)
    wrong = np.abs(amount[first]) > _RESET * largest
    return not judged.any() or float(np.mean(wrong[judged])) <= _MOST_STEPS_WITHOUT_RESET


def _conditions(exports: Sequence[Export], frame: pl.DataFrame) -> dict[str, Quantity | str]:
    found: dict[str, Quantity | str] = {}
    if "date" in frame.columns and frame["date"][0]:
        found["start_local_time"] = str(frame["date"][0])
    mass = _mass(frame)
    if mass is not None:
        found["active_mass"] = Quantity(
            mass, "mg", rule="capacity over specific capacity of the export; of which electrode, it does not say"
        )
    return found


def _mass(frame: pl.DataFrame) -> float | None:
    """Active mass [mg] that the specific capacities rest on; None where there are none, or the vendor's default."""
    if not {"capacity", "specific"} <= set(frame.columns):
        return None
    most = frame["capacity"].arg_max()
    if most is None or not frame["specific"][most] or not frame["capacity"][most]:
        return None
    mass = 1e6 * frame["capacity"][most] / frame["specific"][most]  # Ah / (mAh/g) = 1e6 mg
    return None if abs(mass / _UNSET_MASS - 1) < _MASS_ROUNDING or not mass > 0 else float(f"{mass:.4g}")
