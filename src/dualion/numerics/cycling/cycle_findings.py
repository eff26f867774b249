"""What a careful reader must know of the cycles of a measurement, as flags."""

from __future__ import annotations

import numpy as np
import polars as pl

from dualion.numerics.cycling.cycle_table import Cycles
from dualion.numerics.cycling.half_cycles import HalfCycles
from dualion.numerics.cycling.segments import Array, Mask
from dualion.records.quantity import Flag

#: Share by which the counter of charge and the integral of the current may differ, and shares between which a coulombic efficiency is one.
COUNTER_TOLERANCE = 0.01
CE_LOW, CE_HIGH = 0.9, 1.01
_MOST_NAMED = 8
_PERCENT = 100.0


def named(numbers: Array) -> str:
    """Some numbers [1], the first eight by name."""
    shown = ", ".join(f"{number:g}" for number in numbers[:_MOST_NAMED].tolist())
    return shown + (f" and {numbers.size - _MOST_NAMED} more" if numbers.size > _MOST_NAMED else "")


def record_findings(whole: HalfCycles, frame: pl.DataFrame) -> list[Flag]:
    """Findings on the record itself: time that runs backwards, counters that disagree with the current or with each other.

    Parameters
    ----------
    whole : HalfCycles
        Of the frame.
    frame : polars.DataFrame
        Canonical columns.
    """
    flags = []
    backwards = int((whole.time[1:] < whole.time[:-1]).sum())
    if backwards:
        flags.append(
            Flag("time_reversed", "warning", f"Time runs backwards {backwards} times; the charge of those intervals is not counted.")
        )
    table = whole.table
    counted, charge = table["from_counter"].to_numpy(), table["charge_ah"].to_numpy()
    if not counted.all():
        which = "all" if not counted.any() else str(int((~counted).sum()))
        message = f"The charge of {which} half cycles is the integral of the logged current: no counter tells it."
        flags.append(Flag("integrated", "note", message))
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.abs(table["integrated_charge_ah"].to_numpy() / charge - 1)
    off = counted & (apart > COUNTER_TOLERANCE)
    if off.any():
        message = f"Counter and integrated current differ by more than 1 % in {int(off.sum())} of {off.size} half cycles, at most by "
        flags.append(Flag("counter_vs_integral", "warning", f"{message}{_PERCENT * float(apart[off].max()):.3g} %; the counter is used."))
    flags += _rules(whole, frame)
    return flags


def _rules(whole: HalfCycles, frame: pl.DataFrame) -> list[Flag]:
    """Whether the counts of cycles agree."""
    counts = {"own rule": whole.segments.cycles}
    for name, column in (("instrument", "cycle_count"), ("order of steps", "cycle_count_auto")):
        if column in frame.columns and frame[column].null_count() == 0:
            counted = frame[column].to_numpy()
            counts[name] = 1 + int(np.count_nonzero(counted[1:] != counted[:-1]))
    if len(set(counts.values())) < 2:
        return []
    said = ", ".join(f"{name} {count}" for name, count in counts.items())
    return [Flag("cycle_rule_disagrees", "warning", f"The rules count different numbers of cycles: {said}.")]


def cycle_findings(cycles: Cycles, efficiency: Array, ordinary: Mask) -> list[Flag]:
    """Findings on the cycles: those that lack a half, and coulombic efficiencies that no cell has.

    Parameters
    ----------
    cycles : Cycles
    efficiency : array, shape (c,)
        [1] coulombic efficiency, NaN where there is none.
    ordinary : bool array, shape (c,)
        [1] which cycles have both halves and are not diagnostic.
    """
    flags = []
    complete = cycles.complete
    if not complete.all():
        lacking = cycles.number[~complete].astype(float)
        message = f"{lacking.size} of {complete.size} cycles lack a charge or a discharge: {named(lacking)}."
        flags.append(Flag("incomplete_cycle", "warning", message))
    later = ordinary.copy()
    later[:1] = False
    with np.errstate(invalid="ignore"):
        odd = later & ((efficiency < CE_LOW) | (efficiency > CE_HIGH))
    if odd.any():
        cases = cycles.number[odd].astype(float)
        message = f"The coulombic efficiency lies outside {_PERCENT * CE_LOW:g} to {_PERCENT * CE_HIGH:g} % in {cases.size} cycles: "
        flags.append(Flag("ce_out_of_range", "warning", f"{message}{named(cases)}."))
    return flags


def unresolved(efficiency: float, stderr: float) -> list[Flag]:
    """Flag of a coulombic efficiency that the instrument cannot tell from 100 %.

    Parameters
    ----------
    efficiency, stderr : float
        [%]
    """
    if abs(_PERCENT - efficiency) >= stderr:
        return []
    message = f"The coulombic efficiency is {efficiency:.2f} %, and the accuracy of the current leaves {stderr:.2g} % open: it is not told "
    return [Flag("ce_below_resolution", "warning", f"{message}from 100 %.")]
