"""What the figures of cells share: rows of a task, series of them, and the printed numbers beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dualion.records.figure import Series
from dualion.study.cells.plan import CELL_MODELS, Task
from dualion.study.run import StudyRun

Row = Mapping[str, Any]

#: Words for the role of a run, as they stand in a legend.
ROLE_WORDS = {
    "calibration": "calibrated on the calibration set",
    "all-points": "fitted to all points",
    "hard-extrapolation": "calibrated at low rates only",
    "prediction": "predicted",
}


def rows_of(run: StudyRun, task: Task) -> Sequence[Row]:
    """Rows of a task's rate test that were computed; none where it failed."""
    outcome = run.computed.outcomes.get(task.name)
    return () if outcome is None else [row for row in outcome["rows"] if row["curves"]]


def tasks_of(run: StudyRun, cell: str) -> Iterator[Task]:
    """Tasks of a cell that have rows, scenarios left out."""
    for task in run.tasks:
        if task.cell.name == cell and task.role != "scenario" and rows_of(run, task):
            yield task


def leading_task(run: StudyRun, cell: str) -> Task | None:
    """The task that stands for a cell: what is predicted, else what is calibrated, else what is fitted to all points."""
    order = {"prediction": 0, "calibration": 1, "all-points": 2, "hard-extrapolation": 3}
    return min(tasks_of(run, cell), key=lambda task: order[task.role], default=None)


def electrode_sample(run: StudyRun, cell: str) -> str:
    """Sample of a cell, as the figures colour it."""
    record = run.study.cells[cell]
    anode = record.anode.material.name
    return anode if record.cathode is None else f"{anode}||{record.cathode.material.name}"


def run_name(task: Task) -> str:
    """Which run, in words for a legend."""
    reading = f", reading {task.reading}" if task.reading else ""
    return f"{task.cell.name}, {ROLE_WORDS[task.role]}{reading}"


def line(run: StudyRun, task: Task, quantity: str) -> Series:
    """A quantity of a task against the specific current; thin where the points themselves were fitted."""
    rows = rows_of(run, task)
    return Series(
        name=run_name(task),
        kind="fitted" if task.role == "all-points" else "simulated",
        x=tuple(row["specific_current"] for row in rows),
        y=tuple(row["values"][quantity] for row in rows),
        origin="simulation",
        sample=electrode_sample(run, task.cell.name),
    )


def printed(run: StudyRun, cell: str, quantity: str) -> Iterator[Series]:
    """Printed numbers of a quantity of a cell against the specific current, those used in a calibration apart."""
    study = run.study
    used = {c for calibration in study.calibrations if calibration.role == "calibration" for c in calibration.claims}
    points: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for producer in study.producers:
        if producer.by in CELL_MODELS and producer.cell == cell and producer.quantity == quantity:
            for claim, current in producer.currents.items():
                value = study.claims[claim].value_num
                if value is not None:
                    points[claim in used].append((current, value))
    for calibrating, found in points.items():
        if found:
            words = "printed, used in a calibration" if calibrating else "printed, not used"
            currents, values = zip(*sorted(found), strict=True)
            sample = electrode_sample(run, cell)
            yield Series(f"{cell}, {words}", "printed", tuple(currents), tuple(values), "source-text", sample=sample)


def redrawn(run: StudyRun, table: Mapping[str, Any]) -> str:
    """Figure of the source that a figure draws anew; none in a study of one's own data, where ``source`` is but its name."""
    return str(table["source"]) if run.study.kind == "paper" else ""


def misses(run: StudyRun, claims: Sequence[str]) -> list[float]:
    """Relative deviation of what was obtained for claims, where a verdict rests on a value."""
    verdicts = {claim["id"]: claim for claim in run.document["claims"]}
    return [verdicts[c]["deviation"] for c in claims if verdicts[c]["deviation"] is not None]
