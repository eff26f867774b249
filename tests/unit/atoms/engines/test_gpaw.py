"""GPAW is never installed with this package: a module stands for it that records what it is asked; the last tests run where it is there."""

from __future__ import annotations

import importlib.util
import pickle
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from atoms_molecules import ethylene_carbonate, ion, molecule, oxide_complex, solvated_sodium
from dualion.atoms.engines.gpaw import PAPER_BOX, Gpaw, box_in, common_box, in_box
from dualion.errors import ConvergenceError, MissingDependency, SpecError

pytest.importorskip("ase", reason="the extra [atoms] is not installed")

THERE = importlib.util.find_spec("gpaw") is not None
BOX = (14.4, 14.4, 13.6)
SPRING = 0.1  # [eV/angstrom2] of the energy that the module gives
GAP = (-7.0, -1.5)  # [eV]


class Recorded:
    """What the calculator that stands for GPAW was given."""

    settings: dict[str, Any]
    atoms: list[Any]


class KohnShamConvergenceError(Exception):
    """As GPAW names it."""


def fake(recorded: Recorded, version: str, *, converges: bool = True) -> ModuleType:
    """A module with the names of GPAW that are used: springs to the middle of the box, so that forces can be held against energies."""

    class Calculator:
        def __init__(self, **settings: Any) -> None:
            recorded.settings, recorded.atoms = settings, []

        def get_potential_energy(self, atoms: Any, force_consistent: bool = False) -> float:
            if not converges:
                raise KohnShamConvergenceError("Did not converge!")
            assert not force_consistent
            recorded.atoms.append(atoms.copy())
            return float(0.5 * SPRING * np.sum((atoms.positions - atoms.cell.lengths() / 2.0) ** 2))

        def get_forces(self, atoms: Any) -> Any:
            return -SPRING * (atoms.positions - atoms.cell.lengths() / 2.0)

        def get_homo_lumo(self) -> tuple[float, float]:
            return GAP

    module = ModuleType("gpaw")
    module.__spec__ = ModuleSpec("gpaw", None)
    module.__dict__.update(__version__=version, GPAW=Calculator, KohnShamConvergenceError=KohnShamConvergenceError)
    return module


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorded]:
    """GPAW 25.1, as far as it can be told."""
    seen = Recorded()
    monkeypatch.setitem(sys.modules, "gpaw", fake(seen, "25.1.0"))
    return seen


def test_atomic_orbitals_in_a_box_with_a_free_boundary(recorded: Recorded) -> None:
    structure = solvated_sodium()
    Gpaw("lcao-dzp", BOX, dispersion="none").session(structure)(structure.positions)
    assert recorded.settings == {
        "mode": "lcao",
        "basis": "dzp",
        "h": 0.2,
        "xc": "PBE",
        "charge": 1,
        "spinpol": False,
        "occupations": {"name": "fermi-dirac", "width": 0.05, "fixmagmom": False},
        "symmetry": "off",
        "txt": None,
    }
    atoms = recorded.atoms[0]
    assert tuple(atoms.cell.lengths()) == pytest.approx(BOX)
    assert not atoms.pbc.any()
    assert list(atoms.numbers) == list(structure.numbers)


def test_plane_waves_in_the_box_of_the_paper(recorded: Recorded) -> None:
    structure = ethylene_carbonate()
    Gpaw("pw450", PAPER_BOX, dispersion="none").session(structure)(structure.positions)
    assert recorded.settings["mode"] == {"name": "pw", "ecut": 450.0}
    assert "basis" not in recorded.settings
    assert "h" not in recorded.settings
    assert recorded.settings["charge"] == 0
    assert recorded.atoms[0].pbc.all()
    assert tuple(recorded.atoms[0].cell.lengths()) == (30.0, 30.0, 30.0)


@pytest.mark.parametrize(("spin_free", "fixed", "moment"), [(False, True, 1.0), (True, False, 2.0)])
def test_a_doublet_keeps_its_moment_unless_the_spin_is_free(recorded: Recorded, spin_free: bool, fixed: bool, moment: float) -> None:
    structure = ion(charge=0, multiplicity=2)
    Gpaw("lcao-dzp", BOX, dispersion="none", spin_free=spin_free).session(structure)(structure.positions)
    assert recorded.settings["spinpol"]
    assert recorded.settings["occupations"]["fixmagmom"] is fixed
    assert recorded.atoms[0].get_initial_magnetic_moments().sum() == pytest.approx(moment)


