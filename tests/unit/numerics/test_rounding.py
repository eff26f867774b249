"""Rounding to significant digits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion.errors import InputError
from dualion.numerics.rounding import rounded, significant

FINITE = st.floats(allow_nan=False, allow_infinity=False)
DIGITS = st.integers(1, 17)


@pytest.mark.parametrize(
    ("x", "digits", "expected"),
    [
        (1234567.0, 6, 1234570.0),
        (0.1 + 0.2, 12, 0.3),
        (-2.0 / 3.0, 6, -0.666667),
        (3.9e-15, 6, 3.9e-15),
        (999999.6, 6, 1000000.0),
        (0.0, 6, 0.0),
        (1.7976931348623157e308, 2, 1.7976931348623157e308),  # would round up to infinity
    ],
)
def test_significant(x: float, digits: int, expected: float) -> None:
    assert significant(x, digits) == expected


def test_a_zero_has_no_sign() -> None:
    assert math.copysign(1.0, significant(-0.0, 6)) == 1.0


@given(FINITE, DIGITS)
def test_within_half_a_unit_of_the_last_digit(x: float, digits: int) -> None:
    result = significant(x, digits)
    assert math.isfinite(result)
    assert abs(result - x) <= abs(x) * 0.5 * 10.0 ** (1 - digits) * (1 + 1e-9) + 5e-324 or result == x


@given(FINITE, DIGITS)
def test_rounding_twice_changes_nothing(x: float, digits: int) -> None:
    once = significant(x, digits)
    assert significant(once, digits) == once


@given(st.floats(1e-200, 1e200), st.integers(-3, 3))
def test_what_the_last_bits_differ_in_is_gone(x: float, steps: int) -> None:
    """Seen from the middle of a rounding interval, a few units in the last place do not show."""
    middle = significant(x, 6)
    moved = middle
    for _ in range(abs(steps)):
        moved = math.nextafter(moved, math.inf if steps > 0 else 0.0)
    assert significant(moved, 6) == middle


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(InputError, match="not finite"):
        significant(bad, 6)
    with pytest.raises(InputError, match="not finite"):
        rounded({"a": [1.0, (2.0, bad)]}, 6)


def test_fewer_than_one_digit_is_refused() -> None:
    with pytest.raises(InputError, match="0 digits"):
        significant(1.0, 0)


def test_nested_structures_are_rounded_and_everything_else_is_kept() -> None:
    given_value = {"b": [1 / 3, 2, True, None, "0.123456789"], "a": (2 / 3, {"c": 1e-20 / 3})}
    result = rounded(given_value, 3)
    assert result == {"b": [0.333, 2, True, None, "0.123456789"], "a": [0.667, {"c": 3.33e-21}]}
    assert list(result) == ["b", "a"]
    assert result["b"][2] is True
    assert given_value["a"][0] == 2 / 3
