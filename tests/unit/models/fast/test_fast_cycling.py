"""Many cycles in one call: the same as cycle by cycle, with accounts that add up, and laws of ageing that do what they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dualion.models.constants import FARADAY
from dualion.models.experiments import rate_blocks
from dualion.models.fast import cycling, layout
from dualion.models.fast.entries import cycle_on
from dualion.models.fast.packing import first_state, packed
from dualion.models.fast.solver import FastSolver
from dualion.records.cell import Cell
from dualion.records.cell_files import load_cell

Array = np.ndarray


def fresh() -> Array:
    slow = np.zeros(cycling.SLOW)
    slow[cycling.SITES] = slow[cycling.FILM_FACTOR] = 1.0
    return slow


def run(cell: Cell, laws: dict[int, float], cycles: int, *, rate: float = 10.0, blocks: int = 1) -> tuple[Array, Array, Array, Array]:
    """Table, slow state, numbers and state after cycles in one call or in several."""
    p = packed(cell)
    state, slow, law = first_state(cell, p), fresh(), np.zeros(cycling.LAWS)
    for place, value in laws.items():
        law[place] = value
    density = cell.current(rate) / (cell.area.value * 1e-4)
    film = p[layout.FILM_RESISTANCE]
    tables = []
    for _ in range(blocks):
        table = np.zeros((cycles // blocks, cycling.COLUMNS))
        assert cycle_on(p, state, slow, law, density, 2.0, 4.8, film, 0.15, 1e-3, table) == cycles // blocks
        tables.append(table)
    return np.concatenate(tables), slow, p, state


def test_without_ageing_it_is_the_protocol(full: Cell) -> None:
    table, slow, p, _ = run(full, {}, 5)
    steps = FastSolver(full).solve(rate_blocks(full, [800.0], cycles=5), detail="ends").steps
    area = full.area.value * 1e-4
    assert table[:, cycling.CHARGED] * area == pytest.approx([step.totals["charge"] for step in steps[::2]], rel=1e-6)
    assert table[:, cycling.DISCHARGED] * area == pytest.approx([-step.totals["charge"] for step in steps[1::2]], rel=1e-6)
    assert np.abs(table[:, cycling.DISCHARGE_ENERGY]) * area == pytest.approx([-step.totals["energy"] for step in steps[1::2]], rel=1e-5)
    assert table[:, cycling.LEAST_SALT].min() == pytest.approx(min(step.totals["least_salt"] for step in steps), rel=1e-6)
    assert (slow[cycling.SITES], slow[cycling.CYCLES]) == (1.0, 5.0)
    assert np.array_equal(p, packed(full))


@pytest.mark.slow
def test_without_ageing_nothing_fades(full: Cell) -> None:
    """V27: a thousand cycles, retention 1 within 1e-6 from the second on."""
    table, *_ = run(full, {}, 1000)
    assert table[-1, cycling.DISCHARGED] == pytest.approx(table[9, cycling.DISCHARGED], rel=1e-6)


def test_blocks_are_the_run(full: Cell) -> None:
    """A run that goes on from what the last call left is the run in one call, to the last bit."""
    laws = {
        cycling.SITES_PER_SECOND: 1e-7,
        cycling.ANODE_SHARE: 1e-4,
        cycling.CATHODE_SHARE: 1e-4,
        cycling.FILM_RATE: 0.01,
        cycling.FILM_EXPONENT: 0.5,
    }
    whole, pieces = run(load_cell("mec3-eg"), laws, 60), run(load_cell("mec3-eg"), laws, 60, blocks=4)
    for one, other in zip(whole, pieces):
        assert one.tobytes() == other.tobytes()


LAWS: list[dict[int, float]] = [
    {cycling.SITES_PER_SECOND: 3e-7},
    {cycling.SITES_PER_CYCLE: 1e-4, cycling.PROPORTIONAL: 1.0},
    {cycling.ANODE_SHARE: 1e-3},
    {cycling.CATHODE_SHARE: 1e-3},
    {cycling.FILM_RATE: 0.05, cycling.FILM_EXPONENT: 0.7},
    {cycling.SITES_PER_CYCLE: 1e-4, cycling.ANODE_SHARE: 5e-4, cycling.CATHODE_SHARE: 5e-4, cycling.FILM_PER_CHARGE: 1e-3},
]


@pytest.mark.parametrize("laws", LAWS, ids=range(len(LAWS)))
def test_sodium_and_anions_add_up_over_two_hundred_cycles(laws: dict[int, float]) -> None:
    """Wherever they are: salt, hosts, plate, interphase, lost; to 1e-11."""
    table, slow, *_ = run(load_cell("mec3-eg"), laws, 200)
    for column in (cycling.SODIUM, cycling.ANIONS):
        assert table[:, column] == pytest.approx(table[0, column], rel=1e-11)
    assert table[-1, cycling.DISCHARGED] < table[0, cycling.DISCHARGED]
    assert slow[cycling.CYCLES] == 200


def test_sites_are_lost_as_the_law_says(full: Cell) -> None:
    table, slow, p, _ = run(full, {cycling.SITES_PER_CYCLE: 1e-3}, 50)
    assert slow[cycling.SITES] == pytest.approx(1 - 50 * 1e-3, rel=1e-12)  # of the sites at first
    host = int(p[layout.RIGHT_HOST])
    assert p[host + layout.CHARGE] / packed(full)[host + layout.CHARGE] == pytest.approx(0.95, rel=1e-12)
    _, slow, *_ = run(full, {cycling.SITES_PER_CYCLE: 1e-3, cycling.PROPORTIONAL: 1.0}, 50)
    assert slow[cycling.SITES] == pytest.approx((1 - 1e-3) ** 50, rel=1e-12)  # of those that are left
    _, slow, *_ = run(full, {cycling.SITES_PER_SECOND: 1e-7}, 50)
    durations = run(full, {cycling.SITES_PER_SECOND: 1e-7}, 50)[0][:, cycling.DURATION]
    assert slow[cycling.SITES] == pytest.approx(1 - 1e-7 * durations.sum(), rel=1e-9)
    assert table[-1, cycling.DISCHARGED] / table[1, cycling.DISCHARGED] == pytest.approx(0.951, abs=0.01)


def test_parasitic_charge_of_the_anode_takes_no_anions(full: Cell) -> None:
    """It binds sodium; anions stay behind in the cathode, and no salt is lost but what they hold."""
    table, slow, *_ = run(full, {cycling.ANODE_SHARE: 1e-3}, 100)
    assert slow[cycling.BOUND] == pytest.approx(1e-3 * table[:, cycling.CHARGED].sum(), rel=1e-12)
    assert slow[cycling.LOST] == 0.0
    both, slow, *_ = run(full, {cycling.ANODE_SHARE: 1e-3, cycling.CATHODE_SHARE: 1e-3}, 100)
    assert slow[cycling.LOST] == pytest.approx(1e-3 * both[:, cycling.CHARGED].sum(), rel=1e-12)
    left = both[-1, cycling.SALT_LEFT_OVER] - both[0, cycling.SALT_LEFT_OVER]
    assert left == pytest.approx(-1e-3 * both[1:, cycling.CHARGED].sum() / FARADAY, rel=0.02)


def test_a_growing_film_costs_voltage() -> None:
    cell: Any = load_cell("mec3-eg")
    table, slow, p, _ = run(cell, {cycling.FILM_RATE: 0.1, cycling.FILM_EXPONENT: 0.5}, 100)
    assert slow[cycling.FILM_FACTOR] == pytest.approx(2.0, rel=1e-12)
    assert p[layout.FILM_RESISTANCE] == pytest.approx(2 * packed(cell)[layout.FILM_RESISTANCE], rel=1e-12)
    voltage = np.abs(table[:, cycling.DISCHARGE_ENERGY] / table[:, cycling.DISCHARGED])
    assert voltage[0] - voltage[-1] > 0.02
