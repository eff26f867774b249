"""Currents at several scan rates as a sum of two powers of the rate, at each potential.

    i(E, v) = k1(E) v + k2(E) v^1/2,        i / v^1/2 = k1 v^1/2 + k2        (Lindström et al. 1997; Wang et al. 2007)

by least squares of i/v^1/2 on v^1/2 with equal weights. With m rates, errors of k1 and k2 follow from m - 2 degrees of freedom. With k1 and
k2 that do not depend on the rate, the part of the current that goes with v^1/2 must follow

    f(v) = 1 / (1 + (k1/k2) v^1/2),

so that a share given at one rate fixes the shares at all others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import stdtr
from scipy.stats import t as student

from dualion.errors import CoverageError, SpecError

Array = NDArray[np.float64]

_PARAMETERS = 2
#: Probability of an interval.
LEVEL = 0.95
_ANGLES, _MOST_OWN = 200, 0.99  # [1]
_NORMAL = 1.959964  # [1] half-width of that interval in standard errors, at many degrees of freedom


@dataclass(frozen=True, slots=True)
class Split:
    """What least squares gives, whether or not it means anything.

    Parameters
    ----------
    rates : array, shape (m,)
        [V/s]
    sign : {1, -1}
        Direction of the current of the branch [1].
    surface, diffusion : array, shape (n,)
        k1 [F] and k2 [(A2 s/V)^0.5] at each potential.
    surface_stderr, diffusion_stderr : array, shape (n,)
        [F] and [(A2 s/V)^0.5]
    residuals : array, shape (m, n)
        Of i/v^1/2 [(A2 s/V)^0.5].
    explained : array, shape (n,)
        R2 [1] of i/v^1/2 at each potential; 1 where it does not change with the rate and the residuals vanish.
    """

    rates: Array
    sign: int
    surface: Array
    diffusion: Array
    surface_stderr: Array
    diffusion_stderr: Array
    residuals: Array
    explained: Array

    @property
    def against(self) -> NDArray[np.bool_]:
        """Where k1 or k2 runs against the branch, shape (n,)."""
        return (self.sign * self.surface < 0) | (self.sign * self.diffusion < 0)

    @property
    def degrees_of_freedom(self) -> int:
        """Rates minus parameters [1]."""
        return self.rates.size - _PARAMETERS

    @property
    def currents(self) -> Array:
        """[A] of the fit, shape (m, n)."""
        root = np.sqrt(self.rates)[:, None]
        return root * (self.surface * root + self.diffusion)


def split(currents: Array, rates: Array, *, sign: int = 1, nonnegative: bool = False) -> Split:
    """Least squares of the two parts at each potential.

    Parameters
    ----------
    currents : array, shape (m, n)
        [A] at m rates and n potentials.
    rates : array, shape (m,)
        [V/s]
    sign : {1, -1}
        Direction of the current of the branch [1].
    nonnegative : bool
        Whether neither part may run against ``sign``.

    Returns
    -------
    Split

    Raises
    ------
    CoverageError
        Fewer than three rates.
    """
    if rates.size <= _PARAMETERS:
        raise CoverageError("The split of a current in two powers of the rate, in scan rates,", _PARAMETERS + 1, rates.size)
    root = np.sqrt(rates)
    scaled = currents / root[:, None]
    design = np.column_stack([root, np.ones(root.size)])
    found = np.linalg.pinv(design) @ scaled
    if nonnegative:
        found = _same_way(design, scaled, found, sign)
    residuals = scaled - design @ found
    variance = (residuals**2).sum(axis=0) / (rates.size - _PARAMETERS)
    inverse = np.linalg.inv(design.T @ design)
    whole = ((scaled - scaled.mean(axis=0)) ** 2).sum(axis=0)
    left = (residuals**2).sum(axis=0)
    explained = np.where(left > 0, 1 - left / np.where(whole > 0, whole, 1.0), 1.0)
    return Split(
        rates, sign, found[0], found[1], np.sqrt(variance * inverse[0, 0]), np.sqrt(variance * inverse[1, 1]), residuals, explained
    )


def _same_way(design: Array, scaled: Array, found: Array, sign: int) -> Array:
    """The least squares among parts that both run with ``sign``: where the free ones do not, one part alone."""
    alone = np.clip(sign * (design.T @ scaled) / (design**2).sum(axis=0)[:, None], 0, None)
    cost = np.stack([((sign * scaled - design[:, [part]] * alone[part]) ** 2).sum(axis=0) for part in range(_PARAMETERS)])
    only = np.stack([np.where(np.argmin(cost, axis=0) == part, alone[part], 0.0) for part in range(_PARAMETERS)])
    return np.where((sign * found >= 0).all(axis=0), found, sign * only)


def surface_shares(surface: Array, currents: Array, rates: Array) -> Array:
    """Share of the surface part, ``s(v) = int |k1| v dE / int |i| dE``.

    Parameters
    ----------
    surface : array, shape (..., n)
        k1 [F] on evenly spaced potentials.
    currents : array, shape (..., m, n)
        [A]
    rates : array, shape (m,)
        [V/s]

    Returns
    -------
    array, shape (..., m)
        [1]
    """
    return rates * _integral(np.abs(surface))[..., None] / _integral(np.abs(currents))


def net_shares(surface: Array, currents: Array, rates: Array) -> Array:
    """Share of the surface part with signs, ``int k1 v dE / int i dE`` [1]: what unchecked least squares would print.

    Parameters
    ----------
    surface : array, shape (n,)
        k1 [F] on evenly spaced potentials.
    currents : array, shape (m, n)
        [A]
    rates : array, shape (m,)
        [V/s]
    """
    return rates * _integral(surface) / _integral(currents)


def _integral(values: Array) -> Array:
    """Over evenly spaced potentials by trapezia, in units of their distance."""
    whole: Array = np.sum(values, axis=-1) - 0.5 * (values[..., 0] + values[..., -1])
    return whole


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the surface part, all arrays of shape (m,) in [1].

    Parameters
    ----------
    share, stderr : array, shape (m,)
        [1] At each rate, and its standard error.
    half_width : array, shape (m,)
        [1] Half of the 95 % interval.
    law : array, shape (m,)
        [1] What one ratio k1/k2 gives.
    lowest, highest : array, shape (m,)
        [1] Ends of the range when each of the rates is left out in turn.
    """

    share: Array
    stderr: Array
    half_width: Array
    law: Array
    lowest: Array
    highest: Array

    def widened(self, spread: Array) -> Shares:
        """The same shares with a further standard error [1] of shape (m,) added in quadrature."""
        return replace(self, stderr=np.hypot(self.stderr, spread), half_width=np.hypot(self.half_width, _NORMAL * spread))


