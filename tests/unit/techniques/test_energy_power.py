"""Energy and power: the numbers of the paper on all five bases, the balance of salt and anode, what is withheld."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.random import default_rng

from dualion.errors import CoverageError, SpecError
from dualion.numerics.cycling.cycle_pairs import simulated_cycling
from dualion.numerics.masses import mass_bases
from dualion.numerics.masses.cell_masses import bases_of, basis_mass
from dualion.numerics.masses.dual_ion_balance import (
    capacity_ratio,
    carbon_per_anion,
    host_capacity,
    least_volume,
    mean_depletion,
    salt_mass,
    salt_per_ampere_hour,
)
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement, Result
from dualion.records.quantity import Quantity
from dualion.techniques.energy_power import TECHNIQUE, Options, analyse, draw, synthesise

#: The cell of the paper: 2 mg of expanded graphite and 1 mg of carbon on 1 cm2; 1 M NaPF6, 1.23 g/mL; the fill is ours.
PAPER = CellRecord(
    kind="dual-ion", cathode_mass=Quantity(2.0, "mg"), anode_mass=Quantity(1.0, "mg"), one_c=Quantity(80.0, "mA/g"), one_c_mass="cathode",
    electrolyte_volume=Quantity(40.0, "uL"), electrolyte_density=Quantity(1.23, "g/mL"), salt_concentration=Quantity(1.0, "mol/L"),
    salt_molar_mass=Quantity(167.95, "g/mol"),
)  # fmt: skip
TOLERANCE = 0.005


def discharges(cell: CellRecord, *points: tuple[float, float, float], cycles: int = 5) -> Measurement:
    """Blocks of cycles, each of a capacity [mAh/g of 2 mg] at a rate [C of 80 mA/g] with a mean voltage [V]."""
    blocks = np.repeat(np.array(points), cycles, axis=0)
    charge = np.repeat(2e-3 * blocks[:, 0] / 1e3, 2)
    current = np.repeat(2e-3 * 80e-3 * blocks[:, 1], 2) * np.tile([1.0, -1.0], len(blocks))
    fall = np.linspace(0.5, -0.5, 41)
    voltage = np.concatenate([np.stack([mean + 0.2 - fall, mean + fall]) for mean in blocks[:, 2]])
    number = np.repeat(np.arange(1, len(blocks) + 1), 2)
    return simulated_cycling(charge, current, voltage, cycle=number, name="test", truth={}, cell=cell)


def codes(result: Result) -> set[str]:
    return {flag.code for flag in result.flags}


@pytest.fixture(scope="module")
def paper() -> tuple[Measurement, ...]:
    return (discharges(PAPER, (94.0, 2.0, 3.543), (78.0, 20.0, 3.404)),)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("lowest_rate", {"cathode": 333.0, "actives": 222.0, "actives_salt": 159.4, "actives_electrolyte_min": 57.3}),
        ("highest_rate", {"cathode": 265.5, "actives": 177.0, "actives_salt": 133.5, "actives_electrolyte_min": 52.3}),
    ],
)
def test_the_energies_of_the_paper_on_every_basis(paper: tuple[Measurement, ...], at: str, expected: dict[str, float]) -> None:
    values = analyse(paper, Options(at=at)).values
    for basis, energy in expected.items():
        assert values[f"energy_{basis}"].value == pytest.approx(energy, rel=TOLERANCE)
    capacity, mean = (94.0, 3.543) if at == "lowest_rate" else (78.0, 3.404)
    assert values["energy_actives_electrolyte"].value == pytest.approx(capacity * mean / (1.5 + 40 * 1.23 / 2), rel=TOLERANCE)


def test_power_at_twenty_c_and_energy_on_the_anode(paper: tuple[Measurement, ...]) -> None:
    """The fifth number that the specification prints for 20 C, 531 Wh/kg, is per gram of the anode, half as heavy as the cathode."""
    values = analyse(paper, Options(at="highest_rate")).values
    assert values["power_actives"].value == pytest.approx(177.0 / 0.04875, rel=TOLERANCE)
    assert 2 * (values["energy_cathode"].value or 0) == pytest.approx(531.0, rel=TOLERANCE)


@pytest.mark.parametrize(("energy", "power", "hours", "capacity", "current"), [(222, 383, 0.5796, 94, 160), (177, 3530, 0.0501, 78, 1600)])
def test_energy_over_power_is_the_time_of_a_discharge(energy: float, power: float, hours: float, capacity: float, current: float) -> None:
    """The printed pairs are discharges at 2 C and 20 C, within what the paper's own rounding of the capacity leaves."""
    assert energy / power == pytest.approx(hours, rel=TOLERANCE)
    assert capacity / current == pytest.approx({94: 0.5875, 78: 0.04875}[int(capacity)], rel=1e-9)
    assert capacity / current == pytest.approx(hours, rel=0.03)


