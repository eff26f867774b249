"""SPM against SPMe against DFN (V11), order in mesh (V10), the slow limit (V12, V13), numerical errors, and the reference tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dualion.models.experiments import Protocol, cycle
from dualion.models.isotherms import isotherm_of
from dualion.models.outputs import working_mass
from dualion.models.reference.solve import numerical_error, solve

pytestmark = pytest.mark.models

#: Specification of the cell models, 2.4: total capacity [mAh/g] at 0.1, 0.2, 0.5, 1, 2 C; tolerance 1.5.
HALF_CELL = {"SPM": (415, 406, 379, 334, 250), "SPMe": (414, 404, 375, 325, 234), "DFN": (414, 404, 374, 325, 233)}
#: 3.6: discharge capacity [mAh/g], mean voltage [V], least salt [mol/m3] at 1, 10, 20 C; tolerances 0.05, 0.5 mV, 5.
DUAL_ION = {
    "SPM": ((94.79, 4.0449, 719), (86.44, 3.9758, 732), (76.98, 3.9105, 746)),
    "SPMe": ((94.78, 4.0441, 716), (86.37, 3.9685, 704), (76.68, 3.8953, 691)),
    "DFN": ((94.78, 4.0441, 716), (86.36, 3.9680, 704), (76.66, 3.8943, 692)),
}
#: The same with a tenth of the salt's diffusivity.
SLOW_SALT = {
    "SPMe": ((94.78, 4.0431, 691), (86.16, 3.9633, 478), (75.37, 3.8839, 302)),
    "DFN": ((94.78, 4.0431, 691), (86.15, 3.9628, 480), (75.33, 3.8827, 309)),
}
RATES = (1.0, 10.0, 20.0)


def _sodiated(models: Any, rate: float, hierarchy: str = "SPMe") -> float:
    """[mAh/g] down to the cut-off, with what the carbon takes up above the start."""
    model = models.model("half", hierarchy)
    protocol = cycle(model.cell, 300.0 * rate)
    run = solve(model, Protocol("sodiation", protocol.steps[:1], protocol.specific_currents[:1]))
    return run.steps[0].capacity(working_mass(model.cell)) + isotherm_of(model.cell.anode).capacity_above(1.0)


def _least(run: Any) -> float:
    return min(float(step.salt[:, 0].min()) for step in run.steps)


@pytest.mark.slow
@pytest.mark.parametrize("hierarchy", ["SPM", "SPMe", "DFN"])
def test_the_half_cell_gives_the_reference_capacities(models: Any, hierarchy: str) -> None:
    found = [_sodiated(models, rate, hierarchy) for rate in (0.1, 0.2, 0.5, 1.0, 2.0)]
    assert found == pytest.approx(HALF_CELL[hierarchy], abs=1.5)
    if hierarchy == "SPMe":
        assert found[3] == pytest.approx(324.8, abs=0.5)  # 2.2


def _row(run: Any) -> tuple[float, float, float]:
    """Discharge capacity [mAh/g], mean voltage [V] and least salt [mol/m3]."""
    discharge = run.steps[1]
    return discharge.capacity(working_mass(run.cell)), discharge.mean_voltage(), _least(run)


def _near(row: tuple[float, float, float]) -> tuple[Any, ...]:
    """A row of the table, within the tolerances of 3.6."""
    return tuple(pytest.approx(value, abs=within) for value, within in zip(row, (0.05, 5e-4, 5.0), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("hierarchy", ["SPM", "SPMe", "DFN"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_dual_ion_cell_gives_the_reference_table(models: Any, hierarchy: str, number: int) -> None:
    assert _row(models.cycle(RATES[number], hierarchy=hierarchy)) == _near(DUAL_ION[hierarchy][number])


@pytest.mark.slow
@pytest.mark.parametrize("hierarchy", ["SPMe", "DFN"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_so_it_does_with_slow_salt(models: Any, hierarchy: str, number: int) -> None:
    assert _row(models.cycle(RATES[number], "slow salt", hierarchy)) == _near(SLOW_SALT[hierarchy][number])


def test_at_one_c_even_the_well_mixed_salt_will_do(models: Any) -> None:
    """V11: SPM against SPMe, 0.05 mAh/g and 2 mV; at 20 C it will not."""
    mass = working_mass(models.cells["full"])
    for rate, within in ((1.0, True), (20.0, False)):
        simple, full = (models.cycle(rate, hierarchy=name).steps[1] for name in ("SPM", "SPMe"))
        assert (abs(simple.capacity(mass) - full.capacity(mass)) <= 0.05) is within
        assert (abs(simple.mean_voltage() - full.mean_voltage()) <= 2e-3) is within


@pytest.mark.slow
@pytest.mark.parametrize("rate", RATES)
def test_spme_is_as_good_as_dfn_where_the_salt_is_slow(models: Any, rate: float) -> None:
    """V11 at a tenth of the diffusivity of the salt."""
    simple, full = (models.cycle(rate, "slow salt", name).steps[1] for name in ("SPMe", "DFN"))
    mass = working_mass(models.cells["full"])
    assert simple.capacity(mass) == pytest.approx(full.capacity(mass), abs=0.1)
    assert simple.mean_voltage() == pytest.approx(full.mean_voltage(), abs=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["full", "slow salt"])
def test_the_error_of_the_mesh_falls_with_its_square(models: Any, kind: str) -> None:
    """V10: DFN at 10 C, all meshes alike: successive differences of the capacity fall with order 1.5 or more; 20 to 40 is 0.05 mAh/g."""
    model = models.model(kind, "DFN")
    mass, found = working_mass(model.cell), []
    for cells in (10, 20, 40, 80):
        run = solve(model, cycle(model.cell, 800.0), mesh=(cells,) * 4, check=("steps",), detail="voltage")
        found.append((run.steps[1].capacity(mass), run.steps[1].mean_voltage()))
    capacity, voltage = np.abs(np.diff(np.array(found), axis=0)).T
    assert np.log2(capacity[:-1] / capacity[1:]).min() > 1.5
    assert capacity[1] < 0.05
    assert voltage.max() < 5e-4


@pytest.mark.parametrize("transport", ["", "chayambuka2022"], ids=["assumed", "measured"])
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.slow
def test_spme_is_as_good_as_dfn(models: Any, rate: float, transport: str) -> None:
    """V11: 0.1 mAh/g and 2 mV up to 20 C, also with a tenfold slower electrolyte."""
    simple, full = (models.cycle(rate, hierarchy=name, transport=transport).steps[1] for name in ("SPMe", "DFN"))
    mass = working_mass(models.cells["full"])
    assert simple.capacity(mass) == pytest.approx(full.capacity(mass), abs=0.1)
    assert simple.mean_voltage() == pytest.approx(full.mean_voltage(), abs=2e-3)


@pytest.mark.slow
def test_the_slower_electrolyte_costs_salt_and_voltage(models: Any) -> None:
    """Both transport sets run everywhere because they differ: 3.6 gives 302 against 691 mol/m3 for a tenth of the diffusivity."""
    fast, slow = models.cycle(20.0), models.cycle(20.0, transport="chayambuka2022")
    assert _least(fast) - _least(slow) > 300
    assert fast.steps[1].mean_voltage() - slow.steps[1].mean_voltage() > 5e-3


def test_a_very_slow_half_cell_holds_what_its_isotherm_holds(models: Any) -> None:
    """V12: C/1000 within 0.2 %; the full model then shares nothing with the isotherm but the potential."""
    equilibrium = isotherm_of(models.cells["half"].anode).capacity_above(0.0001)
    assert _sodiated(models, 1e-3) == pytest.approx(equilibrium, rel=2e-3)
    assert _sodiated(models, 0.1) < 0.99 * equilibrium


def test_a_very_slow_full_cell_follows_its_open_circuit_voltage(models: Any) -> None:
    """V12: C/1000 against both isotherms and the salt that has left, within 1 mV away from the ends."""
    run = models.cycle(1e-3)
    cell, charge = run.cell, run.steps[0]
    anode, cathode = isotherm_of(cell.anode), isotherm_of(cell.cathode)
    progress = charge.time / charge.time[-1]
    inside = (progress > 0.05) & (progress < 0.95)
    assert inside.sum() > 100
    passed = charge.step.current * charge.time[inside]  # [coulomb]
    per_gram = passed / 3.6 * 1e3  # [mAh/g] of 1 mg
    sodium = float(anode.fraction(1.2)) + per_gram / (cell.anode.loading.value * cell.area.value) / anode.size
    anions = 0.002 + per_gram / (cell.cathode.loading.value * cell.area.value) / cathode.size
    salt = charge.salt[inside, 1] / 1000.0
    expected = cathode.potential(anions) - 2 * 0.0256926 * np.log(salt) - anode.potential(sodium)
    assert charge.voltage[inside] == pytest.approx(expected, abs=1e-3)


def test_a_slow_cycle_returns_to_where_it_began(models: Any) -> None:
    """V13: at C/1000 the voltage of the start is met again after 1e-4 of the host; the discharge then goes on to its cut-off."""
    run = models.cycle(1e-3)
    charge, discharge = run.steps
    mass = working_mass(run.cell)
    returned = float(np.interp(-charge.voltage[0], -discharge.voltage, discharge.capacities(mass)))
    assert returned == pytest.approx(charge.capacity(mass), abs=1e-4 * 95.905)


@pytest.mark.slow
@pytest.mark.parametrize("rate", [1.0, 10.0])
def test_the_error_of_mesh_and_time_is_small(models: Any, rate: float) -> None:
    """Twice the mesh and a tenth of the tolerance: 0.2 mAh/g and 2 mV."""
    model = models.model("full")
    protocol = cycle(model.cell, 80.0 * rate)
    run = numerical_error(model, protocol, models.cycle(rate), {})
    assert len(run.error) == 2
    for error in run.error:
        assert 0 < error["capacity"] / working_mass(model.cell) * 1e3 < 0.2
        assert 0 < error["mean_voltage"] < 2e-3


@pytest.mark.slow
def test_a_coarse_mesh_is_found_out(models: Any) -> None:
    """The estimate above can fail."""
    model = models.model("full")
    protocol = cycle(model.cell, 1600.0)
    coarse = solve(model, protocol, mesh=(3, 3, 3, 3))
    (_, discharge) = numerical_error(model, protocol, coarse, {}).error
    assert discharge["capacity"] / working_mass(model.cell) * 1e3 > 0.2


def test_a_mean_voltage_is_not_taken_over_the_solvers_own_steps(models: Any) -> None:
    """Trap 6: leaving out every other point of the refined grid moves it by less than 0.5 mV."""
    for rate in RATES:
        for step in models.cycle(rate).steps:
            assert step.time.size > 200
            halved = np.trapezoid(step.voltage[::2], step.time[::2]) / step.time[::2][-1]
            assert abs(halved - step.mean_voltage()) < 5e-4
