"""A cell fitted to rate data: profiles, predictions written down before the held-out values are read, and what both leave over.

The order is that of an honest prediction. The parameters are fitted to the rows marked ``fit``; every quantity at the currents of the rows
marked ``predict`` is computed and handed to ``register``, which writes it down with its digest; only then are the values of those
rows read. The interval of a prediction spans what the model gives at all points of all profiles inside their 95 % intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dualion.errors import CoverageError, SolveError, SpecError
from dualion.models.calibration.families import FAMILIES, family_named
from dualion.models.calibration.fitting import FREE
from dualion.models.calibration.observe import simulated
from dualion.models.calibration.profiles import ProfiledFit, profiled
from dualion.models.calibration.rate_table import RateTable, held_out
from dualion.models.cells import nominal_values
from dualion.models.engines import DEFAULT_ENGINE, Solver, solver
from dualion.models.targets import PLATEAU_BOUNDARY, Target
from dualion.records.cell import Cell

#: Parameters of a full cell that are fitted where none are named.
FULL_CELL = ("cathode.host_capacity", "cathode.diffusivity", "cathode.ocp_shift")
#: Currents of the line in a figure.
LINE_POINTS = 16

OnProgress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Computed:
    """A quantity that the fitted model gives: its ``target`` (whose value is not a datum), value and interval, in the target's unit."""

    target: Target
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RateFit:
    """What came of rate data.

    Parameters
    ----------
    profiled : ProfiledFit
    predictions : tuple of Computed
        As they were registered.
    held_out : tuple of Target
        What was read afterwards.
    lines : mapping of str to tuple of Computed
        For each quantity the fitted line with its band, over all currents.
    """

    profiled: ProfiledFit
    predictions: tuple[Computed, ...]
    held_out: tuple[Target, ...]
    lines: Mapping[str, tuple[Computed, ...]]


def chosen_parameters(cell: Cell, given: Sequence[str], targets: Sequence[Target]) -> tuple[str, ...]:
    """Parameters to fit.

    Parameters
    ----------
    cell : Cell
    given : sequence of str
        Names, or one name of a family such as ``"F1"``; empty for those that suit the cell.
    targets : sequence of Target

    Returns
    -------
    tuple of str

    Raises
    ------
    SpecError
        A name is unknown, stands twice, or is no parameter of the cell; or none are named and none suit.
    CoverageError
        Fewer data than parameters.
    """
    family = family_named(given[0]) if len(given) == 1 else None
    default = FAMILIES[0].frees if cell.kind == "half" else FULL_CELL
    if not given and not any(t.quantity == "mean_voltage" for t in targets):
        default = tuple(name for name in default if name != "cathode.ocp_shift")  # no voltage, no position
    names = family.frees if family is not None else tuple(given) or default
    known = [name for name in FREE if name in nominal_values(cell)]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SpecError(f"parameters: {', '.join(unknown)}: cannot be fitted for {cell.name}. Write some of {', '.join(known)}.")
    if len(set(names)) < len(names):
        raise SpecError(f"parameters: {', '.join(names)}: a name stands twice. Write each once.")
    if len(targets) < len(names):
        raise CoverageError(f"A fit of {', '.join(names)}", len(names), len(targets))
    return names


def fit_rates(
    cell: Cell,
    table: RateTable,
    names: Sequence[str],
    *,
    register: Callable[[ProfiledFit, tuple[Computed, ...]], None],
    starts: int = 16,
    engine: str = DEFAULT_ENGINE,
    boundary: float = PLATEAU_BOUNDARY,
    scale_errors: bool = False,
    on_progress: OnProgress | None = None,
) -> RateFit:
    """Fit a cell, register what it predicts, and only then read what was held out.

    Parameters
    ----------
    cell : Cell
    table : RateTable
    names : sequence of str
        Parameters to fit.
    register : callable
        ``register(profiled, predictions)`` writes the prediction down. The held-out values are read after it has returned.
    starts : int
        [1] scrambled starts.
    engine : str
        See ``engines.engine_named``.
    boundary : float
        [V] against Na+/Na, between plateau and slope.
    scale_errors : bool
        Whether the errors of the data are multiplied until the residuals are as large as they say.
    on_progress : callable, optional
        ``on_progress(done, total, message)``.

    Returns
    -------
    RateFit

    Raises
    ------
    FitError, SolveError
        From the fit and the model.
    SpecError
        A held-out value cannot be read; the prediction is registered by then.
    """
    found = profiled(
        cell, table.targets, names, boundary=boundary, starts=starts, engine=engine, scale_errors=scale_errors, on_progress=on_progress
    )
    model = solver(cell, engine=engine, inputs=tuple(names))
    wanted = [Target(f"line {row.line}", q, row.specific_current, 0.0) for row in table.held for q in table.quantities]
    predictions = computed(model, found, wanted, boundary=boundary)
    register(found, predictions)
    values = held_out(table, cell)
    currents = [t.specific_current for t in (*table.targets, *wanted)]
    grid = np.geomspace(min(currents), max(currents), LINE_POINTS if min(currents) < max(currents) else 1)
    line = [Target("line", q, float(current), 0.0) for q in table.quantities for current in grid]
    everywhere = computed(model, found, line, boundary=boundary)
    lines = {q: tuple(c for c in everywhere if c.target.quantity == q) for q in table.quantities}
    return RateFit(found, predictions, values, lines)


def computed(model: Solver, found: ProfiledFit, targets: Sequence[Target], *, boundary: float) -> tuple[Computed, ...]:
    """What a fitted model gives for targets, with the span over all profile points inside their intervals.

    Parameters
    ----------
    model : Solver
    found : ProfiledFit
    targets : sequence of Target
    boundary : float
        [V] against Na+/Na, between plateau and slope.

    Returns
    -------
    tuple of Computed
        In the order of the targets.

    Raises
    ------
    SolveError
        The model fails at the fitted values.
    """
    if not targets:
        return ()
    names = tuple(found.found.values)
    best = simulated(model, targets, parameters=found.found.values, boundary=boundary)
    spread = [best]
    inside = {point.values for one in found.profiles for point in one.points if point.rise <= one.threshold}
    for values in sorted(inside):
        try:
            spread.append(simulated(model, targets, parameters=dict(zip(names, values, strict=True)), boundary=boundary))
        except SolveError:
            continue  # a corner of an interval at which a current cannot be run
    low, high = np.min(spread, axis=0), np.max(spread, axis=0)
    return tuple(Computed(t, v, float(a), float(b)) for t, v, a, b in zip(targets, best, low, high, strict=True))
