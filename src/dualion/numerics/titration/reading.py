"""Pulses of a titration as they were measured, before a diffusivity is made of them, and the flags that a pulse can have."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from dualion.numerics.titration.pulses import Array, Line, Record, RestEnd, Runs, rest_end, sqrt_line
from dualion.records.quantity import Flag

#: [V] Error of a voltage at rest, at least: the resolution of a cycler.
LEAST_REST_ERROR = 1e-4

#: Ends of the rules of numbers that are counted, and of medians over states that differ.
COUNTED = "no standard error: counted"
SPREAD = "no standard error: a spread over states, not over repeats"

_MV, _MAH = 1e3, 1e3  # per V, per Ah


@dataclass(frozen=True, slots=True)
class Pulse:
    """A pulse between two rests.

    Parameters
    ----------
    number : int
        [1] from 1 in the order of time.
    sign : int
        [1] 1 where the current charges the cell, -1 where it discharges it.
    begin, duration : float
        [s]
    rest_duration : float
        [s] of the rest after it.
    passed, charge : float
        [mAh] before it and in it, positive on charge.
    before, after : RestEnd
        Of the rests around it.
    end_voltage : float
        [V] in its last row.
    line : Line or None
        Voltage against the square root of time; None where too few rows lie in the window.
    unit_charge : float
        [mAh] of one unit of x.
    time, voltage : ndarray, shape (n,)
        [s] since it began, [V]
    current : float
        [A] mean over the rows.
    """

    number: int
    sign: int
    begin: float
    duration: float
    rest_duration: float
    passed: float
    charge: float
    before: RestEnd
    after: RestEnd
    end_voltage: float
    line: Line | None
    unit_charge: float
    time: Array
    voltage: Array
    current: float

    @property
    def change(self) -> float:
        """Change of the voltage at rest [V]."""
        return self.after.voltage - self.before.voltage

    @property
    def rest_error(self) -> float:
        """Error of a voltage at rest [V]: the larger scatter of the two rests, or the resolution."""
        return max(self.before.spread, self.after.spread, LEAST_REST_ERROR)

    @property
    def change_error(self) -> float:
        """Error of the change of the voltage at rest [V]."""
        return math.sqrt(2) * self.rest_error

    @property
    def slope_per_x(self) -> float:
        """|dE/dx| [V], x being charge over the charge of one unit; 0 where no charge passed."""
        passed = abs(self.charge) / self.unit_charge if self.unit_charge else 0.0
        return abs(self.change) / passed if passed else 0.0

    @property
    def drift(self) -> float | None:
        """Largest |dE/dt| at the ends of the two rests [V/h]; None where neither has two rows."""
        return max((abs(end.drift) for end in (self.before, self.after) if end.drift is not None), default=None)


def read_pulses(rows: Record, found: Runs, *, window: tuple[float, float], full_capacity: float | None) -> list[Pulse]:
    """Every pulse that has a rest before and after it.

    Parameters
    ----------
    rows : Record
    found : Runs
    window : tuple of two floats
        [s] of the line against the square root of time, since a pulse began.
    full_capacity : float or None
        [mAh] of one unit of x; the charge that the titration spans where None.

    Returns
    -------
    list of Pulse
    """
    chosen = [int(at) for at in found.pulses()]
    ends = {rest: rest_end(rows, found, rest) for rest in sorted({at + side for at in chosen for side in (-1, 1)})}
    passed = np.concatenate(([0.0], np.cumsum(found.charge))) * _MAH
    unit = full_capacity or float(np.ptp(passed))
    pulses = []
    for number, at in enumerate(chosen, start=1):
        own = slice(int(found.first[at]), int(found.last[at]) + 1)
        pulses.append(
            Pulse(
                number,
                int(found.sign[at]),
                float(found.begin[at]),
                float(found.duration[at]),
                float(found.duration[at + 1]),
                float(passed[at]),
                float(found.charge[at]) * _MAH,
                ends[at - 1],
                ends[at + 1],
                float(rows.voltage[found.last[at]]),
                sqrt_line(rows, found, at, window),
                unit,
                rows.time[own] - found.begin[at],
                rows.voltage[own],
                float(rows.current[own].mean()),
            )
        )
    return pulses


#: What ``described`` says of a pulse, with the types of its columns.
PULSE_COLUMNS: dict[str, Any] = {
    "pulse": pl.Int64, "sign": pl.Int64, "begin [s]": pl.Float64, "pulse_duration [s]": pl.Float64, "rest_duration [s]": pl.Float64,
    "charge [mAh]": pl.Float64, "pulse_charge [mAh]": pl.Float64, "voltage_before [V]": pl.Float64, "voltage_after [V]": pl.Float64,
    "relaxed_change [mV]": pl.Float64, "rest_error [mV]": pl.Float64, "rest_drift [V/h]": pl.Float64, "slope_per_x [V]": pl.Float64,
    "sqrt_slope [(V2/s)^0.5]": pl.Float64, "sqrt_slope_stderr [(V2/s)^0.5]": pl.Float64, "intercept [V]": pl.Float64,
    "jump [mV]": pl.Float64, "r2": pl.Float64, "points": pl.Int64,
}  # fmt: skip


def described(pulse: Pulse) -> dict[str, Any]:
    """One row of ``PULSE_COLUMNS``; what is not known of a pulse is None."""
    row = {
        "pulse": pulse.number,
        "sign": pulse.sign,
        "begin [s]": pulse.begin,
        "pulse_duration [s]": pulse.duration,
        "rest_duration [s]": pulse.rest_duration,
        "charge [mAh]": pulse.passed,
        "pulse_charge [mAh]": pulse.charge,
        "voltage_before [V]": pulse.before.voltage,
        "voltage_after [V]": pulse.after.voltage,
        "relaxed_change [mV]": pulse.change * _MV,
        "rest_error [mV]": pulse.rest_error * _MV,
        "rest_drift [V/h]": pulse.drift,
        "slope_per_x [V]": pulse.slope_per_x,
        "points": 0 if pulse.line is None else pulse.line.points,
    }
    return row if pulse.line is None else row | _line_columns(pulse.line, pulse.before.voltage)


def _line_columns(line: Line, before: float) -> dict[str, float]:
    """What the line of a pulse says; ``before`` [V] is the voltage at rest."""
    return {
        "sqrt_slope [(V2/s)^0.5]": line.slope,
        "sqrt_slope_stderr [(V2/s)^0.5]": line.slope_stderr,
        "intercept [V]": line.intercept,
        "jump [mV]": (line.intercept - before) * _MV,
        "r2": line.r2,
    }


def listed(flags: Iterable[str], meanings: Mapping[str, str]) -> str:
    """Flags of a pulse as one text, each once, in the order of their meanings."""
    had = set(flags)
    return " ".join(code for code in meanings if code in had)


def code_counts(table: pl.DataFrame, meanings: Mapping[str, str]) -> dict[str, int]:
    """How many rows of a table have each flag in their column ``flags``."""
    had = [text.split() for text in table["flags"]]
    return {code: sum(code in one for one in had) for code in meanings}


def pulse_flags(table: pl.DataFrame, meanings: Mapping[str, str], *, of: str = "pulses") -> tuple[Flag, ...]:
    """One flag for each code that a row of the table has, with how many rows have it."""
    counts = code_counts(table, meanings)
    return tuple(Flag(code, "warning", f"{n} of {table.height} {of}: {meanings[code]}.") for code, n in counts.items() if n)


def row_flags(rows: Record) -> tuple[Flag, ...]:
    """That rows were left out, where they were."""
    if not rows.left_out:
        return ()
    return (Flag("rows_left_out", "warning", f"{rows.left_out} rows have a number that is missing or not finite, and were left out."),)


def named(flags: Iterable[Flag]) -> str:
    """The codes of flags in brackets, each once, for a sentence that tells the number they belong to; empty without any."""
    codes = dict.fromkeys(flag.code for flag in flags if flag.severity != "note")
    return f" ({', '.join(codes)})" if codes else ""
