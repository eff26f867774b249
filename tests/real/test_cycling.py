"""Reference values of cycling and of plateau and slope, on measured files and on the measured potential of a hard carbon.

Files: jepegit/cellpy (MIT), EmpaEconversion/fastnda (BSD-3-Clause), MaxMax-embedded/hakadi_soidum_ion_18650 (CC0), and the potential of
Chayambuka et al. 2022 from PyBaMM (BSD-3-Clause); see the list of provenance beside them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dualion.errors import SpecError
from dualion.numerics.cycling.masks import diagnostic
from dualion.numerics.cycling.synthetic_cycles import HalfCycle, record
from dualion.readers import read
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement, Result, Source
from dualion.records.quantity import Quantity
from dualion.techniques import cycling, plateau

ANODE = CellRecord(kind="half", working="anode")


@cache
def cycled(path: Path, cell: CellRecord = ANODE) -> Result:
    return cycling.analyse((replace(read(path), cell=cell),), cycling.Options())


@pytest.fixture
def exported(shared: Path) -> Path:
    return shared / "data" / "neware-export" / "neware_uio.csv"


@pytest.fixture
def long_life(shared: Path) -> pl.DataFrame:
    return cycled(shared / "data" / "neware" / "nda_v26.nda.zip", CellRecord()).tables["cycles"]


def test_a_discharge_in_three_steps_adds_up(exported: Path) -> None:
    """4.68031 + 0.28183 + 0.12414 mAh out, 4.24934 mAh in; a half cell of an anode material starts with its discharge."""
    result = cycled(exported)
    table = result.tables["cycles"]
    assert table["sodiation_capacity [mAh]"][:2].to_list() == pytest.approx([5.08628, 4.36841], abs=1e-5)
    assert table["desodiation_capacity [mAh]"][:2].to_list() == pytest.approx([4.24934, 4.24668], abs=1e-5)
    assert result.values["initial_coulombic_efficiency"].value == pytest.approx(83.545, abs=0.005)
    steps = result.tables["steps"].filter((pl.col("cycle") == 1) & (pl.col("net_charge [mAh]") < -1e-3))
    assert steps["net_charge [mAh]"].to_list() == pytest.approx([-4.68031, -0.28183, -0.12414], abs=1e-5)


def test_capacity_per_gram_needs_the_mass(exported: Path) -> None:
    assert "missing_mass" in [flag.code for flag in cycled(exported).flags]
    with pytest.raises(SpecError, match="anode_mass: missing"):
        cycling.analyse((replace(read(exported), cell=ANODE),), cycling.Options(basis="anode"))
    weighed = cycled(exported, replace(ANODE, anode_mass=Quantity(12.0, "mg", 0.1)))
    assert weighed.tables["cycles"]["desodiation_capacity [mAh/g]"][0] == pytest.approx(4.24934 / 0.012, rel=1e-6)


def test_shallow_cycles_between_checks_of_the_capacity(long_life: pl.DataFrame) -> None:
    discharge = long_life["discharge_capacity [mAh]"].to_numpy()
    assert discharge[[0, 1, 2, 8990, 8991]] == pytest.approx([1859.510, 666.772, 41.6678, 41.6676, 1259.521], abs=1e-3)
    assert 100 * discharge[8990] / discharge[:3] == pytest.approx([2.24, 6.25, 100.00], abs=0.05)


def test_the_mask_lists_93_cycles(long_life: pl.DataFrame) -> None:
    masked = diagnostic(long_life["discharge_capacity [mAh]"].to_numpy(), long_life["charge_capacity [mAh]"].to_numpy())
    cycles = long_life["cycle"].to_numpy()[masked]
    assert cycles.size == 93
    assert cycles[[0, 1, 2, -1]].tolist() == [1, 2, 100, 8992]
    assert set(np.diff(cycles[2:-1]).tolist()) == {99}
    assert long_life["diagnostic"].to_numpy().tolist() == masked.tolist()


def test_a_home_made_tester(shared: Path) -> None:
    """No counter: 1.458 A h from 3.924 to 1.500 V, and 1.516 A h back."""
    result = cycled(shared / "data" / "sodium" / "hakadi_static_test_2c-2-1.csv", CellRecord(kind=None))
    whole = result.tables["half_cycles"].filter(~pl.col("profile"))
    assert whole["sign"].to_list() == [-1, 1]
    assert whole["charge [mAh]"].to_list() == pytest.approx([1458, 1516], abs=2)
    assert whole["start_voltage [V]"][0] == pytest.approx(3.924, abs=1e-3)
    assert whole["end_voltage [V]"][0] == pytest.approx(1.500, abs=5e-3)
    assert "integrated" in [flag.code for flag in result.flags]


@pytest.fixture
def potential(shared: Path) -> tuple[np.ndarray, np.ndarray]:
    """Filling [1] and potential [V] of a hard carbon, 20 points, and those of linear interpolation between them."""
    table = pl.read_csv(shared / "data" / "sodium" / "chayambuka2022_U_n.csv")
    x, u = (table[name].to_numpy() for name in table.columns)
    fine = np.linspace(x[0], x[-1], 200_001)
    return fine, np.interp(fine, x, u)


def half_cell(potential: tuple[np.ndarray, np.ndarray], drop: float) -> Measurement:
    """A cycle at 1 C with a drop of the potential [V], of 1 mg and 300 mAh/g."""
    current, charge, (_, falling) = 3e-4, 3e-4, potential
    table = record([HalfCycle(-current, charge, falling - drop, 1), HalfCycle(current, charge, falling[::-1] + drop, 1)])
    cell = CellRecord(kind="half", working="anode", anode_mass=Quantity(1.0, "mg"), one_c=Quantity(300.0, "mA/g"))
    return Measurement("gcd", table, {}, "hard carbon", Source("ocp.csv", "0" * 64, "test", 1, "simulation"), cell=cell)


@pytest.mark.parametrize("branch", ["desodiation", "sodiation"])
def test_plateau_of_the_measured_potential(potential: tuple[np.ndarray, np.ndarray], branch: str) -> None:
    result = plateau.analyse((half_cell(potential, 0.0),), plateau.Options(branch=branch))  # type: ignore[arg-type]
    assert result.values["plateau_fraction"].value == pytest.approx(0.64642, abs=1e-4)
    assert result.values["plateau_fraction_lower"].value == pytest.approx(0.55761, abs=1e-4)


def test_a_drop_of_20_mV_costs_the_fixed_rule_and_not_the_corrected_one(potential: tuple[np.ndarray, np.ndarray]) -> None:
    result = plateau.analyse((half_cell(potential, 0.020),), plateau.Options(resistance=0.020 / 3e-4))
    assert result.values["plateau_fraction"].value < 0.64642 - 0.02  # type: ignore[operator]
    assert result.values["plateau_fraction_ir_corrected"].value == pytest.approx(0.6464, abs=0.002)
    assert result.values["plateau_fraction_spread"].value == pytest.approx(
        0.5 * (0.6464 - result.values["plateau_fraction"].value),  # type: ignore[operator]
        abs=1e-4,
    )
