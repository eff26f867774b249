"""Writing a whole output folder, such that a kill at any moment leaves the last complete report.

All files are first written to a hidden folder inside the output folder, which is on the same file system, and then renamed one after the
other. A manifest knows every file that dualion wrote there: no other file is replaced or removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from dualion.errors import StoreError
from dualion.store.digests import canonical
from dualion.store.files import flush_folder, write_flushed

if sys.platform != "win32":
    import fcntl

MANIFEST = ".dualion-manifest.json"
_SCHEMA = "dualion/published/1"
_HIDDEN = ".dualion-"  # names that belong to this module
_STAGING = ".dualion-staging-"

#: Digests that this and earlier runs wrote under each name.
Written = dict[str, list[str]]


def publish(folder: Path, files: Mapping[str, bytes], last: str) -> None:
    """Write an output folder: all files, or after a kill some of them, but never the last one before the others.

    A file of the previous run that this one lacks is removed if it is still as it was written. Two runs that publish to one folder wait
    for each other.

    Parameters
    ----------
    folder : Path
        Made if absent. What else lies in it stays.
    files : mapping of str to bytes
        By path relative to the folder, with ``/``.
    last : str
        The file that shows that the folder is complete.

    Raises
    ------
    StoreError
        A name leaves the folder, ``last`` is not among the files, a file that dualion did not write is in the way (in these cases the
        folder is untouched), or the folder cannot be written to.
    """
    if last not in files:
        raise StoreError(f'{folder}: "{last}" is not among the files to write. Name one of them as the last.')
    for name in files:
        if not _inside(name):
            raise StoreError(f'{folder}: "{name}" is not a path inside the folder. Use a relative path with "/".')
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone_in(folder):
            known = _manifest(folder)
            digests = {name: _sha256(content) for name, content in files.items()}
            for name, sha256 in digests.items():
                _check_target(folder, name, sha256, ours=name in known)
            try:
                _replace(folder, _stage(folder, files), known=known, digests=digests, last=last)
            finally:
                _clear_staging(folder)
    except OSError as problem:
        raise StoreError(f"{folder}: cannot be written ({problem.strerror}). Choose another folder, or free space in it.") from problem


def _replace(folder: Path, staged: Path, *, known: Written, digests: Mapping[str, str], last: str) -> None:
    stale = {name: written for name, written in known.items() if name not in digests}
    both = {name: sorted({*known.get(name, []), sha256}) for name, sha256 in digests.items()} | stale
    _put_manifest(folder, staged, both)  # before the first rename: after a kill the next run knows every file as ours
    for name in [*(name for name in digests if name != last), last]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(staged / name, folder / name)
    flush_folder(folder)
    for name, written in stale.items():
        _remove_if_ours(folder, name, written)
    _put_manifest(folder, staged, {name: [sha256] for name, sha256 in digests.items()})


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the system frees it when the process ends, however it ends."""
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a network folder may have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _inside(name: str) -> bool:
    """Whether a name is a plain relative path; backslash and colon would mean something else on Windows."""
    parts = name.split("/")
    plain = all(part not in ("", ".", "..") and not part.startswith(_HIDDEN) for part in parts)
    return plain and not set(name) & set("\\:\0")


def _parents(folder: Path, name: str) -> list[Path]:
    """Folders between the output folder and a file, the deepest first."""
    return [folder / parent for parent in PurePosixPath(name).parents if parent != PurePosixPath(".")]


def _manifest(folder: Path) -> Written:
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
        if found["schema"] != _SCHEMA:
            raise ValueError("another version")
        return {name: [str(sha256) for sha256 in written] for name, written in found["files"].items() if _inside(name)}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise StoreError(f"{folder / MANIFEST}: cannot be understood. Choose another folder, or delete this one.") from problem


def _put_manifest(folder: Path, staged: Path, written: Written) -> None:
    write_flushed(staged / MANIFEST, canonical({"schema": _SCHEMA, "files": written}) + b"\n")
    os.replace(staged / MANIFEST, folder / MANIFEST)
    flush_folder(folder)


def _check_target(folder: Path, name: str, sha256: str, *, ours: bool) -> None:
    for parent in _parents(folder, name):
        if parent.is_symlink() or (parent.exists() and not parent.is_dir()):
            raise StoreError(f"{parent}: is a link or a file where a folder is needed. Move it away, or choose another folder.")
    target = folder / name
    if not os.path.lexists(target):
        return
    same = target.is_file() and not target.is_symlink() and (ours or _sha256(target.read_bytes()) == sha256)
    if not same:
        raise StoreError(f"{target}: was not written by dualion and would be replaced. Move it away, or choose another folder.")


def _stage(folder: Path, files: Mapping[str, bytes]) -> Path:
    _clear_staging(folder)
    staged = folder / f"{_STAGING}{secrets.token_hex(8)}"
    for name, content in files.items():
        (staged / name).parent.mkdir(parents=True, exist_ok=True)
        write_flushed(staged / name, content)
    return staged


def _clear_staging(folder: Path) -> None:
    """Remove what this run and killed runs left; the lock is held, so that none is in use."""
    for left in folder.glob(f"{_STAGING}*"):
        shutil.rmtree(left, ignore_errors=True)


def _remove_if_ours(folder: Path, name: str, written: list[str]) -> None:
    """Remove a file of an earlier run, unless it was changed since: then it is no longer what dualion wrote."""
    target, parents = folder / name, _parents(folder, name)
    if any(path.is_symlink() for path in (target, *parents)) or not target.is_file() or _sha256(target.read_bytes()) not in written:
        return
    target.unlink()
    for parent in parents:
        if any(parent.iterdir()):
            break
        parent.rmdir()
