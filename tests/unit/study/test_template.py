"""The commented folder that a user starts from."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import pytest

from dualion.errors import SpecError
from dualion.study.load import load
from dualion.study.relations import evaluate, recompute
from dualion.study.template import new


def test_it_loads_and_its_arithmetic_holds(tmp_path: Path) -> None:
    folder = new("demo", tmp_path)
    assert folder == tmp_path / "demo"
    study = load(folder)
    assert (study.id, study.kind) == ("demo", "own data")
    assert [result.result for result in evaluate(study)] == ["holds", "holds"]
    assert [result.agrees for result in recompute(study)] == [True]


def test_it_has_what_a_run_needs(tmp_path: Path) -> None:
    study = load(new("demo", tmp_path))
    (calibration,), (prediction,), (producer,) = study.calibrations, study.predictions, study.producers
    assert set(calibration.claims) | set(prediction.claims) == set(producer.claims)
    assert not set(calibration.claims) & set(prediction.claims)
    assert len(calibration.claims) > len(calibration.fits)
    cell = study.cells[producer.cell or ""]
    assert cell.anode.material.name == "my-carbon"
    assert producer.currents["P003"] == pytest.approx(30.0)
    assert cell.separator.porosity.standing == "assumed"
    assert cell.area.standing == "stated"


def test_every_key_is_explained(tmp_path: Path) -> None:
    """A key has a comment behind it at least once; a parameter of a material explains itself with its source."""
    explained: set[str] = set()
    used: dict[str, str] = {}
    for path in sorted(new("demo", tmp_path).rglob("*.toml")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, (above, line) in enumerate(itertools.pairwise(["", *lines]), start=1):
            if not line or line.startswith("#"):
                continue
            key = line.partition("=")[0].partition("#")[0].strip()
            used.setdefault(key, f"{path.name}, line {number}")
            if "  #" in line or above.startswith("#") or (path.parent.name == "materials" and "source = " in line):
                explained.add(key)
    named = {"my-carbon", "half", "kept"}  # names that the user gives
    assert {key: where for key, where in used.items() if key not in explained | named} == {}


def test_nothing_of_the_template_is_left(tmp_path: Path) -> None:
    for path in new("demo", tmp_path).rglob("*"):
        if path.is_file():
            assert "my-study" not in path.read_text(encoding="utf-8")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    folder = new("demo", tmp_path)
    (folder / "claims.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(SpecError, match='"demo": exists already, and nothing is overwritten'):
        new("demo", tmp_path)
    assert (folder / "claims.csv").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["", "a b", "../x", ".hidden", "a/b", "x" * 61])
def test_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(SpecError, match="not a name of a study"):
        new(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_bundled_name_is_taken(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="comes with dualion"):
        new("tang2026", tmp_path)


def test_every_file_is_toml(tmp_path: Path) -> None:
    files = list(new("demo", tmp_path).rglob("*.toml"))
    assert sorted(path.name for path in files) == ["my-carbon.toml", "my-half-cell.toml", "relations.toml", "study.toml"]
    for path in files:
        assert tomllib.loads(path.read_text(encoding="utf-8"))["schema"] == 1
