"""Tables of descriptors and of compositions."""

from __future__ import annotations

import pytest

from dualion.errors import ReadError
from dualion.readers import read_bytes
from dualion.readers.descriptors import FORMATS, known_unit
from dualion.readers.format import Given
from dualion.records.measurement import Measurement


def read(*lines: str) -> Measurement:
    return read_bytes(("\n".join(lines) + "\n").encode(), "table.csv", check=False)


def column(found: Measurement, name: str) -> list[object]:
    return found.table[f"descriptor_{name}"].to_list()


def test_any_order_and_decimal_commas() -> None:
    one = read("sample,quantity,value,uncertainty,unit,method,source,qualifier", "MEC3,bet_area,39.13,1.20,m2/g,BET,paper,=")
    other = read("unit;qualifier;value;source;quantity;method;uncertainty;sample", "m²/g;=;39,13;paper;bet_area;BET;1,20;MEC3")
    assert one.technique == other.technique == "descriptors"
    for name in ("value", "stderr", "method", "source", "qualifier"):
        assert column(one, name) == column(other, name)
    assert other.table["sample_name"].to_list() == ["MEC3"]


@pytest.mark.parametrize(
    ("written", "value", "sign"),
    [
        ("<0.05", 0.05, "<"),
        ("≤ 0.05", 0.05, "<"),
        (">12", 12.0, ">"),
        ("0.05", 0.05, "="),
        ("n.d.", 0.1, "<"),
        ("<LOD", 0.1, "<"),
        ("0.07", 0.1, "<"),
    ],
)
def test_qualifiers_and_detection_limits(written: str, value: float, sign: str) -> None:
    limit = "0.1" if written in ("n.d.", "<LOD", "0.07") else ""
    found = read("sample,element,value,unit,detection limit", f"MEC3,Zn,{written},ppm,{limit}")
    assert (column(found, "value"), column(found, "qualifier")) == ([value], [sign])
    assert ("below_detection_limit" in {flag.code for flag in found.flags}) == (sign == "<")


def test_not_detected_without_a_limit_is_missing() -> None:
    found = read("sample,element,value,unit", "MEC3,Zn,n.d.,ppm", "MEC3,N,1.15,wt%")
    assert column(found, "value") == [None, 1.15]


def test_a_qualifier_of_its_own_column() -> None:
    found = read("sample,quantity,value,unit,qualifier", "MEC3,zinc,0.002,wt%,<", "MEC3,nitrogen,1.15,wt%,")
    assert column(found, "qualifier") == ["<", "="]


@pytest.mark.parametrize(("heading", "written", "stderr"), [("u", "0.05", 0.05), ("U (k=2)", "0.10", 0.05), ("RSD (%)", "5", 0.0575)])
def test_uncertainties_of_several_kinds(heading: str, written: str, stderr: float) -> None:
    found = read(f"sample,element,value,unit,{heading}", f"MEC3,N,1.15,wt%,{written}")
    assert column(found, "stderr") == pytest.approx([stderr])


def test_the_unit_of_the_heading() -> None:
    found = read("sample,element,content (ppm),LOD (wt%)", "MEC3,Zn,15.5,0.0001", "MEC0,Zn,0.5,0.0001")
    assert column(found, "unit") == ["ppm", "ppm"]
    assert column(found, "value") == pytest.approx([15.5, 1.0])
    assert column(found, "qualifier") == ["=", "<"]


def test_a_limit_in_another_dimension_is_refused() -> None:
    with pytest.raises(ReadError, match="detection limit"):
        read("sample,element,content (ppm),LOD (nm)", "MEC3,Zn,15.5,0.0001")


def test_elements_side_by_side() -> None:
    found = read("Sample;C (wt%);N (wt%);Zn (mg/kg)", "MEC0;95,10;1,20;0,50", "MEC3;94,20;1,15;15,50")
    assert found.table["sample_name"].to_list() == ["MEC0"] * 3 + ["MEC3"] * 3
    assert column(found, "value") == [95.1, 1.2, 0.5, 94.2, 1.15, 15.5]
    assert found.table["descriptor"].to_list() == ["C", "N", "Zn"] * 2
    assert column(found, "unit") == ["wt%", "wt%", "ppm"] * 2


@pytest.mark.parametrize(("unit", "said"), [("bananas", "bananas"), ("", "gives no unit")])
def test_an_unknown_unit_is_refused_with_its_row(unit: str, said: str) -> None:
    with pytest.raises(ReadError, match=said) as caught:
        read("sample,quantity,value,unit", "MEC3,a,1,nm", f"MEC3,b,1,{unit}")
    assert "line 3" in caught.value.position


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("m² g⁻¹", "m2 g-1"),
        ("wt.%", "wt%"),
        ("wt %", "wt%"),
        ("µg/g", "ppm"),
        ("mg/kg", "ppm"),
        ("mmol g−1", "mmol g-1"),
        ("Å", "angstrom"),
        ("1", "1"),
        ("cm^3/g", "cm3/g"),
        ("x", ""),
    ],
)
def test_spellings_of_units(written: str, wanted: str) -> None:
    assert known_unit(written) == wanted


@pytest.mark.parametrize(
    "names", ["sample,quantity,value", "a,b,c", "element,value", "quantity,value,unit", "sample,C (wt%)", "time (s),voltage (V)"]
)
def test_other_tables_are_left_alone(names: str) -> None:
    row = ",".join(str(number) for number in range(1, names.count(",") + 2))
    assert not FORMATS[0].recognises(Given("x", f"{names}\n{row}\n".encode(), ""))


def test_no_number_is_refused_with_its_place() -> None:
    with pytest.raises(ReadError, match="not a number") as caught:
        read("sample,quantity,value,unit", "MEC3,a,1,nm", "MEC3,b,many,nm")
    assert "line 3" in caught.value.position
