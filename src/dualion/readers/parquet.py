"""Parquet files, read such that damage cannot end the program.

A decoder of parquet takes the sizes in a file at their word, and one wrong bit may ask it for more memory than there is, which ends the
process at once: no error can be caught. Files that dualion wrote carry a seal, a digest of all their bytes, and are decoded here when it
holds. Every other file is decoded by a child process, which may end as it likes.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256

import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import Given

MAGIC = b"PAR1"
#: Key of the seal in the metadata, and how it begins.
SEAL, _BEGINNING = "dualion-seal", "dualion-sha256:"
_SEAL = re.compile(_BEGINNING.encode() + b"([0-9a-f]{64})")
_EMPTY = "0" * 64
_MARKS = (SEAL.encode(), _BEGINNING.encode(), b"dualion/measurement/")  # of a file of ours: one wrong bit leaves two
_LARGEST = 512 * 1024 * 1024  # [byte] of numbers in one table
_MOST_COLUMNS = 1000
_SECONDS = 60  # [s] for the child
_TAIL = 8  # [byte] length of the footer, and the magic number
_AGAIN = "Export or copy the file anew."
_NOT_SAVED = "It was damaged, or saved by another program. Convert the original file anew."

_CHILD = """
import io, sys
import polars as pl
data, largest, most = sys.stdin.buffer.read(), int(sys.argv[1]), int(sys.argv[2])
schema = pl.read_parquet_schema(io.BytesIO(data))
if len(schema) > most:
    sys.exit(f"the table has {len(schema)} columns, and {most} are allowed")
rows = pl.scan_parquet(io.BytesIO(data)).select(pl.len()).collect().item()
if 8 * rows * len(schema) > largest:
    sys.exit(f"the table has {rows} rows, more than are allowed")
frame = pl.read_parquet(io.BytesIO(data))
if frame.height != rows:
    sys.exit("its rows are not as many as it says")
kinds = frame.schema
words = (pl.String, pl.Categorical, pl.Enum, pl.Null)
kept = [name for name, kind in kinds.items() if kind.is_numeric() or kind.base_type() in words]
plain = frame.select(pl.col(name) if kinds[name].is_numeric() else pl.col(name).cast(pl.String) for name in kept)
plain.write_ipc(sys.stdout.buffer)
"""


def footer(data: bytes) -> bytes:
    """The part of a file that names its columns; empty where it has none."""
    if not (data.startswith(MAGIC) and data.endswith(MAGIC)) or len(data) < 2 * _TAIL:
        return b""
    length = int.from_bytes(data[-_TAIL : -_TAIL + 4], "little")
    return data[-_TAIL - length : -_TAIL] if length <= len(data) - _TAIL else b""


def sealed(frame: pl.DataFrame, metadata: Mapping[str, str]) -> bytes:
    """A table as parquet with a seal.

    Parameters
    ----------
    frame : polars.DataFrame
    metadata : mapping of str to str

    Returns
    -------
    bytes
    """
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", metadata={**metadata, SEAL: _BEGINNING + _EMPTY})
    data = buffer.getvalue()
    empty = (_BEGINNING + _EMPTY).encode()
    place = data.rfind(empty)
    return data[:place] + (_BEGINNING + sha256(data).hexdigest()).encode() + data[place + len(empty) :]


def table(given: Given) -> tuple[pl.DataFrame, dict[str, str]]:
    """The table of a parquet file, and the metadata of one that dualion wrote.

    Parameters
    ----------
    given : Given

    Returns
    -------
    polars.DataFrame
        Columns of numbers and texts.
    dict of str to str
        Empty where another program wrote it.

    Raises
    ------
    ReadError
        It is damaged, too large, or was changed since dualion wrote it.
    """
    data = given.data
    end = footer(data)
    if not any(mark in end for mark in _MARKS):
        return _by_child(given), {}
    seals = list(_SEAL.finditer(end))
    if not seals:
        raise ReadError(given.name, "seal", "it was written by dualion and its seal is damaged", _NOT_SAVED)
    place = len(data) - _TAIL - len(end) + seals[-1].start(1)
    emptied = data[:place] + _EMPTY.encode() + data[place + len(_EMPTY) :]
    if sha256(emptied).hexdigest().encode() != seals[-1][1]:
        raise ReadError(given.name, "seal", "its bytes are not those that were written", _NOT_SAVED)
    return pl.read_parquet(io.BytesIO(data)), dict(pl.read_parquet_metadata(io.BytesIO(data)))


def _by_child(given: Given) -> pl.DataFrame:
    """The table, decoded by another process."""
    asked = [sys.executable, "-c", _CHILD, str(_LARGEST), str(_MOST_COLUMNS)]
    brief = {**os.environ, "RUST_BACKTRACE": "0"}
    try:
        done = subprocess.run(asked, input=given.data, capture_output=True, timeout=_SECONDS, check=False, env=brief)
    except subprocess.TimeoutExpired:
        raise ReadError(given.name, "table", f"it could not be decoded within {_SECONDS} s", _AGAIN) from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[-1][:160] if done.returncode == 1 and said else "it cannot be decoded"
        raise ReadError(given.name, "table", reason, _AGAIN)
    return pl.read_ipc(io.BytesIO(done.stdout))
