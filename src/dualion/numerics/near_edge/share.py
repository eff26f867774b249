"""Share of pi* in a near-edge spectrum of carbon, by the fit and by a window, and comparisons between samples.

    share          I_pi / I_tot            I_tot: integral from the lower end of the pi* range to the upper end of sigma*
    relative       [I_pi / I(dE)]_sample / [I_pi / I(dE)]_reference  I(dE): integral over the sigma* range

Reference: Mangolini et al. 2016.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dualion.numerics.near_edge.resonances import Resonances, Step, resonances
from dualion.numerics.near_edge.spectrum import Array, Integral, NearEdge, integral, normalised, share_error

#: Normalised absorption [1] that no edge has.
_MOST = 1e3
#: [eV] from which step and resonances are fitted.
FIT_FROM = 281.0


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of one spectrum.

    Parameters
    ----------
    spectrum : NearEdge
    fit : Resonances
    upper : float
        [eV] upper end of the integrals: that of the sigma* range, or of the data where they end before it.
    raw, raw_error : float
        [1] by the fit.
    window, window_error : float
        [1] by the window.
    total : float
        [eV] I_tot.
    over_sigma, over_sigma_error : float
        [1] I_pi / I(dE) by the fit.
    """

    spectrum: NearEdge
    fit: Resonances
    upper: float
    raw: float
    raw_error: float
    window: float
    window_error: float
    total: float
    over_sigma: float
    over_sigma_error: float


def shares(
    energy: Array,
    mu: Array,
    *,
    pre_edge: tuple[float, float],
    normalise_from: float,
    pi_range: tuple[float, float],
    sigma_range: tuple[float, float],
    step: Step,
    step_energy: float | None,
    energy_error: float,
) -> Shares | None:
    """Normalise a spectrum, fit it, and take the shares of pi*.

    Parameters
    ----------
    energy : ndarray, shape (n,)
        [eV] rising.
    mu : ndarray, shape (n,)
        In any [unit].
    pre_edge, pi_range, sigma_range : tuple of two floats
        [eV]
    normalise_from : float
        [eV]
    step : {"erf", "arctan"}
    step_energy : float or None
        [eV]
    energy_error : float
        [eV] of the energy scale.

    Returns
    -------
    Shares or None
        None where there is no edge, or nothing in its ranges.

    Raises
    ------
    CoverageError
        Too few points before or above the edge.
    """
    found = normalised(energy, mu, pre_edge=pre_edge, normalise_from=normalise_from)
    if not found.jump > 0 or not found.noise < 1 or not bool((np.abs(found.y) < _MOST).all()):
        return None
    upper = min(sigma_range[1], float(energy[-1]))
    inside = (energy >= FIT_FROM) & (energy <= upper)
    fit = resonances(energy[inside], found.y[inside], step=step, step_energy=step_energy)
    total, sigma, pi = integral(found, pi_range[0], upper), integral(found, sigma_range[0], upper), integral(found, *pi_range)
    if total.value <= 0 or sigma.value <= 0:
        return None
    # by how much the fitted area falls where the pre-edge line is higher or steeper; it does not hang on the energy scale
    response = fit.pi_response
    fitted = Integral(fit.pi.area, fit.pi.area_error, float(response.sum()), float(response @ (energy[inside] - found.centre)), 0.0)
    return Shares(
        spectrum=found,
        fit=fit,
        upper=upper,
        raw=fitted.value / total.value,
        raw_error=share_error(found, fitted, total, energy_error=energy_error),
        window=pi.value / total.value,
        window_error=share_error(found, pi, total, energy_error=energy_error),
        total=total.value,
        over_sigma=fitted.value / sigma.value,
        over_sigma_error=share_error(found, fitted, sigma, energy_error=energy_error),
    )


def ratio(first: float, first_error: float, second: float, second_error: float) -> tuple[float, float]:
    """A ratio and its standard error.

    Parameters
    ----------
    first, first_error, second, second_error : float
        [1] values and their standard errors; the second is not zero.

    Returns
    -------
    value, stderr : float
        [1]

    Examples
    --------
    >>> value, error = ratio(7.61, 0.1, 6.36, 0.1)
    >>> round(value, 3), round(error, 3)
    (1.197, 0.025)
    """
    value = first / second
    return value, math.hypot(first_error / second, value * second_error / second)
