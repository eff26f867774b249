"""Inflection of an edge, white line, place between references."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erf

from dualion.numerics.absorption_edge.edges import difference, inflection, place_between, vertex, white_line
from dualion.numerics.absorption_edge.spectra import Recipe, absorption, scan

ENERGY = np.arange(9600.0, 9720.0, 0.25)
EDGE = 0.5 * (1 + erf((ENERGY - 9661.3) / 3.0))


@pytest.mark.parametrize("half_width", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("start", [9660.5, 9662.0])
def test_inflection_of_a_symmetric_edge(half_width: float, start: float) -> None:
    found = inflection(ENERGY, EDGE, start=start, half_width=half_width)
    assert found is not None
    assert found.energy == pytest.approx(9661.3, abs=0.005)


def test_its_error_is_that_of_the_noise() -> None:
    rng = np.random.default_rng(0)
    found = [inflection(ENERGY, EDGE + 0.002 * rng.standard_normal(ENERGY.size), start=9661.3, half_width=2.0) for _ in range(200)]
    energies = [one.energy for one in found if one is not None]
    assert len(energies) > 195
    assert np.mean([one.stderr for one in found if one]) == pytest.approx(np.std(energies), rel=0.2)


def test_too_much_smoothing_moves_an_edge_with_a_white_line() -> None:
    """The trap: a window wider than the rise reaches into the white line and pulls the edge up by an electronvolt and more."""
    energy = scan(9662.0)
    mu = absorption(energy, Recipe(white_line=0.9, amplitude=0.0))
    narrow, wide = (inflection(energy, mu, start=9662.0, half_width=width) for width in (1.5, 12.0))
    assert narrow is not None
    assert wide is not None
    assert narrow.energy == pytest.approx(9662.0, abs=0.05)
    assert abs(wide.energy - 9662.0) > 1.0


def test_a_spectrum_without_a_rise_has_no_inflection() -> None:
    assert inflection(ENERGY, 1 - 1e-3 * (ENERGY - 9600), start=9660.0, half_width=2.0) is None


def test_a_white_line_is_not_the_edge() -> None:
    energy = scan(9662.0)
    mu = absorption(energy, Recipe(step=1.0, white_line=0.6, amplitude=0.0))
    found = white_line(energy, mu - 0.4, edge=9662.0, reach=30)
    assert found is not None
    # the maximum of an error function and a Gaussian 3 eV above the edge, found here on a fine grid
    fine = np.arange(9660, 9675, 0.001)
    top = fine[np.argmax(absorption(fine, Recipe(step=1.0, white_line=0.6, amplitude=0.0)))]
    assert found.energy == pytest.approx(top, abs=0.05)
    assert found.energy > 9662.0 + 2


def test_a_plain_step_has_no_white_line() -> None:
    assert white_line(ENERGY, EDGE + 1e-6 * (ENERGY - 9600), edge=9661.3, reach=30) is None


def test_vertex_of_a_parabola() -> None:
    x = np.array([9660.0, 9660.5, 9661.0])
    assert vertex(x, 3 - 2 * (x - 9660.6) ** 2) == pytest.approx((9660.6, 3.0))
    assert vertex(x, (x - 9660.6) ** 2)[0] == 9660.5  # opens upwards: the middle one


def test_place_between_and_its_error_against_draws() -> None:
    place, stderr = place_between(9663.0, 0.3, low=(9660.0, 0.2), high=(9665.0, 0.4)) or (np.nan, np.nan)
    assert place == pytest.approx(0.6)
    rng = np.random.default_rng(0)
    value, low, high = (
        9663 + 0.3 * rng.standard_normal(20000),
        9660 + 0.2 * rng.standard_normal(20000),
        9665 + 0.4 * rng.standard_normal(20000),
    )
    assert stderr == pytest.approx(np.std((value - low) / (high - low)), rel=0.03)
    assert place_between(1.0, 0.1, low=(2.0, 0.1), high=(2.0, 0.1)) is None


def test_difference_of_shifted_steps() -> None:
    """The area between two equal steps of height 1 is their shift."""
    grid = np.arange(9600.0, 9700.0, 0.05)
    parts, area = difference(ENERGY, EDGE, ENERGY + 1.5, EDGE, grid)
    assert area == pytest.approx(1.5, rel=1e-3)
    assert parts.max() > 0
    assert abs(parts[0]) < 1e-12
