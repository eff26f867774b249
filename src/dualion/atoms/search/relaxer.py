"""Many structures relaxed by one engine: one after the other in this process, or in worker processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dualion.atoms.engines.base import Engine
from dualion.atoms.relax import FMAX, Relaxed, relax
from dualion.atoms.structure import Structure

if TYPE_CHECKING:
    from dualion.atoms.tasks import TaskCache

#: Takes structures and gives what became of each, in their order.
Relaxer = Callable[[Sequence[Structure]], Sequence[Relaxed]]
#: Told the outcome of each relaxation when it is done.
OnOutcome = Callable[[str], None]


def in_process(engine: Engine, *, fmax: float = FMAX) -> Relaxer:
    """A relaxer that works in this process.

    Parameters
    ----------
    engine : Engine
    fmax : float
        Largest force on an atom of a minimum [eV/angstrom].

    Returns
    -------
    callable
    """

    def relaxed(structures: Sequence[Structure]) -> list[Relaxed]:
        return [relax(structure, engine, fmax=fmax) for structure in structures]

    return relaxed


@contextmanager
def in_pool(
    engine: Engine, *, workers: int, fmax: float = FMAX, cache: TaskCache | None = None, on_outcome: OnOutcome | None = None
) -> Iterator[Relaxer]:
    """A relaxer with worker processes of one thread each; equal starts are relaxed once, those in the cache not again.

    Parameters
    ----------
    engine : Engine
    workers : int
        [1]
    fmax : float
        Largest force on an atom of a minimum [eV/angstrom].
    cache : TaskCache, optional
        Where finished relaxations are kept; in memory if not given.
    on_outcome : callable, optional
        Told the outcome of each relaxation that was not in the cache.

    Yields
    ------
    callable
    """
    from dualion.atoms.search.pool import Shard, do, hired
    from dualion.atoms.tasks import MemoryCache, Task, relaxed_from

    kept = MemoryCache() if cache is None else cache
    with hired(workers, None) as executor:

        def relaxed(structures: Sequence[Structure]) -> list[Relaxed]:
            records = do(
                [Task(structure, engine, fmax) for structure in structures],
                cache=kept,
                executor=executor,
                workers=workers,
                on_done=lambda _, record: on_outcome(record["outcome"]) if on_outcome else None,
                shard=Shard(),
                deadline=None,
            )
            return [relaxed_from(record) for record in records]

        yield relaxed
