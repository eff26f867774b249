"""Retention and the two laws of fading; the time that cycling takes.

    retention      R_n = Q_n / Q_ref
    geometric      f = 1 - R_n^(1/(n - n_ref))                     R_n = (1 - f)^(n - n_ref)
    linear         f = -b / Q_ref, b the slope of Q on n           R_n = 1 - f (n - n_ref)

Scatter from cycle to cycle, free of any law of fading, by second differences (Gasser, Sroka & Jennen-Steinmetz 1986):

    s^2 = mean (ln Q_k-1 - 2 ln Q_k + ln Q_k+1)^2 / 6

relative to the capacity, as what scatters from cycle to cycle mostly is. It sees what changes from one cycle to the next; a temperature
that drifts over days it does not see.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.errors import CoverageError, InputError

Array = NDArray[np.float64]

#: Variance of a second difference of values of variance 1.
_SECOND_DIFFERENCE = 6.0
#: Degrees of freedom for each second difference: 6^2 / (6^2 + 2 4^2 + 2 1^2), from their covariances 6, -4 and 1.
_FREEDOM = 36 / 70
#: Cycles from which the scatter can be told.
LEAST_CYCLES = 4


def geometric_fade(retention: float, cycles: float) -> float:
    """Fade per cycle [1] of the geometric law.

    Parameters
    ----------
    retention : float
        [1] R_n.
    cycles : float
        [1] n - n_ref.

    Raises
    ------
    InputError
        A number is not positive.

    Examples
    --------
    >>> round(geometric_fade(0.806, 10_000) * 1e5, 3)
    2.157
    """
    if not (retention > 0 and cycles > 0):
        raise InputError(f"geometric fade: retention {retention} and {cycles} cycles must be positive.")
    return float(-np.expm1(np.log(retention) / cycles))


def cycling_hours(cycles: float, capacity: float, current: float) -> float:
    """Time [h] that charging and discharging take, without rests: 2 n q / i.

    Parameters
    ----------
    cycles : float
        [1]
    capacity : float
        [mAh/g] mean of all half cycles.
    current : float
        [mA/g]

    Examples
    --------
    >>> round(cycling_hours(600, 0.9 * 396, 60))
    7128
    """
    return 2 * cycles * capacity / current


def scatter(values: Array) -> float:
    """Relative standard deviation [1] of the scatter from value to value, by second differences of the logarithms.

    Parameters
    ----------
    values : array, shape (n,)
        In any [unit], above 0, in their order.

    Raises
    ------
    CoverageError
        Fewer than four values.
    """
    if values.size < LEAST_CYCLES:
        raise CoverageError("The scatter from cycle to cycle, in cycles,", LEAST_CYCLES, int(values.size))
    return float(np.sqrt(np.mean(np.diff(np.log(values), 2) ** 2) / _SECOND_DIFFERENCE))


def degrees_of_freedom(cycles: int) -> float:
    """Degrees of freedom [1] of ``scatter``: neighbouring second differences share values, so 18/35 for each.

    Parameters
    ----------
    cycles : int
        [1]
    """
    return (cycles - 2) * _FREEDOM


@dataclass(frozen=True, slots=True)
class LinearFade:
    """A straight line through the capacities.

    Parameters
    ----------
    rate : float
        [1] fade per cycle, positive where capacity is lost.
    stderr : float
        [1]
    misfit : float
        [1] rms of the residuals over the scatter from cycle to cycle; about 1 where the line holds.
    """

    rate: float
    stderr: float
    misfit: float


def linear_fade(cycle: Array, capacity: Array, *, reference: float, at: float, relative: float) -> LinearFade:
    """Fade per cycle by ordinary least squares, relative to the reference capacity.

    Parameters
    ----------
    cycle : array, shape (n,)
        [1]
    capacity : array, shape (n,)
        In any [unit].
    reference : float
        Capacity of the reference cycle, in their [unit].
    at : float
        [1] the reference cycle; one of ``cycle``, or none of them.
    relative : float
        [1] scatter of a capacity, of itself.

    Returns
    -------
    LinearFade

    Raises
    ------
    CoverageError
        Fewer than three cycles.
    """
    if cycle.size <= 2:
        raise CoverageError("A line through the capacities, in cycles,", 3, int(cycle.size))
    away = cycle - cycle.mean()
    squares = float(away @ away)
    slope = float(away @ capacity) / squares
    residuals = capacity - capacity.mean() - slope * away
    ratio = slope / reference
    own = float((at - cycle.mean()) / squares) if bool((cycle == at).any()) else 0.0  # the reference is itself a point of the line
    variance = float(np.sum((away * capacity / squares) ** 2)) + (ratio**2 - 2 * ratio * own) * reference**2
    misses = float(np.sqrt(np.sum((residuals / capacity) ** 2) / (cycle.size - 2)))
    return LinearFade(-ratio, relative * float(np.sqrt(max(variance, 0.0))) / reference, misses / relative if relative > 0 else 1.0)
