"""A cell cycled until it has done so many cycles, or is worn out: every cycle, or a stepper over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dualion.errors import InventoryError, SolveError, SpecError
from dualion.models.ageing.course import Checkpoint, Course, OnProgress, Resume
from dualion.models.ageing.direct import FAILED, WORN_OUT, cycle_directly
from dualion.models.ageing.inner import Inner
from dualion.models.ageing.mechanisms import Mechanisms, check, plain
from dualion.models.ageing.rows import between, table_of
from dualion.models.ageing.stepper import TOLERANCE, Stepper
from dualion.models.constants import STARVED
from dualion.models.engines import DEFAULT_ENGINE, engine_named
from dualion.models.flags import is_full
from dualion.models.outputs import Array
from dualion.records.cell import Cell
from dualion.records.json import to_plain
from dualion.records.quantity import Flag

Method = Literal["direct", "stepper"]

#: Cycles whose curves are kept.
CURVES_AT = (1, 2, 10, 100, 1000, 2000, 5000, 10000)
#: Cycles at the start of a life that are also cycled one by one where the others are stepped over.
CHECKED_CYCLES = 200
#: Relative drift of sodium and PF6 over a life.
DRIFT_TOLERANCE = 1e-8
_MOST_CYCLES = 1_000_000


@dataclass(frozen=True, slots=True)
class StepperCheck:
    """How far a stepper lies from direct cycling where both were done.

    Parameters
    ----------
    cycles : int
        [1] from the first.
    difference : float
        [%] largest difference of the retention relative to cycle 1, in points.
    """

    cycles: int
    difference: float


@dataclass(frozen=True, slots=True, eq=False)
class LifeResult:
    """What came of a life.

    Parameters
    ----------
    cell : Cell
    engine : str
    method : {"direct", "stepper"}
    specific_current : float
        [mA/g] on the mass that defines 1 C.
    cycles : int
        [1] that were asked for.
    mechanisms : Mechanisms
    table : mapping of str to ndarray, shape (n,)
        A value for each cycle, in the units of ``rows.UNITS``.
    curves : mapping of int to mapping of str to ndarray
        ``charge`` and ``discharge`` of some cycles, shape (2, n): capacity [mAh/g of cathode] and voltage [V].
    flags : tuple of Flag
    check : StepperCheck or None
        None where every cycle was cycled.
    inner_solves, refused : int
        [1] of the stepper.
    """

    cell: Cell
    engine: str
    method: Method
    specific_current: float
    cycles: int
    mechanisms: Mechanisms
    table: Mapping[str, NDArray[Any]]
    curves: Mapping[int, Mapping[str, Array]]
    flags: tuple[Flag, ...]
    check: StepperCheck | None = None
    inner_solves: int = 0
    refused: int = 0

    def retention(self, relative_to: int = 1) -> Array:
        """Discharge capacity [%] of every cycle, of that of cycle ``relative_to``; shape (n,).

        The first cycle of a new cell differs from those that follow: what a retention is relative to must be said with it.
        """
        capacity = self.table["discharge_capacity"]
        if not 1 <= relative_to <= capacity.size:
            raise SpecError(f"relative_to: there is no cycle {relative_to}. Write one of the {capacity.size} cycles of this life.")
        return np.asarray(100.0 * capacity / capacity[relative_to - 1])


def life(
    cell: Cell,
    *,
    specific_current: float,
    cycles: int,
    mechanisms: Mechanisms,
    engine: str = DEFAULT_ENGINE,
    method: Method = "direct",
    tolerance: float = TOLERANCE,
    curves_at: Sequence[int] = CURVES_AT,
    checked_cycles: int = CHECKED_CYCLES,
    checkpoint: Checkpoint | None = None,
    resume: Resume | None = None,
    on_progress: OnProgress | None = None,
) -> LifeResult:
    """Cycle a dual-ion cell as it ages.

    Parameters
    ----------
    cell : Cell
    specific_current : float
        [mA/g] of charge and discharge, on the mass that defines 1 C.
    cycles : int
        [1]
    mechanisms : Mechanisms
    engine : str
        See ``engines.engine_named``.
    method : {"direct", "stepper"}
        Every cycle, or the few that a stepper needs, with the others interpolated and marked.
    tolerance : float
        [1] of the stepper.
    curves_at : sequence of int
        [1] cycles whose curves are kept.
    checked_cycles : int
        [1] that are also cycled directly where a stepper is used; 0 for none.
    checkpoint : callable, optional
        ``checkpoint(block)`` keeps a finished block.
    resume : callable, optional
        ``resume()`` gives the blocks that were kept; the run goes on behind them.
    on_progress : callable, optional
        ``on_progress(done, total, message)``.

    Returns
    -------
    LifeResult
        Shorter than asked for, with the flag ``worn_out``, where nothing is left to cycle; empty, with ``no_room_for_sodium``, where the
        anode is full from the start.

    Raises
    ------
    SpecError
        A cell without a place for these mechanisms, or an argument out of range.
    SolveError, InventoryError
        A cycle could not be computed, or sodium or PF6 do not add up; what was computed is attached.
    """
    check(cell, mechanisms)
    _check_arguments(specific_current, cycles, method, tolerance)
    settings = _Settings(cell, engine_named(engine), method, specific_current, cycles, mechanisms, tuple(curves_at))
    if is_full(cell):
        message = "The anode is full at the start, so the first charge ends at once and nothing can be cycled. Assemble it desodiated."
        return LifeResult(*settings.head, {}, {}, (Flag("no_room_for_sodium", "refusal", message),))
    inner = inner_of(cell, settings.engine, specific_current, mechanisms)
    course = Course(inner.begin())
    course.take_up(resume() if resume is not None else ())
    if method == "direct":
        cycle_directly(inner, course, cycles, curves_at=curves_at, checkpoint=checkpoint, on_progress=on_progress)
        return _result(settings, inner, course, None)
    Stepper(inner, course, cycles, tolerance, curves_at, checkpoint, on_progress).run()
    return _result(settings, inner, course, checked_cycles)


def inner_of(cell: Cell, engine: str, specific_current: float, mechanisms: Mechanisms) -> Inner:
    """A cell on an engine, for many cycles.

    Parameters
    ----------
    cell : Cell
    engine : str
        One of ``engines.ENGINES``.
    specific_current : float
        [mA/g] on the mass that defines 1 C.
    mechanisms : Mechanisms
    """
    if engine == "fast":
        from dualion.models.ageing.fast_inner import FastInner

        return FastInner(cell, specific_current, mechanisms)
    from dualion.models.ageing.reference_inner import ReferenceInner

    return ReferenceInner(cell, specific_current, mechanisms, engine)


def life_inputs(
    cell: Cell,
    *,
    specific_current: float,
    cycles: int,
    mechanisms: Mechanisms,
    engine: str = DEFAULT_ENGINE,
    method: Method = "direct",
    tolerance: float = TOLERANCE,
    curves_at: Sequence[int] = CURVES_AT,
) -> dict[str, Any]:
    """All that the blocks of a life depend on but the software, as plain data: what a folder of blocks is tied to.

    Parameters
    ----------
    cell : Cell
    specific_current : float
        [mA/g]
    cycles : int
        [1]
    mechanisms : Mechanisms
    engine : str
    method : {"direct", "stepper"}
    tolerance : float
        [1]
    curves_at : sequence of int
        [1]

    Returns
    -------
    dict of str to JSON-able
    """
    return {
        "task": "life",
        "cell": to_plain(cell),
        "specific_current": float(specific_current),
        "cycles": int(cycles),
        "mechanisms": plain(mechanisms),
        "engine": engine_named(engine),
        "method": method,
        "tolerance": float(tolerance),
        "curves_at": [int(cycle) for cycle in curves_at],
    }


@dataclass(frozen=True, slots=True)
class _Settings:
    """What a life was asked for."""

    cell: Cell
    engine: str
    method: Method
    specific_current: float
    cycles: int
    mechanisms: Mechanisms
    curves_at: tuple[int, ...]

    @property
    def head(self) -> tuple[Cell, str, Method, float, int, Mechanisms]:
        """How a result begins."""
        return self.cell, self.engine, self.method, self.specific_current, self.cycles, self.mechanisms


def _check_arguments(specific_current: float, cycles: int, method: str, tolerance: float) -> None:
    problems = []
    if not 0.0 < specific_current < np.inf:
        problems.append(f"specific_current: {specific_current:g} mA/g is not positive. Write the current of charge and discharge.")
    if not 1 <= cycles <= _MOST_CYCLES:
        problems.append(f"cycles: {cycles} is not within 1 and {_MOST_CYCLES}. Write how many cycles to run.")
    if method not in ("direct", "stepper"):
        problems.append(f'method: "{method}" is neither. Write direct or stepper.')
    if not 0.0 < tolerance < 1.0:
        problems.append(f"tolerance: {tolerance:g} is not within 0 and 1. Write {TOLERANCE:g}.")
    if problems:
        raise SpecError(problems)


def _result(settings: _Settings, inner: Inner, course: Course, checked: int | None) -> LifeResult:
    """The table of a course with its flags; an error where it could not go on, or does not add up."""
    last = course.done if not course.ended else int(course.cycles[-1]) if course.cycles.size else 0
    table = _table(inner, course, last)
    flags = _flags(table, settings.cycles, course.ended)
    found = None
    if checked and settings.method == "stepper" and last > 0:
        found = _checked(inner, table, min(checked, last))
    kept = course.settings
    result = LifeResult(*settings.head, table, course.curves, flags, found, kept.get("solves", 0), kept.get("refused", 0))
    if course.ended == FAILED:
        where = f"{settings.cell.name}, cycle {last + 1} of {settings.cycles} at {settings.specific_current:g} mA/g"
        said = f" ({inner.trouble})" if inner.trouble else ""
        remedy = f"Check the rates of the mechanisms; {last} cycles are attached."
        raise SolveError(f"{where}: it did not end on its voltages{said}. {remedy}", result)
    for name in ("sodium", "pf6"):
        drift = float(np.max(np.abs(table[f"{name}_drift"]), initial=0.0))
        if not drift <= DRIFT_TOLERANCE:
            raise InventoryError(f"{settings.cell.name}: over {last} cycles {name} drifts by {drift:.2e} of its amount.", result)
    return result


def _table(inner: Inner, course: Course, last: int) -> dict[str, NDArray[Any]]:
    cycles, rows, interpolated = between(course.cycles, course.rows, last)
    return table_of(inner.cell, cycles, rows, inner.totals(), interpolated=interpolated)


def _checked(inner: Inner, table: Mapping[str, NDArray[Any]], cycles: int) -> StepperCheck:
    course = Course(inner.begin())
    cycle_directly(inner, course, cycles)
    direct = _table(inner, course, course.cycles.size)["discharge_capacity"]
    stepped = table["discharge_capacity"][: direct.size]
    return StepperCheck(int(direct.size), float(100.0 * np.max(np.abs(stepped / stepped[0] - direct / direct[0]))))


def _flags(table: Mapping[str, NDArray[Any]], asked: int, ended: str) -> tuple[Flag, ...]:
    found = []
    if not table["cycle"].size:
        return ()
    starved, negative = table["least_salt"] < STARVED, table["lowest_anode_potential"] < 0.0
    if starved.any():
        first, least = int(table["cycle"][np.argmax(starved)]), float(table["least_salt"].min())
        message = f"From cycle {first} on the salt falls to {least:.1f} mol/m3 somewhere: the electrolyte limits the cell."
        found.append(Flag("salt_limited", "warning", message))
    if negative.any():
        first, lowest = int(table["cycle"][np.argmax(negative)]), float(table["lowest_anode_potential"].min())
        message = f"From cycle {first} on the anode falls to {1e3 * lowest:.0f} mV against Na+/Na: sodium can plate."
        found.append(Flag("plating_possible", "warning", message))
    if ended == WORN_OUT:
        message = f"After {table['cycle'].size} of {asked} cycles the cell stores nothing any more."
        found.append(Flag("worn_out", "warning", message))
    return tuple(found)
