"""The composite half cell: reference row of 2.4, MEC0 of 2.6, tolerances, and trap 2 provoked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualion.errors import InventoryError, PartialSolutionError, SpecError
from dualion.models.cells import with_values
from dualion.models.constants import FARADAY, HALF_CELL_START
from dualion.models.experiments import Hold, Protocol, Rest, cycle
from dualion.models.isotherms import isotherm_of
from dualion.models.outputs import CellResult, working_mass
from dualion.models.reference import composite
from dualion.models.reference.composite import CompositeModel
from dualion.records.cell import Cell
from dualion.records.cell_files import load_cell

pytestmark = pytest.mark.models

F1 = {"anode.slope_capacity": 106.9, "anode.pore_capacity": 547.0, "anode.pore_potential": 0.0106, "anode.pore_width": 0.0253}


@pytest.fixture(scope="module")
def carbon() -> Cell:
    """Na || MEC3 with the isotherm F1."""
    return with_values(load_cell("na-mec3"), F1)


@pytest.fixture(scope="module")
def model(carbon: Cell) -> CompositeModel:
    return CompositeModel(carbon)


def _sodiation(cell: Cell, specific_current: float) -> Protocol:
    return Protocol("sodiation", cycle(cell, specific_current).steps[:1], (specific_current,))


def _total(cell: Cell, result: CellResult) -> float:
    """[mAh/g] with the capacity above the start added."""
    return isotherm_of(cell.anode).capacity_above(HALF_CELL_START) + result.steps[0].capacity(working_mass(cell))


@pytest.mark.parametrize(("rate", "capacity"), [(0.1, 415.0), (0.2, 405.0), (0.5, 377.0), (1.0, 330.0), (2.0, 238.0)])
def test_the_reference_row_of_the_composite_model(model: CompositeModel, rate: float, capacity: float) -> None:
    """2.4: 415/405/377/330/238 mAh/g at 0.1/0.2/0.5/1/2 C, tolerance 1.5."""
    assert _total(model.cell, model.run(_sodiation(model.cell, 300 * rate))) == pytest.approx(capacity, abs=1.5)


def test_the_second_carbon_as_its_second_reading_was_fitted() -> None:
    """2.6, H2, with slope 82.7 and pores 276.9 mAh/g: plateau 165.9 at 0.1 C, totals 103.3 at 1 C and 66.0 at 2 C, ratio 0.353."""
    cell = with_values(load_cell("na-mec0"), {"anode.slope_capacity": 82.7, "anode.pore_capacity": 276.9})
    model = CompositeModel(cell)
    runs = {rate: model.run(_sodiation(cell, 300 * rate)) for rate in (0.1, 0.2, 1.0, 2.0)}
    plateau = {rate: run.steps[0].capacity_below(0.15, working_mass(cell)) for rate, run in runs.items()}
    found = [plateau[0.1], _total(cell, runs[1.0]), _total(cell, runs[2.0])]
    assert found == pytest.approx([165.9, 103.3, 66.0], abs=0.3)
    assert plateau[1.0] / plateau[0.2] == pytest.approx(0.353, abs=0.003)


def test_a_full_slope_leaves_the_current_to_the_pores(model: CompositeModel) -> None:
    """At 2 C the slope ends with 2 % of the current on 16 % of the sites; the charge is in the two hosts together."""
    step = model.run(_sodiation(model.cell, 600.0)).steps[0]
    assert step.traces["slope_share"] + step.traces["pore_share"] == pytest.approx(1.0, abs=1e-12)
    assert step.traces["slope_share"][0] > 0.8
    assert step.traces["slope_share"][-1] == pytest.approx(0.02, abs=0.01)
    assert step.traces["slope_filling"][-1] > 0.8 > 0.3 > step.traces["pore_filling"][-1]
    first, last = step.inventories["host sodium"]
    assert (last - first) * FARADAY == pytest.approx(step.charge, rel=1e-5)
    sites = 547.0 * 3.6 * 1.131e-3 / FARADAY  # [mol]
    assert step.inventories["pore sodium"][1] == pytest.approx(step.traces["pore_filling"][-1] * sites, rel=1e-6)


def test_both_populations_start_in_equilibrium(model: CompositeModel) -> None:
    """No current passes between them at rest: the voltage of a rest stays at the start within what the solver allows."""
    step = model.run(Protocol("rest", (Rest(3600.0),), (0.0,))).steps[0]
    assert step.voltage == pytest.approx(np.full(step.time.size, HALF_CELL_START), abs=1e-4)


def test_a_cycle_goes_on_from_where_it_was(model: CompositeModel) -> None:
    """What was taken up comes back, less the capacity above the start; at the slowest rate within 0.5 mAh/g."""
    run = model.run(cycle(model.cell, 30.0))
    taken, given = (step.capacity(working_mass(model.cell)) for step in run.steps)
    assert given == pytest.approx(taken + isotherm_of(model.cell.anode).capacity_above(HALF_CELL_START), abs=1.0)
    assert run.steps[1].inventories["host sodium"][0] == pytest.approx(run.steps[0].inventories["host sodium"][1], rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("hierarchy", ["SPMe", "DFN"])
def test_the_electrolyte_costs_what_it_costs_the_one_table_model(model: CompositeModel, hierarchy: Any) -> None:
    """2.4: 16 mAh/g at 2 C between SPM and SPMe, 17 with the DFN; here from 238."""
    other = CompositeModel(model.cell, hierarchy)
    lost = [_total(model.cell, one.run(_sodiation(model.cell, 600.0))) for one in (model, other)]
    assert lost[0] - lost[1] == pytest.approx(16.5, abs=1.5)


@pytest.mark.parametrize("rtol", [1e-2, 1e-4, 1.1e-5, 1e-8])
def test_a_loose_tolerance_is_refused(model: CompositeModel, rtol: float) -> None:
    with pytest.raises(SpecError, match="rtol"):
        model.run(_sodiation(model.cell, 30.0), rtol=rtol)


def test_a_loose_absolute_tolerance_is_refused(model: CompositeModel) -> None:
    with pytest.raises(SpecError, match="atol: 1e-06"):
        model.run(_sodiation(model.cell, 30.0), atol=1e-6)


@pytest.mark.slow
def test_tolerances_do_not_matter_within_their_range(model: CompositeModel) -> None:
    found = [_total(model.cell, model.run(_sodiation(model.cell, 300.0), rtol=rtol, atol=1e-2 * rtol)) for rtol in (1e-5, 1e-7)]
    assert found[0] == pytest.approx(found[1], abs=0.05)


@pytest.fixture
def loose(carbon: Cell) -> CompositeModel:
    """Trap 2 set up: tolerance 1e-2, slow diffusion, and a start at 2.4 V away from the equilibrium of the pores."""
    model = CompositeModel(with_values(carbon, {"anode.diffusivity": 1e-15}))
    built = composite._build(model.cell, "SPM", model.mesh, 1e-2, 1e-6)
    start = {"slope.initial_fraction": float(np.exp(-(2.4 - 0.3) / 0.15)), "pore.initial_fraction": 1e-40}
    model._built[1e-2, 1e-6] = replace(built, start=start)
    return model


def test_a_silent_early_stop_is_caught(loose: CompositeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap 2: without the balances the run ends after a fraction of the charge on a voltage event, and nobody is told."""
    with pytest.raises((InventoryError, PartialSolutionError), match="na-mec3, step 1"):
        loose._run(_sodiation(loose.cell, 300.0), 1e-2, 1e-6)
    monkeypatch.setattr(composite, "_CURRENT_BALANCE", np.inf)
    monkeypatch.setattr(composite, "_SODIUM_BALANCE", np.inf)
    silent = loose._run(_sodiation(loose.cell, 300.0), 1e-2, 1e-6)
    assert silent.steps[0].capacity(working_mass(loose.cell)) < 100.0  # of 324


def _without_pores(cell: Cell) -> Cell:
    material = replace(cell.anode.material, populations=cell.anode.material.populations[:1])
    return replace(cell, anode=replace(cell.anode, material=material))


@pytest.mark.parametrize("change", [_without_pores, lambda cell: load_cell("mec3-eg")], ids=["one population", "full cell"])
def test_what_is_no_composite_is_refused(carbon: Cell, change: Callable[[Cell], Cell]) -> None:
    cell = change(carbon)
    with pytest.raises(SpecError, match="not a half cell whose carbon has two populations"):
        CompositeModel(cell).run(_sodiation(cell, 30.0))


def test_a_given_voltage_is_refused(model: CompositeModel) -> None:
    with pytest.raises(SpecError, match="a hold sets the voltage"):
        model.run(Protocol("hold", (Hold(0.5, 10.0),), (0.0,)))
