"""What each cycle passed, charge and discharge apart, for cycles counted by the instrument or by our own rule.

A cycle is a range of rows, from its first row to that of the next one. A half cycle in which the counter of the instrument rises is cut
there. Of a charge or discharge in several parts the charges and energies add up, the median voltage is that at half of their sum, and the
plateau voltage that of the largest part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.errors import InputError
from dualion.numerics.cycling.half_cycles import HalfCycles, time_with_current, voltage_at
from dualion.numerics.cycling.plateau_voltage import PLATEAU_HALF_WIDTH, plateau_voltages
from dualion.numerics.cycling.segments import Array, Counts, Mask, sums

CycleRule = Literal["instrument", "own"]
#: Position of the discharge and of the charge in the arrays of ``Cycles``.
DISCHARGE, CHARGE = 0, 1

_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Cycles:
    """Cycles of a measurement; the arrays with two columns hold discharge and charge.

    Parameters
    ----------
    number : int array, shape (c,)
        [1] of each cycle, by the rule.
    rule : {"instrument", "own"}
    first_row : int array, shape (c,)
        [1]
    start, lasts : array, shape (c,)
        [s] when it begins, and how long it takes with its rests.
    charge, energy, time : array, shape (c, 2)
        [Ah], [Wh], and [s] with current; 0 where there is none.
    mean, median, plateau : array, shape (c, 2)
        [V] mean, median and plateau voltage; NaN where there is none.
    """

    number: Counts
    rule: CycleRule
    first_row: Counts
    start: Array
    lasts: Array
    charge: Array
    energy: Array
    time: Array
    mean: Array
    median: Array
    plateau: Array

    @property
    def current(self) -> Array:
        """[A] mean current of discharge and charge while it flows, above 0; NaN where there is none. Shape (c, 2)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.time > 0, self.charge * _SECONDS_PER_HOUR / self.time, np.nan)

    @property
    def complete(self) -> Mask:
        """Whether a cycle has a charge and a discharge; shape (c,)."""
        return np.asarray((self.charge[:, DISCHARGE] > 0) & (self.charge[:, CHARGE] > 0))

    @property
    def energy_efficiency(self) -> Array:
        """Energy of the discharge over that of the charge [1], NaN where a cycle lacks a half; shape (c,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = self.energy[:, DISCHARGE] / self.energy[:, CHARGE]
        return np.where(self.complete & np.isfinite(ratio), ratio, np.nan)

    @property
    def hysteresis(self) -> Array:
        """Mean voltage of charge minus that of discharge [V], NaN where a half lacks; shape (c,)."""
        return np.asarray(self.mean[:, CHARGE] - self.mean[:, DISCHARGE])

    def efficiency(self, second: int) -> Array:
        """Coulombic efficiency [1] of each cycle, NaN where it lacks a half; shape (c,).

        Parameters
        ----------
        second : int
            [1] position of the half that gives back: ``DISCHARGE`` or ``CHARGE``.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.complete, self.charge[:, second] / self.charge[:, 1 - second], np.nan)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Ranges of rows with current of one sign within one cycle; ``group`` is twice the cycle, and one more for a charge.

    ``half`` is the half cycle of each, and ``whole`` whether it is all of it.
    """

    first: Counts
    last: Counts
    group: Counts
    half: Counts
    whole: bool


def cycles_of(whole: HalfCycles, frame: pl.DataFrame, *, rule: CycleRule, half_width: float = PLATEAU_HALF_WIDTH) -> Cycles:
    """Cycles of a measurement.

    Parameters
    ----------
    whole : HalfCycles
        Of the frame.
    frame : polars.DataFrame
        Its ``cycle_count`` is the instrument's.
    rule : {"instrument", "own"}
        Whose count of cycles.
    half_width : float
        [V] half of the window of the plateau voltage.

    Returns
    -------
    Cycles
        Those in which current flows.

    Raises
    ------
    InputError
        The rule is unknown, or the instrument counts no cycles.
    """
    number, begins = _ranges(whole, frame, rule)
    parts = _parts(whole, begins, profiles=rule == "instrument")
    groups = 2 * begins.size
    charge, energy, time = _passed(whole, parts)
    charges, energies, times = (np.bincount(parts.group, weights=values, minlength=groups) for values in (charge, energy, time))
    median, plateau = _voltages(whole, parts, charge, groups, half_width)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(charges > 0, energies / charges, np.nan)
    ends = np.append(whole.time[begins[1:]], whole.time[-1:]) if begins.size else np.zeros(0)
    kept = np.flatnonzero(charges.reshape(-1, 2).any(axis=1))
    paired = [np.asarray(one, dtype=float).reshape(-1, 2)[kept] for one in (charges, energies, times, mean, median, plateau)]
    charged, worked, passed, means, medians, plateaus = paired
    return Cycles(
        number=number[kept], rule=rule, first_row=begins[kept], start=whole.time[begins][kept], lasts=(ends - whole.time[begins])[kept],
        charge=charged, energy=worked, time=passed, mean=means, median=medians, plateau=plateaus,
    )  # fmt: skip


def _ranges(whole: HalfCycles, frame: pl.DataFrame, rule: CycleRule) -> tuple[Counts, Counts]:
    """Number and first row of each cycle."""
    if rule == "own":
        own = whole.segments.cycle
        number, at = np.unique(own[own > 0], return_index=True)
        return number, whole.segments.first_row[own > 0][at]
    if rule != "instrument":
        raise InputError(f'cycles: "{rule}" is unknown. Write "instrument" or "own".')
    if "cycle_count" not in frame.columns or frame["cycle_count"].null_count() == frame.height:
        raise InputError('cycles: the instrument counts none. Write cycles="own".')
    counted = frame["cycle_count"]
    if counted.null_count():
        counted = counted.forward_fill().backward_fill()
    counts = counted.to_numpy()
    begins = np.concatenate([[0], np.flatnonzero(counts[1:] != counts[:-1]) + 1])
    return counts[begins], begins


def _parts(whole: HalfCycles, begins: Counts, *, profiles: bool) -> _Parts:
    """Half cycles, cut where a cycle begins in one."""
    found = whole.segments
    first, half = found.first_row, np.arange(found.count)
    inside = np.searchsorted(first, begins, side="right") - 1
    cut = (inside >= 0) & (begins > first[inside]) & (begins <= found.last_row[inside]) if found.count else np.zeros(0, dtype=bool)
    if cut.any():
        first = np.sort(np.concatenate([first, begins[cut]]))
        half = np.searchsorted(found.first_row, first, side="right") - 1
    last = found.last_row[half]
    np.minimum(last[:-1], first[1:] - 1, out=last[:-1])
    cycle = np.searchsorted(begins, first, side="right") - 1
    kept: Mask = (cycle >= 0) & (profiles | ~found.profile[half])
    group = 2 * cycle + (found.sign[half] > 0)
    return _Parts(first[kept], last[kept], group[kept].astype(np.int64), half[kept], whole=not cut.any())


def _passed(whole: HalfCycles, parts: _Parts) -> tuple[Array, Array, Array]:
    """Charge [Ah], energy [Wh] and time with current [s] of each part."""
    if not parts.whole:
        charge, energy = (sums(values, parts.first, parts.last) for values in (whole.flow, whole.work))
        return charge, energy, time_with_current(whole, parts.first, parts.last)
    charge = whole.charge[parts.half]
    energy = whole.table["energy_wh"].to_numpy()[parts.half]
    with np.errstate(divide="ignore", invalid="ignore"):
        time = charge * _SECONDS_PER_HOUR / np.abs(whole.table["mean_current_ampere"].to_numpy()[parts.half])
    return charge, energy, np.nan_to_num(time, nan=0.0, posinf=0.0)


def _voltages(whole: HalfCycles, parts: _Parts, charge: Array, groups: int, half_width: float) -> tuple[Array, Array]:
    """Median and plateau voltage [V] of each group; shape (groups,) each, NaN where nothing flows."""
    median, plateau = np.full(groups, np.nan), np.full(groups, np.nan)
    of_part = plateau_voltages(whole, parts.first, half_width=half_width)
    alone = (np.bincount(parts.group, minlength=groups)[parts.group] == 1) & parts.whole & (charge > 0)
    half = parts.half[alone]
    median[parts.group[alone]] = whole.table["median_voltage_volt"].to_numpy()[half]
    plateau[parts.group[alone]] = of_part[alone]
    order = np.flatnonzero(~alone & (charge > 0))
    if order.size:
        order = order[np.argsort(parts.group[order], kind="stable")]
        _voltages_of_several(whole, parts, charge, order, of_part, median, plateau)
    return median, plateau


def _voltages_of_several(
    whole: HalfCycles, parts: _Parts, charge: Array, order: Counts, of_part: Array, median: Array, plateau: Array
) -> None:
    """Set median and plateau voltage [V] of the groups of several parts, which ``order`` gives group by group."""
    group, size = parts.group[order], charge[order]
    begins = np.flatnonzero(np.diff(group, prepend=-1))
    passed = np.cumsum(size)
    before = passed[begins] - size[begins]
    half = 0.5 * (np.append(passed[begins[1:] - 1], passed[-1]) + before)
    at = np.clip(np.searchsorted(passed, half), begins, np.append(begins[1:], group.size) - 1)
    part = order[at]
    base = whole.gained[parts.first[part]] - whole.flow[parts.first[part]]
    wanted = base + half - (passed[at] - size[at])
    median[group[begins]] = voltage_at(whole, wanted, parts.first[part], parts.last[part])
    largest = _first_where(size == np.repeat(np.maximum.reduceat(size, begins), np.diff(begins, append=group.size)), begins)
    plateau[group[begins]] = of_part[order[largest]]


def _first_where(true: NDArray[np.bool_], begins: Counts) -> Counts:
    """First position in each range, from its beginning to the next one's, that is true."""
    at = np.flatnonzero(true)
    return np.asarray(at[np.searchsorted(at, begins)])
