"""Words in a figure: legends, panel letters, axis titles, labels beside points."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import Affine2D, Transform

from dualion.figures.layout import HANDLE, HANDLE_GAP, Place
from dualion.figures.looks import Look
from dualion.figures.measure import text_width
from dualion.figures.palette import INK, MUTED
from dualion.figures.style import (
    BAND_ALPHA,
    DASH_EXTRA,
    FONT_SIZE,
    LINE_HEIGHT,
    MARKER_EDGE,
    MARKER_SIZE,
    MM_PER_INCH,
    TICK_SIZE,
)

_BASELINE = 1.02  # [mm] half the height of a capital of 8 pt
_NOTE_GAP = 1.3  # [mm] between a point and its label
_NOTE_HEIGHT = 2.4  # [mm] of a label beside a point
_NOTE_CLEAR = 0.35  # [mm] between a label and what it must not touch


def in_mm(canvas: Canvas) -> Transform:
    """Transform from millimetres, counted from the lower left corner of the figure."""
    return Affine2D().scale(1 / MM_PER_INCH) + canvas.dpi_scale_trans


def write(canvas: Canvas, place: Place) -> None:
    """Write all words of a panel that matplotlib does not write itself.

    Parameters
    ----------
    canvas : matplotlib.figure.Figure
    place : Place
    """
    left, bottom, _, _ = place.axes
    mm, lift = in_mm(canvas), place.header
    if place.letter:
        canvas.text(
            left - _left_of(place), bottom + lift, place.letter, transform=mm, fontsize=FONT_SIZE + 1, fontweight="bold", va="baseline"
        )
    if place.panel.title:
        canvas.text(left, bottom + lift, place.panel.title, transform=mm, fontsize=FONT_SIZE, va="baseline", color=INK)
    for look, text, spot in zip(place.legend.looks, place.legend.texts, place.legend.places, strict=True):
        _entry(canvas, mm, look, text, (left + spot[0], bottom + spot[1]))
    _notes(canvas, mm, place)


def _left_of(place: Place) -> float:
    """Distance [mm] of the axis title from the axes, where the panel's letter stands."""
    lines = place.y.title.count("\n") + 1 if place.y.title else 0
    return lines * LINE_HEIGHT + 2.4 + max((text_width(text, TICK_SIZE) for text in place.y.texts), default=0.0)


def _entry(canvas: Canvas, mm: Transform, look: Look, text: str, spot: tuple[float, float]) -> None:
    x, y = spot
    ends = [x, x + HANDLE]
    match look.form:
        case "heading":
            x -= HANDLE + HANDLE_GAP
        case "points":
            handle = Line2D(
                [x + HANDLE / 2], [y], ls="none", marker=look.marker, ms=MARKER_SIZE, mec=look.colour,
                mfc=look.colour if look.filled else "white", mew=0.4 if look.filled else MARKER_EDGE, transform=mm,
            )  # fmt: skip
            canvas.add_artist(handle)
        case "band" | "bar":
            style: dict[str, Any] = {"fc": look.colour, "lw": 0.0} if look.filled else {"fc": "white", "ec": look.colour, "lw": MARKER_EDGE}
            alpha = BAND_ALPHA * 1.6 if look.form == "band" else 1.0
            canvas.add_artist(Rectangle((x + 0.6, y - 1.1), HANDLE - 1.2, 2.2, transform=mm, alpha=alpha, **style))
        case _:
            width = look.width + (DASH_EXTRA if look.form == "dashes" else 0.0)
            middle = x + HANDLE / 2
            ends = [middle - 1.6, middle + 1.6] if look.form == "dashes" else ends
            canvas.add_artist(Line2D(ends, [y, y], color=look.colour, ls=look.pattern, lw=width, transform=mm))
    for number, line in enumerate(text.split("\n")):
        canvas.text(x + HANDLE + HANDLE_GAP, y - _BASELINE - number * LINE_HEIGHT, line, transform=mm, fontsize=FONT_SIZE, va="baseline")


def _notes(canvas: Canvas, mm: Transform, place: Place) -> None:
    """Labels beside points, each where it touches nothing; one that finds no room is left to the table of numbers."""
    left, bottom, width, height = place.axes
    taken: list[tuple[float, float, float, float]] = [place.legend.box] if place.legend.looks else []
    for series, look in zip(place.panel.series, place.looks, strict=True):
        if series.labels is None or look.form in ("limit", "band"):
            continue
        xs, ys = place.x.fraction(series.x) * width, place.y.fraction(series.y) * height
        for text, x, y in zip(series.labels, xs, ys, strict=True):
            box = _room(place.cover, taken, text, (float(x), float(y)), (width, height)) if text else None
            if box is not None:
                taken.append(box)
                canvas.text(left + box[0], bottom + box[1] + 0.4, text, transform=mm, fontsize=TICK_SIZE, va="baseline", color=MUTED)


def _room(
    cover: np.ndarray, taken: list[tuple[float, float, float, float]], text: str, point: tuple[float, float], size: tuple[float, float]
) -> tuple[float, float, float, float] | None:
    """A free box [mm] for a label beside a point, or None."""
    wide, high, (x, y), gap = text_width(text, TICK_SIZE), _NOTE_HEIGHT, point, _NOTE_GAP
    corners = [
        (x - wide / 2, y + gap), (x + gap, y + 0.3), (x + gap, y - high / 2), (x - wide / 2, y - gap - high),
        (x - wide - gap, y + 0.3), (x + gap, y - high - 0.3), (x - wide - gap, y - high / 2), (x - wide - gap, y - high - 0.3),
    ]  # fmt: skip
    for left, low in corners:
        box = (left, low, left + wide, low + high)
        inside = left >= 0.3 and low >= 0.3 and box[2] <= size[0] + 1.0 and box[3] <= size[1] + 0.3
        if inside and _untouched(cover, box) and not any(_overlap(box, other) for other in taken):
            return box
    return None


def _untouched(cover: np.ndarray, box: tuple[float, float, float, float]) -> bool:
    x, y, clear = cover[:, 0], cover[:, 1], _NOTE_CLEAR
    return not bool(np.any((x > box[0] - clear) & (x < box[2] + clear) & (y > box[1] - clear) & (y < box[3] + clear)))


def _overlap(first: tuple[float, float, float, float], second: tuple[float, float, float, float]) -> bool:
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]
