"""GFN1-xTB and GFN2-xTB by the library tblite, the embedded engine.

GFN1 is the default: on bare shells its steps lie within 0.06 eV of PBE-D3(BJ)/def2-SVP, those of GFN2 0.1 to 0.3 eV above it, for GFN2
makes ethylene carbonate bidentate and is known to overestimate the binding of sodium to solvents. tblite accepts a multiplicity of the
wrong parity and overlapping atoms without a word; `single_point` refuses both before it is called. Open shells are spin-polarised.

References: Grimme, Bannwarth & Shushkov 2017 (GFN1); Bannwarth, Ehlert & Grimme 2019 (GFN2).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from dualion.atoms.engines.base import BOHR, BOLTZMANN, HARTREE, Energy, Level
from dualion.atoms.engines.libraries import library
from dualion.atoms.structure import Floats, Structure
from dualion.errors import ConvergenceError, MissingDependency, SpecError

METHODS = {"gfn1": "GFN1-xTB", "gfn2": "GFN2-xTB"}
_MOST_ITERATIONS = 250  # [1] of the self-consistent field
_DAMPINGS = (0.4, 0.1)  # [1] of the mixing: the usual one, then a stronger one


@dataclass(frozen=True, slots=True)
class Tblite:
    """GFN1-xTB or GFN2-xTB.

    Parameters
    ----------
    method : str
        ``"gfn1"`` or ``"gfn2"``.
    accuracy : float
        Scale of the thresholds [1].
    electronic_temperature : float
        [K]

    Raises
    ------
    SpecError
        No such method.
    """

    method: str = "gfn1"
    accuracy: float = 1.0
    electronic_temperature: float = 300.0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise SpecError(f'engine: "{self.method}" is not a method of tblite. Write one of {", ".join(METHODS)}.')

    @property
    def level(self) -> Level:
        """The complete description of the method."""
        try:
            found = version("tblite")
        except PackageNotFoundError as problem:
            raise MissingDependency("tblite", "atoms") from problem
        return Level(
            "tblite",
            found,
            METHODS[self.method],
            electronic_temperature=self.electronic_temperature,
            accuracy=self.accuracy,
            spin="lowest, polarised where open",
        )

    def session(self, structure: Structure) -> TbliteSession:
        """Begin with a structure."""
        return TbliteSession(self, structure)


class TbliteSession:
    """One structure in tblite; a call starts from the density of the last one."""

    def __init__(self, engine: Tblite, structure: Structure) -> None:
        self._engine, self._structure = engine, structure
        self._interface = library("tblite.interface")
        self._calculator: Any = None
        self._result: Any = None

    def __call__(self, positions: Floats, *, forces: bool = True) -> Energy:
        """Energy and forces at some positions [angstrom].

        Raises
        ------
        ConvergenceError
            The charges did not become self-consistent.
        """
        said = ""
        for damping in _DAMPINGS:
            try:
                self._result = self._run(positions, damping)
                return self._energy(self._result, forces=forces)
            except self._interface.TBLiteRuntimeError as problem:
                self._calculator = self._result = None
                said = (str(problem).strip() or "no reason given").splitlines()[-1]
        raise ConvergenceError(f"{METHODS[self._engine.method]}: {said}. Start from another geometry, or use a smaller flake.")

    def _run(self, positions: Floats, damping: float) -> Any:
        if self._calculator is None:
            engine, structure = self._engine, self._structure
            self._calculator = self._interface.Calculator(
                METHODS[engine.method], structure.numbers, positions / BOHR, float(structure.charge), structure.multiplicity - 1
            )
            settings = {
                "verbosity": 0,
                "accuracy": engine.accuracy,
                "max-iter": _MOST_ITERATIONS,
                "temperature": engine.electronic_temperature * BOLTZMANN / HARTREE,
                "mixer-damping": damping,
            }
            for name, value in settings.items():
                self._calculator.set(name, value)
            if structure.multiplicity > 1:
                self._calculator.add("spin-polarization", 1.0)
        else:
            self._calculator.update(positions / BOHR)
        return self._calculator.singlepoint(self._result)

    def _energy(self, result: Any, *, forces: bool) -> Energy:
        return Energy(
            energy=float(result["energy"]) * HARTREE,
            forces=-np.asarray(result["gradient"]) * HARTREE / BOHR if forces else None,
            charges=np.asarray(result["charges"], dtype=np.float64),
            gap=_gap(np.asarray(result["orbital-energies"]), np.asarray(result["orbital-occupations"])),
        )


def _gap(energies: Floats, occupations: Floats) -> float | None:
    """Gap in eV: of one set of orbitals, or the smaller one of two spins."""
    if energies.ndim == 1:
        energies, occupations = energies[None, :], occupations[None, :] if occupations.ndim == 1 else occupations.sum(axis=0)[None, :]
    gaps = []
    for level, occupied in zip(energies, occupations, strict=True):
        full = 2.0 if len(energies) == 1 else 1.0
        above = level[occupied < full / 2.0]
        below = level[occupied >= full / 2.0]
        if len(above) and len(below):
            gaps.append(float(above.min() - below.max()))
    return min(gaps) * HARTREE if gaps else None
