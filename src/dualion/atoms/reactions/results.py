"""What the reactions at a nitrogen gave: minima of every species, reaction energies, preferences, and the document of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dualion.atoms.engines.base import Level
from dualion.atoms.relax import Relaxed
from dualion.atoms.tasks import structure_document
from dualion.records.quantity import Flag

WATER_FORMATION: Final = 2.476  # [eV] minus the formation enthalpy of water vapour at 0 K, Chase 1998
SMALL_GAP: Final = 0.5  # [eV] below it a closed shell is doubtful
AGREE: Final = 0.02  # [eV] two starts that agree to this found the same minimum
OPEN_QUESTIONS: Final = (
    "Electronic energies of a tight-binding method: DFT relaxation of every state decides.",
    "Zero-point and thermal terms are not included; the study prints free energies without their method.",
    "The ligands of zinc in the furnace are not known: acetate, chloride and water are models.",
)


@dataclass(frozen=True, slots=True, eq=False)
class Species:
    """The minima that the starts of one species led to.

    Parameters
    ----------
    name : str
    relaxed : tuple of Relaxed
        One for each start.
    """

    name: str
    relaxed: tuple[Relaxed, ...]

    @property
    def accepted(self) -> tuple[Relaxed, ...]:
        """The minima, the lowest first."""
        return tuple(sorted((one for one in self.relaxed if one.accepted), key=lambda one: one.energy or 0.0))

    @property
    def best(self) -> Relaxed | None:
        """The lowest minimum; None where no start led to one."""
        return self.accepted[0] if self.accepted else None

    @property
    def converged(self) -> bool:
        """Whether two starts agree on the lowest minimum; one start of one molecule is enough."""
        energies = [one.energy for one in self.accepted if one.energy is not None]
        if len(self.relaxed) == 1:
            return bool(energies)
        return len(energies) > 1 and energies[1] - energies[0] <= AGREE

    def document(self) -> dict[str, Any]:
        """The species as plain data."""
        best, energies = self.best, [float(one.energy) for one in self.accepted if one.energy is not None]
        outcomes = Counter(one.outcome for one in self.relaxed)
        found: dict[str, Any] = {
            "starts": len(self.relaxed),
            "outcomes": dict(sorted(outcomes.items())),
            "converged": self.converged,
            "spread_eV": round(energies[-1] - energies[0], 6) if energies else None,
            "second_eV": round(energies[1] - energies[0], 6) if len(energies) > 1 else None,
        }
        if best is not None and best.energy is not None:
            structure = best.structure
            found |= {
                "energy_eV": round(float(best.energy), 8),
                "gap_eV": None if best.gap is None else round(best.gap, 4),
                "fmax_eV_per_A": None if best.fmax is None else round(best.fmax, 5),
                "formula": structure.formula,
                "structure": structure_document(structure),
            }
        return found


@dataclass(frozen=True, slots=True, eq=False)
class ReactionSet:
    """Every reaction of one nitrogen.

    Parameters
    ----------
    nitrogen : str
        Such as ``"zigzag"``.
    zinc : str or None
        Formula of zinc with its ligands.
    level : Level
    fmax : float
        Threshold of the minima [eV/angstrom].
    species : mapping of str to Species
    energies : mapping of str to (float or None)
        Of each reaction by name [eV]; None where a state has no minimum.
    equations : mapping of str to str
    """

    nitrogen: str
    zinc: str | None
    level: Level
    fmax: float
    species: Mapping[str, Species]
    energies: Mapping[str, float | None]
    equations: Mapping[str, str]

    @property
    def flags(self) -> tuple[Flag, ...]:
        """What a careful reader must know."""
        return _flags(self.species)

    @property
    def preferences(self) -> dict[str, float | None]:
        """Energy of oxidation minus that of hydrogenation [eV]: positive where hydrogenation wins."""
        pairs = {"without zinc": ("oxidation", "hydrogenation")}
        if self.zinc:
            kept = "oxidation, zinc kept"
            pairs |= {
                "zinc kept by both": (kept, "hydrogenation, zinc kept"),
                "zinc kept by the oxide, released by the hydride": (kept, "hydrogenation, zinc released"),
                "zinc released by both": ("oxidation, zinc released", "hydrogenation, zinc released"),
            }
        return {name: _difference(self.energies[first], self.energies[second]) for name, (first, second) in pairs.items()}

    def document(self) -> dict[str, Any]:
        """The set as plain data."""
        return {
            "kind": "reaction",
            "name": f"oxidation against hydrogenation @ {self.nitrogen}",
            "zinc": self.zinc,
            "level": {**self.level.document(), "fmax": self.fmax},
            "reactions": {
                name: {"equation": self.equations[name], "energy_eV": None if energy is None else round(energy, 6)}
                for name, energy in self.energies.items()
            },
            "preferences_eV": {name: None if value is None else round(value, 6) for name, value in self.preferences.items()},
            "half_oxygen_eV": WATER_FORMATION,
            "species": {name: one.document() for name, one in self.species.items()},
            "flags": [{"code": flag.code, "severity": flag.severity, "message": flag.message} for flag in self.flags],
            "open_questions": list(OPEN_QUESTIONS),
        }


def _difference(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first - second


def _flags(species: Mapping[str, Species]) -> tuple[Flag, ...]:
    """What a careful reader must know of the species."""
    found = [Flag("electronic_energy", "note", "No zero-point or thermal terms: these are not free energies.")]
    for name, one in species.items():
        best = one.best
        if best is None:
            outcomes = ", ".join(sorted({ended.outcome for ended in one.relaxed}))
            found.append(Flag("no_minimum", "refusal", f"{name}: no start led to a minimum ({outcomes}); its reactions have no energy."))
            continue
        if not one.converged:
            found.append(Flag("search_not_converged", "warning", f"{name}: {len(one.accepted)} minima, and no two agree to {AGREE:g} eV."))
        if best.gap is not None and best.gap < SMALL_GAP:
            found.append(Flag("small_gap", "warning", f"{name}: gap {best.gap:.2f} eV; another spin state may lie lower."))
    return tuple(found)
