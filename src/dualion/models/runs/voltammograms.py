"""Peaks of simulated cyclic voltammograms.

A peak is the extremum of the current in the direction of its sweep. One at an end of the sweep is the edge of the window, not a maximum of
the current, and is marked so: its potential says where the sweep ended. The charge of a sweep is the integral of the current over its
time; from the second cycle on the charges of the two sweeps must agree within 0.5 %.

Valid for sweeps that begin in equilibrium.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dualion.models.experiments import Protocol, Sweep
from dualion.models.outputs import CellResult, StepResult, working_mass
from dualion.models.runs.summaries import Row, number
from dualion.records.quantity import Flag

#: How far the charges of the sweeps of a cycle may be apart, from the second cycle on.
BALANCE = 0.005
#: Share of a window within which an extremum stands at its edge.
_EDGE = 0.002

PEAK_UNITS = {
    "sweep_rate": "mV/s", "peak_current": "mA", "peak_current_density": "mA/cm2", "peak_specific_current": "mA/g", "peak_voltage": "V",
    "charge": "mAh/g", "charge_in": "mAh/g", "charge_out": "mAh/g",
}  # fmt: skip


def peak_rows(result: CellResult, protocol: Protocol) -> tuple[Row, ...]:
    """One row for each sweep.

    Parameters
    ----------
    result : CellResult
        Of sweeps, with their voltage.
    protocol : Protocol

    Returns
    -------
    tuple of dict
        Units in ``PEAK_UNITS``; ``at_edge`` says whether the extremum is the edge of the window.
    """
    cell = result.cell
    rows = []
    for place, step in enumerate(result.steps):
        if not isinstance(step.step, Sweep) or step.voltage.size < 2:
            continue
        upwards = step.step.end > step.step.start
        current = step.currents
        at = int(np.argmax(current) if upwards else np.argmin(current))
        near = _EDGE * abs(step.step.end - step.step.start)
        edge = min(abs(step.voltage[at] - step.step.start), abs(step.voltage[at] - step.step.end)) <= near
        row: Row = {
            "sweep_rate": 1e3 * step.step.rate,
            "cycle": protocol.cycles[place] if protocol.cycles else None,
            "direction": _word(cell.kind, upwards),
            "peak_voltage": float(step.voltage[at]),
            "at_edge": "yes" if edge else "no",
            "peak_current": float(1e3 * current[at]),
            "peak_current_density": float(1e3 * current[at] / cell.area.value),
            "peak_specific_current": float(1e6 * current[at] / working_mass(cell)),
        }
        rows.append(row | _charges(step, working_mass(cell)))
    return tuple(rows)


def balance_flags(rows: Sequence[Row]) -> tuple[Flag, ...]:
    """The flag ``unbalanced_sweeps`` where the charges of a cycle after the first differ by more than they may.

    Parameters
    ----------
    rows : sequence of dict
        Of one voltammogram, as ``peak_rows`` gives them.

    Returns
    -------
    tuple of Flag
    """
    worst = 0.0
    for cycle in dict.fromkeys(row["cycle"] for row in rows):
        both = [abs(number(row, "charge")) for row in rows if row["cycle"] == cycle]
        if cycle != 1 and len(both) == 2:
            worst = max(worst, abs(both[1] - both[0]) / max(*both, np.finfo(float).tiny))
    if worst <= BALANCE:
        return ()
    message = f"The charges of two sweeps of a cycle differ by {100 * worst:.2g} %: the cell does not return to where it began."
    return (Flag("unbalanced_sweeps", "warning", message),)


def _charges(step: StepResult, mass: float) -> Row:
    """Net charge and what went each way [mAh/g of a mass in mg]."""
    unit = 3.6e-3 * mass
    current, time = step.currents, step.time
    return {
        "charge": float(np.trapezoid(current, time) / unit),
        "charge_in": float(np.trapezoid(np.clip(current, 0, None), time) / unit),
        "charge_out": float(np.trapezoid(np.clip(current, None, 0), time) / unit),
    }


def _word(kind: str, upwards: bool) -> str:
    if kind == "half":
        return "desodiation" if upwards else "sodiation"
    return "charge" if upwards else "discharge"
