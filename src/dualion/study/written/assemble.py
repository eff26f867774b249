"""From validated files to records: cells, producers, calibrations, predictions, relations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from dualion.errors import SpecError
from dualion.records.cell import Cell, Electrode, InitialSodiation, MassBasis, Separator
from dualion.records.files import Measured, did_you_mean, inside, read_toml, show, validate
from dualion.records.material import Electrolyte, Material, Population, Transport
from dualion.records.material_files import BUNDLED_MATERIALS_CITE, is_bundled, load_material, load_transport
from dualion.records.quantity import Parameter
from dualion.study.types import Assumption, Calibration, Plateau, Prediction, Producer, Protocol, Reading, Relation
from dualion.study.written.schema import ElectrolyteTable, StudyFile
from dualion.study.written.schema_cells import CellFile, CellTable
from dualion.study.written.schema_tables import AssumeTable, RelationTable
from dualion.study.written.standings import cell_parameter, parameter

#: Relative shortfall of the electrolyte against the pores that is still rounding.
PORE_TOLERANCE = 0.01

_MASSES = "standard atomic masses"


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of a study by name, the names of their files by cell, and every problem on the way to them."""

    records: Mapping[str, Cell]
    files: Mapping[str, CellFile]
    problems: tuple[str, ...]


def cells(spec: StudyFile, folder: Path) -> Cells:
    """Build the cells of a study."""
    records: dict[str, Cell] = {}
    files: dict[str, CellFile] = {}
    problems: list[str] = []
    for name, table in spec.cell.items():
        try:
            path = inside(folder, table.parameters, file="study.toml", key=f"cell.{name}.parameters")
            files[name] = validate(CellFile, read_toml(path, name=table.parameters), file=table.parameters)
            records[name] = _cell(name, table, spec, folder, chosen=files[name])
        except SpecError as error:
            problems.extend(error.problems)
    return Cells(records, files, tuple(dict.fromkeys(problems)))


def _cell(name: str, table: CellTable, spec: StudyFile, folder: Path, *, chosen: CellFile) -> Cell:
    key, file = f"cell.{name}", table.parameters
    problems = _unknown_names(key, table, spec)
    if (chosen.cathode is None) != (table.cathode is None):
        needed = "has no cathode. Remove this key" if table.cathode is None else "needs a cathode material. Name one"
        problems.append(f"{file}: cathode: {key} of study.toml is a {table.kind} cell and {needed}.")
    if problems:
        raise SpecError(problems)
    anode = _material(chosen.anode, table.anode.material, spec, folder, where=(file, "anode", f"{key}.anode.material"))
    cathode = None
    if table.cathode is not None and chosen.cathode is not None:
        material = _material(chosen.cathode, table.cathode.material, spec, folder, where=(file, "cathode", f"{key}.cathode.material"))
        cathode = Electrode(material, cell_parameter(table, "cathode.loading"))
    transport = load_transport(chosen.transport, folder=folder, written_in=f"{file}: transport")
    electrolyte = _electrolyte(table.electrolyte, spec.electrolyte[table.electrolyte], transport)
    cell = Cell(
        name=name,
        kind=table.kind,
        anode=Electrode(anode, cell_parameter(table, "anode.loading")),
        cathode=cathode,
        electrolyte=electrolyte,
        separator=Separator(cell_parameter(table, "separator.thickness"), cell_parameter(table, "separator.porosity")),
        electrolyte_volume=cell_parameter(table, "electrolyte_volume"),
        area=cell_parameter(table, "area"),
        window=(cell_parameter(table, "window.0"), cell_parameter(table, "window.1")),
        one_c=cell_parameter(table, "one_c"),
        one_c_mass="cathode" if table.one_c.mass == "cathode" else "anode",
        series_resistance=cell_parameter(table, "series_resistance"),
        initial_sodiation=cast(InitialSodiation, table.initial_sodiation.value),
        mass_basis=cast(MassBasis, table.mass_basis.value),
        temperature=cell_parameter(table, "temperature"),
        assumed=table.assumed,
    )
    _refuse_dry_pores(cell, key)
    return cell


def _unknown_names(key: str, table: CellTable, spec: StudyFile) -> list[str]:
    problems = []
    electrodes = [("anode", table.anode)] + ([] if table.cathode is None else [("cathode", table.cathode)])
    for role, electrode in electrodes:
        if electrode.material not in spec.material:
            remedy = did_you_mean(electrode.material, spec.material)
            problems.append(f"study.toml: {key}.{role}.material: {show(electrode.material)} is not in [material]. {remedy}")
    if table.electrolyte not in spec.electrolyte:
        remedy = did_you_mean(table.electrolyte, spec.electrolyte)
        problems.append(f"study.toml: {key}.electrolyte: {show(table.electrolyte)} is not in [electrolyte]. {remedy}")
    return problems


