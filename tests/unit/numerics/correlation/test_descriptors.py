"""Tables of descriptors: what is read, what is set aside with a word, and what the user must choose."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest

from dualion.errors import SpecError, UnitError
from dualion.numerics.correlation.descriptors import alternatives, choose, read_descriptors


def table(*rows: tuple[Any, ...]) -> pl.DataFrame:
    names = (
        "sample_name",
        "descriptor",
        "descriptor_value",
        "descriptor_stderr",
        "descriptor_unit",
        "descriptor_method",
        "descriptor_source",
    )
    types = [pl.String, pl.String, pl.Float64, pl.Float64, pl.String, pl.String, pl.String]
    return pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row")


TWICE = table(
    ("MEC3", "plateau_capacity", 320.0, 3.0, "mAh/g", "below 0.1 V, 0.1 C", "fig-3"),
    ("MEC3", "plateau_capacity", 338.0, 4.0, "mAh/g", "below 0.1 V, 0.05 C", "text"),
    ("MEC0", "plateau_capacity", 0.165, 0.002, "Ah/g", "below 0.1 V, 0.1 C", "fig-3"),
)


def test_a_value_that_is_there_twice_needs_a_choice() -> None:
    found, _ = read_descriptors(TWICE)
    with pytest.raises(SpecError, match=r"y_choice: MEC3 .*2 times: 320 .*338"):
        choose(found, "plateau_capacity", unit=None, choice="", option="y_choice")
    with pytest.raises(SpecError, match="is in 2 of them"):
        choose(found, "plateau_capacity", unit=None, choice="0.1", option="y_choice")
    taken = choose(found, "plateau_capacity", unit=None, choice="text", option="y_choice")
    assert taken["MEC3"].value == 338.0
    assert taken["MEC0"].value == pytest.approx(165.0)  # in the unit of the first
    assert taken["MEC0"].stderr == pytest.approx(2.0)
    assert alternatives(found, taken, "plateau_capacity", "mAh/g") == (
        "MEC3 320 mAh/g (below 0.1 V, 0.1 C; fig-3) beside 338 mAh/g (below 0.1 V, 0.05 C; text)",
    )


def test_rows_that_are_alike_count_once() -> None:
    found, flags = read_descriptors(pl.concat([TWICE, TWICE]))
    assert len(found) == 3
    assert flags == ()


def test_numbers_that_are_none_are_named() -> None:
    found, flags = read_descriptors(
        table(
            ("A", "d002", math.nan, 0.1, "nm", "", ""), ("B", "d002", None, 0.1, "nm", "", ""), ("C", "d002", 0.37, math.inf, "nm", "", ""),
            ("D", "d002", 0.36, -0.1, "nm", "", ""), ("E", "d002", 0.38, None, None, None, None),
        )
    )  # fmt: skip
    assert [(one.sample, one.stderr, one.unit) for one in found] == [("C", None, "nm"), ("D", None, "nm"), ("E", None, "1")]
    (flag,) = flags
    assert (flag.code, flag.severity) == ("missing_values", "warning")
    for name in ("A d002", "B d002", "the error of C", "the error of D"):
        assert name in flag.message


def test_units_are_converted_or_refused() -> None:
    found, _ = read_descriptors(table(("A", "d002", 3.7, 0.1, "angstrom", "", "")))
    one = choose(found, "d002", unit="nm", choice="", option="x")["A"]
    assert (one.value, one.stderr) == pytest.approx((0.37, 0.01))
    with pytest.raises(UnitError):
        choose(found, "d002", unit="g/cm3", choice="", option="x")
