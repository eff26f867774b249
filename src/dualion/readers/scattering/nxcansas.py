"""NXcanSAS: scattering curves as HDF5.

Every group of class SASdata is a curve. Its attributes ``signal`` and ``I_axes`` name the data sets of intensity and scattering vector;
the attribute ``uncertainties`` (or ``uncertainty``) of the intensity, or ``I_uncertainty`` of the group, names its standard error,
``resolutions`` of the scattering vector its resolution. Units are the attributes ``units`` or ``unit`` of each. Curves of two dimensions
are refused: they must be averaged first.

The file is decoded by a child process with limits of memory and time (``hdf5_tree``); a file that ends before its own end mark is refused
at once. Links to other files are refused.

Reference: NXcanSAS, application definition of the NeXus International Advisory Committee.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from dualion.errors import MissingDependency, ReadError
from dualion.readers.format import Format, Given
from dualion.readers.scattering.reduced import Reduced, measurement_of
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity

_READER = "nxcansas"
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MARK = b"SASdata"
_CHILD = Path(__file__).with_name("hdf5_tree.py")
_SECONDS = 12  # [s] for the child
_ABSENT = 3  # its exit code where h5py is not installed
_SHOWN = 200  # characters of its complaint
_AGAIN = "Copy or export the file anew."
#: Version of the superblock: where the sizes of an address stand in it, and where the address of the end of the file begins.
_END_MARK = {0: (13, 40), 1: (13, 44), 2: (9, 28), 3: (9, 28)}
_ADDRESS = 8  # [byte]


def _recognises(given: Given) -> bool:
    return given.data.startswith(_SIGNATURE) and _MARK in given.data


def _whole(given: Given) -> None:
    """Refuse a file that is shorter than it says."""
    data = given.data
    version = data[len(_SIGNATURE)] if len(data) > len(_SIGNATURE) else -1
    size, mark = _END_MARK.get(version, (0, 0))
    if not mark or len(data) < mark + _ADDRESS:
        raise ReadError(given.name, "superblock", "its head is damaged or cut", _AGAIN)
    if data[size] == _ADDRESS:
        end = int.from_bytes(data[mark : mark + _ADDRESS], "little")
        if end > len(data):
            raise ReadError(given.name, f"byte {len(data)}", f"the file ends here, and says that it holds {end} byte", _AGAIN)


def _decoded(given: Given) -> list[dict[str, Any]]:
    """What the child finds."""
    asked = [sys.executable, "-P", str(_CHILD)]
    environment = {**os.environ, "HDF5_USE_FILE_LOCKING": "FALSE", "PYTHONWARNINGS": "ignore", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(asked, input=given.data, capture_output=True, timeout=_SECONDS, check=False, env=environment)
    except subprocess.TimeoutExpired:
        raise ReadError(given.name, "HDF5", f"it could not be decoded within {_SECONDS} s", _AGAIN) from None
    if done.returncode == _ABSENT:
        raise MissingDependency("h5py", "io")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ReadError(given.name, "HDF5", said[-1][:_SHOWN] if done.returncode == 1 and said else "it cannot be decoded", _AGAIN)
    return list(json.loads(done.stdout))


def _read(given: Given) -> tuple[Measurement, ...]:
    _whole(given)
    curves = _decoded(given)
    if not curves:
        raise ReadError(given.name, "HDF5", "no group of class SASdata holds a curve", _AGAIN)
    several = len(curves) > 1
    return tuple(measurement_of(given, _curve(given, one, several=several), reader=_READER) for one in curves)


def _curve(given: Given, found: Mapping[str, Any], *, several: bool) -> Reduced:
    data, mine, where = found["data"], found["attributes"], str(found["path"])
    intensity = _single(mine.get("signal")) or "I"
    q = _single(mine.get("I_axes")) or "Q"
    values = {name: _values(given, data, name, where) for name in (q, intensity)}
    about = data[intensity]["attributes"]
    error = _single(about.get("uncertainties") or about.get("uncertainty") or mine.get("I_uncertainty") or mine.get("I_uncertainties"))
    width = _single(data[q]["attributes"].get("resolutions") or data[q]["attributes"].get("uncertainty"))
    return Reduced(
        values[q],
        values[intensity],
        _unit(data[q]["attributes"]),
        _unit(about),
        error=_values(given, data, error, where) if error else None,
        resolution=_values(given, data, width, where) if width and width in data else None,
        where=where,
        region=where.strip("/") if several else "",
        conditions=_conditions(found["entry"]),
    )


def _single(named: Any) -> str | None:
    """The one name in an attribute; none where several axes are named."""
    names = [named] if isinstance(named, str) else [one for one in named or () if one]
    parts = [part.strip() for name in names for part in str(name).split(",")]
    return parts[0] if len(parts) == 1 and parts[0] else None


def _values(given: Given, data: Mapping[str, Any], name: str, where: str) -> pl.Series:
    if name not in data:
        raise ReadError(given.name, where, f'there is no data set "{name}"', _AGAIN)
    one = data[name]
    if "values" not in one:
        reason = f'the data set "{name}" has the shape {tuple(one["shape"])}'
        raise ReadError(given.name, where, reason, "Give a curve of one dimension: average the detector image over its circles first.")
    return pl.Series(one["values"], dtype=pl.Float64)


def _unit(about: Mapping[str, Any]) -> str | None:
    found = about.get("units", about.get("unit"))
    return found.strip() if isinstance(found, str) and found.strip() else None


def _conditions(entry: Mapping[str, str]) -> dict[str, Quantity | str]:
    """Title, run, instrument and radiation, where the entry names them."""
    found: dict[str, Quantity | str] = {}
    for label, words in entry.items():
        group, _, name = label.rpartition("/")
        if not words:
            continue
        if name in ("title", "run") and not group:
            found[name] = words
        elif name == "name" and "instrument" in group:
            found["instrument"] = words
        elif name == "radiation":
            found[name] = words
    return found


FORMATS = (Format(_READER, "NXcanSAS scattering curve (.h5)", (".h5", ".hdf5", ".nxs"), _recognises, _read),)
