"""Intervals of printed numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion.errors import SpecError
from dualion.study.arithmetic.quantities import QUANTITIES, tolerance
from dualion.study.arithmetic.rounding import agrees, half_width, interval
from dualion.study.types import Claim


def claim(value: str, qualifier: str = "=", *, unit: str = "mAh/g", quantity: str = "specific_capacity", tolerance: str = "") -> Claim:
    try:
        number = float(value)
    except ValueError:
        number = None
    return Claim("P001", quantity, "A", "1 C", value, number, unit, qualifier, tolerance, "Sec 1", "GCD", "measured")


@pytest.mark.parametrize(
    ("value", "qualifier", "wanted"),
    [
        ("165", "=", 0.5),
        ("5.0", "=", 0.05),
        ("93.35", "=", 0.005),
        ("0.00155", "=", 5e-6),
        ("10000", "=", 0.5),
        ("2e9", "=", 1e8),  # half of the last digit would be 5e8: 5 % is less
        ("1", "=", 0.05),
        ("4", "=", 0.2),
        ("-40", "=", 0.5),
        ("0", "=", 0.0),
        ("338", "~", 3.38),
        ("93.35", "~", 0.9335),
        ("1", "~", 0.05),  # 5 % is already more than 1 %
        ("2", "~", 0.1),
        ("600", ">", 0.5),
        ("275", "min", 0.5),
    ],
)
def test_half_width(value: str, qualifier: str, wanted: float) -> None:
    assert half_width(claim(value, qualifier)) == pytest.approx(wanted, rel=1e-12)


def test_interval_is_symmetric_whatever_the_qualifier() -> None:
    for qualifier in ("=", "<", ">", "min", "max"):
        assert interval(claim("85", qualifier)) == (84.5, 85.5)


@given(st.decimals(min_value="0.001", max_value="9999", places=3))
def test_approximate_is_never_narrower(number: Decimal) -> None:
    value = str(number)
    assert half_width(claim(value, "~")) >= half_width(claim(value))
    assert half_width(claim(value)) <= 0.05 * float(number) * (1 + 1e-12)


@given(st.decimals(min_value="0.001", max_value="9999", places=3), st.integers(-6, 6))
def test_a_unit_with_another_prefix_scales_the_width(number: Decimal, power: int) -> None:
    moved = str(number.scaleb(power))
    assert half_width(claim(moved, "~")) == pytest.approx(half_width(claim(str(number), "~")) * 10.0**power, rel=1e-9)


def test_words_have_no_interval() -> None:
    with pytest.raises(SpecError, match="P001 is a statement in words"):
        half_width(claim("small"))


def test_a_number_that_was_not_printed_is_an_error() -> None:
    strange = Claim("P001", "setting", "A", "", "about 5", 5.0, "1", "=", "", "Sec 1", "", "measured")
    with pytest.raises(SpecError, match="not a number as printed"):
        half_width(strange)


@pytest.mark.parametrize(
    ("qualifier", "produced", "wanted"),
    [
        ("=", 84.0, True), ("=", 86.1, False), ("~", 83.9, False),
        (">", 200.0, True), (">", 83.9, False), ("min", 84.0, True), ("min", 83.0, False),
        ("<", 1.0, True), ("<", 86.0, True), ("<", 86.1, False), ("max", 86.1, False),
    ],
)  # fmt: skip
def test_bounds_are_one_sided_against_a_produced_value(qualifier: str, produced: float, wanted: bool) -> None:
    assert agrees(claim("85", qualifier), produced, allowed=1.0) is wanted


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (claim("80"), 4.0),
        (claim("3.68", unit="V", quantity="median_voltage"), 0.05),
        (claim("3680", unit="mV", quantity="median_voltage"), 50.0),
        (claim("29.45", unit="ohm", quantity="film_resistance"), 2.945),
        (claim("45.9", unit="kJ/mol", quantity="activation_energy"), 3.0),
        (claim("82", unit="%", quantity="diffusion_share"), 5.0),
        (claim("0.82", unit="1", quantity="diffusion_share"), 0.05),
        (claim("39.13", unit="m2/g", quantity="bet_area"), 1.9565),
        (claim("222", unit="Wh/kg", quantity="energy_density"), 11.1),
        (claim("284.6", unit="eV", quantity="peak_position"), None),
        (claim("25", unit="degC", quantity="temperature"), None),
        (claim("small"), None),
        (claim("80", tolerance="3 %"), 2.4),
        (claim("4.05", unit="V", quantity="mean_voltage", tolerance="20 mV"), 0.02),
        (claim("82", unit="%", quantity="diffusion_share", tolerance="2 points"), 2.0),
    ],
)
def test_tolerance_is_that_of_the_row_or_of_the_kind(written: Claim, wanted: float | None) -> None:
    found = tolerance(written)
    assert found is None if wanted is None else found == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("text", ["3", "much", "-3 %", "3 V"])
def test_a_tolerance_that_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(SpecError, match="P001, tolerance"):
        tolerance(claim("80", tolerance=text))


def test_registered_names_are_in_snake_case_and_described() -> None:
    assert all(name.replace("_", "").isalnum() and name == name.lower() and entry.description for name, entry in QUANTITIES.items())
