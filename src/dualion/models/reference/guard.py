"""What a solved step is checked for.

Each check has a named error: a step that did not end as the protocol says, or moved no charge (``PartialSolutionError``); salt below zero
or a host fuller than full (``ExtrapolationError``); sodium, anion, salt and charge that do not balance (``InventoryError``); a voltage
whose mean depends on where it is sampled (``SolveError``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualion.errors import ExtrapolationError, InventoryError, PartialSolutionError, SolveError
from dualion.models.constants import FARADAY
from dualion.models.engines import Check
from dualion.models.experiments import HalfCycle, Hold, Step, Sweep
from dualion.models.outputs import CellResult, StepResult
from dualion.models.states import host_charge
from dualion.records.cell import Cell

#: How far the end voltage may lie from the cut-off.
CUTOFF_TOLERANCE = 1e-3  # [V]
#: Difference of a step's mean voltage on all points of its grid and on every other one.
SAMPLING_TOLERANCE = 1e-3  # [V]
#: Charge that a sweep passes at least, as a share of the host; a sweep over 1 mV passes a hundred times as much.
LEAST_PASSED = 1e-5
#: Relative drift of sodium and PF6 over a step.
DRIFT_TOLERANCE = 1e-8
#: Deviation of salt and hosts from what charge moves, relative to it, at rtol 1e-6. The DFN solves for its current.
TRANSFER_TOLERANCE = {"SPM": 1e-6, "SPMe": 1e-6, "DFN": 5e-6}
REFERENCE_RTOL = 1e-6
#: Rounding of a few double-precision numbers.
ROUNDING = 8 * 2.0**-52
#: Relative drift of the salt of a half cell: PyBaMM takes the flux at the metal with the transport at the boundary, not in the cell
#: beside it.
METAL_DRIFT_TOLERANCE = 1e-4
#: How far beyond empty and full a surface may come by rounding.
FILLING_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Ended:
    """How a step ended: what PyBaMM says of it, what it logged, and where that was, for messages."""

    termination: str
    where: str
    log: tuple[str, ...]
    rtol: float

    @property
    def said(self) -> str:
        """What the solver logged, as the end of a message."""
        return f" The solver logged: {self.log[-1]}" if self.log else ""


def ending(step: Step, termination: str) -> str:
    """``"cutoff"`` or ``"duration"``; empty where the step ended on neither."""
    if isinstance(step, HalfCycle) and termination == f"event: {'Maximum' if step.current > 0 else 'Minimum'} voltage [V]":
        return "cutoff"
    return "duration" if step.duration is not None and termination == "final time" else ""


def guard(result: StepResult, ended: Ended, check: tuple[Check, ...], partial: CellResult) -> None:
    """Raise the error that names what is wrong with a step, if anything is.

    Parameters
    ----------
    result : StepResult
    ended : Ended
    check : tuple of {"steps", "inventory", "extrapolation"}
    partial : CellResult
        The steps before, kept in the error.

    Raises
    ------
    PartialSolutionError, ExtrapolationError, InventoryError, SolveError
    """
    if "steps" in check:
        _guard_end(result, ended, partial)
        _guard_sampling(result, ended, partial)
    if "extrapolation" in check:
        _guard_range(result, ended, partial)
    if "inventory" in check and result.inventories:
        _guard_inventories(result, ended, partial)


def _guard_end(result: StepResult, ended: Ended, partial: CellResult) -> None:
    step = result.step
    target = _target(result)
    at = f" at {result.voltage[-1]:.4f} V" if result.voltage.size else ""
    missed = target is not None and result.voltage.size > 0 and abs(float(result.voltage[-1]) - target) > CUTOFF_TOLERANCE
    if not result.ended or missed or result.time[-1] <= 0:
        goal = f"{step.cutoff:g} V" if isinstance(step, HalfCycle) else f"{step.duration:g} s"
        raise PartialSolutionError(f"{ended.where}{at} instead of {goal}.{ended.said}", partial)
    if isinstance(step, Sweep) and result.voltage.size and _is_idle(result, partial.cell):
        raise PartialSolutionError(f"{ended.where}, and no current has passed. Start the sweep in equilibrium.{ended.said}", partial)


def _is_idle(result: StepResult, cell: Cell) -> bool:
    """Whether next to nothing has passed in a sweep: an empty host that cannot react stays empty, and the solver finds nothing wrong."""
    passed = float(np.trapezoid(np.abs(result.currents), result.time))
    return passed < LEAST_PASSED * host_charge(cell.anode if cell.cathode is None else cell.cathode, cell)


def _target(result: StepResult) -> float | None:
    """[V] at which a step must end; None where it may end anywhere."""
    if isinstance(result.step, HalfCycle):
        return result.step.cutoff if result.ended != "duration" else None
    if isinstance(result.step, Hold):
        return result.step.voltage
    return result.step.end if isinstance(result.step, Sweep) else None


def _guard_sampling(result: StepResult, ended: Ended, partial: CellResult) -> None:
    """Integrals over the solver's few own steps can be wrong by 0.1 V, and nothing else would say so."""
    if not result.voltage.size:
        return
    every_other = np.append(np.arange(0, result.time.size - 1, 2), result.time.size - 1)
    whole, half = (np.trapezoid(result.voltage[i], result.time[i]) / result.time[-1] for i in (slice(None), every_other))
    if not abs(whole - half) <= SAMPLING_TOLERANCE:
        unsettled = f"{result.time.size} points do not settle its mean voltage, {whole:.4f} or {half:.4f} V"
        raise SolveError(f"{ended.where}, and {unsettled}.{ended.said}", partial)


