"""``dualion synthesise CARBON``: the signals that every instrument would show of a carbon, and what the analysis finds in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dualion.cli.options import JsonOutput
from dualion.cli.output import emit, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dualion.numerics.consistency import Check
    from dualion.study.virtual.recovery import Recovery

_DIGITS = 4
SCHEMA = "dualion/synthesised/1"


def synthesise(
    carbon: Annotated[str, typer.Argument(metavar="CARBON", help="Bundled carbon (mec0 to mec4), or path of a carbon TOML.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Output folder.", show_default="CARBON-simulated")] = None,
    technique: Annotated[
        list[str] | None, typer.Option("--technique", metavar="NAME", help="Instrument to use, may be repeated; all of them if not given.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the noise: the same seed gives the same files.")] = 0,
    noise: Annotated[float, typer.Option("--noise", metavar="F", help="In units of the usual noise of each technique; 0 for none.")] = 1.0,
    as_json: JsonOutput = False,
) -> None:
    """Simulate what every instrument would show of a carbon, and analyse it back.

    Writes one parquet for each measurement, what was put in, a figure, and a dualion.toml: dualion analyse FOLDER gives the sample view.
    """
    from dualion.figures.render import render
    from dualion.store import publish
    from dualion.study.virtual.carbon_files import load_carbon
    from dualion.study.virtual.crosschecks import crosschecks
    from dualion.study.virtual.folder import PROJECT_FILE, folder_files
    from dualion.study.virtual.recovery import analysed, recovered
    from dualion.study.virtual.sheet import sheet
    from dualion.study.virtual.signals import signals, stream

    made = load_carbon(carbon)
    found = signals(made, stream(made, seed), noise=noise, names=technique or ())
    measurements = [one for several in found.values() for one in several]
    results = analysed(made, measurements)
    rows, checks = recovered(made, measurements, results=results), crosschecks(made, results)
    folder = out or Path(f"{made.name.lower()}-simulated")
    figure = sheet({made.name: found})
    files = folder_files(made, found, seed=seed, noise=noise)
    files |= {f"figures/{figure.name}.{form}": drawn for form, drawn in render(figure).items()}
    publish(folder, files, last=PROJECT_FILE)
    if as_json:
        emit({**_document(made.name, rows, checks, files, seed=seed, noise=noise), "folder": str(folder)})
    else:
        say(_lines(made.name, rows, checks, folder, len(files)))


def _document(
    name: str, rows: Sequence[Recovery], checks: Sequence[Check], files: dict[str, bytes], *, seed: int, noise: float
) -> dict[str, Any]:
    from dualion.study.virtual.recovery import as_table

    return {
        "schema": SCHEMA,
        "carbon": name,
        "origin": "simulation",
        "seed": seed,
        "noise": noise,
        "files": sorted(files),
        "recovered": as_table(rows).to_dicts(),
        "checks": [{"name": one.name, "verdict": one.verdict, "z": one.z, "detail": one.detail} for one in checks],
    }


def _lines(name: str, rows: Sequence[Recovery], checks: Sequence[Check], folder: Path, count: int) -> list[str]:
    from dualion.cli.output import columns_of

    table: list[tuple[str, ...]] = [("instrument", "descriptor", "put in", "found", "error", "unit", "z", "flags")]
    table += [_row(one) for one in rows]
    heading = f"{name}: what was put into simulated signals, and what the analysis finds"
    said = columns_of([(one.name.replace("_", " "), one.verdict, one.detail) for one in checks])
    return [
        heading,
        "",
        *columns_of(table),
        "",
        "Techniques against each other",
        *said,
        "",
        f"{count} files: {folder}",
        f"Sample view: dualion analyse {folder}",
    ]


def _row(one: Recovery) -> tuple[str, ...]:
    found = "withheld" if one.found is None else f"{one.found:.{_DIGITS}g}"
    error = "" if one.stderr is None else f"{one.stderr:.2g}"
    z = "" if one.z is None else f"{one.z:+.1f}"
    return (one.instrument, one.descriptor, f"{one.truth:.{_DIGITS}g}", found, error, one.unit, z, " ".join(one.flags))
