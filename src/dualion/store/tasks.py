"""A folder of finished atomistic tasks that several processes, also of several hosts, fill together.

    dualion-tasks.json    what the folder is
    records/KEY.json      a finished task with the digest of its content
    claims/KEY.lock       a task that a process is at work on

A claim is an exclusive creation of its lock, which a thread touches once a minute while it is held. A lock that nobody has touched for ten
minutes is left over from a process that ended, and the next one may take it over. Who was killed on this very host is recognised at once:
a lock holds the process id and, as a hash that does not tell its name, the place where process ids mean the same (host, boot, container).
A record appears under its name by one rename of a complete and flushed file. A kill at any moment loses the running tasks and no more.

Claims save work and guard nothing: a process that was halted for longer than ten minutes may find that another has taken its task over.
Both then write the same record.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from dualion.errors import StoreError
from dualion.store.digests import canonical, digest
from dualion.store.files import TEMPORARY, write_atomic

MARKER = "dualion-tasks.json"
HEARTBEAT = 60.0  # [s] between two touches of a lock that is held
STALE = 600.0  # [s] without a touch, after which a lock may be taken over
_SCHEMA = "dualion/atoms-tasks/1"
_MARKER_CONTENT = {"schema": _SCHEMA}
_KEY = re.compile(r"[0-9a-f]{64}")
_ABANDONED = 86400.0  # [s] a file that has been in writing for a day belongs to a process that was killed


class TaskFolder:
    """A folder of finished atomistic tasks.

    Close it, or use it as a context manager: closing gives back the claims that are still held.

    Parameters
    ----------
    root : Path
        A folder of tasks, an empty folder, or a path where one can be made.
    heartbeat : float
        Time between two touches of the locks that are held [s].
    stale_after : float
        Age of its last touch from which a lock may be taken over [s].
    clock : callable, optional
        Gives the present time since the epoch [s]; by default the clock of the file system, which all hosts that share it agree on.

    Raises
    ------
    StoreError
        The folder holds something else (it stays untouched), belongs to another version, or cannot be written to.
    """

    def __init__(
        self, root: Path, *, heartbeat: float = HEARTBEAT, stale_after: float = STALE, clock: Callable[[], float] | None = None
    ) -> None:
        self.root = root
        self._records, self._claims = root / "records", root / "claims"
        self._heartbeat, self._stale_after, self._clock = heartbeat, stale_after, clock
        self._token = secrets.token_hex(16)
        self._held: set[str] = set()
        self._alone = threading.RLock()  # over what is held
        self._ended = threading.Event()
        self._beating: threading.Thread | None = None
        try:
            root.mkdir(parents=True, exist_ok=True)
            # listed before the marker is looked for: another process may be making this very folder
            foreign = sorted(name for name in os.listdir(root) if name != MARKER and not name.startswith(TEMPORARY))
            marked = os.path.lexists(root / MARKER)
            if foreign and not marked:
                raise StoreError(f"{root}: not a folder of tasks; it holds {foreign[0]}. Choose an empty folder.")
            if marked:
                _check_marker(root / MARKER)
            write_atomic(root / MARKER, canonical(_MARKER_CONTENT) + b"\n")  # also shows, before any work, that the folder can be written
            for folder in (self._records, self._claims):
                folder.mkdir(exist_ok=True)
            _clear_abandoned(root, self._records, self._claims)
        except OSError as problem:
            raise StoreError(f"{root}: cannot be used for tasks ({problem.strerror}). Choose a folder that can be written to.") from problem

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the claims that are held, and end the thread that touches them."""
        self._ended.set()
        if self._beating is not None:
            self._beating.join()
        for key in sorted(self._held):
            self.release(key)

    def keys(self) -> tuple[str, ...]:
        """Keys of the finished tasks, sorted; a record that turns out to be damaged when it is read is among them."""
        names = (name.removesuffix(".json") for name in os.listdir(self._records) if name.endswith(".json"))
        return tuple(sorted(name for name in names if _KEY.fullmatch(name)))

    def get(self, key: str) -> dict[str, Any] | None:
        """Record of a finished task, or None where there is none.

        A record that is damaged is moved aside and counts as absent.

        Parameters
        ----------
        key : str
            64 hexadecimal digits.

        Returns
        -------
        dict or None
            Plain JSON data.

        Raises
        ------
        StoreError
            The key has another form, or the file is there and cannot be read.
        """
        path = self._record(key)
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise StoreError(f"{path}: cannot be read ({problem.strerror}). Choose another folder of tasks.") from problem
        try:
            found = json.loads(raw)
            record = found["record"]
            if found["sha256"] != digest(_content(key, record)) or found["key"] != key or not isinstance(record, dict):
                raise ValueError("damaged record")
        except (ValueError, KeyError, TypeError, RecursionError, StoreError):
            with suppress(OSError):  # another process may have done it
                os.replace(path, path.with_name(path.name + ".damaged"))
            return None
        return record

    def put(self, key: str, record: Mapping[str, Any]) -> None:
        """Keep a finished task; a record of the same key is replaced.

        Parameters
        ----------
        key : str
            64 hexadecimal digits.
        record : mapping of str to JSON-able

        Raises
        ------
        StoreError
            The key has another form, the record has no JSON form, or the folder cannot be written to.
        """
        content = _content(key, dict(record))
        write_atomic(self._record(key), canonical({**content, "sha256": digest(content)}) + b"\n")

    def claim(self, key: str) -> bool:
        """Take a task to work on; one that has a record is done and is given to nobody.

        Parameters
        ----------
        key : str
            64 hexadecimal digits.

        Returns
        -------
        bool
            True: it is held by this object, until it is released. False: another one is at work on it, or it is done.

        Raises
        ------
        StoreError
            The key has another form, the object was closed, or the folder cannot be written to.
        """
        path = self._lock(key)
        if self._ended.is_set():
            raise StoreError(f"{self.root}: closed. Open the folder of tasks again.")
        with self._alone:
            try:
                if key not in self._held and not self._acquired(path):
                    return False
                if self._record(key).exists():  # looked for under the lock: another process may have finished it a moment ago
                    self._held.discard(key)
                    self._removed(path)
                    return False
            except OSError as problem:
                raise StoreError(f"{path}: cannot be written ({problem.strerror}). Choose another folder of tasks.") from problem
            self._held.add(key)
            if self._beating is None:
                self._beating = threading.Thread(target=self._beat, name="dualion-task-claims", daemon=True)
                self._beating.start()
        return True

    def release(self, key: str) -> None:
        """Give a task back; nothing happens where it is not held.

        Parameters
        ----------
        key : str
            64 hexadecimal digits.

        Raises
        ------
        StoreError
            The key has another form.
        """
        path = self._lock(key)
        with self._alone:
            if key in self._held:
                self._held.discard(key)
                self._removed(path)

    def _record(self, key: str) -> Path:
        return self._records / f"{_checked(key)}.json"

    def _lock(self, key: str) -> Path:
        return self._claims / f"{_checked(key)}.lock"

    def _acquired(self, path: Path) -> bool:
        """Create a lock, or take over a stale one.

        Of several processes that find the same stale lock, the one that creates the guard named by its content replaces it. A guard is
        itself a lock, so that one whose process was killed in between is taken over in the same way.
        """
        own = canonical({"pid": os.getpid(), "place": _place(), "token": self._token})
        if _created(path, own):
            return True
        found = _read(path)
        if found is None:
            return _created(path, own)  # released in between
        if self._token.encode() in found:
            return True  # the folder was out of reach when it was to be released
        if not self._stale(path, found):
            return False
        guard = path.with_name(f"{path.name[:64]}.{hashlib.sha256(found).hexdigest()[:16]}.guard")
        if not self._acquired(guard):
            return False
        try:
            if _read(path) != found or not self._stale(path, found):
                return False  # taken over by another process before the guard was there
            temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{secrets.token_hex(8)}")
            temporary.write_bytes(own)
            os.replace(temporary, path)
            return True
        finally:
            self._removed(guard)

    def _stale(self, path: Path, found: bytes) -> bool:
        try:
            owner = json.loads(found)
            if owner["place"] == _place() and not _alive(int(owner["pid"])):
                return True
        except (ValueError, KeyError, TypeError, RecursionError):
            pass  # its process is just writing it, or was killed while it did: the age decides
        try:
            return self._now() - path.stat().st_mtime > self._stale_after
        except FileNotFoundError:
            return False

    def _now(self) -> float:
        if self._clock is not None:
            return self._clock()
        probe = self._claims / f"{TEMPORARY}{os.getpid()}-{secrets.token_hex(8)}"
        probe.touch()
        try:
            return probe.stat().st_mtime
        finally:
            probe.unlink(missing_ok=True)

    def _beat(self) -> None:
        while not self._ended.wait(self._heartbeat):
            with self._alone:
                for key in sorted(self._held):
                    with suppress(OSError):  # out of reach for a moment: the next touch may succeed
                        if self._is_own(self._lock(key)):
                            os.utime(self._lock(key))
                        else:
                            self._held.discard(key)  # taken over while this process was halted

    def _is_own(self, path: Path) -> bool:
        found = _read(path)
        return found is not None and self._token.encode() in found

    def _removed(self, path: Path) -> None:
        """Remove a lock of this object; one that was taken over by another stays."""
        with suppress(OSError):
            if self._is_own(path):
                path.unlink(missing_ok=True)


