"""Plateau and slope of every half cycle as a table, and what a careful reader must know of them, as flags."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from dualion.numerics.cycling.cycle_columns import null_for_nan
from dualion.numerics.cycling.half_cycles import HalfCycles
from dualion.numerics.cycling.plateau import Curves, Split, split
from dualion.numerics.cycling.segments import Array, Mask
from dualion.records.quantity import Flag

#: [V] below which a flat end of a sodiation may be sodium metal, and the share [1] of its charge that makes it suspect.
PLATING_VOLTAGE, PLATING_SHARE = 5e-3, 0.05
#: [V] of |I|R, and the rates, multiples of 1 C [1], from which the fixed rule moves charge and a sodium counter electrode matters.
RATE_DROP, RATE_LIMITED, RATE_OF_COUNTER = 0.020, 1.0, 2.0
#: Words of the branches, for rising and for falling potential.
BRANCHES = ("desodiation", "sodiation")

_MILLI, _PERCENT, _AH_MG = 1e3, 100.0, 1e6  # the last one from Ah/mg to mAh/g


@dataclass(frozen=True, slots=True)
class Found:
    """Every half cycle split by the rules.

    Parameters
    ----------
    whole : HalfCycles
    curves : Curves
    fixed : Split
        At the fixed boundary.
    lower, corrected : array, shape (h,)
        [Ah] below the lower boundary, and below that corrected for |I|R; None where no resistance is known.
    inflections : mapping of int to tuple or None
        Boundary [V] and charge [Ah] by the rule of inflection, by position.
    returning : bool array, shape (h,)
        [1] whether a curve comes back across the boundary.
    current : array, shape (h,)
        [A] above 0.
    resistance : float or None
        [ohm]
    source : str
        Of the resistance.
    rate : array, shape (h,)
        Multiple of 1 C [1] where ``nominal``, else the reciprocal time [h-1].
    nominal : bool
    boundary : float
        [V]
    two_electrodes : bool
        Whether the potential is that against the counter electrode.
    """

    whole: HalfCycles
    curves: Curves
    fixed: Split
    lower: Array
    corrected: Array | None
    inflections: dict[int, tuple[float, float] | None]
    returning: Mask
    current: Array
    resistance: float | None
    source: str
    rate: Array
    nominal: bool
    boundary: float
    two_electrodes: bool


def findings(found: Found, headline: int) -> list[Flag]:
    """Findings on plateau and slope.

    Parameters
    ----------
    found : Found
    headline : int
        [1] position of the half cycle that stands for the rest.
    """
    counted = ~found.whole.segments.profile & (found.curves.charge > 0)
    flags = []
    never = counted & ~found.fixed.crossed
    if never.any():
        message = f"{_these(found, never, headline)} never cross {found.boundary:g} V: all of their charge lies on one side of it."
        flags.append(Flag("no_crossing", "warning", message))
    if (counted & found.returning).any():
        message = f"{_these(found, counted & found.returning, headline)} come back across {found.boundary:g} V by more than 5 mV."
        flags.append(Flag("nonmonotonic", "warning", message))
    plated = counted & _plated(found)
    if plated.any():
        message = (
            f"{_these(found, plated, headline)} end in a flat stretch below 5 mV, or below 0 V: part of the charge may be sodium metal."
        )
        flags.append(Flag("plating_suspect", "warning", message))
    if found.resistance is not None:
        limited = counted & (found.rate >= RATE_LIMITED) & (found.current * found.resistance > RATE_DROP)
        if limited.any():
            message = f"{_these(found, limited, headline)} run at 1 C or more with |I|R above 20 mV: the fixed rule moves charge between "
            flags.append(Flag("rate_limited", "warning", f"{message}slope and plateau. Use the rule ir_corrected."))
    fast = counted & (found.rate >= RATE_OF_COUNTER)
    if found.two_electrodes and fast.any():
        message = (
            f"{_these(found, fast, headline)} run at 2 C or more against a sodium counter electrode, whose polarisation hides part of "
        )
        flags.append(Flag("two_electrode_na", "warning", f"{message}the carbon's charge."))
    return flags


def _these(found: Found, which: Mask, headline: int) -> str:
    """How many half cycles, and whether the headline is one of them."""
    also = ", the headline among them," if which[headline] else ""
    return f"{int(which.sum())} of {which.size} half cycles{also}"


def _plated(found: Found) -> Mask:
    """Which sodiations end in a flat stretch at 0 V, or below it."""
    curves = found.curves
    none = np.zeros(curves.first.size, dtype=bool)
    if not curves.voltage.size or float(np.nanmin(curves.voltage)) >= PLATING_VOLTAGE:
        return none
    with np.errstate(divide="ignore", invalid="ignore"):
        flat = split(curves, PLATING_VOLTAGE).below / curves.charge > PLATING_SHARE
    pairs = np.column_stack([curves.first, curves.last + 1]).ravel()
    lowest = np.minimum.reduceat(np.append(curves.voltage, np.inf), pairs)[::2]
    return np.asarray((curves.direction < 0) & (flat | (lowest < 0)))


def half_cycle_rows(found: Found, headline: int, mass: float | None) -> pl.DataFrame:
    """One row for each half cycle, in the units of a report.

    Parameters
    ----------
    found : Found
    headline : int
        [1] position of the half cycle that the retention of plateaus refers to.
    mass : float or None
        [mg] of active material.
    """
    charge, below, segments = found.curves.charge, found.fixed.below, found.whole.segments
    names = np.where(segments.sign > 0, 0, 1)
    columns: dict[str, Array] = {
        "rate [1]" if found.nominal else "true_rate [h-1]": found.rate,
        "current [mA]": _MILLI * found.current,
        "total_capacity [mAh]": _MILLI * charge,
        "plateau_capacity [mAh]": _MILLI * below,
        "slope_capacity [mAh]": _MILLI * (charge - below),
    }
    if mass is not None:
        scale = _AH_MG / mass
        columns |= {"total_capacity [mAh/g]": scale * charge, "plateau_capacity [mAh/g]": scale * below}
        columns["slope_capacity [mAh/g]"] = scale * (charge - below)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns["plateau_fraction [1]"] = below / charge
        columns["plateau_fraction_lower [1]"] = found.lower / charge
        if found.corrected is not None:
            columns["plateau_fraction_ir_corrected [1]"] = found.corrected / charge
        if found.inflections:
            suggested = [found.inflections[half] for half in range(charge.size)]
            columns["plateau_fraction_inflection [1]"] = np.array([np.nan if one is None else one[1] for one in suggested]) / charge
        same = segments.sign == segments.sign[headline]
        columns["plateau_retention [%]"] = np.where(same, _PERCENT * below / below[headline], np.nan)
    table = found.whole.table.select("half_cycle", "cycle", "profile").with_columns(
        pl.Series("branch", names.astype(np.uint32)).cat.to(pl.Enum(BRANCHES)),
        *(null_for_nan(name, values) for name, values in columns.items()),
    )
    return table.with_columns(pl.Series("crossed", found.fixed.crossed), pl.Series("nonmonotonic", found.returning))
