"""Gaussian's cube file: values on a grid, with the atoms, in atomic units."""

from __future__ import annotations

import numpy as np

from dualion.atoms.electronic.grids import Grid
from dualion.atoms.engines.base import BOHR
from dualion.atoms.structure import Floats, Structure

_VALUES_A_LINE = 6


def cube(structure: Structure, grid: Grid, values: Floats, title: str) -> bytes:
    """A density as a cube file.

    Parameters
    ----------
    structure : Structure
    grid : Grid
    values : array of float, shape ``grid.shape``
        Electrons [1/angstrom3]; written for each bohr3, lengths in bohr.
    title : str
        Its first line.

    Returns
    -------
    bytes
    """
    step = grid.spacing / BOHR
    lines = [title, "e/bohr3, lengths in bohr, z fastest", _row(len(structure), np.asarray(grid.origin) / BOHR)]
    lines += [_row(count, step * np.eye(3)[axis]) for axis, count in enumerate(grid.shape)]
    for number, position in zip(structure.numbers, structure.positions / BOHR, strict=True):
        lines.append(f"{number:5d}{float(number):12.6f}" + "".join(f"{value:12.6f}" for value in position))
    columns = values.reshape(-1, grid.shape[2]) * BOHR**3
    pattern = _pattern(grid.shape[2])
    lines += [pattern % tuple(column) for column in columns.tolist()]
    return ("\n".join(lines) + "\n").encode("ascii")


def _row(count: int, vector: Floats) -> str:
    return f"{count:5d}" + "".join(f"{value:12.6f}" for value in vector)


def _pattern(count: int) -> str:
    """Lines of six values for one run along z."""
    full, left = divmod(count, _VALUES_A_LINE)
    return "\n".join(["%13.5E" * _VALUES_A_LINE] * full + (["%13.5E" * left] if left else []))
