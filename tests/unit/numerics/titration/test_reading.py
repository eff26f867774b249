"""Pulses as they were measured, and trains that are made with a known answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualion.numerics.titration.pulses import Record, runs
from dualion.numerics.titration.reading import PULSE_COLUMNS, code_counts, described, listed, pulse_flags, read_pulses, row_flags
from dualion.numerics.titration.sphere import surface_response
from dualion.numerics.titration.train import Train, interruption_train, pulse_train
from dualion.units import unit

TRAIN = Train(
    rate=1e-3, pulses=5, pulse=600.0, rest=7200.0, before=1800.0, change=-10e-3, voltage=0.8, current=-2e-3, resistance=5.0,
    pulse_rows=61, rest_rows=61,
)  # fmt: skip
MEANINGS = {"first": "one", "second": "two"}


def rows(table: pl.DataFrame) -> Record:
    return Record(*(table[name].to_numpy() for name in ("test_time_second", "voltage_volt", "current_ampere")), None, 0)


def test_pulses_are_read_as_they_were_made() -> None:
    read = rows(pulse_train(np.random.default_rng(0), TRAIN, noise=0.0))
    pulses = read_pulses(read, runs(read), window=(1.0, 60.0), full_capacity=None)
    assert [pulse.number for pulse in pulses] == [1, 2, 3, 4, 5]
    charge = -2.0 * 600 / 3600  # [mAh]
    for pulse in pulses:
        assert pulse.sign == -1
        assert pulse.duration == pytest.approx(600)
        assert pulse.rest_duration == pytest.approx(7200)
        assert pulse.charge == pytest.approx(charge)
        assert pulse.passed == pytest.approx((pulse.number - 1) * charge)
        assert pulse.change == pytest.approx(-10e-3, rel=1e-4)
        assert pulse.unit_charge == pytest.approx(-5 * charge)
        assert pulse.slope_per_x == pytest.approx(5 * 10e-3, rel=1e-4)
        assert pulse.rest_error == 1e-4
        assert pulse.drift == pytest.approx(0, abs=1e-3)
    assert pulses[0].before.voltage == pytest.approx(0.8)


def test_columns_hold_what_is_described_and_name_their_units() -> None:
    read = rows(pulse_train(np.random.default_rng(0), TRAIN, noise=0.0))
    pulses = read_pulses(read, runs(read), window=(1.0, 60.0), full_capacity=None)
    table = pl.DataFrame([described(pulse) for pulse in pulses], schema=PULSE_COLUMNS)
    assert set(described(pulses[0])) == set(PULSE_COLUMNS)
    assert table.null_count().sum_horizontal().item() == 0
    for heading in PULSE_COLUMNS:
        if "[" in heading:
            unit(heading.partition("[")[2].removesuffix("]"))


def test_voltage_of_a_train_is_that_of_the_sphere_and_the_resistance() -> None:
    table = pulse_train(np.random.default_rng(0), TRAIN, noise=0.0)
    time, voltage = table["test_time_second"].to_numpy(), table["voltage_volt"].to_numpy()
    first = (time > 1800) & (time < 2400)
    theta = 1e-3 * (time[first] - 1800)
    expected = 0.8 - 2e-3 * 5 - 10e-3 * surface_response(theta) / (3 * 0.6)
    assert voltage[first] == pytest.approx(expected, abs=1e-12)
    assert voltage[-1] == pytest.approx(0.8 - 5 * 10e-3, abs=1e-6)


def test_interrupted_current_falls_by_its_change_in_each_period() -> None:
    made = replace(TRAIN, pulse=300.0, rest=10.0, before=0.0, rate=1e-4)
    table = interruption_train(np.random.default_rng(0), made, noise=0.0)
    read = rows(table)
    found = runs(read)
    assert found.interruptions().size == 5
    ends = read.voltage[found.last[found.interruptions()]]
    assert np.diff(ends) == pytest.approx(np.full(4, -10e-3), rel=2e-3)


def test_noise_is_drawn_from_the_generator() -> None:
    one, again = (pulse_train(np.random.default_rng(3), TRAIN, noise=1e-4) for _ in range(2))
    assert one.equals(again)
    clean = pulse_train(np.random.default_rng(3), TRAIN, noise=0.0)
    assert (one["voltage_volt"] - clean["voltage_volt"]).std() == pytest.approx(1e-4, rel=0.1)


def test_flags_are_listed_counted_and_told() -> None:
    assert listed(["second", "first", "second"], MEANINGS) == "first second"
    table = pl.DataFrame({"flags": ["first second", "", "second"]})
    assert code_counts(table, MEANINGS) == {"first": 1, "second": 2}
    assert [flag.message for flag in pulse_flags(table, MEANINGS)] == ["1 of 3 pulses: one.", "2 of 3 pulses: two."]
    assert pulse_flags(pl.DataFrame({"flags": [""]}), MEANINGS) == ()


def test_rows_left_out_are_told() -> None:
    empty = np.zeros(0)
    assert row_flags(Record(empty, empty, empty, None, 0)) == ()
    assert row_flags(Record(empty, empty, empty, None, 3))[0].message.startswith("3 rows")
