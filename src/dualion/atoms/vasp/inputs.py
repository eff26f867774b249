"""The files that VASP reads, potentials apart: INCAR, KPOINTS, POSCAR and POTCAR.spec, and the state they stand for.

The state is put into the middle of a cubic cell, its atoms in blocks of one species. POTCAR.spec names the potential of each block, one a
line; whoever has a licence joins the potentials of these names into POTCAR.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dualion.atoms.engines.check import check_structure
from dualion.atoms.structure import Structure
from dualion.atoms.vasp.poscar import poscar
from dualion.atoms.vasp.potentials import ORDER, potential_of
from dualion.atoms.vasp.settings import Cost, Settings, cost, tags_of, valence_electrons
from dualion.atoms.vasp.state_file import STATE_FILE, State, state_text
from dualion.errors import SpecError
from dualion.records.quantity import Flag

MARGIN: Final = 4.0  # [angstrom] to the wall of the cell that a density needs to fade
_KPOINTS: Final = "Gamma point\n0\nGamma\n1 1 1\n0 0 0\n"
_LONGEST_NAME: Final = 80  # [1] characters of a title that VASP keeps


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """A folder to be written.

    Parameters
    ----------
    files : dict of str to bytes
        By name; the state file is the last.
    state : State
    cost : Cost
    flags : tuple of Flag
    """

    files: dict[str, bytes]
    state: State
    cost: Cost
    flags: tuple[Flag, ...]


def inputs_of(name: str, structure: Structure, settings: Settings | None = None) -> Inputs:
    """Everything that VASP needs of a state, potentials apart.

    Parameters
    ----------
    name : str
        Of the state, such as ``"oxN_zz + Na+(EC)3"``.
    structure : Structure
    settings : Settings, optional

    Returns
    -------
    Inputs

    Raises
    ------
    SpecError
        Wrong parity, overlapping atoms, an element without potential, or a structure that does not fit into the cell.
    """
    settings = settings or Settings()
    check_structure(structure)
    title = " ".join(name.split())
    if not title.isprintable() or not 0 < len(title) <= _LONGEST_NAME:
        raise SpecError(f"name: it must be one line of up to {_LONGEST_NAME} characters. Write a shorter one, such as oxN_zz + Na+(EC)3.")
    flags = _room(structure, settings.box)
    electrons, tags = valence_electrons(structure, settings.potentials), tags_of(title, structure, settings)
    centre = (structure.positions.min(axis=0) + structure.positions.max(axis=0)) / 2.0
    state = State(title, structure, settings, electrons, settings.box / 2.0 - centre, _order(structure), tags)
    symbols = state.symbols
    texts = {
        "INCAR": "".join(f"{tag} = {value}\n" for tag, value in tags.items()),
        "KPOINTS": _KPOINTS,
        "POSCAR": poscar(title, symbols, state.in_cell(), settings.box),
        "POTCAR.spec": "".join(f"{potential_of(element, settings.potentials)}\n" for element in dict.fromkeys(symbols)),
    }
    files = {file: text.encode("utf-8") for file, text in texts.items()}
    state = replace(state, sha256={file: hashlib.sha256(content).hexdigest() for file, content in files.items()})
    written = state_text(state).encode("utf-8")
    state = replace(state, key=hashlib.sha256(written).hexdigest())
    return Inputs(files | {STATE_FILE: written}, state, cost(structure, settings), flags)


def _order(structure: Structure) -> tuple[int, ...]:
    """Atoms in blocks of one species; within a block they keep their order."""
    places = {element: place for place, element in enumerate(ORDER)}
    # an element without potential is refused where the electrons are counted, so that it is in the table here
    return tuple(sorted(range(len(structure)), key=lambda index: (places[structure.symbols[index]], index)))


def _room(structure: Structure, box: float) -> tuple[Flag, ...]:
    extent = float(np.max(np.ptp(structure.positions, axis=0)))
    margin = (box - extent) / 2.0
    if margin <= 0.0:
        raise SpecError(
            f"--box: the state is {extent:.1f} angstrom long and the cell {box:g}. Write an edge above {extent + 2 * MARGIN:.0f}."
        )
    if margin >= MARGIN:
        return ()
    said = f"{margin:.1f} angstrom to the wall of the cell are less than {MARGIN:g}: the state touches its images. Take a larger cell."
    return (Flag("thin_vacuum", "warning", said),)
