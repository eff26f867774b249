"""Neware's binary files, written by hand: version 8 of .nda, 59 bytes a record."""

import struct

import numpy as np
import pytest

from dualion.errors import ReadError
from dualion.readers import read_bytes, sniff
from dualion.readers.neware.binary import cycles_by_steps
from dualion.records.measurement import Measurement

BEGIN = 2048
CHARGE, DISCHARGE, REST = 1, 2, 4
WORDS = {CHARGE: "CC_Chg", DISCHARGE: "CC_DChg", REST: "Rest"}
#: Code, number of records, current [uA] of each step.
STEPS = ((REST, 3, 0), (DISCHARGE, 4, -500), (CHARGE, 5, 400), (DISCHARGE, 4, -500), (CHARGE, 2, 400))
ROWS = sum(count for _, count, _ in STEPS)
RANGE, PER_MA = 10, 1000  # [mA] range of the instrument, and its unit in a file: 1 uA


def nda(*, length: bool = True, mass: int = 0) -> bytes:
    """An .nda file of version 8; counters of charge in uA s, every record ten seconds after the one before."""
    head = bytearray(BEGIN)
    head[:6], head[14] = b"NEWARE", 8
    head[16:20] = struct.pack("<I", 200)
    head[226:230] = struct.pack("<i", RANGE)
    head[64:72] = struct.pack("<II", BEGIN, 59 * ROWS if length else 0)
    head[144:148] = struct.pack("<I", mass)
    body, index = b"", 0
    for step, (code, count, current) in enumerate(STEPS, start=1):
        for k in range(count):
            index += 1
            passed = 10 * k * abs(current)
            body += struct.pack(
                "<BIIBBIii8xqqQ4x", 0, index, 1, step, code, 10 * k, 10_000 + index, current, passed, 2 * passed, 1_600_000_000 + index
            )
    return bytes(head) + body


@pytest.fixture
def measured() -> Measurement:
    return read_bytes(nda(), "cell.nda", check=False)


def test_units_and_signs(measured: Measurement) -> None:
    table = measured.table
    assert sniff(nda()).name == measured.source.reader == "neware-nda"
    assert table.height == ROWS
    assert table["record_index"].to_list() == list(range(1, ROWS + 1))
    assert table["current_ampere"].unique().sort().to_list() == pytest.approx([-500e-6, 0, 400e-6])
    ends = table.group_by("step_count", maintain_order=True).last()
    assert ends["step_net_capacity_ah"].to_list() == pytest.approx(
        [0, -30 * 500e-6 / 3600, 40 * 400e-6 / 3600, -30 * 500e-6 / 3600, 10 * 400e-6 / 3600]
    )
    assert ends["step_net_energy_wh"].to_list() == pytest.approx((2 * ends["step_net_capacity_ah"]).to_list())
    assert ends["step_time_second"].to_list() == [20, 30, 40, 30, 10]
    assert ends["test_time_second"].to_list() == [20, 50, 90, 120, 130]
    assert table["unix_time_second"][0] == 1_600_000_001
    assert table["voltage_volt"][0] == pytest.approx(1.0001, abs=1e-7)


def test_words_and_counts(measured: Measurement) -> None:
    table = measured.table
    assert table["step_type"].to_list() == [WORDS[code] for code, count, _ in STEPS for _ in range(count)]
    assert table["cycle_count"].to_list() == [1] * ROWS
    assert table["cycle_count_auto"].to_list() == [1] * 12 + [2] * 6
    assert measured.flags == ()
    assert measured.technique == "gcd"


def test_cycles_rise_where_a_step_of_the_first_sort_follows_the_other() -> None:
    codes = np.array([REST, DISCHARGE, REST, DISCHARGE, CHARGE, REST, DISCHARGE, CHARGE, CHARGE, DISCHARGE], dtype=np.uint8)
    assert cycles_by_steps(codes).tolist() == [1, 1, 1, 1, 1, 1, 2, 2, 2, 3]
    assert cycles_by_steps(np.full(3, REST, dtype=np.uint8)).tolist() == [1, 1, 1]
    assert cycles_by_steps(codes[:0]).tolist() == []


@pytest.mark.parametrize("cut", [1, 30, 59, 60, 59 * 10])
def test_a_cut_file_says_so(cut: int) -> None:
    found = read_bytes(nda()[:-cut], "cell.nda", check=False)
    assert [flag.code for flag in found.flags] == ["truncated"]
    assert str(cut) in found.flags[0].message
    assert found.table.height == ROWS - -(-cut // 59)


def test_a_header_without_a_length_says_so() -> None:
    assert [flag.code for flag in read_bytes(nda(length=False), "cell.nda", check=False).flags] == ["truncated"]
    cut = read_bytes(nda(length=False)[:-20], "cell.nda", check=False)
    assert "cut after 39 byte" in cut.flags[0].message


@pytest.mark.parametrize(("mass", "told"), [(0, None), (1000, None), (1512, 1.512)])
def test_the_mass_of_the_header_is_told_where_somebody_gave_one(mass: int, told: float | None) -> None:
    """0 and the vendor's 1 mg count as missing."""
    found = read_bytes(nda(mass=mass), "cell.nda", check=False).conditions.get("active_mass")
    assert (found if isinstance(found, str) or found is None else found.value) == told


@pytest.mark.parametrize("data", [nda()[:BEGIN], nda()[:100], nda()[:10], nda()[:14] + b"\xff" + nda()[15:], b"NEWARE"])
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(ReadError):
        read_bytes(data, "cell.nda")
