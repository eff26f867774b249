"""``dualion vasp``: inputs written, outputs read, steps given or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer

from atoms_vasp import folder_of, outcar, run_of, small, vasprun
from dualion.atoms.reading.structure import read_structure
from dualion.cli.vasp import app
from dualion.errors import ReadError, SpecError

Run = Callable[..., str]
EC = ("O 0 0 0", "C -1.1824 0.0591 0.0082", "O -2.0122 -1.004 0.063", "C -3.3665 -0.6032 0.0578", "C -3.29 0.9361 -0.0133")
REST = ("O -1.9027 1.1998 -0.0368", "H -3.8527 -0.9567 0.9743", "H -3.87 -1.0383 -0.8131", "H -3.7507 1.3368 -0.9235")
MOLECULE = (*EC, *REST, "H -3.736 1.4188 0.8639")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The verbs in this process; what they print."""

    def of(*arguments: str | Path) -> str:
        capsys.readouterr()
        app([str(argument) for argument in arguments], standalone_mode=False)
        return capsys.readouterr().out

    return of


def xyz(path: Path, comment: str = "", rows: tuple[str, ...] = MOLECULE) -> Path:
    path.write_text("\n".join((str(len(rows)), comment, *rows)) + "\n")
    return path


def test_a_motif_is_written_with_its_electrons_and_cost(run: Run, tmp_path: Path) -> None:
    arguments = ("--motif", "oxN_zz", "--solvent", "EC=3", "--charge", "+1", "--potential", "Na=Na", "--out", tmp_path / "a")
    text = run("write", *arguments)
    for said in (
        "oxN_zz + Na+(EC)3",
        "C58H29NNaO10, 99 atoms",
        "NELECT = 326",
        "585 thousand below 450 eV",
        "2.0 GB",
        "vasp_gam",
        "POTCAR is yours",
    ):
        assert said in text
    assert sorted(path.name for path in (tmp_path / "a").iterdir() if not path.name.startswith(".")) == [
        "INCAR",
        "KPOINTS",
        "POSCAR",
        "POTCAR.spec",
        "dualion.json",
    ]


def test_json_says_what_was_written_and_bytes_repeat(run: Run, tmp_path: Path) -> None:
    arguments = ("--motif", "bare", "--solvent", "EC=2", "--charge", "+1", "--variant", "d3bj", "--json", "--out")
    said = json.loads(run("write", *arguments, tmp_path / "a"))
    run("write", *arguments, tmp_path / "b")
    assert (said["schema"], said["name"], said["electrons"], said["potentials"]["Na"]) == ("dualion/vasp-write/1", "Na+(EC)2", 74, "Na_pv")
    assert said["tags"]["IVDW"] == "12"
    assert said["plane_waves"] == pytest.approx(5.9e5, rel=0.01)
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in said["files"])


def test_a_molecule_alone_is_written(run: Run, tmp_path: Path) -> None:
    arguments = ("--motif", "bare", "--ion", "none", "--solvent", "EC=1", "--charge", "0", "--json", "--out", tmp_path / "a")
    said = json.loads(run("write", *arguments))
    assert (said["name"], said["formula"], said["electrons"], said["charge"]) == ("EC", "C3H4O3", 34, 0)


