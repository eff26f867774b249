"""What the checks of quality see of a measurement: the rows that hold numbers, and where they stand in the file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from dualion.numerics.cycling.row_quality import Array, Mask, Places
from dualion.numerics.cycling.segments import Segments, segment
from dualion.records.measurement import Measurement
from dualion.records.quantity import Flag

#: Columns in which every row needs a number, and those by whose change a step begins, the most certain first.
NUMBERS = ("test_time_second", "voltage_volt", "current_ampere", "frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm")
_IMPEDANCE = NUMBERS[3:]
STEPS = ("step_count", "step_id", "step_index")


@dataclass(frozen=True, slots=True)
class Seen:
    """The rows of a measurement that hold numbers.

    Parameters
    ----------
    measured : Measurement
    table : polars.DataFrame
        Its rows without those that hold no number.
    places : ndarray of int, shape (n,), or None
        [1] where the rows stand in the whole table; None where it is the whole.
    segments : Segments or None
        Half cycles by the sign of the current; None where no cycling was measured.
    """

    measured: Measurement
    table: pl.DataFrame
    places: Places | None
    segments: Segments | None

    def number(self, name: str) -> Array | None:
        """A column, in its own unit, shape (n,); None where there is none."""
        return self.table[name].to_numpy() if name in self.table.columns else None

    def row(self, place: int) -> int:
        """Number [1] of a row in the whole table, counted from 1.

        Parameters
        ----------
        place : int
            [1] position among the rows that hold numbers, counted from 0.
        """
        return 1 + int(place if self.places is None else self.places[place])

    @property
    def cycling(self) -> tuple[Array, Array, Array] | None:
        """Time [s], voltage [V] and current [A], shape (n,) each; None where one is absent."""
        time, voltage, current = (self.number(name) for name in NUMBERS[:3])
        return None if time is None or voltage is None or current is None else (time, voltage, current)

    @property
    def step(self) -> Places | None:
        """The counter of steps, shape (n,), where the table has one without gaps."""
        return _step(self.table)


def seen(measured: Measurement, whole: Mask | None) -> Seen:
    """What the checks see of a measurement.

    Parameters
    ----------
    measured : Measurement
    whole : ndarray of bool, shape (n,), or None
        [1] its rows that hold numbers, as ``finite_rows`` gives them.
    """
    table = measured.table if whole is None else measured.table.filter(whole)
    segments = None
    if {"test_time_second", "voltage_volt", "current_ampere"} <= set(table.columns):
        segments = segment(table["test_time_second"].to_numpy(), table["current_ampere"].to_numpy(), step=_step(table))
    return Seen(measured, table, None if whole is None else np.flatnonzero(whole), segments)


def _step(table: pl.DataFrame) -> Places | None:
    for name in STEPS:
        if name in table.columns and table[name].null_count() == 0:
            return table[name].to_numpy()
    return None


def finite_rows(table: pl.DataFrame) -> Mask | None:
    """Rows in which every number is one, shape (n,); None where all are. Rows of direct current need no impedance.

    Parameters
    ----------
    table : polars.DataFrame, n rows
    """
    whole: Mask | None = None
    direct = _direct_current(table)
    for name in NUMBERS:
        if name not in table.columns:
            continue
        good = np.isfinite(table[name].to_numpy())
        if name in _IMPEDANCE:
            good |= direct
        if not good.all():
            whole = good if whole is None else whole & good
    return whole


def _direct_current(table: pl.DataFrame) -> Mask:
    """Rows with a current and nothing of an impedance, beside those of a spectrum, shape (n,)."""
    names = [name for name in _IMPEDANCE if name in table.columns]
    if not names or "current_ampere" not in table.columns:
        return np.zeros(table.height, dtype=bool)
    return table.select(pl.all_horizontal(pl.col(names).is_null())).to_series().to_numpy()


def warning(code: str, message: str) -> Flag:
    """A flag of severity ``warning``."""
    return Flag(code, "warning", message)


def note(code: str, message: str) -> Flag:
    """A flag of severity ``note``."""
    return Flag(code, "note", message)
