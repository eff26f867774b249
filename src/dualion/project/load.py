"""A folder of raw files: which files it holds, and what its ``dualion.toml`` says of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dualion.errors import DualionError, SpecError
from dualion.project.roles import Role, guessed_roles, written_roles
from dualion.project.schema import DescriptorTable, ProjectFile
from dualion.records.files import did_you_mean, read_toml, show, validate
from dualion.records.quantity import Quantity

PROJECT_FILE = "dualion.toml"

#: [1] Most files of one folder; more are a disk, not a project.
MOST_FILES = 10_000

#: What tells an isotherm from other JSON, within the first bytes.
_ISOTHERM, _HEAD = b'"isotherm_data"', 65_536
#: A folder inside with one of these was written by dualion and holds no raw files.
_OWN_MARKERS = (".dualion-manifest.json", "dualion-store.json")

#: Endings of what lies beside raw files and is never one of them.
_BESIDE = frozenset({
    ".md", ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".tif", ".tiff", ".bmp", ".doc", ".docx", ".ppt", ".pptx", ".odt", ".html",
    ".htm", ".py", ".ipynb", ".m", ".r", ".sh", ".bat", ".exe", ".toml", ".yaml", ".yml", ".json", ".bib", ".opj", ".opju", ".lnk", ".ini",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Project:
    """A folder and what is known of it.

    Parameters
    ----------
    folder : Path
    title : str
    roles : tuple of Role
        One for each file that is read, in the order of their paths.
    options : mapping
        Options of techniques for all cells, by technique.
    written : bool
        Whether it has a ``dualion.toml``.
    passed_over : tuple of str
        Files that are no measurements by their ending, or that the project file leaves out.
    samples : mapping of str to mapping of str to Quantity
        What the project file knows of samples from elsewhere, by sample and name; the rule has method and source.
    """

    folder: Path
    title: str
    roles: tuple[Role, ...]
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    written: bool = False
    passed_over: tuple[str, ...] = ()
    samples: Mapping[str, Mapping[str, Quantity]] = field(default_factory=dict)


def load(folder: Path) -> Project:
    """Look at a folder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Project

    Raises
    ------
    SpecError
        It is not a folder, holds no files or too many, or its ``dualion.toml`` breaks a rule; one line for each problem.
    """
    if not folder.is_dir():
        raise SpecError(f"{folder}: not a folder. Name the folder with the files of the instruments, or a technique and its files.")
    paths = tuple(sorted(_files(folder)))
    beside = tuple(path for path in paths if Path(path).suffix.lower() in _BESIDE and not _is_isotherm(folder / path))
    raw = tuple(path for path in paths if path not in set(beside))
    beside = tuple(path for path in beside if path != PROJECT_FILE)
    if not raw:
        raise SpecError(f"{folder}: holds no files of instruments. Put them there, or name another folder.")
    path = folder / PROJECT_FILE
    if not path.is_file():
        return Project(folder, title_of(folder), guessed_roles(raw), passed_over=beside)
    file = validate(ProjectFile, read_toml(path, name=PROJECT_FILE), file=PROJECT_FILE)
    _check_techniques(file)
    roles = written_roles(file, raw, name=PROJECT_FILE)
    left_out = tuple(role.path for role in roles if role.skip)
    kept = tuple(role for role in roles if not role.skip)
    title, passed = file.title or title_of(folder), (*beside, *left_out)
    return Project(folder, title, kept, file.options, written=True, passed_over=passed, samples=_samples(file))


def _samples(file: ProjectFile) -> dict[str, dict[str, Quantity]]:
    """What the project file knows of samples, as quantities."""
    return {
        sample: {name: Quantity(one.value, one.unit, one.stderr, rule=_origin(one)) for name, one in table.descriptors.items()}
        for sample, table in file.sample.items()
    }


def _origin(one: DescriptorTable) -> str:
    return "; ".join(part for part in (one.method, one.source) if part) or f"as given in {PROJECT_FILE}"


def title_of(folder: Path) -> str:
    """Name of a folder, for people."""
    return folder.resolve().name or "measurements"


def _files(folder: Path) -> Iterator[str]:
    """Relative paths of the regular files of a folder; hidden ones and what dualion wrote are left out, links to folders not followed."""
    count = 0
    for here, folders, names in os.walk(folder):
        if Path(here) != folder and any(marker in names for marker in _OWN_MARKERS):
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(here) / name
            if name.startswith((".", "~$")) or not _is_regular(path):
                continue
            count += 1
            if count > MOST_FILES:
                raise SpecError(f"{folder}: more than {MOST_FILES} files. Name a folder of one project.")
            yield path.relative_to(folder).as_posix()


def _is_isotherm(path: Path) -> bool:
    """Whether a file that lies beside raw files by its ending is one of them: isotherms are exchanged as JSON."""
    if path.suffix.lower() != ".json":
        return False
    try:
        with path.open("rb") as file:
            return _ISOTHERM in file.read(_HEAD)
    except OSError:
        return False


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _check_techniques(file: ProjectFile) -> None:
    """Every technique and option that is named exists; all problems at once."""
    from dualion.techniques import names

    problems = []
    for index, entry in enumerate(file.file):
        for number, name in enumerate(entry.techniques or ()):
            if name not in names():
                problems.append(f"{PROJECT_FILE}: file[{index}].techniques[{number}]: {_unknown(name)}")
    tables = [("options", file.options), *((f"cell.{name}.options", cell.options) for name, cell in file.cell.items())]
    for where, options in tables:
        for name, given in options.items():
            problems += _option_problems(name, given, where=f"{PROJECT_FILE}: {where}.{name}")
    if problems:
        raise SpecError(problems)


def _option_problems(name: str, given: Mapping[str, Any], *, where: str) -> list[str]:
    from dualion.techniques import names, technique
    from dualion.techniques.row import options_from

    if name not in names():
        return [f"{where}: {_unknown(name)}"]
    try:
        options_from(technique(name), given, where=where)
    except SpecError as error:
        return list(error.problems)
    except DualionError as error:
        return [f"{where}: {error}"]
    return []


def _unknown(name: str) -> str:
    from dualion.techniques import names

    return f"{show(name)} is not a technique. {did_you_mean(name, names())}"
