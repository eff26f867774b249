"""The line of names is the first that a reader understands, and none beyond its preamble."""

from __future__ import annotations

from dualion.readers.texts.names_line import names_line

TEXT = "sample: A\n\ntime,voltage\n0,1\n"


def with_comma(line: str, start: int) -> tuple[int, str] | None:
    return (start, line) if "," in line else None


def test_the_first_line_that_is_understood() -> None:
    assert names_line(TEXT, 100, with_comma) == (11, "time,voltage")
    assert TEXT[11:].startswith("time,voltage"), "the place is that of its first character"


def test_a_line_behind_the_preamble_is_not_looked_for() -> None:
    assert names_line(TEXT, 2, with_comma) is None
    assert names_line(TEXT, 3, with_comma) == (11, "time,voltage")


def test_the_last_line_may_have_no_end() -> None:
    assert names_line("a\nb,c", 100, with_comma) == (2, "b,c")
    assert names_line("", 100, with_comma) is None
