"""A search within a budget of time: a thin one over all states first, then the one that was asked for.

A search goes down the ladder state by state. Ended in its first sweep it would know nothing of the lower states, and no step would have an
energy. A thin search (two random starts of each state, and no round) comes first, so that an early end leaves something of every state. Its
starts are among those of the full search, which finds their records: little is computed in vain. A full search that comes to its own end
is given as it is, so that it does not depend on the budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dualion.atoms.engines.base import Engine
from dualion.atoms.search.options import Ladder, SearchOptions
from dualion.atoms.search.pool import Shard
from dualion.atoms.search.run import OnProgress, Searched, run
from dualion.atoms.search.states import Found, State
from dualion.atoms.tasks import TaskCache

_THIN: Final = 2  # [1] random starts of each state in the search before the full one


def searched(
    ladders: Sequence[Ladder],
    engine: Engine,
    options: SearchOptions,
    *,
    cache: TaskCache,
    workers: int = 1,
    on_progress: OnProgress | None = None,
    shard: Shard | None = None,
    deadline: float | None = None,
) -> Searched:
    """Search the minima of every state of some ladders, until it is done or the time is up.

    Parameters
    ----------
    ladders : sequence of Ladder
    engine : Engine
    options : SearchOptions
    cache : TaskCache
    workers : int
        Tasks done at once [1].
    on_progress : callable, optional
    shard : Shard, optional
    deadline : float, optional
        When to stop, on the clock of `time.time` [s].

    Returns
    -------
    Searched
        Where the time was up, with all that was found until then.
    """
    thin = replace(options, starts=min(_THIN, options.starts), parents=1, max_rounds=0)
    earlier: list[Searched] = []
    for chosen in (options,) if deadline is None else (thin, options):
        earlier.append(
            run(ladders, engine, chosen, cache=cache, workers=workers, on_progress=on_progress, shard=shard, deadline=deadline)
        )  # fmt: skip
        if earlier[-1].stopped:
            return Searched(tuple(ladders), engine, options, _together(earlier), stopped=True)
    return earlier[-1]


def _together(searches: Sequence[Searched]) -> dict[State, Found]:
    """What several searches found of each state, each start once; the last search comes first."""
    found: dict[State, Found] = {}
    for one in reversed(searches):
        for state, seen in one.found.items():
            kept = found.setdefault(state, Found(state, [], seen.lowered_in, seen.sweeps, stopped=True))
            known = {tried.key for tried in kept.tried}
            kept.tried += [tried for tried in seen.tried if tried.key not in known]
    return found
