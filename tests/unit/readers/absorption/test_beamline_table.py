"""Tables of beamlines: which column is what, which technique follows, and what a cut file gives."""

from __future__ import annotations

import numpy as np
import pytest

import examples_absorption_tables as examples
from dualion.errors import ReadError
from dualion.readers import read_all_bytes, read_bytes
from dualion.records.measurement import Measurement

ENERGY, SIGNAL, INCIDENT = examples.edge()


def table(heading: str, *columns: list[float], mark: str = ",") -> bytes:
    rows = [mark.join(f"{value:.6f}" for value in row) for row in zip(*columns, strict=True)]
    return ("\n".join([heading, *rows]) + "\n").encode()


def codes(measured: Measurement) -> set[str]:
    return {flag.code for flag in measured.flags}


def test_a_normalised_signal_is_taken_and_flagged() -> None:
    found = read_bytes(examples.normalised().data, "file.bin")
    assert (found.technique, found.source.reader, found.table.height) == ("nexafs", "beamline-table", 30)
    assert found.table["mu"].to_list() == SIGNAL
    assert found.conditions["channel"] == "total electron yield"
    assert "prenormalised" in codes(found)


def test_a_signal_is_divided_by_the_incident_intensity() -> None:
    found = read_bytes(examples.with_incident().data, "file.bin")
    assert found.table["mu"].to_numpy() == pytest.approx(np.array(SIGNAL) / INCIDENT)
    assert found.table["intensity_arbitrary"].to_list() == INCIDENT
    assert codes(found) == set()


def test_channels_are_measurements_of_their_own() -> None:
    found = read_all_bytes(table("PE/eV,I0,TEY_1,PEY_1", ENERGY, INCIDENT, SIGNAL, SIGNAL), "file.bin")
    assert [(one.region, one.conditions["channel"]) for one in found] == [
        ("TEY_1", "total electron yield"),
        ("PEY_1", "partial electron yield"),
    ]


def test_above_one_kiloelectronvolt_it_is_xafs() -> None:
    hard = [one + 9400 for one in ENERGY]
    assert read_bytes(table("Energy (eV);I0;TFY", hard, INCIDENT, SIGNAL, mark=";"), "file.bin").technique == "xafs"
    kilo = [one / 1000 for one in hard]
    found = read_bytes(table("energy/keV,I0,TFY", kilo, INCIDENT, SIGNAL), "file.bin")
    assert found.technique == "xafs"
    assert found.table["photon_energy_electronvolt"].to_numpy() == pytest.approx(np.array(hard), abs=0.01)


def test_transmission_is_a_logarithm() -> None:
    found = read_bytes(table("Energy (eV),I0,It", ENERGY, INCIDENT, [one / 3 for one in INCIDENT]), "file.bin")
    assert found.table["mu"].to_numpy() == pytest.approx(np.full(30, np.log(3)), abs=1e-5)


def test_a_dark_beam_gives_no_number() -> None:
    dark = [0.0, *INCIDENT[1:]]
    found = read_bytes(table("Energy (eV),I0,TEY", ENERGY, dark, SIGNAL), "file.bin")
    assert np.isnan(found.table["mu"][0])
    assert "missing_values" in codes(found)


def test_two_incident_intensities_are_refused() -> None:
    with pytest.raises(ReadError, match="incident"):
        read_bytes(table("Energy (eV),I0,mesh,TEY", ENERGY, INCIDENT, INCIDENT, SIGNAL), "file.bin")


def test_a_last_row_without_line_end_is_kept_where_it_is_whole() -> None:
    data = examples.normalised().data.rstrip()
    assert read_bytes(data, "file.bin").table.height == 30
    cut = read_bytes(data[:-1], "file.bin")
    assert cut.table.height == 29
    assert "truncated" in codes(cut)


@pytest.mark.parametrize("row", ["1,2,3,4", "abc,1", "285.0"])
def test_a_row_that_is_none_is_refused(row: str) -> None:
    with pytest.raises(ReadError):
        read_bytes(examples.normalised().data + row.encode() + b"\n" + b"280.0,1.0\n", "file.bin")


@pytest.mark.parametrize("heading", ["Binding Energy (eV),TEY", "PE/eV,colour", "time/s,TEY", "Energy/Wh,Is"])
def test_other_tables_are_left_to_others(heading: str) -> None:
    try:
        found = read_bytes(table(heading, ENERGY, SIGNAL), "file.bin")
    except ReadError:
        return
    assert found.source.reader != "beamline-table"
