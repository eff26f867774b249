"""Any solvent by its SMILES: atoms, first geometries and the donor atom, by RDKit (BSD licence).

Geometries come from distance geometry with the torsion preferences of experiment (ETKDG), from a fixed seed: the same SMILES and version
give the same bytes. They are starts; `relaxed` takes them to the minima of an engine. The donor is the oxygen of a double bond, else
another oxygen, else a nitrogen, else a sulphur; of several alike the first one written.

Reference: Riniker & Landrum 2015 (ETKDG).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from dualion.atoms.building.species import Solvent
from dualion.atoms.engines.base import Engine
from dualion.atoms.engines.libraries import library
from dualion.atoms.relax import relax
from dualion.errors import PlacementError, SpecError

MOST_ATOMS = 30  # [1] hydrogen included; larger ligands need a search of their own
MOST_CONFORMERS = 4  # [1]
ELEMENTS = ("H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Br", "I")
_LONGEST = 300  # [1] characters; a molecule of 30 atoms is written in far fewer
_SEED = 20260
_EMBEDDINGS = 20  # [1] geometries from which the different ones are taken
_DIFFERENT = 0.3  # [angstrom] root mean square of the heavy atoms
_SAME_ENERGY = 0.005  # [eV] two minima nearer than this are one
_WINDOW = 0.2  # [eV] above the lowest conformer: what lies higher is not a start
_FMAX = 0.02  # [eV/angstrom]
_DIGITS = 4  # of a coordinate in angstrom
#: Donor atoms as SMARTS, the first that is found is taken.
_DONORS = ("[OX1]=*", "[OX1-]", "[#8]", "[NX1]", "[NX2]", "[#7;!+]", "[#16]")


def from_smiles(smiles: str, name: str) -> Solvent:
    """A solvent from its SMILES, with up to four starting geometries.

    Parameters
    ----------
    smiles : str
        Of one neutral molecule with closed shells, up to 30 atoms.
    name : str

    Returns
    -------
    Solvent
        Not relaxed.

    Raises
    ------
    SpecError
        The SMILES does not parse, or the molecule cannot be a solvent here.
    PlacementError
        No geometry could be made.
    MissingDependency
        RDKit is not installed.
    """
    chem = library("rdkit.Chem")
    molecule = _parsed(chem, smiles, name)
    donor = _donor(chem, molecule, smiles, name)
    conformers = _embedded(molecule, name)
    symbols = tuple(atom.GetSymbol() for atom in molecule.GetAtoms())
    return Solvent(name, smiles, symbols, conformers, donor)


def relaxed(solvent: Solvent, engine: Engine, *, fmax: float = _FMAX) -> Solvent:
    """A solvent with its conformers relaxed, the lowest first, equal ones once.

    Parameters
    ----------
    solvent : Solvent
    engine : Engine
    fmax : float
        Largest force on an atom [eV/angstrom].

    Returns
    -------
    Solvent
        Conformers within 0.2 eV of the lowest.

    Raises
    ------
    PlacementError
        No conformer became a minimum with the bonds that it started with.
    """
    found = []
    for index in range(len(solvent.conformers)):
        ended = relax(solvent.structure(index), engine, fmax=fmax)
        if ended.accepted and ended.energy is not None:
            found.append((ended.energy, ended.structure.positions))
    if not found:
        raise PlacementError(f"{solvent.name}: no conformer of {solvent.smiles} relaxed to a minimum. Give a geometry, or another solvent.")
    found.sort(key=lambda pair: pair[0])
    kept: list[tuple[float, Any]] = []
    for energy, positions in found:
        if energy < found[0][0] + _WINDOW and all(energy - other > _SAME_ENERGY for other, _ in kept):
            kept.append((energy, positions))
    return replace(solvent, conformers=tuple(_rows(positions, solvent.donor) for _, positions in kept))


def _parsed(chem: Any, smiles: str, name: str) -> Any:
    """The molecule with its hydrogens, refused with a reason where it cannot be used."""
    where = f"solvent {name}"
    if not smiles or len(smiles) > _LONGEST:
        raise SpecError(f"{where}: {len(smiles)} characters are not a SMILES. Write one of 1 to {_LONGEST} characters, such as CC(C)=O.")
    with library("rdkit.rdBase").BlockLogs():
        molecule = None if smiles.split() != [smiles] else chem.MolFromSmiles(smiles)  # what follows a blank is a name to RDKit
    if molecule is None or molecule.GetNumAtoms() == 0:
        raise SpecError(f'{where}: "{smiles}" is not a SMILES that can be read. Check its brackets, ring digits and valences.')
    molecule = chem.AddHs(molecule)
    problem = _unusable(chem, molecule)
    if problem:
        raise SpecError(f"{where}: {smiles} {problem}")
    return molecule


def _unusable(chem: Any, molecule: Any) -> str:
    """Why a molecule cannot be a solvent here, and what to do; empty where it can."""
    symbols = {atom.GetSymbol() for atom in molecule.GetAtoms()}
    foreign = sorted(symbols - set(ELEMENTS))
    if foreign:
        return f"holds {', '.join(foreign)}. Write a molecule of {', '.join(ELEMENTS)}."
    if len(chem.GetMolFrags(molecule)) > 1:
        return "is more than one molecule. Write each as a solvent of its own."
    charge = chem.GetFormalCharge(molecule)
    if charge:
        return f"has the charge {charge:+d}. Write the neutral molecule; ions belong to --ion and --charge."
    if sum(atom.GetNumRadicalElectrons() for atom in molecule.GetAtoms()):
        return "has unpaired electrons. Write the closed-shell molecule, its hydrogens in brackets included."
    if molecule.GetNumAtoms() > MOST_ATOMS:
        return f"has {molecule.GetNumAtoms()} atoms. Write a solvent of at most {MOST_ATOMS}, hydrogen included."
    return ""


def _donor(chem: Any, molecule: Any, smiles: str, name: str) -> int:
    for pattern in _DONORS:
        match = molecule.GetSubstructMatches(chem.MolFromSmarts(pattern))
        if match:
            return int(min(atoms[0] for atoms in match))
    raise SpecError(f"solvent {name}: {smiles} has no oxygen, nitrogen or sulphur that could bind the ion. Write another solvent.")


def _embedded(molecule: Any, name: str) -> tuple[tuple[tuple[float, float, float], ...], ...]:
    geometry = library("rdkit.Chem.AllChem")
    settings = geometry.ETKDGv3()
    settings.randomSeed = _SEED
    settings.pruneRmsThresh = _DIFFERENT
    settings.numThreads = 1
    with library("rdkit.rdBase").BlockLogs():
        found = list(geometry.EmbedMultipleConfs(molecule, _EMBEDDINGS, settings))
        if not found:
            settings.useRandomCoords = True
            found = list(geometry.EmbedMultipleConfs(molecule, _EMBEDDINGS, settings))
    if not found:
        raise PlacementError(f"solvent {name}: no geometry could be made. Check its rings and stereochemistry, or write another solvent.")
    return tuple(_rows(molecule.GetConformer(index).GetPositions(), 0) for index in found[:MOST_CONFORMERS])


def _rows(positions: Any, origin: int) -> tuple[tuple[float, float, float], ...]:
    """Positions about one atom, rounded as a file holds them."""
    centred = np.round(np.asarray(positions) - np.asarray(positions)[origin], _DIGITS) + 0.0
    return tuple((float(x), float(y), float(z)) for x, y, z in centred)
