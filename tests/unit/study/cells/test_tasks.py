"""A task, performed: what it takes over, what it gives as plain data, and which claims stand behind it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dualion.study.cells.tasks as module
from dualion.errors import SpecError
from dualion.study.cells.plan import Need, Task, plan
from dualion.study.cells.tasks import fitted_claims, perform, settled
from dualion.study.load import load, locate
from dualion.study.results.provenance import parameters
from dualion.study.types import Study
from dualion.study.written.template import new


@pytest.fixture(scope="module")
def tasks() -> dict[str, Task]:
    return {task.name: task for task in plan(load(locate("tang2026")))}


ANODE = {
    "values": {"anode.slope_capacity": 101.0, "anode.pore_capacity": 502.0, "anode.pore_potential": 0.013, "anode.pore_width": 0.023},
    "claims": ["P070", "P076"],
}
CATHODE = {
    "values": {"cathode.host_capacity": 96.0, "cathode.diffusivity": 4e-15, "cathode.ocp_shift": -0.06},
    "claims": ["P070", "P076", "P113", "P117", "P121"],
}


def test_a_task_without_needs_keeps_its_cell(tasks: dict[str, Task]) -> None:
    assert settled(tasks["half_mec3"], {}) == tasks["half_mec3"].cell


def test_an_anode_is_taken_over_whole_with_its_claims(tasks: dict[str, Task]) -> None:
    cell = settled(tasks["full_cell"], {"half_mec3_all.plateau_338": ANODE})
    found = dict(parameters(cell))
    pore = found["anode.material.populations.pore.capacity"]
    assert (pore.value, pore.standing, pore.claims) == (502.0, "fitted", ("P070", "P076"))
    assert pore.source == "half_mec3_all.plateau_338"
    assert cell.cathode == tasks["full_cell"].cell.cathode


def test_a_shape_is_position_and_width_only(tasks: dict[str, Task]) -> None:
    before, after = tasks["half_mec0.h1"].cell, settled(tasks["half_mec0.h1"], {"half_mec3_all.plateau_338": ANODE})
    slope, pore = after.anode.material.populations
    assert (pore.potential.value, pore.width.value) == (0.013, 0.023)
    assert pore.capacity == before.anode.material.populations[1].capacity
    assert slope == before.anode.material.populations[0]


def test_a_joined_cell_has_the_cathode_of_one_and_the_anode_of_another(tasks: dict[str, Task]) -> None:
    outcomes = {"full_cell": {**CATHODE, "values": {**CATHODE["values"], "anode.pore_capacity": 1.0}}, "half_mec0.h2": ANODE}
    cell = settled(tasks["mec0_full_cell.h2"], outcomes)
    assert cell.cathode is not None
    assert cell.cathode.material["host_capacity"] == 96.0
    assert cell.anode.material.populations[1].capacity.value == 502.0  # not what the other cell's fit says of its anode
    assert cell.anode.material["charge_transfer_resistance"] == 70.44
    assert fitted_claims(cell) == ("P070", "P076", "P113", "P117", "P121")


def test_a_need_that_the_cell_has_no_place_for_is_refused(tasks: dict[str, Task]) -> None:
    task = replace(tasks["half_mec3"], needs=(Need("full_cell", "cathode"),))
    with pytest.raises(SpecError, match="no parameter of this cell"):
        settled(task, {"full_cell": CATHODE})


def test_a_fitted_series_resistance_goes_with_the_cell_into_its_scenario(tasks: dict[str, Task]) -> None:
    fitted = {**CATHODE, "values": {**CATHODE["values"], "series_resistance": 15.0}}
    cell = settled(tasks["full_cell, fully_sodiated"], {"half_mec3_all.plateau_338": ANODE, "full_cell": fitted})
    assert cell.series_resistance.value == 15.0


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder: Path = tmp_path_factory.mktemp("studies")
    return load(new("demo", folder))


@pytest.fixture(scope="module")
def calibrated(template: Study) -> tuple[Task, dict[str, Any]]:
    """Two parameters on three numbers from two starts, and a rate test of one current."""
    (task,) = plan(template)
    short = replace(task, currents=(300.0,), wanted=tuple(t for t in task.wanted if t.specific_current == 300.0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "STARTS", 2)
        return short, perform(short, {})


@pytest.mark.slow
def test_a_calibration_gives_values_with_their_claims(calibrated: tuple[Task, dict[str, Any]]) -> None:
    task, outcome = calibrated
    assert set(outcome["values"]) == set(task.fits) == {"anode.slope_capacity", "anode.pore_capacity"}
    assert outcome["claims"] == ["P003", "P004", "P005"]
    fit = outcome["fit"]
    assert (fit["name"], fit["role"], fit["degrees_of_freedom"]) == ("low_rate", "calibration", 1)
    assert fit["rmse_unit"] == "mAh/g"
    for residual in fit["residuals"]:
        assert residual["residual"] == pytest.approx(residual["model"] - residual["printed"], abs=1e-2)
    assert fit["rmse"] == pytest.approx((sum(r["residual"] ** 2 for r in fit["residuals"]) / 3) ** 0.5, rel=1e-3)
    assert len(fit["starts"]) >= 3  # two screened, at least one refined
    for entry in fit["parameters"]:
        assert entry["value"] == outcome["values"][entry["name"]]
        assert entry["stderr"] > 0


@pytest.mark.slow
def test_what_is_wanted_has_the_error_that_the_fit_leaves(calibrated: tuple[Task, dict[str, Any]]) -> None:
    _, outcome = calibrated
    wanted = {entry["claim"]: entry for entry in outcome["wanted"]}
    assert set(wanted) == {"P006"}
    # the data have errors of 3 mAh/g; at twice their highest current the fit knows less than they do
    assert 3.0 < wanted["P006"]["stderr"] < 12.0
    rows = {row["specific_current"]: row for row in outcome["rows"]}
    assert rows[300.0]["values"]["specific_capacity"] == pytest.approx(wanted["P006"]["value"], rel=1e-4)
    assert set(outcome["other_transport"]) == {"chayambuka2022"}
    assert outcome["blocks"] == []


@pytest.mark.slow
def test_an_outcome_is_plain_data_to_six_digits(calibrated: tuple[Task, dict[str, Any]]) -> None:
    _, outcome = calibrated
    assert json.loads(json.dumps(outcome, allow_nan=False)) == outcome

    def walk(value: Any) -> None:
        if isinstance(value, float):
            assert value == float(f"{value:.5e}")
        elif isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(outcome)


@pytest.mark.slow
def test_a_simulation_fits_nothing(calibrated: tuple[Task, dict[str, Any]]) -> None:
    task, outcome = calibrated
    simulation = replace(task, name="again", kind="simulate", role="scenario", targets=(), fits=(), needs=(Need("low_rate", "anode"),))
    again = perform(simulation, {"low_rate": outcome})
    assert (again["fit"], again["values"], again["other_transport"]) == (None, {}, {})
    assert again["claims"] == ["P003", "P004", "P005"]  # the calibration goes with the values
    for one, two in zip(again["wanted"], outcome["wanted"], strict=True):
        assert one["value"] == pytest.approx(two["value"], rel=1e-4)
        assert one["stderr"] is None
    for one, two in zip(again["rows"], outcome["rows"], strict=True):
        assert one["values"]["specific_capacity"] == pytest.approx(two["values"]["specific_capacity"], rel=1e-4)


def test_a_cell_without_room_is_a_row_of_zeros(tasks: dict[str, Task]) -> None:
    task = replace(tasks["full_cell, fully_sodiated"], currents=(80.0, 160.0), needs=(), wanted=tasks["full_cell"].wanted[:2])
    outcome = perform(task, {})
    assert [entry["value"] for entry in outcome["wanted"]] == [0.0, 0.0]
    for row in outcome["rows"]:
        assert row["values"] == {"specific_capacity": 0.0, "charge_capacity": 0.0}
        assert [flag["code"] for flag in row["flags"]] == ["no_room_for_sodium"]


def test_an_explanation_has_a_verdict_and_nothing_that_a_claim_is_judged_by(tasks: dict[str, Task]) -> None:
    task = replace(tasks["P120 explained"], currents=(320.0,), needs=())
    outcome = perform(task, {})
    assert (outcome["rows"], outcome["wanted"], outcome["fit"]) == ([], [], None)
    found = outcome["explanation"]
    assert found["verdict"] == "not identified"
    assert found["currents"] == [320.0]
    alone = [attempt["capacities"][0] for attempt in found["attempts"] if attempt["mechanism"] == "resistance"]
    assert min(alone) > 85.0  # where 59 is printed


def test_an_engine_is_made_ready_by_a_short_rest(tasks: dict[str, Task], monkeypatch: pytest.MonkeyPatch) -> None:
    import dualion.models.engines as engines

    asked: list[tuple[str, str]] = []

    class Ready:
        def solve(self, protocol: Any, **options: Any) -> None:
            asked.append((protocol.name, type(protocol.steps[0]).__name__))

    monkeypatch.setattr(engines, "solver", lambda cell, engine: Ready())
    module.prepare("fast", tasks["half_mec3"].cell)
    assert asked == [("rest", "Rest")]