def shares_with_errors(found: Split, currents: Array, *, draws: int, seed: int, nonnegative: bool = False) -> Shares:
    """Shares of the surface part, with errors by the bootstrap.

    In each draw every rate is given the residuals of a rate drawn at random, all potentials together, since an error of a scan holds for
    all of it; they are widened by (m/(m - 2))^1/2 for the two parameters they have lost.

    Parameters
    ----------
    found : Split
    currents : array, shape (m, n)
        [A] that were split.
    draws, seed : int
        [1]
    nonnegative : bool
        Whether neither part may run against the branch.

    Returns
    -------
    Shares

    Raises
    ------
    CoverageError
        Fewer than four rates.
    """
    rates, rng = found.rates, np.random.default_rng(seed)
    count, root = rates.size, np.sqrt(rates)[:, None]
    wider = math.sqrt(count / found.degrees_of_freedom)
    again = found.currents + root * wider * found.residuals[rng.integers(count, size=(draws, count))]
    drawn = surface_shares(_surfaces(again, rates, sign=found.sign, nonnegative=nonnegative), again, rates)
    stderr = drawn.std(axis=0, ddof=1)
    kept = [np.arange(count) != out for out in range(count)]
    fewer = [split(currents[some], rates[some], sign=found.sign, nonnegative=nonnegative).surface for some in kept]
    without = np.stack([surface_shares(surface, currents, rates) for surface in fewer])
    own = _own_part(rates, _integral(np.abs(currents)) / np.sqrt(rates))
    factors = np.array([student_factor(found.degrees_of_freedom, float(part)) for part in own])
    slow, fast = _integral(np.abs(found.surface)), _integral(np.abs(found.diffusion))
    return Shares(
        share=surface_shares(found.surface, currents, rates),
        stderr=stderr,
        half_width=factors * stderr,
        law=slow * rates / (slow * rates + fast * np.sqrt(rates)),
        lowest=without.min(axis=0),
        highest=without.max(axis=0),
    )


