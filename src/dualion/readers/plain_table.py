"""Tables of time, voltage and current as people and home-made testers write them: .csv, .txt, .tsv with a line of names and units.

The line of names is the first one, within the beginning of the file, that names a time and a voltage. Their units are taken from it
(``time (s)``, ``Ewe/V``, ``I [mA]``, ``Hours``); a time, voltage or current without a known unit is an error that says what to write. Other
columns are read where they are counters, kinds of step or named temperatures; the rest is left out and named in the flag
``columns_ignored``: a capacity, for one, does not say whether it is signed or when it begins anew. Positive current is taken to charge
the cell, which the checks hold against voltage and labels.

One tester writes no units and is known by its names (hakadi 18650 study, MaxMax-embedded/hakadi_soidum_ion_18650, CC0): its times are
milliseconds, and its log has an interval of a tenth of a second, which is checked. The flag ``units_assumed`` says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from dualion.columns import COLUMNS
from dualion.errors import ReadError
from dualion.readers.battery_format import ignored
from dualion.readers.format import Format, Given
from dualion.readers.tables import measured
from dualion.readers.texts.clock import CLOCKS, looks_like_clock, seconds
from dualion.readers.texts.decoding import beginning, decoded
from dualion.readers.texts.delimited import MOST_COLUMNS, Cells, cells, delimiter_of, fields
from dualion.readers.texts.headings import Heading, converted, heading
from dualion.readers.texts.names_line import names_line
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag
from dualion.units import compatible

_VERSION = 1
_MOST_PREAMBLE = 200  # lines before the names
_MOST_WORDS = 100  # kinds of step
_INTEGER = r"^[+-]?\d{1,15}(?:\.0*)?$"
_MOSTLY = 0.9  # share of integers that makes the others damage
_SPACES, _WIDE = re.compile(r"[^\S\n]+"), re.compile(r"\s{2,}")
_TIME, _VOLTAGE, _CURRENT = "test_time_second", "voltage_volt", "current_ampere"

#: Names of what is read, bare, the surest first.
NAMES: Mapping[str, tuple[str, ...]] = {
    _TIME: ("testtime", "totaltime", "elapsedtime", "timeelapsed", "cumulativetime", "runtime", "programtime", "duration", "time", "t"),
    _VOLTAGE: ("cellvoltage", "ecell", "ucell", "vcell", "voltage", "ewe", "<ewe>", "vf", "potential", "u", "v", "e"),
    _CURRENT: ("cellcurrent", "icell", "current", "<i>", "i", "im"),
    "step_time_second": ("steptime",),
    "cycle_count": ("cyclecount", "cycleindex", "cyclenumber", "cycleno", "cycleid", "cycle"),
    "step_count": ("stepcount", "stepnumber"),
    "step_index": ("stepindex", "stepid", "stepno", "ns", "step"),
    "step_type": ("steptype", "stepname", "state", "status"),
    "ambient_temperature_celsius": ("ambienttemperature", "chambertemperature"),
    "cell_temperature_celsius": ("celltemperature", "surfacetemperature"),
}
_EXAMPLES = {_TIME: "time (s)", _VOLTAGE: "voltage (V)", _CURRENT: "current (mA)", "step_time_second": "step time (s)"}

_UNITLESS = ("step", "mode", "time", "voltage", "current")
_UNITLESS_UNITS = {"time": "ms", "voltage": "V", "current": "A"}
_UNITLESS_INTERVAL = (50.0, 500.0)  # [ms] the tester logs every 101 ms


@dataclass(frozen=True, slots=True)
class _Found:
    """The line of names of a table."""

    start: int
    delimiter: str
    headings: tuple[Heading, ...]


def _recognises(given: Given) -> bool:
    return _found(beginning(given)) is not None


def _found(text: str) -> _Found | None:
    """The first line that names a time and a voltage."""
    return names_line(text, _MOST_PREAMBLE, _names_in)


def _names_in(line: str, start: int) -> _Found | None:
    delimiter = delimiter_of(line)
    if line.count(delimiter or " ") >= MOST_COLUMNS or not line.strip():
        return None
    named = fields(line, delimiter) if delimiter else _by_spaces(line)
    headings = tuple(heading(name) for name in named)
    return _Found(start, delimiter or " ", headings) if {_TIME, _VOLTAGE} <= set(_candidates(headings)) else None


def _candidates(headings: Sequence[Heading]) -> dict[str, list[int]]:
    """Columns that may be each of ours, those with the surest name only."""
    found: dict[str, list[int]] = {}
    for ours, names in NAMES.items():
        for name in names:
            places = [index for index, one in enumerate(headings) if one.name == name and _may_be(one, ours)]
            if places:
                found[ours] = places
                break
    for ours in (_TIME, _VOLTAGE, _CURRENT):
        places = [index for index, one in enumerate(headings) if not one.name and one.unit and compatible(one.unit, COLUMNS[ours].unit)]
        if places:
            found.setdefault(ours, places)
    return found


def _may_be(one: Heading, ours: str) -> bool:
    """Whether the unit does not speak against the name: ``E/Wh`` is no potential."""
    return not one.unit or COLUMNS[ours].kind != "number" or compatible(one.unit, COLUMNS[ours].unit)


def _read(given: Given) -> Measurement:
    text = decoded(given)
    found = _found(text)
    if found is None:
        raise ReadError(given.name, "first lines", "no line names a time and a voltage", "Write one, such as: time (s), voltage (V).")
    if found.delimiter == " ":
        text = text[: found.start] + _by_tabs(text[found.start :])
    table = cells(given, text, header=found.start, delimiter="\t" if found.delimiter == " " else found.delimiter)
    headings, flags = _with_known_units(given, found.headings, table)
    places = _places(given, headings)
    marks = table.marks([index for ours, index in places.items() if COLUMNS[ours].kind == "number" and not _is_clock(table, index)])
    columns: dict[str, pl.Series] = {}
    left = [one.text for index, one in enumerate(headings) if index not in places.values()]
    for ours, index in places.items():
        if COLUMNS[ours].kind == "text":
            values = table.text(index)
            read: pl.Series | None = values if values.n_unique() <= _MOST_WORDS else None
        elif COLUMNS[ours].kind == "counter":
            read = _counter(table, index)
        elif _is_clock(table, index) and compatible(COLUMNS[ours].unit, "s"):
            read = seconds(given, table.text(index), where=lambda row, at=index: table.where(at, row))  # type: ignore[misc]
        else:
            numbers, example = table.numbers(index, marks), _EXAMPLES.get(ours, "cell temperature (degC)")
            read = converted(given, numbers, headings[index], COLUMNS[ours].unit, line=table.first_line - 1, example=example)
        if read is None:
            left.append(headings[index].text)
        else:
            columns[ours] = read
    technique = "gcd" if _CURRENT in columns else "ocv"
    flags += (*table.flags, *ignored(given, left, severity="note" if technique == "gcd" else "warning"))
    return measured(given, columns, technique=technique, reader="plain-table", version=_VERSION, flags=flags)


def _by_spaces(line: str) -> list[str]:
    """Names divided by spaces: by two or more where names may hold one themselves."""
    wide = [name for name in _WIDE.split(line.strip()) if name]
    return wide if len(wide) > 1 else line.split()


def _by_tabs(text: str) -> str:
    """A table divided by spaces, divided by tabs."""
    names, _, rows = text.partition("\n")
    return "\t".join(_by_spaces(names)) + "\n" + "\n".join(_SPACES.sub("\t", line.strip()) for line in rows.split("\n"))


def _places(given: Given, headings: Sequence[Heading]) -> dict[str, int]:
    """The column of each of ours; two of one name are an error."""
    places: dict[str, int] = {}
    for ours, candidates in _candidates(headings).items():
        if len(candidates) > 1:
            names = " and ".join(f'"{headings[index].text[:40]}"' for index in candidates[:2])
            raise ReadError(given.name, "line of names", f"{names} both may be the {_EXAMPLES.get(ours, ours)}", "Keep one of them.")
        places[ours] = candidates[0]
    return places


def _is_clock(table: Cells, index: int) -> bool:
    one = heading(table.names[index])
    return (not one.written or one.written.casefold() in CLOCKS) and looks_like_clock(table.frame[str(index)])


def _counter(table: Cells, index: int) -> pl.Series | None:
    """A counter; None where the column is made of something else than integers."""
    integer = table.text(index).str.contains(_INTEGER).fill_null(value=False)
    if integer.all():
        return table.text(index).cast(pl.Float64).cast(pl.Int64)
    if integer.mean() < _MOSTLY:  # type: ignore[operator]
        return None
    row = int((~integer).arg_max() or 0)
    shown = (table.text(index)[row] or "")[:40]
    raise ReadError(
        table.given.name, table.where(index, row), f'"{shown}" is no integer, as all others are', "Copy or export the file anew."
    )


def _with_known_units(given: Given, headings: tuple[Heading, ...], table: Cells) -> tuple[tuple[Heading, ...], tuple[Flag, ...]]:
    """Headings of the one tester that writes none, with its units."""
    if tuple(one.text for one in headings) != _UNITLESS:
        return headings, ()
    times = table.frame[str(_UNITLESS.index("time"))].cast(pl.Int64, strict=False)
    interval = times.diff().median()
    low, high = _UNITLESS_INTERVAL
    if times.null_count() or not isinstance(interval, float) or not low <= interval <= high:
        return headings, ()
    message = f"{given.name}: its names have no units; they are those of the hakadi study's tester: time in ms, voltage in V, current in A."
    known = tuple(Heading(one.text, one.name, _UNITLESS_UNITS.get(one.name, ""), _UNITLESS_UNITS.get(one.name, "")) for one in headings)
    return known, (Flag("units_assumed", "warning", message),)


FORMATS = (
    Format("plain-table", "table of time, voltage and current (.csv, .txt, .tsv)", (".csv", ".txt", ".tsv"), _recognises, _read, _VERSION),
)
