"""What the two columns of a spectrum are, once it is known which measurement it is.

    xrd       angle 2 theta [deg]             intensity [counts]
    raman     Raman shift [cm-1]              intensity, arbitrary
    ftir      wavenumber [cm-1]               absorbance, or transmittance in per cent or as a fraction: the unit must be stated
    xps       binding energy [eV]             intensity [counts per second]
    nexafs    photon energy [eV]              absorption or yield, arbitrary
    xafs      photon energy [eV]              absorption, arbitrary
    saxs      scattering vector, whose unit must be stated; intensity, absolute [cm-1] where that is stated, else arbitrary

The unit of the abscissa is that of the list where nothing else is stated, because the word names it; not so for a scattering vector, which
is written per ångström as often as per nanometre.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from dualion.readers.spectra.units import factor_to

_PERCENT = 100.0


class UnknownUnitError(ValueError):
    """A unit that is missing or not known; its text says what to declare."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The columns of one kind of spectrum.

    Parameters
    ----------
    technique : str
    x : str
        Canonical column of the abscissa.
    x_unit : str
        Its unit.
    stated : bool
        Whether the unit of the abscissa must be stated.
    ordinate : callable
        ``(unit or None) -> (canonical column, factor)``.
    """

    technique: str
    x: str
    x_unit: str
    stated: bool
    ordinate: Callable[[str | None], tuple[str, float]]


def _arbitrary(column: str) -> Callable[[str | None], tuple[str, float]]:
    return lambda unit: (column, 1.0)


def _infrared(unit: str | None) -> tuple[str, float]:
    said = (unit or "").strip().casefold()
    if said in ("absorbance", "abs", "a", "a.u. absorbance"):
        return "absorbance", 1.0
    if said in ("%", "%t", "percent", "% transmittance", "transmittance %"):
        return "transmittance_percent", 1.0
    if said in ("transmittance", "fraction", "t"):
        return "transmittance_percent", _PERCENT
    raise UnknownUnitError(
        'the ordinate is absorbance or transmittance: declare y_unit = "absorbance", "%" or "transmittance" (a fraction)'
    )


def _rate(unit: str | None) -> tuple[str, float]:
    said = (unit or "").strip().casefold()
    if said in ("cps", "counts/s", "counts / s", "1/s", "counts per second", "hz"):
        return "intensity_count_per_second", 1.0
    raise UnknownUnitError('counts need the time they were counted in: declare y_unit = "cps" where they are counts per second')


def _scattered(unit: str | None) -> tuple[str, float]:
    if unit is None:
        return "intensity_arbitrary", 1.0
    factor = factor_to(unit, "cm-1")
    if factor is not None:
        return "intensity_per_centimetre", factor
    if factor_to(unit, "1") is None:
        raise UnknownUnitError(f'"{unit}" is no unit of an intensity: declare y_unit = "1/cm" for an absolute scale, or "a.u."')
    return "intensity_arbitrary", 1.0


MEANINGS = {
    one.technique: one
    for one in (
        Meaning("xrd", "two_theta_degree", "deg", stated=False, ordinate=_arbitrary("intensity_count")),
        Meaning("raman", "raman_shift_per_centimetre", "cm-1", stated=False, ordinate=_arbitrary("intensity_arbitrary")),
        Meaning("ftir", "wavenumber_per_centimetre", "cm-1", stated=False, ordinate=_infrared),
        Meaning("xps", "binding_energy_electronvolt", "eV", stated=False, ordinate=_rate),
        Meaning("nexafs", "photon_energy_electronvolt", "eV", stated=False, ordinate=_arbitrary("mu")),
        Meaning("xafs", "photon_energy_electronvolt", "eV", stated=False, ordinate=_arbitrary("mu")),
        Meaning("saxs", "q_inverse_nanometre", "nm-1", stated=True, ordinate=_scattered),
    )
}


def meant(meaning: Meaning, x: pl.Series, y: pl.Series, *, x_unit: str | None, y_unit: str | None) -> dict[str, pl.Series]:
    """Two columns under their canonical names, in our units.

    Parameters
    ----------
    meaning : Meaning
    x, y : polars.Series of float64, shape (n,)
    x_unit, y_unit : str or None
        As stated.

    Returns
    -------
    dict of str to polars.Series of float64, shape (n,)

    Raises
    ------
    UnknownUnitError
        A unit that must be stated is not, or one is not known.
    """
    if x_unit is None and meaning.stated:
        raise UnknownUnitError('the unit of the scattering vector is not stated: declare x_unit = "1/angstrom" or "1/nm"')
    factor = 1.0 if x_unit is None else factor_to(x_unit, meaning.x_unit)
    if factor is None:
        raise UnknownUnitError(
            f'"{x_unit}" is no unit of the abscissa of {meaning.technique}: declare x_unit = "{meaning.x_unit}" or another that is'
        )
    column, scale = meaning.ordinate(y_unit)
    return {meaning.x: x * factor, column: y * scale}
