"""Spellings of units in files of spectra."""

from __future__ import annotations

import pytest

from dualion.readers.spectra.units import factor_to


@pytest.mark.parametrize(
    ("written", "target", "factor"),
    [
        ("1/A", "nm-1", 10.0), ("A^-1", "nm-1", 10.0), ("Å⁻¹", "nm-1", 10.0), ("1/angstrom", "nm-1", 10.0), ("nm^-1", "nm-1", 1.0),
        ("1/nm", "nm-1", 1.0), ("1/cm/sr", "cm-1", 1.0), ("cm^-1 sr^-1", "cm-1", 1.0), ("cm-1", "cm-1", 1.0), ("1/m", "cm-1", 0.01),
        ("A", "nm", 0.1), ("Å", "nm", 0.1), ("°", "deg", 1.0), ("deg 2theta", "deg", 1.0), ("keV", "eV", 1000.0), ("min", "s", 60.0),
        ("mmHg", "Pa", 133.32236842105263), ("mg", "g", 1e-3),
    ],
)  # fmt: skip
def test_known_spellings(written: str, target: str, factor: float) -> None:
    assert factor_to(written, target) == pytest.approx(factor, rel=1e-14)


@pytest.mark.parametrize(("written", "target"), [("furlong", "nm"), ("", "nm-1"), ("A", "A-1"), ("degC", "K"), ("cm", "nm-1"), ("V", "eV")])
def test_what_is_not_known_is_not_guessed(written: str, target: str) -> None:
    assert factor_to(written, target) is None
