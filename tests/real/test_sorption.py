"""Isotherms of instruments: what the readers find in them, the reference values of the specification, and pyGAPS called directly.

References: pyGAPS 4.6.1 on the same files; vendor values in the reports.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from dualion.errors import ReadError
from dualion.readers import read, read_bytes
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Quantity
from dualion.techniques import pore_sizes, sorption
from dualion.techniques.engines import sorption as engine

Open = Callable[[str], Measurement]


@pytest.fixture
def isotherm(shared: Path) -> Open:
    return lambda name: read(shared / "data" / "adsorption" / name)


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None, f"{name} is withheld"
    return found


def codes(result: Result, severity: str | None = None) -> set[str]:
    return {flag.code for flag in result.flags if severity in (None, flag.severity)}


def areas(one: Measurement, **options: object) -> Result:
    return sorption.analyse([one], sorption.Options(**options))  # type: ignore[arg-type]


def widths(one: Measurement, **options: object) -> Result:
    return pore_sizes.analyse([one], pore_sizes.Options(**options))  # type: ignore[arg-type]


class TestReaders:
    @pytest.mark.parametrize(
        ("name", "reader", "rows", "adsorption"),
        [
            ("Takeda5A_N2_77K.json", "pygaps-json", 131, 96),
            ("MCM-41_N2_77K.json", "pygaps-json", 67, 41),
            ("AC_Ar_77K.aif", "aif", 150, 98),
            ("micromeritics_Sample_A.xls", "micromeritics", 84, 48),
            ("micromeritics_Sample_G.xls", "micromeritics", 108, 63),
            ("quantachrome_DUT-60_N2.txt", "quantachrome-txt", 160, 95),
        ],
    )
    def test_points_and_branches(self, isotherm: Open, name: str, reader: str, rows: int, adsorption: int) -> None:
        one = isotherm(name)
        assert one.source.reader == reader
        assert one.table.height == rows
        assert (one.table["branch"].cast(pl.String) == "adsorption").sum() == adsorption
        assert one.flags == ()

    def test_quantachrome_head(self, isotherm: Open) -> None:
        one = isotherm("quantachrome_DUT-60_N2.txt")
        assert one.conditions["adsorptive"] == "nitrogen"
        assert one.conditions["temperature"] == Quantity(-195.8, "degC")
        assert one.conditions["mass"] == Quantity(0.0081, "g")
        first = one.table.row(0, named=True)
        assert first["relative_pressure"] == pytest.approx(0.00909472 / 767.12, rel=1e-9)
        assert first["loading_mol_per_kg"] == pytest.approx(0.0521998 / 22.413969545 / 0.0081, rel=1e-9)

    def test_argon_file(self, isotherm: Open) -> None:
        one = isotherm("AC_Ar_77K.aif")
        assert one.conditions["adsorptive"] == "argon"
        assert one.conditions["temperature"] == Quantity(-186.15, "degC")
        assert one.table["loading_mol_per_kg"][1] == pytest.approx(0.1277 / 22.413969545, rel=1e-9)

    def test_micromeritics_report(self, isotherm: Open) -> None:
        one = isotherm("micromeritics_Sample_A.xls")
        printed = one.conditions["vendor_bet_area"]
        assert isinstance(printed, Quantity)
        assert printed.value == 194.7493
        first = one.table.row(0, named=True)
        assert first["loading_mol_per_kg"] == pytest.approx(28.759507495 / 22.413969545, rel=1e-6)
        assert first["relative_pressure"] == pytest.approx(first["pressure_pascal"] / first["saturation_pressure_pascal"], rel=1e-4)

    def test_a_report_cut_anywhere_is_refused(self, shared: Path) -> None:
        data = (shared / "data" / "adsorption" / "micromeritics_Sample_A.xls").read_bytes()
        for part in (0.1, 0.5, 0.9):
            with pytest.raises(ReadError):
                read_bytes(data[: int(part * len(data))])


class TestTakeda:
    def test_bet(self, isotherm: Open) -> None:
        result = areas(isotherm("Takeda5A_N2_77K.json"))
        assert value(result, "bet_area") == pytest.approx(1109.8, rel=0.005)
        assert value(result, "bet_c") == pytest.approx(372.8, rel=0.01)
        assert value(result, "monolayer_capacity") == pytest.approx(11.38, rel=0.005)
        assert "r = 0.99997" in (result.values["bet_area"].rule or "")
        assert "ultramicropore_blind" in codes(result)

    def test_a_fixed_window_is_refused(self, isotherm: Open) -> None:
        result = areas(isotherm("Takeda5A_N2_77K.json"), bet_window=(0.05, 0.30))
        assert {"bet_c_negative"} <= codes(result, "refusal")
        assert "bet_window_user" in codes(result)
        assert result.values["bet_area"].value is None
        assert "C = -91" in (result.values["bet_area"].rule or "")

    def test_dubinin(self, isotherm: Open) -> None:
        one = isotherm("Takeda5A_N2_77K.json")
        assert value(areas(one, dr_limits=(0.0, 1.0)), "micropore_volume") == pytest.approx(0.484, rel=0.02)
        assert value(areas(one, dr_limits=(0.0, 1.0), dr_exponent=3.0), "micropore_volume") == pytest.approx(0.4485, rel=0.02)

    def test_a_section_where_pores_fill_is_suspect(self, isotherm: Open) -> None:
        """The section that an automatic t-plot chooses: external area 1033 m2/g of a carbon of 1110 m2/g."""
        result = areas(isotherm("Takeda5A_N2_77K.json"), thickness="harkins-jura", t_limits=(0.25, 0.32))
        assert value(result, "external_area") > 0.5 * value(result, "bet_area")
        assert "tplot_window_suspect" in codes(result, "warning")
        assert "tplot_window_suspect" not in codes(areas(isotherm("Takeda5A_N2_77K.json")))

    def test_kernel(self, isotherm: Open) -> None:
        """0.537 cm3/g is what pyGAPS fits as well; its 0.582 is the same fit smoothed by a spline, which adds volume."""
        result = widths(isotherm("Takeda5A_N2_77K.json"))
        assert value(result, "dft_pore_volume") == pytest.approx(0.5375, rel=0.005)
        assert "psd_extrapolated" in codes(result)


class TestOthers:
    def test_mcm_41(self, isotherm: Open) -> None:
        one = isotherm("MCM-41_N2_77K.json")
        result = areas(one)
        assert value(result, "bet_area") == pytest.approx(358.5, rel=0.01)
        assert value(result, "bet_c") == pytest.approx(129, abs=3)
        assert value(widths(one, psd_method="dh", branch="desorption"), "mode_width") == pytest.approx(3.19, abs=0.2)
        assert "bjh_negative_clipped" in codes(widths(one, psd_method="bjh"), "warning")

    def test_micromeritics_a_agrees_with_its_report(self, isotherm: Open) -> None:
        result = areas(isotherm("micromeritics_Sample_A.xls"))
        assert value(result, "bet_area") == pytest.approx(194.73, rel=0.005)
        assert value(result, "bet_area") == pytest.approx(194.7493, rel=0.01)
        assert "vendor_differs" not in codes(result)
        assert "range_starts_late" in codes(result)

    def test_micromeritics_g_is_refused(self, isotherm: Open) -> None:
        result = areas(isotherm("micromeritics_Sample_G.xls"))
        assert "bet_not_linear" in codes(result, "refusal")
        assert result.values["bet_area"].value is None
        assert dict(result.tables["vendor"].select("name", "printed").iter_rows())["vendor_bet_area"] == 68.3322

    def test_dut_60_is_refused(self, isotherm: Open) -> None:
        result = areas(isotherm("quantachrome_DUT-60_N2.txt"))
        assert "bet_not_linear" in codes(result, "refusal")
        assert "r = 0.62" in (result.values["bet_area"].rule or "")
        assert "C = 2.5" in (result.values["bet_area"].rule or "")

    def test_argon_whose_name_says_77_kelvin(self, isotherm: Open) -> None:
        result = areas(isotherm("AC_Ar_77K.aif"))
        assert "adsorptive_temperature_conflict" in codes(result, "warning")
        assert "sigma 0.142" in (result.values["bet_area"].rule or "")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
class TestAgainstPygaps:
    """pyGAPS called on the same points."""

    def given(self, one: Measurement, result: Result, branch: str = "adsorption") -> engine.Isotherm:
        curve = result.curves[branch]
        temperature = one.conditions["temperature"]
        assert isinstance(temperature, Quantity)
        assert temperature.value is not None
        return engine.Isotherm(curve.x, curve.y, "nitrogen", temperature.value + 273.15, branch=branch)

    @pytest.mark.parametrize("name", ["Takeda5A_N2_77K.json", "MCM-41_N2_77K.json", "micromeritics_Sample_A.xls"])
    def test_bet(self, isotherm: Open, name: str) -> None:
        one = isotherm(name)
        result = areas(one)
        there = engine.bet_area(self.given(one, result))
        assert value(result, "bet_area") == pytest.approx(there.area, rel=1e-6)
        assert value(result, "bet_c") == pytest.approx(there.c, rel=1e-5)

    def test_what_it_gives_without_a_word_is_refused_here(self, isotherm: Open) -> None:
        for name, area, c in (("quantachrome_DUT-60_N2.txt", 15395, 2.52), ("micromeritics_Sample_G.xls", 61.64, 4.8)):
            one = isotherm(name)
            there = engine.bet_area(self.given(one, areas(one)))
            assert there.area == pytest.approx(area, rel=0.005)
            assert there.c == pytest.approx(c, abs=0.05)

    def test_takeda(self, isotherm: Open) -> None:
        one = isotherm("Takeda5A_N2_77K.json")
        there = self.given(one, areas(one))
        assert engine.dubinin_volume(there) == pytest.approx(0.484, rel=0.02)
        assert engine.dubinin_volume(there, None) == pytest.approx(0.4485, rel=0.02)
        assert engine.kernel_volume(there) == pytest.approx(0.582, rel=0.02)
        assert engine.kernel_volume(there, spline=0) == pytest.approx(value(widths(one, regularisation=1e-6), "dft_pore_volume"), rel=0.002)
        assert max(engine.tplot_areas(there, "harkins-jura")) == pytest.approx(1033, rel=0.005)
        own = areas(one, thickness="kruk-jaroniec-gadkaree", t_limits=(0.35, 0.5))
        assert value(own, "external_area") == pytest.approx(engine.tplot_areas(there, "kruk-jaroniec-gadkaree", (0.35, 0.5))[0], rel=0.005)

    def test_mcm_41_mesopores(self, isotherm: Open) -> None:
        one = isotherm("MCM-41_N2_77K.json")
        there = self.given(one, areas(one), "desorption")
        for method in ("dh", "bjh"):
            own = widths(one, psd_method=method, branch="desorption")
            assert value(own, "mode_width") == pytest.approx(engine.mesopore_mode(there, method.upper()), rel=1e-3)
