"""Every kind of step: sweeps against the reference voltammograms of 4.4, holds, rests, pulses, and the hand-over between them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualion.errors import SpecError
from dualion.models.experiments import HalfCycle, Hold, Protocol, Rest, Sweep, pair_of, titration, voltammetry
from dualion.models.outputs import StepResult, working_mass
from dualion.models.reference.solve import DEFAULT_MESH, solve
from dualion.models.states import equilibrium_voltage, initial_fractions

pytestmark = [pytest.mark.models, pytest.mark.slow]  # each builds several models of PyBaMM

#: Specification 4.4, half cell from 1.2 V to 0.0001 V: rate [V/s], anodic peak [V] (3 mV), anodic charge [mAh/g] (1 %).
PEAKS = ((1e-4, 0.110, 236.0), (1e-3, 0.212, 122.0), (5e-3, 0.581, 81.0))


def _anodic(step: StepResult, mass: float) -> float:
    """[mAh/g] that leaves the carbon: the current is still cathodic when the sweep turns."""
    return float(np.trapezoid(np.clip(step.currents, 0, None), step.time) / 3.6 / mass * 1e3)


@pytest.mark.parametrize("hierarchy", ["SPMe", "DFN"])
@pytest.mark.parametrize(("rate", "peak", "charge"), PEAKS)
def test_the_half_cell_gives_the_reference_voltammogram(models: Any, rate: float, peak: float, charge: float, hierarchy: str) -> None:
    model = models.model("half", hierarchy)
    run = solve(model, voltammetry(model.cell, rate, high=1.2))
    down, up = run.steps[2:]
    assert run.attempts == ()
    assert float(up.voltage[np.argmax(up.currents)]) == pytest.approx(peak, abs=3e-3)
    assert float(down.voltage[np.argmin(down.currents)]) == pytest.approx(0.0, abs=1e-3)  # the cathodic maximum is the edge of the window
    assert _anodic(up, working_mass(model.cell)) == pytest.approx(charge, rel=0.01)
    assert abs(up.totals["charge"]) == pytest.approx(abs(down.totals["charge"]), rel=5e-3)
    assert abs(run.steps[1].totals["charge"] - up.totals["charge"]) < 5e-3 * up.totals["charge"]


@pytest.mark.parametrize("hierarchy", ["SPM", "SPMe", "DFN"])
def test_the_full_cell_gives_the_reference_voltammogram(models: Any, hierarchy: str) -> None:
    """0.1 mV/s between 2.65 and 4.8 V: peaks of 0.112 mA both ways (1 %), and the halves of the second cycle balance to 0.5 %."""
    model = models.model("full", hierarchy)
    run = solve(model, voltammetry(model.cell, 1e-4, low=2.65))
    up, down = run.steps[2:]
    assert run.attempts == ()
    assert 1e3 * up.currents.max() == pytest.approx(0.112, rel=0.01)
    assert 1e3 * down.currents.min() == pytest.approx(-0.112, rel=0.01)
    assert -down.totals["charge"] == pytest.approx(up.totals["charge"], rel=5e-3)
    assert up.totals["charge"] / 3.6 / working_mass(model.cell) * 1e3 > 90.0
    for step in run.steps:
        assert step.ended == "duration"
        expected = step.step.start + np.sign(step.step.end - step.step.start) * 1e-4 * step.time
        assert step.voltage == pytest.approx(expected, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["half", "full"])
def test_a_looser_tolerance_gives_the_same_peak(models: Any, kind: str) -> None:
    """4.4: peak currents at rtol 1e-5 and 1e-4 agree to 0.1 %."""
    model = models.model(kind, "DFN")
    protocol = voltammetry(model.cell, 1e-4, high=1.2) if kind == "half" else voltammetry(model.cell, 1e-4, low=2.65)
    peaks = [solve(model, protocol, rtol=rtol, atol=rtol / 100).steps[1 if kind == "half" else 0].currents.max() for rtol in (1e-5, 1e-4)]
    assert peaks[1] == pytest.approx(peaks[0], rel=2e-3)


def test_a_sweep_starts_in_equilibrium_at_its_voltage(models: Any) -> None:
    for kind, voltage in (("half", 1.2), ("full", 2.65), ("full", 4.0)):
        cell = models.cells[kind]
        fractions = initial_fractions(cell, {}, voltage=voltage)
        assert equilibrium_voltage(cell, fractions) == pytest.approx(voltage, abs=1e-7)
    with pytest.raises(SpecError, match=r"9 V is outside"):
        initial_fractions(models.cells["full"], {}, voltage=9.0)


@pytest.mark.parametrize("hierarchy", ["SPM", "SPMe", "DFN"])
def test_steps_of_every_kind_follow_one_another(models: Any, hierarchy: str) -> None:
    """Charge, hold, rest, discharge, rest, hold, sweep: one state all the way, and the amounts add up from the first to the last."""
    model = models.model("full", hierarchy)
    cell = model.cell
    charge, discharge = pair_of(cell, cell.current_of(160.0))
    steps = (charge, Hold(4.8, 900.0), Rest(1800.0), discharge, Rest(600.0), Hold(2.5, 600.0), Sweep(2.5, 4.0, 2e-3))
    run = solve(model, Protocol("everything", steps, (160.0, 0, 0, 160.0, 0, 0, 0)))
    assert run.attempts == ()
    assert [step.ended for step in run.steps] == ["cutoff", "duration", "duration", "cutoff", "duration", "duration", "duration"]
    for before, after in zip(run.steps, run.steps[1:], strict=False):
        for name, (_, end) in before.inventories.items():
            assert after.inventories[name][0] == pytest.approx(end, rel=1e-13)
    first, last = run.steps[0].inventories, run.steps[-1].inventories
    for name, drift in (("sodium", 1e-10), ("PF6", 1e-12)):
        assert last[name][1] == pytest.approx(first[name][0], rel=drift)
    passed = sum(step.totals["charge"] for step in run.steps) / 96485.33212
    assert last["host PF6"][1] - first["host PF6"][0] == pytest.approx(passed, rel=1e-5)
    rest = run.steps[4]
    assert np.all(rest.currents == 0.0)
    assert rest.totals["charge"] == 0.0
    if hierarchy != "SPM":
        assert np.ptp(rest.salt[-1]) < 0.2 < 1.0 < np.ptp(rest.salt[0])  # the salt evens out
    assert run.steps[1].voltage == pytest.approx(np.full_like(run.steps[1].voltage, 4.8), abs=1e-5)


def test_the_last_step_of_a_titration_is_the_one_that_meets_its_cut_off(models: Any) -> None:
    model = models.model("full")
    cell = model.cell
    run = solve(model, titration(cell, 80.0, pulse=300.0, rest=600.0, pulses=40))
    pulses, rests = run.steps[::2], run.steps[1::2]
    assert [pulse.ended for pulse in pulses] == ["duration"] * (len(pulses) - 1) + ["cutoff"]
    assert len(pulses) == len(rests) + 1 < 40
    assert {float(pulse.time[-1]) for pulse in pulses[:-1]} == {300.0}
    assert pulses[-1].voltage[-1] == pytest.approx(4.8, abs=1e-6)
    relaxed = np.array([rest.voltage[-1] for rest in rests])
    assert np.all(np.diff(relaxed) > 0)
    assert np.all(relaxed < [pulse.voltage[-1] for pulse in pulses[:-1]])


def test_pulses_that_stop_short_of_their_cut_off_all_run(models: Any) -> None:
    model = models.model("half")
    run = solve(model, titration(model.cell, 30.0, pulse=600.0, rest=600.0, pulses=3))
    assert [step.ended for step in run.steps] == ["duration"] * 6
    assert run.steps[0].voltage[-1] < run.steps[1].voltage[-1]  # the carbon relaxes upwards after a sodiation


def test_a_half_cycle_may_end_inside_the_window(models: Any) -> None:
    """Cut-offs belong to the step: one model serves all of them, and the other end of the window is no event."""
    model = models.model("full")
    current = model.cell.current_of(160.0)
    steps = (HalfCycle("charge", current, 4.4), HalfCycle("discharge", -current, 3.5), HalfCycle("charge", current, 4.8))
    run = solve(model, Protocol("inside", steps, (160.0,) * 3))
    assert [float(step.voltage[-1]) for step in run.steps] == pytest.approx([4.4, 3.5, 4.8], abs=1e-6)
    assert len(model._built) == len({(precision, mode) for precision, mode in model._built})


def test_a_refined_grid_follows_every_bend(models: Any) -> None:
    """At least 400 points, and more where the voltage bends: hardly two of them are 10 mV apart."""
    for rate in (1.0, 20.0):
        for step in models.cycle(rate).steps:
            assert step.time.size > 400
            assert np.all(np.diff(step.time) > 0)
            assert np.quantile(np.abs(np.diff(step.voltage)), 0.99) <= 1e-2


def test_a_first_step_at_a_voltage_is_refused_where_there_is_none(models: Any) -> None:
    model = models.model("full")
    with pytest.raises(SpecError, match="that the cell has in equilibrium"):
        solve(model, Protocol("hold", (Hold(7.0, 10.0),), (0.0,)))
    assert replace(model.cell, kind="dual-ion") == model.cell
    assert DEFAULT_MESH == (20, 20, 20, 20)
