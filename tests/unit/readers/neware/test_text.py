"""Neware's exports: flat, nested and as workbooks; the same cell in each of them is the same measurement."""

from __future__ import annotations

import datetime
import io
import zipfile
from typing import Any

import pytest

from dualion.errors import MissingDependency, ReadError
from dualion.readers import read_bytes
from dualion.readers.format import Given
from dualion.records.measurement import Measurement

FLAT = """\
DataPoint,Cycle Index,Step Index,Step Type,Time,Total Time,Current(A),Voltage(V),Capacity(Ah),Spec. Cap.(mAh/g),Energy(Wh),Date
1,1,1,Rest,00:00:00,00:00:00,0.00000,2.9170,0,0.00,0.00000,2022-05-18 16:27:52
2,1,1,Rest,00:01:00,00:01:00,0.00000,2.9176,0,0.00,0.00000,2022-05-18 16:28:52
3,1,2,CC DChg,00:00:00,00:01:00,-0.00360,2.7000,0,0.00,0.00000,2022-05-18 16:28:52
4,1,2,CC DChg,00:01:00,00:02:00,-0.00360,2.6000,0.00006,30.00,0.00016,2022-05-18 16:29:52
5,2,3,CC Chg,00:00:00,00:02:00,0.00360,2.7000,0,0.00,0.00000,2022-05-18 16:29:52
6,2,3,CC Chg,00:01:00,00:03:00,0.00360,2.8000,0.00006,30.00,0.00016,2022-05-18 16:30:52
"""
NESTED = """\
Cycle Index,Chg. Cap.(Ah),DChg. Cap.(Ah)
,Step Index,Step Number,Step Type,Step Time
,,DataPoint,Time,Total Time,Current(A),Voltage(V),Capacity(Ah),Spec. Cap.(mAh/g),Energy(Wh),Date
1,0,0.00006,1,1,Rest,00:01:00
,,1,00:00:00,00:00:00,0.00000,2.9170,0,0.00,0.00000,2022-05-18 16:27:52
,,2,00:01:00,00:01:00,0.00000,2.9176,0,0.00,0.00000,2022-05-18 16:28:52
,2,2,CC DChg,00:01:00
,,3,00:00:00,00:01:00,-0.00360,2.7000,0,0.00,0.00000,2022-05-18 16:28:52
,,4,00:01:00,00:02:00,-0.00360,2.6000,0.00006,30.00,0.00016,2022-05-18 16:29:52
2,0.00006,0,,,,
,3,3,CC Chg,00:01:00
,,5,00:00:00,00:02:00,0.00360,2.7000,0,0.00,0.00000,2022-05-18 16:29:52
,,6,00:01:00,00:03:00,0.00360,2.8000,0.00006,30.00,0.00016,2022-05-18 16:30:52
"""
TIMES = [0.0, 60.0, 60.0, 120.0, 120.0, 180.0]
CHARGE = [0.0, 0.0, 0.0, -6e-5, 0.0, 6e-5]


def read(text: str, encoding: str = "utf-8") -> Measurement:
    return read_bytes(text.encode(encoding), "x.csv", check=False)


def column(measured: Measurement, name: str) -> list[Any]:
    return measured.table[name].to_list()


@pytest.mark.parametrize("text", [FLAT, NESTED], ids=["flat", "nested"])
def test_both_layouts_are_the_same_record(text: str) -> None:
    found = read(text)
    assert (found.source.reader, found.technique) == ("neware-csv", "gcd")
    assert column(found, "test_time_second") == TIMES
    assert column(found, "current_ampere") == [0.0, 0.0, -3.6e-3, -3.6e-3, 3.6e-3, 3.6e-3]
    assert column(found, "step_net_capacity_ah") == CHARGE
    assert column(found, "step_net_energy_wh") == [0.0, 0.0, 0.0, -1.6e-4, 0.0, 1.6e-4]
    assert column(found, "cycle_count") == [1, 1, 1, 1, 2, 2]
    assert column(found, "step_index") == column(found, "step_count") == [1, 1, 2, 2, 3, 3]
    assert column(found, "step_type") == ["Rest"] * 2 + ["CC DChg"] * 2 + ["CC Chg"] * 2
    assert found.conditions["start_local_time"] == "2022-05-18 16:27:52"
    assert found.conditions["active_mass"].value == pytest.approx(2.0)  # type: ignore[union-attr]
    assert found.flags == ()


def test_the_default_mass_of_the_vendor_is_no_mass() -> None:
    assert "active_mass" not in read(FLAT.replace(",30.00,", ",60.00,")).conditions  # 0.06 mAh / 60 mAh/g = 1 mg


