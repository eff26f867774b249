"""How wrong a step may be."""

from __future__ import annotations

from dualion.models.constants import STARVED
from dualion.models.fast.compiler import compiled
from dualion.models.fast.layout import INITIAL_SALT, PLATED, Array
from dualion.models.fast.step import D, W, places

#: Where salt is starved: largest change in a step, as a share of it, and below which concentration it counts as gone [mol/m3].
_STARVING, _EMPTY = 0.5, 0.1
#: Plated charge of which the error is a share, as fillings are of 1.
_PLATE = 100.0  # [coulomb/m2] about a hundredth of a typical host


@compiled
def step_error(p: Array, state: Array, trial: Array, k1: Array, k2: Array, k3: Array, h: float, tolerance: float) -> float:
    """Error of a step of length h [s] relative to the tolerance [1]: of fillings against 1, of salt against its initial concentration.

    Where salt is starved its reaction is shared as at the start of the step: there a step may not change it by much.
    """
    _, first, scalars = places(p)
    largest, starving = 0.0, 0.0
    for n in range(scalars):
        miss = abs((4.0 * W - 1.0) * k1[n] - k2[n] + 2.0 * D * k3[n])
        if n < first:
            largest = max(largest, miss)
            continue
        largest = max(largest, miss / p[INITIAL_SALT])
        if min(state[n], trial[n]) < STARVED:
            starving = max(starving, abs(trial[n] - state[n]) / (_STARVING * max(state[n], trial[n], 0.0) + _EMPTY))
    n = scalars + PLATED
    largest = max(largest, abs((4.0 * W - 1.0) * k1[n] - k2[n] + 2.0 * D * k3[n]) / _PLATE)
    return max(h * largest / (3.0 * tolerance), starving)
