"""An engine whose reaction energies at nitrogen are known: every geometry is a minimum, and its energy follows from the formula.

Atoms add up to the same on both sides of a balanced reaction, so that only the given shifts remain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dualion.atoms.building.flake import flake
from dualion.atoms.engines.base import Energy, Level
from dualion.atoms.reactions.nitrogen import compute, nitrogen_at
from dualion.atoms.structure import Structure
from dualion.errors import ConvergenceError

ATOMS = {"H": -13.0, "C": -38.0, "N": -54.0, "O": -75.0, "Zn": -60.0, "Cl": -15.0}  # [eV]
OXIDE, HYDRIDE, HELD = 2.0, -0.5, -0.8  # [eV] of N*-O, N*-H, and of zinc at N* or N*-O
HELD_BY_HYDRIDE = -0.1  # [eV]


@dataclass(frozen=True, slots=True)
class Shifts:
    """What is added to the atoms [eV], by species; the field of the species ``fails`` never becomes self-consistent."""

    method: str = "GFN1-xTB"
    shifts: Mapping[str, float] = field(default_factory=lambda: {"N*-O": OXIDE, "N*-H": HYDRIDE})
    fails: str = ""
    gap: float = 1.0

    @property
    def level(self) -> Level:
        return Level("shifts", "1", self.method)

    def session(self, structure: Structure) -> Any:
        name = species_of(structure)
        held = len(structure.labels) > 1 and structure.labels[0] == "carbon"
        bound = (HELD_BY_HYDRIDE if name == "N*-H" else HELD) if held else 0.0
        energy = sum(ATOMS[symbol] for symbol in structure.symbols) + self.shifts.get(name, 0.0) + bound

        def session(positions: np.ndarray, *, forces: bool = True) -> Energy:
            if name and name == self.fails:
                raise ConvergenceError(f"{name}: no self-consistent field.")
            return Energy(energy, np.zeros_like(positions) if forces else None, None, self.gap)

        return session


def species_of(structure: Structure) -> str:
    """N*, N*-O or N*-H of C50H18, whatever stands at it; empty for a molecule."""
    if structure.labels[0] != "carbon":
        return ""
    own = Counter(np.array(structure.symbols)[structure.atoms_of(0)].tolist())
    return "N*-O" if own["O"] else {17: "N*", 18: "N*-H"}[own["H"]]


def reaction_set(edge: str, ligand: str | None = None, engine: Shifts | None = None) -> dict[str, Any]:
    """The document of a set on the default flake."""
    return compute(nitrogen_at(flake(), edge), engine or Shifts(), ligand=ligand, starts=1).document()
