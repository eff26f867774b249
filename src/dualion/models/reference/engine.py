"""PyBaMM at work: a cell's model built once for each mesh, tolerance and way of control, and run step by step.

A step is one segment of the solver, at a given current (half cycles, rests) or at a given voltage (holds, sweeps). The two ways are two
models with the same states; what one reaches the other goes on from. Cut-offs are inputs, so that one model serves every step. What came
out is read by ``reading`` and judged by ``solve``.
"""

from __future__ import annotations

import logging  # noqa: TID251 - to read what PyBaMM logs, not to write
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from dualion.errors import SpecError
from dualion.models.constants import COULOMB_PER_MAH, GAS_CONSTANT, REFERENCE_TEMPERATURE, ZERO_CELSIUS
from dualion.models.experiments import HalfCycle, Hold, Step, Sweep
from dualion.models.outputs import Array
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.dualcell import DualIonDFN, DualIonSPM, DualIonSPMe
from dualion.models.reference.halfcell import HalfCellDFN, HalfCellSPM, HalfCellSPMe
from dualion.models.reference.inventories import CathodeIon
from dualion.models.reference.parameter_sets import START_VOLTAGE, SWEEP_RATE, cell_parameters
from dualion.models.reference.parts import options_of, parts_of
from dualion.models.reference.state import COUNTERS, CellState
from dualion.records.cell import Cell

Hierarchy = Literal["SPM", "SPMe", "DFN"]
Mode = Literal["current", "voltage"]
Mesh = tuple[int, int, int, int]

#: How much longer than the filling of its host a half cycle may take before it counts as endless.
PATIENCE = 1.1
#: Inputs that PyBaMM compares the voltage with, and a voltage that no cell reaches.
LOWER, UPPER = "lower cut-off [V]", "upper cut-off [V]"
UNREACHED = 1e3  # [V]
CURRENT, FILM = "Current function [A]", "Film overvoltage [V]"
#: Scale of the sums over time, in hours at 1 C. The steps of a DFN are short enough to sum over without being held to it.
COUNTER_SCALE = {"SPM": 1.0, "SPMe": 1.0, "DFN": 30.0}  # [h]
#: Time constant of a film below which a step at constant current starts with it charged: a thousand times the 0.06 ms of the study.
FAST_FILM = 0.06  # [s]

_MODELS: dict[tuple[str, str], Any] = {
    ("half", "SPM"): HalfCellSPM,
    ("half", "SPMe"): HalfCellSPMe,
    ("half", "DFN"): HalfCellDFN,
    ("dual-ion", "SPM"): DualIonSPM,
    ("dual-ion", "SPMe"): DualIonSPMe,
    ("dual-ion", "DFN"): DualIonDFN,
    ("rocking-chair", "SPM"): DualIonSPM,
    ("rocking-chair", "SPMe"): DualIonSPMe,
    ("rocking-chair", "DFN"): DualIonDFN,
}


@dataclass(frozen=True, slots=True)
class Precision:
    """How finely a model is solved: ``rtol``, ``atol`` [1] of the solver, ``mesh`` and the ``longest_step`` [s], 0 for any.

    The mesh counts cells in anode, separator, cathode, and shells in a particle.
    """

    rtol: float
    atol: float
    mesh: Mesh
    longest_step: float = 0.0


