"""What a study asks of the cell models, as a list of tasks that depend on each other.

One task for each reading of each calibration; one for each prediction that joins parts of two calibrations (a cathode fitted with one
carbon, under another carbon); and the scenarios that a result must be shown with: the other presets of the initial sodiation, and other
series resistances where the study lists them. Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from dualion.errors import SpecError
from dualion.models.targets import Target
from dualion.records.cell import Cell
from dualion.study.types import Calibration, Prediction, Producer, Study, claim_of, reading_of
from dualion.units import read_as

#: Producers that are cell models.
CELL_MODELS = ("half_cell", "dual_ion")

#: Version of the methods behind the tasks; raised when a change moves their numbers.
METHOD_VERSION = 1

#: How a datum of a calibration may be read other than as the claim's own quantity.
_READ_AS = {
    "total": "specific_capacity",
    "plateau": "plateau_capacity",
    "total ratio": "capacity_retention",
    "plateau ratio": "plateau_retention",
}

#: Which fitted parameters a later task takes over.
Share = Literal["anode", "cathode", "shape"]


@dataclass(frozen=True, slots=True)
class Need:
    """Fitted values that a task takes over from an earlier one.

    ``share`` is ``"anode"`` or ``"cathode"`` for every parameter of that electrode, or ``"shape"`` for position and width of the
    anode's pore population.
    """

    task: str
    share: Share


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work for a cell model.

    Parameters
    ----------
    name : str
        Unique in a study, such as ``"half_mec0.h2"``.
    kind : {"calibrate", "simulate"}
    role : str
        ``calibration``, ``hard-extrapolation`` and ``all-points`` fit; ``prediction`` and ``scenario`` do not.
    cell : Cell
        As the study writes it, before values are taken over.
    currents : tuple of float
        [mA/g] of the rate test.
    boundary : float
        [V] against Na+/Na, between plateau and slope.
    targets : tuple of Target
        What is fitted.
    fits : tuple of str
        Parameters that are fitted.
    wanted : tuple of Target
        Claims of this cell, computed with the error that the fit leaves on them.
    needs : tuple of Need
    label : str
        In words, for a reader.
    """

    name: str
    kind: Literal["calibrate", "simulate"]
    role: str
    cell: Cell
    currents: tuple[float, ...]
    boundary: float
    targets: tuple[Target, ...]
    fits: tuple[str, ...]
    wanted: tuple[Target, ...]
    needs: tuple[Need, ...]
    label: str
    calibration: str = ""
    reading: str = ""


def plan(study: Study) -> tuple[Task, ...]:
    """Every task of a study, each after those that it needs.

    Parameters
    ----------
    study : Study

    Returns
    -------
    tuple of Task

    Raises
    ------
    SpecError
        A datum cannot be read as the calibration says, or tasks need each other in a circle.
    """
    tasks = [task for calibration in study.calibrations for task in _calibrations(study, calibration)]
    tasks += [task for prediction in study.predictions for task in _joined(study, prediction)]
    tasks += list(_scenarios(study, tasks))
    return _ordered(tasks)


def target_of(study: Study, datum: str) -> Target:
    """What a datum of a calibration, such as ``"P079 as total"``, asks of the model.

    Raises
    ------
    SpecError
        The claim has no producer, no number, or cannot be read so.
    """
    claim, reading = claim_of(datum), reading_of(datum)
    producer = producer_of(study, claim)
    value = study.claims[claim].value_num
    if producer is None or value is None or claim not in producer.currents:
        raise SpecError(
            f"study.toml: calibration: {claim} has no number, or no cell model with a current. "
            'Add it with its current to a [[producer]] whose by is "half_cell" or "dual_ion".'
        )
    quantity = _READ_AS[reading] if reading else study.definitions.get(claim, producer.quantity)
    return Target(claim, quantity, producer.currents[claim], value, producer.reference)


def producer_of(study: Study, claim: str) -> Producer | None:
    """The cell model that yields a claim, if one does."""
    return next((p for p in study.producers if claim in p.claims and p.by in CELL_MODELS), None)


def claims_of_cell(study: Study, cell: str) -> tuple[str, ...]:
    """Claims with a number that the models of a cell yield, in the order of the producers."""
    return tuple(c for p in study.producers if p.cell == cell and p.by in CELL_MODELS for c in p.claims if study.claims[c].value_num is not None)


def task_name(calibration: str, reading: str) -> str:
    """``"full_cell"`` for a plain calibration, ``"half_mec0.h2"`` for one with several readings."""
    return calibration if reading == "claims" else f"{calibration}.{reading}"


def _wanted(study: Study, cell: str) -> tuple[Target, ...]:
    """Each claim of a cell as the quantity that a model gives; energies and powers through E = Q V and V."""
    base = {"energy_density": "specific_energy", "power_density": "mean_voltage"}
    found = []
    for claim in claims_of_cell(study, cell):
        target = target_of(study, claim)
        found.append(replace(target, quantity=base.get(target.quantity, target.quantity)))
    return tuple(found)


