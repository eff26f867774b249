"""What the instruments wrote, to measurements.

    measured = read("cell-07.ndax")         a file; also inside a zip, gz or xz that holds one file
    regions = read_all("N1s-C1s.vms")       every region of a file that may hold several
    measured = read_bytes(data, "x.csv")    its bytes
    sniff(data).title                       what it is
    known_formats()                         everything that can be read

The format follows from the content alone; the name of a file is used in messages only. Whatever the bytes are, only ``ReadError`` escapes
(and ``MissingDependency`` where a format needs an optional library). A unit that a file does not state is never guessed: it is stated by
``declared``. What is suspicious is not mended but told, by ``Measurement.flags``; ``repair`` mends what it names, and records it in
``Measurement.corrections``.

Lazy: importing this loads no reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualion.readers.format import Declared, Format, Given
    from dualion.records.measurement import Measurement

__all__ = ["known_formats", "read", "read_all", "read_all_bytes", "read_bytes", "sniff"]

#: [byte] Most that a file may hold, after it was taken out of its archive, unless ``largest`` is given.
LARGEST = 256 * 1024 * 1024


def read(
    path: str | Path,
    *,
    name: str | None = None,
    region: str | None = None,
    declared: Declared | None = None,
    repair: Sequence[str] = (),
    check: bool = True,
    largest: int = LARGEST,
) -> Measurement:
    """Read a file.

    Parameters
    ----------
    path : str or Path
    name : str, optional
        What messages and the source call it; the name of the file where None.
    region : str, optional
        Which part of a file that holds several, such as ``"N1s"``.
    declared : Declared, optional
        What the file does not say itself: what it is, and units of columns without a name.
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
        There is no such file, nothing knows what it is, it is damaged, or it holds several regions and none of them is chosen.
    MissingDependency
        Its format needs an optional library.
    """
    called = Path(path).name if name is None else name
    found = read_all(path, name=name, declared=declared, repair=repair, check=check, largest=largest)
    return _chosen(found, called, region)


def read_all(
    path: str | Path,
    *,
    name: str | None = None,
    declared: Declared | None = None,
    repair: Sequence[str] = (),
    check: bool = True,
    largest: int = LARGEST,
) -> tuple[Measurement, ...]:
    """Read every region of a file; most files have one.

    Parameters
    ----------
    path : str or Path
    name, declared, repair, check, largest
        As for ``read``.

    Returns
    -------
    tuple of Measurement
        At least one, in the order of the file.

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
    return read_all_bytes(data, called, declared=declared, repair=repair, check=check, largest=largest)


def read_bytes(
    data: bytes,
    name: str = "bytes",
    *,
    region: str | None = None,
    declared: Declared | None = None,
    repair: Sequence[str] = (),
    check: bool = True,
    largest: int = LARGEST,
) -> Measurement:
    """Read the bytes of a file.

    Parameters
    ----------
    data : bytes
    name : str
        What messages and the source call it.
    region, declared, repair, check, largest
        As for ``read``.

    Returns
    -------
    Measurement

    Raises
    ------
    ReadError
        Nothing knows what they are, they are damaged, or they hold several regions and none of them is chosen.
    MissingDependency
        Their format needs an optional library.
    """
    return _chosen(read_all_bytes(data, name, declared=declared, repair=repair, check=check, largest=largest), name, region)


def read_all_bytes(
    data: bytes,
    name: str = "bytes",
    *,
    declared: Declared | None = None,
    repair: Sequence[str] = (),
    check: bool = True,
    largest: int = LARGEST,
) -> tuple[Measurement, ...]:
    """Read every region in the bytes of a file.

    Parameters
    ----------
    data : bytes
    name : str
        What messages and the source call it.
    declared, repair, check, largest
        As for ``read``.

    Returns
    -------
    tuple of Measurement
        At least one, in the order of the file.

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
        given = _opened(data, name, largest, declared)
        found = guarded(recognise(given), given)
        found = tuple(replace(one, source=replace(one.source, sha256=digest.result())) for one in found)
    if check:
        from dualion.readers.quality.checks import check as checked

        unchecked = found
        found = protected(name, "checks", lambda: tuple(checked(one) for one in unchecked))
    if repair:
        from dualion.readers.quality.repairs import repair as repaired

        found = tuple(repaired(one, repair) for one in found)
    return found


def sniff(data: bytes, name: str = "bytes", *, declared: Declared | None = None, largest: int = LARGEST) -> Format:
    """What some bytes are.

    Parameters
    ----------
    data : bytes
        All of a file.
    name : str
        For messages.
    declared : Declared, optional
        What the file does not say itself.
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

    return recognise(_opened(data, name, largest, declared))


def known_formats() -> tuple[Format, ...]:
    """Every format that can be read, in the order of recognition."""
    from dualion.readers.formats import formats

    return formats()


def _chosen(found: tuple[Measurement, ...], name: str, region: str | None) -> Measurement:
    """One region of a file."""
    from dualion.errors import ReadError

    regions = [one.region for one in found]
    if region is None:
        if len(found) == 1:
            return found[0]
        hint = f'Choose one with region="{regions[0]}", or read all of them.'
        raise ReadError(name, "regions", f"the file holds {len(found)} measurements: {', '.join(regions)}", hint)
    matching = [one for one in found if one.region.casefold() == region.strip().casefold()]
    if not matching:
        known = ", ".join(one or "one without a name" for one in regions)
        raise ReadError(name, "regions", f'there is no region "{region}"', f"The file holds {known}.")
    return matching[0]


def _opened(data: bytes, name: str, largest: int, declared: Declared | None) -> Given:
    """The bytes, taken out of their archive; their digest is set once they are read."""
    from dataclasses import replace

    from dualion.readers.archives import unpacked
    from dualion.readers.format import Declared, Given
    from dualion.readers.guard import protected

    if len(data) > largest:
        raise _too_large(name, len(data), largest)
    given = Given(name, data, "", declared or Declared())
    return protected(name, "", lambda: replace(unpacked(given, largest=largest), declared=given.declared))


def _too_large(name: str, size: int, largest: int) -> Exception:
    from dualion.errors import ReadError

    reason = f"it holds {size} byte, and {largest} are allowed"
    return ReadError(name, "start of file", reason, f"If it is meant, allow it with largest={size}.")
