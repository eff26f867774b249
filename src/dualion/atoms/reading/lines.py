"""Lines of a structure file: what stands in them, and the refusal that names one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from dualion.atoms.structure import SYMBOLS, Floats, Integers
from dualion.errors import ReadError

LARGEST_FILE = 5_000_000  # [byte] tens of thousands of atoms, far beyond every engine
LARGEST_COORDINATE = 1e4  # [angstrom] beyond it a number is damaged
MOST_ATOMS = 2000  # [1] beyond every engine here
SMALLEST_CELL = 1.0  # [angstrom3]
AGAIN = "Export it anew, or correct the line."
_WORD = re.compile(r"""(?P<key>[\w-]+)\s*=\s*(?:"(?P<quoted>[^"]*)"|\{(?P<braced>[^}]*)\}|(?P<plain>[^\s"{]\S*))""")
_NUMBERS = {symbol.lower(): number for number, symbol in enumerate(SYMBOLS) if number}
_SHOWN = 60  # [1] characters of a line that a refusal shows


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a file.

    Parameters
    ----------
    name : str
        Of the file.
    lines : tuple of str
        The first is line 1.
    """

    name: str
    lines: tuple[str, ...]

    def refuse(self, line: int, reason: str, hint: str = AGAIN) -> NoReturn:
        """Say what is wrong in a line, counted from 1."""
        raise ReadError(self.name, f"line {line}", reason, hint)

    def at(self, line: int, what: str) -> str:
        """A line, counted from 1; refused where the file ends before it."""
        if line > len(self.lines):
            self.refuse(len(self.lines), f"the file ends before {what}")
        return self.lines[line - 1]

    def element(self, line: int, written: str) -> int:
        """Atomic number [1] of a symbol or of a number as it is written."""
        number = int(written) if written.isdecimal() and len(written) <= len(str(len(SYMBOLS))) else _NUMBERS.get(written.lower(), 0)
        if not 0 < number < len(SYMBOLS):
            self.refuse(line, f'"{written[:_SHOWN]}" is not an element up to {SYMBOLS[-1]}', "Write its symbol.")
        return number

    def triple(self, line: int, cells: Sequence[str]) -> tuple[float, float, float]:
        """Three finite numbers in the unit of the file."""
        values = [number_in(cell) for cell in cells]
        if len(values) != 3 or any(value is None or abs(value) > LARGEST_COORDINATE for value in values):
            self.refuse(line, f'"{" ".join(cells)[:_SHOWN]}" are not three coordinates')
        x, y, z = (float(value) for value in values if value is not None)
        return x, y, z

    def atoms(self, line: int, count: int) -> int:
        """A number of atoms [1] that is not too large."""
        if count > MOST_ATOMS:
            self.refuse(line, f"{count} atoms are more than {MOST_ATOMS}", "Give a smaller cluster.")
        return count

    def cell(self, line: int, edges: Floats) -> Floats:
        """Edges of a cell [angstrom] that span a volume."""
        if np.abs(edges).max() > LARGEST_COORDINATE or abs(float(np.linalg.det(edges))) < SMALLEST_CELL:
            self.refuse(line, "its edges do not span a cell")
        return edges

    def whole(self, line: int, written: str) -> int:
        """A whole number [1] above 0."""
        if not written.isdecimal() or len(written) > len(str(LARGEST_FILE)) or not int(written):
            self.refuse(line, f'"{written[:_SHOWN]}" is not a whole number above 0')
        return int(written)


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What the lines of a file say.

    Parameters
    ----------
    numbers : array of int, shape (n,)
        Atomic numbers [1], in the order of the file.
    positions : array of float, shape (n, 3)
        [angstrom]
    lines : tuple of int
        Line of each atom, counted from 1 [1].
    words : mapping of str to str
        What the comment line says.
    comment : int
        The line in which it does [1].
    cell : array of float, shape (3, 3), or None
        Edges of the periodic cell, one in each row [angstrom].
    parts : array of int, shape (n,), or None
        Part of each atom, counted from 0 [1].
    order : array of int, shape (n,), or None
        Place of each atom in the structure, counted from 0 [1].
    """

    numbers: Integers
    positions: Floats
    lines: tuple[int, ...]
    words: Mapping[str, str]
    comment: int
    cell: Floats | None = None
    parts: Integers | None = None
    order: Integers | None = None

    def ordered(self) -> Content:
        """The atoms in the order of the structure."""
        if self.order is None:
            return self
        back = np.argsort(self.order)
        parts = None if self.parts is None else self.parts[back]
        lines = tuple(self.lines[index] for index in back)
        return Content(self.numbers[back], self.positions[back], lines, self.words, self.comment, self.cell, parts)


def opened(path: Path) -> Lines:
    """Lines of a file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Lines

    Raises
    ------
    ReadError
        It cannot be opened, is empty, too large, or is no text.
    """
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise ReadError(path.name, "file", f"it cannot be opened ({problem.strerror})", "Check its name and permissions.") from None
    if len(content) > LARGEST_FILE:
        raise ReadError(path.name, "file", f"it has {len(content)} bytes, and at most {LARGEST_FILE} are read", "Give one structure.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise ReadError(path.name, f"line {line}", "it is not text", "Give extended XYZ, XYZ or POSCAR.") from None
    if not text.strip():
        raise ReadError(path.name, "line 1", "the file is empty", AGAIN)
    return Lines(path.name, tuple(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")))


def number_in(written: str) -> float | None:
    """The finite number that is written in any [unit], or None."""
    try:
        value = float(written)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def words_in(comment: str) -> dict[str, str]:
    """Words ``key=value`` of a comment line, values with or without quotation marks."""
    return {found["key"]: found["quoted"] or found["braced"] or found["plain"] or "" for found in _WORD.finditer(comment)}
