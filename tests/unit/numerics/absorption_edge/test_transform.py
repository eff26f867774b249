"""The transform of chi(k), its peak, its noise."""

from __future__ import annotations

import numpy as np
import pytest

from dualion.numerics.absorption_edge.transform import end_of_signal, highest, noise_of, position_stderr, transform

K = np.arange(0, 14, 0.05)
WINDOW = np.clip(np.minimum((K - 2.5), (12.5 - K)), 0, 1)
R = np.arange(0, 6, 0.03)


def chi_of(r: float) -> np.ndarray:
    return np.cos(2 * K * r) * np.exp(-2 * (0.07 * K) ** 2) / np.maximum(K, 1)


@pytest.mark.parametrize("r", [1.53, 2.1, 2.6])
def test_a_shell_stands_where_it_is(r: float) -> None:
    found = highest(R, np.abs(transform(K, chi_of(r) * K**2 * WINDOW, R)), (1.1, 3.2))
    assert found is not None
    assert found.position == pytest.approx(r, abs=0.005)


def test_the_transform_against_numpy() -> None:
    """F(R_m), R_m = pi m / (N dk), is dk / sqrt(pi) times the conjugate of the discrete transform."""
    weighted = chi_of(2.0) * K**2 * WINDOW
    count = 2048
    theirs = np.conj(np.fft.rfft(weighted, n=count)) * 0.05 / np.sqrt(np.pi)
    r = np.pi * np.arange(theirs.size) / (count * 0.05)
    assert np.allclose(transform(K, weighted, r[:200]), theirs[:200], atol=1e-12)


def test_no_peak_in_the_range() -> None:
    assert highest(R, np.exp(-R), (1.1, 3.2)) is None


def test_noise_is_found_beside_a_shell() -> None:
    rng = np.random.default_rng(0)
    found = [noise_of(K, chi_of(1.53) + 0.004 * rng.standard_normal(K.size), weight=2, window=WINDOW) for _ in range(40)]
    assert np.mean(found) == pytest.approx(0.004, rel=0.06)


def test_error_of_the_position_against_draws() -> None:
    rng = np.random.default_rng(1)
    clean = chi_of(1.53)
    drawn = []
    near = R[(R > 1.3) & (R < 1.8)]
    for _ in range(150):
        noisy = clean + 0.004 * rng.standard_normal(K.size)
        one = highest(near, np.abs(transform(K, noisy * K**2 * WINDOW, near)), (1.1, 3.2))
        drawn.append(one.position if one else np.nan)
    ours = position_stderr(K, clean, weight=2, window=WINDOW, position=1.53, noise=0.004)
    assert ours == pytest.approx(np.std(drawn), rel=0.15)


def test_a_place_that_is_no_maximum_has_no_error() -> None:
    chi = chi_of(1.53)
    magnitude = np.abs(transform(K, chi * K**2 * WINDOW, R))
    least = float(R[(R > 1.6) & (R < 2.2)][np.argmin(magnitude[(R > 1.6) & (R < 2.2)])])
    assert position_stderr(K, chi, weight=2, window=WINDOW, position=least, noise=0.01) is None


def test_end_of_signal() -> None:
    rng = np.random.default_rng(0)
    chi = np.cos(3 * K) * np.exp(-0.5 * K)
    # the signal, cos^2 on the average a half, is as strong as the noise of 0.01 where exp(-k) / 2 = 1e-4, k = 8.5
    assert end_of_signal(K, chi + 0.01 * rng.standard_normal(K.size), noise=0.01, start=3.0) == pytest.approx(8.5, abs=0.8)
    assert end_of_signal(K, chi_of(1.5), noise=1e-6, start=3.0) == pytest.approx(K[-1])
