"""Laws of a scattering curve, each with its derivatives.

    power       A (Q / nm-1)^(-n)                                                           outer surface: n = 4 (Porod 1951)
    layers      b (Q / nm-1)^(-2)                                                           fluctuation of layers (Ruland 1971)
    dab         B a^4 / (1 + a^2 Q^2)^2                                                     Debye, Anderson & Brumberger 1957
    wave        B / [(k^2 + 1/xi^2)^2 + 2 (1/xi^2 - k^2) Q^2 + Q^4],   k = 2 pi / d         Teubner & Strey 1987
    unified     G exp(-Q^2 R_g^2 / 3) + K [erf(Q R_g / sqrt 6)^3 / (Q / nm-1)]^P            Beaucage 1995
    constant    D

Q in nm-1; amplitudes in the unit of the intensity, B in that unit times nm-4. The form of Teubner and Strey is 1 / (a2 + c1 Q^2 + c2 Q^4)
with B = 1 / c2; for d to infinity it becomes dab with a = xi.

Each function takes Q of shape (m,) and parameters of shape (..., p), and gives values of shape (..., m) and derivatives of shape (..., m,
p).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

Array = NDArray[np.float64]
#: Values and derivatives of a term.
Law = Callable[[Array, Array], tuple[Array, Array]]


def _parts(values: Array) -> tuple[Array, ...]:
    return tuple(values[..., at, None] for at in range(values.shape[-1]))


def power(q: Array, values: Array) -> tuple[Array, Array]:
    """A power law.

    Parameters
    ----------
    q : ndarray, shape (m,)
        [nm-1]
    values : ndarray, shape (..., 2)
        A in the [unit] of the intensity, and n [1].
    """
    amplitude, exponent = _parts(values)
    shape = q**-exponent
    return amplitude * shape, np.stack([shape, -amplitude * np.log(q) * shape], axis=-1)


def layers(q: Array, values: Array) -> tuple[Array, Array]:
    """Fluctuations of layers.

    Parameters
    ----------
    q : ndarray, shape (m,)
        [nm-1]
    values : ndarray, shape (..., 1)
        b in the [unit] of the intensity.
    """
    (amplitude,) = _parts(values)
    shape = np.broadcast_to(q**-2, (*values.shape[:-1], q.size))
    return amplitude * shape, shape[..., None]


def dab(q: Array, values: Array) -> tuple[Array, Array]:
    """Two phases with an exponential correlation function.

    Parameters
    ----------
    q : ndarray, shape (m,)
        [nm-1]
    values : ndarray, shape (..., 2)
        B in the [unit] of the intensity times nm-4, and a [nm].
    """
    amplitude, length = _parts(values)
    base = 1 + (length * q) ** 2
    shape = length**4 / base**2
    return amplitude * shape, np.stack([shape, 4 * amplitude * length**3 / base**3], axis=-1)


def wave(q: Array, values: Array) -> tuple[Array, Array]:
    """Two phases whose correlation oscillates with a period and decays.

    Parameters
    ----------
    q : ndarray, shape (m,)
        [nm-1]
    values : ndarray, shape (..., 3)
        B in the [unit] of the intensity times nm-4, d and xi [nm].
    """
    amplitude, period, decay = _parts(values)
    k, kappa = 2 * math.pi / period, 1 / decay
    total = k**2 + kappa**2
    base = total**2 + 2 * (kappa**2 - k**2) * q**2 + q**4
    by_k, by_kappa = 4 * k * (total - q**2), 4 * kappa * (total + q**2)
    intensity = amplitude / base
    slope = -intensity / base
    return intensity, np.stack([1 / base, slope * by_k * (-k / period), slope * by_kappa * (-(kappa**2))], axis=-1)


def unified(q: Array, values: Array) -> tuple[Array, Array]:
    """One structural level of the unified function.

    Parameters
    ----------
    q : ndarray, shape (m,)
        [nm-1]
    values : ndarray, shape (..., 4)
        G in the [unit] of the intensity, R_g [nm], K in the [unit] of the intensity, P [1].
    """
    knee, radius, amplitude, exponent = _parts(values)
    gauss = np.exp(-((q * radius) ** 2) / 3)
    at = q * radius / math.sqrt(6.0)
    cut = erf(at)
    base = cut**3 / q
    tail = base**exponent
    by_radius = -2 * q**2 * radius / 3 * knee * gauss
    by_radius = by_radius + amplitude * exponent * tail * 3 * (2 / math.sqrt(math.pi)) * np.exp(-(at**2)) / cut * q / math.sqrt(6.0)
    return knee * gauss + amplitude * tail, np.stack([gauss, by_radius, tail, amplitude * tail * np.log(base)], axis=-1)


def constant(q: Array, values: Array) -> tuple[Array, Array]:
    """A background that does not depend on Q.

    Parameters
    ----------
    q : ndarray, shape (m,)
        [nm-1]
    values : ndarray, shape (..., 1)
        D in the [unit] of the intensity.
    """
    ones = np.ones((*values.shape[:-1], q.size))
    return values * ones, ones[..., None]
