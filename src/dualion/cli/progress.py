"""Progress on standard error: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OnProgress = Callable[[int, int, str], None]


@contextmanager
def shown() -> Iterator[OnProgress]:
    """Show the progress of a run.

    Yields
    ------
    callable
        ``on_progress(done, total, message)``: how many parts [1] are done, of how many [1], and what is being done.
    """
    if sys.stderr.isatty():
        with _bar() as on_progress:
            yield on_progress
    else:
        yield _line_writer()


def _line_writer() -> OnProgress:
    last = ""

    def on_progress(done: int, total: int, message: str) -> None:
        nonlocal last
        line = f"[{done:{len(str(total))}d}/{total}] {message}"
        if line != last:
            print(line, file=sys.stderr, flush=True)
        last = line

    return on_progress


@contextmanager
def _bar() -> Iterator[OnProgress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        task = display.add_task("starting", total=None)

        def on_progress(done: int, total: int, message: str) -> None:
            display.update(task, completed=done, total=total, description=message)

        yield on_progress
