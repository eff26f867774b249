"""How each series looks: its form from what it is, its colour from its sample, its pattern or shade from its place among its like.

Measured: filled marks. Simulated: lines. Fitted: thin lines with their band. Printed numbers of a source: open marks. A series with
one number per category (or with a label at each point) is not a curve: its simulated numbers are short dashes, never marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from dualion.errors import InputError
from dualion.figures.palette import INK, MUTED, OTHER_COLOURS, colour_of, is_known, ramp
from dualion.figures.style import FITTED_WIDTH, LIMIT_PATTERNS, LIMIT_WIDTH, LINE_PATTERNS, MARKERS, SIMULATED_WIDTH
from dualion.records import Figure, Panel, Series

Form = Literal["points", "line", "dashes", "band", "limit", "bar", "heading"]

#: Legend entry, form and sample: series that share them share their look.
_Key = tuple[str, Form, str | None]

SIMULATED = " (simulated)"
COMPUTED = " (computed)"
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_COMPUTED = ("simulation", "atomistic")
_MARKED = ("measured", "printed")


@dataclass(frozen=True, slots=True)
class Look:
    """How one series is drawn.

    Parameters
    ----------
    label : str
        Its legend entry; series with the same one share their look.
    form : str
    colour : str
    pattern : Any
        Line style as matplotlib has it.
    marker : str
    filled : bool
        Whether marks and bars are filled; numbers printed in a source are not.
    """

    label: str
    form: Form
    colour: str
    pattern: Any = "-"
    marker: str = ""
    filled: bool = True
    width: float = SIMULATED_WIDTH


def check(figure: Figure) -> None:
    """Hold a figure to what it promises.

    Raises
    ------
    InputError
        The name is not one, a computed series is called measured, a length does not fit, or a number cannot be drawn on its axis.
    """
    if not _NAME.fullmatch(figure.name):
        raise InputError(f'"{figure.name}" is not the name of a figure. Write lower-case letters, digits and hyphens, such as "fig-2a".')
    for number, panel in enumerate(figure.panels):
        for series in panel.series:
            where = f"{figure.name}: panel {number}, series {series.name!r}"
            if series.origin in _COMPUTED and (series.kind in _MARKED or "measured" in series.name.lower()):
                raise InputError(f'{where}: its origin is {series.origin}, so it is not measured. Give it the kind "simulated".')
            columns = {"y": series.y, "y_error": series.y_error, "y_upper": series.y_upper, "labels": series.labels}
            for name, column in {**columns, "y_error_low": series.y_error_low}.items():
                if column is not None and len(column) != len(series.x):
                    raise InputError(f"{where}: {name} has {len(column)} entries, x has {len(series.x)}. Give one for each point.")
            if series.y_error_low is not None and series.y_error is None:
                raise InputError(f"{where}: y_error_low needs y_error, how far the interval reaches above.")
            if series.kind == "band" and series.y_upper is None:
                raise InputError(f"{where}: a band needs y_upper, its upper edge.")
            _check_numbers(where, panel, series)


def _check_numbers(where: str, panel: Panel, series: Series) -> None:
    for name, axis, column in (("x", panel.x, series.x), ("y", panel.y, series.y), ("y_upper", panel.y, series.y_upper or ())):
        for value in column:
            if not abs(value) < float("inf"):
                raise InputError(f"{where}: {name} holds {value}. Leave out points without a value.")
            if axis.scale == "log" and value <= 0:
                raise InputError(f"{where}: {name} holds {value}, which a logarithmic axis cannot show.")


def legend_label(series: Series) -> str:
    """Legend entry of a series: its name, which says so if it is simulated, computed or fitted."""
    name = series.name.lower()
    owed = (
        ("simulated", "simulat", series.origin == "simulation"),
        ("computed", "comput", series.origin == "atomistic"),
        ("fitted", "fit", series.kind == "fitted"),
    )
    missing = [word for word, stem, needed in owed if needed and stem not in name]
    return f"{series.name} ({', '.join(missing)})" if missing else series.name


def form_of(panel: Panel, series: Series) -> Form:
    """Form of a series in its panel."""
    if series.kind in _MARKED:
        return "points"
    if series.kind in ("band", "limit", "bar"):
        return series.kind
    single = len(series.x) == 1 or series.labels is not None
    return "dashes" if single or panel.x.categories or panel.y.categories else "line"


def looks(figure: Figure) -> tuple[tuple[Look, ...], ...]:
    """Look of every series of every panel. The same entry looks the same in all panels.

    Parameters
    ----------
    figure : Figure

    Returns
    -------
    tuple of tuple of Look
        In the order of ``figure.panels`` and their series.
    """
    colours = _colours(figure)
    known: dict[_Key, Look] = {}
    for panel in figure.panels:
        like: dict[tuple[Form, str, bool], dict[_Key, Series]] = {}
        for series in panel.series:
            key = _key(panel, series)
            if key not in known:
                like.setdefault((key[1], colours[key[0], key[2]], series.kind == "fitted"), {}).setdefault(key, series)
        for (form, colour, _), group in like.items():
            known |= dict(zip(group, _group_looks(form, colour, list(group.values())), strict=True))
    return tuple(tuple(known[_key(panel, series)] for series in panel.series) for panel in figure.panels)


def _key(panel: Panel, series: Series) -> _Key:
    return legend_label(series), form_of(panel, series), series.sample


def _colours(figure: Figure) -> dict[tuple[str, str | None], str]:
    """Colour by legend entry and sample: of the sample, or in order of appearance for what has none."""
    colours: dict[tuple[str, str | None], str] = {}
    free = _cycle()
    for panel in figure.panels:
        for series in panel.series:
            key = (legend_label(series), series.sample)
            if key in colours:
                continue
            if series.sample is None and (series.kind == "limit" or (series.kind == "band" and series.origin == "arithmetic")):
                colours[key] = MUTED
            else:
                colours[key] = colour_of(series.sample) if series.sample else next(free)
    return colours


def _cycle() -> Iterator[str]:
    while True:
        yield from OTHER_COLOURS
        yield INK


def _group_looks(form: Form, colour: str, group: list[Series]) -> list[Look]:
    """Looks of series that share form and colour: patterns for up to three curves, shades for more, other marks for other points."""
    labels = [legend_label(series) for series in group]
    open_marks = [series.kind == "printed" or (form == "bar" and series.origin == "source-text") for series in group]
    if form == "points":
        marks = [MARKERS[position % len(MARKERS)] for position in range(len(group))]
        return [
            Look(label, form, colour, marker=mark, filled=not hollow) for label, mark, hollow in zip(labels, marks, open_marks, strict=True)
        ]
    if form == "limit":
        return [
            Look(label, form, colour, pattern=LIMIT_PATTERNS[place % len(LIMIT_PATTERNS)], width=LIMIT_WIDTH)
            for place, label in enumerate(labels)
        ]
    width = FITTED_WIDTH if group[0].kind == "fitted" else SIMULATED_WIDTH
    shaded = len(group) > len(LINE_PATTERNS) or (form != "line" and len(group) > 1)
    tones = ramp(colour, len(group)) if shaded else (colour,) * len(group)
    patterns = ("-",) * len(group) if shaded else LINE_PATTERNS[: len(group)]
    return [
        Look(label, form, tone, pattern=pattern, filled=not hollow, width=width)
        for label, tone, pattern, hollow in zip(labels, tones, patterns, open_marks, strict=True)
    ]


def category_colours(panel: Panel, series: Series) -> tuple[str, ...] | None:
    """Colours of the bars of a series without sample whose categories are samples; None where they are not."""
    categories = panel.x.categories or panel.y.categories
    positions = series.x if panel.x.categories else series.y
    if categories is None or series.sample is not None or series.kind == "limit" or not all(map(is_known, categories)):
        return None
    return tuple(colour_of(categories[round(position)]) for position in positions)
