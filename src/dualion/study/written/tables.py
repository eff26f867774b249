"""Reading ``claims.csv`` and ``derived.csv``: rows in, records and problems out."""

from __future__ import annotations

import csv
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from dualion.errors import SpecError
from dualion.records.files import did_you_mean, show, validate
from dualion.study.arithmetic.quantities import tolerance
from dualion.study.types import Claim, Derived
from dualion.study.written.schema_tables import ClaimRow, DerivedRow, printed_number

#: Limits of a table: [byte], rows, characters of a line.
LARGEST_TABLE = 64 * 1024**2
MOST_ROWS = 100_000
LONGEST_LINE = 100_000

#: Columns that a table may leave out.
_OPTIONAL = ("tolerance", "note", "software_use", "quote")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its number from 1, and its fields by column."""

    number: int
    fields: Mapping[str, str]

    @property
    def place(self) -> str:
        """How messages call it: ``row 101 (P070)``."""
        name = self.fields.get("id", "")
        return f"row {self.number} ({name if name.isalnum() else show(name)})" if name else f"row {self.number}"


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a table.

    Parameters
    ----------
    records : mapping of str to Claim
        Rows without a problem.
    rows : mapping of str to str
        Place of every row by its id, also of those with a problem: other files may name them.
    problems : tuple of str
    """

    records: Mapping[str, Claim]
    rows: Mapping[str, str]
    problems: tuple[str, ...]


def read_claims(path: Path, *, paper: bool) -> Claims:
    """Read ``claims.csv``.

    Parameters
    ----------
    path : Path
        Of the file.
    paper : bool
        Whether every row needs its location in a paper.
    """
    records: dict[str, Claim] = {}
    rows: dict[str, str] = {}
    problems: list[str] = []
    try:
        for row in _rows(path, tuple(ClaimRow.model_fields)):
            name = row.fields["id"]
            if name in rows:
                problems.append(f"{path.name}: {row.place}, id: stands in {rows[name]} as well. Give each claim its own id.")
                continue
            rows[name] = row.place
            try:
                records[name] = _claim(row, file=path.name, paper=paper)
            except SpecError as error:
                problems.extend(error.problems)
    except SpecError as error:
        problems.extend(error.problems)
    return Claims(records, rows, tuple(problems))


def read_derived(path: Path) -> tuple[Derived, ...]:
    """Read ``derived.csv``; a study without one has no derived numbers.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    if not path.exists():
        return ()
    records: dict[str, Derived] = {}
    problems: list[str] = []
    for row in _rows(path, tuple(DerivedRow.model_fields)):
        try:
            checked = validate(DerivedRow, dict(row.fields), file=path.name, within=row.place)
        except SpecError as error:
            problems.extend(error.problems)
            continue
        if checked.id in records:
            problems.append(f"{path.name}: {row.place}, id: stands in another row as well. Give each number its own id.")
        records[checked.id] = Derived(checked.id, checked.quantity, checked.expr, checked.value, checked.unit, int(checked.digits))
    if problems:
        raise SpecError(problems)
    return tuple(records.values())


def _claim(row: Row, *, file: str, paper: bool) -> Claim:
    checked = validate(ClaimRow, dict(row.fields), file=file, within=row.place)
    if paper and not checked.location:
        raise SpecError(f'{file}: {row.place}, location: missing. Write the section or caption, such as "Sec 3.2; Fig 2a".')
    claim = Claim(**{**checked.model_dump(), "value_num": printed_number(checked.value)})
    try:
        tolerance(claim)
    except SpecError as error:
        raise SpecError([f"{file}: {row.place}, {problem.removeprefix(f'{claim.id}, ')}" for problem in error.problems]) from None
    return claim


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    """Rows of a CSV file, one by one.

    Raises
    ------
    SpecError
        The file is missing, too large, not UTF-8 or not CSV, its header is not that of the table, or a row has another length.
    """
    name = path.name
    _refuse_unreadable(path)
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(_lines(file), strict=True)
            header = next(reader, [])
            _refuse_header(header, columns, name=name)
            for fields in reader:
                if not fields:
                    continue
                number += 1
                if number > MOST_ROWS:
                    raise SpecError(f"{name}: more than {MOST_ROWS} rows. Split the study.")
                row = Row(number, dict(zip(header, (field.strip() for field in fields), strict=False)))
                if len(fields) != len(header):
                    raise SpecError(
                        f"{name}: {row.place}: {len(fields)} fields, and the header has {len(header)}. Quote texts that hold a comma."
                    )
                yield row
    except UnicodeDecodeError:
        raise SpecError(f"{name}: not UTF-8 after row {number}. Save the file as UTF-8.") from None
    except csv.Error as error:
        raise SpecError(f"{name}: after row {number}: not CSV ({error}). Close every quote, and keep fields short.") from None
    except OSError as error:
        raise SpecError(f"{name}: cannot be read ({error.strerror}). Write a file of this name that you may read.") from None


def _refuse_unreadable(path: Path) -> None:
    """Size, kind and number of rows, before any row is looked at."""
    try:
        status = path.stat()
    except OSError:
        raise SpecError(f"{path.name}: missing. Write a file of this name that you may read.") from None
    if not stat.S_ISREG(status.st_mode):
        raise SpecError(f"{path.name}: not a file. Write a file of this name.")
    if status.st_size > LARGEST_TABLE:
        raise SpecError(f"{path.name}: {status.st_size} bytes are more than the {LARGEST_TABLE} that are read. Split the study.")
    if status.st_size < MOST_ROWS:
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            # the header is one row more; a broken file ends here and is named by the caller
            rows = sum(1 for _, fields in zip(range(MOST_ROWS + 2), csv.reader(_lines(file), strict=True), strict=False) if fields)
    except (OSError, UnicodeDecodeError, csv.Error):
        return
    if rows > MOST_ROWS + 1:
        raise SpecError(f"{path.name}: more than {MOST_ROWS} rows. Split the study.")


def _lines(file: TextIO) -> Iterator[str]:
    """Lines of a file, of which none is long enough to fill the memory."""
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise csv.Error(f"a line of {LONGEST_LINE} or more characters")
        if "\0" in line:
            raise csv.Error("a NUL")
        yield line


def _refuse_header(header: list[str], columns: tuple[str, ...], *, name: str) -> None:
    problems = [f"{name}: column {show(column)}: unknown. {did_you_mean(column, columns)}" for column in header if column not in columns]
    problems += [
        f"{name}: column {show(column)}: missing. Add it." for column in columns if column not in header and column not in _OPTIONAL
    ]
    problems += [
        f"{name}: column {show(column)}: stands twice. Remove one." for column in dict.fromkeys(header) if header.count(column) > 1
    ]
    if problems:
        raise SpecError(problems)
