"""Plateau and slope by three rules, on curves whose split is known."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualion.errors import CoverageError, SpecError
from dualion.numerics.cycling.half_cycles import half_cycles
from dualion.numerics.cycling.plateau import curves_of, inflection, onset_resistances, split
from dualion.numerics.cycling.synthetic_cycles import HalfCycle, record
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement, Result, Source
from dualion.records.quantity import Quantity
from dualion.techniques.plateau import Options, analyse

SOURCE = Source("cell.csv", "0" * 64, "test", 1)
ANODE = CellRecord(kind="half", working="anode", anode_mass=Quantity(2.0, "mg", 0.02), one_c=Quantity(300.0, "mA/g"))
SHARE = np.linspace(0, 1, 1001)
#: 1.0 V to 0.2 V over 30 % of the charge, to 0.1 V over 20 %, to 0.02 V over the rest: 60 % of the charge below 0.15 V, 50 % below 0.10 V.
FALLING = np.interp(SHARE, [0, 0.3, 0.5, 1], [1.0, 0.2, 0.1, 0.02])


def cycle(
    current: float = 1e-4, charge: float = 6e-4, drop: float = 0.0, number: int = 1, falling: np.ndarray = FALLING
) -> list[HalfCycle]:
    """A cycle at a current [A], with a drop [V] of the potential."""
    return [HalfCycle(-current, charge, falling - drop, number), HalfCycle(current, charge, falling[::-1] + drop, number)]


def measured(parts: list[HalfCycle], cell: CellRecord = ANODE) -> Measurement:
    return Measurement("gcd", record(parts), {}, "x", SOURCE, cell=cell)


def values(result: Result) -> dict[str, float | None]:
    return {name: quantity.value for name, quantity in result.values.items()}


@pytest.mark.parametrize("branch", ["desodiation", "sodiation"])
def test_the_fixed_rule_on_both_branches(branch: str) -> None:
    found = values(analyse((measured(cycle()),), Options(branch=branch)))  # type: ignore[arg-type]
    assert found["plateau_fraction"] == pytest.approx(0.60, abs=1e-9)
    assert found["plateau_fraction_lower"] == pytest.approx(0.50, abs=1e-9)
    assert found["plateau_charge"] == pytest.approx(0.36)
    assert found["plateau_capacity"] == pytest.approx(180.0)
    assert found["plateau_charge"] + found["slope_charge"] == pytest.approx(found["total_charge"], rel=1e-12)  # type: ignore[operator]


def test_the_error_is_that_of_the_voltage_and_of_the_mass() -> None:
    result = analyse((measured(cycle()),), Options(accuracy_voltage=2e-3, accuracy_fs=0.0))
    # dQ/dV at 0.15 V: a fifth of 300 mAh/g in 0.1 V
    of_voltage = 2e-3 * 0.2 * 300 / 0.1
    assert result.values["plateau_fraction"].stderr == pytest.approx(2e-3 * 0.2 / 0.1, rel=1e-6)
    assert result.values["plateau_capacity"].stderr == pytest.approx(np.hypot(of_voltage, 0.01 * 180), rel=1e-6)


def test_a_drop_moves_charge_and_the_corrected_rule_moves_it_back() -> None:
    """|I|R = 20 mV at 1 C: 20 mV of 0.1 V over a fifth of the charge, so that 4 % of it changes sides."""
    result = analyse((measured(cycle(current=6e-4, drop=0.02)),), Options(resistance=0.02 / 6e-4))
    found = values(result)
    assert found["plateau_fraction"] == pytest.approx(0.56, abs=1e-9)
    assert found["plateau_fraction_ir_corrected"] == pytest.approx(0.60, abs=1e-9)
    assert found["plateau_fraction_spread"] == pytest.approx(0.02, abs=1e-9)
    assert [flag.code for flag in result.flags] == []  # 20 mV are not yet above 20 mV
    beyond = analyse((measured(cycle(current=12e-4, drop=0.04)),), Options(resistance=0.02 / 6e-4))
    assert {"rate_limited", "two_electrode_na"} < {flag.code for flag in beyond.flags}


def test_the_resistance_is_read_where_a_current_sets_in_after_a_rest() -> None:
    rest = record([HalfCycle(1e-9, 1e-12, np.full(50, 1.0), 1)]).with_columns(current_ampere=pl.lit(0.0), step_net_capacity_ah=pl.lit(0.0))
    rest = rest.with_columns(step_net_energy_wh=pl.lit(0.0))
    after = record(cycle(drop=0.02)).with_columns(pl.col("test_time_second") + rest["test_time_second"][-1], pl.col("step_count") + 1)
    whole = half_cycles(pl.concat([rest, after]))
    assert onset_resistances(whole)[0] == pytest.approx(200.0)  # 20 mV at 0.1 mA
    result = analyse((replace(measured(cycle()), table=pl.concat([rest, after])),), Options())
    assert result.values["series_resistance"].value == pytest.approx(200.0)
    assert "steps where a current sets in" in (result.values["series_resistance"].rule or "")
    assert result.values["plateau_fraction_ir_corrected"].value == pytest.approx(0.60, abs=1e-9)


def test_no_crossing_is_no_plateau_and_says_so() -> None:
    above = analyse((measured(cycle(falling=FALLING + 0.5)),), Options())
    assert values(above)["plateau_fraction"] == 0.0
    assert "no_crossing" in [flag.code for flag in above.flags]
    below = analyse((measured(cycle(falling=0.1 * FALLING)),), Options())
    assert values(below)["plateau_fraction"] == 1.0
    assert "no_crossing" in [flag.code for flag in below.flags]


def test_a_curve_that_comes_back_is_nonmonotonic_and_its_first_crossing_counts() -> None:
    bump = FALLING + 0.03 * np.exp(-(((SHARE - 0.44) / 0.01) ** 2))
    result = analyse((measured(cycle(falling=bump)),), Options(branch="sodiation"))
    assert "nonmonotonic" in [flag.code for flag in result.flags]
    assert values(result)["plateau_fraction"] == pytest.approx(0.60, abs=1e-3)
    smooth = analyse((measured(cycle(falling=FALLING + 0.003 * np.sin(300 * SHARE))),), Options())
    assert "nonmonotonic" not in [flag.code for flag in smooth.flags]


def test_metal_at_the_end_of_a_sodiation_is_suspected() -> None:
    flat = np.interp(SHARE, [0, 0.3, 0.5, 0.8, 1], [1.0, 0.2, 0.1, 0.004, 0.002])
    assert "plating_suspect" in [flag.code for flag in analyse((measured(cycle(falling=flat)),), Options()).flags]
    negative = np.interp(SHARE, [0, 0.3, 0.5, 1], [1.0, 0.2, 0.1, -0.003])
    assert "plating_suspect" in [flag.code for flag in analyse((measured(cycle(falling=negative)),), Options()).flags]


def test_the_inflection_is_where_least_flows_between_plateau_and_slope() -> None:
    """A logistic plateau at 0.08 V and one of the slope at 0.5 V: |dQ/dV| is least between them."""
    potential = np.linspace(1.0, 0.0, 4001)
    charge = 0.6 / (1 + np.exp((potential - 0.08) / 0.02)) + 0.4 / (1 + np.exp((potential - 0.40) / 0.06))
    density = np.abs(np.gradient(charge, potential))
    between = (potential > 0.1) & (potential < 0.4)
    expected = potential[between][np.argmin(density[between])]
    share = (charge - charge[0]) / (charge[-1] - charge[0])
    falling = np.interp(SHARE, share, potential)
    curves = curves_of(half_cycles(record(cycle(falling=falling)), first=-1))
    for half in (0, 1):
        found = inflection(curves, half)
        assert found is not None
        assert found[0] == pytest.approx(expected, abs=0.01)
        assert found[1] / 6e-4 == pytest.approx(1 - np.interp(-expected, -potential, share), abs=0.01)
    assert inflection(curves_of(half_cycles(record(cycle()))), 0) is None


def test_the_headline_is_the_second_half_cycle_at_the_lowest_rate() -> None:
    parts = [one for number in (1, 2, 3) for one in cycle(charge=6e-4 - 1e-5 * number, number=number)]
    parts += cycle(current=5e-4, charge=3e-4, number=4)
    result = analyse((measured(parts),), Options())
    assert values(result)["total_charge"] == pytest.approx(0.58)
    assert "cycle 2" in (result.values["total_charge"].rule or "")
    assert values(analyse((measured(parts),), Options(cycle=4)))["total_charge"] == pytest.approx(0.30)
    retained = result.tables["half_cycles"]["plateau_retention [%]"].to_list()
    assert retained[0::2] == [None] * 4
    assert retained[1::2] == pytest.approx([59 / 0.58, 100.0, 57 / 0.58, 30 / 0.58])
    with pytest.raises(CoverageError, match="cycle 9"):
        analyse((measured(parts),), Options(cycle=9))


def test_all_half_cycles_at_once_are_the_same_as_one_by_one() -> None:
    rng = np.random.default_rng(1)
    parts = [
        one
        for k in range(30)
        for one in cycle(charge=6e-4 * rng.uniform(0.5, 1), falling=FALLING + 0.002 * rng.standard_normal(1001), number=k)
    ]
    curves = curves_of(half_cycles(record(parts)))
    level = rng.uniform(0.05, 0.9, curves.first.size)
    together = split(curves, level).below
    alone = [split(curves.one(half), float(level[half])).below[0] for half in range(curves.first.size)]
    assert together == pytest.approx(alone, rel=1e-12)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (CellRecord(), "kind: missing"),
        (CellRecord(kind="half"), "working: missing"),
        (CellRecord(kind="dual-ion"), "dual-ion"),
        (CellRecord(kind="half", working="cathode"), "anode material"),
    ],
)
def test_other_cells_are_refused(cell: CellRecord, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        analyse((measured(cycle(), cell),), Options())


def test_without_a_mass_there_is_no_capacity() -> None:
    bare = replace(ANODE, anode_mass=None)
    result = analyse((measured(cycle(), bare),), Options())
    assert "missing_mass" in [flag.code for flag in result.flags]
    assert "plateau_capacity" not in result.values
    with pytest.raises(SpecError, match="anode_mass: missing"):
        analyse((measured(cycle(), bare),), Options(basis="anode"))
