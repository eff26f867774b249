"""Many cycles in one call: charge, parasitic charge, discharge, loss of sites, growth of the film, and a row of numbers for each cycle.

Slow changes act where they are felt least. Parasitic charge is booked at the end of a charge: a share of what the anode has just taken
up is bound in its interphase (it keeps the sodium), and a share of the anions of the cathode is lost with the charge that its side
reaction took. Sites are lost, and the film grows, at the end of a discharge; anions stay with the sites that are left. Every move
is from one account to another, so that sodium and PF6 add up over any number of cycles.
"""

from __future__ import annotations

import math

import numpy as np

from dualion.models.constants import FARADAY
from dualion.models.fast import march, record
from dualion.models.fast.compiler import compiled
from dualion.models.fast.layout import (
    BESIDE,
    CHARGE,
    COUNT,
    FIELD,
    FIELD_HEAD,
    FILM_RESISTANCE,
    LEFT_HOST,
    METAL,
    PER_CELL,
    PLATED,
    RESERVOIR,
    RIGHT_HOST,
    SALT_FIELD,
    VOLUME,
    Array,
)
from dualion.models.fast.step import places

#: Time after which a half cycle counts as endless, as a multiple of what fills the cathode.
_PATIENCE = 2.0

#: Laws of ageing: share of sites lost per second at the current (or per cycle), whether in proportion to what is left, parasitic shares of
#: anode and cathode, film growth k and exponent of k n^p, growth of the film with the interphase [m2/coulomb].
SITES_PER_SECOND, SITES_PER_CYCLE, PROPORTIONAL, ANODE_SHARE, CATHODE_SHARE, FILM_RATE, FILM_EXPONENT, FILM_PER_CHARGE = range(8)
LAWS = 8

#: The slow state: share of sites left, film factor [1], charge bound in the interphase and lost by the cathode [coulomb/m2], cycles [1].
SITES, FILM_FACTOR, BOUND, LOST, CYCLES = range(5)
SLOW = 5

#: A row of the table.
(
    CHARGED, DISCHARGED, CHARGE_ENERGY, DISCHARGE_ENERGY, LEAST_SALT, LOWEST_ANODE, LOWEST_APPARENT, SALT_LEFT_OVER, DURATION, WHY_CHARGE,
    WHY_DISCHARGE, SODIUM, ANIONS, PLATED_CHARGE,
) = range(14)  # fmt: skip
SLOW_FIRST = 14
COLUMNS = SLOW_FIRST + SLOW


@compiled
def mean_filling(p: Array, state: Array, host: int, first: int) -> float:
    """Mean filling of a host whose cells begin at ``first``."""
    field = int(p[host + FIELD])
    total = 0.0
    for k in range(int(p[field + COUNT])):
        total += p[field + FIELD_HEAD + PER_CELL * k + VOLUME] * state[first + k]
    return total


@compiled
def salt_amount(p: Array, state: Array) -> float:
    """Salt in the pores and beside them [mol/m2]."""
    _, first, scalars = places(p)
    field = int(p[SALT_FIELD])
    total = p[RESERVOIR] * state[scalars + BESIDE]
    for k in range(scalars - first):
        total += p[field + FIELD_HEAD + PER_CELL * k + VOLUME] * state[first + k]
    return total


@compiled
def inventories(p: Array, state: Array, bound: float, lost: float) -> tuple[float, float]:
    """Sodium and PF6 of a full cell as charge [coulomb/m2], wherever they are; ``bound`` and ``lost`` [coulomb/m2] included."""
    right, _, scalars = places(p)
    salt = FARADAY * salt_amount(p, state)
    left_host, right_host = int(p[LEFT_HOST]), int(p[RIGHT_HOST])
    sodium = salt + p[left_host + CHARGE] * mean_filling(p, state, left_host, 0) + state[scalars + PLATED] + bound
    anions = salt + p[right_host + CHARGE] * mean_filling(p, state, right_host, right) + lost
    return sodium, anions


@compiled
def shift(p: Array, state: Array, host: int, first: int, change: float) -> None:
    """Add a change [1] to every filling of a host whose cells begin at ``first``."""
    for k in range(first, first + int(p[int(p[host + FIELD]) + COUNT])):
        state[k] += change


@compiled
def lose_sites(p: Array, state: Array, left: float) -> None:
    """Let a share [1] of the cathode's sites be left over; the anions stay with them."""
    right, salt, _ = places(p)
    host = int(p[RIGHT_HOST])
    p[host + CHARGE] *= left
    for k in range(right, salt):
        state[k] /= left


