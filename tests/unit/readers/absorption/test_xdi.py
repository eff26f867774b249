"""XDI: columns of the header, channels, units, damage."""

from __future__ import annotations

import math

import pytest

from dualion.errors import ReadError
from dualion.readers import read_all_bytes, read_bytes
from dualion.readers.format import Declared
from dualion.records.measurement import Measurement

ROWS = "".join(f"{9600 + i:.1f} {100000 - i} {40000 + 7 * i} {500 + 9 * i} {20000 + i}\n" for i in range(12))
HEAD = "# XDI/1.0\n# Column.1: energy eV\n# Column.2: i0\n# Column.3: itrans\n# Column.4: ifluor\n# Column.5: irefer\n"


def file(*columns: str, rows: str = "9600.0 2.0 1.0\n9601.0 2.0 0.5\n", more: str = "") -> bytes:
    names = "".join(f"# Column.{number}: {name}\n" for number, name in enumerate(columns, start=1))
    return f"# XDI/1.0 test\n{names}{more}#----\n{rows}".encode()


def one(data: bytes, **declared: str) -> Measurement:
    return read_bytes(data, "scan.xdi", check=False, declared=Declared(**declared))


def test_absorption_is_the_logarithm_of_the_columns_that_the_header_names() -> None:
    found = one(file("energy eV", "i0", "itrans"))
    assert found.technique == "xafs"
    assert found.table["mu"].to_list() == pytest.approx([math.log(2), math.log(4)])
    swapped = one(file("energy eV", "itrans", "i0"))
    assert swapped.table["mu"].to_list() == pytest.approx([-math.log(2), -math.log(4)])


def test_every_channel_is_a_region() -> None:
    found = {one.region: one for one in read_all_bytes((HEAD + ROWS).encode(), "x")}
    assert set(found) == {"transmission", "fluorescence", "reference"}
    assert found["transmission"].table["mu"][0] == pytest.approx(math.log(100000 / 40000))
    assert found["fluorescence"].table["mu"][0] == pytest.approx(500 / 100000)
    assert found["reference"].table["mu"][0] == pytest.approx(math.log(40000 / 20000))
    assert found["reference"].conditions["channel"] == "reference"


def test_a_file_of_several_channels_needs_a_choice() -> None:
    with pytest.raises(ReadError, match="fluorescence"):
        read_bytes((HEAD + ROWS).encode(), "x")
    assert read_bytes((HEAD + ROWS).encode(), "x", region="fluorescence").region == "fluorescence"


def test_a_given_absorption_goes_before_intensities() -> None:
    assert one(file("energy eV", "mutrans", "i0")).table["mu"].to_list() == [2.0, 2.0]


def test_without_columns_in_the_header_it_is_refused() -> None:
    with pytest.raises(ReadError, match="does not say what the columns are") as caught:
        one(b"# XDI/1.0\n# Element.symbol: Zn\n# energy i0 itrans\n9600.0 2.0 1.0\n9601.0 2.0 0.5\n")
    assert "Column.1: energy eV" in caught.value.hint


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (("energy", "i0", "itrans"), "no unit for the energy"),
        (("energy parsec", "i0", "itrans"), "parsec"),
        (("theta deg", "i0", "itrans"), "no column is the energy"),
        (("energy eV", "time s", "i0"), "no column gives an absorption"),
        (("angle degrees", "i0", "itrans"), "spacing of the monochromator"),
    ],
)
def test_headers_that_do_not_suffice(columns: tuple[str, ...], said: str) -> None:
    with pytest.raises(ReadError, match=said):
        one(file(*columns))


def test_a_unit_can_be_declared() -> None:
    assert one(file("energy", "i0", "itrans"), x_unit="keV").table["photon_energy_electronvolt"][0] == pytest.approx(9.6e6)


def test_an_angle_becomes_an_energy() -> None:
    """Bragg's law: 12398.42 eV angstrom / (2 d sin theta)."""
    rows = "12.0 2.0 1.0\n11.9 2.0 0.5\n"
    found = one(file("angle degrees", "i0", "itrans", rows=rows, more="# Mono.d_spacing: 3.13555\n"))
    assert found.table["photon_energy_electronvolt"][0] == pytest.approx(12398.42 / (2 * 3.13555 * math.sin(math.radians(12))), rel=1e-6)


def test_columns_that_are_not_numbered_through() -> None:
    with pytest.raises(ReadError, match="numbered 1, 3"):
        one(b"# XDI/1.0\n# Column.1: energy eV\n# Column.3: mu\n1 2 3\n")


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(ReadError, match="line 6"):
        one(file("energy eV", "i0", "itrans", rows="9600.0 2.0\n9601.0 2.0\n"))


def test_intensities_that_have_no_logarithm_are_missing() -> None:
    found = read_bytes(file("energy eV", "i0", "itrans", rows="9600.0 2.0 0.0\n9601.0 2.0 0.5\n9602.0 2.0 0.5\n"), "x")
    assert found.table["mu"].to_list()[0] is None
    assert "missing_values" in {flag.code for flag in found.flags}


def test_order_and_repetition_are_told() -> None:
    falling = read_bytes(file("energy eV", "mu", rows="9602.0 1.0\n9601.0 2.0\n9600.0 3.0\n"), "x")
    assert falling.table["photon_energy_electronvolt"].to_list() == [9602, 9601, 9600]
    assert "reversed_order" in {flag.code for flag in falling.flags}
    twice = read_bytes(file("energy eV", "mu", rows="9600.0 1.0\n9600.0 2.0\n9601.0 3.0\n"), "x")
    assert "duplicate_abscissae" in {flag.code for flag in twice.flags}


def test_a_cut_row_is_left_out() -> None:
    whole = file("energy eV", "i0", "itrans", rows="".join(f"{9600 + i}.0 2.000 1.000\n" for i in range(12)))
    cut = one(whole[:-3])
    assert cut.table.height == 11
    assert "truncated" in {flag.code for flag in cut.flags}


def test_a_header_without_rows() -> None:
    with pytest.raises(ReadError, match="no rows"):
        one(file("energy eV", "i0", "itrans", rows=""))


def test_conditions_of_the_header() -> None:
    found = one(file("energy eV", "i0", "itrans", more="# Sample.name: Zn foil || PV\n# Element.symbol: Zn\n# Facility.name: APS\n"))
    assert found.conditions["title"] == "Zn foil"
    assert (found.conditions["element"], found.conditions["facility"], found.conditions["channel"]) == ("Zn", "APS", "transmission")
