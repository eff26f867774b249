"""PyBaMM at work: a cell's model built once, run half cycle by half cycle, and read on a refined grid.

Each half cycle is one segment that ends on a voltage event; the next starts from its last state. What came out is judged by ``solve``.
"""

from __future__ import annotations

import logging  # noqa: TID251 - to read what PyBaMM logs, not to write
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from dualion.errors import SpecError
from dualion.models._pybamm import pybamm
from dualion.models.cells import with_values
from dualion.models.dualcell import DualIonDFN, DualIonSPMe
from dualion.models.experiments import HalfCycle
from dualion.models.halfcell import half_cell_dfn, half_cell_spme
from dualion.models.isotherms import isotherm_of
from dualion.models.outputs import Array, StepResult
from dualion.models.parameter_sets import (
    DESODIATED_POTENTIAL,
    DISCHARGED_VACANCIES,
    HALF_CELL_START,
    SODIATED_POTENTIAL,
    cell_parameters,
    nominal_values,
)
from dualion.records.cell import Cell

Hierarchy = Literal["SPMe", "DFN"]
Detail = Literal["all", "voltage", "last voltage", "ends"]
Mesh = tuple[int, int, int, int]

#: Parts into which each step of the solver is divided for output.
REFINEMENT = 8
#: How much longer than the filling of its host a half cycle may take before it counts as endless.
PATIENCE = 1.1

_MODELS = {
    ("half", "SPMe"): half_cell_spme,
    ("half", "DFN"): half_cell_dfn,
    ("dual-ion", "SPMe"): DualIonSPMe,
    ("dual-ion", "DFN"): DualIonDFN,
}

_INVENTORIES = {
    "half": {
        "host sodium": "Total lithium in primary phase in positive electrode [mol]",
        "salt": "Total lithium in electrolyte [mol]",
    },
    "dual-ion": {
        "salt": "Salt in electrolyte [mol]",
        "host sodium": "Sodium in negative electrode [mol]",
        "host PF6": "PF6 in positive electrode [mol]",
        "sodium": "Total sodium [mol]",
        "PF6": "Total PF6 [mol]",
    },
}


@dataclass(slots=True, eq=False)
class CellModel:
    """A cell's model, built once for each mesh and tolerance and solved for any value of its open parameters.

    Parameters
    ----------
    cell : Cell
    inputs : tuple of str
        Parameters left open; see ``parameter_sets.cell_parameters``.
    hierarchy : {"SPMe", "DFN"}
    """

    cell: Cell
    inputs: tuple[str, ...] = ()
    hierarchy: Hierarchy = "SPMe"
    _built: dict[tuple[Mesh, float, float], Built] = field(default_factory=dict)

    def built(self, mesh: Mesh, rtol: float, atol: float) -> Built:
        """The discretised model with its solver, built at the first call.

        Parameters
        ----------
        mesh : tuple of int
            [1] cells in anode, separator, cathode, and shells in a particle.
        rtol, atol : float
            [1] tolerances of the solver.

        Raises
        ------
        SpecError
            There is no model of this kind of cell, or an open parameter is not one of it.
        """
        key = (mesh, rtol, atol)
        if key not in self._built:
            self._built[key] = self._build(*key)
        return self._built[key]

    def _build(self, mesh: Mesh, rtol: float, atol: float) -> Built:
        if (self.cell.kind, self.hierarchy) not in _MODELS:
            raise SpecError(f'{self.cell.name}: no {self.hierarchy} for a cell of kind "{self.cell.kind}". Write "half" or "dual-ion".')
        parameters = cell_parameters(self.cell, inputs=self.inputs)
        simulation = pybamm.Simulation(
            _MODELS[self.cell.kind, self.hierarchy](),
            parameter_values=parameters.values,
            solver=pybamm.IDAKLUSolver(rtol=rtol, atol=atol, on_extrapolation="error", on_failure="error"),
            var_pts=dict(zip(("x_n", "x_s", "x_p", "r_n", "r_p"), (*mesh, mesh[3]), strict=True)),
        )
        simulation.build()
        return Built(simulation.built_model, simulation.solver, parameters.nominal)


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """A discretised PyBaMM model, its solver, and the nominal values of its open parameters."""

    model: Any
    solver: Any
    nominal: Mapping[str, float]

    def advance(self, solution: Any, inputs: Mapping[str, float], longest: float) -> Any:
        """One half cycle, from the start or from the end of what was solved before.

        Parameters
        ----------
        solution : pybamm.Solution or None
            Of the half cycles before; None for the first.
        inputs : mapping of str to float
            Current, initial fractions and open parameters, in the units of their records.
        longest : float
            [s] after which it counts as endless.

        Returns
        -------
        pybamm.Solution
            Of this half cycle alone.

        Raises
        ------
        pybamm.SolverError
            The solver failed.
        """
        if solution is None:
            return self.solver.solve(self.model, np.array([0.0, longest]), inputs=dict(inputs))
        solution.termination = "final time"  # the event that ended a half cycle is where the next one starts
        return self.solver.step(solution, self.model, longest, inputs=dict(inputs), save=False)


