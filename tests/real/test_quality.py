"""Quality checks on files whose faults are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dualion.readers import read
from dualion.records.measurement import Measurement

TIME_BUG = "neware-export/SINTEF__SLPBA842124HV__2024-10-23__Rate_25degC__Neware__Time_Bug.bdf.csv"
BATMO = "neware-export/batmo_bdf.csv"


def message(measured: Measurement, code: str) -> str:
    return next(flag.message for flag in measured.flags if flag.code == code)


def codes(measured: Measurement) -> set[str]:
    return {flag.code for flag in measured.flags}


def test_the_time_bug_is_told_and_nothing_is_sorted(shared: Path) -> None:
    measured = read(shared / "data" / TIME_BUG)
    steps = np.diff(measured.table["test_time_second"].to_numpy())
    assert measured.table.height == 13086
    assert int((steps < 0).sum()) == 19
    assert steps.max() == pytest.approx(125_192.66)
    told = message(measured, "time_reversed")
    assert "19 times in 13086 rows, first in row 723 (7200.00 s to 0.00 s)" in told
    assert "+125192.66 s" in told
    assert measured.corrections == ()


def test_the_time_bug_is_mended_on_request_by_one_repair_and_by_no_other(shared: Path) -> None:
    path = shared / "data" / TIME_BUG
    mended = read(path, repair=("mend_time",))
    time = mended.table["test_time_second"].to_numpy()
    assert "time_reversed" not in codes(mended)
    assert (np.diff(time) >= 0).all()
    assert time[722] == pytest.approx(7200.005, abs=0.01)  # between 7200.00 s and 7200.01 s
    assert mended.corrections[0].startswith("mend_time: 19 of 13086 rows")
    plain = read(path).table["test_time_second"].to_numpy()
    assert np.flatnonzero(plain != time).size == 19
    assert "repair_not_needed" in codes(read(path, repair=("unwrap_time",)))


def test_the_sign_of_batmo_is_suspect(shared: Path) -> None:
    measured = read(shared / "data" / BATMO)
    told = message(measured, "sign_suspect")
    assert "16098 of 16098 rows labelled as charge or discharge" in told
    discharge = measured.table.filter(measured.table["step_type"].cast(str) == "discharge")["current_ampere"]
    assert discharge.mean() == pytest.approx(0.1076, abs=5e-4)
    assert measured.corrections == ()


def test_the_sign_of_batmo_is_inverted_only_on_request_and_recorded(shared: Path) -> None:
    path = shared / "data" / BATMO
    plain, fixed = read(path), read(path, repair=("fix_sign",))
    np.testing.assert_array_equal(fixed.table["current_ampere"].to_numpy(), -plain.table["current_ampere"].to_numpy())
    assert "sign_suspect" not in codes(fixed)
    assert len(fixed.corrections) == 1
    assert fixed.corrections[0].startswith("fix_sign: the sign of current_ampere")
    assert "counter_vs_integral" not in {flag.code for flag in fixed.flags if flag.severity == "warning"}


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("nda_v26.nda.zip", "own rule 9086, instrument 8992, reader, anew 9086"),
        ("test_2.ndax", "own rule 54, instrument 44, reader, anew 54"),
    ],
)
def test_cycles_that_the_rules_count_differently(shared: Path, file: str, counts: str) -> None:
    assert counts in message(read(shared / "data" / "neware" / file), "cycle_rule_disagrees")


@pytest.mark.parametrize("file", ["SINTEF__G20M7_BTS91.nda.zip", "nda8.nda.zip", "2-1-6_61_07005012.nda.zip"])
def test_files_of_one_cycle_are_not_suspected(shared: Path, file: str) -> None:
    found = codes(read(shared / "data" / "neware" / file))
    assert not found & {"sign_suspect", "time_reversed", "duplicate_rows", "missing_rows", "cycle_rule_disagrees"}
