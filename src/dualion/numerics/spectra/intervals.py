"""Intervals of quantities that are positive and known by a factor.

A relative error r of a positive quantity is an error of its logarithm: the 95 % interval is x exp(-1.96 r) to x exp(1.96 r), which holds
the truth as often as it should even where r is a quarter, and never reaches zero.
"""

from __future__ import annotations

import math

from scipy.special import ndtri

#: [1] half-width of a 95 % interval of the normal distribution, in standard errors.
NORMAL = float(ndtri(0.975))
_LARGEST = 300.0  # logarithm beyond which a factor is as good as infinite


def factor_interval(value: float, relative: float) -> tuple[float, float]:
    """The 95 % interval of a positive value.

    Parameters
    ----------
    value : float
        In any [unit].
    relative : float
        [1] standard error of its logarithm.

    Returns
    -------
    tuple of two floats
        In the unit of the value.

    Examples
    --------
    >>> tuple(round(end, 2) for end in factor_interval(10.0, 0.1))
    (8.22, 12.17)
    """
    spread = math.exp(min(NORMAL * relative, _LARGEST))
    return value / spread, value * spread
