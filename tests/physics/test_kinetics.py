"""Exchange currents and their exponents (V8), and the vacancy model against a particle of anions coded directly (V9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from dualion.models.constants import FARADAY
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.laws import exchange_shape
from dualion.models.reference.parameter_sets import cell_parameters, maximum_concentration
from dualion.models.states import host_charge
from dualion.records.cell import Cell

pytestmark = pytest.mark.models


def _slope(function: Callable[[float], float], at: float) -> float:
    """D ln f / d ln x by a central difference."""
    step = 1e-5
    return float((np.log(function(at * (1 + step))) - np.log(function(at * (1 - step)))) / (np.log1p(step) - np.log1p(-step)))


@pytest.mark.parametrize("anodic", [0.3, 0.5, 0.7])
def test_the_exponents_swap_between_a_cation_and_an_anion_host(anodic: float) -> None:
    """V8: j0 ~ c^alpha_a in the anode and c^alpha_c in the cathode; at half filling and initial salt 1 for both."""
    for ion, salt in (("Na+", anodic), ("PF6-", 1 - anodic)):
        assert exchange_shape(0.5, 1.0, ion=ion, anodic=anodic) == pytest.approx(1.0, rel=1e-12)  # type: ignore[arg-type]
        found = _slope(lambda c: exchange_shape(0.3, c, ion=ion, anodic=anodic), 0.7)  # noqa: B023
        assert found == pytest.approx(salt, abs=1e-6)
        x = 0.01  # d ln j0 / d ln x = (1 - s) - s x / (1 - x), and so for the empty sites
        empty = _slope(lambda x: exchange_shape(x, 1.0, ion=ion, anodic=anodic), x)  # noqa: B023
        full = _slope(lambda y: exchange_shape(1 - y, 1.0, ion=ion, anodic=anodic), x)  # noqa: B023
        assert empty == pytest.approx((1 - salt) - salt * x / (1 - x), abs=1e-6)
        assert full == pytest.approx(salt - (1 - salt) * x / (1 - x), abs=1e-6)


def test_half_and_half_is_the_root_of_full_and_empty() -> None:
    filled = np.linspace(0.01, 0.99, 50)
    for ion in ("Na+", "PF6-"):
        assert exchange_shape(filled, 1.0, ion=ion) == pytest.approx(2 * np.sqrt(filled * (1 - filled)), rel=1e-12)  # type: ignore[arg-type]


@pytest.mark.parametrize("side", ["Negative", "Positive"])
def test_both_interfaces_of_a_cell_read_the_root_of_the_salt(full: Cell, side: str) -> None:
    """V8 on the functions that PyBaMM is handed: half in the salt, half in the filling, 0.5 in all."""
    exchange = cell_parameters(full).values[f"{side} electrode exchange-current density [A.m-2]"]

    def value(salt: float, held: float) -> float:
        expression = exchange(pybamm.Scalar(salt), pybamm.Scalar(held), pybamm.Scalar(1.0), pybamm.Scalar(298.15))
        return float(np.asarray(expression.evaluate()).item())

    assert _slope(lambda c: value(c, 0.3), 700.0) == pytest.approx(0.5, abs=1e-6)
    assert _slope(lambda x: value(1000.0, x), 1e-3) == pytest.approx(0.5, abs=1e-3)
    assert value(1000.0, 0.0) == pytest.approx(1e-3 * value(1000.0, 0.5), rel=1e-9)  # the floor of an empty host


def _anions(shells: int, diffusivity: float, radius: float, flux: float, start: float, time: float) -> NDArray[np.float64]:
    """Fraction of anions in equal shells of a sphere after a constant flux [m/s] of it through the surface, finite volumes."""
    edges = np.linspace(0, radius, shells + 1)
    volumes, width = np.diff(edges**3) / 3, radius / shells

    def rate(_: float, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        through = np.concatenate([[0.0], -diffusivity * np.diff(theta) / width, [-flux]]) * edges**2
        return np.asarray(-np.diff(through) / volumes)

    found = solve_ivp(rate, (0.0, time), np.full(shells, start), method="BDF", rtol=1e-11, atol=1e-13)
    return np.asarray(found.y[:, -1])


def test_vacancies_are_what_anions_leave(full: Cell, half_cycle_of: Callable[..., Any]) -> None:
    """V9: the particle of vacancies against one of PF6-, with the flux D dc/dr = j / F at its surface, coded in numpy: 1e-6 in theta."""
    from dualion.models.reference.engine import CellModel

    assert full.cathode is not None
    charge = half_cycle_of(CellModel(full), 800.0, rtol=1e-7, atol=1e-9)
    time = 0.8 * float(charge.t[-1])
    material = full.cathode.material
    radius = material["particle_radius"] * 1e-6
    interface = 3 * material["active_volume_fraction"] / radius * full.cathode.thickness * full.area.value * 1e-4  # [m2]
    maximum = maximum_concentration(full.cathode.host_capacity, material["density"])
    flux = full.current_of(800.0) / interface / FARADAY / maximum  # [m/s] of filled fraction
    expected = _anions(20, material["diffusivity"], radius, flux, 0.002, time)
    vacancies = np.asarray(charge["X-averaged positive particle concentration [mol.m-3]"](time)).ravel() / maximum
    assert expected.max() - expected.min() > 0.01
    assert 1 - vacancies == pytest.approx(expected, abs=1e-6)
    assert flux * 3 / radius * time == pytest.approx(full.current_of(800.0) * time / host_charge(full.cathode, full), rel=1e-9)
