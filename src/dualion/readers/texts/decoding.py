"""From bytes to text, and from text to numbers, in the ways in which instruments and spreadsheets write both.

Encodings are UTF-8, UTF-16 by its byte order mark, GB18030, Shift-JIS (cp932) and Latin-1. What is written in ASCII, and that is every
number, is the same in all of them but UTF-16; the choice decides how comments and signs such as the one of micro are read.

Numbers may have a decimal comma, and groups of three digits divided by a comma, a point, a space or an apostrophe. Which mark is which is
taken from all numbers of a file together; where they leave it open (``1,234`` and nothing else) the file is refused, because a guess would
be wrong by a factor of a thousand.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import HEAD_BYTES, Given

#: What stands for a number that is missing, in lower case.
MISSING = ("", "nan", "--", "---", "-", "n/a", "na", "null", "none", "#div/0!", "#n/a", "#value!", "#num!", "inf", "-inf", "+inf", "-nan")

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_TAIL = 3  # [byte] of a character that a cut may leave in UTF-8
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_PAIR = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")  # GB 2312
_HIGH = re.compile(rb"[\x80-\xff]")
_RUN = re.compile(rb"[\x80-\xff][\x80-\xff0-9]*[\x40-\x7e]?")  # what is not ASCII, with what may belong to it
_JAPANESE = re.compile(rb"[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]|[\xa1-\xdf]")  # JIS X 0208 in Shift-JIS, half-width kana
_CHINESE = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]|[\x81-\xfe][0-9][\x81-\xfe][0-9]")
_GROUPED = r"^[+-]?[1-9]\d{0,2}(?:[ \x{00A0}\x{202F}\x{2009}'’]\d{3})+(?:[.,]\d*)?$"
_GROUP_SIGNS = r"[ \x{00A0}\x{202F}\x{2009}'’]"
_COMMA_GROUPS = r"^[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?$"
_POINT_GROUPS = r"^[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?$"
_BOTH = r"\.\d{3},\d*$"
_UNDECIDED = r"^[+-]?[1-9]\d{0,2},\d{3}$"
_PADDED = r"^\s*[+-]?0\d"
_FEW = 0.01  # share of numbers
_COMMA_DECIMAL = r"^[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?$"


def looks_like_text(data: bytes) -> bool:
    """Whether bytes may be text: a byte order mark, or no control characters that text does not have."""
    return any(data.startswith(mark) for mark, _ in _MARKS) or _CONTROLS.search(data) is None


def encoding_of(data: bytes) -> str:
    """The encoding of some text.

    Parameters
    ----------
    data : bytes
        All of it: a sign at the end may decide.

    Returns
    -------
    str
        ``"utf-8"``, ``"utf-16-le"``, ``"utf-16-be"``, ``"gb18030"``, ``"cp932"`` or ``"latin-1"``.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    if data.isascii() or _is_utf8(data):
        return "utf-8"
    foreign = b"\n".join(_RUN.findall(data))
    outside = [_HIGH.search(pattern.sub(b"", foreign)) is None for pattern in (_PAIR, _JAPANESE, _CHINESE)]
    # bytes 80 to 9f are letters in Shift-JIS and GBK, and nothing in Latin-1
    double = re.search(rb"[\x80-\x9f]", foreign) is not None
    if outside[0]:
        return "gb18030"
    if double and outside[1] and _decodes(data, "cp932"):
        return "cp932"
    return "gb18030" if double and outside[2] and _decodes(data, "gb18030") else "latin-1"


