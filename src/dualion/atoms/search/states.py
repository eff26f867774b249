"""States, and what the search has found of each.

A state is a carbon (or none), an ion, solvents and a total charge. What was found of it is the list of its starts with their outcomes, in
the order in which they were made; everything that is said of the state follows from that list.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from dualion.atoms.bonds import coordination
from dualion.atoms.relax import Relaxed
from dualion.atoms.structure import Floats

SAME_ENERGY = 0.005  # [eV] two minima further apart than this are different ones
SAME_SHAPE = 0.1  # [angstrom] root mean square of sorted distances below which two minima are one
AGREE = 0.02  # [eV] two families that come this near to each other found the same minimum
ENOUGH = 8  # [1] accepted starts of a converged state
BARE = "bare"


@dataclass(frozen=True, slots=True, order=True)
class State:
    """What a state is made of, by name.

    Parameters
    ----------
    carbon : str
        Motif, name of a user's carbon, ``"bare"`` for the shell alone, or empty where there is neither carbon nor ion.
    ion : str
        Symbol; empty for none.
    solvents : tuple of str
        Names, sorted.
    charge : int
        Total charge [e].
    """

    carbon: str
    ion: str
    solvents: tuple[str, ...]
    charge: int

    @property
    def name(self) -> str:
        """Such as ``"oxN_zz + Na+(EC)3"``."""
        shell = "".join(f"({solvent}){count}" for solvent, count in sorted(Counter(self.solvents).items()))
        inner = f"{self.ion}+{shell}" if self.ion else "+".join(self.solvents)
        parts = [part for part in ("" if self.carbon == BARE else self.carbon, inner) if part]
        return " + ".join(parts) or "nothing"

    @property
    def rigid(self) -> bool:
        """Whether it is a molecule or a carbon alone, or an ion alone, which have no shell to search for."""
        return not self.ion or (not self.solvents and self.carbon == BARE)


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """One start of a state and where it led.

    Parameters
    ----------
    key : str
        Of its task.
    family : str
        ``"random"``, ``"strip"``, ``"grow"``, ``"swap"`` or ``"shake"``.
    sweep : int
        In which sweep it was made [1].
    relaxed : Relaxed
    """

    key: str
    family: str
    sweep: int
    relaxed: Relaxed

    @property
    def energy(self) -> float:
        """Total energy of an accepted start [eV]."""
        assert self.relaxed.energy is not None
        return self.relaxed.energy


@dataclass(slots=True)
class Found:
    """What the search has found of a state.

    Parameters
    ----------
    state : State
    tried : list of Tried
        In the order of the starts.
    lowered_in : int
        The last sweep that lowered the lowest energy by more than 0.02 eV [1].
    sweeps : int
        The last sweep of the search that came by the state [1].
    stopped : bool
        Whether the search ended before its last sweep.
    """

    state: State
    tried: list[Tried] = field(default_factory=list)
    lowered_in: int = 0
    sweeps: int = 0
    stopped: bool = False

    @property
    def accepted(self) -> list[Tried]:
        """Accepted starts, lowest first; of equal energies the earlier one."""
        return sorted((one for one in self.tried if one.relaxed.accepted), key=lambda one: one.energy)

    @property
    def closed(self) -> list[Tried]:
        """Accepted starts with every solvent at the ion, lowest first."""
        return [one for one in self.accepted if _whole(one.relaxed, self.state)]

    @property
    def best(self) -> Tried | None:
        """The minimum that is reported: the lowest with every solvent at the ion."""
        closed = self.closed
        return closed[0] if closed else None

    @property
    def minima(self) -> list[Tried]:
        """Different minima among the accepted starts, lowest first."""
        return distinct(self.accepted)

    @property
    def outcomes(self) -> dict[str, int]:
        """How many starts had each outcome [1]."""
        return dict(sorted(Counter(one.relaxed.outcome for one in self.tried).items()))

    @property
    def families(self) -> tuple[str, ...]:
        """Families with an accepted start."""
        return tuple(sorted({one.family for one in self.accepted}))

    @property
    def spread(self) -> float:
        """Highest minus lowest accepted energy with every solvent at the ion [eV]."""
        closed = self.closed
        return closed[-1].energy - closed[0].energy if closed else 0.0

    @property
    def second(self) -> float | None:
        """From the lowest minimum to the next different one [eV]."""
        minima = distinct(self.closed)
        return minima[1].energy - minima[0].energy if len(minima) > 1 else None

    @property
    def opened(self) -> float | None:
        """How far an opened shell lies below the reported minimum [eV]; None where none does."""
        best, accepted = self.best, self.accepted
        if best is None or not accepted or accepted[0] is best:
            return None
        return best.energy - accepted[0].energy

    @property
    def converged(self) -> bool:
        """Whether two families agree, enough starts were accepted, and the last sweep did not lower the state."""
        if self.state.rigid:
            return bool(self.closed)
        closed = self.closed
        if self.stopped or len(closed) < ENOUGH or self.lowered_in >= self.sweeps > 0:
            return False
        lowest = closed[0]
        others = [one for one in closed if one.family != lowest.family]
        return bool(others) and others[0].energy - lowest.energy <= AGREE


def distinct(tried: list[Tried]) -> list[Tried]:
    """Different minima, lowest first: energies within 0.005 eV and sorted distances within 0.1 angstrom are one.

    Parameters
    ----------
    tried : list of Tried
        Accepted, lowest first.

    Returns
    -------
    list of Tried
    """
    kept: list[Tried] = []
    shapes: list[Floats] = []
    for one in tried:
        shape = _shape(one.relaxed)
        known = any(
            one.energy - other.energy <= SAME_ENERGY and float(np.sqrt(np.mean((shape - other_shape) ** 2))) <= SAME_SHAPE
            for other, other_shape in zip(kept, shapes, strict=True)
            if len(shape) == len(other_shape)
        )
        if not known:
            kept.append(one)
            shapes.append(shape)
    return kept


def _shape(relaxed: Relaxed) -> Floats:
    """Sorted distances between the atoms, shape (n (n-1) / 2,) [angstrom]."""
    positions = relaxed.structure.positions
    first, second = np.triu_indices(len(positions), k=1)
    distances: Floats = np.sort(np.linalg.norm(positions[first] - positions[second], axis=1))
    return distances


def _whole(relaxed: Relaxed, state: State) -> bool:
    around = coordination(relaxed.structure)
    return around is None or around.n_bound == len(state.solvents)
