"""Diffusion in a sphere that is entered through its surface, by the closed solution and by finite volumes.

    dc/dt = (1/r^2) d/dr [ r^2 D dc/dr ],      D dc/dr = j at r = R,      dc/dr = 0 at r = 0

For a constant D and a constant flux j from a uniform start, with theta = D t / R^2 (Crank 1975, sec. 6.3),

    c(R, t) - c(0) = (j R / D) g(theta),      g = 3 theta + 1/5 - 2 sum_n exp(-a_n^2 theta) / a_n^2,      tan a_n = a_n

and while the front has not met the centre,

    g = exp(theta) (1 + erf sqrt(theta)) - 1 = 2 sqrt(theta/pi) + theta + ...

whose first term alone is the slab without an end. Currents that are switched superpose.

Where D follows c, shells of finite volume that narrow towards the surface are marched by a stiff solver of variable order with a banded
Jacobian (LSODA). What flows in is what is stored, to the tolerance of the solver. The concentration at the surface lies one half shell
outside the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import erf

from dualion.errors import SolveError

Array = NDArray[np.float64]

#: theta at which the series is taken instead of the early form: there the early form is off by exp(-1/theta), and 12 terms by less.
_EARLY = 0.03
_TERMS = 12
#: theta beyond which every exponential is below 1e-13.
_LATE = 1.5
#: How strongly the shells narrow towards the surface.
_GRADING = 2.5
_TOLERANCE = 1e-8


def _roots() -> Array:
    """Positive roots of tan a = a, one in each ((n, n + 1/2) pi)."""
    return np.array([brentq(lambda a: np.sin(a) - a * np.cos(a), n * np.pi + 1e-9, (n + 0.5) * np.pi) for n in range(1, _TERMS + 1)])


_SQUARES = _roots() ** 2


def surface_response(theta: Array) -> Array:
    """Rise g of the concentration at the surface of a sphere under constant flux, in units of j R / D.

    Parameters
    ----------
    theta : ndarray, shape (...)
        [1] D t / R^2; 0 before the flux begins.

    Returns
    -------
    ndarray, shape (...)
        [1]

    Examples
    --------
    >>> float(surface_response(np.array(2.0)))
    6.2
    """
    theta = np.maximum(np.asarray(theta, dtype=float), 0.0)
    found = np.asarray(3 * theta + 0.2)
    early, middle = theta < _EARLY, (theta >= _EARLY) & (theta < _LATE)
    short = theta[early]
    found[early] = np.expm1(short) + np.exp(short) * erf(np.sqrt(short))
    found[middle] -= 2 * (np.exp(-np.multiply.outer(theta[middle], _SQUARES)) / _SQUARES).sum(axis=-1)
    return found


def switched_response(time: Array, switches: Sequence[float] | Array, steps: Sequence[float] | Array, *, rate: float) -> Array:
    """Rise of the concentration at the surface under a current that is switched.

    Parameters
    ----------
    time : ndarray, shape (n,)
        [s]
    switches : sequence of float, length m
        [s] at which the current changes.
    steps : sequence of float, length m
        [1] by how much it changes, in units of the flux j.
    rate : float
        [s-1] D / R^2.

    Returns
    -------
    ndarray, shape (n,)
        [1] in units of j R / D.
    """
    total = np.zeros(time.size)
    for at, step in zip(switches, steps, strict=True):
        after = time > at
        total[after] += step * surface_response(rate * (time[after] - at))
    return total


@dataclass(frozen=True, slots=True)
class Shells:
    """Shells of a sphere of radius 1, narrowing towards the surface.

    Parameters
    ----------
    faces : ndarray, shape (n + 1,)
        [1] radii over R, from 0 to 1.
    """

    faces: Array

    @property
    def centres(self) -> Array:
        """Radii over R [1] in the middle of the shells; shape (n,)."""
        return 0.5 * (self.faces[1:] + self.faces[:-1])

    @property
    def volumes(self) -> Array:
        """Volumes over R^3 / 3 times 1/(4 pi) [1]; they add up to 1, so the mean of a profile is their weighted sum; shape (n,)."""
        return np.diff(self.faces**3)


def shells(count: int) -> Shells:
    """Shells of a sphere.

    Parameters
    ----------
    count : int
        [1]
    """
    return Shells(1 - (1 - np.linspace(0, 1, count + 1)) ** _GRADING)


def march(
    shape: Shells, filling: Array, *, diffusion_rate: Callable[[Array], Array], flux: float, times: Array, tolerance: float = _TOLERANCE
) -> tuple[Array, Array]:
    """March a sphere whose diffusivity follows its filling under a constant flux.

    Parameters
    ----------
    shape : Shells
    filling : ndarray, shape (n,)
        [1] at the start.
    diffusion_rate : callable
        Filling [1], shape (m,), to D / R^2 [s-1].
    flux : float
        [s-1] at which the mean filling rises.
    times : ndarray, shape (k,)
        [s] from the start, rising, at which the surface is wanted.
    tolerance : float
        [1] relative; absolute where the filling is below 1.

    Returns
    -------
    surface : ndarray, shape (k,)
        [1] filling at the surface.
    filling : ndarray, shape (n,)
        [1] at the last time.

    Raises
    ------
    SolveError
        The solver stopped, or the filling is no number.
    """
    centres, areas = shape.centres, 3 * shape.faces[1:-1] ** 2  # volumes are in units of 4 pi R^3 / 3
    between, volumes, inwards = np.diff(centres), shape.volumes, np.zeros(centres.size + 1)
    inwards[-1] = flux  # [s-1], per volume of the whole sphere

    def change(_: float, x: Array) -> Array:
        inwards[1:-1] = areas * diffusion_rate(0.5 * (x[1:] + x[:-1])) * np.diff(x) / between
        return np.diff(inwards) / volumes

    solved = solve_ivp(
        change, (0.0, float(times[-1])), filling, method="LSODA", t_eval=times, lband=1, uband=1, rtol=tolerance, atol=tolerance
    )
    if not solved.success or not np.isfinite(solved.y).all():
        why = solved.message if not solved.success else "the filling is not finite; look at the diffusivity and the flux"
        raise SolveError(f"Diffusion in a sphere stopped within {times[-1]:g} s: {why}")
    outermost = solved.y[-1]
    surface = outermost + flux / 3 * (1 - centres[-1]) / diffusion_rate(outermost)
    return surface, solved.y[:, -1]
