"""Checks of what flowed: units, counter against integral, the sign of the current, cycles counted by several rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.numerics.cycling.row_quality import Array, Mask, Places, StepCharges, run_starts, step_charges
from dualion.numerics.cycling.segments import Segments
from dualion.readers.quality.checked_rows import Seen, note, warning
from dualion.records.quantity import Flag

Signs = NDArray[np.int8]

#: Share of the rows labelled as charge or discharge, and of half cycles, that may contradict the current [1].
MOST_ROWS_AGAINST, MOST_HALF_CYCLES_AGAINST = 0.01, 0.10
#: [V] a half cycle whose ends differ by less says nothing of the sign.
LEAST_VOLTAGE_CHANGE = 0.05
#: Spread of the current within which a half cycle counts as one of constant current, of its largest [1].
CONSTANT_CURRENT = 0.05
#: Counter and integral of a step that differ by more are told [1].
CHARGE_TOLERANCE = 0.01
#: [V] no cell has more: larger numbers are millivolts.
MOST_VOLTS = 100.0
#: [V] what the other rows stay below, where the unit changes within a file.
_VOLTS = 10.0
#: Steps with less than this share of the median step's charge are left out of the comparison [1].
_SMALL_STEP = 0.01
#: Factors between units of charge, current and time (milli, hours and minutes in seconds) [1], and how close a ratio must come to one.
_UNIT_FACTORS, _NEAR_FACTOR = (1e3, 3600.0, 60.0), 0.05
#: Words of step labels, in lower case; those of a discharge are looked for first.
_DISCHARGE, _CHARGE = ("dchg", "dischg", "discharge", "放电"), ("chg", "charge", "充电")


def label_signs(labels: pl.Series) -> Signs:
    """Sign of the current [1] that each label asks for: 1 charge, -1 discharge, 0 anything else or none.

    Parameters
    ----------
    labels : polars.Series, n words

    Returns
    -------
    ndarray of int8, shape (n,)
    """
    if not isinstance(labels.dtype, pl.Enum):
        labels = labels.cast(pl.String)
        labels = labels.cast(pl.Enum(labels.drop_nulls().unique(maintain_order=True)))
    signs = np.array([*(_label_sign(word) for word in labels.dtype.categories), 0], dtype=np.int8)  # type: ignore[attr-defined]
    if not signs.any():
        return np.zeros(labels.len(), dtype=np.int8)
    codes = labels.to_physical()
    found: Signs = signs[(codes.fill_null(signs.size - 1) if codes.null_count() else codes).to_numpy()]
    return found


def _label_sign(word: str) -> int:
    word = word.lower()
    if any(part in word for part in _DISCHARGE):
        return -1
    return 1 if any(part in word for part in _CHARGE) else 0


def _unit_of_voltage(seen: Seen) -> Iterator[Flag]:
    voltage = seen.number("voltage_volt")
    if voltage is None:
        return
    large = np.abs(voltage) > MOST_VOLTS
    count = int(np.count_nonzero(large))
    if count == 0:
        return
    others = "" if count > voltage.size / 2 else f", beside others below {_VOLTS:.0f} V,"
    if not others or float(np.median(np.abs(voltage[~large]))) < _VOLTS:
        yield warning(
            "unit_suspect",
            f"voltage_volt is above {MOST_VOLTS:.0f} V in {count} of {voltage.size} rows{others} first in row "
            f'{seen.row(int(np.argmax(large)))}, as millivolts would be. The repair "voltage_from_millivolt" divides them by 1000.',
        )


def _charges(seen: Seen) -> Iterator[Flag]:
    """Counter against integral, step by step."""
    cycling, counter, step = seen.cycling, seen.number("step_net_capacity_ah"), seen.step
    if cycling is None or counter is None or step is None:
        return
    time, current = cycling[0], cycling[2]
    rows: Places | None = None
    if not np.isfinite(counter).all():
        rows = np.flatnonzero(np.isfinite(counter))
        if rows.size < 2:
            return
        time, current, counter, step = time[rows], current[rows], counter[rows], step[rows]
    charges = step_charges(time, current, counter, run_starts(step))
    larger = np.maximum(np.abs(charges.counted), np.abs(charges.integrated))
    moved = larger > 0
    if not moved.any():
        return
    used = larger > _SMALL_STEP * float(np.median(larger[moved]))
    off = np.where(used, charges.deviation(), 0.0)
    beyond = np.flatnonzero(off > CHARGE_TOLERANCE)
    if beyond.size == 0:
        return

    def row(place: int) -> int:
        first = int(charges.first[place])
        return seen.row(first if rows is None else int(rows[first]))

    yield from _factors(charges, beyond, int(used.sum()), row)
    yield _apart(charges, used, off, beyond, row)


def _apart(charges: StepCharges, used: Mask, off: Array, beyond: Places, row: Callable[[int], int]) -> Flag:
    """Steps in which counter and integral differ by more than the tolerance."""
    counted, integrated = float(np.abs(charges.counted[used]).sum()), float(np.abs(charges.integrated[used]).sum())
    worst = int(beyond[np.argmax(off[beyond])])
    total = abs(integrated - counted) / counted if counted else np.inf
    told = warning if total > CHARGE_TOLERANCE else note
    return told(
        "counter_vs_integral",
        f"the integral of the current differs from the step counter by more than {100 * CHARGE_TOLERANCE:.0f} % in {beyond.size} of "
        f"{int(used.sum())} steps, first in the one from row {row(int(beyond[0]))}, most in the one from row {row(worst)} "
        f"(by {_percent(off[worst])}); all charge together by {_percent(total)}. "
        "No repair exists: capacities are those of the counter, and the integral is scaled to it.",
    )


def _percent(share: float) -> str:
    if not np.isfinite(share):
        return "all of it"
    return f"{100 * share:.2g} %" if share < 1 else f"{100 * share:.0f} %"


def _factors(charges: StepCharges, beyond: Places, steps: int, row: Callable[[int], int]) -> Iterator[Flag]:
    """Steps in which counter and integral differ by the factor of a unit."""
    counted, integrated = np.abs(charges.counted[beyond]), np.abs(charges.integrated[beyond])
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.abs(np.log(integrated / counted))
    for factor in _UNIT_FACTORS:
        near = np.flatnonzero(np.abs(size - np.log(factor)) < _NEAR_FACTOR)
        if near.size:
            larger = "larger" if integrated[near[0]] > counted[near[0]] else "smaller"
            yield warning(
                "unit_suspect",
                f"the integral of current_ampere over test_time_second is {factor:.0f} times {larger} than step_net_capacity_ah in "
                f"{near.size} of {steps} steps, first in the one from row {row(int(beyond[near[0]]))}: time, current or capacity is in "
                "another unit than its column says. No repair exists: name the units on reading.",
            )


def _sign_suspect(seen: Seen) -> Iterator[Flag]:
    current = seen.number("current_ampere")
    if current is None:
        return
    labels = label_signs(seen.table["step_type"]) if "step_type" in seen.table.columns else np.zeros(0, dtype=np.int8)
    labelled = int(np.count_nonzero(labels))
    if labelled:
        against = ((current < 0) & (labels > 0)) | ((current > 0) & (labels < 0))
        count = int(np.count_nonzero(against))
        if count > MOST_ROWS_AGAINST * labelled:
            yield warning(
                "sign_suspect",
                f"the current contradicts the step label in {count} of {labelled} rows labelled as charge or discharge, "
                f'first in row {seen.row(int(np.argmax(against)))}. The repair "fix_sign" inverts the current.',
            )
        return
    found = seen.segments
    if found is not None:
        yield from _against_voltage(seen, found)


def _against_voltage(seen: Seen, found: Segments) -> Iterator[Flag]:
    """The sign of a file without labels: where charging, the voltage rises."""
    cycling = seen.cycling
    if cycling is None or found.count == 0:
        return
    _, voltage, current = cycling
    rise = voltage[found.last_row] - voltage[found.first_row]
    telling = (np.abs(rise) > LEAST_VOLTAGE_CHANGE) & _constant(current, found)
    against = np.flatnonzero(telling & (rise * found.sign < 0))
    count = int(np.count_nonzero(telling))
    if against.size > MOST_HALF_CYCLES_AGAINST * count:
        yield warning(
            "sign_suspect",
            f"the voltage moves against the current in {against.size} of {count} half cycles of constant current, first in the one "
            f"from row {seen.row(int(found.first_row[against[0]]))}; the file has no step labels. "
            'The repair "fix_sign" inverts the current.',
        )


def _constant(current: Array, found: Segments) -> Mask:
    """Whether the current of a half cycle is constant between the first and the last row of its flow, rests left out."""
    size = np.abs(current)
    edges = np.append(np.column_stack([found.first_row, found.last_row + 1]).ravel()[:-1], found.last_row[-1] + 1)
    largest = np.maximum.reduceat(np.append(size, 0.0), edges)[::2]
    least = np.minimum.reduceat(np.append(np.where(size > found.threshold, size, np.inf), np.inf), edges)[::2]
    steady: Mask = largest - least <= CONSTANT_CURRENT * largest
    return steady


def _cycle_rule_disagrees(seen: Seen) -> Iterator[Flag]:
    """As many cycles by every rule? A rule that counts one cycle more at an end only is worth a note."""
    if seen.measured.technique != "gcd" or seen.segments is None:
        return
    counts = {"own rule": seen.segments.cycles}
    for name, rule in (("cycle_count", "instrument"), ("cycle_count_auto", "reader, anew")):
        if name in seen.table.columns and seen.table[name].null_count() == 0:
            counts[rule] = int(run_starts(seen.table[name].to_numpy()).size)
    if len(set(counts.values())) > 1:
        told = warning if max(counts.values()) - min(counts.values()) > 1 else note
        listed = ", ".join(f"{rule} {count}" for rule, count in counts.items())
        yield told(
            "cycle_rule_disagrees",
            f"the cycles of all {seen.table.height} rows are counted differently: {listed}. No repair is needed: every table of cycles "
            "states its rule, and the instrument's numbers stand beside.",
        )


#: In the order of their flags.
CHECKS = (_unit_of_voltage, _charges, _sign_suspect, _cycle_rule_disagrees)
