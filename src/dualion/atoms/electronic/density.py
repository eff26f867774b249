"""Charge density difference of a carbon and what binds to it.

    drho = rho(AB) - rho(A) - rho(B),    moved = (1/2) integral of |drho|

with both fragments where they are in AB, on the same points, in the same basis and at the same level. What charges A and B bear is a
choice: neutral carbon with a cation and neutral carbon with a neutral shell give different pictures and opposite directions of transfer,
so there is no default. Integrals are taken on the atom-centred grid of AB, which resolves the nuclei; the uniform grid is for pictures,
and its own integral says how good they are. Where the electrons went is said by the basins of AB, not by a colour.

Reference: Tang et al. 2026, Fig. 4f.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualion.atoms.electronic.bader import Partition, partition
from dualion.atoms.electronic.field import Field
from dualion.atoms.electronic.grids import SPACING, Grid, enclosing, sampled
from dualion.atoms.structure import Floats, Structure
from dualion.errors import SpecError
from dualion.records.quantity import Flag

LARGEST_INTEGRAL = 2e-3  # [e] of a difference, which should hold none
_SAME_PLACE = 1e-6  # [angstrom]


@dataclass(frozen=True, slots=True, eq=False)
class DensityDifference:
    """Electrons that moved when two fragments met.

    Parameters
    ----------
    structure : Structure
        AB.
    charges : tuple of int
        Of A and of B, as given [e].
    multiplicities : tuple of int
        2S + 1 of A and of B, as given [1].
    first : tuple of int
        Indices of the atoms of A [1].
    grid : Grid
    values : array of float, shape ``grid.shape``
        Electrons gained [1/angstrom3].
    integral, grid_integral : float
        Electrons over the atom-centred grid, and over the uniform one [1].
    moved : float
        Half the integral of its magnitude, in electrons [1].
    gained : array of float, shape (n,)
        Electrons gained by the basin of each atom of AB [1].
    profile : array of float, shape (m, 2)
        Distance from the plane of A, positive towards B [angstrom], and electrons gained there [1/angstrom].
    flags : tuple of Flag
    """

    structure: Structure
    charges: tuple[int, int]
    multiplicities: tuple[int, int]
    first: tuple[int, ...]
    grid: Grid
    values: Floats
    integral: float
    grid_integral: float
    moved: float
    gained: Floats
    profile: Floats
    flags: tuple[Flag, ...] = ()

    @property
    def transferred(self) -> float:
        """Electrons that the basins of A lost to those of B [e]; negative where A gained."""
        return -float(self.gained[list(self.first)].sum())


def density_difference(
    whole: Field, first: Field, second: Field, *, spacing: float = SPACING, basins: Partition | None = None
) -> DensityDifference:
    """Compare the density of a state with those of its two fragments.

    Parameters
    ----------
    whole, first, second : Field
        AB, A and B; A is the carbon.
    spacing : float
        Of the uniform grid [angstrom].
    basins : Partition, optional
        Of the whole, where they were found before.

    Returns
    -------
    DensityDifference

    Raises
    ------
    SpecError
        The fragments are not those of AB, their charges do not add up, or the spacing is out of range.
    """
    members = _members(whole.structure, first.structure, second.structure)
    grid = enclosing(whole.structure.positions, spacing=spacing)
    values = sampled(whole, grid) - sampled(first, grid) - sampled(second, grid)
    found = partition(whole, spacing=spacing) if basins is None else basins
    change = found.density - first.density(found.points) - second.density(found.points)
    integral = float(change @ found.weights)
    on_grid = float(values.sum()) * grid.volume
    return DensityDifference(
        structure=whole.structure,
        charges=(first.structure.charge, second.structure.charge),
        multiplicities=(first.structure.multiplicity, second.structure.multiplicity),
        first=members,
        grid=grid,
        values=values,
        integral=integral,
        grid_integral=on_grid,
        moved=0.5 * float(np.abs(change) @ found.weights),
        gained=found.integrals(change)[: len(whole.structure)],
        profile=profile(grid, values, first.structure.positions, second.structure.positions),
        flags=_flags(integral, on_grid, found, change),
    )


def _members(whole: Structure, first: Structure, second: Structure) -> tuple[int, ...]:
    """Indices in AB of the atoms of A, after the fragments were checked."""
    if first.charge + second.charge != whole.charge:
        raise SpecError(
            f"fragments: charges {first.charge:+d} and {second.charge:+d} do not add up to {whole.charge:+d}. Write charges that do."
        )
    taken: list[int] = []
    for piece in (first, second):
        for number, position in zip(piece.numbers, piece.positions, strict=True):
            apart = np.linalg.norm(whole.positions - position, axis=1)
            nearest = int(apart.argmin())
            if apart[nearest] > _SAME_PLACE or whole.numbers[nearest] != number:
                raise SpecError("fragments: an atom is not where it is in the whole. Cut the fragments out of it, and do not relax them.")
            taken.append(nearest)
    if sorted(taken) != list(range(len(whole))):
        raise SpecError(f"fragments: they hold {len(taken)} atoms and the whole {len(whole)}. Share out every atom once.")
    return tuple(taken[: len(first)])


def _flags(integral: float, on_grid: float, found: Partition, change: Floats) -> tuple[Flag, ...]:
    flags = []
    if abs(integral) > LARGEST_INTEGRAL:
        message = f"The difference holds {integral:+.4f} e and should hold none. Use one level for all three, and a finer quadrature."
        flags.append(Flag("electrons_not_conserved", "warning", message))
    if abs(on_grid) > LARGEST_INTEGRAL:
        message = f"On the uniform grid the difference holds {on_grid:+.4f} e. The picture is rough near nuclei: use a finer grid."
        flags.append(Flag("grid_too_coarse", "warning", message))
    lost = float(found.integrals(change)[found.atoms :].sum())
    if len(found.attractors):
        flags.append(Flag("non_nuclear", "warning", f"Basins of no atom gained {lost:+.4f} e."))
    return tuple(flags)


def profile(grid: Grid, values: Floats, first: Floats, second: Floats) -> Floats:
    """Integral of values over planes along the normal of a fragment.

    Parameters
    ----------
    grid : Grid
    values : array of float, shape ``grid.shape``
        Electrons [1/angstrom3].
    first : array of float, shape (n, 3)
        Atoms whose mean plane is at zero [angstrom].
    second : array of float, shape (m, 3)
        Atoms towards which the distance counts as positive [angstrom].

    Returns
    -------
    array of float, shape (k, 2)
        Distance [angstrom] and integral [e/angstrom]; each cell is shared out over the two planes that it lies between.
    """
    centre, normal = mean_plane(first, second)
    heights = np.add.outer(
        np.add.outer((grid.axis(0) - centre[0]) * normal[0], (grid.axis(1) - centre[1]) * normal[1]), (grid.axis(2) - centre[2]) * normal[2]
    ).ravel()
    lowest = np.floor(heights.min() / grid.spacing)
    steps = heights / grid.spacing - lowest
    below = steps.astype(np.int64)
    upper = steps - below
    planes = int(below.max()) + 2
    flat = values.ravel() * grid.volume / grid.spacing
    sums = np.bincount(below, weights=flat * (1.0 - upper), minlength=planes)
    sums += np.bincount(below + 1, weights=flat * upper, minlength=planes)
    return np.column_stack([(lowest + np.arange(planes)) * grid.spacing, sums])


def mean_plane(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Centre of some atoms [angstrom] and the normal of their plane, of length one, on the side where others are.

    Parameters
    ----------
    first : array of float, shape (n, 3)
        Atoms in the plane [angstrom]; with fewer than three the normal points to the others.
    second : array of float, shape (m, 3)
        The others [angstrom].
    """
    centre: Floats = first.mean(axis=0)
    towards: Floats = second.mean(axis=0) - centre
    if len(first) < 3:
        return centre, towards / np.linalg.norm(towards)
    normal: Floats = np.linalg.svd(first - centre)[2][2]
    return centre, normal if normal @ towards >= 0.0 else -normal
