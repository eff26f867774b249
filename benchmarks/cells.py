"""A full cycle of the dual-ion SPMe against the stock SPMe of PyBaMM on its own sodium cell, at the same mesh and tolerance.

Both are taken in turn in one process; the ratio of the medians is printed. Budget: at most 1.2. The stock cell has measured tables with
kinks, ours smooth isotherms, which takes part of the difference.
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from typing import Any

import numpy as np

from dualion.models.experiments import cycle
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.engine import CellModel, longest_half_cycle
from dualion.models.states import initial_fractions
from dualion.study.load import load, locate

REPEATS = 15
BUDGET = 1.2  # [1]
RTOL, ATOL, MESH = 1e-6, 1e-8, (20, 20, 20, 20)


def stock() -> Any:
    """A function that runs one cycle of the stock model and gives its processor time [s]."""
    values = pybamm.ParameterValues("Chayambuka2022")
    values["Current function [A]"] = "[input]"
    points = dict(zip(("x_n", "x_s", "x_p", "r_n", "r_p"), (*MESH, MESH[3]), strict=True))
    solver = pybamm.IDAKLUSolver(rtol=RTOL, atol=ATOL)
    simulation = pybamm.Simulation(pybamm.lithium_ion.SPMe(), parameter_values=values, solver=solver, var_pts=points)
    simulation.build()
    current = float(values["Nominal cell capacity [A.h]"])

    def run() -> float:
        start = time.process_time()
        solution = simulation.solver.solve(simulation.built_model, np.array([0.0, 7200.0]), inputs={"Current function [A]": current})
        solution.termination = "final time"
        inputs = {"Current function [A]": -current}
        simulation.solver.step(solution, simulation.built_model, 7200.0, inputs=inputs, save=False)
        return time.process_time() - start

    return run


def dual_ion() -> Any:
    """The same for the dual-ion cell of the bundled study."""
    cell = load(locate("tang2026")).cells["mec3-eg"]
    built = CellModel(cell).built(MESH, RTOL, ATOL)
    protocol = cycle(cell, cell.one_c.value)
    inputs = {**built.nominal, **initial_fractions(cell, {})}

    def run() -> float:
        start = time.process_time()
        solution = None
        for step in protocol.steps:
            given = {**inputs, "Current function [A]": -step.current}
            solution = built.advance(solution, given, longest_half_cycle(cell, step, inputs))
        return time.process_time() - start

    return run


def main() -> int:
    warnings.simplefilter("ignore")  # the stock cell leaves its tables at the ends of a discharge
    ours, theirs = dual_ion(), stock()
    ours(), theirs()  # the first solve of each sets it up
    pairs = [(ours(), theirs()) for _ in range(REPEATS)]
    mine, other = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = mine / other
    print(f"dual-ion SPMe, one cycle {1e3 * mine:8.1f} ms")
    print(f"stock SPMe, one cycle    {1e3 * other:8.1f} ms")
    print(f"ratio                    {ratio:8.2f}      budget {BUDGET:g}   {'kept' if ratio <= BUDGET else 'MISSED'}")
    return int(ratio > BUDGET)


if __name__ == "__main__":
    sys.exit(main())
