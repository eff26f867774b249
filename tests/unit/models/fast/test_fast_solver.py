"""Protocols on the fast engine: every kind of step, where it ends, what is read, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from dualion.errors import DualionError, ExtrapolationError, PartialSolutionError, SolveError, SpecError
from dualion.models.engines import solver
from dualion.models.experiments import HalfCycle, Hold, Protocol, Rest, Step, Sweep, cycle, pair_of, rate_blocks, titration, voltammetry
from dualion.models.fast import solver as fast_solver
from dualion.models.fast.packing import Mesh
from dualion.models.fast.solver import FastSolver
from dualion.models.isotherms import isotherm_of
from dualion.models.outputs import CellResult, StepResult, working_mass
from dualion.records.cell import Cell, Plating
from dualion.records.cell_files import load_cell
from dualion.records.quantity import Parameter, Quantity


def run(cell: Cell, *steps: Step, **more: Any) -> CellResult:
    return FastSolver(cell, **more).solve(Protocol("test", steps, (0.0,) * len(steps)))


def charge_of(cell: Cell, rate: float) -> HalfCycle:
    return pair_of(cell, cell.current(rate))[0]


# --- half cycles


@pytest.mark.parametrize("rate", [0.1, 1.0, 10.0, 50.0])
def test_a_half_cycle_ends_on_its_cut_off(full: Cell, rate: float) -> None:
    """Within 1e-6 V, or within 1e-6 of its time where the voltage is steep."""
    for step in solver(full).solve(cycle(full, 80 * rate)).steps:
        assert step.ended == "cutoff"
        slope = abs((step.voltage[-1] - step.voltage[-2]) / (step.time[-1] - step.time[-2]))
        assert abs(step.voltage[-1] - step.half_cycle.cutoff) <= 1e-6 + 1e-6 * slope * step.time[-1]
        assert step.totals["last_voltage"] == step.voltage[-1]


def test_the_time_of_the_cut_off_is_known_to_a_millionth(full: Cell) -> None:
    """Against a cut-off 1e-5 V further: the difference of the times is that of the slope there."""
    low, high = (run(full, replace(charge_of(full, 10.0), cutoff=v)).steps[0].time[-1] for v in (4.7, 4.70001))
    fine = run(full, replace(charge_of(full, 10.0), cutoff=4.701)).steps[0].time[-1]
    assert high - low == pytest.approx((fine - low) / 100, abs=1e-6 * low)


def test_a_pulse_ends_after_its_duration(full: Cell) -> None:
    step = run(full, replace(charge_of(full, 1.0), duration=123.0)).steps[0]
    assert step.ended == "duration"
    assert step.time[-1] == pytest.approx(123.0, rel=1e-12)
    assert step.totals["charge"] == pytest.approx(123.0 * full.current(1.0), rel=1e-12)


def test_a_pulse_ends_on_the_cut_off_where_that_comes_first(full: Cell) -> None:
    whole = run(full, charge_of(full, 10.0)).steps[0]
    pulse = run(full, replace(charge_of(full, 10.0), duration=1e5)).steps[0]
    assert pulse.ended == "cutoff"
    assert pulse.time[-1] == pytest.approx(whole.time[-1], rel=1e-6)


def test_steps_of_a_titration_rest_to_the_open_circuit_voltage(half: Cell) -> None:
    """After an hour without current the voltage is that of the mean filling and of even salt."""
    found = solver(half).solve(titration(half, 30.0, pulse=600.0, rest=20 * 3600.0, pulses=4))
    isotherm, host = isotherm_of(half.anode), half.anode.host_capacity * half.anode.loading.value * half.area.value * 1e-3 * 3.6
    for pulse, rest in zip(found.steps[::2], found.steps[1::2]):
        assert (pulse.ended, rest.ended) == ("duration", "duration")
        filling = rest.inventories["host sodium"][1] * 96485.33212 / host
        assert rest.voltage[-1] == pytest.approx(float(isotherm.potential(filling)), abs=1e-5)
        assert rest.totals["charge"] == 0.0
        assert rest.totals["energy"] == 0.0
        assert abs(rest.voltage[0] - rest.voltage[-1]) > 1e-4
        assert np.all(np.diff(rest.voltage[1:]) > -1e-5)  # it rises after a sodiation


def test_a_full_cell_relaxes_to_its_open_circuit_voltage(full: Cell) -> None:
    """With the salt that is left: the shift of the cathode included."""
    rest = run(full, charge_of(full, 4.0), Rest(1e6)).steps[1]
    area = full.area.value * 1e-4
    capacity = {
        name: electrode.host_capacity * electrode.loading.value * full.area.value * 1e-3 * 3.6 / 96485.33212
        for name, electrode in (("host sodium", full.anode), ("host PF6", full.cathode))
        if electrode is not None
    }
    x, theta = (rest.inventories[name][1] / capacity[name] for name in capacity)
    salt = rest.inventories["salt"][1] / (area * full.pore_volume * 1e-5)
    assert full.cathode is not None
    shift = 2 * 8.314462618 * 298.15 / 96485.33212 * math.log(salt / 1000.0)
    expected = float(isotherm_of(full.cathode).potential(theta)) - float(isotherm_of(full.anode).potential(x)) - shift
    assert rest.voltage[-1] == pytest.approx(expected, abs=1e-5)
    assert 600 < salt < 800


# --- holds and sweeps


@pytest.mark.parametrize("resistance", [0.0, 6.0, 60.0])
def test_a_hold_keeps_its_voltage(full: Cell, resistance: float) -> None:
    cell = replace(full, series_resistance=Parameter(Quantity(resistance, "ohm"), "assumed", "made up"))
    charge, hold = run(cell, replace(charge_of(cell, 5.0), cutoff=4.7), Hold(4.7, 3600.0)).steps
    assert hold.ended == "duration"
    assert np.abs(hold.voltage - 4.7).max() < 1e-6
    assert hold.currents[0] == pytest.approx(charge.half_cycle.current, rel=1e-3)  # the current does not jump where the voltage does not
    assert abs(hold.currents[-1]) < 0.05 * hold.currents[0]
    assert np.all(np.diff(hold.currents) < 1e-9)
    assert hold.totals["charge"] == pytest.approx(np.trapezoid(hold.currents, hold.time), rel=0.01)
    assert hold.totals["energy"] == pytest.approx(4.7 * hold.totals["charge"], rel=1e-9)


@pytest.mark.parametrize(("first", "then"), [(3.0, 4.7), (4.7, 3.0), (2.5, 4.8)])
def test_a_hold_may_jump(full: Cell, first: float, then: float) -> None:
    one, other = run(full, Hold(first, 100.0), Hold(then, 4 * 3600.0)).steps
    assert abs(one.totals["charge"]) < 1e-7  # it begins in equilibrium
    assert np.abs(other.voltage - then).max() < 1e-6
    back = run(full, Hold(then, 1.0)).steps[0].inventories["host sodium"][0]
    reach = abs(other.totals["charge"]) / 96485.33212
    assert other.inventories["host sodium"][1] == pytest.approx(back, abs=0.02 * reach)  # where it would have begun


@pytest.mark.parametrize("name", ["hc-nvpf", "mec3-eg", "na-mec3"])
@pytest.mark.parametrize("resistance", [0.0, 0.1, 5.0])
def test_a_sweep_turns_without_resistance_too(name: str, resistance: float) -> None:
    cell = load_cell(name)
    cell = replace(cell, series_resistance=Parameter(Quantity(resistance, "ohm"), "assumed", "made up"), film=None)
    low, high = {"hc-nvpf": (3.0, 4.1), "mec3-eg": (2.7, 4.7), "na-mec3": (0.001, 1.2)}[name]
    for rate in (1e-4, 1e-3):
        found = solver(cell).solve(voltammetry(cell, rate, low=low, high=high))
        assert [step.ended for step in found.steps] == ["duration"] * 4
        for step in found.steps:
            assert np.isfinite(step.currents).all()
            assert step.voltage[-1] == pytest.approx(step.step.end, abs=1e-6)  # type: ignore[union-attr]
            assert abs(step.totals["charge"]) > 1e-3


@pytest.mark.parametrize("rate", [1e-4, 1e-3, 5e-3])
def test_sweeps_balance_from_the_second_cycle_on(half: Cell, rate: float) -> None:
    found = solver(half).solve(voltammetry(half, rate, low=1e-4, high=1.2, cycles=3))
    for number in (1, 2):
        down, up = found.steps[2 * number : 2 * number + 2]
        assert down.totals["charge"] + up.totals["charge"] == pytest.approx(0.0, abs=0.005 * up.totals["charge"])
        assert up.totals["charge"] > 0.1


def test_a_sweep_of_two_parts_is_a_sweep(full: Cell) -> None:
    whole = run(full, Sweep(3.2, 4.7, 5e-3)).steps
    parts = run(full, Sweep(3.2, 4.0, 5e-3), Sweep(4.0, 4.7, 5e-3)).steps
    for name in ("charge", "energy"):
        assert sum(step.totals[name] for step in parts) == pytest.approx(whole[0].totals[name], rel=3e-6)


def test_a_sweep_is_second_order_with_a_slow_film_too() -> None:
    """A film of 29.45 ohm and 1 F relaxes within half a minute: half of a sweep's steps, a fourth of its error."""
    cell = load_cell("mec3-eg")
    assert cell.film is not None
    slow = replace(cell, film=replace(cell.film, capacitance=Parameter(Quantity(1.0, "F"), "assumed", "made up")))
    charges = []
    for parts in (1, 2, 4, 8):
        ends = np.linspace(3.2, 4.7, parts + 1).tolist()
        steps = [Sweep(a, b, 5e-3) for a, b in pairwise(ends)]
        charges.append(sum(step.totals["charge"] for step in run(slow, *steps).steps))
    errors = np.abs(np.diff(charges))
    assert np.log2(errors[:-1] / errors[1:]).min() > 1.7


