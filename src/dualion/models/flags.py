"""What a careful reader of a simulation must know, as flags, and the one case that is a result without a simulation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dualion.models.constants import STARVED
from dualion.models.experiments import Protocol
from dualion.models.outputs import CellResult, StepResult
from dualion.records.cell import Cell
from dualion.records.quantity import Flag


def flags_of(cell: Cell, steps: Sequence[StepResult]) -> tuple[Flag, ...]:
    """Flags of steps that were read in full.

    Parameters
    ----------
    cell : Cell
    steps : sequence of StepResult
        With their salt.

    Returns
    -------
    tuple of Flag
        ``salt_limited``, ``plating_possible``, ``host_exhausted``.
    """
    flags = []
    poorest = min(steps, key=lambda step: float(step.salt[:, 0].min()))
    least = float(poorest.salt[:, 0].min())
    if least < STARVED:
        message = f"The salt falls to {least:.1f} mol/m3 at the {place(cell, poorest.poorest)}: the electrolyte limits the cell."
        flags.append(Flag("salt_limited", "warning", message))
    lowest = min((float(step.anode_potential.min()) for step in steps if step.anode_potential.size), default=0.0)
    if lowest < 0:
        what = "sodium could plate, which is not modelled." if cell.plating is None else "sodium plates beside what is stored."
        flags.append(Flag("plating_possible", "warning", f"The anode falls to {1e3 * lowest:.0f} mV against Na+/Na: {what}"))
    for number, step in enumerate(steps, start=1):
        if step.ended == "exhaustion" and least >= STARVED:
            message = (
                f"Step {number} ended at {step.totals['last_voltage']:.3f} V, before its cut-off: at a surface a host is full or empty, "
                "or its open-circuit potential is not known any further."
            )
            flags.append(Flag("host_exhausted", "warning", message))
    return tuple(flags)


def place(cell: Cell, position: float) -> str:
    """Part of a cell at a position [m] from the anode's side; the metal of a half cell has no depth."""
    anode = 0.0 if cell.cathode is None else cell.anode.thickness
    if position < anode:
        return "anode"
    if position < anode + cell.separator.thickness.value * 1e-6:
        return "separator"
    return "anode" if cell.cathode is None else "cathode"


def is_full(cell: Cell) -> bool:
    """Whether the anode of a dual-ion cell starts without room for sodium."""
    if cell.kind != "dual-ion":
        return False
    if isinstance(cell.initial_sodiation, str):
        return cell.initial_sodiation == "fully_sodiated"
    return cell.initial_sodiation >= 1.0


def without_room(cell: Cell, protocol: Protocol, *, engine: str, mesh: tuple[int, int, int, int]) -> CellResult:
    """A result, not a failure: the first charge of a full anode ends at once.

    Parameters
    ----------
    cell : Cell
    protocol : Protocol
    engine : str
    mesh : tuple of int
        [1] as in ``CellResult``.

    Returns
    -------
    CellResult
        With the flag ``no_room_for_sodium``.
    """
    message = (
        "The anode is full at the start, so the first charge ends at once: it was desodiated before assembly, or the cell starts Na-rich."
    )
    flag = Flag("no_room_for_sodium", "refusal", message)
    empty = np.zeros(0)
    step = StepResult(protocol.steps[0], np.zeros(1), np.zeros(1), np.zeros((0, 3)), empty, {})
    return CellResult(cell, (step,), (flag,), (), engine, mesh)
