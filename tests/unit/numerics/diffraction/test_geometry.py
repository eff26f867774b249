"""Bragg, Scherrer and the corrections against tabulated values and against each other."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dualion.numerics.diffraction.geometry import (
    CU_KALPHA1,
    angle,
    carbon_form_factor,
    graphitisation,
    lorentz_polarisation,
    size,
    spacing,
    width_of,
    without_instrument,
)


def test_silicon_and_graphite_are_where_they_are_tabulated() -> None:
    """Si (111) of the NIST standard 640: 28.442 deg, d = 3.1356 angstrom; graphite (002): 3.354 angstrom, 26.55 deg."""
    assert spacing(28.442, CU_KALPHA1) == pytest.approx(3.1356, abs=2e-4)
    assert angle(3.354, CU_KALPHA1) == pytest.approx(26.55, abs=0.01)
    for d in (2.0, 3.5, 8.0):
        assert spacing(angle(d, 1.5418), 1.5418) == pytest.approx(d, rel=1e-12)


def test_widths_are_taken_in_radians() -> None:
    """A line of 1 deg at 24 deg is one of domains of 8.0 nm; degrees in the equation would give 0.14 nm."""
    found = size(24.0, 1.0, wavelength=1.5418, factor=0.89)
    assert found == pytest.approx(0.89 * 1.5418 / (math.pi / 180 * math.cos(math.radians(12.0))), rel=1e-12)
    assert found == pytest.approx(80.4, abs=0.1)
    wrong = 0.89 * 1.5418 / (1.0 * math.cos(math.radians(12.0)))
    assert found / wrong == pytest.approx(57.3, abs=0.01)


def test_size_and_width_are_inverse() -> None:
    for length in (10.0, 36.0, 400.0):
        assert size(43.0, width_of(43.0, length, wavelength=1.5418, factor=1.84), wavelength=1.5418, factor=1.84) == pytest.approx(length)


def test_the_instrument_is_taken_off() -> None:
    assert without_instrument(5.0, 3.0, "gauss") == pytest.approx(4.0)
    assert without_instrument(5.0, 3.0, "lorentz") == pytest.approx(2.0)
    assert without_instrument(0.1, 0.1, "gauss") is None
    assert without_instrument(0.1, 0.2, "lorentz") is None


def test_the_powder_factor_is_that_of_the_tables() -> None:
    """(1 + cos^2 2 theta) / (sin^2 theta cos theta) at theta = 10, 20 and 45 deg (Cullity, appendix)."""
    assert lorentz_polarisation(np.array([20.0, 40.0, 90.0])) == pytest.approx([63.41, 14.44, 2.828], rel=2e-3)


def test_the_form_factor_is_that_of_the_tables() -> None:
    """International Tables C, carbon: 6 at 0, 5.11 at 0.10, 3.56 at 0.20, 2.49 at 0.30 per angstrom."""
    s = np.array([0.0, 0.10, 0.20, 0.30])
    two_theta = 2 * np.degrees(np.arcsin(s * 1.5418))
    assert carbon_form_factor(two_theta, 1.5418) == pytest.approx([6.0, 5.109, 3.560, 2.494], abs=0.02)


def test_the_degree_of_graphitisation_ends_at_turbostratic() -> None:
    assert graphitisation(0.3354) == pytest.approx(1.0)
    assert graphitisation(0.3397) == pytest.approx(0.5)
    assert graphitisation(0.3440) == pytest.approx(0.0)
    assert graphitisation(0.3441) is None
