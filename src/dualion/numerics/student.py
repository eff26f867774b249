"""Intervals of the t distribution, and the degrees of freedom of a sum of variances.

value +- t(0.975, nu) u                                    nu degrees of freedom
nu = (sum u_i^2)^2 / sum (u_i^4 / nu_i)                    Welch 1947, Satterthwaite 1946
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.special import stdtrit

#: Probability below the upper end of a two-sided 95 % interval.
_UPPER = 0.975


def interval(value: float, stderr: float, freedom: float) -> tuple[float, float]:
    """The 95 % interval about a value, in its unit.

    Parameters
    ----------
    value, stderr : float
        In any [unit].
    freedom : float
        Degrees of freedom [1] behind the standard error; infinite where it is known.

    Examples
    --------
    >>> tuple(round(end, 2) for end in interval(10.0, 1.0, 2))
    (5.7, 14.3)
    """
    half = stderr * float(stdtrit(freedom, _UPPER)) if math.isfinite(freedom) else stderr * float(stdtrit(1e9, _UPPER))
    return value - half, value + half


def welch(parts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Standard error of a sum of independent parts, in their unit, and its degrees of freedom [1].

    Parameters
    ----------
    parts : sequence of tuple of two floats
        Standard error in one [unit], and its degrees of freedom [1].

    Examples
    --------
    >>> welch([(3.0, math.inf), (4.0, math.inf)])
    (5.0, inf)
    """
    variance = sum(stderr**2 for stderr, _ in parts)
    spread = sum(stderr**4 / freedom for stderr, freedom in parts)
    return math.sqrt(variance), (variance**2 / spread if spread > 0 else math.inf)
