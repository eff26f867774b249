"""Sections of the results of an analysis: one for each family of techniques, with figures, numbers and tables.

Many results of one technique are first compared in one table, and each is folded below it; so are long tables, whose rows lie as files
beside the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dualion.project.analysis import Finished
from dualion.project.findings import weighty
from dualion.project.words import label
from dualion.records.measurement import Result
from dualion.records.quantity import Flag
from dualion.report.analysis.tables import comparison, numbers, own_tables
from dualion.report.analysis.words import codes_of
from dualion.report.blocks import Block, Bullets, Code, Details, FigureBlock, Paragraph, Section, Strong, Subsection
from dualion.report.values import name_of
from dualion.techniques import technique

#: Families of techniques in the order of a report: heading, anchor, members.
FAMILIES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Charge and discharge", "cycling-results", ("cycling", "rate_capability", "retention", "plateau", "differential_capacity")),
    ("Energy and power", "energy-results", ("energy_power",)),
    ("Cyclic voltammetry", "cv-results", ("cv_peaks", "cv_separation")),
    ("Titration", "titration-results", ("gitt", "gitt_model", "ici")),
    ("Impedance", "impedance-results", ("eis", "relaxation_times")),
    ("Activation energies", "arrhenius-results", ("arrhenius",)),
    ("Pores", "pore-results", ("sorption", "pore_sizes", "saxs", "sodiation_contrast", "pore_balance")),
    ("Structure", "structure-results", ("xrd", "raman")),
    ("Chemistry", "chemistry-results", ("ftir", "xps", "nexafs", "xafs", "gdoes", "composition")),
    ("Samples and series", "sample-results", ("correlation", "series")),
)
_OTHERS = ("Other techniques", "other-results")

_MOST_OPEN = 2  # [1] results of one technique that stand open; more are compared and folded


@dataclass(frozen=True, slots=True)
class Shown:
    """A result with its name in the page and its figure."""

    name: str
    finished: Finished
    figure: FigureBlock | None

    @property
    def result(self) -> Result:
        """The result."""
        return self.finished.result

    @property
    def title(self) -> str:
        """What was done with what."""
        return f"{name_of(self.result.technique)}, {self.label}"

    @property
    def label(self) -> str:
        """Its file, or its cell where it takes several."""
        return label(self.finished.task)


def family_sections(shown: Sequence[Shown]) -> tuple[Section, ...]:
    """A section for each family that has results.

    Parameters
    ----------
    shown : sequence of Shown

    Returns
    -------
    tuple of Section
    """
    known = {name for _, _, members in FAMILIES for name in members}
    others = tuple(dict.fromkeys(one.result.technique for one in shown if one.result.technique not in known))
    sections = []
    for title, anchor, members in (*FAMILIES, (*_OTHERS, others)):
        blocks = [_part(name, found) for name in members if (found := [one for one in shown if one.result.technique == name])]
        if blocks:
            sections.append(Section(title, anchor, tuple(blocks)))
    return tuple(sections)


def place_of(name: str) -> int:
    """Place of a technique in a report, counted from 0 [1]; those of other packages come last."""
    order = [member for _, _, members in FAMILIES for member in members]
    return order.index(name) if name in order else len(order)


def anchor_of(name: str) -> str:
    """Anchor of the part of a technique."""
    return f"part-{name.replace('_', '-')}"


def _part(name: str, shown: Sequence[Shown]) -> Subsection:
    blocks: list[Block] = []
    if len(shown) <= _MOST_OPEN:
        for one in shown:
            blocks += _blocks(one, named=len(shown) > 1)
    else:
        compared = [(one.label, one.result.values, codes_of(weighty(one.result.flags))) for one in shown]
        blocks.append(comparison(f"{len(shown)} results", compared, note="Each of them is folded below, with its figure."))
        blocks += [Details(one.label, _blocks(one, named=False)) for one in shown]
    return Subsection(technique(name).title, tuple(blocks), anchor_of(name))


def _blocks(one: Shown, *, named: bool) -> tuple[Block, ...]:
    """Everything on one result."""
    result = one.result
    blocks: list[Block] = [_heading(one)] if named else [_origin(one)]
    if one.figure is not None:
        blocks.append(one.figure)
    if result.flags:
        blocks.append(_flags(result.flags))
    blocks += numbers(result, one.label, one.finished.task.paths)
    return (*blocks, *own_tables(result, one.name, one.label))


def _heading(one: Shown) -> Paragraph:
    return Paragraph((Strong(one.label), *_from(one)), "lead")


def _origin(one: Shown) -> Paragraph:
    return Paragraph(_from(one), "small")


def _from(one: Shown) -> tuple[str | Code, ...]:
    paths = one.finished.task.paths
    if len(paths) == 1:
        return (" from ", Code(paths[0]))
    return (f" from {len(paths)} files: ", Code(paths[0]), " to ", Code(paths[-1]))


def _flags(flags: Iterable[Flag]) -> Bullets:
    ordered = sorted(dict.fromkeys(flags), key=lambda flag: ("refusal", "warning", "note").index(flag.severity))
    return Bullets(tuple((Strong(flag.severity), " ", Code(flag.code), f": {flag.message}") for flag in ordered))
