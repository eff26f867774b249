"""Spikes, single lines, intervals, lateral sizes: small functions against known numbers."""

from __future__ import annotations

import numpy as np
import pytest

from dualion.errors import CoverageError
from dualion.numerics.spectra.intervals import factor_interval
from dualion.numerics.spectra.lateral_size import branch_of, lateral_quantity, lateral_size
from dualion.numerics.spectra.lines import SILICON_WINDOW, line_in
from dualion.numerics.spectra.preparation import finite_rising
from dualion.numerics.spectra.shapes import gaussian, lorentzian
from dualion.numerics.spectra.spikes import despiked
from dualion.records.quantity import Quantity

RATIOS = {
    "id_ig_height": Quantity(1.2, "1", 0.12),
    "id_ig_area": Quantity(2.4, "1", 0.24),
    "g_fwhm": Quantity(80.0, "cm-1", 4.0),
}


def test_spikes_go_and_bands_stay() -> None:
    rng = np.random.default_rng(0)
    x = np.linspace(800, 2000, 601)
    clean = 10 * gaussian(x, centre=1590, height=1.0, fwhm=40.0) + 0.05 * rng.standard_normal(x.size)
    spoilt = clean.copy()
    spoilt[[200, 201, 450]] += [30.0, 12.0, 25.0]
    mended, rows = despiked(spoilt, 8.0)
    assert set(rows) == {200, 201, 450}
    assert mended[rows] == pytest.approx(clean[rows], abs=0.5)
    same, none = despiked(clean, 8.0)
    assert none.size == 0
    assert same is clean


def test_a_short_or_constant_spectrum_has_no_spikes() -> None:
    for y in (np.ones(100), np.arange(5.0)):
        assert despiked(y, 8.0)[1].size == 0


def test_the_vertex_of_a_line_lies_between_its_points() -> None:
    x = np.arange(505.0, 537.0, 2.8)
    y = 100 + 2000 * lorentzian(x, centre=521.2, height=1.0, fwhm=7.0)
    line = line_in(x, y, SILICON_WINDOW)
    assert line.position == pytest.approx(521.2, abs=0.3)
    assert abs(line.highest - 521.2) > abs(line.position - 521.2)


def test_a_line_needs_three_points() -> None:
    with pytest.raises(CoverageError, match=r"3 and has 2"):
        line_in(np.array([510.0, 520.0]), np.array([1.0, 2.0]), SILICON_WINDOW)


def test_an_interval_of_a_factor_is_symmetric_in_the_logarithm() -> None:
    low, high = factor_interval(8.0, 0.25)
    assert low * high == pytest.approx(64.0)
    assert high / 8.0 == pytest.approx(np.exp(1.959964 * 0.25), rel=1e-6)


def test_sizes_are_those_of_the_papers() -> None:
    """C at 532 nm is 4.96 nm (Matthews), 19.2 nm for areas (Cançado); 514.5 nm gives the 4.4 nm of Tuinstra and Koenig."""
    assert lateral_size("tuinstra-koenig", 1.0, laser=532.0) == pytest.approx(4.96, abs=0.005)
    assert lateral_size("tuinstra-koenig", 1.0, laser=514.5) == pytest.approx(4.4, abs=0.1)
    assert lateral_size("cancado2006", 1.0, laser=532.0) == pytest.approx(19.2, abs=0.05)
    assert lateral_size("ferrari-robertson", 0.55, laser=532.0) == pytest.approx(1.0)


def test_branches_have_opposite_trends() -> None:
    for relation, sign in (("tuinstra-koenig", -1), ("cancado2006", -1), ("ferrari-robertson", 1)):
        small, large = (lateral_size(relation, ratio, laser=532.0) for ratio in (0.8, 1.2))  # type: ignore[arg-type]
        assert np.sign(large - small) == sign


def test_the_error_of_the_ratio_becomes_that_of_the_size() -> None:
    size, flags = lateral_quantity("tuinstra-koenig", RATIOS, measure="height", laser=532.0)
    assert size.value == pytest.approx(4.956 / 1.2)
    assert size.stderr == pytest.approx(0.1 * 4.956 / 1.2)
    assert flags == ()
    root, _ = lateral_quantity("ferrari-robertson", RATIOS, measure="height", laser=532.0)
    assert root.stderr is not None
    assert root.value is not None
    assert root.stderr / root.value == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("relation", "measure", "laser", "code"),
    [
        ("tuinstra-koenig", "height", None, "laser_unknown"),
        ("cancado2006", "height", 532.0, "area_height_mixed"),
        ("tuinstra-koenig", "area", 532.0, "area_height_mixed"),
        ("width", "height", 532.0, "no_size"),
    ],
)
def test_a_size_is_withheld_where_it_means_nothing(relation: str, measure: str, laser: float | None, code: str) -> None:
    size, flags = lateral_quantity(relation, RATIOS, measure=measure, laser=laser, constants=(90.0, 100.0))  # type: ignore[arg-type]
    assert size.value is None
    assert [(flag.code, flag.severity) for flag in flags] == [(code, "refusal")]


def test_the_width_of_g_gives_a_size_with_given_constants() -> None:
    size, _ = lateral_quantity("width", RATIOS, measure="height", laser=532.0, constants=(15.0, 260.0))
    assert size.value == pytest.approx(260.0 / 65.0)
    assert size.stderr == pytest.approx(4.0 * 4.0 / 65.0)


def test_a_size_on_the_other_branch_is_ambiguous() -> None:
    high = RATIOS | {"id_ig_height": Quantity(3.0, "1", 0.1)}
    for relation in ("tuinstra-koenig", "ferrari-robertson"):
        _, flags = lateral_quantity(relation, high, measure="height", laser=532.0)  # type: ignore[arg-type]
        assert [flag.code for flag in flags] == ["la_branch_ambiguous"], relation
    assert [flag.code for flag in branch_of(1.6)] == ["la_branch_ambiguous"]
    assert branch_of(2.6) == branch_of(None) == ()


def test_rows_without_numbers_are_left_out_and_told() -> None:
    x, y = np.array([3.0, np.nan, 1.0, 2.0]), np.array([30.0, 0.0, 10.0, np.inf])
    (across, up), flags = finite_rising(x, y)
    assert across.tolist() == [1.0, 3.0]
    assert up.tolist() == [10.0, 30.0]
    assert [flag.code for flag in flags] == ["missing_values"]
    assert finite_rising(across, up)[1] == ()
