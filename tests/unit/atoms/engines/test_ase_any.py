from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from atoms_molecules import ethylene_carbonate, ion, molecule, solvated_sodium
from dualion.atoms.engines.ase_any import AseEngine, ase_engine
from dualion.atoms.engines.tblite import Tblite
from dualion.errors import ConvergenceError, ModelError, SpecError

pytest.importorskip("ase", reason="the extra [atoms] is not installed")

TBLITE = "tblite.ase.TBLite"
LENNARD_JONES = "ase.calculators.lj.LennardJones"


def settings(**changes: Any) -> dict[str, Any]:
    """Settings in full of the calculator that tblite has for ASE."""
    level = {"version": "0.8", "method": "GFN1-xTB", "basis": "in method", "grid": "in method", "dispersion": "in method"}
    return {
        "arguments": {"method": "GFN1-xTB", "verbosity": 0},
        "charge": "charge",
        "spin": "multiplicity",
        "spin_as": "multiplicity",
        "box": None,
        "level": level | {"electronic_temperature": 300.0, "accuracy": 1.0},
    } | changes


def written(folder: Path, content: Any) -> Path:
    path = folder / "settings.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_calculator_gives_what_the_own_adapter_gives(tmp_path: Path) -> None:
    pytest.importorskip("tblite", reason="the extra [atoms] is not installed")
    engine = ase_engine(TBLITE, written(tmp_path, settings()))
    structure = solvated_sodium()
    theirs, ours = engine.session(structure)(structure.positions), Tblite().session(structure)(structure.positions)
    assert theirs.energy == pytest.approx(ours.energy, abs=2e-5)  # constants of 2014 against those of 2018
    assert theirs.forces == pytest.approx(ours.forces, abs=1e-4)
    assert theirs.charges == pytest.approx(ours.charges, abs=1e-4)
    assert engine.session(structure)(structure.positions, forces=False).forces is None


