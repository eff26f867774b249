"""Change points of a quantity along an axis: piecewise straight lines, their number chosen by the Bayesian information criterion.

    bend        y = a + b x + sum_k c_k max(0, x - x_k)     a line that changes its slope K times, p = 2 + 3 K
    from_level  the same, flat below the first place        p = 1 + 3 K
    to_level    the same, flat above the last place         p = 1 + 3 K
    level       y = a_k between x_k and x_(k+1)             levels that jump, p = 1 + 3 K
    step        y = a_k + b_k x between x_k and x_(k+1)     lines that jump, p = 2 + 4 K
    BIC         = n ln(RSS / n) + p ln n                    Schwarz 1978; the least one counts, K from 0 to a given most

A place counts as two parameters: the best of many places fits noise better than one parameter does (Zhang and Siegmund 2007 derive such a
penalty). Two bends have points between them, or they are a jump. RSS is weighted by the errors of the
points, whose common scale follows from the scatter. Bends are searched on a grid of places and then refined; jumps lie between neighbouring
points. Interval of a place: where the residual sum of squares stays below RSS_min [1 + t^2(0.975, n - p) / (n - p)] with all other
coefficients free; that of a jump reaches to the points that enclose it, and kinds of lines whose criterion is within 4 of the least add
theirs, odds of 7 to 1 (Kass and Raftery 1995), as they add to the error of the difference. Errors of slopes and of the fitted line hold
those of the places of bends (linearised).

Valid for at least ``FEWEST_POINTS`` points; places nearer to an end than two points are not looked at.

References: Schwarz 1978; Kass and Raftery 1995; Zhang and Siegmund 2007.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from dualion.errors import CoverageError, InputError

Array = NDArray[np.float64]
Kind = Literal["bend", "from_level", "to_level", "level", "step"]

#: Kinds whose lines meet, and kinds that jump; parameters of each without a change point, and for each one more.
MEETING: tuple[Kind, ...] = ("bend", "from_level", "to_level")
JUMPING: tuple[Kind, ...] = ("level", "step")
_PARAMETERS: dict[Kind, tuple[int, int]] = {"bend": (2, 3), "from_level": (1, 3), "to_level": (1, 3), "level": (1, 3), "step": (2, 4)}

#: Fewest points with which change points are looked for, and of one segment between jumps.
FEWEST_POINTS, OF_SEGMENT = 6, 3
#: Fewest points between two bends.
BETWEEN = 3
#: Places of the first grid; rounds and points of its refinement, and the factor by which each round narrows it.
_GRID, _ROUNDS, _AROUND, _NARROWER = 32, 7, 25, 0.25
#: Points of a profile, on each side.
_PROFILE = 200
#: Share of the range of y below which residuals say nothing: fits end at tolerances of this size.
_ROUNDING = 1e-4
_UPPER = 0.975
#: Difference of criteria below which two kinds of lines are both possible: odds of 7 to 1.
ALIKE = 4.0
#: Spread of places, on a scale of one, below which a segment has no slope.
_FLAT = 1e-14
_NORMAL = 1.959964  # [1] half-width of a 95 % interval in standard errors


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A place where the line changes.

    Parameters
    ----------
    place : float
        In the [unit] of x.
    stderr : float
        Half its interval over 1.96, in the same [unit].
    interval : tuple of two floats
    kind : {"bend", "from_level", "to_level", "level", "step"}
    """

    place: float
    stderr: float
    interval: tuple[float, float]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Piecewise:
    """Straight lines between change points.

    Parameters
    ----------
    points : tuple of ChangePoint, length k
        In the order of x.
    edges : tuple of float, length k + 2
        Ends of the segments, in the [unit] of x.
    slopes, slope_stderr : tuple of float, length k + 1
        In the [unit] of y for that of x.
    fitted, fitted_stderr : array, shape (n,)
        In the [unit] of y, at x in rising order.
    difference, difference_stderr : float
        Fitted value at the greatest x minus that at the least one, in the [unit] of y.
    freedom : int
        Degrees of freedom [1] behind the errors.
    bic : mapping of str to float
        [1] by kind and number, such as ``"level 1"``.
    """

    points: tuple[ChangePoint, ...]
    edges: tuple[float, ...]
    slopes: tuple[float, ...]
    slope_stderr: tuple[float, ...]
    fitted: Array
    fitted_stderr: Array
    difference: float
    difference_stderr: float
    freedom: int
    bic: dict[str, float]


