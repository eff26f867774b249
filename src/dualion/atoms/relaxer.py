"""Many structures relaxed by one engine: one after the other in this process, or in worker processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from dualion.atoms.engines.base import Engine
from dualion.atoms.relax import FMAX, Relaxed, relax
from dualion.atoms.structure import Structure

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
def in_pool(engine: Engine, *, workers: int, fmax: float = FMAX, on_outcome: OnOutcome | None = None) -> Iterator[Relaxer]:
    """A relaxer with worker processes of one thread each; equal starts are relaxed once.

    Parameters
    ----------
    engine : Engine
    workers : int
        [1]
    fmax : float
        Largest force on an atom of a minimum [eV/angstrom].
    on_outcome : callable, optional
        Told the outcome of each relaxation.

    Yields
    ------
    callable
    """
    from dualion.atoms.search.pool import Shard, do, hired
    from dualion.atoms.tasks import MemoryCache, Task, relaxed_from

    cache = MemoryCache()
    with hired(workers, None) as executor:

        def relaxed(structures: Sequence[Structure]) -> list[Relaxed]:
            records = do(
                [Task(structure, engine, fmax) for structure in structures],
                cache=cache,
                executor=executor,
                workers=workers,
                on_done=lambda _, record: on_outcome(record["outcome"]) if on_outcome else None,
                shard=Shard(),
                deadline=None,
            )
            return [relaxed_from(record) for record in records]

        yield relaxed
