"""``dualion compare CELL``: how far each method of analysis is off, on simulated experiments whose answer is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dualion.cli.options import JsonOutput

if TYPE_CHECKING:
    from dualion.study.known_truth.comparison import Comparison
    from dualion.study.known_truth.run import KnownTruth

_DIGITS = 4
_NOTHING = 0.05  # [%] below which a miss rounds to nothing
SCHEMA = "dualion/known-truth/1"


def compare(
    cell: Annotated[str, typer.Argument(metavar="CELL", help="Bundled half cell or dual-ion cell, or path of a cell TOML.")] = "na-mec3",
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Output folder.")] = None,
    as_json: JsonOutput = False,
) -> None:
    """Simulate the experiments of a cell, analyse them as if they were measured, and say by how much each method misses the truth."""
    import json

    from dualion.cli import progress
    from dualion.cli.output import emit, say
    from dualion.figures.render import render
    from dualion.records.cell_files import load_cell
    from dualion.store import publish
    from dualion.study.known_truth.comparison import as_table
    from dualion.study.known_truth.figures import truth_figure
    from dualion.study.known_truth.run import known_truth

    with progress.shown() as on_progress:
        found = known_truth(load_cell(cell), said=on_progress)
    folder = out or Path(f"dualion-{found.cell}-known-truth")
    figure = truth_figure(found.comparisons, cell=found.cell)
    table = as_table(found.comparisons)
    document = {
        "schema": SCHEMA,
        "cell": found.cell,
        "origin": "simulation",
        "comparisons": table.to_dicts(),
        "flags": [{"code": flag.code, "severity": flag.severity, "message": flag.message} for flag in found.flags],
    }
    files = {f"{figure.name}.{form}": drawn for form, drawn in render(figure).items()}
    files["comparisons.csv"] = table.write_csv().encode()
    files["results.json"] = f"{json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)}\n".encode()
    publish(folder, files, last="results.json")
    if as_json:
        emit({**document, "folder": str(folder)})
    else:
        say(_lines(found, folder))


def _lines(found: KnownTruth, folder: Path) -> list[str]:
    from dualion.cli.output import columns_of

    rows: list[tuple[str, ...]] = [("technique", "case", "quantity", "rule", "put in", "found", "unit", "off", "flags")]
    rows += [_row(one) for one in found.comparisons]
    flags = [f"{flag.severity}: {flag.code}: {flag.message}" for flag in found.flags]
    return [
        f"{found.cell}: what was put into a simulation, and what the methods find",
        "",
        *columns_of(rows),
        "",
        *flags,
        f"Folder: {folder}",
    ]


def _row(one: Comparison) -> tuple[str, ...]:
    value = "withheld" if one.found is None else f"{one.found:.{_DIGITS}g}"
    off = "" if one.miss is None else "0.0 %" if abs(one.miss) < _NOTHING else f"{one.miss:+.1f} %"
    return (
        one.technique, one.case, one.quantity, one.rule, f"{one.truth:.{_DIGITS}g}", value, one.unit, off, " ".join(one.flags),
    )  # fmt: skip
