"""A figure to the bytes of its files. The same figure gives the same bytes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from typing import Any, Literal

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from dualion.errors import InputError
from dualion.figures.layout import Layout, Place, layout
from dualion.figures.looks import check
from dualion.figures.marks import draw
from dualion.figures.scales import Scale
from dualion.figures.style import FONT_SIZE, MM_PER_INCH, PNG_DPI, SETTINGS
from dualion.figures.svg import finish, series_tag
from dualion.figures.words import write
from dualion.records import Figure

Format = Literal["svg", "png", "pdf"]

_NO_DATE: dict[str, Any] = {"Creator": None, "Date": None, "Format": None, "Type": None}
_NO_PDF_DATE: dict[str, Any] = {"Creator": None, "Producer": None, "CreationDate": None}


def render(figure: Figure, *, formats: Sequence[Format] = ("svg", "png")) -> dict[str, bytes]:
    """Draw a figure once and save it in each format.

    Parameters
    ----------
    figure : Figure
    formats : sequence of {"svg", "png", "pdf"}

    Returns
    -------
    dict of str to bytes
        By format.

    Raises
    ------
    InputError
        The figure breaks a promise (a simulated series called measured), or holds numbers that cannot be drawn.
    """
    if not figure.panels:
        raise InputError(f"{figure.name}: the figure has no panels. Give it at least one.")
    check(figure)
    plan = layout(figure)
    salt = hashlib.sha256(f"{figure.name} {figure!r}".encode()).hexdigest()
    settings: Any = {**SETTINGS, "svg.hashsalt": salt}
    with rc_context(settings):
        canvas = _drawn(plan)
        words = {"name": figure.name, "title": figure.title, "finding": figure.finding}
        return {form: saved(canvas, form, **words, size=plan.size) for form in formats}


def _drawn(plan: Layout) -> Canvas:
    canvas = Canvas(figsize=(plan.size[0] / MM_PER_INCH, plan.size[1] / MM_PER_INCH))
    for number, place in enumerate(plan.places):
        axes = _axes(canvas, plan, place)
        for index, (series, look, slot) in enumerate(zip(place.panel.series, place.looks, place.slots, strict=True)):
            tag = series_tag(panel=number, number=index, kind=series.kind, origin=series.origin)
            draw(axes, place.panel, series, look, bar_slot=slot, tag=tag)
        write(canvas, place)
    return canvas


def _axes(canvas: Canvas, plan: Layout, place: Place) -> Axes:
    """Empty axes with their scales, ticks and titles."""
    left, bottom, width, height = place.axes
    axes = canvas.add_axes((left / plan.size[0], bottom / plan.size[1], width / plan.size[0], height / plan.size[1]))
    axes.set_xscale(place.x.axis.scale)
    axes.set_yscale(place.y.axis.scale)
    axes.set_xlim(place.x.low, place.x.high)
    axes.set_ylim(place.y.low, place.y.high)
    axes.set_autoscale_on(False)
    for axis, scale in ((axes.xaxis, place.x), (axes.yaxis, place.y)):
        axis.set_major_locator(FixedLocator(list(scale.ticks)))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FixedFormatter(list(scale.texts)))
        if scale.axis.categories is not None:
            axis.set_tick_params(length=0)
    _title(axes, place.x, "x")
    _title(axes, place.y, "y")
    if place.x.rotation:
        for text in axes.get_xticklabels():
            text.set(rotation=place.x.rotation, ha="right", va="top", rotation_mode="anchor")
    return axes


def _title(axes: Axes, scale: Scale, direction: Literal["x", "y"]) -> None:
    set_label = axes.set_xlabel if direction == "x" else axes.set_ylabel
    # turned about its anchor, so that it stays in the middle where a reader's font is narrower
    set_label(scale.title, fontsize=FONT_SIZE, labelpad=3.0, rotation_mode="anchor")


def saved(canvas: Canvas, form: Format, *, name: str, title: str, finding: str, size: tuple[float, float]) -> bytes:
    """What is drawn on a canvas as a file, without date or software; ``size`` in mm.

    Parameters
    ----------
    canvas : FigureCanvasAgg
    form : {"svg", "png", "pdf"}
    name, title, finding : str
        Of the figure: what an SVG says of itself.
    size : tuple of two floats
        Width and height [mm].

    Returns
    -------
    bytes
    """
    writer: Any  # the writers of matplotlib's back ends carry no types
    stream = io.BytesIO()
    if form == "svg":
        text = io.StringIO()
        writer = FigureCanvasSVG(canvas)
        writer.print_svg(text, metadata=_NO_DATE)
        return finish(text.getvalue(), name=name, title=title, finding=finding, size=size)
    if form == "pdf":
        from matplotlib.backends.backend_pdf import FigureCanvasPdf

        writer = FigureCanvasPdf(canvas)
        writer.print_pdf(stream, metadata=_NO_PDF_DATE)
        return stream.getvalue()
    canvas.set_dpi(PNG_DPI)
    writer = FigureCanvasAgg(canvas)
    writer.print_png(stream, metadata={"Software": None})
    return stream.getvalue()
