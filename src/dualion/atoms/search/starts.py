"""The five families of starts. None is dispensable: strips find the best small shells, random starts the best large ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dualion.atoms.bonds import bonds
from dualion.atoms.building.place import Composition, added, donor_indices, ion_index, placed, rotation
from dualion.atoms.electrons import lowest_multiplicity
from dualion.atoms.engines.check import overlapping
from dualion.atoms.search.options import Ladder
from dualion.atoms.search.states import State
from dualion.atoms.structure import CARBON, Floats, Structure, joined
from dualion.errors import PlacementError

_RATTLE = 0.1  # [angstrom] standard deviation of a shaken atom
_WANDER = 0.7  # [angstrom] standard deviation of an ion without solvents beside its site
_SHAKES = 30  # [1] tries until a shaken shell does not touch
_TOUCH = 1.6  # [angstrom] atoms of different parts nearer than this touch
_SAME_PLACE = 0.6  # [angstrom] two motifs of one flake share the atoms that stand this near


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A structure to be relaxed, and where it came from.

    Parameters
    ----------
    state : State
    family : str
    sweep : int
        [1]
    structure : Structure
    """

    state: State
    family: str
    sweep: int
    structure: Structure


def stream(seed: int, *names: str) -> np.random.Generator:
    """Random numbers of one start: the same for the same seed and names, whatever else is computed.

    Parameters
    ----------
    seed : int
        [1]
    *names : str

    Returns
    -------
    numpy.random.Generator
    """
    digest = hashlib.sha256("\n".join(names).encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])


def random_start(ladder: Ladder, state: State, index: int, seed: int) -> Structure | None:
    """Solvents in random directions around the ion; None where they do not fit."""
    rng = stream(seed, "random", state.carbon, state.name, str(state.charge), str(index))
    composition = Composition(ladder.carbon, ladder.ion, (ladder.solvent,) * len(state.solvents), ladder.charge)
    try:
        start = placed(composition, rng)
    except PlacementError:
        return None
    if not state.solvents and ladder.carbon is not None and index:
        positions = start.positions.copy()
        positions[ion_index(start)] += np.abs(rng.normal(size=3)) * (0, 0, 0.3) + rng.normal(size=3) * (_WANDER, _WANDER, 0)
        start = start.moved(positions)
    return None if _touching(start) else start


def strips(parent: Structure, solvent: str) -> Iterator[Structure]:
    """Each solvent of a minimum taken away in turn."""
    for part in parent.part(solvent):
        yield parent.without(part)


def grown(ladder: Ladder, parent: Structure, name: str, index: int, seed: int) -> Structure | None:
    """A minimum with one solvent more in a free direction; None where there is no room."""
    try:
        return added(parent, ladder.solvent, stream(seed, "grow", name, str(index)))
    except PlacementError:
        return None


def shaken(parent: Structure, name: str, index: int, seed: int) -> Structure | None:
    """A minimum with its solvents turned about the line from ion to donor, and every atom rattled; None where they touch."""
    rng = stream(seed, "shake", name, str(index))
    donors = donor_indices(parent)
    centre = parent.positions[ion_index(parent)]
    for _ in range(_SHAKES):
        positions = parent.positions.copy()
        for donor in donors:
            atoms = parent.atoms_of(int(parent.parts[donor]))
            axis = positions[donor] - centre
            turn = rotation(axis / np.linalg.norm(axis), float(rng.uniform(0.0, 2.0 * np.pi)))
            positions[atoms] = (positions[atoms] - positions[donor]) @ turn.T + positions[donor]
        start = parent.moved(positions + rng.normal(scale=_RATTLE, size=positions.shape))
        if not _touching(start) and overlapping(start) is None and np.array_equal(bonds(start), bonds(parent)):
            return start
    return None


def swapped(ladder: Ladder, other: Ladder, minimum: Structure) -> Structure | None:
    """The shell of a minimum at another motif of the same flake, put at this one; None where it touches or the flakes differ."""
    if ladder.carbon is None or other.carbon is None:
        return None
    mine, theirs = ladder.carbon.positions, other.carbon.positions
    distance = np.linalg.norm(mine[:, None, :] - theirs[None, :, :], axis=2)
    pairs = [(i, int(np.argmin(row))) for i, row in enumerate(distance) if row.min() < _SAME_PLACE]
    if len(pairs) < len(mine) // 2:
        return None
    own, there = np.array([i for i, _ in pairs]), np.array([j for _, j in pairs])
    atoms = minimum.atoms_of(minimum.labels.index(CARBON))
    if not np.array_equal(minimum.numbers[atoms], other.carbon.numbers):
        return None  # a record of the same carbon with its atoms in another order
    relaxed = minimum.positions[atoms]
    carbon = ladder.carbon.moved(_laid(mine, mine[own], relaxed[there]))
    kept = minimum.parts != minimum.labels.index(CARBON)
    shell = Structure(minimum.numbers[kept], minimum.positions[kept], 0, 1, minimum.labels[1:], minimum.parts[kept] - 1)
    numbers = np.concatenate([carbon.numbers, shell.numbers])
    start = joined(carbon, shell, charge=ladder.charge, multiplicity=lowest_multiplicity(numbers, ladder.charge))
    return None if _touching(start) else start


def _laid(points: Floats, own: Floats, there: Floats) -> Floats:
    """Points moved as a whole so that some of them lie on given places as well as they can (Kabsch 1976), shape (n, 3)."""
    middle, target = own.mean(axis=0), there.mean(axis=0)
    left, _, right = np.linalg.svd((own - middle).T @ (there - target))
    mirror = np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    moved: Floats = (points - middle) @ (left @ mirror @ right) + target
    return moved


def _touching(structure: Structure) -> bool:
    """Whether atoms of different parts are too near to each other."""
    distance = np.linalg.norm(structure.positions[:, None, :] - structure.positions[None, :, :], axis=2)
    different = structure.parts[:, None] != structure.parts[None, :]
    return bool(np.any(distance[different] < _TOUCH)) if different.any() else False
