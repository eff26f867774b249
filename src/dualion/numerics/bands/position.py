"""Where an infrared band stands, how high and wide it is, and how well that is known.

    A = -log10(T / 100)                                        T in %
    A_corrected = A nu / (1000 cm-1)                           ATR: the depth of penetration goes with 1 / nu (Harrick 1967)
    centroid    = sum x (y - h/2) / sum (y - h/2)              over the part of the band above half of its height (Cameron et al. 1982)
    second derivative: vertex of the parabola through the three lowest points of y'' (Savitzky & Golay 1964, cubic)

The baseline is the line through both ends of the window. The standard error of a position is that of the noise of the ordinates, taken from
second differences, and the floor that resolution and calibration set, added in squares:

    u^2 = u_noise^2 + max(res / (2 sqrt(SNR)), 0.5 cm-1)^2

Valid for a band that stands alone in its window; the centroid of an asymmetric band is not its maximum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dualion.errors import CoverageError

Array = NDArray[np.float64]
Estimator = Literal["centroid", "second_derivative"]
Baseline = Literal["linear", "none"]

#: Fewest points of a window.
FEWEST = 7
#: [cm-1] calibration of the wavenumbers.
LEAST_ERROR = 0.5
#: [cm-1] at which the ATR correction leaves the absorbance as it is.
_ATR_REFERENCE = 1000.0
_PERCENT = 100.0
#: Share of the window at each end that carries the baseline, and its fewest points.
_END_SHARE, _FEWEST_ENDS = 0.05, 2
#: Standard deviations of the noise that a band must exceed.
LEAST_SNR = 3.0
#: Standard deviation of a normal distribution over its median absolute deviation.
_MAD = 1.482602218505602
#: Norm of the coefficients 1, -2, 1 of a second difference.
_SECOND_DIFFERENCE = math.sqrt(6.0)
_CUBIC, _LEAST_SMOOTHED = 3, 5
#: Share of the height above which points belong to the top.
_TOP_SHARE = 0.9
#: Smallest height over the largest ordinate that is not rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Band:
    """One band.

    Parameters
    ----------
    position, noise_error, maximum, maximum_error : float
        [cm-1] position by the estimator, the highest point of a parabola through the top tenth, and their standard errors from the noise.
    height, area, noise : float
        [1], [cm-1], [1] above the baseline, where the ordinate is an absorbance; standard deviation of the noise.
    height_error, area_error : float
        [1], [cm-1] standard errors from the noise.
    width, width_error : float
        [cm-1] full width at half of the height, and its standard error from the noise.
    at_edge : bool
        Whether the ordinate is highest at an end of the window, or the band does not fall to half of its height within it.
    x, y, baseline : ndarray, shape (n,)
        [cm-1] rising, [1] ordinates without baseline, and the baseline.
    """

    position: float
    noise_error: float
    maximum: float
    maximum_error: float
    height: float
    height_error: float
    area: float
    area_error: float
    width: float
    width_error: float
    noise: float
    at_edge: bool
    x: Array
    y: Array
    baseline: Array

    @property
    def signal_to_noise(self) -> float:
        """Height over the noise [1]; infinite without noise."""
        return self.height / self.noise if self.noise > 0 else math.inf

    @property
    def seen(self) -> bool:
        """Whether it stands out of the noise, and of rounding."""
        level = float(np.abs(self.baseline).max()) + float(np.abs(self.y).max())
        return self.height > max(LEAST_SNR * self.noise, _ROUNDING * level)


def absorbance_of(transmittance: Array) -> Array:
    """Decadic absorbance.

    Parameters
    ----------
    transmittance : ndarray, shape (n,)
        [%]

    Returns
    -------
    ndarray, shape (n,)
        [1]; NaN where the transmittance is not positive.

    Examples
    --------
    >>> absorbance_of(np.array([100.0, 10.0, 1.0])).tolist()
    [0.0, 1.0, 2.0]
    """
    positive = np.where(transmittance > 0, transmittance, np.nan)
    return np.asarray(-np.log10(positive / _PERCENT)) + 0.0


def atr_corrected(wavenumber: Array, absorbance: Array) -> Array:
    """Absorbance as in transmission, for the depth of penetration of attenuated total reflection.

    Parameters
    ----------
    wavenumber : ndarray, shape (n,)
        [cm-1]
    absorbance : ndarray, shape (n,)
        [1]

    Returns
    -------
    ndarray, shape (n,)
        [1] on the scale of 1000 cm-1.
    """
    return np.asarray(absorbance * wavenumber / _ATR_REFERENCE)


def floor(resolution: float, signal_to_noise: float) -> float:
    """Least standard error of a position.

    Parameters
    ----------
    resolution : float
        [cm-1]
    signal_to_noise : float
        [1]

    Returns
    -------
    float
        [cm-1]
    """
    return max(resolution / (2 * math.sqrt(signal_to_noise)) if signal_to_noise > 0 else math.inf, LEAST_ERROR)


def strongest(x: Array, y: Array, *, half_width: float) -> tuple[float, float]:
    """Window about the highest ordinate above the line between the ends of the spectrum.

    Parameters
    ----------
    x : ndarray, shape (n,)
        [cm-1] rising.
    y : ndarray, shape (n,)
        [1]
    half_width : float
        [cm-1]
    """
    level = y[0] + (y[-1] - y[0]) * (x - x[0]) / (x[-1] - x[0])
    middle = float(x[int(np.argmax(y - level))])
    return middle - half_width, middle + half_width


def band(
    x: Array,
    y: Array,
    *,
    window: tuple[float, float],
    estimator: Estimator = "centroid",
    baseline: Baseline = "linear",
    smoothing: float = 15.0,
    near: float | None = None,
) -> Band:
    """The band in a window.

    Parameters
    ----------
    x : ndarray, shape (n,)
        [cm-1] rising, each once.
    y : ndarray, shape (n,)
        [1] absorbance, or another ordinate that rises with absorption.
    window : tuple of two floats
        [cm-1]
    estimator : {"centroid", "second_derivative"}
    baseline : {"linear", "none"}
    smoothing : float
        [cm-1] width of the Savitzky-Golay polynomials of the second derivative.
    near : float or None
        [cm-1] where the band was before; the highest point of the window where None.

    Returns
    -------
    Band

    Raises
    ------
    CoverageError
        The window holds fewer than seven points.
    """
    inside = (x >= window[0]) & (x <= window[1])
    if int(inside.sum()) < FEWEST:
        raise CoverageError(f"A band between {window[0]:g} and {window[1]:g} cm-1, in points,", FEWEST, int(inside.sum()))
    x, y = _even(x[inside], y[inside])
    level = _line(x, y) if baseline == "linear" else np.zeros(x.size)
    above = y - level
    noise = noise_of(above)
    top = _top(x, above, near)
    height, maximum, height_error, maximum_error = _vertex(x, above, top, noise)
    ends = _half(x, above, top, height / 2)
    left, right = (edge if end is None else end for end, edge in zip(ends, (float(x[0]), float(x[-1])), strict=True))
    step = float(x[1] - x[0])
    if estimator == "centroid":
        position, error = _centroid(x, above, height / 2, left, right, noise)
    else:
        points = max(_LEAST_SMOOTHED, 2 * round(smoothing / step / 2) + 1)
        position, error = _second_derivative(x, above, top, points, noise)
    return Band(
        position=position, noise_error=error, maximum=maximum, maximum_error=maximum_error, height=height, height_error=height_error,
        area=float(np.trapezoid(above, x)), area_error=noise * step * math.sqrt(x.size),
        width=right - left, width_error=_width_error(height, right - left, noise, step), noise=noise,
        at_edge=top in (0, x.size - 1) or None in ends, x=x, y=above, baseline=level,
    )  # fmt: skip


def _width_error(height: float, width: float, noise: float, step: float) -> float:
    """Standard error of a width whose flanks are as steep as those of a triangle."""
    slope = 2 * height / max(width, step)
    return math.sqrt(2) * noise / slope if slope > 0 else 0.0


def noise_of(y: Array) -> float:
    """Standard deviation of the noise, from second differences, which a smooth band hardly has.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Ordinates at equal distances, in any [unit].

    Returns
    -------
    float
        [unit of y]
    """
    second = np.diff(y, 2)
    return float(_MAD * np.median(np.abs(second - np.median(second))) / _SECOND_DIFFERENCE)


def second_derivative_weights(points: int, step: float) -> Array:
    """Weights of the second derivative in the middle of equal distances, by a cubic through the points (Savitzky & Golay 1964).

    Parameters
    ----------
    points : int
        [1] odd, five or more; a parabola is taken through fewer.
    step : float
        In any [unit].

    Returns
    -------
    ndarray, shape (points,)
        In the [unit] of the step to the power of -2.
    """
    t = np.arange(points) - points // 2
    design = np.vander(t / max(points // 2, 1), min(_CUBIC, points - 1) + 1, increasing=True)
    return np.asarray(2 * np.linalg.pinv(design)[2] / (step * max(points // 2, 1)) ** 2)


def _even(x: Array, y: Array) -> tuple[Array, Array]:
    """The same on equal distances, where they are not."""
    steps = np.diff(x)
    if float(np.ptp(steps)) <= 1e-3 * float(steps.mean()):
        return x, y
    even = np.linspace(x[0], x[-1], x.size)
    return even, np.interp(even, x, y)


def _line(x: Array, y: Array) -> Array:
    """Line through the means of both ends."""
    count = max(_FEWEST_ENDS, round(_END_SHARE * x.size))
    x_1, x_2, y_1, y_2 = (float(part.mean()) for part in (x[:count], x[-count:], y[:count], y[-count:]))
    return np.asarray(y_1 + (y_2 - y_1) * (x - x_1) / (x_2 - x_1))


def _top(x: Array, y: Array, near: float | None) -> int:
    """Highest point, or the top that is reached uphill from a former position."""
    if near is None:
        return int(np.argmax(y))
    at = int(np.argmin(np.abs(x - near)))
    reach = max(1, x.size // 20)  # noise is no top
    while True:
        low, high = max(0, at - reach), min(x.size, at + reach + 1)
        best = low + int(np.argmax(y[low:high]))
        if best == at:
            return at
        at = best


def _vertex(x: Array, y: Array, top: int, noise: float) -> tuple[float, float, float, float]:
    """Height and place of the parabola through the points about the highest one, and the standard errors of both."""
    low, high = _about(y, top, _TOP_SHARE * float(y[top]))
    if high - low < 3:
        low, high = max(0, top - 1), min(y.size, top + 2)
    step = float(x[1] - x[0])
    if top in (0, x.size - 1) or high - low < 3:
        return float(y[top]), float(x[top]), noise, step
    t = (x[low:high] - x[top]) / step
    design = np.column_stack((np.ones(t.size), t, t * t))
    inverse = np.linalg.pinv(design)
    level, slope, bend = (float(one) for one in inverse @ y[low:high])
    if bend >= 0:
        return float(y[top]), float(x[top]), noise, step
    off = float(np.clip(-slope / (2 * bend), t[0], t[-1]))
    of_place = (-inverse[1] - 2 * off * inverse[2]) / (2 * bend)
    of_height = np.array([1.0, off, off * off]) @ inverse
    height = level + slope * off + bend * off * off
    return height, float(x[top] + off * step), noise * float(np.linalg.norm(of_height)), noise * step * float(np.linalg.norm(of_place))


def _about(y: Array, top: int, level: float) -> tuple[int, int]:
    """First and last but one of the points about the top that lie above a level without a gap."""
    below = np.flatnonzero(y < level)
    left, right = below[below < top], below[below > top]
    return (int(left[-1]) + 1 if left.size else 0), (int(right[0]) if right.size else y.size)


def _half(x: Array, y: Array, top: int, level: float) -> tuple[float | None, float | None]:
    """Where the ordinate falls through a level on both sides of the top."""
    below = np.flatnonzero(y < level)
    left, right = below[below < top], below[below > top]
    ends: list[float | None] = []
    for inner, outer in (((left[-1] + 1, left[-1]) if left.size else (0, -1)), ((right[0] - 1, right[0]) if right.size else (0, -1))):
        if outer < 0:
            ends.append(None)
            continue
        share = (y[inner] - level) / (y[inner] - y[outer]) if y[inner] != y[outer] else 0.0
        ends.append(float(x[inner] + share * (x[outer] - x[inner])))
    return ends[0], ends[1]


def _centroid(x: Array, y: Array, level: float, left: float, right: float, noise: float) -> tuple[float, float]:
    """Centre of gravity above a level between two ends, and its standard error."""
    inside = (x > left) & (x < right)
    grid = np.concatenate(([left], x[inside], [right]))
    weight = np.concatenate(([0.0], y[inside] - level, [0.0]))
    total = float(np.trapezoid(weight, grid))
    if total <= 0:
        return float(0.5 * (left + right)), 0.0
    middle = float(np.trapezoid(weight * grid, grid)) / total
    step = float(x[1] - x[0])
    return middle, noise * step * math.sqrt(float(((x[inside] - middle) ** 2).sum())) / total


def _second_derivative(x: Array, y: Array, top: int, points: int, noise: float) -> tuple[float, float]:
    """Lowest point of the second derivative next to the top, and its standard error."""
    points = min(points, x.size - 2 - (x.size + 1) % 2)
    step = float(x[1] - x[0])
    weights = second_derivative_weights(points, step)
    bent = np.correlate(y, weights, mode="valid")
    half = points // 2
    first = int(np.clip(top - half - points, 1, max(1, bent.size - 2)))
    last = int(np.clip(top - half + points + 1, first + 1, bent.size - 1))
    at = first + int(np.argmin(bent[first:last]))
    at = int(np.clip(at, 1, bent.size - 2))
    before, here, after = bent[at - 1 : at + 2]
    bend = before - 2 * here + after
    if bend <= 0:
        return float(x[at + half]), step
    off = 0.5 * (before - after) / bend
    gradient = np.array([0.5 / bend - off / bend, 2 * off / bend, -0.5 / bend - off / bend])
    spread = np.zeros(points + 2)
    for place, share in enumerate(gradient):
        spread[place : place + points] += share * weights
    return float(x[at + half] + off * step), noise * step * float(np.linalg.norm(spread))
