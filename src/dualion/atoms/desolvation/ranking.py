"""The order of motifs by one step, as far as it is decided.

A pair of motifs is ordered only if the difference of their step energies exceeds its uncertainty, the search of every state has converged,
both charges give the difference the same sign, and so does a second flake or site. Otherwise the pair is not decidable and says why. A
set with an undecidable pair has a partial order. An order that follows only through a third motif is not added, and nothing turns the
refusal off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from dualion.atoms.electrons import signed
from dualion.errors import SpecError
from dualion.records.quantity import Flag

DIFFERENCE, SEARCH, CHARGE, FLAKE = "difference", "search", "charge", "flake"
_NEEDED = 2  # charges, and flakes or sites, at which a pair must be known
_SAME = 1e-9  # [eV] an energy that is told twice may differ by rounding


@dataclass(frozen=True, slots=True)
class RankedStep:
    """One step at one motif, with all that its place in an order depends on.

    Parameters
    ----------
    motif : str
        Such as ``"oxN_zz"``.
    energy : float
        Of the step [eV].
    delta_before, delta_after : float
        Uncertainty of the search of the state before and after the step [eV].
    engine_uncertainty : float
        Of the method in this step [eV].
    converged : bool
        Whether the search of both states has converged.
    dft_relaxed : bool
        Whether both states were relaxed at DFT; single points do not count.
    charge_energies : mapping of int to float
        Energy of the step by total charge [eV], that of ``energy`` among them; empty where only one was computed.
    flakes : mapping of str to float
        Energy of the step by flake or site [eV], that of ``energy`` among them; empty where only one was computed.

    Raises
    ------
    SpecError
        A number is not finite, an uncertainty is negative, or ``energy`` is not among the energies by charge or by flake.
    """

    motif: str
    energy: float
    delta_before: float
    delta_after: float
    engine_uncertainty: float
    converged: bool
    dft_relaxed: bool
    charge_energies: Mapping[int, float]
    flakes: Mapping[str, float]

    def __post_init__(self) -> None:
        for name in ("delta_before", "delta_after", "engine_uncertainty"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise SpecError(f"{self.motif}: {name}: {value} eV is not an uncertainty. Write a number that is not negative.")
        for name, energies in (("charge_energies", self.charge_energies), ("flakes", self.flakes)):
            if not all(math.isfinite(value) for value in (self.energy, *energies.values())):
                raise SpecError(f"{self.motif}: {name}: an energy is not finite. Leave out a step without an energy.")
            if energies and not any(abs(value - self.energy) <= _SAME for value in energies.values()):
                raise SpecError(f"{self.motif}: {name}: the energy {self.energy} eV is not among them. Add it, or leave the mapping empty.")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two motifs, and whether their order is decided.

    Parameters
    ----------
    lower, higher : str
        Motifs by the energies found; of equal energies the one that was given first is the lower.
    difference : float
        Energy of the higher minus that of the lower [eV].
    uncertainty : float
        Of the difference, on the side that would reverse it [eV].
    failed : tuple of str
        Conditions that are not met, of ``"difference"``, ``"search"``, ``"charge"``, ``"flake"``.
    reasons : tuple of str
        A clause for each of them.
    """

    lower: str
    higher: str
    difference: float
    uncertainty: float
    failed: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def decided(self) -> bool:
        """Whether every condition is met."""
        return not self.failed

    @property
    def statement(self) -> str:
        """One sentence."""
        if self.decided:
            return f"{self.lower} lies below {self.higher} by {self.difference:.2f} eV (uncertainty {self.uncertainty:.2f} eV)."
        return f"{self.lower} and {self.higher}: not decidable ({'; '.join(self.reasons)})."

    def document(self) -> dict[str, Any]:
        """The pair as plain data, in eV."""
        return {
            "lower": self.lower,
            "higher": self.higher,
            "difference_eV": self.difference,
            "uncertainty_eV": self.uncertainty,
            "decided": self.decided,
            "failed": list(self.failed),
            "statement": self.statement,
        }


