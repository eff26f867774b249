"""Protocols on the fast engine: a cell is packed once for each set of parameters, marched step by step, checked, and read.

What a run must satisfy: it ends on the voltage or after the time that the protocol names, its inventories close, and no table was left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from dualion.errors import ExtrapolationError, InventoryError, PartialSolutionError, SolveError, SpecError
from dualion.models.cells import with_inputs
from dualion.models.constants import FARADAY
from dualion.models.experiments import HalfCycle, Hold, Protocol, Rest, Step, Sweep
from dualion.models.fast import layout, march
from dualion.models.fast.entries import march as march_once
from dualion.models.fast.packing import DEFAULT_MESH, Mesh, first_state, packed
from dualion.models.fast.reading import Detail, inventories, read
from dualion.models.fast.record import CHARGE, LAST_VOLTAGE, RECORDED, TALLIED
from dualion.models.flags import flags_of, is_full, without_room
from dualion.models.outputs import Array, CellResult, StepResult
from dualion.models.targets import PLATEAU_BOUNDARY
from dualion.records.cell import Cell
from dualion.records.quantity import Flag

Check = Literal["steps", "inventory", "extrapolation"]
ALL_CHECKS: tuple[Check, ...] = ("steps", "inventory", "extrapolation")

#: Error of a step, in fillings and in shares of the initial salt: capacities then stand to 1e-6.
TOLERANCE = 2e-3
#: Time after which a half cycle counts as endless, as a multiple of what fills the host.
PATIENCE = 1.2
#: Rows of a record at first, and at most.
_ROWS, _MOST_ROWS = 4000, 4_000_000
#: Relative drift of sodium, PF6 and salt over a step.
DRIFT_TOLERANCE = 1e-9
#: Scale of the steps under voltage control, as a share of the whole: a sweep then takes 500 of them or more.
_SWEEP_SCALE = 0.02


@dataclass(frozen=True, slots=True)
class FastSolver:
    """A cell on the fast engine.

    Parameters
    ----------
    cell : Cell
    mesh : Mesh
    tolerance : float
        [1] error of a step, in fillings and in shares of the initial salt.
    boundary : float
        [V] against Na+/Na, between plateau and slope.
    """

    cell: Cell
    mesh: Mesh = DEFAULT_MESH
    tolerance: float = TOLERANCE
    boundary: float = PLATEAU_BOUNDARY

    @property
    def engine(self) -> str:
        """Name of the engine."""
        return "fast"

    def solve(
        self,
        protocol: Protocol,
        *,
        parameters: Mapping[str, float] | None = None,
        check: tuple[Check, ...] = ALL_CHECKS,
        detail: Detail = "all",
        on_fail: Literal["raise", "record"] = "raise",
    ) -> CellResult:
        """Run a protocol from the state in which the cell is built, and check it.

        Parameters
        ----------
        protocol : Protocol
        parameters : mapping of str to float
            Values that take the place of the cell's, in the units of its records.
        check : tuple of {"steps", "inventory", "extrapolation"}
        detail : {"all", "voltage", "last voltage", "ends"}
            What to read; see ``reference.solve.solve``.
        on_fail : {"raise", "record"}
            ``"record"`` returns what was computed with the flag ``partial``, for sweeps.

        Returns
        -------
        CellResult

        Raises
        ------
        PartialSolutionError, ExtrapolationError, InventoryError, SolveError
            Each with the partial result attached.
        """
        mesh = (self.mesh.left, self.mesh.separator, self.mesh.right, self.mesh.shells)
        if is_full(self.cell):
            return without_room(self.cell, protocol, engine=self.engine, mesh=mesh)
        _refuse_meaningless(protocol, self.cell)
        present = replace(self, cell=with_inputs(self.cell, parameters or {}))
        record = packed(self.cell, parameters, mesh=self.mesh)
        first = protocol.steps[0]
        voltage = first.start if isinstance(first, Sweep) else first.voltage if isinstance(first, Hold) else None
        state = first_state(self.cell, record, parameters, voltage=voltage)
        done: list[StepResult] = []
        try:
            for number, step in enumerate(protocol.steps):
                read: Detail = detail
                if detail == "last voltage":
                    read = "voltage" if number + 1 == len(protocol.steps) else "ends"
                done.append(present._step(record, state, step, read, check, where=f"{self.cell.name}, step {number + 1}"))
                if isinstance(step, HalfCycle) and step.duration is not None and done[-1].ended != "duration":
                    break  # a pulse that met its cut-off ends the protocol
        except SolveError as error:
            partial = CellResult(self.cell, tuple(done), (), (), self.engine, mesh)
            if on_fail == "raise":
                raise type(error)(str(error), partial) from error
            return replace(partial, flags=(Flag("partial", "refusal", str(error)),))
        flags = flags_of(self.cell, done) if detail == "all" else ()
        return CellResult(self.cell, tuple(done), flags, (), self.engine, mesh)

    def numerical_error(self, protocol: Protocol, base: CellResult, parameters: Mapping[str, float] | None = None) -> CellResult:
        """A result with its numerical error: the differences to twice the mesh and to a tenth of the tolerance, added.

        Parameters
        ----------
        protocol : Protocol
        base : CellResult
            Of this protocol.
        parameters : mapping of str to float

        Returns
        -------
        CellResult
        """
        if any(flag.severity == "refusal" for flag in base.flags):
            return base
        finer = replace(self, mesh=self.mesh.finer(2)), replace(self, tolerance=self.tolerance / 10)
        others = [solver.solve(protocol, parameters=parameters, check=("steps",), detail="ends").steps for solver in finer]
        errors = []
        for number, step in enumerate(base.steps):
            same = [other[number] for other in others]
            error = {"capacity": sum(abs(other.totals["charge"] - step.totals["charge"]) for other in same) / 3.6, "mean_voltage": 0.0}
            if isinstance(step.step, HalfCycle):
                error["mean_voltage"] = sum(abs(other.mean_voltage() - step.mean_voltage()) for other in same)
            errors.append(error)
        return replace(base, error=tuple(errors))

    def _step(self, record: Array, state: Array, step: Step, detail: Detail, check: tuple[Check, ...], *, where: str) -> StepResult:
        """One step, in place."""
        area = self.cell.area.value * 1e-4
        control = _control(step, record, area, self.boundary, self.tolerance)
        before, begun = inventories(self.cell, record, state), state.copy()
        tally = np.zeros(TALLIED)
        length = 0 if detail == "ends" else _ROWS
        while True:
            rows = np.zeros((length, RECORDED))
            time, why, count = march_once(record, state, control, rows, tally)
            if why != march.ON_FULL_TABLE or length >= _MOST_ROWS:
                break
            state[:] = begun
            length *= 8
        if "steps" in check or why == march.ON_FAILURE:
            _guard(step, time, why, tally, where)
        changes = {name: (first, last) for (name, first), last in zip(before.items(), inventories(self.cell, record, state).values())}
        if "inventory" in check:
            _guard_inventories(changes, tally[CHARGE] * area / FARADAY, where)
        return read(self.cell, step, record, state, time, why, rows[:count], tally, changes, detail)


def _refuse_meaningless(protocol: Protocol, cell: Cell) -> None:
    """Refuse a protocol without steps, and steps whose numbers mean nothing."""
    if not protocol.steps:
        raise SpecError(f"{cell.name}: the protocol has no step. Give at least one.")
    for number, step in enumerate(protocol.steps, start=1):
        given = {name: getattr(step, name) for name in step.__dataclass_fields__ if name != "direction"}
        for name, value in given.items():
            positive = name in ("duration", "rate")
            meaningless = value is not None and (
                not math.isfinite(value) or (positive and value <= 0) or (name == "current" and value == 0)
            )
            if meaningless:
                needed = "a positive number" if positive else "a finite number" + (" other than 0" if name == "current" else "")
                raise SpecError(f"{cell.name}: step {number}: {name} is {value:g}. Write {needed}.")


def _control(step: Step, record: Array, area: float, boundary: float, tolerance: float) -> Array:
    """What a march is given for a step; see ``march``."""
    control = np.zeros(march.CONTROL_SIZE)
    control[march.BOUNDARY], control[march.TOLERANCE] = boundary, tolerance
    if isinstance(step, HalfCycle):
        i = step.current / area
        expected = float(record[int(record[layout.RIGHT_HOST]) + layout.CHARGE]) / abs(i)
        longest = PATIENCE * expected if step.duration is None else step.duration
        control[march.GIVEN_CURRENT], control[march.CUTOFF] = i, step.cutoff
        control[march.LONGEST], control[march.EXPECTED] = longest, min(expected, longest)
        return control
    control[march.LONGEST] = step.duration
    control[march.EXPECTED] = step.duration if isinstance(step, Rest) else _SWEEP_SCALE * step.duration
    control[march.CUTOFF] = math.nan if isinstance(step, Rest) else step.voltage if isinstance(step, Hold) else step.start
    control[march.BY_VOLTAGE] = float(not isinstance(step, Rest))
    if isinstance(step, Sweep):
        control[march.RAMP] = step.rate if step.end > step.start else -step.rate
    return control


def _guard(step: Step, time: float, why: int, tally: Array, where: str) -> None:
    """Raise the error that names what is wrong with a step, if anything is."""
    at = f"after {time:.4g} s at {tally[LAST_VOLTAGE]:.4f} V"
    if why == march.ON_FAILURE:
        raise SolveError(f"{where}: the step could not be continued {at}. Check resistances, potentials and the current.")
    if why == march.ON_FULL_TABLE:
        raise SolveError(f"{where}: more than {_MOST_ROWS} rows {at}. Divide the step.")
    if isinstance(step, HalfCycle):
        if why == march.ON_DURATION and step.duration is None:
            raise PartialSolutionError(f"{where}: ended {at} without meeting {step.cutoff:g} V.")
        if time <= 0.0:
            raise PartialSolutionError(
                f"{where}: the voltage is beyond {step.cutoff:g} V, or the other cut-off, before any charge has passed. "
                "Check resistances and potentials."
            )
    if why == march.ON_EXHAUSTION and time <= 0.0:
        raise ExtrapolationError(
            f"{where}: a host starts outside the range in which its open-circuit potential is known. "
            "Give a table that spans the window, or narrow it."
        )


def _guard_inventories(inventories: Mapping[str, tuple[float, float]], moved: float, where: str) -> None:
    """Sodium and PF6 stay; the salt of a dual-ion cell changes by what the charge moves, that of the others not at all."""
    for name in ("sodium", "PF6"):
        if name in inventories:
            first, last = inventories[name]
            if abs(last - first) > DRIFT_TOLERANCE * first:
                raise InventoryError(f"{where}: {name} drifts by {(last - first) / first:.2e} of its amount.")
    first, last = inventories["salt"]
    expected = -moved if "PF6" in inventories else 0.0
    if abs(last - first - expected) > DRIFT_TOLERANCE * max(first, last):
        raise InventoryError(f"{where}: salt changes by {last - first:.6e} mol where charge asks for {expected:.6e} mol.")
