"""Where study folders lie, and the digest of one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from dualion.errors import SpecError
from dualion.records.files import did_you_mean, inside, show
from dualion.study.written.schema import RawTable

_STUDIES = Path(__file__).parents[2] / "data" / "studies"

#: Name of the file that makes a folder a study.
STUDY_FILE = "study.toml"

#: Folder of instrument files.
RAW_FOLDER = "raw"

#: Folders at the top of a study that begin so hold results of a run, not the study.
RESULTS_PREFIX = "dualion-"

#: Most files and folders in a study folder, and what the files may hold together: some seconds to read, and room for instrument files.
MOST_ENTRIES = 10_000
LARGEST_FOLDER = 2 * 1024**3  # [byte]
_BLOCK = 1 << 20  # [byte] read at once


def bundled() -> tuple[str, ...]:
    """Names of the studies that come with dualion."""
    return tuple(sorted(path.parent.name for path in _STUDIES.glob(f"*/{STUDY_FILE}")))


def locate(name: str) -> Path:
    """Folder of a study.

    Parameters
    ----------
    name : str
        Name of a bundled study, such as ``"tang2026"``, or path of a folder; a bundled name goes first, ``./tang2026`` is a path.

    Raises
    ------
    SpecError
        There is neither.
    """
    if name in bundled():
        return _STUDIES / name
    path = Path(name)
    try:
        if name and path.is_dir():
            return path
        if path.name == STUDY_FILE and path.is_file():
            return path.parent
    except (OSError, ValueError):  # a name that no file system takes
        pass
    raise SpecError(f"{show(name)}: neither a bundled study nor a folder. {did_you_mean(name, bundled()).replace(', or remove it', '')}")


def require_study(folder: Path) -> None:
    """Refuse a folder without the file that makes it a study, before anything else of it is read.

    Raises
    ------
    SpecError
        It is no folder, or holds no ``study.toml``.
    """
    remedy = "Name a study folder, or write one with: dualion study new NAME"
    if not os.path.isdir(folder):
        raise SpecError(f"{show(folder.name)}: not a folder. {remedy}")
    if not os.path.isfile(folder / STUDY_FILE):
        raise SpecError(f"{STUDY_FILE}: missing. {remedy}")


def digest(folder: Path) -> str:
    """SHA-256 of all files of a study folder: their names and contents, in the order of the names.

    Hidden files, caches and folders of results are left out.

    Raises
    ------
    SpecError
        A link leads out of the folder, a file cannot be read, or there are more than 10 000 files and folders or 2 GiB, which
        are counted before anything is read.
    """
    problems: list[str] = []
    total = hashlib.sha256()
    top = folder.resolve()
    entries = _entries(top)
    _refuse_large(entries, folder)
    for path in entries:
        name = path.relative_to(top).as_posix()
        try:
            if path.is_symlink() and not path.resolve().is_relative_to(top):
                problems.append(f"{name}: a link that leaves the folder. Put a copy of the file in its place.")
            elif path.is_file():
                total.update(name.encode("utf-8", "surrogateescape") + b"\0" + _content(path))
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
            problems.append(f"{name}: cannot be read ({getattr(error, 'strerror', None) or 'links in a circle'}). Correct or remove it.")
    if problems:
        raise SpecError(problems)
    return total.hexdigest()


def _refuse_large(entries: Sequence[Path], folder: Path) -> None:
    name, remedy = show(folder.resolve().name), "Move what is not part of the study elsewhere."
    if len(entries) > MOST_ENTRIES:
        raise SpecError(f"{name}: more than {MOST_ENTRIES} files and folders. {remedy}")
    if sum(os.path.getsize(path) for path in entries if os.path.isfile(path)) > LARGEST_FOLDER:
        raise SpecError(f"{name}: its files hold more than {LARGEST_FOLDER // 1024**3} GiB. {remedy}")


def raw_problems(listed: Sequence[RawTable], folder: Path) -> list[str]:
    """Instrument files that are not what ``study.toml`` says of them, and those of ``raw/`` that it does not list."""
    problems: list[str] = []
    paths: dict[int, Path] = {}
    for index, table in enumerate(listed):
        try:
            paths[index] = inside(folder, table.path, file=STUDY_FILE, key=f"raw[{index}].path")
        except SpecError as error:
            problems.extend(error.problems)
    try:
        _refuse_large(list(paths.values()), folder)
    except SpecError as error:
        return [*problems, *error.problems]
    for index, path in paths.items():
        key, table = f"{STUDY_FILE}: raw[{index}]", listed[index]
        try:
            found = _content(path).hex()
        except OSError as error:
            problems.append(f"{key}.path: {show(table.path)} cannot be read ({error.strerror}). Put the file there.")
            continue
        if found != table.sha256:
            problems.append(f"{key}.sha256: {table.path} has {found}. Put the file back that was meant, or write its sum.")
    return problems + _unlisted(listed, folder)


def _unlisted(listed: Sequence[RawTable], folder: Path) -> list[str]:
    """Files of the folder ``raw/`` that ``study.toml`` does not list."""
    named = {table.path for table in listed}
    entries = _entries(folder / RAW_FOLDER) if (folder / RAW_FOLDER).is_dir() else []
    present = [path.relative_to(folder).as_posix() for path in entries if path.is_symlink() or not path.is_dir()]
    remedy = f"Add a [[raw]] table with path, sha256, source and licence to {STUDY_FILE}."
    return [f"{name}: not listed in {STUDY_FILE}. {remedy}" for name in present if name not in named]


def _entries(top: Path) -> list[Path]:
    """Files, links and folders below a folder, sorted by name; links to folders are not followed. Of too many, a few too many."""
    found: list[Path] = []
    for parent, folders, files in os.walk(top):
        at_top = Path(parent) == top
        kept = [name for name in folders if not _left_out(name, at_top=at_top)]
        found.extend(Path(parent, name) for name in [*files, *kept] if not _left_out(name, at_top=at_top))
        folders[:] = [name for name in kept if not os.path.islink(os.path.join(parent, name))]
        if len(found) > MOST_ENTRIES:
            break
    return sorted(found, key=lambda path: path.relative_to(top).as_posix())


def _left_out(name: str, *, at_top: bool) -> bool:
    return name.startswith(".") or name == "__pycache__" or (at_top and name.startswith(RESULTS_PREFIX))


def _content(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.digest()
