"""The fast engine against the same model in PyBaMM, which shares no code with it (specification, section 11)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dualion.models.cells import with_transport
from dualion.models.engines import solver
from dualion.models.experiments import Protocol, cycle, pair_of
from dualion.models.fast.packing import Mesh
from dualion.models.fast.solver import FastSolver
from dualion.models.outputs import CellResult, working_mass
from dualion.models.reference.engine import CellModel
from dualion.models.reference.solve import solve
from dualion.records.cell import Cell
from dualion.records.material_files import load_transport

pytestmark = [pytest.mark.models, pytest.mark.slow]


#: End of a discharge of the full cell: further down a host is emptier than 0.1 %, where PyBaMM adds a term of its own to its potential.
SHARED_END = 2.6  # [V]


def _fine(cell: Cell, rate: float) -> tuple[CellResult, CellResult]:
    """One cycle from both at a fine mesh and a tight tolerance."""
    first, second = pair_of(cell, cell.current(rate))
    if cell.kind == "dual-ion":
        second = replace(second, cutoff=SHARED_END)
    protocol = Protocol("cycle", (first, second), (rate * cell.one_c.value,) * 2)
    fast = FastSolver(cell, mesh=Mesh(80, 40, 40, 40), tolerance=1e-6).solve(protocol)
    return fast, solve(CellModel(cell, hierarchy="SPMe"), protocol, mesh=(40, 40, 40, 100), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("transport", ["carbonate-assumed", "chayambuka2022"])
@pytest.mark.parametrize(("kind", "rate"), [*(("half", r) for r in (0.1, 0.5, 1.0, 2.0)), *(("full", r) for r in (0.1, 1.0, 10.0, 20.0))])
def test_capacity_voltage_and_salt(request: pytest.FixtureRequest, kind: str, rate: float, transport: str) -> None:
    """0.05 %, 0.5 mV, 0.5 %."""
    cell: Cell = with_transport(request.getfixturevalue(kind), load_transport(transport))
    for one, other in zip(*(run.steps for run in _fine(cell, rate))):
        assert one.charge == pytest.approx(other.charge, rel=5e-4)
        assert one.mean_voltage() == pytest.approx(other.mean_voltage(), abs=5e-4)
        assert one.totals["least_salt"] == pytest.approx(other.salt[:, 0].min(), rel=5e-3)
        assert one.totals["most_salt"] == pytest.approx(other.salt[:, 2].max(), rel=5e-3)


@pytest.mark.parametrize("rate", [1.0, 10.0])
def test_defaults_agree_too(full: Cell, rate: float) -> None:
    """Both as they come: 0.1 % and 1 mV."""
    protocol = cycle(full, 80 * rate)
    for one, other in zip(solver(full).solve(protocol).steps, solver(full, engine="pybamm-SPMe").solve(protocol).steps):
        assert one.charge == pytest.approx(other.charge, rel=1e-3)
        assert one.mean_voltage() == pytest.approx(other.mean_voltage(), abs=1e-3)


def test_a_lean_cell_agrees(full: Cell) -> None:
    """60 um of separator: salt down to a twentieth."""
    quantity = replace(full.separator.thickness.quantity, value=60.0)
    cell = replace(full, separator=replace(full.separator, thickness=replace(full.separator.thickness, quantity=quantity)))
    fast, other = _fine(cell, 1.0)
    for a, b in zip(fast.steps, other.steps):
        assert a.capacity(working_mass(cell)) == pytest.approx(b.capacity(working_mass(cell)), abs=0.1)
        assert a.totals["least_salt"] == pytest.approx(b.salt[:, 0].min(), rel=0.05)
