"""Figures of cells: rate capability, curves, plateau against rate, samples side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.study.cells.plan import Task
from dualion.study.figures.tools import electrode_sample, leading_task, line, misses, printed, redrawn, rows_of, tasks_of
from dualion.study.run import StudyRun
from dualion.units import read_as

_CAPACITY = Axis("Specific capacity", "mAh/g")
_CURRENT = Axis("Specific current", "mA/g", scale="log")


def rate_figure(run: StudyRun, table: Mapping[str, Any], name: str) -> Figure | None:
    """Capacity against current of one or more cells, each with its printed numbers."""
    series: list[Series] = []
    claims: list[str] = []
    for cell in table["cells"]:
        series += list(printed(run, cell, "specific_capacity"))
        series += [line(run, task, "specific_capacity") for task in tasks_of(run, cell)]
        claims += [c for p in run.study.producers if p.cell == cell and p.quantity == "specific_capacity" for c in p.claims]
    if not series:
        return None
    worst = max((abs(miss) for miss in misses(run, claims)), default=None)
    finding = "Printed capacities without a computed one."
    if worst is not None:
        finding = (
            f"The runs on which verdicts rest lie within {100 * worst:.0f} % of the printed capacities of {' and '.join(table['cells'])}."
        )
    return Figure(
        name, table.get("title", "Rate capability"), finding, (Panel(_CURRENT, _CAPACITY, tuple(series)),), 183, redrawn(run, table)
    )


def curves_figure(run: StudyRun, table: Mapping[str, Any], name: str) -> Figure | None:
    """Voltage against capacity at each current, one panel for each cell and reading."""
    panels = []
    wanted = {read_as(text, "mA/g") for text in table.get("currents", ())}
    for cell in table["cells"]:
        leading = leading_task(run, cell)
        if leading is not None:
            readings = [task for task in tasks_of(run, cell) if task.calibration == leading.calibration and task.role == leading.role]
            panels += [_curves_panel(run, task, wanted) for task in readings]
    if not panels:
        return None
    task = leading_task(run, table["cells"][0])
    assert task is not None
    rows = [row for row in rows_of(run, task) if not wanted or row["specific_current"] in wanted]
    first, last = rows[0], rows[-1]
    finding = f"Simulated: {first['values']['specific_capacity']:.0f} mAh/g at {first['specific_current']:g} mA/g"
    if last is not first:
        finding += f" falls to {last['values']['specific_capacity']:.0f} mAh/g at {last['specific_current']:g} mA/g"
    return Figure(name, table.get("title", "Curves"), finding + ".", tuple(panels), 183 if len(panels) > 1 else 89, redrawn(run, table))


def _curves_panel(run: StudyRun, task: Task, wanted: set[float]) -> Panel:
    series = []
    for row in rows_of(run, task):
        if wanted and row["specific_current"] not in wanted:
            continue
        words = f"{row['c_rate']:g} C, {row['specific_current']:g} mA/g"
        for curve in row["curves"].values():
            x, y = tuple(curve["capacity"]), tuple(curve["voltage"])
            series.append(Series(words, "simulated", x, y, "simulation", sample=electrode_sample(run, task.cell.name)))
    half = task.cell.kind == "half"
    axis = Axis("Potential against Na⁺/Na" if half else "Voltage", "V", limits=(0.0, 1.5) if half else None)
    return Panel(_CAPACITY, axis, tuple(series), f"{task.cell.name}, reading {task.reading}" if task.reading else task.cell.name)


def plateau_figure(run: StudyRun, table: Mapping[str, Any], name: str) -> Figure | None:
    """Plateau capacity against current of half cells, with the printed plateaus."""
    series: list[Series] = []
    kept = []
    for cell in table["cells"]:
        series += list(printed(run, cell, "plateau_capacity"))
        series += [line(run, task, "plateau_capacity") for task in tasks_of(run, cell)]
        task = leading_task(run, cell)
        if task is not None:
            rows = rows_of(run, task)
            share = 100 * rows[-1]["values"]["plateau_capacity"] / rows[0]["values"]["plateau_capacity"]
            kept.append(
                f"{cell} keeps {share:.0f} % of its plateau from {rows[0]['specific_current']:g} to {rows[-1]['specific_current']:g} mA/g"
            )
    if not series:
        return None
    finding = f"Simulated, split at the plateau boundary: {'; '.join(kept)}." if kept else "Printed plateaus without a computed one."
    axis = Axis("Plateau capacity", "mAh/g")
    return Figure(name, table.get("title", "Plateau"), finding, (Panel(_CURRENT, axis, tuple(series)),), 183, redrawn(run, table))


def samples_figure(run: StudyRun, table: Mapping[str, Any], name: str) -> Figure | None:
    """One printed number for each sample, several where the source prints several, with what the models give at the same current."""
    claims = [run.study.claims[claim] for claim in table["claims"]]
    samples = tuple(dict.fromkeys(claim.sample for claim in claims))
    places = {sample: position for position, sample in enumerate(samples)}
    rounds: dict[int, list[tuple[float, float]]] = {}
    seen: dict[str, int] = {}
    for claim in claims:
        if claim.value_num is not None:
            number = seen.get(claim.sample, 0)
            seen[claim.sample] = number + 1
            rounds.setdefault(number, []).append((places[claim.sample], claim.value_num))
    series = [
        Series("printed" if number == 0 else "printed elsewhere", "bar" if number == 0 else "printed", *_unzipped(found), "source-text")
        for number, found in rounds.items()
    ]
    obtained = {entry["id"]: entry for entry in run.document["quantities"] if entry["primary"] and entry["value"] is not None}
    modelled = [(float(places[c.sample]), float(obtained[c.id]["value"])) for c in claims if c.id in obtained]
    if modelled:
        series.append(Series("cell model", "simulated", *_unzipped(sorted(set(modelled))), "simulation"))
    values = [(claim.value_num, claim.sample) for claim in claims if claim.value_num is not None]
    (top, best), (_, least) = max(values), min(values)
    finding = f"The printed plateau capacity is largest for {best} ({top:g} {claims[0].unit}) and smallest for {least}."
    axis = Axis("Plateau capacity", claims[0].unit, limits=(0.0, 1.15 * top))
    panel = Panel(Axis("Sample", "", categories=samples), axis, tuple(series))
    return Figure(name, table.get("title", "Samples"), finding, (panel,), 89, redrawn(run, table))


def _unzipped(points: list[tuple[float, float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    x, y = zip(*points, strict=True)
    return tuple(x), tuple(y)
