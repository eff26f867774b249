"""Extended and plain XYZ: the number of atoms, a comment, one line for each atom."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dualion.atoms.reading.lines import Content, Lines, number_in, words_in
from dualion.atoms.structure import Floats

_FIRST = 3  # [1] line of the first atom
_COMMENT = 2  # [1] line of the comment
_PROPERTIES = "Write Properties=species:S:1:pos:R:3."


def xyz(text: Lines) -> Content:
    """Atoms of an XYZ file.

    Parameters
    ----------
    text : Lines

    Returns
    -------
    Content

    Raises
    ------
    ReadError
        A line is broken, or the file holds more than one structure.
    """
    count = text.atoms(1, text.whole(1, text.lines[0].strip()))
    words = words_in(text.at(_COMMENT, "its comment line"))
    species, place, part = _columns(text, words.get("Properties", ""))
    needed = max(species, place + 2, -1 if part is None else part) + 1
    lines = range(_FIRST, _FIRST + count)
    rows = []
    for line in lines:
        cells = text.at(line, f"the last of {count} atoms").split()
        if len(cells) < needed:
            text.refuse(line, f'"{" ".join(cells)[:60]}" is not an element with three coordinates')
        rows.append(cells)
    for line, rest in enumerate(text.lines[_FIRST + count - 1 :], _FIRST + count):
        if rest.strip():
            text.refuse(line, f"there is more than the {count} atoms of line 1", "Give a file with one structure.")
    located = list(zip(lines, rows, strict=True))
    return Content(
        numbers=np.array([text.element(line, row[species]) for line, row in located], dtype=np.int64),
        positions=np.array([text.triple(line, row[place : place + 3]) for line, row in located]),
        lines=tuple(lines),
        words=words,
        comment=_COMMENT,
        cell=_lattice(text, words),
        parts=None if part is None else np.array([text.whole(line, row[part]) - 1 for line, row in located], dtype=np.int64),
    )


def _columns(text: Lines, properties: str) -> tuple[int, int, int | None]:
    """Where element, coordinates and part begin in a line; those of plain XYZ where nothing is said."""
    if not properties:
        return 0, 1, None
    pieces = properties.split(":")
    starts: dict[str, int] = {}
    column = 0
    for name, kind, width in zip(pieces[0::3], pieces[1::3], [*pieces[2::3], ""], strict=False):
        if kind not in ("S", "I", "R", "L") or not width.isdecimal():
            text.refuse(_COMMENT, f'"{properties[:60]}" does not describe columns', _PROPERTIES)
        starts[name] = column
        column += int(width)
    species = starts.get("species", starts.get("Z"))
    if species is None or "pos" not in starts:
        text.refuse(_COMMENT, f'"{properties[:60]}" names no species or no pos', _PROPERTIES)
    return species, starts["pos"], starts.get("part")


def _lattice(text: Lines, words: Mapping[str, str]) -> Floats | None:
    """The cell of a periodic structure."""
    written = words.get("Lattice", "")
    if not written or "T" not in words.get("pbc", "T T T").upper():
        return None
    values = [number_in(word) for word in written.split()]
    if len(values) != 9 or None in values:
        text.refuse(_COMMENT, "its Lattice is not nine numbers")
    return text.cell(_COMMENT, np.array(values, dtype=np.float64).reshape(3, 3))
