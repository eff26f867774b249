"""Numbers that carry what a careful reader must know of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from dualion.errors import InputError

Severity = Literal["note", "warning", "refusal"]

#: Where a number comes from. Nothing simulated is ever called measured.
Origin = Literal["source-text", "source-figure", "raw-file", "analysis", "simulation", "atomistic", "arithmetic"]

#: How much a parameter rests on: the source states it, it follows by arithmetic, other literature, nobody, or a fit.
Standing = Literal["stated", "derived", "literature", "assumed", "fitted"]


@dataclass(frozen=True, slots=True)
class Flag:
    """Something that a careful reader must know, such as ``salt_limited``.

    Parameters
    ----------
    code : str
        In snake_case.
    severity : {"note", "warning", "refusal"}
        A refusal stands where a number was withheld.
    message : str
        What it means here.
    """

    code: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with its unit, its uncertainty and its rule.

    Parameters
    ----------
    value : float or None
        None where the number is withheld; never NaN or infinite.
    unit : str
        A unit of the unit table.
    stderr : float or None
        Standard error, in ``unit``.
    n : int or None
        Number of repeats behind the value.
    rule : str or None
        Method, model, baseline or window.
    interval : tuple of two floats, or None
        95 % interval in ``unit``, where it is not the value plus and minus 1.96 standard errors.

    Raises
    ------
    InputError
        The value, its standard error or an end of its interval is not finite.
    """

    value: float | None
    unit: str
    stderr: float | None = None
    n: int | None = None
    rule: str | None = None
    interval: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        low, high = self.interval or (None, None)
        for name, number in (("value", self.value), ("stderr", self.stderr), ("interval[0]", low), ("interval[1]", high)):
            if number is not None and not math.isfinite(number):
                raise InputError(f"Quantity.{name}: {number} is not finite. Withhold the number (None) and raise a flag.")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A quantity that a model reads, with its standing and its source.

    Parameters
    ----------
    quantity : Quantity
        In the unit of the field that holds it.
    standing : {"stated", "derived", "literature", "assumed", "fitted"}
        What it rests on.
    source : str
        A claim, a citation key, the formula, or why it was assumed.
    claims : tuple of str
        For a fitted parameter, the claims it was fitted to; for a stated one, the claims that state it.
    """

    quantity: Quantity
    standing: Standing
    source: str
    claims: tuple[str, ...] = ()

    @property
    def value(self) -> float:
        """The number, in the unit of the field that holds it."""
        if self.quantity.value is None:
            raise InputError(f"This parameter is withheld: {self.source}.")
        return self.quantity.value
