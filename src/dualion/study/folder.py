"""Where study folders lie, and the digest of one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from dualion.errors import SpecError
from dualion.records.files import did_you_mean, inside, show
from dualion.study.schema import RawTable

_STUDIES = Path(__file__).parent.parent / "data" / "studies"

#: Name of the file that makes a folder a study.
STUDY_FILE = "study.toml"

#: Folder of instrument files.
RAW_FOLDER = "raw"

#: Folders at the top of a study that begin so hold results of a run, not the study.
RESULTS_PREFIX = "dualion-"

#: Most files of a study folder.
MOST_FILES = 10_000
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


def digest(folder: Path) -> str:
    """SHA-256 of all files of a study folder: their names and contents, in the order of the names.

    Hidden files, caches and folders of results are left out.

    Raises
    ------
    SpecError
        A link leads out of the folder, a file cannot be read, or there are more than 10 000 files.
    """
    problems: list[str] = []
    total = hashlib.sha256()
    top = folder.resolve()
    for count, path in enumerate(_files(top), start=1):
        name = path.relative_to(top).as_posix()
        if count > MOST_FILES:
            raise SpecError(
                [*problems, f"{show(folder.name)}: more than {MOST_FILES} files. Move what is not part of the study elsewhere."]
            )
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


def raw_problems(listed: Sequence[RawTable], folder: Path) -> list[str]:
    """Instrument files that are not what ``study.toml`` says of them, and those of ``raw/`` that it does not list."""
    problems: list[str] = []
    for index, table in enumerate(listed):
        key = f"raw[{index}]"
        try:
            path = inside(folder, table.path, file=STUDY_FILE, key=f"{key}.path")
            found = _content(path).hex()
        except SpecError as error:
            problems.extend(error.problems)
            continue
        except OSError as error:
            problems.append(f"{STUDY_FILE}: {key}.path: {show(table.path)} cannot be read ({error.strerror}). Put the file there.")
            continue
        if found != table.sha256:
            problems.append(f"{STUDY_FILE}: {key}.sha256: {table.path} has {found}. Put the file back that was meant, or write its sum.")
    named = {table.path for table in listed}
    present = [path.relative_to(folder).as_posix() for path in _files(folder / RAW_FOLDER)] if (folder / RAW_FOLDER).is_dir() else []
    remedy = f"Add a [[raw]] table with path, sha256, source and licence to {STUDY_FILE}."
    return problems + [f"{name}: not listed in {STUDY_FILE}. {remedy}" for name in present if name not in named]


def _files(top: Path) -> Iterator[Path]:
    """Files and links below a folder, sorted by name; links to folders are named, not followed."""
    found: list[Path] = []
    for parent, folders, files in os.walk(top):
        at_top = Path(parent) == top
        kept = [name for name in folders if not _left_out(name, at_top=at_top)]
        found.extend(Path(parent, name) for name in [*files, *kept] if not _left_out(name, at_top=at_top) and not _is_folder(parent, name))
        folders[:] = [name for name in kept if not os.path.islink(os.path.join(parent, name))]
        if len(found) > MOST_FILES:
            break
    yield from sorted(found, key=lambda path: path.relative_to(top).as_posix())


def _is_folder(parent: str, name: str) -> bool:
    path = os.path.join(parent, name)
    return os.path.isdir(path) and not os.path.islink(path)


def _left_out(name: str, *, at_top: bool) -> bool:
    return name.startswith(".") or name == "__pycache__" or (at_top and name.startswith(RESULTS_PREFIX))


def _content(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.digest()
