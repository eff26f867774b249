"""The method of the paper by GPAW: PBE with projector-augmented waves, D3(BJ) as an addend of its own.

    E = E_PBE (extrapolated to zero width of the occupations) + E_D3(BJ)

GPAW is never installed by this package: it is used where it is found. `lcao-dzp` screens with atomic orbitals on a grid of 0.2 angstrom,
zero potential at the boundary; `pw450` has plane waves to 450 eV in a periodic box with a neutralising background, whose error cancels in
a step only for one charge and one box. So one box is given for all terms of a step, the released molecule included: a box made from a
margin around each state gives the grid another spacing along each axis, which moved single terms by up to 0.4 eV. In atomic orbitals each
edge is a multiple of four grid spacings, so that the spacing is exactly the one asked for. The atoms stand in the middle of the box.

References: Mortensen et al. 2024 (GPAW); Larsen et al. 2009 (atomic orbitals); Perdew, Burke & Ernzerhof 1996; Grimme, Ehrlich &
Goerigk 2011 (damping of D3).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from dualion.atoms.electrons import check_multiplicity
from dualion.atoms.engines.base import BOHR, BOLTZMANN, HARTREE, Energy, Level
from dualion.atoms.engines.libraries import library
from dualion.atoms.engines.registry import absent
from dualion.atoms.structure import Floats, Structure
from dualion.errors import ConvergenceError, SpecError

INSTALL = "Install it with: CC=g++ pip install gpaw gpaw-data (the headers of libxc and of a BLAS library must be there)."
MODES = ("lcao-dzp", "pw450")
MARGIN = 4.0  # [angstrom] between an atom and a face of the box
SPACING = 0.2  # [angstrom] of the grid, in atomic orbitals
CUTOFF = 450.0  # [eV] of the plane waves: the paper
PAPER_BOX = (30.0, 30.0, 30.0)  # [angstrom] the paper
OLDEST = (24, 1)  # [1] version below which plane waves at the zone centre could find a false eigenvalue

_WIDTH = 0.05  # [eV] of the Fermi distribution
_TRIPLET = 2  # [1] unpaired electrons
_BLOCK = 4  # [1] grid points by which an edge is divisible
_EXACT = 1e-6  # [angstrom] to which an edge is a multiple
_DISPERSIONS = ("d3bj", "none")
_BOX = re.compile(r"(\d+(?:\.\d+)?)[x,](\d+(?:\.\d+)?)[x,](\d+(?:\.\d+)?)")
_VERSION = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Gpaw:
    """PBE by GPAW, in one box.

    Parameters
    ----------
    mode : str
        ``"lcao-dzp"`` or ``"pw450"``.
    box : tuple of float
        Three edges, the same for all terms of a step [angstrom].
    dispersion : str
        ``"d3bj"`` or ``"none"``.
    spin_free : bool
        Begin with two unpaired electrons and let the total moment go where it will: the check of a reported minimum.

    Raises
    ------
    SpecError
        A name is not known, or an edge is no multiple of four grid spacings.
    """

    mode: str
    box: tuple[float, float, float]
    dispersion: str = "d3bj"
    spin_free: bool = False

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise SpecError(f'engine: "{self.mode}" is not a mode of GPAW. Write one of {", ".join(MODES)}.')
        if self.dispersion not in _DISPERSIONS:
            raise SpecError(f'engine: dispersion: "{self.dispersion}" is not known. Write one of {", ".join(_DISPERSIONS)}.')
        if len(self.box) != 3 or not all(math.isfinite(edge) and edge > 2.0 * MARGIN for edge in self.box):
            raise SpecError(f"engine: box: {self.box} are no three edges above {2.0 * MARGIN} angstrom. Write such as 24x24x16.")
        block = _BLOCK * SPACING
        wrong = [edge for edge in self.box if abs(edge / block - round(edge / block)) * block > _EXACT]
        if self.mode == "lcao-dzp" and wrong:
            raise SpecError(f"engine: box: an edge of {wrong[0]} angstrom is no multiple of {block:.1f}. Write {_edge(wrong[0]):.1f}.")

    @property
    def level(self) -> Level:
        """The complete description of the method.

        Raises
        ------
        MissingDependency
            GPAW is not installed.
        SpecError
            It is too old.
        """
        periodic = self.mode == "pw450"
        lengths = " x ".join(f"{edge:g}" for edge in self.box)
        return Level(
            "gpaw",
            str(_gpaw().__version__),
            "PBE, spin free" if self.spin_free else "PBE",
            basis=f"plane waves {CUTOFF:.0f} eV" if periodic else "LCAO-dzp",
            grid="by the cutoff" if periodic else f"{SPACING} angstrom",
            dispersion=self.dispersion,
            box=f"{lengths}, " + ("periodic, neutralising background, no correction" if periodic else "zero boundary, no correction"),
            electronic_temperature=round(_WIDTH / BOLTZMANN, 1),
        )

    def session(self, structure: Structure) -> GpawSession:
        """Begin with a structure.

        Raises
        ------
        MissingDependency
            GPAW or the library of D3 is not installed.
        SpecError
            GPAW is too old, the structure does not fit the box, or the multiplicity has the wrong parity.
        """
        return GpawSession(self, structure)


class GpawSession:
    """One structure in GPAW; a call starts from the orbitals of the last one."""

    def __init__(self, engine: Gpaw, structure: Structure) -> None:
        check_multiplicity(structure.numbers, structure.charge, structure.multiplicity)
        self._engine, self._structure = engine, structure
        self._module = _gpaw()
        if engine.dispersion != "none":
            library("dftd3.interface")  # missing libraries are named before the field is solved
        self._atoms: Any = None

    def __call__(self, positions: Floats, *, forces: bool = True) -> Energy:
        """Energy and forces at some positions [angstrom].

        Raises
        ------
        SpecError
            The positions do not fit the box.
        ConvergenceError
            The field did not become self-consistent.
        """
        placed = in_box(positions, self._engine.box)
        if self._atoms is None:
            self._atoms = self._begun(placed)
        else:
            self._atoms.set_positions(placed)
        try:
            bare = float(self._atoms.get_potential_energy())
            pull = np.asarray(self._atoms.get_forces(), dtype=np.float64) if forces else None
        except self._module.KohnShamConvergenceError as problem:
            self._atoms = None
            raise ConvergenceError(
                f"GPAW {self._engine.mode} of {self._structure.formula} ({self._structure.charge:+d}): the field did not become "
                "self-consistent. Start from another geometry."
            ) from problem
        added, drag = self._dispersion(positions)
        return Energy(
            energy=bare + added,
            forces=None if pull is None else pull + drag,
            gap=self._gap(),
            terms={"functional": bare, "dispersion": added},
        )

    def _begun(self, placed: Floats) -> Any:
        engine, structure = self._engine, self._structure
        unpaired = _TRIPLET if engine.spin_free else structure.multiplicity - 1
        periodic = engine.mode == "pw450"
        atoms = library("ase").Atoms(numbers=structure.numbers, positions=placed, cell=engine.box, pbc=periodic)
        if unpaired:
            atoms.set_initial_magnetic_moments(np.full(len(structure), unpaired / len(structure)))
        settings: dict[str, Any] = {"mode": {"name": "pw", "ecut": CUTOFF}} if periodic else {"mode": "lcao", "basis": "dzp", "h": SPACING}
        atoms.calc = self._module.GPAW(
            xc="PBE",
            charge=structure.charge,
            spinpol=bool(unpaired),
            occupations={"name": "fermi-dirac", "width": _WIDTH, "fixmagmom": bool(unpaired) and not engine.spin_free},
            symmetry="off",
            txt=None,
            **settings,
        )
        return atoms

    def _gap(self) -> float | None:
        try:
            below, above = self._atoms.calc.get_homo_lumo()
        except ValueError:  # no empty band was computed
            return None
        return float(above - below)

    def _dispersion(self, positions: Floats) -> tuple[float, Floats]:
        """Energy of D3(BJ) [eV] and its forces [eV/angstrom]."""
        from dualion.atoms.engines.pyscf import PySCF, dispersion, molecule

        structure, engine = self._structure, PySCF(functional="PBE", dispersion=self._engine.dispersion)
        if engine.dispersion == "none":
            return 0.0, np.zeros_like(positions)
        energy, gradient = dispersion(engine, molecule(engine, structure.numbers, positions, structure.charge, structure.multiplicity))
        return energy * HARTREE, -gradient * HARTREE / BOHR


def common_box(structures: Sequence[Structure], margin: float = MARGIN) -> tuple[float, float, float]:
    """The smallest box of whole grid blocks that all states of a ladder fit in, the released molecule included.

    Parameters
    ----------
    structures : sequence of Structure
    margin : float
        To each face [angstrom].

    Returns
    -------
    tuple of float
        Three edges [angstrom].

    Raises
    ------
    SpecError
        There is no structure.
    """
    if not structures:
        raise SpecError("box: there is no structure to make a box for. Give all states of the ladder.")
    spans = np.array([np.ptp(structure.positions, axis=0) for structure in structures])
    x, y, z = (_edge(float(span) + 2.0 * margin) for span in spans.max(axis=0))
    return x, y, z


def in_box(positions: Floats, box: tuple[float, float, float]) -> Floats:
    """Positions moved to the middle of a box.

    Parameters
    ----------
    positions : array of float, shape (n, 3)
        [angstrom]
    box : tuple of float
        Three edges [angstrom].

    Returns
    -------
    array of float, shape (n, 3)
        [angstrom]

    Raises
    ------
    SpecError
        An atom would come nearer to a face than the margin.
    """
    low, high = positions.min(axis=0), positions.max(axis=0)
    wanted = high - low + 2.0 * MARGIN
    if np.any(wanted > np.asarray(box) + _EXACT):
        smallest = "x".join(f"{_edge(float(edge)):.1f}" for edge in wanted)
        raise SpecError(f"box: the atoms need {smallest} angstrom with {MARGIN} to each face. Give one box that all states fit in.")
    middle: Floats = positions + (np.asarray(box) - low - high) / 2.0
    return middle


def box_in(mode: str, text: str) -> tuple[float, float, float]:
    """The box that a text such as ``"24x24x16"`` [angstrom] names; that of the paper for plane waves without one.

    Raises
    ------
    SpecError
        It is no box, or it is missing.
    """
    if not text and mode == "pw450":
        return PAPER_BOX
    if "vacuum" in text.casefold():
        raise SpecError(
            f'engine: "{text}": a box made from a margin gives each state another grid. Write the one box of all states, such as 24x24x16.'
        )
    found = _BOX.fullmatch(text.replace(" ", ""))
    if found is None:
        raise SpecError(f'engine: "gpaw:{mode}" needs the one box of all states. Write such as gpaw:lcao-dzp@24x24x16, in angstrom.')
    x, y, z = (float(edge) for edge in found.groups())
    return x, y, z


def _edge(length: float) -> float:
    """The smallest multiple of four grid spacings that is at least a length [angstrom]."""
    block = _BLOCK * SPACING
    return round(math.ceil(length / block - _EXACT) * block, 6)


def _gpaw() -> Any:
    """The package GPAW.

    Raises
    ------
    MissingDependency
        It is not installed.
    SpecError
        It is too old.
    """
    if find_spec("gpaw") is None:
        raise absent("GPAW", INSTALL)
    module = import_module("gpaw")
    found = _VERSION.match(str(module.__version__))
    if found is None or (int(found[1]), int(found[2])) < OLDEST:
        raise SpecError(
            f"engine: GPAW {module.__version__} is too old: it could find a false eigenvalue in plane waves at the zone centre. "
            f"Install {OLDEST[0]}.{OLDEST[1]} or later."
        )
    return module
