"""Numbers of the results document as words: value, error, unit, deviation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dualion.figures.labels import plain_number, significant, unit_text

SPACE = "\u00a0"  # keeps a number and its unit on one line

#: How a qualifier of a printed number is shown.
_QUALIFIERS = {"~": "about ", "<": "below ", ">": "above ", "min": "at least ", "max": "at most ", "=": "", "": ""}
_SIGNS = {"<=": "≤", ">=": "≥"}
_PERCENT = 100
_SMALLEST_PLAIN, _LARGEST_PLAIN = 1e-3, 1e6  # written without a power of ten


def amount(value: float | None, unit: str, stderr: float | None = None) -> str:
    """A value with its unit and its standard error; ``withheld`` where there is none.

    Parameters
    ----------
    value, stderr : float or None
        [unit]
    unit : str

    Returns
    -------
    str

    Examples
    --------
    >>> amount(81.4213, "mAh/g", 1.234)
    '81.4\\xa0±\\xa01.2\\xa0mAh\\xa0g⁻¹'
    """
    if value is None:
        return "withheld"
    number = significant(value)
    if stderr and (value == 0 or _SMALLEST_PLAIN <= abs(value) < _LARGEST_PLAIN):
        decimals = max(0, 1 - math.floor(math.log10(stderr)))
        number = f"{plain_number(value, decimals)}{SPACE}±{SPACE}{plain_number(stderr, decimals)}"
    elif stderr:
        number = f"{number}{SPACE}±{SPACE}{significant(stderr, 2)}"
    return with_unit(number, unit)


def with_unit(number: str, unit: str) -> str:
    """A number in words with its unit behind it."""
    printed = unit_text(unit).replace(" ", SPACE)
    return f"{number}{SPACE}{printed}" if printed else number


def printed(claim: Mapping[str, Any]) -> str:
    """A printed number as the source has it: its digits, qualifier and unit."""
    form = claim["printed"]
    return _QUALIFIERS.get(form["qualifier"], "") + with_unit(form["value"], form["unit"])


def percent(share: float, digits: int = 2) -> str:
    """A share [1] as a signed percentage: ``"+1.2 %"``."""
    number = significant(_PERCENT * share, digits)
    return f"{'+' if share > 0 else ''}{number}{SPACE}%"


def span(low: float, high: float, unit: str) -> str:
    """A range, such as ``"315.7 to 325.7 mAh g⁻¹"``."""
    return with_unit(f"{significant(low)} to {significant(high)}", unit)


def expected(text: str) -> str:
    """The expected side of a relation with typographic signs."""
    for written, shown in _SIGNS.items():
        text = text.replace(written, shown)
    return text.replace(" .. ", " to ")


def wanted(row: Mapping[str, Any]) -> str:
    """Expected side of a relation with its unit and tolerance, and with its value where it is written as an expression."""
    text, _, tolerance = expected(row["expected"]).partition(", tol ")
    if not text or row["value"] is None:
        return text or "no test"
    value = row["expected_value"]
    numbers = () if value is None else tuple(value) if isinstance(value, list | tuple) else (value,)
    if all(significant(number, 3) in text.replace("-", "−") or f"{number:g}" in text for number in numbers):
        text = with_unit(text, row["unit"])
    elif numbers:
        text = f"{text}, that is {with_unit(' to '.join(map(significant, numbers)), row['unit'])}"
    return f"{text}, within {percent(float(tolerance)).lstrip('+')}" if tolerance else text


def condition(entries: Mapping[str, Any]) -> str:
    """Conditions of a number: ``"current 1200 mA g⁻¹"``."""
    words = []
    for name, entry in entries.items():
        if isinstance(entry, Mapping) and "value" in entry:
            words.append(f"{name.replace('_', ' ')} {with_unit(str(entry['value']), str(entry.get('unit', '')))}")
        else:
            words.append(f"{name.replace('_', ' ')} {entry}")
    return ", ".join(words)


#: Parts of names that people write otherwise.
_WRITTEN = {
    "bet": "BET", "dft": "DFT", "saxs": "SAXS", "xrd": "XRD", "ftir": "FTIR", "xps": "XPS", "nexafs": "NEXAFS", "xafs": "XAFS",
    "gdoes": "GDOES", "eis": "EIS", "cv": "CV", "gitt": "GITT", "ici": "ICI", "d002": "d₀₀₂", "fwhm": "FWHM", "pi": "π*", "sp2": "sp²",
}  # fmt: skip
_PHRASES = {
    "id_ig_height": "I(D)/I(G), heights", "id_ig_area": "I(D)/I(G), areas", "l_c": "L_c", "l_a": "L_a", "bet_c": "BET C",
    "d_position": "D position", "g_position": "G position", "fwhm_002": "FWHM (002)", "fwhm_100": "FWHM (100)",
    "position_002": "position (002)",
}  # fmt: skip


def name_of(quantity: str) -> str:
    """A registered name in words.

    Examples
    --------
    >>> name_of("bet_area"), name_of("plateau_capacity"), name_of("id_ig_height")
    ('BET area', 'plateau capacity', 'I(D)/I(G), heights')
    """
    return _PHRASES.get(quantity) or " ".join(_WRITTEN.get(part, part) for part in quantity.split("_"))
