"""``dualion desolvate``: a folder with results, tables, figures and frames; a run that goes on; words that are refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer

from atoms_landscape import CO, Here, Landscape, lowest
from dualion.atoms.building import species
from dualion.atoms.desolvation import figures
from dualion.atoms.engines import registry
from dualion.atoms.export import read_structure
from dualion.atoms.search import run as search_run
from dualion.cli.desolvate import _deadline, desolvate
from dualion.cli.desolvate_options import shard_written
from dualion.cli.desolvate_output import forget_failed, usable
from dualion.errors import DualionError, MissingDependency, OpenShellFlake, SpecError, StoreError
from dualion.store.tasks import TaskFolder

Desolvate = Callable[..., int]
_LONGEST = 300  # [s] a run of a second or two on a machine that is busy with other things
SMALL = ("--motif", "bare", "--starts", "2", "--max-rounds", "1", "--workers", "1")
#: The verb alone, for processes of their own.
PROGRAM = (
    "import sys, typer; from dualion.cli.desolvate import desolvate; app = typer.Typer(); app.command()(desolvate); "
    "sys.exit(app(args=sys.argv[1:], standalone_mode=False) or 0)"
)


def _run(*arguments: str) -> int:
    app = typer.Typer()
    app.command()(desolvate)
    return app(args=list(arguments), standalone_mode=False) or 0


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Here:
    """The verb on the landscape, in this process: ``--solvent CO --engine gfn1`` stand for it."""
    here = Here()

    @contextmanager
    def hired(*_: Any) -> Iterator[Here]:
        yield here

    monkeypatch.setattr(registry, "engine_named", lambda name: Landscape())
    monkeypatch.setattr(species, "solvent_named", lambda name: CO)
    monkeypatch.setattr(search_run, "hired", hired)
    return here


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """No figures, which take most of the time of a run on the landscape."""
    monkeypatch.setattr(figures, "figures", lambda document: ())


def _contents(folder: Path) -> dict[str, bytes]:
    """Files of a result, without the tasks."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "tasks" not in path.parts and not path.name.startswith(".")
    }