def _refuse_dry_pores(cell: Cell, key: str) -> None:
    given, pores = cell.electrolyte_volume.value, cell.pore_volume
    if given < pores * (1 - PORE_TOLERANCE):
        raise SpecError(
            f"study.toml: {key}.electrolyte_volume: {given:.4g} uL/cm2 does not fill the pores of separator and electrodes, "
            f"{pores:.4g} uL/cm2. Write at least {pores:.4g} uL/cm2, or correct thickness, porosity and loading."
        )


def _material(reference: str, named: str, spec: StudyFile, folder: Path, *, where: tuple[str, str, str]) -> Material:
    """A material, which must be the one that ``study.toml`` names; claims of another study are no claims of this one."""
    file, key, study_key = where
    material = load_material(reference, folder=folder, written_in=f"{file}: {key}")
    if material.name != named:
        raise SpecError(
            f"{file}: {key}: {show(reference)} is the material {show(material.name)}, and study.toml: {study_key} is {show(named)}. "
            "Name the same material in both."
        )
    foreign = is_bundled(reference) and spec.study.id != BUNDLED_MATERIALS_CITE
    return _without_claims(material) if foreign else material


def _without_claims(material: Material) -> Material:
    def plain(given: Parameter) -> Parameter:
        if not given.claims:
            return given
        return replace(given, claims=(), source=f"{given.source} ({BUNDLED_MATERIALS_CITE}: {', '.join(given.claims)})")

    populations = tuple(Population(row.name, plain(row.capacity), plain(row.potential), plain(row.width)) for row in material.populations)
    return replace(material, populations=populations, parameters={name: plain(given) for name, given in material.parameters.items()})


def _electrolyte(name: str, table: ElectrolyteTable, transport: Transport) -> Electrolyte:
    mass = table.salt_molar_mass
    molar_mass = parameter(mass if mass.source else replace(mass, source=_MASSES), otherwise="derived")
    return Electrolyte(
        name=name,
        salt=table.salt,
        solvent=dict(table.solvent),
        concentration=parameter(table.concentration, otherwise="assumed"),
        density=parameter(table.density, otherwise="assumed"),
        salt_molar_mass=molar_mass,
        transport=transport,
    )


def protocols(spec: StudyFile) -> dict[str, Protocol]:
    """Protocols of a study by name."""
    return {
        name: Protocol(name, table.kind, table.cell, tuple(current.value for current in table.currents), _value(table.temperature))
        for name, table in spec.protocol.items()
    }


def _value(measured: Measured | None) -> float | None:
    return None if measured is None else measured.value


def plateau(spec: StudyFile) -> Plateau:
    """The plateau rule of a study."""
    boundary = spec.plateau.boundary
    return Plateau(spec.plateau.rule, _value(boundary), () if boundary is None else boundary.claims)


def producers(spec: StudyFile) -> tuple[Producer, ...]:
    """Producers in the order written; a plain list of claims takes the currents of its protocol in order."""
    made = []
    for table in spec.producer:
        protocol = spec.protocol.get(table.protocol or "")
        given = {claim: current.value for claim, current in table.claims.items() if current is not None}
        if not given and protocol is not None:
            given = {claim: current.value for claim, current in zip(table.claims, protocol.currents, strict=False)}
        cell = table.cell or (protocol.cell if protocol is not None else None)
        reference = None if table.reference is None else table.reference.value
        made.append(Producer(tuple(table.claims), table.by, cell, table.protocol, table.quantity, given, reference))
    return tuple(made)


def calibrations(spec: StudyFile) -> tuple[Calibration, ...]:
    """Calibrations in the order written."""
    return tuple(
        Calibration(name, table.cell, table.fits, table.sets, table.role, table.anode_from, table.shape_from)
        for name, table in spec.calibration.items()
    )


def predictions(spec: StudyFile) -> tuple[Prediction, ...]:
    """Predictions in the order written."""
    return tuple(Prediction(name, table.claims, table.from_, table.anode_from) for name, table in spec.prediction.items())


def pending(spec: StudyFile) -> dict[str, str]:
    """Reason code by claim."""
    return {claim: reason for reason, claims in spec.pending.items() for claim in claims}


def definitions(spec: StudyFile) -> dict[str, str]:
    """Which definition a claim is held against, over all cells."""
    return {claim: word for table in spec.cell.values() for claim, word in table.definitions.items()}


def assumptions(tables: Mapping[str, AssumeTable]) -> dict[str, Assumption]:
    """Constants of ``relations.toml`` by name."""
    return {name: Assumption(name, table.value, table.unit, table.why) for name, table in tables.items()}


def relation(table: RelationTable) -> Relation:
    """One relation."""
    arguments: dict[str, Any] = table.arguments
    readings = tuple(Reading(reading.expr, reading.says, reading.unit) for reading in table.readings)
    return Relation(
        id=table.id,
        kind=table.class_,
        expr=table.expr,
        check=table.check,
        expect=table.expect.sides,
        tol=table.tol,
        unit=table.unit,
        claims=table.claims,
        readings=readings,
        text=table.text,
        reason=table.reason,
        arguments=arguments,
    )
