"""Neware's binary files against the vendor's own export of them.

Files: EmpaEconversion/fastnda (BSD-3-Clause), see the list of provenance beside them. Exports hold V in mV, I in uA, Q in mA s as float32,
and are compared in that precision: what remains is the rounding of the export. That of ``2-1-6_61_07005012`` has six significant digits.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dualion.numerics.cycling.segments import segment
from dualion.readers import read
from dualion.records.measurement import Measurement

# rows, steps, cycles (instrument, by steps, vendor), V range [V], largest difference of I [uA] and of Q [mAh], differing cycles by rule
FILES = {
    "nda_v26.nda.zip": (222_330, 36_352, (8992, 9086, 8992), (1.750, 2.895), 0.5, 2e-4, (0, 221_414)),
    "test_2.ndax": (108_563, 216, (44, 54, 54), (0.1995, 3.4061), 0.5, 2e-4, (92_625, 0)),
    "nw4-120-1-6-53.ndax": (18_700, 480, (150, 160, 150), (1.646, 5.000), 0.5, 2e-4, (0, 15_268)),
    "SIM.nda.zip": (108_642, 101, (100, 1, 100), (3.284, 3.411), 4.0, 2e-4, (0, 107_019)),
    "SINTEF__G20M7_BTS91.nda.zip": (17_587, 6, (1, 1, 1), (3.000, 4.200), 0.5, 2.2e-4, (0, 0)),
    "nda8.nda.zip": (46_805, 3, (1, 1, 1), (0.846, 2.776), 0.5, 2e-4, (0, 0)),
    "2-1-6_61_07005012.nda.zip": (15_567, 1, (1, 1, 1), (3.967, 4.088), 5.0, 5.3e-4, (0, 0)),
}
# [mV] half of the last digit of the exports, 0.1 mV, and of a float32 at 5 V
VOLTAGE = 0.0503


@cache
def ours(path: Path) -> Measurement:
    return read(path)


@cache
def vendor(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path.with_name(path.name.removesuffix(".zip").rsplit(".", 1)[0] + ".parquet"))


@pytest.fixture(params=list(FILES))
def path(request: pytest.FixtureRequest, shared: Path) -> Path:
    return shared / "data" / "neware" / str(request.param)


def apart(mine: np.ndarray, theirs: pl.Series) -> float:
    """Largest difference of numbers in V or mA from those in mV or uA, in float32 as both files hold them."""
    return float(np.abs(mine.astype(np.float32) * np.float32(1000) - theirs.cast(pl.Float32).to_numpy()).max())


def test_numbers_agree_within_the_rounding_of_the_export(path: Path) -> None:
    table, export = ours(path).table, vendor(path)
    rows, steps, _, span, current, charge, _ = FILES[path.name]
    assert table.height == export.height == rows
    assert table["step_count"].n_unique() == steps
    assert (table["voltage_volt"].min(), table["voltage_volt"].max()) == pytest.approx(span, abs=1e-3)
    assert apart(table["voltage_volt"].to_numpy(), export["Voltage(mV)"]) <= VOLTAGE
    assert apart(1e3 * table["current_ampere"].to_numpy(), export["Current(uA)"]) <= current
    ours_mah, theirs_mas = 1e3 * table["step_net_capacity_ah"].abs().to_numpy(), export["Capacity(mAs)"].abs().cast(pl.Float64).to_numpy()
    assert np.abs(ours_mah - theirs_mas / 3600).max() <= charge


def test_cycles_agree_by_the_rule_that_the_vendor_used(path: Path) -> None:
    """No single counter is the vendor's in all files: raw in six, by steps in ``test_2``; the reader gives both."""
    table, export = ours(path).table, vendor(path)
    _, _, cycles, _, _, _, (raw, auto) = FILES[path.name]
    counts = (table["cycle_count"].max(), table["cycle_count_auto"].max(), export["Cycle Index"].max())
    assert counts == cycles
    index = export["Cycle Index"].cast(pl.Int64)
    assert int((table["cycle_count"] != index).sum()) == raw
    assert int((table["cycle_count_auto"] != index).sum()) == auto
    assert ("cycle_rule_disagrees" in [flag.code for flag in ours(path).flags]) == (cycles[0] != cycles[1])


def test_step_time_begins_anew_with_each_step(path: Path) -> None:
    table, export = ours(path).table, vendor(path)
    assert np.abs(table["step_time_second"].to_numpy() - export["Time"].cast(pl.Float64).to_numpy()).max() < 2e-3
    starts = table.group_by("step_count").agg(pl.col("step_time_second").first())["step_time_second"]
    assert float(starts.max()) < 20  # type: ignore[arg-type]  # [s] no more than one interval of the log


@pytest.mark.parametrize(
    ("name", "count"), [("nda_v26.nda.zip", 9086), ("test_2.ndax", 54), ("nw4-120-1-6-53.ndax", 160), ("SIM.nda.zip", 0)]
)
def test_cycles_by_our_own_rule(shared: Path, name: str, count: int) -> None:
    table = ours(shared / "data" / "neware" / name).table
    time, current, step = (table[one].to_numpy() for one in ("test_time_second", "current_ampere", "step_count"))
    found = segment(time, current, step=step)
    assert found.cycles == count
    assert found.profile.all() == (count == 0)


def test_a_record_cut_in_the_field_says_so(shared: Path) -> None:
    """The file of version 8 ends 12 byte into a record; the vendor's export ends with the record before, too."""
    (flag,) = [flag for flag in ours(shared / "data" / "neware" / "nda8.nda.zip").flags if flag.code == "truncated"]
    assert "cut after 12 byte" in flag.message


@pytest.mark.parametrize("name", ["nda_v26.nda.zip", "SIM.nda.zip", "SINTEF__G20M7_BTS91.nda.zip", "2-1-6_61_07005012.nda.zip"])
def test_a_cut_copy_is_never_silently_short(shared: Path, name: str) -> None:
    import io
    import zipfile

    from dualion.errors import ReadError
    from dualion.readers import read_bytes

    with zipfile.ZipFile(io.BytesIO((shared / "data" / "neware" / name).read_bytes())) as archive:
        data = archive.read(archive.namelist()[0])
    whole = FILES[name][0]
    for share in (0.001, 0.05, 0.5, 0.9):
        try:
            found = read_bytes(data[: int(share * len(data))], name, check=False)
        except ReadError:
            continue
        assert found.table.height < whole
        assert "truncated" in [flag.code for flag in found.flags]
