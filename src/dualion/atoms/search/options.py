"""What a search tries, and when it stops."""

from __future__ import annotations

from dataclasses import dataclass

from dualion.atoms.building.species import Solvent
from dualion.atoms.relax import FMAX, MAX_STEPS
from dualion.atoms.structure import Structure
from dualion.errors import SpecError

MOST_SOLVENTS = 6  # [1]


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What a search tries, and when it stops.

    Parameters
    ----------
    starts : int
        Random starts of each state [1].
    parents : int
        Minima of a neighbouring state that solvents are taken from or added to [1].
    grow : int
        Directions in which a solvent is added to each of them [1].
    shakes : int
        Shaken starts of each state and round [1].
    swaps : int
        Starts taken over from other motifs, for each state [1].
    max_rounds : int
        Rounds of one sweep upward and one downward after the first sweep downward [1].
    fmax : float
        Largest force on an atom of a minimum [eV/angstrom].
    max_steps : int
        Energies to compute at most in one relaxation [1].
    seed : int
        Of all random numbers [1].

    Raises
    ------
    SpecError
        A number is out of its range.
    """

    starts: int = 8
    parents: int = 3
    grow: int = 4
    shakes: int = 4
    swaps: int = 4
    max_rounds: int = 3
    fmax: float = FMAX
    max_steps: int = MAX_STEPS
    seed: int = 0

    def __post_init__(self) -> None:
        least = {"starts": 1, "parents": 1, "grow": 0, "shakes": 0, "swaps": 0, "max_rounds": 0, "max_steps": 1, "seed": 0}
        for name, lowest in least.items():
            if getattr(self, name) < lowest:
                raise SpecError(f"{name}: {getattr(self, name)} is too small. Write {lowest} or more.")
        if not 0.0 < self.fmax <= 1.0:
            raise SpecError(f"fmax: {self.fmax:g} is not a threshold. Write a force above 0 and up to 1 eV/angstrom, such as 0.02.")


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """The states between two numbers of solvents at one carbon.

    Parameters
    ----------
    name : str
        Of the carbon; ``"bare"`` for the shell alone.
    carbon : Structure or None
        With its site.
    solvent : Solvent
    top, bottom : int
        Most and fewest solvents [1].
    charge : int
        Total charge [e].
    ion : str
        Symbol.

    Raises
    ------
    SpecError
        The numbers of solvents do not make a ladder.
    """

    name: str
    carbon: Structure | None
    solvent: Solvent
    top: int
    bottom: int
    charge: int
    ion: str = "Na"

    def __post_init__(self) -> None:
        if not 0 <= self.bottom < self.top:
            raise SpecError(f"ladder: from {self.top} to {self.bottom} is not a ladder. Write a larger number first, such as 3-2.")
        if self.top > MOST_SOLVENTS:
            raise SpecError(f"ladder: {self.top} solvents do not fit around one ion. Begin with at most {MOST_SOLVENTS}.")
