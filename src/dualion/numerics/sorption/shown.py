"""Curves and tables of the analysis of an isotherm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.numerics.arrays import curve_from
from dualion.numerics.sorption.bet import Bet
from dualion.numerics.sorption.branches import Branch
from dualion.numerics.sorption.gases import AREA_OF_MONOLAYER
from dualion.numerics.sorption.tplot import AREA_OF_SLOPE, Line
from dualion.records.figure import Axis
from dualion.records.measurement import Curve, Measurement
from dualion.records.quantity import Quantity

Array = NDArray[np.float64]

X_AXIS, N_AXIS = Axis("Relative pressure p/p0", "1"), Axis("Loading", "mmol/g")
_BET_AXIS = Axis("x / (n (1 - x))", "g/mmol")
_T_AXIS, _V_AXIS = Axis("Thickness t", "nm"), Axis("Volume of liquid", "cm3/g")
_BEYOND = 2.0  # times the upper limit of t that a t-plot shows


def bet_curves(given: Branch, line: Bet) -> dict[str, Curve]:
    """``bet_plot``, the points of the window, and ``bet_line``.

    Parameters
    ----------
    given : Branch
    line : Bet
    """
    x, n = given.x[line.begin : line.end], given.loading[line.begin : line.end]
    level, slope = 1 / (line.monolayer * line.c), (line.c - 1) / (line.monolayer * line.c)
    ends = np.array([line.low, line.high])
    points = curve_from(X_AXIS, _BET_AXIS, x, np.asarray(x / (n * (1 - x))))
    return {"bet_plot": points, "bet_line": curve_from(X_AXIS, _BET_AXIS, ends, np.asarray(level + slope * ends))}


def t_curves(given: Branch, t: Array, line: Line, limits: tuple[float, float]) -> dict[str, Curve]:
    """``t_plot``, the points up to twice the upper limit, and ``t_line``, drawn on to its intercept.

    Parameters
    ----------
    given : Branch
    t : ndarray, shape (n,)
        [nm]
    line : Line
    limits : tuple of two floats
        [nm]
    """
    near = t <= _BEYOND * limits[1]
    ends = np.array([0.0, limits[1]])
    fitted = np.asarray(line.volume + line.area / AREA_OF_SLOPE * ends)
    return {"t_plot": curve_from(_T_AXIS, _V_AXIS, t[near], given.volume[near]), "t_line": curve_from(_T_AXIS, _V_AXIS, ends, fitted)}


def vendor_table(measured: Measurement) -> pl.DataFrame:
    """What the report of the instrument prints: kept with its source, and never used."""
    printed = ((name, one) for name, one in measured.conditions.items() if name.startswith("vendor_") and isinstance(one, Quantity))
    rows = [(name, one.value, one.unit, one.rule) for name, one in printed]
    schema = {"name": pl.String, "printed": pl.Float64, "unit": pl.String, "source": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def window_table(windows: Sequence[Bet], sigma: float) -> pl.DataFrame:
    """One row for each admissible window.

    Parameters
    ----------
    windows : sequence of Bet
    sigma : float
        [nm2] of a molecule.
    """
    columns: Mapping[str, list[float]] = {
        "relative_pressure_low": [one.low for one in windows],
        "relative_pressure_high": [one.high for one in windows],
        "bet_area [m2/g]": [one.monolayer * sigma * AREA_OF_MONOLAYER for one in windows],
        "c": [one.c for one in windows],
        "correlation": [one.correlation for one in windows],
    }
    points = pl.Series("points", [one.points for one in windows], dtype=pl.Int64)
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float64)).with_columns(points)
