"""Rounding to significant digits, so that the same input gives the same bytes.

Arithmetic is repeatable to the last bits only on one platform, and a solver result to its tolerance. Rounding before writing makes a
difference below the digits that are promised disappear, except where it straddles the boundary of a rounding interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dualion.errors import InputError

ARITHMETIC_DIGITS = 12  # of 15 to 17 in a float64: three are left for the order of summation
SOLVER_DIGITS = 6  # the solvers' relative tolerance is 1e-5 to 1e-6


def significant(x: float, digits: int) -> float:
    """Round a number to significant digits, half to even on its decimal expansion.

    Parameters
    ----------
    x : float
        In any [unit]; finite.
    digits : int
        At least 1.

    Returns
    -------
    float
        Zero has no sign.

    Raises
    ------
    InputError
        ``x`` is not finite, or ``digits`` is below 1.

    Examples
    --------
    >>> significant(0.000123456789, 3)
    0.000123
    >>> significant(97.0 / 3.0, 6)
    32.3333
    """
    if digits < 1:
        raise InputError(f"significant: {digits} digits were asked for. Give at least 1.")
    if not math.isfinite(x):
        raise InputError(f"significant: {x} is not finite. Withhold the number (None) and raise a flag.")
    result = float(f"{x:.{digits - 1}e}")
    if math.isinf(result):  # the largest floats round up to beyond the range
        return float(x)
    return result + 0.0  # -0.0 + 0.0 is 0.0


def rounded(value: Any, digits: int) -> Any:
    """Round every float in nested mappings, lists and tuples; everything else is kept.

    Parameters
    ----------
    value : nested mapping, list, tuple, or a single value
        Tuples become lists, mappings become dictionaries in the same order: plain data, ready for JSON.
    digits : int
        Significant digits, at least 1.

    Returns
    -------
    object
        A new structure; the input is unchanged.

    Raises
    ------
    InputError
        A float is not finite, or ``digits`` is below 1.
    """
    if isinstance(value, float):
        return significant(value, digits)
    if isinstance(value, Mapping):
        return {key: rounded(inner, digits) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(inner, digits) for inner in value]
    return value
