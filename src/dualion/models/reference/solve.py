"""The guarded solve: a protocol is either computed to its end and balanced, or a named error says what failed and keeps the rest.

It guards against the known ways in which a solve goes wrong in silence: a step that ended early, a table that was left, salt below zero,
inventories that do not close, an anode without room. Where the solver itself fails, a ladder is climbed: another tolerance, shorter
steps, finer particles, and for a DFN at last the SPMe, which the result then says it is. Every attempt is in the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from dualion.errors import ExtrapolationError, InventoryError, PartialSolutionError, SolveError, SpecError
from dualion.models.engines import ALL_CHECKS, Check, Detail
from dualion.models.experiments import HalfCycle, Hold, Protocol, Step, Sweep
from dualion.models.flags import flags_of, is_full, without_room
from dualion.models.outputs import CellResult, StepResult
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.engine import CellModel, Mesh, Precision, captured_log, charged_film, controls, longest_half_cycle
from dualion.models.reference.guard import Ended, ending, guard
from dualion.models.reference.reading import read
from dualion.models.reference.state import CellState
from dualion.models.states import initial_fractions
from dualion.records.cell import Cell
from dualion.records.quantity import Flag

#: Cells in the anode, the separator, the cathode, and shells in a particle.
DEFAULT_MESH: Mesh = (20, 20, 20, 20)

#: Tolerances, relative and absolute: of half cycles, and of protocols with sweeps, where tighter ones fail or take ten times as long.
DEFAULT_TOLERANCES, SWEEP_TOLERANCES = (1e-6, 1e-8), (1e-5, 1e-7)
#: Relative tolerances between which PyBaMM neither stops early in silence nor fails.
TIGHTEST, LOOSEST = 1e-7, 1e-4
#: Parts of the shortest step to which the solver is held where it fails at will.
SHORT_STEPS = 500
#: How PyBaMM says that an event has happened before the start.
_AT_THE_START = "non-positive at initial conditions"
#: How PyBaMM says that a tabulated function was left.
_LEFT_THE_TABLE = ("extrapolat", "interpolation bounds")


@dataclass(frozen=True, slots=True)
class _Settings:
    """How a protocol is solved, what of it is read, and which checks it must pass."""

    precision: Precision
    check: tuple[Check, ...]
    detail: Detail
    hierarchy: str

    def __str__(self) -> str:
        precision = self.precision
        held = f", steps of at most {precision.longest_step:.3g} s" if precision.longest_step else ""
        return f"{self.hierarchy}, rtol {precision.rtol:g}, mesh {'/'.join(map(str, precision.mesh))}{held}"


def solve(
    model: CellModel,
    protocol: Protocol,
    *,
    parameters: Mapping[str, float] | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    mesh: Mesh = DEFAULT_MESH,
    check: tuple[Check, ...] = ALL_CHECKS,
    detail: Detail = "all",
    on_fail: Literal["raise", "record"] = "raise",
) -> CellResult:
    """Run a protocol from the state of assembly and check it.

    Parameters
    ----------
    model : CellModel
    protocol : Protocol
        A pulse that meets its cut-off is the last of its protocol.
    parameters : mapping of str to float
        Values of the open parameters, in the units of their records; nominal where absent.
    rtol, atol : float, optional
        [1] tolerances of the solver; ``rtol`` between 1e-7 and 1e-4. 1e-6 and 1e-8 where absent, 1e-5 and 1e-7 in a protocol with sweeps.
    mesh : tuple of int
        [1] cells in anode, separator, cathode, and shells in a particle.
    check : tuple of {"steps", "inventory", "extrapolation"}
    detail : {"all", "voltage", "last voltage", "ends"}
        What to read: ``"voltage"`` without salt and inventories, ``"last voltage"`` that of the last step alone, ``"ends"`` what each
        step has come to at its end, which keeps the memory of a long run small. What was not read is not there to be checked.
    on_fail : {"raise", "record"}
        ``"record"`` returns what was computed with the flag ``partial``, for sweeps over designs.

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
    settings = _settings(model, protocol, rtol=rtol, atol=atol, mesh=mesh, check=check, detail=detail)
    if is_full(model.cell):
        return without_room(model.cell, protocol, engine=model.hierarchy, mesh=mesh)
    try:
        return _climb(model, protocol, parameters or {}, settings)
    except SolveError as error:
        if on_fail == "raise" or not isinstance(error.partial, CellResult):
            raise
        return replace(error.partial, flags=(*error.partial.flags, Flag("partial", "refusal", str(error))))


