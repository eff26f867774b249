"""Energy and power of one discharge on all five mass bases, held against a printed energy.

None of the bases is chosen: all that agree by the rule of the verdicts are listed. Source: the specification of the study, section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dualion.numerics.masses.mass_bases import CellMass, agreeing_bases, energy_density, mass, needed_voltage, power_density
from dualion.records.cell import FULL_CELL_BASES
from dualion.records.quantity import Origin, Quantity
from dualion.study.arithmetic.quantities import tolerance
from dualion.study.arithmetic.rounding import half_width
from dualion.study.types import Claim


def energy_entry(
    capacity: float,
    voltage: float,
    design: CellMass,
    *,
    declared: str,
    sample: str,
    condition: Mapping[str, Any],
    origin: Origin,
    label: str,
    current: float | None = None,
    stderr: float | None = None,
    printed: Claim | None = None,
) -> dict[str, Any]:
    """One row of ``energies`` in the results document.

    Parameters
    ----------
    capacity : float
        [mAh/g] of the cathode active mass.
    voltage : float
        [V] energy mean, E/Q.
    design : CellMass
    declared : str
        The mass basis that the study declares; it comes first.
    sample, label : str
    condition : mapping
    origin : str
        Where capacity and voltage come from; of two origins the one further from a measurement.
    current : float, optional
        [mA/g] of the cathode active mass; without it there is no power.
    stderr : float, optional
        [mWh/g] standard error of capacity times voltage.
    printed : Claim, optional
        A printed energy in Wh/kg; without it no basis is said to agree.

    Returns
    -------
    dict
        Plain data in the form of ``EnergyForm``.

    Raises
    ------
    InputError
        ``declared`` is not one of the five bases.
    """
    mass(design, mass_basis=declared)
    order = (declared, *(basis for basis in FULL_CELL_BASES if basis != declared))
    found = {basis: energy_density(capacity, voltage, design, mass_basis=basis, stderr=stderr) for basis in order}
    value = None if printed is None else printed.value_num
    agreeing = None
    if printed is not None and value is not None:
        agreeing = agreeing_bases((value, half_width(printed), tolerance(printed) or 0.0), found)
    bases = [
        _basis(capacity, voltage, design, basis=basis, energy=found[basis], current=current, printed=value)
        | {"agrees": None if agreeing is None else basis in agreeing}
        for basis in order
    ]
    return {
        "claim": None if printed is None else printed.id,
        "label": label,
        "sample": sample,
        "condition": dict(condition),
        "origin": origin,
        "printed": None if printed is None or value is None else {"value": value, "unit": printed.unit},
        "capacity": {"value": capacity, "unit": "mAh/g"},
        "voltage": {"value": voltage, "unit": "V"},
        "bases": bases,
        "agreeing": None if agreeing is None else list(agreeing),
    }


def _basis(
    capacity: float, voltage: float, design: CellMass, *, basis: str, energy: Quantity, current: float | None, printed: float | None
) -> dict[str, Any]:
    power = None if current is None else power_density(current, voltage, design, mass_basis=basis)
    needed = None if printed is None else Quantity(needed_voltage(printed, capacity, design, mass_basis=basis), "V")
    return {
        "mass_basis": basis,
        "mass": _amount(Quantity(mass(design, mass_basis=basis), "g/g")),
        "energy": _amount(energy),
        "power": None if power is None else _amount(power),
        "needed_voltage": None if needed is None else _amount(needed),
    }


def _amount(quantity: Quantity) -> dict[str, Any]:
    return {"value": quantity.value, "unit": quantity.unit, "stderr": quantity.stderr}