@pytest.mark.parametrize(("energy", "capacity", "voltage"), [(222, 94, 3.543), (177, 78, 3.404)])
def test_only_the_actives_give_a_possible_voltage(energy: float, capacity: float, voltage: float) -> None:
    assert 1.5 * energy / capacity == pytest.approx(voltage, rel=TOLERANCE)
    assert energy / capacity < 2.4  # on the cathode alone: below the voltage of the cell


def test_the_inferred_basis_is_told(paper: tuple[Measurement, ...]) -> None:
    flag = next(f for f in analyse(paper, Options(printed_energy=222.0)).flags if f.code == "basis_inferred")
    assert "agrees with this cell on actives;" in flag.message
    none = next(f for f in analyse(paper, Options(printed_energy=500.0)).flags if f.code == "basis_inferred")
    assert "on no known basis" in none.message
    assert "basis_inferred" not in codes(analyse(paper, Options()))


@pytest.mark.parametrize(("molar_mass", "grams"), [(167.95, 6.267), (122.44, 4.568)])
def test_salt_for_an_ampere_hour(molar_mass: float, grams: float) -> None:
    assert salt_per_ampere_hour(molar_mass) == pytest.approx(grams, rel=2e-4)
    assert salt_mass(1000.0, molar_mass) == pytest.approx(1e3 * grams, rel=2e-4)


def test_one_anion_for_twenty_three_carbon_atoms() -> None:
    assert carbon_per_anion(97.0) == pytest.approx(23.0, rel=TOLERANCE)
    assert host_capacity(24.0) == pytest.approx(93.0, rel=TOLERANCE)


@pytest.mark.parametrize(("anode", "ratio"), [(427.0, 2.20), (325.0, 1.68)])
def test_anode_over_cathode(anode: float, ratio: float) -> None:
    assert capacity_ratio(anode, 1.0, 97.0, 2.0) == pytest.approx(ratio, rel=TOLERANCE)
    measured = (discharges(PAPER, (97.0, 1.0, 3.6)),)
    found = analyse(measured, Options(anode_capacity=anode, anode_capacity_stderr=0.01 * anode)).values["n_p_ratio"]
    assert found.value == pytest.approx(ratio, rel=TOLERANCE)
    assert found.stderr == pytest.approx(0.01 * ratio, rel=0.02)


def test_the_masses_are_those_of_the_models() -> None:
    """Two ways to one mass: from the record in mg, and per gram of cathode."""
    design = mass_bases.CellMass(
        ratio=0.5, stored_capacity=94.0, salt_molar_mass=167.95, electrolyte_density=1.23, concentration=1.0, electrolyte_volume=40.0,
        cathode_loading=2.0,
    )  # fmt: skip
    for basis in bases_of(PAPER):
        assert basis_mass(PAPER, basis, 2e-3 * 94.0).value == pytest.approx(2.0 * mass_bases.mass(design, mass_basis=basis), rel=1e-12)


def test_salt_volume_and_depletion(paper: tuple[Measurement, ...]) -> None:
    values = analyse(paper, Options()).values
    charge = 2e-3 * 94.0  # [mAh]
    assert values["salt_inventory"].value == pytest.approx(1e3 * charge / 26.801, rel=1e-4)  # [umol]
    assert values["least_electrolyte_volume"].value == pytest.approx(least_volume(charge, 1.0))
    assert values["salt_depletion"].value == pytest.approx(100 * mean_depletion(charge, 1.0, 40.0))
    assert "depletion" not in codes(analyse(paper, Options()))


def test_little_electrolyte_is_depleted() -> None:
    cell = replace(PAPER, electrolyte_volume=Quantity(20.0, "uL"))
    assert "depletion" in codes(analyse((discharges(cell, (94.0, 2.0, 3.5)),), Options()))  # 35 %


def test_salt_may_be_sized_for_the_charge() -> None:
    """A charge that is 10 % larger than the discharge binds 10 % more salt; the energy stays that of the discharge."""
    given = discharges(PAPER, (94.0, 2.0, 3.543))
    more = pl.when(pl.col("current_ampere") > 0).then(1.1).otherwise(1.0)
    larger = replace(given, table=given.table.with_columns(pl.col("step_net_capacity_ah") * more))
    salt = 94.0 / 26801.5 * 167.95  # [g/g] of the cathode
    for salt_at, factor in (("discharge", 1.0), ("charge", 1.1)):
        values = analyse((larger,), Options(salt_at=salt_at)).values  # type: ignore[arg-type]
        assert values["energy_actives_salt"].value == pytest.approx(94.0 * 3.543 / (1.5 + factor * salt), rel=1e-4)
        assert values["energy_actives"].value == pytest.approx(222.0, rel=TOLERANCE)


