"""From one state to the next: steps with error control until a voltage, a time, or the end of a host or of the salt is met.

The step follows the embedded error of ``step``. The voltage inside a step is evaluated on parts that are halved until it hardly bends, by
Simpson's rule: energy and the charge below a boundary are integrated inside, and the record is dense where the voltage moves. A cut-off
is found on the cubic of ``inside`` and met by steps that end on it. Where a host or the salt would leave its range the step is halved
until the place is located: an occupation is never clipped.
"""

from __future__ import annotations

import math

import numpy as np

from dualion.models.fast.compiler import compiled
from dualion.models.fast.control import step_error
from dualion.models.fast.inside import (
    AT_END,
    AT_STAGE,
    AT_START,
    CURRENT,
    FALL,
    FILM_AT_START,
    INSIDE,
    LENGTH,
    PART_SIZE,
    PLATED_AT_END,
    PLATED_AT_START,
    RISE,
    SEEN_ROWS,
    change_rates,
    crossing,
    share_below,
    tame,
    voltage_at,
    watched,
)
from dualion.models.fast.kernel import is_sound, voltage
from dualion.models.fast.layout import (
    ANODE_POTENTIAL,
    FILM,
    METAL,
    OBSERVED,
    PARTS_SIZE,
    PLATED,
    Array,
)
from dualion.models.fast.record import (
    BELOW,
    CHARGE,
    ENERGY,
    LAST_VOLTAGE,
    LEAST_SALT,
    LOWEST_ANODE,
    LOWEST_APPARENT,
    REJECTED,
    STEPS,
    extremes,
    note,
    salt_range,
)
from dualion.models.fast.step import GAMMA, D, W, current_at, derivative, places, relaxed, settled_plating, stage

#: What a march is given: whether by voltage; current density [A/m2] (by voltage a first guess); cut-off [V] or first voltage, not a number
#: for none; ramp [V/s]; longest time [s]; time that scales the steps [s]; boundary of plateau and slope [V]; error of a step [1].
BY_VOLTAGE, GIVEN_CURRENT, CUTOFF, RAMP, LONGEST, EXPECTED, BOUNDARY, TOLERANCE = range(8)
CONTROL_SIZE = 8

#: Why a march ended.
ON_DURATION, ON_CUTOFF, ON_EXHAUSTION, ON_FAILURE, ON_FULL_TABLE = range(5)

#: Vectors of a step, by row: the rates of its three stages, what a stage starts from, its inner stage and its end.
K1, K2, K3, BASE, MIDDLE, TRIAL = range(6)
VECTORS = 6

#: Numbers of a step: current densities at its start, inner stage and end, voltages at start and end, plating at the end, anode's potential
#: at the start.
I_START, I_STAGE, I_END, V_START, V_END, PLATING_END, ANODE_START = range(7)
NUMBERS = 7

#: Bounds of a search: step lengths known to end before and beyond the end, by how much, and whether the next step is the last.
LOW, HIGH, LOW_MISS, HIGH_MISS, FINAL = range(5)
BOUNDS = 5

#: Step control: safety factor, bounds of the change, first, longest and shortest step as shares of the expected time.
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 4.0
_FIRST, _LONGEST, _SHORTEST = 1e-5, 0.1, 1e-13
_MOST_STEPS = 2_000_000
#: A cut-off is met when the voltage is this near [V], or its time is known to this share of the time passed.
_MET_VOLTAGE, _MET_TIME = 1e-6, 1e-8
#: Parts of a step: halved until the voltage bends by less than this over a part [V] and, where rows are kept, moves by less than that
#: [V], at most so many times.
_BEND, _JUMP, _HALVINGS = 2e-3, 1e-2, 14
#: Share of that bend below which the next part may be twice as long.
_CALM = 0.25
#: Nearest to its bounds that a search looks next.
_MARGIN = 0.02

#: What became of a step that was tried.
_ACCEPTED, _AGAIN, _ENDED = range(3)