def test_an_end_before_its_time_is_said(half: Cell) -> None:
    """A hold far outside of what the host can give does not pass as a hold of its full duration."""
    try:
        found = run(half, Hold(1.0, 10.0), Hold(-5.0, 3600.0))
    except SolveError:
        return
    hold = found.steps[1]
    assert hold.time[-1] == pytest.approx(3600.0) or found.flags


# --- restart and what is read


def test_a_protocol_in_pieces_is_the_protocol(full: Cell) -> None:
    """The state at the end of a step is all that the next one knows, to the last bit."""
    from dualion.models.fast.packing import first_state, packed

    charge, discharge = pair_of(full, full.current(10.0))
    steps: tuple[Step, ...] = (charge, Rest(60.0), discharge, Hold(2.0, 30.0), charge)
    whole = run(full, *steps)
    model, record = FastSolver(full), packed(full)
    state = first_state(full, record)
    for number, step in enumerate(steps):
        stored = np.frombuffer(state.tobytes()).copy()  # as from a file
        one = model._step(record, stored, step, "all", ("steps",), where="piece")
        state = stored
        for name in ("time", "voltage", "salt", "anode_potential"):
            assert getattr(one, name).tobytes() == getattr(whole.steps[number], name).tobytes()
        assert one.totals == whole.steps[number].totals