def _guard_range(result: StepResult, ended: Ended, partial: CellResult) -> None:
    if result.salt.size and result.salt[:, 0].min() < 0:
        raise ExtrapolationError(f"{ended.where}, the salt concentration at {result.salt[:, 0].min():.3g} mol/m3.{ended.said}", partial)
    for name in ("anode_filling", "cathode_filling"):
        filled = result.traces.get(name, np.zeros(1))
        if filled.min() < -FILLING_TOLERANCE or filled.max() > 1 + FILLING_TOLERANCE:
            raise ExtrapolationError(f"{ended.where}, {name} from {filled.min():.4g} to {filled.max():.4g}.{ended.said}", partial)


def _guard_inventories(result: StepResult, ended: Ended, partial: CellResult) -> None:
    """Sodium and PF6 stay; salt and hosts change by what charge moves."""
    start = {name: first for name, (first, _) in result.inventories.items()}
    change = {name: last - first for name, (first, last) in result.inventories.items()}
    for name in ("sodium", "PF6"):
        if name in change and abs(change[name]) > DRIFT_TOLERANCE * start[name]:
            raise InventoryError(f"{ended.where}, {name} drifts by {change[name] / start[name]:.2e} of its amount.", partial)
    change["host sodium"] += change.get("plated", 0.0)
    moved = _moved(result)
    transfer = TRANSFER_TOLERANCE[partial.hierarchy] * max(ended.rtol / REFERENCE_RTOL, 1.0) * abs(moved)
    for name, right in _expected(change, moved).items():
        half_cell = name == "salt" and "sodium" not in change
        allowed = max(transfer, (METAL_DRIFT_TOLERANCE if half_cell else DRIFT_TOLERANCE) * start[name]) + _rounded(result, partial)
        if abs(change[name] - right) > allowed:
            raise InventoryError(f"{ended.where}, {name} changes by {change[name]:.6e} mol where charge asks for {right:.6e} mol.", partial)


def _rounded(result: StepResult, partial: CellResult) -> float:
    """[mol] that a DFN moves unasked: the rows of sigma d2(phi)/dx2 add up to zero only as far as numbers are exact."""
    if partial.hierarchy != "DFN":
        return 0.0
    cell, mesh = partial.cell, partial.mesh
    electrodes = [(cell.anode, mesh[2])] if cell.cathode is None else [(cell.anode, mesh[0]), (cell.cathode, mesh[2])]
    slopes = max(electrode.material["conductivity"] * cells**2 / electrode.thickness for electrode, cells in electrodes)  # [S/m2]
    current = ROUNDING * slopes * cell.window[1].value * cell.area.value * 1e-4  # [A]
    return float(current * result.time[-1] / FARADAY)


def _moved(result: StepResult) -> float:
    """[mol] of electrons, positive on charge: what was asked for, or what the solver counted."""
    if isinstance(result.step, HalfCycle):
        return float(result.step.current * result.time[-1] / FARADAY)
    return result.totals["charge"] / FARADAY


def _expected(change: dict[str, float], moved: float) -> dict[str, float]:
    """[mol] by which salt and hosts must have changed."""
    if "sodium" not in change:
        return {"salt": 0.0, "host sodium": -moved}
    if "cathode sodium" in change:
        return {"salt": 0.0, "host sodium": moved, "cathode sodium": -moved}
    return {"salt": -moved, "host sodium": moved, "host PF6": moved}
