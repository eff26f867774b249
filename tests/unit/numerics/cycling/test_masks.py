"""Cycles that are none of the cycling."""

import numpy as np
import pytest

from dualion.errors import InputError
from dualion.numerics.cycling.masks import diagnostic, rolling_median


def test_rolling_median_is_that_of_the_window_and_shorter_at_the_ends() -> None:
    values = np.random.default_rng(0).standard_normal(40)
    values[7] = np.nan
    expected = [np.nanmedian(values[max(0, n - 5) : n + 6]) for n in range(40)]
    assert rolling_median(values) == pytest.approx(expected)
    assert np.isnan(rolling_median(np.full(3, np.nan))).all()


def test_checks_of_the_capacity_are_diagnostic_and_fading_is_not() -> None:
    charge = 100 * 0.999 ** np.arange(1000.0)
    charge[::50] = 170.0
    discharge = 0.99 * charge
    discharge[333] = 0.0
    assert np.flatnonzero(diagnostic(charge, discharge)).tolist() == sorted([*range(0, 1000, 50), 333])


def test_windows_and_shares_are_checked() -> None:
    with pytest.raises(InputError, match="odd"):
        rolling_median(np.ones(5), 4)
    with pytest.raises(InputError, match="not below"):
        diagnostic(np.ones(5), low=1.5, high=0.5)
