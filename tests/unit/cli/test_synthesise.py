"""``dualion synthesise``: a folder of simulated files, what was put in, and what is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dualion.cli.main import main
from dualion.project.load import load
from dualion.readers import read

Cli = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulated") / "mec3"
    assert main(("synthesise", "mec3", "--technique", "xrd", "--technique", "saxs", "--seed", "3", "--out", str(out))) == 0
    return out


def test_each_file_reads_back_and_says_that_it_is_simulated(folder: Path) -> None:
    files = sorted(folder.glob("*.parquet"))
    assert [path.name for path in files] == ["mec3-saxs.parquet", "mec3-xrd.parquet"]
    for path in files:
        measured = read(path)
        assert measured.simulated
        assert measured.sample == "MEC3"
        assert path.stem.endswith(measured.technique)


def test_what_was_put_in_stands_beside_the_signals(folder: Path) -> None:
    table = pl.read_csv(folder / "put-in.csv")
    given = dict(zip(table["descriptor"], table["value"], strict=True))
    assert given["open_area"] == 39.13
    assert given["closed_pore_volume"] == pytest.approx(0.130, abs=5e-4)
    assert set(table["standing"]) == {"stated", "assumed", "derived"}


def test_the_folder_is_a_project_that_leaves_the_truth_out(folder: Path) -> None:
    assert "skip = true" in (folder / "dualion.toml").read_text(encoding="utf-8")
    project = load(folder)
    assert {role.path for role in project.roles} == {"mec3-saxs.parquet", "mec3-xrd.parquet"}
    assert project.options["saxs"] == {"rho_skel": pytest.approx(2.26 * 0.3354 / 0.375)}
    assert project.samples["MEC3"]["true_density"].value == 1.6


def test_the_figure_is_drawn(folder: Path) -> None:
    assert (folder / "figures" / "signals-mec3.png").read_bytes().startswith(b"\x89PNG")
    assert "simulated" in (folder / "figures" / "signals-mec3.svg").read_text(encoding="utf-8")


def test_json_has_what_was_put_in_and_found(dualion: Cli, tmp_path: Path) -> None:
    ran = dualion("synthesise", "mec0", "--technique", "xrd", "--out", str(tmp_path / "a"), "--json")
    said = json.loads(ran.out)
    assert (said["carbon"], said["origin"], said["seed"], said["noise"]) == ("MEC0", "simulation", 0, 1.0)
    rows = {row["descriptor"]: row for row in said["recovered"]}
    assert (rows["d002"]["put_in"], rows["d002"]["unit"]) == (pytest.approx(3.84), "angstrom")
    assert abs(rows["d002"]["z"]) < 4
    assert "dualion.toml" in said["files"]
    assert {check["name"]: check["verdict"] for check in said["checks"]}["spacing_and_walls"] == "agree"


def test_the_same_seed_gives_the_same_files(dualion: Cli, tmp_path: Path) -> None:
    for name in ("a", "b"):
        dualion("synthesise", "mec3", "--technique", "xrd", "--seed", "9", "--out", str(tmp_path / name))
    files = sorted(
        path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file() and not path.name.startswith(".")
    )
    assert files
    assert all((tmp_path / "a" / one).read_bytes() == (tmp_path / "b" / one).read_bytes() for one in files)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mec9",), "is not among the bundled carbons"),
        (("mec3", "--technique", "sax"), "is not an instrument"),
        (("mec3", "--noise", "-1"), "noise:"),
        (("mec3", "--noise", "nan"), "noise:"),
        (("mec0", "--technique", "xafs"), "which xafs shows"),
        (("nowhere/at-all.toml",), "at-all.toml: missing"),
        (("mec3", "--seed", "-1"), "--seed"),
    ],
)
def test_bad_input_is_one_line_and_no_folder(dualion: Cli, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = dualion("synthesise", *arguments, "--out", str(tmp_path / "out"))
    assert ran.code == 2
    assert said in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_whole_folder_is_analysed_as_one_sample(dualion: Cli, tmp_path: Path) -> None:
    out = tmp_path / "mec0"
    assert dualion("synthesise", "mec0", "--seed", "2", "--out", str(out)).code == 0
    ran = dualion("analyse", str(out), "--out", str(tmp_path / "seen"), "--store", str(tmp_path / "store"), "--workers", "1", "--json")
    said = json.loads(ran.out)
    assert (ran.code, said["problems"], said["not_computed"]) == (0, [], [])
    assert all(one["simulated"] for one in said["files"])
    names = {one["name"] for one in said["samples"] if one["sample"] == "MEC0"}
    assert {
        "bet_area",
        "porosity",
        "d002",
        "id_ig_height",
        "oxidised_fraction",
        "pi_fraction_raw",
        "sodium_ratio",
        "nitrogen_content",
    } <= names
    values = {one["name"]: one for one in said["samples"] if one["sample"] == "MEC0 precursor"}
    assert values["band_position"]["value"] == pytest.approx(3349, abs=3)
