"""The apparent diffusion coefficient of a simulated titration: right where its formula holds, and far off where it does not."""

from __future__ import annotations

from itertools import pairwise

import pytest

from dualion.models.cells import with_temperature, with_values
from dualion.models.engines import solver
from dualion.models.experiments import titration
from dualion.models.runs.summaries import Row, number
from dualion.models.runs.titrations import PULSE_UNITS, pulse_rows, titration_flags
from dualion.records.cell_files import load_cell


def titrated(diffusivity: float, *, celsius: float = 25.0, rest: float = 3e4) -> tuple[Row, ...]:
    """Twelve pulses of 120 s at C/20 on the half cell with a diffusion coefficient [m2/s] and particles of 1 um."""
    cell = with_temperature(with_values(load_cell("na-mec3"), {"anode.diffusivity": diffusivity}), celsius)
    return pulse_rows(solver(cell).solve(titration(cell, 15.0, pulse=120.0, rest=rest, pulses=12)))


@pytest.fixture(scope="module")
def short_pulses() -> tuple[Row, ...]:
    return titrated(1e-16, rest=3e5)  # R^2/D = 1e4 s


@pytest.fixture(scope="module")
def long_pulses() -> tuple[Row, ...]:
    return titrated(1e-13)  # R^2/D = 10 s


def test_short_pulses_give_back_what_was_put_in(short_pulses: tuple[Row, ...]) -> None:
    # once the potential is a straight line over a pulse
    assert [number(row, "ratio") for row in short_pulses[-6:]] == pytest.approx([1.0] * 6, abs=0.08)
    assert number(short_pulses[-1], "diffusion_time") == pytest.approx(1e4)


def test_long_pulses_are_off_by_orders_of_magnitude_and_say_so(long_pulses: tuple[Row, ...]) -> None:
    assert all(number(row, "ratio") < 0.03 for row in long_pulses[1:])
    (flag,) = titration_flags(long_pulses)
    assert flag.code == "apparent"
    assert "12 of 12 pulses are not short" in flag.message


def test_relaxed_voltages_and_charge_add_up(short_pulses: tuple[Row, ...]) -> None:
    for before, after in pairwise(short_pulses):
        assert after["relaxed_before"] == before["relaxed_after"]
        assert number(after, "relaxed_change") == pytest.approx(number(after, "relaxed_after") - number(before, "relaxed_after"))
        assert abs(number(after, "rest_drift")) < 1e-3  # [mV/h] at rest
    assert number(short_pulses[-1], "capacity") == pytest.approx(12 * 15.0 * 120 / 3600)
    assert short_pulses[0]["ratio"] is None  # nothing was relaxed before it


def test_the_relaxed_voltage_is_the_equilibrium_of_the_charge_passed(short_pulses: tuple[Row, ...], long_pulses: tuple[Row, ...]) -> None:
    assert number(short_pulses[-1], "relaxed_after") == pytest.approx(number(long_pulses[-1], "relaxed_after"), abs=1e-6)


def test_the_ohmic_drop_is_current_times_resistance(long_pulses: tuple[Row, ...]) -> None:
    cell = load_cell("na-mec3")
    resistance = cell.series_resistance.value + cell.film.resistance.value  # type: ignore[union-attr]
    drop = -number(long_pulses[-1], "ohmic_drop") / cell.current_of(15.0)
    assert resistance < drop < resistance + 4.0  # about 3 ohm of electrolyte


def test_what_was_put_in_follows_the_temperature_and_the_profile() -> None:
    half = number(titrated(1e-13, celsius=40.0, rest=3600.0)[-1], "diffusivity_put_in")
    energy = load_cell("na-mec3").anode.material.parameters.get("diffusivity_activation_energy")
    assert half == pytest.approx(1e-13) if energy is None else half > 1e-13
    cell = load_cell("hc-nvpf")
    rows = pulse_rows(solver(cell).solve(titration(cell, 5.0, pulse=600.0, rest=3600.0, pulses=3)))
    profile = cell.cathode.material.profiles["diffusivity"]  # type: ignore[union-attr]
    assert all(min(profile.value) <= number(row, "diffusivity_put_in") <= max(profile.value) for row in rows)


def test_units_are_stated(short_pulses: tuple[Row, ...]) -> None:
    assert set(short_pulses[0]) - {"pulse", "direction"} <= set(PULSE_UNITS)
    assert titration_flags(()) == ()
