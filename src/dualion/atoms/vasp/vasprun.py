"""vasprun.xml, read as it streams by: one ionic step is held at a time, eigenvalues and densities of states are passed over.

A file of a run that was killed is read up to its last complete ionic step. Document types and entities are refused, as is whatever grows
beyond reason: the file, the depth of its elements, the text of one of them, a piece of markup that does not end.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from dualion.atoms.structure import Floats
from dualion.atoms.vasp.run import Run, element_of, potential_name
from dualion.errors import ReadError

LARGEST: Final = 4 * 1024**3  # [byte]
_ENCODING = "ISO-8859-1"  # VASP writes no other, so that what the file says of it is not believed
_CHUNK = 1024**2  # [byte]
_LONGEST_TOKEN = 8 * _CHUNK  # [byte] of markup that does not end
_LONGEST_TEXT = 1024**2  # [1] characters of one value
_MOST_ROWS = 1_000_000  # [1] of one table: atoms or k points
_MOST_TAGS = 10_000  # [1]
_DEEPEST = 40  # [1] elements within each other
_WHOLE = True  # nothing follows
#: Long tables that hold nothing of the energy.
_PASSED_OVER = frozenset(("eigenvalues", "dos", "projected", "projected_kpoints_opt", "eigenvalues_kpoints_opt", "dielectricfunction"))
_TABLES = frozenset(("basis", "positions", "selective", "forces", "kpointlist", "weights"))
_ENERGIES = frozenset(("e_fr_energy", "e_0_energy"))
_VALUES = frozenset(("i", "v", "c"))
_ANEW = "Copy the file anew, or run VASP again."
_RENAMED = {"ENMAX": "ENCUT"}


@dataclass(slots=True)
class _Step:
    """An ionic step while it streams by; numbers stay text until the last one is known."""

    electronic_steps: int = 0
    electronic: dict[str, str] = field(default_factory=dict)
    ionic: dict[str, str] = field(default_factory=dict)
    tables: dict[str, list[str]] = field(default_factory=dict)


class _Stream:
    def __init__(self, file: str) -> None:
        self.file = file
        self.tags: dict[str, str] = {}
        self.asked: dict[str, str] = {}
        self.program = ""
        self.atoms: dict[str, list[list[str]]] = {"atoms": [], "atomtypes": []}
        self.mesh: dict[str, list[str]] = {}
        self.start_tables: dict[str, list[str]] = {}
        self.step, self.done, self.count, self.finished = _Step(), _Step(), 0, False
        self.path: list[str] = []
        self.names: list[str] = []
        self.text: list[str] = []
        self.length = self.passed = 0
        self.rows: list[str] = []
        self.cells: list[str] = []
        self.parser = expat.ParserCreate(_ENCODING)
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.EntityDeclHandler = self.refuse
        self.parser.ExternalEntityRefHandler = self.refuse

    def error(self, reason: str) -> ReadError:
        return ReadError(self.file, f"line {self.parser.CurrentLineNumber}", reason, _ANEW)

    def refuse(self, *_: object) -> int:
        raise self.error("the file declares a document type or an entity, which VASP never writes")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.path) >= _DEEPEST:
            raise self.error(f"it has more than {_DEEPEST} elements within each other")
        self.path.append(tag)
        self.names.append(attributes.get("name", ""))
        if tag in _VALUES:
            self.text, self.length = [], 0
            self.parser.CharacterDataHandler = self.characters
        elif tag in _PASSED_OVER:
            self.passed = 1
            self.parser.StartElementHandler, self.parser.EndElementHandler = self.deeper, self.shallower
        elif tag == "varray":
            self.rows = []
        elif tag == "rc":
            self.cells = []
        elif tag == "scstep":
            self.step.electronic = {}
        elif tag == "calculation":
            self.step = _Step()

    def deeper(self, _: str, __: dict[str, str]) -> None:
        self.passed += 1
        if self.passed > _DEEPEST:
            raise self.error(f"it has more than {_DEEPEST} elements within each other")

    def shallower(self, tag: str) -> None:
        self.passed -= 1
        if not self.passed:
            self.parser.StartElementHandler, self.parser.EndElementHandler = self.start, self.end
            self.end(tag)

    def characters(self, text: str) -> None:
        self.length += len(text)
        if self.length > _LONGEST_TEXT:
            raise self.error(f"one value is longer than {_LONGEST_TEXT} characters")
        self.text.append(text)

    def end(self, tag: str) -> None:
        self.path.pop()
        name = self.names.pop()
        if tag in _VALUES:
            self.parser.CharacterDataHandler = None
            self.value(tag, name, "".join(self.text).strip())
        elif tag == "varray":
            self.table(name, self.rows)
        elif tag == "rc" and len(self.names) > 2 and self.names[-2] in self.atoms:
            self.atoms[self.names[-2]].append(self.cells)
        elif tag == "scstep":
            self.step.electronic_steps += 1
        elif tag == "calculation":
            self.done, self.count = self.step, self.count + 1
        elif tag == "modeling":
            self.finished = True

    def value(self, tag: str, name: str, text: str) -> None:
        if len(self.rows) > _MOST_ROWS or len(self.atoms["atoms"]) > _MOST_ROWS or len(self.tags) + len(self.asked) > _MOST_TAGS:
            raise self.error(f"it has more than {_MOST_ROWS} rows in one table, or more than {_MOST_TAGS} tags")
        within = self.path[-1] if self.path else ""
        if tag == "c":
            self.cells.append(text)
        elif within == "varray":
            self.rows.append(text)
        elif within == "energy" and name in _ENERGIES and "calculation" in self.path:
            energies = self.step.electronic if "scstep" in self.path else self.step.ionic
            energies[name] = text
        elif "parameters" in self.path:
            self.tags[_RENAMED.get(name, name)] = text
        elif "incar" in self.path:
            self.asked[name] = text
        elif within == "generator" and name == "version":
            self.program = text

    def table(self, name: str, rows: list[str]) -> None:
        if name not in _TABLES:
            return
        if "calculation" in self.path:
            self.step.tables[name] = rows
        elif "kpoints" in self.path:
            self.mesh[name] = rows
        elif "initialpos" in self.names:
            self.start_tables[name] = rows


def read_vasprun(path: Path) -> Run:
    """Read a vasprun.xml.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Run
        At the last complete ionic step; not complete where the file was cut.

    Raises
    ------
    ReadError
        No complete ionic step, a file that is none of VASP, or one that is made to do harm.
    """
    stream, digest = _Stream(str(path)), hashlib.sha256()
    reason = ""
    try:
        with path.open("rb") as file:
            if path.stat().st_size > LARGEST:
                raise ReadError(str(path), "its size", f"it is larger than {LARGEST} bytes", "Give the OUTCAR instead.")
            read = 0
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                stream.parser.Parse(chunk, not _WHOLE)
                read += len(chunk)
                if read - stream.parser.CurrentByteIndex > _LONGEST_TOKEN:
                    raise stream.error(f"a piece of markup is longer than {_LONGEST_TOKEN} bytes")
            stream.parser.Parse(b"", _WHOLE)
    except expat.ExpatError as problem:
        reason = f"line {problem.lineno}: {expat.ErrorString(problem.code)}"
    except OSError as problem:
        raise ReadError(str(path), "the file", f"it cannot be opened ({problem.strerror})") from None
    return _run(stream, reason, digest.hexdigest())


def _run(stream: _Stream, reason: str, sha256: str) -> Run:
    if not stream.count:
        said = reason or "it ends before one"
        raise ReadError(stream.file, "its end", f"it holds no complete ionic step ({said})", "Wait for VASP, or run it again.")
    step = stream.done
    symbols, titles = _atoms(stream)
    lattice = _required(stream, step.tables.get("basis") or stream.start_tables.get("basis"), "lattice", 3)
    fractional = _required(stream, step.tables.get("positions") or stream.start_tables.get("positions"), "positions", len(symbols))
    return Run(
        file=stream.file,
        program=stream.program,
        complete=stream.finished and not reason,
        ionic_steps=stream.count,
        electronic_steps=step.electronic_steps,
        # the tags that VASP used, and those of the INCAR that it does not repeat
        tags=stream.asked | stream.tags,
        electronic=_number(step.electronic.get("e_0_energy")),
        electronic_free=_number(step.electronic.get("e_fr_energy")),
        # of the ionic block only the free energy means the same in every version of VASP
        ionic_free=_number(step.ionic.get("e_fr_energy")),
        symbols=symbols,
        titles=titles,
        lattice=lattice,
        kpoints=_mesh(stream.mesh),
        positions=fractional @ lattice,
        forces=_numbers(step.tables.get("forces"), len(symbols)),
        held=_held(stream.start_tables.get("selective"), len(symbols)),
        reason=reason,
        sha256=sha256,
    )


def _atoms(stream: _Stream) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    symbols = tuple(row[0] for row in stream.atoms["atoms"] if row)
    titles = []
    for row in stream.atoms["atomtypes"]:
        title = " ".join(row[-1].split()) if row else ""
        titles.append((element_of(potential_name(title)), title))
    if not symbols or not titles:
        raise ReadError(stream.file, "atominfo", "it lists no atoms", _ANEW)
    return symbols, tuple(titles)


def _required(stream: _Stream, rows: list[str] | None, what: str, count: int) -> Floats:
    found = _numbers(rows, count)
    if found is None:
        raise ReadError(stream.file, what, f"it has no {count} rows of three numbers", _ANEW)
    return found


def _numbers(rows: list[str] | None, count: int, width: int = 3) -> Floats | None:
    """Rows of numbers; None where one was not printed (asterisks) or the shape is another."""
    try:
        found = np.array([row.split() for row in rows or ()], dtype=np.float64)
    except ValueError:
        return None
    return found if found.shape == (count, width) and bool(np.all(np.isfinite(found))) else None


def _mesh(tables: dict[str, list[str]]) -> Floats:
    points = tables.get("kpointlist", [])
    places, weights = _numbers(points, len(points)), _numbers(tables.get("weights"), len(points), 1)
    return np.zeros((0, 4)) if places is None or weights is None else np.hstack([places, weights])


def _held(rows: list[str] | None, count: int) -> NDArray[np.bool_] | None:
    if rows is None or len(rows) != count or any(len(row.split()) != 3 for row in rows):
        return None
    return np.array([[word.upper().startswith("F") for word in row.split()] for row in rows])


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if np.isfinite(value) else None
