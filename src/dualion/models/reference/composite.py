"""Half cell in which each population of the carbon is a host of its own, with its own particles and interface.

The one-table model lets all sites of the carbon share one surface: whatever the current asks for, the potential of the mixture answers.
Here population k has the volume share Q_k / sum Q of the particles, its own logit potential and its own reaction,

    j = sum_k a_k j_k,      j_k = 2 j0 sinh(F eta_k / 2 R T),      eta_k = phi_s - phi_e - U_k(x_k),      a_k = 3 eps_s Q_k / (R sum Q)

so that slope and pores exchange sodium only through the electrolyte. Once the slope is full it stops carrying current, the pores take all
of it through their share of the interface, and a fast sodiation ends earlier than in the one-table model.

PyBaMM finds the potential that shares the current out ("surface form"). At loose tolerances this fails in silence: the run ends on the
right event, at the right voltage, with interfaces whose currents do not add up. Tolerances looser than 1e-5 are therefore refused, and
after each step both sums are checked, of the currents and of the sodium. Valid for half cells whose carbon is given by populations.

References: sulzer2021 (PyBaMM).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from dualion.errors import InventoryError, PartialSolutionError, SolveError, SpecError
from dualion.models.constants import FARADAY, HALF_CELL_START
from dualion.models.experiments import HalfCycle, Protocol, Rest
from dualion.models.outputs import Array, CellResult, StepResult
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.engine import LOWER, UPPER, Built, Hierarchy, Mesh, captured_log, cell_model, controls, longest_half_cycle
from dualion.models.reference.parameter_sets import cell_parameters, maximum_concentration
from dualion.records.cell import Cell
from dualion.records.material import Population

#: Tolerances between which the shared current is found and the solver does not fail.
TIGHTEST, LOOSEST = 1e-7, 1e-5
LOOSEST_ABSOLUTE = 1e-7

#: A tolerance that was computed may miss the bound by its last bit.
_ROUNDED = 1 + 1e-9
#: How far the end voltage may lie from the cut-off.
_CUTOFF_TOLERANCE = 1e-3  # [V]
#: Relative deviation of the sodium taken up from the charge that passed.
_SODIUM_BALANCE = 1e-4
#: Relative deviation of the currents of the interfaces from the one outside: at an event PyBaMM interpolates the potential they hang on.
_CURRENT_BALANCE = 0.05
#: Parts into which each step of the solver is divided for output.
_REFINEMENT = 8
#: Filling at which the search for the one in equilibrium begins.
_EMPTIEST = 1e-12
#: PyBaMM's names of the two particle phases, in the order of the populations.
_PHASES = (("Primary", "primary", "prim"), ("Secondary", "secondary", "sec"))


@dataclass(slots=True, eq=False)
class CompositeModel:
    """A half cell with a host for each of its two populations, built once for each tolerance.

    Parameters
    ----------
    cell : Cell
    hierarchy : {"SPM", "SPMe", "DFN"}
    mesh : tuple of int
        [1] cells in anode, separator, cathode, and shells in a particle.
    """

    cell: Cell
    hierarchy: Hierarchy = "SPM"
    mesh: Mesh = (20, 20, 20, 20)
    _built: dict[tuple[float, float], _Composite] = field(default_factory=dict, init=False, repr=False)

    def run(self, protocol: Protocol, *, rtol: float = LOOSEST, atol: float = LOOSEST_ABSOLUTE) -> CellResult:
        """Run half cycles and rests, and check each.

        Parameters
        ----------
        protocol : Protocol
        rtol, atol : float
            [1] tolerances of the solver; ``rtol`` between 1e-7 and 1e-5, ``atol`` at most 1e-7.

        Returns
        -------
        CellResult
            Its traces hold ``NAME_filling`` [1] and ``NAME_share`` [1] of the current for each population.

        Raises
        ------
        SpecError
            A tolerance at which the model ends early in silence, a cell without two populations, or a step at a given voltage.
        PartialSolutionError, InventoryError, SolveError
            With what was computed until then.
        """
        if not TIGHTEST / _ROUNDED <= rtol <= LOOSEST * _ROUNDED:
            raise SpecError(
                f"rtol: {rtol:g} is outside {TIGHTEST:g} to {LOOSEST:g}: looser, a composite cell ends early in silence. Write 1e-5."
            )
        if not 0 < atol <= LOOSEST_ABSOLUTE * _ROUNDED:
            raise SpecError(f"atol: {atol:g} is not above 0 and at most {LOOSEST_ABSOLUTE:g}. Write 1e-7.")
        return self._run(protocol, rtol, atol)

    def _run(self, protocol: Protocol, rtol: float, atol: float) -> CellResult:
        if (rtol, atol) not in self._built:
            self._built[rtol, atol] = _build(self.cell, self.hierarchy, self.mesh, rtol, atol)
        composite = self._built[rtol, atol]
        done: list[StepResult] = []
        solution = None
        for number, step in enumerate(protocol.steps, start=1):
            where = f"{self.cell.name}, step {number}"
            partial = CellResult(self.cell, tuple(done), (), (), self.hierarchy, self.mesh)
            if not isinstance(step, HalfCycle | Rest):
                raise SpecError(f"{where}: a {type(step).__name__.lower()} sets the voltage; a composite cell runs half cycles and rests.")
            inputs = {**controls(step)[1], **composite.start}
            try:
                with captured_log():
                    solution = composite.built.advance(solution, inputs, _longest(self.cell, step))
                result = composite.read(solution, step)
            except (pybamm.SolverError, pybamm.ModelError, RuntimeError) as error:  # CasADi raises the last
                raise SolveError(f"{where}: {str(error).strip().splitlines()[0]}", partial) from error
            composite.guard(result, step, solution, where, partial)
            done.append(result)
        return CellResult(self.cell, tuple(done), (), (), self.hierarchy, self.mesh)


@dataclass(frozen=True, slots=True, eq=False)
class _Composite:
    """A discretised composite model, the state in which it starts, and the names of its populations."""

    built: Built
    start: Mapping[str, float]
    names: tuple[str, str]

    def read(self, solution: Any, step: HalfCycle | Rest) -> StepResult:
        """A step on a grid refined from the solver's own steps."""
        own = np.asarray(solution.t)
        parts = [np.linspace(a, b, _REFINEMENT, endpoint=False) for a, b in pairwise(own)]
        times = np.concatenate([*parts, own[-1:]])
        traces: dict[str, Array] = {}
        sodium = []
        currents = self._currents(solution, times)
        for name, (_, phase, _), current in zip(self.names, _PHASES, currents, strict=True):
            traces[f"{name}_filling"] = np.asarray(solution[f"Average positive {phase} particle concentration"](times)).ravel()
            traces[f"{name}_share"] = current / np.sum(currents, axis=0)
            amount = solution[f"Total lithium in {phase} phase in positive electrode [mol]"].entries
            sodium.append((float(amount[0]), float(amount[-1])))
        inventories = {f"{name} sodium": ends for name, ends in zip(self.names, sodium, strict=True)}
        inventories["host sodium"] = (sum(first for first, _ in sodium), sum(last for _, last in sodium))
        voltage = np.asarray(solution["Voltage [V]"](times))
        return StepResult(step, times - times[0], voltage, np.zeros((0, 3)), np.zeros(0), inventories, traces=traces)

    def _currents(self, solution: Any, times: Array) -> list[Array]:
        """[A/m3] through the interface of each population."""
        name = "X-averaged positive electrode {} volumetric interfacial current density [A.m-3]"
        return [np.asarray(solution[name.format(phase)](times)).ravel() for _, phase, _ in _PHASES]

    def guard(self, result: StepResult, step: HalfCycle | Rest, solution: Any, where: str, partial: CellResult) -> None:
        """Raise the error that names what is wrong with a step, if anything is."""
        moved = -float(result.currents[0]) * float(result.time[-1]) / FARADAY  # [mol] into the carbon
        first, last = result.inventories["host sodium"]
        if abs(last - first - moved) > _SODIUM_BALANCE * max(abs(moved), first):
            raise InventoryError(f"{where}: the carbon takes up {last - first:.6e} mol where charge asks for {moved:.6e} mol.", partial)
        if isinstance(step, Rest):
            return
        outside = float(solution["X-averaged positive electrode total volumetric interfacial current density [A.m-3]"].entries[-1])
        through = float(sum(current[-1] for current in self._currents(solution, np.asarray(solution.t)[-1:])))
        if abs(through - outside) > _CURRENT_BALANCE * abs(outside):
            raise InventoryError(f"{where}: {through:.4e} A/m3 pass the interfaces where {outside:.4e} A/m3 pass outside.", partial)
        event = f"event: {'Maximum' if step.current > 0 else 'Minimum'} voltage [V]"
        ended = "final time" if step.duration is not None and result.time[-1] >= step.duration else event
        missed = ended == event and abs(float(result.voltage[-1]) - step.cutoff) > _CUTOFF_TOLERANCE
        if solution.termination != ended or missed:
            at = f"ended on {solution.termination} at {result.voltage[-1]:.4f} V instead of {step.cutoff:g} V"
            raise PartialSolutionError(f"{where}: {at}.", partial)


