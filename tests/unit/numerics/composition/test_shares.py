"""Mass shares to amounts and atomic shares."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dualion.numerics.composition.shares import Content, amount, atomic_shares, propagated, share_of_amount, with_difference


def test_arithmetic_of_the_study() -> None:
    """1.15 wt% nitrogen is 0.821 mmol/g, and 0.348 of it 0.286 mmol/g."""
    assert amount("N", 1.15) == pytest.approx(0.821, abs=5e-4)
    assert 0.348 * amount("N", 1.15) == pytest.approx(0.286, abs=5e-4)


@pytest.mark.parametrize("element", ["N", "Zn", "Na"])
def test_amounts_go_back(element: str) -> None:
    assert share_of_amount(element, amount(element, 3.7)) == pytest.approx(3.7, rel=1e-14)


def test_shares_of_a_compound() -> None:
    """Zinc oxide has as many atoms of zinc as of oxygen."""
    whole = 65.38 + 15.999
    found = atomic_shares({"Zn": 6538.0 / whole, "O": 1599.9 / whole})
    assert found == pytest.approx({"Zn": 50.0, "O": 50.0})
    assert sum(found.values()) == pytest.approx(100.0)


def test_difference_carries_the_errors_of_the_others() -> None:
    found = with_difference({"C": Content(95.0, 0.3), "H": Content(0.5, 0.4), "S": Content(0.1, None, bound=True)}, "O")["O"]
    assert (found.share, found.stderr, found.by_difference) == pytest.approx((4.5, 0.5, True))
    assert with_difference({"C": Content(95.0, None)}, "O")["O"].stderr is None


@pytest.mark.parametrize("by_difference", [False, True])
def test_errors_of_an_atomic_share_against_draws(by_difference: bool) -> None:
    contents = {"C": Content(92.0, 0.4), "H": Content(1.0, 0.05), "N": Content(2.0, 0.1)}
    contents = with_difference(contents, "O") if by_difference else {**contents, "O": Content(5.0, 0.3)}
    value, stderr = propagated(contents, lambda shares: atomic_shares(shares)["N"])
    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(2000):
        shares = {name: one.share + (one.stderr or 0) * rng.standard_normal() for name, one in contents.items() if not one.by_difference}
        if by_difference:
            shares["O"] = 100 - sum(shares.values())
        drawn.append(atomic_shares(shares)["N"])
    assert value == pytest.approx(np.mean(drawn), rel=0.01)
    assert stderr == pytest.approx(np.std(drawn), rel=0.06)


def test_an_error_that_is_not_known_is_not_made_up() -> None:
    value, stderr = propagated({"C": Content(90.0, None), "O": Content(10.0, 0.1)}, lambda shares: atomic_shares(shares)["O"])
    assert stderr is None
    assert math.isfinite(value)
