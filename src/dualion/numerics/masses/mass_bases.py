"""Energy and power of a dual-ion cell on five mass bases.

Per gram of cathode active mass, with Q its capacity [mAh/g], V the energy mean voltage [V], r the mass of anode active material per
mass of cathode active material, Q_s the largest capacity the cell must store [mAh/g]:

    E = Q V / m,    P = i V / m

    cathode                  m = 1
    actives                  m = 1 + r
    actives+salt             m = 1 + r + Q_s M_salt / (F/3.6)
    actives+electrolyte-min  m = 1 + r + 1000 Q_s rho_e / ((F/3.6) c0 u)
    actives+electrolyte      m = 1 + r + v_e rho_e / w_c

with M_salt [g/mol], rho_e [g/mL], c0 [mol/L], u the share of the salt that may be used [1], v_e the electrolyte volume [uL/cm2], w_c
the cathode loading [mg/cm2]. The salt is a part of the electrolyte: the last two bases hold it once. Foil, can, separator, binder and
conductive carbon are in none of the five; ``m_inactive`` [g per g of cathode active mass] adds them to each.

Valid where Q and V belong to the same discharge and V is E/Q. Source: the specification of the study, section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dualion.errors import InputError
from dualion.records.cell import FULL_CELL_BASES, Cell
from dualion.records.quantity import Quantity

FARADAY = 96485.33212  # [C/mol] SI brochure, 9th edition
MAH_PER_MOL = FARADAY / 3.6  # [mAh/mol] 26801.48
_SETTINGS = ("ratio", "stored_capacity", "salt_molar_mass", "electrolyte_density", "concentration", "electrolyte_volume", "cathode_loading")


@dataclass(frozen=True, slots=True)
class CellMass:
    """What the mass of a dual-ion cell is made of.

    Parameters
    ----------
    ratio : float
        [g/g] r, anode active mass per cathode active mass.
    stored_capacity : float
        [mAh/g] Q_s of the cathode, the largest the cell must store: the salt is sized for it.
    salt_molar_mass : float
        [g/mol]
    electrolyte_density : float
        [g/mL]
    concentration : float
        [mol/L] of the salt.
    electrolyte_volume : float
        [uL/cm2] all electrolyte in the cell.
    cathode_loading : float
        [mg/cm2] of active material.
    usable_fraction : float
        [1] u, share of the salt that may be used, above 0 and at most 1.
    m_inactive : float
        [g/g] everything that stores nothing, per cathode active mass. Named in the rule of each quantity where it is not 0.

    Raises
    ------
    InputError
        A value is not positive, ``usable_fraction`` is not within (0, 1], ``m_inactive`` is negative, or the salt alone would be heavier
        than the electrolyte that holds it.
    """

    ratio: float
    stored_capacity: float
    salt_molar_mass: float
    electrolyte_density: float
    concentration: float
    electrolyte_volume: float
    cathode_loading: float
    usable_fraction: float = 1.0
    m_inactive: float = 0.0

    def __post_init__(self) -> None:
        for name in _SETTINGS:
            if not getattr(self, name) > 0:
                raise InputError(f"CellMass.{name}: {getattr(self, name)} is not positive. Give the value of the cell.")
        if not 0 < self.usable_fraction <= 1:
            raise InputError(f"CellMass.usable_fraction: {self.usable_fraction} is not within 0 and 1. Give the usable share of the salt.")
        if not self.m_inactive >= 0:
            raise InputError(f"CellMass.m_inactive: {self.m_inactive} is negative. Give a mass per cathode active mass, or 0.")
        if self.concentration * self.salt_molar_mass >= 1000 * self.electrolyte_density:
            raise InputError(
                f"CellMass.concentration: {self.concentration} mol/L of a salt of {self.salt_molar_mass} g/mol is heavier than the "
                f"electrolyte of {self.electrolyte_density} g/mL that holds it. Check the three values."
            )


def cell_mass(cell: Cell, stored_capacity: float, *, usable_fraction: float = 1.0, m_inactive: float = 0.0) -> CellMass:
    """Masses of a full cell.

    Parameters
    ----------
    cell : Cell
        With a cathode.
    stored_capacity : float
        [mAh/g] of the cathode, the largest the cell must store.
    usable_fraction : float
        [1]
    m_inactive : float
        [g/g]

    Raises
    ------
    InputError
        The cell has no cathode, or a value is out of range.
    """
    if cell.cathode is None:
        raise InputError(f"cell.{cell.name}: a {cell.kind} cell has no cathode; the five mass bases belong to a full cell.")
    return CellMass(
        ratio=cell.anode.loading.value / cell.cathode.loading.value,
        stored_capacity=stored_capacity,
        salt_molar_mass=cell.electrolyte.salt_molar_mass.value,
        electrolyte_density=cell.electrolyte.density.value,
        concentration=cell.electrolyte.concentration.value,
        electrolyte_volume=cell.electrolyte_volume.value,
        cathode_loading=cell.cathode.loading.value,
        usable_fraction=usable_fraction,
        m_inactive=m_inactive,
    )


def salt_mass(design: CellMass) -> float:
    """[g/g] salt that the stored capacity binds, per cathode active mass."""
    return design.stored_capacity * design.salt_molar_mass / MAH_PER_MOL


def least_electrolyte_mass(design: CellMass) -> float:
    """[g/g] least electrolyte whose usable salt holds the stored capacity, per cathode active mass; with its salt."""
    salt = design.stored_capacity / MAH_PER_MOL  # [mol/g]
    return 1000 * salt * design.electrolyte_density / (design.concentration * design.usable_fraction)


def electrolyte_mass(design: CellMass) -> float:
    """[g/g] the electrolyte that is in the cell, per cathode active mass; with its salt."""
    return design.electrolyte_volume * design.electrolyte_density / design.cathode_loading


def mass(design: CellMass, *, mass_basis: str | None) -> float:
    """[g/g] mass on a basis, per cathode active mass.

    Raises
    ------
    InputError
        ``mass_basis`` is missing or not one of the five.
    """
    actives = 1 + design.ratio
    if mass_basis == "cathode":
        active = 1.0
    elif mass_basis == "actives":
        active = actives
    elif mass_basis == "actives+salt":
        active = actives + salt_mass(design)
    elif mass_basis == "actives+electrolyte-min":
        active = actives + least_electrolyte_mass(design)
    elif mass_basis == "actives+electrolyte":
        active = actives + electrolyte_mass(design)
    else:
        found = "no mass_basis was given" if mass_basis is None else f'"{mass_basis}" is not a mass basis of a full cell'
        choices = ", ".join(f'"{basis}"' for basis in FULL_CELL_BASES)
        raise InputError(f"{found}. Write one of {choices}.")
    return active + design.m_inactive


def energy_density(
    capacity: float, voltage: float, design: CellMass, *, mass_basis: str | None = None, stderr: float | None = None
) -> Quantity:
    """Specific energy of a discharge on a named mass basis.

    Parameters
    ----------
    capacity : float
        [mAh/g] of the cathode active mass.
    voltage : float
        [V] energy mean, E/Q.
    design : CellMass
    mass_basis : str
        One of the five; there is no default.
    stderr : float, optional
        [mWh/g] standard error of capacity times voltage.

    Returns
    -------
    Quantity
        [Wh/kg] with the basis in ``rule``.

    Raises
    ------
    InputError
        No mass basis, or an unknown one.

    Examples
    --------
    >>> cell = CellMass(ratio=0.5, stored_capacity=97.0, salt_molar_mass=167.95, electrolyte_density=1.23, concentration=1.0,
    ...                 electrolyte_volume=23.92, cathode_loading=2.0)
    >>> round(energy_density(94.0, 3.543, cell, mass_basis="actives").value)
    222
    """
    return _per_mass(capacity * voltage, "Wh/kg", design, mass_basis=mass_basis, stderr=stderr)


def power_density(
    current: float, voltage: float, design: CellMass, *, mass_basis: str | None = None, stderr: float | None = None
) -> Quantity:
    """Mean specific power of a discharge on a named mass basis.

    Parameters
    ----------
    current : float
        [mA/g] of the cathode active mass.
    voltage : float
        [V] energy mean, E/Q.
    design : CellMass
    mass_basis : str
        One of the five; there is no default.
    stderr : float, optional
        [mW/g] standard error of current times voltage.

    Returns
    -------
    Quantity
        [W/kg] with the basis in ``rule``.

    Raises
    ------
    InputError
        No mass basis, or an unknown one.
    """
    return _per_mass(current * voltage, "W/kg", design, mass_basis=mass_basis, stderr=stderr)


def _per_mass(amount: float, unit: str, design: CellMass, *, mass_basis: str | None, stderr: float | None) -> Quantity:
    total = mass(design, mass_basis=mass_basis)
    rule = f"mass basis {mass_basis}"
    if design.m_inactive:
        rule += f" with {design.m_inactive} g/g of inactive mass"
    return Quantity(amount / total, unit, stderr=None if stderr is None else stderr / total, rule=rule)


def needed_voltage(energy: float, capacity: float, design: CellMass, *, mass_basis: str | None = None) -> float:
    """[V] energy mean voltage that a printed energy needs on a mass basis.

    Parameters
    ----------
    energy : float
        [Wh/kg] as printed.
    capacity : float
        [mAh/g] of the cathode active mass.
    design : CellMass
    mass_basis : str
        One of the five; there is no default.

    Raises
    ------
    InputError
        No mass basis, an unknown one, or a capacity that is not positive.
    """
    if not capacity > 0:
        raise InputError(f"needed_voltage: a capacity of {capacity} mAh/g holds no energy. Give a positive capacity.")
    return energy * mass(design, mass_basis=mass_basis) / capacity


def agreeing_bases(printed: tuple[float, float, float], energies: Mapping[str, Quantity]) -> tuple[str, ...]:
    """Every mass basis on which an energy agrees with a printed one: none is chosen, all that agree are listed.

    A value x with standard error s agrees with the printed v if |x - v| <= max(t, w) + 2 s. An agreement with s > |v| / 2 could not
    have failed and does not count.

    Parameters
    ----------
    printed : tuple of three floats
        Value v, half-width w of its rounding, tolerance t, all in the unit of the energies.
    energies : mapping of str to Quantity
        By mass basis, all in one unit.

    Returns
    -------
    tuple of str
        In the order of ``energies``; empty if no basis agrees.

    Raises
    ------
    InputError
        The energies are not in one unit.
    """
    units = sorted({quantity.unit for quantity in energies.values()})
    if len(units) > 1:
        raise InputError(f"agreeing_bases: the energies are in {' and '.join(units)}. Convert them to the unit of the printed value.")
    value, half_width, tolerance = printed
    found = []
    for basis, quantity in energies.items():
        stderr = quantity.stderr or 0.0
        if quantity.value is None or stderr > abs(value) / 2:
            continue
        if abs(quantity.value - value) <= max(tolerance, half_width) + 2 * stderr:
            found.append(basis)
    return tuple(found)
