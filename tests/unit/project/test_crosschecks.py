"""Relations between the numbers of different techniques."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from dualion.project.analysis import Analysis, Finished
from dualion.project.crosschecks import crosschecks
from dualion.project.load import Project
from dualion.project.plan import Task
from dualion.project.reading import Reading
from dualion.records.measurement import Provenance, Result
from dualion.records.quantity import Quantity


def finished(technique: str, values: dict[str, tuple[float, str]], tables: dict[str, pl.DataFrame] | None = None) -> Finished:
    made = {name: Quantity(value, unit) for name, (value, unit) in values.items()}
    return Finished(
        Task(technique, (f"{technique}.csv",), "a", "A"), Result(technique, made, {}, (), Provenance((), technique, 1), tables or {})
    )


def analysis(*found: Finished, kind: str | None = None, working: str | None = None) -> Analysis:
    readings = tuple(Reading(one.task.paths[0], "gcd", "plain", 1, "0" * 64, 1, (), kind=kind, working=working) for one in found)
    return Analysis(Project(Path("raw"), "raw", ()), readings, found, (), ())


@pytest.mark.parametrize(("slope", "holds"), [(0.2, True), (0.2 + 1e-8, False)])
def test_slope_and_plateau_add_up(slope: float, holds: bool) -> None:
    values = {"total_charge": (0.5, "mAh"), "plateau_charge": (0.3, "mAh"), "slope_charge": (slope, "mAh")}
    assert [one.holds for one in crosschecks(analysis(finished("plateau", values)))] == [holds]


@pytest.mark.parametrize(("mean", "holds"), [(2.0, True), (2.00001, False)])
def test_energy_over_charge_is_the_mean_voltage(mean: float, holds: bool) -> None:
    table = pl.DataFrame({"charge [mAh]": [1.0, 0.5, None], "energy [mWh]": [2.0, 0.5, None], "mean_voltage [V]": [mean, 1.0, None]})
    found = crosschecks(analysis(finished("cycling", {}, {"half_cycles": table})))
    assert [one.holds for one in found] == [holds]


def test_the_composition_of_the_paper() -> None:
    found = crosschecks(analysis(finished("cycling", {"reversible_capacity": (427.0, "mAh/g")}), kind="half", working="anode"))
    assert [(one.found, one.holds) for one in found] == [("427 mAh/g is NaC5.23", None)]
    assert crosschecks(analysis(finished("cycling", {"reversible_capacity": (427.0, "mAh/g")}), kind="dual-ion")) == ()


@pytest.mark.parametrize(("arc", "holds"), [(80.0, True), (150.0, False)])
def test_the_jump_of_a_pulse_is_the_resistance_times_the_current(arc: float, holds: bool) -> None:
    # 0.1 mAh in 360 s is 1 mA, and 100 mV are 100 ohm
    table = pl.DataFrame({"jump [mV]": [100.0, -100.0, None], "pulse_charge [mAh]": [0.1, -0.1, 0.1], "pulse_duration [s]": [360.0] * 3})
    spectrum = finished("eis", {"series_resistance": (10.0, "ohm"), "arc_1_resistance": (arc, "ohm")})
    found = crosschecks(analysis(finished("gitt", {}, {"pulses": table}), spectrum))
    assert [one.holds for one in found] == [holds]
    assert found[0].found.startswith("100 ohm of the pulses")


@pytest.mark.parametrize(("depletion", "holds"), [(11.6, True), (104.0, False)])
def test_a_discharge_cannot_hold_more_ions_than_the_electrolyte(depletion: float, holds: bool) -> None:
    found = crosschecks(analysis(finished("energy_power", {"salt_depletion": (depletion, "%")})))
    assert [one.holds for one in found] == [holds]
