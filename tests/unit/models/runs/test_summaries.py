"""Rows of half cycles and cycles: sums that must close, rules that must bracket, ratios that follow by arithmetic."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dualion.models.engines import solver
from dualion.models.experiments import rate_blocks
from dualion.models.outputs import CellResult
from dualion.models.runs.summaries import BRACKET, UNITS, Row, beyond_the_data, beyond_the_temperatures, cycle_rows, number, once, step_rows
from dualion.records.cell import FULL_CELL_BASES, Cell
from dualion.records.cell_files import load_cell
from dualion.records.quantity import Flag, Quantity

Run = tuple[Cell, CellResult, tuple[Row, ...]]


def run_of(cell: Cell, specific_current: float, cycles: int = 2) -> Run:
    protocol = rate_blocks(cell, [specific_current], cycles=cycles)
    engine = solver(cell)
    result = engine.numerical_error(protocol, engine.solve(protocol))
    return cell, result, step_rows(result, protocol)


@pytest.fixture(scope="module")
def full_cell() -> Run:
    return run_of(load_cell("mec3-eg"), 800.0)


@pytest.fixture(scope="module")
def half_cell() -> Run:
    return run_of(load_cell("na-mec3"), 300.0)


@pytest.fixture(scope="module")
def rocking_chair() -> Run:
    return run_of(load_cell("hc-nvpf"), 20.0)


@pytest.fixture(params=["full_cell", "half_cell", "rocking_chair"])
def run(request: pytest.FixtureRequest) -> Run:
    found: Run = request.getfixturevalue(request.param)
    return found


def test_every_number_has_a_unit(run: Run) -> None:
    words = {"step", "cycle", "direction", "ended"}
    for row in (*run[2], *cycle_rows(run[0], run[2])):
        assert set(row) - words <= set(UNITS)


def test_the_parts_add_up_to_the_voltage(run: Run) -> None:
    for row in run[2]:
        assert number(row, "closure") <= 1e-5
        parts = sum(number(row, name) for name in row if name.startswith("part_"))
        assert parts == pytest.approx(number(row, "mean_voltage"), rel=5e-4)


def test_inventories_that_stay_do_not_drift(run: Run) -> None:
    for row in run[2]:
        drifts = [number(row, name) for name in row if name.endswith("_drift")]
        assert drifts
        assert max(map(abs, drifts)) <= 1e-11


def test_plateau_and_slope_are_the_whole_and_the_rules_bracket(run: Run) -> None:
    carbon = run[0].anode.loading.value * run[0].area.value
    for row in run[2]:
        low, middle, high = (number(row, name) for name in ("plateau_capacity_at_0.10V", "plateau_capacity", "plateau_capacity_at_0.20V"))
        assert low <= middle <= high
        assert middle + number(row, "slope_capacity") == pytest.approx(number(row, "capacity") / carbon * 1e3, rel=1e-12)
    assert BRACKET == (0.10, 0.20)


@pytest.mark.parametrize("name", ["full_cell", "half_cell"])
def test_the_split_is_that_which_the_engine_integrates(name: str, request: pytest.FixtureRequest) -> None:
    cell, result, rows = request.getfixturevalue(name)
    carbon = cell.anode.loading.value * cell.area.value
    for row, step in zip(rows, result.steps, strict=True):
        engine = abs(step.totals["charge_below"]) / 3.6 / carbon * 1e3
        assert number(row, "plateau_capacity") == pytest.approx(engine, rel=2e-3, abs=0.05)


def test_energy_power_and_bases_follow_by_arithmetic(full_cell: Run) -> None:
    for row in full_cell[2]:
        assert number(row, "energy") == pytest.approx(number(row, "capacity") * number(row, "mean_voltage"), rel=1e-12)
        hours = number(row, "duration") / 3600
        for basis in FULL_CELL_BASES:
            assert number(row, f"power_per_{basis}") == pytest.approx(number(row, f"energy_per_{basis}") / hours, rel=1e-9)
            ratio = number(row, f"energy_per_{basis}") / number(row, f"capacity_per_{basis}")
            assert ratio == pytest.approx(number(row, "mean_voltage"), rel=1e-9)
        # 1 mg/cm2 of anode to 2 mg/cm2 of cathode
        assert number(row, "capacity_per_cathode") / number(row, "capacity_per_actives") == pytest.approx(1.5)
        assert [number(row, f"energy_per_{basis}") for basis in FULL_CELL_BASES[:3]] == sorted(
            (number(row, f"energy_per_{basis}") for basis in FULL_CELL_BASES[:3]), reverse=True
        )


def test_efficiencies_are_what_came_out_over_what_went_in(full_cell: Run) -> None:
    cell, _, rows = full_cell
    first, second = cycle_rows(cell, rows)
    assert number(first, "coulombic_efficiency") == pytest.approx(
        100 * number(rows[1], "specific_capacity") / number(rows[0], "specific_capacity"), rel=1e-12
    )
    # no mechanism of ageing is on: from the second cycle on all comes out again, but not at the voltage at which it went in
    assert number(second, "coulombic_efficiency") == pytest.approx(100.0, abs=1e-4)
    loss = number(second, "voltage_hysteresis") / number(rows[2], "mean_voltage")
    assert number(second, "energy_efficiency") == pytest.approx(100 * (1 - loss), abs=1e-3)


def test_a_half_cell_counts_what_it_holds_above_its_start(half_cell: Run) -> None:
    cell, _, rows = half_cell
    first = rows[0]
    assert number(first, "total_capacity") == pytest.approx(
        number(first, "specific_capacity") + number(first, "equilibrium_capacity_above_start"), rel=1e-12
    )
    assert number(first, "total_capacity") == pytest.approx(325.0, abs=1.5)  # SPMe of the specification at 1 C, 2.4
    assert "total_capacity" not in rows[2]
    assert [cycle["energy_efficiency"] for cycle in cycle_rows(cell, rows)] == [None, None]
    assert number(cycle_rows(cell, rows)[0], "coulombic_efficiency") == pytest.approx(100.0, abs=0.1)


def test_a_cell_that_gives_first_has_no_efficiency_in_its_first_cycle(rocking_chair: Run) -> None:
    cell, _, rows = rocking_chair
    assert [row["direction"] for row in rows] == ["discharge", "charge"] * 2
    first, second = cycle_rows(cell, rows)
    assert first["coulombic_efficiency"] is None
    assert number(second, "capacity_in") == number(rows[1], "specific_capacity")
    assert 80 < number(second, "coulombic_efficiency") <= 101


def test_extremes_name_their_place_and_time(full_cell: Run) -> None:
    charge = full_cell[2][0]
    assert 0 < number(charge, "least_salt") < 1000 < number(charge, "most_salt") + 1
    assert number(charge, "least_salt_time") == pytest.approx(number(charge, "duration"), rel=0.02)
    assert 0 <= number(charge, "least_salt_position") <= 300
    assert number(charge, "lowest_apparent_anode_potential") < number(charge, "lowest_anode_potential")
    assert 0.9 < number(charge, "fullest_cathode_surface") < 1.0


def test_the_numerical_error_is_that_of_the_solver(full_cell: Run) -> None:
    cell, result, rows = full_cell
    mass = cell.cathode.loading.value * cell.area.value  # type: ignore[union-attr]
    for row, error in zip(rows, result.error, strict=True):
        assert number(row, "capacity_error") == pytest.approx(error["capacity"] / mass * 1e3)
        assert 0 < number(row, "capacity_error") < 0.02


def test_a_current_beyond_the_half_cell_data_is_flagged() -> None:
    full, half = load_cell("mec3-eg"), load_cell("na-mec3")
    assert beyond_the_data(full, [300.0]) == ()  # 600 mA/g on the carbon
    assert beyond_the_data(half, [600.0]) == ()
    (flag,) = beyond_the_data(full, [80.0, 320.0, 1600.0])
    assert flag.code == "extrapolated"
    assert "From 4C on the anode carries 640 to 3200 mA/g" in flag.message
    assert "700 mA/g; half-cell data end at 600 mA/g" in beyond_the_data(half, [700.0])[0].message


def test_temperatures_outside_the_data_are_flagged() -> None:
    full, chair = load_cell("mec3-eg"), load_cell("hc-nvpf")
    assert beyond_the_temperatures(full, [25.0]) == () == beyond_the_temperatures(chair, [25.0])
    assert beyond_the_temperatures(full, [30.0, 70.0]) == ()
    (cold,) = beyond_the_temperatures(full, [0.0, 10.0, 40.0])
    assert (cold.code, cold.message[:13]) == ("extrapolated", "0, 10 degC: t")
    (blind,) = beyond_the_temperatures(chair, [10.0])
    assert blind.code == "temperature_not_modelled"
    assert "NVPF" in blind.message


def test_a_starved_cell_shows_where_its_salt_went() -> None:
    # a fifth of the salt in the same volume: less than the cathode could take
    cell = load_cell("mec3-eg")
    fifth = replace(cell.electrolyte.concentration, quantity=Quantity(0.2, "mol/L"))
    _, result, rows = run_of(replace(cell, electrolyte=replace(cell.electrolyte, concentration=fifth)), 400.0, cycles=1)
    assert "salt_limited" in {flag.code for flag in result.flags}
    assert number(rows[0], "least_salt") < 20.0


def test_flags_are_said_once() -> None:
    flag, other = Flag("a", "note", "x"), Flag("a", "note", "y")
    assert once([flag, other, flag]) == (flag, other)
