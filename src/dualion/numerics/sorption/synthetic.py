"""An isotherm of nitrogen at 77 K made of the equations by which isotherms are analysed, each in its own range of pressure.

    x <= 0.005        Dubinin-Radushkevich, with the energy that leads over to the next range
    up to x_e         BET; x_e is 2.2 times the pressure of the monolayer, within 0.11 and 0.185
    up to 0.55        V = V_t + S_ext t(x), t of carbon black
    up to 0.98        a parabola that reaches the total volume at 0.95

Errors are drawn as an analysis states them: a model each for area, C, micropores and external area, one factor on all loadings, and one for
each loading.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.errors import SpecError
from dualion.numerics.simulated import simulated_source
from dualion.numerics.sorption.branches import BRANCHES
from dualion.numerics.sorption.gases import AREA_OF_MONOLAYER, CELSIUS, Gas, gas
from dualion.numerics.sorption.tplot import AREA_OF_SLOPE, thickness
from dualion.records.measurement import Measurement
from dualion.records.quantity import Quantity

Array = NDArray[np.float64]

#: Relative standard errors [1] at noise 1: of one loading, of all loadings, of a model.
POINT, COMMON, METHOD = 1e-3, 0.03, 0.10
#: C [1] whose monolayer lies within the range of the BET equation.
LEAST_C, MOST_C = 25.0, 2000.0
#: Which draw is whose, so that the stream of numbers has room for more of them.
_ORDER = np.array([0, 4, 2, 5, 7, 1, 3, 6])
_ERRORS = np.array([COMMON, METHOD, METHOD, METHOD, METHOD, 0.0, 0.0, 0.0])
_DUBININ_END = 0.005  # relative pressure
_BEHIND_MONOLAYER, _BET_END = 2.2, (0.11, 0.185)
_STRAIGHT_END, _FULL, _LAST = 0.55, 0.95, 0.98
_JUST_BEHIND = np.array([1.0005, 1.005, 1.012, 1.025, 1.045])
_LEAST_RATIO = 1.02  # of micropore volume to loading at the end of Dubinin's range
_MICROPORES, _EXTERNAL, _TOTAL = 1.15, 0.15, 1.5


@dataclass(frozen=True, slots=True)
class Isotherm:
    """Both branches of a made isotherm.

    Parameters
    ----------
    x, loading : ndarray, shape (n,)
        [1] and [mol/kg].
    branch : tuple of str, shape (n,)
    truth : mapping
        Values by the names of the results, in their units.
    """

    x: Array
    loading: Array
    branch: tuple[str, ...]
    truth: Mapping[str, float]


def nitrogen() -> Gas:
    """Nitrogen."""
    found = gas("nitrogen")
    assert found is not None
    return found


def isotherm(
    rng: np.random.Generator,
    *,
    noise: float,
    bet_area: float,
    bet_c: float,
    total_pore_volume: float | None,
    micropore_volume: float | None,
    external_area: float | None,
) -> Isotherm:
    """Make an isotherm.

    Parameters
    ----------
    rng : numpy.random.Generator
    noise : float
        [1] factor of all errors.
    bet_area, external_area : float
        [m2/g]
    bet_c : float
        [1]
    total_pore_volume, micropore_volume : float or None
        [cm3/g]

    Raises
    ------
    SpecError
        The values do not make an isotherm.
    """
    _check(bet_area, bet_c)
    liquid = 1e-3 * nitrogen().liquid_volume  # [cm3/mmol]
    area_of = AREA_OF_MONOLAYER * nitrogen().cross_section  # [m2/mmol]
    common, for_micropores, for_area, for_c, for_external, *_ = 1 + noise * _ERRORS * rng.standard_normal(_ERRORS.size)[_ORDER]
    micropores = _MICROPORES * liquid * bet_area / area_of if micropore_volume is None else micropore_volume
    outside = _EXTERNAL * bet_area if external_area is None else external_area
    monolayer, c = bet_area * for_area / area_of, bet_c * for_c
    grid, x_end = _grid(bet_c)
    bet = monolayer * c * grid / ((1 - grid) * (1 + (c - 1) * grid))
    last = int(np.searchsorted(grid, x_end, side="right")) - 1
    low = _dubinin(grid, micropores * for_micropores / liquid, float(np.interp(_DUBININ_END, grid, bet)))
    t = thickness("carbon-black", grid)
    straight = bet[last] * liquid + outside * for_external / AREA_OF_SLOPE * (t - t[last])
    at_end = float(np.interp(_STRAIGHT_END, grid, straight))
    full = _TOTAL * at_end if total_pore_volume is None else total_pore_volume
    if full < at_end / (for_area * max(for_external, 1.0)):
        raise SpecError(f"total_pore_volume: {full:.4g} cm3/g is less than the {at_end:.4g} cm3/g filled at p/p0 = {_STRAIGHT_END}.")
    filling = at_end + (full - at_end) * ((grid - _STRAIGHT_END) / (_FULL - _STRAIGHT_END)) ** 2
    loading = np.where(grid <= _DUBININ_END, low, np.where(grid <= x_end, bet, straight / liquid))
    loading = np.where(grid > _STRAIGHT_END, filling / liquid, loading)
    down = grid[grid >= _STRAIGHT_END][::-1]
    x, loading = np.concatenate([grid, down]), np.concatenate([loading, np.interp(down, grid, loading)])
    loading = loading * common * (1 + POINT * noise * rng.standard_normal(x.size))
    names = ("bet_area", "bet_c", "monolayer_capacity", "total_pore_volume", "micropore_volume", "external_area")
    truth = (bet_area, bet_c, monolayer, full, micropores, outside)
    branch = ("adsorption",) * grid.size + ("desorption",) * down.size
    return Isotherm(x, np.asarray(loading), branch, dict(zip(names, map(float, truth), strict=True)))


def _check(bet_area: float, bet_c: float) -> None:
    """Refuse values whose monolayer lies outside the range of BET."""
    if not LEAST_C <= bet_c <= MOST_C:
        raise SpecError(f"bet_c: {bet_c} is outside {LEAST_C:g} to {MOST_C:g}, where the monolayer lies within the range of BET.")
    if bet_area <= 0:
        raise SpecError(f"bet_area: {bet_area} is not an area. Give it in m2/g.")


def _grid(c: float) -> tuple[Array, float]:
    """Relative pressures of the adsorption branch, dense where a window begins or ends, and the end of the range of BET."""
    x_end = min(max(_BEHIND_MONOLAYER / (math.sqrt(c) + 1), _BET_END[0]), _BET_END[1])
    parts = (
        np.geomspace(1e-6, _DUBININ_END, 30),
        np.geomspace(1.02 * _DUBININ_END, x_end, 32),
        _JUST_BEHIND * x_end,
        np.linspace(0.2, _STRAIGHT_END, 15),
        np.linspace(0.6, _FULL, 8),
        np.array([_LAST]),
    )
    return np.concatenate(parts), x_end


def _dubinin(x: Array, filled: float, joined: float) -> Array:
    """Loading [mmol/g] of micropores of a capacity that reaches another loading at the end of the range."""
    potential = -np.log(x)
    at_end = -math.log(_DUBININ_END)
    share = math.log(max(filled / joined, _LEAST_RATIO)) / at_end**2
    return np.asarray(filled * np.exp(-share * potential**2))


def nitrogen_isotherm(x: Array, loading: Array, branch: Sequence[str], technique: str) -> Measurement:
    """A simulated measurement of nitrogen at 77 K.

    Parameters
    ----------
    x, loading : ndarray, shape (n,)
        [1] and [mol/kg].
    branch : sequence of str, shape (n,)
    technique : str
        That made it.
    """
    words = pl.Series("branch", list(branch), dtype=pl.Enum(BRANCHES))
    table = pl.DataFrame({"relative_pressure": x, "loading_mol_per_kg": loading}).with_columns(words)
    source = simulated_source(technique, f"{technique}.csv", x, loading)
    used = nitrogen()
    celsius = Quantity(used.boiling_point - CELSIUS, "degC")
    return Measurement("sorption", table, {"adsorptive": used.name, "temperature": celsius}, "synthetic", source)
