"""Energies that were looked at before they are believed.

An engine computes what it is given: a multiplicity of the wrong parity, two atoms in one place, a charge that it lost. Each is refused
here, before the engine is called or after it has answered.
"""

from __future__ import annotations

import numpy as np

from dualion.atoms.bonds import radii
from dualion.atoms.electrons import check_multiplicity
from dualion.atoms.engines.base import Energy, Engine
from dualion.atoms.structure import Structure
from dualion.errors import ModelError, SpecError

OVERLAP = 0.5  # [1] two atoms nearer than this share of the sum of their covalent radii overlap
CHARGE_TOLERANCE = 1e-3  # [e] between the sum of the atomic charges and the total charge


def single_point(structure: Structure, engine: Engine, *, forces: bool = False) -> Energy:
    """Energy of a structure as it stands.

    Parameters
    ----------
    structure : Structure
    engine : Engine
    forces : bool

    Returns
    -------
    Energy
        [eV]

    Raises
    ------
    SpecError
        The multiplicity has the wrong parity, or atoms overlap.
    ConvergenceError
        The field did not become self-consistent.
    ModelError
        The engine lost charge.
    """
    check_structure(structure)
    found = engine.session(structure)(structure.positions, forces=forces)
    check_energy(structure, found)
    return found


def check_structure(structure: Structure) -> None:
    """Refuse what an engine would compute without a word.

    Parameters
    ----------
    structure : Structure

    Raises
    ------
    SpecError
        No atoms, the wrong parity, or atoms that overlap.
    """
    if not len(structure):
        raise SpecError("structure: it holds no atom. Give at least one.")
    check_multiplicity(structure.numbers, structure.charge, structure.multiplicity)
    pair = overlapping(structure)
    if pair is not None:
        first, second = pair
        distance = float(np.linalg.norm(structure.positions[first] - structure.positions[second]))
        symbols = structure.symbols
        raise SpecError(
            f"structure: atoms {first + 1} ({symbols[first]}) and {second + 1} ({symbols[second]}) overlap at {distance:.2f} angstrom. "
            "Move them apart."
        )


def overlapping(structure: Structure) -> tuple[int, int] | None:
    """The first two atoms that overlap [1], if any do."""
    distance = np.linalg.norm(structure.positions[:, None, :] - structure.positions[None, :, :], axis=2)
    radius = radii(structure.numbers)
    too_near = np.triu(distance < OVERLAP * (radius[:, None] + radius[None, :]), k=1)
    found = np.argwhere(too_near)
    return (int(found[0, 0]), int(found[0, 1])) if len(found) else None


def check_energy(structure: Structure, found: Energy) -> None:
    """Refuse an answer whose energy is no number, or whose atomic charges do not add up.

    Parameters
    ----------
    structure : Structure
    found : Energy

    Raises
    ------
    ModelError
    """
    if not np.isfinite(found.energy):
        raise ModelError(f"{structure.formula}: the engine gave no finite energy. Start from another geometry.")
    if found.charges is not None and abs(float(np.sum(found.charges)) - structure.charge) > CHARGE_TOLERANCE:
        raise ModelError(
            f"{structure.formula}: the atomic charges add up to {float(np.sum(found.charges)):+.4f} and not to {structure.charge:+d}. "
            "The engine lost charge: report it, and use another."
        )
