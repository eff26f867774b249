"""The parts of a voltage add up to it (V20), and energies as states of the solver are the integrals of what is reported (V25)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dualion.models.experiments import Protocol, Rest, Sweep, cycle
from dualion.models.isotherms import isotherm_of
from dualion.models.reference.solve import solve

pytestmark = [pytest.mark.models, pytest.mark.slow]

PARTS = ("equilibrium", "reaction", "concentration", "electrolyte", "series", "film")
HIERARCHIES = ("SPM", "SPMe", "DFN")


@pytest.mark.parametrize("hierarchy", HIERARCHIES)
@pytest.mark.parametrize("kind", ["half film", "full film", "reversible", "slow salt"])
def test_the_parts_of_the_voltage_add_up(models: Any, kind: str, hierarchy: str) -> None:
    """V20: to 1e-5 V at every time, and none of them is the rest of the others."""
    for step in models.cycle(1.0, kind, hierarchy).steps:
        total = sum(step.traces[part] for part in PARTS if part in step.traces)
        assert np.abs(total - step.voltage).max() < 1e-5
        for part in ("reaction", "series", "film"):
            if part in step.traces:
                assert np.all(np.sign(step.traces[part][5:]) == np.sign(step.half_cycle.current))


@pytest.mark.parametrize("kind", ["half film", "full film"])
def test_they_add_up_where_the_voltage_is_given(models: Any, kind: str) -> None:
    cell = models.cells[kind]
    top, bottom = (1.2, 1e-4) if kind == "half film" else (4.8, 2.65)
    start, end = (top, bottom) if kind == "half film" else (bottom, top)
    run = solve(models.model(kind), Protocol("sweep", (Sweep(start, end, 1e-3), Rest(60.0)), (0.0, 0.0)))
    for step in run.steps:
        total = sum(step.traces[part] for part in PARTS)
        assert np.abs(total - step.voltage).max() < 1e-5
    assert run.steps[1].traces["series"] == pytest.approx(np.zeros(run.steps[1].time.size), abs=1e-12)
    assert np.abs(run.steps[0].traces["series"]).max() == pytest.approx(
        np.abs(run.steps[0].currents).max() * cell.series_resistance.value, rel=1e-9
    )


def test_equilibrium_is_that_of_the_isotherms_at_the_surfaces(models: Any) -> None:
    """With the salt in the cathode; what it differs from ``bulk_equilibrium`` by is diffusion in the particles."""
    charge = models.cycle(10.0).steps[0]
    cell = models.cells["full"]
    inside = charge.traces["anode_filling"] > 3e-3  # nearer to empty PyBaMM bends the potential
    anode, cathode = (np.asarray(charge.traces[f"{role}_filling"])[inside] for role in ("anode", "cathode"))
    salt = -(charge.traces["equilibrium"][inside] - isotherm_of(cell.cathode).potential(cathode) + isotherm_of(cell.anode).potential(anode))
    depleted = 1000.0 * np.exp(salt / (2 * 0.0256926))  # [mol/m3] that the potential has seen
    assert depleted.min() > charge.salt[:, 0].min()
    assert np.all(depleted < charge.salt[inside, 2] + 1e-6)
    particle = charge.traces["equilibrium"] - charge.traces["bulk_equilibrium"]
    assert particle[len(particle) // 2] > 5e-3


@pytest.mark.parametrize("hierarchy", HIERARCHIES)
@pytest.mark.parametrize(("kind", "rate"), [("half", 1.0), ("full", 1.0), ("full", 20.0)])
def test_energy_and_charge_are_states_that_agree_with_the_curve(models: Any, kind: str, rate: float, hierarchy: str) -> None:
    """V25: the integral of V I over the resampled curve against the state, 1e-4; the charge against the clock, 1e-6."""
    for step in models.cycle(rate, kind, hierarchy).steps:
        integral = float(np.trapezoid(step.voltage * step.currents, step.time))
        assert step.traces["energy"][-1] == pytest.approx(integral, rel=1e-4)
        assert step.traces["charge"][-1] == pytest.approx(step.half_cycle.current * step.time[-1], rel=1e-6)
        assert step.totals["energy"] == pytest.approx(integral, rel=1e-12)


def test_ends_alone_hold_the_same_energy(models: Any) -> None:
    """What a long run keeps of each half cycle: its charge and energy, the salt and the amounts at both ends."""
    model = models.model("full")
    whole, ends = models.cycle(10.0), solve(model, cycle(model.cell, 800.0), detail="ends")
    for one, other in zip(whole.steps, ends.steps, strict=True):
        assert other.voltage.size == 0
        assert other.time.size == 2
        assert other.charge == pytest.approx(one.charge, rel=1e-9)
        assert other.mean_voltage() == pytest.approx(one.mean_voltage(), abs=4e-4)
        assert other.salt[1] == pytest.approx(one.salt[-1], rel=1e-9)
        assert other.inventories == one.inventories
