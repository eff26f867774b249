"""Blocks of numbers between lines of text, as instruments write them: rows of one width under a heading.

A file that ends within a row is cut off, and what is left of that row may look like a number and be another one. So the last row of a
file that does not end its last line is left out, unless the row shows that it is whole: its last field is written with as many digits
before and behind the decimal point as in every row before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import Given
from dualion.readers.texts.decoding import Marks, decoded, marks_of, numbers
from dualion.records.quantity import Flag

_COPY = "Copy or export the file anew."
_ROWS_TO_TELL = 8  # rows before the last that show a fixed format
_LEAST_OF_SPECTRUM = 5  # points that show which sign is usual
_ROWS_COMPARED = 200
_ROWS_AT_A_TIME = 20_000
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Text:
    """The lines of a file.

    Parameters
    ----------
    given : Given
        For messages.
    lines : tuple of str, shape (n,)
        Without their ends.
    ended : bool
        Whether the last line has its end.
    """

    given: Given
    lines: tuple[str, ...]
    ended: bool

    def error(self, line: int, reason: str, hint: str = _COPY) -> ReadError:
        """A complaint about a line.

        Parameters
        ----------
        line : int
            [1] from zero.
        reason, hint : str
        """
        return ReadError(self.given.name, f"line {line + 1}", reason, hint)


@dataclass(frozen=True, slots=True)
class Block:
    """Columns of numbers.

    Parameters
    ----------
    columns : mapping of str to polars.Series of float64, shape (n,)
        By the names that were asked for; null where a number is missing.
    cut : bool
        Whether the file ends within the last row, which was left out.
    """

    columns: Mapping[str, pl.Series]
    cut: bool

    @property
    def height(self) -> int:
        """How many rows there are."""
        return max((len(column) for column in self.columns.values()), default=0)


def text_of(given: Given) -> Text:
    """The lines of a file, whatever its encoding and its line ends.

    Parameters
    ----------
    given : Given

    Returns
    -------
    Text

    Raises
    ------
    ReadError
        It is binary.
    """
    text = decoded(given)
    lines = text.split("\n")
    ended = lines[-1] == ""
    return Text(given, tuple(lines[:-1] if ended else lines), ended)


def heading_places(text: Text, line: int, heading: Sequence[str], wanted: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Where the wanted columns stand.

    Parameters
    ----------
    text : Text
    line : int
        [1] of the heading, for messages.
    heading : sequence of str
        Names of the columns in the file.
    wanted : mapping of str to sequence of str
        Our name, and the names that the file may use for it, the preferred one first.

    Returns
    -------
    dict of str to int
        Index of each wanted column that is there.

    Raises
    ------
    ReadError
        A wanted column stands there twice.
    """
    places: dict[str, int] = {}
    for name, spellings in wanted.items():
        found = next((spelling for spelling in spellings if spelling in heading), None)
        if found is None:
            continue
        if heading.count(found) > 1:
            raise text.error(line, f'the column "{found}" stands there {heading.count(found)} times', "Leave one of them in the file.")
        places[name] = heading.index(found)
    return places


def read_block(
    text: Text,
    rows: Sequence[int],
    places: Mapping[str, int],
    *,
    split: Callable[[str], list[str]],
    widths: Sequence[int],
    decimal_comma: bool = True,
) -> Block:
    """Read the rows of a block.

    Parameters
    ----------
    text : Text
    rows : sequence of int, shape (n,)
        [1] their lines, counted from zero, in order; lines of nothing but white space are passed over.
    places : mapping of str to int
        Index of each wanted column within a row.
    split : callable
        A line into its fields.
    widths : sequence of int
        [1] numbers of fields that a row may have; all rows have that of the first.
    decimal_comma : bool
        Whether a comma may be part of a number.

    Returns
    -------
    Block

    Raises
    ------
    ReadError
        A row has another number of fields, or a field is no number; the line is named.
    """
    kept = [row for row in rows if text.lines[row].strip()]
    open_end = bool(kept) and not text.ended and kept[-1] == len(text.lines) - 1
    cut = open_end and not _whole([split(text.lines[row]) for row in kept[-_ROWS_COMPARED:]], widths, places)
    if cut:
        kept.pop()
    cells = _cells(text, kept, places, split=split, widths=widths)
    marks = marks_of(text.given, pl.concat([*cells.values()], rechunk=False)) if decimal_comma and cells else Marks()
    columns = {name: numbers(text.given, series, where=_where(kept, name), marks=marks) for name, series in cells.items()}
    return Block(columns, cut)


