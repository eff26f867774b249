"""Contrast of matter for X-rays.

    Delta rho = rho_m N_A (Z / A) r_e          scattering length density against vacuum, far from absorption edges

with the mass density rho_m, Avogadro's constant (exact, SI 2019), electrons per gram Z / A and the classical electron radius
(CODATA 2018). For carbon of 2.26 g/cm3 it is 1.916e11 cm-2, for sodium of 0.968 g/cm3 7.86e10 cm-2.
"""

from __future__ import annotations

AVOGADRO = 6.02214076e23  # [mol-1], exact
ELECTRON_RADIUS = 2.8179403262e-13  # [cm], CODATA 2018
#: [mol/g] electrons of one gram: atomic number over standard atomic weight (IUPAC 2021).
CARBON_ELECTRONS, SODIUM_ELECTRONS = 6 / 12.011, 11 / 22.98976928
#: [g/cm3] of graphite, and of sodium at 20 degC.
GRAPHITE_DENSITY, SODIUM_DENSITY = 2.26, 0.968


def contrast(density: float, electrons: float = CARBON_ELECTRONS) -> float:
    """Scattering length density against vacuum.

    Parameters
    ----------
    density : float
        Of mass [g/cm3].
    electrons : float
        [mol/g] electrons per mass; those of carbon by default.

    Returns
    -------
    float
        [cm-2]

    Examples
    --------
    >>> f"{contrast(2.26):.3e}", f"{contrast(0.968, SODIUM_ELECTRONS):.2e}"
    ('1.916e+11', '7.86e+10')
    """
    return density * AVOGADRO * electrons * ELECTRON_RADIUS
