"""Names of PAW potentials and how many electrons each treats as valence.

Only the names and these numbers are known here; a POTCAR file is never read, shipped or copied. The number of electrons of a cell is the
sum of the valence electrons of its atoms less its charge, and VASP takes a cell as neutral unless that number is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from dualion.errors import SpecError

FAMILY: Final = "PBE"
#: Order of the blocks of species in every file.
ORDER: Final = ("C", "H", "N", "O", "F", "P", "S", "Cl", "Zn", "Li", "Na", "K")
#: Valence electrons [1] of the PBE PAW potentials; _pv and _sv add the p, and the s and p electrons below the valence shell.
VALENCE: Final[Mapping[str, Mapping[str, int]]] = {
    "C": {"C": 4},
    "H": {"H": 1},
    "N": {"N": 5},
    "O": {"O": 6},
    "F": {"F": 7},
    "P": {"P": 5},
    "S": {"S": 6},
    "Cl": {"Cl": 7},
    "Zn": {"Zn": 12},
    "Li": {"Li": 1, "Li_sv": 3},
    "Na": {"Na": 1, "Na_pv": 7, "Na_sv": 9},
    "K": {"K_pv": 7, "K_sv": 9},
}
#: Where an element has several and none is asked for; no source names one, so it is part of the level that every energy carries.
_DEFAULT: Final = {"Na": "Na_pv", "Li": "Li_sv", "K": "K_pv"}


def chosen(asked: Iterable[str]) -> dict[str, str]:
    """Potentials that a user names.

    Parameters
    ----------
    asked : iterable of str
        Such as ``["Na=Na_pv"]``.

    Returns
    -------
    dict of str to str
        Element to the name of its potential.

    Raises
    ------
    SpecError
        Not of this form, an unknown element or potential, or an element named twice.

    Examples
    --------
    >>> chosen(["Na=Na_sv"])
    {'Na': 'Na_sv'}
    """
    found: dict[str, str] = {}
    for text in asked:
        element, _, name = (part.strip() for part in text.partition("="))
        if not name:
            raise SpecError(f'--potential: "{text}" is not an element and its potential. Write it as Na=Na_pv.')
        if element in found and found[element] != name:
            raise SpecError(f"--potential: {element} is named twice. Name one potential for each element.")
        found[element] = _known(element, name)
    return found


def potential_of(element: str, choice: Mapping[str, str]) -> str:
    """Name of the potential of an element: the chosen one, or its usual one.

    Raises
    ------
    SpecError
        The element is not in the table.
    """
    return _known(element, choice.get(element, _DEFAULT.get(element, element)))


def valence(element: str, name: str) -> int:
    """Valence electrons of a potential [1]."""
    return VALENCE[element][_known(element, name)]


def _known(element: str, name: str) -> str:
    if element not in VALENCE:
        raise SpecError(f"potential: {element} has none in this package. The elements are {', '.join(ORDER)}.")
    if name not in VALENCE[element]:
        raise SpecError(f'potential: "{name}" is not one of {element}. Write one of {", ".join(VALENCE[element])}.')
    return name