@compiled
def cycle_on(
    p: Array,
    state: Array,
    slow: Array,
    laws: Array,
    current: float,
    low: float,
    high: float,
    film: float,
    boundary: float,
    tolerance: float,
    table: Array,
) -> int:
    """Run as many cycles as ``table`` has rows, in place; the number of cycles that ended on their voltages.

    ``current`` [A/m2] between ``low`` and ``high`` [V]; ``film`` [ohm m2] is the resistance that grows, at a film factor of 1. ``p``,
    ``state`` and ``slow`` are what the next call goes on from.
    """
    tally, control = np.zeros(record.TALLIED), np.zeros(march.CONTROL_SIZE)
    control[march.BOUNDARY], control[march.TOLERANCE] = boundary, tolerance
    for n in range(table.shape[0]):
        row = table[n]
        row[LEAST_SALT], row[LOWEST_ANODE], row[LOWEST_APPARENT], row[DURATION] = math.inf, math.inf, math.inf, 0.0
        row[WHY_CHARGE] = _half(p, state, control, current, high, row, tally)
        if row[WHY_CHARGE] != march.ON_CUTOFF and row[WHY_CHARGE] != march.ON_EXHAUSTION:
            return n
        row[CHARGED], row[CHARGE_ENERGY] = tally[record.CHARGE], tally[record.ENERGY]
        _book(p, state, slow, laws, row[CHARGED])
        row[WHY_DISCHARGE] = _half(p, state, control, -current, low, row, tally)
        if row[WHY_DISCHARGE] != march.ON_CUTOFF and row[WHY_DISCHARGE] != march.ON_EXHAUSTION:
            return n
        row[DISCHARGED], row[DISCHARGE_ENERGY] = -tally[record.CHARGE], -tally[record.ENERGY]
        _age(p, state, slow, laws, film, row)
    return table.shape[0]


@compiled
def _half(p: Array, state: Array, control: Array, current: float, cutoff: float, row: Array, tally: Array) -> int:
    """A half cycle, with its extremes and its time in the row; why it ended."""
    control[march.EXPECTED] = p[int(p[RIGHT_HOST]) + CHARGE] / abs(current)
    control[march.LONGEST] = _PATIENCE * control[march.EXPECTED]
    control[march.GIVEN_CURRENT], control[march.CUTOFF] = current, cutoff
    time, why, _ = march.march(p, state, control, np.zeros((0, record.RECORDED)), tally)
    row[LEAST_SALT] = min(row[LEAST_SALT], tally[record.LEAST_SALT])
    row[LOWEST_ANODE] = min(row[LOWEST_ANODE], tally[record.LOWEST_ANODE])
    row[LOWEST_APPARENT] = min(row[LOWEST_APPARENT], tally[record.LOWEST_APPARENT])
    row[DURATION] += time
    return why


@compiled
def _book(p: Array, state: Array, slow: Array, laws: Array, charged: float) -> None:
    """Book the parasitic charge of a charge."""
    right, _, _ = places(p)
    left_host, right_host = int(p[LEFT_HOST]), int(p[RIGHT_HOST])
    bound, lost = laws[ANODE_SHARE] * charged, laws[CATHODE_SHARE] * charged
    if p[METAL] == 0.0:
        shift(p, state, left_host, 0, -bound / p[left_host + CHARGE])
    shift(p, state, right_host, right, -lost / p[right_host + CHARGE])
    slow[BOUND] += bound
    slow[LOST] += lost


@compiled
def _age(p: Array, state: Array, slow: Array, laws: Array, film: float, row: Array) -> None:
    """Lose sites and let the film grow, after a cycle; the accounts go into its row."""
    share = laws[SITES_PER_SECOND] * row[DURATION] + laws[SITES_PER_CYCLE]
    if laws[PROPORTIONAL] == 0.0:
        share /= slow[SITES]
    lose_sites(p, state, 1.0 - share)
    slow[SITES] *= 1.0 - share
    slow[CYCLES] += 1.0
    slow[FILM_FACTOR] = 1.0 + laws[FILM_PER_CHARGE] * slow[BOUND]
    if laws[FILM_RATE] > 0.0:
        slow[FILM_FACTOR] += laws[FILM_RATE] * slow[CYCLES] ** laws[FILM_EXPONENT]
    p[FILM_RESISTANCE] = film * slow[FILM_FACTOR]
    row[SODIUM], row[ANIONS] = inventories(p, state, slow[BOUND], slow[LOST])
    _, _, scalars = places(p)
    row[SALT_LEFT_OVER], row[PLATED_CHARGE] = salt_amount(p, state), state[scalars + PLATED]
    row[SLOW_FIRST:] = slow
