"""Change points against truth: bends, jumps, none at all, and honest intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dualion.errors import CoverageError, InputError
from dualion.numerics.series.change_points import change_points

X = np.linspace(0.0, 2.0, 41)


def bent(x: np.ndarray, *places: float) -> np.ndarray:
    """A line of slope 1 whose slope falls by 3 at every place."""
    return 5 + x - 3 * sum(np.maximum(x - place, 0) for place in places)


def test_a_bend_without_noise_is_exact() -> None:
    found = change_points(X, bent(X, 0.83))
    (point,) = found.points
    assert point.kind == "bend"
    assert point.place == pytest.approx(0.83, abs=1e-5)
    assert found.slopes == pytest.approx((1.0, -2.0), abs=1e-4)
    assert found.difference == pytest.approx(bent(X, 0.83)[-1] - 5, abs=1e-4)
    assert found.edges == pytest.approx((0.0, 0.83, 2.0), abs=1e-5)


def test_two_bends_are_two() -> None:
    found = change_points(X, bent(X, 0.5, 1.4), most=2)
    assert [one.place for one in found.points] == pytest.approx([0.5, 1.4], abs=1e-4)
    assert len(change_points(X, bent(X, 0.5, 1.4), most=1).points) == 1
    assert change_points(X, bent(X, 0.5, 1.4), most=0).points == ()


def test_levels_that_jump() -> None:
    found = change_points(X, np.where(X < 0.83, 4.0, -4.0) + 0.1 * np.random.default_rng(1).standard_normal(41))
    (point,) = found.points
    assert point.kind == "level"
    assert point.interval == pytest.approx((0.80, 0.85))
    assert found.slopes == pytest.approx((0.0, 0.0), abs=1e-9)
    assert found.difference == pytest.approx(-8.0, abs=0.1)


def test_lines_that_jump() -> None:
    y = np.where(X < 1.0, 2 * X, 10 - 3 * X) + 0.05 * np.random.default_rng(1).standard_normal(41)
    found = change_points(X, y)
    assert [one.kind for one in found.points] == ["step"]
    assert found.slopes == pytest.approx((2.0, -3.0), abs=0.15)


@pytest.mark.parametrize("flat", ["from_level", "to_level"])
def test_a_level_beside_a_slope(flat: str) -> None:
    x = X if flat == "from_level" else -X
    y = 7 + 4 * np.maximum(X - 1.1, 0) + 0.05 * np.random.default_rng(2).standard_normal(41)
    found = change_points(x, y)
    (point,) = found.points
    assert point.kind == flat
    assert abs(point.place) == pytest.approx(1.1, abs=0.05)


def test_noise_alone_has_no_change_point() -> None:
    """In nine of ten seeds and more, with and without a slope."""
    for slope in (0.0, 3.0):
        found = [change_points(X, slope * X + np.random.default_rng(seed).standard_normal(41)) for seed in range(10)]
        assert sum(bool(one.points) for one in found) <= 1


def test_intervals_hold_the_truth() -> None:
    """Of the place and of the difference, for a bend of 40 points at noise 1 and a shift of 8."""
    rng, places, ends = np.random.default_rng(3), 0, 0
    x = np.linspace(0, 0.3, 40)
    true = -8 * np.clip((0.15 - x) / 0.15, 0, 1)
    for _ in range(40):
        found = change_points(x, true + rng.standard_normal(40), most=1)
        (point,) = found.points
        places += point.interval[0] <= 0.15 <= point.interval[1]
        ends += abs(found.difference - 8) <= 2.03 * found.difference_stderr
    assert places >= 35
    assert ends >= 35


def test_weights_are_those_of_the_errors() -> None:
    """Three wild points with large errors do not bend the line."""
    y, errors = X.copy(), np.full(41, 0.01)
    y += 0.01 * np.random.default_rng(5).standard_normal(41)
    y[20:23] += 3.0
    errors[20:23] = 10.0
    assert change_points(X, y, errors).points == ()
    assert change_points(X, y, errors).slopes == pytest.approx((1.0,), abs=0.02)


def test_order_does_not_matter() -> None:
    y = bent(X, 0.83) + 0.1 * np.random.default_rng(4).standard_normal(41)
    order = np.random.default_rng(0).permutation(41)
    assert change_points(X[order], y[order]).points == change_points(X, y).points


def test_criterion_is_that_of_schwarz() -> None:
    y = X + np.random.default_rng(6).standard_normal(41)
    found = change_points(X, y, most=0)
    rss = float(((y - np.polyval(np.polyfit(X, y, 1), X)) ** 2).sum())
    assert found.bic["bend 0"] == pytest.approx(41 * math.log(rss / 41) + 2 * math.log(41), rel=1e-9)
    assert found.bic["level 0"] == pytest.approx(41 * math.log(y.var()) + math.log(41), rel=1e-9)


def test_too_little_is_refused() -> None:
    with pytest.raises(CoverageError):
        change_points([0, 1, 2, 3, 4], [0, 1, 2, 3, 4])
    with pytest.raises(CoverageError):
        change_points([0, 0, 0, 1, 1, 1, 2], np.arange(7))
    with pytest.raises(InputError):
        change_points(X, np.full(41, np.nan))
