"""Regions of a photoelectron spectrum: which is which, by name or by energy, and where carbon stands.

A region is known by the element and shell in its name ("N1s Scan", "N 1s"). Where no region has the name, the narrowest one that holds the
whole window is taken, so that a survey serves only where there is nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dualion.numerics.photoemission.backgrounds import linear

Array = NDArray[np.float64]

_SHELL = re.compile(r"\b([A-Z][a-z]?) ?([1-7][spdf])(?![a-z0-9])")
_WITHIN = 0.5  # [eV] by which a region may miss the ends of a window
#: [eV] in which C 1s is sought for the charge reference.
CARBON = (278.0, 294.0)
_TOP = 0.7  # of the height of a peak, above which a parabola is fitted
_LEAST = 5  # rows of a parabola with an error


@dataclass(frozen=True, slots=True)
class Region:
    """Intensities of one region.

    Parameters
    ----------
    name : str
        As the file has it.
    shell : str
        Such as ``"N 1s"``; empty where the name has none.
    energy : ndarray, shape (n,)
        [eV] binding energy, rising.
    rate : ndarray, shape (n,)
        In ``unit``.
    unit : str
        ``"Hz"``, or ``"1"`` for counts and arbitrary intensities.
    transmission : float or None
        [1] of the analyser.
    dropped : int
        [1] rows that were not finite.
    """

    name: str
    shell: str
    energy: Array
    rate: Array
    unit: str
    transmission: float | None = None
    dropped: int = 0

    def within(self, low: float, high: float) -> Region:
        """The part between two energies [eV]."""
        kept = (self.energy >= low) & (self.energy <= high)
        return replace(self, energy=self.energy[kept], rate=self.rate[kept])

    def shifted(self, by: float) -> Region:
        """The same with energies moved [eV]."""
        return replace(self, energy=self.energy + by)


def shell_of(name: str) -> str:
    """Element and shell in a name.

    Examples
    --------
    >>> shell_of("N1s Scan"), shell_of("Zn 2p"), shell_of("Survey")
    ('N 1s', 'Zn 2p', '')
    """
    found = _SHELL.search(name)
    return f"{found[1]} {found[2]}" if found else ""


def region(name: str, energy: Array, rate: Array, *, unit: str, transmission: float | None = None) -> Region:
    """A region with its rows in order; rows that are not finite are dropped and counted, rows of one energy averaged.

    Parameters
    ----------
    name : str
    energy, rate : ndarray, shape (n,)
        [eV] and in ``unit``.
    unit : str
    transmission : float or None
        [1]
    """
    sure = np.isfinite(energy) & np.isfinite(rate)
    places, inverse = np.unique(energy[sure], return_inverse=True)
    sums = np.bincount(inverse, weights=rate[sure], minlength=places.size)
    counts = np.maximum(np.bincount(inverse, minlength=places.size), 1)
    return Region(name, shell_of(name), places, sums / counts, unit, transmission, int((~sure).sum()))


def chosen(regions: Sequence[Region], shell: str, window: tuple[float, float]) -> list[int]:
    """Places of the regions of a shell: those of its name, else the narrowest that holds the window.

    Parameters
    ----------
    regions : sequence of Region
    shell : str
    window : tuple of two floats
        [eV]
    """
    named = [k for k, one in enumerate(regions) if one.shell == shell]
    if named:
        return named
    holding = [
        k
        for k, one in enumerate(regions)
        if not one.shell and one.energy.size and one.energy[0] <= window[0] + _WITHIN and one.energy[-1] >= window[1] - _WITHIN
    ]
    return sorted(holding, key=lambda k: float(np.ptp(regions[k].energy)))[:1]


def top_of(energy: Array, rate: Array) -> tuple[float, float] | None:
    """Position [eV] of the highest peak, by a parabola through its top, and its standard error [eV]; None where there is none.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV] rising.
    rate : ndarray, shape (n,)
        In any [unit].
    """
    if energy.size < _LEAST:
        return None
    above = rate - linear(energy, rate[None])[0]
    peak = int(np.argmax(above))
    noise = float(np.median(np.abs(np.diff(rate, 2))))
    if not above[peak] > 3 * noise:
        return None
    low, high = peak, peak
    while low > 0 and above[low - 1] >= _TOP * above[peak]:
        low -= 1
    while high < energy.size - 1 and above[high + 1] >= _TOP * above[peak]:
        high += 1
    missing = max(_LEAST - (high - low + 1), 0)
    low, high = max(low - (missing + 1) // 2, 0), min(high + (missing + 1) // 2, energy.size - 1)
    x = energy[low : high + 1] - energy[peak]
    if x.size < _LEAST or peak in (0, energy.size - 1):
        return None
    design = np.column_stack([x**2, x, np.ones_like(x)])
    (a, b, _), *_ = np.linalg.lstsq(design, above[low : high + 1], rcond=None)
    if not a < 0:
        return None
    residual = above[low : high + 1] - design @ np.linalg.lstsq(design, above[low : high + 1], rcond=None)[0]
    variance = float((residual**2).sum()) / (x.size - 3)
    covariance = variance * np.linalg.inv(design.T @ design)
    gradient = np.array([b / (2 * a * a), -1 / (2 * a), 0.0])
    return float(energy[peak] - b / (2 * a)), float(np.sqrt(gradient @ covariance @ gradient))
