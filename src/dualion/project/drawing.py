"""Figures of results as a report shows them: under a name of their own, and nothing simulated called measured."""

from __future__ import annotations

import re
from dataclasses import replace

from dualion.records.figure import Figure, Panel, Series
from dualion.records.measurement import Result
from dualion.records.quantity import Flag
from dualion.techniques import technique

#: Carried by every measurement that a model wrote, and with it by every result that rests on one.
SIMULATED = Flag("simulated", "note", "A model made this file: nothing here was measured.")

_WORD = re.compile(r"\b([Mm])easured\b")


def drawn_figure(result: Result, name: str) -> Figure:
    """Figure of a result.

    Parameters
    ----------
    result : Result
    name : str
        Of the figure.

    Returns
    -------
    Figure
        Where the result rests on simulated files, its series say so.
    """
    figure = replace(technique(result.technique).draw(result), name=name)
    if SIMULATED not in result.flags:
        return figure
    return replace(figure, title=f"{figure.title}, simulated", panels=tuple(_told(panel) for panel in figure.panels))


def _told(panel: Panel) -> Panel:
    return replace(panel, series=tuple(_of_a_model(series) for series in panel.series))


def _of_a_model(series: Series) -> Series:
    if series.origin != "raw-file" and not _WORD.search(series.name):
        return series
    name = _WORD.sub(lambda found: "Simulated" if found[1] == "M" else "simulated", series.name)
    return replace(series, name=name, kind="simulated" if series.kind == "measured" else series.kind, origin="simulation")
