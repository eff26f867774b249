"""Lines through few samples: truth over seeds, what one sample changes, and the interval of a further one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from dualion.numerics.correlation.slope_unit import slope_unit
from dualion.numerics.correlation.small_samples import KINDS, Kind, Points, band, conclusion, fitted, leave_one_out
from dualion.numerics.lines import york_line
from dualion.units import unit

X = np.array([1.0, 1.6, 2.3, 3.0, 3.4])


def points(seed: int, *, n: int = 5, u_x: float = 0.04, u_y: float = 4.0) -> Points:
    """Samples on y = 100 + 60 x, with errors in both coordinates."""
    rng = np.random.default_rng(seed)
    x = X[:n]
    return Points(
        x + u_x * rng.standard_normal(n), 100 + 60 * x + u_y * rng.standard_normal(n), np.full(n, u_x), np.full(n, u_y)
    )  # fmt: skip


def test_york_slope_is_within_two_errors_of_the_truth() -> None:
    """With errors that are known, in 95 % of 400 seeds."""
    hits = 0
    for seed in range(400):
        given = points(seed)
        line = york_line(given.x, given.y, given.u_x, given.u_y, errors="stated")
        hits += abs(line.slope - 60) <= 2 * line.slope_stderr
    assert 0.93 <= hits / 400 <= 0.98


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_hold_the_truth_at_four_samples(kind: Kind) -> None:
    """Student's t with two degrees of freedom is honest for all three lines."""
    hits = sum(low <= 60 <= high for low, high in (fitted(points(seed, n=4, u_x=0.02), kind).slope_interval for seed in range(400)))
    assert 0.92 <= hits / 400 <= 0.98


def test_kinds_are_what_they_say() -> None:
    given = points(1)
    peer = stats.linregress(given.x, given.y)
    assert fitted(given, "ols").slope == pytest.approx(peer.slope, rel=1e-12)
    assert fitted(given, "ols").slope_stderr == pytest.approx(peer.stderr, rel=1e-9)
    assert fitted(given, "deming").slope == pytest.approx(fitted(given, "york").slope, rel=1e-9)
    uneven = Points(given.x, given.y, given.u_x * np.array([1, 5, 1, 5, 1]), given.u_y)
    assert abs(fitted(uneven, "york").slope / fitted(uneven, "deming").slope - 1) > 1e-4


def test_without_each_sample_in_turn() -> None:
    given = points(2)
    found = leave_one_out(given, "york")
    for place, line in enumerate(found):
        keep = np.arange(5) != place
        peer = york_line(given.x[keep], given.y[keep], given.u_x[keep], given.u_y[keep])
        assert line is not None
        assert line.slope == pytest.approx(peer.slope, rel=1e-12)
    three = Points(*(one[:3] for one in (given.x, given.y, given.u_x, given.u_y)))
    assert leave_one_out(three, "york") == (None, None, None)


def test_conclusions() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0])
    u = np.full(4, 0.1)
    assert conclusion(fitted(Points(x, 2 * x + np.array([0, 0.1, 0, -0.1]), u, u), "ols")) == "rising"
    assert conclusion(fitted(Points(x, -2 * x + np.array([0, 0.1, 0, -0.1]), u, u), "ols")) == "falling"
    assert conclusion(fitted(Points(x, np.array([0.0, 3, 0, 3]), u, u), "ols")) == "open"


def test_band_is_that_of_the_textbook() -> None:
    """Half-width t s sqrt(1 + 1/n + (x - x_mean)^2 / S_xx) for ordinary least squares."""
    given = points(3)
    line = fitted(given, "ols")
    x, low, high = band(given, line, confidence=0.9)
    s = np.sqrt(line.chi2 / 3)
    half = stats.t.ppf(0.95, 3) * s * np.sqrt(1 + 1 / 5 + (x - given.x.mean()) ** 2 / ((given.x - given.x.mean()) ** 2).sum())
    assert (high - low) / 2 == pytest.approx(half, rel=1e-9)
    assert x[0] < given.x.min()
    assert x[-1] > given.x.max()


@pytest.mark.parametrize(
    ("y", "x"), [("mAh/g", "m2/g"), ("mAh/g", "cm-1 nm-3"), ("mAh/g", "1"), ("1", "cm3/g"), ("%", "nm"), ("cm-1", "V")]
)
def test_units_of_slopes(y: str, x: str) -> None:
    found, above, below = unit(slope_unit(y, x)), unit(y), unit(x)
    assert found.factor == pytest.approx(above.factor / below.factor)
    assert found.dimension == pytest.approx(tuple(a - b for a, b in zip(above.dimension, below.dimension, strict=True)))
