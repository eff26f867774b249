"""OUTCAR: the same run as its vasprun.xml, and the terms that only OUTCAR names."""

from __future__ import annotations

import random
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from atoms_vasp import Output, outcar, run_of, small, vasprun
from dualion.atoms.vasp.outcar import read_outcar
from dualion.atoms.vasp.refusals import refusals
from dualion.atoms.vasp.run import Run
from dualion.atoms.vasp.vasprun import read_vasprun
from dualion.errors import ReadError

ENERGY = -614.13701234
DIPCOR = """
 DIPCOR: dipole corrections for dipol
 energy correction for charged system         {charge:.6f} eV
 dipol+quadrupol energy correction            {dipole:.6f} eV
 added-field ion interaction          0.000000 eV  (added to PSCEN)
"""


@pytest.fixture(scope="module")
def output() -> Output:
    return run_of(small(1), ENERGY, steps=3)


def read(folder: Path, text: str) -> Run:
    (folder / "OUTCAR").write_text(text, encoding="latin-1")
    return read_outcar(folder / "OUTCAR")


def test_outcar_and_vasprun_tell_the_same(output: Output, tmp_path: Path) -> None:
    run = read(tmp_path, outcar(output))
    (tmp_path / "vasprun.xml").write_text(vasprun(output), encoding="latin-1")
    other = read_vasprun(tmp_path / "vasprun.xml")
    assert run.energy == pytest.approx(ENERGY, abs=1e-8)
    assert (run.energy, run.ionic_free, run.symbols, run.titles) == (other.energy, other.ionic_free, other.symbols, other.titles)
    assert (run.ionic_steps, run.electronic_steps, run.complete, run.says_converged) == (3, 3, True, True)
    assert [run.number(tag) for tag in ("NELECT", "ENCUT", "NSW", "EDIFFG")] == [40.0, 450.0, 300.0, -0.01]
    np.testing.assert_allclose(run.positions, other.positions, atol=1e-5)
    np.testing.assert_allclose(run.forces, other.forces, atol=1e-6)
    np.testing.assert_array_equal(run.kpoints, other.kpoints)
    assert not refusals(run, small(1).state)


def test_a_cut_file_gives_its_last_complete_step(output: Output, tmp_path: Path) -> None:
    text = outcar(output)
    run = read(tmp_path, text[: text.rindex("  free  energy   TOTEN")])
    assert (run.complete, run.ionic_steps) == (False, 2)
    assert run.energy == pytest.approx(output.steps[1].electronic[-1][1], abs=1e-8)
    with pytest.raises(ReadError, match="no complete ionic step"):
        read(tmp_path, text[: text.index("FREE ENERGIE")])


def test_an_unconverged_loop_is_seen(output: Output, tmp_path: Path) -> None:
    last = replace(output.steps[-1], converged=False)
    run = read(tmp_path, outcar(replace(output, steps=(*output.steps[:-1], last))))
    assert run.says_converged is False
    assert {flag.code for flag in refusals(run, small(1).state)} == {"electronic_unconverged"}


def test_corrections_of_a_printed_run_are_recognised(output: Output, tmp_path: Path) -> None:
    # methanol with Tkatchenko-Scheffler dispersion, IDIPOL = 4 (public set klimes/wirt_paper1): the five numbers that VASP 5.4.1 printed
    electronic, ionic, dispersion, dipole = -37.32593764, -37.34271131, -0.01695, 0.000176
    after = DIPCOR.format(charge=0.0, dipole=dipole) + f"  IVDW =   2\n  Edisp (eV):   {dispersion:.5f}\n"
    step = replace(output.steps[-1], electronic=((electronic, electronic),), ionic_free=ionic, after=after)
    run = read(tmp_path, outcar(replace(output, steps=(step,))))
    assert run.corrections == {"dispersion": dispersion, "multipole": dipole}
    assert run.added == pytest.approx(dispersion + dipole, abs=1e-5)
    assert run.energy == pytest.approx(ionic, abs=1e-8)


def test_of_the_corrections_of_each_loop_the_last_counts(output: Output, tmp_path: Path) -> None:
    after = DIPCOR.format(charge=0.6, dipole=0.1) + DIPCOR.format(charge=0.675, dipole=0.005)
    run = read(tmp_path, outcar(replace(output, steps=(replace(output.steps[-1], after=after),))))
    assert run.corrections == {"multipole": pytest.approx(0.68)}


@pytest.mark.parametrize(("ionic", "explained"), [(0.68, True), (-0.3, True), (0.38, True), (0.2, False), (-0.68, False)])
def test_only_the_printed_terms_explain_a_difference(output: Output, tmp_path: Path, ionic: float, explained: bool) -> None:
    last = output.steps[-1]
    after = DIPCOR.format(charge=0.675, dipole=0.005) + "  Edisp (eV):   -0.30000\n"
    free = last.electronic[-1][0] + ionic
    run = read(tmp_path, outcar(replace(output, steps=(replace(last, ionic_free=free, after=after),)).tagged(NSW="9")))
    assert run.explained is explained
    codes = {flag.code for flag in refusals(run, small(1).state)}
    assert ("energy_mismatch" in codes) is not explained
    assert run.energy == pytest.approx(ENERGY + (ionic if explained else 0.0), abs=1e-8)


@pytest.mark.parametrize(
    ("text", "said"), [("hello\n" * 100, "no version of VASP"), ("", "no complete"), (" vasp.6.4.2\n" + "x" * 70_000, "longer than")]
)
def test_foreign_files_are_refused(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=said):
        read(tmp_path, text)


def test_damage_is_read_or_refused_and_never_breaks(output: Output, tmp_path: Path) -> None:
    data, rng, state = outcar(output).encode(), random.Random(11), small(1).state
    outcomes = {"read": 0, "refused": 0}
    for _ in range(80):
        damaged = bytearray(data)
        if rng.random() < 0.3:
            del damaged[rng.randrange(len(damaged)) :]
        for _ in range(rng.choice((1, 4, 30))):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        (tmp_path / "OUTCAR").write_bytes(damaged)
        try:
            refusals(read_outcar(tmp_path / "OUTCAR"), state)
            outcomes["read"] += 1
        except ReadError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 5


def test_a_real_file_of_a_nickel_cluster() -> None:
    found = find_spec("ase")
    path = Path(str(found.origin)).parent / "test/testdata/vasp/OUTCAR_example_1" if found else Path("OUTCAR_example_1")
    if not path.is_file():
        pytest.skip("ASE is absent, or comes without this file")
    run = read_outcar(path)
    assert (run.program, run.symbols) == ("5.3.3", ("Ni",) * 18)
    # the two energies that ASE's own test of this file expects
    assert (run.energy, run.ionic_free) == (-68.23102426, -68.22868532)
    assert (run.number("NELECT"), run.number("ENCUT"), run.electronic_steps) == (180.0, 300.0, 63)
    assert {flag.code for flag in refusals(run, None)} == {"not_relaxed", "no_state"}
