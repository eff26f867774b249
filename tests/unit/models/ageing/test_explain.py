"""One retention, several causes: found by search, told apart by what else is measured."""

from __future__ import annotations

import pytest

from dualion.errors import SpecError
from dualion.models.ageing.explain import FAMILIES, OBSERVABLES, explain
from dualion.models.ageing.life import life
from dualion.records.cell_files import load_cell

RATE, CYCLES = 800.0, 1_000


@pytest.fixture(scope="module")
def families() -> dict[str, object]:
    return {family.name: family for family in FAMILIES}


@pytest.mark.slow
def test_two_mechanisms_reach_the_same_retention_and_differ_elsewhere(families: dict[str, object]) -> None:
    cell = load_cell("mec3-eg")
    chosen = (families["loss of sites"], families["growth of the film"])
    found = explain(cell, specific_current=RATE, cycles=CYCLES, retention=90.0, families=chosen)  # type: ignore[arg-type]
    assert found.verdict == "not identified"
    assert [candidate.retention for candidate in found.candidates] == pytest.approx([90.0, 90.0], abs=0.01)
    sites, film = found.candidates
    # every cycle cycled gives the same
    for candidate in found.candidates:
        direct = life(cell, specific_current=RATE, cycles=CYCLES, mechanisms=candidate.mechanisms, curves_at=())
        assert direct.retention()[-1] == pytest.approx(90.0, abs=0.05)
    assert film.observed["film resistance"] > 2 * sites.observed["film resistance"]
    assert sites.observed["film resistance"] == pytest.approx(found.fresh["film resistance"], rel=1e-12)
    assert film.observed["mean discharge voltage"] < sites.observed["mean discharge voltage"] - 0.1
    assert set(found.apart["loss of sites / growth of the film"]) >= {"mean discharge voltage", "film resistance"}
    assert set(sites.observed) == set(OBSERVABLES)


def test_a_cell_without_a_film_has_one_cause_less(families: dict[str, object]) -> None:
    from dataclasses import replace

    cell = replace(load_cell("mec3-eg"), film=None)
    chosen = (families["loss of sites"], families["growth of the film"])
    found = explain(cell, specific_current=RATE, cycles=100, retention=90.0, families=chosen)  # type: ignore[arg-type]
    assert found.verdict == "one mechanism"
    assert found.unable == {"growth of the film": "the cell has no film of its own"}


@pytest.mark.parametrize("retention", [0.0, 100.0, 120.0])
def test_a_retention_out_of_range_is_refused(retention: float) -> None:
    with pytest.raises(SpecError, match="is not within 0 and 100"):
        explain(load_cell("mec3-eg"), specific_current=RATE, cycles=100, retention=retention)
