"""The error that a datum is given where its source prints none."""

from __future__ import annotations

import pytest

from dualion.models.targets import Target


@pytest.mark.parametrize(
    ("quantity", "value", "sigma", "unit"),
    [
        ("specific_capacity", 427.0, 4.27, "mAh/g"),
        ("specific_capacity", 64.0, 1.0, "mAh/g"),  # at least 1 mAh/g
        ("plateau_capacity", 338.0, 3.38, "mAh/g"),
        ("slope_capacity", 20.0, 1.0, "mAh/g"),
        ("mean_voltage", 4.05, 0.01, "V"),
        ("median_voltage", 3.68, 0.01, "V"),
        ("specific_energy", 380.0, 3.8, "mWh/g"),
        ("plateau_retention", 33.0, 1.0, "%"),
        ("capacity_retention", 80.6, 1.0, "%"),
    ],
)
def test_sigma_and_unit(quantity: str, value: float, sigma: float, unit: str) -> None:
    target = Target("P001", quantity, 300.0, value, 60.0)
    assert target.sigma == pytest.approx(sigma, rel=1e-12)
    assert target.unit == unit


def test_the_error_does_not_change_sign_with_the_value() -> None:
    assert Target("P001", "specific_capacity", 300.0, -427.0).sigma == pytest.approx(4.27)