def decoded(given: Given) -> str:
    """The text of a file, with every line ended by a line feed and without byte order mark.

    Parameters
    ----------
    given : Given

    Returns
    -------
    str

    Raises
    ------
    ReadError
        It is binary; the byte is named.
    """
    data = given.data
    encoding = encoding_of(data)
    if encoding.startswith("utf-16"):
        text = data[: len(data) // 2 * 2].decode(encoding, errors="replace").lstrip("\ufeff")
        found = text.find("\0")
        if found >= 0:
            raise _binary(given, 2 * found + 2)
    else:
        control = _CONTROLS.search(data)
        if control:
            raise _binary(given, control.start())
        text = data.decode(encoding, errors="ignore" if encoding == "utf-8" else "replace").removeprefix("\ufeff")
    return _with_line_feeds(text)


def beginning(given: Given) -> str:
    """The first part of a file as text, for recognition; empty where it is binary."""
    head = given.head
    if not looks_like_text(head):
        return ""
    try:
        return decoded(Given(given.name, head[: len(head) // 2 * 2] if len(given.data) > HEAD_BYTES else head, given.sha256))
    except ReadError:
        return ""


@dataclass(frozen=True, slots=True)
class Marks:
    """How the numbers of a file are written.

    Parameters
    ----------
    decimal : {".", ","}
    grouped : bool
        Whether commas divide groups of three digits. Where the comma is the decimal mark, points can do nothing else.
    """

    decimal: str = "."
    grouped: bool = False


def marks_of(given: Given, cells: pl.Series) -> Marks:
    """Which mark is the decimal one, from all numbers of a file together.

    Parameters
    ----------
    given : Given
        For the message.
    cells : polars.Series of str, shape (n,)
        Everything that is to be a number.

    Returns
    -------
    Marks

    Raises
    ------
    ReadError
        Every comma may be a decimal one or divide thousands, or both readings are needed at once.
    """
    commas = _without_group_signs(cells.filter(cells.str.contains(",", literal=True)).str.strip_chars())
    if commas.is_empty():
        return Marks()
    if commas.str.contains(_BOTH).any():
        return Marks(",")
    decimal, groups = commas.str.contains(_COMMA_DECIMAL), commas.str.contains(_COMMA_GROUPS)
    if (decimal & ~groups).any():
        return Marks(",")
    points = cells.str.contains(".", literal=True).any()
    if points or (groups & ~commas.str.contains(_UNDECIDED)).any():
        return Marks(".", grouped=True)
    reason = f'the comma in "{commas[0]}" may be a decimal mark, or divide thousands'
    raise ReadError(
        given.name, "first number with a comma", reason, "Export the file with decimal points and without dividers of thousands."
    )


def numbers(
    given: Given, cells: Sequence[str] | pl.Series, *, where: Callable[[int], str], marks: Marks | None = None, missing: Sequence[str] = ()
) -> pl.Series:
    """Texts as numbers.

    Parameters
    ----------
    given : Given
        For messages.
    cells : sequence or polars.Series of str, shape (n,)
    where : callable
        Position of the cell with an index, such as ``"line 12, column Voltage(V)"``.
    marks : Marks or None
        Those of the whole file; of these cells where None.
    missing : sequence of str
        What else stands for a missing number, in lower case.

    Returns
    -------
    polars.Series of float64, shape (n,)
        Null where a number is missing: empty, ``NaN``, ``--``, ``#DIV/0!`` and their like.

    Raises
    ------
    ReadError
        Something else is no number.
    """
    series = cells if isinstance(cells, pl.Series) else pl.Series(cells, dtype=pl.String)
    found = marks or marks_of(given, series.drop_nulls())
    values = series.cast(pl.Float64, strict=False)
    sure = values.is_finite().fill_null(value=False)
    _check_zeros(given, series, where)
    if found.decimal == ",":
        sure &= ~series.str.contains(".", literal=True).fill_null(value=False)
    if sure.all():
        return values
    at = np.flatnonzero(~sure.to_numpy())
    rest = series.gather(at).fill_null("").str.strip_chars()
    known = rest.str.to_lowercase().is_in([*MISSING, *missing])
    rest = rest.set(known, None)
    read = _plain(rest, found).cast(pl.Float64, strict=False)
    wrong = np.flatnonzero((rest.is_not_null() & ~read.is_finite().fill_null(value=False)).to_numpy())
    if wrong.size:
        shown = rest[int(wrong[0])][:40]
        raise ReadError(given.name, where(int(at[wrong[0]])), f'"{shown}" is not a number', "Copy or export the file anew.")
    return values.scatter(at, read)


def finite_number(written: str | None) -> float | None:
    """A number of a header; None where there is none, or none that is finite."""
    try:
        value = float(written or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _check_zeros(given: Given, cells: pl.Series, where: Callable[[int], str]) -> None:
    """Refuse ``036537`` where numbers do not begin with zeros: there was a decimal mark."""
    padded = cells.str.contains(_PADDED).fill_null(value=False)
    many = padded.sum()
    if 0 < many < _FEW * cells.len():
        row = int(padded.arg_max() or 0)
        raise ReadError(
            given.name, where(row), f'"{cells[row][:40]}" begins with a zero, as no other number does', "Copy or export the file anew."
        )


def _plain(cells: pl.Series, marks: Marks) -> pl.Series:
    """Numbers with a decimal point and without groups; what is not one becomes text that is none."""
    cells = _without_group_signs(cells)
    if marks.decimal == ",":
        groups = cells.str.contains(_POINT_GROUPS).fill_null(value=False)
        cells = cells.zip_with(~groups, cells.str.replace_all(".", "", literal=True))
        decimal = cells.str.contains(_COMMA_DECIMAL).fill_null(value=False)
        points = cells.str.replace(".", "?", literal=True)
        return points.zip_with(~decimal, cells.str.replace(",", ".", literal=True))
    if marks.grouped:
        return cells.zip_with(~cells.str.contains(_COMMA_GROUPS).fill_null(value=False), cells.str.replace_all(",", "", literal=True))
    return cells


def _without_group_signs(cells: pl.Series) -> pl.Series:
    grouped = cells.str.contains(_GROUPED).fill_null(value=False)
    return cells.zip_with(~grouped, cells.str.replace_all(_GROUP_SIGNS, ""))


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _is_utf8(data: bytes) -> bool:
    """Whether bytes are UTF-8, but for a last character that may be cut."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and error.end == len(data) and len(data) - error.start <= _TAIL
    return True


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _binary(given: Given, position: int) -> ReadError:
    return ReadError(given.name, f"byte {position}", "a text file has no such character", "The file is damaged, or is no text file.")
