from __future__ import annotations

import re

import pytest

from dualion import units
from dualion.columns import COLUMNS, DIRECTIONS, by_label, column
from dualion.errors import InputError

# last words of a machine name, and the unit that they spell out
SPELT = {
    "second": "s", "volt": "V", "ampere": "A", "celsius": "degC", "ah": "Ah", "wh": "Wh", "hertz": "Hz", "ohm": "ohm", "pascal": "Pa",
    "nanometre": "nm", "degree": "deg", "electronvolt": "eV", "percent": "%", "per_kg": "mol/kg", "per_centimetre": "cm-1",
    "inverse_nanometre": "nm-1", "count_per_second": "Hz",
}  # fmt: skip


@pytest.mark.parametrize("name", COLUMNS)
def test_the_unit_is_in_the_table_and_is_the_one_spelt_out(name: str) -> None:
    one = COLUMNS[name]
    assert one.name == name
    assert re.fullmatch(r"[a-z0-9_]+", name)
    if one.unit:
        units.unit(one.unit)
    spelt = max((word for word in SPELT if name.endswith(f"_{word}")), key=len, default=None)
    if spelt is not None:
        assert one.unit == SPELT[spelt]


@pytest.mark.parametrize("name", COLUMNS)
def test_labels_carry_the_same_unit_as_the_name(name: str) -> None:
    one = COLUMNS[name]
    if " / " in one.bdf:
        assert one.bdf.split(" / ")[1] == one.unit
        assert one.bdf.split(" / ")[0].lower().replace(" ", "_") in name
    if one.pybamm:
        written = {"C": "degC"}.get(one.pybamm.split("[")[1][:-1], one.pybamm.split("[")[1][:-1])
        assert units.compatible(written, one.unit)


def test_positive_current_charges_and_pybamm_is_turned() -> None:
    current = column("current_ampere")
    assert "charges" in current.sign
    discharge_by_pybamm = 0.003  # [A] positive on discharge
    assert discharge_by_pybamm * current.pybamm_factor == pytest.approx(-0.003)
    assert all(one.pybamm_factor == 1 for one in COLUMNS.values() if one is not current)


def test_the_three_required_columns_of_the_battery_data_format() -> None:
    assert [column(name).bdf for name in ("test_time_second", "voltage_volt", "current_ampere")] == [
        "Test Time / s",
        "Voltage / V",
        "Current / A",
    ]


def test_counters_and_text_have_no_unit_of_their_own() -> None:
    assert all(one.unit == "1" for one in COLUMNS.values() if one.kind == "counter")
    assert all(one.unit == "" for one in COLUMNS.values() if one.kind == "text")
    assert {"sodiation", "anion_removal", "rest"} < set(DIRECTIONS)


def test_a_wrong_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match='Did you mean "voltage_volt"'):
        column("voltage_volts")
    with pytest.raises(InputError, match="The canonical names are in"):
        column("§")


def test_by_label() -> None:
    assert by_label("Current / A") is column("current_ampere")
    assert by_label("Current [A]") is column("current_ampere")
    assert by_label("frequency_hertz") is column("frequency_hertz")
    assert by_label("Ewe/V") is None


def test_labels_are_unique() -> None:
    for attribute in ("bdf", "pybamm"):
        labels = [getattr(one, attribute) for one in COLUMNS.values() if getattr(one, attribute)]
        assert len(labels) == len(set(labels))
