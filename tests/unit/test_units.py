from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion import units
from dualion.errors import UnitError

FARADAY = 96485.33212  # [coulomb/mol]


# value, from, to, and the result by hand
CONVERSIONS = [
    (1.0, "mg/cm2", "g/m2", 10.0),
    (300.0, "mA/g", "A/kg", 300.0),
    (400.0, "mAh/g", "coulomb/g", 1440.0),
    (1.0, "eV", "J", 1.602176634e-19),
    (31.56, "ohm", "mohm", 31560.0),
    (31.56, "ohm cm2", "ohm m2", 31.56e-4),
    (1.0, "mol/L", "mol/m3", 1000.0),
    (25.2, "uL/cm2", "m", 252e-6),
    (5.0, "degC/min", "K/s", 5 / 60),
    (25.0, "degC", "K", 298.15),
    (298.15, "K", "degC", 25.0),
    (222.0, "Wh/kg", "J/g", 799.2),
    (39.13, "m2/g", "cm2/mg", 391.3),
    (1.0, "nm-1", "cm-1", 1e7),
    (78.0, "%", "1", 0.78),
    (1.0, "(mV/s)^-0.5", "(V/s)^-0.5", math.sqrt(1000)),
    (96.485, "kJ/mol", "J/mol", 96485.0),
    (1.0, "Hz", "kHz", 1e-3),
]


@pytest.mark.parametrize(("value", "source", "target", "expected"), CONVERSIONS)
def test_conversion(value: float, source: str, target: str, expected: float) -> None:
    assert units.convert(value, source, target) == pytest.approx(expected, rel=1e-14)


def test_one_electronvolt_per_particle_is_a_faraday_of_volts() -> None:
    per_mole = units.convert(1.0, "eV", "kJ") * 6.02214076e23
    assert per_mole == pytest.approx(FARADAY / 1000, rel=1e-9)


@given(st.floats(-1e12, 1e12), st.sampled_from([(a, b) for _, a, b, _ in CONVERSIONS]))
def test_there_and_back_is_the_same(value: float, pair: tuple[str, str]) -> None:
    source, target = pair
    there = units.convert(value, source, target)
    # temperatures are shifted by 273.15, which costs that many units in the last place of a small number
    assert units.convert(there, target, source) == pytest.approx(value, rel=1e-12, abs=1e-10)


@pytest.mark.parametrize("text", ["mAhg-1", "furlong", "mg/cm2/", "", "m^2", "mg//cm2", "V per s", "1C2x"])
def test_unknown_units_are_refused(text: str) -> None:
    with pytest.raises(UnitError, match="is not in the unit table"):
        units.unit(text)


def test_another_dimension_is_refused_with_both_names() -> None:
    with pytest.raises(UnitError, match='"mm" is a length; an area is needed, such as "cm2"'):
        units.convert(12, "mm", "cm2")


def test_a_c_rate_is_not_a_current() -> None:
    with pytest.raises(UnitError, match='"C" is a C-rate; a specific current is needed'):
        units.convert(1, "C", "mA/g")
    with pytest.raises(UnitError):
        units.convert(1, "C", "coulomb")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.0 mg/cm2", (1.0, "mg/cm2")),
        ("-40 degC", (-40.0, "degC")),
        ("6.67mL", (6.67, "mL")),
        ("1e-3 V", (1e-3, "V")),
        (".5 1", (0.5, "1")),
        ("12", (12.0, "")),
        ("80 %", (80.0, "%")),
    ],
)
def test_parse(text: str, expected: tuple[float, str]) -> None:
    assert units.parse(text) == expected


@pytest.mark.parametrize("text", ["mg/cm2", "", "about 3 V", "nan V", "inf V", "0x10 V"])
def test_a_text_without_number_is_refused(text: str) -> None:
    with pytest.raises(UnitError):
        units.parse(text)


def test_read_as() -> None:
    assert units.read_as("1.131 cm2", "m2") == pytest.approx(1.131e-4, rel=1e-14)
    with pytest.raises(UnitError, match=r'1\.0 has no unit\. Write a text such as "1\.0 mg/cm2"'):
        units.read_as("1.0", "mg/cm2")


def test_names_of_dimensions() -> None:
    assert units.dimension_name("mm") == "a length"
    assert units.dimension_name("uL/cm2") == "a length"
    assert units.dimension_name("Wh/kg") == "a specific energy"
    assert units.dimension_name("V/s") == 'a quantity in "V/s"'
    assert units.compatible("mAh/g", "Ah/kg")
    assert not units.compatible("mAh/g", "mAh/cm2")
