"""The commented folder that a user starts from."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dualion.errors import SpecError
from dualion.study.cells.plan import plan
from dualion.study.load import load
from dualion.study.relations import evaluate, recompute
from dualion.study.written.template import new


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


def uncommented(folder: Path) -> list[str]:
    """Use every example of study.toml: lines that begin with # and no space; the lines that were examples."""
    path = folder / "study.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    examples = [line for line in lines if re.match(r"#[^\s#]", line)]
    path.write_text("\n".join(line[1:] if line in examples else line for line in lines), encoding="utf-8")
    return examples


def test_the_examples_may_be_used_as_they_stand(tmp_path: Path) -> None:
    folder = new("demo", tmp_path)
    assert len(uncommented(folder)) > 10
    with (folder / "claims.csv").open("a", encoding="utf-8") as file:
        file.write("P008,plateau_retention,my-carbon,300 mA/g over 60 mA/g,75,75,%,=,,rate_test.csv row 20,GCD,measured,\n")
    study = load(folder)
    (ratio,) = [producer for producer in study.producers if producer.reference is not None]
    assert (ratio.quantity, ratio.currents, ratio.reference) == ("plateau_retention", {"P008": 300.0}, 60.0)
    assert {calibration.name: calibration.role for calibration in study.calibrations} == {
        "low_rate": "calibration",
        "everything": "all-points",
    }
    named = [(task.name, task.cell.series_resistance.value) for task in plan(study)]
    assert named == [("low_rate", 8.0), ("everything", 8.0), ("everything, 1 ohm", 1.0), ("everything, 15 ohm", 15.0)]


def test_an_example_that_lacks_its_claim_says_so(tmp_path: Path) -> None:
    folder = new("demo", tmp_path)
    uncommented(folder)
    with pytest.raises(SpecError) as caught:
        load(folder)
    assert caught.value.problems == ('study.toml: producer[1].claims: P008 is not a claim id. Did you mean "P007"?',)


def test_as_a_user_would(dualion: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``dualion study new demo && dualion study check demo``, then a typing error and its correction."""
    monkeypatch.chdir(tmp_path)
    made = dualion("study", "new", "demo")
    assert (made.code, made.err) == (0, "")
    assert "Try: dualion study check demo" in made.out
    checked = dualion("study", "check", "demo")
    assert (checked.code, checked.err) == (0, "")
    assert "7 claims, 2 relations, 1 derived numbers of which 1 recompute" in checked.out
    path = tmp_path / "demo" / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("boundary =", "boundry ="), encoding="utf-8")
    refused = dualion("study", "check", "demo")
    assert (refused.code, refused.out) == (2, "")
    assert 'study.toml: plateau.boundry: unknown key. Did you mean "boundary"?' in refused.err
    path.write_text(text, encoding="utf-8")
    assert dualion("study", "check", "demo").out == checked.out


def test_every_command_of_the_readme_is_one(dualion: Callable[..., Any], tmp_path: Path) -> None:
    text = (new("demo", tmp_path) / "README.md").read_text(encoding="utf-8")
    verbs = re.findall(r"dualion ((?:study )?[a-z]+)", text)
    assert set(verbs) == {"study new", "study check", "reproduce"}
    for verb in verbs:
        assert dualion(*verb.split(), "--help").code == 0


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
