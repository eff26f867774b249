"""Correlation of descriptors over few samples: what four samples allow to say, what was left out, and what the user must state."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, SpecError
from dualion.numerics.lines import york_line
from dualion.records.json import to_plain
from dualion.records.measurement import Measurement, Result, Source
from dualion.records.result_files import document
from dualion.techniques.correlation import Options, analyse, draw, synthesise

X = {"MEC0": 1.0, "MEC1": 1.6, "MEC2": 2.3, "MEC3": 3.0, "MEC4": 3.4}
Y = {"MEC0": 165.0, "MEC1": 200.0, "MEC2": 246.0, "MEC3": 285.0, "MEC4": 210.0}
LEFT_OUT = {"MEC4": "its mesopores are open to the electrolyte"}
Row = tuple[Any, ...]


def table(*rows: Row) -> Measurement:
    """Rows of sample, descriptor, value, standard error, unit, method, qualifier."""
    names = (
        "sample_name",
        "descriptor",
        "descriptor_value",
        "descriptor_stderr",
        "descriptor_unit",
        "descriptor_method",
        "descriptor_qualifier",
    )
    types = [pl.String, pl.String, pl.Float64, pl.Float64, pl.String, pl.String, pl.String]
    filled = [(*row, *("", "=")[len(row) - 5 :]) for row in rows]
    frame = pl.DataFrame(filled, schema=dict(zip(names, types, strict=True)), orient="row")
    return Measurement("descriptors", frame, {}, "", Source("samples.csv", "0" * 64, "test", 1))


def rows(*, x: str = "closed_pore_parameter", u_x: float | None = 0.04, u_y: float | None = 3.0, unit: str = "cm-1 nm-3") -> list[Row]:
    found: list[Row] = [(name, x, value, u_x, unit) for name, value in X.items()]
    return found + [(name, "plateau_capacity", value, u_y, "mAh/g") for name, value in Y.items()]


def four(*more: Row, **options: Any) -> Result:
    return analyse([table(*rows(), *more)], Options(exclude=LEFT_OUT, **options))


def codes(found: Result) -> set[str]:
    return {flag.code for flag in found.flags}


def message(found: Result, code: str) -> str:
    (one,) = [flag.message for flag in found.flags if flag.code == code]
    return one


def value(found: Result, name: str) -> float:
    number = found.values[name].value
    assert number is not None, name
    return number


def test_four_samples_are_few() -> None:
    """Two degrees of freedom, t 4.303, no exact p below 1/12, and never a claim of significance."""
    found = four()
    assert value(found, "samples") == 4
    assert value(found, "degrees_of_freedom") == 2
    assert value(found, "t_quantile") == pytest.approx(4.303, abs=5e-4)
    assert value(found, "spearman_p") == pytest.approx(1 / 12, rel=1e-12)
    assert value(found, "smallest_p") == pytest.approx(1 / 12, rel=1e-12)
    assert "small_n" in codes(found)
    assert "4.303" in message(found, "small_n")
    said = json.dumps(document(found)) + json.dumps(to_plain(draw(found)))
    assert "significan" not in said.lower()
    eight = [
        (f"S{k}", name, float(k + 1) * (10 if name == "plateau_capacity" else 1), 0.1, unit) for k in range(8) for name, unit in _UNITS
    ]
    assert "small_n" not in codes(analyse([table(*eight)], Options()))


_UNITS = (("closed_pore_parameter", "cm-1 nm-3"), ("plateau_capacity", "mAh/g"))


def test_numbers_are_those_of_the_line() -> None:
    found = four()
    names = ["MEC0", "MEC1", "MEC2", "MEC3"]
    peer = york_line([X[one] for one in names], [Y[one] for one in names], 0.04, 3.0)
    assert value(found, "slope") == pytest.approx(peer.slope, rel=1e-12)
    assert found.values["slope"].interval == pytest.approx(peer.slope_interval)
    assert found.values["slope"].unit == "mAh/g/cm-1/nm-3"
    assert value(found, "pearson_r") == pytest.approx(np.corrcoef([X[one] for one in names], [Y[one] for one in names])[0, 1], rel=1e-9)
    without = found.tables["samples"]["slope_without [mAh/g/cm-1/nm-3]"].to_list()
    assert without[4] is None
    assert (value(found, "leave_one_out_low"), value(found, "leave_one_out_high")) == (min(without[:4]), max(without[:4]))


def test_leaving_out_a_sample_is_listed_and_judged() -> None:
    """The line rises without MEC4 and is open with it; the fit with it stands beside."""
    found = four()
    assert LEFT_OUT["MEC4"] in message(found, "samples_left_out")
    assert "is open" in message(found, "post_hoc_exclusion")
    peer = york_line(list(X.values()), list(Y.values()), 0.04, 3.0)
    assert value(found, "slope_with_all") == pytest.approx(peer.slope, rel=1e-12)
    assert "line_with_all" in found.curves
    assert found.tables["samples"]["used"].to_list() == [True] * 4 + [False]
    names = [series.name for series in draw(found).panels[0].series]
    assert "Line with all samples" in names
    assert "MEC4 (left out)" in names


def test_an_exclusion_that_changes_nothing_is_no_fault() -> None:
    found = analyse([table(*rows())], Options(exclude={"MEC4": "open pores", "MEC1": "spilt"}))
    assert "samples_left_out" in codes(found)
    harmless = [row if row[:2] != ("MEC4", "plateau_capacity") else ("MEC4", "plateau_capacity", 309.0, 3.0, "mAh/g") for row in rows()]
    assert "post_hoc_exclusion" not in codes(analyse([table(*harmless)], Options(exclude={"MEC4": "open pores"})))


def test_varying_together_names_no_cause() -> None:
    """Zn dose, acetate and acid treatment vary together; descriptors that follow x in the table are named."""
    more = [(name, "oxidised_fraction", 20 + 5 * x, 1.0, "%") for name, x in X.items()]
    more += [(name, "d002", d, 0.002, "nm") for name, d in zip(X, (0.37, 0.39, 0.36, 0.38, 0.37), strict=True)]
    said = message(four(*more), "correlation_not_causation")
    assert "Zn dose, acetate and acid treatment vary together" in said
    assert "names no cause" in said
    assert "oxidised_fraction (r = 1.00)" in said
    assert "d002" not in said
    assert "Flour vary together" in message(four(together=("flour",)), "correlation_not_causation")


def test_one_sample_may_decide() -> None:
    flat = {"MEC0": 10.0, "MEC1": 9.0, "MEC2": 8.0, "MEC3": 40.0}
    given = [(name, "plateau_capacity", y, 1.0, "mAh/g") for name, y in flat.items()]
    given += [(name, "closed_pore_parameter", X[name], 0.02, "cm-1 nm-3") for name in flat]
    found = analyse([table(*given)], Options())
    assert "MEC3" in message(found, "one_sample_decides")
    assert {"slope_open", "poor_fit"} <= codes(found)


def test_several_parameters_are_corrected_for() -> None:
    more = [(name, "porosity", x / 20, 0.01, "1") for name, x in X.items()]
    found = four(*more, also=("porosity",))
    table_of = found.tables["parameters"]
    assert table_of["descriptor"].to_list() == ["closed_pore_parameter", "porosity"]
    assert table_of["p"].to_list() == pytest.approx([1 / 12, 1 / 12])
    assert table_of["p_holm"].to_list() == pytest.approx([1 / 6, 1 / 6])
    assert "several_parameters" in codes(found)
    assert "parameters" not in four().tables


def test_two_capacities_are_a_choice_that_is_seen() -> None:
    """320 and 338 mAh/g of one sample."""
    more = [("MEC3", "plateau_capacity", 338.0, 3.0, "mAh/g", "0.05 C")]
    with pytest.raises(SpecError, match=r"y_choice: MEC3 has plateau_capacity 2 times: 285 .* 338"):
        four(*more)
    found = four(*more, y_choice="0.05 C")
    assert found.tables["samples"].filter(pl.col("sample") == "MEC3")["y [mAh/g]"].item() == 338.0
    assert "285 mAh/g beside 338 mAh/g (0.05 C)" in message(found, "choice_made")


def test_lines() -> None:
    york, deming, ols = (four(line=kind) for kind in ("york", "deming", "ols"))
    assert value(york, "slope") == pytest.approx(value(deming, "slope"), rel=1e-9)  # all errors alike
    assert value(ols, "slope") < value(york, "slope")
    assert "ordinary least squares" in (ols.values["slope"].rule or "")


def test_errors_that_are_missing_are_asked_for() -> None:
    bare = table(*rows(u_y=None))
    with pytest.raises(SpecError, match="y_relative_error: MEC0"):
        analyse([bare], Options())
    assert analyse([bare], Options(y_relative_error=0.01)).tables["samples"]["y_stderr [mAh/g]"][0] == pytest.approx(1.65)
    assert value(analyse([bare], Options(line="ols")), "samples") == 5


def test_confidence_of_the_band() -> None:
    narrow, wide = (value(four(confidence=share), "prediction_half_width") for share in (0.8, 0.95))
    assert wide / narrow == pytest.approx(4.302653 / 1.885618, rel=1e-5)


def test_bounds_and_lone_samples_are_set_aside_with_a_word() -> None:
    more = [("MEC5", "closed_pore_parameter", 4.0, 0.1, "cm-1 nm-3"), ("MEC6", "closed_pore_parameter", 0.1, None, "cm-1 nm-3", "", "<")]
    found = four(*more)
    assert "MEC6 < 0.1" in message(found, "bound_not_used")
    assert "MEC5" in message(found, "sample_without_pair")
    assert value(found, "slope") == value(four(), "slope")


def test_an_arbitrary_scale_is_said() -> None:
    found = analyse([table(*rows(unit="1"))], Options(exclude=LEFT_OUT))
    assert "arbitrary_scale" in codes(found)
    assert found.values["slope"].unit == "mAh/g"


def test_three_samples_have_no_fisher_interval() -> None:
    found = analyse([table(*rows())], Options(exclude=LEFT_OUT | {"MEC1": "spilt"}))
    assert found.values["pearson_r"].interval is None
    assert re.search("no standard error: Fisher", found.values["pearson_r"].rule or "")
    assert value(found, "smallest_p") == pytest.approx(1 / 3)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(CoverageError, match="samples"):
        analyse([table(*rows())], Options(exclude=dict.fromkeys(("MEC1", "MEC2", "MEC4"), "spilt")))
    with pytest.raises(SpecError, match=r'x: no sample has "pore_invariant".*closed_pore_parameter'):
        analyse([table(*rows())], Options(x="pore_invariant"))
    with pytest.raises(SpecError, match=r"exclude.MEC9: no such sample"):
        analyse([table(*rows())], Options(exclude={"MEC9": "lost"}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"line": "curve"}, {"confidence": 1.0}, {"x_relative_error": 0.0}, {"y_relative_error": -1.0}, {"x": "plateau_capacity"},
        {"exclude": {"MEC4": " "}},
    ],
)  # fmt: skip
def test_wrong_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=next(iter(wrong))):
        Options(**wrong)


def test_the_fifth_sample_of_the_synthetic_ones_lies_off() -> None:
    made, truth = synthesise(np.random.default_rng(1))
    found = analyse(made, Options(exclude={"MEC4": "open"}))
    low, high = found.values["slope"].interval or (0.0, 0.0)
    assert low < truth["slope"] < high
    assert "post_hoc_exclusion" in codes(found)
