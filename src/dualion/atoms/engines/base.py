"""What every engine is: a level, and sessions that give energies and forces of one structure.

A level is the complete description of a method. Energies of different levels are never put into one difference. An engine is plain data,
so that a worker process can be handed one; what it holds open (a wavefunction to start from) lives in a session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from dualion.atoms.structure import Floats, Structure

HARTREE = 27.211386  # [eV] CODATA 2018, rounded as the specification of this package writes it
BOHR = 0.529177210903  # [angstrom] CODATA 2018
BOLTZMANN = 8.617333e-5  # [eV/K] CODATA 2018


@dataclass(frozen=True, slots=True)
class Level:
    """A method, whole.

    Parameters
    ----------
    engine, version : str
        Program and its version.
    method : str
        Such as ``"GFN1-xTB"`` or ``"PBE"``.
    basis : str
        Basis or cutoff; ``"in method"`` where it cannot be chosen.
    grid : str
        Integration grid or spacing; ``"in method"`` where it cannot be chosen.
    dispersion : str
        ``"none"``, ``"d3bj"`` or ``"in method"``.
    box : str
        ``"none"``, or three lengths in angstrom, periodicity and correction of the monopole.
    electronic_temperature : float
        Of the occupations [K].
    accuracy : float
        Numerical setting of the program, by which its thresholds are scaled [1].
    spin : str
        Such as ``"lowest"``: which multiplicity, and how open shells are treated.
    """

    engine: str
    version: str
    method: str
    basis: str = "in method"
    grid: str = "in method"
    dispersion: str = "in method"
    box: str = "none"
    electronic_temperature: float = 0.0
    accuracy: float = 1.0
    spin: str = "lowest"

    def document(self) -> dict[str, Any]:
        """The level as plain data."""
        return asdict(self)

    @property
    def short(self) -> str:
        """Such as ``"GFN1-xTB"`` or ``"PBE-D3(BJ)/def2-SVP"``."""
        method = self.method + {"none": "", "in method": "", "d3bj": "-D3(BJ)"}.get(self.dispersion, f"-{self.dispersion}")
        return method if self.basis == "in method" else f"{method}/{self.basis}"


@dataclass(frozen=True, slots=True, eq=False)
class Energy:
    """What an engine says of a structure.

    Parameters
    ----------
    energy : float
        Total energy [eV].
    forces : array of float, shape (n, 3), or None
        [eV/angstrom]
    charges : array of float, shape (n,), or None
        Charge of each atom [e].
    gap : float or None
        Between the highest occupied and the lowest empty orbital [eV].
    terms : mapping of str to float
        Addends of the energy that are of interest alone, such as the dispersion [eV].
    """

    energy: float
    forces: Floats | None = None
    charges: Floats | None = None
    gap: float | None = None
    terms: Mapping[str, float] = field(default_factory=dict)


class Session(Protocol):
    """One structure in an engine; each call may start from the wavefunction of the last one."""

    def __call__(self, positions: Floats, *, forces: bool = True) -> Energy:
        """Energy at some positions [angstrom]; ConvergenceError where the field does not become self-consistent."""


class Engine(Protocol):
    """A program with all its settings."""

    @property
    def level(self) -> Level:
        """The complete description of the method."""

    def session(self, structure: Structure) -> Session:
        """Begin with a structure, whose charge and multiplicity are used as given."""
