"""The fit of a region: derivatives, another program, limits, linked areas, bootstrap and profile likelihood."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dualion.errors import SpecError
from dualion.numerics.photoemission.findings import analysed
from dualion.numerics.photoemission.model import Component, line_of, model_of
from dualion.numerics.photoemission.region import BOTH_SIDES, Recipe, bootstrap, fit_region, fractions_of, profiles, widths_at_bound
from dualion.numerics.photoemission.solve import Known, solve
from dualion.numerics.photoemission.spectrum import region
from dualion.numerics.photoemission.synthetic import counted, lines, spectrum

SPECIES = (
    Component("pyridinic", 398.4, 398.1, 398.7),
    Component("pyrrolic", 400.2, 399.8, 400.5),
    Component("graphitic", 401.2, 400.8, 401.7),
    Component("oxidised", 403.2, 402.5, 405.0, tolerance=None),
)
ENERGY = np.arange(394.0, 408.05, 0.1)
SHARES, PLACES = (0.35, 0.25, 0.20, 0.20), (398.4, 400.2, 401.2, 403.2)


def measured(
    shares: tuple[float, ...] = SHARES, *, noise: float = 0.0, seed: int = 0, slope: float = 0.02, fwhm: float = 1.6
) -> np.ndarray:
    peaks = lines(ENERGY, [(1000 * share, place, fwhm) for share, place in zip(shares, PLACES, strict=True)])
    clean = spectrum(ENERGY, peaks, level=1500.0, straight=0.0, slope=slope)
    return counted(np.random.default_rng(seed), clean, sigma=noise * float(peaks.max()))


@pytest.mark.parametrize("active", [False, True])
def test_derivatives_are_those_of_the_model(active: bool) -> None:
    model = model_of(ENERGY, SPECIES, shape="voigt30", share="groups", active=active)
    theta = np.array([[350.0, 250, 200, 200, *PLACES, 1.5, *([900.0, 0.02] if active else [])]])
    slopes = model.evaluate(theta)[1][0]
    for k, step in enumerate(1e-5 * np.eye(model.size)):
        found = (model.evaluate(theta + step)[0] - model.evaluate(theta - step)[0])[0] / 2e-5
        assert found == pytest.approx(slopes[k], abs=1e-5)


@pytest.mark.parametrize("background", ["shirley", "active_shirley"])
@pytest.mark.parametrize("shares", [SHARES, (0.25, 0.22, 0.182, 0.348), (0.4, 0.3, 0.3, 0.0)])
def test_without_noise_the_truth_is_found(background: str, shares: tuple[float, ...]) -> None:
    fit = fit_region(ENERGY, measured(shares), Recipe(SPECIES, background=background))  # type: ignore[arg-type]
    assert fit.fractions == pytest.approx(shares, abs=1e-4)
    assert fit.widths == pytest.approx(1.6, abs=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_with_three_percent_of_noise_the_truth_lies_within_two_standard_errors(seed: int) -> None:
    part = region("N1s", ENERGY, measured(noise=0.03, seed=seed), unit="Hz")
    found = analysed(part, Recipe(SPECIES), draws=100, seed=0)
    assert np.all(np.abs(found.fit.fractions - SHARES) < 2 * found.stderr)
    assert found.drawn_fractions.sum(axis=1) == pytest.approx(1.0)


def test_no_oxidised_nitrogen_gives_an_upper_bound() -> None:
    part = region("N1s", ENERGY, measured((0.4, 0.3, 0.3, 0.0), noise=0.03, seed=1), unit="Hz")
    found = analysed(part, Recipe(SPECIES), draws=100, seed=0)
    assert found.bounded(3)
    low, high = found.interval(3)
    assert low == 0
    assert 0.002 < high < 0.05
    assert not found.bounded(0)


@pytest.mark.slow
def test_lmfit_finds_the_same_minimum() -> None:
    lmfit = pytest.importorskip("lmfit")
    y = measured(noise=0.03, seed=4)
    wide = tuple(replace(one, tolerance=None) for one in SPECIES)
    fit = fit_region(ENERGY, y, Recipe(wide, weights="equal"))
    parameters = lmfit.Parameters()
    for one, area, place in zip(SPECIES, fit.areas, PLACES, strict=True):
        parameters.add(f"a_{one.name}", value=0.8 * area, min=0)
        parameters.add(f"p_{one.name}", value=place, min=one.low, max=one.high)
    parameters.add("w", value=1.4, min=1.2, max=2.0)
    line = line_of("gl30")

    def residual(at: object) -> np.ndarray:
        value = at.valuesdict()  # type: ignore[attr-defined]
        total = -(y - fit.background)
        for one in SPECIES:
            t = (ENERGY - value[f"p_{one.name}"]) / value["w"]
            total = total + value[f"a_{one.name}"] * line.curve(t)[0] / (line.area * value["w"])
        return total

    other = lmfit.minimize(residual, parameters, method="least_squares")
    assert float(((y - fit.fitted) ** 2).sum()) == pytest.approx(other.chisqr, rel=1e-5)
    assert fit.areas == pytest.approx([other.params[f"a_{one.name}"].value for one in SPECIES], rel=5e-3)
    assert fit.positions == pytest.approx([other.params[f"p_{one.name}"].value for one in SPECIES], abs=3e-3)


def test_linked_areas_keep_their_ratio() -> None:
    pair = (
        Component("zn_3_2", 1021.8, 1021.3, 1022.3, group="zn"),
        Component("zn_1_2", 1044.9, 1044.4, 1045.4, group="zn", linked="zn_3_2", ratio=0.5),
    )
    energy = np.arange(1015.0, 1052.0, 0.1)
    y = spectrum(energy, lines(energy, [(900.0, 1021.8, 1.7), (500.0, 1044.9, 1.7)]), level=100.0, straight=0.0, slope=0.0)
    fit = fit_region(energy, y, Recipe(pair, background="linear"))
    assert fit.areas[1] / fit.areas[0] == pytest.approx(0.5, rel=1e-3)


def test_a_background_that_is_given_is_kept() -> None:
    y = measured()
    given = y - lines(ENERGY, [(1000 * share, place, 1.6) for share, place in zip(SHARES, PLACES, strict=True)])
    fit = fit_region(ENERGY, y, Recipe(SPECIES, background="linear"), background=given)
    assert fit.areas == pytest.approx([1000 * one for one in SHARES], rel=1e-4)
    assert fit.background == pytest.approx(given)
    assert bootstrap(fit, draws=20, seed=0).shape == (20, 9)


def test_widths_of_their_own() -> None:
    peaks = lines(ENERGY, [(500.0, 398.4, 1.3), (500.0, 402.9, 1.8)])
    two = (SPECIES[0], replace(SPECIES[3], position=402.9))
    y = spectrum(ENERGY, peaks, level=500.0, straight=0.0)
    assert fit_region(ENERGY, y, Recipe(two, share="none")).widths == pytest.approx([1.3, 1.8], abs=2e-3)


@pytest.mark.parametrize(("fwhm", "names"), [(1.0, 4), (1.6, 0), (2.4, 4)])
def test_widths_at_an_end_of_their_range_are_named(fwhm: float, names: int) -> None:
    fit = fit_region(ENERGY, measured(fwhm=fwhm, noise=0.01), Recipe(SPECIES))
    assert len(widths_at_bound(fit)) == names


def test_a_profile_of_a_linear_problem_is_a_parabola() -> None:
    """Two lines far from each other, all else known: the profile must give 1.96 standard errors of the fraction."""
    narrow = {"tolerance": 1e-4, "fwhm_low": 1.6, "fwhm_high": 1.6}
    two = (
        Component("first", 397.5, 397.4, 397.6, **narrow),  # type: ignore[arg-type]
        Component("other", 404.0, 403.9, 404.1, **narrow),  # type: ignore[arg-type]
    )
    clean = 2000 + lines(ENERGY, [(600.0, 397.5, 1.6), (400.0, 404.0, 1.6)])
    y = counted(np.random.default_rng(3), clean, sigma=8.0)
    fit = fit_region(ENERGY, y, Recipe(two, background="linear"), background=np.full(ENERGY.size, 2000.0))
    design = (line_of("gl30").curve((ENERGY - np.array([[397.5], [404.0]])) / 1.6)[0] / (line_of("gl30").area * 1.6)).T
    covariance = np.linalg.inv((design / fit.sigma[:, None]).T @ (design / fit.sigma[:, None]))
    total = fit.areas.sum()
    gradient = np.array([fit.areas[1], -fit.areas[0]]) / total**2
    expected = float(np.sqrt(gradient @ covariance @ gradient))
    drawn = fractions_of(bootstrap(fit, draws=1000, seed=1), 2)
    assert drawn[:, 0].std() == pytest.approx(expected, rel=0.1)
    found = profiles(fit, np.array([expected, expected]))[0]
    half = np.sqrt(BOTH_SIDES) * expected
    assert (found.high - fit.fractions[0], fit.fractions[0] - found.low) == pytest.approx((half, half), rel=0.03)


def test_limits_hold_and_many_spectra_are_as_one() -> None:
    model = model_of(ENERGY, SPECIES[:1], shape="gl30", share="groups", active=False)
    low, high = np.array([0.0, 398.1, 1.2]), np.array([1e5, 398.7, 2.0])
    shapes = [[(800.0, 399.5, 1.5)], [(500.0, 398.4, 1.5)], [(-300.0, 398.4, 1.5)]]
    y = np.array([lines(ENERGY, one) for one in shapes])
    start = np.repeat([[300.0, 398.4, 1.6]], 3, axis=0)
    known = Known(np.zeros((1, 0, 3)), np.zeros((1, 0)))
    together = solve(model, y, sigma=np.ones(ENERGY.size), known=known, start=start, low=low, high=high)
    assert together.theta[0, 1] == 398.7
    assert together.theta[1] == pytest.approx([500.0, 398.4, 1.5], rel=1e-6)
    assert together.theta[2, 0] == 0
    alone = solve(model, y[:1], sigma=np.ones(ENERGY.size), known=known, start=start[:1], low=low, high=high)
    assert alone.theta[0] == pytest.approx(together.theta[0], rel=1e-9)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Pyridinic N"},
        {"position": 399.0},
        {"position": float("nan")},
        {"fwhm_low": 0.0},
        {"fwhm_high": 1.0},
        {"tolerance": -0.3},
        {"tail": 1.0},
        {"ratio": -1.0},
        {"shape": "gl300"},
        {"shape": "triangle"},
    ],
    ids=str,
)
def test_components_that_mean_nothing_are_refused(wrong: dict[str, float | str]) -> None:
    with pytest.raises(SpecError):
        replace(SPECIES[0], **wrong)  # type: ignore[arg-type]
