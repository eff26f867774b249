"""Bands of known position and ratio, the range over models and baselines, and every flag of the Raman spectra of carbons."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.spectra.carbon_bands import fit_bands
from dualion.numerics.spectra.shapes import bwf, gaussian, lorentzian
from dualion.numerics.spectra.terms import Array
from dualion.numerics.spectra.track import track
from dualion.records.measurement import Measurement, Result, Source
from dualion.records.quantity import Quantity
from dualion.techniques.raman import Options, analyse, draw, synthesise

X = np.arange(700.0, 2100.0, 2.0)
QUICK = Options(baseline="linear", sensitivity_grid=False, calibration=520.5)


def spectrum(y: Array, *, laser: float | None = None, x: Array = X) -> Measurement:
    table = pl.DataFrame({"raman_shift_per_centimetre": x, "intensity_arbitrary": y})
    conditions = {} if laser is None else {"laser_wavelength": Quantity(laser, "nm")}
    return Measurement("raman", table, conditions, "", Source("spectrum.txt", "0" * 64, "test", 1, "simulation"))


def carbon(*, ratio: float = 1.0, rise: float = 50.0, noise: float = 1.0, width: float = 80.0) -> Array:
    """D and G of 500 counts on a line, with noise of one count."""
    y = 300 + rise * (X - 700) / 1400 + lorentzian(X, centre=1345, height=500 * ratio, fwhm=180)
    y = y + lorentzian(X, centre=1590, height=500, fwhm=width)
    return np.asarray(y + noise * np.random.default_rng(1).standard_normal(X.size))


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None
    return found


@pytest.mark.parametrize("ratio", [0.6, 1.03, 1.6])
def test_the_truth_is_found_without_noise(ratio: float) -> None:
    measured, truth = synthesise(np.random.default_rng(0), noise=0.0, id_ig_height=ratio)
    result = analyse(measured, QUICK)
    assert {name: value(result, name) for name in truth} == pytest.approx(dict(truth), rel=1e-3)
    assert "peak_at_bound" not in codes(result)


def test_four_and_five_bands_are_found_without_noise() -> None:
    """D4 and D3 a fifth of G, which two bands would put into D and G."""
    measured, truth = synthesise(np.random.default_rng(0), noise=0.0, d3_height=0.2, d4_height=0.15)
    four = analyse(measured, replace(QUICK, model="lorentz4"))
    assert value(four, "id_ig_height") == pytest.approx(truth["id_ig_height"], rel=1e-3)
    two = analyse(measured, QUICK)
    assert abs(value(two, "id_ig_height") / truth["id_ig_height"] - 1) > 0.02
    measured, truth = synthesise(np.random.default_rng(0), noise=0.0, d2_height=0.5, d3_height=0.2, d4_height=0.15)
    five = analyse(measured, replace(QUICK, model="lorentz5"))
    assert value(five, "g_position") == pytest.approx(truth["g_position"], abs=1e-3)
    bands = five.tables["bands"]
    assert bands["band"].to_list() == ["D4", "D", "D3", "G", "D2"]
    assert bands.filter(pl.col("band") == "D2")["height_ratio_to_g"].item() == pytest.approx(0.5, rel=1e-3)


def test_g_moves_with_the_number_of_bands() -> None:
    """D2 merges with G: two bands find G higher than five do."""
    measured, _ = synthesise(np.random.default_rng(0), noise=0.0, g_position=1580.0, d2_height=0.5)
    two, five = (value(analyse(measured, replace(QUICK, model=model)), "g_position") for model in ("lorentz2", "lorentz5"))
    assert five == pytest.approx(1580.0, abs=0.05)
    assert two > five + 3.0


def test_a_fano_band_is_given_at_its_maximum() -> None:
    y = 300 + lorentzian(X, centre=1345, height=500, fwhm=180) + bwf(X, centre=1590, height=500, fwhm=80, inverse_q=-0.2)
    result = analyse((spectrum(y),), replace(QUICK, model="bwf2"))
    assert value(result, "g_position") == pytest.approx(1590 - 80 * 0.2 / 2, abs=0.01)
    assert value(result, "g_height") == pytest.approx(500 * 1.04, rel=1e-3)
    assert value(result, "id_ig_area") == pytest.approx(180 / (80 * 0.96), rel=2e-3)


def test_areas_are_twice_the_heights_on_the_same_spectrum() -> None:
    result = analyse((spectrum(carbon()),), QUICK)
    assert value(result, "id_ig_area") / value(result, "id_ig_height") == pytest.approx(180 / 80, rel=0.02)


def test_a_ratio_never_comes_without_its_range() -> None:
    result = analyse((spectrum(carbon()),), Options())
    for measure in ("height", "area"):
        name = f"id_ig_{measure}"
        low, high = value(result, f"{name}_lowest"), value(result, f"{name}_highest")
        assert low <= value(result, name) <= high
        assert high - low > 0.05
        rule = str(result.values[name].rule)
        assert all(word in rule for word in (measure, "lorentz2", "arpls", f"{low:.2f} to {high:.2f}"))
        stderr = result.values[name].stderr
        assert stderr is not None
        assert stderr > (high - low) / 2
    grid = result.tables["sensitivity"]
    assert grid.height == 8
    assert grid.select("model", "baseline").n_unique() == 8
    assert {"ratio_sensitive", "no_calibration"} <= codes(result)


def test_without_the_grid_the_range_of_a_reference_is_taken() -> None:
    """The statistical error alone is never quoted for a ratio."""
    result = analyse((spectrum(carbon(noise=0.01)),), QUICK)
    assert result.values["id_ig_height"].stderr == pytest.approx(0.22 * value(result, "id_ig_height"), rel=0.01)
    assert "ratio_sensitive" not in codes(result)


def test_the_axis_is_shifted_by_silicon() -> None:
    plain = analyse((spectrum(carbon()),), replace(QUICK, calibration=None))
    shifted = analyse((spectrum(carbon()),), replace(QUICK, calibration=521.2))
    assert value(shifted, "g_position") - value(plain, "g_position") == pytest.approx(-0.7, abs=0.01)
    assert "no_calibration" in codes(plain)
    assert "no_calibration" not in codes(shifted)
    errors = [one.values["d_position"].stderr or 0.0 for one in (plain, shifted)]
    assert errors[0] > errors[1]


def test_silicon_is_known_for_what_it_is() -> None:
    x = np.arange(200.0, 1200.0, 2.0)
    y = 500 + 3000 * lorentzian(x, centre=521.3, height=1.0, fwhm=7.0) + np.random.default_rng(0).standard_normal(x.size)
    result = analyse((spectrum(y, x=x),), Options())
    assert value(result, "silicon_position") == pytest.approx(521.3, abs=0.3)
    assert value(result, "axis_shift") == pytest.approx(-0.8, abs=0.3)
    assert set(result.values) == {"silicon_maximum", "silicon_position", "axis_shift"}
    assert "silicon" in draw(result).finding


def test_a_size_needs_a_relation_and_a_laser() -> None:
    y = carbon(ratio=1.2)
    assert "l_a" not in analyse((spectrum(y, laser=532.0),), QUICK).values
    unknown = analyse((spectrum(y),), replace(QUICK, la_relation="tuinstra-koenig"))
    assert unknown.values["l_a"].value is None
    assert ("laser_unknown", "refusal") in {(flag.code, flag.severity) for flag in unknown.flags}
    of_file = analyse((spectrum(y, laser=532.0),), replace(QUICK, la_relation="tuinstra-koenig"))
    assert value(of_file, "l_a") == pytest.approx(4.956 / value(of_file, "id_ig_height"), rel=1e-6)
    of_options = analyse((spectrum(y, laser=532.0),), replace(QUICK, la_relation="tuinstra-koenig", laser_nm=514.5))
    assert value(of_options, "l_a") < value(of_file, "l_a")
    assert "514.5" in str(of_options.values["l_a"].rule)


def test_heights_and_areas_are_not_mixed() -> None:
    mixed = analyse((spectrum(carbon(), laser=532.0),), replace(QUICK, la_relation="cancado2006"))
    assert mixed.values["l_a"].value is None
    assert ("area_height_mixed", "refusal") in {(flag.code, flag.severity) for flag in mixed.flags}
    areas = analyse((spectrum(carbon(), laser=532.0),), replace(QUICK, la_relation="cancado2006", measure="area"))
    assert value(areas, "l_a") == pytest.approx(19.2 / value(areas, "id_ig_area"), rel=2e-3)


def test_a_small_size_by_diffraction_leaves_the_branch_open() -> None:
    assert "la_branch_ambiguous" in codes(analyse((spectrum(carbon()),), replace(QUICK, scherrer_la=1.6)))
    assert "la_branch_ambiguous" not in codes(analyse((spectrum(carbon()),), replace(QUICK, scherrer_la=3.6)))
    chosen = replace(QUICK, la_relation="ferrari-robertson", laser_nm=532.0)
    assert "la_branch_ambiguous" in codes(analyse((spectrum(carbon(ratio=3.0)),), chosen))


def test_a_spike_would_bias_a_height_and_is_taken_out() -> None:
    """One point of twice the height of D on top of it."""
    clean, spoilt = carbon(), carbon()
    rows = [int(np.argmin(np.abs(X - place))) for place in (1345.0, 1347.0)]
    spoilt[rows] += [4000.0, 3000.0]
    kept, mended, plain = (
        analyse((spectrum(y),), replace(QUICK, despike=threshold)) for y, threshold in ((spoilt, None), (spoilt, 8.0), (clean, 8.0))
    )
    assert value(kept, "d_height") > 1.05 * value(plain, "d_height")
    assert value(mended, "d_height") == pytest.approx(value(plain, "d_height"), rel=2e-3)
    (flag,) = [flag for flag in mended.flags if flag.code == "despiked"]
    assert "1344.0, 1346.0 cm-1" in flag.message
    assert "despiked" not in codes(plain)


def test_a_parameter_on_its_bound_is_flagged() -> None:
    y = 300 + lorentzian(X, centre=1345, height=500, fwhm=180) + gaussian(X, centre=1640, height=500, fwhm=60)
    assert "peak_at_bound" in codes(analyse((spectrum(y),), QUICK))
    assert "peak_at_bound" not in codes(analyse((spectrum(carbon()),), QUICK))


def test_fluorescence_is_flagged() -> None:
    shining = carbon() + 3000 * np.exp(-(((X - 700) / 900) ** 2))
    assert "fluorescence" in codes(analyse((spectrum(shining),), replace(QUICK, baseline="arpls")))
    assert "fluorescence" not in codes(analyse((spectrum(carbon()),), replace(QUICK, baseline="arpls")))


def test_noise_has_no_bands() -> None:
    noise = 300 + np.random.default_rng(0).standard_normal(X.size)
    for y in (noise, np.full_like(X, 300.0)):
        result = analyse((spectrum(y),), Options())
        assert all(one.value is None for one in result.values.values())
        assert ("no_bands", "refusal") in {(flag.code, flag.severity) for flag in result.flags}
        assert "withheld" in draw(result).finding


def test_rows_without_numbers_and_in_any_order() -> None:
    y = carbon()
    turned = analyse((spectrum(y[::-1], x=X[::-1]),), QUICK)
    assert turned.values == analyse((spectrum(y),), QUICK).values
    holes = y.copy()
    holes[300:305] = np.nan
    result = analyse((spectrum(holes),), QUICK)
    assert "missing_values" in codes(result)
    assert value(result, "g_position") == pytest.approx(value(turned, "g_position"), abs=0.1)


def test_negative_shifts_are_kept_and_do_no_harm() -> None:
    x = np.concatenate([np.arange(-95.0, 700.0, 2.0), X])
    y = np.concatenate([np.full(398, 300.0), carbon()])
    assert analyse((spectrum(y, x=x),), QUICK).values == analyse((spectrum(carbon()),), QUICK).values


def test_what_cannot_be_analysed_is_refused() -> None:
    measured = spectrum(carbon())
    with pytest.raises(InputError, match="one by one"):
        analyse((measured, measured), QUICK)
    with pytest.raises(CoverageError, match="3000 and 4000"):
        analyse((measured,), replace(QUICK, window=(3000.0, 4000.0)))
    with pytest.raises(InputError, match="span"):
        analyse((measured,), replace(QUICK, window=(800.0, 6000.0)))


BAD: list[Callable[[], Options]] = [
    lambda: Options(model="lorentz3"),  # type: ignore[arg-type]
    lambda: Options(baseline="poly"),  # type: ignore[arg-type]
    lambda: Options(measure="maximum"),  # type: ignore[arg-type]
    lambda: Options(la_relation="knight"),  # type: ignore[arg-type]
    lambda: Options(la_relation="width"),
    lambda: Options(window=(2000.0, 800.0)),
    lambda: Options(laser_nm=-532.0),
    lambda: Options(calibration=700.0),
    lambda: Options(despike=0.0),
    lambda: Options(scherrer_la=math.inf),
]


@pytest.mark.parametrize("make", BAD)
def test_options_that_mean_nothing_are_refused(make: Callable[[], Options]) -> None:
    with pytest.raises(SpecError):
        make()


def test_frames_follow_each_other() -> None:
    x, y = X, carbon()
    first = track(x, y, quantity="g_position")
    moved = track(x - 8.0, y, quantity="g_position", seed=first.seed)
    assert moved.value - first.value == pytest.approx(-8.0, abs=0.3)
    afresh = track(x - 8.0, y, quantity="g_position")
    assert moved.value == pytest.approx(afresh.value, abs=0.1 * first.stderr)
    assert track(x, 3 * y, quantity="g_intensity").value == pytest.approx(3 * track(x, y, quantity="g_intensity").value, rel=1e-6)
    assert track(x, y, quantity="d_position").value == pytest.approx(1345.0, abs=1.0)
    for none in (np.full_like(x, np.nan), np.full_like(x, 7.0)):
        assert math.isnan(track(x, none, quantity="g_position").value)


@pytest.mark.slow
def test_lmfit_finds_the_same_bands() -> None:
    """The headline fit, two Lorentz bands on the same baseline, by lmfit on the same numbers."""
    pytest.importorskip("lmfit")
    from lmfit.models import LorentzianModel

    inside = (X >= 800) & (X <= 2000)
    bands = fit_bands(X[inside], carbon()[inside], model="lorentz2", baseline="arpls")
    model = LorentzianModel(prefix="d_") + LorentzianModel(prefix="g_")
    start = model.make_params(d_center=1340, d_sigma=80, d_amplitude=1e5, g_center=1585, g_sigma=40, g_amplitude=6e4)
    theirs = model.fit(bands.fit.y, start, x=bands.fit.x).params
    for name in ("D", "G"):
        assert bands.position(name) == pytest.approx(
            (theirs[f"{name.lower()}_center"].value, theirs[f"{name.lower()}_center"].stderr), rel=1e-2
        )
        assert bands.position(name)[0] == pytest.approx(theirs[f"{name.lower()}_center"].value, abs=1e-3)
        assert bands.size(name, "area")[0] == pytest.approx(theirs[f"{name.lower()}_amplitude"].value, rel=1e-4)
    assert bands.ratio("height")[0] == pytest.approx(theirs["d_height"].value / theirs["g_height"].value, rel=1e-4)
