"""Spectra put in order, and synthetic ones."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from dualion.numerics.absorption_edge.spectra import KINETIC, Recipe, absorption, ordered, scan


def test_rows_are_sorted_merged_and_left_out() -> None:
    found = ordered(pl.Series([3.0, 1.0, 2.0, 2.0, None, 4.0]), pl.Series([30.0, 10.0, 20.0, 22.0, 50.0, math.inf]))
    assert found.energy.tolist() == [1.0, 2.0, 3.0]
    assert found.mu.tolist() == [10.0, 21.0, 30.0]
    assert (found.missing, found.repeated) == (2, 1)


def test_the_constant_of_k() -> None:
    """hbar^2 / (2 m_e) in eV angstrom^2, from the constants of scipy."""
    from scipy.constants import electron_mass, electron_volt, hbar

    assert pytest.approx(hbar**2 / (2 * electron_mass) / electron_volt * 1e20, rel=1e-8) == KINETIC


def test_the_edge_of_a_recipe_is_its_inflection_and_its_step_the_step() -> None:
    recipe = Recipe(edge=9661.0, step=0.7, white_line=0.5)
    energy = np.arange(9655.0, 9667.0, 0.01)
    slope = np.gradient(absorption(energy, recipe), energy)
    assert energy[np.argmax(slope)] == pytest.approx(9661.0, abs=0.02)
    ends = absorption(np.array([9600.0, 10500.0]), Recipe(edge=9661.0, step=0.7, amplitude=0.0))
    assert ends[1] - ends[0] == pytest.approx(0.7 - 1e-4 * 900)


def test_a_scan_rises_and_reaches_its_end() -> None:
    energy = scan(9662.0, last=13.0)
    assert np.all(np.diff(energy) > 0)
    assert math.sqrt((energy[-1] - 9662) / KINETIC) == pytest.approx(13.0, abs=0.05)
