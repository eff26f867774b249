"""Limits and ticks of an axis, decided before drawing so that margins fit the words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.ticker import MaxNLocator

from dualion.figures.labels import axis_label, plain_number, tick_texts
from dualion.figures.measure import text_width, wrapped
from dualion.figures.style import FONT_SIZE, LINE_HEIGHT, TICK_SIZE
from dualion.records import Axis, Panel

Direction = Literal["x", "y"]

_PADDING = 0.05  # [1] of the span, free at both ends of the data
_FROM_ZERO = 0.3  # [1] an axis starts at zero if its least value is below this share of its largest
_FEW = 9  # so many different values are their own ticks on a logarithmic axis
_TICK_GAP = 1.2  # [mm] between two tick labels
_TICK_EVERY: dict[Direction, float] = {"x": 13.0, "y": 9.0}  # [mm] of axis for one tick
_HALF_SLOT = 0.6  # [1] of a category's slot, free outside the first and the last
_ROTATION = 35.0  # [deg] of category names that do not fit side by side


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis with everything decided: limits, ticks and their texts, title, rotation [deg] of the texts."""

    axis: Axis
    low: float
    high: float
    ticks: tuple[float, ...]
    texts: tuple[str, ...]
    title: str
    rotation: float = 0.0

    def fraction(self, values: Sequence[float]) -> np.ndarray:
        """Place of values along the axis [1], 0 at its low end."""
        numbers = np.asarray(values, dtype=float)
        if self.axis.scale == "log":
            return np.asarray((np.log10(numbers) - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low)))
        return np.asarray((numbers - self.low) / (self.high - self.low))


def plan(panel: Panel, direction: Direction, *, length: float) -> Scale:
    """Scale of one axis of a panel.

    Parameters
    ----------
    panel : Panel
    direction : {"x", "y"}
    length : float
        [mm] of the axis.

    Returns
    -------
    Scale
    """
    axis = panel.x if direction == "x" else panel.y
    title = _title(axis, length)
    if axis.categories is not None:
        return _categories(axis, direction, title, length)
    values = _values(panel, direction)
    low, high = axis.limits or _limits(axis, values, has_bars=_bar_lengths_on(panel, direction))
    if axis.scale == "log":
        ticks = _log_ticks(low, high, values)
        texts = tuple(plain_number(tick) for tick in ticks)
    else:
        ticks = _linear_ticks(low, high, bins=max(2, round(length / _TICK_EVERY[direction])))
        texts = tick_texts(ticks)
    scale = Scale(axis, *((high, low) if axis.falling else (low, high)), ticks, texts, title)
    return _without_overlap(scale, direction, length)


def _title(axis: Axis, length: float) -> str:
    """Title of an axis; in two lines if it is longer than the axis."""
    title = axis_label(axis.quantity, axis.unit)
    return title if text_width(title, FONT_SIZE) <= length else wrapped(title, FONT_SIZE, length)


def _bar_lengths_on(panel: Panel, direction: Direction) -> bool:
    along: Direction = "x" if panel.y.categories else "y"
    return along == direction and any(series.kind == "bar" for series in panel.series)


def _values(panel: Panel, direction: Direction) -> list[float]:
    """Every number that must be visible along an axis."""
    values: list[float] = []
    for series in panel.series:
        if direction == "x":
            values += series.x
            continue
        values += [*series.y, *(series.y_upper or ())]
        if series.y_error is not None:
            pairs = list(zip(series.y, series.y_error, strict=True))
            values += [y + error for y, error in pairs]
            below = pairs if series.y_error_low is None else list(zip(series.y, series.y_error_low, strict=True))
            values += [y - error for y, error in below if panel.y.scale == "linear" or y > error]
    return values


def _limits(axis: Axis, values: Sequence[float], *, has_bars: bool) -> tuple[float, float]:
    if not values:
        return (1.0, 10.0) if axis.scale == "log" else (0.0, 1.0)
    low, high = min(values), max(values)
    if axis.scale == "log":
        factor = (high / low) ** _PADDING if high > low else 2.0
        return low / factor, high * factor
    if low == high:
        reach = abs(low) / 2 or 1.0
        return (0.0, 2 * low) if has_bars and low > 0 else (low - reach, high + reach)
    padding = _PADDING * (high - low)
    if low >= 0 and (has_bars or low < _FROM_ZERO * high):
        return 0.0, high * (1 + _PADDING)
    if high <= 0 and has_bars:
        return low * (1 + _PADDING), 0.0
    return low - padding, high + padding


def _linear_ticks(low: float, high: float, *, bins: int) -> tuple[float, ...]:
    ticks = MaxNLocator(nbins=bins, steps=[1, 2, 2.5, 5, 10], min_n_ticks=3).tick_values(low, high)
    slack = 1e-9 * (high - low)
    return tuple(float(f"{tick:.12g}") + 0.0 for tick in ticks if low - slack <= tick <= high + slack)


def _log_ticks(low: float, high: float, values: Sequence[float]) -> tuple[float, ...]:
    """The data's own values if they are few and of two digits, else 1, 2, 5 of each decade or the decades alone."""
    own = sorted({value for value in values if low <= value <= high})
    if 2 <= len(own) <= _FEW and all(math.isclose(value, float(f"{value:.2g}"), rel_tol=1e-9) for value in own):
        return tuple(own)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1.0, 2.0, 5.0) if len(decades) <= 4 else (1.0,)
    ticks = [step * 10.0**decade for decade in decades for step in steps]
    every = max(1, len(ticks) // 12)
    return tuple(float(f"{tick:.3g}") for tick in ticks if low <= tick <= high)[::every]


def _without_overlap(scale: Scale, direction: Direction, length: float) -> Scale:
    """Leave out labels that would touch; the ends are kept first, then from the left."""
    order = [0, len(scale.ticks) - 1, *range(1, len(scale.ticks) - 1)] if len(scale.ticks) > 1 else list(range(len(scale.ticks)))
    places = scale.fraction(scale.ticks) * length if scale.ticks else np.empty(0)
    half = [(text_width(text, TICK_SIZE) if direction == "x" else LINE_HEIGHT) / 2 for text in scale.texts]
    kept: list[int] = []
    for index in order:
        if all(abs(places[index] - places[other]) >= half[index] + half[other] + _TICK_GAP for other in kept):
            kept.append(index)
    texts = tuple(text if index in kept else "" for index, text in enumerate(scale.texts))
    return Scale(scale.axis, scale.low, scale.high, scale.ticks, texts, scale.title)


def _categories(axis: Axis, direction: Direction, title: str, length: float) -> Scale:
    names = axis.categories or ()
    low, high = axis.limits or (-_HALF_SLOT, len(names) - 1 + _HALF_SLOT)
    slot = length / (high - low)
    texts, rotation = names, 0.0
    if direction == "y":
        low, high = (high, low) if axis.limits is None else (low, high)  # the first category on top
    elif any(text_width(name, TICK_SIZE) + _TICK_GAP > slot for name in names):
        texts = tuple(wrapped(name, TICK_SIZE, slot - _TICK_GAP) for name in names)
        if any(text_width(text, TICK_SIZE) > slot - _TICK_GAP / 2 for text in texts):
            texts, rotation = names, _ROTATION
    return Scale(axis, low, high, tuple(float(place) for place in range(len(names))), texts, title, rotation)
