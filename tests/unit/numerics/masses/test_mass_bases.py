"""The five mass bases, against the table of the specification."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dualion.errors import InputError
from dualion.numerics.masses.mass_bases import (
    CellMass,
    agreeing_bases,
    cell_mass,
    electrolyte_mass,
    energy_density,
    least_electrolyte_mass,
    mass,
    needed_voltage,
    power_density,
    salt_mass,
)
from dualion.numerics.rounding import significant
from dualion.records import FULL_CELL_BASES, Cell, Electrode, Electrolyte, Material, Parameter, Quantity, Separator, Transport

TABLE_CELL = CellMass(
    ratio=0.5,
    stored_capacity=97.0,
    salt_molar_mass=167.95,
    electrolyte_density=1.23,
    concentration=1.0,
    electrolyte_volume=23.92,
    cathode_loading=2.0,
)
#: basis: mass, then Wh/kg at 1 C (97 x 4.05), 2 C (94 x 3.543), 10 C (85 x 3.68), 20 C (78 x 3.404), and the voltage for 222 at 2 C
TABLE = {
    "cathode": (1.000, 393, 333, 313, 266, 2.36),
    "actives": (1.500, 262, 222, 209, 177, 3.54),
    "actives+salt": (2.108, 186, 158, 148, 126, 4.98),
    "actives+electrolyte-min": (5.952, 66, 56, 53, 45, 14.1),
    "actives+electrolyte": (16.21, 24, 21, 19, 16, 38.3),
}
DISCHARGES = ((97.0, 4.05), (94.0, 3.543), (85.0, 3.68), (78.0, 3.404))


def _agrees(value: float, printed: float) -> bool:
    """Within 0.5 %, or within the rounding of a printed integer where that is coarser."""
    return abs(value - printed) <= max(0.005 * printed, 0.5 if printed == int(printed) else 0.0)


@pytest.mark.parametrize("basis", FULL_CELL_BASES)
def test_table_of_the_specification(basis: str) -> None:
    total, *energies, voltage = TABLE[basis]
    assert mass(TABLE_CELL, mass_basis=basis) == pytest.approx(total, rel=0.005)
    for (capacity, mean_voltage), printed in zip(DISCHARGES, energies, strict=True):
        found = energy_density(capacity, mean_voltage, TABLE_CELL, mass_basis=basis)
        assert found.unit == "Wh/kg"
        assert found.value is not None
        assert _agrees(found.value, printed), (basis, found.value, printed)
    assert needed_voltage(222.0, 94.0, TABLE_CELL, mass_basis=basis) == pytest.approx(voltage, rel=0.005)


@pytest.mark.parametrize(
    ("basis", "voltage"),
    [("cathode", 2.362), ("actives", 3.543), ("actives+salt", 4.978), ("actives+electrolyte-min", 14.06), ("actives+electrolyte", 38.29)],
)
def test_needed_voltage_is_that_of_the_relations(basis: str, voltage: float) -> None:
    """R52a to R52d of the study, to their four digits."""
    assert significant(needed_voltage(222.0, 94.0, TABLE_CELL, mass_basis=basis), 4) == voltage


def test_simulated_cell_with_its_own_electrolyte() -> None:
    design = replace(TABLE_CELL, electrolyte_volume=25.2)
    assert mass(design, mass_basis="actives+electrolyte") == pytest.approx(17.0, rel=0.005)
    assert energy_density(97.0, 4.05, design, mass_basis="actives+electrolyte").value == pytest.approx(23.1, rel=0.005)


@pytest.mark.parametrize(("current", "voltage", "printed"), [(160.0, 3.543, 378.0), (1600.0, 3.404, 3631.0)])
def test_power_on_both_active_masses(current: float, voltage: float, printed: float) -> None:
    found = power_density(current, voltage, TABLE_CELL, mass_basis="actives")
    assert (found.unit, found.rule) == ("W/kg", "mass basis actives")
    assert found.value == pytest.approx(printed, abs=0.5)


@pytest.mark.parametrize(
    ("usable", "concentration", "density", "energies"), [(0.5, 1.0, 1.23, (34.0, 38.0)), (1.0, 3.0, 1.35, (114.0, 126.0))]
)
def test_levers_of_a_design(usable: float, concentration: float, density: float, energies: tuple[float, float]) -> None:
    design = replace(TABLE_CELL, usable_fraction=usable, concentration=concentration, electrolyte_density=density)
    for voltage, printed in zip((3.68, 4.05), energies, strict=True):
        found = energy_density(97.0, voltage, design, mass_basis="actives+electrolyte-min").value
        assert found == pytest.approx(printed, abs=0.5)


def test_salt_is_counted_once() -> None:
    actives = mass(TABLE_CELL, mass_basis="actives")
    least = mass(TABLE_CELL, mass_basis="actives+electrolyte-min") - actives
    full = mass(TABLE_CELL, mass_basis="actives+electrolyte") - actives
    assert salt_mass(TABLE_CELL) == pytest.approx(0.608, rel=0.001)
    assert least == pytest.approx(least_electrolyte_mass(TABLE_CELL), rel=1e-12)
    assert least == pytest.approx(4.45, rel=0.001)
    assert full == pytest.approx(electrolyte_mass(TABLE_CELL), rel=1e-12)
    # a heavier salt changes the third basis alone
    heavy = replace(TABLE_CELL, salt_molar_mass=2 * TABLE_CELL.salt_molar_mass)
    changed = [basis for basis in FULL_CELL_BASES if mass(heavy, mass_basis=basis) != mass(TABLE_CELL, mass_basis=basis)]
    assert changed == ["actives+salt"]


def test_least_electrolyte_holds_exactly_the_salt() -> None:
    """Volume times concentration is the amount of anion that the stored capacity takes."""
    volume = least_electrolyte_mass(TABLE_CELL) / TABLE_CELL.electrolyte_density  # [mL/g]
    assert 1e-3 * volume * TABLE_CELL.concentration == pytest.approx(97.0 * 3.6 / 96485.33212, rel=1e-12)


DESIGNS = st.builds(
    CellMass,
    ratio=st.floats(0.05, 5),
    stored_capacity=st.floats(5, 400),
    salt_molar_mass=st.floats(100, 300),
    electrolyte_density=st.floats(1.0, 1.6),
    concentration=st.floats(0.1, 3),
    electrolyte_volume=st.floats(1, 500),
    cathode_loading=st.floats(0.5, 40),
    usable_fraction=st.floats(0.05, 1),
    m_inactive=st.floats(0, 10),
)


@given(DESIGNS, st.floats(1, 200), st.floats(1, 5))
def test_a_heavier_basis_has_a_lower_energy(design: CellMass, capacity: float, voltage: float) -> None:
    assume(electrolyte_mass(design) > least_electrolyte_mass(design))  # else the cell cannot store its capacity
    masses = [mass(design, mass_basis=basis) for basis in FULL_CELL_BASES]
    energies = [energy_density(capacity, voltage, design, mass_basis=basis).value or 0.0 for basis in FULL_CELL_BASES]
    assert all(lighter < heavier for lighter, heavier in pairwise(masses))
    assert all(above > below for above, below in pairwise(energies))


@given(DESIGNS, st.floats(1, 200), st.floats(1, 5), st.sampled_from(FULL_CELL_BASES))
def test_needed_voltage_inverts_the_energy(design: CellMass, capacity: float, voltage: float, basis: str) -> None:
    energy = energy_density(capacity, voltage, design, mass_basis=basis).value
    assert energy is not None
    assert needed_voltage(energy, capacity, design, mass_basis=basis) == pytest.approx(voltage, rel=1e-12)


@given(DESIGNS, st.floats(0.01, 1), st.sampled_from(FULL_CELL_BASES))
def test_inactive_mass_adds_to_every_basis_and_is_named(design: CellMass, added: float, basis: str) -> None:
    bare, loaded = replace(design, m_inactive=0.0), replace(design, m_inactive=added)
    assert mass(loaded, mass_basis=basis) - mass(bare, mass_basis=basis) == pytest.approx(added, abs=1e-9)
    assert "inactive" in str(energy_density(90.0, 4.0, loaded, mass_basis=basis).rule)
    assert "inactive" not in str(energy_density(90.0, 4.0, bare, mass_basis=basis).rule)


@pytest.mark.parametrize("basis", [None, "anode", "total"])
def test_no_energy_without_a_mass_basis(basis: str | None) -> None:
    for refused in (
        lambda: energy_density(97.0, 4.05, TABLE_CELL, mass_basis=basis),
        lambda: power_density(80.0, 4.05, TABLE_CELL, mass_basis=basis),
        lambda: needed_voltage(222.0, 94.0, TABLE_CELL, mass_basis=basis),
    ):
        with pytest.raises(InputError, match='Write one of "cathode", "actives", "actives\\+salt"'):
            refused()


@pytest.mark.parametrize(
    ("field", "value"),
    [("ratio", 0.0), ("concentration", -1.0), ("cathode_loading", math.nan), ("usable_fraction", 1.1), ("m_inactive", -0.1)],
)
def test_a_value_out_of_range_names_its_field(field: str, value: float) -> None:
    with pytest.raises(InputError, match=f"CellMass.{field}"):
        replace(TABLE_CELL, **{field: value})


def test_more_salt_than_electrolyte_is_refused() -> None:
    with pytest.raises(InputError, match="heavier than the electrolyte"):
        replace(TABLE_CELL, concentration=8.0)


def test_the_standard_error_is_divided_by_the_mass() -> None:
    assert energy_density(97.0, 4.05, TABLE_CELL, mass_basis="actives", stderr=3.0).stderr == pytest.approx(2.0)
    assert energy_density(97.0, 4.05, TABLE_CELL, mass_basis="actives").stderr is None


def _energies(capacity: float, voltage: float) -> dict[str, Quantity]:
    return {basis: energy_density(capacity, voltage, TABLE_CELL, mass_basis=basis) for basis in FULL_CELL_BASES}


def test_every_agreeing_basis_is_listed() -> None:
    assert agreeing_bases((222.0, 0.5, 11.1), _energies(94.0, 3.543)) == ("actives",)
    assert agreeing_bases((222.0, 0.5, 11.1), _energies(94.0, 3.93)) == ()
    assert agreeing_bases((222.0, 0.5, 150.0), _energies(94.0, 3.93)) == ("cathode", "actives", "actives+salt")


def test_the_allowed_deviation_is_tolerance_or_rounding_and_two_standard_errors() -> None:
    def agrees(value: float, stderr: float | None, tolerance: float) -> bool:
        return agreeing_bases((100.0, 0.5, tolerance), {"actives": Quantity(value, "Wh/kg", stderr=stderr)}) == ("actives",)

    assert agrees(105.0, None, 5.0)
    assert not agrees(105.01, None, 5.0)
    assert agrees(100.5, None, 0.0)
    assert not agrees(100.51, None, 0.0)
    assert agrees(109.0, 2.0, 5.0)
    assert not agrees(109.01, 2.0, 5.0)
    assert not agrees(100.0, 50.1, 5.0)  # could not have failed


def test_a_withheld_energy_agrees_with_nothing() -> None:
    assert agreeing_bases((222.0, 0.5, 11.1), {"actives": Quantity(None, "Wh/kg")}) == ()


def test_energies_in_two_units_are_refused() -> None:
    with pytest.raises(InputError, match="W/kg and Wh/kg"):
        agreeing_bases((222.0, 0.5, 11.1), {"actives": Quantity(222.0, "Wh/kg"), "cathode": Quantity(222.0, "W/kg")})


def _stated(value: float, unit: str) -> Parameter:
    return Parameter(Quantity(value, unit), "stated", "made up")


def _cell(*, cathode: bool) -> Cell:
    one = _stated(1.0, "1")
    material = Material("A", "hard carbon", "Na+", (), None, {}, "assumed")
    transport = Transport("t", (1.0, 1.0), (1.0, 1.0), one, one, one, None, "assumed", "made up")
    return Cell(
        name="full",
        kind="dual-ion" if cathode else "half",
        anode=Electrode(material, _stated(1.0, "mg/cm2")),
        cathode=Electrode(material, _stated(2.0, "mg/cm2")) if cathode else None,
        electrolyte=Electrolyte(
            "e", "NaPF6", {"EC": 1.0}, _stated(1.0, "mol/L"), _stated(1.23, "g/mL"), _stated(167.95, "g/mol"), transport
        ),
        separator=Separator(_stated(260.0, "um"), _stated(0.9, "1")),
        electrolyte_volume=_stated(23.92, "uL/cm2"),
        area=_stated(1.131, "cm2"),
        window=(_stated(2.0, "V"), _stated(4.8, "V")),
        one_c=_stated(80.0, "mA/g"),
        one_c_mass="cathode",
        series_resistance=_stated(31.56, "ohm"),
        initial_sodiation="desodiated",
        mass_basis="actives",
        temperature=_stated(25.0, "degC"),
    )


def test_masses_of_a_cell_record() -> None:
    assert cell_mass(_cell(cathode=True), 97.0) == TABLE_CELL
    assert cell_mass(_cell(cathode=True), 97.0, m_inactive=0.3).m_inactive == 0.3


def test_a_half_cell_has_no_full_cell_basis() -> None:
    with pytest.raises(InputError, match=r"cell\.full: a half cell has no cathode"):
        cell_mass(_cell(cathode=False), 97.0)
