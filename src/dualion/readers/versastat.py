"""VersaSTAT and PARSTAT: VersaStudio's ``.par`` with one or several segments, and the table that its older programs export.

A ``.par``, as VersaStudio 2 writes it, is text in sections, ``<Name>`` to ``</Name>``. Sections ``Action`` hold the settings of each
experiment, sections ``Segment`` the rows behind a line ``Definition=`` that names the columns; it may name one more than the rows have.
All segments become one table, in which ``step_count`` counts them; rows of direct current have neither frequency nor impedance. Currents
and impedances have the signs of the program: oxidation at the working electrode is positive, which charges the cell, and Z Imag is the
imaginary part itself.

A section that is not closed, or fewer segments than the actions announce, mean that the file is cut off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.tables import measured
from dualion.readers.texts.blocks import (
    WITHIN_ROW,
    Part,
    Text,
    heading_places,
    impedance_rows,
    inductive,
    read_block,
    read_parts,
    runs,
    text_of,
    truncated,
)
from dualion.readers.texts.decoding import beginning, finite_number
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity
from dualion.units import convert

_PAR = "versastat-par"
_EXPORT = "parstat-text"

_OPENS = re.compile(r"<(\w+)>$")
_SEGMENT = re.compile(r"Segment\d+$")
_DEFINITION = "Definition="
_COLUMNS = {
    "segment": ("Segment #",),
    "record_index": ("Point #",),
    "test_time_second": ("Elapsed Time(s)",),
    "voltage_volt": ("E(V)",),
    "current_ampere": ("I(A)",),
    "frequency_hertz": ("Frequency(Hz)",),
    "real_impedance_ohm": ("Z Real",),
    "imaginary_impedance_ohm": ("Z Imag",),
}
_EXPORTED = {
    "test_time_second": ("Elapsed Time (s)",),
    "voltage_volt": ("Potential (V)",),
    "current_ampere": ("Current (A)",),
    "frequency_hertz": ("Frequency (Hz)",),
    "real_impedance_ohm": ("Zre (ohms)",),
    "imaginary_impedance_ohm": ("Zim (ohms)",),
}
_NEEDED = ("test_time_second", "voltage_volt", "current_ampere")
#: What actions of these names measure; the first that is there gives the technique.
_TECHNIQUES = (
    ("cv", ("voltammetry",)),
    ("gcd", ("current", "galvano", "charge", "cycling", "potentio", "potential")),
    ("ocv", ("open circuit",)),
)
_UNSAID = (0.0, 1.0)  # what the program writes for a mass [g] and an area [cm2] that nobody gave


@dataclass(frozen=True, slots=True)
class _Section:
    name: str
    first: int
    last: int  # line behind the last one
    closed: bool


def _is_par(given: Given) -> bool:
    text = beginning(given)
    return "Definition=Segment #" in text or ("<Application>" in text and "Name=VersaStudio" in text)


def _is_export(given: Given) -> bool:
    first = next((line for line in beginning(given).split("\n") if line.strip()), "")
    heading = [name.strip() for name in first.split("\t")]
    return all(name in heading for name in ("Potential (V)", "Current (A)", "Elapsed Time (s)", "Frequency (Hz)"))


def _read_par(given: Given) -> Measurement:
    text = text_of(given)
    sections = list(_sections(text))
    segments = [section for section in sections if _SEGMENT.match(section.name)]
    actions = [_settings(text, section) for section in sections if section.name.startswith("Action")]
    if not segments:
        binary = any("DataFormat=Binary" in line for line in text.lines)
        reason = "the data are stored in binary form" if binary else "there is no segment of data"
        raise text.error(len(text.lines) - 1, reason, "Save it from VersaStudio as text (Save New Data to Binary File: off).")
    parts = [part for section in segments if (part := _part(text, section)) is not None]
    block, heights = read_parts(text, parts, split=lambda line: line.split(","), decimal_comma=False)
    columns = dict(block.columns)
    if not block.height:
        raise text.error(len(text.lines) - 1, "the segments hold no rows")
    which = pl.Series(np.repeat(np.arange(len(parts)), heights))
    steps = runs(which, columns["segment"]) if "segment" in columns else runs(which)
    flags = tuple(_cut(text, sections, actions, steps.n_unique(), within_row=block.cut or len(parts) < len(segments)))
    table = {name: series for name, series in columns.items() if name != "segment"} | {"step_count": steps}
    technique = _technique(text, table, actions)
    used = _only_used(given, table)
    return measured(
        given,
        used,
        technique=technique,
        reader=_PAR,
        conditions=_conditions(text, sections, actions, technique),
        flags=(*flags, *inductive(used)),
        cell=_cell(actions),
    )


def _sections(text: Text) -> Iterator[_Section]:
    """The outermost sections; the last may be open at the end of the file."""
    name, first = "", 0
    for at, line in enumerate(text.lines):
        line = line.strip()
        opened = _OPENS.match(line) if not name else None
        if opened:
            name, first = opened[1], at + 1
        elif name and line == f"</{name}>":
            yield _Section(name, first, at, closed=True)
            name = ""
        elif _SEGMENT.match(name) and line.startswith("<"):
            raise text.error(at, f"<{name}> is not closed before {line[:20]}")
    if name:
        yield _Section(name, first, len(text.lines), closed=False)


def _settings(text: Text, section: _Section) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.lines[section.first : section.last])
    return {key.strip(): value.strip() for key, equals, value in pairs if equals}


def _part(text: Text, section: _Section) -> Part | None:
    """The rows of a segment; None where the file ends before them."""
    lines = range(section.first, section.last)
    start = next((at for at in lines if text.lines[at].startswith(_DEFINITION)), None)
    if start is None:
        if not section.closed:
            return None
        raise text.error(section.first, f"<{section.name}> has no line {_DEFINITION}")
    heading = [name.strip() for name in text.lines[start].removeprefix(_DEFINITION).split(",")]
    places = heading_places(text, start, heading, _COLUMNS)
    absent = [_COLUMNS[name][0] for name in _NEEDED if name not in places]
    if absent and start == len(text.lines) - 1 and not text.ended:
        return None
    if absent:
        raise text.error(start, f"there is no column {absent[0]}")
    rows = range(start + 1, section.last)
    # the beginning of a closing tag is no row
    if rows and not section.closed and text.lines[rows[-1]].startswith("<"):
        rows = rows[:-1]
    return Part(rows, places, (len(heading), len(heading) - 1))


def _cut(text: Text, sections: list[_Section], actions: list[dict[str, str]], found: int, *, within_row: bool) -> Iterator[Flag]:
    """Whether the file ends too early."""
    announced = sum(int(action["Segments"]) for action in actions if action.get("Segments", "").isdigit())
    open_ones = [section.name for section in sections if not section.closed]
    if within_row:
        yield truncated(WITHIN_ROW)
    elif open_ones:
        yield truncated(f"The section <{open_ones[0]}> is not closed.")
    elif found < announced:
        yield truncated(f"The settings announce {announced} segments, the file holds {found}.")
    elif not text.ended and text.lines[-1].strip() and not text.lines[-1].strip().endswith(">"):
        yield truncated("The last line has no end.")


def _technique(text: Text, table: Mapping[str, pl.Series], actions: list[dict[str, str]]) -> str:
    frequency = table.get("frequency_hertz")
    if frequency is not None and (frequency > 0).any():
        return "eis"
    names = [action.get("Name", "").lower() for action in actions]
    if frequency is None and any("eis" in name.split() for name in names):
        raise text.error(
            len(text.lines) - 1, "an impedance was measured and no segment has the column Frequency(Hz)", "Save the file anew."
        )
    return next((technique for technique, words in _TECHNIQUES if any(word in name for name in names for word in words)), "gcd")


def _only_used(given: Given, table: dict[str, pl.Series]) -> dict[str, pl.Series]:
    """Without the columns of impedance where no row has a frequency; the program writes them always."""
    parts = ("real_impedance_ohm", "imaginary_impedance_ohm")
    if "frequency_hertz" not in table or not (table["frequency_hertz"] > 0).any():
        return {name: series for name, series in table.items() if name not in ("frequency_hertz", *parts)}
    absent = [_COLUMNS[name][0] for name in parts if name not in table]
    if absent:
        raise ReadError(given.name, "names of the columns", f"there are frequencies and no column {absent[0]}", "Save the file anew.")
    return impedance_rows(table)


def _conditions(text: Text, sections: list[_Section], actions: list[dict[str, str]], technique: str) -> dict[str, Quantity | str]:
    said = {section.name: _settings(text, section) for section in sections if section.name in ("Instrument", "Experiment")}
    instrument, experiment = said.get("Instrument", {}), said.get("Experiment", {})
    conditions: dict[str, Quantity | str] = {
        "instrument": " ".join(filter(None, (instrument.get("Type"), instrument.get("SN")))),
        "start_local_time": " ".join(filter(None, (experiment.get("DateAcquired"), experiment.get("TimeAcquired")))),
        "comment": next((action["Comment"] for action in actions if action.get("Comment")), ""),
    }
    if technique == "cv":
        rates = {rate for action in actions if (rate := finite_number(action.get("Scan Rate (V/s)"))) is not None and rate > 0}
        if len(rates) == 1:
            conditions["scan_rate"] = Quantity(convert(rates.pop(), "V/s", "mV/s"), "mV/s")
    if mass := _stated(actions, "Mass (g)"):
        conditions["active_mass"] = Quantity(
            convert(mass, "g", "mg"), "mg", rule="as given to the program; of which electrode, it does not say"
        )
    return {name: value for name, value in conditions.items() if value != ""}


def _cell(actions: list[dict[str, str]]) -> CellRecord:
    area = _stated(actions, "Working Electrode Area (cm2)")
    return CellRecord(area=Quantity(area, "cm2")) if area else CellRecord()


def _stated(actions: list[dict[str, str]], key: str) -> float | None:
    values = [value for action in actions if (value := finite_number(action.get(key))) is not None]
    return next((value for value in values if value > 0 and value not in _UNSAID), None)


def _read_export(given: Given) -> Measurement:
    text = text_of(given)
    start = next((at for at, line in enumerate(text.lines) if line.strip()), None)
    if start is None:
        raise ReadError(given.name, "start of file", "there is no heading", "Export the measurement anew.")
    heading = [name.strip() for name in text.lines[start].split("\t")]
    places = heading_places(text, start, heading, _EXPORTED)
    absent = [_EXPORTED[name][0] for name in _EXPORTED if name not in places]
    if absent:
        raise text.error(start, f"there is no column {absent[0]}")
    named = len([name for name in heading if name])
    rows = range(start + 1, len(text.lines))
    block = read_block(text, rows, places, split=lambda line: line.split("\t"), widths=(named + 1, named))
    table = impedance_rows(block.columns)
    steps = runs(table["frequency_hertz"].is_not_null())
    technique = "eis" if table["frequency_hertz"].is_not_null().any() else "gcd"
    flags = (truncated(WITHIN_ROW),) if block.cut else ()
    return measured(given, _only_used(given, table | {"step_count": steps}), technique=technique, reader=_EXPORT, flags=flags)


FORMATS = (
    Format(_PAR, "VersaStudio (.par)", (".par",), _is_par, _read_par),
    Format(_EXPORT, "PARSTAT text export (.txt)", (".txt",), _is_export, _read_export),
)
