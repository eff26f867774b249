"""From what the tasks gave to what the ledger holds: obtained quantities, fits, scores of predictions, energies.

Which run a claim is judged by: the one that predicts it, if the study declares a prediction; else the calibration that is fitted to it;
else the cell's calibration. Every other run that yields the claim is shown beside it, and is never the basis of a verdict.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dualion.models.targets import RATIOS, Target
from dualion.numerics.masses.mass_bases import CellMass, cell_mass, mass
from dualion.records.cell import Cell
from dualion.records.quantity import Flag, Quantity
from dualion.study.cells.compute import Computed
from dualion.study.cells.energies import energy_entry
from dualion.study.cells.plan import METHOD_VERSION, Task, claims_of_cell, producer_of, target_of, task_name
from dualion.study.cells.predictions import CalibrationRole, Point, prediction_entry, score, trivial_predictor
from dualion.study.types import Obtained, Producer, Study

#: Reduction of the equations that an engine solves.
_MODELS = {"fast": "SPMe", "pybamm-SPM": "SPM", "pybamm-SPMe": "SPMe", "pybamm-DFN": "DFN"}

#: Works behind the cell models.
REFERENCES = ("marquis2019", "sulzer2021")

_ASSUMED_OCP = Flag("assumed_ocp", "warning", "OCP: assumed shape. A voltage computed with it is no prediction of the cathode.")

_NO_ERROR = Flag("no_uncertainty", "note", "The errors of the joined fits were not propagated to this cell.")


@dataclass(frozen=True, slots=True)
class Findings:
    """What the cell models found, in the forms of the results document.

    Parameters
    ----------
    obtained : tuple of Obtained
        Of every run; those on which a verdict rests are primary.
    fits, predictions, energies : tuple of mapping
        Entries of the document, plain data.
    failures : mapping of str to tuple of two str
        For each claim that no run yields: reason code and detail.
    """

    obtained: tuple[Obtained, ...]
    fits: tuple[Mapping[str, Any], ...]
    predictions: tuple[Mapping[str, Any], ...]
    energies: tuple[Mapping[str, Any], ...]
    failures: Mapping[str, tuple[str, str]]


def findings(study: Study, tasks: Sequence[Task], computed: Computed) -> Findings:
    """Gather what the tasks gave.

    Parameters
    ----------
    study : Study
    tasks : sequence of Task
    computed : Computed

    Returns
    -------
    Findings
    """
    chosen = {claim: judging_task(study, tasks, claim) for claim in _modelled(study)}
    obtained = [entry for task in tasks if task.name in computed.outcomes for entry in _obtained(study, task, computed, chosen)]
    failures = {
        claim: computed.failures[task.name] for claim, task in chosen.items() if task is not None and task.name in computed.failures
    }
    fits = [computed.outcomes[task.name]["fit"] for task in tasks if task.name in computed.outcomes and task.kind == "calibrate"]
    return Findings(
        tuple(obtained),
        tuple(fits),
        tuple(_predictions(study, tasks, computed, chosen)),
        tuple(_energies(study, computed, chosen)),
        failures,
    )


def judging_task(study: Study, tasks: Sequence[Task], claim: str) -> Task | None:
    """The task whose value decides on a claim.

    Parameters
    ----------
    study : Study
    tasks : sequence of Task
        Those of the plan, in its order.
    claim : str

    Returns
    -------
    Task or None
        None where no task yields it.
    """
    producer = producer_of(study, claim)
    if producer is None:
        return None
    of_cell = [task for task in tasks if task.cell.name == producer.cell and task.role != "scenario"]
    predicting = next((p for p in study.predictions if claim in p.claims), None)
    if predicting is not None:
        joined = [task for task in of_cell if task.name.startswith(f"{predicting.name}.")]
        named = (predicting.calibration, predicting.calibration.partition(".")[0])
        calibrated = [task for task in of_cell if task.kind == "calibrate"]
        plain = [t for t in calibrated if t.name == named[0]] or [t for t in calibrated if t.calibration == named[1]]
        return next(iter(joined or plain), None)
    calibrations = [task for task in of_cell if task.kind == "calibrate"]
    fitted = [task for task in calibrations if task.role == "calibration" and any(t.claim == claim for t in task.targets)]
    own = [task for task in calibrations if task.role == "calibration"]
    return next(iter(fitted or own or calibrations or of_cell), None)


def _modelled(study: Study) -> tuple[str, ...]:
    return tuple(claim for cell in study.cells for claim in claims_of_cell(study, cell))


def _obtained(study: Study, task: Task, computed: Computed, chosen: Mapping[str, Task | None]) -> Iterator[Obtained]:
    """What a task gives for each claim of its cell."""
    outcome = computed.outcomes[task.name]
    for entry in outcome["wanted"]:
        decides = chosen[entry["claim"]]
        yield _quantity(study, task, computed, outcome, entry, primary=decides is not None and decides.name == task.name)


def _quantity(
    study: Study, task: Task, computed: Computed, outcome: Mapping[str, Any], entry: Mapping[str, Any], *, primary: bool
) -> Obtained:
    """One claim, as a task gives it."""
    claim = study.claims[entry["claim"]]
    producer = producer_of(study, claim.id)
    assert producer is not None  # only such claims are wanted
    current = producer.currents[claim.id]
    row = next(row for row in outcome["rows"] if row["specific_current"] == current)
    factor, basis = _factor(task.cell, producer.quantity, current, outcome["rows"])
    error = _with_numerical(entry["stderr"], row, producer.quantity)
    defining = basis or ("anode" if task.cell.kind == "half" else "cathode")
    return Obtained(
        claim=claim.id,
        quantity=study.definitions.get(claim.id, producer.quantity),
        sample=claim.sample,
        condition={"current": {"value": current, "unit": "mA/g"}},
        value=Quantity(entry["value"] * factor, claim.unit, stderr=None if error is None else error * factor, rule=_rule(study, producer)),
        origin="simulation",
        method=producer.by,
        method_version=METHOD_VERSION,
        options={
            "task": task.name,
            "model": _MODELS[computed.engine],
            "engine": computed.engine,
            "transport": task.cell.electrolyte.transport.name,
        },
        inputs=(f"sha256:{study.sha256}",),
        calibration=tuple(outcome["claims"]),
        references=REFERENCES,
        flags=_flags(task, outcome, row, producer.quantity) + (() if error is not None else (_NO_ERROR,)),
        mass_basis=None if "voltage" in producer.quantity else defining,
        primary=primary,
        label=task.label,
    )


def _flags(task: Task, outcome: Mapping[str, Any], row: Mapping[str, Any], quantity: str) -> tuple[Flag, ...]:
    """What a reader must know of a simulated number."""
    flags = tuple(Flag(flag["code"], flag["severity"], flag["message"]) for flag in row["flags"])
    flags += _transport_spread(outcome, row["specific_current"], quantity)
    if task.cell.cathode is not None and task.cell.cathode.material.ocp_standing == "assumed" and _rests_on_voltage(quantity):
        flags += (_ASSUMED_OCP,)
    return flags


def _rule(study: Study, producer: Producer) -> str:
    if producer.quantity.startswith("plateau") and study.plateau is not None:
        return f"below {study.plateau.boundary} V on sodiation"
    return {"mean_voltage": "E/Q of the discharge", "median_voltage": "at half of the discharge capacity"}.get(
        producer.quantity, "first cycle at this current from the state at assembly"
    )


def _factor(cell: Cell, quantity: str, current: float, rows: Sequence[Mapping[str, Any]]) -> tuple[float, str | None]:
    """What turns mWh per gram of cathode, or volts, into energy and power on the declared mass basis."""
    if quantity not in ("energy_density", "power_density"):
        return 1.0, None
    total = mass(_design(cell, rows), mass_basis=cell.mass_basis)
    return (1.0 if quantity == "energy_density" else current) / total, cell.mass_basis


def _design(cell: Cell, rows: Sequence[Mapping[str, Any]]) -> CellMass:
    return cell_mass(cell, max(row["values"]["charge_capacity"] for row in rows))


def _with_numerical(stderr: float | None, row: Mapping[str, Any], quantity: str) -> float | None:
    """The error of the fit with that of mesh and tolerance, in quadrature, in the unit of what the model gave.

    An energy is Q V; a ratio of two capacities has the relative error of one of them, twice in quadrature.
    """
    if stderr is None or not row["errors"]:
        return stderr
    capacity, voltage = row["errors"]["specific_capacity"], row["errors"]["mean_voltage"]
    values = row["values"]
    if quantity == "energy_density":
        numerical = math.hypot(capacity * values["mean_voltage"], voltage * values["specific_capacity"])
    elif quantity in RATIOS:
        numerical = 100 * math.sqrt(2) * capacity / values[RATIOS[quantity]]
    else:
        numerical = voltage if _rests_on_voltage(quantity) else capacity
    return math.hypot(stderr, numerical)


def _rests_on_voltage(quantity: str) -> bool:
    return "voltage" in quantity or quantity in ("energy_density", "power_density")


def _transport_spread(outcome: Mapping[str, Any], current: float, quantity: str) -> tuple[Flag, ...]:
    """A note that says what the other set of transport functions gives."""
    notes = []
    for name, rows in outcome["other_transport"].items():
        values: Mapping[str, float] = next((row["values"] for row in rows if row["specific_current"] == current), {})
        if quantity in values:
            unit = "V" if "voltage" in quantity else "mAh/g"
            notes.append(Flag("transport_assumed", "note", f"With the transport functions {name}: {values[quantity]:.4g} {unit}."))
    return tuple(notes)


def _predictions(study: Study, tasks: Sequence[Task], computed: Computed, chosen: Mapping[str, Task | None]) -> Iterator[Mapping[str, Any]]:
    """Scores of the declared predictions by the tasks that decide on them, and of the capacities that a hard extrapolation leaves out."""
    done = [task for task in tasks if task.name in computed.outcomes]
    for prediction in study.predictions:
        deciding = {task.name for claim, task in chosen.items() if task is not None and claim in prediction.claims}
        for task in done:
            if task.name in deciding:
                yield from _scores(study, task, computed, prediction.claims, prediction.name)
    for task in done:
        if task.role == "hard-extrapolation":
            fitted = {target.claim for target in task.targets}
            others = tuple(c for c in claims_of_cell(study, task.cell.name) if c not in fitted and _is_capacity(study, c))
            yield from _scores(study, task, computed, others, task.name)


def _is_capacity(study: Study, claim: str) -> bool:
    producer = producer_of(study, claim)
    return producer is not None and producer.quantity == "specific_capacity"


def _scores(study: Study, task: Task, computed: Computed, claims: Sequence[str], name: str) -> Iterator[Mapping[str, Any]]:
    """One score for each quantity among the claims."""
    values: dict[str, float] = {entry["claim"]: entry["value"] for entry in computed.outcomes[task.name]["wanted"]}
    targets = [target_of(study, claim) for claim in claims if claim in values]
    role: CalibrationRole = "hard-extrapolation" if task.role == "hard-extrapolation" else "calibration"
    for quantity in dict.fromkeys(target.quantity for target in targets):
        same = [target for target in targets if target.quantity == quantity]
        known = [(target.specific_current, target.value) for target in task.targets if target.quantity == quantity]
        points = [_point(target, values[target.claim], known) for target in same]
        yield prediction_entry(score(points, unit=same[0].unit), name=name, calibration=task.calibration, quantity=quantity, role=role)


def _point(target: Target, value: float, known: Sequence[tuple[float, float]]) -> Point:
    """A predicted claim beside what the trivial predictor says, from calibration data at two currents or more."""
    at = dict(known)
    trivial = trivial_predictor(list(at.items()), target.specific_current) if len(at) > 1 else None
    return Point(target.claim, target.specific_current, target.value, value, trivial)


def _energies(study: Study, computed: Computed, chosen: Mapping[str, Task | None]) -> Iterator[Mapping[str, Any]]:
    """Each printed energy beside five bases, once with the printed capacity and once with the simulated one."""
    for claim, task in chosen.items():
        producer = producer_of(study, claim)
        if producer is None or producer.quantity != "energy_density" or task is None or task.name not in computed.outcomes:
            continue
        outcome = computed.outcomes[task.name]
        current = producer.currents[claim]
        row = next(row for row in outcome["rows"] if row["specific_current"] == current)
        printed = _printed_capacity(study, task.cell.name, current)
        simulated = row["values"]["specific_capacity"]
        for capacity, words in ((printed, "printed capacity"), (simulated, "simulated capacity")):
            if capacity is not None:
                yield energy_entry(
                    capacity,
                    row["values"]["mean_voltage"],
                    _design(task.cell, outcome["rows"]),
                    declared=task.cell.mass_basis,
                    sample=study.claims[claim].sample,
                    condition={"current": {"value": current, "unit": "mA/g"}},
                    origin="simulation",
                    label=f"{words}, simulated mean voltage",
                    current=current,
                    printed=study.claims[claim],
                )


def _printed_capacity(study: Study, cell: str, current: float) -> float | None:
    for producer in study.producers:
        if producer.cell == cell and producer.quantity == "specific_capacity":
            for claim, at in producer.currents.items():
                if at == current:
                    return study.claims[claim].value_num
    return None


__all__ = ["Findings", "findings", "judging_task", "task_name"]
