"""Reading under a limit of time, and what every measurement must be."""

from __future__ import annotations

import faulthandler
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

from dualion.errors import MissingDependency, ReadError
from dualion.readers import read_all_bytes
from dualion.readers.format import Declared
from dualion.records.measurement import TECHNIQUES, Measurement

#: [s] far above what any file here takes; beyond it a reader hangs.
LIMIT = 20.0
NAME = "holiday.jpg"


class Hang(KeyboardInterrupt):
    """Passes through every guard."""


@contextmanager
def _limited(what: str) -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:
        raise Hang(what)

    # code of a library that never returns is ended together with the process, with a trace
    faulthandler.dump_traceback_later(3 * LIMIT, exit=True, file=sys.__stderr__)
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        faulthandler.cancel_dump_traceback_later()


def outcomes(data: bytes, declared: Declared | None = None) -> tuple[Measurement, ...] | None:
    """Read some bytes under a wrong name: every region, or None for a ``ReadError``; anything else fails the test."""
    try:
        with _limited("reading"):
            found = read_all_bytes(data, NAME, declared=declared)
    except ReadError as error:
        _check_words(error)
        return None
    except MissingDependency:
        return None
    except Hang:
        pytest.fail(f"reading takes more than {LIMIT} s")
    assert found, "no region"
    assert len({one.region for one in found}) == len(found), "two regions of one name"
    return tuple(sound(one) for one in found)


def outcome(data: bytes) -> Measurement | None:
    """The one measurement of some bytes; None for a ``ReadError``, as where they hold several."""
    found = outcomes(data)
    return found[0] if found is not None and len(found) == 1 else None


def _check_words(error: ReadError) -> None:
    """File, position and reason are there, in one line."""
    assert error.file == NAME
    assert error.position
    assert error.reason
    assert "\n" not in error.reason


def sound(measured: Measurement) -> Measurement:
    """A measurement whose table, technique, source and flags are what the contract says."""
    assert measured.technique in TECHNIQUES
    assert measured.table.height > 0
    types = {str(dtype).split("(")[0] for dtype in measured.table.schema.values()}
    assert types <= {"Float64", "Int64", "Enum"}, types
    codes = {flag.code for flag in measured.flags}
    for series in measured.table.get_columns():
        if str(series.dtype) == "Float64" and not series.drop_nulls().is_finite().all():
            assert "missing_values" in codes, f"{series.name} holds NaN or infinity"
    assert len(measured.source.sha256) == 64
    assert measured.source.reader_version >= 1
    assert all(flag.message and flag.severity in ("note", "warning", "refusal") for flag in measured.flags)
    return measured
