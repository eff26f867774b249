"""Reading what users write: TOML and text with limits, paths that stay in their folder, and the check against a model.

A hostile file is refused within a second: its size, its number of keys and the depth of its keys are bounded before the parser
sees it. ``validate``, ``Measure`` and the other field types are offered here as well.
"""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

from dualion.errors import SpecError
from dualion.records.measures import ClaimIds, Measure, Measured, MeasureTable, Number, Strictly, Text, Version, refusal, show, unknown_unit
from dualion.records.validation import Hint, did_you_mean, nearest, validate

__all__ = [
    "ClaimIds",
    "Hint",
    "Measure",
    "MeasureTable",
    "Measured",
    "Number",
    "Strictly",
    "Text",
    "Version",
    "did_you_mean",
    "inside",
    "nearest",
    "read_bytes",
    "read_text",
    "read_toml",
    "refusal",
    "show",
    "unknown_unit",
    "validate",
]

#: [byte] Largest TOML file read: the parser of the standard library needs 0.7 s for it.
LARGEST_TOML = 4 * 1024**2

#: Most keys of a TOML file, and most parts of one dotted key: the parser's time grows with the square of the parts.
MOST_KEYS = 50_000
MOST_KEY_PARTS = 32

#: A dotted key with too many parts, where a key may stand; possessive, so that it cannot run back.
_DEEP_KEY = re.compile(
    rf"""(?:^|[\[{{,])[ \t]*+(?:(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{MOST_KEY_PARTS}}}""", re.MULTILINE | re.ASCII
)
_POSITION = re.compile(r" ?\(at (?:line (?P<line>\d+), column (?P<column>\d+)|(?P<end>end of document))\)$")


def read_bytes(path: Path, *, name: str | None = None, largest: int) -> bytes:
    """Read a regular file of at most ``largest`` bytes.

    Parameters
    ----------
    path : Path
        The file.
    name : str, optional
        Its name in messages; the last part of the path by default.
    largest : int
        [byte]

    Raises
    ------
    SpecError
        It does not exist, is no regular file, or is too large.
    """
    shown = name or path.name
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise SpecError(f"{shown}: not a file. Write a file of this name.")
        if status.st_size > largest:
            raise SpecError(f"{shown}: {status.st_size} bytes are more than the {largest} that are read. Write a smaller file.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = "missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({getattr(error, 'strerror', None) or error})"
        raise SpecError(f"{shown}: {reason}. Write a file of this name that you may read.") from None


def read_text(path: Path, *, name: str | None = None, largest: int) -> str:
    """Read a UTF-8 file of at most ``largest`` bytes; a byte order mark and carriage returns are dropped.

    Raises
    ------
    SpecError
        As ``read_bytes``, or it is not UTF-8, or it holds a NUL.
    """
    shown = name or path.name
    content = read_bytes(path, name=shown, largest=largest)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SpecError(f"{shown}: line {line}: not UTF-8. Save the file as UTF-8.") from None
    if "\0" in text:
        raise SpecError(f"{shown}: line {text[: text.index(chr(0))].count(chr(10)) + 1}: holds a NUL. Save the file as plain text.")
    return text.replace("\r\n", "\n")


def read_toml(path: Path, *, name: str | None = None) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path : Path
        The file, of at most 4 MB and 50 000 keys.
    name : str, optional
        Its name in messages; the last part of the path by default.

    Returns
    -------
    dict
        Plain data.

    Raises
    ------
    SpecError
        It cannot be read, is too large, or is not TOML; the message names the line.
    """
    shown = name or path.name
    text = read_text(path, name=shown, largest=LARGEST_TOML)
    if text.count("=") > MOST_KEYS:
        raise SpecError(f"{shown}: more than {MOST_KEYS} keys. Write a smaller file.")
    if deep := _DEEP_KEY.search(text):
        number = text.count("\n", 0, deep.start()) + 1
        raise SpecError(f"{shown}: line {number}: a key of more than {MOST_KEY_PARTS} parts. Write a shorter one.")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{shown}: {_toml_problem(str(error), text)}") from None
    except RecursionError:
        raise SpecError(f"{shown}: tables or lists are nested too deeply. Write it flatter.") from None
    except ValueError as error:  # a date that does not exist, or an integer of thousands of digits
        raise SpecError(f"{shown}: not TOML ({str(error).splitlines()[0][:80]}). Correct the value.") from None


def _toml_problem(message: str, text: str) -> str:
    """Place and problem of a parser's message."""
    position = _POSITION.search(message)
    problem = show(_POSITION.sub("", message))[1:-1].replace('\\"', '"')
    line = text.count("\n") + 1 if position is None or position["line"] is None else int(position["line"])
    return f"line {line}: not TOML ({problem[:1].lower()}{problem[1:]}). Correct this line."


def inside(folder: Path, relative: str, *, file: str, key: str) -> Path:
    """A path that a user wrote, which must stay inside a folder.

    Parameters
    ----------
    folder : Path
        The folder.
    relative : str
        With ``/`` between its parts; no ``..``, not absolute, and no link that leads out.
    file, key : str
        Where it was written, for the message.

    Raises
    ------
    SpecError
        It leaves the folder.
    """
    plain = PurePosixPath(relative)
    problem = f'{file}: {key}: {show(relative)} leaves the folder. Write a path inside it, such as "cells/my-cell.toml".'
    if plain.is_absolute() or ".." in plain.parts or "\\" in relative or ":" in relative or not relative.strip() or "\0" in relative:
        raise SpecError(problem)
    path = folder / plain
    if not path.resolve().is_relative_to(folder.resolve()):
        raise SpecError(problem)
    return path
