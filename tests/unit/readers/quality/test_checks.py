"""Quality checks: what each finds, that it finds nothing in a sound record, and that it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualion.readers.quality.charge_checks import label_signs
from dualion.readers.quality.checks import CODES, check
from dualion.records.measurement import Measurement, Source
from dualion.records.quantity import Flag

CURRENT = 1e-3  # [A]
HOUR = 3600.0  # [s]


def record(cycles: int = 6, rows: int = 61, *, labels: bool = True, steps: bool = True) -> pl.DataFrame:
    """A sound record: half cycles of one hour at 1 mA between 2 V and 3 V, charge first, each its own step."""
    parts = []
    for k in range(2 * cycles):
        sign = 1 if k % 2 == 0 else -1
        time = np.linspace(0, HOUR, rows)
        voltage = 2.5 + sign * (time / HOUR - 0.5)
        part: dict[str, Any] = {
            "test_time_second": k * (HOUR + 1) + time,
            "voltage_volt": voltage,
            "current_ampere": np.full(rows, sign * CURRENT),
            "cycle_count": np.full(rows, 1 + k // 2),
        }
        if steps:
            part |= {"step_count": np.full(rows, k + 1), "step_net_capacity_ah": sign * CURRENT * time / HOUR}
        if labels:
            part["step_type"] = ["CC_Chg" if sign > 0 else "CC_DChg"] * rows
        parts.append(pl.DataFrame(part))
    return pl.concat(parts).with_row_index("record_index", offset=1).with_columns(pl.col("record_index").cast(pl.Int64))


def measured(table: pl.DataFrame, technique: str = "gcd") -> Measurement:
    return Measurement(technique, table, {}, "", Source("cell.csv", "0" * 64, "test", 1))


def flag_of(table: pl.DataFrame, code: str, technique: str = "gcd") -> Flag:
    return next(flag for flag in check(measured(table, technique)).flags if flag.code == code)


def codes(table: pl.DataFrame, technique: str = "gcd") -> list[str]:
    return [flag.code for flag in check(measured(table, technique)).flags]


@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize("steps", [True, False])
def test_a_sound_record_has_no_flag(labels: bool, steps: bool) -> None:
    assert codes(record(labels=labels, steps=steps)) == []


def test_checks_change_no_number_and_run_twice_alike() -> None:
    given = measured(record().with_columns(voltage_volt=pl.col("voltage_volt") * 1000))
    once = check(given)
    assert once.table.equals(given.table)
    assert check(once).flags == once.flags
    assert [flag.code for flag in once.flags] == ["unit_suspect"]


def test_flags_of_the_reader_stay() -> None:
    truncated = Flag("truncated", "warning", "the last page is not whole")
    given = Measurement("gcd", record(), {}, "", Source("cell.nda", "0" * 64, "test", 1), flags=(truncated,))
    assert check(given).flags == (truncated,)


def put(table: pl.DataFrame, name: str, change: Callable[[Any], None]) -> pl.DataFrame:
    values = table[name].to_numpy().copy()
    change(values)
    return table.with_columns(pl.Series(name, values))


def test_stray_times_are_counted_with_first_row_and_largest_jump() -> None:
    def change(time: Any) -> None:
        time[[100, 300]] = 0.0

    table = put(record(), "test_time_second", change)
    flag = flag_of(table, "time_reversed")
    jump = table["test_time_second"][301]
    assert "2 times in 732 rows, first in row 101 " in flag.message
    assert f"{jump:+.2f} s" in flag.message
    assert '2 one wrong row each, which "mend_time"' in flag.message


def test_a_clock_that_begins_anew_and_rows_out_of_order_are_told_apart() -> None:
    table = record()
    anew = put(table, "test_time_second", lambda time: time.__setitem__(slice(122, None), time[122:] - time[122]))
    assert '1 where the clock began anew, which "unwrap_time"' in flag_of(anew, "time_reversed").message
    swapped = table[[*range(200), *range(210, 215), *range(200, 210), *range(215, table.height)]]
    assert '1 where rows are out of order, which "sort_time"' in flag_of(swapped, "time_reversed").message


def test_rows_twice_and_rows_that_are_missing() -> None:
    table = record()
    twice = table[[*range(51), 50, 50, *range(51, table.height)]]
    assert "2 of 734 rows stand there twice, the first in row 52." in flag_of(twice, "duplicate_rows").message
    gone = table[[*range(50), *range(57, table.height)]]
    assert "leaves out 7 numbers beside 725 rows, the first above row 51." in flag_of(gone, "missing_rows").message
    blind = twice.drop("record_index")
    assert "2 of 734 rows" in flag_of(blind, "duplicate_rows").message


def test_a_gap_in_time_is_told_with_its_length() -> None:
    late = put(record(labels=False, steps=False), "test_time_second", lambda time: time.__setitem__(slice(400, None), time[400:] + 7200))
    flag = flag_of(late, "time_gap")
    assert flag.severity == "note"
    assert "1 gaps longer than 1200 s, the first above row 401; the longest is 7260 s above row 401." in flag.message


def test_numbers_that_are_none_are_counted_and_left_out_of_every_other_check() -> None:
    table = put(record(), "voltage_volt", lambda voltage: voltage.__setitem__(slice(10, 15), np.nan))
    table = put(table, "current_ampere", lambda current: current.__setitem__(20, np.inf))
    assert codes(table) == ["missing_values"]
    assert "6 of 732 rows hold no number in voltage_volt, current_ampere, the first in row 11." in flag_of(table, "missing_values").message


def test_rows_are_numbered_in_the_whole_file_behind_rows_left_out() -> None:
    table = put(record(), "voltage_volt", lambda voltage: voltage.__setitem__(slice(10, 15), np.nan))
    table = put(table, "test_time_second", lambda time: time.__setitem__(100, 0.0))
    assert "first in row 101 " in flag_of(table, "time_reversed").message


@pytest.mark.parametrize("value", [0.0, 2.5])
def test_a_voltage_that_never_changes(value: float) -> None:
    assert "constant_column" in codes(record().with_columns(voltage_volt=pl.lit(value)))


def test_millivolts_in_all_rows_or_in_a_part() -> None:
    whole = record().with_columns(voltage_volt=pl.col("voltage_volt") * 1000)
    assert "in 732 of 732 rows first in row 1," in flag_of(whole, "unit_suspect").message
    part = put(record(), "voltage_volt", lambda voltage: voltage.__setitem__(slice(610, None), 1000 * voltage[610:]))
    assert "in 122 of 732 rows, beside others below 10 V, first in row 611," in flag_of(part, "unit_suspect").message


@pytest.mark.parametrize(
    ("column", "factor"), [("current_ampere", 1000.0), ("test_time_second", 1 / 3600), ("step_net_capacity_ah", 1000.0)]
)
def test_a_charge_off_by_the_factor_of_a_unit(column: str, factor: float) -> None:
    found = codes(record().with_columns(pl.col(column) * factor))
    assert "unit_suspect" in found
    assert "counter_vs_integral" in found


def test_counter_against_integral_above_one_percent() -> None:
    """The trapezoid of a sound record is exact; a counter that is 0.9 % off is within the tolerance, 1.1 % is not."""
    table = record()
    within = table.with_columns(step_net_capacity_ah=pl.col("step_net_capacity_ah") * 1.009)
    assert codes(within) == []
    one_step = pl.when(pl.col("step_count") == 3).then(1.011).otherwise(1.0)
    flag = flag_of(table.with_columns(step_net_capacity_ah=pl.col("step_net_capacity_ah") * one_step), "counter_vs_integral")
    assert flag.severity == "note"
    assert (
        "in 1 of 12 steps, first in the one from row 123, most in the one from row 123 (by 1.1 %); all charge together by 0.092 %"
        in flag.message
    )
    everywhere = flag_of(table.with_columns(step_net_capacity_ah=pl.col("step_net_capacity_ah") / 1.02), "counter_vs_integral")
    assert everywhere.severity == "warning"


def test_the_sign_is_suspect_above_one_percent_of_the_labelled_rows() -> None:
    """732 labelled rows: 7 against are 0.96 %, 8 are 1.09 %."""
    for against, suspect in ((7, False), (8, True)):
        table = put(record(steps=False), "current_ampere", lambda current, n=against: current.__setitem__(slice(0, n), -CURRENT))
        assert ("sign_suspect" in codes(table)) is suspect
    flag = flag_of(record(steps=False).with_columns(-pl.col("current_ampere")), "sign_suspect")
    assert "in 732 of 732 rows labelled as charge or discharge, first in row 1." in flag.message
    assert "fix_sign" in flag.message


def test_without_labels_the_voltage_tells_above_ten_percent_of_the_half_cycles() -> None:
    """Twenty half cycles: two that run against the current are 10 %, three are 15 %."""
    for against, suspect in ((2, False), (3, True)):
        table = record(10, labels=False, steps=False)
        flat = put(table, "voltage_volt", lambda voltage, n=against: voltage.__setitem__(slice(0, 61 * n), 5.0 - voltage[: 61 * n]))
        assert ("sign_suspect" in codes(flat)) is suspect


def test_half_cycles_that_change_little_or_are_not_of_constant_current_say_nothing() -> None:
    wrong = record(labels=False, steps=False).with_columns(-pl.col("current_ampere"))
    assert "sign_suspect" in codes(wrong)
    flat = wrong.with_columns(voltage_volt=2.5 + (pl.col("voltage_volt") - 2.5) * 0.049)
    assert "sign_suspect" not in codes(flat)
    ramp = np.tile(np.linspace(0.5, 1.0, 61), 12)
    assert "sign_suspect" not in codes(wrong.with_columns(pl.col("current_ampere") * pl.Series(ramp)))


def test_cycles_counted_differently() -> None:
    table = record(10)
    merged = table.with_columns(cycle_count=pl.lit(1, dtype=pl.Int64), cycle_count_auto=pl.col("cycle_count"))
    flag = flag_of(merged, "cycle_rule_disagrees")
    assert "own rule 10, instrument 1, reader, anew 10." in flag.message
    assert flag.severity == "warning"
    one_more = table.with_columns(cycle_count=pl.when(pl.col("record_index") > table.height - 5).then(11).otherwise(pl.col("cycle_count")))
    assert flag_of(one_more, "cycle_rule_disagrees").severity == "note"
    assert codes(merged, "cv") == []


def test_a_spectrum_is_checked_for_what_it_has() -> None:
    spectrum = pl.DataFrame(
        {
            "frequency_hertz": [1e3, 1e2, 1e2, 10.0],
            "real_impedance_ohm": [1.0, 2.0, 2.0, np.nan],
            "imaginary_impedance_ohm": [-1.0, -2.0, -2.0, -3.0],
        }
    )
    assert codes(spectrum, "eis") == ["missing_values", "duplicate_rows"]


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_records_of_few_rows(rows: int) -> None:
    assert codes(record()[:rows]) == []


def test_a_record_without_a_single_number() -> None:
    nothing = record().with_columns(pl.lit(np.nan).alias("voltage_volt"))
    assert codes(nothing) == ["missing_values"]


@pytest.mark.parametrize(
    ("word", "sign"),
    [
        ("CC_Chg", 1), ("CC_DChg", -1), ("CCCV_Chg", 1), ("CC DChg", -1), ("constant_current_discharge", -1), ("Charge", 1),
        ("Rest", 0), ("OCV", 0), ("SIM", 0), ("恒流充电", 1), ("恒流放电", -1),
    ],
)  # fmt: skip
def test_what_a_label_says_of_the_sign(word: str, sign: int) -> None:
    assert label_signs(pl.Series([word, None, word])).tolist() == [sign, 0, sign]


def test_every_code_is_found_by_some_test_here() -> None:
    """The list of codes that a second run replaces is the list of codes that there are."""
    table = record(10)
    table = put(table, "test_time_second", lambda time: time.__setitem__(100, 0.0))
    table = put(table, "test_time_second", lambda time: time.__setitem__(slice(400, None), time[400:] + 7200))
    table = put(table, "voltage_volt", lambda voltage: voltage.__setitem__(slice(610, None), 1000 * voltage[610:]))
    table = table.with_columns(-pl.col("current_ampere"), cycle_count=pl.lit(1, dtype=pl.Int64))
    table = table[[*range(50), 49, *range(55, table.height)]]
    table = put(table, "voltage_volt", lambda voltage: voltage.__setitem__(5, np.nan))
    found = codes(table) + codes(record().with_columns(voltage_volt=pl.lit(1.0)))
    assert set(found) | {"out_of_range", "duplicate_abscissae", "reversed_order", "disordered"} == set(CODES)


def test_a_unit_that_changes_within_the_file() -> None:
    """Two of twelve steps log their current in mA."""
    factor = pl.when(pl.col("step_count") > 10).then(1000.0).otherwise(1.0)
    flag = flag_of(record().with_columns(pl.col("current_ampere") * factor), "unit_suspect")
    assert "1000 times larger than step_net_capacity_ah in 2 of 12 steps, first in the one from row 611:" in flag.message


def test_a_counter_with_holes_is_compared_where_it_counts() -> None:
    """Every seventh row without a number: charges are compared between the rows that have one, and rows are numbered in the file."""
    twice = pl.when(pl.col("step_count") == 5).then(2.0).otherwise(1.0)
    table = record().with_columns(step_net_capacity_ah=pl.col("step_net_capacity_ah") * twice)
    holed = put(table, "step_net_capacity_ah", lambda counter: counter.__setitem__(slice(1, None, 7), np.nan))
    assert "in 1 of 12 steps, first in the one from row 245," in flag_of(holed, "counter_vs_integral").message
