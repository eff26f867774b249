"""The lowest minima computed again by a second method: what it says of each step, and of how far the first one is off."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from atoms_landscape import DEPTH, WHOLE, Here, Landscape, ladder
from dualion.atoms.desolvation.again import Again, compute_again
from dualion.atoms.desolvation.document import Asked, document
from dualion.atoms.desolvation.request import Carbon
from dualion.atoms.search.options import SearchOptions
from dualion.atoms.search.run import Searched, run
from dualion.atoms.tasks import MemoryCache

SHALLOW = 0.9  # depth of the second landscape, as a share of the first
STEPS = tuple(DEPTH * (WHOLE[solvents - 1] - WHOLE[solvents]) for solvents in (3, 2, 1))


@pytest.fixture(scope="module")
def search() -> Searched:
    return run([ladder(3)], Landscape(), SearchOptions(starts=4, parents=1, grow=2, shakes=1, max_rounds=1), executor=Here())


@pytest.fixture(scope="module", params=["single-point", "relax"])
def again(search: Searched, request: pytest.FixtureRequest) -> Again:
    return compute_again(search, Landscape(SHALLOW * DEPTH), mode=request.param, cache=MemoryCache(), executor=Here())


def test_steps_of_the_second_method(again: Again) -> None:
    """All energies scale with the depth, and the minima stay where they are."""
    assert [again.energy(ladder(3), solvents) for solvents in (3, 2, 1)] == pytest.approx([SHALLOW * step for step in STEPS], abs=2e-3)


def test_the_method_is_off_by_what_the_two_differ(again: Again) -> None:
    known = again.known(ladder(3), 2)
    assert known is not None
    wrong = [(1 - SHALLOW) * step for step in STEPS]
    assert known.value == pytest.approx(math.hypot(*wrong) / math.sqrt(3), abs=2e-3)
    assert known.flags == ()
    assert again.known(ladder(2), 2) is None  # two steps are too few


def test_the_interval_takes_it_and_the_step_stays(search: Searched, again: Again) -> None:
    asked = Asked((Carbon("bare", "bare"),), rerank=again.mode, reranked=again)
    with_second, alone = document(search, asked), document(search, replace(asked, rerank="none", reranked=None))
    for one, other in zip(with_second["steps"], alone["steps"], strict=True):
        assert one["energy_eV"] == other["energy_eV"]
        assert one["interval_terms"]["engine"] == pytest.approx(again.known(ladder(3), 2).value, abs=1e-6)  # type: ignore[union-attr]
        assert "engine_term_assumed" not in one["flags"]
        assert one["variants"].keys() == {f"dft={again.mode}"}
    assert with_second["rerank"]["mode"] == again.mode
    assert ("give no order" in with_second["rerank"]["statement"]) == (again.mode == "single-point")
    assert alone["rerank"] is None


def test_the_document_fits_its_schema(search: Searched, again: Again, source: Any) -> None:
    import json

    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    schema = json.loads((source / "data" / "desolvation.schema.json").read_text(encoding="utf-8"))
    made = document(search, Asked((Carbon("bare", "bare"),), rerank=again.mode, reranked=again))
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(made)) == []


def test_what_was_not_computed_again_says_nothing(search: Searched) -> None:
    nothing = Again("single-point", Landscape().level, Landscape(0.2).level, {})
    assert nothing.known(ladder(2), 2) is None
    assert nothing.energy(ladder(2), 2) is None
    made = document(search, Asked((Carbon("bare", "bare"),), rerank="single-point", reranked=nothing))
    assert made["steps"][0]["variants"] == {"dft=single-point": None}
    assert made["steps"][0]["reasons"]["variants.dft=single-point"] == "no energy"
