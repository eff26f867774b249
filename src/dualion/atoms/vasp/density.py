"""Densities on a grid: CHGCAR for the valence electrons, AECCAR0 and AECCAR2 together for all of them.

Each file is the list of atoms, the number of points along each vector and the density times the volume of the cell, the first index
running fastest. What follows the first grid (terms within the spheres, the spin density) is not read.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from dualion.atoms.structure import Floats
from dualion.atoms.vasp.poscar import Cell, read_poscar
from dualion.errors import ReadError, SpecError

CORE, VALENCE = "AECCAR0", "AECCAR2"
MOST_POINTS: Final = 250_000_000  # [1] two gigabytes
_LONGEST_LINE = 64 * 1024  # [byte]
_SAME: Final = 1e-5  # [angstrom] two files of one run agree in their atoms
_ANEW = "Copy the file anew, or run VASP again."


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """A density on a grid of a cell.

    Parameters
    ----------
    values : array of float, shape (nx, ny, nz)
        Electrons [1/angstrom3].
    cell : Cell
        Its lattice has the lengths of the grid.
    """

    values: Floats
    cell: Cell

    @property
    def volume(self) -> float:
        """Of the cell [angstrom3]."""
        return abs(float(np.linalg.det(self.cell.lattice)))

    @property
    def lengths(self) -> tuple[float, float, float]:
        """Of the cell's vectors [angstrom]."""
        first, second, third = (float(value) for value in np.linalg.norm(self.cell.lattice, axis=1))
        return (first, second, third)

    @property
    def electrons(self) -> float:
        """The integral over the cell [1]."""
        return float(np.mean(self.values)) * self.volume


def read_density(path: Path) -> Density:
    """Read the first grid of a density file.

    Parameters
    ----------
    path : Path
        CHGCAR, AECCAR0, AECCAR2 or a file of their form.

    Returns
    -------
    Density

    Raises
    ------
    ReadError
        It is cut, or is no such file.
    """
    try:
        with path.open("rb") as file:
            cell = read_poscar(_lines(file, str(path)), str(path))
            shape = _shape(file, str(path))
            values = _values(file, int(np.prod(shape)), str(path))
    except OSError as problem:
        raise ReadError(str(path), "the file", f"it cannot be opened ({problem.strerror})") from None
    volume = abs(float(np.linalg.det(cell.lattice)))
    if not volume > 0.0:
        raise ReadError(str(path), "line 3", "the vectors span no cell", _ANEW)
    return Density(values.reshape(shape, order="F") / volume, cell)


def all_electrons(folder: Path) -> Density:
    """Core and valence density of a folder together, for basins of atoms.

    Parameters
    ----------
    folder : Path
        With AECCAR0 and AECCAR2, which LAECHG = T writes.

    Returns
    -------
    Density

    Raises
    ------
    ReadError
        A file is missing or cannot be read.
    SpecError
        The two are not of one run.
    """
    core, valence = read_density(folder / CORE), read_density(folder / VALENCE)
    if core.values.shape != valence.values.shape or not same_cell(core.cell, valence.cell):
        raise SpecError(f"{folder}: {CORE} and {VALENCE} are not of one run. Copy both anew.")
    return replace(valence, values=core.values + valence.values)


def same_cell(one: Cell, other: Cell) -> bool:
    """Whether two files hold the same atoms in the same cell."""
    if one.symbols != other.symbols:
        return False
    pairs = ((one.lattice, other.lattice), (one.positions, other.positions))
    return all(bool(np.allclose(mine, theirs, rtol=0.0, atol=_SAME)) for mine, theirs in pairs)


def _lines(file: BinaryIO, name: str) -> Iterator[str]:
    while raw := file.readline(_LONGEST_LINE):
        if len(raw) == _LONGEST_LINE:
            raise ReadError(name, "a line", f"it is longer than {_LONGEST_LINE} bytes", _ANEW)
        yield raw.decode("latin-1")


def _shape(file: BinaryIO, name: str) -> tuple[int, int, int]:
    for line in _lines(file, name):
        words = line.split()
        if not words:
            continue
        if len(words) == 3 and all(word.isdecimal() for word in words) and 0 < np.prod([float(word) for word in words]) <= MOST_POINTS:
            return (int(words[0]), int(words[1]), int(words[2]))
        break
    raise ReadError(name, "the grid", f"its three numbers of points are missing, or are more than {MOST_POINTS}", _ANEW)


def _values(file: BinaryIO, count: int, name: str) -> Floats:
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # numpy's word for text that is no number
        try:
            values = np.fromfile(file, dtype=np.float64, count=count, sep=" ")
        except (DeprecationWarning, ValueError, io.UnsupportedOperation):
            values = np.zeros(0)
    if len(values) != count or not np.all(np.isfinite(values)):
        raise ReadError(name, "the grid", f"it does not hold its {count} numbers", _ANEW)
    return values