def change_points(x: ArrayLike, y: ArrayLike, stderr: ArrayLike | None = None, *, most: int = 2) -> Piecewise:
    """Find the change points of y along x.

    Parameters
    ----------
    x, y : array, shape (n,)
        In any [unit], in any order.
    stderr : array, shape (n,), optional
        Of y in the same [unit]; all alike where absent or where one is zero or rounding.
    most : int
        Most change points [1].

    Returns
    -------
    Piecewise

    Raises
    ------
    CoverageError
        Fewer than six points, or fewer than six different places.
    InputError
        A number is not finite.
    """
    across, up, weights = _sorted(x, y, stderr)
    n, scale = across.size, float(np.ptp(across))
    s = (across - across[0]) / scale
    floor = n * (_ROUNDING * max(float(np.ptp(up)), np.finfo(float).tiny)) ** 2 * float(weights.mean())
    candidates: list[tuple[float, Kind, Array]] = []
    bic = {}
    segments = {kind: _segment_costs(s, up, weights, kind) for kind in JUMPING}
    for number in range(most + 1):
        for kind, (base, each) in _PARAMETERS.items():
            parameters = base + each * number
            if n - parameters < 2 or (number == 0 and kind not in ("bend", "level")):
                continue
            places = _best_bends(s, up, weights, number, kind) if kind in MEETING else _best_jumps(s, segments[kind], number)
            if places is not None:
                rss = max(_rss(_design(s, places, kind), up, weights), floor)
                bic[f"{kind} {number}"] = float(n * np.log(rss / n) + parameters * np.log(n))
                candidates.append((bic[f"{kind} {number}"], kind, places))
    least, kind, places = min(candidates, key=lambda one: (one[0], one[2].size))
    alike = [(k, p) for found, k, p in candidates if p.size == places.size and found - least <= ALIKE]
    intervals = [_hull([_interval(s, up, weights, k, p, which) for k, p in alike]) for which in range(places.size)]
    best = _piecewise(across, up, weights, kind, places, intervals, bic)
    others = [_difference(s, up, weights, k, p) for k, p in alike]
    return replace(best, difference_stderr=float(np.hypot(best.difference_stderr, np.ptp(others) / 2)))


def _sorted(x: ArrayLike, y: ArrayLike, stderr: ArrayLike | None) -> tuple[Array, Array, Array]:
    """Points in rising order of x, with weights whose mean is one."""
    across, up = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    errors = np.ones_like(up) if stderr is None else np.asarray(stderr, dtype=np.float64)
    if not (across.ndim == 1 and across.shape == up.shape == errors.shape):
        raise InputError("x, y, stderr: arrays of one length are needed.")
    if not (np.isfinite(across).all() and np.isfinite(up).all()):
        raise InputError("x, y: a number is not finite. Leave its frame out.")
    if np.unique(across).size < FEWEST_POINTS:
        raise CoverageError("Change points, in points at different places,", FEWEST_POINTS, int(np.unique(across).size))
    if not (np.isfinite(errors).all() and (errors > _ROUNDING * np.ptp(up)).all()):
        errors = np.ones_like(up)
    order = np.argsort(across, kind="stable")
    weights = 1 / errors[order] ** 2
    return across[order], up[order], weights / weights.mean()


def _columns(s: Array, places: Array, kind: Kind) -> list[Array]:
    """Columns of the lines; ``s`` and each of ``places[..., k]`` are broadcast."""
    one, found = np.ones(np.broadcast_shapes(s.shape, places[..., 0].shape if places.shape[-1] else s.shape)), []
    found.append(one)
    if kind in ("bend", "step"):
        found.append(one * s)
    for number in range(places.shape[-1]):
        place = places[..., number]
        if kind == "to_level":
            found.append(np.maximum(place - s, 0.0))
        elif kind in MEETING:
            found.append(np.maximum(s - place, 0.0))
        else:
            beyond = (s > place).astype(np.float64)
            found += [beyond] if kind == "level" else [beyond, beyond * (s - place)]
    return found


def _design(s: Array, places: Array, kind: Kind) -> Array:
    """Columns of the lines, shape (n, p)."""
    return np.column_stack(_columns(s, places, kind))


def _slopes(places: Array, kind: Kind, width: int) -> Array:
    """Derivative of the columns in every segment, shape (k + 1, width)."""
    edges = np.concatenate([[0.0], places, [1.0]])
    low, high = edges[:-1] + 0.25 * np.diff(edges), edges[1:] - 0.25 * np.diff(edges)
    rise = (_design(high, places, kind) - _design(low, places, kind)) / np.maximum(high - low, np.finfo(float).tiny)[:, None]
    return np.column_stack([rise, np.zeros((rise.shape[0], width - rise.shape[1]))])


