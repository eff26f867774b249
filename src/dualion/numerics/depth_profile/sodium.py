"""Sodium from charge and from signals: Faraday's law, NaxC6, and the scatter of craters.

    n = Q / F            1 mAh/g is 37.31 umol of sodium in a gram
    x = 6 M_C Q / F      NaxC6: 372 mAh/g is x = 1

Craters of one state differ by more than their counting. With three or more in a state, the relative standard deviations of all such states
are pooled; a state of m craters then has the relative error s / sqrt(m), with the degrees of freedom of the pool.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dualion.numerics.atomic_weights import ATOMIC_WEIGHTS

#: [mAh/mol] charge of a mole of electrons, F / 3.6 (SI 2019).
CHARGE_OF_A_MOLE = 96_485.33212 / 3.6
_CARBON = ATOMIC_WEIGHTS["C"]
#: [mAh/g] charge at which x of NaxC6 is 1.
CHARGE_OF_NAC6 = CHARGE_OF_A_MOLE / (6 * _CARBON)
#: Fewest craters [1] of a state whose scatter counts.
LEAST_CRATERS = 3
_MILLI = 1e3


def content_of_charge(charge: float) -> float:
    """Sodium of a charge, by Faraday's law [mmol/g].

    Parameters
    ----------
    charge : float
        [mAh/g]

    Examples
    --------
    >>> round(1e3 * content_of_charge(1.0), 2)
    37.31
    """
    return _MILLI * charge / CHARGE_OF_A_MOLE


def x_of_charge(charge: float) -> float:
    """The x of NaxC6 [1] that a charge is.

    Parameters
    ----------
    charge : float
        [mAh/g]

    Examples
    --------
    >>> round(x_of_charge(372.0), 2)
    1.0
    """
    return charge / CHARGE_OF_NAC6


def content_of_ratio(atoms: float) -> float:
    """Sodium in a gram of carbon [mmol/g] from atoms of sodium for each of carbon.

    Parameters
    ----------
    atoms : float
        [1]
    """
    return _MILLI * atoms / _CARBON


def pooled_scatter(groups: Sequence[Sequence[float]]) -> tuple[float, int] | None:
    """Relative standard deviation [1] of craters of one state, and its degrees of freedom [1]; None without three craters in a state.

    Parameters
    ----------
    groups : sequence of sequence of float
        Values of the craters of each state, in any [unit].
    """
    squares, freedom = 0.0, 0
    for values in groups:
        mean = float(np.mean(values)) if len(values) else 0.0
        if len(values) >= LEAST_CRATERS and mean != 0:
            squares += sum((one / mean - 1) ** 2 for one in values)
            freedom += len(values) - 1
    return (math.sqrt(squares / freedom), freedom) if freedom else None
