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
from dualion.models.targets import PLATEAU_BOUNDARY, Target
from dualion.records.cell import Cell, InitialSodiation
from dualion.study.types import Calibration, Prediction, Producer, Study, claim_of, reading_of
from dualion.units import read_as

#: Producers that are cell models.
CELL_MODELS = ("half_cell", "dual_ion")

#: Version of the methods behind the tasks; raised when a change moves their numbers.
METHOD_VERSION = 2

#: How a datum of a calibration may be read other than as the claim's own quantity.
_READ_AS = {
    "total": "specific_capacity",
    "plateau": "plateau_capacity",
    "total ratio": "capacity_retention",
    "plateau ratio": "plateau_retention",
}

#: Which fitted parameters a later task takes over.
Share = Literal["anode", "cathode", "shape", "all"]


@dataclass(frozen=True, slots=True)
class Need:
    """Fitted values that a task takes over from an earlier one.

    ``share`` is ``"all"`` for every parameter, ``"anode"`` or ``"cathode"`` for every one of that electrode, or ``"shape"`` for
    position and width of the anode's pore population.
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
    kind : {"calibrate", "simulate", "explain"}
        The last tries mechanisms on a number that the model misses.
    role : str
        ``calibration``, ``hard-extrapolation`` and ``all-points`` fit; ``prediction`` and ``scenario`` do not.
    cell : Cell
        As the study writes it, before values are taken over.
    currents : tuple of float
        [mA/g] of the rate test.
    boundary : float
        [V] against Na+/Na, between plateau and slope.
    targets : tuple of Target
        What is fitted, or shall be explained.
    fits : tuple of str
        Parameters that are fitted.
    wanted : tuple of Target
        Claims of this cell, computed with the error that the fit leaves on them.
    needs : tuple of Need
        Fitted values that it takes over.
    label : str
        In words, for a reader.
    calibration, reading : str
        The calibration it belongs to, and the reading of the text, empty where there is one alone.
    """

    name: str
    kind: Literal["calibrate", "simulate", "explain"]
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
    """What a datum of a calibration asks of the model.

    Parameters
    ----------
    study : Study
    datum : str
        Such as ``"P079"`` or ``"P079 as total"``.

    Returns
    -------
    Target

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
    own = (producer for producer in study.producers if producer.cell == cell and producer.by in CELL_MODELS)
    return tuple(claim for producer in own for claim in producer.claims if study.claims[claim].value_num is not None)


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
    """[V] between plateau and slope."""
    boundary = study.plateau.boundary if study.plateau is not None else None
    return PLATEAU_BOUNDARY if boundary is None else boundary


def _currents(study: Study, cell: str) -> tuple[float, ...]:
    """[mA/g] of every protocol that a producer runs on a cell, and of its claims."""
    own = [producer for producer in study.producers if producer.cell == cell]
    protocols = [study.protocols[p.protocol] for p in own if p.protocol is not None and p.protocol in study.protocols]
    currents = {current for protocol in protocols for current in protocol.currents}
    currents |= {current for producer in own for current in producer.currents.values()}
    return tuple(sorted(currents))


def _calibrations(study: Study, calibration: Calibration) -> Iterator[Task]:
    """One task for each reading of a calibration."""
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
    """What a result must be shown with: the other initial sodiation, other series resistances, mechanisms behind a joined prediction."""
    yield from _explanations(study, tasks)
    for task in tasks:
        if task.cell.kind == "dual-ion" and task.role == "calibration":
            yield _other_sodiation(task)
        if task.role == "all-points":
            yield from (_other_resistance(task, text) for text in _sensitivity(study.settings, task.cell.name))


def _explanations(study: Study, tasks: list[Task]) -> Iterator[Task]:
    """For each capacity that a joined cell predicts, the mechanisms that might explain it, with the declared reading of the anode."""
    for prediction in study.predictions:
        joined = next((task for task in tasks if task.role == "prediction" and task.name.startswith(f"{prediction.name}.")), None)
        if joined is None or joined.cell.kind != "dual-ion":
            continue
        for claim in prediction.claims:
            target = target_of(study, claim)
            if target.quantity == "specific_capacity":
                yield replace(
                    joined,
                    name=f"{claim} explained",
                    kind="explain",
                    role="scenario",
                    targets=(target,),
                    wanted=(),
                    label=f"{claim}: {joined.cell.name}, mechanisms that might explain it",
                )


def _other_sodiation(task: Task) -> Task:
    """A calibrated cell with the other preset of the anode at assembly, simulated."""
    other: InitialSodiation = "fully_sodiated" if task.cell.initial_sodiation != "fully_sodiated" else "desodiated"
    return replace(
        task,
        name=f"{task.name}, {other}",
        kind="simulate",
        role="scenario",
        cell=replace(task.cell, initial_sodiation=other),
        targets=(),
        fits=(),
        needs=(*task.needs, Need(task.name, "all")),
        label=f"{task.cell.name}, anode {str(other).replace('_', ' ')} at assembly",
    )


def _other_resistance(task: Task, text: str) -> Task:
    """A calibration with another series resistance, such as ``"6 ohm"``, fitted anew."""
    given = task.cell.series_resistance
    resistance = replace(given.quantity, value=read_as(text, "ohm"))
    changed = replace(given, quantity=resistance, standing="assumed", source="sensitivity", claims=())
    return replace(
        task,
        name=f"{task.name}, {text}",
        role="scenario",
        cell=replace(task.cell, series_resistance=changed),
        label=f"{task.label}, series resistance {text}",
        wanted=(),
    )


def _sensitivity(settings: Mapping[str, Any], cell: str) -> tuple[str, ...]:
    """Series resistances that a study lists beside the one it uses, such as ``"6 ohm"``; a table of value and unit becomes such a text."""
    listed = settings["cell"][cell].get("sensitivity", {}).get("series_resistance", ())
    return tuple(entry if isinstance(entry, str) else f"{entry['value']:g} {entry['unit']}" for entry in listed)


def _ordered(tasks: list[Task]) -> tuple[Task, ...]:
    """The tasks, each after those that it needs."""
    names = {task.name for task in tasks}
    done: list[Task] = []
    left = list(tasks)
    while left:
        there = {task.name for task in done}
        ready = [task for task in left if all(need.task in there or need.task not in names for need in task.needs)]
        if not ready:
            circle = ", ".join(task.name for task in left)
            raise SpecError(f"study.toml: calibration: {circle} need each other. Break the circle of anode_from.")
        done += ready
        left = [task for task in left if task not in ready]
    return tuple(done)
