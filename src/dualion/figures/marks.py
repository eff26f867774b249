"""Series to marks, lines, bands and bars on matplotlib axes; and where they lie, so that words keep clear of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from dualion.figures.looks import Look, category_colours
from dualion.figures.palette import INK
from dualion.figures.scales import Scale
from dualion.figures.style import (
    BAND_ALPHA,
    DASH_EXTRA,
    DASH_LENGTH,
    DENSE,
    FITTED_WIDTH,
    MARKER_EDGE,
    MARKER_SIZE,
    SMALLEST_MARKER,
)
from dualion.records import Axis, Panel, Series

_BARS_SHARE = 0.72  # [1] of a category's slot taken by its bars
_BAR_FILL = 0.92  # [1] of its place taken by a bar
_OPEN_BAR_EDGE = 1.1  # [pt]
_POINTS_PER_INCH = 72
_BAND_LINES = 4  # lines that stand for a band
_STEP = 0.8  # [mm] between the places that stand for a line
_LAYER = {"band": 1.0, "bar": 1.5, "limit": 1.8, "line": 3.0, "dashes": 4.0, "points": 5.0}
_BELOW_LINES = 2.0  # layer of the points of a dense series, through which a line is to be seen


def draw(axes: Axes, panel: Panel, series: Series, look: Look, *, bar_slot: tuple[int, int], tag: str) -> None:
    """Draw one series.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    panel : Panel
    series : Series
    look : Look
    bar_slot : tuple of two int
        Which of how many bars side by side in a category.
    tag : str
        Identifier of its marks in the SVG.
    """
    if not series.x:
        return
    layer = _LAYER[look.form]
    match look.form:
        case "points":
            artists = _points(axes, series, look, layer)
        case "line":
            artists = _line(axes, series, look, layer)
        case "dashes":
            artists = _dashes(axes, panel, series, look, layer)
        case "band":
            artists = [_band(axes, series.x, series.y, series.y_upper, look.colour)]
        case "limit":
            artists = _limit(axes, series, look, layer)
        case _:
            artists = _bars(axes, panel, series, look, bar_slot)
    for artist in artists:
        artist.set_gid(tag)


def _points(axes: Axes, series: Series, look: Look, layer: float) -> list[Artist]:
    face = look.colour if look.filled else "white"
    size = marker_size(len(series.x))
    layer = layer if size == MARKER_SIZE else min(layer, _BELOW_LINES)
    marks = axes.plot(
        series.x, series.y, ls="none", marker=look.marker, ms=size, mfc=face, mec=look.colour,
        mew=0.4 * size / MARKER_SIZE if look.filled else MARKER_EDGE * size / MARKER_SIZE, zorder=layer, clip_on=False,
    )  # fmt: skip
    return [*_error_bars(axes, series, look, layer - 0.1), *marks]


def marker_size(count: int) -> float:
    """Size [pt] of the marks of a series: smaller where they would cover each other, and the lines through them.

    Parameters
    ----------
    count : int
        [1] points of the series.
    """
    return MARKER_SIZE * min(1.0, max(SMALLEST_MARKER, math.sqrt(DENSE / max(count, 1))))


def _error_bars(axes: Axes, series: Series, look: Look, layer: float) -> list[Artist]:
    if series.y_error is None:
        return []
    reach: Any = series.y_error if series.y_error_low is None else (series.y_error_low, series.y_error)
    bars = axes.errorbar(
        series.x, series.y, yerr=reach, fmt="none", ecolor=look.colour, elinewidth=FITTED_WIDTH + 0.1, capsize=1.6, zorder=layer
    )
    return [artist for artist in bars.get_children() if artist is not None]


def _line(axes: Axes, series: Series, look: Look, layer: float) -> list[Artist]:
    lines: list[Artist] = list(axes.plot(series.x, series.y, ls=look.pattern, color=look.colour, lw=look.width, zorder=layer))
    low, high = _error_band(series)
    return lines if low is None else [*lines, _band(axes, series.x, low, high, look.colour)]


def _band(axes: Axes, x: Any, low: Any, high: Any, colour: str) -> Artist:
    return axes.fill_between(x, low, high, color=colour, alpha=BAND_ALPHA, lw=0, zorder=_LAYER["band"])


def _error_band(series: Series) -> tuple[Any, Any]:
    """Edges of the band of a curve: from its half-widths, or from its upper edge; (None, None) where it has neither."""
    y = np.asarray(series.y)
    if series.y_error is not None:
        return y - np.asarray(series.y_error if series.y_error_low is None else series.y_error_low), y + np.asarray(series.y_error)
    return (None, None) if series.y_upper is None else (y, np.asarray(series.y_upper))


def _dashes(axes: Axes, panel: Panel, series: Series, look: Look, layer: float) -> list[Artist]:
    """A short line for each number: what is simulated is never a mark."""
    half = DASH_LENGTH / 2 / _POINTS_PER_INCH
    segment = [(0, -half), (0, half)] if panel.y.categories else [(-half, 0), (half, 0)]
    dashes = LineCollection(
        [segment], offsets=list(zip(series.x, series.y, strict=True)), offset_transform=axes.transData,
        transform=axes.figure.dpi_scale_trans, colors=look.colour, linewidths=look.width + DASH_EXTRA, zorder=layer, clip_on=False,
    )  # fmt: skip
    axes.add_collection(dashes, autolim=False)
    return [*_error_bars(axes, series, look, layer - 0.1), dashes]


def _limit(axes: Axes, series: Series, look: Look, layer: float) -> list[Artist]:
    drawing: dict[str, Any] = {"ls": look.pattern, "color": look.colour, "lw": look.width, "zorder": layer}
    if len(set(series.y)) == 1:
        return [axes.axhline(series.y[0], **drawing)]
    if len(set(series.x)) == 1:
        return [axes.axvline(series.x[0], **drawing)]
    return list(axes.plot(series.x, series.y, **drawing))


def _bars(axes: Axes, panel: Panel, series: Series, look: Look, slot: tuple[int, int]) -> list[Artist]:
    colours: Any = category_colours(panel, series) or look.colour
    thickness, shift = _bar_place(slot)
    style: dict[str, Any] = {"zorder": _LAYER["bar"], "color": colours, "edgecolor": colours, "linewidth": 0.0}
    if not look.filled:
        style |= {"color": "white", "linewidth": _OPEN_BAR_EDGE}
    if panel.y.categories:
        base = _base(panel.x, axes.get_xlim())
        lengths = [x - base for x in series.x]
        return list(axes.barh([y + shift for y in series.y], lengths, thickness * _BAR_FILL, left=base, **style))
    error = {"ecolor": INK, "elinewidth": FITTED_WIDTH, "capsize": 1.6}
    base = _base(panel.y, axes.get_ylim())
    places, heights = [x + shift for x in series.x], [y - base for y in series.y]
    return list(axes.bar(places, heights, thickness * _BAR_FILL, bottom=base, yerr=series.y_error, error_kw=error, **style))


def _base(axis: Axis, limits: tuple[float, float]) -> float:
    """Where bars start: at zero; on a logarithmic axis at one, the neutral ratio, or at the axis' end where one is out of sight."""
    neutral = 1.0 if axis.scale == "log" else 0.0
    return min(max(neutral, limits[0]), limits[1])


