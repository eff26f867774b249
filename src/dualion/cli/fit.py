"""``dualion fit cell``: a cell fitted to rate data, with profiles, and predictions that are written before the held-out values are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dualion.cli.options import JsonOutput

if TYPE_CHECKING:
    from dualion.models.profiles import ProfiledFit
    from dualion.models.rate_fit import Computed

_ABOUT = "Fit a cell model to data; writes a folder with parameters, profiles, residuals, predictions, figure and JSON."

app = typer.Typer(name="fit", help=_ABOUT, no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _root() -> None:
    """Fit a cell model to data."""


@app.command()
def cell(
    cell: Annotated[str, typer.Argument(metavar="CELL", help="Name of a bundled cell, or path of a cell TOML.")],
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help='CSV: "rate (C)" or "current (mA/g)", "specific capacity (mAh/g)", use = fit | predict.')
    ],
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            "--parameters",
            metavar="NAMES",
            help="What is fitted: names, by commas, or a family F1 to F6.",
            show_default="those of the cell",
        ),
    ] = None,
    families: Annotated[bool, typer.Option("--families", help="Half cell: also fit every family F1 to F6, and compare.")] = False,
    engine: Annotated[str, typer.Option("--engine", metavar="NAME", help="fast, pybamm-SPM, pybamm-SPMe or pybamm-DFN.")] = "fast",
    starts: Annotated[int, typer.Option("--starts", metavar="N", min=1, help="Scrambled starts, rounded up to a power of two.")] = 16,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Output folder.", show_default="dualion-CELL-fit")] = None,
    as_json: JsonOutput = False,
) -> None:
    """Fit a cell to its rate data, profile each parameter, and predict the rows marked predict before their values are read."""
    from dualion.cli import fit_output, progress
    from dualion.cli.simulate_input import refuse_foreign
    from dualion.errors import SpecError
    from dualion.models.engines import engine_named
    from dualion.models.families import compared
    from dualion.models.rate_fit import chosen_parameters, fit_rates
    from dualion.models.rate_table import read
    from dualion.models.targets import PLATEAU_BOUNDARY
    from dualion.records.cell_files import load_cell

    named, record = engine_named(engine), load_cell(cell)
    table = read(data, record)
    names = chosen_parameters(
        record, [part.strip() for text in parameters or () for part in text.split(",") if part.strip()], table.targets
    )
    if families and record.kind != "half":
        raise SpecError(f"--families: {record.name} is a full cell; the families are those of a half cell. Leave it out.")
    asked = fit_output.Asked(record, named, table, out or Path(f"dualion-{record.name}-fit"))
    refuse_foreign(asked.out)

    def register(found: ProfiledFit, predictions: tuple[Computed, ...]) -> None:
        if table.held:
            fit_output.register(asked, found, predictions)

    count = 1 << (starts - 1).bit_length()
    with progress.shown() as on_progress:
        tried = (
            compared(record, table.targets, boundary=PLATEAU_BOUNDARY, starts=count, engine=named, on_progress=on_progress)
            if families
            else ()
        )
        found = fit_rates(record, table, names, register=register, starts=count, engine=named, on_progress=on_progress)
    fit_output.finish(asked, found, tried, as_json=as_json)
