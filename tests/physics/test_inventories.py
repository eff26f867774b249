"""Sodium, PF6 and salt balance over a cycle (V1 to V3), and visibly do not where the anion is left out; V6 and V7."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualion.errors import InventoryError
from dualion.models.constants import FARADAY, GAS_CONSTANT, REFERENCE_TEMPERATURE
from dualion.models.experiments import cycle
from dualion.models.isotherms import isotherm_of
from dualion.models.reference.dualcell import DualIonDFN, DualIonSPMe
from dualion.models.reference.engine import CellModel
from dualion.models.reference.solve import solve
from dualion.records.cell import Cell
from dualion.records.quantity import Parameter, Quantity

pytestmark = [pytest.mark.models, pytest.mark.slow]  # each builds several models of PyBaMM

RATES = (1.0, 10.0, 20.0)
HIERARCHIES = ("SPM", "SPMe", "DFN")


def _assumed(value: float, unit: str) -> Parameter:
    return Parameter(Quantity(value, unit), "assumed", "made up")


@pytest.mark.parametrize("hierarchy", HIERARCHIES)
@pytest.mark.parametrize("rate", RATES)
def test_sodium_and_pf6_stay_in_the_cell(models: Any, rate: float, hierarchy: str) -> None:
    """V1, V2: found 1e-12 of the sodium and 2e-14 of the PF6 over each half cycle."""
    for step in models.cycle(rate, hierarchy=hierarchy).steps:
        for name, drift in (("sodium", 1e-10), ("PF6", 1e-12)):
            start, end = step.inventories[name]
            assert start > 1e-6
            assert abs(end - start) <= drift * start


@pytest.mark.parametrize("hierarchy", HIERARCHIES)
@pytest.mark.parametrize("kind", ["reservoir", "irreversible", "reversible"])
def test_they_stay_with_a_reservoir_and_with_plating(models: Any, kind: str, hierarchy: str) -> None:
    """V1, V2 at 10 C: salt beside the pores and plated sodium are counted, and without them the balance is open."""
    for step in models.cycle(10.0, kind, hierarchy).steps:
        for name, drift in (("sodium", 1e-10), ("PF6", 1e-12)):
            start, end = step.inventories[name]
            assert abs(end - start) <= drift * start
    charge = models.cycle(10.0, kind, hierarchy).steps[0]
    if kind == "reservoir":
        pores = 1e-6 * models.cells["full"].pore_volume * models.cells["full"].area.value  # [mol] at 1 mol/L
        assert charge.inventories["salt"][0] - pores == pytest.approx(1e-5 * models.cells["full"].area.value, rel=1e-9)
    else:
        assert charge.inventories["plated"][1] > 1e-3 * charge.inventories["sodium"][1]


@pytest.mark.parametrize("hierarchy", HIERARCHIES)
def test_what_passes_the_interfaces_is_the_current(models: Any, half_cycle_of: Callable[..., Any], hierarchy: str) -> None:
    """V4: the integral of a j is the current, 2e-6; in a DFN, whose stored currents scatter by 1e-3, over the half cycle."""
    model = models.model("full", hierarchy)
    if hierarchy == "DFN":
        for rate in RATES:
            for step in models.cycle(rate, hierarchy=hierarchy).steps:
                moved = step.half_cycle.current * step.time[-1] / FARADAY
                for name in ("host sodium", "host PF6"):
                    start, end = step.inventories[name]
                    assert end - start == pytest.approx(moved, rel=2e-6)
        return
    charge = half_cycle_of(model, 800.0)
    for name, electrode, sign in (("negative", model.cell.anode, -1), ("positive", model.cell.cathode, 1)):
        mean = np.asarray(charge[f"Sum of x-averaged {name} electrode volumetric interfacial current densities [A.m-3]"].entries)
        passed = mean * electrode.thickness * model.cell.area.value * 1e-4
        assert sign * passed == pytest.approx(np.full_like(passed, model.cell.current_of(800.0)), rel=2e-6)


def test_amounts_at_assembly_are_those_of_the_records(models: Any, full: Cell) -> None:
    """Anions are what is missing from the vacancies: 0.2 % of the host, and the anode at 1.2 V; the salt fills all pores."""
    start = {name: first for name, (first, _) in models.cycle(1.0).steps[0].inventories.items()}
    assert full.cathode is not None
    per_mah = 3.6 / FARADAY  # [mol/mAh]
    cathode, anode = (e.loading.value * full.area.value * 1e-3 for e in (full.cathode, full.anode))  # [g]
    assert start["host PF6"] == pytest.approx(0.002 * 95.905 * cathode * per_mah, rel=1e-6)
    assert start["host sodium"] == pytest.approx(4.042e-4 * 653.9 * anode * per_mah, rel=1e-3)
    assert start["salt"] == pytest.approx(1e-6 * full.pore_volume * full.area.value, rel=1e-9)  # 1 mol/L
    assert start["sodium"] == pytest.approx(start["host sodium"] + start["salt"], rel=1e-12)
    assert start["PF6"] == pytest.approx(start["host PF6"] + start["salt"], rel=1e-12)


def test_sources_of_salt_agree_in_their_mean(models: Any, half_cycle_of: Callable[..., Any]) -> None:
    """The field and its average are changed by hand, one by one; a submodel may read either."""
    charge = half_cycle_of(models.model("full"), 80.0)
    for name, sign in (("negative", 1), ("positive", 0)):
        local = np.asarray(charge[f"Sum of {name} electrode electrolyte reaction source terms [A.m-3]"].entries)
        mean = np.asarray(charge[f"Sum of x-averaged {name} electrode electrolyte reaction source terms [A.m-3]"].entries)
        main = np.asarray(charge[f"X-averaged {name} electrode volumetric interfacial current density [A.m-3]"].entries)
        assert local.mean(axis=0) == pytest.approx(mean, rel=1e-9, abs=1e-6)
        assert mean == pytest.approx(sign * main, rel=1e-9, abs=1e-6)
        assert np.abs(main).min() > 1.0


@pytest.mark.parametrize(("hierarchy", "allowed"), [("SPM", 1e-9), ("SPMe", 1e-9), ("DFN", 5e-6)])
@pytest.mark.parametrize("rate", RATES)
def test_salt_and_hosts_change_by_the_charge_passed(models: Any, rate: float, hierarchy: str, allowed: float) -> None:
    """V3: the salt falls on charge by Q/F and returns on discharge. The DFN solves for its current, to 1e-6 of it at 1 C."""
    for step in models.cycle(rate, hierarchy=hierarchy).steps:
        moved = step.step.current * step.time[-1] / FARADAY
        change = {name: end - start for name, (start, end) in step.inventories.items()}
        assert (change["salt"] < 0) == (step.step.direction == "charge")
        assert change["salt"] == pytest.approx(-moved, rel=allowed)
        assert change["host sodium"] == pytest.approx(moved, rel=allowed)
        assert change["host PF6"] == pytest.approx(moved, rel=allowed)


@pytest.mark.parametrize("rate", RATES)
def test_the_guard_lets_the_default_model_pass(models: Any, rate: float) -> None:
    model = models.model("full")
    assert solve(model, cycle(model.cell, rate * 80.0)).attempts == ()


def test_the_guard_lets_the_dfn_pass_at_one_c(models: Any) -> None:
    model = models.model("full", "DFN")
    assert solve(model, cycle(model.cell, 80.0)).attempts == ()


@pytest.mark.parametrize("transport", ["", "chayambuka2022"], ids=["assumed", "measured"])
def test_a_half_cell_only_moves_sodium_from_the_metal_to_the_carbon(models: Any, transport: str) -> None:
    for rate in (0.1, 2.0):
        for step in models.cycle(rate, "half", transport=transport).steps:
            moved = step.step.current * step.time[-1] / FARADAY
            start, end = step.inventories["host sodium"]
            assert end - start == pytest.approx(-moved, rel=1e-6)
            start, end = step.inventories["salt"]
            assert end == pytest.approx(start, rel=1e-4)


@pytest.mark.parametrize(("hierarchy", "faulty"), [("SPMe", DualIonSPMe), ("DFN", DualIonDFN)])
def test_without_the_anion_the_balance_is_open(full: Cell, monkeypatch: pytest.MonkeyPatch, hierarchy: Any, faulty: Any) -> None:
    """A rocking-chair interface (s_plus 1) in a dual-ion cell: the anions come from nowhere, and the guard says so."""
    import dualion.models.reference.engine as engine

    broken = {**engine._MODELS, ("dual-ion", hierarchy): lambda options, parts: faulty(options, parts=parts, s_plus=1.0)}
    monkeypatch.setattr(engine, "_MODELS", broken)
    with pytest.raises(InventoryError, match=r"(sodium|PF6) drifts by") as caught:
        solve(CellModel(full, hierarchy=hierarchy), cycle(full, 800.0))
    assert caught.value.partial.steps == ()


def test_total_salt_is_independent_of_the_transference_number(full: Cell) -> None:
    """V6: both electrodes deplete it on charge, with weights 1 - t and t."""
    model = CellModel(full, inputs=("transference",))
    salt, least = [], []
    for transference in (0.2, 0.42, 0.8):
        charge = solve(model, cycle(full, 80.0), parameters={"transference": transference}).steps[0]
        start, end = charge.inventories["salt"]
        salt.append((end - start) / charge.time[-1])
        least.append(float(charge.salt[-1, 0]))
    assert salt[1:] == pytest.approx(salt[:1] * 2, rel=1e-9)
    assert max(least) - min(least) > 0.5  # where it is taken from does depend on it


@pytest.mark.parametrize(("share", "shift"), [(0.5, 35.6), (0.7, 18.3)])
def test_depletion_raises_the_potential_of_the_cathode(full: Cell, half_cycle_of: Callable[..., Any], share: float, shift: float) -> None:
    """V7: +35.6 mV at half the salt and +18.3 mV at 30 % depletion, at 25 degC, within 0.1 mV, on the open-circuit potential itself."""
    thin = replace(full.separator, thickness=_assumed(60.0, "um"))
    charge = half_cycle_of(CellModel(replace(full, separator=thin)), 8.0)
    mean = np.asarray(charge["Mean salt concentration [mol.m-3]"].entries)
    own = np.asarray(charge.t)
    assert mean[0] == pytest.approx(1000.0, abs=1e-6)
    time = float(np.interp(-1000.0 * share, -mean, own))
    assert full.cathode is not None
    vacancies = float(charge["Positive electrode stoichiometry"](time))
    bare = float(isotherm_of(full.cathode).potential(1 - vacancies))
    found = float(charge["Positive electrode bulk open-circuit potential [V]"](time)) - bare
    assert 1e3 * found == pytest.approx(shift, abs=0.1)
    assert found == pytest.approx(-2 * GAS_CONSTANT * REFERENCE_TEMPERATURE / FARADAY * np.log(share), abs=1e-4)


def test_the_concentration_term_raises_the_mean_voltage_by_eight_millivolt(
    models: Any, full: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Specification 3.2: about 8 mV (3 mV) at 29 % depletion."""
    import dualion.models.reference.engine as engine

    monkeypatch.setattr(
        engine, "_MODELS", {**engine._MODELS, ("dual-ion", "SPMe"): lambda options, parts: DualIonSPMe(options, parts=parts, weight=0.0)}
    )
    without = solve(CellModel(full), cycle(full, 80.0)).steps[1].mean_voltage()
    shift = models.cycle(1.0).steps[1].mean_voltage() - without
    assert shift == pytest.approx(8e-3, abs=3e-3)
