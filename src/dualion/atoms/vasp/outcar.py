"""OUTCAR, read line by line to its last complete ionic step.

It has what vasprun.xml has, positions to five decimals, and beside it the terms that VASP adds once the electrons have converged.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from dualion.atoms.structure import Floats
from dualion.atoms.vasp.run import Run, element_of, potential_name
from dualion.atoms.vasp.tags import LEVEL
from dualion.errors import ReadError

LARGEST: Final = 8 * 1024**3  # [byte]
_LONGEST_LINE = 64 * 1024  # [byte]
_HEAD = 50  # [1] lines within which VASP names itself
_MOST_ATOMS = 100_000  # [1]
_ANEW = "Copy the file anew, or run VASP again."
_STATED = ("NELM", "NSW", "EDIFF", "EDIFFG", "IBRION", "NELECT", "NUPDOWN")
_TAG = re.compile(rf"\b({'|'.join((*LEVEL, *_STATED))})\s*=\s*([^\s;]+)")
_VERSION = re.compile(r"^\s*vasp\.(\S+)")
_ITERATION = re.compile(r"Iteration\s+\d+\(\s*(\d+)\)")
_NUMBER = r"=?\s*(-?\d+\.\d+)"
_TOTAL = re.compile(rf"TOTEN\s*{_NUMBER}")
_SIGMA = re.compile(rf"energy\(sigma->0\)\s*{_NUMBER}")
_DISPERSION = re.compile(r"Edisp \(eV\)\s*:?\s*(-?\d+\.\d+)")
_CORRECTION = re.compile(r"(?:energy correction for charged system|dipol\+quadrupol energy correction)\s+(-?\d+\.\d+)")


@dataclass(slots=True)
class _Step:
    electronic_steps: int = 0
    electronic: float | None = None
    electronic_free: float | None = None
    ionic_free: float | None = None
    converged: bool = False
    dispersion: float | None = None
    multipole: list[float] = field(default_factory=list)
    table: Floats | None = None

    @property
    def corrections(self) -> dict[str, float]:
        """Terms that VASP printed beside the electronic energy [eV]."""
        found = {} if self.dispersion is None else {"dispersion": self.dispersion}
        # the last two, of the charge and of the dipole, are those of the converged electrons
        return found | ({"multipole": sum(self.multipole[-2:])} if self.multipole else {})


@dataclass(slots=True)
class _Reading:
    file: str
    program: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    counts: tuple[int, ...] = ()
    lattice: Floats | None = None
    kpoints: list[list[float]] = field(default_factory=list)
    step: _Step = field(default_factory=_Step)
    done: _Step | None = None
    count: int = 0
    begun: bool = False
    finished: bool = False

    def line(self, line: str, lines: Iterator[str]) -> None:
        """Take one line, and those that belong to it."""
        if self.begun:
            self.electronic(line)
        else:
            self.header(line, lines)
        if "direct lattice vectors" in line:
            self.lattice = _table(lines, 3, 3)
        elif "TOTAL-FORCE" in line:
            next(lines, "")
            self.step.table = _table(lines, sum(self.counts), 6)
        elif "free  energy   TOTEN" in line:
            self.step.ionic_free = _float(_TOTAL.search(line))
            self.done, self.count = replace(self.step), self.count + 1
        elif "General timing and accounting" in line:
            self.finished = True
        if "- Iteration" in line and (found := _ITERATION.search(line)):
            if int(found[1]) == 1:
                self.step = _Step()
            self.begun, self.step.electronic_steps = True, int(found[1])

    def header(self, line: str, lines: Iterator[str]) -> None:
        """A line before the first iteration."""
        if "TITEL" in line:
            self.titles.append(" ".join(line.partition("=")[2].split()))
        elif line.startswith(" POTCAR:"):
            self.listed.append(" ".join(line.partition(":")[2].split()))
        elif "ions per type" in line:
            self.counts = tuple(int(word) for word in line.partition("=")[2].split() if word.isdecimal())
        elif "k-points in reciprocal lattice and weights" in line:
            self.kpoints = _points(lines)
        elif "=" in line:
            self.tags.update((found[1], found[2]) for found in _TAG.finditer(line))

    def electronic(self, line: str) -> None:
        """A line of the electronic loop, or of what follows it."""
        step = self.step
        if "free energy    TOTEN" in line:
            step.electronic_free = _float(_TOTAL.search(line))
        elif "energy without entropy =" in line:
            step.electronic = _float(_SIGMA.search(line))
        elif "aborting loop because EDIFF is reached" in line:
            step.converged = True
        elif found := _CORRECTION.search(line):
            step.multipole.append(float(found[1]))
        elif found := _DISPERSION.search(line):
            step.dispersion = float(found[1])
        elif "IVDW" in line and (found := _TAG.search(line)):
            self.tags["IVDW"] = found[2]


def read_outcar(path: Path) -> Run:
    """Read an OUTCAR.

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
        No complete ionic step, or no OUTCAR.
    """
    reading, digest = _Reading(str(path)), hashlib.sha256()
    try:
        with path.open("rb") as file:
            if path.stat().st_size > LARGEST:
                raise ReadError(str(path), "its size", f"it is larger than {LARGEST} bytes", "Give the vasprun.xml instead.")
            lines = _lines(file, str(path), digest.update)
            for number, line in enumerate(lines):
                if not reading.program:
                    reading.program = found[1] if (found := _VERSION.match(line)) else ""
                    if number > _HEAD:
                        raise ReadError(str(path), f"line {number}", "it is no OUTCAR: no version of VASP stands in it", "Give an OUTCAR.")
                reading.line(line, lines)
    except OSError as problem:
        raise ReadError(str(path), "the file", f"it cannot be opened ({problem.strerror})") from None
    return _run(reading, digest.hexdigest())


def _lines(file: BinaryIO, name: str, update: object) -> Iterator[str]:
    while raw := file.readline(_LONGEST_LINE):
        update(raw)  # type: ignore[operator]
        if len(raw) == _LONGEST_LINE:
            raise ReadError(name, "a line", f"it is longer than {_LONGEST_LINE} bytes", _ANEW)
        yield raw.decode("latin-1")


def _run(reading: _Reading, sha256: str) -> Run:
    step = reading.done
    if step is None:
        raise ReadError(reading.file, "its end", "it holds no complete ionic step", "Wait for VASP, or run it again.")
    titles = reading.titles or list(dict.fromkeys(reading.listed))
    elements = [element_of(potential_name(title)) for title in titles]
    if not elements or len(elements) != len(reading.counts):
        raise ReadError(reading.file, "ions per type", "the potentials and the counts of atoms do not fit", _ANEW)
    if reading.lattice is None or step.table is None:
        raise ReadError(reading.file, "POSITION", "the cell or the positions of the last ionic step cannot be read", _ANEW)
    forces = step.table[:, 3:]
    return Run(
        file=reading.file,
        program=reading.program,
        complete=reading.finished,
        ionic_steps=reading.count,
        electronic_steps=step.electronic_steps,
        tags=reading.tags,
        electronic=step.electronic,
        electronic_free=step.electronic_free,
        ionic_free=step.ionic_free,
        symbols=tuple(element for element, count in zip(elements, reading.counts, strict=True) for _ in range(count)),
        titles=tuple(zip(elements, titles, strict=True)),
        lattice=reading.lattice,
        kpoints=np.array(reading.kpoints, dtype=np.float64).reshape(-1, 4),
        positions=step.table[:, :3],
        forces=forces if bool(np.all(np.isfinite(forces))) else None,
        corrections=step.corrections,
        says_converged=step.converged,
        reason="" if reading.finished else "it has no timing at its end",
        sha256=sha256,
    )


def _table(lines: Iterator[str], count: int, width: int) -> Floats | None:
    """The next lines as rows of numbers, asterisks as NaN; None where one is no such row."""
    if not 0 < count <= _MOST_ATOMS:
        return None
    rows = []
    for _ in range(count):
        words = next(lines, "").split()[:width]
        if len(words) < width:
            return None
        rows.append([float("nan") if "*" in word else float(word) for word in words if _is_number(word)])
    table = np.array(rows) if all(len(row) == width for row in rows) else None
    return table if table is not None and bool(np.all(np.isfinite(table[:, :3]))) else None


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return "*" in word
    return True


def _points(lines: Iterator[str]) -> list[list[float]]:
    found: list[list[float]] = []
    for line in lines:
        words = line.split()
        if len(words) != 4 or not all(_is_number(word) for word in words):
            break
        found.append([float(word) for word in words])
    return found


def _float(found: re.Match[str] | None) -> float | None:
    return None if found is None else float(found[1])
