"""Starting structures: an ion at a carbon, solvents around the ion.

The ion stands above a basal site or in front of an edge site, out of the plane by 35 degrees. Each solvent points its donor atom at the
ion along a random direction, rolled at random; a direction too near to that of another donor, or an atom too near to what is there, is
thrown away. When many were thrown away the shell is widened, and at last the rule about directions is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dualion.atoms.building.species import Solvent, ion_structure
from dualion.atoms.electrons import lowest_multiplicity
from dualion.atoms.structure import CARBON, Floats, Structure, joined
from dualion.errors import PlacementError, SpecError

MOST_SOLVENTS = 6
DONORS = (7, 8, 16)  # atomic numbers of what binds an ion: nitrogen, oxygen, sulphur
_DONOR = 2.35  # [angstrom] from the ion to the donor atom
_CLEARANCE = 2.3  # [angstrom] no atom nearer than this to an atom other than the ion
_CLOSEST = 2.0  # [angstrom] nor to the ion, the donor excepted
_COSINE = 0.25  # [1] two donors are seen from the ion at 75.5 degrees or more
_WIDEN, _EVERY = 0.08, 400  # [1] the shell grows by this, each time so many tries failed
_ANY_DIRECTION = 1500  # [1] tries after which donors may stand near each other
_TRIES = 4000  # [1]
_ABOVE = (2.9, 4.2)  # [angstrom] of the ion above a basal site; the second for five solvents and more
_MANY = 5  # [1] solvents from which on the ion stands farther away
_TILT = np.deg2rad(35.0)
_EDGE = {8: 2.25, 7: 2.5}  # [angstrom] from the ion to oxygen, to nitrogen
_HYDROGENATED = 0.9  # [angstrom] farther for N-H
_FARTHER = 0.8  # [angstrom] farther for five solvents and more
_NH = 1.2  # [angstrom] a hydrogen nearer to nitrogen than this is bound to it
_TAKEN = _DONOR + 1.0  # [angstrom] a donor nearer to the ion than this holds its direction
_ROLLS, _ROLLS_EVERY = 400, 50  # [1] tries at one vertex of a polyhedron, after each so many of which the solvent stands farther out
_PARALLEL = 1e-9  # [1] sine of two directions that are one
_AROUND = 5.0  # [angstrom] the carbon's plane at a site is that of its atoms within this
_LEVEL = 0.9  # [1] a carbon whose normal has this z component or more lies in the xy plane


@dataclass(frozen=True, slots=True)
class Composition:
    """What a state is made of.

    Parameters
    ----------
    carbon : Structure or None
        A flake with its site; None for the shell alone.
    ion : str
        Symbol of the ion, such as ``"Na"``; empty for none.
    solvents : tuple of Solvent
        One entry for each molecule.
    charge : int
        Total charge [e].
    """

    carbon: Structure | None
    ion: str
    solvents: tuple[Solvent, ...]
    charge: int


def placed(composition: Composition, rng: np.random.Generator) -> Structure:
    """A random start.

    Parameters
    ----------
    composition : Composition
    rng : numpy.random.Generator

    Returns
    -------
    Structure

    Raises
    ------
    SpecError
        More than six solvents, or solvents without an ion.
    PlacementError
        The solvents did not fit.
    """
    solvents = composition.solvents
    if len(solvents) > MOST_SOLVENTS:
        raise SpecError(f"solvents: {len(solvents)} are more than fit around one ion. Give at most {MOST_SOLVENTS}.")
    pieces = [] if composition.carbon is None else [composition.carbon]
    if not composition.ion:
        if solvents and (pieces or len(solvents) > 1):
            raise SpecError("solvents: they are placed around an ion. Name one, such as Na.")
        alone = [solvent.structure(int(rng.integers(len(solvent.conformers)))) for solvent in solvents]
        return _with_charge([*pieces, *alone], composition.charge)
    centre = np.zeros(3) if composition.carbon is None else ion_position(composition.carbon, len(solvents))
    pieces.append(ion_structure(composition.ion, centre))
    directions: list[Floats] = []
    for index, solvent in enumerate(solvents):
        start = _one(pieces, solvent, centre, directions, rng)
        if start is None:
            raise PlacementError(f"could not place {len(solvents)} solvents (placed {index}). Give fewer solvents, or a larger flake.")
        pieces.append(start)
    return _with_charge(pieces, composition.charge)


def added(structure: Structure, solvent: Solvent, rng: np.random.Generator) -> Structure:
    """A structure with one solvent more, in a free direction around its ion.

    Parameters
    ----------
    structure : Structure
        With an ion.
    solvent : Solvent
    rng : numpy.random.Generator

    Returns
    -------
    Structure

    Raises
    ------
    PlacementError
        There is no room left.
    """
    centre = structure.positions[ion_index(structure)]
    donors = [structure.positions[index] - centre for index in donor_indices(structure)]
    directions = [vector / np.linalg.norm(vector) for vector in donors if np.linalg.norm(vector) < _TAKEN]
    start = _one([structure], solvent, centre, directions, rng)
    if start is None:
        raise PlacementError(f"could not place one more {solvent.name} around the ion. Begin with fewer solvents.")
    return _with_charge([structure, start], structure.charge)


def polyhedron(composition: Composition, vertices: Floats, order: Sequence[int], rng: np.random.Generator) -> Structure:
    """A shell with its donors at the vertices of a polyhedron.

    Parameters
    ----------
    composition : Composition
        Without a carbon.
    vertices : array of float, shape (k, 3)
        Directions of the donors, of length one [1].
    order : sequence of int
        Which solvent stands at each vertex [1].
    rng : numpy.random.Generator
        Rolls each solvent about its axis.

    Returns
    -------
    Structure

    Raises
    ------
    PlacementError
        The solvents touch in every roll that was tried.
    """
    pieces = [ion_structure(composition.ion, np.zeros(3))]
    for place, (vertex, index) in enumerate(zip(vertices, order, strict=True)):
        solvent = composition.solvents[index]
        frames, obstacles = _frames(solvent), _obstacles(pieces)
        for attempt in range(_ROLLS):
            scale = 1.0 + _WIDEN * (attempt // _ROLLS_EVERY)
            conformer = int(rng.integers(len(frames)))
            positions = _oriented(frames[conformer], vertex, _DONOR * scale, rng)
            if not _clashes(positions, obstacles):
                pieces.append(solvent.structure(conformer).moved(positions))
                break
        else:
            raise PlacementError(f"could not place {len(order)} solvents at a polyhedron (placed {place}). Give fewer solvents.")
    return _with_charge(pieces, composition.charge)


def ion_position(carbon: Structure, solvents: int) -> Floats:
    """Where the ion is put at a carbon, shape (3,) [angstrom].

    Parameters
    ----------
    carbon : Structure
        With a site.
    solvents : int
        How many solvents it brings [1].

    Returns
    -------
    array of float, shape (3,)

    Raises
    ------
    SpecError
        The carbon names no site.
    """
    site = carbon.site
    if site is None:
        raise SpecError("carbon: it names no site for the ion. Give the number of an atom and the direction away from the carbon.")
    away = np.array(site.outward)
    here = carbon.positions[site.atom]
    if site.mode == "basal":
        height: Floats = here + _ABOVE[solvents >= _MANY] * away
        return height
    element = int(carbon.numbers[site.atom])
    distance = _EDGE.get(element, _EDGE[7])
    bonded = np.linalg.norm(carbon.positions - here, axis=1) < _NH
    if element == 7 and np.any(bonded & (carbon.numbers == 1)):
        distance += _HYDROGENATED
    distance += _FARTHER if solvents >= _MANY else 0.0
    where: Floats = here + distance * (np.cos(_TILT) * away + np.sin(_TILT) * _upright(carbon, site.atom, away))
    return where


def plane_normal(carbon: Structure, atom: int) -> Floats:
    """Normal of the carbon's plane at an atom: exactly z for a carbon in the xy plane, which a relaxed flake still is.

    Parameters
    ----------
    carbon : Structure
    atom : int
        Index of the atom [1].

    Returns
    -------
    array of float, shape (3,)
        Of length one [1], its largest component above zero.
    """
    around = carbon.positions[np.linalg.norm(carbon.positions - carbon.positions[atom], axis=1) < _AROUND]
    vertical: Floats = np.array((0.0, 0.0, 1.0))
    if len(around) < 3:
        return vertical
    normal: Floats = np.linalg.svd(around - around.mean(axis=0), full_matrices=False)[2][-1]
    return vertical if abs(normal[2]) >= _LEVEL else normal * np.sign(normal[np.argmax(np.abs(normal))])


def _upright(carbon: Structure, atom: int, away: Floats) -> Floats:
    """Of the normal of the carbon's plane the part across a direction, of length one, shape (3,) [1]."""
    normal = plane_normal(carbon, atom)
    if normal[2] == 1.0:
        return normal
    across = normal - (normal @ away) * away
    unit: Floats = across / np.linalg.norm(across)
    return unit


