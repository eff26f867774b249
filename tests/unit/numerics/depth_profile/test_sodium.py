"""Faraday's law for sodium in carbon, and the scatter of craters."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dualion.numerics.depth_profile.sodium import CHARGE_OF_NAC6, content_of_charge, content_of_ratio, pooled_scatter, x_of_charge


def test_numbers_of_the_specification() -> None:
    assert 1e3 * content_of_charge(1.0) == pytest.approx(37.31, abs=0.005)  # umol of sodium in a gram at 1 mAh/g
    assert pytest.approx(372, abs=0.5) == CHARGE_OF_NAC6
    assert x_of_charge(186.0) == pytest.approx(0.5, rel=1e-3)


def test_charge_and_ratio_agree() -> None:
    """So many sixths of an atom of sodium for each of carbon is what the charge puts in."""
    assert content_of_ratio(x_of_charge(250.0) / 6) == pytest.approx(content_of_charge(250.0), rel=1e-12)


def test_scatter_is_pooled() -> None:
    groups = [[0.9, 1.0, 1.1], [1.8, 2.0, 2.2], [5.0]]
    scatter, freedom = pooled_scatter(groups) or (math.nan, 0)
    assert freedom == 4
    assert scatter == pytest.approx(0.1)


def test_two_craters_are_no_scatter() -> None:
    assert pooled_scatter([[1.0, 1.1], [2.0]]) is None


def test_pool_against_draws() -> None:
    rng = np.random.default_rng(0)
    found = [pooled_scatter([list(q * (1 + 0.05 * rng.standard_normal(3))) for q in (1.0, 2.0, 5.0)]) for _ in range(400)]
    assert math.sqrt(np.mean([one[0] ** 2 for one in found if one])) == pytest.approx(0.05, rel=0.06)
