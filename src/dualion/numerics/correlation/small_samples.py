"""A line through few samples, and what hangs on one of them.

    y = a + b x;   the errors of a and b follow from the scatter about the line, with Student's t at n - 2 degrees of freedom
    u^2 of a further sample = u^2(a + b x) + s^2,     s^2 = sum (y - a - b x)^2 / (n - 2)

At n = 4 there are two degrees of freedom, and t(0.975) = 4.303. "Leave one out" fits the line without each sample in turn.
The conclusion of a line is whether its slope is told from zero, and its sign: rising, falling or open; it is compared with and without the
samples left out.

Reference: York et al. 2004 for the line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from dualion.errors import FitError
from dualion.numerics.lines import Line, deming_line, ols_line, york_line

Array = NDArray[np.float64]
Kind = Literal["york", "deming", "ols"]
Conclusion = Literal["rising", "falling", "open"]

KINDS: tuple[Kind, ...] = ("york", "deming", "ols")
#: Fewest points of a line whose errors follow from its scatter.
FEWEST = 3
#: Points along the abscissa of a band.
_ALONG = 41
#: Share of the range of x by which a band goes beyond the samples on each side.
_BEYOND = 0.1


@dataclass(frozen=True, slots=True)
class Points:
    """Samples in two coordinates.

    Parameters
    ----------
    x, y : array, shape (n,)
        In any [unit].
    u_x, u_y : array, shape (n,)
        Standard errors in the same [unit]; not looked at by ordinary least squares.
    """

    x: Array
    y: Array
    u_x: Array
    u_y: Array

    def without(self, place: int) -> Points:
        """All but one.

        Parameters
        ----------
        place : int
            [1] of the sample that is left out.
        """
        keep = np.arange(self.x.size) != place
        return Points(self.x[keep], self.y[keep], self.u_x[keep], self.u_y[keep])


def fitted(points: Points, kind: Kind) -> Line:
    """The line of a kind, with errors from its scatter.

    Parameters
    ----------
    points : Points
    kind : {"york", "deming", "ols"}
        York's line weighs every point by its own errors; Deming's by one pair of errors, the root mean squares; ordinary least squares
        takes x as exact.

    Returns
    -------
    Line
    """
    if kind == "ols":
        return ols_line(points.x, points.y)
    if kind == "deming":
        u_x, u_y = (float(np.sqrt(np.mean(u**2))) for u in (points.u_x, points.u_y))
        return deming_line(points.x, points.y, u_x, u_y)
    return york_line(points.x, points.y, points.u_x, points.u_y)


def conclusion(line: Line) -> Conclusion:
    """Whether the 95 % interval of the slope leaves zero out, and on which side."""
    low, high = line.slope_interval
    return "rising" if low > 0 else "falling" if high < 0 else "open"


def leave_one_out(points: Points, kind: Kind) -> tuple[Line | None, ...]:
    """The line without each sample in turn; None where no line is left.

    Parameters
    ----------
    points : Points
    kind : {"york", "deming", "ols"}
    """
    found: list[Line | None] = []
    for place in range(points.x.size):
        rest = points.without(place)
        if rest.x.size < FEWEST or np.ptp(rest.x) == 0:
            found.append(None)
            continue
        try:
            found.append(fitted(rest, kind))
        except FitError:
            found.append(None)
    return tuple(found)


def scatter(points: Points, line: Line) -> float:
    """Standard deviation of y about the line, in the unit of y, with n - 2 degrees of freedom."""
    residuals = points.y - line.intercept - line.slope * points.x
    return math.sqrt(float(residuals @ residuals) / (points.x.size - 2))


def band(points: Points, line: Line, *, confidence: float = 0.95) -> tuple[Array, Array, Array]:
    """Interval in which a further sample is expected.

    Parameters
    ----------
    points : Points
    line : Line
    confidence : float
        Of the interval [1].

    Returns
    -------
    x : array, shape (m,)
    low, high : array, shape (m,)
        In the unit of y.
    """
    reach = _BEYOND * float(np.ptp(points.x))
    x = np.linspace(points.x.min() - reach, points.x.max() + reach, _ALONG)
    t = float(stdtrit(points.x.size - 2, 0.5 + confidence / 2))
    own = scatter(points, line)
    ends = [(value, t * math.hypot(stderr, own)) for value, stderr in (line.at(float(place)) for place in x)]
    return x, np.array([value - half for value, half in ends]), np.array([value + half for value, half in ends])
