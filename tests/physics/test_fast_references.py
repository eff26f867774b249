"""The fast engine against the reference tables of the cell models' specification: 2.2, 2.4, 3.6, 3.9, 4.4, 4.7."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualion.models.cells import with_temperature, with_transport, with_values
from dualion.models.engines import solver
from dualion.models.experiments import Protocol, cycle, pair_of, rate_blocks, voltammetry
from dualion.models.fast.packing import Mesh
from dualion.models.fast.solver import FastSolver
from dualion.models.isotherms import isotherm_of
from dualion.models.outputs import CellResult, working_mass
from dualion.records.cell import Cell, Plating
from dualion.records.cell_files import load_cell
from dualion.records.material import Transport
from dualion.records.quantity import Parameter, Quantity


def _assumed(value: float, unit: str) -> Parameter:
    return Parameter(Quantity(value, unit), "assumed", "made up")


def _slower(cell: Cell) -> Cell:
    """The assumed transport with a tenth of its diffusivity."""
    transport: Transport = cell.electrolyte.transport
    assert transport.diffusivity is not None
    return with_transport(cell, replace(transport, diffusivity=(transport.diffusivity[0] / 10, transport.diffusivity[1])))


# --- 2.4, 3.6


@pytest.mark.parametrize(("rate", "capacity"), [(0.1, 414), (0.2, 404), (0.5, 375), (1.0, 325), (2.0, 234)])
def test_half_cell_capacities(half: Cell, rate: float, capacity: float) -> None:
    """2.4, row SPMe: within 1.5 mAh/g, from 1.0 V with the capacity above it added."""
    sodiation = solver(half).solve(cycle(half, 300 * rate)).steps[0]
    total = sodiation.capacity(working_mass(half)) + isotherm_of(half.anode).capacity_above(1.0)
    assert total == pytest.approx(capacity, abs=1.5)


def test_a_half_cell_from_higher_up(half: Cell) -> None:
    """2.2: 324.8 mAh/g at 1 C from 2.4 V."""
    from dualion.models.experiments import Hold

    sodiation = pair_of(half, half.current(1.0))[0]
    found = FastSolver(half).solve(Protocol("x", (Hold(2.4, 1.0), sodiation), (0.0, 0.0)))
    assert found.steps[1].capacity(working_mass(half)) == pytest.approx(324.8, abs=0.5)


DUAL_ION = [  # rate, diffusivity, capacity [mAh/g], mean voltage [V], least salt [mol/m3] of SPMe
    (1.0, 1.0, 94.78, 4.0441, 716),
    (10.0, 1.0, 86.37, 3.9685, 704),
    (20.0, 1.0, 76.68, 3.8953, 691),
    (1.0, 0.1, 94.78, 4.0431, 691),
    (10.0, 0.1, 86.16, 3.9633, 478),
    (20.0, 0.1, 75.37, 3.8839, 302),
]


@pytest.mark.parametrize(("rate", "factor", "capacity", "voltage", "salt"), DUAL_ION)
def test_dual_ion_cycles(full: Cell, rate: float, factor: float, capacity: float, voltage: float, salt: float) -> None:
    """3.6, rows SPMe: 0.05 mAh/g and 5 mol/m3; the mean voltage within 1 mV, as those rows stand at 20 shells for PyBaMM."""
    cell = full if factor == 1.0 else _slower(full)
    found = FastSolver(cell, mesh=Mesh().finer(2), tolerance=1e-4).solve(cycle(cell, 80 * rate))
    discharge = found.steps[1]
    assert discharge.capacity(working_mass(cell)) == pytest.approx(capacity, abs=0.05)
    assert discharge.mean_voltage() == pytest.approx(voltage, abs=1e-3)
    assert min(step.totals["least_salt"] for step in found.steps) == pytest.approx(salt, abs=5)


def test_defaults_are_as_good_as_a_fine_mesh(full: Cell) -> None:
    """At 20 shells and a tolerance of 1e-3: 0.03 mAh/g and 0.2 mV from four times the mesh at 1e-6."""
    for rate in (1.0, 10.0, 20.0):
        default, fine = (
            FastSolver(full, **more).solve(cycle(full, 80 * rate))  # type: ignore[arg-type]
            for more in ({}, {"mesh": Mesh().finer(4), "tolerance": 1e-6})
        )
        for one, other in zip(default.steps, fine.steps):
            assert one.capacity(working_mass(full)) == pytest.approx(other.capacity(working_mass(full)), abs=0.03)
            assert one.mean_voltage() == pytest.approx(other.mean_voltage(), abs=2e-4)


# --- 3.9


@pytest.fixture(scope="module")
def poor(full: Cell) -> Cell:
    """MEC0 || EG with the isotherm of 3.9 and the cathode of 3.6."""
    cell = replace(load_cell("mec0-eg"), film=None, cathode=full.cathode)
    return with_values(cell, {"anode.slope_capacity": 83.0, "anode.pore_capacity": 301.4})


def _capacity(cell: Cell, rate: float, values: dict[str, float], number: int = 1) -> float:
    cell = with_values(cell, values)
    found = FastSolver(cell).solve(rate_blocks(cell, [80 * rate], cycles=number))
    return found.steps[2 * number - 1].capacity(working_mass(cell))


@pytest.mark.parametrize(("resistance", "capacities"), [(33.0, (94.6, 93.5, 91.1, 82.5)), (58.8, (94.5, 93.4, 90.7, 78.8))])
def test_resistances_alone_do_not_limit_the_poor_anode(poor: Cell, resistance: float, capacities: tuple[float, ...]) -> None:
    found = [_capacity(poor, rate, {"series_resistance": resistance}) for rate in (1.0, 2.0, 4.0, 10.0)]
    assert found == pytest.approx(capacities, abs=1.5)


def test_the_poor_anode_falls_below_sodium(poor: Cell) -> None:
    cell = with_values(poor, {"series_resistance": 58.8})
    for rate, potential in ((4.0, -0.03), (10.0, -0.07)):
        charge = FastSolver(cell).solve(cycle(cell, 80 * rate)).steps[0]
        assert charge.totals["lowest_anode_potential"] == pytest.approx(potential, abs=0.01)


@pytest.mark.parametrize(("diffusivity", "capacity"), [(1e-15, 86.6), (3e-16, 72.7), (1e-16, 48.7)])
def test_slow_transport_in_the_anode_limits(poor: Cell, diffusivity: float, capacity: float) -> None:
    """4 C in cycle 2."""
    found = _capacity(poor, 4.0, {"series_resistance": 58.8, "anode.diffusivity": diffusivity}, number=2)
    assert found == pytest.approx(capacity, abs=1.5)


@pytest.mark.parametrize(("kind", "capacity", "plated"), [("irreversible", 59.0, 0.015), ("reversible", 64.0, 0.007)])
def test_plating_in_the_poor_anode(poor: Cell, kind: Any, capacity: float, plated: float) -> None:
    """4 C in cycle 2 at 2e-16 m2/s; the share of sodium that is plated at the most."""
    cell = with_values(
        replace(poor, plating=Plating(kind, _assumed(0.01, "A/m2"))), {"series_resistance": 58.8, "anode.diffusivity": 2e-16}
    )
    found = FastSolver(cell).solve(rate_blocks(cell, [320.0], cycles=2))
    assert found.steps[3].capacity(working_mass(cell)) == pytest.approx(capacity, abs=1.5)
    share = max(step.inventories["plated"][1] / step.inventories["sodium"][1] for step in found.steps)
    assert share == pytest.approx(plated, abs=0.003)


# --- 4.4


@pytest.fixture(scope="module")
def voltammograms(half: Cell) -> dict[float, CellResult]:
    return {rate: solver(half).solve(voltammetry(half, 1e-3 * rate, low=1e-4, high=1.2)) for rate in (0.1, 1.0, 5.0)}


@pytest.mark.parametrize(("rate", "peak", "charge"), [(0.1, 0.110, 236), (1.0, 0.212, 122), (5.0, 0.581, 81)])
def test_voltammetry_of_the_half_cell(half: Cell, voltammograms: dict[float, CellResult], rate: float, peak: float, charge: float) -> None:
    """Anodic peak within 3 mV and charge of the positive current within 1 %; the cathodic maximum stands at the edge of the window."""
    down, up = voltammograms[rate].steps[2:]
    assert up.voltage[np.argmax(up.currents)] == pytest.approx(peak, abs=3e-3)
    anodic = sum(float(np.trapezoid(np.clip(step.currents, 0, None), step.time)) for step in (down, up))
    assert anodic / 3.6 / working_mass(half) * 1e3 == pytest.approx(charge, rel=0.01)
    turned = np.concatenate([down.currents, up.currents])
    voltage = np.concatenate([down.voltage, up.voltage])
    assert voltage[np.argmin(turned)] < 0.01


def test_voltammetry_of_the_full_cell(full: Cell) -> None:
    """0.1 mV/s from 2.65 to 4.8 V: 0.112 mA either way."""
    up, down = solver(full).solve(voltammetry(full, 1e-4, low=2.65, high=4.8)).steps[2:]
    assert up.currents.max() == pytest.approx(1.12e-4, rel=0.01)
    assert down.currents.min() == pytest.approx(-1.12e-4, rel=0.01)


# --- 4.7


@pytest.mark.parametrize(("celsius", "capacity"), [(0.0, 46.3), (25.0, 85.4), (60.0, 88.4)])
def test_temperature(half: Cell, celsius: float, capacity: float) -> None:
    """10 C with another shape of EG; the film follows its own activation energy. 0.3 mAh/g."""
    stages = {"first": (0.28, 4.05, 0.100), "second": (0.32, 4.35, 0.045), "third": (0.40, 4.62, 0.045)}
    shape = {
        f"cathode.{name}_stage_{part}": value
        for name, values in stages.items()
        for part, value in zip(("capacity", "potential", "width"), values)
    }
    given = {**shape, "cathode.host_capacity": 104.0, "cathode.diffusivity": 2e-15, "cathode.ocp_shift": 0.0}
    cell = with_temperature(with_values(replace(load_cell("mec3-eg"), anode=half.anode), given), celsius)
    found = FastSolver(cell).solve(cycle(cell, 800.0))
    assert found.steps[1].capacity(working_mass(cell)) == pytest.approx(capacity, abs=0.3)
