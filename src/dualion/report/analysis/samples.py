"""The section on samples: one carbon, all techniques, side by side."""

from __future__ import annotations

from collections import Counter

from dualion.project.analysis import Analysis
from dualion.project.samples.records import Described
from dualion.records.quantity import Quantity
from dualion.report.analysis.words import headed, number
from dualion.report.blocks import Block, Cell, Code, Column, Details, Paragraph, Section, Stack, Strong, Table

_MOST_SAMPLES = 6  # [1] columns of the table
_MOST_ROWS = 40  # [1] rows that stand open
_WORDS = {"agree": "agree", "tension": "in tension", "incompatible": "incompatible", "not testable": "not testable"}


def samples_section(analysis: Analysis) -> Section | None:
    """Every number that describes a sample, one sample a column; None where there is none.

    Parameters
    ----------
    analysis : Analysis

    Returns
    -------
    Section or None
    """
    known = analysis.described
    if not known:
        return None
    counts = Counter(one.sample for one in known)
    samples = sorted(counts, key=lambda sample: -counts[sample])  # stable: those with most numbers first
    samples = samples[:_MOST_SAMPLES] if len(samples) > _MOST_SAMPLES else list(counts)
    blocks: list[Block] = [_side_by_side(tuple(one for one in known if one.sample in samples), samples)]
    if len(counts) > _MOST_SAMPLES:
        blocks.append(Paragraph((f"{len(counts) - _MOST_SAMPLES} further samples are in ", Code("samples.csv"), "."), "small"))
    blocks.append(_origins(known))
    if analysis.checks:
        blocks.append(_checks(analysis))
    return Section("Samples", "samples", tuple(blocks))


def _side_by_side(known: tuple[Described, ...], samples: list[str]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, unit in dict.fromkeys((one.name, one.unit) for one in known):
        cells = [[one for one in known if (one.sample, one.name, one.unit) == (sample, name, unit)] for sample in samples]
        rows.append((headed(name, unit), *(_cell(found) for found in cells)))
    columns = (Column("Quantity"), *(Column(sample, numeric=True) for sample in samples))
    note = ("Standard errors behind ±; values by several methods stand below each other, with their methods in ", Code("samples.csv"), ".")
    return Table("Samples side by side", columns, tuple(rows), note)


def _cell(found: list[Described]) -> Cell:
    texts = [f"{one.qualifier if one.qualifier != '=' else ''}{_number(one, unit=False)}" for one in found]
    return Stack(texts[0], "; ".join(texts[1:])) if len(texts) > 1 else texts[0] if texts else "–"


def _number(one: Described, *, unit: bool = True) -> str:
    return number(Quantity(one.value, one.unit, one.stderr), unit=unit)


def _origins(known: tuple[Described, ...]) -> Details:
    columns = (Column("Sample"), Column("Quantity"), Column("Value", numeric=True), Column("Method"), Column("From"))
    rows = tuple((one.sample, headed(one.name, ""), _number(one), one.method or "–", one.source or "–") for one in known)
    table = Table("Where the numbers of the samples come from", columns, rows)
    return Details(f"{len(rows)} numbers with their methods and files", (table,))


def _checks(analysis: Analysis) -> Table:
    columns = (Column("Sample"), Column("Comparison"), Column("What the numbers say"), Column("z", numeric=True), Column("Verdict"))
    rows: list[tuple[Cell, ...]] = []
    for one in analysis.checks:
        word: Cell = (Strong(_WORDS[one.standing]),) if one.standing == "incompatible" else _WORDS[one.standing]
        rows.append((one.sample, one.name.replace("_", " "), one.text, "–" if one.z is None else f"{one.z:.1f}", word))
    return Table("What the techniques say of each other", columns, tuple(rows))
