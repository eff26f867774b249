"""What stands between any bytes and the rest of the program.

Whatever a reader raises, on whatever bytes, leaves here as a ``ReadError`` with file, format, position, reason and remedy. Rust libraries
end with a panic, which is no ``Exception`` and is printed by the library itself; both are caught. Only a stop from the keyboard passes, and
a library that is not installed, which is nobody's file.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from dualion.errors import MissingDependency, ReadError
from dualion.readers.format import Format, Given
from dualion.records.measurement import Measurement

_T = TypeVar("_T")

#: Characters [1] of an unexpected error that a message shows.
_SHOWN = 160
_STDERR = 2  # file descriptor
_HINT = "The file is damaged, or is not what it looks like. Export or copy it anew"


@dataclass(slots=True)
class _Silence:
    """How many readers are at work in all threads, and what to undo after the last."""

    readers: int = 0
    undo: ExitStack = field(default_factory=ExitStack)


_silence, _alone = _Silence(), threading.Lock()


def guarded(one: Format, given: Given) -> tuple[Measurement, ...]:
    """Read with one format.

    Parameters
    ----------
    one : Format
    given : Given

    Returns
    -------
    tuple of Measurement
        At least one; each of several has a region of its own.

    Raises
    ------
    ReadError
        Whatever went wrong.
    MissingDependency
        An optional library is absent.
    """
    found = protected(given.name, one.title, lambda: one.read(given))
    several = found if isinstance(found, tuple) else (found,)
    if not several:
        raise ReadError(given.name, one.title, "the file holds no measurement", "Export the measurement anew.")
    return _told_apart(several) if len(several) > 1 else several


def _told_apart(several: tuple[Measurement, ...]) -> tuple[Measurement, ...]:
    """Regions of a file, each under a name of its own: numbered where names repeat or are missing."""
    names = [one.region.strip() or "region" for one in several]
    counts = {name: names.count(name) for name in names}
    seen: dict[str, int] = {}
    told = []
    for one, name in zip(several, names, strict=True):
        seen[name] = seen.get(name, 0) + 1
        told.append(replace(one, region=f"{name} {seen[name]}" if counts[name] > 1 or not one.region.strip() else name))
    return tuple(told)


def recognised(one: Format, given: Given) -> bool:
    """Whether a format takes the bytes for its own; one that fails on them does not."""
    try:
        with _quiet():
            return bool(one.recognises(given))
    except KeyboardInterrupt:
        raise
    except BaseException:
        return False


def protected(name: str, what: str, work: Callable[[], _T]) -> _T:
    """Do some work on bytes, such that only a ``ReadError`` escapes.

    Parameters
    ----------
    name : str
        Of the file.
    what : str
        What it is read as; put before the position.
    work : callable

    Returns
    -------
    object
        What the work gives.

    Raises
    ------
    ReadError
        Whatever went wrong.
    MissingDependency
        An optional library is absent.
    """
    try:
        with _quiet():
            return work()
    except ReadError as error:
        position = error.position if not what or error.position.startswith(what) else f"{what}, {error.position}"
        raise ReadError(error.file, position, error.reason, error.hint) from error
    except (KeyboardInterrupt, MissingDependency):
        raise
    except BaseException as error:
        raise ReadError(name, what or "start of file", _reason(error), f"{_HINT}.") from None


def _reason(error: BaseException) -> str:
    """One line on an error that nobody foresaw."""
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    with suppress(BaseException):
        text = " ".join(str(error).split())
        return f"it cannot be read ({type(error).__name__}: {text[:_SHOWN]})" if text else f"it cannot be read ({type(error).__name__})"
    return f"it cannot be read ({type(error).__name__})"


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings, and nothing on the error stream of the process: a panic prints itself there."""
    with _alone:
        if not _silence.readers:
            _silence.undo.callback(_turned_back, _turned_away())
            _silence.undo.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
        _silence.readers += 1
    try:
        yield
    finally:
        with _alone:
            _silence.readers -= 1
            if not _silence.readers:
                _silence.undo.close()


def _turned_away() -> int | None:
    """A copy of the error stream, which now leads nowhere; None where there is none."""
    try:
        kept = os.dup(_STDERR)
    except OSError:
        return None
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDERR)
    os.close(nowhere)
    return kept


def _turned_back(kept: int | None) -> None:
    if kept is not None:
        os.dup2(kept, _STDERR)
        os.close(kept)
