"""What a simulated step is, and the metrics read from it.

Signs are those of the measurements: positive current charges the cell. Times, capacities and voltages are on a grid refined from the
solver's own steps, because integrals over its few steps can miss the mean voltage by 0.1 V.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dualion.errors import InputError
from dualion.models.experiments import HalfCycle, Step
from dualion.records.cell import Cell
from dualion.records.quantity import Flag

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class StepResult:
    """One step of a simulation.

    Parameters
    ----------
    step : HalfCycle, Rest, Hold or Sweep
    time : ndarray, shape (n,)
        [s] from its start.
    voltage : ndarray, shape (n,)
        [V]; this and what follows are empty where it was not read.
    salt : ndarray, shape (n, 3)
        [mol/m3] minimum, mean and maximum over the cell.
    anode_potential : ndarray, shape (n,)
        [V] of the carbon against the electrolyte, without films; NaN-free, zero-length in a half cell.
    inventories : mapping of str to tuple of two floats
        [mol] of ``salt``, ``sodium``, ``PF6``, ``host sodium``, ``host PF6``, ``cathode sodium``, ``plated`` at start and end.
    profile : mapping of str to ndarray
        Salt concentration [mol/m3] against position [m] at the end.
    poorest : float
        [m] where the salt was least.
    current : ndarray, shape (n,)
        [A] positive as it charges the cell; empty where it is that of the step.
    traces : mapping of str to ndarray, shape (n,)
        What else was read along the step: ``anode_filling``, ``cathode_filling`` [1] at the surfaces, and the parts of the voltage,
        ``equilibrium``, ``reaction``, ``concentration``, ``electrolyte``, ``series``, ``film`` [V], whose sum is the voltage.
    ended : str
        ``"cutoff"``, ``"duration"``, or ``"exhaustion"`` where a host or the salt was at its end; empty where the engine does not say it.
    totals : mapping of str to float
        Sums that the engine integrated itself: ``charge`` [coulomb], ``energy`` [J], ``charge_below`` [coulomb] below the boundary of
        plateau and slope, all signed as the current; extremes ``least_salt``, ``most_salt`` [mol/m3], ``lowest_anode_potential``,
        ``lowest_apparent_potential`` (with film and series resistance), ``last_voltage`` [V].
    """

    step: Step
    time: Array
    voltage: Array
    salt: Array
    anode_potential: Array
    inventories: Mapping[str, tuple[float, float]]
    profile: Mapping[str, Array] = field(default_factory=dict)
    poorest: float = 0.0
    current: Array = field(default_factory=lambda: np.zeros(0))
    traces: Mapping[str, Array] = field(default_factory=dict)
    ended: str = ""
    totals: Mapping[str, float] = field(default_factory=dict)

    @property
    def half_cycle(self) -> HalfCycle:
        """The step, where it is a half cycle at constant current; InputError where it is not."""
        if not isinstance(self.step, HalfCycle):
            raise InputError(f"A {type(self.step).__name__.lower()} has no constant current, and so no capacity of its own.")
        return self.step

    @property
    def currents(self) -> Array:
        """[A] along the step, shape (n,)."""
        if self.current.size:
            return self.current
        return np.full(self.time.size, self.step.current if isinstance(self.step, HalfCycle) else 0.0)

    @property
    def charge(self) -> float:
        """[coulomb] passed in the net, positive."""
        if isinstance(self.step, HalfCycle):
            return float(abs(self.step.current) * self.time[-1])
        return float(abs(np.trapezoid(self.currents, self.time)))

    def capacity(self, mass: float) -> float:
        """[mAh/g] of a mass [mg]."""
        return self.charge / 3.6 / mass * 1e3

    def capacities(self, mass: float) -> Array:
        """[mAh/g] of a mass [mg] along the half cycle, shape (n,)."""
        return abs(self.half_cycle.current) * self.time / 3.6 / mass * 1e3

    def mean_voltage(self) -> float:
        """[V] energy over charge, E/Q; the voltage must have been read."""
        if "energy" in self.totals and self.totals["charge"]:
            return self.totals["energy"] / self.totals["charge"]
        if not self.voltage.size:
            raise InputError(f'The voltage of this {self.half_cycle.direction} was not read. Solve with detail="voltage" or "all".')
        return float(np.trapezoid(self.voltage, self.time) / self.time[-1])

    def median_voltage(self) -> float:
        """[V] at half of the capacity."""
        return float(np.interp(0.5 * self.time[-1], self.time, self.voltage))

    def capacity_below(self, boundary: float, mass: float) -> float:
        """[mAh/g] of a mass [mg] delivered while the voltage is below ``boundary`` [V]."""
        below = np.clip((boundary - self.voltage[:-1]) / (self.voltage[1:] - self.voltage[:-1] + 1e-300), 0, 1)
        rising = self.voltage[1:] > self.voltage[:-1]
        both = (self.voltage[:-1] < boundary) & (self.voltage[1:] < boundary)
        neither = (self.voltage[:-1] >= boundary) & (self.voltage[1:] >= boundary)
        share = np.where(both, 1.0, np.where(neither, 0.0, np.where(rising, below, 1 - below)))
        return float(abs(self.half_cycle.current) * np.sum(share * np.diff(self.time)) / 3.6 / mass * 1e3)


@dataclass(frozen=True, slots=True, eq=False)
class CellResult:
    """A simulated protocol: its half cycles, the flags raised, every attempt of the solver, and the numerical error.

    ``error`` holds for each half cycle the differences to doubled mesh and to a tenth of the tolerance, as
    ``{"capacity": [mAh], "mean_voltage": [V]}``; empty where it was not asked for.
    """

    cell: Cell
    steps: tuple[StepResult, ...]
    flags: tuple[Flag, ...]
    attempts: tuple[str, ...]
    hierarchy: str
    mesh: tuple[int, int, int, int]
    error: tuple[Mapping[str, float], ...] = ()


def working_mass(cell: Cell) -> float:
    """[mg] of the mass on which capacities of this cell are given: the carbon of a half cell, the cathode of a full one."""
    electrode = cell.anode if cell.cathode is None else cell.cathode
    return electrode.loading.value * cell.area.value


def interpolated(curve: StepResult, points: int, mass: float) -> dict[str, list[float]]:
    """A curve thinned, with both ends kept.

    Parameters
    ----------
    curve : StepResult
        With its voltage.
    points : int
        How many to keep: half even in capacity, half where the voltage moves, so that a steep end keeps its shape.
    mass : float
        [mg] to which the capacity refers.

    Returns
    -------
    dict of str to list of float
        ``capacity`` [mAh/g] and ``voltage`` [V].
    """
    capacity = curve.capacities(mass)
    steep = np.interp(np.linspace(0, 1, points // 2), _arc(curve.voltage), capacity)
    grid = np.unique(np.concatenate([np.linspace(0, capacity[-1], points - points // 2), steep]))
    return {"capacity": grid.tolist(), "voltage": np.interp(grid, capacity, curve.voltage).tolist()}


def _arc(voltage: Array) -> Array:
    travelled = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(voltage)))])
    return np.asarray(travelled / max(travelled[-1], 1e-12))
