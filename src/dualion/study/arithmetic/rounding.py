"""How far a printed number may lie from the one that was rounded to it.

A printed number v stands for the interval v ± w with

    w = min(half of the last printed digit, 5 % of |v|),      and at least 1 % of |v| where the text prints "~".

Inside a relation every claim is v ± w, whatever its qualifier. Against a produced value ``<``, ``>``, ``min`` and ``max`` are bounds.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from dualion.errors import SpecError
from dualion.study.types import Claim

LARGEST_SHARE = 0.05  # of |v|: half of the last digit of "1" would be 50 %
APPROXIMATE_SHARE = 0.01  # of |v|: the least that "~" means

_LOWER_BOUNDS = (">", "min")
_UPPER_BOUNDS = ("<", "max")


def half_width(claim: Claim) -> float:
    """Half-width w of the interval that a printed number stands for.

    Parameters
    ----------
    claim : Claim
        With a number.

    Returns
    -------
    float
        In the unit of the claim; zero for a printed zero.

    Raises
    ------
    SpecError
        The claim is a statement in words.

    Examples
    --------
    >>> claim = Claim("P001", "specific_capacity", "A", "1 C", "85.0", 85.0, "mAh/g", "=", "", "Sec 1", "GCD", "measured")
    >>> half_width(claim)
    0.05
    """
    size = abs(_number(claim))
    rounded = min(float(_last_digit(claim)) / 2, LARGEST_SHARE * size)
    return max(rounded, APPROXIMATE_SHARE * size) if claim.qualifier == "~" else rounded


def interval(claim: Claim) -> tuple[float, float]:
    """The two ends v - w and v + w.

    Raises
    ------
    SpecError
        The claim is a statement in words.
    """
    value, width = _number(claim), half_width(claim)
    return value - width, value + width


def agrees(claim: Claim, produced: float, *, allowed: float) -> bool:
    """Whether a produced value agrees with a claim.

    Parameters
    ----------
    claim : Claim
        With a number; ``<``, ``>``, ``min`` and ``max`` make it a bound.
    produced : float
        In the unit of the claim.
    allowed : float
        Largest deviation that still agrees, in the unit of the claim.

    Raises
    ------
    SpecError
        The claim is a statement in words.
    """
    deviation = produced - _number(claim)
    if claim.qualifier in _LOWER_BOUNDS:
        return deviation >= -allowed
    if claim.qualifier in _UPPER_BOUNDS:
        return deviation <= allowed
    return abs(deviation) <= allowed


def _number(claim: Claim) -> float:
    if claim.value_num is None:
        raise SpecError(f"{claim.id} is a statement in words and has no number. Name a claim with a number.")
    return claim.value_num


def _last_digit(claim: Claim) -> Decimal:
    """Place value of the last printed digit: 0.1 of ``5.0``, 1 of ``165``, 1e9 of ``2e9``."""
    try:
        exponent = Decimal(claim.value).as_tuple().exponent
    except InvalidOperation as error:
        raise SpecError(f'{claim.id}: "{claim.value}" is not a number as printed. Write it with digits, such as 5.0 or 2e9.') from error
    if not isinstance(exponent, int):
        raise SpecError(f'{claim.id}: "{claim.value}" is not finite. Write it with digits, such as 5.0 or 2e9.')
    return Decimal(1).scaleb(exponent)
