"""Options of ``dualion solvate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SALT = 1.0  # [mol/L] of the electrolytes of Tang et al. 2026
STARTS = 8  # [1] the fewest with which a search can have converged

Solvents = Annotated[
    list[str] | None,
    typer.Option(
        "--solvent",
        metavar="NAME[:SMILES][=N]",
        help="EC, EC=4 or THF:C1CCOC1=2, may be repeated; without numbers every composition is built.",
    ),
]
Ion = Annotated[str, typer.Option("--ion", metavar="Li|Na|K", help="The ion.")]
Carbon = Annotated[
    str | None,
    typer.Option("--on", metavar="KIND|FILE", help="A motif such as oxN_zz on C50H18, or a carbon of dualion carbon build."),
]
Coordinations = Annotated[
    list[int] | None,
    typer.Option("--coordination", metavar="4|5|6", help="Ligands of a shell, may be repeated; 4 and 6 if no number is given."),
]
Electrolyte = Annotated[
    str | None,
    typer.Option("--electrolyte", metavar="A=V,B=V", help="Parts of volume, such as EC=1,DMC=1,EMC=1: says which shells it allows."),
]
Salt = Annotated[float, typer.Option("--salt", metavar="MOL/L", help="Concentration of its salt [mol/L].")]
StartCount = Annotated[int, typer.Option("--starts", metavar="N", min=1, help="Starts of each shell.")]
Energies = Annotated[bool, typer.Option("--energies", help="Relax every start, and give solvation energies.")]
EngineName = Annotated[str, typer.Option("--engine", metavar="NAME", help="What relaxes: gfn1, gfn2, pyscf, ...")]
Charge = Annotated[int | None, typer.Option("--charge", metavar="Q", help="Total charge [e].", show_default="that of ion and carbon")]
LargestForce = Annotated[float, typer.Option("--fmax", metavar="F", help="Largest force at a minimum [eV/angstrom].")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the starts: the same seed gives the same files.")]
Workers = Annotated[int | None, typer.Option("--workers", metavar="N", min=1, help="Processes.", show_default="all cores")]
Folder = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Output folder.")]