@compiled
def march(p: Array, state: Array, control: Array, rows: Array, tally: Array) -> tuple[float, int, int]:
    """One step of a protocol, in place.

    ``control`` is of shape (CONTROL_SIZE,); ``rows`` of shape (n, RECORDED) takes the record, none if n is 0; ``tally`` of shape (TALLIED,)
    takes the sums. Returns the time passed, why it ended, and the number of rows.
    """
    right, first, scalars = places(p)
    longest = max(right, first - right, scalars - first)
    work, source = np.zeros((3, longest)), np.zeros(longest)
    vectors, seen = np.zeros((VECTORS, state.size)), np.zeros((SEEN_ROWS, OBSERVED))
    parts, found, numbers, bounds, part = np.zeros(PARTS_SIZE), np.zeros(3), np.zeros(NUMBERS), np.zeros(BOUNDS), np.zeros(PART_SIZE)
    time, count = 0.0, 0
    if not _begin(p, state, control, vectors, seen, parts, numbers, source, work, found, tally):
        return 0.0, ON_FAILURE, 0
    count = _note_end(rows, 0, 0.0, p, state, seen, parts, numbers)
    if _beyond(control, numbers[V_START]) >= 0.0:
        return 0.0, ON_CUTOFF, count
    _open(bounds)
    h = min(_FIRST * control[EXPECTED], control[LONGEST])
    for _ in range(_MOST_STEPS):
        lands = time + h >= control[LONGEST] * (1.0 - 1e-12)
        if lands:
            h = control[LONGEST] - time
        good = _attempt(p, state, control, time, h, vectors, seen, parts, numbers, source, work, found)
        became, following, why = _judge(p, state, control, time, h, good, vectors, seen, parts, numbers, bounds, part, tally)
        if became == _ENDED:
            return time, why, count
        if became == _AGAIN:
            h = following
            continue
        count = _account(p, state, control, time, h, vectors, seen, parts, numbers, part, rows, count, tally)
        if count < 0:
            return time, ON_FULL_TABLE, -count
        time += h
        _accept(p, state, vectors, seen, parts, numbers, tally)
        count = _note_end(rows, count, time, p, state, seen, parts, numbers)
        if why != ON_FAILURE or lands:
            return time, (why if why != ON_FAILURE else ON_DURATION), count
        _open(bounds)
        h = min(following, _LONGEST * control[EXPECTED])
    return time, ON_FAILURE, count


@compiled
def _begin(
    p: Array, state: Array, control: Array, vectors: Array, seen: Array, parts: Array, numbers: Array, source: Array, work: Array,
    found: Array, tally: Array,
) -> bool:  # fmt: skip
    """The current, the voltage and the rates at the start; whether there is a current that gives the voltage asked for."""
    _, _, scalars = places(p)
    i = control[GIVEN_CURRENT]
    film = state[scalars + FILM]
    if control[BY_VOLTAGE] != 0.0:
        if not current_at(p, control[CUTOFF], i, state, state, state, 0.0, i, 0.0, film, seen[AT_START], parts, source, work, found):
            return False
        i = found[0]
    plating = settled_plating(p, state, i, seen[AT_START])
    state[scalars + FILM] = relaxed(p, film, i, i, 0.0)
    numbers[I_START] = i
    numbers[V_START] = voltage(p, seen[AT_START], i, state[scalars + FILM], max(state[scalars + PLATED], 0.0), parts)
    numbers[ANODE_START] = parts[ANODE_POTENTIAL]
    tally[:] = 0.0
    tally[LEAST_SALT], tally[LOWEST_ANODE], tally[LOWEST_APPARENT] = math.inf, math.inf, math.inf
    tally[LAST_VOLTAGE] = numbers[V_START]
    extremes(p, state, seen[AT_START], parts, tally)
    derivative(p, state, i, plating, vectors[K1], source)
    return True


@compiled
def _beyond(control: Array, v: float) -> float:
    """How far [V] a voltage lies beyond the cut-off; negative where there is none."""
    if control[BY_VOLTAGE] != 0.0 or math.isnan(control[CUTOFF]):
        return -1.0
    return v - control[CUTOFF] if control[GIVEN_CURRENT] > 0.0 else control[CUTOFF] - v


@compiled
def _open(bounds: Array) -> None:
    """Nothing is known of the end yet."""
    bounds[LOW], bounds[HIGH], bounds[LOW_MISS], bounds[HIGH_MISS], bounds[FINAL] = 0.0, math.inf, 0.0, math.inf, 0.0


