"""Salt profiles against closed forms (V14, V15), lean cells (V16), the reservoir (V17), and the state at assembly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualion.models.constants import FARADAY
from dualion.models.experiments import Protocol, cycle
from dualion.models.outputs import CellResult, working_mass
from dualion.models.reference.engine import CellModel
from dualion.models.reference.solve import solve
from dualion.records.cell import Cell, Electrode
from dualion.records.quantity import Parameter, Quantity

pytestmark = [pytest.mark.models, pytest.mark.slow]

DIFFUSIVITY = 2.6e-10  # [m2/s] constant, for the closed forms


def _assumed(value: float, unit: str) -> Parameter:
    return Parameter(Quantity(value, unit), "assumed", "made up")


def _separated(cell: Cell, thickness: float, porosity: float) -> Cell:
    return replace(cell, separator=replace(cell.separator, thickness=_assumed(thickness, "um"), porosity=_assumed(porosity, "1")))


def _thin(electrode: Electrode) -> Electrode:
    """The same mass at a hundred times the density: an electrode that is a plane to the salt."""
    parameters = {**electrode.material.parameters, "density": _assumed(100 * electrode.material["density"], "g/cm3")}
    return replace(electrode, material=replace(electrode.material, parameters=parameters))


def _plane(cell: Cell, thickness: float, transference: float) -> Cell:
    """A separator of constant diffusivity between two planes."""
    transport = replace(cell.electrolyte.transport, diffusivity=(DIFFUSIVITY, 0.0), transference=_assumed(transference, "1"), table=None)
    assert cell.cathode is not None
    thin = replace(cell, anode=_thin(cell.anode), cathode=_thin(cell.cathode), electrolyte=replace(cell.electrolyte, transport=transport))
    return _separated(thin, thickness, 0.9)


def _charge(cell: Cell, specific_current: float, mesh: tuple[int, int, int, int]) -> Any:
    protocol = cycle(cell, specific_current)
    return solve(CellModel(cell), Protocol("charge", protocol.steps[:1], (specific_current,)), mesh=mesh).steps[0]


@pytest.mark.parametrize(("transference", "weight"), [(0.2, 0.8), (0.8, 0.8)], ids=["anode", "cathode"])
def test_the_salt_at_an_electrode_falls_with_the_root_of_time(full: Cell, transference: float, weight: float) -> None:
    """V14: c0 - 2 tau i / F sqrt(t / (pi eps D_eff)), while t << eps L^2 / 4 D_eff; tau = 1 - t_plus at the anode, t_plus at the cathode.

    With t_plus 0.2 the poorest place is the anode, with 0.8 the cathode; both have tau = 0.8.
    """
    cell = _plane(full, 2000.0, transference)
    charge = _charge(cell, 800.0, (4, 240, 4, 10))
    effective = 0.9**1.5 * DIFFUSIVITY
    current = charge.step.current / (cell.area.value * 1e-4)  # [A/m2]
    time = np.array([20.0, 50.0, 100.0, 200.0])
    assert time[-1] < 0.1 * 0.9 * (2e-3) ** 2 / (4 * effective) * 2
    fall = 2 * weight * current / FARADAY * np.sqrt(time / (np.pi * 0.9 * effective))
    assert 1000.0 - np.interp(time, charge.time, charge.salt[:, 0]) == pytest.approx(fall, rel=0.01)
    assert fall[-1] > 100.0


@pytest.mark.parametrize("transference", [0.42, 0.5])
def test_the_quasi_steady_profile_is_a_parabola(full: Cell, transference: float) -> None:
    """V15: c(x) - c(0) = i / (F D_eff) ((1 - t) x - x^2 / 2 L), within 1 % of the span."""
    cell = _plane(full, 260.0, transference)
    charge = _charge(cell, 80.0, (4, 60, 4, 10))
    position, salt = charge.profile["position"], charge.profile["salt"]
    inside = slice(4, 64)
    length, effective = 260e-6, 0.9**1.5 * DIFFUSIVITY
    x = position[inside] - cell.anode.thickness
    current = charge.step.current / (cell.area.value * 1e-4)
    shape = current / (FARADAY * effective) * ((1 - transference) * x - x**2 / (2 * length))
    found = salt[inside]
    span = float(shape.max() - shape.min())
    assert span > 2.0
    assert found - found[0] == pytest.approx(shape - shape[0], abs=0.01 * span)
    if transference == 0.5:
        assert found == pytest.approx(found[::-1], abs=0.01 * span)


@pytest.fixture(scope="module")
def lean(full: Cell) -> dict[float, CellResult]:
    """The lean cells of the specification, 3.8, at 1 C, by separator thickness [um]."""
    return {thickness: _cycled(_lean(full, thickness), 1.0) for thickness in (60.0, 25.0)}


def _lean(cell: Cell, thickness: float) -> Cell:
    return _separated(cell, thickness, 0.9 if thickness > 30 else 0.45)


def _cycled(cell: Cell, rate: float, hierarchy: str = "SPMe") -> CellResult:
    return solve(CellModel(cell, hierarchy=hierarchy), cycle(cell, 80.0 * rate))  # type: ignore[arg-type]


def _salt_capacity(cell: Cell) -> float:
    """[mAh/g] of the cathode that the salt in the pores is good for, q_salt of 3.8."""
    assert cell.cathode is not None
    return FARADAY * 1e3 * cell.electrolyte.concentration.value * cell.pore_volume * 1e-5 / 3.6 / (cell.cathode.loading.value * 10)


@pytest.mark.parametrize(("thickness", "capacity", "available"), [(60.0, 92.1, 96.7), (25.0, 39.1, 39.4)])
def test_a_lean_cell_is_limited_by_its_salt(lean: dict[float, CellResult], thickness: float, capacity: float, available: float) -> None:
    """V16: the 1 C capacity of 3.8 within 0.3 mAh/g, and never more than the salt holds."""
    run = lean[thickness]
    mass = working_mass(run.cell)
    assert _salt_capacity(run.cell) == pytest.approx(available, abs=0.3)
    assert run.steps[1].capacity(mass) == pytest.approx(capacity, abs=0.3)
    for step in run.steps:
        assert step.capacity(mass) < _salt_capacity(run.cell)


@pytest.mark.parametrize(("thickness", "capacities"), [(60.0, (92.1, 81.5)), (25.0, (39.1, 34.9))])
def test_so_it_is_in_a_dfn(full: Cell, thickness: float, capacities: tuple[float, float]) -> None:
    """V16: 1 C and 10 C of 3.8, DFN; charge ends on the voltage, not on a step that failed."""
    cell = _lean(full, thickness)
    for rate, capacity in zip((1.0, 10.0), capacities, strict=True):
        run = _cycled(cell, rate, "DFN")
        assert run.attempts == ()
        assert run.steps[1].capacity(working_mass(cell)) == pytest.approx(capacity, abs=0.3)
        assert [step.ended for step in run.steps] == ["cutoff", "cutoff"]
        assert ("salt_limited" in {flag.code for flag in run.flags}) == (thickness == 25.0)


@pytest.mark.parametrize("hierarchy", ["SPM", "SPMe", "DFN"])
def test_a_reservoir_lies_between_none_and_more_pores(full: Cell, hierarchy: str) -> None:
    """V17: k = 0 is no reservoir, k large is as much more pore volume, within 0.05 mAh/g; the salt is in between for what is in between."""
    alone, wide = _separated(full, 60.0, 0.45), _separated(full, 60.0, 0.55)
    mass = working_mass(full)
    without, more = (_cycled(cell, 1.0, hierarchy).steps[0] for cell in (alone, wide))
    found = {}
    for exchange in (0.0, 1e-8, 1e-2):
        cell = replace(alone, electrolyte_volume=_assumed(wide.pore_volume, "uL/cm2"), reservoir_exchange=_assumed(exchange, "m/s"))
        assert cell.reservoir == pytest.approx(0.6, rel=1e-9)
        found[exchange] = _cycled(cell, 1.0, hierarchy).steps[0]
    assert found[0.0].capacity(mass) == pytest.approx(without.capacity(mass), abs=1e-3)
    assert found[1e-2].capacity(mass) == pytest.approx(more.capacity(mass), abs=0.05)
    assert without.capacity(mass) + 1 < found[1e-8].capacity(mass) < more.capacity(mass) - 1
    if hierarchy == "SPM":
        assert found[1e-2].capacity(mass) == pytest.approx(more.capacity(mass), abs=1e-3)


def test_a_reservoir_that_does_not_take_part_is_none(full: Cell) -> None:
    """Electrolyte beside the pores without an exchange coefficient is mass and nothing else."""
    beside = replace(full, electrolyte_volume=_assumed(60.0, "uL/cm2"))
    built = CellModel(beside).built((5, 5, 5, 5), 1e-6, 1e-8)
    assert "Reservoir salt concentration [mol.m-3]" not in built.model.variables


def test_an_empty_electrolyte_ends_the_charge_on_the_voltage(lean: dict[float, CellResult]) -> None:
    run = lean[25.0]
    assert run.attempts == ()
    assert run.steps[0].voltage[-1] == pytest.approx(4.8, abs=1e-3)
    (flag,) = [flag for flag in run.flags if flag.code == "salt_limited"]
    assert flag.severity == "warning"
    assert 0 <= run.steps[0].salt[:, 0].min() < 20.0


def test_an_empty_electrolyte_says_where(lean: dict[float, CellResult]) -> None:
    """The anode takes 1 - t_plus = 0.58 of the salt out of the smaller pores: the profile at the end of the charge is emptiest there."""
    run = lean[25.0]
    assert int(np.argmin(run.steps[0].profile["salt"])) == 0
    (flag,) = [flag for flag in run.flags if flag.code == "salt_limited"]
    assert "at the anode" in flag.message


def test_a_lean_cell_with_salt_to_spare_is_not_called_salt_limited(lean: dict[float, CellResult]) -> None:
    assert not [flag for flag in lean[60.0].flags if flag.code == "salt_limited"]
    assert 20.0 < lean[60.0].steps[0].salt[:, 0].min() < 60.0  # 44 in 3.8


def _assembled(models: Any, state: Any) -> CellModel:
    """The reference cell with another sodiation at assembly, which is an input of the built model."""
    model = models.model("full")
    return CellModel(replace(model.cell, initial_sodiation=state), _built=model._built)


@pytest.mark.parametrize("state", ["fully_sodiated", 1.0])
def test_a_full_anode_has_no_room_and_that_is_a_result(models: Any, state: Any) -> None:
    model = _assembled(models, state)
    run = solve(model, cycle(model.cell, 80.0))
    assert [flag.code for flag in run.flags] == ["no_room_for_sodium"]
    assert run.flags[0].severity == "refusal"
    assert [step.capacity(working_mass(model.cell)) for step in run.steps] == [0.0]


def test_a_share_of_sodium_is_where_the_charge_begins(models: Any) -> None:
    """A fraction f is f of the capacity above 0 V: the anode starts lower, and the cathode still decides the capacity."""
    model = _assembled(models, 0.5)
    cell = model.cell
    run = solve(model, cycle(cell, 80.0))
    start, _ = run.steps[0].inventories["host sodium"]
    mass = cell.anode.loading.value * cell.area.value * 1e-3  # [g]
    assert start * FARADAY / 3.6 / mass == pytest.approx(0.5 * 424.1, abs=0.1)
    assert run.steps[1].capacity(working_mass(cell)) == pytest.approx(94.6, abs=0.5)
    assert run.steps[0].anode_potential[0] < 0.1


def test_an_anode_without_any_sodium_starts_as_desodiated(models: Any) -> None:
    """A logarithm has no value at an empty host: the potential at assembly is that of the preset."""
    model = _assembled(models, 0.0)
    found = solve(model, cycle(model.cell, 80.0))
    assert found.steps[1].charge == pytest.approx(models.cycle(1.0).steps[1].charge, rel=1e-6)


def test_an_anode_below_zero_volt_could_plate(models: Any) -> None:
    model = _assembled(models, 0.9)
    (flag,) = solve(model, cycle(model.cell, 80.0)).flags
    assert (flag.code, flag.severity) == ("plating_possible", "warning")
