"""Sodium that plates (3.9): what it takes at a slow anode, what stripping gives back, and that resistance alone is not enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualion.models.cells import with_values
from dualion.models.experiments import Protocol, pair_of, rate_blocks
from dualion.models.outputs import working_mass
from dualion.models.reference.engine import CellModel
from dualion.models.reference.solve import solve

pytestmark = [pytest.mark.models, pytest.mark.slow]


def _second_cycle(model: CellModel, rate: float) -> Any:
    return solve(model, rate_blocks(model.cell, [80.0 * rate], cycles=2))


@pytest.mark.parametrize("hierarchy", ["SPM", "SPMe", "DFN"])
@pytest.mark.parametrize(("kind", "capacity"), [("irreversible", 59.0), ("reversible", 64.0)])
def test_a_slow_anode_that_plates_gives_the_capacity_of_the_specification(models: Any, kind: str, capacity: float, hierarchy: str) -> None:
    """3.9: at 4 C in cycle 2, within 1.5 mAh/g."""
    run = _second_cycle(models.model(kind, hierarchy), 4.0)
    assert run.steps[3].capacity(working_mass(run.cell)) == pytest.approx(capacity, abs=1.5)
    assert "plating_possible" in {flag.code for flag in run.flags}
    assert min(float(step.anode_potential.min()) for step in run.steps) < -0.02


def test_what_does_not_strip_stays(models: Any) -> None:
    """Irreversible: 1.5 % of the sodium after two cycles (3.9), and never less than before."""
    run = _second_cycle(models.model("irreversible"), 4.0)
    plated = [step.inventories["plated"] for step in run.steps]
    assert plated[-1][1] / run.steps[-1].inventories["sodium"][1] == pytest.approx(0.015, abs=0.001)
    assert all(end >= start for start, end in plated)


def test_what_strips_comes_back_whole(models: Any) -> None:
    """Reversible: plated on charge, gone after discharge, never below zero by more than the solver's error."""
    run = _second_cycle(models.model("reversible"), 4.0)
    for charge, discharge in (run.steps[:2], run.steps[2:]):
        total = charge.inventories["sodium"][0]
        assert charge.inventories["plated"][1] > 1e-3 * total
        assert abs(discharge.inventories["plated"][1]) < 1e-7 * total


def test_a_larger_exchange_current_plates_more(models: Any, parameter: Callable[..., Any]) -> None:
    """3.9 asks for a scan: 1e-4 to 1 A/m2. It is an input, so that one model serves all."""
    cell = models.cells["irreversible"]
    model = CellModel(cell, inputs=("plating_exchange",))
    charge, _ = pair_of(cell, cell.current_of(320.0))
    shares = []
    for exchange in (1e-4, 1e-3, 1e-2, 0.1, 1.0):
        run = solve(model, Protocol("charge", (charge,), (320.0,)), parameters={"plating_exchange": exchange}, detail="ends")
        shares.append(run.steps[0].inventories["plated"][1] / run.steps[0].inventories["sodium"][1])
    assert np.all(np.diff(shares) > 0)
    assert shares[0] < 1e-3 < 0.01 < shares[-1]


@pytest.mark.parametrize(("resistance", "capacities"), [(33.0, (94.6, 93.5, 91.1, 82.5)), (58.8, (94.5, 93.4, 90.7, 78.8))])
def test_resistance_alone_does_not_explain_59(models: Any, resistance: float, capacities: tuple[float, ...]) -> None:
    """3.9, without plating and with a fast anode, at 1, 2, 4 and 10 C; the anode falls to about -0.03 V at 4 C and -0.07 V at 10 C."""
    fast = with_values(replace(models.cells["irreversible"], plating=None), {"series_resistance": resistance, "anode.diffusivity": 1e-13})
    model, lowest = CellModel(fast), []
    for rate, capacity in zip((1.0, 2.0, 4.0, 10.0), capacities, strict=True):
        run = _second_cycle(model, rate)
        assert run.steps[3].capacity(working_mass(fast)) == pytest.approx(capacity, abs=1.5)
        lowest.append(min(float(step.anode_potential.min()) for step in run.steps))
    assert lowest[2:] == pytest.approx([-0.03, -0.07], abs=0.01)


@pytest.mark.parametrize(("diffusivity", "capacity"), [(1e-15, 86.6), (3e-16, 72.7), (1e-16, 48.7)])
def test_slow_transport_in_the_anode_would(models: Any, diffusivity: float, capacity: float) -> None:
    """3.9: the scan of the anode's diffusivity at 4 C, cycle 2, without plating."""
    cell = with_values(replace(models.cells["irreversible"], plating=None), {"anode.diffusivity": diffusivity})
    run = _second_cycle(CellModel(cell), 4.0)
    assert run.steps[3].capacity(working_mass(cell)) == pytest.approx(capacity, abs=1.5)


def test_film_and_series_share_are_told_apart_from_the_interface(models: Any) -> None:
    """The lowest potential of the anode at its interface, and with the drops that a reference electrode behind the film would see."""
    charge = models.cycle(10.0, "full film").steps[0]
    drop = charge.half_cycle.current * (29.45 + 2.11)
    assert charge.traces["apparent_potential"] == pytest.approx(charge.anode_potential - drop, abs=1e-9)
    assert charge.totals["lowest_apparent_potential"] == pytest.approx(charge.totals["lowest_anode_potential"] - drop, abs=1e-6)