def _boundary(study: Study) -> float:
    """[V] between plateau and slope; 0.15 V where the study's rule has no potential."""
    boundary = study.plateau.boundary if study.plateau is not None else None
    return 0.15 if boundary is None else boundary


def _currents(study: Study, cell: str) -> tuple[float, ...]:
    """[mA/g] of every protocol that a producer runs on a cell, and of its claims."""
    named = {p.protocol for p in study.producers if p.cell == cell}
    currents = {c for name in named if name in study.protocols for c in study.protocols[name].currents}
    currents |= {c for p in study.producers if p.cell == cell for c in p.currents.values()}
    return tuple(sorted(currents))


def _calibrations(study: Study, calibration: Calibration) -> Iterator[Task]:
    for reading, data in calibration.readings.items():
        needs: list[Need] = []
        if calibration.anode_from:
            needs.append(Need(_resolved(study, calibration.anode_from), "anode"))
        if calibration.shape_from:
            needs.append(Need(_resolved(study, calibration.shape_from), "shape"))
        yield Task(
            name=task_name(calibration.name, reading),
            kind="calibrate",
            role=calibration.role,
            cell=study.cells[calibration.cell],
            currents=_currents(study, calibration.cell),
            boundary=_boundary(study),
            targets=tuple(target_of(study, datum) for datum in data),
            fits=calibration.fits,
            wanted=_wanted(study, calibration.cell),
            needs=tuple(needs),
            label=f"{calibration.cell}, fitted to {', '.join(data)}",
            calibration=calibration.name,
            reading="" if reading == "claims" else reading,
        )


def _resolved(study: Study, reference: str) -> str:
    """Name of the task behind ``NAME`` (its first reading) or ``NAME.reading``."""
    name, _, reading = reference.partition(".")
    calibration = next(c for c in study.calibrations if c.name == name)
    return task_name(name, reading or next(iter(calibration.readings)))


def _joined(study: Study, prediction: Prediction) -> Iterator[Task]:
    """Predictions whose cell is not the one that was calibrated: one task for each reading of the anode."""
    if prediction.anode_from is None:
        return
    producer = producer_of(study, prediction.claims[0])
    if producer is None or producer.cell is None:
        return
    name, _, declared = prediction.anode_from.partition(".")
    readings = next(c for c in study.calibrations if c.name == name).readings
    for reading in sorted(readings, key=lambda r: r != declared):
        anode = task_name(name, reading)
        yield Task(
            name=f"{prediction.name}.{reading}",
            kind="simulate",
            role="prediction",
            cell=study.cells[producer.cell],
            currents=_currents(study, producer.cell),
            boundary=_boundary(study),
            targets=(),
            fits=(),
            wanted=_wanted(study, producer.cell),
            needs=(Need(_resolved(study, prediction.calibration), "cathode"), Need(anode, "anode")),
            label=f"{producer.cell} with the cathode of {prediction.calibration} and the anode of {anode}",
            calibration=prediction.calibration,
            reading=reading if len(readings) > 1 else "",
        )


def _scenarios(study: Study, tasks: list[Task]) -> Iterator[Task]:
    """What a result must be shown with: the other initial sodiation, other series resistances."""
    for task in tasks:
        if task.cell.kind == "dual-ion" and task.role == "calibration":
            other = "fully_sodiated" if task.cell.initial_sodiation != "fully_sodiated" else "desodiated"
            label = f"{task.cell.name}, anode {other.replace('_', ' ')} at assembly"
            needs = (*task.needs, Need(task.name, "cathode"))
            cell = replace(task.cell, initial_sodiation=other)
            yield replace(
                task, name=f"{task.name}, {other}", kind="simulate", role="scenario", cell=cell, targets=(), fits=(), needs=needs, label=label
            )
        if task.role == "all-points":
            for text in _sensitivity(study.settings, task.cell.name):
                resistance = replace(task.cell.series_resistance.quantity, value=read_as(text, "ohm"))
                changed = replace(task.cell.series_resistance, quantity=resistance, standing="assumed", source="sensitivity", claims=())
                label = f"{task.label}, series resistance {text}"
                cell = replace(task.cell, series_resistance=changed)
                yield replace(task, name=f"{task.name}, {text}", role="scenario", cell=cell, label=label, wanted=())


def _sensitivity(settings: Mapping[str, Any], cell: str) -> tuple[str, ...]:
    """Series resistances that a study lists beside the one it uses."""
    return tuple(settings["cell"][cell].get("sensitivity", {}).get("series_resistance", ()))


def _ordered(tasks: list[Task]) -> tuple[Task, ...]:
    names = {task.name for task in tasks}
    done: list[Task] = []
    left = list(tasks)
    while left:
        ready = [task for task in left if all(need.task in {d.name for d in done} or need.task not in names for need in task.needs)]
        if not ready:
            raise SpecError(f"study.toml: calibration: {', '.join(task.name for task in left)} need each other. Break the circle of anode_from.")
        done += ready
        left = [task for task in left if task not in ready]
    return tuple(done)