def _cells(
    text: Text, rows: Sequence[int], places: Mapping[str, int], *, split: Callable[[str], list[str]], widths: Sequence[int]
) -> dict[str, pl.Series]:
    """The wanted fields of rows that all have the width of the first; some rows at a time, as split lines are many times their text."""
    parts: dict[str, list[pl.Series]] = {name: [pl.Series([], dtype=pl.String)] for name in places}
    width = len(split(text.lines[rows[0]])) if rows else 0
    for start in range(0, len(rows), _ROWS_AT_A_TIME):
        some = rows[start : start + _ROWS_AT_A_TIME]
        fields = [split(text.lines[row]) for row in some]
        for row, found in zip(some, fields):
            if len(found) != width or width not in widths:
                wanted = width if width in widths else max(widths)
                raise text.error(row, f"this row has {len(found)} fields instead of {wanted}")
        for name, place in places.items():
            parts[name].append(pl.Series([found[place] for found in fields], dtype=pl.String))
    return {name: pl.concat(series).alias(name) for name, series in parts.items()}


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a file that are to be read.

    Parameters
    ----------
    rows : sequence of int, shape (n,)
        [1] their lines, counted from zero.
    places : mapping of str to int
        Index of each wanted column within a row.
    widths : tuple of int
        [1] numbers of fields that a row may have.
    """

    rows: Sequence[int]
    places: Mapping[str, int]
    widths: tuple[int, ...]


def read_parts(
    text: Text, parts: Sequence[Part], *, split: Callable[[str], list[str]], decimal_comma: bool = True
) -> tuple[Block, tuple[int, ...]]:
    """Read several parts of a file one after the other; those with the same columns are read at once.

    Parameters
    ----------
    text : Text
    parts : sequence of Part, shape (k,)
        In the order of the file.
    split : callable
        A line into its fields.
    decimal_comma : bool
        Whether a comma may be part of a number.

    Returns
    -------
    Block
        With all columns that a part has; null where another one does not have them.
    tuple of int, shape (k,)
        [1] rows of each part.

    Raises
    ------
    ReadError
        As of ``read_block``.
    """
    blocks = []
    for _, some in groupby(parts, key=lambda part: (tuple(part.places.items()), part.widths)):
        alike = list(some)
        rows = [row for part in alike for row in part.rows]
        blocks.append(read_block(text, rows, alike[0].places, split=split, widths=alike[0].widths, decimal_comma=decimal_comma))
    heights = [sum(bool(text.lines[row].strip()) for row in part.rows) for part in parts]
    cut = any(block.cut for block in blocks)
    if cut:
        last = max(at for at, height in enumerate(heights) if height)
        heights[last] -= 1
    names = dict.fromkeys(name for block in blocks for name in block.columns)
    frames = [pl.DataFrame(dict(block.columns)) for block in blocks if block.height]
    frame = pl.concat(frames, how="diagonal") if frames else pl.DataFrame(schema=dict.fromkeys(names, pl.Float64))
    return Block({name: frame[name] for name in frame.columns}, cut), tuple(heights)


def impedance_rows(columns: Mapping[str, pl.Series]) -> dict[str, pl.Series]:
    """The columns with frequency and impedance null where the frequency is not positive, as in rows of direct current.

    Parameters
    ----------
    columns : mapping of str to polars.Series, shape (n,)
        Canonical names, ``frequency_hertz`` [Hz] among them.

    Returns
    -------
    dict of str to polars.Series, shape (n,)
    """
    frame = pl.DataFrame(dict(columns))
    alternating = pl.col("frequency_hertz") > 0
    names = ("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm")
    frame = frame.with_columns(pl.when(alternating).then(pl.col(name)).alias(name) for name in names)
    return {name: frame[name] for name in frame.columns}


def inductive(columns: Mapping[str, pl.Series]) -> tuple[Flag, ...]:
    """A warning where most imaginary parts are positive although the file states them as such; they stay as they are.

    Parameters
    ----------
    columns : mapping of str to polars.Series, shape (n,)
        With ``imaginary_impedance_ohm`` [ohm], or without it.

    Returns
    -------
    tuple of Flag
        One or none.
    """
    given = columns.get("imaginary_impedance_ohm")
    imaginary = pl.Series([], dtype=pl.Float64) if given is None else given.drop_nulls()
    if len(imaginary) < _LEAST_OF_SPECTRUM or (imaginary > 0).sum() * 2 <= len(imaginary):
        return ()
    reason = "Most imaginary parts are positive, as of an inductance; they were kept as the file states them. Check the sign."
    return (Flag("impedance_sign", "warning", reason),)


def runs(*series: pl.Series) -> pl.Series:
    """Number of the run of rows in which none of some columns changes, from 1.

    Parameters
    ----------
    series : polars.Series, shape (n,) each

    Returns
    -------
    polars.Series of int64, shape (n,)
    """
    frame = pl.DataFrame([one.alias(str(at)) for at, one in enumerate(series)])
    changed = pl.any_horizontal(pl.all().ne_missing(pl.all().shift(1))).cast(pl.Int64)
    counted = frame.select(changed.cum_sum().alias("run"))["run"]
    return counted - counted[0] + 1 if len(counted) else counted


def truncated(why: str) -> Flag:
    """The flag of a file that ends too early.

    Parameters
    ----------
    why : str
        What is missing, as a sentence.

    Returns
    -------
    Flag
    """
    return Flag(
        "truncated", "warning", f"{why} The file seems to be cut off: copy it again from the instrument, or use what is here knowingly."
    )


#: Said where the last row was left out.
WITHIN_ROW = "The file ends within a row, which was left out."


def _whole(fields: Sequence[list[str]], widths: Sequence[int], places: Mapping[str, int]) -> bool:
    """Whether the last row, whose line has no end, shows that nothing of it is missing."""
    *before, last = fields
    if len(before) < _ROWS_TO_TELL or len(last) != len(before[-1]) or len(last) not in widths:
        return False
    shape = _shape(last[-1])
    fixed = {_shape(row[-1]) for row in before} == {shape}
    # digits of a whole number may always be missing
    return fixed and ("." in shape or "," in shape or len(last) - 1 not in places.values())


def _shape(field: str) -> str:
    return _DIGIT.sub("0", field.strip().lstrip("+-"))


def _where(rows: Sequence[int], name: str) -> Callable[[int], str]:
    return lambda at: f"line {rows[at] + 1}, {name}"
