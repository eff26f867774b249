"""One implicit stage of the fast engine: three diffusing fields, the potentials on their ends, the voltage.

Each field (anode filling, cathode filling, salt) obeys, in finite volumes with conductances g between centres,

    v_k du_k/dt = g_{k+1/2} (u_{k+1} - u_k) - g_{k-1/2} (u_k - u_{k-1}) + s_k,     1/g = r_k/D(u_k) + r_{k+1}/D(u_{k+1}),

so that what one cell loses the next one gains, to the last bit but rounding. A stage u = base + dh f(u) is solved by Newton's iteration
on this tridiagonal system; every iterate conserves, converged or not.

Reaction is uniform in each electrode (single particle model with electrolyte; marquis2019). Where the salt of a cell falls below
``STARVED``, its share of the reaction falls with it and moves to where salt is left, so that a starved electrode meets its voltage limit
and not a negative concentration.

Voltage, with i > 0 on charge (right oxidised, left reduced):

    V = U_r(x_r, c_r) + eta_r - U_l - eta_l + 2 theta (1 - t+) [a(c_r) - a(c_l)] + i sum_k path_k / kappa(c_k) + V_f + i R,
    eta = 2 theta asinh(j / 2 j0),   theta = R T / F,   a(c) = int TDF d ln c,   U_r = U_0(x) - w 2 theta a(c)   (w = 1 for an anion host).

Plating (exchange current density k): the anode's potential E against the electrolyte solves A e^{E/2 theta} - B e^{-E/2 theta} = j with
A = j0 e^{-U/2 theta} + k_strip, B = j0 e^{U/2 theta} + k, which is an asinh.
"""

from __future__ import annotations

import math

from dualion.models.constants import EXCHANGE_FLOOR, FARADAY, LEAST_CONCENTRATION, STARVED
from dualion.models.fast.compiler import compiled
from dualion.models.fast.layout import (
    ACTIVITY,
    AFTER,
    ANION_TERM,
    ANODE_POTENTIAL,
    BEFORE,
    CATIONS,
    CELLS_LEFT,
    CELLS_RIGHT,
    CELLS_SEPARATOR,
    CHARGE,
    CONCENTRATION,
    CONDUCTIVITY,
    CONSTANT,
    COUNT,
    DIFFUSIVITY,
    ELECTROLYTE,
    EQUILIBRIUM,
    EXCHANGE,
    FAR,
    FIELD,
    FIELD_HEAD,
    FILM_PART,
    HIGHEST,
    INITIAL_SALT,
    INTERFACE,
    LAST,
    LEFT,
    LEFT_HOST,
    LOWEST,
    METAL,
    METAL_EXCHANGE,
    NEAR,
    PATHS,
    PER_CELL,
    PER_UNIT,
    PLATING,
    POTENTIAL,
    REACTION,
    RESISTANCE,
    RIGHT,
    RIGHT_HOST,
    SALT_FIELD,
    SALT_LEFT,
    SALT_RIGHT,
    SALT_SEPARATOR,
    SERIES,
    SIGN,
    START,
    STRIPPING,
    TABLE_HEAD,
    THERMAL,
    THIRD,
    TRANSFERENCE,
    VOLUME,
    Array,
)

#: Newton's iteration: at most so many passes, until no cell moves by more than this share of the field's scale; as it converges with the
#: square, the next pass would move by less than 1e-8 of it.
_PASSES = 8
_CONVERGED = 1e-4
#: Nearest that a filling comes to 0 and 1 where its logarithm is taken.
_EDGE = 1e-9
#: How far an emptied cell of the salt may overshoot, as a share of the initial concentration.
_OVERSHOOT = 1e-3
#: Plated charge below which stripping fades.
FADING_PLATE = 1.0  # [coulomb/m2] 0.3 uAh/cm2, a thousandth of a typical host


@compiled
def look_up(p: Array, at: int, argument: float) -> tuple[float, float]:
    """Value and slope of the table at a place, for an argument in its own [unit]; beyond its ends the straight line of its last slope."""
    first = at + TABLE_HEAD
    if p[at + CONSTANT] != 0.0:
        return p[first], 0.0
    place = (argument - p[at + START]) * p[at + PER_UNIT]
    last = int(p[at + LAST])
    k = min(max(int(place), 0), last - 1)
    t = place - k
    here = first + 2 * k
    a, m, b, n = p[here], p[here + 1], p[here + 2], p[here + 3]
    if t < 0.0:
        return a + t * m, m * p[at + PER_UNIT]
    if t > 1.0:
        return b + (t - 1.0) * n, n * p[at + PER_UNIT]
    third = 2.0 * (a - b) + m + n
    second = 3.0 * (b - a) - 2.0 * m - n
    return a + t * (m + t * (second + t * third)), (m + t * (2.0 * second + 3.0 * t * third)) * p[at + PER_UNIT]