def test_chinese_names_in_their_encoding_and_milli_units() -> None:
    names = "数据序号,循环号,工步号,工步类型,时间,总时间,电流(mA),电压(mV),容量(mAh),比容量(mAh/g),能量(mWh),绝对时间"
    rows = "1,1,1,恒流放电,00:00:00,00:00:00,-3.6,2700.0,0,0,0,x\n2,1,1,恒流放电,00:01:00,00:01:00,-3.6,2600.0,0.06,30,0.16,x\n"
    found = read(f"{names}\n{rows}", "gb18030")
    assert column(found, "voltage_volt") == [2.7, 2.6]
    assert column(found, "step_net_capacity_ah") == pytest.approx([0.0, -6e-5])
    assert column(found, "step_type") == ["恒流放电"] * 2


OLD = """\
Record Index,Status,JumpTo,Cycle,Step,Cur(mA),Voltage(V),CapaCity(mAh),Energy(mWh),Relative Time(h:min:s.ms),Absolute Time
1,CC_Chg,2,1,1,3.6,3.0,0.00,0.0,0:00:00.000,2020-01-01 00:00:00
2,CC_Chg,2,1,1,3.6,3.1,0.06,0.2,0:01:00.500,2020-01-01 00:01:00
3,CC_DChg,2,1,2,-3.6,3.0,0.00,0.0,0:00:00.000,2020-01-01 00:01:00
4,CC_DChg,2,1,2,-3.6,2.9,0.06,0.2,0:01:00.000,2020-01-01 00:02:00
"""


def test_without_the_time_of_the_test_the_steps_follow_each_other() -> None:
    found = read(OLD)
    assert column(found, "test_time_second") == [0.0, 60.5, 60.5, 120.5]
    assert column(found, "step_net_capacity_ah") == pytest.approx([0.0, 6e-5, 0.0, -6e-5])
    assert [(flag.code, flag.severity) for flag in found.flags] == [("columns_ignored", "note"), ("time_from_steps", "note")][::-1]


def test_the_same_step_again_is_another_step() -> None:
    again = OLD.replace("CC_DChg", "CC_Chg").replace(",1,2,-3.6", ",1,1,3.6")
    assert column(read(again), "step_count") == [1, 1, 2, 2]


def test_a_counter_that_runs_through_the_cycle_is_left_out() -> None:
    rows = [f"{n},1,{1 + n // 10},CC Chg,00:{n % 10:02d}:00,00:{n:02d}:00,0.0036,3.0,{6e-5 * n:.6f},0,0,x\n" for n in range(30)]
    found = read(FLAT.split("\n")[0] + "\n" + "".join(rows))
    assert "step_net_capacity_ah" not in found.table.columns


