"""What the cell models gave, as tables for a spreadsheet: one row for each cycle, and every curve."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from dualion.numerics.rounding import SOLVER_DIGITS, significant
from dualion.records.cell import FULL_CELL_BASES
from dualion.study.run import StudyRun

_VALUES = (
    ("specific_capacity", "mAh/g"),
    ("plateau_capacity", "mAh/g"),
    ("slope_capacity", "mAh/g"),
    ("charge_capacity", "mAh/g"),
    ("mean_voltage", "V"),
    ("median_voltage", "V"),
    ("least_salt", "mol/m3"),
    ("salt_after_charge", "mol/m3"),
    ("lowest_anode_potential", "V"),
)


def cell_tables(run: StudyRun) -> dict[str, bytes]:
    """``rates.csv`` and ``curves.csv`` of a run, all of it simulated; nothing where no cell model ran.

    Parameters
    ----------
    run : StudyRun

    Returns
    -------
    dict of str to bytes
        By file name; units stand in the headings.
    """
    if not run.computed.outcomes:
        return {}
    return {"rates.csv": _rates(run), "curves.csv": _curves(run)}


def _rates(run: StudyRun) -> bytes:
    heading = ["origin", "run", "role", "cell", "specific current [mA/g]", "C-rate [1]"]
    heading += [f"{name} [{unit}]" for name, unit in _VALUES]
    heading += ["numerical error of capacity [mAh/g]", "numerical error of mean voltage [V]"]
    heading += [f"energy, {basis} [Wh/kg]" for basis in FULL_CELL_BASES] + [f"power, {basis} [W/kg]" for basis in FULL_CELL_BASES]
    heading += ["flags"]
    rows = []
    for task in run.tasks:
        for row in run.computed.outcomes.get(task.name, {}).get("rows", ()):
            cells = ["simulation", task.name, task.role, task.cell.name, _text(row["specific_current"]), _text(row["c_rate"])]
            cells += [_text(row["values"].get(name)) for name, _ in _VALUES]
            cells += [_text(row["errors"].get(name)) for name in ("specific_capacity", "mean_voltage")]
            cells += [_text(row[kind].get(basis)) for kind in ("energies", "powers") for basis in FULL_CELL_BASES]
            rows.append([*cells, " ".join(flag["code"] for flag in row["flags"])])
    return _csv(heading, rows)


def _curves(run: StudyRun) -> bytes:
    heading = ["origin", "run", "cell", "specific current [mA/g]", "half cycle", "specific capacity [mAh/g]", "voltage [V]"]
    rows = []
    for task in run.tasks:
        for row in run.computed.outcomes.get(task.name, {}).get("rows", ()):
            for direction, curve in row["curves"].items():
                lead = ["simulation", task.name, task.cell.name, _text(row["specific_current"]), direction]
                rows += [[*lead, _text(x), _text(y)] for x, y in zip(curve["capacity"], curve["voltage"], strict=True)]
    return _csv(heading, rows)


def _text(value: float | None) -> str:
    return "" if value is None else repr(significant(value, SOLVER_DIGITS))


def _csv(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return buffer.getvalue().encode()
