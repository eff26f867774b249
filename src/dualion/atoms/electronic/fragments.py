"""Two fragments of a state, with the charges and multiplicities that the user gives them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dualion.atoms.electrons import check_multiplicity
from dualion.atoms.structure import CARBON, Structure
from dualion.errors import SpecError

REST = "rest"
DEFAULT = f"{CARBON},{REST}"


def split(structure: Structure, written: str = DEFAULT) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Parts of each fragment.

    Parameters
    ----------
    structure : Structure
    written : str
        Labels of the parts of A, a comma, and those of B: ``"carbon,Na+EC"``; ``rest`` stands for every part not named.

    Returns
    -------
    tuple of two tuples of int
        Indices of parts [1].

    Raises
    ------
    SpecError
        A label is unknown, or the two do not share out all parts between them.
    """
    sides = written.split(",")
    known = ", ".join(dict.fromkeys(structure.labels))
    if len(sides) != 2 or sides.count(REST) == 2:
        raise SpecError(f'fragments: "{written}" are not two. Write labels of parts such as {DEFAULT}; there are {known}.')
    named: list[tuple[int, ...]] = []
    for side in sides:
        parts: list[int] = []
        for label in side.split("+") if side != REST else ():
            if label not in structure.labels:
                raise SpecError(f'fragments: no part is called "{label}". Write one of {known}.')
            parts += structure.part(label)
        named.append(tuple(sorted(parts)))
    left = tuple(part for part in range(len(structure.labels)) if part not in {*named[0], *named[1]})
    first, second = (left if side == REST else parts for side, parts in zip(sides, named, strict=True))
    if sorted((*first, *second)) != list(range(len(structure.labels))) or not first or not second:
        raise SpecError(f'fragments: "{written}" do not hold every part once. There are {known}; write {REST} for those not named.')
    return first, second


def fragment(structure: Structure, parts: Sequence[int], *, charge: int, multiplicity: int) -> Structure:
    """Some parts of a structure, where they are.

    Parameters
    ----------
    structure : Structure
    parts : sequence of int
        Indices of parts [1].
    charge : int
        Of the fragment [e].
    multiplicity : int
        2S + 1 of the fragment [1].

    Returns
    -------
    Structure

    Raises
    ------
    SpecError
        The multiplicity does not go with the electrons.
    """
    kept = np.isin(structure.parts, parts)
    numbers = structure.numbers[kept]
    check_multiplicity(numbers, charge, multiplicity)
    place = {part: position for position, part in enumerate(parts)}
    return Structure(
        numbers=numbers,
        positions=structure.positions[kept],
        charge=charge,
        multiplicity=multiplicity,
        labels=tuple(structure.labels[part] for part in parts),
        parts=np.array([place[int(part)] for part in structure.parts[kept]], dtype=np.int64),
    )
