"""The ratio of two pore parameters as fillings by sodium, with errors of the ratio and of the density of the walls."""

from __future__ import annotations

import math

from dualion.numerics.scattering.pore_quantities import Walls
from dualion.numerics.scattering.sodium_filling import (
    SODIUM_CHARGE,
    contrast_share,
    filled_fraction,
    full_pore,
    required_volume,
    uniform_filling,
)
from dualion.records.quantity import Flag, Quantity

_NORMAL = 1.959964  # half-width of a 95 % interval in standard errors
FILLINGS = ("filled_fraction", "uniform_filling", "filling")


def withheld_fillings(rule: str, names: tuple[str, ...] = ("pore_ratio", *FILLINGS)) -> dict[str, Quantity]:
    """Ratio and fillings that are not given.

    Parameters
    ----------
    rule : str
    names : tuple of str
    """
    return {name: Quantity(None, "1", rule=rule) for name in names}


def full_pore_quantity(walls: Walls) -> Quantity:
    """The ratio f0 of pores full of sodium.

    Parameters
    ----------
    walls : Walls
    """
    share = contrast_share(walls.density, walls.electrons)
    spread = 2 * (1 - share) * share * walls.density_error
    return Quantity(full_pore(share), "1", spread, rule=f"walls {walls.density:g} g/cm3, sodium 0.968 g/cm3")


def filling_quantities(ratio: float, stderr: float, walls: Walls, *, n: int, rule: str) -> tuple[dict[str, Quantity], list[Flag]]:
    """Both fillings of a ratio, and the interval that they span; withheld where no filling gives the ratio.

    Parameters
    ----------
    ratio, stderr : float
        V' / V [1] and its standard error.
    walls : Walls
    n : int
        [1] points behind it.
    rule : str
    """
    share = contrast_share(walls.density, walls.electrons)
    f0 = full_pore(share)
    values = {"pore_ratio": Quantity(ratio, "1", stderr, n, rule)}
    if ratio < f0 or ratio > 1 + _NORMAL * stderr:
        why = f"below {f0:.3f} of pores full of sodium" if ratio < f0 else "above 1"
        message = (
            f"V'/V is {ratio:.3f} +- {stderr:.3f}, {why}: scatterers were lost or gained, or the normalisation differs. The filling is"
        )
        return values | withheld_fillings(rule, FILLINGS), [Flag("loss_or_normalisation", "refusal", f"{message} withheld.")]
    u_share = share * walls.density_error
    f, x = filled_fraction(ratio, share), uniform_filling(ratio, share)
    u_f = math.hypot(stderr, 2 * (1 - share) * f * u_share) / (1 - f0)
    u_x = math.hypot(stderr / (2 * math.sqrt(ratio)), x * u_share) / share
    ends = (min(f - _NORMAL * u_f, x - _NORMAL * u_x), max(f + _NORMAL * u_f, x + _NORMAL * u_x))
    values |= {
        "filled_fraction": Quantity(f, "1", u_f, n, f"(i) a share of the pores is full; {rule}"),
        "uniform_filling": Quantity(x, "1", u_x, n, f"(ii) every pore is filled alike; {rule}"),
        "filling": Quantity((f + x) / 2, "1", None, n, f"middle of (i) and (ii), interval of both; {rule}", ends),
    }
    return values, []


def needed_volume(capacity: float | None, volumes: list[tuple[str, float]]) -> tuple[dict[str, Quantity], list[Flag]]:
    """The pore volume that a charge needs, held against those that there are.

    Parameters
    ----------
    capacity : float or None
        [mAh/g]; nothing is asked for where None.
    volumes : list of tuple of str and float
        What has which volume [cm3/g].
    """
    if capacity is None:
        return {}, []
    need = required_volume(capacity)
    rule = f"{capacity:g} mAh/g over {SODIUM_CHARGE:.0f} mAh/cm3 of bulk sodium; no standard error: exact for the capacity"
    short = [f"{name} have {volume:.3f}" for name, volume in volumes if need > volume]
    flags = []
    if short:
        message = f"The plateau of {capacity:g} mAh/g needs {need:.3f} cm3/g; {', '.join(short)} cm3/g. Sodium is stored elsewhere too."
        flags.append(Flag("filling_alone_insufficient", "warning", message))
    return {"required_pore_volume": Quantity(need, "cm3/g", rule=rule)}, flags
