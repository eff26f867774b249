"""Interruptions of a current made with a known diffusivity."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.titration.train import Train, interruption_train
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement, Source
from dualion.records.quantity import Quantity
from dualion.techniques.ici import TECHNIQUE, Options, analyse, draw, synthesise

RADIUS = 5.0  # [um]
LENGTH = RADIUS * 1e-6 / 3  # [m]
TRAIN = Train(
    rate=1e-7, pulses=20, pulse=300.0, rest=10.0, before=0.0, change=-9e-3, voltage=1.0, current=-1e-4, resistance=100.0,
    pulse_rows=31, rest_rows=101,
)  # fmt: skip


def measured(table: pl.DataFrame, cell: CellRecord | None = None) -> Measurement:
    source = Source("interrupted.csv", "0" * 64, "test", 1)
    return Measurement("gitt", table, {}, "", source, cell=cell or CellRecord(particle_radius=Quantity(RADIUS, "um")))


def straight(diffusivity: float, *, count: int = 20, change: float = -9e-3, rest_first: bool = False, rest_rows: int = 101) -> pl.DataFrame:
    """A current of -1 mA in runs of 300 s whose interruptions of 10 s are straight lines of sqrt(t), from the equation itself."""
    slope = -2 * LENGTH / math.sqrt(math.pi * diffusivity) * change / 300
    time, voltage, current = [], [], []
    now, at = 0.0, 1.0
    if rest_first:
        time, voltage, current, now = [np.array([0.0, 300, 600])], [np.full(3, 1.2)], [np.zeros(3)], 600.0
    for k in range(count + 1):
        flow = np.linspace(0, 300, 61)
        time.append(now + flow)
        voltage.append(at - 0.02 + change * flow / 300)
        current.append(np.full(61, -1e-3))
        now, at = now + 300, at + change
        if k < count:
            since = np.linspace(0, 10, rest_rows)
            time.append(now + since)
            voltage.append(at + slope * np.sqrt(since))
            current.append(np.zeros(rest_rows))
            now += 10
    columns = {"test_time_second": time, "voltage_volt": voltage, "current_ampere": current}
    return pl.DataFrame({name: np.concatenate(parts) for name, parts in columns.items()})


def test_straight_interruptions_give_back_their_diffusivity() -> None:
    result = analyse((measured(straight(2e-16)),), Options())
    table = result.tables["interruptions"]
    assert table.height == 20
    assert table["diffusivity [m2/s]"].to_numpy() == pytest.approx(np.full(20, 2e-16), rel=1e-6)
    assert table["resistance [ohm]"].to_numpy() == pytest.approx(np.full(20, 20.0), rel=1e-6)  # 20 mV at 1 mA
    assert result.values["median_diffusivity"].value == pytest.approx(2e-16, rel=1e-6)
    assert result.flags == ()


def test_charging_and_a_slab_give_the_same() -> None:
    down = straight(2e-16)
    up = down.with_columns(voltage_volt=2 - pl.col("voltage_volt"), current_ampere=-pl.col("current_ampere"))
    for table, options in ((up, Options()), (down, Options(geometry="slab", thickness=LENGTH))):
        assert analyse((measured(table),), options).values["median_diffusivity"].value == pytest.approx(2e-16, rel=1e-6)


def test_pause_of_the_current_is_no_part_of_its_time() -> None:
    """Over two runs of 300 s and the interruption between them, 600 s count, not 610 s."""
    table = analyse((measured(straight(2e-16)),), Options()).tables["interruptions"]
    over_all_time = table["diffusivity [m2/s]"][5] * (600 / 610) ** 2
    assert table["diffusivity [m2/s]"][5] == pytest.approx(2e-16, rel=1e-6)
    assert over_all_time < 0.97 * 2e-16


@pytest.mark.parametrize("rate", [1e-8, 1e-7, 1e-6])
def test_sphere_in_steady_current_comes_out_high_by_its_curvature(rate: float) -> None:
    table = interruption_train(np.random.default_rng(0), replace(TRAIN, rate=rate), noise=0.0)
    found = analyse((measured(table),), Options()).values["median_diffusivity"].value
    assert found is not None
    excess = found / (rate * (RADIUS * 1e-6) ** 2) - 1
    middle = ((1 + math.sqrt(10)) / 2) ** 2
    memory = 0.007  # of earlier interruptions, 10 s in every 310 s, as the methods section says: no matter of the rate
    assert excess == pytest.approx(memory + 4 * math.sqrt(math.pi * rate * middle), rel=0.2)


def test_a_profile_that_still_forms_is_flagged() -> None:
    result = analyse((measured(straight(2e-16, rest_first=True)),), Options())  # 6000 s against 0.2 R^2/D = 25,000 s
    assert result.values["not_steady_interruptions"].value == 20
    assert result.values["median_diffusivity"].n == 20


def test_radius_enters_squared_with_its_error() -> None:
    table = straight(2e-16)
    one = analyse((measured(table),), Options(particle_radius=5e-6)).values["median_diffusivity"]
    other = analyse((measured(table),), Options(particle_radius=10e-6, particle_radius_stderr=1e-6)).values["median_diffusivity"]
    assert one.value is not None
    assert one.stderr is not None
    assert other.value == pytest.approx(4 * one.value, rel=1e-9)
    assert other.stderr == pytest.approx(4 * one.value * math.hypot(0.2, one.stderr / one.value), rel=1e-6)


def test_flat_voltage_is_apparent_and_leaves_no_median() -> None:
    result = analyse((measured(straight(2e-16, change=-2e-3)),), Options())  # 0.042 V over the record
    assert result.values["apparent_interruptions"].value == 20
    assert result.values["median_diffusivity"].value is None
    assert {flag.code for flag in result.flags if flag.severity == "refusal"} == {"no_diffusivity"}
    assert draw(result).finding == "No interruption gives a diffusivity that is not apparent (apparent, no_diffusivity)."


def test_sparse_interruptions_have_no_diffusivity() -> None:
    result = analyse((measured(straight(2e-16, rest_rows=4)),), Options())
    assert result.values["few_points_interruptions"].value == 20
    assert result.values["median_diffusivity"].value is None
    assert draw(result).panels


def test_neighbours_across_a_change_of_sign_do_not_count() -> None:
    """Each direction is a train of its own: at the turn the open-circuit voltage is taken from one side."""
    down = straight(2e-16, count=12)
    end = float(down["test_time_second"][-1])
    up = down.with_columns(
        test_time_second=pl.col("test_time_second") + end, voltage_volt=2 - pl.col("voltage_volt"), current_ampere=-pl.col("current_ampere")
    )
    result = analyse((measured(pl.concat((down, up))),), Options())
    assert result.tables["interruptions"]["sign"].to_list() == [-1] * 12 + [1] * 12
    assert result.tables["interruptions"]["diffusivity [m2/s]"].to_numpy() == pytest.approx(np.full(24, 2e-16), rel=1e-6)


def test_intervals_hold_the_truth() -> None:
    inside = 0
    for seed in range(60):
        given, truth = synthesise(np.random.default_rng(seed))
        interval = analyse(given, TECHNIQUE.example_options()).values["median_diffusivity"].interval
        assert interval is not None
        inside += interval[0] <= truth["median_diffusivity"] <= interval[1]
    assert 52 <= inside <= 60


def test_what_is_missing_is_told() -> None:
    with pytest.raises(SpecError, match="particle_radius: missing"):
        analyse((measured(straight(2e-16), CellRecord()),), Options())
    with pytest.raises(CoverageError, match="at least 2 and has 1"):
        analyse((measured(straight(2e-16, count=1)),), Options())
    one = measured(straight(2e-16))
    with pytest.raises(InputError, match="takes one record"):
        analyse((one, one), Options())


@pytest.mark.parametrize("given", [{"geometry": "rod"}, {"thickness": 0.0}, {"sqrt_window": (-1.0, 5.0)}, {"thickness_stderr": -1.0}])
def test_options_that_mean_nothing_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(SpecError, match=next(iter(given))):
        Options(**given)
