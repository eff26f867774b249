"""Units in which adsorbed amounts are written, and their factors to mol/kg.

A loading has an amount, a basis and a mass: ``mmol/g``, ``cm3(STP)/g``, ``ml(STP) g-1``, ``cm³/g STP``, ``mg/g``, ``wt%``; without a mass,
``cc``, it is that of the whole sample. A volume of gas is an amount only where its state is declared: cm3 at 0 degC and 101325 Pa (STP) are
22414 to the mole, and the same volume at 77 K holds 3.53 times as much. A volume without a word on its state is refused.
"""

from __future__ import annotations

import re
import unicodedata

from dualion.errors import ReadError
from dualion.numerics.sorption.gases import MOLAR_VOLUME_STP, gas
from dualion.readers.format import Given

_MOLES = {"mol": 1.0, "mmol": 1e-3, "umol": 1e-6, "kmol": 1e3}
_VOLUMES = {"cm3": 1.0, "cc": 1.0, "ccm": 1.0, "ml": 1.0, "l": 1e3, "dm3": 1e3, "m3": 1e6}  # [cm3]
_MASSES = {"g": 1.0, "gram": 1.0, "mg": 1e-3, "kg": 1e3, "ug": 1e-6}  # [g]
_SHARES = {"%": 1e-2, "wt%": 1e-2, "fraction": 1.0}  # [g/g]
_STP = re.compile(r"[\[(]?\s*(?:@\s*)?s\.?t\.?p\.?\s*[\])]?", re.IGNORECASE)
_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_PER = re.compile(r"^(?P<amount>[a-z%]+3?)(?:/(?P<mass>[a-z]+)|(?P<other>kg|mg|g)\^?-1)?$")
_HINT = 'State unit and basis, such as "mmol/g" or "cm3(STP)/g".'


def loading_factor(given: Given, where: str, written: str, *, adsorptive: str, mass: float | None, standard: bool = False) -> float:
    """Factor [mol/kg] for each unit of a loading.

    Parameters
    ----------
    given : Given
        For messages.
    where : str
        Position of the unit in the file.
    written : str
        The unit as in the file.
    adsorptive : str
        Whose molar mass turns masses into amounts.
    mass : float or None
        [g] of the sample, for a unit that is not for each gram.
    standard : bool
        Whether the file says elsewhere that its volumes are at 0 degC and 101325 Pa.

    Raises
    ------
    ReadError
        The unit is not known, its basis is not stated, or the mass that it needs is missing.
    """
    plain = unicodedata.normalize("NFKC", written.translate(_SUPERSCRIPTS)).translate(str.maketrans("−–", "--")).replace("μ", "u")
    without, stp = _STP.subn("", plain)
    found = _PER.match(re.sub(r"[\s\[\]()^·*]", "", without).casefold())
    amount = found["amount"] if found else ""
    per = (found["mass"] or found["other"]) if found else None
    if per is not None and per not in _MASSES:
        raise ReadError(given.name, where, f'"{written[:40]}" is no loading for each mass of sample', _HINT)
    if amount in _SHARES:
        return 1e3 * _SHARES[amount] / _molar_mass(given, where, adsorptive)
    moles = _moles_of(given, where, written, amount, adsorptive=adsorptive, stated=bool(stp) or standard)
    if per is not None:
        return 1e3 * moles / _MASSES[per]
    if mass is None or not mass > 0:
        raise ReadError(
            given.name, where, f'"{written[:40]}" is of the whole sample, and its mass is not given', "Add the mass of the sample."
        )
    return 1e3 * moles / mass


def _moles_of(given: Given, where: str, written: str, amount: str, *, adsorptive: str, stated: bool) -> float:
    """Moles in one unit of an amount."""
    if amount in _MOLES:
        return _MOLES[amount]
    if amount in _MASSES:
        return _MASSES[amount] / _molar_mass(given, where, adsorptive)
    if amount not in _VOLUMES:
        raise ReadError(given.name, where, f'"{written[:40]}" is no unit of an adsorbed amount that is known', _HINT)
    if not stated:
        reason = f'"{written[:40]}" is a volume whose state is not declared; at 77 K it holds 3.53 times what it holds at 0 degC'
        raise ReadError(given.name, where, reason, _HINT)
    return _VOLUMES[amount] / MOLAR_VOLUME_STP


def _molar_mass(given: Given, where: str, adsorptive: str) -> float:
    found = gas(adsorptive)
    if found is None:
        reason = f'a mass of "{adsorptive[:40]}" has no amount, as its molar mass is not known'
        raise ReadError(given.name, where, reason, "Export the loading in mmol/g.")
    return found.molar_mass