def _build(cell: Cell, hierarchy: Hierarchy, mesh: Mesh, rtol: float, atol: float) -> _Composite:
    populations = cell.anode.material.populations
    if cell.cathode is not None or len(populations) != len(_PHASES) or cell.anode.material.profiles:
        raise SpecError(f"{cell.name}: not a half cell whose carbon has two populations and no profiles. Use the one-table models.")
    model = cell_model(cell, hierarchy, options={"particle phases": ("1", "2"), "surface form": "algebraic"})
    values = pybamm.ParameterValues(_phase_values(cell))
    names = (_plain(populations[0]), _plain(populations[1]))
    start = {_input(name): _filling_at_start(model, values, short) for name, (_, _, short) in zip(names, _PHASES, strict=True)}
    simulation = pybamm.Simulation(
        model,
        parameter_values=values,
        solver=pybamm.IDAKLUSolver(rtol=rtol, atol=atol, on_extrapolation="error", on_failure="error"),
        var_pts=dict(zip(("x_n", "x_s", "x_p", "r_n", "r_p", "r_p_prim", "r_p_sec"), (*mesh, *mesh[3:] * 3), strict=True)),
    )
    simulation.build()
    return _Composite(Built(simulation.built_model, simulation.solver, {}, "current", mesh[3]), start, names)


