"""A landscape whose lowest minima are known, for tests of the search: an ion and diatomic solvents as a cluster of Lennard-Jones atoms.

The ion and the donors attract each other all alike, so that the lowest energy of an ion with m solvents is that of m + 1 such atoms
(Hoare & Pal 1971; Wales & Doye 1997), as long as every donor stands at the ion. Five solvents are the exception: six atoms form an
octahedron, in which a donor stands opposite to the ion; the lowest whole shell is the second minimum. Tails only keep their length and push
away what comes near; a tail that points outwards feels nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

import numpy as np

from dualion.atoms.building.species import Solvent
from dualion.atoms.engines.base import Energy, Level
from dualion.atoms.search.options import Ladder
from dualion.atoms.search.run import Searched
from dualion.atoms.structure import Structure
from dualion.store.digests import canonical

DEPTH = 0.3  # [eV]
LENGTH = 2.6  # [angstrom] of the lowest energy of a pair
TAIL = 1.2  # [angstrom]
STIFF = 20.0  # [eV/angstrom2] of a tail
PUSH, REACH = 4.0, 2.3  # [eV/angstrom2] and [angstrom] of what tails push away

#: Lowest energies of ion and m solvents with every donor at the ion, and of the octahedron, in units of the depth of a pair.
WHOLE = (0.0, -1.0, -3.0, -6.0, -9.103852, -12.302928, -16.505384)
OCTAHEDRON = -12.712062

CO = Solvent("CO", "[C-]#[O+]", ("O", "C"), (((0.0, 0.0, 0.0), (TAIL, 0.0, 0.0)),), 0)


@dataclass(frozen=True, slots=True)
class Landscape:
    """The engine of the landscape; of carbons and solvents other than `CO` it knows nothing."""

    depth: float = DEPTH

    @property
    def level(self) -> Level:
        return Level("landscape", "1", f"Lennard-Jones {self.depth:g}")

    def session(self, structure: Structure) -> LandscapeSession:
        return LandscapeSession(self.depth, structure)


class LandscapeSession:
    def __init__(self, depth: float, structure: Structure) -> None:
        round_ = np.isin(structure.numbers, (8, 11))  # ion and donors
        first, second = np.triu_indices(len(structure), k=1)
        attract = round_[first] & round_[second]
        own = ~attract & (structure.parts[first] == structure.parts[second])
        self.depth, self.first, self.second, self.attract, self.own, self.push = depth, first, second, attract, own, ~attract & ~own

    def __call__(self, positions: np.ndarray, *, forces: bool = True) -> Energy:
        apart = positions[self.first] - positions[self.second]
        r = np.sqrt((apart**2).sum(axis=1))
        sixth = (LENGTH / r) ** 6
        near = np.maximum(REACH - r, 0.0)
        energy = self.depth * (sixth**2 - 2.0 * sixth) * self.attract
        energy += 0.5 * STIFF * (r - TAIL) ** 2 * self.own + 0.5 * PUSH * near**2 * self.push
        slope = self.depth * 12.0 * (sixth - sixth**2) / r * self.attract + STIFF * (r - TAIL) * self.own - PUSH * near * self.push
        pull = (slope / r)[:, None] * apart
        total = np.zeros_like(positions)
        np.add.at(total, self.first, -pull)
        np.add.at(total, self.second, pull)
        return Energy(float(energy.sum()), total if forces else None, None, 5.0)


def ladder(top: int, bottom: int = 0) -> Ladder:
    """A bare ladder on the landscape."""
    return Ladder("bare", None, CO, top, bottom, 1)


def lowest(solvents: int) -> float:
    """Energy of the lowest whole shell [eV]."""
    return DEPTH * WHOLE[solvents]


def summary(searched: Searched) -> bytes:
    """Everything that follows from a search, as bytes."""
    found = [
        {
            "name": state.name,
            "lowered_in": one.lowered_in,
            "sweeps": one.sweeps,
            "converged": one.converged,
            "tried": [
                [
                    tried.key,
                    tried.family,
                    tried.sweep,
                    tried.relaxed.outcome,
                    tried.relaxed.energy,
                    tried.relaxed.structure.positions.tolist(),
                ]
                for tried in one.tried
            ],
        }
        for state, one in searched.found.items()
    ]
    return canonical(found)


class Here(Executor):
    """Does each task at once, in this process."""

    def __init__(self) -> None:
        self.submitted = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.submitted += 1
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as problem:  # noqa: BLE001 - what an executor does
            future.set_exception(problem)
        return future


@dataclass(frozen=True, slots=True)
class Sleepy:
    """The engine of the landscape, slow: each energy takes some time [s]."""

    seconds: float

    @property
    def level(self) -> Level:
        return Level("landscape", "1", f"slow {self.seconds:g}")

    def session(self, structure: Structure) -> Callable[..., Energy]:
        quick = Landscape().session(structure)

        def session(positions: np.ndarray, *, forces: bool = True) -> Energy:
            time.sleep(self.seconds)
            return quick(positions, forces=forces)

        return session
