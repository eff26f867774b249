"""``dualion reproduce STUDY``: load, compute, judge, report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

import typer

from dualion.cli.options import JsonOutput, StudyArgument
from dualion.cli.output import FAILED, columns_of, emit, say

if TYPE_CHECKING:
    from dualion.cli.progress import OnProgress
    from dualion.study.desolvation.shipped import Shipped
    from dualion.study.types import Study

WorkersOption = Annotated[int | None, typer.Option(metavar="N", min=1, help="Processes that compute at once.", show_default="one per core")]
RecomputeOption = Annotated[
    str | None, typer.Option(metavar="atoms", help="Compute the atomistic results of the study again, in DIR-atoms: hours.")
]
_GROUPS = {
    "predicted": "Predicted: computed without having been fitted to",
    "fitted": "Fitted, or taken in as input: agreement is no evidence",
    "other": "Not computed",
    "arithmetic": "Arithmetic: relations between the printed numbers",
}


class Outcome(Protocol):
    """What a run gives back."""

    @property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Verdicts by group: predicted, fitted, other, arithmetic."""

    @property
    def failures(self) -> Mapping[str, tuple[str, str]]:
        """Claims that a failed computation left open: reason code and detail."""

    @property
    def predictions(self) -> Sequence[Mapping[str, Any]]:
        """Prediction sets in the form of the results document."""

    @property
    def folder(self) -> Path:
        """Where results.json, ledger.csv, the figures and the report lie."""

    @property
    def report(self) -> Path:
        """The report."""


def reproduce(
    study: StudyArgument,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Output folder.", show_default="dualion-STUDY")] = None,
    store: Annotated[
        Path | None,
        typer.Option(metavar="DIR", envvar="DUALION_STORE", help="Where computed parts are kept.", show_default=".dualion-store"),
    ] = None,
    workers: WorkersOption = None,
    engine: Annotated[
        str, typer.Option(metavar="NAME", help="What solves the cells: fast, pybamm-SPM, pybamm-SPMe or pybamm-DFN.")
    ] = "fast",
    recompute: RecomputeOption = None,
    skip_models: Annotated[bool, typer.Option("--skip-models", help="Arithmetic, recipe and report only.")] = False,
    as_json: JsonOutput = False,
) -> None:
    """Hold a study against arithmetic and a cell model.

    Writes results.json, ledger.csv, the figures and report.html. Where a computation fails, its claims say so, everything else is
    finished, and the exit code is 1.
    """
    from dualion.cli import progress
    from dualion.cli.recompute import recomputed
    from dualion.models.engines import engine_named
    from dualion.study.load import load, locate

    loaded = load(locate(study))
    folder = out or Path(f"dualion-{loaded.id}")
    atoms = None if recompute is None else recomputed(loaded, folder.with_name(f"{folder.name}-atoms"), recompute)
    with progress.shown() as on_progress:
        outcome = _run(
            loaded,
            out=folder,
            store=store or Path(".dualion-store"),
            workers=workers or _cores(),
            skip=("models",) if skip_models else (),
            engine=engine_named(engine),
            on_progress=on_progress,
            atoms=atoms,
        )
    if as_json:
        emit(_document(loaded.id, outcome))
    else:
        say(_summary(loaded.title, outcome))
    if _failed(outcome):
        raise typer.Exit(FAILED)


@dataclass(frozen=True, slots=True)
class _Done:
    """A finished run with its place."""

    counts: Mapping[str, Mapping[str, int]]
    failures: Mapping[str, tuple[str, str]]
    predictions: Sequence[Mapping[str, Any]]
    folder: Path
    report: Path


def _run(
    study: Study,
    *,
    out: Path,
    store: Path,
    workers: int,
    skip: Sequence[Literal["models"]],
    engine: str,
    on_progress: OnProgress,
    atoms: tuple[Shipped, ...] | None,
) -> Outcome:
    # imported after the study was loaded: one that cannot be used is refused before anything heavy
    from dualion.report.publish import publish_run
    from dualion.store import Store
    from dualion.study.run import run

    kept = Store(store)
    found = run(study, store=kept, workers=workers, on_progress=on_progress, skip=skip, engine=engine, atoms=atoms)
    published = publish_run(found, out, store=kept)
    return _Done(found.counts, found.failures, found.document["predictions"], published.folder, published.report)


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _failed(outcome: Outcome) -> dict[str, str]:
    return {claim: detail for claim, (reason, detail) in outcome.failures.items() if reason == "solve-error"}


def _document(study: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "study": study,
        "counts": {group: dict(words) for group, words in outcome.counts.items()},
        "predictions": [dict(prediction) for prediction in outcome.predictions],
        "failures": {claim: {"reason": reason, "detail": detail} for claim, (reason, detail) in outcome.failures.items()},
        "folder": str(outcome.folder),
        "report": str(outcome.report),
    }


def _summary(title: str, outcome: Outcome) -> list[str]:
    lines = [title]
    for group, heading in _GROUPS.items():
        if words := outcome.counts.get(group):
            lines += ["", heading, *columns_of([(word, str(number)) for word, number in words.items()])]
    for prediction in outcome.predictions:
        lines += ["", *_prediction(prediction)]
    if failed := _failed(outcome):
        lines += ["", "Failed", *columns_of(list(failed.items()))]
    return [*lines, "", f"Report: {outcome.report}"]


def _prediction(prediction: Mapping[str, Any]) -> list[str]:
    """A prediction set: each claim as printed and as computed, then how the set fared."""
    unit = prediction["unit"]
    what = prediction["quantity"].replace("_", " ")
    heading = f"{what.capitalize()} [{unit}] of {prediction['name']}, calibrated as {prediction['calibration']}"
    rows = [("claim", "mA/g", "printed", "computed", "error", "trivial")]
    for point in prediction["points"]:
        trivial = "" if point["trivial"] is None else f"{point['trivial']:.4g}"
        error = point["model"] - point["printed"]
        rows.append((point["claim"], f"{point['current']:g}", f"{point['printed']:g}", f"{point['model']:.4g}", f"{error:+.3g}", trivial))
    return [heading, *columns_of(rows), f"  {prediction['sentence']}"]
