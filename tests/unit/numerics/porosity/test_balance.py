"""The balance of pores: the numbers of the specification, solving for what is missing, and both ways of propagating errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dualion.errors import InputError
from dualion.numerics.porosity.balance import Inputs, balance, missing, porosity_of
from dualion.numerics.porosity.budget import Budget, Error, Measured, budget
from dualion.numerics.porosity.propagation import propagate
from dualion.numerics.porosity.skeleton import GRAPHITE_DENSITY, scaled_density, wall

DENSITY = Error(1.80, 0.02, "xylene")


def closed(density: float, spacing: float | None, *, u: float = 0.02, **more: float) -> Budget:
    given = Measured(true_density=Error(density, u), spacing=None if spacing is None else Error(spacing, more.get("u_spacing", 0.0)))
    return budget(given, skeleton="both", contrast_density=None, draws=20_000, seed=0)


def test_density_of_the_walls() -> None:
    """2.02 g/cm3 at 0.375 nm."""
    assert scaled_density(0.375) == pytest.approx(2.02, rel=1e-2)
    assert scaled_density(0.3354) == pytest.approx(2.26, rel=1e-12)
    with pytest.raises(InputError, match="d002"):
        scaled_density(-0.1)
    with pytest.raises(InputError, match="d002"):
        wall(None, 0.0, "scaled")


@pytest.mark.parametrize(
    ("density", "spacing", "graphite", "scaled"),
    [(1.80, 0.375, 0.1131, 0.0608), (1.80, 0.390, 0.1131, 0.0410), (2.00, 0.390, 0.0575, -0.0145)],
)
def test_closed_volume_of_the_specification(density: float, spacing: float, graphite: float, scaled: float) -> None:
    """0.113 (graphite), 0.061 (d-scaled), 0.041 at 0.390 nm, -0.015 at 2.00 g/cm3, to the digits that are printed there."""
    found = closed(density, spacing)
    assert found.by_wall["graphite"]["closed_pore_volume"].value == pytest.approx(graphite, abs=6e-5)
    assert found.by_wall["scaled"]["closed_pore_volume"].value == pytest.approx(scaled, abs=6e-5)
    assert found.headline["closed_pore_volume"].value == pytest.approx((graphite + scaled) / 2, abs=6e-5)
    assert found.systematic["closed_pore_volume"] == pytest.approx((graphite - scaled) / 2, abs=6e-5)


def test_errors_of_the_closed_volume() -> None:
    """u(V) = u(rho) / rho^2 = 0.006 cm3/g; linear and drawn within 5 %; the choice of the walls comes on top."""
    found = closed(1.80, 0.375)
    own = found.by_wall["graphite"]["closed_pore_volume"]
    assert own.linear == pytest.approx(0.02 / 1.8**2, rel=1e-6)
    assert own.linear == pytest.approx(0.006, abs=5e-4)
    assert own.drawn == pytest.approx(own.linear, rel=0.05)
    whole = found.headline["closed_pore_volume"]
    assert whole.linear == pytest.approx(math.hypot(own.linear, found.systematic["closed_pore_volume"]), rel=1e-6)
    assert whole.drawn == pytest.approx(whole.linear, rel=0.05)


def test_error_of_the_spacing_counts_when_asked() -> None:
    def error(counts: bool) -> float:
        given = Measured(true_density=DENSITY, spacing=Error(0.375, 0.005), spacing_counts=counts)
        found = budget(given, skeleton="scaled", contrast_density=None, draws=1000, seed=0)
        return found.headline["closed_pore_volume"].linear

    assert error(counts=True) == pytest.approx(math.hypot(error(counts=False), 0.005 / 0.375 / scaled_density(0.375)), rel=1e-6)


def inputs(**known: float) -> Inputs:
    names = ("porosity", "contrast_density", "total_volume", "open_volume", "true_density", "scattering_area", "sorption_area")
    return Inputs(wall_volume=1 / GRAPHITE_DENSITY, **{name: known.get(name) for name in names})  # type: ignore[arg-type]


def test_a_balance_that_closes() -> None:
    """Phi of 0.15 cm3/g of pores beside walls of graphite, of which 0.03 are open and 0.12 closed."""
    phi = 0.15 / (0.15 + 1 / GRAPHITE_DENSITY)
    density = 1 / (0.12 + 1 / GRAPHITE_DENSITY)
    found = balance(inputs(porosity=phi, open_volume=0.03, true_density=density, scattering_area=700.0, sorption_area=39.13))
    assert found["total_volume"] == pytest.approx(0.15, rel=1e-12)
    assert found["closed_pore_volume"] == pytest.approx(0.12, rel=1e-12)
    assert found["volume_residual"] == pytest.approx(0.0, abs=1e-12)
    assert found["inaccessible_volume"] == pytest.approx(0.12, rel=1e-12)
    assert found["inaccessible_area"] == pytest.approx(660.87, rel=1e-12)


@pytest.mark.parametrize("absent", ["porosity", "open_volume", "true_density"])
def test_what_is_missing_is_solved_for(absent: str) -> None:
    known = {"porosity": 0.15 / (0.15 + 1 / 2.26), "open_volume": 0.03, "true_density": 1 / (0.12 + 1 / 2.26)}
    rest = inputs(**{name: value for name, value in known.items() if name != absent})
    found = balance(rest)
    for name, value in (("total_volume", 0.15), ("open_volume", 0.03), ("closed_pore_volume", 0.12)):
        assert found[name] == pytest.approx(value, rel=1e-9)
    assert "volume_residual" not in found
    assert len(missing(rest)) == 1


def test_two_missing_terms_cannot_be_solved_for() -> None:
    found = balance(inputs(true_density=1.8))
    assert set(found) == {"closed_pore_volume"}


def test_contrast_follows_the_walls() -> None:
    """Phi (1 - phi) goes with the inverse square of the density of the walls."""
    phi, v = np.array(0.2), np.array(1 / 2.02)
    carried = float(porosity_of(phi, v, 2.26))
    assert carried * (1 - carried) == pytest.approx(0.2 * 0.8 * (2.26 / 2.02) ** 2, rel=1e-12)
    assert float(porosity_of(np.array(0.8), v, 2.26)) == pytest.approx(1 - carried, rel=1e-12)
    assert float(porosity_of(phi, v, None)) == 0.2
    assert math.isnan(float(porosity_of(np.array(0.45), v, 2.26)))


def test_propagation_against_closed_forms() -> None:
    """A product and a quotient of independent numbers, and a sum with what it shares."""
    values, stderr = {"a": 3.0, "b": 2.0}, {"a": 0.03, "b": 0.04}
    found = propagate(
        lambda x: {"product": x["a"] * x["b"], "ratio": x["a"] / x["b"], "none": x["a"] - x["a"]}, values, stderr, draws=40_000, seed=1
    )  # fmt: skip
    relative = math.hypot(0.01, 0.02)
    assert found["product"].linear == pytest.approx(6 * relative, rel=1e-6)
    assert found["ratio"].linear == pytest.approx(1.5 * relative, rel=1e-5)
    assert found["ratio"].drawn == pytest.approx(1.5 * relative, rel=0.02)
    assert found["product"].interval == pytest.approx((6 - 1.96 * 6 * relative, 6 + 1.96 * 6 * relative), rel=0.01)
    assert found["none"].linear == 0.0


def test_impossible_draws_are_counted() -> None:
    with np.errstate(invalid="ignore"):
        found = propagate(lambda x: {"root": np.sqrt(x["a"])}, {"a": 1.0}, {"a": 1.0}, draws=10_000, seed=0)
    assert found["root"].impossible == pytest.approx(0.159, abs=0.02)
