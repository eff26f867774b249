"""Reads the scattering curves of an HDF5 file in a process of its own: bytes on standard input, JSON on standard output.

The library that decodes HDF5 takes sizes and addresses in a file at their word, and one wrong byte may make it run forever or end the
process; neither can be caught where it happens. So this program is started as a child with limits of memory and time, and nothing else is
done here: groups of class SASdata, their attributes, their one-dimensional numbers, and a few words about the entry.

Only hard links, and soft links within the file, are followed, each group once. Links to other files, data stored in other files and virtual
data are refused; so is a declared size beyond the limits, before anything is allocated.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import sys
from pathlib import Path
from typing import Any

_MOST_LINKS = 256  # of one group
_MOST_GROUPS = 512
_DEEPEST = 8
_MOST_POINTS = 200_000
_MOST_CHUNK = 64 * 1024 * 1024  # [byte]
_LONGEST = 4096  # characters of a word
_MEMORY = 768 * 1024 * 1024  # [byte] address space beyond that of the libraries
_SECONDS = 4  # [s] of processor time
_ABSENT = 3  # exit code: h5py is not installed
_WORDS = ("title", "run", "name", "radiation", "definition", "sample_name")


class Refused(Exception):
    """What the file asks for is not done; the text says what."""


def limit() -> None:
    """Put limits on memory and time, where the platform has them."""
    try:
        import resource
    except ImportError:
        return
    with contextlib.suppress(OSError, ValueError):
        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + _MEMORY, used + _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def word(value: Any) -> str | None:
    """A value as text; None where it is none."""
    if hasattr(value, "shape") and getattr(value, "size", 1) == 1 and hasattr(value, "ravel"):
        value = value.ravel()[0]
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    return str(value)[:_LONGEST] if isinstance(value, str) or type(value).__name__ in ("str_", "int64", "int32", "float64") else None


def attributes(thing: Any) -> dict[str, Any]:
    """Attributes of a group or data set as words, or lists of words."""
    found: dict[str, Any] = {}
    for name in list(thing.attrs)[:_MOST_LINKS]:
        try:
            value = thing.attrs[name]
        except (OSError, TypeError, ValueError):
            continue
        single = word(value)
        if single is not None:
            found[name] = single
        elif hasattr(value, "shape") and value.size <= _MOST_LINKS:
            found[name] = [word(one) for one in value.ravel()]
    return found


def check(data: Any, path: str) -> None:
    """Refuse data that lie elsewhere, or claim more than the limits."""
    if data.is_virtual or data.external:
        raise Refused(f"{path}: its numbers lie in another file")
    if data.size is None or data.size > _MOST_POINTS:
        raise Refused(f"{path}: it claims {data.size} numbers, and {_MOST_POINTS} are allowed")
    if data.chunks and math.prod(data.chunks) * data.dtype.itemsize > _MOST_CHUNK:
        raise Refused(f"{path}: it claims chunks of {data.chunks}, and {_MOST_CHUNK} byte are allowed")


def numbers(data: Any, path: str) -> dict[str, Any]:
    """A data set with its attributes; its values only where they are numbers on one axis."""
    check(data, path)
    shape = list(data.shape)
    found: dict[str, Any] = {"shape": shape, "attributes": attributes(data)}
    if data.dtype.kind in "fiu" and sum(size > 1 for size in shape) <= 1:
        found["values"] = [float(one) for one in data[()].ravel()]
    return found


def members(group: Any, path: str, h5py: Any) -> list[tuple[str, Any]]:
    """What lies in a group, by name; links that lead out of the file are refused, those that lead nowhere passed over."""
    names = list(group)
    if len(names) > _MOST_LINKS:
        raise Refused(f"{path}: it holds {len(names)} members, and {_MOST_LINKS} are allowed")
    found = []
    for name in names:
        link = group.get(name, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            raise Refused(f"{path}/{name}: it is a link to another file")
        try:
            found.append((name, group[name]))
        except (KeyError, OSError, RuntimeError):
            continue
    return found


def kind(found: dict[str, Any]) -> str:
    """Class of a group."""
    return str(found.get("canSAS_class") or found.get("NX_class") or "")


def walk(group: Any, path: str, h5py: Any, entry: dict[str, str], state: dict[str, Any], depth: int) -> None:
    """Collect the curves of a group and of all within it, each group once."""
    place = h5py.h5o.get_info(group.id).addr
    if place in state["seen"] or depth > _DEEPEST:
        return
    state["seen"].add(place)
    if len(state["seen"]) > _MOST_GROUPS:
        raise Refused(f"it holds more than {_MOST_GROUPS} groups")
    mine = attributes(group)
    inside = members(group, path, h5py)
    if kind(mine) == "SASdata":
        data = {name: numbers(one, f"{path}/{name}") for name, one in inside if isinstance(one, h5py.Dataset)}
        state["curves"].append({"path": path, "attributes": mine, "data": data, "entry": entry})
        return
    if "entry" in kind(mine).casefold():
        entry = {"entry": path}  # shared by all curves of the entry
    for name, one in inside:
        if isinstance(one, h5py.Dataset) and name in _WORDS and one.size == 1 and one.dtype.kind in "SO":
            label = name if path.count("/") < 2 else f"{path.rpartition('/')[2]}/{name}"
            entry[label] = word(one[()]) or ""
    for name, one in inside:
        if isinstance(one, h5py.Group):
            walk(one, f"{path}/{name}", h5py, entry, state, depth + 1)


def main() -> int:
    """Read, and write what was found."""
    data = sys.stdin.buffer.read()
    try:
        import h5py
    except ImportError:
        return _ABSENT
    limit()
    state: dict[str, Any] = {"seen": set(), "curves": []}
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            walk(file, "", h5py, {}, state, 0)
    except Refused as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError) as problem:
        sys.stderr.write(f"it cannot be decoded ({type(problem).__name__})\n")
        return 1
    json.dump(state["curves"], sys.stdout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
