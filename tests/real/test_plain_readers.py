"""Real files through the readers of text and tables: counts, spans, capacities and flags that were published or can be counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dualion.errors import ReadError
from dualion.readers import read, read_all, read_bytes, sniff
from dualion.readers.write import to_battery_format
from dualion.records.measurement import CHARACTERISATION, ELECTROCHEMICAL, Measurement

UIO = "neware-export/neware_uio.csv"
BATMO = "neware-export/batmo_bdf.csv"
TIME_BUG = "neware-export/SINTEF__SLPBA842124HV__2024-10-23__Rate_25degC__Neware__Time_Bug.bdf.csv"
HAKADI = "sodium/hakadi_static_test_2c-2-1.csv"
GITT = "gitt/gitt_discharge.csv.xz"
ICI = "gitt/ici_discharge.csv"

FILES = {UIO: "neware-csv", BATMO: "bdf-csv", TIME_BUG: "bdf-csv", HAKADI: "plain-table", GITT: "plain-table", ICI: "plain-table"}
SECONDS_PER_HOUR = 3600.0


@pytest.fixture(scope="module")
def opened(shared: Path) -> Callable[[str], Measurement]:
    found: dict[str, Measurement] = {}

    def get(name: str) -> Measurement:
        if name not in found:
            found[name] = read(shared / "data" / name)
        return found[name]

    return get


def codes(measured: Measurement) -> set[str]:
    return {flag.code for flag in measured.flags}


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) if name == GITT else name for name in FILES])
def test_each_file_is_recognised_by_its_content(name: str, shared: Path, opened: Callable[[str], Measurement]) -> None:
    data = (shared / "data" / name).read_bytes()
    assert sniff(data).name == opened(name).source.reader == FILES[name]
    assert "truncated" not in codes(opened(name))


def test_neware_csv(opened: Callable[[str], Measurement]) -> None:
    found = opened(UIO)
    table = found.table
    assert (table.height, table["cycle_count"].n_unique(), table["step_count"].n_unique()) == (9065, 4, 32)
    assert set(table["step_type"].cast(pl.String)) == {"Rest", "CC Chg", "CC DChg"}
    assert (table["voltage_volt"].min(), table["voltage_volt"].max()) == (0.05, 2.957)
    assert table["test_time_second"][-1] == 144 * 3600 + 2 * 60 + 18  # the last row says 144:02:18
    assert found.conditions["active_mass"].value == pytest.approx(2.08, rel=1e-3)  # type: ignore[union-attr]


def test_neware_csv_first_cycle(opened: Callable[[str], Measurement]) -> None:
    """Sums of the step counters of cycle 1, as cellpy's test data have them: 5.08628 mAh in, 4.24934 mAh out, 83.545 %."""
    first = opened(UIO).table.filter(pl.col("cycle_count") == 1)
    ends = first.group_by("step_count", maintain_order=True).agg(pl.col("step_net_capacity_ah").last())["step_net_capacity_ah"]
    discharged, charged = -ends.filter(ends < 0).sum(), ends.filter(ends > 0).sum()
    assert 1e3 * discharged == pytest.approx(5.08628, abs=5e-6)
    assert 1e3 * charged == pytest.approx(4.24934, abs=5e-6)
    assert 100 * charged / discharged == pytest.approx(83.545, abs=1e-3)


def test_labels_of_the_battery_data_format_and_the_sign_that_contradicts_them(opened: Callable[[str], Measurement], shared: Path) -> None:
    found = opened(BATMO)
    table = found.table
    assert (table.height, table["cycle_count"].n_unique()) == (21206, 109)
    assert table["test_time_second"][0] == pytest.approx(0.138888888888889 * SECONDS_PER_HOUR)  # "Test Time / h"
    assert (table["voltage_volt"].min(), table["voltage_volt"].max()) == (pytest.approx(2.363, abs=1e-3), pytest.approx(3.597, abs=1e-3))
    means = {kind: table.filter(pl.col("step_type") == kind)["current_ampere"].mean() for kind in ("discharge", "charge")}
    assert means == {"discharge": pytest.approx(0.108, abs=5e-4), "charge": pytest.approx(-0.109, abs=5e-4)}
    assert "sign_suspect" in codes(found)
    fixed = read(shared / "data" / BATMO, repair=["fix_sign"])
    assert fixed.table["current_ampere"].equals(-table["current_ampere"])
    assert "sign_suspect" not in codes(fixed)
    assert len(fixed.corrections) == 1


def test_the_time_bug_is_flagged_and_nothing_is_sorted(opened: Callable[[str], Measurement]) -> None:
    found = opened(TIME_BUG)
    steps = np.diff(found.table["test_time_second"].to_numpy())
    assert found.table.height == 13086
    assert int(np.sum(steps < 0)) == 19
    assert float(steps.max()) == pytest.approx(125192.66, abs=0.01)
    assert found.table["step_index"].max() == 21
    assert "time_reversed" in codes(found)


def test_the_tester_without_units(opened: Callable[[str], Measurement]) -> None:
    """2C discharge of a sodium-ion 18650: 1.458 A h."""
    found = opened(HAKADI)
    time, current = (found.table[name].to_numpy() for name in ("test_time_second", "current_ampere"))
    assert found.table.height == 68194
    assert time[0] == 0.202
    discharged = -np.trapezoid(np.minimum(current, 0.0), time) / SECONDS_PER_HOUR
    assert discharged == pytest.approx(1.458, abs=2e-3)
    assert "units_assumed" in codes(found)


@pytest.mark.slow
def test_gitt_inside_xz(opened: Callable[[str], Measurement]) -> None:
    table = opened(GITT).table
    assert table.height == 984_949
    assert table["voltage_volt"][0] == 4.096574393
    on = table["current_ampere"].to_numpy() != 0
    assert int(np.sum(on[1:] & ~on[:-1])) == 121


def test_intermittent_current_interruption(opened: Callable[[str], Measurement]) -> None:
    table = opened(ICI).table
    assert (table.height, table["test_time_second"].max()) == (21410, 41344.07603)
    assert 1e3 * table["current_ampere"].min() == pytest.approx(-1.89, abs=5e-3)


@pytest.mark.parametrize("name", [UIO, BATMO, TIME_BUG, HAKADI, ICI])
def test_what_is_converted_is_what_was_read(name: str, opened: Callable[[str], Measurement]) -> None:
    found = opened(name)
    for form in ("csv", "parquet"):
        assert read_bytes(to_battery_format(found, form), "x").table.equals(found.table)


OTHERS = ("adsorption", "ftir", "nexafs", "raman", "saxs", "xafs", "xps", "xrd")


@pytest.mark.slow
def test_files_of_other_methods_are_never_taken_for_a_cell(shared: Path) -> None:
    """Spectra, isotherms, diffractograms, and tables of material properties without a time."""
    paths = [path for folder in OTHERS for path in sorted((shared / "data" / folder).iterdir())]
    paths += sorted((shared / "data" / "sodium").glob("chayambuka*")) + sorted((shared / "data").glob("*/peer_*"))
    assert len(paths) > 30
    kinds: dict[str, set[str]] = {}
    for path in paths:
        try:
            found = {one.technique for one in read_all(path)}
        except ReadError as problem:
            found = {problem.reason.partition(":")[0]}
        kinds[path.name] = found
    assert {name: found for name, found in kinds.items() if found & set(ELECTROCHEMICAL)} == {}
    assert sum(bool(found & {*CHARACTERISATION, "descriptors"}) for found in kinds.values()) > 20
