"""Rate tests of a cell: what each current gives, with the numerical error, the salt and the anode potential behind it.

Isolated cycles start from the state in which the cell was built and are what calibrations use; ``block_difference`` says how far a
continuous sequence of blocks lies from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualion.models.cells import with_inputs
from dualion.models.constants import HALF_CELL_START
from dualion.models.engines import Solver
from dualion.models.experiments import cycle, rate_blocks
from dualion.models.isotherms import isotherm_of
from dualion.models.outputs import CellResult, StepResult, interpolated, working_mass
from dualion.models.runs.summaries import HALF_CELL_TESTED
from dualion.models.targets import PLATEAU_BOUNDARY
from dualion.numerics.masses.mass_bases import cell_mass, energy_density, power_density
from dualion.records.cell import FULL_CELL_BASES, Cell
from dualion.records.quantity import Flag, Quantity

#: Points of a curve that is kept.
CURVE_POINTS = 120


@dataclass(frozen=True, slots=True)
class RateRow:
    """One cycle of a rate test.

    Parameters
    ----------
    specific_current : float
        [mA/g] on the mass that defines 1 C.
    c_rate : float
        [1] by the cell's own definition.
    values : mapping of str to float
        ``specific_capacity`` (of the carbon in a half cell, of the cathode in a full one), ``plateau_capacity``, ``slope_capacity``
        [mAh/g]; ``mean_voltage``, ``median_voltage`` [V]; ``charge_capacity`` [mAh/g]; ``least_salt``, ``salt_after_charge``
        [mol/m3]; ``lowest_anode_potential`` [V].
    errors : mapping of str to float
        Numerical error of ``specific_capacity`` [mAh/g] and ``mean_voltage`` [V]; empty where not asked for.
    energies, powers : mapping of str to float
        [Wh/kg], [W/kg] on each mass basis; empty in a half cell.
    curves : mapping of str to mapping
        For each direction ``capacity`` [mAh/g] and ``voltage`` [V].
    salt : mapping of str to sequence of float
        Along the cycle: ``progress`` [1] in half cycles, ``least``, ``mean``, ``most`` [mol/m3]; at its ends ``position`` [m],
        ``charged``, ``discharged`` [mol/m3].
    flags : tuple of Flag
    """

    specific_current: float
    c_rate: float
    values: Mapping[str, float]
    errors: Mapping[str, float]
    energies: Mapping[str, float]
    powers: Mapping[str, float]
    curves: Mapping[str, Mapping[str, list[float]]]
    salt: Mapping[str, list[float]]
    flags: tuple[Flag, ...]


def rate_test(
    model: Solver,
    specific_currents: Sequence[float],
    *,
    parameters: Mapping[str, float] | None = None,
    boundary: float = PLATEAU_BOUNDARY,
) -> tuple[RateRow, ...]:
    """One cycle at each specific current, each from the state in which the cell was built.

    Parameters
    ----------
    model : Solver
    specific_currents : sequence of float
        [mA/g]
    parameters : mapping of str to float
        Values of the open parameters.
    boundary : float
        [V] against Na+/Na, between plateau and slope.

    Returns
    -------
    tuple of RateRow

    Raises
    ------
    SolveError
        With what was computed until then.
    """
    rows = []
    for current in specific_currents:
        protocol = cycle(model.cell, current)
        run = model.numerical_error(protocol, model.solve(protocol, parameters=parameters), parameters)
        rows.append(row_of(run, current, parameters or {}, boundary))
    if model.cell.kind == "half":
        return tuple(rows)
    stored = max(row.values["charge_capacity"] for row in rows)
    return tuple(_with_energies(row, model.cell, stored) for row in rows)


def block_difference(
    model: Solver, specific_currents: Sequence[float], *, parameters: Mapping[str, float] | None = None
) -> tuple[float, ...]:
    """How far the last cycle of each block of a continuous rate test lies from the isolated cycle at that current.

    Parameters
    ----------
    model : Solver
    specific_currents : sequence of float
        [mA/g] one block each, in the order run.
    parameters : mapping of str to float
        Values of the open parameters, in the units of their records.

    Returns
    -------
    tuple of float
        [mAh/g] continuous minus isolated, of the half cycle whose capacity is reported.

    Raises
    ------
    SolveError
        With what was computed until then.
    """
    run = model.solve(rate_blocks(model.cell, specific_currents), parameters=parameters, check=("steps",), detail="ends")
    mass = working_mass(model.cell)
    per_block = len(run.steps) // len(specific_currents)
    differences = []
    for block, current in enumerate(specific_currents):
        last = run.steps[(block + 1) * per_block - 2 : (block + 1) * per_block]
        alone = model.solve(cycle(model.cell, current), parameters=parameters, check=("steps",), detail="ends")
        differences.append(_named(last).capacity(mass) - _named(alone.steps).capacity(mass))
    return tuple(differences)


def row_of(result: CellResult, current: float, parameters: Mapping[str, float], boundary: float) -> RateRow:
    """The row of one cycle.

    Parameters
    ----------
    result : CellResult
        Of one cycle, read in full.
    current : float
        [mA/g] on the mass that defines 1 C.
    parameters : mapping of str to float
        Values of the open parameters, in the units of their records.
    boundary : float
        [V] against Na+/Na, between plateau and slope.

    Returns
    -------
    RateRow
        Without energies, which need the largest capacity of all rates.
    """
    cell = result.cell
    flags = result.flags + _extrapolated(cell, current)
    rate = current / cell.one_c.value
    if any(flag.code == "no_room_for_sodium" for flag in flags):
        return RateRow(current, rate, {"specific_capacity": 0.0, "charge_capacity": 0.0}, {}, {}, {}, {}, {}, flags)
    mass = working_mass(cell)
    named = _named(result.steps)
    curves: dict[str, Mapping[str, list[float]]] = {
        step.half_cycle.direction: interpolated(step, CURVE_POINTS, mass) for step in result.steps
    }
    values = _values(result, parameters, boundary)
    return RateRow(current, rate, values, _errors(result, named, mass), {}, {}, curves, _salt(result), flags)


def _values(result: CellResult, parameters: Mapping[str, float], boundary: float) -> dict[str, float]:
    """What one cycle gives, by name; see ``RateRow.values``."""
    cell, named = result.cell, _named(result.steps)
    mass = working_mass(cell)
    values = {
        "specific_capacity": _capacity_above_start(cell, parameters) + named.capacity(mass),
        "mean_voltage": named.mean_voltage(),
        "median_voltage": named.median_voltage(),
        "charge_capacity": next(step for step in result.steps if step.half_cycle.current > 0).capacity(mass),
        "least_salt": min(float(step.salt[:, 0].min()) for step in result.steps),
    }
    if cell.kind == "half":
        values["plateau_capacity"] = named.capacity_below(boundary, mass)
        values["slope_capacity"] = values["specific_capacity"] - values["plateau_capacity"]
    else:
        values["salt_after_charge"] = float(result.steps[0].salt[-1, 1])
        values["lowest_anode_potential"] = min(float(step.anode_potential.min()) for step in result.steps)
    return values


def _errors(result: CellResult, named: StepResult, mass: float) -> dict[str, float]:
    """Numerical error of the named half cycle; empty where it was not asked for."""
    if not result.error:
        return {}
    error = next(e for e, step in zip(result.error, result.steps, strict=True) if step is named)
    return {"specific_capacity": error["capacity"] / mass * 1e3, "mean_voltage": error["mean_voltage"]}


def _with_energies(row: RateRow, cell: Cell, stored_capacity: float) -> RateRow:
    """The row with its energy and power on each mass basis; the salt is sized for ``stored_capacity`` [mAh/g of cathode]."""
    if not stored_capacity or "mean_voltage" not in row.values:
        return row
    design = cell_mass(cell, stored_capacity)
    capacity, voltage = row.values["specific_capacity"], row.values["mean_voltage"]
    energies = {basis: _given(energy_density(capacity, voltage, design, mass_basis=basis)) for basis in FULL_CELL_BASES}
    powers = {basis: _given(power_density(row.specific_current, voltage, design, mass_basis=basis)) for basis in FULL_CELL_BASES}
    return replace(row, energies=energies, powers=powers)


def _given(quantity: Quantity) -> float:
    """The number of a quantity that is never withheld: it is arithmetic on numbers that are there."""
    assert quantity.value is not None
    return quantity.value


def _named(steps: Sequence[StepResult]) -> StepResult:
    """The half cycle whose capacity is reported: the sodiation of a half cell, the discharge of a full one."""
    return next(step for step in steps if step.half_cycle.current < 0)


def _capacity_above_start(cell: Cell, parameters: Mapping[str, float]) -> float:
    if cell.kind != "half":
        return 0.0
    return isotherm_of(with_inputs(cell, parameters).anode).capacity_above(HALF_CELL_START)


def _extrapolated(cell: Cell, current: float) -> tuple[Flag, ...]:
    """The half cell is documented to 2 C; beyond that the anode's kinetics are extrapolated."""
    if cell.cathode is None:
        return ()
    on_anode = current * (cell.cathode.loading.value / cell.anode.loading.value if cell.one_c_mass == "cathode" else 1.0)
    if on_anode <= HALF_CELL_TESTED:
        return ()
    message = f"The anode carries {on_anode:.0f} mA/g; half-cell data end at {HALF_CELL_TESTED:.0f} mA/g."
    return (Flag("extrapolated", "warning", message),)


