"""DOSCAR: densities of states, and their projections onto atoms and angular momenta.

The projections of LORBIT = 11 are those inside the spheres of the potentials: their sum over all atoms stays below the total, and by how
much is part of what is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from dualion.atoms.structure import Floats
from dualion.atoms.vasp.poscar import MOST_ATOMS
from dualion.errors import ReadError

MOST_POINTS: Final = 1_000_000  # [1] of the energy
_HEAD = 5  # [1] lines before the range of the energy
_LETTERS: Final = "spdf"
#: Columns of one spin: how many belong to each angular momentum.
_COLUMNS: Final = {3: (1, 1, 1), 4: (1, 1, 1, 1), 9: (1, 3, 5), 16: (1, 3, 5, 7)}
_ANEW = "Copy the file anew, or run VASP again."


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """Densities of states.

    Parameters
    ----------
    energy : array of float, shape (n,)
        As VASP counts it [eV].
    fermi : float
        [eV]
    total : array of float, shape (spins, n)
        [1/eV]
    projected : array of float, shape (atoms, spins, momenta, n)
        In the order of the file; no atoms where nothing was projected [1/eV].
    """

    energy: Floats
    fermi: float
    total: Floats
    projected: Floats

    @property
    def momenta(self) -> str:
        """Letters of the angular momenta, such as ``"spd"``."""
        return _LETTERS[: self.projected.shape[2]]

    @property
    def share(self) -> float:
        """Of all states, those that the projections hold [1]; below one by what lies between the spheres."""
        if not self.projected.size:
            return 0.0
        return float(np.sum(self.projected) / np.sum(self.total))


def read_doscar(path: Path) -> States:
    """Read a DOSCAR.

    Parameters
    ----------
    path : Path

    Returns
    -------
    States

    Raises
    ------
    ReadError
        It is cut, or is no DOSCAR.
    """
    try:
        with path.open("r", encoding="latin-1") as file:
            return _states(iter(file), str(path))
    except OSError as problem:
        raise ReadError(str(path), "the file", f"it cannot be opened ({problem.strerror})") from None
    except StopIteration:
        raise ReadError(str(path), "its end", "it is cut", _ANEW) from None
    except (ValueError, IndexError) as problem:
        raise ReadError(str(path), "its numbers", f"it cannot be read ({problem})", _ANEW) from None


def _states(lines: Iterator[str], name: str) -> States:
    head = [next(lines) for _ in range(_HEAD)]
    atoms = int(head[0].split()[0])
    words = next(lines).split()
    count, fermi = int(words[2]), float(words[3])
    if not (0 < atoms <= MOST_ATOMS and 0 < count <= MOST_POINTS):
        raise ValueError("its counts of atoms and energies")
    table = _table(lines, count)
    spins = {3: 1, 5: 2}.get(table.shape[1], 0)
    if not spins:
        raise ValueError(f"{table.shape[1]} columns of the total")
    blocks = []
    for _ in range(atoms):
        if not next(lines, "").split():
            break
        blocks.append(_by_momentum(_table(lines, count)[:, 1:], spins))
    if blocks and len(blocks) != atoms:
        raise ReadError(name, "its end", f"it holds projections onto {len(blocks)} of {atoms} atoms", _ANEW)
    projected = np.array(blocks) if blocks else np.zeros((0, spins, 0, count))
    return States(table[:, 0], fermi, table[:, 1 : 1 + spins].T, projected)


def _by_momentum(columns: Floats, spins: int) -> Floats:
    """Columns of one atom, spins side by side, as shape (spins, momenta, n)."""
    widths = _COLUMNS.get(columns.shape[1] // spins)
    if widths is None or columns.shape[1] % spins:
        raise ValueError(f"{columns.shape[1]} columns of an atom")
    edges = np.cumsum((0, *widths))
    return np.array([[columns[:, spin::spins][:, low:high].sum(axis=1) for low, high in pairwise(edges)] for spin in range(spins)])


def _table(lines: Iterator[str], count: int) -> Floats:
    table = np.array([next(lines).split() for _ in range(count)], dtype=np.float64)
    if table.ndim != 2 or not np.all(np.isfinite(table)):
        raise ValueError("a row of other length, or no number")
    return table
