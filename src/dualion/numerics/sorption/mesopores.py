"""Mesopores from the desorption or adsorption branch, after Barrett, Joyner & Halenda (BJH) and Dollimore & Heal (DH).

    r_K = - 2 gamma V_L / (f R T ln x)            Kelvin; f = 1 hemispherical meniscus (desorption), 2 cylindrical (adsorption)
    r_p = r_K + t(x)
    dV_p = R (dV - dt sum_j c_j A_j),   R = (r_p / (r_K + dt))^2,   A_p = 2 dV_p / r_p

Stepwise from the highest pressure down; the sum is over pores already emptied, whose layers thin by dt. DH writes it as
dt sum A - dt t sum A/r; with c_j = (r_j - t)/r_j of BJH both are the same for open cylinders. Valid above 3 to 4 nm: Kelvin's equation
overestimates below, and nitrogen at 77 K desorbs near x = 0.42 whatever the pores are, which gives a peak at 3.8 nm.

References: Barrett, Joyner & Halenda 1951; Dollimore & Heal 1964.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.numerics.sorption.gases import GAS_CONSTANT
from dualion.numerics.sorption.tplot import AREA_OF_SLOPE, thickness

Array = NDArray[np.float64]

#: [N/m] surface tension of liquid nitrogen at 77.355 K (Lemmon et al. 2025).
SURFACE_TENSION = 8.8796e-3
#: [cm3/mol] of liquid nitrogen at 77.355 K (Lemmon et al. 2025).
LIQUID_VOLUME = 34.753
_NM_PER_J = 1e3  # [nm] of N/m cm3/mol divided by J/mol: 1e-6 m = 1e3 nm
#: Factor [1] of the meniscus by branch, for cylinders open at both ends.
_MENISCUS = {"adsorption": 2.0, "desorption": 1.0}


@dataclass(frozen=True, slots=True)
class Mesopores:
    """Volumes of pores by their width, rising.

    Parameters
    ----------
    widths : ndarray, shape (n,)
        [nm] diameter at the lower end of each step.
    volumes : ndarray, shape (n,)
        [cm3/g] in each step; may be negative.
    distribution : ndarray, shape (n,)
        [cm3/g/nm]
    areas : ndarray, shape (n,)
        [m2/g]
    """

    widths: Array
    volumes: Array
    distribution: Array
    areas: Array


def kelvin_radius(x: Array, *, temperature: float, branch: str) -> Array:
    """Radius [nm] of the meniscus of nitrogen at relative pressures.

    Parameters
    ----------
    x : ndarray, shape (n,)
        [1] between 0 and 1.
    temperature : float
        [K]
    branch : {"adsorption", "desorption"}
    """
    per_mole = 2 * SURFACE_TENSION * LIQUID_VOLUME / (_MENISCUS[branch] * GAS_CONSTANT * temperature)
    return np.asarray(-_NM_PER_J * per_mole / np.log(x))


def mesopores(x: Array, volume: Array, *, temperature: float, branch: str, method: str) -> Mesopores:
    """Volumes of mesopores.

    Parameters
    ----------
    x : ndarray, shape (n,)
        [1] relative pressures, rising, between 0 and 1.
    volume : ndarray, shape (n,)
        [cm3/g] of liquid.
    temperature : float
        [K]
    branch : {"adsorption", "desorption"}
    method : {"dh", "bjh"}

    Returns
    -------
    Mesopores
        Of n - 1 steps.
    """
    down, liquid = x[::-1], volume[::-1]
    emptied = -np.diff(liquid)
    t, kelvin = thickness("harkins-jura", down), kelvin_radius(down, temperature=temperature, branch=branch)
    radius = t + kelvin
    thinned, layer = -np.diff(t), (t[:-1] + t[1:]) / 2
    middle, core = (radius[:-1] + radius[1:]) / 2, (kelvin[:-1] + kelvin[1:]) / 2
    wider = (middle / (core + thinned)) ** 2
    made = np.zeros(middle.size)
    area = np.zeros(middle.size)  # [cm3/g/nm]
    for step, wall in enumerate(layer):
        open_area = area[:step]
        if method == "dh":
            film = thinned[step] * float(open_area.sum()) - thinned[step] * wall * float((open_area / middle[:step]).sum())
        else:
            film = thinned[step] * float((open_area * (middle[:step] - wall) / middle[:step]).sum())
        made[step] = (emptied[step] - film) * wider[step]
        area[step] = 2 * made[step] / middle[step]
    width = 2 * radius
    return Mesopores(width[:0:-1], made[::-1], (made / -np.diff(width))[::-1], AREA_OF_SLOPE * area[::-1])
