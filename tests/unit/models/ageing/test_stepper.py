"""The stepper on maps that are known: against every cycle of the same map, where it must be exact, and where it must shorten its steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from dualion.models.ageing.course import Block, Course
from dualion.models.ageing.direct import FAILED, WORN_OUT, cycle_directly
from dualion.models.ageing.inner import PLATED, Snapshot, Target, first_slow
from dualion.models.ageing.rows import between
from dualion.models.ageing.stepper import INNER, Stepper
from dualion.models.fast import cycling, march
from dualion.models.outputs import Array
from dualion.records.cell import Cell
from dualion.records.cell_files import load_cell

FIRST = 6000.0  # [coulomb/m2] of the first discharge


@dataclass
class Map:
    """A cell whose slow state changes by known rules, and whose capacity follows from it."""

    loss: Callable[[float], float]  # of sites in a cycle, from the sites that are left
    capacity: Callable[[float], float] = lambda sites: FIRST * sites
    negative: Callable[[float], bool] = lambda sites: False  # whether the anode's potential is
    fails: Callable[[float], bool] = lambda sites: False
    cell: Cell = field(default_factory=lambda: load_cell("mec3-eg"))
    engine: str = "map"
    block: int = 200
    trouble: str = ""
    ran: int = 0

    def begin(self) -> Snapshot:
        return Snapshot(first_slow(), {})

    def totals(self) -> tuple[float, float]:
        return 1.0, 1.0

    def run(self, snapshot: Snapshot, cycles: int, *, ageing: bool = True) -> tuple[Array, Snapshot]:
        table, slow = np.zeros((cycles, cycling.COLUMNS)), snapshot.slow.copy()
        self.ran += cycles
        for number, row in enumerate(table):
            if self.fails(slow[cycling.SITES]):
                return table[:number], Snapshot(slow, {})
            row[cycling.CHARGED] = row[cycling.DISCHARGED] = self.capacity(slow[cycling.SITES])
            row[cycling.CHARGE_ENERGY], row[cycling.DISCHARGE_ENERGY] = 4.0 * row[cycling.CHARGED], -3.9 * row[cycling.DISCHARGED]
            row[cycling.LEAST_SALT], row[cycling.LOWEST_ANODE] = 700.0, -0.01 if self.negative(slow[cycling.SITES]) else 0.01
            row[cycling.WHY_CHARGE] = row[cycling.WHY_DISCHARGE] = march.ON_CUTOFF
            if ageing:
                slow[cycling.SITES] -= self.loss(slow[cycling.SITES])
                slow[cycling.CYCLES] += 1.0
            row[cycling.SLOW_FIRST :] = slow[: cycling.SLOW]
        return table, Snapshot(slow if ageing else snapshot.slow, {})

    def moved(self, snapshot: Snapshot, target: Target) -> Snapshot | None:
        slow = np.array([target.sites, 1.0, target.bound, target.lost, target.cycles, target.plated])
        assert slow[PLATED] == 0.0
        return None if target.sites <= 0.0 else Snapshot(slow, {})

    def curve(self, snapshot: Snapshot) -> dict[str, Array]:
        return {"charge": np.zeros((2, 1)), "discharge": np.zeros((2, 1))}


def both(inner: Map, last: int) -> tuple[Course, Array, Array, int]:
    """The course of the stepper, discharges of every cycle by it and by cycling, and how many cycles it ran."""
    course, direct = Course(inner.begin()), Course(inner.begin())
    Stepper(inner, course, last).run()
    ran = inner.ran
    cycle_directly(inner, direct, last)
    _, rows, _ = between(course.cycles, course.rows, int(course.cycles[-1]))
    return course, rows[:, cycling.DISCHARGED], direct.rows[:, cycling.DISCHARGED], ran


def test_a_constant_loss_is_stepped_over_exactly() -> None:
    course, stepped, direct, ran = both(Map(lambda sites: 2e-5), 10_000)
    assert course.done == 10_000
    assert stepped == pytest.approx(direct, rel=1e-12)
    assert ran < 100


def test_a_loss_in_proportion_follows_the_exponential() -> None:
    _, stepped, direct, ran = both(Map(lambda sites: 5e-5 * sites), 10_000)
    assert direct[-1] == pytest.approx(FIRST * (1 - 5e-5) ** 9_999, rel=1e-12)
    assert stepped == pytest.approx(direct, abs=1e-3 * FIRST)
    assert stepped[-1] == pytest.approx(direct[-1], abs=2e-4 * FIRST)
    assert ran < 200


def test_a_tighter_tolerance_comes_nearer() -> None:
    errors = []
    for tolerance in (1e-3, 1e-5):
        inner = Map(lambda sites: 2e-4 * sites**3)
        course, direct = Course(inner.begin()), Course(inner.begin())
        Stepper(inner, course, 10_000, tolerance).run()
        cycle_directly(inner, direct, 10_000)
        errors.append(abs(course.rows[-1, cycling.DISCHARGED] - direct.rows[-1, cycling.DISCHARGED]) / FIRST)
    assert errors[1] < 0.1 * errors[0] < 1e-3


def test_a_sudden_fall_is_found_to_the_cycle() -> None:
    """The anode turns negative and half of the capacity is gone at 0.9 of the sites: what lies on both sides of it is cycled, not drawn."""
    fall = Map(
        lambda sites: 3e-5, capacity=lambda sites: FIRST * sites * (1.0 if sites > 0.9 else 0.5), negative=lambda sites: sites <= 0.9
    )
    course, stepped, direct, ran = both(fall, 10_000)
    at = int(np.argmax(np.diff(direct) < -0.1 * FIRST))
    assert stepped[at : at + 2] == pytest.approx(direct[at : at + 2], rel=1e-9)
    assert stepped == pytest.approx(direct, rel=1e-6)
    assert course.settings["refused"] > 0
    assert ran < 500


def test_where_nothing_can_be_stepped_over_every_cycle_is_cycled() -> None:
    noise = Map(lambda sites: 1e-5, capacity=lambda sites: FIRST * (1.0 + 0.05 * np.sin(1e7 * sites)))
    course, stepped, direct, _ = both(noise, 600)
    known = course.cycles.astype(int) - 1
    assert known.size > 400
    assert stepped[known] == pytest.approx(direct[known], rel=1e-6)


def test_a_cell_that_fails_ends_where_it_does_when_it_is_cycled() -> None:
    course, stepped, direct, _ = both(Map(lambda sites: 1e-4, fails=lambda sites: sites < 0.7), 10_000)
    assert course.ended == FAILED
    assert (stepped.size, course.cycles[-1]) == (direct.size, direct.size)
    assert stepped == pytest.approx(direct, rel=1e-9)


def test_a_cell_without_sites_is_worn_out() -> None:
    course, stepped, direct, _ = both(Map(lambda sites: 2e-4), 10_000)
    assert course.ended == WORN_OUT
    assert stepped.size == direct.size
    assert direct.size == pytest.approx(5_000, abs=2)


@pytest.mark.parametrize("last", [1, 2, 3, 4, 5, 7, 11, 50])
def test_a_short_life_has_every_cycle(last: int) -> None:
    course, stepped, direct, _ = both(Map(lambda sites: 1e-3 * sites), last)
    assert course.done == stepped.size == last
    assert stepped == pytest.approx(direct, rel=1e-6)


def test_a_run_taken_up_from_any_block_goes_on_to_the_same_numbers() -> None:
    blocks: list[Block] = []
    inner = Map(lambda sites: 1e-4 * sites, negative=lambda sites: sites < 0.8)
    whole = Course(inner.begin())
    Stepper(inner, whole, 3_000, checkpoint=blocks.append).run()
    assert [block.number for block in blocks] == list(range(1, len(blocks) + 1))
    for kept in range(0, len(blocks), 5):
        again = Course(inner.begin())
        again.take_up(blocks[:kept])
        Stepper(inner, again, 3_000).run()
        assert again.cycles.tobytes() == whole.cycles.tobytes()
        assert again.rows.tobytes() == whole.rows.tobytes()
        assert again.settings == whole.settings


def test_an_inner_solve_is_two_cycles() -> None:
    inner = Map(lambda sites: 1e-5)
    course = Course(inner.begin())
    Stepper(inner, course, 1_000).run()
    assert inner.ran == INNER + 2 * course.settings["solves"]
