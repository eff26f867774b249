"""The mass of a cell on each basis, from its record: what is known, with which error, and what is missing.

    cathode                  m_+
    actives                  m_+ + m_-
    actives+salt             m_+ + m_- + Q M_salt / F
    actives+electrolyte-min  m_+ + m_- + (Q / F) rho / c              salt and the solvent to dissolve it, all salt used
    actives+electrolyte      m_+ + m_- + V_fill rho                   what is in the cell, with its salt

Salt is an active material of a dual-ion cell only: a rocking-chair cell has no third and fourth basis. A half cell has the mass of its
working material and no other. Current collectors, binder, separator and case are in none of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from dualion.errors import SpecError
from dualion.numerics.masses.dual_ion_balance import least_volume, salt_mass
from dualion.records.cell import FULL_CELL_BASES
from dualion.records.cell_record import WHERE, CellRecord
from dualion.records.quantity import Quantity

#: Bases of a full cell whose salt is no active material.
_WITHOUT_SALT = ("cathode", "actives", "actives+electrolyte")
#: Bases that hold the electrolyte.
WITH_ELECTROLYTE = ("actives+electrolyte-min", "actives+electrolyte")
#: What each basis rests on.
_NEEDED = {
    "anode": ("anode_mass",),
    "cathode": ("cathode_mass",),
    "actives": ("cathode_mass", "anode_mass"),
    "actives+salt": ("cathode_mass", "anode_mass", "salt_molar_mass"),
    "actives+electrolyte-min": ("cathode_mass", "anode_mass", "salt_concentration", "electrolyte_density"),
    "actives+electrolyte": ("cathode_mass", "anode_mass", "electrolyte_volume", "electrolyte_density"),
}


@dataclass(frozen=True, slots=True)
class BasisMass:
    """A mass of the cell.

    Parameters
    ----------
    basis : str
    value : float or None
        [mg]; None where something is missing.
    stderr : float
        [mg] from the record's errors; that of the charge is not in it.
    of_charge : float
        [mg] the part that grows with the charge.
    missing : tuple of str
        Fields of the cell record that are not known.
    """

    basis: str
    value: float | None
    stderr: float
    of_charge: float
    missing: tuple[str, ...]

    @property
    def name(self) -> str:
        """The basis as a part of a name: ``actives_salt``."""
        return self.basis.replace("+", "_").replace("-", "_")

    def relative_error(self, voltage: float, charge: float) -> float:
        """Relative error [1] of an energy per mass: of voltage, charge and mass.

        Parameters
        ----------
        voltage, charge : float
            [1] relative errors. Salt grows with the charge, so that an error of the charge weighs less.
        """
        if not self.value:
            return 0.0
        return math.sqrt(voltage**2 + (charge * (1 - self.of_charge / self.value)) ** 2 + (self.stderr / self.value) ** 2)


def bases_of(cell: CellRecord) -> tuple[str, ...]:
    """Mass bases that a cell has, from the lightest to the heaviest.

    Parameters
    ----------
    cell : CellRecord

    Raises
    ------
    SpecError
        Its kind, or the working electrode of a half cell, is not known.
    """
    if cell.kind is None:
        raise SpecError(f'kind: missing. Write one of "half", "dual-ion", "rocking-chair", "symmetric". {WHERE}.')
    if cell.kind == "half":
        if cell.working is None:
            raise SpecError(f'working: missing. Write "anode" or "cathode", the role of the working material. {WHERE}.')
        return (cell.working,)
    return FULL_CELL_BASES if cell.kind == "dual-ion" else _WITHOUT_SALT


def basis_mass(cell: CellRecord, basis: str, charge: float) -> BasisMass:
    """Mass of a cell on a basis.

    Parameters
    ----------
    cell : CellRecord
    basis : str
    charge : float
        [mAh] that the cell stores.

    Returns
    -------
    BasisMass

    Examples
    --------
    >>> cell = CellRecord(kind="dual-ion", cathode_mass=Quantity(2.0, "mg"), anode_mass=Quantity(1.0, "mg"),
    ...                   salt_molar_mass=Quantity(167.95, "g/mol"))
    >>> round(basis_mass(cell, "actives+salt", 0.188).value, 3)
    4.178
    >>> basis_mass(cell, "actives+electrolyte", 0.188).missing
    ('electrolyte_volume', 'electrolyte_density')
    """
    known: dict[str, Quantity | None] = {name: getattr(cell, name) for name in _NEEDED[basis]}
    missing = tuple(name for name, given in known.items() if given is None or given.value is None)
    if missing:
        return BasisMass(basis, None, 0.0, 0.0, missing)
    value = {name: given.value or 0.0 for name, given in known.items() if given is not None}
    error = {name: (given.stderr or 0.0) for name, given in known.items() if given is not None}
    solids = sum(value[name] for name in ("cathode_mass", "anode_mass") if name in value)
    variance = sum(error[name] ** 2 for name in ("cathode_mass", "anode_mass") if name in value)
    of_charge, liquid = 0.0, 0.0
    if basis == "actives+salt":
        of_charge = salt_mass(charge, value["salt_molar_mass"])
    elif basis == "actives+electrolyte-min":
        of_charge = least_volume(charge, value["salt_concentration"]) * value["electrolyte_density"]
    elif basis == "actives+electrolyte":
        liquid = value["electrolyte_volume"] * value["electrolyte_density"]
    others = (error[name] / value[name] for name in value if name not in ("cathode_mass", "anode_mass"))
    variance += (of_charge + liquid) ** 2 * sum(relative**2 for relative in others)
    return BasisMass(basis, solids + of_charge + liquid, math.sqrt(variance), of_charge, ())
