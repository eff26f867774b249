"""What the heading of a column says: which quantity, in which unit.

Units are written in many ways (``Voltage(V)``, ``Voltage / V``, ``Ewe/V``, ``time [s]``, ``current_mA``, ``Seconds``). A unit that is
not in the list is an error where the column is needed: a guess would be a number that looks right.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import polars as pl

from dualion.errors import ReadError
from dualion.readers.format import Given
from dualion.units import compatible, unit

#: Units as they are written, and their names in the unit table; symbols are taken as they are, words in any case.
_SYMBOLS = {
    "s": "s", "ms": "ms", "h": "h", "d": "d", "V": "V", "v": "V", "mV": "mV", "A": "A", "mA": "mA", "uA": "uA", "Ah": "Ah", "mAh": "mAh",
    "uAh": "uAh", "A.h": "Ah", "mA.h": "mAh", "AH": "Ah", "mAH": "mAh", "Wh": "Wh", "mWh": "mWh", "W.h": "Wh", "mW.h": "mWh", "°C": "degC",
    "K": "K", "Hz": "Hz", "kHz": "kHz", "Ω": "ohm", "mΩ": "mohm", "1": "1",
}  # fmt: skip
_WORDS = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "msec": "ms", "millisecond": "ms", "milliseconds": "ms", "min": "min",
    "mins": "min", "minute": "min", "minutes": "min", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d", "days": "d",
    "volt": "V", "volts": "V", "millivolt": "mV", "millivolts": "mV", "amp": "A", "amps": "A", "ampere": "A", "amperes": "A",
    "milliamp": "mA", "milliamps": "mA", "milliampere": "mA", "microamp": "uA", "microamps": "uA", "ohm": "ohm", "ohms": "ohm",
    "mohm": "mohm", "degc": "degC", "deg c": "degC", "celsius": "degC", "hertz": "Hz",
}  # fmt: skip
#: At the end of a name in lower case, such as ``current_ma``.
_LOWER = {"a": "A", "ma": "mA", "ua": "uA", "mv": "mV", "ah": "Ah", "mah": "mAh", "wh": "Wh", "mwh": "mWh"}
_BRACKETS = re.compile(r"^(?P<name>.*?)\s*[(\[{<](?P<unit>[^()\[\]{}<>]*)[)\]}>]\s*$")
_SLASH = re.compile(r"^(?P<name>.*\S)\s*/\s*(?P<unit>[^/]+)$")
_TAIL = re.compile(r"^(?P<name>.+?)[_ ](?:in[_ ])?(?P<unit>[A-Za-zµμΩ°]+)$")
_SIGNS = re.compile(r"[\s._\-:#*]+")

_LONGEST = 200  # [1] characters of a heading; more are no heading, and patterns take the square of their number
_HOW = 'Write the unit into the heading of a copy of the file, such as "{example}".'


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a column.

    Parameters
    ----------
    text : str
        As in the file.
    name : str
        The quantity, in lower case and without signs and spaces, such as ``"testtime"``.
    written : str
        The unit as in the file; empty where none is written.
    unit : str
        Of the unit table; empty where none is written or it is not known.
    """

    text: str
    name: str
    written: str = ""
    unit: str = ""


def heading(text: str) -> Heading:
    """A heading, taken apart.

    Parameters
    ----------
    text : str

    Returns
    -------
    Heading

    Examples
    --------
    >>> heading("Chg. Cap.(mAh)").name, heading("Chg. Cap.(mAh)").unit
    ('chgcap', 'mAh')
    >>> heading("Seconds").name, heading("Seconds").unit
    ('', 's')
    """
    plain = unicodedata.normalize("NFKC", text).replace("μ", "u").strip().strip('"').strip()
    if len(plain) > _LONGEST:
        return Heading(text, "")
    if plain.casefold() in _WORDS:
        return Heading(text, "", plain, _WORDS[plain.casefold()])
    for pattern in (_BRACKETS, _SLASH):
        found = pattern.match(plain)
        if found and found["name"].strip():
            return Heading(text, _bare(found["name"]), found["unit"].strip(), known_unit(found["unit"]))
    tail = _TAIL.match(plain)
    ending = (known_unit(tail["unit"]) or _LOWER.get(tail["unit"], "")) if tail else ""
    if tail and ending:
        return Heading(text, _bare(tail["name"]), tail["unit"], ending)
    return Heading(text, _bare(plain))


def known_unit(text: str) -> str:
    """Name in the unit table of a unit as it is written; empty where it is not known."""
    plain = unicodedata.normalize("NFKC", text).replace("μ", "u").strip()
    return _SYMBOLS.get(plain) or _WORDS.get(plain.casefold(), "")


def converted(given: Given, values: pl.Series, one: Heading, target: str, *, line: int, example: str) -> pl.Series:
    """Numbers of a column in a unit of ours.

    Parameters
    ----------
    given : Given
        For the message.
    values : polars.Series of float64, shape (n,)
    one : Heading
    target : str
        Unit of the result.
    line : int
        [1] of the headings in the file.
    example : str
        A heading that would be understood.

    Returns
    -------
    polars.Series of float64, shape (n,)

    Raises
    ------
    ReadError
        The heading has no unit, or one that is not known or of another dimension.
    """
    hint = _HOW.format(example=example)
    where = f'line {line}, column "{one.text[:40]}"'
    if not one.written:
        raise ReadError(given.name, where, "the heading has no unit", hint)
    if not one.unit or not compatible(one.unit, target):
        raise ReadError(given.name, where, f'"{one.written[:40]}" is no unit of this quantity that is known', hint)
    source, wanted = unit(one.unit), unit(target)
    if source.factor == wanted.factor and source.offset == wanted.offset:
        return values
    return (values * source.factor + (source.offset - wanted.offset)) / wanted.factor


def _bare(name: str) -> str:
    return _SIGNS.sub("", name).casefold()
