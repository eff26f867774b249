"""The outcome of a circuit fit: parameters with errors, time constants and capacitances of arcs.

Of an arc (R|Q):

    tau = (R Q)^(1/n)
    C = Q^(1/n) R^(1/n - 1) = tau / R                  (Hsu & Mansfeld 2001)
    C = Q^(1/n) (1/R_s + 1/R)^(1 - 1/n)                (Brug et al. 1984, R_s beside R)

Errors follow from the covariance of ln R, ln Q and logit n by the gradient; intervals of positive quantities are symmetric in the
logarithm.

References: hsu2001, brug1984.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import stdtrit

from dualion.errors import SpecError
from dualion.numerics.impedance.circuits import Array, Circuit, ComplexArray, Part, parse

Capacitance = Literal["hsu-mansfeld", "brug"]

_BOTH_TAILS = 0.975
#: Step [1] of gradients, and longest logarithm [1] of half an interval.
_STEP, _WIDEST = 1e-6, 50.0
#: Relative residual [1] below which a misfit is rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class CircuitStart:
    """One start: its coordinates [1] at the beginning and the end, chi^2 [1] there, and whether it converged."""

    begin: tuple[float, ...]
    end: tuple[float, ...]
    cost: float
    converged: bool


@dataclass(frozen=True, slots=True, eq=False)
class CircuitFit:
    """The outcome of a circuit fit.

    Parameters
    ----------
    circuit : Circuit
        Arcs in the order of their time constants.
    frequency : ndarray, shape (n,)
        [Hz]
    impedance, fitted : ndarray of complex, shape (n,)
        [ohm]
    sigma : ndarray, shape (n,)
        [ohm] that residuals are divided by.
    coordinates : ndarray, shape (p,)
        [1] ln of the parameters in SI units, logit of exponents.
    covariance : ndarray, shape (p, p)
        [1] of the coordinates; those at a bound count as free.
    condition : float
        [1] condition number of the Jacobian with columns of unit length.
    at_bound : tuple of bool, length p
    chi_squared : float
        [1]
    degrees_of_freedom : int
        [1]
    absolute : bool
        Whether sigma is a measured error, and not a weight.
    converged, moved : bool
        Whether the descent ended at a minimum, and whether any parameter left its start.
    starts : tuple of CircuitStart
    """

    circuit: Circuit
    frequency: Array
    impedance: ComplexArray
    fitted: ComplexArray
    sigma: Array
    coordinates: Array
    covariance: Array
    condition: float
    at_bound: tuple[bool, ...]
    chi_squared: float
    degrees_of_freedom: int
    absolute: bool
    converged: bool
    moved: bool
    starts: tuple[CircuitStart, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, arcs numbered by their time constants."""
        return self.circuit.names()

    @property
    def values(self) -> Array:
        """Parameters in their units [ohm, S s^n, s, ...], shape (p,)."""
        return self.circuit.values(self.coordinates)

    @property
    def quantile(self) -> float:
        """Standard errors [1] from the value to an end of its 95 % interval."""
        return float(stdtrit(np.inf if self.absolute else self.degrees_of_freedom, _BOTH_TAILS))

    @property
    def correlation(self) -> Array:
        """[1] of the coordinates, shape (p, p)."""
        spread = np.sqrt(np.diag(self.covariance))
        return np.asarray(self.covariance / np.outer(spread, spread))

    @property
    def residuals(self) -> ComplexArray:
        """(Z_fit - Z) / |Z| [1], shape (n,)."""
        return np.asarray((self.fitted - self.impedance) / np.abs(self.impedance))

    @property
    def bayes(self) -> float:
        """Bayesian information criterion [1], N ln(chi^2 / N) + (p + 1) ln N with N = 2 n; lower is better."""
        count = 2 * self.frequency.size
        return float(count * np.log(max(self.chi_squared / count, _ROUNDING**2)) + (self.coordinates.size + 1) * np.log(count))

    def estimate(self, quantity: Callable[[Array], float]) -> tuple[float, float, tuple[float, float]]:
        """Value, standard error and 95 % interval of a positive quantity, by its logarithmic gradient.

        Parameters
        ----------
        quantity : callable
            Coordinates, shape (p,), to its logarithm.

        Returns
        -------
        tuple
            In the unit of the quantity.
        """
        logarithm = quantity(self.coordinates)
        error = self._spread(quantity)
        value = float(np.exp(logarithm))
        width = float(np.exp(min(self.quantile * error, _WIDEST)))
        return value, value * error, (value / width, value * width)

    def parameter(self, place: int) -> tuple[float, float, tuple[float, float]]:
        """Value, standard error and 95 % interval of the parameter at a place [1], in its unit."""
        if self.circuit.roles[place] != "n":
            return self.estimate(lambda x: float(x[place]))
        value = float(self.values[place])
        error = value * (1 - value) * float(np.sqrt(self.covariance[place, place]))
        return value, error, (value - self.quantile * error, value + self.quantile * error)

    def time_constant(self, part: Part) -> tuple[float, float, tuple[float, float]]:
        """The time constant [s] of an arc, its standard error and 95 % interval."""
        return self.estimate(lambda x: log_time_constant(part, x))

    def _spread(self, quantity: Callable[[Array], float]) -> float:
        gradient = np.zeros_like(self.coordinates)
        for place in range(gradient.size):
            step = np.zeros_like(gradient)
            step[place] = _STEP
            gradient[place] = (quantity(self.coordinates + step) - quantity(self.coordinates - step)) / (2 * _STEP)
        return float(np.sqrt(max(float(gradient @ self.covariance @ gradient), 0.0)))


