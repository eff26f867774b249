"""Least squares of many spectra at once, within limits, with what is known beforehand.

    minimise  |y - f(theta)|^2 / sigma^2 + |R theta - r|^2,   low <= theta <= high

by Levenberg and Marquardt's method. The spectra are independent of each other but have one model, so that two hundred of a bootstrap cost
little more than one. A parameter at a limit that the sum of squares pushes outward stays there, as in non-negative least squares.

References: Levenberg 1944, Marquardt 1963; Lawson & Hanson 1974 (limits).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.numerics.photoemission.model import Model

Array = NDArray[np.float64]

_STEPS = 60
_DAMPING, _DOWN, _UP = 1e-3, 0.2, 5.0
_LEAST_DAMPING, _MOST_DAMPING = 1e-9, 1e8
_CLOSE = 1e-9  # relative decrease of the cost below which a fit has ended
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beforehand: rows (k or 1, q, p) and targets (k or 1, q), in standard errors."""

    rows: Array
    targets: Array


@dataclass(frozen=True, slots=True)
class Solution:
    """Minima of k spectra.

    Parameters
    ----------
    theta : ndarray, shape (k, p)
        In eV and in the unit of the areas.
    cost : ndarray, shape (k,)
        [1] weighted sum of squares, with what is known beforehand.
    misfit : ndarray, shape (k,)
        [1] weighted sum of squared residuals alone.
    """

    theta: Array
    cost: Array
    misfit: Array


def solve(model: Model, y: Array, *, sigma: Array, known: Known, start: Array, low: Array, high: Array) -> Solution:
    """Fit every spectrum from its own start.

    Parameters
    ----------
    model : Model
    y : ndarray, shape (k, n)
        In any [unit].
    sigma : ndarray, shape (n,)
        Standard error of every row, in the [unit] of y.
    known : Known
    start : ndarray, shape (k, p)
        In the units of the parameters [eV and areas].
    low, high : ndarray, shape (p,)
        Limits, in the units of the parameters [eV and areas].

    Returns
    -------
    Solution
    """
    rows = np.broadcast_to(known.rows, (y.shape[0], *known.rows.shape[-2:]))
    targets = np.broadcast_to(known.targets, (y.shape[0], known.targets.shape[-1]))
    theta = np.clip(start, low, high)
    scale = np.where(np.isfinite(high - low) & (high > low), high - low, 1.0)
    damping = np.full(y.shape[0], _DAMPING)
    f, slopes = model.evaluate(theta)
    cost = _cost(y - f, sigma, rows, targets, theta)
    left = np.arange(y.shape[0])
    for _ in range(_STEPS):
        here = theta[left]
        downhill, curved = _normal(y[left] - f[left], slopes[left], sigma, rows[left], targets[left], here)
        stuck = np.asarray(((here <= low) & (downhill <= 0)) | ((here >= high) & (downhill >= 0)), dtype=np.bool_)
        new = np.clip(here + _step(curved, downhill, damping[left], stuck, scale), low, high)
        new_f, new_slopes = model.evaluate(new)
        new_cost = _cost(y[left] - new_f, sigma, rows[left], targets[left], new)
        better = new_cost < cost[left]
        done = np.where(better, cost[left] - new_cost <= _CLOSE * (cost[left] + 1), damping[left] >= _MOST_DAMPING)
        chosen = left[better]
        theta[chosen], f[chosen], slopes[chosen], cost[chosen] = new[better], new_f[better], new_slopes[better], new_cost[better]
        damping[left] = np.clip(damping[left] * np.where(better, _DOWN, _UP), _LEAST_DAMPING, _MOST_DAMPING)
        left = left[~done]
        if not left.size:
            break
    return Solution(theta, cost, (((y - f) / sigma) ** 2).sum(axis=1))


def _cost(residual: Array, sigma: Array, rows: Array, targets: Array, theta: Array) -> Array:
    beforehand = (np.einsum("kqp,kp->kq", rows, theta) - targets) ** 2
    return np.asarray(((residual / sigma) ** 2).sum(axis=1) + beforehand.sum(axis=1))


def _normal(residual: Array, slopes: Array, sigma: Array, rows: Array, targets: Array, theta: Array) -> tuple[Array, Array]:
    """Steepest descent (k, p) and approximate curvature (k, p, p)."""
    weighted = slopes / sigma
    downhill = np.einsum("kpn,kn->kp", weighted, residual / sigma)
    downhill += np.einsum("kqp,kq->kp", rows, targets - np.einsum("kqp,kp->kq", rows, theta))
    curved = weighted @ weighted.swapaxes(1, 2) + rows.swapaxes(1, 2) @ rows
    return downhill, curved


def _step(curved: Array, downhill: Array, damping: Array, stuck: NDArray[np.bool_], scale: Array) -> Array:
    """One damped step in scaled parameters; parameters that are stuck do not move."""
    free = ~stuck
    norm = np.sqrt(np.einsum("kpp->kp", curved))
    norm = np.where(norm > _TINY / scale, norm, 1 / scale)
    matrix = curved / norm[:, :, None] / norm[:, None, :]
    matrix = matrix * free[:, :, None] * free[:, None, :]
    diagonal = np.where(free, damping[:, None] + _TINY, 1.0)
    matrix += np.eye(matrix.shape[-1]) * diagonal[:, None, :]
    step = np.linalg.solve(matrix, (downhill / norm * free)[..., None])[..., 0]
    return np.asarray(step / norm)
