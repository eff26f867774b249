"""A quantity that a method found, beside the value that was put in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from dualion.records.measurement import Result


@dataclass(frozen=True, slots=True)
class Comparison:
    """One quantity of one simulated experiment.

    Parameters
    ----------
    technique : str
        The technique that found it.
    case : str
        What was simulated, such as ``"0.1C"`` or ``"D = 1e-13 m2/s"``.
    quantity : str
        For people, such as ``"plateau capacity"``.
    rule : str
        How it was found, in a few words.
    unit : str
    truth : float
        What was put in, or what the model itself counted, in ``unit``.
    found : float or None
        None where the technique withholds it.
    flags : tuple of str
        Codes of the result's flags, notes left out.
    """

    technique: str
    case: str
    quantity: str
    rule: str
    unit: str
    truth: float
    found: float | None
    flags: tuple[str, ...] = ()

    @property
    def miss(self) -> float | None:
        """[%] by which the value found is off; None where it is withheld or the truth is 0."""
        if self.found is None or self.truth == 0:
            return None
        return 100 * (self.found / self.truth - 1)


def compared(result: Result, name: str, truth: float, *, case: str, quantity: str, rule: str, codes: Sequence[str] = ()) -> Comparison:
    """A value of a result beside the truth.

    Parameters
    ----------
    result : Result
    name : str
        Of the value.
    truth : float
        In the unit of the value.
    case, quantity, rule : str
    codes : sequence of str
        Flags that matter for this value; all warnings and refusals where empty.

    Returns
    -------
    Comparison
    """
    value = result.values[name]
    raised = dict.fromkeys(flag.code for flag in result.flags if flag.severity != "note")
    kept = tuple(code for code in raised if not codes or code in codes)
    return Comparison(result.technique, case, quantity, rule, value.unit, truth, value.value, kept)


def as_table(comparisons: Sequence[Comparison]) -> pl.DataFrame:
    """One row for each comparison.

    Parameters
    ----------
    comparisons : sequence of Comparison, length n

    Returns
    -------
    polars.DataFrame, n rows
    """
    rows = [
        {
            "technique": one.technique,
            "case": one.case,
            "quantity": one.quantity,
            "rule": one.rule,
            "unit": one.unit,
            "put_in": one.truth,
            "found": one.found,
            "off [%]": one.miss,
            "flags": " ".join(one.flags),
        }
        for one in comparisons
    ]
    schema = dict.fromkeys(("technique", "case", "quantity", "rule", "unit"), pl.String) | dict.fromkeys(
        ("put_in", "found", "off [%]"), pl.Float64
    )
    return pl.DataFrame(rows, schema={**schema, "flags": pl.String})
