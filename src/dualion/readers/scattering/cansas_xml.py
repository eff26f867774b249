"""canSAS1D: scattering curves as XML, versions 1.0 and 1.1.

Every ``SASdata`` of every ``SASentry`` is a curve; its rows are ``Idata`` with ``Q``, ``I``, ``Idev`` and ``Qdev`` (or ``dQw``), each
with its unit. The document is parsed without document types, entities or anything outside of the file: a file that declares an entity is
refused.

Reference: canSAS1D/1.1, canSAS data formats working group.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.scattering.reduced import Reduced, measurement_of
from dualion.readers.texts.decoding import beginning, numbers
from dualion.readers.texts.xml_tree import Element, root_of
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity

_READER = "cansas1d"
_ROOT = re.compile(r"<(?:\w+:)?SASroot\b")
_ANEW = "Export the curve anew."
#: Our name of a column, and the names of its element.
_FIELDS = {"q": ("Q",), "intensity": ("I",), "error": ("Idev",), "resolution": ("Qdev", "dQw")}


def _recognises(given: Given) -> bool:
    return _ROOT.search(beginning(given)) is not None


def _read(given: Given) -> tuple[Measurement, ...]:
    root = root_of(given)
    entries = list(root.all("SASentry")) if root.name == "SASroot" else []
    curves = [(entry, data) for entry in entries for data in entry.all("SASdata")]
    if not curves:
        raise ReadError(given.name, "SASroot", "it holds no SASdata", _ANEW)
    several = len(curves) > 1
    return tuple(measurement_of(given, _curve(given, entry, data, several=several), reader=_READER) for entry, data in curves)


def _curve(given: Given, entry: Element, data: Element, *, several: bool) -> Reduced:
    rows = list(data.all("Idata"))
    where = f"line {data.line}, SASdata"
    if not rows:
        raise ReadError(given.name, where, "it holds no Idata", _ANEW)
    columns: dict[str, pl.Series] = {}
    units: dict[str, str] = {}
    for name, spellings in _FIELDS.items():
        cells = [row.either(*spellings) for row in rows]
        if name in ("q", "intensity") and None in cells:
            lacking = rows[cells.index(None)]
            raise ReadError(given.name, f"line {lacking.line}, Idata", f"it has no {spellings[0]}", _ANEW)
        if all(cell is None for cell in cells):
            continue
        units[name] = _unit(given, spellings[0], cells)
        texts = ["" if cell is None else cell.line_of_words for cell in cells]
        columns[name] = numbers(given, texts, where=_where(rows, spellings[0]))
    title = entry.first("Title")
    region = data.attributes.get("name", "") or entry.attributes.get("name", "") or (title.line_of_words if title else "")
    return Reduced(
        columns["q"],
        columns["intensity"],
        units["q"],
        units["intensity"],
        error=columns.get("error"),
        resolution=_spread(columns.get("resolution")),
        where=where,
        region=region if several else "",
        conditions=_conditions(entry),
    )


def _spread(resolution: pl.Series | None) -> pl.Series | None:
    """The resolution; None where it is zero throughout, which means that it is not known."""
    return None if resolution is None or not (resolution.fill_null(0.0) != 0).any() else resolution


def _where(rows: list[Element], name: str) -> Callable[[int], str]:
    return lambda at: f"line {rows[at].line}, {name}"


def _unit(given: Given, name: str, cells: list[Element | None]) -> str:
    """The unit of a column, which is that of all its rows."""
    found = {cell.attributes.get("unit", "").strip() for cell in cells if cell is not None}
    if len(found) > 1:
        line = next(cell.line for cell in cells if cell is not None)
        raise ReadError(given.name, f"line {line}, {name}", f"its rows have the units {', '.join(sorted(found))}", _ANEW)
    return found.pop() if found else ""


def _conditions(entry: Element) -> dict[str, Quantity | str]:
    """Title, run, instrument and radiation, where the file names them."""
    found: dict[str, Quantity | str] = {}
    for name, path in (
        ("title", ("Title",)),
        ("run", ("Run",)),
        ("instrument", ("SASinstrument", "name")),
        ("radiation", ("SASinstrument", "SASsource", "radiation")),
    ):
        element = entry.first(*path)
        if element is not None and element.words:
            found[name] = element.line_of_words
    return found


FORMATS = (Format(_READER, "canSAS1D scattering curve (.xml)", (".xml",), _recognises, _read),)
