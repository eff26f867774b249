"""Retention: the laws of fading, the mask, the reference that must be named."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import default_rng

from dualion.errors import CoverageError, SpecError
from dualion.numerics.cycling.cycle_pairs import simulated_cycling
from dualion.numerics.cycling.fade_laws import cycling_hours, geometric_fade, linear_fade, scatter
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement
from dualion.techniques.retention import TECHNIQUE, Options, analyse, draw, synthesise

HALF_CARBON = CellRecord(kind="half", working="anode")


def cycling(discharge: list[float], cell: CellRecord, *, charge: list[float] | None = None) -> Measurement:
    """Cycles with these discharges [mAh] at 1 mA, and charges that are 1 % larger, or these."""
    given = np.array(discharge)
    other = 1.01 * given if charge is None else np.array(charge)
    count = given.size
    amounts = np.ravel(np.column_stack([other, given])) / 1e3
    voltage = np.tile(np.stack([np.linspace(2, 3, 7), np.linspace(3, 2, 7)]), (count, 1))
    number = np.repeat(np.arange(1, count + 1), 2)
    return simulated_cycling(amounts, np.tile([1e-3, -1e-3], count), voltage, cycle=number, name="test", truth={}, cell=cell)


@pytest.mark.parametrize(("retention", "cycles", "fade"), [(0.806, 10_000, 2.157e-5), (0.80, 600, 3.718e-4)])
def test_the_fade_of_the_paper(retention: float, cycles: int, fade: float) -> None:
    assert geometric_fade(retention, cycles) == pytest.approx(fade, rel=1e-3)
    assert (1 - geometric_fade(retention, cycles)) ** cycles == pytest.approx(retention, rel=1e-9)


def test_the_duration_of_the_paper() -> None:
    hours = cycling_hours(600, 0.9 * 396, 60)
    assert hours == pytest.approx(7128, abs=0.5)
    assert 6900 < hours < 7300


def test_scatter_does_not_see_a_law_of_fading() -> None:
    cycle = np.arange(400.0)
    law = 100 - 0.05 * cycle
    assert scatter(law) == pytest.approx(0.0, abs=1e-6)
    assert scatter(law * (1 + default_rng(3).normal(0, 2e-3, 400))) == pytest.approx(2e-3, rel=0.1)


def test_the_error_of_the_line_is_its_spread_over_many_tests() -> None:
    """The reference is itself a point of the line: its error and that of the slope go together."""
    cycle, law = np.arange(1.0, 31.0), 100 - 0.4 * np.arange(30.0)
    found = [
        linear_fade(cycle, q, reference=q[0], at=1.0, relative=3e-3)
        for q in (law * (1 + default_rng(seed).normal(0, 3e-3, 30)) for seed in range(2000))
    ]
    assert np.mean([f.rate for f in found]) == pytest.approx(0.004, rel=2e-3)
    assert np.std([f.rate for f in found]) == pytest.approx(found[0].stderr, rel=0.05)


def test_a_straight_fade_is_found_exactly() -> None:
    result = analyse((cycling([10 - 0.01 * n for n in range(50)], CellRecord()),), Options(n_ref="first"))
    assert result.values["retention"].value == pytest.approx(95.1)
    assert result.values["linear_fade"].value == pytest.approx(1e-3, rel=1e-9)
    assert result.values["geometric_fade"].value == pytest.approx(1 - 0.951 ** (1 / 49), rel=1e-9)
    assert result.values["cycling_duration"].value == pytest.approx(sum(2.01 * (10 - 0.01 * n) for n in range(50)), rel=1e-9)


def test_the_reference_has_no_default() -> None:
    with pytest.raises(SpecError, match=r"retention\.n_ref: missing, and it has no default"):
        analyse((cycling([1.0] * 20, CellRecord()),), Options())


@pytest.mark.parametrize("n_ref", ["last", "after_formation", "after_formation(x)", "0.5", ""])
def test_a_reference_that_means_nothing_is_refused(n_ref: str) -> None:
    with pytest.raises(SpecError, match="is unknown"):
        Options(n_ref=n_ref)


def test_one_test_has_as_many_retentions_as_references() -> None:
    capacities = [20.0, 9.0, 10.0, *np.linspace(11, 12, 10), *np.linspace(12, 9, 20)]
    measured = (cycling(capacities, CellRecord()),)
    found = {
        n_ref: analyse(measured, Options(n_ref=n_ref)).values["retention"].value for n_ref in ("first", "max", "after_formation(2)", 4, "4")
    }
    assert found["first"] == pytest.approx(45.0)
    assert found["max"] == pytest.approx(75.0)
    assert found["after_formation(2)"] == pytest.approx(90.0)
    assert found[4] == found["4"] == pytest.approx(900 / 11)


def test_checks_and_broken_cycles_are_masked_listed_and_in_no_line() -> None:
    capacities = [10.0] * 60
    capacities[20], capacities[40], capacities[50] = 25.0, 3.0, 15.1
    result = analyse((cycling(capacities, CellRecord()),), Options(n_ref=2))
    assert result.tables["masked"]["cycle"].to_list() == [21, 41, 51]
    assert next(flag for flag in result.flags if flag.code == "masked_cycles").message.endswith("21, 41, 51.")
    assert result.values["linear_fade"].value == pytest.approx(0.0, abs=1e-15)
    wider = analyse((cycling(capacities, CellRecord()),), Options(n_ref=2, mask_high=1.6))
    assert wider.tables["masked"]["cycle"].to_list() == [21, 41]


def test_a_masked_reference_is_flagged() -> None:
    capacities = [30.0, *[10.0] * 30]
    result = analyse((cycling(capacities, CellRecord()),), Options(n_ref="first"))
    assert "reference_masked" in {flag.code for flag in result.flags}
    assert result.values["retention"].value == pytest.approx(100 / 3)


def test_the_capacity_of_an_anode_material_is_its_desodiation() -> None:
    """A half cell of carbon charges by desodiation: there the charge counts, in any other cell the discharge."""
    charge = list(np.linspace(10, 8, 20))
    measured = (cycling([10.0] * 20, HALF_CARBON, charge=charge),)
    assert analyse(measured, Options(n_ref=1)).values["retention"].value == pytest.approx(80.0)
    assert analyse(measured, Options(n_ref=1, branch="discharge")).values["retention"].value == pytest.approx(100.0)


def test_a_fade_that_is_no_line_is_told() -> None:
    knee = [10.0 - (0.0 if n < 50 else 0.02 * (n - 50)) for n in range(100)]
    noisy = list(np.array(knee) * (1 + default_rng(1).normal(0, 1e-3, 100)))
    codes = {flag.code for flag in analyse((cycling(noisy, CellRecord()),), Options(n_ref=1)).flags}
    assert "fade_not_linear" in codes
    straight = list((10.0 - 0.005 * np.arange(100)) * (1 + default_rng(1).normal(0, 1e-3, 100)))
    assert "fade_not_linear" not in {flag.code for flag in analyse((cycling(straight, CellRecord()),), Options(n_ref=1)).flags}


def test_few_cycles_and_cycles_that_are_not_there() -> None:
    with pytest.raises(CoverageError, match="needs at least 4 and has 3"):
        analyse((cycling([1.0] * 3, CellRecord()),), Options(n_ref=1))
    with pytest.raises(SpecError, match=r"no capacity of cycle 99\. Cycles go from 1 to 20"):
        analyse((cycling([1.0] * 20, CellRecord()),), Options(n_ref=99))
    with pytest.raises(SpecError, match="is not behind the reference"):
        analyse((cycling([1.0] * 20, CellRecord()),), Options(n_ref=10, at=10))


def test_own_count_where_the_instrument_has_none() -> None:
    measured = cycling([10 - 0.1 * n for n in range(20)], CellRecord())
    blind = Measurement("gcd", measured.table.drop("cycle_count"), {}, "", measured.source)
    one, other = (analyse((m,), Options(n_ref=1)).values["retention"] for m in (measured, blind))
    assert other.value == pytest.approx(one.value)
    assert "own count" in str(other.rule)
    assert "instrument's count" in str(one.rule)


def test_truth_within_three_errors_and_smaller_errors_with_less_noise() -> None:
    for noise in (1.0, 0.1):
        measured, truth = synthesise(default_rng(7), noise=noise)
        values = analyse(measured, TECHNIQUE.example_options()).values
        for name, true in truth.items():
            assert abs(values[name].value - true) < 3 * values[name].stderr
    assert values["retention"].stderr < 0.02


def test_the_figure_sets_masked_cycles_apart() -> None:
    measured, _ = synthesise(default_rng(0))
    figure = draw(analyse(measured, TECHNIQUE.example_options()))
    left, right = figure.panels
    assert [series.name for series in left.series] == ["cycles", "geometric law", "straight line"]
    assert max(left.series[0].y) < 102
    assert right.series[1].name == "masked"
    assert right.series[1].x == (1.0, 51.0, 101.0, 151.0)
