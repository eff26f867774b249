"""From one state to the next: steps with error control until a voltage, a time, or the end of a host or of the salt is met.

The step follows the embedded error of ``step``. Inside a step the voltage is evaluated on a cubic through the observed ends, on parts
that are halved until it hardly bends, by Simpson's rule: energy and the charge below a boundary are integrated inside, and the record is
dense where the voltage moves. A cut-off is found on that cubic and met by steps that end on it. Where a host or the salt would leave its
range the step is halved until the place is located: an occupation is never clipped.
"""

from __future__ import annotations

import math

import numpy as np

from dualion.models.fast.compiler import compiled
from dualion.models.fast.kernel import is_sound, observe, voltage
from dualion.models.fast.layout import (
    ANODE_POTENTIAL,
    COUNT,
    FAR,
    FIELD,
    FILM,
    FILM_PART,
    FILM_RESISTANCE,
    FILM_TIME,
    INITIAL_SALT,
    LEFT,
    LEFT_HOST,
    METAL,
    NEAR,
    OBSERVED,
    PARTS_SIZE,
    PLATED,
    RIGHT,
    RIGHT_HOST,
    SERIES,
    Array,
)
from dualion.models.fast.step import GAMMA, D, W, current_at, derivative, places, relaxed, settled_plating, stage

#: Why a march ended.
ON_DURATION, ON_CUTOFF, ON_EXHAUSTION, ON_FAILURE, ON_FULL_TABLE = 0, 1, 2, 3, 4

#: What is tallied, by place. Charges [coulomb/m2] are signed as the current; energy in J/m2.
CHARGE, ENERGY, BELOW, LEAST_SALT, LEAST_AT, MOST_SALT, LOWEST_ANODE, LOWEST_APPARENT, FULLEST, STEPS, REJECTED, LAST_VOLTAGE = range(12)
TALLIED = 12

#: What a row of the record holds: time, voltage, current density, least and most salt, plated charge, observed, parts of the voltage.
TIME, VOLTAGE, CURRENT, LEAST, MOST, PLATE, SEEN = 0, 1, 2, 3, 4, 5, 6
PARTS = SEEN + OBSERVED
RECORDED = PARTS + PARTS_SIZE

#: Step control: safety factor, bounds of the change, first, longest and shortest step as shares of the expected time.
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 4.0
_FIRST, _LONGEST, _SHORTEST = 1e-5, 0.1, 1e-13
_MOST_STEPS = 2_000_000
#: A cut-off is met when the voltage is this near [V], or its time is known to this share of the time passed.
_MET_VOLTAGE, _MET_TIME = 1e-6, 1e-8
_BISECTIONS = 30
#: Parts of a step: halved until the voltage bends by less than this over a part [V], at most so many times.
_BEND, _HALVINGS = 2e-3, 14


