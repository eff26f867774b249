"""Where everything goes, in millimetres, before anything is drawn: panels, margins, legends, labels beside points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dualion.figures.looks import COMPUTED, SIMULATED, Look, form_of, looks
from dualion.figures.marks import bar_slots, obstacles
from dualion.figures.measure import text_width, wrapped
from dualion.figures.scales import Scale, plan
from dualion.figures.style import AXES_HEIGHT, BAR_HEIGHT, FONT_SIZE, LINE_HEIGHT, TICK_SIZE
from dualion.records import Figure, Panel

HANDLE = 5.6  # [mm] of a legend entry's line or mark
HANDLE_GAP = 1.4  # [mm]
ROW = 4.0  # [mm] of a row of a legend
_COLUMN_GAP = 4.5  # [mm] between two columns of a legend
_CLEAR = 1.6  # [mm] kept between a legend and the data
_EDGE = 1.0  # [mm] free at the edge of a figure
_GUTTER = 4.0  # [mm] between two panels
_TICK = 1.7  # [mm] tick and its distance from the text
_MOST_INSIDE = (0.62, 0.6)  # [1] of the axes that a legend inside may take, across and up
_HEADED_FROM = 4  # simulated entries, or computed ones
_WIDEST_SHARE = {1: 1, 2: 2, 3: 3, 4: 2}  # panels side by side of a wide figure, by number of panels; three for more


@dataclass(frozen=True, slots=True)
class Legend:
    """A legend: entries with their places [mm], relative to the lower left corner of its axes."""

    looks: tuple[Look, ...]
    texts: tuple[str, ...]
    places: tuple[tuple[float, float], ...]
    inside: bool
    box: tuple[float, float, float, float]  # left, bottom, right, top


@dataclass(frozen=True, slots=True)
class Place:
    """A panel in place: its axes (left, bottom, width, height [mm]), scales, looks and legend."""

    panel: Panel
    axes: tuple[float, float, float, float]
    x: Scale
    y: Scale
    looks: tuple[Look, ...]
    slots: tuple[tuple[int, int], ...]
    legend: Legend
    letter: str
    header: float  # [mm] of the letter and title above the foot of the axes, the same for all panels of a row
    cover: np.ndarray


@dataclass(frozen=True, slots=True)
class Layout:
    """A figure in place; ``size`` is its width and height [mm]."""

    size: tuple[float, float]
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A panel measured but not yet placed; margins are left, right, top, bottom [mm]."""

    panel: Panel
    x: Scale
    y: Scale
    looks: tuple[Look, ...]
    slots: tuple[tuple[int, int], ...]
    size: tuple[float, float]
    margins: tuple[float, float, float, float]
    legend: Legend
    cover: np.ndarray


def columns_of(figure: Figure) -> int:
    """Panels side by side."""
    return 1 if figure.width < 100 else _WIDEST_SHARE.get(len(figure.panels), 3)


def layout(figure: Figure) -> Layout:
    """Place all parts of a figure.

    Parameters
    ----------
    figure : Figure

    Returns
    -------
    Layout
    """
    columns = columns_of(figure)
    panel_width = (figure.width - 2 * _EDGE - (columns - 1) * _GUTTER) / columns
    drafts = [_draft(figure, panel, look, panel_width, columns) for panel, look in zip(figure.panels, looks(figure), strict=True)]
    lefts = [max(draft.margins[0] for draft in drafts[column::columns]) for column in range(columns)]
    drafts = [_draft(figure, d.panel, d.looks, panel_width, columns, left=lefts[i % columns]) for i, d in enumerate(drafts)]
    rows = [drafts[start : start + columns] for start in range(0, len(drafts), columns)]
    heights = [max(d.margins[2] for d in row) + max(d.size[1] for d in row) + max(d.margins[3] for d in row) for row in rows]
    total = sum(heights) + _GUTTER * (len(rows) - 1) + 2 * _EDGE
    places, top = [], total - _EDGE
    for number, row in enumerate(rows):
        height = max(draft.size[1] for draft in row)
        bottom = top - max(draft.margins[2] for draft in row) - height
        for column, draft in enumerate(row):
            corner = (_EDGE + column * (panel_width + _GUTTER) + draft.margins[0], bottom)
            letter = chr(ord("a") + number * columns + column) if len(figure.panels) > 1 else ""
            places.append(_placed(draft, (*corner, draft.size[0], height), letter, header=top - bottom - LINE_HEIGHT))
        top -= heights[number] + _GUTTER
    return Layout((float(figure.width), total), tuple(places))