def ion_index(structure: Structure) -> int:
    """Index of the ion: the atom that is a part of its own [1]."""
    for part in range(len(structure.labels)):
        atoms = structure.atoms_of(part)
        if len(atoms) == 1:
            return int(atoms[0])
    raise SpecError("structure: it holds no ion. Name one, such as Na.")


def donor_indices(structure: Structure) -> list[int]:
    """Of each solvent the donor atom, taken as its oxygen, nitrogen or sulphur nearest to the ion [1]."""
    centre = structure.positions[ion_index(structure)]
    found = []
    for part, label in enumerate(structure.labels):
        atoms = structure.atoms_of(part)
        donors = atoms[np.isin(structure.numbers[atoms], DONORS)]
        if label == CARBON or len(atoms) < 2 or not len(donors):
            continue
        found.append(int(donors[np.argmin(np.linalg.norm(structure.positions[donors] - centre, axis=1))]))
    return found


def random_direction(rng: np.random.Generator) -> Floats:
    """A direction without preference, shape (3,) [1]."""
    vector = rng.normal(size=3)
    unit: Floats = vector / np.linalg.norm(vector)
    return unit


def _one(pieces: list[Structure], solvent: Solvent, centre: Floats, directions: list[Floats], rng: np.random.Generator) -> Structure | None:
    """One solvent in a free direction, which is noted; None where there is no room."""
    frames, obstacles = _frames(solvent), _obstacles(pieces)
    for attempt in range(_TRIES):
        direction = random_direction(rng)
        conformer = int(rng.integers(len(frames)))
        if attempt < _ANY_DIRECTION and any(float(direction @ other) > _COSINE for other in directions):
            continue
        distance = _DONOR * (1.0 + _WIDEN * (attempt // _EVERY))
        positions = _oriented(frames[conformer], direction, distance, rng) + centre
        if not _clashes(positions, obstacles):
            directions.append(direction)
            return solvent.structure(conformer).moved(positions)
    return None


def _frames(solvent: Solvent) -> list[tuple[Floats, Floats]]:
    """Of each conformer the positions about its donor [angstrom], and its axis [1]."""
    found = []
    for index in range(len(solvent.conformers)):
        positions = solvent.structure(index).positions
        found.append((positions - positions[solvent.donor], solvent.axis(index)))
    return found


def _oriented(frame: tuple[Floats, Floats], direction: Floats, distance: float, rng: np.random.Generator) -> Floats:
    """Positions of a conformer with its donor towards the origin, at a distance along a direction, rolled at random about it."""
    positions, axis = frame
    turned = positions @ _turn(axis, direction).T
    rolled = turned @ rotation(direction, float(rng.uniform(0.0, 2.0 * np.pi))).T
    moved: Floats = rolled + distance * direction
    return moved


def _turn(axis: Floats, direction: Floats) -> Floats:
    """Rotation that takes one direction onto another, shape (3, 3)."""
    (a, b, c), (x, y, z) = axis, direction
    cross, cosine = np.array((b * z - c * y, c * x - a * z, a * y - b * x)), float(axis @ direction)
    sine = float(np.linalg.norm(cross))
    if sine < _PARALLEL:
        if cosine > 0.0:
            return np.eye(3)
        beside = np.cross(axis, np.eye(3)[int(np.argmin(np.abs(axis)))])
        return rotation(beside / np.linalg.norm(beside), np.pi)
    return rotation(cross / sine, float(np.arctan2(sine, cosine)))


def rotation(axis: Floats, angle: float) -> Floats:
    """Rotation about an axis (Rodrigues), shape (3, 3) [1].

    Parameters
    ----------
    axis : array of float, shape (3,)
        Of length one [1].
    angle : float
        [rad]

    Returns
    -------
    array of float, shape (3, 3)
    """
    x, y, z = axis
    skew = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    matrix: Floats = np.eye(3) + np.sin(angle) * skew + (1.0 - np.cos(angle)) * skew @ skew
    return matrix


def _obstacles(pieces: Sequence[Structure]) -> tuple[Floats, Floats]:
    """Atoms that are there, shape (n, 3), and how near to each another may come, shape (n,) [angstrom]; the ion lets its donor nearer."""
    alone = [np.bincount(piece.parts, minlength=len(piece.labels))[piece.parts] == 1 for piece in pieces]
    nearest = np.where(np.concatenate(alone), _CLOSEST, _CLEARANCE)
    return np.concatenate([piece.positions for piece in pieces]), nearest


def _clashes(positions: Floats, obstacles: tuple[Floats, Floats]) -> bool:
    """Whether an atom touches what is there."""
    there, nearest = obstacles
    distance = np.linalg.norm(positions[:, None, :] - there[None, :, :], axis=2)
    return bool(np.any(distance < nearest[None, :]))


def _with_charge(pieces: Sequence[Structure], charge: int) -> Structure:
    numbers = np.concatenate([piece.numbers for piece in pieces])
    return joined(*pieces, charge=charge, multiplicity=lowest_multiplicity(numbers, charge))
