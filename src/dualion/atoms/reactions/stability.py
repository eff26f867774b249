"""Which state of a nitrogen is stable, over the chemical potentials of oxygen and hydrogen.

With N* as zero, and potentials counted from half a molecule at 0 K,

    G(N*-O) = E_ox - 2.476 eV - mu_O,      G(N*-H) = E_hyd - mu_H,

where E_ox is the energy of N* + H2O -> N*-O + H2, and 2.476 eV takes it to the reference O2. The lowest of the three is stable. Where the
gas is known, mu = 1/2 (H - TS) of the ideal gas with classical rotation. Zero-point and thermal terms of the solids are left out.

References: Reuter & Scheffler 2001 (the construction); Huber & Herzberg 1979 (bond lengths and fundamentals of O2 and H2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from dualion.atoms.reactions.results import WATER_FORMATION
from dualion.atoms.structure import Floats, Integers
from dualion.atoms.thermo import Gas, thermo
from dualion.errors import SpecError

STABLE: Final = ("N*", "N*-O", "N*-H")
#: Of O2 and H2: mass of an atom [g/mol], bond length [angstrom], fundamental [cm-1], 2S + 1 [1]; Huber & Herzberg 1979.
_GASES: Final = {"O": (15.999, 1.2075, 1556.4, 3), "H": (1.008, 0.7414, 4161.2, 1)}
_COLDEST = 200.0  # [K] below it the rotation of H2 is far from classical
_DIGITS = 4  # of an energy in eV


@dataclass(frozen=True, slots=True, eq=False)
class StabilityMap:
    """Stable state on a grid.

    Parameters
    ----------
    mu_oxygen : array of float, shape (n,)
        [eV]
    mu_hydrogen : array of float, shape (m,)
        [eV]
    stable : array of int, shape (n, m)
        Index into `STABLE` [1].
    oxidation, hydrogenation : float
        Energies of the two reactions [eV].
    """

    mu_oxygen: Floats
    mu_hydrogen: Floats
    stable: Integers
    oxidation: float
    hydrogenation: float

    @property
    def borders(self) -> dict[str, float]:
        """Where two states are equally stable [eV]: mu_O, mu_H, and mu_O - mu_H."""
        oxide = self.oxidation - WATER_FORMATION
        return {"N* | N*-O, mu_O": oxide, "N* | N*-H, mu_H": self.hydrogenation, "N*-O | N*-H, mu_O - mu_H": oxide - self.hydrogenation}

    def document(self) -> dict[str, Any]:
        """The map as plain data."""
        return {
            "states": list(STABLE),
            "mu_oxygen_eV": [round(float(value), _DIGITS) for value in self.mu_oxygen],
            "mu_hydrogen_eV": [round(float(value), _DIGITS) for value in self.mu_hydrogen],
            "stable": [[int(value) for value in row] for row in self.stable],
            "borders_eV": {name: round(value, _DIGITS) for name, value in self.borders.items()},
        }


def stability(oxidation: float, hydrogenation: float, mu_oxygen: ArrayLike, mu_hydrogen: ArrayLike) -> StabilityMap:
    """The stable state over chemical potentials.

    Parameters
    ----------
    oxidation : float
        Energy of N* + H2O -> N*-O + H2 [eV].
    hydrogenation : float
        Energy of N* + 1/2 H2 -> N*-H [eV].
    mu_oxygen : array of float, shape (n,)
        Counted from half an O2 at 0 K [eV].
    mu_hydrogen : array of float, shape (m,)
        Counted from half an H2 at 0 K [eV].

    Returns
    -------
    StabilityMap
    """
    oxygen, hydrogen = np.asarray(mu_oxygen, dtype=np.float64), np.asarray(mu_hydrogen, dtype=np.float64)
    oxide = np.broadcast_to((oxidation - WATER_FORMATION - oxygen)[:, None], (len(oxygen), len(hydrogen)))
    hydride = np.broadcast_to((hydrogenation - hydrogen)[None, :], oxide.shape)
    stable = np.argmin(np.stack([np.zeros(oxide.shape), oxide, hydride]), axis=0).astype(np.int64)
    return StabilityMap(oxygen, hydrogen, stable, oxidation, hydrogenation)


def gas_potential(element: str, *, temperature: float, pressure: float) -> float:
    """Chemical potential of an atom in its gas, counted from half a molecule at 0 K.

    Parameters
    ----------
    element : str
        ``"O"`` in O2, or ``"H"`` in H2.
    temperature : float
        Above 200 K, where rotation is classical [K].
    pressure : float
        Of O2 or H2 [bar].

    Returns
    -------
    float
        [eV]

    Raises
    ------
    SpecError
        Another element, or a temperature or pressure out of range.
    """
    if element not in _GASES:
        raise SpecError(f'element: "{element}" has no gas here. Write "O" or "H".')
    if temperature < _COLDEST:
        raise SpecError(
            f"temperature: {temperature:g} K is below {_COLDEST:g} K, where rotation is no longer classical. Write a higher one."
        )
    mass, length, fundamental, multiplicity = _GASES[element]
    positions = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, length]])
    found = thermo(
        np.array([fundamental]),
        np.array([mass, mass]),
        positions,
        temperature=temperature,
        state=Gas(pressure),
        symmetry_number=2,
        multiplicity=multiplicity,
    )
    return 0.5 * (found.gibbs - found.zero_point)
