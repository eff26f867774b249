"""The state in which a cell is built: presets, shares, equilibrium at a voltage."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dualion.errors import SpecError
from dualion.models.isotherms import isotherm_of
from dualion.models.states import equilibrium_voltage, host_charge, initial_fractions
from dualion.records.cell import Cell
from dualion.records.cell_files import load_cell
from dualion.records.material import PotentialTable


def test_the_reference_cell_starts_where_the_specification_says(full: Cell) -> None:
    """3.6: x = 4.042e-4 at 1.2 V, y = 0.998."""
    found = initial_fractions(full, {})
    assert found["anode.initial_fraction"] == pytest.approx(4.042e-4, rel=1e-3)
    assert found["cathode.initial_fraction"] == 0.998


def test_a_share_of_sodium_is_of_the_capacity_above_zero_volt(full: Cell) -> None:
    held = initial_fractions(replace(full, initial_sodiation=0.5), {})["anode.initial_fraction"]
    assert held * 653.9 == pytest.approx(0.5 * 424.1, abs=0.1)


def test_open_parameters_move_the_start(full: Cell) -> None:
    one, other = (initial_fractions(full, {"anode.slope_capacity": size})["anode.initial_fraction"] for size in (106.9, 53.45))
    assert other == pytest.approx(one / 2 * 653.9 / 600.45, rel=0.01)


@pytest.mark.parametrize("voltage", [2.0, 2.65, 3.5, 4.8])
def test_the_cell_is_in_equilibrium_at_the_voltage_asked_for(full: Cell, voltage: float) -> None:
    """What leaves one host has entered the other: sodium on one side, anions on the other, one electron each."""
    found, start = initial_fractions(full, {}, voltage=voltage), initial_fractions(full, {})
    assert equilibrium_voltage(full, found) == pytest.approx(voltage, abs=1e-7)
    assert full.cathode is not None
    sodium = (found["anode.initial_fraction"] - start["anode.initial_fraction"]) * host_charge(full.anode, full)
    anions = (start["cathode.initial_fraction"] - found["cathode.initial_fraction"]) * host_charge(full.cathode, full)
    assert sodium == pytest.approx(anions, rel=1e-9)
    assert (sodium > 0) == (voltage > equilibrium_voltage(full, start))


def test_a_half_cell_is_where_its_isotherm_is(half: Cell) -> None:
    assert initial_fractions(half, {}) == {"anode.initial_fraction": pytest.approx(float(isotherm_of(half.anode).fraction(1.0)))}
    assert equilibrium_voltage(half, initial_fractions(half, {}, voltage=1.2)) == pytest.approx(1.2, abs=1e-6)


def test_a_voltage_that_no_equilibrium_has_is_refused(full: Cell) -> None:
    with pytest.raises(SpecError, match=r"mec3-eg: 9 V is outside the -?\d+\.\d+ V to \d\.\d+ V that the cell has in equilibrium"):
        initial_fractions(full, {}, voltage=9.0)


def test_a_measured_potential_bounds_the_start(full: Cell) -> None:
    """A table that ends at half filling: no equilibrium beyond it is made up."""
    assert full.cathode is not None
    isotherm = isotherm_of(full.cathode)
    fraction = (0.001, 0.01, 0.1, 0.3, 0.5)
    table = PotentialTable(fraction, tuple(float(isotherm.potential(x)) for x in fraction), "made up")
    material = replace(full.cathode.material, populations=(), table=table)
    short = replace(full, cathode=replace(full.cathode, material=material))
    top = float(isotherm.potential(0.5)) + isotherm_of(short.cathode).shift  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="that the cell has in equilibrium"):
        initial_fractions(short, {}, voltage=top)
    assert initial_fractions(short, {}, voltage=3.4)["cathode.initial_fraction"] > 0.5


def test_a_rocking_chair_cell_has_its_sodium_where_its_record_says() -> None:
    """hc-nvpf is assembled charged: 13520 of 14540 and 3320 of 15320 mol/m3."""
    cell = load_cell("hc-nvpf")
    found = initial_fractions(cell, {})
    assert found["anode.initial_fraction"] == pytest.approx(13520 / 14540, rel=1e-9)
    assert found["cathode.initial_fraction"] == pytest.approx(3320 / 15320, rel=1e-9)
    lower = initial_fractions(cell, {}, voltage=3.0)
    assert lower["anode.initial_fraction"] < found["anode.initial_fraction"]
    assert lower["cathode.initial_fraction"] > found["cathode.initial_fraction"]
