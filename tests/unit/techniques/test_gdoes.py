"""Depth profiles: truth, Faraday's law, every option and flag."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.depth_profile.sodium import content_of_charge, content_of_ratio
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Quantity
from dualion.techniques import gdoes

CALIBRATION = 0.8
CALIBRATED = gdoes.Options(calibration=CALIBRATION)


def made(seed: int = 0, **truth: object) -> tuple[Measurement, ...]:
    return gdoes.synthesise(np.random.default_rng(seed), **truth)[0]  # type: ignore[arg-type]


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None
    return found


def changed(one: Measurement, **columns: pl.Expr) -> Measurement:
    return replace(one, table=one.table.with_columns(**columns))


class TestTruth:
    @pytest.mark.parametrize("seed", range(5))
    def test_ratio_and_faraday_line_within_two_per_cent(self, seed: int) -> None:
        measurements, truth = gdoes.synthesise(np.random.default_rng(seed), noise=0.005)
        result = gdoes.analyse(measurements, CALIBRATED)
        assert value(result, "sodium_ratio") == pytest.approx(truth["sodium_ratio"], rel=0.02)
        assert value(result, "faraday_slope") == pytest.approx(1.0, rel=0.02)

    def test_without_noise(self) -> None:
        measurements, truth = gdoes.synthesise(np.random.default_rng(0), noise=0)
        result = gdoes.analyse(measurements, CALIBRATED)
        for name, true in truth.items():
            assert value(result, name) == pytest.approx(true, rel=1e-3), name

    def test_x_of_the_specification(self) -> None:
        """The x of NaxC6 is Q / 372 mAh/g, and 6 Na/C of the calibrated signals without a surface film."""
        result = gdoes.analyse(made(noise=0, sei_sodium=0.0, charges=(60.0, 186.0, 338.0)), CALIBRATED)
        assert value(result, "x_from_charge") == pytest.approx(338 / 371.9, rel=1e-3)
        assert value(result, "x_in_naxc6") == pytest.approx(338 / 371.9, rel=1e-3)
        table = result.tables["states"]
        assert table["sodium_content [mmol/g]"].to_list() == pytest.approx([0.03731 * charge for charge in (60, 186, 338)], rel=1e-3)

    def test_one_profile_alone(self) -> None:
        result = gdoes.analyse(made()[:1], gdoes.Options())
        assert value(result, "sodium_ratio") == pytest.approx(0.0192, rel=0.1)
        assert result.values["sodium_ratio"].stderr == pytest.approx(0.1 * value(result, "sodium_ratio"), rel=0.05)
        assert 1.0 < value(result, "depth_variation") < 3.0
        assert "faraday_slope" not in result.values
        assert "lines" not in result.tables

    def test_craters_of_a_state_are_repeats(self) -> None:
        result = gdoes.analyse(made(), CALIBRATED)
        assert result.tables["states"]["craters"].to_list() == [3] * 5
        assert result.values["sodium_ratio"].n == 3
        assert "craters" in (result.values["sodium_ratio"].rule or "")
        assert result.tables["craters"].height == 15

    def test_both_lines_are_given(self) -> None:
        table = gdoes.analyse(made(), CALIBRATED).tables["lines"]
        assert table["line"].to_list() == ["deming", "ols"]
        for row in table.iter_rows(named=True):
            assert row["gradient_low"] < row["gradient"] < row["gradient_high"]
        slopes = {line: value(gdoes.analyse(made(), replace(CALIBRATED, line=line)), "faraday_slope") for line in ("deming", "ols")}
        assert slopes == dict(table.select("line", "gradient").iter_rows())


class TestWindow:
    def test_given(self) -> None:
        result = gdoes.analyse(made(noise=0)[:1], gdoes.Options(window=(30.0, 50.0)))
        row = result.tables["craters"].row(0, named=True)
        assert (row["window_start [s]"], row["window_end [s]"]) == (30.0, 50.0)
        assert "transient_in_window" not in codes(result)

    def test_one_over_the_transient_is_told(self) -> None:
        result = gdoes.analyse(made()[:1], gdoes.Options(window=(0.0, 20.0)))
        assert "transient_in_window" in codes(result)
        assert abs(value(result, "drift")) > 20

    def test_found_behind_the_transient(self) -> None:
        result = gdoes.analyse(made()[:1], gdoes.Options())
        assert result.tables["craters"]["window_start [s]"][0] > 5.0

    def test_a_profile_that_is_never_level(self) -> None:
        (one,) = made()[:1]
        falling = changed(one, sodium_signal=pl.col("sodium_signal") * (2 - pl.col("time_second") / 60))
        assert "transient_in_window" in codes(gdoes.analyse((falling,), gdoes.Options()))

    def test_too_narrow(self) -> None:
        with pytest.raises(InputError, match="fewer than 10 points"):
            gdoes.analyse(made()[:1], gdoes.Options(window=(30.0, 31.0)))


class TestFlags:
    def test_no_sputter_rate(self) -> None:
        one = made()[0]
        assert "no_sputter_rate" in codes(gdoes.analyse((one,), gdoes.Options()))
        stated = replace(one, conditions={**one.conditions, "sputter_rate": Quantity(5.0, "nm/s")})
        for result in (gdoes.analyse((stated,), gdoes.Options()), gdoes.analyse((one,), gdoes.Options(sputter_rate=5.0))):
            assert "no_sputter_rate" not in codes(result)
            curve = result.curves["profile_1"]
            assert (curve.x_axis.unit, curve.x[-1]) == ("nm", pytest.approx(300.0))

    def test_a_profile_over_depth(self) -> None:
        one = made()[0]
        deep = replace(one, table=one.table.rename({"time_second": "depth_nanometre"}))
        result = gdoes.analyse((deep,), gdoes.Options())
        assert "no_sputter_rate" not in codes(result)
        assert "window_start [nm]" in result.tables["craters"].columns
        with pytest.raises(InputError, match="only a depth"):
            gdoes.analyse((deep, made()[1]), gdoes.Options())

    def test_sodium_of_the_surface_film(self) -> None:
        assert "sei_sodium" in codes(gdoes.analyse(made(sei_sodium=1.0), CALIBRATED))
        assert "sei_sodium" not in codes(gdoes.analyse(made(sei_sodium=0.0), CALIBRATED))

    def test_charge_that_left_no_sodium(self) -> None:
        """Charges that are 30 mAh/g too large give a negative intercept, and none when they are taken off."""
        with_loss = [
            replace(one, conditions={**one.conditions, "charge": Quantity((one.conditions["charge"].value or 0) + 30.0, "mAh/g")})  # type: ignore[union-attr]
            for one in made(noise=0.002, sei_sodium=0.0)
        ]
        plain, corrected = (gdoes.analyse(with_loss, replace(CALIBRATED, irreversible_mah_g=loss)) for loss in (None, 30.0))
        assert value(plain, "faraday_intercept") == pytest.approx(-content_of_charge(30.0), rel=0.1)
        assert value(corrected, "faraday_intercept") == pytest.approx(0.0, abs=0.1)

    def test_a_slope_that_is_not_one(self) -> None:
        result = gdoes.analyse(made(noise=0.005, faraday_slope=0.7), CALIBRATED)
        assert "faraday_mismatch" in codes(result)
        assert value(result, "faraday_slope") == pytest.approx(0.7, abs=0.03)
        assert "faraday_mismatch" not in codes(gdoes.analyse(made(noise=0.005), CALIBRATED))

    def test_an_error_of_the_calibration_widens_the_slope(self) -> None:
        sharp, wide = (gdoes.analyse(made(faraday_slope=0.9, noise=0.005), replace(CALIBRATED, calibration_error=u)) for u in (0.0, 0.2))
        assert "faraday_mismatch" in codes(sharp)
        assert "faraday_mismatch" not in codes(wide)

    def test_without_a_calibration_nothing_is_a_concentration(self) -> None:
        result = gdoes.analyse(made(), gdoes.Options())
        assert "not_calibrated" in codes(result)
        assert not {"faraday_slope", "x_in_naxc6", "sodium_per_carbon"} & set(result.values)
        expected = CALIBRATION * content_of_charge(1.0) / content_of_ratio(1.0)
        assert value(result, "ratio_slope") == pytest.approx(expected, rel=0.05)

    def test_matrix_effect_in_a_window(self) -> None:
        one = changed(made()[0], carbon_signal=pl.col("carbon_signal") * (1 + pl.col("time_second") / 100))
        one = changed(one, sodium_signal=pl.col("sodium_signal") * (1 + pl.col("time_second") / 100))
        assert "matrix_effect" in codes(gdoes.analyse((one,), gdoes.Options()))

    def test_matrix_effect_between_states(self) -> None:
        first, *others = made()
        assert "matrix_effect" not in codes(gdoes.analyse((first, *others), gdoes.Options()))
        weak = changed(first, carbon_signal=0.7 * pl.col("carbon_signal"), sodium_signal=0.7 * pl.col("sodium_signal"))
        assert "matrix_effect" in codes(gdoes.analyse((weak, *others), gdoes.Options()))

    def test_a_sample_in_air(self) -> None:
        one = made()[0]
        assert "exposed_sample" in codes(gdoes.analyse((replace(one, conditions={**one.conditions, "transfer": "air"}),), gdoes.Options()))


class TestStates:
    def test_a_state_of_charge_with_the_capacity(self) -> None:
        shares = [
            replace(one, conditions={"state_of_charge": Quantity(100 * (one.conditions["charge"].value or 0) / 338, "%")})  # type: ignore[union-attr]
            for one in made()
        ]
        stated, told = gdoes.analyse(made(), CALIBRATED), gdoes.analyse(shares, replace(CALIBRATED, capacity_mah_g=338.0))
        assert value(told, "faraday_slope") == pytest.approx(value(stated, "faraday_slope"), rel=1e-9)
        assert "faraday_slope" not in gdoes.analyse(shares, CALIBRATED).values

    def test_profiles_of_which_nothing_is_known_are_states_of_their_own(self) -> None:
        unknown = [replace(one, conditions={}) for one in made()[:3]]
        assert gdoes.analyse(unknown, gdoes.Options()).tables["states"]["craters"].to_list() == [1, 1, 1]

    def test_another_divisor(self) -> None:
        one = made()[0]
        oxygen = replace(one, table=one.table.with_columns(oxygen_signal=2 * pl.col("carbon_signal")))
        halved = gdoes.analyse((oxygen,), gdoes.Options(normalise_to="O", calibration=0.5))
        assert value(halved, "sodium_ratio") == pytest.approx(value(gdoes.analyse((one,), gdoes.Options()), "sodium_ratio") / 2)
        assert "x_in_naxc6" not in halved.values
        with pytest.raises(InputError, match="zinc_signal"):
            gdoes.analyse((one,), gdoes.Options(normalise_to="Zn"))

    def test_rows_without_a_number_are_left_out_with_a_word(self) -> None:
        one = changed(made()[0], sodium_signal=pl.when(pl.col("time_second") == 30).then(None).otherwise(pl.col("sodium_signal")))
        dark = changed(made()[0], carbon_signal=pl.when(pl.col("time_second") < 2).then(0.0).otherwise(pl.col("carbon_signal")))
        assert "missing_values" in codes(gdoes.analyse((dark,), gdoes.Options()))
        assert gdoes.analyse((one,), gdoes.Options()).values["sodium_ratio"].value is not None

    def test_too_short(self) -> None:
        one = made()[0]
        with pytest.raises(CoverageError, match="at least 20"):
            gdoes.analyse((replace(one, table=one.table[:15]),), gdoes.Options())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"window": (5.0, 1.0)}, "window"),
        ({"calibration": 0.0}, "calibration"),
        ({"normalise_to": "Na"}, "normalise_to"),
        ({"normalise_to": "X"}, "normalise_to"),
        ({"line": "york"}, "line"),
        ({"charge_error": -1.0}, "charge_error"),
        ({"matrix_error": math.nan}, "matrix_error"),
        ({"irreversible_mah_g": -5.0}, "irreversible_mah_g"),
        ({"sputter_rate": math.inf}, "sputter_rate"),
    ],
)
def test_options_that_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        gdoes.Options(**options)  # type: ignore[arg-type]


def test_the_figure_has_one_profile_for_each_state() -> None:
    figure = gdoes.draw(gdoes.analyse(made(), CALIBRATED))
    assert len(figure.panels[0].series) == 5
    assert [axis.unit for axis in (figure.panels[1].x, figure.panels[1].y)] == ["mAh/g", "mmol/g"]
    assert len(gdoes.draw(gdoes.analyse(made()[:1], gdoes.Options())).panels) == 1
