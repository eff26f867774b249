from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualion.figures.labels import axis_label, plain_number, significant, tick_texts, unit_text


@pytest.mark.parametrize(
    ("unit", "printed"),
    [
        ("mAh/g", "mAh g⁻¹"),
        ("Wh/kg", "Wh kg⁻¹"),
        ("V", "V"),
        ("1", ""),
        ("", ""),
        ("%", "%"),
        ("ohm cm2", "Ω cm²"),
        ("degC/min", "°C min⁻¹"),
        ("1/angstrom", "Å⁻¹"),
        ("cm-1", "cm⁻¹"),
        ("uL/cm2", "µL cm⁻²"),
        ("m2/s", "m² s⁻¹"),
        ("(mV/s)^-0.5", "(mV s⁻¹)^−0.5"),
        ("mol/mol", "mol mol⁻¹"),
    ],
)
def test_units_are_printed_with_superscripts(unit: str, printed: str) -> None:
    assert unit_text(unit) == printed


def test_axis_label() -> None:
    assert axis_label("Specific capacity", "mAh/g") == "Specific capacity (mAh g⁻¹)"
    assert axis_label("Filling", "1") == "Filling"


@pytest.mark.parametrize(
    ("value", "digits", "printed"),
    [
        (320.606, 4, "320.6"),
        (-0.01354, 2, "−0.014"),
        (2.1234e-14, 3, "2.12 × 10⁻¹⁴"),
        (0, 4, "0"),
        (1e-14, 4, "10⁻¹⁴"),
        (999.96, 4, "1000"),
        (12345.6, 4, "12\u2009350"),
    ],
)
def test_significant_digits(value: float, digits: int, printed: str) -> None:
    assert significant(value, digits) == printed


@pytest.mark.slow
@given(st.floats(min_value=1e-2, max_value=9e5))
def test_significant_keeps_the_value_within_its_digits(value: float) -> None:
    read = float(significant(value, 4).replace("\u2009", "").replace("−", "-"))
    assert read == pytest.approx(value, rel=5.01e-4)


def test_ticks_share_their_decimals() -> None:
    assert tick_texts([0.0, 0.5, 1.0]) == ("0.0", "0.5", "1.0")
    assert tick_texts([0.0, 100.0, 200.0]) == ("0", "100", "200")
    assert tick_texts([-10000.0, 0.0]) == ("−10\u2009000", "0")
    assert plain_number(640.0) == "640"
