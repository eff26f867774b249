"""Dubinin plots: micropores fill by the potential A = R T ln(p0/p).

    ln V = ln V_0 - (A / E)^m        m = 2: Dubinin-Radushkevich;  1 <= m <= 3: Dubinin-Astakhov

V is the adsorbed volume as liquid, V_0 that of the micropores, E the characteristic energy. The exponent, where it is sought, is the one
whose line has the least standard error of its slope (the choice of pyGAPS; for a given isotherm it tends to its bound).

References: Dubinin & Radushkevich 1947; Dubinin & Astakhov 1971.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.numerics.sorption.gases import GAS_CONSTANT
from dualion.numerics.sorption.straight import LEAST_POINTS, straight

Array = NDArray[np.float64]

#: Exponents [1] between which the one of Dubinin and Astakhov is sought.
EXPONENTS = (1.0, 3.0)


@dataclass(frozen=True, slots=True)
class Dubinin:
    """A Dubinin line.

    Parameters
    ----------
    volume, volume_stderr : float
        V_0 [cm3/g], and its standard error of the fit.
    energy : float
        E [kJ/mol].
    exponent : float
        m [1].
    points : int
        [1]
    correlation : float
        r [1].
    """

    volume: float
    volume_stderr: float
    energy: float
    exponent: float
    points: int
    correlation: float


def dubinin(x: Array, volume: Array, *, temperature: float, exponent: float | None = 2.0) -> Dubinin | None:
    """The Dubinin line of an isotherm, or of a part of it.

    Parameters
    ----------
    x : ndarray, shape (n,)
        [1] relative pressures between 0 and 1.
    volume : ndarray, shape (n,)
        [cm3/g] of liquid, positive.
    temperature : float
        [K]
    exponent : float or None
        m [1]; sought between 1 and 3 where None.

    Returns
    -------
    Dubinin or None
        None where there are fewer than three points, or the volume does not rise.
    """
    usable = (x > 0) & (x < 1) & (volume > 0)
    potential, y = -np.log(x[usable]), np.log(volume[usable])
    if y.size < LEAST_POINTS or np.ptp(potential) <= 0:
        return None
    if exponent is None:
        from scipy.optimize import minimize_scalar

        exponent = float(minimize_scalar(lambda m: straight(potential**m, y).slope_stderr, bounds=EXPONENTS, method="bounded").x)
    line = straight(potential**exponent, y)
    if line.slope >= 0:
        return None
    energy = 1e-3 * GAS_CONSTANT * temperature / (-line.slope) ** (1 / exponent)
    volume_filled = math.exp(line.level)
    return Dubinin(volume_filled, volume_filled * line.level_stderr, energy, exponent, int(y.size), line.correlation)
