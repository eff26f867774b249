"""The program itself is rarely there: a script stands for it, which writes what xtb writes, and records how it was called."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from atoms_molecules import ethylene_carbonate, ion, solvated_sodium
from dualion.atoms.engines import xtb_binary
from dualion.atoms.engines.base import BOHR, HARTREE
from dualion.atoms.engines.tblite import Tblite
from dualion.atoms.engines.xtb_binary import XtbBinary
from dualion.errors import ConvergenceError, MissingDependency, ModelError, SpecError

if sys.platform == "win32":
    pytest.skip("the script that stands for the program needs a shebang line", allow_module_level=True)

ENERGY = -22.569123456789  # [Ha]
SCRIPT = """#!/bin/sh
case "$*" in *--version*) echo " * xtb version {version} (0123abc) compiled by someone"; exit 0;; esac
printf '%s\\n' "$@" > {folder}/arguments
tail -n +3 "$1" > {folder}/geometry
pwd > {folder}/place
printf '%s\\n' "$OMP_STACKSIZE" "$OMP_NUM_THREADS" "$MKL_NUM_THREADS" > {folder}/environment
cp {folder}/answer/* . 2> /dev/null
cat {folder}/said
cat {folder}/complained >&2
{end}
"""
GAP = "         :: HOMO-LUMO gap               6.500000000000 eV    ::\n"
NOT_RELAXED = "   *** FAILED TO CONVERGE GEOMETRY OPTIMIZATION IN 200 ITERATIONS ***\n"
RELAXED = "   *** GEOMETRY OPTIMIZATION CONVERGED AFTER 12 ITERATIONS ***\n"
FAILED = "[ERROR] Program stopped due to fatal error\n-2- {reason}\n####\nabnormal termination of xtb\n"
NO_FIELD = FAILED.format(reason="scf: Self consistent charge iterator did not converge")
TOO_SHORT = FAILED.format(reason="Found *very* short distance of 0.1 for H2-H3")

Make = Callable[..., XtbBinary]


def answer(count: int = 10, said: int | None = None) -> dict[str, str]:
    """The files that the program writes for so many atoms."""
    text = ["#", "# Number of atoms", "#", f"{said or count:10d}", "#", "# The current total energy in Eh", "#", f"{ENERGY:20.12f}"]
    text += ["#", "# The current gradient in Eh/bohr", "#", *(f" {1e-3 * (index + 1):20.12f}" for index in range(3 * count))]
    text += ["#", "# The atomic numbers and current coordinates in Bohr", "#", *("   8    0.0000000    0.0000000    0.0000000",) * count]
    return {"start.engrad": "\n".join(text) + "\n", "charges": "  0.25000000\n" * count}


def geometry(count: int = 10) -> dict[str, str]:
    """The geometry that the optimiser writes, whether it converged or not."""
    rows = [str(count), " energy: -1.0 gnorm: 0.01 xtb: 6.7.1", *(f"O {index}.5 1.0 2.0" for index in range(count))]
    return {"xtbopt.xyz": "\n".join(rows) + "\n"}


@pytest.fixture
def program(tmp_path: Path) -> Make:
    """An engine whose program is a script that answers as it is told."""

    def make(
        files: dict[str, str] | None = None,
        *,
        said: str = GAP,
        complained: str = "normal termination of xtb\n",
        end: str = "exit 0",
        version: str = "6.7.1",
        method: str = "gfn1",
    ) -> XtbBinary:
        folder = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        (folder / "answer").mkdir(parents=True)
        for name, text in (answer() if files is None else files).items():
            (folder / "answer" / name).write_text(text, encoding="utf-8")
        (folder / "said").write_text(said, encoding="utf-8")
        (folder / "complained").write_text(complained, encoding="utf-8")
        path = folder / "xtb"
        path.write_text(SCRIPT.format(version=version, folder=folder, end=end), encoding="utf-8")
        path.chmod(0o755)
        return XtbBinary(method, executable=str(path))

    return make


def recorded(engine: XtbBinary, what: str) -> list[str]:
    """What the script saw: ``"arguments"``, ``"geometry"``, ``"place"`` or ``"environment"``."""
    return (Path(engine.executable).parent / what).read_text(encoding="utf-8").splitlines()


def test_energy_forces_charges_and_gap_are_read(program: Make) -> None:
    structure = ethylene_carbonate()
    found = program().session(structure)(structure.positions)
    assert found.energy == pytest.approx(ENERGY * HARTREE, abs=1e-9)
    assert found.forces is not None
    assert found.forces == pytest.approx(-1e-3 * np.arange(1, 31).reshape(10, 3) * HARTREE / BOHR, abs=1e-12)
    assert found.charges == pytest.approx(np.full(10, 0.25))
    assert found.gap == pytest.approx(6.5)
    assert program().session(structure)(structure.positions, forces=False).forces is None


def test_the_program_is_told_charge_spin_method_and_geometry(program: Make) -> None:
    structure, engine = solvated_sodium(), program(answer(11))
    engine.session(structure)(structure.positions)
    expected = "start.xyz --gfn 1 --grad --chrg 1 --uhf 0 --acc 1.0 --etemp 300.0"
    assert " ".join(recorded(engine, "arguments")) == expected
    rows = [row.split() for row in recorded(engine, "geometry")]
    assert [row[0] for row in rows] == list(structure.symbols)
    assert np.array([[float(value) for value in row[1:]] for row in rows]) == pytest.approx(structure.positions, abs=1e-9)


def test_a_doublet_has_one_unpaired_electron(program: Make) -> None:
    structure, engine = ion(charge=0, multiplicity=2), program(answer(1), method="gfn2")
    engine.session(structure)(structure.positions)
    arguments = recorded(engine, "arguments")
    assert arguments[arguments.index("--uhf") + 1] == "1"
    assert arguments[arguments.index("--gfn") + 1] == "2"


def test_trap_the_stack_is_large_and_one_thread_is_used(program: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    structure, engine = ethylene_carbonate(), program()
    engine.session(structure)(structure.positions)
    assert recorded(engine, "environment") == ["1G", "1", "1"]


def test_the_temporary_folder_is_gone(program: Make) -> None:
    structure, engine = ethylene_carbonate(), program()
    engine.session(structure)(structure.positions)
    assert not Path(recorded(engine, "place")[0]).exists()


@pytest.mark.parametrize("files", [geometry(), geometry() | {"NOT_CONVERGED": ""}])
def test_trap_a_geometry_that_did_not_converge_is_never_used(program: Make, files: dict[str, str]) -> None:
    engine = program(files, said=NOT_RELAXED)
    with pytest.raises(ConvergenceError, match="C3H4O3 did not relax in 200 cycles"):
        engine.optimised(ethylene_carbonate(), cycles=200)


def test_a_geometry_without_a_word_on_its_convergence_is_not_used(program: Make) -> None:
    with pytest.raises(ConvergenceError, match="did not relax"):
        program(geometry()).optimised(ethylene_carbonate())


def test_a_relaxed_geometry_is_read(program: Make) -> None:
    engine = program(geometry(), said=RELAXED, method="gfnff")
    found = engine.optimised(ethylene_carbonate(), threshold="normal", cycles=50)
    assert found == pytest.approx(np.column_stack([np.arange(10) + 0.5, np.full(10, 1.0), np.full(10, 2.0)]))
    assert recorded(engine, "arguments")[1:6] == ["--gfnff", "--opt", "normal", "--cycles", "50"]


def test_trap_a_field_that_does_not_converge(program: Make) -> None:
    structure = ethylene_carbonate()
    with pytest.raises(ConvergenceError, match="C3H4O3: the charges did not become self-consistent"):
        program({}, complained=NO_FIELD, end="exit 128").session(structure)(structure.positions)
    said = "   *** convergence criteria cannot be satisfied within 250 iterations ***\n"
    with pytest.raises(ConvergenceError, match="did not become self-consistent"):
        program(said=said).session(structure)(structure.positions)


def test_a_failure_says_the_reason_that_the_program_gave(program: Make) -> None:
    structure = ethylene_carbonate()
    with pytest.raises(ModelError, match=r"short distance of 0.1 for H2-H3. Check the geometry") as problem:
        program({}, complained=TOO_SHORT, end="exit 128").session(structure)(structure.positions)
    assert not isinstance(problem.value, ConvergenceError)


def test_trap_a_crash_names_the_stack(program: Make) -> None:
    structure = ethylene_carbonate()
    with pytest.raises(ModelError, match=r"signal 11 ended it. Raise the limit of the stack"):
        program({}, end="kill -SEGV $$").session(structure)(structure.positions)


def test_a_run_without_an_end_is_given_up(program: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    structure = ethylene_carbonate()
    session = program(end="exec sleep 60").session(structure)
    monkeypatch.setattr(xtb_binary, "_LONGEST", 0.05)
    with pytest.raises(ConvergenceError, match="took more than 0 s"):
        session(structure.positions)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "wrote no start.engrad"),
        ({"start.engrad": answer()["start.engrad"]}, "wrote no charges"),
        (answer() | {"charges": "0.1 0.2"}, "2 values of 10"),
        (answer() | {"charges": "nan " * 10}, "not finite"),
        (answer() | {"charges": "******* " * 10}, "are no numbers"),
        (answer(10, said=11), "gradient of 11 atoms for 10"),
        (answer(9), "energy and gradient are .* of 32"),
        (answer() | {"start.engrad": answer()["start.engrad"][:300]}, "values of 32"),
    ],
)
def test_files_that_are_not_what_was_asked_for_are_refused(program: Make, files: dict[str, str], problem: str) -> None:
    structure = ethylene_carbonate()
    with pytest.raises(ModelError, match=problem):
        program(files).session(structure)(structure.positions)


def test_version_is_in_the_level_and_an_old_one_is_refused(program: Make) -> None:
    level = program(method="gfn2").level
    assert (level.engine, level.version, level.method, level.spin) == ("xtb", "6.7.1", "GFN2-xTB", "lowest, not polarised")
    with pytest.raises(SpecError, match=r"version 6.4 is too old. Install 6.5 or later"):
        assert program(version="6.4.1").level
    with pytest.raises(ModelError, match="names no version"):
        assert program(version="none").level


def test_force_field_gives_no_energies_and_wrong_input_is_refused(program: Make) -> None:
    with pytest.raises(SpecError, match="GFN-FF misses steps by an electronvolt"):
        program(method="gfnff").session(ethylene_carbonate())
    with pytest.raises(SpecError, match="multiplicity: 1 does not go with 11 electrons"):
        program().session(ion(charge=0))
    with pytest.raises(SpecError, match='"gfn0" is not a method of xtb'):
        XtbBinary("gfn0")


def test_without_the_program_it_is_said_how_to_install_it() -> None:
    with pytest.raises(MissingDependency, match=r"xtb is not installed. Install it .* on the PATH"):
        XtbBinary(executable="no-such-program-xtb").session(ion())


@pytest.mark.skipif(shutil.which("xtb") is None, reason="the program xtb is not on the PATH")
@pytest.mark.parametrize("method", ["gfn1", "gfn2"])
def test_the_program_and_the_library_agree(method: str) -> None:
    structure = solvated_sodium()
    theirs, ours = XtbBinary(method).session(structure)(structure.positions), Tblite(method).session(structure)(structure.positions)
    assert theirs.energy == pytest.approx(ours.energy, abs=1e-4)
    assert theirs.forces == pytest.approx(ours.forces, abs=1e-3)
