"""Where every frame of a series is: its time, its potential by the electrochemical record, the span it was averaged over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dualion.numerics.series.clock import Offset, clock_offset, potentials_at, spans
from dualion.numerics.series.tracking import Array
from dualion.records.quantity import Flag

AxisName = Literal["potential", "state_of_charge", "time", "index"]

#: Label and unit of every axis, and the column of the table of frames that holds it.
LABELS: dict[str, str] = {"potential": "Potential", "state_of_charge": "State of charge", "time": "Time", "index": "Frame"}
UNITS: dict[str, str] = {"potential": "V", "state_of_charge": "%", "time": "s", "index": "1"}
COLUMNS: dict[str, str] = {"potential": "potential", "state_of_charge": "state_of_charge", "time": "frame_time", "index": "frame"}
#: Axes along which a series can turn.
TURNING = ("potential", "state_of_charge")


@dataclass(frozen=True, slots=True)
class Record:
    """An electrochemical record.

    Parameters
    ----------
    time, potential : array, shape (m,)
        [s] in rising order, and [V].
    current : array, shape (m,), or None
        [A]
    """

    time: Array
    potential: Array
    current: Array | None


@dataclass(frozen=True, slots=True)
class Places:
    """Where every frame is.

    Parameters
    ----------
    time, potential, span, charge : array, shape (n,)
        [s], [V], [V] and [%]; NaN where not known.
    axis : array, shape (n,)
        The one of them, or the number of the frame, that was chosen, in its [unit].
    offset : Offset or None
        Of the clock; None without a record.
    """

    time: Array
    potential: Array
    span: Array
    charge: Array
    axis: Array
    offset: Offset | None

    @property
    def columns(self) -> dict[str, Array]:
        """For a table, by headings with their units."""
        return {
            "frame_time [s]": self.time,
            "potential [V]": self.potential,
            "potential_span [V]": self.span,
            "state_of_charge [%]": self.charge,
        }


def places(
    time: Array,
    potential: Array,
    charge: Array,
    record: Record | None,
    *,
    axis: AxisName,
    offset: float | None,
    acquisition_time: float,
    scan_rate: float | None,
) -> tuple[Places, tuple[Flag, ...]]:
    """Time, potential, span and charge of every frame.

    Parameters
    ----------
    time, potential, charge : array, shape (n,)
        [s], [V] and [%] that the frames carry; NaN where they do not.
    record : Record or None
    axis : {"potential", "state_of_charge", "time", "index"}
    offset : float or None
        [s] of the clock; fitted where None.
    acquisition_time : float
        [s] of one frame.
    scan_rate : float or None
        [V/s]; from the frames where None.

    Returns
    -------
    places : Places
    flags : tuple of Flag
        ``clock_unchecked`` where nothing tells the offset of the clock.
    """
    found, flags = None, []
    if record is not None:
        if offset is not None:
            found = Offset(offset, 0.0, 0.0)
        elif np.isfinite(potential).any():
            found = clock_offset(time, potential, record.time, record.potential)
        else:
            text = "The frames carry no potential of their own: both clocks are taken to agree. Give clock_offset [s] where they do not."
            flags.append(Flag("clock_unchecked", "warning", text))
            found = Offset(0.0, 0.0, 0.0)
        potential = potentials_at(time, found.value, record.time, record.potential)
    index = np.arange(time.size, dtype=np.float64)
    chosen = {"potential": potential, "time": time, "index": index, "state_of_charge": charge}[axis]
    return Places(time, potential, spans(time, potential, acquisition_time, scan_rate), charge, chosen, found), tuple(flags)
