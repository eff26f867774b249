"""Backgrounds of inelastically scattered electrons, of many spectra of one window at once.

    Shirley     B(E) = b_low + (b_high - b_low) S(E) / S(E_high),   S(E) = integral of (y - B) from E_low to E        (iterated)
    linear      the straight line between both ends
    Tougaard    B(E) = b_low + lambda integral of K(E - E') (y - b_low) dE' over E' < E,   K(T) = T / ((C - T^2)^2 + D T^2)

E is the binding energy, and rises. The ends b_low and b_high are means over one electronvolt, so that the noise of a single row does
not tilt the background. The Tougaard background has the C and D of the file (of polymers and carbon, 551 eV2 and 436 eV2, where none are
given), and its lambda lets it meet the upper end. The active Shirley background is no curve that is taken off: it belongs to the model.

References: Shirley 1972; Proctor & Sherwood 1982; Tougaard 1997; Herrera-Gomez et al. 2014 (active Shirley).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: [eV] at each end whose mean is the level there.
END = 1.0
#: [eV2] C and D of the universal cross-section for polymers (Tougaard 1997).
POLYMER = (551.0, 436.0)
_ROUNDS = 60
_CLOSE = 1e-7  # of the height of the step, by which two rounds may differ


def ends(energy: Array, y: Array) -> tuple[Array, Array]:
    """Levels at the lower and the upper end.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV] rising.
    y : ndarray, shape (k, n)
        Intensities in any [unit].

    Returns
    -------
    tuple of two ndarrays, shape (k,)
    """
    low, high = energy <= energy[0] + END, energy >= energy[-1] - END
    return y[:, low].mean(axis=1), y[:, high].mean(axis=1)


def running(energy: Array, y: Array) -> Array:
    """Integral from the lowest energy, by trapezoids.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV] rising.
    y : ndarray, shape (..., n)
        In any [unit].

    Returns
    -------
    ndarray, shape (..., n)
    """
    found = np.zeros_like(y)
    np.cumsum(0.5 * (y[..., 1:] + y[..., :-1]) * np.diff(energy), axis=-1, out=found[..., 1:])
    return found


def linear(energy: Array, y: Array) -> Array:
    """The straight line between both ends; arguments and shapes as of ``shirley``.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV] rising.
    y : ndarray, shape (k, n)
        Intensities in any [unit].

    Returns
    -------
    ndarray, shape (k, n)
    """
    low, high = ends(energy, y)
    first = energy[energy <= energy[0] + END].mean()
    last = energy[energy >= energy[-1] - END].mean()
    return np.asarray(low[:, None] + (high - low)[:, None] * (energy - first) / (last - first))


def shirley(energy: Array, y: Array) -> Array:
    """The background of Shirley.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV] rising.
    y : ndarray, shape (k, n)
        Intensities in any [unit].

    Returns
    -------
    ndarray, shape (k, n)
        A straight line where nothing stands above the ends.
    """
    low, high = (level[:, None] for level in ends(energy, y))
    line = linear(energy, y)
    background = line
    for _ in range(_ROUNDS):
        share = running(energy, y - background)
        total = share[:, -1:]
        with np.errstate(divide="ignore", invalid="ignore"):
            new = np.where(total > 0, low + (high - low) * share / total, line)
        moved = np.abs(new - background).max(axis=1)
        background = new
        if np.all(moved <= _CLOSE * (np.abs(high - low)[:, 0] + np.ptp(y, axis=1))):
            break
    return background


def tougaard(energy: Array, y: Array, *, c: float = POLYMER[0], d: float = POLYMER[1]) -> Array:
    """The background of Tougaard, scaled to meet the upper end.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV] rising.
    y : ndarray, shape (k, n)
        Intensities in any [unit].
    c, d : float
        [eV2] of the cross-section.

    Returns
    -------
    ndarray, shape (k, n)
    """
    low, high = (level[:, None] for level in ends(energy, y))
    loss = np.clip(energy[:, None] - energy[None, :], 0, None)
    kernel = loss / ((c - loss**2) ** 2 + d * loss**2) * np.gradient(energy)
    scattered = (y - low) @ kernel.T
    top = scattered[:, energy >= energy[-1] - END].mean(axis=1)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(top > 0, low + (high - low) * scattered / top, linear(energy, y))
