"""Expressions: what is permitted, what it is worth, and how what is not permitted is refused."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion.errors import SpecError
from dualion.study.arithmetic.expressions import CONSTANTS, DEEPEST, LONGEST, parse

NAMES = {"P070": 427.0, "P079": 105.8, "P082a": 80.0, "rho_e": 1.23, "T": 298.15}


def value(text: str) -> float:
    return parse(text, NAMES).evaluate(NAMES)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("2 ** 3 ** 2", 512.0),
        ("-2 ** 2", -4.0),
        ("--1", 1.0),
        ("+1", 1.0),
        ("1e-3", 0.001),
        ("P070 / 7", 61.0),
        ("min(3, 1, 2)", 1.0),
        ("max(3, 1, 2)", 3.0),
        ("abs(1 - 3)", 2.0),
        ("sqrt(16) + ln(exp(2))", 6.0),
        (" 1 +\t1 ", 2.0),
    ],
)
def test_arithmetic(text: str, wanted: float) -> None:
    assert value(text) == pytest.approx(wanted, rel=1e-14)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("F", 96485.33212), ("R", 8.314462618), ("kB", 1.380649e-23), ("h", 6.62607015e-34), ("mAh", 26801.48), ("pi", math.pi)],
)
def test_constants_are_those_of_the_si(name: str, wanted: float) -> None:
    assert value(name) == pytest.approx(wanted, rel=1e-7 if name == "mAh" else 1e-9)


def test_names_are_listed_once_in_order_and_without_constants() -> None:
    assert parse("rho_e * P070 / (F + P079) - P070", NAMES).names == ("rho_e", "P070", "P079")


def test_a_sweep_gives_one_value_for_each_point() -> None:
    found = parse("P070 / P079", NAMES).sweep({"P070": np.array([1.0, 2.0]), "P079": np.float64(4.0)})
    assert np.array_equal(found, [0.25, 0.5])


@pytest.mark.parametrize(
    "text",
    [
        "__import__()", "P070.real", "P070[0]", "lambda: 1", "[1, 2]", "'a'", "True", "None", "1j", "1 if 1 else 2", "1 < 2", "P070 and 1",
        "not 1", "~1",
        "5 // 2", "5 % 2", "1 | 2", "1 << 400", "exp(x=1)", "max(*P070)", "(x := 1)", "f'{1}'", "b'1'", "...", "{1: 2}",
        "sum(1, 2)", "exp(1)(2)", "P070()", "", "1 +", "1; 2", "x = 1", "\x00", "1 @ 2",
    ],
)  # fmt: skip
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        parse(text, NAMES)


@pytest.mark.parametrize(("text", "message"), [
    ("P79 / 2", 'P79 is not a claim id. Did you mean "P079"?'),
    ("P82a", 'P82a is not a claim id. Did you mean "P082a"?'),
    ("rho_f", 'rho_f is not a claim id, an assumption or a constant. Did you mean "rho_e"?'),
    ("zzz", "zzz is not a claim id, an assumption or a constant. Name a claim of claims.csv or add it to [assume]."),
    ("ln(1, 2)", "ln takes one argument and has 2. Write ln(x)."),
    ("min(1)", "min takes two or more arguments and has 1. Write min(x, y)."),
    ("log(1)", "log is not a function here. Use one of exp, ln, sqrt, abs, min, max."),
])  # fmt: skip
def test_messages_name_the_remedy(text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(text, NAMES)
    assert str(caught.value) == message


def test_every_unknown_name_is_reported() -> None:
    with pytest.raises(SpecError) as caught:
        parse("aaa + bbb + P999", NAMES)
    assert len(caught.value.problems) == 3


def test_length_has_a_limit() -> None:
    longest = "1" + "+1" * ((LONGEST - 1) // 2) + " "
    assert len(longest) == LONGEST
    with pytest.raises(SpecError, match="deeper"):  # read, and then found too deep
        parse(longest, NAMES)
    with pytest.raises(SpecError, match="401 characters; at most 400"):
        parse(longest + " ", NAMES)


def test_depth_has_a_limit() -> None:
    def nested(levels: int) -> str:
        return "abs(" * (levels - 1) + "1" + ")" * (levels - 1)

    assert value(nested(DEEPEST)) == 1.0
    with pytest.raises(SpecError, match="deeper than 40 levels"):
        parse(nested(DEEPEST + 1), NAMES)


@pytest.mark.parametrize("text", ["(" * 10**4 + "1" + ")" * 10**4, "-" * 10**4 + "1", "1" + "+1" * 10**6, "-" * 399 + "1", "(" * 399])
def test_hostile_depth_is_refused_at_once(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(SpecError):
        parse(text, NAMES)
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    "text", ["9 ** 9 ** 9 ** 9", "10 ** 400", "1e400", "9" * 390, "1 / 0", "0 ** -1", "sqrt(-1)", "ln(0)", "(-8) ** (1 / 3)", "exp(1000)"]
)
def test_no_value_is_infinite(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(SpecError):
        value(text)
    assert time.perf_counter() - start < 0.5


def test_a_name_without_a_number_is_an_error() -> None:
    with pytest.raises(SpecError, match="P005 has no number"):
        parse("P005 + 1", {"P005"}).evaluate({})


@given(st.text(alphabet="P0179aeFRh+-*/(),. mxin_sqrtln", max_size=60))
def test_any_text_gives_a_finite_number_or_a_spec_error(text: str) -> None:
    try:
        found = value(text)
    except SpecError:
        return
    assert math.isfinite(found)


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.floats(0.01, 100))
def test_agrees_with_python(a: float, b: float, c: float) -> None:
    values = {"a": a, "b": b, "c": c}
    found = parse("(a + b) * c / a - b ** 1.5 + max(a, b, c)", values).evaluate(values)
    assert found == pytest.approx((a + b) * c / a - b**1.5 + max(a, b, c), rel=1e-12)


def test_constants_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CONSTANTS["F"] = 1.0  # type: ignore[index]
