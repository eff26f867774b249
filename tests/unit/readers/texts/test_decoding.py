"""Bytes to text and texts to numbers: encodings, line ends, decimal marks, groups of digits, and what is refused."""

from __future__ import annotations

import pytest

from dualion.errors import ReadError
from dualion.readers.format import Given
from dualion.readers.texts.clock import looks_like_clock, seconds
from dualion.readers.texts.decoding import Marks, decoded, encoding_of, looks_like_text, numbers

WORDS = {
    "utf-8": "Größe 電圧 µA",
    "gb18030": "电流(mA) 电压(V)",
    "cp932": "電圧 コメント テスト",
    "latin-1": "Größe µA °C é ²",
}


def given(data: bytes) -> Given:
    return Given("x.txt", data, "0" * 64)


def read(*cells: str, marks: Marks | None = None) -> list[float | None]:
    return numbers(given(b""), list(cells), where=lambda row: f"row {row}", marks=marks).to_list()


@pytest.mark.parametrize("encoding", WORDS)
def test_an_encoding_is_found_by_its_bytes(encoding: str) -> None:
    text = f"{WORDS[encoding]}\n1.5,2.5\n"
    assert encoding_of(text.encode(encoding)) == encoding
    assert decoded(given(text.encode(encoding))) == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_decides_and_is_left_out(encoding: str) -> None:
    data = "time (s);U/V\n1;2\n".encode(encoding)
    assert looks_like_text(data)
    assert decoded(given(data)) == "time (s);U/V\n1;2\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_becomes_one(end: str) -> None:
    assert decoded(given(f"a,b{end}1,2{end}".encode())) == "a,b\n1,2\n"


def test_a_character_that_is_cut_at_the_end_does_not_change_the_encoding() -> None:
    assert decoded(given("µA\n1,°".encode()[:-1])) == "µA\n1,"


@pytest.mark.parametrize(("data", "byte"), [(b"a,b\n1,\x002\n", 6), ("a\0b".encode("utf-16"), 4)])
def test_a_nul_byte_is_refused_with_its_place(data: bytes, byte: int) -> None:
    with pytest.raises(ReadError, match=f"byte {byte}: a text file has no such character"):
        decoded(given(data))


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (("1.5", "-2e3", " 4 ", "+.5"), [1.5, -2000.0, 4.0, 0.5]),
        (("1,5", "2"), [1.5, 2.0]),
        (("1.234,5", "0,1"), [1234.5, 0.1]),
        (("1,234.5", "12"), [1234.5, 12.0]),
        (("1,234", "5.5"), [1234.0, 5.5]),
        (("1.234", "3,71"), [1234.0, 3.71]),  # with a decimal comma a point can only divide thousands
        (("1 234,5", "1"), [1234.5, 1.0]),
        (("1'234.5",), [1234.5]),
        (("1,234,567",), [1234567.0]),
        (("1,23e-5",), [1.23e-5]),
        (("NaN", "--", "#DIV/0!", "", "inf", "1"), [None, None, None, None, None, 1.0]),
    ],
)
def test_numbers_as_instruments_and_spreadsheets_write_them(cells: tuple[str, ...], values: list[float | None]) -> None:
    assert read(*cells) == values


@pytest.mark.parametrize("cells", [("1,234", "5"), ("1,234", "12,345")])
def test_a_comma_that_may_be_either_mark_is_refused(cells: tuple[str, ...]) -> None:
    with pytest.raises(ReadError, match="may be a decimal mark, or divide thousands"):
        read(*cells)


@pytest.mark.parametrize("cells", [("4.0x",), ("1e400",), ("1.2.3",), ("0.5", "1,5"), ("4.0853", "3,71"), ("１",), ("0x1F",), ("1_0",)])
def test_what_is_no_number_is_refused_with_its_place(cells: tuple[str, ...]) -> None:
    with pytest.raises(ReadError, match=r"row \d+: .* is not a number"):
        read(*cells)


def test_a_lost_decimal_point_is_seen_where_numbers_do_not_begin_with_zeros() -> None:
    cells = ["-0.6537"] * 200 + ["-036537"]
    with pytest.raises(ReadError, match='"-036537" begins with a zero'):
        read(*cells)
    assert read(*(f"{n:04d}" for n in range(200)))[:3] == [0.0, 1.0, 2.0]  # all are padded


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("00:01:30", 90.0),
        ("144:02:18", 518538.0),
        ("0:00:01.25", 1.25),
        ("1-02:03:04", 93784.0),
        ("2 days 00:00:01", 172801.0),
        ("1.00:00:01", 86401.0),
        ("1900-01-01 06:00:05.500", 108005.5),  # thirty hours, as a workbook shows them
        ("1900-03-01 00:00:00", 61 * 86400.0),  # its calendar has a 29 February 1900
    ],
)
def test_times_of_a_clock(text: str, value: float) -> None:
    import polars as pl

    cells = pl.Series([text, ""])
    assert looks_like_clock(cells.head(1))
    assert seconds(given(b""), cells, where=str).to_list() == [pytest.approx(value, abs=1e-9), None]


@pytest.mark.parametrize("text", ["00:61:00", "00:00:61", "12:30", "noon", "1:2:3:4"])
def test_what_is_no_time_is_refused(text: str) -> None:
    import polars as pl

    with pytest.raises(ReadError, match="is not a time"):
        seconds(given(b""), pl.Series([text]), where=lambda row: f"row {row}")
