"""The grammar of VAMAS (ISO 14976): a header, and blocks of one value a line in a fixed order.

    header    identifier, institution, instrument, operator, experiment; comment; modes; counts; experimental variables;
              list of block items that are written anew in each block; number of blocks
    block     items 1 to 40 (those that the list leaves out are the same as in the first block), number of ordinate values,
              least and greatest value of each variable, ordinates of all variables in turn
    end       "end of experiment"

In a REGULAR scan the abscissa is a start and a step; in an IRREGULAR one it is the first of the variables. The value 1E+37 says that
something is not known. Whatever has another count than the file says is refused: where one line is missing, every later line would be taken
for its neighbour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualion.errors import ReadError
from dualion.readers.format import Given

#: First line of every file.
IDENTIFIER = "VAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4"
_END = "end of experiment"
_UNKNOWN = 1e36  # values beyond it stand for "not known"
_MOST = 100_000  # lines, blocks or variables that a count may ask for
_ITEMS = 40
_MAPS, _DEPTHS, _REGIONS = ("MAP", "MAPDP"), ("MAPDP", "MAPSVDP", "SDP", "SDPSV"), ("MAP", "MAPDP", "NORM", "SDP")
_VIEWS, _LINES = ("MAP", "MAPDP", "MAPSV", "MAPSVDP", "SEM"), ("MAPSV", "MAPSVDP", "SEM")
_PARTICLES = ("FABMS", "FABMS energy spec", "ISS", "SIMS", "SIMS energy spec", "SNMS", "SNMS energy spec")
_SPUTTERED = ("AES diff", "AES dir", "EDX", "ELS", "UPS", "XPS", "XRF")
_AGAIN = "Copy or export the file anew."


@dataclass(frozen=True, slots=True)
class Block:
    """One spectrum of a file, as it is written.

    Parameters
    ----------
    name, sample : str
    comment : tuple of str
    technique : str
    source_energy : float or None
        [eV] of the analysing radiation.
    pass_energy, work_function : float or None
        [eV]
    source, species, transition : str
    abscissa, abscissa_unit : str
    x : ndarray, shape (n,)
        In the unit of the abscissa.
    variables : tuple of tuple of str, str, ndarray of shape (n,)
        Name, unit and values, in that [unit], of each variable but the abscissa.
    collection_time : float or None
        [s] for each scan and point.
    scans : int
        [1] that were summed.
    """

    name: str
    sample: str
    comment: tuple[str, ...]
    technique: str
    source: str
    source_energy: float | None
    pass_energy: float | None
    work_function: float | None
    species: str
    transition: str
    abscissa: str
    abscissa_unit: str
    x: NDArray[np.float64]
    variables: tuple[tuple[str, str, NDArray[np.float64]], ...]
    collection_time: float | None
    scans: int


@dataclass(frozen=True, slots=True)
class Content:
    """The blocks of a file.

    Parameters
    ----------
    instrument : str
    blocks : tuple of Block
    ended : bool
        Whether the file has its last line.
    """

    instrument: str
    blocks: tuple[Block, ...]
    ended: bool


@dataclass(slots=True)
class _Lines:
    """The lines of a file, one after the other."""

    given: Given
    lines: list[str]
    ended: bool
    skipped: int
    at: int = 0

    def error(self, reason: str, hint: str = _AGAIN) -> ReadError:
        return ReadError(self.given.name, f"line {self.at + self.skipped}", reason, hint)

    def text(self) -> str:
        if self.at >= len(self.lines):
            self.at += 1
            raise self.error("the file ends here, and says that more follows")
        self.at += 1
        return self.lines[self.at - 1].strip()

    def number(self) -> float:
        word = self.text()
        if self.at == len(self.lines) and not self.ended:
            raise self.error("the file ends within this line")
        try:
            value = float(word)
        except ValueError:
            raise self.error(f'"{word[:40]}" stands where a number is due, so a count before it is wrong') from None
        if not np.isfinite(value):
            raise self.error(f'"{word[:40]}" is not a finite number')
        return value

    def known(self) -> float | None:
        value = self.number()
        return None if abs(value) > _UNKNOWN else value

    def count(self, least: int = 0) -> int:
        value = self.number()
        if value != int(value) or not least <= value <= _MOST:
            raise self.error(f"{value:g} is not a count of what follows")
        return int(value)

    def texts(self, many: int) -> tuple[str, ...]:
        if self.at + many > len(self.lines):
            raise self.error(f"{many} lines are announced, and the file holds {len(self.lines) - self.at} more")
        return tuple(self.text() for _ in range(many))


def content_of(given: Given, text: str) -> Content:
    """Parse a file.

    Parameters
    ----------
    given : Given
        For messages.
    text : str
        With line feeds; blank lines may stand before the identifier.

    Returns
    -------
    Content

    Raises
    ------
    ReadError
        A count does not fit, the file is cut, or it is a map.
    """
    body = text.lstrip("\n\r\t ")
    skipped = text[: len(text) - len(body)].count("\n")
    lines = body.split("\n")
    ended = lines[-1] == ""
    while lines and not lines[-1].strip():
        lines.pop()
    reader = _Lines(given, lines, ended, skipped)
    header = _header(reader)
    first: dict[str, Any] = {}
    blocks = []
    for _ in range(header["blocks"]):
        found = _block(reader, header, first)
        first = first or found
        blocks.append(_spectrum(reader, found))
    rest = [line.strip() for line in lines[reader.at :]]
    if rest and not _END.startswith(rest[0].lower()):
        reader.at += 1
        raise reader.error(f'"{rest[0][:40]}" stands where the file should end, so a count before it is wrong')
    return Content(header["instrument"], tuple(blocks), bool(rest) and rest[0].lower() == _END)


def _header(lines: _Lines) -> dict[str, Any]:
    """What holds for all blocks."""
    if lines.text() != IDENTIFIER:
        raise lines.error("the first line is not that of VAMAS")
    _, instrument, _, _ = lines.texts(4)
    lines.texts(lines.count())
    mode, scan = lines.texts(2)
    if scan.upper() not in ("REGULAR", "IRREGULAR"):
        raise lines.error(f'a scan of the kind "{scan[:20]}" is not a spectrum', "Export spectra, not maps.")
    if mode in _REGIONS:
        lines.count()
    if mode in _MAPS:
        for _ in range(3):
            lines.count()
    variables = lines.count()
    lines.texts(2 * variables)
    listed = int(lines.number())
    if abs(listed) > _ITEMS:
        raise lines.error(f"{listed} is not a count of block items")
    named = {lines.count(1) for _ in range(abs(listed))}
    manual = lines.count()
    for _ in range(manual):
        lines.number()
    lines.texts(lines.count())
    future = lines.count()
    return {
        "instrument": instrument,
        "mode": mode,
        "regular": scan.upper() == "REGULAR",
        "variables": variables,
        "anew": (lambda item: item in named) if listed > 0 else (lambda item: item not in named),
        "future": future,
        "blocks": lines.count(1),
    }


def _block(lines: _Lines, header: dict[str, Any], first: dict[str, Any]) -> dict[str, Any]:
    """Items of one block by name, and its ordinates."""
    found: dict[str, Any] = {"name": lines.text(), "sample": lines.text()}
    for item, name, read in _items(lines, header, found):
        found[name] = read() if not first or header["anew"](item) else first[name]
    lines.texts(header["future"])
    values = lines.count(1)
    names = found["variables"]
    if not names or values % len(names):
        raise lines.error(f"{values} values do not divide into {len(names)} variables")
    for _ in names:
        lines.number()
        lines.number()
    found["values"] = _ordinates(lines, values, len(names))
    found["regular"] = header["regular"]
    return found


def _items(lines: _Lines, header: dict[str, Any], found: dict[str, Any]) -> Iterator[tuple[int, str, Callable[[], Any]]]:
    """Number, name and reading of the items that a block of this kind has, in their order."""

    def numbers(many: int) -> Callable[[], tuple[float, ...]]:
        return lambda: tuple(lines.number() for _ in range(many))

    mode = header["mode"]
    yield from ((item, f"date_{item}", numbers(1)) for item in range(1, 8))
    yield 8, "comment", lambda: lines.texts(lines.count())
    yield 9, "technique", lines.text
    if mode in _MAPS:
        yield 10, "position", numbers(2)
    yield 11, "experiment", lambda: lines.texts(header["variables"])
    yield 12, "source", lines.text
    particles = found["technique"] in _PARTICLES
    if mode in _DEPTHS or particles:
        yield 13, "ion", lambda: lines.texts(3)
    yield 14, "source_energy", lines.known
    yield 15, "strength", numbers(1)
    yield 16, "beam", numbers(2)
    if mode in _VIEWS:
        yield 17, "view", numbers(2)
    if mode in _LINES:
        yield 18, "linescan", numbers(6)
    yield from _analyser_items(lines, header, found, numbers)


def _analyser_items(
    lines: _Lines, header: dict[str, Any], found: dict[str, Any], numbers: Callable[[int], Callable[[], Any]]
) -> Iterator[tuple[int, str, Callable[[], Any]]]:
    """Items from the angles of the source on."""
    yield from ((item, f"angle_{item}", numbers(1)) for item in (19, 20))
    yield 21, "analyser", lines.text
    yield 22, "pass_energy", lines.known
    if found["technique"] == "AES diff":
        yield 23, "differential", numbers(1)
    yield 24, "magnification", numbers(1)
    yield 25, "work_function", lines.known
    yield 26, "bias", numbers(1)
    yield 27, "width", numbers(2)
    yield 28, "take_off", numbers(2)
    yield 29, "species", lines.text
    yield 30, "transition", lambda: lines.texts(2)
    if header["regular"]:
        yield 31, "abscissa", lambda: (lines.text(), lines.text(), lines.number(), lines.number())
    yield 32, "variables", lambda: [(lines.text(), lines.text()) for _ in range(lines.count(1))]
    yield 33, "signal", lines.text
    yield 34, "collection_time", lines.known
    yield 35, "scans", lambda: lines.count(1)
    yield 36, "time_correction", numbers(1)
    if header["mode"] in _DEPTHS and found["technique"] in _SPUTTERED:
        yield 37, "sputtering", lambda: lines.texts(7)
    yield 38, "tilt", numbers(2)
    yield 39, "rotation", numbers(1)
    yield 40, "more", lambda: [(lines.text(), lines.text(), lines.number()) for _ in range(lines.count())]


def _ordinates(lines: _Lines, values: int, variables: int) -> NDArray[np.float64]:
    """Values of all variables, shape (rows, variables)."""
    start = lines.at
    part = lines.lines[start : start + values]
    if len(part) < values or (start + values == len(lines.lines) and not lines.ended):
        lines.at = len(lines.lines)
        raise lines.error(f"{values} values are announced, and the file ends before them")
    try:
        found = np.array(part, dtype=np.float64)
    except ValueError:
        for _ in part:
            lines.number()
        raise lines.error("these values are not numbers") from None
    lines.at = start + values
    if not np.isfinite(found).all():
        lines.at = start + int(np.flatnonzero(~np.isfinite(found))[0]) + 1
        raise lines.error("this value is not finite")
    return found.reshape(-1, variables)


def _spectrum(lines: _Lines, found: dict[str, Any]) -> Block:
    """A block with its abscissa."""
    values, names = found["values"], list(found["variables"])
    if found["regular"]:
        label, unit, start, step = found["abscissa"]
        x = start + step * np.arange(values.shape[0], dtype=np.float64)
    else:
        (label, unit), names, x, values = names[0], names[1:], values[:, 0], values[:, 1:]
        if not names:
            raise lines.error("the block has an abscissa and no ordinate")
    variables = tuple((name, unit_of, values[:, k]) for k, (name, unit_of) in enumerate(names))
    return Block(
        name=found["name"], sample=found["sample"], comment=found["comment"], technique=found["technique"], source=found["source"],
        source_energy=found["source_energy"], pass_energy=found["pass_energy"], work_function=found["work_function"],
        species=found["species"], transition=found["transition"][0], abscissa=label, abscissa_unit=unit, x=x, variables=variables,
        collection_time=found["collection_time"], scans=found["scans"],
    )  # fmt: skip
