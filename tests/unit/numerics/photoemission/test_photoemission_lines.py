"""Lines of unit area, backgrounds of Shirley, Tougaard and the straight one, against laws and other programs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import voigt_profile

from dualion.numerics.photoemission.backgrounds import linear, running, shirley, tougaard
from dualion.numerics.photoemission.lines import Line

LINES = (Line(), Line("gl", 0.0), Line("sgl", 30.0), Line("voigt", 30.0), Line("voigt", 100.0), Line("gl", 88.7, 0.08, 0.19))
ENERGY = np.arange(390.0, 412.0, 0.1)
PEAK = 1000 * np.exp(-(((ENERGY - 400.0) / 1.2) ** 2))


@pytest.mark.parametrize("line", LINES, ids=str)
def test_the_slope_is_that_of_the_curve(line: Line) -> None:
    t = np.linspace(-4, 4, 8_001)
    curve, slope = line.curve(t)
    away = np.abs(t) > 1e-3
    assert np.gradient(curve, t)[away] == pytest.approx(slope[away], abs=1e-4)


@pytest.mark.parametrize("line", LINES, ids=str)
def test_the_height_is_one_and_the_area_is_told(line: Line) -> None:
    t = np.linspace(-400, 400, 200_001) if line.tail == 0 else np.linspace(-20, 20, 40_001)
    curve = line.curve(t)[0]
    assert curve.max() == pytest.approx(1.0, abs=2e-3)
    assert np.trapezoid(curve, t) == pytest.approx(line.area, rel=2e-3)


def test_the_voigt_line_is_that_of_scipy() -> None:
    m, t = 0.3, np.linspace(-5, 5, 101)
    gauss = np.sqrt((1 - 0.5346 * m) ** 2 - 0.2166 * m**2)
    other = voigt_profile(t, gauss / np.sqrt(8 * np.log(2)), m / 2)
    assert Line("voigt", 30.0).curve(t)[0] / Line("voigt", 30.0).area == pytest.approx(other, rel=1e-9)


@pytest.mark.parametrize("line", [Line("sgl", 30.0), Line("voigt", 30.0), Line("gl", 0.0)], ids=str)
def test_the_width_is_that_at_half_of_the_height(line: Line) -> None:
    assert line.curve(np.array([-0.5, 0.5]))[0] == pytest.approx(0.5, abs=2e-4)


def test_a_tail_lies_on_the_side_of_higher_energy() -> None:
    t = np.array([-3.0, 3.0])
    low, high = Line("gl", 30.0, 0.1, 0.2).curve(t)[0]
    assert low == Line().curve(t)[0][0]
    assert high > 0.05


def test_shirley_gives_back_the_step_that_was_put_in() -> None:
    spectrum = 500 + PEAK + 0.02 * running(ENERGY, PEAK)
    assert shirley(ENERGY, spectrum[None])[0] == pytest.approx(spectrum - PEAK, abs=1e-3)


def test_tougaard_gives_back_the_tail_that_was_put_in() -> None:
    """The background is the loss of what is measured, itself with its losses."""
    loss = np.clip(ENERGY[:, None] - ENERGY[None, :], 0, None)
    kernel = 60 * loss / ((551 - loss**2) ** 2 + 436 * loss**2) * 0.1
    lost = np.linalg.solve(np.eye(ENERGY.size) - kernel, PEAK)
    top = (ENERGY[-1] - 1 <= ENERGY).astype(bool)
    found = tougaard(ENERGY, 500 + lost[None])[0]
    assert found == pytest.approx(500 + kernel @ lost, abs=0.01 * (kernel @ lost)[top].mean())


def test_many_spectra_are_as_one() -> None:
    several = np.array([500 + PEAK, 800 + 2 * PEAK + ENERGY, np.full(ENERGY.size, 7.0)])
    for background in (shirley, linear, tougaard):
        together = background(ENERGY, several)
        for k in range(3):
            assert together[k] == pytest.approx(background(ENERGY, several[k : k + 1])[0], rel=1e-6)


def test_nothing_above_the_ends_gives_a_straight_line() -> None:
    flat = np.linspace(5.0, 1.0, ENERGY.size)[None]
    assert shirley(ENERGY, flat)[0] == pytest.approx(linear(ENERGY, flat)[0], abs=1e-2)
    assert linear(ENERGY, flat)[0] == pytest.approx(flat[0])
