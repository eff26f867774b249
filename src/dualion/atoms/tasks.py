"""Tasks: relaxations and single energies that are known by what goes into them, so that each is computed once.

The key of a task is the SHA-256 of its start (atoms sorted, positions to 1e-4 angstrom), charge, multiplicity, level, thresholds and the
version of the relaxation; no clock, host, user or path is in it. A record is plain data, and what follows from it is the same whether it
was computed a moment ago or read back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from time import process_time
from typing import Any, Protocol

import numpy as np

from dualion.atoms.engines.base import Engine
from dualion.atoms.engines.check import single_point
from dualion.atoms.relax import FMAX, MAX_STEPS, VERSION, Relaxed, relax
from dualion.atoms.structure import Site, Structure
from dualion.errors import ModelError

_DIGITS = 4  # decimals of a position [angstrom] in a key
_SINGLE_VERSION = 1  # of what is looked at before a single energy is believed: a change is another task


class TaskCache(Protocol):
    """Where finished tasks are kept."""

    def get(self, key: str) -> dict[str, Any] | None:
        """The record of a task; None where there is none."""

    def put(self, key: str, record: Mapping[str, Any]) -> None:
        """Keep a record."""

    def claim(self, key: str) -> bool:
        """Take a task for this process; False where another one works on it."""

    def release(self, key: str) -> None:
        """Give a task back."""


class MemoryCache:
    """Finished tasks of this process."""

    def __init__(self) -> None:
        self._records: dict[str, dict[str, Any]] = {}

    def get(self, key: str) -> dict[str, Any] | None:
        """The record of a task; None where there is none."""
        return self._records.get(key)

    def put(self, key: str, record: Mapping[str, Any]) -> None:
        """Keep a record."""
        self._records[key] = dict(record)

    def claim(self, key: str) -> bool:
        """Always True: nobody else can see the cache."""
        return key not in self._records

    def release(self, key: str) -> None:
        """Nothing to give back."""


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A relaxation to be done.

    Parameters
    ----------
    start : Structure
    engine : Engine
    fmax : float
        Largest force on an atom of a minimum [eV/angstrom].
    max_steps : int
        Energies to compute at most [1].
    """

    start: Structure
    engine: Engine
    fmax: float = FMAX
    max_steps: int = MAX_STEPS

    @property
    def key(self) -> str:
        """SHA-256 of everything that the outcome depends on, 64 hexadecimal digits."""
        content = {
            "kind": "relax",
            "atoms": _sorted_atoms(self.start),
            "charge": self.start.charge,
            "multiplicity": self.start.multiplicity,
            "level": self.engine.level.document(),
            "fmax": self.fmax,
            "max_steps": self.max_steps,
            "version": VERSION,
        }
        return _digest(content)


@dataclass(frozen=True, slots=True, eq=False)
class SinglePoint:
    """An energy to be computed of a structure as it stands.

    Parameters
    ----------
    structure : Structure
    engine : Engine
    """

    structure: Structure
    engine: Engine

    @property
    def key(self) -> str:
        """SHA-256 of everything that the outcome depends on, 64 hexadecimal digits."""
        content = {
            "kind": "single-point",
            "atoms": _sorted_atoms(self.structure),
            "charge": self.structure.charge,
            "multiplicity": self.structure.multiplicity,
            "level": self.engine.level.document(),
            "version": _SINGLE_VERSION,
        }
        return _digest(content)


#: What a worker can be given.
Job = Task | SinglePoint


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def _sorted_atoms(structure: Structure) -> list[list[Any]]:
    """Atoms in an order that does not depend on the one given: parts by name and place, atoms of a part by element and place."""
    rounded = np.round(structure.positions, _DIGITS) + 0.0  # no minus zero
    pieces = []
    for part, label in enumerate(structure.labels):
        atoms = sorted(
            [int(structure.numbers[atom]), *(f"{value:.{_DIGITS}f}" for value in rounded[atom])] for atom in structure.atoms_of(part)
        )
        pieces.append([label, atoms])
    return sorted(pieces)


def perform(task: Job) -> dict[str, Any]:
    """Do a task.

    Parameters
    ----------
    task : Task or SinglePoint

    Returns
    -------
    dict
        The record, plain data.
    """
    begun = process_time()
    if isinstance(task, SinglePoint):
        ended = _energy_of(task)
    else:
        ended = relax(task.start, task.engine, fmax=task.fmax, max_steps=task.max_steps)
    return {**record_of(ended), "cpu_s": round(process_time() - begun, 2)}


def _energy_of(task: SinglePoint) -> Relaxed:
    """A single energy in the form of a relaxation of no step: accepted where the engine gave one that is believed."""
    try:
        found = single_point(task.structure, task.engine)
    except ModelError:
        return Relaxed("scf", task.structure, None, None, None, 0)
    return Relaxed("accepted", task.structure, found.energy, found.gap, None, 1)


def record_of(ended: Relaxed) -> dict[str, Any]:
    """A relaxed structure as plain data."""
    return {
        "outcome": ended.outcome,
        "energy_eV": None if ended.energy is None else round(ended.energy, 8),
        "gap_eV": None if ended.gap is None else round(ended.gap, 4),
        "fmax": None if ended.fmax is None else round(ended.fmax, 4),
        "steps": ended.steps,
        **structure_document(ended.structure),
    }


def structure_document(structure: Structure) -> dict[str, Any]:
    """A structure as plain data, positions to 1e-6 angstrom."""
    site = structure.site
    return {
        "charge": structure.charge,
        "multiplicity": structure.multiplicity,
        "labels": list(structure.labels),
        "parts": [int(value) for value in structure.parts],
        "numbers": [int(value) for value in structure.numbers],
        "positions": [[round(float(value), 6) for value in row] for row in structure.positions],
        "site": None if site is None else {"atom": site.atom, "outward": list(site.outward), "mode": site.mode},
    }


def structure_from(document: Mapping[str, Any]) -> Structure:
    """The structure of a document."""
    site = document["site"]
    return Structure(
        numbers=np.array(document["numbers"], dtype=np.int64),
        positions=np.array(document["positions"], dtype=np.float64).reshape(-1, 3),
        charge=int(document["charge"]),
        multiplicity=int(document["multiplicity"]),
        labels=tuple(document["labels"]),
        parts=np.array(document["parts"], dtype=np.int64),
        site=None if site is None else Site(int(site["atom"]), (site["outward"][0], site["outward"][1], site["outward"][2]), site["mode"]),
    )


def relaxed_from(record: Mapping[str, Any]) -> Relaxed:
    """What a record says."""
    return Relaxed(record["outcome"], structure_from(record), record["energy_eV"], record["gap_eV"], record["fmax"], int(record["steps"]))
