"""One stage of a time step: every field at a current density, or the current density at a voltage.

A step is TR-BDF2: second order, L-stable, with an embedded error of third order. As a diagonally implicit Runge-Kutta method with the
abscissae 0, gamma, 1 (hosea1996), gamma = 2 - sqrt 2, d = gamma/2, w = sqrt 2/4:

    u2 = u + h d (k1 + k2),     u3 = u + h (w k1 + w k2 + d k3),     error = h [(4 w - 1) k1 - k2 + 2 d k3] / 3.

Both implicit stages share one matrix, and k3 is the next step's k1 while the current does not jump.

The film relaxes in closed form, V_f(t) = i R_f + (V_f(0) - i R_f) exp(-t / R_f C_f): exact at constant current, however short its time.
The plating current and, at a given voltage, the current are found by a secant around the linear solves.
"""

from __future__ import annotations

import math

from dualion.models.fast.compiler import compiled
from dualion.models.fast.kernel import (
    anode_state,
    diffuse,
    mean_salt,
    observe,
    rates,
    reaction_sources,
    surface,
    voltage,
)
from dualion.models.fast.layout import (
    BESIDE,
    CELLS_LEFT,
    CELLS_SEPARATOR,
    CHARGE,
    COUNT,
    FIELD,
    FILM,
    FILM_RESISTANCE,
    FILM_TIME,
    INTERFACE,
    LEFT,
    LEFT_HOST,
    METAL,
    PLATED,
    PLATING,
    RESERVOIR,
    RESERVOIR_EXCHANGE,
    RESISTANCE,
    RIGHT_HOST,
    SALT_FIELD,
    SALT_LEFT,
    SIGN,
    Array,
)

GAMMA = 2.0 - math.sqrt(2.0)
D = 0.5 * GAMMA
W = 0.25 * math.sqrt(2.0)

#: What the fields are of the order of: fillings [1], salt [mol/m3].
_FILLING, _SALT = 1.0, 1e3

#: Passes of the searches for a plating current, a current, and a flux from beside the pores, with what counts as found.
_PLATING_PASSES, _PLATING_FOUND = 80, 1e-9  # of the current
_MOST_PLATING = 10.0  # [1] of the current, and of 1 A/m2
_CURRENT_PASSES, _VOLTAGE_FOUND = 80, 1e-9  # [V]
_FLUX_PASSES, _FLUX_FOUND = 6, 1e-12  # of itself
_ROUNDING = 1e-14
_ABSURD = 1e6  # [V]
#: Currents below which nothing is searched more closely, and a resistance that no cell falls short of.
_LEAST_CURRENT = 1e-6  # [A/m2]
_LEAST_RESISTANCE = 1e-4  # [ohm m2]


@compiled
def places(p: Array) -> tuple[int, int, int]:
    """Where the right filling, the salt and the scalars of a state begin."""
    right = int(p[int(p[int(p[LEFT_HOST]) + FIELD]) + COUNT])
    salt = right + int(p[int(p[int(p[RIGHT_HOST]) + FIELD]) + COUNT])
    return right, salt, salt + int(p[int(p[SALT_FIELD]) + COUNT])


@compiled
def derivative(p: Array, state: Array, i: float, plating: float, out: Array, source: Array) -> None:
    """Time derivative of a state at a current density and a plating current density [A/m2], into ``out``."""
    right, salt, scalars = places(p)
    host = int(p[RIGHT_HOST])
    source[:] = 0.0
    source[salt - right - 1] = p[host + SIGN] * i / p[host + CHARGE]
    rates(p, int(p[host + FIELD]), state, right, source, out)
    if p[METAL] == 0.0:
        host = int(p[LEFT_HOST])
        source[:] = 0.0
        source[right - 1] = p[host + SIGN] * (-i - plating) / p[host + CHARGE]
        rates(p, int(p[host + FIELD]), state, 0, source, out)
    reaction_sources(p, state, salt, i, source)
    begin = int(p[CELLS_LEFT])
    end = begin + int(p[CELLS_SEPARATOR])
    flux = 0.0
    if p[RESERVOIR] > 0.0:
        flux = p[RESERVOIR_EXCHANGE] * (state[scalars + BESIDE] - mean_salt(p, state, salt, begin, end))
        for k in range(begin, end):
            source[k] += flux / (end - begin)
    rates(p, int(p[SALT_FIELD]), state, salt, source, out)
    out[scalars + BESIDE] = -flux / p[RESERVOIR] if p[RESERVOIR] > 0.0 else 0.0
    out[scalars + PLATED] = -plating
    out[scalars + FILM] = 0.0


