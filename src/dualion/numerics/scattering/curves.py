"""From a table of canonical columns to the points of a curve that can be fitted: sorted, positive Q, finite, inside a window, with errors.

Errors are those of the table (``"stated"``), a share of the intensity (``"relative"``), or alike for all points (``"unit"``). Where the
table states none, or none for a point, the share is taken, and the factor common to all errors is found from the residuals.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import polars as pl

from dualion.errors import CoverageError, InputError
from dualion.numerics.scattering.laws import Array
from dualion.records.quantity import Flag

Weights = Literal["stated", "relative", "unit"]
WEIGHTS = ("stated", "relative", "unit")
Q, ABSOLUTE, ARBITRARY = "q_inverse_nanometre", "intensity_per_centimetre", "intensity_arbitrary"
#: Smallest error that an assumed share gives, over the median intensity: a point near zero is not exact.
_FLOOR = 1e-3


@dataclass(frozen=True, slots=True)
class ScatteringCurve:
    """Points of a curve.

    Parameters
    ----------
    q : ndarray, shape (m,)
        [nm-1], rising.
    intensity, error : ndarray, shape (m,)
        In [cm-1] where ``absolute``, else on an arbitrary scale [1].
    stated : bool
        Whether the errors come from the table.
    absolute : bool
    flags : tuple of Flag
    """

    q: Array
    intensity: Array
    error: Array
    stated: bool
    absolute: bool
    flags: tuple[Flag, ...] = field(default=())

    @property
    def unit(self) -> str:
        """Of the intensity."""
        return "cm-1" if self.absolute else "1"

    def within(self, low: float, high: float) -> ScatteringCurve:
        """The points of a window.

        Parameters
        ----------
        low, high : float
            [nm-1], both included.
        """
        inside = (self.q >= low) & (self.q <= high)
        return replace(self, q=self.q[inside], intensity=self.intensity[inside], error=self.error[inside])


def curve_of(
    table: pl.DataFrame, *, where: str, absolute: bool | None = None, weights: Weights = "stated", relative_error: float = 0.03
) -> ScatteringCurve:
    """The points of a table that can be used.

    Parameters
    ----------
    table : polars.DataFrame
        With ``q_inverse_nanometre`` [nm-1], an intensity, and perhaps ``intensity_error``.
    where : str
        Name of its file.
    absolute : bool or None
        Whether the intensity is in cm-1; as its column says where None.
    weights : {"stated", "relative", "unit"}
    relative_error : float
        [1] assumed error over the intensity, where none is stated.

    Returns
    -------
    ScatteringCurve

    Raises
    ------
    InputError
        There is no intensity.
    CoverageError
        No row can be used.
    """
    name = next((one for one in (ABSOLUTE, ARBITRARY) if one in table.columns), None)
    if name is None:
        raise InputError(f"{where}: no column {ABSOLUTE} or {ARBITRARY}. Give a scattering curve.")
    q, intensity = (table[one].to_numpy().astype(float, copy=True) for one in (Q, name))
    error = table["intensity_error"].to_numpy().astype(float, copy=True) if "intensity_error" in table.columns else np.full(q.size, np.nan)
    finite = np.isfinite(q) & np.isfinite(intensity)
    used = finite & (q > 0)
    flags = []
    if not finite.all():
        flags.append(Flag("missing_values", "warning", f"{int((~finite).sum())} of {q.size} rows hold no number and were left out."))
    if (finite & ~used).any():
        flags.append(Flag("out_of_range", "warning", f"{int((finite & ~used).sum())} rows with q of zero or less were left out."))
    if not used.any():
        raise CoverageError(f"{where}: a scattering curve, in rows with positive q and a finite intensity,", 1, 0)
    order = np.argsort(q[used], kind="stable")
    q, intensity, error = q[used][order], intensity[used][order], error[used][order]
    known = np.isfinite(error) & (error > 0)
    stated = weights == "stated" and bool(known.all())
    if weights == "stated" and not stated:
        message = f"{int((~known).sum())} of {q.size} points have no error; {relative_error:.3g} of the intensity is assumed for all."
        flags.append(Flag("errors_assumed", "note", message))
    if not stated:
        error = _assumed(intensity, "relative" if weights == "stated" else weights, relative_error)
    return ScatteringCurve(q, intensity, error, stated, name == ABSOLUTE if absolute is None else absolute, tuple(flags))


def _assumed(intensity: Array, weights: Weights, share: float) -> Array:
    middle = float(np.median(np.abs(intensity))) or 1.0
    if weights == "unit":
        return np.full(intensity.size, share * middle)
    return np.maximum(share * np.abs(intensity), share * _FLOOR * middle)