@compiled
def _attempt(
    p: Array, state: Array, control: Array, time: float, h: float, vectors: Array, seen: Array, parts: Array, numbers: Array,
    source: Array, work: Array, found: Array,
) -> bool:  # fmt: skip
    """Both implicit stages of a step; whether they converged. The end stands in the last vector."""
    k1, k2, k3, base, middle, trial = vectors[K1], vectors[K2], vectors[K3], vectors[BASE], vectors[MIDDLE], vectors[TRIAL]
    _, _, scalars = places(p)
    film, i = state[scalars + FILM], numbers[I_START]
    for n in range(state.size):
        base[n] = state[n] + D * h * k1[n]
        middle[n] = state[n] + GAMMA * h * k1[n]
    _keep_positive(p, state, middle)
    if control[BY_VOLTAGE] != 0.0:
        target = control[CUTOFF] + control[RAMP] * (time + GAMMA * h)
        good = current_at(p, target, i, base, middle, state, D * h, i, GAMMA * h, film, seen[AT_STAGE], parts, source, work, found)
        numbers[I_STAGE] = found[0]
    else:
        good = not math.isnan(stage(p, base, middle, state, D * h, i, i, GAMMA * h, film, seen[AT_STAGE], source, work))
        numbers[I_STAGE] = i
    if not good:
        return False
    for n in range(state.size):
        k2[n] = (middle[n] - base[n]) / (D * h)
        base[n] = state[n] + W * h * (k1[n] + k2[n])
        trial[n] = middle[n] + (1.0 - GAMMA) * h * k2[n]
    _keep_positive(p, middle, trial)
    if control[BY_VOLTAGE] != 0.0:
        numbers[V_END] = control[CUTOFF] + control[RAMP] * (time + h)
        good = current_at(
            p, numbers[V_END], numbers[I_STAGE], base, trial, middle, D * h, i, h, film, seen[AT_END], parts, source, work, found
        )
        numbers[I_END], numbers[PLATING_END] = found[0], found[1]
    else:
        numbers[I_END] = i
        numbers[PLATING_END] = stage(p, base, trial, middle, D * h, i, i, h, film, seen[AT_END], source, work)
        good = not math.isnan(numbers[PLATING_END])
    for n in range(state.size):
        k3[n] = (trial[n] - base[n]) / (D * h)
    return good


@compiled
def _judge(
    p: Array, state: Array, control: Array, time: float, h: float, good: bool, vectors: Array, seen: Array, parts: Array, numbers: Array,
    bounds: Array, part: Array, tally: Array,
) -> tuple[int, float, int]:  # fmt: skip
    """What becomes of a step, the length of the next, and why the march ends with it (``ON_FAILURE`` where it does not)."""
    shortest = _SHORTEST * control[EXPECTED]
    if not good:
        tally[REJECTED] += 1
        return (_ENDED if h <= shortest else _AGAIN), _SHRINK * h, ON_FAILURE
    if not (is_sound(p, seen[AT_STAGE], vectors[MIDDLE]) and is_sound(p, seen[AT_END], vectors[TRIAL])):
        # a host or the salt is at its end within this step: come nearer
        tally[REJECTED] += 1
        near = h - bounds[LOW] <= _MET_TIME * (time + h)
        if bounds[FINAL] != 0.0 or h <= shortest or (near and bounds[LOW] <= 0.0):
            return _ENDED, h, ON_EXHAUSTION
        bounds[HIGH], bounds[HIGH_MISS], bounds[FINAL] = h, math.inf, 1.0 if near else 0.0
        return _AGAIN, (bounds[LOW] if near else 0.5 * (bounds[LOW] + h)), ON_FAILURE
    error = step_error(p, state, vectors[TRIAL], vectors[K1], vectors[K2], vectors[K3], h, control[TOLERANCE])
    if error > 1.0 and bounds[FINAL] == 0.0:
        tally[REJECTED] += 1
        _open(bounds)  # the end is farther than a step may reach
        return (_ENDED if h <= shortest else _AGAIN), h * max(_SHRINK, _SAFETY * error ** (-1.0 / 3.0)), ON_FAILURE
    _, _, scalars = places(p)
    trial = vectors[TRIAL]
    change_rates(p, vectors[K1], h, seen[RISE])
    change_rates(p, vectors[K3], h, seen[FALL])
    tame(seen)
    part[CURRENT], part[FILM_AT_START], part[LENGTH] = numbers[I_START], state[scalars + FILM], h
    part[PLATED_AT_START], part[PLATED_AT_END] = state[scalars + PLATED], trial[scalars + PLATED]
    if control[BY_VOLTAGE] == 0.0:
        numbers[V_END] = voltage(p, seen[AT_END], numbers[I_END], trial[scalars + FILM], max(trial[scalars + PLATED], 0.0), parts)
        met, following = _seek(p, control, time, h, seen, parts, numbers, bounds, part)
        if met:
            return _ACCEPTED, h, ON_CUTOFF
        if following > 0.0:
            return _AGAIN, following, ON_FAILURE
    if bounds[FINAL] != 0.0:
        return _ACCEPTED, h, ON_EXHAUSTION
    growth = _GROW if error <= 0.0 else min(_GROW, max(_SHRINK, _SAFETY * error ** (-1.0 / 3.0)))
    return _ACCEPTED, h * growth, ON_FAILURE


