"""Differential capacity dQ/dV of one half cycle, and its peaks with their errors.

The curve. V at equal steps of charge (or Q at equal steps of voltage, on the monotone envelope), derivative by a polynomial through a
moving window (Savitzky & Golay 1964). Equal steps of charge resolve plateaus, on which most rows lie; equal steps of voltage, slopes.

A peak of dQ/dV is a point of inflection of V(Q), where |dV/dQ| is least. The smoothed curve only finds it: its largest value is too large
where the noise is. Position and height are those of a polynomial through the rows of V(Q) between the half heights, of seventh order, or
of fifth or third where rows are few,

    V''(q*) = 0,     potential V(q*),     height 1 / |V'(q*)|

with standard errors by least squares: dq*/dc = -(dV''/dc) / V'''(q*), dV*/dc = phi(q*) + V'(q*) dq*/dc, dV'*/dc = phi'(q*), where phi
are the powers of q. The residuals, and with them what the polynomial misses, are the noise. The area of a peak is the charge over which
dQ/dV exceeds half of its height; each end is uncertain by the error of the slope over |V''| there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray
from scipy.signal import find_peaks, peak_prominences, savgol_coeffs, savgol_filter

from dualion.errors import CoverageError

Array = NDArray[np.float64]
Grid = Literal["charge", "voltage"]

#: Rows between the half heights from which a polynomial of each order is fitted.
_ROWS_OF_ORDER = {3: 10, 5: 24, 7: 60}
#: Half of the height of a peak [1], and what its prominence must exceed: a share of the largest value [1], and errors of the curve [1].
_HALF, LEAST_PROMINENCE, _ERRORS = 0.5, 0.05, 6.0
#: A slope that is not this many times its error has no height [1].
RESOLVED = 3.0
#: How far from the middle between its half heights a peak lies at most, of half their distance [1].
_INNER = 0.7
#: By how many errors the least of a noisy slope lies too low, and how often height and window are refined in turn.
_LOWERED, _ROUNDS = 1.5, 2
#: Imaginary part below which a root is real, and how far beyond the rows an edge may lie, of half their range [1].
_REAL, _BEYOND = 1e-9, 1.2
#: [Ah] charge that is none, and [V] change over a half cycle below which its slope is 0.
LEAST_CHARGE, LEAST_CHANGE = 1e-15, 1e-9
#: Rows per point of a grid from which they are averaged.
_SEVERAL = 2
#: Ratio of a normal standard deviation to the median of the absolute values.
_NORMAL_OF_MEDIAN = 1.4826


@dataclass(frozen=True, slots=True)
class Peak:
    """A peak of dQ/dV.

    Parameters
    ----------
    potential, potential_stderr : float
        [V]
    height, height_stderr : float or None
        [Ah/V]; None where V(Q) is too flat for one.
    area, area_stderr : float
        [Ah] charge over which dQ/dV exceeds half of the height.
    width : float
        [V] over which it does.
    at : float
        [Ah] since the start of the half cycle.
    rows : int
        [1] of the polynomial.
    """

    potential: float
    potential_stderr: float
    height: float | None
    height_stderr: float | None
    area: float
    area_stderr: float
    width: float
    at: float
    rows: int


@dataclass(frozen=True, slots=True)
class Differential:
    """dQ/dV of a half cycle.

    Parameters
    ----------
    charge, voltage, capacity : array, shape (m,)
        [Ah] since the start, [V] smoothed, and [Ah/V] dQ/dV, above 0.
    noise : float
        [V] of a row, without what is smooth.
    peaks : tuple of Peak
        In the order of the charge.
    unresolved : int
        [1] peaks with too few rows for a polynomial.
    edge : bool
        Whether dQ/dV is largest at an end of the half cycle, where no peak can be told.
    """

    charge: Array
    voltage: Array
    capacity: Array
    noise: float
    peaks: tuple[Peak, ...]
    unresolved: int
    edge: bool


def voltage_noise(charge: Array, voltage: Array) -> float:
    """Noise [V] of a row: what neighbours do not predict, as the median, so that bends do not count.

    Parameters
    ----------
    charge : array, shape (n,)
        [Ah] increasing.
    voltage : array, shape (n,)
        [V]
    """
    if charge.size < 3:
        return 0.0
    before = (charge[2:] - charge[1:-1]) / (charge[2:] - charge[:-2])
    missed = before * voltage[:-2] + (1 - before) * voltage[2:] - voltage[1:-1]
    return float(_NORMAL_OF_MEDIAN * np.median(np.abs(missed) / np.sqrt(1 + before**2 + (1 - before) ** 2)))


def differential(
    charge: Array, voltage: Array, *, grid: Grid = "charge", points: int = 400, window: int = 21, order: int = 3, floor: float = 0.0
) -> Differential:
    """Differential capacity of a half cycle, and its peaks.

    Parameters
    ----------
    charge : array, shape (n,)
        [Ah] since the start; rows in which it does not grow are left out.
    voltage : array, shape (n,)
        [V]
    grid : {"charge", "voltage"}
        Of what the steps are equal.
    points : int
        [1] of the grid.
    window : int
        [1] odd number of points of the moving polynomial.
    order : int
        [1] of it.
    floor : float
        [V] least noise of a row, such as its last digit over sqrt(12).

    Returns
    -------
    Differential

    Raises
    ------
    CoverageError
        Fewer rows than the window has points.
    """
    grows = np.concatenate([[True], np.diff(np.maximum.accumulate(charge)) > 0])
    charge, voltage = charge[grows], voltage[grows]
    if charge.size < window or not charge[-1] - charge[0] > LEAST_CHARGE:
        found = int(charge.size) if charge.size < window else 0
        raise CoverageError("Differential capacity, in rows of a half cycle in which the charge grows,", window, found)
    sign = 1.0 if voltage[-1] >= voltage[0] else -1.0
    noise = max(voltage_noise(charge, voltage), floor)
    at, smooth, slope, error = (_by_charge if grid == "charge" else _by_voltage)(charge, sign * voltage, noise, points, window, order)
    least = max(2 * error, LEAST_CHANGE / float(charge[-1] - charge[0]))
    above = np.maximum(slope, least)
    capacity = 1 / above
    places, _ = find_peaks(capacity, prominence=LEAST_PROMINENCE * float(capacity.max()))
    places = places[peak_prominences(-above, places)[0] > _ERRORS * error]
    refined = [_refined(charge, sign * voltage, at, slope, int(place), error, sign) for place in places]
    edge = _at_edge(capacity, places, window)
    peaks = tuple(peak for peak in refined if peak)
    return Differential(at, sign * smooth, capacity, noise, peaks, len(refined) - len(peaks), edge)


def _at_edge(capacity: Array, places: NDArray[np.int64], window: int) -> bool:
    """Whether an end of the curve is higher than every peak."""
    highest = float(capacity[places].max()) if places.size else 0.0
    half = window // 2
    return bool(max(capacity[:half].max(), capacity[-half:].max()) > highest)


def _by_charge(charge: Array, rising: Array, noise: float, points: int, window: int, order: int) -> tuple[Array, Array, Array, float]:
    """Charge, smoothed voltage, dV/dQ and its error, at equal steps of charge."""
    at = np.linspace(charge[0], charge[-1], points)
    step = at[1] - at[0]
    mean, per_point = _averaged(at, charge, rising)
    smooth = savgol_filter(mean, window, order)
    slope = savgol_filter(mean, window, order, deriv=1, delta=step)
    spread = math.sqrt(float(np.sum(savgol_coeffs(window, order, deriv=1, delta=step) ** 2)))
    return at, smooth, slope, noise * spread / math.sqrt(per_point if per_point >= _SEVERAL else 1.0)


def _averaged(at: Array, charge: Array, values: Array) -> tuple[Array, float]:
    """Values at a grid: the mean of the rows around each point where there are several, else between the rows. And rows per point."""
    between = np.interp(at, charge, values)
    per_point = charge.size / at.size
    if per_point < _SEVERAL:
        return between, per_point
    nearest = np.clip(np.rint((charge - at[0]) / (at[1] - at[0])).astype(np.int64), 0, at.size - 1)
    count = np.bincount(nearest, minlength=at.size)
    held = count > 0
    middle, mean = (np.bincount(nearest, weights=one, minlength=at.size)[held] / count[held] for one in (charge, values))
    return np.interp(at, middle, mean), per_point


def _by_voltage(charge: Array, rising: Array, noise: float, points: int, window: int, order: int) -> tuple[Array, Array, Array, float]:
    """The same at equal steps of voltage, on the monotone envelope."""
    envelope = np.maximum.accumulate(rising)
    rows = np.concatenate([[True], np.diff(envelope) > 0])
    levels = np.linspace(envelope[0], envelope[-1], points)
    step = float(levels[1] - levels[0])
    if step <= 0:
        return _by_charge(charge, rising, noise, points, window, order)
    passed = np.interp(levels, envelope[rows], charge[rows])
    smooth = savgol_filter(passed, window, order)
    flow = savgol_filter(passed, window, order, deriv=1, delta=step)
    slope = 1 / np.maximum(flow, np.finfo(float).tiny)
    spread = math.sqrt(float(np.sum(savgol_coeffs(window, order, deriv=1, delta=step) ** 2)))
    return smooth, levels, slope, noise * spread * float(np.median(slope))


@dataclass(frozen=True, slots=True)
class _Fit:
    """A polynomial V(q) through the rows between two charges, q from -1 to 1 between them."""

    curve: Polynomial
    covariance: Array
    middle: float
    half: float
    rows: int

    def steepness(self, q: float) -> tuple[float, float]:
        """Slope dV/dq at q, and its error."""
        phi = _powers(q, self.covariance.shape[0] - 1, 1)
        return float(self.curve.deriv(1)(q)), math.sqrt(max(float(phi @ self.covariance @ phi), 0.0))


def _fitted(charge: Array, rising: Array, ends: tuple[float, float]) -> _Fit | None:
    """The polynomial between two charges; None where rows are too few."""
    rows = (charge >= ends[0]) & (charge <= ends[1])
    count = int(rows.sum())
    if count < min(_ROWS_OF_ORDER.values()):
        return None
    order = max(order for order, least in _ROWS_OF_ORDER.items() if count >= least)
    middle, half = 0.5 * (ends[0] + ends[1]), 0.5 * (ends[1] - ends[0])
    powers = np.vander((charge[rows] - middle) / half, order + 1, increasing=True)
    coefficients, *_ = np.linalg.lstsq(powers, rising[rows], rcond=None)
    residuals = rising[rows] - powers @ coefficients
    covariance = np.linalg.pinv(powers.T @ powers) * float(residuals @ residuals) / (count - order - 1)
    return _Fit(Polynomial(coefficients), covariance, middle, half, count)


def _refined(charge: Array, rising: Array, at: Array, slope: Array, place: int, error: float, sign: float) -> Peak | None:
    """A peak by a polynomial through the rows between its half heights; None where they are too few."""
    least = max(float(slope[place]) + _LOWERED * error, 2 * error)
    fit = _fitted(charge, rising, _half_heights(at, slope, place, least, error))
    for _ in range(_ROUNDS):  # the first height is that of the smoothed curve, the next ones are those of the polynomial
        if fit is None:
            return None
        least = max(fit.steepness(_inflection(fit.curve))[0] / fit.half, 2 * error)
        fit = _fitted(charge, rising, _half_heights(at, slope, place, least, error))
    if fit is None:
        return None
    q = _inflection(fit.curve)
    order = fit.covariance.shape[0] - 1
    third = float(fit.curve.deriv(3)(q))
    steep, steep_error = fit.steepness(q)
    along = _powers(q, order, 0) - (steep * _powers(q, order, 2) / third if third else 0.0)
    resolved = steep > RESOLVED * steep_error and steep > 0
    ends = [_edge(fit, q, side, steep) for side in (-1, 1)]
    volts = [float(fit.curve(end)) for end, _ in ends]
    return Peak(
        potential=sign * float(fit.curve(q)),
        potential_stderr=math.sqrt(max(float(along @ fit.covariance @ along), 0.0)),
        height=fit.half / steep if resolved else None,
        height_stderr=fit.half * steep_error / steep**2 if resolved else None,
        area=fit.half * (ends[1][0] - ends[0][0]),
        area_stderr=fit.half * math.hypot(ends[0][1], ends[1][1]),
        width=volts[1] - volts[0],
        at=fit.middle + fit.half * q,
        rows=fit.rows,
    )


def _edge(fit: _Fit, q: float, side: int, steep: float) -> tuple[float, float]:
    """Where dQ/dV has fallen to half on one side of a peak, and its error; the end of the rows where it has not."""
    coefficients = np.array(fit.curve.deriv(1).coef, dtype=float)
    coefficients[0] -= steep / _HALF
    roots: list[complex] = np.asarray(Polynomial(coefficients).roots(), dtype=complex).tolist()
    real = [root.real for root in roots if abs(root.imag) < _REAL and abs(root.real) < _BEYOND and side * (root.real - q) > 0]
    if not real:
        return float(side), 0.0
    edge = min(real, key=lambda root: abs(root - q))
    bend = abs(float(fit.curve.deriv(2)(edge)))
    return edge, min(fit.steepness(edge)[1] / bend if bend > 0 else 2.0, 2.0)


def _half_heights(at: Array, slope: Array, place: int, least: float, error: float) -> tuple[float, float]:
    """Charges on both sides of a peak at which dQ/dV has fallen to half beyond its noise, or the ends of the curve."""
    limit = least / _HALF + 2 * error
    left, right = np.flatnonzero(slope[:place] > limit), np.flatnonzero(slope[place:] > limit)
    return float(at[left[-1] if left.size else 0]), float(at[place + right[0] if right.size else at.size - 1])


def _inflection(curve: Polynomial) -> float:
    """Where the second derivative vanishes in the inner part with the third above 0 and the slope is least; else the least slope."""
    roots = curve.deriv(2).roots()
    real = roots.real[np.abs(roots.imag) < _REAL]
    third = curve.deriv(3)
    inside = [float(root) for root in real if abs(root) < _INNER and third(root) > 0]
    if inside:
        return min(inside, key=lambda root: float(curve.deriv(1)(root)))
    grid = np.linspace(-_INNER, _INNER, 101)
    return float(grid[np.argmin(curve.deriv(1)(grid))])


def _powers(q: float, order: int, derivative: int) -> Array:
    """Derivative of the powers 0 to ``order`` at q, shape (order + 1,)."""
    found = np.zeros(order + 1)
    for power in range(derivative, order + 1):
        found[power] = math.perm(power, derivative) * q ** (power - derivative)
    return found