@dataclass(frozen=True, slots=True)
class Ranking:
    """What may be said of the order of motifs.

    Parameters
    ----------
    motifs : tuple of str
        By the energies found, the lowest first; this order alone says nothing.
    pairs : tuple of Pair
        Every pair once.
    """

    motifs: tuple[str, ...]
    pairs: tuple[Pair, ...]

    @property
    def ordered(self) -> tuple[Pair, ...]:
        """Pairs whose order is decided."""
        return tuple(pair for pair in self.pairs if pair.decided)

    @property
    def undecidable(self) -> tuple[Pair, ...]:
        """Pairs whose order is not."""
        return tuple(pair for pair in self.pairs if not pair.decided)

    @property
    def total(self) -> bool:
        """Whether every pair is ordered."""
        return not self.undecidable

    @property
    def lowest(self) -> str | None:
        """The motif that is decided to lie below every other one; None where there is none."""
        first = self.motifs[0]
        return first if sum(pair.lower == first for pair in self.ordered) == len(self.motifs) - 1 else None

    @property
    def flags(self) -> tuple[Flag, ...]:
        """``not_decidable``, a refusal, where a pair is not ordered."""
        return () if self.total else (Flag("not_decidable", "refusal", self.statement),)

    @property
    def statement(self) -> str:
        """One sentence on the whole set."""
        if self.total:
            return f"The order is decided: {' < '.join(self.motifs)}."
        lowest = f"{self.lowest} is the lowest" if self.lowest else "no motif can be called the lowest"
        known = ", ".join(f"{pair.lower} < {pair.higher}" for pair in self.ordered)
        partial = f"only {known}" if known else "none"
        return f"{len(self.ordered)} of {len(self.pairs)} pairs of motifs are decided ({partial}); {lowest}."

    def document(self) -> dict[str, Any]:
        """The ranking as plain data."""
        return {
            "kind": "ranking",
            "motifs": list(self.motifs),
            "total": self.total,
            "lowest": self.lowest,
            "ordered": [[pair.lower, pair.higher] for pair in self.ordered],
            "pairs": [pair.document() for pair in self.pairs],
            "statement": self.statement,
            "flags": [flag.code for flag in self.flags],
        }


def rank(steps: Sequence[RankedStep]) -> Ranking:
    """Compare a step at several motifs, pair by pair.

    Parameters
    ----------
    steps : sequence of RankedStep
        The same step at different motifs, at one level and one charge; at least two.

    Returns
    -------
    Ranking

    Raises
    ------
    SpecError
        There are fewer than two, or a motif is there twice.
    """
    names = [step.motif for step in steps]
    if len(names) < 2:
        raise SpecError(f"steps: a ranking compares at least two motifs, and there are {len(names)}. Add one.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SpecError(f"steps: {twice[0]} is there twice. Give each motif once, and its other flakes and charges in their mappings.")
    by_energy = sorted(steps, key=lambda step: step.energy)
    return Ranking(tuple(step.motif for step in by_energy), tuple(_compared(low, high) for low, high in combinations(by_energy, 2)))


def _compared(lower: RankedStep, higher: RankedStep) -> Pair:
    difference, uncertainty = higher.energy - lower.energy, _uncertainty(lower, higher)
    reasons = {}
    if difference <= uncertainty:
        reasons[DIFFERENCE] = f"the difference of {difference:.2f} eV does not exceed its uncertainty of {uncertainty:.2f} eV"
    waiting = [step.motif for step in (lower, higher) if not step.converged]
    if waiting:
        reasons[SEARCH] = f"the search has not converged for {' and '.join(waiting)}"
    charges = {f"q={signed(charge)}": higher.charge_energies[charge] - energy for charge, energy in lower.charge_energies.items()
               if charge in higher.charge_energies}  # fmt: skip
    flakes = {name: higher.flakes[name] - energy for name, energy in lower.flakes.items() if name in higher.flakes}
    for condition, what, differences in ((CHARGE, "charge", charges), (FLAKE, "flake or site", flakes)):
        problem = _disagreement(what, differences)
        if problem:
            reasons[condition] = problem
    return Pair(lower.motif, higher.motif, difference, uncertainty, tuple(reasons), tuple(reasons.values()))


def _uncertainty(lower: RankedStep, higher: RankedStep) -> float:
    """Uncertainty on the side that would reverse the sign [eV].

    Minima can only be too high: the lower step rises with a better state before it, the higher one falls with a better state after it.
    The errors of the method add in squares; only what was relaxed at DFT on both sides has a common part that cancels.
    """
    engines = (lower.engine_uncertainty, higher.engine_uncertainty)
    method = abs(engines[0] - engines[1]) if lower.dft_relaxed and higher.dft_relaxed else math.hypot(*engines)
    return math.hypot(lower.delta_before, higher.delta_after, method)


def _disagreement(what: str, differences: Mapping[str, float]) -> str:
    """Why the differences at several charges or flakes do not support the order; empty where they do."""
    if len(differences) < _NEEDED:
        known = f"only {', '.join(sorted(differences))}" if differences else "none"
        return f"a second {what} is not known for both ({known} is)"
    against = sorted(name for name, value in differences.items() if value <= 0)
    return f"the sign is another one for {', '.join(against)}" if against else ""
