"""Distribution of relaxation times of a spectrum, by Tikhonov regularisation without negative values.

    Z(omega) = R_0 + j omega L + 1 / (j omega C) + int gamma(ln tau) / (1 + j omega tau) d ln tau
    minimise sum_k |Z(omega_k) - Z_k|^2 / |Z_k|^2 + lambda int (d^2 gamma / d(ln tau)^2)^2 d ln tau,      gamma, R_0, L, 1/C >= 0

gamma is a sum of Gaussians, or a piecewise linear function, on a grid of ln tau that reaches half a decade beyond the window; the integrals
over them are sums on a grid eight times as fine. gamma and R_0 are counted in units of the greatest |Z|, so that lambda has none.

lambda is the one of the least generalised cross validation score of the problem without the sign constraint,

    GCV(lambda) = (|r|^2 / N) / (1 - 1.4 tr(H) / N)^2,    H the map from data to fit    (Golub, Heath & Wahba 1979; Kim & Gu 2004)

or the corner of the L-curve, the greatest curvature of ln |D gamma|^2 against ln |r|^2 (Hansen 1992), or a given number.

A peak reaches from minimum to minimum. Its resistance is the integral of gamma, its time constant the mean of ln tau weighted with gamma.
Errors follow from the noise in the residuals through the linear map of the basis functions that are not zero; what the choice of lambda
does to a peak, half the difference between five times and a fifth of lambda, is added in quadrature.

References: wan2015 (radial basis functions), golub1979, kim2004 (the factor 1.4 against too small a lambda), hansen1992.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import nnls
from scipy.signal import find_peaks

from dualion.numerics.impedance.circuits import Array, ComplexArray

Basis = Literal["gaussian", "linear"]
Rule = Literal["gcv", "l-curve"]

#: Grid: points for each decade, decades beyond the window at either end, finer points between two.
PER_DECADE, BEYOND, FINER = 12, 0.5, 8
#: Full width of a Gaussian at half its height, in steps of the grid.
WIDTH = 2.0
#: Values of lambda tried, as powers of ten, and how many.
LEAST_POWER, GREATEST_POWER, TRIED = -9.0, 1.0, 41
#: Factor on the degrees of freedom of the fit in the score of cross validation.
INFLATED = 1.4
#: Least height of a peak over its surroundings, as a share of the highest.
PROMINENCE = 0.03
#: Factor by which lambda is changed to see what the choice does.
VARIED = 5.0
_MOST_EXCHANGES = 30
#: A lambda in the middle of those tried, for the diagonalisation.
_MIDDLE = 1e-4
_LN_2 = float(np.log(2.0))


@dataclass(frozen=True, slots=True)
class Peak:
    """A peak of the distribution.

    Parameters
    ----------
    resistance, resistance_stderr : float
        [ohm]
    log_time, log_time_stderr : float
        [1] ln of the time constant in s.
    width : float
        [1] standard deviation of ln tau.
    at_edge : bool
        Whether the peak reaches an end of the grid before it has come down to half its height.
    """

    resistance: float
    resistance_stderr: float
    log_time: float
    log_time_stderr: float
    width: float
    at_edge: bool


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """A distribution of relaxation times.

    Parameters
    ----------
    log_time : ndarray, shape (u,)
        [1] ln of tau in s, the fine grid.
    gamma, gamma_stderr : ndarray, shape (u,)
        [ohm]
    resistance, resistance_stderr : float
        [ohm] R_0.
    total, total_stderr : float
        [ohm] integral of gamma.
    fitted : ndarray of complex, shape (n,)
        [ohm]
    residuals : ndarray of complex, shape (n,)
        [1] (Z_fit - Z) / |Z|.
    regularisation : float
        [1] lambda.
    scores : ndarray, shape (m, 2)
        [1] lambda, and its score or curvature, as far as the rule tried them.
    peaks : tuple of Peak
        In the order of their time constants.
    """

    log_time: Array
    gamma: Array
    gamma_stderr: Array
    resistance: float
    resistance_stderr: float
    total: float
    total_stderr: float
    fitted: ComplexArray
    residuals: ComplexArray
    regularisation: float
    scores: Array
    peaks: tuple[Peak, ...]


def distribution(
    frequency: Array,
    impedance: ComplexArray,
    *,
    basis: Basis = "gaussian",
    rule: Rule = "gcv",
    regularisation: float | None = None,
    inductance: bool = False,
    capacitance: bool = False,
) -> Distribution:
    """The distribution of a spectrum.

    Parameters
    ----------
    frequency : ndarray, shape (n,)
        [Hz]
    impedance : ndarray of complex, shape (n,)
        [ohm]
    basis : {"gaussian", "linear"}
    rule : {"gcv", "l-curve"}
    regularisation : float, optional
        [1] lambda; by the rule where absent.
    inductance, capacitance : bool
        Whether L and C stand in series.

    Returns
    -------
    Distribution
    """
    problem = _Problem.of(frequency, impedance, basis, inductance=inductance, capacitance=capacitance)
    scores = np.zeros((0, 2))
    if regularisation is None:
        scores = problem.gcv() if rule == "gcv" else problem.l_curve()
        regularisation = float(scores[np.argmin(scores[:, 1]) if rule == "gcv" else np.argmax(scores[:, 1]), 0])
    x = problem.solve(regularisation)
    covariance = problem.covariance(x, regularisation)
    varied = [problem.solve(regularisation * factor) for factor in (VARIED, 1 / VARIED)]
    size = problem.size
    gamma = problem.shapes @ x[problem.fixed :]
    spread = np.sqrt(np.maximum(np.einsum("um,mk,uk->u", problem.shapes, covariance[problem.fixed :, problem.fixed :], problem.shapes), 0))
    whole = np.concatenate([np.zeros(problem.fixed), problem.shapes.sum(axis=0) * problem.step])
    fitted = problem.fit(x)
    first = np.eye(x.size)[0]
    return Distribution(
        log_time=problem.fine, gamma=gamma * size, gamma_stderr=spread * size, resistance=float(x[0]) * size,
        resistance_stderr=_error(first, covariance, varied) * size, total=float(whole @ x) * size,
        total_stderr=_error(whole, covariance, varied) * size, fitted=fitted, residuals=(fitted - impedance) / np.abs(impedance),
        regularisation=regularisation, scores=scores, peaks=_peaks(problem, x, gamma, covariance, varied),
    )  # fmt: skip


def _error(weights: Array, covariance: Array, varied: list[Array]) -> float:
    """Standard error of a linear quantity: noise, and the choice of lambda."""
    noise = max(float(weights @ covariance @ weights), 0.0)
    choice = 0.5 * float(weights @ (varied[0] - varied[1]))
    return float(np.hypot(np.sqrt(noise), choice))


def _peaks(problem: _Problem, x: Array, gamma: Array, covariance: Array, varied: list[Array]) -> tuple[Peak, ...]:
    padded = np.concatenate([[0.0], gamma, [0.0]])
    if not padded.max() > 0:
        return ()
    tops = find_peaks(padded, prominence=PROMINENCE * padded.max())[0] - 1
    ends = [0, *(int(first + np.argmin(gamma[first:last])) for first, last in pairwise(tops)), gamma.size - 1]
    found = []
    for top, begin, end in zip(tops, ends[:-1], ends[1:], strict=True):
        inside = np.zeros(gamma.size)
        inside[begin : end + 1] = problem.step
        weights = np.concatenate([np.zeros(problem.fixed), inside @ problem.shapes])
        resistance = float(weights @ x)
        mean = float(inside @ (gamma * problem.fine)) / resistance
        moment = np.concatenate([np.zeros(problem.fixed), (inside * (problem.fine - mean)) @ problem.shapes]) / resistance
        variance = float(inside @ (gamma * (problem.fine - mean) ** 2)) / resistance
        half = gamma[top] / 2
        edge = bool((begin == 0 and gamma[0] > half) or (end == gamma.size - 1 and gamma[-1] > half))
        found.append(
            Peak(
                resistance * problem.size, _error(weights, covariance, varied) * problem.size, mean, _error(moment, covariance, varied),
                float(np.sqrt(max(variance, 0.0))), edge,
            )
        )  # fmt: skip
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """The discrete problem: unknowns are R_0, L and 1/C as far as they are there, then the basis functions."""

    design: Array
    target: Array
    penalty: Array
    shapes: Array
    fine: Array
    step: float
    fixed: int
    size: float
    modulus: Array

    @classmethod
    def of(cls, frequency: Array, impedance: ComplexArray, basis: Basis, *, inductance: bool, capacitance: bool) -> _Problem:
        omega = 2 * np.pi * frequency
        low, high = -np.log(omega.max()) - BEYOND * np.log(10), -np.log(omega.min()) + BEYOND * np.log(10)
        grid = np.linspace(low, high, int(np.ceil((high - low) / np.log(10) * PER_DECADE)) + 1)
        width = grid[1] - grid[0]
        step = width / FINER
        fine = np.linspace(low, high, (grid.size - 1) * FINER + 1)
        away = (fine[:, None] - grid) / width
        shapes = np.exp(-4 * _LN_2 * (away / WIDTH) ** 2) if basis == "gaussian" else np.maximum(1 - np.abs(away), 0.0)
        modulus = np.abs(impedance)
        kernel = (1 / (1 + 1j * omega[:, None] * np.exp(fine))) @ shapes * step
        middle = np.sqrt(omega.min() * omega.max())
        columns = [np.ones(omega.size, dtype=complex)]
        columns += [1j * omega / middle] if inductance else []
        columns += [middle / (1j * omega)] if capacitance else []
        size = float(modulus.max())
        whole = np.concatenate([np.stack(columns, axis=1), kernel], axis=1) * (size / modulus)[:, None]
        curved = np.diff(shapes, 2, axis=0) / step**1.5  # the square sums to the integral of the squared second derivative
        reduced = np.asarray(np.linalg.qr(curved, mode="r"))
        penalty = np.concatenate([np.zeros((reduced.shape[0], len(columns))), reduced], axis=1)
        aim = impedance / modulus
        return cls(
            np.concatenate([whole.real, whole.imag]), np.concatenate([aim.real, aim.imag]), penalty, shapes, fine, step, len(columns), size,
            modulus,
        )  # fmt: skip

    def solve(self, regularisation: float) -> Array:
        """Unknowns at a lambda."""
        stacked = np.concatenate([self.design, np.sqrt(regularisation) * self.penalty])
        aim = np.concatenate([self.target, np.zeros(self.penalty.shape[0])])
        scale = np.linalg.norm(stacked, axis=0)
        return np.asarray(nnls(stacked / scale, aim, maxiter=_MOST_EXCHANGES * scale.size)[0] / scale)

    def fit(self, x: Array) -> ComplexArray:
        """Impedance [ohm] at unknowns."""
        both = self.design @ x
        half = both.size // 2
        return np.asarray((both[:half] + 1j * both[half:]) * self.modulus)

    def covariance(self, x: Array, regularisation: float) -> Array:
        """Of the unknowns that are not zero, from the noise in the residuals."""
        free = np.flatnonzero(x > 0)
        A = self.design[:, free]
        map_ = np.linalg.solve(A.T @ A + regularisation * self.penalty[:, free].T @ self.penalty[:, free] + _ridge(A), A.T)
        freedom = max(self.target.size - float(np.trace(A @ map_)), 1.0)
        variance = float(np.sum((self.design @ x - self.target) ** 2)) / freedom
        covariance = np.zeros((x.size, x.size))
        covariance[np.ix_(free, free)] = variance * map_ @ map_.T
        return covariance

    def gcv(self) -> Array:
        """Scores of generalised cross validation."""
        lambdas, residual, _, trace = self._path()
        count = self.target.size
        left = np.maximum(1 - INFLATED * trace / count, np.finfo(float).eps)
        return np.stack([lambdas, residual / count / left**2], axis=1)

    def l_curve(self) -> Array:
        """Curvature of the L-curve."""
        lambdas, residual, roughness, _ = self._path()
        x, y = np.log(residual), np.log(roughness)
        dx, dy = np.gradient(x), np.gradient(y)
        bend = (dx * np.gradient(dy) - dy * np.gradient(dx)) / np.maximum(dx**2 + dy**2, np.finfo(float).eps) ** 1.5
        return np.stack([lambdas, bend], axis=1)[2:-2]

    def _path(self) -> tuple[Array, Array, Array, Array]:
        """Lambda, |r|^2, |D gamma|^2 and tr(H) without the sign constraint, by one simultaneous diagonalisation.

        With A^T A v = s (A^T A + mu P^T P) v, the matrix of any lambda is diagonal with s + (lambda / mu) (1 - s).
        """
        data = self.design.T @ self.design
        shares, vectors = eigh(data, data + _MIDDLE * self.penalty.T @ self.penalty + _ridge(self.design))
        shares = np.clip(shares, 0.0, 1.0)
        seen = (vectors.T @ (self.design.T @ self.target))[None]
        lambdas = np.logspace(LEAST_POWER, GREATEST_POWER, TRIED)
        diagonal = shares + lambdas[:, None] / _MIDDLE * (1 - shares)
        diagonal = np.maximum(diagonal, np.finfo(float).tiny)
        fitted = np.sum(seen**2 * (2 / diagonal - shares / diagonal**2), axis=1)
        floor = np.finfo(float).eps * float(self.target @ self.target)
        residual = np.maximum(float(self.target @ self.target) - fitted, floor)
        roughness = np.maximum(np.sum(seen**2 * (1 - shares) / diagonal**2, axis=1) / _MIDDLE, floor)
        return lambdas, residual, roughness, np.sum(shares / diagonal, axis=1)


def _ridge(design: Array) -> Array:
    """A diagonal that keeps the normal equations of collinear columns solvable."""
    return np.eye(design.shape[1]) * (np.finfo(float).eps * float(np.sum(design**2)))