@compiled
def rates(p: Array, at: int, u: Array, first: int, source: Array, out: Array) -> None:
    """Time derivative of the field at a place, whose quantity begins at ``first`` in ``u``, into the same part of ``out``."""
    n = int(p[at + COUNT])
    table = int(p[at + DIFFUSIVITY])
    flux = 0.0
    here, _ = look_up(p, table, u[first])
    for k in range(n):
        cell = at + FIELD_HEAD + PER_CELL * k
        rate = source[k] + flux
        if k + 1 < n:
            following, _ = look_up(p, table, u[first + k + 1])
            flux = (u[first + k] - u[first + k + 1]) / (p[cell + AFTER] / here + p[cell + PER_CELL + BEFORE] / following)
            rate -= flux
            here = following
        out[first + k] = rate / p[cell + VOLUME]


@compiled
def diffuse(p: Array, at: int, base: Array, u: Array, first: int, dh: float, source: Array, scale: float, work: Array) -> bool:
    """Solve u = base + dh f(u) for the field at a place, from the guess in ``u``; whether Newton's iteration met its tolerance.

    The first two rows of ``work`` hold the factors and the right-hand side of the elimination.
    """
    n = int(p[at + COUNT])
    constant = p[int(p[at + DIFFUSIVITY]) + CONSTANT] != 0.0
    for _ in range(_PASSES):
        _eliminate(p, at, base, u, first, 1.0 / dh, source, work)
        largest, step = 0.0, 0.0
        for k in range(n - 1, -1, -1):
            step = work[1, k] - work[0, k] * step
            u[first + k] += step
            largest = max(largest, abs(step))
        if not largest < 1e6 * scale:  # also where it is not a number
            return False
        if constant or largest < _CONVERGED * scale:
            return True
    return False


@compiled
def _eliminate(p: Array, at: int, base: Array, u: Array, first: int, per_dh: float, source: Array, work: Array) -> None:
    """The residual of a stage and its elimination from below, in one pass over the cells."""
    n = int(p[at + COUNT])
    table = int(p[at + DIFFUSIVITY])
    constant = p[table + CONSTANT] != 0.0
    inflow, with_below, with_own = 0.0, 0.0, 0.0  # flux through the lower face, its slopes with the cell below and with this one
    here, slope_here = look_up(p, table, u[first])
    for k in range(n):
        cell = at + FIELD_HEAD + PER_CELL * k
        volume = p[cell + VOLUME] * per_dh
        right = volume * (base[first + k] - u[first + k]) + source[k] + inflow
        diagonal = volume - with_own
        if k > 0:
            diagonal += with_below * work[0, k - 1]
            right += with_below * work[1, k - 1]
        with_next = 0.0
        if k + 1 < n:
            following, slope_next = here, slope_here
            if not constant:
                following, slope_next = look_up(p, table, u[first + k + 1])
            a, b = p[cell + AFTER], p[cell + PER_CELL + BEFORE]
            q = 1.0 / (a * following + b * here)
            g = here * following * q
            drop = u[first + k] - u[first + k + 1]
            inflow = g * drop
            with_below = g + drop * a * following * following * q * q * slope_here
            with_next = -g + drop * b * here * here * q * q * slope_next
            right -= inflow
            diagonal += with_below
            here, slope_here = following, slope_next
        with_own = with_next
        pivot = 1.0 / diagonal
        work[0, k] = with_next * pivot
        work[1, k] = right * pivot


@compiled
def surface(p: Array, host: int, u: Array, first: int, oxidation: float) -> float:
    """Filling at the surface of the particles, from the last two cells and the gradient that ``oxidation`` [A/m2] asks for."""
    field = int(p[host + FIELD])
    last = first + int(p[field + COUNT]) - 1
    near, far = p[host + NEAR], p[host + FAR]
    diffusivity, _ = look_up(p, int(p[field + DIFFUSIVITY]), u[last])
    gradient = p[host + THIRD] * p[host + SIGN] * oxidation / (p[host + CHARGE] * diffusivity)
    bend = (u[last - 1] - u[last] + gradient * (far - near)) / (far * far - near * near)
    return u[last] + near * (gradient - near * bend)


