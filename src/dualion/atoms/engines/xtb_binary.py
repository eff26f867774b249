"""GFN1-xTB and GFN2-xTB by the program xtb, an optional accelerator: its optimiser works in internal coordinates.

The program runs in a temporary folder on one thread, with a stack of 1 GB for each thread, without which it crashes above about 100
atoms. It writes a geometry even where its optimisation failed: such a geometry is never handed on. GFN-FF relaxes a start, and gives no
energies. The energies of this program and of tblite are those of two levels, and never meet in a difference; those of open shells do
differ, for this program does not polarise the orbitals.

References: Bannwarth et al. 2021 (the program); Grimme, Bannwarth & Shushkov 2017 (GFN1); Bannwarth, Ehlert & Grimme 2019 (GFN2).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from dualion.atoms.electrons import check_multiplicity
from dualion.atoms.engines.base import BOHR, HARTREE, Energy, Level
from dualion.atoms.engines.registry import absent
from dualion.atoms.structure import Floats, Structure
from dualion.errors import ConvergenceError, ModelError, SpecError

METHODS = {"gfn1": ("GFN1-xTB", ("--gfn", "1")), "gfn2": ("GFN2-xTB", ("--gfn", "2")), "gfnff": ("GFN-FF", ("--gfnff",))}
OLDEST = (6, 5)  # [1] version that is used
INSTALL = "Install it (conda install -c conda-forge xtb, or a release of grimme-lab/xtb) and put the folder of the executable on the PATH."
MOST_CYCLES = 500  # [1] of an optimisation

_ENVIRONMENT = {"OMP_STACKSIZE": "1G", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_LONGEST = 7200.0  # [s] of one run
_GEOMETRY = "start.xyz"
_NO_FIELD = re.compile(r"charge iterator did not converge|convergence criteria cannot be satisfied|SCF not converged", re.IGNORECASE)
_NO_MINIMUM = re.compile(r"FAILED TO CONVERGE GEOMETRY OPTIMIZATION|GEOMETRY RELAXATION FAILED")
_MINIMUM = re.compile(r"GEOMETRY OPTIMIZATION CONVERGED")
_GAP = re.compile(r"HOMO-LUMO gap\s+(-?\d+\.\d+)\s+eV", re.IGNORECASE)
_VERSION = re.compile(r"xtb version (\d+)\.(\d+)(?:\.(\d+))?")
_REASON = re.compile(r"^-\d+-\s*(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class XtbBinary:
    """GFN1-xTB or GFN2-xTB by the program xtb.

    Parameters
    ----------
    method : str
        ``"gfn1"``, ``"gfn2"``, or ``"gfnff"`` for `optimised` only.
    accuracy : float
        Scale of the thresholds [1].
    electronic_temperature : float
        [K]
    executable : str
        Name on the ``PATH``, or path; not part of the level.

    Raises
    ------
    SpecError
        No such method.
    """

    method: str = "gfn1"
    accuracy: float = 1.0
    electronic_temperature: float = 300.0
    executable: str = "xtb"

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise SpecError(f'engine: "{self.method}" is not a method of xtb. Write one of {", ".join(METHODS)}.')

    @property
    def level(self) -> Level:
        """The complete description of the method.

        Raises
        ------
        MissingDependency
            There is no such program.
        SpecError
            The program is too old.
        """
        return Level(
            "xtb",
            version_of(_found(self.executable)),
            METHODS[self.method][0],
            electronic_temperature=self.electronic_temperature,
            accuracy=self.accuracy,
            spin="lowest, not polarised",
        )

    def session(self, structure: Structure) -> XtbSession:
        """Begin with a structure.

        Raises
        ------
        MissingDependency
            There is no such program.
        SpecError
            The method is GFN-FF, or the multiplicity has the wrong parity.
        """
        if self.method == "gfnff":
            raise SpecError(
                "engine: GFN-FF misses steps by an electronvolt and gives no energies here. Write gfn1, and relax with GFN-FF at most."
            )
        return XtbSession(self, structure)

    def optimised(self, structure: Structure, *, threshold: str = "tight", cycles: int = MOST_CYCLES) -> Floats:
        """Positions that the optimiser of the program ends at; their energy is computed anew by the engine that is reported.

        Parameters
        ----------
        structure : Structure
        threshold : str
            A level of the program: ``"crude"``, ``"normal"``, ``"tight"``, ``"vtight"``.
        cycles : int
            At most [1].

        Returns
        -------
        array of float, shape (n, 3)
            [angstrom]

        Raises
        ------
        ConvergenceError
            The optimisation or its field did not converge; the geometry that was written is thrown away.
        ModelError
            The program failed otherwise.
        """
        with TemporaryDirectory(prefix="dualion-") as place:
            said = _run(self, structure, structure.positions, Path(place), ("--opt", threshold, "--cycles", str(cycles)))
            if _NO_MINIMUM.search(said) or (Path(place) / "NOT_CONVERGED").exists() or not _MINIMUM.search(said):
                raise ConvergenceError(f"xtb: {structure.formula} did not relax in {cycles} cycles. Give more cycles, or start elsewhere.")
            return _xyz(_written(Path(place), "xtbopt.xyz"), len(structure))


class XtbSession:
    """One structure in the program; every call is a run of its own."""

    def __init__(self, engine: XtbBinary, structure: Structure) -> None:
        check_multiplicity(structure.numbers, structure.charge, structure.multiplicity)
        version_of(_found(engine.executable))
        self._engine, self._structure = engine, structure

    def __call__(self, positions: Floats, *, forces: bool = True) -> Energy:
        """Energy and forces at some positions [angstrom].

        Raises
        ------
        ConvergenceError
            The charges did not become self-consistent.
        ModelError
            The program failed otherwise.
        """
        count = len(self._structure)
        with TemporaryDirectory(prefix="dualion-") as place:
            said = _run(self._engine, self._structure, positions, Path(place), ("--grad",))
            energy, gradient = _engrad(_written(Path(place), Path(_GEOMETRY).stem + ".engrad"), count)
            charges = _numbers(_written(Path(place), "charges"), count, "atomic charges")
        gap = _GAP.findall(said)
        return Energy(
            energy=energy * HARTREE,
            forces=-gradient * HARTREE / BOHR if forces else None,
            charges=charges,
            gap=float(gap[-1]) if gap else None,
        )


@lru_cache(maxsize=8)
def version_of(executable: str) -> str:
    """Version of the program at a path, such as ``"6.7.1"``.

    Raises
    ------
    ModelError
        The program does not say its version.
    SpecError
        It is too old.
    """
    done = subprocess.run([executable, "--version"], capture_output=True, text=True, errors="replace", timeout=_LONGEST, check=False)
    found = _VERSION.search(done.stdout + done.stderr)
    if found is None:
        raise ModelError(f'xtb: "{Path(executable).name} --version" names no version. Check that it is the program xtb.')
    if (int(found[1]), int(found[2])) < OLDEST:
        raise SpecError(f"xtb: version {found[1]}.{found[2]} is too old. Install {OLDEST[0]}.{OLDEST[1]} or later.")
    return ".".join(part for part in found.groups() if part)


def _found(executable: str) -> str:
    path = shutil.which(executable)
    if path is None:
        raise absent("xtb", INSTALL)
    return path


def _run(engine: XtbBinary, structure: Structure, positions: Floats, place: Path, task: Sequence[str]) -> str:
    """Run the program in a folder and return what it printed, once that is no failure."""
    lines = [str(len(structure)), ""]
    lines += [f"{symbol} {x:.10f} {y:.10f} {z:.10f}" for symbol, (x, y, z) in zip(structure.symbols, positions, strict=True)]
    (place / _GEOMETRY).write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [_found(engine.executable), _GEOMETRY, *METHODS[engine.method][1], *task]
    command += ["--chrg", str(structure.charge), "--uhf", str(structure.multiplicity - 1)]
    command += ["--acc", str(engine.accuracy), "--etemp", str(engine.electronic_temperature)]
    try:
        done = subprocess.run(
            command,
            cwd=place,
            env=os.environ | _ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired as problem:
        raise ConvergenceError(f"xtb: {structure.formula} took more than {_LONGEST:.0f} s. Use a smaller flake.") from problem
    said = done.stdout + "\n" + done.stderr
    if _NO_FIELD.search(said):
        raise ConvergenceError(f"xtb: {structure.formula}: the charges did not become self-consistent. Start from another geometry.")
    if done.returncode < 0:
        raise ModelError(
            f"xtb: {structure.formula}: signal {-done.returncode} ended it. Raise the limit of the stack (ulimit -s unlimited)."
        )
    if done.returncode or "abnormal termination" in said:
        raise ModelError(
            f"xtb: {structure.formula}: {'; '.join(_REASON.findall(said)) or 'it failed without a reason'}. Check the geometry."
        )
    return said


def _written(place: Path, name: str) -> str:
    try:
        return (place / name).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError as problem:
        raise ModelError(f"xtb: it ended well and wrote no {name}. Check that it is the program xtb.") from problem


def _engrad(text: str, count: int) -> tuple[float, Floats]:
    """Energy [Ha] and gradient [Ha/bohr] of a file that follows the comments of ORCA."""
    values = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    numbers = _numbers("\n".join(values[: 2 + 3 * count]), 2 + 3 * count, "energy and gradient")
    if numbers[0] != count:
        raise ModelError(f"xtb: it wrote the gradient of {numbers[0]:.0f} atoms for {count}. Check that it is the program xtb.")
    return float(numbers[1]), numbers[2:].reshape(count, 3)


def _numbers(text: str, count: int, what: str) -> Floats:
    words = text.split()
    try:
        found = np.array([float(word) for word in words])
    except ValueError as problem:
        raise ModelError(f"xtb: its {what} are no numbers. The geometry may be far from any molecule.") from problem
    if len(found) != count or not np.all(np.isfinite(found)):
        raise ModelError(f"xtb: its {what} are {len(found)} values of {count}, or not finite. The geometry may be far from any molecule.")
    return found


def _xyz(text: str, count: int) -> Floats:
    rows = [line.split()[1:4] for line in text.splitlines()[2 : 2 + count]]
    return _numbers(" ".join(word for row in rows for word in row), 3 * count, "positions").reshape(count, 3)
