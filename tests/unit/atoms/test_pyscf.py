"""PySCF as an engine: anchors, forces, dispersion, the ladder to self-consistency, refusals."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from atoms_pyscf import ENGINE, solved, state
from dualion.atoms.engines import libraries
from dualion.atoms.engines import pyscf as engine_module
from dualion.atoms.engines.base import HARTREE
from dualion.atoms.engines.pyscf import PySCF, dispersion, molecule, superposition_error
from dualion.errors import ConvergenceError, MissingDependency, SpecError

WATER = state("HOH")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "total"), [("EC", -341.77941), ("Na(EC)1", -503.74743), ("Na", -161.90545)])
def test_totals_are_those_of_the_specification(name: str, total: float) -> None:
    assert solved(name)[0].energy / HARTREE == pytest.approx(total, abs=1e-4)


@pytest.mark.slow
def test_releasing_the_only_solvent_costs_what_the_specification_says() -> None:
    step = solved("Na")[0].energy + solved("EC")[0].energy - solved("Na(EC)1")[0].energy
    assert step == pytest.approx(1.70, abs=0.02)


def test_dispersion_is_an_addend_of_its_own() -> None:
    energy = solved("HOH")[0]
    bare = PySCF(dispersion="none", conv_tol=1e-6).session(WATER)(WATER.positions, forces=False)
    assert energy.terms["functional"] + energy.terms["dispersion"] == pytest.approx(energy.energy, abs=1e-12)
    assert bare.energy == pytest.approx(energy.terms["functional"], abs=1e-6)
    assert bare.terms["dispersion"] == 0.0


def test_dispersion_falls_with_the_sixth_power_of_a_long_distance() -> None:
    def pair(distance: float) -> float:
        positions = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, distance]])
        return dispersion(ENGINE, molecule(ENGINE, np.array([18, 18]), positions, 0, 1))[0]

    assert 64.0 < pair(14.0) / pair(28.0) < 68.0  # 2**6, and the little that the term of the eighth power adds


@pytest.mark.slow
@pytest.mark.parametrize("name", ["OH", "HOH"])
def test_forces_are_the_slope_of_the_energy(name: str) -> None:
    structure, engine, shift = state(name), PySCF(conv_tol=1e-9), 1e-3
    session = engine.session(structure)
    forces = session(structure.positions).forces
    moved = np.zeros_like(structure.positions)
    moved[1] = shift * np.array([0.6, 0.0, 0.8])
    up, down = (session(structure.positions + sign * moved, forces=False).energy for sign in (1.0, -1.0))
    assert forces is not None
    assert float((forces * moved).sum()) / shift == pytest.approx((down - up) / (2.0 * shift), abs=1e-3)
    assert np.abs(forces.sum(axis=0)).max() < 1e-6


def test_charges_add_up_and_the_gap_is_that_of_the_orbitals() -> None:
    energy, field = solved("HOH")
    levels, occupied = field.mean_field.mo_energy, field.mean_field.mo_occ > 0.0
    assert energy.charges is not None
    assert energy.charges.sum() == pytest.approx(0.0, abs=1e-9)
    assert energy.charges[0] < -0.2
    assert energy.gap == pytest.approx((levels[~occupied].min() - levels[occupied].max()) * HARTREE, abs=1e-9)


def test_a_lost_charge_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    session, field = ENGINE.session(WATER), solved("HOH")[1].mean_field
    monkeypatch.setattr(field, "mulliken_pop", lambda verbose: (None, np.array([0.5, 0.0, 0.0])))
    monkeypatch.setattr(session, "solved", lambda positions: field)
    with pytest.raises(ConvergenceError, match=r"sum up to \+0.5000 e"):
        session(WATER.positions, forces=False)


def _fails(field: Any, start: Any) -> None:
    field.converged = False


@pytest.mark.slow
@pytest.mark.parametrize("attempt", ["_shifted", "_second_order"])
def test_later_attempts_find_the_same_energy(monkeypatch: pytest.MonkeyPatch, attempt: str) -> None:
    monkeypatch.setattr(engine_module, "_ATTEMPTS", (_fails, getattr(engine_module, attempt)))
    session = ENGINE.session(WATER)
    energy = session(WATER.positions, forces=False)
    assert energy.energy == pytest.approx(solved("HOH")[0].energy, abs=1e-4)
    assert energy.gap == pytest.approx(solved("HOH")[0].gap, abs=0.01)
    assert session.mean_field.level_shift == 0.0


def test_a_field_that_does_not_converge_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "_MOST_CYCLES", 1)
    with pytest.raises(ConvergenceError, match="did not become self-consistent within 3 attempts"):
        PySCF(conv_tol=1e-12).session(WATER)(WATER.positions)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"functional": "pbe-d3"}, 'functional: "pbe-d3" is not known'),
        ({"basis": "sto-3g"}, 'basis: "sto-3g" is not known'),
        ({"dispersion": "d4"}, 'dispersion: "d4" is not known'),
        ({"grid": 1}, "grid: 1 is not a level"),
        ({"conv_tol": 0.0}, "conv_tol: 0.0 Ha is not above zero"),
        ({"memory": 0}, "memory: 0 MB is too small"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        PySCF(**settings)


def test_the_level_says_everything_but_the_memory() -> None:
    level = PySCF(basis="def2-tzvp", grid=4, conv_tol=1e-6).level
    assert level.short == "PBE-D3(BJ)/def2-TZVP"
    assert (level.grid, level.dispersion, level.accuracy) == ("level 4, density fitting", "d3bj", pytest.approx(100.0))
    assert PySCF(memory=500).level == PySCF().level


def test_an_engine_can_be_handed_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(PySCF(grid=4))) == PySCF(grid=4)


def test_wrong_parity_is_refused_before_the_engine_is_called() -> None:
    with pytest.raises(SpecError, match="multiplicity: 1 does not go with 9 electrons"):
        ENGINE.session(state("OH").__class__(np.array([8, 1]), state("OH").positions, 0, 1, ("OH",), np.array([0, 0])))


def test_a_missing_library_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(libraries, "import_module", absent)
    with pytest.raises(MissingDependency, match=r"dualion\[dft\]"):
        ENGINE.session(WATER)


@pytest.mark.slow
def test_the_superposition_error_is_positive_and_a_column_of_its_own() -> None:
    pair = state("Na...OHH")
    error = superposition_error(ENGINE, pair, (0, 1))
    assert 0.0 < error < 0.4  # [eV] the functions of one part only ever lower the other
    with pytest.raises(SpecError, match="do not fit 2 parts of total charge"):
        superposition_error(ENGINE, pair, (0, 0))


def test_importing_the_engine_loads_no_chemistry() -> None:
    code = (
        "import sys, dualion.atoms.engines.pyscf, dualion.atoms.electronic.bader, dualion.atoms.electronic.density,"
        " dualion.atoms.electronic.dos, dualion.atoms.electronic.example, dualion.atoms.electronic.documents, dualion.cli.electronic;"
        "print(sorted({'pyscf', 'ase', 'tblite', 'rdkit', 'gpaw', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
