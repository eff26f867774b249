"""Parameter values of a cell: complete, open where asked, and in the convention of vacancies."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualion.errors import SpecError
from dualion.models.cells import nominal_values
from dualion.models.isotherms import isotherm_of
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.engine import CellModel
from dualion.models.reference.parameter_sets import cell_parameters, maximum_concentration
from dualion.models.states import initial_fractions
from dualion.records.cell import Cell

pytestmark = pytest.mark.models

MESH = (4, 4, 4, 4)


def _value(expression: Any, **inputs: float) -> float:
    """A number, or a PyBaMM expression of numbers and inputs."""
    if not hasattr(expression, "evaluate"):
        return float(expression)
    return float(np.asarray(expression.evaluate(inputs=inputs)).item())


@pytest.mark.parametrize("hierarchy", ["SPMe", "DFN"])
def test_every_parameter_that_a_model_reads_is_given(half: Cell, full: Cell, hierarchy: str) -> None:
    """PyBaMM raises at a parameter that it does not find; nothing is inherited from a set of another chemistry."""
    for cell in (half, full):
        CellModel(cell, hierarchy=hierarchy).built(MESH, 1e-6, 1e-8)  # type: ignore[arg-type]


def test_a_parameter_that_is_not_given_is_missed(half: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check above can fail."""
    import dualion.models.reference.engine as engine

    def lacking(cell: Cell, *, inputs: tuple[str, ...] = ()) -> Any:
        found = cell_parameters(cell, inputs=inputs)
        del found.values["Separator porosity"]
        return found

    monkeypatch.setattr(engine, "cell_parameters", lacking)
    with pytest.raises(KeyError, match="Separator porosity"):
        CellModel(half).built(MESH, 1e-6, 1e-8)


@pytest.mark.parametrize("name", ["anode.nothing", "cathode.diffusivity", "Contact resistance [Ohm]"])
def test_an_unknown_input_is_refused_with_what_there_is(half: Cell, name: str) -> None:
    with pytest.raises(SpecError, match=r"no parameter of this cell\. It has anode\.activation_energy, anode\.active_volume_fraction"):
        cell_parameters(half, inputs=(name,))


def test_every_name_that_can_be_fitted_can_be_left_open(half: Cell, full: Cell) -> None:
    from dualion.models.calibration.fitting import FREE

    for cell in (half, full):
        for name in (name for name in FREE if name in nominal_values(cell)):
            assert cell_parameters(cell, inputs=(name,)).nominal == {name: nominal_values(cell)[name]}
    assert set(FREE) <= set(nominal_values(full))


def test_values_reach_pybamm_in_its_units(half: Cell, full: Cell) -> None:
    values = cell_parameters(full).values
    assert values["Separator thickness [m]"] == pytest.approx(260e-6, rel=1e-12)
    assert values["Electrode height [m]"] * values["Electrode width [m]"] == pytest.approx(1.131e-4, rel=1e-12)
    assert values["Negative electrode thickness [m]"] == pytest.approx(13.9e-6, rel=2e-3)  # specification 1.4
    assert values["Positive electrode thickness [m]"] == pytest.approx(23.8e-6, rel=2e-3)
    assert values["Initial concentration in electrolyte [mol.m-3]"] == pytest.approx(1000.0, rel=1e-12)
    assert values["Contact resistance [Ohm]"] == 6.0
    assert values["Lower voltage cut-off [V]"] == 2.0
    assert values["Nominal cell capacity [A.h]"] == pytest.approx(0.181e-3, rel=1e-3)
    assert values["Ambient temperature [K]"] == pytest.approx(298.15)
    assert cell_parameters(half).values["Positive electrode thickness [m]"] == pytest.approx(13.9e-6, rel=2e-3)  # carbon is "positive" here


def test_transport_of_the_reference_electrolyte(full: Cell) -> None:
    """Specification 1.5: 2.05 c exp(-0.82 c) S/m and 4.0e-10 exp(-0.45 c) m2/s."""
    values = cell_parameters(full).values
    conductivity, diffusivity = values["Electrolyte conductivity [S.m-1]"], values["Electrolyte diffusivity [m2.s-1]"]
    assert _value(conductivity(1000.0, 298.15)) == pytest.approx(0.9029, rel=1e-3)
    assert _value(diffusivity(1000.0, 298.15)) == pytest.approx(2.551e-10, rel=1e-3)
    assert _value(conductivity(1000.0, 308.15)) / _value(conductivity(1000.0, 298.15)) == pytest.approx(1.217, abs=2e-3)  # 15 kJ/mol


def test_a_full_host_holds_its_capacity() -> None:
    """427 mAh/g at 1.6 g/cm3 is 25500 mol/m3 (specification 8)."""
    assert maximum_concentration(427.0, 1.6) == pytest.approx(25500.0, rel=1e-3)