def _rss(design: Array, y: Array, weights: Array) -> float:
    root = np.sqrt(weights)
    found, *_ = np.linalg.lstsq(design * root[:, None], y * root, rcond=None)
    return float(weights @ (y - design @ found) ** 2)


def _bend_costs(s: Array, y: Array, weights: Array, places: Array, kind: Kind) -> Array:
    """Residual sums of squares, shape (m,), with bends at the rows of ``places``, shape (m, k)."""
    columns = np.stack(_columns(s[None, :], places[:, None, :], kind), axis=2)
    weighted = columns * weights[None, :, None]
    normal = np.einsum("mni,mnj->mij", weighted, columns) + 1e-12 * np.eye(columns.shape[2])
    found = np.linalg.solve(normal, np.einsum("mni,n->mi", weighted, y)[..., None])[..., 0]
    residual = y[None, :] - np.einsum("mni,mi->mn", columns, found)
    costs: Array = np.einsum("mn,n->m", residual**2, weights)
    return costs


def _best_bends(s: Array, y: Array, weights: Array, number: int, kind: Kind) -> Array | None:
    """Places of the best bends, in rising order; None where there is no room for them."""
    if number == 0:
        return np.empty(0)
    y = y - y.mean()  # sums of squares of residuals lose no digits to a large mean
    inner = np.unique(np.interp(np.linspace(1, s.size - 2, _GRID), np.arange(s.size), s))
    combined = np.array(list(combinations(inner, number)) or [()])
    combined = combined[_apart(combined, s)]
    if not combined.size:
        return None
    best = combined[int(np.argmin(_bend_costs(s, y, weights, combined, kind)))]
    width, low, high = 1.5 / _GRID + float(np.max(np.diff(inner), initial=0.0)), float(inner[0]), float(inner[-1])
    for _ in range(_ROUNDS):
        for which in range(number):
            around = np.clip(best[which] + width * np.linspace(-1, 1, _AROUND), low, high)
            tried = np.tile(best, (around.size, 1))
            tried[:, which] = around
            tried = tried[_apart(tried, s)]
            best = tried[int(np.argmin(_bend_costs(s, y, weights, tried, kind)))]
        width *= _NARROWER
    return np.sort(best)


def _apart(places: Array, s: Array) -> NDArray[np.bool_]:
    """Rows of places, in rising order, with enough points between every two."""
    between = np.diff(np.searchsorted(s, places), axis=1)
    return np.asarray((between >= BETWEEN).all(axis=1), dtype=np.bool_)


