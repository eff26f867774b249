"""``dualion desolvate``: how a solvated ion sheds its solvents at a doped carbon, with an interval on every energy."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dualion.cli import desolvate_options as given
from dualion.cli.options import JsonOutput
from dualion.cli.output import DONE, FAILED, emit, say

if TYPE_CHECKING:
    from dualion.atoms.desolvation.document import Asked
    from dualion.atoms.engines.base import Engine
    from dualion.atoms.search.options import Ladder, SearchOptions
    from dualion.atoms.search.pool import Shard
    from dualion.atoms.search.run import Searched

_RESERVE, _RESERVED_SHARE = 20.0, 0.04  # [s], [1] of a budget: kept for figures and files, also where the machine is busy
_MOST_RESERVED = 0.5  # [1] of a budget


def desolvate(
    motif: given.MotifNames = None,
    ladder: given.Ladders = None,
    solvent: given.SolventName = "EC",
    step: given.Step = None,
    top: given.Top = None,
    bottom: given.Bottom = None,
    charge: given.Charges = None,
    engine: given.EngineName = "gfn1",
    starts: given.Starts = 8,
    max_rounds: given.MaxRounds = 3,
    option: given.SearchSettings = None,
    fmax: given.Fmax = 0.02,
    seed: given.Seed = 0,
    size: given.Sizes = None,
    centre: given.Centres = None,
    allow_open_shell: given.OpenShell = False,
    graft: given.Graft = None,
    site: given.Site = None,
    outward: given.Outward = None,
    rerank: given.Rerank = "none",
    prefactor: given.PrefactorOf = "kT/h",
    temperature: given.Temperature = 298.15,
    workers: given.Workers = None,
    shard: given.Share = None,
    budget: given.Budget = None,
    retry: given.Retry = False,
    out: given.Out = None,
    as_json: JsonOutput = False,
) -> None:
    """Search the minima of every state of a ladder, and give the energy of each step with its interval, time and flags.

    A search that has not converged says so. The same command goes on where it was ended; what is computed is kept in FOLDER/tasks.
    """
    deadline = _deadline(time.time(), budget)
    words = given.Words(
        tuple(motif or ()), solvent, tuple(charge or (1,)), engine, tuple(size or ()), tuple(centre or ()), allow_open_shell, graft, site,
        outward, rerank, prefactor, temperature, tuple(ladder or ()),
    )  # fmt: skip
    options = given.search_options(starts, max_rounds, fmax, seed, option or ())
    work = _Work(words, given.ends(step, top, bottom), options, workers or given.cores(), given.shard_written(shard), deadline, retry)
    raise typer.Exit(_carried_out(work, out, as_json=as_json))


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """What is to be done: ``deadline`` in s on the clock of `time.time`."""

    words: given.Words
    ends: tuple[int, int]
    options: SearchOptions
    workers: int
    share: Shard
    deadline: float | None
    retry: bool


def _deadline(begun: float, budget: float | None) -> float | None:
    """When the search must end, so that the rest of the budget [min] does for figures and files [s]."""
    from dualion.errors import SpecError

    if budget is None:
        return None
    if not 0.0 < budget < float("inf"):
        raise SpecError(f"--budget: {budget:g} minutes is no time to work in. Write a number above 0, such as 5.")
    seconds = 60.0 * budget
    return begun + seconds - min(_RESERVE + _RESERVED_SHARE * seconds, _MOST_RESERVED * seconds)


def _carried_out(work: _Work, out: Path | None, *, as_json: bool) -> int:
    """Search, write the folder and say what was found; gives the exit code."""
    from dualion.atoms.desolvation.document import document
    from dualion.atoms.desolvation.request import second_engine
    from dualion.cli.desolvate_output import RESULTS, files, lines, usable
    from dualion.store import publish

    folder = out or Path(f"desolvation-{work.words.solvent.partition(':')[0].strip()}-{work.ends[0]}-{work.ends[1]}")
    usable(folder)
    ladders, asked, engine = given.asked_for(work.words, *work.ends)
    second = second_engine(asked.rerank)
    found, asked = _searched(work, ladders, asked, (engine, second), folder)
    said = document(found, asked)
    written = files(said, found)
    publish(folder, written, last=RESULTS)
    if as_json:
        emit({**said, "folder": str(folder)})
    else:
        say(lines(said, folder, len(written)))
    return FAILED if said["complete"] and any(step["energy_eV"] is None for step in said["steps"]) else DONE


def _searched(
    work: _Work, ladders: tuple[Ladder, ...], asked: Asked, engines: tuple[Engine, Engine | None], folder: Path
) -> tuple[Searched, Asked]:
    """Search every state with the first engine, and compute the lowest minima again with the second one where there is one."""
    from dualion.atoms.desolvation.again import compute_again
    from dualion.atoms.desolvation.budget import searched
    from dualion.cli.desolvate_output import TASKS, forget_failed
    from dualion.cli.progress import shown
    from dualion.store.tasks import TaskFolder

    if work.retry:
        forget_failed(folder / TASKS)
    with TaskFolder(folder / TASKS) as cache, shown() as on_progress:
        found = searched(
            ladders, engines[0], work.options, cache=cache, workers=work.workers, on_progress=on_progress, shard=work.share,
            deadline=work.deadline,
        )  # fmt: skip
        second = engines[1]
        if second is not None:
            mode: Any = asked.rerank
            on_progress(0, 1, f"{second.level.short} of the lowest minima: {asked.rerank}")
            ranked = compute_again(
                found, second, mode=mode, cache=cache, workers=work.workers, shard=work.share, deadline=work.deadline
            )  # fmt: skip
            asked = replace(asked, reranked=ranked)
    return found, asked
