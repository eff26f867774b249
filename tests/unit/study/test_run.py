"""A small study from end to end: the template that a user starts from, with its cell model."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import dualion.study.cells.compute as compute
from dualion.store import Store
from dualion.study.load import load
from dualion.study.results.document import serialise
from dualion.study.results.schema import validate
from dualion.study.run import StudyRun, run, versions
from dualion.study.types import VERDICTS, Study
from dualion.study.written.template import new


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return load(new("demo", tmp_path_factory.mktemp("studies")))


def _quiet(done: int, total: int, message: str) -> None:
    assert 0 <= done <= total


def test_without_the_models_every_modelled_claim_is_left_open(template: Study, tmp_path: Path) -> None:
    found = run(template, store=Store(tmp_path), workers=1, on_progress=_quiet, skip=("models",))
    words = {verdict.claim: (verdict.word, verdict.reason) for verdict in found.verdicts}
    assert words["P001"] == ("input", None)
    assert {words[f"P00{k}"] for k in range(3, 8)} == {("not run", "skipped")}
    assert found.computed.outcomes == {}
    validate(found.document)


def test_versions_name_what_the_numbers_depend_on() -> None:
    found = versions()
    assert set(found) == {"dualion", "numba", "pybamm", "casadi", "numpy", "scipy"}
    assert found["numpy"] != "absent"


@pytest.fixture(scope="module")
def first(template: Study, tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyRun, Path]:
    root = tmp_path_factory.mktemp("first")
    return run(template, store=Store(root), workers=1, on_progress=_quiet), root


@pytest.mark.models
@pytest.mark.slow
@pytest.mark.skipif(find_spec("pybamm") is None, reason="needs the extra [cells]")
class TestWithModels:
    def test_every_claim_has_a_verdict(self, first: tuple[StudyRun, Path]) -> None:
        found, _ = first
        words = {verdict.claim: verdict.word for verdict in found.verdicts}
        assert set(words.values()) <= set(VERDICTS)
        assert words["P001"] == words["P002"] == "input"
        assert {words[claim] for claim in ("P003", "P004", "P005")} == {"fitted"}
        assert {words[claim] for claim in ("P006", "P007")} <= {"reproduced", "differs"}
        assert found.failures == {}
        assert [result.result for result in found.relations] == ["holds", "holds"]

    def test_the_document_is_valid_and_holds_what_was_found(self, first: tuple[StudyRun, Path]) -> None:
        found, _ = first
        validate(found.document)
        assert found.counts == found.document["counts"]
        assert [fit["name"] for fit in found.document["fits"]] == ["low_rate"]
        (prediction,) = [entry for entry in found.document["predictions"] if entry["quantity"] == "specific_capacity"]
        assert [point["claim"] for point in prediction["points"]] == ["P006", "P007"]

    def test_no_place_or_user_is_in_it(self, first: tuple[StudyRun, Path], template: Study) -> None:
        found, root = first
        text = serialise(found.document).decode()
        assert str(root) not in text
        assert str(template.folder) not in text

    def test_a_second_run_computes_nothing(self, first: tuple[StudyRun, Path], template: Study, monkeypatch: pytest.MonkeyPatch) -> None:
        def perform(*_: Any) -> Any:
            pytest.fail("a stored task was performed")

        found, root = first
        monkeypatch.setattr(compute, "perform", perform)
        again = run(template, store=Store(root), workers=1, on_progress=_quiet)
        assert serialise(again.document) == serialise(found.document)

    def test_a_fresh_store_gives_the_same_bytes(self, first: tuple[StudyRun, Path], template: Study, tmp_path: Path) -> None:
        found, _ = first
        anew = run(template, store=Store(tmp_path), workers=2, on_progress=_quiet)
        assert serialise(anew.document) == serialise(found.document)
