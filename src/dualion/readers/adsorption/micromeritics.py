"""Micromeritics reports (ASAP, TriStar, 3Flex) as workbooks: several reports stand side by side on a sheet.

Of these, ``Isotherm Tabular Report`` holds the points, under the names ``Relative Pressure (P/Po)``, ``Absolute Pressure (mmHg)``,
``Quantity Adsorbed (cm³/g STP)`` and ``Saturation Pressure (mmHg)``. Rows with a saturation pressure alone are measurements of it and no
points. Adsorptive, bath temperature and mass stand in the head of every report.

Areas and volumes that the report prints are kept as conditions with their source (``vendor_bet_area`` and others). They are not used: there
are reports in which the printed area and one computed from the points of the same file disagree by more than 25 %.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from dualion.errors import ReadError
from dualion.readers.adsorption.building import LOADING, PRESSURE, RELATIVE, SATURATION, Said, factor_of, isotherm
from dualion.readers.adsorption.sheets import Cell, Rows, holds, sheets
from dualion.readers.format import Format, Given
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity

_READER = "micromeritics"
_REPORT = "Isotherm Tabular Report"
_NAMES = {RELATIVE: "relative pressure", PRESSURE: "absolute pressure", LOADING: "quantity adsorbed", SATURATION: "saturation pressure"}
_UNIT = re.compile(r"\((.*)\)\s*$")
_NAMED_WITHIN = 6  # rows below the title
_MOST_COLUMNS = 12  # of the report
_VALUE = re.compile(r"(-?[\d,]*\.?\d+)(?:\s*±\s*[\d.,]+)?\s*(\S+)")
_MASS = {"g": 1.0, "mg": 1e-3, "kg": 1e3}
_PRINTED = {
    "vendor_bet_area": "bet surface area:",
    "vendor_external_area": "t-plot external surface area:",
    "vendor_micropore_volume": "t-plot micropore volume:",
}
_UNITS = {"m²/g": "m2/g", "m2/g": "m2/g", "cm³/g": "cm3/g", "cm3/g": "cm3/g"}
_ZERO = 273.15  # [K]


def _recognises(given: Given) -> bool:
    return holds(given, (_REPORT, "Quantity Adsorbed"))


def _read(given: Given) -> Measurement:
    for name, rows in sheets(given).items():
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell == _REPORT and (found := _names(rows, at, column)) is not None:
                    return _isotherm(given, name, rows, *found)
    reason = f'no sheet has a "{_REPORT}" with relative pressure and quantity adsorbed'
    raise ReadError(given.name, "sheets", reason, "Add this report to the export.")


def _cell(rows: Rows, at: int, column: int) -> Cell:
    return rows[at][column] if at < len(rows) and column < len(rows[at]) else None


def _names(rows: Rows, title: int, column: int) -> tuple[int, dict[str, tuple[int, str]]] | None:
    """The row of names below a title, and place and unit of each column."""
    for at in range(title + 1, min(title + 1 + _NAMED_WITHIN, len(rows))):
        found: dict[str, tuple[int, str]] = {}
        for place in range(column, column + _MOST_COLUMNS):
            word = _cell(rows, at, place)
            if word == "|" or (word is None and found):
                break
            ours = next((name for name, start in _NAMES.items() if isinstance(word, str) and word.lower().startswith(start)), None)
            if ours is not None and isinstance(word, str):
                written = _UNIT.search(word)
                found.setdefault(ours, (place, written[1] if written else ""))
        if LOADING in found and (RELATIVE in found or PRESSURE in found):
            return at, found
    return None


def _isotherm(given: Given, sheet: str, rows: Rows, named: int, found: dict[str, tuple[int, str]]) -> Measurement:
    said = _said(given, rows)
    kept: dict[str, list[float | None]] = {name: [] for name in found}
    saturation: float | None = None
    for at in range(named + 1, len(rows)):
        row = {name: _number(given, sheet, at, _cell(rows, at, place)) for name, (place, _) in found.items()}
        saturation = row.get(SATURATION) or saturation
        if all(row.get(name) is None for name in (RELATIVE, PRESSURE, LOADING)):
            continue
        if SATURATION in found:
            row[SATURATION] = saturation
        for name, value in row.items():
            kept[name].append(value)
    where = f'sheet "{sheet[:40]}", row {named + 1}'
    columns = {
        name: pl.Series(name, values, dtype=pl.Float64) * factor_of(given, where, name, found[name][1], said)
        for name, values in kept.items()
    }
    return isotherm(given, columns, said, reader=_READER)


def _number(given: Given, sheet: str, at: int, cell: Cell) -> float | None:
    """A number of the report; None for an empty cell, a time, or the bar between two reports."""
    if cell is None or isinstance(cell, float):
        return cell
    if re.fullmatch(r"\d+:\d\d(?::\d\d)?|\||-+", cell):
        return None
    try:
        return (
            float(cell.replace(",", "")) if re.fullmatch(r"-?\d{1,3}(?:,\d{3})+(?:\.\d*)?|-?[\d.]+(?:[eE][+-]?\d+)?", cell) else _fail(cell)
        )
    except ValueError:
        raise ReadError(given.name, f'sheet "{sheet[:40]}", row {at + 1}', f'"{cell[:40]}" is not a number', "Export it anew.") from None


def _fail(cell: str) -> float:
    raise ValueError(cell)


def _behind(rows: Rows, word: str) -> Iterator[str]:
    """Texts of the cells behind cells that begin with a word."""
    for row in rows:
        for column, cell in enumerate(row):
            if isinstance(cell, str) and cell.lower().startswith(word):
                behind = next((one for one in row[column + 1 : column + 4] if one is not None and one != "|"), None)
                if behind is not None:
                    yield str(behind)


def _said(given: Given, rows: Rows) -> Said:
    first = {word: next(_behind(rows, word), "") for word in ("sample:", "analysis adsorptive", "analysis bath", "sample mass")}
    temperature, kelvin = _value(first["analysis bath"])
    mass, grams = _value(first["sample mass"])
    if temperature is not None and kelvin not in ("K", "°C"):
        raise ReadError(given.name, "Analysis bath temp.", f'"{kelvin[:20]}" is no unit of a temperature', "Export it in K.")
    instrument = str(
        next(
            (cell for row in rows[:4] for cell in row if isinstance(cell, str) and re.search(r"Version|\d Flex|Flex|ASAP|TriStar", cell)),
            "",
        )
    )
    others: dict[str, Quantity | str] = {}
    for name, word in _PRINTED.items():
        printed = next((found for text in _behind(rows, word) if (found := _value(text))[0] is not None), (None, ""))
        if printed[0] is not None and printed[1] in _UNITS:
            rule = f"printed in the report of {instrument or 'the instrument'}; no standard error: as printed"
            others[name] = Quantity(printed[0], _UNITS[printed[1]], rule=rule)
    return Said(
        adsorptive=first["analysis adsorptive"],
        temperature=temperature + _ZERO if temperature is not None and kelvin == "°C" else temperature,
        mass=mass * _MASS[grams] if mass is not None and grams in _MASS else None,
        sample=first["sample:"],
        instrument=instrument,
        others=others,
    )


def _value(text: str) -> tuple[float | None, str]:
    """Number and unit of a text such as ``194.7493 ± 0.5313 m²/g``."""
    found = _VALUE.match(text)
    if found is None:
        return None, ""
    try:
        return float(found[1].replace(",", "")), found[2]
    except ValueError:
        return None, ""


FORMATS = (Format(_READER, "Micromeritics report (.xls, .xlsx)", (".xls", ".xlsx"), _recognises, _read),)
