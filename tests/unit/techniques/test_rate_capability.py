"""Rate capability: blocks, their values, nominal and true rates, what is left at the highest rate."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import default_rng

from dualion.errors import CoverageError, SpecError
from dualion.numerics.cycling.cycle_pairs import simulated_cycling
from dualion.numerics.cycling.rate_blocks import rate_blocks
from dualion.numerics.student import interval, welch
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Quantity
from dualion.techniques.rate_capability import TECHNIQUE, Options, analyse, draw, synthesise

HALF = CellRecord(
    kind="half", working="anode", anode_mass=Quantity(1.0, "mg", stderr=0.01), one_c=Quantity(300.0, "mA/g"), one_c_mass="anode"
)  # fmt: skip
#: Reversible capacities [mAh/g] of MEC3 in the paper by nominal rate [C].
PAPER = {0.1: 427.0, 0.2: 396.0, 0.5: 375.0, 1.0: 325.0, 2.0: 243.0}


def rate_test(blocks: list[tuple[float, list[float]]], cell: CellRecord = HALF) -> Measurement:
    """Half-cell cycles of 1 mg, sodiation first: blocks of (rate [C of 300 mA/g], desodiations [mAh/g])."""
    rates = np.concatenate([[rate] * len(capacities) for rate, capacities in blocks])
    out = np.concatenate([np.array(capacities, dtype=float) for _, capacities in blocks])
    charge = np.ravel(np.column_stack([1.1 * out, out])) * 1e-6
    current = np.repeat(rates * 300e-6, 2) * np.tile([-1.0, 1.0], out.size)
    voltage = np.tile(np.stack([np.linspace(1.5, 0.01, 7), np.linspace(0.05, 1.5, 7)]), (out.size, 1))
    number = np.repeat(np.arange(1, out.size + 1), 2)
    return simulated_cycling(charge, current, voltage, cycle=number, name="test", truth={}, cell=cell)


def paper(cell: CellRecord = HALF) -> Measurement:
    """Five cycles a rate; the first is 5 % above the others."""
    return rate_test([(rate, [1.05 * q, q, q, q, q]) for rate, q in PAPER.items()], cell)


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


def test_the_capacities_of_the_paper_without_the_first_cycle_of_a_block() -> None:
    table = analyse((paper(),), Options()).tables["rates"]
    assert table["capacity [mAh/g]"].to_list() == pytest.approx(list(PAPER.values()), rel=1e-9)
    assert table["nominal_rate [C]"].to_list() == pytest.approx(list(PAPER), rel=1e-9)
    assert table["specific_current [mA/g]"].to_list() == pytest.approx([300 * rate for rate in PAPER], rel=1e-9)
    assert table["relative_capacity [%]"].to_list() == pytest.approx([100 * q / 427 for q in PAPER.values()], rel=1e-9)
    assert table["value_from_cycle"].to_list() == [3, 8, 13, 18, 23]


def test_a_nominal_tenth_c_takes_fourteen_hours() -> None:
    """427 mAh/g at 30 mA/g: 14.23 h, and so a true rate of 0.0703 and not 0.1 per hour."""
    rate = analyse((paper(),), Options()).tables["rates"]["true_rate [1/h]"][0]
    assert 1 / rate == pytest.approx(14.23, abs=0.005)


def test_the_mass_is_in_the_capacity_and_cancels_in_the_ratio() -> None:
    values = analyse((paper(),), Options()).values
    low, kept = values["lowest_rate_capacity"], values["rate_retention"]
    assert low.stderr == pytest.approx(427 * np.hypot(0.01, 5e-4), rel=1e-3)
    assert kept.value == pytest.approx(100 * 243 / 427)
    assert kept.stderr == pytest.approx(kept.value * 5e-4 * np.sqrt(2), rel=1e-3)


def test_the_interval_of_three_cycles_is_that_of_two_degrees_of_freedom() -> None:
    cycles = [400.0, 402.0, 398.0, 400.0]
    found = analyse((rate_test([(0.1, cycles)]),), Options(basis="cell", accuracy_fs=1e-9)).values["lowest_rate_capacity"]
    assert found.stderr == pytest.approx(1e-3 * np.std([402, 398, 400], ddof=1) / np.sqrt(3), rel=1e-6)
    assert found.interval is not None
    assert (found.interval[1] - found.interval[0]) / 2 == pytest.approx(4.3027 * found.stderr, rel=1e-4)


def test_the_last_stable_cycles_are_taken() -> None:
    """A block whose last cycle is broken has the value of the three before it."""
    table = analyse((rate_test([(0.1, [420, 400, 401, 402, 300])]),), Options()).tables["rates"]
    assert table["capacity [mAh/g]"].to_list() == pytest.approx([401.0])
    assert (table["value_from_cycle"][0], table["value_to_cycle"][0]) == (2, 4)


def test_a_block_that_is_not_stable_has_no_value() -> None:
    moving = [500.0, 480.0, 460.0, 440.0, 420.0]
    result = analyse((rate_test([(0.1, [400.0] * 5), (0.2, moving)]),), Options())
    assert "not_stable" in codes(result)
    assert result.tables["rates"]["capacity [mAh/g]"].to_list() == [pytest.approx(400.0), None]
    assert "rate_retention" not in result.values
    only = analyse((rate_test([(0.1, moving)]),), Options())
    assert only.values["lowest_rate_capacity"].value is None
    assert any(flag.code == "not_stable" and flag.severity == "refusal" for flag in only.flags)
    assert "no" in draw(only).finding.lower()


def test_short_blocks_are_told_and_a_test_of_short_blocks_is_refused() -> None:
    result = analyse((rate_test([(0.1, [400.0] * 4), (0.2, [390.0] * 3)]),), Options())
    assert "short_block" in codes(result)
    with pytest.raises(CoverageError, match="needs at least 4 and has 3"):
        analyse((rate_test([(0.1, [400.0] * 3), (0.2, [390.0] * 3)]),), Options())
    assert analyse((rate_test([(0.1, [400.0] * 3)]),), Options(k_stable=2)).values["lowest_rate_capacity"].value == pytest.approx(400.0)


def test_the_return_to_the_first_rate_is_the_recovery() -> None:
    blocks = [(0.1, [400.0] * 5), (2.0, [200.0] * 5), (0.1, [380.0] * 5)]
    values = analyse((rate_test(blocks),), Options()).values
    assert values["recovery"].value == pytest.approx(95.0)
    assert values["rate_retention"].value == pytest.approx(50.0)
    assert values["lowest_rate_capacity"].value == pytest.approx(400.0)


def test_two_definitions_of_one_c_in_one_study() -> None:
    """1 C is 80 mA per gram of graphite in the full cell, 300 mA per gram of carbon in the half cell: the same current, two rates."""
    masses = {"cathode_mass": Quantity(2.0, "mg"), "anode_mass": Quantity(1.0, "mg")}
    full = CellRecord(kind="dual-ion", **masses, one_c=Quantity(80.0, "mA/g"), one_c_mass="cathode")  # type: ignore[arg-type]
    half, dual = (analyse((rate_test([(1.0, [100.0] * 5)], cell),), Options()).tables["rates"] for cell in (HALF, full))
    assert half["nominal_rate [C]"][0] == pytest.approx(1.0)
    assert dual["nominal_rate [C]"][0] == pytest.approx(0.3 / 0.16)
    assert half["true_rate [1/h]"][0] == pytest.approx(3.0)
    assert dual["true_rate [1/h]"][0] == pytest.approx(3.0 / 1.1)  # its discharge, that is the other branch


def test_what_is_not_known_is_not_guessed() -> None:
    with pytest.raises(SpecError, match="anode_mass: missing"):
        analyse((paper(CellRecord(kind="half", working="anode")),), Options())
    bare = analyse((paper(CellRecord()),), Options(basis="cell"))
    assert "nominal_rate_unknown" in codes(bare)
    assert bare.tables["rates"]["nominal_rate [C]"].null_count() == 5
    assert bare.values["lowest_rate_capacity"].unit == "mAh"
    assert bare.values["lowest_rate_capacity"].value == pytest.approx(1.1 * 0.427)  # of an unknown cell the discharge


@given(st.lists(st.tuples(st.sampled_from([1.0, 2.0, 5.0]), st.integers(1, 8)), min_size=1, max_size=8))
def test_blocks_cover_every_cycle_once_and_change_with_the_current(plan: list[tuple[float, int]]) -> None:
    current = np.concatenate([[rate] * count for rate, count in plan])
    blocks = rate_blocks(current * 1.004, np.full(current.size, 7.0))
    assert [k for block in blocks for k in range(block.first, block.last + 1)] == list(range(current.size))
    assert all(abs(one.current / other.current - 1) > 0.02 for one, other in pairwise(blocks))
    for block in blocks:
        assert (block.value is None) == (block.cycles < 4)
        if block.value is not None:
            assert block.first < block.value[0] <= block.value[1] == block.last


def test_degrees_of_freedom_of_a_sum() -> None:
    assert welch([(1.0, 2.0)]) == (1.0, 2.0)
    assert welch([(1.0, 2.0), (1.0, 2.0)]) == (pytest.approx(np.sqrt(2)), pytest.approx(4.0))
    assert interval(0.0, 1.0, 1e12)[1] == pytest.approx(1.96, abs=1e-3)


def test_truth_within_its_errors_and_smaller_errors_with_less_noise() -> None:
    for noise in (1.0, 0.1):
        measured, truth = synthesise(default_rng(3), noise=noise)
        values = analyse(measured, TECHNIQUE.example_options()).values
        for name, true in truth.items():
            low, high = values[name].interval or (0.0, 0.0)
            assert 2 * low - high < true < 2 * high - low
    assert (values["lowest_rate_capacity"].stderr or 1) < 0.2


def test_the_figure_shows_cycles_and_values() -> None:
    figure = draw(analyse((paper(),), Options()))
    assert len(figure.panels) == 2
    assert len(figure.panels[1].series[0].x) == 5
    assert figure.panels[0].y.unit == "mAh/g"
    assert "56.9 %" in figure.finding
