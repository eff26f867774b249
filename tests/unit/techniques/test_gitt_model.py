"""Fits of whole pulses: where the closed form fails, where nothing can be told, and what both say of one titration."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.titration.train import Train, pulse_train
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement, Result, Source
from dualion.records.quantity import Quantity
from dualion.techniques.gitt_model import TECHNIQUE, Options, analyse, draw, synthesise

RADIUS = 5.0  # [um]
TRAIN = Train(
    rate=4e-5, pulses=8, pulse=600.0, rest=3e4, before=3600.0, change=-20e-3, voltage=1.0, current=-1e-4, resistance=100.0,
    pulse_rows=301, rest_rows=101,
)  # fmt: skip


def measured(table: pl.DataFrame, radius: Quantity | None = None) -> Measurement:
    cell = CellRecord(particle_radius=radius or Quantity(RADIUS, "um"))
    return Measurement("gitt", table, {}, "", Source("titration.csv", "0" * 64, "test", 1), cell=cell)


def titration(number: float, *, noise: float = 0.0, seed: int = 0, change: float = -20e-3) -> pl.DataFrame:
    """Pulses with D tau / R^2 = ``number`` and rests until nothing moves."""
    rate = number / TRAIN.pulse
    made = replace(TRAIN, rate=rate, rest=max(2 / rate, 7200.0), change=change)
    return pulse_train(np.random.default_rng(seed), made, noise=noise)


def of(table: pl.DataFrame, **options: float) -> Result:
    return analyse((measured(table),), Options(**options))


@pytest.mark.parametrize(("number", "closed"), [(1e-3, 0.98), (0.024, 0.91), (0.3, 0.71)])
def test_the_fit_holds_where_the_closed_form_reads_low(number: float, closed: float) -> None:
    """The closed form loses 2 sqrt(pi D t)/R; the fit does not. The methods section quotes these numbers."""
    result = of(titration(number, noise=1e-6))
    assert result.values["median_diffusivity"].value == pytest.approx(number / TRAIN.pulse * (RADIUS * 1e-6) ** 2, rel=0.01)
    assert result.values["closed_form_over_model"].value == pytest.approx(closed, abs=0.02)
    assert result.values["median_resistance"].value == pytest.approx(100, rel=0.01)
    assert result.values["median_fourier_number"].value == pytest.approx(number, rel=0.01)
    assert result.flags == ()


def test_pulses_past_the_forming_of_the_profile_are_not_identified() -> None:
    result = of(titration(40.0, noise=1e-4))
    assert result.values["median_diffusivity"].value is None
    assert result.values["not_identified_pulses"].value == 8
    assert {"not_identified": "warning", "no_diffusivity": "refusal"}.items() <= {f.code: f.severity for f in result.flags}.items()
    assert result.tables["pulses"]["diffusivity [m2/s]"].null_count() == 8
    assert draw(result).finding.startswith("Too few pulses identify a diffusivity (")


def test_a_profile_that_forms_within_the_errors_of_the_rests_is_not_identified() -> None:
    """At D tau/R^2 = 5 it moves the voltage by 1/75 of the change: 0.19 mV of 14 mV are not enough, 0.27 mV of 20 mV are."""
    assert of(titration(5.0, noise=1e-6, change=-14e-3)).values["not_identified_pulses"].value == 8
    assert of(titration(5.0, noise=1e-6, change=-20e-3)).values["not_identified_pulses"].value == 0


def test_a_minority_of_identified_pulses_has_no_median() -> None:
    """Three pulses that are told and five that are not: the median of the eight is not known, the three are in the table."""
    told, untold = titration(0.024, noise=1e-6), titration(40.0, noise=1e-4)
    first = told.filter(pl.col("test_time_second") < TRAIN.before + 3 * (TRAIN.pulse + 5e4) - 1)
    rest = untold.filter(pl.col("test_time_second") < TRAIN.before + 5 * (TRAIN.pulse + 7200) - 1)
    rest = rest.with_columns(pl.col("test_time_second") + first["test_time_second"].max(), pl.col("voltage_volt") - 3 * 20e-3)
    result = of(pl.concat((first, rest)))
    assert result.values["pulses"].value == 8
    assert result.values["pulses_in_median"].value == 3
    assert result.values["median_diffusivity"].value is None
    assert result.tables["pulses"]["diffusivity [m2/s]"].drop_nulls().len() == 3
    assert "3 of these identify" in next(flag.message for flag in result.flags if flag.severity == "refusal")


def test_the_interval_grows_as_the_profile_comes_to_stand() -> None:
    widths = []
    for number in (0.1, 0.5, 1.0):
        table = of(titration(number, noise=1e-4)).tables["pulses"]
        widths.append(np.median(table["relative_error_without_length"].drop_nulls().to_numpy()))
    assert widths[0] < widths[1] < widths[2]


def test_plateau_is_apparent_here_too() -> None:
    result = of(titration(0.024, change=-5e-3))  # 8 pulses of 5 mV: 0.04 V per unit x
    assert result.values["apparent_pulses"].value == 8
    assert result.values["median_diffusivity"].value is None


def test_a_bent_pulse_is_a_poor_fit() -> None:
    table = titration(0.024)
    swing = np.where(table["current_ampere"].to_numpy() != 0, 0.02 * np.sin(table["test_time_second"].to_numpy() / 30), 0.0)
    result = of(table.with_columns(pl.col("voltage_volt") + swing))
    assert result.values["poor_fit_pulses"].value == 8


def test_sparse_rows_do_without_the_closed_form() -> None:
    """A row every 30 s leaves the window of the closed form empty, and the fit has enough."""
    table = titration(0.024)
    time, on = table["test_time_second"].to_numpy(), table["current_ampere"].to_numpy() != 0
    since = (time - TRAIN.before) % (TRAIN.pulse + 5e4)  # the rests last 2 R^2/D
    slot = np.floor(since / 30)
    first = np.concatenate(([True], slot[1:] != slot[:-1]))
    result = of(table.filter(pl.Series(~on | first)))
    assert "closed_form_over_model" not in result.values
    assert result.values["median_diffusivity"].value == pytest.approx(4e-5 * (RADIUS * 1e-6) ** 2, rel=0.02)
    assert draw(result).finding.endswith("pulses.")


def test_error_of_the_radius_counts_twice() -> None:
    table = titration(0.024, noise=1e-6)
    exact = analyse((measured(table),), Options()).values["median_diffusivity"]
    vague = analyse((measured(table, Quantity(RADIUS, "um", stderr=0.1 * RADIUS)),), Options()).values["median_diffusivity"]
    assert exact.value is not None
    assert exact.stderr is not None
    assert vague.stderr == pytest.approx(exact.value * math.hypot(0.2, exact.stderr / exact.value), rel=1e-6)


@pytest.mark.slow
def test_intervals_hold_the_truth() -> None:
    inside = 0
    for seed in range(30):
        given, truth = synthesise(np.random.default_rng(seed))
        interval = analyse(given, TECHNIQUE.example_options()).values["median_diffusivity"].interval
        assert interval is not None
        inside += interval[0] <= truth["median_diffusivity"] <= interval[1]
    assert 25 <= inside <= 30


def test_less_noise_gives_a_smaller_error() -> None:
    errors = [
        analyse(synthesise(np.random.default_rng(4), noise=noise)[0], Options()).values["median_diffusivity"].stderr for noise in (1.0, 0.1)
    ]
    assert errors[0] is not None
    assert errors[1] is not None
    assert errors[1] < 0.2 * errors[0]


def test_missing_radius_pulses_and_a_second_titration_are_told() -> None:
    table = titration(0.024)
    unknown = Measurement("gitt", table, {}, "", Source("titration.csv", "0" * 64, "test", 1))
    with pytest.raises(SpecError, match="particle_radius: missing"):
        analyse((unknown,), Options())
    with pytest.raises(CoverageError, match="at least 1 and has 0"):
        of(table.head(150))
    with pytest.raises(InputError, match="takes one titration"):
        analyse((measured(table), measured(table)), Options())


@pytest.mark.parametrize("given", [{"particle_radius": -1.0}, {"skip": float("nan")}, {"closed_window": (5.0, 5.0)}, {"min_r2": 0.0}])
def test_options_that_mean_nothing_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(SpecError, match=next(iter(given))):
        Options(**given)