def _bar_place(slot: tuple[int, int]) -> tuple[float, float]:
    """Thickness of a bar, and its distance from the middle of its category."""
    thickness = _BARS_SHARE / slot[1]
    return thickness, (slot[0] - (slot[1] - 1) / 2) * thickness


def obstacles(
    panel: Panel, series: Series, look: Look, *, x: Scale, y: Scale, size: tuple[float, float], bar_slot: tuple[int, int]
) -> np.ndarray:
    """Places that a drawn series covers.

    Parameters
    ----------
    x, y : Scale
    size : tuple of two floats
        [mm] width and height of the axes.
    bar_slot : tuple of two int
        As in ``draw``.

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        [mm] from the lower left corner of the axes.
    """
    if not series.x:
        return np.empty((0, 2))
    points = np.column_stack([x.fraction(series.x) * size[0], y.fraction(series.y) * size[1]])
    if look.form == "limit" and len(set(series.y)) == 1:
        return _between(np.array([[0.0, points[0, 1]], [size[0], points[0, 1]]]))
    if look.form == "limit" and len(set(series.x)) == 1:
        return _between(np.array([[points[0, 0], 0.0], [points[0, 0], size[1]]]))
    if look.form == "bar":
        return _bar_area(panel, series, x, y, size, bar_slot)
    covered = [_between(points) if look.form in ("line", "band", "limit") else points]
    low, high = _error_band(series)
    if low is not None:
        floor = y.low if y.axis.scale == "log" else -np.inf
        edges = (y.fraction(np.maximum(low, floor)), y.fraction(high))
        if series.y_error_low is not None and look.form in ("points", "dashes"):
            whiskers = zip(points[:, 0], edges[0] * size[1], edges[1] * size[1], strict=True)
            return np.concatenate([*covered, *(_between(np.array([[across, foot], [across, head]])) for across, foot, head in whiskers)])
        heights = (edges[0] + share * (edges[1] - edges[0]) for share in np.linspace(0.0, 1.0, _BAND_LINES))
        covered += [_between(np.column_stack([points[:, 0], height * size[1]])) for height in heights]
    return np.concatenate(covered)


def _between(points: np.ndarray) -> np.ndarray:
    """Points along a polyline, at most ``_STEP`` apart."""
    if len(points) < 2:
        return points
    lengths = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    places = np.linspace(0.0, along[-1], max(2, int(along[-1] / _STEP) + 1))
    return np.column_stack([np.interp(places, along, points[:, 0]), np.interp(places, along, points[:, 1])])


def _bar_area(panel: Panel, series: Series, x: Scale, y: Scale, size: tuple[float, float], slot: tuple[int, int]) -> np.ndarray:
    """A grid over each bar, from its base to its end."""
    thickness, shift = _bar_place(slot)
    across = np.linspace(-thickness / 2, thickness / 2, 5) + shift
    areas = []
    for px, py in zip(series.x, series.y, strict=True):
        place, end = (py, px) if panel.y.categories else (px, py)
        lengths, sides = (x, y) if panel.y.categories else (y, x)
        along = lengths.fraction([_base(lengths.axis, (lengths.low, lengths.high)), end])
        grid = np.stack(np.meshgrid(np.linspace(along[0], along[1], 40), sides.fraction((place + across).tolist())), axis=-1).reshape(-1, 2)
        areas.append(grid if panel.y.categories else grid[:, ::-1])
    area: np.ndarray = np.concatenate(areas) * np.asarray(size)
    return area


def bar_slots(panel: Panel, forms: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """For each series, which of how many bars side by side it is; (0, 1) for what is no bar."""
    total = sum(form == "bar" for form in forms)
    slots, taken = [], 0
    for form in forms:
        slots.append((taken, total) if form == "bar" else (0, 1))
        taken += form == "bar"
    return tuple(slots)
