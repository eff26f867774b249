"""Baselines against pybaselines called directly, and their independence of the sampling."""

from __future__ import annotations

import numpy as np
import pytest

from dualion.errors import CoverageError
from dualion.numerics.spectra.baselines import BASELINES, STEP, baseline_of
from dualion.numerics.spectra.shapes import lorentzian
from dualion.numerics.spectra.terms import Array


def carbon(step: float) -> tuple[Array, Array]:
    x = np.arange(800.0, 2000.0 + step / 2, step)
    y = 400 + 0.1 * (x - 800) + lorentzian(x, centre=1345, height=90, fwhm=180) + lorentzian(x, centre=1590, height=100, fwhm=80)
    return x, np.asarray(y)


def test_at_the_step_of_the_constants_they_are_the_libraries() -> None:
    from pybaselines import smooth, whittaker

    x, y = carbon(STEP)
    assert baseline_of(x, y, "asls") == pytest.approx(whittaker.asls(y, lam=1e6, p=0.01)[0], rel=1e-6)
    assert baseline_of(x, y, "arpls") == pytest.approx(whittaker.arpls(y, lam=1e5)[0], rel=1e-3)
    snip = smooth.snip(y, max_half_window=40, decreasing=True)[0]
    assert baseline_of(x, y, "snip") == pytest.approx(snip, rel=1e-9)
    assert baseline_of(x, y, "linear") is None


@pytest.mark.parametrize(("name", "most"), [("asls", 1.0), ("arpls", 4.0), ("snip", 8.0)])
def test_the_sampling_hardly_changes_a_baseline(name: str, most: float) -> None:
    """In per cent of the height of G at twice as many points; the same constants without regard to the step move it by up to a half."""
    coarse, fine = carbon(STEP), carbon(STEP / 2)
    one = baseline_of(*coarse, name)  # type: ignore[arg-type]
    other = baseline_of(*fine, name)  # type: ignore[arg-type]
    assert one is not None
    assert other is not None
    assert one == pytest.approx(np.interp(coarse[0], fine[0], other), abs=most)


@pytest.mark.parametrize("name", [name for name in BASELINES if name != "linear"])
def test_a_scale_and_an_offset_carry_over(name: str) -> None:
    x, y = carbon(STEP)
    one = baseline_of(x, y, name)  # type: ignore[arg-type]
    assert one is not None
    assert baseline_of(x, 3 * y + 50, name) == pytest.approx(3 * one + 50, rel=1e-7)  # type: ignore[arg-type]


def test_too_few_points_are_refused() -> None:
    x, y = carbon(STEP)
    with pytest.raises(CoverageError):
        baseline_of(x[:9], y[:9], "arpls")
