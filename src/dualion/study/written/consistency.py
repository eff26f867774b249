"""Conditions that tie the files of a study to each other: ids that exist, values that agree, sets that do not overlap."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping

from dualion.errors import UnitError
from dualion.models.targets import RATIOS
from dualion.records.cell import Cell
from dualion.records.files import Measured, did_you_mean, nearest, show
from dualion.records.material import Population
from dualion.records.material_files import is_bundled
from dualion.records.material_schema import ParametersTable
from dualion.records.quantity import Parameter
from dualion.study.arithmetic.quantities import QUANTITIES
from dualion.study.types import Claim, claim_of, reading_of
from dualion.study.written.schema import CalibrationTable, ProducerTable, StudyFile
from dualion.study.written.schema_cells import CellFile, ProtocolTable
from dualion.study.written.standings import ASSUMABLE, CELL_VALUES, at, is_assumed, is_documented, values
from dualion.units import convert

#: Relative difference up to which a value is the one that a claim prints.
SAME_VALUE = 1e-9

#: Cells that a model of the registry simulates.
MODEL_CELLS = {"half_cell": ("half",), "dual_ion": ("dual-ion",)}

_FILE = "study.toml"
_INDEX, _INDEXED = re.compile(r"[.](\d)$"), r"[\1]"  # window.0 is printed window[0]
_SHORT_ID = re.compile(r"([PC])(\d{1,3})([a-z]?)")


def unknown_claim(name: str, known: Iterable[str]) -> str:
    """Problem and remedy for an id that is no claim."""
    ids = list(known)
    form = _SHORT_ID.fullmatch(name)
    padded = f"{form[1]}{int(form[2]):03d}{form[3]}" if form else ""
    near = padded if padded in ids else nearest(name, ids)
    remedy = f'Did you mean "{near}"?' if near else "Name a claim of claims.csv."
    return f"{name if form else show(name)} is not a claim id. {remedy}"


def claim_ids(spec: StudyFile, known: Mapping[str, object]) -> list[str]:
    """Every claim id of ``study.toml`` that is in no row of ``claims.csv``."""
    named = [(key, claim) for key, value in values(spec) for claim in value.claims]
    for name, cell in spec.cell.items():
        named += [(f"cell.{name}.definitions", claim) for claim in cell.definitions]
    for index, producer in enumerate(spec.producer):
        named += [(f"producer[{index}].claims", claim) for claim in producer.claims]
    for name, calibration in spec.calibration.items():
        for reading, data in calibration.sets.items():
            where = f"calibration.{name}.{'claims' if calibration.readings is None else f'readings.{reading}'}"
            named += [(where, claim_of(datum)) for datum in data]
    for name, prediction in spec.prediction.items():
        named += [(f"prediction.{name}.claims", claim) for claim in prediction.claims]
    for reason, claims in spec.pending.items():
        named += [(f"pending.{reason}", claim) for claim in claims]
    unknown = dict.fromkeys((key, claim) for key, claim in named if claim not in known)
    return [f"{_FILE}: {key}: {unknown_claim(claim, known)}" for key, claim in unknown]


def stated_values(spec: StudyFile, claims: Mapping[str, Claim]) -> list[str]:
    """Values that differ from the claims that they name."""
    return [
        f"{_FILE}: {key}: {problem}"
        for key, value in values(spec)
        if isinstance(value, Measured)
        for problem in _disagreement(value.value, value.unit, value.claims, claims, written=value.written)
    ]


def _disagreement(value: float, unit: str, ids: Iterable[str], claims: Mapping[str, Claim], *, written: str) -> Iterator[str]:
    """A value is that of its claim, of each of its claims, or their sum; a claim in words states anything."""
    stated = [claims[name] for name in ids if name in claims]
    if not stated or any(claim.value_num is None for claim in stated):
        return
    names = ", ".join(claim.id for claim in stated)
    try:
        numbers = [convert(claim.value_num or 0.0, claim.unit, unit) for claim in stated]
    except UnitError:
        yield f"{show(written)} is in another dimension than {names} ({stated[0].unit}). Name the claim that states it."
        return
    same = [math.isclose(value, number, rel_tol=SAME_VALUE) for number in (*numbers, sum(numbers))]
    if not (all(same[:-1]) or same[-1]):
        printed = " and ".join(f"{claim.value} {claim.unit}" for claim in stated)
        yield f"{show(written)} is not what {names} says, {printed}. Write the value of the claim, or name another."


def assumed(spec: StudyFile) -> list[str]:
    """Values without a claim that are not listed as assumed, and listed keys that are none."""
    problems = []
    own = spec.study.kind == "own data"
    for name, cell in spec.cell.items():
        for index, key in enumerate(cell.assumed):
            if key not in ASSUMABLE or (key.startswith("cathode") and cell.cathode is None):
                problems.append(
                    f"{_FILE}: cell.{name}.assumed[{index}]: {show(key)} is not a value of a cell. {did_you_mean(key, ASSUMABLE)}"
                )
        for key in CELL_VALUES:
            value = at(cell, key)
            where = f"{_FILE}: cell.{name}.{_INDEX.sub(_INDEXED, key)}"
            if value is None:
                continue
            if not is_assumed(key, cell.assumed) and not is_documented(value, own=own):
                problems.append(f'{where}: no claim id beside it and not in "assumed". Name its claim or add it to "assumed".')
            elif key in cell.assumed and value.claims:
                problems.append(f'{where}: {value.claims[0]} beside it, and listed in "assumed". Remove one of them.')
    return problems


def names(spec: StudyFile) -> list[str]:
    """Names of cells, protocols, calibrations and materials that are not there."""
    problems = [
        f"{_FILE}: protocol.{name}.cell: {show(table.cell)} is not in [cell]. {did_you_mean(table.cell, spec.cell)}"
        for name, table in spec.protocol.items()
        if table.cell is not None and table.cell not in spec.cell
    ]
    for index, producer in enumerate(spec.producer):
        problems += [f"{_FILE}: producer[{index}]{problem}" for problem in _producer(producer, spec)]
    for name, calibration in spec.calibration.items():
        problems += [f"{_FILE}: calibration.{name}.{problem}" for problem in _calibration(calibration, spec)]
    for name, prediction in spec.prediction.items():
        references = (("from", prediction.from_), ("anode_from", prediction.anode_from))
        problems += [
            f"{_FILE}: prediction.{name}.{key}: {_no_calibration(reference, spec)}"
            for key, reference in references
            if reference is not None and not _is_calibration(reference, spec)
        ]
    seen: dict[str, str] = {}
    for reason, claims in spec.pending.items():
        for claim in claims:
            if claim in seen:
                problems.append(f"{_FILE}: pending.{reason}: {claim} stands in pending.{seen[claim]} as well. Give one reason.")
            seen[claim] = reason
    if spec.recipe is not None:
        unknown = [sample for sample in spec.recipe.stock_volume if sample not in spec.material]
        problems += [f"{_FILE}: recipe.stock_volume.{name}: not in [material]. {did_you_mean(name, spec.material)}" for name in unknown]
    return problems


def _producer(producer: ProducerTable, spec: StudyFile) -> Iterator[str]:
    if producer.quantity not in QUANTITIES:
        yield f".quantity: {show(producer.quantity)} is not a registered quantity. {did_you_mean(producer.quantity, QUANTITIES)}"
    protocol = spec.protocol.get(producer.protocol or "")
    if producer.protocol is not None and protocol is None:
        yield f".protocol: {show(producer.protocol)} is not in [protocol]. {did_you_mean(producer.protocol, spec.protocol)}"
    if producer.cell is not None and producer.cell not in spec.cell:
        yield f".cell: {show(producer.cell)} is not in [cell]. {did_you_mean(producer.cell, spec.cell)}"
    cell = spec.cell.get(producer.cell or (protocol.cell if protocol is not None else None) or "")
    kinds = MODEL_CELLS.get(producer.by)
    if kinds is not None and cell is None and producer.cell is None:
        yield ".cell: missing. Write the name of a cell, here or in the protocol."
    elif kinds is not None and cell is not None and cell.kind not in kinds:
        yield f'.by: "{producer.by}" does not simulate a {cell.kind} cell. Write "{"half_cell" if cell.kind == "half" else "dual_ion"}".'
    if kinds is not None and producer.quantity in RATIOS and producer.reference is None:
        yield f'.reference: missing. Write the current that {producer.quantity} refers to, such as "60 mA/g".'
    if protocol is None:
        return
    yield from _currents(producer, protocol)


def _currents(producer: ProducerTable, protocol: ProtocolTable) -> Iterator[str]:
    """Currents of a producer that its protocol does not run."""
    offered = [current.value for current in protocol.currents]
    given = {claim: current for claim, current in producer.claims.items() if current is not None}
    if not given and len(producer.claims) != len(offered):
        yield (
            f".claims: {len(producer.claims)} claims, and protocol.{producer.protocol} has {len(offered)} currents. "
            'Write as many, or a table such as {P070 = "30 mA/g"}.'
        )
    named = {f"claims.{claim}": current for claim, current in given.items()}
    if producer.reference is not None:
        named["reference"] = producer.reference
    for key, current in named.items():
        if not any(math.isclose(current.value, value, rel_tol=SAME_VALUE) for value in offered):
            listed = ", ".join(f'"{value:g} mA/g"' for value in offered)
            yield f".{key}: {show(current.written)} is not a current of protocol.{producer.protocol}. Write one of {listed}."


def _calibration(calibration: CalibrationTable, spec: StudyFile) -> Iterator[str]:
    if calibration.cell not in spec.cell:
        yield f"cell: {show(calibration.cell)} is not in [cell]. {did_you_mean(calibration.cell, spec.cell)}"
    for key, reference in (("anode_from", calibration.anode_from), ("shape_from", calibration.shape_from)):
        if reference is not None and not _is_calibration(reference, spec):
            yield f"{key}: {_no_calibration(reference, spec)}"
    referred = {claim for producer in spec.producer if producer.reference is not None for claim in producer.claims}
    for reading, data in calibration.sets.items():
        where = "claims" if calibration.readings is None else f"readings.{reading}"
        for datum in data:
            if reading_of(datum).endswith("ratio") and claim_of(datum) not in referred:
                yield f'{where}: {show(datum)} has no reference. Write reference = "60 mA/g" in the [[producer]] of {claim_of(datum)}.'


def _is_calibration(reference: str, spec: StudyFile) -> bool:
    """``NAME``, or ``NAME.reading``."""
    name, _, reading = reference.partition(".")
    table = spec.calibration.get(name)
    return table is not None and (not reading or reading in table.sets)


def _no_calibration(reference: str, spec: StudyFile) -> str:
    known = [f"{name}.{reading}" for name, table in spec.calibration.items() for reading in (table.readings or ())]
    return f"{show(reference)} is not in [calibration]. {did_you_mean(reference, [*spec.calibration, *known])}"


def overlaps(spec: StudyFile) -> list[str]:
    """Claims that are predicted from a calibration that uses them, at whatever remove; and calibrations that use themselves."""
    problems = []
    for name, prediction in spec.prediction.items():
        behind: dict[str, None] = {}
        for reference in (prediction.from_, prediction.anode_from):
            behind |= _behind(reference, spec)
        for calibration in behind:
            used = {claim_of(datum) for data in spec.calibration[calibration].sets.values() for datum in data}
            problems += [
                f"{_FILE}: {claim} is in calibration.{calibration} and in prediction.{name}. "
                "A number used in a fit cannot be predicted; remove it from one."
                for claim in dict.fromkeys(prediction.claims)
                if claim in used
            ]
    for name, table in spec.calibration.items():
        if any(name in _behind(reference, spec) for reference in (table.anode_from, table.shape_from)):
            problems.append(f"{_FILE}: calibration.{name}: its anode_from or shape_from leads back to itself. Name another calibration.")
    return problems


def _behind(reference: str | None, spec: StudyFile) -> dict[str, None]:
    """Calibrations that a reference rests on, itself included."""
    found: dict[str, None] = {}
    waiting = [reference]
    while waiting:
        name = (waiting.pop() or "").partition(".")[0]
        if name in spec.calibration and name not in found:
            found[name] = None
            waiting += [spec.calibration[name].anode_from, spec.calibration[name].shape_from]
    return found


def fitted_parameters(spec: StudyFile, cells: Mapping[str, Cell]) -> list[str]:
    """Fitted parameters that the material of the cell does not have."""
    problems = []
    for name, calibration in spec.calibration.items():
        cell = cells.get(calibration.cell)
        if cell is None:
            continue
        for index, parameter in enumerate(calibration.fits):
            role, _, key = parameter.partition(".")
            electrode = cell.anode if role == "anode" else cell.cathode
            known = [] if electrode is None else [f"{role}.{fit}" for fit in _fits(electrode.material.populations)]
            if f"{role}.{key}" not in known:
                remedy = did_you_mean(parameter, known)
                problems.append(f"{_FILE}: calibration.{name}.fits[{index}]: {show(parameter)} is not a parameter of this cell. {remedy}")
    return problems


def _fits(populations: Iterable[Population]) -> list[str]:
    shapes = ("capacity", "potential", "width")
    of_populations = [f"{row.name.replace(' ', '_')}_{shape}" for row in populations for shape in shapes]
    return [*of_populations, *ParametersTable.model_fields]


def materials(
    cells: Mapping[str, Cell], files: Mapping[str, CellFile], claims: Mapping[str, Claim], known: Mapping[str, object]
) -> list[str]:
    """Claims of material files that are not there, or that print another number than the parameter they state."""
    problems: dict[str, None] = {}
    for name, cell in cells.items():
        for electrode, reference in ((cell.anode, files[name].anode), (cell.cathode, files[name].cathode)):
            if electrode is None or reference is None:
                continue
            file = f"materials/{reference}.toml" if is_bundled(reference) else reference
            for key, parameter in _parameters(electrode.material.parameters, electrode.material.populations):
                problems |= {f"{file}: {key}: {problem}": None for problem in _parameter(parameter, claims, known)}
    return list(problems)


def _parameters(parameters: Mapping[str, Parameter], populations: Iterable[Population]) -> Iterator[tuple[str, Parameter]]:
    yield from ((f"parameter.{name}", parameter) for name, parameter in parameters.items())
    for index, population in enumerate(populations):
        yield from ((f"population[{index}].{name}", getattr(population, name)) for name in ("capacity", "potential", "width"))


def _parameter(parameter: Parameter, claims: Mapping[str, Claim], known: Mapping[str, object]) -> Iterator[str]:
    yield from (unknown_claim(name, known) for name in parameter.claims if name not in known)
    if parameter.standing == "stated":
        written = f"{parameter.value:g} {parameter.quantity.unit}"
        yield from _disagreement(parameter.value, parameter.quantity.unit, parameter.claims, claims, written=written)
