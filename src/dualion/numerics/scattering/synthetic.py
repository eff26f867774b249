"""Synthetic curves of a carbon with closed pores, an outer surface and a background, on an absolute scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dualion.numerics.scattering import two_phases
from dualion.numerics.scattering.contrast import contrast
from dualion.numerics.scattering.curves import ABSOLUTE, Q
from dualion.numerics.scattering.laws import Array
from dualion.numerics.scattering.models import build

_AREA = 1000.0  # 1 nm-1 over 1 g/cm3, in m2/g


@dataclass(frozen=True, slots=True)
class Carbon:
    """A carbon as scattering sees it.

    Parameters
    ----------
    porosity : float
        Volume fraction of the pores [1].
    pore_radius : float
        sqrt(10) a [nm].
    outer_area : float
        [m2/g]
    background : float
        [cm-1]
    density : float
        Of the walls [g/cm3].
    mesopore_fraction : float
        Volume fraction [1] of a second population.
    mesopore_radius : float
        sqrt(10) times its length [nm].
    """

    porosity: float
    pore_radius: float
    outer_area: float
    background: float
    density: float
    mesopore_fraction: float = 0.0
    mesopore_radius: float = 6.0

    @property
    def length(self) -> float:
        """The correlation length a [nm]."""
        return self.pore_radius / math.sqrt(10)

    @property
    def amplitude_length(self) -> float:
        """B a [cm-1 nm-3]."""
        return two_phases.amplitude_length(self.porosity * (1 - self.porosity), contrast(self.density))

    def intensity(self, q: Array, *, scale: float = 1.0, pores: float = 1.0) -> Array:
        """The curve without noise.

        Parameters
        ----------
        q : ndarray, shape (m,)
            [nm-1]
        scale : float
            [1] by which the whole curve but its background is multiplied.
        pores : float
            [1] by which the contrast squared of the pores is multiplied.

        Returns
        -------
        ndarray, shape (m,)
            [cm-1]
        """
        delta = contrast(self.density)
        outer = two_phases.porod_constant(self.outer_area * self.density * (1 - self.porosity) / _AREA, delta)
        large = self.mesopore_radius / math.sqrt(10)
        second = two_phases.amplitude_length(self.mesopore_fraction * (1 - self.mesopore_fraction), delta) / large
        first = pores * self.amplitude_length / self.length
        values = np.array([scale * outer, 4.0, scale * first, self.length, scale * second, large, self.background])
        return build("mesopores", q).intensity(q, values)


def measured_columns(rng: np.random.Generator, q: Array, clean: Array, noise: float) -> dict[str, Array]:
    """Columns of a noisy curve; without noise there is no column of errors.

    Parameters
    ----------
    rng : numpy.random.Generator
    q : ndarray, shape (m,)
        [nm-1]
    clean : ndarray, shape (m,)
        [cm-1]
    noise : float
        Relative standard deviation [1] of a point.
    """
    drawn = clean * (1 + noise * rng.standard_normal(q.size))
    columns = {Q: q, ABSOLUTE: drawn}
    if noise > 0:
        columns["intensity_error"] = noise * clean
    return columns
