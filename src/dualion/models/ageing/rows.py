"""The table of a life: what an engine gives for each cycle, in the units in which cells are compared."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualion.models.constants import COULOMB_PER_MAH, FARADAY, STARVED
from dualion.models.fast import cycling, march
from dualion.models.outputs import Array
from dualion.records.cell import Cell

#: Columns of the table with their units; capacities and energies on the mass of the cathode, amounts of the whole cell.
UNITS = {
    "cycle": "1",
    "charge_capacity": "mAh/g",
    "discharge_capacity": "mAh/g",
    "coulombic_efficiency": "1",
    "charge_energy": "mWh/g",
    "discharge_energy": "mWh/g",
    "energy_efficiency": "1",
    "mean_charge_voltage": "V",
    "mean_discharge_voltage": "V",
    "least_salt": "mol/m3",
    "lowest_anode_potential": "V",
    "lowest_apparent_potential": "V",
    "duration": "s",
    "sites": "1",
    "film_factor": "1",
    "interphase_sodium": "mol",
    "lost_anions": "mol",
    "plated_sodium": "mol",
    "salt": "mol",
    "sodium": "mol",
    "pf6": "mol",
    "sodium_drift": "1",
    "pf6_drift": "1",
    "interpolated": "1",
}


def living(rows: Array) -> int:
    """How many rows from the first belong to a cell that still stores charge.

    Parameters
    ----------
    rows : ndarray, shape (n, COLUMNS)
        In the units of ``fast.cycling``.

    Returns
    -------
    int
    """
    alive = (rows[:, cycling.DISCHARGED] > 0.0) & (rows[:, cycling.SLOW_FIRST + cycling.SITES] > 0.0)
    return rows.shape[0] if alive.all() else int(np.argmin(alive))


def flags_of_row(row: Array) -> tuple[bool, ...]:
    """What of a cycle is either so or not, and ends a smooth course where it changes: starvation, a negative anode, how half cycles end.

    Parameters
    ----------
    row : ndarray, shape (COLUMNS,)
        In the units of ``fast.cycling``.

    Returns
    -------
    tuple of bool
    """
    by_voltage = tuple(row[why] == march.ON_CUTOFF for why in (cycling.WHY_CHARGE, cycling.WHY_DISCHARGE))
    return (bool(row[cycling.LEAST_SALT] < STARVED), bool(row[cycling.LOWEST_ANODE] < 0.0), *map(bool, by_voltage))


def table_of(
    cell: Cell, cycles: Array, rows: Array, totals: tuple[float, float], *, interpolated: NDArray[np.bool_]
) -> dict[str, NDArray[Any]]:
    """The table in the units of ``UNITS``.

    Parameters
    ----------
    cell : Cell
        With a cathode.
    cycles : ndarray, shape (n,)
        [1] number of each cycle.
    rows : ndarray, shape (n, COLUMNS)
        In the units of ``fast.cycling``.
    totals : tuple of two floats
        [coulomb/m2] sodium and PF6 at assembly.
    interpolated : ndarray of bool, shape (n,)
        [1] whether a row was not cycled but lies between two that were.

    Returns
    -------
    dict of str to ndarray, shape (n,)
    """
    assert cell.cathode is not None
    area = cell.area.value * 1e-4  # [m2]
    per_gram = 1.0 / (COULOMB_PER_MAH * 10.0 * cell.cathode.loading.value)  # mAh/g of coulomb/m2; 1 mg/cm2 = 10 g/m2
    amount = area / FARADAY
    charged, discharged = rows[:, cycling.CHARGED], rows[:, cycling.DISCHARGED]
    spent, gained = rows[:, cycling.CHARGE_ENERGY], np.abs(rows[:, cycling.DISCHARGE_ENERGY])  # signed as the current
    slow = rows[:, cycling.SLOW_FIRST :]
    sodium, pf6 = rows[:, cycling.SODIUM], rows[:, cycling.ANIONS]
    return {
        "cycle": cycles,
        "charge_capacity": charged * per_gram,
        "discharge_capacity": discharged * per_gram,
        "coulombic_efficiency": discharged / charged,
        "charge_energy": spent * per_gram,
        "discharge_energy": gained * per_gram,
        "energy_efficiency": gained / spent,
        "mean_charge_voltage": spent / charged,
        "mean_discharge_voltage": gained / discharged,
        "least_salt": rows[:, cycling.LEAST_SALT],
        "lowest_anode_potential": rows[:, cycling.LOWEST_ANODE],
        "lowest_apparent_potential": rows[:, cycling.LOWEST_APPARENT],
        "duration": rows[:, cycling.DURATION],
        "sites": slow[:, cycling.SITES],
        "film_factor": slow[:, cycling.FILM_FACTOR],
        "interphase_sodium": slow[:, cycling.BOUND] * amount,
        "lost_anions": slow[:, cycling.LOST] * amount,
        "plated_sodium": rows[:, cycling.PLATED_CHARGE] * amount,
        "salt": rows[:, cycling.SALT_LEFT_OVER] * area,
        "sodium": sodium * amount,
        "pf6": pf6 * amount,
        "sodium_drift": sodium / totals[0] - 1.0,
        "pf6_drift": pf6 / totals[1] - 1.0,
        "interpolated": interpolated,
    }


def between(cycles: Array, rows: Array, last: int) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Every cycle up to the last, on shape-preserving cubics through those that were cycled.

    Parameters
    ----------
    cycles : ndarray, shape (n,)
        [1] number of each cycle that was cycled, rising from 1.
    rows : ndarray, shape (n, COLUMNS)
        In the units of ``fast.cycling``.
    last : int
        [1]

    Returns
    -------
    tuple of three ndarray
        Cycles, rows, and whether each was not cycled.
    """
    every = np.arange(1.0, last + 1.0)
    known = np.isin(every, cycles)
    if known.all() or cycles.size < 2:
        return cycles, rows, np.zeros(cycles.size, dtype=bool)
    from scipy.interpolate import PchipInterpolator  # 25 MB that a direct life does not need

    filled = np.asarray(PchipInterpolator(cycles, rows, axis=0)(every))
    filled[known] = rows
    filled[:, cycling.SLOW_FIRST + cycling.CYCLES] = every
    return every, filled, ~known