@pytest.mark.parametrize("detail", ["voltage", "last voltage", "ends"])
def test_less_detail_is_the_same_run(full: Cell, detail: Any) -> None:
    all_of_it, less = (solver(full).solve(cycle(full, 800.0), detail=d) for d in ("all", detail))
    for one, other in zip(all_of_it.steps, less.steps):
        assert one.time[-1] == other.time[-1]
        for name, value in one.totals.items():
            assert other.totals[name] == pytest.approx(value, rel={"energy": 1e-6, "charge_below": 1e-3}.get(name, 0.0)), name
    assert less.steps[-1].voltage.size == (0 if detail == "ends" else all_of_it.steps[-1].voltage.size)
    assert less.steps[0].voltage.size == (all_of_it.steps[0].voltage.size if detail == "voltage" else 0)


def test_a_record_that_is_too_short_is_made_longer(full: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The step is taken again from its start with a longer record: nothing of the first try is left."""
    whole = solver(full).solve(cycle(full, 800.0))
    for rows in (3, 20, 40):
        monkeypatch.setattr(fast_solver, "_ROWS", rows)
        short = solver(full).solve(cycle(full, 800.0))
        for one, other in zip(short.steps, whole.steps):
            assert one.voltage.tobytes() == other.voltage.tobytes()
            assert one.totals == other.totals


def test_a_record_may_not_grow_without_end(full: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_solver, "_ROWS", 3)
    monkeypatch.setattr(fast_solver, "_MOST_ROWS", 8)
    with pytest.raises(SolveError, match="rows"):
        solver(full).solve(cycle(full, 800.0))


@pytest.mark.parametrize("rate", [1.0, 20.0])
def test_sums_are_those_of_the_record(full: Cell, rate: float) -> None:
    """V25: energy, charge below the boundary and extremes against what is read from the curve; the parts add up to the voltage."""
    found = solver(full).solve(cycle(full, 80 * rate))
    for step in found.steps:
        i = step.half_cycle.current
        assert step.totals["charge"] == pytest.approx(i * step.time[-1], rel=1e-12)
        assert step.totals["energy"] == pytest.approx(i * np.trapezoid(step.voltage, step.time), rel=1e-4)
        assert step.totals["least_salt"] <= step.salt[:, 0].min() + 1e-9
        assert step.totals["lowest_anode_potential"] <= step.anode_potential.min() + 2e-3
        names = ("equilibrium", "reaction", "concentration", "electrolyte", "series", "film")
        assert sum(step.traces[name] for name in names) == pytest.approx(step.voltage, abs=1e-10)
        order = slice(None, None, -1 if i > 0 else 1)
        crossing = float(np.interp(0.15, step.anode_potential[order], step.time[order]))
        below = step.time[-1] - crossing if i > 0 else crossing
        assert step.totals["charge_below"] / i == pytest.approx(below, rel=0.01)


def test_capacity_below_is_that_of_the_curve(half: Cell) -> None:
    step = solver(half).solve(cycle(half, 300.0)).steps[0]
    mass = working_mass(half)
    assert abs(step.totals["charge_below"]) / 3.6 / mass * 1e3 == pytest.approx(step.capacity_below(0.15, mass), rel=1e-3)


def test_numerical_error_bounds_the_truth(full: Cell) -> None:
    """The difference to a mesh four times as fine and a tolerance of a thousandth is no more than three times what is reported."""
    base = solver(full).solve(cycle(full, 800.0))
    reported = solver(full).numerical_error(cycle(full, 800.0), base).error
    best = FastSolver(full, mesh=Mesh().finer(4), tolerance=1e-6).solve(cycle(full, 800.0))
    for one, other, error in zip(base.steps, best.steps, reported):
        assert 0 < abs(one.charge - other.charge) / 3.6 < 3 * error["capacity"] + 1e-9
        assert abs(one.mean_voltage() - other.mean_voltage()) < 3 * error["mean_voltage"] + 1e-7


# --- what ends early, and what is refused


@pytest.mark.parametrize("rate", [1e3, 1e5, 1e8])
def test_an_extreme_current_ends_at_once_and_says_so(full: Cell, half: Cell, rate: float) -> None:
    for cell in (full, half):
        with pytest.raises(PartialSolutionError, match="before any charge"):
            solver(cell).solve(cycle(cell, 80 * rate))


def test_a_refused_run_keeps_what_was_computed(full: Cell) -> None:
    charge, discharge = pair_of(full, full.current(1.0))
    steps = (charge, replace(discharge, current=-1e3))
    found = FastSolver(full).solve(Protocol("x", steps, (0.0, 0.0)), on_fail="record")
    assert [flag.code for flag in found.flags] == ["partial"]
    assert len(found.steps) == 1
    with pytest.raises(PartialSolutionError) as caught:
        run(full, *steps)
    assert caught.value.partial.steps[0].ended == "cutoff"  # type: ignore[union-attr]


@pytest.mark.parametrize("slowness", [1.0, 0.1])
@pytest.mark.parametrize("thickness", [25.0, 10.0, 2.0])
@pytest.mark.parametrize("rate", [1.0, 10.0])
def test_a_starved_cell_ends_on_its_voltage(full: Cell, thickness: float, rate: float, slowness: float) -> None:
    """However lean, and however slow its salt: a charge ends on the cut-off, and is flagged."""
    parameter = {name: Parameter(Quantity(v, u), "assumed", "made up") for name, v, u in (("t", thickness, "um"), ("p", 0.45, "1"))}
    cell = replace(full, separator=replace(full.separator, thickness=parameter["t"], porosity=parameter["p"]))
    transport = cell.electrolyte.transport
    assert transport.diffusivity is not None
    slower = replace(transport, diffusivity=(transport.diffusivity[0] * slowness, transport.diffusivity[1]))
    cell = replace(cell, electrolyte=replace(cell.electrolyte, transport=slower))
    found = solver(cell).solve(cycle(cell, 80 * rate))
    assert [step.ended for step in found.steps] == ["cutoff", "cutoff"]
    assert found.steps[0].voltage[-1] == pytest.approx(4.8, abs=1e-3)
    assert "salt_limited" in [flag.code for flag in found.flags]
    assert found.steps[0].salt[:, 0].min() >= 0


def test_a_starved_cell_is_computed_as_well_as_any_other(full: Cell) -> None:
    """The capacity does not hang on the steps that the control happens to take: within 1 % of a tolerance of a thousandth."""
    transport = full.electrolyte.transport
    assert transport.diffusivity is not None
    slower = replace(transport, diffusivity=(transport.diffusivity[0] * 0.01, transport.diffusivity[1]))
    cell = replace(full, electrolyte=replace(full.electrolyte, transport=slower))
    found = [FastSolver(cell, tolerance=t).solve(cycle(cell, 1600.0)).steps[0].charge for t in (1e-3, 1e-6)]
    assert found[0] == pytest.approx(found[1], rel=0.01)


def test_plating_goes_on_at_rest_and_ends(full: Cell) -> None:
    cell = load_cell("mec0-eg")
    for kind in ("irreversible", "reversible"):
        plated = replace(cell, plating=Plating(kind, Parameter(Quantity(1.0, "A/m2"), "assumed", "made up")))  # type: ignore[arg-type]
        charge, discharge = pair_of(plated, plated.current(10.0))
        found = run(plated, charge, Rest(3600.0), discharge, Rest(3600.0))
        assert [step.ended for step in found.steps] == ["cutoff", "duration", "cutoff", "duration"]
        first, last = found.steps[0].inventories["plated"][1], found.steps[3].inventories["plated"][1]
        assert first > 0
        if kind == "irreversible":
            assert last > first
        else:
            assert 0 <= last < 1e-6 * first
        for step in found.steps:
            assert step.traces["plated"].min() >= -1e-12


def test_a_measured_potential_may_not_be_left() -> None:
    cell = load_cell("hc-nvpf")
    try:
        found = run(cell, HalfCycle("discharge", -3e-3, -3.0))
    except ExtrapolationError:
        return
    assert found.steps[0].ended == "exhaustion"
    assert "host_exhausted" in [flag.code for flag in found.flags]
    assert found.steps[0].voltage[-1] > -3.0


@pytest.mark.parametrize(
    "step",
    [
        HalfCycle("charge", 0.0, 4.8),
        HalfCycle("charge", math.nan, 4.8),
        HalfCycle("charge", math.inf, 4.8),
        HalfCycle("charge", 1e-4, 4.8, duration=-1.0),
        Rest(-5.0),
        Rest(math.nan),
        Rest(math.inf),
        Hold(4.0, -5.0),
        Hold(math.nan, 5.0),
        Sweep(3.0, 4.0, -1e-3),
    ],
    ids=repr,
)
def test_steps_that_mean_nothing_are_refused(full: Cell, step: Step) -> None:
    with pytest.raises(DualionError):
        run(full, Rest(1.0), step)


def test_a_protocol_without_steps_is_refused(full: Cell) -> None:
    with pytest.raises(DualionError):
        FastSolver(full).solve(Protocol("nothing", (), ()))


def test_a_hold_without_equilibrium_is_refused(full: Cell) -> None:
    with pytest.raises(SpecError, match="equilibrium"):
        run(full, Hold(15.0, 10.0))


@pytest.mark.parametrize("state", ["fully_sodiated", 1.0])
def test_a_full_anode_has_no_room_and_that_is_a_result(full: Cell, state: Any) -> None:
    found = solver(replace(full, initial_sodiation=state)).solve(cycle(full, 80.0))
    assert [flag.code for flag in found.flags] == ["no_room_for_sodium"]
    assert [step.capacity(working_mass(full)) for step in found.steps] == [0.0]


def test_a_rate_test_runs_on_from_state_to_state(full: Cell) -> None:
    """The second cycle at a rate repeats the first from the state it left; the last block recovers the first."""
    found = solver(full).solve(rate_blocks(full, [80.0, 800.0, 80.0], cycles=3))
    capacity = [step.capacity(working_mass(full)) for step in found.steps[1::2]]
    assert capacity[2] == pytest.approx(capacity[1], abs=0.05)
    assert capacity[8] == pytest.approx(capacity[2], abs=0.05)
    assert capacity[5] < capacity[2] - 5
    for before, after in pairwise(found.steps):
        assert before.inventories["salt"][1] == after.inventories["salt"][0]


def test_mean_salt_is_that_of_the_inventory(full: Cell, half: Cell) -> None:
    for cell in (full, half):
        step: StepResult = solver(cell).solve(cycle(cell, 5 * cell.one_c.value)).steps[0]
        volume = cell.pore_volume * 1e-5 * cell.area.value * 1e-4
        assert step.salt[-1, 1] == pytest.approx(step.inventories["salt"][1] / volume, rel=1e-9)
        assert np.all(step.salt[:, 0] <= step.salt[:, 1] + 1e-9)
        assert np.all(step.salt[:, 1] <= step.salt[:, 2] + 1e-9)