def _surfaces(currents: Array, rates: Array, *, sign: int, nonnegative: bool) -> Array:
    """The surface part [F], shape (draws, n), of many sets of currents [A], shape (draws, m, n)."""
    if nonnegative:
        return np.stack([split(one, rates, sign=sign, nonnegative=True).surface for one in currents])
    root = np.sqrt(rates)
    solve = np.linalg.pinv(np.column_stack([root, np.ones(root.size)]))[0] / root
    surfaces: Array = np.tensordot(currents, solve, axes=(1, 0))
    return surfaces


def student_factor(degrees_of_freedom: int, own: float = 0.0) -> float:
    """Half-width of a 95 % interval in standard errors, of a quantity that hangs on the data beyond what is fitted.

    Where the quantity follows from the fitted parameters alone, its error is independent of the residuals, and their ratio is Student's
    t. A share also holds the current of its own scan, whose residual makes both its error and the standard error larger. With the part
    ``own`` of its variance in the space of the residuals (n dimensions, in which a direction has the cosine x),

        T = (1 - own)^1/2 t_n + (own n)^1/2 x,      p(x) dx ~ sin(phi)^(n - 2) dphi,    x = cos(phi)

    Parameters
    ----------
    degrees_of_freedom : int
        [1], two or more where ``own`` is not 0.
    own : float
        [1], at least 0 and below 1.

    Returns
    -------
    float
        [1]

    Examples
    --------
    >>> round(student_factor(4), 3), round(student_factor(4, 0.5), 3)
    (2.776, 2.34)
    """
    plain = float(student.ppf(0.5 + LEVEL / 2, degrees_of_freedom))
    if own <= 0:
        return plain
    angles = (np.arange(_ANGLES) + 0.5) * np.pi / _ANGLES
    weights = np.sin(angles) ** (degrees_of_freedom - 2)
    shift, scale = math.sqrt(own * degrees_of_freedom) * np.cos(angles), math.sqrt(1 - own)

    def outside(factor: float) -> float:
        inside = stdtr(degrees_of_freedom, (factor - shift) / scale) - stdtr(degrees_of_freedom, (-factor - shift) / scale)
        return LEVEL - float(np.average(inside, weights=weights))

    return float(brentq(outside, 0.0, 2 * plain))


def _own_part(rates: Array, integrals: Array) -> Array:
    """Part [1] of the variance of each share in the space of the residuals, shape (m,).

    ``integrals`` [A (s/V)^0.5 V] are those of i/v^1/2 over the potential: with K = sum_r p_r Y_r that of k1, ds_j/s_j = dK/K - dY_j/Y_j.
    """
    design = np.column_stack([np.sqrt(rates), np.ones(rates.size)])
    solve = np.linalg.pinv(design)
    slopes = solve[0] / (solve[0] @ integrals) - np.diag(1 / integrals)
    left = slopes - slopes @ (design @ solve)
    part: Array = np.clip((left**2).sum(axis=1) / (slopes**2).sum(axis=1), 0.0, _MOST_OWN)
    return part


def diffusion_share(given: float, *, at: float, rate: float) -> float:
    """Diffusion share at one rate that follows from the share at another, ``f(v) = 1 / (1 + (k1/k2) v^1/2)``.

    Parameters
    ----------
    given : float
        Share [1] at the rate ``at``, above 0 and at most 1.
    at, rate : float
        [mV/s]

    Returns
    -------
    float
        [1]

    Raises
    ------
    SpecError
        A share outside its range, or a rate that is not positive.

    Examples
    --------
    >>> round(diffusion_share(0.82, at=0.1, rate=5.0), 3)
    0.392
    """
    if not 0 < given <= 1:
        raise SpecError(f"diffusion share: {given} is not a share. Give it as a number above 0 and at most 1.")
    for name, one in (("at", at), ("rate", rate)):
        if not 0 < one < math.inf:
            raise SpecError(f"{name}: {one} is not a scan rate. Give it in mV/s, above 0.")
    return 1 / (1 + (1 / given - 1) * math.sqrt(rate / at))
