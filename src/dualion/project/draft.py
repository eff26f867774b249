"""A commented draft of ``dualion.toml`` from what the files of a folder are: what was recognised, and what must be filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from inspect import getsource
from pathlib import Path
from typing import Any

from dualion.errors import SpecError, StoreError
from dualion.project.load import PROJECT_FILE, load
from dualion.project.plan import EACH, TOGETHER
from dualion.project.pool import ERRORS, perform
from dualion.project.reading import Reading, read_file, reading_of
from dualion.project.roles import Role
from dualion.project.words import spans
from dualion.project.work import Problem, unreadable
from dualion.records.json import to_plain
from dualion.records.measurement import ELECTROCHEMICAL
from dualion.store import write_atomic
from dualion.techniques import technique

_BARE = re.compile(r"[^A-Za-z0-9_-]+")
_COMMENTED = re.compile(r"^    (?P<name>\w+): [^#\n]*#(?P<comment>[^\n]*)$", re.MULTILINE)
_LONGEST_TITLE = 120  # [1] characters, as the schema has it
_COMMENT_FROM = 40  # [1] column from which comments stand beside keys

_HEAD = """\
# What dualion found in this folder, for you to complete. Nothing is guessed: a key that is not written is not known, and what needs it
# refuses and says so. Lines that start with # are not read; take the # away where you fill something in.
# Values are texts with their unit. An error goes into a table: mass = {value = 1.20, unit = "mg", stderr = 0.01}

