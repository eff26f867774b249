"""``dualion carbon react``: what it writes and prints, that it goes on, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer

from atoms_landscape import Here
from atoms_reactions import Shifts
from dualion.atoms.engines import registry
from dualion.atoms.search import pool
from dualion.cli.carbon_react import _most, react
from dualion.errors import SpecError
from dualion.figures import render

FILES = {"reactions.json", "reactions.csv", "minima.extxyz", "reactions.svg", "reactions.png", "reactions.pdf"}


def _run(*arguments: str) -> None:
    app = typer.Typer()
    app.command()(react)
    app(args=list(arguments), standalone_mode=False)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Here:
    """The verb with known shifts, in this process: ``--engine gfn1`` stands for them."""
    here = Here()

    @contextmanager
    def hired(*_: Any) -> Iterator[Here]:
        yield here

    monkeypatch.setattr(registry, "engine_named", lambda name: Shifts())
    monkeypatch.setattr(pool, "hired", hired)
    return here


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the time that drawing takes: the bytes of a figure are tested with the figures."""
    monkeypatch.setattr(render, "render", lambda figure, formats: {form: repr((figure, form)).encode() for form in formats})


def _written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")}


def test_both_edges_without_and_with_acetate_are_the_default(model: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run("--starts", "1", "--out", str(tmp_path))
    said = capsys.readouterr()
    assert set(_written(tmp_path)) == FILES
    made = json.loads((tmp_path / "reactions.json").read_text(encoding="utf-8"))
    assert made["schema"] == "dualion/reactions/1"
    assert [(one["edge"], one["zinc"]) for one in made["sets"]] == [
        ("zigzag", None), ("zigzag", "Zn(OAc)2"), ("armchair", None), ("armchair", "Zn(OAc)2"),
    ]  # fmt: skip
    assert made["request"] == {
        "edges": ["zigzag", "armchair"], "zinc": ["none", "acetate"], "flake": "10x11.5-ring", "engine": "gfn1", "starts": 1, "seed": 0,
        "fmax": 0.02,
    }  # fmt: skip
    rows = [line.split() for line in said.out.splitlines()]
    assert ["zigzag", "none", "–", "+2.00", "-0.50", "+2.50"] in rows
    assert ["armchair", "Zn(OAc)2", "kept", "+2.00", "+0.20", "+1.80"] in rows
    assert "cannot be computed from them" in said.out
    assert f"6 files: {tmp_path}" in said.out
    number = model.submitted
    assert number == _most(made["request"])
    assert f"[{number}/{number}] relaxations, the last one accepted" in said.err


@pytest.mark.usefixtures("undrawn")
def test_the_same_command_computes_nothing_again_and_gives_the_same_bytes(model: Here, tmp_path: Path) -> None:
    command = ("--edge", "zigzag", "--zinc", "chloride", "--zinc", "none", "--starts", "2", "--out", str(tmp_path))
    _run(*command)
    before, number = _written(tmp_path), model.submitted
    assert number > 0
    _run(*command)
    assert model.submitted == number
    assert _written(tmp_path) == before
    _run(*command[:-2], "--zinc", "water", "--out", str(tmp_path))
    assert number < model.submitted <= number + 1 + 3 * 2  # water alone is new
    made = json.loads((tmp_path / "reactions.json").read_text(encoding="utf-8"))
    assert [one["zinc"] for one in made["sets"]] == [None, "ZnCl2", "Zn(H2O)4"]
    assert {species["charge"] for species in made["sets"][2]["species"].values()} == {0, 2}


@pytest.mark.usefixtures("model", "undrawn")
def test_json_is_the_document_with_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run("--edge", "armchair", "--zinc", "none", "--json", "--out", str(tmp_path))
    said = json.loads(capsys.readouterr().out)
    assert said.pop("folder") == str(tmp_path)
    assert said == json.loads((tmp_path / "reactions.json").read_text(encoding="utf-8"))
    assert [one["edge"] for one in said["sets"]] == ["armchair"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--edge", "corner"), '--edge: "corner" is not an edge. Write zigzag or armchair.'),
        (("--zinc", "oxide"), "Write one of none, acetate, chloride, water."),
        (("--size", "10"), "--size"),
        (("--centre", "atom"), '"atom" is not a centre of a flake'),
        (("--engine", "gfn3"), "is not an engine"),
        (("--size", "4,4"), "no zigzag C-H on this flake"),
    ],
)
def test_what_cannot_be_computed_is_refused_and_nothing_is_written(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(SpecError) as problem:
        _run(*arguments, "--out", str(tmp_path / "made"))
    assert says in str(problem.value)
    assert not (tmp_path / "made").exists()


@pytest.mark.slow
def test_tight_binding_prefers_hydrogen_at_a_small_flake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Section 8: without zinc hydrogenation wins, the direction that the study starts from."""
    _run(
        "--edge", "armchair", "--zinc", "none", "--size", "7.5,11.5", "--centre", "bond", "--fmax", "0.05", "--workers", "1",
        "--out", str(tmp_path),
    )  # fmt: skip
    made = json.loads((tmp_path / "reactions.json").read_text(encoding="utf-8"))
    energies = {name: one["energy_eV"] for name, one in made["sets"][0]["reactions"].items()}
    assert energies["oxidation"] == pytest.approx(2.57, abs=0.3)  # C50H18 gives 2.57 and -0.41 eV
    assert energies["hydrogenation"] == pytest.approx(-0.41, abs=0.5)
    assert "hydrogenation lies" in capsys.readouterr().out
