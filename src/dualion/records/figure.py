"""Figures as data: panels of axes of series. Drawing them is the business of ``dualion.figures``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dualion.records.quantity import Origin

#: How a series is drawn. Measured: points. Simulated: a line. Fitted: a thin line. Printed numbers of a source: open marks.
#: band: a filled range. limit: a dashed line across the axes. bar: bars over categories.
SeriesKind = Literal["measured", "simulated", "fitted", "printed", "band", "limit", "bar"]


@dataclass(frozen=True, slots=True)
class Series:
    """One named series of points.

    Parameters
    ----------
    name : str
        Legend entry; a simulated series says so.
    kind : str
        One of ``SeriesKind``.
    x, y : tuple of float, shape (n,)
        In the units of the axes.
    origin : str
        Where the numbers come from.
    sample : str or None
        The sample, whose colour is the same in every figure.
    y_error : tuple of float, shape (n,), or None
        Half-width of the 95 % interval, or of the interval that the caption names.
    y_error_low : tuple of float, shape (n,), or None
        In the unit of ``y``: how far the interval reaches below, where that differs from ``y_error``, which is then how far above.
    y_upper : tuple of float, shape (n,), or None
        Upper edge of a band whose lower edge is ``y``.
    labels : tuple of str, shape (n,), or None
        A label beside each point.
    """

    name: str
    kind: SeriesKind
    x: tuple[float, ...]
    y: tuple[float, ...]
    origin: Origin
    sample: str | None = None
    y_error: tuple[float, ...] | None = None
    y_upper: tuple[float, ...] | None = None
    labels: tuple[str, ...] | None = None
    y_error_low: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: the quantity, its unit, its scale.

    Parameters
    ----------
    quantity : str
        Such as ``"Specific capacity"``.
    unit : str
        Unit of the unit table, ``"1"`` if dimensionless, ``""`` for categories.
    scale : {"linear", "log"}
    limits : tuple of two floats or None
    categories : tuple of str or None
        Names at positions 0, 1, 2, ...
    falling : bool
        From high to low values, as the field draws binding energies and wavenumbers.
    """

    quantity: str
    unit: str
    scale: Literal["linear", "log"] = "linear"
    limits: tuple[float, float] | None = None
    categories: tuple[str, ...] | None = None
    falling: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes with its series."""

    x: Axis
    y: Axis
    series: tuple[Series, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: what it shows, the sentence it supports, its panels.

    Parameters
    ----------
    name : str
        File name without ending, in lower case with hyphens, such as ``"fig-2a"``.
    title : str
    finding : str
        One sentence that states the finding; it is the text alternative.
    panels : tuple of Panel
    width : {89, 183}
        [mm], one or two columns of a journal.
    redraws : str
        Figure of the source that this one redraws, such as ``"Fig. 2a"``; empty for our own.
    """

    name: str
    title: str
    finding: str
    panels: tuple[Panel, ...]
    width: Literal[89, 183] = 89
    redraws: str = ""