@pytest.mark.usefixtures("undrawn")
def test_a_folder_of_results(model: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert _run(*SMALL, "--solvent", "CO", "--step", "2-1", "--out", str(out)) == 0
    said = capsys.readouterr().out
    found = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert found["steps"][0]["energy_eV"] == pytest.approx(lowest(1) - lowest(2), abs=2e-3)
    assert f"CO 2->1 @ bare  {found['steps'][0]['short']}" in said
    assert "open questions" in said
    files = _contents(out)
    frames = {"frames/bare-Na-CO1_q+1.extxyz", "frames/bare-Na-CO2_q+1.extxyz", "frames/CO_q0.extxyz"}
    assert files.keys() == frames | {"results.json", "states.parquet", "steps.csv"}
    assert pl.read_parquet(out / "states.parquet")["file"].to_list()[0] in files
    assert read_structure(out / "frames" / "bare-Na-CO2_q+1.extxyz").labels == ("Na", "CO", "CO")

    before, tasks = files, model.submitted
    assert _run(*SMALL, "--solvent", "CO", "--step", "2-1", "--out", str(out)) == 0
    assert model.submitted == tasks  # nothing is computed twice
    assert _contents(out) == before


@pytest.mark.slow
@pytest.mark.usefixtures("model")
def test_figures_are_drawn_into_the_folder(tmp_path: Path) -> None:
    assert _run(*SMALL, "--solvent", "CO", "--step", "2-1", "--out", str(tmp_path / "out")) == 0
    drawn = {name: content for name, content in _contents(tmp_path / "out").items() if name.startswith("figures/")}
    assert drawn.keys() == {f"figures/desolvation-{name}.{form}" for name in ("ladder", "search") for form in ("svg", "png", "pdf")}
    assert drawn["figures/desolvation-ladder.png"].startswith(b"\x89PNG")


@pytest.mark.usefixtures("undrawn")
def test_the_document_on_standard_output(model: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--solvent", "CO", "--from", "2", "--to", "0", "--charge", "1", "--prefactor", "1e13", "--json")
    assert _run(*SMALL, *arguments, "--out", str(tmp_path / "out")) == 0
    said = json.loads(capsys.readouterr().out)
    assert said.pop("folder") == str(tmp_path / "out")
    assert said == json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert (said["schema"], said["request"]["prefactor"], said["complete"]) == ("dualion/atoms/1", 1e13, True)
    assert abs(said["ladders"][0]["closure_eV"]) <= 1e-9


@pytest.mark.usefixtures("undrawn")
def test_a_budget_that_is_used_up_is_no_failure(model: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert _run(*SMALL, "--solvent", "CO", "--step", "2-1", "--budget", "1e-9", "--out", str(out)) == 0
    assert "no energy" in (said := capsys.readouterr().out)
    assert "goes on from here" in said
    assert json.loads((out / "results.json").read_text(encoding="utf-8"))["steps"][0]["convergence"] == "no minimum"
    assert _run(*SMALL, "--solvent", "CO", "--step", "2-1", "--out", str(out)) == 0
    assert json.loads((out / "results.json").read_text(encoding="utf-8"))["complete"]


def test_a_budget_keeps_time_for_writing() -> None:
    assert _deadline(1000.0, None) is None
    assert _deadline(1000.0, 5.0) == pytest.approx(1300.0 - 32.0)
    assert _deadline(1000.0, 0.1) == pytest.approx(1003.0)


def test_failed_tasks_are_tried_again_only_when_asked(tmp_path: Path) -> None:
    with TaskFolder(tmp_path / "tasks") as kept:
        for digit, outcome in zip("abc", ("accepted", "unconverged", "reacted"), strict=True):
            kept.put(digit * 64, {"outcome": outcome})
    assert forget_failed(tmp_path / "tasks") == 1
    with TaskFolder(tmp_path / "tasks") as kept:
        assert kept.keys() == ("a" * 64, "c" * 64)


@pytest.mark.parametrize(
    ("arguments", "kind", "said"),
    [
        ((), SpecError, "--motif: none is given"),
        (("--motif", "oxn_zs"), SpecError, "Did you mean"),
        (("--motif", "bare", "--step", "3-1"), SpecError, "takes one solvent away"),
        (("--motif", "bare", "--from", "7"), SpecError, "do not fit"),
        (("--motif", "bare", "--budget", "0"), SpecError, "no time to work in"),
        (("--motif", "bare", "--shard", "4/3"), SpecError, "4/3 is not a share"),
        (("--motif", "bare", "--shard", "a"), SpecError, "Write I/N"),
        (("--motif", "bare", "--starts", "0"), SpecError, "starts: 0"),
        (("--motif", "bare", "--fmax", "0"), SpecError, "fmax: 0"),
        (("--motif", "bare", "--charge", "+9"), SpecError, "not a charge"),
        (("--motif", "bare", "--engine", "gnf1"), SpecError, "Did you mean"),
        (("--motif", "bare", "--solvent", "ECC"), SpecError, "solvent"),
        (("--motif", "bare", "--rerank", "always"), SpecError, "is not a way"),
        (("--motif", "bare", "--prefactor", "0"), SpecError, "is not a rate"),
        (("--motif", "bare", "--temperature", "0"), SpecError, "above 0 K"),
        (("--motif", "bare", "--site", "3"), SpecError, "Add --graft"),
        (("--motif", "pristine", "--graft", "a.xyz"), SpecError, "taken as it is"),
        (("--graft", "a.xyz"), SpecError, "the place of the ion"),
    ],
)
def test_bad_input_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], kind: type[DualionError], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kind, match=said):
        _run(*arguments)
    assert list(tmp_path.iterdir()) == []


def test_an_engine_that_is_not_installed_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"dualion\[atoms\]"):
        _run("--motif", "bare", "--out", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_flake_with_an_open_shell_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("tblite", reason="the extra [atoms] is not installed")
    with pytest.raises(OpenShellFlake, match=r"--size 10,11\.5"):
        _run("--motif", "pristine", "--size", "10,7.25", "--step", "3-2", "--out", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(StoreError, match=r"letter\.txt"):
        _run("--motif", "bare", "--out", str(tmp_path))
    with pytest.raises(StoreError, match="is a file"):
        usable(tmp_path / "letter.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_shares() -> None:
    assert (shard_written("2/3").index, shard_written(" 2 / 3 ").count) == (2, 3)


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    """V23: one process, two, two shares, and killed at three moments of its progress."""
    pytest.importorskip("tblite", reason="the extra [atoms] is not installed")
    arguments = ("--motif", "bare", "--step", "2-1", "--starts", "2", "--max-rounds", "1", "--json")
    whole = _in_its_own_process(*arguments, "--workers", "1", "--out", str(tmp_path / "whole"))
    assert json.loads(whole)["steps"][0]["energy_eV"] == pytest.approx(1.358, abs=0.01)  # the anchor of section 3.2
    killed = tmp_path / "killed"
    ends = [_killed_after(done, *arguments, "--workers", "2", "--out", str(killed)) for done in (1, 4, 9)]
    assert ends == [-signal.SIGKILL] * 3
    assert not (killed / "results.json").exists()
    _in_its_own_process(*arguments, "--workers", "2", "--shard", "2/3", "--out", str(killed))
    assert _contents(killed) == _contents(tmp_path / "whole")


def _in_its_own_process(*arguments: str) -> str:
    """What a run prints."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, timeout=_LONGEST, check=True, env=_environment()
    )
    return done.stdout


def _killed_after(done: int, *arguments: str) -> int:
    """Begin a run and kill it when some more tasks are finished; gives its exit code."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=_environment()
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("[") and int(line[1:].partition("/")[0]) >= done:
            break
    process.kill()
    process.stderr.close()
    code = process.wait(timeout=_LONGEST)
    time.sleep(1.0)  # its workers notice that it is gone
    return code


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "src")}