def test_the_cathode_particle_holds_vacancies(full: Cell) -> None:
    """Vacancies y = 1 - theta: its potential falls as it fills, and a discharged cathode is full of vacancies."""
    assert full.cathode is not None
    potential = cell_parameters(full).values["Positive electrode OCP [V]"]
    isotherm = isotherm_of(full.cathode)
    for vacancies in (0.1, 0.5, 0.9):
        assert _value(potential(pybamm.Scalar(vacancies))) == pytest.approx(float(isotherm.potential(1 - vacancies)), abs=1e-5)
    assert initial_fractions(full, {})["cathode.initial_fraction"] == 0.998


def test_an_open_isotherm_is_the_one_of_the_table(half: Cell) -> None:
    names = ("anode.slope_capacity", "anode.pore_capacity", "anode.pore_potential", "anode.pore_width")
    fixed = cell_parameters(half).values["Positive electrode OCP [V]"]
    opened = cell_parameters(half, inputs=names)
    for filled in (0.02, 0.1, 0.4, 0.64):
        traced = opened.values["Positive electrode OCP [V]"](pybamm.Scalar(filled))
        assert _value(traced, **opened.nominal) == pytest.approx(_value(fixed(pybamm.Scalar(filled))), abs=1e-5)


def test_an_open_shift_takes_the_place_of_the_one_in_the_table(full: Cell) -> None:
    fixed = _value(cell_parameters(full).values["Positive electrode OCP [V]"](pybamm.Scalar(0.5)))
    opened = cell_parameters(full, inputs=("cathode.ocp_shift",))
    assert opened.nominal == {"cathode.ocp_shift": -0.0641}
    traced = opened.values["Positive electrode OCP [V]"](pybamm.Scalar(0.5))
    assert _value(traced, **{"cathode.ocp_shift": -0.0641}) == pytest.approx(fixed, abs=1e-12)
    assert _value(traced, **{"cathode.ocp_shift": 0.0}) == pytest.approx(fixed + 0.0641, abs=1e-12)


def test_the_exchange_current_at_half_filling_follows_from_the_charge_transfer_resistance(half: Cell) -> None:
    """At half filling R T / (F R_ct a L A): 14.66 ohm, a L = 3 * 0.45 / 1 um * 13.9 um, 1.131 cm2."""
    exchange = cell_parameters(half).values["Positive electrode exchange-current density [A.m-2]"]
    expected = 0.0256926 / (14.66 * 1.131e-4 * 3 * 0.45 / 1e-6 * half.anode.thickness)
    assert _value(exchange(1000.0, 50.0, 100.0, 298.15)) == pytest.approx(expected, rel=1e-5)
    assert _value(exchange(250.0, 50.0, 100.0, 298.15)) == pytest.approx(0.5 * expected, rel=1e-5)  # root of the salt
    assert _value(exchange(1000.0, 10.0, 100.0, 298.15)) == pytest.approx(0.6 * expected, rel=1e-5)  # 2 sqrt(0.1 * 0.9)


def test_the_exchange_current_of_the_cathode_is_symmetric_in_ions_and_vacancies(full: Cell) -> None:
    exchange = cell_parameters(full).values["Positive electrode exchange-current density [A.m-2]"]
    assert _value(exchange(1000.0, 50.0, 100.0, 298.15)) == pytest.approx(4.0, rel=1e-12)
    assert _value(exchange(1000.0, 20.0, 100.0, 298.15)) == pytest.approx(_value(exchange(1000.0, 80.0, 100.0, 298.15)), rel=1e-12)
    warmer = _value(exchange(1000.0, 50.0, 100.0, 308.15)) / 4.0
    assert warmer == pytest.approx(1.481, abs=2e-3)  # 30 kJ/mol


def test_an_empty_host_can_still_react(full: Cell) -> None:
    exchange = cell_parameters(full).values["Positive electrode exchange-current density [A.m-2]"]
    for filled in (0.0, 100.0):
        assert _value(exchange(1000.0, filled, 100.0, 298.15)) == pytest.approx(1e-3 * 4.0, rel=1e-12)


def test_an_unknown_kind_of_cell_has_no_model(full: Cell) -> None:
    with pytest.raises(SpecError, match='no SPMe for a cell of kind "symmetric"'):
        CellModel(replace(full, kind="symmetric")).built(MESH, 1e-6, 1e-8)


def test_pybamm_is_imported_with_telemetry_off_and_checked() -> None:
    import os

    from dualion.models.reference import _pybamm

    assert os.environ["PYBAMM_DISABLE_TELEMETRY"] == "true"
    for owner, name in _pybamm.HOOKS:
        assert inspect.isfunction(getattr(owner, name)), name
