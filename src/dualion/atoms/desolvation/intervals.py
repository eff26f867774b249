"""How far a step energy may be off: the search, the method, the thresholds.

A search finds minima that can only be too high. An error of the state before a step therefore makes the step too small, one of the state
after it makes it too large, and the interval is asymmetric. It is a search and method interval, not a standard error. What charge,
dispersion, basis and thermal motion change is told in columns of its own and never averaged into it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from dualion.errors import SpecError
from dualion.records.quantity import Flag

LABEL = "search and method interval"
NUMERIC = 0.01  # [eV] thresholds of the relaxation and of the field
SMALLEST = 0.02  # [eV] uncertainty of the best search: two families that agree to this have converged
UNCONVERGED = 0.15  # [eV] least uncertainty of a search that has not converged
ENGINE_ON_CARBON = 0.4  # [eV] assumed without DFT: by so much GFN and PBE-D3 differ in a step on the same structures

#: Root mean square of GFN1-xTB minus the reference over the steps of the bare shells Na+(EC)3 to Na+ [eV].
ENGINE_ON_BARE = {"PBE-D3(BJ)/def2-SVP": 0.05, "PBE-D3(BJ)/def2-TZVP": 0.15}

ENGINE_TERM_ASSUMED = Flag(
    "engine_term_assumed",
    "warning",
    f"The error of the method was not computed; {ENGINE_ON_CARBON} eV is assumed.",
)
NOT_STATISTICAL = Flag("not_statistical", "note", f"Half the width of a {LABEL} stands in place of a standard error.")

_HALVES = 1000  # random halves of the starts
_QUANTILE = 0.95
_ANCHORED = "GFN1-xTB"  # the method that ENGINE_ON_BARE speaks of


@dataclass(frozen=True, slots=True)
class IntervalTerms:
    """What the interval of a step is made of.

    Parameters
    ----------
    delta_before, delta_after : float
        Uncertainty of the search of the state before and after the step [eV].
    engine : float
        Uncertainty of the method [eV].
    numeric : float
        Thresholds, and grid and box of a DFT engine [eV].
    """

    delta_before: float
    delta_after: float
    engine: float
    numeric: float = NUMERIC

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not (math.isfinite(value) and value >= 0):
                raise SpecError(f"IntervalTerms.{name}: {value} eV is not an uncertainty. Write a number that is not negative.")

    def document(self) -> dict[str, float]:
        """The terms as plain data, in eV."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class StepInterval:
    """A step energy between its ends.

    Parameters
    ----------
    energy : float
        [eV]
    low, high : float
        [eV]
    terms : IntervalTerms
    """

    energy: float
    low: float
    high: float
    terms: IntervalTerms

    @property
    def ends(self) -> tuple[float, float]:
        """Lower and upper end [eV]."""
        return self.low, self.high

    @property
    def half_width(self) -> float:
        """What the rules of a verdict take for a standard error, with the flag ``not_statistical`` [eV]."""
        return (self.high - self.low) / 2

    def document(self) -> dict[str, Any]:
        """The interval as plain data, in eV."""
        return {"energy_eV": self.energy, "interval_eV": [self.low, self.high], "interval_terms": self.terms.document()}


@dataclass(frozen=True, slots=True)
class EngineUncertainty:
    """How far a method may be off in a step.

    Parameters
    ----------
    value : float
        [eV]
    source : str
        What it rests on.
    flags : tuple of Flag
        ``engine_term_assumed`` where it rests on nothing computed.
    """

    value: float
    source: str
    flags: tuple[Flag, ...] = ()


