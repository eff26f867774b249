"""An engine whose reaction energies at nitrogen are known: every geometry is a minimum, and its energy follows from the formula.

Atoms add up to the same on both sides of a balanced reaction, so that only the given shifts remain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dualion.atoms.engines.base import Energy, Level
from dualion.atoms.flake import flake
from dualion.atoms.reactions import compute, nitrogen_at
from dualion.atoms.structure import Structure

ATOMS = {"H": -13.0, "C": -38.0, "N": -54.0, "O": -75.0, "Zn": -60.0, "Cl": -15.0}  # [eV]
OXIDE, HYDRIDE, HELD = 2.0, -0.5, -0.8  # [eV] of N*-O, N*-H, and of zinc at N* or N*-O
HELD_BY_HYDRIDE = -0.1  # [eV]


@dataclass(frozen=True, slots=True)
class Shifts:
    """What is added to the atoms [eV], by species; a species that is None does not converge to a minimum."""

    level_method: str = "GFN1-xTB"
    shifts: Mapping[str, float] = field(default_factory=lambda: {"N*-O": OXIDE, "N*-H": HYDRIDE})
    gap: float = 1.0

    @property
    def level(self) -> Level:
        return Level("shifts", "1", self.level_method)

    def session(self, structure: Structure) -> Any:
        energy = sum(ATOMS[symbol] for symbol in structure.symbols) + self._shift(structure)

        def session(positions: np.ndarray, *, forces: bool = True) -> Energy:
            return Energy(energy, np.zeros_like(positions) if forces else None, None, self.gap)

        return session

    def _shift(self, structure: Structure) -> float:
        if "carbon" not in structure.labels:
            return 0.0
        own = Counter(np.array(structure.symbols)[structure.atoms_of(structure.labels.index("carbon"))].tolist())
        edge = {17: "N*", 18: "N*-H"}[own["H"]] if not own["O"] else "N*-O"
        held = (HELD_BY_HYDRIDE if edge == "N*-H" else HELD) if len(structure.labels) > 1 else 0.0
        return self.shifts.get(edge, 0.0) + held


def reaction_set(edge: str, ligand: str | None = None, engine: Shifts | None = None) -> dict[str, Any]:
    """The document of a set on the default flake."""
    return compute(nitrogen_at(flake(), edge), engine or Shifts(), ligand=ligand, starts=1).document()
