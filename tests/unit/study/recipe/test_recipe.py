"""Dose calculators and furnace time, against the table of the study specification and against stoichiometry."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion.errors import SpecError
from dualion.study import recipe

#: As in the study of the paper, written by hand so that this test does not read what it tests.
RECIPE: dict[str, Any] = {
    "chitosan": {"mass": "1.6 g", "deacetylation": [0.80, 1.00]},
    "water": "30 mL",
    "stock": {"solute": "Zn(CH3COO)2.2H2O", "concentration": "0.25 mol/L", "volume": "15 mL"},
    "stock_volume": {"MEC0": "0 mL", "MEC1": "3.33 mL", "MEC2": "5 mL", "MEC3": "6.67 mL", "MEC4": "20 mL"},
    "hcl": {"mass_fraction": 0.37, "density": "1.18 g/mL", "per_zn": 1.0},
    "furnace": [
        {"to": "700 degC", "rate": "5 degC/min", "hold": "5 h"},
        {"to": "1300 degC", "rate": "5 degC/min", "hold": "120 min"},
        {"to": "700 degC", "rate": "5 degC/min"},
        {"to": "25 degC", "rate": "1 degC/min"},
    ],
}

#: Sample, then zinc, its acetate, acetate, acid, zinc per amine at 100 % and at 80 %, total water; digits as printed.
PRINTED = [
    ("MEC0", "0", "0", "0", "0", "0", "0", "30"),
    ("MEC1", "0.8325", "183", "1.665", "69.5", "0.084", "0.110", "33.3"),
    ("MEC2", "1.250", "274", "2.500", "104.4", "0.126", "0.166", "35.0"),
    ("MEC3", "1.6675", "366", "3.335", "139.2", "0.168", "0.221", "36.7"),
    ("MEC4", "5.000", "1098", "10.00", "417.5", "0.504", "0.662", "50.0"),
]


@pytest.mark.parametrize("row", PRINTED, ids=lambda row: row[0])
def test_the_recipe_table_to_its_printed_digits(row: tuple[str, ...]) -> None:
    sample, *printed = row
    dose = recipe.table(RECIPE)[sample]
    found = [dose.zinc, dose.zinc_acetate, dose.acetate, dose.acid, *dose.zinc_per_amine, dose.total_water]
    for value, text in zip(found, printed, strict=True):
        half_of_last_digit = 0.5 * 10.0 ** -len(text.partition(".")[2])
        assert value == pytest.approx(float(text), abs=half_of_last_digit * (1 + 1e-9))


def test_a_dose_without_zinc_has_no_acid() -> None:
    dose = recipe.table(RECIPE)["MEC0"]
    assert (dose.zinc, dose.acid, dose.hcl, dose.added_water) == (0.0, 0.0, 0.0, 0.0)


def test_rows_keep_the_order_of_the_file() -> None:
    assert list(recipe.table(RECIPE)) == ["MEC0", "MEC1", "MEC2", "MEC3", "MEC4"]


def test_another_unit_gives_the_same_dose() -> None:
    other = {
        **RECIPE,
        "water": {"value": 0.03, "unit": "L"},
        "chitosan": {"mass": "1600 mg", "deacetylation": [1.00, 0.80]},
        "stock_volume": {"MEC3": "6670 uL"},
        "hcl": {"mass_fraction": 0.37, "density": "1180 kg/m3"},
    }
    ours, theirs = recipe.table(RECIPE)["MEC3"], recipe.table(other)["MEC3"]
    assert theirs.acid == pytest.approx(ours.acid, rel=1e-12)
    assert theirs.zinc_per_amine == pytest.approx(ours.zinc_per_amine, rel=1e-12)
    assert theirs.total_water == pytest.approx(ours.total_water, rel=1e-12)


@given(st.floats(0, 1e4), st.floats(0.01, 10), st.floats(0.01, 1.0), st.floats(0.0, 0.5))
def test_balances_close_for_any_dose(volume: float, concentration: float, deacetylation: float, moisture: float) -> None:
    zinc = recipe.zinc_amount(volume, concentration=concentration)
    assert recipe.acetate_amount(zinc) == pytest.approx(2 * zinc, rel=1e-12)
    # zinc 65.38, two acetates 59.044, two waters 18.015 g/mol
    assert recipe.zinc_acetate_mass(zinc) == pytest.approx(zinc * (65.38 + 2 * 59.044 + 2 * 18.015), rel=1e-4)
    acid = recipe.acid_volume(zinc, mass_fraction=0.37, density=1.18)
    assert acid * 1e-3 * recipe.acid_concentration(mass_fraction=0.37, density=1.18) == pytest.approx(zinc, rel=1e-12)
    ratio = recipe.zinc_per_amine(zinc, chitosan=1.6, deacetylation=deacetylation, moisture=moisture)
    assert ratio * recipe.amine_amount(1.6, deacetylation=deacetylation, moisture=moisture) == pytest.approx(zinc, rel=1e-12)


def test_amine_counts_the_mass_of_both_units() -> None:
    amine = recipe.amine_amount(1.6, deacetylation=0.8)
    acetylated = amine * 0.2 / 0.8
    assert amine * 161.16 + acetylated * (161.16 + 42.04) == pytest.approx(1600, rel=1e-12)


def test_moisture_lowers_the_amine_in_proportion() -> None:
    dry, moist = recipe.table(RECIPE)["MEC3"], recipe.table(RECIPE, moisture=0.1)["MEC3"]
    assert moist.zinc_per_amine[0] == pytest.approx(dry.zinc_per_amine[0] / 0.9, rel=1e-12)
    assert moist.zinc == dry.zinc


def test_furnace_time_with_and_without_a_stop() -> None:
    steps = recipe.furnace_steps(RECIPE)
    assert recipe.furnace_time(steps) == pytest.approx(135 + 300 + 120 + 120 + 120 + 675)
    assert recipe.furnace_time(steps, stop_after=0) == pytest.approx(1605)
    assert recipe.furnace_time(steps[:2], stop_after=0) - recipe.furnace_time(steps[:2]) == pytest.approx(675 / 5)


def test_a_stop_at_the_end_changes_nothing() -> None:
    steps = recipe.furnace_steps(RECIPE)
    assert recipe.furnace_time(steps, stop_after=len(steps) - 1) == recipe.furnace_time(steps)


def test_factors_are_those_that_a_relation_may_name() -> None:
    assert all(tuple(row) == recipe.FACTORS for row in recipe.factors(RECIPE).values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"water": "30 g"}, 'study.toml: recipe.water: "g" is a mass; a volume is needed'),
        ({"water": "30"}, 'study.toml: recipe.water: 30 has no unit. Write a text such as "30 mL".'),
        ({"stock": {}}, "study.toml: recipe.stock.concentration: missing."),
        ({"stock_volume": {"A": "-1 mL"}}, "volume -1.0 is below 0"),
        ({"hcl": {"mass_fraction": 37, "density": "1.18 g/mL"}}, "is not an acid"),
        ({"chitosan": {"mass": "1.6 g", "deacetylation": [80, 100]}}, "must be shares"),
        ({"chitosan": {"mass": "0 g", "deacetylation": [0.8, 1.0]}}, "no free amine"),
    ],
)
def test_what_cannot_be_a_recipe_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        recipe.table({**RECIPE, **change})
    assert message in str(caught.value)


def test_a_missing_table_is_named() -> None:
    with pytest.raises(SpecError, match=r"recipe.stock_volume: missing"):
        recipe.table({key: part for key, part in RECIPE.items() if key != "stock_volume"})


@pytest.mark.parametrize("stop_after", [-1, 4])
def test_a_stop_after_no_step_is_refused(stop_after: int) -> None:
    with pytest.raises(SpecError, match="no step"):
        recipe.furnace_time(recipe.furnace_steps(RECIPE), stop_after=stop_after)


def test_a_furnace_without_a_rate_is_refused() -> None:
    with pytest.raises(SpecError, match=r"recipe.furnace\[0\]"):
        recipe.furnace_time([recipe.FurnaceStep(700, 0)])
