"""One unit table, and the only place where units are converted.

A unit is written as in the field: ``mAh/g``, ``mg/cm2``, ``cm-1``, ``ohm cm2``, ``degC/min``, ``(mV/s)^-0.5``. It is a product of
symbols of the table, each with an optional integer exponent behind it, ``/`` before a symbol that divides. ``1`` is the
dimensionless unit. A C-rate is a definition, not a unit: ``C`` is kept as a mark of its own and converts to nothing
(charge is written ``coulomb``, ``mAh`` or ``Ah``).

Constants: SI brochure, 9th edition (2019), for the exact values of e and N_A; litre, minute, hour and ångström as defined there; torr is
1/760 of the standard atmosphere, 101 325 Pa.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from dualion.errors import UnitError

#: Order of the exponents in a dimension: length, mass, time, current, temperature, amount, C-rate mark.
Dimension = tuple[float, float, float, float, float, float, float]

_ELEMENTARY_CHARGE = 1.602176634e-19  # [coulomb], exact
_NONE: Dimension = (0, 0, 0, 0, 0, 0, 0)
_ENERGY: Dimension = (2, 1, -2, 0, 0, 0, 0)
_POWER: Dimension = (2, 1, -3, 0, 0, 0, 0)
_VOLTAGE: Dimension = (2, 1, -3, -1, 0, 0, 0)
_RESISTANCE: Dimension = (2, 1, -3, -2, 0, 0, 0)
_CHARGE: Dimension = (0, 0, 1, 1, 0, 0, 0)
_PRESSURE: Dimension = (-1, 1, -2, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Unit:
    """A parsed unit: ``value_SI = value * factor + offset``."""

    text: str
    dimension: Dimension
    factor: float
    offset: float = 0.0


# symbol -> (dimension, factor to SI); prefixes are written out so that every accepted symbol is in one list
_SYMBOLS: dict[str, tuple[Dimension, float]] = {
    "1": (_NONE, 1.0), "%": (_NONE, 1e-2), "wt%": (_NONE, 1e-2), "at%": (_NONE, 1e-2), "ppm": (_NONE, 1e-6), "cycle": (_NONE, 1.0),
    "rad": (_NONE, 1.0), "deg": (_NONE, math.pi / 180),
    "m": ((1, 0, 0, 0, 0, 0, 0), 1.0), "cm": ((1, 0, 0, 0, 0, 0, 0), 1e-2), "mm": ((1, 0, 0, 0, 0, 0, 0), 1e-3),
    "um": ((1, 0, 0, 0, 0, 0, 0), 1e-6), "nm": ((1, 0, 0, 0, 0, 0, 0), 1e-9), "angstrom": ((1, 0, 0, 0, 0, 0, 0), 1e-10),
    "L": ((3, 0, 0, 0, 0, 0, 0), 1e-3), "mL": ((3, 0, 0, 0, 0, 0, 0), 1e-6), "uL": ((3, 0, 0, 0, 0, 0, 0), 1e-9),
    "kg": ((0, 1, 0, 0, 0, 0, 0), 1.0), "g": ((0, 1, 0, 0, 0, 0, 0), 1e-3), "mg": ((0, 1, 0, 0, 0, 0, 0), 1e-6),
    "ug": ((0, 1, 0, 0, 0, 0, 0), 1e-9),
    "s": ((0, 0, 1, 0, 0, 0, 0), 1.0), "ms": ((0, 0, 1, 0, 0, 0, 0), 1e-3), "min": ((0, 0, 1, 0, 0, 0, 0), 60.0),
    "h": ((0, 0, 1, 0, 0, 0, 0), 3600.0), "d": ((0, 0, 1, 0, 0, 0, 0), 86400.0),
    "A": ((0, 0, 0, 1, 0, 0, 0), 1.0), "mA": ((0, 0, 0, 1, 0, 0, 0), 1e-3), "uA": ((0, 0, 0, 1, 0, 0, 0), 1e-6),
    "K": ((0, 0, 0, 0, 1, 0, 0), 1.0), "degC": ((0, 0, 0, 0, 1, 0, 0), 1.0),
    "mol": ((0, 0, 0, 0, 0, 1, 0), 1.0), "mmol": ((0, 0, 0, 0, 0, 1, 0), 1e-3), "umol": ((0, 0, 0, 0, 0, 1, 0), 1e-6),
    "V": (_VOLTAGE, 1.0), "mV": (_VOLTAGE, 1e-3),
    "ohm": (_RESISTANCE, 1.0), "mohm": (_RESISTANCE, 1e-3), "S": ((-2, -1, 3, 2, 0, 0, 0), 1.0), "mS": ((-2, -1, 3, 2, 0, 0, 0), 1e-3),
    "F": ((-2, -1, 4, 2, 0, 0, 0), 1.0), "mF": ((-2, -1, 4, 2, 0, 0, 0), 1e-3), "uF": ((-2, -1, 4, 2, 0, 0, 0), 1e-6),
    "coulomb": (_CHARGE, 1.0), "e": (_CHARGE, _ELEMENTARY_CHARGE), "Ah": (_CHARGE, 3600.0), "mAh": (_CHARGE, 3.6), "uAh": (_CHARGE, 3.6e-3),
    "J": (_ENERGY, 1.0), "kJ": (_ENERGY, 1e3), "Wh": (_ENERGY, 3600.0), "mWh": (_ENERGY, 3.6), "eV": (_ENERGY, _ELEMENTARY_CHARGE),
    "keV": (_ENERGY, 1e3 * _ELEMENTARY_CHARGE), "W": (_POWER, 1.0), "mW": (_POWER, 1e-3), "kW": (_POWER, 1e3),
    "Pa": (_PRESSURE, 1.0), "mPa": (_PRESSURE, 1e-3), "kPa": (_PRESSURE, 1e3), "bar": (_PRESSURE, 1e5),
    "hPa": (_PRESSURE, 1e2), "mbar": (_PRESSURE, 1e2), "atm": (_PRESSURE, 101_325.0), "torr": (_PRESSURE, 101_325.0 / 760),
    "Hz": ((0, 0, -1, 0, 0, 0, 0), 1.0), "kHz": ((0, 0, -1, 0, 0, 0, 0), 1e3),
    "C": ((0, 0, 0, 0, 0, 0, 1), 1.0),
}  # fmt: skip

_CELSIUS_OFFSET = 273.15  # [K]

_NAMES: dict[Dimension, str] = {
    _NONE: "a pure number",
    (1, 0, 0, 0, 0, 0, 0): "a length", (2, 0, 0, 0, 0, 0, 0): "an area", (3, 0, 0, 0, 0, 0, 0): "a volume",
    (0, 1, 0, 0, 0, 0, 0): "a mass", (0, 0, 1, 0, 0, 0, 0): "a time", (0, 0, 0, 1, 0, 0, 0): "a current",
    (0, 0, 0, 0, 1, 0, 0): "a temperature", (0, 0, 0, 0, 0, 1, 0): "an amount of substance", (0, 0, 0, 0, 0, 0, 1): "a C-rate",
    (0, -1, 0, 1, 0, 0, 0): "a specific current", (0, -1, 1, 1, 0, 0, 0): "a specific capacity",
    (-2, 0, 0, 1, 0, 0, 0): "a current density", (-2, 0, 1, 1, 0, 0, 0): "an areal capacity",
    (-2, 1, 0, 0, 0, 0, 0): "a mass loading", (-3, 1, 0, 0, 0, 0, 0): "a density", (-3, 0, 0, 0, 0, 1, 0): "a concentration",
    (2, -1, 0, 0, 0, 0, 0): "a specific area", (3, -1, 0, 0, 0, 0, 0): "a specific volume", (2, 0, -1, 0, 0, 0, 0): "a diffusivity",
    (1, 0, -1, 0, 0, 0, 0): "a velocity",
    _VOLTAGE: "a voltage", _RESISTANCE: "a resistance", (4, 1, -3, -2, 0, 0, 0): "an area-specific resistance",
    (-3, -1, 3, 2, 0, 0, 0): "a conductivity", _ENERGY: "an energy", _POWER: "a power", _CHARGE: "a charge", _PRESSURE: "a pressure",
    (2, 0, -2, 0, 0, 0, 0): "a specific energy", (2, 0, -3, 0, 0, 0, 0): "a specific power",
    (2, 1, -2, 0, 0, -1, 0): "a molar energy", (0, 1, 0, 0, 0, -1, 0): "a molar mass", (0, 0, -1, 0, 0, 0, 0): "a rate",
    (0, 0, -1, 0, 1, 0, 0): "a heating rate", (-1, 0, 0, 0, 0, 0, 0): "a wavenumber",
}  # fmt: skip

_TERM = re.compile(r"(wt%|at%|%|1|[A-Za-z]+)(-?\d)?$")  # one digit: no field writes a tenth power
_GROUP = re.compile(r"\((?P<inside>[^()]+)\)\^(?P<power>-?\d(\.\d{1,3})?)$")
_VALUE = re.compile(r"(?P<number>[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)(?P<unit>.*)")


@lru_cache(maxsize=1024)
def unit(text: str) -> Unit:
    """Parse a unit.

    Parameters
    ----------
    text : str
        Such as ``"mAh/g"``, ``"ohm cm2"``, ``"1"``.

    Returns
    -------
    Unit

    Raises
    ------
    UnitError
        A symbol is not in the table.

    Examples
    --------
    >>> unit("mAh/g").factor == unit("Ah/kg").factor
    True
    """
    if text == "degC":
        return Unit(text, _SYMBOLS["degC"][0], 1.0, _CELSIUS_OFFSET)
    group = _GROUP.match(text)
    if group:
        inside, power = unit(group["inside"]), float(group["power"])
        return Unit(text, _scaled(inside.dimension, power), inside.factor**power)
    dimension, factor = _NONE, 1.0
    for position, part in enumerate(text.split("/")):
        for term in part.replace("·", " ").replace("*", " ").split():
            found = _TERM.match(term)
            if found is None or found[1] not in _SYMBOLS:
                raise UnitError(f'"{text}" is not in the unit table.')
            power = float(found[2] or 1) * (1 if position == 0 else -1)
            symbol_dimension, symbol_factor = _SYMBOLS[found[1]]
            dimension = _added(dimension, _scaled(symbol_dimension, power))
            factor *= symbol_factor**power
        if not part.strip():
            raise UnitError(f'"{text}" is not in the unit table.')
    return Unit(text, dimension, factor)


def _scaled(dimension: Dimension, power: float) -> Dimension:
    length, mass, time, current, temperature, amount, rate = (power * exponent for exponent in dimension)
    return (length, mass, time, current, temperature, amount, rate)


def _added(first: Dimension, second: Dimension) -> Dimension:
    length, mass, time, current, temperature, amount, rate = (a + b for a, b in zip(first, second, strict=True))
    return (length, mass, time, current, temperature, amount, rate)


def dimension_name(text: str) -> str:
    """Name of the dimension of a unit, with its article, such as ``"an area"``."""
    return _NAMES.get(unit(text).dimension, f'a quantity in "{text}"')


def compatible(first: str, second: str) -> bool:
    """Whether two units have the same dimension."""
    return unit(first).dimension == unit(second).dimension


def convert(value: float, source: str, target: str) -> float:
    """Convert a value from one unit to another.

    Parameters
    ----------
    value : float
        In ``source``.
    source, target : str
        Units of one dimension.

    Returns
    -------
    float
        In ``target``.

    Raises
    ------
    UnitError
        A unit is not in the table, or the dimensions differ.

    Examples
    --------
    >>> round(convert(1.0, "mg/cm2", "g/m2"), 12)
    10.0
    >>> convert(25.0, "degC", "K")
    298.15
    """
    if source == target:
        return value
    here, there = unit(source), unit(target)
    if here.dimension != there.dimension:
        raise UnitError(f'"{source}" is {dimension_name(source)}; {dimension_name(target)} is needed, such as "{target}".')
    return (value * here.factor + here.offset - there.offset) / there.factor


def parse(text: str) -> tuple[float, str]:
    """Split a text such as ``"1.0 mg/cm2"`` into its number and its unit (``""`` where none is written).

    Raises
    ------
    UnitError
        There is no number, or the unit is not in the table.
    """
    found = _VALUE.fullmatch(text.strip())
    if found is None:
        raise UnitError(f'"{text}" does not start with a number.')
    written = found["unit"].strip()
    if written:
        unit(written)
    return float(found["number"]), written


def read_as(text: str, target: str) -> float:
    """Read a text such as ``"1.0 mg/cm2"`` as a number in the unit ``target``.

    Raises
    ------
    UnitError
        No number, no unit, an unknown unit, or another dimension.
    """
    value, written = parse(text)
    if not written:
        raise UnitError(f'{text} has no unit. Write a text such as "{text.strip()} {target}".')
    return convert(value, written, target)
