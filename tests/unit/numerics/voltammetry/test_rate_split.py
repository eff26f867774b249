"""The split in two powers of the rate against exact mixtures, and the law that links shares of different rates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion.errors import CoverageError, SpecError
from dualion.numerics.voltammetry.rate_split import (
    Array,
    diffusion_share,
    net_shares,
    shares_with_errors,
    split,
    student_factor,
    surface_shares,
)

RATES = 1e-3 * np.array([0.1, 0.2, 0.5, 1.0, 2.0, 5.0])


def mixture(surface: Array, diffusion: Array) -> Array:
    return RATES[:, None] * surface + np.sqrt(RATES)[:, None] * diffusion


def bell(centre: float) -> Array:
    return np.exp(-0.5 * ((np.linspace(0, 1, 200) - centre) / 0.2) ** 2)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("nonnegative", [False, True])
def test_an_exact_mixture_is_taken_apart(sign: int, nonnegative: bool) -> None:
    surface, diffusion = 0.4 * bell(0.4), 0.02 * bell(0.6)
    found = split(sign * mixture(surface, diffusion), RATES, sign=sign, nonnegative=nonnegative)
    assert sign * found.surface == pytest.approx(surface, abs=1e-12)
    assert sign * found.diffusion == pytest.approx(diffusion, abs=1e-12)
    assert found.explained == pytest.approx(np.ones(200))
    assert not found.against.any()
    assert found.currents == pytest.approx(sign * mixture(surface, diffusion), abs=1e-12)


def test_errors_are_those_of_the_line() -> None:
    """Against numpy's covariance of a polynomial of first degree."""
    rng = np.random.default_rng(0)
    currents = mixture(0.4 * bell(0.4), 0.02 * bell(0.6)) + 1e-6 * rng.standard_normal((6, 200))
    found = split(currents, RATES)
    root = np.sqrt(RATES)
    for at in (0, 77, 199):
        line, covariance = np.polyfit(root, currents[:, at] / root, 1, cov=True)
        assert (found.surface[at], found.diffusion[at]) == pytest.approx(tuple(line), rel=1e-9)
        assert (found.surface_stderr[at], found.diffusion_stderr[at]) == pytest.approx(tuple(np.sqrt(np.diag(covariance))), rel=1e-9)


def test_parts_of_one_sign_are_the_best_ones() -> None:
    """Against scipy's non-negative least squares."""
    from scipy.optimize import nnls

    rng = np.random.default_rng(1)
    currents = mixture(0.1 * (bell(0.4) - 0.5), 0.004 * (bell(0.6) - 0.5)) + 1e-5 * rng.standard_normal((6, 200))
    design = np.column_stack([np.sqrt(RATES), np.ones(6)])
    found = split(currents, RATES, nonnegative=True)
    assert split(currents, RATES).against.mean() > 0.3
    for at in range(0, 200, 20):
        best, _ = nnls(design, currents[:, at] / np.sqrt(RATES))
        assert (found.surface[at], found.diffusion[at]) == pytest.approx(tuple(best), abs=1e-9)
    assert not found.against.any()


@given(st.floats(0.01, 0.99))
def test_share_of_a_mixture(share: float) -> None:
    diffusion = 0.02 * bell(0.5)
    surface = diffusion * share / (1 - share) / np.sqrt(RATES[2])
    currents = mixture(surface, diffusion)
    shares = surface_shares(surface, currents, RATES)
    assert shares[2] == pytest.approx(share, rel=1e-9)
    assert net_shares(surface, currents, RATES) == pytest.approx(shares)
    for rate, one in zip(RATES, shares, strict=True):
        assert 1 - one == pytest.approx(diffusion_share(1 - share, at=1e3 * RATES[2], rate=1e3 * rate), rel=1e-9)


def test_net_share_keeps_the_sign_that_the_share_loses() -> None:
    surface, diffusion = -0.1 * bell(0.5), 0.02 * bell(0.5)
    currents = mixture(surface, diffusion)
    assert (net_shares(surface, currents, RATES) < 0).all()
    assert (surface_shares(surface, currents, RATES) > 0).all()


@pytest.mark.slow
def test_bootstrap_agrees_with_repeated_experiments() -> None:
    """An error common to a whole scan: the spread of 150 experiments is the error that each of them states, on average."""
    surface, diffusion = 0.4 * bell(0.4), 0.02 * bell(0.4)
    rng = np.random.default_rng(2)
    seen, stated = [], []
    for seed in range(150):
        error = 2e-4 * rng.standard_normal(6)[:, None] * bell(0.4)
        currents = mixture(surface, diffusion) + np.sqrt(RATES)[:, None] * error
        found = shares_with_errors(split(currents, RATES), currents, draws=50, seed=seed)
        seen.append(found.share)
        stated.append(found.stderr**2)
    assert np.sqrt(np.mean(stated, axis=0)) == pytest.approx(np.std(seen, axis=0), rel=0.15)


@pytest.mark.parametrize(("degrees", "own"), [(2, 0.4), (4, 0.3), (4, 0.9), (9, 0.5)])
def test_factor_against_drawn_errors(degrees: int, own: float) -> None:
    """Of a quantity with a part of its variance in the residuals, over their own standard error: 200,000 draws."""
    rng = np.random.default_rng(6)
    residuals, fitted = rng.standard_normal((200_000, degrees)), rng.standard_normal(200_000)
    scale = np.sqrt((residuals**2).sum(axis=1) / degrees)
    ratio = np.abs(np.sqrt(1 - own) * fitted + np.sqrt(own) * residuals[:, 0]) / scale
    assert student_factor(degrees, own) == pytest.approx(np.quantile(ratio, 0.95), rel=0.01)


@pytest.mark.parametrize(("degrees", "expected"), [(2, 4.302653), (4, 2.776445), (1000, 1.962339)])
def test_factor_is_that_of_student(degrees: int, expected: float) -> None:
    assert student_factor(degrees) == pytest.approx(expected, abs=1e-6)


def test_leaving_out_a_rate_brackets_the_share() -> None:
    rng = np.random.default_rng(3)
    currents = mixture(0.4 * bell(0.4), 0.02 * bell(0.4)) * (1 + 0.02 * rng.standard_normal((6, 1)))
    found = shares_with_errors(split(currents, RATES), currents, draws=100, seed=0)
    assert (found.lowest < found.share).all()
    assert (found.share < found.highest).all()
    assert found.widened(np.full(6, 0.1)).stderr == pytest.approx(np.hypot(found.stderr, 0.1))


def test_three_rates_are_needed() -> None:
    with pytest.raises(CoverageError) as problem:
        split(np.ones((2, 5)), RATES[:2])
    assert (problem.value.needed, problem.value.found) == (3, 2)


@pytest.mark.parametrize(("given_share", "expected"), [(0.82, 0.392), (0.86, 0.465)])
def test_law_of_the_shares_of_the_paper(given_share: float, expected: float) -> None:
    """f(5 mV/s) from 82 % and 86 % at 0.1 mV/s."""
    assert diffusion_share(given_share, at=0.1, rate=5.0) == pytest.approx(expected, abs=5e-4)
    assert diffusion_share(given_share, at=0.1, rate=0.1) == pytest.approx(given_share, rel=1e-12)


@pytest.mark.parametrize(("share", "at", "rate"), [(0.0, 0.1, 5.0), (1.2, 0.1, 5.0), (0.5, 0.0, 5.0), (0.5, 0.1, float("nan"))])
def test_law_refuses_what_is_none(share: float, at: float, rate: float) -> None:
    with pytest.raises(SpecError):
        diffusion_share(share, at=at, rate=rate)
