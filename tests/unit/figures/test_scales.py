"""Axes that run from high to low values, as the field draws binding energies and wavenumbers."""

from __future__ import annotations

import numpy as np
import pytest

from dualion.figures.scales import plan
from dualion.records.figure import Axis, Panel, Series


def panel(*, falling: bool) -> Panel:
    series = Series("measured", "measured", (395.0, 400.0, 405.0), (1.0, 3.0, 2.0), "raw-file")
    return Panel(Axis("Binding energy", "eV", falling=falling), Axis("Intensity", "1"), (series,))


@pytest.mark.parametrize("falling", [False, True])
def test_a_falling_axis_is_the_mirror_image_of_a_rising_one(falling: bool) -> None:
    rising, found = (plan(panel(falling=which), "x", length=60.0) for which in (False, falling))
    energies = (395.0, 400.0, 405.0)
    places = np.asarray(found.fraction(energies))
    expected = np.asarray(rising.fraction(energies))
    np.testing.assert_allclose(places, 1 - expected if falling else expected, atol=1e-12)
    assert sorted(found.texts) == sorted(rising.texts)
    assert np.all((places >= 0) & (places <= 1))
