"""Pores of one gram: all, those that a gas enters, and those that a fluid of pycnometry does not enter.

    V_total  = phi v / (1 - phi)                    small-angle scattering on an absolute scale; v specific volume of the walls
    V_open                                          gas sorption
    V_closed = 1 / rho_true - v                     pycnometry
    delta    = V_total - V_open - V_closed,         S_inaccessible = S_SAXS - S_N2            Ruike et al. 1994

One term that is missing is solved for, and delta is then not known. The contrast of scattering goes with the density of the walls: where
phi was found with the density rho_0, phi (1 - phi) is multiplied by (rho_0 v)^2 for walls of another density.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Largest phi (1 - phi) that any two phases have.
LARGEST_PRODUCT = 0.25
#: Terms of the balance.
TERMS = ("total_volume", "open_volume", "closed_pore_volume")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was measured; every number may stand alone or as an array of draws.

    Parameters
    ----------
    porosity : float, array or None
        [1] share phi of the volume that is pore, by scattering.
    contrast_density : float or None
        [g/cm3] density of the walls that the contrast of phi was computed with; None where phi is to be taken as it is.
    total_volume : float, array or None
        [cm3/g] pore volume by scattering, where phi itself is not known.
    open_volume : float, array or None
        [cm3/g]
    true_density : float, array or None
        [g/cm3]
    wall_volume : float or array
        [cm3/g]
    scattering_area, sorption_area : float, array or None
        [m2/g]
    """

    porosity: float | Array | None
    contrast_density: float | None
    total_volume: float | Array | None
    open_volume: float | Array | None
    true_density: float | Array | None
    wall_volume: float | Array
    scattering_area: float | Array | None
    sorption_area: float | Array | None


def measured_terms(given: Inputs) -> dict[str, Array]:
    """Terms of the balance [cm3/g] that were measured, by name; NaN where a porosity cannot be."""
    found: dict[str, Array] = {}
    v = np.asarray(given.wall_volume, dtype=np.float64)
    if given.porosity is not None:
        phi = porosity_of(np.asarray(given.porosity, dtype=np.float64), v, given.contrast_density)
        with np.errstate(divide="ignore", invalid="ignore"):
            found["total_volume"] = np.where((phi >= 0) & (phi < 1), phi * v / (1 - phi), np.nan)
    elif given.total_volume is not None:
        found["total_volume"] = np.asarray(given.total_volume, dtype=np.float64)
    if given.open_volume is not None:
        found["open_volume"] = np.asarray(given.open_volume, dtype=np.float64)
    if given.true_density is not None:
        density = np.asarray(given.true_density, dtype=np.float64)
        with np.errstate(divide="ignore"):
            found["closed_pore_volume"] = np.where(density > 0, 1 / density - v, np.nan)
    return found


def porosity_of(phi: Array, v: Array, contrast_density: float | None) -> Array:
    """Porosity with the contrast of walls of a specific volume, on the branch that the given one is on.

    Parameters
    ----------
    phi : array
        [1] as it was found.
    v : array
        [cm3/g]
    contrast_density : float or None
        [g/cm3] that it was found with.

    Returns
    -------
    array
        [1]; NaN where phi (1 - phi) exceeds a quarter.
    """
    if contrast_density is None:
        return phi + 0 * v
    product = phi * (1 - phi) * (contrast_density * v) ** 2
    with np.errstate(invalid="ignore"):
        root = np.sqrt(np.where(product <= LARGEST_PRODUCT, 1 - 4 * product, np.nan))
    return np.where(phi <= 0.5, (1 - root) / 2, (1 + root) / 2)


def balance(given: Inputs) -> dict[str, Array]:
    """All that follows from what was measured, by name.

    Parameters
    ----------
    given : Inputs

    Returns
    -------
    dict of str to array
        ``total_volume``, ``open_volume``, ``closed_pore_volume`` and ``inaccessible_volume`` [cm3/g], ``volume_residual`` [cm3/g] with all
        three measured, ``inaccessible_area`` [m2/g]; those that can be known.
    """
    found = measured_terms(given)
    found = found | solved(found)
    if all(name in found for name in TERMS) and not missing(given):
        found["volume_residual"] = found["total_volume"] - found["open_volume"] - found["closed_pore_volume"]
    if "total_volume" in found and "open_volume" in found and missing(given) != ("total_volume",):
        found["inaccessible_volume"] = found["total_volume"] - found["open_volume"]
    if given.scattering_area is not None and given.sorption_area is not None:
        found["inaccessible_area"] = np.asarray(given.scattering_area, dtype=np.float64) - np.asarray(given.sorption_area, dtype=np.float64)
    return found


def missing(given: Inputs) -> tuple[str, ...]:
    """Terms of the balance that were not measured."""
    known = {
        "total_volume": given.porosity is not None or given.total_volume is not None,
        "open_volume": given.open_volume is not None,
        "closed_pore_volume": given.true_density is not None,
    }
    return tuple(name for name in TERMS if not known[name])


def solved(terms: Mapping[str, Array]) -> dict[str, Array]:
    """The one term [cm3/g] that is missing, from the other two; none where more are missing."""
    absent = [name for name in TERMS if name not in terms]
    if absent == ["total_volume"]:
        return {"total_volume": terms["open_volume"] + terms["closed_pore_volume"]}
    if absent == ["open_volume"]:
        return {"open_volume": terms["total_volume"] - terms["closed_pore_volume"]}
    if absent == ["closed_pore_volume"]:
        return {"closed_pore_volume": terms["total_volume"] - terms["open_volume"]}
    return {}
