"""``dualion carbon react``: oxidation against hydrogenation of a nitrogen at an edge, with and without zinc."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from dualion.cli.options import JsonOutput
from dualion.cli.output import columns_of, emit, say

if TYPE_CHECKING:
    from dualion.atoms.engines.base import Engine
    from dualion.atoms.structure import Structure

LAST: Final = "reactions.json"
_TASKS = "tasks"
_NONE = "none"
_USUAL_ZINC = (_NONE, "acetate")
_BARE_STARTS = 6  # [1] of the three states of a site
_MOLECULE_STARTS = 3  # [1] of hydrogen and water
_STATES = 3  # [1] of a site that holds zinc


def react(
    edge: Annotated[list[str] | None, typer.Option("--edge", metavar="zigzag|armchair", help="May be repeated; both if not given.")] = None,
    zinc: Annotated[
        list[str] | None,
        typer.Option(
            "--zinc", metavar="none|acetate|chloride|water", help="Ligands of zinc, may be repeated; none and acetate if not given."
        ),
    ] = None,
    size: Annotated[
        str, typer.Option("--size", metavar="X,Y", help="Edges of the flake along zigzag and armchair [angstrom].")
    ] = "10,11.5",
    centre: Annotated[str, typer.Option("--centre", metavar="ring|bond", help="What stands in the middle of the flake.")] = "ring",
    engine: Annotated[str, typer.Option("--engine", metavar="NAME", help="What relaxes: gfn1, gfn2, pyscf, ...")] = "gfn1",
    starts: Annotated[int, typer.Option("--starts", metavar="N", min=1, help="Starts of each species with zinc.")] = 3,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the starts: the same seed gives the same files.")] = 0,
    fmax: Annotated[float, typer.Option("--fmax", metavar="F", help="Largest force at a minimum [eV/angstrom].")] = 0.02,
    workers: Annotated[int | None, typer.Option("--workers", metavar="N", min=1, help="Processes.", show_default="all cores")] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Output folder.")] = Path("carbon-reactions"),
    as_json: JsonOutput = False,
) -> None:
    """Oxidise and hydrogenate a pyridinic nitrogen against water and hydrogen, without zinc and where it holds zinc.

    Writes reactions.json, reactions.csv, the minima and a figure; the energies are electronic ones. Finished relaxations are kept in the
    folder: the same command goes on from there.
    """
    from dualion.atoms.building.flake import flake
    from dualion.atoms.desolvation.request import cuts_written
    from dualion.atoms.engines.registry import engine_flags, engine_named
    from dualion.atoms.reactions.document import document
    from dualion.store import publish

    edges, ligands, (cut,) = _edges(edge), _ligands(zinc), cuts_written((size,), (centre,))
    chosen = engine_named(engine)
    request = {
        "edges": edges, "zinc": ligands, "flake": cut.name, "engine": engine, "starts": starts, "seed": seed, "fmax": fmax,
    }  # fmt: skip
    sets = _computed(flake(cut), request, chosen, workers=workers, folder=out)
    made = document(sets, request, engine_flags(chosen))
    written = _files(sets, made)
    publish(out, written, last=LAST)
    if as_json:
        emit({**made, "folder": str(out)})
    else:
        say([*_lines(made), "", f"{len(written)} files: {out}"])


def _edges(written: Sequence[str] | None) -> list[str]:
    from dualion.atoms.reactions.nitrogen import EDGES
    from dualion.errors import SpecError

    for name in written or ():
        if name not in EDGES:
            raise SpecError(f'--edge: "{name}" is not an edge. Write {" or ".join(EDGES)}.')
    return list(dict.fromkeys(written or EDGES))


def _ligands(written: Sequence[str] | None) -> list[str]:
    """What is asked for with zinc; the bare site comes first, for every set with zinc holds it."""
    from dualion.atoms.reactions.reagents import LIGANDS
    from dualion.errors import SpecError

    for name in written or ():
        if name not in (_NONE, *LIGANDS):
            raise SpecError(f'--zinc: "{name}" is not a ligand of zinc here. Write one of {_NONE}, {", ".join(LIGANDS)}.')
    asked = dict.fromkeys(written or _USUAL_ZINC)
    return sorted(asked, key=(_NONE, *LIGANDS).index)


def _computed(carbon: Structure, request: Mapping[str, Any], engine: Engine, *, workers: int | None, folder: Path) -> list[dict[str, Any]]:
    """Relax in worker processes, and say how far it is."""
    import os

    from dualion.atoms.reactions.nitrogen import compute, nitrogen_at
    from dualion.atoms.search.relaxer import in_pool
    from dualion.cli.progress import shown
    from dualion.store.tasks import TaskFolder

    nitrogens = [nitrogen_at(carbon, edge) for edge in request["edges"]]
    done, total, sets = 0, _most(request), []
    with TaskFolder(folder / _TASKS) as cache, shown() as on_progress:

        def on_outcome(outcome: str) -> None:
            nonlocal done
            done += 1
            on_progress(done, max(done, total), f"relaxations, the last one {outcome}")

        number, fmax = workers or os.cpu_count() or 1, request["fmax"]
        with in_pool(engine, workers=number, fmax=fmax, cache=cache, on_outcome=on_outcome) as relaxer:
            for nitrogen in nitrogens:
                for ligand in request["zinc"]:
                    found = compute(
                        nitrogen,
                        engine,
                        ligand=None if ligand == _NONE else ligand,
                        starts=request["starts"],
                        seed=request["seed"],
                        fmax=fmax,
                        relaxer=relaxer,
                    )
                    sets.append(found.document())
    return sets


def _most(request: Mapping[str, Any]) -> int:
    """Relaxations of a run that begins [1]."""
    ligands = [ligand for ligand in request["zinc"] if ligand != _NONE]
    at_an_edge: int = _BARE_STARTS + _STATES * request["starts"] * len(ligands)
    return _MOLECULE_STARTS + len(ligands) + at_an_edge * len(request["edges"])


def _files(sets: Sequence[Mapping[str, Any]], made: Mapping[str, Any]) -> dict[str, bytes]:
    """Everything that is written beside the tasks, by name."""
    import json

    from dualion.atoms.reactions.document import frames, reactions_csv
    from dualion.atoms.reactions.figure import reaction_figure
    from dualion.figures.render import render

    files = {"reactions.csv": reactions_csv(made).encode(), "minima.extxyz": frames(sets).encode()}
    figure = reaction_figure(made)
    if figure is not None:
        files |= {f"reactions.{form}": drawn for form, drawn in render(figure, formats=("svg", "png", "pdf")).items()}
    return files | {LAST: (json.dumps(made, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()}


def _lines(made: Mapping[str, Any]) -> list[str]:
    """The table of the terminal, and what follows from it."""
    from dualion.atoms.reactions.document import AFTERWARDS, case_rows

    rows = [("edge", "zinc", "zinc afterwards", "oxidation/eV", "hydrogenation/eV", "difference/eV")]
    for row in case_rows(made):
        energies = (row["oxidation_eV"], row["hydrogenation_eV"], row["difference_eV"])
        rows.append(
            (row["edge"], row["zinc"], AFTERWARDS[row["case"]], *("withheld" if one is None else f"{one:+.2f}" for one in energies))
        )
    level = made["level"]
    heading = f"Reactions at nitrogen of flake {made['request']['flake']}, {level['method']} ({level['engine']} {level['version']})"
    notes = [f"{flag['code']}: {flag['message']}" for flag in made["flags"]]
    return [heading, "", *columns_of(rows), "", made["statement"], "", *notes]
