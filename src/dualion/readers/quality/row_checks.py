"""Checks of the rows: numbers that are none, time that runs backwards or jumps, rows twice or not at all, columns that never change."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from dualion.numerics.cycling.row_quality import Mask, missing, reversals
from dualion.readers.quality.checked_rows import NUMBERS, STEPS, Seen, note, warning
from dualion.records.quantity import Flag

#: A gap is longer than this many times the 99th percentile of the steps of time [1], and than this [s].
GAP_FACTOR, LEAST_GAP = 20.0, 60.0
_LONG_STEP = 0.99
#: Rows that stand for all in a percentile.
_SAMPLED = 8192
#: Rows from which a column that never changes is worth a word.
_LEAST_ROWS = 3


def missing_values(table: pl.DataFrame, whole: Mask | None) -> Iterator[Flag]:
    """Rows that hold no number.

    Parameters
    ----------
    table : polars.DataFrame, n rows
    whole : ndarray of bool, shape (n,), or None
        [1] its rows that hold numbers; None where all do.
    """
    if whole is not None:
        bad = np.flatnonzero(~whole)
        names = [name for name in NUMBERS if name in table.columns and not np.isfinite(table[name].to_numpy()).all()]
        yield warning(
            "missing_values",
            f"{bad.size} of {table.height} rows hold no number in {', '.join(names)}, the first in row {int(bad[0]) + 1}. "
            'The repair "drop_missing" leaves them out.',
        )
    others = [series.name for series in table.get_columns() if series.dtype == pl.Float64 and series.name not in NUMBERS]
    damaged = [name for name in others if not table[name].drop_nulls().is_finite().all()]
    if damaged:
        yield warning("missing_values", f"{', '.join(damaged)}: not every value is a finite number. No repair exists.")


def _time_reversed(seen: Seen) -> Iterator[Flag]:
    time = seen.number("test_time_second")
    if time is None:
        return
    found = reversals(time)
    if found.rows.size == 0:
        return
    kinds = (
        (found.stray, 'one wrong row each, which "mend_time" sets between its neighbours'),
        (found.restart, 'where the clock began anew, which "unwrap_time" adds up'),
        (found.disorder, 'where rows are out of order, which "sort_time" sorts'),
    )
    named = "; ".join(f"{int(kind.sum())} {text}" for kind, text in kinds if kind.any())
    first = int(found.rows[0])
    yield warning(
        "time_reversed",
        f"time runs backwards {found.rows.size} times in {time.size} rows, first in row {seen.row(first)} "
        f"({time[first - 1]:.2f} s to {time[first]:.2f} s); the largest jump there is {found.largest:+.2f} s. "
        f"Nothing was sorted. Repairs: {named}.",
    )


def _time_gap(seen: Seen) -> Iterator[Flag]:
    time = seen.number("test_time_second")
    if time is None:
        return
    steps = np.diff(time)
    if float(steps.max()) <= LEAST_GAP:
        return
    sampled = steps[:: 1 + steps.size // _SAMPLED]
    limit = max(LEAST_GAP, GAP_FACTOR * float(np.quantile(sampled, _LONG_STEP)))
    long = steps > limit
    long[1:] &= steps[:-1] >= 0  # the way back from a row that is earlier than the one above it is no gap
    places = np.flatnonzero(long)
    if places.size:
        widest = int(places[np.argmax(steps[places])])
        yield note(
            "time_gap",
            f"{places.size} gaps longer than {limit:.0f} s, the first above row {seen.row(int(places[0]) + 1)}; the longest is "
            f"{steps[widest]:.0f} s above row {seen.row(widest + 1)}. No repair exists: the rows are not in the file.",
        )


def _duplicate_rows(seen: Seen) -> Iterator[Flag]:
    twice = duplicates(seen.table)
    if twice.any():
        yield warning(
            "duplicate_rows",
            f"{int(twice.sum())} of {twice.size} rows stand there twice, the first in row {seen.row(int(np.argmax(twice)))}. "
            'The repair "drop_duplicates" keeps the first of each.',
        )


def duplicates(table: pl.DataFrame) -> Mask:
    """Rows that repeat an earlier one: the same counter of rows and the same numbers; without a counter, those of the row above.

    Parameters
    ----------
    table : polars.DataFrame, n rows

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    names = [name for name in (*NUMBERS, *STEPS) if name in table.columns]
    if "record_index" in table.columns:
        index = table["record_index"]
        if index.null_count() == 0 and bool((np.diff(index.to_numpy()) > 0).all()):
            return np.zeros(table.height, dtype=bool)
        return ~table.select(pl.struct("record_index", *names).is_first_distinct()).to_series().to_numpy()
    same = np.zeros(table.height, dtype=bool)
    if names and table.height > 1:
        same[1:] = True
        for name in names:
            values = table[name].to_numpy()
            same[1:] &= values[1:] == values[:-1]
            if not same.any():
                break
    return same


def _missing_rows(seen: Seen) -> Iterator[Flag]:
    table = seen.measured.table
    if "record_index" not in table.columns or table["record_index"].null_count():
        return
    count, first = missing(table["record_index"].to_numpy())
    if count:
        yield warning(
            "missing_rows",
            f"the counter of rows leaves out {count} numbers beside {table.height} rows, the first above row {first + 1}. "
            "No repair exists: the rows are not in the file.",
        )


def _constant_column(seen: Seen) -> Iterator[Flag]:
    if seen.table.height < _LEAST_ROWS:
        return
    for name in NUMBERS:
        values = seen.number(name)
        if values is None or values[0] != values[-1] or (name == "current_ampere" and values[0] != 0):
            continue  # a constant current other than 0 is what a cycler is for
        if (values == values[0]).all():
            yield note("constant_column", f"{name} is {values[0]:g} in all {values.size} rows. No repair exists.")


#: In the order of their flags.
CHECKS = (_time_reversed, _time_gap, _duplicate_rows, _missing_rows, _constant_column)
