"""The lowest minima of a state computed again by another engine, such as DFT.

Every different minimum within 0.3 eV of the lowest is recomputed, at least three of a state (where they exist) and at most five: as it
stands (``"single-point"``), or relaxed from there (``"relax"``). Energies of one method at the geometries of another show how far the two
disagree; only relaxed ones put the minima into a new order.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal

import numpy as np

from dualion.atoms.bonds import coordination
from dualion.atoms.engines.base import Engine, Level
from dualion.atoms.search.pool import OnDone, Shard, TimeUp, do, hired
from dualion.atoms.search.run import Searched
from dualion.atoms.search.states import Found, State, Tried, distinct
from dualion.atoms.tasks import Job, MemoryCache, SinglePoint, Task, TaskCache, relaxed_from
from dualion.errors import SpecError

Mode = Literal["single-point", "relax"]
MODES: Final = ("single-point", "relax")
WINDOW: Final = 0.3  # [eV] above the lowest minimum
LEAST, MOST = 3, 5  # [1] minima of a state
NOT_COMPUTED: Final = "not computed"  # the time was up


@dataclass(frozen=True, slots=True)
class Pair:
    """One minimum at two levels.

    Parameters
    ----------
    key : str
        Of the task of the search that found it.
    other_key : str
        Of the task of the other engine.
    energy : float
        At the level of the search [eV].
    other : float or None
        At the other level [eV]; None where none was accepted.
    outcome : str
        Of the other engine, or ``"not computed"``.
    whole : bool
        Whether every solvent is still at the ion.
    """

    key: str
    other_key: str
    energy: float
    other: float | None
    outcome: str
    whole: bool = True

    @property
    def usable(self) -> bool:
        """Whether the other energy is one of the same state."""
        return self.other is not None and self.whole


@dataclass(frozen=True, slots=True)
class Reranked:
    """The lowest minima of a state at two levels.

    Parameters
    ----------
    state : State
    mode : str
        ``"single-point"`` or ``"relax"``.
    level, other_level : Level
        Of the search, and of the other engine.
    pairs : tuple of Pair
        The lowest at the level of the search first.
    """

    state: State
    mode: str
    level: Level
    other_level: Level
    pairs: tuple[Pair, ...]

    @property
    def compared(self) -> tuple[Pair, ...]:
        """Pairs with both energies, the lowest at the level of the search first."""
        return tuple(pair for pair in self.pairs if pair.usable)

    @property
    def complete(self) -> bool:
        """Whether every minimum of the window has both energies."""
        return bool(self.pairs) and len(self.compared) == len(self.pairs)

    @property
    def ordered(self) -> tuple[Pair, ...]:
        """The minima in the order that counts: that of the other level only where they were relaxed there and all of them were."""
        if self.mode == "relax" and self.complete:
            return tuple(sorted(self.pairs, key=_other))
        return self.pairs

    @property
    def order_changes(self) -> int:
        """How many pairs of minima stand in the opposite order at the other level [1]."""
        return sum(_other(two) < _other(one) for one, two in combinations(self.compared, 2))

    @property
    def spearman(self) -> float | None:
        """Rank correlation of the two levels [1]; None for fewer than two minima, or where all are equal."""
        return _rank_correlation([pair.energy for pair in self.compared], [_other(pair) for pair in self.compared])

    @property
    def shift(self) -> float | None:
        """Mean size of the change of the energies above the minimum that is lowest in the search [eV]; None for fewer than two minima."""
        lowest, *rest = self.compared or (None,)
        if lowest is None or not rest:
            return None
        return float(np.mean([abs((_other(pair) - _other(lowest)) - (pair.energy - lowest.energy)) for pair in rest]))


def rerank(
    searched: Searched,
    states: Sequence[State],
    engine: Engine,
    *,
    mode: Mode = "single-point",
    window: float = WINDOW,
    cache: TaskCache | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    on_done: OnDone | None = None,
    shard: Shard | None = None,
    deadline: float | None = None,
) -> tuple[Reranked, ...]:
    """Compute the lowest minima of some states again by another engine.

    Parameters
    ----------
    searched : Searched
    states : sequence of State
        Of the search.
    engine : Engine
        The other engine.
    mode : str
        ``"single-point"`` or ``"relax"``.
    window : float
        How far above the lowest a minimum may lie [eV].
    cache : TaskCache, optional
        Where finished tasks are kept; in memory unless given.
    executor : Executor, optional
        With the interface of `concurrent.futures`; local worker processes unless given.
    workers : int
        Tasks done at once [1].
    on_done : callable, optional
        Told key and record of each task that was computed here.
    shard : Shard, optional
        Which tasks this process does first.
    deadline : float, optional
        When to stop, on the clock of `time.time` [s]; what was not computed says so.

    Returns
    -------
    tuple of Reranked
        One for each state, in their order.

    Raises
    ------
    SpecError
        No such mode, window, state or worker, or the level of the search itself.
    ModelError
        A worker was ended from outside.
    """
    _check(searched, states, engine, mode=mode, window=window, workers=workers)
    kept = MemoryCache() if cache is None else cache
    chosen = [within(searched.found[state], window=window) for state in states]
    tasks = [[_task(one, searched, engine, mode) for one in minima] for minima in chosen]
    jobs = [task for row in tasks for task in row]
    share = shard or Shard()
    with hired(workers, deadline) if executor is None else nullcontext(executor) as pool, suppress(TimeUp):
        do(jobs, cache=kept, executor=pool, workers=workers, on_done=on_done or _silent, shard=share, deadline=deadline)
    pairs = [
        tuple(_pair(one, task.key, kept, state) for one, task in zip(minima, row, strict=True))
        for state, minima, row in zip(states, chosen, tasks, strict=True)
    ]
    levels = searched.engine.level, engine.level
    return tuple(Reranked(state, mode, *levels, found) for state, found in zip(states, pairs, strict=True))


def within(found: Found, *, window: float = WINDOW) -> list[Tried]:
    """Different minima with every solvent at the ion that are worth another method, lowest first.

    Parameters
    ----------
    found : Found
    window : float
        How far above the lowest a minimum may lie [eV].

    Returns
    -------
    list of Tried
        At most five; at least three where they exist.
    """
    minima = distinct(found.closed)
    return [one for index, one in enumerate(minima[:MOST]) if index < LEAST or one.energy - minima[0].energy <= window]


def engine_differences(before: Reranked, after: Reranked, released: Reranked) -> tuple[float, ...]:
    """Step energies at the level of the search minus those at the other level, for every pair of minima of the two states [eV].

    Parameters
    ----------
    before, after : Reranked
        The states of the step.
    released : Reranked
        The released molecule.

    Returns
    -------
    tuple of float
        That of the minima lowest in the search first; empty where a state has no energy at the other level. On a carbon all of them
        go to `engine_uncertainty`, of a bare shell the first one of each step.

    Raises
    ------
    SpecError
        The three were not recomputed in the same way, or make no step.
    """
    ways = {(one.mode, one.level, one.other_level) for one in (before, after, released)}
    if len(ways) > 1:
        raise SpecError("rerank: the states of a step were recomputed in different ways. Use one mode and one level for all three.")
    left, right, gone = before.state, after.state, released.state
    if (left.carbon, left.ion, left.charge) != (right.carbon, right.ion, right.charge) or gone.ion or gone.carbon:
        raise SpecError(f"rerank: {left.name} and {right.name} are no step. Give the states before and after, and what was released.")
    if sorted(left.solvents) != sorted((*right.solvents, *gone.solvents)):
        raise SpecError(
            f"rerank: {left.name} is not {right.name} and {gone.name}. Give the states before and after, and what was released."
        )
    if not released.compared:
        return ()
    lowest = released.compared[0]
    alone = lowest.energy - (min(map(_other, released.compared)) if released.mode == "relax" else _other(lowest))
    return tuple(_change(two) + alone - _change(one) for one in before.compared for two in after.compared)


def _change(pair: Pair) -> float:
    return pair.energy - _other(pair)


def _other(pair: Pair) -> float:
    assert pair.other is not None
    return pair.other


def _check(searched: Searched, states: Sequence[State], engine: Engine, *, mode: str, window: float, workers: int) -> None:
    if mode not in MODES:
        raise SpecError(f'rerank: "{mode}" is not a mode. Write one of {", ".join(MODES)}.')
    if not 0.0 <= window < np.inf:
        raise SpecError(f"window: {window:g} is not an energy. Write 0 eV or more, such as {WINDOW}.")
    if workers < 1:
        raise SpecError(f"workers: {workers} is not a number of processes. Write 1 or more.")
    if engine.level == searched.engine.level:
        raise SpecError(f"rerank: {engine.level.short} is the level of the search. Give another engine.")
    unknown = [state.name for state in states if state not in searched.found]
    if unknown:
        raise SpecError(f"rerank: the search holds no {unknown[0]}. Give states that it has found.")


def _task(one: Tried, searched: Searched, engine: Engine, mode: Mode) -> Job:
    structure = one.relaxed.structure
    if mode == "single-point":
        return SinglePoint(structure, engine)
    return Task(structure, engine, searched.options.fmax, searched.options.max_steps)


def _pair(one: Tried, other_key: str, cache: TaskCache, state: State) -> Pair:
    record = cache.get(other_key)
    if record is None:
        return Pair(one.key, other_key, one.energy, None, NOT_COMPUTED)
    ended = relaxed_from(record)
    around = coordination(ended.structure)
    whole = around is None or around.n_bound == len(state.solvents)
    return Pair(one.key, other_key, one.energy, ended.energy if ended.accepted else None, ended.outcome, whole)


def _rank_correlation(first: list[float], second: list[float]) -> float | None:
    if len(first) < 2:
        return None
    ranks = [np.array([np.mean(np.flatnonzero(np.sort(row) == value)) for value in row]) for row in (np.array(first), np.array(second))]
    centred = [row - row.mean() for row in ranks]
    size = float(np.sqrt((centred[0] @ centred[0]) * (centred[1] @ centred[1])))
    return float(centred[0] @ centred[1]) / size if size > 0.0 else None


def _silent(key: str, record: dict[str, object]) -> None:
    """Tell nobody."""
