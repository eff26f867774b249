"""The level part of a profile."""

from __future__ import annotations

import numpy as np
import pytest

from dualion.numerics.depth_profile.plateaus import TOLERANCE, level, plateau

TIME = np.linspace(0, 60, 121)


def test_a_transient_is_left_out() -> None:
    profile = 0.2 * (1 + 2 * np.exp(-TIME / 2.5))
    found = plateau(TIME, profile)
    assert found.level
    # an exponential of size 2 has fallen to the tolerance after 2.5 ln(2 / 0.002) = 17 s
    assert 10 < found.start < 2.5 * np.log(2 / TOLERANCE)
    assert found.end == 60
    inside = profile[found.start <= TIME]
    assert inside.mean() == pytest.approx(0.2, rel=1e-3)


def test_what_comes_later_is_left_out() -> None:
    rng = np.random.default_rng(0)
    profile = np.where(TIME < 40, 1.0, 1.0 + 0.1 * (TIME - 40)) + 0.01 * rng.standard_normal(TIME.size)
    found = plateau(TIME, profile)
    assert found.level
    assert 35 < found.end < 48


def test_a_slope_throughout_is_said() -> None:
    found = plateau(TIME, 1 + 0.02 * TIME)
    assert not found.level
    assert (found.start, found.end) == (30.0, 60.0)


def test_drift_and_variation_against_truth() -> None:
    found = level(TIME, 2 + 0.01 * TIME, 0, 60)
    assert found is not None
    assert found.mean == pytest.approx(2.3)
    assert found.drift == pytest.approx(100 * 0.6 / 2.3)
    assert found.variation == pytest.approx(100 * np.std(0.01 * TIME, ddof=1) / 2.3)
    assert not found.is_level


def test_error_of_the_mean_of_white_noise() -> None:
    rng = np.random.default_rng(2)
    means, errors = zip(
        *((one.mean, one.stderr) for one in (level(TIME, 1 + 0.1 * rng.standard_normal(121), 0, 60) for _ in range(300)) if one),
        strict=True,
    )
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.15)


def test_error_of_the_mean_of_slow_noise() -> None:
    """Points that are alike count less: the error grows with the correlation, here 0.7."""
    rng = np.random.default_rng(3)
    means, errors = [], []
    for _ in range(300):
        noise = rng.standard_normal(121)
        for at in range(1, 121):
            noise[at] = 0.7 * noise[at - 1] + np.sqrt(1 - 0.49) * noise[at]
        one = level(TIME, 10 + noise, 0, 60)
        assert one is not None
        means.append(one.mean)
        errors.append(one.stderr)
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.2)


def test_nothing_to_say() -> None:
    assert level(TIME, TIME * 0, 0, 60) is None
    assert level(TIME, 1 + TIME, 0, 3) is None
