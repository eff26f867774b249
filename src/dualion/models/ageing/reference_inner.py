"""A cell on PyBaMM, for many cycles: each half cycle from the last state alone, so that nothing piles up.

The slow changes are those of the fast engine, at the same instants: parasitic charge at the end of a charge as an even shift of both hosts,
loss of sites and growth of the film at the end of a discharge. The model is built once, with the size of the cathode host and the
growth of the film left open.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np

from dualion.errors import SolveError, SpecError
from dualion.models.ageing.inner import PLATED, Snapshot, Target, first_slow
from dualion.models.ageing.mechanisms import Mechanisms
from dualion.models.constants import FARADAY
from dualion.models.engines import Detail
from dualion.models.experiments import HalfCycle, Protocol, pair_of
from dualion.models.fast import cycling, march
from dualion.models.outputs import Array, StepResult
from dualion.models.reference.engine import CellModel, Hierarchy
from dualion.models.reference.solve import DEFAULT_MESH, solve_on
from dualion.models.reference.state import CellState, filling, with_filling_shifted, with_host_resized, with_salt_scaled
from dualion.models.states import host_charge, initial_fractions
from dualion.records.cell import Cell

#: Cycles in a block.
BLOCKS = {"SPM": 200, "SPMe": 200, "DFN": 50}
_HOST, _GROWTH = "cathode.host_capacity", "film_growth"
#: In the names of what PyBaMM keeps of plated sodium: what may be stripped again, and what may not.
_PLATED_VARIABLES = ("plating concentration", "dead lithium concentration")


@dataclass(slots=True, eq=False)
class ReferenceInner:
    """A dual-ion cell on PyBaMM, cycled at one current under one set of mechanisms.

    Parameters
    ----------
    cell : Cell
    specific_current : float
        [mA/g] on the mass that defines 1 C.
    mechanisms : Mechanisms
    engine : {"pybamm-SPM", "pybamm-SPMe", "pybamm-DFN"}
    trouble : str
        What the last cycle that failed has said.
    """

    cell: Cell
    specific_current: float
    mechanisms: Mechanisms
    engine: str
    trouble: str = ""
    _model: CellModel = field(init=False)
    _laws: Array = field(init=False)

    def __post_init__(self) -> None:
        opened = (_HOST,) if self.cell.film is None else (_HOST, _GROWTH)
        self._model = CellModel(self.cell, opened, cast(Hierarchy, self.engine.removeprefix("pybamm-")))
        self._laws = self.mechanisms.laws(self.cell, self.specific_current)

    @property
    def block(self) -> int:
        """Most cycles that are run before what they gave is kept."""
        return BLOCKS[self.engine.removeprefix("pybamm-")]

    def begin(self) -> Snapshot:
        """The state of assembly, which the model knows by itself."""
        return Snapshot(first_slow(), {})

    def totals(self) -> tuple[float, float]:
        """Sodium and PF6 of the cell at assembly [coulomb/m2]."""
        fractions = initial_fractions(self.cell, {})
        beside = self.cell.reservoir if self.cell.reservoir_exchange is not None else 0.0
        salt = FARADAY * self.cell.electrolyte.concentration.value * 1e3 * (self.cell.pore_volume + beside) * 1e-5  # 1 uL/cm2 = 1e-5 m
        anode, cathode = self._hosts(1.0)
        return salt + anode * fractions["anode.initial_fraction"], salt + cathode * (1.0 - fractions["cathode.initial_fraction"])

    def run(self, snapshot: Snapshot, cycles: int, *, ageing: bool = True) -> tuple[Array, Snapshot]:
        """Go on for some cycles; a table of the cycles that ended on their voltages, perhaps fewer, and the state after them."""
        table = np.zeros((cycles, cycling.COLUMNS))
        for number in range(cycles):
            try:
                snapshot = self._cycle(snapshot, table[number], ageing=ageing)
            except (SolveError, SpecError) as error:
                self.trouble = str(error)
                return table[:number], snapshot
        return table, snapshot

    def moved(self, snapshot: Snapshot, target: Target) -> Snapshot | None:
        """The state with its slow part at a target, sodium and PF6 conserved; None where a host or the salt would be used up."""
        state, slow = self._state(snapshot), snapshot.slow
        assert state is not None  # a state of assembly is cycled before it is moved
        salt = float(snapshot.fast["salt"][0])
        hosts = self._hosts(slow[cycling.SITES])
        held = hosts[0] * filling(state, "anode"), hosts[1] * filling(state, "cathode")
        change = FARADAY * (target.salt - salt)
        anode = held[0] - change - (target.bound - slow[cycling.BOUND]) - (target.plated - slow[PLATED])
        cathode = held[1] - change - (target.lost - slow[cycling.LOST])
        left = target.sites / slow[cycling.SITES]
        if min(anode, cathode, target.salt, left) <= 0.0:
            return None
        try:
            state = with_host_resized(with_host_resized(state, "anode", held[0] / anode), "cathode", left * held[1] / cathode)
        except SpecError:
            return None
        state = with_salt_scaled(state, target.salt / salt)
        if slow[PLATED] > 0.0:
            state = _with_plated_scaled(state, target.plated / slow[PLATED])
        film = self.mechanisms.film_factor(target.cycles, target.bound)
        moved = np.array([target.sites, film, target.bound, target.lost, target.cycles, target.plated])
        return Snapshot(moved, {**state.values, "salt": np.array([target.salt])})

    def curve(self, snapshot: Snapshot) -> dict[str, Array]:
        """Curves of the cycle that follows a state: ``charge`` and ``discharge``, shape (2, n), capacity [mAh/g] and voltage [V]."""
        assert self.cell.cathode is not None
        mass = self.cell.cathode.loading.value * self.cell.area.value
        charge, discharge = pair_of(self.cell, self.cell.current_of(self.specific_current))
        first, state = self._half_cycle(charge, self._state(snapshot), snapshot.slow, "voltage")
        state, _ = self._parasitic(state, first.charge, snapshot.slow)
        second, _ = self._half_cycle(discharge, state, snapshot.slow, "voltage")
        return {name: np.stack([step.capacities(mass), step.voltage]) for name, step in (("charge", first), ("discharge", second))}

    def _cycle(self, snapshot: Snapshot, row: Array, *, ageing: bool) -> Snapshot:
        """One cycle, into a row of the table."""
        slow, area = snapshot.slow.copy(), self.cell.area.value * 1e-4
        charge, discharge = pair_of(self.cell, self.cell.current_of(self.specific_current))
        first, state = self._half_cycle(charge, self._state(snapshot), slow, "all")
        if ageing:
            state, slow = self._parasitic(state, first.charge, slow)
        second, state = self._half_cycle(discharge, state, slow, "all")
        plated = second.inventories["plated"][1] * FARADAY / area
        if ageing:
            state, slow = self._worn(state, slow, float(first.time[-1] + second.time[-1]))
            slow[PLATED] = plated
        salt = second.inventories["salt"][1] / area
        _write(row, first, second, area)
        row[cycling.SALT_LEFT_OVER], row[cycling.PLATED_CHARGE] = salt, plated
        hosts = self._hosts(slow[cycling.SITES])
        row[cycling.SODIUM] = FARADAY * salt + hosts[0] * filling(state, "anode") + plated + slow[cycling.BOUND]
        row[cycling.ANIONS] = FARADAY * salt + hosts[1] * filling(state, "cathode") + slow[cycling.LOST]
        row[cycling.SLOW_FIRST :] = slow[: cycling.SLOW]
        after = Snapshot(slow, {**state.values, "salt": np.array([salt])})
        return after if ageing or plated == slow[PLATED] else self._without_plating(after, plated, salt)

    def _without_plating(self, snapshot: Snapshot, plated: float, salt: float) -> Snapshot:
        """The state with what the last cycle has plated back in the anode."""
        slow = snapshot.slow.copy()
        target = Target(slow[cycling.CYCLES], slow[cycling.SITES], slow[cycling.BOUND], slow[cycling.LOST], float(slow[PLATED]), salt)
        slow[PLATED] = plated
        moved = self.moved(Snapshot(slow, snapshot.fast), target)
        return snapshot if moved is None else moved

    def _half_cycle(self, half: HalfCycle, state: CellState | None, slow: Array, detail: Detail) -> tuple[StepResult, CellState]:
        assert self.cell.cathode is not None
        parameters = {_HOST: self.cell.cathode.host_capacity * float(slow[cycling.SITES])}
        if self.cell.film is not None:
            parameters[_GROWTH] = float(slow[cycling.FILM_FACTOR])
        protocol = Protocol(half.direction, (half,), (self.specific_current,))
        result, state = solve_on(self._model, protocol, state, parameters=parameters, detail=detail)
        return result.steps[0], state

    def _parasitic(self, state: CellState, charge: float, slow: Array) -> tuple[CellState, Array]:
        """The state after a charge [coulomb], without what was bound and lost."""
        density = charge / (self.cell.area.value * 1e-4)
        bound, lost = self._laws[cycling.ANODE_SHARE] * density, self._laws[cycling.CATHODE_SHARE] * density
        anode, cathode = self._hosts(slow[cycling.SITES])
        state = with_filling_shifted(with_filling_shifted(state, "anode", -bound / anode), "cathode", -lost / cathode)
        slow = slow.copy()
        slow[cycling.BOUND] += bound
        slow[cycling.LOST] += lost
        return state, slow

    def _worn(self, state: CellState, slow: Array, duration: float) -> tuple[CellState, Array]:
        """The state after a cycle of so many seconds, with fewer sites and more film."""
        share = self._laws[cycling.SITES_PER_SECOND] * duration + self._laws[cycling.SITES_PER_CYCLE]
        if self._laws[cycling.PROPORTIONAL] == 0.0:
            share /= slow[cycling.SITES]
        slow = slow.copy()
        slow[cycling.SITES] *= 1.0 - share
        slow[cycling.CYCLES] += 1.0
        slow[cycling.FILM_FACTOR] = self.mechanisms.film_factor(float(slow[cycling.CYCLES]), float(slow[cycling.BOUND]))
        return with_host_resized(state, "cathode", 1.0 - share), slow

    def _hosts(self, sites: float) -> tuple[float, float]:
        """Charge [coulomb/m2] of the full hosts."""
        assert self.cell.cathode is not None
        area = self.cell.area.value * 1e-4
        return host_charge(self.cell.anode, self.cell) / area, host_charge(self.cell.cathode, self.cell) / area * sites

    def _state(self, snapshot: Snapshot) -> CellState | None:
        """The state of PyBaMM's model; None at assembly."""
        values = {name: value for name, value in snapshot.fast.items() if name != "salt"}
        return CellState(values, DEFAULT_MESH[3], "PF6-") if values else None


def _with_plated_scaled(state: CellState, factor: float) -> CellState:
    """The state with ``factor`` [1] times the plated sodium in every place."""
    changed = {name: value * factor for name, value in state.values.items() if any(part in name for part in _PLATED_VARIABLES)}
    return replace(state, values={**state.values, **changed})


def _write(row: Array, charge: StepResult, discharge: StepResult, area: float) -> None:
    """What two half cycles came to, per square metre of the ``area`` [m2]; energies are signed as the current."""
    row[cycling.CHARGED], row[cycling.DISCHARGED] = charge.charge / area, discharge.charge / area
    row[cycling.CHARGE_ENERGY], row[cycling.DISCHARGE_ENERGY] = (step.totals["energy"] / area for step in (charge, discharge))
    for column, name in (
        (cycling.LEAST_SALT, "least_salt"),
        (cycling.LOWEST_ANODE, "lowest_anode_potential"),
        (cycling.LOWEST_APPARENT, "lowest_apparent_potential"),
    ):
        row[column] = min(charge.totals[name], discharge.totals[name])
    row[cycling.DURATION] = charge.time[-1] + discharge.time[-1]
    row[cycling.WHY_CHARGE] = row[cycling.WHY_DISCHARGE] = march.ON_CUTOFF
