"""What a study asks of the cell models: one task for each reading, joined cells, scenarios, each after what it needs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dualion.errors import SpecError
from dualion.models.targets import Target
from dualion.study.cells.findings import judging_task
from dualion.study.cells.plan import Need, Task, claims_of_cell, plan, producer_of, target_of, task_name
from dualion.study.load import load, locate
from dualion.study.types import Study


@pytest.fixture(scope="module")
def study() -> Study:
    return load(locate("tang2026"))


@pytest.fixture(scope="module")
def tasks(study: Study) -> dict[str, Task]:
    return {task.name: task for task in plan(study)}


def test_every_reading_of_every_calibration_and_every_scenario_is_a_task(tasks: dict[str, Task]) -> None:
    assert set(tasks) == {
        "half_mec3", "half_mec3_all.plateau_338", "half_mec3_all.plateau_320", "half_mec0.h1", "half_mec0.h2", "half_mec0.h3",
        "full_cell", "full_cell_low_rate", "full_cell_all", "full_cell_all, 1 ohm", "full_cell_all, 6 ohm", "full_cell_all, 15 ohm",
        "mec0_full_cell.h1", "mec0_full_cell.h2", "mec0_full_cell.h3", "full_cell, fully_sodiated",
        "P120 explained",
    }  # fmt: skip


def test_each_task_comes_after_what_it_needs(tasks: dict[str, Task]) -> None:
    order = list(tasks)
    needs = [(task.name, need.task) for task in tasks.values() for need in task.needs]
    assert len(needs) >= 15
    for name, needed in needs:
        assert order.index(needed) < order.index(name)


def test_what_each_task_takes_over(tasks: dict[str, Task]) -> None:
    anode = Need("half_mec3_all.plateau_338", "anode")
    assert tasks["half_mec3"].needs == ()
    assert tasks["half_mec0.h1"].needs == (Need("half_mec3_all.plateau_338", "shape"),)
    assert tasks["full_cell"].needs == tasks["full_cell_all, 15 ohm"].needs == (anode,)
    assert tasks["full_cell, fully_sodiated"].needs == (anode, Need("full_cell", "all"))
    assert tasks["mec0_full_cell.h2"].needs == (Need("full_cell", "cathode"), Need("half_mec0.h2", "anode"))


def test_the_declared_reading_of_a_joined_cell_comes_first(tasks: dict[str, Task]) -> None:
    joined = [name for name in tasks if name.startswith("mec0_full_cell.")]
    assert joined[0] == "mec0_full_cell.h2"
    assert {tasks[name].kind for name in joined} == {"simulate"}
    assert tasks["mec0_full_cell.h1"].cell.name == "mec0-eg"


def test_a_missed_number_is_held_against_mechanisms_with_the_declared_reading(tasks: dict[str, Task]) -> None:
    task = tasks["P120 explained"]
    assert (task.kind, task.role, task.wanted, task.fits) == ("explain", "scenario", (), ())
    assert task.needs == tasks["mec0_full_cell.h2"].needs
    assert [(t.claim, t.value, t.specific_current) for t in task.targets] == [("P120", 59.0, 320.0)]


def test_scenarios_change_what_they_name_and_nothing_else(study: Study, tasks: dict[str, Task]) -> None:
    cell = study.cells["mec3-eg"]
    assert tasks["full_cell, fully_sodiated"].cell == replace(cell, initial_sodiation="fully_sodiated")
    for ohm in (1.0, 6.0, 15.0):
        task = tasks[f"full_cell_all, {ohm:g} ohm"]
        assert task.cell.series_resistance.value == ohm
        assert task.cell.series_resistance.standing == "assumed"
        assert task.cell.series_resistance.claims == ()
        assert replace(task.cell, series_resistance=cell.series_resistance) == cell
        assert (task.role, task.kind, task.wanted) == ("scenario", "calibrate", ())
        assert task.targets == tasks["full_cell_all"].targets


def test_targets_are_the_claims_as_they_are_read(study: Study, tasks: dict[str, Task]) -> None:
    assert [(t.claim, t.quantity, t.value) for t in tasks["half_mec0.h2"].targets] == [
        ("P054", "plateau_capacity", 165.0), ("P075", "specific_capacity", 64.0),
        ("P079", "specific_capacity", 105.8), ("P080", "plateau_retention", 33.0),
    ]  # fmt: skip
    assert target_of(study, "P079") == Target("P079", "plateau_capacity", 300.0, 105.8)
    assert target_of(study, "P080") == Target("P080", "plateau_retention", 300.0, 33.0, 60.0)
    assert target_of(study, "P121").quantity == "mean_voltage"  # the definition that the study assumes
    assert target_of(study, "P122").quantity == "median_voltage"


def test_energy_and_power_are_asked_for_as_what_a_cell_gives(tasks: dict[str, Task]) -> None:
    wanted = {target.claim: target.quantity for target in tasks["full_cell"].wanted}
    assert (wanted["P124"], wanted["P125"]) == ("specific_energy", "mean_voltage")
    assert len(wanted) == 13


def test_a_task_runs_the_currents_of_its_protocol(tasks: dict[str, Task]) -> None:
    assert tasks["half_mec3"].currents == (30.0, 60.0, 150.0, 300.0, 600.0)
    assert tasks["mec0_full_cell.h2"].currents == tasks["full_cell"].currents == (80.0, 160.0, 320.0, 640.0, 800.0, 1200.0, 1600.0)
    assert tasks["half_mec3"].boundary == 0.15


@pytest.mark.parametrize("datum", ["P003", "P090", "P128a"])
def test_a_datum_that_no_cell_model_gives_is_refused(study: Study, datum: str) -> None:
    with pytest.raises(SpecError, match=rf"study\.toml: calibration: {datum} has no number, or no cell model with a current"):
        target_of(study, datum)


def test_calibrations_that_need_each_other_are_refused(study: Study) -> None:
    circle = tuple(
        replace(calibration, anode_from="full_cell_all" if calibration.name == "full_cell" else "full_cell")
        for calibration in study.calibrations
        if calibration.name in ("full_cell", "full_cell_all")
    )
    with pytest.raises(SpecError, match="need each other"):
        plan(replace(study, calibrations=circle, predictions=()))


def test_names_of_tasks() -> None:
    assert task_name("full_cell", "claims") == "full_cell"
    assert task_name("half_mec0", "h2") == "half_mec0.h2"


def test_claims_and_their_producers(study: Study) -> None:
    assert claims_of_cell(study, "mec0-eg") == ("P120",)
    assert claims_of_cell(study, "na-mec0") == ("P054", "P079", "P080", "P075")
    found = producer_of(study, "P124")
    assert found is not None
    assert (found.by, found.quantity) == ("dual_ion", "energy_density")
    assert producer_of(study, "P003") is None


@pytest.mark.parametrize(
    ("claim", "task"),
    [
        ("P073", "half_mec3"),  # predicted from up to 0.5 C
        ("P114", "full_cell"),  # predicted
        ("P120", "mec0_full_cell.h2"),  # predicted by a joined cell, the declared reading first
        ("P124", "full_cell"),  # neither fitted nor declared a prediction: the cell's calibration
        ("P054", "half_mec0.h1"),  # fitted by every reading: the first
        ("P080", "half_mec0.h2"),  # fitted by one reading only
        ("P055", "half_mec3"),  # fitted only with all points, which is no calibration that judges
        ("P076", "half_mec3"),
        ("P121", "full_cell"),
    ],
)
def test_which_run_a_claim_is_judged_by(study: Study, tasks: dict[str, Task], claim: str, task: str) -> None:
    found = judging_task(study, tuple(tasks.values()), claim)
    assert found is not None
    assert found.name == task


def test_a_claim_of_no_cell_model_is_judged_by_none(study: Study, tasks: dict[str, Task]) -> None:
    assert judging_task(study, tuple(tasks.values()), "P003") is None


def test_a_prediction_may_name_a_reading(study: Study) -> None:
    """The loader accepts ``from = "half_mec0.h3"``; its claims must then have a run that judges them."""
    prediction = replace(study.predictions[0], name="x", claims=("P080",), calibration="half_mec0.h3", anode_from=None)
    changed = replace(study, predictions=(prediction,))
    found = judging_task(changed, plan(changed), "P080")
    assert found is not None
    assert found.name == "half_mec0.h3"
