"""Inside a step: what is observed on a cubic through its ends, the voltage on it, its integral, and where it meets a cut-off."""

from __future__ import annotations

from dualion.models.fast.compiler import compiled
from dualion.models.fast.kernel import observe, voltage
from dualion.models.fast.layout import (
    ANODE_POTENTIAL,
    COUNT,
    FAR,
    FIELD,
    LEFT,
    LEFT_HOST,
    METAL,
    NEAR,
    OBSERVED,
    RIGHT,
    RIGHT_HOST,
    Array,
)
from dualion.models.fast.step import places, relaxed

#: Rows of what is observed in a step: at its start, inner stage and end, the changes at the rates of start and end, and inside it.
AT_START, AT_STAGE, AT_END, RISE, FALL, INSIDE = range(6)
SEEN_ROWS = 6

#: A part of a step as numbers: current density [A/m2], film overvoltage at the start [V], length [s], plated charge at start and end.
CURRENT, FILM_AT_START, LENGTH, PLATED_AT_START, PLATED_AT_END = range(5)
PART_SIZE = 5

_BISECTIONS = 30


@compiled
def change_rates(p: Array, k: Array, h: float, out: Array) -> None:
    """Change of what is observed over a step of length h [s] at the rates ``k`` and a constant current, into ``out``."""
    observe(p, k, 0.0, 0.0, out)
    right, _, _ = places(p)
    host = int(p[RIGHT_HOST])
    out[RIGHT] = _surface_rate(p, host, k, right + int(p[int(p[host + FIELD]) + COUNT]) - 1)
    if p[METAL] == 0.0:
        out[LEFT] = _surface_rate(p, int(p[LEFT_HOST]), k, right - 1)
    for n in range(OBSERVED):
        out[n] *= h


@compiled
def tame(seen: Array) -> None:
    """Keep the cubic between start and end where it would swing past them, as after a current is switched on."""
    for n in range(OBSERVED):
        change = seen[AT_END, n] - seen[AT_START, n]
        for row in (RISE, FALL):
            if seen[row, n] * change <= 0.0:
                seen[row, n] = 0.0
            elif abs(seen[row, n]) > 3.0 * abs(change):
                seen[row, n] = 3.0 * change


@compiled
def _surface_rate(p: Array, host: int, k: Array, last: int) -> float:
    """Rate [1/s] of the surface filling at constant current, from the rates of the cells."""
    near, far = p[host + NEAR], p[host + FAR]
    return k[last] - near * near * (k[last - 1] - k[last]) / (far * far - near * near)


@compiled
def voltage_at(p: Array, seen: Array, part: Array, s: float, parts: Array) -> float:
    """Voltage [V] at a share s of a step; what is observed there stands in the last row of ``seen``, the anode's potential in ``parts``."""
    for n in range(OBSERVED):
        a, b, m, q = seen[AT_START, n], seen[AT_END, n], seen[RISE, n], seen[FALL, n]
        third = 2.0 * (a - b) + m + q
        second = 3.0 * (b - a) - 2.0 * m - q
        seen[INSIDE, n] = a + s * (m + s * (second + s * third))
    plated = part[PLATED_AT_START] + s * (part[PLATED_AT_END] - part[PLATED_AT_START])
    film = relaxed(p, part[FILM_AT_START], part[CURRENT], part[CURRENT], s * part[LENGTH])
    return voltage(p, seen[INSIDE], part[CURRENT], film, max(plated, 0.0), parts)


@compiled
def watched(p: Array, v: float, parts: Array) -> float:
    """The potential [V] by which the plateau is told from the slope: the anode's, which in a half cell is the voltage."""
    return v if p[METAL] != 0.0 else parts[ANODE_POTENTIAL]


@compiled
def crossing(p: Array, seen: Array, part: Array, cutoff: float, sign: float, parts: Array) -> float:
    """Share [1] of a step at which the voltage meets the cut-off [V], by bisection; ``sign`` is that of the current."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        s = 0.5 * (low + high)
        if sign * (voltage_at(p, seen, part, s, parts) - cutoff) > 0.0:
            high = s
        else:
            low = s
    return 0.5 * (low + high)


@compiled
def share_below(first: float, last: float, boundary: float) -> float:
    """Share [1] of an interval in which a straight line from ``first`` to ``last`` [V] lies below a boundary."""
    if first < boundary and last < boundary:
        return 1.0
    if first >= boundary and last >= boundary:
        return 0.0
    share = (boundary - first) / (last - first)
    return share if first < boundary else 1.0 - share
