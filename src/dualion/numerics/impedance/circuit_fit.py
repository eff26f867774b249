"""Fit of an equivalent circuit to one spectrum, or to several that share exponents, with honest convergence and errors.

    minimise chi^2 = sum_k |Z_k(x) - Z_k|^2 / sigma_k^2,   x = ln R, ln Q, logit n, ...

sigma_k is |Z_k| (modulus weights), the same for all points, or a measured error. Time is counted in units of 1 / omega_0, the middle of the
window, which takes most of the correlation of Q and n away. Every start descends to the end; the converged one of the least chi^2 is the
fit. With weights the size of the errors is unknown, and the covariance is

    C = chi^2 / (2 n - p) (J^T J)^-1,         95 %: t(2 n - p)

with measured errors C = (J^T J)^-1. Arcs are ordered by tau = (R Q)^(1/n), never by R.

References: levenberg1944, marquardt1963, boukamp1986 (weights and correlations of impedance fits), brug1984, hsu2001.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from dualion.errors import CoverageError, SpecError
from dualion.numerics.impedance.circuit_result import CircuitFit, CircuitStart, ordered
from dualion.numerics.impedance.circuits import Array, Circuit, ComplexArray
from dualion.numerics.impedance.descent import Descents, descend, outwards
from dualion.numerics.impedance.starts import starts as starts_of

Weights = Literal["modulus", "unit"]

#: Least and greatest resistance, as multiples of the least and greatest modulus of the spectrum.
LEAST_RESISTANCE, GREATEST_RESISTANCE = 1e-5, 1e4
#: Least and greatest exponent.
LEAST_EXPONENT, GREATEST_EXPONENT = 0.1, 0.9999
#: How far the capacitance, inductance or time constant of a part may take it away from the spectrum.
_FAR = 1e12
#: Relative change of a parameter below which a start has not moved.
UNMOVED = 1e-6
#: Least share of the greatest singular value of a Jacobian that counts as known.
_OPEN = 1e-9


def fit_circuit(
    circuit: Circuit,
    frequency: Array,
    impedance: ComplexArray,
    *,
    weights: Weights = "modulus",
    errors: Array | None = None,
    starts: int = 8,
    seed: int = 0,
) -> CircuitFit:
    """Fit a circuit to a spectrum.

    Parameters
    ----------
    circuit : Circuit
    frequency : ndarray, shape (n,)
        [Hz]
    impedance : ndarray of complex, shape (n,)
        [ohm]
    weights : {"modulus", "unit"}
        Relative errors alike at all points, or absolute ones.
    errors : ndarray, shape (n,), optional
        [ohm] standard error of Re Z and of Im Z; takes the place of the weights.
    starts : int
        [1] start values.
    seed : int
        [1] of the draws of start values.

    Returns
    -------
    CircuitFit

    Raises
    ------
    CoverageError
        Two numbers a point are not more than the parameters.
    SpecError
        A frequency, an impedance or an error is not a usable number.
    """
    return fit_circuits(circuit, [(frequency, impedance)], weights=weights, errors=None if errors is None else [errors], starts=starts,
                        seed=seed)[0]  # fmt: skip


def fit_circuits(
    circuit: Circuit,
    spectra: Sequence[tuple[Array, ComplexArray]],
    *,
    weights: Weights = "modulus",
    errors: Sequence[Array] | None = None,
    starts: int = 8,
    seed: int = 0,
    shared: Sequence[str] = (),
) -> tuple[CircuitFit, ...]:
    """Fit a circuit to several spectra, each on its own or with parameters in common.

    Parameters
    ----------
    circuit : Circuit
    spectra : sequence of (frequency, impedance)
        Arrays of shape (n_k,) in [Hz] and [ohm].
    weights, starts, seed
        As of ``fit_circuit``.
    errors : sequence of ndarray, optional
        [ohm] for each spectrum.
    shared : sequence of str
        Names of parameters, such as ``n_1``, that have one value in all spectra.

    Returns
    -------
    tuple of CircuitFit
        One for each spectrum; where parameters are shared, ``chi_squared`` and its degrees of freedom are those of all together.

    Raises
    ------
    CoverageError, SpecError
        As ``fit_circuit``, and a shared parameter that the circuit does not have.
    """
    problems = [
        Problem.of(circuit, *one, weights=weights, errors=None if errors is None else errors[place]) for place, one in enumerate(spectra)
    ]
    found = [_one(problem, starts, seed) for problem in problems]
    if not shared or len(found) < 2:
        return tuple(found)
    from dualion.numerics.impedance.sharing import together

    return together(found, problems, shared)


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A spectrum ready to be fitted, with time in units of 1 / omega_0.

    Parameters
    ----------
    circuit : Circuit
    frequency : ndarray, shape (n,)
        [Hz]
    impedance : ndarray of complex, shape (n,)
        [ohm]
    sigma : ndarray, shape (n,)
        [ohm] that residuals are divided by.
    absolute : bool
        Whether that is a measured error.
    omega_0 : float
        [Hz] angular, the middle of the window.
    low, high : ndarray, shape (p,)
        [1] bounds of the coordinates.
    """

    circuit: Circuit
    frequency: Array
    impedance: ComplexArray
    sigma: Array
    absolute: bool
    omega_0: float
    low: Array
    high: Array

    @classmethod
    def of(cls, circuit: Circuit, frequency: Array, impedance: ComplexArray, *, weights: Weights, errors: Array | None) -> Problem:
        """A problem from a spectrum in [Hz] and [ohm], its weights or its errors [ohm]; refuses what cannot be fitted."""
        frequency, impedance = np.asarray(frequency, dtype=float), np.asarray(impedance, dtype=complex)
        size = np.abs(impedance)
        usable = np.isfinite(frequency) & np.isfinite(size) & (frequency > 0) & (size > 0)
        if not usable.all():
            place = int(np.flatnonzero(~usable)[0])
            raise SpecError(f"point {place + 1}: f = {frequency[place]:g} Hz, Z = {impedance[place]:g} ohm cannot be fitted. Leave it out.")
        if 2 * frequency.size <= circuit.size:
            raise CoverageError(f"A fit of {circuit.text}, in points,", circuit.size // 2 + 1, int(frequency.size))
        if errors is not None and not (np.isfinite(errors).all() and np.min(errors) > 0):
            raise SpecError("errors: one is not a positive number. Give a standard error in ohm for each point.")
        sigma = np.asarray(errors, dtype=float) if errors is not None else size if weights == "modulus" else np.full_like(size, size.max())
        low, high = _bounds(circuit, size)
        omega_0 = float(2 * np.pi * np.sqrt(frequency.min() * frequency.max()))
        return cls(circuit, frequency, impedance, sigma, errors is not None, omega_0, low, high)

    @property
    def omega(self) -> Array:
        """[1] in units of omega_0."""
        return 2 * np.pi * self.frequency / self.omega_0

    def model(self, coordinates: Array) -> tuple[Array, Array]:
        """Residuals and derivatives at coordinates in the problem's unit of time."""
        z, slopes = self.circuit.evaluate(self.omega, coordinates)
        r, J = (z - self.impedance) / self.sigma, slopes / self.sigma[:, None]
        return np.concatenate([r.real, r.imag], axis=1), np.concatenate([J.real, J.imag], axis=1)

    def with_circuit(self, circuit: Circuit) -> Problem:
        """The same spectrum with the arcs of its circuit in another order."""
        low, high = _bounds(circuit, np.abs(self.impedance))
        return replace(self, circuit=circuit, low=low, high=high)

    def inner(self, coordinates: Array) -> Array:
        """Coordinates [1] in the problem's unit of time, shape (p,), from those in seconds."""
        fixed, picks = self.circuit.time_powers()
        return np.asarray(coordinates + (fixed + picks @ self.circuit.values(coordinates)) * np.log(self.omega_0))


def _bounds(circuit: Circuit, size: Array) -> tuple[Array, Array]:
    small, large = float(size.min()), float(size.max())
    low, high = np.empty(circuit.size), np.empty(circuit.size)
    for place, role in enumerate(circuit.roles):
        if role == "n":
            values = np.array([LEAST_EXPONENT, GREATEST_EXPONENT])
            low[place], high[place] = np.log(values / (1 - values))
        elif role in ("R", "R_d", "sigma"):
            low[place], high[place] = np.log([small * LEAST_RESISTANCE, large * GREATEST_RESISTANCE])
        else:
            unit = {"L": (small, large), "tau_d": (1.0, 1.0)}.get(role, (1 / large, 1 / small))
            low[place], high[place] = np.log([unit[0] / _FAR, unit[1] * _FAR])
    return low, high


def _one(problem: Problem, count: int, seed: int) -> CircuitFit:
    begin = starts_of(problem.circuit, problem.omega, problem.impedance, count=count, seed=seed)
    descents = descend(problem.model, begin, low=problem.low, high=problem.high)
    best = descents.best
    end = descents.ends[best]
    r, J = problem.model(end[None])
    held = outwards(end, J[0].T @ r[0], problem.low, problem.high) | (end <= problem.low) | (end >= problem.high)
    freedom = r.shape[1] - problem.circuit.size
    covariance, condition = covariance_of(J[0])
    if not problem.absolute:
        covariance = covariance * (descents.costs[best] / freedom)
    return report(
        problem, end, covariance=covariance, condition=condition, held=held, cost=float(descents.costs[best]), freedom=freedom,
        converged=bool(descents.converged[best]), starts=_starts(begin, descents), moved=_moved(begin, end),
    )  # fmt: skip


def covariance_of(jacobian: Array) -> tuple[Array, float]:
    """(J^T J)^-1 [1], and the condition number [1] of J with columns of unit length.

    Coordinates at a bound count as free: holding them there would narrow the errors of all others by what is not known.

    Parameters
    ----------
    jacobian : ndarray, shape (k, p)
        [1]
    """
    length = np.maximum(np.linalg.norm(jacobian, axis=0), np.sqrt(np.finfo(float).tiny))
    _, singular, rows = np.linalg.svd(jacobian / length, full_matrices=False)
    kept = np.maximum(singular, singular[0] * _OPEN)  # an open direction keeps a large, finite error
    return (rows.T / kept**2) @ rows / np.outer(length, length), float(singular[0] / kept[-1])


def _moved(begin: Array, end: Array) -> bool:
    """Whether a parameter lies away from every start by more than rounding."""
    with np.errstate(over="ignore"):
        return bool((np.abs(np.expm1(end - begin)).max(axis=1) > UNMOVED).all())


def _starts(begin: Array, descents: Descents) -> tuple[CircuitStart, ...]:
    return tuple(
        CircuitStart(tuple(map(float, one)), tuple(map(float, end)), float(cost), bool(done))
        for one, end, cost, done in zip(begin, descents.ends, descents.costs, descents.converged, strict=True)
    )


def report(
    problem: Problem,
    end: Array,
    *,
    covariance: Array,
    condition: float,
    held: Array,
    cost: float,
    freedom: int,
    converged: bool,
    starts: tuple[CircuitStart, ...],
    moved: bool,
) -> CircuitFit:
    """The fit at an end: units of SI, arcs in the order of their time constants.

    Parameters
    ----------
    problem : Problem
    end : ndarray, shape (p,)
        [1] coordinates in the problem's unit of time.
    covariance : ndarray, shape (p, p)
        [1] of those coordinates.
    condition, cost : float
        [1] condition number, and chi^2.
    held : ndarray of bool, shape (p,)
        [1] coordinates at a bound.
    freedom : int
        [1] degrees of freedom.
    converged, moved : bool
    starts : tuple of CircuitStart
    """
    circuit, fitted = problem.circuit, problem.circuit.evaluate(problem.omega, end[None])[0][0]
    logarithm = np.log(problem.omega_0)
    fixed, picks = circuit.time_powers()
    n = circuit.values(end)
    coordinates = end - (fixed + picks @ n) * logarithm
    turn = np.eye(circuit.size) - logarithm * picks * (n * (1 - n))[None]
    covariance = turn @ covariance @ turn.T
    circuit, order = ordered(circuit, coordinates)
    return CircuitFit(
        circuit, problem.frequency, problem.impedance, fitted, problem.sigma, coordinates[order], covariance[np.ix_(order, order)],
        condition, tuple(bool(one) for one in held[order]), cost, freedom, problem.absolute, converged, moved, starts,
    )  # fmt: skip
