"""The figures of desolvation: intervals as they are, computed numbers called computed, and what has not converged says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from atoms_desolvation import searched
from dualion.atoms.desolvation.document import document
from dualion.atoms.desolvation.figures import figures, ladder_figure, motif_figure, search_figure
from dualion.errors import InputError
from dualion.figures.layout import layout
from dualion.figures.looks import check, legend_label, looks
from dualion.figures.render import render
from dualion.figures.scales import plan
from dualion.records import Axis, Figure, Panel, Series

TWO = {("pristine", 1): (0.9, 1.2), ("pristine", 0): (0.7, 1.0), ("oxN_zz", 1): (0.6, 0.8), ("oxN_zz", 0): (0.9, 1.1)}


@pytest.fixture(scope="module")
def two() -> dict[str, Any]:
    return document(*searched(TWO, converged=False, spread=0.3))


@pytest.fixture(scope="module")
def bare() -> dict[str, Any]:
    return document(*searched({("bare", 1): (0.9, 1.1, 1.7)}))


def test_the_ladder_has_a_panel_for_each_charge_and_a_series_for_each_motif(two: dict[str, Any]) -> None:
    figure = ladder_figure(two)
    assert figure is not None
    assert [panel.title for panel in figure.panels] == ["q = +1, 0/4 converged", "q = 0, 0/4 converged"]
    names = [series.name for series in figure.panels[0].series]
    assert names == ["pristine", "oxidised, zigzag", "1 s at 10¹² to 10¹⁴ s⁻¹", "1 s at kT/h"]
    pristine = figure.panels[0].series[0]
    assert pristine.y == pytest.approx((0.9, 1.2))
    assert pristine.labels == ("0.90*", "1.20*")
    assert figure.panels[0].x.categories == ("3 → 2", "2 → 1")
    assert "0 of 12 states" in figure.finding
    check(figure)


def test_whiskers_reach_to_the_ends_of_the_interval(two: dict[str, Any]) -> None:
    for figure in (ladder_figure(two), motif_figure(two)):
        assert figure is not None
        for panel in figure.panels:
            for series in panel.series[:-2]:
                assert series.y_error is not None
                assert series.y_error_low is not None
                ends = {
                    (round(y - low, 6), round(y + high, 6))
                    for y, low, high in zip(series.y, series.y_error_low, series.y_error, strict=True)
                }
                assert ends <= {tuple(round(end, 6) for end in step["interval_eV"]) for step in two["steps"]}


def test_the_range_of_one_second_is_that_of_the_usual_prefactors(bare: dict[str, Any]) -> None:
    """Reference values of section 2.3."""
    figure = ladder_figure(bare)
    assert figure is not None
    band, line = figure.panels[0].series[-2:]
    assert band.y[0] == pytest.approx(0.710, abs=1e-3)
    assert band.y_upper is not None
    assert band.y_upper[0] == pytest.approx(0.828, abs=1e-3)
    assert line.y[0] == pytest.approx(0.757, abs=1e-3)
    assert {band.origin, line.origin} == {"arithmetic"}


def test_motifs_stand_side_by_side_and_the_caption_says_what_is_decided(two: dict[str, Any]) -> None:
    figure = motif_figure(two)
    assert figure is not None
    assert [panel.title for panel in figure.panels] == ["CO 3 → 2, 0/4 converged", "CO 2 → 1, 0/4 converged"]
    assert figure.panels[0].x.categories == ("pristine", "oxidised, zigzag")
    assert [series.name for series in figure.panels[0].series[:2]] == ["q = +1", "q = 0"]
    assert figure.panels[0].series[0].y == pytest.approx((0.9, 0.6))
    assert "0 of 1 pairs of motifs are decided" in figure.finding


def test_one_carbon_has_no_figure_of_motifs(bare: dict[str, Any]) -> None:
    assert motif_figure(bare) is None
    assert [figure.name for figure in figures(bare)] == ["desolvation-ladder", "desolvation-search"]


def test_the_course_of_the_search_falls_to_zero(two: dict[str, Any]) -> None:
    figure = search_figure(two)
    assert figure is not None
    assert len(figure.panels) == 4
    for panel in figure.panels:
        for series in panel.series[:-1]:
            assert all(later <= earlier for earlier, later in zip(series.y, series.y[1:], strict=False))
            assert series.y[-1] == 0.0
            assert series.y[0] == pytest.approx(0.3)


def test_a_search_without_an_energy_has_no_figure() -> None:
    whole, asked = searched({("oxN_zz", 1): (0.8,)})
    assert figures(document(replace(whole, found={}, stopped=True), asked)) == ()


def test_computed_numbers_are_called_computed(two: dict[str, Any]) -> None:
    for figure in figures(two):
        for panel in figure.panels:
            own = [series for series in panel.series if series.origin == "atomistic"]
            assert own
            assert all("computed" in legend_label(series) for series in own)
            assert all(series.kind == "simulated" for series in own)


def test_many_computed_series_stand_under_one_heading() -> None:
    steps = {(name, 1): (0.9,) for name in ("bare", "pristine", "graphitic", "pyrrolic", "oxN_zz", "oxN_ac")}
    figure = ladder_figure(document(*searched(steps)))
    assert figure is not None
    texts = layout(figure).places[0].legend.texts
    assert texts[0] == "computed"
    assert not any("(computed)" in text for text in texts)
    assert len({look.colour for look in looks(figure)[0][:6]}) == 6  # each motif its own


@pytest.mark.slow
def test_figures_are_drawn_alike_twice(two: dict[str, Any]) -> None:
    for figure in figures(two):
        first, second = (render(figure, formats=("svg", "png")) for _ in range(2))
        assert first == second
        assert figure.finding.split(";")[0].replace(">", "&gt;") in first["svg"].decode()


# --- intervals that are not symmetrical, in every figure ----------------------------------------------------------------------


def _uneven(**changed: Any) -> Figure:
    made: dict[str, Any] = {"y_error": (0.5,), "y_error_low": (0.1,)} | changed
    series = Series("a", "simulated", (0.0,), (1.0,), "atomistic", **made)
    return Figure("uneven", "", "", (Panel(Axis("Step", "", categories=("3 → 2",)), Axis("Energy", "eV"), (series,)),))


def test_an_axis_holds_an_interval_that_is_not_symmetrical() -> None:
    scale = plan(_uneven().panels[0], "y", length=50.0)
    assert scale.low == pytest.approx(0.9 - 0.05 * 0.6)
    assert scale.high == pytest.approx(1.5 + 0.05 * 0.6)


@pytest.mark.parametrize("changed", [{"y_error": None}, {"y_error_low": (0.1, 0.2)}])
def test_an_interval_that_is_incomplete_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="y_error_low"):
        check(_uneven(**changed))
