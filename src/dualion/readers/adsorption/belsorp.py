"""Belsorp exports (MicrotracBEL): ``.dat`` divided by tabs, and ``.csv`` divided by commas.

A ``.dat`` has lines of a key and a value, then ``Adsorption data``, a ruler of ``=``, the names, the rows, and a line that begins with 0;
the same for ``Desorption data``. A ``.csv`` has the names in a line that begins with ``No,``, then ``ADS``, rows, ``DES``, rows. Names
carry their unit behind a slash: ``Pe/kPa``, ``P0/kPa``, ``V/ml(STP) g-1``. The pressure is the one at equilibrium (``Pe``). Head lines are
in English or Japanese. The grammar is that of adsorption-file-parser (Iacomi, MIT).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from dualion.errors import ReadError
from dualion.readers.adsorption.building import LOADING, PRESSURE, RELATIVE, SATURATION, Said, factor_of, isotherm
from dualion.readers.format import Format, Given
from dualion.readers.texts.blocks import Part, Text, read_parts, text_of, truncated
from dualion.readers.texts.decoding import beginning
from dualion.records.measurement import Measurement

_DAT, _CSV = "belsorp-dat", "belsorp-csv"
_SECTIONS = {"adsorption data": "adsorption", "吸着データ": "adsorption", "desorption data": "desorption", "脱着データ": "desorption"}
_MARKS = {"ads": "adsorption", "des": "desorption"}
_NAMES = {PRESSURE: ("pe",), SATURATION: ("p0",), RELATIVE: ("p/p0",), LOADING: ("v", "va", "n", "na")}
_HEADING = re.compile(r'^"?No"?[\t,]', re.MULTILINE)
_EQUILIBRIUM = re.compile(r'[\t,]"?(?:Pe2?\s*/|P/P0)', re.IGNORECASE)
_KEYS = {
    "adsorptive": ("adsorptive", "吸着質名称"),
    "temperature": ("adsorption temperature", "meas. temp.", "吸着温度"),
    "mass": ("sample weight", "サンプル質量"),
    "sample": ("comment1", "コメント1"),
    "instrument": ("serial number", "s/n", "instrument", "シリアルナンバー", "装置s/n"),
}
_GRAMS = {"g": 1.0, "mg": 1e-3, "kg": 1e3}
_ZERO = 273.15  # [K]


@dataclass(frozen=True, slots=True)
class _Table:
    """Names of the columns with their line, and the rows of each branch; whether the last one has its end."""

    named: int
    names: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    ended: bool


def _is_dat(given: Given) -> bool:
    text = beginning(given)
    titles = {line.strip().strip('"').lower() for line in text.split("\n")}
    return bool(titles & set(_SECTIONS)) and _HEADING.search(text) is not None and "\t" in text


def _is_csv(given: Given) -> bool:
    text = beginning(given)
    found = _HEADING.search(text)
    line = text[found.start() : text.find("\n", found.start())] if found else ""
    return "," in line and _EQUILIBRIUM.search(line) is not None and re.search(r"^ADS", text, re.MULTILINE | re.IGNORECASE) is not None


def _read_dat(given: Given) -> Measurement:
    text = text_of(given)
    return _isotherm(given, text, _dat_table(text), "\t", _DAT)


def _read_csv(given: Given) -> Measurement:
    text = text_of(given)
    return _isotherm(given, text, _csv_table(text), ",", _CSV)


def _dat_table(text: Text) -> _Table:
    rows: list[tuple[str, tuple[int, ...]]] = []
    names: tuple[str, ...] = ()
    named, at, ended = -1, 0, False
    while at < len(text.lines):
        branch = _SECTIONS.get(text.lines[at].strip().strip('"').lower())
        at += 1
        if branch is None:
            continue
        while at < len(text.lines) and not _HEADING.match(text.lines[at]):
            at += 1
        if at == len(text.lines):
            break
        found = tuple(_fields(text.lines[at], "\t"))
        if names and found != names:
            raise text.error(at, "the desorption data have other columns than the adsorption data")
        names, named, first = found, at, at + 1
        at = first
        while (
            at < len(text.lines)
            and text.lines[at].strip()
            and not text.lines[at].startswith(("0\t", "0 "))
            and text.lines[at].strip() != "0"
        ):
            at += 1
        ended = at < len(text.lines)
        rows.append((branch, tuple(range(first, at))))
    if not rows:
        raise text.error(max(len(text.lines) - 1, 0), "there is no table of adsorption data")
    return _Table(named, names, tuple(rows), ended)


def _csv_table(text: Text) -> _Table:
    named = next(at for at, line in enumerate(text.lines) if _HEADING.match(line))
    rows: list[tuple[str, list[int]]] = []
    for at in range(named + 1, len(text.lines)):
        mark = _MARKS.get(text.lines[at].strip().strip('"').strip(",").lower())
        if mark is not None:
            rows.append((mark, []))
        elif text.lines[at].strip():
            if not rows:
                raise text.error(at, "there is a row before the line ADS")
            rows[-1][1].append(at)
    return _Table(named, tuple(_fields(text.lines[named], ",")), tuple((branch, tuple(some)) for branch, some in rows), ended=True)


def _fields(line: str, mark: str) -> list[str]:
    return [one.strip().strip('"').strip() for one in line.rstrip("\r\n").split(mark)]


def _isotherm(given: Given, text: Text, table: _Table, mark: str, reader: str) -> Measurement:
    places, units = _columns(text, table)
    said = _said(given, text, table.named, mark)
    width = len(table.names)
    parts = [Part(rows, places, (width, width - 1) if not table.names[-1] else (width,)) for _, rows in table.rows]
    block, heights = read_parts(text, parts, split=lambda line: _fields(line, mark), decimal_comma=mark != ",")
    branch = [name for (name, _), height in zip(table.rows, heights, strict=True) for _ in range(height)]
    where = f"line {table.named + 1}"
    columns = {name: series * factor_of(given, where, name, units[name], said) for name, series in block.columns.items()}
    cut = block.cut or not table.ended
    return isotherm(given, columns, said, reader=reader, branch=branch, flags=[truncated("The table has no end.")] if cut else [])


def _columns(text: Text, table: _Table) -> tuple[dict[str, int], dict[str, str]]:
    """Place and unit of each column that is read."""
    places: dict[str, int] = {}
    units: dict[str, str] = {}
    for at, written in enumerate(table.names):
        plain = unicodedata.normalize("NFKC", written)
        name, _, unit = plain.partition("/")
        if plain.replace(" ", "").lower() == "p/p0":
            name, unit = "p/p0", ""
        ours = next((ours for ours, words in _NAMES.items() if name.strip().lower() in words), None)
        if ours is None:
            continue
        if ours in places:
            raise text.error(table.named, f'the column "{written[:40]}" stands there twice', "Leave one of them in the file.")
        places[ours], units[ours] = at, unit.strip()
    if LOADING not in places or not {PRESSURE, RELATIVE} & set(places):
        raise text.error(table.named, "there is no column Pe or p/p0, or none of the amount adsorbed")
    return places, units


def _said(given: Given, text: Text, named: int, mark: str) -> Said:
    found: dict[str, tuple[str, str]] = {}
    for line in text.lines[:named]:
        parts = _fields(line, mark)
        if len(parts) < 2:
            continue
        key = unicodedata.normalize("NFKC", parts[0]).strip().lower().rstrip(":").strip()
        for ours, words in _KEYS.items():
            if ours not in found and key.startswith(words):
                tail = key.rpartition("/")[2] if "/" in key and mark == "\t" else ""
                found[ours] = (parts[1], (parts[2].strip("[] ") if len(parts) > 2 else "") or tail)
    temperature, unit = _number(given, found, "temperature")
    mass, grams = _number(given, found, "mass")
    factor = _GRAMS.get(grams or "g")
    return Said(
        adsorptive=found.get("adsorptive", ("", ""))[0],
        temperature=temperature + _ZERO if temperature is not None and "c" in unit.lower() else temperature,
        mass=mass * factor if mass is not None and factor else None,
        sample=found.get("sample", ("", ""))[0],
        instrument=found.get("instrument", ("", ""))[0],
    )


def _number(given: Given, found: dict[str, tuple[str, str]], name: str) -> tuple[float | None, str]:
    written, unit = found.get(name, ("", ""))
    if not written:
        return None, unit
    try:
        return float(written.replace(",", ".")), unit
    except ValueError:
        raise ReadError(given.name, name, f'"{written[:40]}" is not a number', "Correct it in the file.") from None


FORMATS = (
    Format(_DAT, "Belsorp isotherm (.dat)", (".dat",), _is_dat, _read_dat),
    Format(_CSV, "Belsorp isotherm (.csv)", (".csv",), _is_csv, _read_csv),
)
