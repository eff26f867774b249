"""Titrations of a half cell whose diffusion coefficient is known.

The same cell with particles through which sodium moves at 1e-13 to 1e-17 m2/s: at one end the particle is full before the formula's
straight line has begun, at the other the pulse is short against the time of diffusion, as the formula asks for. Pulses of 5 min at a tenth
of 1 C, rests of 2 h.
"""

from __future__ import annotations

from collections.abc import Sequence

from dualion.models.cells import with_values
from dualion.models.engines import solver
from dualion.models.experiments import titration
from dualion.models.runs.measured import measurement
from dualion.records.cell import Cell
from dualion.records.measurement import Measurement
from dualion.study.known_truth.comparison import Comparison, compared
from dualion.techniques import technique

#: [m2/s] put in one after the other, from a particle that is filled at once to one that is slow against the pulse.
DIFFUSIVITIES = (1e-13, 1e-15, 1e-16, 1e-17)
PULSE, REST = 300.0, 7200.0  # [s]
MOST_PULSES = 200
RATE = 0.1  # [1] of 1 C
#: Methods, and the name of the median in their results.
METHODS = (("gitt", "median_diffusivity", "slope form"), ("gitt_model", "median_diffusivity", "fit of whole pulses"))


def titrated(cell: Cell, diffusivity: float) -> Measurement:
    """The titration of a half cell as a measurement.

    Parameters
    ----------
    cell : Cell
        A half cell.
    diffusivity : float
        [m2/s] of sodium in the carbon.

    Returns
    -------
    Measurement
    """
    changed = with_values(cell, {"anode.diffusivity": diffusivity})
    protocol = titration(changed, RATE * cell.one_c.value, pulse=PULSE, rest=REST, pulses=MOST_PULSES)
    return measurement(solver(changed).solve(protocol), protocol)


def titration_comparisons(cell: Cell, *, diffusivities: Sequence[float] = DIFFUSIVITIES) -> tuple[Comparison, ...]:
    """Diffusion coefficients found by each method, beside those put in.

    Parameters
    ----------
    cell : Cell
        A half cell.
    diffusivities : sequence of float, shape (n,)
        [m2/s]

    Returns
    -------
    tuple of Comparison
    """
    found = []
    for value in diffusivities:
        measured = titrated(cell, value)
        for name, key, rule in METHODS:
            row = technique(name)
            result = row.analyse([measured], row.options())
            found.append(compared(result, key, value, case=f"D = {value:.0e} m2/s", quantity="diffusivity", rule=rule))
    return tuple(found)