@dataclass(slots=True, eq=False)
class CellModel:
    """A cell's model, built once for each way of control, mesh and tolerance and solved for any value of its open parameters.

    Parameters
    ----------
    cell : Cell
    inputs : tuple of str
        Parameters left open; see ``parameter_sets.cell_parameters``.
    hierarchy : {"SPM", "SPMe", "DFN"}
    """

    cell: Cell
    inputs: tuple[str, ...] = ()
    hierarchy: Hierarchy = "SPMe"
    _built: dict[tuple[Precision, Mode], Built] = field(default_factory=dict)
    _simpler: CellModel | None = None

    def built(self, mesh: Mesh, rtol: float, atol: float, *, mode: Mode = "current", longest_step: float = 0.0) -> Built:
        """The discretised model with its solver, built at the first call.

        Parameters
        ----------
        mesh : tuple of int
            [1] cells in anode, separator, cathode, and shells in a particle.
        rtol, atol : float
            [1] tolerances of the solver.
        mode : {"current", "voltage"}
            What is given from outside.
        longest_step : float
            [s] of the solver; 0 for any.

        Raises
        ------
        SpecError
            There is no model of this kind of cell, or an open parameter is not one of it.
        """
        return self.prepared(Precision(rtol, atol, mesh, longest_step), mode)

    def prepared(self, precision: Precision, mode: Mode) -> Built:
        """As ``built``, for a ``Precision``."""
        key = (precision, mode)
        if key not in self._built:
            self._built[key] = self._build(precision, mode)
        return self._built[key]

    def _build(self, precision: Precision, mode: Mode) -> Built:
        parameters = cell_parameters(self.cell, inputs=self.inputs)
        parameters.values.update(
            {"Lower voltage cut-off [V]": pybamm.InputParameter(LOWER), "Upper voltage cut-off [V]": pybamm.InputParameter(UPPER)}
        )
        simulation = pybamm.Simulation(
            cell_model(self.cell, self.hierarchy, mode=mode),
            parameter_values=parameters.values,
            solver=_solver(precision, mode),
            var_pts=dict(zip(("x_n", "x_s", "x_p", "r_n", "r_p"), (*precision.mesh, precision.mesh[3]), strict=True)),
        )
        simulation.build()
        built = Built(simulation.built_model, simulation.solver, parameters.nominal, mode, precision.mesh[3], cathode_ion(self.cell))
        built.model.atol = built.tolerances(precision.atol, COUNTER_SCALE[self.hierarchy] * self.cell.current(1.0))
        return built

    def simpler(self) -> CellModel:
        """The SPMe of the same cell, with the same parameters open."""
        if self.hierarchy == "SPMe":
            return self
        if self._simpler is None:
            self._simpler = CellModel(self.cell, self.inputs, "SPMe")
        return self._simpler


def cell_model(cell: Cell, hierarchy: str, *, mode: Mode = "current", options: Mapping[str, Any] | None = None) -> Any:
    """PyBaMM's model of a cell with all the parts that its record asks for, not discretised.

    Parameters
    ----------
    cell : Cell
    hierarchy : {"SPM", "SPMe", "DFN"}
    mode : {"current", "voltage"}
    options : mapping of str to str, optional
        Of PyBaMM, beside those that the cell needs.

    Returns
    -------
    pybamm.lithium_ion.BaseModel

    Raises
    ------
    SpecError
        There is no model of this kind of cell.
    """
    if (cell.kind, hierarchy) not in _MODELS:
        kinds = ", ".join(sorted({f'"{kind}"' for kind, _ in _MODELS}))
        raise SpecError(f'{cell.name}: no {hierarchy} for a cell of kind "{cell.kind}". Write one of {kinds}.')
    asked = {**options_of(cell, hierarchy, mode=mode), **(options or {})}
    if cell.kind == "rocking-chair":
        return _MODELS[cell.kind, hierarchy](asked, cathode="Na+", parts=parts_of(cell))
    return _MODELS[cell.kind, hierarchy](asked, parts=parts_of(cell))


def cathode_ion(cell: Cell) -> CathodeIon:
    """What the cathode of a cell takes up; None in a half cell."""
    return None if cell.cathode is None else cell.cathode.material.ion


