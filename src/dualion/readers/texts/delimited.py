"""Tables of delimited text: one line of names, then one line for each row, all with the same number of fields.

A row in the middle with another number of fields is damage, and is refused with its line. A last row that is cut is dropped, and the flag
``truncated`` says so: a number cut in half looks like a number. A file may lack the line break at its end without being cut; then the last
row is kept if its last field has the form that this field has in the rows before.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.errors import ReadError
from dualion.readers.format import Given
from dualion.readers.texts.decoding import Marks, marks_of, numbers
from dualion.records.quantity import Flag, Severity

#: Most columns [1] of a table; cycler exports have up to some sixty.
MOST_COLUMNS = 1000
DELIMITERS = ("\t", ";", ",", "|")
_DIVIDER = "\x1f"  # the ASCII sign for it, which no text file has

#: Rows [1] before the last one whose last field shows its form.
_ROWS_OF_FORM = 20
_DECIMALS = re.compile(r"[+-]?\d+[.,](?P<decimals>\d+)(?:[eE][+-]?(?P<power>\d+))?$")
_SHOWN = 40  # characters of a name in a message
_AGAIN = "Copy or export the file anew."


@dataclass(frozen=True, slots=True)
class Cells:
    """The fields of a table, as text.

    Parameters
    ----------
    given : Given
    names : tuple of str
        As in the file.
    frame : polars.DataFrame
        Columns ``"0"``, ``"1"``, ... of strings, one for each name; null where nothing is written.
    first_line : int
        [1] of the file, at which the rows begin.
    flags : tuple of Flag
        ``truncated``.
    lines : array of int, shape (n,), or None
        [1] line of the file of each row, where they do not follow each other.
    """

    given: Given
    names: tuple[str, ...]
    frame: pl.DataFrame
    first_line: int
    flags: tuple[Flag, ...] = ()
    lines: NDArray[np.int64] | None = None

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.frame.height

    def text(self, index: int) -> pl.Series:
        """A column as text without spaces around it."""
        return self.frame[str(index)].str.strip_chars()

    def where(self, index: int, row: int) -> str:
        """Position of a field, for messages."""
        line = self.first_line + row if self.lines is None else int(self.lines[row])
        return f'line {line}, column "{self.names[index][:_SHOWN]}"'

    def marks(self, indices: Sequence[int]) -> Marks:
        """The decimal mark, from all columns that are to be numbers."""
        found = [self.frame[str(index)] for index in indices]
        return marks_of(self.given, pl.concat([one.rename("") for one in found])) if found else Marks()

    def numbers(self, index: int, marks: Marks) -> pl.Series:
        """A column as numbers, null where one is missing."""
        return numbers(self.given, self.frame[str(index)], where=lambda row: self.where(index, row), marks=marks)


def fields(line: str, delimiter: str) -> list[str]:
    """The fields of one line, without quotes and spaces around them."""
    if '"' in line:
        return [one.strip() for one in next(csv.reader([line], delimiter=delimiter, strict=False), [])]
    return [one.strip() for one in line.split(delimiter)]


def delimiter_of(line: str) -> str | None:
    """The delimiter that divides a line of names into most fields; None where none divides it."""
    counts = {one: line.count(one) for one in DELIMITERS}
    best = max(DELIMITERS, key=lambda one: counts[one])
    return best if counts[best] else None


def cells(given: Given, text: str, *, header: int, delimiter: str, wanted: Sequence[int] | None = None, open_end: bool = False) -> Cells:
    """The table whose line of names begins somewhere in a text.

    Parameters
    ----------
    given : Given
    text : str
        With line feeds.
    header : int
        Index [1] of the first character of the line of names.
    delimiter : str
        One character.
    wanted : sequence of int or None
        Columns [1] to keep, in order; all where None.
    open_end : bool
        Whether the program that wrote it never ends its last line.

    Returns
    -------
    Cells

    Raises
    ------
    ReadError
        Too many columns, no rows, or a row with another number of fields.
    """
    end = text.find("\n", header)
    line = text[header:] if end < 0 else text[header:end]
    if line.count(delimiter) >= MOST_COLUMNS:
        reason = f"the table has {line.count(delimiter) + 1} columns, and {MOST_COLUMNS} are allowed"
        raise ReadError(given.name, f"line {_line_at(text, header)}", reason, "Export the columns that are needed only.")
    names, body = fields(line, delimiter), "" if end < 0 else text[end + 1 :]
    first = _line_at(text, header) + 1
    if "\n\n" in body or body.startswith("\n"):
        first += len(body) - len(body.lstrip("\n"))
        body = re.sub(r"\n[ \t]*(?=\n)", "", body.lstrip("\n"))
    body, delimiter = _without_quotes(given, body, delimiter, first)
    body, flags = _whole_rows(given, body, delimiter=delimiter, first=first, open_end=open_end)
    width = body[: body.find("\n")].count(delimiter) + 1
    names = _as_wide(given, names, width, body[: body.find("\n")].split(delimiter), first)
    return Cells(given, tuple(names), _split(body, delimiter, width, wanted), first, flags)


def _split(body: str, delimiter: str, width: int, wanted: Sequence[int] | None) -> pl.DataFrame:
    return pl.read_csv(
        body.encode(),
        has_header=False,
        separator=delimiter,
        quote_char=None,
        schema={str(index): pl.String for index in range(width)},
        columns=None if wanted is None else list(wanted),
        infer_schema=False,
    )


def _whole_rows(given: Given, body: str, *, delimiter: str, first: int, open_end: bool) -> tuple[str, tuple[Flag, ...]]:
    """The rows that are whole, each ended by a line feed; a last one that is cut is dropped."""
    cut = ""
    if body and not body.endswith("\n"):
        last = body[body.rfind("\n") + 1 :]
        if not _ends_whole(body, last, delimiter):
            body, cut = body[: len(body) - len(last)], "its last line is cut, and was dropped"
        else:
            body += "\n"
            cut = "" if open_end else "its last line does not end with a line break, and looks whole: rows after it would be missing unseen"
    if not body or body.isspace():
        raise ReadError(given.name, f"line {first}", "the table has names and no rows", _AGAIN)
    raw = np.frombuffer(body.encode(), dtype=np.uint8)
    ends = np.flatnonzero(raw == ord("\n"))
    counts = np.diff(np.searchsorted(np.flatnonzero(raw == ord(delimiter)), ends), prepend=0) + 1
    other = np.flatnonzero(counts != counts[0])
    if other.size == 1 and other[0] == len(counts) - 1 and counts[-1] < counts[0]:
        body = body[: body.rfind("\n", 0, -1) + 1]
        cut = "its last line has too few fields, and was dropped"
    elif other.size:
        row = int(other[0])
        raise ReadError(given.name, f"line {first + row}", f"it has {counts[row]} fields, and the row before has {counts[0]}", _AGAIN)
    severity: Severity = "warning" if cut.endswith("dropped") else "note"
    return body, (Flag("truncated", severity, f"{given.name}: {cut}."),) if cut else ()


def _as_wide(given: Given, names: list[str], width: int, row: Sequence[str], line: int) -> list[str]:
    """Names as many as there are fields in a row: either may end with a delimiter too many."""
    spare = names[width:] if width < len(names) else row[len(names) :]
    if any(one.strip() for one in spare) or len(row) > len(names) + 1:
        reason = f"the rows have {width} fields, and the line of names has {len(names)}"
        raise ReadError(given.name, f"line {line}", reason, "Check delimiter and decimal mark, or export the file anew.")
    return names[:width] + [""] * (width - len(names))


def _ends_whole(body: str, last: str, delimiter: str) -> bool:
    """Whether a last line without line break has a last field of the form of those before."""
    before = body.rsplit("\n", _ROWS_OF_FORM + 1)[1:-1]
    if not before or last.count(delimiter) != before[-1].count(delimiter):
        return False
    field, others = last.split(delimiter)[-1].strip(), [line.split(delimiter)[-1].strip() for line in before]
    if not field:
        return not any(others)
    if any(one.isalpha() for one in field) and _DECIMALS.match(field) is None:
        return field in others and not any(one != field and one.startswith(field) for one in others)
    form = _form(field)
    return form is not None and all(_form(one) == form for one in others)


def _form(field: str) -> tuple[int, int] | None:
    """Number of digits behind the decimal mark and in the exponent; None where there are none that a cut would change."""
    found = _DECIMALS.match(field)
    return None if found is None else (len(found["decimals"]), len(found["power"] or ""))


def _without_quotes(given: Given, body: str, delimiter: str, first: int) -> tuple[str, str]:
    """The same rows without quotes, and what divides their fields then."""
    if '"' not in body:
        return body, delimiter
    rows = csv.reader(io.StringIO(body), delimiter=delimiter, strict=True)
    try:
        lines = [_DIVIDER.join(row).replace("\n", " ") for row in rows if row]
    except csv.Error as problem:
        raise ReadError(given.name, f"after line {first}", f"a field in quotes cannot be read ({problem})", _AGAIN) from None
    return "\n".join(lines) + ("\n" if body.endswith("\n") else ""), _DIVIDER


def _line_at(text: str, index: int) -> int:
    """Number of the line that holds a character, from 1."""
    return text.count("\n", 0, index) + 1
