"""Whatever a reader does, only ``ReadError`` leaves the guard; a stop from the keyboard and a missing library pass."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable

import polars as pl
import pytest

from dualion.errors import MissingDependency, ReadError
from dualion.readers.format import Format, Given
from dualion.readers.guard import guarded, protected, recognised
from dualion.readers.tables import measured
from dualion.records.measurement import Measurement

GIVEN = Given("x.bin", b"\1\2", "0" * 64)


def row(read: Callable[[Given], Measurement], recognises: Callable[[Given], bool] = lambda given: True) -> Format:
    return Format("odd", "Odd format (.odd)", (".odd",), recognises, read)


def raising(error: BaseException) -> Callable[[Given], Measurement]:
    def read(given: Given) -> Measurement:
        raise error

    return read


def panics(given: Given) -> Measurement:
    """A panic of a Rust library: it derives from BaseException and prints itself on the error stream."""
    os.write(2, b"thread panicked\n")
    raise pl.exceptions.PanicException("index out of bounds")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("bad\nthing"), "it cannot be read (ValueError: bad thing)"),
        (MemoryError(), "it needs more memory than there is"),
        (RecursionError("deep"), "it is nested too deeply"),
        (SystemExit(3), "it cannot be read (SystemExit: 3)"),
        (KeyError(), "it cannot be read (KeyError)"),
        (pl.exceptions.PanicException("x"), "it cannot be read (PanicException: x)"),
    ],
)
def test_any_error_becomes_a_read_error_with_file_and_format(error: BaseException, reason: str) -> None:
    with pytest.raises(ReadError) as caught:
        guarded(row(raising(error)), GIVEN)
    assert (caught.value.file, caught.value.position, caught.value.reason) == ("x.bin", "Odd format (.odd)", reason)
    assert "anew" in caught.value.hint


def test_a_read_error_keeps_its_place_and_gains_the_format() -> None:
    with pytest.raises(ReadError, match=r"^x.bin: Odd format \(.odd\), line 3: no. Do\.$"):
        guarded(row(raising(ReadError("x.bin", "line 3", "no", "Do."))), GIVEN)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MissingDependency("fastexcel", "io")])
def test_these_pass(error: BaseException) -> None:
    with pytest.raises(type(error)):
        guarded(row(raising(error)), GIVEN)


def test_a_panic_is_silent_and_the_error_stream_comes_back(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ReadError, match="PanicException: index out of bounds"):
        guarded(row(panics), GIVEN)
    assert capfd.readouterr().err == ""
    os.write(2, b"back\n")
    assert capfd.readouterr().err == "back\n"


def test_warnings_of_a_reader_are_no_errors_whatever_the_filter() -> None:
    def warns(given: Given) -> Measurement:
        warnings.warn("odd", stacklevel=1)
        return measured(given, {"voltage_volt": [1.0]}, technique="ocv", reader="odd")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (measured_,) = guarded(row(warns), GIVEN)
        assert measured_.table.height == 1


def test_a_format_that_fails_on_the_bytes_does_not_take_them() -> None:
    def fails(given: Given) -> bool:
        raise pl.exceptions.PanicException("x")

    def stops(given: Given) -> bool:
        raise KeyboardInterrupt

    assert not recognised(row(panics, fails), GIVEN)
    with pytest.raises(KeyboardInterrupt):
        recognised(row(panics, stops), GIVEN)


def test_work_without_a_name_of_a_format_keeps_its_position() -> None:
    with pytest.raises(ReadError, match=r"^f: line 1: why"):
        protected("f", "", lambda: (_ for _ in ()).throw(ReadError("f", "line 1", "why")))
