"""Depth profiles: dialects of the headings, head, units, damage."""

from __future__ import annotations

import pytest

from dualion.errors import ReadError
from dualion.readers import read_bytes
from dualion.readers.depth.glow_discharge import FORMATS
from dualion.readers.format import Declared, Given
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity


def table(names: str, *, head: str = "", rows: tuple[str, ...] = ("0.0,1.0,2.0", "0.5,1.1,2.2")) -> bytes:
    return "\n".join([*([head] if head else []), names, *rows, ""]).encode()


def read(data: bytes) -> Measurement:
    return read_bytes(data, "profile.csv", check=False)


@pytest.mark.parametrize(
    "names",
    [
        "Time (s),Na 589 (V),C 156 (V)",
        "time [s],Na589.592 [V],C165.7 [V]",
        "Sputter time / s,Na I 589 nm,C I 156 nm",
        "t (sec),Na_589,C_156",
        "Temps (s),Na,C",
        "Zeit (s),Na (cps),C (cps)",
        "Time (s),Sodium signal,Carbon signal",
        "# time (s),Na 589 (a.u.),C 156 (a.u.)",
        '"Time (s)","Na 589 (V)","C 156 (V)"',
    ],
)
def test_headings_of_several_programs(names: str) -> None:
    found = read(table(names))
    assert found.technique == "gdoes"
    assert found.table["sodium_signal"].to_list() == [1.0, 1.1]
    assert found.table["carbon_signal"].to_list() == [2.0, 2.2]
    assert found.table["time_second"].to_list() == [0.0, 0.5]


@pytest.mark.parametrize(
    "names",
    [
        "time (s),voltage (V),current (A)",
        "time (s),V (V),I (A)",
        "time (s),C (F),I (A)",
        "cycle,C,N",
        "time (s),C (wt%),N (wt%)",
        "C,Na,O",
        "time (s),Na 589 (V),note",
    ],
)
def test_other_tables_are_not_profiles(names: str) -> None:
    assert not FORMATS[0].recognises(Given("x", table(names), ""))


def test_units_are_converted() -> None:
    found = read(table("Time (min),Na 589 (mV),C 156 (mV)"))
    assert found.table["time_second"].to_list() == [0.0, 30.0]
    assert found.table["sodium_signal"].to_list() == pytest.approx([1e-3, 1.1e-3])
    deep = read(table("Depth (um),Na 589 (V),C 156 (V)"))
    assert deep.table["depth_nanometre"].to_list() == pytest.approx([0.0, 500.0])


def test_a_time_without_unit_is_refused_or_declared() -> None:
    with pytest.raises(ReadError, match="the time has no unit"):
        read(table("time,Na 589 (V),C 156 (V)"))
    found = read_bytes(table("time,Na 589 (V),C 156 (V)"), "x", declared=Declared(x_unit="min"))
    assert found.table["time_second"].to_list() == [0.0, 30.0]
    with pytest.raises(ReadError, match="parsec"):
        read(table("time (parsec),Na 589 (V),C 156 (V)"))


def test_the_head_becomes_conditions() -> None:
    head = "# Sample: MEC3\nPressure: 2 hPa\nPower (W) = 20\nState of charge: 50 %\nCharge: 120,5 mAh/g\n"
    head += "Transfer: inert\nSputter rate; 12 nm/s\nNoise: loud"
    found = read(table("Time (s),Na 589 (V),C 156 (V)", head=head)).conditions
    assert found["pressure"] == Quantity(200.0, "Pa", rule="as the file states it")
    values = {name: one.value for name, one in found.items() if isinstance(one, Quantity)}
    assert values == pytest.approx({"pressure": 200, "power": 20, "state_of_charge": 50, "charge": 120.5, "sputter_rate": 12})
    assert (found["title"], found["transfer"], found["y_unit"], found["sodium_line"]) == ("MEC3", "inert", "V", "589 nm")


def test_a_pressure_in_an_unknown_unit_is_left_out() -> None:
    assert "pressure" not in read(table("Time (s),Na 589 (V),C 156 (V)", head="Pressure: 200 furlongs")).conditions


def test_a_second_line_of_an_element_is_told() -> None:
    found = read(table("Time (s),Na 589 (V),Na 819 (V),C 156 (V),Li 670 (V)", rows=("0.0,1.0,5.0,2.0,3.0", "0.5,1.1,5.0,2.2,3.0")))
    (flag,) = [flag for flag in found.flags if flag.code == "columns_ignored"]
    assert "Na 819" in flag.message
    assert "Li 670" in flag.message
    assert found.table["sodium_signal"].to_list() == [1.0, 1.1]


def test_missing_numbers_and_order_are_told() -> None:
    found = read_bytes(table("Time (s),Na 589 (V),C 156 (V)", rows=("1.0,,2.0", "0.5,1.1,2.2", "0.2,1.1,2.2")), "x")
    assert {"missing_values", "reversed_order"} <= {flag.code for flag in found.flags}
    assert found.table["sodium_signal"].to_list() == [None, 1.1, 1.1]


def test_a_row_that_is_cut_is_told() -> None:
    found = read(table("Time (s),Na 589 (V),C 156 (V)", rows=("0.0,1.0,2.0", "0.5,1.1")))
    assert "truncated" in {flag.code for flag in found.flags}
    assert found.table.height == 1


def test_a_word_among_numbers_is_refused_with_its_row() -> None:
    with pytest.raises(ReadError, match="not a number") as caught:
        read(table("Time (s),Na 589 (V),C 156 (V)", rows=("0.0,1.0,2.0", "0.5,one,2.0", "1.0,1.0,2.0")))
    assert "line 3" in caught.value.position


@pytest.mark.parametrize("line", ["# a" + " " * 50_000 + "b", "#" * 50_000])
def test_long_lines_of_the_head_do_not_hang(line: str) -> None:
    assert read(table("Time (s),Na 589 (V),C 156 (V)", head=line)).table.height == 2
