"""The line of names of a table of text: the first, behind a preamble, in which a reader finds its columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def names_line(text: str, most: int, understood: Callable[[str, int], T | None]) -> T | None:
    """What a reader makes of the first line that it understands; None where there is none.

    Parameters
    ----------
    text : str
        With a line feed at the end of each line.
    most : int
        [1] lines that are looked at.
    understood : callable
        ``(line, start) -> T | None``: a line without its end, and the place of its first character in the text.

    Returns
    -------
    T or None

    Examples
    --------
    >>> names_line("sample: A\\ntime,voltage\\n0,1", 100, lambda line, start: (start, line.split(",")) if "," in line else None)
    (10, ['time', 'voltage'])
    """
    start = 0
    for _ in range(most):
        end = text.find("\n", start)
        found = understood(text[start : len(text) if end < 0 else end], start)
        if found is not None or end < 0:
            return found
        start = end + 1
    return None
