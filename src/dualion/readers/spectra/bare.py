"""Two or three columns of numbers without any heading: ``.xy`` patterns, Raman and other exports.

Nothing in such a file says what it is. It is read as technique ``spectrum`` with the columns ``abscissa`` and ``ordinate`` and the flag
``not_declared``, and no technique takes it, until the user states what it is (``measurement = "xrd"`` in ``dualion.toml``, ``--as xrd`` on
the command line); then its columns get their names, and the flag ``declared`` keeps what was stated. A third column is the standard
error of the second. Lines that begin with ``#``, ``;``, ``%``, ``!``, ``//`` or ``'`` are comments.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.spectra.meanings import MEANINGS, UnknownUnitError, meant
from dualion.readers.tables import measured
from dualion.readers.texts.blocks import WITHIN_ROW, Text, read_block, text_of, truncated
from dualion.readers.texts.decoding import beginning
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag

_READER = "bare-spectrum"
_COMMENT = ("#", ";", "%", "!", "'", "//")
_LEAST_ROWS = 8
_WIDTHS = (2, 3)
_NAMES = ("abscissa", "ordinate", "intensity_error")
_DECLARE = 'State what it is: measurement = "raman" (or xrd, ftir, xps, nexafs, xafs, saxs) in dualion.toml, or --as raman.'


def _recognises(given: Given) -> bool:
    text = beginning(given)
    lines = [line for line in text.split("\n") if line.strip() and not _is_comment(line)]
    if len(given.head) < len(given.data):
        lines = lines[:-1]
    rows = [_row(line) for line in lines]
    whole = rows[:-1] if rows and rows[-1] is None else rows  # the last line of a file may be cut
    return len(whole) >= _LEAST_ROWS and None not in whole and len({len(row) for row in whole if row is not None}) == 1


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(_COMMENT)


def _row(line: str) -> list[float] | None:
    fields = _split(line)
    try:
        return [float(field.replace(",", ".")) for field in fields] if len(fields) in _WIDTHS else None
    except ValueError:
        return None


def _split(line: str) -> list[str]:
    line = line.strip()
    separator = next((one for one in ("\t", ";") if one in line), None)
    if separator is None and "," in line and len(line.split()) == 1 and line.count(",") < len(_NAMES):
        separator = ","
    return [field.strip() for field in line.rstrip(separator).split(separator)] if separator else line.replace(", ", " ").split()


def _read(given: Given) -> Measurement:
    text = text_of(given)
    rows = [row for row, line in enumerate(text.lines) if line.strip() and not _is_comment(line)]
    width = len(_split(text.lines[rows[0]]))
    divided = _divided_by_commas(text, rows)
    places = {name: at for at, name in enumerate(_NAMES[:width])}
    block = read_block(text, rows, places, split=_split, widths=(width,), decimal_comma=not divided)
    flags = [truncated(WITHIN_ROW)] if block.cut else []
    comment = next((line.strip() for line in text.lines if _is_comment(line)), "")
    technique, columns, said = _as_declared(given, dict(block.columns))
    return measured(
        given, columns, technique=technique, reader=_READER, conditions={"comment": comment} if comment else {}, flags=(*flags, *said)
    )


def _divided_by_commas(text: Text, rows: Sequence[int]) -> bool:
    """Whether a comma stands between the numbers, so that it is in none of them."""
    some = [text.lines[row].strip() for row in rows[:_LEAST_ROWS]]
    return all(("\t" not in line and ";" not in line and len(line.split()) == 1) or ", " in line for line in some)


def _as_declared(given: Given, columns: dict[str, pl.Series]) -> tuple[str, dict[str, pl.Series], tuple[Flag, ...]]:
    """Technique, named columns and flags, by what the user states."""
    declared = given.declared
    if declared.measurement in (None, "spectrum"):
        return "spectrum", columns, (Flag("not_declared", "warning", f"No heading says what the columns are. {_DECLARE}"),)
    meaning = MEANINGS.get(declared.measurement or "")
    if meaning is None:
        reason = f'two or three columns without a heading cannot be read as "{declared.measurement}"'
        raise ReadError(given.name, "start of file", reason, "Write a line of names with units above the numbers.")
    try:
        named = meant(meaning, columns["abscissa"], columns["ordinate"], x_unit=declared.x_unit, y_unit=declared.y_unit)
    except UnknownUnitError as problem:
        raise ReadError(given.name, "start of file", "a unit is not known", f"{str(problem)[0].upper()}{str(problem)[1:]}.") from None
    if "intensity_error" in columns:
        ours = next(reversed(named))
        scale = meaning.ordinate(declared.y_unit)[1]
        if ours.startswith("intensity"):
            named["intensity_error"] = columns["intensity_error"] * scale
    said = ", ".join(
        f'{name} = "{value}"'
        for name, value in (("measurement", declared.measurement), ("x_unit", declared.x_unit), ("y_unit", declared.y_unit))
        if value
    )
    return meaning.technique, named, (Flag("declared", "note", f"The file does not say what it holds; it was stated: {said}."),)


FORMATS = (Format(_READER, "Columns of numbers without a heading", (".xy", ".txt", ".dat", ".csv"), _recognises, _read),)
