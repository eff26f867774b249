"""Sections of the report of an analysis that are not results: summary, what was not computed, files, methods."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from dualion.figures.labels import plain_number
from dualion.project.analysis import Analysis
from dualion.project.crosschecks import crosschecks
from dualion.project.findings import Notice, grouped, notices
from dualion.project.load import PROJECT_FILE
from dualion.project.reading import Reading
from dualion.project.run import software
from dualion.project.words import range_texts, what_text
from dualion.project.work import Problem
from dualion.report.analysis.techniques import Shown, anchor_of, place_of
from dualion.report.analysis.words import breakable, codes_of
from dualion.report.blocks import (
    Block,
    Bullets,
    Callout,
    Cell,
    Code,
    Column,
    Details,
    Finding,
    Link,
    Paragraph,
    Section,
    Stack,
    Strong,
    Subsection,
    Table,
    Text,
    Tone,
)
from dualion.report.references import bibliography
from dualion.report.values import name_of
from dualion.techniques import technique

_TONES: dict[str, Tone] = {"broken": "conflict", "withheld": "differs", "warning": "open", "missing": "fitted"}
_MOST_NOTICES = 6  # [1] of the callout; the others are folded
_MOST_FINDINGS = 12  # [1] sentences of results that stand open
_MOST_PROBLEMS = 10  # [1] errors that stand open
_LONGEST_FINDING = 220  # [1] characters
_MOST_FILES = 25  # [1] rows of the table of files that stand open
_DIGEST_SHOWN = 16  # [1] hexadecimal digits
_MOST_NAMED = 3  # [1] files named in a cell


def summary_section(analysis: Analysis, shown: Sequence[Shown]) -> Section:
    """What was found, in a page: findings, notices, unreadable files, and the table of files.

    Parameters
    ----------
    analysis : Analysis
    shown : sequence of Shown

    Returns
    -------
    Section
    """
    blocks: list[Block] = [*_findings(shown)]
    found = [_notice(one) for one in notices(analysis)]
    if found:
        blocks.append(Callout("What a careful reader must know", tuple(found[:_MOST_NOTICES])))
    if found[_MOST_NOTICES:]:
        blocks.append(Details(f"{len(found) - _MOST_NOTICES} further remarks", (Callout("Further remarks", tuple(found[_MOST_NOTICES:])),)))
    if analysis.problems:
        blocks += _problem_tables(analysis.problems)
    blocks += _file_tables(analysis, shown)
    return Section("What was found", "summary", tuple(blocks))


def _findings(shown: Sequence[Shown]) -> list[Block]:
    """The sentence of each figure, with a link to it: first one of each technique, then the others."""
    drawn = sorted((one for one in shown if one.figure is not None), key=lambda one: place_of(one.result.technique))
    if not drawn:
        return [Paragraph("No technique gave a result. The tables below say what each file is, and what is missing.", "lead")]
    first = [one for place, one in enumerate(drawn) if one.result.technique not in {other.result.technique for other in drawn[:place]}]
    chosen = first[:_MOST_FINDINGS]
    blocks: list[Block] = [Bullets(tuple(_sentence(one) for one in chosen))]
    if rest := [one for one in drawn if one not in chosen]:
        blocks.append(Details(f"{len(rest)} further finding{'' if len(rest) == 1 else 's'}", (Bullets(tuple(map(_sentence, rest))),)))
    return blocks


def _sentence(one: Shown) -> Text:
    figure = one.figure.figure if one.figure is not None else None
    return (Link(one.title, figure.name), f": {_shortened(figure.finding)}") if figure is not None else one.title


def _shortened(sentence: str) -> str:
    """A finding that lists many things, cut behind one of them; all of it stands below its figure."""
    if len(sentence) <= _LONGEST_FINDING:
        return sentence
    cut = sentence.rfind(";", 0, _LONGEST_FINDING)
    return f"{sentence[: cut if cut > 0 else _LONGEST_FINDING]}; …"


def _notice(notice: Notice) -> Finding:
    return Finding(notice.title, notice.text, _TONES[notice.weight])


def _problem_tables(problems: Sequence[Problem]) -> list[Block]:
    columns = (Column("File"), Column("Where"), Column("Reason"), Column("What to do"))
    rows = tuple(
        (
            Stack(breakable(one.path), one.technique.replace("_", " ")),
            one.position or "–",
            one.reason.rstrip(".") + ".",
            one.remedy,
        )
        for one in problems
    )
    title = "Files that could not be read, and analyses that broke off"
    blocks: list[Block] = [Table(title, columns, rows[:_MOST_PROBLEMS])]
    if rest := rows[_MOST_PROBLEMS:]:
        blocks.append(Details(f"{len(rest)} further errors", (Table("Further errors", columns, rest),)))
    return blocks


def _file_tables(analysis: Analysis, shown: Sequence[Shown]) -> list[Block]:
    rows = tuple(_file_row(one, shown) for one in analysis.readings)
    if not rows:
        return []
    columns = (Column("File"), Column("What it is"), Column("Rows", numeric=True), Column("Techniques"), Column("Flags"))
    blocks: list[Block] = [Table("Files that were read", columns, rows[:_MOST_FILES])]
    if rest := rows[_MOST_FILES:]:
        blocks.append(Details(f"{len(rest)} further files", (Table("Further files that were read", columns, rest),)))
    return blocks


def _file_row(reading: Reading, shown: Sequence[Shown]) -> tuple[Cell, ...]:
    used = [one for one in shown if reading.path in one.finished.task.paths]
    sample = {one.finished.task.sample: None for one in used if one.finished.task.sample not in reading.path}
    what = Stack(what_text(reading), "; ".join((reading.reader, *range_texts(reading))))
    links = _joined(Link(name_of(name), anchor_of(name)) for name in dict.fromkeys(one.result.technique for one in used))
    return (
        Stack(breakable(reading.path), ", ".join(sample)),
        what,
        plain_number(reading.rows),
        links or "–",
        codes_of(reading.flags) or "–",
    )


def _joined(runs: Iterable[Code | Link]) -> tuple[str | Strong | Code | Link, ...]:
    joined: list[str | Strong | Code | Link] = []
    for run in runs:
        joined += [", ", run] if joined else [run]
    return tuple(joined)


def checks_section(analysis: Analysis) -> Section | None:
    """What the numbers of different techniques must obey among themselves; None where there is nothing to hold."""
    found = crosschecks(analysis)
    if not found:
        return None
    words: dict[bool | None, Cell] = {True: "holds", False: (Strong("does not hold"),), None: "to look at"}
    columns = (Column("Relation"), Column("File or cell"), Column("What the numbers give"), Column("Verdict"))
    rows = tuple((one.relation, breakable(one.about), one.found, words[one.holds]) for one in found)
    return Section("Cross-checks", "cross-checks", (Table("Relations between the numbers", columns, rows),))


def lacks_section(analysis: Analysis) -> Section | None:
    """What was not computed, and what each technique would need; None where nothing is missing."""
    rows = tuple((name_of(name), reason[:1].upper() + reason[1:], _paths(paths)) for name, reason, paths in grouped(analysis.lacks))
    blocks: list[Block] = []
    if rows:
        columns = (Column("Technique"), Column("What it needs"), Column("Files"))
        blocks.append(Table("Techniques that did not run", columns, rows))
    if not analysis.project.written:
        command = Code("dualion analyse --init FOLDER")
        text = ("This folder has no ", Code(PROJECT_FILE), ". ", command, " drafts one with a place for every mass, area, kind and role.")
        blocks.append(Paragraph(text))
    return Section("What was not computed", "not-computed", tuple(blocks)) if blocks else None


def _paths(paths: Sequence[str]) -> Cell:
    named = _joined(Code(path) for path in paths[:_MOST_NAMED])
    return (*named, f" and {len(paths) - _MOST_NAMED} more") if len(paths) > _MOST_NAMED else named


def files_section(analysis: Analysis) -> Section | None:
    """Digests, readers and corrections of the files, and every flag in words."""
    if not analysis.readings:
        return None
    columns = (Column("File"), Column("SHA-256"), Column("Reader and version"), Column("Corrections"))
    rows = tuple(
        (
            (Code(one.path),),
            (Code(one.sha256[:_DIGEST_SHOWN]),),
            f"{one.reader}, {one.reader_version}",
            "; ".join(one.corrections) or "none",
        )
        for one in analysis.readings
    )
    note = "Digests of the bytes of each file, the first sixteen digits; results.json has all of them. The files stay as they are."
    blocks: list[Block] = [Details(f"{len(rows)} files with their digests", (Table("Where the numbers come from", columns, rows, note),))]
    flagged = [(one.path, flag) for one in analysis.readings for flag in one.flags]
    if flagged:
        rows = tuple(((Code(path),), (Code(flag.code),), flag.severity, flag.message) for path, flag in flagged)
        flag_columns = (Column("File"), Column("Flag"), Column("Severity"), Column("What it means here"))
        blocks.append(Details(f"{len(rows)} flags of files in words", (Table("What readers and checks found", flag_columns, rows),)))
    if passed := analysis.project.passed_over:
        blocks.append(Details(f"{len(passed)} files passed over", (Bullets(tuple((Code(path),) for path in passed)),)))
    return Section("Files", "files", tuple(blocks))


def methods_section(analysis: Analysis) -> Section:
    """Options of each technique, versions, and cited works."""
    blocks: list[Block] = []
    used: dict[tuple[str, int, str], int] = {}
    cited: set[str] = set()
    for finished in analysis.finished:
        source = finished.result.provenance
        key = (source.method, source.method_version, _options(source.options))
        used[key] = used.get(key, 0) + 1
        cited |= set(source.references)
    if used:
        columns = (Column("Technique and options"), Column("Version", numeric=True), Column("Results", numeric=True))
        rows = tuple((Stack(technique(name).title, options), str(version), str(count)) for (name, version, options), count in used.items())
        blocks.append(Subsection("Techniques and options", (Table("Techniques that gave the numbers", columns, rows),), "methods-options"))
    versions = {**software(), **{name: text for one in analysis.finished for name, text in one.result.provenance.software.items()}}
    versions.pop("sources", None)
    table = Table("Versions", (Column("Software"), Column("Version")), tuple(sorted(versions.items())))
    blocks.append(Subsection("Software", (table,), "software"))
    if cited:
        blocks.append(Subsection("References", (Bullets(bibliography(cited)),), "references"))
    return Section("Methods, versions, references", "methods", tuple(blocks))


def _options(options: Any) -> str:
    """Options in words; those left at nothing are not said."""
    said = [f"{name.replace('_', ' ')} {_plain(value)}" for name, value in options.items() if value not in (None, [], {}, "")]
    return ", ".join(said) or "no options"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return " to ".join(map(_plain, value)) if len(value) == 2 else ", ".join(map(_plain, value))
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
