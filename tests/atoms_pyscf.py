"""States solved once by PySCF and shared by the tests of a process."""

from __future__ import annotations

from functools import cache

import numpy as np

from dualion.atoms.electronic.bader import Partition, partition
from dualion.atoms.electronic.example import example
from dualion.atoms.electronic.field import PySCFField
from dualion.atoms.electronic.fragments import fragment, split
from dualion.atoms.engines.base import Energy
from dualion.atoms.engines.pyscf import PySCF
from dualion.atoms.structure import SYMBOLS, Structure

ENGINE = PySCF(conv_tol=1e-6)  # [Ha]; the anchors are compared to 1e-4
_ROUGH = PySCF(conv_tol=1e-5)  # [Ha]; electrons are compared to 0.03

# GFN1-xTB minima of the specification [angstrom]
_GEOMETRIES = {
    "EC": (
        "O 0 0 0; C -1.1824 0.0591 0.0082; O -2.0122 -1.0040 0.0630; C -3.3665 -0.6032 0.0578; C -3.2900 0.9361 -0.0133;"
        "O -1.9027 1.1998 -0.0368; H -3.8527 -0.9567 0.9743; H -3.8700 -1.0383 -0.8131; H -3.7507 1.3368 -0.9235; H -3.7360 1.4188 0.8639"
    ),
    "Na(EC)1": (
        "Na 0 0 0; O 0.7269 1.7282 0.6950; C 1.1664 2.7732 1.1153; O 0.4176 3.7421 1.6107; C 1.2237 4.8441 2.0205;"
        "C 2.6545 4.3761 1.6877; O 2.4514 3.0789 1.1326; H 1.0668 5.0152 3.0901; H 0.9205 5.7301 1.4538; H 3.1477 5.0048 0.9398;"
        "H 3.2911 4.2828 2.5732"
    ),
    "Na": "Na 0 0 0",
    "OH": "O 0 0 0; H 0 0 0.97",
    "HOH": "O 0 0 0; H 0.96 0 0; H -0.24 0.93 0",
    "He...Na": "He 0 0 0; Na 0 0 30",
    "Na...OHH": "O 0 0 0; H 0.75 0.60 0; H -0.75 0.60 0; Na 0 -2.25 0",
}
_CHARGES = {"Na(EC)1": 1, "Na": 1, "He...Na": 1, "Na...OHH": 1}
_LABELS = {
    "Na(EC)1": (("Na", "EC"), [0] + [1] * 10),
    "He...Na": (("He", "Na"), [0, 1]),
    "Na...OHH": (("water", "Na"), [0, 0, 0, 1]),
}


def state(name: str) -> Structure:
    """A geometry by its name."""
    rows = [row.split() for row in _GEOMETRIES[name].split(";")]
    labels, parts = _LABELS.get(name, ((name,), [0] * len(rows)))
    numbers = np.array([SYMBOLS.index(row[0]) for row in rows])
    positions = np.array([[float(word) for word in row[1:]] for row in rows])
    return Structure(numbers, positions, _CHARGES.get(name, 0), 2 if name == "OH" else 1, labels, np.array(parts))


@cache
def solved(name: str) -> tuple[Energy, PySCFField]:
    """Energy and field of a geometry."""
    structure = state(name)
    session = ENGINE.session(structure)
    return session(structure.positions, forces=False), PySCFField(session.mean_field, structure)


@cache
def n_oxide() -> tuple[PySCFField, PySCFField, PySCFField]:
    """Pyridine-N-oxide with Na+(EC)1, the neutral N-oxide alone, and the cation alone."""
    whole = example()
    oxide, shell = split(whole)
    first, second = fragment(whole, oxide, charge=0, multiplicity=1), fragment(whole, shell, charge=1, multiplicity=1)
    return _ROUGH.field(whole), _ROUGH.field(first), _ROUGH.field(second)


@cache
def n_oxide_basins() -> Partition:
    """Basins of the N-oxide complex."""
    return partition(n_oxide()[0])
