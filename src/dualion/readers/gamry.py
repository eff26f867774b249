"""Gamry Framework ``.DTA``: cyclic voltammetry and cycling in curves, impedance spectra, open-circuit curves.

The file is text, here as Framework 6 and 7 write it. Lines of the header are a key, its kind, its value and its description, separated by
tabs. A line ``NAME<tab>TABLE`` with or without a number of rows opens a table: a line of names, a line of units, then rows that begin
with a tab and an integer counter ``Pt``. Curves ``CURVE1``, ``CURVE2``, ... are the cycles of one experiment and become ``cycle_count``.
Of several kinds the file is read as the first of: ``ZCURVE`` (spectrum), ``CURVE`` (voltage and current against time), ``OCVCURVE`` (open
circuit).

The current is positive for oxidation at the working electrode where the header says ``CONVENTION`` 1, and Zimag is the imaginary part
itself. A table with fewer rows than it announces, fewer curves than ``CYCLES``, or a spectrum with fewer points than its frequencies ask
for, mean that the file is cut off or the experiment was stopped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dualion.readers.format import Format, Given
from dualion.readers.tables import measured
from dualion.readers.texts.blocks import WITHIN_ROW, Part, Text, heading_places, impedance_rows, inductive, read_parts, text_of, truncated
from dualion.readers.texts.decoding import beginning, finite_number
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

_NAME = "gamry-dta"
_TABLE = re.compile(r"(?P<name>[A-Z]+?)(?P<number>\d*)\tTABLE(?:\t(?P<rows>\d*))?\s*$")
_KINDS = ("ZCURVE", "CURVE", "OCVCURVE")
_COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "ZCURVE": {
        "test_time_second": ("Time", "T"),
        "voltage_volt": ("Vdc",),
        "current_ampere": ("Idc",),
        "frequency_hertz": ("Freq",),
        "real_impedance_ohm": ("Zreal",),
        "imaginary_impedance_ohm": ("Zimag",),
    },
    "CURVE": {"test_time_second": ("T",), "voltage_volt": ("Vf", "V"), "current_ampere": ("Im", "I")},
    "OCVCURVE": {"test_time_second": ("T",), "voltage_volt": ("Vf", "V", "Vm")},
}
_COUNTER: dict[str, tuple[str, ...]] = {"record_index": ("Pt",)}
_NEEDED = {
    "ZCURVE": ("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm"),
    "CURVE": ("test_time_second", "voltage_volt", "current_ampere"),
    "OCVCURVE": ("test_time_second", "voltage_volt"),
}
#: Units of the columns; other ones are refused.
_UNITS = {
    "test_time_second": ("s",),
    "voltage_volt": ("V", "V vs. Ref."),
    "current_ampere": ("A",),
    "frequency_hertz": ("Hz",),
    "real_impedance_ohm": ("ohm",),
    "imaginary_impedance_ohm": ("ohm",),
}
_ANODIC = "1"  # CONVENTION: oxidation at the working electrode is positive
_ROUNDING = 1e-6  # of a number of steps
_REST = "CORPOT"  # TAG of an experiment at open circuit
_UNSAID_AREA = 1.0  # [cm2] what the program writes where nobody gave one


@dataclass(frozen=True, slots=True)
class _Table:
    kind: str
    number: int | None
    announced: int | None
    part: Part | None  # None where the file ends within the names or the units


def _is_dta(given: Given) -> bool:
    lines = beginning(given).lstrip("\n\t ").split("\n", 2)
    return lines[0].strip() == "EXPLAIN" and (len(lines) < 2 or lines[1].startswith("TAG"))


def _read(given: Given) -> Measurement:
    text = text_of(given)
    header = _header(text)
    tables = list(_tables(text))
    kind = next((kind for kind in _KINDS if any(table.kind == kind for table in tables)), None)
    if kind is None:
        raise text.error(len(text.lines) - 1, "there is no table ZCURVE, CURVE or OCVCURVE", "Export the measurement anew.")
    used = [table for table in tables if table.kind == kind]
    whole = [table for table in used if table.part is not None]
    block, heights = read_parts(text, [table.part for table in whole if table.part is not None], split=_fields)
    columns = dict(block.columns)
    if not block.height:
        raise text.error(len(text.lines) - 1, f"the table {kind} has no rows")
    if any(table.number is not None for table in whole):
        numbers = pl.Series([table.number for table in whole], dtype=pl.Int64)
        columns["cycle_count"] = numbers.gather(np.repeat(np.arange(len(whole)), heights))
    flags = tuple(_cut(text, header, used, heights, within_row=block.cut or len(whole) < len(used)))
    if kind == "ZCURVE":
        columns = impedance_rows(columns)
    if kind == "OCVCURVE":
        columns["current_ampere"] = pl.repeat(0.0, columns["voltage_volt"].len(), eager=True)
    return measured(
        given,
        columns,
        technique=_technique(kind, header),
        reader=_NAME,
        conditions=_conditions(header),
        flags=(*flags, *_oddities(header, used), *inductive(columns)),
        cell=_cell(header),
    )


def _header(text: Text) -> dict[str, str]:
    """Key and value of every line that is not of a table."""
    fields = (line.split("\t") for line in text.lines if line and not line.startswith("\t"))
    header = {found[0]: found[2].strip() for found in fields if len(found) > 2 and found[1] != "TABLE"}
    tag = next((line.split("\t")[1].strip() for line in text.lines if line.startswith("TAG\t")), None)
    return header if tag is None else header | {"TAG": tag}


def _tables(text: Text) -> Iterator[_Table]:
    for at, line in enumerate(text.lines):
        found = _TABLE.match(line)
        if found and found["name"] in _KINDS:
            yield _table(text, at, found)


def _table(text: Text, at: int, found: re.Match[str]) -> _Table:
    kind = found["name"]
    last = at + 1
    while last < len(text.lines) and text.lines[last].startswith("\t"):
        last += 1
    number = int(found["number"]) if found["number"] else None
    announced = int(found["rows"]) if found["rows"] else None
    if last - at <= 2 and last == len(text.lines):  # cut within the names or the units
        return _Table(kind, number, announced, None)
    heading = [name.strip() for name in _fields(text.lines[at + 1].rstrip())] if last > at + 1 else []
    places = heading_places(text, at + 1, heading, _COUNTER | _COLUMNS[kind])
    absent = [_COLUMNS[kind][name][0] for name in _NEEDED[kind] if name not in places]
    if absent or "record_index" not in places:
        raise text.error(at + 1, f"the table {_title(found)} has no column {(absent or ['Pt'])[0]}")
    first = at + 2
    if last > first and not _fields(text.lines[first])[places["record_index"]].strip().lstrip("-").isdigit():
        _check_units(text, first, places)
        first += 1
    return _Table(kind, number, announced, Part(range(first, last), places, (len(heading), len(heading) + 1)))


def _title(found: re.Match[str]) -> str:
    """The name of a table with its number."""
    return found["name"] + found["number"]


def _fields(line: str) -> list[str]:
    return line[1:].split("\t")


def _check_units(text: Text, line: int, places: dict[str, int]) -> None:
    units = _fields(text.lines[line])
    for name, place in places.items():
        unit = units[place].strip() if place < len(units) else ""
        if name in _UNITS and unit not in _UNITS[name] and not (line == len(text.lines) - 1 and not text.ended):
            raise text.error(line, f'"{unit}" is not a unit that is known for {name}', f"Known are: {', '.join(_UNITS[name])}.")


def _technique(kind: str, header: dict[str, str]) -> str:
    if kind != "CURVE":
        return "eis" if kind == "ZCURVE" else "ocv"
    return "cv" if "SCANRATE" in header or header.get("TAG", "") in ("CV", "LSV") else "gcd"


def _cut(text: Text, header: dict[str, str], used: list[_Table], heights: Sequence[int], *, within_row: bool) -> Iterator[Flag]:
    """Whether the file ends too early; one reason is enough."""
    rows = sum(heights)
    cycles, points = _integer(header.get("CYCLES")), _points(header)
    short = next(((table, height) for table, height in zip(used, heights) if height < (table.announced or 0)), None)
    if within_row:
        yield truncated(WITHIN_ROW)
    elif short is not None:
        yield truncated(f"The table {short[0].kind} announces {short[0].announced} rows and has {short[1]}.")
    elif used[0].kind == "CURVE" and cycles is not None and len(used) < cycles:
        yield truncated(f"The header announces {cycles} cycles, the file holds {len(used)}.")
    elif used[0].kind == "ZCURVE" and points is not None and rows < points:
        yield truncated(f"The header asks for {points} frequencies, the file holds {rows}.")
    elif used[0].kind == "OCVCURVE" and header.get("TAG", _REST) != _REST:
        yield truncated("Only the open-circuit curve that goes before the experiment is there.")
    elif not text.ended and text.lines[-1].strip() and not text.lines[-1].startswith("\t"):
        yield truncated("The last line has no end.")


def _points(header: dict[str, str]) -> int | None:
    """How many frequencies the settings of a spectrum ask for."""
    first, last, density = (_number(header.get(key)) for key in ("FREQINIT", "FREQFINAL", "PTSPERDEC"))
    if first is None or last is None or density is None or min(first, last, density) <= 0:
        return None
    return math.floor(abs(math.log10(first / last)) * density + _ROUNDING) + 1


def _oddities(header: dict[str, str], used: list[_Table]) -> Iterator[Flag]:
    if header.get("EXPERIMENTABORTED") == "T":
        yield Flag("experiment_stopped", "warning", "The file says that the experiment was stopped before its end.")
    if header.get("CONVENTION", _ANODIC) != _ANODIC and used[0].kind == "CURVE":
        yield Flag(
            "current_convention",
            "warning",
            "The header does not say that oxidation is positive (CONVENTION is not 1); the sign is as in the file.",
        )


def _conditions(header: dict[str, str]) -> dict[str, Quantity | str]:
    rate, area = _number(header.get("SCANRATE")), _number(header.get("AREA"))
    conditions: dict[str, Quantity | str] = {
        "instrument": header.get("PSTAT", ""),
        "start_local_time": f"{header.get('DATE', '')} {header.get('TIME', '')}".strip(),
    }
    if rate is not None and rate > 0:
        conditions["scan_rate"] = Quantity(rate, "mV/s")
    if area is not None and area > 0:
        conditions["electrode_area"] = Quantity(area, "cm2", rule="as the file states it; 1 cm2 is also written where nobody gave one")
    return {name: value for name, value in conditions.items() if value != ""}


def _cell(header: dict[str, str]) -> CellRecord:
    area = _number(header.get("AREA"))
    return CellRecord(area=Quantity(area, "cm2")) if area is not None and area > 0 and area != _UNSAID_AREA else CellRecord()


def _number(word: str | None) -> float | None:
    return finite_number((word or "").replace(",", "."))


def _integer(word: str | None) -> int | None:
    return int(word) if word and word.isdecimal() else None


FORMATS = (Format(_NAME, "Gamry Framework (.DTA)", (".dta",), _is_dta, _read),)
