"""Columns without a heading, which nothing is guessed of, and tables of a spectrum with names and units."""

from __future__ import annotations

import numpy as np
import pytest

from dualion.errors import ReadError
from dualion.readers import read_bytes
from dualion.readers.format import Declared
from dualion.records.measurement import Measurement

X = np.linspace(10.0, 30.0, 41)
Y = 100.0 + X**2


def bare(separator: str = "\t", *, columns: int = 2, comma: bool = False, head: str = "") -> bytes:
    rows = [separator.join(f"{value:.4f}" for value in (x, y, 0.5)[:columns]) for x, y in zip(X, Y)]
    text = head + "\n".join(rows) + "\n"
    return (text.replace(".", ",") if comma else text).encode()


def read(content: str | bytes, **declared: str | None) -> Measurement:
    return read_bytes(content if isinstance(content, bytes) else content.encode(), "file", declared=Declared(**declared))


def codes(measured: Measurement) -> list[str]:
    return [flag.code for flag in measured.flags]


def test_nothing_is_guessed_of_columns_without_names() -> None:
    measured = read(bare())
    assert measured.technique == "spectrum"
    assert measured.table.columns == ["abscissa", "ordinate"]
    assert codes(measured) == ["not_declared"]


@pytest.mark.parametrize("separator", ["\t", " ", ";", ",", ", "])
def test_separators(separator: str) -> None:
    measured = read(bare(separator))
    np.testing.assert_allclose(measured.table["abscissa"].to_numpy(), X, atol=1e-4)
    np.testing.assert_allclose(measured.table["ordinate"].to_numpy(), Y, atol=1e-4)


@pytest.mark.parametrize("separator", ["\t", ";", " "])
def test_decimal_commas(separator: str) -> None:
    np.testing.assert_allclose(read(bare(separator, comma=True)).table["ordinate"].to_numpy(), Y, atol=1e-4)


def test_comments_are_kept_as_such() -> None:
    measured = read(bare(head="# a pattern of mine\n; second line\n"))
    assert measured.table.height == X.size
    assert measured.conditions["comment"] == "# a pattern of mine"


@pytest.mark.parametrize(
    ("measurement", "columns"),
    [
        ("xrd", ["two_theta_degree", "intensity_count"]),
        ("raman", ["raman_shift_per_centimetre", "intensity_arbitrary"]),
        ("nexafs", ["photon_energy_electronvolt", "mu"]),
        ("xafs", ["photon_energy_electronvolt", "mu"]),
    ],
)
def test_what_the_user_states_names_the_columns(measurement: str, columns: list[str]) -> None:
    measured = read(bare(), measurement=measurement)
    assert measured.technique == measurement
    assert measured.table.columns == columns
    assert codes(measured) == ["declared"]
    assert f'measurement = "{measurement}"' in measured.flags[0].message


def test_a_scattering_vector_needs_its_unit() -> None:
    with pytest.raises(ReadError, match=r'declare x_unit = "1/angstrom" or "1/nm"'):
        read(bare(columns=3), measurement="saxs")
    arbitrary = read(bare(columns=3), measurement="saxs", x_unit="1/A")
    assert arbitrary.table.columns == ["q_inverse_nanometre", "intensity_arbitrary", "intensity_error"]
    assert arbitrary.table["q_inverse_nanometre"][0] == pytest.approx(100.0)
    absolute = read(bare(columns=3), measurement="saxs", x_unit="1/nm", y_unit="1/m")
    assert absolute.table["intensity_per_centimetre"][0] == pytest.approx(2.0)
    assert absolute.table["intensity_error"][0] == pytest.approx(0.005), "the error is in the unit of its intensity"


def test_an_infrared_spectrum_needs_the_meaning_of_its_ordinate() -> None:
    with pytest.raises(ReadError, match="absorbance or transmittance"):
        read(bare(), measurement="ftir")
    assert read(bare(), measurement="ftir", y_unit="absorbance").table.columns[1] == "absorbance"
    assert read(bare(), measurement="ftir", y_unit="%").table["transmittance_percent"][0] == pytest.approx(200.0)
    assert read(bare(), measurement="ftir", y_unit="transmittance").table["transmittance_percent"][0] == pytest.approx(20_000.0)


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"measurement": "gitt"}, "cannot be read as"),
        ({"measurement": "xps"}, "ounts need the time"),
        ({"measurement": "xrd", "x_unit": "furlong"}, '"furlong" is no unit'),
        ({"measurement": "saxs", "x_unit": "1/nm", "y_unit": "mol"}, '"mol" is no unit of an intensity'),
    ],
)
def test_declarations_that_do_not_fit_are_refused(declared: dict[str, str], said: str) -> None:
    with pytest.raises(ReadError, match=said):
        read(bare(), **declared)


def test_a_declaration_does_not_overrule_a_heading() -> None:
    assert read("Raman shift (cm-1)\tIntensity (counts)\n100\t5\n200\t6\n", measurement="xrd").technique == "raman"


def test_a_spectrum_declared_is_no_impedance() -> None:
    q = np.geomspace(0.1, 5, 40)
    rows = "".join(f"{one:.6f} {one**-4:.6e} {0.01 * one**-4:.6e}\n" for one in q)
    assert read(rows).technique == "eis"
    assert read(rows, measurement="saxs", x_unit="1/nm").technique == "saxs"


def test_a_row_that_was_cut_is_left_out_and_told() -> None:
    lines = "".join(f"{x:.1f}\t{y:.10g}\n" for x, y in zip(X, Y))
    measured = read(lines[:-4])
    assert "truncated" in codes(measured)
    assert measured.table.height == X.size - 1


@pytest.mark.parametrize(
    ("heading", "technique", "column"),
    [
        ("2theta (deg),Intensity (counts)", "xrd", "two_theta_degree"),
        ("Raman shift (cm-1),Intensity (a.u.)", "raman", "raman_shift_per_centimetre"),
        ("wavenumber [1/cm],absorbance", "ftir", "wavenumber_per_centimetre"),
        ("Wavenumber (cm-1),%T", "ftir", "wavenumber_per_centimetre"),
        ("Binding energy / eV,Intensity (cps)", "xps", "binding_energy_electronvolt"),
        ("# 2theta (deg),counts", "xrd", "two_theta_degree"),
    ],
)
def test_headings_say_what_it_is(heading: str, technique: str, column: str) -> None:
    measured = read(f"my sample\n{heading},notes\n10.5,2.5,7\n11,3,8\n12,4,9\n")
    assert measured.technique == technique
    assert measured.table[column].to_list() == [10.5, 11.0, 12.0]
    assert codes(measured) == ["columns_ignored"]


def test_an_error_column_is_read() -> None:
    measured = read("2theta (deg);intensity (counts);sigma (counts)\n10,5;100;10\n11,5;400;20\n12,5;900;30\n")
    assert measured.table["intensity_error"].to_list() == [10.0, 20.0, 30.0]
    assert measured.table["two_theta_degree"].to_list() == [10.5, 11.5, 12.5]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Raman shift,Intensity\n100,5\n200,6\n", "the heading has no unit"),
        ("wavenumber (cm-1),intensity\n100,5\n200,6\n", "absorbance or transmittance"),
        ("binding energy (eV),counts\n100,5\n200,6\n", "ounts need the time"),
        ("Raman shift (furlong),Intensity\n100,5\n200,6\n", "furlong"),
    ],
)
def test_headings_without_units_are_refused(text: str, said: str) -> None:
    with pytest.raises(ReadError, match=said):
        read(text)
