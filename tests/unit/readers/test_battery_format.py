"""Battery Data Format: names and labels, and what is written is what is read."""

from __future__ import annotations

import io
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from dualion.columns import COLUMNS
from dualion.errors import InputError, ReadError, SpecError
from dualion.readers import read_bytes
from dualion.readers.format import Given
from dualion.readers.tables import measured
from dualion.readers.write import CONVERTED, Form, to_battery_format
from dualion.records.cell_record import CellRecord
from dualion.records.measurement import Measurement, Source
from dualion.records.quantity import Flag, Quantity

NAMES = b"test_time_second,voltage_volt,current_ampere,cycle_count\n0,3.0,1e-3,1\n1,3.1,-1e-3,1\n"
CYCLING = ("test_time_second", "voltage_volt", "current_ampere")
FORMS: tuple[Form, ...] = ("csv", "parquet")


def read(data: bytes) -> Measurement:
    return read_bytes(data, "x", check=False)


def made(columns: dict[str, Any], **more: Any) -> Measurement:
    return measured(Given("cell.nda", b"", "b" * 64), columns, technique="gcd", reader="neware-nda", **more)


def test_machine_names_and_labels_are_the_same_table() -> None:
    labels = b"Test Time / s,Voltage / V,Current / A,Cycle Count / 1\n0,3.0,1e-3,1\n1,3.1,-1e-3,1\n"
    assert read(NAMES).table.equals(read(labels).table)
    assert read(NAMES).source.reader == "bdf-csv"


def test_a_label_with_another_unit_is_converted() -> None:
    found = read(b"Test Time / h,Voltage / mV,Current / mA\n0.5,3000,2\n").table
    assert found.row(0) == pytest.approx((1800.0, 3.0, 2e-3))


def test_a_spectrum_is_one_and_needs_no_time() -> None:
    found = read(b"frequency_hertz,real_impedance_ohm,imaginary_impedance_ohm\n10,1,-2\n")
    assert (found.technique, found.table.row(0)) == ("eis", (10.0, 1.0, -2.0))


def test_the_counters_that_the_format_gave_up_are_not_read() -> None:
    found = read(NAMES.replace(b"cycle_count", b"step_capacity_ah"))
    assert found.table.columns == list(CYCLING)
    assert [(flag.code, flag.severity) for flag in found.flags] == [("columns_ignored", "note")]
    assert "step_capacity_ah" in found.flags[0].message


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (NAMES.replace(b"3.1", b"3,1"), "it has 5 fields"),
        (NAMES.replace(b"cycle_count", b"Voltage / V"), "both are voltage_volt"),
        (NAMES.replace(b",1\n", b",1.5\n"), "values that are no integers"),
        (b"Test Time / fortnight,Voltage / V,Current / A\n1,2,3\n", '"fortnight" is no unit'),
        (b"Test Time / s,Voltage / A,Current / A\n1,2,3\n", '"A" is no unit of this quantity'),
        (NAMES[: NAMES.index(b"\n") + 1], "names and no rows"),
    ],
)
def test_what_is_not_understood_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        read(data)


NUMBERS = some.floats(allow_nan=False, allow_infinity=False) | some.none()
WORDS = some.text(alphabet='abc,;"\t µ電', min_size=1, max_size=6).map(str.strip).filter(bool) | some.none()


@some.composite
def tables(draw: some.DrawFn) -> dict[str, list[Any]]:
    rows = draw(some.integers(1, 8))
    names = draw(some.sets(some.sampled_from([name for name, one in COLUMNS.items() if one.bdf and name != "direction"]))) | set(CYCLING)
    kinds = {"number": NUMBERS, "counter": some.integers(-(2**53) + 1, 2**53 - 1), "text": WORDS}
    return {name: draw(some.lists(kinds[COLUMNS[name].kind], min_size=rows, max_size=rows)) for name in sorted(names)}


@pytest.mark.slow
@given(tables(), some.sampled_from(FORMS), some.booleans())
@settings(max_examples=30)
def test_what_is_written_is_what_is_read(columns: dict[str, list[Any]], form: Form, labels: bool) -> None:
    whole = made({name: pl.Series(values, dtype=_type(name)) for name, values in columns.items()})
    found = read(to_battery_format(whole, form, labels=labels))
    assert _plain(found.table).equals(_plain(whole.table))


