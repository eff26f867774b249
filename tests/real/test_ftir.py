"""JCAMP-DX files of NIST and of R. Lancashire against their headers, another decoder, and a published band."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest

from dualion.errors import InputError, ReadError
from dualion.readers import read, read_all, read_bytes
from dualion.records.measurement import Measurement
from dualion.techniques.ftir import Options, analyse

#: File: points and ends [cm-1] of each block.
FILES = {
    "acetone": [(14106, 574.928, 3975.077)],
    "lancashire_dupdec1": [(3951, 4400.0, 450.0)],
    "lancashire_fixdec1": [(3951, 4400.007, 450.0)],
    "lancashire_pacdec1": [(3301, 4000.0, 700.0)],
    "lancashire_sqzdec1": [(16384, 24038.5, 0.0)],
    "lancashire_compound": [(count, 4400.0, 450.0) for count in (1976, 1976, 3951, 1976, 3951)],
}


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data" / "ftir"


def axis(measured: Measurement) -> np.ndarray:
    return np.asarray(measured.table[measured.table.columns[0]].to_numpy())


def codes(measured: Measurement) -> set[str]:
    return {flag.code for flag in measured.flags}


@pytest.mark.parametrize("name", list(FILES))
def test_counts_and_ends_are_those_of_the_header(folder: Path, name: str) -> None:
    found = read_all(folder / f"{name}.jdx")
    assert [(one.table.height, axis(one)[0], axis(one)[-1]) for one in found] == FILES[name]


@pytest.mark.parametrize("name", [name for name in FILES if name != "lancashire_compound"])
def test_another_decoder_gives_the_same_ordinates(folder: Path, name: str) -> None:
    jcamp = pytest.importorskip("jcamp")
    with contextlib.redirect_stdout(io.StringIO()):  # it prints the checks that fail
        peer = jcamp.readfile(str(folder / f"{name}.jdx"))
    (found,) = read_all(folder / f"{name}.jdx")
    assert found.table[found.table.columns[1]].to_numpy() == pytest.approx(peer["y"], rel=1e-12, abs=1e-300)
    assert axis(found) == pytest.approx(peer["x"], rel=1e-12)


def test_transmittance_in_percent(folder: Path) -> None:
    found = read(folder / "lancashire_pacdec1.jdx")
    percent = found.table["transmittance_percent"]
    assert percent.min() == pytest.approx(86.31, abs=0.01)
    assert percent.max() == pytest.approx(101.89, abs=0.01)
    assert "units_assumed" in codes(found)  # the file says TRANSMITTANCE and no more


def test_a_fraction_is_told_by_the_range_in_the_header(folder: Path) -> None:
    """The linked blocks hold fractions, and their headers state 2.12 to 49.32 %T."""
    first = read_all(folder / "lancashire_compound.jdx")[0]
    assert first.table["transmittance_percent"].max() == pytest.approx(49.32, abs=0.01)
    assert "ordinate_disagrees" in codes(first)  # MAXY is in percent, the table is not


def test_regions_are_the_titles_of_the_blocks(folder: Path) -> None:
    regions = [one.region for one in read_all(folder / "lancashire_compound.jdx")]
    assert regions == ["block 1", "block 2", "block 3", "trans-[Rh(py)4Cl2]Cl.5H2O", "block 5"]
    with pytest.raises(ReadError, match="block 3"):
        read(folder / "lancashire_compound.jdx")
    assert read(folder / "lancashire_compound.jdx", region="block 3").table.height == 3951


def test_an_nmr_spectrum_is_not_infrared(folder: Path) -> None:
    found = read(folder / "lancashire_sqzdec1.jdx")
    assert "units_not_ir" in codes(found)
    with pytest.raises(InputError, match="wavenumber"):
        analyse([found], Options())


@pytest.mark.parametrize("options", [Options(band=(1660, 1820)), Options()])
def test_the_carbonyl_band_of_acetone(folder: Path, options: Options) -> None:
    """NIST quantitative infrared data base: C=O maximum 1739.2 cm-1."""
    found = analyse([read(folder / "acetone.jdx")], options).values
    assert found["band_maximum"].value == pytest.approx(1739.2, abs=0.3)
    assert found["band_position"].stderr is not None
    assert found["band_position"].stderr >= 0.5


def test_a_wrong_character_is_found(folder: Path) -> None:
    """One digit of a difference changes every value behind it, and the checksum of the next line says so."""
    data = (folder / "lancashire_dupdec1.jdx").read_bytes()
    start = data.index(b"4364G832")
    with pytest.raises(ReadError, match="checksum"):
        read_bytes(data[:start] + data[start:].replace(b"PjJ6", b"PjJ7", 1), "dupdec1.jdx")
