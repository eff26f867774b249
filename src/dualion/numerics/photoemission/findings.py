"""What is known of the fractions of a region after all: bootstrap, profile likelihood and the choice of background together.

    u_i^2 = s_i^2 + (half-range of x_i over the backgrounds)^2 / 3          s_i from the bootstrap

The backgrounds are Shirley, linear and active Shirley. Where the profile does not exclude zero, or a fraction is below three standard
errors, it has an upper bound instead of an interval with two sides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dualion.numerics.photoemission.model import NORMAL
from dualion.numerics.photoemission.region import Background, Profile, Recipe, RegionFit, bootstrap, fit_region, fractions_of, profiles
from dualion.numerics.photoemission.spectrum import Region, top_of

Array = NDArray[np.float64]

#: Backgrounds that a carbon chemist would choose among.
BACKGROUNDS: tuple[Background, ...] = ("shirley", "linear", "active_shirley")
#: Standard errors below a 95 % upper bound.
_ONE_SIDED = 1.644854
_CLEAR = 3.0  # standard errors beyond which a component is there; its position is sought as well, so that noise alone often gives two
_ZERO = 1e-6  # fraction below which a limit is zero
#: Signal to noise [1] below which nothing is told, and below which it is told with a warning.
LEAST_SNR, LOW_SNR = 3.0, 10.0


@dataclass(frozen=True, slots=True)
class Analysis:
    """Fractions of a region and what they rest on.

    Parameters
    ----------
    fit : RegionFit
    draws : ndarray, shape (k, p)
        Parameters of the bootstrap, in eV and in the unit of the areas.
    profiles : tuple of Profile, length m
    by_background : mapping of str to ndarray, shape (m,)
        Fractions [1] with every background.
    """

    fit: RegionFit
    draws: Array
    profiles: tuple[Profile, ...]
    by_background: dict[str, Array]

    @property
    def drawn_fractions(self) -> Array:
        """Fractions [1] of every draw, shape (k, m)."""
        return fractions_of(self.draws, self.fit.count)

    @property
    def statistical(self) -> Array:
        """Standard errors [1] from the bootstrap, shape (m,)."""
        return np.asarray(self.drawn_fractions.std(axis=0, ddof=1))

    @property
    def moved(self) -> Array:
        """Range [1] of every fraction over the backgrounds, shape (m,)."""
        return np.asarray(np.ptp(np.array(list(self.by_background.values())), axis=0))

    @property
    def stderr(self) -> Array:
        """Standard errors [1] with the choice of background, shape (m,)."""
        return np.asarray(np.hypot(self.statistical, self.moved / np.sqrt(12)))

    def bounded(self, i: int) -> bool:
        """Whether component ``i`` [1] is consistent with zero: by its profile, or below three standard errors."""
        return self.profiles[i].low <= _ZERO or float(self.fit.fractions[i]) < _CLEAR * float(self.stderr[i])

    def interval(self, i: int) -> tuple[float, float]:
        """The 95 % interval [1] of component ``i`` [1]: on each side the wider of bootstrap and profile, with the choice of background.

        From zero to the upper bound where the component is consistent with zero.
        """
        value, profile = float(self.fit.fractions[i]), self.profiles[i]
        half, choice = NORMAL * float(self.statistical[i]), NORMAL * float(self.moved[i]) / np.sqrt(12)
        below, beyond = (float(np.hypot(max(side, half), choice)) for side in (value - profile.low, profile.high - value))
        if not self.bounded(i):
            return max(value - below, 0.0), min(value + beyond, 1.0)
        above = max(self.profiles[i].upper - value, _ONE_SIDED * float(self.statistical[i]))
        return 0.0, min(value + float(np.hypot(above, _ONE_SIDED * self.moved[i] / np.sqrt(12))), 1.0)


def analysed(part: Region, recipe: Recipe, *, draws: int, seed: int) -> Analysis:
    """Fit a region and find the errors of its fractions.

    Parameters
    ----------
    part : Region
        Within the window.
    recipe : Recipe
    draws : int
        [1] of the bootstrap.
    seed : int
        [1] of the bootstrap.

    Returns
    -------
    Analysis
    """
    fit = fit_region(part.energy, part.rate, recipe)
    drawn = bootstrap(fit, draws=draws, seed=seed)
    spread = fractions_of(drawn, fit.count).std(axis=0, ddof=1)
    others: dict[str, Array] = {
        name: fit.fractions if name == recipe.background else fit_region(part.energy, part.rate, replace(recipe, background=name)).fractions
        for name in dict.fromkeys((recipe.background, *BACKGROUNDS))
    }
    return Analysis(fit, drawn, profiles(fit, spread), others)


@dataclass(frozen=True, slots=True)
class Charge:
    """How far energies are moved, and its standard error.

    Parameters
    ----------
    shift, stderr : float
        [eV]
    found : float or None
        [eV] where C 1s stood; None where it was not found.
    """

    shift: float
    stderr: float
    found: float | None


def charge_of(carbon: Region | None, expected: float | None) -> Charge:
    """The shift that brings C 1s to its place.

    Parameters
    ----------
    carbon : Region or None
    expected : float or None
        [eV]; None where energies are to stay.

    Returns
    -------
    Charge
    """
    top = top_of(carbon.energy, carbon.rate) if carbon is not None and expected is not None else None
    return Charge(0.0, 0.0, None) if top is None or expected is None else Charge(expected - top[0], top[1], top[0])
