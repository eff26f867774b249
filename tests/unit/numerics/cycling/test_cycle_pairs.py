"""Cycles from half cycles: what is counted, by whose rule, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, SpecError
from dualion.numerics.cycling.cycle_pairs import cycles_of, first_sign, reversible_branch, simulated_cycling
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement


def record(signs: list[int], cell: CellRecord | None = None, counts: list[int] | None = None) -> Measurement:
    """Half cycles of these signs: 1, 2, 3, ... mAh at 1 mA between 3 V and 4 V."""
    charge = 1e-3 * np.arange(1, len(signs) + 1)
    voltage = np.stack([np.linspace(3, 4, 9)[::sign] for sign in signs])
    number = np.array(counts or range(1, len(signs) + 1))
    return simulated_cycling(charge, 1e-3 * np.array(signs), voltage, cycle=number, name="test", truth={}, cell=cell or CellRecord())


def test_charge_energy_duration_and_current_of_each_branch() -> None:
    cycles, rule, flags = cycles_of(record([1, -1, 1, -1], counts=[1, 1, 2, 2]), "instrument")
    assert rule == "cycles by the instrument's count"
    assert flags == ()
    assert cycles["cycle"].to_list() == [1, 2]
    assert cycles["charge_charge_ah"].to_list() == pytest.approx([1e-3, 3e-3])
    assert cycles["discharge_charge_ah"].to_list() == pytest.approx([2e-3, 4e-3])
    assert cycles["discharge_energy_wh"].to_list() == pytest.approx([7e-3, 14e-3])
    assert cycles["discharge_duration_second"].to_list() == pytest.approx([7200, 14400])
    assert cycles["charge_current_ampere"].to_list() == pytest.approx([1e-3, 1e-3])


def test_several_half_cycles_of_one_branch_add_up() -> None:
    cycles, *_ = cycles_of(record([1, -1, 1, -1], counts=[7, 7, 7, 7]), "instrument")
    assert cycles["cycle"].to_list() == [7]
    assert cycles["charge_charge_ah"].to_list() == pytest.approx([4e-3])
    assert cycles["discharge_charge_ah"].to_list() == pytest.approx([6e-3])


@pytest.mark.parametrize(
    ("cell", "sign", "branch"),
    [
        (CellRecord(kind="half", working="anode"), -1, "charge"),
        (CellRecord(kind="half", working="cathode"), 1, "discharge"),
        (CellRecord(kind="dual-ion"), 1, "discharge"),
        (CellRecord(), None, "discharge"),
    ],
)
def test_a_cycle_begins_as_its_cell_does(cell: CellRecord, sign: int | None, branch: str) -> None:
    assert first_sign(cell) == sign
    assert reversible_branch(cell) == branch


def test_own_count_keeps_what_comes_before_the_first_cycle() -> None:
    """A full cell whose record begins with a discharge: it belongs to cycle 0, and is not lost."""
    cycles, rule, _ = cycles_of(record([-1, 1, -1], CellRecord(kind="dual-ion")), "own")
    assert rule == "cycles by own count"
    assert cycles["cycle"].to_list() == [0, 1]
    assert cycles["charge_charge_ah"].to_list() == [None, pytest.approx(2e-3)]
    assert cycles["discharge_charge_ah"].to_list() == pytest.approx([1e-3, 3e-3])


def test_time_that_runs_backwards_is_not_integrated_but_a_counter_stands() -> None:
    given = record([1, -1], counts=[1, 1])
    time = given.table["test_time_second"].to_numpy().copy()
    time[4] = 0.0
    broken = replace(given, table=given.table.with_columns(pl.Series("test_time_second", time)))
    cycles, *_ = cycles_of(broken, "instrument")
    assert cycles["charge_charge_ah"].to_list() == pytest.approx([1e-3])
    bare = replace(broken, table=broken.table.drop("step_net_capacity_ah"))
    with pytest.raises(SpecError, match=r"time runs backwards 1 times, first in row 5, .*mend_time"):
        cycles_of(bare, "instrument")


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e200])
def test_rows_that_hold_no_number_are_left_out_and_told_once(value: float) -> None:
    given = record([1, -1], counts=[1, 1])
    voltage = given.table["voltage_volt"].to_numpy().copy()
    voltage[3] = value
    spoilt = replace(given, table=given.table.with_columns(pl.Series("voltage_volt", voltage)))
    _, _, flags = cycles_of(spoilt, "instrument")
    assert [flag.code for flag in flags] == ["missing_values"]
    assert flags[0].message.startswith("1 rows hold no number")
    _, _, again = cycles_of(replace(spoilt, flags=flags), "instrument")
    assert again == flags


def test_no_current_no_cycles() -> None:
    given = record([1, -1])
    still = replace(given, table=given.table.with_columns(pl.lit(0.0).alias("current_ampere")))
    with pytest.raises(CoverageError, match="half cycles that are no drive profile"):
        cycles_of(still, "own")
