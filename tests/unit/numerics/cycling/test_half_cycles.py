"""Charge, energy and voltages of half cycles, with and without counters."""

import numpy as np
import polars as pl
import pytest

from dualion.errors import InputError
from dualion.numerics.cycling.cycle_table import CHARGE, DISCHARGE, cycles_of
from dualion.numerics.cycling.half_cycles import half_cycle_table, half_cycles, running_charge
from dualion.numerics.cycling.synthetic_cycles import HalfCycle, record

COUNTERS = ("step_net_capacity_ah", "step_net_energy_wh")


def curve(low: float, high: float, rows: int = 200) -> np.ndarray:
    """A voltage [V] that falls as a parabola of the charge."""
    share = np.linspace(0, 1, rows)
    return high - (high - low) * share**2


@pytest.fixture
def cell() -> pl.DataFrame:
    """Two cycles: 1.0 and 0.9 mAh out, 0.95 and 0.88 mAh in."""
    return record(
        [
            HalfCycle(-1e-3, 1.00e-3, curve(0.1, 1.1), 1),
            HalfCycle(1e-3, 0.95e-3, curve(0.2, 1.2)[::-1], 1),
            HalfCycle(-1e-3, 0.90e-3, curve(0.1, 1.1), 2),
            HalfCycle(1e-3, 0.88e-3, curve(0.2, 1.2)[::-1], 2),
        ]
    )


@pytest.mark.parametrize("counter", ["instrument", "integrated"])
def test_charge_energy_and_voltages(cell: pl.DataFrame, counter: str) -> None:
    table = half_cycle_table(cell, counter=counter)  # type: ignore[arg-type]
    assert table["charge_ah"].to_list() == pytest.approx([1.00e-3, 0.95e-3, 0.90e-3, 0.88e-3], rel=1e-9)
    # of a parabola from high to low: the mean is high - span / 3, the voltage at half of the charge high - span / 4
    assert table["mean_voltage_volt"].to_list() == pytest.approx([1.1 - 1 / 3, 1.2 - 1 / 3] * 2, rel=2e-5)
    assert table["median_voltage_volt"].to_list() == pytest.approx([1.1 - 1 / 4, 1.2 - 1 / 4] * 2, rel=2e-5)
    assert table["energy_wh"].to_numpy() == pytest.approx((table["charge_ah"] * table["mean_voltage_volt"]).to_numpy(), rel=1e-6)
    assert table["mean_current_ampere"].to_list() == pytest.approx([-1e-3, 1e-3] * 2, rel=1e-9)
    assert table["from_counter"].to_list() == [counter == "instrument"] * 4
    assert table["cycle"].to_list() == [1, 1, 2, 2]
    assert table["cycle_count"].to_list() == [1, 1, 2, 2]
    assert table["start_voltage_volt"].to_list() == pytest.approx([1.1, 0.2, 1.1, 0.2])


def test_running_charge_ends_at_the_counter(cell: pl.DataFrame) -> None:
    sparse = cell.with_columns(pl.col("current_ampere") * 1.07)  # the log is off, the counter is not
    table = half_cycle_table(sparse)
    running = running_charge(sparse, table)
    assert running[table["first_row"].to_numpy()].tolist() == [0.0] * 4
    assert running[table["last_row"].to_numpy()] == pytest.approx(table["charge_ah"].to_numpy(), rel=1e-12)
    assert (table["integrated_charge_ah"] / table["charge_ah"]).to_list() == pytest.approx([1.07] * 4, rel=1e-9)
    some = running_charge(sparse, table[1:2])
    assert np.isnan(some[:200]).all()
    assert some[399] == pytest.approx(0.95e-3)


def test_running_charge_follows_a_table_that_was_scaled(cell: pl.DataFrame) -> None:
    table = half_cycle_table(cell).with_columns(pl.col("charge_ah") * 2)
    assert running_charge(cell, table)[199] == pytest.approx(2.00e-3)


def test_a_counter_that_a_step_does_not_reset_is_not_counted_twice() -> None:
    """Three steps of one discharge; the counter runs on across them, as in exports of cumulative capacity."""
    parts = [HalfCycle(-1e-3, 1e-3, curve(0.1, 1.1), 1)] * 3
    reset = record(parts)
    running_on = reset.with_columns(
        pl.col("step_net_capacity_ah") - (pl.col("step_count") - 1) * 1e-3,
        pl.col("step_net_energy_wh") + (pl.col("step_count") - 1) * reset["step_net_energy_wh"][199],
    )
    for frame in (reset, running_on, running_on.drop("step_count")):
        table = half_cycle_table(frame)
        assert table["charge_ah"].to_list() == pytest.approx([3e-3])
        assert table["energy_wh"].to_list() == pytest.approx([-3 * reset["step_net_energy_wh"][199]])