def _salt(result: CellResult) -> dict[str, list[float]]:
    if result.cell.kind == "half":
        return {}
    found: dict[str, list[float]] = {"progress": [], "least": [], "mean": [], "most": []}
    for number, step in enumerate(result.steps):
        kept = _own_steps(step)
        found["progress"] += (number + step.time[kept] / step.time[-1]).tolist()
        for name, column in (("least", 0), ("mean", 1), ("most", 2)):
            found[name] += step.salt[kept, column].tolist()
    found["position"] = result.steps[0].profile["position"].tolist()
    found["charged"] = result.steps[0].profile["salt"].tolist()
    found["discharged"] = result.steps[1].profile["salt"].tolist()
    return found


def _own_steps(step: StepResult) -> NDArray[np.int64]:
    """Rows at which an engine ended a step of its own: between them the record repeats the extremes of the salt."""
    moved = np.flatnonzero(np.any(np.diff(step.salt[:, ::2], axis=0) != 0.0, axis=1)) + 1
    stride = max(moved.size // CURVE_POINTS, 1)
    return np.unique(np.concatenate([[0], moved[::stride], [step.time.size - 1]]))


def plain(rows: Sequence[RateRow]) -> list[dict[str, Any]]:
    """Rows as plain data, ready for JSON.

    Parameters
    ----------
    rows : sequence of RateRow

    Returns
    -------
    list of dict
        One for each row, with the names and units of its fields; flags as code, severity and message.
    """
    return [
        {
            "specific_current": row.specific_current,
            "c_rate": row.c_rate,
            "values": dict(row.values),
            "errors": dict(row.errors),
            "energies": dict(row.energies),
            "powers": dict(row.powers),
            "curves": {name: dict(curve) for name, curve in row.curves.items()},
            "salt": dict(row.salt),
            "flags": [{"code": flag.code, "severity": flag.severity, "message": flag.message} for flag in row.flags],
        }
        for row in rows
    ]
