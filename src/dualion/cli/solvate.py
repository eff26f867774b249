"""``dualion solvate``: shells of solvents around an ion, alone or at a carbon, with their energies if asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dualion.cli.options import JsonOutput
from dualion.cli.output import emit, say
from dualion.cli.solvate_options import (
    SALT,
    STARTS,
    Carbon,
    Charge,
    Coordinations,
    Electrolyte,
    Energies,
    EngineName,
    Folder,
    Ion,
    LargestForce,
    Salt,
    Seed,
    Solvents,
    StartCount,
    Workers,
)

if TYPE_CHECKING:
    from dualion.atoms.building.place import Composition
    from dualion.atoms.building.species import Solvent
    from dualion.atoms.engines.base import Engine
    from dualion.atoms.solvation import Solvation
    from dualion.atoms.structure import Structure

_BOTH = (4, 6)  # [1] ligands of the shells of Fig. S26
_MOST_SHELLS = 100  # [1] compositions of one run
_TASKS = "tasks"


def solvate(
    solvent: Solvents = None,
    ion: Ion = "Na",
    on: Carbon = None,
    coordination: Coordinations = None,
    electrolyte: Electrolyte = None,
    salt: Salt = SALT,
    starts: StartCount = STARTS,
    energies: Energies = False,
    engine: EngineName = "gfn1",
    charge: Charge = None,
    fmax: LargestForce = 0.02,
    seed: Seed = 0,
    workers: Workers = None,
    out: Folder = Path("solvates"),
    as_json: JsonOutput = False,
) -> None:
    """Build shells of solvents around an ion, and compute what holds them together.

    Writes every start as extended XYZ, with --energies the minima too, and solvates.json. Finished relaxations are kept in the folder: the
    same command goes on from there.
    """
    from dualion.atoms.building.shells import parts_of, per_ion
    from dualion.atoms.building.shells import starts as starts_of
    from dualion.atoms.engines.registry import engine_named
    from dualion.cli.solvate_output import LAST, document, files, lines
    from dualion.store import publish

    ratio = None if electrolyte is None else per_ion(parts_of(electrolyte), salt=salt)
    chosen = engine_named(engine) if energies or any(":" in one for one in solvent or ()) else None
    shells = _compositions(solvent or list(ratio or ()), coordination, ion=ion, carbon=_carbon(on), charge=charge, engine=chosen)
    begun = [starts_of(one, count=starts, seed=seed) for one in shells]
    found = _energies(shells, chosen, starts, seed=seed, fmax=fmax, workers=workers, folder=out) if energies and chosen else None
    made = document(shells, begun, found, ratio=ratio, salt=salt, carbon=on, seed=seed)
    written = files(shells, begun, found, made)
    publish(out, written, last=LAST)
    if as_json:
        emit({**made, "folder": str(out)})
    else:
        say([*lines(shells, begun, found, ratio=ratio, salt=salt), "", f"{len(written)} files: {out}"])


def _compositions(
    written: Sequence[str],
    coordination: Sequence[int] | None,
    *,
    ion: str,
    carbon: Structure | None,
    charge: int | None,
    engine: Engine | None,
) -> list[Composition]:
    """The shells that are asked for: one where numbers are given, every composition otherwise."""
    from dualion.atoms.building.place import Composition
    from dualion.atoms.building.species import IONS, solvents_written
    from dualion.errors import SpecError

    if ion not in IONS:
        raise SpecError(f'--ion: "{ion}" is not an ion of this package. Write one of {", ".join(IONS)}.')
    if not written:
        raise SpecError("--solvent: none is given. Write --solvent EC=4, or --electrolyte EC=1,DMC=1.")
    asked = [(_ready(solvent, engine), count) for solvent, count in solvents_written(written)]
    total = IONS[ion] + (0 if carbon is None else carbon.charge) if charge is None else charge
    return [Composition(carbon, ion, shell, total) for shell in _shells(asked, coordination)]


def _shells(asked: Sequence[tuple[Solvent, int | None]], coordination: Sequence[int] | None) -> list[tuple[Solvent, ...]]:
    from dualion.atoms.building.shells import POLYHEDRA, mixtures
    from dualion.errors import SpecError

    wanted = tuple(dict.fromkeys(coordination or ()))
    for number in wanted:
        if number not in POLYHEDRA:
            raise SpecError(f"--coordination: {number} has no polyhedron. Write {', '.join(str(count) for count in POLYHEDRA)}.")
    counts = [count for _, count in asked]
    if None not in counts:
        whole = sum(count or 0 for count in counts)
        if wanted and wanted != (whole,):
            raise SpecError(f"--coordination: the solvents are {whole} together. Leave it away, or change their numbers.")
        return [tuple(solvent for solvent, count in asked for _ in range(count or 0))]
    if any(count is not None for count in counts):
        raise SpecError("--solvent: some have a number and some have none. Write a number for every solvent, such as EC=4, or for none.")
    by_name = {solvent.name: solvent for solvent, _ in asked}
    names = [names for count in wanted or _BOTH for names in mixtures(list(by_name), count)]
    if len(names) > _MOST_SHELLS:
        raise SpecError(f"--solvent: {len(by_name)} solvents give {len(names)} shells. Give at most three, or numbers, such as EC=4.")
    return [tuple(by_name[name] for name in shell) for shell in names]


def _ready(solvent: Solvent, engine: Engine | None) -> Solvent:
    """A solvent given by its SMILES is relaxed; those of the package are minima already."""
    from dualion.atoms.building.smiles import relaxed
    from dualion.atoms.building.species import bundled

    return solvent if engine is None or solvent.name in bundled() else relaxed(solvent, engine)


def _carbon(written: str | None) -> Structure | None:
    """A motif on the default flake, or a carbon from a file."""
    from dualion.atoms.building.flake import flake
    from dualion.atoms.building.motifs import motif
    from dualion.atoms.export import read_structure
    from dualion.errors import SpecError

    if written is None:
        return None
    if not Path(written).suffix and not Path(written).is_file():
        return motif(flake(), written)
    carbon = read_structure(written)
    if carbon.site is None or carbon.labels != ("carbon",):
        raise SpecError(f"--on: {written} is no carbon with a site for the ion. Make one with dualion carbon build --graft {written}.")
    return carbon


def _energies(
    shells: Sequence[Composition], engine: Engine, starts: int, *, seed: int, fmax: float, workers: int | None, folder: Path
) -> Solvation:
    """Relax in worker processes, and say how far it is."""
    import os

    from dualion.atoms.search.relaxer import in_pool
    from dualion.atoms.solvation import solvate as solvated
    from dualion.cli.progress import shown
    from dualion.store.tasks import TaskFolder

    done = 0
    with TaskFolder(folder / _TASKS) as cache, shown() as on_progress:

        def on_outcome(outcome: str) -> None:
            nonlocal done
            done += 1
            on_progress(done, max(done, starts * len(shells)), f"relaxations, the last one {outcome}")

        with in_pool(engine, workers=workers or os.cpu_count() or 1, fmax=fmax, cache=cache, on_outcome=on_outcome) as relaxer:
            return solvated(shells, engine, count=starts, seed=seed, fmax=fmax, relaxer=relaxer)
