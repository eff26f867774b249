"""From the columns of a table to arrays, and from arrays to the plain numbers of a curve."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.records.figure import Axis
from dualion.records.measurement import Curve

Array = NDArray[np.float64]


def numbers(frame: pl.DataFrame, name: str) -> Array:
    """A column, shape (n,), in its own unit; NaN where it is null."""
    return frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()


def plain(values: NDArray[Any]) -> tuple[float, ...]:
    """Numbers of an array, shape (n,), in its own unit."""
    return tuple(values.tolist())


def curve_from(x_axis: Axis, y_axis: Axis, x: NDArray[Any], y: NDArray[Any], y_stderr: NDArray[Any] | None = None) -> Curve:
    """A curve from arrays of shape (n,), in the units of the axes."""
    return Curve(x_axis, y_axis, plain(x), plain(y), None if y_stderr is None else plain(y_stderr))
