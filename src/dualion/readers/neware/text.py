"""Neware's exports: csv in two layouts, and workbooks (.xlsx) with the same tables in one or many sheets.

Flat: one line of names, one row for each record, with the cycle and the step in columns of their own (BTS 8 and later: ``DataPoint,
Cycle Index, Step Index, Step Type, Time, Total Time, Current(A), Voltage(V), ...``; before it ``Record Index, Status, Cycle, Step,
Cur(mA), ...``). Nested: three lines of names, the second and third indented by one and two fields; a row of a cycle, then rows of its
steps, each followed by its records. A row of a cycle may go on with its first step. Workbooks: every sheet with a line of such names, in
the order of their records; a sheet that is called by the number of a cycle gives the cycle where no column does.

``Time`` is that of the step. Where no column has the time of the test, it is put together from the times of the steps, and the flag
``time_from_steps`` says that pauses between steps are missing. Dates have no time zone and are kept as text among the conditions.
Capacity and energy of the step become signed, from the columns of charge and discharge where there are any, else from the kind of the
step. Columns are found by name and never by the form of the first rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from dualion.errors import ReadError
from dualion.readers.format import HEAD_BYTES, Format, Given
from dualion.readers.neware.columns import Export, measurement_of, roles
from dualion.readers.neware.nested import is_nested, unfolded
from dualion.readers.texts.decoding import beginning, decoded
from dualion.readers.texts.delimited import MOST_COLUMNS, Cells, cells, delimiter_of, fields
from dualion.readers.texts.headings import Heading, heading
from dualion.records.measurement import Measurement

_VERSION = 1
_MOST_PREAMBLE = 20  # lines before the names
_LINES_OF_NAMES = 3


def _recognises(given: Given) -> bool:
    return found(beginning(given)) is not None


def found(text: str) -> tuple[int, str, bool] | None:
    """Where the lines of names of an export begin, what divides them, and whether they are nested.

    Parameters
    ----------
    text : str
        The beginning of a file, with line feeds.

    Returns
    -------
    tuple of int, str, bool, or None
        Index [1] of a character; None where the text is no export.
    """
    start = 0
    for _ in range(_MOST_PREAMBLE):
        end = text.find("\n", start)
        if end < 0:
            return None
        delimiter = delimiter_of(text[start:end])
        if delimiter is not None and text.count(delimiter, start, end) < MOST_COLUMNS:
            lines = text[start : start + HEAD_BYTES].split("\n", _LINES_OF_NAMES)[:_LINES_OF_NAMES]
            if is_nested(lines, delimiter):
                return start, delimiter, True
            if is_export(fields(lines[0], delimiter)):
                return start, delimiter, False
        start = end + 1
    return None


def is_export(names: Sequence[str]) -> bool:
    """Whether names of columns are those of an export: record, time, step, voltage and current, as the vendor writes them."""
    place = roles([heading(name) for name in names])
    if not ({"record", "voltage", "current"} <= set(place) and {"time", "total"} & set(place) and {"step", "type"} & set(place)):
        return False
    # other vendors write Data_Point and Current/mA, and count capacity from the beginning of the cycle
    return "_" not in names[place["record"]] and all(names[place[role]].endswith((")", "）")) for role in ("voltage", "current"))


def _read(given: Given) -> Measurement:
    return read_text(given, decoded(given), reader="neware-csv")


def read_text(given: Given, text: str, *, reader: str, cycle: int | None = None) -> Measurement:
    """An export as text to a measurement.

    Parameters
    ----------
    given : Given
        For name and digest.
    text : str
        With line feeds.
    reader : str
        Name of the format.
    cycle : int or None
        [1] of all rows, where no column has it.

    Returns
    -------
    Measurement

    Raises
    ------
    ReadError
        A row is damaged, or a column that is needed is missing.
    """
    return measurement_of(given, [table_of(given, text, cycle=cycle)], reader=reader, version=_VERSION)


def table_of(given: Given, text: str, *, cycle: int | None = None) -> Export:
    """The table of an export as text.

    Parameters
    ----------
    given : Given
    text : str
        With line feeds.
    cycle : int or None
        [1] of all rows, where no column has it.

    Returns
    -------
    Export

    Raises
    ------
    ReadError
        A row is damaged, or a column that is needed is missing.
    """
    place = found(text)
    if place is None:
        raise ReadError(given.name, "line 1", "the names of the columns are not those of an export", "Export the records anew.")
    start, delimiter, nested = place
    if nested:
        table, beside = unfolded(given, text, start, delimiter)
    else:
        table, beside = cells(given, text, header=start, delimiter=delimiter, open_end=True), {}
    return Export(table, _headings(table), beside, cycle)


def _headings(table: Cells) -> tuple[Heading, ...]:
    return tuple(heading(name) for name in table.names)


FORMATS = (Format("neware-csv", "Neware export (.csv)", (".csv", ".txt"), _recognises, _read, _VERSION),)
