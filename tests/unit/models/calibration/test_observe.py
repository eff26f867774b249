"""What a model gives for named targets."""

from __future__ import annotations

import pytest

from dualion.errors import SpecError
from dualion.models.calibration.observe import simulated
from dualion.models.engines import Solver, solver
from dualion.models.experiments import cycle
from dualion.models.isotherms import isotherm_of
from dualion.models.outputs import working_mass
from dualion.models.targets import Target
from dualion.records.cell import Cell


@pytest.fixture(scope="module")
def half_model(half: Cell) -> Solver:
    return solver(half)


@pytest.fixture(scope="module")
def full_model(full: Cell) -> Solver:
    return solver(full)


def _asked(model: Solver, *targets: Target, boundary: float = 0.15, **parameters: float) -> list[float]:
    return simulated(model, targets, parameters=parameters, boundary=boundary)


def test_a_total_is_the_sum_of_plateau_and_slope(half_model: Solver) -> None:
    total, plateau, slope = _asked(half_model, *(Target("P", f"{name}_capacity", 150.0, 1.0) for name in ("specific", "plateau", "slope")))
    assert plateau + slope == pytest.approx(total, abs=1e-9)
    assert 0.7 < plateau / total < 0.9


def test_the_capacity_above_the_start_is_added(half_model: Solver, half: Cell) -> None:
    (total,) = _asked(half_model, Target("P", "specific_capacity", 150.0, 1.0))
    sodiation = half_model.solve(cycle(half, 150.0)).steps[0]
    above = isotherm_of(half.anode).capacity_above(1.0)
    assert above == pytest.approx(1.0, abs=0.2)
    assert total == pytest.approx(sodiation.capacity(working_mass(half)) + above, abs=1e-3)


def test_the_boundary_moves_capacity_from_slope_to_plateau(half_model: Solver) -> None:
    target = Target("P", "plateau_capacity", 150.0, 1.0)
    low, high = _asked(half_model, target, boundary=0.10)[0], _asked(half_model, target, boundary=0.20)[0]
    assert high > low + 10


@pytest.mark.parametrize(("quantity", "part"), [("plateau_retention", "plateau_capacity"), ("capacity_retention", "specific_capacity")])
def test_a_ratio_is_that_of_its_capacity_in_percent(half_model: Solver, quantity: str, part: str) -> None:
    ratio, low, high = _asked(
        half_model, Target("P", quantity, 300.0, 1.0, 60.0), Target("P", part, 60.0, 1.0), Target("P", part, 300.0, 1.0)
    )
    assert ratio == pytest.approx(100 * high / low, rel=1e-6)
    assert ratio < 100


def test_values_come_in_the_order_of_the_targets(full_model: Solver) -> None:
    targets = [
        Target("A", "mean_voltage", 800.0, 1.0),
        Target("B", "specific_capacity", 80.0, 1.0),
        Target("C", "specific_capacity", 800.0, 1.0),
    ]
    forward = _asked(full_model, *targets)
    assert _asked(full_model, *reversed(targets)) == pytest.approx(forward[::-1], rel=1e-9)
    assert forward == pytest.approx([3.97, 94.8, 86.4], rel=0.005)


def test_an_energy_is_capacity_times_mean_voltage(full_model: Solver) -> None:
    names = ("specific_energy", "specific_capacity", "mean_voltage", "median_voltage")
    energy, capacity, mean, median = _asked(full_model, *(Target("P", name, 160.0, 1.0) for name in names))
    assert energy == pytest.approx(capacity * mean, rel=1e-12)
    assert mean != pytest.approx(median, abs=1e-3)


def test_open_parameters_act(full: Cell) -> None:
    model = solver(full, inputs=("cathode.host_capacity", "series_resistance"))
    target = Target("P", "specific_capacity", 80.0, 1.0)
    (nominal,) = _asked(model, target)
    (larger,) = _asked(model, target, **{"cathode.host_capacity": 105.905})
    assert larger - nominal == pytest.approx(10 * nominal / 95.905, abs=0.3)
    volts = Target("P", "mean_voltage", 800.0, 1.0)
    (low,) = _asked(model, volts)
    (high,) = _asked(model, volts, series_resistance=16.0)
    assert low - high == pytest.approx(10 * full.current_of(800.0), rel=0.15)  # 10 ohm more


@pytest.mark.parametrize("quantity", ["plateau_capacity", "energy_density", "capacity"])
def test_a_quantity_that_a_cell_does_not_give_is_named(full_model: Solver, quantity: str) -> None:
    with pytest.raises(SpecError, match=f"P113: {quantity} is not a quantity of mec3-eg"):
        _asked(full_model, Target("P113", quantity, 80.0, 1.0))
