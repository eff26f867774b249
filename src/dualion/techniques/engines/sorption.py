"""pyGAPS behind a door: its kernel and its standard isotherm, and its analyses as a second opinion on our own.

The kernel is a file of the installed package and is read without importing it, which takes seconds. ``Isotherm`` is the only way in:
loading in mol/kg on a molar basis. A loading as a volume of gas at the temperature of the bath is refused: taken for cm3(STP), it would
change every area by 273.15 K / 77.355 K = 3.53. Nothing of pyGAPS or pandas comes out; numbers and arrays do.

Reference: Iacomi & Llewellyn 2019 (pyGAPS).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualion.errors import FitError, MissingDependency, SpecError
from dualion.numerics.sorption.kernel import Kernel
from dualion.numerics.sorption.tplot import LAYER

Array = NDArray[np.float64]

#: Unit and basis of the only loading that comes in.
UNIT, BASIS = "mol/kg", "molar"
KERNEL = "DFT-N2-77K-carbon-slit"
_STANDARD = "Cabot BP280 carbon black"
_MONOLAYER = "monolayer uptake [mmol/g]"
_THICKNESSES = MappingProxyType({
    "kruk-jaroniec-gadkaree": "carbon black Kruk/Jaroniec/Gadkaree",
    "harkins-jura": "Harkins/Jura",
    "halsey": "Halsey",
})  # fmt: skip
_BRANCHES = MappingProxyType({"adsorption": "ads", "desorption": "des"})


@dataclass(frozen=True, slots=True)
class Isotherm:
    """One branch of an isotherm, as pyGAPS gets it.

    Parameters
    ----------
    relative_pressure : sequence of float, shape (n,)
        [1]
    loading : sequence of float, shape (n,)
        [mol/kg]
    adsorptive : str
        Such as ``"nitrogen"``.
    temperature : float
        [K]
    unit : str
        Of the loading; ``"mol/kg"`` and nothing else.
    basis : str
        Of the loading; ``"molar"`` and nothing else.
    branch : {"adsorption", "desorption"}

    Raises
    ------
    SpecError
        The loading has another unit or basis.
    """

    relative_pressure: Sequence[float] | Array
    loading: Sequence[float] | Array
    adsorptive: str
    temperature: float
    unit: str = UNIT
    basis: str = BASIS
    branch: str = "adsorption"

    def __post_init__(self) -> None:
        if self.basis != BASIS:
            problem = f'basis: "{self.basis}" is not taken: a volume of gas at the bath is 3.53 times smaller than one at 0 degC.'
            raise SpecError(f'{problem} Convert the loading to mol/kg, basis "{BASIS}".')
        if self.unit != UNIT:
            raise SpecError(f'unit: "{self.unit}" is not taken. Convert the loading to {UNIT}.')


@dataclass(frozen=True, slots=True)
class BetArea:
    """What pyGAPS finds: area [m2/g], C [1], n_m [mol/kg], correlation [1], first and last relative pressure [1] of its window."""

    area: float
    c: float
    monolayer: float
    correlation: float
    low: float
    high: float


@lru_cache(maxsize=1)
def kernel() -> Kernel:
    """The kernel of nitrogen at 77 K in carbon slits: 77 widths from 0.4 to 9.2 nm.

    Raises
    ------
    MissingDependency
        pyGAPS, whose file it is, is not installed.
    """
    path = _folder() / "kernels" / f"{KERNEL}.csv"
    with path.open(encoding="utf-8") as file:
        widths = np.array([float(field) for field in file.readline().strip().split(",")[1:]])
        table = np.loadtxt(file, delimiter=",")
    return Kernel(table[:, 0], widths, table[:, 1:])


@lru_cache(maxsize=1)
def _standard() -> tuple[Array, Array]:
    """Relative pressure and thickness [nm] of the standard isotherm of Kruk, Jaroniec and Gadkaree."""
    lines = (_folder() / "stdiso" / f"{_STANDARD}.csv").read_text(encoding="utf-8").splitlines()
    monolayer = next(float(line.split(",")[1]) for line in lines if line.startswith(_MONOLAYER))
    first = lines.index("pressure,loading,branch") + 1
    rows = np.array([[float(field) for field in line.split(",")[:2]] for line in lines[first:] if line.strip()])
    return rows[:, 0], LAYER * rows[:, 1] / monolayer


def standard_thickness(x: Array) -> Array:
    """Thickness [nm] of nitrogen on a carbon black without pores (Kruk, Jaroniec & Gadkaree 1997).

    Parameters
    ----------
    x : ndarray, shape (n,)
        [1] relative pressures.

    Raises
    ------
    MissingDependency
        pyGAPS, whose file it is, is not installed.
    """
    pressure, thickness = _standard()
    return np.asarray(np.interp(x, pressure, thickness, left=0.0))


def bet_area(isotherm: Isotherm, limits: tuple[float, float] | None = None) -> BetArea:
    """The BET area as pyGAPS has it.

    Parameters
    ----------
    isotherm : Isotherm
    limits : tuple of two floats or None
        [1] relative pressures; its own window where None.
    """
    found = _characterised("area_BET", isotherm, p_limits=limits)
    low, high = (float(_sorted(isotherm)[0][int(index)]) for index in found["p_limit_indices"])
    area, c, monolayer, r = (float(found[name]) for name in ("area", "c_const", "n_monolayer", "corr_coef"))
    return BetArea(area, c, 1e3 * monolayer, r, low, high)


def dubinin_volume(isotherm: Isotherm, exponent: float | None = 2.0) -> float:
    """Micropore volume [cm3/g] of a Dubinin plot as pyGAPS has it; the exponent [1] is sought where None."""
    return float(_characterised("da_plot", isotherm, exp=exponent)["pore_volume"])


def tplot_areas(isotherm: Isotherm, thickness: str, limits: tuple[float, float] | None = None) -> tuple[float, ...]:
    """Areas [m2/g] of the sections of a t-plot as pyGAPS has them, within limits of t [nm], or of its own choice."""
    found = _characterised("t_plot", isotherm, thickness_model=_THICKNESSES[thickness], t_limits=limits)
    return tuple(float(one["area"]) for one in found["results"])


def kernel_volume(isotherm: Isotherm, spline: int = 2) -> float:
    """Volume [cm3/g] under the distribution of widths as pyGAPS has it, smoothed by a B-spline of an order [1]; 0 leaves it as fitted."""
    return float(_characterised("psd_dft", isotherm, kernel=KERNEL, bspline_order=spline)["pore_volume_cumulative"][-1])


def mesopore_mode(isotherm: Isotherm, method: str) -> float:
    """Width [nm] of the main peak of the mesopores, ``"DH"`` or ``"BJH"``, as pyGAPS has it."""
    found = _characterised("psd_mesoporous", isotherm, psd_model=method, branch=_BRANCHES[isotherm.branch], pore_geometry="cylinder")
    return float(found["pore_widths"][int(np.argmax(found["pore_distribution"]))])


def _characterised(function: str, isotherm: Isotherm, **settings: Any) -> Mapping[str, Any]:
    """What a function of pyGAPS gives."""
    _folder()
    from pygaps import PointIsotherm, characterisation, logger
    from pygaps.utilities.exceptions import CalculationError, ParameterError

    logger.setLevel("CRITICAL")
    pressure, loading = _sorted(isotherm)
    falling = -1 if isotherm.branch == "desorption" else 1  # as an instrument measures it
    point = PointIsotherm(
        pressure=pressure[::falling].tolist(),
        loading=loading[::falling].tolist(),
        branch=_BRANCHES[isotherm.branch],
        material="sample",
        adsorbate=isotherm.adsorptive,
        temperature=isotherm.temperature,
        temperature_unit="K",
        pressure_mode="relative",
        loading_basis="molar",
        loading_unit="mol",
        material_basis="mass",
        material_unit="kg",
    )
    point.convert(loading_unit="mmol", material_unit="g")
    try:
        found: Mapping[str, Any] = getattr(characterisation, function)(point, **settings)
    except (CalculationError, ParameterError) as problem:
        raise FitError(f"pyGAPS, {function}: {problem}") from None
    return found


def _sorted(isotherm: Isotherm) -> tuple[Array, Array]:
    """Relative pressure and loading, rising."""
    pressure, loading = (np.asarray(one, dtype=np.float64) for one in (isotherm.relative_pressure, isotherm.loading))
    order = np.argsort(pressure, kind="stable")
    return pressure[order], loading[order]


def _folder() -> Path:
    """Folder of the data of pyGAPS, found without importing it."""
    found = find_spec("pygaps")
    if found is None or not found.submodule_search_locations:
        raise MissingDependency("pygaps", "adsorption")
    return Path(next(iter(found.submodule_search_locations))) / "data"
