"""Protocols as data: signs, cut-offs, order of blocks."""

from __future__ import annotations

import pytest

from dualion.models.experiments import CYCLES_PER_BLOCK, cycle, rate_blocks
from dualion.records.cell import Cell


def test_a_half_cell_is_sodiated_first_and_by_a_negative_current(half: Cell) -> None:
    protocol = cycle(half, 300.0)
    down, up = protocol.steps
    assert (down.direction, up.direction) == ("sodiation", "desodiation")
    assert (down.cutoff, up.cutoff) == (0.0001, 2.5)
    # 300 mA/g on 1 mg/cm2 of 1.131 cm2
    assert down.current == pytest.approx(-0.3393e-3, rel=1e-12)
    assert up.current == pytest.approx(+0.3393e-3, rel=1e-12)
    assert protocol.specific_currents == (300.0, 300.0)
    assert protocol.name == "cycle"


def test_a_full_cell_is_charged_first_and_by_a_positive_current(full: Cell) -> None:
    up, down = cycle(full, 80.0).steps
    assert (up.direction, down.direction) == ("charge", "discharge")
    assert (up.cutoff, down.cutoff) == (4.8, 2.0)
    # 80 mA/g on 2 mg/cm2 of 1.131 cm2: the specification's 0.181 mA
    assert up.current == pytest.approx(0.18096e-3, rel=1e-12)
    assert down.current == -up.current


def test_a_rate_test_is_one_sequence_of_blocks(full: Cell) -> None:
    protocol = rate_blocks(full, [80.0, 800.0, 80.0], cycles=2)
    assert protocol.name == "rate test"
    assert protocol.specific_currents == (80.0,) * 4 + (800.0,) * 4 + (80.0,) * 4
    assert [step.direction for step in protocol.steps] == ["charge", "discharge"] * 6
    assert protocol.steps[4].current == pytest.approx(10 * protocol.steps[0].current, rel=1e-12)
    assert protocol.steps[:4] == protocol.steps[8:]


def test_a_block_has_five_cycles_where_nothing_else_is_said(half: Cell) -> None:
    assert CYCLES_PER_BLOCK == 5
    assert len(rate_blocks(half, [30.0, 60.0]).steps) == 20
    assert rate_blocks(half, [30.0], cycles=1) == cycle(half, 30.0)