@compiled
def stage(
    p: Array, base: Array, out: Array, lagged: Array, dh: float, i: float, before: float, elapsed: float, film: float, seen: Array,
    source: Array, work: Array,
) -> float:  # fmt: skip
    """A stage u = base + dh f(u) at a current density, from the guess in ``out``; its plating current density, not a number if it failed.

    ``lagged`` is the state by which a starved electrode's reaction is shared; ``before`` [A/m2] and ``film`` [V]
    are the current density and the film's overvoltage ``elapsed`` [s] ago.
    ``source`` has the length of the longest field and ``work`` three rows of it.
    """
    right, salt, scalars = places(p)
    host = int(p[RIGHT_HOST])
    source[:] = 0.0
    source[salt - right - 1] = p[host + SIGN] * i / p[host + CHARGE]
    if not diffuse(p, int(p[host + FIELD]), base, out, right, dh, source, _FILLING, work):
        return math.nan
    reaction_sources(p, lagged, salt, i, source)
    if not _salt(p, base, out, salt, scalars, dh, source, work):
        return math.nan
    plating = 0.0
    if p[METAL] == 0.0:
        plating = _stored(p, base, out, dh, i, salt, scalars, source, work)
    out[scalars + PLATED] = base[scalars + PLATED] - dh * plating
    out[scalars + FILM] = relaxed(p, film, before, i, elapsed)
    observe(p, out, i, -i - plating, seen)
    return plating


@compiled
def _salt(p: Array, base: Array, out: Array, salt: int, scalars: int, dh: float, source: Array, work: Array) -> bool:
    """The salt of a stage and the concentration beside the pores; whether the iteration converged."""
    field = int(p[SALT_FIELD])
    if p[RESERVOIR] == 0.0:
        out[scalars + BESIDE] = base[scalars + BESIDE]
        return diffuse(p, field, base, out, salt, dh, source, _SALT, work)
    begin = int(p[CELLS_LEFT])
    end = begin + int(p[CELLS_SEPARATOR])
    exchange, volume = p[RESERVOIR_EXCHANGE], p[RESERVOIR]
    # the flux q obeys q = k (c_r - mean c), c_r = c_r0 - dh q / v, with mean c nearly linear in q
    flux, before, miss_before = 0.0, 0.0, 0.0
    for sweep in range(_FLUX_PASSES):
        for k in range(begin, end):
            source[k] += (flux - before) / (end - begin)
        if not diffuse(p, field, base, out, salt, dh, source, _SALT, work):
            return False
        mean = mean_salt(p, out, salt, begin, end)
        miss = exchange * (base[scalars + BESIDE] - mean) / (1.0 + exchange * dh / volume) - flux
        if abs(miss) <= _FLUX_FOUND * (abs(flux) + exchange * _SALT) or sweep == _FLUX_PASSES - 1:
            break
        following = flux + miss
        if sweep > 0 and miss != miss_before:
            following = flux - miss * (flux - before) / (miss - miss_before)
        before, miss_before, flux = flux, miss, following
    out[scalars + BESIDE] = base[scalars + BESIDE] - dh * flux / volume
    return True


@compiled
def _stored(p: Array, base: Array, out: Array, dh: float, i: float, salt: int, scalars: int, source: Array, work: Array) -> float:
    """The left host of a stage; the plating current density that fits its surface, not a number if none was found."""
    host = int(p[LEFT_HOST])
    field = int(p[host + FIELD])
    cells = int(p[field + COUNT])
    mean = mean_salt(p, out, salt, 0, int(p[CELLS_LEFT]))
    reach = _reach(p, i)
    low, high, plating = -reach, reach, 0.0
    before, miss_before = 0.0, 0.0
    for sweep in range(_PLATING_PASSES):
        for k in range(cells):
            source[k] = 0.0
        source[cells - 1] = p[host + SIGN] * (-i - plating) / p[host + CHARGE]
        if not diffuse(p, field, base, out, 0, dh, source, _FILLING, work):
            return math.nan
        if p[PLATING] == 0.0:
            return 0.0
        plated = max(base[scalars + PLATED] - dh * plating, 0.0)
        filling = surface(p, host, out, 0, -i - plating)
        miss = anode_state(p, filling, mean, i, plated)[2] - plating
        if abs(miss) <= _PLATING_FOUND * (abs(i) + _LEAST_CURRENT) + _ROUNDING * reach:
            return plating
        low, high = (plating, high) if miss > 0.0 else (low, plating)
        following = _next(sweep, plating, before, miss, miss_before, low, high)
        before, miss_before, plating = plating, miss, following
    return math.nan


@compiled
def _reach(p: Array, i: float) -> float:
    """A plating or stripping current density [A/m2] that is not exceeded at a current density."""
    return _MOST_PLATING * (abs(i) + 1.0 + p[int(p[LEFT_HOST]) + INTERFACE] * p[PLATING])