def _phase_values(cell: Cell) -> dict[str, Any]:
    """Parameter values of the one-table model, with those of the host once for each population."""
    values = dict(cell_parameters(cell).values)
    populations = cell.anode.material.populations
    size = sum(population.capacity.value for population in populations)
    maximum = maximum_concentration(size, cell.anode.material["density"])
    values |= {"Lower voltage cut-off [V]": pybamm.InputParameter(LOWER), "Upper voltage cut-off [V]": pybamm.InputParameter(UPPER)}
    own = (
        "Positive electrode active material volume fraction",
        "Positive particle radius [m]",
        "Positive particle diffusivity [m2.s-1]",
        "Positive electrode charge transfer coefficient",
        "Positive electrode OCP entropic change [V.K-1]",
        "Positive electrode exchange-current density [A.m-2]",
        "Maximum concentration in positive electrode [mol.m-3]",
        "Initial concentration in positive electrode [mol.m-3]",
        "Positive electrode OCP [V]",
    )
    shared = {name: values.pop(name) for name in own}
    for population, (phase, _, _) in zip(populations, _PHASES, strict=True):
        share = population.capacity.value / size
        changed = {
            own[0]: shared[own[0]] * share,
            own[-2]: pybamm.InputParameter(_input(_plain(population))) * maximum,
            own[-1]: _logit(population, _shift(cell)),
        }
        values |= {f"{phase}: {name}": value for name, value in {**shared, **changed}.items()}
    return values


def _longest(cell: Cell, step: HalfCycle | Rest) -> float:
    """[s] that a step may take."""
    if isinstance(step, Rest) or step.duration is not None:
        return float(step.duration or 0.0)
    return longest_half_cycle(cell, step, {})


def _plain(population: Population) -> str:
    return population.name.replace(" ", "_")


def _input(name: str) -> str:
    return f"{name}.initial_fraction"


def _shift(cell: Cell) -> float:
    parameters = cell.anode.material.parameters
    return parameters["ocp_shift"].value if "ocp_shift" in parameters else 0.0


def _logit(population: Population, shift: float) -> Any:
    """Potential [V] of one population as a function of its filling; closed, because it stands alone."""
    middle, width = population.potential.value + shift, population.width.value
    return lambda filling: middle + width * pybamm.log((1 - filling) / filling)


def _filling_at_start(model: Any, values: Any, phase: str) -> float:
    """Filling [1] of a population at the start of a sodiation, in equilibrium as PyBaMM bends its potential near empty."""
    from scipy.optimize import brentq

    potential = getattr(model.param.p, phase).U(pybamm.InputParameter("filling"), model.param.T_ref)
    expression = values.process_symbol(potential)

    def miss(filling: float) -> float:
        return float(np.asarray(expression.evaluate(inputs={"filling": filling})).item()) - HALF_CELL_START

    return float(brentq(miss, _EMPTIEST, 1 - _EMPTIEST, xtol=_EMPTIEST))
