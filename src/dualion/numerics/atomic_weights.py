"""Standard atomic weights, abridged to what a composition needs.

Where the standard weight is an interval, the conventional value for commerce stands here.

Reference: Prohaska et al. 2022 (IUPAC technical report, standard atomic weights 2021).
"""

from __future__ import annotations

from types import MappingProxyType

#: [g/mol] by symbol.
ATOMIC_WEIGHTS = MappingProxyType({
    "H": 1.008, "Li": 6.94, "Be": 9.0122, "B": 10.81, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "Na": 22.990, "Mg": 24.305,
    "Al": 26.982, "Si": 28.085, "P": 30.974, "S": 32.06, "Cl": 35.45, "K": 39.098, "Ca": 40.078, "Sc": 44.956, "Ti": 47.867, "V": 50.942,
    "Cr": 51.996, "Mn": 54.938, "Fe": 55.845, "Co": 58.933, "Ni": 58.693, "Cu": 63.546, "Zn": 65.38, "Ga": 69.723, "Ge": 72.630,
    "As": 74.922, "Se": 78.971, "Br": 79.904, "Rb": 85.468, "Sr": 87.62, "Y": 88.906, "Zr": 91.224, "Nb": 92.906, "Mo": 95.95,
    "Ag": 107.87, "Cd": 112.41, "In": 114.82, "Sn": 118.71, "Sb": 121.76, "Te": 127.60, "I": 126.90, "Cs": 132.91, "Ba": 137.33,
    "La": 138.91, "Ce": 140.12, "W": 183.84, "Pt": 195.08, "Au": 196.97, "Hg": 200.59, "Pb": 207.2, "Bi": 208.98,
})  # fmt: skip

#: Symbols of the elements whose names people write out.
NAMES = MappingProxyType({
    "hydrogen": "H", "lithium": "Li", "boron": "B", "carbon": "C", "nitrogen": "N", "oxygen": "O", "fluorine": "F", "sodium": "Na",
    "magnesium": "Mg", "aluminium": "Al", "aluminum": "Al", "silicon": "Si", "phosphorus": "P", "sulfur": "S", "sulphur": "S",
    "chlorine": "Cl", "potassium": "K", "calcium": "Ca", "iron": "Fe", "nickel": "Ni", "copper": "Cu", "zinc": "Zn",
})  # fmt: skip


def symbol(name: str) -> str:
    """Symbol of an element from its symbol or its name; empty where it is none.

    Parameters
    ----------
    name : str

    Examples
    --------
    >>> symbol("nitrogen"), symbol("Zn"), symbol("bet_area")
    ('N', 'Zn', '')
    """
    plain = name.strip()
    return plain if plain in ATOMIC_WEIGHTS else NAMES.get(plain.casefold(), "")