def _placed(draft: _Draft, axes: tuple[float, float, float, float], letter: str, *, header: float) -> Place:
    return Place(draft.panel, axes, draft.x, draft.y, draft.looks, draft.slots, draft.legend, letter, header, draft.cover)


def _draft(figure: Figure, panel: Panel, look: tuple[Look, ...], width: float, columns: int, *, left: float = 0.0) -> _Draft:
    height = AXES_HEIGHT[columns]
    if panel.y.categories:
        height = max(0.6 * height, BAR_HEIGHT * len(panel.y.categories) * max(1, sum(entry.form == "bar" for entry in look)) ** 0.5)
    y = plan(panel, "y", length=height)
    left = left or _left_margin(y)
    x = plan(panel, "x", length=width - left - 2.0)
    right = _right_margin(x, width - left)
    size = (width - left - right, height)
    slots = bar_slots(panel, [form_of(panel, series) for series in panel.series])
    covers = [
        obstacles(panel, series, entry, x=x, y=y, size=size, bar_slot=slot)
        for series, entry, slot in zip(panel.series, look, slots, strict=True)
    ]
    cover = np.concatenate(covers) if covers else np.empty((0, 2))
    legend = _legend(_headed([entry for series, entry in zip(panel.series, look, strict=True) if series.x]), size, cover)
    header = 1.4 * LINE_HEIGHT if panel.title or len(figure.panels) > 1 else 0.5 * LINE_HEIGHT
    top = header + (0.0 if legend.inside or not legend.looks else legend.box[3] - size[1])
    written_on = [one for series, one in zip(panel.series, covers, strict=True) if (series.kind, series.origin) != ("band", "arithmetic")]
    notes = np.concatenate(written_on) if written_on else np.empty((0, 2))  # a label may stand on a pale range that is no data
    return _Draft(panel, x, y, look, slots, size, (left, right, top, _bottom_margin(x)), legend, notes)


def _left_margin(scale: Scale) -> float:
    lines = scale.title.count("\n") + 1 if scale.title else 0
    return lines * LINE_HEIGHT + 1.2 + max((text_width(text, TICK_SIZE) for text in scale.texts), default=0.0) + _TICK


def _bottom_margin(scale: Scale) -> float:
    lines = scale.title.count("\n") + 1 if scale.title else 0
    if scale.rotation:
        ticks = max(text_width(text, TICK_SIZE) for text in scale.texts) * math.sin(math.radians(scale.rotation)) + LINE_HEIGHT
    else:
        ticks = 0.9 * LINE_HEIGHT * max((text.count("\n") + 1 for text in scale.texts), default=1)
    return lines * LINE_HEIGHT + 1.2 + ticks + _TICK


def _right_margin(scale: Scale, length: float) -> float:
    """Room for the half of the last tick label that stands out."""
    overhang = [
        text_width(text, TICK_SIZE) / 2 - (1 - float(place)) * length
        for text, place in zip(scale.texts, scale.fraction(scale.ticks), strict=True)
        if not scale.rotation
    ]
    return max([1.5, *overhang])


def _headed(looks_drawn: Sequence[Look]) -> tuple[Look, ...]:
    """Entries of a legend; many that are simulated stand under one heading that says so, instead of each saying it; computed ones too."""
    entries = tuple(dict.fromkeys(looks_drawn))
    for suffix in (SIMULATED, COMPUTED):
        alike = [entry for entry in entries if entry.label.endswith(suffix)]
        if len(alike) >= _HEADED_FROM:
            rest = [entry for entry in entries if entry not in alike]
            heading = Look(suffix.strip(" ()"), "heading", alike[0].colour)
            entries = (heading, *(replace(entry, label=entry.label.removesuffix(suffix)) for entry in alike), *rest)
    return entries


