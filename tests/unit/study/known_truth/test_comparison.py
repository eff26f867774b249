from __future__ import annotations

import pytest

from dualion.errors import SpecError
from dualion.records.cell_files import load_cell
from dualion.records.measurement import Provenance, Result
from dualion.records.quantity import Flag, Quantity
from dualion.study.known_truth.comparison import Comparison, as_table, compared
from dualion.study.known_truth.cycling import held_below
from dualion.study.known_truth.figures import truth_figure
from dualion.study.known_truth.run import known_truth

RESULT = Result(
    "gitt",
    {"median_diffusivity": Quantity(5e-16, "m2/s"), "withheld": Quantity(None, "m2/s")},
    {},
    (Flag("apparent", "warning", ""), Flag("said", "note", ""), Flag("no_diffusivity", "refusal", "")),
    Provenance((), "gitt", 1),
)


def _compared(name: str, truth: float) -> Comparison:
    return compared(RESULT, name, truth, case="D = 1e-15 m2/s", quantity="diffusivity", rule="slope form")


def test_half_of_what_was_put_in_is_a_miss_of_half() -> None:
    assert _compared("median_diffusivity", 1e-15).miss == pytest.approx(-50.0)


def test_what_is_withheld_or_compared_with_nothing_has_no_miss() -> None:
    assert _compared("withheld", 1e-15).miss is None
    assert Comparison("cv_separation", "", "surface share", "", "%", 0.0, 47.0).miss is None


def test_notes_are_no_warning() -> None:
    assert _compared("median_diffusivity", 1e-15).flags == ("apparent", "no_diffusivity")


def test_the_table_has_a_row_for_each() -> None:
    table = as_table([_compared("median_diffusivity", 1e-15), _compared("withheld", 1e-15)])
    assert table["found"].to_list() == [5e-16, None]
    assert table["off [%]"][0] == pytest.approx(-50.0)
    assert table["flags"].to_list() == ["apparent no_diffusivity"] * 2


def test_what_the_carbon_holds_grows_with_the_boundary() -> None:
    cell = load_cell("na-mec3")
    assert held_below(cell, cell.window[0].value) == pytest.approx(0.0, abs=1e-9)
    assert 0 < held_below(cell, 0.10) < held_below(cell, 0.15) < cell.anode.host_capacity


def test_the_figure_says_which_miss_is_the_largest() -> None:
    figure = truth_figure([_compared("median_diffusivity", 1e-15)], cell="na-mec3")
    assert "-50 %, of the diffusivity (slope form)" in figure.finding
    assert [series.y for series in figure.panels[0].series] == [(0.5,), (1.0, 1.0)]


def test_a_cell_of_another_kind_is_refused() -> None:
    with pytest.raises(SpecError, match=r"hc-nvpf: a rocking-chair cell; the comparison takes a half cell or a dual-ion cell"):
        known_truth(load_cell("hc-nvpf"))
