"""What the output of a VASP run says, whichever file it was read from.

The energy at zero broadening is that of the last electronic step. Terms that VASP adds only when the electrons have converged (dispersion,
the energy of multipoles in the cell) stand in the block of the ionic step alone, so that the energy is

    E = E_0(electronic) + F(ionic) - F(electronic)

where such a term was asked for, and the two free energies have to agree where none was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dualion.atoms.structure import Floats

#: [eV] two energies of one run that are farther apart differ.
AGREEMENT: Final = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One run, at its last complete ionic step.

    Parameters
    ----------
    file : str
        Where it was read.
    program : str
        Version of VASP.
    complete : bool
        Whether the file has its end.
    ionic_steps : int
        Complete ones [1].
    electronic_steps : int
        Of the last ionic step [1].
    tags : mapping of str to str
        As VASP used them, the cutoff as ``ENCUT``.
    electronic : float or None
        Energy at zero broadening of the last electronic step [eV].
    electronic_free : float or None
        Free energy of the last electronic step [eV].
    ionic_free : float or None
        Free energy of the ionic step [eV].
    symbols : tuple of str
        Element of each atom, in the order of the file.
    titles : tuple of (str, str)
        Element and title of each potential.
    lattice : array of float, shape (3, 3)
        [angstrom]
    kpoints : array of float, shape (k, 4)
        Fractional coordinates and weight [1].
    positions : array of float, shape (n, 3)
        [angstrom]
    forces : array of float, shape (n, 3), or None
        [eV/angstrom]
    held : array of bool, shape (n, 3), or None
        Which coordinates were not allowed to move [1].
    corrections : mapping of str to float
        Terms that VASP printed beside the electronic energy: ``"dispersion"``, ``"multipole"`` [eV].
    says_converged : bool or None
        Whether the last electronic loop said so itself; None where the file does not tell.
    reason : str
        Why the file has no end.
    sha256 : str
        Of the file.
    beside : Run or None
        The same run as its OUTCAR tells it.
    """

    file: str
    program: str
    complete: bool
    ionic_steps: int
    electronic_steps: int
    tags: Mapping[str, str]
    electronic: float | None
    electronic_free: float | None
    ionic_free: float | None
    symbols: tuple[str, ...]
    titles: tuple[tuple[str, str], ...]
    lattice: Floats
    kpoints: Floats
    positions: Floats
    forces: Floats | None = None
    held: NDArray[np.bool_] | None = None
    corrections: Mapping[str, float] = field(default_factory=dict)
    says_converged: bool | None = None
    reason: str = ""
    sha256: str = ""
    beside: Run | None = None

    def number(self, tag: str, default: float | None = None) -> float | None:
        """Value of a tag, in its own unit; the default where it is absent or no number."""
        try:
            value = float(self.tags[tag].split()[0])
        except (KeyError, IndexError, ValueError):
            return default
        return value if np.isfinite(value) else default

    @property
    def added(self) -> float | None:
        """What the ionic step has beside the electronic energy [eV]; None where a free energy is missing."""
        if self.electronic_free is None or self.ionic_free is None:
            return None
        return self.ionic_free - self.electronic_free

    @property
    def explained(self) -> bool:
        """Whether the free energies agree, or differ by terms that were asked for."""
        if self.added is None or abs(self.added) <= AGREEMENT:
            return True
        if not self.corrections:
            return bool(self.number("IVDW", 0.0)) or bool(self.number("IDIPOL", 0.0))
        dispersion, multipole = self.corrections.get("dispersion", 0.0), self.corrections.get("multipole", 0.0)
        return any(abs(self.added - term) <= AGREEMENT for term in (dispersion, multipole, dispersion + multipole))

    @property
    def energy(self) -> float | None:
        """Energy at zero broadening, with the terms that were asked for [eV]."""
        if self.electronic is None or self.added is None or abs(self.added) <= AGREEMENT or not self.explained:
            return self.electronic
        return self.electronic + self.added

    @property
    def largest_force(self) -> float | None:
        """Of the coordinates that may move [eV/angstrom]."""
        if self.forces is None or not len(self.forces):
            return None
        free = self.forces if self.held is None else np.where(self.held, 0.0, self.forces)
        return float(np.max(np.linalg.norm(free, axis=1)))


def potential_name(title: str) -> str:
    """Name in a title such as ``"PAW_PBE Na_pv 19Sep2006"``."""
    words = title.split()
    return words[1] if len(words) > 1 else title.strip()


def element_of(name: str) -> str:
    """Element of a potential's name, such as ``"Na"`` of ``"Na_pv"``."""
    return name.split("_")[0].split(".")[0]
