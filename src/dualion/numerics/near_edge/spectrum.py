"""Pre-edge, normalisation and integrals of a near-edge spectrum, and the carbon dip of its incident intensity.

    y(E) = (mu(E) - a - b E) / mean over E >= E_n of (mu - a - b E)         a + b E: line through the pre-edge
    I(E1, E2) = integral of y from E1 to E2

Errors of integrals hold the noise of the points and the error of the pre-edge line, which grows with the distance from the pre-edge.

Reference: Stohr 1992; Mangolini et al. 2016.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.errors import CoverageError

Array = NDArray[np.float64]

#: Fewest points of the pre-edge, and above the energy of normalisation.
FEWEST_BEFORE, FEWEST_ABOVE = 5, 3
#: [eV] where the incident intensity dips from carbon on the optics, and where it is compared.
DIP, _BEFORE_DIP, _BEHIND_DIP = (283.5, 288.0), (278.0, 282.5), (290.0, 295.0)
#: Depth [1] of a dip that spoils a spectrum.
DEEP = 0.02


@dataclass(frozen=True, slots=True)
class NearEdge:
    """A normalised spectrum.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV] rising.
    y : ndarray, shape (n,)
        [1] zero before the edge and one above it.
    jump : float
        In the [unit] of mu, by which the spectrum was divided.
    noise : float
        [1] standard deviation of a point.
    centre, level_variance, slope_variance : float
        [eV], [1], [eV-2] middle of the pre-edge, and variances of its line there and of its slope.
    """

    energy: Array
    y: Array
    jump: float
    noise: float
    centre: float
    level_variance: float
    slope_variance: float


def normalised(energy: Array, mu: Array, *, pre_edge: tuple[float, float], normalise_from: float) -> NearEdge:
    """Subtract the pre-edge line and divide by the edge jump.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV] rising.
    mu : ndarray, shape (n,)
        In any [unit].
    pre_edge : tuple of two floats
        [eV]
    normalise_from : float
        [eV]

    Returns
    -------
    NearEdge
        ``jump`` is not positive where there is no edge; nothing was divided then.

    Raises
    ------
    CoverageError
        Too few points before or above the edge.
    """
    before = (energy >= pre_edge[0]) & (energy <= pre_edge[1])
    above = energy >= normalise_from
    count = int(before.sum())
    if count < FEWEST_BEFORE:
        raise CoverageError(f"The pre-edge from {pre_edge[0]:g} to {pre_edge[1]:g} eV, in points,", FEWEST_BEFORE, count)
    if int(above.sum()) < FEWEST_ABOVE:
        raise CoverageError(f"The normalisation above {normalise_from:g} eV, in points,", FEWEST_ABOVE, int(above.sum()))
    centre = float(energy[before].mean())
    design = np.column_stack((np.ones(count), energy[before] - centre))
    (level, slope), *_ = np.linalg.lstsq(design, mu[before], rcond=None)
    rest = mu[before] - design @ (level, slope)
    variance = float(rest @ rest) / (count - 2)
    y = mu - level - slope * (energy - centre)
    jump = float(y[above].mean())
    scale = jump if jump > 0 else 1.0
    spread = float((design[:, 1] ** 2).sum())
    return NearEdge(
        energy=energy,
        y=y / scale,
        jump=jump,
        noise=math.sqrt(variance) / scale,
        centre=centre,
        level_variance=variance / count / scale**2,
        slope_variance=variance / spread / scale**2,
    )


@dataclass(frozen=True, slots=True)
class Integral:
    """An integral of a normalised spectrum.

    Parameters
    ----------
    value, noise_error : float
        [eV] and its standard error from the noise of the points.
    by_level, by_slope, by_shift : float
        [eV], [eV2], [1] by how much it falls for a pre-edge line that is higher, or steeper, by one, and for energies that are.
    """

    value: float
    noise_error: float
    by_level: float
    by_slope: float
    by_shift: float


def integral(spectrum: NearEdge, low: float, high: float) -> Integral:
    """Integral between two energies, whose ends are interpolated.

    Parameters
    ----------
    spectrum : NearEdge
    low, high : float
        [eV] within the spectrum.

    Returns
    -------
    Integral
    """
    energy, y = spectrum.energy, spectrum.y
    inside = (energy > low) & (energy < high)
    grid = np.concatenate(([low], energy[inside], [high]))
    ends = np.interp([low, high], energy, y)
    value = float(np.trapezoid(np.concatenate((ends[:1], y[inside], ends[1:])), grid))
    weights = np.gradient(grid)
    length = high - low
    noise = spectrum.noise * math.sqrt(float((weights**2).sum()))
    return Integral(value, noise, length, length * (0.5 * (low + high) - spectrum.centre), float(ends[1] - ends[0]))


def share_error(spectrum: NearEdge, part: Integral, total: Integral, *, energy_error: float) -> float:
    """Standard error of a share of an integral.

    Parameters
    ----------
    spectrum : NearEdge
    part, total : Integral
    energy_error : float
        [eV] of the energy scale.

    Returns
    -------
    float
        [1]
    """
    share = part.value / total.value
    noise = math.hypot(part.noise_error, share * total.noise_error)
    level = (part.by_level - share * total.by_level) * math.sqrt(spectrum.level_variance)
    slope = (part.by_slope - share * total.by_slope) * math.sqrt(spectrum.slope_variance)
    shift = (part.by_shift - share * total.by_shift) * energy_error
    return math.hypot(noise, level, slope, shift) / total.value


def incident_dip(energy: Array, incident: Array) -> float | None:
    """Depth of the carbon dip of an incident intensity, below the line between both sides of it.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV]
    incident : ndarray, shape (n,)
        In any [unit].

    Returns
    -------
    float or None
        [1] of the line, negative for a rise; None where a part of the range is missing.
    """
    parts = [(energy >= low) & (energy <= high) & np.isfinite(incident) for low, high in (_BEFORE_DIP, DIP, _BEHIND_DIP)]
    if not all(bool(part.any()) for part in parts):
        return None
    before, dip, behind = parts
    ends = [(float(energy[part].mean()), float(np.median(incident[part]))) for part in (before, behind)]
    line = np.interp(energy[dip], [ends[0][0], ends[1][0]], [ends[0][1], ends[1][1]])
    if not bool((line > 0).all()):
        return None
    share = np.sort(1 - incident[dip] / line)
    return float(np.median(share[-max(1, share.size // 5) :]))  # the deepest fifth: one noisy point is no dip
