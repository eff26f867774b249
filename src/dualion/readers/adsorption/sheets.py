"""Sheets of a workbook as rows of cells: ``.xls`` (BIFF in a compound file) by xlrd, ``.xlsx`` from its XML (ECMA-376).

An ``.xls`` is read sparsely: a cell in the last possible place does not fill the memory. Both have a limit of cells.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from xml.etree.ElementTree import Element, ParseError, fromstring

from dualion.errors import MissingDependency, ReadError
from dualion.readers.archives import members
from dualion.readers.format import Given
from dualion.readers.workbooks import STRINGS, check_workbook, column_number, heads

#: A cell: text, a number, or nothing.
Cell = str | float | None
Rows = Sequence[Sequence[Cell]]

_XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_LETTERS = re.compile(r"[A-Z]{1,3}")
_HEAD = 262_144  # [byte] of a member in which words are sought
_MOST_CELLS = 4_000_000
_LARGEST = 64 * 1024 * 1024  # [byte] of an .xls
_AGAIN = "Export it anew, or export it as csv."
_TEXT, _NUMBER, _DATE = 1, 2, 3  # kinds of cell of xlrd


def holds(given: Given, words: Sequence[str]) -> bool:
    """Whether a workbook holds each of some texts, in any of its encodings."""
    if given.data.startswith(_XLS):
        return all(word.encode("latin-1") in given.data or word.encode("utf-16-le") in given.data for word in words)
    begins = heads(given, wanted=lambda name: name.endswith(".xml"), length=_HEAD)
    return all(any(word.encode() in head for head in begins) for word in words)


def sheets(given: Given) -> Mapping[str, Rows]:
    """Every sheet by its name, hidden ones among them.

    Parameters
    ----------
    given : Given

    Returns
    -------
    mapping of str to sequence of rows

    Raises
    ------
    ReadError
        It is damaged, or too large.
    MissingDependency
        The library that reads it is not installed.
    """
    return _xls(given) if given.data.startswith(_XLS) else _xlsx(given)


def _xls(given: Given) -> Mapping[str, Rows]:
    try:
        xlrd = import_module("xlrd")
    except ImportError:
        raise MissingDependency("xlrd", "adsorption") from None
    if len(given.data) > _LARGEST:
        raise ReadError(given.name, "start of file", f"a workbook of more than {_LARGEST} byte", _AGAIN)
    book = xlrd.open_workbook(file_contents=given.data, logfile=io.StringIO(), ragged_rows=True, encoding_override=None)
    found: dict[str, Rows] = {}
    for sheet in book.sheets():
        if sum(sheet.row_len(at) for at in range(sheet.nrows)) > _MOST_CELLS:
            raise ReadError(given.name, f'sheet "{sheet.name[:40]}"', f"it has more than {_MOST_CELLS} cells", _AGAIN)
        kinds, values = (tuple(map(row, range(sheet.nrows))) for row in (sheet.row_types, sheet.row_values))
        found[sheet.name] = [list(map(_plain, *both)) for both in zip(kinds, values, strict=True)]
    return found


def _plain(kind: int, value: object) -> Cell:
    if kind in (_NUMBER, _DATE) and isinstance(value, int | float):
        return float(value)
    return value.strip() or None if kind == _TEXT and isinstance(value, str) else None


def _xlsx(given: Given) -> Mapping[str, Rows]:
    """Cells from the XML itself: what gives them as text rounds them to nine decimals, and a pressure may be smaller."""
    check_workbook(given)
    held = {name: data for name, data in members(given, largest=_LARGEST) if name.endswith((".xml", ".rels"))}
    shared = [_joined(one) for one in _tree(given, held, STRINGS).iter() if _bare(one.tag) == "si"] if STRINGS in held else []
    targets = {one.get("Id"): one.get("Target", "") for one in _tree(given, held, _RELATIONS).iter()} if _RELATIONS in held else {}
    found: dict[str, Rows] = {}
    for sheet in _tree(given, held, _BOOK).iter():
        if _bare(sheet.tag) == "sheet":
            relation = next((value for name, value in sheet.items() if _bare(name) == "id"), "")
            target = targets.get(relation, "").lstrip("/").removeprefix("xl/")
            if f"xl/{target}" in held:
                found[sheet.get("name", "")] = _rows(_tree(given, held, f"xl/{target}"), shared)
    return found


def _tree(given: Given, held: Mapping[str, bytes], name: str) -> Element:
    if name not in held:
        raise ReadError(given.name, "members", f'there is no "{name}"', _AGAIN)
    try:
        return fromstring(held[name])
    except ParseError as problem:
        raise ReadError(given.name, f'member "{name[:80]}"', f"its XML is damaged ({problem})", _AGAIN) from None


def _bare(tag: str) -> str:
    return tag.rpartition("}")[2]


def _joined(node: Element) -> str:
    return "".join(one.text or "" for one in node.iter() if _bare(one.tag) == "t")


def _rows(sheet: Element, shared: Sequence[str]) -> list[list[Cell]]:
    """Cells by row and column; rows that are not written stand as empty ones."""
    rows: list[list[Cell]] = []
    for row in sheet.iter():
        if _bare(row.tag) != "row":
            continue
        number = int(row.get("r", len(rows) + 1))
        rows += [[] for _ in range(number - 1 - len(rows))]
        cells: list[Cell] = []
        for cell in row:
            letters = (_LETTERS.match(cell.get("r", "")) or [""])[0]
            place = column_number(letters.encode()) - 1 if letters else len(cells)
            cells += [None] * (place - len(cells))
            cells.append(_content(cell, shared))
        rows.append(cells)
    return rows


def _content(cell: Element, shared: Sequence[str]) -> Cell:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _joined(cell).strip() or None
    written = next((one.text or "" for one in cell if _bare(one.tag) == "v"), "").strip()
    if not written:
        return None
    if kind == "s":
        return shared[int(written)].strip() or None
    return float(written) if kind == "n" else written
