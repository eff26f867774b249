"""Charges of atoms by Bader: an atom is the basin of the density in which all ascents end at its nucleus.

    q_a = Z_a - integral of rho over the basin of a

A uniform grid says where the basins lie. Summing over its cells would miss the cusps at the nuclei by whole electrons (sodium comes out
with 12.9 of them), and labels of whole cells move carbon and oxygen by 0.1 e from one spacing to the next. So the density is integrated on
an atom-centred grid, each point takes the label of its cell, and a point whose cell lies at a surface follows the gradient of the density
itself until it is inside a basin. Charges of two spacings then agree to a few thousandths.

References: Bader 1990; Henkelman, Arnaldsson & Jónsson 2006; Tang, Sanville & Henkelman 2009; Becke 1988 (atom-centred grid).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dualion.atoms.electronic.basins import basins, beside_another
from dualion.atoms.electronic.field import Field
from dualion.atoms.electronic.grids import SPACING, Booleans, Grid, enclosing, sampled
from dualion.atoms.engines.base import BOHR
from dualion.atoms.structure import Floats, Integers, Structure
from dualion.records.quantity import Flag

ATTRACTION = 0.4  # [angstrom] a maximum within this distance of a nucleus is that nucleus
REPORTED = 1e-3 / BOHR**3  # [e/angstrom3] a maximum above it that is no nucleus is reported; a lower one is noise of the vacuum
LEAST = 0.1  # [e] a basin that holds less is none; the proton of a strong acid holds 0.3
COUNTED = 0.002  # [e] the basins may miss the number of electrons by
AGREEMENT = 0.02  # [e] by which charges of two spacings may differ
FINER = 0.8  # [1] second spacing over the first

_STEP, _SHORTEST_STEP = 0.1, 0.02  # [angstrom] of a walk along the gradient; half of them change no charge by more than 0.003 e
_STEP_SHARE = 0.15  # [1] of the distance to the nearest nucleus
_MOST_STEPS = 200  # [1] of a walk
_CAPTURE = 0.12  # [angstrom] a walk this near to a nucleus has arrived
_DRAWING, _BOND = (7, 8, 9, 16, 17), 1.4  # [1], [angstrom] elements that draw the electrons of hydrogen, and how near they are
_ROUGH = 1.2  # [angstrom] around an atom of shallow maximum, where no cell is believed
_CONTRIBUTION = 1e-5  # [e] a point that holds less keeps the label of its cell


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """A quadrature whose points each belong to an attractor.

    Parameters
    ----------
    points : array of float, shape (n, 3)
        [angstrom]
    weights : array of float, shape (n,)
        [angstrom3]
    owners : array of int, shape (n,)
        Index of an atom, or of an attractor that is no nucleus, counted on from the atoms [1].
    density : array of float, shape (n,)
        At the points [1/angstrom3].
    attractors : array of float, shape (k, 3)
        Maxima that are no nuclei [angstrom].
    atoms : int
        Number of atoms [1].
    spacing : float
        Of the grid that the basins were found on [angstrom].
    """

    points: Floats
    weights: Floats
    owners: Integers
    density: Floats
    attractors: Floats
    atoms: int
    spacing: float

    def integrals(self, values: Floats) -> Floats:
        """Integral of values at the points over the basin of each atom and each attractor, shape (atoms + k,).

        Parameters
        ----------
        values : array of float, shape (n,)
            In any unit for each angstrom3 [1].
        """
        sums = np.bincount(self.owners, weights=values * self.weights, minlength=self.atoms + len(self.attractors))
        return sums.astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Charges:
    """Charges of the atoms of a structure.

    Parameters
    ----------
    charges : array of float, shape (n,)
        In elementary charges [1].
    electrons : array of float, shape (n,)
        In the basin of each atom [1].
    non_nuclear : tuple of (position, electrons)
        Maxima that are no nuclei: where [angstrom], and how many electrons they hold [1].
    total : float
        Electrons in all basins [1].
    spacing : float
        Of the grid that the basins were found on [angstrom].
    disagreement : float or None
        Largest difference to the charges of the second spacing, in elementary charges [1].
    flags : tuple of Flag
    """

    charges: Floats
    electrons: Floats
    non_nuclear: tuple[tuple[tuple[float, float, float], float], ...]
    total: float
    spacing: float
    disagreement: float | None = None
    flags: tuple[Flag, ...] = ()


def bader(field: Field, *, spacing: float = SPACING) -> Charges:
    """Charges of the atoms, from the basins of one grid.

    Parameters
    ----------
    field : Field
    spacing : float
        Of the grid [angstrom].

    Returns
    -------
    Charges

    Raises
    ------
    SpecError
        The spacing is out of range.
    """
    return charges_of(partition(field, spacing=spacing), field)


def bader_agreed(field: Field, *, spacing: float = SPACING) -> Charges:
    """Charges of the atoms, held against those of a grid with 0.8 times the spacing; the finer ones are returned.

    Parameters
    ----------
    field : Field
    spacing : float
        Of the coarser grid [angstrom].

    Returns
    -------
    Charges
        With the flag ``spacing_dependent`` where they differ by more than 0.02 e.
    """
    coarse, fine = bader(field, spacing=spacing), bader(field, spacing=FINER * spacing)
    apart = float(np.max(np.abs(coarse.charges - fine.charges)))
    flags = fine.flags
    if apart > AGREEMENT:
        message = f"Charges differ by {apart:.3f} e between {coarse.spacing:g} and {fine.spacing:g} angstrom. Use a finer grid."
        flags = (*flags, Flag("spacing_dependent", "warning", message))
    return replace(fine, disagreement=apart, flags=flags)


def charges_of(found: Partition, field: Field) -> Charges:
    """Charges from basins that are there already."""
    held = found.integrals(found.density)
    electrons, others = held[: found.atoms], held[found.atoms :]
    places = [(float(x), float(y), float(z)) for x, y, z in found.attractors]
    non_nuclear = tuple((place, float(share)) for place, share in zip(places, others, strict=True))
    total = float(held.sum())
    flags = []
    if non_nuclear:
        said = ", ".join(f"({x:.2f}, {y:.2f}, {z:.2f}) with {share:.3f} e" for (x, y, z), share in non_nuclear)
        flags.append(Flag("non_nuclear", "warning", f"The density has maxima that are no nuclei: {said}. No atom holds their electrons."))
    empty = [f"{field.structure.symbols[atom]}{atom + 1}" for atom in np.flatnonzero(electrons < LEAST)]
    if empty:
        message = f"The density has no maximum at {', '.join(empty)}, or almost none. Use a larger basis or a finer grid."
        flags.append(Flag("no_basin", "warning", message))
    if abs(total - field.electrons) > COUNTED:
        message = f"The basins hold {total:.4f} of {field.electrons:g} electrons. Use a finer quadrature."
        flags.append(Flag("electrons_missed", "warning", message))
    return Charges(field.structure.numbers - electrons, electrons, non_nuclear, total, found.spacing, flags=tuple(flags))


def partition(field: Field, *, spacing: float = SPACING) -> Partition:
    """The quadrature of a field with the basin of each of its points.

    Parameters
    ----------
    field : Field
    spacing : float
        Of the grid that the basins are found on [angstrom].

    Returns
    -------
    Partition

    Raises
    ------
    SpecError
        The spacing is out of range.
    """
    nuclei = field.structure.positions
    grid = enclosing(nuclei, spacing=spacing)
    values, shallow = _with_nuclei(sampled(field, grid), grid, field)
    labels, maxima = basins(values)
    of_basin, attractors = _owners(grid.points(maxima), values.ravel()[maxima], nuclei)
    of_cell = of_basin[labels]
    points, weights = field.quadrature()
    density = field.density(points)
    cells = grid.cell_of(points)
    owners = of_cell.ravel()[cells]
    surface = beside_another(of_cell, 1).ravel()
    for atom in shallow:
        surface |= grid.within(nuclei[atom], _ROUGH)
    unsure = np.flatnonzero(surface[cells] & (np.abs(density * weights) > _CONTRIBUTION))
    owners[unsure] = _followed(field, points[unsure], grid, of_cell.ravel(), surface)
    return Partition(points, weights, owners, density, attractors, len(nuclei), spacing)


def _with_nuclei(values: Floats, grid: Grid, field: Field) -> tuple[Floats, Integers]:
    """The values with a maximum at each nucleus, where the exact density has a cusp, and the atoms that had none or a shallow one.

    The maximum of a hydrogen atom at oxygen or nitrogen is so shallow that the grid steps over it, or gives it the wrong width.
    """
    nuclei = field.structure.positions
    raised, shallow = values.copy(), []
    reach = int(np.ceil(ATTRACTION / grid.spacing))
    for atom, (cell, height) in enumerate(zip(grid.cell_of(nuclei), field.density(nuclei), strict=True)):
        place = np.unravel_index(cell, grid.shape)
        wide = values[tuple(slice(index - reach - 1, index + reach + 2) for index in place)]
        if not _holds_maximum(wide) or _is_polar(field.structure, atom):
            shallow.append(atom)
        around = raised[tuple(slice(index - 1, index + 2) for index in place)]
        raised[place] = max(float(height), float(np.nextafter(around.max(), np.inf)))
    return raised, np.array(shallow, dtype=np.int64)


def _is_polar(structure: Structure, atom: int) -> bool:
    """Whether an atom is a hydrogen atom at one of the elements that leave it little density."""
    if structure.numbers[atom] != 1:
        return False
    distance = np.linalg.norm(structure.positions - structure.positions[atom], axis=1)
    return bool(np.any((distance < _BOND) & np.isin(structure.numbers, _DRAWING)))


def _holds_maximum(block: Floats) -> bool:
    """Whether a point of a block that is not on its rim is higher than its 26 neighbours."""
    from scipy.ndimage import maximum_filter

    inner = (slice(1, -1),) * 3
    return bool(np.any(block[inner] == maximum_filter(block, 3)[inner]))


def _owners(places: Floats, heights: Floats, nuclei: Floats) -> tuple[Integers, Floats]:
    """Atom or attractor of each maximum, and where the attractors are."""
    distance = np.linalg.norm(places[:, None, :] - nuclei[None, :, :], axis=2)
    owners = distance.argmin(axis=1).astype(np.int64)
    strange = np.flatnonzero((distance.min(axis=1) > ATTRACTION) & (heights > REPORTED))
    owners[strange] = len(nuclei) + np.arange(len(strange))
    return owners, places[strange]


def _followed(field: Field, starts: Floats, grid: Grid, of_cell: Integers, surface: Booleans) -> Integers:
    """Owner of each start: that of the nucleus, or of the inner cell, which the way up the gradient reaches first."""
    from scipy.spatial import cKDTree

    nuclei = cKDTree(field.structure.positions)
    at, owners, active = starts.copy(), of_cell[grid.cell_of(starts)], np.arange(len(starts))
    step = np.clip(_STEP_SHARE * nuclei.query(at)[0], _SHORTEST_STEP, _STEP)[:, None]
    before, step_before = np.zeros((len(starts), 3)), step
    for count in range(_MOST_STEPS):
        if not len(active):
            break
        slope = _direction(field.gradient(at[active]))
        turn = 0.5 * step / step_before * (slope - before) if count else 0.0  # to the middle of the step (Adams and Bashforth)
        at[active] += step * (slope + turn)
        cells = grid.cell_of(at[active])
        distance, nearest = nuclei.query(at[active])
        arrived = distance < _CAPTURE
        owners[active] = np.where(arrived, nearest, of_cell[cells])
        on = ~arrived & surface[cells]
        active, before, step_before = active[on], slope[on], step[on]
        step = np.clip(_STEP_SHARE * distance[on], _SHORTEST_STEP, _STEP)[:, None]
    return owners


def _direction(gradient: Floats) -> Floats:
    length = np.linalg.norm(gradient, axis=1, keepdims=True)
    found: Floats = np.divide(gradient, length, out=np.zeros_like(gradient), where=length > 0.0)
    return found
