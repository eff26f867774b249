"""Diffusion in a sphere against its series, its limits and the balance of what flows in."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from dualion.errors import SolveError
from dualion.numerics.titration.sphere import march, shells, surface_response, switched_response

RATE = 1e-4  # [s-1]


def series(theta: float) -> float:
    """Crank's series with so many terms that it holds at any theta used here."""
    roots = np.array([brentq(lambda a: np.sin(a) - a * np.cos(a), n * np.pi + 1e-9, (n + 0.5) * np.pi) for n in range(1, 400)])
    return float(3 * theta + 0.2 - 2 * np.sum(np.exp(-(roots**2) * theta) / roots**2))


@pytest.mark.parametrize("theta", [1e-4, 1e-3, 0.0299, 0.0301, 0.1, 0.7, 1.49, 1.51, 4.0])
def test_response_is_that_of_the_series(theta: float) -> None:
    assert surface_response(np.array(theta)) == pytest.approx(series(theta), rel=1e-9)


def test_early_response_is_that_of_a_slab_without_an_end() -> None:
    theta = np.array([1e-10, 1e-8, 1e-6])
    found = surface_response(theta)
    assert found == pytest.approx(2 * np.sqrt(theta / np.pi) + theta, rel=1e-5)


def test_nothing_happens_before_the_flux_begins() -> None:
    assert surface_response(np.array([-1.0, 0.0])).tolist() == [0, 0]


def test_after_a_pulse_only_its_charge_is_left() -> None:
    time = np.array([0.0, 600.0, 600.0 + 3 / RATE])
    found = switched_response(time, (0.0, 600.0), (1.0, -1.0), rate=RATE)
    assert found[0] == 0
    assert found[2] == pytest.approx(3 * RATE * 600, rel=1e-12)


def test_march_follows_the_closed_solution() -> None:
    times = np.array([1.0, 30.0, 600.0, 5000.0])
    surface, _ = march(shells(60), np.full(60, 0.3), diffusion_rate=lambda x: np.full(x.size, RATE), flux=1e-5, times=times)
    expected = 0.3 + 1e-5 / 3 / RATE * surface_response(RATE * times)
    assert surface - 0.3 == pytest.approx(expected - 0.3, rel=4e-3)


def test_march_stores_what_flows_in() -> None:
    shape = shells(25)
    start = 0.2 + 0.1 * shape.centres**2
    _, end = march(shape, start, diffusion_rate=lambda x: RATE * (1 + 3 * x), flux=2e-5, times=np.array([4000.0]))
    assert (end - start) @ shape.volumes == pytest.approx(2e-5 * 4000, rel=1e-9)


def test_uniform_sphere_at_rest_stays() -> None:
    surface, end = march(shells(20), np.full(20, 0.4), diffusion_rate=lambda x: RATE * (1 + x), flux=0.0, times=np.array([1e5]))
    assert surface[0] == pytest.approx(0.4, abs=1e-14)
    assert end == pytest.approx(np.full(20, 0.4), abs=1e-14)


def test_march_is_of_second_order_in_the_shells() -> None:
    times = np.array([3000.0])
    exact = 1e-5 / 3 / RATE * float(surface_response(np.array(RATE * 3000.0)))
    errors = []
    for count in (10, 20, 40):
        surface, _ = march(
            shells(count), np.zeros(count), diffusion_rate=lambda x: np.full(x.size, RATE), flux=1e-5, times=times, tolerance=1e-11
        )
        errors.append(abs(float(surface[0]) - exact))
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert (orders > 1.7).all()


def test_volumes_add_up_to_the_sphere() -> None:
    assert shells(33).volumes.sum() == pytest.approx(1, rel=1e-14)


def test_a_diffusivity_that_is_not_a_number_is_an_error() -> None:
    with pytest.raises(SolveError, match="Diffusion in a sphere stopped"):
        march(shells(10), np.full(10, 0.4), diffusion_rate=lambda x: np.full(x.size, np.nan), flux=1e-5, times=np.array([10.0]))
