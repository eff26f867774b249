"""Retention of a file of 8992 cycles."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from dualion.errors import SpecError
from dualion.readers import read
from dualion.records.measurement import Measurement
from dualion.techniques.retention import Options, analyse


@pytest.fixture(scope="module")
def long_test() -> Measurement:
    path = Path(__file__).resolve().parents[3] / "shared" / "data" / "neware" / "nda_v26.nda.zip"
    if not path.is_file():
        pytest.skip("the reference data (../shared) are not beside this checkout")
    return read(path)


def test_without_a_reference_there_is_no_retention(long_test: Measurement) -> None:
    with pytest.raises(SpecError, match="n_ref"):
        analyse((long_test,), Options())


@pytest.mark.parametrize(("n_ref", "retention"), [(1, 2.24), (2, 6.25), (3, 100.00)])
def test_retention_of_cycle_8991(long_test: Measurement, n_ref: int, retention: float) -> None:
    found = analyse((long_test,), Options(n_ref=n_ref)).values["retention"]
    assert found.value == pytest.approx(retention, abs=0.05)
    assert str(found.rule).startswith(f"discharge of cycle 8991 over cycle {n_ref} ")


def test_the_default_mask_lists_93_cycles(long_test: Measurement) -> None:
    """The first two, the last, and a check of the capacity about every 100 cycles."""
    masked = analyse((long_test,), Options(n_ref=3)).tables["masked"]["cycle"].to_list()
    assert len(masked) == 93
    assert masked[:3] == [1, 2, 100]
    assert masked[-2:] == [8911, 8992]
    assert {later - earlier for earlier, later in pairwise(masked[2:-1])} == {99}


@pytest.mark.parametrize(("cycle", "capacity"), [(1, 1859.510), (2, 666.772), (3, 41.6678), (8991, 41.6676), (8992, 1259.521)])
def test_discharges_by_the_raw_counter(long_test: Measurement, cycle: int, capacity: float) -> None:
    table = analyse((long_test,), Options(n_ref=3)).tables["cycles"]
    row = table.filter(table["cycle"] == cycle).row(0, named=True)
    assert row["discharge_capacity [mAh]"] == pytest.approx(capacity, abs=1e-3)
