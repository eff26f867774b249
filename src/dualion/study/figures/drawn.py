"""Which figures a study has: one for each ``[[figure]]`` that draws something, then parity, salt, energies, conflicts and explanations."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from dualion.records.figure import Figure
from dualion.study.figures.cells import curves_figure, plateau_figure, rate_figure, samples_figure
from dualion.study.figures.desolvation import desolvation_figures
from dualion.study.figures.energy import energies_figure, ragone_figure
from dualion.study.figures.explanations import explanation_figures
from dualion.study.figures.ledger import conflicts_figure, parity_figure
from dualion.study.figures.salt import salt_figure
from dualion.study.figures.source import arrhenius_figure, pore_volume_figure, shares_figure
from dualion.study.run import StudyRun

_DRAWERS: Mapping[str, Callable[[StudyRun, Mapping[str, Any], str], Figure | None]] = {
    "rate": rate_figure,
    "curves": curves_figure,
    "plateau": plateau_figure,
    "samples": samples_figure,
    "pore-volume": pore_volume_figure,
    "shares": shares_figure,
    "arrhenius": arrhenius_figure,
}


def figures(run: StudyRun) -> tuple[Figure, ...]:
    """Every figure of a study that its numbers allow.

    Parameters
    ----------
    run : StudyRun

    Returns
    -------
    tuple of Figure
        Those of the source first, in the order of ``study.toml``.
    """
    drawn = [table for table in run.study.settings.get("figure", ()) if "draws" in table]
    found = [_DRAWERS[table["draws"]](run, table, name_of(table["source"])) for table in drawn]
    found += [parity_figure(run), salt_figure(run), energies_figure(run), ragone_figure(run), conflicts_figure(run)]
    found += explanation_figures(run)
    found += desolvation_figures(run)
    return tuple(figure for figure in found if figure is not None)


def name_of(source: str) -> str:
    """File name of a redrawn figure: ``"fig-2a"`` of ``"Fig. 2a"``."""
    return re.sub(r"[^a-z0-9]+", "-", source.lower()).strip("-")
