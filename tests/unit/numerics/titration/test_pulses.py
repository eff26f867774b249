"""Runs, lines and rests of a titration against rows whose answer is known."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion.errors import InputError
from dualion.numerics.titration.pulses import Record, line, median, record, rest_end, runs, sqrt_line


def rows(time: list[float], current: list[float], voltage: list[float] | None = None, step_time: list[float] | None = None) -> Record:
    at = np.array(time, dtype=float)
    volts = np.zeros(at.size) if voltage is None else np.array(voltage, dtype=float)
    return Record(at, volts, np.array(current, dtype=float), None if step_time is None else np.array(step_time, dtype=float), 0)


def frame(**columns: list[float]) -> pl.DataFrame:
    names = {"time": "test_time_second", "voltage": "voltage_volt", "current": "current_ampere"}
    return pl.DataFrame(
        {names[name]: values for name, values in columns.items()}, schema_overrides=dict.fromkeys(names.values(), pl.Float64)
    )


# --- runs -------------------------------------------------------------------------------------------------------------------


def test_pulses_lie_between_rests_and_interruptions_between_currents_of_one_sign() -> None:
    #        pulse without a rest before, rest, pulse, rest, charge, discharge (change of sign), rest, charge
    current = [-1, -1, 0, 0, -1, -1, 0, 0, 1, 1, -1, -1, 0, 0, 1, 1]
    found = runs(rows(list(range(16)), current))
    assert found.sign.tolist() == [-1, 0, -1, 0, 1, -1, 0, 1]
    assert found.pulses().tolist() == [2]
    assert found.interruptions().tolist() == [1]  # at 3 and 6 the sign changes over the rest


def test_an_offset_of_the_instrument_at_rest_is_no_current() -> None:
    current = [2e-7, 1e-7, -1e-3, -1e-3, -1e-7, 2e-7]
    assert runs(rows(list(range(6)), current)).sign.tolist() == [0, -1, 0]


def test_a_run_begins_with_the_row_before_it() -> None:
    found = runs(rows([0, 10, 10.001, 10.101, 10.201], [0, 0, 1, 1, 1]))
    assert found.begin.tolist() == [0, 10]
    assert found.duration[1] == pytest.approx(0.201)


def test_a_run_begins_with_its_own_row_after_a_gap() -> None:
    found = runs(rows([0, 10, 600, 601, 602], [0, 0, 1, 1, 1]))  # nobody knows when between 10 s and 600 s it began
    assert found.begin.tolist() == [0, 600]


def test_the_time_within_the_step_says_when_a_run_began() -> None:
    found = runs(rows([0, 10, 600, 601, 602], [0, 0, 1, 1, 1], step_time=[0, 10, 5, 6, 7]))
    assert found.begin.tolist() == [0, 595]
    wrong = runs(rows([0, 10, 11, 12, 13], [0, 0, 1, 1, 1], step_time=[0, 10, 11, 12, 13]))  # total time written as step time
    assert wrong.begin.tolist() == [0, 10]


def test_charge_of_a_run_counts_from_its_begin() -> None:
    found = runs(rows([0, 3600, 3610, 3620, 3630, 7200], [0, 0, 0.36, 0.36, 0.36, 0]))
    assert found.charge[1] == pytest.approx(30 * 0.36 / 3600)
    assert found.charge[[0, 2]].tolist() == [0, 0]


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=1, max_size=60))
def test_runs_part_the_rows(current: list[float]) -> None:
    found = runs(rows([float(k) for k in range(len(current))], current))
    assert found.first[0] == 0
    assert found.last[-1] == len(current) - 1
    assert (found.first[1:] == found.last[:-1] + 1).all()
    for first, last, sign in zip(found.first, found.last, found.sign, strict=True):
        assert set(current[first : last + 1]) == {float(sign)}
    assert (found.sign[1:] != found.sign[:-1]).all()


def test_no_rows_have_no_runs() -> None:
    found = runs(rows([], []))
    assert found.pulses().size == found.interruptions().size == 0


# --- rows that cannot be used -----------------------------------------------------------------------------------------------


def test_rows_that_are_not_finite_are_left_out_and_counted() -> None:
    table = frame(time=[0, 1, 2, 3], voltage=[1, float("nan"), 1, 1], current=[0, 0, float("inf"), 0])
    read = record(table, file="a.csv")
    assert read.left_out == 2
    assert read.time.tolist() == [0, 3]


def test_time_that_runs_backwards_is_refused() -> None:
    with pytest.raises(InputError, match=r"a\.csv: test_time_second falls from 5 s to 2 s"):
        record(frame(time=[0, 5, 2], voltage=[1, 1, 1], current=[0, 0, 0]), file="a.csv")


# --- lines ------------------------------------------------------------------------------------------------------------------


def test_line_agrees_with_numpy() -> None:
    rng = np.random.default_rng(3)
    x = np.sort(rng.uniform(0, 5, 40))
    y = 2.0 - 0.3 * x + 0.01 * rng.standard_normal(40)
    found = line(x, y)
    expected, covariance = np.polyfit(x, y, 1, cov=True)
    assert found is not None
    assert (found.slope, found.intercept) == pytest.approx(tuple(expected), rel=1e-10)
    assert found.r2 == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2, rel=1e-10)
    # numpy's errors know nothing of a correlation; ours may only be larger, and hardly are in white noise
    assert 1 <= found.slope_stderr / np.sqrt(covariance[0, 0]) < 1.5
    assert 1 <= found.intercept_stderr / np.sqrt(covariance[1, 1]) < 1.5


def test_line_knows_its_error_where_residuals_follow_each_other() -> None:
    rng = np.random.default_rng(5)
    x, slopes, errors = np.linspace(0, 1, 400), [], []
    for _ in range(300):
        noise = rng.standard_normal(x.size)
        for k in range(1, x.size):
            noise[k] += 0.8 * noise[k - 1]
        found = line(x, noise)
        assert found is not None
        slopes.append(found.slope)
        errors.append(found.slope_stderr)
    assert np.mean(errors) == pytest.approx(np.std(slopes), rel=0.1)


def test_no_line_through_too_few_or_equal_points() -> None:
    assert line(np.arange(4.0), np.arange(4.0)) is None
    assert line(np.ones(9), np.arange(9.0)) is None


def test_sqrt_line_counts_time_from_the_begin_and_keeps_to_its_window() -> None:
    since = np.arange(0, 21.0)
    voltage = np.where(since < 1, 5.0, 3.0 - 0.02 * np.sqrt(since))  # the first second is something else
    voltage[since > 16] = 9.0
    read = rows([0.0, 100.0, *(100 + since)], [0, 0, *([1] * 21)], [3.2, 3.2, *voltage])
    found = sqrt_line(read, runs(read), 1, (1.0, 16.0))
    assert found is not None
    assert (found.slope, found.intercept, found.points) == pytest.approx((-0.02, 3.0, 16))
    assert sqrt_line(read, runs(read), 1, (1.0, 4.0)) is None  # four rows


# --- ends of rests ----------------------------------------------------------------------------------------------------------


def test_rest_ends_on_its_line() -> None:
    time = np.linspace(0, 3600, 361)
    voltage = 1.0 + 2e-3 * np.exp(-time / 100) + 5e-4 * time / 3600
    read = rows([*time, 3601], [0] * 361 + [1], [*voltage, 0])
    found = rest_end(read, runs(read), 0)
    assert found.voltage == pytest.approx(1.0005, abs=1e-9)
    assert found.drift == pytest.approx(5e-4, rel=1e-3)
    assert found.spread < 1e-9


def test_scatter_of_a_rest_is_that_of_its_noise() -> None:
    rng = np.random.default_rng(1)
    time = np.linspace(0, 36000, 20001)
    read = rows([*time], [0] * time.size, [*(0.5 + 3e-4 * rng.standard_normal(time.size))])
    assert rest_end(read, runs(read), 0).spread == pytest.approx(3e-4, rel=0.05)


def test_rest_of_one_row_has_no_drift() -> None:
    found = rest_end(rows([0.0], [0.0], [1.25]), runs(rows([0.0], [0.0])), 0)
    assert (found.voltage, found.drift) == (1.25, None)


# --- medians ----------------------------------------------------------------------------------------------------------------


def test_median_adds_the_common_error() -> None:
    alone, together = median([4.0], [0.03], common=0.0), median([4.0], [0.03], common=0.04)
    assert alone is not None
    assert together is not None
    assert alone.stderr == pytest.approx(4 * 0.03, rel=0.08)
    assert together.stderr**2 - alone.stderr**2 == pytest.approx((4 * 0.04) ** 2, rel=1e-9)
    assert together.interval[0] * together.interval[1] == pytest.approx(16, rel=1e-12)


def test_median_of_many_has_the_error_of_a_median() -> None:
    found = median([2.0] * 101, [0.1] * 101, common=0.0)
    assert found is not None
    assert found.value == pytest.approx(2.0)
    assert found.stderr == pytest.approx(2 * 0.1 * np.sqrt(np.pi / 2 / 101), rel=0.1)


def test_spread_between_the_values_is_no_error() -> None:
    found = median([1.0, 10.0, 100.0], [1e-6] * 3, common=0.0)
    assert found is not None
    assert found.value == pytest.approx(10)
    assert found.stderr < 1e-4


def test_no_median_of_nothing() -> None:
    assert median([], [], common=0.1) is None
