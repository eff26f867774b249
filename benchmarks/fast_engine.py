"""The fast engine against the stock SPMe of PyBaMM in one run, and the three jobs that it is for.

The stock model runs on the parameters of our own cell (as if it were a rocking-chair one), at the same mesh, between the same voltages:
the peer that is most alike. Cycles are taken in turn, on one thread; the ratio of the medians is printed. Exits with 1 where a budget is
missed.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import Any

import numpy as np

from dualion.models.ageing.life import life
from dualion.models.ageing.mechanisms import Mechanisms
from dualion.models.experiments import cycle
from dualion.models.fast import layout, march
from dualion.models.fast.entries import march as march_once
from dualion.models.fast.packing import first_state, packed
from dualion.models.fast.record import RECORDED, TALLIED
from dualion.models.fast.solver import TOLERANCE
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.parameter_sets import cell_parameters
from dualion.models.runs.sweep import sweep
from dualion.models.states import initial_fractions
from dualion.records.cell import Cell
from dualion.records.cell_files import load_cell

REPEATS = 15
RATIO_BUDGET, LIFE_BUDGET, SWEEP_BUDGET, FIRST_BUDGET = 0.05, 10.0, 15.0, 1.5  # [1], [s], [s], [s]
CYCLES, DESIGNS, RATES = 10_000, 1000, (1, 2, 4, 8, 10, 15, 20)
RTOL, ATOL, POINTS = 1e-6, 1e-8, 20

_FIRST = """
from dualion.models.engines import solver
from dualion.models.experiments import cycle
from dualion.records.cell_files import load_cell
cell = load_cell("mec3-eg")
solver(cell).solve(cycle(cell, 800.0))
"""


def fast(cell: Cell) -> Any:
    """A function that runs one cycle at 1 C on the fast engine and gives its processor time [s]."""
    record = packed(cell)
    begin, rows, tally = first_state(cell, record), np.zeros((0, RECORDED)), np.zeros(TALLIED)
    i = cell.current(1.0) / (cell.area.value * 1e-4)
    expected = float(record[int(record[layout.RIGHT_HOST]) + layout.CHARGE]) / i
    controls = []
    for current, cutoff in ((i, cell.window[1].value), (-i, cell.window[0].value)):
        control = np.zeros(march.CONTROL_SIZE)
        control[march.GIVEN_CURRENT], control[march.CUTOFF] = current, cutoff
        control[march.LONGEST], control[march.EXPECTED] = 1.2 * expected, expected
        control[march.BOUNDARY], control[march.TOLERANCE] = 0.15, TOLERANCE
        controls.append(control)

    def run() -> float:
        state = begin.copy()
        start = time.process_time()
        for control in controls:
            march_once(record, state, control, rows, tally)
        return time.process_time() - start

    return run


def stock(cell: Cell) -> Any:
    """The same on the stock SPMe."""
    points = dict.fromkeys(("x_n", "x_s", "x_p", "r_n", "r_p"), POINTS)
    model = pybamm.lithium_ion.SPMe({"contact resistance": "true"})
    values, solver = cell_parameters(cell).values, pybamm.IDAKLUSolver(rtol=RTOL, atol=ATOL)
    simulation = pybamm.Simulation(model, parameter_values=values, solver=solver, var_pts=points)
    simulation.build()
    fractions = initial_fractions(cell, {})
    currents = [-step.current for step in cycle(cell, cell.one_c.value).steps if hasattr(step, "current")]

    def run() -> float:
        start = time.process_time()
        inputs = {**fractions, "Current function [A]": currents[0]}
        solution = simulation.solver.solve(simulation.built_model, np.array([0.0, 7200.0]), inputs=inputs)
        solution.termination = "final time"
        inputs["Current function [A]"] = currents[1]
        simulation.solver.step(solution, simulation.built_model, 7200.0, inputs=inputs, save=False)
        return time.process_time() - start

    return run


def compared(cell: Cell) -> float:
    """Ratio of a cycle of the fast engine to one of the stock SPMe."""
    ours, theirs = fast(cell), stock(cell)
    ours(), theirs()  # the first of each sets it up
    pairs = [(min(ours() for _ in range(5)), theirs()) for _ in range(REPEATS)]
    mine, other = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"{'one cycle, fast engine':46}{1e3 * mine:8.2f} ms")
    print(f"{'one cycle, stock SPMe':46}{1e3 * other:8.2f} ms")
    return mine / other


def timed(job: Any) -> float:
    """Time [s] of a job."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def main() -> int:
    cell = load_cell("mec3-eg")
    designs = [{"cathode.diffusivity": 3e-15 * (1 + n / DESIGNS), "cathode.host_capacity": 90 + 20 * n / DESIGNS} for n in range(DESIGNS)]
    rows = [
        ("ratio", compared(cell), RATIO_BUDGET),
        (
            f"{CYCLES} cycles at 10 C with ageing [s]",
            timed(lambda: life(cell, specific_current=800.0, cycles=CYCLES, mechanisms=Mechanisms())),
            LIFE_BUDGET,
        ),
        (
            f"{DESIGNS} designs at {len(RATES)} rates [s]",
            timed(lambda: sweep(cell, designs, [80.0 * rate for rate in RATES])),
            SWEEP_BUDGET,
        ),
        ("fresh process to its first cycle [s]", timed(lambda: subprocess.run([sys.executable, "-c", _FIRST], check=True)), FIRST_BUDGET),
    ]
    for name, value, budget in rows:
        print(f"{name:46}{value:8.3f}      budget {budget:g}   {'kept' if value <= budget else 'MISSED'}")
    return int(any(value > budget for _, value, budget in rows))


if __name__ == "__main__":
    sys.exit(main())
