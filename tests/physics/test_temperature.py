"""Rates follow their activation energies: the capacities of 4.7, and each rate on its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dualion.models.cells import with_temperature, with_transport
from dualion.models.experiments import cycle
from dualion.models.outputs import working_mass
from dualion.models.reference.engine import CellModel
from dualion.models.reference.solve import solve
from dualion.records.cell import Cell, Film

pytestmark = pytest.mark.models

#: Graphite of 4.7: share, potential [V] and width [V] of three populations; 104 mAh/g, 2e-15 m2/s.
GRAPHITE = ((0.28, 4.05, 0.10), (0.32, 4.35, 0.045), (0.40, 4.62, 0.045))


@pytest.fixture(scope="module")
def of_the_specification(full: Cell, film: Film, parameter: Callable[..., Any]) -> Cell:
    """Activation energies of the film (45.9 kJ/mol), both charge transfers (42.5 and 30) and the electrolyte (15), and of no solid."""
    assert full.cathode is not None
    graphite, carbon = full.cathode.material, full.anode.material
    populations = tuple(
        replace(population, capacity=parameter(share, "1"), potential=parameter(middle, "V"), width=parameter(width, "V"))
        for population, (share, middle, width) in zip(graphite.populations, GRAPHITE, strict=True)
    )
    values = {
        "host_capacity": (104.0, "mAh/g"),
        "diffusivity": (2e-15, "m2/s"),
        "ocp_shift": (0.0, "V"),
        "activation_energy": (30.0, "kJ/mol"),
    }
    changed = {name: parameter(*value) for name, value in values.items()}
    kept = {name: value for name, value in graphite.parameters.items() if name != "diffusivity_activation_energy"}
    cathode = replace(full.cathode, material=replace(graphite, populations=populations, parameters={**kept, **changed}))
    transfer = {**carbon.parameters, "activation_energy": parameter(42.5, "kJ/mol")}
    anode = replace(full.anode, material=replace(carbon, parameters=transfer))
    transport = replace(full.electrolyte.transport, activation_energy=parameter(15.0, "kJ/mol"))
    return with_transport(replace(full, anode=anode, cathode=cathode, film=film, series_resistance=parameter(2.11, "ohm")), transport)


@pytest.mark.slow
@pytest.mark.parametrize(("celsius", "capacity"), [(0.0, 46.3), (25.0, 85.4), (60.0, 88.4)])
def test_cold_costs_capacity(of_the_specification: Cell, celsius: float, capacity: float) -> None:
    """4.7 at 10 C; the expectation has one decimal."""
    cell = with_temperature(of_the_specification, celsius)
    run = solve(CellModel(cell), cycle(cell, 800.0), detail="ends")
    assert run.steps[1].capacity(working_mass(cell)) == pytest.approx(capacity, abs=0.2)


@pytest.mark.slow
def test_a_colder_solid_is_slower_where_it_has_an_activation_energy(of_the_specification: Cell, parameter: Callable[..., Any]) -> None:
    """30 kJ/mol on the diffusivity in graphite takes a further 20 mAh/g at 0 degC, and nothing at 25 degC."""
    assert of_the_specification.cathode is not None
    graphite = of_the_specification.cathode.material
    slower = {**graphite.parameters, "diffusivity_activation_energy": parameter(30.0, "kJ/mol")}
    cathode = replace(of_the_specification.cathode, material=replace(graphite, parameters=slower))
    mass, found = working_mass(of_the_specification), {}
    for celsius in (0.0, 25.0):
        cell = with_temperature(replace(of_the_specification, cathode=cathode), celsius)
        found[celsius] = solve(CellModel(cell), cycle(cell, 800.0), detail="ends").steps[1].capacity(mass)
    assert found[25.0] == pytest.approx(85.4, abs=0.2)
    assert found[0.0] == pytest.approx(25.3, abs=1.0)


def test_a_temperature_is_all_that_changes(full: Cell) -> None:
    colder = with_temperature(full, 0)
    assert colder.temperature.value == 0.0
    assert replace(colder, temperature=full.temperature) == full
