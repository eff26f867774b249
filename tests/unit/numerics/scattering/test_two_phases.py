"""Identities of two phases with one length, contrasts, and the filling by sodium: exact relations, and the numbers of the literature."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

from dualion.numerics.scattering import laws, two_phases
from dualion.numerics.scattering.contrast import SODIUM_DENSITY, SODIUM_ELECTRONS, contrast
from dualion.numerics.scattering.sodium_filling import (
    SODIUM_CHARGE,
    contrast_share,
    filled_fraction,
    full_pore,
    ratio_of_filling,
    ratio_of_fraction,
    required_volume,
    uniform_filling,
)

PHI, A, DELTA = 0.15, 0.38, contrast(2.26)
X = PHI * (1 - PHI)
PRODUCT = two_phases.amplitude_length(X, DELTA)
B = PRODUCT / A


@pytest.mark.parametrize(
    ("density", "electrons", "expected"), [(2.26, None, 1.916e11), (2.00, None, 1.695e11), (SODIUM_DENSITY, SODIUM_ELECTRONS, 7.86e10)]
)
def test_contrasts(density: float, electrons: float | None, expected: float) -> None:
    found = contrast(density) if electrons is None else contrast(density, electrons)
    assert found == pytest.approx(expected, rel=2e-3)


class TestIdentities:
    def test_composition_and_porosity(self) -> None:
        assert two_phases.composition(PRODUCT, DELTA) == pytest.approx(X, rel=1e-12)
        assert two_phases.porosity(X) == pytest.approx(PHI, rel=1e-12)

    @pytest.mark.parametrize("x", [0.2501, 0.292, 1.0, -0.01, math.nan])
    def test_no_two_phases_have_more_than_a_quarter(self, x: float) -> None:
        assert two_phases.porosity(x) is None

    def test_a_quarter_is_one_half(self) -> None:
        assert two_phases.porosity(0.25) == pytest.approx(0.5)

    def test_slope_of_the_porosity(self) -> None:
        high, low = two_phases.porosity(X + 1e-7), two_phases.porosity(X - 1e-7)
        assert high is not None
        assert low is not None
        assert two_phases.porosity_slope(X) == pytest.approx((high - low) / 2e-7, rel=1e-6)

    def test_surface_is_that_of_porod_with_two_pi(self) -> None:
        """A factor of pi instead of 2 pi would double the surface."""
        surface = two_phases.surface_per_volume(PHI, A)
        assert surface == pytest.approx(4 * X / A, rel=1e-12)
        assert two_phases.porod_constant(surface, DELTA) == pytest.approx(B, rel=1e-6)
        assert two_phases.porod_surface(B, DELTA) == pytest.approx(surface, rel=1e-6)
        q = np.array([1e4])
        assert laws.dab(q, np.array([B, A]))[0][0] * q[0] ** 4 == pytest.approx(B, rel=1e-6)

    def test_surface_of_the_invariant(self) -> None:
        surface = two_phases.porod_surface_of_invariant(B, two_phases.pore_invariant(PRODUCT), PHI)
        assert surface == pytest.approx(two_phases.surface_per_volume(PHI, A), rel=1e-6)

    def test_invariant_is_the_integral(self) -> None:
        numeric, _ = quad(lambda q: q**2 * laws.dab(np.array([q]), np.array([B, A]))[0][0], 0, np.inf, epsrel=1e-10)
        assert two_phases.pore_invariant(PRODUCT) == pytest.approx(numeric, rel=1e-6)
        assert two_phases.two_phase_invariant(X, DELTA) == pytest.approx(numeric, rel=1e-6)
        assert two_phases.composition_of_invariant(numeric, DELTA) == pytest.approx(X, rel=1e-6)

    def test_radius_of_gyration_is_that_of_the_curve(self) -> None:
        q = np.array([1e-4, 2e-4])
        low, high = np.log(laws.dab(q, np.array([B, A]))[0])
        radius = math.sqrt(3 * (low - high) / (q[1] ** 2 - q[0] ** 2))
        assert two_phases.guinier_radius(A) == pytest.approx(radius, rel=1e-6)
        assert two_phases.sphere_radius(two_phases.guinier_radius(A)) == pytest.approx(math.sqrt(10) * A, rel=1e-12)

    def test_chords_obey_cauchy(self) -> None:
        pores, walls = two_phases.chords(PHI, A)
        assert pores == pytest.approx(4 * PHI / two_phases.surface_per_volume(PHI, A), rel=1e-12)
        assert walls == pytest.approx(4 * (1 - PHI) / two_phases.surface_per_volume(PHI, A), rel=1e-12)

    def test_volume_and_area_per_mass(self) -> None:
        assert two_phases.pore_volume(PHI, 2.26) == pytest.approx(PHI / (2.26 * 0.85), rel=1e-12)
        assert two_phases.specific_area(1.0, 0.0, 1.0) == pytest.approx(1000.0)

    def test_wave_without_a_period_is_dab(self) -> None:
        q = np.geomspace(0.1, 10, 40)
        assert laws.wave(q, np.array([B, 1e9, A]))[0] == pytest.approx(laws.dab(q, np.array([B, A]))[0], rel=1e-9)

    def test_invariant_of_the_wave_does_not_depend_on_its_period(self) -> None:
        for period in (2.0, 5.0, 50.0):
            values = np.array([B, period, A])
            numeric, _ = quad(lambda q, values=values: q**2 * laws.wave(np.array([q]), values)[0][0], 0, np.inf, epsrel=1e-9, limit=200)
            assert numeric == pytest.approx(two_phases.pore_invariant(PRODUCT), rel=1e-6)


@pytest.mark.parametrize(
    ("law", "values"),
    [
        (laws.power, [2.0, 3.7]),
        (laws.layers, [0.3]),
        (laws.dab, [300.0, 0.4]),
        (laws.wave, [170.0, 5.4, 0.9]),
        (laws.unified, [30.0, 1.2, 4.0, 3.6]),
        (laws.constant, [0.2]),
    ],
)
def test_derivatives(law: laws.Law, values: list[float]) -> None:
    q, at = np.geomspace(0.2, 6, 30), np.array(values)
    intensity, slopes = law(q, at)
    for place in range(at.size):
        step = np.zeros(at.size)
        step[place] = 1e-6 * at[place]
        numeric = (law(q, at + step)[0] - law(q, at - step)[0]) / (2 * step[place])
        assert slopes[:, place] == pytest.approx(numeric, rel=1e-6, abs=1e-9 * np.abs(intensity).max())


def test_many_parameters_at_once() -> None:
    q, values = np.geomspace(0.2, 6, 30), np.array([[170.0, 5.4, 0.9], [90.0, 4.0, 0.5]])
    for row, found in zip(values, laws.wave(q, values)[0], strict=True):
        assert found == pytest.approx(laws.wave(q, row)[0], rel=1e-14)


class TestSodium:
    @pytest.mark.parametrize(("density", "f0", "share"), [(2.26, 0.348, 0.410), (2.00, 0.288, 0.464)])
    def test_full_pores(self, density: float, f0: float, share: float) -> None:
        assert contrast_share(density) == pytest.approx(share, abs=5e-4)
        assert full_pore(contrast_share(density)) == pytest.approx(f0, abs=5e-4)

    def test_both_fillings_meet_at_full(self) -> None:
        share = contrast_share(2.26)
        assert ratio_of_fraction(1.0, share) == pytest.approx(ratio_of_filling(1.0, share), rel=1e-12)

    @pytest.mark.parametrize("filling", [0.0, 0.2, 0.7, 1.0])
    def test_inversions(self, filling: float) -> None:
        share = contrast_share(2.26)
        assert filled_fraction(ratio_of_fraction(filling, share), share) == pytest.approx(filling, abs=1e-12)
        assert uniform_filling(ratio_of_filling(filling, share), share) == pytest.approx(filling, abs=1e-12)

    def test_charge_of_a_pore(self) -> None:
        assert pytest.approx(1128, rel=1e-2) == SODIUM_CHARGE

    @pytest.mark.parametrize(("capacity", "volume"), [(165.0, 0.146), (320.0, 0.284), (338.0, 0.300)])
    def test_required_volumes(self, capacity: float, volume: float) -> None:
        assert required_volume(capacity) == pytest.approx(volume, rel=1e-2)
