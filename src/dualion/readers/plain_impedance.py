"""Impedance spectra as text: ZView ``.z``, and tables of frequency, real and imaginary part.

ZView files begin with ``ZPLOT2 ASCII``, ``ZPlotW`` or ``Z60W``; their columns Z' and Z'' are the parts themselves, and they say how many
points there are.

A plain table is known by its heading, wherever it stands: lines before it are passed over. Its names give the quantity, the sign and the
unit of each column: ``Z''`` and ``Im(Z)`` are the imaginary part itself, ``-Z''`` and ``-Im(Z)`` are minus it and are turned, with a note
(``impedance_sign``). An angular frequency is divided by 2 pi. A column without unit is taken in Hz or ohm, with the flag
``units_assumed``; an unknown unit, such as ohm cm2, is refused.

A table without any heading is taken for a spectrum if it has three columns and the first is positive and evenly spaced on a logarithmic
scale. Its sign is not stated: more positive than negative values in the third column are taken for minus the imaginary part, because a
cell is capacitive; a warning says so. Where a heading states the sign and the values contradict it, they stay, with a warning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import polars as pl

from dualion.readers.format import Format, Given
from dualion.readers.tables import measured
from dualion.readers.texts.blocks import WITHIN_ROW, Block, Text, heading_places, impedance_rows, inductive, read_block, text_of, truncated
from dualion.readers.texts.decoding import beginning
from dualion.readers.texts.impedance_headings import NAMES, Heading, by_space, factor_of, impedance_heading, unit_row
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag, Quantity

_ZVIEW = "zview"
_PLAIN = "plain-impedance"

_ZVIEW_FIRST = re.compile(r'"?\s*(ZPLOT2? ASCII|(ZPlotW?|Z60W?) Data File)', re.IGNORECASE)
_ZVIEW_COLUMNS = {
    "test_time_second": ("Time(Sec)",),
    "frequency_hertz": ("Freq(Hz)", "Freq (Hz)"),
    "real_impedance_ohm": ("Z'(a)",),
    "imaginary_impedance_ohm": ("Z''(b)",),
}
_POINTS = re.compile(r"\s*Data Points:\s*(\d+)\s*$")
_END = "End Comments"

_LEAST_ROWS = 5  # of a table without heading
_EVEN = 0.2  # relative deviation of a logarithmic step from the median step
_EVEN_SHARE = 0.8  # of the steps


def _is_zview(given: Given) -> bool:
    text = beginning(given)
    first = next((line for line in text.split("\n") if line.strip()), "")
    return _ZVIEW_FIRST.match(first) is not None or (_END in text and "Z'(a)" in text)


def _read_zview(given: Given) -> Measurement:
    text = text_of(given)
    named = next((at for at, line in enumerate(text.lines) if "Freq" in line and "Z'(a)" in line), None)
    if named is None:
        raise text.error(len(text.lines) - 1, "there is no line of names with Freq(Hz) and Z'(a)", "Save the file from ZView anew.")
    ends = [at for at, line in enumerate(text.lines) if line.strip() == _END and at > named]
    first = (ends[0] if ends else named) + 1
    heading = re.split(r"\t|\s{2,}", text.lines[named].strip().strip('"').strip())
    heading = [name.strip() for name in heading]
    places = heading_places(text, named, heading, _ZVIEW_COLUMNS)
    absent = [spelling[0] for name, spelling in _ZVIEW_COLUMNS.items() if name not in places and name != "test_time_second"]
    if absent:
        raise text.error(named, f"there is no column {absent[0]}")
    rows = range(first, len(text.lines))
    comma = any("," in text.lines[row] and "\t" not in text.lines[row] for row in rows)
    split = (lambda line: line.split(",")) if comma else by_space
    block = read_block(text, rows, places, split=split, widths=(len(heading), len(heading) + 1), decimal_comma=not comma)
    announced = _announced(text, named)
    flags = list(inductive(block.columns))
    if block.cut or (announced is not None and block.height < announced):
        flags.append(truncated(WITHIN_ROW if block.cut else f"The file announces {announced} points and holds {block.height}."))
    return _measured(given, block, reader=_ZVIEW, flags=flags, conditions={})


def _announced(text: Text, named: int) -> int | None:
    """How many points there should be."""
    found = next((match for line in text.lines[: named + 1] if (match := _POINTS.match(line))), None)
    if found:
        return int(found[1])
    above = text.lines[named - 1].strip() if named else ""
    return int(above) if above.isdecimal() else None


def _is_plain(given: Given) -> bool:
    if given.declared.measurement not in (None, "eis"):
        return False
    text = Text(given, tuple(beginning(given).split("\n")), ended=True)
    return impedance_heading(text) is not None or _is_bare(text, whole=len(given.head) == len(given.data))


def _read_plain(given: Given) -> Measurement:
    text = text_of(given)
    heading = impedance_heading(text)
    if heading is None:
        return _read_bare(given, text)
    places: dict[str, int] = {}
    for at, column in enumerate(heading.columns):
        if column is not None:
            if column.name in places:
                raise text.error(heading.line, f"two columns are {column.name}", "Leave one of them in the file.")
            places[column.name] = at
    rows = [row for row in range(heading.line + 1, len(text.lines)) if not _is_comment(text.lines[row], heading)]
    units = unit_row(text, heading, rows)
    block = read_block(
        text,
        rows[1:] if units else rows,
        places,
        split=heading.split,
        widths=tuple(range(max(places.values()) + 1, len(heading.columns) + 2)),
        decimal_comma=heading.comma,
    )
    columns, flags = _in_our_units(text, heading, block, units)
    block = Block(columns, block.cut)
    flags += inductive(block.columns)
    if block.cut:
        flags.append(truncated(WITHIN_ROW))
    comment = next((line.strip() for line in text.lines[: heading.line] if line.strip()), "")
    return _measured(given, block, reader=_PLAIN, flags=flags, conditions={"comment": comment} if comment else {})


def _in_our_units(text: Text, heading: Heading, block: Block, units: Sequence[str]) -> tuple[dict[str, pl.Series], list[Flag]]:
    """The columns with our sign and unit, and what is to be said of them."""
    columns = dict(block.columns)
    flags: list[Flag] = []
    unsaid: list[str] = []
    for place, column in enumerate(heading.columns):
        if column is None:
            continue
        unit = units[place] if units else column.unit
        factor = factor_of(text, heading.line, column, unit)
        columns[column.name] = columns[column.name] * (-factor if column.minus else factor)
        if column.minus:
            flags.append(Flag("impedance_sign", "note", "The file holds minus the imaginary part, as its heading says; it was turned."))
        if not unit:
            unsaid.append(f"{column.name} (taken in {'rad/s' if column.angular else 'Hz' if column.name == 'frequency_hertz' else 'ohm'})")
    if unsaid:
        flags.append(Flag("units_assumed", "warning", f"The heading gives no unit for {', '.join(unsaid)}."))
    return columns, flags


def _is_comment(line: str, heading: Heading) -> bool:
    """Whether a line begins as a comment and has not the fields of a row: a spreadsheet's ``#DIV/0!`` is a missing number."""
    return line.lstrip().startswith(("#", "%")) and len(heading.split(line)) != len(heading.columns)