def solve_on(
    model: CellModel,
    protocol: Protocol,
    start: CellState | None,
    *,
    parameters: Mapping[str, float] | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    mesh: Mesh = DEFAULT_MESH,
    check: tuple[Check, ...] = ALL_CHECKS,
    detail: Detail = "ends",
) -> tuple[CellResult, CellState]:
    """Run a protocol from a given state, and hand on the state in which it ends.

    Parameters
    ----------
    model : CellModel
    protocol : Protocol
    start : CellState or None
        Of the same hierarchy and mesh; None at assembly.
    parameters : mapping of str to float
        Values of the open parameters, in the units of their records; nominal where absent.
    rtol, atol : float, optional
        [1] as in ``solve``.
    mesh : tuple of int
        [1] cells in anode, separator, cathode, and shells in a particle.
    check : tuple of {"steps", "inventory", "extrapolation"}
    detail : {"all", "voltage", "last voltage", "ends"}
        As in ``solve``.

    Returns
    -------
    tuple of CellResult and CellState

    Raises
    ------
    PartialSolutionError, ExtrapolationError, InventoryError, SolveError
        Each with the partial result attached. The ladder has no rungs with another mesh or hierarchy here, which the state would not fit.
    SpecError
        A tolerance outside its range, a state of another mesh, or an anode that is full at assembly.
    """
    settings = _settings(model, protocol, rtol=rtol, atol=atol, mesh=mesh, check=check, detail=detail)
    if start is None and is_full(model.cell):
        raise SpecError(f"{model.cell.name}: the anode is full at assembly, and no cycle can begin. Lower the initial sodiation.")
    return _climb_from(model, protocol, parameters or {}, _same_state(settings, protocol, model.cell), start)


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
        rtol, atol = (value / 10 for value in _usual_tolerances(protocol))
        others.append(
            solve(model, protocol, parameters=parameters, rtol=rtol, atol=atol, mesh=base.mesh, check=("steps",), detail="voltage")
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


def _settings(
    model: CellModel,
    protocol: Protocol,
    *,
    rtol: float | None,
    atol: float | None,
    mesh: Mesh,
    check: tuple[Check, ...],
    detail: Detail,
) -> _Settings:
    """What was asked for, with defaults for what was not."""
    usual = _usual_tolerances(protocol)
    relative = usual[0] if rtol is None else rtol
    if not TIGHTEST <= relative <= LOOSEST:
        known = f"{TIGHTEST:g} to {LOOSEST:g}, where the solver is known to work"
        raise SpecError(f"rtol: {relative:g} is outside {known}. Write {usual[0]:g}.")
    precision = Precision(relative, usual[1] if atol is None else atol, mesh)
    return _Settings(precision, check, detail, model.hierarchy)


def _usual_tolerances(protocol: Protocol) -> tuple[float, float]:
    return SWEEP_TOLERANCES if _has_sweeps(protocol) else DEFAULT_TOLERANCES


def _has_sweeps(protocol: Protocol) -> bool:
    return any(isinstance(step, Sweep) for step in protocol.steps)


def _same_state(asked: _Settings, protocol: Protocol, cell: Cell) -> Iterator[_Settings]:
    """The rungs that keep mesh and hierarchy: as asked, another tolerance, short steps."""
    first = asked.precision
    yield asked
    if _has_sweeps(protocol):  # a tight tolerance is what fails a slow sweep
        other = replace(first, rtol=LOOSEST, atol=LOOSEST / 100)
    else:
        other = replace(first, rtol=max(first.rtol / 10, TIGHTEST), atol=first.atol / 10)
    yield replace(asked, precision=other)
    shortest = min(_longest(cell, step, {}) for step in protocol.steps)
    yield replace(asked, precision=replace(other if _has_sweeps(protocol) else first, longest_step=shortest / SHORT_STEPS))


def _ladder(asked: _Settings, protocol: Protocol, cell: Cell) -> Iterator[_Settings]:
    """All rungs: those that keep mesh and hierarchy, then twice the shells, and for a DFN the SPMe."""
    mesh = asked.precision.mesh
    yield from _same_state(asked, protocol, cell)
    yield replace(asked, precision=replace(asked.precision, mesh=(*mesh[:3], 2 * mesh[3])))
    if asked.hierarchy == "DFN":
        yield replace(asked, hierarchy="SPMe")


def _climb(model: CellModel, protocol: Protocol, parameters: Mapping[str, float], asked: _Settings) -> CellResult:
    return _climb_from(model, protocol, parameters, _ladder(asked, protocol, model.cell), None)[0]


def _climb_from(
    model: CellModel, protocol: Protocol, parameters: Mapping[str, float], ladder: Iterator[_Settings], start: CellState | None
) -> tuple[CellResult, CellState]:
    """The first rung of the ladder that holds; what a guard refuses is not tried again."""
    attempts: list[str] = []
    partial = None
    for settings in ladder:
        used = model if settings.hierarchy == model.hierarchy else model.simpler()
        try:
            result, state = _run(used, protocol, parameters, settings, start)
        except (ExtrapolationError, InventoryError, PartialSolutionError):
            raise
        except SolveError as error:
            attempts.append(f"{settings}: {error}")
            partial = error.partial
        else:
            flags = result.flags if used is model else (*result.flags, _fallback(model))
            return replace(result, attempts=tuple(attempts), flags=flags), state
    kept = replace(partial, attempts=tuple(attempts)) if isinstance(partial, CellResult) else partial
    raise SolveError(f"{model.cell.name}, {protocol.name}, every attempt failed. " + " | ".join(attempts), kept)


def _fallback(model: CellModel) -> Flag:
    return Flag("spme_instead_of_dfn", "warning", f"The {model.hierarchy} could not be solved; this is the SPMe of the same cell.")


def _run(
    model: CellModel, protocol: Protocol, parameters: Mapping[str, float], settings: _Settings, start: CellState | None
) -> tuple[CellResult, CellState]:
    """Step by step, from the state of one to the next."""
    cell, state = model.cell, start
    assembled = initial_fractions(cell, parameters, voltage=_first_voltage(protocol.steps[0])) if start is None else _any_fractions(cell)
    done: list[StepResult] = []
    with captured_log() as log:
        for number, step in enumerate(protocol.steps, start=1):
            where = f"{cell.name}, {_named(step, number, protocol.specific_currents[number - 1])}"
            partial = CellResult(cell, tuple(done), (), (), model.hierarchy, settings.precision.mesh)
            mode, given = controls(step)
            built = model.prepared(settings.precision, mode)
            inputs = {**built.nominal, **parameters, **assembled, **given}
            try:
                solution = built.advance(state, inputs, _longest(cell, step, inputs), film=charged_film(cell, step, inputs))
            except (pybamm.SolverError, pybamm.ModelError, RuntimeError) as error:  # CasADi raises the last
                if _is_pulse(step) and done and _AT_THE_START in str(error):
                    break
                raise _named_error(error, f"{where}: ", step, partial) from error
            early = settings.detail == "last voltage" and number < len(protocol.steps)
            ended = Ended(solution.termination, f"{where}: ended on {solution.termination}", tuple(log), settings.precision.rtol)
            result = read(solution, built, cell, step, "ends" if early else settings.detail)
            result = replace(result, ended=ending(step, ended.termination))
            guard(result, ended, settings.check, partial)
            done.append(result)
            state = built.state(solution)
            if _is_pulse(step) and result.ended == "cutoff":
                break
    flags = flags_of(cell, done) if settings.detail == "all" else ()
    assert state is not None
    return CellResult(cell, tuple(done), flags, (), model.hierarchy, settings.precision.mesh), state


def _longest(cell: Cell, step: Step, inputs: Mapping[str, float]) -> float:
    """[s] after which a step has ended."""
    if step.duration is not None:
        return step.duration
    assert isinstance(step, HalfCycle)
    return longest_half_cycle(cell, step, inputs)


def _is_pulse(step: Step) -> bool:
    return isinstance(step, HalfCycle) and step.duration is not None


def _first_voltage(step: Step) -> float | None:
    """[V] in which a cell must be in equilibrium before its first step, where that step sets the voltage."""
    if isinstance(step, Sweep):
        return step.start
    return step.voltage if isinstance(step, Hold) else None


def _any_fractions(cell: Cell) -> dict[str, float]:
    """Inputs that PyBaMM asks for and a given state overrules."""
    return {"anode.initial_fraction": 0.5} | ({} if cell.cathode is None else {"cathode.initial_fraction": 0.5})


def _named(step: Step, number: int, rate: float) -> str:
    """A step in a message."""
    if isinstance(step, HalfCycle):
        return f"half cycle {number} ({step.direction} at {rate:g} mA/g)"
    if isinstance(step, Sweep):
        return f"step {number} (sweep from {step.start:g} V to {step.end:g} V at {1e3 * step.rate:g} mV/s)"
    return f"step {number} ({type(step).__name__.lower()} of {step.duration:g} s)"


def _named_error(error: Exception, where: str, step: Step, partial: CellResult) -> SolveError:
    """The error of ours that says what a failure of the solver is."""
    text = str(error)
    if _AT_THE_START in text and isinstance(step, HalfCycle):
        reason = f"the voltage is beyond {step.cutoff:g} V before any charge has passed. Check resistances and potentials."
        return PartialSolutionError(where + reason, partial)
    kind = ExtrapolationError if any(word in text.lower() for word in _LEFT_THE_TABLE) else SolveError
    return kind(where + _first_line(error), partial)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
