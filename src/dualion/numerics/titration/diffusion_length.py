"""The length over which a species diffuses in an electrode: volume of the active material over the area through which it is entered.

    sphere of radius R          L = R / 3
    slab                        L = thickness of one side, or (m / M) V_m / S

with mass m, molar mass M and molar volume V_m of the active material, and the area S between it and the electrolyte. A diffusivity goes
with L^2, so a relative error of L counts twice in it; with a geometric and with a gas-adsorption area S it differs by orders of magnitude.

References: Weppner & Huggins 1977; Kang & Chueh 2021.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from dualion.errors import SpecError
from dualion.records.cell_record import WHERE, CellRecord
from dualion.records.quantity import Quantity

Geometry = Literal["sphere", "slab"]
GEOMETRIES: tuple[Geometry, ...] = ("sphere", "slab")

_UM, _CM2, _MG = 1e-6, 1e-4, 1e-3  # [m], [m2], [g]


@dataclass(frozen=True, slots=True)
class Length:
    """A diffusion length.

    Parameters
    ----------
    value : float
        [m]
    relative : float
        [1] standard error over the value.
    rule : str
        What it was made of.
    """

    value: float
    relative: float
    rule: str


def sphere(cell: CellRecord, radius: float | None, stderr: float = 0.0) -> Length:
    """Diffusion length of spherical particles, R/3.

    Parameters
    ----------
    cell : CellRecord
        Whose ``particle_radius`` counts where none is given.
    radius : float or None
        [m] of a particle.
    stderr : float
        [m] of ``radius``.

    Returns
    -------
    Length

    Raises
    ------
    SpecError
        The radius is not known.
    """
    if radius is None:
        known = cell.particle_radius
        if known is None or known.value is None:
            raise SpecError(f"particle_radius: missing. A diffusivity goes with its square. {WHERE}.")
        radius, stderr = known.value * _UM, (known.stderr or 0.0) * _UM
    return Length(radius / 3, stderr / radius, f"sphere of radius {radius / _UM:g} um, L = R/3")


def slab(
    cell: CellRecord, *, thickness: float | None, stderr: float = 0.0, molar_volume: float | None = None, molar_mass: float | None = None
) -> Length:
    """Diffusion length of a slab: its thickness, or the volume of the active material over the area of the cell.

    Parameters
    ----------
    cell : CellRecord
        Whose mass and area count where no thickness is given.
    thickness, stderr : float or None, float
        [m] of the slab, from the electrolyte to where nothing passes, and its error.
    molar_volume : float or None
        [m3/mol] of the active material.
    molar_mass : float or None
        [g/mol] of the active material.

    Returns
    -------
    Length

    Raises
    ------
    SpecError
        Something that is needed is not known.
    """
    if thickness is not None:
        return Length(thickness, stderr / thickness, f"slab of thickness {thickness / _UM:g} um")
    missing = [name for name, given in (("molar_volume", molar_volume), ("molar_mass", molar_mass)) if given is None]
    if missing or molar_volume is None or molar_mass is None:
        raise SpecError(f"{missing[0]}: missing. A slab needs a thickness, or molar_volume and molar_mass. Give it as an option.")
    if cell.area is None:
        raise SpecError(f"area: missing. A slab without a thickness needs it. {WHERE}.")
    role, mass = cell.working_mass()
    grams, area = _known(mass) * _MG, _known(cell.area) * _CM2
    relative = math.hypot((mass.stderr or 0.0) / _known(mass), (cell.area.stderr or 0.0) / _known(cell.area))
    return Length(grams / molar_mass * molar_volume / area, relative, f"slab, volume of the {role} over the geometric area")


def _known(quantity: Quantity) -> float:
    """The number of a quantity of a cell record, which is never withheld there."""
    return float(quantity.value or math.nan)
