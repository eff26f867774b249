"""POSCAR and CONTCAR: comment, scale, cell, elements, how many of each, kind of coordinates, one line for each atom."""

from __future__ import annotations

import numpy as np

from dualion.atoms.reading.lines import Content, Lines, number_in, words_in
from dualion.atoms.structure import Floats

MARK = "dualion "  # begins the comment of a file that says charge, multiplicity, parts, site and origin
_PART, _ORDER = 4, 5  # columns that dualion writes behind coordinates and element
_CELL = (3, 4, 5)  # [1] lines
_ELEMENTS, _COUNTS, _KIND = 6, 7, 8  # [1] lines
_LARGEST_SCALE = 1e12  # [1] of the cell, or [angstrom3] its volume


def poscar(text: Lines) -> Content:
    """Atoms of a POSCAR.

    Parameters
    ----------
    text : Lines

    Returns
    -------
    Content
        With its cell, and without it where dualion wrote the file: then the box is no part of the structure.

    Raises
    ------
    ReadError
        A line is broken.
    """
    comment = text.lines[0]
    words = words_in(comment) if comment.startswith(MARK) else {}
    cell, scale = _cell(text)
    numbers = np.repeat(*_composition(text))
    direct, start = _kind(text)
    lines = range(start, start + len(numbers))
    rows = [text.at(line, f"the last of {len(numbers)} atoms").split() for line in lines]
    written = np.array([text.triple(line, row[:3]) for line, row in zip(lines, rows, strict=True)])
    positions = written @ cell if direct else written * scale
    if "origin" not in words:
        return Content(numbers, positions, tuple(lines), words, 1, cell)
    columns = [(line, [*row, "", "", ""]) for line, row in zip(lines, rows, strict=True)]
    parts = np.array([text.whole(line, row[_PART]) - 1 for line, row in columns], dtype=np.int64)
    order = np.array([text.whole(line, row[_ORDER]) - 1 for line, row in columns], dtype=np.int64)
    if sorted(order) != list(range(len(order))):
        text.refuse(start, f"the last column does not number the atoms from 1 to {len(order)}")
    origin = np.array(text.triple(1, words["origin"].split()))
    return Content(numbers, positions - origin, tuple(lines), words, 1, None, parts, order)


def _cell(text: Lines) -> tuple[Floats, Floats]:
    """Cell [angstrom] and the scale of its axes; a negative scale is the volume."""
    factors = [number_in(word) for word in text.at(2, "its scale").split()]
    edges = np.array([text.triple(line, text.at(line, "its cell").split()[:3]) for line in _CELL])
    if len(factors) not in (1, 3) or any(not value or abs(value) > _LARGEST_SCALE for value in factors):
        text.refuse(2, f'"{text.lines[1][:60].strip()}" is no scale')
    scale = np.array([float(value or 0.0) for value in factors]) * np.ones(3)
    if scale[0] < 0.0:
        volume = abs(float(np.linalg.det(edges)))
        if not volume:
            text.refuse(_CELL[0], "its edges do not span a cell")
        scale = np.full(3, (-scale[0] / volume) ** (1.0 / 3.0))
    return text.cell(_CELL[0], edges * scale), scale


def _composition(text: Lines) -> tuple[list[int], list[int]]:
    """Elements, and how many atoms of each."""
    names = text.at(_ELEMENTS, "its elements").split()
    if names and names[0].isdecimal():
        text.refuse(_ELEMENTS, "the elements are not named (an old POSCAR)", 'Write them in a line above the numbers, such as "C H N".')
    kinds = [text.element(_ELEMENTS, name.split("/")[0].split("_")[0]) for name in names]
    counts = [text.whole(_COUNTS, word) for word in text.at(_COUNTS, "its numbers of atoms").split()]
    if not kinds or len(counts) != len(kinds):
        text.refuse(_COUNTS, f"{len(counts)} numbers of atoms stand below {len(kinds)} elements")
    text.atoms(_COUNTS, sum(counts))
    return kinds, counts


def _kind(text: Lines) -> tuple[bool, int]:
    """Whether coordinates are parts of the cell's edges, and the line of the first atom."""
    line = _KIND
    if text.at(line, "the kind of its coordinates").strip()[:1].lower() == "s":  # selective dynamics
        line += 1
    kind = text.at(line, "the kind of its coordinates").strip()[:1].lower()
    if kind not in ("d", "c", "k"):
        text.refuse(line, f'"{text.lines[line - 1][:60].strip()}" is neither Cartesian nor Direct')
    return kind == "d", line + 1
