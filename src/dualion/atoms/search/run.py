"""A search, run: its waves as tasks, their records back into it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from dualion.atoms.engines.base import Engine
from dualion.atoms.search.options import Ladder, SearchOptions
from dualion.atoms.search.pool import Shard, TimeUp, do, hired
from dualion.atoms.search.starts import Start
from dualion.atoms.search.states import Found, State, Tried
from dualion.atoms.search.sweeps import Search
from dualion.atoms.tasks import MemoryCache, Task, TaskCache, relaxed_from
from dualion.errors import SpecError

OnProgress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """What a search over some ladders found.

    Parameters
    ----------
    ladders : tuple of Ladder
    engine : Engine
    options : SearchOptions
    found : dict of State to Found
    stopped : bool
        Whether the time was up before the search ended by itself.
    """

    ladders: tuple[Ladder, ...]
    engine: Engine
    options: SearchOptions
    found: dict[State, Found]
    stopped: bool


def run(
    ladders: Sequence[Ladder],
    engine: Engine,
    options: SearchOptions | None = None,
    *,
    cache: TaskCache | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    on_progress: OnProgress | None = None,
    shard: Shard | None = None,
    deadline: float | None = None,
) -> Searched:
    """Search the minima of every state of some ladders.

    Parameters
    ----------
    ladders : sequence of Ladder
    engine : Engine
    options : SearchOptions, optional
    cache : TaskCache, optional
        Where finished tasks are kept; in memory unless given.
    executor : Executor, optional
        With the interface of `concurrent.futures`, such as that of a Dask client; local worker processes unless given.
    workers : int
        Tasks done at once [1].
    on_progress : callable, optional
        ``on_progress(done, planned, message)``.
    shard : Shard, optional
        Which tasks this process does first.
    deadline : float, optional
        When to stop, on the clock of `time.time` [s].

    Returns
    -------
    Searched

    Raises
    ------
    SpecError
        No ladder, two of one name, or no worker.
    ModelError
        A worker was ended from outside.
    """
    if workers < 1:
        raise SpecError(f"workers: {workers} is not a number of processes. Write 1 or more.")
    chosen = options or SearchOptions()
    search = Search(ladders, chosen)
    tasks: list[Task] = []
    kept = MemoryCache() if cache is None else cache
    progress = _Progress(search, on_progress, workers)
    stopped = False
    with hired(workers, deadline) if executor is None else nullcontext(executor) as pool:
        waves = search.waves()
        wave = next(waves, None)
        try:
            while wave is not None:
                tasks = [Task(start.structure, engine, chosen.fmax, chosen.max_steps) for start in wave]
                progress.begin(wave, tasks)
                records = do(
                    tasks, cache=kept, executor=pool, workers=workers, on_done=progress.done, shard=shard or Shard(), deadline=deadline
                )
                wave = _answered(waves, wave, tasks, records)
                progress.end()
        except TimeUp:
            stopped = True
            search.take(_finished(wave or [], tasks, kept))
            search.stop()
    return Searched(search.ladders, engine, search.options, search.found, stopped)


def _tried(start: Start, task: Task, record: dict[str, Any]) -> Tried:
    return Tried(task.key, start.family, start.sweep, relaxed_from(record))


def _answered(waves: Any, wave: list[Start], tasks: list[Task], records: list[dict[str, Any]]) -> list[Start] | None:
    """Send the search what became of a wave; the next wave, or None at the end."""
    try:
        following: list[Start] = waves.send([_tried(start, task, record) for start, task, record in zip(wave, tasks, records, strict=True)])
    except StopIteration:
        return None
    return following


def _finished(wave: list[Start], tasks: list[Task], cache: TaskCache) -> list[tuple[Start, Tried]]:
    """The starts of a broken wave that were finished."""
    found = []
    for start, task in zip(wave, tasks, strict=True):
        record = cache.get(task.key)
        if record is not None:
            found.append((start, _tried(start, task, record)))
    return found


class _Progress:
    """What a search shows while it runs: tasks done and planned, states and their best energies, the time that is left."""

    def __init__(self, search: Search, show: OnProgress | None, workers: int) -> None:
        self._search, self._show, self._workers = search, show, workers
        self._done = self._computed = 0
        self._begun = time.monotonic()
        self._wave: dict[str, Start] = {}
        self._size = 0

    def begin(self, wave: list[Start], tasks: list[Task]) -> None:
        self._wave = {task.key: start for task, start in zip(tasks, wave, strict=True)}
        self._size = len(wave)
        self._tell(f"sweep {wave[0].sweep}: {len(wave)} starts of {', '.join(sorted({start.state.name for start in wave}))}")

    def done(self, key: str, record: dict[str, Any]) -> None:
        self._computed += 1
        start = self._wave[key]
        energy = f"{record['energy_eV']:.3f} eV" if record["outcome"] == "accepted" else record["outcome"]
        self._tell(f"{start.state.name}: {start.family}, {energy}{self._left()}", ahead=self._computed)

    def end(self) -> None:
        self._done += self._size
        self._computed = 0

    def _left(self) -> str:
        done = self._done + self._computed
        each = (time.monotonic() - self._begun) / max(done, 1)
        minutes = each * max(self._search.planned() - done, 0) / 60.0
        return f"; at most {minutes:.0f} min left" if minutes >= 1.0 else ""

    def _tell(self, message: str, ahead: int = 0) -> None:
        if self._show is not None:
            done = self._done + ahead
            self._show(done, max(self._search.planned(), done), message)
