"""Voltammograms of a half cell without any surface charge.

The cell model stores sodium in the carbon alone: no double layer, no pseudocapacitance, so that the share of a surface process is nothing
at every rate. What the split of currents finds beside that is its own: ohmic drop, kinetics and the filling of the particles bend the law
i = k1 v + k2 v^(1/2) on which it rests. The split stands here twice: as the technique gives it, which refuses, and as least squares
alone give it, which never do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from dualion.models.engines import solver
from dualion.models.experiments import voltammetry
from dualion.models.runs.measured import measurement
from dualion.records.cell import Cell
from dualion.records.measurement import Measurement
from dualion.study.known_truth.comparison import Comparison
from dualion.techniques import technique

#: [mV/s] those of the bundled study.
RATES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
BRANCHES = ("anodic", "cathodic")


def swept(cell: Cell, rate: float) -> Measurement:
    """A voltammogram of a half cell as a measurement.

    Parameters
    ----------
    cell : Cell
    rate : float
        [mV/s]

    Returns
    -------
    Measurement
    """
    protocol = voltammetry(cell, 1e-3 * rate)
    return measurement(solver(cell).solve(protocol), protocol)


def voltammetry_comparisons(cell: Cell, *, rates: Sequence[float] = RATES) -> tuple[Comparison, ...]:
    """Shares of a surface process on each branch, at the slowest and the fastest rate, beside none at all.

    Parameters
    ----------
    cell : Cell
        A half cell.
    rates : sequence of float, shape (n,)
        [mV/s], at least four.

    Returns
    -------
    tuple of Comparison
    """
    measured = [swept(cell, rate) for rate in rates]
    row = technique("cv_separation")
    unchecked = row.options(max_misfit=_ANY, max_wrong_sign=1.0, max_peak_shift=_ANY)
    found = []
    for rule, options in (("refuses where it must", row.options()), ("least squares alone", unchecked)):
        result = row.analyse(measured, options)
        codes = tuple(dict.fromkeys(flag.code for flag in result.flags if flag.severity != "note"))
        for branch in BRANCHES:
            for place in (1, len(rates)):
                value = result.values[f"surface_share_{branch}_{place}"]
                case = f"{rates[place - 1]:g} mV/s, {branch}"
                found.append(Comparison("cv_separation", case, "surface share", rule, value.unit, 0.0, value.value, codes))
    return tuple(found)


#: A bound that nothing exceeds [1], [V].
_ANY = math.nextafter(math.inf, 0)