def test_a_counter_that_stands_still_gives_way_to_the_integral(cell: pl.DataFrame) -> None:
    stands = cell.with_columns(pl.when(pl.col("step_count") == 2).then(0.0).otherwise(pl.col("step_net_capacity_ah")).alias(COUNTERS[0]))
    table = half_cycle_table(stands)
    assert table["from_counter"].to_list() == [True, False, True, True]
    assert table["charge_ah"].to_list() == pytest.approx([1.00e-3, 0.95e-3, 0.90e-3, 0.88e-3], rel=1e-9)


def test_one_bad_voltage_spoils_one_half_cycle_only(cell: pl.DataFrame) -> None:
    row = pl.int_range(pl.len())
    bad = cell.with_columns(pl.when(row == 250).then(np.nan).otherwise(pl.col("voltage_volt")).alias("voltage_volt")).drop(COUNTERS)
    table = half_cycle_table(bad)
    assert table["mean_voltage_volt"].is_null().to_list() == [False, True, False, False]
    assert table["charge_ah"].null_count() == 0


def test_no_current_is_no_half_cycle(cell: pl.DataFrame) -> None:
    assert half_cycle_table(cell.with_columns(current_ampere=pl.lit(0.0))).height == 0
    assert half_cycle_table(cell.head(0)).height == 0
    assert np.isnan(half_cycles(cell.with_columns(current_ampere=pl.lit(0.0))).running()).all()


def test_missing_columns_and_unknown_counters_are_named(cell: pl.DataFrame) -> None:
    with pytest.raises(InputError, match="voltage_volt"):
        half_cycle_table(cell.drop("voltage_volt"))
    with pytest.raises(InputError, match="guess"):
        half_cycle_table(cell, counter="guess")  # type: ignore[arg-type]


def test_the_same_frame_is_cut_once_and_another_one_anew(cell: pl.DataFrame) -> None:
    assert half_cycles(cell) is half_cycles(cell)
    assert half_cycles(cell) is not half_cycles(cell.clone())
    assert half_cycles(cell, first=1).segments.cycle.tolist() == [0, 1, 1, 2]


def test_a_half_cycle_is_cut_where_the_instrument_counts_on(cell: pl.DataFrame) -> None:
    """The counter of cycles rises in the middle of the second charge; charge and energy of both parts add up to the whole."""
    row = pl.int_range(pl.len())
    shifted = cell.with_columns((1 + (row >= 300).cast(pl.Int64) + (row >= 700).cast(pl.Int64)).alias("cycle_count"))
    whole = half_cycles(shifted)
    cycles = cycles_of(whole, shifted, rule="instrument")
    assert cycles.number.tolist() == [1, 2, 3]
    assert cycles.charge.sum() == pytest.approx(3.73e-3, rel=1e-12)
    assert cycles.energy.sum() == pytest.approx(whole.table["energy_wh"].sum(), rel=1e-12)
    assert cycles.charge[:, DISCHARGE].tolist() == pytest.approx([1e-3, 0.9e-3, 0.0])
    half = 0.95e-3 * (1 - 100 / 199)  # 100 of 199 steps lie before row 300, whose own belongs to the part that it begins
    assert cycles.charge[1, CHARGE] == pytest.approx(half + 0.95e-3 / 199 + 0.88e-3 * 99 / 199, rel=1e-9)


def test_voltage_at_half_of_the_charge_of_a_cycle_in_parts() -> None:
    parts = [HalfCycle(-1e-3, 1e-3, np.linspace(4, 3, 101), 1), HalfCycle(1e-3, 2e-3, np.linspace(3, 4, 101), 1)]
    frame = record([*parts, HalfCycle(-1e-3, 3e-3, np.linspace(3, 2, 101), 1)])
    cycles = cycles_of(half_cycles(frame), frame, rule="instrument")
    assert cycles.charge[0].tolist() == pytest.approx([4e-3, 2e-3])
    # half of 4 mAh lies 1 mAh into the second discharge, a third of its way from 3 to 2 V
    assert cycles.median[0].tolist() == pytest.approx([3 - 1 / 3, 3.5])
    assert cycles.mean[0].tolist() == pytest.approx([(3.5 + 3 * 2.5) / 4, 3.5])
