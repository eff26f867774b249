"""Every cycle cycled, in blocks."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from dualion.models.ageing.course import Checkpoint, Course, OnProgress, Part
from dualion.models.ageing.inner import Inner, Snapshot
from dualion.models.ageing.rows import living
from dualion.models.fast import cycling
from dualion.models.outputs import Array

#: Why a life ends before its time.
WORN_OUT, FAILED = "worn out", "failed"


def cycle_directly(
    inner: Inner,
    course: Course,
    last: int,
    *,
    curves_at: Collection[int] = (),
    checkpoint: Checkpoint | None = None,
    on_progress: OnProgress | None = None,
) -> None:
    """Cycle on to a last cycle, and have each block kept.

    Parameters
    ----------
    inner : Inner
    course : Course
        Goes on in place.
    last : int
        [1]
    curves_at : collection of int
        [1] cycles whose curves are wanted.
    checkpoint, on_progress : callable, optional
    """
    while course.done < last and not course.ended:
        count = min(inner.block - course.done % inner.block, last - course.done)
        part = stretch(inner, course.snapshot, course.done, count, curves_at=curves_at)
        course.add(part, course.done + part.cycles.size, checkpoint)
        if on_progress is not None:
            on_progress(course.done, last, f"{course.done} of {last} cycles")


def stretch(inner: Inner, snapshot: Snapshot, done: int, count: int, *, curves_at: Collection[int]) -> Part:
    """Some cycles in a row.

    Parameters
    ----------
    inner : Inner
    snapshot : Snapshot
        After ``done`` [1] cycles.
    count : int
        [1]
    curves_at : collection of int
        [1] cycles whose curves are wanted.

    Returns
    -------
    Part
    """
    tables: list[Array] = [np.zeros((0, cycling.COLUMNS))]
    curves: dict[int, dict[str, Array]] = {}
    ended, at, last = "", done, done + count
    while at < last and not ended:
        if at + 1 in curves_at:
            curves[at + 1] = inner.curve(snapshot)
        stop = min([last, *(cycle - 1 for cycle in curves_at if cycle - 1 > at)])
        table, snapshot = inner.run(snapshot, stop - at)
        alive = living(table)
        if alive < stop - at:
            ended = WORN_OUT if alive < table.shape[0] else FAILED
        tables.append(table[:alive])
        at += alive
    return Part(np.arange(done + 1.0, at + 1.0), np.concatenate(tables), snapshot, curves, ended)
