"""Isotherms as a table of text with a line of names and units: ``relative pressure``, ``loading (mmol/g)``, ``branch``.

The names are ``relative pressure`` or ``p/p0``, without unit; ``pressure (kPa)`` and ``saturation pressure (kPa)``; ``loading``, ``quantity
adsorbed``, ``amount adsorbed``, ``uptake`` or ``volume adsorbed`` with unit and basis in brackets; ``branch`` with ``adsorption`` or
``desorption``. Lines ``key: value`` before them, or behind a ``#``, may say ``adsorptive``, ``temperature`` (K or degC), ``mass`` and
``sample``. A volume without STP is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from dualion.errors import ReadError, UnitError
from dualion.numerics.sorption.branches import BRANCHES
from dualion.readers.adsorption.building import LOADING, PRESSURE, RELATIVE, SATURATION, Said, factor_of, isotherm
from dualion.readers.battery_format import ignored
from dualion.readers.format import Format, Given
from dualion.readers.texts.decoding import beginning, decoded
from dualion.readers.texts.delimited import MOST_COLUMNS, cells, delimiter_of, fields
from dualion.readers.texts.names_line import names_line
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag
from dualion.units import read_as

_READER = "plain-isotherm"
_MOST_PREAMBLE = 100  # lines before the names
_NAME = re.compile(r"^(?P<name>[^()\[\]]*?)\s*(?:[(\[](?P<unit>.*)[)\]])?$")
_NAMES = {
    RELATIVE: ("relative pressure", "relative pressure p/p0", "p/p0", "p/po", "relative_pressure"),
    PRESSURE: ("pressure", "absolute pressure", "p"),
    SATURATION: ("saturation pressure", "p0"),
    LOADING: ("loading", "quantity adsorbed", "amount adsorbed", "uptake", "volume adsorbed", "adsorbed volume", "n_ads"),
    "branch": ("branch",),
}
_WORDS = {"adsorption": 0, "ads": 0, "a": 0, "0": 0, "desorption": 1, "des": 1, "d": 1, "1": 1}
_SAID = re.compile(r"^[#%;\s]*(adsorptive|adsorbate|gas|temperature|mass|sample mass|sample)\s*[:=,;\t]\s*(.+?)[\s,;]*$", re.IGNORECASE)
_UNIT_AS_NAME = "loading_mol_per_kg"


@dataclass(frozen=True, slots=True)
class _Found:
    """The line of names: where it begins, how it is divided, and place and unit of each column of ours."""

    start: int
    delimiter: str
    names: tuple[str, ...]
    places: dict[str, int]
    units: dict[str, str]


def _recognises(given: Given) -> bool:
    return _found(beginning(given)) is not None


def _found(text: str) -> _Found | None:
    return names_line(text, _MOST_PREAMBLE, _names_in)


def _names_in(line: str, start: int) -> _Found | None:
    delimiter = delimiter_of(line)
    if delimiter is None or line.count(delimiter) >= MOST_COLUMNS:
        return None
    names = fields(line, delimiter)
    places: dict[str, int] = {}
    units: dict[str, str] = {}
    for at, written in enumerate(names):
        parts = _NAME.match(written)
        name = (parts["name"] if parts else written).strip().lower()
        unit = (parts["unit"] or "").strip() if parts else ""
        if written.strip() == _UNIT_AS_NAME:
            name, unit = "loading", "mol/kg"
        ours = next((ours for ours, words in _NAMES.items() if name in words), None)
        if ours is not None:
            places[ours] = -1 if ours in places else at
            units[ours] = unit
    if LOADING not in places or not {RELATIVE, PRESSURE} & set(places):
        return None
    return _Found(start, delimiter, tuple(names), places, units)


def _read(given: Given) -> Measurement:
    text = decoded(given)
    found = _found(text)
    if found is None:
        raise ReadError(
            given.name, "start of file", "there is no line of names with pressure and loading", "Write: p/p0, loading (mmol/g)."
        )
    line = text.count("\n", 0, found.start) + 1
    for name, place in found.places.items():
        if place < 0:
            raise ReadError(given.name, f"line {line}", f"two columns are {name.replace('_', ' ')}", "Leave one of them in the file.")
    table = cells(given, text, header=found.start, delimiter=found.delimiter)
    said = _said(given, text[: found.start])
    wanted = [name for name in (RELATIVE, PRESSURE, SATURATION, LOADING) if name in found.places]
    marks = table.marks([found.places[name] for name in wanted])
    columns: dict[str, pl.Series] = {}
    for name in wanted:
        where = f'line {line}, column "{found.names[found.places[name]][:40]}"'
        columns[name] = table.numbers(found.places[name], marks) * _factor(given, where, name, found.units[name], said)
    branch = _branches(given, table.frame[str(found.places["branch"])], table.first_line) if "branch" in found.places else None
    others = [one for at, one in enumerate(found.names) if one and at not in found.places.values()]
    flags: list[Flag] = [*table.flags, *ignored(given, others)]
    return isotherm(given, columns, said, reader=_READER, branch=branch, flags=flags)


def _factor(given: Given, where: str, name: str, unit: str, said: Said) -> float:
    if name == RELATIVE:
        if unit not in ("", "1", "-", "p/p0", "P/Po", "P/P0", "p/po", "%"):
            raise ReadError(given.name, where, f'"{unit[:40]}" is no unit of a relative pressure', "Write it without unit.")
        return 0.01 if unit == "%" else 1.0
    if not unit:
        example = "loading (mmol/g) or (cm3(STP)/g)" if name == LOADING else "pressure (kPa)"
        raise ReadError(given.name, where, "the heading has no unit", f"Write the unit in brackets, such as {example}.")
    return factor_of(given, where, name, unit, said)


def _branches(given: Given, written: pl.Series, first: int) -> list[str]:
    found = []
    for at, word in enumerate(written.fill_null("").str.strip_chars().str.to_lowercase()):
        if word not in _WORDS:
            raise ReadError(given.name, f"line {first + at}, branch", f'"{word[:40]}" is no branch', "Write adsorption or desorption.")
        found.append(BRANCHES[_WORDS[word]])
    return found


def _said(given: Given, head: str) -> Said:
    words: dict[str, str] = {}
    for line in head.split("\n"):
        one = _SAID.match(line)
        if one:
            words.setdefault(one[1].lower(), one[2].strip().strip('"'))
    return Said(
        adsorptive=next((words[name] for name in ("adsorptive", "adsorbate", "gas") if name in words), ""),
        temperature=_as(given, words, "temperature", "K"),
        mass=_as(given, words, "mass", "g") if "mass" in words else _as(given, words, "sample mass", "g"),
        sample=words.get("sample", ""),
    )


def _as(given: Given, words: dict[str, str], name: str, unit: str) -> float | None:
    if name not in words:
        return None
    try:
        return read_as(words[name], unit)
    except UnitError as problem:
        raise ReadError(
            given.name, f"line of {name}", str(problem).rstrip("."), f"Write it with its unit, such as {name}: 1 {unit}."
        ) from None


FORMATS = (Format(_READER, "Isotherm table (relative pressure, loading)", (".csv", ".txt", ".tsv"), _recognises, _read),)
