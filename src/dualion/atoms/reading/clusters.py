"""Clusters in a file of others: put together across the borders of a cell, and named.

Atoms that are bound form a part. The largest part with many carbon atoms is the carbon, a lone atom is named by its symbol, a molecule of
the formula of a solvent that comes with the package by the solvent's name, every other one by its formula.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualion.atoms.bonds import BOND, bonds, radii
from dualion.atoms.building.species import bundled
from dualion.atoms.structure import CARBON, SYMBOLS, Floats, Integers, Structure, formula
from dualion.errors import ReadError

_FEWEST_CARBON = 10  # [1] carbon atoms of a flake; solvents have fewer
_SAME = 1e-6  # [1] of an edge of the cell


def together(name: str, numbers: Integers, positions: Floats, cell: Floats) -> Floats:
    """Atoms of a periodic cell as one cluster, its molecules whole.

    Parameters
    ----------
    name : str
        Of the file, for the refusal.
    numbers : array of int, shape (n,)
        Atomic numbers [1].
    positions : array of float, shape (n, 3)
        [angstrom]
    cell : array of float, shape (3, 3)
        Edges of the cell, one in each row [angstrom].

    Returns
    -------
    array of float, shape (n, 3)
        Each atom moved by whole edges [angstrom], the first of them by none.

    Raises
    ------
    ReadError
        Bonds go on through the cell: this is a sheet or a crystal, and no cluster.
    """
    shares = positions @ np.linalg.inv(cell)
    steps = -np.round(shares[None, :, :] - shares[:, None, :])  # of the second atom, to be nearest to the first
    nearest = positions[None, :, :] + steps @ cell - positions[:, None, :]
    distance = np.linalg.norm(nearest, axis=2)
    radius = radii(numbers)
    bound = distance < BOND * (radius[:, None] + radius[None, :])
    np.fill_diagonal(bound, 0)
    moved = np.zeros((len(numbers), 3))
    free = np.ones(len(numbers), dtype=bool)
    free[0] = False
    waiting = [0]
    while True:
        while waiting:
            atom = waiting.pop()
            for other in np.flatnonzero(bound[atom]):
                whole = moved[atom] + steps[atom, other]
                if free[other]:
                    moved[other], free[other] = whole, False
                    waiting.append(int(other))
                elif np.any(np.abs(whole - moved[other]) > _SAME):
                    hint = "Give a flake closed with hydrogen, or enlarge the cell."
                    raise ReadError(name, "cell", "bonds go on through the borders of its cell: it is no cluster", hint)
        if not free.any():
            return positions + moved @ cell
        placed = np.flatnonzero(~free)  # the next molecule beside what is there
        first, other = np.unravel_index(np.argmin(distance[np.ix_(placed, np.flatnonzero(free))]), (len(placed), int(free.sum())))
        begin = int(np.flatnonzero(free)[other])
        moved[begin], free[begin] = moved[placed[first]] + steps[placed[first], begin], False
        waiting.append(begin)


def named_parts(structure: Structure) -> tuple[tuple[str, ...], Integers]:
    """Parts of a structure from its bonds.

    Parameters
    ----------
    structure : Structure

    Returns
    -------
    labels : tuple of str
        The carbon first, then lone atoms, then molecules in the order of their first atoms.
    parts : array of int, shape (n,)
        Part of each atom [1].
    """
    groups = _groups(bonds(structure))
    known = {formula(solvent.symbols): solvent.name for solvent in bundled().values()}
    carbons = [int(np.sum(structure.numbers[group] == SYMBOLS.index("C"))) for group in groups]
    sheet = int(np.argmax(carbons)) if max(carbons) >= _FEWEST_CARBON else -1
    order = sorted(range(len(groups)), key=lambda index: (index != sheet, len(groups[index]) > 1, index))
    labels, parts = [], np.zeros(len(structure), dtype=np.int64)
    for part, index in enumerate(order):
        sum_formula = formula(tuple(structure.symbols[atom] for atom in groups[index]))
        labels.append(CARBON if index == sheet else known.get(sum_formula, sum_formula))
        parts[groups[index]] = part
    return tuple(labels), parts


def _groups(bound: NDArray[np.bool_]) -> list[Integers]:
    """Atoms that are bound to each other, the groups in the order of their first atoms."""
    free = np.ones(len(bound), dtype=bool)
    groups = []
    for start in range(len(bound)):
        if not free[start]:
            continue
        group, waiting = [start], [start]
        free[start] = False
        while waiting:
            for other in np.flatnonzero(bound[waiting.pop()] & free):
                free[other] = False
                group.append(int(other))
                waiting.append(int(other))
        groups.append(np.array(sorted(group), dtype=np.int64))
    return groups
