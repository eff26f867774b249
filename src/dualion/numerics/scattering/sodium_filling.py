"""What sodium in the pores does to the scattering, and back: the share of filled pores and the degree of uniform filling.

    f0 = [(rho_C - rho_Na) / rho_C]^2                       contrast squared of a pore full of sodium over that of an empty one
    V' / V = 1 - f (1 - f0)                                 a share f of the pores is full, the others are empty
    V' / V = (1 - c x)^2,   c = rho_Na / rho_C              every pore is filled to the share x (f = x = 1 where V' / V = f0)

with the scattering length densities rho. A ratio below f0 is not filling: material was lost, or the curves do not share a normalisation.
The charge that pores can hold at most is that of bulk sodium: 1128 mAh per cm3 of pore.

References: Stevens & Dahn 2000; Saurel et al. 2019.
"""

from __future__ import annotations

import math

from dualion.numerics.scattering.contrast import CARBON_ELECTRONS, SODIUM_DENSITY, SODIUM_ELECTRONS, contrast

#: [mAh/mol] charge of one mole of electrons: e N_A / 3.6, SI 2019.
_CHARGE_OF_A_MOLE = 1.602176634e-19 * 6.02214076e23 / 3.6
_SODIUM_MASS = 22.98976928  # [g/mol], IUPAC 2021
#: [mAh/cm3] of bulk sodium at 20 degC.
SODIUM_CHARGE = _CHARGE_OF_A_MOLE / _SODIUM_MASS * SODIUM_DENSITY


def contrast_share(skeleton: float, electrons: float = CARBON_ELECTRONS) -> float:
    """The ratio c [1], the scattering length density of sodium over that of the walls.

    Parameters
    ----------
    skeleton : float
        Density of the walls [g/cm3].
    electrons : float
        [mol/g] of the walls.
    """
    return contrast(SODIUM_DENSITY, SODIUM_ELECTRONS) / contrast(skeleton, electrons)


def full_pore(share: float) -> float:
    """f0 [1].

    Parameters
    ----------
    share : float
        c [1].
    """
    return (1 - share) ** 2


def filled_fraction(ratio: float, share: float) -> float:
    """The share f [1] of a ratio V' / V.

    Parameters
    ----------
    ratio : float
        V' / V [1].
    share : float
        c [1].
    """
    return (1 - ratio) / (1 - full_pore(share))


def uniform_filling(ratio: float, share: float) -> float:
    """The filling x [1] of a ratio V' / V.

    Parameters
    ----------
    ratio : float
        V' / V [1], not negative.
    share : float
        c [1].
    """
    return (1 - math.sqrt(ratio)) / share


def ratio_of_fraction(fraction: float, share: float) -> float:
    """V' / V [1] where a share of the pores is full.

    Parameters
    ----------
    fraction : float
        f [1].
    share : float
        c [1].
    """
    return 1 - fraction * (1 - full_pore(share))


def ratio_of_filling(filling: float, share: float) -> float:
    """V' / V [1] where all pores are filled alike.

    Parameters
    ----------
    filling : float
        x [1].
    share : float
        c [1].
    """
    return (1 - share * filling) ** 2


def required_volume(capacity: float) -> float:
    """Pore volume [cm3/g] that holds a charge as bulk sodium.

    Parameters
    ----------
    capacity : float
        [mAh/g]

    Examples
    --------
    >>> [round(required_volume(one), 3) for one in (165.0, 320.0, 338.0)]
    [0.146, 0.284, 0.3]
    """
    return capacity / SODIUM_CHARGE
