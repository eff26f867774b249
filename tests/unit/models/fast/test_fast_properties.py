"""Random but sensible cells on the fast engine: what holds for every one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dualion.errors import DualionError, PartialSolutionError
from dualion.models.cells import with_values
from dualion.models.constants import FARADAY
from dualion.models.experiments import Protocol, Rest, cycle, pair_of
from dualion.models.fast.packing import Mesh
from dualion.models.fast.solver import FastSolver
from dualion.models.outputs import CellResult, working_mass
from dualion.records.cell import Cell, Plating
from dualion.records.cell_files import load_cell
from dualion.records.quantity import Parameter, Quantity

COARSE = Mesh(12, 6, 8, 6)
#: A failure is shown as it was drawn: to shrink it takes minutes.
PHASES = (Phase.explicit, Phase.generate)


def _assumed(value: float, unit: str) -> Parameter:
    return Parameter(Quantity(value, unit), "assumed", "drawn")


def powers(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers spread evenly over the orders of magnitude."""
    return st.floats(np.log10(low), np.log10(high)).map(lambda x: float(10**x))


@dataclass(frozen=True)
class Drawn:
    """What is varied of a dual-ion cell, and the rate."""

    anode_loading: float
    cathode_loading: float
    thickness: float
    porosity: float
    capacity: float
    cathode_diffusivity: float
    anode_diffusivity: float
    resistance: float
    salt_diffusivity: float
    concentration: float
    transference: float
    exchange: float
    rate: float

    def cell(self) -> Cell:
        """The cell; its salt fills the pores."""
        cell = with_values(
            replace(load_cell("mec3-eg"), film=None),
            {
                "cathode.host_capacity": self.capacity,
                "cathode.diffusivity": self.cathode_diffusivity,
                "anode.diffusivity": self.anode_diffusivity,
                "cathode.exchange_current_density": self.exchange,
                "series_resistance": self.resistance,
            },
        )
        transport = cell.electrolyte.transport
        assert transport.diffusivity is not None
        assert cell.cathode is not None
        transport = replace(transport, diffusivity=(self.salt_diffusivity, 0.45), transference=_assumed(self.transference, "1"))
        return replace(
            cell,
            anode=replace(cell.anode, loading=_assumed(self.anode_loading, "mg/cm2")),
            cathode=replace(cell.cathode, loading=_assumed(self.cathode_loading, "mg/cm2")),
            separator=replace(cell.separator, thickness=_assumed(self.thickness, "um"), porosity=_assumed(self.porosity, "1")),
            electrolyte=replace(cell.electrolyte, concentration=_assumed(self.concentration, "mol/L"), transport=transport),
        )

    def run(self) -> CellResult:
        """One cycle."""
        cell = self.cell()
        return FastSolver(cell, mesh=COARSE).solve(cycle(cell, 80 * self.rate))


def drawn(*, thickness: st.SearchStrategy[float] | None = None, rate: st.SearchStrategy[float] | None = None) -> st.SearchStrategy[Drawn]:
    return st.builds(
        Drawn,
        anode_loading=st.floats(0.5, 10.0),
        cathode_loading=st.floats(0.5, 10.0),
        thickness=st.floats(15.0, 500.0) if thickness is None else thickness,
        porosity=st.floats(0.3, 0.95),
        capacity=st.floats(40.0, 140.0),
        cathode_diffusivity=powers(1e-16, 1e-12),
        anode_diffusivity=powers(1e-16, 1e-12),
        resistance=st.one_of(st.just(0.0), powers(0.1, 300.0)),
        salt_diffusivity=powers(1e-11, 1e-9),
        concentration=st.floats(0.2, 3.0),
        transference=st.floats(0.1, 0.9),
        exchange=powers(0.05, 50.0),
        rate=powers(0.05, 50.0) if rate is None else rate,
    )


def _open_books(found: CellResult) -> list[str]:
    """Balances of each half cycle that do not close, and quantities out of their range."""
    broken = []
    for number, step in enumerate(found.steps):
        scale = 1e-11 * max(max(pair) for pair in step.inventories.values())
        held = {name: abs(step.inventories[name][1] - step.inventories[name][0]) <= scale for name in ("sodium", "PF6")}
        before, after = step.inventories["salt"]
        held["salt"] = abs(before - after - step.totals["charge"] / FARADAY) <= scale
        held["least salt"] = step.totals["least_salt"] >= 0.0
        for name in ("anode_filling", "cathode_filling"):
            held[name] = 0.0 <= step.traces[name].min() <= step.traces[name].max() <= 1.0
        broken += [f"half cycle {number}: {name}" for name, holds in held.items() if not holds]
    return broken


@pytest.mark.slow
@settings(max_examples=150, phases=PHASES)
@given(drawn())
def test_whatever_the_cell(one: Drawn) -> None:
    """It is computed or refused by name; what is computed closes, ends on its voltage, and gives back no more than it took."""
    try:
        found = one.run()
    except PartialSolutionError:  # the current is beyond what the cell can take
        return
    charge, discharge = found.steps
    assert _open_books(found) == []
    for step in found.steps:
        assert np.isfinite(step.voltage).all()
        assert step.ended in ("cutoff", "exhaustion")
        if step.ended == "cutoff":
            assert step.voltage[-1] == pytest.approx(step.half_cycle.cutoff, abs=4e-3)
    # what came in and what the anode held before
    assert discharge.charge <= charge.charge * (1 + 1e-6) + FARADAY * charge.inventories["host sodium"][0]
    cell = found.cell
    salt = FARADAY * cell.electrolyte.concentration.value * 1e3 * cell.pore_volume * 1e-5 * cell.area.value * 1e-4
    assert charge.charge < salt
    assert charge.capacity(working_mass(cell)) < one.capacity
    if charge.totals["least_salt"] < 20.0:
        assert "salt_limited" in [flag.code for flag in found.flags]


