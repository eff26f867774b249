"""An analysis to a folder, all of it at once.

    report.html                      one file, no requests
    results.json                     files, results without the rows of their tables, problems, cross-checks, what was not computed
    results.csv, .parquet            every number, one a row
    files.csv, .parquet              every file that was read
    samples.csv, .parquet            every number that describes a sample, one a row, with its method and files
    samples-side-by-side.csv, ...    the same, samples in rows and quantities in columns
    tables/RESULT.json               one result, and beside it RESULT-TABLE.parquet and .csv: what ``records.result_files`` reads again
    figures/RESULT.svg, .png, .pdf

Every figure is drawn in a worker process and kept in the store by what it shows. A figure that cannot be drawn costs its own line.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from dualion.project.analysis import Analysis
from dualion.project.crosschecks import crosschecks
from dualion.project.drawing import drawn_figure
from dualion.project.findings import tidy
from dualion.project.pool import ERRORS, described, perform
from dualion.project.run import software
from dualion.project.samples.gathering import descriptor_table
from dualion.project.samples.view import side_by_side
from dualion.project.words import task_names
from dualion.project.work import Problem
from dualion.records.figure import Figure
from dualion.records.json import to_plain
from dualion.records.result_files import document, to_files
from dualion.report.analysis.page import Drawn, page_of
from dualion.report.page import build
from dualion.report.publish import DRAWING_VERSION
from dualion.store import Store, publish

SCHEMA = "dualion/analysis/1"
FORMATS = ("svg", "png", "pdf")

OnProgress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class PublishedAnalysis:
    """Where an analysis was written to.

    Parameters
    ----------
    folder, report : Path
    files : tuple of str
        Relative to the folder.
    problems : tuple of Problem
        Of the analysis, and figures that could not be drawn.
    """

    folder: Path
    report: Path
    files: tuple[str, ...]
    problems: tuple[Problem, ...]


def publish_analysis(
    analysis: Analysis,
    folder: Path,
    *,
    store: Store,
    workers: int = 1,
    on_progress: OnProgress = lambda done, total, message: None,
) -> PublishedAnalysis:
    """Write an analysis to a folder. Until the last file is in place, an earlier report there stays whole.

    Parameters
    ----------
    analysis : Analysis
    folder : Path
        Created where absent.
    store : Store
        Where drawings are kept.
    workers : int
        [1] processes that draw.
    on_progress : callable
        ``on_progress(done, total, message)``.

    Returns
    -------
    PublishedAnalysis

    Raises
    ------
    StoreError
        The folder holds files that dualion did not write under these names, or cannot be written to.
    """
    names = task_names(finished.task for finished in analysis.finished)
    figures, problems = _figures(analysis, names)
    images, undrawn = _images(figures, store, workers, on_progress)
    problems += [_undrawn(analysis, names, name, reason) for name, reason in undrawn.items()]
    analysis = replace(analysis, problems=(*analysis.problems, *problems))
    drawn = {name: Drawn(figures[name], found["svg"].decode()) for name, found in images.items()}
    files = {f"figures/{name}.{form}": found[form] for name, found in images.items() for form in FORMATS}
    for name, finished in zip(names, analysis.finished, strict=True):
        files |= {f"tables/{part}": content for part, content in to_files(finished.result, name).items()}
    files |= _frames(analysis, names)
    files["results.json"] = json.dumps(results(analysis, names), indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    files["report.html"] = build(page_of(analysis, names, drawn)).encode()
    publish(folder, files, last="report.html")
    return PublishedAnalysis(folder, folder / "report.html", tuple(sorted(files)), analysis.problems)


def results(analysis: Analysis, names: Sequence[str]) -> dict[str, Any]:
    """The document of an analysis as plain data; the rows of its tables lie beside it.

    Parameters
    ----------
    analysis : Analysis
    names : sequence of str
        Name of each result.

    Returns
    -------
    dict
    """
    found = []
    for name, finished in zip(names, analysis.finished, strict=True):
        task = finished.task
        head = {"name": name, "files": list(task.paths), "cell": task.cell, "sample": task.sample}
        found.append(head | document(finished.result))
    return {
        "schema": SCHEMA,
        "title": analysis.project.title,
        "files": to_plain(analysis.readings),
        "results": found,
        "problems": to_plain(analysis.problems),
        "cross_checks": to_plain(crosschecks(analysis)),
        "not_computed": to_plain(analysis.lacks),
        "samples": to_plain(analysis.described),
        "sample_checks": to_plain(analysis.checks),
        "passed_over": list(analysis.project.passed_over),
        "software": software(),
    }


def _figures(analysis: Analysis, names: Sequence[str]) -> tuple[dict[str, Figure], list[Problem]]:
    figures, problems = {}, []
    for name, finished in zip(names, analysis.finished, strict=True):
        try:
            figures[name] = drawn_figure(finished.result, name)
        except ERRORS as problem:
            problems.append(_problem(finished.task.paths, finished.task.technique, described(problem)))
    return figures, problems


def _images(
    figures: Mapping[str, Figure], store: Store, workers: int, on_progress: OnProgress
) -> tuple[dict[str, dict[str, bytes]], dict[str, str]]:
    """Drawings by name, from the store or drawn; and why some are not there."""
    found, left, failed = {}, [], {}
    keys = {name: _key(figure, store) for name, figure in figures.items()}
    for name, figure in figures.items():
        kept = store.get(keys[name])
        if kept is None:
            left.append(figure)
        else:
            found[name] = {form: base64.b64decode(image) for form, image in kept.items()}
    for figure, ended in perform(rendered, left, workers=workers):
        if ended.made is None:
            failed[figure.name] = ended.problem
        else:
            store.put(keys[figure.name], {form: base64.b64encode(image).decode() for form, image in ended.made.items()})
            found[figure.name] = ended.made
        on_progress(len(found) + len(failed), len(figures), f"figure: {figure.title}")
    return {name: found[name] for name in figures if name in found}, failed


def rendered(figure: Figure) -> dict[str, bytes]:
    """A figure in all its formats."""
    from dualion.figures.render import render

    return render(figure, formats=("svg", "png", "pdf"))


def _key(figure: Figure, store: Store) -> str:
    from importlib.metadata import version

    given = {"figure": to_plain(figure), "version": DRAWING_VERSION, "matplotlib": version("matplotlib"), "formats": FORMATS}
    return store.key("drawing", given)


def _undrawn(analysis: Analysis, names: Sequence[str], name: str, reason: str) -> Problem:
    task = analysis.finished[names.index(name)].task
    return _problem(task.paths, task.technique, reason)


def _problem(paths: Sequence[str], name: str, reason: str) -> Problem:
    return Problem(", ".join(paths), name, "figure", reason)


def _frames(analysis: Analysis, names: Sequence[str]) -> dict[str, bytes]:
    """Every number, and every file, as one table each."""
    files = pl.DataFrame(
        [
            (one.path, one.technique, one.reader, one.rows, one.duration, one.temperature, one.sha256, " ".join(f.code for f in one.flags))
            for one in analysis.readings
        ],
        schema={
            "file": pl.String, "measurement": pl.String, "reader": pl.String, "rows": pl.Int64, "duration [s]": pl.Float64,
            "temperature [degC]": pl.Float64, "sha256": pl.String, "flags": pl.String,
        },
        orient="row",
    )  # fmt: skip
    found = {}
    frames = {"results": tidy(analysis, names), "files": files}
    if analysis.described:
        frames |= {"samples": descriptor_table(analysis.described).table, "samples-side-by-side": side_by_side(analysis.described)}
    for name, frame in frames.items():
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        found[f"{name}.parquet"] = buffer.getvalue()
        found[f"{name}.csv"] = frame.write_csv().encode()
    return found