def _legend(entries: tuple[Look, ...], size: tuple[float, float], cover: np.ndarray) -> Legend:
    """A legend in a free corner of the axes, or above them where there is none."""
    if not entries:
        return Legend((), (), (), inside=True, box=(0, 0, 0, 0))
    texts = tuple(wrapped(entry.label, FONT_SIZE, _MOST_INSIDE[0] * size[0] - HANDLE - HANDLE_GAP) for entry in entries)
    width = HANDLE + HANDLE_GAP + max(text_width(text, FONT_SIZE) for text in texts)
    heights = [ROW + (text.count("\n")) * LINE_HEIGHT for text in texts]
    height = sum(heights)
    if width <= _MOST_INSIDE[0] * size[0] + 0.5 and height <= _MOST_INSIDE[1] * size[1]:
        for left, bottom in _corners(size, width, height):
            if _is_free(cover, (left, bottom, left + width, bottom + height), _CLEAR):
                tops = np.cumsum([0.0, *heights[:-1]])
                places = tuple((left, bottom + height - float(top) - ROW / 2) for top in tops)
                return Legend(entries, texts, places, inside=True, box=(left, bottom, left + width, bottom + height))
    return _legend_above(entries, size)


def _corners(size: tuple[float, float], width: float, height: float) -> list[tuple[float, float]]:
    """Places inside the axes, the best first."""
    right, top = size[0] - width - 0.5, size[1] - height
    low, left = 1.2, 1.8
    middle, centre = (size[1] - height) / 2, (size[0] - width) / 2
    return [(right, top), (left, low), (left, top), (right, low), (right, middle), (centre, top), (centre, low), (left, middle)]


def _is_free(cover: np.ndarray, box: tuple[float, float, float, float], clear: float) -> bool:
    if not len(cover):
        return True
    x, y = cover[:, 0], cover[:, 1]
    return not bool(np.any((x > box[0] - clear) & (x < box[2] + clear) & (y > box[1] - clear) & (y < box[3] + clear)))


def _legend_above(entries: tuple[Look, ...], size: tuple[float, float]) -> Legend:
    """A legend in rows above the axes; a heading has a row of its own."""
    headings = tuple(entry for entry in entries if entry.form == "heading")
    entries = tuple(entry for entry in entries if entry.form != "heading")
    texts = tuple(wrapped(entry.label, FONT_SIZE, size[0] - HANDLE - HANDLE_GAP) for entry in entries)
    widths = [HANDLE + HANDLE_GAP + text_width(text, FONT_SIZE) for text in texts]
    columns = max(count for count in range(1, len(entries) + 1) if count == 1 or _row_width(widths, count) <= size[0])
    rows = math.ceil(len(entries) / columns)
    columns = math.ceil(len(entries) / rows)
    offsets = np.cumsum([0.0, *(max(widths[column::columns]) + _COLUMN_GAP for column in range(columns))])
    lines = [max(text.count("\n") for text in texts[row * columns : (row + 1) * columns]) for row in range(rows)]
    heights = [ROW + extra * LINE_HEIGHT for extra in lines]
    base = size[1] + 1.5
    tops = base + sum(heights) - np.cumsum([0.0, *heights[:-1]])
    places = [(float(offsets[i % columns]), float(tops[i // columns]) - ROW / 2) for i in range(len(entries))]
    top = base + sum(heights) + ROW * len(headings)
    places = [*((0.0, top - ROW / 2) for _ in headings), *places]
    labels = (*(heading.label for heading in headings), *texts)
    return Legend((*headings, *entries), labels, tuple(places), inside=False, box=(0.0, base, float(offsets[-1]), top))


def _row_width(widths: Sequence[float], columns: int) -> float:
    return sum(max(widths[column::columns]) for column in range(columns)) + _COLUMN_GAP * (columns - 1)
