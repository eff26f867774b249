"""Which scans stand for which rate, whatever the order of the files, and what is said of their rates."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError
from dualion.numerics.voltammetry.scan_rates import chosen_scans, corrected, rate_flags, scan_table
from dualion.numerics.voltammetry.scans import triangle
from dualion.numerics.voltammetry.separability import Limits, judged_branch
from dualion.records.measurement import Measurement, Source
from dualion.records.quantity import Quantity

RATES = (5.0, 0.1, 1.0, 0.2)  # [mV/s]


def voltammogram(rate: float, stated: Quantity | str | None = None, cycles: int = 2) -> Measurement:
    time, voltage, up = triangle(1e-3 * rate, low=0.0, high=1.0, rows=200, cycles=cycles)
    current = np.where(up, 1, -1) * (1e-3 * rate + 0.02 * np.sqrt(1e-3 * rate)) * (1 + np.exp(-0.5 * ((voltage - 0.5) / 0.1) ** 2))
    table = pl.DataFrame({"test_time_second": time, "voltage_volt": voltage, "current_ampere": current})
    conditions = {} if stated is None else {"scan_rate": stated}
    return Measurement("cv", table, conditions, "", Source(f"{rate:g}.csv", f"{rate:064.3f}", "test", 1, "simulation"))


def test_scans_stand_from_slow_to_fast() -> None:
    chosen, flags = chosen_scans([voltammogram(rate) for rate in RATES])
    assert [one.rate for one in chosen] == pytest.approx(sorted(RATES))
    assert flags == ()
    assert rate_flags(chosen) == rate_flags(chosen[::-1])


@pytest.mark.parametrize(("value", "unit"), [(1.0, "mV/s"), (1e-3, "V/s"), (60.0, "mV/min")])
def test_stated_rates_are_converted(value: float, unit: str) -> None:
    (one,), _ = chosen_scans([voltammogram(1.0, Quantity(value, unit))])
    assert one.stated == pytest.approx(1.0)
    assert scan_table([one])["stated_rate [mV/s]"].to_list() == pytest.approx([1.0])


@pytest.mark.parametrize("stated", [None, "1 mV/s", Quantity(0.0, "mV/s"), Quantity(None, "mV/s")])
def test_rates_that_are_not_stated_are_none(stated: Quantity | str | None) -> None:
    (one,), _ = chosen_scans([voltammogram(1.0, stated)])
    assert one.stated is None


@pytest.mark.parametrize(("stated", "flagged"), [(1.015, False), (0.985, False), (1.025, True), (0.975, True), (1000.0, True)])
def test_two_per_cent_is_a_mismatch(stated: float, flagged: bool) -> None:
    chosen, _ = chosen_scans([voltammogram(1.0, Quantity(stated, "mV/s"))])
    assert ("rate_mismatch" in {flag.code for flag in rate_flags(chosen)}) is flagged


def test_a_correction_leaves_rates_alone() -> None:
    chosen, _ = chosen_scans([voltammogram(rate) for rate in RATES])
    moved = corrected(chosen, 10.0)
    assert [one.rate for one in moved] == [one.rate for one in chosen]
    before, after = chosen[0].sweep("cathodic"), moved[0].sweep("cathodic")
    assert after.voltage == pytest.approx(before.voltage - 10.0 * before.current)


def test_a_file_of_no_numbers_is_refused_by_name() -> None:
    empty = voltammogram(1.0)
    hollow = Measurement("cv", empty.table.with_columns(pl.lit(None, pl.Float64).alias("voltage_volt")), {}, "", empty.source)
    with pytest.raises(CoverageError, match=r"1\.csv"):
        chosen_scans([hollow])


@pytest.mark.parametrize("direction", ["anodic", "cathodic"])
def test_a_mixture_has_nothing_against_it(direction: str) -> None:
    chosen, _ = chosen_scans([voltammogram(rate) for rate in RATES])
    branch = judged_branch(chosen, direction, Limits(4, 0.05, 0.2, 0.059))  # type: ignore[arg-type]
    assert branch.reasons == ()
    assert branch.misfit == pytest.approx(0.0, abs=1e-6)
    assert branch.wrong_sign == 0.0
    assert branch.peak_shift == pytest.approx(0.0, abs=1e-6)
    assert not branch.at_edge
    assert branch.currents.shape == (4, 500)


def test_each_limit_is_named_where_it_is_passed() -> None:
    chosen, _ = chosen_scans([voltammogram(rate) for rate in RATES])
    reasons = judged_branch(chosen[:3], "anodic", Limits(4, 0.05, 0.2, 0.059)).reasons
    assert reasons == ("3 different scan rates, and 4 are needed",)
