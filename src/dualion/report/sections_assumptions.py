"""What is assumed, and what changes if it changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dualion.figures.labels import significant
from dualion.report.blocks import Block, Column, Link, Paragraph, Section, Subsection, Table, Text
from dualion.report.marks import origin_text
from dualion.report.values import amount, condition, name_of, percent, with_unit
from dualion.study.types import Relation, Study


def assumptions_section(document: Mapping[str, Any], study: Study | None = None) -> Section:
    """Values that the source does not state, and results under other assumptions.

    Parameters
    ----------
    document : mapping
        As ``study.document.build`` gives it.
    study : Study, optional
        With it, each constant of the relations names those that use it.

    Returns
    -------
    Section
    """
    rows = document["assumptions"]
    blocks: list[Block] = [
        Paragraph("The source does not state these values. Every number that rests on one of them moves with it.", "lead"),
    ]
    constants = [row for row in rows if row["where"] == "relations"]
    if constants:
        blocks.append(Subsection("Constants of the relations", (_constants(constants, study),), "constants"))
    cells = [row for row in rows if row["where"] != "relations"]
    if cells:
        columns = (Column("Parameter"), Column("Value", numeric=True), Column("Where"), Column("Why"))
        table = Table("Assumed values of the cells", columns, tuple((row["name"], _value(row), row["where"], row["why"]) for row in cells))
        blocks.append(Subsection("Cells", (table,), "assumed-cells"))
    changes = _changes(document)
    if changes is not None:
        blocks.append(Subsection("What changes if they change", (changes,), "changes"))
    return Section("Assumptions, and what changes if they change", "assumptions", tuple(blocks))


def _constants(rows: list[Mapping[str, Any]], study: Study | None) -> Table:
    columns = [Column("Name"), Column("Value", numeric=True), Column("Why")]
    if study is None:
        return Table("Constants that no claim states", tuple(columns), tuple((row["name"], _value(row), row["why"]) for row in rows))
    columns.append(Column("Relations that use it"))
    cells = tuple((row["name"], _value(row), row["why"], ", ".join(_users(row["name"], study)) or "derived rows only") for row in rows)
    return Table("Constants that no claim states", tuple(columns), cells)


def _users(name: str, study: Study) -> list[str]:
    word = re.compile(rf"\b{re.escape(name)}\b")
    return [relation.id for relation in study.relations if any(word.search(text) for text in _expressions(relation))]


def _expressions(relation: Relation) -> list[str]:
    wanted = [part for side in relation.expect.values() for part in (side if isinstance(side, tuple) else (side,))]
    return [relation.expr or "", *map(str, wanted), *(reading.expr for reading in relation.readings)]


def _value(row: Mapping[str, Any]) -> str:
    value = row["value"]
    if value is None:
        return "see the cell file"
    return with_unit(significant(value), row["unit"] or "1") if isinstance(value, int | float) else str(value)


def _changes(document: Mapping[str, Any]) -> Table | None:
    """Alternatives beside the values on which the verdicts rest."""
    primary = {held["id"]: held for held in document["quantities"] if held["primary"] and held["id"] is not None}
    known = {claim["id"] for claim in document["claims"]}
    rows: list[tuple[Text, ...]] = []
    for held in document["quantities"]:
        if held["primary"] or held["value"] is None or held["id"] is None:
            continue
        first = primary.get(held["id"])
        base = "" if first is None else amount(first["value"], first["unit"], first["stderr"])
        rows.append(
            (
                _claim(held["id"], known),
                name_of(held["quantity"]),
                held["label"] or condition(held["condition"]),
                base,
                amount(held["value"], held["unit"], held["stderr"]),
                _shift(first, held),
                origin_text(held["provenance"]["origin"]),
            )
        )
    if not rows:
        return None
    columns = (
        Column("Claim"),
        Column("Quantity"),
        Column("Instead"),
        Column("As declared", numeric=True),
        Column("Then", numeric=True),
        Column("Change", numeric=True),
        Column("Origin"),
    )
    return Table("Results under other assumptions and readings", columns, tuple(rows))


def _claim(claim: str, known: set[str]) -> Text:
    return (Link(claim, f"claim-{claim}"),) if claim in known else claim


def _shift(first: Mapping[str, Any] | None, held: Mapping[str, Any]) -> str:
    if first is None or not first["value"] or first["unit"] != held["unit"]:
        return ""
    return percent(held["value"] / first["value"] - 1)