@pytest.mark.parametrize(
    "names",
    [
        "Data_Point,Cycle_Index,Step_Index,Test_Time(s),Step_Time(s),Current(A),Voltage(V),Charge_Capacity(Ah),Discharge_Capacity(Ah)",
        "Record,CycleNo,Step,StepTime(s),TestTime(s),Current/mA,Voltage/V,Capacity/mAh,Energy/mWh",
    ],
    ids=["arbin", "landt"],
)
def test_exports_of_other_vendors_are_not_taken_for_one(names: str) -> None:
    try:
        found = read(f"{names}\n1,1,1,0,0,0.1,3.0,0,0\n2,1,1,1,1,0.1,3.0,0.1,0\n")
    except ReadError:
        return
    assert found.source.reader == "plain-table"
    assert "step_net_capacity_ah" not in found.table.columns


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("-0.00360,2.6000", "-0.00x60,2.6000"), 'line 5, column "Current.A.": "-0.00x60" is not a number'),
        (("4,1,2,CC", "4,l,2,CC"), '"l" is not a number'),
        (("4,1,2,CC", "4,1.5,2,CC"), "1.5 is no integer"),
        (("00:01:00,00:02:00", "00:61:00,00:02:00"), "is not a time"),
        (("Current(A)", "Current(kA)"), '"kA" is no unit'),
        (("Total Time", "Time"), "two columns are called"),
    ],
)
def test_damage_is_refused_with_its_place(change: tuple[str, str], reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        read(FLAT.replace(*change, 1))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("-0.00360,2.6000", "-0.00x60,2.6000"), "line 9, column"),
        ((",2,2,CC DChg", ",x,2,CC DChg"), 'line 7: "x" is not the number'),
        (("1,0,0.00006,1,1,Rest,00:01:00\n", ""), "a step stands before the first cycle"),
        (("2,0.00006,0,,,,\n", "z,0.00006,0,,,,\n"), 'line 10: "z" is not the number'),
    ],
)
def test_damage_in_a_nested_export_is_refused_with_its_place(change: tuple[str, str], reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        read(NESTED.replace(*change, 1))


@pytest.mark.slow
@pytest.mark.parametrize("text", [FLAT, NESTED], ids=["flat", "nested"])
def test_any_cut_gives_an_error_a_flag_or_whole_rows_only(text: str) -> None:
    whole = read(text)
    for length in (*range(0, len(text) - 40, 17), *range(len(text) - 40, len(text))):
        try:
            found = read(text[:length])
        except ReadError:
            continue
        same = found.table.select("record_index", "voltage_volt", "test_time_second")
        assert same.equals(whole.table.head(found.table.height).select(same.columns))
        whole_line = text[length - 1] == "\n" or text[length] == "\n"  # the vendor's own files do not end their last line
        assert whole_line or "truncated" in [flag.code for flag in found.flags], text[length - 20 : length]


# --- workbooks ----------------------------------------------------------------------------------------------------------------


def workbook(sheets: dict[str, list[list[Any]]]) -> bytes:
    """A workbook with inline texts, as small as a workbook can be."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

    def cell(value: Any, place: str) -> str:
        if isinstance(value, str):
            return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
        return "" if value is None else f'<c r="{place}"><v>{value!r}</v></c>'

    def sheet(rows: list[list[Any]]) -> str:
        body = "".join(
            f'<row r="{n}">{"".join(cell(value, f"{letter}{n}") for letter, value in zip(letters, row, strict=False))}</row>'
            for n, row in enumerate(rows, 1)
        )
        return f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{body}</sheetData></worksheet>'

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    named = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, 1))
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in range(1, len(sheets) + 1)
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{links}</Relationships>',
    }
    files |= {f"xl/worksheets/sheet{n}.xml": sheet(rows) for n, rows in enumerate(sheets.values(), 1)}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def typed(text: str) -> list[list[Any]]:
    """Rows of an export with numbers as numbers, and empty cells where nothing is written."""

    def value(word: str) -> Any:
        try:
            return float(word) if word else None
        except ValueError:
            return word

    lines = [line.split(",") for line in text.strip().split("\n")]
    return [[value(word) if not word[:1].isalpha() else word for word in line] for line in lines]


@pytest.fixture
def fastexcel() -> None:
    pytest.importorskip("fastexcel")


@pytest.mark.usefixtures("fastexcel")
@pytest.mark.parametrize("text", [FLAT, NESTED], ids=["flat", "nested"])
def test_a_workbook_is_the_same_record(text: str) -> None:
    data = workbook({"unit": [["Unit", "A"]], "cycle": [["Cycle Index", "Chg. Cap.(Ah)"], [1, 0.1]], "record": typed(text)})
    found = read_bytes(data, "x.xlsx", check=False)
    assert found.source.reader == "neware-xlsx"
    assert found.table.equals(read(text).table)


@pytest.mark.usefixtures("fastexcel")
def test_sheets_that_go_on_are_put_in_the_order_of_their_records() -> None:
    rows = typed(OLD)
    data = workbook({"Detail_1_1_1": [rows[0], *rows[3:]], "Detail_1_1": rows[:3], "DetailVol_1": [["Record Index", "T(V)"], [1, 2]]})
    assert column(read_bytes(data, "x.xlsx", check=False), "record_index") == [1, 2, 3, 4]


@pytest.mark.usefixtures("fastexcel")
def test_a_sheet_for_each_cycle_gives_the_cycle_by_its_name() -> None:
    rows = [[word for place, word in enumerate(row) if place != 3] for row in typed(OLD)]
    found = read_bytes(workbook({"Cycle 1": rows, "Cycle 2": rows}), "x.xlsx", check=False)
    assert column(found, "cycle_count") == [1] * 4 + [2] * 4
    assert column(found, "test_time_second") == [0.0, 60.5, 60.5, 120.5, 120.5, 181.0, 181.0, 241.0]


@pytest.mark.usefixtures("fastexcel")
def test_a_duration_in_a_cell_is_a_duration() -> None:
    rows = typed(FLAT)
    for row, seconds in zip(rows[1:], TIMES, strict=True):
        row[5] = str(datetime.timedelta(seconds=seconds))
    found = read_bytes(workbook({"record": rows}), "x.xlsx", check=False)
    assert column(found, "test_time_second") == TIMES


def test_a_workbook_without_fastexcel_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "fastexcel", None)
    with pytest.raises(MissingDependency, match=r'fastexcel is not installed. Install it with: pip install "dualion\[io\]"'):
        read_bytes(workbook({"record": typed(FLAT)}), "x.xlsx")


@pytest.mark.usefixtures("fastexcel")
def test_any_cut_or_wrong_bit_in_a_workbook_is_an_error_or_the_same_record() -> None:
    data = workbook({"record": typed(FLAT)})
    whole = read_bytes(data, "x.xlsx", check=False)
    for length in range(0, len(data), 61):
        with pytest.raises(ReadError):
            read_bytes(data[:length], "x.xlsx")
    for place in range(0, len(data), 23):
        changed = bytearray(data)
        changed[place] ^= 16
        try:
            found = read_bytes(bytes(changed), "x.xlsx", check=False)
        except ReadError:
            continue
        assert found.table.equals(whole.table)


def test_a_workbook_of_something_else_is_not_taken() -> None:
    from dualion.readers.neware.workbook import FORMATS

    data = workbook({"Sheet1": [["Binding energy (eV)", "Counts"], [284.8, 100]]})
    assert not FORMATS[0].recognises(Given("x", data, ""))
