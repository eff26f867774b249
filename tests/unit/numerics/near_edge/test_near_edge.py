"""Carbon edges of known share: normalisation, integrals, fit and their errors."""

from __future__ import annotations

import lmfit
import numpy as np
import pytest
from scipy.special import erf

from dualion.errors import CoverageError
from dualion.numerics.near_edge.resonances import RESONANCES, STEP, model, resonances
from dualion.numerics.near_edge.share import ratio, shares
from dualion.numerics.near_edge.spectrum import incident_dip, integral, normalised
from dualion.numerics.near_edge.synthetic import carbon_edge, height_of_over_sigma, height_of_raw, over_sigma

ENERGY = np.arange(270.0, 322.0, 0.2)
PI, SIGMA = (283.5, 286.3), (288.6, 320.0)
RANGES = {"pre_edge": (275.0, 281.0), "normalise_from": 315.0}
FITTED = {"pi_range": PI, "sigma_range": SIGMA, "step": "erf", "step_energy": None, "energy_error": 0.1, **RANGES}


def edge(share: float = 0.07, **changes: float) -> np.ndarray:
    height = height_of_raw(share, position=285.0, pi_range=PI, sigma_range=SIGMA)
    return carbon_edge(ENERGY, height=height, position=285.0, **changes)


def test_scale_and_line_of_the_pre_edge_do_not_matter() -> None:
    plain = normalised(ENERGY, edge(), **RANGES)  # type: ignore[arg-type]
    moved = normalised(ENERGY, 0.2 + 1e-3 * ENERGY + 3.7 * edge(), **RANGES)  # type: ignore[arg-type]
    assert moved.y == pytest.approx(plain.y, abs=1e-9)
    assert moved.jump == pytest.approx(3.7 * plain.jump)
    assert plain.y[ENERGY >= 315].mean() == pytest.approx(1.0)


def test_ends_of_integrals_are_interpolated() -> None:
    spectrum = normalised(ENERGY, edge(), **RANGES)  # type: ignore[arg-type]
    whole = integral(spectrum, 283.5, 320.0).value
    parts = integral(spectrum, 283.5, 290.07).value + integral(spectrum, 290.07, 320.0).value
    assert parts == pytest.approx(whole, rel=1e-4)


def test_too_little_around_the_edge_is_refused() -> None:
    for wanted in ({**RANGES, "pre_edge": (200.0, 210.0)}, {**RANGES, "normalise_from": 330.0}):
        with pytest.raises(CoverageError):
            normalised(ENERGY, edge(), **wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [0.03, 0.0636, 0.0761])
def test_the_share_is_recovered(share: float) -> None:
    found = shares(ENERGY, edge(share), **FITTED)  # type: ignore[arg-type]
    assert found is not None
    assert found.raw == pytest.approx(share, rel=1e-3)
    assert found.fit.pi.centre == pytest.approx(285.0, abs=1e-4)
    assert found.over_sigma == pytest.approx(
        over_sigma(height_of_raw(share, position=285.0, pi_range=PI, sigma_range=SIGMA), position=285.0, sigma_range=SIGMA), rel=1e-3
    )


def test_heights_and_shares_are_inverse() -> None:
    height = height_of_over_sigma(0.05, position=285.0, sigma_range=SIGMA)
    assert over_sigma(height, position=285.0, sigma_range=SIGMA) == pytest.approx(0.05, rel=1e-12)


@pytest.mark.slow
def test_errors_are_the_scatter() -> None:
    """Noise, and the pre-edge line whose error grows to the far end of the integral."""
    rng = np.random.default_rng(11)
    draws = [shares(ENERGY, edge() + 0.003 * rng.standard_normal(ENERGY.size), **{**FITTED, "energy_error": 0.0}) for _ in range(40)]  # type: ignore[arg-type]
    for value, error in (("raw", "raw_error"), ("window", "window_error"), ("over_sigma", "over_sigma_error")):
        scatter = np.std([getattr(one, value) for one in draws])
        assert np.median([getattr(one, error) for one in draws]) == pytest.approx(scatter, rel=0.4)


def test_a_shifted_energy_scale_moves_the_window_as_stated() -> None:
    plain, moved = (shares(ENERGY, edge(shift=shift), **{**FITTED, "energy_error": 0.02}) for shift in (0.0, 0.02))  # type: ignore[arg-type]
    assert plain is not None
    assert moved is not None
    assert abs(moved.window - plain.window) == pytest.approx(plain.window_error, rel=0.2)


