"""Amounts from areas: atomic shares, detection limits, and whether two samples differ.

    x_i = (A_i / (S_i T_i)) / sum_j (A_j / (S_j T_j))          S sensitivity factor, T transmission of the analyser
    height that would be noticed = 3 sigma_bg,   A_limit = 3 sigma_bg c w         c w area of a line of unit height
    z = (x_b - x_a) / sqrt(u_a^2 + u_b^2)

The sensitivity factors are the cross-sections of Scofield (1976) for Al K alpha relative to C 1s; the dependence of the escape depth on
the energy is not in them. A relative error of 10 % for each stands for that and for the factors themselves (Brundle & Crist 2020). The
depth of information is some 8 nm, so that a share of the surface need not be one of the bulk.

References: Scofield 1976; Brundle & Crist 2020; Currie 1968 (limits).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dualion.numerics.photoemission.model import line_of

Array = NDArray[np.float64]

#: Sensitivity factors [1] for Al K alpha, relative to C 1s (Scofield 1976).
FACTORS = MappingProxyType({
    "C 1s": 1.00, "N 1s": 1.80, "O 1s": 2.93, "F 1s": 4.43, "Na 1s": 8.52, "Si 2p": 0.817, "P 2p": 1.192, "S 2p": 1.677, "Cl 2p": 2.285,
    "Fe 2p": 16.42, "Cu 2p": 25.39, "Zn 2p": 28.72,
})  # fmt: skip
#: Relative error [1] of a sensitivity factor (Brundle & Crist 2020).
FACTOR_ERROR = 0.1
#: Atomic masses [g/mol] of nitrogen and carbon (IUPAC 2021).
_NITROGEN, _CARBON = 14.007, 12.011
_PERCENT = 100.0
_SIGMAS = 3.0
#: Standard errors beyond which two samples differ.
MEANINGFUL = 2.0


def atomic_shares(areas: Sequence[float], errors: Sequence[float], divisors: Sequence[float]) -> tuple[Array, Array]:
    """Shares [at%] of elements and their standard errors [at%].

    Parameters
    ----------
    areas, errors : sequence of float, length m
        In one [unit].
    divisors : sequence of float, length m
        [1] sensitivity factor times transmission.

    Returns
    -------
    tuple of two ndarrays, shape (m,)
    """
    amounts = np.asarray(areas, dtype=float) / np.asarray(divisors, dtype=float)
    shares = amounts / amounts.sum()
    relative = np.hypot(FACTOR_ERROR, np.divide(errors, areas, out=np.zeros(len(areas)), where=np.asarray(areas) > 0))
    slopes = np.diag(shares) - np.outer(shares, shares)
    return _PERCENT * shares, _PERCENT * np.sqrt(slopes**2 @ relative**2)


@dataclass(frozen=True, slots=True)
class Limit:
    """A line that may be there.

    Parameters
    ----------
    sigma : float
        Standard error of a row of the background, in the [unit] of the intensity.
    height, height_limit : float
        Fitted height, and the one that would be noticed, in the [unit] of the intensity.
    area_limit : float
        Area of a line of that height, in that unit times [eV].
    """

    sigma: float
    height: float
    height_limit: float
    area_limit: float

    @property
    def seen(self) -> bool:
        """Whether the line stands above three standard errors of the background."""
        return self.height > self.height_limit


def detection_limit(energy: Array, y: Array, *, position: float, fwhm: float, shape: str = "gl30") -> Limit | None:
    """Height of a line on a straight background, and the height that would be noticed.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV]
    y : ndarray, shape (n,)
        In any [unit].
    position, fwhm : float
        [eV] of the line.
    shape : str

    Returns
    -------
    Limit or None
        None where fewer than two rows beyond the parameters are there.
    """
    line = line_of(shape)
    peak = line.curve((energy - position) / fwhm)[0]
    design = np.column_stack([peak, np.ones_like(energy), energy - energy.mean()]) if energy.size else np.zeros((0, 3))
    if energy.size < design.shape[1] + 2:
        return None
    found, *_ = np.linalg.lstsq(design, y, rcond=None)
    sigma = math.sqrt(float(((y - design @ found) ** 2).sum()) / (energy.size - design.shape[1]))
    return Limit(sigma, float(found[0]), _SIGMAS * sigma, _SIGMAS * sigma * line.area * fwhm)


def bulk_share(nitrogen: float) -> float:
    """Atomic share [at%] of nitrogen in carbon with a mass share.

    Parameters
    ----------
    nitrogen : float
        [wt%]; the rest is taken for carbon.

    Examples
    --------
    >>> round(bulk_share(1.15), 3)
    0.988
    """
    amount = nitrogen / _NITROGEN
    return _PERCENT * amount / (amount + (_PERCENT - nitrogen) / _CARBON)


@dataclass(frozen=True, slots=True)
class Difference:
    """Second value minus first.

    Parameters
    ----------
    value, stderr : float
        In the [unit] of the values.
    z : float
        [1] value over standard error.
    """

    value: float
    stderr: float
    z: float

    @property
    def meaningful(self) -> bool:
        """Whether it exceeds two standard errors."""
        return abs(self.z) > MEANINGFUL


def difference(first: tuple[float, float], other: tuple[float, float]) -> Difference:
    """Whether two samples differ, with pooled errors.

    Parameters
    ----------
    first, other : tuple of two floats
        Value and standard error, in one [unit].

    Examples
    --------
    >>> difference((23.1, 4.0), (34.8, 4.0)).meaningful, difference((23.1, 5.0), (34.8, 5.0)).meaningful
    (True, False)
    """
    pooled = math.hypot(first[1], other[1])
    value = other[0] - first[0]
    return Difference(value, pooled, value / pooled if pooled > 0 else math.copysign(math.inf, value) if value else 0.0)