@compiled
def march(
    p: Array,
    state: Array,
    by_voltage: bool,
    i: float,
    cutoff: float,
    ramp: float,
    longest: float,
    expected: float,
    boundary: float,
    tolerance: float,
    rows: Array,
    tally: Array,
) -> tuple[float, int, int]:
    """One step of a protocol, in place.

    By current: ``i`` [A/m2] until the voltage passes ``cutoff`` [V] (not a number: none) or ``longest`` [s]. By voltage: from ``cutoff`` [V]
    at ``ramp`` [V/s] for ``longest`` [s], with ``i`` a first guess. ``expected`` [s] scales the steps, ``boundary`` [V] splits the charge,
    ``tolerance`` [1] bounds the error of a step. ``rows`` of shape (n, RECORDED) takes the record, none if n is 0; ``tally`` of shape
    (TALLIED,) the sums.

    Returns the time passed, why it ended, and the number of rows.
    """
    right, first_salt, scalars = places(p)
    cells = scalars - first_salt
    size = state.size
    longest_field = max(right, first_salt - right, cells)
    work, source = np.zeros((3, longest_field)), np.zeros(longest_field)
    k1, k2, k3 = np.zeros(size), np.zeros(size), np.zeros(size)
    base, middle, trial = np.zeros(size), np.zeros(size), np.zeros(size)
    seen, seen_mid, seen_end = np.zeros(OBSERVED), np.zeros(OBSERVED), np.zeros(OBSERVED)
    rise, fall, inner = np.zeros(OBSERVED), np.zeros(OBSERVED), np.zeros(OBSERVED)
    parts, found = np.zeros(PARTS_SIZE), np.zeros(3)
    tally[:] = 0.0
    time, count = 0.0, 0
    sign = 1.0 if i > 0.0 else -1.0
    if by_voltage:
        if not current_at(p, cutoff, i, state, state, state, 0.0, 0.0, state[scalars + FILM], seen, parts, source, work, found):
            return 0.0, ON_FAILURE, 0
        i = found[0]
    plating = settled_plating(p, state, i, seen)
    state[scalars + FILM] = relaxed(p, state[scalars + FILM], i, 0.0)
    v = voltage(p, seen, i, state[scalars + FILM], max(state[scalars + PLATED], 0.0), parts)
    anode = parts[ANODE_POTENTIAL]
    tally[LEAST_SALT], tally[LEAST_AT], tally[MOST_SALT] = math.inf, 0.0, 0.0
    tally[LOWEST_ANODE], tally[LOWEST_APPARENT], tally[FULLEST] = math.inf, math.inf, 0.0
    _extremes(p, state, first_salt, cells, seen, parts, tally)
    if rows.shape[0] > 0:
        _note(rows, 0, 0.0, v, i, state, first_salt, cells, state[scalars + PLATED], seen, parts)
        count = 1
    tally[LAST_VOLTAGE] = v
    aims = not by_voltage and not math.isnan(cutoff)
    if aims and sign * (v - cutoff) >= 0.0:
        return 0.0, ON_CUTOFF, count
    derivative(p, state, i, plating, k1, source)
    h, shortest = min(_FIRST * expected, longest), _SHORTEST * expected
    # step lengths known to end before and beyond the cut-off, with how far; a beyond that cannot be evaluated is infinitely far
    low, high, low_miss, high_miss, final = 0.0, math.inf, 0.0, math.inf, False
    for _ in range(_MOST_STEPS):
        lands = time + h >= longest * (1.0 - 1e-12)
        if lands:
            h = longest - time
        film = state[scalars + FILM]
        i_mid, i_end, plating_end, v_end = i, i, 0.0, v
        for n in range(size):
            base[n] = state[n] + D * h * k1[n]
            middle[n] = state[n] + GAMMA * h * k1[n]
        _keep_positive(state, middle, first_salt, cells)
        if by_voltage:
            target = cutoff + ramp * (time + GAMMA * h)
            good = current_at(p, target, i, base, middle, state, D * h, GAMMA * h, film, seen_mid, parts, source, work, found)
            i_mid = found[0]
        else:
            good = not math.isnan(stage(p, base, middle, state, D * h, i, GAMMA * h, film, seen_mid, source, work))
        if good:
            for n in range(size):
                k2[n] = (middle[n] - base[n]) / (D * h)
                base[n] = state[n] + W * h * (k1[n] + k2[n])
                trial[n] = middle[n] + (1.0 - GAMMA) * h * k2[n]
            _keep_positive(middle, trial, first_salt, cells)
            if by_voltage:
                v_end = cutoff + ramp * (time + h)
                good = current_at(p, v_end, i_mid, base, trial, middle, D * h, h, film, seen_end, parts, source, work, found)
                i_end, plating_end = found[0], found[1]
            else:
                plating_end = stage(p, base, trial, middle, D * h, i, h, film, seen_end, source, work)
                good = not math.isnan(plating_end)
        if not good:
            tally[REJECTED] += 1
            h *= _SHRINK
            if h <= shortest:
                return time, ON_FAILURE, count
            continue
        if not (is_sound(p, seen_mid, middle, first_salt, cells) and is_sound(p, seen_end, trial, first_salt, cells)):
            # a host or the salt is at its end within this step: come nearer
            tally[REJECTED] += 1
            near = h - low <= _MET_TIME * (time + h)
            if final or h <= shortest or (near and low <= 0.0):
                return time, ON_EXHAUSTION, count
            high, high_miss, final = h, math.inf, near
            h = low if near else low + 0.5 * (h - low)
            continue
        error = 0.0
        for n in range(scalars):
            k3[n] = (trial[n] - base[n]) / (D * h)
            miss = abs(h * ((4.0 * W - 1.0) * k1[n] - k2[n] + 2.0 * D * k3[n]) / 3.0)
            error = max(error, miss / tolerance if n < first_salt else miss / (tolerance * p[INITIAL_SALT]))
        for n in range(scalars, size):
            k3[n] = (trial[n] - base[n]) / (D * h)
        if error > 1.0 and not final:
            tally[REJECTED] += 1
            h *= max(_SHRINK, _SAFETY * error ** (-1.0 / 3.0))
            low, high, low_miss, high_miss = 0.0, math.inf, 0.0, math.inf  # the end is farther than a step may reach
            if h <= shortest:
                return time, ON_FAILURE, count
            continue
        _slopes(p, k1, h, right, rise)
        _slopes(p, k3, h, right, fall)
        met = False
        if aims:
            v_end = voltage(p, seen_end, i, trial[scalars + FILM], max(trial[scalars + PLATED], 0.0), parts)
            miss = sign * (v_end - cutoff)
            searching = high < math.inf
            if miss > 0.0:
                high, high_miss = h, miss
            elif searching:
                low, low_miss = h, miss
            near = high - low <= _MET_TIME * (time + h)
            met = abs(miss) <= _MET_VOLTAGE or (near and high_miss < math.inf)
            final = final or (near and high_miss == math.inf)
            if high < math.inf and not met and not final:
                if miss > 0.0 and not searching:
                    h *= _crossing(p, seen, seen_end, rise, fall, i, film, h, cutoff, sign, state[scalars + PLATED], inner, parts)
                elif high_miss < math.inf and low_miss < 0.0:
                    h = low + min(max(-low_miss / (high_miss - low_miss), 0.02), 0.98) * (high - low)
                else:
                    h = low + 0.5 * (high - low)
                continue
        elif not by_voltage:
            v_end = voltage(p, seen_end, i, trial[scalars + FILM], max(trial[scalars + PLATED], 0.0), parts)
        # --- accepted
        if by_voltage:
            moved = h * (W * (i + i_mid) + D * i_end)
            v_mid = cutoff + ramp * (time + GAMMA * h)
            voltage(p, seen_end, i_end, trial[scalars + FILM], max(trial[scalars + PLATED], 0.0), parts)
            watched, watched_end = (v, v_end) if p[METAL] != 0.0 else (anode, parts[ANODE_POTENTIAL])
            tally[CHARGE] += moved
            tally[ENERGY] += h * (W * (i * v + i_mid * v_mid) + D * i_end * v_end)
            tally[BELOW] += moved * _share_below(watched, watched_end, boundary)
        else:
            tally[CHARGE] += i * h
            count = _integrate(
                p, seen, seen_end, rise, fall, state, trial, scalars, first_salt, cells, i, film, h, v, v_end, anode, time, boundary,
                inner, parts, rows, count, tally,
            )  # fmt: skip
            if count < 0:
                return time, ON_FULL_TABLE, -count
        time += h
        state[:] = trial
        seen[:] = seen_end
        k1[:] = k3
        i, plating = i_end, plating_end
        v = voltage(p, seen, i, state[scalars + FILM], max(state[scalars + PLATED], 0.0), parts)
        anode = parts[ANODE_POTENTIAL]
        tally[STEPS] += 1
        tally[LAST_VOLTAGE] = v
        _extremes(p, state, first_salt, cells, seen, parts, tally)
        if rows.shape[0] > 0:
            _note(rows, count, time, v, i, state, first_salt, cells, state[scalars + PLATED], seen, parts)
            count += 1
        if met:
            return time, ON_CUTOFF, count
        if final:
            return time, ON_EXHAUSTION, count
        if lands:
            return time, ON_DURATION, count
        if rows.shape[0] > 0 and count + 2 > rows.shape[0]:
            return time, ON_FULL_TABLE, count
        low, high, low_miss, high_miss = 0.0, math.inf, 0.0, math.inf
        growth = _GROW if error <= 0.0 else min(_GROW, max(_SHRINK, _SAFETY * error ** (-1.0 / 3.0)))
        h = min(h * growth, _LONGEST * expected)
    return time, ON_FAILURE, count


