"""A structure from a file.

What others write says neither charge nor multiplicity, nor which atoms form a part: the first two must be given, the parts are found from
the bonds. Atoms of a cell are put together across its borders; bonds that go on through the cell are refused, for the engines take
clusters. Every refusal names the line.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from dualion.atoms.electrons import check_multiplicity, lowest_multiplicity
from dualion.atoms.engines.check import overlapping
from dualion.atoms.reading.clusters import named_parts, together
from dualion.atoms.reading.lines import Content, Lines, number_in, opened
from dualion.atoms.reading.poscar import MARK, poscar
from dualion.atoms.reading.xyz import xyz
from dualion.atoms.structure import Integers, Site, Structure
from dualion.errors import SpecError

_POSCAR_NAMES = ("poscar", "contcar")
_POSCAR_SUFFIXES = (".vasp", ".poscar")
_MODES = ("basal", "edge")
_UNIT = 1e-3  # [1] a direction is of length one within this


def read_structure(path: Path | str, *, charge: int | None = None, multiplicity: int | None = None) -> Structure:
    """Read a structure.

    Parameters
    ----------
    path : Path or str
        Extended XYZ, plain XYZ or POSCAR.
    charge : int, optional
        Total charge [e], where the file does not say it.
    multiplicity : int, optional
        2S + 1 [1], where the file does not say it.

    Returns
    -------
    Structure

    Raises
    ------
    ReadError
        A line is broken, names no element, or holds an atom that overlaps with another; names the line.
    SpecError
        Charge or multiplicity are missing, contradict the file, or do not go with the electrons.
    """
    text = opened(Path(path))
    content = (poscar(text) if _is_poscar(text) else xyz(text)).ordered()
    numbers = content.numbers
    total = _stated(text, content, "charge", charge, "such as 0")
    lowest = lowest_multiplicity(numbers, total)
    spin = _stated(text, content, "multiplicity", multiplicity, f"{lowest} is the lowest that goes with its electrons")
    check_multiplicity(numbers, total, spin)
    positions = content.positions if content.cell is None else together(text.name, numbers, content.positions, content.cell)
    bare = Structure(numbers, positions, total, spin, ("atoms",), np.zeros(len(numbers), dtype=np.int64))
    pair = overlapping(bare)
    if pair is not None:
        first, second = sorted(content.lines[atom] for atom in pair)
        text.refuse(second, f"its atom overlaps with that of line {first}", "Move them apart, or remove one.")
    labels, parts = _parts(text, content, bare)
    return replace(bare, labels=labels, parts=parts, site=_site(text, content))


def _is_poscar(text: Lines) -> bool:
    """By the name of the file, or by its first two lines."""
    name = text.name.lower()
    if name.startswith(_POSCAR_NAMES) or name.endswith(_POSCAR_SUFFIXES) or text.lines[0].startswith(MARK):
        return True
    if name.endswith("xyz") or text.lines[0].strip().isdecimal():
        return False
    second = text.lines[1].split() if len(text.lines) > 1 else []
    if len(second) not in (1, 3) or any(number_in(word) is None for word in second):
        text.refuse(1, "it is neither the number of atoms of XYZ nor the comment of a POSCAR", "Give extended XYZ, XYZ or POSCAR.")
    return True


def _stated(text: Lines, content: Content, name: str, given: int | None, remedy: str) -> int:
    """Charge or multiplicity as the file or the caller says it."""
    written = content.words.get(name)
    if written is None and given is None:
        raise SpecError(f"{name}: {text.name} does not say it. Give it; {remedy}.")
    if written is None:
        return int(given or 0)
    value = number_in(written)
    if value is None or value != int(value):
        text.refuse(content.comment, f'{name}="{written[:20]}" is not a whole number')
    if given is not None and given != value:
        raise SpecError(f"{name}: {text.name} says {int(value)}, and {given} is given. Leave it away, or correct the file.")
    return int(value)


def _parts(text: Lines, content: Content, structure: Structure) -> tuple[tuple[str, ...], Integers]:
    """Names and parts as dualion wrote them, or from the bonds."""
    if content.parts is None or "labels" not in content.words:
        return named_parts(structure)
    labels = tuple(unquote(word) for word in content.words["labels"].split())
    if set(content.parts.tolist()) != set(range(len(labels))):
        text.refuse(content.comment, f"the atoms do not belong to the {len(labels)} parts that labels names")
    return labels, content.parts


def _site(text: Lines, content: Content) -> Site | None:
    """The site as dualion wrote it."""
    written = content.words.get("site")
    if written is None:
        return None
    cells = written.split()
    if len(cells) != 5 or cells[1] not in _MODES:
        text.refuse(content.comment, f'site="{written[:60]}" is not an atom, basal or edge, and a direction')
    atom = text.whole(content.comment, cells[0])
    if atom > len(content.numbers):
        text.refuse(content.comment, f"site names atom {atom} of {len(content.numbers)}")
    away = text.triple(content.comment, cells[2:])
    if abs(float(np.linalg.norm(away)) - 1.0) > _UNIT:
        text.refuse(content.comment, f'"{" ".join(cells[2:])}" is not a direction of length one')
    return Site(atom - 1, away, cells[1])
