"""Tables of descriptors: one number of one sample in each row, or one sample in each row with its elements side by side.

A table of descriptors has a line of names with, in any order, a quantity (``quantity``, ``descriptor``, ``property``), a value, and as far
as known sample, uncertainty, unit, method, source and qualifier. A table of a composition has ``element`` (or ``analyte``) instead of the
quantity, and may have a detection limit: ICP-MS, combustion analysis. A table of elements side by side has ``sample`` and headings such as
``N (wt%)``.

A value may carry its qualifier, ``<0.05``. One that is not detected (``n.d.``, ``<LOD``) or lies below its detection limit is kept as the
bound, ``<`` the limit. A relative standard deviation (``RSD (%)``) becomes a standard error, and an expanded uncertainty (``U (k=2)``) is
halved. Every value needs a unit of the unit table; a pure number has the unit ``1``.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import polars as pl

from dualion.errors import ReadError, UnitError
from dualion.numerics.atomic_weights import ATOMIC_WEIGHTS
from dualion.readers.format import Format, Given
from dualion.readers.tables import measured
from dualion.readers.texts.decoding import Marks, beginning, decoded, marks_of, numbers
from dualion.readers.texts.delimited import MOST_COLUMNS, Cells, cells, delimiter_of, fields
from dualion.readers.texts.names_line import names_line
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag
from dualion.units import compatible, unit

_READER = "descriptor-table"
_MOST_PREAMBLE = 50  # lines before the names
_LONGEST = 200  # characters of a heading
_HINT = 'Write a unit into each row, such as "wt%", "mmol/g" or "1" for a pure number.'

#: Names of columns, in lower case and without signs, by role.
_ROLES = {
    "sample": ("sample", "sampleid", "samplename", "specimen", "material"),
    "quantity": ("quantity", "descriptor", "property", "element", "analyte", "parameter"),
    "value": ("value", "content", "result", "amount", "massfraction", "concentration"),
    "stderr": ("uncertainty", "u", "stderr", "standarderror", "sd", "stddev", "standarddeviation", "error", "uvalue"),
    "expanded": ("uk2", "expandeduncertainty", "expandeduncertaintyk2"),
    "relative": ("rsd", "relativestandarddeviation"),
    "unit": ("unit", "units"),
    "method": ("method", "technique", "analysis"),
    "source": ("source", "reference", "file"),
    "qualifier": ("qualifier", "sign", "flag"),
    "limit": ("detectionlimit", "lod", "dl", "limitofdetection", "mdl"),
}
_ELEMENT_NAMES = ("element", "analyte")
_CONTENTS = ("wt%", "at%", "%", "ppm", "mmol/g", "umol/g", "mg/g")
_BRACKETS = re.compile(r"^(?P<name>.*?)\s*[(\[](?P<unit>[^()\[\]]*)[)\]]\s*$")
_QUALIFIED = re.compile(r"^\s*(?P<sign><=?|>=?|≤|≥|=)?\s*(?P<rest>.*?)\s*$")
_SIGNS = {"": "=", "=": "=", "<": "<", "<=": "<", "≤": "<", ">": ">", ">=": ">", "≥": ">"}
_NOT_DETECTED = ("nd", "bdl", "lod", "dl", "notdetected", "belowdetectionlimit", "belowlod", "mdl")
_DIGITS = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹−", "-+0123456789-")
_SPELLINGS = {
    "wt.%": "wt%", "mass%": "wt%", "m%": "wt%", "%wt": "wt%", "w%": "wt%", "%(w/w)": "wt%", "at.%": "at%", "atom%": "at%", "mol%": "at%",
    "percent": "%", "mg/kg": "ppm", "ug/g": "ppm", "mgkg-1": "ppm", "ugg-1": "ppm", "å": "angstrom", "a^-1": "angstrom-1",
    "none": "1", "-": "1", "dimensionless": "1", "°": "deg", "ohmcm2": "ohm cm2",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Head:
    """The line of names: its first character, the delimiter, names, columns by role, units of columns, elements side by side."""

    start: int
    delimiter: str
    roles: Mapping[str, int]
    units: Mapping[int, str]
    wide: Mapping[int, str]


def _recognises(given: Given) -> bool:
    return _head(beginning(given)) is not None


def _head(text: str) -> _Head | None:
    return names_line(text, _MOST_PREAMBLE, _names_in)


def _names_in(line: str, start: int) -> _Head | None:
    """The line as names of a table; None where it is none."""
    delimiter = delimiter_of(line)
    if delimiter is None or line.count(delimiter) >= MOST_COLUMNS:
        return None
    roles: dict[str, int] = {}
    units: dict[int, str] = {}
    wide: dict[int, str] = {}
    element = False
    for at, name in enumerate(fields(line, delimiter)):
        if len(name) > _LONGEST:
            return None
        found = _BRACKETS.match(name)
        plain, written = (found["name"], found["unit"]) if found else (name, "")
        key = _bare(name) if _bare(name) in _ROLES["expanded"] else _bare(plain)
        role = next((role for role, names in _ROLES.items() if key in names), None)
        if role is not None and role not in roles:
            roles[role] = at
            element = element or key in _ELEMENT_NAMES
            if role in ("value", "limit", "stderr") and written:
                units[at] = written
        elif plain.strip() in ATOMIC_WEIGHTS and known_unit(written) in _CONTENTS:
            wide[at], units[at] = plain.strip(), written
    if len(wide) > 1 and "sample" in roles and "quantity" not in roles:
        return _Head(start, delimiter, roles, units, wide)
    has_unit = "unit" in roles or roles.get("value") in units
    long = "quantity" in roles and "value" in roles and has_unit and ("sample" in roles or element)
    return _Head(start, delimiter, roles, units, {}) if long else None


def known_unit(written: str) -> str:
    """A unit as people write it, as the unit table has it; empty where it is not known.

    Parameters
    ----------
    written : str

    Examples
    --------
    >>> known_unit("m² g⁻¹"), known_unit("wt. %"), known_unit("µg/g"), known_unit("bananas")
    ('m2 g-1', 'wt%', 'ppm', '')
    """
    plain = unicodedata.normalize("NFKC", written.translate(_DIGITS)).replace("μ", "u").replace("·", " ").strip()
    tight = re.sub(r"\s+", "", plain).casefold()
    for candidate in (_SPELLINGS.get(tight, ""), plain, plain.replace("^", ""), tight):
        with suppress(UnitError):
            if candidate:
                unit(candidate)
                return candidate
    return ""


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKC", name).casefold())


def _read(given: Given) -> Measurement:
    text = decoded(given)
    head = _head(text)
    if head is None:
        raise ReadError(given.name, "start of file", "there is no line of names", 'Write one, such as "sample,quantity,value,unit".')
    table = cells(given, text, header=head.start, delimiter=head.delimiter)
    rows = _Rows(table, head)
    columns = rows.side_by_side() if head.wide else rows.one_below_the_other()
    return measured(given, columns, technique="descriptors", reader=_READER, flags=(*table.flags, *rows.flags))


class _Rows:
    """Rows of a table as descriptors, and what is to be said of them."""

    def __init__(self, table: Cells, head: _Head) -> None:
        self.table, self.head = table, head
        self.below: list[str] = []
        wanted = [*head.wide, *(head.roles[role] for role in ("value", "stderr", "expanded", "relative", "limit") if role in head.roles)]
        # the decimal mark follows from all numbers of the table together
        digits = [self._split(at)[1].filter(pl.Series([not _is_word(one) for one in self._split(at)[1]])) for at in wanted]
        self.marks = marks_of(table.given, pl.concat([one.rename("") for one in digits])) if digits else Marks()

    @property
    def flags(self) -> tuple[Flag, ...]:
        """One for values that are bounds."""
        if not self.below:
            return ()
        return (Flag("below_detection_limit", "note", f"Kept as bounds, not as values: {', '.join(self.below[:8])}."),)

    def one_below_the_other(self) -> dict[str, Any]:
        """Columns of a table with one value in each row."""
        roles, height = self.head.roles, self.table.height
        quantity, samples = self._words("quantity"), self._words("sample")
        value, signs = self._values(roles["value"])
        units = self._units(roles["value"])
        written = self._words("qualifier")
        signs = [sign if sign != "=" else _SIGNS.get(given.strip(), "=") for sign, given in zip(signs, written, strict=True)]
        limits = self._values(roles["limit"])[0] if "limit" in roles else [None] * height
        if roles.get("limit") in self.head.units:
            limits = self._limits_in(limits, units, known_unit(self.head.units[roles["limit"]]))
        bounded = [self._bounded(*one) for one in zip(quantity, samples, value, signs, limits, strict=True)]
        return {
            "sample_name": samples,
            "descriptor": quantity,
            "descriptor_value": [one for one, _ in bounded],
            "descriptor_stderr": self._errors([one for one, _ in bounded]),
            "descriptor_unit": units,
            "descriptor_method": self._words("method"),
            "descriptor_source": self._words("source"),
            "descriptor_qualifier": [sign for _, sign in bounded],
        }

    def side_by_side(self) -> dict[str, Any]:
        """Columns of a table with elements side by side, one row for each sample and element."""
        samples, method, source = (self._words(role) for role in ("sample", "method", "source"))
        found: list[tuple[str, str, float | None, str, str, str, str]] = []
        parts = {at: self._values(at) for at in self.head.wide}
        for row, sample in enumerate(samples):
            for at, element in self.head.wide.items():
                value, sign = parts[at][0][row], parts[at][1][row]
                if sign != "=":
                    self.below.append(f"{element} of {sample}")
                found.append((sample, element, value, known_unit(self.head.units[at]), method[row], source[row], sign))
        names = (
            "sample_name",
            "descriptor",
            "descriptor_value",
            "descriptor_unit",
            "descriptor_method",
            "descriptor_source",
            "descriptor_qualifier",
        )
        columns: dict[str, Any] = dict(zip(names, (list(one) for one in zip(*found, strict=True)), strict=True))
        return {**columns, "descriptor_stderr": pl.Series([None] * len(found), dtype=pl.Float64)}

    def _words(self, role: str) -> list[str]:
        at = self.head.roles.get(role)
        return [""] * self.table.height if at is None else [one or "" for one in self.table.text(at).to_list()]

    def _split(self, at: int) -> tuple[list[str], pl.Series]:
        """Signs and the rest of the texts of a column."""
        found = [_QUALIFIED.match(one or "") for one in self.table.text(at).to_list()]
        rest = [one["rest"].rstrip("%").strip() if one else "" for one in found]
        return [_SIGNS[(one["sign"] or "") if one else ""] for one in found], pl.Series(rest, dtype=pl.String)

    def _values(self, at: int) -> tuple[list[float | None], list[str]]:
        """Numbers of a column and their signs; not detected is a number that is missing, with the sign of a bound."""
        signs, rest = self._split(at)
        words = [_bare(one) in _NOT_DETECTED for one in rest]
        plain = pl.Series(["" if word else one for one, word in zip(rest, words, strict=True)], dtype=pl.String)
        found = numbers(self.table.given, plain, where=lambda row: self.table.where(at, row), marks=self.marks)
        return found.to_list(), ["<" if word else sign for sign, word in zip(signs, words, strict=True)]

    def _units(self, at: int) -> list[str]:
        """Units of the rows, or the one of the heading of the values."""
        place = self.head.roles.get("unit")
        common = self.head.units.get(at, "")
        written = [common] * self.table.height if place is None else [one or common for one in self.table.text(place).to_list()]
        known = {one: known_unit(one) for one in set(written)}
        for row, one in enumerate(written):
            if not known[one]:
                reason = f'"{one[:40]}" is no unit that is known' if one else "the row gives no unit"
                raise ReadError(self.table.given.name, self.table.where(at if place is None else place, row), reason, _HINT)
        return [known[one] for one in written]

    def _limits_in(self, limits: Sequence[float | None], units: Sequence[str], own: str) -> list[float | None]:
        """Detection limits, whose heading has a unit, in the units of the rows."""
        if not own or not all(compatible(own, one) for one in units):
            at = self.head.roles["limit"]
            raise ReadError(
                self.table.given.name, self.table.where(at, 0), "the unit of the detection limit is not that of the values", _HINT
            )
        return [None if one is None else one * unit(own).factor / unit(row).factor for one, row in zip(limits, units, strict=True)]

    def _bounded(self, name: str, sample: str, value: float | None, sign: str, limit: float | None) -> tuple[float | None, str]:
        """A value, or its detection limit where it is below it or not detected."""
        if limit is not None and (value is None or value < limit) and sign != ">":
            value, sign = limit, "<"
        if sign == "<":
            self.below.append(f"{name} of {sample}" if sample else name)
        return value, sign

    def _errors(self, values: Sequence[float | None]) -> pl.Series:
        """Standard errors from whichever column gives them."""
        roles = self.head.roles
        for role, scale in (("stderr", 1.0), ("expanded", 0.5), ("relative", 0.01)):
            if role in roles:
                found = self._values(roles[role])[0]
                scaled = [
                    None
                    if one is None or (role == "relative" and value is None)
                    else scale * one * (abs(value or 0.0) if role == "relative" else 1.0)
                    for one, value in zip(found, values, strict=True)
                ]
                return pl.Series(scaled, dtype=pl.Float64)
        return pl.Series([math.nan] * len(values), dtype=pl.Float64).fill_nan(None)


def _is_word(text: str) -> bool:
    return _bare(text) in _NOT_DETECTED


FORMATS = (Format(_READER, "Table of descriptors or of a composition", (".csv", ".txt", ".tsv"), _recognises, _read),)
