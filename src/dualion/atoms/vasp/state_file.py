"""The file dualion.json: which state a VASP folder holds, and how its atoms were put in order.

VASP knows no state: it sees atoms in blocks of one species in a periodic cell. The file keeps the structure as it was, the permutation of
its atoms, the shift into the middle of the cell and the electrons that were asked for, so that a result can be held against them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from dualion.atoms.structure import SYMBOLS, Floats, Site, Structure
from dualion.atoms.vasp.potentials import FAMILY, potential_of
from dualion.atoms.vasp.settings import Settings
from dualion.errors import InputError, ReadError

STATE_FILE: Final = "dualion.json"
SCHEMA: Final = "dualion/vasp-state/1"
_LARGEST = 32 * 1024**2  # [byte]
_HINT = "Write the folder anew: dualion vasp write."


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """A structure as it was handed to VASP.

    Parameters
    ----------
    name : str
        Such as ``"oxN_zz + Na+(EC)3"``.
    structure : Structure
        In its own order and place.
    settings : Settings
    electrons : int
        Valence electrons that were asked for [1].
    shift : array of float, shape (3,)
        Added to each position, which puts the structure into the middle of the cell [angstrom].
    order : tuple of int
        Of each atom of the files its index in the structure [1].
    tags : mapping of str to str
        Of the INCAR.
    sha256 : mapping of str to str
        Of the files that were written, by name.
    key : str
        Digest of the file that held this; empty before it is written.
    """

    name: str
    structure: Structure
    settings: Settings
    electrons: int
    shift: Floats
    order: tuple[int, ...]
    tags: Mapping[str, str]
    sha256: Mapping[str, str] = field(default_factory=dict)
    key: str = ""

    @property
    def symbols(self) -> tuple[str, ...]:
        """Element of each atom in the order of the files."""
        return tuple(self.structure.symbols[index] for index in self.order)

    @property
    def potentials(self) -> dict[str, str]:
        """Potential of each element of the state."""
        return {element: potential_of(element, self.settings.potentials) for element in dict.fromkeys(self.symbols)}

    def in_cell(self) -> Floats:
        """Positions in the order of the files and in the cell, shape (n, 3) [angstrom]."""
        moved: Floats = (self.structure.positions + self.shift)[list(self.order)]
        return moved

    def restored(self, positions: Floats) -> Structure:
        """The structure at positions of a file: order and shift undone, atoms that left the cell on one side brought back.

        Parameters
        ----------
        positions : array of float, shape (n, 3)
            In the order of the file and in the cell [angstrom].

        Returns
        -------
        Structure
        """
        start, box = self.in_cell(), self.settings.box
        whole = positions - box * np.round((positions - start) / box)
        back = np.empty_like(whole)
        back[list(self.order)] = whole - self.shift
        return self.structure.moved(back)

    def undone(self, values: Floats) -> Floats:
        """Values of each atom in the order of the structure, in the unit of ``values``."""
        back = np.empty_like(values)
        back[list(self.order)] = values
        return back


def state_text(state: State) -> str:
    """The file of a state."""
    structure, site = state.structure, state.structure.site
    document = {
        "schema": SCHEMA,
        "name": state.name,
        "charge": structure.charge,
        "multiplicity": structure.multiplicity,
        "electrons": state.electrons,
        "symbols": list(structure.symbols),
        "positions_angstrom": structure.positions.tolist(),
        "labels": list(structure.labels),
        "parts": structure.parts.tolist(),
        "site": None if site is None else {"atom": site.atom, "outward": list(site.outward), "mode": site.mode},
        "box_angstrom": state.settings.box,
        "cutoff_eV": state.settings.cutoff,
        "variant": state.settings.variant,
        "spin": state.settings.spin,
        "family": FAMILY,
        "potentials": state.potentials,
        "shift_angstrom": state.shift.tolist(),
        "permutation": list(state.order),
        "tags": dict(state.tags),
        "sha256": dict(sorted(state.sha256.items())),
    }
    lines = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}" for key, value in document.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read_state(folder: Path) -> State | None:
    """The state of a folder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    State or None
        None where the folder has no such file.

    Raises
    ------
    ReadError
        The file is there and cannot be understood.
    """
    path = folder / STATE_FILE
    try:
        if path.stat().st_size > _LARGEST:
            raise ReadError(str(path), "its size", f"it is larger than {_LARGEST} bytes", _HINT)
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise ReadError(str(path), "the file", f"it cannot be opened ({problem.strerror})") from None
    try:
        return _state(json.loads(content), hashlib.sha256(content).hexdigest())
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, InputError) as problem:
        raise ReadError(str(path), "its content", f"it is not what dualion wrote ({type(problem).__name__}: {problem})", _HINT) from None


def _state(found: dict[str, Any], key: str) -> State:
    if found["schema"] != SCHEMA:
        raise ValueError("another version")
    numbers = np.array([SYMBOLS.index(symbol) for symbol in found["symbols"]], dtype=np.int64)
    count = len(numbers)
    order = tuple(int(index) for index in found["permutation"])
    if sorted(order) != list(range(count)):
        raise ValueError("its permutation does not name each atom once")
    site = found["site"]
    structure = Structure(
        numbers=numbers,
        positions=np.array(found["positions_angstrom"], dtype=np.float64).reshape(count, 3),
        charge=int(found["charge"]),
        multiplicity=int(found["multiplicity"]),
        labels=tuple(str(label) for label in found["labels"]),
        parts=np.array(found["parts"], dtype=np.int64),
        site=None if site is None else Site(int(site["atom"]), _three(site["outward"]), str(site["mode"])),
    )
    box, cutoff = float(found["box_angstrom"]), float(found["cutoff_eV"])
    settings = Settings(box, cutoff, str(found["variant"]), str(found["spin"]), _words(found["potentials"]))
    shift = np.array(_three(found["shift_angstrom"]))
    words, digests = _words(found["tags"]), _words(found["sha256"])
    for value in (words["ENCUT"], words["EDIFF"], words["EDIFFG"], words.get("NUPDOWN", "0")):
        float(value)  # an output is held against these
    return State(str(found["name"]), structure, settings, int(found["electrons"]), shift, order, words, digests, key)


def _three(values: Any) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return (x, y, z)


def _words(table: Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in table.items()}
