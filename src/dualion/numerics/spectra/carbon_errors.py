"""Errors of D and G: the noise of the fit, the choice of model and baseline, and the calibration of the axis.

    u^2 = u_fit^2 + h^2 (+ u_cal^2 for positions)        h: half of the range of the quantity over the standard grid

h is taken as a standard error, not as the half-width of a uniform distribution: the chosen model is often at one end of the range, and the
95 % interval is to hold all of it. Widths, heights, areas and ratios are positive, and their errors are those of the logarithm. Where the
grid is not fitted, h is that of a reference spectrum of a disordered carbon (``ASSUMED``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from dualion.numerics.spectra.carbon_bands import Bands, Measure, spread

#: Half-ranges over the grid of the reference spectrum of two Lorentz bands on a carbon: positions [cm-1], all others relative [1].
ASSUMED: Mapping[str, float] = MappingProxyType(
    {
        "d_position": 2.0,
        "g_position": 5.0,
        "d_fwhm": 0.33,
        "g_fwhm": 0.23,
        "d_height": 0.15,
        "g_height": 0.15,
        "d_area": 0.4,
        "g_area": 0.25,
        "id_ig_height": 0.22,
        "id_ig_area": 0.35,
    }
)
#: Standard error [cm-1] of an axis that was calibrated by silicon, and of one that was not: the line of silicon is found 0.7 cm-1 off
#: in a reference spectrum.
CALIBRATED, UNCALIBRATED = 0.5, 1.0

Read = Callable[[Bands], tuple[float, float]]


def _relative(found: tuple[float, float]) -> tuple[float, float]:
    value, stderr = found
    return value, (stderr / value if value > 0 else math.inf)


def _position(name: str) -> Read:
    return lambda fitted: fitted.position(name)


def _width(name: str) -> Read:
    return lambda fitted: _relative(fitted.width(name))


def _size(name: str, measure: Measure) -> Read:
    return lambda fitted: _relative(fitted.size(name, measure))


#: Each quantity of a fit: its value and the statistical standard error, of the logarithm for all but positions.
QUANTITIES: Mapping[str, Read] = MappingProxyType(
    {
        "d_position": _position("D"),
        "g_position": _position("G"),
        "d_fwhm": _width("D"),
        "g_fwhm": _width("G"),
        "d_height": _size("D", "height"),
        "g_height": _size("G", "height"),
        "d_area": _size("D", "area"),
        "g_area": _size("G", "area"),
        "id_ig_height": lambda fitted: fitted.ratio("height"),
        "id_ig_area": lambda fitted: fitted.ratio("area"),
    }
)


def range_over(grid: Sequence[Bands], name: str) -> tuple[float, float]:
    """Least and greatest value of a quantity over a grid of fits, in its unit.

    Parameters
    ----------
    grid : sequence of Bands
    name : str
        One of ``QUANTITIES``.
    """
    return spread([QUANTITIES[name](one)[0] for one in grid])


def half_range(grid: Sequence[Bands], name: str, value: float) -> float:
    """Half of the range of a quantity over a grid of fits: of a position [cm-1], of all others relative to the value [1].

    Parameters
    ----------
    grid : sequence of Bands
        Empty where it was not fitted.
    name : str
        One of ``QUANTITIES``.
    value : float
        Of the chosen fit, in its [unit].
    """
    if not grid:
        return ASSUMED[name]
    low, high = range_over(grid, name)
    half = (high - low) / 2
    return half if name.endswith("_position") else half / value


def standard_error(name: str, statistical: float, half: float, *, calibrated: bool) -> float:
    """All parts of the error of a quantity together: of a position [cm-1], of the logarithm [1] of all others.

    Parameters
    ----------
    name : str
        One of ``QUANTITIES``.
    statistical, half : float
        [cm-1] of a position, [1] of all others.
    calibrated : bool
        Whether the axis was calibrated.
    """
    axis = (CALIBRATED if calibrated else UNCALIBRATED) if name.endswith("_position") else 0.0
    return math.sqrt(statistical**2 + half**2 + axis**2)
