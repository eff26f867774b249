"""``dualion carbon build``: structures, a picture, a summary."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dualion.atoms.building.flake import Cut, flake
from dualion.atoms.building.motifs import MOTIFS, motif
from dualion.atoms.export import extxyz, read_structure
from dualion.cli.carbon import app
from dualion.errors import OpenShellFlake, ReadError, SpecError

Run = Callable[..., Result]
ANTHRACENE = ("--size", "7.5,3")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, fails: type[Exception] | None = None) -> Result:
        done = CliRunner().invoke(app, ["build", *arguments])
        if fails is None:
            assert done.exit_code == 0, done.exception
        else:
            assert isinstance(done.exception, fails), (done.exception, done.output)
        return done

    return invoke


def summary(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "carbons.json").read_text(encoding="utf-8"))
    return document


# --- what is written ----------------------------------------------------------------------------------------------------------


def test_one_file_for_each_kind_a_picture_and_a_summary(run: Run, tmp_path: Path) -> None:
    done = run("--kind", "oxidised-zigzag", "--kind", "graphitic", *ANTHRACENE, "--engine", "none")
    folder = tmp_path / "carbon-7.5x3-ring"
    written = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    assert written == ["carbons.json", "carbons.pdf", "carbons.png", "carbons.svg", "graphitic.extxyz", "oxN_zz.extxyz"]
    oxide, graphitic = summary(folder)["carbons"]
    assert (oxide["kind"], oxide["formula"], oxide["electrons"], oxide["multiplicity"]) == ("oxN_zz", "C13H9NO", 102, 1)
    assert (graphitic["formula"], graphitic["electrons"], graphitic["multiplicity"]) == ("C13H10N", 95, 2)
    assert (oxide["site"]["element"], oxide["site"]["mode"], oxide["site"]["outward"]) == ("O", "edge", [0.0, 1.0, 0.0])
    assert (oxide["gap_eV"], summary(folder)["engine"]) == (None, None)
    read = read_structure(folder / "oxN_zz.extxyz")
    assert read.site is not None
    assert (read.formula, read.site.atom + 1) == ("C13H9NO", oxide["site"]["atom"])
    assert "oxN_zz     C13H9NO        102     1" in done.output
    assert "Gaps were not looked at" in done.output


@pytest.mark.slow
def test_json_is_the_summary_with_its_folder(run: Run, tmp_path: Path) -> None:
    done = run("--kind", "pristine", *ANTHRACENE, "--engine", "none", "--out", "here", "--format", "poscar", "--json")
    said = json.loads(done.output)
    assert said.pop("folder") == "here"
    assert said == summary(tmp_path / "here")
    assert said["schema"] == "dualion/carbon/1"
    assert said["files"] == ["carbons.json", "carbons.pdf", "carbons.png", "carbons.svg", "pristine.vasp"]
    assert read_structure(tmp_path / "here" / "pristine.vasp").formula == "C14H10"


@pytest.mark.slow
def test_the_same_command_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        run("--kind", "NH_zz", *ANTHRACENE, "--engine", "none", "--out", folder)
    names = [path.name for path in (tmp_path / "a").iterdir()]
    assert len(names) == 6
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names)


@pytest.mark.slow
def test_without_a_kind_all_that_fit_are_built_with_their_gaps(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("tblite", reason="needs the extra [atoms]")
    done = run("--size", "12.5,7.25", "--out", "all")
    entries = {entry["kind"]: entry for entry in summary(tmp_path / "all")["carbons"]}
    assert set(entries) == set(MOTIFS) - {"pyrrolic"}  # no armchair bay on this one
    assert entries["pristine"]["gap_eV"] == pytest.approx(0.97, abs=0.02)
    assert summary(tmp_path / "all")["engine"]["method"] == "GFN1-xTB"
    for entry in entries.values():
        assert entry["spin"] == ("scan" if entry["gap_eV"] < 0.5 else "lowest")
    assert "Gaps: GFN1-xTB at the built geometry." in done.output


# --- a carbon of the user -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_graft_is_taken_with_its_site(run: Run, tmp_path: Path) -> None:
    made = motif(flake(Cut(5.0, 7.2, "bond")), "pyridinic_ac")
    assert made.site is not None
    plain = [line.rsplit(maxsplit=1)[0] for line in extxyz(made).splitlines()[2:]]
    (tmp_path / "own.xyz").write_text("\n".join([str(len(made)), "a carbon", *plain]) + "\n", encoding="utf-8")
    outward = ",".join(f"{value:.6f}" for value in made.site.outward)
    run(
        "--graft",
        "own.xyz",
        "--site",
        str(made.site.atom + 1),
        "--outward",
        outward,
        "--charge",
        "0",
        "--multiplicity",
        "1",
        "--engine",
        "none",
    )
    (entry,) = summary(tmp_path / "carbon-own")["carbons"]
    assert (entry["kind"], entry["formula"], entry["site"]["element"], entry["site"]["mode"]) == ("graft", "C15H9N", "N", "edge")
    assert (tmp_path / "carbon-own" / "graft.extxyz").is_file()


# --- refused ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--kind", "oxN_xx"), 'motif: "oxN_xx" is not a nitrogen motif'),
        (("--kind", "pyrrolic", *ANTHRACENE), "no armchair bay on this flake"),
        (("--size", "10"), '--size: "10" cannot be read. Write two lengths in angstrom'),
        (("--size", "ten,11"), '--size: "ten,11" cannot be read'),
        (("--centre", "hole"), '"hole" is not a centre of a flake'),
        (("--format", "cif", *ANTHRACENE), '"cif" is not a format of structures'),
        (("--engine", "vasp"), '--engine: "vasp" computes no gaps here. Write one of gfn1, gfn2, none'),
        (("--site", "3"), "--site: only a carbon of your own needs it"),
        (("--graft", "own.xyz"), "--graft: it needs the place of the ion"),
        (("--graft", "own.xyz", "--kind", "oxN_zz"), "--kind: a carbon of your own is taken as it is"),
        (("--graft", "own.xyz", "--site", "1", "--outward", "up"), "--outward"),
    ],
)
def test_what_cannot_be_built_is_refused_and_nothing_is_written(run: Run, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    engine = () if "--engine" in arguments else ("--engine", "none")
    done = run(*arguments, *engine, fails=SpecError)
    assert said in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_graft_that_is_not_there_is_refused(run: Run) -> None:
    done = run("--graft", "own.xyz", "--site", "1", "--outward", "0,1,0", "--engine", "none", fails=ReadError)
    assert "own.xyz: file: it cannot be opened" in str(done.exception)


@pytest.mark.slow
def test_an_open_shell_is_refused_unless_it_is_allowed(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("tblite", reason="needs the extra [atoms]")
    refused = run("--kind", "pristine", "--size", "10,7.25", fails=OpenShellFlake)
    assert "--size 10,11.5 --centre ring (C50H18)" in str(refused.exception)
    done = run("--kind", "pristine", "--size", "10,7.25", "--allow-open-shell", "--out", "open")
    (entry,) = summary(tmp_path / "open")["carbons"]
    assert (entry["gap_eV"], entry["spin"]) == (pytest.approx(0.38, abs=0.02), "scan")
    assert "Open shell (gap below 0.5 eV): pristine." in done.output
