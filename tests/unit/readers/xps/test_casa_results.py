"""Tables of results of CasaXPS: numbers, names, units, and damage."""

from __future__ import annotations

import pytest

import examples_xps as examples
from dualion.errors import ReadError
from dualion.readers import read_bytes

DATA = examples.results().data


def test_every_number_has_a_name_and_a_unit() -> None:
    table = read_bytes(DATA, "r.csv").table
    found = {row["descriptor"]: (row["descriptor_value"], row["descriptor_unit"]) for row in table.iter_rows(named=True)}
    assert found["n_1s_1_position"] == (398.41, "eV")
    assert found["n_1s_2_area"] == (320.25, "Hz eV")
    assert found["n_1s_2_share"] == (38.5, "at%")
    assert len(found) == 10


def test_what_is_not_a_number_is_refused() -> None:
    with pytest.raises(ReadError, match=r"column FWHM.*1\.x"):
        read_bytes(DATA.replace(b"\t1.60\t512", b"\t1.x\t512"), "r.csv")


def test_a_row_cut_short_is_refused() -> None:
    with pytest.raises(ReadError, match="fields"):
        read_bytes(DATA[: DATA.index(b"320.25")], "r.csv")


def test_a_table_without_its_end_is_flagged() -> None:
    found = read_bytes(DATA[: DATA.index(b"\r\n\r\n\r\nPeak") + 2], "r.csv")
    assert [flag.code for flag in found.flags] == ["truncated"]


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(ReadError, match="no rows"):
        read_bytes(b"x.vms\t\r\n\r\nName\tPosition\tFWHM\tRaw Area\t\r\n\r\n", "r.csv")
