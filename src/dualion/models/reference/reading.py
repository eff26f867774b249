"""What is read of a solved step: its voltage on a refined grid, the parts of it, salt, fillings, and amounts at both ends.

The states between the solver's own steps are its cubic Hermite interpolants; everything else follows from them by functions that are
compiled once for each model. The grid has at least ``LEAST_POINTS`` points, and more where the voltage moves by over ``FINEST`` between
two of them: integrals over the solver's few own steps can miss the mean voltage by 0.1 V.

    V = equilibrium + reaction + concentration + electrolyte + series + film

``equilibrium`` is the difference of the potentials at the surfaces of the particles, with the salt in the cathode; the ohmic drop in the
solid is part of ``electrolyte``. ``bulk_equilibrium`` is the same difference for particles and salt at rest: what lies between the two is
diffusion in the particles. ``apparent_potential`` is that of the anode with film and series resistance, ``charge`` [coulomb] and
``energy`` [J] are states of the solver, positive as they charge the cell.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from dualion.models.engines import Detail
from dualion.models.experiments import HalfCycle, Step
from dualion.models.outputs import Array, StepResult
from dualion.models.reference._pybamm import casadi
from dualion.models.reference.engine import Built
from dualion.records.cell import Cell, CellKind

#: Parts into which each step of the solver is divided for output, at least.
REFINEMENT = 2
#: Points on the grid of a step, at least.
LEAST_POINTS = 400
#: Change of voltage between two points beyond which more are set between them, and how many at most.
FINEST = 5e-3  # [V]
MOST_PARTS = 64

_INVENTORIES: dict[CellKind, dict[str, str]] = {
    "half": {"host sodium": "Sodium in carbon [mol]", "salt": "Salt in electrolyte [mol]"},
    "dual-ion": {
        "salt": "Salt in electrolyte [mol]",
        "host sodium": "Sodium in negative electrode [mol]",
        "host PF6": "PF6 in positive electrode [mol]",
        "plated": "Plated sodium [mol]",
        "sodium": "Total sodium [mol]",
        "PF6": "Total PF6 [mol]",
    },
    "rocking-chair": {
        "salt": "Salt in electrolyte [mol]",
        "host sodium": "Sodium in negative electrode [mol]",
        "cathode sodium": "Sodium in positive electrode [mol]",
        "plated": "Plated sodium [mol]",
        "sodium": "Total sodium [mol]",
        "PF6": "Total PF6 [mol]",
    },
}

#: Losses as PyBaMM names them, with the sign in which they add to the voltage.
_LOSSES = {
    "reaction": (("X-averaged reaction overpotential [V]", 1),),
    "concentration": (("X-averaged concentration overpotential [V]", 1),),
    "electrolyte": (("X-averaged electrolyte ohmic losses [V]", 1), ("X-averaged solid phase ohmic losses [V]", 1)),
    "series": (("Contact overpotential [V]", -1),),
    "film": (("Film overvoltage [V]", -1),),
}


def read(solution: Any, built: Built, cell: Cell, step: Step, detail: Detail) -> StepResult:
    """A step as it is reported.

    Parameters
    ----------
    solution : pybamm.Solution
        Of this step alone.
    built : Built
        The model that it solves.
    cell : Cell
    step : HalfCycle, Rest, Hold or Sweep
    detail : {"all", "voltage", "last voltage", "ends"}
        ``"ends"`` reads salt, amounts and energy at the two ends; ``"voltage"`` reads the voltage along the step and no salt.

    Returns
    -------
    StepResult
    """
    run = _Run(solution, built, cell)
    ends = run.rows("ends", run.time[[0, -1]])
    amounts = {name: (float(first), float(last)) for name, (first, last) in zip(_INVENTORIES[cell.kind], ends[7:], strict=True)}
    if detail == "ends":
        return _at_ends(run, step, ends, amounts)
    times, voltage, current = run.grid()
    totals = {
        "charge": _charge(step, run, ends),
        "energy": float(np.trapezoid(voltage * current, times)),
        "last_voltage": float(voltage[-1]),
    }
    given = current if built.mode == "voltage" else np.zeros(0)
    if detail != "all":
        return StepResult(step, times, voltage, np.zeros((0, 3)), np.zeros(0), amounts, current=given, totals=totals)
    names = _traces(cell, built)
    rows = run.rows("all", times)
    traces = dict(zip(names, rows, strict=False)) | {"charge": -3600 * rows[-5], "energy": -3600 * rows[-4]}
    salt = rows[-3:].T
    totals |= {"least_salt": float(salt[:, 0].min()), "most_salt": float(salt[:, 2].max())}
    anode = traces.pop("anode_potential", np.zeros(0))
    if anode.size:
        totals |= {"lowest_anode_potential": float(anode.min()), "lowest_apparent_potential": float(traces["apparent_potential"].min())}
    poorest = float(run.position[np.argmin(run.field(times[np.argmin(salt[:, 0])]))])
    profile = {"position": run.position, "salt": run.field(times[-1])}
    return StepResult(step, times, voltage, salt, anode, amounts, profile, poorest, given, traces, totals=totals)


def _at_ends(run: _Run, step: Step, ends: Array, amounts: dict[str, tuple[float, float]]) -> StepResult:
    """What a step came to; the sums are states of the solver."""
    totals = {
        "charge": _charge(step, run, ends),
        "energy": float(-3600 * ends[3, 1]),
        "last_voltage": float(ends[0, 1]),
        "least_salt": float(ends[4].min()),
        "most_salt": float(ends[6].max()),
    }
    current = ends[1] if run.built.mode == "voltage" else np.zeros(0)
    return StepResult(step, run.time[[0, -1]], np.zeros(0), ends[4:7].T, np.zeros(0), amounts, current=current, totals=totals)


def _charge(step: Step, run: _Run, ends: Array) -> float:
    """[coulomb] passed, positive on charge: by the clock where the current is given, else as the solver summed it."""
    if isinstance(step, HalfCycle):
        return float(step.current * (run.time[-1] - run.time[0]))
    return float(-3600 * ends[2, 1]) if run.built.mode == "voltage" else 0.0


class _Run:
    """A solved step between its solver's own times."""

    def __init__(self, solution: Any, built: Built, cell: Cell) -> None:
        self.built, self.cell = built, cell
        self.time, first = np.unique(np.concatenate(solution.all_ts), return_index=True)
        self.states = np.hstack(solution.all_ys)[:, first]
        self.slopes = None if solution.all_yps is None else np.hstack(solution.all_yps)[:, first]
        self.inputs = np.concatenate([np.atleast_1d(np.asarray(value, dtype=float)).ravel() for value in solution.all_inputs[0].values()])
        self.names = tuple(solution.all_inputs[0])

    @property
    def position(self) -> Array:
        """[m] of the salt's cells."""
        return np.asarray(self.built.model.get_processed_variable_or_event("x [m]").evaluate()).ravel()

    def grid(self) -> tuple[Array, Array, Array]:
        """Times [s] on which the step is reported, with voltage [V] and current [A] there."""
        parts = max(REFINEMENT, -(-LEAST_POINTS // max(self.time.size - 1, 1)))
        even = np.concatenate([*(np.linspace(a, b, parts, endpoint=False) for a, b in pairwise(self.time)), self.time[-1:]])
        coarse = self.rows("terminals", even)
        moved = np.abs(np.diff(coarse[0]))
        steep = np.flatnonzero(moved > FINEST)
        counts = np.minimum(np.ceil(moved[steep] / FINEST).astype(int), MOST_PARTS)
        more = [np.linspace(even[i], even[i + 1], count, endpoint=False)[1:] for i, count in zip(steep, counts, strict=True)]
        added = np.concatenate([np.zeros(0), *more])
        times = np.concatenate([even, added])
        order = np.argsort(times, kind="stable")
        voltage, current = np.hstack([coarse, self.rows("terminals", added)])[:, order]
        return times[order], voltage, current

    def rows(self, group: str, times: Array) -> Array:
        """Rows of numbers along the step, shape (quantities, times)."""
        function = self._function(group)
        given, states = np.ascontiguousarray(times, dtype=float), np.ascontiguousarray(self._between(times).T)
        found = np.zeros((times.size, function.size1_out(0)))
        buffer, evaluate = function.buffer()  # point by point: handing CasADi whole arrays costs more than what it computes
        buffer.set_arg(2, self.inputs.data)
        for index in range(times.size):
            buffer.set_arg(0, given[index : index + 1].data)
            buffer.set_arg(1, states[index].data)
            buffer.set_res(0, found[index].data)
            evaluate()
        return found.T

    def field(self, time: float) -> Array:
        """Salt [mol/m3] in every cell at a time [s]."""
        return self.rows("field", np.array([time]))[:, 0]

    def _between(self, times: Array) -> Array:
        """States at any time, by the cubic that has the solver's values and slopes at both ends of its step; shape (states, times)."""
        after = np.clip(np.searchsorted(self.time, times), 1, self.time.size - 1)
        start, width = self.time[after - 1], self.time[after] - self.time[after - 1]
        s = (times - start) / width
        low, high = self.states[:, after - 1], self.states[:, after]
        if self.slopes is None:
            return low + s * (high - low)
        rise = high - low
        first, last = self.slopes[:, after - 1] * width - rise, self.slopes[:, after] * width - rise
        return low + s * rise + s * (1 - s) * ((1 - s) * first - s * last)

    def _function(self, group: str) -> Any:
        """Compiled function of time, state and inputs."""
        if group not in self.built.observed:
            model = self.built.model
            time, state = casadi.MX.sym("t"), casadi.MX.sym("y", model.len_rhs_and_alg)
            inputs = casadi.MX.sym("p", self.inputs.size)
            named = {name: inputs[index] for index, name in enumerate(self.names)}
            cache: dict[Any, Any] = {}

            def traced(name: str) -> Any:
                return model.get_processed_variable_or_event(name).to_casadi(time, state, inputs=named, casadi_symbols=cache)

            rows = casadi.vertcat(*_quantities(group, self.cell, self.built, traced))
            self.built.observed[group] = casadi.Function(group, [time, state, inputs], [rows], {"cse": True})
        return self.built.observed[group]


def _quantities(group: str, cell: Cell, built: Built, traced: Any) -> list[Any]:
    """Symbols of a group, from PyBaMM's variables by name."""
    terminals, salt = [traced("Voltage [V]"), -traced("Current [A]")], traced("Electrolyte concentration [mol.m-3]")
    if group == "terminals":
        return terminals
    if group == "field":
        return [salt]
    sums = [traced("Discharge capacity [A.h]"), traced("Discharge energy [W.h]")]
    extrema = [casadi.mmin(salt), traced("Mean salt concentration [mol.m-3]"), casadi.mmax(salt)]
    if group == "ends":
        return [*terminals, *sums, *extrema, *(traced(name) for name in _INVENTORIES[cell.kind].values())]
    traces = [sum(sign * traced(name) for name, sign in parts) + offset for parts, offset in _traces(cell, built).values()]
    return [*traces, *sums, *extrema]


def _traces(cell: Cell, built: Built) -> dict[str, tuple[tuple[tuple[str, int], ...], int]]:
    """What is read along a step by name: PyBaMM's variables with their signs, and an offset."""
    carbon, host = ("positive", None) if cell.cathode is None else ("negative", "positive")
    filled = "X-averaged {} particle surface stoichiometry"
    found: dict[str, tuple[tuple[tuple[str, int], ...], int]] = {"anode_filling": (((filled.format(carbon), 1),), 0)}
    if host is not None:
        vacancies = built.cathode == "PF6-"
        found["cathode_filling"] = (((filled.format(host), -1 if vacancies else 1),), 1 if vacancies else 0)
        potential = (("X-averaged negative electrode surface potential difference [V]", 1),)
        found["anode_potential"] = (potential, 0)
        drops = (("Contact overpotential [V]", 1), ("Film overvoltage [V]", 1))
        found["apparent_potential"] = ((*potential, *_present(drops, built)), 0)
    found["equilibrium"] = ((("Surface open-circuit voltage [V]", 1),), 0)
    found["bulk_equilibrium"] = ((("Bulk open-circuit voltage [V]", 1),), 0)
    return found | {name: (_present(parts, built), 0) for name, parts in _LOSSES.items() if _present(parts, built)}


def _present(parts: tuple[tuple[str, int], ...], built: Built) -> tuple[tuple[str, int], ...]:
    return tuple(part for part in parts if part[0] in built.model.variables)