def test_one_calculator_serves_a_session_and_atoms_stay_in_the_middle(recorded: Recorded) -> None:
    structure = ethylene_carbonate()
    session = Gpaw("lcao-dzp", BOX, dispersion="none").session(structure)
    first = session(structure.positions)
    second = session(structure.positions + 3.0)
    assert len(recorded.atoms) == 2
    assert second.energy == pytest.approx(first.energy, abs=1e-12)
    for atoms in recorded.atoms:
        middle = (atoms.positions.min(axis=0) + atoms.positions.max(axis=0)) / 2.0
        assert middle == pytest.approx(np.array(BOX) / 2.0)


def test_dispersion_is_an_addend_of_its_own(recorded: Recorded) -> None:
    pytest.importorskip("dftd3", reason="the extra [dft] is not installed")
    structure = solvated_sodium()
    with_, without = (Gpaw("lcao-dzp", BOX, dispersion=name).session(structure)(structure.positions) for name in ("d3bj", "none"))
    added = with_.terms["dispersion"]
    assert -0.5 < added < -0.05  # attraction of eleven atoms, in electronvolt
    assert with_.energy == pytest.approx(with_.terms["functional"] + added, abs=1e-12)
    assert with_.terms["functional"] == pytest.approx(without.energy, abs=1e-12)
    assert without.terms["dispersion"] == 0.0
    assert with_.forces is not None
    assert without.forces is not None
    step = 1e-3
    moved = structure.positions.copy()
    moved[1, 0] += step
    up = Gpaw("lcao-dzp", BOX).session(structure)(moved).terms["dispersion"]
    moved[1, 0] -= 2.0 * step
    down = Gpaw("lcao-dzp", BOX).session(structure)(moved).terms["dispersion"]
    assert (with_.forces - without.forces)[1, 0] == pytest.approx((down - up) / (2.0 * step), abs=1e-6)


def test_energy_gap_and_forces_are_handed_on(recorded: Recorded) -> None:
    structure = ethylene_carbonate()
    found = Gpaw("lcao-dzp", BOX, dispersion="none").session(structure)(structure.positions)
    placed = in_box(structure.positions, BOX) - np.array(BOX) / 2.0
    assert found.energy == pytest.approx(0.5 * SPRING * np.sum(placed**2))
    assert found.forces == pytest.approx(-SPRING * placed)
    assert found.gap == pytest.approx(5.5)


def test_a_field_that_does_not_converge_is_an_error_with_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpaw", fake(Recorded(), "25.1.0", converges=False))
    structure = ethylene_carbonate()
    with pytest.raises(ConvergenceError, match=r"GPAW lcao-dzp of C3H4O3 \(\+0\): the field did not become self-consistent"):
        Gpaw("lcao-dzp", BOX).session(structure)(structure.positions)


@pytest.mark.parametrize(
    ("version", "accepted"), [("23.9.1", False), ("24.0.9", False), ("24.1.0", True), ("25.7.0b1", True), ("dev", False)]
)
def test_an_old_version_is_refused(monkeypatch: pytest.MonkeyPatch, version: str, accepted: bool) -> None:
    monkeypatch.setitem(sys.modules, "gpaw", fake(Recorded(), version))
    engine = Gpaw("pw450", PAPER_BOX)
    if accepted:
        assert engine.level.version == version
        return
    with pytest.raises(SpecError, match=r"is too old: it could find a false eigenvalue .* Install 24.1 or later"):
        engine.session(ethylene_carbonate())


@pytest.mark.skipif(THERE, reason="GPAW is installed")
def test_without_gpaw_it_is_said_how_to_install_it() -> None:
    with pytest.raises(MissingDependency, match=r"CC=g\+\+ pip install gpaw gpaw-data \(the headers of libxc"):
        Gpaw("pw450", PAPER_BOX).session(ethylene_carbonate())


def test_level_names_box_and_mode(recorded: Recorded) -> None:
    small, paper = Gpaw("lcao-dzp", BOX).level, Gpaw("pw450", PAPER_BOX).level
    assert small.short == "PBE-D3(BJ)/LCAO-dzp"
    assert (small.grid, small.box) == ("0.2 angstrom", "14.4 x 14.4 x 13.6, zero boundary, no correction")
    assert paper.basis == "plane waves 450 eV"
    assert "30 x 30 x 30, periodic, neutralising background" in paper.box
    assert small.electronic_temperature == pytest.approx(580.2, abs=0.1)  # 0.05 eV
    assert Gpaw("lcao-dzp", (16.0, 16.0, 16.0)).level != small
    engine = Gpaw("lcao-dzp", BOX)
    assert pickle.loads(pickle.dumps(engine)) == engine


