"""``dualion electronic density|bader|dos``: what the electrons of a state say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dualion.cli.options import JsonOutput
from dualion.cli.output import columns_of, emit, say

if TYPE_CHECKING:
    from dualion.atoms.electronic.density import DensityDifference
    from dualion.atoms.engines.pyscf import PySCF
    from dualion.atoms.structure import Structure
    from dualion.records.figure import Figure
    from dualion.records.quantity import Flag

app = typer.Typer(help="Density differences, charges and densities of states, by density functional theory.")
_ENGINE = "pyscf"
_LATER = ("gpaw", "vasp")
_DIGITS = 3  # decimals of a charge on the screen

FileArgument = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A state: extended XYZ, XYZ or POSCAR.", show_default=False)]
ExampleOption = Annotated[str | None, typer.Option("--example", metavar="NAME", help="A built-in state instead: n-oxide.")]
ChargeOption = Annotated[int | None, typer.Option("--charge", metavar="Q", help="Total charge [e], where FILE does not say it.")]
MultiplicityOption = Annotated[int | None, typer.Option("--multiplicity", metavar="M", help="2S+1, where FILE does not say it.")]
EngineOption = Annotated[str, typer.Option("--engine", metavar="pyscf", help="Program that gives the density.")]
BasisOption = Annotated[str, typer.Option("--basis", metavar="NAME", help="Such as def2-svp, or def2-tzvp for a report.")]
GridOption = Annotated[float, typer.Option("--grid", metavar="ANGSTROM", help="Spacing of the uniform grid; 0.12 for a report.")]
OutOption = Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Output folder.", show_default="electronic-VERB")]


@dataclass(frozen=True, slots=True)
class _State:
    """What is looked at, and where its positions come from."""

    structure: Structure
    geometry: str


@app.callback(invoke_without_command=True)
def _root(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
def density(
    file: FileArgument = None,
    example: ExampleOption = None,
    charge: ChargeOption = None,
    multiplicity: MultiplicityOption = None,
    fragments: Annotated[
        str, typer.Option("--fragments", metavar="A,B", help="Parts of A, a comma, parts of B, joined by +; rest for those not named.")
    ] = "carbon,rest",
    fragment_charges: Annotated[
        str | None, typer.Option("--fragment-charges", metavar="QA,QB", help="Charges of A and B, such as 0,+1; must be given.")
    ] = None,
    fragment_multiplicities: Annotated[
        str | None, typer.Option("--fragment-multiplicities", metavar="MA,MB", help="2S+1 of A and B; the lowest that fit if not given.")
    ] = None,
    engine: EngineOption = _ENGINE,
    basis: BasisOption = "def2-svp",
    grid: GridOption = 0.2,
    out: OutOption = None,
    as_json: JsonOutput = False,
) -> None:
    """Subtract the densities of two fragments from that of the whole.

    Writes a cube file, the profile along the normal of A, what each atom gained, a figure and density.json.
    """
    from dualion.atoms.electronic.density import density_difference
    from dualion.atoms.electronic.documents import density_document
    from dualion.atoms.electronic.figures import density_figure
    from dualion.atoms.electronic.grids import enclosing

    chosen, state = _engine(engine, basis), _state(file, example, charge, multiplicity)
    enclosing(state.structure.positions, spacing=grid)  # is refused before the long part
    first, second = _fragments(state.structure, fragments, fragment_charges, fragment_multiplicities)
    found = density_difference(chosen.field(state.structure), chosen.field(first), chosen.field(second), spacing=grid)
    document = density_document(found, chosen.level, state.geometry)
    rows = [
        ("A", f"{first.formula} ({first.charge:+d}, 2S+1={first.multiplicity})"),
        ("B", f"{second.formula} ({second.charge:+d}, 2S+1={second.multiplicity})"),
        ("moved", f"{found.moved:.{_DIGITS}f} e"),
        ("from A to B", f"{found.transferred:+.{_DIGITS}f} e (sum over the basins of the whole)"),
        ("integral", f"{found.integral:+.1e} e; on the uniform grid {found.grid_integral:+.4f} e"),
    ]
    files = _density_files(found, chosen.level.short)
    _finish("density", files, document, density_figure(found), _Said(rows, found.flags, out, as_json=as_json))


def _density_files(found: DensityDifference, level: str) -> dict[str, bytes]:
    from dualion.atoms.electronic.cube import cube
    from dualion.atoms.electronic.documents import atoms_table, profile_table

    first, second = found.charges
    title = f"density difference of {found.structure.formula}, {level}, fragments {first:+d} and {second:+d}"
    return {
        "density-difference.cube": cube(found.structure, found.grid, found.values, title),
        "profile.csv": profile_table(found).encode(),
        "atoms.csv": atoms_table(found.structure, {"gained_e": found.gained.tolist()}).encode(),
    }


@app.command()
def bader(
    file: FileArgument = None,
    example: ExampleOption = None,
    charge: ChargeOption = None,
    multiplicity: MultiplicityOption = None,
    engine: EngineOption = _ENGINE,
    basis: BasisOption = "def2-svp",
    grid: GridOption = 0.2,
    out: OutOption = None,
    as_json: JsonOutput = False,
) -> None:
    """Charge of each atom from the basin of its nucleus, on two grids that must agree.

    Writes the charges, a figure and charges.json.
    """
    from dualion.atoms.electronic.bader import bader_agreed
    from dualion.atoms.electronic.documents import atoms_table, charges_document
    from dualion.atoms.electronic.figures import atom_names, charges_figure
    from dualion.atoms.electronic.grids import enclosing

    chosen, state = _engine(engine, basis), _state(file, example, charge, multiplicity)
    structure = state.structure
    enclosing(structure.positions, spacing=grid)
    found = bader_agreed(chosen.field(structure), spacing=grid)
    columns = {"charge_e": found.charges.tolist(), "electrons": found.electrons.tolist()}
    document = charges_document(structure, found, chosen.level, state.geometry)
    names = atom_names(structure)
    rows = [(name, f"{value:+.{_DIGITS}f} e") for name, value in zip(names, found.charges, strict=True)]
    rows += [("largest difference to a coarser grid", f"{found.disagreement:.{_DIGITS}f} e")]
    files = {"charges.csv": atoms_table(structure, columns).encode()}
    _finish("charges", files, document, charges_figure(structure, found), _Said(rows, found.flags, out, as_json=as_json))


@app.command()
def dos(
    file: FileArgument = None,
    example: ExampleOption = None,
    charge: ChargeOption = None,
    multiplicity: MultiplicityOption = None,
    engine: EngineOption = _ENGINE,
    basis: BasisOption = "def2-svp",
    broadening: Annotated[float, typer.Option("--broadening", metavar="EV", help="Standard deviation of the Gaussians [eV].")] = 0.1,
    atom: Annotated[
        int | None, typer.Option("--atom", metavar="N", min=1, help="Draw the projections of this atom, counted from 1.")
    ] = None,
    out: OutOption = None,
    as_json: JsonOutput = False,
) -> None:
    """Density of states, projected on atoms and angular momenta.

    Writes all projections, a figure and dos.json.
    """
    from dualion.atoms.electronic.documents import dos_document, dos_table
    from dualion.atoms.electronic.dos import dos as dos_of
    from dualion.atoms.electronic.figures import dos_figure
    from dualion.errors import SpecError

    chosen, state = _engine(engine, basis), _state(file, example, charge, multiplicity)
    structure = state.structure
    if not broadening > 0.0:
        raise SpecError(f"--broadening: {broadening:g} eV is not a width. Write a number above 0, such as 0.1.")
    if atom is not None and atom > len(structure):
        raise SpecError(f"--atom: there is no atom {atom}. Write 1 to {len(structure)}.")
    orbitals = chosen.field(structure).orbitals()
    found = dos_of(orbitals, broadening=broadening)
    document = dos_document(structure, orbitals, found, chosen.level, state.geometry)
    rows = [(name, f"{share:.{_DIGITS}f} of the highest occupied orbital") for name, share in document["highest_occupied_weights"].items()]
    figure = dos_figure(structure, found, None if atom is None else atom - 1)
    files = {"projections.csv": dos_table(structure, found).encode()}
    _finish("dos", files, document, figure, _Said([*rows, ("note", document["caveat"])], (), out, as_json=as_json))


def _engine(name: str, basis: str) -> PySCF:
    from dualion.atoms.engines.pyscf import PySCF
    from dualion.errors import SpecError

    if name in _LATER:
        raise SpecError(f"--engine: densities of {name} are not read yet. Write {_ENGINE}.")
    if name != _ENGINE:
        raise SpecError(f'--engine: "{name}" gives no density. Write {_ENGINE}.')
    return PySCF(basis=basis)


def _state(file: Path | None, example: str | None, charge: int | None, multiplicity: int | None) -> _State:
    from dualion.atoms.electronic.example import ORIGIN
    from dualion.atoms.electronic.example import example as built_in
    from dualion.atoms.reading.structure import read_structure
    from dualion.errors import SpecError

    if (file is None) == (example is None):
        raise SpecError("electronic: give either a file of a state or --example n-oxide.")
    if example is not None:
        if charge is not None or multiplicity is not None:
            raise SpecError("--charge, --multiplicity: the example has its own. Leave them away.")
        return _State(built_in(example), ORIGIN)
    assert file is not None
    return _State(read_structure(file, charge=charge, multiplicity=multiplicity), f"as given ({file.name})")


def _fragments(whole: Structure, written: str, charges: str | None, multiplicities: str | None) -> tuple[Structure, Structure]:
    from dualion.atoms.electronic.fragments import fragment, split
    from dualion.atoms.electrons import lowest_multiplicity
    from dualion.errors import SpecError

    if charges is None:
        raise SpecError(
            "--fragment-charges: must be given, for 0,+1 and 0,0 give different pictures and opposite directions of transfer. "
            "Write the charges of A and B."
        )
    parts = split(whole, written)
    borne = _pair("--fragment-charges", charges, "0,+1")
    if sum(borne) != whole.charge:
        raise SpecError(
            f"--fragment-charges: {charges} do not add up to the charge of the whole, {whole.charge:+d}. Write charges that do."
        )
    spins = (None, None) if multiplicities is None else _pair("--fragment-multiplicities", multiplicities, "1,1")
    made = []
    for members, one, spin in zip(parts, borne, spins, strict=True):
        numbers = whole.numbers[[part in members for part in whole.parts]]
        lowest = lowest_multiplicity(numbers, one)
        made.append(fragment(whole, members, charge=one, multiplicity=lowest if spin is None else spin))
    return made[0], made[1]


def _pair(option: str, written: str, such: str) -> tuple[int, int]:
    from dualion.errors import SpecError

    try:
        first, second = (int(word) for word in written.split(","))
    except ValueError as problem:
        raise SpecError(f'{option}: "{written}" are not two whole numbers. Write them with a comma, such as {such}.') from problem
    return first, second


@dataclass(frozen=True, slots=True)
class _Said:
    """What the terminal shows, and where the files go."""

    rows: Sequence[tuple[str, str]]
    flags: tuple[Flag, ...]
    out: Path | None
    as_json: bool


def _finish(kind: str, files: dict[str, bytes], document: dict[str, Any], figure: Figure, said: _Said) -> None:
    from dualion.figures.render import render
    from dualion.store import publish

    files |= {f"figures/{figure.name}.{form}": drawn for form, drawn in render(figure).items()}
    summary = f"{kind}.json"
    document = {**document, "files": sorted([*files, summary])}
    files[summary] = (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
    folder = said.out or Path(f"electronic-{kind}")
    publish(folder, files, last=summary)
    if said.as_json:
        emit({**document, "folder": str(folder)})
        return
    level = document["level"]
    heading = f"{document['formula']} ({document['charge']:+d}, 2S+1={document['multiplicity']}), {level['method']}/{level['basis']}"
    notes = [f"{flag.severity}: {flag.message}" for flag in said.flags]
    say([heading, "", *columns_of(said.rows), "", figure.finding, *notes, f"{len(files)} files: {folder}"])
