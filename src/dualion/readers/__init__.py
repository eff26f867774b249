"""What the instruments wrote, to measurements.

    measured = read("cell-07.ndax")         a file; also inside a zip, gz or xz that holds one file
    measured = read_bytes(data, "x.csv")    its bytes
    sniff(data).title                       what it is
    known_formats()                         everything that can be read

The format follows from the content alone; the name of a file is used in messages only. Whatever the bytes are, only ``ReadError`` escapes
(and ``MissingDependency`` where a format needs an optional library). What is suspicious is not mended but told, by ``Measurement.flags``;
``repair`` mends what it names, and records it in ``Measurement.corrections``.

Lazy: importing this loads no reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualion.readers.format import Format, Given
    from dualion.records.measurement import Measurement

__all__ = ["known_formats", "read", "read_bytes", "sniff"]

#: [byte] Most that a file may hold, after it was taken out of its archive, unless ``largest`` is given.
LARGEST = 256 * 1024 * 1024


def read(
    path: str | Path, *, name: str | None = None, repair: Sequence[str] = (), check: bool = True, largest: int = LARGEST
) -> Measurement:
    """Read a file.

    Parameters
    ----------
    path : str or Path
    name : str, optional
        What messages and the source call it; the name of the file where None.
    repair : sequence of str
        What to mend; see ``dualion.readers.quality.repairs``.
    check : bool
        Whether the checks of quality run, which add flags and change nothing.
    largest : int
        [byte] most that the file may hold uncompressed.

    Returns
    -------
    Measurement

    Raises
    ------
    ReadError
        There is no such file, nothing knows what it is, or it is damaged.
    MissingDependency
        Its format needs an optional library.
    """
    from dualion.errors import ReadError

    place = Path(path)
    called = place.name if name is None else name
    try:
        size = place.stat().st_size
        data = place.read_bytes() if size <= largest else None
    except (OSError, ValueError) as problem:
        reason = "there is no such file" if isinstance(problem, FileNotFoundError) else f"it cannot be opened ({problem})"
        raise ReadError(called, "start of file", reason, "Check the path.") from None
    if data is None:
        raise _too_large(called, size, largest)
    return read_bytes(data, called, repair=repair, check=check, largest=largest)


def read_bytes(data: bytes, name: str = "bytes", *, repair: Sequence[str] = (), check: bool = True, largest: int = LARGEST) -> Measurement:
    """Read the bytes of a file.

    Parameters
    ----------
    data : bytes
    name : str
        What messages and the source call it.
    repair : sequence of str
        What to mend; see ``dualion.readers.quality.repairs``.
    check : bool
        Whether the checks of quality run.
    largest : int
        [byte] most that they may hold uncompressed.

    Returns
    -------
    Measurement

    Raises
    ------
    ReadError
        Nothing knows what they are, or they are damaged.
    MissingDependency
        Their format needs an optional library.
    """
    from concurrent.futures import ThreadPoolExecutor
    from dataclasses import replace
    from hashlib import sha256

    from dualion.readers.formats import recognise
    from dualion.readers.guard import guarded, protected

    with ThreadPoolExecutor(max_workers=1) as beside:  # the digest of a large file costs as much as a part of its reading
        digest = beside.submit(lambda: sha256(data).hexdigest())
        given = _opened(data, name, largest)
        measured = guarded(recognise(given), given)
        measured = replace(measured, source=replace(measured.source, sha256=digest.result()))
    if check:
        from dualion.readers.quality.checks import check as checked

        found = measured
        measured = protected(name, "checks", lambda: checked(found))
    if repair:
        from dualion.readers.quality.repairs import repair as repaired

        measured = repaired(measured, repair)
    return measured


def sniff(data: bytes, name: str = "bytes", *, largest: int = LARGEST) -> Format:
    """What some bytes are.

    Parameters
    ----------
    data : bytes
        All of a file.
    name : str
        For messages.
    largest : int
        [byte] most that they may hold uncompressed.

    Returns
    -------
    Format

    Raises
    ------
    ReadError
        Nothing knows it, or its archive is damaged.
    """
    from dualion.readers.formats import recognise

    return recognise(_opened(data, name, largest))


def known_formats() -> tuple[Format, ...]:
    """Every format that can be read, in the order of recognition."""
    from dualion.readers.formats import formats

    return formats()


def _opened(data: bytes, name: str, largest: int) -> Given:
    """The bytes, taken out of their archive; their digest is set once they are read."""
    from dualion.readers.archives import unpacked
    from dualion.readers.format import Given
    from dualion.readers.guard import protected

    if len(data) > largest:
        raise _too_large(name, len(data), largest)
    given = Given(name, data, "")
    return protected(name, "", lambda: unpacked(given, largest=largest))


def _too_large(name: str, size: int, largest: int) -> Exception:
    from dualion.errors import ReadError

    reason = f"it holds {size} byte, and {largest} are allowed"
    return ReadError(name, "start of file", reason, f"If it is meant, allow it with largest={size}.")
