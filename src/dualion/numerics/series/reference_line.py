"""A reference line that ought to stand still: whether it moves, and the series corrected by it.

    position    y_i - (r_i - r_0)               intensity    y_i r_0 / r_i

Errors of the line add to those of the quantity, those of the first frame as well: it is what all others are compared with.
"""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Literal

import numpy as np

from dualion.numerics.series.tracking import Array, Tracked

#: Standard errors by which a line must move to have moved: the furthest of many frames is beyond three by chance.
MOVED = 4.0


def drift(line: Tracked) -> float:
    """Largest change of a reference line from the first frame, in its unit; 0 where it stays within four standard errors.

    Parameters
    ----------
    line : Tracked
        Its positions or heights.
    """
    known = np.flatnonzero(~line.failed)
    away = line.value[known] - line.value[known[0]]
    worst = int(np.argmax(np.abs(away)))
    pooled = sqrt(2 * float(np.mean(line.stderr[known] ** 2)))  # a single frame has too few points for its own error
    allowed = MOVED * pooled
    return float(away[worst]) if abs(float(away[worst])) > allowed else 0.0


def corrected(tracked: Tracked, line: Tracked, kind: Literal["position", "intensity"]) -> Tracked:
    """The quantity as it would be had the reference line stood still.

    Parameters
    ----------
    tracked : Tracked
    line : Tracked
        Its first frame was fitted.
    kind : {"position", "intensity"}
    """
    failed = tracked.failed | line.failed
    if kind == "position":
        value = tracked.value - (line.value - line.value[0])
        stderr = np.hypot(tracked.stderr, line.stderr)
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            value = tracked.value * line.value[0] / line.value
            stderr = np.hypot(tracked.stderr * line.value[0] / line.value, value * line.stderr / line.value)

    def kept(numbers: Array) -> Array:
        return np.where(failed, np.nan, numbers)

    return replace(tracked, value=kept(value), stderr=kept(np.abs(stderr)), failed=failed)
