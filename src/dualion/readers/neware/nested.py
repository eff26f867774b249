"""Nested exports of Neware: rows of cycles, of their steps and of their records, each indented by one field more.

    Cycle Index, Chg. Cap.(Ah), ...                              1, 0.0226, ..., 1, 1, Rest, 00:00:20, ...
    , Step Index, Step Number, Step Type, Step Time, ...         , 2, 2, CC Chg, 00:02:51, ...
    , , DataPoint, Time, Total Time, Current(A), ...             , , 12, 00:00:00, 00:00:20, 0.50000, ...

The row of a cycle may go on with its first step, as above, or be filled with empty fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.errors import ReadError
from dualion.readers.format import Given
from dualion.readers.neware.columns import roles
from dualion.readers.texts.delimited import Cells, cells, fields
from dualion.readers.texts.headings import heading
from dualion.records.quantity import Flag

_LINES_OF_NAMES = 3
_RECORD, _STEP = r"^\s*{d}\s*{d}", r"^\s*{d}"
_AGAIN = "Copy or export the file anew."


def is_nested(lines: Sequence[str], delimiter: str) -> bool:
    """Whether lines are the three lines of names of a nested export."""
    if len(lines) < _LINES_OF_NAMES:
        return False
    cycle, step, record = (fields(line, delimiter) for line in lines[:_LINES_OF_NAMES])
    if len(step) < 2 or len(record) < 3 or not cycle[0] or step[0] or not step[1] or any(record[:2]) or not record[2]:
        return False
    named = roles([heading(name) for name in record])
    return "cycle" in roles([heading(cycle[0])]) and "step" in roles([heading(step[1])]) and {"record", "voltage", "current"} <= set(named)


def unfolded(given: Given, text: str, start: int, delimiter: str) -> tuple[Cells, dict[str, pl.Series]]:
    """The records of a nested export, and what they take from their cycles and steps.

    Parameters
    ----------
    given : Given
    text : str
        With line feeds.
    start : int
        Index [1] of the first character of the names.
    delimiter : str

    Returns
    -------
    Cells
        The records.
    dict of str to polars.Series, shape (n,) each
        Cycle, step, number and kind of the step, by role.

    Raises
    ------
    ReadError
        A row belongs to no step, or is damaged.
    """
    names = text[start:].split("\n", _LINES_OF_NAMES)
    lines = pl.Series(names.pop().split("\n") if len(names) > _LINES_OF_NAMES else [], dtype=pl.String)
    first_line = text.count("\n", 0, start) + _LINES_OF_NAMES + 1
    filled = lines.str.strip_chars(" \t" if delimiter != "\t" else " ") != ""
    record = lines.str.contains(_RECORD.format(d=f"\\{delimiter}"))
    step = ~record & lines.str.contains(_STEP.format(d=f"\\{delimiter}"))
    at = {
        kind: np.flatnonzero((mask & filled).to_numpy()) for kind, mask in (("record", record), ("step", step), ("cycle", ~record & ~step))
    }
    if not at["record"].size:
        raise ReadError(given.name, f"line {first_line}", "the export holds no records", "Export it with its records.")
    last_line = int(np.flatnonzero(filled.to_numpy())[-1])
    ended = lines[-1] == ""
    whole = ended or last_line != at["record"][-1]
    body = names[2] + "\n" + "\n".join(lines.gather(at["record"]).to_list()) + ("\n" if whole else "")
    table = cells(given, body, header=0, delimiter=delimiter, open_end=True)
    table = replace(table, lines=at["record"] + first_line)
    if not ended and last_line != at["record"][-1]:
        message = f"{given.name}: its last line is the head of a cycle or step, and is not ended: records after it are missing."
        table = replace(table, flags=(*table.flags, Flag("truncated", "warning", message)))
        at = {kind: where[where != last_line] for kind, where in at.items()}
    return table, _beside(given, table, lines, at, names=names, delimiter=delimiter, first_line=first_line)


def _beside(
    given: Given,
    table: Cells,
    lines: pl.Series,
    at: dict[str, NDArray[np.int64]],
    *,
    names: Sequence[str],
    delimiter: str,
    first_line: int,
) -> dict[str, pl.Series]:
    """Cycle and step of each record."""
    cycle_names, step_names = fields(names[0].rstrip(delimiter), delimiter), fields(names[1], delimiter)[1:]
    steps: list[tuple[int, int, list[str]]] = []  # line, cycle, fields
    heads = sorted([(int(line), "cycle") for line in at["cycle"]] + [(int(line), "step") for line in at["step"]])
    cycle: int | None = None
    for line, kind in heads:
        written = fields(lines[line], delimiter)
        if kind == "cycle":
            cycle = _integer(given, written[0], first_line + line)
            rest = written[len(cycle_names) :]
            if any(rest):
                steps.append((line, cycle, rest))
        elif cycle is None:
            raise ReadError(given.name, f"line {first_line + line}", "a step stands before the first cycle", _AGAIN)
        else:
            steps.append((line, cycle, written[1:]))
    starts = np.array([line for line, _, _ in steps], dtype=np.int64)
    rows = at["record"][: table.height]
    owner = np.searchsorted(starts, rows) - 1
    if not steps or owner[0] < 0:
        raise ReadError(given.name, f"line {first_line + int(rows[0])}", "a record stands before the first step", _AGAIN)
    place = roles([heading(name) for name in step_names])
    columns: dict[str, pl.Series] = {"cycle": pl.Series([cycle for _, cycle, _ in steps], dtype=pl.Int64)}
    for role in ("step", "number"):
        if role in place:
            values = [_integer(given, _field(written, place[role]), first_line + line) for line, _, written in steps]
            columns[role] = pl.Series(values, dtype=pl.Int64)
    if "type" in place:
        columns["type"] = pl.Series([_field(written, place["type"]) for _, _, written in steps], dtype=pl.String)
    return {role: values.gather(owner) for role, values in columns.items()}


def _field(written: Sequence[str], index: int) -> str:
    return written[index] if index < len(written) else ""


def _integer(given: Given, text: str, line: int) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ReadError(given.name, f"line {line}", f'"{text[:40]}" is not the number of a cycle or step', _AGAIN)
    return int(text)
