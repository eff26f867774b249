"""``dualion analyse``: a folder of raw files to a report, or one technique on files to its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dualion.cli.options import AsKind, JsonOutput, XUnit, YUnit, declared_in
from dualion.cli.output import UNUSABLE, columns_of, emit, say

if TYPE_CHECKING:
    from dualion.project.analysis import Analysis
    from dualion.report.analysis.files import PublishedAnalysis

_Targets = Annotated[list[str], typer.Argument(metavar="FOLDER | TECHNIQUE FILE...", help="A folder, or a technique and its files.")]
_Init = Annotated[bool, typer.Option("--init", help="Write a commented draft of dualion.toml into the folder, and stop.")]
_Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Output folder.", show_default="dualion-FOLDER; none for a technique")]
_Workers = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="Processes that read and compute at once.", show_default="one per core")
]
_Kept = Annotated[
    Path | None, typer.Option(metavar="DIR", envvar="DUALION_STORE", help="Where results are kept.", show_default=".dualion-store")
]
_Option = Annotated[
    list[str] | None, typer.Option(metavar="KEY=VALUE", help="Option of the technique, such as n_ref=first; may be repeated.")
]
_Mass = Annotated[str | None, typer.Option(metavar="MASS", help='Active mass of the working material, such as "1.2 mg".')]
_Kind = Annotated[str | None, typer.Option(metavar="KIND", help="half, dual-ion, rocking-chair or symmetric.")]
_Working = Annotated[str | None, typer.Option(metavar="ROLE", help="Half cell: anode or cathode, the role of the working material.")]
_Area = Annotated[str | None, typer.Option(metavar="AREA", help='Of the electrodes, such as "1.131 cm2".')]
_CellKeys = Annotated[
    list[str] | None, typer.Option(metavar="KEY=VALUE", help='Any key of [cell.NAME], such as one_c="300 mA/g"; may be repeated.')
]
_Temperature = Annotated[
    list[str] | None, typer.Option(metavar="T", help='Such as "25 degC"; one for all files, or one for each in their order.')
]
_Sample = Annotated[str | None, typer.Option(metavar="NAME", help="Sample that the files are of.")]
_Condition = Annotated[
    list[str] | None, typer.Option(metavar="KEY=VALUE", help='Any key of [[file]], such as laser_wavelength="532 nm"; may be repeated.')
]
_Repair = Annotated[list[str] | None, typer.Option(metavar="WHAT", help="What is put right on reading; may be repeated.")]


def analyse(
    targets: _Targets,
    init: _Init = False,
    out: _Out = None,
    workers: _Workers = None,
    store: _Kept = None,
    option: _Option = None,
    mass: _Mass = None,
    kind: _Kind = None,
    working: _Working = None,
    area: _Area = None,
    cell: _CellKeys = None,
    temperature: _Temperature = None,
    repair: _Repair = None,
    sample: _Sample = None,
    condition: _Condition = None,
    kind_of_file: AsKind = None,
    x_unit: XUnit = None,
    y_unit: YUnit = None,
    as_json: JsonOutput = False,
) -> None:
    """Analyse a folder of raw files, or files with one technique.

    A folder: report.html, results.json, tables and figures; a file that cannot be read costs one line. A technique: its numbers with
    uncertainty, rule and flags.
    """
    from dualion.errors import SpecError
    from dualion.techniques import names

    first, files = targets[0], tuple(targets[1:])
    declared_in(kind_of_file, x_unit, y_unit)
    of_cell = {"mass": mass, "kind": kind, "working": working, "area": area}
    of_file = {"sample": sample, "measurement": kind_of_file, "x_unit": x_unit, "y_unit": y_unit}
    more = {"option": option, "cell": cell, "temperature": temperature, "repair": repair, "condition": condition}
    if first in names() and (files or not Path(first).is_dir()):
        if init:
            raise SpecError("--init: drafts the dualion.toml of a folder. Name the folder alone.")
        _analyse_files(first, files, of_cell, of_file, more, out=out, as_json=as_json)
        return
    _refuse_technique_options({**of_cell, **of_file, **more})
    _refuse_other_words(first, files)
    if init:
        _init(Path(first), workers=workers or _cores(), as_json=as_json)
    else:
        _analyse_folder(Path(first), out=out, workers=workers or _cores(), store=store or Path(".dualion-store"), as_json=as_json)


def _analyse_files(
    technique: str,
    files: tuple[str, ...],
    of_cell: Mapping[str, str | None],
    of_file: Mapping[str, str | None],
    more: Mapping[str, list[str] | None],
    *,
    out: Path | None,
    as_json: bool,
) -> None:
    """One technique on files, with what the command line says of them."""
    from dualion.cli.analyse_technique import Asked, analyse_files

    cell, file = ({key: text for key, text in given.items() if text} for given in (of_cell, of_file))
    several = {name: given or [] for name, given in more.items()}
    asked = Asked(technique, files, several["option"], cell, several["cell"], several["temperature"], file, several["condition"])
    analyse_files(asked, repair=tuple(several["repair"]), out=out, as_json=as_json)


def _refuse_other_words(first: str, files: Sequence[str]) -> None:
    from dualion.errors import SpecError

    if files:
        raise SpecError(f'"{first}" is not a technique, and only one folder can be analysed at a time. {_nearest(first)}')
    if not Path(first).is_dir() and "/" not in first and _nearest(first, sure=True):
        raise SpecError(f'"{first}" is neither a folder nor a technique. {_nearest(first)}')


def _refuse_technique_options(given: dict[str, Any]) -> None:
    from dualion.errors import SpecError

    wrong = [name for name, value in given.items() if value]
    if wrong:
        option = {"measurement": "as", "x_unit": "x-unit", "y_unit": "y-unit"}.get(wrong[0], wrong[0])
        raise SpecError(f"--{option}: is for one technique. For a folder, write it in dualion.toml: dualion analyse --init drafts one.")


def _nearest(word: str, *, sure: bool = False) -> str:
    from dualion.records.validation import did_you_mean, nearest
    from dualion.techniques import names

    return (nearest(word, names()) or "") if sure else did_you_mean(word, names())


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _init(folder: Path, *, workers: int, as_json: bool) -> None:
    from dualion.cli import progress
    from dualion.project.draft import write_draft

    with progress.shown() as on_progress:
        path = write_draft(folder, workers=workers, on_progress=on_progress)
    if as_json:
        emit({"draft": str(path)})
    else:
        say([f"Draft: {path}", "Fill in masses, areas and kinds of cells, then: dualion analyse " + str(folder)])


def _analyse_folder(folder: Path, *, out: Path | None, workers: int, store: Path, as_json: bool) -> None:
    from dualion.cli import progress
    from dualion.errors import SpecError
    from dualion.project.load import load, title_of

    project = load(folder)
    target = out or Path(f"dualion-{title_of(folder)}")
    if target.resolve() == folder.resolve():
        raise SpecError(f"--out: {target} is the folder of the raw files, which stays as it is. Name another folder.")
    # imported after the folder was looked at: one that cannot be used is refused before anything heavy
    from dualion.project.run import run
    from dualion.report.analysis.files import publish_analysis
    from dualion.store import Store

    kept = Store(store)
    with progress.shown() as on_progress:
        analysis = run(project, store=kept, workers=workers, on_progress=on_progress)
        published = publish_analysis(analysis, target, store=kept, workers=workers, on_progress=on_progress)
    if as_json:
        emit(_document(analysis, published))
    else:
        say(_lines(analysis, published))
    if not analysis.readings:
        raise typer.Exit(UNUSABLE)


def _document(analysis: Analysis, published: PublishedAnalysis) -> dict[str, Any]:
    from dualion.project.words import task_names
    from dualion.report.analysis.files import results

    names = task_names(finished.task for finished in analysis.finished)
    return {**results(analysis, names), "folder": str(published.folder), "report": str(published.report)}


def _lines(analysis: Analysis, published: PublishedAnalysis) -> list[str]:
    """What was found, in as many lines as there are files and problems."""
    from dualion.project.words import what_text

    done: dict[str, list[str]] = {}
    for finished in analysis.finished:
        for path in finished.task.paths:
            done.setdefault(path, []).append(finished.task.technique)
    lines = [analysis.project.title]
    if analysis.readings:
        rows = [(one.path, what_text(one), ", ".join(done.get(one.path, ["-"]))) for one in analysis.readings]
        lines += ["", f"Read and analysed: {len(rows)}", *columns_of(rows)]
    if published.problems:
        lines += ["", f"Errors: {len(published.problems)}", *(f"  {problem.line}" for problem in published.problems)]
    if analysis.lacks:
        lines += ["", f"Not computed for want of something: {len(analysis.lacks)}; the report says what to give."]
    return [*lines, "", f"Report: {published.report}"]
