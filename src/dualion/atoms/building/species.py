"""Solvents and ions: formula, donor atom and geometry.

Ethylene carbonate and its relatives come with geometries of our own (GFN1-xTB minima); any other solvent is given by its SMILES, whose
first geometries RDKit makes with a fixed seed. A user writes ``EC``, ``EC=4`` for four of them, or ``THF:C1CCOC1=2`` for two of a solvent
that is not part of the package.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from dualion.atoms.electrons import lowest_multiplicity
from dualion.atoms.structure import SYMBOLS, Floats, Structure
from dualion.errors import SpecError

IONS = {"Li": 1, "Na": 1, "K": 1}  # [e] charge that each brings
MOST_OF_A_KIND = 6  # [1] solvents of one name around an ion
_BOUND = 1.25  # [1] the donor is bound to atoms nearer than this times the sum of their covalent radii
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,15}")
_COUNT = re.compile(r"\d{1,3}")
_RESERVED = ("carbon", *IONS)  # names of the other parts of a structure


@dataclass(frozen=True, slots=True)
class Solvent:
    """A molecule that binds an ion with one donor atom.

    Parameters
    ----------
    name : str
        Short name, such as ``"EC"``.
    smiles : str
    symbols : tuple of str
    conformers : tuple of tuple of (float, float, float)
        Positions in each conformer [angstrom].
    donor : int
        Index of the atom that points at the ion [1].
    density : float or None
        Of the liquid at 25 degC [g/mL], where it is known.
    """

    name: str
    smiles: str
    symbols: tuple[str, ...]
    conformers: tuple[tuple[tuple[float, float, float], ...], ...]
    donor: int
    density: float | None = None

    def structure(self, conformer: int = 0) -> Structure:
        """The molecule alone, neutral.

        Parameters
        ----------
        conformer : int
            [1]

        Returns
        -------
        Structure
        """
        numbers = np.array([SYMBOLS.index(symbol) for symbol in self.symbols], dtype=np.int64)
        positions = np.array(self.conformers[conformer], dtype=np.float64)
        return Structure(numbers, positions, 0, lowest_multiplicity(numbers, 0), (self.name,), np.zeros(len(numbers), dtype=np.int64))

    def axis(self, conformer: int = 0) -> Floats:
        """From the donor towards the atoms bound to it, of length one, shape (3,) [1]."""
        from dualion.atoms.bonds import radii

        positions = np.array(self.conformers[conformer])
        distance = np.linalg.norm(positions - positions[self.donor], axis=1)
        radius = radii(np.array([SYMBOLS.index(symbol) for symbol in self.symbols], dtype=np.int64))
        bound = distance < _BOUND * (radius + radius[self.donor])
        bound[self.donor] = False
        away = positions[bound].mean(axis=0) - positions[self.donor]
        unit: Floats = away / np.linalg.norm(away)
        return unit


def ion_structure(symbol: str, position: Floats) -> Structure:
    """An ion alone.

    Parameters
    ----------
    symbol : str
        Such as ``"Na"``.
    position : array of float, shape (3,)
        [angstrom]

    Returns
    -------
    Structure

    Raises
    ------
    SpecError
        The ion is not known.
    """
    if symbol not in IONS:
        raise SpecError(f'ion: "{symbol}" is not an ion of this package. Write one of {", ".join(IONS)}.')
    numbers = np.array([SYMBOLS.index(symbol)], dtype=np.int64)
    charge = IONS[symbol]
    at = np.asarray(position, dtype=np.float64).reshape(1, 3)
    return Structure(numbers, at, charge, lowest_multiplicity(numbers, charge), (symbol,), np.zeros(1, dtype=np.int64))


@lru_cache(maxsize=1)
def bundled() -> dict[str, Solvent]:
    """The solvents that come with the package, by name."""
    found = {}
    for entry in sorted((files("dualion") / "data" / "solvents").iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".json"):
            solvent = solvent_from(json.loads(entry.read_text(encoding="utf-8")))
            found[solvent.name] = solvent
    return found


def solvent_from(content: dict[str, Any]) -> Solvent:
    """A solvent from its file's content."""
    conformers = tuple(tuple(tuple(float(value) for value in row) for row in conformer) for conformer in content["conformers"])
    density = float(content["density"]["value"]) if "density" in content else None
    return Solvent(content["name"], content["smiles"], tuple(content["symbols"]), conformers, int(content["donor"]), density)  # type: ignore[arg-type]


def solvent_named(written: str) -> Solvent:
    """The solvent that a user means.

    Parameters
    ----------
    written : str
        Name of a solvent of the package, such as ``"EC"``, or a new name with its SMILES, such as ``"THF:C1CCOC1"``.

    Returns
    -------
    Solvent

    Raises
    ------
    SpecError
        No such solvent, a name that means something else, or a SMILES that cannot be used.
    MissingDependency
        A SMILES was given, and RDKit is not installed.
    """
    name, colon, smiles = (part.strip() for part in written.partition(":"))
    known = bundled()
    if not colon:
        if name in known:
            return known[name]
        from dualion.records.validation import nearest

        near = nearest(name, known)
        meant = f'Did you mean "{near}"?' if near else f"Write one of {', '.join(known)}, or a name and a SMILES, such as THF:C1CCOC1."
        raise SpecError(f'solvent: "{name}" is not a solvent of this package. {meant}')
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise SpecError(f'solvent: "{name}" cannot be the name of a solvent. Write a letter and up to 15 letters, digits, _, + or -.')
    if name in known:
        raise SpecError(f'solvent: "{name}" is a solvent of this package. Write {name} without a SMILES, or give yours another name.')
    from dualion.atoms.building.smiles import from_smiles

    return from_smiles(smiles, name)


def counted(written: str) -> tuple[str, int | None]:
    """What a user wrote before ``=NUMBER``, and the number [1]; None where there is none.

    Parameters
    ----------
    written : str
        Such as ``"EC=4"``, ``"EC"`` or ``"THF:C1CCOC1=2"``.

    Returns
    -------
    tuple of (str, int or None)

    Raises
    ------
    SpecError
        The number is no number from 1 to 6.

    Examples
    --------
    >>> counted("acetone:CC(C)=O=2")
    ('acetone:CC(C)=O', 2)
    """
    what, equals, count = written.rpartition("=")
    if not equals or (":" in written and not _COUNT.fullmatch(count.strip())):
        return written.strip(), None  # a SMILES may hold "=" itself
    if not _COUNT.fullmatch(count.strip()) or not 1 <= int(count) <= MOST_OF_A_KIND:
        raise SpecError(
            f'solvent: "{count.strip()}" in "{written}" is not a number of solvents. Write 1 to {MOST_OF_A_KIND}, such as EC=4.'
        )
    return what.strip(), int(count)


def solvents_written(written: Sequence[str]) -> tuple[tuple[Solvent, int | None], ...]:
    """Solvents and their numbers.

    Parameters
    ----------
    written : sequence of str
        Such as ``["EC=4", "DMC=2"]`` or ``["EC", "DMC"]``.

    Returns
    -------
    tuple of (Solvent, int or None)
        The number [1] is None where none is written.

    Raises
    ------
    SpecError
        A solvent or a number cannot be understood, or a name is given twice.
    """
    found: list[tuple[Solvent, int | None]] = []
    for one in written:
        what, count = counted(one)
        solvent = solvent_named(what)
        if any(other.name == solvent.name for other, _ in found):
            raise SpecError(f'solvent: "{solvent.name}" is given twice. Give it once, with the sum of both numbers.')
        found.append((solvent, count))
    return tuple(found)
