"""Scattering curves as text: two to four columns under a line of names.

    # q(1/A) I(1/cm/sr) u_c U(k=2)
    Q [nm^-1], I [a.u.], dI, dQ
    <X> <Y>

The line of names may be a comment. Columns are the scattering vector, the intensity, its standard error and the resolution; an expanded
uncertainty ``U(k=2)`` is divided by its k, and used where no standard error stands beside it. A name may carry a unit in brackets. ``<X>
<Y>`` says nothing: the unit of its first column must be declared (``x_unit = "1/angstrom"``), and may make it another measurement than
scattering (``measurement = "raman"``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import Format, Given
from dualion.readers.scattering.reduced import Reduced, measurement_of
from dualion.readers.spectra.meanings import MEANINGS, UnknownUnitError, meant
from dualion.readers.spectra.units import factor_to
from dualion.readers.tables import measured
from dualion.readers.texts.blocks import WITHIN_ROW, Text, read_block, text_of, truncated
from dualion.readers.texts.decoding import beginning
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag

_READER = "scattering-columns"
_COMMENT = ("#", "%", ";", "!", "//", "'")
_MOST_PREAMBLE = 200  # lines before the names
_LONGEST = 500  # characters of a line of names
_WIDTHS = (2, 3, 4, 5, 6)

_NAME = re.compile(r"<?(?P<name>[A-Za-zΑ-Ωα-ω_][\w'’]*)>?(?P<of>\s*\(\s*[qQ]\s*\))?\s*(?:[(\[{](?P<unit>[^()\[\]{}]*)[)\]}])?")
_BETWEEN = re.compile(r"[\s,;|/:]*")
_Q = ("q", "qvalue", "qvalues", "scatteringvector", "s_q", "q_a", "x")
_INTENSITY = ("i", "iq", "intensity", "int", "signal", "dsdw", "y")
_ERROR = (
    "u_c",
    "uc",
    "u",
    "di",
    "i_err",
    "ierr",
    "err",
    "error",
    "sigma",
    "std",
    "stderr",
    "idev",
    "ierror",
    "e",
    "uncertainty",
    "dy",
    "di_q",
)
_RESOLUTION = ("dq", "qdev", "sigma_q", "sigmaq", "q_err", "qerr", "dqx", "dx")
_EXPANDED = re.compile(r"\s*k\s*=\s*(\d+(?:\.\d+)?)\s*$")
_SILENT = ("x", "y")  # names that say nothing


@dataclass(frozen=True, slots=True)
class _Column:
    """A name of the heading, in lower case, and what stands in its brackets."""

    name: str
    unit: str | None

    @property
    def coverage(self) -> float | None:
        """The factor k [1] of an expanded uncertainty."""
        found = _EXPANDED.match(self.unit or "")
        return float(found[1]) if found and float(found[1]) > 0 else None


def _recognises(given: Given) -> bool:
    text = Text(given, tuple(beginning(given).split("\n")), ended=True)
    return _heading(text) is not None


def _heading(text: Text) -> tuple[int, tuple[_Column, ...]] | None:
    """Line and names of the heading; None where this is no table of scattering."""
    for at, line in enumerate(text.lines[:_MOST_PREAMBLE]):
        if not line.strip() or len(line) > _LONGEST:
            continue
        columns = _columns(line)
        if columns is not None and _numbers_follow(text, at, len(columns)):
            return at, columns
        if not line.lstrip().startswith(_COMMENT) and _is_row(line):
            return None
    return None


def _columns(line: str) -> tuple[_Column, ...] | None:
    """The names of a line: scattering vector and intensity first; None where it has others."""
    rest, found = line.strip().lstrip("#%;!/'\" ").rstrip('" '), []
    place = 0
    while place < len(rest):
        name = _NAME.match(rest, place)
        if name is None:
            return None
        found.append(_Column(name["name"].casefold(), None if name["unit"] is None else name["unit"].strip()))
        place = name.end()
        between = _BETWEEN.match(rest, place)
        place = between.end() if between else place
    if len(found) < _WIDTHS[0] or found[0].name not in _Q or found[1].name not in _INTENSITY:
        return None
    if (found[0].name in _SILENT) != (found[1].name in _SILENT):
        return None
    unit = found[0].unit
    return tuple(found) if not unit or factor_to(unit, "nm-1") is not None else None


def _numbers_follow(text: Text, heading: int, width: int) -> bool:
    """Whether the first line behind the heading that is no comment is a row of numbers."""
    for line in text.lines[heading + 1 :]:
        if line.strip() and not line.lstrip().startswith(_COMMENT):
            return _is_row(line) and width <= max(_WIDTHS)
    return False


def _is_row(line: str) -> bool:
    fields = _split(line)
    try:
        return len(fields) in _WIDTHS and all(float(one.replace(",", ".")) is not None for one in fields)
    except ValueError:
        return False


def _split(line: str, *, comma: bool | None = None) -> list[str]:
    """Fields between tabs, semicolons, commas or blanks; a comma divides where it stands alone between fields."""
    line = line.strip()
    separator = next((one for one in ("\t", ";") if one in line), None)
    divides = "," in line and len(line.split()) == 1 if comma is None else comma
    if separator is None and (divides or ", " in line):
        separator = ","
    fields = line.split(separator) if separator else line.split()
    return [field.strip() for field in fields if field.strip() or separator]


def _read(given: Given) -> Measurement:
    text = text_of(given)
    found = _heading(text)
    if found is None:
        raise ReadError(given.name, "start of file", "there is no line of names with q and I", 'Write one, such as "# q(1/nm) I(1/cm) dI".')
    line, names = found
    places = _places(text, line, names)
    lines = text.lines
    rows = [at for at in range(line + 1, len(lines)) if lines[at].strip() and not lines[at].lstrip().startswith(_COMMENT)]
    width = len(_split(lines[rows[0]]))
    if width < len(names):
        raise text.error(rows[0], f"this row has {width} fields, and the line of names {len(names)}")
    comma = all(("\t" not in one and ";" not in one) and "," in one for one in (lines[at] for at in rows[:8]))
    comma = comma and (len(lines[rows[0]].split()) == 1 or ", " in lines[rows[0]])
    block = read_block(text, rows, places, split=partial(_split, comma=comma), widths=_WIDTHS, decimal_comma=not comma)
    flags = [truncated(WITHIN_ROW)] if block.cut else []
    if width > len(names):
        flags.append(Flag("columns_ignored", "note", f"{width - len(names)} columns behind the named ones were left out."))
    return _named(given, dict(block.columns), names, line, tuple(flags))


def _places(text: Text, line: int, names: Sequence[_Column]) -> dict[str, int]:
    """Where q, the intensity, its error and the resolution stand."""
    places = {"q": 0, "intensity": 1}
    for kind, known in (("error", _ERROR), ("resolution", _RESOLUTION)):
        found = [at for at, one in enumerate(names[2:], start=2) if one.name in known]
        plain = [at for at in found if names[at].coverage is None]
        if len(plain) > 1:
            raise text.error(line, f'the column "{names[plain[0]].name}" stands there {len(plain)} times', "Leave one of them in the file.")
        if found:
            places[kind] = (plain or found)[0]
    return places


def _named(given: Given, columns: Mapping[str, object], names: Sequence[_Column], line: int, flags: tuple[Flag, ...]) -> Measurement:
    """The measurement, of scattering or of what is declared."""
    q, intensity, error, resolution = (columns.get(name) for name in ("q", "intensity", "error", "resolution"))
    if not isinstance(q, pl.Series) or not isinstance(intensity, pl.Series):
        raise ReadError(given.name, f"line {line + 1}", "there are no columns of numbers", "Export the curve anew.")
    kind = given.declared.measurement
    if names[0].name in _SILENT and kind not in (None, "saxs"):
        return _other(given, q, intensity, line=line, flags=flags)
    scale = next((one.coverage for one in names if one.name in _ERROR and one.coverage), 1.0)
    plain = any(one.name in _ERROR and one.coverage is None for one in names[2:])
    curve = Reduced(
        q,
        intensity,
        names[0].unit or None,
        names[1].unit or None,
        error=error / (1.0 if plain else scale) if isinstance(error, pl.Series) else None,
        resolution=resolution if isinstance(resolution, pl.Series) else None,
        where=f"line {line + 1}",
        flags=flags,
    )
    return measurement_of(given, curve, reader=_READER)


def _other(given: Given, x: object, y: object, *, line: int, flags: tuple[Flag, ...]) -> Measurement:
    """Columns without names as the user declares them."""
    declared = given.declared
    meaning = MEANINGS.get(declared.measurement or "")
    if meaning is None or not isinstance(x, pl.Series) or not isinstance(y, pl.Series):
        reason = f'columns named X and Y cannot be read as "{declared.measurement}"'
        raise ReadError(given.name, f"line {line + 1}", reason, "Write a line of names with units above the numbers.")
    try:
        columns = meant(meaning, x, y, x_unit=declared.x_unit, y_unit=declared.y_unit)
    except UnknownUnitError as problem:
        raise ReadError(given.name, f"line {line + 1}", "a unit is not known", f"{str(problem)[0].upper()}{str(problem)[1:]}.") from None
    note = Flag("declared", "note", f'The file does not say what it holds; it was stated: measurement = "{declared.measurement}".')
    return measured(given, columns, technique=meaning.technique, reader=_READER, flags=(*flags, note))


FORMATS = (Format(_READER, "Scattering curve as columns of text (q, I, error, resolution)", (".dat", ".txt", ".csv"), _recognises, _read),)
