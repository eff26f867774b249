"""Doses, volumes and times of a zinc-acetate and chitosan recipe, for any dose.

    n(Zn) = c V        n(acetate) = 2 n(Zn)        m(Zn(CH3COO)2.2H2O) = 219.51 g/mol n(Zn)
    V(HCl) = p n(Zn) / (1000 rho w / 36.458 g/mol)                       p = n(H+)/n(Zn2+), w the mass fraction, rho [g/mL]
    n(NH2) = D m (1 - moisture) / [161.16 + (1 - D) 42.04 g/mol]        D the degree of deacetylation

Molar masses from IUPAC standard atomic weights (2021): glucosamine unit 161.16, acetyl less hydrogen 42.04 g/mol.
Valid for a stock solution whose concentration is that of the whole solution, and for chitosan made of these two units only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dualion.errors import SpecError
from dualion.study.recipe.amounts import amount, entry

ZINC_ACETATE_DIHYDRATE = 219.51  # [g/mol]
HYDROGEN_CHLORIDE = 36.458  # [g/mol] 36.46 would move the fourth digit of some volumes
GLUCOSAMINE_UNIT = 161.16  # [g/mol]
ACETYL = 42.04  # [g/mol] what one acetyl group adds to a unit
ACETATE_PER_ZINC = 2


@dataclass(frozen=True, slots=True)
class Dose:
    """What goes into one sample.

    Parameters
    ----------
    zinc : float
        Amount of zinc [mmol].
    zinc_acetate : float
        Mass of zinc acetate dihydrate [mg].
    acetate : float
        Amount of acetate [mmol].
    acid : float
        Volume of hydrochloric acid [uL].
    hcl : float
        Amount of HCl [mmol].
    zinc_per_amine : tuple of float
        Zinc over free amine units [mol/mol], at the highest and at the lowest degree of deacetylation: the range that the grade leaves.
    added_water : float
        Volume of stock solution added [mL].
    total_water : float
        Water for the chitosan and stock solution together [mL].
    """

    zinc: float
    zinc_acetate: float
    acetate: float
    acid: float
    hcl: float
    zinc_per_amine: tuple[float, float]
    added_water: float
    total_water: float


#: Factors of a recipe table that an experimenter sets, by the names that a study file uses.
FACTORS: tuple[str, ...] = ("zn", "acetate", "hcl", "added_water")


def zinc_amount(volume: float, *, concentration: float) -> float:
    """Zinc in a volume of stock solution, n = c V.

    Parameters
    ----------
    volume : float
        Of stock solution [mL], at least 0.
    concentration : float
        Of zinc in it [mol/L].

    Returns
    -------
    float
        [mmol]

    Raises
    ------
    SpecError
        A negative dose.

    Examples
    --------
    >>> round(zinc_amount(3.33, concentration=0.25), 4)
    0.8325
    """
    _at_least_zero(volume=volume, concentration=concentration)
    return volume * concentration


def zinc_acetate_mass(zinc: float) -> float:
    """Mass of zinc acetate dihydrate that holds an amount of zinc, m = 219.51 g/mol n.

    Parameters
    ----------
    zinc : float
        [mmol], at least 0.

    Returns
    -------
    float
        [mg]
    """
    _at_least_zero(zinc=zinc)
    return ZINC_ACETATE_DIHYDRATE * zinc


def acetate_amount(zinc: float) -> float:
    """Acetate that comes with an amount of zinc, two for one.

    Parameters
    ----------
    zinc : float
        [mmol], at least 0.

    Returns
    -------
    float
        [mmol]
    """
    _at_least_zero(zinc=zinc)
    return ACETATE_PER_ZINC * zinc


def acid_concentration(*, mass_fraction: float, density: float) -> float:
    """Concentration of hydrochloric acid, c = 1000 rho w / 36.458 g/mol.

    Parameters
    ----------
    mass_fraction : float
        Of HCl [1], above 0 and at most 1.
    density : float
        Of the acid [g/mL].

    Returns
    -------
    float
        [mol/L]

    Raises
    ------
    SpecError
        A mass fraction outside its range, or a density that is not positive.

    Examples
    --------
    >>> round(acid_concentration(mass_fraction=0.37, density=1.18), 3)
    11.975
    """
    if not 0 < mass_fraction <= 1 or density <= 0:
        raise SpecError(
            f"recipe.hcl: {mass_fraction} of mass at {density} g/mL is not an acid. Write a share between 0 and 1 and a density."
        )
    return 1000 * density * mass_fraction / HYDROGEN_CHLORIDE


def acid_volume(zinc: float, *, mass_fraction: float, density: float, per_zn: float = 1.0) -> float:
    """Volume of hydrochloric acid, V = p n(Zn) / c.

    Parameters
    ----------
    zinc : float
        [mmol], at least 0.
    mass_fraction : float
        Of HCl in the acid [1].
    density : float
        Of the acid [g/mL].
    per_zn : float
        p = n(H+)/n(Zn2+) [mol/mol].

    Returns
    -------
    float
        [uL]

    Examples
    --------
    >>> round(acid_volume(5.0, mass_fraction=0.37, density=1.18), 1)
    417.5
    """
    _at_least_zero(zinc=zinc, per_zn=per_zn)
    return 1000 * per_zn * zinc / acid_concentration(mass_fraction=mass_fraction, density=density)


def amine_amount(mass: float, *, deacetylation: float, moisture: float = 0.0) -> float:
    """Free amine units of chitosan, n = D m (1 - moisture) / [161.16 + (1 - D) 42.04].

    Parameters
    ----------
    mass : float
        Of chitosan as weighed [g], at least 0.
    deacetylation : float
        D [1], 0 to 1.
    moisture : float
        Mass fraction of water in what was weighed [1], 0 or more and below 1.

    Returns
    -------
    float
        [mmol]

    Raises
    ------
    SpecError
        A share outside its range.

    Examples
    --------
    >>> round(amine_amount(1.6, deacetylation=0.8), 3)
    7.549
    """
    _at_least_zero(mass=mass)
    if not 0 <= deacetylation <= 1 or not 0 <= moisture < 1:
        raise SpecError(
            f"recipe.chitosan: deacetylation {deacetylation} and moisture {moisture} must be shares. Write numbers from 0 to 1."
        )
    return 1000 * deacetylation * mass * (1 - moisture) / (GLUCOSAMINE_UNIT + (1 - deacetylation) * ACETYL)


def zinc_per_amine(zinc: float, *, chitosan: float, deacetylation: float, moisture: float = 0.0) -> float:
    """Zinc over free amine units.

    Parameters
    ----------
    zinc : float
        [mmol], at least 0.
    chitosan : float
        Mass as weighed [g].
    deacetylation, moisture : float
        Shares [1], as for ``amine_amount``.

    Returns
    -------
    float
        [mol/mol]

    Raises
    ------
    SpecError
        There is no free amine.
    """
    _at_least_zero(zinc=zinc)
    amine = amine_amount(chitosan, deacetylation=deacetylation, moisture=moisture)
    if amine == 0:
        raise SpecError("recipe.chitosan: no free amine, so zinc per amine has no value. Write a mass and a deacetylation above 0.")
    return zinc / amine


def total_water(volume: float, *, water: float) -> float:
    """Water for the chitosan and stock solution together; the volume of the salt is neglected.

    Parameters
    ----------
    volume : float
        Of stock solution [mL], at least 0.
    water : float
        For the chitosan [mL], at least 0.

    Returns
    -------
    float
        [mL]
    """
    _at_least_zero(volume=volume, water=water)
    return water + volume


def table(recipe: Mapping[str, Any], *, moisture: float = 0.0) -> dict[str, Dose]:
    """Whole recipe table of a study: what goes into each sample of ``[recipe]``.

    Parameters
    ----------
    recipe : mapping
        The ``[recipe]`` table of a study, values with units as texts or as ``{value, unit}``.
    moisture : float
        Mass fraction of water in the chitosan [1].

    Returns
    -------
    dict of str to Dose
        One row for each sample, in the order of ``stock_volume``.

    Raises
    ------
    SpecError
        A key is missing or a value cannot be read.
    """
    return {sample: _dose(volume, recipe, moisture=moisture) for sample, volume in stock_volumes(recipe).items()}


def _dose(volume: float, recipe: Mapping[str, Any], *, moisture: float) -> Dose:
    stock, chitosan, acid = (entry(recipe, key, path="study.toml: recipe") for key in ("stock", "chitosan", "hcl"))
    zinc = zinc_amount(volume, concentration=amount(stock, "concentration", "mol/L", path="study.toml: recipe.stock"))
    mass = amount(chitosan, "mass", "g", path="study.toml: recipe.chitosan")
    range_of_grade = entry(chitosan, "deacetylation", path="study.toml: recipe.chitosan")
    fraction = float(entry(acid, "mass_fraction", path="study.toml: recipe.hcl"))
    density = amount(acid, "density", "g/mL", path="study.toml: recipe.hcl")
    per_zn = float(acid.get("per_zn", 1.0))
    at_least, at_most = (
        zinc_per_amine(zinc, chitosan=mass, deacetylation=float(share), moisture=moisture)
        for share in (max(range_of_grade), min(range_of_grade))
    )
    return Dose(
        zinc=zinc,
        zinc_acetate=zinc_acetate_mass(zinc),
        acetate=acetate_amount(zinc),
        acid=acid_volume(zinc, mass_fraction=fraction, density=density, per_zn=per_zn),
        hcl=per_zn * zinc,
        zinc_per_amine=(at_least, at_most),
        added_water=volume,
        total_water=total_water(volume, water=amount(recipe, "water", "mL", path="study.toml: recipe")),
    )


def stock_volumes(recipe: Mapping[str, Any]) -> dict[str, float]:
    """Volume of stock solution [mL] for each sample of a ``[recipe]`` table.

    Raises
    ------
    SpecError
        The table is missing or a value cannot be read.
    """
    volumes = entry(recipe, "stock_volume", path="study.toml: recipe")
    return {sample: amount(volumes, sample, "mL", path="study.toml: recipe.stock_volume") for sample in volumes}


def factors(recipe: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Factors that an experimenter sets, for each sample: zn, acetate, hcl [mmol] and added_water [mL].

    Returns
    -------
    dict of str to dict of str to float
        A table for ``confounding``.
    """
    return {
        sample: {"zn": dose.zinc, "acetate": dose.acetate, "hcl": dose.hcl, "added_water": dose.added_water}
        for sample, dose in table(recipe).items()
    }


def _at_least_zero(**amounts: float) -> None:
    for name, given in amounts.items():
        if not given >= 0:
            raise SpecError(f"recipe: {name.replace('_', ' ')} {given} is below 0. Write 0 or more.")
