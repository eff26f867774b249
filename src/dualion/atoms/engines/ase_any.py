"""Any calculator of ASE, all of its settings stated in a file.

    ase:module.Class@settings.json

A calculator has defaults, and no way of its own to be told charge and spin; nothing of that is guessed. The file states every part:

    {
      "arguments": {"method": "GFN1-xTB", "verbosity": 0},
      "charge": "charge",
      "spin": "multiplicity",
      "spin_as": "multiplicity",
      "box": null,
      "level": {"version": "0.8.0", "method": "GFN1-xTB", "basis": "in method", "grid": "in method", "dispersion": "in method",
                "electronic_temperature": 300.0, "accuracy": 1.0}
    }

`arguments` are given to the class. `charge` and `spin` name its arguments for the total charge and the spin, which `spin_as` counts as
``"multiplicity"`` or ``"unpaired"`` electrons; null where it has none, and then only neutral molecules or singlets are computed. `box` is
three edges of a periodic box [angstrom], or null. `level` describes the method; a digest of the file is added to it, so that two files
never share a level. An argument that a calculator does not list is refused, for most calculators leave it out without a word.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from dualion.atoms.electrons import check_multiplicity
from dualion.atoms.engines.base import Energy, Level
from dualion.atoms.engines.libraries import library
from dualion.atoms.structure import Floats, Structure
from dualion.errors import ConvergenceError, MissingDependency, ModelError, SpecError

KEYS = ("arguments", "charge", "spin", "spin_as", "box", "level")
LEVEL_KEYS = ("version", "method", "basis", "grid", "dispersion", "electronic_temperature", "accuracy")

_COUNTS = ("multiplicity", "unpaired")
_NUMBERS = ("electronic_temperature", "accuracy")
_LARGEST_FILE = 1_000_000  # [byte]
_DIGEST = 12  # [1] hexadecimal digits


@dataclass(frozen=True, slots=True)
class AseEngine:
    """A calculator of ASE with all its settings.

    Parameters
    ----------
    calculator : str
        Module and class, such as ``"tblite.ase.TBLite"``.
    settings : str
        Content of the file of settings, as canonical JSON.

    Raises
    ------
    SpecError
        A setting is missing, unknown or of the wrong kind.
    """

    calculator: str
    settings: str

    def __post_init__(self) -> None:
        problems = _problems(json.loads(self.settings))
        if problems:
            raise SpecError([f"engine: ase:{self.calculator}: {problem}" for problem in problems])

    @property
    def level(self) -> Level:
        """The method as the file of settings describes it, with a digest of that file."""
        content = json.loads(self.settings)
        stated = content["level"]
        digest = hashlib.sha256(self.settings.encode()).hexdigest()[:_DIGEST]
        box = content["box"]
        return Level(
            f"ase:{self.calculator}",
            stated["version"],
            f"{stated['method']} (settings {digest})",
            basis=stated["basis"],
            grid=stated["grid"],
            dispersion=stated["dispersion"],
            box="none" if box is None else " x ".join(f"{edge:g}" for edge in box) + ", periodic",
            electronic_temperature=float(stated["electronic_temperature"]),
            accuracy=float(stated["accuracy"]),
        )

    def session(self, structure: Structure) -> AseSession:
        """Begin with a structure.

        Raises
        ------
        MissingDependency
            The module is not installed.
        SpecError
            It holds no such calculator, or the calculator cannot be told the charge or the spin of the structure.
        """
        return AseSession(self, structure)


class AseSession:
    """One structure in a calculator of ASE, which keeps what it keeps between two calls."""

    def __init__(self, engine: AseEngine, structure: Structure) -> None:
        check_multiplicity(structure.numbers, structure.charge, structure.multiplicity)
        content = json.loads(engine.settings)
        arguments = dict(content["arguments"])
        if content["charge"] is not None:
            arguments[content["charge"]] = structure.charge
        elif structure.charge:
            raise SpecError(
                f"engine: ase:{engine.calculator} cannot be told a charge of {structure.charge:+d}. Name its argument as charge."
            )
        if content["spin"] is not None:
            arguments[content["spin"]] = structure.multiplicity - (content["spin_as"] == "unpaired")
        elif structure.multiplicity != 1:
            raise SpecError(
                f"engine: ase:{engine.calculator} cannot be told the multiplicity {structure.multiplicity}. Name its argument as spin."
            )
        kind = _calculator(engine.calculator)
        unknown = _unknown(kind, arguments)
        if unknown:
            raise SpecError(f'engine: ase:{engine.calculator} has no argument "{unknown}" and would leave it out. Correct the settings.')
        box = content["box"]
        errors = library("ase.calculators.calculator")
        self._name, self._errors, self._absent = engine.calculator, errors.CalculationFailed, errors.PropertyNotImplementedError
        self._atoms = library("ase").Atoms(numbers=structure.numbers, positions=structure.positions, cell=box, pbc=box is not None)
        try:
            self._atoms.calc = kind(**arguments)
        except TypeError as problem:
            raise SpecError(f"engine: ase:{engine.calculator}: {problem}. Correct its arguments.") from problem

    def __call__(self, positions: Floats, *, forces: bool = True) -> Energy:
        """Energy and forces at some positions [angstrom].

        Raises
        ------
        ConvergenceError
            The calculator failed.
        ModelError
            It gives no forces.
        """
        self._atoms.set_positions(positions)
        try:
            energy = float(self._atoms.get_potential_energy())
            pull = np.asarray(self._atoms.get_forces(), dtype=np.float64) if forces else None
        except self._absent as problem:
            raise ModelError(f"ase:{self._name}: it gives no {problem}. Use another engine.") from problem
        except self._errors as problem:
            raise ConvergenceError(f"ase:{self._name}: {problem}. Start from another geometry.") from problem
        charges = self._atoms.calc.results.get("charges")
        return Energy(energy=energy, forces=pull, charges=None if charges is None else np.asarray(charges, dtype=np.float64))


def ase_engine(calculator: str, settings: Path) -> AseEngine:
    """A calculator of ASE with the settings of a file.

    Parameters
    ----------
    calculator : str
        Module and class.
    settings : Path
        A JSON file.

    Returns
    -------
    AseEngine

    Raises
    ------
    SpecError
        The file cannot be read, or a setting is missing, unknown or of the wrong kind.
    MissingDependency
        The module is not installed.
    """
    try:
        if settings.stat().st_size > _LARGEST_FILE:
            raise SpecError(f"{settings.name}: it is larger than {_LARGEST_FILE} bytes. Give the settings of a calculator.")
        content = json.loads(settings.read_text(encoding="utf-8"))
    except OSError as problem:
        raise SpecError(f"{settings.name}: {problem.strerror}. Give the file of the settings after the @.") from problem
    except ValueError as problem:
        raise SpecError(f"{settings.name}: it is no JSON: {problem}. Correct it there.") from problem
    engine = AseEngine(calculator, json.dumps(content, sort_keys=True, separators=(",", ":")))
    _calculator(calculator)
    return engine


def _calculator(name: str) -> Any:
    """The class of a calculator; nothing else that can be called is handed on."""
    module, _, kind = name.rpartition(".")
    try:
        found = getattr(library(module), kind, None) if module else None
    except MissingDependency as problem:
        raise SpecError(f'engine: "ase:{name}": there is no module {module}. Install the package that brings it.') from problem
    if not (isinstance(found, type) and issubclass(found, library("ase.calculators.calculator").BaseCalculator)):
        raise SpecError(f'engine: "ase:{name}" is no calculator of ASE. Write its module and class, such as ase:ase.calculators.emt.EMT.')
    return found


def _unknown(kind: Any, arguments: Mapping[str, Any]) -> str:
    """The first argument that a calculator would leave out without a word, where it lists those that it takes."""
    listed = set(getattr(kind, "default_parameters", None) or ())
    if not listed:
        return ""
    listed |= set(signature(kind).parameters)
    return next((name for name in arguments if name not in listed), "")


def _problems(content: Any) -> list[str]:
    if not isinstance(content, dict):
        return ["the settings are no table. Write an object with the keys " + ", ".join(KEYS) + "."]
    problems = [f"{key}: it is missing. State it; null where the calculator has none." for key in KEYS if key not in content]
    problems += [f"{key}: it is not a setting. Remove it." for key in content if key not in KEYS]
    if problems:
        return problems
    if not isinstance(content["arguments"], dict):
        problems.append("arguments: it is no table. Write an object of names and values.")
    problems += [f"{key}: it is no name. Write the name of an argument, or null." for key in ("charge", "spin") if not _name(content[key])]
    if content["spin"] is not None and content["spin_as"] not in _COUNTS:
        problems.append(f"spin_as: it is not one of {', '.join(_COUNTS)}. Write how the calculator counts its spin.")
    box = content["box"]
    if box is not None and not (isinstance(box, list) and len(box) == 3 and all(_number(edge) and edge > 0 for edge in box)):
        problems.append("box: it is no list of three edges in angstrom. Write such as [30, 30, 30], or null.")
    return problems + _level_problems(content["level"])


def _level_problems(level: Any) -> list[str]:
    if not isinstance(level, dict):
        return ["level: it is no table. Write an object with the keys " + ", ".join(LEVEL_KEYS) + "."]
    problems = [f"level.{key}: it is missing. State it." for key in LEVEL_KEYS if key not in level]
    problems += [f"level.{key}: it is not a part of a level. Remove it." for key in level if key not in LEVEL_KEYS]
    for key in LEVEL_KEYS:
        if key in level and not (_number(level[key]) if key in _NUMBERS else isinstance(level[key], str) and level[key]):
            problems.append(f"level.{key}: it is no {'number' if key in _NUMBERS else 'text'}. Write one.")
    return problems


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _name(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.isidentifier())
