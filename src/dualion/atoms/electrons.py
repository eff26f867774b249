"""How many electrons a structure has, and which multiplicities go with them.

With the atomic numbers Z and the total charge q there are sum(Z) - q electrons. An even number allows 2S + 1 = 1, 3, 5, ..., an odd one
2, 4, 6, ... The engines do not check this: the wrong parity is computed without a word, so it is refused before an engine is called.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dualion.errors import SpecError


def electrons(numbers: ArrayLike, charge: int) -> int:
    """Number of electrons [1].

    Parameters
    ----------
    numbers : array of int, shape (n,)
        Atomic numbers [1].
    charge : int
        Total charge [e].

    Returns
    -------
    int

    Raises
    ------
    SpecError
        The charge takes away more electrons than there are.
    """
    protons = int(np.sum(np.asarray(numbers, dtype=np.int64)))
    if charge > protons:
        raise SpecError(f"charge: {charge:+d} takes away more than the {protons} electrons of the atoms. Write a smaller charge.")
    return protons - charge


def lowest_multiplicity(numbers: ArrayLike, charge: int) -> int:
    """1 for an even number of electrons, 2 for an odd one [1]."""
    return 1 + electrons(numbers, charge) % 2


def check_multiplicity(numbers: ArrayLike, charge: int, multiplicity: int) -> None:
    """Refuse a multiplicity that the number of electrons does not allow.

    Parameters
    ----------
    numbers : array of int, shape (n,)
        Atomic numbers [1].
    charge : int
        Total charge [e].
    multiplicity : int
        2S + 1 [1].

    Raises
    ------
    SpecError
        Wrong parity, below 1, or more unpaired electrons than there are.
    """
    count = electrons(numbers, charge)
    lowest = 1 + count % 2
    if multiplicity < 1 or multiplicity - 1 > count or (multiplicity - lowest) % 2:
        allowed = ", ".join(str(value) for value in range(lowest, min(lowest + 5, count + 2), 2))
        raise SpecError(
            f"multiplicity: {multiplicity} does not go with {count} electrons at charge {charge:+d}. Write one of {allowed}, "
            "or change the charge."
        )


def signed(charge: int) -> str:
    """A charge [e] as it is written: ``"+1"``, ``"0"``, ``"-1"``."""
    return f"{charge:+d}" if charge else "0"
