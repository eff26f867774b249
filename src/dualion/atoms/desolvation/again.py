"""The lowest minima of every state of a search computed again by another engine, and what that says of each step."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final

from dualion.atoms.desolvation.intervals import EngineUncertainty, engine_uncertainty
from dualion.atoms.engines.base import Engine, Level
from dualion.atoms.search.options import Ladder
from dualion.atoms.search.pool import OnDone, Shard
from dualion.atoms.search.rerank import Mode, Reranked, engine_differences, rerank
from dualion.atoms.search.run import Searched
from dualion.atoms.search.states import BARE, State
from dualion.atoms.tasks import TaskCache

_ANCHORS: Final = 3  # [1] steps of a bare ladder that a method is held against, as those from Na+(EC)3 to Na+


@dataclass(frozen=True, slots=True, eq=False)
class Again:
    """What a second method says of the minima of a search.

    Parameters
    ----------
    mode : str
        ``"single-point"`` or ``"relax"``.
    level, other : Level
        Of the search, and of the second method.
    of : mapping of State to Reranked
    """

    mode: str
    level: Level
    other: Level
    of: Mapping[State, Reranked]

    def known(self, ladder: Ladder, solvents: int) -> EngineUncertainty | None:
        """How far the method of the search is off in a step; None where the second method has no energy of it.

        Parameters
        ----------
        ladder : Ladder
        solvents : int
            How many there are before the step [1].

        Returns
        -------
        EngineUncertainty or None
            Of a bare shell None also where fewer than three steps are known: their root mean square would rest on chance.
        """
        own = self._differences(ladder, solvents)
        if not own:
            return None
        if ladder.name != BARE:
            return engine_uncertainty(carbon=True, method=self.level.method, differences=own)
        rows = [self._differences(ladder, count) for count in range(ladder.top, ladder.bottom, -1)]
        if sum(bool(row) for row in rows) < _ANCHORS:
            return None
        return engine_uncertainty(carbon=False, method=self.level.method, differences=[row[0] for row in rows if row])

    def energy(self, ladder: Ladder, solvents: int) -> float | None:
        """Energy of a step by the second method [eV]; None where it is not complete.

        Parameters
        ----------
        ladder : Ladder
        solvents : int
            How many there are before the step [1].

        Returns
        -------
        float or None
            Between the minima that are lowest in the search; between those lowest at the second method where all were relaxed there.
        """
        ends = [self._lowest(one) for one in self._states(ladder, solvents)]
        before, after, released = ends
        return None if before is None or after is None or released is None else after + released - before

    def document(self) -> dict[str, Any]:
        """The comparison as plain data, energies in eV."""
        states = [_entry(one) for _, one in sorted(self.of.items()) if one.pairs]
        changed = sum(entry["order_changes"] for entry in states)
        compared = sum(len(entry["minima"]) for entry in states)
        said = f"{self.other.short} of {compared} minima of {len(states)} states, "
        said += "relaxed" if self.mode == "relax" else "single points on the geometries of the search, which give no order"
        return {
            "mode": self.mode,
            "level": self.other.document(),
            "states": states,
            "statement": f"{said}; {changed} pairs of minima stand in the opposite order.",
        }

    def _states(self, ladder: Ladder, solvents: int) -> tuple[State, State, State]:
        name, ion, solvent, charge = ladder.name, ladder.ion, ladder.solvent.name, ladder.charge
        before, after = (State(name, ion, (solvent,) * count, charge) for count in (solvents, solvents - 1))
        return before, after, State("", "", (solvent,), 0)

    def _differences(self, ladder: Ladder, solvents: int) -> tuple[float, ...]:
        before, after, released = (self.of.get(state) for state in self._states(ladder, solvents))
        if before is None or after is None or released is None:
            return ()
        return engine_differences(before, after, released)

    def _lowest(self, state: State) -> float | None:
        """The energy that counts for a state [eV]."""
        found = self.of.get(state)
        first = next(iter(found.ordered), None) if found is not None else None
        return first.other if first is not None and first.usable else None


def compute_again(
    searched: Searched,
    engine: Engine,
    *,
    mode: Mode,
    cache: TaskCache,
    executor: Executor | None = None,
    workers: int = 1,
    on_done: OnDone | None = None,
    shard: Shard | None = None,
    deadline: float | None = None,
) -> Again:
    """Compute the lowest minima of every state of the ladders, and of the released molecule, by another engine.

    Parameters
    ----------
    searched : Searched
    engine : Engine
        The other engine.
    mode : str
        ``"single-point"`` or ``"relax"``.
    cache : TaskCache
    executor : Executor, optional
        With the interface of `concurrent.futures`; local worker processes unless given.
    workers : int
        Tasks done at once [1].
    on_done : callable, optional
        Told key and record of each task that was computed here.
    shard : Shard, optional
        Which tasks this process does first.
    deadline : float, optional
        When to stop, on the clock of `time.time` [s].

    Returns
    -------
    Again
    """
    states = sorted(state for state, found in searched.found.items() if found.best is not None and (state.ion or not state.carbon))
    found = rerank(
        searched, states, engine, mode=mode, cache=cache, executor=executor, workers=workers, on_done=on_done, shard=shard,
        deadline=deadline,
    )  # fmt: skip
    return Again(mode, searched.engine.level, engine.level, dict(zip(states, found, strict=True)))


def _entry(one: Reranked) -> dict[str, Any]:
    reasons = {}
    if one.spearman is None:
        reasons["spearman"] = "fewer than two minima, or all of them equal"
    if one.shift is None:
        reasons["mean_shift_eV"] = "fewer than two minima"
    return {
        "name": one.state.name,
        "charge": one.state.charge,
        "minima": [
            {"key": pair.key, "other_key": pair.other_key, "total_eV": pair.other, "outcome": pair.outcome, "whole": pair.whole}
            for pair in one.pairs
        ],
        "complete": one.complete,
        "order_changes": one.order_changes,
        "spearman": one.spearman,
        "mean_shift_eV": one.shift,
        "reasons": reasons,
    }
