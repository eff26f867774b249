"""Made-up figures that hold every kind of series."""

from __future__ import annotations

import pytest

from dualion.records import Axis, Figure, Panel, Series

CURRENTS = (30.0, 60.0, 150.0, 300.0, 600.0)


def rate_panel(*, title: str = "") -> Panel:
    """Printed marks, simulated lines, a fitted line with its band, measured points, a band and a limit."""
    return Panel(
        Axis("Specific current", "mA/g", scale="log"),
        Axis("Specific capacity", "mAh/g"),
        (
            Series("MEC3, printed", "printed", CURRENTS, (427.0, 396.0, 375.0, 325.0, 243.0), "source-text", "MEC3"),
            Series("MEC3", "simulated", CURRENTS, (430.0, 398.0, 370.0, 322.0, 250.0), "simulation", "MEC3"),
            Series("MEC0, fit", "fitted", CURRENTS, (170.0, 150.0, 120.0, 100.0, 70.0), "analysis", "MEC0", y_error=(5.0,) * 5),
            Series("EG, cycler", "measured", (60.0, 300.0), (90.0, 80.0), "raw-file", "EG", y_error=(2.0, 3.0)),
            Series("allowed", "band", (30.0, 600.0), (200.0, 180.0), "arithmetic", y_upper=(220.0, 200.0)),
            Series("target", "limit", (30.0, 600.0), (300.0, 300.0), "source-text"),
        ),
        title,
    )


def bar_panel() -> Panel:
    return Panel(
        Axis("Carbon", "", categories=("MEC0", "MEC3", "MEC4")),
        Axis("Plateau capacity", "mAh/g"),
        (
            Series("printed", "bar", (0.0, 1.0, 2.0), (165.0, 338.0, 151.0), "source-text", labels=("165", "338", "151")),
            Series("simulated", "simulated", (0.0, 1.0), (160.0, 331.0), "simulation", y_error=(6.0, 9.0)),
        ),
    )


@pytest.fixture
def figure() -> Figure:
    return Figure("fig-demo", "Rate & <plateau>", "The capacity falls with the current.", (rate_panel(title="Rate"), bar_panel()), 183)


@pytest.fixture
def narrow() -> Figure:
    return Figure("fig-narrow", "Rate", "The capacity falls.", (rate_panel(),), 89)
