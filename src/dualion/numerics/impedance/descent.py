"""Least squares by Levenberg's and Marquardt's method from many starts at once, in a box, with a criterion that says when it is done.

    minimise chi^2(x) = sum_k r_k(x)^2,    (J^T J + lambda D) d = -J^T r,    D = diag(J^T J), never falling

A coordinate at its bound is held there while the gradient points outwards. A descent has converged when the whole remaining
Gauss-Newton step d, undamped, would lower chi^2 by less than 1e-8 of its value for each degree of freedom, which is when the minimum is
nearer than 1e-4 standard errors; or when no coordinate would move by more than 1e-10. Nothing else counts: a descent that cannot go on, or
runs out of steps, has not converged. One that lies above a converged one and hardly falls any more is given up.

References: levenberg1944, marquardt1963.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: Coordinates, shape (m, p), to residuals, shape (m, k), and their derivatives, shape (m, k, p).
Model = Callable[[Array], tuple[Array, Array]]

MOST_STEPS = 200
#: Share of chi^2 for each degree of freedom that the remaining step may still gain.
REMAINING = 1e-8
#: Change of a coordinate below which a descent has ended, and root mean square of residuals below which they are rounding.
LEAST_CHANGE, ROUNDING = 1e-10, 1e-12
#: Every so many steps, a descent above a converged one is given up that has gained less than this share of its chi^2 since.
LOOK, HOPELESS = 10, 0.01
#: Longest step of one coordinate; all are logarithms or logits.
LONGEST = 2.0
_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-2, 1e-12, 1e12
_EASED, _TIGHTENED = 5.0, 3.0
#: Share of the diagonal that keeps an undamped step finite where a direction is open.
_RIDGE = 1e-13


@dataclass(frozen=True, slots=True, eq=False)
class Descents:
    """Where the descents ended.

    Parameters
    ----------
    ends : ndarray, shape (m, p)
        [1] coordinates.
    costs : ndarray, shape (m,)
        [1] sums of squared residuals there; infinite where nothing could be evaluated.
    converged : ndarray of bool, shape (m,)
        [1] whether each met the criterion.
    """

    ends: Array
    costs: Array
    converged: NDArray[np.bool_]

    @property
    def best(self) -> int:
        """The converged descent of the least cost, or the one of the least cost where none has converged."""
        return int(np.argmin(np.where(self.converged | ~self.converged.any(), self.costs, np.inf)))


def descend(model: Model, starts: Array, *, low: Array, high: Array, most: int = MOST_STEPS) -> Descents:
    """Descend from many starts at once.

    Parameters
    ----------
    model : callable
        Coordinates, shape (m, p), to residuals, shape (m, k), and derivatives, shape (m, k, p).
    starts : ndarray, shape (m, p)
        [1] coordinates.
    low, high : ndarray, shape (p,)
        [1] bounds.
    most : int
        [1] steps.

    Returns
    -------
    Descents
    """
    x = np.clip(starts, low, high)
    r, J = _evaluated(model, x)
    cost = _cost(r)
    done, active = np.zeros(x.shape[0], dtype=bool), np.isfinite(cost)
    damping, largest = np.full(x.shape[0], _FIRST_DAMPING), np.zeros_like(x)
    marks = cost.copy()
    for count in range(most):
        if count % LOOK == LOOK - 1:
            active &= ~_hopeless(cost, marks, done)
            marks = cost.copy()
        live = np.flatnonzero(active)
        if not live.size:
            break
        gradient, curvature = _normal(r[live], J[live], x[live], low, high)
        done[live] = _settled(gradient, curvature, cost[live], r.shape[1] - x.shape[1])
        active[live[done[live]]] = False
        keep = ~done[live]
        live, gradient, curvature = live[keep], gradient[keep], curvature[keep]
        if not live.size:
            break
        largest[live] = np.maximum(largest[live], np.diagonal(curvature, axis1=1, axis2=2))
        step = _solved(curvature, damping[live, None] * largest[live], gradient)
        tried = np.clip(x[live] + np.clip(step, -LONGEST, LONGEST), low, high)
        r_tried, J_tried = _evaluated(model, tried)
        found = _cost(r_tried)
        better = found < cost[live]
        gained = live[better]
        x[gained], r[gained], J[gained], cost[gained] = tried[better], r_tried[better], J_tried[better], found[better]
        damping[live] = np.where(better, np.maximum(damping[live] / _EASED, _LEAST_DAMPING), damping[live] * _TIGHTENED)
        active[live] = damping[live] < _MOST_DAMPING
    return Descents(x, cost, done)


def _hopeless(cost: Array, marks: Array, done: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which descents lie above one that has converged and have gained next to nothing since the last look."""
    least = float(np.min(cost, where=done, initial=np.inf))
    return np.asarray((cost > least) & (cost > (1 - HOPELESS) * marks))


def outwards(x: Array, gradient: Array, low: Array, high: Array) -> NDArray[np.bool_]:
    """Which coordinates [1] rest on a bound that the gradient [1] pushes them against; arrays of one shape, bounds of shape (p,)."""
    return ((x <= low) & (gradient > 0)) | ((x >= high) & (gradient < 0))


def _evaluated(model: Model, x: Array) -> tuple[Array, Array]:
    with np.errstate(all="ignore"):
        return model(x)


def _cost(residuals: Array) -> Array:
    with np.errstate(all="ignore"):
        cost = np.einsum("mk,mk->m", residuals, residuals)
    return np.where(np.isfinite(cost), cost, np.inf)


def _normal(r: Array, J: Array, x: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """Half the gradient and curvature, those of coordinates held at a bound taken out."""
    gradient = np.einsum("mkp,mk->mp", J, r)
    curvature = J.transpose(0, 2, 1) @ J
    held = outwards(x, gradient, low, high)
    gradient = np.where(held, 0.0, gradient)
    curvature = np.where(held[:, :, None] | held[:, None, :], 0.0, curvature)
    ones = np.arange(x.shape[1])
    curvature[:, ones, ones] += held
    return gradient, curvature


def _settled(gradient: Array, curvature: Array, cost: Array, freedom: int) -> NDArray[np.bool_]:
    step = _solved(curvature, np.zeros_like(gradient), gradient)
    gain = -np.einsum("mp,mp->m", gradient, step)
    still = np.abs(step).max(axis=1) < LEAST_CHANGE
    floor = ROUNDING**2 * (freedom + gradient.shape[1])
    return np.asarray((gain <= REMAINING * cost / max(freedom, 1)) | still | (cost <= floor))


def _solved(curvature: Array, added: Array, gradient: Array) -> Array:
    """Steps of the damped normal equations, scaled to a unit diagonal."""
    scale = np.sqrt(np.maximum(np.diagonal(curvature, axis1=1, axis2=2), np.finfo(float).tiny))
    damped = curvature / (scale[:, :, None] * scale[:, None, :])
    ones = np.arange(scale.shape[1])
    damped[:, ones, ones] += np.maximum(added / scale**2, _RIDGE)
    return np.asarray(-np.linalg.solve(damped, (gradient / scale)[:, :, None])[:, :, 0] / scale)
