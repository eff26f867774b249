"""Atomic shares, limits of detection, differences, regions and the charge reference."""

from __future__ import annotations

import numpy as np
import pytest

from dualion.numerics.photoemission.amounts import FACTORS, atomic_shares, bulk_share, detection_limit, difference
from dualion.numerics.photoemission.composition import ZINC_FACTOR, net_area, surface, zinc_of
from dualion.numerics.photoemission.findings import charge_of
from dualion.numerics.photoemission.spectrum import Region, chosen, region, shell_of, top_of
from dualion.numerics.photoemission.synthetic import counted, lines, spectrum


def part(name: str, area: float, at: float, *, low: float, high: float, fwhm: float = 1.5, noise: float = 0.0, seed: int = 0) -> Region:
    energy = np.arange(low, high, 0.1)
    clean = spectrum(energy, lines(energy, [(area, at, fwhm)]), level=1000.0, straight=0.0)
    return region(name, energy, counted(np.random.default_rng(seed), clean, sigma=noise), unit="Hz")


def test_shares_follow_from_areas_factors_and_transmission() -> None:
    shares, errors = atomic_shares([900.0, 180.0], [0.0, 0.0], [1.0 * 2.0, 1.8 * 2.0])
    assert shares == pytest.approx([90.0, 10.0])
    assert errors == pytest.approx(np.sqrt(2) * 0.1 * 9.0, rel=1e-9)  # x (1 - x) times both relative errors


def test_shares_of_vendor_areas_are_those_of_the_vendor_within_the_factors() -> None:
    """Avantage areas of carbon and oxygen with Scofield's factors: the vendor, with factors of its own, has 97.7 at% and 2.3 at%."""
    shares, errors = atomic_shares([162144.63, 9173.26], [0, 0], [FACTORS["C 1s"], FACTORS["O 1s"]])
    for own, error, vendor in zip(shares, errors, (97.72, 2.28), strict=True):
        assert abs(own - vendor) < 3 * error


def test_the_bulk_share_of_the_study() -> None:
    assert bulk_share(1.15) == pytest.approx(100 * (1.15 / 14.007) / (1.15 / 14.007 + 98.85 / 12.011))


@pytest.mark.parametrize(("error", "meaningful"), [(3.0, True), (4.0, True), (4.2, False), (6.0, False)])
def test_the_difference_of_the_study_needs_two_pooled_errors(error: float, meaningful: bool) -> None:
    found = difference((23.1, error), (34.8, error))
    assert found.value == pytest.approx(11.7)
    assert found.z == pytest.approx(11.7 / (np.sqrt(2) * error))
    assert found.meaningful is meaningful


def test_a_limit_is_three_standard_errors_of_the_background() -> None:
    energy = np.arange(1015.0, 1030.0, 0.1)
    found = [
        detection_limit(energy, 500 + energy + 20 * np.random.default_rng(k).standard_normal(energy.size), position=1022.0, fwhm=2.0)
        for k in range(200)
    ]
    assert all(one is not None for one in found)
    sure = [one for one in found if one is not None]
    assert np.mean([one.height_limit for one in sure]) == pytest.approx(60.0, rel=0.02)
    assert not any(one.seen for one in sure)
    assert detection_limit(energy[:4], energy[:4], position=1022.0, fwhm=2.0) is None


def test_a_line_above_its_limit_is_seen() -> None:
    zinc = part("Zn 2p", 900.0, 1022.0, low=1015, high=1030, fwhm=2.0, noise=20.0)
    found = zinc_of(zinc, ())
    assert found is not None
    assert found.limit.seen
    assert found.limit.height == pytest.approx(900 / (1.042 * 2.0), rel=0.05)


def test_zinc_alone_counts_with_the_factor_of_one_half_of_the_pair() -> None:
    found = surface([part("Zn 2p", 5000.0, 1022.0, low=1015, high=1030), part("C 1s", 9000.0, 285.0, low=278, high=294)], {})
    assert [one.factor for one in found] == [ZINC_FACTOR, 1.0]


def test_net_areas_and_their_errors() -> None:
    areas = [net_area(part("O 1s", 3000.0, 532.0, low=525, high=540, noise=15.0, seed=seed)) for seed in range(100)]
    values, errors = np.array(areas).T
    assert values.mean() == pytest.approx(3000.0, rel=0.02)
    assert errors.mean() == pytest.approx(values.std(), rel=0.35)


def test_regions_are_known_by_name_and_then_by_energy() -> None:
    survey = region("Survey", np.arange(0.0, 1200.0), np.ones(1200), unit="Hz")
    other = region("block 3", np.arange(390.0, 412.0), np.ones(22), unit="Hz")
    nitrogen = region("N1s Scan", np.arange(394.0, 408.0), np.ones(14), unit="Hz")
    window = (394.0, 408.0)
    assert chosen([survey, other, nitrogen], "N 1s", window) == [2]
    assert chosen([survey, other], "N 1s", window) == [1]
    assert chosen([survey], "N 1s", window) == [0]
    assert chosen([region("C1s", np.arange(390.0, 412.0), np.ones(22), unit="Hz")], "N 1s", window) == []
    assert [shell_of(name) for name in ("Fe 2p", "Na1s", "CKLL", "wide", "HeI VBM")] == ["Fe 2p", "Na 1s", "", "", ""]


def test_rows_are_put_in_order_and_what_is_no_number_is_dropped() -> None:
    found = region("N1s", np.array([3.0, 1.0, np.nan, 2.0, 2.0]), np.array([30.0, 10.0, 5.0, 18.0, 22.0]), unit="Hz")
    assert found.energy.tolist() == [1.0, 2.0, 3.0]
    assert found.rate.tolist() == [10.0, 20.0, 30.0]
    assert found.dropped == 1


@pytest.mark.parametrize("at", [284.31, 284.8, 286.55])
def test_the_charge_shift_brings_carbon_to_its_place(at: float) -> None:
    carbon = part("C 1s", 50_000.0, at, low=278, high=294, fwhm=1.1, noise=30.0)
    found = charge_of(carbon, 284.8)
    assert found.shift == pytest.approx(284.8 - at, abs=0.02)
    assert 0 < found.stderr < 0.02


def test_no_peak_is_no_reference() -> None:
    energy = np.arange(278.0, 294.0, 0.1)
    noise = np.random.default_rng(0).standard_normal(energy.size)
    assert top_of(energy, 100 + noise) is None or top_of(energy, np.full(energy.size, 100.0)) is None
    assert charge_of(None, 284.8).found is None
    assert charge_of(part("C 1s", 5e4, 284.5, low=278, high=294), None).shift == 0
