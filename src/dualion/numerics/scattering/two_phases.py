"""Two phases with sharp walls and one correlation length: what the amplitude B and the length a of the pore term mean.

    gamma(r) = exp(-r / a):  I = B a^4 / (1 + a^2 Q^2)^2                                                  Debye, Anderson & Brumberger 1957
    phi (1 - phi) = x = 1e21 B a / (8 pi Delta_rho^2),      phi = (1 - sqrt(1 - 4 x)) / 2      B in cm-1 nm-4, a in nm, Delta_rho in cm-2
    S / V = 4 phi (1 - phi) / a,      B = 2 pi Delta_rho^2 S / V,      Q* = pi B a / 4 = 2 pi^2 Delta_rho^2 phi (1 - phi)
    R_g = sqrt(6) a,      R = sqrt(10) a  (sphere of the same R_g),      chords a / (1 - phi) in the pores, a / phi in the walls
    V_p = phi / [rho_skel (1 - phi)],      S_m = (S / V) / [rho_skel (1 - phi)]

No two-phase body has x > 1/4: such a fit contradicts its contrast or its model. The surface follows from Porod's law with 2 pi, not pi
(S / V = K / (2 pi Delta_rho^2); equally pi phi (1 - phi) K / Q*). The same relations hold for the form of Teubner and Strey (1987) with its
correlation length xi in place of a, because gamma(r) begins with the same slope.
"""

from __future__ import annotations

import math

#: phi (1 - phi) of equal parts, the most that two phases can have.
GREATEST = 0.25
#: [nm3/cm3]: B a [cm-1 nm-3] times this is in cm-4.
_PER_CM = 1e21
#: 1 nm-1 over 1 g/cm3, in m2/g.
_AREA = 1000.0
#: [cm-1 nm-4 per cm-4 nm-1]: a contrast squared times a surface per volume, as an intensity times Q^4.
_POROD = 1e-21


def composition(amplitude_length: float, contrast: float) -> float:
    """The composition phi (1 - phi) [1] of the product B a.

    Parameters
    ----------
    amplitude_length : float
        B a [cm-1 nm-3].
    contrast : float
        Delta rho [cm-2].
    """
    return _PER_CM * amplitude_length / (8 * math.pi * contrast**2)


def amplitude_length(composition: float, contrast: float) -> float:
    """The product B a [cm-1 nm-3] of phi (1 - phi).

    Parameters
    ----------
    composition : float
        phi (1 - phi) [1].
    contrast : float
        Delta rho [cm-2].
    """
    return 8 * math.pi * contrast**2 * composition / _PER_CM


def porosity(composition: float) -> float | None:
    """Volume fraction [1] of the rarer phase, taken for the pores; None where no two phases have this composition.

    Parameters
    ----------
    composition : float
        phi (1 - phi) [1].

    Examples
    --------
    >>> round(porosity(0.1275), 12), porosity(0.26)
    (0.15, None)
    """
    return None if not 0 <= composition <= GREATEST else 0.5 * (1 - math.sqrt(1 - 4 * composition))


def porosity_slope(composition: float) -> float:
    """Derivative [1] of the porosity with respect to phi (1 - phi); infinite at 1/4.

    Parameters
    ----------
    composition : float
        phi (1 - phi) [1].
    """
    root = math.sqrt(max(1 - 4 * composition, 0.0))
    return 1 / root if root > 0 else math.inf


def surface_per_volume(porosity: float, length: float) -> float:
    """S / V [nm-1].

    Parameters
    ----------
    porosity : float
        phi [1].
    length : float
        a [nm].
    """
    return 4 * porosity * (1 - porosity) / length


def porod_constant(surface: float, contrast: float) -> float:
    """K [cm-1 nm-4] = 2 pi Delta_rho^2 S / V.

    Parameters
    ----------
    surface : float
        S / V [nm-1].
    contrast : float
        Delta rho [cm-2].
    """
    return 2 * math.pi * contrast**2 * surface * _POROD


def porod_surface(constant: float, contrast: float) -> float:
    """S / V [nm-1] = K / (2 pi Delta_rho^2).

    Parameters
    ----------
    constant : float
        K [cm-1 nm-4].
    contrast : float
        Delta rho [cm-2].
    """
    return constant / (2 * math.pi * contrast**2 * _POROD)


def porod_surface_of_invariant(constant: float, invariant: float, porosity: float) -> float:
    """S / V [nm-1] = pi phi (1 - phi) K / Q*, which needs no absolute scale.

    Parameters
    ----------
    constant : float
        K [cm-1 nm-4], or in any other [unit] with nm-4.
    invariant : float
        Q* [cm-1 nm-3], or in the same [unit] with nm-3.
    porosity : float
        phi [1].
    """
    return math.pi * porosity * (1 - porosity) * constant / invariant


def pore_invariant(amplitude_length: float) -> float:
    """Q* of the pore term, pi B a / 4, in the unit of the product.

    Parameters
    ----------
    amplitude_length : float
        B a in [cm-1 nm-3] or [nm-3].
    """
    return math.pi * amplitude_length / 4


def two_phase_invariant(composition: float, contrast: float) -> float:
    """Q* [cm-1 nm-3] = 2 pi^2 Delta_rho^2 phi (1 - phi).

    Parameters
    ----------
    composition : float
        phi (1 - phi) [1].
    contrast : float
        Delta rho [cm-2].
    """
    return 2 * math.pi**2 * contrast**2 * composition / _PER_CM


def composition_of_invariant(invariant: float, contrast: float) -> float:
    """The composition phi (1 - phi) [1] of an invariant.

    Parameters
    ----------
    invariant : float
        Q* [cm-1 nm-3].
    contrast : float
        Delta rho [cm-2].
    """
    return _PER_CM * invariant / (2 * math.pi**2 * contrast**2)


def guinier_radius(length: float) -> float:
    """R_g [nm] = sqrt(6) a.

    Parameters
    ----------
    length : float
        a [nm].
    """
    return math.sqrt(6.0) * length


def sphere_radius(guinier_radius: float) -> float:
    """R [nm] = sqrt(5/3) R_g of a sphere.

    Parameters
    ----------
    guinier_radius : float
        R_g [nm].
    """
    return math.sqrt(5 / 3) * guinier_radius


def chords(porosity: float, length: float) -> tuple[float, float]:
    """Mean chords [nm] in the pores and in the walls.

    Parameters
    ----------
    porosity : float
        phi [1], between 0 and 1.
    length : float
        a [nm].
    """
    return length / (1 - porosity), length / porosity


def pore_volume(porosity: float, skeleton: float) -> float:
    """V_p [cm3/g] of the mass of the skeleton.

    Parameters
    ----------
    porosity : float
        phi [1].
    skeleton : float
        Density of the walls [g/cm3].

    Examples
    --------
    >>> round(pore_volume(0.15, 2.26), 5)
    0.07809
    """
    return porosity / (skeleton * (1 - porosity))


def specific_area(surface: float, porosity: float, skeleton: float) -> float:
    """S_m [m2/g] = (S / V) / rho_bulk, with rho_bulk = rho_skel (1 - phi).

    Parameters
    ----------
    surface : float
        S / V [nm-1].
    porosity : float
        phi [1].
    skeleton : float
        Density of the walls [g/cm3].
    """
    return _AREA * surface / (skeleton * (1 - porosity))
