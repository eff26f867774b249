"""Repairs: each undoes what was done to a sound record, is recorded, and leaves what it was not asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from dualion.errors import SpecError
from dualion.readers.quality.checks import check
from dualion.readers.quality.repairs import REPAIRS, repair
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement, Source

ROWS = 201


def sound() -> pl.DataFrame:
    """Two half cycles of 1000 s at 1 mA: charge, then discharge."""
    time = np.arange(ROWS) * 10.0
    sign = np.where(time < 1000, 1.0, -1.0)
    since = np.where(time < 1000, time, time - 1000)
    return pl.DataFrame(
        {
            "record_index": np.arange(1, ROWS + 1),
            "test_time_second": time,
            "voltage_volt": 2.0 + np.where(sign > 0, since, 1000 - since) / 1000,
            "current_ampere": 1e-3 * sign,
            "step_count": np.where(sign > 0, 1, 2),
            "step_net_capacity_ah": 1e-3 * sign * since / 3600,
        }
    )


def measured(table: pl.DataFrame, cell: CellRecord | None = None) -> Measurement:
    return check(Measurement("gcd", table, {}, "", Source("cell.csv", "0" * 64, "test", 1), cell=cell or CellRecord()))


def codes(given: Measurement) -> list[str]:
    return [flag.code for flag in given.flags]


def changed(name: str, rows: Any, values: Any) -> pl.DataFrame:
    column = sound()[name].to_numpy().copy()
    column[rows] = values
    return sound().with_columns(pl.Series(name, column))


BROKEN = {
    "mend_time": (changed("test_time_second", [50, 150], 0.0), "time_reversed"),
    "unwrap_time": (changed("test_time_second", slice(120, None), np.arange(ROWS - 120) * 10.0), "time_reversed"),
    "sort_time": (sound()[[*range(60), *range(70, 80), *range(60, 70), *range(80, ROWS)]], "time_reversed"),
    "drop_duplicates": (sound()[[*range(80), 79, 79, *range(80, ROWS)]], "duplicate_rows"),
    "voltage_from_millivolt": (sound().with_columns(pl.col("voltage_volt") * 1000), "unit_suspect"),
    "fix_sign": (sound().with_columns(-pl.col("current_ampere")), "sign_suspect"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_repair_gives_the_sound_record_back(name: str) -> None:
    table, code = BROKEN[name]
    broken = measured(table)
    assert code in codes(broken)
    mended = repair(broken, [name])
    assert code not in codes(mended)
    assert len(mended.corrections) == 1
    assert mended.corrections[0].startswith(f"{name}: ")
    expected = sound()
    if name == "unwrap_time":  # the time between two clocks is in no file: the first row of the new one stands where the old one ended
        expected = changed("test_time_second", slice(120, None), 1190.0 + np.arange(ROWS - 120) * 10.0)
    for column in expected.columns:
        np.testing.assert_allclose(mended.table[column].to_numpy(), expected[column].to_numpy(), rtol=1e-12, atol=1e-12)


def test_rows_without_numbers_are_left_out_on_request() -> None:
    mended = repair(measured(changed("voltage_volt", [3, 4], np.nan)), ["drop_missing"])
    assert mended.table.equals(sound()[[0, 1, 2, *range(5, ROWS)]])
    assert mended.corrections == ("drop_missing: 2 of 201 rows without a number were left out",)
    assert codes(mended) == ["missing_rows"]  # the counter of rows now leaves two out, and the checks say so


def test_nothing_is_mended_that_was_not_asked_for() -> None:
    both = changed("test_time_second", [50], 0.0).with_columns(-pl.col("current_ampere"))
    mended = repair(measured(both), ["fix_sign"])
    assert "time_reversed" in codes(mended)
    assert mended.table["test_time_second"].equals(both["test_time_second"])


def test_repairs_are_recorded_in_their_order() -> None:
    both = changed("test_time_second", [50], 0.0).with_columns(-pl.col("current_ampere"))
    mended = repair(measured(both), ["mend_time", "fix_sign"])
    assert [done.split(":")[0] for done in mended.corrections] == ["mend_time", "fix_sign"]
    assert codes(mended) == []


@pytest.mark.parametrize("name", [name for name in REPAIRS if name != "invert_current"])
def test_a_repair_with_nothing_to_mend_changes_and_records_nothing(name: str) -> None:
    given = measured(sound())
    same = repair(given, [name])
    assert same.table.equals(given.table)
    assert same.corrections == ()
    assert codes(same) == ["repair_not_needed"]


def test_the_sign_is_inverted_without_a_suspicion_only_by_name() -> None:
    turned = repair(measured(sound()), ["invert_current"])
    assert turned.table["current_ampere"].to_list() == (-sound()["current_ampere"]).to_list()
    assert turned.table["step_net_capacity_ah"].to_list() == (-sound()["step_net_capacity_ah"]).to_list()
    assert "sign_suspect" in codes(turned)


def test_counters_that_were_right_stay_and_directions_follow_the_current() -> None:
    cell = CellRecord(kind="half", working="anode")
    wrong = sound().with_columns(
        -pl.col("current_ampere"),
        pl.when(pl.col("current_ampere") > 0).then(pl.lit("sodiation")).otherwise(pl.lit("desodiation")).alias("direction"),
    )
    mended = repair(measured(wrong, cell), ["fix_sign"])
    assert mended.table["step_net_capacity_ah"].equals(sound()["step_net_capacity_ah"])
    assert mended.table["direction"][[0, ROWS - 1]].to_list() == ["desodiation", "sodiation"]


def test_a_wrong_name_is_refused_with_the_list_of_them() -> None:
    with pytest.raises(SpecError, match=r'"fix_sgin" is not a repair\. Did you mean "fix_sign"') as caught:
        repair(measured(sound()), ["fix_sgin"])
    assert all(name in str(caught.value) for name in REPAIRS)


def test_a_repair_that_leaves_no_row_is_refused() -> None:
    with pytest.raises(SpecError, match="drop_missing would leave no row"):
        repair(measured(sound().with_columns(voltage_volt=pl.lit(np.nan))), ["drop_missing"])


def test_repairs_of_columns_that_are_absent_do_nothing() -> None:
    spectrum = pl.DataFrame({"frequency_hertz": [1.0, 2.0], "real_impedance_ohm": [1.0, 2.0], "imaginary_impedance_ohm": [-1.0, -2.0]})
    given = check(Measurement("eis", spectrum, {}, "", Source("z.csv", "0" * 64, "test", 1)))
    assert repair(given, list(REPAIRS)).table.equals(spectrum)