@compiled
def equilibrium(p: Array, host: int, filling: float) -> float:
    """Potential [V] of a host at a filling, at the initial salt."""
    x = min(max(filling, _EDGE), 1.0 - _EDGE)
    return look_up(p, int(p[host + POTENTIAL]), math.log(x / (1.0 - x)))[0]


@compiled
def exchange_current(p: Array, host: int, filling: float, salt: float) -> float:
    """Exchange current density [A/m2] at a filling and at the salt relative to the initial one."""
    x = min(max(filling, 0.0), 1.0)
    shape = max(2.0 * math.sqrt(x * (1.0 - x)), EXCHANGE_FLOOR)
    return look_up(p, int(p[host + EXCHANGE]), x)[0] * shape * math.sqrt(salt)


@compiled
def relative(p: Array, concentration: float) -> float:
    """Concentration [mol/m3] over the initial one, cut off where a logarithm would diverge."""
    return max(concentration, LEAST_CONCENTRATION) / p[INITIAL_SALT]


@compiled
def anode_state(p: Array, filling: float, concentration: float, i: float, plated: float) -> tuple[float, float, float]:
    """Potential [V] of the left host against the electrolyte, its equilibrium potential [V], and the plating current [A/m2], <= 0."""
    host = int(p[LEFT_HOST])
    salt = relative(p, concentration)
    theta = p[THERMAL]
    j = -i / p[host + INTERFACE]
    j0 = exchange_current(p, host, filling, salt)
    u = equilibrium(p, host, filling) - p[host + ANION_TERM] * 2.0 * theta * look_up(p, int(p[ACTIVITY]), math.log(salt))[0]
    if p[PLATING] == 0.0:
        return u + 2.0 * theta * math.asinh(0.5 * j / j0), u, 0.0
    root = math.sqrt(salt)
    plate = p[PLATING] * root
    strip = p[STRIPPING] * root * plated / (plated + FADING_PLATE)
    a = j0 * math.exp(-0.5 * u / theta) + strip
    b = j0 * math.exp(0.5 * u / theta) + plate
    half = math.asinh(0.5 * j / math.sqrt(a * b)) + 0.5 * math.log(b / a)
    return 2.0 * theta * half, u, p[host + INTERFACE] * (strip * math.exp(half) - plate * math.exp(-half))


@compiled
def reaction_sources(p: Array, state: Array, first: int, i: float, out: Array) -> None:
    """Salt [mol/m2/s] that the reactions give to each cell, into ``out``; the salt of ``state`` begins at ``first``."""
    n, left, right = int(p[int(p[SALT_FIELD]) + COUNT]), int(p[CELLS_LEFT]), int(p[CELLS_RIGHT])
    for k in range(left, n - right):
        out[k] = 0.0
    if p[METAL] != 0.0:
        out[0] = -(1.0 - p[TRANSFERENCE]) * i / FARADAY
    else:
        _share(p, state, first, 0, left, -(p[int(p[LEFT_HOST]) + CATIONS] - p[TRANSFERENCE]) * i / FARADAY, out)
    _share(p, state, first, n - right, n, (p[int(p[RIGHT_HOST]) + CATIONS] - p[TRANSFERENCE]) * i / FARADAY, out)


@compiled
def _share(p: Array, state: Array, first: int, begin: int, end: int, total: float, out: Array) -> None:
    """Share a reaction among the cells of an electrode: evenly, but less where a starved cell would have to give salt."""
    at = int(p[SALT_FIELD]) + FIELD_HEAD + VOLUME
    weight = 0.0
    for k in range(begin, end):
        out[k] = p[at + PER_CELL * k]
        if total < 0.0 and state[first + k] < STARVED:
            out[k] *= max(state[first + k] / STARVED, 0.0)
        weight += out[k]
    for k in range(begin, end):
        out[k] = out[k] * total / weight if weight > 0.0 else total / (end - begin)


@compiled
def mean_salt(p: Array, state: Array, first: int, begin: int, end: int) -> float:
    """Mean concentration [mol/m3] of some cells; the salt of ``state`` begins at ``first``."""
    total = 0.0  # cells of a region are equal
    for k in range(first + begin, first + end):
        total += state[k]
    return total / (end - begin)


