"""``dualion electronic``: what it refuses before anything is computed, and what each verb writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from atoms_pyscf import state
from dualion.atoms.export import extxyz
from dualion.cli.electronic import app
from dualion.errors import SpecError

Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The verbs in this process; what they print."""

    def of(*arguments: str | Path) -> str:
        capsys.readouterr()
        app([str(argument) for argument in arguments], standalone_mode=False)
        return capsys.readouterr().out

    return of


@pytest.fixture
def water(tmp_path: Path) -> Path:
    """Sodium at the oxygen of one water molecule."""
    file = tmp_path / "shell.extxyz"
    file.write_text(extxyz(state("Na...OHH")))
    return file


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("density", "--example", "n-oxide"), "--fragment-charges: must be given"),
        (("density", "--example", "n-oxide", "--fragment-charges", "0,0"), r"0,0 do not add up to the charge of the whole, \+1"),
        (("density", "--example", "n-oxide", "--fragment-charges", "1"), "are not two whole numbers"),
        (
            ("density", "--example", "n-oxide", "--fragment-charges", "0,+1", "--fragment-multiplicities", "2,1"),
            "multiplicity: 2 does not go",
        ),
        (("density", "--example", "n-oxide", "--fragment-charges", "0,+1", "--fragments", "carbon,DMC"), 'no part is called "DMC"'),
        (("density", "--example", "n-oxide", "--fragment-charges", "0,+1", "--grid", "0.9"), "a spacing of 0.9 angstrom cannot be used"),
        (("bader", "--example", "n-oxide", "--grid", "0"), "a spacing of 0.0 angstrom cannot be used"),
        (("bader",), "give either a file of a state or --example"),
        (("bader", "x.xyz", "--example", "n-oxide"), "give either a file of a state or --example"),
        (("bader", "--example", "benzene"), 'example: "benzene" is not built in'),
        (("bader", "--example", "n-oxide", "--charge", "0"), "the example has its own"),
        (("dos", "--example", "n-oxide", "--engine", "vasp"), "densities of vasp are not read yet"),
        (("dos", "--example", "n-oxide", "--engine", "gfn1"), '"gfn1" gives no density'),
        (("dos", "--example", "n-oxide", "--basis", "sto-3g"), 'basis: "sto-3g" is not known'),
        (("dos", "--example", "n-oxide", "--broadening", "0"), "0 eV is not a width"),
        (("dos", "--example", "n-oxide", "--atom", "24"), "there is no atom 24. Write 1 to 23"),
    ],
)
def test_what_cannot_be_used_is_refused_first(run: Run, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        run(*arguments)


def _written(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


@pytest.mark.slow
def test_a_difference_is_written_with_its_fragments(run: Run, water: Path, tmp_path: Path) -> None:
    arguments: tuple[Any, ...] = (water, "--fragments", "water,Na", "--fragment-charges", "0,+1", "--grid", "0.25")
    text = run("density", *arguments, "--out", tmp_path / "a")
    assert "H2O (+0, 2S+1=1)" in text
    assert "from A to B" in text
    figures = ["figures/density-difference.png", "figures/density-difference.svg"]
    assert _written(tmp_path / "a") == ["atoms.csv", "density-difference.cube", "density.json", *figures, "profile.csv"]
    again = json.loads(run("density", *arguments, "--out", tmp_path / "b", "--json"))
    first = json.loads((tmp_path / "a" / "density.json").read_text())
    assert {**first, "folder": str(tmp_path / "b")} == again
    for name in _written(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert first["kind"] == "density"
    assert first["fragments"][1] == {"name": "B", "atoms": [4], "charge": 1, "multiplicity": 1}
    assert abs(first["integral_e"]) <= 2e-3
    assert sum(first["gained_e"].values()) == pytest.approx(first["integral_e"], abs=1e-5)
    assert first["from_A_to_B_e"] == pytest.approx(first["gained_e"]["Na4"], abs=2e-6)
    assert 0.0 < first["from_A_to_B_e"] < 0.1
    assert first["level"]["dispersion"] == "d3bj"


@pytest.mark.slow
def test_charges_are_written_for_every_atom(run: Run, water: Path, tmp_path: Path) -> None:
    text = run("bader", water, "--out", tmp_path)
    assert "Na4" in text
    document = json.loads((tmp_path / "charges.json").read_text())
    assert sum(document["charges_e"].values()) == pytest.approx(1.0, abs=0.002)
    assert document["electrons"] == pytest.approx(20.0, abs=0.002)
    assert 0.4 < document["charges_e"]["H2"] < 0.8
    assert document["largest_difference_between_spacings_e"] <= 0.02
    assert [part["part"] for part in document["parts_e"]] == ["water", "Na"]
    rows = (tmp_path / "charges.csv").read_text().splitlines()
    assert rows[0] == "atom,part,element,charge_e,electrons"
    assert rows[4].startswith("4,Na 2,Na,")


@pytest.mark.slow
def test_densities_of_states_are_written_with_their_caveat(run: Run, water: Path, tmp_path: Path) -> None:
    text = run("dos", water, "--atom", "1", "--out", tmp_path)
    assert "are not ionisation energies" in text
    document = json.loads((tmp_path / "dos.json").read_text())
    assert next(iter(document["highest_occupied_weights"])) == "O1 p"
    assert document["gap_eV"] > 1.0
    table = [row.split(",") for row in (tmp_path / "projections.csv").read_text().splitlines()]
    assert table[0][:2] == ["energy_eV", "total_1/eV"]
    for row in table[1::97]:
        assert float(row[1]) == pytest.approx(sum(map(float, row[2:])), abs=2e-5)
    assert "O1 p" in (tmp_path / "figures" / "projected-dos.svg").read_text()


def test_without_a_verb_the_help_is_shown(run: Run) -> None:
    text = run()
    for verb in ("density", "bader", "dos"):
        assert verb in text
