"""Density functional theory in Gaussian functions by PySCF, with the dispersion D3(BJ) as an addend of its own.

    E = E_functional + E_D3(BJ)

Density fitting, an integration grid of one of PySCF's levels, restricted orbitals for singlets and unrestricted ones otherwise. The
forces hold the motion of the grid, so that they are the derivative of the energy as it is computed. Where the field does not become
self-consistent, the gap is held open by a level shift, then a second-order solver is used, and then it is an error.

References: Sun et al. 2020 (PySCF); Perdew, Burke & Ernzerhof 1996 (PBE); Weigend & Ahlrichs 2005 (def2); Grimme, Ehrlich & Goerigk 2011
(damping of D3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from dualion.atoms.electrons import check_multiplicity, lowest_multiplicity
from dualion.atoms.engines.base import BOHR, HARTREE, Energy, Level
from dualion.atoms.engines.libraries import library
from dualion.atoms.structure import SYMBOLS, Floats, Integers, Structure
from dualion.errors import ConvergenceError, MissingDependency, SpecError

if TYPE_CHECKING:
    from dualion.atoms.electronic.field import PySCFField

FUNCTIONALS = {"PBE": "pbe", "PBE0": "pbe0", "r2SCAN": "r2scan"}  # name -> name in the table of D3 parameters
BASES = {"def2-svp": "def2-SVP", "def2-svpd": "def2-SVPD", "def2-tzvp": "def2-TZVP", "def2-tzvpp": "def2-TZVPP", "def2-qzvp": "def2-QZVP"}
DISPERSIONS = ("d3bj", "none")
GRIDS = range(2, 10)  # [1] levels of PySCF; below 2 the totals move by more than 1e-4 Ha
REPORTED_TOLERANCE = 1e-8  # [Ha] of the energy between two cycles, for energies that are reported

_MOST_CYCLES = 100  # [1] of the self-consistent field, in each attempt
_LEVEL_SHIFT = 0.3  # [Ha] between occupied and empty orbitals in the second attempt
_INTEGRALS_SHARE = 0.5  # [1] of the memory that the fitted integrals may fill; larger ones are made anew in every cycle
_DOUBLE, _MEGABYTE = 8, 1e6  # [byte]
_LARGEST_CHARGE_ERROR = 1e-3  # [e] between the sum of the atoms' charges and the charge asked for


@dataclass(frozen=True, slots=True)
class PySCF:
    """A density functional in a Gaussian basis.

    Parameters
    ----------
    functional : str
        ``"PBE"``, ``"PBE0"`` or ``"r2SCAN"``.
    basis : str
        Such as ``"def2-svp"`` (search and tests) or ``"def2-tzvp"`` (report).
    dispersion : str
        ``"d3bj"`` or ``"none"``.
    grid : int
        Level of the integration grid [1]: 2 for a search, 4 for a report.
    conv_tol : float
        Largest change of the energy between two cycles, in hartree [1].
    memory : int
        That PySCF may use for its blocks [MB]; not part of the level.

    Raises
    ------
    SpecError
        A name is not known, or a number is out of range.
    """

    functional: str = "PBE"
    basis: str = "def2-svp"
    dispersion: str = "d3bj"
    grid: int = 2
    conv_tol: float = REPORTED_TOLERANCE
    memory: int = 2000

    def __post_init__(self) -> None:
        problems = []
        for key, value, known in (
            ("functional", self.functional, tuple(FUNCTIONALS)),
            ("basis", self.basis, tuple(BASES)),
            ("dispersion", self.dispersion, DISPERSIONS),
        ):
            if value not in known:
                problems.append(f'engine: {key}: "{value}" is not known. Write one of {", ".join(known)}.')
        if self.grid not in GRIDS:
            problems.append(f"engine: grid: {self.grid} is not a level that may be used. Write {GRIDS[0]} to {GRIDS[-1]}.")
        if not self.conv_tol > 0.0:
            problems.append(f"engine: conv_tol: {self.conv_tol} Ha is not above zero. Write {REPORTED_TOLERANCE}.")
        if self.memory < 1:
            problems.append(f"engine: memory: {self.memory} MB is too small. Write 2000 or more.")
        if problems:
            raise SpecError(problems)

    @property
    def level(self) -> Level:
        """The complete description of the method."""
        try:
            found = version("pyscf")
        except PackageNotFoundError as problem:
            raise MissingDependency("pyscf", "dft") from problem
        return Level(
            "pyscf",
            found,
            self.functional,
            basis=BASES[self.basis],
            grid=f"level {self.grid}, density fitting",
            dispersion=self.dispersion,
            accuracy=self.conv_tol / REPORTED_TOLERANCE,
        )

    def session(self, structure: Structure) -> PySCFSession:
        """Begin with a structure."""
        return PySCFSession(self, structure)

    def field(self, structure: Structure) -> PySCFField:
        """The electrons of a structure, for its density, its basins and its orbitals.

        Raises
        ------
        ConvergenceError
            The field did not become self-consistent.
        """
        from dualion.atoms.electronic.field import PySCFField

        return PySCFField(self.session(structure).solved(structure.positions), structure)


class PySCFSession:
    """One structure in PySCF; a call starts from the density of the last one, whose ``mean_field`` is kept."""

    def __init__(self, engine: PySCF, structure: Structure) -> None:
        check_multiplicity(structure.numbers, structure.charge, structure.multiplicity)
        self._engine, self._structure = engine, structure
        self._threads = library("pyscf.lib").with_omp_threads
        self.mean_field: Any = None

    def __call__(self, positions: Floats, *, forces: bool = True) -> Energy:
        """Energy and forces at some positions [angstrom]; the charges are Mulliken's.

        Raises
        ------
        ConvergenceError
            The field did not become self-consistent, or the charges of the atoms miss the total charge.
        """
        field = self.solved(positions)
        with self._threads(1):
            added, pull = dispersion(self._engine, field.mol)
            gradient = pull + _gradient(field) if forces else None
            charges = np.asarray(field.mulliken_pop(verbose=0)[1], dtype=np.float64)
        self._check_charges(charges)
        bare = float(field.e_tot) * HARTREE
        return Energy(
            energy=bare + added * HARTREE,
            forces=None if gradient is None else -gradient * HARTREE / BOHR,
            charges=charges,
            gap=_gap(np.asarray(field.mo_energy), np.asarray(field.mo_occ)),
            terms={"functional": bare, "dispersion": added * HARTREE},
        )

    def solved(self, positions: Floats) -> Any:
        """The converged mean field of PySCF at some positions [angstrom].

        Raises
        ------
        ConvergenceError
            The field did not become self-consistent.
        """
        engine, structure = self._engine, self._structure
        with self._threads(1):
            start = None if self.mean_field is None else self.mean_field.make_rdm1()
            self.mean_field = None  # frees its integrals before the next ones are made
            field = mean_field(engine, molecule(engine, structure.numbers, positions, structure.charge, structure.multiplicity))
            if not _converged(field, start):
                raise ConvergenceError(
                    f"{engine.level.short} of {structure.formula} ({structure.charge:+d}): the field did not become self-consistent within "
                    f"{len(_ATTEMPTS)} attempts (plain, level shift, second order). Start from another geometry, charge or multiplicity."
                )
        self.mean_field = field
        return field

    def _check_charges(self, charges: Floats) -> None:
        found, wanted = float(charges.sum()), self._structure.charge
        if abs(found - wanted) > _LARGEST_CHARGE_ERROR:
            raise ConvergenceError(
                f"{self._engine.level.short} of {self._structure.formula}: the charges of the atoms sum up to {found:+.4f} e, "
                f"not {wanted:+d} e. Use a finer grid or another basis."
            )


def molecule(engine: PySCF, numbers: Integers, positions: Floats, charge: int, multiplicity: int, *, ghosts: Sequence[int] = ()) -> Any:
    """Atoms as PySCF takes them.

    Parameters
    ----------
    engine : PySCF
    numbers : array of int, shape (n,)
        Atomic numbers [1].
    positions : array of float, shape (n, 3)
        [angstrom]
    charge : int
        Total charge [e].
    multiplicity : int
        2S + 1 [1].
    ghosts : sequence of int
        Indices of atoms that lend their functions only [1].

    Returns
    -------
    pyscf.gto.Mole
    """
    hollow = set(ghosts)
    names = [("ghost-" if index in hollow else "") + SYMBOLS[number] for index, number in enumerate(numbers)]
    return library("pyscf.gto").M(
        atom=list(zip(names, (np.asarray(positions) / BOHR).tolist(), strict=True)),
        unit="Bohr",
        charge=charge,
        spin=multiplicity - 1,
        basis=engine.basis,
        max_memory=engine.memory,
        verbose=0,
    )


def mean_field(engine: PySCF, mole: Any) -> Any:
    """A mean field of PySCF that has not been solved yet."""
    dft = library("pyscf.dft")
    kind = dft.RKS if mole.spin == 0 else dft.UKS
    bare = kind(mole, xc=engine.functional)
    scratch = getattr(bare, "_chkfile", None)
    if scratch is not None:
        scratch.close()  # each mean field opens a file for its orbitals, which nothing here reads
    field = bare.density_fit()
    field.chkfile = None
    field.grids.level = engine.grid
    field.conv_tol = engine.conv_tol
    field.max_cycle = _MOST_CYCLES
    pairs, functions = mole.nao * (mole.nao + 1) / 2, library("pyscf.df.addons").make_auxmol(mole, field.with_df.auxbasis).nao
    if pairs * functions * _DOUBLE <= _INTEGRALS_SHARE * engine.memory * _MEGABYTE:
        field.with_df.build()
    return field


def _plain(field: Any, start: Any) -> None:
    field.kernel(dm0=start)


def _shifted(field: Any, start: Any) -> None:
    field.level_shift = _LEVEL_SHIFT
    field.kernel(dm0=start)
    field.level_shift = 0.0


def _second_order(field: Any, start: Any) -> None:
    solver = field.newton()
    solver.max_cycle = _MOST_CYCLES
    solver.kernel(dm0=start)
    for name in ("converged", "e_tot", "mo_energy", "mo_coeff", "mo_occ"):
        setattr(field, name, getattr(solver, name))


_ATTEMPTS: tuple[Callable[[Any, Any], None], ...] = (_plain, _shifted, _second_order)


def _converged(field: Any, start: Any) -> bool:
    for attempt in _ATTEMPTS:
        attempt(field, start)
        if field.converged:
            return True
        start = None  # the density of another geometry may be what led astray
    return False


def _gradient(field: Any) -> Floats:
    """Derivative of the functional's energy, shape (n, 3) [Ha/bohr]."""
    gradient = field.nuc_grad_method()
    gradient.grid_response = True
    found: Floats = np.asarray(gradient.kernel(), dtype=np.float64)
    return found


