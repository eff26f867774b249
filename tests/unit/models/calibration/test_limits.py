"""The cheap limits against the full models: close enough that a start which they choose is worth refining."""

from __future__ import annotations

import pytest

from dualion.models.calibration.limits import cheap_dual_ion, cheap_half_cell, has_cheap_limit
from dualion.models.calibration.observe import simulated
from dualion.models.engines import solver
from dualion.models.targets import Target
from dualion.records.cell import Cell

BOUNDARY = 0.15


def test_the_half_cell_limit_follows_the_full_model(half: Cell) -> None:
    """0.1 to 1 C; the limit has no particle and no salt gradient, so it lies above."""
    targets = [
        Target("P", quantity, 300.0 * rate, 1.0) for rate in (0.1, 0.2, 0.5) for quantity in ("specific_capacity", "plateau_capacity")
    ]
    found = simulated(solver(half), targets, parameters={}, boundary=BOUNDARY)
    assert cheap_half_cell(half, targets, {}, BOUNDARY) == pytest.approx(found, abs=4.0)


def test_at_one_c_the_half_cell_limit_is_still_near(half: Cell) -> None:
    """The salt gradient that it leaves out begins to count: found 8 mAh/g too high."""
    target = Target("P", "specific_capacity", 300.0, 1.0)
    (found,) = simulated(solver(half), [target], parameters={}, boundary=BOUNDARY)
    (cheap,) = cheap_half_cell(half, [target], {}, BOUNDARY)
    assert cheap == pytest.approx(found, abs=10.0)


def test_the_half_cell_limit_gives_ratios_in_percent(half: Cell) -> None:
    ratio, low, high = cheap_half_cell(
        half,
        [
            Target("P", "plateau_retention", 300.0, 1.0, 60.0),
            Target("P", "plateau_capacity", 60.0, 1.0),
            Target("P", "plateau_capacity", 300.0, 1.0),
        ],
        {},
        BOUNDARY,
    )
    assert ratio == pytest.approx(100 * high / low, rel=1e-12)
    assert 50 < ratio < 100


def test_open_parameters_act_on_the_half_cell_limit(half: Cell) -> None:
    target = [Target("P", "specific_capacity", 30.0, 1.0)]
    (before,) = cheap_half_cell(half, target, {}, BOUNDARY)
    (after,) = cheap_half_cell(half, target, {"anode.slope_capacity": 116.9}, BOUNDARY)
    assert after - before == pytest.approx(10.0 * 0.88, abs=0.3)  # 88 % of the slope population lies above 0 V


def test_the_dual_ion_limit_follows_the_full_model(full: Cell) -> None:
    """1 to 4 C: capacities within 5 mAh/g (found: 0.2) and mean voltages within 30 mV."""
    capacities = [Target("P", "specific_capacity", 80.0 * rate, 1.0) for rate in (1, 2, 4)]
    voltages = [Target("P", "mean_voltage", 80.0 * rate, 1.0) for rate in (1, 2, 4)]
    found = simulated(solver(full), capacities + voltages, parameters={}, boundary=BOUNDARY)
    cheap = cheap_dual_ion(full, capacities + voltages, {})
    assert cheap[:3] == pytest.approx(found[:3], abs=0.5)
    assert cheap[3:] == pytest.approx(found[3:], abs=0.03)


def test_open_parameters_act_on_the_dual_ion_limit(full: Cell) -> None:
    targets = [Target("P", "specific_capacity", 320.0, 1.0), Target("P", "mean_voltage", 80.0, 1.0)]
    capacity, voltage = cheap_dual_ion(full, targets, {})
    larger, _ = cheap_dual_ion(full, targets, {"cathode.host_capacity": 105.905})
    slower, _ = cheap_dual_ion(full, targets, {"cathode.diffusivity": 3.32e-16})
    _, higher = cheap_dual_ion(full, targets, {"cathode.ocp_shift": -0.0141})
    assert 8 < larger - capacity < 11
    assert slower < capacity - 10
    assert higher - voltage == pytest.approx(0.05, abs=0.01)


def test_what_has_no_closed_form_is_said_to_have_none(half: Cell, full: Cell) -> None:
    def target(quantity: str) -> Target:
        return Target("P000", quantity, 30.0, 1.0, 60.0)

    assert has_cheap_limit(half, [target("specific_capacity"), target("plateau_retention")])
    assert not has_cheap_limit(half, [target("specific_capacity"), target("mean_voltage")])
    assert has_cheap_limit(full, [target("specific_capacity"), target("mean_voltage")])
    assert not has_cheap_limit(full, [target("specific_energy")])