def test_a_file_brings_its_charge_or_the_command_line_does(run: Run, tmp_path: Path) -> None:
    silent, said = xyz(tmp_path / "silent.xyz"), xyz(tmp_path / "said.xyz", "charge=0 multiplicity=1")
    with pytest.raises(SpecError, match="charge"):
        run("write", silent, "--out", tmp_path / "x")
    one = json.loads(run("write", said, "--json", "--out", tmp_path / "a"))
    other = json.loads(run("write", silent, "--charge", "0", "--multiplicity", "1", "--json", "--out", tmp_path / "b"))
    assert (one["key"], one["electrons"], one["name"]) == (other["key"], 34, "EC")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "either a file"),
        (("--motif", "oxN_zz", "--solvent", "EC=3"), "--charge"),
        (("--motif", "oxN_xx", "--charge", "0"), "motif"),
        (("--motif", "bare", "--ion", "none", "--charge", "0"), "nothing is left"),
        (("--motif", "bare", "--charge", "+1", "--potential", "Na=K"), "potential"),
        (("--motif", "bare", "--charge", "+1", "--box", "-3"), "--box"),
        (("--motif", "bare", "--charge", "+1", "--multiplicity", "2"), "does not go with"),
        (("--motif", "bare", "--charge", "0", "--variant", "d5"), "--variant"),
    ],
)
def test_inputs_that_cannot_be_written(run: Run, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        run("write", *arguments, "--out", tmp_path / "a")
    assert not (tmp_path / "a").exists()


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """Folders of a step of 0.999 eV."""
    made = {}
    for role, solvents, ion, energy in (("before", 3, "Na", -1848.038), ("after", 2, "Na", -1231.267), ("released", 1, "", -615.772)):
        inputs = small(solvents, 1 if ion else 0, ion=ion)
        made[role] = folder_of(tmp_path / role, inputs, run_of(inputs, energy), ("vasprun.xml", "OUTCAR"))
    return made


def flat(folders: dict[str, Path]) -> list[str]:
    return [word for role, path in folders.items() for word in (f"--{role}", str(path))]


def test_each_run_has_a_line(run: Run, folders: dict[str, Path]) -> None:
    lines = run("read", *folders.values()).splitlines()
    assert len(lines) == 3
    assert lines[0].split()[1:] == ["Na+(EC)3", "-1848.03800000", "eV", "usable"]


def test_a_step_is_given_with_its_level(run: Run, folders: dict[str, Path]) -> None:
    text = run("read", *flat(folders))
    assert "EC 3->2 @ bare: 0.999 eV" in text
    for said in ("interval withheld", "VASP 6.4.2, PBE", "PAW 450 eV", "q=+1", "2S+1=1", "dispersion none", "30 x 30 x 30 angstrom"):
        assert said in text


def test_json_of_a_step(run: Run, folders: dict[str, Path]) -> None:
    said: dict[str, Any] = json.loads(run("read", *flat(folders), "--json"))
    assert (said["schema"], said["origin"], len(said["runs"])) == ("dualion/vasp-read/1", "raw-file", 3)
    assert (said["step"]["name"], said["step"]["energy_eV"]) == ("EC 3->2 @ bare", pytest.approx(0.999, abs=1e-8))
    assert said["runs"][1]["usable"] is True


def test_states_are_written_where_their_runs_left_them(run: Run, folders: dict[str, Path], tmp_path: Path) -> None:
    run("read", *flat(folders), "--out", tmp_path / "out")
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert results["step"]["energy_eV"] == pytest.approx(0.999, abs=1e-8)
    frames = {path.stem: path for path in (tmp_path / "out" / "frames").iterdir()}
    assert set(frames) == {results["step"][role] for role in ("before", "after", "released")}
    frame, start = read_structure(frames[results["step"]["before"]]), small(3).state.structure
    assert (frame.charge, frame.multiplicity, frame.labels, frame.symbols) == (1, 1, start.labels, start.symbols)
    np.testing.assert_allclose(frame.positions, start.positions, atol=1e-7)
    assert "energy=-1848.03800000" in frames[results["step"]["before"]].read_text(encoding="utf-8")


def test_an_unusable_run_is_reported_and_its_step_refused(run: Run, folders: dict[str, Path]) -> None:
    inputs = small(3)
    folder_of(folders["before"], inputs, replace(run_of(inputs, -1848.038), finished=False), ("vasprun.xml", "OUTCAR"))
    text = run("read", folders["before"])
    assert "not usable" in text
    assert "truncated: the file is cut" in text
    with pytest.raises(SpecError, match="truncated"):
        run("read", *flat(folders))


def test_a_file_of_others_is_read_by_its_own_name(run: Run, tmp_path: Path) -> None:
    output = run_of(small(1), -614.5)
    (tmp_path / "vasprun_old.xml").write_text(vasprun(output))
    (tmp_path / "OUTCAR.old").write_text(outcar(output))
    text = run("read", tmp_path / "vasprun_old.xml", tmp_path / "OUTCAR.old")
    assert text.count("-614.50000000 eV") == 2
    assert text.count("no_state") == 2


def test_two_potentials_in_one_call_are_said(run: Run, tmp_path: Path) -> None:
    inputs = small(1)
    one = run_of(inputs, -614.5)
    other = replace(one, titles=one.titles | {"Na": "PAW_PBE Na 08Apr2002"})
    paths = [folder_of(tmp_path / name, inputs, output) for name, output in (("a", one), ("b", other))]
    said = json.loads(run("read", *paths, "--json"))
    assert [flag["code"] for flag in said["flags"]] == ["mixed_potentials"]
    assert "all: mixed_potentials" in run("read", *paths)


def test_one_unreadable_folder_among_others_ends_with_1(run: Run, folders: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no such folder"):
        run("read", tmp_path / "absent")
    code = app(["read", str(folders["after"]), str(tmp_path / "absent")], standalone_mode=False)
    assert code == 1


@pytest.mark.parametrize(("arguments", "said"), [((), "name at least one"), (("--before", "a"), "a step has three runs")])
def test_reading_needs_something_to_read(run: Run, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        run("read", *arguments)


def test_every_option_has_help() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert set(commands) == {"write", "read"}
    silent = [option.name for command in commands.values() for option in command.params if not getattr(option, "help", "x")]
    assert not silent
