"""Correlation coefficients of few samples: Pearson with Fisher's interval, Spearman with its exact permutation p value, Holm's correction.

    r = sum (x - xm)(y - ym) / sqrt(sum (x - xm)^2 sum (y - ym)^2)
    interval of r = tanh(artanh r -+ z / sqrt(n - 3))                        Fisher 1921; needs four samples
    rho = r of the ranks, ties at their mean rank                            Spearman 1904
    p = share of all n! orders of y whose |rho| is at least that of the data

The smallest two-sided p of n samples without ties is 2/n!: 1/3 at n = 3, 1/12 at 4, 1/60 at 5. Above ``MOST_EXACT`` samples the orders are
drawn, p = (1 + hits) / (1 + draws), so that it is never 0. Holm 1979: the i-th smallest of m p values times m - i + 1, made monotonic.

References: Fisher 1921; Spearman 1904; Holm 1979.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtr

from dualion.errors import InputError
from dualion.numerics.lines import paired

Array = NDArray[np.float64]

#: Most samples whose orders are all gone through: 8! = 40 320.
MOST_EXACT = 8
#: Orders drawn above that.
DRAWS = 20_000
#: Fewest samples of a correlation, and of Fisher's interval.
FEWEST, FEWEST_FISHER = 3, 4
#: Two coefficients that differ by less are the same: sums of products of ranks are exact to far better.
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Pearson:
    """Pearson's coefficient.

    Parameters
    ----------
    r : float
        [1]
    interval : tuple of two floats, or None
        Fisher's interval [1]; None below four samples, or where r is 1 or -1.
    p : float
        Two-sided p value [1] of Student's t.
    n : int
        Samples [1].
    """

    r: float
    interval: tuple[float, float] | None
    p: float
    n: int


@dataclass(frozen=True, slots=True)
class Spearman:
    """Spearman's coefficient.

    Parameters
    ----------
    rho : float
        [1]
    p : float
        Two-sided permutation p value [1].
    smallest : float
        Smallest p [1] that these samples can give, whatever their order.
    orders : int
        Orders [1] of y that were gone through or drawn.
    exact : bool
        Whether all orders were gone through.
    """

    rho: float
    p: float
    smallest: float
    orders: int
    exact: bool


def pearson(x: ArrayLike, y: ArrayLike, *, confidence: float = 0.95) -> Pearson:
    """Pearson's coefficient with Fisher's interval.

    Parameters
    ----------
    x, y : array, shape (n,)
        In any [unit].
    confidence : float
        Of the interval [1].

    Returns
    -------
    Pearson

    Raises
    ------
    CoverageError
        Fewer than three samples.
    InputError
        A number is not finite, or one of the two does not vary.

    Examples
    --------
    >>> found = pearson([0, 1, 2, 3], [0.0, 1.2, 1.9, 3.1])
    >>> round(found.r, 4), [round(end, 2) for end in found.interval]
    (0.995, [0.78, 1.0])
    """
    across, up = _pairs(x, y)
    r, n = _correlation(across, up), across.size
    ends = None
    if n >= FEWEST_FISHER and abs(r) < 1:
        half = float(ndtri(0.5 + confidence / 2)) / math.sqrt(n - 3)
        ends = (math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half))
    rest = 1 - r * r
    t = math.inf if rest <= 0 else abs(r) * math.sqrt((n - 2) / rest)
    return Pearson(r, ends, float(2 * stdtr(n - 2, -t)) if math.isfinite(t) else 0.0, n)


def spearman(x: ArrayLike, y: ArrayLike, *, seed: int = 0) -> Spearman:
    """Spearman's coefficient with its permutation p value.

    Parameters
    ----------
    x, y : array, shape (n,)
        In any [unit].
    seed : int
        [1] of the orders, where they are drawn.

    Returns
    -------
    Spearman

    Raises
    ------
    CoverageError
        Fewer than three samples.
    InputError
        A number is not finite, or one of the two does not vary.

    Examples
    --------
    >>> found = spearman([1, 2, 3, 4], [10, 20, 25, 70])
    >>> found.rho, round(12 * found.p, 9)
    (1.0, 1.0)
    """
    across, up = _pairs(x, y)
    first, second = _units(ranks(across)), _units(ranks(up))
    rho = float(np.clip(first @ second, -1.0, 1.0))
    exact = across.size <= MOST_EXACT
    if exact:
        orders = np.array(list(permutations(second)))
    else:
        rng = np.random.default_rng(seed)
        orders = rng.permuted(np.tile(second, (DRAWS, 1)), axis=1)
    found = np.abs(orders @ first)
    hits, count = int((found >= abs(rho) - _SAME).sum()), len(orders)
    best = int((found >= found.max() - _SAME).sum())
    if not exact:
        return Spearman(rho, (1 + hits) / (1 + count), 1 / (1 + count), count, exact=False)
    return Spearman(rho, hits / count, best / count, count, exact=True)


def ranks(values: Array) -> Array:
    """Ranks [1] from 1, ties at their mean rank.

    Parameters
    ----------
    values : array, shape (n,)
        In any [unit].

    Examples
    --------
    >>> ranks(np.array([3.0, 1.0, 3.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    middle: Array = (last - (count - 1) / 2)[place]
    return middle


def holm(p: Sequence[float]) -> tuple[float, ...]:
    """P values corrected for their number, in the order given.

    Parameters
    ----------
    p : sequence of float
        [1]

    Examples
    --------
    >>> [round(one, 2) for one in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p)), key=lambda place: p[place])
    found, highest = [0.0] * len(p), 0.0
    for position, place in enumerate(order):
        highest = max(highest, min(1.0, p[place] * (len(p) - position)))
        found[place] = highest
    return tuple(found)


def _pairs(x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    across, up = paired("A correlation, in samples,", x, y, FEWEST, one="sample")
    if np.ptp(across) == 0 or np.ptp(up) == 0:
        raise InputError("x, y: one of them is the same for all samples, so that nothing can vary with it.")
    return across, up


def _units(values: Array) -> Array:
    """Centred and scaled to unit length."""
    away = values - values.mean()
    scaled: Array = away / np.linalg.norm(away)
    return scaled


def _correlation(x: Array, y: Array) -> float:
    r = float(_units(x) @ _units(y))
    return math.copysign(1.0, r) if abs(r) > 1 - np.finfo(float).eps else r
