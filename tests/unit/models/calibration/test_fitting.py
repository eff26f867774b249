"""Calibration on numbers whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dualion.errors import CoverageError, SpecError
from dualion.models.calibration.fitting import FREE, CellFit, calibrate
from dualion.models.calibration.limits import cheap_half_cell
from dualion.models.calibration.observe import predicted_errors, simulated
from dualion.models.engines import solver
from dualion.models.targets import Target
from dualion.numerics.fit import fit
from dualion.records.cell import Cell

BOUNDARY = 0.15
F1 = {"anode.slope_capacity": 106.9, "anode.pore_capacity": 547.0, "anode.pore_potential": 0.0106, "anode.pore_width": 0.0253}
#: The seven data of the specification, 2.5.
SEVEN = (
    *(Target(f"T{k}", "specific_capacity", 300 * rate, 1.0) for k, rate in enumerate((0.1, 0.2, 0.5, 1.0, 2.0))),
    Target("T5", "plateau_capacity", 30.0, 1.0),
    Target("T6", "plateau_capacity", 300.0, 1.0),
)
TWO = ("anode.slope_capacity", "anode.pore_capacity")


def _set(targets: tuple[Target, ...], values: list[float], *, noise: float = 0.0, seed: int = 0) -> list[Target]:
    random = np.random.default_rng(seed)
    return [replace(t, value=v * (1 + noise * random.standard_normal())) for t, v in zip(targets, values, strict=True)]


@pytest.fixture(scope="module")
def two_targets(half: Cell) -> list[Target]:
    """Three totals and a plateau that the model itself gives for F1."""
    chosen = (*SEVEN[:3], SEVEN[5])
    return _set(chosen, simulated(solver(half), chosen, parameters={}, boundary=BOUNDARY))


@pytest.fixture(scope="module")
def two(half: Cell, two_targets: list[Target]) -> CellFit:
    return calibrate(half, two_targets, TWO, boundary=BOUNDARY, starts=2)


def test_the_truth_is_found_from_data_without_noise(two: CellFit, two_targets: list[Target]) -> None:
    assert two.values["anode.slope_capacity"] == pytest.approx(106.9, abs=0.05)
    assert two.values["anode.pore_capacity"] == pytest.approx(547.0, abs=0.1)
    assert two.rmse("mAh/g") == pytest.approx(0.0, abs=0.05)
    assert two.rmse("V") is None
    assert two.model == pytest.approx([target.value for target in two_targets], abs=0.05)
    assert two.fit.degrees_of_freedom == 2
    assert two.fit.at_bound == (False, False)
    assert two.fit.identified == (True, True)


def test_reported_values_have_six_digits(two: CellFit) -> None:
    for value in two.values.values():
        assert value == float(f"{value:.5e}")


def test_the_error_of_a_fitted_quantity_is_that_of_its_data(half: Cell, two: CellFit, two_targets: list[Target]) -> None:
    """Two parameters on four data of about 1 %: the fit cannot be surer than half a datum nor less sure than one."""
    model = solver(half, inputs=TWO)
    errors = predicted_errors(model, two.fit, two_targets, values=two.values, boundary=BOUNDARY)
    for error, target in zip(errors, two_targets, strict=True):
        assert 0.3 * target.sigma < error < 1.0 * target.sigma


def test_a_bound_that_is_hit_is_reported(half: Cell) -> None:
    """1000 mAh/g would need more pores than a gram of carbon has."""
    targets = [Target("A", "specific_capacity", 30.0, 1000.0), Target("B", "specific_capacity", 60.0, 1000.0)]
    found = calibrate(half, targets, TWO, boundary=BOUNDARY, starts=1)
    for name, at_bound, identified in zip(TWO, found.fit.at_bound, found.fit.identified, strict=True):
        assert at_bound
        assert not identified
        assert found.values[name] == pytest.approx(FREE[name].high, rel=2e-3)


def test_as_many_parameters_as_data_leave_no_degrees_of_freedom(half: Cell, two_targets: list[Target]) -> None:
    from dualion.study.cells.tasks import _fit_flags

    found = calibrate(half, [two_targets[0], two_targets[3]], TWO, boundary=BOUNDARY, starts=1)
    assert found.fit.degrees_of_freedom == 0
    assert "no_degrees_of_freedom" in [flag["code"] for flag in _fit_flags(found.fit)]


def test_fewer_data_than_parameters_are_refused(half: Cell, two_targets: list[Target]) -> None:
    with pytest.raises(CoverageError, match="needs at least 2 and has 1"):
        calibrate(half, two_targets[:1], TWO, boundary=BOUNDARY, starts=2)


@pytest.mark.parametrize("name", ["anode.pore", "cathode.ocp", "temperature"])
def test_an_unknown_parameter_is_refused(half: Cell, name: str) -> None:
    with pytest.raises(SpecError, match=f"{name}: not a parameter that can be fitted. Write one of anode.slope_capacity"):
        calibrate(half, SEVEN, (name,), boundary=BOUNDARY)


def test_a_parameter_that_the_cell_lacks_is_refused(half: Cell) -> None:
    with pytest.raises(SpecError, match=r"cathode\.diffusivity: no parameter of na-mec3"):
        calibrate(half, SEVEN, ("cathode.diffusivity",), boundary=BOUNDARY, starts=1)


@pytest.mark.slow
def test_a_cathode_is_found_from_three_data(full: Cell) -> None:
    """Two capacities and a voltage settle size, diffusivity and position, as in the study."""
    names = ("cathode.host_capacity", "cathode.diffusivity", "cathode.ocp_shift")
    asked = (
        Target("A", "specific_capacity", 80.0, 1.0),
        Target("B", "specific_capacity", 800.0, 1.0),
        Target("C", "mean_voltage", 80.0, 1.0),
    )
    targets = _set(asked, simulated(solver(full), asked, parameters={}, boundary=BOUNDARY))
    begin = dict(zip(names, (97.0, 2.5e-15, -0.05), strict=True))
    found = calibrate(full, targets, names, boundary=BOUNDARY, begin=[begin], starts=0)
    assert found.values["cathode.host_capacity"] == pytest.approx(95.905, abs=0.05)
    assert found.values["cathode.diffusivity"] == pytest.approx(3.32e-15, rel=0.01)
    assert found.values["cathode.ocp_shift"] == pytest.approx(-0.0641, abs=5e-4)
    assert found.rmse("V") == pytest.approx(0.0, abs=1e-4)


@pytest.mark.slow
def test_the_truth_lies_within_the_errors_for_most_seeds_of_noise(half: Cell) -> None:
    """V22 on the cheap limit: F1 with 0.5 % noise; sigma is 1 %, so two standard errors hold nearly always."""
    names = tuple(F1)
    truth = cheap_half_cell(half, SEVEN, F1, BOUNDARY)
    inside = 0
    for seed in range(6):
        data = _set(SEVEN, truth, noise=0.005, seed=seed)

        def residual(values: np.ndarray, data: list[Target] = data) -> np.ndarray:
            found = cheap_half_cell(half, data, dict(zip(names, map(float, values), strict=True)), BOUNDARY)
            return np.array([(f - t.value) / t.sigma for f, t in zip(found, data, strict=True)])

        result = fit(residual, [FREE[name] for name in names], starts=2, refine=1, seed=seed)
        inside += all(abs(v - F1[n]) <= 2 * e for n, v, e in zip(names, result.values, result.stderr, strict=True))
    assert inside >= 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_truth_is_found_by_the_full_model(half: Cell, seed: int) -> None:
    truth = simulated(solver(half), SEVEN, parameters={}, boundary=BOUNDARY)
    found = calibrate(half, _set(SEVEN, truth, noise=0.005, seed=seed), tuple(F1), boundary=BOUNDARY)
    for name, value, error in zip(F1, found.fit.values, found.fit.stderr, strict=True):
        assert abs(value - F1[name]) <= 2 * error, name
    assert found.rmse("mAh/g") < 5.0
    # capacity, position and width of the pores are not separable from rate data
    assert {pair[:2] for pair in found.fit.strong_correlations()} >= {("anode.pore_capacity", "anode.pore_potential")}
