"""What the models read as functions of filling, salt and temperature: profiles, tables, activation energies, plating."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualion.models.constants import SODIUM_MOLAR_VOLUME
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.laws import arrhenius, filled, transport_functions
from dualion.models.reference.parameter_sets import cell_parameters
from dualion.records.cell import Cell, Film, Plating
from dualion.records.material import Material, Profile, TransportTable
from dualion.records.quantity import Parameter, Quantity

pytestmark = pytest.mark.models


def _assumed(value: float, unit: str) -> Parameter:
    return Parameter(Quantity(value, unit), "assumed", "made up")


def _value(expression: Any, **inputs: float) -> float:
    if not hasattr(expression, "evaluate"):
        return float(expression)
    return float(np.asarray(expression.evaluate(inputs=inputs)).item())


def _with_material(cell: Cell, role: str, **changes: Any) -> Cell:
    electrode = getattr(cell, role)
    return replace(cell, **{role: replace(electrode, material=replace(electrode.material, **changes))})


def _less(material: Material, *names: str) -> dict[str, Parameter]:
    return {name: value for name, value in material.parameters.items() if name not in names}


def test_a_rate_doubles_where_its_activation_energy_says_so() -> None:
    """50 kJ/mol: a factor 1.925 from 25 to 35 degC, and its inverse from 35 to 25."""
    assert _value(arrhenius(50.0, pybamm.Scalar(308.15))) == pytest.approx(
        np.exp(50e3 / 8.314462618 * (1 / 298.15 - 1 / 308.15)), rel=1e-12
    )
    assert _value(arrhenius(50.0, pybamm.Scalar(298.15))) == 1.0
    assert _value(arrhenius(50.0, pybamm.Scalar(308.15))) == pytest.approx(1.924, abs=1e-3)


def test_an_anion_host_is_filled_where_its_vacancies_are_not() -> None:
    assert filled("Na+", 0.2) == 0.2
    assert filled("PF6-", 0.2) == 0.8


PROFILE = Profile((0.1, 0.5, 0.9), (1e-15, 5e-15, 2e-15), "made up")


@pytest.mark.parametrize(("anions", "expected"), [(0.1, 1e-15), (0.3, 3e-15), (0.5, 5e-15), (0.7, 3.5e-15), (0.02, 1e-15), (0.99, 2e-15)])
def test_a_diffusivity_follows_the_filling_in_anions(full: Cell, anions: float, expected: float) -> None:
    """Straight lines between the points, constant beyond them; the particle hands over vacancies."""
    cell = _with_material(full, "cathode", profiles={"diffusivity": PROFILE})
    law = cell_parameters(cell).values["Positive particle diffusivity [m2.s-1]"]
    assert _value(law(pybamm.Scalar(1 - anions), pybamm.Scalar(298.15))) == pytest.approx(expected, rel=1e-9)


def test_a_diffusivity_of_a_cation_host_follows_its_sodium(full: Cell) -> None:
    cell = _with_material(full, "anode", profiles={"diffusivity": PROFILE})
    law = cell_parameters(cell).values["Negative particle diffusivity [m2.s-1]"]
    assert _value(law(pybamm.Scalar(0.3), pybamm.Scalar(298.15))) == pytest.approx(3e-15, rel=1e-9)


def test_a_profile_takes_the_place_of_the_exchange_current(full: Cell) -> None:
    """The factor of 2 sqrt(x (1 - x)) sqrt(c / c0); the charge-transfer resistance is not asked for any more."""
    profile = Profile((0.0, 1.0), (1.0, 3.0), "made up")
    parameters = _less(full.anode.material, "charge_transfer_resistance", "activation_energy")
    cell = _with_material(full, "anode", profiles={"exchange_current_density": profile}, parameters=parameters)
    law = cell_parameters(cell).values["Negative electrode exchange-current density [A.m-2]"]
    found = _value(law(pybamm.Scalar(250.0), pybamm.Scalar(0.2), pybamm.Scalar(1.0), pybamm.Scalar(298.15)))
    assert found == pytest.approx(1.4 * 2 * np.sqrt(0.2 * 0.8) * 0.5, rel=1e-9)


def test_a_solid_follows_its_own_activation_energy(full: Cell) -> None:
    assert full.cathode is not None
    parameters = {**full.cathode.material.parameters, "diffusivity_activation_energy": _assumed(20.0, "kJ/mol")}
    law = cell_parameters(_with_material(full, "cathode", parameters=parameters)).values["Positive particle diffusivity [m2.s-1]"]
    warm, cold = (_value(law(pybamm.Scalar(0.5), pybamm.Scalar(kelvin))) for kelvin in (298.15, 273.15))
    assert warm == pytest.approx(3.32e-15, rel=1e-12)
    assert warm / cold == pytest.approx(np.exp(20e3 / 8.314462618 * (1 / 273.15 - 1 / 298.15)), rel=1e-9)


def test_a_diffusivity_without_an_activation_energy_is_a_number(full: Cell) -> None:
    assert full.cathode is not None
    cell = _with_material(full, "cathode", parameters=_less(full.cathode.material, "diffusivity_activation_energy"))
    assert cell_parameters(cell).values["Positive particle diffusivity [m2.s-1]"] == 3.32e-15


def test_transport_may_be_a_table(full: Cell) -> None:
    table = TransportTable(((0.0, 1000.0, 2000.0), (0.2, 1.0, 0.6)), ((0.0, 2000.0), (4e-10, 2e-10)))
    transport = replace(full.electrolyte.transport, conductivity=None, diffusivity=None, table=table)
    conductivity, diffusivity = transport_functions(transport)
    assert _value(conductivity(pybamm.Scalar(500.0), pybamm.Scalar(298.15))) == pytest.approx(0.6, rel=1e-12)
    assert _value(conductivity(pybamm.Scalar(1500.0), pybamm.Scalar(298.15))) == pytest.approx(0.8, rel=1e-12)
    assert _value(diffusivity(pybamm.Scalar(500.0), pybamm.Scalar(298.15))) == pytest.approx(3.5e-10, rel=1e-12)
    warmer = _value(diffusivity(pybamm.Scalar(500.0), pybamm.Scalar(308.15))) / 3.5e-10
    assert warmer == pytest.approx(1.217, abs=2e-3)  # 15 kJ/mol, as the functions


def test_a_film_and_its_growth_are_parameters(full: Cell) -> None:
    film = Film(_assumed(29.45, "ohm"), _assumed(2e-6, "F"), _assumed(45.9, "kJ/mol"))
    cell = replace(full, film=film)
    values = cell_parameters(cell).values
    resistance = values["Film resistance [Ohm]"]
    assert values["Film capacitance [F]"] == 2e-6
    assert _value(resistance(pybamm.Scalar(298.15))) == pytest.approx(29.45, rel=1e-12)
    assert _value(resistance(pybamm.Scalar(273.15))) == pytest.approx(
        29.45 * np.exp(45.9e3 / 8.314462618 * (1 / 273.15 - 1 / 298.15)), rel=1e-9
    )
    opened = cell_parameters(cell, inputs=("film_growth", "film_resistance"))
    assert opened.nominal == {"film_growth": 1.0, "film_resistance": 29.45}
    grown = opened.values["Film resistance [Ohm]"](pybamm.Scalar(298.15))
    assert _value(grown, film_growth=1.2, film_resistance=10.0) == pytest.approx(12.0, rel=1e-12)
    assert "Film capacitance [F]" not in dict(cell_parameters(full).values)


def test_plating_has_its_exchange_current_and_fades_at_a_thousandth_of_a_layer(full: Cell) -> None:
    cell = replace(full, plating=Plating("reversible", _assumed(0.01, "A/m2")))
    values = cell_parameters(cell).values
    exchange = values["Exchange-current density for plating [A.m-2]"]
    assert _value(exchange(pybamm.Scalar(1000.0))) == pytest.approx(0.01, rel=1e-12)
    assert _value(exchange(pybamm.Scalar(250.0))) == pytest.approx(0.005, rel=1e-12)
    layer = 3.7e-10 * 3 * 0.45 / 1e-6 / SODIUM_MOLAR_VOLUME  # [mol/m3] of electrode
    assert values["Plated concentration at which stripping fades [mol.m-3]"] == pytest.approx(1e-3 * layer, rel=1e-9)


def test_a_reservoir_is_what_the_pores_do_not_hold(full: Cell) -> None:
    cell = replace(full, electrolyte_volume=_assumed(full.pore_volume + 12.0, "uL/cm2"), reservoir_exchange=_assumed(1e-6, "m/s"))
    values = cell_parameters(cell).values
    assert values["Reservoir volume per area [m]"] == pytest.approx(12e-9 / 1e-4, rel=1e-9)
    assert values["Reservoir exchange coefficient [m.s-1]"] == 1e-6
