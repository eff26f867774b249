"""Metrics of a half cycle, on curves whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion.models.experiments import HalfCycle
from dualion.models.outputs import StepResult, interpolated, working_mass
from dualion.records.cell import Cell

MASS = 2.0  # [mg]
CURRENT = 7.2e-6  # [A]: 1 h passes 7.2 uAh, so 3.6 mAh/g of this mass


def _curve(voltage: list[float], time: list[float] | None = None, *, sign: int = -1) -> StepResult:
    times = np.linspace(0.0, 3600.0, len(voltage)) if time is None else np.array(time)
    direction = "discharge" if sign < 0 else "charge"
    return StepResult(HalfCycle(direction, sign * CURRENT, voltage[-1]), times, np.array(voltage), np.zeros((0, 3)), np.zeros(0), {})  # type: ignore[arg-type]


def test_charge_is_positive_in_either_direction() -> None:
    for sign in (1, -1):
        curve = _curve([1.0, 0.0], sign=sign)
        assert curve.charge == pytest.approx(CURRENT * 3600, rel=1e-14)
        assert curve.capacity(MASS) == pytest.approx(3.6, rel=1e-12)
        assert curve.capacities(MASS) == pytest.approx([0.0, 3.6], rel=1e-12)


def test_mean_and_median_of_a_straight_line_are_its_middle() -> None:
    # uneven points: a mean over points would be 0.71
    time = [0.0, 36.0, 72.0, 360.0, 1800.0, 3600.0]
    curve = _curve([1.0 - t / 3600 for t in time], time)
    assert curve.mean_voltage() == pytest.approx(0.5, abs=1e-12)
    assert curve.median_voltage() == pytest.approx(0.5, abs=1e-12)


def test_mean_and_median_differ_on_a_bent_curve() -> None:
    curve = _curve([2.0, 1.0, 1.0], [0.0, 1200.0, 3600.0])
    assert curve.mean_voltage() == pytest.approx((1.5 * 1200 + 1.0 * 2400) / 3600, abs=1e-12)
    assert curve.median_voltage() == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("voltage", "share"),
    [
        ([1.0, 0.0], 0.15),  # falls through the boundary
        ([0.0, 1.0], 0.15),  # rises through it
        ([0.30, 0.20, 0.10, 0.0], 0.5),
        ([0.0, 0.10, 0.20, 0.30], 0.5),
        ([0.0, 0.3, 0.0], 0.5),  # below, above, below
        ([0.1, 0.1, 0.0], 1.0),
        ([0.15, 0.3, 0.4], 0.0),
        ([0.2, 0.2, 0.2], 0.0),
    ],
)
def test_the_capacity_below_a_boundary(voltage: list[float], share: float) -> None:
    assert _curve(voltage).capacity_below(0.15, MASS) == pytest.approx(3.6 * share, abs=1e-9)


@given(st.lists(st.floats(-0.1, 2.5), min_size=2, max_size=30), st.floats(0, 2))
def test_above_and_below_make_up_the_whole(voltage: list[float], boundary: float) -> None:
    curve, mirrored = _curve(voltage), _curve([2 * boundary - v for v in voltage])
    if boundary in voltage:
        return
    assert curve.capacity_below(boundary, MASS) + mirrored.capacity_below(boundary, MASS) == pytest.approx(3.6, rel=1e-6)


def test_a_thinned_curve_keeps_its_ends_and_its_corner() -> None:
    time = np.linspace(0, 3600, 2001)
    voltage = np.where(time < 3400, 4.0 - 1e-5 * time, 3.966 - (time - 3400) * 9e-3)
    thin = interpolated(_curve(voltage.tolist(), time.tolist()), 60, MASS)
    capacity, volts = np.array(thin["capacity"]), np.array(thin["voltage"])
    assert capacity.size <= 60
    assert np.all(np.diff(capacity) > 0)
    assert (capacity[0], capacity[-1]) == (0.0, pytest.approx(3.6, rel=1e-12))
    assert (volts[0], volts[-1]) == (pytest.approx(4.0, abs=1e-12), pytest.approx(voltage[-1], abs=1e-12))
    # the steep end is drawn: no step of the thinned curve spans more than a tenth of the fall
    assert np.abs(np.diff(volts)).max() < 0.1 * (volts[0] - volts[-1])
    # and every point lies on the curve
    assert np.interp(capacity, time / 1000, voltage) == pytest.approx(volts, abs=1e-9)


def test_a_flat_curve_can_be_thinned() -> None:
    thin = interpolated(_curve([1.0] * 50), 10, MASS)
    assert (thin["capacity"][0], thin["capacity"][-1]) == (0.0, pytest.approx(3.6))
    assert set(thin["voltage"]) == {1.0}


def test_the_working_mass_is_the_carbon_of_a_half_cell_and_the_cathode_of_a_full_one(half: Cell, full: Cell) -> None:
    assert working_mass(half) == pytest.approx(1.131, rel=1e-12)
    assert working_mass(full) == pytest.approx(2.262, rel=1e-12)
