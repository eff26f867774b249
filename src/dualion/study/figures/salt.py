"""The electrolyte as an active material: salt along a cycle and across the cell."""

from __future__ import annotations

from dualion.records.figure import Axis, Figure, Panel, Series
from dualion.study.figures.tools import Row, leading_task, rows_of
from dualion.study.run import StudyRun

_SALT = Axis("Salt concentration", "mol/m3")
_MICROMETRE = 1e6


def salt_figure(run: StudyRun) -> Figure | None:
    """Salt concentration through a cycle and its profile at full charge, for the first dual-ion cell of a study."""
    cell = next((name for name, record in run.study.cells.items() if record.kind == "dual-ion"), None)
    task = None if cell is None else leading_task(run, cell)
    if task is None:
        return None
    rows = rows_of(run, task)
    slow, fast = rows[0], rows[-1]
    initial = 1e3 * task.cell.electrolyte.concentration.value
    along = [series for row in (slow, fast) for series in _along(row)]
    along.append(Series("as filled", "limit", (0.0, 2.0), (initial, initial), "source-text"))
    across = [_profile(row) for row in (slow, rows[len(rows) // 2], fast)]
    loss = 100 * (1 - slow["values"]["salt_after_charge"] / initial)
    finding = (
        f"Simulated: a charge at {slow['specific_current']:g} mA/g takes {loss:.0f} % of the salt out of the electrolyte; "
        f"locally it falls to {fast['values']['least_salt']:.0f} mol/m3 at {fast['specific_current']:g} mA/g."
    )
    progress = Axis("Progress: 0 to 1 charge, 1 to 2 discharge", "1", limits=(0.0, 2.0))
    panels = (
        Panel(progress, _SALT, tuple(along), "Through a cycle"),
        Panel(Axis("Position from the anode's collector", "um"), _SALT, tuple(across), "At full charge"),
    )
    return Figure("salt", f"Salt concentration in {cell}", finding, panels, 183)


def _along(row: Row) -> list[Series]:
    salt = row["salt"]
    words = f"{row['specific_current']:g} mA/g"
    x = tuple(salt["progress"])
    return [
        Series(f"{name}, {words}", "simulated", x, tuple(salt[key]), "simulation") for name, key in (("mean", "mean"), ("least", "least"))
    ]


def _profile(row: Row) -> Series:
    position = tuple(_MICROMETRE * x for x in row["salt"]["position"])
    return Series(f"{row['specific_current']:g} mA/g", "simulated", position, tuple(row["salt"]["charged"]), "simulation")
