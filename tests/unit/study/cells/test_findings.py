"""From made-up outcomes of the tasks to what the ledger holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from dualion.numerics.masses.mass_bases import cell_mass, mass
from dualion.records.cell import Cell
from dualion.study.cells.compute import Computed
from dualion.study.cells.findings import Findings, findings
from dualion.study.cells.plan import Task, plan
from dualion.study.load import load, locate
from dualion.study.types import Obtained, Study

CAPACITY_ERROR, VOLTAGE_ERROR = 0.05, 1e-4  # [mAh/g], [V] numerical, of every row
MEAN_VOLTAGE = 3.9
FLAG = {"code": "plating_possible", "severity": "warning", "message": "made up"}


@pytest.fixture(scope="module")
def study() -> Study:
    return load(locate("tang2026"))


@pytest.fixture(scope="module")
def tasks(study: Study) -> tuple[Task, ...]:
    return plan(study)


def _value(target: Any) -> float:
    """What the made-up model gives: the printed number, 2 % more; for an energy the capacity of 90 mAh/g at the mean voltage."""
    by_quantity = {"specific_energy": 90.0 * MEAN_VOLTAGE, "mean_voltage": MEAN_VOLTAGE}
    return by_quantity.get(target.quantity, 1.02 * target.value)


def _outcome(task: Task) -> dict[str, Any]:
    full = task.cell.cathode is not None
    rows = [
        {
            "specific_current": current,
            "c_rate": current / task.cell.one_c.value,
            "values": {
                "specific_capacity": 90.0,
                "plateau_capacity": 60.0,
                "charge_capacity": 97.0,
                "mean_voltage": MEAN_VOLTAGE,
                "median_voltage": 3.95,
            },
            "errors": {"specific_capacity": CAPACITY_ERROR, "mean_voltage": VOLTAGE_ERROR},
            "energies": {},
            "powers": {},
            "curves": {},
            "salt": {},
            "flags": [FLAG] if current == 1600.0 else [],
        }
        for current in task.currents
    ]
    other = [{**row, "values": {"specific_capacity": 88.0, "mean_voltage": 3.8}} for row in rows]
    stderr = None if task.kind == "simulate" else {"mean_voltage": 0.01, "median_voltage": 0.01, "specific_energy": 3.9}
    return {
        "values": {},
        "claims": [target.claim for target in task.targets] or ["P113"],
        "cell": {},
        "fit": {"name": task.name} if task.kind == "calibrate" else None,
        "wanted": [
            {"claim": t.claim, "value": _value(t), "stderr": None if stderr is None else stderr.get(t.quantity, 1.0)} for t in task.wanted
        ],
        "rows": rows,
        "other_transport": {"chayambuka2022": other} if full else {},
        "blocks": [],
    }


@pytest.fixture(scope="module")
def computed(tasks: tuple[Task, ...]) -> Computed:
    return Computed({task.name: _outcome(task) for task in tasks}, {})


@pytest.fixture(scope="module")
def found(study: Study, tasks: tuple[Task, ...], computed: Computed) -> Findings:
    return findings(study, tasks, computed)


@pytest.fixture(scope="module")
def primary(found: Findings) -> Callable[[str], Obtained]:
    def of(claim: str) -> Obtained:
        (entry,) = [entry for entry in found.obtained if entry.claim == claim and entry.primary]
        return entry

    return of


@pytest.fixture(scope="module")
def actives(study: Study) -> float:
    return mass(cell_mass(study.cells["mec3-eg"], 97.0), mass_basis="actives")


def test_every_modelled_claim_has_one_basis_of_its_verdict(study: Study, found: Findings) -> None:
    claims = {claim for producer in study.producers if producer.by in ("half_cell", "dual_ion") for claim in producer.claims}
    bases = [entry.claim for entry in found.obtained if entry.primary]
    assert sorted(bases) == sorted(claims)  # type: ignore[type-var]


def test_the_other_runs_stand_beside_it(found: Findings) -> None:
    labels = {entry.options["task"]: entry.primary for entry in found.obtained if entry.claim == "P054"}
    assert labels == {"half_mec0.h1": True, "half_mec0.h2": False, "half_mec0.h3": False}
    scenario = [entry for entry in found.obtained if entry.options["task"] == "full_cell, fully_sodiated"]
    assert scenario
    assert not any(entry.primary for entry in scenario)


def test_an_obtained_capacity(study: Study, primary: Callable[[str], Obtained]) -> None:
    entry = primary("P114")
    assert entry.value.value == pytest.approx(1.02 * 94.0)
    assert entry.value.unit == "mAh/g"
    assert entry.value.stderr == pytest.approx((1.0**2 + CAPACITY_ERROR**2) ** 0.5, rel=1e-9)  # of the fit and of the mesh
    assert (entry.origin, entry.method, entry.mass_basis) == ("simulation", "dual_ion", "cathode")
    assert entry.condition == {"current": {"value": 160.0, "unit": "mA/g"}}
    assert entry.calibration == ("P113", "P117", "P121")
    assert entry.inputs == (f"sha256:{study.sha256}",)
    assert entry.options == {"task": "full_cell", "model": "SPMe", "engine": "fast", "transport": "carbonate-assumed"}


def test_a_half_cell_capacity_is_of_the_anode(primary: Callable[[str], Obtained]) -> None:
    assert (primary("P073").mass_basis, primary("P073").method) == ("anode", "half_cell")
    assert primary("P077").value.rule == "below 0.15 V on sodiation"
    assert primary("P073").sample == "MEC3"


def test_a_voltage_is_stamped_and_has_no_mass(primary: Callable[[str], Obtained]) -> None:
    entry = primary("P122")
    assert entry.mass_basis is None
    assert entry.value.stderr == pytest.approx((0.01**2 + VOLTAGE_ERROR**2) ** 0.5, rel=1e-9)
    assert "assumed_ocp" in {flag.code for flag in entry.flags}
    assert entry.quantity == "median_voltage"
    assert "assumed_ocp" not in {flag.code for flag in primary("P114").flags}


@pytest.mark.parametrize("claim", ["P124", "P125"])
def test_what_is_computed_from_a_voltage_is_stamped_too(primary: Callable[[str], Obtained], claim: str) -> None:
    assert "assumed_ocp" in {flag.code for flag in primary(claim).flags}


def test_energy_and_power_are_on_the_basis_of_the_cell(primary: Callable[[str], Obtained], actives: float) -> None:
    """Capacity times voltage, and current times voltage, over both active masses: 1.5 g per gram of cathode."""
    assert actives == pytest.approx(1.5)
    energy, power = primary("P124"), primary("P125")
    assert (energy.value.value, energy.value.unit) == (pytest.approx(90.0 * MEAN_VOLTAGE / 1.5, rel=1e-9), "Wh/kg")
    assert (power.value.value, power.value.unit) == (pytest.approx(160.0 * MEAN_VOLTAGE / 1.5, rel=1e-9), "W/kg")
    assert energy.mass_basis == power.mass_basis == "actives"


def test_the_error_of_a_power_is_that_of_its_voltage(primary: Callable[[str], Obtained]) -> None:
    expected = (0.01**2 + VOLTAGE_ERROR**2) ** 0.5 * 160.0 / 1.5
    assert primary("P125").value.stderr == pytest.approx(expected, rel=1e-6)


def test_the_error_of_an_energy_is_that_of_capacity_times_voltage(primary: Callable[[str], Obtained]) -> None:
    numerical = ((CAPACITY_ERROR * MEAN_VOLTAGE) ** 2 + (90.0 * VOLTAGE_ERROR) ** 2) ** 0.5
    assert primary("P124").value.stderr == pytest.approx((3.9**2 + numerical**2) ** 0.5 / 1.5, rel=1e-6)


def test_flags_of_a_row_and_the_other_transport_go_with_the_number(primary: Callable[[str], Obtained]) -> None:
    flags = {flag.code: flag.message for flag in primary("P119").flags}
    assert flags["plating_possible"] == "made up"
    assert flags["transport_assumed"] == "With the transport functions chayambuka2022: 88 mAh/g."
    assert "plating_possible" not in {flag.code for flag in primary("P113").flags}
    assert "With the transport functions chayambuka2022: 3.8 V." in {flag.message for flag in primary("P121").flags}


def test_a_number_without_an_error_says_so(primary: Callable[[str], Obtained]) -> None:
    entry = primary("P120")  # joined from two fits
    assert entry.value.stderr is None
    assert "no_uncertainty" in {flag.code for flag in entry.flags}
    assert "no_uncertainty" not in {flag.code for flag in primary("P114").flags}


def test_a_failed_task_leaves_its_claims_open_and_no_others(study: Study, tasks: tuple[Task, ...], computed: Computed) -> None:
    outcomes = {name: outcome for name, outcome in computed.outcomes.items() if name != "half_mec3"}
    result = findings(study, tasks, Computed(outcomes, {"half_mec3": ("solve-error", "made up")}))
    assert set(result.failures) == {"P070", "P071", "P072", "P073", "P074", "P055", "P076", "P077"}
    assert set(result.failures.values()) == {("solve-error", "made up")}
    beside = [entry for entry in result.obtained if entry.claim == "P073"]
    assert beside  # the other fits are shown
    assert not any(entry.primary for entry in beside)


def test_nothing_computed_is_nothing_found(study: Study, tasks: tuple[Task, ...]) -> None:
    result = findings(study, tasks, Computed({}, {task.name: ("skipped", "left out") for task in tasks}))
    assert (result.obtained, result.fits, result.predictions, result.energies) == ((), (), (), ())
    assert result.failures["P114"] == ("skipped", "left out")
    assert len(result.failures) == len({claim for producer in study.producers for claim in producer.claims if producer.cell})


def test_fits_are_those_of_calibrations(found: Findings) -> None:
    names = [fit["name"] for fit in found.fits]
    assert "full_cell" in names
    assert "full_cell_all, 6 ohm" in names
    assert not [name for name in names if "mec0_full_cell" in name or "fully" in name]


def _scored(found: Findings, name: str, quantity: str) -> Mapping[str, Any]:
    (entry,) = [entry for entry in found.predictions if entry["name"] == name and entry["quantity"] == quantity]
    return entry


def test_a_prediction_is_scored_at_its_own_claims(found: Findings) -> None:
    """2 % too high at 94, 91, 87, 82, 78 mAh/g."""
    entry = _scored(found, "full_cell", "specific_capacity")
    assert [point["claim"] for point in entry["points"]] == ["P114", "P115", "P116", "P118", "P119"]
    squares = [(0.02 * value) ** 2 for value in (94, 91, 87, 82, 78)]
    assert entry["rmse"] == pytest.approx((sum(squares) / 5) ** 0.5, rel=1e-9)
    assert entry["role"] == "calibration"
    # the straight line between 97 at 80 mA/g and 85 at 800 mA/g stands beside it
    assert entry["points"][0]["trivial"] == pytest.approx(97 - 12 * 0.30103, abs=1e-3)
    assert _scored(found, "half_mec3", "specific_capacity")["points"][0]["claim"] == "P073"
    assert _scored(found, "full_cell", "median_voltage")["points"][0]["trivial"] is None


def test_a_hard_extrapolation_is_scored_at_what_it_was_not_fitted_to(found: Findings) -> None:
    entry = _scored(found, "full_cell_low_rate", "specific_capacity")
    assert [point["claim"] for point in entry["points"]] == ["P116", "P117", "P118", "P119"]
    assert entry["role"] == "hard-extrapolation"


def test_only_the_declared_reading_is_scored(found: Findings) -> None:
    assert [p["claim"] for p in _scored(found, "mec0_full_cell", "specific_capacity")["points"]] == ["P120"]


def test_energies_are_shown_on_every_basis_with_either_capacity(found: Findings) -> None:
    of = [entry for entry in found.energies if "P124" in str(entry)]
    assert len(of) == 2
    assert sorted(entry["label"] for entry in of) == [
        "printed capacity, simulated mean voltage",
        "simulated capacity, simulated mean voltage",
    ]
    assert len(found.energies) == 4


def test_a_cell_with_a_measured_potential_is_not_stamped(study: Study, tasks: tuple[Task, ...], computed: Computed) -> None:
    def measured(cell: Cell) -> Cell:
        if cell.cathode is None:
            return cell
        return replace(cell, cathode=replace(cell.cathode, material=replace(cell.cathode.material, ocp_standing="stated")))

    other = tuple(replace(task, cell=measured(task.cell)) for task in tasks)
    result = findings(study, other, computed)
    assert not [entry for entry in result.obtained if "assumed_ocp" in {flag.code for flag in entry.flags}]
