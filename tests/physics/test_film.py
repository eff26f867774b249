"""The film element in time (V18): at constant current a resistor, in a hold exact, in a slow step what its differential equation says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualion.models.cells import with_temperature, with_values
from dualion.models.constants import GAS_CONSTANT, REFERENCE_TEMPERATURE
from dualion.models.experiments import Hold, Protocol, Rest, pair_of
from dualion.models.outputs import working_mass
from dualion.models.reference.engine import CellModel, charged_film, controls
from dualion.models.reference.solve import DEFAULT_MESH, solve
from dualion.models.states import initial_fractions
from dualion.records.cell import Cell, Film

pytestmark = [pytest.mark.models, pytest.mark.slow]


@pytest.mark.parametrize(("hierarchy", "allowed"), [("SPM", 1e-9), ("SPMe", 1e-9), ("DFN", 2e-5)])
@pytest.mark.parametrize("kind", ["half", "full"])
def test_at_constant_current_it_is_a_resistor(models: Any, kind: str, hierarchy: str, allowed: float) -> None:
    """Capacities agree to 1e-6 and mean voltages to 0.02 mV; those of a DFN to what its steps in time leave open, 2e-5."""
    rate = 1.0 if kind == "half" else 10.0
    with_film, lumped = (models.cycle(rate, f"{kind} {how}", hierarchy) for how in ("film", "lumped"))
    for one, other in zip(with_film.steps, lumped.steps, strict=True):
        assert one.charge == pytest.approx(other.charge, rel=allowed)
        assert one.mean_voltage() == pytest.approx(other.mean_voltage(), abs=2e-5)
    traces = with_film.steps[0].traces
    assert traces["film"] == pytest.approx(np.full_like(traces["film"], with_film.steps[0].half_cycle.current * 29.45), rel=1e-6)
    assert "film" not in lumped.steps[0].traces


def test_the_reference_capacity_of_the_half_cell_is_met_both_ways(models: Any) -> None:
    """Specification 2.2: 324.8 mAh/g at 1 C (0.5), start at 2.4 V: the capacity above 1 V is added, and above 2.4 V is nothing."""
    from dualion.models.isotherms import isotherm_of

    for kind in ("half lumped", "half film"):
        run = models.cycle(1.0, kind)
        above = isotherm_of(run.cell.anode).capacity_above(1.0)
        assert run.steps[0].capacity(working_mass(run.cell)) + above == pytest.approx(324.8, abs=0.5)


def test_a_slow_film_is_charged_as_its_equation_says(full: Cell, parameter: Callable[..., Any]) -> None:
    """R C = 30 s: V_f = I R (1 - exp(-t / R C)) during a pulse, and its decay in the rest after it."""
    slow = Film(parameter(30.0, "ohm"), parameter(1.0, "F"), parameter(0.0, "kJ/mol"))
    cell = replace(full, film=slow)
    charge, _ = pair_of(cell, cell.current_of(80.0))
    pulse = replace(charge, duration=60.0)
    assert charged_film(cell, pulse, {}) is None
    run = solve(CellModel(cell), Protocol("pulse", (pulse, Rest(60.0)), (80.0, 0.0)))
    steady = pulse.current * 30.0
    for step, expected in (
        (run.steps[0], lambda t: steady * (1 - np.exp(-t / 30.0))),
        (run.steps[1], lambda t: steady * (1 - np.exp(-2.0)) * np.exp(-t / 30.0)),
    ):
        assert step.traces["film"] == pytest.approx(expected(step.time), abs=1e-5 * steady)


def test_a_fast_film_may_start_charged(models: Any) -> None:
    """Started at rest it is charged after 0.3 ms, five of its time constants, and the half cycle is then the same."""
    model = models.model("full film")
    cell = model.cell
    step, _ = pair_of(cell, cell.current_of(800.0))
    built = model.built(DEFAULT_MESH, 1e-6, 1e-8)
    inputs = {**initial_fractions(cell, {}), **controls(step)[1]}
    ends = []
    for start in (0.0, charged_film(cell, step, {})):
        solution = built.advance(None, inputs, 1e4, film=start)
        ends.append(float(solution.t[-1]))
        settled = float(solution["Film overvoltage [V]"](np.array([5 * 29.45 * 2e-6])).item())
        assert settled == pytest.approx(-step.current * 29.45, rel=0.01)
    assert ends[0] == pytest.approx(ends[1], rel=1e-6)


@pytest.mark.parametrize("hierarchy", ["SPMe", "DFN"])
def test_a_hold_sees_the_film(models: Any, hierarchy: str) -> None:
    """The voltage at the terminals stays at its set value to 1e-6 V at every time of the solver, with the film inside the loop."""
    model = models.model("full film", hierarchy)
    cell = model.cell
    charge, _ = pair_of(cell, cell.current_of(160.0))
    run = solve(model, Protocol("charge and hold", (charge, Hold(4.8, 600.0)), (160.0, 0.0)))
    hold = run.steps[1]
    assert hold.ended == "duration"
    assert hold.currents[0] == pytest.approx(charge.current, rel=0.02)  # goes on from where the charge has ended
    assert abs(hold.currents[-1]) < 0.01 * hold.currents[0]
    assert hold.totals["charge"] > 1e-3 * run.steps[0].charge
    built = model.built(DEFAULT_MESH, 1e-6, 1e-8, mode="voltage")
    given = {**initial_fractions(cell, {}, voltage=4.0), **controls(Hold(4.1, 600.0))[1]}
    solution = built.advance(None, given, 600.0)
    assert np.abs(np.asarray(solution["Voltage [V]"].entries) - 4.1).max() < 1e-6
    assert np.abs(np.asarray(solution["Film overvoltage [V]"].entries)).max() > 1e-3


@pytest.mark.parametrize("celsius", [0.0, 60.0])
def test_the_film_follows_its_activation_energy_and_its_growth(full: Cell, film: Film, celsius: float) -> None:
    cell = with_temperature(with_values(replace(full, film=film), {"series_resistance": 2.11}), celsius)
    model = CellModel(cell, inputs=("film_growth",))
    charge, _ = pair_of(cell, cell.current_of(80.0))
    kelvin = celsius + 273.15
    arrhenius = np.exp(45.9e3 / GAS_CONSTANT * (1 / kelvin - 1 / REFERENCE_TEMPERATURE))
    for growth in (1.0, 1.5):
        pulse = Protocol("pulse", (replace(charge, duration=30.0),), (80.0,))
        run = solve(model, pulse, parameters={"film_growth": growth})
        assert run.steps[0].traces["film"][-1] == pytest.approx(charge.current * 29.45 * arrhenius * growth, rel=1e-6)
    assert {0.0: 5.4, 60.0: 0.143}[celsius] == pytest.approx(arrhenius, rel=0.01)
