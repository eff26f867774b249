"""Renishaw WiRE as text: a line ``#Wave  #Intensity`` and two columns, usually from high to low shifts.

Maps and series have coordinates before them (``#X #Y #Wave #Intensity``, ``#Time #Wave #Intensity``); rows of one place follow each other,
and each place is a region. The file names no units: shifts in cm-1 are taken, as the program writes them by default, and flagged
``units_assumed``, unless they are declared (x_unit).
"""

from __future__ import annotations

import re

import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.spectra.units import factor_to
from dualion.readers.tables import measured
from dualion.readers.texts.blocks import WITHIN_ROW, read_block, runs, text_of, truncated
from dualion.readers.texts.decoding import beginning
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag

_READER = "renishaw-text"
_HEADING = re.compile(r"\s*(?:#\w+\s+){0,3}#Wave\s+#Intensity\s*$")
_MOST_SPECTRA = 5000


def _recognises(given: Given) -> bool:
    first = next((line for line in beginning(given).split("\n") if line.strip()), "")
    return _HEADING.match(first) is not None


def _read(given: Given) -> tuple[Measurement, ...]:
    text = text_of(given)
    named = next(at for at, line in enumerate(text.lines) if line.strip())
    names = text.lines[named].split()
    places = {name: at for at, name in enumerate(names)}
    if len(places) < len(names):
        raise text.error(named, "two columns have the same name", "Leave one of them in the file.")
    block = read_block(text, range(named + 1, len(text.lines)), places, split=str.split, widths=(len(names),))
    flags = [*_units(given), *([truncated(WITHIN_ROW)] if block.cut else [])]
    frame = pl.DataFrame(dict(block.columns))
    if frame.height == 0:
        raise text.error(len(text.lines) - 1, "there are no rows of numbers", "Export the spectrum anew.")
    coordinates = names[:-2]
    parts = frame.with_columns(runs(*(frame[name] for name in coordinates)).alias("part")) if coordinates else frame
    several = parts.partition_by("part", maintain_order=True) if coordinates else [frame]
    if len(several) > _MOST_SPECTRA:
        reason = f"the map holds {len(several)} spectra, and {_MOST_SPECTRA} are allowed"
        raise ReadError(given.name, f"line {named + 1}", reason, "Export a part of the map.")
    found = []
    for part in several:
        columns = {"raman_shift_per_centimetre": part["#Wave"], "intensity_arbitrary": part["#Intensity"]}
        region = "at " + ", ".join("?" if part[name][0] is None else f"{part[name][0]:g}" for name in coordinates) if coordinates else ""
        found.append(measured(given, columns, technique="raman", reader=_READER, flags=flags, region=region))
    return tuple(found)


def _units(given: Given) -> list[Flag]:
    declared = given.declared.x_unit
    if declared is None:
        return [Flag("units_assumed", "warning", "The file names no units; shifts in cm-1 were taken. Declare x_unit where that is wrong.")]
    if factor_to(declared, "cm-1") != 1.0:
        reason = f'x_unit = "{declared[:20]}" is declared, and a Raman shift is in cm-1'
        raise ReadError(given.name, "start of file", reason, "Export the spectrum with the axis in cm-1.")
    return []


FORMATS = (Format(_READER, "Renishaw WiRE text (#Wave #Intensity)", (".txt",), _recognises, _read),)
