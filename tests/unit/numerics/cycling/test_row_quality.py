"""Falls of time: each kind as it was made, and each mended to what it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion.numerics.cycling.row_quality import mended, missing, reversals, run_starts, step_charges, unwrapped

TIME = np.arange(200) * 10.0


def test_time_that_goes_forwards_has_no_fall() -> None:
    found = reversals(np.array([0.0, 0.0, 1.0, 1.0, 5.0]))
    assert found.rows.size == 0
    assert found.largest == 0.0


@given(st.lists(st.integers(2, 197), min_size=1, max_size=12, unique=True))
def test_single_rows_at_zero_are_stray_and_mend_exactly(places: list[int]) -> None:
    rows = np.array(sorted({place for place in places if place - 1 not in places}))
    time = TIME.copy()
    time[rows] = 0.0
    found = reversals(time)
    assert found.rows.tolist() == rows.tolist()
    assert found.stray.all()
    assert found.largest == time[rows[-1] + 1]
    np.testing.assert_array_equal(mended(time, found), TIME)


@given(st.integers(5, 190), st.sampled_from([-3600.0, -995.0, -101.0]))
def test_a_clock_set_back_for_good_is_a_restart_and_unwraps(place: int, back: float) -> None:
    time = TIME.copy()
    time[place:] += back
    found = reversals(time)
    assert found.restart.tolist() == [True]
    np.testing.assert_allclose(unwrapped(time, found)[place:], TIME[place:] - 10.0, atol=1e-9)


def test_every_step_with_its_own_clock() -> None:
    time = np.tile(np.arange(20) * 5.0, 6)
    found = reversals(time)
    assert found.restart.all()
    fixed = unwrapped(time, found)
    assert (np.diff(fixed) >= 0).all()
    assert fixed[-1] == 6 * 95.0


@pytest.mark.parametrize(("ahead", "behind"), [(1, 1), (5, 10), (10, 5), (1, 8), (30, 2)])
def test_blocks_in_the_wrong_order_are_disorder(ahead: int, behind: int) -> None:
    start = 50
    order = [
        *range(start),
        *range(start + behind, start + behind + ahead),
        *range(start, start + behind),
        *range(start + ahead + behind, 200),
    ]
    found = reversals(TIME[order])
    assert found.rows.tolist() == [start + ahead]
    assert found.disorder.tolist() == [True]


def test_a_record_that_runs_backwards_is_disorder() -> None:
    assert reversals(TIME[::-1].copy()).disorder.all()


def test_missing_numbers_of_a_counter() -> None:
    assert missing(np.array([1, 2, 3])) == (0, -1)
    assert missing(np.array([1, 2, 6, 7, 9])) == (4, 2)
    assert missing(np.array([1, 2, 1, 2, 4])) == (1, 4)


def test_charges_of_steps_over_the_rows_that_were_written() -> None:
    """A ramp of current within a step: the trapezoid is exact; the counter began before the first row."""
    time = np.array([0.0, 3600.0, 7200.0, 7200.0, 10800.0])
    current = np.array([0.0, 1.0, 2.0, -1.0, -1.0])
    counter = np.array([0.25, 0.75, 2.25, 0.0, -1.02])
    charges = step_charges(time, current, counter, run_starts(np.array([1, 1, 1, 2, 2])))
    np.testing.assert_allclose(charges.integrated, [2.0, -1.0])
    np.testing.assert_allclose(charges.counted, [2.0, -1.02])
    np.testing.assert_allclose(charges.deviation(), [0.0, 0.02 / 1.02])
