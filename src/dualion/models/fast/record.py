"""What a march writes down: sums and extremes over a step of a protocol, and rows along it."""

from __future__ import annotations

import math

from dualion.models.fast.compiler import compiled
from dualion.models.fast.layout import ANODE_POTENTIAL, FILM_PART, METAL, OBSERVED, PARTS_SIZE, RIGHT, SERIES, Array
from dualion.models.fast.step import places

#: What is tallied, by place. Charges [coulomb/m2] are signed as the current; energy in J/m2.
CHARGE, ENERGY, BELOW, LEAST_SALT, LEAST_AT, MOST_SALT, LOWEST_ANODE, LOWEST_APPARENT, FULLEST, STEPS, REJECTED, LAST_VOLTAGE = range(12)
TALLIED = 12

#: What a row of the record holds: time, voltage, current density, least and most salt, plated charge, observed, parts of the voltage.
TIME, VOLTAGE, ROW_CURRENT, LEAST, MOST, PLATE, SEEN = range(7)
PARTS = SEEN + OBSERVED
RECORDED = PARTS + PARTS_SIZE


@compiled
def extremes(p: Array, state: Array, seen: Array, parts: Array, tally: Array) -> None:
    """Take a state into the extremes of a tally."""
    _, first, scalars = places(p)
    for n in range(first, scalars):
        if state[n] < tally[LEAST_SALT]:
            tally[LEAST_SALT], tally[LEAST_AT] = max(state[n], 0.0), n - first
        tally[MOST_SALT] = max(tally[MOST_SALT], state[n])
    anode = parts[ANODE_POTENTIAL]
    tally[LOWEST_ANODE] = min(tally[LOWEST_ANODE], anode)
    apparent = anode if p[METAL] != 0.0 else anode - parts[SERIES] - parts[FILM_PART]
    tally[LOWEST_APPARENT] = min(tally[LOWEST_APPARENT], apparent)
    tally[FULLEST] = max(tally[FULLEST], seen[RIGHT])


@compiled
def salt_range(p: Array, state: Array) -> tuple[float, float]:
    """Least and most salt [mol/m3] of a state; an emptied cell may overshoot, but holds no negative salt."""
    _, first, scalars = places(p)
    least, most = math.inf, 0.0
    for n in range(first, scalars):
        least, most = min(least, state[n]), max(most, state[n])
    return max(least, 0.0), most


@compiled
def note(
    rows: Array, count: int, time: float, v: float, i: float, least: float, most: float, plated: float, seen: Array, parts: Array
) -> None:
    """Write a row of the record: time [s], voltage [V], current density [A/m2], salt [mol/m3], plated charge [coulomb/m2], and the rest."""
    row = rows[count]
    row[TIME], row[VOLTAGE], row[ROW_CURRENT], row[LEAST], row[MOST], row[PLATE] = time, v, i, least, most, plated
    for n in range(OBSERVED):
        row[SEEN + n] = seen[n]
    for n in range(PARTS_SIZE):
        row[PARTS + n] = parts[n]
