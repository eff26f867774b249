"""Fits of patterns: known stacks, how far (100) leans, corrections, frames of a series, and lmfit on the same data."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dualion.errors import CoverageError
from dualion.numerics.diffraction.geometry import Array, lorentz_polarisation, size, spacing
from dualion.numerics.diffraction.pattern import fit_corrected, fit_pattern, lean
from dualion.numerics.diffraction.synthesis import Stack, pattern_of
from dualion.numerics.diffraction.track import track
from dualion.numerics.spectra.shapes import pseudo_voigt

CU = 1.5418
FACTORS = (0.89, 1.84)


def made(stack: Stack, noise: float = 0.0, wavelength: float = CU) -> tuple[Array, Array]:
    x, y = pattern_of(np.random.default_rng(0), stack, wavelength=wavelength, factors=FACTORS, noise=noise)
    inside = (x >= 14) & (x <= 60)
    return x[inside], y[inside]


@pytest.mark.parametrize("stack", [Stack(3.75, 14.0, 36.0), Stack(3.60, 20.0, 50.0), Stack(3.90, 9.0, 20.0)])
def test_stacks_are_found_without_noise(stack: Stack) -> None:
    pattern = fit_pattern(*made(stack), wavelength=CU)
    fit = pattern.fit
    assert fit.converged
    assert spacing(fit.value("002", "centre"), CU) == pytest.approx(stack.d002, rel=1e-6)
    found = [size(fit.value(n, "centre"), fit.value(n, "fwhm"), wavelength=CU, factor=k) for n, k in zip(("002", "100"), FACTORS)]
    assert found == pytest.approx([stack.l_c, stack.l_a], rel=1e-5)


def test_another_anode_moves_the_angles_and_nothing_else() -> None:
    """Cobalt: all reflections at higher angles, the same distances."""
    cobalt = 1.7903
    x, y = pattern_of(np.random.default_rng(0), Stack(3.70, 15.0, 40.0), wavelength=cobalt, factors=FACTORS, noise=0.0)
    fit = fit_pattern(x, y, wavelength=cobalt).fit
    assert fit.value("002", "centre") > 27.0
    assert spacing(fit.value("002", "centre"), cobalt) == pytest.approx(3.70, rel=1e-5)


def test_a_leaning_band_is_seen_and_a_symmetric_one_is_not() -> None:
    x, y = made(Stack(3.75, 14.0, 36.0), noise=1.0)
    straight, error = lean(fit_pattern(x, y, wavelength=CU))
    assert abs(straight) < 4 * error
    upper = pseudo_voigt(x, centre=44.0, height=1500, fwhm=9.0, eta=0.5)
    lower = pseudo_voigt(x, centre=44.0, height=1500, fwhm=5.0, eta=0.5)
    band = np.where(x > 44.0, upper, lower)
    x2, y2 = made(Stack(3.75, 14.0, 1e4))  # (100) so narrow that only its centre is touched
    apart = np.abs(x2 - 43.9) > 0.5
    leaning, error = lean(fit_pattern(x2[apart], (y2 + band)[apart], wavelength=CU))
    assert leaning > 0.3
    assert leaning > 10 * error


def test_division_by_the_powder_factor_is_undone_by_the_fit() -> None:
    """A reflection that is multiplied by LP appears at lower angles, and the corrected pattern has it where it is."""
    x = np.arange(14.0, 60.0, 0.05)
    peak = pseudo_voigt(x, centre=25.0, height=1.0, fwhm=6.0, eta=0.4) + 0.2 + 0.01 * (x - 25) + 4e-4 * (x - 25) ** 2
    y = 100 * peak * lorentz_polarisation(x)
    y = y + pseudo_voigt(x, centre=43.5, height=0.2 * y.max(), fwhm=4.0, eta=0.4) * (x > 36)
    raw = fit_pattern(x, y, wavelength=CU).fit.value("002", "centre")
    corrected = fit_corrected(x, y, wavelength=CU, correction="lp").fit.value("002", "centre")
    assert corrected == pytest.approx(25.0, abs=1e-3)
    assert raw < 24.5


def test_a_window_without_reflections_is_refused() -> None:
    x, y = made(Stack(3.75, 14.0, 36.0))
    with pytest.raises(CoverageError, match=r"44\.0"):
        fit_pattern(x[x < 40], y[x < 40], wavelength=CU)
    with pytest.raises(CoverageError, match=r"27\.9"):
        fit_pattern(x[x > 35], y[x > 35], wavelength=CU)


def test_frames_follow_each_other() -> None:
    """A seed leads to the same minimum, and the position follows the shift of the pattern."""
    x, y = made(Stack(3.75, 14.0, 36.0), noise=1.0)
    first = track(x, y, quantity="position_002")
    again = track(x, y, quantity="position_002", seed=first.seed)
    assert again.value == pytest.approx(first.value, abs=0.05 * first.stderr)
    moved = track(x + 0.4, y, quantity="position_002", seed=first.seed)
    assert moved.value - first.value == pytest.approx(0.4, abs=2 * first.stderr)
    half = track(x, 0.5 * y, quantity="intensity_002", seed=first.seed)
    whole = track(x, y, quantity="intensity_002", seed=first.seed)
    assert half.value / whole.value == pytest.approx(0.5, rel=1e-3)


def test_a_frame_without_a_reflection_is_none() -> None:
    x, _ = made(Stack(3.75, 14.0, 36.0))
    flat = 100 + np.random.default_rng(0).standard_normal(x.size)
    for values in (flat, np.full_like(x, np.nan), np.full_like(x, 5.0)):
        assert math.isnan(track(x, values, quantity="position_002").value)


@pytest.mark.slow
def test_lmfit_finds_the_same_pattern() -> None:
    pytest.importorskip("lmfit")
    from lmfit import Model

    x, y = made(Stack(3.75, 14.0, 36.0), noise=1.0)

    def pattern(x, c1, h1, w1, e1, c2, h2, w2, e2, a, k, b):  # type: ignore[no-untyped-def]
        first = pseudo_voigt(x, centre=c1, height=h1, fwhm=w1, eta=e1)
        return first + pseudo_voigt(x, centre=c2, height=h2, fwhm=w2, eta=e2) + a * np.exp(-k * (x - x[0])) + b

    ours = fit_pattern(x, y, wavelength=CU).fit
    start = {"c1": 23.5, "h1": 4000, "w1": 6, "e1": 0.5, "c2": 44, "h2": 1500, "w2": 4, "e2": 0.5, "a": 1000, "k": 0.2, "b": 600}
    theirs = Model(pattern).fit(y, x=x, **start)
    for name, value, error in zip(start, ours.values, np.sqrt(np.diag(ours.covariance)), strict=True):
        assert value == pytest.approx(theirs.params[name].value, rel=1e-4), name
        assert error == pytest.approx(theirs.params[name].stderr, rel=0.02), name
