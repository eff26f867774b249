"""Rate tests: rows, their numerical errors and what must be said beside them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dualion.models.engines import solver
from dualion.models.runs.rates import RateRow, block_difference, plain, rate_test
from dualion.numerics.masses.mass_bases import cell_mass, mass
from dualion.records.cell import FULL_CELL_BASES, Cell


@pytest.fixture(scope="module")
def full_rows(full: Cell) -> tuple[RateRow, ...]:
    return rate_test(solver(full), [80.0, 800.0])


@pytest.fixture(scope="module")
def half_row(half: Cell) -> RateRow:
    return rate_test(solver(half), [150.0])[0]


def test_a_full_row(full_rows: tuple[RateRow, ...]) -> None:
    row = full_rows[0]
    assert row.c_rate == pytest.approx(1.0)
    assert row.values["specific_capacity"] == pytest.approx(94.78, abs=0.05)
    assert row.values["charge_capacity"] >= row.values["specific_capacity"]
    assert row.values["salt_after_charge"] == pytest.approx(720, abs=10)  # 28 to 29 % depletion
    assert row.values["least_salt"] <= row.values["salt_after_charge"]
    assert "plateau_capacity" not in row.values
    assert set(row.curves) == {"charge", "discharge"}


def test_a_half_row(half_row: RateRow) -> None:
    assert half_row.values["plateau_capacity"] + half_row.values["slope_capacity"] == pytest.approx(half_row.values["specific_capacity"])
    assert half_row.values["specific_capacity"] == pytest.approx(374.3, abs=0.5)
    assert (half_row.energies, half_row.powers, half_row.salt) == ({}, {}, {})
    assert set(half_row.curves) == {"sodiation", "desodiation"}


def test_numerical_errors_are_small_and_not_zero(full_rows: tuple[RateRow, ...], half_row: RateRow) -> None:
    """Doubled mesh and a tenth of the tolerance: at most 0.2 mAh/g and 2 mV."""
    for row in (*full_rows, half_row):
        assert 0 < row.errors["specific_capacity"] < 0.2
        assert 0 < row.errors["mean_voltage"] < 2e-3


def test_energies_are_those_of_the_discharge_on_each_basis(full_rows: tuple[RateRow, ...], full: Cell) -> None:
    design = cell_mass(full, max(row.values["charge_capacity"] for row in full_rows))
    for row in full_rows:
        total = row.values["specific_capacity"] * row.values["mean_voltage"]
        for basis in FULL_CELL_BASES:
            assert row.energies[basis] == pytest.approx(total / mass(design, mass_basis=basis), rel=1e-9)
            assert row.powers[basis] == pytest.approx(
                row.specific_current * row.values["mean_voltage"] / mass(design, mass_basis=basis), rel=1e-9
            )


def test_the_anode_is_extrapolated_beyond_its_half_cell(full_rows: tuple[RateRow, ...], half_row: RateRow) -> None:
    """10 C of the cathode is 1600 mA/g of the carbon, and half-cell data end at 600."""
    assert [flag.code for flag in full_rows[0].flags] == []
    (flag,) = full_rows[1].flags
    assert (flag.code, flag.severity) == ("extrapolated", "warning")
    assert "1600 mA/g" in flag.message
    assert not half_row.flags


def test_salt_along_a_cycle_falls_and_returns(full_rows: tuple[RateRow, ...]) -> None:
    salt = full_rows[1].salt
    mean = np.array(salt["mean"])
    turn = int(np.argmin(mean))
    assert mean[0] == pytest.approx(1000.0, abs=1e-6)
    assert np.all(np.diff(mean[: turn + 1]) < 1e-9)
    assert np.all(np.diff(mean[turn:]) > -1e-9)
    assert np.all(np.array(salt["least"]) <= mean + 1e-9)
    assert np.all(np.array(salt["most"]) >= mean - 1e-9)
    assert len(salt["position"]) == len(salt["charged"]) == len(salt["discharged"]) == 60


def test_a_row_is_plain_data(full_rows: tuple[RateRow, ...]) -> None:
    assert json.loads(json.dumps(plain(full_rows), allow_nan=False)) == plain(full_rows)


def test_a_continuous_block_lies_near_the_isolated_cycle(full: Cell) -> None:
    """Five cycles at 10 C: the last begins where a discharge ended, not where the cell was built."""
    (difference,) = block_difference(solver(full), [800.0])
    assert 0 < abs(difference) < 2.0
