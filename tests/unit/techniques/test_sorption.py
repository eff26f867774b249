"""Nitrogen sorption: truth of made isotherms, every guard and every flag, options, and pyGAPS called directly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, InputError, MissingDependency, SpecError
from dualion.numerics.sorption.branches import BRANCHES
from dualion.records.measurement import Measurement, Result, Source
from dualion.records.quantity import Quantity
from dualion.techniques.engines import sorption as engine
from dualion.techniques.sorption import TECHNIQUE, Options, analyse, draw, synthesise

NAMES = {"bet_area", "bet_c", "monolayer_capacity", "total_pore_volume", "micropore_volume", "external_area"}
X = np.concatenate([np.geomspace(1e-6, 0.03, 25), np.linspace(0.035, 0.97, 60)])


def measured(
    x: Sequence[float] | np.ndarray,
    loading: Sequence[float] | np.ndarray,
    *,
    file: str = "made.csv",
    adsorptive: str | None = "nitrogen",
    kelvin: float | None = 77.355,
    column: str = "relative_pressure",
) -> Measurement:
    frame = pl.DataFrame({column: np.asarray(x, dtype=float), "loading_mol_per_kg": np.asarray(loading, dtype=float)})
    frame = frame.with_columns(pl.Series("branch", [BRANCHES[0]] * frame.height, dtype=pl.Enum(BRANCHES)))
    conditions: dict[str, Quantity | str] = {} if adsorptive is None else {"adsorptive": adsorptive}
    if kelvin is not None:
        conditions["temperature"] = Quantity(kelvin - 273.15, "degC")
    return Measurement("sorption", frame, conditions, "", Source(file, "0" * 64, "test", 1, "simulation"))


def bet(x: np.ndarray, monolayer: float, c: float) -> np.ndarray:
    """BET up to 0.2, then a slow rise: a window with a maximum."""
    inside = np.minimum(x, 0.2)
    return np.asarray(monolayer * c * inside / ((1 - inside) * (1 + (c - 1) * inside)) * (1 + 0.2 * np.maximum(x - 0.2, 0)))


def codes(result: Result, severity: str | None = None) -> set[str]:
    return {flag.code for flag in result.flags if severity in (None, flag.severity)}


class TestTruth:
    @pytest.mark.parametrize(("area", "c"), [(39.13, 150.0), (229.73, 400.0), (1000.0, 60.0)])
    def test_without_noise_the_truth_comes_back(self, area: float, c: float) -> None:
        made, truth = synthesise(np.random.default_rng(0), noise=0.0, bet_area=area, bet_c=c)
        values = analyse(made, Options()).values
        assert set(values) == set(truth) == NAMES
        for name, true in truth.items():
            assert values[name].value == pytest.approx(true, rel=1e-3), name

    def test_given_volumes_come_back(self) -> None:
        given = {"total_pore_volume": 0.05, "micropore_volume": 0.018, "external_area": 8.0}
        made, truth = synthesise(np.random.default_rng(0), noise=0.0, **given)
        values = analyse(made, Options()).values
        for name, true in given.items():
            assert truth[name] == true
            assert values[name].value == pytest.approx(true, rel=1e-6)

    @pytest.mark.parametrize("wrong", [{"bet_c": 5.0}, {"bet_area": -1.0}, {"total_pore_volume": 1e-4}])
    def test_what_makes_no_isotherm_is_refused(self, wrong: dict[str, float]) -> None:
        with pytest.raises(SpecError, match=next(iter(wrong))):
            synthesise(np.random.default_rng(0), **wrong)

    def test_bet_equation_with_known_monolayer_and_c(self) -> None:
        x = np.sort(np.append(X, [0.2, 0.2002]))  # the window ends with the point behind the maximum
        for monolayer, c in ((0.4, 150.0), (11.4, 370.0)):
            values = analyse([measured(x, bet(x, monolayer, c))], Options()).values
            assert values["monolayer_capacity"].value == pytest.approx(monolayer, rel=0.01)
            assert values["bet_c"].value == pytest.approx(c, rel=0.01)
            assert values["bet_area"].value == pytest.approx(monolayer * 97.56, rel=0.01)


class TestGuards:
    @pytest.mark.parametrize("basis", ["volume_gas", "volume_liquid", "mass"])
    def test_the_adapter_takes_amounts_only(self, basis: str) -> None:
        with pytest.raises(SpecError, match=r"3\.53"):
            engine.Isotherm([0.1], [1.0], "nitrogen", 77.355, basis=basis)

    @pytest.mark.parametrize("unit", ["cm3/g", "mmol/g", "cm3(STP)/g", ""])
    def test_and_in_one_unit_only(self, unit: str) -> None:
        with pytest.raises(SpecError, match="mol/kg"):
            engine.Isotherm([0.1], [1.0], "nitrogen", 77.355, unit=unit)

    def test_a_large_external_area_is_suspect(self) -> None:
        made, _ = synthesise(np.random.default_rng(0), external_area=30.0, total_pore_volume=0.1)
        assert "tplot_window_suspect" in codes(analyse(made, Options()), "warning")

    def test_a_bent_t_plot_is_suspect(self) -> None:
        loading = bet(X, 1.0, 150.0) + 2.0 * (X > 0.35)
        assert "tplot_window_suspect" in codes(analyse([measured(X, loading)], Options()), "warning")

    def test_a_section_is_never_sought(self) -> None:
        made, _ = synthesise(np.random.default_rng(0))
        result = analyse(made, Options(t_limits=None))
        assert result.values["external_area"].value is None
        assert "tplot_window_suspect" in codes(result, "refusal")

    def test_a_missing_library_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(engine, "find_spec", lambda name: None)
        engine._standard.cache_clear()
        made, _ = synthesise(np.random.default_rng(0))
        with pytest.raises(MissingDependency, match="adsorption"):
            analyse(made, Options(thickness="kruk-jaroniec-gadkaree"))
        assert analyse(made, Options()).values["bet_area"].value is not None


class TestFlags:
    def test_a_negative_c_is_refused(self) -> None:
        """A window behind the filling of micropores: the intercept is negative."""
        loading = 10 * (1 - np.exp(-X / 1e-5)) + 2 * X
        result = analyse([measured(X, loading)], Options(bet_window=(0.05, 0.3)))
        assert "bet_c_negative" in codes(result, "refusal")
        assert {name for name, one in result.values.items() if one.value is None} >= {"bet_area", "bet_c", "monolayer_capacity"}

    def test_a_small_c_is_no_monolayer(self) -> None:
        result = analyse([measured(X, bet(X, 1.0, 3.0))], Options())
        assert "bet_not_linear" in codes(result, "refusal")
        assert result.values["bet_area"].value is None

    def test_scatter_is_no_line(self) -> None:
        rng = np.random.default_rng(3)
        result = analyse([measured(X, bet(X, 1.0, 100.0) * (1 + 0.3 * rng.random(X.size)))], Options(bet_window=(0.03, 0.2)))
        assert "bet_not_linear" in codes(result, "refusal")

    def test_four_points_are_too_few(self) -> None:
        result = analyse([measured(X, bet(X, 1.0, 100.0))], Options(bet_window=(0.06, 0.115)))
        assert result.values["bet_area"].value is None
        assert any(flag.code == "bet_not_linear" and "4 points" in flag.message for flag in result.flags)

    def test_a_given_window_is_told(self) -> None:
        result = analyse([measured(X, bet(X, 1.0, 100.0))], Options(bet_window=(0.05, 0.2)))
        assert "bet_window_user" in codes(result, "warning")
        assert result.values["bet_c"].value == pytest.approx(100, rel=1e-3)

    def test_a_late_start_is_told_and_leaves_no_micropores(self) -> None:
        late = X[X > 0.01]
        result = analyse([measured(late, bet(late, 1.0, 100.0))], Options())
        assert codes(result, "refusal") == codes(result, "warning") == {"range_starts_late"}
        assert result.values["micropore_volume"].value is None

    def test_an_early_end_leaves_no_total_volume(self) -> None:
        early = X[X < 0.9]
        result = analyse([measured(early, bet(early, 1.0, 100.0))], Options())
        assert "range_ends_early" in codes(result, "refusal")
        assert analyse([measured(early, bet(early, 1.0, 100.0))], Options(total_at=0.85)).values["total_pore_volume"].value is not None

    def test_a_dubinin_line_beyond_all_that_was_adsorbed_is_refused(self) -> None:
        result = analyse([measured(X, np.minimum(1e5 * X**2, 0.3 + X))], Options())
        assert "dr_extrapolated" in codes(result, "refusal")

    @pytest.mark.parametrize(
        ("file", "adsorptive", "kelvin", "expected"),
        [
            ("AC_Ar_77K.aif", "argon", 87.0, True),
            ("AC_87 K.aif", "argon", 87.0, False),
            ("made.csv", "nitrogen", 87.3, True),
            ("made.csv", "nitrogen", 77.3, False),
            ("made.csv", "argon", 77.355, False),
            ("made.csv", "carbon dioxide", 77.355, True),
        ],
    )
    def test_adsorptive_and_temperature_must_agree(self, file: str, adsorptive: str, kelvin: float, expected: bool) -> None:
        result = analyse([measured(X, bet(X, 1.0, 100.0), file=file, adsorptive=adsorptive, kelvin=kelvin)], Options())
        assert ("adsorptive_temperature_conflict" in codes(result, "warning")) is expected

    def test_nitrogen_is_blind_for_the_smallest_pores(self) -> None:
        assert "ultramicropore_blind" in codes(analyse([measured(X, bet(X, 1.0, 100.0))], Options()), "note")
        argon = measured(X, bet(X, 1.0, 100.0), adsorptive="Ar", kelvin=87.3)
        assert "ultramicropore_blind" not in codes(analyse([argon], Options()))

    def test_a_small_area_asks_for_krypton(self) -> None:
        loading = bet(X, 0.005, 100.0)
        assert "use_krypton" in codes(analyse([measured(X, loading)], Options()), "warning")
        assert "use_krypton" not in codes(analyse([measured(X, loading)], Options(kr_threshold_m2_g=0.3)))

    def test_a_printed_area_is_told_and_never_used(self) -> None:
        plain = measured(X, bet(X, 1.0, 100.0))
        printed = replace(plain, conditions={**plain.conditions, "vendor_bet_area": Quantity(50.0, "m2/g", rule="printed")})
        result = analyse([printed], Options())
        assert "vendor_differs" in codes(result, "warning")
        assert result.values == analyse([plain], Options()).values
        assert result.tables["vendor"].rows() == [("vendor_bet_area", 50.0, "m2/g", "printed")]

    def test_rows_without_numbers_are_told(self) -> None:
        loading = bet(X, 1.0, 100.0)
        loading[5] = np.nan
        assert "missing_values" in codes(analyse([measured(X, loading)], Options()), "warning")

    def test_one_isotherm_at_a_time(self) -> None:
        made, _ = synthesise(np.random.default_rng(0))
        assert "not_used" in codes(analyse((made[0], made[0]), Options()), "warning")


class TestInput:
    def test_adsorptive_and_temperature_are_never_guessed(self) -> None:
        loading = bet(X, 1.0, 100.0)
        with pytest.raises(SpecError, match=r"adsorptive: .*nitrogen"):
            analyse([measured(X, loading, adsorptive=None)], Options())
        with pytest.raises(SpecError, match=r"temperature: .*77\.355"):
            analyse([measured(X, loading, kelvin=None)], Options())
        with pytest.raises(SpecError, match="phlogiston"):
            analyse([measured(X, loading, adsorptive="phlogiston")], Options())
        stated = analyse([measured(X, loading, adsorptive=None, kelvin=None)], Options(adsorptive="N2", temperature=77.355))
        assert stated.values["bet_area"].value is not None

    def test_absolute_pressures_need_a_saturation_pressure(self) -> None:
        loading = bet(X, 1.0, 100.0)
        absolute = measured(101_325.0 * X, loading, column="pressure_pascal")
        result = analyse([absolute], Options())
        assert "saturation_pressure_computed" in codes(result, "note")
        assert result.values["bet_area"].value == pytest.approx(
            analyse([measured(X, loading)], Options()).values["bet_area"].value, rel=1e-9
        )
        with pytest.raises(SpecError, match="saturation pressure"):
            analyse([replace(absolute, conditions={"adsorptive": "nitrogen", "temperature": Quantity(25.0, "degC")})], Options())
        both = replace(absolute, table=absolute.table.with_columns(pl.lit(101_325.0).alias("saturation_pressure_pascal")))
        assert "saturation_pressure_computed" not in codes(analyse([both], Options()))
        with pytest.raises(InputError, match="relative_pressure or pressure_pascal"):
            analyse([replace(absolute, table=absolute.table.drop("pressure_pascal"))], Options())

    def test_too_few_points(self) -> None:
        with pytest.raises(CoverageError):
            analyse([measured(X[:4], X[:4])], Options())
        with pytest.raises(CoverageError):
            analyse([measured(X, bet(X, 1.0, 100.0))], Options(branch="desorption"))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"bet_window": "best"},
            {"bet_window": (0.3, 0.05)},
            {"sigma_nm2": 16.2},
            {"t_limits": (0.5, 0.4)},
            {"dr_limits": (-0.1, 0.4)},
            {"dr_exponent": 4.0},
            {"total_at": 1.5},
            {"temperature": -1.0},
            {"method_relative": -0.1},
        ],
    )
    def test_options_are_checked(self, wrong: dict[str, object]) -> None:
        with pytest.raises(SpecError, match=next(iter(wrong))):
            Options(**wrong)  # type: ignore[arg-type]


class TestOptionsAct:
    def test_cross_section_scales_the_area(self) -> None:
        made = [measured(X, bet(X, 1.0, 100.0))]
        one, other = (analyse(made, Options(sigma_nm2=sigma)).values["bet_area"].value or 0 for sigma in (0.162, 0.135))
        assert one / other == pytest.approx(0.162 / 0.135)
        assert one == analyse(made, Options()).values["bet_area"].value

    def test_errors_are_added(self) -> None:
        made = [measured(X, bet(X, 1.0, 100.0))]
        area = analyse(made, Options()).values["bet_area"]
        assert area.value is not None
        assert area.stderr == pytest.approx(np.hypot(0.03, 0.10) * area.value, rel=0.02)
        bare = analyse(made, Options(fit_relative=0.0, method_relative=0.0)).values["bet_area"]
        assert 0 < (bare.stderr or 0) < 0.02 * area.value

    def test_the_other_branch(self) -> None:
        made, truth = synthesise(np.random.default_rng(0), noise=0.0)
        result = analyse(made, Options())
        assert {"adsorption", "desorption", "bet_plot", "bet_line", "t_plot", "t_line"} <= set(result.curves)
        turned = replace(made[0], table=made[0].table.with_columns(pl.lit("desorption").cast(pl.Enum(BRANCHES)).alias("branch")))
        assert analyse([turned], Options(branch="desorption")).values["bet_area"].value == pytest.approx(truth["bet_area"], rel=1e-3)

    def test_thickness_functions(self) -> None:
        made, truth = synthesise(np.random.default_rng(0), noise=0.0)
        areas = {name: analyse(made, Options(thickness=name)).values["external_area"].value for name in ("carbon-black", "harkins-jura")}
        assert areas["carbon-black"] == pytest.approx(truth["external_area"], rel=1e-3)
        assert areas["harkins-jura"] == pytest.approx(truth["external_area"], rel=0.3)
        assert len(set(areas.values())) == 2


def test_it_is_drawn_with_and_without_an_area() -> None:
    made, _ = synthesise(np.random.default_rng(0))
    assert [panel.title for panel in draw(analyse(made, Options())).panels] == ["Isotherm", "BET plot", "t-plot"]
    refused = draw(analyse([measured(X, bet(X, 1.0, 3.0))], Options(t_limits=None)))
    assert refused.finding.startswith("The BET area is withheld")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_pygaps_finds_the_same() -> None:
    """The same numbers, from the library called through its adapter."""
    x, loading = X, bet(X, 2.0, 120.0) * (1 + 1e-3 * np.random.default_rng(5).standard_normal(X.size))
    there = engine.Isotherm(x, loading, "nitrogen", 77.355)
    here = analyse(
        [measured(x, loading)], Options(bet_window=(0.05, 0.2), dr_limits=(0.0, 1.0), t_limits=(0.43, 0.64), thickness="harkins-jura")
    )
    area = engine.bet_area(there, (0.05, 0.2))
    assert here.values["bet_area"].value == pytest.approx(area.area, rel=1e-6)
    assert here.values["bet_c"].value == pytest.approx(area.c, rel=1e-6)
    liquid = 0.0347535 / (0.0015468 * 22.413969545)  # pyGAPS takes the density of REFPROP
    assert (here.values["micropore_volume"].value or 0) * liquid == pytest.approx(engine.dubinin_volume(there), rel=1e-4)
    assert (here.values["external_area"].value or 0) * liquid == pytest.approx(
        engine.tplot_areas(there, "harkins-jura", (0.43, 0.64))[0], rel=1e-4
    )
    assert TECHNIQUE.name == "sorption"
