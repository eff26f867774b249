"""Components of one region: areas, positions, widths and fractions, with errors from a bootstrap and limits from the profile likelihood.

    x_i = A_i / sum_j A_j

Noise. Counts scatter as the root of their number: sigma_k = sigma sqrt(y_k / mean y) with y smoothed over five rows; or all rows alike. The
scale sigma is the root mean square of the weighted residuals over the degrees of freedom, not the one of counting. Bootstrap: the fitted
spectrum plus noise of that size is fitted anew, its background taken off anew, and what is known beforehand is drawn anew within its
tolerance; the spread of the results is the standard error, and the fractions of every draw add up to 1. Profile: the sum of squares is
minimised at fixed x_i; its rise by 3.84 (both sides) or 2.71 (upper bound) gives the limits. The profile keeps the background.

References: Efron & Tibshirani 1993 (bootstrap); Venzon & Moolgavkar 1988 (profile likelihood).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dualion.numerics.photoemission.backgrounds import linear, shirley, tougaard
from dualion.numerics.photoemission.model import Component, Model, knowledge, limits, model_of
from dualion.numerics.photoemission.solve import Known, Solution, solve

Array = NDArray[np.float64]
Background = Literal["shirley", "linear", "active_shirley", "tougaard"]
Weights = Literal["counting", "equal"]

#: Rise of the weighted sum of squares at the ends of a 95 % interval, and at a 95 % upper bound.
BOTH_SIDES, UPPER = 3.841459, 2.705543
_STARTS = (0.2, 0.5, 0.8)  # places in the range of a component that is known by its range only
_PROFILE = np.concatenate([np.linspace(0, 4, 15), [6.0, 9.0]])  # standard errors away from the best fraction
_WHITE = np.sqrt(6.0)  # root of the sum of squares of 1, -2, 1
_MEDIAN = 0.6744898  # [1] of the absolute value of a normal number
_FLOOR = 1e-6  # of the greatest intensity: no measured row has less noise
#: How much more firmly a ratio of areas is held than the data could hold it [1].
_FIRM = 1e3
_EDGE = 1e-4  # share of a range within which a value stands at its limit


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a region is fitted.

    Parameters
    ----------
    components : tuple of Component
    shape : str
        Of components without one of their own.
    background : {"shirley", "linear", "active_shirley", "tougaard"}
    share : {"groups", "none"}
        Whether components of a group share their width.
    weights : {"counting", "equal"}
        How the noise goes with the intensity; equal where an intensity is not positive.
    """

    components: tuple[Component, ...]
    shape: str = "gl30"
    background: Background = "shirley"
    share: Literal["groups", "none"] = "groups"
    weights: Weights = "counting"


@dataclass(frozen=True, slots=True)
class RegionFit:
    """Components of a region.

    Parameters
    ----------
    recipe : Recipe
    model : Model
    intensity, background, fitted : ndarray, shape (n,)
        In one [unit]; ``fitted`` with its background.
    lines : ndarray, shape (m, n)
        Components without background, in the [unit] of the intensity.
    theta : ndarray, shape (p,)
        Areas, positions [eV], widths [eV], and the background of the model.
    sigma : ndarray, shape (n,)
        Standard error of every row, in the [unit] of the intensity.
    given : ndarray, shape (n,), or None
        Background that was given, not found, in the [unit] of the intensity.
    cost : float
        [1] least weighted sum of squares.
    """

    recipe: Recipe
    model: Model
    intensity: Array
    background: Array
    fitted: Array
    lines: Array
    theta: Array
    sigma: Array
    cost: float
    given: Array | None = None

    @property
    def count(self) -> int:
        """Number of components."""
        return len(self.recipe.components)

    @property
    def areas(self) -> Array:
        """Areas, shape (m,)."""
        return self.theta[: self.count]

    @property
    def positions(self) -> Array:
        """Positions [eV], shape (m,)."""
        return self.theta[self.count : 2 * self.count]

    @property
    def widths(self) -> Array:
        """Width [eV] of every component, shape (m,)."""
        return np.asarray(self.theta[[2 * self.count + group for group in self.model.groups]])

    @property
    def fractions(self) -> Array:
        """Shares [1] of the sum of the areas, shape (m,); zeros where there is no area."""
        return np.asarray(fractions_of(self.theta[None], self.count)[0])

    @property
    def snr(self) -> float:
        """Greatest height of the fitted lines over the noise [1]."""
        peak = self.lines.sum(axis=0)
        return float(peak.max() / self.sigma[int(np.argmax(peak))])


def fractions_of(theta: Array, count: int) -> Array:
    """Shares of the areas.

    Parameters
    ----------
    theta : ndarray, shape (k, p)
        Parameters, in eV and in the [unit] of the areas; the areas first.
    count : int
        [1] of the components.

    Returns
    -------
    ndarray, shape (k, count)
    """
    areas = theta[:, :count]
    total = areas.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(areas, total, out=np.zeros_like(areas), where=total > 0))


