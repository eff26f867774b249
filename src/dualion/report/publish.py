"""A run of a study to a folder: results.json, ledger.csv, tables of the cell models, figures as SVG and PNG, and one report.

Drawings are kept in the store by what they show, so that an unchanged figure is not drawn again.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dualion.records.figure import Figure
from dualion.records.json import to_plain
from dualion.report.blocks import FigureBlock, FigureRow, Page, Section
from dualion.report.page import build
from dualion.report.sections import (
    assumptions_section,
    conflicts_section,
    ledger_section,
    methods_section,
    needs_section,
    recipe_section,
    summary_section,
)
from dualion.report.sections_cells import cell_section
from dualion.report.sections_desolvation import desolvation_section
from dualion.report.tables import cell_tables
from dualion.store import Store, publish
from dualion.study.cells.findings import REFERENCES
from dualion.study.characterisation.written import characterisation
from dualion.study.figures import figures
from dualion.study.results.document import files
from dualion.study.run import StudyRun

#: Raised when the drawing itself changes, so that stored drawings are drawn anew.
DRAWING_VERSION = 1


@dataclass(frozen=True, slots=True)
class Published:
    """Where a run was written to.

    Parameters
    ----------
    folder, report : Path
    figures : tuple of str
        Names of the figures.
    """

    folder: Path
    report: Path
    figures: tuple[str, ...]


def publish_run(run: StudyRun, folder: Path, *, store: Store) -> Published:
    """Write a run to a folder. Until the last file is in place, an earlier report there stays whole.

    Parameters
    ----------
    run : StudyRun
    folder : Path
        Created where absent.
    store : Store
        Where drawings are kept.

    Returns
    -------
    Published

    Raises
    ------
    StoreError
        The folder holds files that are not of a run, or cannot be written to.
    """
    drawn = {figure.name: (figure, drawing(figure, store)) for figure in figures(run)}
    written = {**files(run.document), **cell_tables(run)}
    for name, (_, images) in drawn.items():
        written |= {f"figures/{name}.{ending}": image for ending, image in images.items()}
    blocks = {name: FigureBlock(figure, images["svg"].decode()) for name, (figure, images) in drawn.items()}
    written["report.html"] = build(page_of(run, blocks)).encode()
    publish(folder, written, last="report.html")
    return Published(folder, folder / "report.html", tuple(drawn))


def drawing(figure: Figure, store: Store) -> Mapping[str, bytes]:
    """A figure as SVG and PNG, from the store where it was drawn before."""
    key = store.key("drawing", {"figure": to_plain(figure), "version": DRAWING_VERSION, "matplotlib": _matplotlib()})
    found = store.get(key)
    if found is None:
        from dualion.figures.render import render

        found = {ending: base64.b64encode(image).decode() for ending, image in render(figure).items()}
        store.put(key, found)
    return {ending: base64.b64decode(image) for ending, image in found.items()}


def _matplotlib() -> str:
    from importlib.metadata import version

    return version("matplotlib")


def page_of(run: StudyRun, blocks: Mapping[str, FigureBlock]) -> Page:
    """The report of a run, in the order of the specification of a study, section 6.1.

    Parameters
    ----------
    run : StudyRun
    blocks : mapping of str to FigureBlock
        Figures by name.
    """
    document = run.document
    parity, conflicts = _pick(blocks, ("parity",)), _pick(blocks, ("conflict-chart",))
    half = [block for name, block in blocks.items() if name in _named(run, "half")]
    full = [block for name, block in blocks.items() if name in _named(run, "dual-ion")]
    full += _pick(blocks, ("salt", "energy-bases", "energy-power"))
    full += [block for name, block in blocks.items() if name.startswith("explanation")]
    arithmetic = [block for name, block in blocks.items() if name in _named(run, "")]
    sections = (
        _with(summary_section(document), parity),
        ledger_section(document),
        _with(conflicts_section(document), conflicts),
        cell_section(run, "half", half),
        cell_section(run, "dual-ion", full),
        desolvation_section(run.atoms, [block for name, block in blocks.items() if name.startswith("desolvation")]),
        _with(needs_section(document, run.study, characterisation(run.study).needs), _pairs(arithmetic)),
        recipe_section(run.study),
        assumptions_section(document, run.study),
        methods_section(document, references=REFERENCES),
    )
    study = run.study
    subtitle = ", ".join(text for text in (study.citation, study.doi, study.licence) if text)
    footer = (f"Made by dualion from the study folder {study.id}, digest {study.sha256[:16]}.",)
    return Page(study.title, tuple(section for section in sections if section is not None), subtitle=subtitle, footer=footer)


def _pick(blocks: Mapping[str, FigureBlock], names: Sequence[str]) -> list[FigureBlock]:
    return [blocks[name] for name in names if name in blocks]


def _pairs(blocks: Sequence[FigureBlock]) -> list[FigureRow]:
    return [FigureRow(tuple(blocks[first : first + 2])) for first in range(0, len(blocks), 2)]


def _with(section: Section | None, blocks: Sequence[FigureBlock | FigureRow]) -> Section | None:
    """The section with figures behind its first paragraph."""
    if section is None or not blocks:
        return section
    return Section(section.title, section.anchor, (*section.blocks[:1], *blocks, *section.blocks[1:]))


def _named(run: StudyRun, kind: str) -> set[str]:
    """Names of the redrawn figures of the cells of a kind; with ``""`` those that are arithmetic alone."""
    from dualion.study.figures.drawn import name_of

    found = set()
    for table in run.study.settings.get("figure", ()):
        kinds = {run.study.cells[cell].kind for cell in table.get("cells", ()) if cell in run.study.cells}
        if "draws" in table and (kind in kinds if kind else not kinds):
            found.add(name_of(table["source"]))
    return found
