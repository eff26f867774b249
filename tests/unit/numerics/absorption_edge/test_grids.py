"""Grids of settings, and the error that a spread stands for."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dualion.numerics.absorption_edge.grids import Settings, background_grid, edge_step_grids, spread_stderr, transform_grids


def test_a_spread_is_a_rectangle() -> None:
    assert spread_stderr({"one": [1.0, 3.0]}, 2.0) == pytest.approx(1 / math.sqrt(3))
    assert spread_stderr({"one": [1.0, 3.0], "two": [2.5, 2.0]}, 2.0) == pytest.approx(math.hypot(1, 0.25) / math.sqrt(3))
    assert spread_stderr({"none": []}, 2.0) == 0
    rng = np.random.default_rng(0)
    assert spread_stderr({"one": [-1.0, 1.0]}, 0.0) == pytest.approx(rng.uniform(-1, 1, 100_000).std(), rel=0.01)


def test_one_kind_of_setting_at_a_time() -> None:
    base = Settings()
    for one in background_grid(base, (0.8, 1.2)):
        assert one.rbkg != base.rbkg
        assert (one.k, one.window, one.kweight) == (base.k, base.window, base.kweight)
    assert [one.rbkg for one in background_grid(base, (0.8, 1.2))] == [0.8, 0.9, 1.1, 1.2]
    grids = transform_grids(base, end=14.0)
    assert {one.window for one in grids["window"]} == {"hanning", "kaiser", "parzen"}
    assert all(one.rbkg == base.rbkg for some in grids.values() for one in some)
    assert all(one.k != base.k for one in grids["k range"])


def test_ranges_stay_inside_the_data() -> None:
    assert max(one.k[1] for one in transform_grids(Settings(), end=12.4)["k range"]) == 12.4
    grids = edge_step_grids(Settings(), first=-75.0, last=640.0)
    assert all(-75 <= one.pre_edge[0] < one.pre_edge[1] < 0 for one in grids["pre-edge"] if one.pre_edge)
    assert all(0 < one.post_edge[0] < one.post_edge[1] <= 640 for one in grids["post-edge"] if one.post_edge)
    assert any(one.victoreen for one in grids["pre-edge"])