def noise_of(y: Array) -> float:
    """Standard error of a row, in the [unit] of y, from second differences, which a smooth curve does not have.

    Parameters
    ----------
    y : ndarray, shape (n,)
        In any [unit].
    """
    return float(np.median(np.abs(np.diff(y, 2))) / _MEDIAN / _WHITE)


def taken_off(energy: Array, y: Array, background: Background) -> Array:
    """Background that is taken off beforehand.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV] rising.
    y : ndarray, shape (k, n)
        In any [unit].
    background : str

    Returns
    -------
    ndarray, shape (k, n)
        Zero for an active background.
    """
    if background == "active_shirley":
        return np.zeros_like(y)
    return {"shirley": shirley, "linear": linear, "tougaard": tougaard}[background](energy, y)


def fit_region(energy: Array, y: Array, recipe: Recipe, *, background: Array | None = None) -> RegionFit:
    """Fit the components of a region.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV] rising.
    y : ndarray, shape (n,)
        Intensity in any [unit].
    recipe : Recipe
    background : ndarray, shape (n,), or None
        In the [unit] of y; takes the place of the one of the recipe.

    Returns
    -------
    RegionFit
    """
    active = recipe.background == "active_shirley" and background is None
    model = model_of(energy, recipe.components, shape=recipe.shape, share=recipe.share, active=active)
    low, high = limits(model, recipe.components, rate=_greatest(y))
    off = background if background is not None else taken_off(energy, y[None], recipe.background)[0]
    relative = relative_noise(y, recipe.weights)
    smallest = _FLOOR * _greatest(y)
    scale = max(noise_of(y / relative), smallest)
    theta = _starts(model, recipe.components, energy, y - off, float(y[0]))
    known = _known(model, recipe.components, _firmness(theta[0], y, scale * relative, len(recipe.components)))
    for _ in range(2):
        repeated = np.repeat((y - off)[None], theta.shape[0], axis=0)
        found = solve(model, repeated, sigma=scale * relative, known=known, start=theta, low=low, high=high)
        best = int(np.argmin(found.cost))
        theta = found.theta[best][None]
        scale *= float(np.sqrt(found.misfit[best] / max(y.size - model.size, 1)))
        scale = max(scale, smallest)
        known = _known(model, recipe.components, _firmness(theta[0], y, scale * relative, len(recipe.components)))
    return _fit(recipe, model, y, off, theta[0], scale * relative, known, background)


def _greatest(y: Array) -> float:
    return float(np.abs(y).max()) or 1.0


def relative_noise(y: Array, weights: Weights) -> Array:
    """Noise of every row [1] relative to the mean; ones where an intensity is not positive.

    Parameters
    ----------
    y : ndarray, shape (n,)
        In any [unit].
    weights : {"counting", "equal"}
    """
    smooth = np.convolve(np.pad(y, 2, mode="edge"), np.full(5, 0.2), mode="valid")
    if weights == "equal" or not np.all(smooth > 0):
        return np.ones_like(y)
    return np.asarray(np.sqrt(smooth / smooth.mean()))


def _firmness(theta: Array, y: Array, sigma: Array, count: int) -> float:
    """Inverse standard error with which a ratio of areas is held."""
    area = max(float(theta[:count].sum()), np.finfo(float).eps * _greatest(y))
    return _FIRM * max(_greatest(y) / float(sigma.mean()), 1.0) / area


def _known(model: Model, components: Sequence[Component], firm: float) -> Known:
    rows, targets = knowledge(model, components, firm=firm)
    return Known(rows[None], targets[None])


def _starts(model: Model, components: Sequence[Component], energy: Array, above: Array, level: float) -> Array:
    """Starts of the fit, shape (k, p)."""
    area = max(float(np.trapezoid(above - above.min(), energy)), np.finfo(float).tiny) / len(components)
    starts = []
    for share in _STARTS if any(one.tolerance is None for one in components) else _STARTS[:1]:
        theta = [area] * len(components)
        theta += [one.position if one.tolerance is not None else one.low + share * (one.high - one.low) for one in components]
        for group in range(max(model.groups) + 1):
            inside = [one for one, own in zip(components, model.groups, strict=True) if own == group]
            theta.append(float(np.mean([(one.fwhm_low + one.fwhm_high) / 2 for one in inside])))
        starts.append([*theta, level, 0.0] if model.active else theta)
    return np.array(starts)


def _fit(
    recipe: Recipe, model: Model, y: Array, background: Array, theta: Array, sigma: Array, known: Known, given: Array | None
) -> RegionFit:
    """What is worth knowing of a solution."""
    f, slopes = model.evaluate(theta[None])
    count = len(recipe.components)
    lines = theta[:count, None] * slopes[0, :count]
    if model.active:
        passive = Model(model.energy, model.lines, model.groups)
        lines = theta[:count, None] * passive.evaluate(theta[None, :-2])[1][0, :count]
        background = f[0] - lines.sum(axis=0)
        fitted = f[0]
    else:
        fitted = f[0] + background
    beforehand = float(((known.rows[0] @ theta - known.targets[0]) ** 2).sum())
    cost = float((((y - fitted) / sigma) ** 2).sum()) + beforehand
    return RegionFit(recipe, model, y, background, fitted, lines, theta, sigma, cost, given)


