"""Atoms in a cell as VASP writes them: POSCAR, CONTCAR and the head of every density file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from dualion.atoms.structure import SYMBOLS, Floats
from dualion.errors import ReadError

MOST_ATOMS = 100_000  # [1] a file that announces more is damaged
_HINT = "Copy the file anew."
_ASKED_TO_MOVE = "s"  # first letter of the line that tells which atoms may move
_CARTESIAN = ("c", "k")  # first letters of the line that tells the kind of the coordinates


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """Atoms in a cell.

    Parameters
    ----------
    symbols : tuple of str
        In the order of the file.
    positions : array of float, shape (n, 3)
        [angstrom]
    lattice : array of float, shape (3, 3)
        One vector in each row [angstrom].
    """

    symbols: tuple[str, ...]
    positions: Floats
    lattice: Floats


def poscar(name: str, symbols: Sequence[str], positions: Floats, box: float) -> str:
    """Text of a POSCAR with a cubic cell.

    Parameters
    ----------
    name : str
        Its first line.
    symbols : sequence of str
        Atoms of one element follow each other.
    positions : array of float, shape (n, 3)
        [angstrom]
    box : float
        Edge of the cell [angstrom].

    Returns
    -------
    str
    """
    blocks = [(element, len(list(atoms))) for element, atoms in groupby(symbols)]
    lattice = [" ".join(f"{box if row == column else 0.0:.10f}" for column in range(3)) for row in range(3)]
    lines = [
        name,
        "1.0",
        *lattice,
        " ".join(element for element, _ in blocks),
        " ".join(str(count) for _, count in blocks),
        "Cartesian",
        *(" ".join(f"{value:.16f}" for value in row) for row in positions),
    ]
    return "\n".join(lines) + "\n"


def read_poscar(lines: Iterator[str], file: str) -> Cell:
    """Read a POSCAR, or the head of a density file, and no line more.

    Parameters
    ----------
    lines : iterator of str
    file : str
        Its name, for messages.

    Returns
    -------
    Cell

    Raises
    ------
    ReadError
        It ends too early, or a number or an element cannot be read.
    """
    try:
        return _cell(lines)
    except StopIteration:
        raise ReadError(file, "its end", "the list of atoms is cut", _HINT) from None
    except ValueError as problem:
        raise ReadError(file, "the list of atoms", f"it cannot be read ({problem})", _HINT) from None


def _cell(lines: Iterator[str]) -> Cell:
    next(lines)  # a comment
    scale = float(next(lines).split()[0])
    lattice = np.array([_row(next(lines)) for _ in range(3)])
    # a negative number is the volume that the cell is to have
    lattice = lattice * (scale if scale > 0.0 else (-scale / abs(float(np.linalg.det(lattice)))) ** (1.0 / 3.0))
    elements = [text.split("_")[0] for text in next(lines).split()]
    unknown = [element for element in elements if element not in SYMBOLS]
    if unknown or not elements:
        raise ValueError(f'"{" ".join(unknown)[:20]}" is no element')
    counts = [int(text) for text in next(lines).split()[: len(elements)]]
    if len(counts) != len(elements) or min(counts) < 0 or not 0 < sum(counts) <= MOST_ATOMS:
        raise ValueError("the counts do not fit the elements")
    kind = next(lines).strip().lower()
    if kind.startswith(_ASKED_TO_MOVE):
        kind = next(lines).strip().lower()
    rows = np.array([_row(next(lines)) for _ in range(sum(counts))])
    positions = rows * abs(scale) if kind.startswith(_CARTESIAN) else rows @ lattice
    symbols = tuple(element for element, count in zip(elements, counts, strict=True) for _ in range(count))
    return Cell(symbols, positions, lattice)


def _row(line: str) -> list[float]:
    values = [float(text) for text in line.split()[:3]]
    if len(values) != 3 or not np.all(np.isfinite(values)):
        raise ValueError("a line has no three numbers")
    return values
