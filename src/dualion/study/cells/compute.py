"""The tasks of a plan, run: from the store where they were done before, else in worker processes, each kept as soon as it is done.

A killed run starts again where it stopped. A task that fails takes with it the tasks that need it, and nothing else.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dualion.errors import DualionError
from dualion.models.engines import DEFAULT_ENGINE, engine_named
from dualion.records.json import to_plain
from dualion.store import Store
from dualion.study.cells.plan import METHOD_VERSION, Task
from dualion.study.cells.tasks import perform, prepare, settled

OnProgress = Callable[[int, int, str], None]

#: Libraries whose versions a stored result depends on.
LIBRARIES = ("numba", "pybamm", "casadi", "numpy", "scipy")
#: Those of them that belong to one engine, by how its name begins.
_ENGINE_LIBRARIES = {"fast": ("numba",), "pybamm": ("pybamm", "casadi")}
#: Parts of this package whose text a stored result depends on.
_SOURCES = ("models", "numerics", "records")
_PACKAGE = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Computed:
    """What came of the tasks on an engine: an outcome by name, or the reason code and detail of why there is none."""

    outcomes: Mapping[str, Mapping[str, Any]]
    failures: Mapping[str, tuple[str, str]]
    engine: str = DEFAULT_ENGINE


def compute(tasks: Sequence[Task], *, store: Store, workers: int, on_progress: OnProgress, engine: str = DEFAULT_ENGINE) -> Computed:
    """Run tasks.

    Parameters
    ----------
    tasks : sequence of Task
        Each after those that it needs.
    store : Store
    workers : int
        [1] processes; with 1 the tasks run in this one.
    on_progress : callable
        ``on_progress(done, total, message)``.
    engine : str
        See ``engines.engine_named``.

    Returns
    -------
    Computed

    Raises
    ------
    SpecError
        There is no such engine.
    """
    engine = engine_named(engine)
    if engine != "fast" and find_spec("pybamm") is None:
        reason = ("extra-missing", 'PyBaMM is not installed. Install it with: pip install "dualion[cells]", or use the engine "fast"')
        return Computed({}, {task.name: reason for task in tasks}, engine)
    state = _State(list(tasks), store, on_progress, engine)
    state.collect_stored()
    if state.left and engine == "fast":
        # compiled here and kept on disk, so that several processes do not each compile it
        on_progress(len(state.outcomes), state.total, "compiling the fast engine (once)")
        prepare(engine, next(iter(state.left.values())).cell)
    if state.left:
        with _performers(workers) as submit:
            state.run(submit, workers)
    # in the order of the plan, not in that in which workers happened to finish
    outcomes = {task.name: state.outcomes[task.name] for task in tasks if task.name in state.outcomes}
    return Computed(outcomes, state.failures, engine)


class _State:
    """Which tasks are done, failed and left."""

    def __init__(self, tasks: list[Task], store: Store, on_progress: OnProgress, engine: str) -> None:
        self.left = {task.name: task for task in tasks}
        self.store, self.on_progress, self.engine = store, on_progress, engine
        self.outcomes: dict[str, Mapping[str, Any]] = {}
        self.failures: dict[str, tuple[str, str]] = {}
        self.total = len(tasks)

    def key(self, task: Task) -> str:
        """Key of a task in the store; what it needs must be done."""
        inputs = {
            "task": to_plain(task),
            "cell": to_plain(settled(task, self.outcomes)),
            "engine": self.engine,
            "software": _software(self.engine),
            "method": METHOD_VERSION,
        }
        return self.store.key("cell_model", inputs)

    def collect_stored(self) -> None:
        """Take what the store has, as far as the needs of each task are met."""
        for task in list(self.left.values()):
            if all(need.task in self.outcomes for need in task.needs):
                found = self.store.get(self.key(task))
                if found is not None:
                    self.finish(task, found)

    def finish(self, task: Task, outcome: Mapping[str, Any]) -> None:
        """Keep what a task gave."""
        self.outcomes[task.name] = outcome
        del self.left[task.name]
        self.on_progress(len(self.outcomes) + len(self.failures), self.total, task.label)

    def fail(self, task: Task, reason: str, detail: str) -> None:
        """Keep why a task gave nothing, and with it every task that needs it."""
        self.failures[task.name] = (reason, detail)
        self.left.pop(task.name, None)
        for other in list(self.left.values()):
            if any(need.task == task.name for need in other.needs):
                self.fail(other, reason, f"{task.name}: {detail}")
        self.on_progress(len(self.outcomes) + len(self.failures), self.total, f"failed: {task.label}")

    def run(self, submit: Callable[..., Future[dict[str, Any]]], workers: int) -> None:
        """Perform what is left, ``workers`` [1] tasks at once."""
        running: dict[Future[dict[str, Any]], Task] = {}
        while self.left:
            busy = {task.name for task in running.values()}
            ready = [t for t in self.left.values() if t.name not in busy and all(need.task in self.outcomes for need in t.needs)]
            for task in ready[: max(workers - len(running), 0)]:
                found = self.store.get(self.key(task))
                if found is not None:
                    self.finish(task, found)
                else:
                    given = {need.task: self.outcomes[need.task] for need in task.needs}
                    running[submit(perform, task, given, self.engine)] = task
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                self.settle(running.pop(future), future)

    def settle(self, task: Task, future: Future[dict[str, Any]]) -> None:
        """Take the result of a task that ended."""
        try:
            outcome = future.result()
        except BrokenProcessPool:
            self.fail(task, "solve-error", "a worker process was ended from outside")
        except DualionError as error:
            self.fail(task, "solve-error", str(error).splitlines()[0])
        else:
            key = self.key(task)
            self.store.put(key, outcome)
            # as the store gives it, so that a first run and a later one see the same, down to the order of keys
            self.finish(task, self.store.get(key) or outcome)


@contextmanager
def _performers(workers: int) -> Iterator[Callable[..., Future[dict[str, Any]]]]:
    if workers == 1:
        yield _in_this_process
        return
    workforce = _Workforce(workers)
    try:
        yield workforce.submit
    finally:
        workforce.pool.shutdown(cancel_futures=True)


class _Workforce:
    """A pool of processes that is replaced when one of them was ended from outside: what still waits is then done by the next."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.pool = self._hired()

    def _hired(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.workers, mp_context=multiprocessing.get_context("spawn"))

    def submit(self, work: Callable[..., dict[str, Any]], *arguments: Any) -> Future[dict[str, Any]]:
        try:
            return self.pool.submit(work, *arguments)
        except BrokenProcessPool:
            self.pool.shutdown(wait=False)
            self.pool = self._hired()
            return self.pool.submit(work, *arguments)


def _in_this_process(work: Callable[..., dict[str, Any]], *arguments: Any) -> Future[dict[str, Any]]:
    future: Future[dict[str, Any]] = Future()
    try:
        future.set_result(work(*arguments))
    except DualionError as error:
        future.set_exception(error)
    return future


@lru_cache(maxsize=4)
def _software(engine: str) -> dict[str, str]:
    """Versions of an engine's libraries and a digest of our own sources: a stored result is never older than the code that reads it."""
    found = {}
    for library in (*_ENGINE_LIBRARIES[engine.partition("-")[0]], "numpy", "scipy"):
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "absent"
    text = sha256()
    for part in _SOURCES:
        for file in sorted((_PACKAGE / part).rglob("*.py")):
            text.update(str(file.relative_to(_PACKAGE)).encode() + file.read_bytes())
    text.update((_PACKAGE / "study" / "cells" / "tasks.py").read_bytes())
    return {**found, "sources": text.hexdigest()}
