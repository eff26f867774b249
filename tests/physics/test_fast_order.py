"""The fast engine: order in time and in mesh, inventories, plating, and energies, over the cells and rates that it is for."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from dualion.models.cells import with_transport
from dualion.models.constants import FARADAY
from dualion.models.experiments import HalfCycle, Hold, Protocol, Rest, Step, Sweep, cycle, pair_of, rate_blocks
from dualion.models.fast.packing import Mesh
from dualion.models.fast.solver import FastSolver
from dualion.models.outputs import CellResult
from dualion.records.cell import Cell, Plating
from dualion.records.cell_files import load_cell
from dualion.records.material_files import load_transport
from dualion.records.quantity import Parameter, Quantity


def _assumed(value: float, unit: str) -> Parameter:
    return Parameter(Quantity(value, unit), "assumed", "made up")


def run(cell: Cell, *steps: Step, mesh: Mesh | None = None, tolerance: float = 1e-3) -> CellResult:
    model = FastSolver(cell, tolerance=tolerance) if mesh is None else FastSolver(cell, mesh=mesh, tolerance=tolerance)
    return model.solve(Protocol("test", steps, (0.0,) * len(steps)))


def _orders(values: list[float], factor: float = 2.0) -> np.ndarray:
    """From successive differences of a series in which the step falls by a factor each time."""
    differences = np.abs(np.diff(values))
    return np.asarray(np.log(differences[:-1] / differences[1:]) / np.log(factor))


@pytest.mark.parametrize("quantity", ["charge", "last_voltage", "energy"])
def test_order_in_time(full: Cell, quantity: str) -> None:
    """A sweep takes steps of a five-hundredth of itself; in pieces, of a five-hundredth of a piece. It is second order."""
    found = []
    for parts in (1, 2, 4, 8, 16):
        ends = np.linspace(3.4, 4.6, parts + 1).tolist()
        steps = [Sweep(a, b, 2e-2) for a, b in pairwise(ends)]
        done = run(full, *steps, tolerance=1.0).steps
        if quantity == "last_voltage":
            found.append(done[-1].inventories["host PF6"][1])
        else:
            found.append(sum(step.totals[quantity] for step in done))
    assert _orders(found).min() > 1.8


def test_error_falls_with_the_tolerance(full: Cell) -> None:
    """The local error is of third order: with a hundredth of the tolerance steps are shorter by 4.6 and the error by 21."""
    charge = replace(pair_of(full, full.current(20.0))[0], cutoff=9.0, duration=30.0)
    truth, coarse, middle, fine = (run(full, charge, tolerance=t).steps[0].totals["last_voltage"] for t in (1e-10, 1e-3, 1e-5, 1e-7))
    assert abs(coarse - truth) < 1e-4
    assert np.log(abs(middle - truth) / abs(fine - truth)) / np.log(100 ** (1 / 3)) > 1.8


@pytest.mark.parametrize("kind", ["half", "full"])
@pytest.mark.parametrize("rate", [1.0, 10.0])
def test_order_in_mesh(request: pytest.FixtureRequest, kind: str, rate: float) -> None:
    """Voltage after a fixed time: doubling of every number of cells."""
    cell = request.getfixturevalue(kind)
    current = cell.current(rate if kind == "full" else 0.1 * rate)
    step = replace(pair_of(cell, current)[0], cutoff=9.0 if kind == "full" else -9.0)
    step = replace(step, duration=0.5 * 3600.0 / (rate if kind == "full" else 0.1 * rate))
    found = [run(cell, step, mesh=Mesh(8, 4, 6, 4).finer(n), tolerance=1e-7).steps[0].totals["last_voltage"] for n in (1, 2, 4, 8)]
    assert _orders(found).min() > 1.8
    assert abs(found[-1] - found[-2]) < 1e-4


@pytest.mark.parametrize("transport", ["carbonate-assumed", "chayambuka2022"])
@pytest.mark.parametrize("rate", [0.1, 1.0, 10.0, 20.0])
def test_inventories(full: Cell, rate: float, transport: str) -> None:
    """Sodium and PF6 within 1e-11 of themselves over three cycles, salt within 1e-9 of what the charge moves."""
    cell = with_transport(full, load_transport(transport))
    found = FastSolver(cell).solve(rate_blocks(cell, [80 * rate], cycles=3), check=())
    _balanced(found)


def _balanced(found: CellResult) -> None:
    for name in ("sodium", "PF6"):
        first, last = found.steps[0].inventories[name][0], found.steps[-1].inventories[name][1]
        assert last == pytest.approx(first, rel=1e-11)
    for step in found.steps:
        before, after = step.inventories["salt"]
        assert before - after == pytest.approx(step.totals["charge"] / FARADAY, rel=1e-9, abs=1e-12 * before)


def test_inventories_through_every_kind_of_step(full: Cell) -> None:
    charge, discharge = pair_of(full, full.current(5.0))
    _balanced(run(full, charge, Hold(4.8, 600.0), Rest(600.0), Sweep(4.6, 3.0, 1e-3), discharge))


def test_a_half_cell_keeps_its_salt(half: Cell) -> None:
    for step in FastSolver(half).solve(rate_blocks(half, [30.0, 600.0], cycles=2), check=()).steps:
        before, after = step.inventories["salt"]
        assert after == pytest.approx(before, rel=1e-11)
        moved = step.inventories["host sodium"][1] - step.inventories["host sodium"][0]
        assert moved == pytest.approx(-step.totals["charge"] / FARADAY, rel=1e-9)


def test_a_rocking_chair_cell_keeps_its_salt() -> None:
    cell = load_cell("hc-nvpf")
    for step in FastSolver(cell).solve(cycle(cell, 100.0), check=()).steps:
        assert step.inventories["salt"][1] == pytest.approx(step.inventories["salt"][0], rel=1e-11)
        assert step.inventories["sodium"][1] == pytest.approx(step.inventories["sodium"][0], rel=1e-11)


@pytest.mark.parametrize("kind", ["irreversible", "reversible"])
@pytest.mark.parametrize("exchange", [1e-4, 0.01, 1.0])
def test_plated_sodium_belongs_to_the_inventory(kind: Any, exchange: float) -> None:
    """With it sodium closes to 1e-11, without it the balance is open by what was plated."""
    cell = replace(load_cell("mec0-eg"), plating=Plating(kind, _assumed(exchange, "A/m2")))
    found = FastSolver(cell).solve(rate_blocks(cell, [800.0], cycles=2), check=())
    _balanced(found)
    charge = found.steps[0]
    plated = charge.inventories["plated"][1]
    assert plated > 1e-6 * charge.inventories["sodium"][0]
    without = charge.inventories["salt"][1] + charge.inventories["host sodium"][1]
    assert charge.inventories["sodium"][0] - without == pytest.approx(plated, rel=1e-6)
    if kind == "reversible":
        assert found.steps[1].inventories["plated"][1] < 0.2 * plated
    else:
        assert found.steps[1].inventories["plated"][1] >= plated


def test_sodium_that_is_plated_for_good_is_missing_at_the_end() -> None:
    """Irreversible plating: the charge that is not given back was plated, but for what the anode keeps."""
    cell = replace(load_cell("mec0-eg"), plating=Plating("irreversible", _assumed(0.01, "A/m2")))
    charge, discharge = FastSolver(cell).solve(cycle(cell, 800.0)).steps
    lost = charge.totals["charge"] + discharge.totals["charge"]
    kept = discharge.inventories["host sodium"][1] - charge.inventories["host sodium"][0]
    assert lost == pytest.approx(FARADAY * (discharge.inventories["plated"][1] + kept), rel=1e-9)


@pytest.mark.parametrize(("kind", "rate"), [("half", 0.2), ("half", 1.0), ("half", 2.0), ("full", 1.0), ("full", 10.0), ("full", 20.0)])
def test_energy_is_the_integral_of_the_power(request: pytest.FixtureRequest, kind: str, rate: float) -> None:
    """V25: the state of one half cycle against the trapezoids of the same in 400 pieces, within 1e-4; its plateau within 1e-3."""
    cell = request.getfixturevalue(kind)
    half_cycle = pair_of(cell, cell.current(rate))[0]
    (whole,) = run(cell, half_cycle).steps
    ends = np.linspace(0.0, 1.0, 401) ** 2 * whole.time[-1]
    pulses = [replace(half_cycle, duration=float(t)) for t in np.diff(ends)[:-1]]
    pieces = run(cell, *pulses, half_cycle, tolerance=1e-5).steps
    integral = sum(float(np.trapezoid(step.voltage, step.time)) for step in pieces) * half_cycle.current
    assert whole.totals["energy"] == pytest.approx(integral, rel=1e-4)
    assert whole.totals["charge_below"] == pytest.approx(sum(step.totals["charge_below"] for step in pieces), rel=1e-3)


@pytest.mark.parametrize("kind", ["half", "full"])
def test_a_record_is_fine_enough_to_be_integrated(request: pytest.FixtureRequest, kind: str) -> None:
    """Whoever plots or integrates the curve gets the energy that is reported, within 1e-3."""
    cell = request.getfixturevalue(kind)
    for rate in (0.1, 1.0, 2.0):
        for step in FastSolver(cell).solve(cycle(cell, rate * cell.one_c.value)).steps:
            assert np.trapezoid(step.voltage * step.currents, step.time) == pytest.approx(step.totals["energy"], rel=1e-3)


def test_the_lowest_potential_of_the_anode_holds_with_film_and_series(full: Cell) -> None:
    step = run(full, HalfCycle("charge", full.current(20.0), 4.8)).steps[0]
    drop = step.traces["series"] + step.traces["film"]
    assert step.totals["lowest_apparent_potential"] == pytest.approx((step.anode_potential - drop).min(), abs=1e-3)
