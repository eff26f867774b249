"""Basins of a density on a uniform grid: every point goes to the maximum that the steepest ascent from it ends at.

First each point is joined to the neighbour (of 26) towards which the density rises most steeply, and the chains are shortened by pointer
jumping. That ascent is bound to the directions of the grid, which tilts the surfaces between basins and does not vanish with the spacing.
So every point at a surface is walked again along the gradient itself, the part of each step that the grid cannot take being carried
along until it makes a whole step; points that this changes send their neighbours on the same walk, until none changes.

References: Henkelman, Arnaldsson & Jónsson 2006; Tang, Sanville & Henkelman 2009 (walk near the grid).
"""

from __future__ import annotations

from itertools import product

import numpy as np

from dualion.atoms.electronic.grids import Booleans
from dualion.atoms.structure import Floats, Integers

_NEIGHBOURS = tuple(step for step in product((-1, 0, 1), repeat=3) if step != (0, 0, 0))
_DEPTH = 2  # [1] cells between a walk that may stop and the nearest other basin
_MOST_SWEEPS = 40  # [1] over the surfaces, each of which moves them by about one cell
_MOST_STEPS = 1000  # [1] of one walk; the longest grid has a few hundred points along an axis


def basins(values: Floats) -> tuple[Integers, Integers]:
    """Basins of a density.

    Parameters
    ----------
    values : array of float, shape (nx, ny, nz)
        Density in any unit [1].

    Returns
    -------
    labels : array of int, shape (nx, ny, nz)
        Index of the basin of each point [1].
    maxima : array of int, shape (k,)
        Flat index of the maximum of each basin [1].
    """
    ascent = _steepest(values)
    roots = _roots(ascent)
    maxima, labels = np.unique(roots, return_inverse=True)
    labels = labels.reshape(values.shape).astype(np.int64)
    return _refined(values, labels, ascent, maxima), maxima


def _steepest(values: Floats) -> Integers:
    """Flat index of the neighbour of steepest rise, of the point itself at a maximum."""
    shape = values.shape
    padded = np.pad(values, 1, constant_values=-np.inf)
    own = np.arange(values.size, dtype=np.int64).reshape(shape)
    target, slope = own.copy(), np.zeros(shape)
    for step in _NEIGHBOURS:
        window = tuple(slice(1 + shift, 1 + shift + size) for shift, size in zip(step, shape, strict=True))
        rise = (padded[window] - values) / np.sqrt(np.dot(step, step))
        steeper = rise > slope
        slope[steeper] = rise[steeper]
        target[steeper] = own[steeper] + (step[0] * shape[1] + step[1]) * shape[2] + step[2]
    return target.ravel()


def _roots(target: Integers) -> Integers:
    while True:
        further = target[target]
        if np.array_equal(further, target):
            return target
        target = further


def _refined(values: Floats, labels: Integers, ascent: Integers, maxima: Integers) -> Integers:
    """Labels after the points at the surfaces were walked near the grid."""
    walked = np.zeros(values.shape, dtype=bool)
    for _ in range(_MOST_SWEEPS):
        surface = np.flatnonzero(beside_another(labels, 1) & ~walked)
        if not len(surface):
            break
        ends = _walk(values, surface, ~beside_another(labels, _DEPTH).ravel(), ascent)
        flat = labels.ravel().copy()
        flat[surface] = labels.ravel()[ends]
        walked.ravel()[surface] = True
        labels = flat.reshape(values.shape)
    labels.ravel()[maxima] = np.arange(len(maxima))
    return labels


def beside_another(labels: Integers, depth: int) -> Booleans:
    """Whether a point of another basin lies within a cube around each point.

    Parameters
    ----------
    labels : array of int, shape (nx, ny, nz)
        Index of the basin of each point [1].
    depth : int
        Cells from the middle of the cube to its faces [1].

    Returns
    -------
    array of bool, shape (nx, ny, nz)
    """
    from scipy.ndimage import maximum_filter, minimum_filter

    size = 2 * depth + 1
    found: Booleans = maximum_filter(labels, size, mode="nearest") != minimum_filter(labels, size, mode="nearest")
    return found


def _walk(values: Floats, starts: Integers, settled: Booleans, ascent: Integers) -> Integers:
    """Where the walks along the gradient end: a point deep in a basin, or a maximum."""
    shape = np.asarray(values.shape)
    strides = np.array([shape[1] * shape[2], shape[2], 1])
    flat = values.ravel()
    at = starts.copy()
    carried = np.zeros((len(at), 3))
    active = np.flatnonzero(~settled[at] & (ascent[at] != at))
    for _ in range(_MOST_STEPS):
        if not len(active):
            return at
        here = at[active]
        place = np.stack(np.unravel_index(here, values.shape), axis=1)
        step, carried[active] = _step(_gradient(flat, here, place, shape, strides), carried[active])
        there = (np.clip(place + step, 0, shape - 1) * strides).sum(axis=1)
        falls = flat[there] <= flat[here]  # the gradient overshot: go the way of the grid
        there[falls] = ascent[here[falls]]
        carried[active[falls]] = 0.0
        at[active] = there
        active = active[~settled[there] & (ascent[there] != there)]
    return at


def _gradient(flat: Floats, here: Integers, place: Integers, shape: Integers, strides: Integers) -> Floats:
    """Slope along each axis, zero along an axis on which both neighbours lie lower."""
    slope = np.empty((len(here), 3))
    centre = flat[here]
    for axis in range(3):
        above = flat[here + np.where(place[:, axis] < shape[axis] - 1, strides[axis], 0)]
        below = flat[here - np.where(place[:, axis] > 0, strides[axis], 0)]
        slope[:, axis] = np.where((above <= centre) & (below <= centre), 0.0, (above - below) / 2.0)
    return slope


def _step(slope: Floats, carried: Floats) -> tuple[Integers, Floats]:
    """The step on the grid, and what it leaves over for later ones."""
    longest = np.abs(slope).max(axis=1, keepdims=True)
    wanted = np.divide(slope, longest, out=np.zeros_like(slope), where=longest > 0.0)
    step = np.rint(wanted)
    left = carried + wanted - step
    correction = np.rint(left)
    return (step + correction).astype(np.int64), left - correction
