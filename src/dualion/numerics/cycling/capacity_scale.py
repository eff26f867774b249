"""Charges to capacities: per gram of an electrode of the cell record, or of the whole cell.

A mass is never guessed: a capacity per gram without one is refused, and says which mass is missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from dualion.errors import SpecError
from dualion.records.cell_record import CellRecord

#: ``""`` is the working electrode of a half cell, and the cathode of a full cell; ``"cell"`` needs no mass.
Basis = Literal["", "anode", "cathode", "cell"]

_BASES = ("", "anode", "cathode", "cell")
_MILLI = 1e3


@dataclass(frozen=True, slots=True)
class CapacityScale:
    """What turns Ah into the unit of capacities.

    Parameters
    ----------
    factor : float
        [mAh/g/Ah] or [mAh/Ah].
    relative : float
        [1] error of the mass.
    unit : str
        ``"mAh/g"`` or ``"mAh"``.
    rule : str
        The mass basis in words.
    gram : float or None
        [g] the mass; None for the whole cell.
    """

    factor: float
    relative: float
    unit: str
    rule: str
    gram: float | None = None


def check_basis(name: str, basis: str) -> None:
    """Refuse a basis that there is not; ``name`` is the option, for the message.

    Raises
    ------
    SpecError
        It is unknown.
    """
    if basis not in _BASES:
        raise SpecError(f'{name}: "{basis}" is unknown. Write "anode", "cathode", "cell", or leave it out for the working electrode.')


def capacity_scale(cell: CellRecord, basis: Basis) -> CapacityScale:
    """Scale of the capacities of a cell.

    Parameters
    ----------
    cell : CellRecord
    basis : {"", "anode", "cathode", "cell"}

    Raises
    ------
    SpecError
        The mass is not known.

    Examples
    --------
    >>> capacity_scale(CellRecord(), "cell").unit
    'mAh'
    """
    if basis == "cell":
        return CapacityScale(_MILLI, 0.0, "mAh", "of the cell")
    role, mass = cell.working_mass() if basis == "" else (basis, cell.mass_of(basis))
    milligram = mass.value or math.nan  # a cell record holds no mass without a value
    gram = milligram / _MILLI
    return CapacityScale(_MILLI / gram, (mass.stderr or 0.0) / milligram, "mAh/g", f"mass basis {role}", gram)
