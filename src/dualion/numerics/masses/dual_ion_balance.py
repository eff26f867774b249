"""What a dual-ion cell must hold: salt, electrolyte and anode for the charge that its cathode stores.

    salt             n = Q / F,  m_salt = Q M_salt / F             its ions come from the electrolyte
    least volume     V_min = n / c
    mean depletion   n / (c V_fill)
    N/P              q_- m_- / (q_+ m_+), both at matching rates
    C_x A            x = F / (q M_C)                               one anion for x carbon atoms of the host

with Q the charge, F the Faraday constant, c the concentration of the salt and V_fill the electrolyte in the cell.
"""

from __future__ import annotations

from dualion.errors import InputError
from dualion.numerics.masses.mass_bases import MAH_PER_MOL

CARBON = 12.011  # [g/mol] standard atomic weight, IUPAC 2021

_MAH_PER_AH = 1e3
_UL_PER_L = 1e6


def _positive(name: str, value: float) -> float:
    if not value > 0:
        raise InputError(f"{name}: {value} is not positive.")
    return value


def salt_per_ampere_hour(molar_mass: float) -> float:
    """[g/Ah] salt that a charge binds.

    Parameters
    ----------
    molar_mass : float
        [g/mol] of the salt.

    Raises
    ------
    InputError
        It is not positive.

    Examples
    --------
    >>> round(salt_per_ampere_hour(167.95), 2), round(salt_per_ampere_hour(122.44), 2)
    (6.27, 4.57)
    """
    return _positive("molar_mass", molar_mass) * _MAH_PER_AH / MAH_PER_MOL


def salt_mass(charge: float, molar_mass: float) -> float:
    """[mg] salt that a charge binds.

    Parameters
    ----------
    charge : float
        [mAh]
    molar_mass : float
        [g/mol]
    """
    return charge * _positive("molar_mass", molar_mass) * 1e3 / MAH_PER_MOL


def least_volume(charge: float, concentration: float) -> float:
    """[uL] least electrolyte that holds the ions of a charge.

    Parameters
    ----------
    charge : float
        [mAh]
    concentration : float
        [mol/L] of the salt.
    """
    return charge / MAH_PER_MOL / _positive("concentration", concentration) * _UL_PER_L


def mean_depletion(charge: float, concentration: float, volume: float) -> float:
    """[1] share of the salt in the cell that a charge takes out of the electrolyte.

    Parameters
    ----------
    charge : float
        [mAh]
    concentration : float
        [mol/L] of the salt before.
    volume : float
        [uL] electrolyte in the cell.
    """
    return least_volume(charge, concentration) / _positive("volume", volume)


def capacity_ratio(anode_capacity: float, anode_mass: float, cathode_capacity: float, cathode_mass: float) -> float:
    """N/P [1]: what the anode can store over what the cathode can.

    Parameters
    ----------
    anode_capacity, cathode_capacity : float
        [mAh/g] at matching rates.
    anode_mass, cathode_mass : float
        [mg] of active material.

    Examples
    --------
    >>> round(capacity_ratio(427, 1, 97, 2), 2)
    2.2
    """
    return anode_capacity * anode_mass / (_positive("cathode_capacity", cathode_capacity) * _positive("cathode_mass", cathode_mass))


def carbon_per_anion(capacity: float) -> float:
    """Carbon atoms of the host for one anion [1], the x of C_x A.

    Parameters
    ----------
    capacity : float
        [mAh/g] of the carbon host.

    Examples
    --------
    >>> round(carbon_per_anion(97), 1)
    23.0
    """
    return MAH_PER_MOL / (_positive("capacity", capacity) * CARBON)


def host_capacity(carbon: float) -> float:
    """[mAh/g] capacity of a carbon host that takes one anion for x carbon atoms.

    Parameters
    ----------
    carbon : float
        [1] x.

    Examples
    --------
    >>> round(host_capacity(24), 1)
    93.0
    """
    return MAH_PER_MOL / (_positive("carbon", carbon) * CARBON)
