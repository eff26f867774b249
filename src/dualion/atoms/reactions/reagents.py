"""The small molecules of the reactions at nitrogen, and zinc beside it.

Geometries here are starts, built from usual bond lengths: hydrogen, water, and zinc with two acetates, two chlorides or four waters. An
adduct puts zinc before the site of a carbon, in the plane and tilted out of it, its ligands turned to where they have most room.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from dualion.atoms.building.place import rotation
from dualion.atoms.electrons import lowest_multiplicity
from dualion.atoms.structure import SYMBOLS, Floats, Structure, joined
from dualion.errors import SpecError

LIGANDS: Final = ("acetate", "chloride", "water")
_FORMULAS = {"acetate": "Zn(OAc)2", "chloride": "ZnCl2", "water": "Zn(H2O)4"}
_CHARGES = {"acetate": -1, "chloride": -1, "water": 0}  # [e] of one ligand
_ZINC_CHARGE = 2  # [e]
_OH, _HOH = 0.96, np.deg2rad(104.5)  # [angstrom], [rad] of water
_HH = (0.74, 0.80)  # [angstrom] of hydrogen; methods put it on either side of 0.775, below which two atoms count as bound
_ZN_O, _ZN_CL = 2.0, 2.15  # [angstrom] usual distances of four-, and of two-coordinate zinc
_CO, _OCO, _CC, _CH = 1.27, np.deg2rad(118.0), 1.50, 1.09  # [angstrom], [rad] of acetate
_TETRAHEDRAL = np.arccos(-1.0 / 3.0)  # [rad]
_DISTANCE: Final = {7: 2.1, 8: 2.0}  # [angstrom] of zinc from nitrogen, from oxygen
_FROM_HYDROGEN = 3.4  # [angstrom] of zinc from a nitrogen that carries a hydrogen
_BOUND_HYDROGEN = 1.2  # [angstrom] a hydrogen nearer to nitrogen than this is bound to it
_TILTS: Final = {7: (0.0, 35.0, 70.0), 8: (50.0, 25.0, 75.0)}  # [degree] out of the plane
_TURNS = 400  # [1] orientations of the ligands that are looked at


def hydrogen_molecules() -> tuple[Structure, ...]:
    """H2, neutral, twice: one of the two starts ends with the bond count that it began with."""
    return tuple(_piece("H2", ("H", "H"), np.array([[0.0, 0.0, 0.0], [0.0, 0.0, length]]), 0) for length in _HH)


def water_molecule() -> Structure:
    """H2O, neutral."""
    return _piece("H2O", ("O", "H", "H"), _water(), 0)


def zinc_name(ligand: str) -> str:
    """Formula of zinc with its ligands, such as ``"Zn(OAc)2"``.

    Raises
    ------
    SpecError
        No such ligand.
    """
    if ligand not in LIGANDS:
        raise SpecError(f'ligand: "{ligand}" is not a ligand of zinc here. Write one of {", ".join(LIGANDS)}.')
    return _FORMULAS[ligand]


def zinc_complex(ligand: str) -> Structure:
    """Zinc with its ligands: neutral with acetate and chloride, +2 with four waters.

    Parameters
    ----------
    ligand : str
        One of `LIGANDS`.

    Returns
    -------
    Structure
        Zinc at the origin, each ligand a part.

    Raises
    ------
    SpecError
        No such ligand.
    """
    zinc_name(ligand)
    pieces = [_piece("Zn", ("Zn",), np.zeros((1, 3)), _ZINC_CHARGE)]
    if ligand == "acetate":
        pieces += [_piece("acetate", ("O", "O", "C", "C", "H", "H", "H"), _acetate() @ turn, -1) for turn in _two_ways()]
    elif ligand == "chloride":
        pieces += [_piece("chloride", ("Cl",), np.array([[0.0, 0.0, sign * _ZN_CL]]), -1) for sign in (1.0, -1.0)]
    else:
        corners = np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]) / np.sqrt(3.0)
        pieces += [_piece("H2O", ("O", "H", "H"), _water() @ _onto(corner).T + _ZN_O * corner, 0) for corner in corners]
    return joined(*pieces, charge=sum(piece.charge for piece in pieces), multiplicity=1)


def adducts(carbon: Structure, ligand: str, *, starts: int, rng: np.random.Generator) -> tuple[Structure, ...]:
    """Starts of a carbon with zinc before its site.

    Parameters
    ----------
    carbon : Structure
        Whose site is a nitrogen, an oxygen, or a nitrogen that carries a hydrogen.
    ligand : str
        One of `LIGANDS`.
    starts : int
        How many [1].
    rng : numpy.random.Generator
        Turns the ligands.

    Returns
    -------
    tuple of Structure

    Raises
    ------
    SpecError
        The carbon names no site at an edge.
    """
    if carbon.site is None or carbon.site.mode != "edge":
        raise SpecError("carbon: zinc binds at a nitrogen of its edge, and it names none. Choose an edge motif, such as pyridinic_zz.")
    complex_ = zinc_complex(ligand)
    charge = carbon.charge + complex_.charge
    multiplicity = lowest_multiplicity(np.concatenate([carbon.numbers, complex_.numbers]), charge)
    made = []
    for start in range(starts):
        at = _before(carbon, start)
        placed = complex_.moved(_roomiest(complex_.positions, at, carbon, rng))
        made.append(joined(carbon, placed, charge=charge, multiplicity=multiplicity))
    return tuple(made)


def _before(carbon: Structure, start: int) -> Floats:
    """Where zinc is put, shape (3,) [angstrom]."""
    assert carbon.site is not None
    here, away = carbon.positions[carbon.site.atom], np.array(carbon.site.outward)
    element = int(carbon.numbers[carbon.site.atom])
    near = np.linalg.norm(carbon.positions - here, axis=1) < _BOUND_HYDROGEN
    carries = element != 8 and bool(np.any(near & (carbon.numbers == 1)))
    distance = _FROM_HYDROGEN if carries else _DISTANCE.get(element, _DISTANCE[7])
    tilts = _TILTS.get(element, _TILTS[7])
    tilt = np.deg2rad(tilts[start % len(tilts)])
    where: Floats = here + distance * (np.cos(tilt) * away + np.sin(tilt) * np.array((0.0, 0.0, 1.0)))
    return where


def _roomiest(positions: Floats, at: Floats, carbon: Structure, rng: np.random.Generator) -> Floats:
    """The ligands turned about zinc to where their smallest distance from the carbon is largest, shape (n, 3) [angstrom]."""
    best, widest = positions + at, -np.inf
    for _ in range(_TURNS):
        axis = rng.normal(size=3)
        turned = positions @ rotation(axis / np.linalg.norm(axis), float(rng.uniform(0.0, 2.0 * np.pi))).T + at
        ligands = turned[1:]
        room = float(np.linalg.norm(ligands[:, None, :] - carbon.positions[None, :, :], axis=2).min())
        if room > widest:
            best, widest = turned, room
    return best


def _piece(label: str, symbols: tuple[str, ...], positions: Floats, charge: int) -> Structure:
    numbers = np.array([SYMBOLS.index(symbol) for symbol in symbols], dtype=np.int64)
    return Structure(numbers, positions, charge, lowest_multiplicity(numbers, charge), (label,), np.zeros(len(numbers), dtype=np.int64))


def _water() -> Floats:
    """Oxygen at the origin, hydrogen towards +z, shape (3, 3) [angstrom]."""
    across, along = _OH * np.sin(_HOH / 2.0), _OH * np.cos(_HOH / 2.0)
    return np.array([[0.0, 0.0, 0.0], [across, 0.0, along], [-across, 0.0, along]])


def _acetate() -> Floats:
    """Both oxygens at zinc in the origin, the methyl towards +z, shape (7, 3) [angstrom]."""
    half = _CO * np.sin(_OCO / 2.0)
    oxygen = float(np.sqrt(_ZN_O**2 - half**2))
    carbon = oxygen + _CO * np.cos(_OCO / 2.0)
    methyl = carbon + _CC
    spread, rise = _CH * np.sin(_TETRAHEDRAL), -_CH * np.cos(_TETRAHEDRAL)
    hydrogens = [[spread * np.cos(angle), spread * np.sin(angle), methyl + rise] for angle in 2.0 * np.pi * np.arange(3) / 3.0]
    return np.array([[half, 0.0, oxygen], [-half, 0.0, oxygen], [0.0, 0.0, carbon], [0.0, 0.0, methyl], *hydrogens])


def _two_ways() -> tuple[Floats, Floats]:
    """Towards +z, and towards -z in the other plane: four oxygens about zinc."""
    return np.eye(3), np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])


def _onto(direction: Floats) -> Floats:
    """Rotation that takes +z onto a direction that is not along z, shape (3, 3) [1]."""
    axis = np.cross((0.0, 0.0, 1.0), direction)
    return rotation(axis / np.linalg.norm(axis), float(np.arccos(direction[2])))
