"""What is seen of a structure from above and from the side: spheres, bonds and the place of the ion, in angstrom. No matplotlib.

The view from the side has the direction away from an edge site along its horizontal axis, so that the ion in front of the edge is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from dualion.atoms.bonds import SHELL, bonds, has_ion
from dualion.atoms.building.place import ion_index, ion_position
from dualion.atoms.structure import CARBON, SYMBOLS, Floats, Integers, Structure

#: Colours of the elements, after the custom of Corey, Pauling and Koltun, but apart from each other for every kind of colour vision. All
#: elements but carbon and hydrogen are also named.
COLOURS: Final = {
    "H": "#E5E7EB", "C": "#4A525E", "N": "#1D4ED8", "O": "#E4572E", "Na": "#8E3B9C", "Zn": "#0F9D8A", "Li": "#B8476B", "K": "#5E1F2B",
    "S": "#D9A514", "F": "#7FB83D", "Cl": "#1F9E63", "P": "#D9730D",
}  # fmt: skip
OTHER = "#101B4D"
NAMES: Final = {
    "H": "hydrogen", "C": "carbon", "N": "nitrogen", "O": "oxygen", "Na": "sodium", "Zn": "zinc", "Li": "lithium", "K": "potassium",
    "S": "sulfur", "F": "fluorine", "Cl": "chlorine", "P": "phosphorus",
}  # fmt: skip
#: Radii of the drawn spheres [angstrom]; they tell elements apart and are no property of the atoms.
RADII: Final = {"H": 0.24, "C": 0.36, "N": 0.50, "O": 0.50, "Na": 0.78, "K": 0.90, "Li": 0.62, "Zn": 0.70, "F": 0.46}
_RADIUS = 0.55  # [angstrom] of every other element
GHOST = 0.66  # [angstrom] radius of the ring where an ion is put
_CLEAR = 0.08  # [angstrom] between an arrow and what it begins and ends at
_SHORTEST = 0.2  # [angstrom] of an arrow; a shorter one is not drawn
_FLAT = 0.9  # [1] a carbon whose normal has this z component or more is drawn as it lies


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A structure from one direction.

    Parameters
    ----------
    spheres : array of float, shape (n, 2)
        Places of the atoms in the picture [angstrom].
    depth : array of float, shape (n,)
        Towards the reader [angstrom].
    radii : array of float, shape (n,)
        [angstrom]
    symbols : tuple of str
    bonds : array of int, shape (k, 2)
        Indices of the atoms [1].
    contacts : array of int, shape (c, 2)
        Ion and donors that it is bound to [1].
    place : tuple of float, or None
        Where an ion would be put; None where one is [angstrom].
    arrow : tuple of (float, float), or None
        Beginning and end of the arrow to that place [angstrom]; None where it points at the reader.
    """

    spheres: Floats
    depth: Floats
    radii: Floats
    symbols: tuple[str, ...]
    bonds: Integers
    contacts: Integers
    place: tuple[float, float] | None
    arrow: tuple[tuple[float, float], tuple[float, float]] | None

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top of all that is drawn [angstrom]."""
        low, high = self.spheres - self.radii[:, None], self.spheres + self.radii[:, None]
        if self.place is not None:
            middle = np.array([self.place])
            low, high = np.concatenate([low, middle - GHOST]), np.concatenate([high, middle + GHOST])
        left, bottom = low.min(axis=0)
        right, top = high.max(axis=0)
        return float(left), float(bottom), float(right), float(top)


def views(structure: Structure) -> tuple[View, View]:
    """A structure from above and from the side.

    Parameters
    ----------
    structure : Structure

    Returns
    -------
    tuple of View
    """
    turn = _frame(structure)
    centre = structure.positions.mean(axis=0)
    places = (structure.positions - centre) @ turn.T
    site, ghost, across = structure.site, None, 0
    if site is not None:
        away = turn @ np.array(site.outward)
        across = int(site.mode == "edge" and abs(away[1]) > abs(away[0]))
        if not has_ion(structure):  # an ion that is there needs no arrow
            ghost = turn @ (ion_position(structure, 1) - centre)
    way, radii = _on_the_way(structure), np.array([RADII.get(symbol, _RADIUS) for symbol in structure.symbols])
    sideways = (np.array((0.0, -1.0, 0.0)), np.array((1.0, 0.0, 0.0)))[across]  # towards the reader
    found = []
    for axes, towards in (((0, 1), np.array((0.0, 0.0, 1.0))), ((across, 2), sideways)):
        flat = list(axes)
        found.append(
            View(
                spheres=places[:, flat],
                depth=places @ towards,
                radii=radii,
                symbols=structure.symbols,
                bonds=np.argwhere(np.triu(bonds(structure))),
                contacts=_contacts(structure),
                place=None if ghost is None else _pair(ghost[flat]),
                arrow=None if ghost is None else _arrow(places[way][:, flat], radii[way], ghost[flat]),
            )
        )
    return found[0], found[1]


def _frame(structure: Structure) -> Floats:
    """Axes of the picture: those of the structure where its carbon lies in the xy plane, else the longest extents first, shape (3, 3)."""
    chosen = structure.positions
    if CARBON in structure.labels:
        chosen = chosen[structure.parts == structure.labels.index(CARBON)]
    if len(chosen) < 3:
        return np.eye(3)
    axes: Floats = np.linalg.svd(chosen - chosen.mean(axis=0), full_matrices=False)[2]
    if CARBON in structure.labels and abs(axes[2, 2]) >= _FLAT:
        return np.eye(3)
    for index in (0, 1):
        axes[index] *= np.sign(axes[index, np.argmax(np.abs(axes[index]))])
    axes[2] = np.cross(axes[0], axes[1])
    return axes


def _contacts(structure: Structure) -> Integers:
    """The ion with the nitrogen and oxygen atoms within its shell."""
    if not has_ion(structure):
        return np.empty((0, 2), dtype=np.int64)
    ion = ion_index(structure)
    distance = np.linalg.norm(structure.positions - structure.positions[ion], axis=1)
    donors = np.isin(structure.numbers, (SYMBOLS.index("N"), SYMBOLS.index("O"))) & (distance < SHELL)
    return np.array([(ion, index) for index in np.flatnonzero(donors)], dtype=np.int64).reshape(-1, 2)


def _on_the_way(structure: Structure) -> Integers:
    """The atom of the site, and what is bound to it towards the ion."""
    site = structure.site
    if site is None:
        return np.empty(0, dtype=np.int64)
    neighbours = np.flatnonzero(bonds(structure)[site.atom])
    towards = (structure.positions[neighbours] - structure.positions[site.atom]) @ np.array(site.outward) > 0.0
    return np.array([site.atom, *neighbours[towards]], dtype=np.int64)


def _arrow(spheres: Floats, radii: Floats, ghost: Floats) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """From the last of some atoms, of which the first is that of the site, to the ring in the picture."""
    path = ghost - spheres[0]
    length = float(np.linalg.norm(path))
    if length < GHOST:
        return None
    unit = path / length
    begin = float(np.max((spheres - spheres[0]) @ unit + radii)) + _CLEAR
    end = length - GHOST - _CLEAR
    return (_pair(spheres[0] + begin * unit), _pair(spheres[0] + end * unit)) if end - begin >= _SHORTEST else None


def _pair(point: Floats) -> tuple[float, float]:
    return float(point[0]), float(point[1])