@compiled
def observe(p: Array, state: Array, i: float, stored: float, seen: Array) -> None:
    """Surface fillings and mean concentrations, into ``seen``; ``stored`` [A/m2] is the oxidation of the left host without plating."""
    left_host, right_host = int(p[LEFT_HOST]), int(p[RIGHT_HOST])
    right = int(p[int(p[left_host + FIELD]) + COUNT])
    first = right + int(p[int(p[right_host + FIELD]) + COUNT])
    begin = int(p[CELLS_LEFT])
    end = begin + int(p[CELLS_SEPARATOR])
    seen[RIGHT] = surface(p, right_host, state, right, i)
    if p[METAL] != 0.0:
        seen[LEFT] = 0.0
        field = int(p[SALT_FIELD])
        diffusivity, _ = look_up(p, int(p[field + DIFFUSIVITY]), state[first])
        seen[SALT_LEFT] = state[first] - p[field + FIELD_HEAD + BEFORE] * (1.0 - p[TRANSFERENCE]) * i / (FARADAY * diffusivity)
    else:
        seen[LEFT] = surface(p, left_host, state, 0, stored)
        seen[SALT_LEFT] = mean_salt(p, state, first, 0, begin)
    seen[SALT_SEPARATOR] = mean_salt(p, state, first, begin, end)
    seen[SALT_RIGHT] = mean_salt(p, state, first, end, end + int(p[CELLS_RIGHT]))


@compiled
def voltage(p: Array, seen: Array, i: float, film: float, plated: float, parts: Array) -> float:
    """Voltage [V]; its parts stand in ``parts`` afterwards, with the anode's potential."""
    theta = p[THERMAL]
    host = int(p[RIGHT_HOST])
    activity, conductivity = int(p[ACTIVITY]), int(p[CONDUCTIVITY])
    right_salt, left_salt = relative(p, seen[SALT_RIGHT]), relative(p, seen[SALT_LEFT])
    right_activity = look_up(p, activity, math.log(right_salt))[0]
    left_activity = look_up(p, activity, math.log(left_salt))[0]
    right = equilibrium(p, host, seen[RIGHT]) - p[host + ANION_TERM] * 2.0 * theta * right_activity
    eta = 2.0 * theta * math.asinh(0.5 * i / (p[host + INTERFACE] * exchange_current(p, host, seen[RIGHT], right_salt)))
    if p[METAL] != 0.0:
        anode, left = -2.0 * theta * math.asinh(0.5 * i / p[METAL_EXCHANGE]), 0.0
    else:
        anode, left, _ = anode_state(p, seen[LEFT], seen[SALT_LEFT], i, plated)
    ohmic = 0.0
    for k in range(3):
        if p[PATHS + k] > 0.0:
            ohmic += p[PATHS + k] / look_up(p, conductivity, max(seen[SALT_LEFT + k], LEAST_CONCENTRATION))[0]
    parts[EQUILIBRIUM] = right - left
    parts[REACTION] = eta - (anode - left)
    parts[CONCENTRATION] = 2.0 * theta * (1.0 - p[TRANSFERENCE]) * (right_activity - left_activity)
    parts[ELECTROLYTE] = i * ohmic
    parts[SERIES] = i * p[RESISTANCE]
    parts[FILM_PART] = film
    parts[ANODE_POTENTIAL] = right + eta if p[METAL] != 0.0 else anode
    return parts[EQUILIBRIUM] + parts[REACTION] + parts[CONCENTRATION] + parts[ELECTROLYTE] + parts[SERIES] + parts[FILM_PART]


@compiled
def is_sound(p: Array, seen: Array, state: Array) -> bool:
    """Whether every filling is one that the potentials are known for, and salt is left everywhere."""
    left, right = int(p[LEFT_HOST]), int(p[RIGHT_HOST])
    if not p[right + LOWEST] < seen[RIGHT] < p[right + HIGHEST]:
        return False
    if p[METAL] == 0.0 and not p[left + LOWEST] < seen[LEFT] < p[left + HIGHEST]:
        return False
    if not (seen[SALT_LEFT] > 0.0 and seen[SALT_RIGHT] > 0.0):
        return False
    first = int(p[int(p[left + FIELD]) + COUNT]) + int(p[int(p[right + FIELD]) + COUNT])
    least = seen[SALT_SEPARATOR]
    for k in range(first, first + int(p[int(p[SALT_FIELD]) + COUNT])):
        least = min(least, state[k])
    return least > -_OVERSHOOT * p[INITIAL_SALT]
