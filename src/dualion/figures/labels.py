"""Words on axes: units with superscripts, numbers with a true minus sign. Plain Python, no matplotlib."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SYMBOLS = {"ohm": "Ω", "mohm": "mΩ", "degC": "°C", "angstrom": "Å", "um": "µm", "uA": "µA", "uL": "µL", "ug": "µg", "umol": "µmol",
            "uF": "µF", "uAh": "µAh", "deg": "°", "coulomb": "C"}  # fmt: skip
_TERM = re.compile(r"(?P<symbol>wt%|at%|%|1|[^\W\d]+)(?P<power>-?\d+)?$")
_GROUP = re.compile(r"\((?P<inside>[^()]+)\)\^(?P<power>-?\d+(?:\.\d+)?)$")

#: Outside these, a number is written with a power of ten.
_SMALLEST_PLAIN, _LARGEST_PLAIN = 1e-3, 1e6
_SPACED_FROM = 1e4  # 10 000 with a thin space, 1000 without (ISO 80000-1, 7.3.1)
_MOST_DECIMALS = 4


def unit_text(unit: str) -> str:
    """A unit of the unit table as it is printed.

    Parameters
    ----------
    unit : str
        Such as ``"mAh/g"``; ``"1"`` and ``""`` give an empty text. A term that is not understood is left as it is written.

    Returns
    -------
    str

    Examples
    --------
    >>> unit_text("mAh/g"), unit_text("ohm cm2"), unit_text("1/angstrom"), unit_text("1")
    ('mAh g⁻¹', 'Ω cm²', 'Å⁻¹', '')
    """
    group = _GROUP.match(unit)
    if group:
        return f"({unit_text(group['inside'])})^{group['power'].replace('-', '−')}"
    terms = []
    for position, part in enumerate(unit.split("/")):
        for term in part.replace("·", " ").replace("*", " ").split():
            found = _TERM.match(term)
            if found is None:
                terms.append(term if position == 0 else f"/ {term}")
            elif found["symbol"] != "1":
                power = int(found["power"] or 1) * (1 if position == 0 else -1)
                symbol = _SYMBOLS.get(found["symbol"], found["symbol"])
                terms.append(symbol + ("" if power == 1 else superscript(power)))
    return " ".join(terms)


def superscript(number: int) -> str:
    """An integer in superscript digits."""
    return str(number).translate(_SUPERSCRIPTS)


def axis_label(quantity: str, unit: str) -> str:
    """Quantity and unit, such as ``"Specific capacity (mAh g⁻¹)"``."""
    printed = unit_text(unit)
    return f"{quantity} ({printed})" if printed else quantity


def plain_number(value: float, decimals: int | None = None) -> str:
    """A number as on an axis: no superfluous zeros, a true minus, thousands set apart, powers of ten where plain digits would be long.

    Parameters
    ----------
    value : float
        [unit] of the axis, as all numbers here.
    decimals : int, optional
        Digits behind the point; without it, as many as the number needs.

    Returns
    -------
    str

    Examples
    --------
    >>> plain_number(10000), plain_number(-0.5), plain_number(2e-14)
    ('10\\u2009000', '−0.5', '2 × 10⁻¹⁴')
    """
    size = abs(value)
    if value == 0:
        return "0" if decimals is None else f"{0:.{decimals}f}"
    if size < _SMALLEST_PLAIN or size >= _LARGEST_PLAIN:
        return _with_power_of_ten(value)
    text = f"{value:.6g}" if decimals is None else f"{value:.{decimals}f}"
    if "e" in text:
        text = f"{value:.0f}"
    if size >= _SPACED_FROM:
        whole, point, rest = text.partition(".")
        text = f"{int(whole):,}".replace(",", "\u2009") + point + rest
    return text.replace("-", "−")


def _with_power_of_ten(value: float) -> str:
    mantissa, _, exponent = f"{value:.2e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    power = f"10{superscript(int(exponent))}"
    return (power if mantissa == "1" else f"{mantissa} × {power}").replace("-", "−")


def tick_texts(values: Sequence[float]) -> tuple[str, ...]:
    """Labels of evenly spaced ticks: all with the same number of decimals.

    Parameters
    ----------
    values : sequence of float, shape (n,)
        [unit] of the axis.

    Returns
    -------
    tuple of str, shape (n,)
    """
    largest = max((abs(value) for value in values), default=0.0)
    if largest >= _LARGEST_PLAIN or 0 < largest < 10 * _SMALLEST_PLAIN:
        return tuple(plain_number(value) if value == 0 else _with_power_of_ten(value) for value in values)
    for decimals in range(_MOST_DECIMALS + 1):
        if all(math.isclose(round(value, decimals), value, abs_tol=1e-9 * largest) for value in values):
            return tuple(plain_number(value, decimals) for value in values)
    return tuple(plain_number(value) for value in values)


def significant(value: float, digits: int = 4) -> str:
    """A number in any [unit] for a table, to a number of significant digits: ``"320.6"``, ``"−0.0135"``, ``"2.1 × 10⁻¹⁴"``."""
    if value == 0 or not math.isfinite(value):
        return plain_number(value) if value == 0 else "–"
    rounded = float(f"{value:.{digits - 1}e}")
    if not _SMALLEST_PLAIN <= abs(rounded) < _LARGEST_PLAIN:
        return _with_power_of_ten(rounded)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    text = f"{rounded:.{decimals}f}"
    return plain_number(float(text), min(decimals, len(text.rstrip("0").partition(".")[2])))
