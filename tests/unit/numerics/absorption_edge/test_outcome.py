"""A spectrum under a grid of settings, with a reduction that is made up here."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from dualion.numerics.absorption_edge.grids import Settings
from dualion.numerics.absorption_edge.outcome import analysed, edge_of
from dualion.numerics.absorption_edge.spectra import Ordered, Recipe, absorption, scan

ENERGY = scan(9662.0)
SPECTRUM = Ordered(ENERGY, absorption(ENERGY, Recipe(amplitude=0.0)), 0, 0)
K = np.arange(0, 13, 0.05)
R = np.arange(0, 6, 0.03)


@dataclass
class Normal:
    e0: float
    edge_step: float
    norm: np.ndarray


@dataclass
class Fine:
    k: np.ndarray
    chi: np.ndarray
    window: np.ndarray
    r: np.ndarray
    magnitude: np.ndarray


def normalise(energy: np.ndarray, mu: np.ndarray, settings: Settings) -> Normal:
    """An edge step that depends on the pre-edge alone, by 0.1 between the ends of the grid."""
    return Normal(9662.0, 0.85 + (0.05 if settings.victoreen else 0.0), (mu - 0.4) / 0.85)


def reduce(energy: np.ndarray, mu: np.ndarray, settings: Settings) -> tuple[Normal, Fine]:
    """A shell that moves with the cutoff of the background alone."""
    position = 1.5 + 0.5 * (settings.rbkg - 1.0)
    chi = np.cos(2 * K * position) * np.exp(-0.01 * K**2) / np.maximum(K, 1)
    window = ((settings.k[0] < K) & (settings.k[1] > K)).astype(float)
    return normalise(energy, mu, settings), Fine(K, chi, window, R, np.exp(-((R - position) ** 2) / 0.1))


def test_the_spread_of_each_kind_is_in_the_errors() -> None:
    found = analysed(SPECTRUM, Settings(), rbkg_range=(0.8, 1.2), shell=(1.1, 3.2), energy_error=0.3, normalise=normalise, reduce=reduce)
    assert found.shell is not None
    assert found.shell.value == pytest.approx(1.5, abs=1e-3)
    assert found.rbkg_range == pytest.approx(0.2, abs=2e-3)
    assert found.shell.stderr == pytest.approx(0.1 / math.sqrt(3), rel=0.02)
    assert found.step.stderr == pytest.approx(0.025 / math.sqrt(3), rel=0.02)
    assert found.edge.stderr == pytest.approx(math.hypot(0.3, 0.25 / math.sqrt(12)), rel=0.05)
    assert found.rows is not None
    assert found.rows["kind"][0] == "base"
    assert {"rbkg", "k range", "window", "pre-edge", "post-edge", "smoothing"} < set(found.rows["kind"])


def test_without_a_range_of_k_there_is_no_shell() -> None:
    found = analysed(SPECTRUM, Settings(), rbkg_range=(0.8, 1.2), shell=(1.1, 3.2), energy_error=0.3, normalise=normalise, reduce=None)
    assert found.shell is None
    assert found.reduced is None
    assert found.step.value == 0.85


def test_smoothings_of_another_edge_do_not_count() -> None:
    """Inflections far from the edge of the engine belong to something else."""
    shifted = Ordered(ENERGY, SPECTRUM.mu, 0, 0)
    far = edge_of(shifted, Settings(), lambda energy, mu, settings: Normal(9700.0, 0.85, mu))
    assert far.smoothings == {}
    assert far.value == 9700.0
