"""Quantachrome text exports (ASiQwin, NovaWin): a head of words, a line of names, a line of units, and rows of numbers.

The encoding is Latin-1. Names stand above their units by their place in the line, because not every column has one. The loading is
``Volume @ STP``: at 0 degC and 101325 Pa, in cc of the whole sample where the unit is ``cc``, or ``cc/g``. The branches are not marked;
adsorption ends at the highest pressure. In the head a key may stand directly behind the value before it.
"""

from __future__ import annotations

import re

from dualion.errors import ReadError
from dualion.readers.adsorption.building import LOADING, PRESSURE, RELATIVE, SATURATION, Said, factor_of, isotherm
from dualion.readers.format import Format, Given
from dualion.readers.texts.blocks import WITHIN_ROW, Text, read_block, text_of, truncated
from dualion.readers.texts.decoding import beginning
from dualion.records.measurement import Measurement

_READER = "quantachrome-txt"
_MAKER = re.compile(r"Quantachrome", re.IGNORECASE)
_LOADING = re.compile(r"Volume @ STP", re.IGNORECASE)
_PART = re.compile(r"\S+(?: \S+)*")
_NAMES = {PRESSURE: ("press", "pressure"), SATURATION: ("p0", "po"), RELATIVE: ("p/p0", "p/po"), LOADING: ("volume @ stp",)}
_MASS = re.compile(r"Sample Weight:\s*([\d.,]+)\s*(\w+)", re.IGNORECASE)
_BATH = re.compile(r"Bath temp\.?:\s*(-?[\d.,]+)\s*(°?\w)", re.IGNORECASE)
_GAS = re.compile(r"Analysis gas:\s*([A-Za-z0-9]+(?: [A-Za-z]+)?)", re.IGNORECASE)
_SAMPLE = re.compile(r"Sample ID:[ \t]*(\S.*?)[ \t]*(?:Filename:|\s{2}|$)", re.IGNORECASE | re.MULTILINE)
_INSTRUMENT = re.compile(r"Instrument:\s*(\S+(?: \S+)*)", re.IGNORECASE)
_GRAMS = {"g": 1.0, "mg": 1e-3, "kg": 1e3}


def _recognises(given: Given) -> bool:
    text = beginning(given)
    return _MAKER.search(text) is not None and _LOADING.search(text) is not None


def _read(given: Given) -> Measurement:
    text = text_of(given)
    named = next((at for at, line in enumerate(text.lines) if _LOADING.search(line)), None)
    if named is None:
        raise ReadError(given.name, "head", "there is no line of names with Volume @ STP", "Export the raw isotherm anew.")
    below = next((at for at in range(named + 1, len(text.lines)) if text.lines[at].strip()), None)
    if below is None:
        raise text.error(named, "the file ends behind the line of names")
    places, units = _columns(text, named, below)
    if LOADING not in places or not (PRESSURE in places or RELATIVE in places):
        raise text.error(named, "there is no column of pressure beside that of the volume")
    said = _said(given, "\n".join(text.lines[:named]))
    rows = range(below + 1, len(text.lines))
    block = read_block(text, rows, places, split=str.split, widths=(len(_PART.findall(text.lines[named])),))
    where = f"line {below + 1}"
    columns = {name: series * factor_of(given, where, name, units[name], said, standard=True) for name, series in block.columns.items()}
    return isotherm(given, columns, said, reader=_READER, flags=[truncated(WITHIN_ROW)] if block.cut else [])


def _columns(text: Text, named: int, below: int) -> tuple[dict[str, int], dict[str, str]]:
    """Place and unit of each column that is read."""
    heads = list(_PART.finditer(text.lines[named]))
    units: dict[int, str] = {}
    for one in _PART.finditer(text.lines[below]):
        middle = (one.start() + one.end()) / 2
        units[min(range(len(heads)), key=lambda at: abs((heads[at].start() + heads[at].end()) / 2 - middle))] = one[0]
    places: dict[str, int] = {}
    for at, one in enumerate(heads):
        ours = next((name for name, words in _NAMES.items() if one[0].lower() in words), None)
        if ours is not None and ours in places:
            raise text.error(named, f'the column "{one[0]}" stands there twice', "Leave one of them in the file.")
        if ours is not None:
            places[ours] = at
    return places, {name: units.get(at, "") for name, at in places.items()}


def _said(given: Given, head: str) -> Said:
    mass, bath, used, sample, instrument = (one.search(head) for one in (_MASS, _BATH, _GAS, _SAMPLE, _INSTRUMENT))
    grams = _GRAMS.get(mass[2].lower()) if mass else None
    kelvin = _number(given, "Bath temp.", bath[1]) if bath else None
    if kelvin is not None and bath is not None and bath[2] != "K":
        raise ReadError(given.name, "Bath temp.", f'"{bath[2]}" is not K', "Export the file with the temperature in K.")
    return Said(
        adsorptive=used[1].strip() if used else "",
        temperature=kelvin,
        mass=_number(given, "Sample Weight", mass[1]) * grams if mass and grams else None,
        sample=sample[1] if sample else "",
        instrument=instrument[1] if instrument else "",
    )


def _number(given: Given, name: str, written: str) -> float:
    try:
        return float(written.replace(",", "."))
    except ValueError:
        raise ReadError(given.name, name, f'"{written[:40]}" is not a number', "Correct it in the file.") from None


FORMATS = (Format(_READER, "Quantachrome isotherm (.txt)", (".txt",), _recognises, _read),)