def _segment_costs(s: Array, y: Array, weights: Array, kind: Kind) -> Array:
    """Residual sum of squares of the line, or level, through the points i to j - 1, shape (n + 1, n + 1)."""
    y = y - y.mean()
    terms = (weights, weights * s, weights * s * s, weights * y, weights * s * y, weights * y * y)
    sums = [np.concatenate([[0.0], np.cumsum(one)]) for one in terms]
    w, ws, wss, wy, wsy, wyy = (one[None, :] - one[:, None] for one in sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread, shared, costs = wss - ws**2 / w, wsy - ws * wy / w, wyy - wy**2 / w
        if kind == "step":
            costs = costs - np.where(spread > _FLAT, shared**2 / spread, 0.0)
    size = np.arange(s.size + 1)
    usable = size[None, :] - size[:, None] >= OF_SEGMENT
    found: Array = np.where(usable & np.isfinite(costs), np.maximum(costs, 0.0), np.inf)
    return found


def _best_jumps(s: Array, costs: Array, number: int) -> Array | None:
    """Places of the best jumps, halfway between points; None where the segments would be too short."""
    n = s.size
    best, chosen = costs[0].copy(), [np.zeros(n + 1, dtype=int)]
    for _ in range(number):
        total = best[:, None] + costs
        chosen.append(np.argmin(total, axis=0))
        best = np.min(total, axis=0)
    if not np.isfinite(best[n]):
        return None
    splits, end = [], n
    for before in reversed(chosen[1:]):
        end = int(before[end])
        splits.append(end)
    places = np.array([(s[split - 1] + s[split]) / 2 for split in reversed(splits)])
    return places if all(s[split - 1] < s[split] for split in splits) else None


def _difference(s: Array, y: Array, weights: Array, kind: Kind, places: Array) -> float:
    """Value of the best lines of a kind at the end minus that at the beginning."""
    design, root = _design(s, places, kind), np.sqrt(weights)
    found = np.asarray(np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[0], dtype=np.float64)
    return float((design[-1] - design[0]) @ found)


def _hull(intervals: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return min(low for low, _ in intervals), max(high for _, high in intervals)


def _piecewise(
    x: Array, y: Array, weights: Array, kind: Kind, places: Array, found: Sequence[tuple[float, float]], bic: dict[str, float]
) -> Piecewise:
    """Lines, errors and intervals at the best places."""
    scale, start = float(np.ptp(x)), float(x[0])
    s = (x - start) / scale
    design = _design(s, places, kind)
    root = np.sqrt(weights)
    coefficients = np.asarray(np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[0], dtype=np.float64)
    parameters = design.shape[1] + places.size
    variance = float(weights @ (y - design @ coefficients) ** 2) / max(y.size - parameters, 1)
    moved = np.column_stack([design, *_shifts(s, places, kind, coefficients)])
    covariance = variance * np.linalg.pinv(moved.T @ (moved * weights[:, None]))
    rows = _slopes(places, kind, moved.shape[1])
    slopes = rows[:, : design.shape[1]] @ coefficients
    ends = moved[-1] - moved[0]
    points = tuple(
        ChangePoint(start + scale * float(place), scale * (high - low) / (2 * _NORMAL), (start + scale * low, start + scale * high), kind)
        for place, (low, high) in zip(places, found, strict=True)
    )
    return Piecewise(
        points=points,
        edges=(float(x[0]), *(one.place for one in points), float(x[-1])),
        slopes=tuple((slopes / scale).tolist()),
        slope_stderr=tuple((np.sqrt(np.einsum("ki,ij,kj->k", rows, covariance, rows)) / scale).tolist()),
        fitted=design @ coefficients,
        fitted_stderr=np.sqrt(np.maximum(np.einsum("ni,ij,nj->n", moved, covariance, moved), 0.0)),
        difference=float((design[-1] - design[0]) @ coefficients),
        difference_stderr=float(np.sqrt(max(ends @ covariance @ ends, 0.0))),
        freedom=max(y.size - parameters, 1),
        bic=bic,
    )


def _shifts(s: Array, places: Array, kind: Kind, coefficients: Array) -> list[Array]:
    """How the line moves with the place of each bend; jumps do not move by a little."""
    if kind not in MEETING:
        return []
    first = coefficients.size - places.size
    if kind == "to_level":
        return [coefficients[first + k] * (s < place).astype(np.float64) for k, place in enumerate(places)]
    return [-coefficients[first + k] * (s > place).astype(np.float64) for k, place in enumerate(places)]


def _interval(s: Array, y: Array, weights: Array, kind: Kind, places: Array, which: int) -> tuple[float, float]:
    """Where the residual sum of squares stays near its least, in the unit of s; connected about the best place."""
    free = max(s.size - _PARAMETERS[kind][0] - _PARAMETERS[kind][1] * places.size, 1)
    low = float(places[which - 1]) if which else float(s[0])
    high = float(places[which + 1]) if which + 1 < places.size else float(s[-1])
    if kind in MEETING:
        tried = np.unique(np.concatenate([np.linspace(low, places[which], _PROFILE), np.linspace(places[which], high, _PROFILE)]))
        rows = np.tile(places, (tried.size, 1))
        rows[:, which] = tried
        costs = _bend_costs(s, y - y.mean(), weights, rows, kind)
        left, right = tried, tried
    else:
        gaps = np.flatnonzero((s[:-1] < s[1:]) & (s[:-1] > low) & (s[1:] < high))
        left, right, tried = s[gaps], s[gaps + 1], (s[gaps] + s[gaps + 1]) / 2
        costs = np.array([_rss(_design(s, np.sort(np.concatenate([np.delete(places, which), [one]])), kind), y, weights) for one in tried])
    least = float(costs.min())
    near = costs <= least * (1 + float(stdtrit(free, _UPPER)) ** 2 / free) + np.finfo(float).tiny
    first = last = int(np.argmin(np.abs(tried - places[which])))
    while first > 0 and near[first - 1]:
        first -= 1
    while last < tried.size - 1 and near[last + 1]:
        last += 1
    return float(left[first]), float(right[last])
