"""Densities of states projected on atoms and angular momenta.

    g_al(E) = sum_k  n  w_kal  G(E - E_k),    w_kal = sum over the functions m of l at a of |(S^1/2 C)_mk|^2

with Gaussians G and n = 2 where an orbital holds both spins. Löwdin's weights are never negative and sum to one in each orbital. Energies
are relative to the highest occupied orbital. The levels of a functional such as PBE are not ionisation energies.

Reference: Löwdin 1950.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dualion.atoms.electronic.field import MOMENTA, Orbitals
from dualion.atoms.structure import Floats
from dualion.errors import SpecError

BROADENING = 0.1  # [eV] standard deviation of the Gaussians
WINDOW = (-25.0, 10.0)  # [eV] around the highest occupied orbital
_POINTS_A_WIDTH = 4  # [1] of the curve
_MOST_POINTS = 100_000  # [1] of the curve
CAVEAT = "Levels of a functional are not ionisation energies."


@dataclass(frozen=True, slots=True, eq=False)
class Dos:
    """A density of states and its projections.

    Parameters
    ----------
    energies : array of float, shape (m,)
        Relative to the highest occupied orbital [eV].
    total : array of float, shape (m,)
        [1/eV]
    projected : array of float, shape (m, n, l)
        On each atom and angular momentum [1/eV]; their sum is the total.
    levels : array of float, shape (k,)
        Orbitals, relative to the highest occupied one [eV].
    capacity : float
        Electrons that each orbital can hold [1].
    broadening : float
        Standard deviation of the Gaussians [eV].
    reference : float
        Energy of the highest occupied orbital [eV].
    """

    energies: Floats
    total: Floats
    projected: Floats
    levels: Floats
    capacity: float
    broadening: float
    reference: float

    def electrons_below(self, energy: float) -> float:
        """Integral of the density of states from minus infinity [1].

        Parameters
        ----------
        energy : float
            Relative to the highest occupied orbital [eV].
        """
        scaled = (energy - self.levels) / (self.broadening * math.sqrt(2.0))
        return self.capacity * float(sum(0.5 * (1.0 + math.erf(value)) for value in scaled.tolist()))

    def channel(self, atom: int, letter: str) -> Floats:
        """Projection on the functions of one momentum of an atom, shape (m,) [1/eV].

        Parameters
        ----------
        atom : int
            Index [1].
        letter : str
            Angular momentum, such as ``"p"``.
        """
        momentum = MOMENTA.index(letter)
        found: Floats = self.projected[:, atom, momentum] if momentum < self.projected.shape[2] else np.zeros_like(self.total)
        return found


def dos(orbitals: Orbitals, *, broadening: float = BROADENING, window: tuple[float, float] = WINDOW) -> Dos:
    """Density of states of molecular orbitals.

    Parameters
    ----------
    orbitals : Orbitals
    broadening : float
        Standard deviation of the Gaussians [eV].
    window : tuple of float
        First and last energy, relative to the highest occupied orbital [eV].

    Returns
    -------
    Dos

    Raises
    ------
    SpecError
        The broadening or the window cannot be used.
    """
    low, high = window
    if not (broadening > 0.0 and high > low):
        raise SpecError(
            f"dos: a broadening of {broadening} eV over {low} to {high} eV cannot be drawn. Write a positive width and a rising window."
        )
    count = round((high - low) * _POINTS_A_WIDTH / broadening) + 1
    if count > _MOST_POINTS:
        raise SpecError(f"dos: a broadening of {broadening} eV gives {count} points. Widen it, or narrow the window.")
    energies = np.linspace(low, high, count)
    reference = float(orbitals.energies[orbitals.homo])
    levels = orbitals.energies - reference
    capacity = 1.0 if np.any(orbitals.spins) else 2.0
    peaks = np.exp(-0.5 * ((energies[:, None] - levels[None, :]) / broadening) ** 2) * capacity / (broadening * math.sqrt(2.0 * math.pi))
    return Dos(
        energies=energies,
        total=peaks.sum(axis=1),
        projected=np.einsum("mk,kal->mal", peaks, orbitals.weights),
        levels=levels,
        capacity=capacity,
        broadening=broadening,
        reference=reference,
    )
