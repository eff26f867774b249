"""``dualion carbon build``: flakes of graphene with the nitrogen motifs of the study, or a carbon of the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dualion.cli.carbon_react import react
from dualion.cli.options import JsonOutput
from dualion.cli.output import columns_of, emit, say

if TYPE_CHECKING:
    from dualion.atoms.building.flake import Cut
    from dualion.atoms.engines.base import Engine
    from dualion.atoms.structure import Structure

app = typer.Typer(help="Carbons of atoms: flakes with nitrogen motifs.")
app.command(name="react")(react)
SCHEMA = "dualion/carbon/1"
SUMMARY = "carbons.json"
_NO_ENGINE = "none"
_GRAFT = "graft"
_DIGITS = 4  # decimals of a gap in eV
_DIRECTION_DIGITS = 6


@dataclass(frozen=True, slots=True)
class _Built:
    """One structure with its name and its gap [eV]; the gap is None where no engine was asked."""

    kind: str
    structure: Structure
    gap: float | None


@dataclass(frozen=True, slots=True)
class _Own:
    """What is said of a carbon of the user; ``charge`` in e, ``site`` counted from 1."""

    file: Path | None
    site: int | None
    outward: str | None
    charge: int | None
    multiplicity: int | None


@app.callback(invoke_without_command=True)
def _root(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
def build(
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind", metavar="MOTIF", help="Motif such as oxN_zz or oxidised-zigzag, may be repeated; all that fit if not given."
        ),
    ] = None,
    size: Annotated[str, typer.Option("--size", metavar="X,Y", help="Edges of the cut along zigzag and armchair [angstrom].")] = "10,11.5",
    centre: Annotated[str, typer.Option("--centre", metavar="ring|bond", help="What stands in the middle of the cut.")] = "ring",
    allow_open_shell: Annotated[bool, typer.Option("--allow-open-shell", help="Take a flake whose gap is below 0.5 eV.")] = False,
    graft: Annotated[Path | None, typer.Option("--graft", metavar="FILE", help="A carbon of your own (XYZ or POSCAR) instead.")] = None,
    site: Annotated[int | None, typer.Option("--site", metavar="N", help="Its atom that the ion is put next to, counted from 1.")] = None,
    outward: Annotated[str | None, typer.Option("--outward", metavar="X,Y,Z", help="Direction from that atom to the ion.")] = None,
    charge: Annotated[int | None, typer.Option("--charge", metavar="Q", help="Its total charge [e], where FILE does not say it.")] = None,
    multiplicity: Annotated[int | None, typer.Option("--multiplicity", metavar="M", help="Its 2S+1, where FILE does not say it.")] = None,
    form: Annotated[str, typer.Option("--format", metavar="extxyz|poscar", help="Format of the structures.")] = "extxyz",
    engine: Annotated[
        str, typer.Option("--engine", metavar="gfn1|gfn2|none", help="What computes the gaps; none skips the gate.")
    ] = "gfn1",
    out: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Output folder.", show_default="carbon-SIZE-CENTRE")] = None,
    as_json: JsonOutput = False,
) -> None:
    """Build flakes of graphene closed with hydrogen, with nitrogen where the study has it, and look at their gaps.

    Writes one file for each structure, a picture of all from above and from the side, and carbons.json.
    """
    from dualion.store import publish

    chosen = _engine(engine)
    own = _Own(graft, site, outward, charge, multiplicity)
    if graft is not None:
        built, name, heading = _grafted(own, kind, chosen, allow_open_shell=allow_open_shell)
    else:
        built, name, heading = _flakes(own, kind, _cut(size, centre), chosen, allow_open_shell=allow_open_shell)
    files, document = _files(built, form, heading, chosen)
    folder = out or Path(f"carbon-{name}")
    publish(folder, files, last=SUMMARY)
    if as_json:
        emit({**document, "folder": str(folder)})
    else:
        say([heading, "", *columns_of(_table(built)), "", *_notes(built, chosen), f"{len(files)} files: {folder}"])


def _engine(name: str) -> Engine | None:
    """The engine of the gaps; None where none is wanted."""
    from dualion.atoms.engines.tblite import METHODS, Tblite
    from dualion.errors import SpecError

    if name not in (*METHODS, _NO_ENGINE):
        raise SpecError(f'--engine: "{name}" computes no gaps here. Write one of {", ".join(METHODS)}, {_NO_ENGINE}.')
    return None if name == _NO_ENGINE else Tblite(name)


def _numbers(option: str, written: str, count: int) -> list[float]:
    """Numbers between commas."""
    from dualion.errors import SpecError

    try:
        values = [float(word) for word in written.split(",")]
    except ValueError:
        values = []
    if len(values) != count:
        shape = {2: "two lengths in angstrom, such as 10,11.5", 3: "three numbers, such as 0,1,0"}[count]
        raise SpecError(f'{option}: "{written}" cannot be read. Write {shape}.')
    return values


def _cut(size: str, centre: str) -> Cut:
    from dualion.atoms.building.flake import Cut

    width, height = _numbers("--size", size, 2)
    return Cut(width, height, centre)


def _flakes(
    own: _Own, kinds: Sequence[str] | None, cut: Cut, engine: Engine | None, *, allow_open_shell: bool
) -> tuple[list[_Built], str, str]:
    """The flake with each motif; a motif that was not asked for is left out where the flake has no place for it."""
    from dualion.atoms.building.flake import flake
    from dualion.atoms.building.gate import gate
    from dualion.atoms.building.motifs import MOTIFS, motif, motif_name
    from dualion.errors import SpecError

    said = {"--site": own.site, "--outward": own.outward, "--charge": own.charge, "--multiplicity": own.multiplicity}
    unused = [name for name, value in said.items() if value is not None]
    if unused:
        raise SpecError(f"{', '.join(unused)}: only a carbon of your own needs it. Add --graft FILE, or leave it away.")
    bare, structures = flake(cut), {}
    for name in dict.fromkeys(motif_name(written) for written in kinds or MOTIFS):
        try:
            structures[name] = motif(bare, name)
        except SpecError:
            if kinds:
                raise
    if engine is not None:
        gate(bare, engine, allow_open_shell=allow_open_shell)
    built = [_Built(name, structure, _gap(structure, engine)) for name, structure in structures.items()]
    return built, cut.name, f"Flake {cut.name}: {bare.formula}"


def _grafted(own: _Own, kinds: Sequence[str] | None, engine: Engine | None, *, allow_open_shell: bool) -> tuple[list[_Built], str, str]:
    """The carbon of the user as it is."""
    from dualion.atoms.building.gate import gate
    from dualion.atoms.export import graft
    from dualion.errors import SpecError

    if kinds:
        raise SpecError("--kind: a carbon of your own is taken as it is. Leave --kind or --graft away.")
    if own.file is None or own.site is None or own.outward is None:
        raise SpecError("--graft: it needs the place of the ion. Add --site N and --outward X,Y,Z.")
    x, y, z = _numbers("--outward", own.outward, 3)
    carbon = graft(own.file, own.site - 1, (x, y, z), charge=own.charge, multiplicity=own.multiplicity)
    gap = None if engine is None else gate(carbon, engine, allow_open_shell=allow_open_shell)
    return [_Built(_GRAFT, carbon, gap)], own.file.stem, f"{own.file.name}: {carbon.formula}"


def _gap(structure: Structure, engine: Engine | None) -> float | None:
    from dualion.atoms.engines.check import single_point

    return None if engine is None else single_point(structure, engine).gap


def _files(built: Sequence[_Built], form: str, heading: str, engine: Engine | None) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Everything that is written, by name, and the summary."""
    import json

    from dualion.atoms.export import FORMATS, exported
    from dualion.figures.structures import Portrait, sheet

    texts = {one.kind: exported(one.structure, form) for one in built}
    names = {one.kind: f"{one.kind}{FORMATS[form]}" for one in built}
    portraits = [Portrait(one.structure, one.kind, "" if one.gap is None else f"gap {one.gap:.2f} eV") for one in built]
    drawn = sheet(portraits, name="carbons", title=heading, formats=("svg", "png", "pdf"))
    files = {names[kind]: text.encode() for kind, text in texts.items()} | {f"carbons.{kind}": data for kind, data in drawn.items()}
    document = {
        "schema": SCHEMA,
        "origin": "simulation",
        "heading": heading,
        "engine": None if engine is None else engine.level.document(),
        "carbons": [_entry(one, names[one.kind]) for one in built],
        "files": sorted([*files, SUMMARY]),
    }
    return files | {SUMMARY: (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()}, document


def _entry(one: _Built, file: str) -> dict[str, Any]:
    from dualion.atoms.building.gate import SMALLEST_GAP
    from dualion.atoms.electrons import electrons

    structure = one.structure
    entry: dict[str, Any] = {
        "kind": one.kind,
        "formula": structure.formula,
        "atoms": len(structure),
        "charge": structure.charge,
        "electrons": electrons(structure.numbers, structure.charge),
        "multiplicity": structure.multiplicity,
        "gap_eV": None if one.gap is None else round(one.gap, _DIGITS),
        "spin": None if one.gap is None else "scan" if one.gap < SMALLEST_GAP else "lowest",
        "file": file,
    }
    if structure.site is not None:
        site = structure.site
        away = [round(value, _DIRECTION_DIGITS) for value in site.outward]
        entry["site"] = {"atom": site.atom + 1, "element": structure.symbols[site.atom], "mode": site.mode, "outward": away}
    return entry


def _table(built: Sequence[_Built]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("motif", "formula", "electrons", "2S+1", "ion at", "place", "gap (eV)")]
    for one in built:
        entry = _entry(one, "")
        site = entry.get("site", {})
        gap = "not computed" if one.gap is None else f"{one.gap:.2f}"
        where = f"{site['element']}{site['atom']}" if site else "–"
        rows.append((one.kind, entry["formula"], str(entry["electrons"]), str(entry["multiplicity"]), where, site.get("mode", ""), gap))
    return rows


def _notes(built: Sequence[_Built], engine: Engine | None) -> list[str]:
    from dualion.atoms.building.gate import SMALLEST_GAP

    if engine is None:
        return ["Gaps were not looked at (--engine none): a flake rich in zigzag edges may be an open shell.", ""]
    small = [one.kind for one in built if one.gap is not None and one.gap < SMALLEST_GAP]
    lines = [f"Gaps: {engine.level.short} at the built geometry."]
    if small:
        lines.append(f"Open shell (gap below {SMALLEST_GAP:g} eV): {', '.join(small)}. Scan the spin in what is computed on it.")
    return [*lines, ""]
