"""From chi(k) to |chi(R)|: the transform, the highest peak, what the noise makes of its position, and how far in k there is a signal.

    F(R) = (dk / sqrt(pi)) sum_j chi_j k_j^w W_j exp(2 i k_j R)

R is not corrected for the phase shifts of the atoms: a distance is larger by 0.4 to 0.5 angstrom. The noise s of chi follows from |F|
where no atoms are seen, R from 15 to 25 angstrom (Newville, Boyanov & Sayers 1999): white noise gives
<|F|^2> = (dk^2 / pi) s^2 sum (k^w W)^2 at every R. To first order in it, the maximum of M = |F|^2 at R0 moves by
dR = -dM'(R0) / M''(R0), so that u(R0) = s |gradient|.

The signal ends where the root mean square of chi about k, freed of the noise, falls below the noise.

References: Newville et al. 1993; Newville, Boyanov & Sayers 1999.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.numerics.absorption_edge.edges import vertex

Array = NDArray[np.float64]

#: [angstrom] where no shell is seen, and the step at which the transform is looked at.
NOISE_RANGE, _NOISE_STEP = (15.0, 25.0), 0.1
#: [angstrom-1] half of the range over which chi is averaged: about one oscillation of a first shell.
_HALF_RANGE = 0.75


@dataclass(frozen=True, slots=True)
class Shell:
    """The highest peak of |chi(R)| in a range.

    Parameters
    ----------
    position : float
        [angstrom], without phase correction.
    height : float
        Of |chi(R)|, in the power of the [unit] that the weight of k makes of it.
    """

    position: float
    height: float


def transform(k: Array, weighted: Array, r: Array) -> NDArray[np.complex128]:
    """The transform at given distances.

    Parameters
    ----------
    k : ndarray, shape (n,)
        [angstrom-1], evenly spaced.
    weighted : ndarray, shape (n,)
        chi k^w W, in any [unit].
    r : ndarray, shape (m,)
        [angstrom]

    Returns
    -------
    ndarray of complex, shape (m,)
    """
    step = float(k[1] - k[0]) / math.sqrt(math.pi)
    return np.asarray(step * np.exp(2j * np.outer(r, k)) @ weighted)


def highest(r: Array, magnitude: Array, within: tuple[float, float]) -> Shell | None:
    """The highest maximum inside a range; None where the magnitude has none there.

    Parameters
    ----------
    r : ndarray, shape (n,)
        [angstrom], rising.
    magnitude : ndarray, shape (n,)
        In any [unit].
    within : tuple of two floats
        [angstrom]
    """
    inner = np.arange(1, r.size - 1)
    top = (magnitude[inner] > magnitude[inner - 1]) & (magnitude[inner] >= magnitude[inner + 1])
    found = inner[top & (r[inner] >= within[0]) & (r[inner] <= within[1])]
    if not found.size:
        return None
    at = int(found[np.argmax(magnitude[found])])
    return Shell(*vertex(r[at - 1 : at + 2], magnitude[at - 1 : at + 2]))


def noise_of(k: Array, chi: Array, *, weight: float, window: Array) -> float:
    """Standard deviation [1] of a sample of chi, from distances at which no atom is seen.

    Parameters
    ----------
    k : ndarray, shape (n,)
        [angstrom-1]
    chi : ndarray, shape (n,)
        [1]
    weight : float
        Power [1] of k.
    window : ndarray, shape (n,)
        [1]
    """
    factors = k**weight * window
    r = np.arange(*NOISE_RANGE, _NOISE_STEP)
    power = float((np.abs(transform(k, chi * factors, r)) ** 2).mean())
    spread = float((factors**2).sum()) * float(k[1] - k[0]) ** 2 / math.pi
    return math.sqrt(power / spread) if spread > 0 else 0.0


def position_stderr(k: Array, chi: Array, *, weight: float, window: Array, position: float, noise: float) -> float | None:
    """Standard error [angstrom] of the position of a peak from the noise of chi; None where it is no maximum.

    Parameters
    ----------
    k : ndarray, shape (n,)
        [angstrom-1]
    chi : ndarray, shape (n,)
        [1]
    weight : float
        Power [1] of k.
    window : ndarray, shape (n,)
        [1]
    position : float
        [angstrom]
    noise : float
        [1] of a sample of chi.
    """
    factors = k**weight * window * np.exp(2j * k * position)
    f, first, second = (complex(((2j * k) ** order * factors) @ chi) for order in range(3))
    curvature = 2 * (abs(first) ** 2 + (f.conjugate() * second).real)
    if not curvature < 0:
        return None
    gradient = -2 * (np.conj(factors) * first + f.conjugate() * 2j * k * factors).real / curvature
    return noise * float(np.linalg.norm(gradient))


def end_of_signal(k: Array, chi: Array, *, noise: float, start: float) -> float:
    """The k [angstrom-1] at which the signal falls below the noise; the last k where it does not.

    Parameters
    ----------
    k : ndarray, shape (n,)
        [angstrom-1], evenly spaced.
    chi : ndarray, shape (n,)
        [1]
    noise : float
        [1]
    start : float
        [angstrom-1] below which is not looked.
    """
    count = max(round(2 * _HALF_RANGE / float(k[1] - k[0])), 1)
    kernel = np.ones(count)
    mean = np.convolve(chi**2, kernel, mode="same") / np.convolve(np.ones_like(chi), kernel, mode="same")
    below = np.flatnonzero((mean < 2 * noise**2) & (k >= start))
    return float(k[below[0]]) if below.size else float(k[-1])