def _solver(precision: Precision, mode: Mode) -> Any:
    """PyBaMM's solver. At a given voltage the current is algebraic: its error is not tested, which costs a tenfold number of steps."""
    options = {"dt_max": precision.longest_step, "suppress_algebraic_error": mode == "voltage", "silence_sundials_errors": True}
    return pybamm.IDAKLUSolver(rtol=precision.rtol, atol=precision.atol, on_extrapolation="error", on_failure="error", options=options)


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """A discretised PyBaMM model, its solver, the nominal values of its open parameters, and how its state is laid out.

    Parameters
    ----------
    model, solver : pybamm.BaseModel, pybamm.IDAKLUSolver
    nominal : mapping of str to float
    mode : {"current", "voltage"}
    shells : int
        [1] in each particle.
    cathode : {"PF6-", "Na+"} or None
    observed : dict
        Compiled readings of this model, kept by ``reading``.
    """

    model: Any
    solver: Any
    nominal: Mapping[str, float]
    mode: Mode = "current"
    shells: int = 0
    cathode: CathodeIon = None
    observed: dict[str, Any] = field(default_factory=dict)

    def advance(self, before: Any, inputs: Mapping[str, float], longest: float, *, film: float | None = None) -> Any:
        """One step, from the state of assembly or from where another ended.

        Parameters
        ----------
        before : CellState, pybamm.Solution or None
            Of the step before; None at assembly.
        inputs : mapping of str to float
            Current or voltage, cut-offs, initial fractions and open parameters, in the units of their records; cut-offs that are not given
            are never met.
        longest : float
            [s] after which it ends, whatever has happened.
        film : float, optional
            [V] overvoltage of the film at the start, positive on discharge; as the step before has left it where absent.

        Returns
        -------
        pybamm.Solution
            Of this step alone, from time 0.

        Raises
        ------
        pybamm.SolverError
            The solver failed.
        """
        given = {CURRENT: 0.0, LOWER: -UNREACHED, UPPER: UNREACHED, **inputs}
        if before is None and film is None:
            return self.solver.solve(self.model, np.array([0.0, longest]), inputs=given)
        if before is None:
            start = np.asarray(self.model.concatenated_initial_conditions.evaluate(0, inputs=given), dtype=float).ravel()
        else:
            start = self.vector(before if isinstance(before, CellState) else self.state(before))
        if film is not None:
            start[self._layout()[FILM]] = film
        seed = pybamm.Solution(np.zeros(1), start[:, np.newaxis], self.model, given)
        return self.solver.step(seed, self.model, longest, inputs=given, save=False)

    def state(self, solution: Any) -> CellState:
        """State at the end of a solution of this model."""
        last = np.asarray(solution.all_ys[-1][:, -1])
        return CellState({name: last[part].copy() for name, part in self._layout().items()}, self.shells, self.cathode)

    def vector(self, state: CellState) -> Array:
        """A state as this model keeps it, shape (n,).

        Sums over time start at 0. What only this model knows, the current that a voltage will ask for, starts at none.

        Raises
        ------
        SpecError
            The state is that of another mesh or hierarchy.
        """
        found = np.zeros(self.model.len_rhs_and_alg)
        for name, part in self._layout().items():
            if name in COUNTERS or name == "Current variable [A]":
                continue
            if name not in state.values or state.values[name].size != part.stop - part.start:
                raise SpecError(f"{name}: the state does not fit {self.model.name}. Start from a state of the same hierarchy and mesh.")
            found[part] = state.values[name]
        return found

    def tolerances(self, atol: float, capacity: float) -> Array:
        """Absolute tolerance of each state, shape (n,); of sums over time a share of ``capacity`` [A h], what 1 C moves in an hour."""
        found = np.full(self.model.len_rhs_and_alg, atol)
        for name in COUNTERS:
            found[self._layout()[name]] = atol * capacity
        return found

    def _layout(self) -> dict[str, slice]:
        """Where each variable lies in the state; a concatenation lies where its parts do."""
        slices = {variable.name: parts[0] for variable, parts in self.model.y_slices.items() if not variable.children}
        return dict(sorted(slices.items(), key=lambda item: item[1].start))


def controls(step: Step) -> tuple[Mode, dict[str, float]]:
    """How a step is run, and the inputs that say so.

    Parameters
    ----------
    step : HalfCycle, Rest, Hold or Sweep

    Returns
    -------
    tuple of {"current", "voltage"} and dict
        Current [A] in PyBaMM's sign, positive on discharge, with the cut-off [V]; or voltage [V] and its rate [V/s].
    """
    if isinstance(step, HalfCycle):
        return "current", {CURRENT: -step.current, UPPER if step.current > 0 else LOWER: step.cutoff}
    if isinstance(step, Hold):
        return "voltage", {START_VOLTAGE: step.voltage, SWEEP_RATE: 0.0}
    if isinstance(step, Sweep):
        return "voltage", {START_VOLTAGE: step.start, SWEEP_RATE: float(np.sign(step.end - step.start)) * step.rate}
    return "current", {CURRENT: 0.0}


def charged_film(cell: Cell, step: Step, parameters: Mapping[str, float]) -> float | None:
    """Overvoltage of a fast film at the start of a step at constant current, so that its first fraction of a millisecond is not resolved.

    Parameters
    ----------
    cell : Cell
    step : HalfCycle, Rest, Hold or Sweep
    parameters : mapping of str to float
        Values of open parameters, in the units of their records.

    Returns
    -------
    float or None
        [V] positive on discharge; None where there is no film, where it is slow, or where the step sets the voltage.
    """
    if cell.film is None or isinstance(step, Hold | Sweep):
        return None
    energy = 1e3 * cell.film.activation_energy.value / GAS_CONSTANT  # [K]
    kelvin = cell.temperature.value + ZERO_CELSIUS
    resistance = parameters.get("film_resistance", cell.film.resistance.value) * parameters.get("film_growth", 1.0)
    resistance *= float(np.exp(energy * (1 / kelvin - 1 / REFERENCE_TEMPERATURE)))
    if resistance * cell.film.capacitance.value > FAST_FILM:
        return None
    return -step.current * resistance if isinstance(step, HalfCycle) else 0.0


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
    return PATIENCE * size * electrode.loading.value * cell.area.value * 1e-3 * COULOMB_PER_MAH / abs(step.current)


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
