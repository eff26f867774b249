"""The sections on the cell models: what was computed, how it was calibrated, what it predicts, what changes with an assumption."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dualion.figures.labels import significant
from dualion.models.calibration.explain import DIFFUSIVITY_WITH_PLATING
from dualion.report.blocks import Block, Column, FigureBlock, FigureRow, Paragraph, Section, Subsection, Table
from dualion.report.sections_fits import energy_table, fit_blocks, prediction_blocks
from dualion.study.cells.plan import Task
from dualion.study.run import StudyRun

#: Units of what an explanation scans, where it is not an exchange current density.
_SCANNED = {"resistance": "ohm", "transport": "m2/s"}

#: What the models leave out, said wherever they are shown.
NOT_MODELLED = {
    "half": "Not modelled: capacitance of the film, plating, hysteresis, first-cycle loss.",
    "dual-ion": (
        "Not modelled: change of the gallery on anion uptake, solvent taken up with the anion, ion pairing, plating, "
        "self-discharge, ageing."
    ),
}
_LEADS = {
    "half": (
        "Na || hard carbon, single particle model with electrolyte. The carbon has two populations of sites, slope and closed pores; "
        "the film and the contacts act as one series resistance taken from the source's impedance, the charge transfer as a reaction."
    ),
    "dual-ion": (
        "Hard carbon || expanded graphite, single particle model with electrolyte. The cathode takes up the anion, so that a charge "
        "takes salt out of the electrolyte; sodium, anion and salt are balanced after every half cycle."
    ),
}


def cell_section(run: StudyRun, kind: str, figures: Sequence[FigureBlock]) -> Section | None:
    """Section of all cells of a kind; None where the study has none.

    Parameters
    ----------
    run : StudyRun
    kind : {"half", "dual-ion"}
    figures : sequence of FigureBlock
        Those of these cells.

    Returns
    -------
    Section or None
    """
    tasks = [task for task in run.tasks if task.cell.kind == kind]
    if not tasks:
        return None
    blocks: list[Block] = [Paragraph(_LEADS[kind], "lead"), Paragraph(NOT_MODELLED[kind])]
    blocks += _failures(run, tasks)
    blocks += list(_figures([block for block in figures if not block.figure.name.startswith("explanation")]))
    blocks += list(_rate_tables(run, tasks))
    blocks += _fits(run, tasks)
    blocks += _predictions(run, tasks)
    blocks += _scenarios(run, tasks)
    if kind == "dual-ion":
        blocks += list(_explanations(run, tasks, figures))
        blocks += _energies(run)
    title = "Half cell" if kind == "half" else "Dual-ion cell"
    return Section(title, f"{kind}-cell", tuple(blocks))


def _figures(figures: Sequence[FigureBlock]) -> Iterator[Block]:
    """Narrow figures in pairs, wide ones alone."""
    narrow = [block for block in figures if block.figure.width < 100]
    yield from (block for block in figures if block.figure.width > 100)
    for first in range(0, len(narrow), 2):
        yield FigureRow(tuple(narrow[first : first + 2]))


def _failures(run: StudyRun, tasks: Sequence[Task]) -> list[Block]:
    failed = [(task, run.computed.failures[task.name]) for task in tasks if task.name in run.computed.failures]
    if not failed:
        return []
    rows = tuple((task.label, reason, detail) for task, (reason, detail) in failed)
    return [Table("Runs that gave no result", (Column("Run"), Column("Reason"), Column("Detail")), rows)]


def _rate_tables(run: StudyRun, tasks: Sequence[Task]) -> Iterator[Block]:
    for task in tasks:
        if task.role in ("calibration", "prediction", "all-points") and task.name in run.computed.outcomes:
            yield _rate_table(task, run.computed.outcomes[task.name])


def _rate_table(task: Task, outcome: Mapping[str, Any]) -> Block:
    half = task.cell.kind == "half"
    other = next(iter(outcome["other_transport"].items()), None)
    columns = ["Current", "Capacity", "Plateau" if half else "Salt left", "Mean voltage", "Error of the numbers"]
    columns += [f"Capacity, {other[0]}"] if other else []
    rows = []
    for row in outcome["rows"]:
        values = row["values"]
        third = f"{values['plateau_capacity']:.1f} mAh/g" if half else f"{values['least_salt']:.0f} mol/m3 at least"
        cells = [
            f"{row['specific_current']:g} mA/g ({row['c_rate']:g} C)",
            f"{values['specific_capacity']:.1f} mAh/g",
            third,
            f"{values['mean_voltage']:.3f} V",
            f"{row['errors'].get('specific_capacity', 0):.2g} mAh/g, {1e3 * row['errors'].get('mean_voltage', 0):.2g} mV",
        ]
        if other:
            match = next(r for r in other[1] if r["specific_current"] == row["specific_current"])
            cells.append(f"{match['values']['specific_capacity']:.1f} mAh/g")
        rows.append(tuple(cells))
    note = "First cycle from the state at assembly. The last but one column is the change on twice the mesh or a tenth of the tolerance."
    if outcome["blocks"]:
        largest = max(map(abs, outcome["blocks"]))
        note += f" In a continuous rate test of five cycles a block the last cycles differ by at most {largest:.1g} mAh/g."
    return Table(f"Simulated rate test: {task.label}", tuple(Column(c, numeric=i > 0) for i, c in enumerate(columns)), tuple(rows), note)


def _fits(run: StudyRun, tasks: Sequence[Task]) -> list[Block]:
    names = {task.name for task in tasks if task.role != "scenario"}
    inner = [block for fit in run.document["fits"] if fit["name"] in names for block in fit_blocks(fit)]
    lead = Paragraph(
        "Standard errors assume 1 % (at least 1 mAh/g) on a capacity and 10 mV on a voltage, since the source prints none; the bounds "
        "of each parameter count as prior knowledge. A parameter is called identified when the data narrow it to less than half of what "
        "its bounds say."
    )
    return [Subsection("What was fitted", (lead, *inner))] if inner else []


def _predictions(run: StudyRun, tasks: Sequence[Task]) -> list[Block]:
    calibrations = {task.calibration for task in tasks}
    cells = {task.cell.name for task in tasks}
    own = []
    for prediction in run.document["predictions"]:
        claims = [point["claim"] for point in prediction["points"]]
        of_cell = any(c in producer.claims and producer.cell in cells for c in claims for producer in run.study.producers)
        if prediction["calibration"] in calibrations and of_cell:
            own += list(prediction_blocks(prediction))
    return [Subsection("What was predicted", tuple(own))] if own else []


def _scenarios(run: StudyRun, tasks: Sequence[Task]) -> list[Block]:
    """What other assumptions give: series resistance, initial sodiation."""
    rows = []
    for task in tasks:
        outcome = run.computed.outcomes.get(task.name)
        if outcome is None or task.kind == "explain" or task.role not in ("scenario", "all-points") or task.cell.kind == "half":
            continue
        fit = outcome["fit"]
        capacities = ", ".join(f"{row['values']['specific_capacity']:.1f}" for row in outcome["rows"])
        told = "; ".join(flag["message"] for row in outcome["rows"][:1] for flag in row["flags"]) if fit is None else ""
        rmse = "" if fit is None else f"{significant(fit['rmse'], 3)} mAh/g"
        rows.append((task.label, f"{task.cell.series_resistance.value:g} ohm", capacities, rmse, told))
    if not rows:
        return []
    columns = (
        Column("Run"),
        Column("Series resistance"),
        Column("Capacities from low to high current, mAh/g"),
        Column("RMSE"),
        Column("Remark"),
    )
    table = Table("Other assumptions, simulated", columns, tuple(rows))
    return [Subsection("What changes if an assumption changes", (table,))]


def _explanations(run: StudyRun, tasks: Sequence[Task], figures: Sequence[FigureBlock]) -> Iterator[Block]:
    """Mechanisms tried on a number that the model misses: verdict, figure, table."""
    for task in tasks:
        if task.kind != "explain" or task.name not in run.computed.outcomes:
            continue
        found = run.computed.outcomes[task.name]["explanation"]
        own = [block for block in figures if block.figure.name == f"explanation-{task.targets[0].claim.lower()}"]
        lead = Paragraph(f"Verdict: {found['verdict']}. {found['sentence']}")
        title = f"Failure to explain {task.targets[0].claim}: {found['printed']:g} mAh/g at {found['specific_current']:g} mA/g"
        yield Subsection(title, (lead, *own, _explanation_table(task, found)))


def _explanation_table(task: Task, found: Mapping[str, Any]) -> Table:
    one_c = task.cell.one_c.value
    columns = [Column("Mechanism"), Column("Scanned value", numeric=True)]
    columns += [Column(f"{current / one_c:g} C, mAh/g", numeric=True) for current in found["currents"]]
    columns += [Column("Lowest anode potential", numeric=True), Column("Sodium plated", numeric=True)]
    rows = []
    for attempt in found["attempts"]:
        unit = _SCANNED.get(attempt["mechanism"], "A/m2")
        capacities = ["failed" if value is None else f"{value:.1f}" for value in attempt["capacities"]]
        lowest = "" if attempt["lowest_potential"] is None else f"{1e3 * attempt['lowest_potential']:.0f} mV"
        plated = "" if attempt["plated"] is None else f"{100 * attempt['plated']:.2g} %"
        rows.append((attempt["mechanism"], f"{attempt['value']:.3g} {unit}", *capacities, lowest.replace("-", "−"), plated))
    note = (
        f"Second cycle, no other parameter changed; plating is tried at an anode diffusivity of {DIFFUSIVITY_WITH_PLATING:g} m2/s. "
        f"Potential and share plated at {found['specific_current']:g} mA/g."
    )
    return Table(f"Mechanisms tried on {task.targets[0].claim}, simulated", tuple(columns), tuple(rows), note)


def _energies(run: StudyRun) -> list[Block]:
    tables = tuple(energy_table(entry) for entry in run.document["energies"])
    if not tables:
        return []
    lead = Paragraph(
        "An energy density means nothing without its mass. Each printed energy stands beside five bases, with the printed and with the "
        "simulated capacity; every basis that agrees by the rules of the verdicts is named, none is chosen."
    )
    return [Subsection("Energy on five mass bases", (lead, *tables))]
