"""A task of a plan, performed: what a worker process does. The engine is imported here, when the first task runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dualion.models.engines import DEFAULT_ENGINE
from dualion.models.targets import RATIOS, Target
from dualion.numerics.rounding import SOLVER_DIGITS, rounded, significant
from dualion.records.cell import Cell
from dualion.records.json import to_plain
from dualion.study.cells.plan import Task
from dualion.study.results.provenance import parameters

#: Digits of errors, correlations and the ends of starts: differences of differences, of which more mean nothing.
ERROR_DIGITS = 4

#: Values that an earlier task fitted, with the claims behind them.
Inherited = Mapping[str, Mapping[str, Any]]

#: Starts of a fit, and of one that only shows how an assumption moves it.
STARTS, SCENARIO_STARTS = 16, 4
#: Length of the rest by which an engine is made ready.
_FIRST_REST = 1.0  # [s]


def settled(task: Task, inherited: Inherited) -> Cell:
    """The cell of a task with the values it takes over, each with the claims it was fitted to.

    Parameters
    ----------
    task : Task
    inherited : mapping of str to mapping
        Outcome of each task that this one needs.

    Returns
    -------
    Cell
    """
    from dualion.models.cells import with_values

    cell = task.cell
    for need in task.needs:
        outcome = inherited[need.task]
        values = {name: value for name, value in outcome["values"].items() if _taken(name, need.share)}
        cell = with_values(cell, values, source=need.task, claims=tuple(outcome["claims"]))
    return cell


def _taken(name: str, share: str) -> bool:
    if share == "all":
        return True
    if share == "shape":
        return name.startswith("anode.") and name.endswith(("_potential", "_width"))
    return name.startswith(f"{share}.")


def fitted_claims(cell: Cell) -> tuple[str, ...]:
    """Every claim to which a parameter of a cell was fitted, in the order of ids."""
    return tuple(sorted({claim for _, parameter in parameters(cell) if parameter.standing == "fitted" for claim in parameter.claims}))


def perform(task: Task, inherited: Inherited, engine: str = DEFAULT_ENGINE) -> dict[str, Any]:
    """Do a task.

    Parameters
    ----------
    task : Task
    inherited : mapping of str to mapping
        Outcome of each task that this one needs.
    engine : str
        See ``engines.engine_named``.

    Returns
    -------
    dict
        Plain data: ``values`` and ``claims`` that later tasks take over, ``fit`` (None for a simulation), ``rows`` of the rate test,
        ``other_transport`` (rows by name of transport), ``wanted`` (claim, value, stderr), ``blocks`` (differences [mAh/g]), and
        ``explanation`` of a task that explains.

    Raises
    ------
    ModelError
        A fit or a solve failed.
    """
    cell = settled(task, inherited)
    outcome = _PERFORMERS[task.kind](task, cell, engine)
    return dict(rounded(to_plain(outcome), SOLVER_DIGITS))


def prepare(engine: str, cell: Cell) -> None:
    """Make an engine ready by a first short solve of a cell: the compiled engine is then on disk for every other process.

    Parameters
    ----------
    engine : str
        See ``engines.engine_named``.
    cell : Cell
    """
    from dualion.models.engines import solver
    from dualion.models.experiments import Protocol, Rest

    solver(cell, engine=engine).solve(Protocol("rest", (Rest(_FIRST_REST),), (0.0,)), check=(), detail="ends")


def _calibrated(task: Task, cell: Cell, engine: str) -> dict[str, Any]:
    from dualion.models.calibration.fitting import calibrate
    from dualion.models.calibration.observe import predicted_errors, simulated
    from dualion.models.cells import with_values
    from dualion.models.engines import solver

    starts = SCENARIO_STARTS if task.role == "scenario" else STARTS
    found = calibrate(cell, task.targets, task.fits, boundary=task.boundary, starts=starts, engine=engine)
    fitted = with_values(cell, found.values, source=task.name, claims=tuple(target.claim for target in task.targets))
    model = solver(cell, engine=engine, inputs=task.fits)
    wanted = []
    if task.wanted:
        values = simulated(model, task.wanted, parameters=found.values, boundary=task.boundary)
        errors = predicted_errors(model, found.fit, task.wanted, values=found.values, boundary=task.boundary)
        wanted = [
            {"claim": t.claim, "value": v, "stderr": significant(e, ERROR_DIGITS)}
            for t, v, e in zip(task.wanted, values, errors, strict=True)
        ]
    return {
        "values": found.values,
        "claims": fitted_claims(fitted),
        "cell": to_plain(fitted),
        "fit": _fit_entry(task, found),
        "wanted": wanted,
        **_rate_tests(task, fitted, engine),
    }


def _simulated(task: Task, cell: Cell, engine: str) -> dict[str, Any]:
    tests = _rate_tests(task, cell, engine)
    found = {row["specific_current"]: row["values"] for row in tests["rows"]}
    values = [(target.claim, _of_rows(found, target)) for target in task.wanted]
    wanted = [{"claim": claim, "value": value, "stderr": None} for claim, value in values if value is not None]
    return {"values": {}, "claims": fitted_claims(cell), "cell": to_plain(cell), "fit": None, "wanted": wanted, **tests}


def _explained(task: Task, cell: Cell, engine: str) -> dict[str, Any]:
    from dualion.models.calibration.explain import explain

    target = task.targets[0]
    found = explain(cell, target.value, target.specific_current, currents=task.currents, engine=engine)
    nothing: dict[str, Any] = {"values": {}, "fit": None, "wanted": [], "rows": [], "other_transport": {}, "blocks": []}
    return {**nothing, "claims": fitted_claims(cell), "cell": to_plain(cell), "explanation": to_plain(found)}


_PERFORMERS: Mapping[str, Callable[[Task, Cell, str], dict[str, Any]]] = {
    "calibrate": _calibrated,
    "simulate": _simulated,
    "explain": _explained,
}


def _of_rows(rows: Mapping[float, Mapping[str, float]], target: Target) -> float | None:
    """A target of a rate test, by current; None where its rows do not have it."""
    values = rows[target.specific_current]
    if target.quantity == "specific_energy" and "mean_voltage" in values:
        return values["specific_capacity"] * values["mean_voltage"]
    if target.quantity in RATIOS and target.reference_current is not None:
        capacity = RATIOS[target.quantity]
        here, there = values.get(capacity), rows[target.reference_current].get(capacity)
        return 100 * here / there if here is not None and there else None
    return values.get(target.quantity)


def _rate_tests(task: Task, cell: Cell, engine: str) -> dict[str, Any]:
    """The rate test with this transport and with every other one, and how far continuous blocks lie from isolated cycles."""
    from dualion.models.cells import with_transport
    from dualion.models.engines import solver
    from dualion.models.runs.rates import block_difference, plain, rate_test
    from dualion.records.material_files import bundled_transports, load_transport

    model = solver(cell, engine=engine)
    rows = rate_test(model, task.currents, boundary=task.boundary)
    tests: dict[str, Any] = {"rows": plain(rows), "other_transport": {}, "blocks": []}
    if task.role == "scenario":
        return tests
    for name in bundled_transports():
        if name != cell.electrolyte.transport.name:
            other = solver(with_transport(cell, load_transport(name)), engine=engine)
            tests["other_transport"][name] = [_brief(row) for row in plain(rate_test(other, task.currents, boundary=task.boundary))]
    if task.role == "calibration" and task.cell.kind == "dual-ion":
        tests["blocks"] = list(block_difference(model, task.currents))
    return tests


def _brief(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("specific_current", "c_rate", "values", "errors", "flags")}


def _fit_entry(task: Task, found: Any) -> dict[str, Any]:
    """A fit in the form of the results document."""
    fit = found.fit
    unit = "mAh/g" if found.rmse("mAh/g") is not None else found.targets[0].unit
    return {
        "name": task.name,
        "cell": task.cell.name,
        "reading": task.reading or None,
        "role": "all-points" if task.role == "scenario" else task.role,
        "claims": [target.claim for target in found.targets],
        "parameters": _parameter_entries(fit, found.values),
        "correlation": rounded(to_plain(fit.correlation), ERROR_DIGITS),
        "rmse": found.rmse(unit),
        "rmse_unit": unit,
        "degrees_of_freedom": fit.degrees_of_freedom,
        "residuals": [
            {"claim": t.claim, "printed": t.value, "model": m, "residual": m - t.value, "unit": t.unit}
            for t, m in zip(found.targets, found.model, strict=True)
        ],
        "starts": rounded(
            [{"start": list(s.begin), "end": list(s.end), "rmse": None, "status": s.status} for s in fit.starts], ERROR_DIGITS
        ),
        "singular_values": rounded(list(fit.singular_values), ERROR_DIGITS),
        "flags": _fit_flags(fit),
    }


def _parameter_entries(fit: Any, values: Mapping[str, float]) -> list[dict[str, Any]]:
    entries = []
    for free, (name, value), error, at_bound, identified in zip(
        fit.parameters, values.items(), fit.stderr, fit.at_bound, fit.identified, strict=True
    ):
        note = "at its bound" if at_bound else "" if identified else "not identified: the data narrow it by less than half"
        entries.append(
            {
                "name": name,
                "value": value,
                "unit": free.unit,
                "stderr": significant(error, ERROR_DIGITS),
                "identified": identified,
                "note": note,
            }
        )
    return entries


def _fit_flags(fit: Any) -> list[dict[str, str]]:
    pairs: Sequence[tuple[str, str, float]] = fit.strong_correlations()
    messages = [f"{first} and {second} are correlated by {r:.3f}." for first, second, r in pairs]
    flags = [{"code": "correlated", "severity": "warning", "message": message} for message in messages]
    if fit.degrees_of_freedom <= 0:
        message = "As many parameters as data: the fit itself tests nothing."
        flags.append({"code": "no_degrees_of_freedom", "severity": "note", "message": message})
    return flags
