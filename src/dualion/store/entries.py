"""A folder of results, found again by what they were computed from.

It holds one marker and, under ``entries/``, for each key a JSON file with the digest of its value and, where the entry has arrays, an
npz file named by its own digest. Nothing is ever pickled. Every file appears under its name by one rename of a complete and flushed
file, so that a reader sees the old content or the new one, and two processes may write the same key.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import time
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualion.errors import StoreError
from dualion.store.digests import canonical, digest
from dualion.store.files import TEMPORARY, write_atomic

MARKER = "dualion-store.json"
_MARKER_CONTENT = {"schema": "dualion/store/1"}
_TASK = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_KEY = re.compile(r"[a-z][a-z0-9_.-]{0,63}-[0-9a-f]{64}")
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip file can hold: the same arrays give the same bytes
_ABANDONED = 86400.0  # [s] a file that has been in writing for a day belongs to a run that was killed


class Store:
    """A folder of results, found again by what they were computed from.

    Parameters
    ----------
    root : Path
        A store, an empty folder, or a path where one can be made.

    Raises
    ------
    StoreError
        The folder holds something else (it stays untouched), belongs to another version, or cannot be written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._entries = root / "entries"
        try:
            root.mkdir(parents=True, exist_ok=True)
            # listed before the marker is looked for: another process may be making this very store
            foreign = sorted(name for name in os.listdir(root) if name != MARKER and not name.startswith(TEMPORARY))
            marked = (root / MARKER).exists()
            if foreign and not marked:
                raise StoreError(f"{root}: not a dualion store; it holds {foreign[0]}. Choose an empty folder.")
            if marked:
                _check_marker(root / MARKER)
            write_atomic(root / MARKER, canonical(_MARKER_CONTENT) + b"\n")  # also shows, before any work, that the folder can be written
            self._entries.mkdir(exist_ok=True)
            _clear_abandoned(root, self._entries)
        except OSError as problem:
            raise StoreError(
                f"{root}: cannot be used as a store ({problem.strerror}). Choose a folder that can be written to."
            ) from problem

    def key(self, task: str, inputs: Any) -> str:
        """Key of what a task makes of its inputs.

        Parameters
        ----------
        task : str
            Lower case letters, digits, ``_``, ``.``, ``-``, such as ``"half_cell.fit"``.
        inputs : JSON-able
            Everything that the result depends on, versions included.

        Returns
        -------
        str
            The task and 64 hexadecimal digits.

        Raises
        ------
        StoreError
            The task has another form, or the inputs have no canonical form.
        """
        if not _TASK.fullmatch(task):
            raise StoreError(f'task: "{task}" is not a task name. Use lower case letters, digits, "_", "." and "-".')
        return f"{task}-{digest({'schema': _MARKER_CONTENT['schema'], 'task': task, 'inputs': inputs})}"

    def get(self, key: str) -> Any | None:
        """Value of an entry, or None where there is none.

        An entry that is damaged, in its value or its arrays, is moved aside and counts as absent.
        """
        entry = self._load(key)
        return None if entry is None else entry[0]

    def arrays(self, key: str) -> dict[str, NDArray[Any]] | None:
        """Arrays of an entry by name, empty if it was stored without; None where there is no entry."""
        entry = self._load(key)
        if entry is None:
            return None
        try:
            return {} if entry[1] is None else unpack(entry[1])
        except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile):
            self._set_aside(key)
            return None

    def put(self, key: str, value: Any, arrays: Mapping[str, NDArray[Any]] | None = None) -> None:
        """Store a value, and arrays beside it.

        Parameters
        ----------
        key : str
            From ``key``.
        value : JSON-able
            Not None, which means absent.
        arrays : mapping of str to ndarray, optional
            Numbers, booleans or text; never objects.

        Raises
        ------
        StoreError
            The value or an array cannot be stored without pickling, or the folder cannot be written to.
        """
        if value is None:
            raise StoreError(f"{key}: None cannot be told from an absent entry. Store a mapping.")
        packed = pack(arrays) if arrays else None
        sha256 = None if packed is None else hashlib.sha256(packed).hexdigest()
        if packed is not None:
            write_atomic(self._array_path(key, str(sha256)), packed)  # first, so that the entry never names a file that is not there
        content = {"key": key, "value": value, "arrays": sha256}
        write_atomic(self._path(key), canonical({"content": content, "sha256": digest(content)}) + b"\n")

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise StoreError(f'key: "{key}" was not made by this store. Use Store.key(task, inputs).')
        return self._entries / f"{key}.json"

    def _array_path(self, key: str, sha256: str) -> Path:
        """Named by content: writers of one key with different arrays do not disturb each other."""
        return self._path(key).with_name(f"{key}.{sha256[:16]}.npz")

    def _load(self, key: str) -> tuple[Any, bytes | None] | None:
        try:
            raw = self._path(key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise StoreError(f"{self._path(key)}: cannot be read ({problem.strerror}). Choose another store.") from problem
        try:
            entry = json.loads(raw)
            content = entry["content"]
            if entry["sha256"] != digest(content) or content["key"] != key:
                raise ValueError("damaged entry")
            packed = None if content["arrays"] is None else self._array_path(key, content["arrays"]).read_bytes()
            if packed is not None and hashlib.sha256(packed).hexdigest() != content["arrays"]:
                raise ValueError("damaged arrays")
            return content["value"], packed
        except (ValueError, KeyError, TypeError, RecursionError, OSError, StoreError):
            self._set_aside(key)
            return None

    def _set_aside(self, key: str) -> None:
        path = self._path(key)
        with suppress(OSError):  # another process may have done it
            os.replace(path, path.with_name(path.name + ".damaged"))


def _clear_abandoned(*folders: Path) -> None:
    for folder in folders:
        for left in folder.glob(f"{TEMPORARY}*"):
            with suppress(OSError):  # its writer has just finished
                if time.time() - left.stat().st_mtime > _ABANDONED:
                    left.unlink()


def _check_marker(path: Path) -> None:
    try:
        found = json.loads(path.read_bytes())
    except ValueError:
        found = None
    if found != _MARKER_CONTENT:
        raise StoreError(f"{path}: the store was made by another version. Choose another folder, or delete this one.")


def pack(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The npz form with a fixed date; numpy's own writer puts the clock into the file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            array = np.asanyarray(arrays[name])
            if array.dtype.hasobject:
                raise StoreError(f"{name}: an array of objects would need pickling. Store numbers, booleans or text.")
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _ZIP_EPOCH), member.getvalue(), compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpack(packed: bytes) -> dict[str, NDArray[Any]]:
    """Arrays by name from the bytes that ``pack`` gave; nothing in them is executed."""
    with np.load(io.BytesIO(packed), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
