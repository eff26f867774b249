"""``dualion fit cell``: a cell fitted to rate data, with profiles, and predictions that are written before the held-out values are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dualion.cli.options import JsonOutput

if TYPE_CHECKING:
    from dualion.cli.fit_output import Asked
    from dualion.models.calibration.families import FamilyFit
    from dualion.models.calibration.profiles import ProfiledFit
    from dualion.models.calibration.rate_fit import Computed, RateFit

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
    scale_errors: Annotated[
        bool, typer.Option("--scale-errors", help="Multiply the errors of the data until the residuals are as large as they say.")
    ] = False,
    engine: Annotated[str, typer.Option("--engine", metavar="NAME", help="fast, pybamm-SPM, pybamm-SPMe or pybamm-DFN.")] = "fast",
    starts: Annotated[int, typer.Option("--starts", metavar="N", min=1, help="Scrambled starts, rounded up to a power of two.")] = 16,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Output folder.", show_default="dualion-CELL-fit")] = None,
    as_json: JsonOutput = False,
) -> None:
    """Fit a cell to its rate data, profile each parameter, and predict the rows marked predict before their values are read."""
    from dualion.cli.fit_output import finish

    asked = _asked(cell, data, engine=engine, out=out)
    given = [part.strip() for text in parameters or () for part in text.split(",") if part.strip()]
    found, tried = _fitted(asked, given, families=families, scale_errors=scale_errors, starts=1 << (starts - 1).bit_length())
    finish(asked, found, tried, as_json=as_json)


def _asked(cell: str, data: Path, *, engine: str, out: Path | None) -> Asked:
    """What was typed, checked as far as it can be without the parameters."""
    from dualion.cli.fit_output import Asked
    from dualion.cli.simulate_input import refuse_foreign
    from dualion.models.calibration.rate_table import read
    from dualion.models.engines import engine_named
    from dualion.records.cell_files import load_cell

    named, record = engine_named(engine), load_cell(cell)
    asked = Asked(record, named, read(data, record), out or Path(f"dualion-{record.name}-fit"))
    refuse_foreign(asked.out)
    return asked


def _fitted(
    asked: Asked, given: Sequence[str], *, families: bool, scale_errors: bool, starts: int
) -> tuple[RateFit, tuple[FamilyFit, ...]]:
    """The fit, and the families beside it."""
    from dualion.cli import fit_output, progress
    from dualion.errors import SpecError
    from dualion.models.calibration.families import compared
    from dualion.models.calibration.rate_fit import chosen_parameters, fit_rates
    from dualion.models.targets import PLATEAU_BOUNDARY

    cell, table, engine = asked.cell, asked.table, asked.engine
    names = chosen_parameters(cell, given, table.targets)
    if families and cell.kind != "half":
        raise SpecError(f"--families: {cell.name} is a full cell; the families are those of a half cell. Leave it out.")

    def register(found: ProfiledFit, predictions: tuple[Computed, ...]) -> None:
        if table.held:
            fit_output.register(asked, found, predictions)

    with progress.shown() as tell:
        tried: tuple[FamilyFit, ...] = ()
        if families:
            tried = compared(cell, table.targets, boundary=PLATEAU_BOUNDARY, starts=starts, engine=engine, on_progress=tell)
        found = fit_rates(cell, table, names, register=register, starts=starts, engine=engine, scale_errors=scale_errors, on_progress=tell)
    return found, tried
