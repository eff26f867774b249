"""The report of a folder of measurements: what was found, in one page.

What was found      files with what they are, what a reader must see first, files that could not be read
Samples             one carbon, all techniques, side by side
one section         for each family of techniques: figures, numbers with uncertainty, rule and flags, tables
Cross-checks        what the numbers must obey among themselves
Not computed        what each technique would need
Files and methods   digests, readers, options, versions, references
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dualion import __version__
from dualion.project.analysis import Analysis
from dualion.records.figure import Figure
from dualion.report.analysis.samples import samples_section
from dualion.report.analysis.sections import checks_section, files_section, lacks_section, methods_section, summary_section
from dualion.report.analysis.techniques import Shown, family_sections
from dualion.report.blocks import FigureBlock, Page, Section


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure with its drawing as SVG."""

    figure: Figure
    svg: str


def page_of(analysis: Analysis, names: Sequence[str], drawn: Mapping[str, Drawn]) -> Page:
    """The report of an analysis.

    Parameters
    ----------
    analysis : Analysis
    names : sequence of str
        Name of each result, in the order of ``analysis.finished``.
    drawn : mapping of str to Drawn
        Figures by name; one that is not there is left out.

    Returns
    -------
    Page
    """
    shown = [
        Shown(name, finished, FigureBlock(drawn[name].figure, drawn[name].svg) if name in drawn else None)
        for name, finished in zip(names, analysis.finished, strict=True)
    ]
    sections: tuple[Section | None, ...] = (
        summary_section(analysis, shown),
        samples_section(analysis),
        *family_sections(shown),
        checks_section(analysis),
        lacks_section(analysis),
        files_section(analysis),
        methods_section(analysis),
    )
    read, total = len(analysis.readings), len(analysis.readings) + len(analysis.unreadable)
    results = f"{len(shown)} result{'' if len(shown) == 1 else 's'}"
    subtitle = f"{read} of {total} files read, {results}, each number with its uncertainty, its rule and its flags."
    footer = (f"Made by dualion {__version__} from the files listed above. The same files, options and version give the same page.",)
    return Page(analysis.project.title, tuple(section for section in sections if section is not None), subtitle=subtitle, footer=footer)
