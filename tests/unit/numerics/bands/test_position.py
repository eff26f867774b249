"""Positions of bands whose truth is known, and their errors against the scatter of many draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import savgol_coeffs

from dualion.errors import CoverageError, InputError
from dualion.numerics.bands.doublet import SPLITTING, doublet, pairs
from dualion.numerics.bands.position import (
    LEAST_ERROR,
    absorbance_of,
    atr_corrected,
    band,
    floor,
    noise_of,
    second_derivative_weights,
    strongest,
)
from dualion.numerics.bands.track import track

X = np.arange(1640.0, 1860.0, 1.0)
WINDOW = (1660.0, 1840.0)
GAUSS = 4 * np.log(2)


def peak(position: float, *, width: float = 20.0, height: float = 0.5, slope: float = 2e-4) -> np.ndarray:
    return height * np.exp(-GAUSS * ((X - position) / width) ** 2) + 0.1 + slope * (X - X[0])


@pytest.mark.parametrize("estimator", ["centroid", "second_derivative"])
@pytest.mark.parametrize("position", [1739.2, 1750.0, 1750.37])
def test_a_band_stands_where_it_was_put(estimator: str, position: float) -> None:
    found = band(X, peak(position), window=WINDOW, estimator=estimator)  # type: ignore[arg-type]
    assert found.position == pytest.approx(position, abs=0.01)
    assert found.maximum == pytest.approx(position, abs=0.02)
    assert found.width == pytest.approx(20.0, rel=2e-3)
    assert found.height == pytest.approx(0.5, rel=2e-3)
    assert found.area == pytest.approx(0.5 * 20 * np.sqrt(np.pi / np.log(2)) / 2, rel=1e-4)
    assert found.seen
    assert not found.at_edge


@pytest.mark.parametrize(("estimator", "smoothing"), [("centroid", 15.0), ("second_derivative", 21.0)])
def test_the_stated_error_is_the_scatter(estimator: str, smoothing: float) -> None:
    rng = np.random.default_rng(7)
    draws = [
        band(X, peak(1750.0) + 0.004 * rng.standard_normal(X.size), window=WINDOW, estimator=estimator, smoothing=smoothing)  # type: ignore[arg-type]
        for _ in range(150)
    ]
    scatter = np.std([one.position for one in draws])
    assert np.median([one.noise_error for one in draws]) == pytest.approx(scatter, rel=0.25)
    assert np.median([one.noise for one in draws]) == pytest.approx(0.004, rel=0.1)


@pytest.mark.parametrize("points", [5, 9, 41])
def test_the_weights_are_those_of_scipy(points: int) -> None:
    expected = savgol_coeffs(points, 3, deriv=2, delta=0.7, use="dot")
    assert second_derivative_weights(points, 0.7) == pytest.approx(expected, abs=1e-12 * np.abs(expected).max() + 1e-14)


def test_a_baseline_moves_a_broad_band_that_is_not_freed_of_it() -> None:
    y = peak(1750.0, width=60.0, slope=2e-3)
    wide = (1645.0, 1855.0)
    assert band(X, y, window=wide).position == pytest.approx(1750.0, abs=0.05)
    assert abs(band(X, y, window=wide, baseline="none").position - 1750.0) > 1.0


def test_uneven_distances() -> None:
    x = np.sort(X + 0.3 * np.sin(np.arange(X.size)))
    y = 0.5 * np.exp(-GAUSS * ((x - 1750) / 20) ** 2)
    assert band(x, y, window=WINDOW).position == pytest.approx(1750.0, abs=0.05)


def test_what_is_no_band() -> None:
    rng = np.random.default_rng(1)
    flat = band(X, np.ones(X.size), window=WINDOW)
    assert not flat.seen
    assert not band(X, rng.standard_normal(X.size) * 1e-3, window=WINDOW, baseline="none").signal_to_noise > 6
    assert band(X, np.exp((X - 1640) / 50), window=WINDOW, baseline="none").at_edge
    with pytest.raises(CoverageError):
        band(X, peak(1750.0), window=(1750.0, 1755.0))


def test_the_floor_of_the_error() -> None:
    assert floor(4.0, 100.0) == LEAST_ERROR
    assert floor(4.0, 4.0) == pytest.approx(1.0)
    assert floor(16.0, 16.0) == pytest.approx(2.0)
    assert floor(4.0, np.inf) == LEAST_ERROR


def test_absorbance_and_the_correction_of_atr() -> None:
    assert absorbance_of(np.array([100.0, 10.0, 2.0])) == pytest.approx(np.array([0.0, 1.0, 1.69897]))
    assert np.isnan(absorbance_of(np.array([0.0, -1.0]))).all()
    assert atr_corrected(np.array([1000.0, 3000.0]), np.array([0.2, 0.2])) == pytest.approx(np.array([0.2, 0.6]))
    raw = band(X, peak(1750.0, width=60.0), window=WINDOW, baseline="none").position
    assert band(X, atr_corrected(X, peak(1750.0, width=60.0)), window=WINDOW, baseline="none").position > raw


def test_noise_is_told_from_a_band() -> None:
    rng = np.random.default_rng(3)
    assert noise_of(peak(1750.0) + 0.003 * rng.standard_normal(X.size)) == pytest.approx(0.003, rel=0.15)


def test_the_strongest_band_is_above_the_line_of_the_spectrum() -> None:
    low, high = strongest(X, peak(1750.0, slope=4e-3), half_width=60.0)
    assert 0.5 * (low + high) == pytest.approx(1750.0, abs=2.0)


class TestDoublet:
    GRID = np.arange(1650.0, 1900.0, 2.0)

    def made(self, share: float) -> np.ndarray:
        return pairs(self.GRID, np.array([1800.0, 18.0, 12.0, 0.8])) @ np.array([0.4 * (1 - share), 0.4 * share, 0.02, 0.01])

    @pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
    def test_the_share_is_recovered(self, share: float) -> None:
        found = doublet(self.GRID, self.made(share))
        assert found.fraction == pytest.approx(share, abs=1e-6)

    def test_the_splitting_is_fixed(self) -> None:
        y = pairs(self.GRID, np.array([1800.0, 18.0, 3.0, 1.0]))[:, 0]
        tops = self.GRID[1:-1][(y[1:-1] > y[:-2]) & (y[1:-1] > y[2:])]
        assert tops == pytest.approx([1800.0 - SPLITTING, 1800.0], abs=2.0)

    def test_its_error_is_the_scatter(self) -> None:
        rng = np.random.default_rng(5)
        draws = [doublet(self.GRID, self.made(0.3) + 0.004 * rng.standard_normal(self.GRID.size)) for _ in range(40)]
        assert np.median([one.stderr for one in draws]) == pytest.approx(np.std([one.fraction for one in draws]), rel=0.35)

    def test_a_flat_spectrum_is_not_separable(self) -> None:
        assert not doublet(self.GRID, np.ones(self.GRID.size)).separable
        with pytest.raises(CoverageError):
            doublet(self.GRID[:10], self.made(0.3)[:10])


class TestFrames:
    def test_a_band_is_followed(self) -> None:
        """A second band appears that is higher; the first is followed."""
        seed: tuple[float, ...] = (1660.0, 1840.0)
        for position in (1760.0, 1758.0, 1756.0):
            y = peak(position) + (0.7 * np.exp(-GAUSS * ((X - 1700) / 15) ** 2) if position < 1760 else 0)
            found = track(X[::-1], y[::-1], quantity="band_position", seed=seed)
            assert found.value == pytest.approx(position, abs=0.3)
            seed = found.seed

    def test_no_band_gives_no_number(self) -> None:
        found = track(X, np.full(X.size, 0.2), seed=(1660.0, 1840.0))
        assert np.isnan(found.value)
        assert found.seed == (1660.0, 1840.0)

    def test_another_quantity_is_refused(self) -> None:
        with pytest.raises(InputError, match="g_position"):
            track(X, peak(1750.0), quantity="g_position")
