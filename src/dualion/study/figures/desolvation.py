"""Figures of the atomistic results that a study brings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dualion.atoms.desolvation.figures import ladder_figure, motif_figure
from dualion.records.figure import Figure
from dualion.study.desolvation.shipped import DESOLVATION
from dualion.study.run import StudyRun


def desolvation_figures(run: StudyRun) -> Iterator[Figure]:
    """Ladder and motifs of each result, named after it; of a single step the motifs alone, of one computed again by DFT neither."""
    for one in run.atoms:
        if one.schema == DESOLVATION and not one.document["rerank"]:
            request = one.document["request"]
            ladder = ladder_figure(one.document) if request["from"] - request["to"] > 1 else None
            for figure in (ladder, motif_figure(one.document)):
                if figure is not None:
                    yield replace(figure, name=f"{figure.name}-{one.name}", title=f"{figure.title}: {one.title}")
