"""Values with a unit in the plain data of ``study.toml``: a text such as ``"30 mL"``, or a table ``{value, unit}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dualion import units
from dualion.errors import SpecError, UnitError


def entry(table: Mapping[str, Any], key: str, *, path: str) -> Any:
    """What stands under a key.

    Parameters
    ----------
    table : mapping
        Part of ``study.toml``.
    key : str
        Its key.
    path : str
        File and key of the table, for the message, such as ``"study.toml: recipe"``.

    Raises
    ------
    SpecError
        It is missing.
    """
    if key not in table:
        raise SpecError(f"{path}.{key}: missing. Write it, or leave out what needs it.")
    return table[key]


def amount(table: Mapping[str, Any], key: str, unit: str, *, path: str) -> float:
    """Number under a key, in a unit.

    Parameters
    ----------
    table : mapping
        Part of ``study.toml``.
    key : str
        Its key.
    unit : str
        Unit of the number that is returned.
    path : str
        File and key of the table, for the message, such as ``"study.toml: recipe"``.

    Returns
    -------
    float

    Raises
    ------
    SpecError
        It is missing, has no unit, or has another dimension.

    Examples
    --------
    >>> amount({"water": "30 mL"}, "water", "mL", path="study.toml: recipe")
    30.0
    """
    return converted(entry(table, key, path=path), unit, path=f"{path}.{key}")


def converted(written: Any, unit: str, *, path: str) -> float:
    """A text or a table ``{value, unit}`` as a number in a unit.

    Raises
    ------
    SpecError
        No number, no unit, or another dimension.
    """
    try:
        if isinstance(written, Mapping):
            value, given = entry(written, "value", path=path), entry(written, "unit", path=path)
            return units.convert(float(value), str(given), unit)
        return units.read_as(str(written), unit)
    except UnitError as error:
        raise SpecError(f"{path}: {error}") from error
