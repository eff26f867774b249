"""The Kramers-Kronig test: circuits pass whatever their noise, spectra of a cell that changes do not."""

from __future__ import annotations

import numpy as np
import pytest

from dualion.errors import CoverageError, SpecError
from dualion.numerics.impedance.circuits import ComplexArray, parse
from dualion.numerics.impedance.kramers_kronig import kramers_kronig, runs_chance

FREQUENCY = np.geomspace(1e5, 1e-2, 61)
CIRCUITS = {
    "R(R|Q)(R|Q)Q": [5.0, 20.0, 1e-5, 0.85, 50.0, 1e-3, 0.9, 0.1, 0.7],
    "LR(R|C)W": [1e-6, 2.0, 30.0, 1e-5, 4.0],
    "R(R|Q)": [1e3, 1e6, 1e-9, 0.8],
}


def spectrum(text: str = "R(R|Q)(R|Q)Q", *, noise: float = 0.0, seed: int = 0) -> ComplexArray:
    z = parse(text).impedance(FREQUENCY, np.array(CIRCUITS[text]))
    rng = np.random.default_rng(seed)
    return z + noise * np.abs(z) * (rng.standard_normal(z.size) + 1j * rng.standard_normal(z.size))


@pytest.mark.parametrize("text", list(CIRCUITS))
@pytest.mark.parametrize("noise", [0.0, 1e-4, 0.002])
def test_circuits_pass(text: str, noise: float) -> None:
    found = kramers_kronig(FREQUENCY, spectrum(text, noise=noise, seed=1))
    assert found.valid, found.verdict
    assert found.failing == ()
    assert found.rms <= max(1.3 * noise, 2e-3)


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_not_followed(seed: int) -> None:
    """The residuals keep most of the noise: 0.2 % on Re and Im."""
    assert kramers_kronig(FREQUENCY, spectrum(noise=0.002, seed=seed)).rms == pytest.approx(0.002, rel=0.25)


@pytest.mark.parametrize("drift", [0.02, 0.05, 0.1])
def test_a_cell_that_changes_during_the_sweep_fails(drift: float) -> None:
    changed = spectrum() * (1 + drift * np.linspace(0, 1, FREQUENCY.size))
    assert not kramers_kronig(FREQUENCY, changed).valid


def test_too_few_elements_do_not_pass() -> None:
    found = [kramers_kronig(FREQUENCY, spectrum(), elements=count) for count in (3, 6, 24)]
    assert [one.valid for one in found] == [False, False, True]
    assert found[0].worst > found[1].worst > found[2].worst
    assert [one.elements for one in found] == [3, 6, 24]


def test_a_single_bad_point_is_named() -> None:
    z = spectrum(noise=1e-3, seed=2)
    z[30] *= 1.05
    found = kramers_kronig(FREQUENCY, z)
    assert not found.valid
    assert found.failing == (30,)


def test_units_do_not_matter() -> None:
    z = spectrum(noise=1e-3, seed=3)
    one, other = kramers_kronig(FREQUENCY, z), kramers_kronig(FREQUENCY * 1e3, z * 1e6)
    assert one.elements == other.elements
    assert other.residuals == pytest.approx(one.residuals, abs=1e-8)


def test_runs_follow_the_law_of_wald_and_wolfowitz() -> None:
    """Ten and ten signs: 11 runs expected, variance 180 * 180 ... = 4.7368."""
    alternating, blocks = np.tile([1.0, -1.0], 10), np.repeat([1.0, -1.0], 10)
    sigma = np.sqrt(2 * 100 * (2 * 100 - 20) / (20**2 * 19))
    from math import erfc, sqrt

    assert runs_chance(alternating) == pytest.approx(erfc((20 - 11) / sigma / sqrt(2)), rel=1e-6)
    assert runs_chance(blocks) == pytest.approx(erfc((11 - 2) / sigma / sqrt(2)), rel=1e-6)
    assert runs_chance(np.ones(20)) == 0.0


def test_unusable_input_is_refused() -> None:
    z = spectrum()
    with pytest.raises(CoverageError, match="6 and has 5"):
        kramers_kronig(FREQUENCY[:5], z[:5])
    with pytest.raises(SpecError, match="not a usable number"):
        kramers_kronig(FREQUENCY, np.where(FREQUENCY > 1, z, np.nan))
    with pytest.raises(SpecError, match="all frequencies are one"):
        kramers_kronig(np.ones(20), z[:20])
