"""Factors that vary together, and samples that part them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion.errors import SpecError
from dualion.study.confounding import Table, confounding


def series(doses: tuple[float, ...] = (0.0, 0.8325, 1.25, 1.6675, 5.0)) -> dict[str, dict[str, float]]:
    """Five samples of one recipe: acetate and acid follow zinc."""
    return {f"MEC{n}": {"zn": z, "acetate": 2 * z, "hcl": z, "added_water": 4 * z} for n, z in enumerate(doses)}


def only(table: Table, *factors: str) -> dict[str, dict[str, float]]:
    return {sample: {factor: row[factor] for factor in factors} for sample, row in table.items()}


def test_a_recipe_with_one_dose_has_one_factor() -> None:
    found = confounding(series())
    assert found.rank == 1
    assert math.isinf(found.condition_number)
    assert found.groups == (("zn", "acetate", "hcl", "added_water"),)
    assert found.sentence == (
        "Zn, acetate, HCl and added water vary together in MEC0-MEC4: no difference between these samples can be assigned to one of them."
    )


def test_the_suggested_samples_part_the_factors() -> None:
    table = series()
    found = confounding(table)
    assert found.suggestion == "To part them, add: zinc chloride without acetate; sodium acetate without Zn; HCl without either."
    parted = confounding({**table, **found.further})
    assert parted.rank == 4
    assert math.isfinite(parted.condition_number)
    assert (parted.groups, parted.suggestion, dict(parted.further)) == ((), "", {})


def test_zinc_acetate_and_acid_have_rank_three_with_the_suggested_samples() -> None:
    table = {**series(), **confounding(series()).further}
    assert confounding(only(table, "zn", "acetate", "hcl")).rank == 3


def test_three_factors_need_two_further_samples() -> None:
    table = only(series(), "zn", "acetate", "hcl")
    found = confounding(table)
    assert len(found.further) == 2
    assert confounding({**table, **found.further}).rank == 3


@given(st.integers(2, 6), st.integers(1, 5), st.integers(0, 2**32 - 1), st.integers(0, 2))
def test_the_suggestion_is_enough_and_no_smaller_set_is(samples: int, factors: int, seed: int, copies: int) -> None:
    levels = np.random.default_rng(seed).integers(0, 4, (samples, factors)).astype(float)
    for copy in range(min(copies, factors - 1)):
        levels[:, copy + 1] = 3 * levels[:, 0]
    table = {f"s{n}": {f"f{k}": float(level) for k, level in enumerate(row)} for n, row in enumerate(levels)}
    found = confounding(table)
    assert found.rank == np.linalg.matrix_rank(levels - levels.mean(axis=0), tol=1e-9)
    assert len(found.further) == factors - found.rank  # one sample adds at most one to the rank
    if found.further:
        assert confounding({**table, **found.further}).rank == factors


@given(st.lists(st.sampled_from([1e-6, 1e-3, 1.0, 1e3, 1e6]), min_size=4, max_size=4))
def test_units_of_the_factors_do_not_matter(scales: list[float]) -> None:
    table = {**series(), "X": {"zn": 1.0, "acetate": 0.0, "hcl": 2.0, "added_water": 1.0}}
    scaled = {s: {f: v * k for (f, v), k in zip(row.items(), scales, strict=True)} for s, row in table.items()}
    ours, theirs = confounding(table), confounding(scaled)
    assert (ours.rank, ours.groups, ours.sentence) == (theirs.rank, theirs.groups, theirs.sentence)


def test_condition_number_of_independent_factors_is_one() -> None:
    square = {"a": {"x": 0, "y": 0}, "b": {"x": 1, "y": 0}, "c": {"x": 0, "y": 1}, "d": {"x": 1, "y": 1}}
    found = confounding(square)
    assert found.condition_number == pytest.approx(1.0, rel=1e-12)
    assert found.sentence == "X and y vary independently in a, b, c and d."


def test_opposite_factors_vary_together_too() -> None:
    found = confounding({"A1": {"x": 0, "y": 2}, "A2": {"x": 1, "y": 1}, "A3": {"x": 2, "y": 0}})
    assert found.groups == (("x", "y"),)
    assert "vary together in A1-A3" in found.sentence


def test_just_below_the_threshold_is_no_group() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0])
    y = x + np.array([0.0, 0.35, -0.35, 0.0])
    r = np.corrcoef(x, y)[0, 1]
    assert 0.95 < r < 0.99
    assert confounding({f"s{n}": {"x": a, "y": b} for n, (a, b) in enumerate(zip(x, y, strict=True))}).groups == ()


def test_three_dependent_factors_without_a_pair_are_named() -> None:
    table = {"a": {"x": 0, "y": 0, "z": 0}, "b": {"x": 1, "y": 0, "z": 1}, "c": {"x": 0, "y": 1, "z": 1}, "d": {"x": 1, "y": 1, "z": 2}}
    found = confounding(table)
    assert (found.rank, found.groups) == (2, ())
    assert found.sentence.startswith("X, y and z are not independent in a, b, c and d")
    assert len(found.further) == 1


def test_a_factor_that_never_varies_gets_a_level_of_its_own() -> None:
    found = confounding({"a": {"x": 0, "y": 3}, "b": {"x": 1, "y": 3}})
    assert found.rank == 1
    assert found.further == {"y changed alone": {"x": 0.0, "y": 6.0}}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"a": {"x": 1}}, "two samples and one factor"),
        ({"a": {}, "b": {}}, "two samples and one factor"),
        ({"a": {"x": 1}, "b": {"y": 1}}, "b differs from the first sample in x, y"),
        ({"a": {"x": 1}, "b": {"x": math.nan}}, "not a finite number"),
    ],
)
def test_a_table_that_cannot_be_compared_is_refused(table: Table, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        confounding(table)