schema = 1
"""
_CELLS = """
# --- cells ------------------------------------------------------------------------------------------------------------------
# One table for each cell; rename them as you like, here and at their files.
"""
_SAMPLES = """
# --- samples ----------------------------------------------------------------------------------------------------------------
# What is known of a sample from elsewhere, with unit, error and method; the pore balance and the correlation use it.
"""
_FILES = """
# --- files ------------------------------------------------------------------------------------------------------------------
# path is a file or a pattern such as "cycler/*.ndax"; what a later entry says of a file overrides an earlier one. Further keys:
#   measurement = "gitt"           what it is, where the file does not say: gcd, cv, gitt, eis, ocv, xrd, raman, ...
#   techniques = ["gitt"]          instead of the usual ones
#   repair = ["..."]               what is put right on reading, and recorded
#   skip = true                    leaves the file out
"""
_OPTIONS = """
# --- options ----------------------------------------------------------------------------------------------------------------
# Of techniques, for all cells, with their defaults; [cell.NAME.options.TECHNIQUE] holds those of one cell.
"""

#: Keys of a cell: the kinds of measurement that need them, the line, and what it is for.
_KEYS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("gcd", "gitt"), 'kind = "half"', "half, dual-ion, rocking-chair or symmetric"),
    (("gcd", "gitt"), 'working = "anode"', "half cell: role of the working material; hard carbon is an anode"),
    (("gcd", "gitt"), 'mass = "1.20 mg"', "half cell: active mass of the working material; without it nothing per gram"),
    (("gcd",), 'anode_mass = "1.20 mg"', "full cell: both masses; or anode_loading and cathode_loading with the area"),
    (("gcd",), 'cathode_mass = "2.40 mg"', ""),
    (("gcd", "eis", "cv"), 'area = "1.131 cm2"', "of the electrodes"),
    (("gcd",), 'one_c = "300 mA/g"', "what you call 1C"),
    (("gcd",), 'one_c_mass = "anode"', "the mass that it refers to"),
    (("gcd",), 'electrolyte.salt = "NaPF6"', "full cell: for energies with the electrolyte, and the salt inventory"),
    (("gcd",), 'electrolyte.volume = "80 uL"', ""),
    (("gcd",), 'electrolyte.concentration = "1 mol/L"', ""),
    (("gcd",), 'electrolyte.density = "1.23 g/mL"', ""),
    (("gcd",), 'electrolyte.salt_molar_mass = "167.95 g/mol"', ""),
    (("gitt",), 'particle_radius = "1.8 um"', "of the working material; the diffusivity goes with its square"),
    (("eis",), 'temperature = "25 degC"', "where it is one for all files of the cell"),
)


@dataclass(frozen=True, slots=True)
class _LookJob:
    folder: Path
    role: Role


def write_draft(
    folder: Path, *, workers: int = 1, on_progress: Callable[[int, int, str], None] = lambda done, total, message: None
) -> Path:
    """Write a commented ``dualion.toml`` into a folder.

    Parameters
    ----------
    folder : Path
    workers : int
        [1] processes that read files.
    on_progress : callable
        ``on_progress(done, total, message)``.

    Returns
    -------
    Path
        Of the draft.

    Raises
    ------
    SpecError
        There is one already, which stays as it is; or the folder holds no files.
    StoreError
        The folder cannot be written to.
    """
    path = folder / PROJECT_FILE
    if path.exists() or path.is_symlink():
        raise SpecError(f"{path}: is there already, and stays as it is. Move it away for a new draft.")
    project = load(folder)
    found: dict[str, Reading | Problem] = {}
    for job, ended in perform(look, [_LookJob(folder, role) for role in project.roles], workers=workers):
        found[job.role.path] = ended.made or Problem(job.role.path, "", "", ended.problem)
        on_progress(len(found), len(project.roles), job.role.path)
    text = draft([(role, found[role.path]) for role in project.roles], title=project.title)
    try:
        write_atomic(path, text.encode())
    except FileNotFoundError as problem:
        raise StoreError(f"{folder}: cannot be written to. Check the folder.") from problem
    return path


def look(job: _LookJob) -> Reading | Problem:
    """What a file is, or why it cannot be read."""
    try:
        return reading_of(read_file(job.folder / job.role.path, job.role), job.role.path)
    except ERRORS as problem:
        return unreadable(job.role.path, problem)


def draft(found: Sequence[tuple[Role, Reading | Problem]], *, title: str) -> str:
    """Text of a draft.

    Parameters
    ----------
    found : sequence of tuple of Role and Reading or Problem
        Each file with what it is, or why it cannot be read.
    title : str

    Returns
    -------
    str
        TOML that loads as it stands.
    """
    read = [(role, reading) for role, reading in found if isinstance(reading, Reading)]
    of_cells = [(role, reading) for role, reading in read if reading.technique in ELECTROCHEMICAL]
    keys = _keys(role.cell.name for role, _ in of_cells)
    cells: dict[str, list[tuple[Role, Reading]]] = {}
    for role, reading in of_cells:
        cells.setdefault(keys[role.cell.name], []).append((role, reading))
    lines = [_HEAD + f"title = {_quoted(title[:_LONGEST_TITLE])}"]
    if cells:
        lines.append(_CELLS)
        lines += [line for name, members in cells.items() for line in _cell_lines(name, members)]
    samples = dict.fromkeys(role.cell.sample for role, reading in read if reading.technique not in ELECTROCHEMICAL)
    lines += [_SAMPLES, *(line for sample in samples for line in _sample_lines(sample))] if samples else []
    lines.append(_FILES)
    for role, one in found:
        lines += _file_lines(role, one, keys.get(role.cell.name)) if isinstance(one, Reading) else _broken_lines(one)
    kinds = list(dict.fromkeys(kind for _, reading in read for kind in _kinds(reading)))
    lines += _option_lines(kinds)
    return "\n".join(lines).rstrip() + "\n"


def _kinds(reading: Reading) -> tuple[str, ...]:
    """What a file is, and what it may be too."""
    return (reading.technique, "gitt") if reading.titration else (reading.technique,)


def _cell_lines(name: str, members: Sequence[tuple[Role, Reading]]) -> list[str]:
    kinds = {kind for _, reading in members for kind in _kinds(reading)}
    sample = members[0][0].cell.sample
    lines = [f"[cell.{name}]"]
    if any(flag.code == _FROM_NAME[0] for role, _ in members for flag in role.flags):
        lines.append("# taken as one cell, because the names of its files differ in temperature or scan rate only: check it")
    lines.append(_with_comment(f"sample = {_quoted(sample)}", "its name in figures; MEC0 to MEC4 have colours of their own"))
    lines += [_with_comment(f"# {line}", comment) for needed_by, line, comment in _KEYS if kinds & set(needed_by)]
    return [*lines, ""]


def _sample_lines(sample: str) -> list[str]:
    known = '{value = 1.80, stderr = 0.02, unit = "g/cm3", method = "helium"}'
    plateau = '{value = 320, stderr = 5, unit = "mAh/g", method = "below 0.1 V at C/10"}'
    return [f"[sample.{_quoted(sample)}.descriptors]", f"# true_density = {known}", f"# plateau_capacity = {plateau}", ""]


#: Keys of a file of a sample: the kind of measurement that needs it, the line, and what it is for.
_FILE_KEYS: tuple[tuple[str, str, str], ...] = (
    ("raman", 'laser_wavelength = "532 nm"', "without it no crystallite size"),
    ("xrd", 'wavelength = "0.15406 nm"', "of the X-rays; Cu Kα1 0.15406, mean 0.15418"),
    ("saxs", 'state = "pristine"', "two states of a sample are compared"),
    ("gdoes", 'charge = "300 mAh/g"', "stored in this sample; several states give a line"),
    ("spectrum", 'measurement = "raman"', "what it is: xrd, raman, ftir, xps, nexafs, xafs or saxs"),
    ("spectrum", 'x_unit = "1/angstrom"', "unit of the first column, where the kind leaves it open"),
    ("spectrum", 'y_unit = "absorbance"', "what the second column is, where the kind leaves it open"),
)


def _file_lines(role: Role, reading: Reading, cell: str | None) -> list[str]:
    lines = ["[[file]]", f"# {spans(reading)}"]
    lines += [f"# {flag.code}: {' '.join(flag.message.split())}" for flag in reading.flags if flag.code not in _FROM_NAME]
    if reading.technique not in ELECTROCHEMICAL or cell is None:
        lines += [f"path = {_quoted(role.path)}", _with_comment(f"sample = {_quoted(role.cell.sample)}", "files of one sample are joined")]
        return [*lines, *(_with_comment(f"# {line}", comment) for kind, line, comment in _FILE_KEYS if kind == reading.technique), ""]
    lines += [f"path = {_quoted(role.path)}", f"cell = {_quoted(cell)}"]
    if role.temperature is not None:
        lines.append(_with_comment(f'temperature = "{role.temperature:g} degC"', "from the name of the file: check it"))
    elif reading.technique == "eis":
        lines.append(_with_comment('# temperature = "25 degC"', "of this spectrum; four temperatures give an activation energy"))
    if reading.technique == "cv" and role.scan_rate is not None:
        lines.append(_with_comment(f'scan_rate = "{role.scan_rate:g} mV/s"', "from the name of the file: check it"))
    if reading.titration:
        lines.append(_with_comment('# measurement = "gitt"', "its pulses and rests look like a titration"))
    elif reading.technique == "gcd":
        lines.append(
            _with_comment('# n_ref = "first"', 'reference of the retention: "first", "max", "after_formation(3)" or a cycle number')
        )
    return [*lines, ""]


_FROM_NAME = ("cell_from_name", "temperature_from_name")


def _broken_lines(problem: Problem) -> list[str]:
    return [f"# could not be read: {' '.join(problem.line.split())}", f"# [[file]]\n# path = {_quoted(problem.path)}\n# skip = true", ""]


def _option_lines(kinds: Iterable[str]) -> list[str]:
    """Every option of the techniques that will run, commented out, with its default."""
    lines = []
    names = [name for kind in kinds for name in (*EACH.get(kind, ()), *TOGETHER.get(kind, ()))]
    if "gcd" in kinds:
        names += ["plateau", "retention", "energy_power"]
    if "eis" in kinds:
        names.append("arrhenius")
    for name in dict.fromkeys(names):
        options = technique(name).options()
        said = _comments(name)
        shown = [(one.name, _toml(to_plain(getattr(options, one.name)))) for one in fields(options)]
        lines += [f"# [options.{name}]", *(_with_comment(f"# {key} = {value}", said.get(key, "")) for key, value in shown), ""]
    return [_OPTIONS, *lines] if lines else []


@lru_cache(maxsize=64)
def _comments(name: str) -> dict[str, str]:
    """What the source says beside each option of a technique: its unit and its meaning; nothing where there is no source."""
    try:
        source = getsource(technique(name).options)
    except (OSError, TypeError):
        return {}
    return {found["name"]: found["comment"].strip() for found in _COMMENTED.finditer(source)}


def _toml(value: Any) -> str:
    """A default as TOML; what has none says so."""
    if value is None:
        return "(none)"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _with_comment(line: str, comment: str) -> str:
    if not comment:
        return line
    return f"{line:<{_COMMENT_FROM}}# {comment}" if len(line) < _COMMENT_FROM else f"# {comment}:\n{line}"


def _keys(names: Iterable[str]) -> dict[str, str]:
    """A bare key of TOML for each name, each once."""
    keys: dict[str, str] = {}
    for name in dict.fromkeys(names):
        first = key = _BARE.sub("-", name).strip("-") or "cell"
        number = 2
        while key in keys.values():
            key, number = f"{first}-{number}", number + 1
        keys[name] = key
    return keys


def _quoted(text: str) -> str:
    """A text as TOML has it; JSON's escapes are TOML's, but for the solidus and DEL, which JSON leaves as they are."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