def test_unpaired_electrons_and_multiplicity_are_counted_as_stated() -> None:
    seen: dict[str, Any] = {}
    calculators = pytest.importorskip("ase.calculators.calculator")

    class Counting(calculators.Calculator):  # type: ignore[misc, name-defined]
        implemented_properties = ("energy",)

        def __init__(self, charge: int, spin: int) -> None:
            seen.update(charge=charge, spin=spin)
            super().__init__()

        def calculate(self, *given: Any, **more: Any) -> None:
            self.results = {"energy": -1.0}

    doublet = ion(charge=0, multiplicity=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ase.calculators.lj.LennardJones", Counting)
        for counted, expected in (("multiplicity", 2), ("unpaired", 1)):
            content = settings(arguments={}, spin="spin", spin_as=counted)
            session = AseEngine(LENNARD_JONES, json.dumps(content)).session(doublet)
            assert session(doublet.positions, forces=False).energy == -1.0
            assert seen == {"charge": 0, "spin": expected}
        with pytest.raises(ModelError, match="gives no forces"):
            session(doublet.positions)


def test_a_periodic_box_is_that_of_the_atoms() -> None:
    structure = molecule("Ar 0 0 0; Ar 0 0 3.8", labels=("Ar2",))
    free, boxed = (
        AseEngine(
            LENNARD_JONES, json.dumps(settings(arguments={"sigma": 3.4, "epsilon": 0.01, "rc": 8.0}, charge=None, spin=None, box=box))
        )
        for box in (None, [10.0, 10.0, 10.0])
    )
    alone, periodic = free.session(structure)(structure.positions).energy, boxed.session(structure)(structure.positions).energy
    assert alone == pytest.approx(4 * 0.01 * ((3.4 / 3.8) ** 12 - (3.4 / 3.8) ** 6 - (3.4 / 8.0) ** 12 + (3.4 / 8.0) ** 6), rel=1e-9)
    assert periodic < alone  # the images attract each other
    assert (free.level.box, boxed.level.box) == ("none", "10 x 10 x 10, periodic")


def test_a_charge_or_a_spin_that_cannot_be_told_is_refused() -> None:
    engine = AseEngine(LENNARD_JONES, json.dumps(settings(arguments={}, charge=None, spin=None)))
    with pytest.raises(SpecError, match=r"cannot be told a charge of \+1. Name its argument as charge"):
        engine.session(solvated_sodium())
    with pytest.raises(SpecError, match=r"cannot be told the multiplicity 2. Name its argument as spin"):
        engine.session(ion(charge=0, multiplicity=2))
    with pytest.raises(SpecError, match="does not go with 11 electrons"):
        engine.session(ion(charge=0))


def test_a_failure_of_the_calculator_is_an_error_with_a_name() -> None:
    pytest.importorskip("tblite", reason="the extra [atoms] is not installed")
    engine = AseEngine(TBLITE, json.dumps(settings(arguments={"method": "GFN1-xTB", "verbosity": 0, "max_iterations": 2})))
    structure = ethylene_carbonate()
    with pytest.raises(ConvergenceError, match=r"ase:tblite.ase.TBLite: .*Start from another geometry"):
        engine.session(structure)(structure.positions)


def test_two_files_of_settings_never_share_a_level() -> None:
    first = AseEngine(TBLITE, json.dumps(settings(), sort_keys=True))
    second = AseEngine(TBLITE, json.dumps(settings(arguments={"method": "GFN1-xTB", "accuracy": 0.1}), sort_keys=True))
    assert first.level != second.level
    assert replace(first.level, method="") == replace(second.level, method="")
    assert first.level.method.startswith("GFN1-xTB (settings ")
    assert (first.level.engine, first.level.electronic_temperature) == ("ase:tblite.ase.TBLite", 300.0)
    assert pickle.loads(pickle.dumps(first)) == first


def test_the_order_of_the_keys_does_not_matter(tmp_path: Path) -> None:
    first = ase_engine(LENNARD_JONES, written(tmp_path, settings()))
    second = ase_engine(LENNARD_JONES, written(tmp_path, dict(reversed(settings().items()))))
    assert first.level == second.level


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([], "the settings are no table"),
        ({name: value for name, value in settings().items() if name != "charge"}, "charge: it is missing"),
        (settings(colour="red"), "colour: it is not a setting"),
        (settings(arguments=[1]), "arguments: it is no table"),
        (settings(charge="total charge"), "charge: it is no name"),
        (settings(spin_as="spins"), "spin_as: it is not one of multiplicity, unpaired"),
        (settings(box=[1.0, 2.0]), "box: it is no list of three edges"),
        (settings(box=[1.0, 2.0, True]), "box: it is no list of three edges"),
        (settings(level=None), "level: it is no table"),
        (settings(level=settings()["level"] | {"grid": ""}), "level.grid: it is no text"),
        (settings(level=settings()["level"] | {"accuracy": "high"}), "level.accuracy: it is no number"),
        (settings(level=settings()["level"] | {"mood": "good"}), "level.mood: it is not a part of a level"),
        (settings(level={name: value for name, value in settings()["level"].items() if name != "basis"}), "level.basis: it is missing"),
    ],
)
def test_settings_that_are_not_in_full_are_refused(tmp_path: Path, content: Any, problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        ase_engine(LENNARD_JONES, written(tmp_path, content))


@pytest.mark.parametrize(
    ("calculator", "problem"),
    [
        ("no_such_module.Calculator", "there is no module no_such_module"),
        ("LennardJones", "is no calculator of ASE"),
        ("ase.calculators.lj.Lennard", "is no calculator of ASE"),
        ("subprocess.Popen", "is no calculator of ASE"),
        ("ase.calculators.lj.np", "is no calculator of ASE"),
    ],
)
def test_only_calculators_are_called(tmp_path: Path, calculator: str, problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        ase_engine(calculator, written(tmp_path, settings(arguments={"args": ["true"]})))


@pytest.mark.parametrize("changes", [{"charge": "total_charge"}, {"spin": "mult"}, {"arguments": {"metod": "GFN1-xTB"}}])
def test_trap_an_argument_that_the_calculator_would_leave_out_is_refused(changes: dict[str, Any]) -> None:
    pytest.importorskip("tblite", reason="the extra [atoms] is not installed")
    engine = AseEngine(TBLITE, json.dumps(settings(**changes)))
    with pytest.raises(SpecError, match=r'has no argument "(total_charge|mult|metod)" and would leave it out'):
        engine.session(solvated_sodium())


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"absent.json: No such file or directory"):
        ase_engine(LENNARD_JONES, tmp_path / "absent.json")
    path = tmp_path / "broken.json"
    path.write_text('{"arguments": ', encoding="utf-8")
    with pytest.raises(SpecError, match=r"broken.json: it is no JSON"):
        ase_engine(LENNARD_JONES, path)
    path.write_text(" " * 1_000_001, encoding="utf-8")
    with pytest.raises(SpecError, match=r"broken.json: it is larger than"):
        ase_engine(LENNARD_JONES, path)
