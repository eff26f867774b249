"""Times as clocks write them: ``02:03:04``, ``30:49:13.5``, ``1-02:03:04``, ``1 day 02:03:04``; and dates with a time of day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import Given
from dualion.readers.texts.decoding import MISSING

#: How a heading names this way of writing a time.
CLOCKS = ("h:min:s.ms", "h:min:s", "hh:mm:ss", "hh:mm:ss.ms", "h:mm:ss", "h:mm:ss.ms", "h:m:s.ms", "h:m:s")

_CLOCK = r"^(?:(?P<days>\d{1,6})(?:[-.]|\s*d(?:ays?)?,?\s*|\s+))?(?P<hours>\d{1,7}):(?P<minutes>\d{1,2}):(?P<seconds>\d{1,2}(?:\.\d*)?)$"
# a duration in a cell of a workbook, shown as a date: days since the end of 1899 (ECMA-376, 18.17.4.1: 29 February 1900 is counted)
_SERIAL = r"^(?P<date>(?:1899|19\d\d|20\d\d)-\d\d-\d\d)[ T](?P<time>\d\d:\d\d:\d\d(?:\.\d*)?)$"
_ZERO, _AFTER_LEAP = date(1899, 12, 31), date(1900, 3, 1)
_MOST = 60  # minutes of an hour, seconds of a minute
_DAY, _HOUR, _MINUTE = 86400.0, 3600.0, 60.0  # [s]
_AGAIN = 'Export times as "hh:mm:ss", or in seconds with the unit in the heading.'


def looks_like_clock(cells: pl.Series) -> bool:
    """Whether the first texts of a column are written as a clock writes them."""
    some = cells.drop_nulls().head(_MOST).str.strip_chars()
    return some.len() > 0 and bool(_with_days(some).str.contains(_CLOCK).all())


def seconds(given: Given, cells: pl.Series, *, where: Callable[[int], str]) -> pl.Series:
    """Texts of a clock as seconds.

    Parameters
    ----------
    given : Given
        For the message.
    cells : polars.Series of str, shape (n,)
    where : callable
        Position of the cell with an index.

    Returns
    -------
    polars.Series of float64, shape (n,)
        [s]; null where nothing is written.

    Raises
    ------
    ReadError
        Something else is written, or there are 60 minutes or seconds.
    """
    texts = _with_days(cells.fill_null("").str.strip_chars())
    groups = texts.str.extract_groups(_CLOCK).struct.unnest()
    days, hours, minutes, rest = (groups[name].cast(pl.Float64, strict=False) for name in ("days", "hours", "minutes", "seconds"))
    known = texts.str.to_lowercase().is_in(MISSING)
    good = (minutes < _MOST) & (rest < _MOST) & hours.is_not_null()
    wrong = np.flatnonzero(~(good.fill_null(value=False) | known).to_numpy())
    if wrong.size:
        row = int(wrong[0])
        raise ReadError(given.name, where(row), f'"{texts[row][:40]}" is not a time', _AGAIN)
    return days.fill_null(0.0) * _DAY + hours * _HOUR + minutes * _MINUTE + rest


def _with_days(texts: pl.Series) -> pl.Series:
    """Durations that a workbook shows as dates, as days and a time of day."""
    found = texts.str.contains(_SERIAL)
    if not found.any():
        return texts
    parts = texts.str.extract_groups(_SERIAL).struct.unnest()
    dates = parts["date"].str.to_date(strict=False)
    days = (dates - _ZERO).dt.total_days() + (dates >= _AFTER_LEAP).cast(pl.Int32)
    return texts.zip_with(~found, days.cast(pl.String) + "-" + parts["time"])