def initial_fractions(cell: Cell, parameters: Mapping[str, float]) -> dict[str, float]:
    """Filled fraction of each host at the start, as inputs of the model.

    Parameters
    ----------
    cell : Cell
    parameters : mapping of str to float
        Values of open parameters, in the units of their records; those of the anode's isotherm matter here.

    Returns
    -------
    dict of str to float
        [1] by name of the input; of the cathode the vacancies.
    """
    anode = isotherm_of(with_inputs(cell, parameters).anode)
    if cell.kind == "half":
        return {"anode.initial_fraction": float(anode.fraction(HALF_CELL_START))}
    if cell.initial_sodiation == "desodiated":
        filled = float(anode.fraction(DESODIATED_POTENTIAL))
    elif cell.initial_sodiation == "fully_sodiated":
        filled = float(anode.fraction(SODIATED_POTENTIAL))
    else:
        filled = max(float(cell.initial_sodiation) * float(anode.fraction(0.0)), float(anode.fraction(DESODIATED_POTENTIAL)))
    return {"anode.initial_fraction": filled, "cathode.initial_fraction": DISCHARGED_VACANCIES}


def with_inputs(cell: Cell, parameters: Mapping[str, float]) -> Cell:
    """The cell whose records hold the values of those open parameters that they have a place for."""
    return with_values(cell, {name: value for name, value in parameters.items() if name in nominal_values(cell) and name != "transference"})


def longest_half_cycle(cell: Cell, step: HalfCycle, parameters: Mapping[str, float]) -> float:
    """Time in which even a host filled from end to end has met its cut-off.

    Parameters
    ----------
    cell : Cell
    step : HalfCycle
    parameters : mapping of str to float
        Values of open parameters, in the units of their records; a larger host takes longer.

    Returns
    -------
    float
        [s]
    """
    role, electrode = ("anode", cell.anode) if cell.cathode is None else ("cathode", cell.cathode)
    opened = [value for name, value in parameters.items() if name.startswith(role) and name.endswith("_capacity")]
    size = max(electrode.host_capacity, sum(opened))
    return PATIENCE * size * electrode.loading.value * cell.area.value * 1e-3 * 3.6 / abs(step.current)


def read(solution: Any, cell: Cell, step: HalfCycle, detail: Detail) -> StepResult:
    """A half cycle on a grid refined from the solver's own steps.

    Parameters
    ----------
    solution : pybamm.Solution
        Of this half cycle alone.
    cell : Cell
    step : HalfCycle
    detail : {"all", "voltage", "last voltage", "ends"}
        ``"ends"`` reads its two ends in time and nothing else; without ``"all"`` salt and inventories are left out.

    Returns
    -------
    StepResult
    """
    own = np.asarray(solution.t)
    if detail == "ends":
        return StepResult(step, own[[0, -1]] - own[0], np.zeros(0), np.zeros((0, 3)), np.zeros(0), {})
    times = _refined(own)
    voltage = np.asarray(solution["Voltage [V]"](times))
    if detail != "all":
        return StepResult(step, times - times[0], voltage, np.zeros((0, 3)), np.zeros(0), {})
    salt = np.asarray(solution["Electrolyte concentration [mol.m-3]"].entries)
    if cell.kind == "half":
        pores = cell.pore_volume * 1e-9 * cell.area.value  # [m3]
        mean = np.asarray(solution["Total lithium in electrolyte [mol]"].entries) / pores
        anode = np.zeros(0)
    else:
        mean = np.asarray(solution["Mean salt concentration [mol.m-3]"].entries)
        anode = np.asarray(solution["X-averaged negative electrode surface potential difference [V]"](times))
    extrema = [np.interp(times, own, values) for values in (salt.min(axis=0), mean, salt.max(axis=0))]
    inventories = {}
    for short, name in _INVENTORIES[cell.kind].items():
        entries = solution[name].entries
        inventories[short] = (float(entries[0]), float(entries[-1]))
    position = np.asarray(solution["x [m]"].entries)[:, -1]
    profile = {"position": position, "salt": salt[:, -1]}
    poorest = float(position[np.unravel_index(int(np.argmin(salt)), salt.shape)[0]])
    return StepResult(step, times - times[0], voltage, np.stack(extrema, axis=1), anode, inventories, profile, poorest)


def _refined(times: Array) -> Array:
    parts = [np.linspace(a, b, REFINEMENT, endpoint=False) for a, b in pairwise(times)]
    return np.concatenate([*parts, times[-1:]])


@contextmanager
def captured_log() -> Iterator[list[str]]:
    """What PyBaMM only logs, a guard must read: its warnings, as text, while the block runs."""
    records: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record.getMessage())

    others = list(pybamm.logger.handlers)
    pybamm.logger.handlers = [Keep(logging.WARNING)]
    try:
        yield records
    finally:
        pybamm.logger.handlers = others