def _is_bare(text: Text, *, whole: bool) -> bool:
    """Whether lines without any heading are a spectrum."""
    lines = [line for line in text.lines if line.strip()]
    if not whole:
        lines = lines[:-1]
    rows = [_bare_row(line) for line in lines]
    if len(rows) < _LEAST_ROWS:
        return False
    # the last line of a file may be cut
    good = [row for row in (rows if rows[-1] is not None else rows[:-1]) if row is not None]
    if len(good) < len(rows) - 1 or len(good) < _LEAST_ROWS:
        return False
    frequency = np.array([row[0] for row in good])
    if not (np.isfinite(frequency) & (frequency > 0)).all():
        return False
    steps = np.diff(np.log(frequency))
    middle = np.median(steps)
    return bool(middle != 0 and np.mean(np.abs(steps - middle) <= _EVEN * abs(middle)) >= _EVEN_SHARE)


def _bare_row(line: str) -> list[float] | None:
    fields = _bare_split(line)
    try:
        return [float(field.replace(",", ".")) for field in fields] if len(fields) == len(NAMES) else None
    except ValueError:
        return None


def _bare_split(line: str) -> list[str]:
    line = line.strip()
    separator = next((one for one in ("\t", ";") if one in line), None)
    if separator is None and line.count(",") == len(NAMES) - 1 and len(line.split()) < len(NAMES):
        separator = ","
    return [field.strip() for field in line.split(separator)] if separator else line.replace(", ", " ").split()


def _read_bare(given: Given, text: Text) -> Measurement:
    places = {name: at for at, name in enumerate(NAMES)}
    rows = range(len(text.lines))
    divided = any(line.count(",") >= len(NAMES) - 1 and not {"\t", ";"} & set(line) for line in text.lines)
    block = read_block(text, rows, places, split=_bare_split, widths=(len(NAMES),), decimal_comma=not divided)
    columns = dict(block.columns)
    imaginary = columns["imaginary_impedance_ohm"]
    turned = (imaginary > 0).sum() * 2 > len(imaginary.drop_nulls())
    if turned:
        columns["imaginary_impedance_ohm"] = -imaginary
    way = (
        "taken for minus the imaginary part, because most are positive,"
        if turned
        else "taken for the imaginary part, because most are negative,"
    )
    flags = [
        Flag(
            "impedance_sign", "warning", f"No heading states the sign of the third column; its values were {way} as a cell is capacitive."
        ),
        Flag("units_assumed", "warning", "No heading gives units; Hz and ohm were taken."),
    ]
    if block.cut:
        flags.append(truncated(WITHIN_ROW))
    return _measured(given, Block(columns, block.cut), reader=_PLAIN, flags=flags, conditions={})


def _measured(given: Given, block: Block, *, reader: str, flags: Sequence[Flag], conditions: dict[str, Quantity | str]) -> Measurement:
    table: dict[str, pl.Series] = impedance_rows(block.columns)
    return measured(given, table, technique="eis", reader=reader, conditions=conditions, flags=flags)


FORMATS = (
    Format(_ZVIEW, "ZView spectrum (.z)", (".z",), _is_zview, _read_zview),
    Format(_PLAIN, "Impedance table (frequency, Z', Z'')", (".txt", ".csv", ".dat"), _is_plain, _read_plain),
)
