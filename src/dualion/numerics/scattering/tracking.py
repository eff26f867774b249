"""One number of a scattering curve, followed over the frames of a series.

``closed_pore_parameter`` is B a of the model m1 with n = 4; ``intensity_at_Q``, with Q in nm-1 such as ``intensity_at_1.5``, is the
intensity there by a parabola of ln I in ln Q through the points within 15 % of Q. Errors of the points are not part of a frame: a common
share of the intensity is assumed, and its size taken from the residuals.
"""

from __future__ import annotations

import math
import re

import numpy as np

from dualion.errors import CoverageError, FitError, SpecError
from dualion.numerics.scattering.curve_fit import fit_curve
from dualion.numerics.scattering.laws import Array
from dualion.numerics.scattering.models import build
from dualion.numerics.series.frame import FrameFit

#: Quantities that can be followed; Q stands for a number.
QUANTITIES = ("closed_pore_parameter", "intensity_at_Q")
_AT = re.compile(r"intensity_at_(\d+(?:\.\d+)?)$")
_NEAR = 0.15  # of Q
_TERMS = 3
_SHARE = 0.03  # [1] assumed error over the intensity; only its shape matters
_NOTHING = FrameFit(math.nan, math.nan)


def track(x: Array, y: Array, *, quantity: str = "closed_pore_parameter", seed: tuple[float, ...] = ()) -> FrameFit:
    """The quantity in one frame.

    Parameters
    ----------
    x : ndarray, shape (m,)
        Q [nm-1].
    y : ndarray, shape (m,)
        Intensity, in [cm-1] or arbitrary.
    quantity : str
        One of ``QUANTITIES``.
    seed : tuple of float
        Parameters [1] of the frame before, in their own units.

    Returns
    -------
    FrameFit
        In cm-1 nm-3 or cm-1, or in the arbitrary unit; NaN where the frame has too few points or no fit.

    Raises
    ------
    SpecError
        The quantity is not known.
    """
    at = _AT.match(quantity)
    if at is None and quantity != QUANTITIES[0]:
        raise SpecError(f'quantity: "{quantity}" is not followed in scattering. Write {QUANTITIES[0]}, or intensity_at_1.5 with Q in nm-1.')
    good = np.isfinite(x) & np.isfinite(y) & (x > 0) & (y > 0)
    q, intensity = x[good], y[good]
    order = np.argsort(q, kind="stable")
    q, intensity = q[order], intensity[order]
    return _intensity(q, intensity, float(at[1])) if at else _closed_pore_parameter(q, intensity, seed)


def _closed_pore_parameter(q: Array, intensity: Array, seed: tuple[float, ...]) -> FrameFit:
    if not q.size:
        return _NOTHING
    model = build("m1", q)
    begin = np.array(seed) if len(seed) == len(model.parameters) else None
    try:
        fit = fit_curve(model, q, intensity, _SHARE * intensity, stated=False, begin=begin)
    except (CoverageError, FitError):
        return _NOTHING
    product, stderr = fit.of_product("B", "a")
    return FrameFit(product, math.nan if stderr is None else stderr, tuple(float(one) for one in fit.values))


def _intensity(q: Array, intensity: Array, at: float) -> FrameFit:
    near = np.abs(q / at - 1) <= _NEAR if at > 0 else np.zeros(q.size, dtype=bool)
    if np.unique(q[near]).size <= _TERMS or not q[near].min() <= at <= q[near].max():
        return _NOTHING
    design = np.vander(np.log(q[near] / at), _TERMS, increasing=True)
    y = np.log(intensity[near])
    found, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    if rank < _TERMS:
        return _NOTHING
    variance = float(((y - design @ found) ** 2).sum()) / (y.size - _TERMS)
    value = math.exp(float(found[0]))
    return FrameFit(value, value * math.sqrt(variance * float(np.linalg.inv(design.T @ design)[0, 0])))
