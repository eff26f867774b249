"""Words of the report of an analysis: a number with its error, an interval, a heading, a path that may be broken over lines."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from dualion.figures.labels import plain_number, significant, superscript, unit_text
from dualion.project.findings import interval
from dualion.records.quantity import Flag, Quantity
from dualion.report.values import SPACE, name_of, with_unit

_SMALLEST_PLAIN, _LARGEST_PLAIN = 1e-3, 1e5  # written without a power of ten
_ERROR_DIGITS = 2  # [1] significant digits of a standard error
_MOST_DECIMALS = 7  # [1]
_SPACED_FROM = 1e4  # thousands are set apart from here on, as on axes
_THIN = "\u2009"
_LONG_PATH = 24  # [1] characters above which a path may be broken
_WORD = re.compile(r"[a-z]+(?:_[a-z0-9]+)*")  # such as a flag or a rule; a name of a file stays as it is
_BREAKS = re.compile(r"(?<=[_.\-/])")


def number(quantity: Quantity, *, unit: bool = True) -> str:
    """A value with its standard error and its unit: as many digits as the error allows; ``withheld`` where there is none.

    Parameters
    ----------
    quantity : Quantity
    unit : bool
        Whether the unit is written; not where it stands in the heading.

    Returns
    -------
    str

    Examples
    --------
    >>> number(Quantity(196201.0, "ohm", 9811.0)), number(Quantity(0.507, "1", 0.0141))
    ('(1.962\\xa0±\\xa00.098)\\xa0×\\xa010⁵\\xa0Ω', '0.507\\xa0±\\xa00.014')
    """
    value, stderr = quantity.value, quantity.stderr
    if value is None:
        return "withheld"
    text = with_error(value, stderr) if stderr else significant(value).replace(" ", SPACE)
    return with_unit(text, quantity.unit) if unit else text


def with_error(value: float, stderr: float) -> str:
    """A value with its standard error, in any [unit], both to the second digit of the error and under one power of ten."""
    largest = max(abs(value), stderr)
    power = 0 if _SMALLEST_PLAIN <= largest < _LARGEST_PLAIN else math.floor(math.log10(largest))
    decimals = _ERROR_DIGITS - 1 - math.floor(math.log10(stderr / 10.0**power))
    if decimals > _MOST_DECIMALS:  # an error beyond the digits that anybody reads
        return f"{significant(value, _MOST_DECIMALS)}{SPACE}±{SPACE}{significant(stderr, _ERROR_DIGITS)}".replace(" ", SPACE)
    text = f"{SPACE}±{SPACE}".join(_fixed(part / 10.0**power, decimals) for part in (value, stderr))
    return f"({text}){SPACE}×{SPACE}10{superscript(power)}" if power else text


def _fixed(value: float, decimals: int) -> str:
    """A number to its decimals, which may be negative: then it ends in zeros."""
    text = f"{round(value, decimals):,.{max(0, decimals)}f}"
    if abs(value) < _SPACED_FROM:
        text = text.replace(",", "")
    return ("0" if not text.strip("-0.") else text).replace(",", _THIN).replace("-", "−")


def interval_text(quantity: Quantity) -> str:
    """The 95 % interval of a quantity in words; empty where it has none."""
    found = interval(quantity)
    return "" if found is None else f"{significant(found[0])} to {significant(found[1])}".replace(" ", SPACE)


def codes_of(flags: Iterable[Flag]) -> str:
    """Codes of flags, each once. As plain text: a code is never broken inside its word."""
    return ", ".join(dict.fromkeys(flag.code for flag in flags))


def headed(quantity: str, unit: str) -> str:
    """Heading of a column: the quantity in words, and its unit."""
    printed = unit_text(unit)
    return f"{name_of(quantity)} ({printed})" if printed else name_of(quantity)


def column_title(heading: str) -> str:
    """Heading of a column of a result's table: ``"discharge_capacity [mAh/g]"`` in words."""
    name, _, unit = heading.partition(" [")
    return headed(name, unit.removesuffix("]"))


def cell_text(value: object) -> str:
    """A cell of a result's table in words."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return significant(value)
    text = str(value)
    return plain_number(value) if isinstance(value, int) else text.replace("_", " ") if _WORD.fullmatch(text) else breakable(text)


def breakable(path: str) -> str:
    """A path that may be broken behind its underscores, points, hyphens and slashes where it is long."""
    return path if len(path) <= _LONG_PATH else _BREAKS.sub("\u200b", path).strip("\u200b")
