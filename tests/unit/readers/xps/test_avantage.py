"""Avantage workbooks: regions, vendor values, labels that contradict each other, hidden sheets, formulas, damage."""

from __future__ import annotations

import pytest

import examples_xps as examples
from dualion.errors import ReadError
from dualion.readers import read_all_bytes, read_bytes
from dualion.records.quantity import Quantity

Cells = dict[str, list[list[object]]]
WHOLE: Cells = {"N1s Scan": examples.region_sheet(), "Titles": examples.TITLES, "Quantifications": examples.QUANTIFIED}


def book(**changed: list[list[object]]) -> bytes:
    return examples.workbook(WHOLE | {name.replace("_", " "): rows for name, rows in changed.items()})


def flag(data: bytes, code: str, name: str = "x.xlsx") -> str:
    return next((one.message for one in read_all_bytes(data, name)[0].flags if one.code == code), "")


def test_vendor_values_go_to_their_region() -> None:
    data = book(C1s_Scan=examples.region_sheet("C1s Scan", component="C1s sp2"))
    nitrogen, carbon = read_all_bytes(data, "x.xlsx")
    assert (nitrogen.region, carbon.region) == ("N1s", "C1s")
    assert nitrogen.conditions["vendor_name_1"] == "N1s pyridinic"
    assert nitrogen.conditions["vendor_area_1"] == Quantity(512.5, "Hz eV")
    assert carbon.conditions["vendor_position_1"] == Quantity(284.5, "eV")
    assert nitrogen.conditions["vendor_window_low"] == Quantity(396.0, "eV")
    assert nitrogen.conditions["vendor_window_high"] == Quantity(406.0, "eV")
    assert isinstance(nitrogen.conditions["carbon_energy"], Quantity)


class TestLabels:
    def test_agree(self) -> None:
        assert flag(examples.avantage().data, "label_conflict") == ""

    def test_of_a_sheet_and_its_data_file(self) -> None:
        assert '"S2p Scan"' in flag(book(N1s_Scan=examples.region_sheet("S2p Scan")), "label_conflict")

    def test_of_a_component_and_the_quantification(self) -> None:
        message = flag(book(N1s_Scan=examples.region_sheet(component="N1s amine")), "label_conflict")
        assert "N1s amine" in message
        assert "N1s pyridinic" in message

    def test_of_the_file_and_its_title(self) -> None:
        data = book(Titles=[["now"], ["17-Grphit"], ["Carbon BE", 284.8]])
        assert "not one material" in flag(data, "label_conflict", "Hard_carbon.xlsx")
        assert flag(data, "label_conflict", "graphite.xlsx") == ""


def test_hidden_sheets_are_left_out_and_told() -> None:
    sheets = WHOLE | {"C1s Scan": examples.region_sheet("C1s Scan", component="C1s sp2")}
    data = examples.workbook(sheets, hidden=("C1s Scan",))
    assert [one.region for one in read_all_bytes(data, "x.xlsx")] == ["N1s"]
    assert "C1s Scan" in flag(data, "hidden_sheets")
    with pytest.raises(ReadError, match="no visible sheet"):
        read_bytes(examples.workbook(WHOLE, hidden=tuple(WHOLE)), "x.xlsx")


def test_formulas_give_their_values_and_are_told() -> None:
    rows = examples.region_sheet()
    rows[-1][2] = "=C1+1|4321"
    found = read_bytes(book(N1s_Scan=rows), "x.xlsx")
    assert found.table["intensity_count_per_second"][-1] == 4321
    assert flag(book(N1s_Scan=rows), "formula_cells")


def test_an_empty_cell_is_no_number_and_is_told() -> None:
    rows = examples.region_sheet()
    rows[7][2] = ""
    found = read_bytes(book(N1s_Scan=rows), "x.xlsx")
    assert "missing_values" in {one.code for one in found.flags}


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (examples.region_sheet(announced=40), "announces 40"),
        ([*examples.region_sheet()[:-1], [394.0, "", "many"]], '"many" is not a number'),
        ([row if row[:1] != ["eV"] else ["keV", *row[1:]] for row in examples.region_sheet()], 'in "keV"'),
        ([row if row[:1] != ["eV"] else ["eV"] for row in examples.region_sheet()], "no column is in"),
        ([row if row[:1] != ["Binding Energy (E)"] else ["Kinetic Energy (E)", *row[1:]] for row in examples.region_sheet()], "kinetic"),
    ],
)
def test_what_does_not_fit_is_refused(rows: list[list[object]], reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        read_bytes(book(N1s_Scan=rows), "x.xlsx")


def test_a_quantification_of_words_is_refused() -> None:
    rows = [examples.QUANTIFIED[0], ["", "N1s pyridinic", "high", 1.6, 512.5, 0.9]]
    with pytest.raises(ReadError, match='"high"'):
        read_bytes(book(Quantifications=rows), "x.xlsx")
