"""One technique on files: its numbers with uncertainty, rule and flags, for people or as JSON, and as files where a folder is named."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dualion.cli.output import columns_of, emit, say
from dualion.errors import SpecError, UnitError
from dualion.project.drawing import drawn_figure
from dualion.project.reading import read_file
from dualion.project.roles import CellEntry, Role, cell_entry, file_role
from dualion.project.schema import CellTable, FileTable
from dualion.records.measurement import CHARACTERISATION, Measurement, Result
from dualion.records.result_files import document, to_files
from dualion.techniques import technique
from dualion.techniques.row import Technique, options_from

_COMMAND = "command line"
#: How this command and a project are given what a technique finds missing.
_MASS = 'Give --mass "1.2 mg" with --kind and --working (two masses: --cell anode_mass="1.2 mg"), or mass in [cell.NAME] of dualion.toml.'
_GIVE = {
    "anode_mass": _MASS,
    "cathode_mass": _MASS,
    "kind": "Give --kind half, or kind in [cell.NAME] of dualion.toml.",
    "working": "Give --working anode, or working in [cell.NAME] of dualion.toml.",
    "n_ref": "Give --option n_ref=first, or n_ref in the [[file]] of dualion.toml.",
    "temperature": 'Give --temperature "25 degC" for each file, or temperature in the [[file]] of dualion.toml.',
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for.

    Parameters
    ----------
    technique : str
    files : tuple of str
    options : sequence of str
        ``KEY=VALUE`` each.
    cell : mapping of str to str
        Keys of the cell with options of their own.
    more_cell : sequence of str
        Other keys of the cell, ``KEY=VALUE`` each.
    temperatures : sequence of str
        None, one, or one for each file.
    file : mapping of str to str
        Keys of the files with options of their own: sample, measurement, x_unit, y_unit.
    conditions : sequence of str
        Other keys of the files, ``KEY=VALUE`` each.
    """

    technique: str
    files: tuple[str, ...]
    options: Sequence[str]
    cell: Mapping[str, str]
    more_cell: Sequence[str]
    temperatures: Sequence[str]
    file: Mapping[str, str] = field(default_factory=dict)
    conditions: Sequence[str] = ()


