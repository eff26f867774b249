"""Which atoms are bound, and what is bound to the ion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.atoms.building.place import DONORS, ion_index
from dualion.atoms.structure import CARBON, Floats, Integers, Structure

BOND = 1.25  # [1] atoms nearer than this times the sum of their covalent radii are bound
SHELL = 3.0  # [angstrom] a donor nearer to the ion than this is bound to it
AT_CARBON = 4.5  # [angstrom] the ion is at the carbon, and parts of a state touch, within this
_METALS = (3, 11, 12, 19, 20, 30)  # their contacts come and go without a reaction

#: Covalent radii [angstrom] by atomic number, Cordero et al. 2008.
_RADII = {
    1: 0.31, 2: 0.28, 3: 1.28, 4: 0.96, 5: 0.84, 6: 0.76, 7: 0.71, 8: 0.66, 9: 0.57, 10: 0.58, 11: 1.66, 12: 1.41, 13: 1.21, 14: 1.11,
    15: 1.07, 16: 1.05, 17: 1.02, 18: 1.06, 19: 2.03, 20: 1.76, 30: 1.22, 35: 1.20, 53: 1.39,
}  # fmt: skip
_OTHER = 1.5  # [angstrom] an element that is not in the table


def radii(numbers: Integers) -> Floats:
    """Covalent radii of atoms, shape (n,) [angstrom].

    Parameters
    ----------
    numbers : array of int, shape (n,)
        Atomic numbers [1].

    Returns
    -------
    array of float, shape (n,)
    """
    return np.array([_RADII.get(int(number), _OTHER) for number in numbers])


def bonds(structure: Structure) -> NDArray[np.bool_]:
    """Which atoms are bound, metals left out, shape (n, n).

    Parameters
    ----------
    structure : Structure

    Returns
    -------
    array of bool, shape (n, n)
    """
    distance = np.linalg.norm(structure.positions[:, None, :] - structure.positions[None, :, :], axis=2)
    radius = radii(structure.numbers)
    bound: NDArray[np.bool_] = distance < BOND * (radius[:, None] + radius[None, :])
    metal = np.isin(structure.numbers, _METALS)
    bound[metal, :] = bound[:, metal] = False
    bound &= ~np.eye(len(bound), dtype=bool)
    return bound


def connected(structure: Structure) -> bool:
    """Whether the parts of a structure form one cluster, and its ion is at its carbon."""
    count = len(structure.labels)
    distance = np.linalg.norm(structure.positions[:, None, :] - structure.positions[None, :, :], axis=2)
    near = np.zeros((count, count), dtype=bool)
    for first in range(count):
        for second in range(first + 1, count):
            between = distance[np.ix_(structure.parts == first, structure.parts == second)]
            near[first, second] = near[second, first] = bool(between.size and between.min() < AT_CARBON)
    reached, edge = {0}, [0]
    while edge:
        for other in np.flatnonzero(near[edge.pop()]):
            if int(other) not in reached:
                reached.add(int(other))
                edge.append(int(other))
    if len(reached) < count:
        return False
    if CARBON not in structure.labels or not has_ion(structure):
        return True
    carbon = structure.parts == structure.labels.index(CARBON)
    return bool(distance[ion_index(structure), carbon].min() < AT_CARBON)


def has_ion(structure: Structure) -> bool:
    """Whether a part of the structure is a single atom."""
    return bool(np.any(np.bincount(structure.parts, minlength=len(structure.labels)) == 1))


@dataclass(frozen=True, slots=True)
class Coordination:
    """What is bound to the ion.

    Parameters
    ----------
    n_bound : int
        Solvents with a donor within 3.0 angstrom of the ion [1].
    n_donors : int
        Their donors within that distance [1].
    distances : tuple of float
        Of these donors, ascending [angstrom].
    nearest : str
        Symbol of the carbon's atom nearest to the ion; empty without a carbon.
    nearest_distance : float or None
        [angstrom]
    """

    n_bound: int
    n_donors: int
    distances: tuple[float, ...]
    nearest: str
    nearest_distance: float | None


def coordination(structure: Structure) -> Coordination | None:
    """What is bound to the ion of a structure; None where it holds none.

    Parameters
    ----------
    structure : Structure

    Returns
    -------
    Coordination or None
    """
    if not has_ion(structure):
        return None
    ion = ion_index(structure)
    distance = np.linalg.norm(structure.positions - structure.positions[ion], axis=1)
    bound, donors = 0, list[float]()
    nearest, how_far = "", None
    for part, label in enumerate(structure.labels):
        atoms = structure.atoms_of(part)
        if label == CARBON:
            closest = int(atoms[np.argmin(distance[atoms])])
            nearest, how_far = structure.symbols[closest], round(float(distance[closest]), 3)
        elif len(atoms) > 1:
            reach = distance[atoms[np.isin(structure.numbers[atoms], DONORS)]]
            within = reach[reach <= SHELL]
            bound += bool(len(within))
            donors += [round(float(value), 3) for value in within]
    return Coordination(bound, len(donors), tuple(sorted(donors)), nearest, how_far)
