"""Circuits for one or several spectra by one plan: given, or chosen on the first of them for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dualion.errors import SpecError
from dualion.numerics.impedance.choice import ARCS, TAILS, Candidate, choose
from dualion.numerics.impedance.circuit_fit import Weights, fit_circuits
from dualion.numerics.impedance.circuit_result import CircuitFit
from dualion.numerics.impedance.circuits import parse
from dualion.numerics.impedance.spectra import Spectrum
from dualion.records.quantity import Flag

Tail = Literal["auto", "none", "Q", "W", "Ws", "Wo"]

_WORDS = {"auto": TAILS, "none": ("",), "Q": ("Q",), "W": ("W",), "Ws": ("Ws",), "Wo": ("Wo",)}
_MOST_ARCS = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """How spectra are fitted.

    Parameters
    ----------
    circuit : str or None
        Chosen where absent.
    arcs : int or None
        [1] number of arcs, where no circuit is given; one to three are tried where absent.
    tail : {"auto", "none", "Q", "W", "Ws", "Wo"}
        Behind the arcs, where no circuit is given.
    weights : {"modulus", "unit"}
    relative_error : float or None
        [1] known standard error of Re Z and Im Z over the modulus.
    share_exponents : bool
        Whether each arc has one exponent in all spectra.
    starts : int
        [1]
    seed : int
        [1]

    Raises
    ------
    SpecError
        A word or a number that is not known or not usable.
    """

    circuit: str | None = None
    arcs: int | None = None
    tail: Tail = "auto"
    weights: Weights = "modulus"
    relative_error: float | None = None
    share_exponents: bool = False
    starts: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        if self.circuit is not None:
            parse(self.circuit)
        if self.arcs is not None and not 1 <= self.arcs <= _MOST_ARCS:
            raise SpecError(f"arcs: {self.arcs} is not 1 to {_MOST_ARCS}.")
        for name, word, known in (("tail", self.tail, tuple(_WORDS)), ("weights", self.weights, ("modulus", "unit"))):
            if word not in known:
                raise SpecError(f'{name}: "{word}" is not known. Write one of {", ".join(known)}.')
        if self.relative_error is not None and not (np.isfinite(self.relative_error) and self.relative_error > 0):
            raise SpecError(f"relative_error: {self.relative_error} is not a positive number. Write a share of |Z| such as 0.005.")
        if self.starts < 1:
            raise SpecError(f"n_starts: {self.starts} is not a number of starts.")


def fit_spectra(spectra: Sequence[Spectrum], plan: Plan) -> tuple[tuple[CircuitFit, ...], tuple[Candidate, ...]]:
    """Fit spectra by a plan.

    Parameters
    ----------
    spectra : sequence of Spectrum
    plan : Plan

    Returns
    -------
    fits : tuple of CircuitFit
    candidates : tuple of Candidate
        Where the circuit was chosen: on the first spectrum, the chosen one first.

    Raises
    ------
    CoverageError, FitError
        Too few points, or no candidate that converged.
    """
    errors = None if plan.relative_error is None else [plan.relative_error * np.abs(one.impedance) for one in spectra]
    candidates: tuple[Candidate, ...] = ()
    if plan.circuit is None:
        candidates = choose(
            spectra[0].frequency, spectra[0].impedance, arcs=ARCS if plan.arcs is None else (plan.arcs,), tails=_WORDS[plan.tail],
            weights=plan.weights, errors=None if errors is None else errors[0], starts=plan.starts, seed=plan.seed,
        )  # fmt: skip
        if len(spectra) == 1:
            return (candidates[0].fit,), candidates
    circuit = candidates[0].fit.circuit if plan.circuit is None else parse(plan.circuit)
    shared: tuple[str, ...] = ()
    if plan.share_exponents:
        shared = tuple(name for name, role in zip(circuit.names(), circuit.roles, strict=True) if role == "n" and name != "n_t")
    fits = fit_circuits(
        circuit, [(one.frequency, one.impedance) for one in spectra], weights=plan.weights, errors=errors, starts=plan.starts,
        seed=plan.seed, shared=shared,
    )  # fmt: skip
    return fits, candidates


def choice_flags(candidates: Sequence[Candidate]) -> tuple[Flag, ...]:
    """The note that a circuit was chosen, by which criterion, and which came next."""
    if len(candidates) < 2:
        return ()
    chosen, *others = candidates
    near = min(others, key=lambda one: one.fit.bayes)
    barred = f" ({', '.join(near.barred)})" if near.barred else ""
    return (
        Flag(
            "circuit_chosen",
            "note",
            f"{chosen.fit.circuit.text}: the simplest of {len(candidates)} circuits whose BIC is within 6 of the least; "
            f"{near.fit.circuit.text}{barred} has {near.fit.bayes - chosen.fit.bayes:+.1f}. The table circuits lists all.",
        ),
    )
