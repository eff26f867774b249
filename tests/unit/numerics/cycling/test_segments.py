"""Half cycles and cycles from the sign of the current."""

import numpy as np
import pytest

from dualion.errors import InputError
from dualion.numerics.cycling.segments import NO_CURRENT, integrated, no_current, segment, signs, sums

HOUR = 3600.0


def blocks(*parts: tuple[float, float], every: float = 10.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Time [s], current [A] and step of blocks of current [A] and duration [s]."""
    times, currents, steps, begun = [], [], [], 0.0
    for number, (current, lasts) in enumerate(parts):
        count = max(2, round(lasts / every) + 1)
        times.append(begun + np.linspace(0, lasts, count))
        currents.append(np.full(count, current))
        steps.append(np.full(count, number))
        begun += lasts
    return np.concatenate(times), np.concatenate(currents), np.concatenate(steps)


def test_rests_and_steps_of_one_sign_are_merged_and_turns_of_the_current_cut() -> None:
    time, current, step = blocks((0, HOUR), (-1, HOUR), (0, HOUR), (-0.2, HOUR), (0, HOUR), (1, HOUR), (0.01, HOUR), (0, HOUR))
    found = segment(time, current, step=step)
    assert found.sign.tolist() == [-1, 1]
    assert found.cycle.tolist() == [1, 1]
    assert step[found.first_row].tolist() == [1, 5]
    assert step[found.last_row].tolist() == [3, 6]
    assert not found.profile.any()


@pytest.mark.parametrize(("first", "cycles"), [(None, [1, 1, 2, 2, 3]), (1, [1, 1, 2, 2, 3]), (-1, [0, 1, 1, 2, 2])])
def test_a_cycle_begins_with_the_sign_that_is_asked_for(first: int | None, cycles: list[int]) -> None:
    time, current, step = blocks((1, HOUR), (-1, HOUR), (1, HOUR), (-1, HOUR), (1, HOUR))
    assert segment(time, current, step=step, first=first).cycle.tolist() == cycles


def test_a_drive_profile_inside_a_step_is_no_cycle() -> None:
    time, current, step = blocks((1, HOUR), *[(s, 5.0) for s in (-1, 1) * 20], (-1, HOUR), every=1.0)
    step[(step > 0) & (step < 41)] = 1
    found = segment(time, current, step=step)
    assert found.count == 42
    assert found.profile.tolist() == [False] + [True] * 40 + [False]
    assert set(found.cycle[found.profile].tolist()) == {-1}
    assert found.cycles == 1


def test_fast_cycles_of_own_steps_are_cycles_and_their_pulses_are_not() -> None:
    fast = blocks(*[(s, 5.0) for s in (-1, 1) * 5], every=1.0)
    assert segment(fast[0], fast[1], step=fast[2]).cycles == 5
    assert segment(fast[0], fast[1]).cycles == 0  # without steps nothing tells them from a profile
    driven = blocks(*[part for _ in range(5) for part in ((-1, 60.0), (0.5, 8.0))], every=1.0)
    assert segment(driven[0], driven[1], step=driven[2]).profile.tolist() == [False, True] * 5


def test_a_small_half_cycle_is_no_cycle() -> None:
    time, current, step = blocks((1, HOUR), (-1, HOUR), (0.01, HOUR / 2), (-1, HOUR), (1, HOUR))
    found = segment(time, current, step=step)
    assert found.profile.tolist() == [False, False, True, False, False]
    assert found.cycle.tolist() == [1, 1, -1, 1, 2]


def test_current_below_a_share_of_the_mean_is_none() -> None:
    rng = np.random.default_rng(0)
    current = np.concatenate([np.full(100, 1.0), 1e-4 * rng.standard_normal(10_000)])
    assert no_current(current) == pytest.approx(NO_CURRENT, rel=2e-2)
    assert np.flatnonzero(signs(current, no_current(current))).tolist() == list(range(100))
    assert no_current(np.zeros(5)) == 0.0
    assert np.isfinite(no_current(np.array([1.0, np.nan, 1e300])))


def test_what_is_no_number_carries_nothing() -> None:
    time, current = np.arange(5.0), np.array([1.0, 1.0, np.nan, 1.0, 1.0])
    assert integrated(time, current).tolist() == pytest.approx([0, 1 / HOUR, 0, 0, 1 / HOUR])
    assert segment(time, np.full(5, np.nan)).count == 0
    assert segment(np.zeros(0), np.zeros(0)).count == 0


def test_time_that_runs_backwards_carries_nothing() -> None:
    assert integrated(np.array([0.0, 10.0, 5.0, 15.0]), np.ones(4)).sum() == pytest.approx(20 / HOUR)


def test_sums_of_ranges() -> None:
    values = np.arange(10.0)
    first, last = np.array([0, 3, 8]), np.array([2, 3, 9])
    assert sums(values, first, last).tolist() == [3.0, 3.0, 17.0]
    assert sums(values, first[:0], last[:0]).tolist() == []


def test_lengths_and_signs_are_checked() -> None:
    with pytest.raises(InputError, match="lengths"):
        segment(np.zeros(2), np.zeros(3))
    with pytest.raises(InputError, match="first is 0"):
        segment(np.zeros(2), np.zeros(2), first=0)
