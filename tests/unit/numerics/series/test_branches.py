"""Branches, hysteresis, reversibility and the clock: truth that is known beforehand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dualion.errors import CoverageError, FitError
from dualion.numerics.series.branches import Branch, branches, hysteresis, reversibility
from dualion.numerics.series.clock import clock_offset, potentials_at, spans

DOWN_UP = np.concatenate([np.linspace(1.5, 0.0, 16), np.linspace(0.1, 1.5, 15)])


def test_branches_turn_where_the_potential_does() -> None:
    assert branches(DOWN_UP) == (Branch("falling", 0, 15), Branch("rising", 15, 30))
    noisy = DOWN_UP + 0.01 * np.random.default_rng(0).standard_normal(31)
    assert [one.direction for one in branches(noisy)] == ["falling", "rising"]
    assert [one.direction for one in branches(np.concatenate([DOWN_UP, DOWN_UP]))] == ["falling", "rising", "falling", "rising"]
    assert [one.direction for one in branches(np.linspace(0, 1, 5))] == ["rising"]
    assert branches(np.ones(5)) == ()


def test_hysteresis_is_the_difference_at_equal_potential() -> None:
    value = np.where(np.arange(31) <= 15, 10 * DOWN_UP, 10 * DOWN_UP + 2.5)
    falling, rising = branches(DOWN_UP)
    found = hysteresis(DOWN_UP, value, np.full(31, 0.2), falling, rising)
    assert found is not None
    assert found.difference == pytest.approx(np.full(found.place.size, 2.5))
    assert found.mean == pytest.approx(2.5)
    assert found.stderr.max() <= math.hypot(0.2, 0.2) + 1e-12
    up, down = Branch("falling", rising.first, rising.last), Branch("rising", falling.first, falling.last)
    turned = hysteresis(-DOWN_UP, value, np.full(31, 0.2), up, down)
    assert turned is not None
    assert turned.difference == pytest.approx(np.full(turned.place.size, -2.5))
    assert hysteresis(np.array([2.0, 1.5, 5.0, 6.0]), value[:4], value[:4], Branch("falling", 0, 1), Branch("rising", 2, 3)) is None


@pytest.mark.parametrize(("end", "index"), [(0.0, 1.0), (-8.0, 0.0), (-2.0, 0.75), (4.0, 0.5)])
def test_reversibility(end: float, index: float) -> None:
    """1 - |y_end - y_0| / |y_max - y_0|."""
    found = reversibility(100 + np.array([0.0, -4.0, -8.0, end]), np.full(4, 0.1))
    assert found is not None
    assert found[0] == pytest.approx(index)


def test_error_of_the_reversibility() -> None:
    rng = np.random.default_rng(0)
    draws = np.array([0.0, -8.0, -2.0]) + 0.1 * rng.standard_normal((20_000, 3))
    spread = np.std(1 - np.abs(draws[:, 2] - draws[:, 0]) / np.abs(draws[:, 1] - draws[:, 0]))
    found = reversibility(np.array([0.0, -8.0, -2.0]), np.full(3, 0.1))
    assert found is not None
    assert found[1] == pytest.approx(spread, rel=0.03)
    assert reversibility(np.array([0.0, -0.1, 0.1]), np.full(3, 0.1)) is None


TIME = np.linspace(0.0, 7200.0, 721)
POTENTIAL = np.where(TIME < 3600, 1.5 * (1 - TIME / 3600) ** 2, 1.5 * (TIME / 3600 - 1))


def test_the_clock_is_found() -> None:
    """Frames 137 s late, their potentials good to 2 mV."""
    frames = np.arange(300.0, 6900.0, 180.0)
    rng, hits = np.random.default_rng(1), 0
    for _ in range(10):
        own = np.interp(frames + 137.0, TIME, POTENTIAL) + 0.002 * rng.standard_normal(frames.size)
        found = clock_offset(frames, own, TIME, POTENTIAL)
        hits += abs(found.value - 137.0) <= 2 * found.stderr
        assert found.value == pytest.approx(137.0, abs=5.0)
    assert hits >= 8
    exact = clock_offset(frames, np.interp(frames - 50.0, TIME, POTENTIAL), TIME, POTENTIAL)
    assert exact.value == pytest.approx(-50.0, abs=0.01)


def test_a_clock_that_cannot_be_found() -> None:
    frames = np.arange(300.0, 6900.0, 600.0)
    with pytest.raises(CoverageError):
        clock_offset(frames, np.full(frames.size, np.nan), TIME, POTENTIAL)
    with pytest.raises(FitError, match="flat"):
        clock_offset(frames, np.ones(frames.size), TIME, np.ones(TIME.size))


def test_frames_outside_the_record_have_no_potential() -> None:
    found = potentials_at(np.array([-10.0, 0.0, 3600.0, 8000.0]), 0.0, TIME, POTENTIAL)
    assert np.isnan(found).tolist() == [True, False, False, True]
    assert found[1] == 1.5


def test_spans_are_rate_times_time() -> None:
    assert spans(np.array([0.0, 1.0]), np.array([1.0, 0.9]), 60.0, -1e-4) == pytest.approx([0.006, 0.006])
    time = np.array([0.0, 100.0, 200.0])
    assert spans(time, 1.5 - 1e-3 * time, 30.0, None) == pytest.approx(np.full(3, 0.03))
    assert spans(np.full(3, np.nan), np.ones(3), 30.0, None).tolist() == [0.0, 0.0, 0.0]
