"""Options of ``dualion desolvate``, and what they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dualion.atoms.desolvation.document import Asked
    from dualion.atoms.engines.base import Engine
    from dualion.atoms.search.options import Ladder, SearchOptions
    from dualion.atoms.search.pool import Shard
    from dualion.atoms.structure import Structure

MotifNames = Annotated[
    list[str] | None,
    typer.Option("--motif", metavar="NAMES", help="bare, pristine, oxN_zz or oxidised-zigzag, ...; a list between commas, or all."),
]
Ladders = Annotated[
    list[str] | None,
    typer.Option(
        "--ladder", metavar="MOTIF:M-N[:Q]", help="A ladder of one motif for itself, may be repeated: pristine:4-1, pristine:3-2:0."
    ),
]
SolventName = Annotated[str, typer.Option("--solvent", metavar="NAME[:SMILES]", help="EC, DMC, ..., or THF:C1CCOC1.")]
Step = Annotated[str | None, typer.Option("--step", metavar="M-N", help="One step, such as 3-2.")]
Top = Annotated[int | None, typer.Option("--from", metavar="M", help="Most solvents of a ladder.", show_default="6")]
Bottom = Annotated[int | None, typer.Option("--to", metavar="N", help="Fewest solvents of it.", show_default="0")]
Charges = Annotated[
    list[int] | None,
    typer.Option("--charge", metavar="Q", help="Total charge [e], may be repeated: each is a search of its own.", show_default="+1"),
]
EngineName = Annotated[str, typer.Option("--engine", metavar="NAME", help="What computes: gfn1, gfn2, pyscf, ...")]
Starts = Annotated[int, typer.Option("--starts", metavar="N", help="Random starts of each state.")]
MaxRounds = Annotated[int, typer.Option("--max-rounds", metavar="N", help="Rounds up and down the ladder after the first way down.")]
SearchSettings = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="KEY=N", help="Of the search, may be repeated: parents, grow, shakes, swaps, max_steps."),
]
Fmax = Annotated[float, typer.Option("--fmax", metavar="F", help="Largest force at a minimum [eV/angstrom].")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Of all random numbers: the same seed gives the same result.")]
Sizes = Annotated[
    list[str] | None,
    typer.Option("--size", metavar="X,Y", help="Edges of the flake [angstrom]; repeat it for a second flake.", show_default="10,11.5"),
]
Centres = Annotated[list[str] | None, typer.Option("--centre", metavar="ring|bond", help="Middle of each flake.", show_default="ring")]
OpenShell = Annotated[bool, typer.Option("--allow-open-shell", help="Take a flake whose gap is below 0.5 eV.")]
Graft = Annotated[Path | None, typer.Option("--graft", metavar="FILE", help="A carbon of your own (XYZ or POSCAR).")]
Site = Annotated[int | None, typer.Option("--site", metavar="N", help="Its atom that the ion is put next to, from 1.")]
Outward = Annotated[str | None, typer.Option("--outward", metavar="X,Y,Z", help="Direction from that atom to the ion.")]
Rerank = Annotated[
    str, typer.Option("--rerank", metavar="none|single-point|relax", help="Compute the lowest minima again with PBE-D3.")
]  # fmt: skip
PrefactorOf = Annotated[str, typer.Option("--prefactor", metavar="kT/h|NUMBER", help="Of the times [1/s].")]
Temperature = Annotated[float, typer.Option("--temperature", metavar="T", help="Of the times [K].")]
Workers = Annotated[int | None, typer.Option("--workers", metavar="N", min=1, help="Processes.", show_default="all cores")]
Share = Annotated[str | None, typer.Option("--shard", metavar="I/N", help="Do this share first: N processes may fill one folder.")]
Budget = Annotated[float | None, typer.Option("--budget", metavar="MIN", help="Stop cleanly within so many minutes.")]
Retry = Annotated[bool, typer.Option("--retry", help="Try again what did not become a minimum within its steps.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Output folder.", show_default="desolvation-SOLVENT-FROM-TO")]


SETTINGS = ("parents", "grow", "shakes", "swaps", "max_steps")


@dataclass(frozen=True, slots=True)
class Words:
    """What was written, not yet understood; ``temperature`` in K, ``charges`` in e, ``site`` counted from 1."""

    motifs: tuple[str, ...]
    solvent: str
    charges: tuple[int, ...]
    engine: str
    sizes: tuple[str, ...]
    centres: tuple[str, ...]
    allow_open_shell: bool
    graft: Path | None
    site: int | None
    outward: str | None
    rerank: str
    prefactor: str
    temperature: float
    ladders: tuple[str, ...] = ()


def asked_for(words: Words, top: int, bottom: int) -> tuple[tuple[Ladder, ...], Asked, Engine]:
    """Ladders, what their energies are turned into, and the engine.

    Parameters
    ----------
    words : Words
    top, bottom : int
        Most and fewest solvents [1].

    Returns
    -------
    tuple of (tuple of Ladder, Asked, Engine)

    Raises
    ------
    SpecError
        A word is not understood.
    MissingDependency
        The engine is not installed.
    """
    from dualion.atoms.building.species import solvent_named
    from dualion.atoms.desolvation import request
    from dualion.atoms.desolvation.document import Asked
    from dualion.atoms.desolvation.times import attempts
    from dualion.atoms.engines.registry import engine_named
    from dualion.atoms.search.states import BARE

    shared, single = request.motifs_written(words.motifs), request.ladders_written(words.ladders)
    motifs = tuple(dict.fromkeys((*shared, *(one.motif for one in single))))
    cuts = request.cuts_written(words.sizes, words.centres)
    charges, prefactor = request.charges_checked(words.charges), request.prefactor_written(words.prefactor)
    attempts(prefactor, words.temperature)
    solvent, engine = solvent_named(words.solvent), engine_named(words.engine)
    own = _own_carbon(words, [name for name in motifs if name != BARE])
    bases = request.carbons(motifs, cuts, engine=engine, allow_open_shell=words.allow_open_shell, graft=own)
    common = None if own is not None else shared
    made = request.ladders(bases, solvent, top=top, bottom=bottom, charges=charges, own=single, shared=common)
    return made, Asked(bases, words.engine, prefactor, words.temperature, words.rerank), engine


def ends(step: str | None, top: int | None, bottom: int | None) -> tuple[int, int]:
    """Most and fewest solvents of the common ladder [1]; see `request.rungs`."""
    from dualion.atoms.desolvation.request import rungs

    return rungs(step, top, bottom)


def search_options(starts: int, max_rounds: int, fmax: float, seed: int, settings: Sequence[str]) -> SearchOptions:
    """What the search tries.

    Parameters
    ----------
    starts, max_rounds : int
        Random starts of each state, rounds after the first sweep [1].
    fmax : float
        Largest force at a minimum [eV/angstrom].
    seed : int
        Of all random numbers [1].
    settings : sequence of str
        Further ones, each such as ``"parents=2"``.

    Returns
    -------
    SearchOptions

    Raises
    ------
    SpecError
        A setting is not known, or is no whole number.
    """
    from dualion.atoms.search.options import SearchOptions
    from dualion.errors import SpecError
    from dualion.records.validation import did_you_mean

    more = {}
    for setting in (part.strip() for one in settings for part in one.split(",")):
        key, _, number = (part.strip() for part in setting.partition("="))
        if key not in SETTINGS:
            raise SpecError(f'--option: "{key}" is not a setting of the search. {did_you_mean(key, SETTINGS)}')
        if not number.isdecimal():
            raise SpecError(f'--option: "{setting}" has no whole number. Write such as {key}=2.')
        more[key] = int(number)
    return SearchOptions(starts=starts, max_rounds=max_rounds, fmax=fmax, seed=seed, **more)


def shard_written(written: str | None) -> Shard:
    """The share that a word such as ``"1/3"`` means; all of it where none is written."""
    from dualion.atoms.search.pool import Shard
    from dualion.errors import SpecError

    if written is None:
        return Shard()
    index, slash, count = written.partition("/")
    if not slash or not index.strip().isdecimal() or not count.strip().isdecimal():
        raise SpecError(f'--shard: "{written}" is not a share. Write I/N with I from 1 to N, such as 1/3.')
    return Shard(int(index), int(count))


def cores() -> int:
    """Cores that this process may use [1]."""
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _own_carbon(words: Words, motifs: list[str]) -> Structure | None:
    """The carbon of the user; None where there is none."""
    from dualion.errors import SpecError

    if words.graft is None:
        if words.site is not None or words.outward is not None:
            raise SpecError("--site, --outward: only a carbon of your own needs them. Add --graft FILE, or leave them away.")
        return None
    if motifs or words.sizes or words.centres:
        raise SpecError("--graft: your carbon is taken as it is. Leave --motif (but bare), --size and --centre away.")
    if words.site is None or words.outward is None:
        raise SpecError("--graft: it needs the place of the ion. Add --site N and --outward X,Y,Z.")
    from dualion.atoms.export import graft

    try:
        x, y, z = (float(word) for word in words.outward.split(","))
    except ValueError:
        raise SpecError(f'--outward: "{words.outward}" cannot be read. Write three numbers, such as 0,1,0.') from None
    return graft(words.graft, words.site - 1, (x, y, z))
