"""Workbooks (.xlsx): how one is recognised, held to limits and opened.

A workbook is a zip of XML (ECMA-376). Before it is opened by fastexcel (extra ``io``), its members are held to the limits of every archive,
to no declaration of entities, and to a number of cells that fits the memory: a sheet of two cells, the first and the last possible one,
would need hundreds of gigabytes, as would one long text that many cells share.

Asked for text, fastexcel writes numbers with nine decimals. Who needs smaller ones reads the XML (``adsorption.sheets``).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualion.errors import MissingDependency, ReadError
from dualion.readers.archives import members
from dualion.readers.format import Given
from dualion.readers.texts.delimited import MOST_COLUMNS

if TYPE_CHECKING:
    from fastexcel import ExcelReader

#: Members: the texts that cells share, and the folder of the sheets.
STRINGS, SHEETS = "xl/sharedStrings.xml", "xl/worksheets/"
_ZIP = b"PK\x03\x04"
_CONTENT = "[Content_Types].xml"
_HEAD = 65_536  # [byte] of a member, by which a workbook is recognised
_LARGEST = 256 * 1024 * 1024  # [byte] of XML
#: Cells of one sheet, filled or not, that are always allowed; and how many a byte of the file may stand for.
_MANY_CELLS, _CELLS_PER_BYTE = 1_000_000, 2
_MOST_TEXT = 256 * 1024 * 1024  # [byte] of shared text in cells
_SLICE, _OVERLAP = 4 * 1024 * 1024, 128  # [byte] of a sheet that is looked at at once
_LETTERS = 26
_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br=["'](\d{1,9})""")
_CELL = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\br=["']([A-Z]{1,4})(\d{1,9})""")
_SHARED = re.compile(rb"""t=["']s["'][^>]*>\s*<(?:\w+:)?v>(\d{1,9})<""")
_ITEM = re.compile(rb"<(?:\w+:)?si>.*?</(?:\w+:)?si>|<(?:\w+:)?si/>", re.DOTALL)
_AGAIN = "Export it anew, or export it as csv."


def holds_cells(member: str) -> bool:
    """Whether a member of a workbook, by its name, is a sheet or holds the texts of cells."""
    return member == STRINGS or member.startswith(SHEETS)


def heads(given: Given, *, wanted: Callable[[str], bool] = holds_cells, length: int = _HEAD) -> list[bytes]:
    """How members of a workbook begin; none where a file is no workbook.

    Parameters
    ----------
    given : Given
    wanted : callable
        ``(name) -> bool``, which members.
    length : int
        [byte] of each.
    """
    if not given.data.startswith(_ZIP):
        return []
    with zipfile.ZipFile(io.BytesIO(given.data)) as archive:
        names = archive.namelist()
        if _CONTENT not in names:
            return []
        found = []
        for name in filter(wanted, names):
            with archive.open(name) as member:
                found.append(member.read(length))
    return found


def opened(given: Given) -> ExcelReader:
    """A workbook, after it was checked.

    Parameters
    ----------
    given : Given

    Raises
    ------
    ReadError
        It breaks a limit.
    MissingDependency
        fastexcel is not installed.
    """
    try:
        import fastexcel
    except ImportError:
        raise MissingDependency("fastexcel", "io") from None
    check_workbook(given)
    return fastexcel.read_excel(given.data)


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
    for _, data in members(given, largest=_LARGEST, wanted=lambda name: name == STRINGS):
        lengths = np.array([len(item) for item in _ITEM.findall(data)], dtype=np.int64)
    most = max(_MANY_CELLS, _CELLS_PER_BYTE * len(given.data))
    for name, data in members(given, largest=_LARGEST):
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise ReadError(given.name, f'member "{name[:80]}"', "it declares entities, which no workbook needs", _AGAIN)
        if name.startswith(SHEETS):
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
        width = max((width, *(column_number(letters) for letters in {letters for letters, _ in cells})))
        shared = np.array(_SHARED.findall(part), dtype=np.int64)
        text += int(lengths[shared[shared < lengths.size]].sum())
    return rows, width, text


def column_number(letters: bytes) -> int:
    """Number of a column from its letters: A is 1, Z 26, AA 27."""
    total = 0
    for letter in letters:
        total = _LETTERS * total + letter - ord("A") + 1
    return total
