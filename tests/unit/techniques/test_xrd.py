"""Stacks of known distance and size, and every flag of the diffraction of carbons."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.diffraction.geometry import Array
from dualion.numerics.spectra.shapes import pseudo_voigt
from dualion.records.measurement import Measurement, Result, Source
from dualion.records.quantity import Quantity
from dualion.techniques.xrd import Options, analyse, draw, synthesise

X = np.arange(10.0, 70.0, 0.05)


def pattern(y: Array, *, wavelength: float | None = 1.5418, x: Array = X, error: Array | None = None) -> Measurement:
    table = pl.DataFrame({"two_theta_degree": x, "intensity_count": y} | ({} if error is None else {"intensity_error": error}))
    conditions = {} if wavelength is None else {"wavelength": Quantity(wavelength / 10, "nm")}
    return Measurement("xrd", table, conditions, "", Source("pattern.xy", "0" * 64, "test", 1, "simulation"))


def carbon(
    *, c002: float = 23.7, w002: float = 6.0, c100: float = 43.9, w100: float = 4.0, tail: float = 3000.0, height: float = 4000.0
) -> Array:
    y = 600 + tail * np.exp(-0.2 * (X - 10)) + pseudo_voigt(X, centre=c002, height=height, fwhm=w002, eta=0.5)
    return np.asarray(y + pseudo_voigt(X, centre=c100, height=1500, fwhm=w100, eta=0.5))


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None
    return found


@pytest.mark.parametrize(("d002", "l_c", "l_a"), [(3.75, 14.0, 36.0), (3.60, 20.0, 60.0), (3.45, 30.0, 40.0)])
def test_a_stack_is_found_without_noise(d002: float, l_c: float, l_a: float) -> None:
    measured, truth = synthesise(np.random.default_rng(0), noise=0.0, d002=d002, l_c=l_c, l_a=l_a)
    result = analyse(measured, Options())
    assert {name: value(result, name) for name in truth} == pytest.approx(dict(truth), rel=1e-3)
    assert value(result, "stacked_layers") == pytest.approx(l_c / d002, rel=1e-3)


def test_the_error_holds_what_backgrounds_change() -> None:
    measured, _ = synthesise(np.random.default_rng(0), noise=0.0)
    values = analyse(measured, Options()).values
    assert values["d002"].stderr == pytest.approx(0.05, rel=1e-3)
    for name, relative in (("l_c", 0.10), ("l_a", 0.25)):
        low, high = values[name].interval or (math.nan, math.nan)
        assert math.log(high / low) == pytest.approx(2 * 1.96 * relative, rel=1e-3)


def test_the_wavelength_is_that_of_the_options_then_of_the_file() -> None:
    stated = analyse((pattern(carbon()),), Options())
    longer = analyse((pattern(carbon()),), Options(wavelength=1.7903))
    assert "wavelength_assumed" not in codes(stated) | codes(longer)
    assert value(longer, "d002") / value(stated, "d002") == pytest.approx(1.7903 / 1.5418, rel=2e-3)
    unsaid = analyse((pattern(carbon(), wavelength=None),), Options())
    assert "wavelength_assumed" in codes(unsaid)
    assert value(unsaid, "d002") == pytest.approx(value(stated, "d002"))


def test_corrections_stand_beside_the_raw_values() -> None:
    both = analyse((pattern(carbon()),), Options())
    assert "lp_shift" in codes(both)
    for name in ("d002_lp", "d002_corrected"):
        assert 0.05 < value(both, "d002") - value(both, name) < 0.35
    raw = analyse((pattern(carbon()),), Options(correct="raw"))
    assert value(raw, "d002") == value(both, "d002")
    assert not {"d002_lp", "d002_corrected"} & set(raw.values)
    assert "lp_shift" not in codes(raw)
    assert set(analyse((pattern(carbon()),), Options(correct="lp")).values) - set(raw.values) == {"d002_lp", "fwhm_002_lp", "l_c_lp"}


def test_a_sharp_reflection_is_not_moved_by_the_correction() -> None:
    sharp = analyse((pattern(carbon(w002=0.8, height=40000.0)),), Options())
    assert abs(value(sharp, "d002") - value(sharp, "d002_lp")) < 0.01
    assert "lp_shift" not in codes(sharp)


def test_the_instrument_makes_sizes_larger() -> None:
    free = analyse((pattern(carbon()),), Options())
    gauss = analyse((pattern(carbon()),), Options(instrument_fwhm_deg=2.4))
    lorentz = analyse((pattern(carbon()),), Options(instrument_fwhm_deg=2.4, instrument_shape="lorentz"))
    assert value(gauss, "l_c") / value(free, "l_c") == pytest.approx(6.0 / math.sqrt(6.0**2 - 2.4**2), rel=1e-3)
    assert value(lorentz, "l_c") / value(free, "l_c") == pytest.approx(6.0 / 3.6, rel=1e-3)
    assert value(gauss, "fwhm_002") == value(free, "fwhm_002")
    assert "lower bound" in str(free.values["l_c"].rule)


def test_a_width_below_that_of_the_instrument_gives_no_size() -> None:
    result = analyse((pattern(carbon()),), Options(instrument_fwhm_deg=5.0))
    assert result.values["l_a"].value is None
    assert value(result, "l_c") > 0
    assert ("beta_below_instrument", "refusal") in {(flag.code, flag.severity) for flag in result.flags}
    draw(result)


def test_sizes_above_the_limit_are_flagged() -> None:
    result = analyse((pattern(carbon(w002=0.15, height=60000.0)),), Options())
    assert value(result, "l_c") > 500
    assert "scherrer_limit" in codes(result)
    assert "scherrer_limit" not in codes(analyse((pattern(carbon()),), Options()))


def test_a_leaning_band_is_flagged() -> None:
    upper = pseudo_voigt(X, centre=43.0, height=1500, fwhm=10.0, eta=0.5)
    lower = pseudo_voigt(X, centre=43.0, height=1500, fwhm=4.0, eta=0.5)
    alone = carbon() - pseudo_voigt(X, centre=43.9, height=1500, fwhm=4.0, eta=0.5)
    result = analyse((pattern(alone + np.where(X > 43.0, upper, lower)),), Options())
    assert "asymmetric_100" in codes(result)
    assert value(result, "asymmetry_100") > 0.2
    assert "asymmetric_100" not in codes(analyse((pattern(carbon()),), Options()))


def test_a_tail_above_the_reflection_is_flagged() -> None:
    assert "background_tail_dominates" in codes(analyse((pattern(carbon(tail=120_000.0)),), Options()))
    assert "background_tail_dominates" not in codes(analyse((pattern(carbon()),), Options()))


def test_a_degree_of_graphitisation_has_no_meaning_in_a_disordered_carbon() -> None:
    assert "graphitisation" not in analyse((pattern(carbon()),), Options()).values
    asked = analyse((pattern(carbon()),), Options(graphitisation=True))
    assert asked.values["graphitisation"].value is None
    assert ("not_meaningful", "refusal") in {(flag.code, flag.severity) for flag in asked.flags}
    graphite = analyse((pattern(carbon(c002=26.4, w002=0.5, height=20_000.0)),), Options())
    assert 0 < value(graphite, "graphitisation") < 1.05
    assert "not_meaningful" not in codes(graphite)


def test_the_ratio_of_the_reflection_to_its_background() -> None:
    """Without a tail the background at (002) is the constant of 600 and the foot of (100)."""
    foot = float(pseudo_voigt(np.array([23.7]), centre=43.9, height=1500, fwhm=4.0, eta=0.5)[0])
    result = analyse((pattern(carbon(tail=0.0)),), Options())
    assert value(result, "r_ratio") == pytest.approx((4000 + 600 + foot) / (600 + foot), rel=1e-3)
    assert "no standard error" in str(result.values["r_ratio"].rule)


def test_noise_alone_has_no_reflection() -> None:
    noise = 600 + np.random.default_rng(0).standard_normal(X.size)
    result = analyse((pattern(noise),), Options())
    assert "no_reflection" in codes(result)
    assert {name for name, one in result.values.items() if one.value is not None} <= {"position_100", "fwhm_100", "l_a", "asymmetry_100"}
    assert "withheld" in draw(result).finding


def test_rows_without_numbers_and_in_any_order() -> None:
    y = carbon()
    order = np.random.default_rng(0).permutation(X.size)
    mixed = analyse((pattern(y[order], x=X[order]),), Options())
    assert mixed.values == analyse((pattern(y),), Options()).values
    holes = y.copy()
    holes[400:420] = np.nan
    result = analyse((pattern(holes),), Options())
    assert "missing_values" in codes(result)
    assert value(result, "d002") == pytest.approx(value(mixed, "d002"), rel=1e-4)


def test_stated_errors_are_weights() -> None:
    """Points spoilt at high angles do not matter where their errors are large."""
    spoilt = carbon() + np.where(X > 55, 400.0, 0.0)
    error = np.where(X > 55, 1e5, 10.0)
    clean, weighed = analyse((pattern(carbon()),), Options()), analyse((pattern(spoilt, error=error),), Options())
    assert value(weighed, "l_a") == pytest.approx(value(clean, "l_a"), rel=1e-3)


def test_what_cannot_be_analysed_is_refused() -> None:
    measured = pattern(carbon())
    with pytest.raises(InputError, match="one by one"):
        analyse((measured, measured), Options())
    with pytest.raises(CoverageError, match="100 and 110"):
        analyse((measured,), Options(window=(100.0, 110.0)))
    with pytest.raises(InputError, match="intensity"):
        analyse((Measurement("xrd", measured.table.drop("intensity_count"), {}, "", measured.source),), Options())


BAD: list[Callable[[], Options]] = [
    lambda: Options(window=(60.0, 14.0)),
    lambda: Options(window=(14.0, 200.0)),
    lambda: Options(correct="all"),  # type: ignore[arg-type]
    lambda: Options(K002=0.0),
    lambda: Options(instrument_fwhm_deg=-0.1),
    lambda: Options(wavelength=0.0),
    lambda: Options(profile="voigt"),  # type: ignore[arg-type]
    lambda: Options(instrument_shape="box"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("make", BAD)
def test_options_that_mean_nothing_are_refused(make: Callable[[], Options]) -> None:
    with pytest.raises(SpecError):
        make()
