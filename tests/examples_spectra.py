"""Columns without a heading, and tables of a spectrum with names and units, written here with the numbers that are in them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from readers_examples import Example


def pattern(points: int = 24) -> tuple[list[float], list[float]]:
    """Angle [deg] and counts of a broad reflection, as printed."""
    x = 20.0 + 0.5 * np.arange(points)
    y = 500 + 900 * np.exp(-0.5 * ((x - 24) / 2) ** 2)
    return [float(f"{one:.2f}") for one in x], [float(f"{one:.1f}") for one in y]


def bare() -> Example:
    x, y = pattern()
    rows = tuple(f"{one:.2f}\t{value:.1f}" for one, value in zip(x, y, strict=True))
    data = ("\n".join(["# a pattern", *rows]) + "\n").encode()
    return Example("bare-spectrum", "bare", data, "spectrum", {"abscissa": x, "ordinate": y}, flags=("not_declared",), lines=rows)


def plain() -> Example:
    x, y = pattern()
    rows = tuple(f"{one:.2f};{value:.1f}" for one, value in zip(x, y, strict=True))
    data = ("\n".join(["sample MEC3", "2theta (deg);Intensity (counts)", *rows]) + "\n").encode()
    return Example("plain-spectrum", "plain-xrd", data, "xrd", {"two_theta_degree": x, "intensity_count": y}, lines=rows)


#: Every example.
EVERY: tuple[Callable[[], Example], ...] = (bare, plain)
