"""Many designs at many currents on threads."""

from __future__ import annotations

import time

import numpy as np
import pytest

from dualion.errors import SpecError
from dualion.models.calibration.observe import simulated
from dualion.models.engines import solver
from dualion.models.runs.sweep import SWEPT, sweep
from dualion.models.targets import Target
from dualion.records.cell import Cell
from dualion.records.cell_files import load_cell

RATES = (80.0, 160.0, 320.0, 640.0, 800.0, 1200.0, 1600.0)


def designs(count: int) -> list[dict[str, float]]:
    random = np.random.default_rng(1)
    return [
        {
            "cathode.host_capacity": float(random.uniform(80, 110)),
            "cathode.diffusivity": float(10 ** random.uniform(-15.5, -14)),
            "series_resistance": float(random.uniform(1, 40)),
        }
        for _ in range(count)
    ]


def test_each_design_gives_what_the_solver_gives(full: Cell) -> None:
    chosen = designs(3)
    found = sweep(full, chosen, (80.0, 800.0))
    asked = [Target("A", q, c, 1.0) for q in ("specific_capacity", "mean_voltage") for c in (80.0, 800.0)]
    for number, design in enumerate(chosen):
        expected = simulated(solver(full), asked, parameters=design, boundary=0.15)
        assert found.values["specific_capacity"][number] == pytest.approx(expected[:2], rel=1e-9)
        assert found.values["mean_voltage"][number] == pytest.approx(expected[2:], abs=1e-4)  # read, a curve has more parts
    assert found.failures == ()


def test_a_half_cell_has_plateaus_and_what_lies_above_its_start(half: Cell) -> None:
    found = sweep(half, [{}, {"anode.pore_capacity": 500.0}], (30.0, 300.0))
    asked = [Target("A", q, c, 1.0) for q in ("specific_capacity", "plateau_capacity") for c in (30.0, 300.0)]
    expected = simulated(solver(half), asked, parameters={}, boundary=0.15)
    assert found.values["specific_capacity"][0] == pytest.approx(expected[:2], rel=1e-9)
    assert found.values["plateau_capacity"][0] == pytest.approx(expected[2:], abs=0.05)
    assert np.all(found.values["specific_capacity"][1] < found.values["specific_capacity"][0])


def test_threads_do_not_change_a_digit(full: Cell) -> None:
    chosen = designs(9)
    alone, together = (sweep(full, chosen, (320.0,), workers=workers) for workers in (1, 2))
    for name in SWEPT:
        assert np.array_equal(alone.values[name], together.values[name], equal_nan=True)


def test_failures_are_recorded_and_the_others_go_on(full: Cell) -> None:
    heard: list[tuple[int, int]] = []
    chosen = [{}, {"no.such": 1.0}, {"series_resistance": 40000.0}, {}]
    found = sweep(full, chosen, (80.0, 1600.0), on_progress=lambda done, total, _: heard.append((done, total)))
    assert [(f.design, f.specific_current) for f in found.failures] == [(1, None), (2, 80.0), (2, 1600.0)]
    assert "no.such" in found.failures[0].message
    assert "before any charge had passed" in found.failures[1].message
    capacities = found.values["specific_capacity"]
    assert np.isnan(capacities[1:3]).all()
    assert np.isfinite(capacities[[0, 3]]).all()
    assert np.array_equal(capacities[0], capacities[3])
    assert heard[-1] == (4, 4)


def test_what_cannot_be_swept_is_refused(full: Cell) -> None:
    from dataclasses import replace

    with pytest.raises(SpecError, match="workers: 0 threads"):
        sweep(full, [{}], (80.0,), workers=0)
    with pytest.raises(SpecError, match="not positive"):
        sweep(full, [{}], (80.0, 0.0))
    with pytest.raises(SpecError, match="the anode is full at the start"):
        sweep(replace(full, initial_sodiation="fully_sodiated"), [{}], (80.0,))


@pytest.mark.slow
def test_a_thousand_designs_at_seven_rates() -> None:
    """Fifteen seconds on two cores that are free; the time of the processors counts here, for others may use them."""
    cell = load_cell("mec3-eg")
    sweep(cell, [{}], RATES)
    begin = time.process_time()
    found = sweep(cell, designs(1000), RATES)
    spent = time.process_time() - begin
    assert found.values["specific_capacity"].shape == (1000, 7)
    assert len(found.failures) == 0
    assert spent <= 30.0