def test_the_upper_limit_changes_the_share() -> None:
    """The trap of 320 against 327.5 eV."""
    far = np.arange(270.0, 330.0, 0.2)
    mu = carbon_edge(far, height=1.0, position=285.0)
    at_320, at_327 = (shares(far, mu, **{**FITTED, "sigma_range": (288.6, upper)}) for upper in (320.0, 327.5))  # type: ignore[arg-type]
    assert at_320 is not None
    assert at_327 is not None
    assert at_327.raw / at_320.raw == pytest.approx(1 - 7.5 / at_327.total, rel=0.01)


def test_no_edge_gives_no_share() -> None:
    assert shares(ENERGY, -edge(), **FITTED) is None  # type: ignore[arg-type]
    assert shares(ENERGY, np.ones(ENERGY.size), **FITTED) is None  # type: ignore[arg-type]


def test_the_step_is_that_of_its_equation() -> None:
    p = np.array([0.0, 285.0, 1.0, 1.0, 290.0, 2.0])
    t = (ENERGY - 290.0) / 2.0
    assert model(ENERGY, p) == pytest.approx(0.5 * (1 + erf(2 * np.sqrt(np.log(2)) * t)))
    assert model(ENERGY, p, "arctan") == pytest.approx(0.5 + np.arctan(2 * t) / np.pi)


def test_a_step_without_features_is_determined_and_a_blurred_one_is_not() -> None:
    assert resonances(ENERGY, edge()).step_determined
    blurred = np.convolve(np.pad(edge(), 40, mode="edge"), np.hanning(41) / np.hanning(41).sum(), mode="same")[40:-40]
    found = resonances(ENERGY, blurred)
    assert found.step_at_bound
    assert not found.step_determined


def test_a_known_step_is_kept() -> None:
    found = resonances(ENERGY, edge(), step_energy=290.0)
    assert found.step_energy == 290.0
    assert found.step_error == 0.0


def test_the_derivatives_are_those_of_the_model() -> None:
    from dualion.numerics.near_edge.resonances import _jacobian

    p = np.array([0.7, 285.1, 1.4, 0.3, 293.0, 4.0, 0.9, 290.3, 1.2])
    for step in ("erf", "arctan"):
        numeric = np.column_stack([
            (model(ENERGY, p + h, step) - model(ENERGY, p - h, step)) / 2e-6  # type: ignore[arg-type]
            for h in 1e-6 * np.eye(p.size)
        ])  # fmt: skip
        assert _jacobian(ENERGY, p, step) == pytest.approx(numeric, abs=1e-6)  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_fit_is_that_of_lmfit() -> None:
    """The same model, bounds and data in another program."""
    rng = np.random.default_rng(2)
    inside = ENERGY >= 281
    energy, y = ENERGY[inside], (edge() + 0.003 * rng.standard_normal(ENERGY.size))[inside]
    mine = resonances(energy, y)
    parameters = lmfit.Parameters()
    for number, (_, centre, low, high, width, least, most) in enumerate(RESONANCES):
        parameters.add(f"h{number}", 0.5, min=0)
        parameters.add(f"c{number}", centre, min=low, max=high)
        parameters.add(f"w{number}", width, min=least, max=most)
    parameters.add("s", 0.8, min=0)
    parameters.add("e", 290.5, min=STEP[0], max=STEP[1])
    parameters.add("f", 1.0, min=0.3, max=2.0)
    found = lmfit.minimize(lambda p: model(energy, np.array([one.value for one in p.values()])) - y, parameters, method="least_squares")
    assert np.sqrt(np.mean(found.residual**2)) == pytest.approx(mine.rms, rel=1e-4)
    assert mine.pi.centre == pytest.approx(found.params["c0"].value, abs=1e-3)
    assert mine.pi.area == pytest.approx(found.params["h0"].value * found.params["w0"].value * np.sqrt(np.pi / np.log(2)) / 2, rel=1e-3)


def test_carbon_on_the_optics_dips_the_incident_intensity() -> None:
    smooth = 2 - 0.01 * (ENERGY - 270)
    assert incident_dip(ENERGY, smooth) == pytest.approx(0.0, abs=1e-9)
    dipped = smooth * (1 - 0.1 * np.exp(-0.5 * ((ENERGY - 285) / 1) ** 2))
    assert incident_dip(ENERGY, dipped) == pytest.approx(0.09, abs=0.02)
    assert incident_dip(ENERGY[ENERGY > 286], smooth[ENERGY > 286]) is None


def test_the_ratio_of_the_paper() -> None:
    """7.61 over 6.36 is 1.197."""
    value, error = ratio(7.61, 0.0761, 6.36, 0.0636)
    assert value == pytest.approx(1.197, abs=5e-4)
    assert error == pytest.approx(1.197 * np.hypot(0.01, 0.01), rel=1e-3)
