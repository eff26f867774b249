"""Which circuit a spectrum carries: candidates fitted alike, ranked by one stated criterion, all of them reported.

    BIC = N ln(chi^2 / N) + (p + 1) ln N,    N = 2 n numbers, p parameters          (Schwarz 1978)

Candidates are one to three arcs behind a series resistance, without a tail, with a constant-phase tail and with a Warburg tail; where the
series resistance falls to its bound, the circuit without it stands in its place. Admitted are the fits that converged, left their starts,
have no parameter at a bound and are identified; where none is, those that converged. The choice is the one of the fewest parameters whose
BIC is within 6 of the least: a difference below that is not strong evidence (Kass & Raftery 1995).

The flags of a fit are here as well, for every technique that fits circuits:

    not_converged          no descent met the criterion of a minimum; the values are withheld
    start_value_returned   no parameter lies away from its start; the values are withheld
    bound_hit              a parameter rests on a bound of its range
    identifiability        the standard error of an R beyond 50 %, or two resistances of arcs correlated beyond 0.999
    arc_outside_window     fewer than 3 points within half a decade of the apex of an arc, or none on one side of it

References: schwarz1978, kass1995.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from dualion.errors import CoverageError, FitError
from dualion.numerics.impedance.circuit_fit import Weights, fit_circuit
from dualion.numerics.impedance.circuit_result import CircuitFit
from dualion.numerics.impedance.circuits import Array, ComplexArray, parse
from dualion.records.quantity import Flag

#: Arcs and tails of the candidates.
ARCS, TAILS = (1, 2, 3), ("", "Q", "W")
#: Difference of BIC from which the evidence is strong (Kass & Raftery 1995, table of section 3.2).
STRONG_EVIDENCE = 6.0
#: Relative standard error of a resistance, and correlation of two, beyond which they are not identified.
WIDEST_ERROR, STRONGEST_CORRELATION = 0.5, 0.999
#: Points within this many decades of an apex, at least.
APEX_POINTS, APEX_DECADES = 3, 0.5
#: Flags that keep a fit out of what follows from several fits, such as an activation energy.
BARRING = ("not_converged", "start_value_returned", "bound_hit", "identifiability")


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A circuit that was fitted, and what keeps it from being chosen.

    Parameters
    ----------
    fit : CircuitFit
    barred : tuple of str
        Codes of its flags that bar it.
    """

    fit: CircuitFit
    barred: tuple[str, ...]


def choose(
    frequency: Array,
    impedance: ComplexArray,
    *,
    arcs: Sequence[int] = ARCS,
    tails: Sequence[str] = TAILS,
    weights: Weights = "modulus",
    errors: Array | None = None,
    starts: int = 8,
    seed: int = 0,
) -> tuple[Candidate, ...]:
    """Fit the candidates.

    Parameters
    ----------
    frequency : ndarray, shape (n,)
        [Hz]
    impedance : ndarray of complex, shape (n,)
        [ohm]
    arcs : sequence of int
        [1] numbers of arcs to try.
    tails : sequence of str
        Elements to try behind the arcs; empty for none.
    weights, errors, starts, seed
        As of ``fit_circuit``.

    Returns
    -------
    tuple of Candidate
        The chosen one first, then by their criterion.

    Raises
    ------
    CoverageError
        Too few points for the simplest candidate.
    FitError
        No candidate converged.
    """
    found: list[Candidate] = []
    for text in [f"R{'(R|Q)' * count}{tail}" for count in arcs for tail in tails]:
        try:
            found.append(_candidate(text, frequency, impedance, weights, errors, starts, seed))
        except CoverageError:
            if not found and text == f"R{'(R|Q)' * max(arcs)}{tails[-1]}":
                raise
    if not any("not_converged" not in one.barred for one in found):
        raise FitError(f"None of {', '.join(one.fit.circuit.text for one in found)} converged. Give a circuit, or look at the spectrum.")
    ranked = sorted(found, key=lambda one: (len(one.barred) > 0, "not_converged" in one.barred, one.fit.bayes))
    admitted = [one for one in ranked if (len(one.barred) > 0) == (len(ranked[0].barred) > 0) and "not_converged" not in one.barred]
    near = [one for one in admitted if one.fit.bayes - ranked[0].fit.bayes < STRONG_EVIDENCE]
    chosen = min(near, key=lambda one: one.fit.circuit.size)
    return (chosen, *(one for one in ranked if one is not chosen))