def log_time_constant(part: Part, coordinates: Array) -> float:
    """Logarithm [1] of the time constant of an arc at coordinates [1] of its circuit, tau = (R Q)^(1/n) or R C [s]."""
    roles = part.roles
    logarithm = coordinates[part.first]
    if roles[-1] == "C":
        return float(logarithm + coordinates[part.first + len(roles) - 1])
    last = part.first + len(roles) - 1
    return float((logarithm + coordinates[last - 1]) * (1 + np.exp(-coordinates[last])))


def log_capacitance(circuit: Circuit, part: Part, coordinates: Array, rule: Capacitance) -> float:
    """Logarithm [1] of the capacitance [F] of an arc at coordinates [1] of its circuit.

    Parameters
    ----------
    circuit : Circuit
    part : Part
    coordinates : ndarray, shape (p,)
        [1]
    rule : {"hsu-mansfeld", "brug"}
        tau / R, or with the series resistance beside R.

    Raises
    ------
    SpecError
        Brug's form needs a series resistance, and the circuit has none.
    """
    logarithm = log_time_constant(part, coordinates)
    resistance = float(coordinates[part.first])
    if rule == "hsu-mansfeld" or part.roles[-1] == "C":
        return logarithm - resistance
    series = next((one for one in circuit.parts if one.kind == "R"), None)
    if series is None:
        raise SpecError(f'capacitance: "brug" needs a series resistance, and {circuit.text} has none. Write "hsu-mansfeld".')
    n = 1 / (1 + np.exp(-coordinates[part.first + len(part.roles) - 1]))
    beside = np.logaddexp(-coordinates[series.first], -resistance)
    return float(logarithm - resistance / n + (1 - 1 / n) * beside)


def ordered(circuit: Circuit, coordinates: Array) -> tuple[Circuit, list[int]]:
    """A circuit with its arcs in the order of their time constants at coordinates [1], and the order of its old coordinates in it."""
    arcs = iter(sorted(circuit.arcs, key=lambda part: log_time_constant(part, coordinates)))
    parts = [next(arcs) if part.kind == "arc" else part for part in circuit.parts]
    order = [part.first + place for part in parts for place in range(len(part.roles))]
    return parse("".join(Circuit((part,)).text for part in parts)), order