@compiled
def _slopes(p: Array, k: Array, h: float, right: int, out: Array) -> None:
    """Change of what is observed over a step of length h at the rates ``k`` and a constant current, into ``out``."""
    observe(p, k, 0.0, 0.0, out)
    host = int(p[RIGHT_HOST])
    last = right + int(p[int(p[host + FIELD]) + COUNT]) - 1
    out[RIGHT] = _surface_slope(p, host, k, last)
    if p[METAL] == 0.0:
        out[LEFT] = _surface_slope(p, int(p[LEFT_HOST]), k, right - 1)
    for n in range(OBSERVED):
        out[n] *= h


@compiled
def _surface_slope(p: Array, host: int, k: Array, last: int) -> float:
    """Rate [1/s] of the surface filling at constant current, from the rates of the cells."""
    near, far = p[host + NEAR], p[host + FAR]
    return k[last] - near * near * (k[last - 1] - k[last]) / (far * far - near * near)


@compiled
def _between(first: Array, last: Array, rise: Array, fall: Array, s: float, out: Array) -> None:
    """What is observed at a share s of a step, on the cubic through its ends."""
    for n in range(OBSERVED):
        a, b, m, q = first[n], last[n], rise[n], fall[n]
        third = 2.0 * (a - b) + m + q
        second = 3.0 * (b - a) - 2.0 * m - q
        out[n] = a + s * (m + s * (second + s * third))


