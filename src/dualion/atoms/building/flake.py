"""Flakes: pieces of a graphene sheet, cut by a rectangle and closed with hydrogen.

A honeycomb of 1.42 angstrom lies in the plane z = 0 with its zigzag edges along x. Atoms within a rectangle about the centre of a ring or
of a bond are kept, singly bonded ones are taken away until none is left, and every carbon with two neighbours gets a hydrogen. Edge C-H
are ``zigzag`` where both neighbours of the carbon carry no hydrogen, ``armchair`` where one does.

Flakes rich in zigzag edges are polyradicals, for which neither a closed shell nor the ladder of desolvation means anything: a gap below
0.5 eV is refused (`gate.gate`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualion.atoms.electrons import lowest_multiplicity
from dualion.atoms.structure import CARBON, Floats, Integers, Site, Structure
from dualion.errors import SpecError

CC = 1.42  # [angstrom] carbon-carbon distance of graphene
CH = 1.09  # [angstrom] carbon-hydrogen distance at an aromatic edge
CENTRES = ("ring", "bond")
DEFAULT_SIZE = (10.0, 11.5)  # [angstrom] C50H18: the smallest flake with both edges and a gap above 1 eV
LARGEST = 60.0  # [angstrom] an edge beyond this is hundreds of atoms more than an embedded engine takes
_HYDROGEN, _CARBON = 1, 6
_TOUCHING = 1.15 * CC  # [angstrom] two carbon atoms of a honeycomb are bonded below this
_EDGE = 1e-6  # [angstrom] an atom on the border of the rectangle is inside


@dataclass(frozen=True, slots=True)
class Cut:
    """Size and centre of a flake; one formula can be several flakes, so these name it.

    Parameters
    ----------
    width, height : float
        Edges of the rectangle along x (the zigzag direction) and y [angstrom].
    centre : str
        ``"ring"`` or ``"bond"`` (the middle of a bond along y).
    """

    width: float = DEFAULT_SIZE[0]
    height: float = DEFAULT_SIZE[1]
    centre: str = "ring"

    def __post_init__(self) -> None:
        if self.centre not in CENTRES:
            raise SpecError(f'centre: "{self.centre}" is not a centre of a flake. Write "ring" or "bond".')
        for edge in (self.width, self.height):
            if not 0.0 < edge <= LARGEST:
                raise SpecError(f"size: {edge:g} is not an edge of a flake. Write two lengths above 0 and up to {LARGEST:g} angstrom.")

    @property
    def name(self) -> str:
        """Such as ``"10x11.5-ring"``."""
        return f"{self.width:g}x{self.height:g}-{self.centre}"


def flake(cut: Cut | None = None) -> Structure:
    """A flake of graphene closed with hydrogen.

    Parameters
    ----------
    cut : Cut, optional
        C50H18 unless given.

    Returns
    -------
    Structure
        Neutral, carbon before hydrogen, the site at the atom nearest to the centre.

    Raises
    ------
    SpecError
        No ring fits into the rectangle.
    """
    cut = Cut() if cut is None else cut
    carbon = _pruned(_honeycomb(cut))
    if len(carbon) == 0:
        raise SpecError(f"size: no ring of carbon fits into {cut.width:g} x {cut.height:g} angstrom. Write larger edges, such as 10,11.5.")
    bonds = _neighbours(carbon)
    hydrogen = np.array([carbon[i] + CH * outward(carbon, i, bonds) for i in range(len(carbon)) if len(bonds[i]) == 2]).reshape(-1, 3)
    numbers = np.array([_CARBON] * len(carbon) + [_HYDROGEN] * len(hydrogen), dtype=np.int64)
    return Structure(
        numbers=numbers,
        positions=np.concatenate([carbon, hydrogen]),
        charge=0,
        multiplicity=lowest_multiplicity(numbers, 0),
        labels=(CARBON,),
        parts=np.zeros(len(numbers), dtype=np.int64),
        site=Site(_innermost(carbon), (0.0, 0.0, 1.0), "basal"),
    )


def edge_hydrogens(carbon: Structure) -> dict[str, tuple[tuple[int, int], ...]]:
    """Edge C-H of a flake by class.

    Parameters
    ----------
    carbon : Structure
        With its zigzag edges along x.

    Returns
    -------
    dict of str to tuple of (int, int)
        ``"zigzag"`` and ``"armchair"``: indices of carbon and its hydrogen [1], those nearest to the middle of their edge first.
    """
    positions, numbers = carbon.positions, carbon.numbers
    heavy = np.flatnonzero(numbers != _HYDROGEN)
    bonds = _neighbours(positions[heavy])
    carried: dict[int, int] = {}  # the hydrogen of each atom that carries one
    for index in np.flatnonzero(numbers == _HYDROGEN):
        carried[int(np.argmin(np.linalg.norm(positions[heavy] - positions[index], axis=1)))] = int(index)
    classes: dict[str, list[tuple[int, int]]] = {"zigzag": [], "armchair": []}
    for atom, hydrogen in carried.items():
        beside = [neighbour for neighbour in bonds[atom] if int(neighbour) in carried]
        if numbers[heavy[atom]] == _CARBON:
            classes["armchair" if beside else "zigzag"].append((int(heavy[atom]), hydrogen))
    centred = positions[:, :2] - (positions[:, :2].max(axis=0) + positions[:, :2].min(axis=0)) / 2.0
    along = {"zigzag": 0, "armchair": 1}  # the coordinate that runs along the edge

    def rank(kind: str, pair: tuple[int, int]) -> tuple[float, float, float]:
        x, y = np.round(centred[pair[0]], 3)
        middle = abs((x, y)[along[kind]])
        return (middle, -y, -x) if kind == "zigzag" else (middle, -x, -y)

    return {kind: tuple(sorted(pairs, key=lambda pair: rank(kind, pair))) for kind, pairs in classes.items()}


def outward(positions: Floats, atom: int, bonds: list[Integers]) -> Floats:
    """Direction away from the neighbours of an atom, of length one.

    Parameters
    ----------
    positions : array of float, shape (n, 3)
        [angstrom]
    atom : int
        Its index [1].
    bonds : list of array of int
        Indices of the bonded neighbours of each atom [1].

    Returns
    -------
    array of float, shape (3,)
        [1]
    """
    away = positions[atom] - positions[bonds[atom]].mean(axis=0)
    unit: Floats = away / np.linalg.norm(away)
    return unit


def _honeycomb(cut: Cut) -> Floats:
    """Atoms of the honeycomb within the rectangle, sorted by y and x, shape (n, 3) [angstrom]."""
    step, row = np.sqrt(3.0) * CC, 1.5 * CC
    # the two atoms of a cell, about the centre of a ring: one above and one below the gap between two rings
    basis = np.array([(step / 2.0, CC / 2.0), (step / 2.0, -CC / 2.0)])
    reach = int(np.ceil(max(cut.width, cut.height) / row)) + 2
    cells = np.array([(i * step + (j % 2) * step / 2.0, j * row) for j in range(-reach, reach + 1) for i in range(-reach, reach + 1)])
    points = (cells[:, None, :] + basis[None, :, :]).reshape(-1, 2)
    if cut.centre == "bond":
        points = points - np.array((step / 2.0, 0.0))
    inside = (np.abs(points[:, 0]) <= cut.width / 2.0 + _EDGE) & (np.abs(points[:, 1]) <= cut.height / 2.0 + _EDGE)
    points = np.round(points[inside], 9)
    points = points[np.lexsort((points[:, 0], points[:, 1]))]
    return np.column_stack([points, np.zeros(len(points))])


def _pruned(positions: Floats) -> Floats:
    """The atoms that are left when those with fewer than two neighbours are taken away again and again."""
    while len(positions):
        kept = np.array([len(found) >= 2 for found in _neighbours(positions)])
        if kept.all():
            break
        positions = positions[kept]
    return positions


def _neighbours(positions: Floats) -> list[Integers]:
    """Indices of the bonded neighbours of each atom."""
    distance = np.linalg.norm(positions[:, None, :] - positions[None, :, :], axis=2)
    touching = (distance < _TOUCHING) & ~np.eye(len(positions), dtype=bool)
    return [np.flatnonzero(row) for row in touching]


def _innermost(positions: Floats) -> int:
    """Index of the atom nearest to the origin; of several the one highest, then rightmost."""
    distance = np.round(np.linalg.norm(positions, axis=1), 3)
    return int(np.lexsort((-positions[:, 0], -positions[:, 1], distance))[0])
