"""A cell on the fast engine, for many cycles: nothing but arrays, so that a state is stored and taken up again bit by bit."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dualion.models.ageing.inner import PLATED, Snapshot, Target, first_slow
from dualion.models.ageing.mechanisms import Mechanisms
from dualion.models.constants import COULOMB_PER_MAH, FARADAY
from dualion.models.fast import cycling, layout, march
from dualion.models.fast import record as kept
from dualion.models.fast.entries import cycle_on
from dualion.models.fast.entries import march as march_once
from dualion.models.fast.memory import held, ranges, salt_held
from dualion.models.fast.packing import DEFAULT_MESH, Mesh, first_state, packed
from dualion.models.fast.solver import PATIENCE, TOLERANCE
from dualion.models.outputs import Array
from dualion.models.targets import PLATEAU_BOUNDARY
from dualion.records.cell import Cell

#: Cycles in a block: a tenth of a second.
BLOCK = 200
_ROWS, _MOST_ROWS = 4000, 512_000


@dataclass(slots=True, eq=False)
class FastInner:
    """A dual-ion cell on the fast engine, cycled at one current under one set of mechanisms.

    Parameters
    ----------
    cell : Cell
    specific_current : float
        [mA/g] on the mass that defines 1 C.
    mechanisms : Mechanisms
    mesh : Mesh
    tolerance : float
        [1] error of a step, in fillings and in shares of the initial salt.
    """

    cell: Cell
    specific_current: float
    mechanisms: Mechanisms
    mesh: Mesh = DEFAULT_MESH
    tolerance: float = TOLERANCE
    _record: Array = field(init=False)
    _laws: Array = field(init=False)

    def __post_init__(self) -> None:
        self._record = packed(self.cell, mesh=self.mesh)
        self._laws = self.mechanisms.laws(self.cell, self.specific_current)

    @property
    def engine(self) -> str:
        """Name of the engine."""
        return "fast"

    @property
    def block(self) -> int:
        """Most cycles that are run before what they gave is kept."""
        return BLOCK

    @property
    def trouble(self) -> str:
        """What the last cycle that failed has said: the compiled code says nothing."""
        return ""

    @property
    def current(self) -> float:
        """[A/m2]"""
        return self.cell.current_of(self.specific_current) / (self.cell.area.value * 1e-4)

    def begin(self) -> Snapshot:
        """The state of assembly."""
        return Snapshot(first_slow(), {"state": first_state(self.cell, self._record)})

    def totals(self) -> tuple[float, float]:
        """Sodium and PF6 of the cell at assembly [coulomb/m2]."""
        has = self._held(self._record, self.begin().fast["state"])
        return has["salt"] + has["anode"] + has["plated"], has["salt"] + has["cathode"]

    def run(self, snapshot: Snapshot, cycles: int, *, ageing: bool = True) -> tuple[Array, Snapshot]:
        """Go on for some cycles; a table of the cycles that ended on their voltages, perhaps fewer, and the state after them."""
        record, state, slow = self._at(snapshot)
        film = record[layout.FILM_RESISTANCE] if not ageing else self._record[layout.FILM_RESISTANCE]
        laws = self._laws if ageing else np.zeros(cycling.LAWS)
        table = np.zeros((cycles, cycling.COLUMNS))
        low, high = (end.value for end in self.cell.window)
        changing = slow[: cycling.SLOW].copy()
        done = cycle_on(record, state, changing, laws, self.current, low, high, film, PLATEAU_BOUNDARY, self.tolerance, table)
        if ageing:
            plated = state[ranges(record)[3] + layout.PLATED]
            return table[:done], Snapshot(np.append(changing, plated), {"state": state, **_aged(record)})
        settled = Snapshot(slow, {"state": state, **_aged(record)})
        if done == cycles and slow[PLATED] != state[ranges(record)[3] + layout.PLATED]:
            settled = self._without_plating(settled)
        return table[:done], settled

    def _without_plating(self, snapshot: Snapshot) -> Snapshot:
        """The state with what the last cycles have plated back in the anode."""
        slow = snapshot.slow
        salt = self._held(self._at(snapshot)[0], snapshot.fast["state"])["salt"] / FARADAY
        target = Target(slow[cycling.CYCLES], slow[cycling.SITES], slow[cycling.BOUND], slow[cycling.LOST], slow[PLATED], salt)
        moved = self.moved(snapshot, target)
        return snapshot if moved is None else moved

    def moved(self, snapshot: Snapshot, target: Target) -> Snapshot | None:
        """The state with its slow part at a target, sodium and PF6 conserved; None where a host or the salt would be used up."""
        record, state, slow = self._at(snapshot)
        has = self._held(record, state)
        change = FARADAY * target.salt - has["salt"]
        anode = has["anode"] - change - (target.bound - slow[cycling.BOUND]) - (target.plated - has["plated"])
        cathode = has["cathode"] - change - (target.lost - slow[cycling.LOST])
        if min(anode, cathode, target.salt, target.sites) <= 0.0:
            return None
        left = target.sites / slow[cycling.SITES]
        record[self._host(layout.RIGHT_HOST) + layout.CHARGE] *= left
        in_anode, in_cathode, salt, scalars = ranges(record)
        state[in_anode] *= anode / has["anode"]
        state[in_cathode] *= cathode / has["cathode"] / left
        factor = FARADAY * target.salt / has["salt"]
        state[salt] *= factor
        state[scalars + layout.BESIDE] *= factor
        state[scalars + layout.PLATED] = target.plated
        factor = self.mechanisms.film_factor(target.cycles, target.bound)
        record[layout.FILM_RESISTANCE] = self._record[layout.FILM_RESISTANCE] * factor
        slow = np.array([target.sites, factor, target.bound, target.lost, target.cycles, target.plated])
        return Snapshot(slow, {"state": state, **_aged(record)})

    def curve(self, snapshot: Snapshot) -> dict[str, Array]:
        """Curves of the cycle that follows a state: ``charge`` and ``discharge``, shape (2, n), capacity [mAh/g] and voltage [V]."""
        record, state, _ = self._at(snapshot)
        low, high = (end.value for end in self.cell.window)
        charge, passed = self._half_cycle(record, state, self.current, high)
        in_anode, in_cathode, _, _ = ranges(record)
        state[in_anode] -= self._laws[cycling.ANODE_SHARE] * passed / record[self._host(layout.LEFT_HOST) + layout.CHARGE]
        state[in_cathode] -= self._laws[cycling.CATHODE_SHARE] * passed / record[self._host(layout.RIGHT_HOST) + layout.CHARGE]
        return {"charge": charge, "discharge": self._half_cycle(record, state, -self.current, low)[0]}

    def _half_cycle(self, record: Array, state: Array, current: float, cutoff: float) -> tuple[Array, float]:
        """Capacity [mAh/g] and voltage [V] of a half cycle, which moves the state; and its charge [coulomb/m2]."""
        control = np.zeros(march.CONTROL_SIZE)
        expected = float(record[self._host(layout.RIGHT_HOST) + layout.CHARGE]) / abs(current)
        control[march.GIVEN_CURRENT], control[march.CUTOFF] = current, cutoff
        control[march.LONGEST], control[march.EXPECTED] = PATIENCE * expected, expected
        control[march.BOUNDARY], control[march.TOLERANCE] = PLATEAU_BOUNDARY, self.tolerance
        begun, tally, length = state.copy(), np.zeros(kept.TALLIED), _ROWS
        while True:
            rows = np.zeros((length, kept.RECORDED))
            _, why, count = march_once(record, state, control, rows, tally)
            if why != march.ON_FULL_TABLE or length >= _MOST_ROWS:
                break
            state[:] = begun
            length *= 8
        assert self.cell.cathode is not None
        per_gram = 1.0 / (COULOMB_PER_MAH * 10.0 * self.cell.cathode.loading.value)  # 1 mg/cm2 = 10 g/m2
        return np.stack([rows[:count, kept.TIME] * abs(current) * per_gram, rows[:count, kept.VOLTAGE]]), float(tally[kept.CHARGE])

    def _host(self, place: int) -> int:
        return int(self._record[place])

    def _at(self, snapshot: Snapshot) -> tuple[Array, Array, Array]:
        """Numbers of the cell, state and slow state, each free to be changed."""
        record = self._record.copy()
        if "aged" in snapshot.fast:
            record[self._host(layout.RIGHT_HOST) + layout.CHARGE], record[layout.FILM_RESISTANCE] = snapshot.fast["aged"]
        return record, snapshot.fast["state"].copy(), snapshot.slow.copy()

    def _held(self, record: Array, state: Array) -> dict[str, float]:
        """Charge [coulomb/m2] of the salt, of what the hosts hold, and plated."""
        return {
            "salt": FARADAY * salt_held(record, state),
            "anode": held(record, state, layout.LEFT_HOST),
            "cathode": held(record, state, layout.RIGHT_HOST),
            "plated": float(state[ranges(record)[3] + layout.PLATED]),
        }


def _aged(record: Array) -> dict[str, Array]:
    """What of the cell's own numbers changes as it ages: charge of the cathode host [coulomb/m2], resistance of the film [ohm m2]."""
    host = int(record[layout.RIGHT_HOST])
    return {"aged": np.array([record[host + layout.CHARGE], record[layout.FILM_RESISTANCE]])}
