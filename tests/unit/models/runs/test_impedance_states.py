"""States of charge at which spectra are computed."""

from __future__ import annotations

import pytest

from dualion.errors import SpecError
from dualion.models.isotherms import isotherm_of
from dualion.models.runs.impedance_states import filling_at
from dualion.models.states import equilibrium_voltage, initial_fractions
from dualion.records.cell_files import load_cell


def test_a_half_cell_fills_from_its_upper_to_its_lower_voltage() -> None:
    cell = load_cell("na-mec3")
    isotherm = isotherm_of(cell.anode)
    assert isotherm.potential(filling_at(cell, "0")) == pytest.approx(2.5, abs=1e-6)
    assert isotherm.potential(filling_at(cell, "100 %")) == pytest.approx(1e-4, abs=1e-9)
    assert filling_at(cell, "50 %") == filling_at(cell, "0.5") == pytest.approx(0.5 * filling_at(cell, "1"), rel=1e-4)
    assert isotherm.potential(filling_at(cell, "100 mV")) == pytest.approx(0.1)


@pytest.mark.parametrize("name", ["mec3-eg", "hc-nvpf"])
def test_a_full_cell_stands_at_the_voltage_asked_for(name: str) -> None:
    cell = load_cell(name)
    for voltage in (3.9, 4.1):
        fractions = initial_fractions(cell, {}, voltage=voltage)
        assert fractions["anode.initial_fraction"] == pytest.approx(filling_at(cell, f"{voltage} V"))
        assert equilibrium_voltage(cell, fractions) == pytest.approx(voltage, abs=1e-6)
    assert filling_at(cell, "0") < filling_at(cell, "0.4") < filling_at(cell, "1")
    top = filling_at(cell, f"{cell.window[1].value} V")
    assert filling_at(cell, "1") == pytest.approx(top)


def test_a_dual_ion_cell_counts_from_its_assembly() -> None:
    cell = load_cell("mec3-eg")
    assert filling_at(cell, "0") == initial_fractions(cell, {})["anode.initial_fraction"]


def test_a_filling_is_taken_as_it_is() -> None:
    assert filling_at(load_cell("na-mec3"), " x = 0.37 ") == 0.37


@pytest.mark.parametrize("state", ["half", "", "2", "-0.1", "120 %", "0.5 A", "x=", "x=much", "V"])
def test_what_is_no_state_is_refused(state: str) -> None:
    with pytest.raises(SpecError, match="state: "):
        filling_at(load_cell("mec3-eg"), state)


def test_a_voltage_without_equilibrium_is_refused() -> None:
    with pytest.raises(SpecError, match="40 V is outside"):
        filling_at(load_cell("mec3-eg"), "40 V")
