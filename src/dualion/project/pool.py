"""Many small jobs in worker processes: what one of them does to itself costs its own line, never the run.

Workers are spawned, not forked: threads of the libraries do not survive a fork. At most two jobs for each worker are under way. A worker
that is ended from outside takes the jobs under way with it; they are done again one at a time, so that the guilty one is known.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Generic, TypeVar

import polars as pl

from dualion.errors import DualionError

Job = TypeVar("Job")
Made = TypeVar("Made")

#: What reading and techniques may raise, on purpose or by a defect of theirs.
ERRORS: tuple[type[Exception], ...] = (
    DualionError, ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, MemoryError, OSError, RuntimeError, TypeError,
    ValueError, pl.exceptions.PolarsError,
)  # fmt: skip

#: [1] Jobs under way for each worker: the next one is there when it has finished one.
_AHEAD = 2
#: [1] Fewer jobs than this are done in this process: starting workers would take longer.
_WORTH_WORKERS = 3


@dataclass(frozen=True, slots=True)
class Ended(Generic[Made]):
    """How a job ended: what it made, or why it made nothing."""

    made: Made | None
    problem: str = ""


def perform(
    work: Callable[[Job], Made], jobs: Sequence[Job], *, workers: int, on_done: Callable[[int], None] | None = None
) -> Iterator[tuple[Job, Ended[Made]]]:
    """Do jobs, in any order.

    Parameters
    ----------
    work : callable
        Of a module, so that another process finds it.
    jobs : sequence
    workers : int
        [1] processes; with 1, or with one or two jobs, in this one.
    on_done : callable, optional
        Told the number of the job that ended.

    Yields
    ------
    tuple of job and Ended
        As they end.
    """
    ends = _here(work, jobs) if workers == 1 or len(jobs) < _WORTH_WORKERS else _there(work, jobs, workers)
    for number, ended in ends:
        if on_done is not None:
            on_done(number)
        yield jobs[number], ended


def _here(work: Callable[[Job], Made], jobs: Sequence[Job]) -> Iterator[tuple[int, Ended[Made]]]:
    for number, job in enumerate(jobs):
        try:
            ended = Ended(work(job))
        except ERRORS as problem:
            ended = Ended(None, described(problem))
        yield number, ended


def _there(work: Callable[[Job], Made], jobs: Sequence[Job], workers: int) -> Iterator[tuple[int, Ended[Made]]]:
    waiting, suspects = list(range(len(jobs))), list[int]()
    running: dict[Future[Made], int] = {}
    executor = _hired(workers)
    try:
        while waiting or suspects or running:
            room = _AHEAD * workers if waiting else 1
            while (waiting or suspects) and len(running) < room:
                number = (waiting or suspects).pop(0)
                running[executor.submit(work, jobs[number])] = number
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            if not any(isinstance(future.exception(), BrokenProcessPool) for future in done):
                yield from [(running.pop(future), _ended(future)) for future in done]
                continue
            under_way, running = sorted(running.values()), {}
            executor.shutdown(wait=False)
            executor = _hired(workers)
            if len(under_way) > 1:
                suspects += under_way
            else:
                yield under_way[0], Ended(None, "the process that worked on it was ended from outside, perhaps for want of memory")
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _hired(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def _ended(future: Future[Made]) -> Ended[Made]:
    problem = future.exception()
    return Ended(future.result()) if problem is None else Ended(None, described(problem))


def described(problem: BaseException) -> str:
    """An error in one line; one that dualion did not raise on purpose is named as a defect."""
    text = " ".join(str(problem).split())
    return text if isinstance(problem, DualionError) else f"unexpected {type(problem).__name__}: {text}. This is a defect: please report it"