@compiled
def _next(sweep: int, at: float, before: float, miss: float, miss_before: float, low: float, high: float) -> float:
    """Where to look next for the root of a falling function between two bounds: by secant where it stays inside, else halfway."""
    if sweep > 0 and miss != miss_before:
        following = at - miss * (at - before) / (miss - miss_before)
        if low < following < high and abs(miss) < 0.5 * abs(miss_before):
            return following
    elif sweep == 0 and low < at + miss < high:
        return at + miss
    return 0.5 * (low + high)


@compiled
def relaxed(p: Array, film: float, first: float, last: float, elapsed: float) -> float:
    """Overvoltage [V] of the film after a time [s] in which the current density went evenly from ``first`` to ``last`` [A/m2]."""
    if p[FILM_TIME] <= 0.0:
        return last * p[FILM_RESISTANCE]
    x = elapsed / p[FILM_TIME]
    kept = math.exp(-x)
    lag = (last - first) * (-math.expm1(-x) / x if x > 0.0 else 1.0)
    return film * kept + p[FILM_RESISTANCE] * (last - first * kept - lag)


@compiled
def settled_plating(p: Array, state: Array, i: float, seen: Array) -> float:
    """Plating current density [A/m2] of a state at a current density; ``seen`` is observed with it."""
    _, _, scalars = places(p)
    reach = _reach(p, i)
    low, high, plating = -reach, reach, 0.0
    before, miss_before = 0.0, 0.0
    for sweep in range(_PLATING_PASSES):
        observe(p, state, i, -i - plating, seen)
        if p[METAL] != 0.0 or p[PLATING] == 0.0:
            return 0.0
        miss = anode_state(p, seen[LEFT], seen[SALT_LEFT], i, max(state[scalars + PLATED], 0.0))[2] - plating
        if abs(miss) <= _PLATING_FOUND * (abs(i) + _LEAST_CURRENT) + _ROUNDING * reach:
            return plating
        low, high = (plating, high) if miss > 0.0 else (low, plating)
        following = _next(sweep, plating, before, miss, miss_before, low, high)
        before, miss_before, plating = plating, miss, following
    return plating


@compiled
def current_at(
    p: Array,
    target: float,
    guess: float,
    base: Array,
    out: Array,
    lagged: Array,
    dh: float,
    before: float,
    elapsed: float,
    film: float,
    seen: Array,
    parts: Array,
    source: Array,
    work: Array,
    found: Array,
) -> bool:
    """The current density at which a stage has a voltage; whether it was found.

    ``before`` [A/m2] is the current density ``elapsed`` [s] ago. With ``dh`` 0 the state in ``out`` stands still. ``found`` of shape (3,)
    holds the current density, the plating current density [A/m2], and dV/di [ohm m2], which is also the first guess of it.
    """
    _, _, scalars = places(p)
    i, i_before, miss_before = guess, 0.0, 0.0
    low, high = -math.inf, math.inf  # the voltage rises with the current
    if not found[2] > _LEAST_RESISTANCE:
        found[2] = p[RESISTANCE] + p[FILM_RESISTANCE] + _LEAST_RESISTANCE
    for sweep in range(_CURRENT_PASSES):
        moves = dh > 0.0
        plating = (
            stage(p, base, out, lagged, dh, i, before, elapsed, film, seen, source, work) if moves else settled_plating(p, out, i, seen)
        )
        reached = voltage(p, seen, i, relaxed(p, film, before if moves else i, i, elapsed), max(out[scalars + PLATED], 0.0), parts)
        miss = reached - target
        found[0], found[1] = i, plating
        if abs(miss) <= _VOLTAGE_FOUND or not abs(miss) < _ABSURD:  # also where it is not a number
            return abs(miss) <= _VOLTAGE_FOUND
        low, high = (max(low, i), high) if miss < 0.0 else (low, min(high, i))
        if sweep > 0 and (miss - miss_before) * (i - i_before) > 0.0:
            found[2] = (miss - miss_before) / (i - i_before)
        slow = sweep > 0 and abs(miss) > 0.5 * abs(miss_before)
        i_before, miss_before = i, miss
        i = _next_current(i, miss, low, high, slow, found)
    return False


@compiled
def _next_current(i: float, miss: float, low: float, high: float, slow: bool, found: Array) -> float:
    """Where to look next for a current density [A/m2]: by secant while that gets on, else halfway, or farther out without a bracket."""
    following = i - miss / found[2]
    if (slow or not low < following < high) and high - low < math.inf:
        return 0.5 * (low + high)
    if slow:
        found[2] *= 0.5
    return following