def analyse_files(asked: Asked, *, repair: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Run one technique and say what it found.

    Parameters
    ----------
    asked : Asked
    repair : tuple of str
        What is put right on reading.
    out : Path or None
        Folder for the result, its tables and its figure.
    as_json : bool
        Whether a program reads the output.

    Raises
    ------
    DualionError
        As the technique and the readers do; a missing mass says where to give it.
    """
    if not asked.files:
        raise SpecError(f"FILE: missing. Write the files to analyse: dualion analyse {asked.technique} FILE...")
    row = technique(asked.technique)
    options = options_from(row, _options(asked.options), where="--option")
    roles = [
        replace(_role(asked, file), temperature=known, repair=repair) for file, known in zip(asked.files, _temperatures(asked), strict=True)
    ]
    measured = _of_its_kind(row, [one for role in roles for one in read_file(Path(role.path), role)])
    try:
        result = row.analyse(measured, options)
    except SpecError as problem:
        raise _where_to_give(problem) from problem
    if out is not None:
        _write(result, out)
    if as_json:
        emit({**document(result), **({"folder": str(out)} if out is not None else {})})
    else:
        say(_lines(row.title, result, out))


def _options(given: Sequence[str]) -> dict[str, Any]:
    return {key: _value(text) for key, text in (_pair("--option", text) for text in given)}


def _pair(where: str, text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key.strip() or not value.strip():
        raise SpecError(f'{where}: "{text}" is not KEY=VALUE. Write such as k_stable=3.')
    return key.strip(), value.strip()


def _value(text: str) -> Any:
    """A value as TOML has it; what is none is a text: ``3``, ``[1, 60]``, ``true``, ``first``. ``1,60`` is a list too."""
    for written in (text, f"[{text}]" if "," in text else text):
        try:
            return tomllib.loads(f"value = {written}")["value"]
        except tomllib.TOMLDecodeError:
            continue
    return text


def _cell(asked: Asked) -> CellEntry:
    """The cell of the command line, held against the same rules as ``[cell.NAME]``."""
    from dualion.records.files import validate

    said = {key: _value(text) for key, text in (_pair("--cell", text) for text in asked.more_cell)}
    table = validate(CellTable, {**said, **asked.cell}, file=_COMMAND)
    name = Path(asked.files[0]).stem
    return cell_entry(name, table)


def _role(asked: Asked, file: str) -> Role:
    """What the command line says of a file, held against the same rules as a ``[[file]]``."""
    from dualion.records.files import validate

    said = {key: _value(text) for key, text in (_pair("--condition", text) for text in asked.conditions)}
    measurement = technique(asked.technique).measurement
    if "measurement" not in asked.file and measurement in CHARACTERISATION:
        said["measurement"] = measurement  # who names the technique says what the file is
    table = validate(FileTable, {**said, **asked.file, "path": file}, file=_COMMAND)
    entry = _cell(asked)
    return file_role(file, table, replace(entry, sample=table.sample or entry.sample))


def _of_its_kind(row: Technique, measured: list[Measurement]) -> list[Measurement]:
    """The regions that a technique takes, where a file holds others beside them."""
    return [one for one in measured if one.technique == row.measurement] or measured


def _temperatures(asked: Asked) -> list[float | None]:
    from dualion.units import read_as

    try:
        found = [read_as(text, "degC") for text in asked.temperatures]
    except UnitError as problem:
        raise SpecError(f"--temperature: {problem}") from problem
    count = len(asked.files)
    if len(found) not in (0, 1, count):
        raise SpecError(f"--temperature: {len(found)} given for {count} files. Give one for all, or one for each in their order.")
    return list(found) if len(found) == count else [found[0] if found else None] * count


def _where_to_give(problem: SpecError) -> SpecError:
    """What a technique needs, with the option of this command that gives it."""
    return SpecError([f"{line} {_give(line.partition(':')[0].rpartition('.')[2])}".rstrip() for line in problem.problems])


def _give(key: str) -> str:
    if key in _GIVE or key not in CellTable.model_fields:
        return _GIVE.get(key, "")
    return f'Give --cell {key}="VALUE UNIT", or {key} in [cell.NAME] of dualion.toml.'


def _write(result: Result, out: Path) -> None:
    from dualion.figures.render import render
    from dualion.store import publish

    name = result.technique.replace("_", "-")
    files = to_files(result, name)
    figure = drawn_figure(result, name)
    files |= {f"{name}.{form}": image for form, image in render(figure, formats=("svg", "png", "pdf")).items()}
    publish(out, files, last=f"{name}.json")


def _lines(title: str, result: Result, out: Path | None) -> list[str]:
    from dualion.project.findings import weighty

    codes = ", ".join(dict.fromkeys(flag.code for flag in weighty(result.flags)))
    rows = [("quantity", "value", "standard error", "unit", "flags")]
    for name, quantity in result.values.items():
        value = "withheld" if quantity.value is None else f"{quantity.value:.6g}"
        rows.append((name, value, "-" if quantity.stderr is None else f"{quantity.stderr:.2g}", quantity.unit, codes))
    lines = [title, "", *columns_of(rows)]
    rules: dict[str, list[str]] = {}
    for name, quantity in result.values.items():
        rules.setdefault(quantity.rule or "", []).append(name)
    lines += ["", "Rules", *(f"  {', '.join(names)}: {rule}" for rule, names in rules.items() if rule)]
    if result.flags:
        lines += ["", "Flags", *dict.fromkeys(f"  {flag.severity}: {flag.code}: {flag.message}" for flag in result.flags)]
    if result.tables:
        shown = ", ".join(f"{name} ({table.height} rows)" for name, table in result.tables.items())
        lines += ["", f"Tables: {shown}" + ("; --out DIR writes them." if out is None else "")]
    return [*lines, *(["", f"Folder: {out}"] if out is not None else [])]