@pytest.mark.parametrize("edge", [14.5, 15.0, 14.0])
def test_an_edge_that_is_no_multiple_of_four_grid_points_is_refused(edge: float) -> None:
    with pytest.raises(SpecError, match=rf"an edge of {edge} angstrom is no multiple of 0.8. Write 1[45]\.[24]"):
        Gpaw("lcao-dzp", (14.4, edge, 14.4))
    assert Gpaw("pw450", (14.4, edge, 14.4)).box[1] == edge


@pytest.mark.parametrize(
    "edges", [(8.0, 14.4, 14.4), (14.4, 14.4), (-14.4, 14.4, 14.4), (float("nan"), 14.4, 14.4), (float("inf"), 14.4, 14.4)]
)
def test_a_box_that_is_none_is_refused(edges: tuple[float, ...]) -> None:
    with pytest.raises(SpecError, match=r"are no three edges above 8.0 angstrom"):
        Gpaw("lcao-dzp", edges)  # type: ignore[arg-type]


def test_wrong_names_are_refused() -> None:
    with pytest.raises(SpecError, match='"fd" is not a mode of GPAW'):
        Gpaw("fd", BOX)
    with pytest.raises(SpecError, match='dispersion: "d4" is not known'):
        Gpaw("lcao-dzp", BOX, dispersion="d4")


def test_the_wrong_parity_is_refused(recorded: Recorded) -> None:
    with pytest.raises(SpecError, match="multiplicity: 1 does not go with 11 electrons"):
        Gpaw("lcao-dzp", BOX).session(ion(charge=0))


def test_a_structure_that_does_not_fit_is_told_the_smallest_box(recorded: Recorded) -> None:
    structure = oxide_complex()
    session = Gpaw("lcao-dzp", BOX).session(structure)
    smallest = "x".join(f"{edge:.1f}" for edge in common_box([structure]))
    with pytest.raises(SpecError, match=f"the atoms need {smallest} angstrom with 4.0 to each face"):
        session(structure.positions)


def test_the_common_box_holds_every_state_with_its_margin() -> None:
    states = [ethylene_carbonate(), solvated_sodium(), oxide_complex()]
    box = common_box(states)
    assert [edge / 0.8 for edge in box] == pytest.approx([round(edge / 0.8) for edge in box])
    for state in states:
        placed = in_box(state.positions, box)
        assert placed.min() >= 4.0 - 1e-9
        assert np.all(placed.max(axis=0) <= np.array(box) - 4.0 + 1e-9)
    widest = max(float(np.ptp(state.positions[:, 0])) for state in states)
    assert box[0] - (widest + 8.0) < 0.8  # no larger than it must be
    assert common_box([molecule("H 0 0 0; H 0 0 0.8", labels=("H2",))]) == (8.0, 8.0, 8.8)
    with pytest.raises(SpecError, match="there is no structure"):
        common_box([])


def test_a_box_is_read_from_text() -> None:
    assert box_in("lcao-dzp", "24x24x16") == (24.0, 24.0, 16.0)
    assert box_in("lcao-dzp", "24.8, 24, 16") == (24.8, 24.0, 16.0)
    assert box_in("pw450", "") == PAPER_BOX
    for text in ("", "24", "24x24", "axbxc", "24x24x-16"):
        with pytest.raises(SpecError, match="needs the one box of all states"):
            box_in("lcao-dzp", text)
    with pytest.raises(SpecError, match="a box made from a margin gives each state another grid"):
        box_in("lcao-dzp", "vacuum=4")


@pytest.mark.slow
@pytest.mark.skipif(not THERE, reason="GPAW is not installed; it is never a dependency")
def test_real_gpaw_gives_one_energy_in_two_boxes_and_under_a_shift() -> None:
    structure, box = ethylene_carbonate(), (12.8, 12.8, 12.8)
    session = Gpaw("lcao-dzp", box, dispersion="none").session(structure)
    small = session(structure.positions, forces=False).energy
    session._atoms.set_positions(in_box(structure.positions, box) + 0.1)
    assert session._atoms.get_potential_energy() == pytest.approx(small, abs=0.005)
    large = Gpaw("lcao-dzp", (16.0, 16.0, 16.0), dispersion="none").session(structure)(structure.positions, forces=False).energy
    assert large == pytest.approx(small, abs=0.01)
