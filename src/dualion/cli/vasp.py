"""``dualion vasp write`` and ``dualion vasp read``: the files of a licensed program, written and read without it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dualion.cli.options import JsonOutput
from dualion.cli.output import FAILED, emit, say

if TYPE_CHECKING:
    from dualion.atoms.structure import Structure
    from dualion.atoms.vasp.folder import Outcome
    from dualion.errors import ReadError

_ABOUT = "Write the inputs of VASP runs and read their outputs; neither needs a licence."
_NO_ION = "none"

_Structure = Annotated[
    Path | None, typer.Argument(metavar="STRUCTURE", help="Extended XYZ, XYZ or POSCAR; or give --motif.", show_default=False)
]
_Motif = Annotated[str | None, typer.Option("--motif", metavar="KIND", help="Build the state: bare, or a nitrogen motif such as oxN_zz.")]
_Ion = Annotated[str, typer.Option("--ion", metavar="SYMBOL", help="Of the state to build: Na, Li, K or none.")]
_Solvent = Annotated[
    list[str] | None, typer.Option("--solvent", metavar="NAME=N", help="Of the state to build, such as EC=3; may be repeated.")
]
_Charge = Annotated[int | None, typer.Option("--charge", metavar="Q", help="Total charge, such as +1. Needed unless the file says it.")]
_Multiplicity = Annotated[
    int | None, typer.Option("--multiplicity", metavar="N", min=1, help="2S+1.", show_default="of the file, or the lowest")
]
_Potential = Annotated[
    list[str] | None, typer.Option("--potential", metavar="X=NAME", help="PAW potential of an element; Na=Na_pv if not given.")
]
_Variant = Annotated[str, typer.Option("--variant", metavar="NAME", help="Dispersion: none, or d3bj.")]
_Spin = Annotated[str, typer.Option("--spin", metavar="NAME", help="fixed at the multiplicity, or free.")]
_Box = Annotated[float, typer.Option("--box", metavar="L", help="Edge of the cubic cell in angstrom.")]
_Cutoff = Annotated[float, typer.Option("--cutoff", metavar="E", help="Of the plane waves in eV.")]
_Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the random start that is built.")]
_Name = Annotated[str | None, typer.Option("--name", metavar="TEXT", help="Of the state.", show_default="what it is made of")]
_Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Output folder.", show_default="dualion-vasp")]
_Folders = Annotated[
    list[Path] | None, typer.Argument(metavar="DIR...", help="Folders in which VASP ran, or output files.", show_default=False)
]
_Before = Annotated[Path | None, typer.Option("--before", metavar="DIR", help="Of a step: the state that loses a molecule.")]
_After = Annotated[Path | None, typer.Option("--after", metavar="DIR", help="Of a step: the state without it.")]
_Released = Annotated[Path | None, typer.Option("--released", metavar="DIR", help="Of a step: the molecule alone.")]
_ReadOut = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Also write results.json and the states where their runs left them.")
]

app = typer.Typer(name="vasp", help=_ABOUT, no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    """Write the inputs of VASP runs and read their outputs."""


@app.command()
def write(
    structure: _Structure = None,
    motif: _Motif = None,
    ion: _Ion = "Na",
    solvent: _Solvent = None,
    charge: _Charge = None,
    multiplicity: _Multiplicity = None,
    potential: _Potential = None,
    variant: _Variant = "none",
    spin: _Spin = "fixed",
    box: _Box = 30.0,
    cutoff: _Cutoff = 450.0,
    seed: _Seed = 0,
    name: _Name = None,
    out: _Out = None,
    as_json: JsonOutput = False,
) -> None:
    """Write INCAR, KPOINTS, POSCAR, POTCAR.spec and dualion.json of one state; the potentials themselves are yours to add."""
    from dualion.atoms.vasp.inputs import inputs_of
    from dualion.atoms.vasp.potentials import chosen
    from dualion.atoms.vasp.settings import Settings
    from dualion.atoms.vasp.state_file import STATE_FILE
    from dualion.cli.vasp_output import written_document, written_lines
    from dualion.store import publish

    settings = Settings(box=box, cutoff=cutoff, variant=variant, spin=spin, potentials=chosen(potential or ()))
    if (structure is None) == (motif is None):
        raise _spec("vasp write: give either a file of a structure or --motif, such as --motif oxN_zz --solvent EC=3.")
    if structure is not None:
        if solvent:
            raise _spec("--solvent: the file holds its solvents already. Leave it out, or build the state with --motif.")
        found, carbon = _read_structure(structure, charge, multiplicity), None
    else:
        found, carbon = _built(motif or "", ion, solvent or (), charge, multiplicity, seed), motif
    written = inputs_of(name or _name_of(found, carbon), found, settings)
    folder = out or Path("dualion-vasp")
    publish(folder, written.files, last=STATE_FILE)
    if as_json:
        emit(written_document(written, folder))
    else:
        say(written_lines(written, folder))


@app.command()
def read(
    folders: _Folders = None,
    before: _Before = None,
    after: _After = None,
    released: _Released = None,
    out: _ReadOut = None,
    as_json: JsonOutput = False,
) -> None:
    """Say what each run gave and whether it may be used; with --before, --after and --released the energy of that step."""
    from dualion.atoms.vasp.step import mixed_potentials, step_energy
    from dualion.cli.vasp_output import RESULTS, read_document, read_files, read_lines, step_lines
    from dualion.errors import ReadError
    from dualion.store import publish

    roles = [path for path in (before, after, released) if path is not None]
    if len(roles) not in (0, 3):
        raise _spec("vasp read: a step has three runs. Give --before, --after and --released.")
    paths = [*(folders or ()), *roles]
    outcomes = _outcomes(paths, needed=roles)
    usable = [one for one in outcomes if not isinstance(one, ReadError)]
    mixed = mixed_potentials(usable)
    if not as_json:
        say(read_lines(paths, outcomes, mixed))
    step = step_energy(*usable[-3:]) if roles else None
    document = read_document(paths, outcomes, mixed, step)
    if out is not None:
        publish(out, read_files(document, usable), last=RESULTS)
    if as_json:
        emit(document)
    else:
        say([*(() if step is None else step_lines(step)), *(() if out is None else (f"Written: {out}",))])
    if len(usable) < len(outcomes):
        raise typer.Exit(FAILED)


def _outcomes(paths: Sequence[Path], *, needed: Sequence[Path]) -> list[Outcome | ReadError]:
    """What each folder holds; one that cannot be read stands as its error where the others do not need it."""
    from dualion.atoms.vasp.folder import read_outcome
    from dualion.errors import ReadError

    if not paths:
        raise _spec("vasp read: name at least one folder in which VASP ran.")
    found: list[Outcome | ReadError] = []
    for path in paths:
        try:
            found.append(read_outcome(path))
        except ReadError as problem:
            if len(paths) == 1 or path in needed:
                raise
            found.append(problem)
    return found


def _spec(problem: str) -> Exception:
    from dualion.errors import SpecError

    return SpecError(problem)


def _read_structure(path: Path, charge: int | None, multiplicity: int | None) -> Structure:
    from dualion.atoms.reading.structure import read_structure

    return read_structure(path, charge=charge, multiplicity=multiplicity)


def _built(kind: str, ion: str, solvents: Sequence[str], charge: int | None, multiplicity: int | None, seed: int) -> Structure:
    """A start of a state from what it is made of."""
    from dataclasses import replace

    import numpy as np

    from dualion.atoms.building.flake import flake
    from dualion.atoms.building.motifs import motif
    from dualion.atoms.building.place import Composition, placed
    from dualion.atoms.building.species import solvents_written

    if charge is None:
        raise _spec("--charge: the charge of the state is missing, and VASP takes a cell as neutral. Write --charge +1 for one cation.")
    carbon = None if kind == "bare" else motif(flake(), kind)
    shell = tuple(solvent for solvent, count in solvents_written(solvents) for _ in range(1 if count is None else count))
    composition = Composition(carbon, "" if ion == _NO_ION else ion, shell, charge)
    if carbon is None and not composition.ion and not composition.solvents:
        raise _spec("--motif bare: nothing is left of the state. Name an ion or one solvent.")
    start = placed(composition, np.random.default_rng(seed))
    return start if multiplicity is None else replace(start, multiplicity=multiplicity)


def _name_of(structure: Structure, carbon: str | None) -> str:
    """Such as ``oxN_zz + Na+(EC)3``; a carbon of the user goes by its formula."""
    from dualion.atoms.building.motifs import motif_name
    from dualion.atoms.building.species import IONS
    from dualion.atoms.search.states import BARE, State
    from dualion.atoms.structure import CARBON, formula

    labels = structure.labels
    if CARBON not in labels:
        kind = BARE
    elif carbon is not None:
        kind = motif_name(carbon)
    else:
        atoms = structure.atoms_of(labels.index(CARBON))
        kind = formula(tuple(structure.symbols[index] for index in atoms))
    ions = [label for label in labels if label in IONS]
    solvents = tuple(sorted(label for label in labels if label != CARBON and label not in ions[:1]))
    return State(kind, ions[0] if ions else "", solvents, structure.charge).name
