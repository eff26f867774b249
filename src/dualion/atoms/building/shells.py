"""Shells of an ion: which compositions, which arrangements at the corners of a polyhedron, and which of them an electrolyte allows.

Two arrangements are one where a rotation or a mirror of the polyhedron takes one into the other. An electrolyte holds so many molecules
of a solvent for each ion,

    n = volume share * density / (molar mass * salt concentration),

the volume of the salt and of mixing neglected. A shell that asks for more than n of a solvent cannot be that of every ion.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import combinations_with_replacement, permutations
from typing import Final

import numpy as np

from dualion.atoms.building.place import Composition, placed, polyhedron
from dualion.atoms.building.species import Solvent, bundled, solvent_named
from dualion.atoms.structure import Floats, Structure
from dualion.errors import PlacementError, SpecError

POLYHEDRA: Final = {4: "tetrahedron", 5: "trigonal bipyramid", 6: "octahedron"}
MOST_ARRANGEMENTS: Final = 6  # [1] of one composition
SALT: Final = 1.0  # [mol/L] of the electrolytes of Tang et al. 2026
_SAME = 1e-6  # [1] two cosines
_ATTEMPTS = 10  # [1] of placing one shell
#: Standard atomic weights [g/mol], IUPAC 2021, of the elements of a solvent with a density.
_WEIGHTS = {"H": 1.008, "B": 10.81, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "Si": 28.085, "P": 30.974, "S": 32.06, "Cl": 35.45}


def corners(count: int) -> Floats:
    """Corners of a polyhedron about the ion, of length one, shape (count, 3) [1].

    Parameters
    ----------
    count : int
        1, 2 (opposite), 3 (triangle), 4 (tetrahedron), 5 (trigonal bipyramid) or 6 (octahedron) [1].

    Returns
    -------
    array of float, shape (count, 3)

    Raises
    ------
    SpecError
        Another number.
    """
    angles = 2.0 * np.pi * np.arange(3) / 3.0
    triangle = np.column_stack([np.cos(angles), np.sin(angles), np.zeros(3)])
    up = np.array([(0.0, 0.0, 1.0)])
    known = {
        1: up,
        2: np.concatenate([up, -up]),
        3: triangle,
        4: np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]) / np.sqrt(3.0),
        5: np.concatenate([triangle, up, -up]),
        6: np.concatenate([np.eye(3), -np.eye(3)]),
    }
    if count not in known:
        raise SpecError(f"coordination: {count} has no polyhedron here. Write 1 to {len(known)}.")
    return known[count]


def arrangements(kinds: Sequence[str], *, most: int = MOST_ARRANGEMENTS) -> tuple[tuple[int, ...], ...]:
    """Different ways to put ligands at the corners of a polyhedron.

    Parameters
    ----------
    kinds : sequence of str
        Name of each ligand; there are as many corners.
    most : int
        At most so many ways [1].

    Returns
    -------
    tuple of tuple of int
        Of each way, which ligand stands at each corner [1].
    """
    kinds = sorted(kinds)
    same = _symmetries(corners(len(kinds)))
    found: dict[tuple[str, ...], None] = {}
    for way in sorted(set(permutations(kinds))):
        found.setdefault(min(tuple(way[index] for index in order) for order in same), None)
    return tuple(_indices(way, kinds) for way in list(found)[:most])


def mixtures(names: Sequence[str], count: int) -> tuple[tuple[str, ...], ...]:
    """Every composition of some solvents, from all of the first to all of the last.

    Parameters
    ----------
    names : sequence of str
    count : int
        Ligands of the shell [1].

    Returns
    -------
    tuple of tuple of str
        With two solvents ``count + 1`` of them.
    """
    return tuple(combinations_with_replacement(names, count))


def shell_name(names: Sequence[str], ion: str = "Na") -> str:
    """Such as ``"Na(DMC)2(EC)4"``."""
    return ion + "".join(f"({name}){count}" for name, count in sorted(Counter(names).items()))


def starts(composition: Composition, *, count: int, seed: int) -> tuple[tuple[str, Structure], ...]:
    """Starts of a shell: its arrangements at a polyhedron, in every conformer, and random ones.

    Without a carbon half of the starts stand at the polyhedron, and no arrangement is left out; the others are placed at random, for a
    symmetric start may end on a saddle that random ones avoid.

    Parameters
    ----------
    composition : Composition
    count : int
        Starts to make [1]; more where there are more arrangements.
    seed : int
        Of the rolls and random directions [1].

    Returns
    -------
    tuple of (str, Structure)
        Family, ``"polyhedron"`` or ``"random"``, and the start.

    Raises
    ------
    SpecError
        An impossible number of starts or of solvents.
    PlacementError
        The solvents do not fit.
    """
    if count < 1:
        raise SpecError(f"starts: {count} is not a number of starts. Write 1 or more.")
    ordered = replace(composition, solvents=tuple(sorted(composition.solvents, key=lambda solvent: solvent.name)))
    made: list[tuple[str, Structure]] = []
    if composition.carbon is None:
        made = [("polyhedron", start) for start in _at_corners(ordered, count, seed)]
    rolls = [np.random.default_rng((seed, index)) for index in range(count - len(made))]
    return (*made, *(("random", _again(partial(placed, ordered, rng))) for rng in rolls))


def _at_corners(composition: Composition, count: int, seed: int) -> list[Structure]:
    """Half of the starts, or one of each arrangement where that is more."""
    ways = arrangements([solvent.name for solvent in composition.solvents])
    vertices = corners(len(composition.solvents))
    made = []
    for index in range(max(len(ways), (count + 1) // 2)):
        turn, number = divmod(index, len(ways))
        chosen = replace(composition, solvents=tuple(_conformer(solvent, turn) for solvent in composition.solvents))
        made.append(_again(partial(polyhedron, chosen, vertices, ways[number], np.random.default_rng((seed, turn, number)))))
    return made


def _again(place: Callable[[], Structure]) -> Structure:
    """Place a shell; where its last ligands find no room begin again, with other rolls."""
    for _ in range(_ATTEMPTS - 1):
        with suppress(PlacementError):
            return place()
    return place()


def per_ion(volumes: Mapping[str, float], *, salt: float = SALT) -> dict[str, float]:
    """Molecules of each solvent for one ion [1].

    Parameters
    ----------
    volumes : mapping of str to float
        Parts of volume of each solvent of the electrolyte [1].
    salt : float
        Concentration of the salt [mol/L].

    Returns
    -------
    dict of str to float

    Raises
    ------
    SpecError
        A solvent without a density, a volume that is not positive, or a concentration that is not positive.

    Examples
    --------
    >>> {name: round(value, 1) for name, value in per_ion({"EC": 1, "DMC": 1, "EMC": 1}).items()}
    {'EC': 5.0, 'DMC': 3.9, 'EMC': 3.2}
    """
    if not (np.isfinite(salt) and salt > 0.0):
        raise SpecError(f"salt: {salt:g} mol/L is not a concentration. Write a number above 0, such as 1.")
    for name, volume in volumes.items():
        if not (np.isfinite(volume) and volume > 0.0):
            raise SpecError(f"electrolyte: {volume:g} is not a part of volume of {name}. Write a number above 0, such as EC=1,DMC=1.")
    whole = sum(volumes.values())
    return {name: volume / whole * 1000.0 * _density(name) / (_molar_mass(name) * salt) for name, volume in volumes.items()}


def allowed(names: Sequence[str], ratio: Mapping[str, float]) -> bool:
    """Whether every ion can have this shell at the same time.

    Parameters
    ----------
    names : sequence of str
        Solvents of the shell.
    ratio : mapping of str to float
        Molecules of each solvent for one ion [1], from `per_ion`.

    Returns
    -------
    bool
    """
    return all(count <= ratio.get(name, 0.0) for name, count in Counter(names).items())


def parts_of(written: str) -> dict[str, float]:
    """Parts of volume from a text such as ``"EC=1,DMC=1,EMC=1"``.

    Raises
    ------
    SpecError
        It cannot be understood.
    """
    found: dict[str, float] = {}
    for one in written.split(","):
        name, equals, number = (part.strip() for part in one.partition("="))
        try:
            volume = float(number) if equals else 1.0
        except ValueError:
            raise SpecError(
                f'electrolyte: "{number}" in "{one.strip()}" is no number. Write parts of volume, such as EC=1,DMC=1.'
            ) from None
        name = solvent_named(name).name
        if name in found:
            raise SpecError(f'electrolyte: "{name}" is given twice. Give each solvent once.')
        found[name] = volume
    return found


def _density(name: str) -> float:
    density = bundled()[name].density if name in bundled() else None
    if density is None:
        raise SpecError(f"electrolyte: the density of {name} is not known here. Write an electrolyte of {', '.join(bundled())}.")
    return density


def _molar_mass(name: str) -> float:
    return sum(_WEIGHTS[symbol] for symbol in bundled()[name].symbols)


def _symmetries(vertices: Floats) -> tuple[tuple[int, ...], ...]:
    """Exchanges of the corners by a rotation or a mirror: those that keep every angle."""
    cosines = vertices @ vertices.T
    return tuple(order for order in permutations(range(len(vertices))) if np.all(np.abs(cosines[np.ix_(order, order)] - cosines) < _SAME))


def _indices(way: Sequence[str], kinds: Sequence[str]) -> tuple[int, ...]:
    """Which ligand of a list stands at each corner, every ligand once."""
    left = list(enumerate(kinds))
    order = []
    for kind in way:
        index = next(position for position, (_, name) in enumerate(left) if name == kind)
        order.append(left.pop(index)[0])
    return tuple(order)


def _conformer(solvent: Solvent, index: int) -> Solvent:
    """The solvent with one of its conformers; after the last one all of them, to be drawn from."""
    if index >= len(solvent.conformers):
        return solvent
    return replace(solvent, conformers=(solvent.conformers[index],))