def dispersion(engine: PySCF, mole: Any) -> tuple[float, Floats]:
    """Energy of D3(BJ), without the term of three bodies [Ha], and its gradient, shape (n, 3) [Ha/bohr]; zero where none is asked for."""
    if engine.dispersion == "none":
        return 0.0, np.zeros((mole.natm, 3))
    interface = library("dftd3.interface")
    model = interface.DispersionModel(mole.atom_charges(), mole.atom_coords())
    damping = interface.RationalDampingParam(method=FUNCTIONALS[engine.functional], atm=False)
    found = model.get_dispersion(damping, grad=True)
    return float(found["energy"]), np.asarray(found["gradient"], dtype=np.float64)


def superposition_error(engine: PySCF, structure: Structure, charges: Sequence[int]) -> float:
    """Basis set superposition error of the parts of a structure [eV]: how much their sum falls when each may use the functions of all.

    The counterpoise-corrected binding energy is the plain one plus this number (Boys & Bernardi 1970). It is a column beside a step
    energy, never added to it silently.

    Parameters
    ----------
    engine : PySCF
    structure : Structure
    charges : sequence of int
        Charge of each part [e], in the order of ``structure.labels``.

    Returns
    -------
    float

    Raises
    ------
    SpecError
        The charges do not fit the parts.
    ConvergenceError
        A part did not become self-consistent.
    """
    if len(charges) != len(structure.labels) or sum(charges) != structure.charge:
        raise SpecError(
            f"charges: {tuple(charges)} do not fit {len(structure.labels)} parts of total charge {structure.charge:+d}. "
            "Write one charge for each part."
        )
    error = 0.0
    for part, charge in enumerate(charges):
        own = structure.atoms_of(part)
        others = np.flatnonzero(structure.parts != part)
        multiplicity = lowest_multiplicity(structure.numbers[own], charge)
        alone = molecule(engine, structure.numbers[own], structure.positions[own], charge, multiplicity)
        among = molecule(engine, structure.numbers, structure.positions, charge, multiplicity, ghosts=others.tolist())
        error += _energy_of(engine, alone) - _energy_of(engine, among)
    return error * HARTREE


def _energy_of(engine: PySCF, mole: Any) -> float:
    with library("pyscf.lib").with_omp_threads(1):
        field = mean_field(engine, mole)
        if not _converged(field, None):
            raise ConvergenceError(f"{engine.level.short}: a part among the functions of the others did not become self-consistent.")
        return float(field.e_tot)


def _gap(energies: Floats, occupations: Floats) -> float | None:
    """Gap between the highest occupied and the lowest empty orbital [eV], the smaller one of two spins."""
    gaps = []
    for level, occupied in zip(np.atleast_2d(energies), np.atleast_2d(occupations), strict=True):
        above, below = level[occupied == 0.0], level[occupied > 0.0]
        if len(above) and len(below):
            gaps.append(float(above.min() - below.max()))
    return min(gaps) * HARTREE if gaps else None
