"""Craters whose sodium is known: a transient at the surface, level sodium behind it, a carbon line that drifts a little."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: [s] length of a profile and of its transient; [1] size of the transient; [1] drift and [V] level of the carbon line.
_LENGTH, _TRANSIENT, _SIZE, _DRIFT, _CARBON = 60.0, 2.5, 2.0, 0.03, 5.0


def synthetic_crater(rng: np.random.Generator, ratio: float, *, rows: int, scatter: float, point: float) -> tuple[Array, Array, Array]:
    """Time [s] and the signals of sodium and carbon [V], shape (rows,) each.

    Parameters
    ----------
    rng : numpy.random.Generator
    ratio : float
        [1] of the signals behind the transient.
    rows : int
        [1]
    scatter, point : float
        Relative standard deviations [1] of the sodium of a crater, and of a point.
    """
    time = np.linspace(0.0, _LENGTH, rows)
    carbon = _CARBON * (1 + _DRIFT * time / _LENGTH)
    sodium = ratio * carbon * (1 + scatter * float(rng.standard_normal())) * (1 + _SIZE * np.exp(-time / _TRANSIENT))
    return time, sodium * (1 + point * rng.standard_normal(rows)), carbon * (1 + point * rng.standard_normal(rows))
