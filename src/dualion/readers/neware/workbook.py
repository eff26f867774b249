"""Neware's exports as workbooks (.xlsx): every sheet with records, one after the other.

A workbook is a zip of XML. Before it is opened by fastexcel (extra ``io``), its members are held to the limits of every archive, to no
declaration of entities, and to a number of cells that fits the memory: a sheet of two cells, the first and the last possible one, would
need hundreds of gigabytes, as would one long text that many cells share.
"""

from __future__ import annotations

import io
import re
import zipfile

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.errors import MissingDependency, ReadError
from dualion.readers.archives import members
from dualion.readers.format import Format, Given
from dualion.readers.neware.columns import Export, measurement_of
from dualion.readers.neware.text import found, table_of
from dualion.readers.texts.delimited import MOST_COLUMNS
from dualion.records.measurement import Measurement

_VERSION = 1
_ZIP = b"PK\x03\x04"
_CONTENT = "[Content_Types].xml"
_STRINGS = "xl/sharedStrings.xml"
_SHEETS = "xl/worksheets/"
_LARGEST = 256 * 1024 * 1024  # [byte] of XML
#: Cells of one sheet, filled or not, that are always allowed; and how many a byte of the file may stand for.
_MANY_CELLS, _CELLS_PER_BYTE = 1_000_000, 2
_MOST_TEXT = 256 * 1024 * 1024  # [byte] of shared text in cells
_SLICE, _OVERLAP = 4 * 1024 * 1024, 128  # [byte] of a sheet that is looked at at once
_FIRST_ROWS = 24
_HEAD = 65_536  # [byte] of a sheet
_LETTERS = 26
_VOLTAGE, _CURRENT = re.compile(rb"Voltage\s?\(|\xe7\x94\xb5\xe5\x8e\x8b"), re.compile(rb"Cur(?:rent)?\s?\(|\xe7\x94\xb5\xe6\xb5\x81")
_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br=["'](\d{1,9})""")
_CELL = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\br=["']([A-Z]{1,4})(\d{1,9})""")
_SHARED = re.compile(rb"""t=["']s["'][^>]*>\s*<(?:\w+:)?v>(\d{1,9})<""")
_ITEM = re.compile(rb"<(?:\w+:)?si>.*?</(?:\w+:)?si>|<(?:\w+:)?si/>", re.DOTALL)
_CYCLE_OF_SHEET = re.compile(r"^\s*(?:cycle|循环)[\s_\-#]*(\d{1,6})\s*$", re.IGNORECASE)
_AGAIN = "Export it anew, or export it as csv."


def _recognises(given: Given) -> bool:
    if not given.data.startswith(_ZIP):
        return False
    with zipfile.ZipFile(io.BytesIO(given.data)) as archive:
        names = archive.namelist()
        if _CONTENT not in names:
            return False
        heads = []
        for name in names:
            if name == _STRINGS or name.startswith(_SHEETS):
                with archive.open(name) as member:
                    heads.append(member.read(_HEAD))
    return any(map(_VOLTAGE.search, heads)) and any(map(_CURRENT.search, heads))


def _read(given: Given) -> Measurement:
    try:
        import fastexcel
    except ImportError:
        raise MissingDependency("fastexcel", "io") from None
    check_workbook(given)
    book = fastexcel.read_excel(given.data)
    exports: list[Export] = []
    for name in book.sheet_names:
        head = book.load_sheet(name, header_row=None, dtypes="string", n_rows=_FIRST_ROWS)
        if head.height == 0 or found(_text(pl.DataFrame(head))) is None:
            continue
        sheet = pl.DataFrame(book.load_sheet(name, header_row=None, dtypes="string"))
        cycle = _CYCLE_OF_SHEET.match(name)
        exports.append(table_of(given, _text(sheet), cycle=int(cycle[1]) if cycle else None))
    if not exports:
        raise ReadError(given.name, "sheets", "no sheet holds records with voltage and current", "Export the sheet of the records.")
    return measurement_of(given, exports, reader="neware-xlsx", version=_VERSION)


def _text(sheet: pl.DataFrame) -> str:
    """A sheet as text divided by tabs."""
    plain = sheet.select(pl.all().cast(pl.String).fill_null("").str.replace_all(r"[\t\r\n]+", " "))
    lines = plain.select(pl.concat_str(pl.all(), separator="\t")).to_series()
    empty = "\t" * (sheet.width - 1)
    return "\n".join(lines.filter(lines != empty).to_list()) + "\n"


def check_workbook(given: Given) -> None:
    """Refuse a workbook that would fill the memory.

    Parameters
    ----------
    given : Given

    Raises
    ------
    ReadError
        It declares entities, or spans more cells than it can hold.
    """
    lengths = np.zeros(0, dtype=np.int64)
    for _, data in members(given, largest=_LARGEST, wanted=lambda name: name == _STRINGS):
        lengths = np.array([len(item) for item in _ITEM.findall(data)], dtype=np.int64)
    most = max(_MANY_CELLS, _CELLS_PER_BYTE * len(given.data))
    for name, data in members(given, largest=_LARGEST):
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise ReadError(given.name, f'member "{name[:80]}"', "it declares entities, which no workbook needs", _AGAIN)
        if name.startswith(_SHEETS):
            rows, width, text = _extent(data, lengths)
            if rows * width > most or width > MOST_COLUMNS:
                reason = f"it spans {rows} rows and {width} columns; {most} cells and {MOST_COLUMNS} columns are allowed"
                raise ReadError(given.name, f'member "{name[:80]}"', reason, _AGAIN)
            if text > _MOST_TEXT:
                raise ReadError(given.name, f'member "{name[:80]}"', f"its cells hold more than {_MOST_TEXT} byte of text", _AGAIN)


def _extent(data: bytes, lengths: NDArray[np.int64]) -> tuple[int, int, int]:
    """Last row and last column of a sheet, and the length of the shared texts in its cells."""
    rows = width = text = 0
    for start in range(0, len(data), _SLICE):
        part = data[start : start + _SLICE + _OVERLAP]
        cells = set(_CELL.findall(part))
        rows = max((rows, *(int(row) for row in (*_ROW.findall(part), *(row for _, row in cells)))))
        width = max((width, *(_number(letters) for letters in {letters for letters, _ in cells})))
        shared = np.array(_SHARED.findall(part), dtype=np.int64)
        text += int(lengths[shared[shared < lengths.size]].sum())
    return rows, width, text


def _number(letters: bytes) -> int:
    """Number of a column from its letters: A is 1, Z 26, AA 27."""
    total = 0
    for letter in letters:
        total = _LETTERS * total + letter - ord("A") + 1
    return total


FORMATS = (Format("neware-xlsx", "Neware export (.xlsx)", (".xlsx",), _recognises, _read, _VERSION),)
