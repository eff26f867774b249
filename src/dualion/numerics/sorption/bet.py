"""The BET equation, and the windows of pressure in which it may be used.

    x / (n (1 - x)) = 1/(n_m C) + (C - 1)/(n_m C) x,        x = p/p0                    (Brunauer, Emmett & Teller 1938)
    S = n_m N_A sigma

A window is admissible (Rouquerol et al. 2007, ISO 9277) where n(1 - x) rises, C > 0, n_m lies among its loadings, and
1/(sqrt(C) + 1), the pressure at which the equation itself reaches n_m, is within
10 % of the measured pressure at n_m. The maximum of n(1 - x) lies beside its highest point; the standard window ends with the point behind
that one, so that it brackets the maximum, and begins at a tenth of its pressure (the choice of pyGAPS). The covariance of slope and
intercept follows from the residuals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Fewest points [1] of a window.
LEAST_POINTS = 5
#: Least correlation [1] of a straight BET plot.
LEAST_CORRELATION = 0.995
#: Least C [1] of a monolayer that is distinct.
LEAST_C = 5.0
#: Relative difference [1] of the two pressures of the monolayer that is allowed.
CONSISTENT = 0.10
#: Share [1] of the pressure at the maximum of n(1 - x) at which the standard window begins.
BEGIN = 0.1
#: Highest relative pressure [1] at which a monolayer is sought: capillaries fill beyond.
HIGHEST = 0.5
#: Share [1] by which n(1 - x) may fall below its running maximum and still count as rising: the noise of a manometer.
_NOISE = 2e-3


@dataclass(frozen=True, slots=True)
class Bet:
    """A straight line through a window of the BET plot.

    Parameters
    ----------
    begin, end : int
        [1] first point of the window, and the one behind its last.
    low, high : float
        [1] relative pressures of the first and the last point.
    monolayer : float
        n_m [mol/kg].
    c : float
        C [1].
    monolayer_stderr, c_stderr : float
        Standard errors of the fit, [mol/kg] and [1].
    correlation : float
        r [1].
    pressure_measured : float or None
        Relative pressure [1] at which the isotherm reaches n_m; None where n_m is outside the window.
    pressure_theory : float or None
        1/(sqrt(C) + 1) [1]; None where C is not positive.
    """

    begin: int
    end: int
    low: float
    high: float
    monolayer: float
    c: float
    monolayer_stderr: float
    c_stderr: float
    correlation: float
    pressure_measured: float | None
    pressure_theory: float | None

    @property
    def points(self) -> int:
        """How many points the window has."""
        return self.end - self.begin

    @property
    def linear(self) -> bool:
        """Whether the plot is straight, of enough points, and C is that of a distinct monolayer."""
        return self.points >= LEAST_POINTS and self.correlation >= LEAST_CORRELATION and (self.c >= LEAST_C or self.c <= 0)

    @property
    def consistent(self) -> bool:
        """Whether n_m lies in the window, where the equation has it."""
        if self.pressure_measured is None or self.pressure_theory is None:
            return False
        return abs(self.pressure_theory / self.pressure_measured - 1) <= CONSISTENT


def fit_window(x: Array, loading: Array, begin: int, end: int) -> Bet | None:
    """Fit the BET equation to a window.

    Parameters
    ----------
    x : ndarray, shape (n,)
        [1] relative pressures, rising.
    loading : ndarray, shape (n,)
        [mol/kg]
    begin, end : int
        [1] first point, and the one behind the last; three points or more.

    Returns
    -------
    Bet or None
        None where the line has no meaning: a slope plus intercept that is not positive, or all points at one pressure.
    """
    part, amount, points = x[begin:end], loading[begin:end], end - begin
    if points < 3:
        return None
    y = part / (amount * (1 - part))
    centre, level = float(part.sum()) / points, float(y.sum()) / points
    dx, dy = part - centre, y - level
    spread, vertical, covered = float(dx @ dx), float(dy @ dy), float(dx @ dy)
    if spread <= 0 or vertical <= 0:
        return None
    slope = covered / spread
    intercept = level - slope * centre
    if slope + intercept <= 0 or intercept == 0:
        return None
    noise = max(vertical - slope * covered, 0.0) / (points - 2)
    of_slope, of_intercept, of_both = noise / spread, noise * (1 / points + centre**2 / spread), -noise * centre / spread
    monolayer, c = 1 / (slope + intercept), slope / intercept + 1
    by_slope, by_intercept = 1 / intercept, -slope / intercept**2
    c_variance = by_slope**2 * of_slope + by_intercept**2 * of_intercept + 2 * by_slope * by_intercept * of_both
    return Bet(
        begin=begin,
        end=end,
        low=float(part[0]),
        high=float(part[-1]),
        monolayer=monolayer,
        c=c,
        monolayer_stderr=monolayer**2 * math.sqrt(max(of_slope + of_intercept + 2 * of_both, 0.0)),
        c_stderr=math.sqrt(max(c_variance, 0.0)),
        correlation=covered / math.sqrt(spread * vertical),
        pressure_measured=float(np.interp(monolayer, amount, part)) if amount[0] < monolayer < amount[-1] else None,
        pressure_theory=1 / (math.sqrt(c) + 1) if c > 0 else None,
    )


def standard_range(x: Array, loading: Array) -> tuple[int, int]:
    """The standard window: up to the point behind the highest n(1 - x), from a tenth of its pressure.

    Parameters
    ----------
    x, loading : ndarray, shape (n,)
        [1] and [mol/kg], as of ``fit_window``.

    Returns
    -------
    tuple of two int
        [1] first point, and the one behind the last.
    """
    rouquerol = (loading * (1 - x))[x <= HIGHEST]
    highest = np.maximum.accumulate(rouquerol)
    falls = np.flatnonzero(rouquerol < (1 - _NOISE) * highest)
    if not rouquerol.size:
        return 0, 0
    end = min(int(np.argmax(rouquerol[: falls[0]] if falls.size else rouquerol)) + 2, x.size)
    return int(np.searchsorted(x, BEGIN * x[end - 1])), end


def admissible(x: Array, loading: Array, *, lowest: int | None = None) -> tuple[Bet, ...]:
    """Every admissible window, in the order of its end and its beginning.

    Parameters
    ----------
    x, loading : ndarray, shape (n,)
        [1] and [mol/kg], as of ``fit_window``.
    lowest : int or None
        [1] point before which no window begins; that of the standard window where None.

    Returns
    -------
    tuple of Bet
    """
    start, stop = standard_range(x, loading)
    first = start if lowest is None else lowest
    found = (
        fit_window(x, loading, begin, end)
        for end in range(first + LEAST_POINTS, stop + 1)
        for begin in range(first, end - LEAST_POINTS + 1)
    )
    return tuple(one for one in found if one is not None and one.c > 0 and one.linear and one.consistent)


def chosen_window(x: Array, loading: Array) -> Bet | None:
    """The standard window; where its line is straight but n_m is not where it should be, the admissible one that ends last and is widest.

    Parameters
    ----------
    x, loading : ndarray, shape (n,)
        [1] and [mol/kg], as of ``fit_window``.

    Returns
    -------
    Bet or None
        None where no line can be drawn.
    """
    begin, end = standard_range(x, loading)
    standard = fit_window(x, loading, begin, end)
    if standard is None or standard.c <= 0 or not standard.linear or standard.consistent:
        return standard
    others = admissible(x, loading, lowest=0)
    return max(others, key=lambda one: (one.end, one.points)) if others else standard