def test_a_basis_whose_mass_is_not_known_is_withheld_and_named() -> None:
    cell = replace(PAPER, electrolyte_volume=None, salt_molar_mass=None)
    result = analyse((discharges(cell, (94.0, 2.0, 3.543)),), Options())
    assert result.values["energy_actives"].value == pytest.approx(222.0, rel=TOLERANCE)
    for basis, missing in (("actives+salt", "salt_molar_mass"), ("actives+electrolyte", "electrolyte_volume")):
        name = basis.replace("+", "_")
        assert result.values[f"energy_{name}"].value is None
        assert result.values[f"power_{name}"].value is None
        assert any(
            f.code == "missing_mass" and f.severity == "refusal" and f"on {basis} " in f.message and missing in f.message
            for f in result.flags
        )
    assert "salt_not_counted" not in codes(result)  # the least electrolyte is there
    bare = replace(PAPER, electrolyte_density=None)
    assert "salt_not_counted" in codes(analyse((discharges(bare, (94.0, 2.0, 3.5)),), Options()))


def test_without_any_mass_there_is_no_result() -> None:
    with pytest.raises(SpecError, match="cathode_mass: missing"):
        analyse((discharges(CellRecord(kind="dual-ion"), (94.0, 2.0, 3.5)),), Options())
    with pytest.raises(SpecError, match="kind: missing"):
        analyse((discharges(CellRecord(), (94.0, 2.0, 3.5)),), Options())


def test_a_half_cell_has_its_working_mass_only() -> None:
    cell = CellRecord(kind="half", working="anode", anode_mass=Quantity(2.0, "mg", stderr=0.02))
    result = analyse((discharges(cell, (300.0, 1.0, 0.5)),), Options())
    assert [name for name in result.values if name.startswith("energy_")] == ["energy_anode"]
    assert result.values["energy_anode"].value == pytest.approx(150.0, rel=1e-3)
    assert result.values["energy_anode"].stderr == pytest.approx(1.5, rel=0.02)
    assert not {name for name in result.values if "salt" in name}


def test_a_rocking_chair_cell_has_no_salt_among_its_actives() -> None:
    assert bases_of(replace(PAPER, kind="rocking-chair")) == ("cathode", "actives", "actives+electrolyte")


def test_rates_beyond_the_data_of_the_anode(paper: tuple[Measurement, ...]) -> None:
    flag = next(f for f in analyse(paper, Options(anode_rate_end=600.0)).flags if f.code == "rate_beyond_anode_data")
    assert "3200 mA/g on the anode; its half-cell data end at 600 mA/g" in flag.message
    assert "rate_beyond_anode_data" not in codes(analyse(paper, Options(anode_rate_end=4000.0)))


def test_one_discharge_stands_for_itself() -> None:
    result = analyse((discharges(PAPER, (94.0, 2.0, 3.543), cycles=1),), Options())
    assert "single_cycle" in codes(result)
    assert result.values["energy_actives"].value == pytest.approx(222.0, rel=TOLERANCE)


def test_a_record_without_a_discharge_is_refused() -> None:
    given = discharges(PAPER, (94.0, 2.0, 3.5), cycles=1)
    charge = given.table.filter(given.table["current_ampere"] > 0)
    with pytest.raises(CoverageError, match="in discharges with a voltage"):
        analyse((replace(given, table=charge),), Options())


def test_energy_is_the_integral_and_not_capacity_times_a_plateau(paper: tuple[Measurement, ...]) -> None:
    values = analyse(paper, Options()).values
    assert values["discharged_energy"].value == pytest.approx(2e-3 * 94.0 * 3.543, rel=1e-6)
    assert values["mean_voltage"].value == pytest.approx(3.543, rel=1e-6)
    assert 1.1 * (values["energy_cathode"].value or 0) < 97 * 4.05


def test_truth_within_its_errors_and_smaller_errors_with_less_noise() -> None:
    errors = []
    for noise in (1.0, 0.1):
        measured, truth = synthesise(default_rng(11), noise=noise)
        values = analyse(measured, TECHNIQUE.example_options()).values
        for name, true in truth.items():
            assert abs((values[name].value or 0) - true) < 3.5 * (values[name].stderr or 0)
        errors.append(values["energy_actives_electrolyte"].stderr or 0)
    assert errors[1] < 0.2 * errors[0]


def test_the_figure_has_one_curve_for_each_known_basis(paper: tuple[Measurement, ...]) -> None:
    figure = draw(analyse(paper, Options()))
    assert [s.name for s in figure.panels[0].series] == [
        "cathode",
        "actives",
        "actives+salt",
        "actives+electrolyte-min",
        "actives+electrolyte",
    ]
    assert all(len(s.x) == 2 and s.x[0] < s.x[1] for s in figure.panels[0].series)
    withheld = draw(analyse((discharges(replace(PAPER, anode_mass=None), (94.0, 2.0, 3.5)),), Options()))
    assert [s.name for s in withheld.panels[0].series] == ["cathode"]
