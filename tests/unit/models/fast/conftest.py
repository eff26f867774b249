"""Cells as the kernel reads them, and blocks of memory laid by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from dualion.models.fast import layout
from dualion.models.fast.packing import first_state, packed
from dualion.models.fast.step import places
from dualion.records.cell import Cell
from dualion.records.cell_files import load_cell

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Packed:
    """A cell, its numbers, its first state, and where the parts of the state begin."""

    cell: Cell
    p: Array
    state: Array
    right: int
    salt: int
    scalars: int


def _packed(cell: Cell) -> Packed:
    p = packed(cell)
    state = first_state(cell, p)
    right, salt, scalars = (int(place) for place in places(p))
    return Packed(cell, p, state, right, salt, scalars)


@pytest.fixture(scope="session")
def pack() -> Callable[[Cell], Packed]:
    return _packed


@pytest.fixture(scope="session")
def dual_ion(full: Cell) -> Packed:
    return _packed(full)


@pytest.fixture(scope="session")
def half_cell(half: Cell) -> Packed:
    return _packed(half)


@pytest.fixture(scope="session")
def rocking_chair() -> Packed:
    return _packed(load_cell("hc-nvpf"))


def table_block(values: Array, slopes: Array, start: float, step: float) -> Array:
    """A table as ``layout`` lays it; slopes per unit of the argument."""
    block = np.zeros(layout.TABLE_HEAD + 2 * values.size)
    block[layout.START], block[layout.PER_UNIT], block[layout.LAST] = start, 1 / step, values.size - 1
    block[layout.CONSTANT] = float(np.ptp(values) == 0)
    block[layout.TABLE_HEAD :: 2], block[layout.TABLE_HEAD + 1 :: 2] = values, slopes * step
    return block


@pytest.fixture(scope="session")
def table() -> Callable[..., Array]:
    return table_block


@dataclass(frozen=True)
class Field:
    """A field of cells behind its diffusivity, with the function that the table holds."""

    p: Array
    at: int
    volumes: Array
    before: Array
    after: Array
    diffusivity: Callable[[Array], Array]

    def conductances(self, u: Array) -> Array:
        """Between neighbours, harmonic means at the fillings of the cells."""
        d = self.diffusivity(u)
        return 1 / (self.after[:-1] / d[:-1] + self.before[1:] / d[1:])

    def change(self, u: Array, source: Array) -> Array:
        """Volume times du/dt, written with the difference matrix of the whole field."""
        jumps = np.diff(np.eye(u.size), axis=0)
        return np.asarray(-jumps.T @ (self.conductances(u) * (jumps @ u)) + source)


def field_block(diffusivity: Callable[[Array], Array], slope: Callable[[Array], Array], high: float = 1.0, cells: int = 12) -> Field:
    """Uneven cells; the diffusivity between 0 and ``high`` on a fine grid, and so the same function on both sides to 1e-12."""
    grid = np.linspace(0.0, high, 4001)
    values = np.broadcast_to(diffusivity(grid), grid.shape).astype(float)
    block = table_block(values, np.broadcast_to(slope(grid), grid.shape).astype(float), 0.0, grid[1])
    shape = np.linspace(1.0, 2.0, cells)
    volumes, before, after = shape / shape.sum(), 0.7 * shape, 0.4 * shape[::-1]
    head = np.array([float(cells), 0.0])
    p = np.concatenate([block, head, np.stack([volumes, before, after], axis=1).ravel()])
    return Field(p, block.size, volumes, before, after, diffusivity)


@pytest.fixture(scope="session")
def field() -> Callable[..., Field]:
    return field_block
