"""Neware's exports as workbooks (.xlsx): every sheet with records, one after the other."""

from __future__ import annotations

import re

import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.neware.columns import Export, measurement_of
from dualion.readers.neware.text import found, table_of
from dualion.readers.workbooks import heads, opened
from dualion.records.measurement import Measurement

_VERSION = 1
_FIRST_ROWS = 24
_VOLTAGE, _CURRENT = re.compile(rb"Voltage\s?\(|\xe7\x94\xb5\xe5\x8e\x8b"), re.compile(rb"Cur(?:rent)?\s?\(|\xe7\x94\xb5\xe6\xb5\x81")
_CYCLE_OF_SHEET = re.compile(r"^\s*(?:cycle|循环)[\s_\-#]*(\d{1,6})\s*$", re.IGNORECASE)


def _recognises(given: Given) -> bool:
    begins = heads(given)
    return any(map(_VOLTAGE.search, begins)) and any(map(_CURRENT.search, begins))


def _read(given: Given) -> Measurement:
    book = opened(given)
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


FORMATS = (Format("neware-xlsx", "Neware export (.xlsx)", (".xlsx",), _recognises, _read, _VERSION),)
