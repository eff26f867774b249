"""Atomic weights and names of elements."""

from __future__ import annotations

import pytest

from dualion.columns import ELEMENTS
from dualion.numerics.atomic_weights import ATOMIC_WEIGHTS, NAMES, symbol


@pytest.mark.parametrize(("name", "weight"), [("C", 12.011), ("N", 14.007), ("Na", 22.990), ("Zn", 65.38), ("O", 15.999)])
def test_weights_of_iupac_2021(name: str, weight: float) -> None:
    assert ATOMIC_WEIGHTS[name] == weight


def test_every_column_of_a_depth_profile_is_an_element() -> None:
    assert all(NAMES[name] in ATOMIC_WEIGHTS for name in ELEMENTS)


@pytest.mark.parametrize(("written", "wanted"), [("nitrogen", "N"), ("Zinc", "Zn"), (" Na ", "Na"), ("na", ""), ("bet_area", ""), ("", "")])
def test_symbols(written: str, wanted: str) -> None:
    assert symbol(written) == wanted
