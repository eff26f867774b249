"""Fits of curves against truth, against scipy and lmfit, and their errors against those that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import least_squares

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.scattering.curve_fit import CurveFit, bootstrap, fit_curve, minimise
from dualion.numerics.scattering.invariant import guinier, invariant
from dualion.numerics.scattering.models import CLOSED, build
from dualion.numerics.scattering.synthetic import Carbon
from dualion.numerics.scattering.tracking import track

CARBON = Carbon(0.15, 1.2, 5.0, 0.02, 2.26)
Q = np.geomspace(0.4, 6.0, 90)


def noisy(seed: int = 0, noise: float = 0.03, q: np.ndarray = Q) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    clean = CARBON.intensity(q)
    return q, clean * (1 + noise * np.random.default_rng(seed).standard_normal(q.size)), noise * clean


def fitted(seed: int = 0, **settings: object) -> CurveFit:
    q, intensity, error = noisy(seed)
    return fit_curve(build("m1", q, **settings), q, intensity, error)  # type: ignore[arg-type]


def test_truth_without_noise() -> None:
    clean = CARBON.intensity(Q)
    fit = fit_curve(build("m1", Q), Q, clean, 0.03 * clean)
    assert fit.of_product("B", "a")[0] == pytest.approx(CARBON.amplitude_length, rel=1e-8)
    assert fit.value("a") == pytest.approx(CARBON.length, rel=1e-8)
    assert fit.value("D") == pytest.approx(0.02, rel=1e-6)
    assert fit.chi2 < 1e-12


@pytest.mark.parametrize("name", CLOSED)
def test_the_same_minimum_and_errors_as_scipy(name: str) -> None:
    q, intensity, error = noisy(3)
    model = build(name, q)
    fit = fit_curve(model, q, intensity, error)
    free = np.array([not one.fixed for one in model.parameters])
    low, high = (np.array([getattr(one, end) for one in model.parameters])[free] for end in ("low", "high"))

    def residual(values: np.ndarray) -> np.ndarray:
        every = fit.values.copy()
        every[free] = values
        return (model.intensity(q, every) - intensity) / error

    start = np.clip(fit.values[free] * 1.05, low, high)
    other = least_squares(residual, start, bounds=(low, high), x_scale=np.maximum(np.abs(start), 1e-3), xtol=1e-14, ftol=1e-14, gtol=1e-14)
    assert fit.chi2 <= 2 * other.cost * (1 + 1e-6)


@pytest.mark.slow
def test_errors_are_those_of_lmfit() -> None:
    lmfit = pytest.importorskip("lmfit")
    q, intensity, error = noisy(4)
    fit = fit_curve(build("m1", q), q, intensity, error)
    start = lmfit.Parameters()
    for name in ("A", "B", "a", "D"):
        start.add(name, fit.value(name) * 1.02)

    def residual(p: dict[str, float]) -> np.ndarray:
        shape = p["B"] * p["a"] ** 4 / (1 + (p["a"] * q) ** 2) ** 2
        return np.asarray((p["A"] / q**4 + shape + p["D"] - intensity) / error)

    other = lmfit.minimize(residual, start, scale_covar=False)
    for name in ("A", "B", "a", "D"):
        assert fit.value(name) == pytest.approx(other.params[name].value, rel=2e-4)
        assert fit.stderr(name) == pytest.approx(fit.scale * other.params[name].stderr, rel=5e-3)
    assert fit.correlation("B", "a") == pytest.approx(other.params["B"].correl["a"], abs=2e-3)


@pytest.mark.parametrize(
    ("q_min", "of_amplitude", "of_length", "of_product"), [(0.15, 1.7, 0.4, 1.3), (0.4, 2.2, 0.6, 1.6), (0.6, 2.4, 0.8, 1.7)]
)
def test_errors_of_the_window(q_min: float, of_amplitude: float, of_length: float, of_product: float) -> None:
    """Per cent, at 3 % noise, of one grid of 300 points from 0.05 to 6 nm-1 that is cut, for pores of a = 0.4 nm."""
    grid = np.geomspace(0.05, 6.0, 300)
    q = grid[grid >= q_min]
    clean = Carbon(0.15, math.sqrt(10) * 0.4, 0.01, 0.5, 2.26).intensity(q)
    fit = fit_curve(build("m1", q), q, clean, 0.03 * clean)
    product, stderr = fit.of_product("B", "a")
    found = (fit.stderr("B") or 0) / fit.value("B"), (fit.stderr("a") or 0) / fit.value("a"), (stderr or 0) / product
    assert [100 * one for one in found] == pytest.approx([of_amplitude, of_length, of_product], rel=0.2)


def test_the_product_is_known_better_than_the_amplitude() -> None:
    fit = fitted()
    product, stderr = fit.of_product("B", "a")
    assert stderr is not None
    assert stderr / product < 0.9 * (fit.stderr("B") or 0) / fit.value("B")
    shared = fit.correlation("B", "a")
    assert shared is not None
    assert -0.995 < shared < -0.95


def test_the_bootstrap_agrees_with_the_covariance_and_repeats() -> None:
    fit = fitted()
    samples = bootstrap(fit, 200, 7)
    assert np.array_equal(samples, bootstrap(fit, 200, 7))
    product = samples[:, fit.model.place("B")] * samples[:, fit.model.place("a")]
    assert np.std(product) == pytest.approx(fit.of_product("B", "a")[1], rel=0.15)


def test_many_curves_at_once_are_the_same_as_one_by_one() -> None:
    data = np.array([noisy(seed)[1] for seed in range(5)])
    q, _, error = noisy()
    model = build("m1", q)
    start = np.repeat(fit_curve(model, q, data[0], error).values[None], 5, axis=0)
    together = minimise(model, q, data, error, start)[0]
    for row, values in zip(data, together, strict=True):
        assert values == pytest.approx(minimise(model, q, row[None], error, start[:1])[0][0], rel=1e-7)


def test_a_background_stays_at_its_bound() -> None:
    q, clean = Q, CARBON.intensity(Q) - 0.2
    fit = fit_curve(build("m1", q), q, clean, np.full(q.size, 0.01))
    assert fit.value("D") == 0
    assert "D" in fit.at_bound
    assert fit.stderr("D") is None
    below = fit_curve(build("m1", q, d_bound=None), q, clean, np.full(q.size, 0.01))
    assert below.value("D") == pytest.approx(-0.18, abs=1e-6)


def test_assumed_errors_are_scaled_and_stated_ones_never_made_smaller() -> None:
    q, intensity, error = noisy()
    model = build("m1", q)
    known, loose = fit_curve(model, q, intensity, 5 * error), fit_curve(model, q, intensity, 5 * error, stated=False)
    assert known.scale == 1.0
    assert loose.scale == pytest.approx(0.2, rel=0.2)
    assert loose.stderr("a") == pytest.approx(loose.scale * (known.stderr("a") or 0), rel=1e-6)
    assert fit_curve(model, q, intensity, error / 5).scale == pytest.approx(5, rel=0.2)


def test_exponents() -> None:
    q = np.geomspace(0.2, 6.0, 200)
    values = np.array([2.0, 3.4, 300.0, 0.4, 0.02])
    model = build("m1", q, exponent="porod")
    clean = model.intensity(q, values)
    assert fit_curve(model, q, clean, 0.01 * clean).value("n") == pytest.approx(3.4, rel=1e-6)
    assert fit_curve(build("m1", q, exponent="free"), q, clean, 0.01 * clean).value("n") == pytest.approx(3.4, rel=1e-6)
    assert fit_curve(build("m1", q, exponent="fixed", n=3.4), q, clean, 0.01 * clean).value("A") == pytest.approx(2.0, rel=1e-6)


def test_saurel_finds_its_layers() -> None:
    q = np.geomspace(0.2, 7.0, 200)
    model = build("saurel", q)
    clean = model.intensity(q, np.array([2.0, 3.5, 1.0, 300.0, 0.4, 0.05]))
    fit = fit_curve(model, q, clean, 0.01 * clean)
    assert [fit.value(name) for name in ("A", "n", "b", "B", "a", "D")] == pytest.approx([2.0, 3.5, 1.0, 300.0, 0.4, 0.05], rel=1e-4)


def test_too_few_points() -> None:
    with pytest.raises(CoverageError, match="at least 6"):
        fit_curve(build("m1", Q[:5]), Q[:5], Q[:5], Q[:5])


def test_names_of_models() -> None:
    with pytest.raises(InputError, match="beaucage"):
        build("dab2", Q)
    with pytest.raises(InputError, match="no parameter"):
        build("m1", Q).place("xi")


class TestInvariant:
    def test_of_two_phases(self) -> None:
        q = np.geomspace(0.01, 60.0, 600)
        clean = Carbon(0.15, 1.2, 0.0, 0.0, 2.26).intensity(q)
        found = invariant(q, clean, 0.01 * clean)
        assert found.refused == ""
        assert found.total == pytest.approx(math.pi / 4 * CARBON.amplitude_length, rel=2e-3)
        assert found.slope == pytest.approx(-4, abs=0.05)

    def test_a_flat_end_is_no_porod_law(self) -> None:
        q = np.geomspace(0.05, 2.0, 100)
        clean = Carbon(0.15, 1.2, 0.0, 0.0, 2.26).intensity(q)
        found = invariant(q, clean, 0.01 * clean)
        assert "slope" in found.refused

    def test_more_than_half_a_tail_is_refused(self) -> None:
        q = np.geomspace(20.0, 40.0, 60)
        found = invariant(q, q**-4.0, 0.01 * q**-4.0)
        assert found.slope == pytest.approx(-4)
        assert "extrapolated" in found.refused

    def test_background_is_taken_off(self) -> None:
        q = np.geomspace(0.05, 6.0, 100)
        clean = CARBON.intensity(q)
        assert invariant(q, clean + 1.0, clean, background=1.0).data == pytest.approx(invariant(q, clean, clean).data, rel=1e-9)

    def test_too_few_points(self) -> None:
        with pytest.raises(CoverageError):
            invariant(Q[:3], Q[:3], Q[:3])


def sphere(q: np.ndarray, radius: float) -> np.ndarray:
    x = q * radius
    shape: np.ndarray = (3 * (np.sin(x) - x * np.cos(x)) / x**3) ** 2
    return shape


class TestGuinier:
    def test_radius_of_a_sphere(self) -> None:
        q = np.linspace(0.01, 1.0, 200)
        found = guinier(q, sphere(q, 8.0), 0.01 * sphere(q, 8.0))
        assert found is not None
        assert math.sqrt(5 / 3) * found.radius == pytest.approx(8.0, rel=5e-3)
        assert found.zero_angle == pytest.approx(1.0, rel=2e-3)
        assert found.q_max * found.radius <= 1.3

    def test_a_rising_curve_has_none(self) -> None:
        q = np.linspace(0.1, 1.0, 40)
        assert guinier(q, q, 0.1 * q) is None


class TestTracking:
    def test_closed_pore_parameter(self) -> None:
        q, intensity, _ = noisy(1)
        frame = track(q, intensity, quantity="closed_pore_parameter")
        assert abs(frame.value - CARBON.amplitude_length) < 4 * frame.stderr
        again = track(q, intensity, quantity="closed_pore_parameter", seed=frame.seed)
        assert again.value == pytest.approx(frame.value, rel=1e-6)

    def test_intensity(self) -> None:
        q, intensity, _ = noisy(1)
        frame = track(q, intensity, quantity="intensity_at_1.5")
        (exact,) = CARBON.intensity(np.array([1.5]))
        assert abs(frame.value - exact) < 4 * frame.stderr
        assert frame.stderr < 0.03 * exact

    def test_nothing_to_follow(self) -> None:
        for quantity in ("closed_pore_parameter", "intensity_at_1.5"):
            assert math.isnan(track(Q[:3], Q[:3], quantity=quantity).value)
        assert math.isnan(track(Q, CARBON.intensity(Q), quantity="intensity_at_9").value)
        assert math.isnan(track(np.full(20, np.nan), np.ones(20)).value)

    def test_other_quantities_are_refused(self) -> None:
        with pytest.raises(SpecError, match=r"intensity_at_1\.5"):
            track(Q, Q, quantity="volume")
