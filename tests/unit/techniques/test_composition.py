"""Composition: the arithmetic of the study, bounds, differences, ratios."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, SpecError, UnitError
from dualion.records.measurement import Measurement, Result
from dualion.techniques import composition

Row = tuple[str, float | None, str]


def table(*rows: Row, sample: str = "MEC3", u: float | None = None, signs: str = "", methods: tuple[str, ...] = ()) -> Measurement:
    (one,), _ = composition.synthesise(np.random.default_rng(0))
    count = len(rows)
    frame = pl.DataFrame(
        {
            "sample_name": [sample] * count,
            "descriptor": [name for name, _, _ in rows],
            "descriptor_value": pl.Series([value for _, value, _ in rows], dtype=pl.Float64),
            "descriptor_stderr": pl.Series([None if u is None or value is None else u * value for _, value, _ in rows], dtype=pl.Float64),
            "descriptor_unit": [unit for _, _, unit in rows],
            "descriptor_method": list(methods) or ["EA"] * count,
            "descriptor_qualifier": list(signs) or ["="] * count,
        }
    )
    return replace(one, table=frame)


def analysed(*measurements: Measurement, **options: object) -> Result:
    return composition.analyse(measurements, composition.Options(**options))  # type: ignore[arg-type]


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


def value(result: Result, name: str) -> float:
    found = result.values[name].value
    assert found is not None, name
    return found


WHOLE: tuple[Row, ...] = (("C", 95.0, "wt%"), ("H", 0.5, "wt%"), ("N", 1.15, "wt%"), ("O", 3.3, "wt%"), ("Zn", 15.5, "ppm"))


class TestStudy:
    def test_nitrogen_and_its_oxidised_part(self) -> None:
        """1.15 wt% N = 0.821 mmol/g; x 0.348 = 0.286 mmol/g."""
        result = analysed(table(*WHOLE, u=0.02), oxidised_share=0.348, oxidised_share_error=0.03)
        assert value(result, "nitrogen_amount") == pytest.approx(0.821, abs=5e-4)
        assert value(result, "oxidised_nitrogen") == pytest.approx(0.286, abs=5e-4)
        assert result.values["oxidised_nitrogen"].stderr == pytest.approx(0.286 * math.hypot(0.02, 0.03 / 0.348), rel=5e-3)

    def test_zinc_in_parts_per_million(self) -> None:
        result = analysed(table(*WHOLE))
        assert value(result, "zinc_content") == pytest.approx(0.00155)
        assert value(result, "zinc_to_nitrogen") == pytest.approx(15.5e-6 / 65.38 / (0.0115 / 14.007), rel=1e-6)

    def test_the_share_of_the_table_where_the_options_give_none(self) -> None:
        given = table(*WHOLE, ("oxidised_fraction", 34.8, "%"))
        assert value(analysed(given), "oxidised_nitrogen") == pytest.approx(0.286, abs=5e-4)
        assert value(analysed(given, oxidised_share=0.231), "oxidised_nitrogen") == pytest.approx(0.1897, abs=5e-4)


class TestConversions:
    @pytest.mark.parametrize(
        ("amount", "unit"), [(1.15, "wt%"), (1.15, "%"), (11_500.0, "ppm"), (0.0115, "1"), (0.82102, "mmol/g"), (11.5, "mg/g")]
    )
    def test_units_of_a_content(self, amount: float, unit: str) -> None:
        assert value(analysed(table(("N", amount, unit), ("C", 98.0, "wt%"))), "nitrogen_content") == pytest.approx(1.15, rel=1e-4)

    def test_another_unit_is_refused(self) -> None:
        with pytest.raises(UnitError, match="nm"):
            analysed(table(("N", 1.0, "nm")))

    def test_names_and_symbols(self) -> None:
        assert value(analysed(table(("nitrogen", 1.15, "wt%"))), "nitrogen_content") == 1.15

    def test_atomic_shares_are_the_whole(self) -> None:
        result = analysed(table(*WHOLE, u=0.01))
        shares = [one.value or 0.0 for name, one in result.values.items() if name.endswith("_atomic_share")]
        assert len(shares) == 5
        assert math.fsum(shares) == pytest.approx(100.0)
        assert "incomplete_composition" not in codes(result)

    def test_nitrogen_to_sodium(self) -> None:
        result = analysed(table(("N", 1.4007, "wt%"), ("Na", 4.598, "wt%")))
        assert value(result, "nitrogen_to_sodium") == pytest.approx(0.5, rel=1e-4)


class TestFlags:
    def test_oxygen_by_difference_from_the_option(self) -> None:
        rows = tuple(row for row in WHOLE if row[0] != "O")
        result = analysed(table(*rows, u=0.01), balance="O")
        assert "oxygen_by_difference" in codes(result)
        assert value(result, "oxygen_content") == pytest.approx(100 - 95 - 0.5 - 1.15 - 0.00155)
        assert result.values["oxygen_content"].stderr == pytest.approx(0.01 * math.hypot(95, 0.5, 1.15), rel=1e-3)

    def test_oxygen_by_difference_from_the_table(self) -> None:
        given = table(*WHOLE, methods=("EA", "EA", "EA", "by difference", "ICP"))
        assert "oxygen_by_difference" in codes(analysed(given))
        assert "oxygen_by_difference" not in codes(analysed(table(*WHOLE)))

    def test_more_than_the_whole(self) -> None:
        result = analysed(table(("C", 99.0, "wt%"), ("N", 1.5, "wt%")), balance="O")
        assert "negative_content" in codes(result)
        assert result.values["oxygen_content"].value is None

    def test_a_detection_limit_stays_a_bound(self) -> None:
        result = analysed(table(*WHOLE, signs="====<"))
        zinc = result.values["zinc_content"]
        assert (zinc.value, zinc.interval) == (None, (0.0, pytest.approx(0.00155)))
        assert result.values["zinc_to_nitrogen"].value is None
        assert result.values["zinc_to_nitrogen"].interval == (0.0, pytest.approx(2.887e-4, rel=1e-3))
        assert "below_detection_limit" in codes(result)
        assert result.tables["composition"].filter(pl.col("element") == "Zn")["qualifier"].to_list() == ["<"]

    def test_an_incomplete_composition_has_no_atomic_shares(self) -> None:
        result = analysed(table(("N", 1.15, "wt%"), ("Zn", 15.5, "ppm")))
        assert "incomplete_composition" in codes(result)
        assert not [name for name in result.values if name.endswith("_atomic_share")]

    def test_rows_of_a_surface_are_left_out(self) -> None:
        result = analysed(table(*WHOLE, ("N", 2.5, "at%")))
        assert "surface_left_out" in codes(result)
        assert value(result, "nitrogen_content") == 1.15

    def test_bad_rows_are_told(self) -> None:
        result = analysed(table(*WHOLE, ("S", None, "wt%"), ("P", -1.0, "wt%")))
        assert "missing_values" in codes(result)
        assert "sulfur_content" not in result.values

    def test_without_errors_the_rule_says_so(self) -> None:
        assert "no standard error" in (analysed(table(*WHOLE)).values["nitrogen_content"].rule or "")


class TestTables:
    def test_two_methods_need_a_choice(self) -> None:
        given = table(("N", 1.15, "wt%"), ("N", 1.4, "wt%"), methods=("combustion", "Kjeldahl"))
        with pytest.raises(SpecError, match="method"):
            analysed(given)
        assert value(analysed(given, method="kjeldahl"), "nitrogen_content") == 1.4

    def test_rows_that_are_alike_count_once(self) -> None:
        result = analysed(table(*WHOLE, WHOLE[2]))
        assert "duplicate_rows" in codes(result)
        assert value(result, "nitrogen_content") == 1.15

    def test_several_samples(self) -> None:
        both = (table(*WHOLE), table(("N", 1.3, "wt%"), sample="MEC0"))
        result = analysed(*both)
        assert value(result, "mec3_nitrogen_content") == 1.15
        assert value(result, "mec0_nitrogen_content") == 1.3
        assert value(analysed(*both, sample="MEC0"), "nitrogen_content") == 1.3
        with pytest.raises(SpecError, match="MEC9"):
            analysed(*both, sample="MEC9")

    def test_tables_of_one_sample_count_together(self) -> None:
        result = analysed(table(("N", 1.15, "wt%")), table(("Zn", 15.5, "ppm")))
        assert value(result, "zinc_to_nitrogen") > 0

    def test_no_element_at_all(self) -> None:
        with pytest.raises(CoverageError):
            analysed(table(("bet_area", 39.13, "m2/g")))

    def test_descriptors_that_are_no_elements_are_passed_over(self) -> None:
        assert "bet_area_content" not in analysed(table(("bet_area", 39.13, "m2/g"), *WHOLE)).values


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"balance": "X"}, "balance"),
        ({"oxidised_share": 34.8}, "oxidised_share"),
        ({"oxidised_share_error": math.nan}, "oxidised_share_error"),
    ],
)
def test_options_that_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        composition.Options(**options)  # type: ignore[arg-type]


def test_bounds_are_open_marks() -> None:
    figure = composition.draw(analysed(table(*WHOLE, signs="====<")))
    kinds = {series.kind: series.labels for series in figure.panels[0].series}
    assert kinds == {"measured": ("C", "H", "N", "O"), "printed": ("Zn",)}
    assert figure.finding == "Of 5 elements, 4 contents are values and the number of bounds is 1."
