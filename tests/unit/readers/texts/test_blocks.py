"""Rows of numbers between lines of text: widths, the last row of a cut file, runs of rows."""

from __future__ import annotations

import polars as pl
import pytest

from dualion.errors import ReadError
from dualion.readers.format import Given
from dualion.readers.texts.blocks import Block, Part, Text, heading_places, impedance_rows, inductive, read_block, read_parts, runs, text_of

PLACES = {"x": 0, "y": 1}


def text(content: str) -> Text:
    return text_of(Given("a.txt", content.encode(), "0" * 64))


def block(content: str, **options: bool) -> Block:
    found = text(content)
    return read_block(found, range(len(found.lines)), PLACES, split=str.split, widths=(2,), **options)


FIXED = "".join(f"{at}.50 {at}.25\n" for at in range(9))


def test_lines_and_their_ends() -> None:
    assert text("a\r\nb\rc\n").lines == ("a", "b", "c")
    assert text("a\nb\n").ended
    assert not text("a\nb").ended
    assert text("a\n\n").lines == ("a", "")


@pytest.mark.parametrize(
    ("last", "kept"),
    [
        ("9.50 9.25", True),  # written as every row before it: whole
        ("9.50 9.2", False),
        ("9.50 9.", False),
        ("9.50 9", False),
        ("9.50 19.25", False),  # of another length: it may go on
        ("9.50", False),
        ("9.50 -9.25", True),
        ("9.50 -", False),
    ],
)
def test_the_last_row_without_end_is_kept_only_if_it_shows_that_it_is_whole(last: str, kept: bool) -> None:
    read = block(FIXED + last)
    assert (read.height, read.cut) == ((10, False) if kept else (9, True))
    assert read.columns["y"].to_list()[:9] == [at + 0.25 for at in range(9)]


def test_whole_numbers_never_show_that_they_are_whole() -> None:
    assert block("".join(f"{at}.5 {at}\n" for at in range(9)) + "9.5 9").cut
    assert block("1.50 2.25").cut  # nor does a single row
    assert not block(FIXED + "9.50 9.25\n").cut


def test_a_row_of_another_width_names_its_line() -> None:
    with pytest.raises(ReadError, match="3 fields instead of 2") as refused:
        block("1 2\n3 4\n5 6 7\n")
    assert refused.value.position == "line 3"
    with pytest.raises(ReadError, match="1 fields instead of 2"):
        block("1\n2\n")


def test_words_are_null_or_name_their_place() -> None:
    assert block("1 NaN\n2 --\n3 4\n").columns["y"].to_list() == [None, None, 4.0]
    with pytest.raises(ReadError, match='"twelve" is not a number') as refused:
        block("1 2\n3 twelve\n")
    assert refused.value.position == "line 2, y"


def test_decimal_commas_only_where_they_may_be() -> None:
    assert block("1,5 2,25\n3,5 4,5\n").columns["y"].to_list() == [2.25, 4.5]
    with pytest.raises(ReadError):
        block("1,5 2,25\n3,5 4,5\n", decimal_comma=False)


def test_parts_with_other_columns_are_joined() -> None:
    found = text("1 2\n3 4\n5 6 7\n")
    parts = [Part(range(2), {"x": 0, "y": 1}, (2,)), Part(range(2, 3), {"x": 0, "z": 2}, (3,))]
    read, heights = read_parts(found, parts, split=str.split)
    assert heights == (2, 1)
    assert {name: column.to_list() for name, column in read.columns.items()} == {"x": [1, 3, 5], "y": [2, 4, None], "z": [None, None, 7]}


def test_a_cut_shortens_the_last_part_that_has_rows() -> None:
    found = text("1 2\n3 4\n5 6\n7")
    parts = [Part(range(2), PLACES, (2,)), Part(range(2, 4), PLACES, (2,))]
    read, heights = read_parts(found, parts, split=str.split)
    assert (read.cut, read.height, heights) == (True, 3, (2, 1))


def test_a_column_twice_is_refused() -> None:
    with pytest.raises(ReadError, match='"b" stands there 2 times'):
        heading_places(text("a b b\n"), 0, ["a", "b", "b"], {"ours": ("b",)})
    assert heading_places(text("a b b\n"), 0, ["a", "b", "b"], {"ours": ("c", "a")}) == {"ours": 0}


def test_runs_count_changes_of_any_column() -> None:
    assert runs(pl.Series([5, 5, 1, 1, 1]), pl.Series([0.0, 0.0, 0.0, None, None])).to_list() == [1, 1, 2, 3, 3]


def test_rows_of_direct_current_have_no_impedance() -> None:
    columns = {name: pl.Series([1.0, 2.0, 3.0]) for name in ("real_impedance_ohm", "imaginary_impedance_ohm", "voltage_volt")}
    read = impedance_rows(columns | {"frequency_hertz": pl.Series([0.0, None, 10.0])})
    assert read["frequency_hertz"].to_list() == read["real_impedance_ohm"].replace(3.0, 10.0).to_list() == [None, None, 10.0]
    assert read["voltage_volt"].to_list() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(("values", "said"), [([-1.0] * 6, 0), ([1.0] * 6, 1), ([1.0, 1.0, -1.0, -1.0, -1.0], 0), ([1.0] * 4, 0), ([], 0)])
def test_mostly_positive_imaginary_parts_are_said(values: list[float], said: int) -> None:
    assert len(inductive({"imaginary_impedance_ohm": pl.Series(values, dtype=pl.Float64)})) == said
    assert inductive({}) == ()
