"""Ordinates of a JCAMP-DX table ``(X++(Y..Y))`` in every form of writing.

    AFFN      numbers with blanks between them; an exponent may follow
    FIX       the same in columns
    PAC       the sign in the place of the blank: +10160-10159
    SQZ       the first digit and the sign in one letter: @ABCDEFGHI for 0 to 9, abcdefghi for -1 to -9
    DIF       the difference to the value before: % for 0, JKLMNOPQR for 1 to 9, jklmnopqr for -1 to -9
    DUP       how often the value, or the difference, stands there in all: STUVWXYZs for 1 to 9
    DIFDUP    both

A line whose last value is a difference is checked by the next line, which begins with that value once more. A question mark stands for a
missing value. An E may be an exponent or the digit 5: tables with other letters are squeezed and have no exponents; where E is the only
letter, the reading holds that agrees with the number of points.

Reference: McDonald & Wilks 1988, sections 5.8 to 5.10.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dualion.readers.texts.blocks import Text

Form = Literal["plain", "squeezed"]

#: Points of one table; a spectrum has some ten thousand, and a count of repeats may ask for any number.
MOST_POINTS = 20_000_000

_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?|\?")
_SQUEEZED = re.compile(r"(?P<kind>[@A-Ia-i%J-Rj-rS-Zs+-]?)(?P<digits>\d*\.?\d*)|\?")
_LETTERS = re.compile(r"[@%A-DF-Za-df-z]")
_FIRST = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")
_SQZ = {letter: (1, digit) for digit, letter in enumerate("@ABCDEFGHI")} | {
    letter: (-1, digit) for digit, letter in enumerate("abcdefghi", 1)
}
_DIF = {letter: (1, digit) for digit, letter in enumerate("%JKLMNOPQR")} | {
    letter: (-1, digit) for digit, letter in enumerate("jklmnopqr", 1)
}
_DUP = {letter: digit for digit, letter in enumerate("STUVWXYZs", 1)}


@dataclass(frozen=True, slots=True)
class Table:
    """Decoded ordinates, and where each line of the file stands among them.

    Parameters
    ----------
    ordinates : tuple of float, shape (n,)
        [1] as written, before their factor; NaN where the file has a question mark.
    abscissae : tuple of (int, float, int, int)
        Of each line: its number [1] in the file, its first number as written, index [1] of the value that stands there, and how many digits
        [1] the number has behind its decimal point.
    """

    ordinates: tuple[float, ...]
    abscissae: tuple[tuple[int, float, int, int], ...]


def forms(rows: Sequence[tuple[int, str]]) -> tuple[Form, ...]:
    """In which ways a table can be meant, the likeliest first.

    Parameters
    ----------
    rows : sequence of (int, str)
        Numbers [1] and texts of its lines.
    """
    text = "\n".join(row for _, row in rows)
    if _LETTERS.search(text):
        return ("squeezed",)
    return ("plain", "squeezed") if "E" in text or "e" in text else ("plain",)


def decode(text: Text, rows: Sequence[tuple[int, str]], form: Form) -> Table:
    """The ordinates of a table.

    Parameters
    ----------
    text : Text
        The file, for messages.
    rows : sequence of (int, str)
        Numbers [1] and texts of its lines.
    form : {"plain", "squeezed"}

    Returns
    -------
    Table

    Raises
    ------
    ReadError
        A sign that is none, a check value that differs, or a number that is not finite; the line is named.
    """
    values: list[float] = []
    lines: list[tuple[int, float, int, int]] = []
    checked = False  # whether the next line begins with the last value once more
    for line, row in rows:
        first = _FIRST.match(row)
        if first is None:
            raise text.error(line, f'"{row[:40]}" does not begin with an abscissa')
        rest = row[first.end() :]
        if form == "plain":
            found, differs = _plain(text, line, rest), False
        else:
            found, differs = _squeezed(text, line, rest, values)
        if checked and found:
            if found[0] != values[-1]:
                reason = f"the checksum fails: the line before ends with {values[-1]:g}, and this one begins with {found[0]:g}"
                raise text.error(line, reason, "A character is missing or wrong there. Export or copy the file anew.")
            lines.append((line, float(first[0]), len(values) - 1, _decimals(first[0])))
            found = found[1:]
        else:
            lines.append((line, float(first[0]), len(values), _decimals(first[0])))
        values += found
        checked = differs
        if len(values) > MOST_POINTS:
            raise text.error(line, f"the table has more than {MOST_POINTS} points")
    return Table(tuple(values), tuple(lines))


def _plain(text: Text, line: int, rest: str) -> list[float]:
    found, at = [], 0
    for match in _PLAIN.finditer(rest):
        if rest[at : match.start()].strip(" \t,;"):
            break
        found.append(math.nan if match[0] == "?" else float(match[0]))
        at = match.end()
    if rest[at:].strip(" \t,;") or any(math.isinf(one) for one in found):
        raise text.error(line, f'"{rest[at:].strip()[:40] or rest.strip()[:40]}" is no number')
    return found


def _squeezed(text: Text, line: int, rest: str, before: Sequence[float]) -> tuple[list[float], bool]:
    """The values of a squeezed line, and whether the last one was written as a difference."""
    found: list[float] = []
    step: float | None = None  # the last difference; None where the last value was written whole
    for token in _tokens(text, line, rest):
        if token == "?":
            found, step = [*found, math.nan], None
            continue
        kind, digits = token[0], token[1:]
        if kind in _DIF:
            step = _number(_DIF[kind], digits)
            if not found:
                raise text.error(line, "the line begins with a difference, and the value that it follows is missing")
            found.append(found[-1] + step)
        elif kind in _DUP:
            times = int(f"{_DUP[kind]}{digits}") - 1
            if not found or times < 0 or times + len(found) + len(before) > MOST_POINTS:
                raise text.error(line, f'the count of repeats "{token[:20]}" repeats nothing, or too much')
            found += [found[-1] + step * k for k in range(1, times + 1)] if step is not None else [found[-1]] * times
        else:
            found.append(_number(_SQZ[kind], digits) if kind in _SQZ else float(token))
            step = None
    if any(math.isinf(one) for one in found):
        raise text.error(line, "a number is too large")
    return found, step is not None


def _tokens(text: Text, line: int, rest: str) -> list[str]:
    found, at = [], 0
    while at < len(rest):
        if rest[at] in " \t,;":
            at += 1
            continue
        match = _SQUEEZED.match(rest, at)
        token = match[0] if match else ""
        whole = token == "?" or token[:1] in _SQZ or token[:1] in _DIF or token[:1] in _DUP
        if (
            not token
            or (not whole and not any(sign.isdigit() for sign in token))
            or (token[:1] in _DUP and not token[1:].isdigit() and token[1:])
        ):
            raise text.error(line, f'"{rest[at : at + 20]}" is no number, and no sign of a squeezed table')
        found.append(token)
        at += len(token)
    return found


def _number(sign_digit: tuple[int, int], digits: str) -> float:
    sign, digit = sign_digit
    return sign * float(f"{digit}{digits}")


def _decimals(number: str) -> int:
    return len(number.partition(".")[2])
