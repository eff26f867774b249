"""Craters to states, states to lines."""

from __future__ import annotations

import numpy as np
import pytest

from dualion.numerics.depth_profile.sodium import content_of_charge, content_of_ratio
from dualion.numerics.depth_profile.states import Crater, crater_of, lines_of, states_of

TIME = np.linspace(0, 60, 121)


def crater(q: float, charge: float | None, key: str = "", noise: float = 0.0, seed: int = 0) -> Crater:
    rng = np.random.default_rng(seed)
    sodium = 5 * q * (1 + noise * rng.standard_normal(TIME.size))
    found = crater_of(TIME, sodium, np.full(TIME.size, 5.0), key=(key or str(charge),), name="x", charge=charge, window=(10, 60))
    assert found is not None
    return found


def test_the_ratio_of_means_is_not_moved_by_noise_of_the_divisor() -> None:
    rng = np.random.default_rng(0)
    ratios = []
    for _ in range(50):
        carbon = 5 * (1 + 0.2 * rng.standard_normal(121))
        found = crater_of(TIME, np.full(121, 1.0), carbon, key=("a",), name="x", charge=None, window=(0, 60))
        ratios.append(found.q if found else np.nan)
    assert np.mean(ratios) == pytest.approx(0.2, rel=0.005)
    assert (1.0 / (5 * (1 + 0.2 * rng.standard_normal(20000)))).mean() > 0.2 * 1.03


def test_one_crater_has_the_matrix_term() -> None:
    (state,) = states_of([crater(0.2, 100.0, noise=0.02)], matrix_error=0.10)
    assert state.stderr == pytest.approx(0.02, rel=0.01)
    assert "matrix term of 10 %" in state.rule


def test_three_craters_have_their_scatter() -> None:
    (state,) = states_of([crater(q, 100.0, key="a") for q in (0.19, 0.20, 0.21)], matrix_error=0.10)
    assert state.q == pytest.approx(0.2)
    assert state.stderr == pytest.approx(0.01 / np.sqrt(3), rel=1e-6)
    assert state.freedom == 2


def test_faraday_line_of_exact_numbers() -> None:
    calibration, surface = 0.8, 0.4
    charges = (50.0, 150.0, 300.0)
    ratios = [calibration * (content_of_charge(charge) + surface) / content_of_ratio(1.0) for charge in charges]
    states = states_of([crater(q, charge) for q, charge in zip(ratios, charges, strict=True)], matrix_error=0.1)
    lines = lines_of(states, calibration=calibration, irreversible=0.0, charge_error=0.01)
    for one in lines.values():
        assert (one.slope, one.intercept) == pytest.approx((1.0, surface), rel=1e-9)
    net = lines_of(states, calibration=calibration, irreversible=surface / content_of_charge(-1.0), charge_error=0.01)
    assert net["deming"].intercept == pytest.approx(0.0, abs=1e-9)


def test_two_charges_are_no_line() -> None:
    states = states_of([crater(0.1, 50.0), crater(0.2, 100.0)], matrix_error=0.1)
    assert lines_of(states, calibration=None, irreversible=0.0, charge_error=0.01) == {}
