"""Fits of one pulse: made with the solution for a sphere, and found again, or said not to be there."""

from __future__ import annotations

import numpy as np
import pytest

from dualion.numerics.titration.pulse_fit import PulseFit, fit_pulse
from dualion.numerics.titration.sphere import surface_response

TAU, CHANGE, OFFSET = 600.0, -8e-3, -0.02  # [s], [V], [V]


def fitted(number: float, *, noise: float = 0.0, seed: int = 0, error: float = 1e-4, change: float = CHANGE) -> PulseFit:
    """A pulse with D tau / R^2 = ``number``."""
    time = TAU * np.linspace(0.04, 1, 200) ** 2
    rate = number / TAU
    rise = OFFSET + CHANGE * surface_response(rate * time) / (3 * number)
    voltage = 0.7 + rise + noise * np.random.default_rng(seed).standard_normal(time.size)
    found = fit_pulse(time, voltage, duration=TAU, before=0.7, change=change, change_error=error)
    assert found is not None
    return found


@pytest.mark.parametrize("number", [1e-4, 3e-3, 0.03, 0.2])
def test_exact_pulses_give_back_what_they_were_made_with(number: float) -> None:
    found = fitted(number, error=1e-6)
    assert found.identified
    assert found.rate * TAU == pytest.approx(number, rel=2e-3)
    assert found.offset == pytest.approx(OFFSET, rel=2e-3)
    assert found.change == pytest.approx(CHANGE, rel=2e-3)


def test_a_pulse_whose_profile_stood_from_the_first_row_is_not_identified() -> None:
    found = fitted(60.0, noise=1e-4)
    assert not found.identified


def test_noise_over_the_shape_is_not_identified() -> None:
    assert not fitted(0.3, noise=5e-3, error=3e-3).identified


@pytest.mark.parametrize("number", [0.01, 0.2])
def test_intervals_hold_the_truth_in_95_of_100_cases(number: float) -> None:
    """The error of the rests is drawn too, as it is stated."""
    rng, inside = np.random.default_rng(8), 0
    for seed in range(120):
        found = fitted(number, noise=2e-4, seed=seed, error=2e-4, change=CHANGE + 2e-4 * rng.standard_normal())
        assert found.interval is not None
        inside += found.interval[0] * TAU <= number <= found.interval[1] * TAU
    assert 107 <= inside <= 119


def test_error_of_the_change_counts_twice_in_the_early_regime() -> None:
    found = fitted(1e-4, noise=3e-3, error=0.02 * abs(CHANGE))  # the noise hides the curvature, which alone would tell D
    assert found.relative == pytest.approx(0.04, rel=0.1)
    spread = np.sqrt(np.diag(np.array(found.covariance)))
    assert spread[0] == pytest.approx(0.04, rel=0.1)
    assert found.covariance[0][2] / spread[0] / spread[2] == pytest.approx(np.sign(CHANGE), abs=0.1)  # D and A move together


def test_offset_hides_the_end_of_the_profile() -> None:
    """As the profile comes to stand, D is told from the offset ever less."""
    errors = [fitted(number, noise=1e-4, error=1e-5).relative for number in (0.1, 0.5, 1.0)]
    assert errors[0] < errors[1] < errors[2]


def test_too_few_rows_and_no_change_are_no_fit() -> None:
    time = np.linspace(1, 100, 5)
    assert fit_pulse(time, np.ones(5), duration=100.0, before=1.0, change=0.01, change_error=1e-4) is None
    time = np.linspace(1, 100, 50)
    assert fit_pulse(time, np.ones(50), duration=100.0, before=1.0, change=0.0, change_error=1e-4) is None


def test_a_constant_pulse_is_not_identified() -> None:
    time = np.linspace(1, 100, 50)
    found = fit_pulse(time, np.full(50, 0.9), duration=100.0, before=1.0, change=0.01, change_error=1e-4)
    assert found is None or not found.identified