def _type(name: str) -> Any:
    return {"number": pl.Float64, "counter": pl.Int64, "text": pl.String}[COLUMNS[name].kind]


def _plain(table: pl.DataFrame) -> pl.DataFrame:
    return table.select(pl.col(name).cast(_type(name)) for name in table.columns)


FULL = {"test_time_second": [0.0, 1.0], "voltage_volt": [3.0, None], "current_ampere": [0.1, float("nan")], "step_type": ["a", "b"]}


def test_parquet_keeps_what_the_table_cannot_say() -> None:
    cell = CellRecord(kind="half", working="anode", anode_mass=Quantity(1.2, "mg", stderr=0.1))
    conditions = {"temperature": Quantity(25.0, "degC"), "remark": "é"}
    before = made(FULL, conditions=conditions, cell=cell, flags=[Flag("truncated", "warning", "cut")])
    found = read(to_battery_format(before, "parquet"))
    assert (found.technique, found.cell, found.flags) == ("gcd", cell, before.flags)
    assert found.conditions == {CONVERTED: f"cell.nda (sha256 {'b' * 64}), read as neware-nda 1", **conditions}
    assert found.source.reader == "bdf-parquet"
    assert found.table["current_ampere"].to_list() == [0.1, None]


@pytest.mark.parametrize("form", FORMS)
def test_the_same_measurement_gives_the_same_bytes(form: Form) -> None:
    assert to_battery_format(made(FULL), form) == to_battery_format(made(FULL), form)


def test_a_csv_has_the_required_columns_and_none_that_the_format_gave_up() -> None:
    whole = made({**FULL, "step_net_capacity_ah": [0.0, 0.1], "step_net_energy_wh": [0.0, 0.1]})
    names, labels = (to_battery_format(whole, "csv", labels=on).decode().split("\n")[0].split(",") for on in (False, True))
    assert set(CYCLING) <= set(names)
    assert not {"step_capacity_ah", "step_energy_wh"} & set(names)
    assert {"Test Time / s", "Voltage / V", "Current / A", "Step Net Capacity / Ah"} <= set(labels)


def test_a_simulation_never_loses_that_it_is_one() -> None:
    whole = made(FULL)
    simulated = Measurement("gcd", whole.table, {}, "", Source("model", "c" * 64, "spme", 1, "simulation"))
    assert read(to_battery_format(simulated, "parquet")).simulated
    with pytest.raises(SpecError, match="a csv cannot say so"):
        to_battery_format(simulated, "csv")


def test_an_infinite_number_and_an_unknown_form_are_refused() -> None:
    with pytest.raises(InputError, match="voltage_volt: it holds an infinite number"):
        to_battery_format(made({**FULL, "voltage_volt": [float("inf"), 1.0]}))
    with pytest.raises(SpecError, match='"xls" is not known'):
        to_battery_format(made(FULL), "xls")  # type: ignore[arg-type]


def test_one_wrong_bit_in_a_parquet_file_of_ours_is_found() -> None:
    data = to_battery_format(made(FULL), "parquet")
    for place in range(4, len(data) - 12, 29):
        changed = bytearray(data)
        changed[place] ^= 4
        with pytest.raises(ReadError):
            read(bytes(changed))


def foreign(**more: Any) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"Test Time / h": [0.0, 1.0], "Voltage / V": [3, 4], "Current / A": [0.5, None], **more}).write_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.slow
def test_parquet_of_another_program_is_read_by_a_child() -> None:
    found = read(foreign(**{"Step Type": ["a", "b"], "odd": [[1], [2]]}))
    assert found.table.select(CYCLING).rows() == [(0.0, 3.0, 0.5), (3600.0, 4.0, None)]
    assert found.table["step_type"].to_list() == ["a", "b"]


def test_a_cut_parquet_of_another_program_is_an_error() -> None:
    with pytest.raises(ReadError, match="no reader knows what this is"):
        read(foreign()[:-1])


@pytest.mark.slow
@pytest.mark.parametrize("place", [4, 200])
def test_parquet_of_another_program_without_a_part_is_an_error(place: int) -> None:
    data = foreign()
    with pytest.raises(ReadError, match="table:"):
        read(data[:place] + data[place + 40 :])
