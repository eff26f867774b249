"""Uniform grids around a structure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.atoms.electronic.field import Field
from dualion.atoms.structure import Floats, Integers
from dualion.errors import SpecError

Booleans = NDArray[np.bool_]

SPACING, REPORT_SPACING = 0.2, 0.12  # [angstrom] of a first look, and of a report
MARGIN = 3.0  # [angstrom] around the outermost nuclei
_LARGEST_SPACING = 0.5  # [angstrom] above it a hydrogen atom has no maximum of its own on the grid
_MOST_POINTS = 20_000_000  # [1] 160 MB for each array over the grid
_BLOCK = 200_000  # [1] points whose coordinates are made at once


@dataclass(frozen=True, slots=True)
class Grid:
    """Points of one spacing along x, y and z, the last one running fastest.

    Parameters
    ----------
    origin : tuple of float
        First point [angstrom].
    spacing : float
        [angstrom]
    shape : tuple of int
        Points along each axis [1].
    """

    origin: tuple[float, float, float]
    spacing: float
    shape: tuple[int, int, int]

    def __len__(self) -> int:
        return math.prod(self.shape)

    @property
    def volume(self) -> float:
        """Of one cell [angstrom3]."""
        return self.spacing**3

    def axis(self, direction: int) -> Floats:
        """Coordinates along x, y or z (0, 1, 2 [1]) [angstrom]."""
        return self.origin[direction] + self.spacing * np.arange(self.shape[direction], dtype=np.float64)

    def points(self, indices: Integers) -> Floats:
        """Positions of points given by their flat indices [1], shape (n, 3) [angstrom]."""
        return np.asarray(self.origin) + self.spacing * np.stack(np.unravel_index(indices, self.shape), axis=1)

    def cell_of(self, points: Floats) -> Integers:
        """Flat index [1] of the grid point nearest to each of some points, shape (n, 3) [angstrom]; outside, of the nearest on the rim."""
        steps = np.rint((points - np.asarray(self.origin)) / self.spacing).astype(np.int64)
        steps = np.clip(steps, 0, np.asarray(self.shape) - 1)
        found: Integers = (steps[:, 0] * self.shape[1] + steps[:, 1]) * self.shape[2] + steps[:, 2]
        return found

    def within(self, centre: Floats, radius: float) -> Booleans:
        """Whether each point lies within a radius [angstrom] of a centre, shape (3,) [angstrom]; shape (points,)."""
        x, y, z = ((self.axis(direction) - centre[direction]) ** 2 for direction in range(3))
        found: Booleans = (x[:, None, None] + y[None, :, None] + z[None, None, :]).ravel() <= radius**2
        return found


def enclosing(positions: Floats, *, spacing: float = SPACING, margin: float = MARGIN) -> Grid:
    """The grid around some positions.

    Parameters
    ----------
    positions : array of float, shape (n, 3)
        [angstrom]
    spacing : float
        [angstrom]
    margin : float
        Around the outermost positions [angstrom].

    Returns
    -------
    Grid

    Raises
    ------
    SpecError
        The spacing is out of range, or the grid would have more than 20 million points.
    """
    if not 0.0 < spacing <= _LARGEST_SPACING:
        raise SpecError(f"grid: a spacing of {spacing} angstrom cannot be used. Write one above 0 and up to {_LARGEST_SPACING}.")
    low, high = positions.min(axis=0) - margin, positions.max(axis=0) + margin
    counts = np.ceil((high - low) / spacing).astype(np.int64) + 1
    if int(np.prod(counts)) > _MOST_POINTS:
        raise SpecError(
            f"grid: a spacing of {spacing} angstrom gives {np.prod(counts):.3g} points, more than {_MOST_POINTS:.0e}. Widen it."
        )
    start = (low + high - (counts - 1) * spacing) / 2.0
    return Grid((float(start[0]), float(start[1]), float(start[2])), spacing, (int(counts[0]), int(counts[1]), int(counts[2])))


def sampled(field: Field, grid: Grid) -> Floats:
    """Density at every point of a grid, shape ``grid.shape`` [e/angstrom3]."""
    values = np.empty(len(grid))
    for start in range(0, len(grid), _BLOCK):
        indices = np.arange(start, min(start + _BLOCK, len(grid)))
        values[indices] = field.density(grid.points(indices))
    return values.reshape(grid.shape)
