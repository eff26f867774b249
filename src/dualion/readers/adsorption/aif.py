"""Adsorption information files (.aif): text in the syntax of crystallographic information files (CIF).

Names begin with an underscore. A value is a word, a text in quotes, or lines between two that begin with a semicolon. ``loop_`` begins a
table: its names, then one line for each row. A row in the middle with fewer values than there are names would shift all that follow, and is
refused with its line; a last one is left out, with the flag ``truncated``. ``_units_pressure`` and ``_units_loading`` give the units; the
pressure may be ``relative``. Several ``data_`` blocks are several isotherms.

Reference: Evans et al. 2021.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from dualion.errors import ReadError
from dualion.readers.adsorption.building import LOADING, PRESSURE, RELATIVE, SATURATION, Said, isotherm, pressure_factor
from dualion.readers.adsorption.loadings import loading_factor
from dualion.readers.format import Format, Given
from dualion.readers.texts.blocks import WITHIN_ROW, Block, Text, read_block, text_of, truncated
from dualion.readers.texts.decoding import beginning
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag

_READER = "aif"
_MOST_NAMES = 200  # of a loop
_WORD = re.compile(r"""'((?:[^']|'(?=\S))*)'(?=\s|$)|"((?:[^"]|"(?=\S))*)"(?=\s|$)|([^\s'"]\S*)""")
_MARK = re.compile(r"^\s*_(?:adsorp|desorp)_(?:pressure|amount)\b", re.MULTILINE)
_BLOCK = re.compile(r"^\s*data_(\S*)", re.IGNORECASE)
_UNKNOWN = ("?", ".", "unknown")
_BRANCHES = {"_adsorp_": "adsorption", "_desorp_": "desorption"}
_KELVIN, _CELSIUS = ("K", "k", "kelvin", "Kelvin"), ("C", "°C", "degC", "celsius", "Celsius")
_ZERO = 273.15  # [K]


@dataclass(frozen=True, slots=True)
class _Loop:
    """A table: its names, and the lines of its rows."""

    names: tuple[str, ...]
    rows: tuple[int, ...]


@dataclass(slots=True)
class _Section:
    """A ``data_`` block."""

    name: str
    items: dict[str, str] = field(default_factory=dict)
    loops: list[_Loop] = field(default_factory=list)


def _recognises(given: Given) -> bool:
    text = beginning(given)
    return any(_BLOCK.match(line) for line in text.split("\n", 50)[:50]) and _MARK.search(text) is not None


def _read(given: Given) -> Measurement | tuple[Measurement, ...]:
    text = text_of(given)
    sections = [one for one in _sections(text) if any(_branch(loop) for loop in one.loops)]
    if not sections:
        raise ReadError(given.name, "end of file", "no loop holds an isotherm", "Export the isotherm anew.")
    if len(sections) == 1:
        return _isotherm(given, text, sections[0])
    names = [one.name or str(at) for at, one in enumerate(sections, start=1)]
    unique = [name if names.count(name) == 1 else f"{name} {at}" for at, name in enumerate(names, start=1)]
    return tuple(replace(_isotherm(given, text, one), region=name) for name, one in zip(unique, sections, strict=True))


def _sections(text: Text) -> list[_Section]:
    """The blocks of the file, with their items and loops."""
    found = [_Section("")]
    at, lines = 0, text.lines
    while at < len(lines):
        words = _words(lines[at])
        head = words[0].lower() if words else ""
        block = _BLOCK.match(lines[at])
        if block:
            found.append(_Section(block[1]))
            at += 1
        elif head == "loop_":
            loop, at = _loop(text, at)
            found[-1].loops.append(loop)
        elif head.startswith("_"):
            value, at = _value(text, at, words)
            found[-1].items[head] = value
        elif lines[at].startswith(";"):
            at = _behind_text(text, at)
        else:
            at += 1
    return found


def _words(line: str) -> list[str]:
    """Values of one line, without what follows a ``#``."""
    found = []
    for one in _WORD.finditer(line):
        if one[3] is not None and one[3].startswith("#"):
            break
        found.append(next(group for group in one.groups() if group is not None))
    return found


def _value(text: Text, at: int, words: list[str]) -> tuple[str, int]:
    """The value of a name, and the line behind it."""
    if len(words) > 1:
        return " ".join(words[1:]), at + 1
    behind = at + 1
    if behind < len(text.lines) and text.lines[behind].startswith(";"):
        end = _behind_text(text, behind)
        return "\n".join([text.lines[behind][1:], *text.lines[behind + 1 : end - 1]]).strip(), end
    following = _words(text.lines[behind]) if behind < len(text.lines) else []
    if following and not following[0].startswith("_") and following[0].lower() != "loop_" and not _BLOCK.match(text.lines[behind]):
        return " ".join(following), behind + 1
    return "", behind


def _behind_text(text: Text, at: int) -> int:
    """The line behind a text between semicolons."""
    for end in range(at + 1, len(text.lines)):
        if text.lines[end].startswith(";"):
            return end + 1
    raise text.error(at, "a text that begins with a semicolon has no end")


def _loop(text: Text, at: int) -> tuple[_Loop, int]:
    """Names and rows of a loop, and the line behind it."""
    names = [word.lower() for word in _words(text.lines[at])[1:]]
    at += 1
    rows: list[int] = []
    while at < len(text.lines):
        words = _words(text.lines[at])
        first = words[0].lower() if words else ""
        if first == "loop_" or _BLOCK.match(text.lines[at]) or (rows and first.startswith("_")):
            break
        if first.startswith("_") and not rows:
            names += [word.lower() for word in words]
            if len(names) > _MOST_NAMES:
                raise text.error(at, f"a loop has more than {_MOST_NAMES} names")
        elif words:
            rows.append(at)
        at += 1
    return _Loop(tuple(names), tuple(rows)), at


def _branch(loop: _Loop) -> str:
    """The branch that a loop holds; empty where it holds none."""
    return next((branch for prefix, branch in _BRANCHES.items() if any(name.startswith(prefix) for name in loop.names)), "")


def _isotherm(given: Given, text: Text, section: _Section) -> Measurement:
    said, parts, branch, cut = _said(given, section), [], [], False
    for loop in section.loops:
        which = _branch(loop)
        if which:
            block = _block(text, loop)
            parts.append(pl.DataFrame(dict(block.columns)))
            branch += [which] * block.height
            cut |= block.cut
    names = set.intersection(*(set(one.columns) for one in parts))
    frame = pl.concat([one.select(sorted(names)) for one in parts])
    columns = _in_our_units(given, section, frame, said)
    flags = [truncated(WITHIN_ROW)] if cut else []
    for name, described in (("_exptl_adsorptive", "adsorptive"), ("_exptl_temperature", "temperature")):
        if not section.items.get(name):
            flags.append(Flag("not_stated", "warning", f"The file does not say its {described}; state it as an option of the analysis."))
    return isotherm(given, columns, said, reader=_READER, branch=branch, flags=flags)


def _block(text: Text, loop: _Loop) -> Block:
    prefix = next(prefix for prefix in _BRANCHES if any(name.startswith(prefix) for name in loop.names))
    wanted = {prefix + "pressure": "pressure", prefix + "p0": "p0", prefix + "amount": "amount"}
    places: dict[str, int] = {}
    for at, name in enumerate(loop.names):
        if name in wanted:
            if wanted[name] in places:
                raise text.error(loop.rows[0] - 1 if loop.rows else 0, f"the column {name} stands there twice", "Leave one of them.")
            places[wanted[name]] = at
    if "pressure" not in places or "amount" not in places:
        raise text.error(loop.rows[0] - 1 if loop.rows else 0, f"a loop has no {prefix}pressure or no {prefix}amount")
    rows, width = loop.rows, len(loop.names)
    ends = (
        bool(rows)
        and len(_words(text.lines[rows[-1]])) < width
        and rows[-1] == max(at for at, line in enumerate(text.lines) if line.strip())
    )
    block = read_block(text, rows[:-1] if ends else rows, places, split=_words, widths=(width,), decimal_comma=True)
    return Block(block.columns, block.cut or ends)


def _in_our_units(given: Given, section: _Section, frame: pl.DataFrame, said: Said) -> Mapping[str, pl.Series]:
    unit, amount = (section.items.get(name, "") for name in ("_units_pressure", "_units_loading"))
    if not unit or not amount:
        absent = "_units_loading" if unit else "_units_pressure"
        raise ReadError(given.name, "head", f"{absent} is missing, so a number has no unit", f"Add {absent} to the file.")
    columns = {LOADING: frame["amount"] * loading_factor(given, "_units_loading", amount, adsorptive=said.adsorptive, mass=said.mass)}
    if unit.lower() in ("relative", "p/p0", "1"):
        return {RELATIVE: frame["pressure"], **columns}
    factor = pressure_factor(given, "_units_pressure", unit)
    columns[PRESSURE] = frame["pressure"] * factor
    if "p0" in frame.columns:
        columns[SATURATION] = frame["p0"] * factor
    return columns


def _said(given: Given, section: _Section) -> Said:
    items = {name: "" if value.lower() in _UNKNOWN else value for name, value in section.items.items()}
    temperature = _number(given, items, "_exptl_temperature")
    unit = items.get("_units_temperature", "K") or "K"
    if temperature is not None and unit not in (*_KELVIN, *_CELSIUS):
        raise ReadError(given.name, "_units_temperature", f'"{unit[:20]}" is no unit of a temperature', "Write K.")
    mass = _number(given, items, "_adsnt_sample_mass") or _number(given, items, "_exptl_sample_mass")
    factor = {"g": 1.0, "mg": 1e-3, "kg": 1e3}.get(items.get("_units_mass", "g") or "g")
    if mass is not None and factor is None:
        raise ReadError(given.name, "_units_mass", f'"{items["_units_mass"][:20]}" is no unit of a mass', "Write g.")
    return Said(
        adsorptive=items.get("_exptl_adsorptive", ""),
        temperature=temperature + _ZERO if temperature is not None and unit in _CELSIUS else temperature,
        mass=None if mass is None or factor is None else mass * factor,
        sample=items.get("_adsnt_material_id", "") or items.get("_adsnt_sample_id", "") or items.get("_sample_material_id", ""),
        instrument=items.get("_exptl_instrument", ""),
    )


def _number(given: Given, items: Mapping[str, str], name: str) -> float | None:
    written = items.get(name, "")
    if not written:
        return None
    try:
        return float(written.replace(",", "."))
    except ValueError:
        raise ReadError(given.name, name, f'"{written[:40]}" is not a number', "Correct it in the file.") from None


FORMATS = (Format(_READER, "Adsorption information file (.aif)", (".aif",), _recognises, _read),)