@compiled
def _crossing(
    p: Array,
    first: Array,
    last: Array,
    rise: Array,
    fall: Array,
    i: float,
    film: float,
    h: float,
    cutoff: float,
    sign: float,
    plated: float,
    inner: Array,
    parts: Array,
) -> float:
    """Share of a step at which the voltage on the cubic meets the cut-off, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        s = 0.5 * (low + high)
        _between(first, last, rise, fall, s, inner)
        if sign * (voltage(p, inner, i, relaxed(p, film, i, s * h), max(plated, 0.0), parts) - cutoff) > 0.0:
            high = s
        else:
            low = s
    return 0.5 * (low + high)


@compiled
def _integrate(
    p: Array, seen: Array, seen_end: Array, rise: Array, fall: Array, state: Array, trial: Array, scalars: int, first_salt: int, cells: int,
    i: float, film: float, h: float, v: float, v_end: float, anode: float, time: float, boundary: float,
    inner: Array, parts: Array, rows: Array, count: int, tally: Array,
) -> int:  # fmt: skip
    """Energy and charge below the boundary of a step at constant current, and its inner rows; the number of rows, negative if full."""
    metal = p[METAL] != 0.0
    plated = state[scalars + PLATED]
    growth = trial[scalars + PLATED] - plated
    begin, part = 0.0, 1.0
    v_begin, w_begin = v, v if metal else anode
    while begin < 1.0:
        _between(seen, seen_end, rise, fall, begin + 0.5 * part, inner)
        middle = voltage(
            p, inner, i, relaxed(p, film, i, (begin + 0.5 * part) * h), max(plated + (begin + 0.5 * part) * growth, 0.0), parts
        )
        w_middle = middle if metal else parts[ANODE_POTENTIAL]
        end = begin + part
        if end >= 1.0:
            v_next = v_end
            voltage(p, seen_end, i, trial[scalars + FILM], max(trial[scalars + PLATED], 0.0), parts)
        else:
            _between(seen, seen_end, rise, fall, end, inner)
            v_next = voltage(p, inner, i, relaxed(p, film, i, end * h), max(plated + end * growth, 0.0), parts)
        w_next = v_next if metal else parts[ANODE_POTENTIAL]
        if abs(v_begin - 2.0 * middle + v_next) > _BEND and part > 0.5**_HALVINGS:
            part *= 0.5
            continue
        tally[ENERGY] += i * h * part * (v_begin + 4.0 * middle + v_next) / 6.0
        share = 0.5 * (_share_below(w_begin, w_middle, boundary) + _share_below(w_middle, w_next, boundary))
        tally[BELOW] += i * h * part * share
        if rows.shape[0] > 0 and end < 1.0:
            if count + 2 > rows.shape[0]:
                return -count
            _note(rows, count, time + end * h, v_next, i, state, first_salt, cells, plated + end * growth, inner, parts)
            count += 1
        begin, v_begin, w_begin = end, v_next, w_next
        if begin < 1.0:
            part = min(2.0 * part, 1.0 - begin)
    return count


@compiled
def _share_below(first: float, last: float, boundary: float) -> float:
    """Share of an interval in which a straight line from ``first`` to ``last`` lies below a boundary."""
    if first < boundary and last < boundary:
        return 1.0
    if first >= boundary and last >= boundary:
        return 0.0
    share = (boundary - first) / (last - first)
    return share if first < boundary else 1.0 - share


@compiled
def _keep_positive(known: Array, guess: Array, first: int, cells: int) -> None:
    """Keep an extrapolated guess of the salt positive."""
    for n in range(first, first + cells):
        if not guess[n] > 0.0:
            guess[n] = 0.1 * max(known[n], 1e-3)


@compiled
def _extremes(p: Array, state: Array, first: int, cells: int, seen: Array, parts: Array, tally: Array) -> None:
    """Take a state into the extremes of a tally."""
    for k in range(cells):
        c = state[first + k]
        if c < tally[LEAST_SALT]:
            tally[LEAST_SALT], tally[LEAST_AT] = c, k
        tally[MOST_SALT] = max(tally[MOST_SALT], c)
    anode = parts[ANODE_POTENTIAL]
    tally[LOWEST_ANODE] = min(tally[LOWEST_ANODE], anode)
    apparent = anode if p[METAL] != 0.0 else anode - parts[SERIES] - parts[FILM_PART]
    tally[LOWEST_APPARENT] = min(tally[LOWEST_APPARENT], apparent)
    tally[FULLEST] = max(tally[FULLEST], seen[RIGHT])


@compiled
def _note(
    rows: Array, count: int, time: float, v: float, i: float, state: Array, first: int, cells: int, plated: float, seen: Array, parts: Array
) -> None:
    """Write a row of the record; the extremes of the salt are those of the step's beginning."""
    least, most = math.inf, 0.0
    for k in range(first, first + cells):
        least, most = min(least, state[k]), max(most, state[k])
    row = rows[count]
    row[TIME], row[VOLTAGE], row[CURRENT], row[LEAST], row[MOST], row[PLATE] = time, v, i, least, most, plated
    for n in range(OBSERVED):
        row[SEEN + n] = seen[n]
    for n in range(PARTS_SIZE):
        row[PARTS + n] = parts[n]
