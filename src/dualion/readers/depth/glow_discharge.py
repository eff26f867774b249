"""Glow discharge optical emission (GDOES): tables of time or depth with one column for each line of an element.

No common format exists; the programs of the instruments export tables that differ in delimiter, decimal mark, language and in how a line is
written: ``Na 589 (V)``, ``Na589.592 [V]``, ``Na I 589 nm``, ``C_156``, ``Na``. A table is taken for a profile if its line of names has
a time or a depth, and beside it nothing but lines of elements, two at least, one of them with its wavelength or sodium and carbon among
them. Of two lines of one element the first is read; the other is named in a note, as are elements that have no column of ours.

Intensities are on a scale of the instrument, in volts or counts. Time and depth need their unit: s, min, ms; nm, um. Lines before the
names are the head, ``Pressure: 200 Pa`` or ``Power = 20 W``; what of it is known becomes a condition in our unit.

    head                                           condition
    pressure, power, anode, sputter rate           pressure [Pa], power [W], anode_diameter [mm], sputter_rate [nm/s]
    state of charge, charge, potential, cycles     state_of_charge [%], charge [mAh/g], potential [V], cycles [1]
    sample, state, transfer, instrument, crater    title, state, transfer, instrument, crater
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from dualion.columns import ELEMENTS
from dualion.errors import ReadError
from dualion.numerics.atomic_weights import ATOMIC_WEIGHTS, NAMES
from dualion.readers.format import Format, Given
from dualion.readers.spectra.units import factor_to
from dualion.readers.tables import measured
from dualion.readers.texts.decoding import beginning, decoded
from dualion.readers.texts.delimited import MOST_COLUMNS, cells, delimiter_of, fields
from dualion.readers.texts.names_line import names_line
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

_READER = "glow-discharge"
_MOST_HEAD = 200  # lines before the names
_MOST_CHARACTERS = 1000  # of a line of the head that is looked at

_TIMES = ("time", "t", "zeit", "temps", "tiempo", "sputtertime", "sputteringtime", "sputterzeit", "analysistime")
_DEPTHS = ("depth", "z", "tiefe", "profondeur")
_TIME_UNITS = {
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "sek": 1.0, "ms": 1e-3, "min": 60.0, "mins": 60.0, "minutes": 60.0
}  # fmt: skip
#: Units of intensities, and the factor to one of each kind: volts, counts per second, no scale.
_SIGNAL_UNITS = {
    "": 1.0, "v": 1.0, "mv": 1e-3, "volts": 1.0, "cps": 1.0, "counts/s": 1.0, "counts": 1.0, "cts": 1.0, "a.u.": 1.0, "au": 1.0, "arb": 1.0,
    "arb.u.": 1.0, "arb. units": 1.0, "u.a.": 1.0, "nm": 1.0,
}  # fmt: skip
_BRACKETS = re.compile(r"^(?P<name>.*?)\s*[(\[](?P<unit>[^()\[\]]*)[)\]]\s*$")
_SLASH = re.compile(r"^(?P<name>[^/]*\S)\s*/\s*(?P<unit>[A-Za-z.]+)$")
_LINE = re.compile(
    r"(?P<element>[A-Za-z]+?)(?:[\s_-]*(?P<stage>I{1,2}))?(?:[\s_-]*(?P<wavelength>\d{2,4}(?:[.,]\d+)?))?(?:\s*(?P<nm>nm))?"
    r"(?:[\s_-]*(?:signal|intensity|int))?"
)
_HEAD = re.compile(r"^[#;%\s]*(?P<key>[^:=\t;,]{2,40}?)\s*[:=\t;,]\s*(?P<value>\S.*)$")
_VALUE = re.compile(r"(?P<number>[-+]?\d+(?:[.,]\d+)?)\s*(?P<unit>.*)$")
_KEY_UNIT = re.compile(r"^(?P<key>.*?)\s*[(\[](?P<unit>[^()\[\]]+)[)\]]$")
#: Numbers of the head, without signs and in lower case: our name and unit.
_NUMBERS = {
    "pressure": ("pressure", "Pa"),
    "argonpressure": ("pressure", "Pa"),
    "druck": ("pressure", "Pa"),
    "power": ("power", "W"),
    "rfpower": ("power", "W"),
    "leistung": ("power", "W"),
    "anodediameter": ("anode_diameter", "mm"),
    "anode": ("anode_diameter", "mm"),
    "sputterrate": ("sputter_rate", "nm/s"),
    "sputteringrate": ("sputter_rate", "nm/s"),
    "stateofcharge": ("state_of_charge", "%"),
    "soc": ("state_of_charge", "%"),
    "charge": ("charge", "mAh/g"),
    "capacity": ("charge", "mAh/g"),
    "specificcapacity": ("charge", "mAh/g"),
    "potential": ("potential", "V"),
    "cycles": ("cycles", "1"),
}
_WORDS = {
    "sample": "title", "probe": "title", "samplename": "title", "state": "state", "transfer": "transfer", "instrument": "instrument",
    "method": "method", "crater": "crater", "gas": "gas",
}  # fmt: skip
_LONGEST = 200  # characters of a word of the head that are kept, and of a heading


@dataclass(frozen=True, slots=True)
class _Line:
    """A column of one line of an element: symbol, wavelength as written, unit as written."""

    element: str
    wavelength: str
    unit: str


@dataclass(frozen=True, slots=True)
class _Head:
    """The line of names: first character, delimiter, times and depths with their units, lines of elements."""

    start: int
    delimiter: str
    times: Mapping[int, str]
    depths: Mapping[int, str]
    lines: Mapping[int, _Line]


def _recognises(given: Given) -> bool:
    return _head(beginning(given)) is not None


def _head(text: str) -> _Head | None:
    return names_line(text, _MOST_HEAD, _names_in)


def _names_in(line: str, start: int) -> _Head | None:
    """The line as names of a profile; None where it is none."""
    delimiter = delimiter_of(line)
    if delimiter is None or line.count(delimiter) >= MOST_COLUMNS:
        return None
    times: dict[int, str] = {}
    depths: dict[int, str] = {}
    lines: dict[int, _Line] = {}
    for at, name in enumerate(fields(line.lstrip("#%; ") if _commented(line, delimiter) else line, delimiter)):
        if len(name) > _LONGEST:
            return None
        plain, unit = _divided(name)
        key = _bare(plain)
        if key in _TIMES:
            times[at] = unit
        elif key in _DEPTHS:
            depths[at] = unit
        elif (found := _element(plain, unit)) is not None:
            lines[at] = found
        elif name:
            return None
    elements = {one.element for one in lines.values()}
    sure = any(one.wavelength for one in lines.values()) or {"Na", "C"} <= elements
    return _Head(start, delimiter, times, depths, lines) if (times or depths) and len(elements) > 1 and sure else None


def _commented(line: str, delimiter: str) -> bool:
    """Whether a line of names stands behind a sign of a comment that is not the delimiter."""
    return line.lstrip()[:1] in ("#", "%") or (line.lstrip()[:1] == ";" and delimiter != ";")


def _divided(name: str) -> tuple[str, str]:
    """A heading without its unit, and the unit as written."""
    found = _BRACKETS.match(name) or _SLASH.match(name)
    return (found["name"].strip(), found["unit"].strip()) if found else (name.strip(), "")


def _element(plain: str, unit: str) -> _Line | None:
    """The line of an element that a heading names; None where it names none."""
    found = _LINE.fullmatch(plain)
    if found is None or unit.casefold() not in _SIGNAL_UNITS:
        return None
    element = found["element"]
    symbol = element if element in ATOMIC_WEIGHTS else NAMES.get(element.casefold(), "")
    if not symbol:
        return None
    wavelength = found["wavelength"] or (unit if unit.replace(".", "").isdigit() else "")
    return _Line(symbol, wavelength.replace(",", "."), "" if unit.casefold() == "nm" else unit)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", name).casefold())


def _read(given: Given) -> Measurement:
    text = decoded(given)
    head = _head(text)
    if head is None:
        raise ReadError(given.name, "start of file", "there is no line of names", 'Write one, such as "time (s),Na 589 (V),C 156 (V)".')
    table = cells(given, text, header=head.start, delimiter=head.delimiter)
    own = {symbol: f"{name}_signal" for name, symbol in NAMES.items() if f"{name}_signal" in _OURS}
    chosen: dict[str, int] = {}
    left: list[str] = []
    for at, one in head.lines.items():
        column = own.get(one.element)
        if column is None or column in chosen:
            left.append(table.names[at])
        else:
            chosen[column] = at
    wanted = [*list(head.times)[:1], *list(head.depths)[:1], *chosen.values()]
    marks = table.marks(wanted)
    columns: dict[str, pl.Series] = {}
    for name, places, factor in (("time_second", head.times, _time_factor), ("depth_nanometre", head.depths, _depth_factor)):
        for at, unit in list(places.items())[:1]:
            columns[name] = table.numbers(at, marks) * factor(given, table.where(at, 0), unit)
    for name, at in chosen.items():
        columns[name] = table.numbers(at, marks) * _SIGNAL_UNITS[head.lines[at].unit.casefold()]
    conditions = _conditions(text[: head.start])
    units = sorted({head.lines[at].unit for at in chosen.values() if head.lines[at].unit})
    if units:
        conditions["y_unit"] = ", ".join("V" if one.casefold() == "mv" else one for one in units)
    conditions |= {
        f"{name.removesuffix('_signal')}_line": f"{head.lines[at].wavelength} nm"
        for name, at in chosen.items()
        if head.lines[at].wavelength
    }
    flags = list(table.flags)
    if left:
        flags.append(Flag("columns_ignored", "note", f"Not read: {', '.join(left)[:_LONGEST]}."))
    return measured(given, columns, technique="gdoes", reader=_READER, conditions=conditions, flags=flags)


def _time_factor(given: Given, where: str, unit: str) -> float:
    written = unit or given.declared.x_unit or ""
    found = _TIME_UNITS.get(written.casefold().strip("."))
    if found is None:
        reason = f'"{written[:40]}" is no unit of time that is known' if written else "the time has no unit"
        raise ReadError(given.name, where, reason, 'Write "time (s)" into the line of names, or declare x_unit = "s".')
    return found


def _depth_factor(given: Given, where: str, unit: str) -> float:
    written = unit or given.declared.x_unit or ""
    found = factor_to(written, "nm") if written else None
    if found is None:
        reason = f'"{written[:40]}" is no unit of depth that is known' if written else "the depth has no unit"
        raise ReadError(given.name, where, reason, 'Write "depth (nm)" into the line of names, or declare x_unit = "nm".')
    return found


def _conditions(head: str) -> dict[str, Quantity | str]:
    """What the lines before the names say, as far as it is known."""
    found: dict[str, Quantity | str] = {}
    for line in head.split("\n"):
        match = _HEAD.match(line.strip()) if len(line) <= _MOST_CHARACTERS else None
        if match is None:
            continue
        inside = _KEY_UNIT.match(match["key"].strip())
        key = _bare(inside["key"] if inside else match["key"])
        value = match["value"].strip().strip('"').rstrip(";,\t ")
        if key in _WORDS and value:
            found.setdefault(_WORDS[key], value[:_LONGEST])
        elif key in _NUMBERS:
            name, unit = _NUMBERS[key]
            number = _quantity(value, unit, inside["unit"] if inside else "")
            if number is not None:
                found.setdefault(name, number)
    return found


def _quantity(text: str, unit: str, beside: str) -> Quantity | None:
    """A number with its unit in ours; None where either is not known."""
    found = _VALUE.match(text)
    if found is None:
        return None
    written = found["unit"].strip(" ;,\t") or beside
    factor = 1.0 if unit == "1" and not written else factor_to(written, unit) if written else None
    return None if factor is None else Quantity(float(found["number"].replace(",", ".")) * factor, unit, rule="as the file states it")


_OURS = tuple(f"{name}_signal" for name in ELEMENTS)

FORMATS = (Format(_READER, "Depth profile by glow discharge (GDOES)", (".csv", ".txt"), _recognises, _read),)
