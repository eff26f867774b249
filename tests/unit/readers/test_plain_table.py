"""Tables that people write: delimiters, units from the line of names, what is left out, cut ends, and what is refused."""

from __future__ import annotations

import random

import pytest

from dualion.errors import ReadError
from dualion.readers import read_bytes
from dualion.readers.texts.headings import heading
from dualion.records.measurement import Measurement

ROWS = ((0.0, 3.0, 1.5), (10.0, 3.25, -2.0), (20.0, 3.5, 0.0))
TIME, VOLTAGE, CURRENT = "test_time_second", "voltage_volt", "current_ampere"


def read(text: str, encoding: str = "utf-8") -> Measurement:
    return read_bytes(text.encode(encoding), "x.csv", check=False)


def codes(measured: Measurement) -> list[tuple[str, str]]:
    return [(flag.code, flag.severity) for flag in measured.flags]


def table(names: str, delimiter: str = ",", mark: str = ".", scale: tuple[float, float, float] = (1, 1, 1)) -> str:
    rows = [[f"{value * factor:.6f}".replace(".", mark) for value, factor in zip(row, scale, strict=True)] for row in ROWS]
    return "\n".join([names, *(delimiter.join(row) for row in rows)]) + "\n"


@pytest.mark.parametrize(
    ("names", "scale"),
    [
        ("time (s),voltage (V),current (A)", (1, 1, 1)),
        ("Test Time [ms],Potential[mV],I [mA]", (1e3, 1e3, 1e3)),
        ("time/h,Ewe/V,<I>/mA", (1 / 3600, 1, 1e3)),
        ("time_min,voltage_mV,current_uA", (1 / 60, 1e3, 1e6)),
        ("time_s,voltage_v,current_ma", (1, 1, 1e3)),
        ("Seconds,Volts,Amps", (1, 1, 1)),
        ("Elapsed time in hours,E / V,I / µA", (1 / 3600, 1, 1e6)),
        ("t (s),U（V）,Cell Current (mA)", (1, 1, 1e3)),
    ],
)
def test_units_are_those_of_the_line_of_names(names: str, scale: tuple[float, float, float]) -> None:
    found = read(table(names, scale=scale))
    for column, index in ((TIME, 0), (VOLTAGE, 1), (CURRENT, 2)):
        assert found.table[column].to_list() == pytest.approx([row[index] for row in ROWS], rel=1e-4)
    assert found.technique == "gcd"
    assert codes(found) == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "  "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(delimiter: str, end: str) -> None:
    text = table(delimiter.join(("time (s)", "voltage (V)", "current (A)")), delimiter).replace("\n", end)
    assert read(text).table.rows() == list(ROWS)


def test_a_decimal_comma_in_utf_16_after_lines_of_remarks() -> None:
    text = "Messung 7; Zelle A\n\n" + table("time (s);U (V);I (mA)", ";", ",", (1, 1, 1e3))
    assert read(text, "utf-16").table.rows() == list(ROWS)


def test_a_clock_without_a_unit_is_a_time() -> None:
    found = read("time,voltage (V)\n00:00:00,3\n26:00:01.5,4\n")
    assert found.table[TIME].to_list() == [0.0, 93601.5]


def test_without_a_current_it_is_a_record_of_the_potential_and_says_what_was_left_out() -> None:
    found = read("time (s),voltage (V),strom (A)\n0,3,1\n1,3,1\n")
    assert (found.technique, found.table.columns) == ("ocv", [TIME, VOLTAGE])
    assert codes(found) == [("columns_ignored", "warning")]
    assert "strom (A)" in found.flags[0].message


