"""Small molecules for tests of engines: GFN1-xTB minima, positions in angstrom."""

from __future__ import annotations

import numpy as np

from dualion.atoms.structure import SYMBOLS, Structure

EC = (
    "O 0 0 0; C -1.1824 0.0591 0.0082; O -2.0122 -1.0040 0.0630; C -3.3665 -0.6032 0.0578; C -3.2900 0.9361 -0.0133; "
    "O -1.9027 1.1998 -0.0368; H -3.8527 -0.9567 0.9743; H -3.8700 -1.0383 -0.8131; H -3.7507 1.3368 -0.9235; H -3.7360 1.4188 0.8639"
)
NA_EC = (
    "Na 0 0 0; O 0.7269 1.7282 0.6950; C 1.1664 2.7732 1.1153; O 0.4176 3.7421 1.6107; C 1.2237 4.8441 2.0205; "
    "C 2.6545 4.3761 1.6877; O 2.4514 3.0789 1.1326; H 1.0668 5.0152 3.0901; H 0.9205 5.7301 1.4538; H 3.1477 5.0048 0.9398; "
    "H 3.2911 4.2828 2.5732"
)
#: Pyridine N-oxide with a sodium ion and one ethylene carbonate.
OXIDE_NA_EC = (
    "N 0.441 0.794 0.207; C -0.655 1.542 -0.039; C -1.855 0.936 -0.346; C -1.938 -0.449 -0.403; C -0.793 -1.193 -0.147; "
    "C 0.390 -0.552 0.157; H -0.519 2.615 0.023; H -2.723 1.554 -0.540; H -2.873 -0.938 -0.642; H -0.814 -2.275 -0.181; "
    "H 1.318 -1.070 0.367; O 1.550 1.375 0.493; Na 3.250 2.320 0.958; O 4.764 3.559 1.514; C 5.592 4.357 1.865; "
    "O 5.305 5.525 2.428; C 6.492 6.247 2.729; C 7.613 5.305 2.246; O 6.900 4.183 1.738; H 6.529 6.434 3.807; H 6.474 7.199 2.188; "
    "H 8.214 5.736 1.439; H 8.267 4.970 3.057"
)


def molecule(
    text: str, charge: int = 0, multiplicity: int = 1, labels: tuple[str, ...] = ("EC",), parts: tuple[int, ...] = ()
) -> Structure:
    """A structure from symbols and positions; every atom in the first part where the sizes of parts are not given."""
    rows = [row.split() for row in text.split(";")]
    numbers = np.array([SYMBOLS.index(row[0]) for row in rows])
    positions = np.array([[float(value) for value in row[1:]] for row in rows])
    belongs = np.repeat(np.arange(len(parts)), parts) if parts else np.zeros(len(rows), dtype=np.int64)
    return Structure(numbers, positions, charge, multiplicity, labels, belongs)


def ethylene_carbonate() -> Structure:
    """Ten atoms."""
    return molecule(EC)


def solvated_sodium() -> Structure:
    """A sodium ion with one ethylene carbonate, eleven atoms."""
    return molecule(NA_EC, charge=1, labels=("Na", "EC"), parts=(1, 10))


def oxide_complex() -> Structure:
    """Pyridine N-oxide, a sodium ion, one ethylene carbonate: 23 atoms."""
    return molecule(OXIDE_NA_EC, charge=1, labels=("carbon", "Na", "EC"), parts=(12, 1, 10))


def ion(symbol: str = "Na", charge: int = 1, multiplicity: int = 1) -> Structure:
    """One atom."""
    return molecule(f"{symbol} 0 0 0", charge, multiplicity, (symbol,))


def pair(distance: float) -> Structure:
    """Two sodium atoms at a distance [angstrom]."""
    return molecule(f"Na 0 0 0; Na 0 0 {distance}", 0, 1, ("Na", "Na"), (1, 1))
