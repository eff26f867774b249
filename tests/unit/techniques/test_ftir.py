"""Infrared bands of synthetic spectra: every flag is provoked, every option changes what it should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, InputError, SpecError
from dualion.records.measurement import Measurement, Result, Source
from dualion.records.quantity import Quantity
from dualion.techniques.ftir import RECIPES, TECHNIQUE, Options, analyse, draw, synthesise

X = np.arange(1200.0, 3800.0, 2.0)
GAUSS = 4 * np.log(2)


def measured(y: np.ndarray, column: str = "absorbance", sample: str = "one", x: np.ndarray = X, **conditions: str) -> Measurement:
    table = pl.DataFrame({"wavenumber_per_centimetre": x, column: y})
    source = Source(f"{sample}.csv", "0" * 64, "test", 1)
    return Measurement("ftir", table, {"resolution": Quantity(4.0, "cm-1"), **conditions}, sample, source)


def peak(position: float, *, width: float = 30.0, height: float = 0.5) -> np.ndarray:
    return np.asarray(height * np.exp(-GAUSS * ((X - position) / width) ** 2) + 0.05)


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None
    return found


class TestPosition:
    def test_transmittance_is_turned_into_absorbance_before_any_fit(self) -> None:
        """A band of transmittance is broader and lower than one of absorbance."""
        of_absorbance = analyse([measured(peak(1561.0))], Options(band=(1480, 1640)))
        of_transmittance = analyse([measured(100 * 10 ** -peak(1561.0), "transmittance_percent")], Options(band=(1480, 1640)))
        for name in ("band_position", "band_width", "band_height", "band_area"):
            assert value(of_transmittance, name) == pytest.approx(value(of_absorbance, name), rel=1e-9)
        assert value(of_absorbance, "band_position") == pytest.approx(1561.0, abs=0.01)

    def test_both_estimators_agree_on_a_symmetric_band(self) -> None:
        by_derivative = analyse([measured(peak(1561.0))], Options(band=(1480, 1640), estimator="second_derivative", smoothing=15.0))
        assert value(by_derivative, "band_position") == pytest.approx(1561.0, abs=0.02)
        assert "second derivative" in (by_derivative.values["band_position"].rule or "")

    def test_the_error_is_never_below_calibration_and_resolution(self) -> None:
        sharp = analyse([measured(peak(1561.0))], Options(band=(1480, 1640))).values["band_position"]
        assert sharp.stderr == pytest.approx(0.5, rel=1e-3)
        noisy = peak(1561.0) + 0.06 * np.random.default_rng(0).standard_normal(X.size)
        coarse = replace(measured(noisy), conditions={"resolution": Quantity(16.0, "cm-1")})
        wide = analyse([coarse], Options(band=(1480, 1640))).values["band_position"]
        assert wide.stderr is not None
        assert wide.stderr > 16 / (2 * np.sqrt(0.6 / 0.06))

    def test_a_resolution_that_is_not_stated(self) -> None:
        bare = replace(measured(peak(1561.0)), conditions={})
        assert "resolution 4 cm-1 twice the distance" in (analyse([bare], Options(band=(1480, 1640))).values["band_position"].rule or "")
        given = analyse([bare], Options(band=(1480, 1640), resolution=8.0)).values["band_position"]
        assert "resolution 8 cm-1 as given" in (given.rule or "")

    def test_the_strongest_band_where_none_is_named(self) -> None:
        assert value(analyse([measured(peak(1561.0) + peak(2900.0, height=0.2))], Options()), "band_position") == pytest.approx(
            1561.0, abs=0.1
        )

    def test_atr_correction_moves_a_broad_band_up(self) -> None:
        broad = measured(peak(3386.0, width=300.0))
        ways = [analyse([broad], Options(band=(2600, 3790), baseline="none", atr_correction=on)) for on in (False, True)]
        assert value(ways[1], "band_position") - value(ways[0], "band_position") > 1.0

    def test_without_baseline_the_area_holds_the_ground(self) -> None:
        ways = [analyse([measured(peak(1561.0))], one) for one in (Options(band=(1480, 1640)), Options(band=(1480, 1640), baseline="none"))]
        assert value(ways[1], "band_area") - value(ways[0], "band_area") == pytest.approx(0.05 * 160, rel=0.01)


class TestRecipe:
    def test_the_bands_of_figure_s1(self) -> None:
        assert RECIPES["figure-s1"]["nh_bend"][0] < 1561 < RECIPES["figure-s1"]["nh_bend"][1]
        y = peak(3386.0, width=120.0) + peak(1561.0) + peak(1390.0)
        found = analyse([measured(y)], Options(recipe="figure-s1"))
        for name, position in (("nh_oh_stretch", 3386.0), ("nh_bend", 1561.0), ("oh_bend", 1390.0)):
            assert value(found, f"{name}_position") == pytest.approx(position, abs=0.3)

    def test_the_shift_of_the_paper(self) -> None:
        """3349 cm-1 in MEC0 and 3386 in MEC3."""
        spectra = [measured(peak(3386.0, width=120.0) + peak(1561.0) + peak(1390.0), sample="MEC3")]
        spectra.append(measured(peak(3349.0, width=120.0) + peak(1561.0) + peak(1390.0), sample="MEC0"))
        found = analyse(spectra, Options(recipe="figure-s1", pair="MEC0"))
        shift = found.values["nh_oh_stretch_shift"]
        assert shift.value == pytest.approx(37.0, abs=0.02)
        assert shift.interval is not None
        assert shift.interval[0] < 37 < shift.interval[1]
        assert {"water_overlap", "shift_below_resolution"} <= codes(found)  # the stretch overlaps, and the bend does not move


class TestFlags:
    BAND = Options(band=(1480, 1640))

    def test_saturated_by_transmittance_and_by_absorbance(self) -> None:
        deep = peak(1561.0, height=2.0)
        assert "saturated" in codes(analyse([measured(deep)], self.BAND))
        assert "saturated" in codes(analyse([measured(100 * 10**-deep, "transmittance_percent")], self.BAND))
        assert "saturated" not in codes(analyse([measured(peak(1561.0, height=1.6))], self.BAND))
        assert "saturated" not in codes(analyse([measured(deep, "intensity_arbitrary")], self.BAND))

    def test_no_light_at_all_is_saturated(self) -> None:
        dark = np.where(np.abs(X - 1561) < 5, 0.0, 100 * 10 ** -peak(1561.0))
        assert "saturated" in codes(analyse([measured(dark, "transmittance_percent")], self.BAND))

    def test_water_overlap(self) -> None:
        wide = Options(band=(3100, 3640))
        assert "water_overlap" in codes(analyse([measured(peak(3386.0, width=120.0))], wide))
        assert "water_overlap" not in codes(analyse([measured(peak(3450.0, width=120.0))], wide))
        assert "water_overlap" not in codes(analyse([measured(peak(1561.0))], self.BAND))

    @pytest.mark.parametrize(("shift", "flagged"), [(0.3, True), (-0.4, True), (0.7, False), (-5.0, False)])
    def test_shift_below_resolution(self, shift: float, *, flagged: bool) -> None:
        spectra = [measured(peak(1561.0 + shift), sample="a"), measured(peak(1561.0), sample="b")]
        found = analyse(spectra, Options(band=(1480, 1640), pair="b"))
        assert value(found, "band_shift") == pytest.approx(shift, abs=0.01)
        assert ("shift_below_resolution" in codes(found)) is flagged

    def test_what_is_no_band_is_withheld(self) -> None:
        flat = analyse([measured(np.full(X.size, 0.2))], self.BAND)
        assert flat.values["band_position"].value is None
        assert "no_band" in codes(flat)
        edge = analyse([measured(peak(1561.0))], Options(band=(1565, 1640), baseline="none"))
        assert edge.values["band_position"].value is None
        assert "band_at_edge" in codes(edge)

    def test_missing_values(self) -> None:
        y = peak(1561.0)
        y[180] = np.nan
        assert "missing_values" in codes(analyse([measured(y)], self.BAND))

    def test_atr_against_transmission(self) -> None:
        spectra = [measured(peak(1561.0), sample="a", geometry="ATR"), measured(peak(1563.0), sample="b")]
        assert "atr_against_transmission" in codes(analyse(spectra, Options(band=(1480, 1640), pair="b")))

    def test_an_axis_of_hertz_is_refused(self) -> None:
        table = pl.DataFrame({"abscissa": X, "ordinate": X})
        other = Measurement("spectrum", table, {}, "one", Source("nmr.jdx", "0" * 64, "jcamp-dx", 1))
        with pytest.raises(InputError, match="wavenumber_per_centimetre"):
            analyse([other], self.BAND)

    def test_a_spectrum_without_ordinate_is_refused(self) -> None:
        bare = replace(measured(peak(1561.0)), table=pl.DataFrame({"wavenumber_per_centimetre": X}))
        with pytest.raises(InputError, match="absorbance"):
            analyse([bare], self.BAND)
        with pytest.raises(CoverageError):
            analyse([measured(peak(1561.0))], Options(band=(1560, 1564)))


class TestComparison:
    def test_an_arbitrary_ordinate_is_called_one(self) -> None:
        found = analyse([measured(peak(1561.0), "intensity_arbitrary")], Options(band=(1480, 1640)))
        assert (found.values["band_height"].rule or "").startswith("arbitrary scale")
        assert "arbitrary" in draw(found).panels[0].y.quantity

    def test_a_normalisation_band_takes_out_the_thickness(self) -> None:
        thin = peak(1561.0) + peak(2900.0) - 0.05
        spectra = [measured(thin, sample="thin"), measured(3 * thin, sample="thick")]
        found = analyse(spectra, Options(band=(1480, 1640), normalise=(2800, 3000)))
        assert value(found, "thin_band_height") == pytest.approx(value(found, "thick_band_height"), rel=1e-6)
        plain = analyse(spectra, Options(band=(1480, 1640)))
        assert value(plain, "thick_band_height") == pytest.approx(3 * value(plain, "thin_band_height"), rel=1e-6)

    def test_the_difference_spectrum(self) -> None:
        spectra = [measured(peak(1561.0, height=0.7), sample="a"), measured(peak(1561.0), sample="b")]
        found = analyse(spectra, Options(band=(1480, 1640), pair="b"))
        assert "not_normalised" in codes(found)
        assert max(found.curves["difference"].y) == pytest.approx(0.2, abs=1e-3)
        assert "difference" in {panel.title for panel in draw(found).panels}

    def test_a_pair_that_is_not_there_is_asked_for(self) -> None:
        with pytest.raises(SpecError, match='pair: "b"'):
            analyse([measured(peak(1561.0))], Options(pair="b"))

    def test_the_coordinated_share_of_carbonate(self) -> None:
        for share in (0.1, 0.6):
            (one, _), truth = synthesise(np.random.default_rng(0), noise=0.0, coordinated_fraction=share)
            found = analyse([one], Options(band=(3100, 3640), carbonate=True))
            assert value(found, "coordinated_fraction") == pytest.approx(truth["coordinated_fraction"], abs=1e-4)
            assert value(found, "coordination_shift") == pytest.approx(-18.0, abs=0.01)

    def test_without_carbonate_no_share(self) -> None:
        found = analyse([measured(peak(1561.0))], Options(band=(1480, 1640), carbonate=True))
        assert found.values["coordinated_fraction"].value is None
        assert "not_separable" in codes(found)


@pytest.mark.parametrize(
    "wrong",
    [
        {"band": (1600.0, 1500.0)},
        {"band": (1.0, float("nan"))},
        {"estimator": "mean"},
        {"baseline": "cubic"},
        {"recipe": "s2"},
        {"smoothing": 0.0},
        {"resolution": -1.0},
        {"normalise": (2.0, 1.0)},
        {"band": (1500.0, 1600.0), "recipe": "figure-s1"},
    ],
)
def test_options_that_are_none(wrong: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=next(reversed(wrong))):
        Options(**wrong)  # type: ignore[arg-type]


def test_without_noise_the_truth_comes_back() -> None:
    measurements, truth = synthesise(np.random.default_rng(0), noise=0.0)
    found = analyse(measurements, TECHNIQUE.example_options())
    for name, true in truth.items():
        assert value(found, name) == pytest.approx(true, rel=1e-3)
