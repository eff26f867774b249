"""Rate tests on the fast engine: blocks, returns, isolated cycles, and what is said where a sequence breaks off."""

from __future__ import annotations

import pytest

from dualion.models.engines import solver
from dualion.models.experiments import cycle
from dualion.models.outputs import working_mass
from dualion.models.runs.blocks import BLOCK_UNITS, RateTest, continuous, isolated
from dualion.models.runs.summaries import number
from dualion.records.cell_files import load_cell

CURRENTS = [300.0, 600.0, 300.0]


@pytest.fixture(scope="module")
def blocks() -> RateTest:
    return continuous(solver(load_cell("na-mec3")), CURRENTS, cycles=3)


def test_the_value_of_a_block_is_the_mean_of_its_last_two_cycles(blocks: RateTest) -> None:
    taken = [row for row in blocks.steps if row["direction"] == "sodiation"]
    assert len(taken) == 9
    for place, row in enumerate(blocks.rows):
        last = [number(one, "specific_capacity") for one in taken[3 * place + 1 : 3 * place + 3]]
        assert number(row, "specific_capacity") == pytest.approx(sum(last) / 2, rel=1e-12)
        assert number(row, "specific_capacity_spread") == pytest.approx(max(last) - min(last), abs=1e-12)


def test_a_return_gives_the_recovery_and_a_first_block_none(blocks: RateTest) -> None:
    first, second, back = blocks.rows
    assert first["recovery"] is None
    assert second["recovery"] is None
    assert number(back, "recovery") == pytest.approx(100 * number(back, "specific_capacity") / number(first, "specific_capacity"))


def test_the_difference_is_to_a_cycle_from_the_state_of_assembly(blocks: RateTest) -> None:
    cell = load_cell("na-mec3")
    alone = solver(cell).solve(cycle(cell, 600.0)).steps[0].capacity(working_mass(cell))
    row = blocks.rows[1]
    assert number(row, "isolated_capacity") == pytest.approx(alone, rel=1e-9)
    assert number(row, "continuous_minus_isolated") == pytest.approx(number(row, "specific_capacity") - alone, abs=1e-9)
    assert len(blocks.alone) == 2  # one for each current, though one comes twice


def test_isolated_cycles_are_no_blocks(blocks: RateTest) -> None:
    test = isolated(solver(load_cell("na-mec3")), CURRENTS)
    assert "isolated" in {flag.code for flag in test.flags}
    assert "isolated" not in {flag.code for flag in blocks.flags}
    assert [number(row, "specific_current") for row in test.rows] == [300.0, 600.0]
    assert [number(row, "specific_capacity") for row in test.rows] == pytest.approx(
        [number(row, "isolated_capacity") for row in blocks.rows[:2]], rel=1e-12
    )


def test_a_sequence_that_breaks_off_keeps_its_whole_blocks() -> None:
    test = continuous(solver(load_cell("mec3-eg")), [80.0, 80000.0], cycles=2)
    assert "partial" in {flag.code for flag in test.flags}
    assert [number(row, "specific_current") for row in test.rows] == [80.0]


def test_units_are_stated_and_progress_is_told() -> None:
    told: list[str] = []
    test = continuous(solver(load_cell("na-mec3")), [300.0], cycles=2, said=told.append)
    assert set(test.rows[0]) - {"block", "direction"} <= set(BLOCK_UNITS)
    assert told[0] == "4 half cycles in one sequence"
    assert told[-1] == "an isolated cycle at 300 mA/g"
