"""Workbooks are looked into before a library opens them."""

from __future__ import annotations

import io
import zipfile

import pytest

from dualion.errors import ReadError
from dualion.readers.format import Given
from dualion.readers.workbooks import check_workbook, column_number, heads


def workbook(**members: str) -> Given:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/") + ".xml", content)
    return Given("a.xlsx", written.getvalue(), "0" * 64)


def sheet(cells: str, extent: str = "A1:B2") -> str:
    return f'<worksheet><dimension ref="{extent}"/><sheetData>{cells}</sheetData></worksheet>'


def test_letters_of_a_column_are_its_number() -> None:
    assert [column_number(letters) for letters in (b"A", b"Z", b"AA", b"XFD")] == [1, 26, 27, 16_384]


def test_a_small_workbook_passes() -> None:
    given = workbook(xl__worksheets__sheet1=sheet('<row r="1"><c r="A1"><v>1</v></c></row>'))
    before = given.data
    check_workbook(given)
    assert given.data == before


def test_entities_are_refused() -> None:
    with pytest.raises(ReadError, match="declares entities"):
        check_workbook(workbook(xl__worksheets__sheet1='<!DOCTYPE x [<!ENTITY a "b">]>' + sheet("")))


def test_a_sheet_that_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(ReadError, match="cells"):
        check_workbook(workbook(xl__worksheets__sheet1=sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "A1:XFD1048576")))


def test_the_beginnings_of_its_members_tell_what_it_is() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/sharedStrings.xml", "<sst>Cycle Index</sst>")
    given = Given("a.xlsx", written.getvalue(), "0" * 64)
    assert heads(given, wanted=lambda name: name == "xl/sharedStrings.xml", length=5) == [b"<sst>"]
    assert heads(workbook(xl__workbook="<workbook>")) == [], "a zip without a table of contents is no workbook"
    assert heads(Given("a.txt", b"PK", "0" * 64)) == []
