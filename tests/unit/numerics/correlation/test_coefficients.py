"""Correlation coefficients against scipy, and exact p values against counting."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from dualion.errors import CoverageError, InputError
from dualion.numerics.correlation.coefficients import DRAWS, holm, pearson, spearman


@pytest.mark.parametrize("n", [4, 5, 12])
def test_pearson_is_that_of_scipy(n: int) -> None:
    rng = np.random.default_rng(n)
    x, y = rng.standard_normal((2, n))
    found, peer = pearson(x, y), stats.pearsonr(x, y)
    assert found.r == pytest.approx(peer.statistic, rel=1e-12)
    assert found.p == pytest.approx(peer.pvalue, rel=1e-9)
    assert found.interval == pytest.approx(tuple(peer.confidence_interval(0.95)), rel=1e-9)


def test_fisher_needs_four_samples_off_one_line() -> None:
    assert pearson([0, 1, 2], [0, 1, 3]).interval is None
    exact = pearson([0, 1, 2, 3], [1, 3, 5, 7])
    assert exact.r == 1.0
    assert exact.interval is None
    assert exact.p == 0.0


@pytest.mark.parametrize(("n", "least"), [(3, 1 / 3), (4, 1 / 12), (5, 1 / 60), (6, 1 / 360)])
def test_smallest_exact_p(n: int, least: float) -> None:
    """2/n! without ties: no order of four samples has less than 1/12."""
    found = spearman(np.arange(n), np.arange(n) ** 2)
    assert found.rho == pytest.approx(1.0)
    assert found.p == pytest.approx(least, rel=1e-12)
    assert found.smallest == pytest.approx(least, rel=1e-12)
    assert found.orders == math.factorial(n)
    assert found.exact


def test_every_order_of_four_has_its_p() -> None:
    """Counted by hand: |rho| of 4 samples takes 1, 0.8, 0.6, 0.4, 0.2, 0 in 2, 6, 2, 8, 4, 2 of 24 orders."""
    share = {1.0: 2 / 24, 0.8: 8 / 24, 0.6: 10 / 24, 0.4: 18 / 24, 0.2: 22 / 24, 0.0: 1.0}
    for order in ([0, 1, 2, 3], [1, 0, 2, 3], [1, 0, 3, 2], [0, 3, 1, 2], [1, 3, 0, 2], [2, 0, 3, 1], [3, 2, 1, 0], [1, 3, 2, 0]):
        found = spearman([0, 1, 2, 3], order)
        assert found.rho == pytest.approx(stats.spearmanr([0, 1, 2, 3], order).statistic, abs=1e-12)
        assert found.p == pytest.approx(share[round(abs(found.rho), 6)], rel=1e-12), order


def test_ties_raise_the_smallest_p() -> None:
    found = spearman([1, 1, 2, 3], [1, 2, 3, 4])
    assert found.rho == pytest.approx(stats.spearmanr([1, 1, 2, 3], [1, 2, 3, 4]).statistic)
    assert found.smallest == pytest.approx(4 / 24)


def test_many_samples_draw_their_orders() -> None:
    rng = np.random.default_rng(4)
    x = rng.standard_normal(20)
    y = 0.5 * x + rng.standard_normal(20)
    found = spearman(x, y, seed=1)
    assert not found.exact
    assert found.p == pytest.approx(stats.spearmanr(x, y).pvalue, abs=0.01)
    assert spearman(x, y, seed=1) == found
    assert spearman(x, x).p == pytest.approx(1 / (1 + DRAWS))


def test_holm_is_the_step_down_of_bonferroni() -> None:
    assert holm([0.02, 0.01, 0.20, 0.04]) == pytest.approx((0.06, 0.04, 0.20, 0.08))
    assert holm([0.9, 0.8]) == (1.0, 1.0)
    assert holm([]) == ()


@pytest.mark.parametrize("measure", [pearson, spearman])
def test_bad_samples_are_refused(measure: object) -> None:
    assert callable(measure)
    with pytest.raises(CoverageError):
        measure([1, 2], [1, 2])
    for x, y in (([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [1, 2, math.nan]), ([1, 2, 3], [1, 2])):
        with pytest.raises(InputError):
            measure(x, y)
