"""Repairs of what the checks found: only on request, each by its name, each recorded in ``Measurement.corrections``.

    drop_missing             rows without a time, voltage, current or impedance are left out
    drop_duplicates          of rows that stand there twice the first is kept
    mend_time                a single row with a wrong time takes the mean time of its neighbours
    unwrap_time              where the clock began anew, time goes on from the row above
    sort_time                rows are put in the order of their time; equal times keep their order
    voltage_from_millivolt   voltages above 100 V are divided by 1000
    fix_sign                 the current is inverted where the checks suspect its sign, with every counter that then contradicts it
    invert_current           the same, whatever the checks say

A repair that finds nothing to mend changes nothing, records nothing and says so by the flag ``repair_not_needed``. After the last of them
the checks run again: what is mended loses its flag, and what is not keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import polars as pl

from dualion.errors import SpecError
from dualion.numerics.cycling.row_quality import Array, mended, reversals, unwrapped
from dualion.readers.quality.charge_checks import MOST_VOLTS
from dualion.readers.quality.checked_rows import finite_rows
from dualion.readers.quality.checks import check
from dualion.readers.quality.row_checks import duplicates
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag
from dualion.records.validation import nearest

_MILLI = 1e-3
#: Counters that have the sign of the current, and the column beside which each is judged.
_SIGNED_COUNTERS = ("step_net_capacity_ah", "step_net_energy_wh")

#: A repaired measurement, and what was done in words; None where there was nothing to do.
Repaired = tuple[Measurement, str | None]


def repair(measured: Measurement, what: Sequence[str]) -> Measurement:
    """Mend what is asked for, in the order it is asked for.

    Parameters
    ----------
    measured : Measurement
    what : sequence of str
        Names of repairs.

    Returns
    -------
    Measurement
        With every repair in ``corrections``, and the flags of the checks of what it is now.

    Raises
    ------
    SpecError
        There is no such repair, or none of the rows would be left.
    """
    names = (what,) if isinstance(what, str) else tuple(what)
    for name in names:
        if name not in REPAIRS:
            near = nearest(name, REPAIRS)
            guess = f'Did you mean "{near}"? ' if near else ""
            raise SpecError(f'repair: "{name}" is not a repair. {guess}Known are {", ".join(REPAIRS)}.')
    for name in names:
        with np.errstate(all="ignore"):
            measured, done = REPAIRS[name](measured)
        if measured.table.height == 0:
            raise SpecError(f"repair: {name} would leave no row of {measured.source.file}. Leave it out.")
        if done is None:
            idle = Flag("repair_not_needed", "note", f"{name}: nothing to mend was found, and nothing was changed.")
            measured = replace(measured, flags=tuple(dict.fromkeys((*measured.flags, idle))))
        else:
            measured = replace(measured, corrections=(*measured.corrections, f"{name}: {done}"))
    return check(measured)


def _of(count: int, height: int) -> str:
    return f"{count} of {height} rows"


def _with_column(measured: Measurement, name: str, values: Array) -> Measurement:
    return replace(measured, table=measured.table.with_columns(pl.Series(name, values, dtype=pl.Float64)))


def _kept(measured: Measurement, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Measurement:
    return replace(measured, table=measured.table.filter(rows))


def _drop_missing(measured: Measurement) -> Repaired:
    whole = finite_rows(measured.table)
    if whole is None:
        return measured, None
    return _kept(measured, whole), f"{_of(int((~whole).sum()), whole.size)} without a number were left out"


def _drop_duplicates(measured: Measurement) -> Repaired:
    twice = duplicates(measured.table)
    if not twice.any():
        return measured, None
    return _kept(measured, ~twice), f"{_of(int(twice.sum()), twice.size)} that stood there twice were left out"


def _time(measured: Measurement) -> Array | None:
    """Time [s] of every row; None where there is none or one is no number."""
    if "test_time_second" not in measured.table.columns:
        return None
    time = measured.table["test_time_second"].to_numpy()
    return time if np.isfinite(time).all() else None


def _mend_time(measured: Measurement) -> Repaired:
    time = _time(measured)
    if time is None:
        return measured, None
    found = reversals(time)
    if not found.stray.any():
        return measured, None
    first = int(found.rows[found.stray][0]) + 1
    done = f"{_of(int(found.stray.sum()), time.size)} with a wrong time, the first row {first}, took the mean time of their neighbours"
    return _with_column(measured, "test_time_second", mended(time, found)), done


def _unwrap_time(measured: Measurement) -> Repaired:
    time = _time(measured)
    if time is None:
        return measured, None
    found = reversals(time)
    if not found.restart.any():
        return measured, None
    fixed = unwrapped(time, found)
    done = f"the clock began anew {int(found.restart.sum())} times, first in row {int(found.rows[found.restart][0]) + 1}"
    return _with_column(measured, "test_time_second", fixed), f"{done}; {fixed[-1] - time[-1]:.2f} s were added to the last row"


def _sort_time(measured: Measurement) -> Repaired:
    time = _time(measured)
    if time is None:
        return measured, None
    order = np.argsort(time, kind="stable")
    moved = int(np.count_nonzero(order != np.arange(time.size)))
    if moved == 0:
        return measured, None
    return replace(measured, table=measured.table[order]), f"rows were put in the order of their time; {_of(moved, time.size)} moved"


def _voltage_from_millivolt(measured: Measurement) -> Repaired:
    if "voltage_volt" not in measured.table.columns:
        return measured, None
    voltage = measured.table["voltage_volt"].to_numpy()
    large = np.abs(voltage) > MOST_VOLTS
    if not large.any():
        return measured, None
    if large.sum() > voltage.size / 2:
        large = np.ones(voltage.size, dtype=bool)  # a file in millivolts: its small numbers are millivolts too
    return (
        _with_column(measured, "voltage_volt", np.where(large, _MILLI * voltage, voltage)),
        f"voltage_volt was divided by 1000 in {_of(int(large.sum()), voltage.size)}",
    )


def _fix_sign(measured: Measurement) -> Repaired:
    suspected = any(flag.code == "sign_suspect" for flag in check(measured).flags)
    return _invert_current(measured) if suspected else (measured, None)


def _invert_current(measured: Measurement) -> Repaired:
    table = measured.table
    if "current_ampere" not in table.columns:
        return measured, None
    current = -table["current_ampere"].to_numpy()
    changed = {"current_ampere": current}
    for name in _SIGNED_COUNTERS:
        if name in table.columns:
            counter = table[name].to_numpy()
            if float(np.nansum(counter * np.sign(current))) < 0:
                changed[name] = -counter
    found = table.with_columns(pl.Series(name, values, dtype=pl.Float64) for name, values in changed.items())
    names = list(changed)
    if "direction" in table.columns:
        found = found.with_columns(_directions(measured, current))
        names.append("direction")
    return replace(measured, table=found), f"the sign of {', '.join(names)} was inverted in {_of(table.height, table.height)}"


def _directions(measured: Measurement, current: Array) -> pl.Series:
    """The column ``direction`` of a current [A], as the cell record has it."""
    positive, negative = measured.cell.directions()
    words = np.where(current > 0, positive, np.where(current < 0, negative, "rest"))
    return pl.Series("direction", words.tolist(), dtype=measured.table["direction"].dtype)


#: Every repair by its name.
REPAIRS: Mapping[str, Callable[[Measurement], Repaired]] = MappingProxyType(
    {
        "drop_missing": _drop_missing,
        "drop_duplicates": _drop_duplicates,
        "mend_time": _mend_time,
        "unwrap_time": _unwrap_time,
        "sort_time": _sort_time,
        "voltage_from_millivolt": _voltage_from_millivolt,
        "fix_sign": _fix_sign,
        "invert_current": _invert_current,
    }
)
