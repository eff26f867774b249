"""Many designs of one cell at many currents, on threads: each design is packed once, and every current is marched from its first state.

The compiled march releases the interpreter's lock, so threads share memory and still run side by side. What is kept is a table of numbers
for each design and current; curves are not. A design that fails is recorded with its message, and the others go on.

Valid with the limits of the fast engine; one cycle for each current, from the state in which the cell is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualion.errors import DualionError, SolveError, SpecError
from dualion.models.cells import nominal_values, with_inputs
from dualion.models.constants import HALF_CELL_START
from dualion.models.experiments import HalfCycle, cycle
from dualion.models.fast import layout, march, record
from dualion.models.fast.entries import march as march_once
from dualion.models.fast.packing import first_state, packed
from dualion.models.fast.solver import PATIENCE, TOLERANCE
from dualion.models.flags import is_full
from dualion.models.isotherms import isotherm_of
from dualion.models.outputs import working_mass
from dualion.models.targets import PLATEAU_BOUNDARY
from dualion.records.cell import Cell

Array = NDArray[np.float64]

#: What is kept of each design and current, with its unit.
SWEPT = {
    "specific_capacity": "mAh/g",
    "mean_voltage": "V",
    "charge_capacity": "mAh/g",
    "plateau_capacity": "mAh/g",
    "least_salt": "mol/m3",
    "lowest_anode_potential": "V",
}
#: Designs handed to the threads at once, for each thread.
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Failure:
    """A design that gave nothing at a current [mA/g], or at none of them (None): its position, and why."""

    design: int
    specific_current: float | None
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class DesignSweep:
    """What a sweep gave.

    Parameters
    ----------
    specific_currents : tuple of float, length m
        [mA/g]
    values : mapping of str to ndarray, shape (n, m)
        By the names of ``SWEPT``, for each design and current; not a number where it failed. ``plateau_capacity`` is that of the half cycle
        whose capacity is reported, below the boundary of plateau and slope.
    failures : tuple of Failure
        In the order of the designs.
    """

    specific_currents: tuple[float, ...]
    values: Mapping[str, Array]
    failures: tuple[Failure, ...]


def sweep(
    cell: Cell,
    designs: Sequence[Mapping[str, float]],
    specific_currents: Sequence[float],
    *,
    workers: int = 2,
    boundary: float = PLATEAU_BOUNDARY,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> DesignSweep:
    """Run designs of a cell at currents.

    Parameters
    ----------
    cell : Cell
    designs : sequence of mapping of str to float
        For each design, values that take the place of the cell's, in the units of its records; see ``cells.nominal_values``.
    specific_currents : sequence of float
        [mA/g] on the mass that defines 1 C.
    workers : int
        [1] threads.
    boundary : float
        [V] against Na+/Na, between plateau and slope.
    on_progress : callable, optional
        ``on_progress(done, total, message)``.

    Returns
    -------
    DesignSweep

    Raises
    ------
    SpecError
        A number of threads or a current that is not positive, or an anode without room for sodium.
    """
    if workers < 1:
        raise SpecError(f"workers: {workers} threads cannot work. Write 1 or more.")
    if any(not current > 0 for current in specific_currents):
        raise SpecError("specific_currents: a current is not positive. Write currents such as 80 mA/g.")
    if is_full(cell):
        raise SpecError(f"{cell.name}: the anode is full at the start, so that no design charges. Write another initial_sodiation.")
    currents = tuple(specific_currents)
    values = {name: np.full((len(designs), len(currents)), np.nan) for name in SWEPT}
    failures: list[Failure] = []

    def one(number: int) -> list[Failure]:
        return _design(cell, designs[number], currents, boundary, number, values)

    with ThreadPoolExecutor(workers) as pool:
        for first in range(0, len(designs), _BATCH * workers):
            batch = range(first, min(first + _BATCH * workers, len(designs)))
            for found in pool.map(one, batch):
                failures += found
            if on_progress is not None:
                on_progress(batch.stop, len(designs), "designs")
    return DesignSweep(currents, values, tuple(failures))


def _design(
    cell: Cell, design: Mapping[str, float], currents: Sequence[float], boundary: float, number: int, values: Mapping[str, Array]
) -> list[Failure]:
    """Every current of one design, into its row of the values; what failed."""
    if unknown := sorted(set(design) - set(nominal_values(cell))):
        return [Failure(number, None, f"{', '.join(unknown)}: no parameter of {cell.name}")]
    try:
        numbers = packed(cell, design)
        state = first_state(cell, numbers, design)
        above = isotherm_of(with_inputs(cell, design).anode).capacity_above(HALF_CELL_START) if cell.kind == "half" else 0.0
    except DualionError as error:
        return [Failure(number, None, str(error).splitlines()[0])]
    failures = []
    for column, current in enumerate(currents):
        try:
            found = _one_cycle(cell, numbers, state.copy(), current, boundary)
        except SolveError as error:
            failures.append(Failure(number, current, str(error)))
            continue
        found["specific_capacity"] += above
        for name, value in found.items():
            values[name][number, column] = value
    return failures


def _one_cycle(cell: Cell, numbers: Array, state: Array, specific_current: float, boundary: float) -> dict[str, float]:
    """One cycle from a state, in place; of a half cell its two half cycles in the order in which a new one runs them."""
    area, rows, tally = cell.area.value * 1e-4, np.zeros((0, record.RECORDED)), np.zeros(record.TALLIED)
    per_mass = area / 3.6 / working_mass(cell) * 1e3
    control = np.zeros(march.CONTROL_SIZE)
    control[march.BOUNDARY], control[march.TOLERANCE] = boundary, TOLERANCE
    found = {"least_salt": np.inf, "lowest_anode_potential": np.inf}
    for step in cycle(cell, specific_current).steps:
        assert isinstance(step, HalfCycle)
        i = step.current / area
        expected = float(numbers[int(numbers[layout.RIGHT_HOST]) + layout.CHARGE]) / abs(i)
        control[march.GIVEN_CURRENT], control[march.CUTOFF] = i, step.cutoff
        control[march.LONGEST], control[march.EXPECTED] = PATIENCE * expected, expected
        time, why, _ = march_once(numbers, state, control, rows, tally)
        if why not in (march.ON_CUTOFF, march.ON_EXHAUSTION) or time <= 0.0:
            at = f"after {time:.4g} s at {tally[record.LAST_VOLTAGE]:.4f} V"
            raise SolveError(f"the {step.direction} stopped {at}, before its cut-off or before any charge had passed")
        passed = abs(float(tally[record.CHARGE]))
        if step.current > 0:
            found["charge_capacity"] = passed * per_mass
        else:
            found["specific_capacity"] = passed * per_mass
            found["plateau_capacity"] = abs(float(tally[record.BELOW])) * per_mass
            found["mean_voltage"] = float(tally[record.ENERGY] / tally[record.CHARGE])
        found["least_salt"] = min(found["least_salt"], float(tally[record.LEAST_SALT]))
        found["lowest_anode_potential"] = min(found["lowest_anode_potential"], float(tally[record.LOWEST_ANODE]))
    return found