def test_counters_kinds_of_step_and_named_temperatures_are_read_and_the_rest_is_named() -> None:
    found = read("time (s),voltage (V),current (A),cycle,step,step type,cell temperature (degC),capacity (Ah)\n0,3,1,1,2,CC,25.5,0\n")
    assert found.table.row(0) == (0.0, 3.0, 1.0, 1, 2, "CC", 25.5)
    assert codes(found) == [("columns_ignored", "note")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("time,voltage (V)\n1,2\n", 'column "time": the heading has no unit'),
        ("time (s),voltage (kV)\n1,2\n", '"kV" is no unit of this quantity'),
        ("time (fortnight),voltage (V)\n1,2\n", '"fortnight" is no unit'),
        ("time (s),voltage (V),voltage (V)\n1,2,3\n", "both may be the voltage"),
        ("time (s),voltage (V)\n1,2\n3,4,5\n6,7\n", "line 3: it has 3 fields"),
        ("time (s),voltage (V)\n1,2\n3\n6,7\n", "line 3: it has 1 fields"),
        ("time (s),voltage (V)\n1,2,3\n4,5,6\n", "the rows have 3 fields"),
        ("time (s),voltage (V),current (A)\n1,2\n4,5\n", "the rows have 2 fields"),
        ("time (s),voltage (V)\n0,5,3,7\n1,0,3,8\n", "Check delimiter and decimal mark"),
        ("time (s),voltage (V)\n1,2\n2,3x\n", 'line 3, column "voltage .V.": "3x" is not a number'),
        ("time (s),voltage (V),cycle\n" + "1,2,1\n" * 20 + "1,2,l\n", '"l" is no integer'),
        ("voltage (V),current (A)\n1,2\n", "no reader knows"),
        ("1,2,3\n4,5,6\n", "no reader knows"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        read(text)


@pytest.mark.parametrize("unit", ["", " (kV)"])
def test_a_missing_unit_says_what_to_write(unit: str) -> None:
    with pytest.raises(ReadError, match=r'Write the unit into the heading of a copy of the file, such as "voltage \(V\)"'):
        read(f"time (s),voltage{unit}\n1,2\n")


def test_a_delimiter_at_the_end_of_each_line_is_no_column() -> None:
    assert read("time (s),voltage (V)\n1,2,\n3,4,\n").table.height == 2
    assert read("time (s),voltage (V),\n1,2\n3,4\n").table.height == 2


LONG = "time (s),voltage (V),current (mA)\n" + "".join(f"{n}.25,3.{n:04d},-1.{n % 7}\n" for n in range(200))


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 8, 12])
def test_a_last_row_that_is_cut_is_dropped_and_flagged(cut: int) -> None:
    found, whole = read(LONG[:-cut]), read(LONG)
    assert ("truncated", "note" if cut == 1 else "warning") in codes(found)
    assert found.table.height == (200 if cut == 1 else 199)
    assert found.table.equals(whole.table.head(found.table.height))


@pytest.mark.slow
def test_any_cut_gives_an_error_a_flag_or_whole_rows_only() -> None:
    whole, draw = read(LONG), random.Random(5)
    for _ in range(60):
        length = draw.randrange(len(LONG))
        try:
            found = read(LONG[:length])
        except ReadError:
            continue
        assert found.table.equals(whole.table.head(found.table.height))
        assert ("truncated" in dict(codes(found))) or LONG[length - 1] == "\n"


def test_an_integer_at_the_end_may_be_cut_and_is_never_kept() -> None:
    found = read("time (s),voltage (V),current (mA)\n0,3.0,100\n1,3.1,100\n2,3.2,10")
    assert (found.table.height, codes(found)) == (2, [("truncated", "warning")])


def test_the_tester_without_units_is_known_by_names_and_interval() -> None:
    rows = "".join(f"1,1,{101 * n},3.5,0.25\n" for n in range(1, 20))
    found = read("step,mode,time,voltage,current\n" + rows)
    assert found.table[TIME][0] == 0.101
    assert codes(found)[0] == ("units_assumed", "warning")
    with pytest.raises(ReadError, match="the heading has no unit"):
        read("step,mode,time,voltage,current\n" + "".join(f"1,1,{n},3.5,0.25\n" for n in range(20)))


@pytest.mark.parametrize(
    ("text", "name", "unit"),
    [
        ("Chg. Cap.(mAh)", "chgcap", "mAh"),
        ("Test Time / h", "testtime", "h"),
        ("Ewe/V", "ewe", "V"),
        ("test_time_second", "testtime", "s"),
        ("Time(h:min:s.ms)", "time", ""),
        ("Step Index / 1", "stepindex", "1"),
        ("温度(℃)", "温度", "degC"),
        ("R (Ω)", "r", "ohm"),
        ("I (MA)", "i", ""),
        ("Seconds", "", "s"),
    ],
)
def test_headings_are_taken_apart(text: str, name: str, unit: str) -> None:
    found = heading(text)
    assert (found.name, found.unit) == (name, unit)
