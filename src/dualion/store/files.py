"""Writing one file so that its name never holds half of it."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path

from dualion.errors import StoreError

TEMPORARY = ".dualion-tmp-"  # a file of this name is being written, or was when its writer was killed


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that its name holds either the old content or the new one, whatever happens.

    Parameters
    ----------
    path : Path
        In a folder that exists.
    data : bytes

    Raises
    ------
    StoreError
        The folder cannot be written to; the old content is untouched.
    """
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{secrets.token_hex(8)}")
    try:
        try:
            write_flushed(temporary, data)
            os.replace(temporary, path)
            flush_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as problem:
        raise StoreError(f"{path}: cannot be written ({problem.strerror}). Choose another folder, or free space in this one.") from problem


def write_flushed(path: Path, data: bytes) -> None:
    """Write a new file and wait until it is on the disk; a file of that name is an error."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Make a rename survive a loss of power; not every system lets a folder be flushed."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
