"""The models on PyBaMM against stock ones on the same parameters, in one run: a full cycle at 1 C, median of warm solves, one thread.

The stock models run on the parameters of our own dual-ion cell (as if it were a rocking-chair one) at the same mesh, options and tolerance.
Each pair is taken in turn; ratios of medians of processor times are printed. Exits with 1 where a budget is missed.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from dualion.models.cells import with_values
from dualion.models.experiments import HalfCycle, cycle
from dualion.models.reference._pybamm import pybamm
from dualion.models.reference.engine import LOWER, UPPER, CellModel
from dualion.models.reference.impedance import ImpedanceModel
from dualion.models.reference.parameter_sets import cell_parameters
from dualion.models.reference.solve import solve
from dualion.models.states import initial_fractions
from dualion.records.cell import Cell
from dualion.records.cell_files import load_cell
from dualion.records.quantity import Parameter, Quantity

REPEATS = 9
RTOL, ATOL, MESH = 1e-6, 1e-8, (20, 20, 20, 20)
LONGEST = 7200.0  # [s]

Run = Callable[[], float]


def stock(cell: Cell, model: Any) -> Run:
    """A function that runs one cycle of a stock model on a cell's parameters and gives its processor time [s]."""
    points = dict(zip(("x_n", "x_s", "x_p", "r_n", "r_p"), (*MESH, MESH[3]), strict=True))
    solver = pybamm.IDAKLUSolver(rtol=RTOL, atol=ATOL)
    simulation = pybamm.Simulation(model, parameter_values=cell_parameters(cell).values, solver=solver, var_pts=points)
    simulation.build()
    return _bare(simulation.built_model, simulation.solver, cell, {})


def ours(cell: Cell, hierarchy: str) -> Run:
    """The same for a model of ours."""
    built = CellModel(cell, hierarchy=hierarchy).built(MESH, RTOL, ATOL)  # type: ignore[arg-type]
    return _bare(built.model, built.solver, cell, dict(built.nominal))


def guarded(cell: Cell) -> Run:
    """The same with every check of the guarded solve, reading only where each half cycle ended."""
    model, protocol = CellModel(cell), cycle(cell, cell.one_c.value)

    def run() -> float:
        start = time.process_time()
        solve(model, protocol, detail="ends")
        return time.process_time() - start

    return run


def _bare(model: Any, solver: Any, cell: Cell, nominal: dict[str, float]) -> Run:
    limits = {LOWER: cell.window[0].value, UPPER: cell.window[1].value}
    fractions = {**initial_fractions(cell, {}), **limits}
    currents = [-step.current for step in cycle(cell, cell.one_c.value).steps if isinstance(step, HalfCycle)]

    def run() -> float:
        start = time.process_time()
        inputs = {**nominal, **fractions, "Current function [A]": currents[0]}
        solution = solver.solve(model, np.array([0.0, LONGEST]), inputs=inputs)
        solution.termination = "final time"
        solver.step(solution, model, LONGEST, inputs={**inputs, "Current function [A]": currents[1]}, save=False)
        return time.process_time() - start

    return run


def spectrum(cell: Cell) -> Run:
    """A function that computes an impedance spectrum of 60 frequencies and gives its processor time [s]."""
    model = ImpedanceModel(cell)
    frequencies = np.logspace(5, -2, 60)

    def run() -> float:
        start = time.process_time()
        model.spectrum(filling=0.3, cathode_filling=0.5, frequencies=frequencies)
        return time.process_time() - start

    return run


def ratio(mine: Run, other: Run) -> float:
    """Ratio of medians of two runs taken in turn."""
    mine(), other()  # the first of each sets it up
    pairs = [(mine(), other()) for _ in range(REPEATS)]
    a, b = (statistics.median(times) for times in zip(*pairs, strict=True))
    return a / b


def _assumed(value: float, unit: str) -> Parameter:
    return Parameter(Quantity(value, unit), "assumed", "benchmark")


def main() -> int:
    film = load_cell("mec3-eg")
    assert film.film is not None
    plain = with_values(replace(film, film=None), {"series_resistance": film.series_resistance.value + film.film.resistance.value})
    volume = replace(film.electrolyte_volume, quantity=replace(film.electrolyte_volume.quantity, value=1.5 * film.pore_volume))
    full = replace(film, electrolyte_volume=volume, reservoir_exchange=_assumed(1e-6, "m/s"))
    options = {"contact resistance": "true", "calculate discharge energy": "true"}
    spme = ours(plain, "SPMe")
    rows = [
        ("dual-ion SPMe / stock SPMe", ratio(spme, stock(plain, pybamm.lithium_ion.SPMe(options))), 1.2),
        ("dual-ion DFN / stock DFN", ratio(ours(plain, "DFN"), stock(plain, pybamm.lithium_ion.DFN(options))), 1.2),
        ("dual-ion SPM / dual-ion SPMe", ratio(ours(plain, "SPM"), spme), 0.85),
        ("film and reservoir / without", ratio(ours(full, "SPMe"), spme), 1.15),
        ("guarded solve / bare solve", ratio(guarded(plain), spme), 1.3),
        ("60 impedances / one cycle", ratio(spectrum(film), spme), 2.0),
    ]
    for name, value, budget in rows:
        print(f"{name:34}{value:8.2f}   budget {budget:g}   {'kept' if value <= budget else 'MISSED'}")
    return int(any(value > budget for _, value, budget in rows))


if __name__ == "__main__":
    sys.exit(main())
