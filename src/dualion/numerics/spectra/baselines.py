"""Baselines below the peaks of a spectrum.

    linear    a straight line, fitted together with the peaks: peaks with broad wings leave no points that are baseline alone
    asls      asymmetric least squares (Eilers 2003): minimise sum w (y - z)^2 + lam sum (D^2 z)^2, points above z weigh p
    arpls     the same with weights that follow the noise below the baseline (Baek et al. 2015)
    snip      the least of a point and the mean of its neighbours, in windows that shrink (Ryan et al. 1988)

The last three are those of pybaselines. Their stiffness counts points, not cm-1: lam goes with the fourth power of the number of points
that a feature spans. So lam and the half-window are given here for a step of 2.5 cm-1 and brought to the step of the spectrum; the same
spectrum, sampled twice as finely, has nearly the same baseline.

References: eilers2003, baek2015, ryan1988.
"""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np

from dualion.errors import CoverageError
from dualion.numerics.spectra.terms import Array

Baseline = Literal["linear", "asls", "arpls", "snip"]
#: All baselines, in the order of the standard grid.
BASELINES: tuple[Baseline, ...] = ("linear", "asls", "arpls", "snip")

#: Step [cm-1] for which the numbers below hold.
STEP = 2.5
#: Stiffness [1] of asls and arpls and weight [1] of points above the baseline, as the library has them by default; half-window [cm-1] of
#: snip, wider than half a band and narrower than the distance from D to G.
ASLS_STIFFNESS, ASLS_WEIGHT, ARPLS_STIFFNESS, SNIP_HALF_WINDOW = 1e6, 0.01, 1e5, 100.0
_FEWEST = 16
_FOURTH = 4  # power of the number of points, of a penalty on second differences


def baseline_of(x: Array, y: Array, name: Baseline) -> Array | None:
    """The baseline of a spectrum.

    Parameters
    ----------
    x : ndarray, shape (n,)
        [cm-1] rising.
    y : ndarray, shape (n,)
        In any [unit].
    name : {"linear", "asls", "arpls", "snip"}

    Returns
    -------
    ndarray, shape (n,), or None
        In the unit of y; None for the straight line, which is a term of the fit.

    Raises
    ------
    CoverageError
        Too few points.
    """
    if x.size < _FEWEST:
        raise CoverageError(f"A baseline ({name}), in points,", _FEWEST, int(x.size))
    if name == "linear":
        return None
    finer = STEP / (float(x[-1] - x[0]) / (x.size - 1))
    level = float(np.median(y))
    scale = float(np.abs(y - level).max()) or 1.0
    scaled = (y - level) / scale
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of data without noise, whose baseline touches them
        found = _found(scaled, name, finer)
    return np.asarray(level + scale * found, dtype=float)


def _found(scaled: Array, name: Baseline, finer: float) -> Array:
    """A baseline of pybaselines for a spectrum that has so many times the points of the reference step [1]."""
    from pybaselines import smooth, whittaker

    if name == "asls":
        return np.asarray(whittaker.asls(scaled, lam=ASLS_STIFFNESS * finer**_FOURTH, p=ASLS_WEIGHT)[0])
    if name == "arpls":
        return np.asarray(whittaker.arpls(scaled, lam=ARPLS_STIFFNESS * finer**_FOURTH)[0])
    window = max(1, min(round(SNIP_HALF_WINDOW / STEP * finer), (scaled.size - 1) // 2))
    return np.asarray(smooth.snip(scaled, max_half_window=window, decreasing=True)[0])
