"""What every reader is made of: one module for each vendor or format, and one row for each format.

A reader is a pure function of the bytes: the name of the file is a hint for messages only. It may raise anything while it works; the guard
turns whatever it is into a ``ReadError``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dualion.records.measurement import Measurement

#: [byte] The beginning of a file that a format is recognised by.
HEAD_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Declared:
    """What a user states of a file that does not say it itself.

    Parameters
    ----------
    measurement : str or None
        What it is: one of ``records.measurement.TECHNIQUES``.
    x_unit : str or None
        Of the first column, such as ``"1/angstrom"``.
    y_unit : str or None
        Of the second column, such as ``"1/cm"``.
    """

    measurement: str | None = None
    x_unit: str | None = None
    y_unit: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """The bytes of a file.

    Parameters
    ----------
    name : str
        Name of the file, without its folder.
    data : bytes
        Its content.
    sha256 : str
        Digest of the content, 64 hexadecimal digits.
    declared : Declared
        What the user states; it never overrules what the file says.
    """

    name: str
    data: bytes
    sha256: str
    declared: Declared = field(default_factory=Declared)

    @property
    def head(self) -> bytes:
        """The first bytes, by which a format is recognised."""
        return self.data[:HEAD_BYTES]


@dataclass(frozen=True, slots=True)
class Format:
    """One row of the table of formats.

    Parameters
    ----------
    name : str
        Such as ``"neware-nda"``.
    title : str
        For people, such as ``"Neware binary (.nda)"``.
    suffixes : tuple of str
        Usual endings, in lower case with their dot; never needed, and never trusted.
    recognises : callable
        ``(given) -> bool``, cheap, by content alone.
    read : callable
        ``(given) -> Measurement``, or a tuple of them for a file of several regions.
    version : int
        Raised whenever the reader gives another table.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    recognises: Callable[[Given], bool]
    read: Callable[[Given], Measurement | tuple[Measurement, ...]]
    version: int = 1
