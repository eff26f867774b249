"""Columns to arrays, arrays to curves."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from dualion.errors import InputError
from dualion.numerics.arrays import curve_from, numbers
from dualion.records.figure import Axis

X, Y = Axis("Potential", "V"), Axis("Current", "mA")


def test_an_absent_number_is_nan_and_a_count_a_number() -> None:
    table = pl.DataFrame({"a": [1, None, 3]})
    found = numbers(table, "a")
    assert found.dtype == np.float64
    assert found[[0, 2]].tolist() == [1.0, 3.0]
    assert math.isnan(found[1])


def test_a_curve_holds_plain_numbers() -> None:
    found = curve_from(X, Y, np.array([0.0, 1.0]), np.array([2.0, 3.0]), np.array([0.1, 0.2]))
    assert (found.x, found.y, found.y_stderr) == ((0.0, 1.0), (2.0, 3.0), (0.1, 0.2))
    assert type(found.x[0]) is float
    assert curve_from(X, Y, np.zeros(1), np.zeros(1)).y_stderr is None


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(InputError, match="lengths"):
        curve_from(X, Y, np.zeros(2), np.zeros(3))
