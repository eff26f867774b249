"""What every verb prints: lines for people, one JSON object for programs, errors in the form of both."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dualion.errors import DualionError, ModelError, SpecError

#: Exit codes: done; a computation failed (the rest was finished); what was given cannot be used; stopped from the keyboard.
DONE, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130


def emit(document: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output."""
    import json

    print(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


def say(lines: Iterable[str]) -> None:
    """Print lines on standard output."""
    for line in lines:
        print(line)


def complain(kind: str, problems: Sequence[str], *, as_json: bool) -> None:
    """Print an error: on standard error for people, and as ``{"error": {"kind", "problems"}}`` on standard output for programs.

    Parameters
    ----------
    kind : str
        Name of the error's class.
    problems : sequence of str
        One line each.
    as_json : bool
        Whether a program reads the output.
    """
    if as_json:
        emit({"error": {"kind": kind, "problems": list(problems)}})
    for problem in problems:
        print(problem, file=sys.stderr)


def problems_of(error: DualionError) -> tuple[str, ...]:
    """Every problem that an error collected, one line each; for people at most as many as the error shows."""
    return error.problems if isinstance(error, SpecError) else (str(error),)


def exit_code_of(error: DualionError) -> int:
    """1 where the input was fine and the computation was not, 2 where what was given cannot be used."""
    return FAILED if isinstance(error, ModelError) else UNUSABLE


def columns_of(rows: Sequence[Sequence[str]], *, indent: int = 2) -> list[str]:
    """Lines of a table whose columns are aligned; numbers to the right, words to the left.

    Parameters
    ----------
    rows : sequence of sequence of str
        Equally long.
    indent : int
        Spaces [1] before each line.

    Examples
    --------
    >>> columns_of([("differs", "8"), ("consistent", "40")], indent=0)
    ['differs      8', 'consistent  40']
    """
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [" " * indent + "  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _padded(cell: str, width: int) -> str:
    return cell.rjust(width) if cell[:1].isdigit() or cell[:1] in "-+." else cell.ljust(width)
