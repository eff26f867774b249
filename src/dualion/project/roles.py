"""The cells of a project as records, and the role of each file: from what ``dualion.toml`` says, or from nothing but the names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from dualion.errors import SpecError
from dualion.project.names import family, sample_in, scan_rate_in, temperature_in
from dualion.project.schema import CellTable, FileTable, ProjectFile
from dualion.readers.format import Declared
from dualion.records.cell_record import CellRecord
from dualion.records.files import Measured, show
from dualion.records.measurement import CONDITIONS
from dualion.records.quantity import Flag, Quantity
from dualion.records.validation import did_you_mean

_LONGEST_SUFFIX = 8  # [1] characters of an ending with its dot: longer ones are words of the name

#: Fields of a cell record that ``[cell.NAME]`` holds under the same name.
_SAME = ("area", "anode_mass", "cathode_mass", "particle_radius", "temperature")


@dataclass(frozen=True, slots=True)
class CellEntry:
    """A cell of a project.

    Parameters
    ----------
    name : str
        As in ``[cell.NAME]``; what the names of its files share where there is no project file.
    sample : str
        Its colour and its name in figures.
    record : CellRecord
    options : mapping
        Options of techniques for this cell alone, by technique.
    """

    name: str
    sample: str
    record: CellRecord = field(default_factory=CellRecord)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Role:
    """What is to be done with a file.

    Parameters
    ----------
    path : str
        Relative to the folder, with ``/``.
    cell : CellEntry
    measurement : str or None
        What it is, where the user says so.
    techniques : tuple of str or None
        Instead of those that follow from what it is.
    temperature : float or None
        [degC]
    scan_rate : float or None
        [mV/s]
    repair : tuple of str
        What is put right while it is read.
    n_ref : int, str or None
        Reference cycle of a retention.
    skip : bool
    flags : tuple of Flag
        What was taken from its name alone.
    from_name : bool
        Whether temperature and scan rate are from its name: then what the file says goes before.
    declared : Declared
        What the file does not say itself.
    conditions : mapping
        State, potential, wavelength, ... that the user gives, by the names of ``records.measurement.CONDITIONS``.
    """

    path: str
    cell: CellEntry
    measurement: str | None = None
    techniques: tuple[str, ...] | None = None
    temperature: float | None = None
    scan_rate: float | None = None
    repair: tuple[str, ...] = ()
    n_ref: int | str | None = None
    skip: bool = False
    flags: tuple[Flag, ...] = ()
    from_name: bool = False
    declared: Declared = field(default_factory=Declared)
    conditions: Mapping[str, Quantity | str] = field(default_factory=dict)


#: Keys of a ``[[file]]`` that are conditions of its measurement under the same name.
_CONDITIONS = tuple(name for name in CONDITIONS if name in FileTable.model_fields and name not in ("temperature", "scan_rate"))


def cell_entry(name: str, table: CellTable) -> CellEntry:
    """A cell from its table in ``dualion.toml``.

    Parameters
    ----------
    name : str
    table : CellTable

    Returns
    -------
    CellEntry
        Masses from loading times area where no mass is written, with the errors of both.
    """
    given: dict[str, Any] = {key: _quantity(getattr(table, key)) for key in _SAME}
    working = table.working
    if working is not None:
        given[f"{working}_mass"] = given[f"{working}_mass"] or _quantity(table.mass) or _from_loading(table.loading, table.area)
    for role in ("anode", "cathode"):
        given[f"{role}_mass"] = given[f"{role}_mass"] or _from_loading(getattr(table, f"{role}_loading"), table.area)
    electrolyte = table.electrolyte
    if electrolyte is not None:
        given["electrolyte_volume"] = _quantity(electrolyte.volume)
        given["electrolyte_density"] = _quantity(electrolyte.density)
        given["salt_concentration"] = _quantity(electrolyte.concentration)
        given["salt_molar_mass"] = _quantity(electrolyte.salt_molar_mass)
    one_c = table.one_c
    if one_c is not None:
        given["one_c"] = _quantity(one_c)
        given["one_c_mass"] = table.one_c_mass or one_c.mass or working
    record = CellRecord(
        kind=table.kind, working=working, ion=table.ion or "sodium", reference_electrode=table.reference_electrode or "", **given
    )
    return CellEntry(name, table.sample or name, record, table.options)


def _quantity(given: Measured | None) -> Quantity | None:
    return None if given is None else Quantity(given.value, given.unit, given.stderr, rule=f"as given: {given.written}")


def _from_loading(loading: Measured | None, area: Measured | None) -> Quantity | None:
    """Mass [mg] of an electrode from its loading [mg/cm2] and the area [cm2]; relative errors add in quadrature."""
    if loading is None or area is None:
        return None
    value = loading.value * area.value
    relative = [one.stderr / one.value for one in (loading, area) if one.stderr]
    stderr = value * float(sum(share**2 for share in relative)) ** 0.5 if relative else None
    return Quantity(value, "mg", stderr, rule=f"loading {loading.written} times area {area.written}")


def written_roles(file: ProjectFile, paths: Sequence[str], *, name: str) -> tuple[Role, ...]:
    """Role of each file of a folder by its ``dualion.toml``.

    Parameters
    ----------
    file : ProjectFile
    paths : sequence of str
        Files of the folder, relative to it.
    name : str
        Of the project file, for messages.

    Returns
    -------
    tuple of Role
        In the order of ``paths``.

    Raises
    ------
    SpecError
        An entry matches no file, or names a cell that is not there.
    """
    cells = {key: cell_entry(key, table) for key, table in file.cell.items()}
    problems, matched = [], []
    for index, entry in enumerate(file.file):
        found = {path for path in paths if path == entry.path or fnmatchcase(path, entry.path)}
        matched.append(found)
        where = f"{name}: file[{index}]"
        if not found:
            remedy = did_you_mean(entry.path, paths) if not _is_pattern(entry.path) else "Correct the pattern, or remove the entry."
            problems.append(f"{where}.path: {show(entry.path)} matches no file of the folder. {remedy}")
        if entry.cell is not None and entry.cell not in cells:
            problems.append(f"{where}.cell: {show(entry.cell)} is not a cell of this file. {did_you_mean(entry.cell, list(cells))}")
    if problems:
        raise SpecError(problems)
    return tuple(_role(path, [entry for entry, found in zip(file.file, matched, strict=True) if path in found], cells) for path in paths)


def _is_pattern(path: str) -> bool:
    return any(sign in path for sign in "*?[")


def _role(path: str, entries: Sequence[FileTable], cells: Mapping[str, CellEntry]) -> Role:
    said: dict[str, Any] = {}
    for entry in entries:
        said |= {key: value for key in FileTable.model_fields if (value := getattr(entry, key)) is not None}
    cell = cells[said["cell"]] if "cell" in said else CellEntry(stem(path), said.get("sample") or sample_in(path) or stem(path))
    return _role_of(path, said, cell)


def file_role(path: str, table: FileTable, cell: CellEntry) -> Role:
    """Role of one file by one ``[[file]]``.

    Parameters
    ----------
    path : str
    table : FileTable
    cell : CellEntry

    Returns
    -------
    Role
    """
    return _role_of(path, {key: value for key in FileTable.model_fields if (value := getattr(table, key)) is not None}, cell)


def _role_of(path: str, said: Mapping[str, Any], cell: CellEntry) -> Role:
    temperature, scan_rate = said.get("temperature"), said.get("scan_rate")
    known = cell.record.temperature
    return Role(
        path,
        cell,
        said.get("measurement"),
        said.get("techniques"),
        temperature.value if temperature is not None else (known.value if known is not None else None),
        None if scan_rate is None else scan_rate.value,
        said.get("repair", ()),
        said.get("n_ref"),
        said.get("skip", False),
        declared=Declared(said.get("measurement"), said.get("x_unit"), said.get("y_unit")),
        conditions={name: said[name] if isinstance(said[name], str) else _given(said[name]) for name in _CONDITIONS if name in said},
    )


def _given(measured: Measured) -> Quantity:
    return Quantity(measured.value, measured.unit, measured.stderr, rule=f"as given: {measured.written}")


def guessed_roles(paths: Sequence[str]) -> tuple[Role, ...]:
    """Role of each file where there is no project file: files of one series share a cell, and what a name says is used and flagged.

    Parameters
    ----------
    paths : sequence of str
        Files of the folder, relative to it.

    Returns
    -------
    tuple of Role
        In the order of ``paths``.
    """
    families: dict[str, list[str]] = {}
    for path in paths:
        families.setdefault(family(path), []).append(path)
    roles = []
    for path in paths:
        members = families[family(path)]
        name = stem(path) if len(members) == 1 else stem(family(path)).replace("#", "").strip("-_. ")
        role = Role(path, CellEntry(name or stem(path), sample_in(path) or name or stem(path)))
        roles.append(_with_hints(role, alone=len(members) == 1))
    return tuple(roles)


def _with_hints(role: Role, *, alone: bool) -> Role:
    file = PurePosixPath(role.path).name
    temperature, rate = temperature_in(file), scan_rate_in(file)
    flags = []
    if not alone:
        message = "taken as one cell with the files whose names differ only in temperature or scan rate; name the cell in dualion.toml"
        flags.append(Flag("cell_from_name", "note", message))
    if temperature is not None:
        message = f"{temperature:g} degC was read from the name of the file; write temperature in dualion.toml"
        flags.append(Flag("temperature_from_name", "warning", message))
    return replace(role, temperature=temperature, scan_rate=rate, flags=tuple(flags), from_name=True)


def stem(path: str) -> str:
    """Name of a file without its folder and its endings: ``cv_25`` of ``raw/cv_25.DTA.txt``."""
    name = PurePosixPath(path).name
    while (suffix := PurePosixPath(name).suffix) and not suffix[1:].isdigit() and len(suffix) <= _LONGEST_SUFFIX:
        name = name[: -len(suffix)]
    return name
