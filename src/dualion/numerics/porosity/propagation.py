"""Errors of functions of measured numbers: linear, and by drawing them.

    u^2(f) = sum_i (df/dx_i)^2 u_i^2                              independent inputs (JCGM 100:2008)
    draws: x_i normal with u_i, f of every draw                   its standard deviation and its 2.5 % and 97.5 % points

An input that several functions share is drawn once, so that what they have in common stays in common. Draws of which a function is not
defined (a density that is not positive, a porosity above one) count as impossible and are left out; their share is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: Named arrays from named inputs.
Function = Callable[[Mapping[str, Array]], Mapping[str, Array]]

#: Step of a central difference, in standard errors.
_STEP = 1e-3
#: Ends of a 95 % interval.
_ENDS = (2.5, 97.5)  # [%]


@dataclass(frozen=True, slots=True)
class Spread:
    """Errors of one function.

    Parameters
    ----------
    value : float
        At the measured numbers, in its [unit].
    linear, drawn : float
        Standard errors in the same [unit].
    interval : tuple of two floats
        Of the draws.
    impossible : float
        Share [1] of the draws that were left out.
    """

    value: float
    linear: float
    drawn: float
    interval: tuple[float, float]
    impossible: float


def propagate(function: Function, values: Mapping[str, float], stderr: Mapping[str, float], *, draws: int, seed: int) -> dict[str, Spread]:
    """Errors of all functions of the same inputs.

    Parameters
    ----------
    function : callable
        Named arrays from named inputs, elementwise.
    values, stderr : mapping of str to float
        Inputs and their standard errors, in the [unit] of each.
    draws : int
        [1]
    seed : int
        [1]

    Returns
    -------
    dict of str to Spread
        Those whose value is finite.
    """
    names = sorted(values)
    centre = function({name: np.array([values[name]]) for name in names})
    variance = dict.fromkeys(centre, 0.0)
    for varied in names:
        if not stderr[varied] > 0:
            continue
        step = _STEP * stderr[varied]
        moved = function({name: values[name] + (step * np.array([1.0, -1.0]) if name == varied else np.zeros(2)) for name in names})
        for name, found in moved.items():
            variance[name] += float((found[0] - found[1]) / (2 * _STEP)) ** 2
    rng = np.random.default_rng(seed)
    drawn = function({name: values[name] + stderr[name] * rng.standard_normal(draws) for name in names})
    spreads = {}
    for name, value in centre.items():
        if np.isfinite(value[0]) and np.isfinite(variance[name]):
            spreads[name] = _spread(float(value[0]), float(np.sqrt(variance[name])), np.broadcast_to(drawn[name], (draws,)))
    return spreads


def _spread(value: float, linear: float, drawn: Array) -> Spread:
    usable = drawn[np.isfinite(drawn)]
    if usable.size < 2:
        return Spread(value, linear, linear, (value, value), 1.0)
    low, high = np.percentile(usable, _ENDS)
    return Spread(value, linear, float(usable.std(ddof=1)), (float(low), float(high)), 1 - usable.size / drawn.size)
