"""Figures of what was tried to explain a number that the model misses."""

from __future__ import annotations

from collections.abc import Iterator

from dualion.models.calibration.explain import Explanation, explanation_figure
from dualion.records.figure import Figure
from dualion.records.json import from_plain
from dualion.study.run import StudyRun


def explanation_figures(run: StudyRun) -> Iterator[Figure]:
    """One figure for each claim that was to be explained."""
    for task in run.tasks:
        if task.kind == "explain" and task.name in run.computed.outcomes:
            found = from_plain(Explanation, run.computed.outcomes[task.name]["explanation"])
            yield explanation_figure(found, name=f"explanation-{task.targets[0].claim.lower()}")
