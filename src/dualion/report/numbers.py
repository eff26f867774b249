"""The numbers of a figure as tables: one for each panel, one group of rows for each series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dualion.figures.labels import axis_label, plain_number, significant
from dualion.records import Axis, Figure, Panel, Series
from dualion.report.marks import origin_text

#: A curve of more points is shown at so many of them, its ends included; the files hold all.
MOST_ROWS = 21


@dataclass(frozen=True, slots=True)
class NumberRows:
    """One series: its name with its origin, and its rows; the first cell of a row is its heading."""

    name: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class NumberTable:
    """The numbers of one panel."""

    caption: str
    columns: tuple[str, ...]
    groups: tuple[NumberRows, ...]


def number_tables(figure: Figure) -> tuple[NumberTable, ...]:
    """Tables with the numbers of a figure.

    Parameters
    ----------
    figure : Figure

    Returns
    -------
    tuple of NumberTable
        In the order of the panels.
    """
    many = len(figure.panels) > 1
    return tuple(_table(figure, panel, chr(ord("a") + number) if many else "") for number, panel in enumerate(figure.panels))


def _table(figure: Figure, panel: Panel, letter: str) -> NumberTable:
    extra = [
        title
        for title, present in (
            ("half-width of the 95 % interval", any(series.y_error is not None and series.y_error_low is None for series in panel.series)),
            ("interval reaches below", any(series.y_error_low is not None for series in panel.series)),
            ("interval reaches above", any(series.y_error_low is not None for series in panel.series)),
            ("upper edge", any(series.y_upper is not None for series in panel.series)),
            ("label", any(series.labels is not None for series in panel.series)),
        )
        if present
    ]
    name = f"Numbers of “{figure.title}”" + (f", panel {letter}" if letter else "") + (f": {panel.title}" if panel.title else "")
    columns = (axis_label(panel.x.quantity or "Place", panel.x.unit), axis_label(panel.y.quantity or "Place", panel.y.unit), *extra)
    groups = tuple(
        NumberRows(f"{series.name}: {origin_text(series.origin)}{_shown(series)}", _rows(panel, series, extra))
        for series in panel.series
        if series.x
    )
    return NumberTable(name, columns, groups)


def _shown(series: Series) -> str:
    return f" ({MOST_ROWS} of {len(series.x)} points)" if len(series.x) > MOST_ROWS else ""


def _rows(panel: Panel, series: Series, extra: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    found = []
    for index in _chosen(len(series.x)):
        row = [_text(panel.x, series.x[index]), _text(panel.y, series.y[index])]
        row += [_extra(series, title, index) for title in extra]
        found.append(tuple(row))
    return tuple(found)


def _extra(series: Series, title: str, index: int) -> str:
    """What a series says of one point under a further heading; empty where it says nothing."""
    sided = series.y_error_low is not None
    numbers = {
        "half": None if sided else series.y_error,
        "interval reaches below": series.y_error_low,
        "interval reaches above": series.y_error if sided else None,
        "upper": series.y_upper,
    }
    for beginning, values in numbers.items():
        if title.startswith(beginning):
            return "" if values is None else significant(values[index], 4 if beginning == "upper" else 3)
    return series.labels[index] if series.labels is not None else ""


def _chosen(count: int) -> list[int]:
    if count <= MOST_ROWS:
        return list(range(count))
    return [round(step * (count - 1) / (MOST_ROWS - 1)) for step in range(MOST_ROWS)]


def _text(axis: Axis, value: float) -> str:
    if axis.categories is not None and 0 <= round(value) < len(axis.categories):
        return axis.categories[round(value)]
    return plain_number(value) if value == int(value) and abs(value) < 1e6 else significant(value)
