"""3P Instruments workbooks (.xlsx): a sheet ``Info`` or ``Summary`` of keys and values, and a sheet ``Isotherm``.

The isotherm has a line of names that begins with ``ID`` and holds ``P (kPa)``, ``P0 (kPa)``, ``P/P0`` and ``V (ml/g STP)`` or their like; a
row of ``---`` divides adsorption from desorption. The temperature of the bath is not in the file. The grammar is that of
adsorption-file-parser (Iacomi, MIT). The raw ``.jwgbt`` of the same maker holds doses and no loading, and is not read.
"""

from __future__ import annotations

import re

import polars as pl

from dualion.errors import ReadError
from dualion.numerics.sorption.branches import BRANCHES
from dualion.readers.adsorption.building import LOADING, PRESSURE, RELATIVE, SATURATION, Said, factor_of, isotherm
from dualion.readers.adsorption.sheets import Cell, Rows, holds, sheets
from dualion.readers.format import Format, Given
from dualion.records.measurement import Measurement

_READER = "three-p"
_SHEET, _HEADS = "Isotherm", ("Info", "Summary")
_NAMES = {SATURATION: re.compile(r"p0\s*\(", re.I), RELATIVE: re.compile(r"p/p[0o]", re.I), PRESSURE: re.compile(r"p\s*\(", re.I)}
_NAMES[LOADING] = re.compile(r"v\s*\(", re.I)
_UNIT = re.compile(r"\((.*)\)\s*$")
_DIVIDER = re.compile(r"-{2,}$")


def _recognises(given: Given) -> bool:
    return holds(given, (f'name="{_SHEET}"', "Sample Weight")) or holds(given, (f'name="{_SHEET}"', "Sample weight"))


def _read(given: Given) -> Measurement:
    book = sheets(given)
    if _SHEET not in book:
        raise ReadError(given.name, "sheets", f'there is no sheet "{_SHEET}"', "Export it anew.")
    rows = book[_SHEET]
    named = next((at for at, row in enumerate(rows) if row and row[0] == "ID"), None)
    if named is None:
        raise ReadError(given.name, f'sheet "{_SHEET}"', "no row of names begins with ID", "Export it anew.")
    said = _said(next((book[name] for name in _HEADS if name in book), ()))
    places = _places(given, rows[named], named)
    kept: dict[str, list[float | None]] = {name: [] for name in places}
    branch: list[str] = []
    desorbing = False
    for at in range(named + 1, len(rows)):
        row = rows[at]
        if row and isinstance(row[0], str) and _DIVIDER.match(row[0]):
            desorbing = True
        elif any(cell is not None for cell in row):
            branch.append(BRANCHES[int(desorbing)])
            for name, (place, _) in places.items():
                kept[name].append(_number(given, at, row[place] if place < len(row) else None))
    where = f'sheet "{_SHEET}", row {named + 1}'
    columns = {
        name: pl.Series(name, values, dtype=pl.Float64) * factor_of(given, where, name, places[name][1], said)
        for name, values in kept.items()
    }
    return isotherm(given, columns, said, reader=_READER, branch=branch)


def _places(given: Given, names: object, at: int) -> dict[str, tuple[int, str]]:
    """Place and unit of each column that is read."""
    places: dict[str, tuple[int, str]] = {}
    for place, word in enumerate(names if isinstance(names, list | tuple) else ()):
        ours = next((name for name, pattern in _NAMES.items() if isinstance(word, str) and pattern.match(word.strip())), None)
        if ours is not None and ours in places:
            raise ReadError(given.name, f'sheet "{_SHEET}", row {at + 1}', f'the column "{word}" stands there twice', "Leave one of them.")
        if ours is not None:
            unit = _UNIT.search(word)
            places[ours] = (place, unit[1] if unit else "")
    if LOADING not in places or not {PRESSURE, RELATIVE} & set(places):
        raise ReadError(given.name, f'sheet "{_SHEET}", row {at + 1}', "there is no pressure or no amount adsorbed", "Export it anew.")
    return places


def _number(given: Given, at: int, cell: Cell) -> float | None:
    if isinstance(cell, str):
        raise ReadError(given.name, f'sheet "{_SHEET}", row {at + 1}', f'"{cell[:40]}" is not a number', "Export it anew.")
    return cell


def _said(rows: Rows) -> Said:
    found = {str(row[0]).lower().rstrip(":").strip(): row[1] for row in rows if len(row) > 1 and row[0] is not None and row[1] is not None}
    mass = next((found[name] for name in found if name.startswith("sample weight")), None)
    if isinstance(mass, str):
        number = re.match(r"[\d.]+", mass)
        mass = float(number[0]) if number and number[0].count(".") <= 1 and number[0] != "." else None
    return Said(
        adsorptive=str(found.get("adsorbate", "")),
        mass=mass,
        sample=str(found.get("charge name", "")),
        instrument="3P",
    )


FORMATS = (Format(_READER, "3P Instruments isotherm (.xlsx)", (".xlsx",), _recognises, _read),)
