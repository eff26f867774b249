"""Columns as a reader found them to a measurement: canonical types, source, technique."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dualion.columns import DIRECTIONS, column
from dualion.errors import ReadError
from dualion.readers.format import Given
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement, Source
from dualion.records.quantity import Flag, Quantity


def measured(
    given: Given,
    columns: Mapping[str, Any] | pl.DataFrame,
    *,
    technique: str,
    reader: str,
    version: int = 1,
    conditions: Mapping[str, Quantity | str] | None = None,
    flags: Sequence[Flag] = (),
    cell: CellRecord | None = None,
    region: str = "",
) -> Measurement:
    """A measurement from the columns a reader found.

    Parameters
    ----------
    given : Given
    columns : mapping of str to array or list, or polars.DataFrame, shape (n,) each
        By canonical name, in canonical units; numbers of any kind, text as strings or enumerations.
    technique : str
        One of ``records.measurement.TECHNIQUES``.
    reader : str
        Name of the format.
    version : int
        [1] of the reader.
    conditions, flags, cell
        What else the file says.
    region : str
        Which part of the file it is, where it has several.

    Returns
    -------
    Measurement

    Raises
    ------
    ReadError
        There are no rows.
    """
    frame = columns if isinstance(columns, pl.DataFrame) else pl.DataFrame(dict(columns))
    if frame.height == 0:
        raise ReadError(given.name, "end of file", "the file holds no rows of data", "Export the measurement anew.")
    table = frame.select(_canonical(frame[name]) for name in frame.columns)
    source = Source(given.name, given.sha256, reader, version)
    return Measurement(technique, table, dict(conditions or {}), "", source, flags=tuple(flags), cell=cell or CellRecord(), region=region)


def _canonical(series: pl.Series) -> pl.Series:
    """A column with the type of its kind."""
    kind = column(series.name).kind
    if kind == "number":
        return series.cast(pl.Float64)
    if kind == "counter":
        return series.cast(pl.Int64)
    if series.name == "direction":
        return series.cast(pl.Enum(DIRECTIONS))
    if isinstance(series.dtype, pl.Enum):
        return series
    words = series.cast(pl.String)
    return words.cast(pl.Enum(sorted(words.drop_nulls().unique().to_list())))
