"""What a march wrote down, as the result of a step in the units of the records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from dualion.models.constants import FARADAY
from dualion.models.experiments import Step
from dualion.models.fast import layout, march
from dualion.models.fast.memory import held, ranges, salt_held
from dualion.models.fast.record import (
    BELOW,
    CHARGE,
    ENERGY,
    LAST_VOLTAGE,
    LEAST,
    LEAST_AT,
    LEAST_SALT,
    LOWEST_ANODE,
    LOWEST_APPARENT,
    MOST,
    MOST_SALT,
    PARTS,
    PLATE,
    ROW_CURRENT,
    SEEN,
    TIME,
    VOLTAGE,
)
from dualion.models.outputs import Array, StepResult
from dualion.records.cell import Cell

Detail = Literal["all", "voltage", "last voltage", "ends"]

_WHY = {march.ON_DURATION: "duration", march.ON_CUTOFF: "cutoff", march.ON_EXHAUSTION: "exhaustion"}
_PARTS = ("equilibrium", "reaction", "concentration", "electrolyte", "series", "film")


def read(
    cell: Cell,
    step: Step,
    record: Array,
    state: Array,
    time: float,
    why: int,
    rows: Array,
    tally: Array,
    inventories: Mapping[str, tuple[float, float]],
    detail: Detail,
) -> StepResult:
    """A step as a result.

    Parameters
    ----------
    cell : Cell
    step : HalfCycle, Rest, Hold or Sweep
    record, state : ndarray
        Numbers of the cell and its state at the end, each in its own [unit].
    time : float
        [s] passed.
    why : int
        [1] how it ended; see ``march``.
    rows, tally : ndarray
        What the march wrote down, each column in its own [unit].
    inventories : mapping of str to tuple of two float
        [mol] at start and end.
    detail : str
        As in ``FastSolver.solve``.

    Returns
    -------
    StepResult
    """
    area = cell.area.value * 1e-4
    empty = np.zeros(0)
    totals = _totals(tally, area)
    if detail == "ends":
        return StepResult(step, np.array([0.0, time]), empty, np.zeros((0, 3)), empty, inventories, ended=_WHY[why], totals=totals)
    clock, voltage, current = rows[:, TIME].copy(), rows[:, VOLTAGE].copy(), rows[:, ROW_CURRENT] * area
    whole = StepResult(step, clock, voltage, np.zeros((0, 3)), empty, inventories, current=current, ended=_WHY[why], totals=totals)
    if detail != "all":
        return whole
    position = _positions(cell, record)
    return replace(
        whole,
        salt=np.stack([rows[:, LEAST], _mean_salt(cell, rows[:, SEEN:]), rows[:, MOST]], axis=1),
        anode_potential=empty if cell.cathode is None else rows[:, PARTS + layout.ANODE_POTENTIAL].copy(),
        profile={"position": position, "salt": state[ranges(record)[2]].copy()},
        poorest=float(position[int(tally[LEAST_AT])]),
        traces=_traces(cell, rows, area),
    )


def _totals(tally: Array, area: float) -> dict[str, float]:
    return {
        "charge": float(tally[CHARGE]) * area,
        "energy": float(tally[ENERGY]) * area,
        "charge_below": float(tally[BELOW]) * area,
        "least_salt": float(tally[LEAST_SALT]),
        "most_salt": float(tally[MOST_SALT]),
        "lowest_anode_potential": float(tally[LOWEST_ANODE]),
        "lowest_apparent_potential": float(tally[LOWEST_APPARENT]),
        "last_voltage": float(tally[LAST_VOLTAGE]),
    }


def _traces(cell: Cell, rows: Array, area: float) -> dict[str, Array]:
    """Fillings at the surfaces, plated charge [coulomb], and the parts of the voltage along a step."""
    seen, parts = rows[:, SEEN:], rows[:, PARTS:]
    if cell.cathode is None:
        fillings = {"anode_filling": seen[:, layout.RIGHT].copy()}
    else:
        fillings = {"anode_filling": seen[:, layout.LEFT].copy(), "cathode_filling": seen[:, layout.RIGHT].copy()}
    return {**fillings, "plated": rows[:, PLATE] * area, **{name: parts[:, at].copy() for at, name in enumerate(_PARTS)}}


def inventories(cell: Cell, record: Array, state: Array) -> dict[str, float]:
    """[mol] of salt, of what the hosts hold, and in a full cell of sodium and PF6."""
    area = cell.area.value * 1e-4
    salt = salt_held(record, state) * area
    stored = [held(record, state, side) * area / FARADAY for side in (layout.LEFT_HOST, layout.RIGHT_HOST)]
    if cell.cathode is None:
        return {"salt": salt, "host sodium": stored[1]}
    plated = float(state[ranges(record)[3] + layout.PLATED]) * area / FARADAY
    found = {"salt": salt, "host sodium": stored[0], "host PF6": stored[1], "plated": plated}
    if cell.kind == "rocking-chair":
        return {
            "salt": salt,
            "host sodium": stored[0],
            "cathode sodium": stored[1],
            "plated": plated,
            "sodium": salt + sum(stored) + plated,
        }
    return {**found, "sodium": salt + stored[0] + plated, "PF6": salt + stored[1]}


def _mean_salt(cell: Cell, seen: Array) -> Array:
    """Mean over the pores [mol/m3]."""
    electrodes = [cell.anode, cell.anode] if cell.cathode is None else [cell.anode, cell.cathode]
    pores = [electrode.thickness * electrode.material["porosity"] for electrode in electrodes]
    if cell.cathode is None:
        pores[0] = 0.0
    pores.insert(1, cell.separator.thickness.value * 1e-6 * cell.separator.porosity.value)
    return np.asarray(seen[:, layout.SALT_LEFT : layout.SALT_RIGHT + 1] @ np.array(pores) / sum(pores))


def _positions(cell: Cell, record: Array) -> Array:
    """Centres of the salt's cells [m] from the anode's side."""
    counts = record[layout.CELLS_LEFT : layout.CELLS_RIGHT + 1].astype(int)
    right = cell.anode if cell.cathode is None else cell.cathode
    layers = (0.0 if cell.cathode is None else cell.anode.thickness, cell.separator.thickness.value * 1e-6, right.thickness)
    begin, found = 0.0, []
    for count, thickness in zip(counts, layers, strict=True):
        if count:
            found.append(begin + (np.arange(count) + 0.5) * thickness / count)
        begin += thickness
    return np.concatenate(found)
