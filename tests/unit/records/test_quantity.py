from __future__ import annotations

import dataclasses
import math

import pytest

from dualion.errors import InputError
from dualion.records.quantity import Parameter, Quantity


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("field", ["value", "stderr"])
def test_a_number_that_is_not_finite_is_refused(number: float, field: str) -> None:
    numbers = {"value": 1.0, "stderr": 0.1, field: number}
    with pytest.raises(InputError, match=rf"Quantity\.{field}: .* is not finite"):
        Quantity(unit="V", **numbers)


def test_a_withheld_value_is_none() -> None:
    assert Quantity(None, "V").value is None


def test_it_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Quantity(1.0, "V").value = 2.0  # type: ignore[misc]


def test_parameter_gives_its_number_or_says_why_not() -> None:
    assert Parameter(Quantity(31.56, "ohm"), "stated", "Sec 3.2", ("P091",)).value == 31.56
    with pytest.raises(InputError, match="withheld: not identified"):
        _ = Parameter(Quantity(None, "ohm"), "fitted", "not identified").value
