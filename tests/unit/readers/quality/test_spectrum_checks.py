"""Checks of spectra and curves: every flag by a spectrum that deserves it, and none by one that does not."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualion.readers.format import Given
from dualion.readers.quality.checks import check
from dualion.readers.tables import measured

X = np.linspace(1.0, 5.0, 21)


def flags_of(technique: str, **columns: object) -> dict[str, str]:
    table = pl.DataFrame({name: np.asarray(values, dtype=float) for name, values in columns.items()})
    found = check(measured(Given("a.txt", b"", "0" * 64), table, technique=technique, reader="odd"))
    assert found.table.equals(table), "a check changes nothing"
    return {flag.code: flag.message for flag in found.flags}


def test_a_clean_spectrum_has_no_flag() -> None:
    assert flags_of("xrd", two_theta_degree=X, intensity_count=X**2) == {}
    assert flags_of("ftir", wavenumber_per_centimetre=X[::-1], absorbance=X) == {}, "infrared spectra run either way"


def test_an_abscissa_that_repeats_runs_backwards_or_jumps() -> None:
    twice = X.copy()
    twice[3] = twice[4]
    assert set(flags_of("xrd", two_theta_degree=twice, intensity_count=X)) == {"duplicate_abscissae"}
    assert set(flags_of("xrd", two_theta_degree=X[::-1], intensity_count=X)) == {"reversed_order"}
    jumping = X.copy()
    jumping[[2, 9]] = jumping[[9, 2]]
    assert set(flags_of("raman", raman_shift_per_centimetre=jumping, intensity_arbitrary=X)) == {"disordered"}


def test_missing_values_name_column_and_row() -> None:
    values = X.copy()
    values[6] = np.nan
    assert (
        "1 of 21 rows hold no number, the first in row 7"
        in flags_of("saxs", q_inverse_nanometre=X, intensity_arbitrary=values)["missing_values"]
    )


@pytest.mark.parametrize(
    ("technique", "column", "bad"),
    [
        ("saxs", "q_inverse_nanometre", 0.0),
        ("saxs", "intensity_per_centimetre", -1.0),
        ("xps", "binding_energy_electronvolt", 1501.0),
        ("sorption", "relative_pressure", 1.03),
        ("ftir", "wavenumber_per_centimetre", 12_001.0),
    ],
)
def test_values_that_no_sample_gives(technique: str, column: str, bad: float) -> None:
    values = X / 10
    assert flags_of(technique, **{column: values}) == {}
    values[0] = bad
    assert "first in row 1" in flags_of(technique, **{column: values})["out_of_range"]


def test_a_second_run_finds_the_same() -> None:
    columns = {"abscissa": [1.0, 1.0, 2.0], "ordinate": [1.0, 2.0, 3.0]}
    first = check(measured(Given("a.txt", b"", "0" * 64), columns, technique="spectrum", reader="odd"))
    assert check(first).flags == first.flags != ()
