"""Checks between techniques: each verdict of each check, and what is not testable."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from dualion.numerics import consistency
from dualion.numerics.consistency import Check, Value


def v(value: float | None, stderr: float | None, source: str = "") -> Value:
    return Value(value, stderr, source)


CASES: dict[str, tuple[Callable[[], Check], Callable[[], Check], Callable[[], Check]]] = {
    "pore_balance": (
        lambda: consistency.pore_balance(v(0.15, 0.01), v(0.03, 0.003), v(0.12, 0.006)),
        lambda: consistency.pore_balance(v(0.18, 0.01), v(0.03, 0.003), v(0.12, 0.006)),
        lambda: consistency.pore_balance(v(0.25, 0.01), v(0.03, 0.003), v(0.12, 0.006)),
    ),
    "contrast_and_sodium": (
        lambda: consistency.contrast_and_sodium(v(0.4, 0.02), v(0.6, 0.02), v(0.15, 0.005), v(3.0, 0.1)),
        lambda: consistency.contrast_and_sodium(v(0.4, 0.02), v(0.6, 0.02), v(0.15, 0.005), v(4.4, 0.15)),
        lambda: consistency.contrast_and_sodium(v(0.4, 0.02), v(0.6, 0.02), v(0.15, 0.005), v(9.0, 0.2)),
    ),
    "spacing_and_walls": (
        lambda: consistency.spacing_and_walls(v(0.375, 0.005), v(2.02, 0.0)),
        lambda: consistency.spacing_and_walls(v(0.375, 0.005), v(2.27, 0.02)),
        lambda: consistency.spacing_and_walls(v(0.390, 0.005), v(2.26, 0.0)),
    ),
    "lateral_sizes": (
        lambda: consistency.lateral_sizes(v(2.0, 0.1), v(1.67, 0.1)),
        lambda: consistency.lateral_sizes(v(4.5, 0.2), v(1.8, 0.1)),
        lambda: consistency.lateral_sizes(v(19.2, 1.0), v(1.67, 0.1)),
    ),
    "surface_and_bulk_nitrogen": (
        lambda: consistency.surface_and_bulk_nitrogen(v(1.8, 0.1), v(1.0, 0.03)),
        lambda: consistency.surface_and_bulk_nitrogen(v(2.4, 0.1), v(1.0, 0.03)),
        lambda: consistency.surface_and_bulk_nitrogen(v(4.0, 0.1), v(1.0, 0.03)),
    ),
    "nitrogen_and_sodium": (
        lambda: consistency.nitrogen_and_sodium(v(0.286, 0.02), v(7.0, 1.0)),
        lambda: consistency.nitrogen_and_sodium(v(0.286, 0.02), v(9.2, 0.1)),
        lambda: consistency.nitrogen_and_sodium(v(0.286, 0.02), v(338.0, 5.0)),
    ),
    "plateau_and_pores": (
        lambda: consistency.plateau_and_pores(v(165.0, 3.0), v(0.15, 0.01)),
        lambda: consistency.plateau_and_pores(v(338.0, 5.0), v(0.275, 0.01)),
        lambda: consistency.plateau_and_pores(v(338.0, 5.0), v(0.12, 0.01)),
    ),
    "change_and_boundary": (
        lambda: consistency.change_and_boundary(v(0.15, 0.01), v(0.12, 0.01)),
        lambda: consistency.change_and_boundary(v(0.18, 0.01), v(0.12, 0.01)),
        lambda: consistency.change_and_boundary(v(0.30, 0.01), v(0.10, 0.01)),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_verdicts(name: str) -> None:
    for made, verdict in zip(CASES[name], ("agree", "tension", "incompatible"), strict=True):
        found = made()
        assert (found.name, found.verdict) == (name, verdict), found
        assert found.z is not None
        low, high = {"agree": (0, 2), "tension": (2, 3), "incompatible": (3, math.inf)}[verdict]
        assert low <= abs(found.z) <= high


def test_z_scores() -> None:
    found = consistency.pore_balance(v(0.18, 0.008), v(0.03, 0.0), v(0.12, 0.006))
    assert found.z == pytest.approx(0.03 / 0.01)
    ratio = consistency.surface_and_bulk_nitrogen(v(2.0, 0.0), v(1.0, 0.0))
    assert ratio.z == pytest.approx(2.0)  # a factor of two is two standard errors


def test_required_volume_of_the_specification() -> None:
    """165, 320 and 338 mAh/g need 0.146, 0.284 and 0.300 cm3/g, to 1 %."""
    for capacity, volume in ((165.0, 0.146), (320.0, 0.284), (338.0, 0.300)):
        found = consistency.plateau_and_pores(v(capacity, 0.0), v(0.0, 0.01))
        assert found.z is not None
        assert -found.z * 0.01 == pytest.approx(volume, rel=0.01)
        assert "insufficient" in found.detail


def test_stored_sodium_is_faradays() -> None:
    """1 mAh/g is 37.31 micromole per gram."""
    found = consistency.nitrogen_and_sodium(v(0.0, 1.0), v(1000.0, 0.0))
    assert found.z == pytest.approx(-37.31, rel=1e-4)


def test_enough_is_no_tension() -> None:
    assert consistency.plateau_and_pores(v(100.0, 1.0), v(0.9, 0.01)).z == 0.0
    assert consistency.nitrogen_and_sodium(v(5.0, 0.1), v(10.0, 1.0)).z == 0.0


@pytest.mark.parametrize("bad", [v(None, 0.1), v(0.1, None), v(math.nan, 0.1), v(0.1, math.inf)])
def test_what_is_missing_is_not_testable(bad: Value) -> None:
    fine = v(0.1, 0.01)
    for found in (
        consistency.pore_balance(bad, fine, fine), consistency.contrast_and_sodium(fine, fine, fine, bad),
        consistency.spacing_and_walls(bad, fine), consistency.lateral_sizes(fine, bad), consistency.surface_and_bulk_nitrogen(bad, fine),
        consistency.nitrogen_and_sodium(fine, bad), consistency.plateau_and_pores(bad, fine), consistency.change_and_boundary(fine, bad),
    ):  # fmt: skip
        assert (found.verdict, found.z) == ("not testable", None)
        assert "Missing" in found.detail


def test_what_has_no_error_or_is_not_positive_is_not_testable() -> None:
    assert consistency.pore_balance(v(0.15, 0.0), v(0.03, 0.0), v(0.12, 0.0)).verdict == "not testable"
    assert consistency.lateral_sizes(v(-1.0, 0.1), v(2.0, 0.1)).verdict == "not testable"


def test_inputs_are_carried_once() -> None:
    found = consistency.change_and_boundary(v(0.15, 0.01, "sha256:a"), v(0.12, 0.01, "sha256:a"))
    assert found.inputs == ("sha256:a",)
