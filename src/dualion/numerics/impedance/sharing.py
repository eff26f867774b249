"""One fit of several spectra that have parameters in common, such as the exponents of the arcs at all temperatures.

    minimise sum_j chi_j^2(P_j u)

The unknowns u are the coordinates of all spectra, a shared parameter being one of them; the matrices P_j pick those of spectrum j. The
descent begins at the fits of the single spectra, a shared exponent at their mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dualion.errors import SpecError
from dualion.numerics.impedance.circuits import Array, Circuit
from dualion.numerics.impedance.descent import descend, outwards

if TYPE_CHECKING:
    from dualion.numerics.impedance.circuit_fit import Problem
    from dualion.numerics.impedance.circuit_result import CircuitFit


def together(ends: Sequence[CircuitFit], problems: Sequence[Problem], shared: Sequence[str]) -> tuple[CircuitFit, ...]:
    """Fit spectra together.

    Parameters
    ----------
    ends : sequence of CircuitFit
        Of the spectra one by one.
    problems : sequence of Problem
    shared : sequence of str
        Names of parameters with one value in all spectra.

    Returns
    -------
    tuple of CircuitFit

    Raises
    ------
    SpecError
        The circuit has no such parameter, or it is not an exponent.
    """
    from dualion.numerics.impedance.circuit_fit import covariance_of, report
    from dualion.numerics.impedance.circuit_result import CircuitStart

    circuit = ends[0].circuit
    places = [_place(circuit, name) for name in shared]
    problems = [problem.with_circuit(end.circuit) for problem, end in zip(problems, ends, strict=True)]
    if len({problem.circuit.text for problem in problems}) > 1:
        raise SpecError(f"shared: the arcs of {circuit.text} change their order from one spectrum to the next. Fit the spectra one by one.")
    picks = _picks(circuit.size, len(problems), places)
    single = np.stack([problem.inner(end.coordinates) for problem, end in zip(problems, ends, strict=True)])
    begin = np.asarray(np.linalg.lstsq(picks.reshape(-1, picks.shape[2]), single.ravel(), rcond=None)[0], dtype=np.float64)

    def model(u: Array) -> tuple[Array, Array]:
        parts = [problem.model(u @ pick.T) for problem, pick in zip(problems, picks, strict=True)]
        residuals = np.concatenate([r for r, _ in parts], axis=1)
        return residuals, np.concatenate([J @ pick for (_, J), pick in zip(parts, picks, strict=True)], axis=1)

    low, high = _bounds(problems, picks)
    found = descend(model, begin[None], low=low, high=high)
    end, cost = found.ends[0], float(found.costs[0])
    r, J = model(end[None])
    held = outwards(end, J[0].T @ r[0], low, high) | (end <= low) | (end >= high)
    freedom = r.shape[1] - end.size
    covariance, condition = covariance_of(J[0])
    if not problems[0].absolute:
        covariance = covariance * (cost / freedom)
    done = bool(found.converged[0])
    fits = []
    for problem, pick, one in zip(problems, picks, ends, strict=True):
        last = CircuitStart(tuple(map(float, pick @ begin)), tuple(map(float, pick @ end)), cost, done)
        fits.append(
            report(
                problem, pick @ end, covariance=pick @ covariance @ pick.T, condition=condition, held=(pick @ held) > 0, cost=cost,
                freedom=freedom, converged=done, starts=(*one.starts, last), moved=one.moved,
            )
        )  # fmt: skip
    return tuple(fits)


def _bounds(problems: Sequence[Problem], picks: Array) -> tuple[Array, Array]:
    """Bounds of the unknowns: those of a shared one are the narrowest."""
    low, high = np.full(picks.shape[2], -np.inf), np.full(picks.shape[2], np.inf)
    for problem, pick in zip(problems, picks, strict=True):
        row, unknown = np.nonzero(pick)
        low[unknown], high[unknown] = np.maximum(low[unknown], problem.low[row]), np.minimum(high[unknown], problem.high[row])
    return low, high


def _place(circuit: Circuit, name: str) -> int:
    names = circuit.names()
    exponents = [one for one, role in zip(names, circuit.roles, strict=True) if role == "n"]
    if name not in exponents:
        raise SpecError(
            f'shared: "{name}" is not an exponent of {circuit.text}. Write one of {", ".join(exponents) or "none: it has no Q"}.'
        )
    return names.index(name)


def _picks(size: int, count: int, places: Sequence[int]) -> Array:
    """Matrices from the unknowns to the coordinates of each spectrum, shape (count, size, unknowns)."""
    own = [place for place in range(size) if place not in places]
    picks = np.zeros((count, size, len(own) * count + len(places)))
    for spectrum in range(count):
        for place, one in enumerate(own):
            picks[spectrum, one, spectrum * len(own) + place] = 1.0
        for place, one in enumerate(places):
            picks[spectrum, one, len(own) * count + place] = 1.0
    return picks