@compiled
def _seek(
    p: Array, control: Array, time: float, h: float, seen: Array, parts: Array, numbers: Array, bounds: Array, part: Array
) -> tuple[bool, float]:
    """Whether a step ends on the cut-off, and if the cut-off lies in it, a better length; 0 where it does not."""
    miss = _beyond(control, numbers[V_END])
    searching = bounds[HIGH] < math.inf
    if miss > 0.0:
        bounds[HIGH], bounds[HIGH_MISS] = h, miss
    elif searching:
        bounds[LOW], bounds[LOW_MISS] = h, miss
    else:
        return abs(miss) <= _MET_VOLTAGE, 0.0
    near = bounds[HIGH] - bounds[LOW] <= _MET_TIME * (time + h)
    if abs(miss) <= _MET_VOLTAGE or (near and bounds[HIGH_MISS] < math.inf):
        return True, 0.0
    if near or bounds[FINAL] != 0.0:
        bounds[FINAL] = 1.0
        return False, 0.0
    width = bounds[HIGH] - bounds[LOW]
    if miss > 0.0 and not searching:
        sign = 1.0 if control[GIVEN_CURRENT] > 0.0 else -1.0
        return False, h * crossing(p, seen, part, control[CUTOFF], sign, parts)
    if bounds[HIGH_MISS] < math.inf and bounds[LOW_MISS] < 0.0:
        share = -bounds[LOW_MISS] / (bounds[HIGH_MISS] - bounds[LOW_MISS])
        return False, bounds[LOW] + min(max(share, _MARGIN), 1.0 - _MARGIN) * width
    return False, bounds[LOW] + 0.5 * width


@compiled
def _account(
    p: Array, state: Array, control: Array, time: float, h: float, vectors: Array, seen: Array, parts: Array, numbers: Array, part: Array,
    rows: Array, count: int, tally: Array,
) -> int:  # fmt: skip
    """Charge, energy and charge below the boundary of a step, with its inner rows; the number of rows, negative if they are full."""
    if control[BY_VOLTAGE] == 0.0:
        tally[CHARGE] += numbers[I_START] * h
        return _integrate(p, state, control, time, vectors, seen, parts, numbers, part, rows, count, tally)
    _, _, scalars = places(p)
    trial = vectors[TRIAL]
    voltage(p, seen[AT_END], numbers[I_END], trial[scalars + FILM], max(trial[scalars + PLATED], 0.0), parts)
    before = numbers[V_START] if p[METAL] != 0.0 else numbers[ANODE_START]
    moved = h * (W * (numbers[I_START] + numbers[I_STAGE]) + D * numbers[I_END])
    v_stage = control[CUTOFF] + control[RAMP] * (time + GAMMA * h)
    tally[CHARGE] += moved
    tally[ENERGY] += h * (W * (numbers[I_START] * numbers[V_START] + numbers[I_STAGE] * v_stage) + D * numbers[I_END] * numbers[V_END])
    tally[BELOW] += moved * share_below(before, watched(p, numbers[V_END], parts), control[BOUNDARY])
    return -count if rows.shape[0] > 0 and count + 1 > rows.shape[0] else count


