"""The guarded solve: a protocol is either computed to its end and balanced, or a named error says what failed and keeps the rest.

It guards against the known ways in which a solve goes wrong in silence: a half cycle that ended early, a table that was left, salt below
zero, inventories that do not close, an anode without room. Where the solver itself fails, a ladder of tolerances and meshes is
climbed, and every attempt is in the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from dualion.errors import ExtrapolationError, InventoryError, PartialSolutionError, SolveError, SpecError
from dualion.models._pybamm import pybamm
from dualion.models.engine import CellModel, Detail, Mesh, captured_log, initial_fractions, longest_half_cycle, read
from dualion.models.experiments import Protocol
from dualion.models.outputs import CellResult, StepResult
from dualion.models.parameter_sets import FARADAY
from dualion.records.cell import Cell
from dualion.records.quantity import Flag

Check = Literal["steps", "inventory", "extrapolation"]

#: Cells in the anode, the separator, the cathode, and shells in a particle.
DEFAULT_MESH: Mesh = (20, 20, 20, 20)
ALL_CHECKS: tuple[Check, ...] = ("steps", "inventory", "extrapolation")

#: Relative tolerances between which PyBaMM neither stops early in silence nor fails.
TIGHTEST, LOOSEST = 1e-7, 1e-4

#: How far the end voltage may lie from the cut-off.
CUTOFF_TOLERANCE = 1e-3  # [V]
#: Relative drift of sodium and PF6 over a half cycle.
DRIFT_TOLERANCE = 1e-8
#: Deviation of salt and hosts from what charge moves, relative to it. The DFN solves for its current, the SPMe is given it.
TRANSFER_TOLERANCE = {"SPMe": 1e-6, "DFN": 5e-6}
#: Relative drift of the salt of a half cell: PyBaMM takes the flux at the metal with the transport at the boundary, not in the cell
#: beside it.
METAL_DRIFT_TOLERANCE = 1e-4
#: How PyBaMM says that an event has happened before the start.
_AT_THE_START = "non-positive at initial conditions"
#: How PyBaMM says that a tabulated function was left.
_LEFT_THE_TABLE = ("extrapolat", "interpolation bounds")
#: Local salt concentration below which a cell counts as starved.
STARVED = 20.0  # [mol/m3]


@dataclass(frozen=True, slots=True)
class _Settings:
    """How a protocol is solved, what of it is read, and which checks it must pass."""

    rtol: float
    atol: float
    mesh: Mesh
    check: tuple[Check, ...]
    detail: Detail

    def ladder(self) -> tuple[_Settings, ...]:
        """As asked, a tenth of the tolerance, twice the shells of the particles."""
        tighter = replace(self, rtol=max(self.rtol / 10, TIGHTEST), atol=self.atol / 10)
        finer = replace(self, mesh=(*self.mesh[:3], 2 * self.mesh[3]))
        return self, tighter, finer


def solve(
    model: CellModel,
    protocol: Protocol,
    *,
    parameters: Mapping[str, float] | None = None,
    rtol: float = 1e-6,
    atol: float = 1e-8,
    mesh: Mesh = DEFAULT_MESH,
    check: tuple[Check, ...] = ALL_CHECKS,
    detail: Detail = "all",
    on_fail: Literal["raise", "record"] = "raise",
) -> CellResult:
    """Run a protocol and check it.

    Parameters
    ----------
    model : CellModel
    protocol : Protocol
    parameters : mapping of str to float
        Values of the open parameters, in the units of their records; nominal where absent.
    rtol, atol : float
        [1] tolerances of the solver; ``rtol`` between 1e-7 and 1e-4.
    mesh : tuple of int
        [1] cells in anode, separator, cathode, and shells in a particle.
    check : tuple of {"steps", "inventory", "extrapolation"}
    detail : {"all", "voltage", "last voltage", "ends"}
        What to read: ``"voltage"`` without salt and inventories, ``"last voltage"`` that of the last half cycle alone, ``"ends"`` only when
        each half cycle ended. What was not read is not there to be checked.
    on_fail : {"raise", "record"}
        ``"record"`` returns what was computed with the flag ``partial``, for sweeps.

    Returns
    -------
    CellResult

    Raises
    ------
    PartialSolutionError, ExtrapolationError, InventoryError, SolveError
        Each with the partial result attached.
    SpecError
        A tolerance outside its range.
    """
    if not TIGHTEST <= rtol <= LOOSEST:
        raise SpecError(f"rtol: {rtol:g} is outside {TIGHTEST:g} to {LOOSEST:g}, where the solver is known to work. Write 1e-6.")
    if _is_full(model.cell):
        return _without_room(model, protocol, mesh)
    try:
        return _climb(model, protocol, parameters or {}, _Settings(rtol, atol, mesh, check, detail))
    except SolveError as error:
        if on_fail == "raise" or not isinstance(error.partial, CellResult):
            raise
        return replace(error.partial, flags=(*error.partial.flags, Flag("partial", "refusal", str(error))))


def numerical_error(model: CellModel, protocol: Protocol, base: CellResult, parameters: Mapping[str, float]) -> CellResult:
    """A result with its numerical error: the differences to twice the mesh and to a tenth of the tolerance.

    Parameters
    ----------
    model : CellModel
    protocol : Protocol
    base : CellResult
        Of the same protocol, at the default tolerance.
    parameters : mapping of str to float
        Values of the open parameters, in the units of their records.

    Returns
    -------
    CellResult
        With ``error``: for each half cycle the larger difference in ``capacity`` [mAh] and in ``mean_voltage`` [V].

    Raises
    ------
    SolveError
        The protocol could not be solved at twice the mesh or at the tighter tolerance.
    """
    if any(flag.code == "no_room_for_sodium" for flag in base.flags):
        return base
    doubled: Mesh = (2 * base.mesh[0], 2 * base.mesh[1], 2 * base.mesh[2], 2 * base.mesh[3])
    finer = solve(model, protocol, parameters=parameters, mesh=doubled, check=("steps",), detail="voltage")
    flags: tuple[Flag, ...] = ()
    others = [finer]
    try:
        others.append(
            solve(model, protocol, parameters=parameters, rtol=1e-7, atol=1e-9, mesh=base.mesh, check=("steps",), detail="voltage")
        )
    except SolveError as error:
        flags = (Flag("tolerance_not_tested", "note", f"The error is that of the mesh alone: at a tenth of the tolerance, {error}"),)
    errors = tuple(
        {
            "capacity": max(abs(other.charge - step.charge) for other in repeats) / 3.6,
            "mean_voltage": max(abs(other.mean_voltage() - step.mean_voltage()) for other in repeats),
        }
        for step, *repeats in zip(base.steps, *(other.steps for other in others), strict=True)
    )
    return replace(base, error=errors, flags=base.flags + flags)


def _climb(model: CellModel, protocol: Protocol, parameters: Mapping[str, float], asked: _Settings) -> CellResult:
    """The first rung of the ladder that holds; what a guard refuses is not tried again."""
    attempts: list[str] = []
    partial = None
    for settings in asked.ladder():
        try:
            result = _run(model, protocol, parameters, settings)
        except (ExtrapolationError, InventoryError, PartialSolutionError):
            raise
        except SolveError as error:
            attempts.append(f"rtol {settings.rtol:g}, mesh {'/'.join(map(str, settings.mesh))}: {error}")
            partial = error.partial
        else:
            return replace(result, attempts=tuple(attempts))
    kept = replace(partial, attempts=tuple(attempts)) if isinstance(partial, CellResult) else partial
    raise SolveError(f"{model.cell.name}, {protocol.name}, every attempt failed. " + " | ".join(attempts), kept)


def _run(model: CellModel, protocol: Protocol, parameters: Mapping[str, float], settings: _Settings) -> CellResult:
    built = model.built(settings.mesh, settings.rtol, settings.atol)
    inputs = {**built.nominal, **parameters, **initial_fractions(model.cell, parameters)}
    done: list[StepResult] = []
    solution = None
    with captured_log() as log:
        for number, (step, rate) in enumerate(zip(protocol.steps, protocol.specific_currents, strict=True), start=1):
            where = f"{model.cell.name}, half cycle {number} ({step.direction} at {rate:g} mA/g)"
            partial = CellResult(model.cell, tuple(done), (), (), model.hierarchy, settings.mesh)
            given = {**inputs, "Current function [A]": -step.current}  # PyBaMM counts discharge as positive
            try:
                solution = built.advance(solution, given, longest_half_cycle(model.cell, step, inputs))
            except (pybamm.SolverError, pybamm.ModelError, RuntimeError) as error:  # CasADi raises the last
                raise _named_error(error, f"{where}: ", step.cutoff, partial) from error
            early = settings.detail == "last voltage" and number < len(protocol.steps)
            result = read(solution, model.cell, step, "ends" if early else settings.detail)
            ended = f"{where}: ended on {solution.termination}"
            _guard(result, solution.termination, where=ended, check=settings.check, partial=partial, log=log)
            done.append(result)
    flags = _flags(model.cell, done) if settings.detail == "all" else ()
    return CellResult(model.cell, tuple(done), flags, (), model.hierarchy, settings.mesh)


def _named_error(error: Exception, where: str, cutoff: float, partial: CellResult) -> SolveError:
    """The error of ours that says what a failure of the solver is."""
    text = str(error)
    if _AT_THE_START in text:
        reason = (
            f"the voltage is beyond {cutoff:g} V, or the other cut-off, before any charge has passed. Check resistances and potentials."
        )
        return PartialSolutionError(where + reason, partial)
    kind = ExtrapolationError if any(word in text.lower() for word in _LEFT_THE_TABLE) else SolveError
    return kind(where + _first_line(error), partial)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _guard(result: StepResult, termination: str, *, where: str, check: tuple[Check, ...], partial: CellResult, log: list[str]) -> None:
    """Raise the error that names what is wrong with a half cycle, if anything is."""
    said = f" The solver logged: {log[-1]}" if log else ""
    event = f"event: {'Maximum' if result.step.current > 0 else 'Minimum'} voltage [V]"
    missed = result.voltage.size > 0 and abs(float(result.voltage[-1]) - result.step.cutoff) > CUTOFF_TOLERANCE
    if "steps" in check and (termination != event or missed or result.charge <= 0):
        at = f" at {result.voltage[-1]:.4f} V" if result.voltage.size else ""
        raise PartialSolutionError(f"{where}{at} instead of {result.step.cutoff:g} V.{said}", partial)
    if "extrapolation" in check and result.salt.size and result.salt[:, 0].min() < 0:
        raise ExtrapolationError(f"{where}, the salt concentration at {result.salt[:, 0].min():.3g} mol/m3.{said}", partial)
    if "inventory" in check and result.inventories:
        _guard_inventories(result, where, partial)


def _guard_inventories(result: StepResult, where: str, partial: CellResult) -> None:
    """Sodium and PF6 stay; salt and hosts change by what charge moves."""
    change = {name: end - start for name, (start, end) in result.inventories.items()}
    start = {name: first for name, (first, _) in result.inventories.items()}
    moved = result.step.current * float(result.time[-1]) / FARADAY  # [mol] positive on charge
    dual = "PF6" in change
    for name in ("sodium", "PF6"):
        if name in change and abs(change[name]) > DRIFT_TOLERANCE * start[name]:
            raise InventoryError(f"{where}, {name} drifts by {change[name] / start[name]:.2e} of its amount.", partial)
    expected = {"salt": -moved if dual else 0.0, "host sodium": moved if dual else -moved}
    transfer = TRANSFER_TOLERANCE[partial.hierarchy] * abs(moved)
    allowed = {"salt": transfer if dual else METAL_DRIFT_TOLERANCE * start["salt"], "host sodium": transfer}
    for name, right in expected.items():
        if abs(change[name] - right) > allowed[name]:
            raise InventoryError(f"{where}, {name} changes by {change[name]:.6e} mol where charge asks for {right:.6e} mol.", partial)


def _flags(cell: Cell, steps: list[StepResult]) -> tuple[Flag, ...]:
    flags = []
    poorest = min(steps, key=lambda step: float(step.salt[:, 0].min()))
    least = float(poorest.salt[:, 0].min())
    if least < STARVED:
        message = f"The salt falls to {least:.1f} mol/m3 at the {_place(cell, poorest.poorest)}: the electrolyte limits the cell."
        flags.append(Flag("salt_limited", "warning", message))
    lowest = min((float(step.anode_potential.min()) for step in steps if step.anode_potential.size), default=0.0)
    if lowest < 0:
        message = f"The anode falls to {1e3 * lowest:.0f} mV against Na+/Na: sodium could plate, which is not modelled."
        flags.append(Flag("plating_possible", "warning", message))
    return tuple(flags)


def _place(cell: Cell, position: float) -> str:
    """Part of a cell at a position [m] from the anode's side; the metal of a half cell has no depth."""
    anode = 0.0 if cell.cathode is None else cell.anode.thickness
    if position < anode:
        return "anode"
    if position < anode + cell.separator.thickness.value * 1e-6:
        return "separator"
    return "anode" if cell.cathode is None else "cathode"


def _is_full(cell: Cell) -> bool:
    """Whether the anode of a full cell starts without room for sodium."""
    if cell.kind == "half":
        return False
    if isinstance(cell.initial_sodiation, str):
        return cell.initial_sodiation == "fully_sodiated"
    return cell.initial_sodiation >= 1.0


def _without_room(model: CellModel, protocol: Protocol, mesh: Mesh) -> CellResult:
    """A result, not a failure: the first charge ends at once."""
    message = (
        "The anode is full at the start, so the first charge ends at once: it was desodiated before assembly, or the cell starts Na-rich."
    )
    flag = Flag("no_room_for_sodium", "refusal", message)
    empty = np.zeros(0)
    step = StepResult(protocol.steps[0], np.zeros(1), np.zeros(1), np.zeros((0, 3)), empty, {})
    return CellResult(model.cell, (step,), (flag,), (), model.hierarchy, mesh)
