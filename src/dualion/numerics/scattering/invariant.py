"""The invariant of a curve from its data and two tails, and the radius of Guinier.

    Q* = int_0^inf Q^2 I dQ
       = int_0^q1 Q^2 I0 exp(-Q^2 R_g^2 / 3) dQ  +  int_q1^q2 Q^2 I dQ (trapezium rule)  +  K / q2

The first tail is that of Guinier's law through the first points, the second that of Porod's law I = K / Q^4 behind the last; a constant
background is taken off first. An invariant that is mostly a tail is not measured: where more than half of it is extrapolated, or the last
slope d ln I / d ln Q is outside -4 +- 0.2, the total is withheld.

Guinier: ln I = ln I0 - R_g^2 Q^2 / 3 + c Q^4, by weighted least squares over the first points, as far as Q R_g does not exceed 1.3 (Guinier
1939); without the term in Q^4 the radius of a sphere comes out 2 % too large. A sphere has R = sqrt(5/3) R_g.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from dualion.errors import CoverageError
from dualion.numerics.scattering.laws import Array

#: Q R_g up to which Guinier's law holds.
GUINIER_LIMIT = 1.3
#: Slope of Porod's law, and the deviation from it that is allowed.
POROD_SLOPE, SLOPE_TOLERANCE = -4.0, 0.2
#: Most of an invariant that may be extrapolated.
MOST_EXTRAPOLATED = 0.5
_FEWEST = 4  # points of a line
_FEWEST_CURVED = 8  # points of a line with its next term
_OF_TAIL, _OF_CONSTANT = 10, 5  # points of the last slope, and of Porod's constant
_MOST_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Guinier:
    """Guinier's law through the first points.

    Parameters
    ----------
    radius, radius_stderr : float
        R_g [nm].
    zero_angle : float
        I0, in the [unit] of the intensity.
    n : int
        [1] points.
    q_max : float
        [nm-1] of the last of them.
    """

    radius: float
    radius_stderr: float
    zero_angle: float
    n: int
    q_max: float


@dataclass(frozen=True, slots=True)
class Invariant:
    """The invariant and its parts, each in the [unit] of the intensity times nm-3.

    Parameters
    ----------
    data, data_stderr : float
        Of the measured range, in that [unit].
    low, high : float
        Tails of Guinier and Porod, in that [unit].
    slope : float
        d ln I / d ln Q [1] of the last points; NaN where they are not positive.
    """

    data: float
    data_stderr: float
    low: float
    high: float
    slope: float

    @property
    def total(self) -> float:
        """With both tails, in the same [unit]."""
        return self.data + self.low + self.high

    @property
    def extrapolated(self) -> float:
        """Share [1] of the tails."""
        return (self.low + self.high) / self.total if self.total > 0 else math.inf

    @property
    def refused(self) -> str:
        """Why the total is withheld; empty where it is not."""
        if not abs(self.slope - POROD_SLOPE) <= SLOPE_TOLERANCE:
            return f"the last slope of ln I against ln Q is {self.slope:.2f}, and Porod's tail needs {POROD_SLOPE:.0f} +- {SLOPE_TOLERANCE}"
        if self.extrapolated > MOST_EXTRAPOLATED:
            return f"{self.extrapolated:.0%} of it would be extrapolated, and {MOST_EXTRAPOLATED:.0%} are allowed"
        return ""


def guinier(q: Array, intensity: Array, error: Array) -> Guinier | None:
    """Guinier's law; None where the first points do not fall, or too few of them lie within its range.

    Parameters
    ----------
    q : ndarray, shape (m,)
        [nm-1], rising.
    intensity, error : ndarray, shape (m,)
        In the [unit] of the intensity.
    """
    good = intensity > 0
    q, intensity, error = q[good], intensity[good], error[good]
    found = None
    count = q.size
    for _ in range(_MOST_ROUNDS):
        if count < _FEWEST:
            return found
        found = _line(q[:count], intensity[:count], error[:count])
        within = int((q * found.radius <= GUINIER_LIMIT).sum()) if found else max(_FEWEST, count // 2)
        if found is not None and within >= count:
            return found
        count = min(count - 1, max(within, count // 2)) if found is None else max(within, count // 2)
        if found is not None and within < _FEWEST:
            return None
    return found


def _line(q: Array, intensity: Array, error: Array) -> Guinier | None:
    """Weighted fit of ln I against Q^2, with the next term in Q^4 where there are points for it; None where it rises."""
    weights = intensity / error
    scale = float(q[-1]) ** 2
    x = q**2 / scale
    powers = 3 if q.size >= _FEWEST_CURVED else 2
    design = np.vander(x, powers, increasing=True) * weights[:, None]
    found, _, rank, _ = np.linalg.lstsq(design, np.log(intensity) * weights, rcond=None)
    if rank < powers or found[1] >= 0:
        return None
    misfit = float(((design @ found - np.log(intensity) * weights) ** 2).sum()) / max(q.size - powers, 1)
    spread = math.sqrt(max(misfit, 1.0) * float(np.linalg.inv(design.T @ design)[1, 1]))
    radius = math.sqrt(-3 * float(found[1]) / scale)
    return Guinier(radius, 1.5 / radius * spread / scale, math.exp(float(found[0])), q.size, float(q[-1]))


def invariant(q: Array, intensity: Array, error: Array, *, background: float = 0.0) -> Invariant:
    """The invariant of a curve.

    Parameters
    ----------
    q : ndarray, shape (m,)
        [nm-1], rising.
    intensity, error : ndarray, shape (m,)
        In the [unit] of the intensity.
    background : float
        Constant that is taken off, in the same [unit].

    Returns
    -------
    Invariant

    Raises
    ------
    CoverageError
        Fewer than four different Q.
    """
    if np.unique(q).size < _FEWEST:
        raise CoverageError("The invariant, in different Q,", _FEWEST, int(np.unique(q).size))
    clean = intensity - background
    weights = np.gradient(q)
    data = float(np.trapezoid(q**2 * clean, q))
    stderr = math.sqrt(float(((weights * q**2 * error) ** 2).sum()))
    law = guinier(q, clean, error)
    low = _guinier_tail(law, float(q[0])) if law else float(clean[0] * q[0] ** 3 / 3)
    last, end = (slice(-min(count, q.size), None) for count in (_OF_TAIL, _OF_CONSTANT))
    constant = float(np.average(clean[end] * q[end] ** 4, weights=(error[end] * q[end] ** 4) ** -2.0))
    return Invariant(data, stderr, max(low, 0.0), max(constant, 0.0) / float(q[-1]), _slope(q[last], clean[last], error[last]))


def _guinier_tail(law: Guinier, end: float) -> float:
    """Integral of Q^2 I0 exp(-Q^2 R_g^2 / 3) from 0 to an end."""
    alpha = law.radius**2 / 3
    root = math.sqrt(alpha)
    whole = math.sqrt(math.pi) * float(erf(root * end)) / (4 * alpha * root) - end * math.exp(-alpha * end**2) / (2 * alpha)
    return law.zero_angle * whole


def _slope(q: Array, intensity: Array, error: Array) -> float:
    """The slope d ln I / d ln Q by weighted least squares; NaN where an intensity is not positive."""
    if (intensity <= 0).any() or np.unique(q).size < 2:
        return math.nan
    return float(np.polyfit(np.log(q), np.log(intensity), 1, w=intensity / error)[0])