def search_uncertainty(energies: ArrayLike, *, converged: bool, seed: int) -> float:
    """Uncertainty of the lowest energy that a search has found [eV].

    By how much the lowest energy rises when a random half of the starts is left out: the 95 % quantile over 1000 halves, at least 0.02 eV.
    A search that has not converged has at least the spread of its minima and 0.15 eV. A single start has no halves and no spread.

    Parameters
    ----------
    energies : array of float, shape (n,)
        Of every accepted start [eV].
    converged : bool
        Whether the search has converged.
    seed : int
        Of the halves [1].

    Returns
    -------
    float

    Raises
    ------
    SpecError
        There is no energy, or one is not finite.
    """
    found = np.asarray(energies, dtype=np.float64)
    if found.ndim != 1 or len(found) == 0 or not np.all(np.isfinite(found)):
        raise SpecError("energies: finite energies of at least one accepted start are needed. Search the state first.")
    half = max(len(found) // 2, 1)
    drawn = np.random.default_rng(seed).random((_HALVES, len(found))).argsort(axis=1)[:, :half]
    missed = found[drawn].min(axis=1) - found.min()
    delta = max(SMALLEST, float(np.quantile(missed, _QUANTILE)))
    return delta if converged else max(delta, float(np.ptp(found)), UNCONVERGED)


def step_interval(energy: float, *, delta_before: float, delta_after: float, engine: float, numeric: float = NUMERIC) -> StepInterval:
    """Ends of a step energy: the state after the step bounds it below, the state before it above.

    Parameters
    ----------
    energy : float
        [eV]
    delta_before, delta_after : float
        Uncertainty of the search of the state before and after the step [eV].
    engine : float
        Uncertainty of the method [eV].
    numeric : float
        Thresholds, and grid and box of a DFT engine [eV].

    Returns
    -------
    StepInterval

    Raises
    ------
    SpecError
        The energy is not finite, or an uncertainty is not finite or negative.

    Examples
    --------
    >>> step_interval(1.0, delta_before=0.3, delta_after=0.0, engine=0.4, numeric=0.0).ends
    (0.6, 1.5)
    """
    if not math.isfinite(energy):
        raise SpecError(f"energy: {energy} eV is not finite. Leave out a step without an energy.")
    terms = IntervalTerms(delta_before, delta_after, engine, numeric)
    below, above = (math.hypot(delta, engine, numeric) for delta in (delta_after, delta_before))
    return StepInterval(energy, energy - below, energy + above, terms)


def engine_uncertainty(
    *,
    carbon: bool,
    method: str = _ANCHORED,
    differences: Sequence[float] | None = None,
    reference: Literal["PBE-D3(BJ)/def2-SVP", "PBE-D3(BJ)/def2-TZVP"] = "PBE-D3(BJ)/def2-SVP",
) -> EngineUncertainty:
    """Uncertainty of the method in a step.

    Parameters
    ----------
    carbon : bool
        Whether the step is on a carbon; otherwise it is one of a bare shell.
    method : str
        Such as ``"GFN1-xTB"``.
    differences : sequence of float, optional
        Method minus DFT: of a bare shell for each step of the anchor ladder, on carbon for each structure of the re-ranked window of the
        two states [eV].
    reference : str
        What a bare shell is compared with where no differences are given.

    Returns
    -------
    EngineUncertainty
        On carbon the largest size of the differences, of a bare shell their root mean square. Without differences that of GFN1-xTB on
        the bare shells, and for everything else an assumed value with the flag ``engine_term_assumed``.

    Raises
    ------
    SpecError
        A difference is not finite, there is none in the sequence, or the reference is unknown.
    """
    if differences is not None:
        values = np.asarray(differences, dtype=np.float64)
        if values.ndim != 1 or len(values) == 0 or not np.all(np.isfinite(values)):
            raise SpecError("differences: finite differences between the method and DFT are needed. Give None where none was computed.")
        if carbon:
            return EngineUncertainty(float(np.max(np.abs(values))), f"largest of {len(values)} differences between {method} and DFT")
        return EngineUncertainty(float(np.sqrt(np.mean(values**2))), f"root mean square of {len(values)} steps, {method} minus DFT")
    if carbon or method != _ANCHORED:
        return EngineUncertainty(ENGINE_ON_CARBON, "assumed", (ENGINE_TERM_ASSUMED,))
    if reference not in ENGINE_ON_BARE:
        raise SpecError(f"reference: {reference} is not one of {', '.join(ENGINE_ON_BARE)}.")
    return EngineUncertainty(ENGINE_ON_BARE[reference], f"bare shells Na+(EC)3 to Na+, {method} against {reference}")
