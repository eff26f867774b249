"""Differential capacity: peaks against curves whose peaks are known, and what is withheld."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.random import default_rng

from dualion.errors import CoverageError, SpecError
from dualion.numerics.cycling.cycle_pairs import simulated_cycling
from dualion.numerics.cycling.differential import differential, voltage_noise
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Quantity
from dualion.techniques.differential_capacity import TECHNIQUE, Options, analyse, draw, synthesise

CELL = CellRecord(kind="dual-ion", cathode_mass=Quantity(2.0, "mg", stderr=0.02))
WIDTH = 0.05  # [V]
MAH = 1e-3  # [Ah]


def curve(*plateaus: tuple[float, float], rows: int = 800, slope: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Charge [mAh] and rising voltage of plateaus (potential [V], capacity [mAh]) on a slope [mAh/V] from 3 V to 5 V."""
    levels = np.linspace(3.0, 5.0, 40_001)
    passed = slope * (levels - 3.0)
    for potential, capacity in plateaus:
        passed += 0.5 * capacity * np.tanh((levels - potential) / WIDTH)
    passed -= passed[0]
    at = np.linspace(0, passed[-1], rows)
    return at, np.interp(at, passed, levels)


def height(capacity: float, slope: float = 0.2) -> float:
    """dQ/dV [mAh/V] at the middle of a plateau."""
    return slope + capacity / (2 * WIDTH)


def one_cycle(charge: np.ndarray, discharge: np.ndarray, capacity: float, cell: CellRecord = CELL) -> Measurement:
    """Two equal cycles of these voltages, both branches of one capacity [mAh]."""
    voltage = np.tile(np.stack([charge, discharge]), (2, 1))
    amounts, currents = np.full(4, capacity * MAH), np.tile([1e-4, -1e-4], 2)
    return simulated_cycling(amounts, currents, voltage, cycle=np.array([1, 1, 2, 2]), name="test", truth={}, cell=cell)


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


@pytest.mark.parametrize("grid", ["charge", "voltage"])
@pytest.mark.parametrize("rising", [True, False])
def test_two_plateaus_without_noise(grid: str, rising: bool) -> None:
    at, voltage = curve((3.6, 0.5), (4.3, 0.3))
    found = differential(at, voltage if rising else voltage[::-1], grid=grid)
    order = slice(None) if rising else slice(None, None, -1)
    assert [peak.potential for peak in found.peaks][order] == pytest.approx([3.6, 4.3], abs=5e-4)
    assert [peak.height for peak in found.peaks][order] == pytest.approx([height(0.5), height(0.3)], rel=5e-3)
    half = np.arccosh(np.sqrt((0.5 / 0.1) / (height(0.5) / 2 - 0.2)))  # where sech^2 has fallen to it
    area = 0.5 * np.tanh(half) + 0.2 * 2 * WIDTH * half
    assert found.peaks[order][0].area == pytest.approx(area, rel=0.01)
    assert found.peaks[order][0].width == pytest.approx(2 * WIDTH * half, rel=0.01)


def test_the_area_under_the_curve_is_the_charge() -> None:
    at, voltage = curve((3.6, 0.5), (4.3, 0.3))
    found = differential(at, voltage)
    assert np.trapezoid(found.capacity, found.voltage) == pytest.approx(at[-1], rel=0.01)


@pytest.mark.parametrize("rows", [200, 2000])
def test_noise_of_a_row_is_told_from_the_curve(rows: int) -> None:
    at, voltage = curve((3.6, 0.5), rows=rows)
    noisy = voltage + default_rng(0).normal(0, 2e-3, rows)
    assert voltage_noise(at, noisy) == pytest.approx(2e-3, rel=0.15)
    assert voltage_noise(at, voltage) < 3e-5