def _candidate(
    text: str, frequency: Array, impedance: ComplexArray, weights: Weights, errors: Array | None, starts: int, seed: int
) -> Candidate:
    fit = fit_circuit(parse(text), frequency, impedance, weights=weights, errors=errors, starts=starts, seed=seed)
    first = fit.circuit.roles.index("R")
    if fit.at_bound[first] and fit.circuit.parts[0].kind == "R":
        without = fit_circuit(parse(text[1:]), frequency, impedance, weights=weights, errors=errors, starts=starts, seed=seed)
        fit = without if without.converged else fit
    return Candidate(fit, tuple(flag.code for flag in verdicts(fit) if flag.code in BARRING))


def verdicts(fit: CircuitFit, where: str = "") -> tuple[Flag, ...]:
    """Flags of a fit, in the order of their weight.

    Parameters
    ----------
    fit : CircuitFit
    where : str
        Beginning of each message, such as ``"spectrum 2: "``.

    Returns
    -------
    tuple of Flag
    """
    found: list[Flag] = []
    text = fit.circuit.text
    if not fit.converged:
        found.append(Flag("not_converged", "refusal", f"{where}no descent of {text} reached a minimum from {len(fit.starts)} starts."))
    if not fit.moved:
        found.append(Flag("start_value_returned", "refusal", f"{where}the fit of {text} is one of its starts. Raise n_starts."))
    bound = [name for name, held in zip(fit.names, fit.at_bound, strict=True) if held]
    if bound:
        found.append(Flag("bound_hit", "warning", f"{where}{', '.join(bound)} of {text} at a bound. Leave the part out, or make it ideal."))
    unknown = not_identified(fit)
    if unknown:
        found.append(Flag("identifiability", "warning", f"{where}{text}: {'; '.join(unknown)}. Fewer arcs, or more spectra, would tell."))
    outside = arcs_outside(fit)
    if outside:
        which = ", ".join(str(one) for one in outside)
        found.append(Flag("arc_outside_window", "warning", f"{where}fewer than {APEX_POINTS} points across the apex of arc {which}."))
    return tuple(found)


def not_identified(fit: CircuitFit) -> tuple[str, ...]:
    """What the data leave open, in words; empty where every resistance is identified."""
    places = [place for place, role in enumerate(fit.circuit.roles) if role in ("R", "R_d")]
    errors = np.sqrt(np.diag(fit.covariance))
    wide = [f"the standard error of {fit.names[k]} is {min(errors[k], 1e3):.0%}" for k in places if errors[k] > WIDEST_ERROR]
    resistors = [part.first for part in fit.circuit.arcs]
    pairs = [(i, k, fit.correlation[i, k]) for i, k in combinations(resistors, 2)]
    strong = [f"{fit.names[i]} and {fit.names[k]} correlate by {r:.5f}" for i, k, r in pairs if abs(r) > STRONGEST_CORRELATION]
    return (*wide, *strong)


def arcs_outside(fit: CircuitFit) -> tuple[int, ...]:
    """Numbers [1], from 1, of the arcs whose apex the spectrum does not cover."""
    found = []
    for number, part in enumerate(fit.circuit.arcs, start=1):
        decades = np.log10(2 * np.pi * fit.frequency * fit.time_constant(part)[0])
        near = int(np.count_nonzero(np.abs(decades) <= APEX_DECADES))
        if near < APEX_POINTS or decades.max() < 0 or decades.min() > 0:
            found.append(number)
    return tuple(found)
