"""One row for each step of a cycler, as its counters stood at the end of the step."""

from __future__ import annotations

import numpy as np
import polars as pl

from dualion.numerics.cycling.half_cycles import HalfCycles, step_numbers
from dualion.numerics.cycling.segments import step_starts

_MILLI, _SECONDS_PER_HOUR = 1e3, 3600.0


def step_table(whole: HalfCycles, frame: pl.DataFrame) -> pl.DataFrame | None:
    """Steps of a measurement; None where it has no counter of steps.

    Parameters
    ----------
    whole : HalfCycles
        Of the frame.
    frame : polars.DataFrame
        Canonical columns.

    Returns
    -------
    polars.DataFrame
        ``step`` from 1, the instrument's ``cycle`` and ``step_type`` where there are some, ``start [s]``, ``duration [s]``,
        ``net_charge [mAh]`` and ``net_energy [mWh]`` that went in, ``mean_current [mA]``, ``start_voltage [V]``, ``end_voltage [V]``.
    """
    numbers = step_numbers(frame)
    if numbers is None:
        return None
    first = np.flatnonzero(step_starts(numbers))
    last = np.append(first[1:] - 1, numbers.size - 1)
    gained = np.add.reduceat(whole.flow * whole.sign, first)
    worked = np.add.reduceat(whole.work * whole.sign, first)
    lasts = whole.time[last] - whole.time[first]
    if "step_time_second" in frame.columns:
        in_step = frame["step_time_second"].to_numpy()[last]
        lasts = np.where(np.isfinite(in_step), in_step, lasts)
    with np.errstate(divide="ignore", invalid="ignore"):
        current = np.where(lasts > 0, gained * _SECONDS_PER_HOUR / lasts, whole.current[first])
    columns: dict[str, pl.Series] = {"step": pl.Series(np.arange(1, first.size + 1))}
    for name, ours in (("cycle_count", "cycle"), ("step_type", "step_type")):
        if name in frame.columns:
            columns[ours] = frame[name].gather(first)
    numbered = {
        "start [s]": whole.time[first],
        "duration [s]": lasts,
        "net_charge [mAh]": _MILLI * gained,
        "net_energy [mWh]": _MILLI * worked,
        "mean_current [mA]": _MILLI * current,
        "start_voltage [V]": whole.voltage[first],
        "end_voltage [V]": whole.voltage[last],
    }
    return pl.DataFrame(columns | {name: pl.Series(values) for name, values in numbered.items()})
