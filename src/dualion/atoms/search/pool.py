"""Doing the tasks of a wave: each once, in worker processes, until all are done or the time is up.

Workers are spawned with one thread each, for two threads make an engine of this size slower. A worker ends by itself at the deadline, when
the process that started it is gone, and when that one has come upon an error, so that neither a budget nor a kill leaves anything running.
Only this process writes records.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from dualion.atoms.tasks import Job, TaskCache, perform
from dualion.errors import ModelError, SpecError

OnDone = Callable[[str, dict[str, Any]], None]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_AHEAD = 2  # [1] tasks handed out for each worker: the next is there when one ends
_LOOK = 0.5  # [s] how often a worker looks whether it should end, and this process whether another one has a record
_TIME_UP = 75  # exit code of a worker whose time was up


@dataclass(frozen=True, slots=True)
class Shard:
    """A share of the tasks.

    Parameters
    ----------
    index, count : int
        Share `index` of `count`, from 1 [1].

    Raises
    ------
    SpecError
        There is no such share.
    """

    index: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.count:
            raise SpecError(f"shard: {self.index}/{self.count} is not a share. Write I/N with I from 1 to N, such as 1/3.")

    def owns(self, key: str) -> bool:
        """Whether a task belongs to this share."""
        return int(key, 16) % self.count == self.index - 1


class TimeUp(Exception):
    """The budget is used up; what is done is kept."""


@contextmanager
def hired(workers: int, deadline: float | None) -> Iterator[Executor]:
    """A pool of worker processes.

    Parameters
    ----------
    workers : int
        [1]
    deadline : float or None
        When the workers end by themselves, on the clock of `time.time` [s].

    Yields
    ------
    Executor
    """
    kept = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))  # read by the libraries of a worker when they are loaded
    context = multiprocessing.get_context("spawn")
    line, end = context.Pipe(duplex=False)  # nothing is ever written to it: it tells that its other end was closed
    executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_watched, initargs=(os.getpid(), deadline, line))
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        end.close()  # nobody waits any more for what still runs
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _watched(parent: int, deadline: float | None, line: Connection) -> None:
    """Begin to watch, in a worker, for the end of the time and of the process that started it."""

    def watch() -> None:
        while os.getppid() == parent and (deadline is None or time.time() < deadline) and not _hung_up(line):
            pass
        os._exit(_TIME_UP)

    threading.Thread(target=watch, daemon=True).start()


def _hung_up(line: Connection) -> bool:
    """Whether the other end of a line was closed; waits a little for it."""
    try:
        return line.poll(_LOOK)
    except OSError:
        return True


def do(
    tasks: Sequence[Job], *, cache: TaskCache, executor: Executor, workers: int, on_done: OnDone, shard: Shard, deadline: float | None
) -> list[dict[str, Any]]:
    """The records of tasks, computed where the cache does not hold them.

    The tasks of this process's own share come first, then whatever nobody works on; at last it waits for what others work on.

    Parameters
    ----------
    tasks : sequence of Task or SinglePoint
    cache : TaskCache
    executor : Executor
        With the interface of `concurrent.futures`.
    workers : int
        How many tasks it does at once [1].
    on_done : callable
        Told key and record of each task that was computed here.
    shard : Shard
    deadline : float or None
        On the clock of `time.time` [s].

    Returns
    -------
    list of dict
        One for each task, in their order.

    Raises
    ------
    TimeUp
        The deadline came first; finished tasks are in the cache.
    ModelError
        A worker was ended from outside.
    """
    by_key = {task.key: task for task in tasks}
    keys = [task.key for task in tasks]
    records = {key: record for key in by_key if (record := cache.get(key)) is not None}
    left = sorted((key for key in by_key if key not in records), key=lambda key: (not shard.owns(key), keys.index(key)))
    running: dict[Future[dict[str, Any]], str] = {}
    try:
        while left or running:
            _hand_out(left, running, by_key, cache, executor, room=_AHEAD * workers, deadline=deadline)
            if running:
                _collect(running, records, cache, on_done, deadline)
            elif left:
                _look_again(left, records, cache, deadline)
    finally:
        for future, key in running.items():
            if not isinstance(executor, ProcessPoolExecutor):  # one of our own is shut down by `hired`; a broken one must not be touched
                future.cancel()
            cache.release(key)
    return [records[key] for key in keys]


def _hand_out(
    left: list[str],
    running: dict[Future[dict[str, Any]], str],
    by_key: dict[str, Job],
    cache: TaskCache,
    executor: Executor,
    *,
    room: int,
    deadline: float | None,
) -> None:
    for key in tuple(left):
        if len(running) >= room:
            return
        if cache.claim(key):
            left.remove(key)
            try:
                running[executor.submit(perform, by_key[key])] = key
            except BrokenProcessPool as problem:
                cache.release(key)
                raise _ended(deadline) from problem


def _collect(
    running: dict[Future[dict[str, Any]], str],
    records: dict[str, dict[str, Any]],
    cache: TaskCache,
    on_done: OnDone,
    deadline: float | None,
) -> None:
    remaining = None if deadline is None else max(deadline - time.time(), 0.0)
    done, _ = wait(running, timeout=remaining, return_when=FIRST_COMPLETED)
    for future in sorted(done, key=lambda one: (one.exception() is not None, running[one])):  # what was finished is kept first
        try:
            record = future.result()
        except BrokenProcessPool as problem:
            raise _ended(deadline) from problem
        key = running.pop(future)
        cache.put(key, record)
        cache.release(key)
        records[key] = record
        on_done(key, record)
    if deadline is not None and time.time() >= deadline:
        raise TimeUp


def _ended(deadline: float | None) -> TimeUp | ModelError:
    """Why the worker processes are gone."""
    if deadline is not None and time.time() >= deadline - _LOOK:
        return TimeUp()
    return ModelError("a worker process was ended from outside, perhaps for want of memory. Run the same command again to go on.")


def _look_again(left: list[str], records: dict[str, dict[str, Any]], cache: TaskCache, deadline: float | None) -> None:
    """Take the records that other processes have made; wait a little where there are none."""
    for key in tuple(left):
        record = cache.get(key)
        if record is not None:
            left.remove(key)
            records[key] = record
    if left:
        if deadline is not None and time.time() >= deadline:
            raise TimeUp
        time.sleep(_LOOK)