@pytest.mark.parametrize("grid", ["charge", "voltage"])
def test_errors_are_the_spread_over_many_records(grid: str) -> None:
    at, voltage = curve((4.0, 0.6), rows=600)
    peaks = [differential(at, voltage + default_rng(seed).normal(0, 5e-4, 600), grid=grid).peaks for seed in range(60)]
    assert {len(found) for found in peaks} == {1}
    potentials = np.array([found[0].potential for found in peaks])
    heights = np.array([found[0].height for found in peaks])
    assert potentials.mean() == pytest.approx(4.0, abs=4 * potentials.std() / np.sqrt(len(peaks)))
    assert potentials.std() == pytest.approx(np.median([found[0].potential_stderr for found in peaks]), rel=0.3)
    assert heights.mean() == pytest.approx(height(0.6), rel=0.01)
    assert heights.std() == pytest.approx(np.median([found[0].height_stderr for found in peaks]), rel=0.3)


def test_hysteresis_and_capacities_per_gram() -> None:
    at, up = curve((4.2, 0.16), slope=0.02)
    _, down = curve((4.05, 0.16), slope=0.02)
    values = analyse((one_cycle(up, down[::-1], at[-1]),), Options()).values
    assert values["hysteresis"].value == pytest.approx(150.0, abs=0.5)
    assert values["charge_peak_potential"].value == pytest.approx(4.2, abs=5e-4)
    assert values["charge_peak_height"].value == pytest.approx(height(0.16, 0.02) / 2e-3, rel=5e-3)
    assert values["charge_peak_height"].unit == "mAh/g/V"
    whole = analyse((one_cycle(up, down[::-1], at[-1]),), Options(basis="cell")).values
    assert whole["charge_peak_height"].value == pytest.approx(height(0.16, 0.02), rel=5e-3)
    assert (values["charge_peak_height"].stderr or 0) > 0.01 * (values["charge_peak_height"].value or 0)  # 1 % of the mass


def test_the_accuracy_of_the_voltage_cancels_in_the_hysteresis() -> None:
    at, up = curve((4.2, 0.16))
    _, down = curve((4.05, 0.16))
    measured = (one_cycle(up, down[::-1], at[-1]),)
    fine, coarse = (analyse(measured, Options(voltage_accuracy=accuracy)).values for accuracy in (1e-4, 1e-2))
    assert fine["hysteresis"].stderr == coarse["hysteresis"].stderr
    assert coarse["charge_peak_potential"].stderr == pytest.approx(1e-2, rel=0.05)


def test_without_a_mass_a_capacity_per_gram_is_refused() -> None:
    at, up = curve((4.2, 0.16))
    measured = (one_cycle(up, up[::-1], at[-1], CellRecord(kind="dual-ion")),)
    with pytest.raises(SpecError, match="cathode_mass: missing"):
        analyse(measured, Options())
    assert analyse(measured, Options(basis="cell")).values["hysteresis"].value == pytest.approx(0.0, abs=0.5)


def test_a_slope_has_no_peak_and_says_so() -> None:
    line = np.linspace(3.0, 4.0, 400)
    result = analyse((one_cycle(line, line[::-1], 1.0),), Options())
    assert "no_peak" in codes(result)
    assert result.values["charge_peak_potential"].value is None
    assert result.values["hysteresis"].value is None
    assert draw(result).finding == "dQ/dV has no pair of peaks."


def test_a_plateau_flat_within_its_noise_has_a_potential_and_no_height() -> None:
    share = np.linspace(0, 1, 800)
    voltage = 4.0 + 0.6 * np.sign(share - 0.5) * np.maximum(np.abs(share - 0.5) - 0.3, 0) / 0.2
    noisy = [voltage + default_rng(seed).normal(0, 3e-3, 800) for seed in (1, 2)]
    result = analyse((one_cycle(noisy[0], noisy[1][::-1], 1.0),), Options(basis="cell"))
    found = result.values["charge_peak_potential"]
    assert found.value == pytest.approx(4.0, abs=4 * (found.stderr or 0))
    assert (found.stderr or 1) < 5e-3
    if result.values["charge_peak_height"].value is None:
        assert "plateau_too_flat" in codes(result)
    else:
        assert (result.values["charge_peak_height"].stderr or 0) > 0.02 * result.values["charge_peak_height"].value


def test_a_plateau_that_ends_at_the_cut_off_is_told() -> None:
    at, voltage = curve((2.99, 0.5))
    assert "peak_at_edge" in codes(analyse((one_cycle(voltage, voltage[::-1], at[-1]),), Options()))


