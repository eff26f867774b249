"""``dualion solvate``: what it builds, prints and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from dualion.atoms.building.flake import flake
from dualion.atoms.building.motifs import motif
from dualion.atoms.export import extxyz, read_structure
from dualion.cli.solvate import solvate
from dualion.errors import SpecError


def _run(*arguments: str) -> None:
    app = typer.Typer()
    app.command()(solvate)
    app(args=list(arguments), standalone_mode=False)


def _document(folder: Path) -> dict[str, object]:
    return dict(json.loads((folder / "solvates.json").read_text(encoding="utf-8")))


def test_two_solvents_without_numbers_make_every_composition(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run(
        "--solvent", "EC", "--solvent", "DMC", "--coordination", "6", "--electrolyte", "EC=1,DMC=1,EMC=1", "--starts", "1",
        "--out", str(tmp_path),
    )  # fmt: skip
    built = _document(tmp_path)["built"]
    assert len(built) == 7  # type: ignore[arg-type]
    impossible = {one["name"] for one in built if not one["allowed_for_every_ion"]}  # type: ignore[attr-defined]
    assert impossible == {"Na(EC)6", "Na(DMC)4(EC)2", "Na(DMC)5(EC)1", "Na(DMC)6"}
    said = capsys.readouterr().out
    assert "For each ion the electrolyte holds 5.0 EC, 3.9 DMC, 3.2 EMC (1 mol/L" in said
    assert "Na(EC)6              6  1 polyhedron     61  no" in said


def test_written_structures_are_read_back(tmp_path: Path) -> None:
    _run("--solvent", "EC=3", "--starts", "2", "--out", str(tmp_path))
    files = sorted((tmp_path / "starts").iterdir())
    assert [file.name for file in files] == ["Na_EC3-01-polyhedron.extxyz", "Na_EC3-02-random.extxyz"]
    for file in files:
        structure = read_structure(file)
        assert structure.labels == ("Na", "EC", "EC", "EC")
        assert (structure.charge, structure.multiplicity, structure.formula) == (1, 1, "C9H12NaO9")


def test_the_same_command_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        _run("--solvent", "EC=2", "--solvent", "DMC=2", "--starts", "2", "--seed", "5", "--out", str(tmp_path / folder))
    names = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.extxyz"))
    assert len(names) == 2
    for name in [*names, Path("solvates.json")]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("from_file", [False, True])
def test_a_shell_is_built_at_a_motif_or_at_a_carbon_from_a_file(tmp_path: Path, *, from_file: bool) -> None:
    carbon = motif(flake(), "oxN_zz")
    (tmp_path / "own.extxyz").write_text(extxyz(carbon), encoding="utf-8")
    where = str(tmp_path / "own.extxyz") if from_file else "oxidised-zigzag"
    _run("--solvent", "EC=2", "--on", where, "--starts", "1", "--charge", "0", "--out", str(tmp_path / "made"))
    made = read_structure(tmp_path / "made" / "starts" / "Na_EC2-01-random.extxyz")
    assert made.labels == ("carbon", "Na", "EC", "EC")
    assert made.charge == 0
    assert len(made) == len(carbon) + 1 + 2 * 10


@pytest.mark.slow
def test_energies_are_printed_and_kept_and_not_computed_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ("--solvent", "EC=1", "--energies", "--starts", "8", "--workers", "1", "--out", str(tmp_path))
    _run(*command)
    said = capsys.readouterr()
    assert "GFN1-xTB, q=+1, dispersion in method, box none" in said.out
    assert "Na(EC)1  -1.71       -1.71  EC 1.71          1    0.00     8/8  converged" in said.out
    assert "relaxations, the last one accepted" in said.err
    made = _document(tmp_path)["solvation"]
    assert made["shells"][0]["solvation_energy_eV"] == pytest.approx(-1.711, abs=0.01)  # type: ignore[index]
    assert read_structure(tmp_path / "minima" / "Na_EC1.extxyz").formula == "C3H4NaO3"
    before = (tmp_path / "solvates.json").read_bytes()
    _run(*command)
    again = capsys.readouterr()
    assert (again.out, again.err) == (said.out, "")
    assert (tmp_path / "solvates.json").read_bytes() == before


def test_any_solvent_is_taken_by_its_smiles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rdkit", reason="needs RDKit, which the extra [atoms] brings")
    _run("--solvent", "AN:CC#N=4", "--starts", "1", "--out", str(tmp_path), "--json")
    said = json.loads(capsys.readouterr().out)
    assert said["built"][0]["smiles"] == {"AN": "CC#N"}
    assert said["folder"] == str(tmp_path)
    assert read_structure(tmp_path / "starts" / "Na_AN4-01-polyhedron.extxyz").formula == "C8H12N4Na"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "--solvent: none is given"),
        (("--solvent", "ECC=1"), 'Did you mean "EC"?'),
        (("--solvent", "EC=4", "--coordination", "6"), "the solvents are 4 together"),
        (("--solvent", "EC=4", "--solvent", "DMC"), "some have a number and some have none"),
        (("--solvent", "EC", "--coordination", "7"), "7 has no polyhedron. Write 4, 5, 6"),
        (("--solvent", "EC=4", "--solvent", "DMC=3"), "Write 1 to 6"),
        (("--solvent", "EC=4", "--ion", "Mg"), "Write one of Li, Na, K"),
        (("--solvent", "EC=4", "--on", "oxN_zzz"), 'Did you mean "oxN_zz"?'),
        (("--solvent", "EC=4", "--electrolyte", "EC=a"), "is no number"),
        (("--solvent", "EC=4", "--engine", "gfn3", "--energies"), "is not an engine"),
        (("--solvent", "EC", "--solvent", "DMC", "--solvent", "PC", "--solvent", "DEC", "--starts", "1"), "4 solvents give 119 shells"),
    ],
)
def test_what_cannot_be_built_is_refused_and_nothing_is_written(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(SpecError) as problem:
        _run(*arguments, "--out", str(tmp_path / "made"))
    assert says in str(problem.value)
    assert not (tmp_path / "made").exists()


def test_a_file_that_is_no_carbon_is_refused(tmp_path: Path) -> None:
    (tmp_path / "water.extxyz").write_text("3\ncharge=0 multiplicity=1\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n", encoding="utf-8")
    with pytest.raises(SpecError, match="is no carbon with a site for the ion"):
        _run("--solvent", "EC=1", "--on", str(tmp_path / "water.extxyz"), "--out", str(tmp_path / "made"))
