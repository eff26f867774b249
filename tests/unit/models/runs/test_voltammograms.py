"""Peaks of simulated voltammograms against the specification (4.4), and what is said where they are none."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dualion.models.engines import solver
from dualion.models.experiments import voltammetry
from dualion.models.runs.summaries import Row, number
from dualion.models.runs.voltammograms import BALANCE, PEAK_UNITS, balance_flags, peak_rows
from dualion.records.cell_files import load_cell


def swept(name: str, rate: float, low: float, high: float, cycles: int = 2) -> tuple[Row, ...]:
    cell = load_cell(name)
    protocol = voltammetry(cell, rate, low=low, high=high, cycles=cycles)
    return peak_rows(solver(cell).solve(protocol), protocol)


@pytest.mark.parametrize(("rate", "peak", "charge"), [(1e-4, 0.110, 236), (1e-3, 0.212, 122), (5e-3, 0.581, 81)])
def test_the_half_cell_peaks_where_the_specification_says(rate: float, peak: float, charge: float) -> None:
    sodiation, desodiation = swept("na-mec3", rate, 1e-4, 1.2)[-2:]
    assert number(desodiation, "peak_voltage") == pytest.approx(peak, abs=3e-3)
    assert number(desodiation, "charge_in") == pytest.approx(charge, rel=0.01)
    assert desodiation["at_edge"] == "no"
    # the cathodic extremum is the end of the window, not a maximum of the current
    assert sodiation["at_edge"] == "yes"
    assert number(sodiation, "peak_voltage") == pytest.approx(1e-4, abs=1e-6)


def test_the_full_cell_at_a_tenth_of_a_millivolt_a_second() -> None:
    rows = swept("mec3-eg", 1e-4, 2.65, 4.8)
    assert [number(row, "peak_current") for row in rows[-2:]] == pytest.approx([0.112, -0.112], rel=0.01)
    assert balance_flags(rows) == ()


def test_charge_is_that_of_the_currents_both_ways() -> None:
    for row in swept("na-mec3", 1e-3, 1e-4, 1.2):
        assert number(row, "charge") == pytest.approx(number(row, "charge_in") + number(row, "charge_out"), rel=2e-4)
        assert number(row, "charge_in") >= 0 >= number(row, "charge_out")
        area, mass = 1.131, 1.131  # [cm2], [mg]
        assert number(row, "peak_current_density") == pytest.approx(number(row, "peak_current") / area)
        assert number(row, "peak_specific_current") == pytest.approx(1e3 * number(row, "peak_current") / mass)
    assert set(row) - {"cycle", "direction", "at_edge"} <= set(PEAK_UNITS)


def cycle_of(cycle: int, charges: Sequence[float]) -> list[Row]:
    return [{"cycle": cycle, "charge": charge} for charge in charges]


def test_sweeps_that_do_not_balance_are_flagged_from_the_second_cycle_on() -> None:
    assert balance_flags(cycle_of(1, (100.0, -50.0))) == ()
    assert balance_flags(cycle_of(2, (100.0, -100.0 * (1 - 0.9 * BALANCE)))) == ()
    (flag,) = balance_flags(cycle_of(2, (100.0, -99.0)))
    assert flag.code == "unbalanced_sweeps"
    assert "differ by 1 %" in flag.message