def test_a_hold_at_constant_voltage_is_left_out() -> None:
    """Rows of a hold carry charge at one voltage: a peak of the instrument, not of the electrode."""
    at, up = curve((4.0, 0.3), rows=400)
    measured = one_cycle(up, up[::-1], at[-1])
    table = measured.table
    held = (
        table.filter(pl.col("step_count") == 3)
        .tail(40)
        .with_columns(
            pl.col("current_ampere") * 0.1,
            pl.col("test_time_second") + 3000.0,
            pl.lit(5.0).alias("voltage_volt"),
            pl.col("step_net_capacity_ah") + at[-1] * MAH * 0.3 * pl.Series(np.linspace(0.01, 1, 40)),
        )
    )
    later = pl.col("test_time_second") + 9000.0
    joined = pl.concat([table.filter(pl.col("step_count") <= 3), held, table.filter(pl.col("step_count") == 4).with_columns(later)])
    result = analyse((replace(measured, table=joined),), Options())
    assert result.values["charge_peak_potential"].value == pytest.approx(4.0, abs=2e-3)
    assert max(result.curves["charge"].x) < 5.0 + 1e-6


def test_the_last_ordinary_cycle_is_taken_unless_one_is_named() -> None:
    at, up = curve((4.0, 0.3), rows=200)
    _, other = curve((4.1, 0.3), rows=200)
    voltage = np.stack([up, up[::-1], other, other[::-1], up, up[::-1]])
    amounts = np.array([1, 1, 1, 1, 0.2, 0.2]) * at[-1] * MAH
    number = np.repeat([1, 2, 3], 2)
    measured = simulated_cycling(amounts, np.tile([1e-4, -1e-4], 3), voltage, cycle=number, name="test", truth={}, cell=CELL)
    assert analyse((measured,), Options()).values["charge_peak_potential"].value == pytest.approx(4.1, abs=1e-3)
    assert analyse((measured,), Options(cycle=1)).values["charge_peak_potential"].value == pytest.approx(4.0, abs=1e-3)
    with pytest.raises(SpecError, match=r"no half cycle of cycle 9\. Cycles go from 1 to 3"):
        analyse((measured,), Options(cycle=9))


def test_few_rows_and_one_branch() -> None:
    at, up = curve((4.0, 0.3), rows=15)
    with pytest.raises(CoverageError, match="needs at least 21 and has 15"):
        analyse((one_cycle(up, up[::-1], at[-1]),), Options())
    at, up = curve((4.0, 0.3))
    both = one_cycle(up, up[::-1], at[-1])
    alone = replace(both, table=both.table.filter(pl.col("step_count") == 1))
    result = analyse((alone,), Options())
    assert "one_branch" in codes(result)
    assert "hysteresis" not in result.values


@pytest.mark.parametrize("given", [{"window": 20}, {"order": 1}, {"window": 401}, {"order": 30}, {"grid": "time"}, {"basis": "salt"}])
def test_options_that_mean_nothing(given: dict[str, object]) -> None:
    with pytest.raises(SpecError, match="differential_capacity"):
        Options(**given)  # type: ignore[arg-type]


def test_truth_within_its_errors_and_smaller_errors_with_less_noise() -> None:
    errors = []
    for noise in (1.0, 0.1):
        measured, truth = synthesise(default_rng(5), noise=noise)
        values = analyse(measured, TECHNIQUE.example_options()).values
        for name, true in truth.items():
            assert abs((values[name].value or 0) - true) < 3.5 * (values[name].stderr or 0)
        errors.append(values["hysteresis"].stderr or 0)
    assert errors[1] < 0.2 * errors[0]


def test_the_figure_draws_the_discharge_downwards() -> None:
    measured, _ = synthesise(default_rng(0))
    result = analyse(measured, Options())
    series = {one.name: one for one in draw(result).panels[0].series}
    assert min(series["charge"].y) > 0 > max(series["discharge"].y)
    assert series["peaks of the charge"].x[0] == result.values["charge_peak_potential"].value
