"""Adsorptives: what an isotherm of each means in areas and volumes of liquid.

The saturation pressure near the normal boiling point T_b follows from the heat of vaporisation,

    ln(p0 / 101325 Pa) = - (dH_vap / R) (1/T - 1/T_b)                                   (Clausius-Clapeyron)

Sources: cross-sections, McClellan & Harnsberger 1967 and Thommes et al. 2015 (0.162 nm2 for nitrogen, 0.142 nm2 for argon, 0.202 nm2 for
krypton, 0.21 nm2 for carbon dioxide); molar masses, IUPAC 2021; boiling points, heats of vaporisation and densities of the liquids there,
Lemmon et al. 2025 (NIST webbook). The volume of liquid nitrogen is that of the usual factor 0.0015468 cm3 of liquid for each cm3(STP).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

#: [1/mol] exact, SI brochure 2019.
AVOGADRO = 6.02214076e23
#: [m2/mmol] of a monolayer whose molecules take 1 nm2 each.
AREA_OF_MONOLAYER = AVOGADRO * 1e-21
#: [J/(mol K)] exact, SI brochure 2019.
GAS_CONSTANT = 8.31446261815324
#: [cm3/mol] of an ideal gas at 273.15 K and 101325 Pa.
MOLAR_VOLUME_STP = 22_413.969545
#: [K] of 0 degC.
CELSIUS = 273.15
_ATMOSPHERE = 101_325.0  # [Pa]
#: [1] cm3 of liquid nitrogen for each cm3(STP).
LIQUID_FACTOR = 0.0015468


@dataclass(frozen=True, slots=True)
class Gas:
    """An adsorptive.

    Parameters
    ----------
    name : str
    aliases : tuple of str
        In lower case.
    molar_mass : float
        [g/mol]
    boiling_point : float
        [K] at 101325 Pa.
    vaporisation : float
        [kJ/mol] at the boiling point.
    cross_section : float
        [nm2] of a molecule in the monolayer.
    liquid_volume : float
        [cm3/mol] of the liquid at the boiling point.
    baths : tuple of float
        [K] temperatures at which it is usually adsorbed.
    """

    name: str
    aliases: tuple[str, ...]
    molar_mass: float
    boiling_point: float
    vaporisation: float
    cross_section: float
    liquid_volume: float
    baths: tuple[float, ...]


GASES = (
    Gas("nitrogen", ("n2",), 28.014, 77.355, 5.577, 0.162, LIQUID_FACTOR * MOLAR_VOLUME_STP, (77.355,)),
    Gas("argon", ("ar",), 39.95, 87.302, 6.437, 0.142, 28.62, (87.302, 77.355)),
    Gas("krypton", ("kr",), 83.798, 119.735, 9.08, 0.202, 34.63, (77.355,)),
    Gas("carbon dioxide", ("co2", "carbondioxide"), 44.009, 194.686, 25.2, 0.21, 37.35, (194.686, 273.15, 298.15)),
)


def gas(name: str) -> Gas | None:
    """The adsorptive of a name; None where it is not in the list.

    Examples
    --------
    >>> gas("N2").name, gas("Argon").name, gas("water")
    ('nitrogen', 'argon', None)
    """
    wanted = name.strip().lower()
    plain = wanted.replace("₂", "2").replace(" ", "")
    return next((one for one in GASES if one.name in (wanted, plain) or plain in one.aliases), None)


def saturation_pressure(of: Gas, temperature: float) -> float:
    """Saturation pressure near the normal boiling point.

    Parameters
    ----------
    of : Gas
    temperature : float
        [K]

    Returns
    -------
    float
        [Pa]

    Examples
    --------
    >>> saturation_pressure(gas("N2"), 77.355)
    101325.0
    """
    joules = 1e3 * of.vaporisation
    return _ATMOSPHERE * math.exp(-joules / GAS_CONSTANT * (1 / temperature - 1 / of.boiling_point))