def _content(key: str, record: Mapping[str, Any]) -> dict[str, Any]:
    return {"schema": _SCHEMA, "key": key, "record": record}


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise StoreError(f'key: "{key}" is not the key of a task. Use 64 hexadecimal digits in lower case.')
    return key


def _created(path: Path, content: bytes) -> bool:
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


@lru_cache(maxsize=1)
def _place() -> str:
    """Where a process id means one process: host, boot and, for containers, the name space of process ids; only its hash is written."""
    parts = [platform.node()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(os.readlink("/proc/self/ns/pid"))
    return digest(parts)


def _alive(pid: int) -> bool:
    """Whether a process of this place is there; where that cannot be asked, it counts as there and the age of its lock decides."""
    if sys.platform == "win32" or pid <= 0:
        return True
    try:
        os.kill(pid, 0)  # the signal 0 is none: it only asks
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _clear_abandoned(*folders: Path) -> None:
    for folder in folders:
        for left in (*folder.glob(f"{TEMPORARY}*"), *folder.glob("*.guard")):
            with suppress(OSError):  # its writer has just finished
                if time.time() - left.stat().st_mtime > _ABANDONED:
                    left.unlink()


def _check_marker(path: Path) -> None:
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        found = None
    if found != _MARKER_CONTENT:
        raise StoreError(f"{path}: the folder of tasks was made by another version. Choose another folder, or delete this one.")
