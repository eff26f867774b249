"""Two passes over frames: seeds, failures, directions; and the fit of a single line against scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import curve_fit

from dualion.errors import CoverageError, FitError
from dualion.numerics.series.frame import FrameFit
from dualion.numerics.series.reference_line import corrected, drift
from dualion.numerics.series.single_line import Window, track
from dualion.numerics.series.tracking import Tracked, follow


def test_seeds_go_from_frame_to_frame_and_back() -> None:
    asked: list[tuple[int, tuple[float, ...]]] = []

    def fit(frame: int, seed: tuple[float, ...]) -> FrameFit:
        asked.append((frame, seed))
        return FrameFit(float(frame), 0.1, (float(frame),))

    found = follow([1, 2, 3], fit, first=(9.0,))
    assert asked == [(1, (9.0,)), (2, (1.0,)), (3, (2.0,)), (3, (3.0,)), (2, (3.0,)), (1, (2.0,))]
    assert found.value.tolist() == [1.0, 2.0, 3.0]
    assert not found.jumped.any()
    asked.clear()
    follow([1, 2, 3], fit, two_pass=False)
    assert asked == [(1, ()), (2, (1.0,)), (3, (2.0,))]


def test_a_frame_that_fails_is_tried_afresh_and_passed_over() -> None:
    asked: list[tuple[int, tuple[float, ...]]] = []

    def fit(frame: int, seed: tuple[float, ...]) -> FrameFit:
        asked.append((frame, seed))
        if frame == 2:
            raise FitError("no line")
        return FrameFit(math.nan if frame == 4 else float(frame), 0.1, (float(frame),))

    found = follow([1, 2, 3, 4], fit, two_pass=False)
    assert asked == [(1, ()), (2, (1.0,)), (2, ()), (3, (1.0,)), (4, (3.0,)), (4, ())]
    assert found.failed.tolist() == [False, True, False, True]
    assert np.isnan(found.value[[1, 3]]).all()


def test_a_result_that_depends_on_the_direction_has_jumped() -> None:
    """Two minima: from below a fit ends at 1, from above at 2."""

    def fit(frame: int, seed: tuple[float, ...]) -> FrameFit:
        low = frame < 2 or (frame < 4 and (not seed or seed[0] == 1.0))
        return FrameFit(1.0 if low else 2.0, 0.1, (1.0 if low else 2.0,))

    found = follow(list(range(6)), fit)
    assert found.forward.tolist() == [1, 1, 1, 1, 2, 2]
    assert found.backward.tolist() == [1, 1, 2, 2, 2, 2]
    assert found.jumped.tolist() == [False, False, True, True, False, False]
    assert found.value[2] == 1.5
    assert found.stderr[2] == pytest.approx(math.hypot(0.1, 0.5))
    assert found.stderr[0] == 0.1


def lorentz(x: np.ndarray, a: float, b: float, h: float, x0: float, w: float) -> np.ndarray:
    return a + b * (x - 1600.0) + h / (1 + ((x - x0) / w) ** 2)


AXIS = np.arange(1500.0, 1701.0, 2.0)


def test_a_single_line_is_that_of_scipy() -> None:
    y = lorentz(AXIS, 300, 0.5, 1000, 1588, 25) + 30 * np.random.default_rng(0).standard_normal(AXIS.size)
    peer, covariance = curve_fit(lorentz, AXIS, y, p0=[300, 0, 900, 1590, 20])
    for quantity, place in (("line_position", 3), ("line_height", 2)):
        found = track(AXIS, y, quantity=quantity, seed=())
        assert found.value == pytest.approx(peer[place], rel=1e-6)
        assert found.stderr == pytest.approx(math.sqrt(covariance[place, place]), rel=1e-3)
    area = track(AXIS, y, quantity="line_area", seed=())
    assert area.value == pytest.approx(math.pi * peer[2] * peer[4], rel=1e-5)
    again = track(AXIS[::-1], y[::-1], quantity="line_position", seed=area.seed)
    assert again.value == pytest.approx(peer[3], rel=1e-6)


def test_a_line_below_its_background() -> None:
    found = track(AXIS, lorentz(AXIS, 900, 0.0, -400, 1612, 15), quantity="line_height", seed=())
    assert found.value == pytest.approx(-400, rel=1e-6)


def test_no_line_is_no_number() -> None:
    noise = np.random.default_rng(1).standard_normal(AXIS.size)
    with pytest.raises(FitError):
        track(AXIS, noise, quantity="line_position", seed=())
    with pytest.raises(CoverageError, match="8"):
        track(AXIS, noise, quantity="line_position", seed=(), window=Window(1600.0, 1605.0))


def tracked(value: list[float], stderr: float = 0.1) -> Tracked:
    numbers = np.array(value)
    return Tracked(
        numbers, np.full(numbers.size, stderr), numbers, numbers, ~np.isfinite(numbers), np.zeros(numbers.size, dtype=bool)
    )  # fmt: skip


def test_a_reference_line_that_moves_corrects() -> None:
    line = tracked([520.0, 521.0, 522.0])
    assert drift(line) == pytest.approx(2.0)
    assert drift(tracked([520.0, 520.2, 519.9])) == 0.0
    found = corrected(tracked([1590.0, 1591.0, 1588.0], 0.5), line, "position")
    assert found.value.tolist() == [1590.0, 1590.0, 1586.0]
    assert found.stderr[1] == pytest.approx(math.hypot(0.5, 0.1))
    ratio = corrected(tracked([10.0, 9.0, 8.0], 0.5), tracked([2.0, 1.8, math.nan], 0.0), "intensity")
    assert ratio.value[:2].tolist() == [10.0, 10.0]
    assert ratio.failed.tolist() == [False, False, True]
