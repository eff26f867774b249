"""V5: with the cation coefficient 1 and the concentration term off, the dual-ion model is PyBaMM's own; with 0 it visibly is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest

from dualion.errors import SpecError
from dualion.models.constants import FARADAY
from dualion.models.experiments import Protocol, pair_of
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.dualcell import DualIonDFN, DualIonSPMe
from dualion.models.reference.engine import CellModel
from dualion.models.reference.solve import solve
from dualion.models.states import initial_fractions
from dualion.records.cell_files import load_cell

pytestmark = [pytest.mark.models, pytest.mark.slow]  # each builds several models of PyBaMM

OPTIONS = {"contact resistance": "true", "calculate discharge energy": "true"}
#: Half a discharge at 1 C: no event is met in either model.
SECONDS = np.linspace(0.0, 1500.0, 61)


def _discharge(model: Any, *, chemistry: str = "Chayambuka2022", beyond_the_tables: Literal["error", "ignore"] = "error") -> Any:
    values = pybamm.ParameterValues(chemistry)
    values.update({"Contact resistance [Ohm]": 0.0}, check_already_exists=False)
    # tighter than a run: the check compares models, not solvers
    solver = pybamm.IDAKLUSolver(rtol=1e-7, atol=1e-9, on_extrapolation=beyond_the_tables)
    simulation = pybamm.Simulation(model, parameter_values=values, C_rate=1, solver=solver)
    return simulation.solve([0.0, float(SECONDS[-1])], t_interp=SECONDS, calc_esoh=False)


def _salt(solution: Any) -> Any:
    name = (
        "Salt in electrolyte [mol]"
        if "Salt in electrolyte [mol]" in solution.all_models[0].variables
        else "Total lithium in electrolyte [mol]"
    )
    return np.asarray(solution[name](SECONDS))


@pytest.mark.parametrize("chemistry", ["Chayambuka2022", "Marquis2019"])
@pytest.mark.parametrize(
    ("stock", "ours"),
    [
        pytest.param(pybamm.lithium_ion.SPMe, DualIonSPMe, id="SPMe"),
        pytest.param(pybamm.lithium_ion.DFN, DualIonDFN, id="DFN", marks=pytest.mark.slow),
    ],
)
def test_the_rocking_chair_limit(stock: Any, ours: Any, chemistry: str) -> None:
    """A sodium-ion and a lithium-ion set of PyBaMM's, through the submodels that we override."""
    reference = _discharge(stock(dict(OPTIONS)), chemistry=chemistry)
    limit = _discharge(ours(s_plus=1.0, weight=0.0), chemistry=chemistry)
    voltage = np.asarray(reference["Voltage [V]"](SECONDS))
    assert voltage[0] - voltage[-1] > 0.1  # there is something to agree on
    assert np.asarray(limit["Voltage [V]"](SECONDS)) == pytest.approx(voltage, abs=1e-6)
    salt = _salt(limit)
    assert salt == pytest.approx(np.full_like(salt, salt[0]), rel=1e-12)
    # the same code with s_plus 0: on discharge both hosts give salt to the electrolyte, more than the tables of its transport reach
    dual = _discharge(ours(s_plus=0.0, weight=0.0), chemistry=chemistry, beyond_the_tables="ignore")
    charge = 3600 * np.asarray(dual["Discharge capacity [A.h]"](SECONDS))
    assert _salt(dual)[1:] - _salt(dual)[0] == pytest.approx(charge[1:] / FARADAY, rel=1e-6)
    apart = np.abs(np.asarray(dual["Voltage [V]"](SECONDS)) - voltage)
    assert apart.max() > 1e-3


def test_pybamms_own_total_has_no_meaning_in_a_dual_ion_cell() -> None:
    """Trap 8: ``Total lithium [mol]`` drifts by twice the charge, while sodium stays."""
    dual = _discharge(DualIonSPMe(s_plus=0.0, weight=0.0), beyond_the_tables="ignore")
    total, sodium = (np.asarray(dual[name](SECONDS[[0, -1]])) for name in ("Total lithium [mol]", "Total sodium [mol]"))
    assert sodium[1] == pytest.approx(sodium[0], rel=1e-10)
    assert abs(total[1] / total[0] - 1) > 1e-3


@pytest.mark.parametrize("hierarchy", ["SPM", "SPMe", "DFN"])
def test_a_cell_of_records_is_the_cell_of_pybamms_own_set(hierarchy: str) -> None:
    """``hc-nvpf`` holds the set Chayambuka2022 as materials with profiles: 0.1 mV over a discharge at 1 C, up to its last 2 %."""
    cell = load_cell("hc-nvpf")
    assert cell.kind == "rocking-chair"
    (step,) = (step for step in pair_of(cell, cell.current(1.0)) if step.current < 0)
    run = solve(CellModel(cell, hierarchy=hierarchy), Protocol("discharge", (step,), (cell.one_c.value,)))  # type: ignore[arg-type]
    ours = run.steps[0]
    values = pybamm.ParameterValues("Chayambuka2022")
    stock = {"SPM": pybamm.lithium_ion.SPM, "SPMe": pybamm.lithium_ion.SPMe, "DFN": pybamm.lithium_ion.DFN}[hierarchy]()
    solver = pybamm.IDAKLUSolver(rtol=1e-6, atol=1e-8, on_extrapolation="ignore")
    reference = pybamm.Simulation(stock, parameter_values=values, C_rate=1, solver=solver).solve([0.0, 4000.0], calc_esoh=False)
    assert ours.time[-1] == pytest.approx(float(reference.t[-1]), rel=1e-4)
    seconds = np.linspace(1.0, 0.98 * ours.time[-1], 200)
    assert np.interp(seconds, ours.time, ours.voltage) == pytest.approx(np.asarray(reference["Voltage [V]"](seconds)), abs=1e-4)
    assert ours.voltage[0] - ours.voltage[-1] > 1.0
    for name in ("sodium", "PF6", "salt"):
        start, end = ours.inventories[name]
        assert end == pytest.approx(start, rel=1e-12)
    start, end = ours.inventories["cathode sodium"]
    assert end - start == pytest.approx(ours.charge / FARADAY, rel=1e-6)


def test_a_rocking_chair_cathode_must_say_how_full_it_is() -> None:
    cell = load_cell("hc-nvpf")
    assert cell.cathode is not None
    material = cell.cathode.material
    parameters = {name: value for name, value in material.parameters.items() if name != "initial_fraction"}
    silent = replace(cell, cathode=replace(cell.cathode, material=replace(material, parameters=parameters)))
    with pytest.raises(SpecError, match="NVPF: initial_fraction is missing"):
        initial_fractions(silent, {})
