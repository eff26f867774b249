"""Cycling: capacities, efficiencies, voltages, and what is said when something lacks."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, InputError, SpecError
from dualion.numerics.cycling.half_cycles import half_cycles
from dualion.numerics.cycling.plateau_voltage import plateau_voltages
from dualion.numerics.cycling.synthetic_cycles import HalfCycle, record
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement, Source
from dualion.records.quantity import Quantity
from dualion.techniques.cycling import Options, analyse

SOURCE = Source("cell.csv", "0" * 64, "test", 1)
ANODE = CellRecord(kind="half", working="anode", anode_mass=Quantity(1.5, "mg", 0.015), one_c=Quantity(300.0, "mA/g"))
FULL = CellRecord(kind="dual-ion", cathode_mass=Quantity(2.0, "mg"))
DOWN, UP = np.linspace(1.0, 0.0, 101), np.linspace(0.1, 1.1, 101)


def measured(parts: list[HalfCycle], cell: CellRecord = ANODE, **columns: pl.Expr) -> Measurement:
    return Measurement("gcd", record(parts).with_columns(**columns), {}, "x", SOURCE, cell=cell)


def cycles(*charges: float, first: int = -1) -> list[HalfCycle]:
    """Half cycles of 0.1 mA that begin with a discharge, of charges [mAh]."""
    signs = [first * (-1) ** k for k in range(len(charges))]
    return [HalfCycle(s * 1e-4, q * 1e-3, UP if s > 0 else DOWN, 1 + k // 2) for k, (s, q) in enumerate(zip(signs, charges, strict=True))]


def codes(found: object) -> list[str]:
    return [flag.code for flag in found.flags]  # type: ignore[attr-defined]


def test_a_half_cell_starts_with_its_sodiation() -> None:
    result = analyse((measured(cycles(0.5, 0.45, 0.46, 0.45, 0.46, 0.45)),), Options())
    values = result.values
    assert values["initial_coulombic_efficiency"].value == pytest.approx(90.0)
    assert values["coulombic_efficiency"].value == pytest.approx(100 * 45 / 46)
    assert values["reversible_charge"].value == pytest.approx(0.45)
    assert values["reversible_capacity"].value == pytest.approx(300.0)
    assert values["reversible_capacity"].stderr == pytest.approx(300 * np.hypot(0.01, 5e-4), rel=1e-4)
    assert "mass basis anode" in (values["reversible_capacity"].rule or "")
    assert values["hysteresis"].value == pytest.approx(0.1)
    assert values["energy_efficiency"].value == pytest.approx(100 * 0.46 * 0.5 / (0.45 * 0.6))
    assert values["desodiation_rate"].value == pytest.approx(0.1 / 0.45)
    table = result.tables["cycles"]
    assert table["sodiation_capacity [mAh/g]"].to_list() == pytest.approx([500 / 1.5, 460 / 1.5, 460 / 1.5])
    assert table["sodiation_nominal_rate [1]"].to_list() == pytest.approx([0.1 / 0.45] * 3)
    assert codes(result) == []


def test_a_full_cell_starts_with_its_charge() -> None:
    result = analyse((measured(cycles(0.5, 0.45, 0.46, 0.45, first=1), FULL),), Options())
    assert result.values["initial_coulombic_efficiency"].value == pytest.approx(90.0)
    assert result.values["reversible_capacity"].value == pytest.approx(225.0)
    assert "discharge_capacity [mAh/g]" in result.tables["cycles"].columns


def test_our_own_count_pairs_what_the_instrument_tears_apart() -> None:
    """The instrument counts on with each charge, so that its first cycle is a discharge alone."""
    torn = measured(cycles(0.5, 0.45, 0.46, 0.45), cycle_count=1 + pl.col("step_count") // 2)
    found = analyse((torn,), Options())
    assert codes(found) == ["cycle_rule_disagrees", "incomplete_cycle", "incomplete_cycle"]
    assert found.values["initial_coulombic_efficiency"].value is None
    own = analyse((torn,), Options(cycles="own"))
    assert own.values["initial_coulombic_efficiency"].value == pytest.approx(90.0)
    assert "own rule" in (own.values["initial_coulombic_efficiency"].rule or "")
    assert "incomplete_cycle" not in codes(own)


def test_without_a_mass_charges_are_told_and_a_basis_is_refused() -> None:
    cell = replace(ANODE, anode_mass=None)
    result = analyse((measured(cycles(0.5, 0.45, 0.46, 0.45), cell),), Options())
    assert "missing_mass" in codes(result)
    assert result.values["reversible_charge"].value == pytest.approx(0.45)
    assert "reversible_capacity" not in result.values
    assert not [name for name in result.tables["cycles"].columns if "mAh/g" in name]
    with pytest.raises(SpecError, match="anode_mass: missing"):
        analyse((measured(cycles(0.5, 0.45), cell),), Options(basis="anode"))


def test_the_mean_the_median_and_the_plateau_voltage_are_three_things() -> None:
    """A slope from 1 to 0.2 V over a fifth of the charge, and a plateau at 0.1 V."""
    falling = np.interp(np.linspace(0, 1, 501), [0, 0.2, 0.25, 1], [1.0, 0.2, 0.105, 0.095])
    result = analyse((measured([HalfCycle(-1e-4, 5e-4, falling, 1), HalfCycle(1e-4, 5e-4, falling[::-1] + 0.1, 1)]),), Options())
    values = {name: quantity.value for name, quantity in result.values.items()}
    assert values["mean_sodiation_voltage"] == pytest.approx(0.2 * 0.6 + 0.05 * 0.1525 + 0.75 * 0.1, rel=1e-4)
    assert values["median_sodiation_voltage"] == pytest.approx(0.095 + 0.01 * 0.5 / 0.75, abs=1e-5)
    # within 0.1 V of 0.1 V: the plateau, and the slope below 0.2 V
    assert values["plateau_sodiation_voltage"] == pytest.approx((0.75 * 0.1 + 0.05 * 0.1525) / 0.8, abs=1e-3)
    assert values["plateau_desodiation_voltage"] == pytest.approx((0.75 * 0.2 + 0.05 * 0.2525) / 0.8, abs=1e-3)
    assert values["mean_desodiation_voltage"] == pytest.approx(values["mean_sodiation_voltage"] + 0.1)  # type: ignore[operator]


def test_a_hold_at_constant_voltage_is_no_plateau() -> None:
    """Half of the charge flows at 2.0 V while the current falls below half; the plateau of the curve is at 1.2 V."""
    frame = record([HalfCycle(1e-3, 1e-3, np.interp(np.linspace(0, 1, 201), [0, 0.9, 1], [1.15, 1.25, 2.0]), 1)])
    held = record([HalfCycle(1e-4, 1e-3, np.full(201, 2.0), 1)]).with_columns(pl.col("test_time_second") + 3600, pl.col("step_count") + 1)
    whole = half_cycles(pl.concat([frame, held]))
    assert whole.segments.count == 1
    assert plateau_voltages(whole, whole.segments.first_row)[0] == pytest.approx(1.2, abs=0.02)


def test_the_accuracy_of_the_current_limits_the_coulombic_efficiency() -> None:
    parts = cycles(*[0.5, 0.4999] * 5)
    fine = analyse((measured(parts),), Options(accuracy_fs=1e-5))
    assert "ce_below_resolution" not in codes(fine)
    usual = analyse((measured(parts),), Options())
    assert codes(usual) == ["ce_below_resolution"]
    assert usual.values["coulombic_efficiency"].stderr == pytest.approx(99.98 * np.sqrt(2) * 5e-4, rel=1e-4)
    small = analyse((measured(parts),), Options(full_scale=1e-3))
    assert small.values["coulombic_efficiency"].stderr == pytest.approx(99.98 * np.sqrt(2) * 5e-3, rel=1e-4)


def test_the_last_digit_of_the_counter_counts() -> None:
    coarse = measured(cycles(0.5, 0.45, 0.46, 0.45), step_net_capacity_ah=pl.col("step_net_capacity_ah").round(5))
    found = analyse((coarse,), Options(accuracy_fs=1e-9)).values["reversible_charge"]
    assert found.stderr == pytest.approx(0.01 / np.sqrt(12), rel=1e-3)


def test_efficiencies_that_no_cell_has_are_flagged() -> None:
    result = analyse((measured(cycles(0.5, 0.45, 0.5, 0.5, 0.5, 0.53, 0.5, 0.5)),), Options(accuracy_fs=1e-6))
    (flag,) = [flag for flag in result.flags if flag.code == "ce_out_of_range"]
    assert "1 cycles: 3" in flag.message


def test_charge_without_a_counter_is_integrated_and_says_so() -> None:
    table = measured(cycles(0.5, 0.45, 0.46, 0.45))
    bare = replace(table, table=table.table.drop("step_net_capacity_ah", "step_net_energy_wh"))
    result = analyse((bare,), Options())
    assert codes(result) == ["integrated"]
    assert result.values["reversible_charge"].value == pytest.approx(0.45)
    off = measured(cycles(0.5, 0.45), current_ampere=pl.col("current_ampere") * 1.05)
    assert "counter_vs_integral" in codes(analyse((off,), Options()))
    assert analyse((off,), Options()).values["reversible_charge"].value == pytest.approx(0.45)
    assert analyse((off,), Options(counter="integrated")).values["reversible_charge"].value == pytest.approx(0.4725)


def test_steps_are_told_one_by_one() -> None:
    steps = analyse((measured(cycles(0.5, 0.45, 0.46, 0.45)),), Options()).tables["steps"]
    assert steps["net_charge [mAh]"].to_list() == pytest.approx([-0.5, 0.45, -0.46, 0.45])
    assert steps["duration [s]"].to_list() == pytest.approx([18000, 16200, 16560, 16200])
    assert steps["mean_current [mA]"].to_list() == pytest.approx([-0.1, 0.1, -0.1, 0.1])


def test_nothing_to_analyse_is_refused() -> None:
    rests = measured(cycles(0.5, 0.45), current_ampere=pl.lit(0.0))
    with pytest.raises(CoverageError, match="cycles with current"):
        analyse((rests,), Options())
    with pytest.raises(InputError, match="2 measurements"):
        analyse((rests, rests), Options())


@pytest.mark.parametrize(
    "wrong", [{"cycles": "theirs"}, {"counter": "none"}, {"basis": "foil"}, {"accuracy_fs": 0.0}, {"min_half_cycle": -1.0}]
)
def test_options_are_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=next(iter(wrong))):
        Options(**wrong)  # type: ignore[arg-type]
