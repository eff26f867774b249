"""Whether numbers of different techniques on one sample can be true together.

    z = (a - b) / sqrt(u_a^2 + u_b^2 + u_m^2)           u_m what the comparison itself leaves open
    |z| <= 2 agree,  <= 3 tension,  beyond incompatible;   not testable where a number or its error is missing

One-sided checks (is there enough of something) count only z of the wrong sign. Ratios are compared on their logarithms. A check never says
which of the numbers is wrong.

Sources: specification of characterisation, sections 2 to 12 and 15, for the numbers that the comparisons themselves leave open.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from dualion.numerics.porosity.skeleton import scaled_density

Verdict = Literal["agree", "tension", "incompatible", "not testable"]

#: Standard errors up to which two numbers agree, and from which they are incompatible.
AGREE, INCOMPATIBLE = 2.0, 3.0
#: Charge of one millimole of sodium [mAh/mmol], and of the sodium metal that fills a pore [mAh/cm3] (density 0.968 g/cm3).
MILLIAMPERE_HOURS, FILLED_PORE = 26.801, 1128.0
#: Molar volume of sodium metal [cm3/mmol].
SODIUM_VOLUME = 22.990 / 0.968 * 1e-3
#: Relative errors of the comparison: of the density of walls by N, O and H [1]; of crystallite sizes by two methods, 25 % each [1]; of the
#: logarithm of a surface and a bulk content, for which a factor of two is within two errors [1].
WALLS, SIZES, SURFACE = 0.05, 0.25 * math.sqrt(2), math.log(2) / 2
#: Step of the potential at which a slope becomes a plateau [V].
BOUNDARY = 0.02


@dataclass(frozen=True, slots=True)
class Value:
    """A number with its error.

    Parameters
    ----------
    value : float or None
        In the [unit] that the check asks for; None where it is not known.
    stderr : float or None
        In the same [unit].
    source : str
        Digest of what it comes from.
    """

    value: float | None
    stderr: float | None
    source: str = ""

    @property
    def known(self) -> bool:
        """Whether there are a finite number and a finite error."""
        return self.value is not None and self.stderr is not None and math.isfinite(self.value) and math.isfinite(self.stderr)


@dataclass(frozen=True, slots=True)
class Check:
    """What a comparison says.

    Parameters
    ----------
    name : str
    verdict : {"agree", "tension", "incompatible", "not testable"}
    z : float or None
        [1] difference in its standard errors; None where it is not testable.
    detail : str
        What was compared, with the numbers; or what is missing.
    inputs : tuple of str
        Digests of the inputs.
    """

    name: str
    verdict: Verdict
    z: float | None
    detail: str
    inputs: tuple[str, ...]


def pore_balance(total: Value, open_volume: Value, closed: Value) -> Check:
    """Pores by scattering against open and closed ones by sorption and density.

    Parameters
    ----------
    total, open_volume, closed : Value
        [cm3/g]
    """
    given = {"total volume (scattering)": total, "open volume (sorption)": open_volume, "closed volume (density)": closed}
    if missing := _missing("pore_balance", given):
        return missing
    (V, u), (Vo, uo), (Vc, uc) = (_pair(one) for one in given.values())
    difference = V - Vo - Vc
    return _check("pore_balance", difference, math.hypot(u, uo, uc), f"total - open - closed = {difference:.3f} cm3/g", given)


def contrast_and_sodium(low: Value, high: Value, pore_volume: Value, sodium: Value) -> Check:
    """Sodium in pores by the loss of contrast against sodium by depth profiles or charge.

    Parameters
    ----------
    low, high : Value
        Filled share [1] of the pores, by the two pictures of filling.
    pore_volume : Value
        [cm3/g]
    sodium : Value
        [mmol/g] that entered along the plateau.
    """
    given = {"filled share, lower": low, "filled share, upper": high, "pore volume": pore_volume, "sodium": sodium}
    if missing := _missing("contrast_and_sodium", given):
        return missing
    (f, uf), (F, uF), (V, uV), (n, un) = (_pair(one) for one in given.values())
    ends = [(share * V / SODIUM_VOLUME, math.hypot(u * V, share * uV) / SODIUM_VOLUME) for share, u in sorted(((f, uf), (F, uF)))]
    (less, u_less), (more, u_more) = ends
    difference, error = (n - less, math.hypot(un, u_less)) if n < less else (n - more, math.hypot(un, u_more)) if n > more else (0.0, un)
    text = f"contrast {less:.3g} to {more:.3g} mmol/g, measured {n:.3g} mmol/g"
    return _check("contrast_and_sodium", difference, error, text, given)


def spacing_and_walls(spacing: Value, density: Value) -> Check:
    """Density of the walls that was used against that of layers at the measured spacing.

    Parameters
    ----------
    spacing : Value
        d002 [nm]
    density : Value
        [g/cm3]
    """
    given = {"d002": spacing, "density of the walls": density}
    if missing := _missing("spacing_and_walls", given, positive=True):
        return missing
    (d, ud), (rho, u) = (_pair(one) for one in given.values())
    scaled = scaled_density(d)
    error = math.hypot(u, scaled * ud / d, WALLS * scaled)
    return _check("spacing_and_walls", rho - scaled, error, f"used {rho:.3f}, scaled by d002 {scaled:.3f} g/cm3", given)


def lateral_sizes(raman: Value, diffraction: Value) -> Check:
    """Lateral size by the ratio of Raman bands against that by Scherrer's formula.

    Parameters
    ----------
    raman, diffraction : Value
        [nm]
    """
    given = {"La by Raman": raman, "La by diffraction": diffraction}
    return _ratio("lateral_sizes", given, SIZES, "nm")


def surface_and_bulk_nitrogen(surface: Value, bulk: Value) -> Check:
    """Nitrogen of the surface against that of the bulk; a factor of two is two standard errors.

    Parameters
    ----------
    surface, bulk : Value
        [at%] by photoemission and by elemental analysis.
    """
    given = {"nitrogen by photoemission": surface, "nitrogen by elemental analysis": bulk}
    return _ratio("surface_and_bulk_nitrogen", given, SURFACE, "at%")


def nitrogen_and_sodium(oxidised: Value, capacity: Value) -> Check:
    """Whether oxidised nitrogen, one sodium for each, suffices for the sodium that is stored.

    Parameters
    ----------
    oxidised : Value
        Oxidised nitrogen [mmol/g].
    capacity : Value
        [mAh/g]
    """
    given = {"oxidised nitrogen": oxidised, "capacity": capacity}
    if missing := _missing("nitrogen_and_sodium", given):
        return missing
    (n, un), (Q, uQ) = (_pair(one) for one in given.values())
    stored = Q / MILLIAMPERE_HOURS
    text = f"oxidised nitrogen {n:.3g}, stored sodium {stored:.3g} mmol/g"
    return _check("nitrogen_and_sodium", min(n - stored, 0.0), math.hypot(un, uQ / MILLIAMPERE_HOURS), text, given)


def plateau_and_pores(capacity: Value, volume: Value) -> Check:
    """Whether the pores suffice for the plateau, filled with sodium of the density of the metal.

    Parameters
    ----------
    capacity : Value
        Of the plateau [mAh/g].
    volume : Value
        Of the pores [cm3/g].
    """
    given = {"plateau capacity": capacity, "pore volume": volume}
    if missing := _missing("plateau_and_pores", given):
        return missing
    (Q, uQ), (V, uV) = (_pair(one) for one in given.values())
    needed = Q / FILLED_PORE
    text = f"needed {needed:.3f}, there {V:.3f} cm3/g" + ("" if needed <= V else "; filling alone is insufficient")
    return _check("plateau_and_pores", min(V - needed, 0.0), math.hypot(uV, uQ / FILLED_PORE), text, given)


def change_and_boundary(change_point: Value, boundary: Value) -> Check:
    """Change point of a series against the potential between slope and plateau.

    Parameters
    ----------
    change_point, boundary : Value
        [V]
    """
    given = {"change point of the series": change_point, "boundary of slope and plateau": boundary}
    if missing := _missing("change_and_boundary", given):
        return missing
    (x, u), (b, ub) = (_pair(one) for one in given.values())
    return _check("change_and_boundary", x - b, math.hypot(u, ub, BOUNDARY), f"{x:.3f} and {b:.3f} V", given)


def _ratio(name: str, given: dict[str, Value], open_part: float, unit: str) -> Check:
    """Two positive numbers on their logarithms."""
    if missing := _missing(name, given, positive=True):
        return missing
    (a, ua), (b, ub) = (_pair(one) for one in given.values())
    error = math.hypot(ua / a, ub / b, open_part)
    return _check(name, math.log(a / b), error, f"{a:.3g} and {b:.3g} {unit}, ratio {a / b:.2f}", given)


def _missing(name: str, given: dict[str, Value], *, positive: bool = False) -> Check | None:
    """The verdict where a number is missing, or is not positive where it must be."""
    lacking = [what for what, one in given.items() if not one.known or (positive and (one.value or 0.0) <= 0)]
    if not lacking:
        return None
    return Check(name, "not testable", None, f"Missing: {', '.join(lacking)}.", _inputs(given))


def _check(name: str, difference: float, error: float, text: str, given: dict[str, Value]) -> Check:
    if not error > 0:
        return Check(name, "not testable", None, f"{text}; neither number has an error.", _inputs(given))
    z = difference / error
    verdict: Verdict = "agree" if abs(z) <= AGREE else "tension" if abs(z) <= INCOMPATIBLE else "incompatible"
    return Check(name, verdict, z, text, _inputs(given))


def _pair(one: Value) -> tuple[float, float]:
    return float(one.value or 0.0), abs(float(one.stderr or 0.0))


def _inputs(given: dict[str, Value]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.source for one in given.values() if one.source))
