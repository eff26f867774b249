"""Families of half-cell fits: which mechanisms are left free, from the impedance alone to the shape of the slope.

F1 takes film and charge transfer from the impedance and leaves the size of both populations and the position and width of the pores free.
The others add one mechanism each. F3 of the specification frees the diffusivity of one population; in a model with one host
it is that of the whole host, and there is one such family instead of two.

A family that contains another cannot fit worse. Each is therefore also started from the minimum of the family that it contains, and one
that still ends higher is a failed fit. With seven data, differences of a few mAh/g mean little: the criterion to compare by is AICc, which
does not exist for more than n - 2 parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dualion.errors import CoverageError, FitError
from dualion.models.calibration.fitting import FREE, CellFit, calibrate
from dualion.models.cells import nominal_values
from dualion.models.engines import DEFAULT_ENGINE
from dualion.models.targets import Target
from dualion.records.cell import Cell

_F1 = ("anode.slope_capacity", "anode.pore_capacity", "anode.pore_potential", "anode.pore_width")

#: How much higher the minimum of a family may lie than that of one it contains [1], by the accuracy of a minimum.
NESTING_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Family:
    """A set of free parameters.

    Parameters
    ----------
    name : str
    frees : tuple of str
    contains : str
        Name of the family that it contains, empty where it contains none.
    words : str
    """

    name: str
    frees: tuple[str, ...]
    contains: str
    words: str


FAMILIES = (
    Family("F1", _F1, "", "resistances of the impedance as given"),
    Family("F2", (*_F1, "series_resistance"), "F1", "and the series resistance"),
    Family("F3", (*_F1, "anode.diffusivity"), "F1", "and the diffusivity in the carbon"),
    Family("F4", (*_F1, "anode.charge_transfer_resistance"), "F1", "and the charge transfer"),
    Family("F5", (*_F1, "anode.diffusivity", "series_resistance"), "F3", "and diffusivity and series resistance"),
    Family("F6", (*_F1, "anode.slope_potential", "anode.slope_width"), "F1", "and position and width of the slope"),
)


@dataclass(frozen=True, slots=True)
class FamilyFit:
    """What came of a family: its fit, or None with the reason in ``status``, which is ``"minimum"`` where all is well."""

    family: Family
    found: CellFit | None
    status: str


def family_named(name: str) -> Family | None:
    """The family of a name, such as ``"F1"``; None where there is none."""
    return next((family for family in FAMILIES if family.name == name), None)


def compared(
    cell: Cell,
    targets: Sequence[Target],
    *,
    boundary: float,
    families: Sequence[Family] = FAMILIES,
    starts: int = 16,
    engine: str = DEFAULT_ENGINE,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> tuple[FamilyFit, ...]:
    """Fit every family, each also from the minimum of the one that it contains.

    Parameters
    ----------
    cell : Cell
    targets : sequence of Target
    boundary : float
        [V] against Na+/Na, between plateau and slope.
    families : sequence of Family
        Each after the one that it contains.
    starts : int
        [1] scrambled starts.
    engine : str
        See ``engines.engine_named``.
    on_progress : callable, optional
        ``on_progress(done, total, message)``.

    Returns
    -------
    tuple of FamilyFit
        In the order of the families.

    Raises
    ------
    SpecError
        The cell lacks a parameter of a family.
    """
    results: dict[str, FamilyFit] = {}
    for number, family in enumerate(families):
        if on_progress is not None:
            on_progress(number, len(families), f"family {family.name}, {family.words}")
        inner = results.get(family.contains)
        begin = [] if inner is None or inner.found is None else [_begin(cell, family, inner.found)]
        try:
            found = calibrate(cell, targets, family.frees, boundary=boundary, begin=begin, starts=starts, engine=engine)
        except (FitError, CoverageError) as error:
            results[family.name] = FamilyFit(family, None, str(error))
            continue
        results[family.name] = FamilyFit(family, found, nesting(found, None if inner is None else inner.found, family))
    return tuple(results.values())


def nesting(found: CellFit, inner: CellFit | None, family: Family) -> str:
    """``"minimum"``, or why a fit that ended above the family it contains has failed.

    Parameters
    ----------
    found, inner : CellFit
        Of the family, and of the one that it contains.
    family : Family

    Returns
    -------
    str
    """
    if inner is None or found.fit.cost <= inner.fit.cost + NESTING_TOLERANCE:
        return "minimum"
    return f"failed: ended at {found.fit.cost:.4g}, above {inner.fit.cost:.4g} of {family.contains}, which it contains"


def _begin(cell: Cell, family: Family, inner: CellFit) -> dict[str, float]:
    """Where the contained family ended, with what the cell says for the rest."""
    nominal = nominal_values(cell)
    inside = {name: min(max(nominal[name], FREE[name].low), FREE[name].high) for name in family.frees if name in nominal}
    return {**inside, **dict(zip((p.name for p in inner.fit.parameters), inner.fit.values, strict=True))}
