"""canSAS1D: scattering curves as XML, versions 1.0 and 1.1.

Every ``SASdata`` of every ``SASentry`` is a curve; its rows are ``Idata`` with ``Q``, ``I``, ``Idev`` and ``Qdev`` (or ``dQw``), each
with its unit. The document is parsed without document types, entities or anything outside of the file: a file that declares an entity is
refused.

Reference: canSAS1D/1.1, canSAS data formats working group.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.scattering.reduced import Reduced, measurement_of
from dualion.readers.texts.decoding import beginning, decoded, numbers
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity

_READER = "cansas1d"
_ROOT = re.compile(r"<(?:\w+:)?SASroot\b")
_DECLARATION = re.compile(r"^\s*<\?xml\b[^>]*\?>")
_DEEPEST = 40  # elements within each other
_MOST = 2_000_000  # elements
_ANEW = "Export the curve anew."
#: Our name of a column, and the names of its element.
_FIELDS = {"q": ("Q",), "intensity": ("I",), "error": ("Idev",), "resolution": ("Qdev", "dQw")}


@dataclass(slots=True)
class _Element:
    """An element of the document; its name is without namespace."""

    name: str
    attributes: dict[str, str]
    children: list[_Element] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    line: int = 0

    def all(self, name: str) -> Iterator[_Element]:
        """Children with a name."""
        return (child for child in self.children if child.name == name)

    def first(self, *names: str) -> _Element | None:
        """The first child with one of the names."""
        return next((child for name in names for child in self.all(name)), None)

    @property
    def words(self) -> str:
        """Its text, with single blanks for white space."""
        return " ".join("".join(self.text).split())


class _Tree:
    """Builds the elements; refuses what a curve has no need of."""

    def __init__(self, given: Given) -> None:
        self.given, self.count = given, 0
        self.root = _Element("", {})
        self.open = [self.root]
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.EntityDeclHandler = self.refuse
        self.parser.ExternalEntityRefHandler = self.refuse

    def parsed(self, text: str) -> _Element:
        """The root of the document."""
        try:
            self.parser.Parse(text, True)  # noqa: FBT003 - its only argument, without a name
        except expat.ExpatError as problem:
            raise self.error(expat.ErrorString(problem.code), problem.lineno) from None
        return self.root

    def error(self, reason: str, line: int) -> ReadError:
        return ReadError(self.given.name, f"line {line}", reason, _ANEW)

    def refuse(self, *_: object) -> int:
        line = self.parser.CurrentLineNumber
        raise ReadError(
            self.given.name, f"line {line}", "the file declares a document type or an entity, which a curve has no need of", _ANEW
        )

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.open) > _DEEPEST or self.count > _MOST:
            raise self.error("it has more elements, or deeper ones, than a curve needs", self.parser.CurrentLineNumber)
        element = _Element(name.rpartition(":")[2], attributes, line=self.parser.CurrentLineNumber)
        self.open[-1].children.append(element)
        self.open.append(element)

    def end(self, _: str) -> None:
        self.open.pop()

    def characters(self, text: str) -> None:
        self.open[-1].text.append(text)


def _recognises(given: Given) -> bool:
    return _ROOT.search(beginning(given)) is not None


def _read(given: Given) -> tuple[Measurement, ...]:
    text = _DECLARATION.sub("", decoded(given).lstrip("\n\r\t "), count=1)
    root = _Tree(given).parsed(text).first("SASroot")
    entries = [] if root is None else list(root.all("SASentry"))
    curves = [(entry, data) for entry in entries for data in entry.all("SASdata")]
    if not curves:
        raise ReadError(given.name, "SASroot", "it holds no SASdata", _ANEW)
    several = len(curves) > 1
    return tuple(measurement_of(given, _curve(given, entry, data, several=several), reader=_READER) for entry, data in curves)


def _curve(given: Given, entry: _Element, data: _Element, *, several: bool) -> Reduced:
    rows = list(data.all("Idata"))
    where = f"line {data.line}, SASdata"
    if not rows:
        raise ReadError(given.name, where, "it holds no Idata", _ANEW)
    columns: dict[str, pl.Series] = {}
    units: dict[str, str] = {}
    for name, spellings in _FIELDS.items():
        cells = [row.first(*spellings) for row in rows]
        if name in ("q", "intensity") and None in cells:
            lacking = rows[cells.index(None)]
            raise ReadError(given.name, f"line {lacking.line}, Idata", f"it has no {spellings[0]}", _ANEW)
        if all(cell is None for cell in cells):
            continue
        units[name] = _unit(given, spellings[0], cells)
        texts = ["" if cell is None else cell.words for cell in cells]
        columns[name] = numbers(given, texts, where=_where(rows, spellings[0]))
    title = entry.first("Title")
    region = data.attributes.get("name", "") or entry.attributes.get("name", "") or (title.words if title else "")
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


def _where(rows: list[_Element], name: str) -> Callable[[int], str]:
    return lambda at: f"line {rows[at].line}, {name}"


def _unit(given: Given, name: str, cells: list[_Element | None]) -> str:
    """The unit of a column, which is that of all its rows."""
    found = {cell.attributes.get("unit", "").strip() for cell in cells if cell is not None}
    if len(found) > 1:
        line = next(cell.line for cell in cells if cell is not None)
        raise ReadError(given.name, f"line {line}, {name}", f"its rows have the units {', '.join(sorted(found))}", _ANEW)
    return found.pop() if found else ""


def _conditions(entry: _Element) -> dict[str, Quantity | str]:
    """Title, run, instrument and radiation, where the file names them."""
    found: dict[str, Quantity | str] = {}
    for name, path in (
        ("title", ("Title",)),
        ("run", ("Run",)),
        ("instrument", ("SASinstrument", "name")),
        ("radiation", ("SASinstrument", "SASsource", "radiation")),
    ):
        element: _Element | None = entry
        for step in path:
            element = None if element is None else element.first(step)
        if element is not None and element.words:
            found[name] = element.words
    return found


FORMATS = (Format(_READER, "canSAS1D scattering curve (.xml)", (".xml",), _recognises, _read),)
