"""XPS: options, the flags, the reference, amounts and the comparison of two samples; the truth of ``synthesise``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.photoemission.model import Component
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Quantity
from dualion.techniques.xps import NITROGEN, Options, analyse, compare, draw, synthesise

QUICK = Options(n_boot=40)
RATE = "intensity_count_per_second"
NAMES = tuple(f"{one.name}_fraction" for one in NITROGEN)
SPEC = {"pyridinic_fraction": 0.35, "pyrrolic_fraction": 0.25, "graphitic_fraction": 0.20, "oxidised_fraction": 0.20}


def made(seed: int = 0, **truth: float) -> tuple[Measurement, ...]:
    return synthesise(np.random.default_rng(seed), **truth)[0]


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


def number(result: Result, name: str) -> float:
    value = result.values[name].value
    assert value is not None
    return value


def with_rate(measured: Measurement, change: Any) -> Measurement:
    table = measured.table
    energy, rate = table["binding_energy_electronvolt"].to_numpy(), table[RATE].to_numpy()
    return replace(measured, table=table.with_columns(pl.Series(RATE, change(energy, rate))))


def noisy(measurements: Sequence[Measurement], share: float, seed: int = 0) -> list[Measurement]:
    """With noise of a share of the height of N 1s."""
    rng = np.random.default_rng(seed)
    first = measurements[0].table[RATE].to_numpy()
    height = float(np.ptp(first))
    return [with_rate(measurements[0], lambda _, y: y + share * height * rng.standard_normal(y.size)), *measurements[1:]]


class TestTruth:
    @pytest.mark.parametrize("truth", [SPEC, {}], ids=["0.35/0.25/0.20/0.20", "MEC3"])
    def test_without_noise_it_is_found_within_half_a_percent(self, truth: dict[str, float]) -> None:
        measurements, expected = synthesise(np.random.default_rng(0), noise=0.0, **truth)
        result = analyse(measurements, QUICK)
        for name, value in expected.items():
            assert number(result, name) == pytest.approx(value, rel=5e-3)
        assert number(result, "surface_nitrogen_content") == pytest.approx(0.99, rel=0.01)
        assert number(result, "surface_oxygen_content") == pytest.approx(5.0, rel=0.01)

    @pytest.mark.parametrize("seed", range(3))
    def test_with_three_percent_of_noise_it_lies_in_the_intervals(self, seed: int) -> None:
        measurements, expected = synthesise(np.random.default_rng(seed), **SPEC)
        result = analyse(measurements, QUICK)
        for name, value in expected.items():
            stderr = result.values[name].stderr
            assert stderr is not None
            assert abs(number(result, name) - value) < 3 * stderr
        assert sum(number(result, name) for name in NAMES) == pytest.approx(1.0)

    def test_no_oxidised_nitrogen_is_an_upper_bound(self) -> None:
        result = analyse(made(oxidised_fraction=0.0, pyridinic_fraction=0.4, pyrrolic_fraction=0.3, graphitic_fraction=0.3), QUICK)
        found = result.values["oxidised_fraction"]
        assert found.interval is not None
        assert found.interval[0] == 0
        assert 0.001 < found.interval[1] < 0.05
        assert "upper bound" in (found.rule or "")
        assert "oxidised_position" not in result.values

    @pytest.mark.slow
    def test_the_seed_decides_and_nothing_else(self) -> None:
        first, again = (analyse(made(), QUICK) for _ in range(2))
        assert first.values == again.values
        other = analyse(made(), replace(QUICK, seed=1))
        assert other.values["pyridinic_fraction"].stderr != first.values["pyridinic_fraction"].stderr


class TestReference:
    def test_energies_are_moved_to_carbon(self) -> None:
        result = analyse(made(charge_shift=1.7), QUICK)
        assert number(result, "charge_shift") == pytest.approx(-1.7, abs=0.02)
        assert number(result, "pyridinic_position") == pytest.approx(number(analyse(made(), QUICK), "pyridinic_position"), abs=0.01)

    def test_another_reference_moves_all_positions(self) -> None:
        wide = tuple(replace(one, position=one.position - 0.3, low=one.low - 0.3, high=one.high - 0.3) for one in NITROGEN)
        moved = analyse(made(), replace(QUICK, be_reference="C1s_sp2_284.5", components=wide, window=(393.7, 407.7)))
        assert number(moved, "oxidised_position") == pytest.approx(number(analyse(made(), QUICK), "oxidised_position") - 0.3, abs=0.01)

    def test_without_carbon_it_is_unknown(self) -> None:
        result = analyse(made(charge_shift=0.0)[:1], QUICK)
        assert "reference_unknown" in codes(result)
        assert "charge_shift" not in result.values

    def test_none_leaves_the_energies(self) -> None:
        result = analyse(made(charge_shift=0.0), replace(QUICK, be_reference="none"))
        assert "reference_unknown" in codes(result)
        assert number(result, "pyridinic_position") == pytest.approx(398.4, abs=0.4)


class TestFlags:
    def test_a_satellite_that_the_background_takes_or_leaves(self) -> None:
        """A rise beyond 401 eV is oxidised nitrogen or background, as one likes."""
        rise = [with_rate(made()[0], lambda e, y: y + 0.8 * np.ptp(y) / (1 + np.exp((403.5 - e) / 0.8))), *made()[1:]]
        result = analyse(rise, QUICK)
        assert "oxidised_background_degenerate" in codes(result)
        table = result.tables["fractions"]
        assert table.filter(pl.col("component") == "oxidised")["background_range"].item() > 0.05
        assert "oxidised_background_degenerate" not in codes(analyse(made(), QUICK))

    @pytest.mark.parametrize(("low", "high"), [(1.8, 2.2), (0.8, 1.2)])
    def test_a_width_at_its_bound(self, low: float, high: float) -> None:
        forced = tuple(replace(one, fwhm_low=low, fwhm_high=high) for one in NITROGEN)
        assert "fwhm_bound" in codes(analyse(made(), replace(QUICK, components=forced)))
        assert "fwhm_bound" not in codes(analyse(made(), QUICK))

    def test_little_signal_is_told_and_less_is_withheld(self) -> None:
        some = analyse(noisy(made(), 0.15), QUICK)
        (flag,) = (one for one in some.flags if one.code == "low_snr")
        assert flag.severity == "warning"
        flat = with_rate(made()[0], lambda e, y: 1000 + 30 * np.random.default_rng(0).standard_normal(e.size))
        none = analyse([flat, *made()[1:]], QUICK)
        (flag,) = (one for one in none.flags if one.code == "low_snr")
        assert flag.severity == "refusal"
        assert [none.values[name].value for name in NAMES] == [None] * 4
        assert draw(none).panels

    def test_zinc_below_its_limit(self) -> None:
        result = analyse(made(), QUICK)
        assert "zn_below_limit" in codes(result)
        bound = result.values["zinc_limit"]
        assert bound.interval == (0.0, bound.value)
        zinc = made()[3].table[RATE].to_numpy()
        sigma = float(np.std(zinc - np.polyval(np.polyfit(np.arange(zinc.size), zinc, 1), np.arange(zinc.size)), ddof=2))
        amount = 3 * sigma * 1.04199 * 2.0 / 18.92
        rows = result.tables["surface"]
        total = float((rows["area [Hz eV]"] / rows["sensitivity_factor"]).sum())
        assert bound.value == pytest.approx(100 * amount / (total + amount), rel=0.02)

    def test_zinc_above_its_limit_is_an_amount(self) -> None:
        line = with_rate(made()[3], lambda e, y: y + 3000 * np.exp(-4 * np.log(2) * ((e - 1022.4) / 2.0) ** 2))
        result = analyse([*made()[:3], line], QUICK)
        assert "zn_below_limit" not in codes(result)
        assert number(result, "surface_zinc_content") > 0.1

    @pytest.mark.slow
    def test_zinc_without_other_elements_is_an_area(self) -> None:
        flat = with_rate(made()[0], lambda e, y: 1000 + 30 * np.random.default_rng(0).standard_normal(e.size))
        assert number(analyse([flat, made()[3]], QUICK), "zinc_area_limit") > 0

    @pytest.mark.parametrize(("bulk", "raised"), [(1.15, False), (3.5, True), (0.3, True)])
    def test_surface_and_bulk(self, bulk: float, raised: bool) -> None:
        assert ("xps_vs_ea" in codes(analyse(made(), replace(QUICK, bulk_nitrogen=bulk)))) is raised


class TestComparison:
    def test_the_step_of_the_study_is_meaningful_with_small_errors_only(self) -> None:
        """23.1 % and 34.8 % of all nitrogen."""
        one = {"pyridinic_fraction": 0.28, "pyrrolic_fraction": 0.24, "graphitic_fraction": 0.249}
        first, other = analyse(made(1, oxidised_fraction=0.231, **one), QUICK), analyse(made(2), QUICK)
        found = compare(first, other)
        assert found.meaningful
        assert found.value == pytest.approx(0.117, abs=3 * found.stderr)
        assert found.stderr == pytest.approx(
            np.hypot(*(one.values["oxidised_fraction"].stderr or 0.0 for one in (first, other))), rel=1e-12
        )
        worse = [replace(one, values={"oxidised_fraction": Quantity(value, "1", 0.05)}) for one, value in ((first, 0.231), (other, 0.348))]
        assert not compare(*worse).meaningful

    def test_a_sample_is_not_different_from_itself(self) -> None:
        result = analyse(made(), QUICK)
        assert not compare(result, result).meaningful

    def test_what_is_not_there_cannot_be_compared(self) -> None:
        result = analyse(made(), QUICK)
        with pytest.raises(InputError, match="no_such_fraction"):
            compare(result, result, "no_such_fraction")


class TestOtherRegions:
    def test_any_region_by_its_components(self) -> None:
        carbon = (Component("sp2", 284.8, 284.5, 285.1, fwhm_low=0.5, fwhm_high=1.5),)
        options = replace(QUICK, components=carbon, region="C 1s", window=(280.0, 290.0))
        result = analyse(made(), options)
        assert number(result, "sp2_fraction") == 1.0
        assert number(result, "sp2_area") == pytest.approx(1e5, rel=0.01)
        assert number(result, "fwhm") == pytest.approx(1.0, abs=0.01)

    @pytest.mark.parametrize(
        "options", [{"background": "active_shirley"}, {"background": "linear"}, {"share_fwhm": False}, {"weights": "equal"}]
    )
    def test_every_way_of_fitting_gives_the_simplex(self, options: dict[str, Any]) -> None:
        result = analyse(made(noise=0.01), replace(QUICK, **options))
        assert sum(number(result, name) for name in NAMES) == pytest.approx(1.0)
        assert number(result, "oxidised_fraction") == pytest.approx(0.348, abs=0.03)

    @pytest.mark.slow
    def test_voigt_lines(self) -> None:
        assert number(analyse(made(noise=0.01), replace(QUICK, shape="voigt20")), "oxidised_fraction") == pytest.approx(0.348, abs=0.05)

    def test_a_region_without_a_name_serves_where_it_is_alone(self) -> None:
        alone = [replace(made(charge_shift=0.0)[0], region="")]
        assert number(analyse(alone, QUICK), "oxidised_fraction") == pytest.approx(0.34, abs=0.05)

    def test_counts_serve_as_well(self) -> None:
        plain = [replace(one, table=one.table.rename({RATE: "intensity_arbitrary"})) for one in made()]
        result = analyse(plain, QUICK)
        assert result.values["pyridinic_area"].unit == "eV"
        assert number(result, "oxidised_fraction") == pytest.approx(number(analyse(made(), QUICK), "oxidised_fraction"))


class TestRefused:
    def test_a_region_that_is_not_there(self) -> None:
        with pytest.raises(InputError, match="No region is N 1s"):
            analyse(made()[1:], QUICK)

    def test_a_region_that_is_there_twice(self) -> None:
        with pytest.raises(InputError, match="2 regions are N 1s"):
            analyse([made()[0], made(1)[0]], QUICK)

    def test_a_window_with_too_few_rows(self) -> None:
        with pytest.raises(CoverageError, match="rows between 394 and 395 eV"):
            analyse(made(), replace(QUICK, window=(394.0, 395.0)))

    def test_an_intensity_that_never_changes(self) -> None:
        with pytest.raises(InputError, match="the same in every row"):
            analyse([with_rate(made()[0], lambda e, y: np.full(y.size, 5.0))], QUICK)

    def test_no_intensity(self) -> None:
        with pytest.raises(InputError, match=RATE):
            analyse([replace(made()[0], table=made()[0].table.drop(RATE))], QUICK)

    def test_rows_that_are_not_finite_are_left_out_and_told(self) -> None:
        holed = with_rate(made()[0], lambda e, y: np.where(np.abs(e - 396) < 0.2, np.nan, y))
        result = analyse([holed, *made()[1:]], QUICK)
        assert "missing_values" in codes(result)
        assert number(result, "oxidised_fraction") == pytest.approx(0.348, abs=0.03)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"components": ()},
            {"components": (NITROGEN[0], NITROGEN[0])},
            {"components": (replace(NITROGEN[0], linked="nobody"),)},
            {"region": "nitrogen"},
            {"background": "quadratic"},
            {"shape": "square"},
            {"weights": "many"},
            {"window": (408.0, 394.0)},
            {"be_reference": "gold"},
            {"n_boot": 3},
            {"bulk_nitrogen": 120.0},
        ],
        ids=lambda wrong: next(iter(wrong)),
    )
    def test_options_that_mean_nothing(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(SpecError, match=next(iter(wrong))):
            replace(QUICK, **wrong)


def test_vendor_values_stand_beside_ours_and_enter_nothing() -> None:
    vendor = {"vendor_name_1": "N1s A", "vendor_area_1": Quantity(512.5, "Hz eV"), "vendor_position_1": Quantity(398.4, "eV")}
    first = made()[0]
    result = analyse([replace(first, conditions={**first.conditions, **vendor}), *made()[1:]], QUICK)
    row = result.tables["vendor"].row(0, named=True)
    assert (row["component"], row["area [Hz eV]"], row["fwhm [eV]"]) == ("N1s A", 512.5, None)
    assert result.values == analyse(made(), QUICK).values


@pytest.mark.slow
def test_the_transmission_of_the_file_is_used() -> None:
    factors = (2.0, 1.0, 1.0, 1.0)
    given = [replace(one, conditions={**one.conditions, "transmission": Quantity(f, "1")}) for one, f in zip(made(), factors, strict=True)]
    plain, scaled = analyse(made(), QUICK), analyse(given, QUICK)
    ratio = number(scaled, "surface_nitrogen_content") / number(plain, "surface_nitrogen_content")
    assert ratio == pytest.approx(0.5, rel=0.01)
    assert "of the file" in (scaled.values["surface_nitrogen_content"].rule or "")
