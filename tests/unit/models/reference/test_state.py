"""States handed on: from one protocol to the next, between ways of control, and edited without losing what the hosts hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualion.errors import SpecError
from dualion.models.constants import FARADAY
from dualion.models.experiments import Protocol, cycle, rate_blocks
from dualion.models.outputs import CellResult
from dualion.models.reference.engine import CellModel
from dualion.models.reference.solve import solve, solve_on
from dualion.models.reference.state import CellState, filling, with_filling_shifted, with_host_resized, with_salt_scaled
from dualion.models.states import host_charge, initial_fractions
from dualion.records.cell import Cell

pytestmark = pytest.mark.models


@pytest.fixture(scope="module", params=["SPM", "SPMe", "DFN"])
def charged(request: pytest.FixtureRequest, full: Cell) -> tuple[CellModel, CellResult, CellState]:
    """A cell with an open cathode, charged at 10 C: steep profiles everywhere."""
    model = CellModel(full, inputs=("cathode.host_capacity", "anode.pore_capacity"), hierarchy=request.param)
    charge = cycle(full, 800.0)
    result, state = solve_on(model, Protocol("charge", charge.steps[:1], (800.0,)), None)
    return model, result, state


def _amounts(model: CellModel, state: CellState, **parameters: float) -> dict[str, float]:
    """[mol] at the start of a short pulse from a state."""
    pulse = replace(cycle(model.cell, 80.0).steps[1], duration=1.0)
    result, _ = solve_on(model, Protocol("pulse", (pulse,), (80.0,)), state, parameters=parameters)
    return {name: first for name, (first, _) in result.steps[0].inventories.items()}


def test_a_protocol_in_two_parts_is_the_protocol(full: Cell) -> None:
    """Bit for bit in the SPMe: the same states, the same steps."""
    model = CellModel(full)
    whole = solve(model, rate_blocks(full, [800.0], cycles=2), detail="ends")
    first, state = solve_on(model, cycle(full, 800.0), None)
    second, _ = solve_on(model, cycle(full, 800.0), state)
    for one, other in zip(whole.steps, (*first.steps, *second.steps), strict=True):
        assert one.time[-1] == other.time[-1]
        assert one.inventories == other.inventories
        assert one.totals == other.totals


def test_a_state_survives_as_arrays(full: Cell, tmp_path: Any) -> None:
    """What a checkpoint keeps: numbers by name, without pickle."""
    model = CellModel(full)
    _, state = solve_on(model, cycle(full, 800.0), None)
    np.savez(tmp_path / "state.npz", **state.values)
    with np.load(tmp_path / "state.npz", allow_pickle=False) as kept:
        again = CellState(dict(kept), state.shells, state.cathode)
    one, other = (solve_on(model, cycle(full, 800.0), start)[0].steps[1].time[-1] for start in (state, again))
    assert one == other


def test_a_filling_is_what_the_host_holds(charged: tuple[CellModel, CellResult, CellState]) -> None:
    model, result, state = charged
    cell = model.cell
    for role, name, electrode in (("anode", "host sodium", cell.anode), ("cathode", "host PF6", cell.cathode)):
        held = result.steps[0].inventories[name][1] * FARADAY / host_charge(electrode, cell)  # type: ignore[arg-type]
        assert filling(state, role) == pytest.approx(held, rel=1e-9)  # type: ignore[arg-type]
    start = initial_fractions(cell, {})
    assert filling(state, "anode") > 10 * start["anode.initial_fraction"]


@pytest.mark.parametrize(("role", "name"), [("anode", "host sodium"), ("cathode", "host PF6")])
def test_a_shift_moves_one_host_by_what_is_asked(charged: tuple[CellModel, CellResult, CellState], role: Any, name: str) -> None:
    model, _, state = charged
    electrode = model.cell.anode if role == "anode" else model.cell.cathode
    before, after = _amounts(model, state), _amounts(model, with_filling_shifted(state, role, -0.003))
    moved = -0.003 * host_charge(electrode, model.cell) / FARADAY  # type: ignore[arg-type]
    for key, amount in before.items():
        total = {"anode": "sodium", "cathode": "PF6"}[role]
        assert after[key] - amount == pytest.approx(moved if key in (name, total) else 0.0, abs=1e-12 * before["salt"])


@pytest.mark.parametrize("ratio", [0.995, 1.05])
def test_another_size_of_the_cathode_keeps_every_amount(charged: tuple[CellModel, CellResult, CellState], ratio: float) -> None:
    """Loss of sites: the host is smaller, and the anions in it are the same."""
    model, _, state = charged
    before = _amounts(model, state)
    resized = with_host_resized(state, "cathode", ratio)
    after = _amounts(model, resized, **{"cathode.host_capacity": 95.905 * ratio})
    assert filling(resized, "cathode") == pytest.approx(filling(state, "cathode") / ratio, rel=1e-12)
    for key, amount in before.items():
        assert after[key] == pytest.approx(amount, rel=1e-13)
    forgotten = _amounts(model, state, **{"cathode.host_capacity": 95.905 * ratio})
    assert abs(forgotten["host PF6"] / before["host PF6"] - 1) > 0.004  # what would happen without


def test_another_size_of_the_anode_keeps_its_sodium(charged: tuple[CellModel, CellResult, CellState]) -> None:
    model, _, state = charged
    size = 106.9 + 547.0
    before = _amounts(model, state)
    after = _amounts(model, with_host_resized(state, "anode", (size - 10.0) / size), **{"anode.pore_capacity": 537.0})
    assert after["host sodium"] == pytest.approx(before["host sodium"], rel=1e-13)


def test_salt_is_taken_out_of_every_place_alike(charged: tuple[CellModel, CellResult, CellState]) -> None:
    model, _, state = charged
    before, after = _amounts(model, state), _amounts(model, with_salt_scaled(state, 0.98))
    assert after["salt"] == pytest.approx(0.98 * before["salt"], rel=1e-12)
    assert after["host sodium"] == pytest.approx(before["host sodium"], rel=1e-12)


def test_a_host_that_would_overflow_is_refused(charged: tuple[CellModel, CellResult, CellState]) -> None:
    _, _, state = charged
    with pytest.raises(SpecError, match=r"outside 0 to 1\. Take a smaller step"):
        with_host_resized(state, "cathode", 0.5)
    with pytest.raises(SpecError, match="outside 0 to 1"):
        with_filling_shifted(state, "anode", 0.9)


@pytest.mark.slow
def test_a_state_of_another_mesh_or_hierarchy_is_refused(charged: tuple[CellModel, CellResult, CellState], full: Cell) -> None:
    model, _, state = charged
    with pytest.raises(SpecError, match="Start from a state of the same hierarchy and mesh"):
        solve_on(model, cycle(full, 800.0), state, mesh=(10, 10, 10, 10))
    other: Any = "SPM" if model.hierarchy == "DFN" else "DFN"
    with pytest.raises(SpecError, match="Start from a state of the same hierarchy and mesh"):
        solve_on(CellModel(full, hierarchy=other), cycle(full, 800.0), state)


def test_a_half_cell_has_no_cathode(half: Cell) -> None:
    _, state = solve_on(CellModel(half), cycle(half, 300.0), None)
    assert filling(state, "anode") == pytest.approx(initial_fractions(half, {})["anode.initial_fraction"], abs=0.01)
    with pytest.raises(SpecError, match="cathode: this state has no such host"):
        filling(state, "cathode")


def test_a_full_anode_cannot_begin(full: Cell) -> None:
    with pytest.raises(SpecError, match="full at assembly"):
        solve_on(CellModel(replace(full, initial_sodiation="fully_sodiated")), cycle(full, 80.0), None)


@pytest.mark.slow
def test_many_cycles_keep_nothing_but_their_ends(full: Cell) -> None:
    """5.3: a long run in memory: two times, two rows of salt, a few numbers a half cycle."""
    run = solve(CellModel(full), rate_blocks(full, [1600.0], cycles=10), detail="ends")
    assert len(run.steps) == 20
    kept = sum(array.nbytes for step in run.steps for array in (step.time, step.voltage, step.salt, step.anode_potential, step.current))
    assert kept <= 20 * 2 * 4 * 8
    assert all(not step.traces and not step.profile for step in run.steps)
    drift = abs(run.steps[-1].inventories["sodium"][1] / run.steps[0].inventories["sodium"][0] - 1)
    assert drift < 1e-10
