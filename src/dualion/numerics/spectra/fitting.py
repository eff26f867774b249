"""Least squares of a sum of terms to a spectrum, within bounds, with the covariance of its parameters.

    minimise sum_i (w_i (y_i - f(x_i; p)))^2,  low <= p <= high          C = s^2 (J^T J)^-1,  s^2 = minimum / (n - k)

J is the weighted Jacobian at the minimum; s^2 is the noise found in the residuals, so only the ratios of the weights matter. A parameter
that ends on a bound is held there and has no error; it is named in ``at_bound``. Residuals that are not noise, but the misfit of a model,
make C no more than the statistical part of an error.

Reference: trust region of Branch, Coleman & Li 1999, as in scipy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from dualion.errors import CoverageError
from dualion.numerics.spectra.terms import PARAMETERS, Array, Term, evaluated

#: Relative change of the sum of squares and of the parameters at which a fit has ended.
_TOLERANCE = 1e-10
#: Evaluations [1] after which it has not.
_MOST = 400
#: Share of a parameter's range within which it counts as on its bound.
_AT_BOUND = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class TermFit:
    """A fitted model.

    Parameters
    ----------
    terms : tuple of Term
    values : ndarray, shape (k,)
        Of all parameters, term by term, in the [unit] of each.
    covariance : ndarray, shape (k, k)
        In the product of the [unit] of both; zero where a parameter is held by a bound.
    x, y : ndarray, shape (n,)
        What was fitted, in any [unit].
    converged : bool
    """

    terms: tuple[Term, ...]
    values: Array
    covariance: Array
    x: Array
    y: Array
    converged: bool

    def places(self, name: str) -> slice:
        """Places of the parameters of a term."""
        begin = 0
        for term in self.terms:
            end = begin + len(PARAMETERS[term.shape])
            if term.name == name:
                return slice(begin, end)
            begin = end
        raise KeyError(name)

    def place(self, name: str, parameter: str) -> int:
        """Place [1] of one parameter of a term."""
        shape = next(term.shape for term in self.terms if term.name == name)
        return int(self.places(name).start) + PARAMETERS[shape].index(parameter)

    def value(self, name: str, parameter: str) -> float:
        """Value of a parameter, in its unit."""
        return float(self.values[self.place(name, parameter)])

    def stderr(self, name: str, parameter: str) -> float:
        """Statistical standard error of a parameter, in its unit."""
        at = self.place(name, parameter)
        return float(np.sqrt(max(self.covariance[at, at], 0.0)))

    def variance(self, slopes: Sequence[tuple[str, str, float]]) -> float:
        """Variance of a function of the parameters, in the square of its unit.

        Parameters
        ----------
        slopes : sequence of tuple of str, str, float
            Term, parameter, and derivative of the function with respect to it, in the [unit] of both.
        """
        places = [self.place(name, parameter) for name, parameter, _ in slopes]
        gradient = np.array([slope for _, _, slope in slopes])
        return float(max(gradient @ self.covariance[np.ix_(places, places)] @ gradient, 0.0))

    def curve(self, name: str, x: Array | None = None) -> Array:
        """One term, in the unit of y; at x, shape (n,), or where it was fitted."""
        term = next(term for term in self.terms if term.name == name)
        return evaluated(term, self.x if x is None else x, self.values[self.places(name)])[0]

    @property
    def model(self) -> Array:
        """The sum of the terms, shape (n,), in the unit of y."""
        return np.asarray(sum(self.curve(term.name) for term in self.terms))

    @property
    def rms(self) -> float:
        """Root mean square of the residuals, in the unit of y."""
        return float(np.sqrt(np.mean((self.y - self.model) ** 2)))

    @property
    def at_bound(self) -> tuple[str, ...]:
        """Parameters that ended on a bound, such as ``"D centre"``."""
        found = []
        low, high = _bounds(self.terms)
        names = [f"{term.name} {parameter}" for term in self.terms for parameter in PARAMETERS[term.shape]]
        for name, value, least, most in zip(names, self.values, low, high):
            if min(value - least, most - value) <= _AT_BOUND * (most - least):
                found.append(name)
        return tuple(found)


def _bounds(terms: Sequence[Term]) -> tuple[Array, Array]:
    return np.array([one for term in terms for one in term.low]), np.array([one for term in terms for one in term.high])


def fit_terms(x: Array, y: Array, terms: Sequence[Term], *, weights: Array | None = None, start: Sequence[float] = ()) -> TermFit:
    """Fit a sum of terms.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Finite, in any [unit].
    terms : sequence of Term
    weights : ndarray, shape (n,), or None
        [1] of the points, one over the standard error of each; all alike where None.
    start : sequence of float, length k
        Parameters of an earlier fit of the same terms, in the [unit] of each; those of the terms where it has another length.

    Returns
    -------
    TermFit

    Raises
    ------
    CoverageError
        No more points than parameters.
    """
    count = sum(len(PARAMETERS[term.shape]) for term in terms)
    if x.size <= count:
        raise CoverageError(f"A fit of {', '.join(term.name for term in terms)}, in points,", count + 1, int(x.size))
    w = np.ones_like(x) if weights is None else weights

    def parts(values: Array) -> list[tuple[Array, Array]]:
        found, begin = [], 0
        for term in terms:
            end = begin + len(PARAMETERS[term.shape])
            found.append(evaluated(term, x, values[begin:end]))
            begin = end
        return found

    low, high = _bounds(terms)
    usual = [one for term in terms for one in term.start]
    begin = np.clip(np.array(start if len(start) == count else usual, dtype=float), low, high)
    with np.errstate(all="ignore"):
        done = least_squares(
            lambda values: w * (sum(value for value, _ in parts(values)) - y),
            begin,
            jac=lambda values: w[:, None] * np.vstack([slopes for _, slopes in parts(values)]).T,
            bounds=(low, high),
            x_scale="jac",
            ftol=_TOLERANCE,
            xtol=_TOLERANCE,
            gtol=None,
            max_nfev=_MOST,
        )
    held = np.minimum(done.x - low, high - done.x) <= _AT_BOUND * (high - low)
    covariance = _covariance(done.jac, float(2 * done.cost) / (x.size - count), held)
    sound = bool(done.status > 0 and np.isfinite(done.x).all() and np.isfinite(covariance).all())
    return TermFit(tuple(terms), done.x, covariance, x, y, sound)


def _covariance(jacobian: Array, variance: float, held: NDArray[np.bool_]) -> Array:
    """Covariance of the parameters that are not held, scaled to columns of unit length first; zero for the others."""
    found = np.zeros((held.size, held.size))
    free = np.flatnonzero(~held)
    columns = jacobian[:, free]
    lengths = np.maximum(np.sqrt((columns**2).sum(axis=0)), np.finfo(float).tiny)
    scaled = columns / lengths
    inverse = np.linalg.pinv(scaled.T @ scaled, hermitian=True)
    found[np.ix_(free, free)] = variance * inverse / np.outer(lengths, lengths)
    return found
