"""Profiles of residuals whose likelihood is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from dualion.errors import SolveError
from dualion.numerics.fit import FreeParameter, fit
from dualion.numerics.profile import constrained, profile, threshold

Array = np.ndarray

WIDE = [FreeParameter("a", "1", -50.0, 50.0), FreeParameter("b", "1", -50.0, 50.0)]
X = np.linspace(0.0, 1.0, 9)


def line(values: Array) -> Array:
    """A straight line with errors of 0.1, through data with a known pattern of misses."""
    return (values[0] + values[1] * X - (2.0 + 3.0 * X + 0.05 * np.cos(7.0 * X))) / 0.1


def test_the_interval_of_a_linear_problem_is_that_of_its_covariance() -> None:
    """For a linear model the profile is exactly quadratic: low and high lie 1.96 standard errors from the estimate."""
    found = fit(line, WIDE, starts=4)
    design = np.stack([np.ones_like(X), X], axis=1) / 0.1
    covariance = np.linalg.inv(design.T @ design)
    for held in range(2):
        one = profile(line, found, held)
        half = 1.959964 * covariance[held, held] ** 0.5
        assert one.low == pytest.approx(found.values[held] - half, rel=1e-3)
        assert one.high == pytest.approx(found.values[held] + half, rel=1e-3)
        assert one.verdict == "identified"
        assert len(one.points) >= 15
        for point in one.points:
            assert point.rise == pytest.approx((point.value - found.values[held]) ** 2 / covariance[held, held], abs=2e-3, rel=2e-3)


def test_scaled_errors_widen_the_interval() -> None:
    found = fit(line, WIDE, starts=4)
    plain, scaled = profile(line, found, 0), profile(line, found, 0, scale=2.0)
    assert plain.low is not None
    assert plain.high is not None
    assert scaled.low is not None
    assert scaled.high is not None
    assert (scaled.high - scaled.low) / (plain.high - plain.low) == pytest.approx(2.0, rel=2e-3)
    assert threshold() == pytest.approx(3.841, abs=1e-3)
    assert threshold(scale=2.0) == pytest.approx(4 * 3.8415, abs=1e-2)


def test_parameters_that_only_act_together_are_unidentified() -> None:
    """Only a + b acts: each may go to its bound while the other follows."""

    def together(values: Array) -> Array:
        return (values[0] + values[1] - np.array([1.0, 1.1, 0.9])) / 0.1

    parameters = [FreeParameter("a", "1", -2.0, 3.0), FreeParameter("b", "1", -2.0, 3.0)]
    found = fit(together, parameters, starts=4)
    for held in range(2):
        one = profile(together, found, held)
        assert one.verdict == "unidentified"
        assert (one.low, one.high) == (None, None)
        assert max(point.rise for point in one.points) < 0.01


def test_a_one_sided_interval_meets_one_bound() -> None:
    """Saturation: beyond 3 the data no longer see the parameter."""

    def saturating(values: Array) -> Array:
        return (np.tanh(values[0] * np.array([0.5, 1.0, 2.0])) - 1.0) / 0.02

    found = fit(saturating, [FreeParameter("a", "1", 0.1, 40.0)], starts=8)
    one = profile(saturating, found, 0)
    assert one.high is None
    assert one.low is not None
    cost = float(np.sum(saturating(np.array([one.low])) ** 2)) - found.cost
    assert cost == pytest.approx(threshold(), abs=0.05)
    assert one.verdict == "unidentified"


def test_a_lower_minimum_is_found_by_the_profile_of_a_local_one() -> None:
    """Two wells in one parameter; the fit is started in the shallow one."""

    def wells(values: Array) -> Array:
        a, b = values
        return np.array([(a**2 - 4.0) / 2.5 + 0.3 * (2.0 - a) * (a + 2.0) * 0.0, 0.35 * (a - 2.0), b - 1.0, 0.1 * b])

    parameters = [FreeParameter("a", "1", -4.0, 4.0), FreeParameter("b", "1", -4.0, 4.0)]
    local = fit(wells, parameters, begin=[[-1.9, 1.0]], starts=0)
    assert local.values[0] < 0
    one = profile(wells, local, 0)
    assert one.lower_end is not None
    assert one.lower_end[0] > 0


def test_a_failed_point_is_a_failed_point_with_its_message() -> None:
    """The model fails beyond 2.3: the walk ends there, and the interval has no end on that side."""

    def failing(values: Array) -> Array:
        if values[0] > 2.3:
            raise SolveError("made up: the salt is used up")
        return (values[0] + 0.0 * X - 2.2) / 0.5

    found = fit(failing, [FreeParameter("a", "1", 0.0, 2.29)], starts=2)
    wider = type(found)(
        **{name: getattr(found, name) for name in found.__dataclass_fields__} | {"parameters": (FreeParameter("a", "1", 0.0, 5.0),)}
    )
    one = profile(failing, wider, 0)
    failed = [point for point in one.points if point.status != "minimum"]
    assert failed
    assert all("salt is used up" in point.status and point.rise == float("inf") for point in failed)
    assert one.high is None
    assert one.verdict == "unidentified"


def test_holding_a_parameter_refits_the_others() -> None:
    point = constrained(line, WIDE, 1, 0.0, (0.0, 0.0))
    data = 2.0 + 3.0 * X + 0.05 * np.cos(7.0 * X)
    assert point.values[1] == 0.0
    assert point.values[0] == pytest.approx(data.mean(), abs=1e-4)


def test_criteria_of_a_fit() -> None:
    found = fit(line, WIDE, starts=4)
    assert found.cost == pytest.approx(float(np.sum(line(np.array(found.values)) ** 2)))
    assert found.error_scale == pytest.approx((found.cost / 7) ** 0.5)
    assert found.aicc == pytest.approx(found.cost + 4 + 2 * 2 * 3 / 6)
    few = fit(lambda v: line(v)[:3], WIDE, starts=4)
    assert few.aicc is None  # three data, two parameters
    exact = fit(lambda v: line(v)[:2], WIDE, starts=4)
    assert exact.error_scale is None