def bootstrap(fit: RegionFit, *, draws: int, seed: int) -> Array:
    """Parameters of spectra drawn from a fit.

    Parameters
    ----------
    fit : RegionFit
    draws : int
        [1]
    seed : int
        [1] of the draws.

    Returns
    -------
    ndarray, shape (draws, p)
        In eV and in the unit of the areas.
    """
    rng = np.random.default_rng(seed)
    drawn = fit.fitted + fit.sigma * rng.standard_normal((draws, fit.fitted.size))
    if fit.given is not None:
        above = drawn - fit.given
    else:
        above = drawn - taken_off(fit.model.energy, drawn, fit.recipe.background)
    known = _known(fit.model, fit.recipe.components, _firmness(fit.theta, fit.intensity, fit.sigma, fit.count))
    free = np.array([row[: fit.count].any() for row in known.rows[0]], dtype=bool)
    known = Known(known.rows, known.targets + np.where(free, 0.0, rng.standard_normal((draws, free.size))))
    return _again(fit, above, known, np.repeat(fit.theta[None], draws, axis=0)).theta


def _again(fit: RegionFit, above: Array, known: Known, start: Array) -> Solution:
    low, high = limits(fit.model, fit.recipe.components, rate=_greatest(fit.intensity))
    return solve(fit.model, above, sigma=fit.sigma, known=known, start=start, low=low, high=high)


@dataclass(frozen=True, slots=True)
class Profile:
    """Limits [1] of a fraction from the profile likelihood: 95 % interval, and 95 % upper bound."""

    low: float
    high: float
    upper: float


def profiles(fit: RegionFit, errors: Array) -> tuple[Profile, ...]:
    """Profile likelihood of every fraction.

    Parameters
    ----------
    fit : RegionFit
    errors : ndarray, shape (m,)
        [1] standard errors of the fractions, which set the grid.

    Returns
    -------
    tuple of Profile, length m
    """
    best = fit.fractions
    spread = np.clip(errors, 1e-6, 0.2)
    steps = np.concatenate([-_PROFILE[:0:-1], _PROFILE])
    grid = np.clip(best[:, None] + spread[:, None] * steps, 0, 1)
    firm = _firmness(fit.theta, fit.intensity, fit.sigma, fit.count)
    base = _known(fit.model, fit.recipe.components, firm)
    held = np.zeros((best.size, steps.size, 1, fit.model.size))
    held[..., 0, : best.size] = -grid[..., None]
    for i in range(best.size):
        held[i, :, 0, i] += 1
    held = held.reshape(-1, 1, fit.model.size) * firm
    every = np.concatenate([np.broadcast_to(base.rows, (held.shape[0], *base.rows.shape[1:])), held], axis=1)
    known = Known(every, np.concatenate([base.targets[0], [0.0]])[None])
    off = fit.background if not fit.model.active else np.zeros_like(fit.background)
    above = np.repeat((fit.intensity - off)[None], held.shape[0], axis=0)
    found = _again(fit, above, known, np.repeat(fit.theta[None], held.shape[0], axis=0))
    cost = found.cost - np.einsum("kqp,kp->kq", held, found.theta)[:, 0] ** 2
    rise = np.clip(cost.reshape(grid.shape) - fit.cost, 0, None)
    return tuple(_profile(at, up, value) for at, up, value in zip(grid, rise, best, strict=True))


def _profile(grid: Array, rise: Array, best: float) -> Profile:
    """Where a profile crosses its levels; an end of the grid where it does not."""
    below, above = grid <= best, grid >= best

    def crossing(at: Array, up: Array, level: float) -> float:
        up = np.maximum.accumulate(up)
        beyond = np.flatnonzero(up > level)
        if not beyond.size:
            return float(at[-1])
        k = int(beyond[0])
        if k == 0 or up[k] == up[k - 1]:
            return float(at[k])
        roots = np.sqrt(np.array([up[k - 1], level, up[k]]))  # a parabola is straight in its root
        return float(at[k - 1] + (at[k] - at[k - 1]) * (roots[1] - roots[0]) / (roots[2] - roots[0]))

    low = crossing(grid[below][::-1], rise[below][::-1], BOTH_SIDES)
    return Profile(low, crossing(grid[above], rise[above], BOTH_SIDES), crossing(grid[above], rise[above], UPPER))


def widths_at_bound(fit: RegionFit) -> tuple[str, ...]:
    """Names of the components whose width stands at an end of its range."""
    names = []
    for one, width in zip(fit.recipe.components, fit.widths, strict=True):
        margin = _EDGE * (one.fwhm_high - one.fwhm_low)
        if one.fwhm_high > one.fwhm_low and not one.fwhm_low + margin < width < one.fwhm_high - margin:
            names.append(one.name)
    return tuple(names)