@pytest.mark.slow
@settings(max_examples=60, phases=PHASES)
@given(drawn(thickness=st.floats(100.0, 500.0), rate=powers(0.01, 0.1)))
def test_the_voltage_of_a_first_cycle_moves_one_way(one: Drawn) -> None:
    """Up on charge and down on discharge, within a tenth of a millivolt, where neither salt nor resistance matters."""
    try:
        found = one.run()
    except PartialSolutionError:
        return
    for step in found.steps:
        if step.totals["least_salt"] > 50.0:
            sign = 1.0 if step.half_cycle.current > 0 else -1.0
            assert np.diff(sign * step.voltage).min() > -1e-4


@pytest.mark.slow
@settings(max_examples=60, phases=PHASES)
@given(drawn(thickness=st.floats(1.0, 30.0)))
def test_very_lean_cells_end_on_their_voltage(one: Drawn) -> None:
    """However little salt there is: no failure of the solver, a flag, and the cut-off."""
    try:
        found = one.run()
    except PartialSolutionError:
        return
    assert _open_books(found) == []
    charge = found.steps[0]
    if charge.totals["least_salt"] < 20.0:
        assert "salt_limited" in [flag.code for flag in found.flags]
        assert charge.ended in ("cutoff", "exhaustion")


@pytest.mark.slow
@settings(max_examples=60, phases=PHASES)
@given(
    drawn(rate=powers(0.2, 20.0)),
    st.sampled_from(["irreversible", "reversible"]),
    powers(1e-4, 10.0),
    st.sampled_from(["desodiated", 0.3, 0.9, 0.99]),
)
def test_plating_and_rest(one: Drawn, kind: str, exchange: float, sodiation: object) -> None:
    cell = replace(
        one.cell(),
        plating=Plating(kind, _assumed(exchange, "A/m2")),  # type: ignore[arg-type]
        initial_sodiation=sodiation,  # type: ignore[arg-type]
    )
    charge, discharge = pair_of(cell, cell.current(one.rate))
    try:
        found = FastSolver(cell, mesh=COARSE).solve(Protocol("x", (charge, Rest(600.0), discharge, Rest(600.0)), (0.0,) * 4))
    except PartialSolutionError:
        return
    assert _open_books(found) == []
    passed = max(step.charge for step in found.steps)
    for step in found.steps:
        assert step.traces["plated"].min() > -1e-4 * max(passed, 0.1)  # [coulomb] the last of it is stripped within the tolerance of a step
        if kind == "irreversible":
            assert np.diff(step.traces["plated"]).min() >= -1e-12


@settings(max_examples=60, phases=PHASES)
@given(
    st.floats(0.3, 6.0),
    powers(1e-16, 1e-12),
    st.one_of(st.just(0.0), powers(0.1, 100.0)),
    powers(1e-3, 20.0),
    st.floats(20.0, 600.0),
)
def test_whatever_the_half_cell(loading: float, diffusivity: float, resistance: float, rate: float, thickness: float) -> None:
    cell = with_values(replace(load_cell("na-mec3"), film=None), {"anode.diffusivity": diffusivity, "series_resistance": resistance})
    cell = replace(
        cell,
        anode=replace(cell.anode, loading=_assumed(loading, "mg/cm2")),
        separator=replace(cell.separator, thickness=_assumed(thickness, "um")),
    )
    try:
        found = FastSolver(cell, mesh=COARSE).solve(cycle(cell, 300 * rate))
    except PartialSolutionError:
        return
    for step in found.steps:
        before, after = step.inventories["salt"]
        assert abs(after - before) <= 1e-11 * before
        moved = (step.inventories["host sodium"][1] - step.inventories["host sodium"][0]) * FARADAY
        assert moved == pytest.approx(-step.totals["charge"], rel=1e-9, abs=1e-12)
        assert 0.0 <= step.traces["anode_filling"].min() <= step.traces["anode_filling"].max() <= 1.0


@settings(max_examples=40, phases=PHASES)
@given(drawn(), st.floats(-1.0, 10.0), st.floats(-1e9, 1e9).filter(lambda i: i != 0), st.sampled_from([None, 1e-6, 10.0, 1e6]))
def test_no_half_cycle_breaks_anything(one: Drawn, cutoff: float, current: float, duration: float | None) -> None:
    """Any current to any voltage: a result, or an error of this package, and never a wait."""
    cell = one.cell()
    step = replace(pair_of(cell, 1e-4)[0], current=current * 1e-4, cutoff=cutoff, duration=duration)
    try:
        found = FastSolver(cell, mesh=COARSE).solve(Protocol("x", (step,), (0.0,)))
    except DualionError:
        return
    assert _open_books(found) == []