@compiled
def _integrate(
    p: Array, state: Array, control: Array, time: float, vectors: Array, seen: Array, parts: Array, numbers: Array, part: Array,
    rows: Array, count: int, tally: Array,
) -> int:  # fmt: skip
    """The integrals of a step at constant current, by Simpson's rule on parts of it; the number of rows, negative if they are full."""
    i, h = part[CURRENT], part[LENGTH]
    least, most = salt_range(p, state)
    least_end, most_end = salt_range(p, vectors[TRIAL])
    begin, width, known = 0.0, 1.0, False
    v_begin, v_next, w_next = numbers[V_START], 0.0, 0.0
    w_begin = v_begin if p[METAL] != 0.0 else numbers[ANODE_START]
    while begin < 1.0:
        end = begin + width
        if not known:
            v_next = voltage_at(p, seen, part, end, parts)
            w_next = watched(p, v_next, parts)
        middle = voltage_at(p, seen, part, begin + 0.5 * width, parts)
        w_middle = watched(p, middle, parts)
        bend = abs(v_begin - 2.0 * middle + v_next)
        known = width > 0.5**_HALVINGS and (bend > _BEND or (rows.shape[0] > 0 and abs(v_next - v_begin) > _JUMP))
        if known:  # the middle is the end of the first half
            width, v_next, w_next = 0.5 * width, middle, w_middle
            continue
        tally[ENERGY] += i * h * width * (v_begin + 4.0 * middle + v_next) / 6.0
        share = 0.5 * (share_below(w_begin, w_middle, control[BOUNDARY]) + share_below(w_middle, w_next, control[BOUNDARY]))
        tally[BELOW] += i * h * width * share
        if rows.shape[0] > 0:
            if count + 2 > rows.shape[0]:
                return -count
            if end < 1.0:
                voltage_at(p, seen, part, end, parts)
                plated = part[PLATED_AT_START] + end * (part[PLATED_AT_END] - part[PLATED_AT_START])
                low, high = least + end * (least_end - least), most + end * (most_end - most)
                note(rows, count, time + end * h, v_next, i, low, high, plated, seen[INSIDE], parts)
                count += 1
        begin, v_begin, w_begin = end, v_next, w_next
        width = min(width if bend > _CALM * _BEND else 2.0 * width, 1.0 - begin)
    return count


@compiled
def _accept(p: Array, state: Array, vectors: Array, seen: Array, parts: Array, numbers: Array, tally: Array) -> None:
    """Go on to the end of a step."""
    _, _, scalars = places(p)
    state[:] = vectors[TRIAL]
    vectors[K1, :] = vectors[K3]
    seen[AT_START, :] = seen[AT_END]
    numbers[I_START] = numbers[I_END]
    numbers[V_START] = voltage(p, seen[AT_START], numbers[I_START], state[scalars + FILM], max(state[scalars + PLATED], 0.0), parts)
    numbers[ANODE_START] = parts[ANODE_POTENTIAL]
    tally[STEPS] += 1
    tally[LAST_VOLTAGE] = numbers[V_START]
    extremes(p, state, seen[AT_START], parts, tally)


@compiled
def _note_end(rows: Array, count: int, time: float, p: Array, state: Array, seen: Array, parts: Array, numbers: Array) -> int:
    """Write the row of the present state, if rows are kept; their number."""
    if rows.shape[0] == 0:
        return 0
    _, _, scalars = places(p)
    least, most = salt_range(p, state)
    note(rows, count, time, numbers[V_START], numbers[I_START], least, most, state[scalars + PLATED], seen[AT_START], parts)
    return count + 1


@compiled
def _keep_positive(p: Array, known: Array, guess: Array) -> None:
    """Keep an extrapolated guess of the salt positive."""
    _, first, scalars = places(p)
    for n in range(first, scalars):
        if not guess[n] > 0.0:
            guess[n] = 0.1 * max(known[n], 1e-3)
