from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from atoms_molecules import ethylene_carbonate, ion, oxide_complex, pair, solvated_sodium
from dualion.atoms.engines import tblite
from dualion.atoms.engines.tblite import Tblite
from dualion.errors import ConvergenceError, SpecError

pytest.importorskip("tblite", reason="the extra [atoms] is not installed")

COLD = 1e-6  # [eV] what one self-consistent field differs from another at these positions


@pytest.mark.parametrize(("method", "energy"), [("gfn1", 3.34575), ("gfn2", 5.31943)])
def test_energy_of_the_bare_ion(method: str, energy: float) -> None:
    structure = ion()
    assert Tblite(method).session(structure)(structure.positions).energy == pytest.approx(energy, abs=1e-4)


def test_energies_of_the_fixture_geometries() -> None:
    carbonate, sodium = ethylene_carbonate(), solvated_sodium()
    assert Tblite().session(carbonate)(carbonate.positions).energy == pytest.approx(-615.7721, abs=1e-3)
    assert Tblite().session(sodium)(sodium.positions).energy == pytest.approx(-614.1370, abs=1e-3)


def test_charges_add_up_and_the_gap_is_that_of_a_molecule() -> None:
    structure = solvated_sodium()
    found = Tblite().session(structure)(structure.positions)
    assert found.charges is not None
    assert found.charges.sum() == pytest.approx(1.0, abs=1e-6)
    assert found.charges[0] == pytest.approx(0.8, abs=0.2)  # the charge stays on sodium
    assert found.gap is not None
    assert 3.0 < found.gap < 12.0


@pytest.mark.slow
@pytest.mark.parametrize("method", ["gfn1", "gfn2"])
def test_forces_are_the_derivative_of_the_energy(method: str) -> None:
    structure, step = oxide_complex(), 0.001
    session = Tblite(method, accuracy=0.1).session(structure)
    forces = session(structure.positions).forces
    assert forces is not None
    difference = np.empty_like(forces)
    for index in range(forces.size):
        up, down = structure.positions.copy(), structure.positions.copy()
        up.flat[index] += step
        down.flat[index] -= step
        difference.flat[index] = (session(down, forces=False).energy - session(up, forces=False).energy) / (2.0 * step)
    assert np.abs(forces - difference).max() <= 1e-3


def test_forces_along_a_direction() -> None:
    structure, step = oxide_complex(), 0.005
    session = Tblite().session(structure)
    forces = session(structure.positions).forces
    assert forces is not None
    direction = np.random.default_rng(7).normal(size=forces.shape)
    direction /= np.linalg.norm(direction)
    up = session(structure.positions + step * direction, forces=False).energy
    down = session(structure.positions - step * direction, forces=False).energy
    assert float(np.sum(forces * direction)) == pytest.approx((down - up) / (2.0 * step), abs=1e-3)


def test_energy_does_not_change_under_rotation_translation_and_permutation() -> None:
    structure = solvated_sodium()
    rng = np.random.default_rng(1)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    order = rng.permutation(len(structure))
    moved = replace(
        structure,
        numbers=structure.numbers[order],
        positions=(structure.positions @ turn.T + 5.0)[order],
        parts=structure.parts[order],
    )
    first = Tblite().session(structure)(structure.positions).energy
    assert Tblite().session(moved)(moved.positions).energy == pytest.approx(first, abs=1e-6)


def test_a_second_call_in_a_session_gives_what_a_new_session_gives() -> None:
    structure = ethylene_carbonate()
    session = Tblite().session(structure)
    session(structure.positions + 0.05 * np.random.default_rng(2).normal(size=structure.positions.shape))
    warm, cold = session(structure.positions), Tblite().session(structure)(structure.positions)
    assert warm.energy == pytest.approx(cold.energy, abs=COLD)
    assert warm.forces is not None
    assert cold.forces is not None
    assert np.abs(warm.forces - cold.forces).max() < 1e-3


def test_trap_the_wrong_parity_is_computed_without_a_word() -> None:
    odd = replace(ethylene_carbonate(), charge=1, multiplicity=1)
    assert np.isfinite(Tblite().session(odd)(odd.positions).energy)  # why `single_point` looks first


def test_trap_overlapping_atoms_are_computed_without_a_word() -> None:
    structure = pair(0.05)
    assert Tblite().session(structure)(structure.positions).energy > 1000.0  # why `single_point` looks first


def test_trap_no_continuum() -> None:
    from tblite.exceptions import TBLiteValueError
    from tblite.interface import Calculator

    structure = ethylene_carbonate()
    calculator = Calculator("GFN1-xTB", structure.numbers, structure.positions)
    with pytest.raises(TBLiteValueError, match="'cpcm-solvation' is not supported in this calculator"):
        calculator.add("cpcm-solvation", 89.6)


def test_trap_a_field_that_does_not_converge_is_an_error_with_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    structure = ethylene_carbonate()
    session = Tblite().session(structure)
    monkeypatch.setattr(tblite, "_MOST_ITERATIONS", 3)
    with pytest.raises(ConvergenceError, match=r"GFN1-xTB: .*not converged.*Start from another geometry"):
        session(structure.positions)
    monkeypatch.undo()  # the session is not spoilt by what failed
    assert session(structure.positions).energy == pytest.approx(-615.7721, abs=1e-3)


def test_a_stronger_damping_is_tried_before_giving_up(monkeypatch: pytest.MonkeyPatch) -> None:
    structure, used = ethylene_carbonate(), []
    session = Tblite().session(structure)
    run = tblite.TbliteSession._run

    def counted(self: tblite.TbliteSession, positions: np.ndarray, damping: float) -> object:
        used.append(damping)
        if len(used) == 1:
            raise self._interface.TBLiteRuntimeError("")
        return run(self, positions, damping)

    monkeypatch.setattr(tblite.TbliteSession, "_run", counted)
    assert session(structure.positions).energy == pytest.approx(-615.7721, abs=1e-3)
    assert used == [0.4, 0.1]


def test_doublets_have_two_sets_of_orbitals_and_keep_their_charge() -> None:
    structure = replace(ethylene_carbonate(), charge=1, multiplicity=2)
    found = Tblite().session(structure)(structure.positions)
    assert found.charges is not None
    assert found.charges.shape == (10,)
    assert found.charges.sum() == pytest.approx(1.0, abs=1e-6)
    assert found.gap is not None
    assert found.gap >= 0.0


def test_level_is_the_whole_method_and_the_engine_survives_pickling() -> None:
    engine = Tblite("gfn2", accuracy=0.5)
    level = engine.level
    assert (level.engine, level.method, level.accuracy, level.electronic_temperature) == ("tblite", "GFN2-xTB", 0.5, 300.0)
    assert level.version
    assert pickle.loads(pickle.dumps(engine)) == engine
    assert Tblite("gfn1").level != level


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(SpecError, match=r'"gfn3" is not a method of tblite. Write one of gfn1, gfn2'):
        Tblite("gfn3")
