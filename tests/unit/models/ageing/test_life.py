"""A life on the fast engine: its table, what ends it early, what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dualion.errors import InventoryError, SolveError, SpecError
from dualion.models.ageing import life as life_module
from dualion.models.ageing.course import Block
from dualion.models.ageing.fast_inner import FastInner
from dualion.models.ageing.inner import Snapshot
from dualion.models.ageing.life import LifeResult, life, life_inputs
from dualion.models.ageing.mechanisms import NONE, Mechanisms
from dualion.models.ageing.rows import UNITS
from dualion.models.engines import solver
from dualion.models.experiments import rate_blocks
from dualion.models.fast import cycling
from dualion.models.outputs import Array, working_mass
from dualion.records.cell import Cell
from dualion.records.cell_files import load_cell

RATE = 800.0  # [mA/g], 10 C


@pytest.fixture(scope="module")
def cell() -> Cell:
    return load_cell("mec3-eg")


@pytest.fixture(scope="module")
def short(cell: Cell) -> LifeResult:
    return life(cell, specific_current=RATE, cycles=12, mechanisms=NONE)


def test_without_ageing_a_life_is_what_the_solver_gives_cycle_by_cycle(cell: Cell, short: LifeResult) -> None:
    steps = solver(cell).solve(rate_blocks(cell, [RATE], cycles=3)).steps
    mass = working_mass(cell)
    for name, first in (("charge", 0), ("discharge", 1)):
        found = [short.table[f"{name}_capacity"][n] for n in range(3)]
        assert found == pytest.approx([step.capacity(mass) for step in steps[first::2]], rel=1e-9)
        voltages = [short.table[f"mean_{name}_voltage"][n] for n in range(3)]
        assert voltages == pytest.approx([step.mean_voltage() for step in steps[first::2]], abs=1e-5)
        energies = [short.table[f"{name}_energy"][n] for n in range(3)]
        assert energies == pytest.approx([step.capacity(mass) * step.mean_voltage() for step in steps[first::2]], rel=1e-5)
    least = [min(steps[2 * n].totals["least_salt"], steps[2 * n + 1].totals["least_salt"]) for n in range(3)]
    assert list(short.table["least_salt"][:3]) == pytest.approx(least, rel=1e-6)
    assert list(short.table["salt"][:3]) == pytest.approx([step.inventories["salt"][1] for step in steps[1::2]], rel=1e-9)


def test_the_table_has_a_row_for_each_cycle_and_a_unit_for_each_column(short: LifeResult) -> None:
    assert set(short.table) == set(UNITS)
    assert all(column.shape == (12,) for column in short.table.values())
    assert list(short.table["cycle"]) == list(range(1, 13))
    assert not short.table["interpolated"].any()
    assert short.table["coulombic_efficiency"] == pytest.approx(short.table["discharge_capacity"] / short.table["charge_capacity"])


def test_a_retention_says_what_it_is_relative_to(short: LifeResult) -> None:
    capacity = short.table["discharge_capacity"]
    assert [short.retention()[0], short.retention(2)[1]] == pytest.approx([100.0, 100.0], rel=1e-12)
    assert short.retention(2)[0] != pytest.approx(100.0, rel=1e-12)
    assert short.retention(2) == pytest.approx(100 * capacity / capacity[1])
    with pytest.raises(SpecError, match="no cycle 13"):
        short.retention(13)


def test_curves_end_where_the_table_says(cell: Cell) -> None:
    mechanisms = Mechanisms(site_loss=1e-6, anode_share=1e-3, cathode_share=2e-3, film_growth=0.1)
    result = life(cell, specific_current=RATE, cycles=12, mechanisms=mechanisms, curves_at=(1, 2, 10, 100))
    assert sorted(result.curves) == [1, 2, 10]
    for number, curve in result.curves.items():
        for name in ("charge", "discharge"):
            capacity, voltage = curve[name]
            assert capacity[-1] == pytest.approx(result.table[f"{name}_capacity"][number - 1], rel=1e-9)
            mean = np.trapezoid(voltage, capacity) / capacity[-1]
            assert mean == pytest.approx(result.table[f"mean_{name}_voltage"][number - 1], abs=2e-4)
            assert voltage[-1] == pytest.approx(cell.window[1 if name == "charge" else 0].value, abs=1e-4)


def test_curves_and_blocks_change_no_number(cell: Cell) -> None:
    mechanisms = Mechanisms(anode_share=1e-4)
    one = life(cell, specific_current=RATE, cycles=12, mechanisms=mechanisms, curves_at=())
    other = life(cell, specific_current=RATE, cycles=12, mechanisms=mechanisms, curves_at=(3, 4, 9))
    assert all(one.table[name].tobytes() == other.table[name].tobytes() for name in UNITS)


def test_a_stepped_life_marks_what_lies_between(cell: Cell) -> None:
    result = life(cell, specific_current=RATE, cycles=100, mechanisms=Mechanisms(), method="stepper", curves_at=(1, 50), checked_cycles=20)
    cycled = result.table["cycle"][~result.table["interpolated"]]
    assert cycled[[0, 1, -1]].tolist() == [1, 2, 100]
    assert 3 < cycled.size < 50
    assert sorted(result.curves) == [1, int(cycled[cycled >= 50][0])]
    assert result.check is not None
    assert result.check.cycles == 20
    assert result.check.difference < 0.01


def test_a_full_anode_is_a_result(cell: Cell) -> None:
    result = life(replace(cell, initial_sodiation="fully_sodiated"), specific_current=RATE, cycles=5, mechanisms=NONE)
    assert [flag.code for flag in result.flags] == ["no_room_for_sodium"]
    assert not result.table


def test_a_cell_that_has_lost_its_sites_is_worn_out(cell: Cell) -> None:
    result = life(cell, specific_current=RATE, cycles=100, mechanisms=Mechanisms(site_loss=0.05, site_law="per-cycle"))
    assert [flag.code for flag in result.flags] == ["worn_out"]
    assert 10 < result.table["cycle"].size < 20
    assert "of 100 cycles" in result.flags[0].message


class _Ends(FastInner):
    """Ends in the fourth cycle, as a solver may."""

    def run(self, snapshot: Snapshot, cycles: int, *, ageing: bool = True) -> tuple[Array, Snapshot]:
        table, after = super().run(snapshot, cycles, ageing=ageing)
        return table[: max(3 - int(snapshot.slow[cycling.CYCLES]), 0)], after


def test_a_failed_cycle_is_named_and_what_was_before_it_kept(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life_module, "inner_of", lambda cell, engine, current, mechanisms: _Ends(cell, current, mechanisms))
    kept: list[Block] = []
    with pytest.raises(SolveError, match=r"mec3-eg, cycle 4 of 10 at 800 mA/g: .* 3 cycles are attached") as caught:
        life(cell, specific_current=RATE, cycles=10, mechanisms=NONE, checkpoint=kept.append)
    assert caught.value.partial.table["cycle"].tolist() == [1, 2, 3]
    assert kept[-1].plain["done"] == 3


class _Leaks(FastInner):
    """Forgets one of its accounts."""

    account = cycling.BOUND

    def run(self, snapshot: Snapshot, cycles: int, *, ageing: bool = True) -> tuple[Array, Snapshot]:
        tables = []
        for _ in range(cycles):
            table, snapshot = super().run(snapshot, 1, ageing=ageing)
            snapshot.slow[self.account] = 0.0
            tables.append(table)
        return np.concatenate(tables), snapshot


@pytest.mark.parametrize(("account", "name"), [(cycling.BOUND, "sodium"), (cycling.LOST, "pf6")])
def test_an_open_balance_is_found(cell: Cell, monkeypatch: pytest.MonkeyPatch, account: int, name: str) -> None:
    """With one term taken out of the books, the total of its ion drifts, and the life is refused."""

    def leaking(cell: Cell, engine: str, current: float, mechanisms: Mechanisms) -> FastInner:
        inner = _Leaks(cell, current, mechanisms)
        inner.account = account  # type: ignore[misc]
        return inner

    monkeypatch.setattr(life_module, "inner_of", leaking)
    with pytest.raises(InventoryError, match=f"over 10 cycles {name} drifts"):
        life(cell, specific_current=RATE, cycles=10, mechanisms=Mechanisms(anode_share=1e-4, cathode_share=1e-4))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"specific_current": 0.0}, "specific_current"),
        ({"cycles": 0}, "cycles"),
        ({"method": "guess"}, "method"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"engine": "slow"}, "engine"),
    ],
)
def test_an_argument_out_of_range_is_named(cell: Cell, given: dict[str, object], named: str) -> None:
    with pytest.raises(SpecError, match=named):
        life(cell, **{"specific_current": RATE, "cycles": 2, "mechanisms": NONE, **given})  # type: ignore[arg-type]


def test_inputs_tell_runs_apart(cell: Cell) -> None:
    def inputs(**given: object) -> dict[str, object]:
        return life_inputs(cell, **{"specific_current": RATE, "cycles": 10, "mechanisms": NONE, **given})  # type: ignore[arg-type]

    assert inputs() == inputs(engine="fast")
    for other in ({"cycles": 11}, {"mechanisms": Mechanisms()}, {"method": "stepper"}, {"engine": "pybamm-SPMe"}, {"curves_at": (1,)}):
        assert inputs(**other) != inputs()
