"""A state small enough to look at in a minute: pyridine-N-oxide with Na+(EC)1.

The nitrogen is the smallest oxidised one, and the sodium ion binds its oxygen. The geometry is the lowest of eight random starts, each
relaxed with GFN1-xTB until no force was above 0.01 eV/angstrom (seven of them lie within 2 meV; total energy -1188.9164 eV).
"""

from __future__ import annotations

import numpy as np

from dualion.atoms.structure import CARBON, SYMBOLS, Structure
from dualion.errors import SpecError

NAME = "n-oxide"
ORIGIN = "GFN1-xTB, largest force 0.01 eV/angstrom"
OXYGEN = 11  # [1] index of the oxygen at the nitrogen
_FREE = 12  # [1] atoms of pyridine-N-oxide, which come first
_GEOMETRY = """
N  1.9141 -2.6592  0.1634
C  1.3491 -3.8819  0.1023
C  2.1329 -5.0146  0.1680
C  3.5106 -4.8967  0.2970
C  4.0652 -3.6249  0.3563
C  3.2492 -2.5153  0.2871
H  0.2704 -3.9009  0.0020
H  1.6600 -5.9876  0.1177
H  4.1377 -5.7772  0.3507
H  5.1347 -3.4889  0.4568
H  3.6135 -1.4956  0.3274
O  1.1690 -1.6151  0.1031
Na 0.0000  0.0000  0.0000
O -1.2202  1.6255 -0.0471
C -1.9500  2.5810 -0.0588
O -1.6122  3.7815  0.3936
C -2.6876  4.7001  0.2441
C -3.7966  3.8463 -0.4027
O -3.1921  2.5646 -0.5251
H -2.3601  5.5272 -0.3939
H -2.9657  5.0820  1.2313
H -4.6887  3.7585  0.2255
H -4.0802  4.1999 -1.3991
"""  # [angstrom]


def example(name: str = NAME) -> Structure:
    """A built-in state.

    Parameters
    ----------
    name : str
        ``"n-oxide"``.

    Returns
    -------
    Structure

    Raises
    ------
    SpecError
        No such example.
    """
    if name != NAME:
        raise SpecError(f'example: "{name}" is not built in. Write {NAME}, or give a file.')
    rows = [line.split() for line in _GEOMETRY.split("\n") if line]
    numbers = np.array([SYMBOLS.index(row[0]) for row in rows], dtype=np.int64)
    positions = np.array([[float(word) for word in row[1:]] for row in rows])
    order = np.arange(len(rows))
    parts = np.where(order < _FREE, 0, np.where(order == _FREE, 1, 2)).astype(np.int64)
    return Structure(numbers, positions, 1, 1, (CARBON, "Na", "EC"), parts)
