"""Rows of a cycler as an analysis needs them: those that hold numbers, and how far the instrument can be trusted.

u(Q) / Q = a I_fs / |I|           a share of the full scale of the current
u(r) = r / sqrt(12)               r last digit of the counter of charge
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualion.records.cell_record import CellRecord, Role
from dualion.records.quantity import Quantity

Array = NDArray[np.float64]

#: Accuracy of the current as a share [1] of its full scale, and of the voltage [V], where neither the measurement nor an option says it.
CURRENT_ACCURACY, VOLTAGE_ACCURACY = 5e-4, 1e-3
#: Conditions of a measurement that say it.
CURRENT_CONDITION, VOLTAGE_CONDITION = "current_accuracy", "voltage_accuracy"

_MOST_SAMPLED = 2000  # [1] values from which the last digit of a counter is found
_DIGITS = range(10)  # decimals of a counter in mAh
_ROUND_OFF = 1e-6  # [1] of a digit, and of a value: counters are stored as float32 too
_MILLI, _PERCENT, _AH_MG = 1e3, 100.0, 1e6  # the last one from Ah/mg to mAh/g


def finite_rows(table: pl.DataFrame, names: Sequence[str]) -> tuple[pl.DataFrame, int]:
    """Rows in which every named column holds a number, and how many rows do not.

    Parameters
    ----------
    table : polars.DataFrame
    names : sequence of str
        Columns of numbers.
    """
    columns = [table[name].to_numpy() for name in names]
    with np.errstate(over="ignore", invalid="ignore"):
        if all(np.isfinite(column.sum()) for column in columns):
            return table, 0
    good = np.logical_and.reduce([np.isfinite(column) for column in columns])
    dropped = int(table.height - good.sum())
    return (table.filter(good) if dropped else table), dropped


def accuracies(conditions: Mapping[str, Quantity | str], *, share: float | None, volts: float | None) -> tuple[float, float]:
    """Accuracy of current [1] and voltage [V] of an instrument: as an option gives it, as the measurement says, or the usual one.

    Parameters
    ----------
    conditions : mapping
        Of the measurement.
    share : float or None
        [1] of the full scale of the current, as an option.
    volts : float or None
        [V] as an option.
    """
    of_current = _stated(conditions, CURRENT_CONDITION, CURRENT_ACCURACY, 1 / _PERCENT) if share is None else share
    return of_current, _stated(conditions, VOLTAGE_CONDITION, VOLTAGE_ACCURACY, 1 / _MILLI) if volts is None else volts


def _stated(conditions: Mapping[str, Quantity | str], name: str, default: float, factor: float) -> float:
    said = conditions.get(name)
    return said.value * factor if isinstance(said, Quantity) and said.value is not None else default


def counter_resolution(charge: Array) -> float:
    """Last digit [mAh] of a counter of charge; 0 where it has more than nine decimals.

    Parameters
    ----------
    charge : array, shape (n,)
        [Ah] as counted.
    """
    finite = charge[np.isfinite(charge) & (charge != 0)]
    values = _MILLI * finite[:: max(1, finite.size // _MOST_SAMPLED)]
    if values.size == 0:
        return 0.0
    for digits in _DIGITS:
        scaled = values * 10.0**digits
        if np.all(np.abs(scaled - np.rint(scaled)) <= _ROUND_OFF * np.maximum(1.0, np.abs(scaled))):
            return 10.0**-digits
    return 0.0


def one_c_current(cell: CellRecord, role: Role | None) -> float | None:
    """[A] the current that is called 1 C; None where it, or the mass it refers to, is not known.

    Parameters
    ----------
    cell : CellRecord
    role : {"anode", "cathode"} or None
        Whose mass it refers to where the cell record does not say.
    """
    whose = cell.one_c_mass or role
    mass = None if whose is None else cell.anode_mass if whose == "anode" else cell.cathode_mass
    if cell.one_c is None or cell.one_c.value is None or mass is None or mass.value is None:
        return None
    return cell.one_c.value * mass.value * 1e-6  # mA/g times mg


def charge_quantities(name: str, charge: float, stderr: float, mass: tuple[Role, Quantity] | None, rule: str) -> dict[str, Quantity]:
    """A charge as ``NAME_charge`` [mAh] and, where a mass is known, as ``NAME_capacity`` [mAh/g].

    Parameters
    ----------
    name : str
    charge, stderr : float
        [Ah]
    mass : tuple of role and Quantity, or None
        [mg] to which the capacity refers.
    rule : str
    """
    values = {f"{name}_charge": Quantity(_MILLI * charge, "mAh", _MILLI * stderr, rule=rule)}
    if mass is not None and mass[1].value:
        role, of = mass
        weight = mass[1].value
        both = float(np.hypot(stderr, charge * (of.stderr or 0.0) / weight))
        text = f"{rule}; mass basis {role}" + ("" if of.stderr is not None else "; the error of the mass is not known")
        values[f"{name}_capacity"] = Quantity(_AH_MG * charge / weight, "mAh/g", _AH_MG * both / weight, rule=text)
    return values
