"""Half cycles and cycles from the sign of the current alone, whatever the counters of an instrument say.

    s_k = sign(I_k) where |I_k| > I_0, else 0                         I_0 = 1e-3 sum I^2 / sum |I|
    half cycle = maximal run of equal s over rests and steps          from its first to its last row with current
    cycle = a half cycle of the first sign with all that follow it until the next one

I_0 is a share of the current by which most of the charge flows: it lies above the noise of a rest and below the tail of a hold at
constant voltage, and does not depend on how many rows are rests. Rests between two half cycles belong to neither.

Drive profiles are not cycles. A half cycle is labelled ``profile`` where

- it lasts less than ``min_half_cycle`` and begins or ends inside a step (or where there are no steps), and with it every half cycle that
  begins in the same step;
- it lasts less than that between steps of its own, and carries less than a quarter of the charge of each of its neighbours, as the
  regenerative pulse of a drive profile does and a fast cycle does not;
- it carries less than 1 % of the charge of the median half cycle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.errors import InputError

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: Share of the charge-weighted mean current below which a current is none.
NO_CURRENT = 1e-3
#: Shortest half cycle that is not a drive profile.
MIN_HALF_CYCLE = 10.0  # [s]
#: Share of the median half cycle below which the charge of one is none of a cycle.
SMALL_CHARGE = 0.01
#: Share of the charge of both neighbours below which a short half cycle is a pulse of a profile.
PULSE_CHARGE = 0.25
#: Cycle of a half cycle that belongs to a drive profile.
OF_NO_CYCLE = -1

_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Segments:
    """Half cycles of a measurement, in the order of time.

    Parameters
    ----------
    first_row, last_row : int array, shape (h,)
        [1] positions of their first and last row with current, both inclusive.
    sign : int array, shape (h,)
        [1] 1 where the current charges the cell, -1 where it discharges it.
    profile : bool array, shape (h,)
        [1] whether a half cycle is part of a drive profile.
    cycle : int array, shape (h,)
        [1] number of its cycle from 1; 0 before the first cycle, -1 in a drive profile.
    threshold : float
        [A] below which a current counts as none.
    """

    first_row: Counts
    last_row: Counts
    sign: Counts
    profile: Mask
    cycle: Counts
    threshold: float

    @property
    def count(self) -> int:
        """Number of half cycles."""
        return int(self.first_row.size)

    @property
    def cycles(self) -> int:
        """Number of cycles."""
        return int(self.cycle.max(initial=0))


def no_current(current: Array) -> float:
    """[A] below which a current counts as none, ``1e-3 sum I^2 / sum |I|``; 0 where no current flows at all.

    Parameters
    ----------
    current : array, shape (n,)
        [A]
    """
    with np.errstate(over="ignore", invalid="ignore"):
        whole = float(np.abs(current).sum())
        squared = float(np.dot(current, current))
    if not (np.isfinite(whole) and np.isfinite(squared)):
        good = current[np.isfinite(current)]
        largest = float(np.abs(good).max(initial=0.0))
        return 0.0 if largest == 0.0 else NO_CURRENT * largest * float(((good / largest) ** 2).sum() / np.abs(good / largest).sum())
    return NO_CURRENT * squared / whole if squared > 0 else 0.0


def signs(current: Array, threshold: float) -> NDArray[np.int8]:
    """Sign of the current of each row, 0 where there is none or it is not a number; shape (n,).

    Parameters
    ----------
    current : array, shape (n,)
        [A]
    threshold : float
        [A]
    """
    return (current > threshold).view(np.int8) - (current < -threshold).view(np.int8)


def step_starts(step: NDArray[np.generic]) -> Mask:
    """Whether a step begins in a row, by the change of a counter of steps; shape (n,). The first row begins one.

    Parameters
    ----------
    step : array, shape (n,)
        [1]
    """
    starts = np.ones(step.size, dtype=bool)
    np.not_equal(step[1:], step[:-1], out=starts[1:])
    return starts


def integrated(time: Array, current: Array, starts: Mask | None = None) -> Array:
    """Charge [Ah] that flowed between the row before and each row, by the trapezoid inside a step; shape (n,), 0 in the first row.

    Parameters
    ----------
    time : array, shape (n,)
        [s]
    current : array, shape (n,)
        [A]
    starts : bool array, shape (n,), optional
        [1] where a step begins: across its start nothing is counted.

    Returns
    -------
    array, shape (n,)
        [Ah], of the sign of the current. Time that runs backwards, and what is not a number, carry none.
    """
    charge = np.zeros(time.size)
    np.add(current[1:], current[:-1], out=charge[1:])
    passed = np.diff(time)
    np.maximum(passed, 0.0, out=passed)
    charge[1:] *= passed
    charge *= 0.5 / _SECONDS_PER_HOUR
    if starts is not None:
        charge[starts] = 0.0
    if not np.isfinite(charge.sum()):
        charge[~np.isfinite(charge)] = 0.0
    return charge


def sums(values: Array, first_row: Counts, last_row: Counts) -> Array:
    """Sum of the values from each first to each last row, both inclusive; shape (h,).

    Parameters
    ----------
    values : array, shape (n,)
        In any [unit].
    first_row, last_row : int array, shape (h,)
        [1] ranges in ascending order that do not overlap.
    """
    if first_row.size == 0:
        return np.zeros(0)
    edges = np.column_stack([first_row, last_row + 1]).ravel()
    return np.asarray(np.add.reduceat(values, edges[:-1] if edges[-1] == values.size else edges)[::2])


def segment(
    time: Array,
    current: Array,
    *,
    step: NDArray[np.generic] | None = None,
    min_half_cycle: float = MIN_HALF_CYCLE,
    first: int | None = None,
    charge: Array | None = None,
) -> Segments:
    """Half cycles and cycles of a measurement.

    Parameters
    ----------
    time : array, shape (n,)
        [s]
    current : array, shape (n,)
        [A] above 0 where it charges the cell.
    step : array, shape (n,), optional
        [1] counter of steps.
    min_half_cycle : float
        [s] below which a half cycle may be part of a drive profile.
    first : {1, -1}, optional
        Sign [1] of the current with which a cycle begins; that of the first half cycle where not given. Half cells of anode materials begin
        with a discharge.
    charge : array, shape (n,), optional
        [Ah] that flowed between the row before and each row; integrated where not given.

    Returns
    -------
    Segments

    Raises
    ------
    InputError
        The lengths differ, or ``first`` is no sign.
    """
    lengths = {time.size, current.size, time.size if step is None else step.size, time.size if charge is None else charge.size}
    if len(lengths) > 1:
        raise InputError(f"segment: the arrays have the lengths {sorted(lengths)}. Give one value for each row.")
    if first not in (None, 1, -1):
        raise InputError(f"segment: first is {first}. Write 1 for cycles that begin with a charge, -1 for a discharge.")
    threshold = no_current(current)
    sign_of_row = signs(current, threshold)
    active = np.flatnonzero(sign_of_row)
    if active.size == 0:
        none = np.zeros(0, dtype=np.int64)
        return Segments(none, none, none, np.zeros(0, dtype=bool), none, threshold)
    turns = np.flatnonzero(np.diff(sign_of_row[active])) + 1
    first_row = active[np.concatenate([[0], turns])]
    last_row = active[np.concatenate([turns - 1, [active.size - 1]])]
    sign = sign_of_row[first_row].astype(np.int64)
    if charge is None:
        charge = integrated(time, current, None if step is None else step_starts(step))
    carried = np.abs(sums(charge, first_row, last_row))
    profile = _profile(time[last_row] - time[first_row], carried, _inside(step, first_row, last_row), step, first_row, min_half_cycle)
    return Segments(first_row, last_row, sign, profile, _cycles(sign, profile, first), threshold)


def _inside(step: NDArray[np.generic] | None, first_row: Counts, last_row: Counts) -> Mask:
    """Whether a half cycle begins or ends inside a step; everywhere where there are no steps."""
    if step is None:
        return np.ones(first_row.size, dtype=bool)
    before, after = np.maximum(first_row - 1, 0), np.minimum(last_row + 1, step.size - 1)
    begins = (step[first_row] == step[before]) & (first_row > 0)
    ends = (step[last_row] == step[after]) & (last_row < step.size - 1)
    return np.asarray(begins | ends)


def _profile(
    lasts: Array, carried: Array, inside: Mask, step: NDArray[np.generic] | None, first_row: Counts, min_half_cycle: float
) -> Mask:
    """Which half cycles are part of a drive profile."""
    short = lasts < min_half_cycle
    profile = short & inside
    if step is not None and profile.any():
        profile |= np.isin(step[first_row], step[first_row[profile]])
    least = PULSE_CHARGE * np.minimum(np.append(np.inf, carried[:-1]), np.append(carried[1:], np.inf))
    profile |= short & ~inside & np.isfinite(least) & (carried < least)
    long = carried[~short]
    return np.asarray(profile | (carried < SMALL_CHARGE * float(np.median(long if long.size else carried))))


def _cycles(sign: Counts, profile: Mask, first: int | None) -> Counts:
    """Number of the cycle of each half cycle."""
    cycle = np.full(sign.size, OF_NO_CYCLE, dtype=np.int64)
    counted = np.flatnonzero(~profile)
    if counted.size:
        kept = sign[counted]
        begins = kept == (kept[0] if first is None else first)
        begins[1:] &= kept[1:] != kept[:-1]
        cycle[counted] = np.cumsum(begins)
    return cycle
