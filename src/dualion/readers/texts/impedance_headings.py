"""Headings of impedance tables: which column is frequency, real and imaginary part, with which sign and in which unit."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dualion.readers.texts.blocks import Text

_HEADING_LINES = 400  # most lines before a heading
_MOST_COLUMNS = 256
_LONGEST_NAME = 80  # letters
_SEPARATORS = ("\t", ";", ",")

_FREQUENCY = {"Hz": 1.0, "hz": 1.0, "mHz": 1e-3, "kHz": 1e3, "MHz": 1e6}
_ANGULAR = {"rad/s": 1 / math.tau, "rads-1": 1 / math.tau, "s-1": 1 / math.tau, "1/s": 1 / math.tau}
_OHM = {"ohm": 1.0, "ohms": 1.0, "Ohm": 1.0, "Ohms": 1.0, "OHM": 1.0, "Ω": 1.0, "mohm": 1e-3, "mOhm": 1e-3, "mΩ": 1e-3}
_OHM |= {"kohm": 1e3, "kOhm": 1e3, "kΩ": 1e3, "Mohm": 1e6, "MOhm": 1e6, "MΩ": 1e6}
#: Our name of each column, and what a file may call it, in lower case and without spaces.
NAMES = {
    "frequency_hertz": ("f", "freq", "frequency", "omega", "ω", "angularfrequency"),
    "real_impedance_ohm": ("z'", "zs'", "z'(a)", "re(z)", "rez", "zre", "zreal", "real(z)", "realz", "zr", "re", "real", "realimpedance"),
    "imaginary_impedance_ohm": (
        "z''", "zs''", "z''(b)", "im(z)", "imz", "zim", "zimag", "zimg", "imag(z)", "imagz", "zi", "im", "imag", "imaginaryimpedance",
    ),
}  # fmt: skip
_ANGULAR_NAMES = ("omega", "ω", "angularfrequency")
_UNIT = re.compile(r"^(?P<name>.*?[^\s/\[({_])[\s_]*(?:\[(?P<square>[^\]]*)\]|\((?P<round>[^()]*)\)|/\s*(?P<slash>[^/\s]+(?:/s)?))?$")


@dataclass(frozen=True, slots=True)
class HeadingColumn:
    """What a heading says of a column.

    Parameters
    ----------
    name : str
        Our name of the quantity.
    minus : bool
        Whether the file holds minus it.
    unit : str
        As written; empty where there is none.
    angular : bool
        Whether the name is that of an angular frequency.
    """

    name: str
    minus: bool
    unit: str
    angular: bool


@dataclass(frozen=True, slots=True)
class Heading:
    """The line that names the columns.

    Parameters
    ----------
    line : int
        [1] counted from zero.
    split : callable
        A row into its fields.
    columns : tuple of HeadingColumn or None
        None for a column that is not needed.
    comma : bool
        Whether a comma may be part of a number.
    """

    line: int
    split: Callable[[str], list[str]]
    columns: tuple[HeadingColumn | None, ...]
    comma: bool


def impedance_heading(text: Text) -> Heading | None:
    """The first line that names frequency, real and imaginary part; None where there is none.

    Parameters
    ----------
    text : Text
    """
    for at, line in enumerate(text.lines[:_HEADING_LINES]):
        if "z" not in line.lower() and "im" not in line.lower():
            continue
        for separator in (*_SEPARATORS, None):
            fields = by_space(line) if separator is None else line.lstrip("#% ").split(separator)
            columns = tuple(_column(field) for field in fields[:_MOST_COLUMNS])
            if {column.name for column in columns if column is not None} == set(NAMES):
                return Heading(at, _splitter(text, at, separator), columns, comma=separator != ",")
    return None


def _splitter(text: Text, line: int, separator: str | None) -> Callable[[str], list[str]]:
    """How the rows are divided: as the heading is, or by white space."""
    if separator is not None and any(separator in row for row in text.lines[line + 1 :] if row.strip()):
        return lambda row: row.split(separator)
    return by_space


def by_space(line: str) -> list[str]:
    """The words of a line."""
    return line.split()


def _column(field: str) -> HeadingColumn | None:
    if len(field) > _LONGEST_NAME:
        return None
    field = re.sub(r'^"(.*)"$', r"\1", field.strip()).strip().replace("′", "'").replace("″", "''").replace("−", "-").replace("Ω", "Ω")
    whole = _name(field)
    if whole is not None:
        return HeadingColumn(whole[0], whole[1], "", whole[2])
    found = _UNIT.match(field)
    if found is None:
        return None
    known = _name(found["name"])
    unit = next((found[kind] for kind in ("square", "round", "slash") if found[kind] is not None), "")
    return None if known is None else HeadingColumn(known[0], known[1], unit.strip(), known[2])


def _name(words: str) -> tuple[str, bool, bool] | None:
    """Quantity, whether it is minus it, whether it is angular."""
    plain = re.sub(r"[\s_.]", "", words).lower().replace('"', "''")
    minus = plain.startswith(("-", "minus", "neg"))
    plain = re.sub(r"^(-|minus|neg(ative)?)", "", plain)
    if plain.startswith("(") and plain.endswith(")"):
        plain = plain[1:-1]
    for name, spellings in NAMES.items():
        if plain in spellings and not (minus and name != "imaginary_impedance_ohm"):
            return name, minus, plain in _ANGULAR_NAMES
    return None


def unit_row(text: Text, heading: Heading, rows: Sequence[int]) -> list[str]:
    """Units in the row below the names; empty where they are not there.

    Parameters
    ----------
    text : Text
    heading : Heading
    rows : sequence of int
        [1] lines below the heading, counted from zero.
    """
    fields = [field.strip().strip("[]()") for field in heading.split(text.lines[rows[0]])] if rows else []
    known = {**_FREQUENCY, **_ANGULAR, **_OHM}
    return fields if len(fields) >= len(heading.columns) and sum(field in known for field in fields) >= len(NAMES) else []


def factor_of(text: Text, line: int, column: HeadingColumn, unit: str) -> float:
    """The factor to our unit.

    Parameters
    ----------
    text : Text
    line : int
        [1] of the heading, for messages.
    column : HeadingColumn
    unit : str
        Empty where there is none: then Hz, rad/s or ohm.

    Returns
    -------
    float
        [1] without the sign.

    Raises
    ------
    ReadError
        The unit is not known.
    """
    if column.name != "frequency_hertz":
        table, usual = _OHM, "ohm"
    else:
        table, usual = (_ANGULAR, "rad/s") if column.angular else (_FREQUENCY | _ANGULAR, "Hz")
    key = unit.replace(" ", "").replace("^", "").replace("·", "").replace("⁻¹", "-1") or usual
    if key not in table:
        raise text.error(line, f'"{unit}" is not a unit that is known for {column.name}', f"Known are: {', '.join(table)}.")
    return table[key]
