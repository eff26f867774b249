"""Structures as text: extended XYZ and POSCAR, and back.

Charge, multiplicity, the name of each part and the site stand in the comment line, so that reading gives the same structure. Coordinates
have eight decimals: the same structure gives the same bytes, and what was read is written as it was.

Extended XYZ (every reader of it, ASE among them, takes these lines)::

    Properties=species:S:1:pos:R:3:part:I:1 charge=1 multiplicity=1 labels="carbon Na EC" site="49 edge 0 1 0" pbc="F F F"
    C        -6.14878037       3.55000000       0.00000000    1

Parts and atoms are counted from 1 in files. POSCAR has the same words in its first line; its atoms are grouped by element, each line ends
with element, part and number of the atom in the structure, and ``origin`` says where the structure's origin lies in the box.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

import numpy as np

from dualion.atoms.engines.base import Energy
from dualion.atoms.reading.graft import graft
from dualion.atoms.reading.poscar import MARK
from dualion.atoms.reading.structure import read_structure
from dualion.atoms.structure import Floats, Structure
from dualion.errors import SpecError

__all__ = ["FORMATS", "exported", "extxyz", "graft", "poscar", "read_structure"]

FORMATS: Final = {"extxyz": ".extxyz", "poscar": ".vasp"}
BOX = 30.0  # [angstrom] edge of the cubic box of Tang et al. 2026
_VACUUM = 12.0  # [angstrom] assumed: left free between a structure and its image; a longer one has a larger box
_DECIMALS = 8
_ORIGIN_DECIMALS = 2  # few, so that the last digit of a coordinate does not move the box
_KEPT = "()[]{}=#@+-/.*:,;~!$&"  # characters of a name, such as a SMILES, that need no escape between quotation marks


def exported(structure: Structure, form: str) -> str:
    """A structure in one of the formats.

    Parameters
    ----------
    structure : Structure
    form : str
        ``"extxyz"`` or ``"poscar"``.

    Returns
    -------
    str

    Raises
    ------
    SpecError
        No such format.
    """
    if form not in FORMATS:
        raise SpecError(f'format: "{form}" is not a format of structures. Write one of {", ".join(FORMATS)}.')
    return extxyz(structure) if form == "extxyz" else poscar(structure)


def extxyz(structure: Structure, found: Energy | None = None) -> str:
    """A structure as extended XYZ.

    Parameters
    ----------
    structure : Structure
    found : Energy, optional
        Energy and forces to write with it [eV, eV/angstrom].

    Returns
    -------
    str
    """
    columns, forces = "species:S:1:pos:R:3:part:I:1", None if found is None else found.forces
    words = _words(structure)
    if found is not None:
        words += f" energy={found.energy:.{_DECIMALS}f}"
    if forces is not None:
        columns += ":forces:R:3"
    lines = [str(len(structure)), f'Properties={columns} {words} pbc="F F F"']
    for index, (symbol, position, part) in enumerate(zip(structure.symbols, structure.positions, structure.parts, strict=True)):
        line = f"{symbol:<2}{_numbers(position)} {part + 1:>4}"
        lines.append(line if forces is None else line + _numbers(forces[index]))
    return "\n".join(lines) + "\n"


def poscar(structure: Structure, box: float | None = None) -> str:
    """A structure as POSCAR, in the middle of a cubic box.

    Parameters
    ----------
    structure : Structure
    box : float, optional
        Edge [angstrom]; 30, or more where that leaves less than 12 free.

    Returns
    -------
    str

    Raises
    ------
    SpecError
        The box is too small.
    """
    low, high = structure.positions.min(axis=0), structure.positions.max(axis=0)
    longest = float(np.max(high - low))
    edge = max(BOX, float(math.ceil(longest + _VACUUM))) if box is None else box
    if edge <= longest:
        raise SpecError(
            f"box: {edge:g} angstrom do not hold atoms that reach over {longest:.1f}. Write {math.ceil(longest + _VACUUM)} or more."
        )
    origin = np.round(edge / 2.0 - (low + high) / 2.0, _ORIGIN_DECIMALS)
    symbols = structure.symbols
    elements = list(dict.fromkeys(symbols))
    order = [index for element in elements for index, symbol in enumerate(symbols) if symbol == element]
    lines = [
        f'{MARK}{_words(structure)} origin="{" ".join(_number(value) for value in origin)}"',
        "1.0",
        *(_numbers(row) for row in np.eye(3) * edge),
        " ".join(elements),
        " ".join(str(symbols.count(element)) for element in elements),
        "Cartesian",
        *(f"{_numbers(structure.positions[i] + origin)} {symbols[i]:<2} {structure.parts[i] + 1:>4} {i + 1:>4}" for i in order),
    ]
    return "\n".join(lines) + "\n"


def _words(structure: Structure) -> str:
    """Charge, multiplicity, parts and site, as both formats write them."""
    labels = " ".join(quote(label, safe=_KEPT) for label in structure.labels)
    words = f'charge={structure.charge} multiplicity={structure.multiplicity} labels="{labels}"'
    site = structure.site
    if site is not None:
        away = " ".join(_number(value) for value in site.outward)
        words += f' site="{site.atom + 1} {site.mode} {away}"'
    return words


def _numbers(values: Sequence[float] | Floats) -> str:
    return "".join(f" {_number(value):>16}" for value in values)


def _number(value: float) -> str:
    """Eight decimals, and no minus before a zero."""
    return f"{round(float(value), _DECIMALS) + 0.0:.{_DECIMALS}f}"
