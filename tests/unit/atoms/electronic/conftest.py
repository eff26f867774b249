"""Fields whose basins are known: sums of Gaussians."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, exp, pi, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq

from dualion.atoms.structure import Structure

Floats = NDArray[np.float64]
_REACH = 4.5  # [angstrom] a Gaussian of 2 angstrom-2 holds 1e-17 of its electrons beyond


@dataclass(frozen=True)
class Gaussians:
    """Spherical Gaussians of one exponent, on atoms of element 1.

    The gradient of their sum has the component 2 a rho (s - x) along the axis of two of them, s being the mean of the centres weighted by
    the densities there, which depends on x alone: the surface between them is the plane where s = x.
    """

    centres: Floats
    electrons_each: tuple[float, ...]
    exponent: float = 2.0  # [angstrom-2]
    spacing: float = 0.16  # [angstrom] of the quadrature

    @property
    def structure(self) -> Structure:
        count = len(self.centres)
        numbers = np.ones(count, dtype=np.int64)
        return Structure(numbers, self.centres, 0, 1 + count % 2, tuple(f"H{i}" for i in range(count)), np.arange(count))

    @property
    def electrons(self) -> float:
        return sum(self.electrons_each)

    def _each(self, points: Floats) -> Floats:
        squared = ((points[:, None, :] - self.centres[None]) ** 2).sum(axis=2)
        return np.asarray(self.electrons_each) * (self.exponent / pi) ** 1.5 * np.exp(-self.exponent * squared)

    def density(self, points: Floats) -> Floats:
        return self._each(points).sum(axis=1)

    def gradient(self, points: Floats) -> Floats:
        return -2.0 * self.exponent * np.einsum("nk,nkx->nx", self._each(points), points[:, None, :] - self.centres[None])

    def quadrature(self) -> tuple[Floats, Floats]:
        low, high = self.centres.min(axis=0) - _REACH, self.centres.max(axis=0) + _REACH
        axes = [np.arange(start, end, self.spacing) for start, end in zip(low, high, strict=True)]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        return points, np.full(len(points), self.spacing**3)

    def plane(self) -> float:
        """Distance of the dividing plane of two from the first centre [angstrom]."""
        apart = float(np.linalg.norm(self.centres[1] - self.centres[0]))
        first, second = self.electrons_each

        def pull(x: float) -> float:
            left, right = first * exp(-self.exponent * x * x), second * exp(-self.exponent * (x - apart) ** 2)
            return right * apart / (left + right) - x

        return float(brentq(pull, 0.25 * apart, 0.75 * apart))

    def held(self) -> tuple[float, float]:
        """Electrons on each side of the dividing plane of two."""
        apart, cut, root = float(np.linalg.norm(self.centres[1] - self.centres[0])), self.plane(), sqrt(self.exponent)
        first, second = self.electrons_each
        left = first * 0.5 * (1.0 + erf(root * cut)) + second * 0.5 * (1.0 + erf(root * (cut - apart)))
        return left, first + second - left


@pytest.fixture
def two_gaussians():
    """Two Gaussians along an oblique axis; the arguments are their electrons, their distance [angstrom] and a shift [angstrom]."""

    def made(first: float, second: float, *, apart: float = 2.4, shift: float = 0.0, spacing: float = 0.16) -> Gaussians:
        axis = np.array([0.48, 0.64, 0.6])
        centres = np.array([[0.03, -0.05, 0.01], [0.03, -0.05, 0.01]]) + shift + np.outer([0.0, apart], axis)
        return Gaussians(centres, (first, second), spacing=spacing)

    return made
